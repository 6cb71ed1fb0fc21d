//! What the issuer must never forget: every document it signed, which status indices it has given away, which documents
//! are not valid any more, and who did what.
//!
//! Three traits, each with few acts of the domain. An act is atomic, and on the disk when it returns: a store that
//! cannot promise that is no store. Two implementations keep the same contract and pass the same suite
//! (`issuer/tests/store`): [`embedded`] over sled, which needs nothing installed and belongs to one process, and
//! [`postgres`], which several replicas share. All calls block; the service makes them on threads of their own.
//!
//! Refused everywhere: a store of another issuer, or of a layout that this program does not know.

pub mod document;
pub mod embedded;
pub mod fault;
pub mod opening;
pub mod paper;
pub mod postgres;
pub mod publication_time;

use std::ops::Range;

use sanad_credential::{CredentialId, DelegationId, Status, StatusList};

pub use document::{
    Batch, Cursor, Entry, Finding, Held, IdempotencyKey, Issued, Kept, NameForm, Partly, Place, Query,
    Request, StatusChange, Transition,
};
pub use fault::RecordsFault;
pub use paper::{Expect, Paper, PaperId, PaperKey, PaperKind, PaperWrite};

use crate::audit::Head;
use crate::permutation::{Sequence, Shard};

/// Documents and their status.
///
/// # Contract
/// Every act happens in full or not at all, whatever is killed and whenever; what it returns is on the disk. Acts of
/// several threads and replicas behave as if one came after the other.
pub trait Store: Papers + Transfer {
    /// Takes numbers for `count` documents out of the sequence, at least one. No number is ever handed out twice, also
    /// not after a restart; those that are not used are lost, which costs an entry of a status list each.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn reserve(&self, count: u32) -> Result<Range<u64>, RecordsFault>;

    /// Keeps documents whose numbers were reserved, and everything that belongs to them, in one commit: what they
    /// supersede, the requests they answer, how they are found, their lines of the log. An entry that cannot be kept
    /// says why and changes nothing; the others are kept, or nothing is, as the batch says. The papers of the batch are written in the same commit; where
    /// one of them does not stand as expected, nothing of the batch happens.
    ///
    /// At most [`BATCH_ENTRIES_MAX`] entries that weigh at most [`BATCH_BYTES_MAX`] together ([`Entry::weight`]).
    ///
    /// # Errors
    /// [`RecordsFault`]; [`RecordsFault::Overtaken`] for a paper, [`RecordsFault::NotKept`].
    fn keep(&self, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault>;

    /// Changes the status of documents where the rules of [`crate::transition`] allow it, in one commit with its lines
    /// of the log; the outcomes are in the order asked. A document that is asked for twice is changed twice. At most
    /// [`CHANGES_MAX`] at a time.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn change_status(&self, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault>;

    /// Documents, each with its status, in the order of their numbers (those of a name in the order of names): at most
    /// `limit` and [`PAGE_MAX`], from behind `after`.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn find(&self, query: &Query, after: Option<&Cursor>, limit: usize) -> Result<Vec<Held>, RecordsFault>;

    /// The status of all documents of a list, from one moment.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn status_list(&self, shard: Shard) -> Result<StatusList, RecordsFault>;

    /// For each list with a document that is not valid, a number that rises with every change in it: what tells the
    /// publication where there is something to do, without reading the lists.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn status_versions(&self) -> Result<Vec<(Shard, u64)>, RecordsFault>;

    /// Lines of the audit log from number `from` on, at most `limit` and [`PAGE_MAX`], and where the log stands.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn audit(&self, from: u64, limit: usize) -> Result<(Vec<String>, Head), RecordsFault>;

    /// Whether this process publishes. Of several replicas one does at a time; another takes over when it is gone. Asked
    /// again before each publication.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn lead(&self) -> Result<Leading, RecordsFault>;
}

/// Who publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leading {
    /// This process.
    Leader,
    /// Another replica.
    Follower,
}

