//! S11 Limits: how much may be decided here without asking the payer.
//!
//! The floor limit of card schemes: up to it the payer bears the risk of an offline answer. Remaining balances of pooled
//! covers are unknowable offline.

use sanad_credential::{Money, Reason};

use crate::findings::{Findings, Severity};
use crate::matter::{AnsweringRight, Matter};
use crate::place::Placement;

pub(crate) fn judge(matter: &Matter<'_>, placement: &Placement<'_>, findings: &mut Findings) {
    if let AnsweringRight::Benefit(benefit) = matter.right {
        if benefit.money.as_ref().is_some_and(|money| is_above(matter, money)) {
            findings.unknown(Reason::AboveOfflineLimit);
        }
        return;
    }
    let row = placement.row().and_then(|row| row.row.offline_limit.as_ref());
    let limit = row.or(matter.rulebook().and_then(|rulebook| rulebook.version.offline_limit.as_ref()));
    let above = limit.is_some_and(|limit| is_above(matter, limit));
    let pooled = match matter.right {
        AnsweringRight::Coverage(coverage) => coverage.pooled.is_some() && !matter.has_preauth(),
        AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => false,
    };
    if above && (pooled || findings.has(Severity::Unknown)) {
        findings.unknown(Reason::AboveOfflineLimit);
    } else if pooled {
        findings.warn(Reason::BalanceUnknown);
    }
}

/// An unknown amount is within a limit, an amount in another currency above it.
fn is_above(matter: &Matter<'_>, limit: &Money) -> bool {
    let amount = matter.context.amount.as_ref();
    amount.is_some_and(|amount| amount.currency != limit.currency || amount.minor > limit.minor)
}
