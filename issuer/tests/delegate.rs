//! `sanad-issuer delegate` as an issuer and a co-operative use it. Each test is named for the attack or the rule.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sanad_credential::{Claims, Currency, Date, DelegationId, QrText, Sealed};
use sanad_issuer::ledger::Ledger;
use sanad_trust::{IssuerRecord, Opened, open, open_delegated};
use serde_json::Value;

const MORNING: &str = "2026-03-02T06:00:00Z";
const EVENING: &str = "2026-03-02T20:00:00Z";
const DAY_BEFORE: &str = "2026-03-01T23:00:00Z";
const DAY_AFTER: &str = "2026-03-03T06:00:00Z";

/// An issuer and a co-operative, each in a directory of its own.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    /// With an issuer KE-SHA and the key of KE-COOP1.
    fn new() -> Self {
        let place = Self { root: tempfile::tempdir().unwrap() };
        let issuer = place.issuer();
        let prefix = "https://s.example/";
        #[rustfmt::skip]
        place.done(&["init", &issuer, "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented",
                     "--status-prefix", prefix, "--now", "2026-03-01"]);
        place.done(&["record", &issuer, "--out", &place.path("record.json")]);
        place.request("coop", "KE-COOP1", &[]);
        place
    }

    /// And its delegation, of at most 500 KES a document and 1,000 KES a day in March 2026.
    fn with_delegation() -> Self {
        let place = Self::new();
        #[rustfmt::skip]
        let limits = ["--from", "2026-03-01", "--to", "2026-03-31", "--per-document", "500", "--per-day", "1000",
                      "--currency", "KES"];
        place.answer("coop", &limits);
        place
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).to_str().unwrap().to_owned()
    }

    fn issuer(&self) -> String {
        self.path("issuer")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.args(arguments).env("SANAD_PASSPHRASE", "correct horse battery");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        output
    }

    #[track_caller]
    fn refused(&self, code: i32, arguments: &[&str], problem: &str) {
        let output = self.run(arguments);
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
        assert!(words.contains(problem), "{words}");
    }

    fn request(&self, dir: &str, id: &str, more: &[&str]) -> Output {
        let (dir, out) = (self.path(dir), self.path(&format!("{dir}.json")));
        let request = ["delegate", &dir, "request", "--id", id, "--scope", "receipt", "--out", &out];
        self.done(&[&request[..], more].concat())
    }

    /// Answers the request of `dir`; the delegation is `<dir>.cwt`. Returns its id.
    fn answer(&self, dir: &str, terms: &[&str]) -> String {
        let (issuer, request, out) =
            (self.issuer(), self.path(&format!("{dir}.json")), self.path(&format!("{dir}.cwt")));
        #[rustfmt::skip]
        let answer = ["delegate", &issuer, "answer", &request, "--out", &out, "--now", "2026-03-01", "--json"];
        json(&self.done(&[&answer[..], terms].concat()))["cti"].as_str().unwrap().to_owned()
    }

    fn receipt<'a>(&'a self, amount: &'a str, now: &'a str, more: &[&'a str]) -> Vec<String> {
        let (coop, delegation) = (self.path("coop"), self.path("coop.cwt"));
        #[rustfmt::skip]
        let receipt = ["delegate", &coop, "sign-receipt", "--delegation", &delegation, "--number", "M-1",
                       "--name", "Test Person", "--scheme", "SHIF", "--from", "2026-03", "--to", "2026-03",
                       "--quantity", "1", "--unit", "month", "--kind", "self", "--functions", "medical_care,maternity",
                       "--amount", amount, "--currency", "KES", "--payer", "self", "--now", now, "--json"];
        receipt.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    }

    #[track_caller]
    fn pay(&self, amount: &str, now: &str) -> Value {
        let receipt = self.receipt(amount, now, &[]);
        json(&self.done(&strs(&receipt)))
    }

    #[track_caller]
    fn pay_refused(&self, amount: &str, now: &str, more: &[&str], problem: &str) {
        let before = self.receipts();
        self.refused(3, &strs(&self.receipt(amount, now, more)), problem);
        assert_eq!(self.receipts(), before, "a receipt was handed out");
    }

    /// Texts of all receipts that were handed out.
    fn receipts(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.root.path().join("coop/receipts")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
        paths.sort();
        paths
    }

    fn record(&self) -> IssuerRecord {
        IssuerRecord::parse(&fs::read_to_string(self.path("record.json")).unwrap()).unwrap()
    }

    fn delegation(&self, file: &str) -> Claims {
        let document = fs::read(self.path(file)).unwrap();
        match open(&Sealed::parse(&document).unwrap(), &self.record()).unwrap() {
            Opened::Entitlement(claims) => *claims,
            Opened::StatusList(_) => panic!("a status list"),
        }
    }

    fn day_total(&self) -> u64 {
        let ledger = self.root.path().join("coop/ledger");
        let ledger = Ledger::open(&ledger, &DelegationId::new("KE-COOP1").unwrap()).unwrap();
        let total = ledger.total(Date::parse("2026-03-02").unwrap(), &Currency::new("KES").unwrap());
        total.unwrap().minor.value()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_receipt_signed_offline_opens_with_record_and_delegation() {
    let place = Place::with_delegation();
    let answer = place.pay("150.50", MORNING);
    assert_eq!(
        (answer["amount"].as_str(), answer["day_total"].as_str()),
        (Some("150.50 KES"), Some("150.50 KES"))
    );
    let delegation = place.delegation("coop.cwt");
    assert!(delegation.status.is_some(), "a delegation can be revoked");
    let document = QrText::decode(answer["text"].as_str().unwrap()).unwrap();
    let claims = open_delegated(&Sealed::parse(&document).unwrap(), &delegation, &place.record())
        .unwrap()
        .to_json()
        .to_string();
    let claims: Value = serde_json::from_str(&claims).unwrap();
    assert_eq!((claims["iss"].as_str(), claims["delegation"].as_str()), (Some("KE-SHA"), Some("KE-COOP1")));
    assert_eq!((&claims["status"], claims["exp"].as_str()), (&Value::Null, Some("2026-04-02T06:00:00Z")));
    assert_eq!(claims["as_of"], "2026-03-02");
    let line = &claims["lines"][0];
    assert_eq!((line["from"].as_str(), line["to"].as_str()), (Some("2026-03-01"), Some("2026-03-31")));
    assert_eq!(
        (line["base"]["minor"].as_u64(), line["quality"].as_str()),
        (Some(15_050), Some("provisional"))
    );
    let receipt = &place.receipts()[0];
    for ending in ["png", "svg"] {
        assert!(fs::metadata(receipt.with_extension(ending)).unwrap().len() > 0);
    }
    // With the record the same; on a terminal the code is shown.
    let record = place.path("record.json");
    let mut again = place.receipt("1", MORNING, &["--record", &record]);
    again.retain(|argument| argument != "--json");
    assert!(text(&place.done(&strs(&again)).stdout).contains('\u{2588}'));
    assert_eq!(place.receipts().len(), 2);
}

#[test]
fn a_second_receipt_does_not_exceed_the_limit_of_the_day() {
    let place = Place::with_delegation();
    place.pay("500", MORNING);
    place.pay("400", EVENING);
    place.pay_refused("100.01", EVENING, &[], "limit of 1000.00 KES a day");
    assert_eq!(place.pay("100", EVENING)["day_total"], "1000.00 KES");
    assert_eq!(place.pay("500", DAY_AFTER)["day_total"], "500.00 KES");
}

#[test]
fn a_clock_set_back_gives_no_new_days_total() {
    let place = Place::with_delegation();
    place.pay("500", MORNING);
    place.pay("500", MORNING);
    place.pay_refused("1", DAY_BEFORE, &[], "set the clock");
    place.pay_refused("1", MORNING, &[], "a day");
    place.pay("1", DAY_AFTER);
    place.pay_refused("1", EVENING, &[], "set the clock");
}

#[test]
fn a_receipt_beyond_the_delegation_is_not_signed() {
    let place = Place::with_delegation();
    place.pay_refused("500.01", MORNING, &[], "500.00 KES a document");
    place.pay_refused("1", "2026-04-01T00:00:00Z", &[], "2026-03-01 to 2026-03-31");
    place.pay_refused("1", "2026-02-28T23:59:59Z", &[], "2026-03-01 to 2026-03-31");
    place.pay_refused("1", "2029-04-02T00:00:00Z", &[], "valid until");
    place.pay_refused("0", MORNING, &[], "nothing to receipt");
    let mut shillings = place.receipt("1", MORNING, &[]);
    let currency = shillings.iter().position(|argument| argument == "KES").unwrap();
    "UGX".clone_into(&mut shillings[currency]);
    place.refused(3, &strs(&shillings), "money in UGX");
    assert_eq!(place.day_total(), 0, "nothing was counted");
}

#[test]
fn a_field_that_is_wrong_is_named() {
    let place = Place::with_delegation();
    for (old, new, problem) in [
        ("month", "year", "lines[0].unit: "),
        ("medical_care,maternity", "medicine", "lines[0].functions[0]: "),
        ("Test Person", "Test\u{202E}Person", "subject.name: "),
        ("SHIF", "", "scheme: "),
    ] {
        let mut receipt = place.receipt("1", MORNING, &[]);
        let position = receipt.iter().position(|argument| argument == old).unwrap();
        new.clone_into(&mut receipt[position]);
        place.refused(3, &strs(&receipt), problem);
    }
    assert_eq!(place.receipts(), <[PathBuf; 0]>::default());
}

#[test]
fn the_delegation_of_another_key_signs_nothing() {
    let place = Place::with_delegation();
    place.request("other", "KE-COOP1", &[]);
    place.answer("other", &["--from", "2026-03-01", "--to", "2026-03-31"]);
    let other = place.path("other.cwt");
    let mut receipt = place.receipt("1", MORNING, &[]);
    receipt[4].clone_from(&other);
    place.refused(3, &strs(&receipt), "for another key");
    // An ordinary file, and a delegation that the record does not open.
    receipt[4] = place.path("record.json");
    place.refused(3, &strs(&receipt), "--delegation");
    let mut altered = fs::read(place.path("coop.cwt")).unwrap();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(&other, altered).unwrap();
    receipt[4] = other;
    receipt.extend(["--record".to_owned(), place.path("record.json")]);
    place.refused(3, &strs(&receipt), "signature");
    assert!(place.receipts().is_empty());
}

#[test]
fn a_request_without_its_proof_or_with_another_is_not_answered() {
    let place = Place::new();
    place.request("other", "KE-COOP2", &[]);
    let request = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(place.path(name)).unwrap()).unwrap()
    };
    let (mine, other) = (request("coop.json"), request("other.json"));
    let issuer = place.issuer();
    let bad = place.path("bad.json");
    let mut cases = [mine.clone(), mine.clone(), mine.clone(), mine];
    cases[0].as_object_mut().unwrap().remove("proof");
    cases[1]["proof"] = other["proof"].clone();
    cases[2]["key"] = other["key"].clone();
    cases[3]["scopes"] = serde_json::json!(["receipt", "cover"]);
    for (case, problem) in
        cases.iter().zip(["proof: is missing", "proof: the sig", "proof: the sig", "proof: the sig"])
    {
        fs::write(&bad, case.to_string()).unwrap();
        place.refused(3, &["delegate", &issuer, "answer", &bad, "--now", MORNING], problem);
    }
    assert!(!Path::new(&issuer).join("delegations").exists());
    place.refused(3, &["delegate", &issuer, "revoke", "KE-COOP1"], "no delegation of KE-COOP1");
}

