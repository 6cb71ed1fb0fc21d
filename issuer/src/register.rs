//! Registers: the people for whom documents are asked, one record a line.
//!
//! A record is the JSON form of claims without what the issuer sets (`iss`, `cti`, `iat`, `status`, `cnf`); `exp`
//! may be given. NDJSON has one record a line; CSV (RFC 4180) has the columns of [`crate::csv_register`]. UTF-8 with
//! or without byte order mark, names in any script. Texts are brought into NFC, months become their first or last
//! day. Refuses control and direction characters in every text, records that differ from the format, and a second
//! record with the same content: somebody would get two cards.
//!
//! A record with a `holder_request`, the text that the wallet of the holder's phone shows, becomes a phone credential: its
//! key is bound once its proof holds, for this issuer and no other. What has none is for paper.
//!
//! Under the rules of a [`Scheme`] a row holds the facts of a registration instead, and the rules make the record of it.
//!
//! A [`Digest`] of the record's content is what makes a killed run resumable: the same record is never signed twice.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanad_credential::{
    CLAIMS_LIMITS, Common, Date, Draft, Fault, FixedBytes, HolderKey, HolderRequest, IssuerId, Json, Right,
    StatusIndex, StatusReference, StatusUri, UnixTime, What,
};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::csv_register::{Columns, CsvRegister};
use crate::lines::{Ends, KEPT_BYTES_MAX, Lines};
use crate::scheme::{self, Explanation, Facts, FactsFault, REGISTRATION_LIMITS, Scheme};

/// Longest line of a register: a record at its limits has less than the 16 kB that claims may have in JSON.
pub const LINE_BYTES_MAX: usize = 32_768;

/// One record, ready to become claims.
#[derive(Clone, Debug)]
pub struct Record {
    /// Line of the file, from 1.
    pub line: u64,
    /// Of the content.
    pub digest: Digest,
    /// What the person is entitled to.
    pub right: Right,
    /// Members that every type may have.
    pub common: Common,
    /// End of validity, where the register states it.
    pub exp: Option<UnixTime>,
    /// The key of the holder's phone, which proved to be the holder's; without, the document is one for paper.
    pub holder: Option<HolderKey>,
}

impl Record {
    /// The same record for a phone with this key.
    ///
    /// # Errors
    /// As for any record.
    pub(crate) fn bound_to(self, iss: &IssuerId, holder: Option<HolderKey>) -> Result<Self, Fault> {
        let digest = Digest::of(iss, &self.right, &self.common, self.exp, holder)?;
        Ok(Self { digest, holder, ..self })
    }
}

/// SHA-256 of a record's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// With stand-ins for what the issuer sets, the record passes every rule that compares members before anything is
    /// signed, and its bytes are the content that makes two records the same.
    pub(crate) fn of(
        iss: &IssuerId,
        right: &Right,
        common: &Common,
        exp: Option<UnixTime>,
        holder: Option<HolderKey>,
    ) -> Result<Self, Fault> {
        let iat = UnixTime::parse("2020-01-01")?;
        let draft = Draft {
            iss: iss.clone(),
            exp: exp.map_or_else(|| iat.plus_seconds(1), Ok)?,
            iat,
            cti: FixedBytes([0; 8]),
            status: Some(StatusReference {
                index: StatusIndex::new(0)?,
                uri: StatusUri::new("https://stand-in/0")?,
            }),
            holder_key: holder,
            common: common.clone(),
            right: right.clone(),
        };
        Ok(Self(Sha256::digest(draft.check()?.to_cbor()).into()))
    }
}

/// A record with its line as it stood, or why it was refused.
pub type Row = Result<(Record, Vec<u8>), RowFault>;

/// What a row of a register comes to.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A record, and the rules that made it where the register has registrations.
    Record {
        /// The record.
        record: Box<Record>,
        /// The line as it stood.
        raw: Vec<u8>,
        /// Which rules of the scheme counted.
        explanation: Option<Box<Explanation>>,
    },
    /// A registration that gives no cover, and why. It is no fault.
    NotCovered(Box<Explanation>),
}

