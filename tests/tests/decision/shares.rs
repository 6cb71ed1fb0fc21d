//! How often arbitrary questions end where: a property that is tried on refusals alone proves nothing about cover.

use std::collections::BTreeMap;

use sanad_credential::{Action, Assurance, Decision, Reason};
use sanad_tests::generate::samples;
use sanad_tests::question::question;

use crate::asked::answer;

/// Questions that are counted.
const QUESTIONS: usize = 12_000;

#[test]
fn arbitrary_questions_end_everywhere() {
    let mut decisions: BTreeMap<(Decision, Assurance), usize> = BTreeMap::new();
    let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
    let mut actions: BTreeMap<Action, usize> = BTreeMap::new();
    let mut faults = 0;
    for question in samples(&question(), QUESTIONS) {
        let Ok(found) = answer(&question) else {
            faults += 1;
            continue;
        };
        let expected = found.expected;
        *decisions.entry((expected.decision, expected.assurance)).or_default() += 1;
        *actions.entry(expected.action).or_default() += 1;
        for reason in expected.reasons {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let percent = |count: usize| count as f64 * 100.0 / QUESTIONS as f64;
    for ((decision, assurance), count) in &decisions {
        println!("{:>5.1} % {} {}", percent(*count), decision.word(), assurance.word());
    }
    for (action, count) in &actions {
        println!("{:>5.1} % {}", percent(*count), action.word());
    }
    for (reason, count) in &reasons {
        println!("{:>5.1} % {}", percent(*count), reason.word());
    }
    println!("{:>5.1} % faults of the call", percent(faults));
    let share = |decision, assurance| percent(decisions.get(&(decision, assurance)).copied().unwrap_or(0));
    assert!(share(Decision::Covered, Assurance::Firm) >= 10.0);
    assert!(share(Decision::Covered, Assurance::Provisional) >= 12.0);
    assert!(share(Decision::CannotDecide, Assurance::None) >= 15.0);
    assert!(share(Decision::NotCovered, Assurance::Firm) >= 15.0);
    assert_eq!(actions.len(), Action::ALL.len());
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::Unreadable) {
        let count = reasons.get(reason).copied().unwrap_or(0);
        assert!(count >= 24, "{} in {count} of {QUESTIONS} questions", reason.word());
    }
}
