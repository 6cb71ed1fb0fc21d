//! The VC-API of the issuer's program and that of the verifier's, one after the other, in both suites: what the one issues
//! the other verifies, with the status that the issuer publishes, and no longer when that changes.
//!
//! First as public suites ask, in the two profiles for them: the verifier fetches the list from the issuer's https address,
//! whose certificate nobody vouches for. Then as agencies and clinics work: the list is in the pack.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::{Desk, ask_to_verify, serving};
use crate::office::{NEVER, Office};

const SUITES: [&str; 2] = ["eddsa-rdfc-2022", "eddsa-jcs-2022"];

/// `sanad-verify serve` in the profile for public suites: no pack, no token, and any issuer.
struct Verifier {
    child: Child,
    url: String,
    _dir: tempfile::TempDir,
}

impl Verifier {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = "state_dir = \"state\"\n[listen]\naddress = \"127.0.0.1:0\"\n[open_standards]\nprofile = \
                      \"loopback-test\"\n";
        fs::write(dir.path().join("verify.toml"), config).unwrap();
        let (child, url) = serving(dir.path());
        Self { url, child, _dir: dir }
    }

    #[track_caller]
    fn believes(&self, credential: &Value) {
        let (status, body) = ask_to_verify(&self.url, "", credential);
        assert_eq!((status, &body["verified"], &body["errors"]), (200, &json!(true), &json!([])), "{body}");
    }

    /// Refused for this reason, as the contract wants it.
    #[track_caller]
    fn refuses(&self, credential: &Value, kind: &str, word: &str) {
        is_refused(&ask_to_verify(&self.url, "", credential), kind, word);
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn is_refused((status, body): &(u16, Value), kind: &str, word: &str) {
    assert_eq!((*status, &body["verified"]), (400, &json!(false)), "{body}");
    let error = &body["errors"][0];
    assert!(error["type"].as_str().unwrap().ends_with(kind), "{body}");
    assert!(error["detail"].as_str().unwrap().contains(word), "{body}");
}

const STATUS: &str = "#STATUS_VERIFICATION_ERROR";

/// Sets or clears a bit.
fn change(office: &Office, path: &str, id: &str, purpose: &str, is_set: bool) {
    let mut body = json!({
        "credentialId": id, "status": is_set,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": purpose},
    });
    if path == "/credentials/status" {
        body["reason"] = json!("investigation");
        body["legal_basis"] = json!("invented");
    }
    office.post(path, &body, "");
}

/// A credential that may be issued in the profile for public suites.
fn alumni(issuer: &str, number: u32) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": format!("urn:uuid:6a1676b8-b51f-11ed-937b-d76685a2{number:04}"),
        "type": ["VerifiableCredential", "ExampleAlumniCredential"], "issuer": issuer,
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "Invented University"},
    })
}

#[test]
fn what_the_test_issuer_signs_the_desk_verifies_until_its_list_says_otherwise() {
    let (office, verifier) = (Office::rehearsing(), Verifier::open());
    let issuer = office.get("/test/issuer")["id"].as_str().unwrap().to_owned();
    for (number, instance) in (1..).zip(["status-eddsa-rdfc-2022", "status-eddsa-jcs-2022", "status"]) {
        let sent = alumni(&issuer, number);
        let id = sent["id"].as_str().unwrap();
        let path = format!("/test/{instance}/credentials");
        let issue = |credential: &Value| {
            office.post(&format!("{path}/issue"), &json!({"credential": credential}), "")
                ["verifiableCredential"]
                .clone()
        };
        let signed = issue(&sent);
        let neighbour = issue(&alumni(&issuer, number + 100));
        let suite = signed["proof"]["cryptosuite"].as_str().unwrap();
        assert!(instance == "status" || instance.ends_with(suite), "{signed}");
        let entries = match &signed["credentialStatus"] {
            Value::Array(entries) => entries.clone(),
            one => vec![one.clone()],
        };
        for entry in &entries {
            let address = entry["statusListCredential"].as_str().unwrap();
            assert!(address.starts_with(&office.url) && address.starts_with("https://"), "{address}");
        }
        let purposes: Vec<&str> =
            entries.iter().map(|entry| entry["statusPurpose"].as_str().unwrap()).collect();
        assert!(purposes == ["revocation", "suspension"] || instance == "status", "{purposes:?}");
        verifier.believes(&signed);
        for (purpose, word) in [("revocation", "revoked"), ("suspension", "suspended")] {
            if !purposes.contains(&purpose) {
                continue;
            }
            change(&office, &format!("{path}/status"), id, purpose, true);
            verifier.refuses(&signed, STATUS, word);
            verifier.believes(&neighbour);
            change(&office, &format!("{path}/status"), id, purpose, false);
            verifier.believes(&signed);
        }
        // The entry is signed: who leaves it out, or names another, is not believed.
        change(&office, &format!("{path}/status"), id, "revocation", true);
        let mut without = signed.clone();
        without.as_object_mut().unwrap().remove("credentialStatus");
        verifier.refuses(&without, "#PROOF_VERIFICATION_ERROR", "");
        let mut other = signed.clone();
        other["credentialStatus"] = neighbour["credentialStatus"].clone();
        verifier.refuses(&other, "#PROOF_VERIFICATION_ERROR", "");
    }
}