/// The rules under which registrations are read.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The scheme.
    pub scheme: Arc<Scheme>,
    /// Day of issue.
    pub as_of: Date,
}

/// A record that was refused.
#[derive(Clone, Debug)]
pub struct RowFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// Column or member; empty when the whole line is meant.
    pub field: String,
    /// What is wrong, without the person's data.
    pub problem: String,
    /// The line as it stood, to be corrected and fed again.
    pub raw: Vec<u8>,
}

/// Which form a register has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
}

/// Why a register could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum RegisterFault {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Neither `.csv` nor `.ndjson`.
    #[error("{}: a register ends in .csv, .ndjson or .jsonl", path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The header of a CSV register.
    #[error("{}, line {line}, {column}: {problem}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What is wrong.
        problem: String,
    },
}

impl Form {
    /// By the file's ending.
    ///
    /// # Errors
    /// [`RegisterFault::Form`].
    pub fn of(path: &Path) -> Result<Self, RegisterFault> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("ndjson" | "jsonl") => Ok(Self::Ndjson),
            _ => Err(RegisterFault::Form { path: path.to_owned() }),
        }
    }
}

/// Reads a register record by record.
pub struct Register {
    source: Source,
    seen: HashMap<[u8; 16], u64>,
    reading: Reading,
}

/// Whose register is read, and under which rules; without, its rows are finished records.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) iss: IssuerId,
    pub(crate) rules: Option<Rules>,
}

enum Source {
    Ndjson(Lines),
    Csv(CsvRegister),
}

impl Register {
    /// Opens a register of an issuer.
    ///
    /// # Errors
    /// [`RegisterFault`].
    pub fn open(path: &Path, iss: IssuerId) -> Result<Self, RegisterFault> {
        Self::open_under(path, iss, None)
    }

    /// Opens a register; under the rules of a scheme its rows are registrations and payments.
    ///
    /// # Errors
    /// [`RegisterFault`].
    pub fn open_under(path: &Path, iss: IssuerId, rules: Option<Rules>) -> Result<Self, RegisterFault> {
        let file = |source| RegisterFault::File { path: path.to_owned(), source };
        let form = Form::of(path)?;
        let reader = Box::new(BufReader::new(File::open(path).map_err(file)?));
        Self::read(reader, form, path, Reading { iss, rules })
    }

    /// Reads a register that is in no file; faults call it by `path`.
    ///
    /// # Errors
    /// [`RegisterFault`].
    pub(crate) fn read(
        mut reader: Box<dyn BufRead + Send>,
        form: Form,
        path: &Path,
        reading: Reading,
    ) -> Result<Self, RegisterFault> {
        let file = |source| RegisterFault::File { path: path.to_owned(), source };
        skip_byte_order_mark(reader.as_mut()).map_err(file)?;
        let source = match form {
            Form::Ndjson => Source::Ndjson(Lines::new(reader, Ends::Newline)),
            Form::Csv => {
                let columns = if reading.rules.is_some() { Columns::Registrations } else { Columns::Records };
                Source::Csv(CsvRegister::open(path, Lines::new(reader, Ends::NewlineOrReturn), columns)?)
            }
        };
        Ok(Self { source, seen: HashMap::new(), reading })
    }

    /// The header of a CSV register as it stood, to be written before rejected lines.
    pub fn header(&self) -> Option<Vec<u8>> {
        match &self.source {
            Source::Ndjson(_) => None,
            Source::Csv(csv) => Some(csv.header_line()),
        }
    }

