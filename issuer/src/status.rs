//! Changing the status of documents by their ids: everything is looked up and judged first, then changed.
//!
//! Refuses ids that this issuer never gave out, and changes that [`Change`] does not have. A document that names another
//! in `replaces` changes nothing by itself: that the older one is superseded is said here, by whoever knows that the
//! newer one has reached the person. What is changed reaches verifiers with the next publication ([`crate::publish`]).

use std::fmt;

use sanad_credential::{CredentialId, Status};

use crate::issue::Issuer;
use crate::permutation::PermutationFault;
use crate::store::RecordsFault;
use crate::store::status::Place;
use crate::transition::{Change, Outcome, Step};

/// A change that was judged for each document it is asked for, and not made yet.
#[derive(Debug)]
pub struct Judged {
    change: Change,
    possible: Vec<(CredentialId, Place)>,
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
    /// The status indices.
    #[error(transparent)]
    Permutation(#[from] PermutationFault),
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
        Ok(self.store.lists_in_use()?)
    }

    /// The status of a document; none for an id that was never given out.
    ///
    /// # Errors
    /// [`StatusFault`].
    pub fn status_of(&self, cti: CredentialId) -> Result<Option<Status>, StatusFault> {
        match self.place_of(cti)? {
            Some(place) => Ok(Some(self.store.status(place)?)),
            None => Ok(None),
        }
    }

    fn place_of(&self, cti: CredentialId) -> Result<Option<Place>, StatusFault> {
        let Some(sequence) = self.store.sequence_of(cti)? else {
            return Ok(None);
        };
        let (shard, index) = self.permutation.place(sequence)?;
        Ok(Some(Place { shard, index }))
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
            match self.place_of(*cti)? {
                None => judged.impossible.push((*cti, Impossible::Unknown)),
                Some(place) => match change.from(self.store.status(place)?) {
                    Outcome { from, step: Step::Refuse } => {
                        judged.impossible.push((*cti, Impossible::Refuse { from }));
                    }
                    Outcome { step: Step::To(_) | Step::Already, .. } => judged.possible.push((*cti, place)),
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
    pub fn change_status(&self, judged: &Judged) -> Result<Vec<(CredentialId, Outcome)>, StatusFault> {
        let places: Vec<Place> = judged.possible.iter().map(|(_, place)| *place).collect();
        let outcomes = self.store.change_status(judged.change, &places)?;
        Ok(judged.possible.iter().map(|(cti, _)| *cti).zip(outcomes).collect())
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
