//! Everything that a store holds, as one file, and its way back: how an issuer moves from one store to the other, and
//! what a backup is made of.
//!
//! [`export`] writes the file ([`form`] says how), [`verify`] reads all of it and believes nothing, [`fill`] puts it into
//! an empty store and then compares the store with the file. Memory stays the same however large the store is.
//!
//! Refused, before anything is written: a file of another issuer or form, one that was cut or altered, a row that is
//! there twice or out of place, a document that this issuer did not sign, or whose entry does not follow from its number
//! under the issuer's own key, a number that was never reserved, an audit log that does not hang together; and a store
//! that holds anything.
//!
//! A store that was half filled says so: a paper stands in it from the first commit to the last, nothing opens it
//! meanwhile ([`refuse_half_filled`]), and the same import goes on where it was stopped.

mod check;
mod export;
mod fill;
pub mod form;
mod reader;
mod tally;

use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use sanad_credential::{Fault, IssuerId, UnixTime};
use sanad_keyfile::KeyFault;
use sanad_trust::Rejection;

pub use check::{Checks, Verified, verify};
pub use export::{Export, Exported, export, export_file};
pub use fill::{Fill, fill, refuse_full, refuse_half_filled};
pub use reader::{ExportReader, Numbered};
pub use tally::{Counts, OutOfOrder};

pub(crate) use reader::hex;

use crate::audit::{Act, Actor, Broken, LineHash, Note};
use crate::store::{RecordsFault, Store};
use crate::strict_lines::{LineFault, StrictLines};

/// Where rows are read from. It is read twice: all of it is verified before the first row counts.
pub struct Source<'s> {
    path: PathBuf,
    open: Box<dyn Fn() -> Result<StrictLines<'static>, TransferFault> + 's>,
}

impl<'s> Source<'s> {
    /// An export. The file is opened once, so that nobody can lay another in its place meanwhile.
    ///
    /// # Errors
    /// [`TransferFault::File`].
    pub fn file(path: &Path) -> Result<Self, TransferFault> {
        let fault = |path: &Path, source| TransferFault::File { path: path.to_owned(), source };
        let file = File::open(path).map_err(|source| fault(path, source))?;
        let path_of = path.to_owned();
        let open = move || {
            let again = || {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(0))?;
                Ok(StrictLines::new(Box::new(BufReader::with_capacity(64 * 1024, file))))
            };
            again().map_err(|source| fault(&path_of, source))
        };
        Ok(Self { path: path.to_owned(), open: Box::new(open) })
    }

    /// Lines that `open` gives, from the first line of an export on.
    pub(crate) fn lines(
        path: &Path,
        open: impl Fn() -> Result<StrictLines<'static>, TransferFault> + 's,
    ) -> Self {
        Self { path: path.to_owned(), open: Box::new(open) }
    }

    fn reader(&self) -> Result<ExportReader<'static>, TransferFault> {
        ExportReader::begin((self.open)()?, &self.path)
    }
}

