//! What a country says of itself: host rules, facilities, its issuers' records, and what the region grants it.

use sanad_credential::{Area, BenefitGroup, RightType};

use super::{Finding, Findings, Observation};
use crate::country::Country;
use crate::facilities::Facilities;
use crate::grant::Grant;
use crate::host_rules::HostRules;
use crate::record::{IssuerRecord, KeyState, KeyUse};

/// Reviews a country's host rules.
pub fn review_host_rules(rules: &HostRules) -> Vec<Finding> {
    let mut findings = Findings::default();
    let free = rules.always_free();
    let of_country = free.iter().find(|(area, _)| area.as_str() == rules.country().as_str());
    let everywhere = of_country.map(|(_, groups)| &**groups).unwrap_or_default();
    if free.is_empty() {
        findings.add("always_free", Observation::NothingFree);
    } else if !everywhere.contains(&BenefitGroup::Emergency) {
        findings.add("always_free", Observation::EmergencyNotFree);
    }
    for (area, groups) in free {
        let place = format!("always_free.{area}");
        if groups.is_empty() {
            findings.add(place.as_str(), Observation::AreaEmpty { area: area.clone() });
        }
        if area.as_str() == rules.country().as_str() {
            continue;
        }
        for group in groups.iter().filter(|group| everywhere.contains(group)) {
            let (area, group) = (area.clone(), *group);
            findings.add(place.as_str(), Observation::FreeTwice { area, group });
        }
    }
    findings.texts("appeal", rules.appeal(), Some(Observation::NoAppeal));
    findings.sorted()
}

/// Reviews a country's facilities.
pub fn review_facilities(facilities: &Facilities) -> Vec<Finding> {
    let mut findings = Findings::default();
    if facilities.iter().len() == 0 {
        findings.add("facilities", Observation::NoFacilities);
    }
    let count = facilities.iter().filter(|facility| facility.networks.is_empty()).count();
    if count > 0 {
        findings.add("facilities", Observation::FacilitiesWithoutNetwork { count });
    }
    if !is_region(facilities.country()) {
        let abroad = facilities.iter().filter(|facility| !facilities.country().contains(&facility.area));
        for facility in abroad {
            let (id, area) = (facility.id.clone(), facility.area.clone());
            findings.add("facilities", Observation::FacilityAbroad { id, area });
        }
    }
    findings.sorted()
}

/// Reviews an issuer's record.
pub fn review_record(record: &IssuerRecord) -> Vec<Finding> {
    let mut findings = Findings::default();
    let members = record.members();
    let is_active = |key_use: KeyUse| {
        members.keys.iter().any(|key| key.key_use == key_use && key.state == KeyState::Active)
    };
    if members.types.is_empty() {
        findings.add("types", Observation::NoTypes);
    }
    let signs_more_than_delegations = members.types.iter().any(|right| *right != RightType::Delegation);
    if signs_more_than_delegations && !is_active(KeyUse::Credential) {
        findings.add("keys", Observation::NoCredentialKey);
    }
    if !is_active(KeyUse::Status) {
        findings.add("keys", Observation::NoStatusKey);
    }
    if members.types.contains(&RightType::Delegation) && !is_active(KeyUse::Delegation) {
        findings.add("keys", Observation::NoDelegationKey);
    }
    if members.status.lists == 0 {
        findings.add("status.lists", Observation::NoStatusLists);
    }
    review_areas(&mut findings, &Country::from(record.iss()), &members.areas);
    findings.texts("names", &members.names, Some(Observation::NoName));
    findings.texts("contact", &members.contact, Some(Observation::NoContact));
    findings.sorted()
}

/// Reviews what the region grants a country.
pub fn review_grant(grant: &Grant) -> Vec<Finding> {
    let mut findings = Findings::default();
    if grant.types.is_empty() {
        findings.add("types", Observation::NoTypes);
    }
    review_areas(&mut findings, &grant.country, &grant.areas);
    findings.sorted()
}

fn review_areas(findings: &mut Findings, country: &Country, areas: &[Area]) {
    if areas.is_empty() {
        findings.add("areas", Observation::NoAreas);
    }
    // A regional body has no territory of its own.
    if !is_region(country) {
        for area in areas.iter().filter(|area| !country.contains(area)) {
            findings.add("areas", Observation::AreaAbroad { area: area.clone() });
        }
    }
}

/// XA to XZ, which ISO 3166 leaves to its users.
fn is_region(country: &Country) -> bool {
    country.as_str().starts_with('X')
}
