//! Entitlements in the open standards at the desk: what a phone presented, and the same document laid down again later, to
//! replay a receipt or to settle it.
//!
//! The desk keeps no such document, as it keeps no paper: both have the person's name in them. A receipt names what the
//! issuer signed by its hash, whatever the holder discloses of it, so that the document can be brought again: by the desk's
//! own files, or by the holder. The holder's proof was judged when it was presented; it is bound to a nonce of that day and
//! is not judged again, as with the token of a phone card.
//!
//! Refused: a document whose issuer's signature does not hold under a key of the pack, and one that hides what every
//! entitlement must say.

use std::fs;

use sanad_credential::{FixedBytes, UnixTime};
use sanad_openvc::{
    CHARACTERS_MAX, Controllers, DOCUMENT, Fault, KeyBinding, Profile, PublicKey, Purpose, Times,
    VerifiedCredential, VerifiedSdJwt, Verifying, VerifyingSdJwt, parse_object, to_credential, verify_any,
    verify_sd_jwt,
};
use sanad_trust::client::sha256;
use sanad_trust::pack::Pack;
use sanad_verifier::OpenForm;
use serde_json::Value;

use crate::trust_state::read_bounded;

/// The issuers of a pack, as controllers of the open standards. One without a DID has no open forms.
pub fn controllers(pack: &Pack) -> Controllers {
    let mut controllers = Controllers::new(Profile::Production);
    for record in pack.issuers().values() {
        if record.members().did.is_some()
            && let Err(fault) = controllers.pin(record)
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
    Ok(OpenForm {
        claims,
        key: ed25519(&verified.method().key)?,
        hash: FixedBytes(sha256(signed.as_bytes()).0),
    })
}

/// A verified W3C credential, as the rules take it.
///
/// # Errors
/// No entitlement, or a key that is none of an issuer.
pub fn of_credential(credential: &VerifiedCredential, controllers: &Controllers) -> Result<OpenForm, Fault> {
    let claims = credential.entitlement(controllers)?;
    let method = credential.proofs().first().map(|proof| proof.verification_method.as_str());
    let method = controllers.method(method.unwrap_or_default(), Purpose::AssertionMethod)?;
    // As the mapping table writes it: the same RDF has other JSON too, and one credential would have several names.
    let signed = Value::Object(to_credential(&claims, credential.issuer())).to_string();
    Ok(OpenForm { claims, key: ed25519(&method.key)?, hash: FixedBytes(sha256(signed.as_bytes()).0) })
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

    /// Verifies its issuer's signature.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn verify(&self, controllers: &Controllers, now: UnixTime) -> Result<OpenForm, Fault> {
        let times = Times::LeaveToDecision;
        match self {
            Self::SdJwt(text) => {
                let verifying = VerifyingSdJwt { controllers, now, times, key_binding: KeyBinding::None };
                of_sd_jwt(text, &verify_sd_jwt(text, &verifying)?, controllers)
            }
            Self::Credential(document) => {
                let verified = verify_any(document, &Verifying { controllers, now, times })?;
                of_credential(&verified, controllers)
            }
        }
    }
}
