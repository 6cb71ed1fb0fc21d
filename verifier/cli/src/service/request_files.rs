//! Requests on the disk, so that a desk that is started again knows what it asked and what was answered.
//!
//! One file for each request in `requests/` of the state directory, written whole. An open one has the question, the state
//! and the nonce; one that was answered has nothing of these, so that a replay finds it closed, and what came out until the
//! desk has read it. Of a person there is what a receipt has (ids, the decision and its reasons) and not what the phone
//! disclosed: `claims` and `presented` are left out, so no name and no member number lies here. Files go when the desk has read the answer
//! and when their time is over.
//!
//! Refused: a second service over the same state, since each would take an answer once. A file that does not read is
//! removed and told: its request is then unknown, which closes it. So is one from before the device's clock was put back.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::{State, StateFault};
use crate::trust_state::{read_bounded, write_whole};

/// Name of the directory in that of the state.
pub const DIRECTORY: &str = "requests";

const LOCK: &str = "lock";
const ENDING: &str = ".json";

/// Longest file: an answer without claims has some kilobytes.
const FILE_BYTES_MAX: usize = 262_144;

/// Most files that are looked at; the most that a configuration allows.
const FILES_MAX: usize = 10_000;

/// Who keeps requests, for the one process that answers them.
#[derive(Debug)]
pub struct RequestFiles {
    dir: PathBuf,
    #[expect(dead_code, reason = "held for as long as it lives")]
    lock: File,
}

/// A request as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its id, which is the name of its file too.
    pub id: String,
    /// When it began, in thousandths of seconds since 1970.
    pub began_ms: u64,
    /// How it stands.
    pub stage: KeptStage,
}

/// How a request stands.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum KeptStage {
    /// Nobody has answered.
    Open {
        /// What the desk wants to know.
        question: Value,
        /// Comes back with the answer.
        state: String,
        /// What the holder signs.
        nonce: String,
    },
    /// An answer was taken.
    Judged,
    /// Decided, and not yet read.
    Answered(Value),
    /// What came does not count, and why.
    Refused(String),
    /// The holder said no.
    Declined,
}

/// Why requests cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum RequestFilesFault {
    /// The state directory.
    #[error(transparent)]
    State(#[from] StateFault),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another service has them.
    #[error("{}: another service runs over this state; each answer is taken once, so one is enough", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
}

/// What a file says that does not count.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("over {FILE_BYTES_MAX} bytes")]
    TooLong,
    /// Without the parser's words, which may quote what stands there.
    #[error("not a request that this version keeps")]
    Form,
    #[error("it has the name of another request")]
    OtherName,
}

impl RequestFiles {
    /// Takes the directory, which is made where it is not there.
    ///
    /// # Errors
    /// [`RequestFilesFault`].
    pub fn open(state: &State) -> Result<Self, RequestFilesFault> {
        state.make()?;
        let dir = state.dir().join(DIRECTORY);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|source| RequestFilesFault::File { path: dir.clone(), source })?;
        let path = dir.join(LOCK);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = opened.map_err(|source| RequestFilesFault::File { path: path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir, lock }),
            Err(TryLockError::WouldBlock) => Err(RequestFilesFault::Busy { path }),
            Err(TryLockError::Error(source)) => Err(RequestFilesFault::File { path, source }),
        }
    }

    /// What was kept and is not over, with its age. What is over, does not read or was being written is removed.
    pub fn load(&self, lifetime: Duration) -> Vec<(Kept, Duration)> {
        let now = now_ms();
        let mut found = Vec::new();
        let entries =
            fs::read_dir(&self.dir).into_iter().flatten().flatten().take(FILES_MAX.saturating_mul(2));
        for path in entries.map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name == LOCK {
                continue;
            }
            let kept = match name.strip_suffix(ENDING) {
                Some(id) if found.len() < FILES_MAX => read(&path, id)
                    .inspect_err(|cause| tracing::warn!(%cause, "a request that was kept is dropped")),
                // What was being written when the service ended.
                _ => Err(Unread::Form),
            };
            let age = kept.as_ref().ok().and_then(|kept| now.checked_sub(kept.began_ms));
            match (kept, age.map(Duration::from_millis).filter(|age| *age < lifetime)) {
                (Ok(kept), Some(age)) => found.push((kept, age)),
                // What cannot be removed is looked at again at the next start.
                _ => drop(fs::remove_file(&path)),
            }
        }
        found
    }

    /// Keeps one; on return it is on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(&self, kept: &Kept) -> io::Result<()> {
        let text = serde_json::to_vec(kept).map_err(io::Error::other)?;
        write_whole(&self.path(&kept.id), &text)
    }

    /// Drops one, where there is one.
    pub fn remove(&self, id: &str) {
        match fs::remove_file(self.path(id)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%cause, "a request that is over could not be removed");
            }
            _ => {}
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}{ENDING}"))
    }
}

fn read(path: &Path, id: &str) -> Result<Kept, Unread> {
    let bytes = read_bounded(path, FILE_BYTES_MAX)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Unread::TooLong);
    }
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|_| Unread::Form)?;
    if kept.id == id { Ok(kept) } else { Err(Unread::OtherName) }
}

/// The device's clock, also where another time was told for an exercise: that one stands still.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// An answer as it is kept: without what the phone disclosed.
pub fn without_claims(answer: &Value) -> Value {
    let mut kept = answer.clone();
    let strip = |answer: &mut Value| {
        if let Some(members) = answer.as_object_mut() {
            members.remove("claims");
            members.remove("presented");
        }
    };
    strip(&mut kept);
    if let Some(others) = kept.get_mut("others").and_then(Value::as_array_mut) {
        others.iter_mut().for_each(strip);
    }
    kept
}
