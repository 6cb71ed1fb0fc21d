//! Key files: secrets at rest, encrypted with a passphrase.
//!
//! The format is `age-encryption.org/v1` with one scrypt recipient, in binary: `age -d FILE` opens one in an
//! emergency, without this program. What is inside is the caller's; here it is bytes.
//!
//! Writing is all or nothing: a new file beside the old one, synced, then renamed into place. A kill or a
//! power cut leaves the old file or the new one, and a key is never on the disk in the clear.
//!
//! Refused: to write over an existing file unless told to ([`Existing`]); to read a file over its size limit,
//! or one that asks for more work than [`MAX_WORK_FACTOR`]; any file that was cut short or altered (age
//! authenticates the header and each chunk). A wrong passphrase releases nothing and changes nothing.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use age::{DecryptError, EncryptError};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::passphrase::Passphrase;
use crate::stream;

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Keep it and refuse: a key that is overwritten is lost, and with it everything it signed for.
    Refuse,
    /// Replace it, after a change of passphrase or of its content.
    Replace,
}

/// Writes `secret` to `path`, encrypted with `passphrase` and readable by the owner only. Returns when it is
/// on the disk.
pub fn write(
    path: &Path,
    secret: &[u8],
    passphrase: &Passphrase,
    existing: Existing,
) -> Result<(), KeyFault> {
    if secret.len() > MAX_SECRET_BYTES {
        return Err(KeyFault::TooLarge { bytes: secret.len(), limit: MAX_SECRET_BYTES });
    }
    // Asked here for a quick answer; what decides is the rename, which refuses in the same step as it writes.
    if existing == Existing::Refuse && fs::symlink_metadata(path).is_ok() {
        return Err(KeyFault::AlreadyExists { path: path.to_owned() });
    }
    let sealed = encrypt(secret, passphrase)?;
    place(path, &sealed, existing)
}

/// Writes a secret that a program has to read without anybody at hand, such as an API token: as it is, readable by the
/// owner only, and otherwise as [`write()`] does. It has to be one that can be taken back.
pub fn write_in_the_clear(path: &Path, secret: &[u8], existing: Existing) -> Result<(), KeyFault> {
    if secret.len() > MAX_SECRET_BYTES {
        return Err(KeyFault::TooLarge { bytes: secret.len(), limit: MAX_SECRET_BYTES });
    }
    place(path, secret, existing)
}

/// Reads a secret that was written with [`write_in_the_clear`]. Refuses a file that others than its owner may read: whoever
/// did has the secret too.
pub fn read_in_the_clear(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    let file = open(path)?;
    let mode = file.metadata().map_err(io_fault("look at", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFault::OpenToOthers { path: path.to_owned(), mode: mode & 0o7777 });
    }
    read_bounded(file, path).map(Zeroizing::new)
}

/// Reads the secret of `path`.
pub fn read(path: &Path, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    let sealed = read_sealed(path)?;
    decrypt(path, &sealed, passphrase)
}

/// Why a key file was not written or read. No variant holds any of the secret.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// There is a file already; see [`Existing`].
    #[error("{} exists already; a key file is never overwritten by accident", path.display())]
    AlreadyExists {
        /// The file that was kept.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no key file {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The passphrase does not open it. A few altered bytes of the header look the same.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// Cut short, altered, or never a key file.
    #[error("{} is damaged or not a key file", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner may read what stands in it in the clear.
    #[error("{} has mode {mode:04o}, so that others may read it or change it: chmod 600", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// What everybody may do with it.
        mode: u32,
    },
    /// Opening it would take more time and memory than any file of ours.
    #[error("{} asks for scrypt work 2^{required}, over the limit of 2^{limit}", path.display())]
    TooMuchWork {
        /// The file.
        path: PathBuf,
        /// What the file asks for, as a power of two.
        required: u8,
        /// What is accepted.
        limit: u8,
    },
    /// The secret, or the file, is larger than any of ours.
    #[error("{bytes} bytes, over the limit of {limit}")]
    TooLarge {
        /// How large it is, or how much was read of it.
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
    /// age refused to encrypt. With one recipient and a buffer in memory this is a fault of the program.
    #[error("age refused to encrypt: {0}")]
    Encrypt(EncryptError),
}

