//! What stands beside the documents: the same entitlement as SD-JWT VC, and what of an offer has not arrived.
//!
//! An SD-JWT VC is longer than an entry of the store may be, so it is cut into pieces that are written, replaced and removed in
//! one commit, the last with its document. What waits holds the token of an offer: it is an entry like any other, is not in
//! backups (it ends within days), and goes when its document has come or will never come.

use sanad_durable::{MAX_VALUE_BYTES, Transaction};

use super::{Entry, Held, SD_JWTS, WAITING, Wallet, WalletFault, kind, settle};
use crate::entry::{HolderId, Piece, WaitingText};
use crate::offer::session::Waiting;
use crate::open_form::{OpenForm, SD_JWT_BYTES_MAX};
use crate::vault::{SEALED_BYTES_ADDED, Vault, VaultFault};

/// Bytes of a piece.
const PIECE_BYTES: usize = 3_900;

/// Most requests that wait in one wallet.
const WAITING_MAX: usize = 256;

/// An SD-JWT VC, for a backup.
#[derive(Clone, PartialEq, Eq)]
pub struct SdJwt {
    /// The id of the document beside which it is kept.
    pub document: String,
    /// Its text.
    pub text: String,
}

impl Wallet {
    /// Keeps an SD-JWT VC that was opened beside its card; an older one goes.
    ///
    /// # Errors
    /// [`WalletFault`]; what was there is then as it was.
    pub fn keep_sd_jwt(&self, held: &Held, form: &OpenForm) -> Result<(), WalletFault> {
        let before = self.piece(&held.id, 0)?.map_or(0, |piece| piece.count);
        let entries =
            entries_of_sd_jwt(&self.vault, &held.id, form.text()).map_err(|fault| self.at(fault))?;
        let count = u8::try_from(entries.len()).unwrap_or(u8::MAX);
        settle(self.store.commit(|transaction: &Transaction<'_>| {
            for (tree, name, sealed) in &entries {
                transaction.put(*tree, name, sealed)?;
            }
            for number in count..before {
                transaction.remove(SD_JWTS, &piece_name(&self.vault, &held.id, number))?;
            }
            Ok(())
        }))
    }

    /// The SD-JWT VC beside a document.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn sd_jwt_of(&self, id: &str) -> Result<Option<String>, WalletFault> {
        let Some(first) = self.piece(id, 0)? else { return Ok(None) };
        let mut bytes = first.bytes;
        for number in 1..first.count {
            let piece = self.piece(id, number)?;
            bytes.extend(piece.ok_or_else(|| WalletFault::Entry { dir: self.dir.clone() })?.bytes);
        }
        let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= SD_JWT_BYTES_MAX);
        text.map(Some).ok_or_else(|| WalletFault::Entry { dir: self.dir.clone() })
    }

    pub(super) fn has_sd_jwt(&self, id: &str) -> Result<bool, WalletFault> {
        Ok(self.store.read(SD_JWTS, &piece_name(&self.vault, id, 0))?.is_some())
    }

    /// Names of the pieces beside a document, to be removed with it.
    pub(super) fn piece_names(&self, id: &str) -> Result<Vec<[u8; 16]>, WalletFault> {
        let count = self.piece(id, 0)?.map_or(0, |piece| piece.count);
        Ok((0..count).map(|number| piece_name(&self.vault, id, number)).collect())
    }

    fn piece(&self, id: &str, number: u8) -> Result<Option<Piece>, WalletFault> {
        self.one(SD_JWTS, &piece_name(&self.vault, id, number), Piece::read)
    }

    /// One more may wait: asked before an offer's code is spent.
    ///
    /// # Errors
    /// [`WalletFault::TooManyWaiting`].
    pub fn must_have_room_to_wait(&self) -> Result<(), WalletFault> {
        if self.entries(WAITING, WaitingText::read)?.len() >= WAITING_MAX {
            return Err(WalletFault::TooManyWaiting { max: WAITING_MAX });
        }
        Ok(())
    }

    /// Keeps what has not arrived; where it was known by another id, instead of that.
    ///
    /// # Errors
    /// [`WalletFault::TooLong`] for a token and addresses that no entry holds; what was there is then as it was.
    pub fn keep_waiting(
        &self,
        holder: HolderId,
        waiting: &Waiting,
        instead_of: Option<&str>,
    ) -> Result<(), WalletFault> {
        let name = self.waiting_name(waiting.id());
        let bytes = WaitingText { holder, text: waiting.to_text() }.to_bytes();
        let (found, max) = (bytes.len(), MAX_VALUE_BYTES.saturating_sub(SEALED_BYTES_ADDED));
        if found > max {
            return Err(WalletFault::TooLong { bytes: found, max });
        }
        let sealed = self.vault.seal(&name, &bytes).map_err(|fault| self.at(fault))?;
        let old = instead_of.map(|id| self.waiting_name(id)).filter(|old| *old != name);
        settle(self.store.commit(|transaction: &Transaction<'_>| {
            transaction.put(WAITING, &name, &sealed)?;
            if let Some(old) = &old {
                transaction.remove(WAITING, old)?;
            }
            Ok(())
        }))
    }

    /// What waits; for one person, where one is named.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn waiting(&self, of: Option<HolderId>) -> Result<Vec<(HolderId, Waiting)>, WalletFault> {
        let mut found = Vec::new();
        for kept in self.entries(WAITING, WaitingText::read)? {
            if of.is_none_or(|of| kept.holder == of) {
                let waiting = Waiting::read(&kept.text);
                let waiting = waiting.ok_or_else(|| WalletFault::Entry { dir: self.dir.clone() })?;
                found.push((kept.holder, waiting));
            }
        }
        Ok(found)
    }

    /// Forgets what does not wait any more, by the id of its request.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn drop_waiting(&self, id: &str) -> Result<(), WalletFault> {
        let name = self.waiting_name(id);
        settle(self.store.commit(|transaction| Ok(transaction.remove(WAITING, &name)?)))
    }

    fn waiting_name(&self, id: &str) -> [u8; 16] {
        self.vault.name(kind::WAITING, id.as_bytes())
    }

    fn at(&self, fault: VaultFault) -> WalletFault {
        WalletFault::Vault { place: self.dir.clone(), fault }
    }
}

