//! What a verifier keeps between runs: the pinned root, the floors, and the pack in use.
//!
//! `trust.json` names the pack by its SHA-256 and is replaced in one step, after the pack is on the disk: a power cut
//! leaves the state before or the state after, never a mixture. One process at a time changes it. Refused: a state
//! that does not read (a damaged file is not a verifier without floors), and a second root without being told so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sanad_credential::Fault;
use sanad_trust::client::{Anchor, sha256};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::Sha256Hash;
use sanad_trust::pack_file::PACK_BYTES_MAX;
use sanad_trust::trust_state::STATE_BYTES_MAX;
pub use sanad_trust::trust_state::TrustState;

use crate::pack_archive;
use crate::state::State;

const FILE: &str = "trust.json";
const LOCK: &str = "trust.lock";
const PACKS: &str = "packs";

/// The directory of a verifier's state.
#[derive(Clone, Debug)]
pub struct StateDir(PathBuf);

/// The right to change the state, for one process.
#[derive(Debug)]
pub struct StateLock(#[expect(dead_code, reason = "held for as long as it lives")] File);

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// There is no place for it.
    #[error(transparent)]
    Place(#[from] crate::state::StateFault),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No root is pinned.
    #[error(
        "no root is pinned in {}: get the root of your region in a way you trust, then run `sanad-verify pack init \
         --root FILE`, or `--root-sha256` with what was read out to you", dir.display()
    )]
    NoRoot {
        /// The directory.
        dir: PathBuf,
    },
    /// A root is pinned already.
    #[error("a root is pinned in {} already; --replace drops it with its floors and its pack", dir.display())]
    Pinned {
        /// The directory.
        dir: PathBuf,
    },
    /// The file is damaged.
    #[error("{}: {fault}; restore it, or pin the root again with `pack init --replace`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
    /// The pack in use is not the one that was taken over.
    #[error("{}: it is not the pack that was taken over; run `pack update` again", path.display())]
    PackChanged {
        /// The file.
        path: PathBuf,
    },
    /// Another process changes it.
    #[error("{}: another program is changing it", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
}

impl StateDir {
    /// The place that was told, else the usual one ([`State::locate`]).
    ///
    /// # Errors
    /// [`StateFault::Place`].
    pub fn resolve(told: Option<&Path>) -> Result<Self, StateFault> {
        Ok(Self(State::locate(told)?.dir().to_owned()))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes this process the only one that changes the state.
    ///
    /// # Errors
    /// [`StateFault::File`], [`StateFault::Busy`].
    pub fn lock(&self) -> Result<StateLock, StateFault> {
        State::locate(Some(&self.0))?.make()?;
        let path = self.0.join(LOCK);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|source| StateFault::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(StateLock(file)),
            Err(fs::TryLockError::WouldBlock) => Err(StateFault::Busy { path }),
            Err(fs::TryLockError::Error(source)) => Err(StateFault::File { path, source }),
        }
    }

    /// Reads the state.
    ///
    /// # Errors
    /// [`StateFault`].
    pub fn load(&self) -> Result<TrustState, StateFault> {
        let path = self.0.join(FILE);
        let text = match read_bounded(&path, STATE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StateFault::NoRoot { dir: self.0.clone() });
            }
            Err(source) => return Err(StateFault::File { path, source }),
        };
        let damaged = |fault| StateFault::Damaged { path: path.clone(), fault };
        TrustState::parse(&String::from_utf8_lossy(&text)).map_err(damaged)
    }

    /// Pins the first root.
    ///
    /// # Errors
    /// [`StateFault::Pinned`] where one is pinned, unless it may be replaced.
    pub fn pin(&self, anchor: Anchor, existing: Existing, lock: &StateLock) -> Result<(), StateFault> {
        if existing == Existing::Refuse && self.0.join(FILE).exists() {
            return Err(StateFault::Pinned { dir: self.0.clone() });
        }
        self.save(&TrustState { anchor, floors: Floors::none(), pack: None }, lock)
    }

    /// Replaces the state in one step; on return it is on the disk.
    ///
    /// # Errors
    /// [`StateFault::File`].
    pub fn save(&self, state: &TrustState, _: &StateLock) -> Result<(), StateFault> {
        let text = state.to_json().to_string();
        write_whole(&self.0.join(FILE), text.as_bytes()).map_err(|source| self.file_fault(FILE, source))
    }

    /// Keeps a pack, then names it in the state, then removes the others, but for those in the archive.
    ///
    /// # Errors
    /// [`StateFault::File`]; the state before stays in use.
    pub fn take_over(&self, pack: &[u8], state: &TrustState, lock: &StateLock) -> Result<(), StateFault> {
        let hash = sha256(pack);
        let packs = self.0.join(PACKS);
        fs::create_dir_all(&packs).map_err(|source| self.file_fault(PACKS, source))?;
        let path = self.pack_path(hash);
        write_whole(&path, pack).map_err(|source| StateFault::File { path: path.clone(), source })?;
        self.save(&TrustState { pack: Some(hash), ..state.clone() }, lock)?;
        // A device that cannot keep old packs must still get new ones: it only replays no receipts.
        let _ = pack_archive::keep_as(self, pack, state.floors.versions.timestamp, &state.anchor);
        // What cannot be removed only takes room; the archive is a directory and stays.
        for entry in fs::read_dir(&packs).into_iter().flatten().flatten() {
            if entry.path() != path {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// The bytes of the pack in use, if there is one.
    ///
    /// # Errors
    /// [`StateFault::File`], [`StateFault::PackChanged`].
    pub fn pack(&self, state: &TrustState) -> Result<Option<Vec<u8>>, StateFault> {
        let Some(hash) = state.pack else { return Ok(None) };
        let path = self.pack_path(hash);
        let bytes = read_bounded(&path, PACK_BYTES_MAX)
            .map_err(|source| StateFault::File { path: path.clone(), source })?;
        if sha256(&bytes) != hash {
            return Err(StateFault::PackChanged { path });
        }
        Ok(Some(bytes))
    }

    fn pack_path(&self, hash: Sha256Hash) -> PathBuf {
        self.0.join(PACKS).join(format!("{hash}.sanadpack"))
    }

    fn file_fault(&self, name: &str, source: io::Error) -> StateFault {
        StateFault::File { path: self.0.join(name), source }
    }
}

/// What happens to a root that is pinned already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays.
    Refuse,
    /// It goes, with its floors and its pack.
    Replace,
}

/// Reads a file, and one byte more than it may have so that whoever parses it sees that it is too long.
///
/// # Errors
/// What the system says.
pub fn read_bounded(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes beside the place and renames: the file is there in full or not at all.
///
/// # Errors
/// What the system says; nothing is left behind.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(folder)?.sync_all()
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
