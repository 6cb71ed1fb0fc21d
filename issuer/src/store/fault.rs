//! Why a store did not do what it was asked for.

use sanad_credential::{Fault, IssuerId};

use super::document::Kept;
use super::paper::PaperId;
use crate::durable::StoreFault;

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RecordsFault {
    /// The embedded storage below.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// PostgreSQL. The text never has a value that was sent to it.
    #[error("PostgreSQL: {problem}")]
    Database {
        /// What it said: code and message, without details.
        problem: String,
        /// Whether the same act may go through when it is asked again.
        again: Again,
    },
    /// It is not known which store there is.
    #[error("{problem}")]
    Choice {
        /// What is wrong with the configuration.
        problem: String,
    },
    /// The store belongs to another issuer.
    #[error("the store belongs to {found}, issuer.toml names {wanted}")]
    OtherIssuer {
        /// As stored.
        found: String,
        /// As configured.
        wanted: IssuerId,
    },
    /// The store was written by another version.
    #[error("the store has the format \"{found}\", this program reads \"{wanted}\"{}", advice(found, wanted))]
    OtherFormat {
        /// As stored.
        found: String,
        /// As this program writes it.
        wanted: &'static str,
    },
    /// An entry cannot be what this program wrote.
    #[error("the store is damaged at {what}; restore a backup")]
    Damaged {
        /// Which entry.
        what: &'static str,
    },
    /// A document bears a number that was never reserved: two stores have been mixed up.
    #[error("document number {number} was never reserved, the next is {next}")]
    NotReserved {
        /// Of the document.
        number: u64,
        /// The first that is free.
        next: u64,
    },
    /// A paper does not stand as expected: somebody else was faster.
    #[error("{id} was changed by somebody else meanwhile")]
    Overtaken {
        /// The paper.
        id: PaperId,
    },
    /// An entry of a batch that is kept in whole or not at all cannot be kept.
    #[error("not all documents of the batch can be kept")]
    NotKept {
        /// What would have become of each entry.
        kept: Vec<Kept>,
    },
    /// More was asked for at once than a commit takes.
    #[error("{asked} {of} at once, at most {max}")]
    TooMuch {
        /// Of what.
        of: &'static str,
        /// How many.
        asked: usize,
        /// Most allowed.
        max: usize,
    },
    /// A store that is not empty was to be filled.
    #[error(
        "the store is not empty: it has {documents} documents or more, or something else; only an empty one is filled"
    )]
    NotEmpty {
        /// How many were found.
        documents: u64,
    },
    /// An import into this store was stopped before its end.
    #[error(
        "the store is half filled: an import was stopped before its end. Run the same import again, with the same file \
         (its rows end with the SHA-256 {sha256}), and it goes on; or empty the store and start over"
    )]
    HalfFilled {
        /// Of the file, as the paper in the store says.
        sha256: String,
    },
    /// A status list was to bear a time that no document can.
    #[error("the time of the status list: {fault}")]
    Time {
        /// Which bound.
        fault: Fault,
    },
}

/// Whether the same act may go through when it is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The database is away, starting, or busy.
    Later,
    /// It will say the same again.
    Never,
}

/// What to do about another format.
fn advice(found: &str, wanted: &str) -> &'static str {
    match (found.parse::<u32>(), wanted.parse::<u32>()) {
        (Ok(0), _) => {
            ": it is empty. Fill it with sanad-issuer import, or make a new issuer with sanad-issuer init"
        }
        (Ok(found), Ok(wanted)) if found < wanted => "; run: sanad-issuer migrate DIR",
        _ => "; use the program that wrote it",
    }
}
