//! The lines of an export, each a JSON object in one form: the first line, a row a line, the last line.
//!
//! Bytes stand in base64url (RFC 4648 section 5, without padding), ids and hashes in hexadecimal digits. Refuses unknown
//! and missing members, values beyond their limits, documents that no reader can parse, and every other way of writing
//! the same: what is read is written again byte for byte.
//!
//! How often a list was changed is not in an export: the count only has to rise within one store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{
    CredentialId, Fault, FixedBytes, IssuerId, Json, Limits, OWN_BYTES_MAX, Object, Unit, UnixTime, What,
};
use sanad_trust::members::{Written, member, text_json, text_of};

use super::tally::Counts;
use crate::audit::{Actor, LineHash};
use crate::permutation::{Index, LIST_ENTRIES, Sequence, Shard};
use crate::register::Digest;
use crate::status_bits::{BLOCK_BYTES, BLOCKS};
use crate::store::document::Row;
use crate::store::paper::CONTENT_BYTES_MAX;
use crate::store::{Finding, IdempotencyKey, Issued, Paper, PaperId, PaperKey, PaperKind, Place, Request};

/// Names the form, and its value the version.
pub const FORM: &str = "sanad_store_export";

/// Version of the form.
const VERSION: i64 = 1;

/// Longest line. A paper at its limits has 5,600 bytes; a line of the log whose texts are all quotation marks, which are
/// escaped twice, 5,400; a document 3,000.
pub const LINE_BYTES_MAX: usize = 8_192;

const LIMITS: Limits = Limits { bytes_max: LINE_BYTES_MAX, depth_max: 1, entries_max: 8, values_max: 9 };

/// The last number of the last list, and more than there will ever be lines.
const NUMBER_MAX: i64 = (1 << 52) - 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whose store it is.
    pub iss: IssuerId,
    /// When the export was begun.
    pub time: UnixTime,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Rows of each kind.
    pub counts: Counts,
    /// Of the last line of the audit log.
    pub head: LineHash,
    /// SHA-256 over everything before this line.
    pub sha256: [u8; 32],
}

/// A line after the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A row.
    Row(Row),
    /// The last line.
    End(Trailer),
}

impl Header {
    /// The line, without its end.
    pub fn line(&self) -> String {
        let mut members = Written::default();
        members.add(FORM, Json::Integer(VERSION));
        members.add("issuer", text_json(&self.iss));
        members.add("time", text_json(&self.time));
        members.object().to_string()
    }

    /// Reads the line.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(line: &str) -> Result<Self, Fault> {
        let json = Json::parse(line, LIMITS)?;
        let mut object = json.object()?;
        number(&mut object, FORM, VERSION, VERSION)?;
        let header = Self {
            iss: text_of(&mut object, "issuer", IssuerId::new)?,
            time: text_of(&mut object, "time", UnixTime::parse)?,
        };
        object.finish()?;
        in_one_form(line, &header.line())?;
        Ok(header)
    }
}

impl Trailer {
    /// The line, without its end.
    pub fn line(&self) -> String {
        let Counts { documents, requests, blocks, papers, lines } = self.counts;
        let mut members = Written::default();
        members.add("row", Json::Text("end".into()));
        members.add("documents", number_json(documents));
        members.add("requests", number_json(requests));
        members.add("blocks", number_json(blocks));
        members.add("papers", number_json(papers));
        members.add("lines", number_json(lines));
        members.add("head", text_json(&self.head));
        members.add("sha256", text_json(&FixedBytes(self.sha256)));
        members.object().to_string()
    }

    fn take(object: &mut Object<'_, '_>) -> Result<Self, Fault> {
        let counts = Counts {
            documents: unsigned(object, "documents", NUMBER_MAX)?,
            requests: unsigned(object, "requests", NUMBER_MAX)?,
            blocks: unsigned(object, "blocks", NUMBER_MAX)?,
            papers: unsigned(object, "papers", NUMBER_MAX)?,
            lines: unsigned(object, "lines", NUMBER_MAX)?,
        };
        Ok(Self { counts, head: LineHash(hash(object, "head")?), sha256: hash(object, "sha256")? })
    }
}