/// Fills an empty store with an export that was verified, compares the two, and tells the log.
///
/// # Errors
/// [`TransferFault`]; after most of them the store is half filled and says so.
pub fn import(
    store: &dyn Store,
    file: (&Source<'_>, &Verified),
    now: UnixTime,
    progress: Progress<'_>,
) -> Result<(), TransferFault> {
    let (source, verified) = file;
    let Counts { documents, lines, .. } = verified.counts;
    let note = Note {
        at: now,
        who: Actor::command_line(),
        act: Act::Import,
        on: format!("export of {}", verified.header.time),
        detail: format!("documents={documents} lines={lines} sha256={}", hex(&verified.sha256)),
    };
    fill(store, &Fill { source, verified, next: verified.next, note: &note }, progress)
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A file is being written.
    Write,
    /// The file is being verified.
    Verify,
    /// Rows are being put into the store.
    Load,
    /// The store is being compared with the file.
    Compare,
}

/// Told how many rows of a stage are done.
pub type Progress<'p> = &'p mut dyn FnMut(Stage, u64);

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
    /// The file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The passphrase does not open it, or it is no sealed file.
    #[error("{}", sealed_words(.0))]
    Sealed(KeyFault),
    /// A line of the file.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: Problem,
    },
    /// It says something else than when it was verified.
    #[error("{}: the file changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The rows do not come as a store promises.
    #[error("the store gave its rows out of order; nothing was exported")]
    StoreOrder,
    /// Somebody wrote to the store meanwhile.
    #[error(
        "the store was written to while it was exported, so that the export is of no one moment: stop the service, then \
         export again"
    )]
    InMotion,
    /// What is in the store is not what the file says.
    #[error(
        "the store does not hold what the file says (row {row}). It stays marked as half filled, and nothing opens it: \
         empty it, then import again"
    )]
    Differs {
        /// How many rows are the same.
        row: u64,
    },
    /// The store is being filled from another file.
    #[error(
        "the store is half filled from another file (SHA-256 {found}); import that file again, or empty the store"
    )]
    OtherFile {
        /// Of that file.
        found: String,
    },
    /// A thread ended without an answer.
    #[error("a worker thread ended without an answer")]
    Worker,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It cannot be read.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// It has not the form of an export.
    #[error("{0}")]
    Form(Fault),
    /// The first line is none of an export.
    #[error("this is no export of a store: {0}")]
    NoExport(Fault),
    /// The first line is none of a backup.
    #[error("this is no backup of an issuer: {0}")]
    NoBackup(Fault),
    /// The file ends before its last line.
    #[error("the file was cut off: its last line is missing")]
    Cut,
    /// The file goes on.
    #[error("the file goes on after its last line")]
    GoesOn,
    /// Another issuer's.
    #[error("this is the store of {found}, issuer.toml names {wanted}")]
    OtherIssuer {
        /// As the file says.
        found: IssuerId,
        /// As configured.
        wanted: IssuerId,
    },
    /// A row that is there twice or out of place.
    #[error(transparent)]
    Order(#[from] OutOfOrder),
    /// The rows are not those that were written.
    #[error("rows were added or taken away: {found:?}, the last line says {wanted:?}")]
    Counts {
        /// Rows that are there.
        found: Counts,
        /// As the last line says.
        wanted: Counts,
    },
    /// The bytes are not those that were written.
    #[error("the file was altered: its SHA-256 is {found}, the last line says {wanted}")]
    Altered {
        /// Of what is there.
        found: String,
        /// As the last line says.
        wanted: String,
    },
    /// A number that nobody could have.
    #[error("number {number} was never reserved, the next is {next}")]
    NotReserved {
        /// The number.
        number: u64,
        /// The first that is free.
        next: u64,
    },
    /// A document that this issuer did not sign.
    #[error("the document is not this issuer's: {0}")]
    Document(Rejection),
    /// The row says something else than its document.
    #[error("the {member} is not the document's")]
    NotTheDocuments {
        /// Which member.
        member: &'static str,
    },
    /// The entry does not follow from the number.
    #[error(
        "the entry in the status list does not follow from number {number} under the key of this issuer's keys.age: the \
         file belongs to other keys"
    )]
    Place {
        /// The number.
        number: u64,
    },
    /// The audit log does not hang together.
    #[error("the audit log does not hang together: {0}")]
    Log(Broken),
    /// The audit log ends elsewhere.
    #[error("the audit log ends with {found}, the last line says {wanted}")]
    Head {
        /// Hash of its last line.
        found: LineHash,
        /// As the last line of the file says.
        wanted: LineHash,
    },
}

/// A fault of a sealed file that holds no keys.
fn sealed_words(fault: &KeyFault) -> String {
    match fault {
        KeyFault::Damaged { path } => format!("{} is damaged, or no backup", path.display()),
        other => other.to_string(),
    }
}
