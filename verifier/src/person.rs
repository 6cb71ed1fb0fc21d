//! S5 Person: whether whoever is here is the person the document speaks of.
//!
//! The staff compare; a second member of staff confirms a mismatch. A copy of a phone credential shows nothing about who
//! holds the phone, so that a comparison with it counts as not made.

use sanad_credential::{PersonResult, Reason};

use crate::findings::Findings;
use crate::matter::Matter;
use crate::shown::HolderProof;

pub(crate) fn judge(matter: &Matter<'_>, findings: &mut Findings) {
    match as_judged(matter.context.person, matter.authentic.holder) {
        PersonResult::Match => {}
        PersonResult::Unchecked => findings.unknown(Reason::PersonUnchecked),
        PersonResult::Mismatch => findings.fail(Reason::PersonMismatch),
        PersonResult::Absent => findings.unknown(Reason::PersonAbsent),
        PersonResult::Newborn => findings.warn(Reason::NewbornUnderMother),
        PersonResult::AgeDiffers => findings.warn(Reason::AgeDiff),
    }
}

/// The comparison as this rule takes it, which is what a receipt records.
pub(crate) fn as_judged(person: PersonResult, holder: HolderProof) -> PersonResult {
    match (person, holder) {
        (PersonResult::Match | PersonResult::Newborn | PersonResult::AgeDiffers, HolderProof::Missing) => {
            PersonResult::Unchecked
        }
        (person, _) => person,
    }
}
