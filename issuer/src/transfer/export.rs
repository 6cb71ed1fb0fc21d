//! Writing an export.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::form::{Header, Trailer};
use super::tally::Tally;
use super::{Counts, TransferFault, refuse_half_filled};
use crate::audit::Head;
use crate::store::document::{Row, RowKey};
use crate::store::{PAGE_MAX, RecordsFault, Store};
use crate::whole_file::NewFile;

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Rows of each kind.
    pub counts: Counts,
    /// As its last line says.
    pub sha256: [u8; 32],
}

/// What is exported.
pub struct Export<'e> {
    /// The store.
    pub store: &'e dyn Store,
    /// The first line.
    pub header: &'e Header,
    /// What the file is called in faults.
    pub path: &'e Path,
}

/// Writes everything that a store holds.
///
/// # Errors
/// [`TransferFault::InMotion`] where somebody wrote to the store meanwhile; [`TransferFault::File`] for `out`;
/// [`TransferFault::Store`].
pub fn export(
    what: &Export<'_>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, TransferFault> {
    let store = what.store;
    refuse_half_filled(store)?;
    let file = |source| TransferFault::File { path: what.path.to_owned(), source };
    let started = Moment::of(store)?;
    let mut out = Hashing { out, hash: Sha256::new() };
    out.line(&what.header.line()).map_err(file)?;
    let (mut tally, mut after) = (Tally::new(), None::<RowKey>);
    loop {
        let rows = store.dump(after.as_ref(), PAGE_MAX)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.key());
        for row in &rows {
            started.refuse_later(row)?;
            let line = tally.add(row).map_err(|_| TransferFault::StoreOrder)?;
            out.line(&line).map_err(file)?;
        }
        progress(tally.counts.rows());
    }
    if Moment::of(store)? != started || started.head.lines != tally.counts.lines {
        return Err(TransferFault::InMotion);
    }
    let sha256 = out.hash.clone().finalize().into();
    let trailer = Trailer { counts: tally.counts, head: started.head.hash, sha256 };
    out.line(&trailer.line()).and_then(|()| out.out.flush()).map_err(file)?;
    Ok(Exported { counts: trailer.counts, sha256: trailer.sha256 })
}

/// Writes an export to a new file, which is there when all of it is on the disk.
///
/// # Errors
/// As [`export`]; [`TransferFault::File`] where there is a file already.
pub fn export_file(what: &Export<'_>, progress: &mut dyn FnMut(u64)) -> Result<Exported, TransferFault> {
    let file = |source| TransferFault::File { path: what.path.to_owned(), source };
    let mut out = BufWriter::with_capacity(64 * 1024, NewFile::begin(what.path).map_err(file)?);
    let exported = export(what, &mut out, progress)?;
    let written = out.into_inner().map_err(|error| file(error.into_error()))?;
    written.place().map_err(file)?;
    Ok(exported)
}

/// What moves with every act but the writing of papers without lines.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Moment {
    next: u64,
    head: Head,
}

impl Moment {
    fn of(store: &dyn Store) -> Result<Self, RecordsFault> {
        let (_, head) = store.audit(0, 0)?;
        let next = match store.dump(None, 1)?.as_slice() {
            [Row::Meta { next }] => next.0,
            _ => return Err(RecordsFault::Damaged { what: "its description" }),
        };
        Ok(Self { next, head })
    }

    /// A row that was not there when the export was begun: an export of a store that is in use would never end.
    fn refuse_later(&self, row: &Row) -> Result<(), TransferFault> {
        let is_later = match row {
            Row::Document(issued, _) => issued.sequence.0 >= self.next,
            Row::Line { n, .. } => *n >= self.head.lines,
            Row::Meta { .. } | Row::Request(..) | Row::Block { .. } | Row::Paper(_) => false,
        };
        if is_later { Err(TransferFault::InMotion) } else { Ok(()) }
    }
}

struct Hashing<'o> {
    out: &'o mut dyn Write,
    hash: Sha256,
}

impl Hashing<'_> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        for part in [line.as_bytes(), b"\n"] {
            self.hash.update(part);
            self.out.write_all(part)?;
        }
        Ok(())
    }
}
