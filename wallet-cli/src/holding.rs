//! The wallet in its directory: documents, keys and people in an encrypted store, issuers' records in encrypted files.
//!
//! `store/` is a sled store made safe against kills and power cuts (`sanad-durable`); what [`Wallet`] answers is on the disk.
//! `<name>.sealed` are files that are too long for it: the records of issuers and the state of trust. Nothing in the
//! directory is readable without the passphrase, not even the names of entries ([`crate::vault`]).
//!
//! A wallet is made beside its place and renamed into it, so that half a wallet is never seen. One process at a time has it
//! open. Refused: what is no entitlement, what is held already, what ran out, a phone credential for a key that is not this
//! holder's, and, where the issuer's record is pinned, what it does not open.
//!
//! A record is pinned when a document opens with it and not before, and takes the place of a pinned one only if it has
//! all its keys: who could slip in another record could slip in any document.

mod beside;
mod fault;
pub(crate) mod making;
mod records;

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use sanad_credential::{Carried, Claims, IssuerId, QrText, Sealed, Typ, UnixTime};
use sanad_durable::{Durable, MAX_SCAN_ENTRIES, Opening, Stop, StoreFault, Transaction, TreeName};
use sanad_keyfile::passphrase::Passphrase;
use sanad_trust::client::sha256;
use sanad_trust::metadata::Sha256Hash;
use sanad_trust::{IssuerRecord, Opened, Rejection};

pub use self::beside::SdJwt;
pub use self::fault::WalletFault;
pub use self::records::{OtherKeys, Pinning, Proposed};
use crate::entry::{HeldKey, Holder, HolderId, HolderName, Kept};
use crate::vault::Vault;

const HEADER: TreeName = TreeName("header");
const HOLDERS: TreeName = TreeName("h");
const DOCUMENTS: TreeName = TreeName("d");
const KEYS: TreeName = TreeName("k");
const SD_JWTS: TreeName = TreeName("s");
const WAITING: TreeName = TreeName("w");
const TREES: &[TreeName] = &[HEADER, HOLDERS, DOCUMENTS, KEYS, SD_JWTS, WAITING];
const HEADER_KEY: &[u8] = b"header";
const STORE: &str = "store";

/// Kinds of entries, for their names.
mod kind {
    pub(super) const HOLDER: u8 = 1;
    pub(super) const DOCUMENT: u8 = 2;
    pub(super) const KEY: u8 = 3;
    pub(super) const RECORD: u8 = 4;
    pub(super) const TRUST: u8 = 5;
    pub(super) const SD_JWT: u8 = 6;
    pub(super) const WAITING: u8 = 7;
}

/// An open wallet.
#[derive(Debug)]
pub struct Wallet {
    dir: PathBuf,
    store: Durable,
    vault: Vault,
}

/// A document that is held.
#[derive(Debug)]
pub struct Held {
    /// First 16 digits of the SHA-256 of the document.
    pub id: String,
    /// Whose it is.
    pub holder: Holder,
    /// The document.
    pub document: Vec<u8>,
    /// What it says.
    pub claims: Claims,
    /// Whether a pinned record opens it.
    pub standing: Standing,
    /// When it was added, in seconds since 1970.
    pub added: u64,
    /// In which forms it is held.
    pub forms: Forms,
}

/// In which forms a right is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forms {
    /// As the card alone.
    Card,
    /// As SD-JWT VC too, which verifiers ask for over the network.
    CardAndSdJwt,
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

/// What is done with a document that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOut {
    /// It is refused.
    Refuse,
    /// It is kept: an old paper is not a lost right.
    Keep,
}

/// Everything that a wallet holds, to be backed up.
pub struct Contents {
    /// The people.
    pub holders: Vec<Holder>,
    /// Their keys.
    pub keys: Vec<HeldKey>,
    /// The pinned records, as their files were.
    pub records: Vec<String>,
    /// The documents.
    pub documents: Vec<Kept>,
    /// What stands beside them.
    pub sd_jwts: Vec<SdJwt>,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Holder").field(&self.id).finish()
    }
}

/// Records that were read, so that a list reads each once.
type Records = HashMap<IssuerId, Option<(Sha256Hash, IssuerRecord)>>;

impl Held {
    /// The text of its QR code.
    ///
    /// # Errors
    /// [`WalletFault::Document`].
    pub fn text(&self) -> Result<QrText, WalletFault> {
        QrText::from_document(&self.document).map_err(WalletFault::Document)
    }

    /// Whether it is bound to a key of the wallet.
    pub fn is_for_phone(&self) -> bool {
        self.claims.holder_key.is_some()
    }
}

