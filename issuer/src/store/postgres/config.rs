//! How the database is reached.
//!
//! Refused: an address that is no `postgresql://` URL, one without host, user or database, one with a password in it
//! (the password has a file of its own), and one that asks for TLS. TLS to the database is not provided: it runs on the
//! same host, behind a Unix socket, or at the other end of a tunnel or a network that nobody else is in.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use zeroize::Zeroizing;

/// Longest URL, in bytes: some hosts with their ports, and options.
const URL_BYTES_MAX: usize = 2_048;

/// Longest password, in bytes.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// How long a host may be silent before its connection is given up: one that lost power says no farewell.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// How the database is reached.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// Where it is.
    pub url: PostgresUrl,
    /// The password of its user; none where the server knows the user otherwise.
    pub password: Option<DatabasePassword>,
    /// Connections at most, beside one for publication.
    pub pool: PoolSize,
    /// How long one statement may take.
    pub statement_timeout: StatementTimeout,
    /// How long an act may wait for a connection: for a host to answer, or for one of the pool to become free.
    pub connect_timeout: ConnectTimeout,
}

impl PostgresConfig {
    /// What the driver is given.
    pub(super) fn driver(&self) -> tokio_postgres::Config {
        let mut config = self.url.0.as_ref().clone();
        if let Some(password) = &self.password {
            config.password(password.0.as_bytes());
        }
        if config.get_application_name().is_none() {
            config.application_name("sanad-issuer");
        }
        config
            .connect_timeout(self.connect_timeout.as_duration())
            .tcp_user_timeout(SILENCE_MAX)
            .keepalives_idle(SILENCE_MAX)
            // Of several hosts the one that takes writes: the others are its standbys.
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        config
    }
}

/// `postgresql://user@host[:port][,host[:port]…]/database[?option=value&…]`; a host that starts with `%2F` is the
/// directory of a Unix socket. It has no password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Box<tokio_postgres::Config>);

