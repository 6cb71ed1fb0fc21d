//! `sanad-verify totals` with real packs: an invented fisher who paid in Senegal, Côte d'Ivoire and Ghana.
//!
//! All people, schemes and keys are invented. The arithmetic is tested in `sanad-verifier`; here is what counts under a
//! pack, what is named, and how it ends.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{Claims, QrText, Status, StatusIndex, StatusList, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key};
use serde_json::{Value, json};

const NOW: &str = "2026-06-01";

struct Office {
    dir: tempfile::TempDir,
}

/// A contribution record; `more` are further members of the claims.
fn record(iss: &str, cti: u8, idx: u32, lines: &str, more: &str) -> String {
    let cti = format!("{cti:02x}").repeat(8);
    format!(
        r#"{{"type":"contribution","iss":"{iss}","cti":"{cti}","iat":"2026-03-01","exp":"2029-01-14",
        "status":{{"idx":{idx},"uri":"https://s.example/{iss}/0"}},"subject":{{"number":"{iss} 7","name":"Mamadou Test"}},
        "scheme":"Pensions","as_of":"2025-12-31","lines":[{lines}]{more}}}"#
    )
}

fn line(from: &str, to: &str, quantity: u32, unit: &str, quality: &str) -> String {
    format!(
        r#"{{"from":"{from}","to":"{to}","quantity":{quantity},"unit":"{unit}","kind":"employed","functions":["old_age"],"payer":"employer","quality":"{quality}"}}"#
    )
}

fn rulebook(issuer: &str, week_days: u8) -> String {
    format!(
        r#"{{"issuer":"{issuer}","product":"PENSION","kind":"compulsory","versions":[{{"version":1,"from":"2026-01-01","package":[],"preauth":[],"copay":[],"grace_days":0,"network_only":false,"week_days":{week_days},"legal_ref":"invented","appeal":{{"en":"appeal"}},"pay":{{"en":"pay"}}}}]}}"#
    )
}

/// Status 1 is revoked, 2 suspended, 3 superseded, in the lists of all issuers.
fn region() -> Region {
    let mut region = Region::new("2026-04-01");
    let mut list = StatusList::all_valid();
    for (index, status) in [(1, Status::Revoked), (2, Status::Suspended), (3, Status::Superseded)] {
        list.set(StatusIndex::new(index).unwrap(), status);
    }
    for (country, signer, iss, week) in [
        ("SN", "SN trust", "SN-IPRES", 6),
        ("CI", "CI trust", "CI-CNPS", 7),
        ("GH", "GH trust", "GH-SSNIT", 5),
    ] {
        region.add_country(country, signer);
        region.add_issuer(iss);
        region.add_list(iss, 0, "2026-05-01", &list);
        let path = format!("rulebooks/{country}/{iss}/PENSION.json");
        region.add_target(Some(country), &path, &rulebook(iss, week));
    }
    region.publish("2026-05-01");
    region
}

