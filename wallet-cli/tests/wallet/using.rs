//! Adding, listing, showing.

use std::fs;

use sanad_trust::KeyState;
use serde_json::Value;

use crate::desk::{Desk, GOOD, json, text};

#[test]
fn a_record_is_pinned_only_when_a_document_opens_with_it() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.record("forged.json", &[(9, GOOD)]);
    desk.record("real.json", &[(1, GOOD)]);
    desk.refuses(&["add", "ann.txt", "--record", "forged.json"], "was not pinned");
    desk.does(&["add", "ann.txt", "--record", "real.json"]);
    assert_eq!(desk.listed()[0]["standing"], "verified");
    // What comes later is held against the pinned one.
    desk.card("eve.txt", "Eve", 9);
    desk.refuses(&["add", "eve.txt"], "not added");
    for missing in ["nonexistent.json", "wallet", "ann.txt"] {
        assert_eq!(desk.code(&["add", "ann.txt", "--record", missing]), Some(3), "{missing}");
    }
}

#[test]
fn a_pinned_record_is_not_replaced_by_one_with_other_keys() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.card("eve.txt", "Eve", 9);
    desk.record("real.json", &[(1, GOOD)]);
    desk.record("forged.json", &[(9, GOOD)]);
    desk.does(&["add", "ann.txt", "--record", "real.json"]);
    desk.refuses(&["add", "eve.txt", "--record", "forged.json"], "--replace-record");
    // A record with a key more is the issuer's next one; it is announced.
    desk.record("next.json", &[(1, GOOD), (2, GOOD)]);
    desk.card("ben.txt", "Ben", 2);
    let next = desk.does(&["add", "ben.txt", "--record", "next.json"]);
    assert!(text(&next.stderr).contains("is new"), "{}", text(&next.stderr));
    // What is compromised stays so, and what it signed is told as rejected.
    desk.record("compromised.json", &[(1, KeyState::Compromised), (2, GOOD)]);
    desk.card("cyd.txt", "Cyd", 2);
    desk.does(&["add", "cyd.txt", "--record", "compromised.json"]);
    let standing = |name: &str| {
        let is = |held: &&Value| held["claims"]["subject"]["name"] == name;
        desk.listed().iter().find(is).unwrap()["standing"].as_str().unwrap().to_owned()
    };
    assert!(standing("Ann").starts_with("REJECTED"), "{}", standing("Ann"));
    assert_eq!(standing("Cyd"), "verified");
    desk.refuses(&["add", "ann.txt", "--record", "next.json"], "--replace-record");
    // Only whoever says so replaces it.
    desk.does(&["add", "eve.txt", "--record", "forged.json", "--replace-record"]);
    assert_eq!(standing("Eve"), "verified");
}

#[test]
fn every_failure_is_told_with_its_argument_and_equal_documents_are_added_once() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.card("ann again.txt", "Ann", 1);
    fs::write(desk.at("hello.txt"), "hello").unwrap();
    fs::write(desk.at("noise.bin"), [0xD2, 0x84, 0x43, 0xFF]).unwrap();
    let added =
        desk.run(&["add", "hello.txt", "ann.txt", "noise.bin", "ann again.txt", "missing.png", "--json"]);
    assert_eq!(added.status.code(), Some(3));
    let complaints = text(&added.stderr);
    for argument in ["hello.txt: ", "noise.bin: ", "\"missing.png\""] {
        assert!(complaints.contains(argument), "{argument}: {complaints}");
    }
    assert_eq!(complaints.lines().count(), 3, "{complaints}");
    let answers = json(&added);
    assert_eq!(answers.iter().filter(|answer| answer["code"] == 3).count(), 3);
    assert_eq!(answers.iter().filter(|answer| answer["standing"] == "NOT VERIFIED").count(), 1);
}

#[test]
fn with_json_every_answer_is_json() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.does(&["add", "ann.txt"]);
    for arguments in [&["show", "--json"][..], &["show", "", "--json"], &["--json"]] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(json(&output)[0]["code"], 2, "{arguments:?}");
    }
    assert_eq!(json(&desk.run(&["show", "zz", "--json"]))[0]["code"], 3);
    let id = desk.ids().remove(0);
    let shown = json(&desk.run(&["show", &id, "--json", "--png", "ann.png"]));
    assert_eq!((&shown[0]["png"], &shown[0]["svg"]), (&"ann.png".into(), &Value::Null));
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19", "--json"]);
    assert_eq!(json(&desk.run(&["remove", &id, "--yes", "--json"]))[0]["removed"], id.as_str());
}

