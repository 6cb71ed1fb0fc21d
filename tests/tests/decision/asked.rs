//! Asking a question that is held as JSON, so that a property may change any part of it and ask again.

use sanad_credential::{Decision, MemberLine, Money, Payer, Reason, Tariff};
use sanad_verifier::case::{Case, Expected};
use sanad_verifier::{Answer, CallFault};
use serde_json::Value;

/// Everything that an answer says, but for the claims, of which their identity stands here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) expected: Expected,
    pub(crate) copay: Option<Option<Money>>,
    pub(crate) payer: Option<Payer>,
    pub(crate) tariff: Option<Tariff>,
    /// Issuer and id of the document, once its signature held.
    pub(crate) claims: Option<(String, String)>,
    pub(crate) member: MemberLine,
    /// What the person is told, where to appeal, and what the answer rests on.
    pub(crate) rest: String,
}

impl Found {
    fn of(answer: &Answer<'_>) -> Self {
        Self {
            expected: Expected::of(answer),
            copay: answer.copay.as_ref().map(|copay| copay.money.clone()),
            payer: answer.payer,
            tariff: answer.tariff,
            claims: answer.claims.map(|claims| (claims.iss.to_string(), claims.cti.to_string())),
            member: answer.member,
            rest: format!(
                "{:?} {:?} {:?} {:?}",
                answer.person, answer.remedy, answer.appeal, answer.rests_on
            ),
        }
    }

    pub(crate) fn decision(&self) -> Decision {
        self.expected.decision
    }

    pub(crate) fn has(&self, reason: Reason) -> bool {
        self.expected.reasons.contains(&reason)
    }
}

/// Has `look` look at the answers to a question.
pub(crate) fn ask<T>(
    question: &Value,
    look: impl FnOnce(&Answer<'_>, &[Answer<'_>]) -> T,
) -> Result<T, CallFault> {
    let text = question.to_string();
    let case = Case::parse(&text).unwrap_or_else(|fault| panic!("{fault}: {text}"));
    let question = case.question();
    question.decide().map(|answers| look(&answers.chosen, &answers.others))
}

/// The answer that holds.
pub(crate) fn answer(question: &Value) -> Result<Found, CallFault> {
    ask(question, |chosen, _| Found::of(chosen))
}

/// One of our own cases, to be changed.
pub(crate) fn case(file: &str, id: &str) -> Value {
    let path = format!("{}/cases/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut values = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.find(|value| value["id"] == id).unwrap_or_else(|| panic!("{id} is no case"))
}
