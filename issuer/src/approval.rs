//! Four eyes: what one person asks for and another has to agree to, before it is done once.
//!
//! Revoking many documents and changing keys are such acts ([`Asked`]). A request is a paper of the store; a long list of
//! documents stands in further papers. It is open for [`OPEN_SECONDS`]. Whoever decides has the role of an approver, has
//! all the areas of who asked, and is somebody else: not the same caller, and not one whose token leads back to the same
//! origin ([`Caller::origin`]). Two tokens that the command line made for one person are two persons here; nobody can see
//! that from the inside, so approvers' tokens go to approvers, by hand.
//!
//! States: `drafting` -> `open` -> `approved` -> `executing` -> `done`; `declined`, `expired` and `failed` are ends too.
//! Each step expects the version of the paper that was read, so of two who decide at once one does, and of two who execute
//! one. What is approved is carried out by [`runner`], which goes on after a kill where the paper says, or, for keys, by
//! the command that changes them ([`claim_key_change`]). An act that was cut off is begun again and changes nothing twice:
//! a revoked document stays revoked, and is not logged again.

mod paper;
pub mod runner;

use std::fmt;

use sanad_credential::{CredentialId, UnixTime};

pub use self::paper::{Approval, Asked, KeyChange, NotAKeyChange, State};
use self::paper::{IDS_PER_PIECE, Known, PREFIX, remove_pieces, write_pieces};
use crate::audit::{Act, Actor};
use crate::role::Permission;
use crate::service::caller::{Caller, Denied};
use crate::store::{PAGE_MAX, PaperId, PaperKind, Papers, RecordsFault};

/// How long a request is open, and how long after it was asked for a change of keys may begin: 72 hours, a weekend.
pub const OPEN_SECONDS: u64 = 72 * 3_600;

/// Documents of one request.
pub const IDS_MAX: usize = 100_000;

/// How often a decision is tried again when the paper changed meanwhile.
const ATTEMPTS: u32 = 8;

/// What an approver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Let it be done.
    Approve,
    /// Let it not be done.
    Decline,
}

/// Why nothing was asked, decided or claimed.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalFault {
    /// No request has the id, or none that the caller may know of.
    #[error("there is no such approval")]
    Unknown,
    /// Who asked does not decide.
    #[error("who asked for it cannot decide on it, nor can a token that goes back to the same origin")]
    Own,
    /// It is decided, carried out or past its time.
    #[error("the approval is {}", .0.word())]
    Closed(State),
    /// It is about something else.
    #[error("the approval is about something else: {found}")]
    OtherAct {
        /// What it is about.
        found: String,
    },
    /// Too many documents, or none.
    #[error("{count} documents, must be 1 to {IDS_MAX}")]
    Count {
        /// How many.
        count: usize,
    },
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The time is beyond all bounds.
    #[error("{0}")]
    Time(sanad_credential::Fault),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsFault),
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Why documents are revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Word of the reason.
    pub reason: String,
    /// The law, rule or decision it rests on.
    pub legal_basis: String,
}

/// Asks for a second person to agree to the revocation of documents. That the caller may revoke each of them has been
/// tested.
///
/// # Errors
/// [`ApprovalFault`].
pub fn ask_revocation(
    store: &dyn Papers,
    caller: &Caller,
    why: Revocation,
    ids: &[CredentialId],
    now: UnixTime,
) -> Result<Approval, ApprovalFault> {
    caller.require(Permission::Revoke)?;
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(ApprovalFault::Count { count: ids.len() });
    }
    let asked = Asked::revocation(why, ids);
    if let Some(open) = same_open(store, caller, &asked, now)? {
        return Ok(open);
    }
    let mut known = Known::draft(asked, caller, now)?;
    known.save(store, &[])?;
    write_pieces(store, &known.id, ids)?;
    open(store, known, caller, now)
}

