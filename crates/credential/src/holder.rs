//! What a holder's phone exchanges beside documents: the request that binds its key, and a verifier's challenge.
//!
//! `SNDK:1:<issuer>:<key>:<proof>` asks an issuer to bind a key: 64 and 128 upper-case hexadecimal digits, the proof being
//! the key's signature over words of its own and the issuer's id. It says nothing about a person. Who holds the proof
//! cannot use the key, and an issuer can use no proof that was made for another one.
//!
//! `SNDC:1:<facility>:<nonce>` is what a verifier shows: whom a token is for, and 32 upper-case digits that it must carry.
//!
//! Both consist of characters of the QR alphanumeric alphabet without the space, so that no editor or messenger damages
//! them. Refuses lower case, other lengths, anything before or behind; white space around is trimmed, as of every QR text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{from_hex, to_hex};
use crate::ed25519::{SigningKey, VerifyingKey};
use crate::envelope::{Sign as _, Verify as _};
use crate::fault::{Fault, Unit, What, length};
use crate::key::{HolderKey, PublicKey};
use crate::list::FixedBytes;
use crate::text::{DelegationId, IssuerId};

/// Start of a holder's request.
pub const HOLDER_REQUEST_PREFIX: &str = "SNDK:";

/// Start of a verifier's challenge.
pub const CHALLENGE_PREFIX: &str = "SNDC:";

/// Both have this version.
const VERSION: &str = "1";

/// First line of what a proof signs. A document's signature input starts with 0x84, a CBOR array, so that a proof can never
/// be a document or a token.
const DOMAIN: &str = "sanad holder key 1";

/// What a verifier showed and a token repeats.
pub type Nonce = FixedBytes<16>;

/// A key that an issuer is asked to bind, with a proof that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderRequest {
    issuer: IssuerId,
    key: HolderKey,
    proof: FixedBytes<64>,
}

impl HolderRequest {
    /// Asks an issuer to bind the own key.
    pub fn make(issuer: IssuerId, key: &SigningKey) -> Self {
        let public = key.public_key();
        let proof = match key.sign(&message(&issuer, &public)) {
            Ok(signature) => FixedBytes(signature),
            Err(never) => match never {},
        };
        Self { issuer, key: HolderKey(public), proof }
    }

    /// Reads a request and verifies its proof.
    ///
    /// # Errors
    /// [`What::Prefix`] and [`What::Pattern`] for another form; [`What::WeakKey`] at `key`, [`What::Signature`] at `proof`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let [issuer, key, proof] = parts(text, HOLDER_REQUEST_PREFIX, 3)?;
        let issuer = IssuerId::new(issuer).map_err(|fault| fault.within("issuer"))?;
        let key = PublicKey(digits(key, "key", "64 upper-case hexadecimal digits")?);
        let proof = FixedBytes(digits(proof, "proof", "128 upper-case hexadecimal digits")?);
        let verifying = VerifyingKey::new(&key).map_err(|fault| fault.within("key"))?;
        verifying.verify(&message(&issuer, &key), &proof.0).map_err(|fault| fault.within("proof"))?;
        Ok(Self { issuer, key: HolderKey(key), proof })
    }

    /// The issuer that is asked; no other one may use it.
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// The key, which whoever made the request holds.
    pub fn key(&self) -> HolderKey {
        self.key
    }
}

impl fmt::Display for HolderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, proof) = (upper(&self.key.0.0), upper(&self.proof.0));
        write!(f, "{HOLDER_REQUEST_PREFIX}{VERSION}:{}:{key}:{proof}", self.issuer)
    }
}

/// What is signed: three lines of ASCII, each ended by a line feed. None of the parts can hold one.
fn message(issuer: &IssuerId, key: &PublicKey) -> Vec<u8> {
    format!("{DOMAIN}\n{issuer}\n{key}\n").into_bytes()
}

/// What a verifier shows to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Whom the token is for.
    pub facility: DelegationId,
    /// What it must carry: 16 bytes from a CSPRNG, drawn for this encounter.
    pub nonce: Nonce,
}

