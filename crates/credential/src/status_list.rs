//! The status list: IETF Token Status List (draft-21), CWT form, two bits an entry (SPEC.md section 4).
//!
//! Entry i stands in byte i/4 at the bits 2(i mod 4), least significant first; the W3C Bitstring list has the
//! opposite order, and a reader that mixes them up reads other people's status. Each list holds exactly 2^20
//! entries, so that neither its length nor an index says how many members there are. Refuses other widths, raw
//! DEFLATE, GZIP, a preset dictionary, a wrong Adler-32, bytes behind the stream, and a stream that inflates to
//! anything but 262,144 bytes: it stops there, whatever follows.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use miniz_oxide::deflate::core::{
    CompressionStrategy, CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use crate::cbor::{Field, Reader, Writer};
use crate::codes::Status;
use crate::date::UnixTime;
use crate::fault::{Fault, Unit, What, length};
use crate::json::Json;
use crate::number::{Count, StatusIndex};
use crate::strict::{self, Rules};
use crate::text::StatusUri;

/// Entries of every list.
pub const ENTRIES: usize = 1 << 20;

/// Bytes of every list, four entries each.
pub const LIST_BYTES: usize = ENTRIES / 4;

/// A list is published with at least this validity: 400 days. Its age is the verifier's to judge, while an
/// expired list may not be used at all.
pub const VALIDITY_SECONDS_MIN: u64 = 400 * 86_400;

/// Level of the encoder, which with run lengths only makes no difference from 2 upwards.
const COMPRESSION_LEVEL: i32 = 9;

/// The largest window of RFC 1950: 2^15 bytes, and the mark of a ZLIB stream to the encoder.
const WINDOW_BITS: i32 = 15;

/// CWT claims of the token.
mod key {
    pub(super) const SUB: i64 = 2;
    pub(super) const EXP: i64 = 4;
    pub(super) const IAT: i64 = 6;
    pub(super) const STATUS_LIST: i64 = 65_533;
    pub(super) const TTL: i64 = 65_534;
}

/// The status of 2^20 documents.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList(Vec<u8>);

impl StatusList {
    /// A list on which all entries are valid.
    pub fn all_valid() -> Self {
        Self(vec![0; LIST_BYTES])
    }

    /// The entry.
    pub fn status(&self, index: StatusIndex) -> Status {
        let (byte, shift) = place(index);
        status_of(self.0.get(byte).map_or(0, |byte| (byte >> shift) & 0b11))
    }

    /// All entries, by rising index.
    pub fn iter(&self) -> impl Iterator<Item = Status> + '_ {
        self.0.iter().flat_map(|byte| [0, 2, 4, 6].map(|shift| status_of((byte >> shift) & 0b11)))
    }

    /// The bytes, entries as in the published list.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Sets the entry. Which changes are allowed is the issuer's rule, not the list's.
    pub fn set(&mut self, index: StatusIndex, status: Status) {
        let (byte, shift) = place(index);
        if let Some(byte) = self.0.get_mut(byte) {
            *byte = (*byte & !(0b11 << shift)) | (status.code() << shift);
        }
    }

    /// The list with these bytes, entries as in the published one.
    ///
    /// # Errors
    /// [`What::Length`] for anything but [`LIST_BYTES`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Fault> {
        match bytes.len() {
            LIST_BYTES => Ok(Self(bytes)),
            found => Err(length(Unit::Bytes, found, LIST_BYTES, LIST_BYTES)),
        }
    }

    /// The ZLIB stream of the list, the same for the same list.
    ///
    /// Run lengths and Huffman codes only: indices are drawn without order, so nothing in a list repeats but the valid
    /// entries. A search for other repeats takes 30 times as long to save 3 % where 1 % is not valid; at 0.1 % and at
    /// 5 % its stream is the larger one (measured: `docs/status-lists.md`).
    pub fn deflate(&self) -> Vec<u8> {
        let strategy = i32::from(CompressionStrategy::RLE);
        let flags = create_comp_flags_from_zip_params(COMPRESSION_LEVEL, WINDOW_BITS, strategy);
        let mut encoder = Box::new(CompressorOxide::new(flags));
        let mut stream = Vec::new();
        // It ends early only where its receiver says so, which this one does not.
        compress_to_output(&mut encoder, &self.0, TDEFLFlush::Finish, |bytes| {
            stream.extend_from_slice(bytes);
            true
        });
        stream
    }

    /// Reads a ZLIB stream.
    ///
    /// # Errors
    /// [`What::Zlib`]; [`What::Length`] for a list of another size; [`What::Trailing`].
    pub fn inflate(stream: &[u8]) -> Result<Self, Fault> {
        let mut list = vec![0; LIST_BYTES];
        let mut inflater = Box::<DecompressorOxide>::default();
        let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
            | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) = decompress(&mut inflater, stream, &mut list, 0, flags);
        match status {
            TINFLStatus::Done if written != LIST_BYTES => {
                Err(length(Unit::Bytes, written, LIST_BYTES, LIST_BYTES))
            }
            TINFLStatus::Done if read < stream.len() => {
                Err(What::Trailing { bytes: stream.len().saturating_sub(read) }.into())
            }
            TINFLStatus::Done => Ok(Self(list)),
            // More than the list can hold: a bomb is not inflated to see how large it is.
            TINFLStatus::HasMoreOutput => {
                Err(length(Unit::Bytes, LIST_BYTES.saturating_add(1), LIST_BYTES, LIST_BYTES))
            }
            _ => Err(What::Zlib.into()),
        }
    }
}

