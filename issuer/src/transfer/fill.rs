//! Putting a verified export into an empty store.
//!
//! 1. A paper with the SHA-256 of the file is written: from now on the store is half filled, and says so.
//! 2. The number of the next document comes first, so that no number of the file can be given again whatever happens.
//! 3. Rows follow in commits that both stores take, in the order of the file. What was there already, from an import
//!    that was stopped, is compared and passed over.
//! 4. The store is read from its first row to its last and compared with the file; each request's document is looked up.
//! 5. The paper goes and the log gets its line, in one commit.

use std::collections::VecDeque;

use super::form::row_line;
use super::reader::hex;
use super::tally::Tally;
use super::{Progress, Source, Stage, TransferFault, Verified};
use crate::audit::Note;
use crate::permutation::Sequence;
use crate::store::document::{Row, RowKey};
use crate::store::{
    BATCH_BYTES_MAX, Expect, NameForm, PAGE_MAX, Paper, PaperId, PaperKey, PaperKind, PaperWrite,
    RecordsFault, Store, held,
};

/// What is done with a file.
pub struct Fill<'f> {
    /// The file.
    pub source: &'f Source<'f>,
    /// What was found in it.
    pub verified: &'f Verified,
    /// The number of the next document: that of the file, or a later one.
    pub next: Sequence,
    /// Told in the log at the end.
    pub note: &'f Note,
}

/// Refuses a store in which an import was stopped before its end.
///
/// # Errors
/// [`RecordsFault::HalfFilled`].
pub fn refuse_half_filled(store: &dyn Store) -> Result<(), RecordsFault> {
    match store.paper(&mark()?)? {
        None => Ok(()),
        Some(paper) => Err(RecordsFault::HalfFilled { sha256: file_of(&paper) }),
    }
}

/// Refuses a store that cannot be filled, because it holds something that no import has begun.
///
/// # Errors
/// [`RecordsFault::NotEmpty`].
pub fn refuse_full(store: &dyn Store) -> Result<(), RecordsFault> {
    if store.paper(&mark()?)?.is_some() {
        return Ok(());
    }
    let found = store.dump(None, 2)?;
    if matches!(found.as_slice(), [Row::Meta { next: Sequence(0) }]) {
        return Ok(());
    }
    let documents = found.iter().filter(|row| matches!(row, Row::Document(..))).count();
    Err(RecordsFault::NotEmpty { documents: u64::try_from(documents).unwrap_or(u64::MAX) })
}

/// Fills an empty store, or one in which the same was begun.
///
/// # Errors
/// [`TransferFault::Store`] with [`RecordsFault::NotEmpty`] for a store that holds something;
/// [`TransferFault::OtherFile`]; [`TransferFault::Differs`] where the store is not what the file says.
pub fn fill(store: &dyn Store, fill: &Fill<'_>, progress: Progress<'_>) -> Result<(), TransferFault> {
    let version = begin(store, fill.verified)?;
    store.load(&[Row::Meta { next: fill.next }])?;
    load(store, fill, progress)?;
    compare(store, fill, progress)?;
    let done = PaperWrite { key: mark()?, expect: Expect::Version(version), content: None };
    store.write_papers(&[done], std::slice::from_ref(fill.note))?;
    Ok(())
}

/// Marks the store as half filled; the version of the mark.
fn begin(store: &dyn Store, verified: &Verified) -> Result<u64, TransferFault> {
    let wanted = hex(&verified.sha256);
    if let Some(paper) = store.paper(&mark()?)? {
        let found = file_of(&paper);
        return if found == wanted { Ok(paper.version) } else { Err(TransferFault::OtherFile { found }) };
    }
    refuse_full(store)?;
    let content = Some(wanted.into_bytes());
    store.write_papers(&[PaperWrite { key: mark()?, expect: Expect::Absent, content }], &[])?;
    Ok(1)
}

