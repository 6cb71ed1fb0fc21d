//! `/.well-known/jwt-vc-issuer`: where verifiers of SD-JWT VCs find an issuer's keys (SD-JWT VC section 5).
//!
//! Our own verifiers take the keys from the pack; this is for those of others. When one of others is read, the keys
//! come in as bytes, and the document must be about the issuer that was asked.

use sanad_trust::{IssuerRecord, KeyState, KeyUse};
use serde_json::{Map, Value, json};

use crate::did::{DidDocument, VerificationMethod};
use crate::document::{JWT, member, object, parse_object, text, text_member};
use crate::fault::{Fault, Problem, What};
use crate::keys::PublicKey;
use crate::pinned::{https_issuer, key_fragment};

/// Keys of one issuer that are read.
const KEYS_MAX: usize = 32;

/// Where the document of an issuer lies: the well-known part comes before the path.
///
/// # Errors
/// [`Problem::MalformedValue`] for an address that is not https or has more than host, port and path.
pub fn jwt_vc_issuer_address(issuer: &str) -> Result<String, Fault> {
    let form = || Fault::wanted("an https address of host, port and path");
    let rest = issuer.strip_prefix("https://").ok_or_else(form)?;
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'[' | b']')
    };
    if rest.is_empty() || !rest.bytes().all(plain) || rest.contains("..") || rest.contains("//") {
        return Err(form());
    }
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let path = path.trim_end_matches('/');
    Ok(match path {
        "" => format!("https://{host}/.well-known/jwt-vc-issuer"),
        path => format!("https://{host}/.well-known/jwt-vc-issuer/{path}"),
    })
}

/// The document of an issuer, from its record: the keys that sign entitlements and status lists.
///
/// # Errors
/// [`Problem::MalformedValue`] when the record names no did:web.
pub fn jwt_vc_issuer(record: &IssuerRecord) -> Result<Value, Fault> {
    let did = record.members().did.as_deref().ok_or_else(|| Fault::missing().within("did"))?;
    let keys = record.members().keys.iter();
    let served = keys.filter(|key| key.state != KeyState::Compromised && key.key_use != KeyUse::Delegation);
    let jwks: Vec<Value> = served
        .map(|key| {
            let mut jwk = PublicKey::Ed25519(key.x).to_jwk();
            jwk.insert("kid".into(), key_fragment(&key.x).into());
            jwk.insert("use".into(), "sig".into());
            jwk.insert("alg".into(), "EdDSA".into());
            Value::Object(jwk)
        })
        .collect();
    Ok(json!({"issuer": https_issuer(did)?, "jwks": {"keys": jwks}}))
}

/// Reads the document of a foreign issuer, as fetched; its keys are then controlled by the issuer's address.
///
/// # Errors
/// [`What::Differs`] when it is about another issuer; [`What::PrivateKey`]; the first fault at its place.
pub fn read_jwt_vc_issuer(bytes: &[u8], issuer: &str) -> Result<DidDocument, Fault> {
    let document: Map<String, Value> = parse_object(bytes, JWT)?;
    if text_member(&document, "issuer")? != issuer {
        return Err(
            Fault::differs(Problem::Cryptographic, "the issuer asked and the document's").within("issuer")
        );
    }
    let jwks = member(&document, "jwks").and_then(object).map_err(|fault| fault.within("jwks"))?;
    let keys = member(jwks, "keys")?.as_array().ok_or_else(|| Fault::wanted("an array").within("keys"))?;
    if keys.len() > KEYS_MAX {
        let what = What::TooMany { unit: "keys", found: keys.len(), max: KEYS_MAX };
        return Err(Fault::new(Problem::MalformedValue, what).within("jwks"));
    }
    let mut methods = Vec::new();
    for (position, jwk) in keys.iter().enumerate() {
        let read = || -> Result<Option<VerificationMethod>, Fault> {
            let jwk = object(jwk)?;
            let key = match PublicKey::from_jwk(jwk) {
                Ok(key) => key,
                Err(fault) if *fault.what() == What::PrivateKey => return Err(fault),
                // Keys of other types are for others.
                Err(_) => return Ok(None),
            };
            let Some(kid) = jwk.get("kid") else { return Ok(None) };
            Ok(Some(VerificationMethod {
                id: format!("{issuer}#{}", text(kid)?),
                controller: issuer.to_owned(),
                key,
            }))
        };
        methods.extend(read().map_err(|fault| fault.at_entry(position).within("keys").within("jwks"))?);
    }
    Ok(DidDocument::of_methods(issuer, methods))
}
