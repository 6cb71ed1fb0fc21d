//! The disk under the embedded store: its power is cut, or it is full.

use std::thread;
use std::time::{Duration, Instant};

use crate::campaign::Scene;
use crate::disk::Disk;
use crate::office::Office;
use crate::rounds;

/// The disk, or a word that there is none: a machine without loop devices proves nothing here. With
/// SANAD_FAULT_ROUNDS it must be there.
fn disk(megabytes: u64) -> Option<Disk> {
    match Disk::new(megabytes) {
        Ok(disk) => Some(disk),
        Err(problem) => {
            assert!(std::env::var("SANAD_FAULT_ROUNDS").is_err(), "{problem}");
            eprintln!("NOT RUN, and nothing is proved here: no disk of its own can be mounted: {problem}");
            None
        }
    }
}

/// Rounds on one disk.
const ROUNDS_OF_A_DISK: u64 = 10;

#[test]
fn a_power_cut_under_load_loses_nothing() {
    let mut left = rounds();
    while left > 0 {
        let Some(disk) = disk(512) else { return };
        let logs = tempfile::tempdir().unwrap();
        let office = Office::make(&disk.path().join("issuer"), None, &logs.path().join("log"));
        let mut scene = Scene::new(office, 1);
        for _ in 0..left.min(ROUNDS_OF_A_DISK) {
            scene.round(|parts| {
                parts.a_while_under_load(900);
                parts.watch.breaks();
                disk.cut_power();
                // It goes down with the machine; what it answers until then was on the disk before.
                thread::sleep(parts.random.millis(0, 30));
                parts.kill(0);
                disk.remount();
                let back = Instant::now();
                parts.start();
                parts.back(back);
            });
            scene.parts.stop();
            scene.whole();
        }
        left = left.saturating_sub(ROUNDS_OF_A_DISK);
        scene.tell("power cut (ext4 shut down without its journal), embedded store");
    }
}

#[test]
fn a_full_disk_loses_nothing_and_needs_room_and_a_restart() {
    let mut left = rounds();
    while left > 0 {
        let Some(disk) = disk(96) else { return };
        let logs = tempfile::tempdir().unwrap();
        let office = Office::make(&disk.path().join("issuer"), None, &logs.path().join("log"));
        let mut scene = Scene::new(office, 1);
        for round in 0..left.min(ROUNDS_OF_A_DISK) {
            scene.round(|parts| {
                parts.a_while_under_load(700);
                parts.watch.breaks();
                disk.fill(usize::try_from(parts.random.between(0, 200_000)).unwrap());
                let began = Instant::now();
                while parts.is_ready() {
                    assert!(began.elapsed() < Duration::from_secs(60), "the full disk is not noticed");
                    thread::sleep(Duration::from_millis(20));
                }
                // It does not fall over: what can be answered is that it cannot.
                thread::sleep(parts.random.millis(0, 500));
                assert!(parts.services[0].as_mut().unwrap().lives(), "{}", parts.office.told());
                if round % 2 == 0 {
                    // Started again while the disk is still full: it runs or refuses, and harms nothing.
                    parts.stop();
                    match parts.office.try_start() {
                        Ok(service) => service.kill(),
                        Err(fault) => assert!(fault.contains("exit status"), "{fault}"),
                    }
                    disk.make_room();
                } else {
                    disk.make_room();
                    parts.stop();
                }
                let back = Instant::now();
                parts.start();
                parts.back(back);
            });
            scene.parts.stop();
            scene.whole();
        }
        left = left.saturating_sub(ROUNDS_OF_A_DISK);
        scene.tell("disk full, embedded store");
    }
}
