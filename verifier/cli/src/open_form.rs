//! Entitlements in the open standards at the desk: what a phone presented, and the same document laid down again later, to
//! replay a receipt or to settle it.
//!
//! The desk keeps no such document, as it keeps no paper: both have the person's name in them. A receipt names what the
//! issuer signed by its hash, whatever the holder discloses of it, so that the document can be brought again: by the desk's
//! own files, or by the holder. The holder's proof was judged when it was presented; it is bound to a nonce of that day and
//! is not judged again, as with the token of a phone card.
//!
//! Refused: a document whose issuer's signature does not hold under a key of the pack, and one that hides what every
//! entitlement must say. An issuer or a key that the pack does not have is for the decision, as on paper: it is not known
//! here, which is no refusal.

use std::fs;

use sanad_credential::{Claims, DocumentHash, FixedBytes, KeyId, UnixTime};
use sanad_openvc::{
    CHARACTERS_MAX, CompromisedKeys, Controllers, DOCUMENT, Fault, KeyBinding, Profile, PublicKey, Purpose,
    Stated, Times, VerifiedCredential, VerifiedSdJwt, Verifying, VerifyingSdJwt, parse_object,
    stated_credential, stated_sd_jwt, to_credential, verify_any, verify_sd_jwt,
};
use sanad_trust::client::sha256;
use sanad_trust::pack::Pack;
use sanad_verifier::{IssuerSignature, OpenForm, UnknownWhat};
use serde_json::Value;

use crate::trust_state::read_bounded;

/// The issuers of a pack, as controllers of the open standards. One without a DID has no open forms. Keys that others may
/// have are left to the decision where one is made.
pub fn controllers(pack: &Pack, compromised: CompromisedKeys) -> Controllers {
    let mut controllers = Controllers::new(Profile::Production);
    for record in pack.issuers().values() {
        if record.members().did.is_some()
            && let Err(fault) = controllers.pin_with(record, compromised)
        {
            tracing::warn!(issuer = %record.iss(), cause = %fault, "an issuer's DID is not used");
        }
    }
    controllers
}

/// A verified SD-JWT VC, as the rules take it.
///
/// # Errors
/// What was not disclosed, or a key that is none of an issuer.
pub fn of_sd_jwt(text: &str, verified: &VerifiedSdJwt, controllers: &Controllers) -> Result<OpenForm, Fault> {
    let claims = verified.entitlement(controllers)?;
    // What the issuer signed, whatever the holder discloses of it.
    let signed = text.split('~').next().unwrap_or(text);
    let signature = IssuerSignature::Held { claims: claims.into(), key: ed25519(&verified.method().key)? };
    Ok(OpenForm { signature, hash: FixedBytes(sha256(signed.as_bytes()).0) })
}

/// An SD-JWT VC whose issuer or key the pack does not have: nobody here can say whether its signature holds. None where it
/// can be judged, or is no entitlement.
pub fn unknown_sd_jwt(text: &str, pack: &Pack, controllers: &Controllers) -> Option<OpenForm> {
    let stated = stated_sd_jwt(text).ok().filter(|stated| !controllers.can_judge(stated))?;
    let signed = text.split('~').next().unwrap_or(text);
    let hash = FixedBytes(sha256(signed.as_bytes()).0);
    Some(OpenForm { signature: unknown(stated, pack), hash })
}

/// As [`unknown_sd_jwt`], of a W3C credential.
pub fn unknown_credential(document: &Value, pack: &Pack, controllers: &Controllers) -> Option<OpenForm> {
    let stated = stated_credential(document).ok().filter(|stated| !controllers.can_judge(stated))?;
    let hash = hash_of_credential(stated.claims.look(), &stated.issuer);
    Some(OpenForm { signature: unknown(stated, pack), hash })
}

fn unknown(stated: Stated, pack: &Pack) -> IssuerSignature {
    let what = match pack.issuers().contains_key(&stated.claims.look().iss) {
        true => UnknownWhat::Key,
        false => UnknownWhat::Issuer,
    };
    let fragment = stated.method.as_deref().and_then(|method| method.rsplit_once('#'));
    let kid = fragment.and_then(|(_, fragment)| KeyId::from_hex(fragment).ok());
    IssuerSignature::Unknown { what, stated: stated.claims.into(), kid }
}

