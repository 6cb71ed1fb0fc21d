//! A repository as a directory: `metadata/` and `targets/`, to be handed out by any web server.
//!
//! Files are written beside their names, synced and renamed, the timestamp last of all. It is what clients ask for
//! first and it names everything else, so a publication that is cut short changes nothing for them. No file that is
//! published is ever replaced but the timestamp: every other name holds a version or a hash. What a publication that
//! was cut short left behind is not published, and is written over.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use sanad_trust::authoring::Publication;
use sanad_trust::client::{Anchor, Refused, Source, SourceFault};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::{METADATA_BYTES_MAX, RoleName, SignedFile};
use sanad_trust::pack::{Held, Pack};

/// What the directory did not do.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFault {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is such a file.
    #[error("{} exists; edit it, or remove it first", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another program publishes here.
    #[error("{}: another publication is at work here", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// Another root of this version stands here: verifiers may have it already.
    #[error("{}: another root of this version stands here", path.display())]
    OtherRoot {
        /// The file.
        path: PathBuf,
    },
    /// What was written is not what verifiers accept; the timestamp was not replaced.
    #[error("what was written is damaged, so it was not published: {0}")]
    Refused(Refused),
}

/// A repository in a directory.
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// A directory, whether it is there yet or not.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Keeps other programs from publishing here as long as the lock lives.
    ///
    /// # Errors
    /// [`DirectoryFault::Busy`].
    pub fn lock(&self) -> Result<Lock, DirectoryFault> {
        make(&self.path)?;
        let file = File::open(&self.path).map_err(at(&self.path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(DirectoryFault::Busy { path: self.path.clone() }),
            Err(fs::TryLockError::Error(source)) => Err(at(&self.path)(source)),
        }
    }

    /// Writes a publication; see the module's head. Returns when it is on the disk.
    ///
    /// # Errors
    /// [`DirectoryFault`]; then the timestamp is the one before.
    pub fn write(&mut self, publication: &Publication, _lock: &Lock) -> Result<(), DirectoryFault> {
        let Some(((timestamp, content), others)) = publication.files.split_last() else { return Ok(()) };
        let mut directories = BTreeSet::new();
        for (name, content) in others {
            let path = self.path.join(name);
            if self.is_there(&path, content)? {
                continue;
            }
            if let Some(parent) = path.parent() {
                make(parent)?;
                directories.insert(parent.to_owned());
            }
            write_beside(&path, content)?;
        }
        for directory in directories {
            sync(&directory)?;
        }
        self.check(timestamp, content)?;
        let path = self.path.join(timestamp);
        write_beside(&path, content)?;
        path.parent().map_or(Ok(()), sync)
    }

    fn is_there(&self, path: &Path, content: &[u8]) -> Result<bool, DirectoryFault> {
        let found = match fs::read(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(at(path)(error)),
        };
        let is_root = path.to_string_lossy().ends_with(".root.json");
        let message = |file: &[u8]| SignedFile::parse(RoleName::Root, file).map(|file| file.message()).ok();
        if is_root && message(&found) != message(content) {
            return Err(DirectoryFault::OtherRoot { path: path.to_owned() });
        }
        Ok(found == content)
    }

    /// What now lies on the disk, followed by the client with the timestamp that will make it visible.
    fn check(&mut self, timestamp: &str, content: &[u8]) -> Result<(), DirectoryFault> {
        let mut written = Written { directory: self, timestamp, content };
        let first = written.get("metadata/1.root.json", METADATA_BYTES_MAX).ok().flatten();
        let anchor = Anchor::File(first.unwrap_or_default());
        let floors = Floors::none();
        let loaded = Pack::load(&mut written, &Held { anchor: &anchor, floors: &floors, clock: None });
        loaded.map(|_| ()).map_err(DirectoryFault::Refused)
    }
}

/// Held while a repository is written.
pub struct Lock {
    _file: File,
}

struct Written<'d> {
    directory: &'d mut Directory,
    timestamp: &'d str,
    content: &'d [u8],
}

impl Source for Written<'_> {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        if name == self.timestamp {
            return Ok(Some(self.content.to_vec()));
        }
        // Lists and delegations that are published beside the repository are not judged here.
        let ours = name.starts_with("metadata/") || name.starts_with("targets/");
        if ours { self.directory.get(name, bytes_max) } else { Ok(None) }
    }
}

impl Source for Directory {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        // A path in metadata that others wrote must not lead out of the directory.
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(None);
        }
        let unavailable = |error: io::Error| SourceFault::Unavailable { reason: error.to_string() };
        let file = match File::open(self.path.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let mut bytes = Vec::new();
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(unavailable)?;
        if bytes.len() > bytes_max { Err(SourceFault::TooLong { bytes_max }) } else { Ok(Some(bytes)) }
    }
}

/// Makes a directory and those above it.
///
/// # Errors
/// [`DirectoryFault::Io`].
pub fn make(path: &Path) -> Result<(), DirectoryFault> {
    fs::create_dir_all(path).map_err(at(path))
}

/// Writes a file of a name that is not taken yet.
///
/// # Errors
/// [`DirectoryFault::Exists`], [`DirectoryFault::Io`].
pub fn create(path: &Path, content: &[u8]) -> Result<(), DirectoryFault> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(DirectoryFault::Exists { path: path.to_owned() });
    }
    replace(path, content)
}

/// Writes a file, or replaces it, in one step; returns when it is on the disk.
///
/// # Errors
/// [`DirectoryFault::Io`].
pub fn replace(path: &Path, content: &[u8]) -> Result<(), DirectoryFault> {
    write_beside(path, content)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => sync(Path::new(".")),
    }
}

fn write_beside(path: &Path, content: &[u8]) -> Result<(), DirectoryFault> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(at(path))
}

/// The names in a directory are on the disk only after this.
fn sync(directory: &Path) -> Result<(), DirectoryFault> {
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))
}

fn at(path: &Path) -> impl Fn(io::Error) -> DirectoryFault + '_ {
    move |source| DirectoryFault::Io { path: path.to_owned(), source }
}
