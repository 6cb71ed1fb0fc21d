//! Proofs that the library did not make: as another implementation makes them, or an attacker who hashes, transforms and
//! bases as he likes. Both transformations are written down here for one small credential, and a test of it holds
//! what is refused against what is accepted: with SHA-256 and nothing odd, the same construction verifies.

use sanad_credential::{Sign as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::signing::{did, issuer, method};

pub(crate) const V2: &str = "https://www.w3.org/ns/credentials/v2";
pub(crate) const CREATED: &str = "2026-11-27T12:00:00Z";
const ID: &str = "urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff5";

/// A credential whose dataset is three quads.
pub(crate) fn tiny() -> Value {
    json!({
        "@context": [V2], "id": ID, "type": ["VerifiableCredential"],
        "issuer": did(&issuer()), "credentialSubject": { "id": "did:example:subject" },
    })
}

/// What RDFC-1.0 makes of [`tiny`], with this subject.
pub(crate) fn tiny_quads(subject: &str) -> String {
    let (issuer, vc) = (did(&issuer()), "https://www.w3.org/2018/credentials#");
    format!(
        "<{ID}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{vc}VerifiableCredential> .\n\
         <{ID}> <{vc}credentialSubject> <{subject}> .\n\
         <{ID}> <{vc}issuer> <{issuer}> .\n"
    )
}

/// A proof's options, of the issuer.
pub(crate) fn proof(suite: &str, document: &Value) -> Value {
    let mut proof = json!({
        "type": "DataIntegrityProof", "cryptosuite": suite, "created": CREATED,
        "verificationMethod": method(&issuer()), "proofPurpose": "assertionMethod",
    });
    if suite == "eddsa-jcs-2022" {
        proof["@context"] = document["@context"].clone();
    }
    proof
}

/// What RDFC-1.0 makes of a [`proof`].
pub(crate) fn proof_quads(suite: &str) -> String {
    let (method, sec) = (method(&issuer()), "https://w3id.org/security#");
    format!(
        "_:c14n0 <http://purl.org/dc/terms/created> \"{CREATED}\"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n\
         _:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{sec}DataIntegrityProof> .\n\
         _:c14n0 <{sec}cryptosuite> \"{suite}\"^^<{sec}cryptosuiteString> .\n\
         _:c14n0 <{sec}proofPurpose> <{sec}assertionMethod> .\n\
         _:c14n0 <{sec}verificationMethod> <{method}> .\n"
    )
}

/// RFC 8785 for values of ASCII texts: members in order, no white space.
pub(crate) fn jcs(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            let member = |name: &&String| format!("{}:{}", json!(name), jcs(&members[*name]));
            format!("{{{}}}", names.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(jcs).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

pub(crate) fn sha256(bytes: &str) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// The document with its proof, over these bytes.
pub(crate) fn sealed(document: &Value, proof: &Value, signed: &[u8], key: &SigningKey) -> Value {
    let (mut document, mut proof) = (document.clone(), proof.clone());
    proof["proofValue"] = json!(format!("z{}", base58(&key.sign(signed).unwrap())));
    document["proof"] = proof;
    document
}

/// The usual proof, over what JCS makes of document and options.
pub(crate) fn sealed_by_jcs(document: &Value, proof: &Value, key: &SigningKey) -> Value {
    let signed = [sha256(&jcs(proof)), sha256(&jcs(document))].concat();
    sealed(document, proof, &signed, key)
}

fn base58(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u32> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            (*digit, carry) = (carry % 58, carry / 58);
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| '1');
    zeros.chain(digits.iter().rev().map(|digit| char::from(ALPHABET[*digit as usize]))).collect()
}
