//! The transaction code of a credential offer: where it comes from, and what is accepted.
//!
//! Looked for in the file of `--tx-code-file`, then at the terminal; never an argument, and no variable, since each offer has
//! its own. It goes to the issuer as it stands, but for spaces around it: of the few attempts that an issuer allows none is
//! spent on them.
//!
//! Refused: a file of this user that others can read or write; an empty code, one over 64 bytes, one that is not UTF-8.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::passphrase::{PassphraseFault, Terminal, ask, first_line, read_start};

/// Longest transaction code: nobody types more.
pub const TX_CODE_BYTES_MAX: usize = 64;

/// A transaction code. Not shown by `Debug`, and wiped when dropped.
pub struct TxCode(Zeroizing<String>);

impl TxCode {
    /// The text, for the issuer and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Accepts a text.
    ///
    /// # Errors
    /// [`TxCodeFault::Empty`], [`TxCodeFault::TooLong`].
    pub fn parse(text: &str) -> Result<Self, TxCodeFault> {
        let text = text.trim();
        match text.len() {
            0 => Err(TxCodeFault::Empty),
            bytes if bytes > TX_CODE_BYTES_MAX => {
                Err(TxCodeFault::TooLong { bytes, limit: TX_CODE_BYTES_MAX })
            }
            _ => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }
}

impl fmt::Debug for TxCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TxCode(secret)")
    }
}

/// Finds the code: in `file` if one is given, else by asking `prompt` at the terminal.
///
/// # Errors
/// [`TxCodeFault`].
pub fn obtain(file: Option<&Path>, prompt: &str) -> Result<TxCode, TxCodeFault> {
    from_sources(file, prompt, &mut |text| rpassword::prompt_password(text))
}

fn from_sources(file: Option<&Path>, prompt: &str, terminal: Terminal<'_>) -> Result<TxCode, TxCodeFault> {
    match file {
        Some(path) => TxCode::parse(first_line(&read_start(path)?)?),
        None => TxCode::parse(&ask(terminal, &format!("{prompt}: "))?),
    }
}

/// Why there is no transaction code. No variant holds any of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TxCodeFault {
    /// The source is there and holds nothing.
    #[error("the transaction code is empty")]
    Empty,
    /// Longer than any: more likely the wrong file.
    #[error("the transaction code has at least {bytes} bytes, over the limit of {limit}")]
    TooLong {
        /// How many were found before reading stopped.
        bytes: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the transaction code is not UTF-8 text")]
    NotText,
    /// Control-C at the prompt.
    #[error("interrupted")]
    Interrupted,
    /// The file of `--tx-code-file` cannot be read.
    #[error("cannot read the file of the transaction code {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Others can read the file of `--tx-code-file`.
    #[error("others can read the file of the transaction code; run: chmod 600 {}", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can be asked.
    #[error(
        "this offer takes a transaction code and there is no terminal to ask for it; give --tx-code-file ({source})"
    )]
    NoTerminal {
        /// The operating system's answer.
        source: io::Error,
    },
}

/// The way of a code is that of a passphrase; its words are its own.
impl From<PassphraseFault> for TxCodeFault {
    fn from(fault: PassphraseFault) -> Self {
        match fault {
            PassphraseFault::Empty | PassphraseFault::TooShort { .. } | PassphraseFault::Mismatch => {
                TxCodeFault::Empty
            }
            PassphraseFault::TooLong { bytes, .. } => {
                TxCodeFault::TooLong { bytes, limit: TX_CODE_BYTES_MAX }
            }
            PassphraseFault::NotText => TxCodeFault::NotText,
            PassphraseFault::Interrupted => TxCodeFault::Interrupted,
            PassphraseFault::Unreadable { path, source } => TxCodeFault::Unreadable { path, source },
            PassphraseFault::OpenToOthers { path } => TxCodeFault::OpenToOthers { path },
            PassphraseFault::NoTerminal { source } => TxCodeFault::NoTerminal { source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_asked_for_and_spaces_around_it_cost_no_attempt() {
        let mut prompts = Vec::new();
        let typed = from_sources(None, "Code", &mut |prompt| {
            prompts.push(prompt.to_owned());
            Ok(" 493017 ".to_owned())
        });
        let typed = typed.unwrap();
        assert_eq!((typed.expose(), prompts), ("493017", vec!["Code: ".to_owned()]));
        assert_eq!(format!("{typed:?}"), "TxCode(secret)");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert!(matches!(TxCode::parse(" "), Err(TxCodeFault::Empty)));
        assert!(matches!(TxCode::parse(&"1".repeat(65)), Err(TxCodeFault::TooLong { bytes: 65, limit: 64 })));
        let nobody = &mut |_: &str| Err(io::Error::from(io::ErrorKind::NotFound));
        let text = from_sources(None, "Code", nobody).unwrap_err().to_string();
        assert!(text.contains("--tx-code-file"), "{text}");
    }
}
