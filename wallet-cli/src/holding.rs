//! The wallet's directory: one QR text a file, and the records of issuers that the holder pinned.
//!
//! `<id>.snd` holds a text exactly as its QR code does, `<issuer>.record.json` an issuer's record. Files are written
//! beside their name, synced and renamed, so that a power cut leaves a document whole or not there; directory and files
//! are for their owner only. Refuses what is no entitlement, what is held already, and, where the issuer's record is
//! pinned, what it does not open.
//!
//! A record is pinned when a document opens with it and not before, and takes the place of a pinned one only if it has
//! all its keys: who could slip in another record could slip in any document.
//!
//! The files are not encrypted yet; README.md says so.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sanad_credential::{Claims, Fault, IssuerId, KeyId, QrText, Sealed};
use sanad_trust::{IssuerRecord, KeyState, Opened, RECORD_LIMITS, RecordKey, Rejection};
use sha2::{Digest, Sha256};

use crate::whole_file::{self, Readers};

const DOCUMENT_ENDING: &str = "snd";
const RECORD_ENDING: &str = "record.json";

/// Longest file of a text: the text and a line end.
const DOCUMENT_FILE_BYTES_MAX: u64 = 3_100;

/// A wallet.
pub struct Wallet {
    dir: PathBuf,
}

/// A document that is held.
#[derive(Debug)]
pub struct Held {
    /// First 16 digits of the SHA-256 of the document.
    pub id: String,
    /// The text of its QR code.
    pub text: QrText,
    /// What it says.
    pub claims: Claims,
    /// Whether a pinned record opens it.
    pub standing: Standing,
}

/// Whether anybody has checked what a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The pinned record of its issuer opens it.
    Verified,
    /// No record of its issuer is pinned.
    NotVerified,
    /// The pinned record of its issuer does not open it.
    Rejected(Rejection),
}

/// What a wallet holds.
#[derive(Debug)]
pub struct Listing {
    /// By the person's name, then by their time of issue.
    pub documents: Vec<Held>,
    /// Files that are no documents.
    pub faults: Vec<WalletFault>,
}

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
}

/// Why the wallet did not do what it was asked for. No document was changed.
#[derive(Debug, thiserror::Error)]
pub enum WalletFault {
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A text or document.
    #[error("{0}")]
    Document(Fault),
    /// It is held already.
    #[error("it is in this wallet already, as {id}")]
    HeldAlready {
        /// As which.
        id: String,
    },
    /// The issuer's record does not open it.
    #[error("{0}; it was not added")]
    Rejected(Rejection),
    /// A record that is none.
    #[error("{}: {fault}", path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
    /// A record that lacks a key of the pinned one, or has as good one that the pinned one marks as compromised.
    #[error(
        "another record of {iss} is pinned, and its key {kid} is not so in this one: nothing was changed. If the issuer \
         itself confirms the new record, remove {} first",
        pinned.display()
    )]
    OtherKeys {
        /// The issuer.
        iss: IssuerId,
        /// The key.
        kid: KeyId,
        /// The pinned record.
        pinned: PathBuf,
    },
    /// A document under the name of another.
    #[error("{}: this is the document {id}; name it {id}.snd", path.display())]
    Misnamed {
        /// Which file.
        path: PathBuf,
        /// The document's id.
        id: String,
    },
    /// A file in the wallet that this program did not write.
    #[error("{}: {fault}; move it out of the wallet", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// No document, or more than one, has an id that starts so.
    #[error("{found} documents have an id that starts with \"{wanted}\"")]
    NotOne {
        /// What was asked for.
        wanted: String,
        /// How many there are.
        found: usize,
    },
}

impl Wallet {
    /// The wallet in a directory, which is made when something is put into it.
    pub fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Reads an issuer's record that is to be pinned.
    ///
    /// # Errors
    /// [`WalletFault::Record`], [`WalletFault::File`], [`WalletFault::OtherKeys`].
    pub fn propose(&self, path: &Path) -> Result<Proposed, WalletFault> {
        let (text, record) = read_record(path)?;
        let mut proposed = Proposed { text, record, new_keys: Vec::new(), pinning: Pinning::Not };
        let pinned_path = self.record_path(proposed.iss());
        let Ok((pinned_text, pinned)) = read_record(&pinned_path) else { return Ok(proposed) };
        if pinned_text == proposed.text {
            proposed.pinning = Pinning::Before;
            return Ok(proposed);
        }
        let (new, old) = (&proposed.record.members().keys, &pinned.members().keys);
        for key in old {
            let stands = |found: &&_| same_key(found, key);
            let is_kept = new.iter().find(stands).is_some_and(|found| {
                key.state != KeyState::Compromised || found.state == KeyState::Compromised
            });
            if !is_kept {
                let (iss, kid) = (pinned.iss().clone(), key.x.id());
                return Err(WalletFault::OtherKeys { iss, kid, pinned: pinned_path });
            }
        }
        let is_new = |key: &&_| !old.iter().any(|other| same_key(other, key));
        proposed.new_keys = new.iter().filter(is_new).map(|key| key.x.id()).collect();
        Ok(proposed)
    }

