//! `issue --scheme` as an agency meets it: registrations and payments go in, cards and explanations come out.
//!
//! The schemes are those of `schemes/`, the people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const HEADER: &str = "number,name,birth,registered,class,payments";

/// A directory with an issuer.
struct Office(tempfile::TempDir);

impl Office {
    fn new(issuer: &str) -> Self {
        let office = Self(tempfile::tempdir().unwrap());
        let country = issuer.split('-').next().unwrap();
        let arguments = [
            "init",
            "issuer",
            "--issuer",
            issuer,
            "--country",
            country,
            "--name",
            "Invented",
            "--now",
            "2026-01-01",
        ];
        let init = office.run(&arguments);
        assert!(init.status.success(), "{}", said(&init.stderr));
        // For subdivisions the record must allow them; a country allows all of its own.
        office
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.at(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_sanad-issuer"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("SANAD_PASSPHRASE", "correct horse battery staple")
            .output()
            .unwrap()
    }

    /// Issues a register under the rules of a country.
    fn issue(&self, country: &str, input: &str, now: &str, more: &[&str]) -> Output {
        let scheme = schemes().join(country).join("scheme.json");
        let arguments =
            ["issue", "issuer", "--input", input, "--scheme", scheme.to_str().unwrap(), "--now", now];
        self.run(&[&arguments[..], more].concat())
    }

    /// The rows of a CSV file by their header.
    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.at(name)).unwrap();
        let header = reader.headers().unwrap().clone();
        let named = |row: csv::StringRecord| {
            header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
        };
        reader.records().map(|row| named(row.unwrap())).collect()
    }
}

