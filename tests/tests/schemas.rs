//! The JSON Schemas of `docs/schemas`, held against the readers: what a schema refuses, the reader refuses, and the other
//! way round wherever a schema can say it. Read by software that we did not write, Python's `jsonschema`.
//!
//! Every file of `schemes/` and `docs/ceremony` is accepted by both. Then each of some files is changed at each place:
//! a member left out, one too many, values of other types and out of range.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sanad_credential::Fault;
use sanad_issuer::scheme::Scheme;
use sanad_trust::{Agreement, Facilities, Grant, HostRules, IssuerRecord, Rulebook};
use serde_json::{Value, json};

/// The keys are those of RFC 8032, section 7.1; the issuer is invented.
const RECORD: &str = r#"{
  "iss": "KE-SHA", "country": "KE", "names": {"en": "Invented"}, "did": "did:web:sha.example",
  "keys": [
    {"kid": "866eefbd6718c884", "alg": "Ed25519",
     "x": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "use": "credential", "from": "2026-01-01", "to": null, "state": "active"},
    {"kid": "5c840f7a40230170", "alg": "Ed25519",
     "x": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "use": "status", "from": "2026-01-01", "to": "2027-12-31", "state": "retired"}
  ],
  "types": ["coverage"], "areas": ["KE"], "status": {"prefix": "https://sl.example/k/", "lists": 2},
  "contact": {"en": "Call 0800 000 000"}
}"#;

/// A scheme with every member that there is. Invented.
const SCHEME: &str = r#"{
  "issuer": "KE-SHA", "product": "ALL", "rulebook": 1, "version": 1, "from": "2026-01-01", "legal_ref": "Act 1",
  "currency": "KES", "territory": ["KE", "KE-30"], "max_level": 3, "pooled": true,
  "survives_suspension": ["EMER"], "grace_days": 30, "unit": "household",
  "conditions": {"indigent": {"en": "On the list"}},
  "functions": [
    {"functions": ["medical_care"]},
    {"functions": ["maternity"], "qualifying": {"months": 6, "of": "payment"}, "unless": [{"condition": "indigent"}]}
  ],
  "period": {"months": 12, "from": "payment"},
  "cover": {"by": "month"},
  "classes": [
    {"class": "poor", "when": [{"condition": "indigent"}], "copay_class": 0, "due": {"each": "month", "amount": 100},
     "subsidy": {"payer": "state", "basis_points": 10000}},
    {"class": "family", "when": [], "copay_class": 1,
     "due": {"each": "month", "adult": 200, "child": {"amount": 100, "age_at_most": 17}},
     "subsidy": {"payer": "state", "amount": 50}},
    {"class": "earning", "copay_class": 2,
     "due": {"each": "month", "income": {"months": 3, "base_basis_points": 7000, "rate_basis_points": 2140,
             "base_minimum": 1, "base_maximum": 1000000, "minimum": 100}}}
  ],
  "exempt": [{"age_at_most": 4}, {"age_at_least": 70}],
  "free_months": 12,
  "waits": [{"groups": ["OPD"], "days": 30, "runs_from": "cover", "unless": [{"when": {"age_at_most": 5}, "groups": ["OPD"]}]}],
  "lapse_days": 90, "served_elsewhere": true
}"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What our reader says of a file of a kind.
fn parse(kind: &str, text: &str) -> Result<(), Fault> {
    match kind {
        "rulebook" => Rulebook::parse(text).map(|_| ()),
        "agreement" => Agreement::parse(text).map(|_| ()),
        "host-rules" => HostRules::parse(text).map(|_| ()),
        "facilities" => Facilities::parse(text).map(|_| ()),
        "issuer-record" => IssuerRecord::parse(text).map(|_| ()),
        "grant" => Grant::parse(text).map(|_| ()),
        "scheme" => Scheme::parse(text).map(|_| ()),
        other => panic!("{other} has no reader here"),
    }
}

