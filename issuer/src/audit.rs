//! The audit log: who did what, when, to which document, in lines that hang together.
//!
//! Each line is a JSON object that holds the SHA-256 of the line before it, so that nobody can alter, remove or insert
//! one without every later line giving it away. A line is written in the commit of the act it tells of: what the store
//! says was done stands in the log, and nothing else does. It names documents, jobs, tokens and accounts by their ids;
//! no name, member number or status index of a person is ever in it. What a chain cannot show is that its last lines
//! were cut off; signed checkpoints, kept elsewhere, do.
//!
//! [`checkpoint`] signs where the log stands, [`verify`] finds whatever was done to it.
//!
//! Refuses a line that is not the canonical form of what it says, a number that does not follow, and a hash that is not
//! that of the line before.

pub mod checkpoint;
pub mod verify;

use std::fmt;

use sanad_credential::UnixTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Longest text of a line's member, in bytes: ids and reasons are shorter.
pub const MEMBER_BYTES_MAX: usize = 512;

/// Who acts: a token, an account of an identity provider, or the command line. Never a person's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(String);

impl Actor {
    /// The program itself, run at the machine.
    pub fn command_line() -> Self {
        Self("command-line".to_owned())
    }

    /// The service, where it acts by itself: publication, recovery.
    pub fn service() -> Self {
        Self("service".to_owned())
    }

    /// An id: `token:…`, `oidc:…`, `job:…`; 1 to 128 printable ASCII characters without spaces.
    ///
    /// # Errors
    /// [`NotAnId`].
    pub fn new(id: &str) -> Result<Self, NotAnId> {
        let fits = !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(id.to_owned())) } else { Err(NotAnId { bytes: id.len() }) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot name who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes, an id has 1 to 128 printable ASCII characters without spaces")]
pub struct NotAnId {
    /// How long it is.
    pub bytes: usize,
}

/// What was done. A closed list: what is not in it is not logged, and nothing is done that is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A document was signed.
    Issue,
    /// A part of a bulk job was signed.
    IssueMany,
    /// A document was signed in the place of another.
    Reissue,
    /// A document was signed for the time after another.
    Renew,
    /// A document was suspended.
    Suspend,
    /// A document was resumed.
    Resume,
    /// A document was revoked.
    Revoke,
    /// A document was superseded.
    Supersede,
    /// A bulk job was handed in.
    SubmitJob,
    /// A bulk job was cancelled.
    CancelJob,
    /// A bulk job came to its end.
    FinishJob,
    /// An API token was made.
    CreateToken,
    /// An API token was withdrawn.
    WithdrawToken,
    /// A document was offered to its holder's wallet.
    Offer,
    /// A second person was asked to agree.
    AskApproval,
    /// A second person agreed.
    Approve,
    /// A second person declined.
    Decline,
    /// Keys were changed.
    ChangeKeys,
    /// The head of this log was signed.
    Checkpoint,
    /// The store was restored from a backup, and went on behind all numbers of it.
    Restore,
    /// The store was filled from the export of another.
    Import,
    /// The store took another layout.
    Migrate,
}

/// One thing that was done, before it has its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: UnixTime,
    /// Who.
    pub who: Actor,
    /// What.
    pub act: Act,
    /// To which document, job, token: its id; at most [`MEMBER_BYTES_MAX`] bytes.
    pub on: String,
    /// Reason code, legal basis, count: whatever the act has to say; at most [`MEMBER_BYTES_MAX`] bytes.
    pub detail: String,
}

/// SHA-256 of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LineHash(pub [u8; 32]);

/// Where the log stands: how many lines it has, and the hash of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Lines; the next has this number.
    pub lines: u64,
    /// Of the last line; zeros in an empty log.
    pub hash: LineHash,
}

/// A line as it stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    n: u64,
    at: u64,
    who: std::borrow::Cow<'a, str>,
    act: Act,
    on: std::borrow::Cow<'a, str>,
    detail: std::borrow::Cow<'a, str>,
    prev: std::borrow::Cow<'a, str>,
}

/// Why a line does not follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The line is no line of this log.
    #[error("line {n} is no line of an audit log: {problem}")]
    Malformed {
        /// Its place.
        n: u64,
        /// What the reader said.
        problem: String,
    },
    /// A line is missing, doubled or moved.
    #[error("line {wanted} is missing: the next has the number {found}")]
    Number {
        /// The number that should follow.
        wanted: u64,
        /// The number that is there.
        found: u64,
    },
    /// The line before it is not the one that it was written after.
    #[error("line {n} was written after another line than the one before it: {found} instead of {wanted}")]
    Hash {
        /// Its number.
        n: u64,
        /// Hash of the line before it.
        wanted: LineHash,
        /// The hash it has.
        found: String,
    },
}

impl Head {
    /// Of a log without lines.
    pub const EMPTY: Self = Self { lines: 0, hash: LineHash([0; 32]) };

    /// Puts a note at the end: the line, without a line end, and the head after it. Texts that are too long are cut, so
    /// that a note never stands in the way of its act.
    #[must_use]
    pub fn append(self, note: &Note) -> (String, Self) {
        let members = Members {
            n: self.lines,
            at: note.at.seconds(),
            who: note.who.as_str().into(),
            act: note.act,
            on: plain(&note.on).into(),
            detail: plain(&note.detail).into(),
            prev: self.hash.to_string().into(),
        };
        // Numbers and texts always have a JSON form.
        let line = serde_json::to_string(&members).unwrap_or_default();
        let head = self.after(&line);
        (line, head)
    }

