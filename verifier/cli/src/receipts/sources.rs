//! Where receipts to be verified come from: the log of this device, exports, and single documents.
//!
//! An export is told by its first bytes: a JSON export starts with its form, a CSV export with the names of its columns.
//! Anything else is a document or a picture of one. Lines are read one by one and have a limit; a last line that counts is
//! missing where a JSON export was cut off. A CSV row is one line, since no value of a receipt has a line break.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use sanad_credential::{Date, IssuerId, Json, Limits};
use sanad_trust::members;

use super::examine::{Declared, Examination, Found, Item, LINE_BYTES_MAX, RECEIPTS_MAX, Stated, header};
use super::export::FORM;
use super::log::{self, LogFault};
use super::row::from_base64;
use crate::counter;
use crate::state::State;

/// The first line of a JSON export carries delegations.
const FIRST_LINE_LIMITS: Limits =
    Limits { bytes_max: 1 << 20, depth_max: 3, entries_max: 4_096, values_max: 8_192 };

/// The last line has a total for each currency.
const LAST_LINE_LIMITS: Limits =
    Limits { bytes_max: LINE_BYTES_MAX, depth_max: 4, entries_max: 64, values_max: 512 };

/// Receipts that are verified before the next ones are read.
const BATCH: usize = 8_192;

/// Why a source was not read.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line of it.
    #[error("{}: line {line}: {words}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong.
        words: String,
    },
    /// A document.
    #[error("{0}")]
    Document(String),
    /// Too many receipts.
    #[error("more than {RECEIPTS_MAX} receipts; verify them in parts")]
    TooMany,
}

/// Receipts on their way to be verified.
pub struct Feed<'e, 't> {
    /// Where they go.
    pub examination: &'e mut Examination<'t>,
    /// On so many threads.
    pub threads: usize,
    /// Told the number of receipts after each batch.
    pub progress: &'e dyn Fn(u64),
    /// What the caller says of the sources, which wins over what an export says of itself.
    pub declared: Declared,
}

impl Feed<'_, '_> {
    /// The log of this device.
    ///
    /// # Errors
    /// [`SourceFault`].
    pub fn log(&mut self, state: &State, source: usize) -> Result<(), SourceFault> {
        let mut items = Vec::new();
        let nothing = Declared::nothing();
        log::read(state, |entry| {
            let found = Found::Document(entry.document.to_vec(), entry.resolves);
            items.push(Item { place: (source, entry.number), found });
            if items.len() >= BATCH { self.pass_on(&mut items, &nothing) } else { Ok(()) }
        })?;
        self.pass_on(&mut items, &nothing)
    }

    /// A file. The payer that the export is for is returned.
    ///
    /// # Errors
    /// [`SourceFault`].
    pub fn file(&mut self, argument: &str, source: usize) -> Result<Option<IssuerId>, SourceFault> {
        let path = Path::new(argument);
        let Ok(file) = File::open(path) else {
            // A typed text, standard input, or a file that cannot be read: the same words as everywhere.
            return self.documents(argument, source).map(|()| None);
        };
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let start =
            reader.fill_buf().map_err(|fault| SourceFault::File { path: path.to_owned(), source: fault })?;
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        if start.starts_with(b"{") {
            Lines { reader, path, line: 0 }.json(self, source)
        } else if start.starts_with(b"id,") || start.starts_with(b"\"id\"") {
            Lines { reader, path, line: 0 }.csv(self, source).map(|()| self.declared.home.clone())
        } else {
            self.documents(argument, source).map(|()| None)
        }
    }

    fn documents(&mut self, argument: &str, source: usize) -> Result<(), SourceFault> {
        let found = counter::documents(argument);
        if let Some(fault) = found.faults.first() {
            return Err(SourceFault::Document(fault.to_string()));
        }
        let items = (1..).zip(found.documents);
        let items = items.map(|(number, document)| Item {
            place: (source, number),
            found: Found::Document(document.bytes, None),
        });
        self.pass_on(&mut items.collect(), &Declared::nothing())
    }

    fn pass_on(&mut self, items: &mut Vec<Item>, declared: &Declared) -> Result<(), SourceFault> {
        if self.examination.receipts().saturating_add(items.len()) > RECEIPTS_MAX {
            return Err(SourceFault::TooMany);
        }
        let count = u64::try_from(items.len()).unwrap_or(0);
        self.examination.batch(std::mem::take(items), declared, self.threads);
        (self.progress)(count);
        Ok(())
    }
}

/// A file line by line.
struct Lines<'p> {
    reader: BufReader<File>,
    path: &'p Path,
    line: u64,
}