/// Work of scrypt for new files: N = 2^17 with age's r = 8 and p = 1, the least that OWASP's Password Storage
/// Cheat Sheet asks for. 128 MiB and some tenths of a second for each guess. Fixed, where age would measure the
/// machine: a key file made on a fast server must open on a small one, and a busy machine must not make a
/// weak file.
pub const WORK_FACTOR: u8 = 17;

/// Most work that a file may ask for: room to double [`WORK_FACTOR`] once. Each step doubles time and memory,
/// and whoever can replace the file chooses it: 2^30 would be 1 TiB.
pub const MAX_WORK_FACTOR: u8 = 18;

/// Largest secret: the keys of an issuer need a few kilobytes. One chunk of age's stream.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

/// Largest file: the secret, its tag of 16 bytes, and a header, which takes about 200 bytes.
const MAX_FILE_BYTES: usize = MAX_SECRET_BYTES + 1_024;

fn encrypt(secret: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, KeyFault> {
    let mut writer = stream::seal(Vec::with_capacity(MAX_FILE_BYTES), passphrase)?;
    let wrote = writer.write_all(secret).and_then(|()| writer.finish());
    wrote.map_err(|error| KeyFault::Encrypt(EncryptError::Io(error)))
}

fn decrypt(path: &Path, sealed: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    let mut reader = stream::open(sealed, path, passphrase)?;
    // The plaintext is shorter than the file, so the buffer never moves and leaves no copy behind.
    let mut secret = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.read_to_end(&mut secret).map_err(|error| decrypt_fault(path, DecryptError::Io(error)))?;
    Ok(secret)
}

pub(crate) fn decrypt_fault(path: &Path, error: DecryptError) -> KeyFault {
    let path = path.to_owned();
    match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            KeyFault::WrongPassphrase { path }
        }
        DecryptError::ExcessiveWork { required, .. } => {
            KeyFault::TooMuchWork { path, required, limit: MAX_WORK_FACTOR }
        }
        // Header, MAC, or a chunk: reading from memory fails only where age finds one altered or missing.
        _ => KeyFault::Damaged { path },
    }
}

pub(crate) fn secret_text(passphrase: &Passphrase) -> SecretString {
    SecretString::from(passphrase.expose())
}

fn read_sealed(path: &Path) -> Result<Vec<u8>, KeyFault> {
    read_bounded(open(path)?, path)
}

fn open(path: &Path) -> Result<File, KeyFault> {
    File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => KeyFault::Missing { path: path.to_owned() },
        _ => io_fault("open", path)(source),
    })
}

fn read_bounded(file: File, path: &Path) -> Result<Vec<u8>, KeyFault> {
    // One piece from the start: a buffer that grows leaves copies of a secret behind.
    let mut bytes = Vec::with_capacity(MAX_FILE_BYTES.saturating_add(64));
    let mut limited = file.take(u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(io_fault("read", path))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(KeyFault::TooLarge { bytes: bytes.len(), limit: MAX_FILE_BYTES });
    }
    Ok(bytes)
}

/// Puts `sealed` where `path` says in one step, and returns when it is on the disk.
fn place(path: &Path, sealed: &[u8], existing: Existing) -> Result<(), KeyFault> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let written = parent.join(temporary_name(path)?);
    let placed = write_synced(&written, sealed).and_then(|()| move_into_place(&written, path, existing));
    if placed.is_err() {
        // Best effort: nobody else can read the file, and the fault that is returned says more.
        let _ = fs::remove_file(&written);
    }
    placed?;
    // The file is on the disk, its name only after this.
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(io_fault("sync", parent))
}

fn write_synced(path: &Path, sealed: &[u8]) -> Result<(), KeyFault> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io_fault("create", path))?;
    file.write_all(sealed).and_then(|()| file.sync_all()).map_err(io_fault("write", path))
}

fn move_into_place(written: &Path, path: &Path, existing: Existing) -> Result<(), KeyFault> {
    let moved = match existing {
        Existing::Replace => fs::rename(written, path),
        Existing::Refuse => rename_without_replacing(written, path),
    };
    moved.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFault::AlreadyExists { path: path.to_owned() },
        _ => io_fault("create", path)(source),
    })
}

