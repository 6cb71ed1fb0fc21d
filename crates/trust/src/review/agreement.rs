//! An agreement, row by row: among the rows of one agreement the first that has the group holds.

use sanad_credential::{Area, BenefitGroup, Payer, Tariff};

use super::copay::Table;
use super::rulebook::review_preauth;
use super::{Finding, Findings, Observation};
use crate::agreement::{Agreement, AgreementRow, CopayBasis};
use crate::rulebook::Rulebook;

/// Reviews an agreement; with the rulebooks of its home schemes, where they are at hand.
pub fn review_agreement(agreement: &Agreement, rulebooks: &[&Rulebook]) -> Vec<Finding> {
    let mut findings = Findings::default();
    if agreement.rows.is_empty() {
        findings.add("rows", Observation::NoRows);
    }
    if agreement.legal_ref.as_str().is_empty() {
        findings.add("legal_ref", Observation::NoLegalReference);
    }
    for (entry, row) in agreement.rows.iter().enumerate() {
        let place = format!("rows[{entry}]");
        review_row(&mut findings, &place, row);
        let earlier = agreement.rows.get(..entry).unwrap_or_default();
        if let Some(by) = taken_over_by(row, earlier) {
            findings.add(place.as_str(), Observation::RowNeverReached { by });
        }
        let of_home: Vec<_> = rulebooks.iter().filter(|rulebook| *rulebook.issuer() == row.home).collect();
        let covers = |group: &BenefitGroup| {
            let mut versions = of_home.iter().flat_map(|rulebook| rulebook.versions());
            versions.any(|version| version.package.contains(group))
        };
        if !of_home.is_empty() {
            for group in row.groups.iter().filter(|group| !covers(group)) {
                let (group, home) = (*group, row.home.clone());
                findings.add(format!("{place}.groups"), Observation::RowGroupNotCovered { group, home });
            }
        }
    }
    findings.sorted()
}

fn review_row(findings: &mut Findings, place: &str, row: &AgreementRow) {
    let at = |member: &str| format!("{place}.{member}");
    if row.hosts.is_empty() {
        findings.add(at("hosts"), Observation::NoHosts);
    }
    let at_home = row.hosts.iter().filter(|host| host.country() == row.home.country());
    let (countries, parts): (Vec<&Area>, Vec<&Area>) =
        at_home.partition(|host| host.as_str() == host.country());
    for host in countries {
        findings.add(at("hosts"), Observation::HostIsHome { host: host.clone() });
    }
    if !parts.is_empty() {
        let hosts = parts.into_iter().cloned().collect();
        findings.add(at("hosts"), Observation::HostsInHomeCountry { hosts });
    }
    if row.groups.is_empty() {
        findings.add(at("groups"), Observation::NoGroups);
    } else if !row.groups.contains(&BenefitGroup::Emergency) {
        findings.add(at("groups"), Observation::NoEmergency);
    }
    review_preauth(findings, &at("preauth"), &row.preauth, &row.groups);
    if row.payer == Payer::Host && row.tariff == Tariff::Home {
        findings.add(at("tariff"), Observation::HostPaysHomePrices);
    }
    match (row.copay_basis, row.copay.is_empty()) {
        (CopayBasis::Home, false) => findings.add(at("copay"), Observation::CopayUnused),
        (CopayBasis::Host, true) => findings.add(at("copay"), Observation::CopayNone),
        _ => {}
    }
    let limit_place = at("offline_limit");
    Table {
        place: &at("copay"),
        lines: &row.copay,
        groups: &row.groups,
        max_level: row.max_level,
        offline_limit: row.offline_limit.as_ref().map(|limit| (limit_place.as_str(), limit)),
    }
    .review(findings);
    let (good_faith, claim) = (row.good_faith_days.value(), row.claim_days.value());
    if claim == 0 {
        findings.add(at("claim_days"), Observation::NoClaimDays);
    }
    if good_faith < claim {
        findings.add(at("good_faith_days"), Observation::GoodFaithShort { good_faith, claim });
    }
}

/// The first of the earlier rows, where together they take every place and group of this one.
fn taken_over_by(row: &AgreementRow, earlier: &[AgreementRow]) -> Option<usize> {
    let takes = |host: &Area, group: &BenefitGroup| {
        earlier.iter().position(|other| {
            other.home == row.home
                && other.hosts.iter().any(|other| other.contains(host))
                && other.groups.contains(group)
        })
    };
    let mut first = None;
    for host in row.hosts.iter() {
        for group in row.groups.iter() {
            let by = takes(host, group)?;
            first = Some(first.map_or(by, |first: usize| first.min(by)));
        }
    }
    first
}
