//! Bad input, each case by name: it says what is wrong and changes nothing.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::desk::{Desk, card, json, text};

fn held() -> Desk {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.does(&["add", "ann.txt"]);
    desk
}

#[test]
fn a_foreign_qr_is_named() {
    let desk = held();
    let code = |text: &str, name: &str| {
        let symbol = sanad_qr::draw(text, sanad_qr::Encoder::Bulk).unwrap().symbol;
        fs::write(desk.at(name), sanad_qr::png(&symbol, sanad_qr::ModulePixels::new(4).unwrap()).unwrap())
            .unwrap();
    };
    code("HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2", "vaccination.png");
    code("SNDC:1:UG-F01:C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1", "challenge.png");
    desk.refuses(&["add", "vaccination.png"], "vaccination");
    desk.refuses(&["add", "https://example.org/"], "web address");
    desk.refuses(&["add", "challenge.png"], "challenge.png: ");
    desk.refuses(&["add", "openid-credential-offer://?credential_offer=x"], "the offer does not read");
}

#[test]
fn a_document_that_is_held_already_is_named() {
    let desk = held();
    let id = desk.ids().remove(0);
    desk.refuses(&["add", "ann.txt"], &format!("already, as {id}, for \"me\""));
}

#[test]
fn an_expired_document_is_refused_and_can_be_kept_on_purpose() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.refuses(&["add", "ann.txt", "--now", "2026-03-12"], "ran out on 2026-03-11");
    desk.does(&["add", "ann.txt", "--now", "2026-03-12", "--even-if-expired"]);
    assert_eq!(desk.ids().len(), 1);
}

#[test]
fn a_truncated_backup_says_how_much_is_missing_and_restores_nothing() {
    let desk = held();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    let whole = fs::read(desk.at("b.sndb")).unwrap();
    for length in [0, 3, 4, 5, 20, 40, 41, whole.len() / 2, whole.len() - 1] {
        fs::write(desk.at("cut.sndb"), &whole[..length]).unwrap();
        let output = desk.run(&["restore", "cut.sndb", "--wallet", "elsewhere"]);
        assert_eq!(output.status.code(), Some(3), "{length}: {}", text(&output.stderr));
        if length >= 5 {
            let said = text(&output.stderr);
            assert!(
                said.contains("cut off") && said.contains(&format!("{length} bytes are there")),
                "{said}"
            );
        }
        assert!(!desk.at("elsewhere").exists(), "{length}");
    }
    fs::write(desk.at("more.sndb"), [whole.as_slice(), b"x"].concat()).unwrap();
    let output = desk.run(&["restore", "more.sndb", "--wallet", "elsewhere"]);
    assert!(text(&output.stderr).contains("1 bytes follow"), "{}", text(&output.stderr));
}

#[test]
fn any_changed_byte_of_a_backup_is_refused() {
    let desk = held();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    let whole = fs::read(desk.at("b.sndb")).unwrap();
    // The derivation's numbers and salt, the length, the nonce, the ciphertext, the tag.
    for position in [0, 4, 8, 12, 16, 20, 34, 40, 44, 60, 100, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        fs::write(desk.at("changed.sndb"), changed).unwrap();
        let output = desk.run(&["restore", "changed.sndb", "--wallet", "elsewhere"]);
        assert_eq!(output.status.code(), Some(3), "{position}: {}", text(&output.stderr));
        assert!(!desk.at("elsewhere").exists(), "{position}");
    }
}

#[test]
fn a_backup_of_a_newer_version_asks_for_a_newer_program() {
    let desk = held();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    let mut newer = fs::read(desk.at("b.sndb")).unwrap();
    newer[4] = 3;
    fs::write(desk.at("newer.sndb"), newer).unwrap();
    desk.refuses(
        &["restore", "newer.sndb", "--wallet", "elsewhere"],
        "version 3, this program reads version 2",
    );
    assert!(!desk.at("elsewhere").exists());
}

#[test]
fn a_wallet_that_is_open_is_not_opened_twice() {
    let desk = held();
    let open = desk.open();
    for arguments in [&["list"][..], &["add", "ann.txt"], &["show", "0"], &["backup", "--out", "b"]] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(text(&output.stderr).contains("has this wallet open"), "{}", text(&output.stderr));
    }
    drop(open);
    assert_eq!(desk.ids().len(), 1);
}

