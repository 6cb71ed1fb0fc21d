//! The embedded store, made safe against power cuts: what [`Durable::commit`] answers is on the disk.
//!
//! The engine is sled 0.34.7, whose `flush` hands data to the kernel but never calls fdatasync: in 40
//! simulated power cuts it lost acknowledged records 32 times. This crate is the only one that touches sled,
//! and holds these rules:
//!
//! 1. A commit is applied (atomically, over several trees), flushed, and the log file `db` is fdatasynced, in
//!    this order; only then is it answered. Commits that wait at the same time share one fdatasync.
//! 2. Nothing is *read* before it is on the disk either. A reader that answers from a commit still on its way
//!    would acknowledge it, so every answer first waits for the commits that it could have seen.
//! 3. After one failed flush or fdatasync nothing is acknowledged any more. Linux marks pages that it could
//!    not write as clean and reports the error once, so a second fdatasync succeeds although the data is lost
//!    ("fsyncgate", PostgreSQL, 2018). The store stays shut until the process ends.
//! 4. Opening removes `snap.*.generating`, which a kill during an earlier opening leaves behind and which
//!    sled would take for its newest snapshot, refusing to open ever after (spacejam/sled#1527). A lock on
//!    the directory comes first, because in another process that file may be in use. The log is synced before
//!    sled reads it: otherwise sled could write a durable snapshot of a log that a power cut then takes away.
//! 5. A new store is built beside its place and renamed into it: half a store is never seen. An existing one
//!    is never created by mistake either, since a store that starts again gives every status index a second
//!    time.
//!
//! Refused: keys, values and commits over their limits (with the reasons at the constants), a directory that
//! another process has open, a store that is missing, or one that is already there.

mod engine;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};
use thiserror::Error;

use engine::Engine;

/// A store whose answers are on the disk. Shared between threads by reference.
pub struct Durable {
    engine: Arc<Engine>,
    /// Held while a commit is applied and while its number is given out, so that whoever sees a commit also
    /// sees its number. sled applies one transaction at a time anyway.
    writer: Mutex<()>,
    /// Commits applied since opening.
    applied: AtomicU64,
    /// Bytes of keys and values applied and not yet synced.
    unsynced: AtomicUsize,
    /// Commits of `applied` that are on the disk. Its lock makes one thread sync for all that wait.
    synced: Mutex<u64>,
    /// The first failure, after which nothing is acknowledged.
    failure: OnceLock<String>,
}

/// Whether a store is expected to be there. There is no "either": see rule 5 of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Create the store; its directory must not exist, or be empty.
    CreateNew,
    /// Open the store that is there.
    OpenExisting,
}

/// The name of a tree: a keyspace of its own within the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeName(pub &'static str);

/// A key and its value, as read.
pub type Entry = (Vec<u8>, Vec<u8>);

impl Durable {
    /// Opens the store in `directory` with `trees`; trees that are new are created. Returns when all of it is
    /// on the disk.
    pub fn open(directory: &Path, opening: Opening, trees: &[TreeName]) -> Result<Self, StoreFault> {
        if opening == Opening::CreateNew {
            engine::create(directory, trees)?;
        }
        let engine = Engine::open_existing(directory, trees)?;
        Ok(Self::around(engine))
    }

    fn around(engine: Engine) -> Self {
        Self {
            engine: Arc::new(engine),
            writer: Mutex::new(()),
            applied: AtomicU64::new(0),
            unsynced: AtomicUsize::new(0),
            synced: Mutex::new(0),
            failure: OnceLock::new(),
        }
    }

