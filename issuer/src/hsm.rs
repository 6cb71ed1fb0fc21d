//! Signing keys in a hardware module, over PKCS #11 (OASIS PKCS #11 3.1, section 6.3: Ed25519 by CKM_EDDSA).
//!
//! The secret never leaves the module; here is a pool of sessions on one token (`pool`) and the way to its keys
//! (`object`). Which module, token and keys is said in `issuer.toml` (`settings`); the PIN is not.
//!
//! Nothing that a module says is believed. A key counts only after it has signed a fresh challenge that verifies under
//! the public key of `issuer.toml`, and each signature is verified before it is used: a faulty module, another key under
//! the same label or a token that was exchanged is a fault, and no document.
//!
//! Refuses keys on other curves, modules named by a relative path (whoever sets the directory would choose the code), and
//! to try a PIN again that the token has refused: tokens lock themselves after a few.

mod fault;
mod object;
mod pool;
mod settings;

use std::fmt;
use std::sync::Arc;

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use sanad_credential::{KeyId, PublicKey, Sign, Verify as _, VerifyingKey};

pub use fault::HsmFault;
pub use pool::Hsm;
pub use settings::{HsmFile, HsmKeyFile, HsmObject, HsmSettings, TokenChoice};

/// A key of a token, proved to be the one of `issuer.toml`. Any number of threads may sign with it.
pub struct HsmKey {
    hsm: Arc<Hsm>,
    wanted: object::Wanted,
    id: KeyId,
}

impl HsmKey {
    /// Finds the key and has it prove itself.
    ///
    /// # Errors
    /// [`HsmFault`].
    pub fn open(hsm: &Arc<Hsm>, public: PublicKey, object: HsmObject) -> Result<Self, HsmFault> {
        let point = VerifyingKey::new(&public).map_err(|_| HsmFault::OtherKey {
            object: object.to_string(),
            found: None,
            wanted: public,
        })?;
        let wanted = object::Wanted { public, point, object };
        hsm.with_session(|session| session.key(&wanted).map(|_| ()))?;
        Ok(Self { hsm: Arc::clone(hsm), id: public.id(), wanted })
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        self.wanted.public
    }

    /// How the token calls it.
    pub fn object(&self) -> &HsmObject {
        &self.wanted.object
    }
}

impl Sign for HsmKey {
    type Fault = HsmFault;

    fn key_id(&self) -> KeyId {
        self.id
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], HsmFault> {
        let signature = self.hsm.with_session(|session| {
            let key = session.key(&self.wanted)?;
            session.sign(key, message)
        })?;
        match self.wanted.point.verify(message, &signature) {
            Ok(()) => Ok(signature),
            Err(_) => Err(HsmFault::BadSignature { key: self.id }),
        }
    }
}

/// Shows nothing of the session or the PIN.
impl fmt::Debug for HsmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HsmKey({}, {})", self.id, self.wanted.object)
    }
}

/// Plain Ed25519 (RFC 8032 section 5.1), without context and without a hash before it.
fn ed25519() -> Mechanism<'static> {
    Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519))
}
