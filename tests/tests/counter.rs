//! `sanad-verify check` at a counter: packs of several ages, documents of every kind, and what the exit codes say.
//!
//! The region, its schemes and the people are invented.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{Claims, QrText, Right, SigningKey, Status, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key};
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::{Value, json};

const NOW: &str = "2026-06-01";

struct Counter {
    dir: tempfile::TempDir,
}

impl Counter {
    fn with(region: &Region) -> Self {
        let counter = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(counter.path("root.json"), region.first_root()).unwrap();
        let pinned = counter.run(&["pack", "init", "--root", &counter.text("root.json")]);
        assert_eq!(pinned.status.code(), Some(0));
        counter.take(region);
        counter
    }

    fn take(&self, region: &Region) {
        fs::write(self.path("new.sanadpack"), region.current_pack().write().unwrap()).unwrap();
        let taken = self.run(&["pack", "update", &self.text("new.sanadpack"), "--now", "2026-05-02"]);
        assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A document, signed by this key, as a QR text.
    fn card(&self, claims: &str, signer: &SigningKey) -> String {
        let claims = Claims::from_json_text(claims).unwrap_or_else(|fault| panic!("{fault}: {claims}"));
        let document = seal_entitlement(&claims, signer).unwrap();
        QrText::from_document(&document).unwrap().as_str().to_owned()
    }

    fn household(&self) -> String {
        self.card(HOUSEHOLD, &key("KE-SHA credential"))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sanad-verify"));
        command.args(arguments).arg("--state").arg(self.path("state"));
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "SANAD_PASSPHRASE"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    /// The answer to a question in Uganda, with the person compared, and the exit code.
    fn ask(&self, codes: &[&str], benefit: &str, more: &[&str]) -> (Value, i32) {
        let question = ["--place", "UG", "--benefit", benefit, "--json"];
        let person = if more.contains(&"--person") { &[][..] } else { &["--person", "match"] };
        let now = if more.contains(&"--now") { &[][..] } else { &["--now", NOW, "--clock", "ok"] };
        let output = self.run(&[&["check"], codes, &question, person, now, more].concat());
        let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|fault| {
            panic!("{fault}: {}", String::from_utf8_lossy(&output.stderr));
        });
        (answer, output.status.code().unwrap())
    }

    #[track_caller]
    fn expect(&self, codes: &[&str], benefit: &str, more: &[&str], expected: &Value) {
        let (answer, code) = self.ask(codes, benefit, more);
        let found = json!([answer["decision"], answer["action"], answer["reasons"], code]);
        assert_eq!(found, *expected, "{benefit} {more:?}: {answer}");
    }
}

const FACILITY: [&str; 2] = ["--facility", "UG-F01"];

#[test]
fn each_group_is_answered_at_the_hosts_clinic() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    for (benefit, expected) in [
        ("OPD", json!(["COVERED", "TREAT_COPAY", ["IN_GRACE"], 0])),
        ("ANC", json!(["COVERED", "TREAT_COPAY", ["IN_GRACE"], 0])),
        ("INP", json!(["CANNOT_DECIDE", "CONTACT_THEN_TREAT", ["PREAUTH_NEEDED", "IN_GRACE"], 11])),
        ("CHILD", json!(["NOT_COVERED", "TREAT_FREE", ["NOT_IN_AGREEMENT", "IN_GRACE"], 10])),
        (
            "DENT",
            json!([
                "NOT_COVERED",
                "CHARGE_REFUNDABLE",
                ["NOT_IN_PACKAGE", "NOT_IN_AGREEMENT", "IN_GRACE"],
                10
            ]),
        ),
        ("PAYOUT", json!(["CANNOT_DECIDE", "HOLD_RETRY", ["NO_CREDENTIAL"], 11])),
    ] {
        counter.expect(&[&card], benefit, &FACILITY, &expected);
    }
}