    /// The next record and its line as it stood; `None` at the end. A refused record does not end the reading, and
    /// registrations without cover are passed over.
    ///
    /// # Errors
    /// The outer error is one of the file itself.
    pub fn next_record(&mut self) -> std::io::Result<Option<Row>> {
        loop {
            match self.next_entry()? {
                None => return Ok(None),
                Some(Err(fault)) => return Ok(Some(Err(fault))),
                Some(Ok(Entry::Record { record, raw, .. })) => return Ok(Some(Ok((*record, raw)))),
                Some(Ok(Entry::NotCovered(_))) => {}
            }
        }
    }

    /// The next row; `None` at the end. A refused row does not end the reading.
    ///
    /// # Errors
    /// The outer error is one of the file itself.
    pub fn next_entry(&mut self) -> std::io::Result<Option<Result<Entry, RowFault>>> {
        let parsed = match &mut self.source {
            Source::Ndjson(lines) => {
                let line = loop {
                    match lines.next()? {
                        None => return Ok(None),
                        Some(line) if line.bytes.trim_ascii_end().is_empty() => {}
                        Some(line) => break line,
                    }
                };
                // A line that was cut keeps its length, by which it is refused.
                let raw = if line.is_cut { line.bytes.as_slice() } else { line.bytes.trim_ascii_end() };
                parse_json_line(&self.reading, line.number, raw)
                    .map_err(|problem| RowFault { raw: raw.to_vec(), ..problem })
            }
            Source::Csv(csv) => match csv.next_row(&self.reading)? {
                Some(row) => row,
                None => return Ok(None),
            },
        };
        Ok(Some(parsed.and_then(|parsed| self.admit(parsed))))
    }

    /// Refuses a second record with the same content.
    fn admit(&mut self, entry: Entry) -> Result<Entry, RowFault> {
        let Entry::Record { record, raw, .. } = &entry else { return Ok(entry) };
        // 16 of the 32 bytes: two of 100 million records collide once in 10^22 registers.
        let mut short = [0; 16];
        for (byte, full) in short.iter_mut().zip(record.digest.0) {
            *byte = full;
        }
        match self.seen.entry(short) {
            hash_map::Entry::Occupied(first) => {
                let problem = format!("the same record as in line {}", first.get());
                Err(RowFault { line: record.line, field: String::new(), problem, raw: raw.clone() })
            }
            hash_map::Entry::Vacant(place) => {
                place.insert(record.line);
                Ok(entry)
            }
        }
    }
}

/// Reads the members of one finished record that stands in no file.
pub(crate) fn parse_record(iss: &IssuerId, mut json: Json<'_>) -> Result<Record, FactsFault> {
    prepare(&mut json, &mut String::new()).map_err(|(field, problem)| FactsFault { field, problem })?;
    read_record(iss, 0, &json).map_err(told)
}

/// Reads the members of a row, whatever form they came in.
pub(crate) fn parse_members(
    reading: &Reading,
    line: u64,
    raw: Vec<u8>,
    mut json: Json<'_>,
) -> Result<Entry, RowFault> {
    if let Err((field, problem)) = prepare(&mut json, &mut String::new()) {
        return Err(RowFault { line, field, problem, raw });
    }
    let parsed = match &reading.rules {
        None => read_record(&reading.iss, line, &json).map_err(told).map(|record| (Some(record), None)),
        Some(rules) => read_registration(&reading.iss, rules, line, &json)
            .map(|(record, explanation)| (record, Some(Box::new(explanation)))),
    };
    match parsed {
        Ok((Some(record), explanation)) => Ok(Entry::Record { record: Box::new(record), raw, explanation }),
        Ok((None, Some(explanation))) => Ok(Entry::NotCovered(explanation)),
        // A row without rules is a record or a fault.
        Ok((None, None)) => Err(RowFault { line, field: String::new(), problem: "is empty".to_owned(), raw }),
        Err(FactsFault { field, problem }) => Err(RowFault { line, field, problem, raw }),
    }
}

