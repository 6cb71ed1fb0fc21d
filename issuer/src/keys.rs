//! The issuer's secrets: three signing keys and the key of the index permutation, in `keys.age`.
//!
//! A status key and a delegation key of their own keep the credential key away from the machine that publishes lists
//! and from ceremonies. Refuses a file whose keys are not those of the configuration: it is another issuer's, or an
//! old one.

use std::path::{Path, PathBuf};

use sanad_credential::{PublicKey, SigningKey};
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::secret::{self, from_hex, to_hex};
use sanad_keyfile::{Existing, KeyFault};
use sanad_trust::{KeyUse, RecordDraft};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::permutation::PermutationKey;

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "keys.age";

/// The secrets in memory.
pub struct IssuerKeys {
    /// Signs entitlements.
    pub credential: SigningKey,
    /// Signs status lists.
    pub status: SigningKey,
    /// Signs delegations.
    pub delegation: SigningKey,
    /// Orders the status indices.
    pub permutation: PermutationKey,
}

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsFault {
    /// The file.
    #[error(transparent)]
    File(#[from] KeyFault),
    /// What was decrypted is no set of issuer keys.
    #[error("{}: decrypted, but it holds no issuer keys", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The keys are not those that the configuration names.
    #[error("{}: the {} key {found} is not in issuer.toml", path.display(), key_use.word())]
    OtherIssuer {
        /// The file.
        path: PathBuf,
        /// Which key.
        key_use: KeyUse,
        /// The public half of the key found.
        found: PublicKey,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// The decrypted file: hexadecimal digits, wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    credential: String,
    status: String,
    delegation: String,
    permutation: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.credential.zeroize();
        self.status.zeroize();
        self.delegation.zeroize();
        self.permutation.zeroize();
    }
}

/// Draws new secrets and writes them; an existing file is never replaced.
///
/// # Errors
/// [`SecretsFault::File`], [`SecretsFault::Randomness`].
pub fn create(dir: &Path, passphrase: &Passphrase) -> Result<IssuerKeys, SecretsFault> {
    let secret = || secret::draw().map_err(SecretsFault::Randomness);
    let (credential, status, delegation, permutation) = (secret()?, secret()?, secret()?, secret()?);
    let stored = Stored {
        credential: to_hex(&credential),
        status: to_hex(&status),
        delegation: to_hex(&delegation),
        permutation: to_hex(&permutation),
    };
    // The capacity keeps the buffer from moving, which would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(512));
    if serde_json::to_writer(&mut *text, &stored).is_err() {
        return Err(SecretsFault::Content { path: dir.join(FILE_NAME) });
    }
    sanad_keyfile::write(&dir.join(FILE_NAME), &text, passphrase, Existing::Refuse)?;
    Ok(IssuerKeys {
        credential: SigningKey::from_secret(&credential),
        status: SigningKey::from_secret(&status),
        delegation: SigningKey::from_secret(&delegation),
        permutation: PermutationKey::from_bytes(&permutation),
    })
}

/// Decrypts the secrets of an issuer and holds them against its record.
///
/// # Errors
/// [`SecretsFault`].
pub fn load(dir: &Path, passphrase: &Passphrase, record: &RecordDraft) -> Result<IssuerKeys, SecretsFault> {
    let path = dir.join(FILE_NAME);
    let text = sanad_keyfile::read(&path, passphrase)?;
    let content = || SecretsFault::Content { path: path.clone() };
    let stored: Stored = serde_json::from_slice(&text).map_err(|_| content())?;
    let secret = |text: &str| from_hex(text).ok_or_else(content);
    let keys = IssuerKeys {
        credential: SigningKey::from_secret(&*secret(&stored.credential)?),
        status: SigningKey::from_secret(&*secret(&stored.status)?),
        delegation: SigningKey::from_secret(&*secret(&stored.delegation)?),
        permutation: PermutationKey::from_bytes(&*secret(&stored.permutation)?),
    };
    let uses = [
        (KeyUse::Credential, &keys.credential),
        (KeyUse::Status, &keys.status),
        (KeyUse::Delegation, &keys.delegation),
    ];
    for (key_use, key) in uses {
        let found = key.public_key();
        if !record.keys.iter().any(|listed| listed.key_use == key_use && listed.x == found) {
            return Err(SecretsFault::OtherIssuer { path, key_use, found });
        }
    }
    Ok(keys)
}
