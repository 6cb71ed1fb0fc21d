//! Writing a file whole or not at all, without harm to what lies beside it.
//!
//! The content goes into a hidden file with a random name, is synced, and is then renamed into place; a failure
//! leaves what was there. A device or pipe is written to, since a rename would put a file in its place. Refuses a
//! directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

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
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let beside = path.with_file_name(format!(".sanad-{:016x}", u64::from_be_bytes(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
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