/// The pieces of an SD-JWT VC, each where it will stand.
pub(super) fn entries_of_sd_jwt(vault: &Vault, id: &str, text: &str) -> Result<Vec<Entry>, VaultFault> {
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(PIECE_BYTES).collect();
    let count = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
    let numbered = (0..count).zip(pieces);
    let entry = |(number, bytes): (u8, &[u8])| {
        let name = piece_name(vault, id, number);
        let sealed = vault.seal(&name, &Piece { count, bytes: bytes.to_vec() }.to_bytes())?;
        Ok((SD_JWTS, name, sealed))
    };
    numbered.map(entry).collect()
}

/// Ids have one length, so that no two pieces have one name.
fn piece_name(vault: &Vault, id: &str, number: u8) -> [u8; 16] {
    vault.name(kind::SD_JWT, &[id.as_bytes(), &[number]].concat())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sanad_keyfile::passphrase::{Passphrase, Purpose};

    use super::super::{making, put};
    use super::*;
    use crate::entry::HolderName;

    /// A new wallet of one invented person.
    fn wallet(dir: &std::path::Path) -> Wallet {
        let passphrase = Passphrase::parse("millet and rain", Purpose::Open).unwrap();
        let contents = making::empty(vec![HolderName::new("Invented").unwrap()]).unwrap();
        Wallet::create(&dir.join("w"), &passphrase, crate::vault::MEMORY_KIB_MIN, &contents).unwrap();
        Wallet::open(&dir.join("w"), &passphrase).unwrap()
    }

    #[test]
    fn a_long_text_is_kept_in_pieces_and_one_that_is_missing_is_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        let wallet = wallet(dir.path());
        let text = "sd~".repeat(SD_JWT_BYTES_MAX / 3);
        put(&wallet.store, &entries_of_sd_jwt(&wallet.vault, "0123456789abcdef", &text).unwrap()).unwrap();
        assert_eq!(wallet.sd_jwt_of("0123456789abcdef").unwrap(), Some(text));
        assert_eq!(wallet.sd_jwt_of("0123456789abcdee").unwrap(), None);
        let names = wallet.piece_names("0123456789abcdef").unwrap();
        assert_eq!(names.len(), 9);
        settle(wallet.store.commit(|transaction| Ok(transaction.remove(SD_JWTS, &names[8])?))).unwrap();
        assert!(matches!(wallet.sd_jwt_of("0123456789abcdef"), Err(WalletFault::Entry { .. })));
    }

    #[test]
    fn what_waits_is_kept_encrypted_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let wallet = wallet(dir.path());
        let holder = wallet.holders().unwrap().remove(0).id;
        let text = |token: &str| {
            format!(
                r#"{{"issuer":"https://a.example","credential":"https://a.example/c","token":"{token}","transaction":"request-7","iss":"KE-SHA"}}"#
            )
        };
        let waiting = Waiting::read(&text("a-secret-token")).unwrap();
        wallet.keep_waiting(holder, &waiting, None).unwrap();
        assert_eq!(wallet.waiting(None).unwrap().len(), 1);
        assert!(wallet.waiting(Some(HolderId([0; 8]))).unwrap().is_empty());
        for entry in fs::read_dir(dir.path().join("w/store")).unwrap() {
            let path = entry.unwrap().path();
            let bytes = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            for secret in ["a-secret-token", "request-7", "a.example"] {
                let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!is_there, "{} has {secret}", path.display());
            }
        }
        // Under another id it takes the place of the first.
        let other = Waiting::read(&text("a-secret-token").replace("request-7", "request-8")).unwrap();
        wallet.keep_waiting(holder, &other, Some(waiting.id())).unwrap();
        assert_eq!(wallet.waiting(None).unwrap().first().unwrap().1.id(), "request-8");
        wallet.drop_waiting(waiting.id()).unwrap();
        assert_eq!(wallet.waiting(None).unwrap().len(), 1);
        wallet.drop_waiting(other.id()).unwrap();
        assert!(wallet.waiting(None).unwrap().is_empty());
        let long = Waiting::read(&text(&"t".repeat(4_096))).unwrap();
        assert!(matches!(wallet.keep_waiting(holder, &long, None), Err(WalletFault::TooLong { .. })));
    }
}