/// Each kind with its files in the repository.
fn files() -> Vec<(&'static str, String, String)> {
    let mut files = vec![
        ("issuer-record", "RECORD".to_owned(), RECORD.to_owned()),
        ("scheme", "SCHEME".to_owned(), SCHEME.to_owned()),
    ];
    let mut add = |kind, name: String| files.push((kind, name.clone(), read(&name)));
    for country in ["KE", "TZ", "UG"] {
        add("grant", format!("docs/ceremony/grant-{country}.json"));
    }
    for country in ["KE", "UG"] {
        add("facilities", format!("docs/ceremony/facilities-{country}.json"));
    }
    add("rulebook", "docs/ceremony/rulebook-KE.json".to_owned());
    add("agreement", "docs/ceremony/agreement.json".to_owned());
    for entry in fs::read_dir(root().join("schemes")).unwrap().map(Result::unwrap) {
        let Ok(files) = fs::read_dir(entry.path()) else { continue };
        for file in files.map(|file| file.unwrap().file_name().into_string().unwrap()) {
            let kind = match file.as_str() {
                "rulebook.json" => "rulebook",
                "scheme.json" => "scheme",
                "host-rules.json" => "host-rules",
                "agreement.json" => "agreement",
                "README.md" | "people.csv" => continue,
                other => panic!("{other} has no schema"),
            };
            add(kind, format!("schemes/{}/{file}", entry.file_name().to_str().unwrap()));
        }
    }
    files
}

#[test]
fn every_file_of_ours_is_accepted_by_its_schema_and_its_reader() {
    let mut peer = Peer::start();
    let files = files();
    assert!(files.len() >= 30, "{} files", files.len());
    for (kind, name, text) in files {
        parse(kind, &text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(peer.errors(kind, &text), [""; 0], "{name}");
    }
}

#[test]
fn every_schema_explains_every_member() {
    let mut schemas = 0;
    for entry in fs::read_dir(root().join("docs/schemas")).unwrap() {
        let path = entry.unwrap().path();
        let schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        explained(&schema, &path.display().to_string());
        schemas += 1;
    }
    assert!(schemas >= 7, "{schemas}");
}

fn explained(schema: &Value, place: &str) {
    let Value::Object(members) = schema else { return };
    for (name, member) in members.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // An `if` looks at members that are explained elsewhere.
        let looks_only = place.ends_with("/if") || place.contains("/if/") || place.contains("/then");
        assert!(looks_only || member.get("description").is_some(), "{place}/{name} has no description");
    }
    for (name, member) in members {
        match member {
            Value::Array(entries) => {
                entries.iter().for_each(|entry| explained(entry, &format!("{place}/{name}")))
            }
            member => explained(member, &format!("{place}/{name}")),
        }
    }
}

/// What the reader refuses and no schema can say: it compares members. Each of them is met below.
const BEYOND_SCHEMAS: &[&str] = &[
    // The country of the file and what stands in it.
    "host-rules always_free",
    "facilities facilities[0].id",
    "issuer-record country",
    // A key id is the thumbprint of its key.
    "issuer-record keys[0].kid",
    "issuer-record keys[1].kid",
    // A highest base below the lowest.
    "scheme classes[0].due.income.base_maximum",
    "scheme classes[1].due.income.base_maximum",
    // A condition that the list does not explain.
    "scheme classes[0].when[0].condition",
    "scheme functions[1].unless[0].condition",
    // Which step is the last.
    "scheme cover.steps[0].months",
];

