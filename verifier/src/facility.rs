//! S9 Facility: whether the scheme pays this facility, and whether the person should have gone to a smaller one first.
//!
//! Within the territory a facility is accredited by the issuer's own network; under an agreement by standing in the list of
//! its country. A benefit credential may be bound to outlets.

use sanad_credential::{Level, Reason};
use sanad_trust::Network;

use crate::books::{Accreditation, Listing};
use crate::context::Referral;
use crate::findings::{Findings, Proof};
use crate::freshness::{RULES_DAYS_MAX, fresh_within};
use crate::matter::{AnsweringRight, Matter};
use crate::place::Placement;

/// Highest level without referral where neither row, document nor rulebook says: the district hospital.
const LEVEL_MAX: u8 = 3;

pub(crate) fn judge(matter: &Matter<'_>, placement: &Placement<'_>, findings: &mut Findings) {
    if let AnsweringRight::Benefit(benefit) = matter.right {
        if let Some(outlets) = &benefit.outlets {
            match &matter.context.facility.id {
                Some(id) if outlets.iter().any(|outlet| outlet.as_str() == id.as_str()) => {}
                Some(_) => findings.fail(Reason::FacilityNotInNetwork),
                None => findings.unknown(Reason::FacilityUnknown),
            }
        }
        return;
    }
    match accreditation(matter, placement) {
        None => findings.warn(Reason::FacilityUnknown),
        Some(Accreditation::Accredited) => {}
        Some(Accreditation::NotAccredited) => judge_outside_network(matter, findings),
    }
    let above = matter.level().is_some_and(|level| level.value() > level_max(matter, placement));
    if above && matter.context.referral == Referral::None && !matter.is_emergency() {
        findings.warn(Reason::Bypass);
    }
}

fn accreditation(matter: &Matter<'_>, placement: &Placement<'_>) -> Option<Accreditation> {
    match (matter.host.listing, placement) {
        (Listing::Unknown, _) => None,
        (Listing::Stated(stated), _) => Some(stated),
        (Listing::Listed(facility), Placement::Within)
            if !facility.networks.contains(&matter.claims().iss) =>
        {
            Some(Accreditation::NotAccredited)
        }
        (Listing::Listed(_), _) => Some(Accreditation::Accredited),
    }
}

fn judge_outside_network(matter: &Matter<'_>, findings: &mut Findings) {
    if matter.is_emergency() {
        return;
    }
    let rulebook = matter.usable_rulebook();
    if rulebook.is_some_and(|rulebook| rulebook.version.network == Network::Everywhere) {
        return;
    }
    let fresh = rulebook.map(|rulebook| fresh_within(matter.context, rulebook.issued, RULES_DAYS_MAX));
    let proof = fresh.unwrap_or(Proof::IsMissing);
    findings.fail_if(proof, Reason::FacilityNotInNetwork, Reason::RulebookStale);
}

fn level_max(matter: &Matter<'_>, placement: &Placement<'_>) -> u8 {
    let own = match matter.right {
        AnsweringRight::Coverage(coverage) => coverage.max_level,
        AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => None,
    };
    let row = placement.row().and_then(|row| row.row.max_level);
    let rulebook = matter.rulebook().and_then(|rulebook| rulebook.version.max_level);
    row.or(own).or(rulebook).map_or(LEVEL_MAX, Level::value)
}
