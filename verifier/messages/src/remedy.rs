//! What a remedy may name beside its own words.
//!
//! Everything is optional: a pack may lack it, and the text reads well with and without. A remedy uses what it is
//! about and leaves the rest.

use sanad_credential::BenefitGroup;

/// Values that a remedy may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemedyValues<'v> {
    /// A day, `YYYY-MM-DD`: the first covered one (`NOT_STARTED`, `WAITING`), or the last one to pay (`IN_GRACE`).
    pub day: Option<&'v str>,
    /// How to pay, from the rulebook (`IN_GRACE`, `LAPSED`, the three of a suspension).
    pub pay: Option<&'v str>,
    /// What is covered here instead (`WAITING`, `NO_AGREEMENT`, `NOT_IN_AGREEMENT`, `FACILITY_NOT_IN_NETWORK`,
    /// `NOT_IN_PACKAGE`).
    pub covered_here: Option<CoveredHere<'v>>,
    /// An amount with its currency, as text (`IN_GRACE`, `LAPSED`).
    pub amount: Option<&'v str>,
}

impl RemedyValues<'_> {
    /// Nothing is known.
    pub const NONE: Self = Self { day: None, pay: None, covered_here: None, amount: None };
}

/// What is covered at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoveredHere<'v> {
    /// These groups; none is as if nothing were known.
    Groups(&'v [BenefitGroup]),
    /// As a text says.
    Text(&'v str),
}
