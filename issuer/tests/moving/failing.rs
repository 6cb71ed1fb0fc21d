//! A store that stops after so many commits of rows, as if the machine had gone down.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use sanad_credential::StatusList;
use sanad_issuer::audit::{Head, Note};
use sanad_issuer::permutation::Shard;
use sanad_issuer::store::document::{Row, RowKey};
use sanad_issuer::store::{
    Batch, Cursor, Held, Kept, Leading, Paper, PaperId, PaperKind, PaperWrite, Papers, Query, RecordsFault,
    StatusChange, Store, Transfer, Transition,
};

pub(crate) struct Failing<'s> {
    pub(crate) store: &'s dyn Store,
    pub(crate) commits_left: AtomicUsize,
}

impl<'s> Failing<'s> {
    pub(crate) fn after(commits: usize, store: &'s dyn Store) -> Self {
        Self { store, commits_left: AtomicUsize::new(commits) }
    }

    fn count(&self) -> Result<(), RecordsFault> {
        let left =
            self.commits_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| RecordsFault::Damaged { what: "a machine that went down" })
    }
}

impl Store for Failing<'_> {
    fn reserve(&self, count: u32) -> Result<Range<u64>, RecordsFault> {
        self.store.reserve(count)
    }
    fn keep(&self, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault> {
        self.store.keep(batch)
    }
    fn change_status(&self, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault> {
        self.store.change_status(changes)
    }
    fn find(&self, query: &Query, after: Option<&Cursor>, limit: usize) -> Result<Vec<Held>, RecordsFault> {
        self.store.find(query, after, limit)
    }
    fn status_list(&self, shard: Shard) -> Result<StatusList, RecordsFault> {
        self.store.status_list(shard)
    }
    fn status_versions(&self) -> Result<Vec<(Shard, u64)>, RecordsFault> {
        self.store.status_versions()
    }
    fn audit(&self, from: u64, limit: usize) -> Result<(Vec<String>, Head), RecordsFault> {
        self.store.audit(from, limit)
    }
    fn lead(&self) -> Result<Leading, RecordsFault> {
        self.store.lead()
    }
}

impl Papers for Failing<'_> {
    fn papers(
        &self,
        kind: PaperKind,
        prefix: &str,
        after: Option<&PaperId>,
        limit: usize,
    ) -> Result<Vec<Paper>, RecordsFault> {
        self.store.papers(kind, prefix, after, limit)
    }
    fn write_papers(&self, writes: &[PaperWrite], notes: &[Note]) -> Result<(), RecordsFault> {
        self.count()?;
        self.store.write_papers(writes, notes)
    }
}

impl Transfer for Failing<'_> {
    fn dump(&self, after: Option<&RowKey>, limit: usize) -> Result<Vec<Row>, RecordsFault> {
        self.store.dump(after, limit)
    }
    fn load(&self, rows: &[Row]) -> Result<(), RecordsFault> {
        self.count()?;
        self.store.load(rows)
    }
}