#[test]
fn what_is_issued_without_a_status_and_in_an_envelope_is_verified_too() {
    let (office, verifier) = (Office::rehearsing(), Verifier::open());
    let issuer = office.get("/test/issuer")["id"].as_str().unwrap().to_owned();
    for instance in SUITES.into_iter().chain(["enveloped"]) {
        let path = format!("/test/{instance}/credentials/issue");
        let signed = office.post(&path, &json!({"credential": alumni(&issuer, 1)}), "");
        verifier.believes(&signed["verifiableCredential"]);
    }
}

#[test]
fn when_the_issuer_is_gone_the_status_is_not_known_and_the_credential_not_verified() {
    let (office, verifier) = (Office::rehearsing(), Verifier::open());
    let issuer = office.get("/test/issuer")["id"].as_str().unwrap().to_owned();
    let path = "/test/status-eddsa-jcs-2022/credentials/issue";
    let signed =
        office.post(path, &json!({"credential": alumni(&issuer, 1)}), "")["verifiableCredential"].clone();
    verifier.believes(&signed);
    drop(office);
    verifier.refuses(&signed, "#STATUS_RETRIEVAL_ERROR", "");
}

#[test]
fn what_the_strict_issuer_signs_a_clinic_verifies_until_its_pack_says_otherwise() {
    let office = Office::open();
    // What a client may send: a stored entitlement without what the issuer sets, for another person.
    let cti = office.issue(1);
    let stored = office.get(&format!("/v1/credentials/{cti}/vc"));
    let issued: Vec<(&str, Value)> = SUITES
        .into_iter()
        .map(|suite| {
            let mut sent = stored.clone();
            for name in ["id", "validFrom", "validUntil", "credentialStatus", "proof"] {
                sent.as_object_mut().unwrap().remove(name);
            }
            sent["credentialSubject"]["number"] = json!(format!("INV-{suite}"));
            let body = json!({"credential": sent, "options": {"cryptosuite": suite}});
            (suite, office.post("/credentials/issue", &body, "")["verifiableCredential"].clone())
        })
        .collect();
    for (_, signed) in &issued {
        let list = signed["credentialStatus"][0]["statusListCredential"].as_str().unwrap();
        let number = list.rsplit('/').next().unwrap().split('.').next().unwrap();
        let began = Instant::now();
        while office.published(&format!("status/{number}")).is_none() {
            assert!(began.elapsed() < NEVER, "{list} is never published");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let mut desk = Desk::open(&office);
    for (suite, signed) in &issued {
        assert_eq!(signed["proof"]["cryptosuite"], *suite);
        assert_eq!(desk.verify(signed), (200, VERIFIED.parse().unwrap()), "{suite}");
    }
    for (suite, signed) in &issued {
        let id = signed["id"].as_str().unwrap();
        change(&office, "/credentials/status", id, "suspension", true);
        until_refused(&mut desk, &office, signed, "suspended");
        change(&office, "/credentials/status", id, "suspension", false);
        let began = Instant::now();
        while desk.verify(signed).0 != 200 {
            assert!(began.elapsed() < NEVER, "{suite}: still suspended");
            desk.update(&office);
        }
        change(&office, "/credentials/status", id, "revocation", true);
        until_refused(&mut desk, &office, signed, "revoked");
    }
}

/// What is answered to a credential that holds.
const VERIFIED: &str = r#"{"verified":true,"checks":["proof","status"],"warnings":[],"errors":[]}"#;

/// Takes packs over until one has what the office published.
fn until_refused(desk: &mut Desk, office: &Office, credential: &Value, word: &str) {
    let began = Instant::now();
    loop {
        desk.update(office);
        let answer = desk.verify(credential);
        if answer.0 != 200 {
            is_refused(&answer, STATUS, word);
            return;
        }
        // Nothing but what was published before.
        assert!(began.elapsed() < NEVER, "{word}: {answer:?}");
    }
}
