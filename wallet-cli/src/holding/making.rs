//! A new wallet, empty or out of a backup: made beside its place, whole, and then renamed into it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sanad_durable::{Durable, MAX_COMMIT_BYTES, Opening, Transaction};
use sanad_keyfile::passphrase::Passphrase;
use sanad_trust::IssuerRecord;

use super::beside::entries_of_sd_jwt;
use super::{
    Contents, DOCUMENTS, Entry, HEADER, HEADER_KEY, HOLDERS, KEYS, STORE, TREES, Wallet, WalletFault, id_of,
    kind, put, settle,
};
use crate::entry::{HeldKey, Holder, HolderId, HolderName, Kept};
use crate::vault::Vault;
use crate::whole_file;

/// Half a commit, so that what the store adds to each entry fits too.
const BATCH_BYTES: usize = MAX_COMMIT_BYTES / 2;

impl Wallet {
    /// Makes a wallet in a directory that is not there, or is empty.
    ///
    /// # Errors
    /// [`WalletFault::Exists`]; on any fault nothing is there that was not before.
    pub fn create(
        dir: &Path,
        passphrase: &Passphrase,
        memory_kib: u32,
        contents: &Contents,
    ) -> Result<(), WalletFault> {
        let is_taken = match fs::read_dir(dir) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(WalletFault::File { path: dir.to_owned(), source }),
        };
        if is_taken {
            return Err(WalletFault::Exists { dir: dir.to_owned() });
        }
        let building = beside(dir)?;
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| WalletFault::File { path, source }
        };
        whole_file::create_private_dir(&building).map_err(at(&building))?;
        let built = build(&building, passphrase, memory_kib, contents).and_then(|()| {
            fs::rename(&building, dir).map_err(|source| match source.kind() {
                io::ErrorKind::DirectoryNotEmpty
                | io::ErrorKind::AlreadyExists
                | io::ErrorKind::NotADirectory => WalletFault::Exists { dir: dir.to_owned() },
                _ => WalletFault::File { path: dir.to_owned(), source },
            })
        });
        if built.is_err() {
            // The fault that is returned says more than one of tidying up.
            let _ = fs::remove_dir_all(&building);
        }
        built?;
        whole_file::sync_directory_of(dir).map_err(at(dir))
    }

    pub(super) fn holder_entry(&self, holder: &Holder) -> Result<Entry, WalletFault> {
        entry_of_holder(&self.vault, holder).map_err(|fault| self.vault_fault(fault))
    }

    pub(super) fn document_entry(&self, kept: &Kept) -> Result<Entry, WalletFault> {
        entry_of_document(&self.vault, kept).map_err(|fault| self.vault_fault(fault))
    }

    pub(super) fn key_entry(&self, key: &HeldKey) -> Result<Entry, WalletFault> {
        entry_of_key(&self.vault, key).map_err(|fault| self.vault_fault(fault))
    }

    fn vault_fault(&self, fault: crate::vault::VaultFault) -> WalletFault {
        WalletFault::Vault { place: self.dir.clone(), fault }
    }
}

/// A person with a new id.
pub(super) fn new_holder(name: HolderName) -> Result<Holder, WalletFault> {
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(WalletFault::Randomness)?;
    Ok(Holder { id: HolderId(id), name })
}

/// An empty wallet of these people.
///
/// # Errors
/// [`WalletFault::Randomness`].
pub(crate) fn empty(names: Vec<HolderName>) -> Result<Contents, WalletFault> {
    let holders = names.into_iter().map(new_holder).collect::<Result<_, _>>()?;
    Ok(Contents {
        holders,
        keys: Vec::new(),
        records: Vec::new(),
        documents: Vec::new(),
        sd_jwts: Vec::new(),
    })
}

/// Why there is no wallet here.
pub(crate) fn nothing_in(dir: &Path) -> WalletFault {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let is_plain = |path: PathBuf| path.extension().is_some_and(|ending| ending == "snd");
    if entries.map(|entry| entry.path()).any(is_plain) {
        return WalletFault::PlainFiles { dir: dir.to_owned() };
    }
    WalletFault::Missing { dir: dir.to_owned() }
}

fn build(
    building: &Path,
    passphrase: &Passphrase,
    memory_kib: u32,
    contents: &Contents,
) -> Result<(), WalletFault> {
    let vault_fault = |fault| WalletFault::Vault { place: building.to_owned(), fault };
    let (vault, header) = Vault::create(passphrase, memory_kib).map_err(vault_fault)?;
    let store = Durable::open(&building.join(STORE), Opening::CreateNew, TREES)?;
    settle(store.commit(|transaction: &Transaction<'_>| Ok(transaction.put(HEADER, HEADER_KEY, &header)?)))?;
    let holders = contents.holders.iter().map(|holder| entry_of_holder(&vault, holder));
    let keys = contents.keys.iter().map(|key| entry_of_key(&vault, key));
    let documents = contents.documents.iter().map(|kept| entry_of_document(&vault, kept));
    let beside = contents.sd_jwts.iter().flat_map(|beside| {
        match entries_of_sd_jwt(&vault, &beside.document, &beside.text) {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(fault)],
        }
    });
    let mut batch = Vec::new();
    let mut bytes = 0_usize;
    for entry in holders.chain(keys).chain(documents).chain(beside) {
        let entry = entry.map_err(vault_fault)?;
        // What sled and the store add to an entry is less than 64 bytes.
        bytes = bytes.saturating_add(entry.2.len()).saturating_add(64);
        batch.push(entry);
        if bytes >= BATCH_BYTES {
            put(&store, &batch)?;
            batch.clear();
            bytes = 0;
        }
    }
    put(&store, &batch)?;
    let wallet = Wallet { dir: building.to_owned(), store, vault };
    for text in &contents.records {
        let record = IssuerRecord::parse(text)
            .map_err(|fault| WalletFault::Record { path: building.to_owned(), fault })?;
        wallet.write_record(record.iss(), text)?;
    }
    Ok(())
}

fn entry_of_holder(vault: &Vault, holder: &Holder) -> Result<Entry, crate::vault::VaultFault> {
    let name = vault.name(kind::HOLDER, &holder.id.0);
    Ok((HOLDERS, name, vault.seal(&name, &holder.to_bytes())?))
}

fn entry_of_document(vault: &Vault, kept: &Kept) -> Result<Entry, crate::vault::VaultFault> {
    let name = vault.name(kind::DOCUMENT, id_of(&kept.document).as_bytes());
    Ok((DOCUMENTS, name, vault.seal(&name, &kept.to_bytes())?))
}

fn entry_of_key(vault: &Vault, key: &HeldKey) -> Result<Entry, crate::vault::VaultFault> {
    let name = vault.name(kind::KEY, &[&key.holder.0[..], key.issuer.as_str().as_bytes()].concat());
    Ok((KEYS, name, vault.seal(&name, &key.to_bytes())?))
}

/// A name of its own for each attempt: nothing that exists is ever cleared away to make room.
fn beside(dir: &Path) -> Result<PathBuf, WalletFault> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(WalletFault::Randomness)?;
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let building = format!(".{name}.creating-{:016x}", u64::from_be_bytes(random));
    Ok(match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.join(building),
        _ => PathBuf::from(building),
    })
}