#[test]
fn the_last_day_of_grace_covers_and_the_day_after_does_not() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let on = |day: &'static str| [&FACILITY[..], &["--now", day, "--clock", "ok"]].concat();
    counter.expect(&[&card], "OPD", &on("2026-06-19"), &json!(["COVERED", "TREAT_COPAY", ["IN_GRACE"], 0]));
    counter.expect(
        &[&card],
        "OPD",
        &on("2026-06-20"),
        &json!(["NOT_COVERED", "CHARGE_REFUNDABLE", ["LAPSED"], 10]),
    );
    let (answer, _) = counter.ask(&[&card], "OPD", &on("2026-06-20"));
    assert_eq!(answer["appeal"], "SHA complaints desk, call 147");
    assert!(answer["remedy"][0]["text"].as_str().unwrap().contains("*147#"), "{answer}");
}

#[test]
fn a_pack_of_1_day_decides_one_of_40_warns_and_one_of_200_does_not_know() {
    let claims = HOUSEHOLD.replace(r#""end":"2026-05-20""#, r#""end":"2027-05-01""#);
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.card(&claims, &key("KE-SHA credential"));
    let after = |day: &'static str| [&FACILITY[..], &["--now", day, "--clock", "ok"]].concat();
    for (day, benefit, expected) in [
        ("2026-06-01", "OPD", json!(["COVERED", "TREAT_COPAY", [], 0])),
        ("2026-07-10", "OPD", json!(["COVERED", "TREAT_COPAY", ["STATUS_OLD"], 0])),
        ("2026-12-17", "OPD", json!(["COVERED", "TREAT_COPAY", ["STATUS_TOO_OLD", "TRUST_LIST_OLD"], 0])),
        (
            "2026-07-10",
            "INP",
            json!(["CANNOT_DECIDE", "CONTACT_THEN_TREAT", ["STATUS_TOO_OLD", "PREAUTH_NEEDED"], 11]),
        ),
        // After half a year nothing is known not to be in the package.
        (
            "2026-12-17",
            "DENT",
            json!([
                "CANNOT_DECIDE",
                "TREAT_CLAIM_LATER",
                ["STATUS_TOO_OLD", "RULEBOOK_STALE", "NOT_IN_AGREEMENT", "TRUST_LIST_OLD"],
                11
            ]),
        ),
    ] {
        counter.expect(&[&card], benefit, &after(day), &expected);
    }
}

#[test]
fn a_device_without_a_clock_or_behind_the_newest_signature_does_not_know_the_day() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let unknown = json!(["COVERED", "TREAT_COPAY", ["TIME_UNKNOWN", "IN_GRACE"], 0]);
    counter.expect(
        &[&card],
        "OPD",
        &[&FACILITY[..], &["--now", NOW, "--clock", "unknown"]].concat(),
        &unknown,
    );
    // The day of the pack stands in for that of a clock which is behind it.
    let (answer, _) = counter.ask(&[&card], "OPD", &[&FACILITY[..], &["--now", "2026-05-10"]].concat());
    assert_eq!(answer["reasons"], json!(["TIME_UNKNOWN", "IN_GRACE"]), "{answer}");
    // A time that was told is the operator's.
    let (answer, _) = counter.ask(&[&card], "OPD", &[&FACILITY[..], &["--now", NOW]].concat());
    assert_eq!(answer["reasons"], json!(["TIME_OPERATOR", "IN_GRACE"]));
}

#[test]
fn a_line_is_served_and_one_that_is_not_there_is_a_fault_of_the_call() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let (answer, code) = counter.ask(&[&card], "OPD", &[&FACILITY[..], &["--member", "3"]].concat());
    assert_eq!((answer["member"].clone(), code), (json!(3), 0));
    let (answer, code) = counter.ask(&[&card], "OPD", &[&FACILITY[..], &["--member", "7"]].concat());
    assert_eq!(code, 3);
    assert_eq!(answer["error"], "the card has no line 7; its lines are 1, 2, 3, 4");
}