impl Office {
    fn of(region: &Region) -> Self {
        let office = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(office.path("root.json"), region.first_root()).unwrap();
        fs::write(office.path("region.sanadpack"), region.pack().write().unwrap()).unwrap();
        let init = office.verify(&["pack", "init", "--root", &office.text("root.json")]);
        assert!(init.status.success(), "{}", text(&init.stderr));
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn verify(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sanad-verify"));
        command.args(arguments).arg("--state").arg(self.path("state")).output().unwrap()
    }

    fn totals(&self, arguments: &[&str]) -> Output {
        let pack = self.text("region.sanadpack");
        self.verify(&[&["totals", "--pack", &pack, "--now", NOW], arguments].concat())
    }

    /// Signs claims and keeps them in a file under this name.
    fn keep(&self, name: &str, claims: &str, signer: &str) -> String {
        let claims = Claims::from_json_text(claims).unwrap();
        let document = seal_entitlement(&claims, &key(signer)).unwrap();
        fs::write(self.path(name), QrText::from_document(&document).unwrap().as_str()).unwrap();
        self.text(name)
    }

    /// The worked example: 96 months, 61 of which one overlaps, 30 in days of a five-day week, three provisional.
    fn worked_example(&self) -> [String; 4] {
        let ghana = [
            line("2019-01-01", "2021-06-30", 660, "day", "posted"),
            line("2021-07-01", "2021-09-30", 3, "month", "provisional"),
        ];
        let senegal = |cti, idx, line: &str| record("SN-IPRES", cti, idx, line, "");
        [
            self.keep(
                "sn1",
                &senegal(1, 10, &line("2005-01-01", "2008-12-31", 48, "month", "posted")),
                "SN-IPRES credential",
            ),
            self.keep(
                "sn2",
                &senegal(2, 11, &line("2009-01-01", "2012-12-31", 48, "month", "posted")),
                "SN-IPRES credential",
            ),
            self.keep(
                "ci",
                // Signed later than Senegal's: the month of both is Senegal's.
                &record("CI-CNPS", 3, 12, &line("2012-12-01", "2017-12-31", 61, "month", "posted"), "")
                    .replace("2026-03-01", "2026-03-02"),
                "CI-CNPS credential",
            ),
            self.keep("gh", &record("GH-SSNIT", 4, 13, &ghana.join(","), ""), "GH-SSNIT credential"),
        ]
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn json_of(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn months(answer: &Value) -> Vec<(&str, u64)> {
    let rows = answer["functions"][0]["issuers"].as_array().unwrap();
    rows.iter().map(|row| (row["issuer"].as_str().unwrap(), row["own"].as_u64().unwrap())).collect()
}

#[test]
fn the_worked_example_comes_out_of_signed_records_in_any_order_and_twice() {
    let office = Office::of(&region());
    let [sn1, sn2, ci, gh] = office.worked_example();
    let ask = ["--same-person", "confirmed", "--minimum", "180", "--json"];
    let first = office.totals(&[&ask[..], &[&sn1, &sn2, &ci, &gh]].concat());
    let answer = json_of(&first, 0);
    assert_eq!(months(&answer), [("CI-CNPS", 60), ("GH-SSNIT", 30), ("SN-IPRES", 96)]);
    let old_age = &answer["functions"][0];
    assert_eq!(old_age["total"], 186);
    assert_eq!(old_age["issuers"][2]["share"], json!({"months": [96, 186], "reduced": [16, 31]}));
    assert_eq!(old_age["issuers"][2]["qualifies"], true);
    assert_eq!(old_age["overlaps"][0]["months"], 1);
    assert_eq!(old_age["gaps"], json!([{"from": "2018-01", "to": "2018-12", "months": 12}]));
    assert_eq!(old_age["provisional"], json!([{"issuer": "GH-SSNIT", "months": 3, "not_posted": 3}]));
    assert_eq!((&answer["not_counted"], answer["records"].as_array().unwrap().len()), (&json!([]), 4));
    for order in [[&gh, &ci, &sn2, &sn1], [&ci, &gh, &sn1, &sn2], [&sn2, &gh, &ci, &sn1]] {
        let order = order.map(String::as_str);
        assert_eq!(office.totals(&[&ask[..], &order].concat()).stdout, first.stdout);
        assert_eq!(office.totals(&[&ask[..], &order, &order].concat()).stdout, first.stdout);
    }
    let people = office.totals(&[&ask[..4], &[&sn1, &sn2, &ci, &gh]].concat());
    let words = text(&people.stdout);
    for wanted in [
        "not a pension figure",
        "old_age: 186 months, 2005-01 to 2021-06",
        "96/186 = 16/31",
        "2012-12: for SN-IPRES (compulsory, ",
        "2018-01 to 2018-12 (12 months)",
        "GH-SSNIT: 3 months, 3 of them in nobody's books",
    ] {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
}

#[test]
fn records_that_do_not_count_are_named_and_the_others_are_counted() {
    let region = region();
    let office = Office::of(&region);
    let [sn1, ..] = office.worked_example();
    let year = line("2020-01-01", "2020-12-31", 12, "month", "posted");
    let of = |cti, idx, more: &str| record("SN-IPRES", cti, idx, &year, more);
    let coverage = r#"{"type":"coverage","iss":"SN-IPRES","cti":"0909090909090909","iat":"2026-02-15","exp":"2029-01-14",
        "status":{"idx":20,"uri":"https://s.example/SN-IPRES/0"},"subject":{"number":"SN-IPRES 7","name":"Mamadou Test"},
        "product":"BASE","rulebook":1,"functions":["old_age"],"start":"2026-01-15","end":"2027-01-14","copay_class":1,
        "territory":["SN"]}"#;
    let damaged = office.keep("damaged", &of(10, 30, ""), "SN-IPRES credential");
    let shortened = fs::read_to_string(&damaged).unwrap();
    fs::write(&damaged, &shortened[..shortened.len() - 3]).unwrap();
    for (name, claims, signer, fault) in [
        ("revoked", of(5, 1, ""), "SN-IPRES credential", "revoked"),
        ("suspended", of(6, 2, ""), "SN-IPRES credential", "suspended"),
        ("superseded", of(7, 3, ""), "SN-IPRES credential", "ask for the newer record"),
        ("stranger", of(8, 4, ""), "somebody", "has no key"),
        ("forged", of(11, 5, ""), "CI-CNPS credential", "does not hold"),
        ("coverage", coverage.to_owned(), "SN-IPRES credential", "not a contribution record"),
    ] {
        let file = office.keep(name, &claims, signer);
        let output = office.totals(&["--json", &sn1, &file]);
        let answer = json_of(&output, 3);
        assert_eq!(months(&answer), [("SN-IPRES", 48)], "{name}");
        let found = answer["not_counted"][0]["fault"].as_str().unwrap();
        assert!(found.contains(fault), "{name}: {found}");
        assert!(text(&office.totals(&[&sn1, &file]).stdout).contains("NOT COUNTED"), "{name}");
    }
    for argument in [damaged.as_str(), "no-such-file", "SND1:RUBBISH"] {
        let answer = json_of(&office.totals(&["--json", &sn1, argument]), 3);
        assert_eq!(months(&answer), [("SN-IPRES", 48)], "{argument}");
        assert_eq!(answer["not_counted"].as_array().unwrap().len(), 1);
    }
    let none = json_of(&office.totals(&["--json", &damaged]), 3);
    assert_eq!((&none["functions"], none["not_counted"].as_array().unwrap().len()), (&json!([]), 1));
}

#[test]
fn a_superseded_record_beside_its_newer_one_is_left_out_without_a_fault() {
    let office = Office::of(&region());
    let year = |quantity| line("2020-01-01", "2020-12-31", quantity, "month", "posted");
    let old = office.keep("old", &record("SN-IPRES", 5, 3, &year(12), ""), "SN-IPRES credential");
    let more = r#","replaces":"0505050505050505""#;
    let new = office.keep("new", &record("SN-IPRES", 6, 40, &year(6), more), "SN-IPRES credential");
    let answer = json_of(&office.totals(&["--json", &old, &new]), 0);
    assert_eq!(months(&answer), [("SN-IPRES", 6)]);
    assert_eq!(answer["replaced"][0]["by"], "0606060606060606");
}

#[test]
fn what_a_delegate_signed_is_provisional_and_ends_with_its_delegation() {
    let mut region = region();
    let delegation = |idx| {
        let public = key("co-operative").public_key();
        let text = format!(
            r#"{{"type":"delegation","iss":"SN-IPRES","cti":"d0d0d0d0d0d0d0d0","iat":"2026-02-01","exp":"2029-01-14",
            "status":{{"idx":{idx},"uri":"https://s.example/SN-IPRES/0"}},"id":"SN-COOP","key":"{public}","scopes":["receipt"],
            "from":"2026-02-01","to":"2026-12-31"}}"#
        );
        seal_entitlement(&Claims::from_json_text(&text).unwrap(), &key("SN-IPRES delegation")).unwrap()
    };
    let line = line("2026-01-01", "2026-02-28", 2, "month", "provisional");
    let claims = record("SN-IPRES", 5, 50, &line, r#","delegation":"SN-COOP""#);
    for (idx, code) in [(60, 0), (1, 3)] {
        region.files.insert("delegations/index.json".into(), br#"["d0d0d0d0d0d0d0d0.cwt"]"#.to_vec());
        region.files.insert("delegations/d0d0d0d0d0d0d0d0.cwt".into(), delegation(idx));
        let office = Office::of(&region);
        let receipt = office.keep("receipt", &claims, "co-operative");
        let answer = json_of(&office.totals(&["--json", &receipt]), code);
        if code == 0 {
            assert_eq!(
                (&answer["functions"][0]["total"], &answer["functions"][0]["provisional"][0]["months"]),
                (&json!(0), &json!(2))
            );
        } else {
            assert!(answer["not_counted"][0]["fault"].as_str().unwrap().contains("delegation"), "{answer}");
        }
    }
}

#[test]
fn days_of_an_issuer_without_a_rulebook_are_named_and_not_converted() {
    let mut region = region();
    region.countries.get_mut("GH").unwrap().targets.remove("rulebooks/GH/GH-SSNIT/PENSION.json");
    region.publish("2026-05-02");
    let office = Office::of(&region);
    let [.., gh] = office.worked_example();
    let answer = json_of(&office.totals(&["--json", &gh]), 3);
    assert_eq!(
        answer["not_convertible"],
        json!([{"issuer": "GH-SSNIT", "cti": "0404040404040404", "line": 0, "quantity": 660, "unit": "day"}])
    );
    assert_eq!((&answer["functions"][0]["total"], &answer["not_counted"]), (&json!(0), &json!([])));
}

#[test]
fn a_status_that_is_not_known_is_said_and_refuses_nothing() {
    let mut region = region();
    region.files.retain(|name, _| !name.starts_with("status/"));
    let office = Office::of(&region);
    let [sn1, ..] = office.worked_example();
    let answer = json_of(&office.totals(&["--json", &sn1]), 0);
    assert_eq!(answer["statuses"][0]["state"], "no_list");
    assert!(text(&office.totals(&[&sn1]).stdout).contains("STATUS NOT KNOWN"));
}

#[test]
fn several_members_need_a_confirmation_and_one_id_has_one_content() {
    let office = Office::of(&region());
    let [sn1, _, ci, _] = office.worked_example();
    let refused = office.totals(&["--json", &sn1, &ci]);
    assert!(json_of(&refused, 3)["error"].as_str().unwrap().contains("--same-person confirmed"));
    assert!(!text(&refused.stderr).contains("Mamadou") && !text(&refused.stderr).contains("SN-IPRES 7"));
    assert_eq!(office.totals(&["--same-person", "yes", &sn1, &ci]).status.code(), Some(2));
    let twin = line("2005-01-01", "2008-12-31", 12, "month", "posted");
    let twin = office.keep("twin", &record("SN-IPRES", 1, 10, &twin, ""), "SN-IPRES credential");
    let refused = json_of(&office.totals(&["--json", &sn1, &twin]), 3);
    assert!(
        refused["error"].as_str().unwrap().contains("two different documents with the id 0101010101010101")
    );
}

#[test]
fn months_that_nobody_could_mean_are_wrong_usage() {
    let office = Office::of(&region());
    let [sn1, ..] = office.worked_example();
    for arguments in [
        ["--minimum", "0"],
        ["--minimum", "-1"],
        ["--minimum", "15y"],
        ["--minimum", "3601"],
        ["--minimum", "SN=180"],
        ["--minimum", "SN-IPRES="],
        ["--maximum", "0"],
        ["--function", "pension"],
    ] {
        let output = office.totals(&[&arguments[..], &["--json", &sn1]].concat());
        assert_eq!(json_of(&output, 2)["code"], 2, "{arguments:?}");
    }
    let twice = office.totals(&["--json", "--minimum", "180", "--minimum", "120", &sn1]);
    json_of(&twice, 2);
    let answer =
        json_of(&office.totals(&["--json", "--minimum", "180", "--minimum", "SN-IPRES=48", &sn1]), 0);
    assert_eq!(answer["functions"][0]["issuers"][0]["alone"], true);
    let contrary = office.totals(&["--json", "--minimum", "180", "--maximum", "120", &sn1]);
    assert!(json_of(&contrary, 3)["error"].as_str().unwrap().contains("maximum of 120"));
}
