//! What a pack says that matters for one document, and for the place.
//!
//! The same plain facts come from a checked pack and from a case, so that one procedure decides both. A part that the pack
//! lacks is `None` and says nothing; a part that is there and empty says that there is nothing.

use sanad_credential::{AgreementId, Area, BenefitGroup, Date, IssuerId};
use sanad_trust::{Agreement, AgreementRow, Facility, LanguageTexts, RulebookVersion, SchemeKind};

use crate::shown::StatusFact;

/// What the pack says for one document.
#[derive(Debug)]
pub struct Books<'a> {
    /// Day of the trust list of the issuer's country.
    pub trust_list: Option<Date>,
    /// What the status list says.
    pub status: StatusFact,
    /// The rulebook of the product, in the version that is in force on the day of the service.
    pub rulebook: Option<RulebookFact<'a>>,
    /// The agreements of the home issuer.
    pub agreements: Option<AgreementsFact<'a>>,
    /// How to reach the issuer.
    pub contact: Option<&'a LanguageTexts>,
}

/// A rulebook on the day of the service.
#[derive(Clone, Copy, Debug)]
pub struct RulebookFact<'a> {
    /// Why people belong to the scheme.
    pub kind: SchemeKind,
    /// The version in force.
    pub version: &'a RulebookVersion,
    /// Day of the last signature that called it current.
    pub issued: Option<Date>,
}

/// The agreements on the day of the service.
#[derive(Clone, Debug)]
pub struct AgreementsFact<'a> {
    /// Day of the last signature that called them current.
    pub issued: Option<Date>,
    /// The rows for the home issuer that are in force, by agreement id, then by position.
    pub rows: Vec<Row<'a>>,
}

/// A row and its agreement.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The agreement.
    pub agreement: &'a AgreementId,
    /// The row.
    pub row: &'a AgreementRow,
}

impl<'a> AgreementsFact<'a> {
    /// The rows for a home issuer that are in force on a day, of agreements by ascending id.
    pub fn for_home(
        issued: Option<Date>,
        agreements: impl Iterator<Item = &'a Agreement>,
        home: &IssuerId,
        day: Date,
    ) -> Self {
        let in_force = agreements.filter(|agreement| agreement.period.contains(day));
        let rows = in_force.flat_map(|agreement| {
            agreement.rows.iter().map(move |row| Row { agreement: &agreement.id, row })
        });
        Self { issued, rows: rows.filter(|row| row.row.home == *home).collect() }
    }
}

/// What the pack says for the place.
#[derive(Debug)]
pub struct Host<'a> {
    /// The host rules of the place's country.
    pub rules: HostRulesFact<'a>,
    /// What is known of the facility.
    pub listing: Listing<'a>,
    /// Day of the trust list, for what the answer rests on where no document is chosen.
    pub pack: Option<Date>,
}

/// The host rules of the place's country.
#[derive(Debug)]
pub enum HostRulesFact<'a> {
    /// They are not in the pack.
    Missing,
    /// They are.
    InPack {
        /// Groups that are free at the place, in the place itself or in an area that contains it.
        free: Vec<BenefitGroup>,
        /// Where to appeal.
        appeal: Option<&'a LanguageTexts>,
    },
}

impl<'a> HostRulesFact<'a> {
    /// What is free at a place.
    pub fn at<'g>(
        place: &Area,
        always_free: impl Iterator<Item = (&'g Area, &'g [BenefitGroup])>,
        appeal: Option<&'a LanguageTexts>,
    ) -> Self {
        let here = always_free.filter(|(area, _)| area.contains(place));
        let mut free: Vec<BenefitGroup> = here.flat_map(|(_, groups)| groups.iter().copied()).collect();
        free.sort_unstable();
        free.dedup();
        HostRulesFact::InPack { free, appeal }
    }

    /// Groups that are known to be free.
    pub fn free(&self) -> &[BenefitGroup] {
        match self {
            HostRulesFact::Missing => &[],
            HostRulesFact::InPack { free, .. } => free,
        }
    }
}

/// What is known of the facility.
#[derive(Clone, Copy, Debug)]
pub enum Listing<'a> {
    /// It is not in the list of its country, or was not given.
    Unknown,
    /// It is in the list.
    Listed(&'a Facility),
    /// A case states whether it is accredited.
    Stated(Accreditation),
}

/// Whether a facility is accredited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accreditation {
    /// It is.
    Accredited,
    /// It is not.
    NotAccredited,
}