#[test]
fn what_either_refuses_the_other_refuses_too() {
    let mut peer = Peer::start();
    let (mut compared, mut refused, mut beyond) = (0, 0, BTreeSet::new());
    let bases = [
        ("rulebook", read("docs/ceremony/rulebook-KE.json")),
        ("rulebook", read("schemes/et-cbhi/rulebook.json")),
        ("agreement", read("docs/ceremony/agreement.json")),
        ("host-rules", read("schemes/gh-nhis/host-rules.json")),
        ("facilities", read("docs/ceremony/facilities-KE.json")),
        ("grant", read("docs/ceremony/grant-KE.json")),
        ("issuer-record", RECORD.to_owned()),
        ("scheme", SCHEME.to_owned()),
        ("scheme", read("schemes/rw-cbhi/scheme.json")),
        ("scheme", read("schemes/na-msd/scheme.json")),
    ];
    for (kind, text) in bases {
        let base: Value = serde_json::from_str(&text).unwrap();
        for (place, changed) in changes(&base) {
            let text = changed.to_string();
            let (ours, theirs) = (parse(kind, &text), peer.errors(kind, &text));
            compared += 1;
            match (&ours, theirs.is_empty()) {
                (Ok(()), true) => {}
                (Err(_), false) => refused += 1,
                (Ok(()), false) => panic!("{kind} {place}: only the schema refuses {text}: {theirs:?}"),
                (Err(fault), true) => {
                    beyond.insert(format!("{kind} {}: {fault} ({place})", fault.place()));
                }
            }
        }
    }
    let unexpected: Vec<&String> = beyond
        .iter()
        .filter(|found| !BEYOND_SCHEMAS.iter().any(|known| found.starts_with(&format!("{known}:"))))
        .collect();
    assert!(unexpected.is_empty(), "only the reader refuses: {unexpected:#?}");
    for known in BEYOND_SCHEMAS {
        let met = beyond.iter().any(|found| found.starts_with(&format!("{known}:")));
        assert!(met, "{known} is not met any more: {beyond:#?}");
    }
    assert!(compared > 2_000 && refused > 1_500, "{compared} compared, {refused} refused by both");
}

/// Each value of a tree left out, joined by another, and replaced; with the place.
fn changes(base: &Value) -> Vec<(String, Value)> {
    let others = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(10_001),
        json!(9_007_199_254_740_992_i64),
        json!(""),
        json!("a\u{7}b"),
        json!("2026-02-3"),
        json!("EMER"),
        json!("ZZ"),
        json!("0000000000000000"),
        json!([]),
        json!(["EMER", "EMER"]),
        json!({}),
    ];
    let mut changes = Vec::new();
    for pointer in pointers(base, "") {
        for other in &others {
            let mut changed = base.clone();
            *changed.pointer_mut(&pointer).unwrap() = other.clone();
            changes.push((format!("{pointer} = {other}"), changed));
        }
        let mut longer = base.clone();
        if let Some(Value::Object(members)) = longer.pointer_mut(&pointer) {
            members.insert("unexpected".to_owned(), json!(1));
            changes.push((format!("{pointer} with a member too many"), longer));
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        let mut shorter = base.clone();
        if let Some(Value::Object(members)) = shorter.pointer_mut(parent) {
            let name = name.replace("~1", "/");
            if members.remove(&name).is_some() {
                changes.push((format!("{pointer} left out"), shorter));
            }
        }
    }
    changes
}

fn pointers(value: &Value, place: &str) -> Vec<String> {
    let mut all = if place.is_empty() { Vec::new() } else { vec![place.to_owned()] };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                all.extend(pointers(member, &format!("{place}/{name}")));
            }
        }
        Value::Array(entries) => {
            // The first two entries of a list stand for all of them.
            for (number, entry) in entries.iter().enumerate().take(2) {
                all.extend(pointers(entry, &format!("{place}/{number}")));
            }
        }
        _ => {}
    }
    all
}

/// The Python peer, which `cargo xtask test` installs; `SANAD_INTEROP_PYTHON` names another Python that has it.
struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Self {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let python = std::env::var_os("SANAD_INTEROP_PYTHON")
            .map_or_else(|| target.join("interop-venv/bin/python"), PathBuf::from);
        assert!(python.exists(), "the Python peer is not installed: run `cargo xtask test`");
        let mut child = Command::new(python)
            .arg(root().join("tests/interop/schema_peer.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers }
    }

    fn errors(&mut self, kind: &str, text: &str) -> Vec<String> {
        let schema = root().join(format!("docs/schemas/{kind}.json"));
        let request = json!({"schema": schema.to_str().unwrap(), "text": text});
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).expect("an answer of the Python peer");
        answer["errors"].as_array().unwrap().iter().map(|error| error.as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It also ends by itself when its input does; there is nobody to tell if it already has.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
