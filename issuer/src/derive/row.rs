//! The row of an agreement on which a right rests, and where this issuer may sign for it.
//!
//! Rows are tried by agreement id, then in their order, as a clinic tries them. For a group the first row that has it
//! holds, so that a later row of the same agreement gives no right to a group that an earlier one has.

use std::collections::BTreeSet;

use sanad_credential::{Area, BenefitGroup, Date, IssuerId, Set};
use sanad_trust::pack::Pack;
use sanad_trust::{Agreement, AgreementRow, Country, Derivation, IssuerRecord};

use super::Wish;
use super::refusal::Refusal;

/// A row that applies, and where.
pub(super) struct Applicable<'p> {
    pub(super) agreement: &'p Agreement,
    pub(super) row: &'p AgreementRow,
    /// Position of the row, from 0.
    pub(super) position: usize,
    /// Where the row holds and this issuer may sign.
    pub(super) hosts: Vec<Area>,
}

impl Applicable<'_> {
    /// Groups that an earlier row of the agreement has for the same members in one of the areas.
    pub(super) fn taken(&self) -> BTreeSet<BenefitGroup> {
        let earlier = self.agreement.rows.iter().take(self.position);
        let same =
            earlier.filter(|row| row.home == self.row.home && !in_common(&row.hosts, &self.hosts).is_empty());
        same.flat_map(|row| row.groups.iter().copied()).collect()
    }
}

/// Where this issuer may sign: by its record here, by the one in the pack, and by its country's grant.
pub(super) fn own_areas(record: &IssuerRecord, pack: &Pack) -> Vec<Area> {
    let listed = pack.issuers().get(record.iss()).map_or(&[][..], |listed| &listed.members().areas);
    let granted = pack.grant(&Country::from(record.iss())).map_or(&[][..], |grant| &grant.areas);
    in_common(&in_common(&record.members().areas, listed), granted)
}

/// The rows that hosts may derive from, in their order.
///
/// # Errors
/// [`Refusal::NoAgreement`], [`Refusal::HostMayNotDerive`].
pub(super) fn applicable<'p>(
    pack: &'p Pack,
    home: &IssuerId,
    record: &IssuerRecord,
    wish: &Wish,
    day: Date,
) -> Result<Vec<Applicable<'p>>, Refusal> {
    let own = own_areas(record, pack);
    let own = match &wish.hosts {
        Some(hosts) => in_common(&own, hosts),
        None => own,
    };
    let mut found = Vec::new();
    let mut only_home = None;
    let agreements = pack.agreements().values();
    let agreements =
        agreements.filter(|agreement| wish.agreement.as_ref().is_none_or(|id| *id == agreement.id));
    for agreement in agreements.filter(|agreement| agreement.period.contains(day)) {
        for (position, row) in agreement.rows.iter().enumerate().filter(|(_, row)| row.home == *home) {
            let hosts = in_common(&row.hosts, &own);
            if hosts.is_empty() {
                continue;
            }
            match row.derivation {
                Derivation::HomeAndHost => found.push(Applicable { agreement, row, position, hosts }),
                Derivation::HomeOnly => only_home = only_home.or(Some(&agreement.id)),
            }
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    Err(match only_home {
        Some(id) => Refusal::HostMayNotDerive { agreement: id.clone(), home: home.clone() },
        None => Refusal::NoAgreement {
            home: home.clone(),
            iss: record.iss().clone(),
            agreement: wish.agreement.clone(),
            hosts: wish.hosts.as_ref().map(|hosts| areas_in_words(hosts)).unwrap_or_default(),
            day,
        },
    })
}

/// What lies in both, without what another area contains.
fn in_common(one: &[Area], other: &[Area]) -> Vec<Area> {
    let both = one.iter().flat_map(|one| {
        other.iter().filter_map(move |other| {
            if one.contains(other) {
                Some(other)
            } else if other.contains(one) {
                Some(one)
            } else {
                None
            }
        })
    });
    let both: BTreeSet<&Area> = both.collect();
    let outermost =
        both.iter().filter(|area| !both.iter().any(|wider| wider != *area && wider.contains(area)));
    outermost.map(|area| (*area).clone()).collect()
}

pub(super) fn areas_in_words(areas: &[Area]) -> String {
    areas.iter().map(Area::as_str).collect::<Vec<_>>().join(", ")
}

/// A set of a document.
pub(super) fn set_of(hosts: &[Area]) -> Result<Set<Area>, Refusal> {
    Set::new(hosts.to_vec()).map_err(|fault| fault.within("hosts").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(text: &str) -> Vec<Area> {
        text.split_whitespace().map(|area| Area::new(area).unwrap()).collect()
    }

    #[test]
    fn areas_in_common_are_the_narrower_ones_and_none_twice() {
        for (one, other, common) in [
            ("UG KE-04", "UG", "UG"),
            ("UG-102 UG-101", "UG", "UG-101 UG-102"),
            ("UG", "UG-102", "UG-102"),
            ("UG UG-102", "UG", "UG"),
            ("UG UG-102", "UG-102", "UG-102"),
            ("KE", "UG", ""),
            ("", "UG", ""),
        ] {
            assert_eq!(in_common(&areas(one), &areas(other)), areas(common), "{one} and {other}");
            assert_eq!(in_common(&areas(other), &areas(one)), areas(common), "{other} and {one}");
        }
    }
}
