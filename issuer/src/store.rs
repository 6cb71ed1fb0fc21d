//! What the issuer must never forget: every document it signed, how many status indices it has given away, and which
//! documents are not valid any more.
//!
//! The acts of the domain over [`Durable`]: each is atomic, and on the disk when it returns. The number of the next
//! document only rises, in the same commit as the document that used it, so that no power cut gives one status index
//! twice and none is lost to a document that nobody got. Refuses a store of another issuer or of another version.
//! The acts on status lists stand in [`status`]; delegations are found by their id in [`delegations`].

pub mod delegations;
pub mod status;

use std::path::Path;

use sanad_credential::{CredentialId, DelegationId, Fault, FixedBytes, IssuerId};

use crate::durable::{Durable, Opening, Stop, StoreFault, Transaction, TreeName};
use crate::permutation::Sequence;
use crate::register::Digest;

/// `format` and `issuer` of this store, and `next`: the number of the next document.
const META: TreeName = TreeName("meta");
/// Document id -> number, digest of its record, document.
const DOCUMENTS: TreeName = TreeName("documents");
/// Digest of a record -> document id.
const RECORDS: TreeName = TreeName("records");
/// List and block -> the status of 4,096 documents.
const STATUS: TreeName = TreeName("status");
/// List -> the time that its latest publication bears.
const PUBLISHED: TreeName = TreeName("published");

/// Delegation id, 0, document id -> number of the document: several devices may share an id.
const DELEGATIONS: TreeName = TreeName("delegations");

const TREES: &[TreeName] = &[META, DOCUMENTS, RECORDS, STATUS, PUBLISHED, DELEGATIONS];

/// Version of the layout above. A store that was made before there were status trees has none of them; they are made
/// when it is opened, empty, which says that all documents are valid.
const FORMAT: &[u8] = b"1";
const KEY_FORMAT: &[u8] = b"format";
const KEY_ISSUER: &[u8] = b"issuer";
const KEY_NEXT: &[u8] = b"next";

/// Documents in one commit: 16 of 2,048 bytes with their keys and digests stay below the 64 kB of a commit.
const DOCUMENTS_PER_COMMIT: usize = 16;

/// A document that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its id.
    pub cti: CredentialId,
    /// Its number, from which its status index follows.
    pub sequence: Sequence,
    /// Of the record it was made from.
    pub digest: Digest,
    /// The COSE_Sign1.
    pub document: Vec<u8>,
}

/// The issuer's store.
pub struct Store(Durable);

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RecordsFault {
    /// The storage below.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The store belongs to another issuer.
    #[error("the store belongs to {found}, issuer.toml names {wanted}")]
    OtherIssuer {
        /// As stored.
        found: String,
        /// As configured.
        wanted: IssuerId,
    },
    /// The store was written by another version.
    #[error("the store has the format \"{found}\", this program reads \"1\"")]
    OtherFormat {
        /// As stored.
        found: String,
    },
    /// An entry cannot be what this program wrote.
    #[error("the store is damaged at {what}; restore a backup")]
    Damaged {
        /// Which entry.
        what: &'static str,
    },
    /// Another program has issued with this store in between; its lock should make that impossible.
    #[error("the next document has number {found}, {wanted} was expected")]
    OutOfTurn {
        /// As stored.
        found: u64,
        /// As prepared.
        wanted: u64,
    },
    /// A document id or record that is there already.
    #[error("the document {cti} or its record is in the store already")]
    Repeated {
        /// The document.
        cti: CredentialId,
    },
    /// A status list was to bear a time that no document can.
    #[error("the time of the status list: {fault}")]
    Time {
        /// Which bound.
        fault: Fault,
    },
}

impl Store {
    /// Makes the store of a new issuer.
    ///
    /// # Errors
    /// [`RecordsFault::Store`], where one is there already too.
    pub fn create(dir: &Path, iss: &IssuerId) -> Result<Self, RecordsFault> {
        let store = Self(Durable::open(dir, Opening::CreateNew, TREES)?);
        store.commit(|act| {
            act.put(META, KEY_FORMAT, FORMAT)?;
            act.put(META, KEY_ISSUER, iss.as_str().as_bytes())?;
            act.put(META, KEY_NEXT, &0_u64.to_be_bytes())?;
            Ok(())
        })?;
        Ok(store)
    }

