//! The PIN of a hardware module: where it comes from, and what is accepted.
//!
//! Looked for as a passphrase is: the file of `--pin-file`, the variable `SANAD_HSM_PIN`, the terminal; never an
//! argument. The first source that is there counts.
//!
//! The text goes to the module as it stands: a module compares bytes, and a PIN in another Unicode form would use up one
//! of the few attempts that it allows.
//!
//! Refused: a file of this user that others can read or write; an empty PIN, one over 255 bytes, one that is not UTF-8.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::passphrase::{PassphraseFault, Terminal, ask, first_line, read_start};

/// The variable that is read when no file is given.
pub const PIN_VARIABLE: &str = "SANAD_HSM_PIN";

/// Longest PIN: that of SoftHSM, and longer than any that a module of hardware takes.
pub const PIN_BYTES_MAX: usize = 255;

/// A PIN. Not shown by `Debug`, and wiped when dropped.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// The text, for the module and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Accepts a text as it is.
    ///
    /// # Errors
    /// [`PinFault::Empty`], [`PinFault::TooLong`].
    pub fn parse(text: &str) -> Result<Self, PinFault> {
        match text.len() {
            0 => Err(PinFault::Empty),
            bytes if bytes > PIN_BYTES_MAX => Err(PinFault::TooLong { bytes, limit: PIN_BYTES_MAX }),
            _ => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pin(secret)")
    }
}

/// Finds the PIN: in `file` if one is given, else in `SANAD_HSM_PIN`, else by asking `prompt` at the terminal.
///
/// # Errors
/// [`PinFault`].
pub fn obtain(file: Option<&Path>, prompt: &str) -> Result<Pin, PinFault> {
    from_sources(file, std::env::var_os(PIN_VARIABLE), prompt, &mut |text| rpassword::prompt_password(text))
}

fn from_sources(
    file: Option<&Path>,
    variable: Option<OsString>,
    prompt: &str,
    terminal: Terminal<'_>,
) -> Result<Pin, PinFault> {
    if let Some(path) = file {
        return Pin::parse(first_line(&read_start(path)?)?);
    }
    if let Some(variable) = variable {
        let text = variable.into_string().map(Zeroizing::new).map_err(|_| PinFault::NotText)?;
        return Pin::parse(&text);
    }
    Pin::parse(&ask(terminal, &format!("{prompt}: "))?)
}

/// Why there is no PIN. No variant holds any of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PinFault {
    /// The source is there and holds nothing.
    #[error("the PIN is empty")]
    Empty,
    /// Longer than any PIN: more likely the wrong file.
    #[error("the PIN has at least {bytes} bytes, over the limit of {limit}")]
    TooLong {
        /// How many were found before reading stopped.
        bytes: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the PIN is not UTF-8 text")]
    NotText,
    /// Control-C at the prompt.
    #[error("interrupted")]
    Interrupted,
    /// The file of `--pin-file` cannot be read.
    #[error("cannot read the PIN file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Others can read the file of `--pin-file`.
    #[error("others can read the PIN file {path}; run: chmod 600 {path}", path = path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can be asked.
    #[error("no terminal to ask for the PIN; give --pin-file or set {PIN_VARIABLE} ({source})")]
    NoTerminal {
        /// The operating system's answer.
        source: io::Error,
    },
}

/// The way of a PIN is that of a passphrase; its words are its own.
impl From<PassphraseFault> for PinFault {
    fn from(fault: PassphraseFault) -> Self {
        match fault {
            PassphraseFault::Empty | PassphraseFault::TooShort { .. } | PassphraseFault::Mismatch => {
                PinFault::Empty
            }
            PassphraseFault::TooLong { bytes, .. } => PinFault::TooLong { bytes, limit: PIN_BYTES_MAX },
            PassphraseFault::NotText => PinFault::NotText,
            PassphraseFault::Interrupted => PinFault::Interrupted,
            PassphraseFault::Unreadable { path, source } => PinFault::Unreadable { path, source },
            PassphraseFault::OpenToOthers { path } => PinFault::OpenToOthers { path },
            PassphraseFault::NoTerminal { source } => PinFault::NoTerminal { source },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn nobody(_: &str) -> io::Result<String> {
        Err(io::Error::from(io::ErrorKind::NotFound))
    }

    fn from_file(content: &[u8], mode: u32) -> Result<Pin, PinFault> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pin");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        // The variable must lose against the file.
        from_sources(Some(&path), Some("0000".into()), "PIN", &mut nobody)
    }

    #[test]
    fn a_file_gives_its_first_line_as_it_stands() {
        assert_eq!(from_file(b" 1234 \nnot this", 0o600).unwrap().expose(), " 1234 ");
        // Another form of the same letter is another PIN.
        assert_eq!(from_file("e\u{301}1234\r\n".as_bytes(), 0o400).unwrap().expose(), "e\u{301}1234");
    }

    #[test]
    fn a_pin_file_that_others_can_read_is_refused() {
        let fault = from_file(b"1234", 0o640).unwrap_err();
        assert!(fault.to_string().starts_with("others can read the PIN file "), "{fault}");
    }

    #[test]
    fn empty_and_endless_pins_and_those_that_are_no_text_are_refused() {
        assert!(matches!(from_file(b"\n1234", 0o600), Err(PinFault::Empty)));
        assert!(matches!(from_file(&[b'1'; 256], 0o600), Err(PinFault::TooLong { bytes: 256, limit: 255 })));
        assert!(matches!(from_file(&[b'1'; 5_000], 0o600), Err(PinFault::TooLong { limit: 255, .. })));
        assert!(matches!(from_file(b"\xff\xfe", 0o600), Err(PinFault::NotText)));
        assert_eq!(from_file(&[b'1'; 255], 0o600).unwrap().expose().len(), 255);
    }

    #[test]
    fn without_a_terminal_the_other_ways_are_named_and_no_pin_is_shown() {
        let fault = from_sources(None, None, "PIN", &mut nobody).unwrap_err().to_string();
        assert!(fault.contains("--pin-file") && fault.contains("SANAD_HSM_PIN"), "{fault}");
        let pin = from_sources(None, Some("9876".into()), "PIN", &mut nobody).unwrap();
        assert_eq!((format!("{pin:?}").as_str(), pin.expose()), ("Pin(secret)", "9876"));
    }
}