#[test]
fn an_emergency_is_treated_with_any_card_and_with_none() {
    let counter = Counter::with(&region("2026-05-31", &[(7, Status::Revoked)]));
    let card = counter.household();
    let forged = counter.card(HOUSEHOLD, &key("a forger"));
    let rubbish = counter.text("rubbish.bin");
    fs::write(&rubbish, [0xFF; 40]).unwrap();
    let emergency = [&FACILITY[..], &["--emergency"]].concat();
    counter.expect(&[], "DEL", &emergency, &json!(["CANNOT_DECIDE", "TREAT_NOW", ["NO_CREDENTIAL"], 11]));
    counter.expect(
        &[&rubbish],
        "DEL",
        &emergency,
        &json!(["CANNOT_DECIDE", "TREAT_NOW", ["UNREADABLE"], 11]),
    );
    counter.expect(&[&forged], "INP", &emergency, &json!(["NOT_COVERED", "TREAT_NOW", ["KEY_UNKNOWN"], 10]));
    let (answer, code) = counter.ask(&[&card], "INP", &emergency);
    assert_eq!((answer["action"].clone(), code), (json!("TREAT_NOW"), 10), "{answer}");
    // Also where nothing can be decided at all.
    let nothing = counter.run(&[
        "check",
        "nowhere.png",
        "--place",
        "UG",
        "--benefit",
        "EMER",
        "--emergency",
        "--lang",
        "en",
    ]);
    assert_eq!(nothing.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("emergency is always treated"));
}

#[test]
fn a_forged_card_shows_nothing_of_its_content() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    // One letter of the code changed: the signature does not hold, or the code does not read.
    let genuine = QrText::decode(&card).unwrap();
    let mut forged = genuine.clone();
    let place = forged.windows(6).position(|bytes| bytes == b"Nekesa").unwrap();
    forged[place] = b'M';
    let forged = QrText::from_document(&forged).unwrap().as_str().to_owned();
    let output = counter.run(&[
        "check",
        &forged,
        "--place",
        "UG",
        "--benefit",
        "OPD",
        "--now",
        NOW,
        "--clock",
        "ok",
        "--json",
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(10), "{text}");
    for content in ["ekesa", "CR7734120", "e7f65ad7dc705578", "SHIF"] {
        assert!(!text.contains(content), "{content} is in {text}");
    }
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["reasons"], json!(["SIG_INVALID"]));
    assert_eq!((&answer["claims"], &answer["credential"]), (&Value::Null, &Value::Null));
    // Whoever is named on the paper is asked for a new one: the contact is the pack's.
    assert_eq!(answer["appeal"], "call");
}

#[test]
fn revoked_and_suspended_cards_are_answered_by_the_age_of_the_list() {
    let revoked = Counter::with(&region("2026-05-31", &[(7, Status::Revoked)]));
    let card = revoked.household();
    revoked.expect(
        &[&card],
        "OPD",
        &FACILITY,
        &json!(["NOT_COVERED", "CHARGE_REFUNDABLE", ["REVOKED", "IN_GRACE"], 10]),
    );
    let suspended = Counter::with(&region("2026-05-31", &[(7, Status::Suspended)]));
    suspended.expect(
        &[&card],
        "OPD",
        &FACILITY,
        &json!(["NOT_COVERED", "CHARGE_REFUNDABLE", ["SUSPENDED", "IN_GRACE"], 10]),
    );
    suspended.expect(
        &[&card],
        "ANC",
        &FACILITY,
        &json!(["COVERED", "TREAT_COPAY", ["SUSPENDED_BUT_PROTECTED", "IN_GRACE"], 0]),
    );
}

#[test]
fn the_copay_is_the_hosts_with_its_cap_and_bypass_above_the_level() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let price = |amount: &'static str| [&FACILITY[..], &["--amount", amount, "--currency", "UGX"]].concat();
    let (answer, _) = counter.ask(&[&card], "MEDS", &price("15000"));
    assert_eq!(answer["copay"], json!({"minor": 3000, "currency": "UGX"}));
    let (answer, _) = counter.ask(&[&card], "MEDS", &price("150000"));
    assert_eq!(answer["copay"], json!({"minor": 5000, "currency": "UGX"}));
    assert_eq!((&answer["payer"], &answer["tariff"]), (&json!("home"), &json!("host")));
    assert_eq!(
        answer["rests_on"],
        json!({"pack": "2026-05-31", "status": "2026-05-31", "rulebook": 1, "agreement": "RA-01"})
    );
    // The pack's list knows the hospital's level, whatever the staff say.
    let hospital = ["--facility", "UG-F04", "--level", "2"];
    counter.expect(&[&card], "OPD", &hospital, &json!(["COVERED", "TREAT_COPAY", ["IN_GRACE", "BYPASS"], 0]));
    let (answer, _) = counter.ask(&[&card], "OPD", &hospital);
    assert_eq!(answer["copay_basis_points"], 4000);
    let referred = [&hospital[..], &["--referral"]].concat();
    counter.expect(&[&card], "OPD", &referred, &json!(["COVERED", "TREAT_COPAY", ["IN_GRACE"], 0]));
}

