//! `sanad-issuer derive`: an agency of Uganda derives rights from what a scheme of Kenya signed, and a clinic's program
//! opens them with the region's pack.
//!
//! All people, schemes, agreements and keys are invented. Refusals are asked for with `--dry-run`, which signs nothing.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{Claims, QrText, Status, StatusIndex, StatusList, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key};
use sanad_trust::client::sha256;
use serde_json::{Value, json};

const NOW: &str = "2026-05-15";
const PASSPHRASE: &str = "correct horse battery staple";

const HOST_RECORD: &str = "issuers/UG/UG-NHIS.json";

const RULEBOOK: &str = r#"{"issuer":"KE-SHA","product":"SHIF","kind":"compulsory","versions":[{"version":3,"from":"2026-01-01",
    "package":["EMER","OPD","ANC","MEDS","INP"],"preauth":[],"copay":[],"grace_days":30,"network_only":false,"week_days":6,
    "legal_ref":"invented","appeal":{"en":"appeal"},"pay":{"en":"pay"}}]}"#;

/// One row, in which hosts may derive unless a test says otherwise.
const AGREEMENT: &str = r#"{"id":"EAC-1","version":2,"from":"2026-02-01","to":"2026-12-31","legal_ref":"Protocol of Busia",
    "rows":[{"home":"KE-SHA","hosts":["UG","RW"],"groups":["EMER","OPD","ANC","SURG"],"preauth":[],"payer":"home","tariff":"host",
    "copay_basis":"home","copay":[],"host_may_derive":true,"claim_days":60,"good_faith_days":30}]}"#;

const SUBJECT: &str = r#""subject":{"number":"M-17","name":"Nekesa Barasa","native_names":[["sw","Nekesa"]],"birth":"1991~","check":"holder_key"}"#;

fn coverage() -> String {
    format!(
        r#"{{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-02-15","exp":"2029-01-14",
        "status":{{"idx":7,"uri":"https://s.example/KE-SHA/0"}},{SUBJECT},"product":"SHIF","rulebook":3,
        "functions":["medical_care","maternity"],"start":"2026-01-15","end":"2027-01-14","paid_through":"2026-09-30",
        "waits":{{"ANC":"2026-06-01"}},"copay_class":1,"territory":["KE"],"languages":["sw","en"]}}"#
    )
}

fn contribution(quality: &str) -> String {
    format!(
        r#"{{"type":"contribution","iss":"KE-SHA","cti":"c0c0c0c0c0c0c0c0","iat":"2026-02-15","exp":"2029-01-14",
        "status":{{"idx":8,"uri":"https://s.example/KE-SHA/0"}},{SUBJECT},"scheme":"SHIF","as_of":"2026-01-31",
        "lines":[{{"from":"2019-03-01","to":"2025-08-31","quantity":78,"unit":"month","kind":"employed",
        "functions":["old_age","unemployment"],"payer":"employer","quality":"{quality}"}}]}}"#
    )
}

/// The text with one thing changed.
#[track_caller]
fn changed(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in {text}");
    text.replacen(old, new, 1)
}

struct Agency {
    dir: tempfile::TempDir,
    region: Region,
}

