//! From what service.toml says of the store to the store itself.
//!
//! Every command of an issuer asks here, so that they all use the store that the service uses. Refuses a service.toml that
//! cannot be read: without it the embedded store might be written by mistake, and give numbers that the other has given.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::config::{self, ConfigFault, PostgresChoice, ServiceConfig, StoreChoice as Configured};
use crate::store::opening::StoreChoice;
use crate::store::postgres::config::{
    ConnectTimeout, DatabasePassword, NotAPassword, OutOfRange, PoolSize, PostgresConfig, PostgresUrl,
    StatementTimeout, UrlFault,
};

/// Name of the embedded store in the issuer's directory.
pub const EMBEDDED: &str = "store";

/// Longest file of a password.
const FILE_BYTES_MAX: u64 = 4_096;

/// Why it is not known which store there is.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceFault {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// The URL of the database.
    #[error("store.url: {0}")]
    Url(#[from] UrlFault),
    /// The file of its password.
    #[error("{}: {source}", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What stands in it.
    #[error("the password of the database: {0}")]
    Password(#[from] NotAPassword),
    /// A number.
    #[error("store: {0}")]
    Range(#[from] OutOfRange),
}

/// The store of an issuer's directory: what its service.toml says, and the embedded one where there is none.
///
/// # Errors
/// [`ChoiceFault`].
pub fn of_directory(
    dir: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<StoreChoice, ChoiceFault> {
    let path = dir.join(config::FILE_NAME);
    if !path.exists() {
        return Ok(StoreChoice::Embedded { dir: dir.join(EMBEDDED) });
    }
    of_config(dir, &ServiceConfig::load(&path, environment)?.store)
}

/// The store that a configuration names.
///
/// # Errors
/// [`ChoiceFault`].
pub fn of_config(issuer_dir: &Path, configured: &Configured) -> Result<StoreChoice, ChoiceFault> {
    let PostgresChoice { url, password_file, pool, statement_timeout, connect_timeout } = match configured {
        Configured::Embedded => return Ok(StoreChoice::Embedded { dir: issuer_dir.join(EMBEDDED) }),
        Configured::Postgres(choice) => choice,
    };
    let millis = |time: &Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    Ok(StoreChoice::Postgres(PostgresConfig {
        url: PostgresUrl::parse(url)?,
        password: password_file.as_deref().map(read_password).transpose()?,
        pool: PoolSize::new(u16::try_from(*pool).unwrap_or(u16::MAX))?,
        statement_timeout: StatementTimeout::from_millis(millis(statement_timeout))?,
        connect_timeout: ConnectTimeout::from_millis(millis(connect_timeout))?,
    }))
}

fn read_password(path: &Path) -> Result<DatabasePassword, ChoiceFault> {
    let unreadable = |source| ChoiceFault::PasswordFile { path: path.to_owned(), source };
    // The capacity keeps the buffer from moving, which would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(FILE_BYTES_MAX).unwrap_or(0)));
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    Ok(DatabasePassword::new(Zeroizing::new(line))?)
}