#[test]
fn a_contribution_receipt_beside_the_card_carries_it_on() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let late = [&FACILITY[..], &["--now", "2026-06-25", "--clock", "ok"]].concat();
    let record = r#"{"type":"contribution","iss":"KE-SHA","cti":"5a5a5a5a5a5a5a5a","iat":"2026-06-21","exp":"2026-07-20",
        "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa"},"scheme":"SHIF","as_of":"2026-06-21",
        "lines":[{"from":"2026-05-21","to":"2026-08-20","quantity":3,"unit":"month","kind":"self",
        "functions":["medical_care"],"payer":"self","quality":"posted"}]}"#;
    let receipt = counter.card(record, &key("KE-SHA credential"));
    counter.expect(
        &[&card, &receipt],
        "OPD",
        &late,
        &json!(["COVERED", "TREAT_COPAY", ["RECEIPT_PENDING"], 0]),
    );
    counter.expect(
        &[&receipt, &card],
        "OPD",
        &late,
        &json!(["COVERED", "TREAT_COPAY", ["RECEIPT_PENDING"], 0]),
    );
    let others = counter.card(&record.replace("CR7734120-9", "CR0000000-1"), &key("KE-SHA credential"));
    counter.expect(
        &[&card, &others],
        "OPD",
        &late,
        &json!(["NOT_COVERED", "CHARGE_REFUNDABLE", ["LAPSED"], 10]),
    );
    // A record under a key that nobody here knows may be a true one.
    let unknown = counter.card(record, &key("a newer key of KE-SHA"));
    let open = json!(["CANNOT_DECIDE", "TREAT_CLAIM_LATER", ["KEY_UNKNOWN"], 11]);
    counter.expect(&[&card, &unknown], "OPD", &late, &open);
}

#[test]
fn answers_are_read_in_arabic_and_swahili() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let say = |language: &str, benefit: &str| {
        let output = counter.run(&[
            "check",
            &card,
            "--place",
            "UG",
            "--benefit",
            benefit,
            "--facility",
            "UG-F01",
            "--person",
            "match",
            "--now",
            NOW,
            "--clock",
            "ok",
            "--lang",
            language,
        ]);
        String::from_utf8(output.stdout).unwrap()
    };
    let arabic = say("ar", "DENT");
    assert!(arabic.contains("مكتب شكاوى") && arabic.contains("NOT_COVERED"), "{arabic}");
    let letters = arabic.chars().filter(|letter| ('\u{600}'..='\u{6FF}').contains(letter)).count();
    assert!(letters > 200, "{letters} Arabic letters in {arabic}");
    let swahili = say("sw-KE", "DENT");
    assert!(swahili.contains("Dawati la malalamiko"), "{swahili}");
    assert!(swahili.contains("Nekesa Wafula Barasa"));
}

#[test]
fn a_copy_of_a_phone_credential_is_not_a_checked_person() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let x = key("the holder's phone").public_key();
    let phone = HOUSEHOLD.replace(r#""subject""#, &format!(r#""cnf":"{x}","subject""#));
    let copy = counter.card(&phone, &key("KE-SHA credential"));
    counter.expect(
        &[&copy],
        "OPD",
        &FACILITY,
        &json!(["COVERED", "TREAT_COPAY", ["PERSON_UNCHECKED", "IN_GRACE"], 0]),
    );
    counter.expect(
        &[&copy],
        "SURG",
        &[&FACILITY[..], &["--preauth", "PA-1"]].concat(),
        &json!(["CANNOT_DECIDE", "CONTACT_THEN_TREAT", ["PERSON_UNCHECKED", "IN_GRACE"], 11]),
    );
}

