//! The service's configuration, damaged: an answer in one line, and no word of a password that stands in the wrong place.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::proptest;
use proptest::sample::{Index, select};
use sanad_issuer::service::config::{SAMPLE, ServiceConfig};
use sanad_tests::generate::cases;
use std::ffi::OsString;
use std::path::Path;

const PASSWORD: &str = "correct-horse-battery";

/// Lines that somebody in a hurry writes.
const HURRIED: &[&str] = &[
    "password = \"correct-horse-battery\"",
    "password = correct-horse-battery",
    "url = \"postgresql://sanad:correct-horse-battery@db/sanad\"",
    "burst = \"correct-horse-battery\"",
    "kind = \"correct-horse-battery\"",
    "address = \"correct-horse-battery\"",
    "[store]\nurl = \"https://correct-horse-battery\"",
    "[password.\"correct\"]\nx = \"correct-horse-battery\"",
    "tls_key = \"\"\"correct-horse-battery",
    "pool = [ \"correct-horse-battery\" ]",
];

fn read(text: &str, variables: &[(&str, &str)]) {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let Err(fault) = ServiceConfig::parse(text, Path::new("/issuer"), variables) else { return };
    let said = fault.to_string();
    assert!(!said.contains(PASSWORD), "{said}");
    assert!(!said.chars().any(char::is_control), "{said:?}");
    assert!(said.len() < 2_000, "{said}");
}

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn a_password_in_the_wrong_place_is_never_repeated(
        line in select(HURRIED), place in any::<Index>(), cut in any::<Index>(), drop in any::<Index>(),
    ) {
        let mut lines: Vec<&str> = SAMPLE.lines().collect();
        lines.insert(place.index(lines.len()), line);
        read(&lines.join("\n"), &[]);
        lines.remove(drop.index(lines.len()));
        read(&lines.join("\n"), &[]);
        let text = lines.join("\n");
        read(text.get(..cut.index(text.len())).unwrap_or(&text), &[]);
    }

    #[test]
    fn text_that_is_no_configuration_gets_an_answer(
        parts in vec(select(vec!["[", "]", "limits", "store", "=", "\n", "\"", ".", "burst", "1", "#", "{", "}", "'", "\u{0}", "é"]), 0..60),
        value in any::<String>(),
    ) {
        read(&parts.concat(), &[]);
        read("", &[("SANAD_ISSUER_LIMITS_BURST", &value), ("SANAD_ISSUER_SITE_PATH", PASSWORD)]);
    }
}
