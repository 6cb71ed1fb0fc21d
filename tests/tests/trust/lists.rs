//! Attacks on status lists.

use sanad_credential::{Status, StatusIndex, StatusList};
use sanad_tests::region::{Region, list_uri, record, sealed_list, time};
use sanad_trust::client::{IgnoredReason, Problem};
use sanad_trust::pack::list_name;

use crate::{Clinic, region};

fn revoked() -> StatusList {
    let mut list = StatusList::all_valid();
    list.set(StatusIndex::new(7).unwrap(), Status::Revoked);
    list
}

fn list_file() -> String {
    list_name(&list_uri("KE-SHA", 0))
}

/// The region with this file in the place of KE-SHA's list.
fn with_list(region: &Region, document: Vec<u8>) -> sanad_trust::pack_file::PackFiles {
    let mut files = region.pack();
    files.0.insert(list_file(), document);
    files
}

#[test]
fn an_older_list_is_not_used_and_its_floor_stays() {
    let mut region = region();
    let old = region.files[&list_file()].clone();
    region.add_list("KE-SHA", 0, "2026-05-10", &revoked());
    let mut clinic = Clinic::of(&region);
    let floors = clinic.floors.clone();
    clinic.take(with_list(&region, old)).unwrap();
    assert!(matches!(clinic.pack().ignored()[0].reason, IgnoredReason::ListRolledBack { .. }));
    assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)], "no list, never valid");
    assert_eq!(clinic.floors, floors);
}

#[test]
fn a_list_dated_2090_sets_no_floor() {
    let mut region = region();
    region.add_list("KE-SHA", 0, "2090-01-01", &StatusList::all_valid());
    let clinic = Clinic::of(&region);
    assert!(matches!(clinic.pack().ignored()[0].reason, IgnoredReason::FromTheFuture { .. }));
    assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)]);
    assert!(clinic.floors.lists.values().all(|iat| *iat < time("2027-01-01")));
}

#[test]
fn a_list_31_days_ahead_of_the_clock_is_used_and_one_a_day_later_is_not() {
    for (iat, used) in [("2026-07-02", true), ("2026-07-02T00:00:01Z", false)] {
        let mut region = region();
        region.add_list("KE-SHA", 0, iat, &StatusList::all_valid());
        assert_eq!(Clinic::of(&region).pack().missing_lists().is_empty(), used, "{iat}");
    }
}

#[test]
fn a_list_that_is_lost_is_no_list_and_its_floor_stays() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    let floors = clinic.floors.clone();
    let mut files = region.pack();
    files.0.remove(&list_file()).unwrap();
    clinic.take(files).unwrap();
    assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)]);
    assert_eq!(clinic.floors, floors);
}

#[test]
fn a_list_of_a_foreign_signer_is_as_if_absent() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    let foreign =
        sealed_list(&list_uri("KE-SHA", 0), "2026-05-20", &StatusList::all_valid(), "UG-NHIS status");
    clinic.take(with_list(&region, foreign)).unwrap();
    assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)]);
}

#[test]
fn a_list_signed_by_the_issuers_credential_key_is_as_if_absent() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    let wrong =
        sealed_list(&list_uri("KE-SHA", 0), "2026-05-20", &StatusList::all_valid(), "KE-SHA credential");
    clinic.take(with_list(&region, wrong)).unwrap();
    assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)]);
}

#[test]
fn another_list_in_the_place_of_this_one() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    let other = sealed_list(&list_uri("UG-NHIS", 0), "2026-05-20", &StatusList::all_valid(), "KE-SHA status");
    clinic.refuses(with_list(&region, other), &list_file(), |problem| *problem == Problem::Signature);
}

#[test]
fn a_list_that_is_cut_or_changed_refuses_the_pack() {
    let region = region();
    let good = region.files[&list_file()].clone();
    for document in [good[..good.len() - 1].to_vec(), [good.clone(), vec![0]].concat(), b"no list".to_vec()] {
        Clinic::of(&region).refuses(with_list(&region, document), &list_file(), |_| true);
    }
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] ^= 0x10;
        let mut clinic = Clinic::of(&region);
        match clinic.take(with_list(&region, changed)) {
            Err(refused) => assert_eq!(refused.file, list_file()),
            // Another key id is an unknown key.
            Ok(()) => assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)], "byte {position}"),
        }
    }
}

#[test]
fn a_list_under_a_compromised_key_is_as_if_absent_and_its_floor_falls() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let record = record("KE-SHA");
    let status_key = record.find(r#""use":"status""#).unwrap();
    let (before, after) = record.split_at(status_key);
    let record = format!("{before}{}", after.replacen("active", "compromised", 1));
    region.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &record);
    region.publish("2026-05-20");
    clinic.take(region.pack()).unwrap();
    assert_eq!(clinic.pack().missing_lists(), [list_uri("KE-SHA", 0)]);
    assert!(!clinic.floors.lists.keys().any(|(uri, _)| uri.contains("KE-SHA")));
}