fn status_of(bits: u8) -> Status {
    match bits {
        0 => Status::Valid,
        1 => Status::Revoked,
        2 => Status::Suspended,
        _ => Status::Superseded,
    }
}

fn place(index: StatusIndex) -> (usize, u32) {
    let index = index.value();
    (usize::try_from(index / 4).unwrap_or(0), (index % 4).wrapping_mul(2))
}

impl fmt::Debug for StatusList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusList({ENTRIES} entries)")
    }
}

/// A status list with its address and times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusListToken {
    /// Its address: must equal the `uri` in a document that it speaks about.
    pub sub: StatusUri,
    /// Time of signing.
    pub iat: UnixTime,
    /// End of validity.
    pub exp: UnixTime,
    /// Seconds after which to fetch it again.
    pub ttl: Count,
    /// The entries.
    pub list: StatusList,
}

impl StatusListToken {
    /// The token in words and numbers: address, times, and how many entries have each status.
    pub fn to_json(&self) -> Json<'_> {
        let counts = Status::ALL.iter().map(|status| {
            let count = self.list.iter().filter(|found| found == status).count();
            (status.word().into(), Json::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
        });
        Json::Object(vec![
            ("sub".into(), self.sub.to_json()),
            ("iat".into(), self.iat.to_json()),
            ("exp".into(), self.exp.to_json()),
            ("ttl".into(), self.ttl.to_json()),
            ("entries".into(), Json::Object(counts.collect())),
        ])
    }

    /// The signed bytes, with sorted keys.
    pub(crate) fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(5);
        writer.integer(key::SUB);
        self.sub.write(&mut writer);
        writer.integer(key::EXP);
        self.exp.write(&mut writer);
        writer.integer(key::IAT);
        self.iat.write(&mut writer);
        writer.integer(key::STATUS_LIST);
        writer.map(2);
        writer.text("lst");
        writer.bytes(&self.list.deflate());
        writer.text("bits");
        writer.unsigned(2);
        writer.integer(key::TTL);
        self.ttl.write(&mut writer);
        writer.into_bytes()
    }

    /// Reads the payload of a token. Keys may stand in any order: the official vectors are unsorted.
    ///
    /// # Errors
    /// The first fault in reading order, at its place.
    pub(crate) fn from_cbor(payload: &[u8]) -> Result<Self, Fault> {
        strict::scan(payload, Rules::Foreign)?;
        let mut reader = Reader::new(payload);
        let (mut sub, mut iat, mut exp, mut ttl, mut list) = (None, None, None, None, None);
        for _ in 0..reader.map()? {
            match reader.integer()? {
                key::SUB => sub = Some(value(&mut reader, "sub")?),
                key::IAT => iat = Some(value(&mut reader, "iat")?),
                key::EXP => exp = Some(value(&mut reader, "exp")?),
                key::TTL => ttl = Some(value(&mut reader, "ttl")?),
                key::STATUS_LIST => {
                    list = Some(read_list(&mut reader).map_err(|fault| fault.within("status_list"))?);
                }
                other => return Err(What::Unknown { key: alloc::format!("{other}") }.into()),
            }
        }
        let missing = |name| move || Fault::new(What::Missing).within(name);
        let iat: UnixTime = iat.ok_or_else(missing("iat"))?;
        let exp = exp.ok_or_else(missing("exp"))?;
        check_validity(iat, exp)?;
        let list = StatusList::inflate(list.ok_or_else(missing("status_list"))?)
            .map_err(|fault| fault.within("lst").within("status_list"))?;
        Ok(Self {
            sub: sub.ok_or_else(missing("sub"))?,
            iat,
            exp,
            ttl: ttl.ok_or_else(missing("ttl"))?,
            list,
        })
    }
}

