//! Papers: small records of the service, with versions, so that two replicas cannot undo each other's changes.

use std::fmt;

/// Longest content, in bytes: what the embedded store takes as one value. What is longer is cut into several papers.
pub const CONTENT_BYTES_MAX: usize = 4_000;

/// What a paper is about. The words stand in stores and never change. Kinds stand in the order of their words, in every
/// store and in exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaperKind {
    /// An API token: its hash, role, areas and end.
    Token,
    /// A bulk job and how far it is.
    Job,
    /// A piece of a job's input.
    JobInput,
    /// A piece of a job's result.
    JobResult,
    /// A request that waits for a second person.
    Approval,
    /// The time that a list's latest publication bears.
    Published,
    /// A signed head of the audit log.
    Checkpoint,
    /// What a delegate had signed for in a day.
    DayTotal,
    /// What wallets are offered and have: codes, tokens, copies ([`crate::wallets`], [`crate::copies`]).
    Wallet,
    /// Stands in a store that is being filled, and is gone when the store is complete.
    Import,
}

impl PaperKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Token,
        Self::Job,
        Self::JobInput,
        Self::JobResult,
        Self::Approval,
        Self::Published,
        Self::Checkpoint,
        Self::DayTotal,
        Self::Wallet,
        Self::Import,
    ];

    /// The word in stores.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Job => "job",
            Self::JobInput => "job-input",
            Self::JobResult => "job-result",
            Self::Approval => "approval",
            Self::Published => "published",
            Self::Checkpoint => "checkpoint",
            Self::DayTotal => "day-total",
            Self::Wallet => "wallet",
            Self::Import => "import",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Ord for PaperKind {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.word().cmp(other.word())
    }
}

impl PartialOrd for PaperKind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The id of a paper among its kind: 1 to 96 printable ASCII characters without spaces. Papers stand in the order of the
/// bytes of their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaperId(String);

impl PaperId {
    /// Takes an id.
    ///
    /// # Errors
    /// [`NotAPaperId`].
    pub fn new(text: &str) -> Result<Self, NotAPaperId> {
        let fits = !text.is_empty() && text.len() <= 96 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAPaperId { bytes: text.len() }) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no id of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes, an id has 1 to 96 printable ASCII characters without spaces")]
pub struct NotAPaperId {
    /// How long it is.
    pub bytes: usize,
}

/// Which paper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaperKey {
    /// Its kind.
    pub kind: PaperKind,
    /// Its id.
    pub id: PaperId,
}

/// A paper as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Paper {
    /// Which.
    pub key: PaperKey,
    /// How often it was written: 1 when it is new.
    pub version: u64,
    /// At most [`CONTENT_BYTES_MAX`].
    pub content: Vec<u8>,
}

/// The input of a job has names in it.
impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paper({} {}, version {})", self.key.kind.word(), self.key.id, self.version)
    }
}

/// How a paper has to stand for a write to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It is not there.
    Absent,
    /// It has this version.
    Version(u64),
    /// However it stands.
    Whatever,
}

impl Expect {
    /// Whether a paper stands as expected; `None` is one that is not there.
    pub(crate) fn holds(self, found: Option<u64>) -> bool {
        match self {
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found == Some(version),
            Expect::Whatever => true,
        }
    }
}

/// A change of one paper.
#[derive(Clone, PartialEq, Eq)]
pub struct PaperWrite {
    /// Which.
    pub key: PaperKey,
    /// How it has to stand.
    pub expect: Expect,
    /// Its new content; none takes it away.
    pub content: Option<Vec<u8>>,
}

/// As for [`Paper`].
impl fmt::Debug for PaperWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaperWrite({} {}, {:?})", self.key.kind.word(), self.key.id, self.expect)
    }
}
