//! A rotation that is killed: whatever it had written, the issuer signs, and the rotation can be done again.
//!
//! A rotation writes four times: a new `keys.age` beside the old one, its name, a new `issuer.toml` beside the old one,
//! its name. The states between these are put together from before and after; and real rotations are killed at random
//! moments and right after `keys.age` was replaced. `SANAD_KILLS=n`: kills of each kind, 12 without it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::office::{Office, copy, opened};

const ROTATE: [&str; 5] = ["keys", "issuer", "rotate", "--use", "credential"];

/// The issuer signs on a day with a key that its record has.
fn signs(office: &Office, day: &str) {
    let document = office.issue(day, 1).remove(0);
    opened(&document, &office.record()).unwrap();
}

#[test]
fn whatever_a_killed_rotation_had_written_the_issuer_signs_and_can_rotate_again() {
    let office = Office::new();
    copy(&office.at("issuer"), &office.at("before"));
    office.rotate("2027-01-10", "credential", &["--from", "2027-01-20"]);
    copy(&office.at("issuer"), &office.at("after"));
    let remains = [
        // Beside keys.age, before it was renamed.
        ("before", "before", Some(".keys.age.writing-0123456789abcdef")),
        ("after", "before", None),
        ("after", "before", Some(".sanad-0123456789abcdef")),
        ("after", "after", None),
    ];
    for (keys, config, beside) in remains {
        fs::remove_dir_all(office.at("issuer")).unwrap();
        copy(&office.at("before"), &office.at("issuer"));
        fs::copy(office.at(keys).join("keys.age"), office.at("issuer/keys.age")).unwrap();
        fs::copy(office.at(config).join("issuer.toml"), office.at("issuer/issuer.toml")).unwrap();
        if let Some(name) = beside {
            fs::write(office.at("issuer").join(name), "cut sho").unwrap();
        }
        for day in ["2027-01-15", "2027-01-25"] {
            signs(&office, day);
        }
        if config == "before" {
            office.rotate("2027-01-26", "credential", &[]);
            signs(&office, "2027-02-20");
        }
    }
    // The other order would have left an issuer whose new key nobody has.
    fs::copy(office.at("before/keys.age"), office.at("issuer/keys.age")).unwrap();
    fs::copy(office.at("after/issuer.toml"), office.at("issuer/issuer.toml")).unwrap();
    let refusal = office.refused("2027-03-01", &["keys", "issuer", "list", "--check"]);
    assert!(refusal.contains("is not here"), "{refusal}");
}

#[test]
fn killed_rotations_leave_an_issuer_that_signs() {
    let office = Office::new();
    let kills = std::env::var("SANAD_KILLS").ok().map_or(12_u32, |kills| kills.parse().unwrap());
    copy(&office.at("issuer"), &office.at("before"));
    let inode = || fs::metadata(office.at("issuer/keys.age")).unwrap().ino();
    let (mut between, mut done, mut nothing) = (0, 0, 0);
    for kill in 0..2 * kills {
        fs::remove_dir_all(office.at("issuer")).unwrap();
        copy(&office.at("before"), &office.at("issuer"));
        let (keys_before, config_before) = (inode(), office.read("issuer/issuer.toml"));
        let mut child = office
            .command("2027-01-10", &ROTATE)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_millis(40 * u64::from(kill % kills));
        while child.try_wait().unwrap().is_none() {
            let is_time = if kill < kills { Instant::now() > end } else { inode() != keys_before };
            if is_time {
                break;
            }
        }
        // It may also have ended, which is as good.
        let _ = child.kill();
        child.wait().unwrap();
        let has_key = inode() != keys_before;
        let has_config = office.read("issuer/issuer.toml") != config_before;
        match (has_key, has_config) {
            (true, true) => done += 1,
            (true, false) => between += 1,
            (false, false) => nothing += 1,
            (false, true) => panic!("the configuration names a key that is not there"),
        }
        signs(&office, &format!("2027-02-{:02}", kill % 27 + 1));
        if !has_config {
            office.rotate("2027-03-01", "credential", &["--from", "2027-03-02"]);
            signs(&office, "2027-03-05");
        }
        fs::remove_dir_all(office.at("out-2027-03-05")).ok();
    }
    eprintln!("rotation: {nothing} kills before, {between} between and {done} after the two files");
    assert!(nothing > 0 && between + done > 0, "the kills all hit the same place");
}
