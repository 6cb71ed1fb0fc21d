//! Changing the status of documents by their ids: everything is looked up and judged first, then changed.
//!
//! Refuses ids that this issuer never gave out, and changes that [`Change`] does not have. A document that names another
//! in `replaces` changes nothing by itself: that the older one is superseded is said here, by whoever knows that the
//! newer one has reached the person. What is changed reaches verifiers with the next publication ([`crate::publish`]).

use std::fmt;

use sanad_credential::{CredentialId, Status, UnixTime};

use crate::audit::{Act, Actor, Note};
use crate::copies;
use crate::issue::Issuer;
use crate::store::{self, CHANGES_MAX, RecordsFault, StatusChange, Transition};
use crate::transition::{Change, Outcome, Step};

/// A change that was judged for each document it is asked for, and not made yet.
#[derive(Debug)]
pub struct Judged {
    change: Change,
    possible: Vec<CredentialId>,
    /// The documents for which it cannot be made, in the order asked.
    pub impossible: Vec<(CredentialId, Impossible)>,
}

/// Why a document cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// No document of this issuer has the id.
    Unknown,
    /// Its status does not allow the change.
    Refuse {
        /// Its status.
        from: Status,
    },
}

/// Why the status of documents was not changed or read.
#[derive(Debug, thiserror::Error)]
pub enum StatusFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
}

impl Judged {
    /// How many documents it can be made for, those included that have the status already.
    pub fn possible(&self) -> usize {
        self.possible.len()
    }
}

impl Issuer {
    /// How many status lists are in use, at least one.
    ///
    /// # Errors
    /// [`StatusFault`].
    pub fn lists_in_use(&self) -> Result<u32, StatusFault> {
        Ok(store::lists_in_use(self.store.as_ref())?)
    }

    /// The status of a document; none for an id that was never given out.
    ///
    /// # Errors
    /// [`StatusFault`].
    pub fn status_of(&self, cti: CredentialId) -> Result<Option<Status>, StatusFault> {
        Ok(store::held(self.store.as_ref(), cti)?.map(|held| held.status))
    }

    /// Looks up documents and judges a change of their status; `progress` is told the number done. Nothing is changed.
    ///
    /// # Errors
    /// [`StatusFault`].
    pub fn judge_change(
        &self,
        change: Change,
        ids: &[CredentialId],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Judged, StatusFault> {
        let mut judged = Judged { change, possible: Vec::with_capacity(ids.len()), impossible: Vec::new() };
        for (cti, done) in ids.iter().zip(1..) {
            match self.status_of(*cti)? {
                None => judged.impossible.push((*cti, Impossible::Unknown)),
                Some(status) => match change.from(status) {
                    Outcome { from, step: Step::Refuse } => {
                        judged.impossible.push((*cti, Impossible::Refuse { from }));
                    }
                    Outcome { step: Step::To(_) | Step::Already, .. } => judged.possible.push(*cti),
                },
            }
            progress(done);
        }
        Ok(judged)
    }

    /// Makes a judged change where it is possible. On return it is on the disk; the rules are applied again while it is
    /// made, so an outcome may be a refusal where somebody else was faster.
    ///
    /// # Errors
    /// [`StatusFault`]; some documents may have been changed before it. To ask again does no harm.
    pub fn change_status(
        &self,
        judged: &Judged,
        who: &Actor,
        now: UnixTime,
    ) -> Result<Vec<(CredentialId, Outcome)>, StatusFault> {
        let mut outcomes = Vec::with_capacity(judged.possible.len());
        for ids in judged.possible.chunks(CHANGES_MAX) {
            let changes = ids.iter().map(|cti| StatusChange {
                cti: *cti,
                change: judged.change,
                note: Note {
                    at: now,
                    who: who.clone(),
                    act: act_of(judged.change),
                    on: cti.to_string(),
                    detail: String::new(),
                },
            });
            let transitions = copies::change_status(self.store.as_ref(), &changes.collect::<Vec<_>>())?;
            for (cti, transition) in ids.iter().zip(transitions) {
                // What was there when it was judged is never taken away.
                if let Transition::Judged(outcome) = transition {
                    outcomes.push((*cti, outcome));
                }
            }
        }
        Ok(outcomes)
    }
}

/// What the log calls a change.
pub(crate) fn act_of(change: Change) -> Act {
    match change {
        Change::Suspend => Act::Suspend,
        Change::Resume => Act::Resume,
        Change::Revoke => Act::Revoke,
        Change::Supersede => Act::Supersede,
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Impossible::Unknown => f.write_str("no document of this issuer has this id"),
            Impossible::Refuse { from: Status::Revoked } => f.write_str("revoked, which stays"),
            Impossible::Refuse { from: Status::Superseded } => {
                f.write_str("superseded by a newer document; it can only be revoked")
            }
            Impossible::Refuse { from } => write!(f, "its status is {}", from.word()),
        }
    }
}