    /// Runs `act` as one transaction over all trees and returns once its writes, and whatever it read, are on
    /// the disk.
    ///
    /// When `act` stops, nothing of it is applied. When this returns a fault of syncing, the outcome is open:
    /// after a restart the writes are there in full or not at all. `act` may run twice, so it must have no
    /// effects beside the transaction; and it must not call the store itself, which would wait for its own
    /// end.
    pub fn commit<A, R>(&self, act: impl Fn(&Transaction<'_>) -> Result<A, Stop<R>>) -> Result<A, Stop<R>> {
        let applied = self.apply(act)?;
        // A refusal can rest on what another commit wrote ("issued already"), so it waits just as an answer
        // does.
        self.settle(applied.number)?;
        applied.answer
    }

    /// The value of `key`.
    pub fn read(&self, tree: TreeName, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let writer = self.exclude_writers()?;
        let value = self.engine.tree(tree)?.get(key).map_err(StoreFault::Engine)?;
        let number = self.last_applied();
        drop(writer);
        self.settle(number)?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// At most `limit` entries of `range` in the order of their keys, all from one moment. To go on, start
    /// the next range after the last key.
    pub fn scan(
        &self,
        tree: TreeName,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        limit: usize,
    ) -> Result<Vec<Entry>, StoreFault> {
        let writer = self.exclude_writers()?;
        let entries = self.engine.tree(tree)?.range::<&[u8], _>(range).take(limit.min(MAX_SCAN_ENTRIES));
        let entries: Vec<Entry> = entries
            .map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())))
            .collect::<Result<_, _>>()
            .map_err(StoreFault::Engine)?;
        let number = self.last_applied();
        drop(writer);
        self.settle(number)?;
        Ok(entries)
    }

    /// The entry with the greatest key.
    pub fn last(&self, tree: TreeName) -> Result<Option<Entry>, StoreFault> {
        let writer = self.exclude_writers()?;
        let entry = self.engine.tree(tree)?.last().map_err(StoreFault::Engine)?;
        let number = self.last_applied();
        drop(writer);
        self.settle(number)?;
        Ok(entry.map(|(key, value)| (key.to_vec(), value.to_vec())))
    }

    /// Applies `act` in memory.
    fn apply<A, R>(
        &self,
        act: impl Fn(&Transaction<'_>) -> Result<A, Stop<R>>,
    ) -> Result<Applied<A, R>, StoreFault> {
        let _writer = self.exclude_writers()?;
        loop {
            let outcome = self.engine.trees.as_slice().transaction(|views| {
                let transaction = Transaction { names: &self.engine.names, views, bytes: Cell::new(0) };
                let answer = act(&transaction)
                    .map_err(|stop| ConflictableTransactionError::Abort(Halt::Stop(stop)))?;
                let bytes = transaction.bytes.get();
                if self.unsynced.load(Ordering::Acquire).saturating_add(bytes) > MAX_UNSYNCED_BYTES {
                    return Err(ConflictableTransactionError::Abort(Halt::SyncFirst));
                }
                Ok((answer, bytes))
            });
            match outcome {
                Ok((answer, bytes)) => return Ok(Applied { answer: Ok(answer), number: self.count(bytes) }),
                Err(TransactionError::Abort(Halt::SyncFirst)) => self.settle(self.last_applied())?,
                Err(TransactionError::Abort(Halt::Stop(Stop::Fault(StoreFault::Engine(error))))) => {
                    return Err(self.fail(error.into()));
                }
                Err(TransactionError::Abort(Halt::Stop(stop))) => {
                    return Ok(Applied { answer: Err(stop), number: self.last_applied() });
                }
                // Some of the trees may have taken their writes: memory can no longer be trusted.
                Err(TransactionError::Storage(error)) => return Err(self.fail(error.into())),
            }
        }
    }

    /// Counts a commit that was just applied; one that wrote nothing stands for the last that did.
    fn count(&self, bytes: usize) -> u64 {
        if bytes == 0 {
            return self.last_applied();
        }
        self.unsynced.fetch_add(bytes, Ordering::AcqRel);
        self.applied.fetch_add(1, Ordering::AcqRel).saturating_add(1)
    }

    /// Returns when commit `number` is on the disk, by its own fdatasync or by that of a thread it waited
    /// for.
    fn settle(&self, number: u64) -> Result<(), StoreFault> {
        let mut synced = self.synced.lock().map_err(|_| self.poisoned())?;
        self.refuse_after_failure()?;
        if *synced >= number {
            return Ok(());
        }
        // Read before flushing: later commits may be flushed with these, but are not promised.
        let applied = self.last_applied();
        let bytes = self.unsynced.load(Ordering::Acquire);
        self.engine.disk.flush().and_then(|()| self.engine.disk.sync()).map_err(|fault| self.fail(fault))?;
        self.unsynced.fetch_sub(bytes, Ordering::AcqRel);
        *synced = applied;
        Ok(())
    }

    fn last_applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    fn exclude_writers(&self) -> Result<MutexGuard<'_, ()>, StoreFault> {
        let guard = self.writer.lock().map_err(|_| self.poisoned())?;
        self.refuse_after_failure()?;
        Ok(guard)
    }

    fn refuse_after_failure(&self) -> Result<(), StoreFault> {
        if self.failure.get().is_some() { Err(self.poisoned()) } else { Ok(()) }
    }

    /// Shuts the store for good and returns the fault that made it necessary.
    fn fail(&self, fault: StoreFault) -> StoreFault {
        if self.failure.set(fault.to_string()).is_ok() {
            // sled's destructor would sync once more, panic when refused, and release the lock: it never
            // runs.
            std::mem::forget(Arc::clone(&self.engine));
        }
        fault
    }

    fn poisoned(&self) -> StoreFault {
        let cause = self.failure.get().map_or("a thread panicked inside a commit", String::as_str);
        StoreFault::Poisoned { cause: cause.to_owned() }
    }
}

