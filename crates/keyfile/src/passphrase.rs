//! Passphrases: where they come from, and what is accepted.
//!
//! Looked for in this order: the file of `--passphrase-file`, the variable `SANAD_PASSPHRASE`, the terminal.
//! Never an argument, since every user of a machine can list the arguments of its processes. The first source
//! that is there counts: a file that cannot be read is a fault and not a reason to look further.
//!
//! The text is brought to Unicode form NFKC, so that the same letters typed on another keyboard give the same
//! passphrase (NIST SP 800-63B, section 5.1.1.2).
//!
//! Refused: a file of this user that others can read or write, as ssh refuses such a key; an empty passphrase, one over 1,024 bytes, one that is not UTF-8, and for a *new* secret one of
//! fewer than 8 characters, or typed differently the second time.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A passphrase. Not shown by `Debug`, and wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The text, to derive a key from and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Accepts `text` for `purpose`.
    pub fn parse(text: &str, purpose: Purpose) -> Result<Self, PassphraseFault> {
        within_limit(text.len())?;
        // NFKC makes a text at most 11 times as long (Unicode FAQ, "Normalization"): the buffer never moves,
        // so no copy of it stays behind in memory.
        let mut normalized = Zeroizing::new(String::with_capacity(text.len().saturating_mul(11)));
        normalized.extend(text.nfkc());
        if normalized.is_empty() {
            return Err(PassphraseFault::Empty);
        }
        let characters = normalized.chars().count();
        if purpose == Purpose::Create && characters < MIN_NEW_CHARACTERS {
            return Err(PassphraseFault::TooShort { characters, least: MIN_NEW_CHARACTERS });
        }
        Ok(Self(normalized))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(secret)")
    }
}

/// What the passphrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To protect a new secret: it must be long enough, and is typed twice at a terminal.
    Create,
    /// To open one that exists: whatever it was protected with.
    Open,
}

/// Finds the passphrase: in `file` if one is given, else in `SANAD_PASSPHRASE`, else by asking `prompt` at
/// the terminal.
pub fn obtain(file: Option<&Path>, purpose: Purpose, prompt: &str) -> Result<Passphrase, PassphraseFault> {
    let variable = std::env::var_os(PASSPHRASE_VARIABLE);
    from_sources(file, variable, purpose, prompt, &mut |text| rpassword::prompt_password(text))
}

/// Asks for one line without showing it.
pub(crate) type Terminal<'a> = &'a mut dyn FnMut(&str) -> io::Result<String>;

fn from_sources(
    file: Option<&Path>,
    variable: Option<OsString>,
    purpose: Purpose,
    prompt: &str,
    terminal: Terminal<'_>,
) -> Result<Passphrase, PassphraseFault> {
    if let Some(path) = file {
        return Passphrase::parse(first_line(&read_start(path)?)?, purpose);
    }
    if let Some(variable) = variable {
        let text = variable.into_string().map(Zeroizing::new).map_err(|_| PassphraseFault::NotText)?;
        return Passphrase::parse(&text, purpose);
    }
    let first = ask(terminal, &format!("{prompt}: "))?;
    let passphrase = Passphrase::parse(&first, purpose)?;
    if purpose == Purpose::Create && *ask(terminal, &format!("{prompt} (again): "))? != *first {
        return Err(PassphraseFault::Mismatch);
    }
    Ok(passphrase)
}

pub(crate) fn ask(terminal: Terminal<'_>, prompt: &str) -> Result<Zeroizing<String>, PassphraseFault> {
    terminal(prompt).map(Zeroizing::new).map_err(|source| match source.kind() {
        io::ErrorKind::Interrupted => PassphraseFault::Interrupted,
        // ENXIO and ENOENT: there is no /dev/tty to open.
        _ => PassphraseFault::NoTerminal { source },
    })
}

/// The start of the file: enough for the longest line that is accepted and one byte to tell that there is
/// more.
pub(crate) fn read_start(path: &Path) -> Result<Zeroizing<Vec<u8>>, PassphraseFault> {
    let fault = |source| PassphraseFault::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(fault)?;
    private(path, &file.metadata().map_err(fault)?)?;
    let mut start = Zeroizing::new(Vec::with_capacity(FILE_START_BYTES));
    let mut limited = file.take(u64::try_from(FILE_START_BYTES).unwrap_or(u64::MAX));
    limited.read_to_end(&mut start).map_err(fault)?;
    Ok(start)
}