    /// Adds a document, and pins the proposed record if the document opens with it.
    ///
    /// # Errors
    /// [`WalletFault`]; the documents are then as they were.
    pub fn add(&self, document: &[u8], proposed: Option<&mut Proposed>) -> Result<Held, WalletFault> {
        let text = QrText::from_document(document).map_err(WalletFault::Document)?;
        let candidate = proposed.as_deref().map(|proposed| &proposed.record);
        let held = self.judge(text, document, candidate).map_err(WalletFault::Document)?;
        if let Standing::Rejected(rejection) = &held.standing {
            return Err(WalletFault::Rejected(rejection.clone()));
        }
        if let Some(proposed) = proposed
            && proposed.pinning == Pinning::Not
            && held.standing == Standing::Verified
            && held.claims.iss == *proposed.iss()
        {
            self.write(&self.record_path(proposed.iss()), proposed.text.as_bytes())?;
            proposed.pinning = Pinning::Now;
        }
        let path = self.dir.join(format!("{}.{DOCUMENT_ENDING}", held.id));
        if path.exists() {
            return Err(WalletFault::HeldAlready { id: held.id });
        }
        self.write(&path, format!("{}\n", held.text).as_bytes())?;
        Ok(held)
    }

    /// All documents; a damaged file hides none of the others.
    ///
    /// # Errors
    /// [`WalletFault::File`], where the directory cannot be read.
    pub fn list(&self) -> Result<Listing, WalletFault> {
        let (mut documents, mut faults) = (Vec::new(), Vec::new());
        for path in self.document_paths()? {
            match self.read(&path) {
                Ok(held) => documents.push(held),
                Err(fault) => faults.push(fault),
            }
        }
        let name = |held: &Held| held.claims.right.subject().map(|subject| subject.name.to_string());
        documents.sort_by_cached_key(|held| (name(held), held.claims.iat, held.id.clone()));
        Ok(Listing { documents, faults })
    }

    /// The one document whose id starts so; no other file is opened.
    ///
    /// # Errors
    /// [`WalletFault::NotOne`], and what is wrong with its file.
    pub fn find(&self, start: &str) -> Result<Held, WalletFault> {
        let is_meant =
            |path: &&PathBuf| path.file_stem().is_some_and(|id| id.to_string_lossy().starts_with(start));
        let paths = self.document_paths()?;
        let matching: Vec<&PathBuf> = paths.iter().filter(is_meant).collect();
        match matching.as_slice() {
            [path] => self.read(path),
            _ => {
                let found = matching.len();
                Err(WalletFault::NotOne { wanted: start.chars().take(40).collect(), found })
            }
        }
    }

    fn document_paths(&self) -> Result<Vec<PathBuf>, WalletFault> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at(&self.dir)(error)),
        };
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = paths.collect::<io::Result<Vec<PathBuf>>>().map_err(at(&self.dir))?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == DOCUMENT_ENDING));
        Ok(paths)
    }

    fn read(&self, path: &Path) -> Result<Held, WalletFault> {
        let damaged = |fault| WalletFault::Damaged { path: path.to_owned(), fault };
        let mut file = File::open(path).map_err(at(path))?.take(DOCUMENT_FILE_BYTES_MAX);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(at(path))?;
        // A text of Base45 has no character beyond ASCII: the decoder says where the first one is.
        let document = QrText::decode(&String::from_utf8_lossy(&bytes)).map_err(damaged)?;
        let text = QrText::from_document(&document).map_err(damaged)?;
        let held = self.judge(text, &document, None).map_err(damaged)?;
        if path.file_stem().is_none_or(|name| *name != *held.id) {
            return Err(WalletFault::Misnamed { path: path.to_owned(), id: held.id });
        }
        Ok(held)
    }

    /// Judges a document with the candidate, where that is its issuer's record, else with the pinned one.
    fn judge(&self, text: QrText, document: &[u8], candidate: Option<&IssuerRecord>) -> Result<Held, Fault> {
        let sealed = Sealed::parse(document)?;
        let unverified = sealed.unverified_entitlement()?;
        let hash = Sha256::digest(document);
        let id = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let held = |claims, standing| Held { id, text, claims, standing };
        let iss = &unverified.look().iss;
        let candidate = candidate.filter(|record| record.iss() == iss).cloned();
        Ok(match candidate.or_else(|| self.pinned(iss)) {
            None => held(unverified.look().clone(), Standing::NotVerified),
            Some(record) => match sanad_trust::open(&sealed, &record) {
                Ok(Opened::Entitlement(claims)) => held(*claims, Standing::Verified),
                Ok(Opened::StatusList(_)) => held(unverified.look().clone(), Standing::NotVerified),
                Err(rejection) => held(unverified.look().clone(), Standing::Rejected(rejection)),
            },
        })
    }

    /// A record that cannot be read any more counts as not pinned: the documents are then shown as not verified.
    fn pinned(&self, iss: &IssuerId) -> Option<IssuerRecord> {
        read_record(&self.record_path(iss)).ok().map(|(_, record)| record)
    }

    fn record_path(&self, iss: &IssuerId) -> PathBuf {
        self.dir.join(format!("{iss}.{RECORD_ENDING}"))
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), WalletFault> {
        whole_file::create_private_dir(&self.dir).map_err(at(&self.dir))?;
        whole_file::write(path, content, Readers::Owner).map_err(at(path))
    }
}

fn same_key(one: &RecordKey, other: &RecordKey) -> bool {
    one.x == other.x && one.key_use == other.key_use
}

fn read_record(path: &Path) -> Result<(String, IssuerRecord), WalletFault> {
    let limit = u64::try_from(RECORD_LIMITS.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    File::open(path).map_err(at(path))?.take(limit).read_to_string(&mut text).map_err(at(path))?;
    match IssuerRecord::parse(&text) {
        Ok(record) => Ok((text, record)),
        Err(fault) => Err(WalletFault::Record { path: path.to_owned(), fault }),
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> WalletFault + '_ {
    move |source| WalletFault::File { path: path.to_owned(), source }
}
