//! QR texts: RFC 9285 and what section 1 says of the text around it.

use serde_json::json;

use crate::files::to_hex;
use crate::maker::{Files, add, base45, pretty};

pub(crate) fn make(files: &mut Files) {
    accepted(files);
    refused(files);
}

fn accept(files: &mut Files, name: &str, rule: &str, text: &str, bytes: &[u8]) {
    let facts = json!({"rule": rule, "text": text, "expect": {"accept": {"bytes": to_hex(bytes)}}});
    add(files, &format!("qr-text/accept-{name}/case.json"), pretty(&facts));
}

fn refuse(files: &mut Files, name: &str, rule: &str, text: &str, fault: &str) {
    let facts = json!({"rule": rule, "text": text, "expect": {"refuse": {"fault": fault, "place": ""}}});
    add(files, &format!("qr-text/{name}/case.json"), pretty(&facts));
}

fn accepted(files: &mut Files) {
    let rule = "RFC 9285 sections 4.3 and 4.4";
    accept(files, "rfc-ab", rule, "SND1:BB8", b"AB");
    accept(files, "rfc-hello", rule, "SND1:%69 VD92EX0", b"Hello!!");
    accept(files, "rfc-base-45", rule, "SND1:UJCLQE7W581", b"base-45");
    accept(files, "rfc-ietf", rule, "SND1:QED8WEX0", b"ietf!");
    accept(files, "largest-triplet", "RFC 9285: 65535 fits", "SND1:FGW", &[0xFF, 0xFF]);
    accept(files, "largest-pair", "RFC 9285: 255 fits", "SND1:U5", &[0xFF]);
    accept(files, "one-byte", "RFC 9285: a last byte is two symbols", "SND1:00", &[0]);
    // 36 + 36 * 45 = 1656: two spaces in a row are two symbols.
    let spaces = [(1656_u16 >> 8) as u8, 1656_u16 as u8];
    accept(
        files,
        "two-spaces-in-a-row",
        "section 1: U+0020 is a symbol; nothing may collapse two of them",
        "SND1:  0BB8",
        &[spaces[0], spaces[1], b'A', b'B'],
    );
    let rule = "section 1: white space around the text is trimmed";
    accept(files, "trimmed-newline", rule, "SND1:BB8\n", b"AB");
    accept(files, "trimmed-crlf-and-spaces", rule, "  \tSND1:BB8 \r\n", b"AB");
    let longest: Vec<u8> = (0..2_048_u32).map(|n| (n * 7) as u8).collect();
    let text = format!("SND1:{}", base45(&longest));
    assert_eq!(text.len(), 3_077);
    accept(files, "3077-characters", "section 1: at most 3,077 characters", &text, &longest);
    accept(
        files,
        "3077-characters-and-newline",
        "section 1: what is trimmed does not count",
        &format!("{text}\n"),
        &longest,
    );
}

fn refused(files: &mut Files) {
    let rule = "section 1: the text starts with SND1:";
    for (name, text) in [
        ("empty", ""),
        ("white-space-only", " \n"),
        ("prefix-missing", "BB8"),
        ("prefix-lower-case", "snd1:BB8"),
        ("prefix-of-version-2", "SND2:BB8"),
        ("prefix-without-colon", "SND1BB8"),
        ("prefix-of-health-certificates", "HC1:BB8"),
        ("prefix-behind-something", "X SND1:BB8"),
        ("prefix-behind-byte-order-mark", "\u{FEFF}SND1:BB8"),
        ("prefix-in-full-width", "ＳＮＤ１：BB8"),
    ] {
        refuse(files, name, rule, text, "prefix");
    }
    refuse(
        files,
        "nothing-behind-the-prefix",
        "section 1: a text holds a document",
        "SND1:",
        "length/characters",
    );
    let rule = "section 1: lower case is refused, not folded";
    refuse(files, "lower-case", rule, "SND1:bb8", "character/5");
    refuse(files, "lower-case-at-the-end", rule, "SND1:BB8Bb8", "character/9");
    let rule = "RFC 9285 section 6: a triplet above 65535";
    refuse(files, "triplet-65536", rule, "SND1:GGW", "base45_group/5");
    refuse(files, "triplet-of-colons", rule, "SND1:BB8:::", "base45_group/8");
    let rule = "RFC 9285 section 6: a pair above 255";
    refuse(files, "pair-256", rule, "SND1:V5", "base45_group/5");
    refuse(files, "pair-of-colons", rule, "SND1:BB8::", "base45_group/8");
    let rule = "section 1: a single trailing character";
    refuse(files, "odd-tail", rule, "SND1:BB8A", "base45_tail");
    refuse(files, "one-character", rule, "SND1:A", "base45_tail");
    let rule = "section 1: no white space or control character but U+0020";
    for (name, character) in [
        ("inner-newline", '\n'),
        ("inner-tab", '\t'),
        ("inner-carriage-return", '\r'),
        ("inner-nul", '\0'),
        ("inner-no-break-space", '\u{A0}'),
        ("inner-zero-width-space", '\u{200B}'),
        ("inner-line-separator", '\u{2028}'),
    ] {
        refuse(files, name, rule, &format!("SND1:BB8{character}BB8"), "character/8");
    }
    refuse(files, "trailing-nul", rule, "SND1:BB8\0", "character/8");
    let rule = "RFC 9285 table 1: no symbol";
    refuse(files, "underscore", rule, "SND1:BB_", "character/7");
    refuse(files, "letter-of-another-script", rule, "SND1:ВB8", "character/5");
    refuse(files, "digit-of-another-script", rule, "SND1:BB٨", "character/7");
    refuse(files, "number-sign", rule, "SND1:BB8#0", "character/8");
    let rule = "section 1: at most 3,077 characters";
    let longest: Vec<u8> = vec![0; 2_048];
    let text = format!("SND1:{}0", base45(&longest));
    assert_eq!(text.len(), 3_078);
    refuse(files, "3078-characters", rule, &text, "length/characters");
    refuse(files, "2049-bytes", rule, &format!("SND1:{}", base45(&vec![0; 2_049])), "length/characters");
    let wide = format!("SND1:{}", "é".repeat(2_000));
    refuse(files, "characters-not-bytes-are-counted", rule, &wide, "character/5");
}