/// Both sides hold to it: a list that expires soon would turn a clinic without network away from its data.
pub(crate) fn check_validity(iat: UnixTime, exp: UnixTime) -> Result<(), Fault> {
    let seconds = exp.seconds_since(iat);
    if seconds < VALIDITY_SECONDS_MIN {
        return Err(Fault::new(What::ListValidity { seconds, min: VALIDITY_SECONDS_MIN }).within("exp"));
    }
    Ok(())
}

fn value<T: Field>(reader: &mut Reader<'_>, name: &'static str) -> Result<T, Fault> {
    T::read(reader).map_err(|fault| fault.within(name))
}

/// The stream of a `StatusList` map: `bits` must be 2; `aggregation_uri` is a hint that is not signed trust data.
fn read_list<'b>(reader: &mut Reader<'b>) -> Result<&'b [u8], Fault> {
    let (mut bits, mut stream) = (None, None);
    for _ in 0..reader.map()? {
        match reader.text()? {
            "bits" => bits = Some(reader.any_integer().map_err(|fault| fault.within("bits"))?),
            "lst" => stream = Some(reader.bytes().map_err(|fault| fault.within("lst"))?),
            "aggregation_uri" => {
                reader.text().map_err(|fault| fault.within("aggregation_uri"))?;
            }
            other => return Err(What::Unknown { key: crate::fault::printable_key(other) }.into()),
        }
    }
    match bits {
        Some(2) => stream.ok_or_else(|| Fault::new(What::Missing).within("lst")),
        Some(found) => Err(Fault::new(What::Range { found, min: 2, max: 2 }).within("bits")),
        None => Err(Fault::new(What::Missing).within("bits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::STATUS_LIST_BYTES_MAX;

    /// xorshift64*, for lists that look like an issuer's.
    fn list(not_valid_of_a_thousand: u64) -> StatusList {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = move || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
        };
        let mut list = StatusList::all_valid();
        for index in 0..=StatusIndex::MAX.value() {
            if next() % 1_000 < not_valid_of_a_thousand {
                let statuses = [Status::Revoked, Status::Suspended, Status::Superseded];
                let status = statuses[usize::try_from(next() % 3).unwrap()];
                list.set(StatusIndex::new(index).unwrap(), status);
            }
        }
        list
    }

    #[test]
    fn lists_of_every_density_come_back_and_fit_into_a_token() {
        const { assert!(262_500 < STATUS_LIST_BYTES_MAX - 300) }
        for (density, bytes_max) in [(0, 300), (1, 3_200), (10, 20_500), (50, 65_000), (1_000, 262_500)] {
            let list = list(density);
            let stream = list.deflate();
            assert_eq!(StatusList::inflate(&stream).unwrap(), list, "{density} of 1,000");
            assert!(stream.len() <= bytes_max, "{density} of 1,000: {} bytes", stream.len());
        }
    }

    #[test]
    fn a_list_of_another_size_is_refused() {
        for bytes in [0, LIST_BYTES - 1, LIST_BYTES + 1] {
            assert!(StatusList::from_bytes(vec![0; bytes]).is_err(), "{bytes} bytes");
        }
    }
}
