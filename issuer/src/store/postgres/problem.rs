//! What PostgreSQL said, in our words: code and message, and whether the same act may go through later.
//!
//! The driver's own text has the server's DETAIL, and in it the values of the row that was refused: names, member
//! numbers. So only code and message are taken; all values travel as parameters, so that no message has one.

use std::error::Error as _;
use std::io;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::super::RecordsFault;
use super::super::fault::Again;

/// Why an act was given up before its commit.
pub(super) enum Halt {
    /// It says no.
    Refuse(RecordsFault),
    /// The database did not do a statement.
    Database(Error),
    /// Somebody else has written meanwhile what this act took for not there: it looks again.
    Overtaken,
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Database(error)
    }
}

impl From<RecordsFault> for Halt {
    fn from(fault: RecordsFault) -> Self {
        Halt::Refuse(fault)
    }
}

/// Whether the database itself asks to run the transaction again: it was rolled back because of another.
pub(super) fn asks_again(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// Whether the connection is as good as before once the transaction is rolled back.
pub(super) fn spares_connection(error: &Error) -> bool {
    let spared = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::UNIQUE_VIOLATION,
        SqlState::CHECK_VIOLATION,
    ];
    error.code().is_some_and(|code| spared.contains(code))
}

/// A fault of a statement or a connection.
pub(super) fn fault(error: &Error) -> RecordsFault {
    RecordsFault::Database { problem: words(error), again: again(error) }
}

/// A fault of getting a connection.
pub(super) fn pool_fault(error: &PoolError) -> RecordsFault {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => fault(error),
        PoolError::PostCreateHook(HookError::Message(problem)) => never(problem),
        PoolError::Timeout(_) => later("no connection became free"),
        PoolError::Closed | PoolError::NoRuntimeSpecified => never("the pool of connections is closed"),
    }
}

/// A fault that may be gone when the act is asked for again.
pub(super) fn later(problem: &str) -> RecordsFault {
    RecordsFault::Database { problem: problem.to_owned(), again: Again::Later }
}

/// A fault that stays until somebody does something.
pub(super) fn never(problem: &str) -> RecordsFault {
    RecordsFault::Database { problem: problem.to_owned(), again: Again::Never }
}

fn words(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("{} {}", said.code().code(), said.message()),
        (None, Some(cause)) if cause.downcast_ref::<io::Error>().is_some() => format!("{error}: {cause}"),
        (None, _) if error.is_closed() => "the connection is closed".to_owned(),
        (None, _) => error.to_string(),
    }
}

fn again(error: &Error) -> Again {
    let Some(code) = error.code() else {
        let lost = error.is_closed()
            || error.source().is_some_and(|cause| cause.downcast_ref::<io::Error>().is_some());
        return if lost { Again::Later } else { Again::Never };
    };
    // Classes of SQLSTATE (PostgreSQL, appendix A): connection, resources, an operator or a timeout, the system
    // around it, another transaction.
    let passing = ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class))
        || [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            // What was a primary is a standby now.
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code);
    if passing { Again::Later } else { Again::Never }
}
