//! Packs that were in use, so that a receipt can be replayed with what the device knew when it answered.
//!
//! `packs/archive/<version of the timestamp role>-<SHA-256>.sanadpack`, beside it the root that the pack was checked with.
//! A pack is entered when it is taken over, and when a receipt rests on one that was not. Kept are those of the last 13
//! months and the newest 60 in any case, at most 500 and 512 MB; the oldest go first. Each is checked again, as every pack
//! is, with the root beside it; without floors, since it is old on purpose. In a directory that was brought here no root
//! is believed: the pinned one must do.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sanad_credential::UnixTime;
use sanad_trust::client::{Anchor, Refused, sha256};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::METADATA_BYTES_MAX;
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::{PACK_BYTES_MAX, PackFileFault, PackFiles};

use crate::trust_state::{StateDir, read_bounded, write_whole};

/// Packs that are kept whatever their age.
const PACKS_MIN: usize = 60;

/// Most packs: one a day for 13 months has 400.
const PACKS_MAX: usize = 500;

/// Age at which a pack may go: 13 months.
const AGE_MAX: Duration = Duration::from_secs(400 * 86_400);

/// Most bytes of all packs.
const BYTES_MAX: u64 = 512 << 20;

/// Most files of a directory that are looked at.
const FILES_MAX: usize = 4_000;

/// Where an archived pack comes from, which says which root is believed.
#[derive(Clone, Debug)]
pub enum Source {
    /// The archive of this device.
    Own(PathBuf),
    /// A directory that was brought here.
    Brought(PathBuf),
}

/// Why an archived pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its container.
    #[error("{}: {fault}", path.display())]
    Container {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: PackFileFault,
    },
    /// What is in it.
    #[error("{}: {fault}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: Refused,
    },
    /// Too many files to look at.
    #[error("{}: more than {FILES_MAX} files", path.display())]
    TooMany {
        /// The directory.
        path: PathBuf,
    },
}

/// The archive of a device.
pub fn directory(state: &StateDir) -> PathBuf {
    state.path().join("packs").join("archive")
}

/// Enters a pack that was checked. One that is there already stays as it is.
///
/// # Errors
/// [`ArchiveFault::File`].
pub fn keep(state: &StateDir, bytes: &[u8], pack: &Pack) -> Result<(), ArchiveFault> {
    keep_as(state, bytes, pack.metadata().timestamp_version(), &pack.anchor())
}

pub(crate) fn keep_as(
    state: &StateDir,
    bytes: &[u8],
    version: u64,
    anchor: &Anchor,
) -> Result<(), ArchiveFault> {
    let dir = directory(state);
    let file = |path: &Path, source| ArchiveFault::File { path: path.to_owned(), source };
    fs::create_dir_all(&dir).map_err(|source| file(&dir, source))?;
    let hash = sha256(bytes);
    let path = dir.join(format!("{version:010}-{hash}.sanadpack"));
    if path.exists() {
        return Ok(());
    }
    if let Anchor::File(root) = anchor {
        let beside = path.with_extension("root.json");
        write_whole(&beside, root).map_err(|source| file(&beside, source))?;
    }
    // The pack in use takes no room twice; file systems without hard links get a copy.
    let in_use = state.path().join("packs").join(format!("{hash}.sanadpack"));
    if fs::hard_link(in_use, &path).is_err() {
        write_whole(&path, bytes).map_err(|source| file(&path, source))?;
    }
    prune(&dir, SystemTime::now());
    Ok(())
}

/// What cannot be removed only takes room.
fn prune(dir: &Path, now: SystemTime) {
    let mut packs: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| is_pack(&entry.path()))
        .filter_map(|entry| {
            let found = entry.metadata().ok()?;
            Some((found.modified().ok()?, found.len(), entry.path()))
        })
        .collect();
    packs.sort();
    let mut bytes = 0_u64;
    for (number, (written, length, path)) in packs.into_iter().rev().enumerate() {
        bytes = bytes.saturating_add(length);
        let is_old = now.duration_since(written).is_ok_and(|age| age > AGE_MAX);
        if (is_old && number >= PACKS_MIN) || number >= PACKS_MAX || bytes > BYTES_MAX {
            let _ = fs::remove_file(path.with_extension("root.json"));
            let _ = fs::remove_file(path);
        }
    }
}

