//! A full disk: the limit on the size of files makes every write beyond it fail, as a disk without room does. `check`, which
//! needs a pack, stands with the tests of all programs.

use std::fs;
use std::process::{Command, Output};

use crate::desk::{Desk, NOW, PASSPHRASE, text};

/// Runs the program where no file can grow beyond so many blocks of 512 bytes.
fn run_limited(desk: &Desk, blocks: u32, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    // The signal is ignored, so that writing fails instead: as on a full disk.
    command.arg("-c").arg("trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"").arg(blocks.to_string());
    command
        .arg(env!("CARGO_BIN_EXE_sanad-wallet"))
        .args(["--wallet", "wallet", "--now", NOW])
        .args(arguments);
    command.current_dir(desk.dir()).env("SANAD_PASSPHRASE", PASSPHRASE).output().unwrap()
}

#[test]
fn a_full_disk_is_told_and_changes_nothing() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.card("ben.txt", "Ben", 1);
    desk.record("real.json", &[(1, crate::desk::GOOD)]);
    desk.phone_card("phone.txt", "Ann", 1, &[]);
    desk.does(&["add", "ann.txt", "--record", "real.json"]);
    desk.does(&["add", "phone.txt"]);
    desk.does(&["backup", "--out", "kept.sndb", "--memory", "19"]);
    let before = desk.listed();
    let id_of = |phone: bool| {
        let held = before.iter().find(|held| held["phone"] == phone).unwrap();
        held["id"].as_str().unwrap().to_owned()
    };
    let (id, phone) = (id_of(false), id_of(true));
    let mut refused = 0;
    for blocks in [0, 1, 8, 64, 512] {
        for arguments in [
            &["add", "ben.txt"][..],
            &["request", "--issuer", "UG-NHIS"],
            &["remove", &id, "--yes"],
            &["backup", "--out", "b.sndb", "--memory", "19"],
            &["show", &id, "--png", "ann.png"],
            &["present", &phone, "--to", "UG-F01", "--png", "phone.png"],
            &["export", "--all", "--out", "out"],
            &["init", "--memory", "19", "--wallet", "second"],
            &["restore", "kept.sndb", "--memory", "19", "--wallet", "second"],
        ] {
            let output = run_limited(&desk, blocks, arguments);
            let is_done = output.status.success();
            if is_done {
                // Small files fit under larger limits; the store's log does not.
                assert!(blocks > 0, "{arguments:?}");
                for made in ["ann.png", "phone.png"] {
                    if let Ok(picture) = fs::read(desk.at(made)) {
                        assert!(sanad_qr::read_print(&picture).is_ok(), "{blocks} {made} is not whole");
                    }
                }
                for made in ["b.sndb", "ann.png", "phone.png"] {
                    let _ = fs::remove_file(desk.at(made));
                }
                let _ = fs::remove_dir_all(desk.at("out"));
                let _ = fs::remove_dir_all(desk.at("second"));
                if arguments[0] == "remove" {
                    desk.does(&["add", "ann.txt"]);
                }
                for other in desk.ids().into_iter().filter(|other| ![&id, &phone].contains(&other)) {
                    desk.does(&["remove", &other, "--yes"]);
                }
                continue;
            }
            refused += 1;
            assert!(
                matches!(output.status.code(), Some(1 | 3)),
                "{blocks} {arguments:?}: {:?}",
                output.status
            );
            assert!(!output.stderr.is_empty(), "{arguments:?}");
            for half in ["b.sndb", "ann.png", "phone.png", "second"] {
                assert!(
                    !desk.at(half).exists(),
                    "{blocks} {arguments:?} left {half}: {}",
                    text(&output.stderr)
                );
            }
            let left: Vec<_> =
                fs::read_dir(desk.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(
                left.iter().all(|name| !name.to_string_lossy().starts_with('.')),
                "{arguments:?}: {left:?}"
            );
            assert_eq!(desk.listed(), before, "{blocks} {arguments:?}");
        }
    }
    assert!(refused >= 9, "{refused}");
    // With room again, what was refused works.
    desk.does(&["restore", "kept.sndb", "--memory", "19", "--wallet", "second"]);
    desk.does(&["present", &phone, "--to", "UG-F01", "--png", "phone.png"]);
}
