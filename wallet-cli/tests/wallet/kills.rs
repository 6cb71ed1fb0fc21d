//! Kill -9 during every command, a hundred times each, at moments spread over its whole run: no document is lost, none is
//! half stored, and what is handed out is whole or not there.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use sanad_wallet::backup;

use crate::desk::{Desk, card, passphrase};

const KILLS: u32 = 100;

/// Starts a command and kills it after this part of its usual time; says whether it was still running.
fn killed(desk: &Desk, arguments: &[&str], usual: &mut Duration, round: u32) -> bool {
    let mut command = desk.command(arguments);
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Spread evenly, in an order that does not run with the rounds.
    let end = *usual * (round * 37 % KILLS) / KILLS;
    while child.try_wait().unwrap().is_none() {
        let left = end.saturating_sub(started.elapsed());
        if left.is_zero() {
            let _ = child.kill();
            return child.wait().unwrap().code().is_none();
        }
        sleep(left.min(Duration::from_millis(1)));
    }
    // Where the machine stood still while the usual time was taken, it is far too long, and no kill would hit. A quarter
    // more than it takes, so that the end of a slower run is reached too.
    *usual = (*usual).min(started.elapsed() * 5 / 4);
    false
}

fn usual(desk: &Desk, arguments: &[&str]) -> Duration {
    let started = Instant::now();
    desk.does(arguments);
    started.elapsed()
}

/// A wallet with a document for paper and one for a phone.
fn wallet() -> Desk {
    let desk = Desk::new();
    desk.record("real.json", &[(1, crate::desk::GOOD)]);
    desk.phone_card("phone.txt", "Ann", 1, &[]);
    desk.card("paper.txt", "Ann", 1);
    desk.does(&["add", "paper.txt", "phone.txt", "--record", "real.json"]);
    desk
}

/// The documents, as whoever opens it next sees them: each of them whole.
fn held(desk: &Desk) -> Vec<String> {
    let held = desk.open().list(None).unwrap();
    held.into_iter().map(|held| held.id).collect()
}

/// Kills a command that must not change what is held.
fn harmless(arguments: &[&str]) {
    let desk = wallet();
    let before = held(&desk);
    let phone = desk.listed().into_iter().find(|held| held["phone"] == true).unwrap();
    let phone = phone["id"].as_str().unwrap().to_owned();
    let arguments: Vec<&str> =
        arguments.iter().map(|argument| if *argument == "ID" { phone.as_str() } else { argument }).collect();
    let mut time = usual(&desk, &arguments);
    let kills = (0..KILLS).filter(|round| killed(&desk, &arguments, &mut time, *round)).count();
    assert_eq!(held(&desk), before);
    assert!(kills > 30, "only {kills} of {KILLS} were still running");
    desk.does(&["present", &phone, "--to", "UG-F01"]);
}

#[test]
fn killed_while_listing() {
    harmless(&["list"]);
}

#[test]
fn killed_while_showing() {
    harmless(&["show", "ID", "--html", "x.html"]);
}

#[test]
fn killed_while_presenting() {
    harmless(&["present", "ID", "--to", "UG-F01", "--png", "x.png"]);
}

#[test]
fn killed_while_asking_for_a_key() {
    let desk = wallet();
    let before = held(&desk);
    let mut time = usual(&desk, &["request", "--issuer", "KE-FIRST"]);
    for round in 0..KILLS {
        killed(&desk, &["request", "--issuer", &format!("KE-{round}")], &mut time, round);
    }
    assert_eq!(held(&desk), before);
    // Each key that there is, is whole.
    desk.open().contents().unwrap().keys.iter().for_each(|key| {
        key.signing().public_key();
    });
}

#[test]
fn killed_while_adding() {
    let desk = wallet();
    let mut time = usual(&desk, &["add", &card("First", 1, None)]);
    let mut before = held(&desk);
    let mut added = 0;
    for round in 0..KILLS {
        let text = card(&format!("Person {round}"), 1, None);
        killed(&desk, &["add", &text], &mut time, round);
        let mut after = held(&desk);
        assert!(before.iter().all(|id| after.contains(id)), "a document was lost in round {round}");
        assert!(after.len() <= before.len() + 1);
        added += after.len() - before.len();
        std::mem::swap(&mut before, &mut after);
    }
    println!("{added} of {KILLS} were added before they were killed");
}

