//! Software that we did not write reads our documents, and ours reads theirs: Python's `cwt` with `cbor2`, and Rust's
//! `coset` with `ciborium`. Every type of document, small and large; the people in them are made up.
//!
//! Ed25519 and the encoding are deterministic, so "reads" means the same bytes in every direction.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use coset::TaggedCborSerializable as _;
use ed25519_dalek::{Signature, Signer as _};
use sanad_credential::{
    RightType, Sealed, Sign as _, SigningKey, StatusListToken, What, seal_entitlement, seal_receipt,
    seal_status_list,
};
use sanad_tests::generate::{claims_of, receipt, samples, status_list_token, verifying_key};
use serde_json::{Value, json};

/// Signs in these tests, and is published: the secret of `generate::signing_key`.
const SEED: [u8; 32] = [0x5A; 32];

/// Of each type of document.
const DOCUMENTS: usize = 24;

/// A document of ours, and what stands in its envelope.
struct Document {
    typ: Value,
    payload: Vec<u8>,
    bytes: Vec<u8>,
}

fn key() -> SigningKey {
    SigningKey::from_secret(&SEED)
}

/// Entitlements of all types on paper and on phones, and receipts.
fn documents() -> Vec<Document> {
    let mut documents = Vec::new();
    for right in RightType::ALL {
        for claims in samples(&claims_of(*right), DOCUMENTS) {
            let Ok(bytes) = seal_entitlement(&claims, &key()) else { continue };
            let typ = if claims.holder_key.is_some() { 293 } else { 65_100 };
            documents.push(Document { typ: typ.into(), payload: claims.to_cbor(), bytes });
        }
    }
    for receipt in samples(&receipt(), DOCUMENTS) {
        let Ok(bytes) = seal_receipt(&receipt, &key()) else { continue };
        documents.push(Document { typ: 65_101.into(), payload: receipt.to_cbor(), bytes });
    }
    assert!(documents.len() >= 6 * DOCUMENTS, "{} of 168 fit into a QR code", documents.len());
    documents
}

fn status_lists() -> Vec<Document> {
    let of = |token: StatusListToken| {
        let bytes = seal_status_list(&token, &key()).unwrap();
        let payload = coset::CoseSign1::from_tagged_slice(&bytes).unwrap().payload.unwrap();
        Document { typ: "application/statuslist+cwt".into(), payload, bytes }
    };
    samples(&status_list_token(), 3).into_iter().map(of).collect()
}

/// What we make of a document: its payload, written again.
fn opened(document: &[u8]) -> Vec<u8> {
    let key = verifying_key();
    let sealed = Sealed::parse(document).unwrap();
    match sealed.open_entitlement(&key) {
        Ok(claims) => claims.to_cbor(),
        Err(_) => sealed.open_receipt(&key).unwrap().to_cbor(),
    }
}

#[test]
fn python_cwt_verifies_and_reads_our_documents() {
    let mut python = Python::start();
    for document in documents() {
        let answer = python.ask(json!({"verify": hex(&document.bytes)}));
        assert_eq!(answer["payload"], hex(&document.payload));
        assert_eq!(answer["again"], hex(&document.payload), "cbor2's canonical form is this one");
    }
    // Lists have the key order of the draft's examples, which is not the canonical one.
    for document in status_lists() {
        let answer = python.ask(json!({"verify": hex(&document.bytes)}));
        assert_eq!(answer["payload"], hex(&document.payload));
    }
}

#[test]
fn we_open_what_python_cwt_signed() {
    let mut python = Python::start();
    for document in documents() {
        let answer =
            python.ask(json!({"sign": hex(&document.payload), "typ": document.typ, "seed": hex(&SEED)}));
        let theirs = bytes(answer["document"].as_str().unwrap());
        assert_eq!(opened(&theirs), document.payload);
        assert_eq!(theirs, document.bytes);
    }
}

#[test]
fn coset_verifies_and_ciborium_reads_our_documents() {
    let point = ed25519_dalek::VerifyingKey::from_bytes(&key().public_key().0).unwrap();
    for document in documents().iter().chain(&status_lists()) {
        let theirs = coset::CoseSign1::from_tagged_slice(&document.bytes).unwrap();
        theirs
            .verify_signature(b"", |signature, data| {
                point.verify_strict(data, &Signature::from_slice(signature).unwrap())
            })
            .unwrap();
        assert_eq!(theirs.protected.header.key_id, key().key_id().0);
        let payload: ciborium::Value = ciborium::from_reader(theirs.payload.unwrap().as_slice()).unwrap();
        let mut again = Vec::new();
        ciborium::into_writer(&payload, &mut again).unwrap();
        assert_eq!(again, document.payload);
    }
}

#[test]
fn we_open_what_coset_built() {
    let dalek = ed25519_dalek::SigningKey::from_bytes(&SEED);
    for document in documents() {
        let header = coset::HeaderBuilder::new()
            .algorithm(coset::iana::Algorithm::Ed25519)
            .key_id(key().key_id().0.to_vec())
            .value(16, ciborium::Value::from(document.typ.as_u64().unwrap()))
            .build();
        let theirs = coset::CoseSign1Builder::new()
            .protected(header)
            .payload(document.payload.clone())
            .create_signature(b"", |data| dalek.sign(data).to_vec())
            .build()
            .to_tagged_vec()
            .unwrap();
        assert_eq!(opened(&theirs), document.payload);
        assert_eq!(theirs, document.bytes);
    }
}

/// A foreign issuer that signs what its library encodes by default is told so, not half understood.
#[test]
fn claims_in_another_order_are_refused_though_the_signature_holds() {
    let mut python = Python::start();
    for document in documents().iter().take(DOCUMENTS) {
        let mut payload: ciborium::Value = ciborium::from_reader(document.payload.as_slice()).unwrap();
        payload.as_map_mut().unwrap().reverse();
        let mut unsorted = Vec::new();
        ciborium::into_writer(&payload, &mut unsorted).unwrap();
        let answer = python.ask(json!({"sign": hex(&unsorted), "typ": document.typ, "seed": hex(&SEED)}));
        let theirs = bytes(answer["document"].as_str().unwrap());
        let fault = Sealed::parse(&theirs).unwrap().open_entitlement(&verifying_key()).unwrap_err();
        assert!(matches!(fault.what(), What::NotDeterministic { .. }), "{fault}");
    }
}

/// The Python peer, which `cargo xtask test` installs; `SANAD_INTEROP_PYTHON` names another Python that has it.
struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let python = std::env::var_os("SANAD_INTEROP_PYTHON")
            .map_or_else(|| target.join("interop-venv/bin/python"), PathBuf::from);
        assert!(python.exists(), "the Python peer is not installed: run `cargo xtask test`");
        let mut child = Command::new(python)
            .arg(root.join("tests/interop/sign1_peer.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers }
    }

    /// Every request names the key.
    fn ask(&mut self, mut request: Value) -> Value {
        request["x"] = key().public_key().to_string().into();
        request["kid"] = key().key_id().to_string().into();
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("an answer of the Python peer")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It also ends by itself when its input does; there is nobody to tell if it already has.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(digits).collect()
}
