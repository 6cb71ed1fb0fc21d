//! S4 Status: what became of the document since it was signed.
//!
//! Revoked is final and counts at any age of the list. A suspension refuses only where the list is fresh, the groups that a
//! suspension leaves alone are known, and this is none of them. A list that is old or missing never refuses anybody.

use sanad_credential::{BenefitGroup, Date, Reason, Status};

use crate::findings::{Findings, Proof};
use crate::freshness::{age, fresh_within};
use crate::matter::{AnsweringRight, Matter};
use crate::risk::Risk;
use crate::shown::StatusFact;

/// What a suspension leaves alone where neither the document nor the rulebook says: emergencies, mothers and children.
const PROTECTED: [BenefitGroup; 4] =
    [BenefitGroup::Emergency, BenefitGroup::Antenatal, BenefitGroup::Delivery, BenefitGroup::Child];

pub(crate) fn judge(matter: &Matter<'_>, findings: &mut Findings) {
    match matter.books.status {
        StatusFact::NoReference => {}
        StatusFact::NoList => findings.unknown(Reason::StatusTooOld),
        StatusFact::Listed { status: Status::Revoked, .. } => findings.fail(Reason::Revoked),
        StatusFact::Listed { status: Status::Suspended, issued } => judge_suspended(matter, issued, findings),
        StatusFact::Listed { status: Status::Superseded, issued } => {
            // Cash is paid on the newest document only; care on an old card is still care for the same person.
            match matter.risk() {
                Risk::Cash => findings.fail(Reason::Superseded),
                Risk::Low | Risk::High => findings.warn(Reason::Superseded),
            }
            judge_age(matter, issued, findings);
        }
        StatusFact::Listed { status: Status::Valid, issued } => judge_age(matter, issued, findings),
    }
}

fn judge_age(matter: &Matter<'_>, issued: Option<Date>, findings: &mut Findings) {
    let freshness = matter.risk().freshness();
    match issued.map(|issued| age(matter.context, issued)) {
        Some(age) if age <= freshness.fresh => {}
        Some(age) if age <= freshness.usable => findings.warn(Reason::StatusOld),
        Some(_) | None => findings.unknown(Reason::StatusTooOld),
    }
}

fn judge_suspended(matter: &Matter<'_>, issued: Option<Date>, findings: &mut Findings) {
    let protected = matter.context.asked.group().is_some_and(|group| protected(matter).contains(&group));
    if protected || matter.is_emergency() {
        return findings.warn(Reason::SuspendedButProtected);
    }
    let fresh = fresh_within(matter.context, issued, matter.risk().freshness().fresh);
    let proof = if protected_groups_are_known(matter) { fresh } else { Proof::IsMissing };
    findings.fail_if(proof, Reason::Suspended, Reason::SuspendedStale);
}

/// The document's own list, else the usable rulebook's; an empty list counts as absent.
fn protected<'a>(matter: &Matter<'a>) -> &'a [BenefitGroup] {
    let book = matter.usable_rulebook().and_then(|rulebook| rulebook.version.protected.as_ref());
    let book = book.filter(|groups| !groups.is_empty());
    own_list(matter).or(book.map(|groups| &groups[..])).unwrap_or(&PROTECTED)
}

fn own_list<'a>(matter: &Matter<'a>) -> Option<&'a [BenefitGroup]> {
    match matter.right {
        AnsweringRight::Coverage(coverage) => {
            let own = coverage.survives_suspension.as_ref().filter(|groups| !groups.is_empty());
            own.map(|groups| &groups[..])
        }
        AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => None,
    }
}

fn protected_groups_are_known(matter: &Matter<'_>) -> bool {
    match matter.right {
        AnsweringRight::Coverage(_) => own_list(matter).is_some() || matter.usable_rulebook().is_some(),
        // No rulebook speaks of these.
        AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => true,
    }
}