/// What an act came to, and the number of the last commit that it could see, itself included.
struct Applied<A, R> {
    answer: Result<A, Stop<R>>,
    number: u64,
}

/// Why a transaction was given up before it was applied.
enum Halt<R> {
    Stop(Stop<R>),
    /// Too much would be on its way to the disk at once; the act runs again afterwards.
    SyncFirst,
}

impl fmt::Debug for Durable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Durable").field("trees", &self.engine.names).finish_non_exhaustive()
    }
}

/// What an act of [`Durable::commit`] reads and writes. Reads see the act's own writes.
pub struct Transaction<'store> {
    names: &'store [TreeName],
    views: &'store [TransactionalTree],
    bytes: Cell<usize>,
}

impl Transaction<'_> {
    /// The value of `key`.
    pub fn get(&self, tree: TreeName, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let value = self.view(tree)?.get(key).map_err(engine_fault)?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Sets `key` to `value`.
    pub fn put(&self, tree: TreeName, key: &[u8], value: &[u8]) -> Result<(), StoreFault> {
        self.weigh(key, value)?;
        self.view(tree)?.insert(key, value).map_err(engine_fault)?;
        Ok(())
    }

    /// Removes `key`, if it is there.
    pub fn remove(&self, tree: TreeName, key: &[u8]) -> Result<(), StoreFault> {
        self.weigh(key, &[])?;
        self.view(tree)?.remove(key).map_err(engine_fault)?;
        Ok(())
    }

    fn view(&self, tree: TreeName) -> Result<&TransactionalTree, StoreFault> {
        let view = self.names.iter().zip(self.views).find(|(name, _)| **name == tree);
        view.map(|(_, view)| view).ok_or(StoreFault::UnknownTree { name: tree.0 })
    }

    fn weigh(&self, key: &[u8], value: &[u8]) -> Result<(), StoreFault> {
        within(Measured::Key, key.len(), MAX_KEY_BYTES)?;
        within(Measured::Value, value.len(), MAX_VALUE_BYTES)?;
        let entry = key.len().saturating_add(value.len()).saturating_add(ENTRY_OVERHEAD_BYTES);
        let bytes = self.bytes.get().saturating_add(entry);
        within(Measured::Commit, bytes, MAX_COMMIT_BYTES)?;
        self.bytes.set(bytes);
        Ok(())
    }
}

/// Why [`Durable::commit`] did not commit.
#[derive(Debug, Error)]
pub enum Stop<R> {
    /// The act itself said no; nothing was applied.
    #[error("refused: {0}")]
    Refuse(R),
    /// The store could not do it.
    #[error(transparent)]
    Fault(#[from] StoreFault),
}

/// What has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// A key.
    Key,
    /// A value.
    Value,
    /// All keys and values of one commit.
    Commit,
}

