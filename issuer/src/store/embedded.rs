//! The store of one process: sled, made power-safe by [`crate::durable`].
//!
//! What lies where stands at the names of the trees below. Documents lie in the order of their numbers, so that a new
//! one is written beside the last; small trees lead to them. Everything that belongs to an act is in its one commit.

mod blocks;
mod documents;
pub mod migrate;
mod papers;
mod rows;

use std::ops::Range;
use std::path::Path;

use sanad_credential::{IssuerId, StatusList};

use super::document::{Batch, Cursor, Held, Kept, Query, Row, RowKey, StatusChange, Transition};
use super::paper::{Paper, PaperId, PaperKind, PaperWrite};
use super::{Leading, PAGE_MAX, Papers, RecordsFault, Store, Transfer};
use crate::audit::{Head, LineHash, Note};
use crate::durable::{Durable, Opening, Stop, Transaction, TreeName};
use crate::permutation::{Sequence, Shard};

/// `format`, `issuer`, `next`: the first number that was never reserved, `log`: where the audit log stands.
const META: TreeName = TreeName("meta");
/// Number -> place in its list, digest of the record, id, document.
const DOCUMENTS: TreeName = TreeName("numbered");
/// Id -> number.
const IDS: TreeName = TreeName("ids");
/// First half of a record's digest -> number.
const RECORDS: TreeName = TreeName("made-from");
/// `n` member number, `m` name or `d` delegation id, 0, number of the document -> nothing.
const FINDINGS: TreeName = TreeName("findings");
/// Client, 0, idempotency key -> SHA-256 of the request, id of its document.
const REQUESTS: TreeName = TreeName("requests");
/// List and block -> the status of 4,096 documents.
const STATUS: TreeName = TreeName("status");
/// List -> number of changes.
const VERSIONS: TreeName = TreeName("versions");
/// Kind, 0, id -> version, content.
const PAPERS: TreeName = TreeName("papers");
/// Number -> line of the audit log.
const LOG: TreeName = TreeName("log");

const TREES: &[TreeName] =
    &[META, DOCUMENTS, IDS, RECORDS, FINDINGS, REQUESTS, STATUS, VERSIONS, PAPERS, LOG];

/// Version of the layout above. Format 1 had documents by their ids, and neither papers nor a log: [`migrate`].
const FORMAT: &str = "2";
const KEY_FORMAT: &[u8] = b"format";
const KEY_ISSUER: &[u8] = b"issuer";
const KEY_NEXT: &[u8] = b"next";
const KEY_LOG: &[u8] = b"log";

/// The embedded store.
#[derive(Debug)]
pub struct EmbeddedStore(Durable);

type Refusable<A> = Result<A, Stop<RecordsFault>>;

impl EmbeddedStore {
    /// Makes the store of a new issuer.
    ///
    /// # Errors
    /// [`RecordsFault::Store`], where one is there already too.
    pub fn create(dir: &Path, iss: &IssuerId) -> Result<Self, RecordsFault> {
        let store = Self(Durable::open(dir, Opening::CreateNew, TREES)?);
        store.commit(|act| {
            act.put(META, KEY_FORMAT, FORMAT.as_bytes())?;
            act.put(META, KEY_ISSUER, iss.as_str().as_bytes())?;
            act.put(META, KEY_NEXT, &0_u64.to_be_bytes())?;
            put_head(act, Head::EMPTY)
        })?;
        Ok(store)
    }

    /// Opens the store of an issuer.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn open(dir: &Path, iss: &IssuerId) -> Result<Self, RecordsFault> {
        let store = Self(Durable::open(dir, Opening::OpenExisting, TREES)?);
        check_description(&store.0, FORMAT, iss)?;
        Ok(store)
    }

    fn commit<A>(&self, act: impl Fn(&Transaction<'_>) -> Refusable<A>) -> Result<A, RecordsFault> {
        self.0.commit(act).map_err(|stop| match stop {
            Stop::Refuse(fault) => fault,
            Stop::Fault(fault) => RecordsFault::Store(fault),
        })
    }
}

/// Refuses the store of another issuer or format.
fn check_description(
    durable: &Durable,
    wanted_format: &'static str,
    iss: &IssuerId,
) -> Result<(), RecordsFault> {
    let text = |key| -> Result<String, RecordsFault> {
        let value = durable.read(META, key)?.ok_or(damaged("its description"))?;
        Ok(String::from_utf8_lossy(&value).into_owned())
    };
    let format = text(KEY_FORMAT)?;
    if format != wanted_format {
        return Err(RecordsFault::OtherFormat { found: format, wanted: wanted_format });
    }
    let found = text(KEY_ISSUER)?;
    if found != iss.as_str() {
        return Err(RecordsFault::OtherIssuer { found, wanted: iss.clone() });
    }
    Ok(())
}

