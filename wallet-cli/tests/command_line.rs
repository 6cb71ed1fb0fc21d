//! The program as people use it who make mistakes, or are deceived: what it says, what it ends with, and what it
//! leaves alone.
//!
//! All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{
    Area, Common, Date, Draft, FixedBytes, IssuerId, Label, LanguageTag, MemberNumber, Membership, Name,
    QrText, Right, RightType, Set, SigningKey, Subject, UnixTime, seal_entitlement,
};
use sanad_trust::{KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use serde_json::Value;

/// A directory with documents and records of an invented issuer, whose keys are numbers.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-wallet"));
        command.current_dir(self.0.path()).args(["--wallet", "wallet"]).args(arguments).output().unwrap()
    }

    fn code(&self, arguments: &[&str]) -> Option<i32> {
        self.run(arguments).status.code()
    }

    /// Writes the card of a person, signed with a key.
    fn card(&self, file: &str, name: &str, key: u8) {
        fs::write(self.at(file), card(name, key)).unwrap();
    }

    fn record(&self, file: &str, keys: &[(u8, KeyState)]) {
        let key = |(key, state): &(u8, KeyState)| RecordKey {
            x: SigningKey::from_secret(&[*key; 32]).public_key(),
            key_use: KeyUse::Credential,
            from: Date::parse("2026-01-01").unwrap(),
            to: None,
            state: *state,
        };
        let texts = |text: &str| LanguageTexts(vec![(LanguageTag::new("en").unwrap(), text.to_owned())]);
        let record = RecordDraft {
            iss: IssuerId::new("KE-SHA").unwrap(),
            country: Area::new("KE").unwrap(),
            names: texts("Invented"),
            did: None,
            keys: keys.iter().map(key).collect(),
            types: Set::new(vec![RightType::Membership]).unwrap(),
            areas: Set::new(vec![Area::new("KE").unwrap()]).unwrap(),
            status: StatusLists { prefix: "https://s.example/".to_owned(), lists: 1 },
            contact: texts("1190"),
        };
        fs::write(self.at(file), record.check().unwrap().to_json().to_string()).unwrap();
    }

    fn pinned(&self) -> Option<String> {
        fs::read_to_string(self.at("wallet/KE-SHA.record.json")).ok()
    }

    fn ids(&self) -> Vec<String> {
        let listed = self.run(&["list", "--json"]);
        json(&listed).iter().filter_map(|held| Some(held["id"].as_str()?.to_owned())).collect()
    }
}

/// A card that is valid for 30 days, so that it needs no status list.
fn card(name: &str, key: u8) -> String {
    let iat = UnixTime::parse("2026-02-01").unwrap();
    let subject = Subject {
        number: MemberNumber::new("M-1").unwrap(),
        name: Name::new(name).unwrap(),
        native_names: None,
        birth: None,
        sex: None,
        household: None,
        role: None,
        members: None,
        check: None,
    };
    let membership = Membership {
        scheme: Label::new("S").unwrap(),
        category: None,
        isco: None,
        since: Date::parse("2026-01-01").unwrap(),
        isic: None,
        guardian: None,
    };
    let draft = Draft {
        iss: IssuerId::new("KE-SHA").unwrap(),
        exp: iat.plus_seconds(30 * 86_400).unwrap(),
        iat,
        cti: FixedBytes([key; 8]),
        status: None,
        holder_key: None,
        common: Common { delegation: None, replaces: None, languages: None, source: None },
        right: Right::Membership(subject, membership),
    };
    let claims = draft.check().unwrap();
    let document = seal_entitlement(&claims, &SigningKey::from_secret(&[key; 32])).unwrap();
    QrText::from_document(&document).unwrap().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each line of what a program prints with `--json`.
fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const GOOD: KeyState = KeyState::Active;

#[test]
fn a_record_is_pinned_only_when_a_document_opens_with_it() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.record("forged.json", &[(9, GOOD)]);
    desk.record("real.json", &[(1, GOOD)]);
    let forged = desk.run(&["add", "ann.txt", "--record", "forged.json"]);
    assert_eq!(forged.status.code(), Some(3));
    assert!(text(&forged.stderr).contains("was not pinned"), "{}", text(&forged.stderr));
    assert_eq!((desk.pinned(), desk.at("wallet").exists()), (None, false));
    assert_eq!(desk.code(&["add", "ann.txt", "--record", "real.json"]), Some(0));
    assert_eq!(desk.pinned(), fs::read_to_string(desk.at("real.json")).ok());
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
    assert_eq!(desk.code(&["add", "ann.txt", "--record", "real.json"]), Some(0));
    let before = desk.pinned();
    let forged = desk.run(&["add", "eve.txt", "--record", "forged.json"]);
    assert_eq!(forged.status.code(), Some(3));
    assert!(text(&forged.stderr).contains("KE-SHA.record.json first"), "{}", text(&forged.stderr));
    assert_eq!((desk.pinned(), desk.ids().len()), (before, 1));
    // A record with a key more is the issuer's next one; it is announced.
    desk.record("next.json", &[(1, GOOD), (2, GOOD)]);
    desk.card("ben.txt", "Ben", 2);
    let next = desk.run(&["add", "ben.txt", "--record", "next.json"]);
    assert!(next.status.success() && text(&next.stderr).contains("is new"), "{}", text(&next.stderr));
    // What is compromised stays so.
    desk.record("compromised.json", &[(1, KeyState::Compromised), (2, GOOD)]);
    desk.card("cyd.txt", "Cyd", 2);
    assert_eq!(desk.code(&["add", "cyd.txt", "--record", "compromised.json"]), Some(0));
    assert_eq!(desk.code(&["add", "ann.txt", "--record", "next.json"]), Some(3));
    assert_eq!(desk.pinned(), fs::read_to_string(desk.at("compromised.json")).ok());
}