/// Asks for a second person to agree to a change of keys.
///
/// # Errors
/// [`ApprovalFault`].
pub fn ask_key_change(
    store: &dyn Papers,
    caller: &Caller,
    change: KeyChange,
    now: UnixTime,
) -> Result<Approval, ApprovalFault> {
    caller.require(Permission::ManageKeys)?;
    let known = Known::draft(Asked::ChangeKeys { change }, caller, now)?;
    open(store, known, caller, now)
}

fn open(
    store: &dyn Papers,
    mut known: Known,
    caller: &Caller,
    now: UnixTime,
) -> Result<Approval, ApprovalFault> {
    known.approval.state = State::Open;
    let note = known.note(&caller.actor, Act::AskApproval, now);
    known.save(store, &[note])?;
    Ok(known.approval)
}

/// The requests that a caller may know of, in the order in which they were made, from behind `after`; at most `limit`.
///
/// # Errors
/// [`RecordsFault`].
pub fn list(
    store: &dyn Papers,
    caller: &Caller,
    after: Option<&PaperId>,
    limit: usize,
    now: UnixTime,
) -> Result<Vec<Approval>, RecordsFault> {
    let (mut found, mut after) = (Vec::new(), after.cloned());
    while found.len() < limit {
        let page = store.papers(PaperKind::Approval, PREFIX, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.id.clone());
        for paper in &page {
            let approval = Known::of(paper)?.approval;
            if approval.is_seen_by(caller) {
                found.push(approval.at(now));
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// One request.
///
/// # Errors
/// [`ApprovalFault::Unknown`], [`ApprovalFault::Records`].
pub fn read(
    store: &dyn Papers,
    caller: &Caller,
    id: &PaperId,
    now: UnixTime,
) -> Result<Approval, ApprovalFault> {
    Ok(read_for(store, caller, id)?.approval.at(now))
}

/// A part of the list of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// Their ids.
    pub credentials: Vec<CredentialId>,
    /// How many the whole list has.
    pub count: u64,
}

/// Documents of a request for a revocation, from number `from` on: one piece of the list. Of a request that is over none
/// are left.
///
/// # Errors
/// [`ApprovalFault::Unknown`], [`ApprovalFault::Records`].
pub fn documents(
    store: &dyn Papers,
    caller: &Caller,
    id: &PaperId,
    from: u64,
) -> Result<Documents, ApprovalFault> {
    let known = read_for(store, caller, id)?;
    let piece = from.checked_div(IDS_PER_PIECE).unwrap_or(0);
    let within = usize::try_from(from.checked_rem(IDS_PER_PIECE).unwrap_or(0)).unwrap_or(usize::MAX);
    let ids = paper::read_piece(store, &known.id, piece)?.unwrap_or_default();
    let count = match known.approval.asked {
        Asked::Revoke { count, .. } => count,
        Asked::ChangeKeys { .. } => 0,
    };
    Ok(Documents { credentials: ids.into_iter().skip(within).collect(), count })
}

/// Decides on a request.
///
/// # Errors
/// [`ApprovalFault`].
pub fn decide(
    store: &dyn Papers,
    caller: &Caller,
    id: &PaperId,
    decision: Decision,
    now: UnixTime,
) -> Result<Approval, ApprovalFault> {
    caller.require(Permission::Approve)?;
    for _ in 0..ATTEMPTS {
        let mut known = read_for(store, caller, id)?;
        let state = known.approval.at(now).state;
        if state != State::Open {
            return Err(ApprovalFault::Closed(state));
        }
        if known.approval.is_of_the_same_person(caller) {
            return Err(ApprovalFault::Own);
        }
        let (state, act) = match decision {
            Decision::Approve => (State::Approved, Act::Approve),
            Decision::Decline => (State::Declined, Act::Decline),
        };
        known.approval.state = state;
        known.approval.decided_by = Some(caller.actor.clone());
        known.approval.decided = Some(now);
        let note = known.note(&caller.actor, act, now);
        match known.save(store, &[note]) {
            Ok(()) => {
                if decision == Decision::Decline {
                    remove_pieces(store, &known.id)?;
                }
                return Ok(known.approval);
            }
            // The next look tells who was faster, and what they said.
            Err(RecordsFault::Overtaken { .. }) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(RecordsFault::Overtaken { id: id.clone() }.into())
}

/// Whether a change of keys is begun for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is.
    First,
    /// It was begun before and not finished: look what is done already.
    Again,
}

/// Takes an approved change of keys, to carry it out now. Of two who do so one gets it.
///
/// # Errors
/// [`ApprovalFault`].
pub fn claim_key_change(
    store: &dyn Papers,
    id: &PaperId,
    wanted: &KeyChange,
    who: &Actor,
    now: UnixTime,
) -> Result<Claimed, ApprovalFault> {
    let mut known = Known::read(store, id)?.ok_or(ApprovalFault::Unknown)?;
    match &known.approval.asked {
        Asked::ChangeKeys { change } if change == wanted => {}
        other => return Err(ApprovalFault::OtherAct { found: other.to_string() }),
    }
    let claimed = match known.approval.at(now).state {
        State::Approved => Claimed::First,
        State::Executing if known.approval.executor.as_deref() == Some(who.as_str()) => Claimed::Again,
        state => return Err(ApprovalFault::Closed(state)),
    };
    known.approval.state = State::Executing;
    known.approval.executor = Some(who.as_str().to_owned());
    known.save(store, &[])?;
    Ok(claimed)
}

/// Whether the same caller took the change before and did not finish it.
///
/// # Errors
/// [`ApprovalFault`].
pub fn is_begun(store: &dyn Papers, id: &PaperId, who: &Actor) -> Result<bool, ApprovalFault> {
    let known = Known::read(store, id)?.ok_or(ApprovalFault::Unknown)?;
    Ok(known.approval.state == State::Executing && known.approval.executor.as_deref() == Some(who.as_str()))
}

/// Says that a claimed change of keys is done. Its line of the log tells who asked and who agreed.
///
/// # Errors
/// [`ApprovalFault`].
pub fn finish_key_change(
    store: &dyn Papers,
    id: &PaperId,
    who: &Actor,
    now: UnixTime,
) -> Result<(), ApprovalFault> {
    let mut known = Known::read(store, id)?.ok_or(ApprovalFault::Unknown)?;
    if known.approval.state != State::Executing || known.approval.executor.as_deref() != Some(who.as_str()) {
        return Err(ApprovalFault::Closed(known.approval.state));
    }
    known.approval.state = State::Done;
    known.approval.finished = Some(now);
    let note = known.note(who, Act::ChangeKeys, now);
    known.save(store, &[note])?;
    Ok(())
}

/// What the caller asked for already and nobody decided: an answer that was lost on the way is asked for again.
fn same_open(
    store: &dyn Papers,
    caller: &Caller,
    asked: &Asked,
    now: UnixTime,
) -> Result<Option<Approval>, RecordsFault> {
    let mut after = paper::before(now.seconds().saturating_sub(OPEN_SECONDS));
    loop {
        let page = store.papers(PaperKind::Approval, PREFIX, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.key.id.clone());
        for paper in &page {
            let found = Known::of(paper)?.approval.at(now);
            if found.state == State::Open && found.asked_by == caller.actor && found.asked == *asked {
                return Ok(Some(found));
            }
        }
    }
}

fn read_for(store: &dyn Papers, caller: &Caller, id: &PaperId) -> Result<Known, ApprovalFault> {
    let known = Known::read(store, id)?.filter(|known| known.approval.is_seen_by(caller));
    known.ok_or(ApprovalFault::Unknown)
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Revoke { why, count, .. } => {
                write!(f, "revoke {count} documents, reason={} basis={}", why.reason, why.legal_basis)
            }
            Asked::ChangeKeys { change } => write!(f, "change keys: {change}"),
        }
    }
}

#[cfg(test)]
mod tests;
