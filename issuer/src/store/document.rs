//! The words in which a store is spoken to about documents.

use std::fmt;

use sanad_credential::{Claims, CredentialId, DelegationId, FixedBytes, Right, Sealed, Status};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::paper::{PaperKey, PaperWrite};
use super::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, PAPERS_MAX, RecordsFault};
use crate::audit::{Actor, Note};
use crate::permutation::{Index, Sequence, Shard};
use crate::register::Digest;
use crate::transition::{Change, Outcome};

/// The entry of one document: its list, and where it stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The list.
    pub shard: Shard,
    /// The entry.
    pub index: Index,
}

/// A document that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its id.
    pub cti: CredentialId,
    /// Its number.
    pub sequence: Sequence,
    /// Its entry in a status list, which follows from the number.
    pub place: Place,
    /// Of the record it was made from.
    pub digest: Digest,
    /// The COSE_Sign1.
    pub document: Vec<u8>,
}

/// A document of the store and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The document.
    pub issued: Issued,
    /// Its status.
    pub status: Status,
    /// To find what comes after it.
    pub cursor: Cursor,
}

/// A place in an answer of [`super::Store::find`]: what comes after it is found with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The form of the name, where names were asked for.
    pub name: Option<NameForm>,
    /// The number of the document.
    pub sequence: Sequence,
}

/// Which documents are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The one with an id.
    Id(CredentialId),
    /// The one made from a record.
    Record(Digest),
    /// The one that a request of a client led to, whatever the request said.
    Request(Actor, IdempotencyKey),
    /// Those of a delegation id, one for each device and renewal.
    Delegation(DelegationId),
    /// Those of a member number, as it stands on the documents.
    Number(String),
    /// Those whose name starts like this, in whatever case and with or without accents.
    Name(NameForm),
    /// All, in the order in which they were signed.
    All,
    /// The one that was signed last.
    Newest,
}

/// A name as it is searched for: compatibility form, without marks, small letters, one space between words. Only the
/// first [`NameForm::CHARACTERS_MAX`] characters count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameForm(String);

impl NameForm {
    /// Characters that are kept.
    pub const CHARACTERS_MAX: usize = 24;

    /// The form of a name, or of the start of one.
    pub fn of(name: &str) -> Self {
        let plain = name.nfkd().filter(|letter| !unicode_normalization::char::is_combining_mark(*letter));
        let small: String = plain.flat_map(char::to_lowercase).filter(|letter| *letter != '\0').collect();
        let words: Vec<&str> = small.split_whitespace().collect();
        Self(words.join(" ").chars().take(Self::CHARACTERS_MAX).collect())
    }

    /// A form that a store kept.
    pub(crate) fn as_kept(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name has no place in a log.
impl fmt::Debug for NameForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameForm(personal)")
    }
}

/// By what a document is found later.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// Member number.
    pub number: Option<String>,
    /// Name in Latin script.
    pub name: Option<NameForm>,
    /// Id of a delegation.
    pub delegation: Option<DelegationId>,
}

impl Finding {
    /// What a document of the issuer's own store says. Its signature is not tested: the store has what this issuer
    /// signed.
    pub fn of_document(document: &[u8]) -> Option<Self> {
        Some(Self::of(Sealed::parse(document).ok()?.unverified_entitlement().ok()?.look()))
    }

    /// What a document says.
    pub fn of(claims: &Claims) -> Self {
        let subject = claims.right.subject();
        Self {
            number: subject.map(|subject| subject.number.to_string()),
            name: subject.map(|subject| NameForm::of(&subject.name.to_string())),
            delegation: match &claims.right {
                Right::Delegation(delegation) => Some(delegation.id.clone()),
                _ => None,
            },
        }
    }
}

/// A person has no place in a log.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finding(personal)")
    }
}

/// A document to be kept, and what happens with it in the same commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The document; its number was reserved.
    pub issued: Issued,
    /// By what it is found.
    pub finding: Finding,
    /// The document whose place it takes.
    pub supersedes: Option<CredentialId>,
    /// The request that it answers.
    pub request: Option<Request>,
    /// Its line of the log; none where the batch has one for all.
    pub note: Option<Note>,
}

impl Entry {
    /// How much of a commit it takes, at most: its bytes, its keys, and what an engine adds.
    pub fn weight(&self) -> usize {
        let text = |text: Option<usize>| text.unwrap_or(0);
        let finding = text(self.finding.number.as_ref().map(String::len))
            .saturating_add(text(self.finding.name.as_ref().map(|name| name.0.len())))
            .saturating_add(text(self.finding.delegation.as_ref().map(|id| id.as_str().len())));
        let note = self.note.as_ref().map_or(0, |note| {
            note.on
                .len()
                .saturating_add(note.detail.len())
                .saturating_mul(2)
                .saturating_add(note.who.as_str().len())
        });
        let request = self.request.as_ref().map_or(0, |request| {
            request.client.as_str().len().saturating_add(request.key.as_str().len()).saturating_add(80)
        });
        // A superseded document's block.
        let block = if self.supersedes.is_some() { 1_200 } else { 0 };
        // Three keys that lead to it and three by which it is found, with the numbers that stand there.
        let fixed = 320_usize.saturating_add(if self.note.is_some() { 300 } else { 0 });
        [self.issued.document.len(), finding, note, request, block]
            .into_iter()
            .fold(fixed, usize::saturating_add)
    }
}

