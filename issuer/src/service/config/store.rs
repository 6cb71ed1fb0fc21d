//! Section `[store]`: in the issuer's directory, or in PostgreSQL. An address with a password in it is refused.

use std::path::PathBuf;
use std::time::Duration;

use sanad_listener::settings::{Bounds, SettingFault, Settings};

use super::Reader;

const POOL: Bounds = Bounds { min: 2, default: 8, max: 256 };
const STATEMENT_TIMEOUT_MS: Bounds = Bounds { min: 100, default: 10_000, max: 600_000 };
const CONNECT_TIMEOUT_MS: Bounds = Bounds { min: 100, default: 5_000, max: 60_000 };

/// Where documents are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// In the issuer's directory, by this process alone.
    Embedded,
    /// In PostgreSQL, by several replicas.
    Postgres(PostgresChoice),
}

/// How PostgreSQL is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresChoice {
    /// `postgresql://user@host:port/database`, without a password.
    pub url: String,
    /// File with the password in its first line.
    pub password_file: Option<PathBuf>,
    /// Connections.
    pub pool: usize,
    /// Longest time of one statement.
    pub statement_timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
}

impl Reader<'_, '_> {
    pub(super) fn store(&mut self) -> Result<StoreChoice, SettingFault> {
        let section = "store";
        let kinds = [("embedded", Kind::Embedded), ("postgres", Kind::Postgres)];
        let kind = self.settings.word(section, "kind", &kinds, Kind::Embedded)?;
        let url = self.settings.url(section, "url", &["postgresql://", "postgres://"])?;
        let password_file = self.path(section, "password_file")?;
        let pool = usize::try_from(self.settings.number(section, "pool", POOL)?).unwrap_or(usize::MAX);
        let statement_timeout =
            self.settings.millis(section, "statement_timeout_ms", STATEMENT_TIMEOUT_MS)?;
        let connect_timeout = self.settings.millis(section, "connect_timeout_ms", CONNECT_TIMEOUT_MS)?;
        match (kind, url) {
            (Kind::Embedded, None) => Ok(StoreChoice::Embedded),
            (Kind::Embedded, Some(url)) => Err(url.place.fault("only for kind = \"postgres\"")),
            (Kind::Postgres, None) => {
                Err(Settings::missing(section, "url").fault("missing; kind is \"postgres\""))
            }
            (Kind::Postgres, Some(url)) => Ok(StoreChoice::Postgres(PostgresChoice {
                url: url.value,
                password_file,
                pool,
                statement_timeout,
                connect_timeout,
            })),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Embedded,
    Postgres,
}