impl PostgresUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlFault`], which never repeats what was written: a password may be in it.
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        if text.len() > URL_BYTES_MAX {
            return Err(UrlFault::TooLong { bytes: text.len(), max: URL_BYTES_MAX });
        }
        if !["postgresql://", "postgres://"].iter().any(|start| text.starts_with(start)) {
            return Err(UrlFault::Malformed);
        }
        let config = tokio_postgres::Config::from_str(text).map_err(|_| UrlFault::Malformed)?;
        if config.get_password().is_some() {
            return Err(UrlFault::Password);
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(UrlFault::Tls);
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(UrlFault::Missing { part: "host" });
        }
        let parts = [("user", config.get_user()), ("database", config.get_dbname())];
        for (part, value) in parts {
            if value.is_none_or(str::is_empty) {
                return Err(UrlFault::Missing { part });
            }
        }
        Ok(Self(Box::new(config)))
    }
}

impl FromStr for PostgresUrl {
    type Err = UrlFault;

    fn from_str(text: &str) -> Result<Self, UrlFault> {
        Self::parse(text)
    }
}

/// Which database; nothing of the options.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl(database {})", self.0.get_dbname().unwrap_or_default())
    }
}

/// Why a text is not where a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It is too long.
    #[error("{bytes} bytes, at most {max}")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// Most allowed.
        max: usize,
    },
    /// It is no URL of a database, or has an option that the driver does not know.
    #[error("not of the form postgresql://user@host:port/database")]
    Malformed,
    /// There is a password in it.
    #[error("a password in the URL: take it out and name its file with password_file")]
    Password,
    /// TLS is asked for.
    #[error(
        "sslmode=require: TLS to the database is not provided; use a Unix socket, the same host or a tunnel"
    )]
    Tls,
    /// A part is not there.
    #[error("no {part} in it")]
    Missing {
        /// Which.
        part: &'static str,
    },
}

/// The password of the database's user. Not shown by `Debug`, and wiped when dropped.
#[derive(Clone)]
pub struct DatabasePassword(Zeroizing<String>);

impl DatabasePassword {
    /// Takes a password of 1 to 1,024 bytes without line ends.
    ///
    /// # Errors
    /// [`NotAPassword`].
    pub fn new(text: Zeroizing<String>) -> Result<Self, NotAPassword> {
        let fits = (1..=PASSWORD_BYTES_MAX).contains(&text.len()) && !text.contains(['\n', '\r', '\0']);
        if fits { Ok(Self(text)) } else { Err(NotAPassword { bytes: text.len() }) }
    }
}

impl fmt::Debug for DatabasePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabasePassword(secret)")
    }
}

/// A text that is no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes, a password has 1 to 1,024 and no line end")]
pub struct NotAPassword {
    /// How long it is.
    pub bytes: usize,
}

/// Connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize(u16);

impl PoolSize {
    /// Most connections. A server takes 100 in all unless it is told otherwise.
    pub const MAX: u16 = 256;

    /// 1 to [`PoolSize::MAX`].
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn new(connections: u16) -> Result<Self, OutOfRange> {
        within(u64::from(connections), 1, u64::from(Self::MAX)).map(|()| Self(connections))
    }

    pub(super) fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// How long a statement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementTimeout(u32);

impl StatementTimeout {
    /// Least milliseconds: a commit waits for a disk.
    pub const MIN: u32 = 100;
    /// Most milliseconds.
    pub const MAX: u32 = 600_000;

    /// [`StatementTimeout::MIN`] to [`StatementTimeout::MAX`].
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn from_millis(milliseconds: u32) -> Result<Self, OutOfRange> {
        within(u64::from(milliseconds), u64::from(Self::MIN), u64::from(Self::MAX))?;
        Ok(Self(milliseconds))
    }

    pub(super) fn as_millis(self) -> u32 {
        self.0
    }

    pub(super) fn as_duration(self) -> Duration {
        Duration::from_millis(u64::from(self.0))
    }
}

/// How long an act may wait for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectTimeout(u32);

impl ConnectTimeout {
    /// Least milliseconds.
    pub const MIN: u32 = 100;
    /// Most milliseconds.
    pub const MAX: u32 = 60_000;

    /// [`ConnectTimeout::MIN`] to [`ConnectTimeout::MAX`].
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn from_millis(milliseconds: u32) -> Result<Self, OutOfRange> {
        within(u64::from(milliseconds), u64::from(Self::MIN), u64::from(Self::MAX))?;
        Ok(Self(milliseconds))
    }

    pub(super) fn as_duration(self) -> Duration {
        Duration::from_millis(u64::from(self.0))
    }
}

/// A number that is too small or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found}, must be {min} to {max}")]
pub struct OutOfRange {
    /// As given.
    pub found: u64,
    /// Least allowed.
    pub min: u64,
    /// Most allowed.
    pub max: u64,
}

fn within(found: u64, min: u64, max: u64) -> Result<(), OutOfRange> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(OutOfRange { found, min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_host_user_and_database_and_no_password() {
        for right in [
            "postgresql://sanad@localhost/sanad",
            "postgres://sanad@127.0.0.1:5433/sanad?application_name=x",
            "postgresql://sanad@%2Fvar%2Frun%2Fpostgresql/sanad",
            "postgresql://sanad@one:5432,two:5432/sanad",
        ] {
            assert!(PostgresUrl::parse(right).is_ok(), "{right}");
        }
        let long = format!("postgresql://u@h/{}", "d".repeat(URL_BYTES_MAX));
        for (wrong, fault) in [
            ("", UrlFault::Malformed),
            ("host=localhost user=sanad", UrlFault::Malformed),
            ("https://sanad@localhost/sanad", UrlFault::Malformed),
            ("postgresql://sanad@localhost:port/sanad", UrlFault::Malformed),
            ("postgresql://sanad@localhost/sanad?what=1", UrlFault::Malformed),
            ("postgresql://sanad:secret@localhost/sanad", UrlFault::Password),
            ("postgresql://sanad@localhost/sanad?password=secret", UrlFault::Password),
            ("postgresql://sanad@localhost/sanad?sslmode=require", UrlFault::Tls),
            ("postgresql://localhost/sanad", UrlFault::Missing { part: "user" }),
            ("postgresql://sanad@localhost", UrlFault::Missing { part: "database" }),
            (long.as_str(), UrlFault::TooLong { bytes: 2_065, max: URL_BYTES_MAX }),
        ] {
            assert_eq!(PostgresUrl::parse(wrong), Err(fault), "{wrong}");
            assert!(!fault.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let password = DatabasePassword::new(Zeroizing::new("hunter two".to_owned())).unwrap();
        let config = PostgresConfig {
            url: PostgresUrl::parse("postgresql://sanad@localhost/sanad").unwrap(),
            password: Some(password),
            pool: PoolSize::new(8).unwrap(),
            statement_timeout: StatementTimeout::from_millis(5_000).unwrap(),
            connect_timeout: ConnectTimeout::from_millis(5_000).unwrap(),
        };
        assert!(!format!("{config:?} {:?}", config.driver()).contains("hunter"));
        for wrong in ["", "two\nlines", "a\0b", &"p".repeat(1_025)] {
            assert!(DatabasePassword::new(Zeroizing::new(wrong.to_owned())).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_pool_and_a_timeout_have_bounds() {
        assert!(PoolSize::new(0).is_err() && PoolSize::new(257).is_err() && PoolSize::new(256).is_ok());
        assert!(
            StatementTimeout::from_millis(99).is_err() && StatementTimeout::from_millis(600_001).is_err()
        );
        assert!(ConnectTimeout::from_millis(99).is_err() && ConnectTimeout::from_millis(60_001).is_err());
    }
}