impl Wallet {
    /// Opens the wallet in a directory.
    ///
    /// # Errors
    /// [`WalletFault`]; nothing is changed by a passphrase that does not open it.
    pub fn open(dir: &Path, passphrase: &Passphrase) -> Result<Self, WalletFault> {
        let store = match Durable::open(&dir.join(STORE), Opening::OpenExisting, TREES) {
            Ok(store) => store,
            Err(StoreFault::Missing { .. }) => return Err(making::nothing_in(dir)),
            Err(StoreFault::InUse { .. }) => return Err(WalletFault::InUse { dir: dir.to_owned() }),
            Err(fault) => return Err(fault.into()),
        };
        let header = store.read(HEADER, HEADER_KEY)?.unwrap_or_default();
        let vault = Vault::open(&header, passphrase)
            .map_err(|fault| WalletFault::Vault { place: dir.to_owned(), fault })?;
        Ok(Self { dir: dir.to_owned(), store, vault })
    }

    /// The people of the wallet, by name.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn holders(&self) -> Result<Vec<Holder>, WalletFault> {
        let mut holders = self.entries(HOLDERS, Holder::read)?;
        holders.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        Ok(holders)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`WalletFault::HolderExists`].
    pub fn add_holder(&self, name: HolderName) -> Result<Holder, WalletFault> {
        if self.holders()?.iter().any(|holder| holder.name == name) {
            return Err(WalletFault::HolderExists { name });
        }
        let holder = making::new_holder(name)?;
        self.put(&[self.holder_entry(&holder)?])?;
        Ok(holder)
    }

    /// The documents; of one person, where one is named. By person, then name on the document, then time of issue.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn list(&self, of: Option<HolderId>) -> Result<Vec<Held>, WalletFault> {
        let holders: HashMap<HolderId, Holder> =
            self.holders()?.into_iter().map(|holder| (holder.id, holder)).collect();
        let mut records = Records::new();
        let mut documents = Vec::new();
        for kept in self.entries(DOCUMENTS, Kept::read)? {
            if of.is_none_or(|of| kept.holder == of) {
                let holder = holders.get(&kept.holder).cloned().ok_or(WalletFault::NoHolder)?;
                documents.push(self.held(kept, holder, &mut records, None)?);
            }
        }
        let name = |held: &Held| held.claims.right.subject().map(|subject| subject.name.to_string());
        documents.sort_by_cached_key(|held| {
            (held.holder.name.as_str().to_owned(), name(held), held.claims.iat, held.id.clone())
        });
        Ok(documents)
    }

    /// The one document whose id starts so; of one person, where one is named.
    ///
    /// # Errors
    /// [`WalletFault::NotOne`].
    pub fn find(&self, start: &str, of: Option<HolderId>) -> Result<Held, WalletFault> {
        let is_meant =
            |kept: &Kept| id_of(&kept.document).starts_with(start) && of.is_none_or(|of| kept.holder == of);
        let mut kept = match self.by_id(start)? {
            Some(kept) if is_meant(&kept) => vec![kept],
            Some(_) => Vec::new(),
            None => self.entries(DOCUMENTS, Kept::read)?,
        };
        kept.retain(is_meant);
        let found = kept.len();
        match (kept.pop(), found) {
            (Some(kept), 1) => {
                let holder = self.holders()?.into_iter().find(|holder| holder.id == kept.holder);
                self.held(kept, holder.ok_or(WalletFault::NoHolder)?, &mut Records::new(), None)
            }
            _ => Err(WalletFault::NotOne { wanted: start.chars().take(40).collect(), found }),
        }
    }

    /// Adds a document to a person's, and pins the proposed record if the document opens with it.
    ///
    /// # Errors
    /// [`WalletFault`]; the documents are then as they were.
    pub fn add(
        &self,
        document: &[u8],
        holder: &Holder,
        proposed: Option<&mut Proposed>,
        now: UnixTime,
        run_out: RunOut,
    ) -> Result<Held, WalletFault> {
        let sealed = match Carried::parse(document).map_err(WalletFault::Document)? {
            Carried::Document(sealed) => sealed,
            Carried::Presentation(_) => return Err(WalletFault::Presentation),
        };
        if !matches!(sealed.typ(), Typ::Entitlement | Typ::PhoneEntitlement) {
            return Err(WalletFault::OtherKind { typ: sealed.typ() });
        }
        let name = self.vault.name(kind::DOCUMENT, id_of(document).as_bytes());
        if let Some(kept) = self.one(DOCUMENTS, &name, Kept::read)? {
            let holder = self.holders()?.into_iter().find(|holder| holder.id == kept.holder);
            let holder = holder.ok_or(WalletFault::NoHolder)?.name;
            return Err(WalletFault::HeldAlready { id: id_of(document), holder });
        }
        let kept =
            Kept { holder: holder.id, added: now.seconds(), opened_with: None, document: document.to_vec() };
        let candidate = proposed.as_deref();
        let held = self.held(kept.clone(), holder.clone(), &mut Records::new(), candidate)?;
        if held.claims.exp < now && run_out == RunOut::Refuse {
            return Err(WalletFault::RunOut { exp: held.claims.exp });
        }
        self.must_have_the_key(&held)?;
        if let Standing::Rejected(rejection) = &held.standing {
            return Err(WalletFault::Rejected(rejection.clone()));
        }
        if let Some(proposed) = proposed
            && proposed.pinning() == Pinning::Not
            && held.standing == Standing::Verified
            && held.claims.iss == *proposed.iss()
        {
            self.pin(proposed)?;
        }
        let opened_with = match held.standing {
            Standing::Verified => self.pinned(&held.claims.iss)?.map(|(hash, _)| hash),
            Standing::NotVerified | Standing::Rejected(_) => None,
        };
        self.put(&[self.document_entry(&Kept { opened_with, ..kept })?])?;
        Ok(held)
    }

    /// Removes a document for good, and what stands beside it.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn remove(&self, held: &Held) -> Result<(), WalletFault> {
        let name = self.vault.name(kind::DOCUMENT, held.id.as_bytes());
        let beside = self.piece_names(&held.id)?;
        settle(self.store.commit(|transaction| {
            transaction.remove(DOCUMENTS, &name)?;
            beside.iter().try_for_each(|name| transaction.remove(SD_JWTS, name).map(drop))?;
            Ok(())
        }))
    }

    /// A person's key for an issuer, drawn when it is first asked for; on return it is on the disk.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn key_for(&self, holder: &Holder, issuer: &IssuerId) -> Result<HeldKey, WalletFault> {
        let name = self.vault.name(kind::KEY, &[&holder.id.0[..], issuer.as_str().as_bytes()].concat());
        if let Some(key) = self.one(KEYS, &name, HeldKey::read)? {
            return Ok(key);
        }
        let key = HeldKey::draw(holder.id, issuer.clone()).map_err(WalletFault::Randomness)?;
        self.put(&[self.key_entry(&key)?])?;
        Ok(key)
    }

    /// The key to which a phone credential is bound.
    ///
    /// # Errors
    /// [`WalletFault::ForPaper`] for one that is bound to none, [`WalletFault::OtherKey`].
    pub fn key_of(&self, held: &Held) -> Result<HeldKey, WalletFault> {
        let bound = held.claims.holder_key.ok_or_else(|| WalletFault::ForPaper { id: held.id.clone() })?;
        let keys = self.entries(KEYS, HeldKey::read)?;
        let own = keys
            .into_iter()
            .find(|key| key.holder == held.holder.id && key.signing().public_key() == bound.0);
        own.ok_or_else(|| WalletFault::OtherKey { holder: held.holder.name.clone() })
    }

    /// Everything, for a backup.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn contents(&self) -> Result<Contents, WalletFault> {
        let documents = self.entries(DOCUMENTS, Kept::read)?;
        let issuers = issuers_of(&documents)?;
        let mut records = Vec::new();
        for iss in issuers {
            records.extend(self.pinned_text(&iss)?);
        }
        let mut sd_jwts = Vec::new();
        for kept in &documents {
            let document = id_of(&kept.document);
            sd_jwts.extend(self.sd_jwt_of(&document)?.map(|text| SdJwt { document, text }));
        }
        Ok(Contents {
            holders: self.holders()?,
            keys: self.entries(KEYS, HeldKey::read)?,
            records,
            documents,
            sd_jwts,
        })
    }

    /// Issuers of held documents whose pinned record has a did:web of this host.
    ///
    /// # Errors
    /// [`WalletFault`].
    pub fn issuers_at(&self, host: &str) -> Result<Vec<IssuerId>, WalletFault> {
        let mut found = Vec::new();
        for iss in issuers_of(&self.entries(DOCUMENTS, Kept::read)?)? {
            let record = self.record_of(&iss)?;
            let did = record.as_ref().and_then(|record| record.members().did.as_deref());
            if did.and_then(host_of_did).is_some_and(|known| known.eq_ignore_ascii_case(host)) {
                found.push(iss);
            }
        }
        Ok(found)
    }

    fn must_have_the_key(&self, held: &Held) -> Result<(), WalletFault> {
        match self.key_of(held) {
            Ok(_) | Err(WalletFault::ForPaper { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Judges a document with the candidate, where that is its issuer's record, else with the pinned one. One that was opened
    /// with the very record that is pinned is not opened again: what is kept cannot be changed without the passphrase.
    fn held(
        &self,
        kept: Kept,
        holder: Holder,
        records: &mut Records,
        candidate: Option<&Proposed>,
    ) -> Result<Held, WalletFault> {
        let sealed = Sealed::parse(&kept.document).map_err(WalletFault::Document)?;
        let stated = sealed.unverified_entitlement().map_err(WalletFault::Document)?;
        let iss = &stated.look().iss;
        let candidate = candidate.filter(|proposed| proposed.iss() == iss);
        if !records.contains_key(iss) {
            records.insert(iss.clone(), self.pinned(iss)?);
        }
        let pinned = records.get(iss).and_then(Option::as_ref);
        let standing = match (candidate.map(Proposed::record), pinned) {
            (None, None) => Standing::NotVerified,
            (None, Some((hash, _))) if kept.opened_with == Some(*hash) => Standing::Verified,
            (Some(record), _) | (None, Some((_, record))) => match sanad_trust::open(&sealed, record) {
                Ok(Opened::Entitlement(_)) => Standing::Verified,
                Ok(Opened::StatusList(_)) => Standing::NotVerified,
                Err(rejection) => Standing::Rejected(rejection),
            },
        };
        let claims = stated.look().clone();
        let (id, added) = (id_of(&kept.document), kept.added);
        let forms = if self.has_sd_jwt(&id)? { Forms::CardAndSdJwt } else { Forms::Card };
        Ok(Held { id, holder, claims, standing, added, document: kept.document, forms })
    }

    /// By a whole id, without looking at any other document.
    fn by_id(&self, id: &str) -> Result<Option<Kept>, WalletFault> {
        if id.len() != ID_DIGITS {
            return Ok(None);
        }
        self.one(DOCUMENTS, &self.vault.name(kind::DOCUMENT, id.as_bytes()), Kept::read)
    }

    fn one<T>(
        &self,
        tree: TreeName,
        name: &[u8; 16],
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, WalletFault> {
        self.store.read(tree, name)?.map(|sealed| self.unseal(name, &sealed, read)).transpose()
    }

    fn entries<T>(&self, tree: TreeName, read: impl Fn(&[u8]) -> Option<T>) -> Result<Vec<T>, WalletFault> {
        let mut found = Vec::new();
        let mut last: Option<Vec<u8>> = None;
        loop {
            let start = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let part = self.store.scan(tree, (start, Bound::Unbounded), MAX_SCAN_ENTRIES)?;
            for (name, sealed) in &part {
                found.push(self.unseal(name, sealed, &read)?);
            }
            match part.last() {
                Some((name, _)) if part.len() >= MAX_SCAN_ENTRIES => last = Some(name.clone()),
                _ => return Ok(found),
            }
        }
    }

    fn unseal<T>(
        &self,
        name: &[u8],
        sealed: &[u8],
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, WalletFault> {
        let vault = |fault| WalletFault::Vault { place: self.dir.clone(), fault };
        let entry = self.vault.unseal(name, sealed).map_err(vault)?;
        read(&entry).ok_or_else(|| WalletFault::Entry { dir: self.dir.clone() })
    }

    fn put(&self, entries: &[Entry]) -> Result<(), WalletFault> {
        put(&self.store, entries)
    }
}

/// A tree, a name and what stands there.
type Entry = (TreeName, [u8; 16], Vec<u8>);

/// All of these or none.
fn put(store: &Durable, entries: &[Entry]) -> Result<(), WalletFault> {
    settle(store.commit(|transaction: &Transaction<'_>| {
        for (tree, name, sealed) in entries {
            transaction.put(*tree, name, sealed)?;
        }
        Ok(())
    }))
}

fn settle(done: Result<(), Stop<Infallible>>) -> Result<(), WalletFault> {
    done.map_err(|stop| match stop {
        Stop::Fault(fault) => fault.into(),
        Stop::Refuse(never) => match never {},
    })
}

/// Each issuer once.
fn issuers_of(documents: &[Kept]) -> Result<Vec<IssuerId>, WalletFault> {
    let mut issuers = Vec::new();
    for kept in documents {
        let sealed = Sealed::parse(&kept.document).map_err(WalletFault::Document)?;
        issuers.push(sealed.unverified_entitlement().map_err(WalletFault::Document)?.look().iss.clone());
    }
    issuers.sort();
    issuers.dedup();
    Ok(issuers)
}

/// The host of a did:web, without the port, which is percent-encoded in it, and the path.
fn host_of_did(did: &str) -> Option<&str> {
    let authority = did.strip_prefix("did:web:")?.split(':').next()?;
    authority.split(['%']).next()
}

const ID_DIGITS: usize = 16;

/// First 16 digits of the SHA-256 of a document.
pub(crate) fn id_of(document: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    let bytes = sha256(document).0;
    bytes.iter().take(ID_DIGITS / 2).flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}