impl Lines<'_> {
    fn next(&mut self, bytes_max: usize) -> Result<Option<String>, SourceFault> {
        let mut line = Vec::new();
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut line);
        read.map_err(|source| SourceFault::File { path: self.path.to_owned(), source })?;
        if line.is_empty() {
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        if line.len() > bytes_max {
            return Err(self.fault(format!("longer than {bytes_max} bytes")));
        }
        let text = String::from_utf8(line).map_err(|_| self.fault("no UTF-8 text".to_owned()))?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn fault(&self, words: String) -> SourceFault {
        SourceFault::Line { path: self.path.to_owned(), line: self.line, words }
    }

    fn json(mut self, feed: &mut Feed<'_, '_>, source: usize) -> Result<Option<IssuerId>, SourceFault> {
        let first = self.next(FIRST_LINE_LIMITS.bytes_max)?.unwrap_or_default();
        let (mut declared, delegations) =
            parse_first(&first).map_err(|fault| self.fault(format!("no export of receipts: {fault}")))?;
        declared.home = feed.declared.home.clone().or(declared.home);
        for delegation in delegations {
            feed.examination.add_delegation((source, self.line), delegation);
        }
        let mut items = Vec::new();
        let mut rows = 0_i64;
        loop {
            let Some(line) = self.next(LINE_BYTES_MAX)? else {
                return Err(self.fault("the export is cut off: its last line is missing".to_owned()));
            };
            if line.starts_with("{\"receipts\":") {
                feed.pass_on(&mut items, &declared)?;
                let (receipts_stated, totals) =
                    parse_last(&line).map_err(|fault| self.fault(fault.to_string()))?;
                let place = (source, self.line);
                feed.examination.add_stated(Stated { place, receipts: rows, receipts_stated, totals });
                break;
            }
            rows = rows.saturating_add(1);
            items.push(Item { place: (source, self.line), found: Found::Json(line) });
            if items.len() >= BATCH {
                feed.pass_on(&mut items, &declared)?;
            }
        }
        match self.next(LINE_BYTES_MAX)? {
            None => Ok(declared.home),
            Some(_) => Err(self.fault("the export goes on after its last line".to_owned())),
        }
    }

    fn csv(mut self, feed: &mut Feed<'_, '_>, source: usize) -> Result<(), SourceFault> {
        let first = self.next(LINE_BYTES_MAX)?.unwrap_or_default();
        if parse_record(&first).is_none_or(|record| record != header()) {
            return Err(self.fault(format!("the columns must be {}", header().join(","))));
        }
        let declared = feed.declared.clone();
        let mut items = Vec::new();
        while let Some(line) = self.next(LINE_BYTES_MAX)? {
            if line.is_empty() {
                continue;
            }
            let place = (source, self.line);
            match parse_record(&line) {
                Some(record) => items.push(Item { place, found: Found::Csv(record) }),
                None => feed.examination.fault(place, None, "no row of CSV".to_owned()),
            }
            if items.len() >= BATCH {
                feed.pass_on(&mut items, &declared)?;
            }
        }
        feed.pass_on(&mut items, &declared)
    }
}

/// One line, which must be one row.
fn parse_record(line: &str) -> Option<StringRecord> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let mut record = StringRecord::new();
    let read = reader.read_record(&mut record).ok()?;
    let mut further = StringRecord::new();
    (read && !reader.read_record(&mut further).ok()?).then_some(record)
}

fn parse_first(line: &str) -> Result<(Declared, Vec<Vec<u8>>), sanad_credential::Fault> {
    let json = Json::parse(line, FIRST_LINE_LIMITS)?;
    let mut object = json.object()?;
    let version = members::member(&mut object, FORM, Json::integer)?;
    if version != 1 {
        let found = i128::from(version);
        return Err(sanad_credential::Fault::new(sanad_credential::What::Range { found, min: 1, max: 1 })
            .within(FORM));
    }
    let day = |json: &Json<'_>| match json {
        Json::Null => Ok(None),
        json => Date::parse(json.text()?).map(Some),
    };
    let from = members::member(&mut object, "from", day)?;
    let to = members::member(&mut object, "to", day)?;
    let home = members::member(&mut object, "home", |json| match json {
        Json::Null => Ok(None),
        json => IssuerId::new(json.text()?).map(Some),
    })?;
    let document = |json: &Json<'_>| {
        let wanted = "Base64url of a document";
        from_base64(json.text()?).ok_or_else(|| sanad_credential::What::Pattern { wanted }.into())
    };
    let delegations = members::member(&mut object, "delegations", |json| members::entries(json, document))?;
    object.finish()?;
    Ok((Declared { from, to, home }, delegations))
}

fn parse_last(line: &str) -> Result<(i64, String), sanad_credential::Fault> {
    let json = Json::parse(line, LAST_LINE_LIMITS)?;
    let mut object = json.object()?;
    let receipts = members::member(&mut object, "receipts", Json::integer)?;
    let totals = members::member(&mut object, "totals", |json| json.array().map(|_| json.to_string()))?;
    object.finish()?;
    Ok((receipts, totals))
}
