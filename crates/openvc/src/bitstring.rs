//! Bitstring Status List 1.0: entries, list credentials, and the projection of the one status database.
//!
//! Beside the Token Status List nearly everything is another way round: the most significant bit comes first, GZIP
//! instead of ZLIB, a `u` in front, the index a text, the lifetime in milliseconds, one list for each purpose.
//! Refuses entries and lists of another purpose, lists that another issuer signed, lists shorter than 131,072
//! entries, an index past the end, and compressed data that inflates beyond what a list may have.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sanad_credential::Status;
use serde_json::{Map, Value, json};

use crate::contexts::CREDENTIALS_V2;
use crate::credential::{type_names, url};
use crate::document::{member, object, text, text_member};
use crate::fault::{Fault, Problem, What};
use crate::multibase::{from_base64url, to_base64url};

/// Fewest entries of a list: 16 kB, for the privacy of its members (section 3.1.3).
pub const ENTRIES_MIN: usize = 131_072;

/// Most bytes that are inflated: 2^23 entries. Ours have 2^20.
const BYTES_MAX: usize = 1_048_576;

/// Longest text of an index: 2^53-1 has sixteen digits.
const INDEX_DIGITS_MAX: usize = 16;

/// What a list says of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusPurpose {
    /// A set bit is final. Superseded documents are in it too: a newer one exists, and the old one must not be used.
    Revocation,
    /// A set bit may be cleared again.
    Suspension,
}

impl StatusPurpose {
    /// The word in entries and lists.
    pub const fn word(self) -> &'static str {
        match self {
            StatusPurpose::Revocation => "revocation",
            StatusPurpose::Suspension => "suspension",
        }
    }

    fn from_word(word: &str) -> Result<Self, Fault> {
        match word {
            "revocation" => Ok(StatusPurpose::Revocation),
            "suspension" => Ok(StatusPurpose::Suspension),
            other => Err(Fault::unknown(Problem::StatusVerification, "status purpose", other)),
        }
    }

    fn holds(self, status: Status) -> bool {
        match self {
            StatusPurpose::Revocation => matches!(status, Status::Revoked | Status::Superseded),
            StatusPurpose::Suspension => status == Status::Suspended,
        }
    }
}

/// A `BitstringStatusListEntry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// What the list says.
    pub purpose: StatusPurpose,
    /// Which of its entries.
    pub index: u64,
    /// Address of the list.
    pub list: String,
}

/// Whether an entry of `credentialStatus` is of this kind.
pub(crate) fn is_entry(entry: &Value) -> bool {
    let types = entry.get("type").map(type_names);
    matches!(types, Some(Ok(types)) if types.contains(&"BitstringStatusListEntry"))
}

/// The index of an entry: a decimal text.
pub(crate) fn index(text: &str) -> Result<u64, Fault> {
    let form = || Fault::wanted("a decimal number as text");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if !is_plain || text.is_empty() || text.len() > INDEX_DIGITS_MAX {
        return Err(form());
    }
    text.parse().map_err(|_| form())
}

impl StatusEntry {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`Problem::MalformedValue`] at its place.
    pub fn read(entry: &Value) -> Result<Self, Fault> {
        let entry = object(entry)?;
        let purpose = text_member(entry, "statusPurpose")?;
        let purpose = StatusPurpose::from_word(purpose)
            .map_err(|fault| fault.with_problem(Problem::MalformedValue).within("statusPurpose"))?;
        let index =
            index(text_member(entry, "statusListIndex")?).map_err(|fault| fault.within("statusListIndex"))?;
        let list = url(member(entry, "statusListCredential")?)
            .map_err(|fault| fault.within("statusListCredential"))?;
        if !list.starts_with("https://") {
            return Err(Fault::wanted("an https address").within("statusListCredential"));
        }
        if entry.get("id").and_then(Value::as_str) == Some(list) {
            return Err(Fault::wanted("an id that is not the list's address").within("id"));
        }
        match entry.get("statusSize") {
            None => {}
            Some(size) if size.as_u64() == Some(1) => {}
            Some(_) => return Err(Fault::wanted("1, or no such member").within("statusSize")),
        }
        Ok(Self { purpose, index, list: list.to_owned() })
    }
}

/// A status list that was opened: its signature was checked by the caller's way to `StatusList::read`.
#[derive(Clone, Debug)]
pub struct StatusList {
    purposes: Vec<StatusPurpose>,
    bits: Vec<u8>,
}

