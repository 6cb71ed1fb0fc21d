//! A request for approval as the store has it: one paper in JSON, and, for a list of documents, pieces of it.
//!
//! Ids of requests start with [`PREFIX`] and rise with the time; pieces lie behind all of them.

use std::fmt;

use sanad_credential::{CredentialId, FixedBytes, UnixTime, printable};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{OPEN_SECONDS, Revocation};
use crate::audit::{Act, Actor, Note};
use crate::service::caller::{Caller, Reach};
use crate::store::{Expect, Paper, PaperId, PaperKey, PaperKind, PaperWrite, Papers, RecordsFault};

/// With which ids of requests start.
pub(super) const PREFIX: &str = "a";

/// With which ids of pieces start.
const PIECE_PREFIX: &str = "p";

/// Documents of a piece: 8 bytes each, and a paper has 4,000.
pub(super) const IDS_PER_PIECE: u64 = 500;

/// Pieces written in one commit.
const PIECES_AT_ONCE: usize = 8;

/// A request for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Which.
    pub id: PaperId,
    /// How it stands.
    pub state: State,
    /// What is asked for.
    pub asked: Asked,
    /// Who asks.
    pub asked_by: Actor,
    /// Who is behind them.
    pub(super) origin: Actor,
    /// Where they may act.
    pub(super) reach: Reach,
    /// Since when.
    pub asked_at: UnixTime,
    /// Until when somebody can decide; not at that second any more.
    pub expires: UnixTime,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided: Option<UnixTime>,
    /// Who carries it out.
    pub(super) executor: Option<String>,
    /// Pieces of the list that are done.
    pub(super) pieces_done: u64,
    /// Documents that are revoked now.
    pub done: u64,
    /// When it was over.
    pub finished: Option<UnixTime>,
    /// Why it failed.
    pub fault: Option<String>,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its list is being written; nobody sees it.
    Drafting,
    /// Somebody has to decide.
    Open,
    /// It will be done.
    Approved,
    /// It is being done.
    Executing,
    /// It is done.
    Done,
    /// It will not be done.
    Declined,
    /// Nobody decided in time.
    Expired,
    /// It could not be done.
    Failed,
}

impl State {
    /// The word in answers.
    pub const fn word(self) -> &'static str {
        match self {
            State::Drafting => "drafting",
            State::Open => "open",
            State::Approved => "approved",
            State::Executing => "executing",
            State::Done => "done",
            State::Declined => "declined",
            State::Expired => "expired",
            State::Failed => "failed",
        }
    }

    /// Whether nothing comes after it.
    pub const fn is_over(self) -> bool {
        matches!(self, State::Done | State::Declined | State::Expired | State::Failed)
    }
}

/// What is asked for: a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Revoke documents.
    Revoke {
        /// Why.
        why: Revocation,
        /// How many.
        count: u64,
        /// SHA-256 of their ids in order: who approves, approves this list.
        sha256: [u8; 32],
    },
    /// Change keys.
    ChangeKeys {
        /// How.
        change: KeyChange,
    },
}

/// A change of keys in the words of the command that makes it, such as `rotate credential`: 1 to 100 printable ASCII
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange(String);

/// A text that is no change of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes; a change of keys is told in 1 to 100 printable ASCII characters")]
pub struct NotAKeyChange {
    /// How long it is.
    pub bytes: usize,
}

impl KeyChange {
    /// Takes a change.
    ///
    /// # Errors
    /// [`NotAKeyChange`].
    pub fn new(text: &str) -> Result<Self, NotAKeyChange> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if (1..=100).contains(&text.len()) && printable && text.trim() == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAKeyChange { bytes: text.len() })
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Asked {
    pub(super) fn revocation(why: Revocation, ids: &[CredentialId]) -> Self {
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        Self::Revoke { why, count, sha256: hash(ids) }
    }

    /// Pieces of its list.
    pub(super) fn pieces(&self) -> u64 {
        match self {
            Asked::Revoke { count, .. } => count.div_ceil(IDS_PER_PIECE),
            Asked::ChangeKeys { .. } => 0,
        }
    }
}

/// SHA-256 of ids in their order.
pub(super) fn hash(ids: &[CredentialId]) -> [u8; 32] {
    let mut hash = Sha256::new();
    ids.iter().for_each(|id| hash.update(id.0));
    hash.finalize().into()
}

impl Approval {
    /// Whether a caller may know of it: it has all areas of who asked, or is who asked. A draft is nobody's.
    pub(super) fn is_seen_by(&self, caller: &Caller) -> bool {
        let within = caller.reach.lacks(&self.reach).is_none();
        self.state != State::Drafting && (within || self.asked_by == caller.actor)
    }

    /// Whether a caller is, as far as can be known, who asked.
    pub(super) fn is_of_the_same_person(&self, caller: &Caller) -> bool {
        [&caller.actor, &caller.origin].into_iter().any(|who| *who == self.asked_by || *who == self.origin)
    }

