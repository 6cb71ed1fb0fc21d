//! Which store an issuer has, and the three ways to get at it: make it, open it, bring it to the layout of this program.
//!
//! A store is never made by opening it, nor by migrating it: one that starts again would give every status index a
//! second time.

use std::path::PathBuf;

use sanad_credential::{IssuerId, UnixTime};

use super::embedded::{EmbeddedStore, migrate as embedded_migration};
use super::postgres::PostgresStore;
use super::postgres::config::PostgresConfig;
pub use super::postgres::migration::Direction;
use super::{RecordsFault, Store};

/// Which store.
#[derive(Clone, Debug)]
pub enum StoreChoice {
    /// The embedded one.
    Embedded {
        /// Its directory.
        dir: PathBuf,
    },
    /// The one in PostgreSQL.
    Postgres(PostgresConfig),
}

/// Makes the store of a new issuer.
///
/// # Errors
/// [`RecordsFault`], where one is there already too.
pub fn create(choice: &StoreChoice, iss: &IssuerId) -> Result<Box<dyn Store>, RecordsFault> {
    Ok(match choice {
        StoreChoice::Embedded { dir } => Box::new(EmbeddedStore::create(dir, iss)?),
        StoreChoice::Postgres(config) => Box::new(PostgresStore::create(config, iss)?),
    })
}

/// Opens the store of an issuer.
///
/// # Errors
/// [`RecordsFault`].
pub fn open(choice: &StoreChoice, iss: &IssuerId) -> Result<Box<dyn Store>, RecordsFault> {
    Ok(match choice {
        StoreChoice::Embedded { dir } => Box::new(EmbeddedStore::open(dir, iss)?),
        StoreChoice::Postgres(config) => Box::new(PostgresStore::connect(config, iss)?),
    })
}

/// What became of a store's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Migration {
    /// It was that of this program already.
    Nothing,
    /// The embedded store was written anew.
    Embedded {
        /// Documents that were moved.
        documents: u64,
        /// Where the old store is now.
        old: PathBuf,
    },
    /// The tables were changed; 0 is none at all.
    Postgres {
        /// Layout before.
        from: u32,
        /// Layout now.
        to: u32,
    },
}

/// Why a store has the layout that it had.
#[derive(Debug, thiserror::Error)]
pub enum MigrationFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
    /// The embedded store is written anew, and the old one kept.
    #[error(
        "the embedded store has no way down: its old form, where it had one, lies beside it with .format-1 in its name"
    )]
    NoWayDown,
}

/// Brings a store to the layout of this program, or one step back.
///
/// # Errors
/// [`MigrationFault`]; then the store is as it was.
pub fn migrate(
    choice: &StoreChoice,
    iss: &IssuerId,
    direction: Direction,
    now: UnixTime,
    progress: &mut dyn FnMut(u64),
) -> Result<Migration, MigrationFault> {
    let dir = match (choice, direction) {
        (StoreChoice::Postgres(config), Direction::Up) => {
            return Ok(PostgresStore::migrate_up(config)?.into());
        }
        (StoreChoice::Postgres(config), Direction::Down) => {
            return Ok(PostgresStore::migrate_down(config)?.into());
        }
        (StoreChoice::Embedded { .. }, Direction::Down) => return Err(MigrationFault::NoWayDown),
        (StoreChoice::Embedded { dir }, Direction::Up) => dir,
    };
    if dir.exists() {
        match EmbeddedStore::open(dir, iss) {
            Ok(_) => return Ok(Migration::Nothing),
            Err(RecordsFault::OtherFormat { found, .. }) if found == embedded_migration::OLD_FORMAT => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    let done = embedded_migration::migrate(dir, iss, now, progress)?;
    Ok(Migration::Embedded { documents: done.documents, old: done.old })
}

impl From<super::postgres::migration::Migrated> for Migration {
    fn from(done: super::postgres::migration::Migrated) -> Self {
        if done.from == done.to { Self::Nothing } else { Self::Postgres { from: done.from, to: done.to } }
    }
}
