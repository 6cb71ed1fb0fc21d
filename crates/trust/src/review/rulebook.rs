//! A rulebook, version by version.

use sanad_credential::BenefitGroup;

use super::copay::Table;
use super::{Findings, GRACE_DAYS_MAX, Observation};
use crate::facilities::Facilities;
use crate::review::Finding;
use crate::rulebook::{Network, Rulebook, RulebookVersion, SchemeKind};

/// The floor of care by which a package is measured: emergencies, antenatal care, delivery, children, out-patient care
/// (ILO R202 paragraph 5 (a), C102 Part II article 10).
pub const ESSENTIAL: [BenefitGroup; 5] = [
    BenefitGroup::Emergency,
    BenefitGroup::OutPatient,
    BenefitGroup::Child,
    BenefitGroup::Antenatal,
    BenefitGroup::Delivery,
];

/// Reviews a rulebook; with the facilities of its country, where they are at hand.
pub fn review_rulebook(rulebook: &Rulebook, facilities: Option<&Facilities>) -> Vec<Finding> {
    let mut findings = Findings::default();
    if rulebook.versions().is_empty() {
        findings.add("versions", Observation::NoVersions);
    }
    for (entry, version) in rulebook.versions().iter().enumerate() {
        review_version(&mut findings, &format!("versions[{entry}]"), rulebook, version);
        let country = rulebook.issuer().country();
        let Some(facilities) = facilities.filter(|list| list.country().as_str() == country) else { continue };
        let accredited = |issuer| facilities.iter().any(|facility| facility.networks.contains(issuer));
        if version.network == Network::Accredited && !accredited(rulebook.issuer()) {
            let issuer = rulebook.issuer().clone();
            let place = format!("versions[{entry}].network_only");
            findings.add(place, Observation::NetworkEmpty { issuer });
        }
    }
    findings.sorted()
}

fn review_version(findings: &mut Findings, place: &str, rulebook: &Rulebook, version: &RulebookVersion) {
    let at = |member: &str| format!("{place}.{member}");
    let package = &*version.package;
    if package.is_empty() {
        findings.add(at("package"), Observation::NoCare);
    } else {
        let groups: Vec<BenefitGroup> =
            ESSENTIAL.into_iter().filter(|group| !package.contains(group)).collect();
        if !groups.is_empty() {
            findings.add(at("package"), Observation::EssentialMissing { groups });
        }
    }
    review_preauth(findings, &at("preauth"), &version.preauth, package);
    if let Some(protected) = &version.protected {
        if protected.is_empty() {
            findings.add(at("protected"), Observation::ProtectedEmpty);
        }
        for group in protected.iter().filter(|group| !package.contains(group)) {
            findings.add(at("protected"), Observation::ProtectedOutside { group: *group });
        }
    }
    let limit_place = at("offline_limit");
    Table {
        place: &at("copay"),
        lines: &version.copay,
        groups: package,
        max_level: version.max_level,
        offline_limit: version.offline_limit.as_ref().map(|limit| (limit_place.as_str(), limit)),
    }
    .review(findings);
    let days = version.grace_days.value();
    if days > GRACE_DAYS_MAX {
        findings.add(at("grace_days"), Observation::GraceTooLong { days });
    }
    if version.legal_ref.as_str().is_empty() {
        findings.add(at("legal_ref"), Observation::NoLegalReference);
    }
    findings.texts(&at("appeal"), &version.appeal, Some(Observation::NoAppeal));
    // Where the public pays, nobody has anything to pay.
    let no_pay = (rulebook.kind() != SchemeKind::Assistance).then_some(Observation::NoPay);
    findings.texts(&at("pay"), &version.pay, no_pay);
}

/// Pre-authorisations of a rulebook or a row.
pub(super) fn review_preauth(
    findings: &mut Findings,
    place: &str,
    preauth: &[BenefitGroup],
    groups: &[BenefitGroup],
) {
    for group in preauth.iter().filter(|group| !groups.contains(group)) {
        findings.add(place, Observation::PreauthOutside { group: *group });
    }
    if preauth.contains(&BenefitGroup::Emergency) {
        findings.add(place, Observation::PreauthEmergency);
    }
}