#[test]
fn pictures_are_whole_and_harm_nothing_beside_them() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.does(&["add", "ann.txt"]);
    let id = desk.ids().remove(0);
    fs::write(desk.at("ann.new"), "somebody's").unwrap();
    desk.does(&["show", &id, "--png", "ann.png", "--svg", "ann.svg", "--html", "ann.html"]);
    assert_eq!(desk.code(&["show", &id, "--png", "wallet"]), Some(2));
    assert_eq!(desk.code(&["show", &id, "--png", "nowhere/ann.png"]), Some(3));
    let printed = desk.run(&["show", &id, "--svg", "/dev/stdout"]);
    assert_eq!(printed.stdout, fs::read(desk.at("ann.svg")).unwrap());
    let mut names: Vec<_> =
        fs::read_dir(desk.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["ann.html", "ann.new", "ann.png", "ann.svg", "ann.txt", "wallet"]);
}

#[test]
fn a_page_is_self_contained_and_what_a_name_says_is_no_markup() {
    let desk = Desk::new();
    desk.card("eve.txt", "<script>alert(1)</script>&\"'", 1);
    desk.does(&["add", "eve.txt"]);
    let id = desk.ids().remove(0);
    desk.does(&["show", &id, "--html", "eve.html"]);
    let page = fs::read_to_string(desk.at("eve.html")).unwrap();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(!page.contains("http://") && !page.contains("https://") && page.contains("NOT VERIFIED"));
    // The picture on it is the document.
    let start = page.find("base64,").unwrap() + 7;
    let encoded = page.get(start..).unwrap().split('"').next().unwrap();
    let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
    let read = sanad_qr::read_print(&png).unwrap();
    assert_eq!(read, fs::read_to_string(desk.at("eve.txt")).unwrap());
}

#[test]
fn what_is_about_to_lapse_is_told() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.does(&["add", "ann.txt"]);
    for (now, lapse, left) in
        [("2026-02-09", "soon", 30), ("2026-03-11", "soon", 0), ("2026-03-12", "ended", -1)]
    {
        let listed = json(&desk.does(&["list", "--json", "--now", now]));
        assert_eq!((&listed[0]["lapse"], &listed[0]["days_left"]), (&lapse.into(), &left.into()), "{now}");
    }
    let told = text(&desk.does(&["list", "--now", "2026-03-01"]).stdout);
    assert!(told.contains("LAPSES in 10 days") && told.contains("Ann"), "{told}");
    let told = text(&desk.does(&["list", "--now", "2026-03-12"]).stdout);
    assert!(told.contains("ENDED"), "{told}");
    assert_eq!(desk.does(&["list", "--json", "--lapsing", "--now", "2026-02-08"]).stdout, b"");
}

#[test]
fn looking_into_a_wallet_does_not_make_one() {
    let desk = Desk::bare();
    for arguments in [&["list"][..], &["show", "00"], &["add", "x.txt"], &["backup", "--out", "b"]] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(text(&output.stderr).contains("sanad-wallet init"), "{}", text(&output.stderr));
    }
    assert!(!desk.at("wallet").exists());
}

#[test]
fn removing_asks_and_takes_one_document_only() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.card("ben.txt", "Ben", 1);
    desk.does(&["add", "ann.txt", "ben.txt"]);
    let ids = desk.ids();
    let output = desk.command(&["remove", &ids[0]]).stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    desk.does(&["remove", &ids[0], "--yes"]);
    assert_eq!(desk.ids(), [ids[1].clone()]);
    desk.refuses(&["remove", &ids[0], "--yes"], "0 documents");
}

#[cfg(unix)]
#[test]
fn a_wallet_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.record("real.json", &[(1, GOOD)]);
    desk.does(&["add", "ann.txt", "--record", "real.json"]);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // Nobody else gets past the directory, whatever lies in it.
    assert_eq!(mode(&desk.at("wallet")), 0o700);
    assert_eq!(mode(&desk.at("wallet/store")), 0o700);
    for entry in fs::read_dir(desk.at("wallet")).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.ends_with("store") || mode(&path) == 0o600, "{}", path.display());
    }
}
