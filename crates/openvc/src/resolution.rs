//! Answers of a DID resolver: what `GET /identifiers/{did}` says (DID Resolution, did:key method).
//!
//! A pure function from the text that was asked to status and body. What cannot be resolved is answered with the
//! error that the method's specification names, and an empty document.

use serde_json::{Map, Value, json};

use crate::did::{Controllers, DID_CHARACTERS_MAX, DidDocument};
use crate::keys::PublicKey;
use crate::multibase::{self, from_base58};

/// What was asked beside the DID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResolutionOptions<'o> {
    /// `publicKeyFormat`.
    pub public_key_format: Option<&'o str>,
    /// `enableExperimentalPublicKeyTypes`.
    pub experimental: Option<&'o str>,
}

/// An answer: HTTP status and JSON body.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// 200, or 400 where there is an error.
    pub status: u16,
    /// The body.
    pub body: Value,
}

/// Formats of keys that a document can be written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyFormat {
    Multikey,
    Jwk(&'static str),
    Ed25519VerificationKey2020,
}

/// Resolves a DID, or the verification method that a DID URL names.
pub fn resolve(asked: &str, options: ResolutionOptions<'_>, controllers: &Controllers) -> Resolution {
    let is_url = asked.contains(['#', '/', '?']);
    match answer(asked, is_url, options, controllers) {
        Ok(document) => Resolution { status: 200, body: body(is_url, document, None) },
        Err(error) => Resolution { status: 400, body: body(is_url, Value::Object(Map::new()), Some(error)) },
    }
}

fn body(is_url: bool, document: Value, error: Option<&'static str>) -> Value {
    let metadata = match error {
        Some(error) => json!({ "error": error }),
        None => json!({ "contentType": "application/did+ld+json" }),
    };
    let name = if is_url { "didDereferencingMetadata" } else { "didResolutionMetadata" };
    json!({
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": document,
        "didDocumentMetadata": {},
        name: metadata,
    })
}

fn answer(
    asked: &str,
    is_url: bool,
    options: ResolutionOptions<'_>,
    controllers: &Controllers,
) -> Result<Value, &'static str> {
    let invalid = if is_url { "invalidDidUrl" } else { "invalidDid" };
    if asked.len() > DID_CHARACTERS_MAX || !is_did_url(asked) {
        return Err(invalid);
    }
    let (did, fragment) = match asked.split_once('#') {
        Some((did, fragment)) => (did, Some(fragment)),
        None => (asked, None),
    };
    // Paths and queries lead to services, which these documents have none of.
    if did.contains(['/', '?']) {
        return Err(invalid);
    }
    let method = did.strip_prefix("did:").and_then(|rest| rest.split_once(':'));
    let document = match method {
        Some(("key", key)) => {
            check_key(key)?;
            DidDocument::of_key_did(did).map_err(|_| "invalidPublicKey")?
        }
        Some(("jwk", _)) => DidDocument::of_key_did(did).map_err(|_| "invalidDid")?,
        Some(("web", _)) => {
            crate::did::did_web_address(did).map_err(|_| "invalidDid")?;
            controllers.document(did).map_err(|_| "notFound")?
        }
        Some(_) => return Err("methodNotSupported"),
        None => return Err("invalidDid"),
    };
    let format = key_format(options, is_url)?;
    match fragment {
        None => Ok(written(&document, format)),
        Some(_) => {
            let method = document.methods().iter().find(|method| method.id == asked).ok_or("notFound")?;
            let mut found = method_json(&method.id, &method.controller, &method.key, format);
            found.insert("@context".into(), json!(contexts(format)));
            Ok(Value::Object(found))
        }
    }
}

/// DID Core section 3: the characters of a DID URL, `%` only before two hexadecimal digits.
fn is_did_url(asked: &str) -> bool {
    let rest = match asked.strip_prefix("did:") {
        Some(rest) => rest,
        None => return false,
    };
    let (name, _) = rest.split_once(':').unwrap_or((rest, ""));
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let id_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (id, url) = rest.split_at_checked(id_end).unwrap_or((rest, ""));
    let of_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'%');
    let of_url = |byte: u8| of_id(byte) || b"~!$&'()*+,;=@/?#".contains(&byte);
    is_name
        && !id.ends_with(':')
        && id.bytes().all(of_id)
        && url.bytes().all(of_url)
        && url.matches('#').count() <= 1
}

/// did:key section 3.1.3: what is wrong with the key, in the words of the method.
fn check_key(key: &str) -> Result<(), &'static str> {
    let key = key.strip_prefix("1.1:").unwrap_or(key);
    let bytes = from_base58(key).map_err(|_| "invalidDid")?;
    match bytes.split_at_checked(2) {
        Some((prefix, key)) if prefix == multibase::ED25519 => {
            if key.len() == 32 {
                Ok(())
            } else {
                Err("invalidPublicKeyLength")
            }
        }
        Some((prefix, key)) if prefix == multibase::P256 => {
            if key.len() == 33 {
                Ok(())
            } else {
                Err("invalidPublicKeyLength")
            }
        }
        Some((_, key)) if key.len() < 32 => Err("invalidPublicKeyLength"),
        Some(_) => Err("unsupportedPublicKeyType"),
        None => Err("invalidPublicKeyLength"),
    }
}