/// The line of a row, without its end.
pub fn row_line(row: &Row) -> String {
    let mut members = Written::default();
    let word = match row {
        Row::Meta { .. } => "meta",
        Row::Document(..) => "document",
        Row::Request(..) => "request",
        Row::Block { .. } => "block",
        Row::Paper(_) => "paper",
        Row::Line { .. } => "line",
    };
    members.add("row", Json::Text(word.into()));
    match row {
        Row::Meta { next } => members.add("next", number_json(next.0)),
        Row::Document(issued, _) => {
            members.add("number", number_json(issued.sequence.0));
            members.add("index", number_json(u64::from(issued.place.index.number())));
            members.add("cti", text_json(&issued.cti));
            members.add("digest", text_json(&FixedBytes(issued.digest.0)));
            members.add("document", bytes_json(&issued.document));
        }
        Row::Request(request, cti) => {
            members.add("client", text_json(&request.client));
            members.add("key", Json::owned_text(request.key.as_str()));
            members.add("body", text_json(&FixedBytes(request.body)));
            members.add("cti", text_json(cti));
        }
        Row::Block { shard, block, bytes, version: _ } => {
            members.add("list", number_json(u64::from(shard.number())));
            members.add("block", number_json(u64::from(*block)));
            members.add("bytes", bytes_json(bytes));
        }
        Row::Paper(paper) => {
            members.add("kind", Json::Text(paper.key.kind.word().into()));
            members.add("id", text_json(&paper.key.id));
            members.add("version", number_json(paper.version));
            members.add("content", bytes_json(&paper.content));
        }
        Row::Line { n, text } => {
            members.add("n", number_json(*n));
            members.add("text", Json::owned_text(text));
        }
    }
    members.object().to_string()
}

impl Line {
    /// Reads a line after the first.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(line: &str) -> Result<Self, Fault> {
        let json = Json::parse(line, LIMITS)?;
        let mut object = json.object()?;
        let take = &mut object;
        let row = match member(take, "row", |json| json.text())? {
            "meta" => Row::Meta { next: Sequence(unsigned(take, "next", NUMBER_MAX)?) },
            "document" => document(take)?,
            "request" => request(take)?,
            "block" => block(take)?,
            "paper" => Row::Paper(paper(take)?),
            "line" => Row::Line {
                n: unsigned(take, "n", NUMBER_MAX)?,
                text: text_of(take, "text", |text| Ok(text.to_owned()))?,
            },
            "end" => {
                let trailer = Trailer::take(take)?;
                object.finish()?;
                in_one_form(line, &trailer.line())?;
                return Ok(Self::End(trailer));
            }
            _ => return Err(Fault::new(What::Word { list: "rows of an export" }).within("row")),
        };
        object.finish()?;
        in_one_form(line, &row_line(&row))?;
        Ok(Self::Row(row))
    }
}

fn document(object: &mut Object<'_, '_>) -> Result<Row, Fault> {
    let sequence = Sequence(unsigned(object, "number", NUMBER_MAX)?);
    let shard = Shard::of(sequence).map_err(|_| out_of_range(sequence.0, NUMBER_MAX).within("number"))?;
    let last = i64::from(LIST_ENTRIES).saturating_sub(1);
    let number = unsigned(object, "index", last)?;
    let index = u32::try_from(number).ok().and_then(Index::of_number);
    let index = index.ok_or_else(|| out_of_range(number, last).within("index"))?;
    let cti = id(object, "cti")?;
    let digest = Digest(hash(object, "digest")?);
    let document = bytes(object, "document", OWN_BYTES_MAX)?;
    let finding = Finding::of_document(&document)
        .ok_or_else(|| Fault::new(What::Pattern { wanted: "a document" }).within("document"))?;
    let issued = Issued { cti, sequence, place: Place { shard, index }, digest, document };
    Ok(Row::Document(Box::new(issued), finding))
}

