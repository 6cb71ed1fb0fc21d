//! Worked cases, each with the whole answer that it expects.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sanad_credential::{Action, Assurance, Decision, Reason};
use sanad_verifier::case::{Case, Expected};
use sanad_verifier::{Host, HostRulesFact, Listing, Reading, decide};
use serde_json::Value;

/// The cases of a file: an array, or one a line.
pub(crate) fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap();
    let parse = |text: &str, id: &str| {
        Case::parse(text).unwrap_or_else(|fault| panic!("{}, {id}: {fault}", path.display()))
    };
    if text.trim_start().starts_with('[') {
        let values: Vec<Value> = serde_json::from_str(&text).unwrap();
        return values.iter().map(|value| parse(&value.to_string(), &value["id"].to_string())).collect();
    }
    let lines = text.lines().enumerate();
    lines.map(|(number, line)| parse(line, &format!("line {}", number + 1))).collect()
}

/// Files of our own cases.
pub(crate) fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_lines = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
    let mut files: Vec<PathBuf> = entries.filter(is_lines).collect();
    files.sort();
    files
}

fn check(path: &Path) -> usize {
    let cases = read(path);
    let mut differing = Vec::new();
    for case in &cases {
        let question = case.question();
        let found = question.decide().unwrap_or_else(|fault| panic!("{}: {fault}", case.id));
        let expected = case.expected.as_ref().unwrap_or_else(|| panic!("{} expects nothing", case.id));
        let found = Expected::of(&found.chosen);
        if found != *expected {
            differing.push(format!("{}\n  expects {expected:?}\n  found   {found:?}", case.id));
        }
    }
    assert!(differing.is_empty(), "{}:\n{}", path.display(), differing.join("\n"));
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
    let cases: usize = files().iter().map(|path| check(path)).sum();
    assert!(cases >= 800, "{cases} cases");
}

/// What a person finds by its id exists once; a line holds nothing but its case.
#[test]
fn cases_have_ids_of_their_own_and_compact_lines() {
    let mut ids = BTreeSet::new();
    for path in files() {
        for line in fs::read_to_string(&path).unwrap().lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            let id = value["id"].as_str().unwrap();
            assert_eq!(value.to_string().len(), line.len(), "{id} holds spaces");
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
        }
    }
}

/// A code that no case reaches is one that nobody has looked at.
#[test]
fn cases_reach_every_reason_action_and_assurance() {
    let cases: Vec<Case> = files().iter().flat_map(|path| read(path)).collect();
    let expected: Vec<&Expected> = cases.iter().filter_map(|case| case.expected.as_ref()).collect();
    let mut missing = Vec::new();
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::Unreadable) {
        if !expected.iter().any(|expected| expected.reasons.contains(reason)) {
            missing.push(reason.word());
        }
    }
    for action in Action::ALL {
        if !expected.iter().any(|expected| expected.action == *action) {
            missing.push(action.word());
        }
    }
    let pairs: BTreeSet<_> =
        expected.iter().map(|expected| (expected.decision, expected.assurance)).collect();
    let wanted = [
        (Decision::NotCovered, Assurance::Firm),
        (Decision::Covered, Assurance::Firm),
        (Decision::Covered, Assurance::Provisional),
        (Decision::CannotDecide, Assurance::None),
    ];
    assert_eq!(Reason::ALL.len(), 43);
    assert_eq!(Action::ALL.len(), 9);
    assert!(missing.is_empty(), "no case has {}", missing.join(", "));
    assert_eq!(pairs, BTreeSet::from(wanted), "pairs of decision and assurance");
}

/// A case states its documents, so that only the caller can say that codes were shown and none was readable.
#[test]
fn nothing_readable_leaves_the_question_open() {
    let host = Host { rules: HostRulesFact::Missing, listing: Listing::Unknown, pack: None };
    let path = files().into_iter().find(|path| path.ends_with("s01_decode.jsonl")).unwrap();
    let cases = read(&path);
    let mut actions = BTreeSet::new();
    for case in &cases {
        let context = case.context();
        let answer = decide(context, &host, &[], Reading::NothingReadable).unwrap().chosen;
        assert_eq!(answer.reasons, [Reason::Unreadable], "{}", case.id);
        assert_eq!(
            (answer.decision, answer.assurance),
            (Decision::CannotDecide, Assurance::None),
            "{}",
            case.id
        );
        assert!(answer.claims.is_none() && answer.copay.is_none() && answer.payer.is_none());
        let nothing_shown = decide(context, &host, &[], Reading::Read).unwrap().chosen;
        assert_eq!(nothing_shown.reasons, [Reason::NoCredential], "{}", case.id);
        assert_eq!(answer.action, nothing_shown.action, "{}", case.id);
        actions.insert(answer.action);
    }
    let wanted = [Action::TreatNow, Action::TreatClaimLater, Action::ContactThenTreat, Action::HoldRetry];
    assert_eq!(actions, BTreeSet::from(wanted));
}