/// A fault in words; what only the issuer sets is named as that.
fn told(fault: Fault) -> FactsFault {
    match fault.what() {
        What::Unknown { key } if SET_BY_ISSUER.contains(&key.trim_matches('"')) => {
            FactsFault { field: fault.place(), problem: format!("{key} is set by the issuer, leave it out") }
        }
        _ => FactsFault::from(fault),
    }
}

/// Applies the rules of a scheme to a registration. Without cover its person is still checked: the row is as good as it
/// will have to be when there is cover.
fn read_registration(
    iss: &IssuerId,
    rules: &Rules,
    line: u64,
    json: &Json<'_>,
) -> Result<(Option<Record>, Explanation), FactsFault> {
    let Rules { scheme, as_of } = rules;
    let facts = Facts::from_json(json, scheme)?;
    let outcome = scheme::apply(scheme, &facts, *as_of)?;
    let record = match &outcome.cover {
        Some(cover) => Some(read_record(iss, line, &cover.record(scheme, json)).map_err(told)?),
        None => {
            let mut members = vec![
                ("type".into(), Json::Text("membership".into())),
                ("scheme".into(), Json::Text(scheme.product.as_str().into())),
                ("since".into(), Json::Text(facts.registered.to_string().into())),
            ];
            members.extend(scheme::passed_on(json));
            read_record(iss, line, &Json::Object(members)).map_err(told)?;
            None
        }
    };
    Ok((record, Explanation { line, outcome, currency: scheme.currency.clone() }))
}

const SET_BY_ISSUER: [&str; 5] = ["iss", "cti", "iat", "status", "cnf"];

fn read_record(iss: &IssuerId, line: u64, json: &Json<'_>) -> Result<Record, Fault> {
    let mut object = json.object()?;
    let exp = object.optional("exp").map(|json| UnixTime::parse(json.text()?)).transpose();
    let exp = exp.map_err(|fault| fault.within("exp"))?;
    let right = Right::from_json(&mut object)?;
    let common = Common::from_json(&mut object)?;
    let holder = object.optional(HOLDER_REQUEST).map(|json| holder_of(iss, &right, json)).transpose();
    let holder = holder.map_err(|fault| fault.within(HOLDER_REQUEST))?;
    object.finish()?;
    let digest = Digest::of(iss, &right, &common, exp, holder)?;
    Ok(Record { line, digest, right, common, exp, holder })
}

/// What a holder's wallet hands to its issuer.
const HOLDER_REQUEST: &str = "holder_request";

/// The key in a holder's request, whose proof was made for this issuer. A delegation has the delegate's key and no holder.
fn holder_of(iss: &IssuerId, right: &Right, json: &Json<'_>) -> Result<HolderKey, Fault> {
    let request = HolderRequest::parse(json.text()?)?;
    if request.issuer() != iss {
        return Err(What::Pattern { wanted: "a request that was made for this issuer" }.into());
    }
    if matches!(right, Right::Delegation(_)) {
        return Err(What::Pattern { wanted: "left out: a delegation has no holder" }.into());
    }
    Ok(request.key())
}

fn skip_byte_order_mark(reader: &mut dyn BufRead) -> std::io::Result<()> {
    const MARK: &[u8] = "\u{FEFF}".as_bytes();
    if reader.fill_buf()?.starts_with(MARK) {
        reader.consume(MARK.len());
    }
    Ok(())
}

/// Why a record with so many bytes is not read, and whether all of it is kept to be set aside.
pub(crate) fn too_long(bytes: usize) -> Option<String> {
    let cut = if bytes >= KEPT_BYTES_MAX { "; it was cut, take it from the register" } else { "" };
    (bytes > LINE_BYTES_MAX).then(|| format!("longer than {LINE_BYTES_MAX} bytes{cut}"))
}

