//! Attacks on the roles: roll-back, freezing, mixing, thresholds, endless data, and what must still work.

use sanad_credential::{Date, FixedBytes};
use sanad_tests::region::{Region, key, keys, role_keys, time};
use sanad_trust::client::{Anchor, IgnoredReason, Problem, SourceFault, sha256};
use sanad_trust::metadata::{FileFault, FileVersion, RoleName, key_name};

use crate::{Clinic, region};

fn below_threshold(problem: &Problem) -> bool {
    matches!(problem, Problem::File(FileFault::BelowThreshold(_)))
}

fn malformed(problem: &Problem) -> bool {
    matches!(problem, Problem::File(FileFault::Malformed(_)))
}

#[test]
fn a_pack_is_taken_over_and_says_how_old_it_is() {
    let clinic = Clinic::of(&region());
    assert_eq!(clinic.pack().date(Some("KE")), Some(Date::parse("2026-05-01").unwrap()));
    assert_eq!(clinic.pack().issuers().len(), 2);
    assert!(clinic.pack().ignored().is_empty(), "{:?}", clinic.pack().ignored());
    assert!(clinic.pack().missing_lists().is_empty());
    assert_eq!(clinic.floors.time(), Some(time("2026-05-01")));
}

#[test]
fn an_older_pack_is_a_rollback() {
    let mut region = region();
    let old = region.pack();
    region.publish("2026-05-20");
    let mut clinic = Clinic::of(&region);
    clinic.refuses(old, "timestamp", |problem| matches!(problem, Problem::RolledBack { found: 2, floor: 3 }));
}

#[test]
fn a_rolled_back_snapshot_under_a_new_timestamp() {
    let mut region = region();
    region.publish("2026-05-20");
    let mut clinic = Clinic::of(&region);
    let newest = region.snapshot.header.version;
    region.snapshot.header.version = newest - 2;
    region.publish_snapshot("2026-05-21");
    clinic.refuses(region.pack(), "timestamp", |problem| matches!(problem, Problem::RolledBack { .. }));
}

#[test]
fn a_country_rolled_back_in_a_new_snapshot() {
    let mut region = region();
    region.publish("2026-05-20");
    let mut clinic = Clinic::of(&region);
    region.snapshot.files.insert("KE.json".into(), FileVersion { version: 1, length: None, hash: None });
    region.publish_snapshot("2026-05-21");
    clinic.refuses(region.pack(), "KE.json", |problem| {
        matches!(problem, Problem::RolledBack { found: 1, floor: 2 })
    });
}

#[test]
fn a_country_that_vanishes_from_the_snapshot() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.snapshot.files.remove("UG.json");
    region.publish_snapshot("2026-05-21");
    clinic.refuses(
        region.pack(),
        "snapshot",
        |problem| matches!(problem, Problem::Vanished { name } if name == "UG.json"),
    );
}

#[test]
fn a_country_that_the_region_no_longer_delegates_to_has_no_issuers() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.regional.delegations.retain(|role| role.name != "UG");
    region.publish("2026-05-21");
    clinic.take(region.pack()).unwrap();
    assert_eq!(clinic.pack().issuers().len(), 1);
}

#[test]
fn a_frozen_repository_only_grows_old() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    clinic.take(region.pack()).expect("the same pack again");
    region.root.header.expires = time("2026-05-10");
    region.publish_root();
    region.publish("2026-05-20");
    clinic.take(region.pack()).expect("expired is not refused");
    assert_eq!(
        clinic.pack().date(None),
        Some(Date::parse("2026-05-10").unwrap()),
        "but not younger than its expiry"
    );
}

#[test]
fn fast_forwarded_versions_are_recovered_from_by_rotating_the_online_key() {
    let mut region = region();
    region.timestamp.header.version = 1_000_000;
    region.snapshot.header.version = 1_000_000;
    region.publish("2026-05-20");
    let mut clinic = Clinic::of(&region);
    region.timestamp.header.version = 10;
    region.snapshot.header.version = 10;
    region.publish("2026-05-21");
    clinic.refuses(region.pack(), "timestamp", |problem| matches!(problem, Problem::RolledBack { .. }));
    region.root.keys.extend(keys(&["online 2"]));
    region.root.timestamp = role_keys(&["online 2"], 1);
    region.root.snapshot = role_keys(&["online 2"], 1);
    region.signers.insert(RoleName::Timestamp, vec!["online 2"]);
    region.signers.insert(RoleName::Snapshot, vec!["online 2"]);
    region.publish_root();
    region.publish("2026-05-22");
    clinic.take(region.pack()).unwrap();
    assert!(clinic.floors.versions.timestamp < 100);
}

