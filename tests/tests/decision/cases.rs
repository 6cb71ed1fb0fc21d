//! Worked cases, each with the whole answer that it expects.

use std::fs;
use std::path::{Path, PathBuf};

use sanad_verifier::case::{Case, Expected};
use serde_json::Value;

/// The cases of a file: an array, or one a line.
pub(crate) fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap();
    let values: Vec<Value> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(&text).unwrap(),
        false => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    };
    let case = |value: &Value| {
        Case::parse(&value.to_string()).unwrap_or_else(|fault| panic!("{}: {fault}", value["id"]))
    };
    values.iter().map(case).collect()
}

fn check(path: &Path) -> usize {
    let cases = read(path);
    for case in &cases {
        let question = case.question();
        let found = question.decide().unwrap_or_else(|fault| panic!("{}: {fault}", case.id));
        let expected = case.expected.as_ref().unwrap_or_else(|| panic!("{} expects nothing", case.id));
        assert_eq!(Expected::of(&found.chosen), *expected, "{} of {}", case.id, path.display());
    }
    cases.len()
}

/// Cases that were handed to this project from outside, where they are at hand.
#[test]
fn cases_from_outside_are_answered_as_they_expect() {
    let stories = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/stories/cases.json");
    if !stories.exists() {
        eprintln!("NOT RUN: {} is not here", stories.display());
        return;
    }
    assert!(check(&stories) >= 30);
}

/// Our own cases: every file of the directory.
#[test]
fn our_own_cases_are_answered_as_they_expect() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let cases: usize = files.iter().map(|path| check(path)).sum();
    assert!(cases >= 100, "{cases} cases");
}
