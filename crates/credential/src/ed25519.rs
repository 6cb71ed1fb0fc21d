//! Ed25519 in software (RFC 8032), strict.
//!
//! Verification is `verify_strict` and nothing else: keys and R of small order and non-canonical S are refused, so
//! that a document has no second valid signature and no key accepts everything. The batch equation is not used: it
//! accepts signatures that `verify_strict` refuses (a test in the conformance suite shows one), and two clinics
//! that batch differently would judge one card differently.

use core::convert::Infallible;
use core::fmt;

use ed25519_dalek::Signer;

use crate::envelope::{Sign, Verify};
use crate::fault::{Fault, What};
use crate::key::{KeyId, PublicKey};

/// A public key that is a point of large order, decoded once and then used many times.
#[derive(Clone)]
pub struct VerifyingKey {
    key: ed25519_dalek::VerifyingKey,
    id: KeyId,
}

impl VerifyingKey {
    /// Decodes the point.
    ///
    /// # Errors
    /// [`What::WeakKey`] when it is none, or one of small order.
    pub fn new(key: &PublicKey) -> Result<Self, Fault> {
        match ed25519_dalek::VerifyingKey::from_bytes(&key.0) {
            Ok(point) if !point.is_weak() => Ok(Self { key: point, id: key.id() }),
            _ => Err(What::WeakKey.into()),
        }
    }
}

impl Verify for VerifyingKey {
    fn key_id(&self) -> KeyId {
        self.id
    }

    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Fault> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key.verify_strict(message, &signature).map_err(|_| What::Signature.into())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.id)
    }
}

/// A private key in memory. It is wiped when dropped and has no way to be shown.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    id: KeyId,
}

impl SigningKey {
    /// From the 32 secret bytes of RFC 8032 section 5.1.5, which the caller draws from a CSPRNG and wipes.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(secret);
        let id = PublicKey(key.verifying_key().to_bytes()).id();
        Self { key, id }
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }
}

impl Sign for SigningKey {
    type Fault = Infallible;

    fn key_id(&self) -> KeyId {
        self.id
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Infallible> {
        Ok(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret hidden)", self.id)
    }
}