impl Agency {
    /// Uganda's agency, made by its own program and listed in the region.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut region = Region::new("2026-04-01");
        for (country, signer) in [("KE", "KE trust"), ("UG", "UG trust")] {
            region.add_country(country, signer);
        }
        region.add_issuer("KE-SHA");
        region.add_target(Some("KE"), "rulebooks/KE/KE-SHA/SHIF.json", RULEBOOK);
        region.add_target(None, "agreements/EAC-1.json", AGREEMENT);
        let mut agency = Self { dir, region };
        let issuer = agency.text("issuer");
        #[rustfmt::skip]
        agency.done(&["init", &issuer, "--issuer", "UG-NHIS", "--country", "UG", "--name", "Invented",
                      "--status-prefix", "https://s.example/UG-NHIS/", "--now", "2026-04-01"]);
        agency.done(&["record", &issuer, "--out", &agency.text("record.json")]);
        let record = fs::read_to_string(agency.path("record.json")).unwrap();
        agency.region.add_target(Some("UG"), HOST_RECORD, &record);
        fs::write(agency.path("root.json"), agency.region.first_root()).unwrap();
        agency.publish("2026-05-01");
        agency
    }

    /// Publishes the region and packs it.
    fn publish(&mut self, now: &str) {
        self.region.publish(now);
        fs::write(self.path("region.sanadpack"), self.region.pack().write().unwrap()).unwrap();
    }

    fn list(&mut self, idx: u32, status: Status) {
        let mut list = StatusList::all_valid();
        list.set(StatusIndex::new(idx).unwrap(), status);
        self.region.add_list("KE-SHA", 0, "2026-05-10", &list);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(program("sanad-issuer"))
            .args(arguments)
            .env("SANAD_PASSPHRASE", PASSPHRASE)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", words(&output.stderr));
        output
    }

    /// Signs claims and keeps them in a file under this name.
    fn keep(&self, name: &str, claims: &str, signer: &str) -> String {
        let claims = Claims::from_json_text(claims).unwrap();
        let document = seal_entitlement(&claims, &key(signer)).unwrap();
        fs::write(self.path(name), QrText::from_document(&document).unwrap().as_str()).unwrap();
        self.text(name)
    }

    fn card(&self) -> String {
        self.keep("card", &coverage(), "KE-SHA credential")
    }

    fn record(&self) -> String {
        self.keep("record", &contribution("posted"), "KE-SHA credential")
    }

    /// With the root, at [`NOW`] and with JSON.
    fn derive(&self, arguments: &[&str]) -> Output {
        let (issuer, pack, root) =
            (self.text("issuer"), self.text("region.sanadpack"), self.text("root.json"));
        let fixed = ["derive", &issuer, "--pack", &pack, "--root", &root, "--now", NOW, "--json"];
        self.run(&[&fixed[..], arguments].concat())
    }

    #[track_caller]
    fn would_derive(&self, arguments: &[&str]) -> Value {
        let output = self.derive(&[arguments, &["--dry-run"]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", words(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], name: &str) {
        self.refused_at(NOW, arguments, name);
    }

    #[track_caller]
    fn refused_at(&self, now: &str, arguments: &[&str], name: &str) {
        let (issuer, pack, root) =
            (self.text("issuer"), self.text("region.sanadpack"), self.text("root.json"));
        let fixed =
            ["derive", &issuer, "--pack", &pack, "--root", &root, "--now", now, "--json", "--dry-run"];
        let output = self.run(&[&fixed[..], arguments].concat());
        let found = words(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{name}: {found}");
        assert!(found.contains(&format!("nothing was derived, {name}: ")), "{name}: {found}");
        assert!(!found.contains("Nekesa") && !found.contains("M-17"), "{found}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(answer["error"].as_str().unwrap().contains(name));
    }

    /// What a clinic's program says of a file.
    fn check(&self, file: &str) -> Value {
        let verify = |arguments: &[&str]| {
            let mut command = Command::new(program("sanad-verify"));
            command.args(arguments).arg("--state").arg(self.path("clinic")).arg("--json").output().unwrap()
        };
        verify(&["pack", "init", "--root", &self.text("root.json")]);
        let checked = verify(&["check", file, "--pack", &self.text("region.sanadpack"), "--now", NOW]);
        assert_eq!(checked.status.code(), Some(0), "{}", words(&checked.stderr));
        serde_json::from_slice(&checked.stdout).unwrap()
    }

    /// What a clinic in Uganda answers for a service: decision, reasons, payer.
    fn ask(&self, file: &str, benefit: &str) -> Value {
        let pack = self.text("region.sanadpack");
        let mut command = Command::new(program("sanad-verify"));
        command.args([
            "check", file, "--pack", &pack, "--now", NOW, "--clock", "ok", "--json", "--person", "match",
        ]);
        command.args(["--place", "UG", "--benefit", benefit]).arg("--state").arg(self.path("clinic"));
        let answer: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        json!([answer["decision"], answer["reasons"], answer["payer"]])
    }
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const STAY: [&str; 2] = ["--kind", "temporary_stay"];

#[test]
fn a_host_derives_a_right_once_and_a_clinic_opens_it_with_the_pack() {
    let agency = Agency::new();
    let (card, record) = (agency.card(), agency.record());
    let out = agency.text("out");
    let ask = [&STAY[..], &["--out", &out, &card, &record]].concat();
    let first = agency.derive(&ask);
    assert_eq!(first.status.code(), Some(0), "{}", words(&first.stderr));
    let first: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!((&first["issued"], &first["earlier"]), (&json!(1), &json!(0)));
    let expected = json!({
        "kind": "temporary_stay", "agreement": "EAC-1", "functions": ["medical_care", "maternity"],
        "from": "2026-02-01", "to": "2026-09-30", "home": "KE-SHA", "groups": ["EMER", "OPD"], "payer": "home",
        "tariff": "host", "hosts": ["UG"],
        "evidence": [["coverage", "KE-SHA", "e7f65ad7dc705578"], ["contribution", "KE-SHA", "c0c0c0c0c0c0c0c0"]],
        "derived_by": "host"
    });
    assert_eq!(first["derived"], expected);
    let left_out: Vec<&str> =
        first["left_out"].as_array().unwrap().iter().map(|group| group["group"].as_str().unwrap()).collect();
    assert_eq!(left_out, ["ANC", "SURG"], "one waits, one is not in the home package");

    let cti = first["cti"].as_str().unwrap();
    for ending in ["txt", "png", "svg"] {
        assert!(agency.path("out").join(format!("{cti}.{ending}")).exists());
    }
    let checked = agency.check(agency.path("out").join(format!("{cti}.png")).to_str().unwrap());
    assert_eq!(
        (&checked["verified"], &checked["issuer"], &checked["excess"]),
        (&json!(true), &json!("UG-NHIS"), &Value::Null)
    );
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(checked["claims"][member], *value, "{member}");
    }
    let claims = &checked["claims"];
    assert_eq!(
        (&claims["exp"], &claims["languages"]),
        (&json!("2026-10-01T00:00:00Z"), &json!(["sw", "en"]))
    );
    assert_eq!(
        (&claims["subject"]["number"], &claims["subject"]["birth"]),
        (&json!("M-17"), &json!("1991~"))
    );
    assert!(claims["subject"]["check"].is_null(), "the paper has no key that the holder could prove");
    assert!(claims["status"]["uri"].as_str().unwrap().starts_with("https://s.example/UG-NHIS/"));

    // The new issuer's list is not in the pack yet, and nobody said at which facility this is.
    let png = agency.path("out").join(format!("{cti}.png"));
    let covered = json!(["COVERED", ["STATUS_TOO_OLD", "FACILITY_UNKNOWN"], "home"]);
    assert_eq!(agency.ask(png.to_str().unwrap(), "OPD"), covered);
    let reasons = ["NOT_IN_AGREEMENT", "STATUS_TOO_OLD", "RULEBOOK_STALE", "FACILITY_UNKNOWN"];
    assert_eq!(agency.ask(png.to_str().unwrap(), "DENT"), json!(["NOT_COVERED", reasons, null]));

    // Another day, the evidence in another order and twice: the same document.
    let again = [&STAY[..], &["--out", &out, &record, &card, &card]].concat();
    let issuer = agency.text("issuer");
    let pack = agency.text("region.sanadpack");
    let fixed = ["derive", &issuer, "--pack", &pack, "--now", "2026-05-20", "--json"];
    let second = agency.done(&[&fixed[..], &again].concat());
    let second: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(
        (&second["issued"], &second["earlier"], &second["cti"]),
        (&json!(0), &json!(1), &first["cti"])
    );
    fs::remove_file(agency.path("out").join(format!("{cti}.png"))).unwrap();
    let third: Value = serde_json::from_slice(&agency.derive(&ask).stdout).unwrap();
    assert_eq!((&third["finished"], &third["cti"]), (&json!(1), &first["cti"]), "a lost file comes back");

    agency.done(&["status", &issuer, "revoke", cti]);
    let taken_back = agency.derive(&ask);
    assert_eq!(taken_back.status.code(), Some(3));
    assert!(words(&taken_back.stderr).contains("TAKEN_BACK"), "{}", words(&taken_back.stderr));
    let other_days =
        [&STAY[..], &["--from", "2026-06-01", "--to", "2026-06-30", "--out", &out, &card]].concat();
    let other: Value = serde_json::from_slice(&agency.derive(&other_days).stdout).unwrap();
    assert_eq!(
        (&other["issued"], &other["derived"]["groups"]),
        (&json!(1), &json!(["EMER", "OPD", "ANC"])),
        "the wait is over"
    );
}

#[test]
fn a_right_that_the_host_could_not_derive_any_more_covers_nothing() {
    let mut agency = Agency::new();
    let card = agency.card();
    let out = agency.text("out");
    let derived = agency.derive(&[&STAY[..], &["--out", &out, &card]].concat());
    let derived: Value = serde_json::from_slice(&derived.stdout).unwrap();
    let png = agency.path("out").join(format!("{}.png", derived["cti"].as_str().unwrap()));
    agency.check(png.to_str().unwrap());
    let ended = changed(AGREEMENT, r#""host_may_derive":true"#, r#""host_may_derive":false"#);
    agency.region.add_target(
        None,
        "agreements/EAC-1.json",
        &changed(&ended, r#""version":2"#, r#""version":3"#),
    );
    agency.publish("2026-05-14");
    let refused = json!(["NOT_COVERED", ["NO_AGREEMENT", "STATUS_TOO_OLD", "FACILITY_UNKNOWN"], null]);
    assert_eq!(agency.ask(png.to_str().unwrap(), "OPD"), refused);
}

#[test]
fn people_read_what_was_derived_and_why_and_a_dry_run_signs_nothing() {
    let agency = Agency::new();
    let (issuer, pack, root) =
        (agency.text("issuer"), agency.text("region.sanadpack"), agency.text("root.json"));
    let card = agency.card();
    let hash = sha256(&agency.region.first_root()).to_string();
    let fixed = ["derive", &issuer, &card, "--pack", &pack, "--kind", "residence", "--now", NOW];
    let none = agency.run(&[&fixed[..], &["--dry-run"]].concat());
    assert_eq!(none.status.code(), Some(3));
    assert!(words(&none.stderr).contains("no root of a region is pinned"), "{}", words(&none.stderr));
    let told = agency.done(&[&fixed[..], &["--root-sha256", &hash, "--dry-run"]].concat());
    let said = words(&told.stdout);
    for wanted in [
        "Derived: residence for a member of KE-SHA",
        "from, to   2026-02-01, 2026-09-30",
        "agreement EAC-1 version 2, row 1",
        "evidence   coverage e7f65ad7dc705578 of KE-SHA",
        "left out   ANC is covered from 2026-06-01 on; to have it, give --from 2026-06-01 or later",
        "left out   SURG is not in the home package",
        "Nothing was signed",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!agency.path("out").exists());
    agency.done(&[&fixed[..], &["--dry-run", "--root", &root]].concat());
    let other = Region::new("2026-04-02").first_root();
    fs::write(agency.path("other.json"), other).unwrap();
    let other = agency.run(&[&fixed[..], &["--dry-run", "--root", &agency.text("other.json")]].concat());
    assert_eq!(other.status.code(), Some(3));
    assert!(words(&other.stderr).contains("is pinned"), "{}", words(&other.stderr));
    let usage = agency.run(&fixed);
    assert_eq!(usage.status.code(), Some(2), "--out or --dry-run");
}

#[test]
fn each_kind_has_the_functions_and_evidence_that_it_needs() {
    let agency = Agency::new();
    let (card, record) = (agency.card(), agency.record());
    let injured =
        changed(&coverage(), r#"["medical_care","maternity"]"#, r#"["medical_care","employment_injury"]"#);
    let injured = agency.keep("injured", &injured, "KE-SHA credential");
    let found = agency.would_derive(&["--kind", "work_injury", &injured]);
    assert_eq!(
        found["derived"]["functions"],
        json!(["employment_injury"]),
        "for the accident and nothing else"
    );
    agency.refused(&["--kind", "work_injury", &card], "FUNCTION_MISSING");
    let planned = agency.would_derive(&["--kind", "planned_care", "--preauth", "KE-2026-77", &card]);
    assert_eq!(planned["derived"]["preauth"], "KE-2026-77");
    let provisional = agency.would_derive(&["--kind", "provisional", "--host", "UG-102", &card]);
    assert_eq!(provisional["derived"]["hosts"], json!(["UG-102"]));
    let periods = agency.would_derive(&["--kind", "periods", &record]);
    assert_eq!(periods["derived"]["functions"], json!(["unemployment", "old_age"]));
    assert_eq!(
        (&periods["derived"]["from"], &periods["derived"]["to"]),
        (&json!("2019-03-01"), &json!("2025-08-31"))
    );
    assert_eq!(periods["derived"]["groups"], json!([]), "periods give no right to care");

    agency.refused(&["--kind", "periods", &card], "EVIDENCE_TYPE");
    agency.refused(&[&STAY[..], &[&record]].concat(), "EVIDENCE_MISSING");
    let receipts = agency.keep("receipts", &contribution("provisional"), "KE-SHA credential");
    agency.refused(&["--kind", "periods", &receipts], "NOTHING_POSTED");
    let pension = changed(&coverage(), r#"["medical_care","maternity"]"#, r#"["old_age"]"#);
    let pension = agency.keep("pension", &pension, "KE-SHA credential");
    agency.refused(&[&STAY[..], &[&pension]].concat(), "FUNCTION_MISSING");
    for arguments in [
        &["--kind", "legislation"][..],
        &["--kind", "planned_care"],
        &["--kind", "residence", "--preauth", "KE-2026-77"],
        &["--kind", "periods", "--from", "2019-03-01"],
        &["--kind", "pension"],
    ] {
        assert_eq!(
            agency.derive(&[arguments, &["--dry-run", &card]].concat()).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn evidence_that_does_not_hold_is_refused_by_name() {
    let mut agency = Agency::new();
    let stay = |file: &str| [STAY[0], STAY[1], file].map(str::to_owned);
    let refused = |agency: &Agency, file: &str, name: &str| {
        agency.refused(&stay(file).iter().map(String::as_str).collect::<Vec<_>>(), name);
    };
    let of = |agency: &Agency, old: &str, new: &str, signer: &str| {
        agency.keep("changed", &changed(&coverage(), old, new), signer)
    };
    let card = agency.card();

    let text = fs::read_to_string(&card).unwrap();
    fs::write(agency.path("cut"), &text[..text.len() - 3]).unwrap();
    refused(&agency, &agency.text("cut"), "EVIDENCE_UNREADABLE");
    refused(&agency, &agency.text("no-such-file"), "EVIDENCE_UNREADABLE");
    let forged = agency.keep("forged", &coverage(), "somebody");
    refused(&agency, &forged, "EVIDENCE_NOT_AUTHENTIC");
    let status_key = agency.keep("forged", &coverage(), "KE-SHA delegation");
    refused(&agency, &status_key, "EVIDENCE_NOT_AUTHENTIC");
    let beyond = of(&agency, r#"["KE"]"#, r#"["TZ"]"#, "KE-SHA credential");
    refused(&agency, &beyond, "EVIDENCE_OUT_OF_SCOPE");
    let expired = of(&agency, "2029-01-14", "2026-05-15", "KE-SHA credential");
    refused(&agency, &expired, "EVIDENCE_EXPIRED");
    let later = of(&agency, r#""iat":"2026-02-15""#, r#""iat":"2026-05-16""#, "KE-SHA credential");
    refused(&agency, &later, "EVIDENCE_NOT_YET");
    let lapsed = of(&agency, "2026-09-30", "2026-05-14", "KE-SHA credential");
    refused(&agency, &lapsed, "COVER_OVER");
    let newer = of(&agency, r#""rulebook":3"#, r#""rulebook":4"#, "KE-SHA credential");
    refused(&agency, &newer, "RULEBOOK_OLD");

    let membership = format!(
        r#"{{"type":"membership","iss":"KE-SHA","cti":"0a0a0a0a0a0a0a0a","iat":"2026-02-15","exp":"2029-01-14",
        "status":{{"idx":9,"uri":"https://s.example/KE-SHA/0"}},{SUBJECT},"scheme":"SHIF","since":"2020-01-01"}}"#
    );
    let membership = agency.keep("membership", &membership, "KE-SHA credential");
    refused(&agency, &membership, "EVIDENCE_TYPE");
    let delegation = format!(
        r#"{{"type":"delegation","iss":"KE-SHA","cti":"0b0b0b0b0b0b0b0b","iat":"2026-02-15","exp":"2029-01-14",
        "status":{{"idx":10,"uri":"https://s.example/KE-SHA/0"}},"id":"KE-COOP","key":"{}","scopes":["receipt"],
        "from":"2026-02-15","to":"2026-12-31"}}"#,
        key("co-operative").public_key()
    );
    let delegation = agency.keep("delegation", &delegation, "KE-SHA delegation");
    refused(&agency, &delegation, "EVIDENCE_TYPE");

    for (status, name) in [
        (Status::Revoked, "EVIDENCE_REVOKED"),
        (Status::Suspended, "EVIDENCE_SUSPENDED"),
        (Status::Superseded, "EVIDENCE_SUPERSEDED"),
    ] {
        agency.list(7, status);
        agency.publish("2026-05-12");
        refused(&agency, &card, name);
    }
    agency.list(99, Status::Revoked);
    agency.publish("2026-05-13");
    agency.would_derive(&[&STAY[..], &[&card]].concat());
    agency.region.files.retain(|name, _| !name.starts_with("status/"));
    agency.publish("2026-05-14");
    refused(&agency, &card, "STATUS_NOT_KNOWN");
}

#[test]
fn documents_that_do_not_belong_together_are_refused_by_name() {
    let mut agency = Agency::new();
    let card = agency.card();
    agency.region.add_country("RW", "RW trust");
    agency.region.add_issuer("RW-CBHI");
    agency.region.add_issuer("UG-COOP");
    agency.publish("2026-05-02");
    let ask = |files: &[&str]| [&STAY[..], files].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let refused = |files: &[&str], name: &str| {
        agency.refused(&ask(files).iter().map(String::as_str).collect::<Vec<_>>(), name);
    };
    let of = |name: &str, iss: &str, claims: &str| {
        let claims = claims.replace("KE-SHA", iss).replace(r#"["KE"]"#, &format!(r#"["{}"]"#, &iss[..2]));
        agency.keep(name, &claims, &format!("{iss} credential"))
    };
    let rwanda = of("rwanda", "RW-CBHI", &contribution("posted"));
    refused(&[&card, &rwanda], "SEVERAL_ISSUERS");
    refused(&[&of("own", "UG-COOP", &coverage())], "OWN_COUNTRY");
    refused(&[&card, &of("own", "UG-COOP", &contribution("posted"))], "OWN_COUNTRY");

    let other = changed(&contribution("posted"), "M-17", "M-18");
    let other = agency.keep("other", &other, "KE-SHA credential");
    refused(&[&card, &other], "PERSON_NOT_CONFIRMED");
    let confirmed =
        agency.would_derive(&[&STAY[..], &[&card, &other, "--same-person", "confirmed"]].concat());
    assert_eq!(confirmed["derived"]["evidence"].as_array().unwrap().len(), 2);

    let twin = changed(&coverage(), "2026-09-30", "2026-12-31");
    let twin = agency.keep("twin", &twin, "KE-SHA credential");
    refused(&[&card, &twin], "SAME_ID_OTHER_CONTENT");
    let second = changed(&coverage(), "e7f65ad7dc705578", "e7f65ad7dc705579");
    let second = agency.keep("second", &second, "KE-SHA credential");
    refused(&[&card, &second], "SEVERAL_COVERAGES");
}

#[test]
fn without_a_row_that_lets_hosts_derive_nothing_is() {
    let mut agency = Agency::new();
    let card = agency.card();
    let stay = [STAY[0], STAY[1], &card];
    agency.refused(&[&stay[..], &["--agreement", "EAC-2"]].concat(), "NO_AGREEMENT");
    agency.refused(&[&stay[..], &["--host", "RW"]].concat(), "NO_AGREEMENT");
    agency.refused(&[&stay[..], &["--to", "2026-10-01"]].concat(), "DAYS_OUTSIDE");
    agency.refused(&[&stay[..], &["--from", "2026-01-31"]].concat(), "DAYS_OUTSIDE");
    agency.refused(&[&stay[..], &["--from", "2026-06-02", "--to", "2026-06-01"]].concat(), "DAYS_OUTSIDE");
    agency.refused(&[&stay[..], &["--to", "2026-05-14"]].concat(), "COVER_OVER");
    for (day, old, new, name) in [
        ("2026-05-02", r#""home":"KE-SHA""#, r#""home":"KE-NSSF""#, "NO_AGREEMENT"),
        ("2026-05-03", r#"["UG","RW"]"#, r#"["RW"]"#, "NO_AGREEMENT"),
        ("2026-05-04", "2026-12-31", "2026-05-14", "NO_AGREEMENT"),
        ("2026-05-05", "2026-02-01", "2026-05-16", "NO_AGREEMENT"),
        ("2026-05-06", r#""host_may_derive":true"#, r#""host_may_derive":false"#, "HOST_MAY_NOT_DERIVE"),
        ("2026-05-07", r#"["EMER","OPD","ANC","SURG"]"#, r#"["ANC","SURG"]"#, "NOTHING_COVERED"),
    ] {
        agency.region.add_target(None, "agreements/EAC-1.json", &changed(AGREEMENT, old, new));
        agency.publish(day);
        agency.refused(&stay, name);
    }
    // An earlier row that hosts may not derive from keeps its groups.
    let row = AGREEMENT.split_once(r#""rows":["#).unwrap().1.trim_end_matches("]}");
    let earlier = row.replace("true", "false").replace(r#"["EMER","OPD","ANC","SURG"]"#, r#"["OPD"]"#);
    let both = changed(AGREEMENT, row, &format!("{earlier},{row}"));
    agency.region.add_target(None, "agreements/EAC-1.json", &both);
    agency.publish("2026-05-08");
    let found = agency.would_derive(&stay);
    assert_eq!(found["derived"]["groups"], json!(["EMER"]));
    // Without the rulebook the agreement alone says for what.
    agency.region.add_target(None, "agreements/EAC-1.json", AGREEMENT);
    agency.region.countries.get_mut("KE").unwrap().targets.remove("rulebooks/KE/KE-SHA/SHIF.json");
    agency.publish("2026-05-09");
    assert_eq!(agency.would_derive(&stay)["derived"]["groups"], json!(["EMER", "OPD", "SURG"]));
}

#[test]
fn an_issuer_that_may_not_sign_such_rights_derives_none() {
    let mut agency = Agency::new();
    let card = agency.card();
    let stay = [STAY[0], STAY[1], &card];
    let record = fs::read_to_string(agency.path("record.json")).unwrap();
    let mut without: Value = serde_json::from_str(&record).unwrap();
    without["types"] = json!(["coverage"]);
    agency.region.add_target(Some("UG"), HOST_RECORD, &without.to_string());
    agency.publish("2026-05-02");
    agency.refused(&stay, "TYPE_NOT_GRANTED");
    agency.region.countries.get_mut("UG").unwrap().targets.remove(HOST_RECORD);
    agency.publish("2026-05-03");
    agency.refused(&stay, "NOT_LISTED");
    agency.region.add_target(Some("UG"), HOST_RECORD, &record);
    agency.region.add_target(
        None,
        "grants/UG.json",
        r#"{"country":"UG","types":["coverage"],"areas":["UG"]}"#,
    );
    agency.publish("2026-05-04");
    agency.refused(&stay, "TYPE_NOT_GRANTED");
    agency.region.add_target(
        None,
        "grants/UG.json",
        r#"{"country":"UG","types":["cross_border"],"areas":["UG-102"]}"#,
    );
    agency.publish("2026-05-05");
    assert_eq!(
        agency.would_derive(&stay)["derived"]["hosts"],
        json!(["UG-102"]),
        "no further than the grant"
    );
    let toml = agency.path("issuer").join("issuer.toml");
    let config = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, changed(&config, "\"cross_border\", ", "")).unwrap();
    agency.refused(&stay, "TYPE_NOT_GRANTED");
}

#[test]
fn packs_that_are_old_or_rolled_back_and_clocks_behind_are_refused() {
    let mut agency = Agency::new();
    let card = agency.card();
    let stay = [STAY[0], STAY[1], &card];
    agency.refused_at("2026-04-30", &stay, "CLOCK_BEHIND");
    agency.refused_at("2026-06-01", &stay, "PACK_OLD");
    let old = fs::read(agency.path("region.sanadpack")).unwrap();
    let list = StatusList::all_valid();
    agency.region.add_list("KE-SHA", 0, "2026-05-01", &list);
    agency.publish("2026-05-30");
    agency.refused_at("2026-06-01", &stay, "STATUS_OLD");
    // The newer pack was only looked at, and raised the floors.
    fs::write(agency.path("region.sanadpack"), old).unwrap();
    let rolled_back = agency.derive(&[&stay[..], &["--dry-run"]].concat());
    assert_eq!(rolled_back.status.code(), Some(3));
    assert!(words(&rolled_back.stderr).contains("is older than version"), "{}", words(&rolled_back.stderr));
    let region = agency.path("issuer").join("region.json");
    fs::write(&region, "{}").unwrap();
    let damaged = agency.derive(&[&stay[..], &["--dry-run"]].concat());
    assert_eq!(damaged.status.code(), Some(3), "a damaged file is not an issuer without floors");
    assert!(words(&damaged.stderr).contains("restore it"), "{}", words(&damaged.stderr));
    for rubbish in [&b""[..], b"no pack", b"\x1f\x8b\x08"] {
        fs::write(agency.path("region.sanadpack"), rubbish).unwrap();
        fs::remove_file(&region).ok();
        let output = agency.derive(&[&stay[..], &["--dry-run"]].concat());
        assert_eq!(output.status.code(), Some(3), "{}", words(&output.stderr));
        assert!(!region.exists(), "nothing is pinned by a pack that does not read");
    }
}