    /// Opens the store of an issuer.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn open(dir: &Path, iss: &IssuerId) -> Result<Self, RecordsFault> {
        let store = Self(Durable::open(dir, Opening::OpenExisting, TREES)?);
        let text = |key| -> Result<String, RecordsFault> {
            let value = store.0.read(META, key)?.ok_or(RecordsFault::Damaged { what: "its description" })?;
            Ok(String::from_utf8_lossy(&value).into_owned())
        };
        let format = text(KEY_FORMAT)?;
        if format.as_bytes() != FORMAT {
            return Err(RecordsFault::OtherFormat { found: format });
        }
        let found = text(KEY_ISSUER)?;
        if found != iss.as_str() {
            return Err(RecordsFault::OtherIssuer { found, wanted: iss.clone() });
        }
        Ok(store)
    }

    /// The number of the next document.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn next_sequence(&self) -> Result<Sequence, RecordsFault> {
        let value = self.0.read(META, KEY_NEXT)?;
        number(value.as_deref()).map(Sequence)
    }

    /// Whether a document has this id.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn holds(&self, cti: CredentialId) -> Result<bool, RecordsFault> {
        Ok(self.0.read(DOCUMENTS, &cti.0)?.is_some())
    }

    /// The number of a document, from which its status index follows.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn sequence_of(&self, cti: CredentialId) -> Result<Option<Sequence>, RecordsFault> {
        let Some(value) = self.0.read(DOCUMENTS, &cti.0)? else {
            return Ok(None);
        };
        Issued::from_value(cti, &value).map(|issued| Some(issued.sequence))
    }

    /// The document with an id.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn document(&self, cti: CredentialId) -> Result<Option<Issued>, RecordsFault> {
        let value = self.0.read(DOCUMENTS, &cti.0)?;
        value.map(|value| Issued::from_value(cti, &value)).transpose()
    }

    /// The document that was made from a record.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn issued_for(&self, digest: &Digest) -> Result<Option<Issued>, RecordsFault> {
        let Some(cti) = self.0.read(RECORDS, &digest.0)? else {
            return Ok(None);
        };
        let cti =
            <[u8; 8]>::try_from(cti.as_slice()).map_err(|_| RecordsFault::Damaged { what: "a record" })?;
        let value =
            self.0.read(DOCUMENTS, &cti)?.ok_or(RecordsFault::Damaged { what: "a record's document" })?;
        Issued::from_value(FixedBytes(cti), &value).map(Some)
    }

    /// Keeps documents none of which is a delegation; see [`Store::keep_with_delegations`].
    ///
    /// # Errors
    /// [`RecordsFault`]; documents before the fault may have been kept, in their order, each with its number.
    pub fn keep(&self, documents: &[Issued]) -> Result<(), RecordsFault> {
        self.keep_with_delegations(documents, &[])
    }

    /// Keeps documents; their numbers must follow on from [`Store::next_sequence`]. Those that are delegations are
    /// named, and found by their id from the same commit on. On return all are on the disk.
    ///
    /// # Errors
    /// [`RecordsFault`]; documents before the fault may have been kept, in their order, each with its number.
    pub fn keep_with_delegations(
        &self,
        documents: &[Issued],
        named: &[(DelegationId, CredentialId)],
    ) -> Result<(), RecordsFault> {
        for chunk in documents.chunks(DOCUMENTS_PER_COMMIT) {
            self.commit(|act| {
                for issued in chunk {
                    let found = number(act.get(META, KEY_NEXT)?.as_deref()).map_err(Stop::Refuse)?;
                    let wanted = issued.sequence.0;
                    if found != wanted {
                        return Err(Stop::Refuse(RecordsFault::OutOfTurn { found, wanted }));
                    }
                    let known = act.get(DOCUMENTS, &issued.cti.0)?.is_some()
                        || act.get(RECORDS, &issued.digest.0)?.is_some();
                    if known {
                        return Err(Stop::Refuse(RecordsFault::Repeated { cti: issued.cti }));
                    }
                    act.put(DOCUMENTS, &issued.cti.0, &issued.to_value())?;
                    act.put(RECORDS, &issued.digest.0, &issued.cti.0)?;
                    for (id, _) in named.iter().filter(|(_, cti)| *cti == issued.cti) {
                        delegations::put(act, id, issued)?;
                    }
                    act.put(META, KEY_NEXT, &wanted.saturating_add(1).to_be_bytes())?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn commit<A>(
        &self,
        act: impl Fn(&Transaction<'_>) -> Result<A, Stop<RecordsFault>>,
    ) -> Result<A, RecordsFault> {
        self.0.commit(act).map_err(|stop| match stop {
            Stop::Refuse(fault) => fault,
            Stop::Fault(fault) => RecordsFault::Store(fault),
        })
    }
}

impl Issued {
    fn to_value(&self) -> Vec<u8> {
        [&self.sequence.0.to_be_bytes()[..], &self.digest.0, &self.document].concat()
    }

    fn from_value(cti: CredentialId, value: &[u8]) -> Result<Self, RecordsFault> {
        let split = || -> Option<Self> {
            let (sequence, rest) = value.split_first_chunk::<8>()?;
            let (digest, document) = rest.split_first_chunk::<32>()?;
            Some(Self {
                cti,
                sequence: Sequence(u64::from_be_bytes(*sequence)),
                digest: Digest(*digest),
                document: document.to_vec(),
            })
        };
        split().ok_or(RecordsFault::Damaged { what: "a document" })
    }
}

fn number(value: Option<&[u8]>) -> Result<u64, RecordsFault> {
    let bytes = value.and_then(|value| <[u8; 8]>::try_from(value).ok());
    bytes.map(u64::from_be_bytes).ok_or(RecordsFault::Damaged { what: "the number of the next document" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(number: u64) -> Issued {
        Issued {
            cti: FixedBytes(number.to_be_bytes()),
            sequence: Sequence(number),
            digest: Digest([u8::try_from(number).unwrap(); 32]),
            document: vec![7; 300],
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&dir.path().join("store"), &IssuerId::new("KE-SHA").unwrap()).unwrap();
        (dir, store)
    }

    #[test]
    fn documents_come_back_by_their_record_after_reopening() {
        let (dir, store) = store();
        let documents: Vec<Issued> = (0..40).map(issued).collect();
        store.keep(&documents).unwrap();
        drop(store);
        let store = Store::open(&dir.path().join("store"), &IssuerId::new("KE-SHA").unwrap()).unwrap();
        assert_eq!(store.next_sequence().unwrap(), Sequence(40));
        for document in documents {
            assert!(store.holds(document.cti).unwrap());
            assert_eq!(store.issued_for(&document.digest).unwrap(), Some(document));
        }
    }

    #[test]
    fn a_number_is_never_given_twice_and_none_is_skipped() {
        let (_dir, store) = store();
        store.keep(&[issued(0), issued(1)]).unwrap();
        assert!(matches!(store.keep(&[issued(1)]), Err(RecordsFault::OutOfTurn { found: 2, wanted: 1 })));
        assert!(matches!(store.keep(&[issued(3)]), Err(RecordsFault::OutOfTurn { found: 2, wanted: 3 })));
        assert_eq!(store.next_sequence().unwrap(), Sequence(2));
    }

    #[test]
    fn a_record_is_never_kept_twice() {
        let (_dir, store) = store();
        store.keep(&[issued(0)]).unwrap();
        let again = Issued { sequence: Sequence(1), cti: FixedBytes([9; 8]), ..issued(0) };
        assert!(matches!(store.keep(&[again]), Err(RecordsFault::Repeated { .. })));
    }

    #[test]
    fn a_store_of_another_issuer_is_refused() {
        let (dir, store) = store();
        drop(store);
        let other = Store::open(&dir.path().join("store"), &IssuerId::new("UG-NHIS").unwrap());
        assert!(matches!(other, Err(RecordsFault::OtherIssuer { .. })));
    }

    #[test]
    fn a_document_is_found_by_its_id_and_an_unknown_one_is_not() {
        let (_dir, store) = store();
        store.keep(&[issued(0), issued(1)]).unwrap();
        assert_eq!(store.sequence_of(issued(1).cti).unwrap(), Some(Sequence(1)));
        assert_eq!(store.sequence_of(issued(2).cti).unwrap(), None);
    }

    #[test]
    fn sixteen_of_the_longest_documents_fit_into_one_commit() {
        let (_dir, store) = store();
        let longest =
            |number| Issued { document: vec![1; sanad_credential::OWN_BYTES_MAX], ..issued(number) };
        let documents: Vec<Issued> = (0..16).map(longest).collect();
        let id = DelegationId::new("KE-DELEGATE-WITH-LONG-ID").unwrap();
        let named: Vec<_> = documents.iter().map(|issued| (id.clone(), issued.cti)).collect();
        store.keep_with_delegations(&documents, &named).unwrap();
    }
}