#[test]
fn a_damaged_file_hides_no_other_document() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.card("ben.txt", "Ben", 1);
    assert_eq!(desk.code(&["add", "ann.txt", "ben.txt"]), Some(0));
    let ids = desk.ids();
    fs::write(desk.at("wallet/0.snd"), [0xFF, 0xFE]).unwrap();
    fs::write(desk.at("wallet/1.snd"), "SND1:%%%").unwrap();
    fs::create_dir(desk.at("wallet/2.snd")).unwrap();
    fs::copy(desk.at(&format!("wallet/{}.snd", ids[0])), desk.at("wallet/3.snd")).unwrap();
    let listed = desk.run(&["list"]);
    assert_eq!(listed.status.code(), Some(3));
    assert_eq!(text(&listed.stdout).lines().count(), 2);
    let complaints = text(&listed.stderr);
    for bad in ["0.snd", "1.snd", "2.snd", "3.snd"] {
        assert!(complaints.contains(&format!("wallet/{bad}: ")), "{bad}: {complaints}");
    }
    for id in &ids {
        assert_eq!(desk.code(&["show", id]), Some(0));
    }
    assert_eq!(desk.code(&["show", "1"]).filter(|_| !ids.iter().any(|id| id.starts_with('1'))), Some(3));
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
    desk.run(&["add", "ann.txt"]);
    for arguments in [&["show", "--json"][..], &["show", "", "--json"], &["--json"]] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(json(&output)[0]["code"], 2, "{arguments:?}");
    }
    assert_eq!(json(&desk.run(&["show", "zz", "--json"]))[0]["code"], 3);
    let id = desk.ids().remove(0);
    let shown = json(&desk.run(&["show", &id, "--json", "--png", "ann.png"]));
    assert_eq!((&shown[0]["png"], &shown[0]["svg"]), (&"ann.png".into(), &Value::Null));
}

#[test]
fn pictures_are_whole_and_harm_nothing_beside_them() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.run(&["add", "ann.txt"]);
    let id = desk.ids().remove(0);
    fs::write(desk.at("ann.new"), "somebody's").unwrap();
    assert_eq!(desk.code(&["show", &id, "--png", "ann.png", "--svg", "ann.svg"]), Some(0));
    assert_eq!(desk.code(&["show", &id, "--png", "wallet"]), Some(2));
    assert_eq!(desk.code(&["show", &id, "--png", "nowhere/ann.png"]), Some(3));
    let printed = desk.run(&["show", &id, "--svg", "/dev/stdout"]);
    assert_eq!(printed.stdout, fs::read(desk.at("ann.svg")).unwrap());
    let mut names: Vec<_> =
        fs::read_dir(desk.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["ann.new", "ann.png", "ann.svg", "ann.txt", "wallet"]);
}

#[test]
fn looking_into_a_wallet_does_not_make_one() {
    let desk = Desk::new();
    let listed = desk.run(&["list"]);
    assert!(listed.status.success() && text(&listed.stdout).contains("empty"));
    assert_eq!(desk.code(&["show", "00"]), Some(3));
    assert!(!desk.at("wallet").exists());
}

#[cfg(unix)]
#[test]
fn a_wallet_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.record("real.json", &[(1, GOOD)]);
    assert_eq!(desk.code(&["add", "ann.txt", "--record", "real.json"]), Some(0));
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(desk.at("wallet")), 0o700);
    let files: Vec<_> = fs::read_dir(desk.at("wallet")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(mode(file), 0o600);
    }
}
