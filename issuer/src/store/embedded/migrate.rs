//! From format 1 to format 2.
//!
//! Format 1 had the documents by their ids, and their status, but no way to find them by a person, no papers and no log.
//! The new store is built beside the old one and takes its place when it is complete; the old one stays beside it as
//! `store.format-1` until somebody removes it. Run again after a kill, it starts over from the old store; or, where the
//! old one had made room already, puts the new one into its place.

use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use sanad_credential::{FixedBytes, IssuerId, UnixTime};

use super::super::document::{Finding, Issued, Place, Row, RowKey};
use super::super::paper::{Paper, PaperId, PaperKey, PaperKind};
use super::super::{PAGE_MAX, RecordsFault, Transfer};
use super::{EmbeddedStore, META, STATUS, check_description, damaged, number, write_notes};
use crate::audit::{Act, Actor, Note};
use crate::durable::{Durable, MAX_SCAN_ENTRIES, Opening, StoreFault, TreeName};
use crate::permutation::{Index, Sequence, Shard};
use crate::register::Digest;
use crate::whole_file;

/// Id -> number, digest of the record, document.
const OLD_DOCUMENTS: TreeName = TreeName("documents");
/// List -> the time that its latest publication bears.
const OLD_PUBLISHED: TreeName = TreeName("published");
const OLD_TREES: &[TreeName] = &[META, OLD_DOCUMENTS, STATUS, OLD_PUBLISHED];
pub(crate) const OLD_FORMAT: &str = "1";

/// Documents read at a time, and rows written at a time: sixteen of the longest fit into a commit.
const ROWS_PER_COMMIT: usize = 16;

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Documents.
    pub documents: u64,
    /// Where the old store is now.
    pub old: PathBuf,
}

/// Rewrites the store of format 1 in `dir`.
///
/// # Errors
/// [`RecordsFault`]; the old store is then where it was, unchanged.
pub fn migrate(
    dir: &Path,
    iss: &IssuerId,
    now: UnixTime,
    progress: &mut dyn FnMut(u64),
) -> Result<Migrated, RecordsFault> {
    let beside = |ending: &str| {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        dir.with_file_name(name)
    };
    let (building, old_place) = (beside(".migrating"), beside(".format-1"));
    if !dir.exists() && old_place.exists() && building.exists() {
        let documents = count_documents(&EmbeddedStore::open(&building, iss)?)?;
        take_place(&building, dir)?;
        return Ok(Migrated { documents, old: old_place });
    }
    let old = Durable::open(dir, Opening::OpenExisting, OLD_TREES)?;
    check_description(&old, OLD_FORMAT, iss)?;
    if building.exists() {
        fs::remove_dir_all(&building).map_err(io("remove", &building))?;
    }
    let new = EmbeddedStore::create(&building, iss)?;
    let documents = move_documents(&old, &new, progress)?;
    move_status(&old, &new)?;
    let note = Note {
        at: now,
        who: Actor::command_line(),
        act: Act::Migrate,
        on: "format 1 to 2".to_owned(),
        detail: format!("documents={documents}"),
    };
    new.commit(|act| write_notes(act, [&note]))?;
    drop(new);
    drop(old);
    fs::rename(dir, &old_place).map_err(io("rename", dir))?;
    take_place(&building, dir)?;
    Ok(Migrated { documents, old: old_place })
}

/// Gives the new store its name; returns when that is on the disk.
fn take_place(building: &Path, dir: &Path) -> Result<(), RecordsFault> {
    fs::rename(building, dir).map_err(io("rename", building))?;
    whole_file::sync_name(dir).map_err(io("sync", dir))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RecordsFault {
    let path = path.to_owned();
    move |source| RecordsFault::Store(StoreFault::Io { action, path, source })
}

fn count_documents(store: &EmbeddedStore) -> Result<u64, RecordsFault> {
    let (mut documents, mut after) = (0_u64, RowKey::Meta);
    loop {
        let rows = store.dump(Some(&after), PAGE_MAX)?;
        let page = rows.iter().take_while(|row| matches!(row, Row::Document(..)));
        let Some(last) = page.clone().last() else { return Ok(documents) };
        after = last.key();
        documents = documents.saturating_add(u64::try_from(page.count()).unwrap_or(0));
    }
}

fn move_documents(
    old: &Durable,
    new: &EmbeddedStore,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, RecordsFault> {
    let next =
        number(old.read(META, b"next")?.as_deref()).ok_or(damaged("the number of the next document"))?;
    new.load(&[Row::Meta { next: Sequence(next) }])?;
    let (mut from, mut moved) = (None::<Vec<u8>>, 0_u64);
    loop {
        let start = from.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_slice()));
        let entries = old.scan(OLD_DOCUMENTS, (start, Bound::Unbounded), ROWS_PER_COMMIT)?;
        let Some((last, _)) = entries.last() else { return Ok(moved) };
        from = Some(last.clone());
        let rows = entries.iter().map(|(key, value)| document(key, value).ok_or(damaged("a document")));
        let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
        new.load(&rows)?;
        moved = moved.saturating_add(u64::try_from(rows.len()).unwrap_or(0));
        progress(moved);
    }
}

fn document(key: &[u8], value: &[u8]) -> Option<Row> {
    let (sequence, rest) = value.split_first_chunk::<8>()?;
    let (digest, document) = rest.split_first_chunk::<32>()?;
    let sequence = Sequence(u64::from_be_bytes(*sequence));
    let issued = Issued {
        cti: FixedBytes(key.try_into().ok()?),
        sequence,
        place: Place { shard: Shard::of(sequence).ok()?, index: Index::of_document(document)? },
        digest: Digest(*digest),
        document: document.to_vec(),
    };
    let finding = Finding::of_document(&issued.document)?;
    Some(Row::Document(Box::new(issued), finding))
}

fn move_status(old: &Durable, new: &EmbeddedStore) -> Result<(), RecordsFault> {
    let mut from = None::<Vec<u8>>;
    loop {
        let start = from.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_slice()));
        let entries = old.scan(STATUS, (start, Bound::Unbounded), ROWS_PER_COMMIT)?;
        let Some((last, _)) = entries.last() else { break };
        from = Some(last.clone());
        let rows = entries.iter().map(|(key, value)| {
            let (list, block) = key.split_first_chunk::<4>()?;
            let block = u16::from_be_bytes(<[u8; 2]>::try_from(block).ok()?);
            let shard = Shard::numbered(u32::from_be_bytes(*list));
            Some(Row::Block { shard, block, bytes: value.clone(), version: 1 })
        });
        let rows: Option<Vec<Row>> = rows.collect();
        new.load(&rows.ok_or(damaged("a block of a status list"))?)?;
    }
    let all = (Bound::Unbounded, Bound::Unbounded);
    for (list, time) in old.scan(OLD_PUBLISHED, all, MAX_SCAN_ENTRIES)? {
        let paper = || {
            let list = u32::from_be_bytes(<[u8; 4]>::try_from(list.as_slice()).ok()?);
            let id = PaperId::new(&format!("{list:010}")).ok()?;
            let seconds = number(Some(&time))?;
            let key = PaperKey { kind: PaperKind::Published, id };
            Some(Paper { key, version: 1, content: seconds.to_string().into_bytes() })
        };
        let paper = paper().ok_or(damaged("the time of a published status list"))?;
        new.load(&[Row::Paper(paper)])?;
    }
    Ok(())
}
