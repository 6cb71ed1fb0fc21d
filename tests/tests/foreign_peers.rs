//! Software that we did not write reads our documents, and ours reads theirs: Python's `cwt`, and Rust's `coset` with
//! `ciborium`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use coset::TaggedCborSerializable as _;
use sanad_credential::{Claims, Sealed, Sign as _, SigningKey, VerifyingKey, What, seal_entitlement};
use serde_json::{Value, json};

/// An invented person.
const CLAIMS: &str = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-01-15","exp":"2029-01-14",
    "status":{"idx":51234,"uri":"https://s.example/ke/0"},
    "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa","birth":"1991~"},"product":"SHIF","rulebook":1,
    "functions":["medical_care","maternity"],"start":"2026-01-15","end":"2027-01-14","copay_class":1,"territory":["KE"]}"#;

/// Published test seed; signs for nobody.
const SEED: [u8; 32] = [7; 32];

fn key() -> SigningKey {
    SigningKey::from_secret(&SEED)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Asks the Python peer; `cargo xtask test` installs it.
fn ask_python(request: &Value) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = std::env::var_os("SANAD_INTEROP_PYTHON")
        .map_or_else(|| root.join("target/interop-venv/bin/python"), PathBuf::from);
    assert!(python.exists(), "the Python peer is not installed: run `cargo xtask test`");
    let mut child = Command::new(python)
        .arg(root.join("tests/interop/sign1_peer.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ours() -> (Claims, Vec<u8>) {
    let claims = Claims::from_json_text(CLAIMS).unwrap();
    let document = seal_entitlement(&claims, &key()).unwrap();
    (claims, document)
}

#[test]
fn python_cwt_verifies_and_reads_our_document() {
    let (claims, document) = ours();
    let request = json!({"verify": hex(&document), "x": key().public_key().to_string(), "kid": key().key_id().to_string()});
    assert_eq!(bytes(ask_python(&request)["payload"].as_str().unwrap()), claims.to_cbor());
}

#[test]
fn we_open_what_python_cwt_signed() {
    let (claims, document) = ours();
    let request = json!({"sign": hex(&claims.to_cbor()), "seed": hex(&SEED), "x": key().public_key().to_string(), "kid": key().key_id().to_string()});
    let theirs = bytes(ask_python(&request)["document"].as_str().unwrap());
    let verifying = VerifyingKey::new(&key().public_key()).unwrap();
    assert_eq!(Sealed::parse(&theirs).unwrap().open_entitlement(&verifying).unwrap(), claims);
    assert_eq!(theirs, document, "Ed25519 and the encoding are deterministic: the same bytes");
}

#[test]
fn coset_and_ciborium_verify_and_read_our_document() {
    let (claims, document) = ours();
    let theirs = coset::CoseSign1::from_tagged_slice(&document).unwrap();
    let point = ed25519_dalek::VerifyingKey::from_bytes(&key().public_key().0).unwrap();
    theirs
        .verify_signature(b"", |signature, data| {
            point.verify_strict(data, &ed25519_dalek::Signature::from_slice(signature).unwrap())
        })
        .unwrap();
    assert_eq!(theirs.protected.header.key_id, key().key_id().0);
    let payload: ciborium::Value = ciborium::from_reader(theirs.payload.unwrap().as_slice()).unwrap();
    let map = payload.as_map().unwrap();
    let claim =
        |label: i64| map.iter().find(|(key, _)| *key == ciborium::Value::from(label)).map(|(_, value)| value);
    assert_eq!(claim(1).and_then(|iss| iss.as_text()), Some("KE-SHA"));
    assert_eq!(claim(6).and_then(|iat| iat.as_integer()), Some(claims.iat.seconds().into()));
    assert!(claim(-65_537).is_some_and(ciborium::Value::is_map));
}

#[test]
fn what_ciborium_encodes_otherwise_is_refused() {
    let (claims, _) = ours();
    let mut payload: ciborium::Value = ciborium::from_reader(claims.to_cbor().as_slice()).unwrap();
    payload.as_map_mut().unwrap().reverse();
    let mut unsorted = Vec::new();
    ciborium::into_writer(&payload, &mut unsorted).unwrap();
    let request = json!({"sign": hex(&unsorted), "seed": hex(&SEED), "x": key().public_key().to_string(), "kid": key().key_id().to_string()});
    let theirs = bytes(ask_python(&request)["document"].as_str().unwrap());
    let verifying = VerifyingKey::new(&key().public_key()).unwrap();
    let fault = Sealed::parse(&theirs).unwrap().open_entitlement(&verifying).unwrap_err();
    assert!(matches!(fault.what(), What::NotDeterministic { .. }), "{fault}");
}
