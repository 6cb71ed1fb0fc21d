//! sled, opened and created so that neither a kill nor a power cut in the middle leaves a store that does not
//! open. Rules 4 and 5 of the parent module are kept here.

use std::any::Any;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{StoreFault, TreeName};

/// The two steps that put a commit on the disk, apart from the rest so that tests can watch them and make
/// them fail.
pub(super) trait Disk: Send + Sync {
    /// Hands everything applied so far to the kernel.
    fn flush(&self) -> Result<(), StoreFault>;
    /// Makes the disk keep what the kernel holds.
    fn sync(&self) -> Result<(), StoreFault>;
}

struct SledDisk {
    database: sled::Db,
    /// Opened before sled reads the log: Linux reports a failed write to every descriptor that was open at
    /// the time, so that no error is lost to one of sled's own syncs.
    log: File,
    log_path: PathBuf,
}

impl Disk for SledDisk {
    fn flush(&self) -> Result<(), StoreFault> {
        self.database.flush().map(|_| ()).map_err(StoreFault::Engine)
    }

    fn sync(&self) -> Result<(), StoreFault> {
        self.log.sync_data().map_err(io_fault("sync", &self.log_path))
    }
}

/// sled and what belongs to it. Fields are dropped in this order: the lock goes last.
pub(super) struct Engine {
    pub(super) names: Vec<TreeName>,
    pub(super) trees: Vec<sled::Tree>,
    pub(super) disk: Box<dyn Disk>,
    _lock: File,
}

impl Engine {
    pub(super) fn open_existing(directory: &Path, names: &[TreeName]) -> Result<Self, StoreFault> {
        let lock = lock(directory)?;
        let log_path = directory.join(LOG_FILE);
        // sled would create what is missing, and with it an empty store.
        if !log_path.is_file() || !directory.join(CONFIGURATION_FILE).is_file() {
            return Err(StoreFault::Missing { directory: directory.to_owned() });
        }
        remove_unfinished_snapshots(directory)?;
        let log = File::open(&log_path).map_err(io_fault("open", &log_path))?;
        settle_log(&log, &log_path)?;
        sync_directory(directory)?;
        let database = open_sled(directory)?;
        let trees = open_trees(&database, names)?;
        let disk = Box::new(SledDisk { database, log, log_path });
        // What a killed process had flushed is read again here, so it must be on the disk before it is shown.
        disk.flush()?;
        disk.sync()?;
        sync_directory(directory)?;
        Ok(Self { names: names.to_owned(), trees, disk, _lock: lock })
    }

    pub(super) fn tree(&self, tree: TreeName) -> Result<&sled::Tree, StoreFault> {
        let found = self.names.iter().zip(&self.trees).find(|(name, _)| **name == tree);
        found.map(|(_, tree)| tree).ok_or(StoreFault::UnknownTree { name: tree.0 })
    }
}

/// Builds an empty store beside `directory` and moves it there in one step.
pub(super) fn create(directory: &Path, names: &[TreeName]) -> Result<(), StoreFault> {
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let building = parent.join(building_name(directory)?);
    // Only the owner may look inside: the store holds names and member numbers.
    DirBuilder::new().mode(0o700).create(&building).map_err(io_fault("create", &building))?;
    let built = build(&building, names).and_then(|()| move_into_place(&building, directory));
    if built.is_err() {
        // Best effort: the fault that is returned says more than one of tidying up.
        let _ = fs::remove_dir_all(&building);
    }
    built.and_then(|()| sync_directory(parent))
}

fn build(building: &Path, names: &[TreeName]) -> Result<(), StoreFault> {
    let database = open_sled(building)?;
    let trees = open_trees(&database, names)?;
    database.flush()?;
    drop(trees);
    drop(database);
    for file in [LOG_FILE, CONFIGURATION_FILE] {
        let path = building.join(file);
        File::open(&path).and_then(|file| file.sync_all()).map_err(io_fault("sync", &path))?;
    }
    sync_directory(&building.join(BLOB_DIRECTORY))?;
    sync_directory(building)
}

/// `rename` takes the place of an empty directory and of nothing else.
fn move_into_place(building: &Path, directory: &Path) -> Result<(), StoreFault> {
    fs::rename(building, directory).map_err(|source| match source.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            StoreFault::AlreadyExists { directory: directory.to_owned() }
        }
        _ => io_fault("create", directory)(source),
    })
}

/// A name of its own for each attempt: nothing that exists is ever cleared away to make room.
fn building_name(directory: &Path) -> Result<String, StoreFault> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| io_fault("name a directory beside", directory)(error.into()))?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!(".{name}.creating-{:016x}", u64::from_be_bytes(random)))
}