#[test]
fn a_facility_of_another_country_is_not_answered() {
    let place = Place::new();
    place.request("abroad", "UG-F01", &[]);
    let (issuer, request) = (place.issuer(), place.path("abroad.json"));
    place.refused(3, &["delegate", &issuer, "answer", &request], "of another country than KE-SHA");
}

#[test]
fn areas_beyond_the_issuers_and_days_that_are_over_are_not_granted() {
    let place = Place::new();
    let (issuer, request) = (place.issuer(), place.path("coop.json"));
    let answer = ["delegate", &issuer, "answer", &request, "--now", MORNING];
    let with = |more: &[&'static str]| [&answer[..], more].concat();
    place.refused(3, &with(&["--areas", "UG"]), "may not sign for UG");
    place.refused(3, &with(&["--to", "2026-03-01"]), "before today");
    place.refused(3, &with(&["--from", "2026-04-01", "--to", "2026-03-31"]), "before the first day");
    place.refused(2, &with(&["--per-day", "1000"]), "--currency");
    place.refused(2, &with(&["--per-day", "1000.555", "--currency", "KES"]), "decimals");
}

#[test]
fn an_unknown_scope_is_wrong_usage() {
    let place = Place::new();
    let dir = place.path("new");
    place.refused(
        2,
        &["delegate", &dir, "request", "--id", "KE-COOP9", "--scope", "treat"],
        "must be one of register",
    );
    assert!(!Path::new(&dir).exists());
}

#[test]
fn an_issuers_directory_is_none_for_a_delegate() {
    let place = Place::new();
    let issuer = place.issuer();
    let request = ["delegate", &issuer, "request", "--id", "KE-COOP9", "--scope", "receipt"];
    place.refused(2, &request, "issuer's directory");
}

#[test]
fn a_request_is_printed_again_and_a_key_replaced_only_when_told_to() {
    let place = Place::new();
    let first = fs::read(place.path("coop.json")).unwrap();
    place.request("coop", "KE-COOP1", &[]);
    assert_eq!(fs::read(place.path("coop.json")).unwrap(), first);
    let coop = place.path("coop");
    let other = ["delegate", &coop, "request", "--id", "KE-COOP1", "--scope", "receipt,collect"];
    place.refused(2, &other, "--replace");
    place.refused(
        3,
        &["delegate", &coop, "request", "--id", "KE-COOP2", "--scope", "receipt", "--replace"],
        "belongs to KE-COOP1",
    );
    place.request("coop", "KE-COOP1", &["--replace"]);
    assert_ne!(fs::read(place.path("coop.json")).unwrap(), first);
}

#[test]
fn a_new_key_does_not_start_a_new_total() {
    let place = Place::with_delegation();
    place.pay("500", MORNING);
    place.pay("500", MORNING);
    place.request("coop", "KE-COOP1", &["--replace"]);
    place.pay_refused("1", EVENING, &[], "for another key");
    let limits = ["--from", "2026-03-01", "--to", "2026-03-31", "--per-day", "1000", "--currency", "KES"];
    place.answer("coop", &limits);
    place.pay_refused("1", EVENING, &[], "limit of 1000.00 KES a day");
}

#[test]
fn a_ledger_that_was_removed_is_missed() {
    let place = Place::with_delegation();
    place.pay("500", MORNING);
    fs::remove_dir_all(place.root.path().join("coop/ledger")).unwrap();
    let receipt = place.receipt("500", MORNING, &[]);
    place.refused(1, &strs(&receipt), "there is no store");
}

#[test]
fn the_same_answer_twice_is_one_delegation() {
    let place = Place::new();
    let terms = ["--from", "2026-03-01", "--to", "2026-03-31"];
    let first = place.answer("coop", &terms);
    let written = fs::read(place.path("coop.cwt")).unwrap();
    assert_eq!(place.answer("coop", &terms), first);
    assert_eq!(fs::read(place.path("coop.cwt")).unwrap(), written);
    assert_ne!(place.answer("coop", &["--from", "2026-03-01", "--to", "2026-04-30"]), first);
}

#[test]
fn all_devices_of_a_delegate_are_revoked_together_or_one_by_one() {
    let place = Place::new();
    let terms = ["--from", "2026-03-01", "--to", "2026-03-31"];
    let stolen = place.answer("coop", &terms);
    place.request("new-device", "KE-COOP1", &[]);
    let (issuer, request, out) =
        (place.issuer(), place.path("new-device.json"), place.path("new-device.cwt"));
    let answer = ["delegate", &issuer, "answer", &request, "--out", &out, "--qr", "--now", MORNING];
    let answered = place.done(&answer);
    let words = text(&answered.stderr);
    assert!(words.contains(&stolen), "the old device is named: {words}");
    assert!(words.contains("a day         no limit"), "{words}");
    for ending in ["txt", "png", "svg"] {
        assert!(Path::new(&out).with_extension(ending).exists());
    }
    let new = place.delegation("new-device.cwt").cti.to_string();

    let one = place.done(&["delegate", &issuer, "revoke", &stolen]);
    assert!(text(&one.stderr).contains(&format!("{stolen}: revoked")));
    let left = place.done(&["status", &issuer, "suspend", &new]);
    assert!(text(&left.stdout).contains("suspended"), "the new device was not revoked with the stolen one");
    let revoke = place.run(&["delegate", &issuer, "revoke", "KE-COOP1", "--json"]);
    assert_eq!(revoke.status.code(), Some(0));
    let found: Vec<Value> =
        text(&revoke.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = found.iter().map(|granted| granted["cti"].as_str().unwrap()).collect();
    assert_eq!(ids, [stolen.as_str(), new.as_str()], "in the order of signing");
    let words = text(&revoke.stderr);
    assert!(words.contains(&format!("{stolen}: revoked\n{new}: revoked\n")), "{words}");
    place.refused(3, &["status", &issuer, "resume", &new], "revoked, which stays");

    place.refused(3, &["delegate", &issuer, "revoke", "0000000000000000"], "no document");
    place.refused(2, &["delegate", &issuer, "revoke", "nobody"], "id of a delegate");
}

#[test]
fn a_kill_between_entering_and_handing_out_loses_and_counts_nothing_twice() {
    let place = Place::with_delegation();
    let receipt = place.receipt("10", MORNING, &[]);
    let started = Instant::now();
    place.done(&strs(&receipt));
    let whole = started.elapsed();
    let kills = 12_u32;
    for kill in 0..kills {
        let mut child =
            place.command(&strs(&receipt)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Most of the run is opening the key; what matters comes in its last part.
        std::thread::sleep(
            whole / 2 + (whole * kill) / (kills * 2) + Duration::from_millis(u64::from(kill % 3)),
        );
        let _ = child.kill();
        child.wait().unwrap();
    }
    place.done(&strs(&receipt));
    let receipts = u64::try_from(place.receipts().len()).unwrap();
    assert_eq!(place.day_total(), receipts * 1_000, "each receipt that was counted was handed out");
    let index = fs::read_to_string(place.root.path().join("coop/receipts/index.csv")).unwrap();
    assert_eq!(u64::try_from(index.lines().count()).unwrap(), receipts + 1, "each is listed once");
    assert!((2..=u64::from(kills) + 2).contains(&receipts), "{receipts}");
}