fn request(object: &mut Object<'_, '_>) -> Result<Row, Fault> {
    let client = text_of(object, "client", |text| {
        Actor::new(text).map_err(|_| What::Pattern { wanted: "1 to 128 printable ASCII characters" }.into())
    })?;
    let key = text_of(object, "key", |text| {
        let wanted = "1 to 64 printable ASCII characters";
        IdempotencyKey::new(text).map_err(|_| What::Pattern { wanted }.into())
    })?;
    let body = hash(object, "body")?;
    let cti = id(object, "cti")?;
    Ok(Row::Request(Request { client, key, body }, cti))
}

fn block(object: &mut Object<'_, '_>) -> Result<Row, Fault> {
    let list = unsigned(object, "list", i64::from(u32::MAX))?;
    let last = i64::try_from(BLOCKS).unwrap_or(i64::MAX).saturating_sub(1);
    let block = unsigned(object, "block", last)?;
    let bytes = bytes(object, "bytes", BLOCK_BYTES)?;
    if bytes.len() != BLOCK_BYTES {
        return Err(Fault::new(What::Pattern { wanted: "1,024 bytes" }).within("bytes"));
    }
    let shard = Shard::numbered(u32::try_from(list).unwrap_or(u32::MAX));
    Ok(Row::Block { shard, block: u16::try_from(block).unwrap_or(u16::MAX), bytes, version: 1 })
}

fn paper(object: &mut Object<'_, '_>) -> Result<Paper, Fault> {
    let kind = text_of(object, "kind", |word| {
        // The mark of a store that is being filled is in no store that was exported.
        let kind = PaperKind::from_word(word).filter(|kind| *kind != PaperKind::Import);
        kind.ok_or(What::Word { list: "kinds of paper" }.into())
    })?;
    let id = text_of(object, "id", |text| {
        let wanted = "1 to 96 printable ASCII characters";
        PaperId::new(text).map_err(|_| What::Pattern { wanted }.into())
    })?;
    let version = member(object, "version", |json| in_range(json, 1, NUMBER_MAX))?;
    let content = bytes(object, "content", CONTENT_BYTES_MAX)?;
    Ok(Paper { key: PaperKey { kind, id }, version, content })
}

fn number(object: &mut Object<'_, '_>, name: &'static str, min: i64, max: i64) -> Result<u64, Fault> {
    member(object, name, |json| in_range(json, min, max))
}

fn unsigned(object: &mut Object<'_, '_>, name: &'static str, max: i64) -> Result<u64, Fault> {
    number(object, name, 0, max)
}

fn in_range(json: &Json<'_>, min: i64, max: i64) -> Result<u64, Fault> {
    let found = json.integer()?;
    let fits = u64::try_from(found).ok().filter(|_| (min..=max).contains(&found));
    fits.ok_or(What::Range { found: i128::from(found), min, max }.into())
}

fn out_of_range(found: u64, max: i64) -> Fault {
    What::Range { found: i128::from(found), min: 0, max }.into()
}

fn id(object: &mut Object<'_, '_>, name: &'static str) -> Result<CredentialId, Fault> {
    text_of(object, name, FixedBytes::from_hex)
}

fn hash(object: &mut Object<'_, '_>, name: &'static str) -> Result<[u8; 32], Fault> {
    text_of(object, name, FixedBytes::from_hex).map(|bytes| bytes.0)
}

fn bytes(object: &mut Object<'_, '_>, name: &'static str, max: usize) -> Result<Vec<u8>, Fault> {
    text_of(object, name, |text| {
        let decoded = URL_SAFE_NO_PAD.decode(text).map_err(|_| What::Pattern { wanted: "base64url" })?;
        if decoded.len() > max {
            let count = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
            let (found, max) = (count(decoded.len()), count(max));
            return Err(What::Length { unit: Unit::Bytes, found, min: 0, max }.into());
        }
        Ok(decoded)
    })
}

fn bytes_json(bytes: &[u8]) -> Json<'static> {
    Json::Text(URL_SAFE_NO_PAD.encode(bytes).into())
}

fn number_json(number: u64) -> Json<'static> {
    // All numbers of a store are below 2^52.
    Json::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// One way of writing it.
pub(crate) fn in_one_form(found: &str, wanted: &str) -> Result<(), Fault> {
    if found == wanted {
        Ok(())
    } else {
        Err(What::Pattern { wanted: "the form this program writes" }.into())
    }
}
