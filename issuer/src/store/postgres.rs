//! The store of several replicas: PostgreSQL, in which the tables of [`migration`] stand in a schema of their own.
//!
//! What is answered is committed by the server, with `fsync` and `synchronous_commit` on. That holds for one server. Of
//! a standby that takes its place it holds only if the server waits for that standby (`synchronous_standby_names`):
//! otherwise the last commits before the fall are lost, numbers that were given away among them.
//!
//! Acts run at the isolation level READ COMMITTED and lock what they decide by, always in this order, so that they do
//! not wait for each other in a circle: papers, blocks of status lists, requests, documents, versions of lists, the head
//! of the log. Each act is two or three round trips. All values travel as parameters.
//!
//! Refused: another issuer's store, a layout that is not the newest ([`migration`]), a server that does not sync, TLS
//! ([`config`]). The calls block, on threads that may: inside a thread of an async runtime they would panic.

mod column;
pub mod config;
mod database;
mod documents;
mod finding;
mod leader;
mod log;
pub mod migration;
mod papers;
mod problem;
mod rows;
mod status;

use std::fmt;
use std::ops::Range;

use sanad_credential::{IssuerId, StatusList};

use self::config::PostgresConfig;
use self::database::Database;
use self::leader::Candidate;
use self::migration::{Direction, LAYOUT, Migrated};
use self::problem::{fault, never};
use super::document::{Batch, Cursor, Held, Kept, Query, Row, RowKey, StatusChange, Transition};
use super::paper::{Paper, PaperId, PaperKind, PaperWrite};
use super::{Leading, PAGE_MAX, Papers, RecordsFault, Store, Transfer};
use crate::audit::{Head, Note};
use crate::permutation::Shard;

/// Beyond the last list (2^52 numbers) there is no place.
const RESERVE: &str = "\
    UPDATE sanad.issuer SET next = next + $1 WHERE next BETWEEN 0 AND 4503599627370495 - $1 RETURNING next";

const DESCRIPTION: &str = "SELECT issuer FROM sanad.issuer";
const DESCRIBE: &str = "\
    WITH head AS (INSERT INTO sanad.log_head (lines, hash) VALUES (0, $2)) \
    INSERT INTO sanad.issuer (issuer, next) VALUES ($1, 0)";

/// The store in PostgreSQL.
pub struct PostgresStore {
    /// Dropped before the threads that drive its session.
    candidate: Candidate,
    database: Database,
}

impl PostgresStore {
    /// Makes the store of a new issuer: the layout, where there is none, and what says whose it is.
    ///
    /// # Errors
    /// [`RecordsFault`], where the database has the store of an issuer already too.
    pub fn create(config: &PostgresConfig, iss: &IssuerId) -> Result<Self, RecordsFault> {
        migration::migrate(config, Direction::Up, async |client| {
            let said = |error: tokio_postgres::Error| fault(&error);
            if let Some(row) = client.query_opt(DESCRIPTION, &[]).await.map_err(said)? {
                let found: &str = row.try_get(0).map_err(said)?;
                return Err(never(&format!("the database has the store of {found} already")));
            }
            let hash = Head::EMPTY.hash.0;
            client.execute(DESCRIBE, &[&iss.as_str(), &hash.as_slice()]).await.map_err(said)?;
            Ok(())
        })?;
        Self::connect(config, iss)
    }

    /// Opens the store of an issuer.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn connect(config: &PostgresConfig, iss: &IssuerId) -> Result<Self, RecordsFault> {
        let store = Self { candidate: Candidate::default(), database: Database::new(config)? };
        store.database.act(async |client| {
            let version = migration::version(client).await?;
            if version != LAYOUT {
                return Err(migration::other_layout(version).into());
            }
            let row = client.query_opt(DESCRIPTION, &[]).await?;
            // Tables without an issuer's store are as good as none: they are to be filled.
            let row = row.ok_or_else(|| migration::other_layout(0))?;
            let found: String = row.try_get(0)?;
            if found != iss.as_str() {
                return Err(RecordsFault::OtherIssuer { found, wanted: iss.clone() }.into());
            }
            Ok(())
        })?;
        Ok(store)
    }

    /// Brings the layout to the newest. Where there is none it makes the tables, but no issuer's store in them.
    ///
    /// # Errors
    /// [`RecordsFault`]; then nothing is changed.
    pub fn migrate_up(config: &PostgresConfig) -> Result<Migrated, RecordsFault> {
        migration::migrate(config, Direction::Up, async |_| Ok(()))
    }

    /// Takes the layout one step back. What it would lose is refused: below the first there is nothing.
    ///
    /// # Errors
    /// [`RecordsFault`]; then nothing is changed.
    pub fn migrate_down(config: &PostgresConfig) -> Result<Migrated, RecordsFault> {
        migration::migrate(config, Direction::Down, async |_| Ok(()))
    }
}

impl Store for PostgresStore {
    fn reserve(&self, count: u32) -> Result<Range<u64>, RecordsFault> {
        let what = "the number of the next document";
        let count = i64::from(count.max(1));
        self.database.act(async |client| {
            let reserve = client.prepare_cached(RESERVE).await?;
            let next = client.query_opt(&reserve, &[&count]).await?;
            let next: i64 = next.ok_or(RecordsFault::Damaged { what })?.try_get(0)?;
            let number = |number: i64| u64::try_from(number).map_err(|_| RecordsFault::Damaged { what });
            Ok(number(next.saturating_sub(count))?..number(next)?)
        })
    }

    fn keep(&self, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault> {
        documents::keep(&self.database, batch)
    }

    fn change_status(&self, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault> {
        status::change(&self.database, changes)
    }

    fn find(&self, query: &Query, after: Option<&Cursor>, limit: usize) -> Result<Vec<Held>, RecordsFault> {
        finding::find(&self.database, query, after, limit.min(PAGE_MAX))
    }

    fn status_list(&self, shard: Shard) -> Result<StatusList, RecordsFault> {
        status::list(&self.database, shard)
    }

    fn status_versions(&self) -> Result<Vec<(Shard, u64)>, RecordsFault> {
        status::versions(&self.database)
    }

    fn audit(&self, from: u64, limit: usize) -> Result<(Vec<String>, Head), RecordsFault> {
        log::read(&self.database, from, limit.min(PAGE_MAX))
    }

    fn lead(&self) -> Result<Leading, RecordsFault> {
        self.candidate.lead(&self.database)
    }
}

impl Papers for PostgresStore {
    fn papers(
        &self,
        kind: PaperKind,
        prefix: &str,
        after: Option<&PaperId>,
        limit: usize,
    ) -> Result<Vec<Paper>, RecordsFault> {
        papers::list(&self.database, kind, prefix, after, limit.min(PAGE_MAX))
    }

    fn write_papers(&self, writes: &[PaperWrite], notes: &[Note]) -> Result<(), RecordsFault> {
        papers::write(&self.database, writes, notes)
    }
}

impl Transfer for PostgresStore {
    fn dump(&self, after: Option<&RowKey>, limit: usize) -> Result<Vec<Row>, RecordsFault> {
        rows::dump(&self.database, after, limit.min(PAGE_MAX))
    }

    fn load(&self, loaded: &[Row]) -> Result<(), RecordsFault> {
        rows::load(&self.database, loaded)
    }
}

/// Nothing of the connection.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
