//! S7 Cover in time: whether the right has begun, waits, is paid for, or lapsed.
//!
//! After the last paid day a contribution record of the same issuer and member number carries the cover on, then grace.
//! Arrears are the normal case of irregular incomes: without a record and without grace the cover lapsed, but a record that
//! nobody here can check, or a grace that nobody here knows, leaves the question open.

use sanad_credential::{Claims, Count, Reason, Right, Status};

use crate::authenticity;
use crate::findings::Findings;
use crate::freshness::age;
use crate::matter::{AnsweringRight, Matter};
use crate::shown::{Authentic, DelegationState, KeyState, ScopeState, Shown, StatusFact, Trust};

pub(crate) fn judge(matter: &Matter<'_>, evidence: &[&Shown<'_>], findings: &mut Findings) {
    let date = matter.context.date;
    if date < matter.first_day() {
        // With an unknown clock the real day may be later; TIME_UNKNOWN says so already.
        if matter.knows_time() {
            findings.fail(Reason::NotStarted);
        }
    } else if waits(matter) {
        findings.fail(Reason::Waiting);
    }
    if date > matter.last_day() {
        match matter.right {
            AnsweringRight::Coverage(_) => judge_after_paid(matter, evidence, findings),
            AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => findings.fail(Reason::Lapsed),
        }
    }
}

fn waits(matter: &Matter<'_>) -> bool {
    let AnsweringRight::Coverage(coverage) = matter.right else { return false };
    let waits = coverage.waits.as_ref().zip(matter.context.asked.group());
    let first_day = waits.and_then(|(waits, group)| waits.first_day(group));
    let waits = first_day.is_some_and(|first_day| matter.context.date < first_day);
    waits && matter.knows_time() && !matter.is_emergency()
}

fn judge_after_paid(matter: &Matter<'_>, evidence: &[&Shown<'_>], findings: &mut Findings) {
    let mut records =
        evidence.iter().filter(|shown| shown.trust.stated().is_some_and(|record| pays(matter, record)));
    if records.clone().any(|shown| counts(shown)) {
        return findings.warn(Reason::ReceiptPending);
    }
    let days_after = u64::from(age(matter.context, matter.last_day()));
    match grace(matter) {
        Some(grace) if days_after <= grace.value() => findings.warn(Reason::InGrace),
        None => findings.unknown(Reason::RulebookStale),
        Some(_) if records.any(|shown| authenticity::stops_unknown(matter.context, shown)) => {
            findings.unknown(Reason::KeyUnknown);
        }
        Some(_) => findings.fail(Reason::Lapsed),
    }
}

/// Days of cover after the last paid day: the document's, else the usable rulebook's.
pub(crate) fn grace(matter: &Matter<'_>) -> Option<Count> {
    let AnsweringRight::Coverage(coverage) = matter.right else { return None };
    coverage.grace_days.or(matter.usable_rulebook().map(|rulebook| rulebook.version.grace_days))
}

/// Whether this would be a record of the same member with a line for the day.
fn pays(matter: &Matter<'_>, record: &Claims) -> bool {
    let Right::Contribution(subject, contribution) = &record.right else { return false };
    let date = matter.context.date;
    record.iss == matter.claims().iss
        && subject.number == matter.subject.number
        && contribution.lines.iter().any(|line| (line.from..=line.to).contains(&date))
}

/// Whether it was signed by the issuer, or by a delegate that could, and was not taken back.
fn counts(record: &Shown<'_>) -> bool {
    let revoked = matches!(record.books.status, StatusFact::Listed { status: Status::Revoked, .. });
    let signed = matches!(
        record.trust,
        Trust::Authentic(Authentic {
            key: KeyState::Active,
            scope: ScopeState::Within,
            delegation: DelegationState::None | DelegationState::Valid,
            ..
        })
    );
    signed && !revoked
}