fn key_format(options: ResolutionOptions<'_>, is_url: bool) -> Result<KeyFormat, &'static str> {
    match options.public_key_format {
        None | Some("Multikey") => Ok(KeyFormat::Multikey),
        Some("JsonWebKey") => Ok(KeyFormat::Jwk("JsonWebKey")),
        Some("JsonWebKey2020") => Ok(KeyFormat::Jwk("JsonWebKey2020")),
        Some("Ed25519VerificationKey2020") => Ok(KeyFormat::Ed25519VerificationKey2020),
        // Of the experimental types none is written here, whether it is enabled or not.
        Some("Ed25519VerificationKey2018") if is_url && options.experimental != Some("true") => {
            Err("invalidPublicKeyType")
        }
        Some(_) => Err("unsupportedPublicKeyType"),
    }
}

fn contexts(format: KeyFormat) -> [&'static str; 2] {
    let of_keys = match format {
        KeyFormat::Multikey => "https://w3id.org/security/multikey/v1",
        KeyFormat::Jwk(_) => "https://w3id.org/security/suites/jws-2020/v1",
        KeyFormat::Ed25519VerificationKey2020 => "https://w3id.org/security/suites/ed25519-2020/v1",
    };
    ["https://www.w3.org/ns/did/v1", of_keys]
}

fn method_json(id: &str, controller: &str, key: &PublicKey, format: KeyFormat) -> Map<String, Value> {
    let mut method = Map::new();
    method.insert("id".into(), id.into());
    method.insert("controller".into(), controller.into());
    match (format, key) {
        (KeyFormat::Jwk(name), key) => {
            method.insert("type".into(), name.into());
            method.insert("publicKeyJwk".into(), Value::Object(key.to_jwk()));
        }
        (KeyFormat::Ed25519VerificationKey2020, PublicKey::Ed25519(_)) => {
            method.insert("type".into(), "Ed25519VerificationKey2020".into());
            method.insert("publicKeyMultibase".into(), key.to_multikey().into());
        }
        (_, key) => {
            method.insert("type".into(), "Multikey".into());
            method.insert("publicKeyMultibase".into(), key.to_multikey().into());
        }
    }
    method
}

fn written(document: &DidDocument, format: KeyFormat) -> Value {
    let mut json = document.to_json();
    let methods = document.methods().iter();
    let methods: Vec<Value> = methods
        .map(|method| Value::Object(method_json(&method.id, &method.controller, &method.key, format)))
        .collect();
    if let Value::Object(members) = &mut json {
        members.insert("@context".into(), json!(contexts(format)));
        members.insert("verificationMethod".into(), methods.into());
        if document.id().starts_with("did:key:") || document.id().starts_with("did:jwk:") {
            for purpose in ["capabilityDelegation", "capabilityInvocation"] {
                if let Some(methods) = members.get("assertionMethod").cloned() {
                    members.insert(purpose.into(), methods);
                }
            }
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    const KEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    fn error(asked: &str, format: Option<&str>, experimental: Option<&str>) -> (u16, Value, bool) {
        let options = ResolutionOptions { public_key_format: format, experimental };
        let answer = resolve(asked, options, &Controllers::new(Profile::LoopbackTest));
        let dereferencing = answer.body.get("didDereferencingMetadata");
        let metadata = dereferencing.unwrap_or_else(|| &answer.body["didResolutionMetadata"]);
        (answer.status, metadata["error"].clone(), dereferencing.is_some())
    }

    #[test]
    fn each_wrong_did_has_the_error_of_the_method() {
        let did = format!("did:key:{KEY}");
        for (asked, format, experimental, wanted, dereferencing) in [
            (format!("notDid:key:{KEY}"), None, None, "invalidDid", false),
            (format!("did:key:-4:{KEY}"), None, None, "invalidDid", false),
            (did.replace("z6Mk", "6Mk"), None, None, "invalidDid", false),
            ("did:key:@".into(), None, None, "invalidDid", false),
            (did.replace(":key:", ":experimental:"), None, None, "methodNotSupported", false),
            ("did:key:zTjsVPtY".into(), None, None, "invalidPublicKeyLength", false),
            (format!("{did}/^bar^/?query=`#{KEY}"), None, None, "invalidDidUrl", true),
            (did.clone(), Some("unknown"), None, "unsupportedPublicKeyType", false),
            (
                format!("{did}#{KEY}"),
                Some("Ed25519VerificationKey2018"),
                Some("false"),
                "invalidPublicKeyType",
                true,
            ),
        ] {
            assert_eq!(error(&asked, format, experimental), (400, wanted.into(), dereferencing), "{asked}");
        }
    }

    #[test]
    fn a_did_url_leads_to_its_method_and_a_did_to_its_document() {
        let controllers = Controllers::new(Profile::LoopbackTest);
        let method = resolve(&format!("did:key:{KEY}#{KEY}"), ResolutionOptions::default(), &controllers);
        assert_eq!(method.status, 200);
        assert_eq!(method.body["didDocument"]["controller"], format!("did:key:{KEY}"));
        let document = resolve(&format!("did:key:{KEY}"), ResolutionOptions::default(), &controllers);
        assert_eq!(document.status, 200);
        assert_eq!(document.body["didDocument"]["verificationMethod"][0]["publicKeyMultibase"], KEY);
        assert_eq!(document.body["didDocument"]["authentication"][0], format!("did:key:{KEY}#{KEY}"));
    }
}
