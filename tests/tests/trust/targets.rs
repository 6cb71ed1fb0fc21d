//! Attacks on the files that countries and the region sign.

use sanad_tests::region::record;
use sanad_trust::client::{IgnoredReason, Problem};
use sanad_trust::metadata::TargetFile;
use sanad_trust::pack::target_name;

use crate::{Clinic, region};

/// What was passed over when a country lists this.
fn passed_over(country: Option<&str>, path: &str, content: &str) -> (String, IgnoredReason) {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.add_target(country, path, content);
    region.publish("2026-05-20");
    clinic.take(region.pack()).unwrap();
    assert_eq!(clinic.pack().issuers().len(), 2, "the others stay");
    let ignored = clinic.pack().ignored()[0].clone();
    assert_eq!(clinic.pack().ignored().len(), 1);
    (ignored.name, ignored.reason)
}

#[test]
fn another_countrys_issuer_under_ones_own_path() {
    let found = passed_over(Some("KE"), "issuers/KE/UG-FAKE.json", &record("UG-FAKE"));
    assert_eq!(found, ("issuers/KE/UG-FAKE.json".to_owned(), IgnoredReason::UnknownPath));
}

#[test]
fn another_countrys_issuer_in_a_file_of_ones_own_name() {
    let (name, reason) = passed_over(Some("KE"), "issuers/KE/KE-FAKE.json", &record("UG-FAKE"));
    assert_eq!(name, "issuers/KE/KE-FAKE.json");
    assert!(matches!(reason, IgnoredReason::Content(_)));
}

#[test]
fn another_countrys_path_in_ones_own_role() {
    let found = passed_over(Some("KE"), "issuers/UG/UG-FAKE.json", &record("UG-FAKE"));
    assert_eq!(found, ("issuers/UG/UG-FAKE.json".to_owned(), IgnoredReason::NotTheirs));
}

#[test]
fn another_countrys_rulebook_under_ones_own_path() {
    let found = passed_over(Some("KE"), "rulebooks/KE/UG-NHIS/UHC.json", "{}");
    assert_eq!(found, ("rulebooks/KE/UG-NHIS/UHC.json".to_owned(), IgnoredReason::UnknownPath));
}

#[test]
fn a_regional_file_that_shadows_a_countrys() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let false_record = record("KE-SHA").replace("KE-SHA, invented", "false");
    region.add_target(None, "issuers/KE/KE-SHA.json", &false_record);
    region.publish("2026-05-20");
    clinic.take(region.pack()).unwrap();
    let record = clinic.pack().issuers().values().next().unwrap();
    assert_eq!(record.members().names.in_language("en"), Some("KE-SHA, invented"));
    assert_eq!(clinic.pack().ignored()[0].reason, IgnoredReason::NotTheirs);
}

#[test]
fn a_country_that_lists_its_own_grant() {
    let grant = r#"{"country":"KE","types":["delegation"],"areas":["KE","UG"]}"#;
    let found = passed_over(Some("KE"), "grants/KE.json", grant);
    assert_eq!(found, ("grants/KE.json".to_owned(), IgnoredReason::NotTheirs));
}

#[test]
fn a_record_with_a_member_that_could_grant_something() {
    let record = record("KE-NEW").replacen('{', r#"{"may_sign_everything":true,"#, 1);
    let (_, reason) = passed_over(Some("KE"), "issuers/KE/KE-NEW.json", &record);
    assert!(matches!(reason, IgnoredReason::Content(_)));
}

#[test]
fn a_target_of_another_hash_or_length_or_none() {
    let region = region();
    let role = &region.countries["KE"];
    let file = role.targets["issuers/KE/KE-SHA.json"].clone();
    let name = target_name("issuers/KE/KE-SHA.json", &file);
    let mut clinic = Clinic::of(&region);
    let mut files = region.pack();
    files.0.get_mut(&name).unwrap()[10] ^= 1;
    clinic.refuses(files, &name, |problem| matches!(problem, Problem::Hash { .. }));
    let mut files = region.pack();
    files.0.get_mut(&name).unwrap().pop();
    clinic.refuses(files, &name, |problem| matches!(problem, Problem::Length { .. }));
    let mut files = region.pack();
    files.0.remove(&name);
    clinic.refuses(files, &name, |problem| *problem == Problem::Missing);
}

#[test]
fn a_target_that_claims_to_be_endless() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let file = TargetFile { length: 1 << 40, hash: sanad_trust::client::sha256(b"") };
    region.countries.get_mut("KE").unwrap().targets.insert("issuers/KE/KE-BIG.json".into(), file);
    region.publish("2026-05-20");
    clinic.refuses(region.pack(), "KE-BIG", |problem| matches!(problem, Problem::Source(_)));
}