fn parse_json_line(reading: &Reading, line: u64, raw: &[u8]) -> Result<Entry, RowFault> {
    let refuse = |field: String, problem: String| RowFault { line, field, problem, raw: Vec::new() };
    if let Some(problem) = too_long(raw.len()) {
        return Err(refuse(String::new(), problem));
    }
    let text = std::str::from_utf8(raw).map_err(|_| refuse(String::new(), "not UTF-8".to_owned()))?;
    let limits = if reading.rules.is_some() { REGISTRATION_LIMITS } else { CLAIMS_LIMITS };
    let json = Json::parse(text, limits).map_err(|fault| match place_of_number(text, &fault) {
        Some(place) => refuse(place, NUMBER_PROBLEM.to_owned()),
        None => refuse(String::new(), column_only(&fault)),
    })?;
    parse_members(reading, line, raw.to_vec(), json)
}

/// What is said of a number that JSON allows and the format does not.
const NUMBER_PROBLEM: &str =
    "no whole number of at most 18 digits; what is not counted, such as a member number, stands in quotes";

/// The place of the first number that the format cannot hold, where such a number is the fault.
fn place_of_number(text: &str, fault: &Fault) -> Option<String> {
    use serde_json::Value;
    fn find(value: &Value, place: &str) -> Option<String> {
        match value {
            Value::Number(number) if !number.is_i64() => Some(place.to_owned()),
            Value::Array(entries) => entries
                .iter()
                .enumerate()
                .find_map(|(entry, value)| find(value, &format!("{place}[{entry}]"))),
            Value::Object(members) => members.iter().find_map(|(name, value)| {
                let point = if place.is_empty() { "" } else { "." };
                find(value, &format!("{place}{point}{}", name.escape_debug()))
            }),
            _ => None,
        }
    }
    let is_number = matches!(fault.what(), What::WrongType { .. } | What::Range { .. });
    is_number.then(|| serde_json::from_str(text).ok()).flatten().and_then(|value| find(&value, ""))
}

/// A syntax fault counts lines inside the line; only its column helps.
fn column_only(fault: &Fault) -> String {
    match fault.what() {
        What::Json { column, .. } => format!("JSON syntax at column {column}"),
        _ => fault.to_string(),
    }
}

/// Brings texts into NFC and months into days, and refuses what no text on a document may hold.
fn prepare(json: &mut Json<'_>, place: &mut String) -> Result<(), (String, String)> {
    match json {
        Json::Text(text) => {
            if let Some((position, character)) = text.chars().enumerate().find(|(_, c)| excluded(*c)) {
                let code_point = u32::from(character);
                let problem =
                    format!("control or direction character U+{code_point:04X} at character {position}");
                return Err((place.clone(), problem));
            }
            if !unicode_normalization::is_nfc(text) {
                *text = Cow::Owned(text.nfc().collect());
            }
        }
        Json::Array(entries) => {
            for (number, entry) in entries.iter_mut().enumerate() {
                let length = place.len();
                place.push_str(&format!("[{number}]"));
                prepare(entry, place)?;
                place.truncate(length);
            }
        }
        Json::Object(members) => {
            for (name, value) in members {
                let length = place.len();
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(name);
                prepare(value, place)?;
                place.truncate(length);
                month_to_day(name, value);
            }
        }
        Json::Null | Json::Bool(_) | Json::Integer(_) => {}
    }
    Ok(())
}

fn excluded(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A month stands for its first day where a period begins, for its last where one ends.
fn month_to_day(name: &str, value: &mut Json<'_>) {
    let first = matches!(name, "from" | "start" | "since");
    let last = matches!(name, "to" | "end" | "paid_through" | "as_of");
    let Json::Text(text) = value else { return };
    let is_month = matches!(text.as_bytes(), [_, _, _, _, b'-', _, _]);
    if !is_month || !(first || last) {
        return;
    }
    let days: &[u8] = if first { &[1] } else { &[31, 30, 29, 28] };
    let day = days.iter().map(|day| format!("{text}-{day:02}")).find(|day| Date::parse(day).is_ok());
    if let Some(day) = day {
        *text = Cow::Owned(day);
    }
}
