//! Copies that wallets have of a document: each bound to a key of its own, with its own id and its own status index, so that
//! no two can be told to be one person's. Only the issuer knows whose they are: by a paper for each, written in the
//! commit in which the copy is kept.
//!
//! What becomes of a document becomes of its copies, in one commit with it: whoever suspends or revokes names the document
//! alone. A document has at most [`COPIES_MAX`] copies, so that it and they fit into one commit.

use sanad_credential::{CredentialId, FixedBytes};

use crate::audit::{MEMBER_BYTES_MAX, Note};
use crate::store::{
    CHANGES_MAX, Expect, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, StatusChange, Store,
    Transition,
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
    let found = store.papers(PaperKind::Wallet, &prefix, None, CHANGES_MAX)?;
    let damaged = RecordsFault::Damaged { what: "the paper of a wallet's copy" };
    let read = |id: &PaperId| id.as_str().strip_prefix(&prefix).and_then(|id| FixedBytes::from_hex(id).ok());
    let copies: Option<Vec<_>> = found.iter().map(|paper| read(&paper.key.id)).collect();
    copies.ok_or(damaged)
}

/// What is written when a copy is kept.
///
/// # Errors
/// [`RecordsFault::Damaged`], which ids of this form never bring about.
pub(crate) fn link(cti: CredentialId, copy: CredentialId) -> Result<PaperWrite, RecordsFault> {
    let id = PaperId::new(&format!("{}{copy}", prefix(cti)));
    let id = id.map_err(|_| RecordsFault::Damaged { what: "the id of a wallet's copy" })?;
    let key = PaperKey { kind: PaperKind::Wallet, id };
    Ok(PaperWrite { key, expect: Expect::Absent, content: Some(b"{}".to_vec()) })
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
    let (mut outcomes, mut waiting, mut asked) = (Vec::with_capacity(changes.len()), Vec::new(), Vec::new());
    let mut flush = |waiting: &mut Vec<StatusChange>, asked: &mut Vec<bool>| -> Result<(), RecordsFault> {
        if !waiting.is_empty() {
            let found = store.change_status(waiting)?;
            let own = found.into_iter().zip(asked.drain(..)).filter(|(_, is_asked)| *is_asked);
            outcomes.extend(own.map(|(transition, _)| transition));
            waiting.clear();
        }
        Ok(())
    };
    for change in changes {
        let copies = copies_of(store, change)?;
        if waiting.len().saturating_add(copies.len()) >= CHANGES_MAX {
            flush(&mut waiting, &mut asked)?;
        }
        waiting.push(change.clone());
        asked.push(true);
        asked.extend(copies.iter().map(|_| false));
        waiting.extend(copies);
    }
    flush(&mut waiting, &mut asked)?;
    Ok(outcomes)
}

/// Changes the copies of a document alone: where it was changed by other means, or while a copy was made.
///
/// # Errors
/// [`RecordsFault`].
pub(crate) fn change_copies(store: &dyn Store, change: &StatusChange) -> Result<(), RecordsFault> {
    let copies = copies_of(store, change)?;
    if !copies.is_empty() {
        store.change_status(&copies)?;
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
    Ok(of(store, *cti)?.into_iter().take(COPIES_MAX).map(copy).collect())
}

/// The reason stands with the document too, where there is no room for it here.
fn with_original(detail: &str, cti: CredentialId) -> String {
    let of = format!("copy-of={cti}");
    let both = format!("{of} {detail}");
    if detail.is_empty() || both.len() > MEMBER_BYTES_MAX { of } else { both }
}
