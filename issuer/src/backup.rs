//! Backups: everything that an issuer cannot make again, in one encrypted file.
//!
//! [`write()`] seals `issuer.toml`, `service.toml`, `keys.age`, `region.json` and an export of the store ([`archive`] says
//! how), reads all of it back and verifies it as an import would, and only then gives the file its name. [`restore`]
//! makes a directory of it that was not there, and goes on behind every number that may have been given since.
//!
//! # Which numbers may have been given since
//! A backup does not know what was signed after it was made; a number given twice would make the revocation of one
//! person's card that of another's. No document is ever signed into a list that `issuer.toml` does not have, so the
//! first list after those of the backup's `issuer.toml` is certainly unused, and that is where a restored issuer goes
//! on. Who knows how many documents were signed since at most may say so ([`Since::AtMost`]), and loses fewer lists.
//!
//! # Not in it
//! Files that TLS or PostgreSQL need, `admin.token`, what was handed out and published, and keys that live in a hardware
//! module. Refused: a file that was cut or altered, another passphrase's, one that is no backup, and a directory that is
//! there.

pub mod archive;
mod restore;

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sanad_credential::UnixTime;
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::stream;

pub use archive::Part;
pub use restore::{Lists, OpenStore, Restore, Restored, Since, restore};

use crate::config::{Config, ConfigFault};
use crate::keys::{self, SecretsFault};
use crate::permutation::{Permutation, PermutationFault};
use crate::store::Store;
use crate::strict_lines::StrictLines;
use crate::transfer::form::Header;
use crate::transfer::{self, Checks, Progress, Source, Stage, TransferFault, Verified};
use crate::whole_file::NewFile;

/// What a backup is made of.
pub struct Backup<'b> {
    /// Directory of the issuer.
    pub dir: &'b Path,
    /// Its store, in which nothing moves.
    pub store: &'b dyn Store,
    /// What opens `keys.age`: a backup of keys that nobody can open would be none.
    pub keys_passphrase: &'b Passphrase,
    /// What the backup is sealed with.
    pub passphrase: &'b Passphrase,
    /// The file.
    pub out: &'b Path,
    /// Now.
    pub now: UnixTime,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The file, or the store.
    #[error(transparent)]
    Transfer(#[from] TransferFault),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// The issuer's keys.
    #[error(transparent)]
    Keys(#[from] SecretsFault),
    /// The permutation.
    #[error(transparent)]
    Permutation(#[from] PermutationFault),
    /// There is something where the issuer should go.
    #[error("{} is there already; an issuer is restored into a directory of its own", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// Something lies where the issuer is put together.
    #[error("{} holds something that no restore has left there; move it away", path.display())]
    Occupied {
        /// The directory.
        path: PathBuf,
    },
    /// So many documents were never signed.
    #[error("there are not so many numbers: {since} documents after number {next}")]
    TooMany {
        /// Documents since the backup.
        since: u64,
        /// Its next number.
        next: u64,
    },
}

/// Writes a backup. It has its name when it was read back whole.
///
/// # Errors
/// [`BackupFault`]; there is no file then.
pub fn write(backup: &Backup<'_>, progress: Progress<'_>) -> Result<Verified, BackupFault> {
    let config = Config::load(backup.dir)?;
    let keys = keys::load(backup.dir, backup.keys_passphrase, config.record.members())?;
    let permutation = Permutation::new(&keys.permutation);
    let header = Header { iss: config.record.iss().clone(), time: backup.now };
    let file = |source| file_fault(backup.out, source);
    let mut new = NewFile::begin(backup.out).map_err(file)?;
    seal(backup, &header, &mut new, progress)?;
    let read_back = || {
        let sealed = new.reading().map_err(|source| file_fault(backup.out, source))?;
        let lines = open(sealed, backup.out, backup.passphrase)?;
        Ok(archive::read_parts(lines, backup.out)?.export)
    };
    let checks = Checks { record: &config.record, permutation: &permutation };
    let verified = transfer::verify(&Source::lines(backup.out, read_back), checks, progress)?;
    new.place().map_err(file)?;
    Ok(verified)
}

fn seal(
    backup: &Backup<'_>,
    header: &Header,
    new: &mut NewFile,
    progress: Progress<'_>,
) -> Result<(), BackupFault> {
    let file = |source| file_fault(backup.out, source);
    let sealing = stream::seal(BufWriter::with_capacity(64 * 1024, new), backup.passphrase);
    let mut out = BufWriter::with_capacity(64 * 1024, sealing.map_err(TransferFault::Sealed)?);
    archive::write_parts(backup.dir, header, &mut out, backup.out)?;
    let what = transfer::Export { store: backup.store, header, path: backup.out };
    transfer::export(&what, &mut out, &mut |rows| progress(Stage::Write, rows))?;
    let sealing = out.into_inner().map_err(|error| file(error.into_error()))?;
    sealing.finish().and_then(|mut out| out.flush()).map_err(file)?;
    Ok(())
}

/// The lines of a sealed file, from its first on.
fn open(
    mut sealed: File,
    path: &Path,
    passphrase: &Passphrase,
) -> Result<StrictLines<'static>, TransferFault> {
    let file = |source| TransferFault::File { path: path.to_owned(), source };
    sealed.seek(SeekFrom::Start(0)).map_err(file)?;
    let opened = stream::open(sealed, path, passphrase).map_err(TransferFault::Sealed)?;
    Ok(StrictLines::new(Box::new(opened.buffered())))
}

fn file_fault(path: &Path, source: io::Error) -> TransferFault {
    TransferFault::File { path: path.to_owned(), source }
}
