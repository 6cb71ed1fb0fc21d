//! The program as people use it: every fault names its file, and with `--json` every answer is JSON.
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
use sanad_trust::{IssuerRecord, KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use sanad_verify::check::check;
use serde_json::Value;

/// A directory with a card, its issuer's record, and rubbish.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(
            desk.at("card.txt"),
            format!("\u{FEFF}{}\r\n", QrText::from_document(&document()).unwrap()),
        )
        .unwrap();
        fs::write(desk.at("record.json"), record("Invented").to_json().to_string()).unwrap();
        fs::write(desk.at("hello.txt"), "hello").unwrap();
        fs::write(desk.at("noise.bin"), [0xD2, 0x84, 0x43, 0xFF]).unwrap();
        fs::write(desk.at("url.txt"), "https://example.org/").unwrap();
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-verify"));
        command.current_dir(self.0.path()).args(arguments).output().unwrap()
    }
}

fn signing_key() -> SigningKey {
    SigningKey::from_secret(&[1; 32])
}

fn record(name: &str) -> IssuerRecord {
    let draft = RecordDraft {
        iss: IssuerId::new("KE-SHA").unwrap(),
        country: Area::new("KE").unwrap(),
        names: LanguageTexts(vec![(LanguageTag::new("en").unwrap(), name.to_owned())]),
        did: None,
        keys: vec![RecordKey {
            x: signing_key().public_key(),
            key_use: KeyUse::Credential,
            from: Date::parse("2026-01-01").unwrap(),
            to: None,
            state: KeyState::Active,
        }],
        types: Set::new(vec![RightType::Membership]).unwrap(),
        areas: Set::new(vec![Area::new("KE").unwrap()]).unwrap(),
        status: StatusLists { prefix: "https://s.example/".to_owned(), lists: 1 },
        contact: LanguageTexts(Vec::new()),
    };
    draft.check().unwrap()
}

/// A card that is valid for 30 days, so that it needs no status list.
fn document() -> Vec<u8> {
    let iat = UnixTime::parse("2026-02-01").unwrap();
    let subject = Subject {
        number: MemberNumber::new("M-1").unwrap(),
        name: Name::new("Ann").unwrap(),
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
        cti: FixedBytes([1; 8]),
        status: None,
        holder_key: None,
        common: Common { delegation: None, replaces: None, languages: None, source: None },
        right: Right::Membership(subject, membership),
    };
    seal_entitlement(&draft.check().unwrap(), &signing_key()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each line of what a program prints with `--json`.
fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const CODES: [&str; 4] = ["hello.txt", "card.txt", "noise.bin", "url.txt"];

#[test]
fn faults_of_a_check_name_their_file() {
    let desk = Desk::new();
    let checked = desk.run(&[&["check"], &CODES[..], &["--record", "record.json", "--json"]].concat());
    assert_eq!(checked.status.code(), Some(3));
    let answers = json(&checked);
    assert_eq!(answers.len(), 4);
    for (code, answer) in CODES.into_iter().zip(answers) {
        let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members.len(), 5, "{members:?}");
        match answer["fault"].as_str() {
            None => assert_eq!((code, &answer["verified"]), ("card.txt", &Value::Bool(true))),
            Some(fault) => assert!(fault.starts_with(&format!("{code}: ")), "{fault}"),
        }
    }
    let told = desk.run(&["check", "noise.bin", "--record", "record.json"]);
    assert!(text(&told.stdout).starts_with("NOT VERIFIED: noise.bin: "), "{}", text(&told.stdout));
}

#[test]
fn faults_of_an_inspection_name_their_file() {
    let desk = Desk::new();
    let inspected = desk.run(&[&["inspect", "--json"], &CODES[..]].concat());
    assert_eq!(inspected.status.code(), Some(3));
    let answers = json(&inspected);
    assert_eq!(answers.len(), 4);
    for (code, answer) in CODES.into_iter().zip(answers) {
        match answer["error"].as_str() {
            None => assert_eq!((code, &answer["verified"]), ("card.txt", &Value::Bool(false))),
            Some(error) => {
                assert!(error.starts_with(&format!("{code}: ")), "{error}");
                assert!(text(&inspected.stderr).contains(error));
            }
        }
    }
}

#[test]
fn with_json_every_answer_is_json() {
    let desk = Desk::new();
    for (arguments, code) in [
        (&["check", "card.txt", "--record", "nowhere.json", "--json"][..], 3),
        (&["check", "card.txt", "--record", "hello.txt", "--json"], 3),
        (&["check", "card.txt", "--state", "nothing-pinned", "--json"], 3),
        (&["check", "--json"], 2),
        (&["--json"], 2),
    ] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert_eq!(json(&output)[0]["code"], code, "{arguments:?}");
        assert!(!output.stderr.is_empty(), "people are told too");
    }
}

#[test]
fn an_issuer_s_name_cannot_rewrite_the_screen() {
    // Records may come to refuse such a name; what is shown does not rely on it.
    let checked = check(&document(), &record("Invented"));
    let sanad_verify::check::Checked::Holds { typ, kid, claims, lines, .. } = checked else { panic!() };
    let issuer = "KE-SHA \u{1B}[2JNOT VERIFIED \u{202E}".to_owned();
    let shown = sanad_verify::check::Checked::Holds { typ, kid, claims, lines, issuer }.to_text();
    assert!(!shown.contains(['\u{1B}', '\u{202E}']), "{shown:?}");
}
