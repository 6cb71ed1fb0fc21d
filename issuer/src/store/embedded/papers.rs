//! Papers and the audit log.

use std::ops::Bound;

use super::super::paper::{CONTENT_BYTES_MAX, Paper, PaperId, PaperKey, PaperKind, PaperWrite};
use super::super::{PAPERS_MAX, RecordsFault};
use super::{EmbeddedStore, KEY_LOG, LOG, META, PAPERS, Refusable, damaged, head, write_notes};
use crate::audit::{Head, Note};
use crate::durable::{Stop, Transaction};

/// Ends a kind in a key: no word has it.
const END_OF_KIND: u8 = 0;

pub(super) fn list(
    store: &EmbeddedStore,
    kind: PaperKind,
    prefix: &str,
    after: Option<&PaperId>,
    limit: usize,
) -> Result<Vec<Paper>, RecordsFault> {
    let first = key(kind, prefix);
    let from = after.map(|id| key(kind, id.as_str())).filter(|after| *after >= first);
    let from = from.as_ref().map_or(Bound::Included(first.as_slice()), |key| Bound::Excluded(key.as_slice()));
    let entries = store.0.scan(PAPERS, (from, Bound::Unbounded), limit)?;
    let found = entries.iter().take_while(|(key, _)| key.starts_with(&first));
    found.map(|(key, value)| paper_of(key, value)).collect()
}

pub(super) fn write(
    store: &EmbeddedStore,
    writes: &[PaperWrite],
    notes: &[Note],
) -> Result<(), RecordsFault> {
    if writes.len() > PAPERS_MAX {
        return Err(RecordsFault::TooMuch { of: "papers", asked: writes.len(), max: PAPERS_MAX });
    }
    store.commit(|act| {
        write_in(act, writes)?;
        write_notes(act, notes)
    })
}

pub(super) fn write_in(act: &Transaction<'_>, writes: &[PaperWrite]) -> Refusable<()> {
    for write in writes {
        let key = key(write.key.kind, write.key.id.as_str());
        let found = act.get(PAPERS, &key)?;
        let found = found.map(|value| version_of(&value)).transpose().map_err(Stop::Refuse)?;
        if !write.expect.holds(found) {
            return Err(Stop::Refuse(RecordsFault::Overtaken { id: write.key.id.clone() }));
        }
        match &write.content {
            None => act.remove(PAPERS, &key)?,
            Some(content) => put(act, &write.key, found.unwrap_or(0).saturating_add(1), content)?,
        }
    }
    Ok(())
}

pub(super) fn put(act: &Transaction<'_>, paper: &PaperKey, version: u64, content: &[u8]) -> Refusable<()> {
    if content.len() > CONTENT_BYTES_MAX {
        let (asked, max) = (content.len(), CONTENT_BYTES_MAX);
        return Err(Stop::Refuse(RecordsFault::TooMuch { of: "bytes of a paper", asked, max }));
    }
    let value = [&version.to_be_bytes()[..], content].concat();
    Ok(act.put(PAPERS, &key(paper.kind, paper.id.as_str()), &value)?)
}

pub(super) fn audit(
    store: &EmbeddedStore,
    from: u64,
    limit: usize,
) -> Result<(Vec<String>, Head), RecordsFault> {
    let first = from.to_be_bytes();
    let entries = store.0.scan(LOG, (Bound::Included(first.as_slice()), Bound::Unbounded), limit)?;
    let lines = entries.into_iter().map(|(_, line)| String::from_utf8(line));
    let lines = lines.collect::<Result<_, _>>().map_err(|_| damaged("a line of the audit log"))?;
    Ok((lines, head(store.0.read(META, KEY_LOG)?.as_deref())?))
}

pub(super) fn key(kind: PaperKind, id: &str) -> Vec<u8> {
    [kind.word().as_bytes(), &[END_OF_KIND], id.as_bytes()].concat()
}

pub(super) fn paper_of(key: &[u8], value: &[u8]) -> Result<Paper, RecordsFault> {
    let split = || {
        let end = key.iter().position(|byte| *byte == END_OF_KIND)?;
        let (word, id) = key.split_at_checked(end)?;
        let kind = PaperKind::from_word(std::str::from_utf8(word).ok()?)?;
        let id = PaperId::new(std::str::from_utf8(id.get(1..)?).ok()?).ok()?;
        Some(PaperKey { kind, id })
    };
    let key = split().ok_or(damaged("the id of a paper"))?;
    let content = value.get(8..).ok_or(damaged("a paper"))?.to_vec();
    Ok(Paper { key, version: version_of(value)?, content })
}

fn version_of(value: &[u8]) -> Result<u64, RecordsFault> {
    value.first_chunk().map(|version| u64::from_be_bytes(*version)).ok_or(damaged("a paper"))
}
