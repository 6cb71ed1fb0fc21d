//! Status lists and did:web over https on this machine: each answer, and each reason to give none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use sanad_credential::{SigningKey, UnixTime};
use sanad_openvc::{
    DidDocument, ListCredential, Profile, PublicKey, StatusPurpose, Suite, VerificationMethod, issue,
    list_credential,
};
use serde_json::{Value, json};

use crate::server::{Server, tls};
use crate::signing::{SUITES, did, holder, issuer, method, options, signed, signed_by, small};

type Files = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// An https server of this machine, and the files that it serves.
pub(crate) struct Site {
    server: Server,
    files: Files,
    _dir: tempfile::TempDir,
}

impl Site {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::default();
        let serve = |State(files): State<Files>, Path(name): Path<String>| async move {
            files.lock().unwrap().get(&name).cloned().ok_or(StatusCode::NOT_FOUND)
        };
        let router = Router::new().route("/{*name}", get(serve)).with_state(files.clone());
        Self { server: Server::over(router, Some(tls(dir.path()))), files, _dir: dir }
    }

    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) {
        self.files.lock().unwrap().insert(name.to_owned(), bytes);
    }

    fn address(&self, name: &str) -> String {
        format!("https://localhost:{}/{name}", self.server.address.port())
    }

    /// Whose document is `.well-known/did.json`.
    pub(crate) fn did(&self) -> String {
        format!("did:web:localhost%3A{}", self.server.address.port())
    }

    /// A credential with an entry in a list of this site.
    fn credential(&self, index: &str, purpose: &str, suite: Suite) -> Value {
        let mut credential = small();
        credential["credentialStatus"] = json!({
            "type": "BitstringStatusListEntry", "statusPurpose": purpose,
            "statusListIndex": index, "statusListCredential": self.address("list"),
        });
        signed(&credential, suite)
    }

    fn list(&self, signer: &SigningKey, purpose: StatusPurpose, bits: &[u8], until: &str) -> Vec<u8> {
        let address = self.address("list");
        let head = ListCredential {
            address: &address,
            issuer: &did(signer),
            purpose,
            valid_from: UnixTime::parse("2026-11-01T00:00:00Z").unwrap(),
            valid_until: UnixTime::parse(until).unwrap(),
            ttl_seconds: 600,
        };
        let method = method(signer);
        let list =
            issue(&list_credential(head, bits), &options(Suite::Jcs, &method), Profile::Production, signer);
        Value::Object(list.unwrap()).to_string().into_bytes()
    }
}

const LATER: &str = "2026-12-31T00:00:00Z";

#[test]
fn each_status_and_each_list_that_is_none_is_answered() {
    let (desk, site) = (Server::start(), Site::start());
    let mut bits = vec![0_u8; 131_072];
    bits[12] = 0b0001_0000;
    for suite in SUITES {
        for (purpose, word) in
            [(StatusPurpose::Revocation, "revocation"), (StatusPurpose::Suspension, "suspension")]
        {
            site.put("list", site.list(&issuer(), purpose, &bits, LATER));
            desk.credential(&site.credential("98", word, suite)).is_verified("the entry before");
            let body = desk.credential(&site.credential("99", word, suite)).is_refused(word);
            assert!(body["type"].as_str().unwrap().contains("STATUS_VERIFICATION_ERROR"), "{body}");
            let said = if word == "revocation" { "revoked" } else { "suspended" };
            assert!(body["detail"].as_str().unwrap().contains(said), "{body}");
            let body = desk.credential(&site.credential("1048576", word, suite)).is_refused("past the end");
            assert!(body["type"].as_str().unwrap().contains("RANGE_ERROR"), "{body}");
        }
        // The list says "suspension" now.
        desk.credential(&site.credential("1", "revocation", suite)).is_refused("another purpose");
        for (what, list) in [
            ("another signer", site.list(&holder(), StatusPurpose::Revocation, &bits, LATER)),
            ("expired", site.list(&issuer(), StatusPurpose::Revocation, &bits, "2026-11-20T00:00:00Z")),
            ("short", site.list(&issuer(), StatusPurpose::Revocation, &[0; 100], LATER)),
            ("no list", b"{}".to_vec()),
            ("10 MB", vec![b' '; 10_000_000]),
        ] {
            site.put("list", list);
            desk.credential(&site.credential("1", "revocation", suite)).is_refused(what);
        }
        site.files.lock().unwrap().clear();
        let body = desk.credential(&site.credential("1", "revocation", suite)).is_refused("not there");
        assert!(body["type"].as_str().unwrap().contains("STATUS_RETRIEVAL_ERROR"), "{body}");
    }
}