/// A request that must not be carried out twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks: keys of different clients have nothing to do with each other.
    pub client: Actor,
    /// The key that the client gave it.
    pub key: IdempotencyKey,
    /// SHA-256 of what was asked.
    pub body: [u8; 32],
}

/// What a client calls a request by: 1 to 64 printable ASCII characters without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes a key.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn new(text: &str) -> Result<Self, NotAKey> {
        let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAKey { bytes: text.len() }) }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes, an idempotency key has 1 to 64 printable ASCII characters without spaces")]
pub struct NotAKey {
    /// How long it is.
    pub bytes: usize,
}

impl Request {
    /// A request of a client.
    pub fn new(client: Actor, key: IdempotencyKey, body: &[u8]) -> Self {
        Self { client, key, body: Sha256::digest(body).into() }
    }
}

/// Whether the rest of a batch is kept where one entry cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partly {
    /// The others are kept.
    Allowed,
    /// Nothing of the batch happens: [`super::RecordsFault::NotKept`].
    Refused,
}

/// What is kept together.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Whether it may be kept in part.
    pub partly: Partly,
    /// Documents.
    pub entries: &'a [Entry],
    /// Papers written in the same commit.
    pub papers: &'a [PaperWrite],
    /// Lines of the log for the batch as a whole.
    pub notes: &'a [Note],
}

impl Batch<'_> {
    /// Whether one commit takes it.
    pub(crate) fn within_limits(&self) -> Result<(), RecordsFault> {
        let weight = self.entries.iter().map(Entry::weight).fold(0, usize::saturating_add);
        let measures = [
            ("documents", self.entries.len(), BATCH_ENTRIES_MAX),
            ("bytes of documents", weight, BATCH_BYTES_MAX),
            ("papers", self.papers.len(), PAPERS_MAX),
        ];
        let over = measures.into_iter().find(|(_, asked, max)| asked > max);
        over.map_or(Ok(()), |(of, asked, max)| Err(RecordsFault::TooMuch { of, asked, max }))
    }
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was kept.
    Kept,
    /// A document of this id is there already: draw another.
    IdTaken,
    /// A document was made from the same record.
    SameRecord {
        /// That document.
        cti: CredentialId,
    },
    /// The request was carried out before.
    SameRequest {
        /// Its document.
        cti: CredentialId,
    },
    /// Another request of the client had the same key.
    OtherRequest {
        /// Its document.
        cti: CredentialId,
    },
    /// The document whose place it would take is not there.
    NothingToSupersede,
    /// The status of the document whose place it would take does not allow it.
    CannotSupersede {
        /// Its status.
        from: Status,
    },
}

/// A change of status that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The document.
    pub cti: CredentialId,
    /// The change.
    pub change: Change,
    /// Its line of the log, written where the status changes.
    pub note: Note,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The rules said this.
    Judged(Outcome),
    /// No document has the id.
    Unknown,
}

/// Where a row stands among all rows of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// The description: always the first.
    Meta,
    /// A document, by its number.
    Document(Sequence),
    /// A request, by client and key.
    Request(String, String),
    /// A block of a status list.
    Block(Shard, u16),
    /// A paper.
    Paper(PaperKey),
    /// A line of the log.
    Line(u64),
}

/// One row of a store, complete: what it takes to make it anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Number of the next document that was never reserved.
    Meta {
        /// The number.
        next: Sequence,
    },
    /// A document and how it is found.
    Document(Box<Issued>, Finding),
    /// A request and its document.
    Request(Request, CredentialId),
    /// 1,024 bytes of a status list, and how often they were changed.
    Block {
        /// The list.
        shard: Shard,
        /// Which part of it.
        block: u16,
        /// The bytes.
        bytes: Vec<u8>,
        /// Changes so far.
        version: u64,
    },
    /// A paper.
    Paper(super::Paper),
    /// A line of the log.
    Line {
        /// Its number.
        n: u64,
        /// Its text.
        text: String,
    },
}

impl Row {
    /// Where it stands.
    pub fn key(&self) -> RowKey {
        match self {
            Row::Meta { .. } => RowKey::Meta,
            Row::Document(issued, _) => RowKey::Document(issued.sequence),
            Row::Request(request, _) => {
                RowKey::Request(request.client.as_str().to_owned(), request.key.as_str().to_owned())
            }
            Row::Block { shard, block, .. } => RowKey::Block(*shard, *block),
            Row::Paper(paper) => RowKey::Paper(paper.key.clone()),
            Row::Line { n, .. } => RowKey::Line(*n),
        }
    }
}

/// A document id from its bytes.
pub(crate) fn id_of(bytes: &[u8]) -> Option<CredentialId> {
    <[u8; 8]>::try_from(bytes).ok().map(FixedBytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_without_accents_case_and_doubled_spaces() {
        let form = |name: &str| NameForm::of(name).as_str().to_owned();
        assert_eq!(form("  Njoki   Wambu\u{0301}i "), "njoki wambui");
        assert_eq!(form("NJOKI WAMB\u{00da}I"), "njoki wambui");
        assert_eq!(form("\u{1e9e}tra\u{df}e"), "\u{df}tra\u{df}e");
        assert_eq!(form(&"x".repeat(60)).len(), NameForm::CHARACTERS_MAX);
        assert_eq!(form("a\0b"), "ab");
    }

    #[test]
    fn an_idempotency_key_is_short_and_printable() {
        assert!(IdempotencyKey::new("0b6f-1").is_ok());
        for wrong in ["", "a b", "a\r\nHost: x", "\u{12a2}", &"k".repeat(65)] {
            assert!(IdempotencyKey::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