/// Refuses a file of this user that is open to others. Of another user's file, such as one that the system mounts for
/// a service, that user decides who reads it; a pipe is nobody's file.
#[cfg(unix)]
fn private(path: &Path, found: &std::fs::Metadata) -> Result<(), PassphraseFault> {
    use std::os::unix::fs::MetadataExt;
    let is_own = found.uid() == rustix::process::geteuid().as_raw();
    if found.is_file() && is_own && found.mode() & 0o077 != 0 {
        return Err(PassphraseFault::OpenToOthers { path: path.to_owned() });
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &Path, _: &std::fs::Metadata) -> Result<(), PassphraseFault> {
    Ok(())
}

/// The first line without its end, which Windows writes as two characters, and without the mark of UTF-8 that its
/// editors write first.
pub(crate) fn first_line(start: &[u8]) -> Result<&str, PassphraseFault> {
    let start = start.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(start);
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    within_limit(line.len())?;
    std::str::from_utf8(line).map_err(|_| PassphraseFault::NotText)
}

fn within_limit(bytes: usize) -> Result<(), PassphraseFault> {
    let too_long = PassphraseFault::TooLong { bytes, limit: MAX_PASSPHRASE_BYTES };
    if bytes > MAX_PASSPHRASE_BYTES { Err(too_long) } else { Ok(()) }
}

/// Why there is no passphrase. No variant holds any of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PassphraseFault {
    /// The source is there and holds nothing.
    #[error("the passphrase is empty")]
    Empty,
    /// Too short for a new secret.
    #[error("the passphrase has {characters} characters; a new one needs at least {least}")]
    TooShort {
        /// How many it has.
        characters: usize,
        /// How many it needs.
        least: usize,
    },
    /// Longer than any passphrase: more likely the wrong file.
    #[error("the passphrase has at least {bytes} bytes, over the limit of {limit}")]
    TooLong {
        /// How many were found before reading stopped.
        bytes: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the passphrase is not UTF-8 text")]
    NotText,
    /// The two lines typed for a new secret differ.
    #[error("the two passphrases are not the same")]
    Mismatch,
    /// Control-C at the prompt.
    #[error("interrupted")]
    Interrupted,
    /// The file of `--passphrase-file` cannot be read.
    #[error("cannot read the passphrase file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Others can read the file of `--passphrase-file`.
    #[error("others can read the passphrase file {path}; run: chmod 600 {path}", path = path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can be asked.
    #[error(
        "no terminal to ask for the passphrase; give --passphrase-file or set {PASSPHRASE_VARIABLE} ({source})"
    )]
    NoTerminal {
        /// The operating system's answer.
        source: io::Error,
    },
}

/// The variable that is read when no file is given.
pub const PASSPHRASE_VARIABLE: &str = "SANAD_PASSPHRASE";

/// Longest passphrase: well over any that is typed, and little enough to keep in memory that is wiped.
pub const MAX_PASSPHRASE_BYTES: usize = 1_024;

/// Fewest characters of a passphrase for a new secret: the least that NIST SP 800-63B (revision 3, section
/// 5.1.1.2) allows. An attacker who has the file pays for scrypt at each guess (see [`crate::WORK_FACTOR`]), but can guess
/// for years: several words are better, and the prompt of an application should say so.
pub const MIN_NEW_CHARACTERS: usize = 8;

