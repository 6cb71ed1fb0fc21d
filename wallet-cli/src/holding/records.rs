//! What a wallet pins: issuers' records, and the root of the region with what never goes backward.
//!
//! Each is one encrypted file, replaced in one step. Their names are keyed hashes: which issuers somebody deals with is
//! nobody else's business.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sanad_credential::{IssuerId, KeyId};
use sanad_trust::client::sha256;
use sanad_trust::metadata::Sha256Hash;
use sanad_trust::trust_state::{STATE_BYTES_MAX, TrustState};
use sanad_trust::{IssuerRecord, KeyState, RECORD_LIMITS, RecordKey};

use super::{Wallet, WalletFault, kind};
use crate::vault::SEALED_BYTES_ADDED;
use crate::whole_file::{self, Readers};

/// An issuer's record that is pinned when a document opens with it.
#[derive(Debug)]
pub struct Proposed {
    text: String,
    record: IssuerRecord,
    new_keys: Vec<KeyId>,
    pinning: Pinning,
}

/// Whether a proposed record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// The same record was pinned before.
    Before,
    /// No document has opened with it yet.
    Not,
    /// A document has opened with it.
    Now,
}

/// What happens to a pinned record with other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherKeys {
    /// It stays.
    Refuse,
    /// It goes: the issuer itself confirmed the new one.
    Replace,
}

impl Proposed {
    /// The issuer.
    pub fn iss(&self) -> &IssuerId {
        self.record.iss()
    }

    /// Keys that the pinned record of the issuer has not; none where no record was pinned.
    pub fn new_keys(&self) -> &[KeyId] {
        &self.new_keys
    }

    /// Whether it counts.
    pub fn pinning(&self) -> Pinning {
        self.pinning
    }

    pub(super) fn record(&self) -> &IssuerRecord {
        &self.record
    }
}

impl Wallet {
    /// Reads an issuer's record that is to be pinned.
    ///
    /// # Errors
    /// [`WalletFault::Record`], [`WalletFault::File`], [`WalletFault::OtherKeys`].
    pub fn propose(&self, path: &Path, other_keys: OtherKeys) -> Result<Proposed, WalletFault> {
        let limit = u64::try_from(RECORD_LIMITS.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let mut text = String::new();
        let at = |source| WalletFault::File { path: path.to_owned(), source };
        File::open(path).map_err(at)?.take(limit).read_to_string(&mut text).map_err(at)?;
        let record = IssuerRecord::parse(&text)
            .map_err(|fault| WalletFault::Record { path: path.to_owned(), fault })?;
        let mut proposed = Proposed { text, record, new_keys: Vec::new(), pinning: Pinning::Not };
        let Some((pinned_hash, pinned)) = self.pinned(proposed.iss())? else { return Ok(proposed) };
        if pinned_hash == sha256(proposed.text.as_bytes()) {
            proposed.pinning = Pinning::Before;
            return Ok(proposed);
        }
        let (new, old) = (&proposed.record.members().keys, &pinned.members().keys);
        for key in old {
            let stands = |found: &&_| same_key(found, key);
            let is_kept = new.iter().find(stands).is_some_and(|found| {
                key.state != KeyState::Compromised || found.state == KeyState::Compromised
            });
            if !is_kept && other_keys == OtherKeys::Refuse {
                return Err(WalletFault::OtherKeys { iss: pinned.iss().clone(), kid: key.x.id() });
            }
        }
        let is_new = |key: &&_| !old.iter().any(|other| same_key(other, key));
        proposed.new_keys = new.iter().filter(is_new).map(|key| key.x.id()).collect();
        Ok(proposed)
    }

    pub(super) fn pin(&self, proposed: &mut Proposed) -> Result<(), WalletFault> {
        self.write_record(proposed.iss(), &proposed.text)?;
        proposed.pinning = Pinning::Now;
        Ok(())
    }

    pub(super) fn write_record(&self, iss: &IssuerId, text: &str) -> Result<(), WalletFault> {
        self.write(kind::RECORD, iss.as_str(), text.as_bytes())
    }

    pub(super) fn pinned_text(&self, iss: &IssuerId) -> Result<Option<String>, WalletFault> {
        let bytes = self.read(kind::RECORD, iss.as_str(), RECORD_LIMITS.bytes_max)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The pinned record of an issuer, and its hash.
    pub(super) fn pinned(&self, iss: &IssuerId) -> Result<Option<(Sha256Hash, IssuerRecord)>, WalletFault> {
        let Some(text) = self.pinned_text(iss)? else { return Ok(None) };
        let parsed = IssuerRecord::parse(&text);
        let record = parsed.map_err(|fault| WalletFault::Record { path: self.dir.clone(), fault })?;
        Ok(Some((sha256(text.as_bytes()), record)))
    }

    /// The pinned record of an issuer.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn record_of(&self, iss: &IssuerId) -> Result<Option<IssuerRecord>, WalletFault> {
        Ok(self.pinned(iss)?.map(|(_, record)| record))
    }

    /// The pinned root of the region, and what never goes backward.
    ///
    /// # Errors
    /// [`WalletFault::Trust`].
    pub fn trust(&self) -> Result<Option<TrustState>, WalletFault> {
        let bytes = self.read(kind::TRUST, "", STATE_BYTES_MAX)?;
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        text.map(|text| TrustState::parse(&text).map_err(WalletFault::Trust)).transpose()
    }

    /// Keeps these instead.
    ///
    /// # Errors
    /// [`WalletFault::File`].
    pub fn keep_trust(&self, state: &TrustState) -> Result<(), WalletFault> {
        self.write(kind::TRUST, "", state.to_json().to_string().as_bytes())
    }

    fn read(&self, kind: u8, id: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, WalletFault> {
        let (name, path) = self.place(kind, id);
        let at = |source| WalletFault::File { path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(at(source)),
        };
        let limit = u64::try_from(bytes_max.saturating_add(SEALED_BYTES_ADDED)).unwrap_or(u64::MAX);
        let mut sealed = Vec::new();
        file.take(limit).read_to_end(&mut sealed).map_err(at)?;
        let opened = self.vault.unseal(&name, &sealed);
        let opened = opened.map_err(|fault| WalletFault::Vault { place: path.clone(), fault })?;
        Ok(Some(opened.to_vec()))
    }

    fn write(&self, kind: u8, id: &str, content: &[u8]) -> Result<(), WalletFault> {
        let (name, path) = self.place(kind, id);
        let sealed = self.vault.seal(&name, content);
        let sealed = sealed.map_err(|fault| WalletFault::Vault { place: path.clone(), fault })?;
        whole_file::write(&path, &sealed, Readers::Owner)
            .map_err(|source| WalletFault::File { path: path.clone(), source })
    }

    fn place(&self, kind: u8, id: &str) -> ([u8; 16], PathBuf) {
        let name = self.vault.name(kind, id.as_bytes());
        let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        (name, self.dir.join(format!("{hex}.sealed")))
    }
}

fn same_key(one: &RecordKey, other: &RecordKey) -> bool {
    one.x == other.x && one.key_use == other.key_use
}