#[test]
fn a_question_that_contradicts_itself_is_wrong_usage() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    for wrong in [
        &["--place", "UG"][..],
        &["--benefit", "OPD"],
        &["--place", "UG", "--benefit", "ALL"],
        &["--place", "Uganda", "--benefit", "OPD"],
        &["--place", "UG", "--benefit", "OPD", "--level", "9"],
        &["--place", "UG", "--benefit", "OPD", "--member", "0"],
        &["--place", "UG", "--benefit", "OPD", "--amount", "5"],
        &["--place", "UG", "--benefit", "OPD", "--person", "yes"],
        &["--place", "UG", "--benefit", "OPD", "--now", "2026-02-30"],
        &["--place", "UG", "--benefit", "OPD", "--lang", "tlh"],
    ] {
        let output = counter.run(&[&["check", &card], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let decimals = counter.run(&[
        "check",
        &card,
        "--place",
        "UG",
        "--benefit",
        "OPD",
        "--amount",
        "1.50",
        "--currency",
        "UGX",
    ]);
    assert_eq!(decimals.status.code(), Some(3), "{}", String::from_utf8_lossy(&decimals.stderr));
}

/// Every type of document can be laid on the counter; those that cannot answer say so.
#[test]
fn a_document_that_cannot_answer_is_not_a_refusal() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let membership = r#"{"type":"membership","iss":"KE-SHA","cti":"0102030405060708","iat":"2026-05-02","exp":"2026-06-01",
        "subject":{"number":"1","name":"Nekesa"},"scheme":"SHIF","since":"2026-05-01"}"#;
    assert!(matches!(Claims::from_json_text(membership).unwrap().right, Right::Membership(..)));
    let card = counter.card(membership, &key("KE-SHA credential"));
    counter.expect(
        &[&card],
        "OPD",
        &FACILITY,
        &json!(["CANNOT_DECIDE", "TREAT_CLAIM_LATER", ["NO_CREDENTIAL"], 11]),
    );
}

impl Counter {
    /// What the staff read, in English.
    fn read(&self, codes: &[&str], benefit: &str, more: &[&str]) -> String {
        let question = ["--place", "UG", "--benefit", benefit, "--facility", "UG-F01", "--lang", "en"];
        let output = self.run(&[&["check"], codes, &question, &["--now", NOW], more].concat());
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_copay_at_its_cap_is_not_said_to_be_a_share() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let price = |amount: &'static str| ["--amount", amount, "--currency", "UGX"];
    let capped = counter.read(&[&counter.household()], "MEDS", &price("150000"));
    assert!(capped.contains("The patient pays: 5000 UGX\n"), "{capped}");
    let below = counter.read(&[&counter.household()], "MEDS", &price("15000"));
    assert!(below.contains("The patient pays: 3000 UGX (20% of the price)\n"), "{below}");
}

#[test]
fn what_waits_or_is_not_in_the_package_is_not_offered_instead() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let waits = r#""waits":{"OPD":"2026-08-01","SURG":"2026-08-01"},"copay_class":1"#;
    let card = counter.card(&HOUSEHOLD.replace(r#""copay_class":1"#, waits), &key("KE-SHA credential"));
    let text = counter.read(&[&card], "OPD", &["--clock", "ok"]);
    let told = text.lines().find(|line| line.contains("You can get here")).unwrap();
    let (told, offered) = told.split_once("You can get here").unwrap();
    assert!(told.contains("from 2026-08-01"), "{text}");
    assert!(offered.contains("Pregnancy check-ups") && offered.contains("Care for children"), "{text}");
    assert!(!offered.contains("Outpatient") && !offered.contains("Surgery"), "{text}");
}

#[test]
fn nobody_is_told_to_be_covered_where_the_answer_is_another() {
    let counter = Counter::with(&region("2026-05-31", &[(7, Status::Revoked)]));
    let text = counter.read(&[&counter.household()], "OPD", &["--person", "match"]);
    assert!(text.contains("[REVOKED]") && text.contains("[IN_GRACE]"), "{text}");
    assert!(!text.contains("You are covered today"), "{text}");
    let counter = Counter::with(&region("2026-05-31", &[]));
    let text = counter.read(&[&counter.household()], "OPD", &["--person", "match"]);
    assert!(text.contains("You are covered today"), "{text}");
}

#[test]
fn ages_are_not_known_where_the_day_is_not() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let text = counter.read(&[&counter.household()], "OPD", &["--clock", "unknown"]);
    assert!(!text.contains("day old") && !text.contains("days old"), "{text}");
}

#[test]
fn a_card_that_stands_after_referral_is_a_card() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    fs::write(counter.path("card.txt"), counter.household()).unwrap();
    let card = counter.text("card.txt");
    let referred = ["--facility", "UG-F04", "--referral", &card];
    counter.expect(&[], "OPD", &referred, &json!(["COVERED", "TREAT_COPAY", ["IN_GRACE"], 0]));
}