impl StatusList {
    /// Reads the subject of a verified list credential.
    ///
    /// # Errors
    /// [`Problem::StatusVerification`], [`Problem::StatusListLength`].
    pub(crate) fn read(credential: &Map<String, Value>) -> Result<Self, Fault> {
        let verification = |fault: Fault| match fault.problem() {
            Problem::MalformedValue => fault.with_problem(Problem::StatusVerification),
            _ => fault,
        };
        Self::read_subject(credential).map_err(verification)
    }

    fn read_subject(credential: &Map<String, Value>) -> Result<Self, Fault> {
        if !type_names(member(credential, "type")?)?.contains(&"BitstringStatusListCredential") {
            return Err(Fault::wanted("a BitstringStatusListCredential").within("type"));
        }
        let subject = object(member(credential, "credentialSubject")?)?;
        if text_member(subject, "type")? != "BitstringStatusList" {
            return Err(Fault::wanted("a BitstringStatusList").within("type"));
        }
        let purposes = crate::document::one_or_many(member(subject, "statusPurpose")?);
        let purposes: Vec<StatusPurpose> = purposes
            .iter()
            .map(|purpose| StatusPurpose::from_word(text(purpose)?))
            .collect::<Result<_, _>>()?;
        let bits =
            inflate(text_member(subject, "encodedList")?).map_err(|fault| fault.within("encodedList"))?;
        Ok(Self { purposes, bits })
    }

    /// The bit of an entry.
    ///
    /// # Errors
    /// [`Problem::StatusVerification`] for another purpose, [`Problem::Range`] past the end.
    pub fn is_set(&self, entry: &StatusEntry) -> Result<bool, Fault> {
        if !self.purposes.contains(&entry.purpose) {
            return Err(Fault::differs(Problem::StatusVerification, "the purposes of entry and list"));
        }
        let past_end = || {
            let max = self.bits.len().saturating_mul(8).saturating_sub(1);
            let found = usize::try_from(entry.index).unwrap_or(usize::MAX);
            Fault::new(Problem::Range, What::TooMany { unit: "as index of a status list", found, max })
        };
        let byte = usize::try_from(entry.index / 8)
            .ok()
            .and_then(|byte| self.bits.get(byte))
            .ok_or_else(past_end)?;
        // Index 0 is the most significant bit of the first byte.
        Ok(byte & (0x80_u8 >> (entry.index % 8)) != 0)
    }
}

/// The text of a list: `u`, base64url, GZIP.
fn inflate(encoded: &str) -> Result<Vec<u8>, Fault> {
    let rest =
        encoded.strip_prefix('u').ok_or_else(|| Fault::wanted("a multibase text: \"u\" and base64url"))?;
    let compressed = from_base64url(rest)?;
    let mut bits = Vec::new();
    let mut decoder = GzDecoder::new(compressed.as_slice());
    let bytes_max = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let read = decoder.by_ref().take(bytes_max).read_to_end(&mut bits);
    read.map_err(|_| Fault::wanted("GZIP data"))?;
    let length = |found: usize| {
        Fault::new(
            Problem::StatusListLength,
            What::TooMany { unit: "bytes of a status list", found, max: BYTES_MAX },
        )
    };
    if bits.len() > BYTES_MAX {
        return Err(length(bits.len()));
    }
    if bits.len().saturating_mul(8) < ENTRIES_MIN {
        return Err(Fault::new(
            Problem::StatusListLength,
            What::Wanted { wanted: "a list of at least 131,072 entries" },
        ));
    }
    if !decoder.into_inner().is_empty() {
        return Err(Fault::wanted("GZIP data and nothing after it"));
    }
    Ok(bits)
}

/// The bits of one purpose, from a list of the status database: two bits an entry, least significant first, as in the
/// Token Status List that is published beside it.
pub fn project(list: &[u8], purpose: StatusPurpose) -> Vec<u8> {
    let bit = |byte: u8, shift: u32| -> u8 {
        let status = Status::from_code(byte.checked_shr(shift).unwrap_or(0) & 3);
        u8::from(status.is_some_and(|status| purpose.holds(status)))
    };
    let half = |byte: u8| bit(byte, 0) << 3 | bit(byte, 2) << 2 | bit(byte, 4) << 1 | bit(byte, 6);
    list.chunks(2)
        .map(|pair| {
            let [first, second] = [pair.first(), pair.get(1)].map(|byte| byte.copied().unwrap_or(0));
            half(first) << 4 | half(second)
        })
        .collect()
}

/// `encodedList` of bits.
pub fn encode(bits: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let compressed = encoder.write_all(bits).and_then(|()| encoder.finish()).unwrap_or_default();
    format!("u{}", to_base64url(&compressed))
}