/// The longest line, its end, one byte more, and the mark of UTF-8.
const FILE_START_BYTES: usize = MAX_PASSPHRASE_BYTES + 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(_: &str) -> io::Result<String> {
        Err(io::Error::from(io::ErrorKind::NotFound))
    }

    fn from_file(content: &[u8], purpose: Purpose) -> Result<Passphrase, PassphraseFault> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        std::fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        // The variable must lose against the file.
        from_sources(Some(&path), Some("from the variable".into()), purpose, "Passphrase", &mut nobody)
    }

    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn typed(lines: &[&str], purpose: Purpose) -> (Result<Passphrase, PassphraseFault>, Vec<String>) {
        let mut lines = lines.iter();
        let mut prompts = Vec::new();
        let result = from_sources(None, None, purpose, "Passphrase", &mut |prompt| {
            prompts.push(prompt.to_owned());
            Ok((*lines.next().unwrap()).to_owned())
        });
        (result, prompts)
    }

    #[test]
    fn file_gives_its_first_line() {
        for content in
            ["correct horse", "correct horse\n", "correct horse\r\n", "correct horse\nsecond line\n"]
        {
            let passphrase = from_file(content.as_bytes(), Purpose::Open).unwrap();
            assert_eq!(passphrase.expose(), "correct horse", "{content:?}");
        }
        let spaces = from_file(b" correct horse \n", Purpose::Open).unwrap();
        assert_eq!(spaces.expose(), " correct horse ", "spaces belong to it");
    }

    #[test]
    fn the_mark_of_utf_8_is_no_part_of_a_passphrase() {
        let passphrase = from_file("\u{FEFF}correct horse\r\n".as_bytes(), Purpose::Open).unwrap();
        assert_eq!(passphrase.expose(), "correct horse");
    }

    #[test]
    fn a_passphrase_file_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        std::fs::write(&path, "correct horse").unwrap();
        for (mode, is_refused) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            set_mode(&path, mode);
            match from_sources(Some(&path), None, Purpose::Open, "", &mut nobody) {
                Ok(_) => assert!(!is_refused, "{mode:o}"),
                Err(fault) => {
                    assert!(is_refused && fault.to_string().contains("chmod 600 "), "{mode:o}: {fault}");
                }
            }
        }
    }

    #[test]
    fn empty_passphrases_are_refused() {
        for content in [&b""[..], b"\n", b"\r\n", b"\nsecond line"] {
            let fault = from_file(content, Purpose::Open).unwrap_err();
            assert!(matches!(fault, PassphraseFault::Empty), "{content:?}: {fault:?}");
        }
        let fault = from_sources(None, Some("".into()), Purpose::Open, "", &mut nobody).unwrap_err();
        assert!(
            matches!(fault, PassphraseFault::Empty),
            "an empty variable is not a reason to ask: {fault:?}"
        );
        assert!(matches!(typed(&[""], Purpose::Open).0, Err(PassphraseFault::Empty)));
    }

    #[test]
    fn wrong_file_is_not_swallowed_whole() {
        let longest = vec![b'a'; MAX_PASSPHRASE_BYTES];
        assert_eq!(from_file(&longest, Purpose::Create).unwrap().expose().len(), MAX_PASSPHRASE_BYTES);
        assert!(from_file(&[longest.as_slice(), b"\r\n"].concat(), Purpose::Create).is_ok());
        let fault = from_file(&vec![b'a'; 100_000], Purpose::Open).unwrap_err();
        assert!(
            matches!(fault, PassphraseFault::TooLong { bytes: FILE_START_BYTES, limit: 1_024 }),
            "{fault:?}"
        );
        let fault = from_file(&vec![b'a'; MAX_PASSPHRASE_BYTES + 1], Purpose::Open).unwrap_err();
        assert!(matches!(fault, PassphraseFault::TooLong { .. }), "{fault:?}");
        assert!(matches!(from_file(&[0xff, 0xfe, b'\n'], Purpose::Open), Err(PassphraseFault::NotText)));
    }

    #[test]
    fn missing_file_is_a_fault_although_the_variable_is_set() {
        let missing = Path::new("/nonexistent/passphrase");
        let fault =
            from_sources(Some(missing), Some("from the variable".into()), Purpose::Open, "", &mut nobody);
        let fault = fault.unwrap_err();
        assert!(matches!(fault, PassphraseFault::Unreadable { .. }), "{fault:?}");
        assert!(fault.to_string().contains("/nonexistent/passphrase"), "{fault}");
    }

    #[test]
    fn variable_wins_over_the_terminal() {
        let passphrase = from_sources(None, Some("from the variable".into()), Purpose::Open, "", &mut nobody);
        assert_eq!(passphrase.unwrap().expose(), "from the variable");
    }

    #[test]
    fn without_a_terminal_the_other_ways_are_named() {
        let fault = from_sources(None, None, Purpose::Open, "Passphrase", &mut nobody).unwrap_err();
        let text = fault.to_string();
        assert!(text.contains("--passphrase-file") && text.contains("SANAD_PASSPHRASE"), "{text}");
    }

    #[test]
    fn new_passphrase_is_typed_twice() {
        let (result, prompts) = typed(&["correct horse", "correct horse"], Purpose::Create);
        assert_eq!(result.unwrap().expose(), "correct horse");
        assert_eq!(prompts, ["Passphrase: ", "Passphrase (again): "]);
        let (result, _) = typed(&["correct horse", "correct house"], Purpose::Create);
        assert!(matches!(result, Err(PassphraseFault::Mismatch)));
        let (result, prompts) = typed(&["short"], Purpose::Open);
        assert_eq!((result.unwrap().expose(), prompts.len()), ("short", 1));
    }

    #[test]
    fn short_passphrase_protects_nothing_new() {
        for purpose in [Purpose::Create, Purpose::Open] {
            let result = from_file("ሰላም7654".as_bytes(), purpose);
            assert_eq!(result.is_ok(), purpose == Purpose::Open, "7 characters of 13 bytes");
        }
        assert!(from_file("ሰላም76543".as_bytes(), Purpose::Create).is_ok());
        let (result, _) = typed(&["1234567"], Purpose::Create);
        assert!(matches!(result, Err(PassphraseFault::TooShort { characters: 7, least: 8 })));
    }

    #[test]
    fn same_letters_from_another_keyboard_open_the_same_secret() {
        let composed = Passphrase::parse("caf\u{e9} \u{622}\u{628}", Purpose::Open).unwrap();
        let decomposed = Passphrase::parse("cafe\u{301} \u{627}\u{653}\u{628}", Purpose::Open).unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn longest_expansion_stays_in_its_buffer() {
        let text = "\u{fdfa}".repeat(MAX_PASSPHRASE_BYTES / 3);
        let passphrase = Passphrase::parse(&text, Purpose::Open).unwrap();
        assert!(
            passphrase.expose().len() <= text.len() * 11,
            "{} of {}",
            passphrase.expose().len(),
            text.len()
        );
        assert!(passphrase.expose().len() > text.len() * 10, "the worst case is what is tested");
    }

    #[test]
    fn passphrase_stays_out_of_logs() {
        let passphrase = Passphrase::parse("correct horse", Purpose::Create).unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase(secret)");
    }
}
