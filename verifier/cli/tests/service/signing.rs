//! An invented issuer and an invented holder, whose keys are published here.

use sanad_credential::{SigningKey, UnixTime};
use sanad_openvc::{
    Profile, ProofOptions, PublicKey, Purpose, Suite, add_proof, did_key, issue, present, sole_method,
};
use serde_json::{Map, Value, json};

pub(crate) const SUITES: [Suite; 2] = [Suite::Rdfc, Suite::Jcs];

pub(crate) fn issuer() -> SigningKey {
    SigningKey::from_secret(&[0x5A; 32])
}

pub(crate) fn holder() -> SigningKey {
    SigningKey::from_secret(&[0x17; 32])
}

pub(crate) fn did(key: &SigningKey) -> String {
    did_key(&PublicKey::Ed25519(key.public_key()))
}

pub(crate) fn method(key: &SigningKey) -> String {
    sole_method(&did(key)).unwrap()
}

pub(crate) fn now() -> UnixTime {
    UnixTime::parse("2026-11-27T12:00:00Z").unwrap()
}

pub(crate) fn options(suite: Suite, method: &str) -> ProofOptions<'_> {
    ProofOptions {
        suite,
        verification_method: method,
        purpose: Purpose::AssertionMethod,
        created: Some(now()),
        challenge: None,
        domain: None,
        id: None,
        previous: &[],
    }
}

pub(crate) fn small() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential", "ExampleCredential"],
        "issuer": did(&issuer()),
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "The School of Examples"},
    })
}

/// Signed as an issuer does that checks what it signs.
pub(crate) fn signed(credential: &Value, suite: Suite) -> Value {
    signed_by(credential, suite, &method(&issuer()), &issuer())
}

pub(crate) fn signed_by(credential: &Value, suite: Suite, method: &str, key: &SigningKey) -> Value {
    let signed = issue(credential.as_object().unwrap(), &options(suite, method), Profile::LoopbackTest, key);
    Value::Object(signed.unwrap())
}

/// Signed without looking, as an attacker does.
pub(crate) fn signed_blindly(credential: &Value, options: &ProofOptions<'_>, key: &SigningKey) -> Value {
    let signed = add_proof(credential.as_object().unwrap(), options, Profile::LoopbackTest, key);
    Value::Object(signed.unwrap())
}

pub(crate) fn presentation(credentials: &[Value]) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": did(&holder()),
        "verifiableCredential": credentials,
    })
}

pub(crate) fn shown(presentation: &Value, suite: Suite) -> Map<String, Value> {
    let method = method(&holder());
    let options = showing(suite, &method);
    present(presentation.as_object().unwrap(), &options, Profile::LoopbackTest, &holder()).unwrap()
}

/// Signed by the holder without looking at it. What the suite of the proof cannot take, the other one signs.
pub(crate) fn shown_blindly(presentation: &Value, suite: Suite) -> Map<String, Value> {
    let method = method(&holder());
    let document = presentation.as_object().unwrap();
    let by = |suite| add_proof(document, &showing(suite, &method), Profile::LoopbackTest, &holder());
    by(suite).or_else(|_| by(Suite::Jcs)).unwrap()
}

fn showing(suite: Suite, method: &str) -> ProofOptions<'_> {
    ProofOptions {
        purpose: Purpose::Authentication,
        challenge: Some("challenge"),
        domain: Some("clinic.example"),
        ..options(suite, method)
    }
}
