//! The state directory: what this program keeps between two runs.
//!
//! So far the device's key, encrypted. `--state DIR`, else `$XDG_STATE_HOME/sanad`, else `~/.local/state/sanad` (XDG
//! Base Directory Specification 0.8, where a relative path in the variable counts as absent). The directory is for its
//! owner only.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Name of this project's directory beside those of other programs.
const NAME: &str = "sanad";

/// Name of the device's key.
const KEY_FILE: &str = "key.age";

/// Where the state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    dir: PathBuf,
}

/// Why there is no state directory.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// Neither an argument nor the environment says where.
    #[error("no place for the state of this device: give --state DIR, or set HOME")]
    NoPlace,
    /// The directory cannot be made.
    #[error("{}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl State {
    /// The place that was given, else the usual one. Nothing is made.
    ///
    /// # Errors
    /// [`StateFault::NoPlace`].
    pub fn locate(given: Option<&Path>) -> Result<Self, StateFault> {
        Self::from_environment(given, std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))
    }

    fn from_environment(
        given: Option<&Path>,
        state_home: Option<OsString>,
        home: Option<OsString>,
    ) -> Result<Self, StateFault> {
        let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
        let dir = match given {
            Some(dir) => dir.to_owned(),
            None => state_home
                .and_then(absolute)
                .or_else(|| home.and_then(absolute).map(|home| home.join(".local/state")))
                .ok_or(StateFault::NoPlace)?
                .join(NAME),
        };
        Ok(Self { dir })
    }

    /// Makes the directory, with those above it, where it is not there.
    ///
    /// # Errors
    /// [`StateFault::Directory`].
    pub fn make(&self) -> Result<(), StateFault> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.dir);
        made.map_err(|source| StateFault::Directory { path: self.dir.clone(), source })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The device's key.
    pub fn key_file(&self) -> PathBuf {
        self.dir.join(KEY_FILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(given: Option<&str>, state_home: Option<&str>, home: Option<&str>) -> Option<PathBuf> {
        let state = State::from_environment(
            given.map(Path::new),
            state_home.map(OsString::from),
            home.map(OsString::from),
        );
        state.ok().map(|state| state.dir)
    }

    #[test]
    fn the_argument_wins_then_the_variable_then_the_home_directory() {
        let at = |path: &str| Some(PathBuf::from(path));
        assert_eq!(located(Some("here"), Some("/xdg"), Some("/home/a")), at("here"));
        assert_eq!(located(None, Some("/xdg"), Some("/home/a")), at("/xdg/sanad"));
        assert_eq!(located(None, None, Some("/home/a")), at("/home/a/.local/state/sanad"));
        assert_eq!(located(None, Some("relative"), Some("/home/a")), at("/home/a/.local/state/sanad"));
        assert_eq!(located(None, Some(""), None), None);
        assert_eq!(located(None, None, Some("")), None);
    }
}
