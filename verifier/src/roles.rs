//! S1 Decode: which of the documents shown can answer the question.
//!
//! Coverage answers a benefit group, a benefit credential answers a payout, and cross-border rights of the kinds that give
//! care answer a benefit group. Memberships, contribution records, delegations, and documents on legislation or periods
//! never answer. A contribution record beside a coverage document is evidence for it (S7), not a second cover.

use sanad_credential::{CrossBorderKind, Right};

use crate::context::Asked;
use crate::shown::Trust;

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleShown {
    /// It can answer.
    Answers,
    /// It is a contribution record.
    Evidence,
    /// It says nothing here.
    Neither,
}

/// What a document is for. One that cannot be read at all could have been the answer: it must not vanish.
pub(crate) fn role(trust: &Trust<'_>, asked: Asked) -> RoleShown {
    let Some(claims) = trust.stated() else { return RoleShown::Answers };
    match (&claims.right, asked) {
        (Right::Coverage(..), Asked::Group(_)) | (Right::Benefit(..), Asked::Payout) => RoleShown::Answers,
        (Right::CrossBorder(_, right), Asked::Group(_)) => match right.kind {
            CrossBorderKind::TemporaryStay
            | CrossBorderKind::Residence
            | CrossBorderKind::PlannedCare
            | CrossBorderKind::WorkInjury
            | CrossBorderKind::Provisional => RoleShown::Answers,
            CrossBorderKind::Legislation | CrossBorderKind::Periods => RoleShown::Neither,
        },
        (Right::Contribution(..), _) => RoleShown::Evidence,
        (
            Right::Coverage(..)
            | Right::Benefit(..)
            | Right::CrossBorder(..)
            | Right::Membership(..)
            | Right::Delegation(_),
            _,
        ) => RoleShown::Neither,
    }
}