#[test]
fn a_list_without_its_contexts_or_types_is_refused_though_its_issuer_signed_it() {
    let (desk, site) = (Server::start(), Site::start());
    let list = site.list(&issuer(), StatusPurpose::Revocation, &[0; 131_072], LATER);
    let mut list: Value = serde_json::from_slice(&list).unwrap();
    list.as_object_mut().unwrap().remove("proof");
    let method = method(&issuer());
    let credential = site.credential("1", "revocation", Suite::Jcs);
    let put = |list: &Value| {
        let signed = crate::signing::signed_blindly(list, &options(Suite::Jcs, &method), &issuer());
        site.put("list", signed.to_string().into_bytes());
    };
    put(&list);
    desk.credential(&credential).is_verified("as it is made");
    let v2 = "https://www.w3.org/ns/credentials/v2";
    for (name, value) in [
        ("@context", json!(v2)),
        ("@context", json!([])),
        ("@context", json!(["https://www.w3.org/ns/credentials/examples/v2", v2])),
        ("@context", json!([v2, "https://unknown.example/context"])),
        ("type", json!("BitstringStatusListCredential")),
        ("type", json!(["VerifiableCredential"])),
        ("type", json!(["BitstringStatusListCredential"])),
        ("type", json!([])),
        ("credentialSubject", json!([list["credentialSubject"], list["credentialSubject"]])),
    ] {
        let mut odd = list.clone();
        odd[name] = value.clone();
        put(&odd);
        desk.credential(&credential).is_refused(&format!("{name} {value}"));
    }
    for name in ["@context", "type", "issuer", "credentialSubject"] {
        let mut odd = list.clone();
        odd.as_object_mut().unwrap().remove(name);
        put(&odd);
        desk.credential(&credential).is_refused(name);
    }
    for name in ["type", "statusPurpose", "encodedList"] {
        let mut odd = list.clone();
        odd["credentialSubject"].as_object_mut().unwrap().remove(name);
        put(&odd);
        desk.credential(&credential).is_refused(name);
    }
}

#[test]
fn a_list_elsewhere_is_not_fetched_and_counts_as_missing() {
    let desk = Server::start();
    let mut credential = small();
    credential["credentialStatus"] = json!({
        "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": "1", "statusListCredential": "https://lists.example/1",
    });
    let body = desk.credential(&signed(&credential, Suite::Jcs)).is_refused("elsewhere");
    assert!(body["type"].as_str().unwrap().contains("STATUS_RETRIEVAL_ERROR"), "{body}");
}

#[test]
fn malformed_entries_are_refused() {
    let desk = Server::start();
    let method = method(&issuer());
    for (name, value) in [
        ("statusListIndex", json!(5)),
        ("statusListIndex", json!("-1")),
        ("statusPurpose", json!("odd")),
        ("statusListCredential", json!("no url")),
        ("statusEntry", json!("odd")),
    ] {
        let mut credential = small();
        credential["@context"] = json!(["https://www.w3.org/ns/credentials/v2"]);
        credential["type"] = json!(["VerifiableCredential"]);
        credential["credentialSubject"] = json!({ "id": "did:example:subject" });
        credential["credentialStatus"] = json!({
            "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
            "statusListIndex": "1", "statusListCredential": "https://localhost/1",
        });
        credential["credentialStatus"][name] = value.clone();
        let signed = crate::signing::signed_blindly(&credential, &options(Suite::Jcs, &method), &issuer());
        desk.credential(&signed).is_refused(&format!("{name} {value}"));
    }
}

#[test]
fn did_web_of_this_machine_is_resolved_and_another_is_unknown() {
    let (desk, site) = (Server::start(), Site::start());
    let web = site.did();
    let id = format!("{web}#k");
    let key = VerificationMethod {
        id: id.clone(),
        controller: web.clone(),
        key: PublicKey::Ed25519(issuer().public_key()),
    };
    let document = DidDocument::of_methods(&web, vec![key]).to_json();
    let mut credential = small();
    credential["issuer"] = json!(web);
    for suite in SUITES {
        let signed = signed_by(&credential, suite, &id, &issuer());
        site.files.lock().unwrap().clear();
        desk.credential(&signed).is_refused("no document");
        site.put(".well-known/did.json", document.to_string().into_bytes());
        desk.credential(&signed).is_verified("did:web");
        let forged = signed_by(&credential, suite, &id, &holder());
        desk.credential(&forged).is_refused("another key");
        let mut of_another = document.clone();
        of_another["id"] = json!("did:web:other.example");
        site.put(".well-known/did.json", of_another.to_string().into_bytes());
        desk.credential(&signed).is_refused("a document about another");
    }
    site.put(".well-known/did.json", document.to_string().into_bytes());
    let answer = desk.get(&format!("/identifiers/{}", web.replace('%', "%25")));
    assert_eq!((answer.status, &answer.json()["didDocument"]["id"]), (200, &json!(web)));
    assert_eq!(desk.get("/identifiers/did:web:other.example").status, 400);
}