    /// How it stands at a time: what was not decided is expired, and so is a change of keys that nobody began.
    pub(super) fn at(&self, now: UnixTime) -> Self {
        let mut found = self.clone();
        let waits = match found.state {
            State::Open => true,
            State::Approved => matches!(found.asked, Asked::ChangeKeys { .. }),
            _ => false,
        };
        if waits && now >= found.expires {
            found.state = State::Expired;
        }
        found
    }
}

/// A request and the version of its paper.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: PaperId,
    pub(super) version: u64,
    pub(super) approval: Approval,
}

impl Known {
    /// A new one, in no store yet.
    pub(super) fn draft(asked: Asked, caller: &Caller, now: UnixTime) -> Result<Self, super::ApprovalFault> {
        let mut random = [0; 4];
        getrandom::fill(&mut random)?;
        let id = format!("{PREFIX}{:010x}{:08x}", now.seconds(), u32::from_be_bytes(random));
        let id = PaperId::new(&id).map_err(|_| damaged())?;
        let approval = Approval {
            id: id.clone(),
            state: State::Drafting,
            asked,
            asked_by: caller.actor.clone(),
            origin: caller.origin.clone(),
            reach: caller.reach.clone(),
            asked_at: now,
            expires: now.plus_seconds(OPEN_SECONDS).map_err(super::ApprovalFault::Time)?,
            decided_by: None,
            decided: None,
            executor: None,
            pieces_done: 0,
            done: 0,
            finished: None,
            fault: None,
        };
        Ok(Self { id, version: 0, approval })
    }

    pub(super) fn read(store: &dyn Papers, id: &PaperId) -> Result<Option<Self>, RecordsFault> {
        // A piece is no request.
        if !id.as_str().starts_with(PREFIX) {
            return Ok(None);
        }
        store.paper(&key(id))?.as_ref().map(Self::of).transpose()
    }

    pub(super) fn of(paper: &Paper) -> Result<Self, RecordsFault> {
        let kept: Kept = serde_json::from_slice(&paper.content).map_err(|_| damaged())?;
        let approval = kept.read(&paper.key.id).ok_or_else(damaged)?;
        Ok(Self { id: paper.key.id.clone(), version: paper.version, approval })
    }