/// Small records beside the documents: jobs with their inputs and results, tokens, approvals, times of publication. A
/// paper has a version; who writes it says which one it saw.
pub trait Papers: Send + Sync {
    /// Papers of a kind, in the order of their ids, from behind `after`: at most `limit` and [`PAGE_MAX`]. Only those
    /// whose id starts with `prefix`.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn papers(
        &self,
        kind: PaperKind,
        prefix: &str,
        after: Option<&PaperId>,
        limit: usize,
    ) -> Result<Vec<Paper>, RecordsFault>;

    /// Writes papers and lines of the log, all in one commit or none. At most [`PAPERS_MAX`] papers.
    ///
    /// # Errors
    /// [`RecordsFault`]; [`RecordsFault::Overtaken`] where one does not stand as expected.
    fn write_papers(&self, writes: &[PaperWrite], notes: &[crate::audit::Note]) -> Result<(), RecordsFault>;

    /// The paper with an id.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn paper(&self, key: &PaperKey) -> Result<Option<Paper>, RecordsFault> {
        let found = self.papers(key.kind, key.id.as_str(), None, 1)?;
        Ok(found.into_iter().find(|paper| paper.key == *key))
    }
}

/// Everything a store holds, in a form that both implementations read and write: how data move from one to the other,
/// and into a backup.
pub trait Transfer {
    /// Rows in the order of their [`document::RowKey`]s, which is that of their bytes, from behind `after`, at most
    /// `limit` and [`PAGE_MAX`]; none at the end. What is written meanwhile may or may not be among them, so a store
    /// stands still while it is moved.
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn dump(
        &self,
        after: Option<&document::RowKey>,
        limit: usize,
    ) -> Result<Vec<document::Row>, RecordsFault>;

    /// Takes rows as they are, into a store that has nothing else. In one commit; at most [`BATCH_BYTES_MAX`].
    ///
    /// # Errors
    /// [`RecordsFault`].
    fn load(&self, rows: &[document::Row]) -> Result<(), RecordsFault>;
}

/// The status of one document.
///
/// # Errors
/// [`RecordsFault`].
pub fn held(store: &dyn Store, cti: CredentialId) -> Result<Option<Held>, RecordsFault> {
    Ok(store.find(&Query::Id(cti), None, 1)?.into_iter().next())
}

/// The documents of a delegation id, in the order in which they were signed: one for each device and renewal.
///
/// # Errors
/// [`RecordsFault`].
pub fn delegations_of(store: &dyn Store, id: &DelegationId) -> Result<Vec<Issued>, RecordsFault> {
    let (query, mut found, mut after) = (Query::Delegation(id.clone()), Vec::new(), None);
    loop {
        let page = store.find(&query, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.cursor.clone());
        found.extend(page.into_iter().map(|held| held.issued));
    }
}

/// How many status lists are in use, at least one: also an issuer without documents has a list to show.
///
/// # Errors
/// [`RecordsFault`].
pub fn lists_in_use(store: &dyn Store) -> Result<u32, RecordsFault> {
    let last = store.find(&Query::Newest, None, 1)?.first().map_or(Sequence(0), |held| held.issued.sequence);
    let shard = Shard::of(last).map_err(|_| RecordsFault::Damaged { what: "the number of a document" })?;
    Ok(shard.number().saturating_add(1))
}

/// Whether a document's status still lets it be used.
pub fn is_in_force(status: Status) -> bool {
    matches!(status, Status::Valid | Status::Suspended)
}

/// Entries of one batch.
pub const BATCH_ENTRIES_MAX: usize = 64;

/// What the entries of one batch may weigh together: what the embedded store takes in one commit, less room for the
/// papers and lines of the log that go with them.
pub const BATCH_BYTES_MAX: usize = 44 * 1024;

/// Changes of status at a time: each may touch a block of its own.
pub const CHANGES_MAX: usize = 24;

/// Papers in one commit.
pub const PAPERS_MAX: usize = 12;

/// Most rows that one call answers with.
pub const PAGE_MAX: usize = 1_000;