    /// Takes a line that is there already.
    ///
    /// # Errors
    /// [`Broken`]; the line, or one before it, was altered, removed or moved.
    pub fn follow(self, line: &str) -> Result<Self, Broken> {
        let n = self.lines;
        let malformed = |problem: String| Broken::Malformed { n, problem };
        let members: Members<'_> =
            serde_json::from_str(line).map_err(|error| malformed(error.to_string()))?;
        if members.n != n {
            return Err(Broken::Number { wanted: n, found: members.n });
        }
        if members.prev != self.hash.to_string() {
            return Err(Broken::Hash { n, wanted: self.hash, found: members.prev.into_owned() });
        }
        if serde_json::to_string(&members).ok().as_deref() != Some(line) {
            return Err(malformed("it has another form than this program writes".to_owned()));
        }
        Ok(self.after(line))
    }

    fn after(self, line: &str) -> Self {
        Self { lines: self.lines.saturating_add(1), hash: LineHash(Sha256::digest(line).into()) }
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Cut to its limit, between characters, and without what JSON writes six bytes for.
fn plain(text: &str) -> String {
    let mut end = text.len().min(MEMBER_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let kept = text.get(..end).unwrap_or_default();
    kept.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
pub(crate) mod tests {
    use sanad_credential::{Area, Date, IssuerId, LanguageTag, SigningKey};
    use sanad_trust::IssuerRecord;

    use super::*;
    use crate::config::{self, Config, NewIssuer};

    /// Of an invented issuer.
    pub(crate) fn record() -> IssuerRecord {
        let key = |secret: u8| SigningKey::from_secret(&[secret; 32]).public_key();
        let text = config::template(&NewIssuer {
            iss: &IssuerId::new("KE-SHA").unwrap(),
            country: &Area::new("KE").unwrap(),
            name: "Invented",
            language: &LanguageTag::new("en").unwrap(),
            status_prefix: "https://s.example/k/",
            today: Date::parse("2027-01-01").unwrap(),
            credential: key(1),
            status: status_key().public_key(),
            delegation: key(3),
        });
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(config::FILE_NAME), text).unwrap();
        Config::load(dir.path()).unwrap().record
    }

    pub(crate) fn status_key() -> SigningKey {
        SigningKey::from_secret(&[2; 32])
    }

    fn note(n: u64) -> Note {
        Note {
            at: UnixTime::parse("2027-01-15T08:00:00Z").unwrap().plus_seconds(n).unwrap(),
            who: Actor::command_line(),
            act: Act::Revoke,
            on: format!("{n:016x}"),
            detail: "reason=lost".to_owned(),
        }
    }

    pub(crate) fn log(lines: u64) -> (Vec<String>, Head) {
        let mut head = Head::EMPTY;
        let mut log = Vec::new();
        for n in 0..lines {
            let (line, next) = head.append(&note(n));
            log.push(line);
            head = next;
        }
        (log, head)
    }

    fn verify<'a>(lines: impl IntoIterator<Item = &'a String>) -> Result<Head, Broken> {
        lines.into_iter().try_fold(Head::EMPTY, |head, line| head.follow(line))
    }

    #[test]
    fn a_log_as_written_holds() {
        let (lines, head) = log(20);
        assert_eq!(verify(&lines).unwrap(), head);
    }

    #[test]
    fn every_altered_byte_is_found() {
        let (lines, head) = log(3);
        for place in 0..lines[1].len() {
            let mut bytes = lines[1].clone().into_bytes();
            bytes[place] ^= 1;
            let Ok(altered) = String::from_utf8(bytes) else { continue };
            let mut changed = lines.clone();
            changed[1] = altered;
            assert!(verify(&changed) != Ok(head), "byte {place}");
        }
    }

    #[test]
    fn a_removed_a_doubled_and_a_moved_line_are_found() {
        let (lines, _) = log(5);
        for n in 0..4 {
            let mut less = lines.clone();
            less.remove(n);
            assert!(verify(&less).is_err(), "line {n} removed");
            let mut more = lines.clone();
            more.insert(n, lines[n].clone());
            assert!(verify(&more).is_err(), "line {n} doubled");
            let mut moved = lines.clone();
            moved.swap(n, n + 1);
            assert!(verify(&moved).is_err(), "line {n} moved");
        }
    }

    #[test]
    fn a_cut_end_shows_in_the_head_only() {
        let (lines, head) = log(5);
        assert_ne!(verify(&lines[..4]).unwrap(), head);
    }

    #[test]
    fn a_line_in_another_form_is_refused() {
        let (lines, _) = log(1);
        assert!(matches!(Head::EMPTY.follow(&lines[0].replace(':', ": ")), Err(Broken::Malformed { .. })));
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let long = Note { detail: "\u{12a2}".repeat(400), ..note(0) };
        let (line, head) = Head::EMPTY.append(&long);
        assert_eq!(Head::EMPTY.follow(&line).unwrap(), head);
        assert!(line.len() < 900);
    }

    #[test]
    fn who_acts_is_an_id_and_no_sentence() {
        assert!(Actor::new("token:3f2a").is_ok());
        for wrong in ["", "with space", "line\nend", "Amina Wanjiru", &"x".repeat(129)] {
            assert!(Actor::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
