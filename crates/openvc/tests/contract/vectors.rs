//! The vectors of Data Integrity EdDSA Cryptosuites 1.0, byte for byte (w3c/vc-di-eddsa, TestVectors).

use std::fs;
use std::path::Path;

use sanad_credential::{SigningKey, UnixTime};
use sanad_openvc::{
    DOCUMENT, Expected, Profile, ProofOptions, PublicKey, Purpose, Suite, What, add_proof, parse_object,
    verify_proofs,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::support::{loopback, now};

fn read(file: &str) -> Map<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/vc-di-eddsa").join(file);
    parse_object(&fs::read(path).unwrap(), DOCUMENT).unwrap()
}

/// Multibase of `80 26` and 32 secret bytes, as the specification prints its example keys.
fn secret(multibase: &str) -> SigningKey {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = vec![0_u8];
    for letter in multibase.strip_prefix('z').unwrap().bytes() {
        let mut carry = ALPHABET.iter().position(|known| *known == letter).unwrap();
        for byte in &mut bytes {
            carry += usize::from(*byte) * 58;
            *byte = (carry % 256) as u8;
            carry /= 256;
        }
        while carry > 0 {
            bytes.push((carry % 256) as u8);
            carry /= 256;
        }
    }
    bytes.reverse();
    SigningKey::from_secret(bytes[2..34].try_into().unwrap())
}

fn text<'p>(proof: &'p Map<String, Value>, name: &str) -> Option<&'p str> {
    proof.get(name).and_then(Value::as_str)
}

/// Signs what the vector signed, and compares the whole document.
fn check(signed: &Map<String, Value>, key: &SigningKey) {
    let mut unsigned = signed.clone();
    let proofs = match unsigned.remove("proof").unwrap() {
        Value::Array(proofs) => proofs,
        proof => vec![proof],
    };
    let proof = proofs.last().unwrap().as_object().unwrap().clone();
    let previous: Vec<&str> = match proof.get("previousProof") {
        Some(Value::Array(ids)) => ids.iter().map(|id| id.as_str().unwrap()).collect(),
        Some(id) => vec![id.as_str().unwrap()],
        None => Vec::new(),
    };
    let before: Vec<Value> = proofs[..proofs.len() - 1].to_vec();
    if !before.is_empty() {
        unsigned.insert("proof".into(), Value::Array(before));
    }
    let options = ProofOptions {
        suite: match text(&proof, "cryptosuite") {
            Some("eddsa-jcs-2022") => Suite::Jcs,
            _ => Suite::Rdfc,
        },
        verification_method: text(&proof, "verificationMethod").unwrap(),
        purpose: Purpose::AssertionMethod,
        created: text(&proof, "created").map(|time| UnixTime::parse(time).unwrap()),
        challenge: None,
        domain: None,
        id: text(&proof, "id"),
        previous: &previous,
    };
    let ours = add_proof(&unsigned, &options, Profile::LoopbackTest, key).unwrap();
    let made = match &ours["proof"] {
        Value::Array(proofs) => proofs.last().unwrap().clone(),
        proof => proof.clone(),
    };
    assert_eq!(made, Value::Object(proof));
    let expected =
        Expected { purpose: Purpose::AssertionMethod, challenge: None, domain: None, now: Some(now()) };
    let verified = verify_proofs(signed, &expected, &loopback()).unwrap();
    assert_eq!(verified.proofs.len(), proofs.len());
}

#[test]
fn the_official_signatures_of_both_suites_are_made_and_verified() {
    let key = secret(text(&read("keyPair.json"), "privateKeyMultibase").unwrap());
    for file in ["eddsa-jcs-2022/signedJCS.json", "eddsa-rdfc-2022/signedDataInt.json"] {
        check(&read(file), &key);
    }
}

/// Its context is a third party's and not built in: the document is refused, and what it was hashed to is compared from
/// its canonical form on.
#[test]
fn the_official_signature_under_a_foreign_context_holds_from_the_canonical_form_on() {
    let signed = read("eddsa-rdfc-2022/employ/signedDataInt.json");
    let expected =
        Expected { purpose: Purpose::AssertionMethod, challenge: None, domain: None, now: Some(now()) };
    let fault = verify_proofs(&signed, &expected, &loopback()).unwrap_err();
    assert!(matches!(fault.what(), What::Unknown { kind: "context", .. }), "{fault}");
    let file = |name: &str| {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/vc-di-eddsa/eddsa-rdfc-2022/employ");
        fs::read_to_string(path.join(name)).unwrap()
    };
    let mut hash = Sha256::digest(file("proofCanonDataInt.txt")).to_vec();
    hash.extend_from_slice(&Sha256::digest(file("canonDocDataInt.txt")));
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, file("combinedHashDataInt.txt").trim());
    let signature: Vec<u8> = file("sigHexDataInt.txt")
        .trim()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let key = PublicKey::from_multikey(text(&read("keyPair.json"), "publicKeyMultibase").unwrap()).unwrap();
    key.verify(&hash, signature.as_slice().try_into().unwrap()).unwrap();
}

#[test]
fn the_official_sets_and_chains_are_made_and_verified() {
    let keys = read("proof-set-chain/multiKeyPairs.json");
    let key = |name: &str| secret(keys[name]["privateKeyMultibase"].as_str().unwrap());
    for (file, name) in [
        ("signedProofSet1.json", "keyPair1"),
        ("signedProofSet2.json", "keyPair2"),
        ("signedProofChain1.json", "keyPair3"),
        ("signedProofChain2.json", "keyPair4"),
    ] {
        check(&read(&format!("proof-set-chain/{file}")), &key(name));
    }
}