#[test]
fn commands_at_the_same_time_are_refused_or_done_and_lose_nothing() {
    let desk = Desk::new();
    for number in 0..8 {
        fs::write(desk.at(&format!("{number}.txt")), card(&format!("Person {number}"), 1, None)).unwrap();
    }
    let children: Vec<_> = (0..8)
        .map(|number| {
            let mut command = desk.command(&["add", &format!("{number}.txt")]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let done = children.into_iter().filter_map(|mut child| child.wait().unwrap().code());
    let added = done.filter(|code| *code == 0).count();
    assert_eq!(desk.ids().len(), added);
    assert!(added >= 1);
}

#[test]
fn a_wrong_passphrase_destroys_nothing() {
    let desk = held();
    let before = files(&desk);
    for _ in 0..3 {
        for arguments in
            [&["list"][..], &["add", "ann.txt"], &["remove", "0", "--yes"], &["backup", "--out", "b"]]
        {
            let output = desk.command(arguments).env("SANAD_PASSPHRASE", "millet and rein").output().unwrap();
            assert_eq!(output.status.code(), Some(3), "{arguments:?}");
            assert!(text(&output.stderr).contains("this passphrase does not open it"));
        }
    }
    assert!(!desk.at("b").exists());
    // sled may write a snapshot of its own; what it holds is the same.
    assert_eq!(files(&desk).len(), before.len());
    assert_eq!(desk.ids().len(), 1);
    for empty in ["", "\n"] {
        let output =
            desk.command(&["list"]).env("SANAD_PASSPHRASE", empty).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    }
}

fn files(desk: &Desk) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(desk.at("wallet")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn a_place_that_is_taken_is_not_written_over() {
    let desk = held();
    for arguments in [&["init", "--memory", "19"][..], &["restore", "b.sndb"]] {
        desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
        desk.refuses(arguments, "is there already");
    }
    fs::create_dir(desk.at("taken")).unwrap();
    fs::write(desk.at("taken/something"), "somebody's").unwrap();
    desk.refuses(&["init", "--memory", "19", "--wallet", "taken"], "is there already");
    assert_eq!(fs::read_dir(desk.at("taken")).unwrap().count(), 1);
    // An empty directory is nobody's.
    fs::create_dir(desk.at("empty")).unwrap();
    desk.does(&["init", "--memory", "19", "--wallet", "empty"]);
}

#[test]
fn a_wallet_of_plain_files_is_told_how_to_move() {
    let desk = Desk::bare();
    fs::create_dir(desk.at("wallet")).unwrap();
    fs::write(desk.at("wallet/0011223344556677.snd"), card("Ann", 1, None)).unwrap();
    let output = desk.run(&["list"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("plain files"), "{}", text(&output.stderr));
    desk.does(&["init", "--memory", "19", "--wallet", "new"]);
    desk.does(&["add", "--wallet", "new", "wallet/0011223344556677.snd"]);
}

#[test]
fn a_wallet_whose_files_were_changed_says_so() {
    let desk = held();
    desk.record("real.json", &[(1, crate::desk::GOOD)]);
    desk.card("ben.txt", "Ben", 1);
    desk.does(&["add", "ben.txt", "--record", "real.json"]);
    let sealed =
        files(&desk).into_iter().find(|path| path.extension().is_some_and(|end| end == "sealed")).unwrap();
    let whole = fs::read(&sealed).unwrap();
    for changed in [&whole[..whole.len() - 1], &whole[..10], b""] {
        fs::write(&sealed, changed).unwrap();
        let output = desk.run(&["list"]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("changed on the disk"), "{}", text(&output.stderr));
    }
    fs::write(&sealed, whole).unwrap();
    assert_eq!(json(&desk.does(&["list", "--json"])).len(), 2);
}

#[test]
fn secrets_are_no_arguments() {
    let desk = Desk::bare();
    for argument in ["--passphrase", "--password"] {
        assert_eq!(desk.code(&["init", argument, "millet and rain"]), Some(2), "{argument}");
    }
    let output = desk.command(&["init"]).env("SANAD_PASSPHRASE", "short").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(!desk.at("wallet").exists() && !text(&output.stderr).contains("short\""));
}

#[test]
fn a_header_that_asks_for_a_machine_full_of_memory_is_refused_at_once() {
    let desk = held();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    let mut greedy = fs::read(desk.at("b.sndb")).unwrap();
    greedy[5..9].copy_from_slice(&[0xFF; 4]);
    fs::write(desk.at("greedy.sndb"), greedy).unwrap();
    let started = Instant::now();
    desk.refuses(&["restore", "greedy.sndb", "--wallet", "elsewhere"], "more work");
    // What it asks for takes far longer, where there is the memory for it.
    assert!(started.elapsed() < Duration::from_secs(60));
}