fn load(store: &dyn Store, fill: &Fill<'_>, progress: Progress<'_>) -> Result<(), TransferFault> {
    let changed = || TransferFault::Changed { path: fill.source.path.clone() };
    let mut reader = fill.source.reader()?;
    let mut there = Some(Walk::new(store));
    let (mut batch, mut weight) = (Vec::new(), 0_usize);
    while let Some(numbered) = reader.next_row()? {
        let row = numbered.row;
        if row.key() == RowKey::Meta {
            continue;
        }
        if let Some(walk) = &mut there {
            match walk.next()? {
                Some(found) if row_line(&found) == row_line(&row) => continue,
                Some(_) => return Err(TransferFault::Differs { row: reader.counts().rows() }),
                None => there = None,
            }
        }
        let heavier = weight.saturating_add(weight_of(&row));
        if heavier > BATCH_BYTES_MAX {
            store.load(&batch)?;
            batch.clear();
            weight = weight_of(&row);
            progress(Stage::Load, reader.counts().rows());
        } else {
            weight = heavier;
        }
        batch.push(row);
    }
    // The rows that were verified are the rows that were read now.
    if reader.trailer().map(|trailer| trailer.sha256) != Some(fill.verified.sha256) {
        return Err(changed());
    }
    if !batch.is_empty() {
        store.load(&batch)?;
    }
    progress(Stage::Load, reader.counts().rows());
    Ok(())
}

fn compare(store: &dyn Store, fill: &Fill<'_>, progress: Progress<'_>) -> Result<(), TransferFault> {
    let (mut tally, mut walk) = (Tally::new(), Walk::new(store));
    let differs = |tally: &Tally| TransferFault::Differs { row: tally.counts.rows() };
    tally.add(&walk.meta()?).map_err(|_| TransferFault::StoreOrder)?;
    while let Some(row) = walk.next()? {
        tally.add(&row).map_err(|_| TransferFault::StoreOrder)?;
        if let Row::Request(_, cti) = &row
            && held(store, *cti)?.is_none()
        {
            return Err(differs(&tally));
        }
        let rows = tally.counts.rows();
        if rows.is_multiple_of(1_024) {
            progress(Stage::Compare, rows);
        }
    }
    let is_same = walk.next_number == Some(fill.next)
        && tally.counts == fill.verified.counts
        && tally.rows_hash() == fill.verified.rows_hash;
    progress(Stage::Compare, tally.counts.rows());
    if is_same { Ok(()) } else { Err(differs(&tally)) }
}

/// All rows of a store but its description and the mark.
struct Walk<'s> {
    store: &'s dyn Store,
    page: VecDeque<Row>,
    after: RowKey,
    next_number: Option<Sequence>,
}

impl<'s> Walk<'s> {
    fn new(store: &'s dyn Store) -> Self {
        Self { store, page: VecDeque::new(), after: RowKey::Meta, next_number: None }
    }

    fn meta(&mut self) -> Result<Row, TransferFault> {
        let Some(row @ Row::Meta { next }) = self.store.dump(None, 1)?.into_iter().next() else {
            return Err(RecordsFault::Damaged { what: "its description" }.into());
        };
        self.next_number = Some(next);
        Ok(row)
    }

    fn next(&mut self) -> Result<Option<Row>, TransferFault> {
        loop {
            if self.page.is_empty() {
                self.page.extend(self.store.dump(Some(&self.after), PAGE_MAX)?);
            }
            let Some(row) = self.page.pop_front() else { return Ok(None) };
            self.after = row.key();
            if !matches!(&row, Row::Paper(paper) if paper.key.kind == PaperKind::Import) {
                return Ok(Some(row));
            }
        }
    }
}

/// How much of a commit a row takes at most: its values, its keys, and what an engine adds. As [`Entry::weight`] for
/// documents.
///
/// [`Entry::weight`]: crate::store::Entry::weight
fn weight_of(row: &Row) -> usize {
    match row {
        Row::Meta { .. } => 100,
        Row::Document(issued, finding) => {
            let texts = [
                finding.number.as_ref().map(String::len),
                finding.name.as_ref().map(|name: &NameForm| name.as_str().len()),
                finding.delegation.as_ref().map(|id| id.as_str().len()),
            ];
            let texts = texts.into_iter().flatten().fold(480, usize::saturating_add);
            issued.document.len().saturating_add(texts)
        }
        Row::Request(..) => 400,
        Row::Block { .. } => 1_200,
        Row::Paper(Paper { content, .. }) => content.len().saturating_add(200),
        Row::Line { text, .. } => text.len().saturating_add(200),
    }
}

fn mark() -> Result<PaperKey, RecordsFault> {
    let id = PaperId::new("import").map_err(|_| RecordsFault::Damaged { what: "the mark of an import" })?;
    Ok(PaperKey { kind: PaperKind::Import, id })
}

fn file_of(paper: &Paper) -> String {
    String::from_utf8_lossy(&paper.content).into_owned()
}
