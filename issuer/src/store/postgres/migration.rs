//! Layouts of the database, as numbered pairs of SQL files: one way up, one way down.
//!
//! All steps of a call are one transaction under a lock, so that of several replicas one migrates, and a step that
//! fails leaves what was there. Refused: a layout that this program does not know, and a step down that would take
//! documents away.

use tokio_postgres::NoTls;

use super::super::RecordsFault;
use super::config::PostgresConfig;
use super::database::Threads;
use super::problem::{fault, never};

/// One layout.
struct Layout {
    version: i32,
    up: &'static str,
    down: &'static str,
}

/// All layouts, oldest first.
const LAYOUTS: &[Layout] = &[Layout {
    version: 1,
    up: include_str!("migrations/0001_up.sql"),
    down: include_str!("migrations/0001_down.sql"),
}];

/// The layout that this program reads and writes: the last of [`LAYOUTS`].
pub(super) const LAYOUT: i32 = 1;
pub(super) const LAYOUT_WORD: &str = "1";

/// Of PostgreSQL's advisory locks: whoever changes the layout.
const LOCK: &str = "SELECT pg_advisory_xact_lock(6003370716190245121)";

const HAS_VERSION: &str = "SELECT to_regclass('sanad.schema_version') IS NOT NULL";
pub(super) const VERSION: &str = "SELECT version FROM sanad.schema_version";
const HAS_DOCUMENTS: &str = "\
    SELECT (SELECT count(*) FROM (SELECT 1 FROM sanad.documents LIMIT 1000) AS documents), \
        EXISTS (SELECT 1 FROM sanad.documents) OR EXISTS (SELECT 1 FROM sanad.requests) \
            OR EXISTS (SELECT 1 FROM sanad.papers) OR EXISTS (SELECT 1 FROM sanad.log) \
            OR EXISTS (SELECT 1 FROM sanad.issuer WHERE next > 0)";

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the newest layout.
    Up,
    /// To the layout before.
    Down,
}

/// From which layout to which; 0 is none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// As found.
    pub from: u32,
    /// As left.
    pub to: u32,
}

/// Changes the layout, and then does `more` in the same transaction.
pub(super) fn migrate(
    config: &PostgresConfig,
    direction: Direction,
    more: impl AsyncFn(&tokio_postgres::Client) -> Result<(), RecordsFault>,
) -> Result<Migrated, RecordsFault> {
    let threads = Threads::start()?;
    threads.handle.block_on(async {
        let said = |error: tokio_postgres::Error| fault(&error);
        let (client, connection) = config.driver().connect(NoTls).await.map_err(said)?;
        let driving = tokio::spawn(async move {
            // What breaks the connection is what the statements say.
            let _ = connection.await;
        });
        // It has no statement timeout: to build an index takes as long as it takes.
        client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await.map_err(said)?;
        client.batch_execute(LOCK).await.map_err(said)?;
        let from = version(&client).await?;
        let steps = match direction {
            Direction::Up => up(from)?,
            Direction::Down => {
                refuse_to_lose(&client, from).await?;
                down(from)?
            }
        };
        for step in steps {
            client.batch_execute(step).await.map_err(said)?;
        }
        let to = version(&client).await?;
        more(&client).await?;
        client.batch_execute("COMMIT").await.map_err(said)?;
        drop(client);
        let _ = driving.await;
        Ok(Migrated { from: number(from), to: number(to) })
    })
}

/// The layout of the database; 0 where it has none.
pub(super) async fn version(client: &tokio_postgres::Client) -> Result<i32, RecordsFault> {
    let said = |error: tokio_postgres::Error| fault(&error);
    let there: bool =
        client.query_one(HAS_VERSION, &[]).await.and_then(|row| row.try_get(0)).map_err(said)?;
    if !there {
        return Ok(0);
    }
    client.query_one(VERSION, &[]).await.and_then(|row| row.try_get(0)).map_err(said)
}

/// A layout that is not the newest.
pub(super) fn other_layout(found: i32) -> RecordsFault {
    RecordsFault::OtherFormat { found: found.to_string(), wanted: LAYOUT_WORD }
}

fn up(from: i32) -> Result<Vec<&'static str>, RecordsFault> {
    if !(0..=LAYOUT).contains(&from) {
        return Err(other_layout(from));
    }
    Ok(LAYOUTS.iter().filter(|layout| layout.version > from).map(|layout| layout.up).collect())
}

fn down(from: i32) -> Result<Vec<&'static str>, RecordsFault> {
    if from == 0 {
        return Ok(Vec::new());
    }
    let layout = LAYOUTS.iter().find(|layout| layout.version == from);
    layout.map(|layout| vec![layout.down]).ok_or_else(|| other_layout(from))
}

/// The first layout has nothing below it.
async fn refuse_to_lose(client: &tokio_postgres::Client, from: i32) -> Result<(), RecordsFault> {
    if from != 1 {
        return Ok(());
    }
    let row = client.query_one(HAS_DOCUMENTS, &[]).await.map_err(|error| fault(&error))?;
    let documents: i64 = row.try_get(0).map_err(|error| fault(&error))?;
    let anything: bool = row.try_get(1).map_err(|error| fault(&error))?;
    match (documents, anything) {
        (0, false) => Ok(()),
        (0, true) => Err(never("the store has been in use: a step down would take away what it gave out")),
        (documents, _) => Err(RecordsFault::NotEmpty { documents: u64::try_from(documents).unwrap_or(0) }),
    }
}

fn number(version: i32) -> u32 {
    u32::try_from(version).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_numbered_without_gaps_and_the_last_is_the_one_in_use() {
        let versions: Vec<i32> = LAYOUTS.iter().map(|layout| layout.version).collect();
        assert_eq!(versions, (1..=LAYOUT).collect::<Vec<_>>());
        assert_eq!(LAYOUT.to_string(), LAYOUT_WORD);
    }

    #[test]
    fn an_unknown_layout_is_neither_migrated_up_nor_down() {
        for unknown in [-1, LAYOUT + 1, 99] {
            assert!(matches!(up(unknown), Err(RecordsFault::OtherFormat { .. })), "{unknown}");
            assert!(matches!(down(unknown), Err(RecordsFault::OtherFormat { .. })), "{unknown}");
        }
        assert!(up(LAYOUT).unwrap().is_empty());
    }
}
