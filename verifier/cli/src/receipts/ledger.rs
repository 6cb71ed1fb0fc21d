//! `--ledger FILE`: serials that an outlet has redeemed on other devices or on paper.
//!
//! A JSON array of `{"issuer": "ET-PSNP", "cti": "0011223344556677", "serial": 12}`, at most 200,000 of them. Refused: an
//! unknown member, an entry that stands twice, and whatever is no issuer, id or serial, each with its place.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use sanad_credential::{Count, CredentialId, Fault, FixedBytes, IssuerId, Json, Limits, What};
use sanad_trust::members;

use crate::trust_state::read_bounded;

/// An entry has about 75 bytes and four values.
const LIMITS: Limits =
    Limits { bytes_max: 24 << 20, depth_max: 2, entries_max: 200_000, values_max: 1_000_000 };

/// Redeemed serials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger(pub BTreeSet<(IssuerId, CredentialId, Count)>);

/// Why a ledger was not read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its content.
    #[error("{}: {fault}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
}

impl Ledger {
    /// Reads a file.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn load(path: &Path) -> Result<Self, LedgerFault> {
        let bytes = read_bounded(path, LIMITS.bytes_max)
            .map_err(|source| LedgerFault::File { path: path.to_owned(), source })?;
        let content = |fault| LedgerFault::Content { path: path.to_owned(), fault };
        let text = std::str::from_utf8(&bytes).map_err(|_| content(not_text()))?;
        Self::parse(text).map_err(content)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, LIMITS)?;
        let mut redeemed = BTreeSet::new();
        for (entry, json) in json.array()?.iter().enumerate() {
            let read = || {
                let mut object = json.object()?;
                let issuer = members::text_of(&mut object, "issuer", IssuerId::new)?;
                let cti = members::text_of(&mut object, "cti", FixedBytes::from_hex)?;
                let serial = members::count(&mut object, "serial")?;
                object.finish()?;
                Ok((issuer, cti, serial))
            };
            let serial = read().map_err(|fault: Fault| fault.at_entry(entry))?;
            let key = serial.2.to_string();
            if !redeemed.insert(serial) {
                return Err(Fault::new(What::Repeated { key }).at_entry(entry));
            }
        }
        Ok(Self(redeemed))
    }
}

fn not_text() -> Fault {
    What::WrongType { wanted: "UTF-8 text", found: "other bytes" }.into()
}