fn schemes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes")
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Vec<Value> {
    said(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Four people of Rwanda's scheme: covered for half a year, for a year, free of charge, and not covered.
fn rwanda() -> Office {
    let office = Office::new("RW-CBHI");
    office.write("people.csv", &fs::read_to_string(schemes().join("rw-cbhi/people.csv")).unwrap());
    office
}

#[test]
fn cards_and_explanations_belong_together() {
    let office = rwanda();
    let run = office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out"]);
    assert!(run.status.success(), "{}", said(&run.stderr));
    assert!(
        said(&run.stdout).contains("3 documents signed, in out\n1 have no cover\n"),
        "{}",
        said(&run.stdout)
    );
    let explained = office.rows("out/explained.csv");
    let column = |name: &str| explained.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
    assert_eq!(column("line"), ["2", "3", "4", "5"]);
    assert_eq!(column("result"), ["covered", "covered", "covered", "not_covered"]);
    assert_eq!(column("start"), ["2026-07-20", "2026-07-01", "2026-07-02", ""]);
    assert_eq!(column("paid_through"), ["2026-12-31", "", "", ""]);
    assert_eq!(column("copay_class"), ["1", "1", "0", ""]);
    assert_eq!(column("missing"), ["6000", "0", "0", "2500"]);
    assert_eq!(column("contributed"), ["self=18000", "self=8000", "state=4000", "self=5000"]);
    assert!(
        explained[3]["explanation"]
            .contains("paid 5000 RWF of 10000 RWF: not enough, no cover; 2500 RWF missing for cover now")
    );
    // Who has a card is named by its id, and by nothing else.
    let index: BTreeMap<String, String> = office
        .rows("out/index.csv")
        .into_iter()
        .map(|row| (row["cti"].clone(), row["number"].clone()))
        .collect();
    let numbers: Vec<&str> =
        column("cti").into_iter().filter(|cti| !cti.is_empty()).map(|cti| index[cti].as_str()).collect();
    assert_eq!(numbers, ["RW-000101", "RW-000102", "RW-000103"]);
    let text = office.read("out/explained.csv");
    for person in ["Uwase", "Habimana", "RW-0001", "H-0101"] {
        assert!(!text.contains(person), "{person} is named");
    }
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(office.at("out/explained.csv")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_run_that_was_stopped_goes_on_and_signs_nobody_twice() {
    let office = rwanda();
    let issue = || office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out", "--json"]);
    let first = json(&issue());
    assert_eq!((&first[0]["issued"], &first[0]["uncovered"]), (&3.into(), &1.into()));
    let explained = office.read("out/explained.csv");
    // As if it had been killed before its last step, and before the pictures of one card.
    fs::remove_file(office.at("out/explained.csv")).unwrap();
    let cti = office.rows("out/index.csv")[0]["cti"].clone();
    fs::remove_file(office.at(&format!("out/{cti}.png"))).unwrap();
    let again = json(&issue());
    assert_eq!(
        (&again[0]["issued"], &again[0]["finished"], &again[0]["earlier"]),
        (&0.into(), &1.into(), &2.into())
    );
    assert_eq!(office.read("out/explained.csv"), explained);
    // The rest of what is due comes in: one new card, and the others stay.
    let paid = office.read("people.csv").replace("2026-07-20=6000", "2026-07-20=6000;2026-08-30=6000");
    office.write("people.csv", &paid);
    let later = office.issue("rw-cbhi", "people.csv", "2026-09-01", &["--out", "out", "--json"]);
    let later = json(&later);
    assert_eq!((&later[0]["issued"], &later[0]["earlier"]), (&1.into(), &2.into()));
}

#[test]
fn what_is_only_explained_is_not_signed() {
    let office = rwanda();
    let plain = office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--explain-only"]);
    assert_eq!(plain.status.code(), Some(0), "{}", said(&plain.stderr));
    let text = said(&plain.stdout);
    assert!(
        text.contains("line 2: covered 2026-07-20 to 2027-06-30, paid through 2026-12-31. class level_4; "),
        "{text}"
    );
    assert!(text.ends_with("3 covered, 1 not covered, 0 rows with mistakes; nothing was signed\n"), "{text}");
    let lines = json(&office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--dry-run", "--json"]));
    assert_eq!(lines[0]["result"], "covered");
    assert_eq!(lines[0]["functions"], serde_json::json!(["medical_care", "maternity"]));
    assert_eq!(lines[4], serde_json::json!({"covered": 3, "uncovered": 1, "bad": 0}));
    assert!(!office.at("out").exists());
    // Another day, another period.
    let next =
        office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--explain-only", "--as-of", "2027-07-01"]);
    assert!(said(&next.stdout).contains("2028-06-30"), "{}", said(&next.stdout));
    let signed =
        office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out", "--as-of", "2027-07-01"]);
    assert_eq!(signed.status.code(), Some(2));
}

#[test]
fn mistakes_are_named_with_line_and_column() {
    let office = Office::new("RW-CBHI");
    let good = "1,Test Person,1990,2026-07-01,level_3,2026-07-01=5000";
    let rows = [
        ("2,Test Person,1990,2026-07-01,level_9,", "class: must be one of level_1, level_2"),
        ("3,Test Person,1990,2026-07-01,,", "class: no class fits by itself, the registration must name it"),
        ("4,Test Person,1990,,level_3,", "registered: is missing"),
        (
            "5,Test Person,1990,2026-09-01,level_3,",
            "registered: 2026-09-01 is after the day of issue, 2026-08-01",
        ),
        ("6,Test Person,1990,2026-07-01,level_3,2026-07-01=50.5", "payments: 1 decimals, the currency has 0"),
        ("7,Test Person,1990,2026-07-01,level_3,2026-07-01", "payments: must be YYYY-MM-DD=amount"),
        ("8,Test Person,1990,2026-07-01,level_3,2026-08-02=5000", "payments: is after the day of issue"),
        ("9,Test Person,19901,2026-07-01,level_3,2026-07-01=5000", "birth: must be a birth date"),
        ("10,Test Person,19901,2026-07-01,level_3,", "birth: must be a birth date"),
        (
            "11,Test Person,1990,2026-07-01,level_3,2026-07-01=5000=friend",
            "payments: must be one of self, employer",
        ),
        ("12,Test Person,1990,2026-07-01,level_3,2026-07-01=-5", "payments: must be an amount in digits"),
        ("13,Test Person,1990,2026-07-32,level_3,", "registered: must be a day that the calendar has"),
    ];
    let text: Vec<&str> = rows.iter().map(|(row, _)| *row).collect();
    office.write("people.csv", &format!("{HEADER}\n{good}\n{}\n", text.join("\n")));
    let refused = office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out"]);
    assert_eq!(refused.status.code(), Some(3));
    let complaints = said(&refused.stderr);
    for (number, (row, words)) in (3..).zip(rows) {
        assert!(complaints.contains(&format!("people.csv, line {number}, {words}")), "{row}: {complaints}");
    }
    assert!(!office.at("out").exists(), "nothing was signed");
    let partly = office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out", "--keep-going"]);
    assert_eq!(partly.status.code(), Some(3));
    assert_eq!(office.rows("out/index.csv").len(), 1);
    assert_eq!(office.rows("out/explained.csv").len(), 1, "rejected rows are in their own file");
    assert_eq!(office.rows("out/people.rejected.csv").len(), rows.len());
}

#[test]
fn the_two_kinds_of_registers_are_not_taken_for_each_other() {
    let office = Office::new("RW-CBHI");
    office
        .write("people.csv", &format!("{HEADER},start\n1,Test Person,1990,2026-07-01,level_3,,2026-07-01\n"));
    let refused = office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(said(&refused.stderr).contains("is no column of registrations: the rules of the scheme give it"));
    office.write("people.csv", &format!("{HEADER}\n1,Test Person,1990,2026-07-01,level_3,\n"));
    let refused =
        office.run(&["issue", "issuer", "--input", "people.csv", "--out", "out", "--now", "2026-08-01"]);
    assert!(
        said(&refused.stderr).contains("is a column of registrations; say under which rules with --scheme")
    );
    office.write("people.ndjson", r#"{"subject":{"number":"1","name":"Test Person"},"registered":"2026-07-01","class":"level_3","start":"2026-07-01"}"#);
    let refused = office.issue("rw-cbhi", "people.ndjson", "2026-08-01", &["--out", "out"]);
    assert!(
        said(&refused.stderr).contains("people.ndjson, line 1: unknown member \"start\""),
        "{}",
        said(&refused.stderr)
    );
    let other = office.issue("ke-sha", "people.csv", "2026-08-01", &["--out", "out"]);
    assert_eq!(other.status.code(), Some(3));
    assert!(said(&other.stderr).contains("these are the rules of KE-SHA, this issuer is RW-CBHI"));
    assert!(!office.at("out").exists());
}

#[test]
fn ndjson_registrations_give_the_same_cards() {
    let office = rwanda();
    let row = r#"{"subject":{"number":"RW-000102","name":"Habimana Jean","birth":"1990-XX","household":"H-0102","role":"self"},"registered":"2026-07-01","class":"level_4","payments":[{"day":"2026-07-01","amount":"8000"}],"languages":["rw"]}"#;
    office.write("people.ndjson", &format!("{row}\n"));
    assert!(office.issue("rw-cbhi", "people.csv", "2026-08-01", &["--out", "out"]).status.success());
    let same = json(&office.issue("rw-cbhi", "people.ndjson", "2026-08-01", &["--out", "out", "--json"]));
    assert_eq!(
        (&same[0]["issued"], &same[0]["earlier"]),
        (&0.into(), &1.into()),
        "the card is there already"
    );
}

#[test]
fn a_scheme_file_that_is_none_signs_nobody() {
    let office = rwanda();
    let text = fs::read_to_string(schemes().join("rw-cbhi/scheme.json")).unwrap();
    for (old, new, words) in [
        (
            "7500",
            "17500",
            "cover.steps[0].paid_basis_points: error: step 1: a share of 175 % is more than the whole price",
        ),
        (r#""months": 6"#, r#""months": 12"#, "12 is not in 1..11"),
        (r#""unit": "household""#, r#""unit": "village""#, "unit"),
        (r#""currency": "RWF""#, r#""currency": "RWX""#, "currency"),
        (
            r#""served_elsewhere": false"#,
            r#""served_elsewhere": false, "note": "x""#,
            "unknown member \"note\"",
        ),
    ] {
        assert!(text.contains(old), "{old}");
        office.write("scheme.json", &text.replacen(old, new, 1));
        let arguments = [
            "issue",
            "issuer",
            "--input",
            "people.csv",
            "--scheme",
            "scheme.json",
            "--out",
            "out",
            "--now",
            "2026-08-01",
        ];
        let refused = office.run(&arguments);
        assert_eq!(refused.status.code(), Some(3), "{new}");
        assert!(
            said(&refused.stderr).contains("scheme.json") && said(&refused.stderr).contains(words),
            "{new}: {}",
            said(&refused.stderr)
        );
    }
    assert!(!office.at("out").exists());
    let missing = ["issue", "issuer", "--input", "people.csv", "--scheme", "none.json", "--out", "out"];
    assert_eq!(office.run(&missing).status.code(), Some(3));
    assert_eq!(office.run(&["issue", "issuer", "--input", "people.csv"]).status.code(), Some(2));
    assert_eq!(
        office.run(&["issue", "issuer", "--input", "people.csv", "--explain-only"]).status.code(),
        Some(2)
    );
}

/// The registers that lie beside the scheme files are examples to copy: every row of them is read.
#[test]
fn the_registers_beside_the_schemes_have_no_mistakes() {
    for (country, issuer, now, covered) in [
        ("br-mei", "BR-INSS", "2026-02-25", 2),
        ("et-cbhi", "ET-CBHI-AM-0412", "2026-08-10", 2),
        ("gh-nhis", "GH-NHIS", "2026-05-10", 5),
        ("in-pmjay", "IN-PMJAY-BR", "2026-04-15", 2),
        ("ke-sha", "KE-SHA", "2026-05-01", 3),
        ("na-msd", "NA-SSC", "2026-03-01", 2),
        ("pt-independent", "PT-ISS", "2026-04-20", 2),
        ("rw-cbhi", "RW-CBHI", "2026-08-01", 3),
        ("sn-mutuelle", "SN-MUT", "2026-05-01", 2),
    ] {
        let office = Office::new(issuer);
        office.write("people.csv", &fs::read_to_string(schemes().join(country).join("people.csv")).unwrap());
        let output = office.issue(country, "people.csv", now, &["--explain-only", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{country}: {}", said(&output.stderr));
        let lines = json(&output);
        assert_eq!(lines.last().unwrap()["covered"], covered, "{country}: {}", said(&output.stdout));
    }
}

/// The example of `docs/schemes.md`: its scheme, its register, and what is said of it.
#[test]
fn the_example_of_the_documentation_is_what_it_says() {
    let documented = include_str!("../../docs/schemes.md");
    let block = |first: &str| {
        let lines = documented.lines().skip_while(|line| !line.starts_with(&format!("    {first}")));
        lines.map_while(|line| line.strip_prefix("    ")).collect::<Vec<_>>()
    };
    let office = Office::new("RW-CBHI");
    office.write("scheme.json", &block("{").join("\n"));
    office.write("people.csv", &block("number,").join("\n"));
    let arguments = ["issue", "issuer", "--input", "people.csv", "--scheme", "scheme.json", "--explain-only"];
    let output = office.run(&[&arguments[..], &["--now", "2026-08-01"]].concat());
    assert_eq!(
        said(&output.stdout).lines().next().unwrap(),
        block("line 2").join(" "),
        "{}",
        said(&output.stderr)
    );
    let validated = office.run(&["authority", "validate", "scheme.json"]);
    assert!(validated.status.success(), "{}", said(&validated.stdout));
}

#[test]
fn the_columns_of_registrations_are_documented() {
    let office = rwanda();
    let columns = |more: &[&str]| -> Vec<String> {
        let output = office.run(&[&["columns", "--json"], more].concat());
        json(&output).iter().map(|line| line["column"].as_str().unwrap().to_owned()).collect()
    };
    let registrations = columns(&["--scheme"]);
    for column in
        ["registered", "renewed", "period", "class", "conditions", "income", "payments", "previous_end"]
    {
        assert!(registrations.iter().any(|known| known == column), "{column}");
    }
    assert!(!registrations.iter().any(|known| known == "start" || known == "copay_class"));
    assert!(columns(&[]).iter().any(|known| known == "start"));
    let documented = include_str!("../../docs/schemes.md");
    for column in registrations {
        assert!(documented.contains(&format!("`{column}`")), "docs/schemes.md does not name {column}");
    }
}
