//! The audit log. Its head is one row that every act with lines of the log changes: it is locked as late as an act can,
//! so that the acts of several replicas overlap in all that comes before.

use tokio_postgres::{Error, Row, Statement};

use super::super::RecordsFault;
use super::column;
use super::database::{COMMIT, Client, Database};
use super::problem::Halt;
use crate::audit::{Head, LineHash, Note};

const HEAD: &str = "the head of the audit log";

const LOCK_HEAD: &str = "SELECT lines, hash FROM sanad.log_head FOR UPDATE";
const APPEND: &str = "INSERT INTO sanad.log (n, line) SELECT * FROM unnest($1::bigint[], $2::text[])";
const MOVE_HEAD: &str = "UPDATE sanad.log_head SET lines = $1, hash = $2";

/// From one moment: the lines and the head that belongs to them.
const READ: &str = "\
    SELECT head.lines, head.hash, line.line FROM sanad.log_head AS head \
    LEFT JOIN LATERAL (SELECT n, line FROM sanad.log WHERE n >= $1 ORDER BY n LIMIT $2) AS line ON true \
    ORDER BY line.n";

/// The statements that end an act.
pub(super) struct Log {
    lock: Statement,
    append: Statement,
    move_head: Statement,
}

impl Log {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        let (lock, append, move_head) = tokio::try_join!(
            client.prepare_cached(LOCK_HEAD),
            client.prepare_cached(APPEND),
            client.prepare_cached(MOVE_HEAD)
        )?;
        Ok(Self { lock, append, move_head })
    }

    /// Locks the head, where there is something to write.
    pub(super) async fn lock(&self, client: &Client, notes: &[&Note]) -> Result<Option<Row>, Error> {
        if notes.is_empty() { Ok(None) } else { client.query_opt(&self.lock, &[]).await }
    }

    /// Writes the lines behind the head that was locked, and commits.
    pub(super) async fn commit(
        &self,
        client: &Client,
        locked: Option<Row>,
        notes: &[&Note],
    ) -> Result<(), Halt> {
        if notes.is_empty() {
            return Ok(client.batch_execute(COMMIT).await?);
        }
        let mut head = head(&locked.ok_or(RecordsFault::Damaged { what: HEAD })?)?;
        let (mut numbers, mut lines) = (Vec::with_capacity(notes.len()), Vec::with_capacity(notes.len()));
        for note in notes {
            numbers.push(column::big(head.lines));
            let (line, next) = head.append(note);
            lines.push(line);
            head = next;
        }
        self.put(client, &numbers, &lines, head, COMMIT).await
    }

    /// Writes lines, moves the head behind them, and does `last`.
    pub(super) async fn put(
        &self,
        client: &Client,
        numbers: &[i64],
        lines: &[String],
        head: Head,
        last: &str,
    ) -> Result<(), Halt> {
        let (count, hash) = (column::big(head.lines), &head.hash.0[..]);
        tokio::try_join!(
            biased;
            async { client.execute(&self.append, &[&numbers, &lines]).await },
            async { client.execute(&self.move_head, &[&count, &hash]).await },
            client.batch_execute(last),
        )?;
        Ok(())
    }
}

pub(super) fn read(
    database: &Database,
    from: u64,
    limit: usize,
) -> Result<(Vec<String>, Head), RecordsFault> {
    database.act(async |client| {
        let read = client.prepare_cached(READ).await?;
        let rows = client.query(&read, &[&column::big(from), &column::rows(limit)]).await?;
        let head = head(rows.first().ok_or(RecordsFault::Damaged { what: HEAD })?)?;
        let lines = rows.iter().map(|row| column::read(row, "line", "a line of the audit log"));
        let lines: Vec<Option<String>> = lines.collect::<Result<_, _>>()?;
        Ok((lines.into_iter().flatten().collect(), head))
    })
}

/// Of the columns `lines` and `hash`.
pub(super) fn head(row: &Row) -> Result<Head, RecordsFault> {
    let hash = LineHash(column::fixed(row, "hash", HEAD)?);
    Ok(Head { lines: column::number(row, "lines", HEAD)?, hash })
}
