//! The acts of the shared store, passed on.

use std::ops::Range;

use sanad_credential::StatusList;
use sanad_issuer::audit::{Head, Note};
use sanad_issuer::permutation::Shard;
use sanad_issuer::store::document::{Row, RowKey};
use sanad_issuer::store::{
    Batch, Cursor, Held, Kept, Leading, Paper, PaperId, PaperKind, PaperWrite, Papers, Query, RecordsFault,
    StatusChange, Store, Transfer, Transition,
};

use super::Shared;

impl Store for Shared {
    fn reserve(&self, count: u32) -> Result<Range<u64>, RecordsFault> {
        self.0.reserve(count)
    }

    fn keep(&self, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault> {
        self.0.keep(batch)
    }

    fn change_status(&self, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault> {
        self.0.change_status(changes)
    }

    fn find(&self, query: &Query, after: Option<&Cursor>, limit: usize) -> Result<Vec<Held>, RecordsFault> {
        self.0.find(query, after, limit)
    }

    fn status_list(&self, shard: Shard) -> Result<StatusList, RecordsFault> {
        self.0.status_list(shard)
    }

    fn status_versions(&self) -> Result<Vec<(Shard, u64)>, RecordsFault> {
        self.0.status_versions()
    }

    fn audit(&self, from: u64, limit: usize) -> Result<(Vec<String>, Head), RecordsFault> {
        self.0.audit(from, limit)
    }

    fn lead(&self) -> Result<Leading, RecordsFault> {
        self.0.lead()
    }
}

impl Papers for Shared {
    fn papers(
        &self,
        kind: PaperKind,
        prefix: &str,
        after: Option<&PaperId>,
        limit: usize,
    ) -> Result<Vec<Paper>, RecordsFault> {
        self.0.papers(kind, prefix, after, limit)
    }

    fn write_papers(&self, writes: &[PaperWrite], notes: &[Note]) -> Result<(), RecordsFault> {
        self.0.write_papers(writes, notes)
    }
}

impl Transfer for Shared {
    fn dump(&self, after: Option<&RowKey>, limit: usize) -> Result<Vec<Row>, RecordsFault> {
        self.0.dump(after, limit)
    }

    fn load(&self, rows: &[Row]) -> Result<(), RecordsFault> {
        self.0.load(rows)
    }
}
