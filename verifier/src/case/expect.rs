//! The answer that a case expects, and whether an answer is that one.

use sanad_credential::{Action, Assurance, BasisPoints, Decision, Fault, Json, Reason};
use sanad_trust::members::{entries, member, number, text_of};

use super::nullable;
use crate::answer::Answer;

/// An expected answer. Every member is stated: an absent one would be compared with nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Decision.
    pub decision: Decision,
    /// Assurance.
    pub assurance: Assurance,
    /// Action.
    pub action: Action,
    /// Reasons in their order.
    pub reasons: Vec<Reason>,
    /// Share of the price; none for a fixed amount, and unless COVERED.
    pub copay_basis_points: Option<BasisPoints>,
}

impl Expected {
    pub(super) fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let expected = Self {
            decision: text_of(&mut object, "decision", Decision::from_word)?,
            assurance: text_of(&mut object, "assurance", Assurance::from_word)?,
            action: text_of(&mut object, "action", Action::from_word)?,
            reasons: member(&mut object, "reasons", |json| {
                entries(json, |json| Reason::from_word(json.text()?))
            })?,
            copay_basis_points: member(&mut object, "copay_basis_points", |json| {
                nullable(json, |json| number(json, BasisPoints::from_integer))
            })?,
        };
        object.finish()?;
        Ok(expected)
    }

    /// An answer as one would be expected.
    pub fn of(answer: &Answer<'_>) -> Self {
        Self {
            decision: answer.decision,
            assurance: answer.assurance,
            action: answer.action,
            reasons: answer.reasons.clone(),
            copay_basis_points: answer.copay.as_ref().and_then(|copay| copay.basis_points),
        }
    }
}
