//! What a sequence of rows comes to: how many there are of each kind, their SHA-256, and that they stand in order. Two
//! stores hold the same when their tallies are the same.

use sha2::{Digest as _, Sha256};

use super::form::row_line;
use crate::store::document::{Row, RowKey};

/// Rows of each kind; the description is one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Documents.
    pub documents: u64,
    /// Requests that must not be carried out twice.
    pub requests: u64,
    /// Blocks of status lists.
    pub blocks: u64,
    /// Papers.
    pub papers: u64,
    /// Lines of the audit log.
    pub lines: u64,
}

impl Counts {
    /// Of an empty store.
    pub const NONE: Self = Self { documents: 0, requests: 0, blocks: 0, papers: 0, lines: 0 };

    /// All rows.
    pub fn rows(&self) -> u64 {
        let Self { documents, requests, blocks, papers, lines } = *self;
        [documents, requests, blocks, papers, lines].into_iter().fold(1, u64::saturating_add)
    }
}

/// A row that does not come after the one before it: it is there twice, or they are not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this row does not come after the one before it: it is there twice, or in the wrong place")]
pub struct OutOfOrder;

/// Rows that have gone by.
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    hash: Sha256,
    last: Option<RowKey>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { counts: Counts::NONE, hash: Sha256::new(), last: None }
    }

    /// The row behind the last one. The first is the description, which is not hashed: a restored store goes on at
    /// another number.
    pub(crate) fn add(&mut self, row: &Row) -> Result<String, OutOfOrder> {
        let key = row.key();
        let is_first = self.last.is_none();
        if is_first != (key == RowKey::Meta) || self.last.as_ref().is_some_and(|last| *last >= key) {
            return Err(OutOfOrder);
        }
        self.last = Some(key);
        let counts = &mut self.counts;
        let line = row_line(row);
        let count = match row {
            Row::Meta { .. } => return Ok(line),
            Row::Document(..) => &mut counts.documents,
            Row::Request(..) => &mut counts.requests,
            Row::Block { .. } => &mut counts.blocks,
            Row::Paper(_) => &mut counts.papers,
            Row::Line { .. } => &mut counts.lines,
        };
        *count = count.saturating_add(1);
        self.hash.update(&line);
        self.hash.update(b"\n");
        Ok(line)
    }

    /// Whether any row has gone by.
    pub(crate) fn is_begun(&self) -> bool {
        self.last.is_some()
    }

    /// SHA-256 over the rows.
    pub(crate) fn rows_hash(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }
}
