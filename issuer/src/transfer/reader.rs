//! Reading an export line by line. What comes out is of the right form and in order; whether it is true is asked by
//! [`super::verify`]. That the file is whole shows at its end: counts and SHA-256 are compared before the last call
//! answers.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::form::{Header, LINE_BYTES_MAX, Line, Trailer};
use super::tally::Tally;
use super::{Counts, Problem, TransferFault};
use crate::store::document::Row;
use crate::strict_lines::StrictLines;

/// A row and its line in the file.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// From 1.
    pub line: u64,
    /// The row.
    pub row: Row,
}

/// Reads an export.
pub struct ExportReader<'i> {
    path: PathBuf,
    lines: StrictLines<'i>,
    header: Header,
    hash: Sha256,
    tally: Tally,
    end: Option<Trailer>,
}

impl<'i> ExportReader<'i> {
    /// Reads the first line of the export in `file`, which is called `path` in faults.
    ///
    /// # Errors
    /// [`TransferFault::Line`].
    pub fn new(file: Box<dyn std::io::BufRead + 'i>, path: &Path) -> Result<Self, TransferFault> {
        Self::begin(StrictLines::new(file), path)
    }

    /// Reads the first line of an export, which may stand behind other lines.
    pub(crate) fn begin(mut lines: StrictLines<'i>, path: &Path) -> Result<Self, TransferFault> {
        let fault = |line, problem| TransferFault::Line { path: path.to_owned(), line, problem };
        let first = lines.next(LINE_BYTES_MAX);
        let number = lines.number();
        let first = first.map_err(|problem| fault(number, problem.into()))?;
        let first = first.ok_or_else(|| fault(number, Problem::Cut))?;
        let header = Header::parse(&first).map_err(|problem| fault(number, Problem::NoExport(problem)))?;
        let mut hash = Sha256::new();
        hash.update(&first);
        hash.update(b"\n");
        Ok(Self { path: path.to_owned(), lines, header, hash, tally: Tally::new(), end: None })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next row; none when the file is whole and at its end.
    ///
    /// # Errors
    /// [`TransferFault::Line`].
    pub fn next_row(&mut self) -> Result<Option<Numbered>, TransferFault> {
        if self.end.is_some() {
            return Ok(None);
        }
        let next = self.read();
        next.map_err(|problem| self.fault_at(self.lines.number(), problem))
    }

    fn read(&mut self) -> Result<Option<Numbered>, Problem> {
        let text = self.lines.next(LINE_BYTES_MAX)?.ok_or(Problem::Cut)?;
        let row = match Line::parse(&text).map_err(Problem::Form)? {
            Line::Row(row) => row,
            Line::End(trailer) => return self.finish(trailer).map(|()| None),
        };
        self.tally.add(&row)?;
        self.hash.update(&text);
        self.hash.update(b"\n");
        Ok(Some(Numbered { line: self.lines.number(), row }))
    }

    fn finish(&mut self, trailer: Trailer) -> Result<(), Problem> {
        let (found, wanted) = (self.tally.counts, trailer.counts);
        if found != wanted || !self.tally.is_begun() {
            return Err(Problem::Counts { found, wanted });
        }
        let sha256: [u8; 32] = self.hash.clone().finalize().into();
        if sha256 != trailer.sha256 {
            let [found, wanted] = [sha256, trailer.sha256].map(|hash| hex(&hash));
            return Err(Problem::Altered { found, wanted });
        }
        if self.lines.next(LINE_BYTES_MAX)?.is_some() {
            return Err(Problem::GoesOn);
        }
        self.end = Some(trailer);
        Ok(())
    }

    /// The last line, once all rows were read.
    pub fn trailer(&self) -> Option<&Trailer> {
        self.end.as_ref()
    }

    /// Rows read so far.
    pub fn counts(&self) -> Counts {
        self.tally.counts
    }

    /// SHA-256 over the rows, without the first.
    pub(crate) fn rows_hash(&self) -> [u8; 32] {
        self.tally.rows_hash()
    }

    pub(crate) fn fault_at(&self, line: u64, problem: Problem) -> TransferFault {
        TransferFault::Line { path: self.path.clone(), line, problem }
    }
}

/// As the last line has it.
pub(crate) fn hex(hash: &[u8; 32]) -> String {
    sanad_credential::FixedBytes(*hash).to_string()
}
