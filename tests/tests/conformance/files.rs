//! The vectors as files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// `tests/vectors`.
pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// One directory of a suite.
pub(crate) struct Case {
    pub(crate) directory: PathBuf,
    pub(crate) name: String,
    /// `case.json`
    pub(crate) facts: Value,
}

/// All cases of a suite, by name. A suite without cases, or a directory without `case.json`, is an error.
pub(crate) fn cases(suite: &str) -> Vec<Case> {
    let directory = vectors().join(suite);
    let mut names: Vec<String> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("suite {suite}: {error}"))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "suite {suite} is empty");
    let case = |name: String| {
        let directory = directory.join(&name);
        let facts = json(&directory.join("case.json"));
        Case { directory, name: format!("{suite}/{name}"), facts }
    };
    names.into_iter().map(case).collect()
}

impl Case {
    /// A member of `case.json` that must be a text.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.facts[member].as_str().unwrap_or_else(|| panic!("{}: no text {member:?}", self.name))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Fails for a member of `case.json` or a file that nothing has read: it would be an expectation that is never
    /// checked.
    pub(crate) fn has_only(&self, members: &[&str], files: &[&str]) {
        let found = self.facts.as_object().unwrap_or_else(|| panic!("{}: no object", self.name));
        for member in found.keys() {
            assert!(members.contains(&member.as_str()), "{}: unknown member {member:?}", self.name);
        }
        for entry in fs::read_dir(&self.directory).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                file == "case.json" || files.contains(&file.as_str()),
                "{}: unknown file {file}",
                self.name
            );
        }
    }
}

pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The bytes of hexadecimal digits in lines.
pub(crate) fn hex_file(path: &Path) -> Vec<u8> {
    from_hex(&text(path))
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "odd number of hexadecimal digits");
    let value = |digit: u8| char::from(digit).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
