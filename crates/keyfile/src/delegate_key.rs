//! The key of a delegate: a facility's device, a co-operative's computer. Who it is, what it asked for, and the secret
//! it signs with, in one encrypted file, so that a key is never found without the name it was made under.
//!
//! Refuses a file that decrypts to anything else. What the key may sign is said by the issuer's delegation and not
//! here.

use std::path::{Path, PathBuf};

use sanad_credential::{DelegationId, Scope, Set, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::file::{self, Existing, KeyFault};
use crate::passphrase::Passphrase;
use crate::secret;

/// A delegate's own key.
#[derive(Debug)]
pub struct DelegateKey {
    /// The delegate; for a facility's device the facility.
    pub id: DelegationId,
    /// What it asked for.
    pub scopes: Set<Scope>,
    /// What it signs with.
    pub key: SigningKey,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum DelegateKeyFault {
    /// The file.
    #[error(transparent)]
    File(#[from] KeyFault),
    /// What was decrypted is no delegate's key.
    #[error("{}: decrypted, but it holds no delegate's key", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// The decrypted file; the secret is wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: String,
    scopes: Vec<String>,
    secret: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl DelegateKey {
    /// Draws a new key and writes it to `path`. Returns when it is on the disk.
    ///
    /// # Errors
    /// [`DelegateKeyFault`].
    pub fn create(
        id: DelegationId,
        scopes: Set<Scope>,
        path: &Path,
        passphrase: &Passphrase,
        existing: Existing,
    ) -> Result<Self, DelegateKeyFault> {
        let secret = secret::draw().map_err(DelegateKeyFault::Randomness)?;
        let stored = Stored {
            id: id.to_string(),
            scopes: scopes.iter().map(|scope| scope.word().to_owned()).collect(),
            secret: secret::to_hex(&secret),
        };
        // The capacity keeps the buffer from moving, which would leave copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(512));
        if serde_json::to_writer(&mut *text, &stored).is_err() {
            return Err(DelegateKeyFault::Content { path: path.to_owned() });
        }
        file::write(path, &text, passphrase, existing)?;
        Ok(Self { id, scopes, key: SigningKey::from_secret(&secret) })
    }

    /// Decrypts the key of `path`.
    ///
    /// # Errors
    /// [`DelegateKeyFault`].
    pub fn load(path: &Path, passphrase: &Passphrase) -> Result<Self, DelegateKeyFault> {
        let text = file::read(path, passphrase)?;
        let parse = || -> Option<Self> {
            let stored: Stored = serde_json::from_slice(&text).ok()?;
            let scopes = stored.scopes.iter().map(|word| Scope::from_word(word));
            Some(Self {
                id: DelegationId::new(&stored.id).ok()?,
                scopes: Set::new(scopes.collect::<Result<_, _>>().ok()?).ok()?,
                key: SigningKey::from_secret(&*secret::from_hex(&stored.secret)?),
            })
        };
        parse().ok_or_else(|| DelegateKeyFault::Content { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passphrase::Purpose;

    #[test]
    fn a_key_comes_back_with_the_name_it_was_made_under() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.age");
        let passphrase = Passphrase::parse("correct horse", Purpose::Create).unwrap();
        let id = DelegationId::new("UG-F01").unwrap();
        let scopes = Set::new(vec![Scope::Verify]).unwrap();
        let made = DelegateKey::create(id, scopes, &path, &passphrase, Existing::Refuse).unwrap();
        let loaded = DelegateKey::load(&path, &passphrase).unwrap();
        assert_eq!((&loaded.id, &loaded.scopes), (&made.id, &made.scopes));
        assert_eq!(loaded.key.public_key(), made.key.public_key());
    }

    #[test]
    fn another_encrypted_file_is_no_delegates_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.age");
        let passphrase = Passphrase::parse("correct horse", Purpose::Create).unwrap();
        for content in [&b"{}"[..], br#"{"id":"UG-F01","scopes":["treat"],"secret":""}"#, b"\xff"] {
            file::write(&path, content, &passphrase, Existing::Replace).unwrap();
            let fault = DelegateKey::load(&path, &passphrase).unwrap_err();
            assert!(matches!(fault, DelegateKeyFault::Content { .. }), "{fault:?}");
        }
    }
}