#[test]
fn metadata_of_two_times_mixed() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let old_snapshot = region.files["metadata/2.snapshot.json"].clone();
    region.publish("2026-05-20");
    let mut files = region.pack();
    files.0.insert("metadata/3.snapshot.json".into(), old_snapshot);
    clinic.refuses(files, "3.snapshot.json", |problem| {
        matches!(problem, Problem::Hash { .. } | Problem::Length { .. } | Problem::Version { .. })
    });
}

#[test]
fn a_file_of_another_version_under_the_name_of_this_one() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let old = region.files["metadata/1.KE.json"].clone();
    region.publish("2026-05-20");
    let mut files = region.pack();
    files.0.insert("metadata/2.KE.json".into(), old);
    clinic.refuses(files, "2.KE.json", |problem| matches!(problem, Problem::Version { found: 1, wanted: 2 }));
}

#[test]
fn one_signature_where_two_are_needed() {
    for role in [RoleName::Root, RoleName::Targets] {
        let mut region = region();
        let mut clinic = Clinic::of(&region);
        region.signers.get_mut(&role).unwrap().truncate(1);
        region.publish_root();
        region.publish("2026-05-20");
        clinic.refuses(region.pack(), &role.to_string(), below_threshold);
    }
}

#[test]
fn one_key_under_two_names_counts_once() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    // The root lists the same key a second time under an invented name, and the file is signed under both.
    let alias = "ff".repeat(32);
    let key_of_b = key("region b").public_key();
    region.root.keys.insert(alias.clone(), Some(key_of_b));
    region.root.targets.names = vec![key_name(&key_of_b), alias.clone()];
    region.publish_root();
    region.signers.insert(RoleName::Targets, vec!["region b"]);
    region.publish("2026-05-20");
    let name = format!("metadata/{}.targets.json", region.regional.header.version);
    let text = String::from_utf8(region.files[&name].clone()).unwrap();
    let start = text.find(r#"{"keyid""#).unwrap();
    let end = text.find('}').unwrap() + 1;
    let signature = &text[start..end];
    let twice = format!("{signature},{}", signature.replace(&key_name(&key_of_b), &alias));
    let mut files = region.pack();
    files.0.insert(name, text.replacen(signature, &twice, 1).into_bytes());
    clinic.refuses(files, "targets.json", below_threshold);
}

#[test]
fn a_key_that_signs_twice_in_one_file() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.signers.insert(RoleName::Targets, vec!["region b"]);
    region.publish("2026-05-20");
    let name = format!("metadata/{}.targets.json", region.regional.header.version);
    let text = String::from_utf8(region.files[&name].clone()).unwrap();
    let signature = &text[text.find(r#"{"keyid""#).unwrap()..=text.find('}').unwrap()];
    let mut files = region.pack();
    files.0.insert(name, text.replacen(signature, &format!("{signature},{signature}"), 1).into_bytes());
    clinic.refuses(files, "targets.json", malformed);
}

#[test]
fn a_key_listed_twice_in_a_role() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let name = key_name(&key("root a").public_key());
    region.root.root.names = vec![name.clone(), name];
    region.publish_root();
    clinic.refuses(region.pack(), "2.root.json", malformed);
}

#[test]
fn a_root_that_skips_a_version() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.root.header.version = 2;
    region.publish_root();
    let mut files = region.pack();
    let root = files.0.remove("metadata/3.root.json").unwrap();
    files.0.insert("metadata/2.root.json".into(), root);
    clinic
        .refuses(files, "2.root.json", |problem| matches!(problem, Problem::Version { found: 3, wanted: 2 }));
}

#[test]
fn a_new_root_that_only_the_new_keys_signed() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.root.keys = keys(&["root x", "root y", "region a", "region b", "online"]);
    region.root.root = role_keys(&["root x", "root y"], 2);
    region.signers.insert(RoleName::Root, vec!["root x", "root y"]);
    region.publish_root();
    clinic.refuses(region.pack(), "2.root.json", below_threshold);
}

#[test]
fn a_new_root_that_only_the_old_keys_signed() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.root.keys.extend(keys(&["root x", "root y"]));
    region.root.root = role_keys(&["root x", "root y"], 2);
    region.publish_root();
    clinic.refuses(region.pack(), "2.root.json", below_threshold);
}

#[test]
fn a_rotated_root_is_followed_over_several_steps() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let rotations: [(&[&str], Vec<&'static str>); 2] = [
        (&["root b", "root c", "root d"], vec!["root a", "root b", "root d"]),
        (&["root c", "root d", "root e"], vec!["root b", "root d", "root e"]),
    ];
    for (names, signers) in rotations {
        region.root.keys.extend(keys(names));
        region.root.root = role_keys(names, 2);
        region.signers.insert(RoleName::Root, signers);
        region.publish_root();
    }
    region.publish("2026-05-21");
    clinic.take(region.pack()).unwrap();
    assert_eq!(clinic.pack().metadata().root.header.version, 3);
    let again = Clinic::of(&region);
    assert_eq!(again.pack().metadata().root.header.version, 3, "a fresh clinic follows all of them");
}