/// What stands in a list credential beside its bits.
#[derive(Clone, Copy, Debug)]
pub struct ListCredential<'l> {
    /// Address of the list, which is the credential's id.
    pub address: &'l str,
    /// The issuer's DID, the same as that of the credentials in the list.
    pub issuer: &'l str,
    /// What it says.
    pub purpose: StatusPurpose,
    /// When it was made.
    pub valid_from: sanad_credential::UnixTime,
    /// Until when it may be used.
    pub valid_until: sanad_credential::UnixTime,
    /// How often to fetch it, in seconds.
    pub ttl_seconds: u64,
}

/// The unsigned list credential.
pub fn list_credential(head: ListCredential<'_>, bits: &[u8]) -> Map<String, Value> {
    let credential = json!({
        "@context": [CREDENTIALS_V2],
        "id": head.address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": head.issuer,
        "validFrom": head.valid_from.to_string(),
        "validUntil": head.valid_until.to_string(),
        "credentialSubject": {
            "id": format!("{}#list", head.address),
            "type": "BitstringStatusList",
            "statusPurpose": head.purpose.word(),
            "encodedList": encode(bits),
            "ttl": head.ttl_seconds.saturating_mul(1000),
        },
    });
    match credential {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(purpose: StatusPurpose, index: u64) -> StatusEntry {
        StatusEntry { purpose, index, list: "https://s.example/0.revocation.json".into() }
    }

    #[test]
    fn the_projection_turns_the_bits_round() {
        // Entries 0 to 7: valid, revoked, suspended, superseded, valid, valid, valid, revoked.
        let database = [0b11_10_01_00_u8, 0b01_00_00_00];
        assert_eq!(project(&database, StatusPurpose::Revocation), [0b0101_0001]);
        assert_eq!(project(&database, StatusPurpose::Suspension), [0b0010_0000]);
    }

    #[test]
    fn each_status_is_read_back_at_its_index() {
        let mut database = vec![0_u8; 262_144];
        for (index, status) in [(0_usize, 1_u8), (5, 2), (1_048_575, 3), (77_777, 1)] {
            database[index / 4] |= status << (index % 4 * 2);
        }
        for (purpose, set) in [
            (StatusPurpose::Revocation, vec![0_u64, 77_777, 1_048_575]),
            (StatusPurpose::Suspension, vec![5]),
        ] {
            let bits = inflate(&encode(&project(&database, purpose))).unwrap();
            let list = StatusList { purposes: vec![purpose], bits };
            for index in [0, 1, 4, 5, 6, 77_776, 77_777, 1_048_574, 1_048_575] {
                assert_eq!(list.is_set(&entry(purpose, index)).unwrap(), set.contains(&index), "{index}");
            }
            assert_eq!(list.is_set(&entry(purpose, 1_048_576)).unwrap_err().problem(), Problem::Range);
            assert_eq!(list.is_set(&entry(purpose, u64::MAX)).unwrap_err().problem(), Problem::Range);
        }
    }

    #[test]
    fn another_purpose_is_refused() {
        let list = StatusList { purposes: vec![StatusPurpose::Suspension], bits: vec![0; 16_384] };
        let fault = list.is_set(&entry(StatusPurpose::Revocation, 0)).unwrap_err();
        assert_eq!(fault.problem(), Problem::StatusVerification);
    }

    #[test]
    fn bombs_short_lists_and_other_containers_are_refused() {
        assert_eq!(
            inflate(&encode(&vec![0; BYTES_MAX + 1])).unwrap_err().problem(),
            Problem::StatusListLength
        );
        assert_eq!(inflate(&encode(&vec![0; 50_000_000])).unwrap_err().problem(), Problem::StatusListLength);
        assert_eq!(inflate(&encode(&[0; 16_383])).unwrap_err().problem(), Problem::StatusListLength);
        let good = encode(&[0; 16_384]);
        assert!(inflate(&good).is_ok());
        assert!(inflate(good.strip_prefix('u').unwrap()).is_err());
        let mut cut = good.clone();
        cut.truncate(good.len() - 4);
        assert!(inflate(&cut).is_err());
        let mut more = from_base64url(good.strip_prefix('u').unwrap()).unwrap();
        more.push(0);
        assert!(inflate(&format!("u{}", to_base64url(&more))).is_err());
    }

    #[test]
    fn an_index_has_one_form() {
        assert_eq!(index("0").unwrap(), 0);
        assert_eq!(index("1048576").unwrap(), 1_048_576);
        for text in ["", "-1", "+1", "01", " 1", "1.0", "1e3", "99999999999999999", "٣"] {
            assert!(index(text).is_err(), "{text}");
        }
    }
}