    /// Writes it; what was read must still stand.
    pub(super) fn save(&mut self, store: &dyn Papers, notes: &[Note]) -> Result<(), RecordsFault> {
        let content = serde_json::to_vec(&Kept::of(&self.approval)).map_err(|_| damaged())?;
        store.write_papers(&[self.write(Some(content))], notes)?;
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    /// The write that replaces what was read.
    pub(super) fn write(&self, content: Option<Vec<u8>>) -> PaperWrite {
        let expect = if self.version == 0 { Expect::Absent } else { Expect::Version(self.version) };
        PaperWrite { key: key(&self.id), expect, content }
    }

    /// A line of the log about it.
    pub(super) fn note(&self, who: &Actor, act: Act, at: UnixTime) -> Note {
        let decided = self.approval.decided_by.as_ref().filter(|by| *by != who);
        let by = decided.map(|by| format!(" approved-by={by}")).unwrap_or_default();
        let detail = format!("{}{by} asked-by={}", self.approval.asked, self.approval.asked_by);
        Note { at, who: who.clone(), act, on: self.id.to_string(), detail: printable(&detail) }
    }
}

/// A place in the order of requests, in front of those made at or after a time.
pub(super) fn before(seconds: u64) -> Option<PaperId> {
    PaperId::new(&format!("{PREFIX}{seconds:010x}")).ok()
}

/// Writes the list of a request.
pub(super) fn write_pieces(
    store: &dyn Papers,
    id: &PaperId,
    ids: &[CredentialId],
) -> Result<(), RecordsFault> {
    let per_piece = usize::try_from(IDS_PER_PIECE).unwrap_or(usize::MAX);
    let mut writes = Vec::new();
    for (number, ids) in (0_u64..).zip(ids.chunks(per_piece)) {
        let content = ids.iter().flat_map(|id| id.0).collect();
        writes.push(PaperWrite {
            key: piece_key(id, number)?,
            expect: Expect::Absent,
            content: Some(content),
        });
    }
    writes.chunks(PIECES_AT_ONCE).try_for_each(|writes| store.write_papers(writes, &[]))
}

/// One piece of a list; none behind its end.
pub(super) fn read_piece(
    store: &dyn Papers,
    id: &PaperId,
    number: u64,
) -> Result<Option<Vec<CredentialId>>, RecordsFault> {
    let Some(paper) = store.paper(&piece_key(id, number)?)? else { return Ok(None) };
    let (ids, rest) = paper.content.as_chunks::<8>();
    if rest.is_empty() { Ok(Some(ids.iter().map(|id| FixedBytes(*id)).collect())) } else { Err(damaged()) }
}

/// Takes away the list of a request that needs it no more.
pub(super) fn remove_pieces(store: &dyn Papers, id: &PaperId) -> Result<(), RecordsFault> {
    let prefix = format!("{PIECE_PREFIX}{id}/");
    loop {
        let pieces = store.papers(PaperKind::Approval, &prefix, None, PIECES_AT_ONCE)?;
        if pieces.is_empty() {
            return Ok(());
        }
        let gone = |paper: Paper| PaperWrite { key: paper.key, expect: Expect::Whatever, content: None };
        store.write_papers(&pieces.into_iter().map(gone).collect::<Vec<_>>(), &[])?;
    }
}

/// The request of the first piece behind another request's, of whatever request.
pub(super) fn next_with_pieces(
    store: &dyn Papers,
    after: Option<&PaperId>,
) -> Result<Option<PaperId>, RecordsFault> {
    // No digit of a piece stands behind "~".
    let after =
        after.map(|id| PaperId::new(&format!("{PIECE_PREFIX}{id}/~")).map_err(|_| damaged())).transpose()?;
    let found = store.papers(PaperKind::Approval, PIECE_PREFIX, after.as_ref(), 1)?;
    let Some(piece) = found.first() else { return Ok(None) };
    let id = piece.key.id.as_str().strip_prefix(PIECE_PREFIX).and_then(|id| id.split('/').next());
    id.and_then(|id| PaperId::new(id).ok()).map(Some).ok_or_else(damaged)
}

fn piece_key(id: &PaperId, number: u64) -> Result<PaperKey, RecordsFault> {
    let id = PaperId::new(&format!("{PIECE_PREFIX}{id}/{number:06}")).map_err(|_| damaged())?;
    Ok(PaperKey { kind: PaperKind::Approval, id })
}

fn key(id: &PaperId) -> PaperKey {
    PaperKey { kind: PaperKind::Approval, id: id.clone() }
}

pub(super) fn damaged() -> RecordsFault {
    RecordsFault::Damaged { what: "an approval" }
}

/// The JSON of a paper.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    state: State,
    asked: KeptAct,
    asked_by: String,
    origin: String,
    areas: Option<Vec<String>>,
    asked_at: u64,
    expires: u64,
    decided_by: Option<String>,
    decided: Option<u64>,
    executor: Option<String>,
    pieces_done: u64,
    done: u64,
    finished: Option<u64>,
    fault: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum KeptAct {
    Revoke { reason: String, legal_basis: String, count: u64, sha256: String },
    ChangeKeys { change: String },
}

impl Kept {
    fn of(approval: &Approval) -> Self {
        Self {
            state: approval.state,
            asked: match &approval.asked {
                Asked::Revoke { why, count, sha256 } => KeptAct::Revoke {
                    reason: why.reason.clone(),
                    legal_basis: why.legal_basis.clone(),
                    count: *count,
                    sha256: FixedBytes(*sha256).to_string(),
                },
                Asked::ChangeKeys { change } => KeptAct::ChangeKeys { change: change.0.clone() },
            },
            asked_by: approval.asked_by.to_string(),
            origin: approval.origin.to_string(),
            areas: match &approval.reach {
                Reach::Everywhere => None,
                Reach::Within(areas) => Some(areas.iter().map(ToString::to_string).collect()),
            },
            asked_at: approval.asked_at.seconds(),
            expires: approval.expires.seconds(),
            decided_by: approval.decided_by.as_ref().map(ToString::to_string),
            decided: approval.decided.map(UnixTime::seconds),
            executor: approval.executor.clone(),
            pieces_done: approval.pieces_done,
            done: approval.done,
            finished: approval.finished.map(UnixTime::seconds),
            fault: approval.fault.clone(),
        }
    }

    fn read(self, id: &PaperId) -> Option<Approval> {
        let time = |seconds| UnixTime::new(seconds).ok();
        let time_if = |seconds: Option<u64>| seconds.map(|seconds| UnixTime::new(seconds).ok());
        let actor_if = |text: Option<String>| text.map(|text| Actor::new(&text).ok());
        Some(Approval {
            id: id.clone(),
            state: self.state,
            asked: match self.asked {
                KeptAct::Revoke { reason, legal_basis, count, sha256 } => Asked::Revoke {
                    why: Revocation { reason, legal_basis },
                    count,
                    sha256: FixedBytes::from_hex(&sha256).ok()?.0,
                },
                KeptAct::ChangeKeys { change } => Asked::ChangeKeys { change: KeyChange::new(&change).ok()? },
            },
            asked_by: Actor::new(&self.asked_by).ok()?,
            origin: Actor::new(&self.origin).ok()?,
            reach: Reach::of_words(self.areas.as_deref())?,
            asked_at: time(self.asked_at)?,
            expires: time(self.expires)?,
            decided_by: actor_if(self.decided_by).map_or(Some(None), |actor| actor.map(Some))?,
            decided: time_if(self.decided).map_or(Some(None), |time| time.map(Some))?,
            executor: self.executor,
            pieces_done: self.pieces_done,
            done: self.done,
            finished: time_if(self.finished).map_or(Some(None), |time| time.map(Some))?,
            fault: self.fault,
        })
    }
}
