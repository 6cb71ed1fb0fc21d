//! `authority validate` as whoever writes a rulebook meets it: the words, the places, the exit codes; and what
//! `authority add` does with the same findings. The schemes are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const RULEBOOK: &str = include_str!("../../docs/ceremony/rulebook-KE.json");
const AGREEMENT: &str = include_str!("../../docs/ceremony/agreement.json");
const FACILITIES: &str = include_str!("../../docs/ceremony/facilities-KE.json");

/// A directory of files.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(files: &[(&str, &str)]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(desk.0.path().join(name), text).unwrap();
        }
        desk
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_sanad-issuer"))
            .args([&["authority"], arguments].concat())
            .current_dir(self.0.path())
            .env("SANAD_PASSPHRASE", "correct horse battery staple")
            .output()
            .unwrap()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What is said of one file, and the exit code.
fn validated(name: &str, text: &str) -> (String, Option<i32>) {
    let output = Desk::new(&[(name, text)]).run(&["validate", name]);
    (said(&output), output.status.code())
}

#[test]
fn warnings_alone_end_well() {
    let (said, code) = validated("rulebook.json", RULEBOOK);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(
        "rulebook.json, versions[0].package: warning: version entry 1: the package leaves out CHILD, ANC, DEL"
    ));
    assert!(said.ends_with("0 errors, 1 warnings in 1 files\n"), "{said}");
}

#[test]
fn a_copay_above_the_whole_price_and_a_row_that_nobody_pays() {
    let (said, code) = validated("r.json", &RULEBOOK.replace("1000,", "12000,"));
    assert_eq!(code, Some(3));
    assert!(said.contains("r.json, versions[0].copay[0].basis_points: error:"), "{said}");
    assert!(said.contains("a share of 120 % is more than the whole price"), "{said}");
    let (said, code) = validated("a.json", &AGREEMENT.replacen(r#""payer": "shared","#, "", 1));
    assert_eq!(code, Some(3));
    assert!(said.contains("row 2: nobody pays: give payer home, host or shared"), "{said}");
}

#[test]
fn files_given_together_are_held_against_each_other() {
    let strict = RULEBOOK.replace(r#""network_only": false"#, r#""network_only": true"#);
    let nobody = FACILITIES.replace(r#"["KE-SHA"]"#, "[]");
    let desk = Desk::new(&[("r.json", &strict), ("f.json", &nobody), ("a.json", AGREEMENT)]);
    assert_eq!(desk.run(&["validate", "r.json"]).status.code(), Some(0), "nothing is known of the network");
    let both = desk.run(&["validate", "r.json", "f.json"]);
    assert_eq!(both.status.code(), Some(3));
    assert!(said(&both).contains("no facility of the list names KE-SHA in its networks"), "{}", said(&both));
    let without_opd = RULEBOOK.replace(r#"["EMER", "OPD", "MEDS"]"#, r#"["EMER", "MEDS"]"#);
    fs::write(desk.path().join("r.json"), without_opd.replace(r#""OPD", "basis"#, r#""MEDS", "basis"#))
        .unwrap();
    let both = desk.run(&["validate", "a.json", "r.json"]);
    assert!(said(&both).contains("no rulebook of KE-SHA among these files covers OPD"), "{}", said(&both));
}

#[test]
fn machines_get_one_object_a_finding_and_a_sum() {
    let desk = Desk::new(&[("a.json", &AGREEMENT.replace(r#"["EMER", "OPD"]"#, "[]"))]);
    let output = desk.run(&["validate", "a.json", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let lines: Vec<Value> = said(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["code"], "no_groups");
    assert_eq!(lines[0]["place"], "rows[0].groups");
    assert_eq!(lines[0]["severity"], "error");
    let sum = lines.last().unwrap();
    assert_eq!((&sum["errors"], &sum["warnings"]), (&1.into(), &3.into()), "{lines:?}");
}

#[test]
fn rubbish_is_named_and_nothing_is_guessed() {
    for (text, words) in [
        ("", "JSON syntax at line 1"),
        ("{", "JSON syntax at line 1"),
        ("[]", "no kind of file has these members"),
        ("{}", "no kind of file has these members"),
        ("{\"rows\": 1}", "id: error: is missing"),
        ("{\"rows\": 1.5}", "a whole number"),
        ("\u{feff}{}", "JSON syntax"),
    ] {
        let desk = Desk::new(&[("x.json", text)]);
        let output = desk.run(&["validate", "x.json"]);
        let all = format!("{}{}", said(&output), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(3), "{text}: {all}");
        assert!(all.contains("x.json") && all.contains(words), "{text}: {all}");
    }
    let desk = Desk::new(&[("x.json", "{}")]);
    assert_eq!(desk.run(&["validate", "x.json", "--as", "grant"]).status.code(), Some(3));
    assert_eq!(desk.run(&["validate", "none.json"]).status.code(), Some(3));
    assert_eq!(desk.run(&["validate"]).status.code(), Some(2));
    assert_eq!(desk.run(&["validate", "x.json", "--as", "law"]).status.code(), Some(2));
}

#[test]
fn what_contradicts_itself_is_not_drafted() {
    let desk = Desk::new(&[
        ("good.json", RULEBOOK),
        ("bad.json", &RULEBOOK.replace(r#"{"en": "Call 0800 000 000"}"#, "{}")),
    ]);
    for (holder, key) in [("Amina", "one"), ("Brian", "two"), ("Office", "three")] {
        assert!(desk.run(&["key", key, "--label", holder]).status.success());
    }
    let keys = ["one/Amina.pub.json", "two/Brian.pub.json"];
    let region = [&["region", "--online", "three/Office.pub.json", "--keys"][..], &keys].concat();
    assert!(desk.run(&region).status.success());
    let country = [
        &["add-country", "targets.1.draft.json", "--country", "KE", "--threshold", "1", "--keys"][..],
        &keys,
    ]
    .concat();
    let added = desk.run(&[&country[..], &["--now", "2026-02-01"]].concat());
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let before = fs::read(desk.path().join("KE.1.draft.json")).unwrap();
    let refused = desk.run(&["add", "KE.1.draft.json", "bad.json", "--now", "2026-02-01"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{words}");
    assert!(
        words.contains("bad.json, versions[0].appeal: error:") && words.contains("can appeal"),
        "{words}"
    );
    assert_eq!(fs::read(desk.path().join("KE.1.draft.json")).unwrap(), before, "the draft is as it was");
    let taken = desk.run(&["add", "KE.1.draft.json", "good.json", "--now", "2026-02-01"]);
    let words = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert_eq!(taken.status.code(), Some(0), "{words}");
    assert!(words.contains("good.json, versions[0].package: warning:"), "{words}");
}
