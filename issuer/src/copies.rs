//! Copies that wallets have of a document: each bound to a key of its own, with its own id and its own status index, so that
//! no two can be told to be one person's. Only the issuer knows whose they are: by a paper for each, written in the
//! commit in which the copy is kept.
//!
//! What becomes of a document becomes of its copies, in one commit with it: whoever suspends or revokes names the document
//! alone. A document has at most [`COPIES_MAX`] copies, so that it and they fit into one commit; their number is a paper that
//! each commit with new ones must find as it was read, so that offers side by side do not exceed it.
//!
//! Where one commit cannot hold both (a re-issue supersedes the document with the new one; a copy is made while its
//! document is revoked), that the copies must follow is written down first (`owed`), and done after a kill too.

pub(crate) mod owed;

use sanad_credential::{CredentialId, FixedBytes};

use crate::audit::{MEMBER_BYTES_MAX, Note};
use crate::store::{
    CHANGES_MAX, Expect, PAGE_MAX, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, StatusChange,
    Store, Transition,
};

/// Copies of one document: three phones with a batch of six each, and two to spare. One less than a commit takes, less
/// the document.
pub const COPIES_MAX: usize = 20;

/// The copies of a document.
///
/// # Errors
/// [`RecordsFault`].
pub fn of(store: &dyn Store, cti: CredentialId) -> Result<Vec<CredentialId>, RecordsFault> {
    let prefix = prefix(cti);
    let read = |id: &PaperId| id.as_str().strip_prefix(&prefix).and_then(|id| FixedBytes::from_hex(id).ok());
    let (mut copies, mut after) = (Vec::new(), None);
    loop {
        let page = store.papers(PaperKind::Wallet, &prefix, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(copies) };
        after = Some(last.key.id.clone());
        for paper in &page {
            let damaged = RecordsFault::Damaged { what: "the paper of a wallet's copy" };
            copies.push(read(&paper.key.id).ok_or(damaged)?);
        }
    }
}

/// How many copies a document has, as it was read.
pub(crate) struct Counted {
    /// The copies.
    pub(crate) known: Vec<CredentialId>,
    key: PaperKey,
    expect: Expect,
}

impl Counted {
    /// Counts them. The number is read before them: a copy that is made in between changes it.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub(crate) fn read(store: &dyn Store, cti: CredentialId) -> Result<Self, RecordsFault> {
        let key = key_of(&format!("copies-{cti}"))?;
        let expect = store.paper(&key)?.map_or(Expect::Absent, |paper| Expect::Version(paper.version));
        Ok(Self { known: of(store, cti)?, key, expect })
    }

    /// The write of a commit with new copies: it fails where others were quicker.
    pub(crate) fn with(&self, fresh: usize) -> PaperWrite {
        let count = self.known.len().saturating_add(fresh);
        let content = Some(format!("{{\"copies\":{count}}}").into_bytes());
        PaperWrite { key: self.key.clone(), expect: self.expect, content }
    }
}

/// What is written when a copy is kept.
///
/// # Errors
/// [`RecordsFault::Damaged`], which ids of this form never bring about.
pub(crate) fn link(cti: CredentialId, copy: CredentialId) -> Result<PaperWrite, RecordsFault> {
    let key = key_of(&format!("{}{copy}", prefix(cti)))?;
    Ok(PaperWrite { key, expect: Expect::Absent, content: Some(b"{}".to_vec()) })
}

fn key_of(id: &str) -> Result<PaperKey, RecordsFault> {
    let id = PaperId::new(id).map_err(|_| RecordsFault::Damaged { what: "the id of a wallet's copy" })?;
    Ok(PaperKey { kind: PaperKind::Wallet, id })
}

fn prefix(cti: CredentialId) -> String {
    format!("copy-{cti}-")
}

/// Changes the status of documents and of their copies; the outcomes are those of the documents, in the order asked. A
/// document and its copies change in one commit; several documents share one while they fit.
///
/// # Errors
/// [`RecordsFault`]; documents before it may have been changed, and to ask again does no harm.
pub fn change_status(store: &dyn Store, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault> {
    let (mut outcomes, mut waiting) = (Vec::with_capacity(changes.len()), Vec::<Asked>::new());
    for change in changes {
        let copies = copies_of(store, change)?;
        if waiting.len().saturating_add(copies.len()) >= CHANGES_MAX {
            flush(store, &mut waiting, &mut outcomes)?;
        }
        waiting.push(Asked { change: change.clone(), of: Of::Document });
        for change in copies {
            // A document of an older program may have more than fit: the rest follows in the next commit.
            if waiting.len() >= CHANGES_MAX {
                flush(store, &mut waiting, &mut outcomes)?;
            }
            waiting.push(Asked { change, of: Of::Copy });
        }
    }
    flush(store, &mut waiting, &mut outcomes)?;
    Ok(outcomes)
}

struct Asked {
    change: StatusChange,
    of: Of,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Document,
    Copy,
}

/// Changes what waits, in one commit, and keeps the outcomes of documents.
fn flush(
    store: &dyn Store,
    waiting: &mut Vec<Asked>,
    outcomes: &mut Vec<Transition>,
) -> Result<(), RecordsFault> {
    if waiting.is_empty() {
        return Ok(());
    }
    let (changes, of): (Vec<StatusChange>, Vec<Of>) =
        waiting.drain(..).map(|asked| (asked.change, asked.of)).unzip();
    let found = store.change_status(&changes)?;
    outcomes.extend(found.into_iter().zip(of).filter(|(_, of)| *of == Of::Document).map(|(found, _)| found));
    Ok(())
}

/// Changes the copies of a document alone: where it was changed by other means, or while a copy was made.
///
/// # Errors
/// [`RecordsFault`].
pub(crate) fn change_copies(store: &dyn Store, change: &StatusChange) -> Result<(), RecordsFault> {
    for some in copies_of(store, change)?.chunks(CHANGES_MAX) {
        store.change_status(some)?;
    }
    Ok(())
}

fn copies_of(store: &dyn Store, change: &StatusChange) -> Result<Vec<StatusChange>, RecordsFault> {
    let StatusChange { cti, change: what, note } = change;
    let copy = |copy: CredentialId| StatusChange {
        cti: copy,
        change: *what,
        note: Note { on: copy.to_string(), detail: with_original(&note.detail, *cti), ..note.clone() },
    };
    Ok(of(store, *cti)?.into_iter().map(copy).collect())
}

/// The reason stands with the document too, where there is no room for it here.
fn with_original(detail: &str, cti: CredentialId) -> String {
    let of = format!("copy-of={cti}");
    let both = format!("{of} {detail}");
    if detail.is_empty() || both.len() > MEMBER_BYTES_MAX { of } else { both }
}
