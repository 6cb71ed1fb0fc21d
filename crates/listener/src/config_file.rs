//! A configuration as a file: read within bounds, and its faults with the file's name.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::settings::SettingFault;

/// Largest file: the sample of a service has a tenth of it.
pub const FILE_BYTES_MAX: u64 = 65_536;

/// Why a configuration was not read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is too long or no text.
    #[error("{}: {problem}", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
        /// What it is.
        problem: String,
    },
    /// A setting is wrong.
    #[error("{}, {fault}", path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: SettingFault,
    },
}

/// Reads a configuration: `parse` gets its text, and the directory at which relative paths in it start.
///
/// # Errors
/// [`ConfigFault`].
pub fn read<T>(
    path: &Path,
    parse: impl FnOnce(&str, &Path) -> Result<T, SettingFault>,
) -> Result<T, ConfigFault> {
    let unreadable = |source| ConfigFault::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    let no_text = |problem: String| ConfigFault::NoText { path: path.to_owned(), problem };
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(no_text(format!("longer than {FILE_BYTES_MAX} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| no_text("is no UTF-8".to_owned()))?;
    let base = path.parent().unwrap_or(Path::new(""));
    parse(&text, base).map_err(|fault| ConfigFault::Setting { path: path.to_owned(), fault })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::settings::Settings;

    #[test]
    fn a_file_that_is_missing_long_or_no_text_is_named() {
        let dir = std::env::temp_dir().join(format!("sanad-config-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("service.toml");
        let read = |content: Option<&[u8]>| {
            match content {
                Some(content) => fs::write(&path, content).unwrap(),
                None => drop(fs::remove_file(&path)),
            }
            super::read(&path, |text, base| {
                assert_eq!(base, dir);
                match text {
                    "good" => Ok(1),
                    _ => Err(Settings::missing("a", "b").fault("wrong")),
                }
            })
        };
        assert_eq!(read(Some(b"good")).unwrap(), 1);
        let long = " ".repeat(65_537);
        for (content, says) in [
            (None, "No such file"),
            (Some(&b"\xff"[..]), "is no UTF-8"),
            (Some(long.as_bytes()), "longer than 65536 bytes"),
            (Some(b"x"), "a.b: wrong"),
        ] {
            let fault = read(content).unwrap_err().to_string();
            assert!(fault.contains("service.toml") && fault.contains(says), "{fault}");
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}
