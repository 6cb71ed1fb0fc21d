//! The wallet's directory: one QR text a file, and the records of issuers that the holder pinned.
//!
//! `<id>.snd` holds a text exactly as its QR code does, `<issuer>.record.json` an issuer's record. Files are written
//! beside their name, synced and renamed, so that a power cut leaves a document whole or not there. Refuses what is
//! no entitlement, what is held already, and, where the issuer's record is pinned, what it does not open.
//!
//! The files are not encrypted yet; README.md says so.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sanad_credential::{Claims, Fault, IssuerId, QrText, Sealed};
use sanad_trust::{IssuerRecord, Opened, RECORD_LIMITS, Rejection};
use sha2::{Digest, Sha256};

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

/// Why the wallet did not do what it was asked for. Nothing was changed.
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
    /// The wallet in a directory, which is made where it is not there.
    ///
    /// # Errors
    /// [`WalletFault::File`].
    pub fn open(dir: &Path) -> Result<Self, WalletFault> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Pins an issuer's record: documents of this issuer are checked with it from now on.
    ///
    /// # Errors
    /// [`WalletFault::Record`], [`WalletFault::File`].
    pub fn pin(&self, path: &Path) -> Result<IssuerRecord, WalletFault> {
        let (text, record) = read_record(path)?;
        let name = format!("{}.{RECORD_ENDING}", record.iss());
        self.write(&name, text.as_bytes())?;
        Ok(record)
    }

    /// Adds a document.
    ///
    /// # Errors
    /// [`WalletFault`]; the wallet is then as it was.
    pub fn add(&self, document: &[u8]) -> Result<Held, WalletFault> {
        let text = QrText::from_document(document).map_err(WalletFault::Document)?;
        let held = self.judge(text, document).map_err(WalletFault::Document)?;
        if let Standing::Rejected(rejection) = &held.standing {
            return Err(WalletFault::Rejected(rejection.clone()));
        }
        let name = format!("{}.{DOCUMENT_ENDING}", held.id);
        if self.dir.join(&name).exists() {
            return Err(WalletFault::HeldAlready { id: held.id });
        }
        self.write(&name, format!("{}\n", held.text).as_bytes())?;
        Ok(held)
    }

    /// All documents, by the person's name, then by their first day of validity.
    ///
    /// # Errors
    /// [`WalletFault::Damaged`] names a file that is no document.
    pub fn list(&self) -> Result<Vec<Held>, WalletFault> {
        let mut documents = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(at(&self.dir))? {
            let path = entry.map_err(at(&self.dir))?.path();
            if path.extension().is_some_and(|ending| ending == DOCUMENT_ENDING) {
                documents.push(self.read(&path)?);
            }
        }
        let name = |held: &Held| held.claims.right.subject().map(|subject| subject.name.to_string());
        documents.sort_by_cached_key(|held| (name(held), held.claims.iat, held.id.clone()));
        Ok(documents)
    }

    /// The one document whose id starts so.
    ///
    /// # Errors
    /// [`WalletFault::NotOne`], and as [`Wallet::list`].
    pub fn find(&self, start: &str) -> Result<Held, WalletFault> {
        let mut matching: Vec<Held> =
            self.list()?.into_iter().filter(|held| held.id.starts_with(start)).collect();
        match (matching.pop(), matching.len()) {
            (Some(held), 0) => Ok(held),
            (popped, rest) => {
                let found = rest.saturating_add(usize::from(popped.is_some()));
                Err(WalletFault::NotOne { wanted: start.chars().take(40).collect(), found })
            }
        }
    }

    fn read(&self, path: &Path) -> Result<Held, WalletFault> {
        let damaged = |fault| WalletFault::Damaged { path: path.to_owned(), fault };
        let mut file = File::open(path).map_err(at(path))?.take(DOCUMENT_FILE_BYTES_MAX);
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(at(path))?;
        let document = QrText::decode(&text).map_err(damaged)?;
        let text = QrText::from_document(&document).map_err(damaged)?;
        self.judge(text, &document).map_err(damaged)
    }

    fn judge(&self, text: QrText, document: &[u8]) -> Result<Held, Fault> {
        let sealed = Sealed::parse(document)?;
        let unverified = sealed.unverified_entitlement()?;
        let hash = Sha256::digest(document);
        let id = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let held = |claims, standing| Held { id, text, claims, standing };
        Ok(match self.pinned(&unverified.look().iss) {
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
        read_record(&self.dir.join(format!("{iss}.{RECORD_ENDING}"))).ok().map(|(_, record)| record)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), WalletFault> {
        let beside = self.dir.join(format!(".{name}.new"));
        let path = self.dir.join(name);
        let write = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(&self.dir)?.sync_all()
        };
        write().map_err(at(&path))
    }
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
