//! A worked case: whatever it says, it is refused or decided, an emergency is treated, and nothing is asked of anybody whose
//! cover is in doubt.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{Action, Decision, Emergency};
use sanad_verifier::case::{Case, Expected};

fuzz_target!(|data: &str| {
    let Ok(case) = Case::parse(data) else { return };
    let question = case.question();
    let Ok(answers) = question.decide() else { return };
    let answer = &answers.chosen;
    assert_eq!(Expected::of(answer), Expected::of(&question.decide().unwrap().chosen));
    assert!(case.context().emergency == Emergency::No || answer.action == Action::TreatNow);
    assert_eq!(answer.copay.is_some(), answer.decision == Decision::Covered);
    assert!(answer.decision != Decision::NotCovered || !answer.reasons.is_empty());
});
