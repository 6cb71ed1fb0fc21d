//! `sanad-verify receipts` from the counter to the claim: signed, exported, verified by the payer, settled, replayed,
//! counted, printed; and what somebody who wants money could do to them.
//!
//! The region, its schemes and the people are invented.

mod claims;
mod later;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{Claims, QrText, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key};
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::Value;

pub(crate) const PASSPHRASE: &str = "an invented passphrase";

/// What an issuer lets a facility do; `KEY` is the device's.
pub(crate) const DELEGATION: &str = r#"{"type":"delegation","iss":"UG-NHIS","cti":"d0d0d0d0d0d0d0d0","iat":"2026-05-02","exp":"2028-05-01",
    "status":{"idx":1,"uri":"https://s.example/UG-NHIS/0"},"id":"UG-F01","key":"KEY","scopes":["verify"],"from":"2026-05-02",
    "to":"2027-12-31","areas":["UG"]}"#;

/// Paid for three more months, by the scheme's own books.
pub(crate) const PAYMENT: &str = r#"{"type":"contribution","iss":"KE-SHA","cti":"5a5a5a5a5a5a5a5a","iat":"2026-06-21","exp":"2026-07-20",
    "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa"},"scheme":"SHIF","as_of":"2026-06-21",
    "lines":[{"from":"2026-05-21","to":"2026-08-20","quantity":3,"unit":"month","kind":"self",
    "functions":["medical_care"],"payer":"self","quality":"posted"}]}"#;

pub(crate) struct Desk {
    pub(crate) dir: tempfile::TempDir,
}

impl Desk {
    /// Pinned the region's first root and took over its pack.
    pub(crate) fn with(region: &Region) -> Self {
        let desk = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(desk.path("root.json"), region.first_root()).unwrap();
        desk.done(&["pack", "init", "--root", &desk.text("root.json")]);
        desk.take(region);
        desk
    }

    /// With a key of its own, and the delegation for it.
    pub(crate) fn enrolled(region: &Region) -> Self {
        let desk = Self::with(region);
        desk.init();
        desk.write(
            "delegation.txt",
            &desk.card(&DELEGATION.replace("KEY", &desk.key()), "UG-NHIS delegation"),
        );
        desk.done(&["key", "accept", &desk.text("delegation.txt"), "--now", "2026-06-01"]);
        desk
    }

    pub(crate) fn init(&self) {
        let out = self.text("request.json");
        let made = self.run(&["key", "init", "--facility", "UG-F01", "--out", &out]);
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    }

    pub(crate) fn key(&self) -> String {
        let request: Value = serde_json::from_str(&self.read("request.json")).unwrap();
        request["key"].as_str().or(request["x"].as_str()).unwrap_or_else(|| panic!("{request}")).to_owned()
    }

    pub(crate) fn take(&self, region: &Region) {
        fs::write(self.path("new.sanadpack"), region.current_pack().write().unwrap()).unwrap();
        self.done(&["pack", "update", &self.text("new.sanadpack"), "--now", "2026-05-02"]);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        fs::write(self.path(name), content).unwrap();
        self.text(name)
    }

    pub(crate) fn card(&self, claims: &str, signer: &str) -> String {
        let claims = Claims::from_json_text(claims).unwrap_or_else(|fault| panic!("{fault}: {claims}"));
        let document = seal_entitlement(&claims, &key(signer)).unwrap();
        QrText::from_document(&document).unwrap().as_str().to_owned()
    }

    pub(crate) fn household(&self) -> String {
        self.card(HOUSEHOLD, "KE-SHA credential")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sanad-verify"));
        command.args(arguments).arg("--state").arg(self.path("state")).env("SANAD_PASSPHRASE", PASSPHRASE);
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> Vec<Value> {
        let (lines, code, words) = self.json(arguments);
        assert_eq!(code, 0, "{arguments:?}: {words}{lines:?}");
        lines
    }

    /// The lines on standard output, the exit code, and what was said beside.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> (Vec<Value>, i32, String) {
        let output = self.run(&[arguments, &["--json"]].concat());
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines, output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Signs the receipt of a question in Uganda and returns its number.
    #[track_caller]
    pub(crate) fn ask(&self, codes: &[&str], benefit: &str, day: &str, more: &[&str]) -> String {
        let question = ["--place", "UG", "--benefit", benefit, "--person", "match", "--receipt"];
        let price = if more.contains(&"--amount") || benefit == "PAYOUT" {
            &[][..]
        } else {
            &["--amount", "15000", "--currency", "UGX"]
        };
        let time = ["--now", day, "--clock", "ok"];
        let (lines, code, words) = self.json(&[&["check"], codes, &question, price, &time, more].concat());
        assert!([0, 10, 11].contains(&code), "{words}{lines:?}");
        let receipt = lines.iter().find_map(|line| line["receipt"].as_str());
        receipt.unwrap_or_else(|| panic!("no receipt: {words}{lines:?}")).to_owned()
    }

    /// Five receipts of two days.
    pub(crate) fn five(&self) -> Vec<String> {
        let card = self.household();
        let mut ids = vec![
            self.ask(&[&card], "MEDS", "2026-06-01T08:00:00Z", &[]),
            self.ask(&[&card], "OPD", "2026-06-01T09:00:00Z", &["--referral", "=HYPERLINK(1)"]),
            self.ask(&[&card], "DENT", "2026-06-01T10:00:00Z", &["--member", "3"]),
        ];
        ids.push(self.ask(&[], "OPD", "2026-06-02T08:00:00Z", &[]));
        ids.push(self.ask(
            &[&card],
            "MEDS",
            "2026-06-02T09:00:00Z",
            &["--amount", "40000", "--currency", "UGX"],
        ));
        ids
    }

    /// What `receipts verify` says of files, with the exit code.
    #[track_caller]
    pub(crate) fn verify(&self, files: &[&str]) -> (Value, i32) {
        let (mut lines, code, words) =
            self.json(&[&["receipts", "verify", "--now", "2026-06-05"], files].concat());
        assert_eq!(lines.len(), 1, "{words}");
        (lines.remove(0), code)
    }

    /// Asserts that a verification names one receipt with these words.
    #[track_caller]
    pub(crate) fn named(&self, files: &[&str], number: u64, words: &str) {
        let (report, code) = self.verify(files);
        assert_eq!(code, 3, "{report}");
        let faults = report["faults"].as_array().unwrap();
        let is_named =
            |fault: &Value| fault["number"] == number && fault["fault"].as_str().unwrap().contains(words);
        assert!(faults.iter().any(is_named), "number {number}, \"{words}\": {report}");
    }

    pub(crate) fn export(&self, name: &str, more: &[&str]) -> String {
        let out = self.text(name);
        self.done(&[&["receipts", "export", "--out", &out], more].concat());
        out
    }
}

pub(crate) fn fresh() -> Region {
    region("2026-05-31", &[])
}