fn lock(directory: &Path) -> Result<File, StoreFault> {
    let handle = File::open(directory).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StoreFault::Missing { directory: directory.to_owned() },
        _ => io_fault("open", directory)(source),
    })?;
    match handle.try_lock() {
        Ok(()) => Ok(handle),
        Err(TryLockError::WouldBlock) => Err(StoreFault::InUse { directory: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_fault("lock", directory)(source)),
    }
}

fn remove_unfinished_snapshots(directory: &Path) -> Result<(), StoreFault> {
    for entry in fs::read_dir(directory).map_err(io_fault("list", directory))? {
        let path = entry.map_err(io_fault("list", directory))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(SNAPSHOT_PREFIX) && name.ends_with(UNFINISHED_SUFFIX) {
            fs::remove_file(&path).map_err(io_fault("remove", &path))?;
        }
    }
    Ok(())
}

/// Puts what an earlier process left in the kernel on the disk, then makes the kernel forget it: after a
/// failed write its copy differs from the disk's, and it is the disk that counts.
fn settle_log(log: &File, path: &Path) -> Result<(), StoreFault> {
    log.sync_all().map_err(io_fault("sync", path))?;
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(log, 0, None, rustix::fs::Advice::DontNeed)
        .map_err(|error| io_fault("drop the cache of", path)(error.into()))?;
    Ok(())
}

fn open_sled(directory: &Path) -> Result<sled::Db, StoreFault> {
    let config = sled::Config::new()
        .path(directory)
        .cache_capacity(CACHE_BYTES)
        // No background flusher: each commit is flushed before it is answered, which leaves it nothing to do,
        // and it would only log the error of a failed sync.
        .flush_every_ms(None);
    let mut attempts_left = ENGINE_LOCK_ATTEMPTS;
    loop {
        // sled panics on some damaged logs (spacejam/sled#1387).
        let opened = std::panic::catch_unwind(AssertUnwindSafe(|| config.open()));
        match opened {
            Ok(Ok(database)) => return Ok(database),
            Ok(Err(sled::Error::Io(error))) if is_engine_lock(&error) => {
                // The directory's lock is ours, so this is the last thread of a store that was just dropped.
                attempts_left = attempts_left.saturating_sub(1);
                if attempts_left == 0 {
                    return Err(StoreFault::InUse { directory: directory.to_owned() });
                }
                std::thread::sleep(ENGINE_LOCK_PAUSE);
            }
            Ok(Err(sled::Error::Io(error))) => return Err(io_fault("open", directory)(error)),
            Ok(Err(error)) => return Err(damaged(directory, error.to_string())),
            Err(panic) => return Err(damaged(directory, panic_message(panic.as_ref()))),
        }
    }
}

fn open_trees(database: &sled::Db, names: &[TreeName]) -> Result<Vec<sled::Tree>, StoreFault> {
    let mut trees = Vec::with_capacity(names.len().saturating_add(1));
    for name in names {
        trees.push(database.open_tree(name.0)?);
    }
    // sled indexes the first tree of a transaction, so there is always one: its nameless default tree.
    trees.push((**database).clone());
    Ok(trees)
}

fn sync_directory(directory: &Path) -> Result<(), StoreFault> {
    File::open(directory).and_then(|handle| handle.sync_all()).map_err(io_fault("sync", directory))
}

/// sled wraps the refusal of its own lock in text.
fn is_engine_lock(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic").to_owned()
}

fn damaged(directory: &Path, cause: String) -> StoreFault {
    StoreFault::Damaged { directory: directory.to_owned(), cause }
}

pub(super) fn io_fault(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreFault {
    move |source| StoreFault::Io { action, path: path.to_owned(), source }
}

/// Of the memory that pages may take. sled's own choice, 1 GiB, is too much for the small machine of a small
/// agency.
const CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// Half a minute in all. The threads of a dropped store let go of its log within milliseconds, unless one of them waits for
/// the disk or for the processor. Nobody else is kept waiting meanwhile: the directory's lock is ours.
const ENGINE_LOCK_ATTEMPTS: u32 = 3_000;
const ENGINE_LOCK_PAUSE: Duration = Duration::from_millis(10);

// sled's names for its files.
pub(super) const LOG_FILE: &str = "db";
const CONFIGURATION_FILE: &str = "conf";
pub(super) const BLOB_DIRECTORY: &str = "blobs";
const SNAPSHOT_PREFIX: &str = "snap.";
const UNFINISHED_SUFFIX: &str = ".generating";
