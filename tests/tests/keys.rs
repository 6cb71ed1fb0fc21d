//! An issuer's keys are exchanged, and a clinic goes on reading: cards of before, during and after the overlap, under the
//! record of before and the new one; then the old key is retired, and at last compromised.
//!
//! All people are invented. Nothing here uses a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_tests::programs::program;
use serde_json::Value;

struct Region {
    dir: tempfile::TempDir,
}

impl Region {
    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Output {
        Command::new(program(name))
            .current_dir(self.dir.path())
            .args(arguments)
            .env("SANAD_PASSPHRASE", "correct horse battery staple")
            // One person changes the keys here.
            .env("SANAD_ISSUER_APPROVAL_KEY_CHANGES", "false")
            .output()
            .unwrap()
    }

    fn issuer(&self, day: &str, arguments: &[&str]) -> String {
        let output = self.run("sanad-issuer", &[arguments, &["--now", day]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A card of one person, signed on a day.
    fn card(&self, day: &str) -> PathBuf {
        let header = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory";
        let person = format!("M-{day},Test Person,1991~,SHIF,1,medical_care,2027-01-01,2028-01-01,1,KE");
        fs::write(self.at("people.csv"), format!("{header}\n{person}\n")).unwrap();
        self.issuer(day, &["issue", "issuer", "--input", "people.csv", "--out", day]);
        let entries = fs::read_dir(self.at(day)).unwrap().map(|entry| entry.unwrap().path());
        // The picture, as a clinic has it before the camera.
        entries.into_iter().find(|path| path.extension().is_some_and(|end| end == "png")).unwrap()
    }

    fn record(&self, name: &str) {
        self.issuer("2027-01-01", &["record", "issuer", "--out", name]);
    }

    /// What the verifier says of a card: who signed it, or why it does not count.
    fn checked(&self, card: &Path, record: &str) -> Result<String, String> {
        let output =
            self.run("sanad-verify", &["check", card.to_str().unwrap(), "--record", record, "--json"]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        match (told["verified"].as_bool(), output.status.code()) {
            (Some(true), Some(0)) => Ok(text("kid")),
            (Some(false), Some(3)) => Err(text("fault")),
            other => panic!("{other:?}: {told}"),
        }
    }

    fn key(&self, day: &str, today: &str) -> String {
        let told = self.issuer(day, &["keys", "issuer", "list", "--json"]);
        let keys = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let key = keys.into_iter().find(|key| key["use"] == "credential" && key["today"] == today);
        key.unwrap_or_else(|| panic!("{told}"))["kid"].as_str().unwrap().to_owned()
    }
}

#[test]
fn cards_of_before_during_and_after_the_overlap_open_with_the_new_record() {
    let region = Region { dir: tempfile::tempdir().unwrap() };
    let prefix = ["--status-prefix", "https://s.example/k/"];
    let init = ["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"];
    region.issuer("2027-01-01", &[&init[..], &prefix].concat());
    region.record("old.json");
    let old = region.key("2027-01-01", "signs");
    let before = region.card("2027-01-05");

    let rotate = ["keys", "issuer", "rotate", "--use", "credential"];
    region.issuer("2027-01-10", &[&rotate[..], &["--from", "2027-01-24", "--overlap-days", "7"]].concat());
    region.record("new.json");
    let new = region.key("2027-01-10", "waits");
    let (last, first, later) =
        (region.card("2027-01-23"), region.card("2027-01-24"), region.card("2027-02-15"));
    for (card, kid) in [(&before, &old), (&last, &old), (&first, &new), (&later, &new)] {
        assert_eq!(region.checked(card, "new.json"), Ok(kid.clone()), "{}", card.display());
    }
    for card in [&before, &last] {
        assert_eq!(region.checked(card, "old.json"), Ok(old.clone()));
    }
    for card in [&first, &later] {
        let fault = region.checked(card, "old.json").unwrap_err();
        assert!(fault.contains(&format!("no key {new}")), "{fault}");
    }

    region.issuer("2027-02-15", &["keys", "issuer", "retire", "--key", &old]);
    region.record("retired.json");
    assert_eq!(region.checked(&before, "retired.json"), Ok(old.clone()));
    assert_eq!(region.checked(&last, "retired.json"), Ok(old.clone()));

    region.issuer("2027-02-16", &["keys", "issuer", "compromise", "--yes", "--key", &old]);
    region.record("compromised.json");
    for card in [&before, &last] {
        let fault = region.checked(card, "compromised.json").unwrap_err();
        assert!(fault.contains("as compromised"), "{fault}");
    }
    assert_eq!(region.checked(&later, "compromised.json"), Ok(new));
}

/// A key that goes on signing after its last day, as a service that was not started again would, convinces nobody.
#[test]
fn what_the_old_key_signs_after_its_last_day_is_refused() {
    let region = Region { dir: tempfile::tempdir().unwrap() };
    let init = ["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"];
    region.issuer("2027-01-01", &init);
    let old_configuration = fs::read(region.at("issuer/issuer.toml")).unwrap();
    let old = region.key("2027-01-01", "signs");
    let rotate = ["keys", "issuer", "rotate", "--use", "credential", "--from", "2027-01-24"];
    region.issuer("2027-01-10", &[&rotate[..], &["--overlap-days", "7"]].concat());
    region.record("new.json");
    fs::write(region.at("issuer/issuer.toml"), old_configuration).unwrap();
    let (within, after) = (region.card("2027-01-30"), region.card("2027-01-31"));
    assert_eq!(region.checked(&within, "new.json"), Ok(old.clone()), "the overlap is there for it");
    let fault = region.checked(&after, "new.json").unwrap_err();
    assert!(fault.contains(&format!("the key {old} counts from 2027-01-01 to 2027-01-30")), "{fault}");
}
