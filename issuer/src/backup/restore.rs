//! An issuer out of its backup.
//!
//! It is put together in `DIR.restoring` and takes its name when all of it was verified and is on the disk. Run again
//! after a kill, it starts over.

use std::cell::Cell;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sanad_credential::{IssuerId, UnixTime};
use sanad_keyfile::passphrase::Passphrase;

use super::archive::{self, Part};
use super::{BackupFault, file_fault, open};
use crate::audit::{Act, Actor, Note};
use crate::config::{self, Config};
use crate::keys;
use crate::permutation::{LIST_ENTRIES, Permutation, Sequence, Shard};
use crate::store::{RecordsFault, Store};
use crate::transfer::{self, Checks, Fill, Progress, Source, TransferFault, Verified};
use crate::whole_file::{self, NewFile};

/// Opens or makes the store of a directory.
pub type OpenStore = dyn Fn(&Path, &Config) -> Result<Box<dyn Store>, RecordsFault>;

/// What is restored.
pub struct Restore<'r> {
    /// The backup.
    pub file: &'r Path,
    /// The directory to be.
    pub dir: &'r Path,
    /// What the backup is sealed with.
    pub passphrase: &'r Passphrase,
    /// What opens its `keys.age`.
    pub keys_passphrase: &'r Passphrase,
    /// What may have been signed since.
    pub since: Since,
    /// Now, for the log.
    pub now: UnixTime,
    /// What gives it a store, empty or half filled.
    pub store: &'r OpenStore,
}

/// How many documents were signed since the backup was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nobody knows: go on in a list that the backup's `issuer.toml` does not have.
    Unknown,
    /// Certainly no more: go on in the next list behind so many numbers.
    AtMost(u64),
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup holds.
    pub verified: Verified,
    /// The number of the next document.
    pub next: Sequence,
    /// The list in which it will stand.
    pub list: Shard,
    /// Whether `issuer.toml` has it.
    pub lists: Lists,
}

/// Whether `issuer.toml` has the list in which a restored issuer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// As it was in the backup.
    Enough,
    /// It has so many now; the issuer's record must be published again before verifiers know them.
    Raised(u32),
    /// It must be given so many by hand: `status.lists` does not stand on a line of its own.
    RaiseByHand(u32),
}

/// Makes the directory of an issuer out of its backup.
///
/// # Errors
/// [`BackupFault`]; the directory is not there then.
pub fn restore(restore: &Restore<'_>, progress: Progress<'_>) -> Result<Restored, BackupFault> {
    if fs::symlink_metadata(restore.dir).is_ok() {
        return Err(BackupFault::Exists { path: restore.dir.to_owned() });
    }
    let sealed = File::open(restore.file).map_err(|source| file_fault(restore.file, source))?;
    let read = || {
        let file = sealed.try_clone().map_err(|source| file_fault(restore.file, source))?;
        archive::read_parts(open(file, restore.file, restore.passphrase)?, restore.file)
    };
    let parts = read()?;
    let building = Building::begin(restore.dir)?;
    let place = building.path.clone();
    for (part, content) in &parts.files {
        write_part(&place, *part, content)?;
    }
    let config = Config::load(&place)?;
    let named: &IssuerId = config.record.iss();
    if parts.start.iss != *named {
        let problem = transfer::Problem::OtherIssuer { found: parts.start.iss, wanted: named.clone() };
        let path = restore.file.to_owned();
        return Err(TransferFault::Line { path, line: 1, problem }.into());
    }
    let keys = keys::load(&place, restore.keys_passphrase, config.record.members())?;
    let permutation = Permutation::new(&keys.permutation);
    // What was opened first is read on; deriving the key from the passphrase takes longest in a small backup.
    let opened = Cell::new(Some(parts.export));
    let source = Source::lines(restore.file, || opened.take().map_or_else(|| Ok(read()?.export), Ok));
    let checks = Checks { record: &config.record, permutation: &permutation };
    let verified = transfer::verify(&source, checks, progress)?;
    let lists = config.record.members().status.lists;
    let list = next_list(verified.next, lists, restore.since)?;
    let raised = raise_lists(&place, lists, list)?;
    let next = list.first();
    let note = Note {
        at: restore.now,
        who: Actor::command_line(),
        act: Act::Restore,
        on: format!("backup of {}", verified.header.time),
        detail: format!("documents={} next={} before={}", verified.counts.documents, next.0, verified.next.0),
    };
    let store = (restore.store)(&place, &config).map_err(TransferFault::Store)?;
    let fill = Fill { source: &source, verified: &verified, next, note: &note };
    transfer::fill(store.as_ref(), &fill, progress)?;
    drop(store);
    building.place(restore.dir)?;
    Ok(Restored { verified, next, list, lists: raised })
}