fn is_pack(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sanadpack")
}

/// The packs of a directory that can have this version of the timestamp role: those that say so by their name, and those
/// with names of their own.
///
/// # Errors
/// [`ArchiveFault::File`], [`ArchiveFault::TooMany`]. A directory that is not there has none.
pub fn find(source: &Source, version: u64) -> Result<Vec<PathBuf>, ArchiveFault> {
    let (Source::Own(dir) | Source::Brought(dir)) = source;
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound && matches!(source, Source::Own(_)) => {
            return Ok(Vec::new());
        }
        Err(fault) => return Err(ArchiveFault::File { path: dir.clone(), source: fault }),
    };
    let mut found = Vec::new();
    for (number, entry) in entries.enumerate() {
        if number >= FILES_MAX {
            return Err(ArchiveFault::TooMany { path: dir.clone() });
        }
        let path = entry.map_err(|fault| ArchiveFault::File { path: dir.clone(), source: fault })?.path();
        if is_pack(&path) && named_version(&path).is_none_or(|named| named == version) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The version in a name that this module gave.
fn named_version(path: &Path) -> Option<u64> {
    let (version, hash) = path.file_stem()?.to_str()?.split_once('-')?;
    let is_own = version.len() == 10 && hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    version.parse().ok().filter(|_| is_own)
}

/// Checks an archived pack as it was at a time.
///
/// # Errors
/// [`ArchiveFault`].
pub fn open(
    source: &Source,
    path: &Path,
    pinned: &Anchor,
    clock: Option<UnixTime>,
) -> Result<Pack, ArchiveFault> {
    let file = |fault| ArchiveFault::File { path: path.to_owned(), source: fault };
    File::open(path).map_err(file)?;
    let bytes = read_bounded(path, PACK_BYTES_MAX).map_err(file)?;
    let container = |fault| ArchiveFault::Container { path: path.to_owned(), fault };
    let mut files = PackFiles::read(&bytes).map_err(container)?;
    let root = match source {
        Source::Own(_) => read_bounded(&path.with_extension("root.json"), METADATA_BYTES_MAX).ok(),
        Source::Brought(_) => None,
    };
    let anchor = root.map_or_else(|| pinned.clone(), Anchor::File);
    let held = Held { anchor: &anchor, floors: &Floors::none(), clock };
    Pack::load(&mut files, &held).map_err(|fault| ArchiveFault::Refused { path: path.to_owned(), fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dir: &Path, number: u64, days_ago: u64) {
        let path = dir.join(format!("{number:010}-{:064x}.sanadpack", number));
        fs::write(&path, b"x").unwrap();
        fs::write(path.with_extension("root.json"), b"r").unwrap();
        let ago = Duration::from_secs(days_ago.checked_mul(86_400).unwrap());
        let time = SystemTime::now().checked_sub(ago).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn old_packs_go_and_the_newest_sixty_stay_whatever_the_clock_says() {
        let dir = tempfile::tempdir().unwrap();
        (0..70).for_each(|number| written(dir.path(), number, 1_000_u64.saturating_sub(number)));
        prune(dir.path(), SystemTime::now());
        let source = Source::Brought(dir.path().to_owned());
        let left: Vec<u64> = (0..70).filter(|version| !find(&source, *version).unwrap().is_empty()).collect();
        assert_eq!(left, (10..70).collect::<Vec<_>>());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 120, "roots go with their packs");
        (100..600).for_each(|number| written(dir.path(), number, 0));
        prune(dir.path(), SystemTime::now());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1_000, "at most 500");
    }
}
