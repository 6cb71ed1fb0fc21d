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

use sanad_trust::review::{Observation, Severity};
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

/// Every finding stands in `docs/validator.md`, under its weight.
#[test]
fn every_finding_is_documented() {
    let documented = include_str!("../../docs/validator.md");
    let (errors, rest) = documented.split_once("## Warnings").unwrap();
    let (warnings, schemes) = rest.split_once("## Scheme files").unwrap();
    for (code, severity) in Observation::CODES {
        let section = if *severity == Severity::Error { errors } else { warnings };
        assert!(section.contains(&format!("| `{code}` |")), "{code}");
    }
    let source = include_str!("../src/scheme/review.rs");
    let mut codes = 0;
    for quoted in source.split('"').skip(1).step_by(2) {
        let is_code = quoted.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_code && quoted.contains('_') && !["survives_suspension", "legal_ref"].contains(&quoted) {
            assert!(schemes.contains(&format!("| `{quoted}` |")), "{quoted}");
            codes += 1;
        }
    }
    assert!(codes >= 15, "{codes}");
}

/// All files of `schemes/`, given together: no error, and of warnings only those that their READMEs explain.
#[test]
fn the_nine_schemes_have_no_errors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes");
    for (country, warnings) in [
        ("br-mei", "no_care"),
        ("et-cbhi", ""),
        ("gh-nhis", ""),
        ("in-pmjay", "hosts_in_home_country essential_missing"),
        ("ke-sha", ""),
        ("na-msd", "no_care"),
        ("pt-independent", "no_care"),
        ("rw-cbhi", ""),
        ("sn-mutuelle", ""),
    ] {
        let files = fs::read_dir(root.join(country)).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<String> = files
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .map(|path| path.to_str().unwrap().to_owned())
            .collect();
        files.sort();
        let arguments: Vec<&str> =
            ["validate", "--json"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let output = Desk::new(&[]).run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{country}: {}", said(&output));
        assert_eq!(codes(&output), warnings, "{country}");
    }
}

/// The codes of the findings, in their order.
fn codes(output: &Output) -> String {
    let text = said(output);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.iter().filter_map(|line| line["code"].as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_scheme_is_held_against_its_rulebook() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes/gh-nhis");
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (rulebook, scheme) = (read("rulebook.json"), read("scheme.json"));
    let found = |scheme: &str| {
        let desk = Desk::new(&[("scheme.json", scheme), ("rulebook.json", &rulebook)]);
        let output = desk.run(&["validate", "scheme.json", "rulebook.json", "--json"]);
        (codes(&output), output.status.code().unwrap())
    };
    assert_eq!(found(&scheme), (String::new(), 0));
    let law = r#""National Health Insurance Act, 2012 (Act 852)""#;
    for (old, new, code, exit) in [
        (r#""rulebook": 1"#, r#""rulebook": 2"#, "rulebook_version_unknown", 3),
        (r#""product": "NHIS""#, r#""product": "OTHER""#, "product_unknown", 3),
        (r#""from": "2026-01-01""#, r#""from": "2025-12-31""#, "rulebook_later", 3),
        (r#""CHRON""#, r#""DENT""#, "wait_outside", 3),
        (law, "\"\"", "no_legal_reference", 3),
        (r#""territory": ["GH"]"#, r#""territory": ["GH", "TG"]"#, "area_abroad", 0),
        (r#""days": 30"#, r#""days": 360"#, "wait_of_a_period", 0),
        (r#""OPD""#, r#""EMER""#, "emergency_waits", 0),
        (",\n    {\"condition\": \"ssnit_pensioner\"}", "", "condition_unused", 0),
        (r#"{"en": "Indigent, as determined by social welfare"}"#, "{}", "condition_unexplained", 3),
        (r#""class": "highest", "when": []"#, r#""class": "highest""#, "class_named_only", 0),
        (
            r#""due": {"each": "period", "amount": 2400}"#,
            r#""due": {"each": "period", "amount": 2400}, "subsidy": {"payer": "state", "amount": 2401}"#,
            "subsidy_above_due",
            3,
        ),
        (
            r#""unit": "person""#,
            r#""survives_suspension": ["DENT"], "unit": "person""#,
            "protected_outside",
            3,
        ),
        (r#""months": 12, "from": "payment""#, r#""months": 1, "from": "payment""#, "wait_of_a_period", 0),
    ] {
        assert!(scheme.contains(old), "{old}");
        assert_eq!(found(&scheme.replacen(old, new, 1)), (code.to_owned(), exit), "{new}");
    }
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