/// As the mapping table writes it: the same RDF has other JSON too, and one credential would have several names.
fn hash_of_credential(claims: &Claims, issuer: &str) -> DocumentHash {
    let written = Value::Object(to_credential(claims, issuer)).to_string();
    FixedBytes(sha256(written.as_bytes()).0)
}

/// A verified W3C credential, as the rules take it.
///
/// # Errors
/// No entitlement, or a key that is none of an issuer.
pub fn of_credential(credential: &VerifiedCredential, controllers: &Controllers) -> Result<OpenForm, Fault> {
    let claims = credential.entitlement(controllers)?;
    let method = credential.proofs().first().map(|proof| proof.verification_method.as_str());
    let method = controllers.method(method.unwrap_or_default(), Purpose::AssertionMethod)?;
    let hash = hash_of_credential(&claims, credential.issuer());
    let signature = IssuerSignature::Held { claims: claims.into(), key: ed25519(&method.key)? };
    Ok(OpenForm { signature, hash })
}

fn ed25519(key: &PublicKey) -> Result<sanad_credential::PublicKey, Fault> {
    match key {
        PublicKey::Ed25519(key) => Ok(*key),
        PublicKey::P256(_) => {
            let what = sanad_openvc::What::Wanted { wanted: "an Ed25519 key of the pack" };
            Err(Fault::new(sanad_openvc::Problem::Cryptographic, what))
        }
    }
}

/// A document of the open standards that is laid down again. Nothing of it is verified.
#[derive(Clone, Debug)]
pub enum OpenDocument {
    /// An SD-JWT VC with the disclosures that were shown; a key binding behind it is left out.
    SdJwt(String),
    /// A W3C credential, with its proofs or in its envelope.
    Credential(Value),
}

impl OpenDocument {
    /// Reads an argument that is a file with one; none where it is anything else.
    ///
    /// # Errors
    /// In words: a file that begins like one and does not read.
    pub fn read(argument: &str) -> Result<Option<Self>, String> {
        // A code as text is no file, or one whose name nobody gives.
        if !fs::metadata(argument).is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        let bytes_max = DOCUMENT.bytes_max.max(CHARACTERS_MAX);
        let bytes =
            read_bounded(argument.as_ref(), bytes_max).map_err(|fault| format!("{argument}: {fault}"))?;
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(None) };
        let text = text.trim();
        let is_sd_jwt = text.starts_with("ey") && text.contains('~');
        if !is_sd_jwt && !text.starts_with('{') {
            return Ok(None);
        }
        if bytes.len() > bytes_max {
            return Err(format!("{argument}: over {bytes_max} bytes"));
        }
        if is_sd_jwt {
            // The holder's proof behind the last tilde was for the request of that day.
            let shown = text.rfind('~').and_then(|last| text.get(..=last)).unwrap_or(text);
            return Ok(Some(Self::SdJwt(shown.to_owned())));
        }
        let document = parse_object(text.as_bytes(), DOCUMENT);
        document
            .map(|document| Some(Self::Credential(Value::Object(document))))
            .map_err(|fault| format!("{argument}: {fault}"))
    }

    /// Verifies its issuer's signature, where the pack has issuer and key. When its proofs were made was judged when it was
    /// presented.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn verify(&self, pack: &Pack, controllers: &Controllers, now: UnixTime) -> Result<OpenForm, Fault> {
        let times = Times::NoClock;
        match self {
            Self::SdJwt(text) => {
                if let Some(unknown) = unknown_sd_jwt(text, pack, controllers) {
                    return Ok(unknown);
                }
                let verifying = VerifyingSdJwt { controllers, now, times, key_binding: KeyBinding::None };
                of_sd_jwt(text, &verify_sd_jwt(text, &verifying)?, controllers)
            }
            Self::Credential(document) => {
                if let Some(unknown) = unknown_credential(document, pack, controllers) {
                    return Ok(unknown);
                }
                let verified = verify_any(document, &Verifying { controllers, now, times })?;
                of_credential(&verified, controllers)
            }
        }
    }
}
