//! Who publishes: whoever's session holds an advisory lock of the database. PostgreSQL lets go of it when the session
//! ends, however it ends, so another replica takes over from one that was killed, or lost the database.

use std::sync::{Mutex, PoisonError};

use super::super::{Leading, RecordsFault};
use super::database::{Client, Database};
use super::problem::{fault, never};

/// Of PostgreSQL's advisory locks: whoever publishes. Held by a session, not by a transaction.
const TRY: &str = "SELECT pg_try_advisory_lock(6003370716190245122)";

/// Whether the session is there, on a server that takes writes.
const ALIVE: &str = "SELECT NOT pg_is_in_recovery()";

/// The session that stands for publication, and what it is.
#[derive(Default)]
pub(super) struct Candidate(Mutex<Option<(Client, Leading)>>);

impl Candidate {
    pub(super) fn lead(&self, database: &Database) -> Result<Leading, RecordsFault> {
        // A thread that panicked here leaves a session or none; both are looked at again.
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out: a session that gives no answer is closed, and with it goes the lock.
        let known = standing.take();
        let now = database.wait(async {
            if let Some((client, leading)) = known
                && let Ok(leading) = ask(&client, leading).await
            {
                return Ok((client, leading));
            }
            let client = database.own_connection().await?;
            let leading = ask(&client, Leading::Follower).await?;
            Ok((client, leading))
        })?;
        let leading = now.1;
        *standing = Some(now);
        Ok(leading)
    }
}

async fn ask(client: &Client, known: Leading) -> Result<Leading, RecordsFault> {
    let question = match known {
        Leading::Leader => ALIVE,
        Leading::Follower => TRY,
    };
    let said = |error: tokio_postgres::Error| fault(&error);
    let yes: bool = client.query_one(question, &[]).await.and_then(|row| row.try_get(0)).map_err(said)?;
    match (known, yes) {
        (_, true) => Ok(Leading::Leader),
        (Leading::Follower, false) => Ok(Leading::Follower),
        (Leading::Leader, false) => Err(never("the server takes no writes any more")),
    }
}