/// The first list in which no number can have been given.
fn next_list(next: Sequence, lists: u32, since: Since) -> Result<Shard, BackupFault> {
    let behind = match since {
        // Numbers behind the last list were never documents: without a list there is none.
        Since::Unknown => next.0.max(Shard::numbered(lists).first().0),
        Since::AtMost(documents) => next.0.saturating_add(documents),
    };
    let list = u32::try_from(behind.div_ceil(u64::from(LIST_ENTRIES))).map(Shard::numbered);
    list.map_err(|_| match since {
        Since::Unknown => BackupFault::TooMany { since: 0, next: next.0 },
        Since::AtMost(since) => BackupFault::TooMany { since, next: next.0 },
    })
}

/// Gives `issuer.toml` more lists where it has none for the next document.
fn raise_lists(place: &Path, lists: u32, list: Shard) -> Result<Lists, BackupFault> {
    if list.number() < lists {
        return Ok(Lists::Enough);
    }
    let path = place.join(config::FILE_NAME);
    let text = fs::read_to_string(&path).map_err(|source| file_fault(&path, source))?;
    let wanted = list.number().saturating_add(config::LISTS);
    let Some(changed) = config::with_lists(&text, wanted) else { return Ok(Lists::RaiseByHand(wanted)) };
    whole_file::write(&path, changed.as_bytes()).map_err(|source| file_fault(&path, source))?;
    Config::load(place)?;
    Ok(Lists::Raised(wanted))
}

fn write_part(place: &Path, part: Part, content: &[u8]) -> Result<(), BackupFault> {
    let path = place.join(part.name());
    let write = || {
        let mut file = NewFile::begin(&path)?;
        file.write_all(content)?;
        file.place()
    };
    Ok(write().map_err(|source| file_fault(&path, source))?)
}

/// The directory while it is put together.
struct Building {
    path: PathBuf,
    is_placed: bool,
}

impl Building {
    /// Makes it; what an earlier restore left there goes.
    fn begin(dir: &Path) -> Result<Self, BackupFault> {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(".restoring");
        let path = dir.with_file_name(name);
        let file = |source| file_fault(&path, source);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(file(error).into()),
            Ok(_) => {
                refuse_foreign(&path)?;
                fs::remove_dir_all(&path).map_err(file)?;
            }
        }
        DirBuilder::new().mode(0o700).create(&path).map_err(file)?;
        Ok(Self { path, is_placed: false })
    }

    fn place(mut self, dir: &Path) -> Result<(), BackupFault> {
        let sync = File::open(&self.path).and_then(|directory| directory.sync_all());
        let placed = sync.and_then(|()| whole_file::rename_to_free_place(&self.path, dir));
        placed.map_err(|source| file_fault(dir, source))?;
        self.is_placed = true;
        Ok(whole_file::sync_name(dir).map_err(|source| file_fault(dir, source))?)
    }
}

/// Half an issuer is of no use, and holds keys.
impl Drop for Building {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Nothing is removed that a restore has not made.
fn refuse_foreign(path: &Path) -> Result<(), BackupFault> {
    let occupied = || BackupFault::Occupied { path: path.to_owned() };
    for entry in fs::read_dir(path).map_err(|_| occupied())? {
        let name = entry.map_err(|source| file_fault(path, source))?.file_name();
        let name = name.to_string_lossy();
        let is_own = Part::ALL.into_iter().any(|part| name == part.name())
            || name == crate::command::STORE
            || name == crate::command::NEW_STORE
            || name.starts_with(".store.")
            || name.starts_with(".sanad-");
        if !is_own {
            return Err(occupied());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: u64 = 1 << 20;

    fn list(next: u64, lists: u32, since: Since) -> u32 {
        next_list(Sequence(next), lists, since).unwrap().number()
    }

    #[test]
    fn where_nobody_knows_no_list_of_the_backup_is_used_again() {
        for next in [0, 1, LIST - 1, LIST, 3 * LIST, 4 * LIST - 1, 4 * LIST] {
            assert_eq!(list(next, 4, Since::Unknown), 4, "{next}");
        }
        // A reservation can reach behind the last list, where nothing was signed.
        assert_eq!(list(4 * LIST + 5, 4, Since::Unknown), 5);
        assert_eq!(list(5, 1, Since::Unknown), 1);
    }

    #[test]
    fn who_knows_loses_the_rest_of_one_list() {
        assert_eq!(list(5, 4, Since::AtMost(0)), 1);
        assert_eq!(list(5, 4, Since::AtMost(LIST - 5)), 1);
        assert_eq!(list(5, 4, Since::AtMost(LIST - 4)), 2);
        assert_eq!(list(LIST - 1, 4, Since::AtMost(20)), 2, "a list that was begun since");
        assert_eq!(list(LIST, 4, Since::AtMost(0)), 1, "a list that was not begun");
    }

    #[test]
    fn more_documents_than_there_are_numbers_are_refused() {
        assert!(matches!(
            next_list(Sequence(5), 4, Since::AtMost(u64::MAX)),
            Err(BackupFault::TooMany { since: u64::MAX, next: 5 })
        ));
    }
}