#[test]
fn a_pack_of_another_region() {
    let mut clinic = Clinic::of(&region());
    let mut other = Region::new("2026-04-01");
    other.root.header.expires = time("2035-01-01");
    other.root.header.version = 0;
    other.publish_root();
    other.publish("2026-05-21");
    clinic.refuses(other.pack(), "1.root.json", |problem| *problem == Problem::OtherRegion);
}

#[test]
fn a_forged_region_offered_to_a_fresh_clinic_that_pinned_a_hash() {
    let mut region = region();
    let pinned = Anchor::Sha256(sha256(&region.first_root()));
    let mut clinic = Clinic::of(&region);
    clinic.anchor = pinned.clone();
    clinic.take(region.pack()).expect("the region whose hash was pinned");
    clinic.anchor = Anchor::Sha256(FixedBytes([7; 32]));
    clinic.refuses(region.pack(), "root.json", |problem| *problem == Problem::OtherRegion);
    region.publish("2026-05-21");
}

#[test]
fn endless_data_in_the_place_of_a_role() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.publish("2026-05-20");
    let endless = vec![b' '; 5 << 20];
    for name in [
        "metadata/timestamp.json",
        "metadata/3.snapshot.json",
        "metadata/3.targets.json",
        "metadata/2.KE.json",
    ] {
        let mut files = region.pack();
        files.0.insert(name.into(), endless.clone());
        clinic
            .refuses(files, name, |problem| matches!(problem, Problem::Source(SourceFault::TooLong { .. })));
    }
}

#[test]
fn a_role_that_is_not_in_the_pack() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    region.publish("2026-05-20");
    for name in [
        "metadata/timestamp.json",
        "metadata/3.snapshot.json",
        "metadata/3.targets.json",
        "metadata/2.UG.json",
    ] {
        let mut files = region.pack();
        files.0.remove(name).unwrap();
        clinic.refuses(files, name, |problem| *problem == Problem::Missing);
    }
}

#[test]
fn a_role_signed_as_another() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    // The online key signs both, so only the type tells a snapshot from a timestamp.
    let snapshot = region.files["metadata/2.snapshot.json"].clone();
    let mut files = region.pack();
    files.0.insert("metadata/timestamp.json".into(), snapshot);
    clinic.refuses(files, "timestamp.json", malformed);
    region.publish("2026-05-20");
}

#[test]
fn delegations_that_are_no_countrys_are_passed_over_and_named() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let mut wide = region.regional.delegations[0].clone();
    wide.name = "TZ".into();
    wide.paths = vec!["issuers/KE/*".into()];
    let mut odd = wide.clone();
    odd.name = "everything".into();
    let twice = region.regional.delegations[0].clone();
    region.regional.delegations.extend([wide, odd, twice]);
    region.publish("2026-05-20");
    clinic.take(region.pack()).unwrap();
    let reasons: Vec<_> =
        clinic.pack().ignored().iter().map(|ignored| (ignored.name.as_str(), &ignored.reason)).collect();
    let expected = [
        ("TZ", &IgnoredReason::BeyondTheCountry),
        ("everything", &IgnoredReason::NotACountry),
        ("KE", &IgnoredReason::NotACountry),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn a_country_that_delegates_further() {
    let mut region = region();
    let mut clinic = Clinic::of(&region);
    let further = region.regional.delegations[0].clone();
    region.countries.get_mut("KE").unwrap().delegations.push(further);
    region.publish("2026-05-20");
    clinic.take(region.pack()).unwrap();
    assert_eq!(clinic.pack().ignored()[0].reason, IgnoredReason::DelegatesFurther);
}

#[test]
fn any_changed_byte_of_any_file_is_refused_or_was_not_signed() {
    let region = region();
    let files = region.pack();
    for (name, content) in &files.0 {
        for position in (0..content.len()).step_by(content.len() / 40 + 1) {
            let mut clinic = Clinic::of(&region);
            let mut changed = files.clone();
            changed.0.get_mut(name).unwrap()[position] ^= 0x04;
            match clinic.take(changed) {
                Err(refused) => assert!(
                    refused.file.contains(name.as_str()) || name.starts_with("metadata/"),
                    "{name}, byte {position}: {refused}"
                ),
                // White space and the pinned root's own signatures are outside of what is signed; a list under
                // another key id is as if absent.
                Ok(()) => {
                    let no_list = clinic.pack().missing_lists().len() == 1 && name.starts_with("status/");
                    assert!(no_list || name.starts_with("metadata/"), "{name}, byte {position}");
                }
            }
        }
    }
}
