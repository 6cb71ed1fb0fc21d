//! Why nothing was issued, as a problem of the closed table: what is wrong with the record, what the store has already, and
//! what kept the desk from it. Faults of the machine are told in the log, not to who asked.

use sanad_credential::CredentialId;

use crate::issue::{IssueFault, Unsignable};
use crate::register::Record;
use crate::service::desk::DeskFault;
use crate::service::problem::{About, Problem, ProblemKind};
use crate::service::requests::no_credential;
use crate::store::{Kept, RecordsFault};

pub(super) fn unsignable(record: &Record, fault: &Unsignable) -> Problem {
    let row = fault.at_line(record, Vec::new());
    Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
        .at(row.field, row.problem)
}

pub(super) fn not_kept(kept: Kept, about: Option<CredentialId>) -> Problem {
    let problem = match kept {
        Kept::OtherRequest { .. } => {
            let detail = "Another body was sent with this key. Choose a new key for a new act.";
            Problem::new(ProblemKind::IdempotencyKeyReused, detail)
        }
        Kept::SameRecord { cti } => {
            let detail =
                "Re-issue it if it was lost; a record that says something else is another credential.";
            return Problem::new(ProblemKind::RecordExists, detail).about(About::Credential(cti));
        }
        Kept::NothingToSupersede => no_credential(),
        Kept::CannotSupersede { from } => {
            let detail = format!("The credential is {}; it cannot be replaced.", from.word());
            Problem::new(ProblemKind::StatusConflict, detail)
        }
        Kept::Kept | Kept::IdTaken | Kept::SameRequest { .. } => {
            Problem::internal(&"the desk had no answer after all attempts")
        }
    };
    match about {
        Some(cti) => problem.about(About::Credential(cti)),
        None => problem,
    }
}

pub(super) fn desk_problem(record: &Record, fault: DeskFault) -> Problem {
    match fault {
        DeskFault::Unsignable(fault) => unsignable(record, &fault),
        DeskFault::Full => Problem::new(ProblemKind::Busy, format!("{fault}.")),
        DeskFault::Closed => Problem::new(ProblemKind::NotReady, format!("{fault}.")),
        DeskFault::Issue(fault) => match fault.as_ref() {
            IssueFault::ListsFull { .. } => Problem::new(ProblemKind::ListsFull, format!("{fault}.")),
            IssueFault::Store(RecordsFault::Store(_) | RecordsFault::Database { .. }) => {
                tracing::error!(cause = %fault, "the store failed");
                let detail =
                    "Nothing was acknowledged. Send the same request again, with the same Idempotency-Key.";
                Problem::new(ProblemKind::StoreUnavailable, detail)
            }
            IssueFault::Sign(sign) => {
                tracing::error!(cause = %sign, "no key signed");
                let detail = "No key can sign now; nothing was acknowledged. The operator's log says why. Send the same \
                              request again, with the same Idempotency-Key.";
                Problem::new(ProblemKind::NotReady, detail)
            }
            other => Problem::internal(other),
        },
    }
}
