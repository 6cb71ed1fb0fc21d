//! `sanad-verify receipts` from the counter to the claim: signed, exported, verified by the payer, settled, replayed,
//! counted, printed; and what somebody who wants money could do to them.
//!
//! The region, its schemes and the people are invented.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{Claims, QrText, Status, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key};
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::{Value, json};

const PASSPHRASE: &str = "an invented passphrase";

/// What an issuer lets a facility do; `KEY` is the device's.
const DELEGATION: &str = r#"{"type":"delegation","iss":"UG-NHIS","cti":"d0d0d0d0d0d0d0d0","iat":"2026-05-02","exp":"2028-05-01",
    "status":{"idx":1,"uri":"https://s.example/UG-NHIS/0"},"id":"UG-F01","key":"KEY","scopes":["verify"],"from":"2026-05-02",
    "to":"2027-12-31","areas":["UG"]}"#;

/// Paid for three more months, by the scheme's own books.
const PAYMENT: &str = r#"{"type":"contribution","iss":"KE-SHA","cti":"5a5a5a5a5a5a5a5a","iat":"2026-06-21","exp":"2026-07-20",
    "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa"},"scheme":"SHIF","as_of":"2026-06-21",
    "lines":[{"from":"2026-05-21","to":"2026-08-20","quantity":3,"unit":"month","kind":"self",
    "functions":["medical_care"],"payer":"self","quality":"posted"}]}"#;

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    /// Pinned the region's first root and took over its pack.
    fn with(region: &Region) -> Self {
        let desk = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(desk.path("root.json"), region.first_root()).unwrap();
        desk.done(&["pack", "init", "--root", &desk.text("root.json")]);
        desk.take(region);
        desk
    }

    /// With a key of its own, and the delegation for it.
    fn enrolled(region: &Region) -> Self {
        let desk = Self::with(region);
        desk.init();
        desk.write(
            "delegation.txt",
            &desk.card(&DELEGATION.replace("KEY", &desk.key()), "UG-NHIS delegation"),
        );
        desk.done(&["key", "accept", &desk.text("delegation.txt"), "--now", "2026-06-01"]);
        desk
    }

    fn init(&self) {
        let out = self.text("request.json");
        let made = self.run(&["key", "init", "--facility", "UG-F01", "--out", &out]);
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn key(&self) -> String {
        let request: Value = serde_json::from_str(&self.read("request.json")).unwrap();
        request["key"].as_str().or(request["x"].as_str()).unwrap_or_else(|| panic!("{request}")).to_owned()
    }

    fn take(&self, region: &Region) {
        fs::write(self.path("new.sanadpack"), region.current_pack().write().unwrap()).unwrap();
        self.done(&["pack", "update", &self.text("new.sanadpack"), "--now", "2026-05-02"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: &str) -> String {
        fs::write(self.path(name), content).unwrap();
        self.text(name)
    }

    fn card(&self, claims: &str, signer: &str) -> String {
        let claims = Claims::from_json_text(claims).unwrap_or_else(|fault| panic!("{fault}: {claims}"));
        let document = seal_entitlement(&claims, &key(signer)).unwrap();
        QrText::from_document(&document).unwrap().as_str().to_owned()
    }

    fn household(&self) -> String {
        self.card(HOUSEHOLD, "KE-SHA credential")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sanad-verify"));
        command.args(arguments).arg("--state").arg(self.path("state")).env("SANAD_PASSPHRASE", PASSPHRASE);
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Vec<Value> {
        let (lines, code, words) = self.json(arguments);
        assert_eq!(code, 0, "{arguments:?}: {words}{lines:?}");
        lines
    }

    /// The lines on standard output, the exit code, and what was said beside.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> (Vec<Value>, i32, String) {
        let output = self.run(&[arguments, &["--json"]].concat());
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines, output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Signs the receipt of a question in Uganda and returns its number.
    #[track_caller]
    fn ask(&self, codes: &[&str], benefit: &str, day: &str, more: &[&str]) -> String {
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
    fn five(&self) -> Vec<String> {
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
    fn verify(&self, files: &[&str]) -> (Value, i32) {
        let (mut lines, code, words) =
            self.json(&[&["receipts", "verify", "--now", "2026-06-05"], files].concat());
        assert_eq!(lines.len(), 1, "{words}");
        (lines.remove(0), code)
    }

    /// Asserts that a verification names one receipt with these words.
    #[track_caller]
    fn named(&self, files: &[&str], number: u64, words: &str) {
        let (report, code) = self.verify(files);
        assert_eq!(code, 3, "{report}");
        let faults = report["faults"].as_array().unwrap();
        let is_named =
            |fault: &Value| fault["number"] == number && fault["fault"].as_str().unwrap().contains(words);
        assert!(faults.iter().any(is_named), "number {number}, \"{words}\": {report}");
    }

    fn export(&self, name: &str, more: &[&str]) -> String {
        let out = self.text(name);
        self.done(&[&["receipts", "export", "--out", &out], more].concat());
        out
    }
}

fn fresh() -> Region {
    region("2026-05-31", &[])
}

#[test]
fn a_claim_is_verified_by_the_payer_with_nothing_but_its_own_pack() {
    let desk = Desk::enrolled(&fresh());
    let ids = desk.five();
    let (report, code) = desk.verify(&[]);
    assert_eq!((code, &report["receipts"], &report["devices"]), (0, &json!(5), &json!(1)), "{report}");
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(listed.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(listed[0]["decision"], "COVERED");
    assert_eq!((&listed[0]["charged"], &listed[0]["copay"]), (&json!("15000"), &json!("3000")));
    assert_eq!(listed[2]["decision"], "NOT_COVERED");
    assert_eq!((&listed[3]["issuer"], &listed[3]["reasons"]), (&Value::Null, &json!("NO_CREDENTIAL")));
    let all = serde_json::to_string(&listed).unwrap();
    assert!(!all.contains("Nekesa") && !all.contains("CR7734120"), "no person in a list");

    let payer = Desk::with(&fresh());
    for (name, form) in [("claim.csv", "csv"), ("claim.jsonl", "json")] {
        let export = desk.export(name, &["--format", form]);
        let (report, code) = payer.verify(&[&export]);
        assert_eq!(code, 0, "{report}");
        // 15,000 and 15,000 and 40,000 are covered, with 3,000, 0 and 5,000 (the cap) of co-pay.
        let totals = json!([{"currency": "UGX", "payer": null, "receipts": 5, "charged": 100_000, "copay": 8_000, "claimed": 62_000}]);
        assert_eq!(report["totals"], totals, "{form}");
        let home = desk.export(&format!("home-{name}"), &["--format", form, "--home", "KE-SHA"]);
        let (report, code) = payer.verify(&[&home, "--home", "KE-SHA"]);
        assert_eq!((code, &report["receipts"], &report["gaps"]), (0, &json!(4), &json!(1)), "{report}");
    }
    let first_day = desk.export("1.jsonl", &["--format", "json", "--to", "2026-06-01"]);
    let second_day = desk.export("2.jsonl", &["--format", "json", "--from", "2026-06-02"]);
    assert_eq!(payer.verify(&[&first_day, &second_day]).1, 0, "a chain goes on from one export to the next");
    assert_eq!(payer.verify(&[&second_day]).1, 0, "the beginning may lie in an earlier export");
    payer.named(&[&second_day, &first_day], 2, "out of order");
    payer.named(&[&first_day, &first_day], 2, "again");
    // A receipt may be handed over as a code, too.
    let row: Value = serde_json::from_str(desk.read("claim.jsonl").lines().nth(1).unwrap()).unwrap();
    let code = payer.write("one.bin", "");
    fs::write(&code, base64(row["receipt"].as_str().unwrap())).unwrap();
    let (report, exit) = payer.verify(&[&code, "--delegation", &desk.text("delegation.txt")]);
    assert_eq!((exit, &report["receipts"]), (0, &json!(1)), "{report}");
    payer.named(&[&code], 1, "no delegation is at hand");
}

/// Base64url without padding.
fn base64(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = text.chars().flat_map(|letter| {
        let value = alphabet.find(letter).unwrap() as u8;
        (0..6).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<u8> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

#[test]
fn every_altered_field_of_an_export_is_found_and_named() {
    let desk = Desk::enrolled(&fresh());
    desk.five();
    let payer = Desk::with(&fresh());
    desk.export("claim.jsonl", &["--format", "json"]);
    let lines: Vec<String> = desk.read("claim.jsonl").lines().map(str::to_owned).collect();
    let row: Value = serde_json::from_str(&lines[2]).unwrap();
    for (column, value) in row.as_object().unwrap() {
        let mut altered = row.clone();
        altered[column] = match value {
            Value::Null => json!("x"),
            Value::Bool(flag) => json!(!flag),
            Value::Number(number) => json!(number.as_u64().unwrap() + 1),
            Value::String(text) if column == "receipt" => json!(text.replacen(['Q', 'W'], "R", 9)),
            _ => json!("00"),
        };
        let mut lines = lines.clone();
        lines[2] = altered.to_string();
        let file = payer.write("altered.jsonl", &(lines.join("\n") + "\n"));
        payer.named(&[&file], 3, if column == "receipt" { "" } else { column });
        let mut without = row.clone();
        without.as_object_mut().unwrap().remove(column);
        lines[2] = without.to_string();
        let file = payer.write("altered.jsonl", &(lines.join("\n") + "\n"));
        // A value that is not there and one that is null are not the same row.
        payer.named(&[&file], 3, "");
    }
    let mut more = row.clone();
    more["surcharge"] = json!(500);
    let file = payer.write("altered.jsonl", &desk.read("claim.jsonl").replace(&lines[2], &more.to_string()));
    payer.named(&[&file], 3, "a member that no row has");

    desk.export("claim.csv", &[]);
    let csv = desk.read("claim.csv");
    assert!(csv.contains(",'=HYPERLINK(1),"), "a spreadsheet must not take it for a formula");
    let mut rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect();
    let good = rows[2].clone();
    for column in 0..good.len() - 1 {
        let fields = good.iter().enumerate().map(|(number, field)| match number == column {
            true if field.is_empty() => "1".to_owned(),
            true => field.chars().rev().collect::<String>() + "9",
            false => field.to_owned(),
        });
        rows[2] = fields.collect();
        let mut out = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| out.write_record(row).unwrap());
        let file = payer.path("altered.csv");
        fs::write(&file, out.into_inner().unwrap()).unwrap();
        let name = rows[0][column].to_owned();
        payer.named(&[file.to_str().unwrap()], 3, if name == "receipt" { "" } else { &name });
    }
}

#[test]
fn receipts_removed_moved_doubled_or_cut_off_are_named() {
    let desk = Desk::enrolled(&fresh());
    desk.five();
    let payer = Desk::with(&fresh());
    desk.export("claim.jsonl", &["--format", "json"]);
    let lines: Vec<String> = desk.read("claim.jsonl").lines().map(str::to_owned).collect();
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        payer.write("claim.jsonl", &(lines.join("\n") + "\n"))
    };
    let removed = with(&|lines| drop(lines.remove(3)));
    payer.named(&[&removed], 4, "at least one receipt is missing between");
    payer.named(&[&removed], 6, "4 receipts stand in this export, it states 5");
    let moved = with(&|lines| lines.swap(2, 4));
    payer.named(&[&moved], 3, "out of order");
    let doubled = with(&|lines| lines.insert(4, lines[2].clone()));
    payer.named(&[&doubled], 5, "it is number 3");
    let last_removed = with(&|lines| drop(lines.remove(5)));
    payer.named(&[&last_removed], 6, "4 receipts stand in this export");
    let totals = with(&|lines| lines[6] = lines[6].replace("62000", "63000"));
    payer.named(&[&totals], 7, "the totals were altered");
    let home = with(&|lines| lines[0] = lines[0].replace(r#""home":null"#, r#""home":"KE-SHA""#));
    payer.named(&[&home], 5, "it is not for KE-SHA");
    let written = |content: &str| payer.write("claim.csv", content);
    for (file, words) in [
        (&(|| with(&|lines| drop(lines.pop()))) as &dyn Fn() -> String, "cut off"),
        (&|| with(&|lines| lines.push(lines[1].clone())), "goes on after its last line"),
        (&|| with(&|lines| lines[0] = "{}".to_owned()), "line 1: no export of receipts"),
        (&|| with(&|lines| lines[2] = "x".repeat(20_000)), "line 3: longer than"),
        (&|| written("id,amount\n1,2\n"), "line 1: the columns must be"),
        (&|| written("hello"), "claim.csv"),
    ] {
        let file = file();
        let (lines, code, said) = payer.json(&["receipts", "verify", &file, "--now", "2026-06-05"]);
        assert_eq!((code, lines.len()), (3, 1), "{said}");
        assert!(said.contains(words), "{words}: {said}");
    }
    // Rubbish in a row costs that row only.
    let rubbish = with(&|lines| lines[2] = "rubbish".to_owned());
    payer.named(&[&rubbish], 3, "");
    // In the device's own log the first receipt must be there.
    let log = desk.path("state/receipts/00000001.log");
    let bytes = fs::read(&log).unwrap();
    let first = 10 + usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    fs::write(&log, [&bytes[..16], &bytes[16 + first..]].concat()).unwrap();
    desk.named(&[], 1, "the beginning of the chain is missing");
}

#[test]
fn two_devices_of_a_facility_have_a_chain_each_also_when_their_rows_are_mixed() {
    let region = fresh();
    let (one, other) = (Desk::enrolled(&region), Desk::with(&region));
    other.init();
    let second = DELEGATION.replace("KEY", &other.key()).replace("d0d0d0d0d0d0d0d0", "d1d1d1d1d1d1d1d1");
    other.write("delegation.txt", &other.card(&second, "UG-NHIS delegation"));
    let wrong = other.run(&["key", "accept", &one.text("delegation.txt"), "--now", "2026-06-01"]);
    assert_eq!(wrong.status.code(), Some(3), "the delegation of another device");
    other.done(&["key", "accept", &other.text("delegation.txt"), "--now", "2026-06-01"]);
    one.five();
    other.five();
    let payer = Desk::with(&region);
    let (first, second) =
        (one.export("a.jsonl", &["--format", "json"]), other.export("b.jsonl", &["--format", "json"]));
    let (report, code) = payer.verify(&[&first, &second]);
    assert_eq!((code, &report["devices"]), (0, &json!(2)), "{report}");
    let delegations = ["--delegation", &other.text("delegation.txt")].map(str::to_owned);
    let (a, b) = (one.read("a.jsonl"), other.read("b.jsonl"));
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let rows = (1..6).flat_map(|row| [a[row], b[row]]);
    let mixed: Vec<&str> = [a[0]].into_iter().chain(rows).chain([r#"{"receipts":10,"totals":[]}"#]).collect();
    let file = payer.write("mixed.jsonl", &mixed.join("\n"));
    let (report, _) = payer.verify(&[&file, &delegations[0], &delegations[1]]);
    let faults = report["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{report}");
    assert!(faults[0]["fault"].as_str().unwrap().contains("totals"), "the chains hold: {report}");
    payer.named(&[&file], 3, "no delegation is at hand");
}

#[test]
fn forged_facilities_and_delegations_that_do_not_allow_it_are_named() {
    let region = region("2026-05-31", &[]);
    let desk = Desk::enrolled(&region);
    let card = desk.household();
    desk.ask(&[&card], "OPD", "2026-06-01T08:00:00Z", &[]);
    let export = desk.export("claim.csv", &[]);
    let payer = Desk::with(&region);
    assert_eq!(payer.verify(&[&export]).1, 0);
    let good = desk.read("claim.csv");
    let own = good.lines().nth(1).unwrap().rsplit_once(',').unwrap().1.to_owned();
    let delegation = |claims: &str, signer: &str| {
        let claims = Claims::from_json_text(&claims.replace("KEY", &desk.key())).unwrap();
        to_base64(&seal_entitlement(&claims, &key(signer)).unwrap())
    };
    for (claims, signer, words) in [
        (
            DELEGATION.replace(r#"["verify"]"#, r#"["collect"]"#),
            "UG-NHIS delegation",
            "may not sign encounter receipts",
        ),
        (DELEGATION.replace("UG-F01", "UG-F09"), "UG-NHIS delegation", "signature does not hold"),
        (DELEGATION.replace("2027-12-31", "2026-05-31"), "UG-NHIS delegation", "signed on 2026-06-01"),
        (DELEGATION.replace(r#"["UG"]"#, r#"["UG-214"]"#), "UG-NHIS delegation", "may not sign for UG"),
        (
            DELEGATION.replace("UG-NHIS", "KE-SHA"),
            "KE-SHA delegation",
            "its issuer may not sign such a delegation",
        ),
        (DELEGATION.to_owned(), "UG-NHIS credential", "the signature"),
        (DELEGATION.to_owned(), "a forger", "key"),
        (
            DELEGATION.replace("2028-05-01", "2026-05-20"),
            "UG-NHIS delegation",
            "the document of the delegation ended on 2026-05-20",
        ),
    ] {
        let forged = good.replace(&own, &delegation(&claims, signer));
        let file = payer.write("forged.csv", &forged);
        payer.named(&[&file], 2, words);
    }
    // Taken back by its issuer.
    let mut later = sanad_tests::two_countries::region("2026-05-31", &[]);
    let mut list = sanad_credential::StatusList::all_valid();
    list.set(sanad_credential::StatusIndex::new(1).unwrap(), Status::Revoked);
    later.add_list("UG-NHIS", 0, "2026-06-03", &list);
    later.publish("2026-06-03");
    payer.take(&later);
    payer.named(&[&export], 2, "was taken back");
}

fn to_base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let letter = |six: &[u8]| {
        let value = (0..6).fold(0, |sum, bit| sum << 1 | six.get(bit).unwrap_or(&0));
        char::from(alphabet[usize::from(value)])
    };
    bits.chunks(6).map(letter).collect()
}

#[test]
fn a_receipt_without_a_delegation_is_signed_and_says_that_no_payer_can_check_it() {
    let desk = Desk::with(&fresh());
    let missing =
        desk.run(&["check", "--place", "UG", "--benefit", "OPD", "--receipt", "--now", "2026-06-01"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("key init"));
    desk.init();
    let card = desk.household();
    let question = ["check", &card, "--place", "UG", "--benefit", "OPD", "--receipt", "--now", "2026-06-01"];
    let (_, code, words) = desk.json(&question);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("no delegation of UG-F01") && words.contains("key accept"), "{words}");
    desk.named(&[], 1, "no delegation is at hand");
    let other = [&question[..], &["--facility", "UG-F04"]].concat();
    let (_, code, words) = desk.json(&other);
    assert_eq!(code, 3);
    assert!(words.contains("UG-F01") && words.contains("UG-F04"), "{words}");
    let claims = DELEGATION.replace("KEY", &desk.key());
    for (claims, words) in [
        (claims.replace("UG-F01", "UG-F02"), "it is for UG-F02"),
        (claims.replace(r#"["verify"]"#, r#"["cover"]"#), "scope verify"),
        (HOUSEHOLD.to_owned(), ""),
    ] {
        let signer = if claims == HOUSEHOLD { "KE-SHA credential" } else { "UG-NHIS delegation" };
        let file = desk.write("wrong.txt", &desk.card(&claims, signer));
        let (_, code, said) = desk.json(&["key", "accept", &file, "--now", "2026-06-01"]);
        assert_eq!(code, 3);
        assert!(said.contains(words), "{said}");
        assert!(!desk.path("state/delegations").exists(), "nothing is kept");
    }
    let file = desk.write("delegation.txt", &desk.card(&claims, "UG-NHIS delegation"));
    let kept = desk.done(&["key", "accept", &file, "--now", "2026-06-01"]);
    assert_eq!(kept[0]["id"], "UG-F01");
    assert_eq!(desk.verify(&[]).1, 0, "the same receipt is proved now");
}

#[test]
fn a_wrong_refusal_is_overturned_by_a_late_payment_and_the_patient_gets_money_back() {
    let desk = Desk::enrolled(&fresh());
    let (card, day) = (desk.household(), "2026-06-25T08:00:00Z");
    let in_grace = desk.ask(&[&card], "MEDS", "2026-06-01T08:00:00Z", &[]);
    let refused = desk.ask(&[&card], "MEDS", day, &[]);
    let no_card = desk.ask(&[], "OPD", day, &[]);
    let payment = desk.card(PAYMENT, "KE-SHA credential");
    let others = desk.card(&HOUSEHOLD.replace("e7f65ad7dc705578", "e7f65ad7dc705579"), "KE-SHA credential");
    let resolve = |what: &[&str]| {
        desk.json(&[&["receipts", "resolve", "--now", "2026-07-01T08:00:00Z"], what].concat())
    };
    let refuses = |what: &[&str], words: &str| {
        let before = fs::read(desk.path("state/receipts/00000001.log")).unwrap();
        let (_, code, said) = resolve(what);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(fs::read(desk.path("state/receipts/00000001.log")).unwrap(), before, "nothing is written");
    };
    refuses(&[&refused, &others, &payment], "none of the documents shown is the one");
    refuses(&[&refused], "none of the documents shown is the one");
    refuses(&["0123456789abcdef", &card], "no receipt 0123456789abcdef");
    refuses(&[&no_card, &card], "names no document");
    // A payment of somebody else changes nothing, and nothing is written.
    let stranger = desk.card(&PAYMENT.replace("CR7734120-9", "CR0000000-1"), "KE-SHA credential");
    let (lines, code, _) = resolve(&[&refused, &card, &stranger]);
    assert_eq!((code, &lines[0]["resolution"], &lines[0]["overturned"]), (0, &Value::Null, &json!(false)));
    // Another card beside it does not answer in its place.
    let better =
        HOUSEHOLD.replace("e7f65ad7dc705578", "e7f65ad7dc705579").replace("2026-05-20", "2027-05-01");
    let better = desk.card(&better, "KE-SHA credential");
    let (lines, _, _) = resolve(&[&refused, &card, &better]);
    assert_eq!(lines[0]["after"]["decision"], "NOT_COVERED", "{lines:?}");
    let (mut lines, code, said) = resolve(&["--all", &card, &payment]);
    assert_eq!((code, lines.len()), (0, 2), "{said}{lines:?}");
    // Covered in grace and covered by a payment are both provisional: nothing is settled.
    let first = lines.remove(0);
    assert_eq!((&first["receipt"], &first["resolution"]), (&json!(in_grace), &Value::Null), "{first}");
    assert_eq!(lines[0]["receipt"], refused);
    assert_eq!(
        lines[0]["before"],
        json!({"decision": "NOT_COVERED", "assurance": "FIRM", "reasons": ["LAPSED"]})
    );
    assert_eq!(
        lines[0]["after"],
        json!({"decision": "COVERED", "assurance": "PROVISIONAL", "reasons": ["RECEIPT_PENDING"]})
    );
    assert_eq!(lines[0]["overturned"], true);
    assert_eq!(
        lines[0]["refundable"],
        json!({"minor": 12_000, "currency": "UGX"}),
        "15,000 without 20 percent"
    );
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(listed[3]["resolves"], refused);
    assert_eq!(
        (&listed[3]["service_date"], &listed[3]["evidence"]),
        (&json!("2026-06-25"), &json!("KE-SHA/5a5a5a5a5a5a5a5a"))
    );
    // For the payer: one claim, and the refusal no longer counts beside it.
    let payer = Desk::with(&fresh());
    for (name, form) in [("claim.csv", "csv"), ("claim.jsonl", "json")] {
        let export = desk.export(name, &["--format", form]);
        let (report, code) = payer.verify(&[&export]);
        assert_eq!((code, &report["settled"]), (0, &json!(1)), "{report}");
        assert_eq!(
            (&report["totals"][0]["receipts"], &report["totals"][0]["claimed"]),
            (&json!(3), &json!(24_000))
        );
    }
    // The one thing that no signature covers: a row that is said to settle something else.
    let elsewhere = desk
        .read("claim.jsonl")
        .replace(&format!(r#""resolves":"{refused}""#), &format!(r#""resolves":"{no_card}""#));
    let file = payer.write("altered.jsonl", &elsewhere);
    payer.named(&[&file], 5, "which is about something else");
    let stats = desk.done(&["receipts", "stats", "--by", "decision,overturned"]);
    assert_eq!(stats[0]["total"], Value::Null, "three encounters are too few to be told");
    // The settlement itself can be replayed.
    let settled = listed[3]["id"].as_str().unwrap();
    let replayed = desk.done(&["replay", "--receipt", settled, &card, &payment]);
    assert_eq!(replayed[0]["same"], true, "{replayed:?}");
}

#[test]
fn a_stale_answer_becomes_firm_with_a_newer_pack_and_one_in_good_faith_stands() {
    let long = HOUSEHOLD.replace(r#""end":"2026-05-20""#, r#""end":"2027-05-01""#);
    let old = region("2026-05-02", &[]);
    let desk = Desk::enrolled(&old);
    let card = desk.card(&long, "KE-SHA credential");
    let firm = desk.ask(&[&card], "OPD", "2026-05-20T08:00:00Z", &[]);
    let stale = desk.ask(&[&card], "OPD", "2026-08-20T08:00:00Z", &[]);
    let warned = desk.ask(&[&card], "OPD", "2026-06-20T08:00:00Z", &[]);
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(
        (&listed[1]["reasons"], &listed[1]["good_faith"]),
        (&json!("STATUS_TOO_OLD TRUST_LIST_OLD"), &json!(false))
    );
    assert_eq!((&listed[2]["reasons"], &listed[2]["good_faith"]), (&json!("STATUS_OLD"), &json!(true)));
    let resolve = |id: &str| desk.json(&["receipts", "resolve", id, &card, "--now", "2026-09-01"]);
    let (_, code, said) = resolve(&firm);
    assert_eq!(code, 3);
    assert!(said.contains("nothing to settle"), "{said}");
    let mut revoked = region("2026-05-02", &[]);
    let mut list = sanad_credential::StatusList::all_valid();
    list.set(sanad_credential::StatusIndex::new(7).unwrap(), Status::Revoked);
    revoked.add_list("KE-SHA", 0, "2026-08-25", &list);
    revoked.publish("2026-08-25");
    fs::write(desk.path("revoked.sanadpack"), revoked.current_pack().write().unwrap()).unwrap();
    let with_revoked = ["--pack", &desk.text("revoked.sanadpack")].map(str::to_owned);
    let good_faith =
        ["receipts", "resolve", &warned, &card, "--now", "2026-09-01", &with_revoked[0], &with_revoked[1]];
    let (_, code, said) = desk.json(&good_faith);
    assert_eq!(code, 3);
    assert!(said.contains("in good faith and stands"), "{said}");
    let mut newer = region("2026-05-02", &[]);
    newer.add_list("KE-SHA", 0, "2026-08-25", &sanad_credential::StatusList::all_valid());
    newer.publish("2026-08-25");
    desk.take(&newer);
    let (lines, code, said) = resolve(&stale);
    assert_eq!(code, 0, "{said}");
    assert_eq!(lines[0]["after"], json!({"decision": "COVERED", "assurance": "FIRM", "reasons": []}));
    assert_eq!((&lines[0]["overturned"], &lines[0]["refundable"]), (&json!(false), &Value::Null));
    let (_, code, said) = resolve(&stale);
    assert_eq!(code, 3);
    assert!(said.contains("nothing to settle"), "not twice: {said}");
    assert_eq!(desk.json(&["receipts", "verify", "--now", "2026-09-02"]).1, 0);
}

#[test]
fn a_receipt_is_replayed_after_updates_and_an_invented_one_is_found_out() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    let ids = desk.five();
    let mut later = fresh();
    later.add_list("KE-SHA", 0, "2026-06-10", &sanad_credential::StatusList::all_valid());
    later.publish("2026-06-10");
    desk.take(&later);
    let after = desk.ask(&[&card], "MEDS", "2026-06-12T08:00:00Z", &[]);
    for id in [&ids[0], &ids[1], &ids[2], &ids[4], &after] {
        let replayed = desk.done(&["replay", "--receipt", id, &card]);
        assert_eq!(
            (&replayed[0]["receipt"], &replayed[0]["same"]),
            (&json!(id), &json!(true)),
            "{replayed:?}"
        );
    }
    assert_eq!(desk.done(&["replay", "--receipt", &ids[3]])[0]["same"], true, "no document was shown");
    let fails = |desk: &Desk, what: &[&str], words: &str| {
        let (_, code, said) = desk.json(&[&["replay"], what].concat());
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(words), "{said}");
    };
    let other = desk.card(&HOUSEHOLD.replace("e7f65ad7dc705578", "e7f65ad7dc705579"), "KE-SHA credential");
    fails(&desk, &["--receipt", &ids[0], &other], "none of the documents");
    fails(&desk, &["--receipt", "0000000000000000", &card], "no receipt 0000000000000000");
    // A pack that was used and never taken over is kept too.
    let mut newest = fresh();
    newest.add_list("KE-SHA", 0, "2026-06-14", &sanad_credential::StatusList::all_valid());
    newest.publish("2026-06-10");
    newest.publish("2026-06-14");
    let brought = desk.text("brought.sanadpack");
    fs::write(&brought, newest.current_pack().write().unwrap()).unwrap();
    let with_it = desk.ask(&[&card], "MEDS", "2026-06-15T08:00:00Z", &["--pack", &brought]);
    fs::remove_file(&brought).unwrap();
    assert_eq!(desk.done(&["replay", "--receipt", &with_it, &card])[0]["same"], true);
    // An agency with nothing but the packs of that time.
    let agency = Desk::with(&later);
    desk.export("claim.jsonl", &["--format", "json"]);
    let row: Value = serde_json::from_str(desk.read("claim.jsonl").lines().nth(1).unwrap()).unwrap();
    let receipt = agency.text("receipt.bin");
    fs::write(&receipt, base64(row["receipt"].as_str().unwrap())).unwrap();
    let (delegation, packs) = (desk.text("delegation.txt"), agency.text("packs"));
    fs::create_dir(&packs).unwrap();
    let asked = ["--receipt", &receipt, &card, "--packs", &packs, "--delegation", &delegation];
    fails(&agency, &asked, "no pack with version");
    fs::write(agency.path("packs/june.sanadpack"), fresh().current_pack().write().unwrap()).unwrap();
    assert_eq!(agency.done(&[&["replay"], &asked[..]].concat())[0]["same"], true);
    fails(&agency, &asked[..5], "not proved");
    // A device that signs what its data did not say.
    let lie = desk.run(&[
        "check",
        &card,
        "--place",
        "UG",
        "--benefit",
        "MEDS",
        "--receipt",
        "--person",
        "match",
        "--now",
        "2026-06-12T09:00:00Z",
        "--clock",
        "ok",
        "--amount",
        "15000",
        "--currency",
        "UGX",
        "--pack",
        &agency.text("packs/june.sanadpack"),
    ]);
    assert_eq!(
        lie.status.code(),
        Some(3),
        "an older pack is not taken for the answer: {}",
        String::from_utf8_lossy(&lie.stderr)
    );
}

#[test]
fn a_voucher_that_was_redeemed_meanwhile_is_not_paid_twice_by_settling_the_first_refusal() {
    let voucher = r#"{"type":"benefit","iss":"KE-SHA","cti":"b0b0b0b0b0b0b0b0","iat":"2026-05-02","exp":"2027-05-01",
        "status":{"idx":9,"uri":"https://s.example/KE-SHA/0"},"subject":{"number":"7","name":"Wanjiru"},"programme":"HSNP",
        "benefit_type":"voucher","functions":["assistance"],"from":"2026-05-02","to":"2026-12-31","serials":[1,20],
        "areas":["UG"],"money":{"minor":100000,"currency":"UGX"}}"#;
    let mut old = region("2026-05-02", &[]);
    // The scheme may sign for Uganda in this test.
    let areas = |text: &str| text.replace(r#""areas":["KE"]"#, r#""areas":["KE","UG"]"#);
    old.add_target(None, "grants/KE.json", &areas(r#"{"country":"KE","types":["membership","coverage","contribution","benefit","cross_border","delegation"],"areas":["KE"]}"#));
    old.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &areas(&sanad_tests::region::record("KE-SHA")));
    old.publish("2026-05-02");
    let desk = Desk::enrolled(&old);
    let card = desk.card(voucher, "KE-SHA credential");
    let held = desk.ask(&[&card], "PAYOUT", "2026-05-10T08:00:00Z", &["--serial", "3"]);
    assert_eq!(desk.done(&["receipts", "list"])[0]["decision"], "CANNOT_DECIDE", "the list is 8 days old");
    old.add_list("KE-SHA", 0, "2026-05-11", &sanad_credential::StatusList::all_valid());
    old.publish("2026-05-11");
    desk.take(&old);
    desk.ask(&[&card], "PAYOUT", "2026-05-11T08:00:00Z", &["--serial", "3"]);
    desk.ask(&[&card], "PAYOUT", "2026-05-11T09:00:00Z", &["--serial", "3"]);
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(listed[1]["decision"], "COVERED", "{listed:?}");
    assert_eq!(listed[2]["reasons"], "ALREADY_REDEEMED");
    let (lines, code, said) =
        desk.json(&["receipts", "resolve", &held, &card, "--now", "2026-05-12T08:00:00Z"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(lines[0]["after"]["reasons"], json!(["ALREADY_REDEEMED"]), "{lines:?}");
    let refused = listed[2]["id"].as_str().unwrap();
    assert_eq!(
        desk.done(&["replay", "--receipt", refused, &card])[0]["same"],
        true,
        "as the device remembered it"
    );
}

#[test]
fn slips_are_written_in_every_language_and_size() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    let id = desk.ask(&[&card], "DENT", "2026-06-01T08:00:00Z", &[]);
    for (language, letters) in
        [("en", "Receipt"), ("ar", "direction=\"rtl\""), ("am", "<text"), ("hi", "<text"), ("bn", "<text")]
    {
        for size in ["a6", "58mm"] {
            let out = desk.text(&format!("{language}-{size}.svg"));
            let written =
                desk.done(&["receipts", "slip", &id, "--size", size, "--out", &out, "--lang", language]);
            let files = written[0]["files"].as_array().unwrap();
            let svg: String =
                files.iter().map(|file| fs::read_to_string(file.as_str().unwrap()).unwrap()).collect();
            assert!(svg.contains(letters) && svg.contains("crispEdges"), "{language}: {svg}");
            assert!(!svg.contains("Nekesa") && !svg.contains("CR7734120"));
        }
    }
    // At the counter it says what only the answer knows, with a receipt and without.
    let question = [
        "check",
        &card,
        "--place",
        "UG",
        "--benefit",
        "MEDS",
        "--facility",
        "UG-F01",
        "--person",
        "match",
        "--now",
        "2026-06-25",
        "--clock",
        "ok",
    ];
    let (_, code, said) = desk.json(&question);
    assert_eq!(code, 10);
    assert!(said.contains("--slip"), "a slip is offered: {said}");
    let out = desk.text("counter.txt");
    let (_, code, said) = desk.json(&[&question[..], &["--slip", &out]].concat());
    assert_eq!(code, 10, "{said}");
    let text = fs::read_to_string(&out).unwrap().replace('\n', " ");
    assert!(text.contains("SHA complaints desk, call 147") && text.contains("*147#"), "{text}");
    assert!(text.contains("Not signed.") && !text.contains("Receipt number"), "{text}");
    let (_, _, said) = desk.json(&[&question[..], &["--slip", &out, "--receipt"]].concat());
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.contains("Receipt number"), "{said}{text}");
    let out = desk.text("slip.txt");
    desk.done(&["receipts", "slip", &id, "--size", "58mm", "--out", &out]);
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 32), "{text}");
    let grouped: Vec<&str> = (0..4).map(|group| &id[group * 4..group * 4 + 4]).collect();
    assert!(text.contains(&grouped.join(" ")), "{text}");
}