impl Store for EmbeddedStore {
    fn reserve(&self, count: u32) -> Result<Range<u64>, RecordsFault> {
        self.commit(|act| {
            let first = next_number(act)?;
            let next = first.saturating_add(u64::from(count.max(1)));
            // Beyond the last list there is no place.
            Shard::of(Sequence(next))
                .map_err(|_| Stop::Refuse(damaged("the number of the next document")))?;
            act.put(META, KEY_NEXT, &next.to_be_bytes())?;
            Ok(first..next)
        })
    }

    fn keep(&self, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault> {
        documents::keep(self, batch)
    }

    fn change_status(&self, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault> {
        blocks::change(self, changes)
    }

    fn find(&self, query: &Query, after: Option<&Cursor>, limit: usize) -> Result<Vec<Held>, RecordsFault> {
        documents::find(self, query, after, limit.min(PAGE_MAX))
    }

    fn status_list(&self, shard: Shard) -> Result<StatusList, RecordsFault> {
        blocks::list(self, shard)
    }

    fn status_versions(&self) -> Result<Vec<(Shard, u64)>, RecordsFault> {
        blocks::versions(self)
    }

    fn audit(&self, from: u64, limit: usize) -> Result<(Vec<String>, Head), RecordsFault> {
        papers::audit(self, from, limit.min(PAGE_MAX))
    }

    fn lead(&self) -> Result<Leading, RecordsFault> {
        // The lock of the directory makes this process the only one. The read finds out whether the store still works.
        self.0.read(META, KEY_FORMAT)?;
        Ok(Leading::Leader)
    }
}

impl Papers for EmbeddedStore {
    fn papers(
        &self,
        kind: PaperKind,
        prefix: &str,
        after: Option<&PaperId>,
        limit: usize,
    ) -> Result<Vec<Paper>, RecordsFault> {
        papers::list(self, kind, prefix, after, limit.min(PAGE_MAX))
    }

    fn write_papers(&self, writes: &[PaperWrite], notes: &[Note]) -> Result<(), RecordsFault> {
        papers::write(self, writes, notes)
    }
}

impl Transfer for EmbeddedStore {
    fn dump(&self, after: Option<&RowKey>, limit: usize) -> Result<Vec<Row>, RecordsFault> {
        rows::dump(self, after, limit.min(PAGE_MAX))
    }

    fn load(&self, rows: &[Row]) -> Result<(), RecordsFault> {
        self.commit(|act| rows.iter().try_for_each(|row| rows::load(act, row)))
    }
}

fn next_number(act: &Transaction<'_>) -> Refusable<u64> {
    number(act.get(META, KEY_NEXT)?.as_deref())
        .ok_or(Stop::Refuse(damaged("the number of the next document")))
}

fn number(value: Option<&[u8]>) -> Option<u64> {
    value.and_then(|value| <[u8; 8]>::try_from(value).ok()).map(u64::from_be_bytes)
}

fn head(value: Option<&[u8]>) -> Result<Head, RecordsFault> {
    let split = || {
        let (lines, hash) = value?.split_first_chunk::<8>()?;
        let hash = LineHash(<[u8; 32]>::try_from(hash).ok()?);
        Some(Head { lines: u64::from_be_bytes(*lines), hash })
    };
    split().ok_or(damaged("the head of the audit log"))
}

fn put_head(act: &Transaction<'_>, head: Head) -> Refusable<()> {
    let value = [&head.lines.to_be_bytes()[..], &head.hash.0].concat();
    Ok(act.put(META, KEY_LOG, &value)?)
}

/// Writes lines at the end of the log.
fn write_notes<'a>(act: &Transaction<'_>, notes: impl IntoIterator<Item = &'a Note>) -> Refusable<()> {
    let mut notes = notes.into_iter().peekable();
    if notes.peek().is_none() {
        return Ok(());
    }
    let mut log = head(act.get(META, KEY_LOG)?.as_deref()).map_err(Stop::Refuse)?;
    for note in notes {
        let (line, after) = log.append(note);
        act.put(LOG, &log.lines.to_be_bytes(), line.as_bytes())?;
        log = after;
    }
    put_head(act, log)
}

fn damaged(what: &'static str) -> RecordsFault {
    RecordsFault::Damaged { what }
}
