//! That copies must follow their document, written down before the document changes or a copy is made, and taken away when
//! they did. What a kill leaves behind is done by whoever tidies ([`settle_all`]).
//!
//! Each has an id of its own, so that two who work on one document do not take each other's away.

use sanad_credential::{CredentialId, FixedBytes, Status, UnixTime};
use serde::{Deserialize, Serialize};

use super::{change_copies, key_of};
use crate::audit::{Actor, Note};
use crate::status::act_of;
use crate::store::{
    Expect, PAGE_MAX, Paper, PaperKey, PaperKind, PaperWrite, RecordsFault, StatusChange, Store, held,
};
use crate::transition::Change;
use crate::wallets::WalletFault;

const PREFIX: &str = "follow-";

/// Seconds after which whoever wrote it has ended: by then the document was changed, or will not be.
const PATIENCE_SECONDS: u64 = 600;

const DAMAGED: RecordsFault = RecordsFault::Damaged { what: "the paper of copies that must follow" };

/// That the copies of a document must follow it.
pub(crate) struct Owed {
    key: PaperKey,
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    since: u64,
    by: String,
}

impl Owed {
    /// For a document, by whoever is about to change it or to copy it.
    ///
    /// # Errors
    /// [`WalletFault::Randomness`].
    pub(crate) fn new(cti: CredentialId, by: &Actor, now: UnixTime) -> Result<Self, WalletFault> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(WalletFault::Randomness)?;
        let key = key_of(&format!("{PREFIX}{cti}-{:016x}", u64::from_be_bytes(random)))?;
        Ok(Self { key, content: Content { since: now.seconds(), by: by.as_str().to_owned() } })
    }

    /// The write that comes before, or with it.
    pub(crate) fn write(&self) -> Result<PaperWrite, RecordsFault> {
        let content = serde_json::to_vec(&self.content).map_err(|_| DAMAGED)?;
        Ok(PaperWrite { key: self.key.clone(), expect: Expect::Absent, content: Some(content) })
    }

    /// The copies have followed.
    pub(crate) fn settled(&self, store: &dyn Store) -> Result<(), RecordsFault> {
        let gone = PaperWrite { key: self.key.clone(), expect: Expect::Whatever, content: None };
        store.write_papers(&[gone], &[])
    }
}

/// Lets copies follow their document, where it is not valid; how it stands.
pub(crate) fn follow(
    store: &dyn Store,
    cti: CredentialId,
    by: &Actor,
    now: UnixTime,
) -> Result<Status, RecordsFault> {
    let status = held(store, cti)?.map_or(Status::Revoked, |held| held.status);
    let change = match status {
        Status::Valid => return Ok(status),
        Status::Suspended => Change::Suspend,
        Status::Revoked => Change::Revoke,
        Status::Superseded => Change::Supersede,
    };
    let detail = "follows its document".to_owned();
    let note = Note { at: now, who: by.clone(), act: act_of(change), on: cti.to_string(), detail };
    change_copies(store, &StatusChange { cti, change, note })?;
    Ok(status)
}

/// Lets all copies follow that a kill has kept from it.
///
/// # Errors
/// [`RecordsFault`].
pub(crate) fn settle_all(store: &dyn Store, now: UnixTime) -> Result<(), RecordsFault> {
    let mut after = None;
    loop {
        let page = store.papers(PaperKind::Wallet, PREFIX, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.key.id.clone());
        for Paper { key, content, .. } in page {
            let owed: Content = serde_json::from_slice(&content).map_err(|_| DAMAGED)?;
            let by = Actor::new(&owed.by).map_err(|_| DAMAGED)?;
            let status = follow(store, cti_of(&key).ok_or(DAMAGED)?, &by, now)?;
            let is_old = owed.since.saturating_add(PATIENCE_SECONDS) < now.seconds();
            // While the document is valid, whoever wrote this may be about to change it.
            if is_old {
                Owed { key, content: owed }.settled(store)?;
                tracing::info!(status = status.word(), "what copies were owed since a kill is settled");
            }
        }
    }
}

fn cti_of(key: &PaperKey) -> Option<CredentialId> {
    let rest = key.id.as_str().strip_prefix(PREFIX)?;
    FixedBytes::from_hex(rest.split_once('-')?.0).ok()
}