#[test]
fn killed_while_adding_with_a_record() {
    let mut time = Duration::from_millis(120);
    for round in 0..KILLS {
        let desk = Desk::new();
        desk.record("real.json", &[(1, crate::desk::GOOD)]);
        desk.card("ann.txt", "Ann", 1);
        killed(&desk, &["add", "ann.txt", "--record", "real.json"], &mut time, round);
        let listed = desk.open().list(None).unwrap();
        // Pinned without a document is no harm; a document without its record is told as not verified. Both are whole.
        assert!(listed.len() <= 1, "{round}");
        if listed.is_empty() {
            desk.does(&["add", "ann.txt", "--record", "real.json"]);
        }
        let listed = desk.open().list(None).unwrap();
        assert_eq!(listed[0].standing, sanad_wallet::holding::Standing::Verified, "{round}");
    }
}

#[test]
fn killed_while_removing() {
    let desk = Desk::new();
    let texts: Vec<String> = (0..=KILLS).map(|round| card(&format!("Person {round}"), 1, None)).collect();
    let arguments: Vec<&str> = ["add"].into_iter().chain(texts.iter().map(String::as_str)).collect();
    desk.does(&arguments);
    let ids = held(&desk);
    let mut time = usual(&desk, &["remove", &ids[0], "--yes"]);
    let mut before: Vec<String> = held(&desk);
    for round in 0..KILLS {
        let meant = before[0].clone();
        killed(&desk, &["remove", &meant, "--yes"], &mut time, round);
        let after = held(&desk);
        let others: Vec<&String> = before.iter().filter(|id| **id != meant).collect();
        assert!(others.iter().all(|id| after.contains(id)), "another document was lost in round {round}");
        before = after;
        if before.len() < 2 {
            break;
        }
    }
}

#[test]
fn killed_while_making_a_wallet() {
    let mut time = {
        let desk = Desk::bare();
        usual(&desk, &["init", "--memory", "19"])
    };
    for round in 0..KILLS {
        let desk = Desk::bare();
        killed(&desk, &["init", "--memory", "19"], &mut time, round);
        if desk.at("wallet").exists() {
            assert_eq!(held(&desk), Vec::<String>::new(), "{round}");
        } else {
            desk.does(&["init", "--memory", "19"]);
        }
    }
}

#[test]
fn killed_while_backing_up() {
    let desk = wallet();
    let before = held(&desk);
    let arguments = ["backup", "--out", "b.sndb", "--sheet", "s.html", "--memory", "19"];
    let mut time = usual(&desk, &arguments);
    for round in 0..KILLS {
        killed(&desk, &arguments, &mut time, round);
        // The last one that was whole is there, and opens.
        let made = fs::read(desk.at("b.sndb")).unwrap();
        let contents = backup::read(&made, &passphrase()).unwrap_or_else(|fault| panic!("{round}: {fault}"));
        assert_eq!(contents.documents.len(), before.len());
    }
    assert_eq!(held(&desk), before);
}

#[test]
fn killed_while_restoring() {
    let desk = wallet();
    let before = held(&desk);
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    fs::rename(desk.at("wallet"), desk.at("old")).unwrap();
    let arguments = ["restore", "b.sndb", "--memory", "19"];
    let mut time = usual(&desk, &arguments);
    for round in 0..KILLS {
        fs::remove_dir_all(desk.at("wallet")).unwrap();
        killed(&desk, &arguments, &mut time, round);
        if !desk.at("wallet").exists() {
            desk.does(&arguments);
        }
        assert_eq!(held(&desk), before, "{round}");
    }
}

#[test]
fn killed_while_exporting() {
    let desk = wallet();
    let before = held(&desk);
    let mut time = usual(&desk, &["export", "--all", "--out", "out"]);
    for round in 0..KILLS {
        let _ = fs::remove_dir_all(desk.at("out"));
        killed(&desk, &["export", "--all", "--out", "out"], &mut time, round);
        for entry in fs::read_dir(desk.at("out")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let is_hidden = path.file_name().unwrap().to_string_lossy().starts_with('.');
            let text = fs::read_to_string(&path).unwrap();
            let whole = sanad_credential::QrText::decode(&text).is_ok();
            assert!(is_hidden || whole, "{}: {text:?}", path.display());
        }
    }
    assert_eq!(held(&desk), before);
}
