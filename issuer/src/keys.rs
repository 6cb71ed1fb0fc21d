//! The issuer's keys: those that sign, in `keys.age` or in a hardware module, and the key of the index permutation, which
//! is always in `keys.age`.
//!
//! A status key and a delegation key of their own keep the credential key away from the machine that publishes lists
//! and from ceremonies. Of each use there may be several: while keys are exchanged, the old and the new one.
//!
//! Which of them signs follows from the record and the day alone: the newest active key whose days include it. A secret
//! that the record does not name is never used; it is what an interrupted rotation leaves.
//!
//! Refuses a `keys.age` of which a use has no key in the configuration: it is another issuer's, or an old one.

mod change;
mod issuer_toml;
mod stored;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanad_credential::{Date, KeyId, PublicKey, Sign, SigningKey};
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::secret;
use sanad_keyfile::{Existing, KeyFault};
use sanad_trust::{KeyUse, RecordDraft, RecordKey};

pub use change::{
    ChangeFault, MadeIn, Marked, OVERLAP_DAYS_MAX, Rotated, Rotation, compromise, retire, rotate,
};
pub use issuer_toml::{EditFault, IssuerToml};

use crate::config::{HsmConfig, NoKey, newest_first};
use crate::hsm::{Hsm, HsmFault, HsmKey};
use crate::permutation::PermutationKey;
use stored::{Entry, Stored};

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "keys.age";

/// The uses of keys.
pub const USES: [KeyUse; 3] = [KeyUse::Credential, KeyUse::Status, KeyUse::Delegation];

/// The keys in memory.
pub struct IssuerKeys {
    signers: Vec<Held>,
    /// Orders the status indices.
    pub permutation: PermutationKey,
}

struct Held {
    key_use: KeyUse,
    x: PublicKey,
    signer: Signer,
}

/// A key that signs.
#[derive(Debug)]
pub enum Signer {
    /// In memory, from `keys.age`.
    Software(SigningKey),
    /// In a hardware module.
    Hsm(HsmKey),
}

impl Sign for Signer {
    type Fault = HsmFault;

    fn key_id(&self) -> KeyId {
        match self {
            Signer::Software(key) => key.key_id(),
            Signer::Hsm(key) => key.key_id(),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], HsmFault> {
        match self {
            Signer::Software(key) => match key.sign(message) {
                Ok(signature) => Ok(signature),
                Err(never) => match never {},
            },
            Signer::Hsm(key) => key.sign(message),
        }
    }
}

/// Why nothing was signed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignFault {
    /// No key of the record counts.
    #[error("{0}; make one: sanad-issuer keys DIR rotate")]
    NoKey(#[from] NoKey),
    /// Keys count, and none of them is here.
    #[error(
        "the {} key {key} of issuer.toml should sign on {day} and is not here: get the keys.age with it, or open its \
         hardware module", key_use.word()
    )]
    NotHere {
        /// What it is for.
        key_use: KeyUse,
        /// The newest.
        key: KeyId,
        /// The day.
        day: Date,
    },
    /// The hardware module did not sign.
    #[error(transparent)]
    Hsm(#[from] HsmFault),
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
    /// No key of a use is one that the configuration names.
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
    /// The file holds as many keys as it may.
    #[error("{}: it holds {count} keys, at most {max} fit", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// How many there are.
        count: usize,
        /// How many may be.
        max: usize,
    },
}

/// The public halves of new keys.
#[derive(Clone, Copy, Debug)]
pub struct PublicKeys {
    /// Signs entitlements.
    pub credential: PublicKey,
    /// Signs status lists.
    pub status: PublicKey,
    /// Signs delegations.
    pub delegation: PublicKey,
}

/// Draws the secrets of a new issuer and writes them; an existing file is never replaced.
///
/// # Errors
/// [`SecretsFault::File`], [`SecretsFault::Randomness`].
pub fn create(dir: &Path, passphrase: &Passphrase) -> Result<PublicKeys, SecretsFault> {
    let path = dir.join(FILE_NAME);
    let permutation = secret::draw().map_err(SecretsFault::Randomness)?;
    let [credential, status, delegation] = USES.map(draw);
    let (credential, status, delegation) = (credential?, status?, delegation?);
    let keys = PublicKeys { credential: credential.x(), status: status.x(), delegation: delegation.x() };
    let stored = Stored { permutation, keys: vec![credential, status, delegation] };
    write(&path, &stored, passphrase, Existing::Refuse)?;
    Ok(keys)
}