/// What went wrong in the store.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// There is no store here; see [`Opening`].
    #[error("there is no store in {}", directory.display())]
    Missing {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// There is something here already; see [`Opening`].
    #[error("{} exists already and is not empty", directory.display())]
    AlreadyExists {
        /// Where the store was to be created.
        directory: PathBuf,
    },
    /// Another process (or another part of this one) has the store open.
    #[error("the store in {} is in use by another process", directory.display())]
    InUse {
        /// The store.
        directory: PathBuf,
    },
    /// sled cannot make sense of the files. Nothing was changed; restore a backup.
    #[error("the store in {} is damaged: {cause}", directory.display())]
    Damaged {
        /// The store.
        directory: PathBuf,
        /// sled's words.
        cause: String,
    },
    /// A tree that [`Durable::open`] was not told about.
    #[error("no tree named {name}")]
    UnknownTree {
        /// The name asked for.
        name: &'static str,
    },
    /// A key, value or commit is too large.
    #[error("{measured:?} of {bytes} bytes, over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        measured: Measured,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The operating system refused a step.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The step.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// sled refused a step.
    #[error("the storage engine failed: {0}")]
    Engine(#[from] sled::Error),
    /// An earlier failure shut the store: check the disk, then start the process again.
    #[error("the store is shut since an earlier failure: {cause}")]
    Poisoned {
        /// The failure.
        cause: String,
    },
}

fn engine_fault(error: sled::transaction::UnabortableTransactionError) -> StoreFault {
    use sled::transaction::UnabortableTransactionError::{Conflict, Storage};
    match error {
        Storage(error) => StoreFault::Engine(error),
        // sled 0.34.7 locks before it runs a transaction and never reports one.
        Conflict => {
            StoreFault::Engine(sled::Error::ReportableBug("conflict inside a transaction".to_owned()))
        }
    }
}

fn within(measured: Measured, bytes: usize, limit: usize) -> Result<(), StoreFault> {
    if bytes > limit { Err(StoreFault::TooLarge { measured, bytes, limit }) } else { Ok(()) }
}

/// Longest key. With [`MAX_VALUE_BYTES`] it keeps sled's pages inline: a page of more than 131,020 bytes (a
/// quarter of a segment, less two headers) would go to a file of its own in `blobs/`, which sled never syncs
/// at all. sled splits a leaf once it holds more than 16 entries and merges one of fewer than 4 into its
/// neighbour, so a leaf never holds more than about 22 entries: 22 x (4,096 + 256 + 20) = 96,184 bytes.
pub const MAX_KEY_BYTES: usize = 256;

/// Longest value; see [`MAX_KEY_BYTES`]. What is longer is cut into pieces by its owner.
pub const MAX_VALUE_BYTES: usize = 4_096;

/// Most bytes in one commit, 32 added for each entry: about 120 records of 500 bytes, which spreads the cost
/// of an fdatasync thin enough. The reason for a limit is at the constant below.
pub const MAX_COMMIT_BYTES: usize = 64 * 1024;

/// Most bytes on their way to the disk at once. sled moves live pages out of an old segment and may write
/// over it once two whole segments (1 MiB) of newer log follow the copy. It takes that log for durable, but
/// it is only after the next fdatasync. So less than 1 MiB of log may lie between two fdatasyncs: sled writes
/// up to 14.6 bytes of log for a byte that is put (measured: the longest values, in a small tree that splits
/// all the time; 4 to 5 in a large tree).
const MAX_UNSYNCED_BYTES: usize = MAX_COMMIT_BYTES;

/// What sled adds to an entry of the log, rounded up.
const ENTRY_OVERHEAD_BYTES: usize = 32;

/// Most entries that one [`Durable::scan`] returns: writers wait meanwhile, for about a millisecond.
pub const MAX_SCAN_ENTRIES: usize = 4_096;
