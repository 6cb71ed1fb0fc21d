//! Which changes of status there are (SPEC.md section 4): a table, and nothing else.
//!
//! Valid and suspended change into each other; both become superseded when a newer document takes the place; whatever
//! is not revoked can be. Refused: everything that leaves revoked, and everything but revocation that leaves superseded,
//! since a holder must not get back what a clinic was told is gone. Arrears are no suspension: they follow from the date
//! to which contributions are paid.

use sanad_credential::Status;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Not valid until resumed.
    Suspend,
    /// Valid again after a suspension.
    Resume,
    /// Never valid again.
    Revoke,
    /// A newer document takes its place.
    Supersede,
}

/// What a change comes to for one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its status before.
    pub from: Status,
    /// The step.
    pub step: Step,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another status.
    To(Status),
    /// It has that status already.
    Already,
    /// Its status does not allow the change.
    Refuse,
}

impl Change {
    /// All changes.
    pub const ALL: [Self; 4] = [Self::Suspend, Self::Resume, Self::Revoke, Self::Supersede];

    /// The word of the command.
    pub const fn word(self) -> &'static str {
        match self {
            Change::Suspend => "suspend",
            Change::Resume => "resume",
            Change::Revoke => "revoke",
            Change::Supersede => "supersede",
        }
    }

    /// What the change comes to for a document of this status.
    pub const fn from(self, from: Status) -> Outcome {
        let step = match (self, from) {
            (Change::Suspend, Status::Valid) => Step::To(Status::Suspended),
            (Change::Resume, Status::Suspended) => Step::To(Status::Valid),
            (Change::Supersede, Status::Valid | Status::Suspended) => Step::To(Status::Superseded),
            (Change::Revoke, Status::Valid | Status::Suspended | Status::Superseded) => {
                Step::To(Status::Revoked)
            }
            (Change::Suspend, Status::Suspended)
            | (Change::Resume, Status::Valid)
            | (Change::Supersede, Status::Superseded)
            | (Change::Revoke, Status::Revoked) => Step::Already,
            (Change::Suspend | Change::Resume, Status::Revoked | Status::Superseded)
            | (Change::Supersede, Status::Revoked) => Step::Refuse,
        };
        Outcome { from, step }
    }
}

/// Whether a published status may be followed by another: what is revoked stays so, what is superseded can only be
/// revoked. Between two publications any number of steps may lie.
pub const fn may_follow(published: Status, now: Status) -> bool {
    match published {
        Status::Valid | Status::Suspended => true,
        Status::Superseded => matches!(now, Status::Superseded | Status::Revoked),
        Status::Revoked => matches!(now, Status::Revoked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transition_is_allowed_or_refused_as_the_specification_says() {
        use Status::{Revoked, Superseded, Suspended, Valid};
        use Step::{Already, Refuse, To};
        let table = [
            (Change::Suspend, [To(Suspended), Refuse, Already, Refuse]),
            (Change::Resume, [Already, Refuse, To(Valid), Refuse]),
            (Change::Revoke, [To(Revoked), Already, To(Revoked), To(Revoked)]),
            (Change::Supersede, [To(Superseded), Refuse, To(Superseded), Already]),
        ];
        assert_eq!(Status::ALL, [Valid, Revoked, Suspended, Superseded]);
        for (change, steps) in table {
            for (from, step) in Status::ALL.iter().zip(steps) {
                assert_eq!(change.from(*from), Outcome { from: *from, step }, "{change:?} from {from:?}");
            }
        }
    }

    #[test]
    fn whatever_steps_lie_between_two_publications_may_follow() {
        for from in Status::ALL {
            let mut reached = vec![*from];
            while let Some(next) = reached.iter().find_map(|status| {
                let steps = Change::ALL.iter().map(|change| change.from(*status).step);
                steps.into_iter().find_map(|step| match step {
                    Step::To(status) if !reached.contains(&status) => Some(status),
                    _ => None,
                })
            }) {
                reached.push(next);
            }
            for to in Status::ALL {
                assert_eq!(may_follow(*from, *to), reached.contains(to), "{from:?} to {to:?}");
            }
        }
    }
}
