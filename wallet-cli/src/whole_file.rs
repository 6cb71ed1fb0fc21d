//! Writing a file whole or not at all, without harm to what lies beside it.
//!
//! The content goes into a hidden file with a random name, is synced, and is then renamed into place; a failure
//! leaves what was there. A device or pipe is written to, since a rename would put a file in its place. Refuses a
//! directory. (The issuer has the same: the two never see each other.)

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only.
    Owner,
    /// Whoever the user's settings let.
    AsUsual,
}

/// Writes a file; returns when it is on the disk.
pub(crate) fn write(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // Standard output is a regular file where a shell sends it into one.
        Ok(found) if !found.is_file() || path.starts_with("/dev") => {
            return OpenOptions::new().append(true).open(path)?.write_all(content);
        }
        _ => {}
    }
    // A link stays, and what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let beside = path.with_file_name(format!(".sanad-{:016x}", u64::from_be_bytes(random)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    restrict(&mut options, readers);
    let mut file = options.open(&beside)?;
    let placed =
        file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, &path));
    if placed.is_err() {
        // The fault that is returned says more than one of tidying up.
        let _ = fs::remove_file(&beside);
    }
    placed?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes a directory that only its owner may look into, and those above it; one that is there stays as it is.
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(unix)]
fn restrict(options: &mut OpenOptions, readers: Readers) {
    use std::os::unix::fs::OpenOptionsExt;
    if readers == Readers::Owner {
        options.mode(0o600);
    }
}

#[cfg(not(unix))]
fn restrict(_: &mut OpenOptions, _: Readers) {}

/// Puts the name of a file or directory on the disk.
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