#[test]
fn the_name_of_a_case_cannot_rewrite_the_screen() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/s07_cover.jsonl");
    let cases = fs::read_to_string(cases).unwrap();
    let mut case: Value = serde_json::from_str(cases.lines().next().unwrap()).unwrap();
    case["id"] = json!("\u{1b}[31m\u{202e}");
    case["expect"]["assurance"] = json!("NONE");
    let mut no_line = case.clone();
    no_line["context"]["member"] = json!(9);
    fs::write(counter.path("cases"), format!("{case}\n{no_line}\n")).unwrap();
    let mut command = Command::new(program("sanad-verify"));
    let output = command.args(["replay", &counter.text("cases")]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("another answer than expected") && said.contains("no line 9"), "{said}");
    assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
}

#[test]
fn a_voucher_says_what_to_hand_over_and_asks_for_its_serial() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let voucher = r#"{"type":"benefit","iss":"KE-SHA","cti":"d7d1872caff6ed01","iat":"2026-05-30","exp":"2026-06-20",
        "subject":{"number":"V-1","name":"Abebe Tesfaye"},"programme":"FOOD","benefit_type":"voucher","functions":["food"],
        "from":"2026-05-02","to":"2027-01-14","money":{"minor":150000,"currency":"KES"},"item":["maize flour, kg",25],
        "serials":[1,24],"areas":["KE"]}"#;
    let card = counter.card(voucher, &key("KE-SHA credential"));
    let say = |more: &[&str]| {
        let question =
            ["--place", "KE", "--benefit", "PAYOUT", "--person", "match", "--now", NOW, "--clock", "ok"];
        let output = counter.run(&[&["check", &card], &question[..], more].concat());
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    let (text, code) = say(&[]);
    assert_eq!(code, Some(0), "{text}");
    for words in ["1500.00 KES", "25 × maize flour, kg", "Pay out, or hand over", "This voucher has numbers"]
    {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(!text.contains("Treat the patient"), "{text}");
    assert!(!say(&["--serial", "3"]).0.contains("This voucher has numbers"));
    assert_eq!(say(&["--serial", "25"]).1, Some(10));
}

#[test]
fn a_place_where_the_facility_does_not_lie_is_a_fault_of_the_call() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let card = counter.household();
    let output = counter.run(&[
        "check",
        &card,
        "--place",
        "KE",
        "--benefit",
        "OPD",
        "--facility",
        "UG-F01",
        "--now",
        NOW,
    ]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("UG-F01 lies in UG, not in KE"));
}

#[test]
fn a_forged_paper_does_not_hide_that_the_card_lacks_the_line() {
    let counter = Counter::with(&region("2026-05-31", &[]));
    let (card, forged) = (counter.household(), counter.card(HOUSEHOLD, &key("a forger")));
    let (answer, code) = counter.ask(&[&card, &forged], "OPD", &["--member", "7"]);
    assert_eq!((code, answer["code"].clone()), (3, json!(3)), "{answer}");
}