fn rename_without_replacing(written: &Path, path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags};
    Ok(rustix::fs::renameat_with(CWD, written, CWD, path, RenameFlags::NOREPLACE)?)
}

/// A name of its own for each attempt, so that two writers never share a file.
fn temporary_name(path: &Path) -> Result<OsString, KeyFault> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| io_fault("name a file beside", path)(error.into()))?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".writing-{:016x}", u64::from_be_bytes(random)));
    Ok(name)
}

fn io_fault(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFault {
    move |source| KeyFault::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use age::scrypt;
    use tempfile::TempDir;

    use super::*;
    use crate::passphrase::Purpose;

    const SECRET: &[u8] = br#"{"seed":"not to be seen"}"#;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::parse(text, Purpose::Create).unwrap()
    }

    fn place() -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.age");
        (directory, path)
    }

    fn names(directory: &TempDir) -> Vec<OsString> {
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    /// A file of the same format that is quick to open, for tests that need many.
    fn quick_file(path: &Path, work_factor: u8) {
        let mut recipient = scrypt::Recipient::new(secret_text(&passphrase("correct horse")));
        recipient.set_work_factor(work_factor);
        fs::write(path, age::encrypt(&recipient, SECRET).unwrap()).unwrap();
    }

    #[test]
    fn secret_comes_back_and_is_not_in_the_file() {
        let (directory, path) = place();
        let correct = passphrase("correct horse");
        write(&path, SECRET, &correct, Existing::Refuse).unwrap();
        assert_eq!(read(&path, &correct).unwrap().as_slice(), SECRET);
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|window| window == b"seed"));
        let header = String::from_utf8_lossy(&bytes);
        let line = header.lines().nth(1).unwrap();
        assert!(line.starts_with("-> scrypt ") && line.ends_with(" 17"), "{line}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(&directory), ["keys.age"], "nothing is left beside it");
    }

    #[test]
    fn a_secret_in_the_clear_is_its_owners_alone_and_replaces_nothing() {
        let (directory, path) = place();
        write_in_the_clear(&path, SECRET, Existing::Refuse).unwrap();
        assert_eq!(fs::read(&path).unwrap(), SECRET);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = write_in_the_clear(&path, b"other", Existing::Refuse);
        assert!(matches!(again, Err(KeyFault::AlreadyExists { .. })));
        assert_eq!(read_in_the_clear(&path).unwrap().as_slice(), SECRET);
        assert_eq!(names(&directory), ["keys.age"], "nothing is left beside it");
    }

    #[test]
    fn a_secret_in_the_clear_that_others_may_read_is_refused() {
        let (_directory, path) = place();
        assert!(matches!(read_in_the_clear(&path), Err(KeyFault::Missing { .. })));
        write_in_the_clear(&path, SECRET, Existing::Refuse).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let fault = read_in_the_clear(&path).unwrap_err();
            assert!(
                matches!(fault, KeyFault::OpenToOthers { mode: found, .. } if found == mode),
                "{fault:?}"
            );
            assert!(fault.to_string().contains(&format!("{mode:04o}")), "{fault}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read_in_the_clear(&path).unwrap().as_slice(), SECRET);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, vec![0; MAX_FILE_BYTES + 1]).unwrap();
        assert!(matches!(read_in_the_clear(&path), Err(KeyFault::TooLarge { .. })));
    }

    #[test]
    fn wrong_passphrase_releases_and_changes_nothing() {
        let (_directory, path) = place();
        quick_file(&path, 2);
        let before = fs::read(&path).unwrap();
        let fault = read(&path, &passphrase("correct house")).unwrap_err();
        assert!(matches!(fault, KeyFault::WrongPassphrase { .. }), "{fault:?}");
        assert!(!fault.to_string().contains("house"));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn existing_key_is_not_overwritten_by_accident() {
        let (directory, path) = place();
        quick_file(&path, 2);
        let before = fs::read(&path).unwrap();
        let correct = passphrase("correct horse");
        let fault = write(&path, b"other", &correct, Existing::Refuse).unwrap_err();
        assert!(matches!(fault, KeyFault::AlreadyExists { .. }), "{fault:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
        write(&path, b"other", &correct, Existing::Replace).unwrap();
        assert_eq!(read(&path, &correct).unwrap().as_slice(), b"other");
        assert_eq!(names(&directory), ["keys.age"]);
    }

    /// The file appears between the first look and the rename.
    #[test]
    fn key_written_at_the_same_moment_is_not_overwritten() {
        let (directory, path) = place();
        fs::write(&path, b"the other writer's").unwrap();
        let fault = super::place(&path, b"ours", Existing::Refuse).unwrap_err();
        assert!(matches!(fault, KeyFault::AlreadyExists { .. }), "{fault:?}");
        assert_eq!(fs::read(&path).unwrap(), b"the other writer's");
        assert_eq!(names(&directory), ["keys.age"]);
    }

    #[test]
    fn every_truncation_is_refused() {
        let (_directory, path) = place();
        quick_file(&path, 2);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let result = read(&path, &passphrase("correct horse"));
            assert!(result.is_err(), "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn every_altered_byte_is_refused() {
        let (_directory, path) = place();
        quick_file(&path, 2);
        let whole = fs::read(&path).unwrap();
        // Kept away from the work factor, whose digits would only cost time; see the next test.
        let factor = whole.windows(3).position(|window| window == b" 2\n").unwrap() + 1;
        for position in (0..whole.len()).filter(|position| *position != factor) {
            let mut altered = whole.clone();
            altered[position] ^= 1;
            fs::write(&path, &altered).unwrap();
            let result = read(&path, &passphrase("correct horse"));
            assert!(result.is_err(), "byte {position}");
        }
    }

    #[test]
    fn hostile_work_factor_does_not_stall_the_machine() {
        let (_directory, path) = place();
        quick_file(&path, 2);
        let text = fs::read(&path).unwrap();
        let factor = text.windows(3).position(|window| window == b" 2\n").unwrap();
        for work in ["19", "30", "63"] {
            let hostile = [&text[..factor + 1], work.as_bytes(), &text[factor + 2..]].concat();
            fs::write(&path, hostile).unwrap();
            let fault = read(&path, &passphrase("correct horse")).unwrap_err();
            let expected: u8 = work.parse().unwrap();
            assert!(
                matches!(fault, KeyFault::TooMuchWork { required, limit: 18, .. } if required == expected),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn oversized_files_and_secrets_are_refused() {
        let (_directory, path) = place();
        let correct = passphrase("correct horse");
        let fault = write(&path, &[0; MAX_SECRET_BYTES + 1], &correct, Existing::Refuse).unwrap_err();
        assert!(matches!(fault, KeyFault::TooLarge { .. }), "{fault:?}");
        assert!(!path.exists());
        fs::write(&path, vec![0; MAX_FILE_BYTES + 1]).unwrap();
        assert!(matches!(read(&path, &correct), Err(KeyFault::TooLarge { .. })));
        fs::remove_file(&path).unwrap();
        write(&path, &[7; MAX_SECRET_BYTES], &correct, Existing::Refuse).unwrap();
        assert_eq!(read(&path, &correct).unwrap().as_slice(), [7; MAX_SECRET_BYTES]);
    }

    #[test]
    fn other_files_are_not_key_files() {
        let (_directory, path) = place();
        let correct = passphrase("correct horse");
        assert!(matches!(read(&path, &correct), Err(KeyFault::Missing { .. })));
        for content in [&b""[..], b"not age", b"age-encryption.org/v2\n"] {
            fs::write(&path, content).unwrap();
            let fault = read(&path, &correct).unwrap_err();
            assert!(matches!(fault, KeyFault::Damaged { .. }), "{content:?}: {fault:?}");
        }
        // Encrypted to a key and not to a passphrase: a header of age that is not one of ours.
        let key = age::x25519::Identity::generate();
        fs::write(&path, age::encrypt(&key.to_public(), SECRET).unwrap()).unwrap();
        assert!(matches!(read(&path, &correct), Err(KeyFault::Damaged { .. })));
    }
}