impl Challenge {
    /// Reads a challenge.
    ///
    /// # Errors
    /// [`What::Prefix`] and [`What::Pattern`] for another form.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let [facility, nonce] = parts(text, CHALLENGE_PREFIX, 2)?;
        Ok(Self {
            facility: DelegationId::new(facility).map_err(|fault| fault.within("facility"))?,
            nonce: FixedBytes(digits(nonce, "nonce", "32 upper-case hexadecimal digits")?),
        })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CHALLENGE_PREFIX}{VERSION}:{}:{}", self.facility, upper(&self.nonce.0))
    }
}

/// Longest of these texts, with room for what scanners add.
const CHARACTERS_MAX: usize = 400;

/// The parts behind prefix and version.
fn parts<'t, const N: usize>(text: &'t str, prefix: &str, wanted: usize) -> Result<[&'t str; N], Fault> {
    if text.len() > CHARACTERS_MAX {
        return Err(length(Unit::Bytes, text.len(), 1, CHARACTERS_MAX));
    }
    let rest = text.trim().strip_prefix(prefix).ok_or(What::Prefix)?;
    let form = || Fault::new(What::Pattern { wanted: "version 1 and its parts, with \":\" between them" });
    let rest = rest.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix(':')).ok_or_else(form)?;
    let found: Vec<&str> = rest.splitn(wanted.saturating_add(1), ':').collect();
    <[&str; N]>::try_from(found).map_err(|_| form())
}

fn digits<const N: usize>(text: &str, name: &'static str, wanted: &'static str) -> Result<[u8; N], Fault> {
    let refused = || Fault::new(What::Pattern { wanted }).within(name);
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(refused());
    }
    from_hex(&text.to_ascii_lowercase()).ok_or_else(refused)
}

fn upper(bytes: &[u8]) -> String {
    to_hex(bytes).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> SigningKey {
        SigningKey::from_secret(&[number; 32])
    }

    fn request() -> HolderRequest {
        HolderRequest::make(IssuerId::new("KE-SHA").unwrap(), &key(1))
    }

    #[test]
    fn a_request_and_a_challenge_are_read_as_they_were_written() {
        let text = format!("{}", request());
        assert_eq!(HolderRequest::parse(&format!(" {text}\r\n")).unwrap(), request());
        let challenge =
            Challenge { facility: DelegationId::new("UG-F01").unwrap(), nonce: FixedBytes([0xAB; 16]) };
        let text = format!("{challenge}");
        assert_eq!(text, "SNDC:1:UG-F01:ABABABABABABABABABABABABABABABAB");
        assert_eq!(Challenge::parse(&text).unwrap(), challenge);
    }

    /// SPEC.md states these bytes.
    #[test]
    fn what_is_signed_is_three_lines() {
        let wanted = "sanad holder key 1\nKE-SHA\n\
            8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\n";
        assert_eq!(message(request().issuer(), &key(1).public_key()), wanted.as_bytes());
    }

    #[test]
    fn a_proof_for_another_issuer_or_of_another_key_is_refused() {
        let text = format!("{}", request());
        let other_key = upper(&key(2).public_key().0);
        let own_key = upper(&key(1).public_key().0);
        for changed in [text.replace("KE-SHA", "UG-NHIS"), text.replace(&own_key, &other_key)] {
            let fault = HolderRequest::parse(&changed).unwrap_err();
            assert_eq!((fault.place().as_str(), fault.what()), ("proof", &What::Signature));
        }
    }

    #[test]
    fn a_key_of_small_order_proves_nothing() {
        let small = format!("01{}", "0".repeat(62));
        let text = format!("{}", request()).replace(&upper(&key(1).public_key().0), &small);
        assert_eq!(HolderRequest::parse(&text).unwrap_err().place(), "key");
    }

    #[test]
    fn other_forms_are_refused() {
        let text = format!("{}", request());
        for bad in [
            text.to_lowercase(),
            text.replace("SNDK:1", "SNDK:2"),
            text.replace("SNDK:1:", "SNDK:"),
            format!("{text}:"),
            format!("{text}00"),
            format!("SNDK:1:KE-SHA:{}", "A".repeat(900)),
            "SNDK:1:::".into(),
            String::new(),
        ] {
            assert!(HolderRequest::parse(&bad).is_err(), "{bad}");
        }
        for bad in ["SNDC:1:UG-F01:AB", "SNDC:1:ug-f01:ABABABABABABABABABABABABABABABAB", "SNDC:1:UG-F01"] {
            assert!(Challenge::parse(bad).is_err(), "{bad}");
        }
    }
}
