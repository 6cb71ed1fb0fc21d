//! The parts of SPEC.md that a program writes, between comments that name them.

use std::fs;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../SPEC.md");

/// Asserts that the part with this name is `content`. With `SANAD_REGENERATE=1` it is written instead.
#[track_caller]
pub fn assert_stated(part: &str, content: &str) {
    let specification = fs::read_to_string(PATH).unwrap();
    let (begin, end) = (format!("<!-- {part}:begin -->\n"), format!("<!-- {part}:end -->"));
    let (before, rest) = specification.split_once(&begin).expect("the begin of the part");
    let (stated, after) = rest.split_once(&end).expect("the end of the part");
    let content = format!("{}\n", content.trim_end());
    if std::env::var("SANAD_REGENERATE").is_ok_and(|value| value == "1") {
        fs::write(PATH, [before, &begin, &content, &end, after].concat()).unwrap();
        return;
    }
    assert!(stated == content, "SPEC.md must have between the comments of {part}:\n\n{content}");
}