/// Decrypts the secrets of an issuer and holds them against its record. Keys in a hardware module are added by
/// [`IssuerKeys::open_hsm`].
///
/// # Errors
/// [`SecretsFault`].
pub fn load(dir: &Path, passphrase: &Passphrase, record: &RecordDraft) -> Result<IssuerKeys, SecretsFault> {
    let path = dir.join(FILE_NAME);
    let stored = read(&path, passphrase)?;
    let is_listed =
        |entry: &Entry| record.keys.iter().any(|key| key.key_use == entry.key_use && key.x == entry.x());
    for key_use in USES {
        let mut of_use = stored.keys.iter().filter(|entry| entry.key_use == key_use).peekable();
        if let Some(first) = of_use.peek().map(|entry| entry.x())
            && !of_use.any(is_listed)
        {
            return Err(SecretsFault::OtherIssuer { path, key_use, found: first });
        }
    }
    let listed = stored.keys.iter().filter(|entry| is_listed(entry));
    let signers = listed.map(|entry| Held {
        key_use: entry.key_use,
        x: entry.x(),
        signer: Signer::Software(entry.signing_key()),
    });
    Ok(IssuerKeys {
        signers: signers.collect(),
        permutation: PermutationKey::from_bytes(&stored.permutation),
    })
}

/// Draws a key and adds it to `keys.age`, in one step. Nothing signs with it before the configuration names it.
///
/// # Errors
/// [`SecretsFault`].
pub fn add(dir: &Path, passphrase: &Passphrase, key_use: KeyUse) -> Result<PublicKey, SecretsFault> {
    let path = dir.join(FILE_NAME);
    let mut stored = read(&path, passphrase)?;
    if stored.keys.len() >= stored::KEYS_MAX {
        return Err(SecretsFault::Full { path, count: stored.keys.len(), max: stored::KEYS_MAX });
    }
    let entry = draw(key_use)?;
    let x = entry.x();
    stored.keys.push(entry);
    write(&path, &stored, passphrase, Existing::Replace)?;
    Ok(x)
}

fn draw(key_use: KeyUse) -> Result<Entry, SecretsFault> {
    Ok(Entry::new(key_use, secret::draw().map_err(SecretsFault::Randomness)?))
}

fn read(path: &Path, passphrase: &Passphrase) -> Result<Stored, SecretsFault> {
    let text = sanad_keyfile::read(path, passphrase)?;
    Stored::parse(&text).ok_or_else(|| SecretsFault::Content { path: path.to_owned() })
}

fn write(
    path: &Path,
    stored: &Stored,
    passphrase: &Passphrase,
    existing: Existing,
) -> Result<(), SecretsFault> {
    let text = stored.to_text().ok_or_else(|| SecretsFault::Content { path: path.to_owned() })?;
    Ok(sanad_keyfile::write(path, &text, passphrase, existing)?)
}

impl IssuerKeys {
    /// Keys in memory, one of each use.
    pub fn of(keys: [(KeyUse, SigningKey); 3], permutation: PermutationKey) -> Self {
        let held = |(key_use, key): (KeyUse, SigningKey)| Held {
            key_use,
            x: key.public_key(),
            signer: Signer::Software(key),
        };
        Self { signers: keys.into_iter().map(held).collect(), permutation }
    }

    /// Opens those keys of a hardware module that are for these uses and still sign, from a day on.
    ///
    /// # Errors
    /// [`HsmFault`], of the first key that is not as the configuration says.
    pub fn open_hsm(
        &mut self,
        hsm: &Arc<Hsm>,
        config: &HsmConfig,
        keys: &[&RecordKey],
    ) -> Result<(), HsmFault> {
        for key in keys {
            let Some((_, object)) = config.keys.iter().find(|(x, _)| *x == key.x) else { continue };
            let signer = Signer::Hsm(HsmKey::open(hsm, key.x, object.clone())?);
            self.signers.push(Held { key_use: key.key_use, x: key.x, signer });
        }
        Ok(())
    }

    /// The key that signs on a day: the newest of the record that counts then and is here.
    ///
    /// # Errors
    /// [`SignFault::NoKey`], [`SignFault::NotHere`].
    pub fn signer(&self, record: &RecordDraft, key_use: KeyUse, day: Date) -> Result<&Signer, SignFault> {
        let keys = newest_first(record, key_use, day)?;
        let here = keys.iter().find_map(|key| self.held(key));
        match (here, keys.first()) {
            (Some(signer), _) => Ok(signer),
            (None, Some(newest)) => Err(SignFault::NotHere { key_use, key: newest.x.id(), day }),
            // There is always a first.
            (None, None) => Err(SignFault::NoKey(NoKey { key_use, day, first: None })),
        }
    }

    /// Whether a key of the record is here.
    pub fn has(&self, key: &RecordKey) -> bool {
        self.held(key).is_some()
    }

    fn held(&self, key: &RecordKey) -> Option<&Signer> {
        let held = self.signers.iter().find(|held| held.key_use == key.key_use && held.x == key.x);
        held.map(|held| &held.signer)
    }
}
