//! S15 Several credentials: which answer holds, and in which order the payers come.
//!
//! The best answer for the person first, then the one that asks least of them, then the order of payers: a work injury is
//! its own insurance's, the compulsory scheme comes before the voluntary one, assistance comes last.

use std::cmp::Ordering;

use sanad_credential::{Assurance, Cause, Decision, Function};
use sanad_trust::SchemeKind;

use crate::answer::Answer;
use crate::copay;
use crate::decide::Decided;
use crate::matter::{AnsweringRight, Matter};
use crate::place::Placement;
use crate::shown::Trust;

/// The place of a payer among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    WorkInjury,
    CompulsoryAtHome,
    Abroad,
    Voluntary,
    Assistance,
    /// A document of which nothing is certain goes before none: laid beside a real one, it must not take its place.
    Uncertain,
}

pub(crate) fn rank(matter: &Matter<'_>, placement: &Placement<'_>) -> Rank {
    let work_injury = matter.context.cause == Cause::WorkInjury;
    if work_injury && matter.functions().contains(&Function::EmploymentInjury) {
        return Rank::WorkInjury;
    }
    match (matter.right, placement) {
        (AnsweringRight::CrossBorder(_), _)
        | (AnsweringRight::Coverage(_), Placement::Under(_) | Placement::Elsewhere) => Rank::Abroad,
        (AnsweringRight::Benefit(_), _) => Rank::Assistance,
        (AnsweringRight::Coverage(_), Placement::Within) => {
            match matter.rulebook().map(|rulebook| rulebook.kind) {
                Some(SchemeKind::Compulsory) => Rank::CompulsoryAtHome,
                // Without a rulebook nobody knows: it does not go before one that is known to be compulsory.
                Some(SchemeKind::Voluntary) | None => Rank::Voluntary,
                Some(SchemeKind::Assistance) => Rank::Assistance,
            }
        }
    }
}

/// Which of two answers comes first.
pub(crate) fn compare(one: &Decided<'_>, other: &Decided<'_>) -> Ordering {
    worth(&one.answer)
        .cmp(&worth(&other.answer))
        .then_with(|| copay::compare(one.answer.copay.as_ref(), other.answer.copay.as_ref()))
        .then_with(|| one.rank.cmp(&other.rank))
        .then_with(|| one.stated.cmp(&other.stated))
        // One right on paper and on a phone has one id: the copy with less against it.
        .then_with(|| one.answer.reasons.len().cmp(&other.answer.reasons.len()))
        .then_with(|| one.answer.reasons.cmp(&other.answer.reasons))
        // Two copies of one document, or two that cannot be read.
        .then_with(|| one.answer.position.cmp(&other.answer.position))
}

fn worth(answer: &Answer<'_>) -> u8 {
    match (answer.decision, answer.assurance) {
        (Decision::Covered, Assurance::Firm) => 0,
        (Decision::Covered, Assurance::Provisional | Assurance::None) => 1,
        (Decision::CannotDecide, _) => 2,
        (Decision::NotCovered, _) => 3,
    }
}

/// Issuer and id by which documents of the same worth are told apart, as they state them: the order in which they are laid
/// down must not choose between two of which nothing is certain. Nothing else is read from these.
pub(crate) fn stated<'a>(trust: &Trust<'a>) -> Option<(&'a str, [u8; 8])> {
    trust.stated().map(|claims| (claims.iss.as_str(), claims.cti.0))
}
