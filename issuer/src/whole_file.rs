//! Writing a file whole or not at all, without harm to what lies beside it.
//!
//! The content goes into a hidden file with a random name, is synced, and is then renamed into place; a failure
//! leaves what was there. A device or pipe is written to, since a rename would put a file in its place. Refuses a
//! directory.
//!
//! [`NewFile`] does the same for what is too long for memory: exports and backups. Only its owner can read it, and it
//! takes the place of no other file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

/// Writes a file; returns when it is on the disk.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
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
    let beside = beside(&path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let placed =
        file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, &path));
    if placed.is_err() {
        // The fault that is returned says more than one of tidying up.
        let _ = fs::remove_file(&beside);
    }
    placed?;
    sync_name(&path)
}

/// A file that is being written beside its place.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    /// Gone once the file is in its place.
    beside: Option<PathBuf>,
    path: PathBuf,
}

impl NewFile {
    /// Starts a file, where there is none yet.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let beside = beside(path)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&beside)?;
        Ok(Self { file, beside: Some(beside), path: path.to_owned() })
    }

    /// Another handle, to read what was written.
    pub(crate) fn reading(&self) -> io::Result<File> {
        File::open(self.beside.as_deref().unwrap_or(&self.path))
    }

    /// Puts it in its place, unless there is a file by now; returns when it is on the disk.
    pub(crate) fn place(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if let Some(beside) = &self.beside {
            rename_to_free_place(beside, &self.path)?;
        }
        self.beside = None;
        sync_name(&self.path)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What was not completed is removed.
impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Renames a file or directory to a place where there is nothing.
pub(crate) fn rename_to_free_place(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems of memory sticks and networks cannot ask and rename in one step.
        Err(Errno::INVAL | Errno::NOSYS) if fs::symlink_metadata(to).is_err() => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::AlreadyExists.into()),
        renamed => Ok(renamed?),
    }
}

/// Returns when the name of a file is on the disk too.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// A name of its own for each attempt, so that two writers never share a file.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    Ok(path.with_file_name(format!(".sanad-{:016x}", u64::from_be_bytes(random))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_with_the_same_stem_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("record.json"), dir.path().join("record.new"));
        fs::write(&other, "somebody's").unwrap();
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read(&other).unwrap(), b"somebody's");
        assert_eq!(names(dir.path()), ["record.json", "record.new"]);
    }

    #[test]
    fn a_directory_is_refused_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("directory");
        fs::create_dir(&path).unwrap();
        assert_eq!(write(&path, b"content").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(names(dir.path()), ["directory"]);
    }

    #[test]
    fn a_new_file_is_private_whole_and_takes_no_others_place() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("export");
        let mut file = NewFile::begin(&path).unwrap();
        file.write_all(b"content").unwrap();
        assert!(!path.exists(), "not before it is complete");
        file.place().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(NewFile::begin(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let other = dir.path().join("other");
        let file = NewFile::begin(&other).unwrap();
        fs::write(&other, "somebody's").unwrap();
        assert_eq!(file.place().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&other).unwrap(), b"somebody's");
        drop(NewFile::begin(&dir.path().join("given up")).unwrap());
        assert_eq!(names(dir.path()), ["export", "other"], "nothing is left");
    }

    #[test]
    fn a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        write(Path::new("/dev/null"), b"content").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
