//! Typed reading and writing of the maps of the format.
//!
//! The reader runs on bytes that [`crate::strict`] has passed, so keys ascend and stand once: a map is read in one
//! walk in the order of the format's table, and a key that the table lacks is refused. The writer emits
//! RFC 8949 section 4.2.1 by the same order.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::fault::{Fault, What};
use crate::json::Json;

/// One kind of value, in both forms and both directions.
pub(crate) trait Field: Sized {
    /// From CBOR.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault>;
    /// To CBOR.
    fn write(&self, writer: &mut Writer);
    /// From JSON.
    fn from_json(json: &Json<'_>) -> Result<Self, Fault>;
    /// To JSON.
    fn to_json(&self) -> Json<'_>;
}

/// A place for a value in a map: a required one, or an optional one that is left out when it is not there.
pub(crate) trait Member: Sized {
    /// From the value, if the key is there.
    fn read(found: Option<&mut Reader<'_>>) -> Result<Self, Fault>;
    /// The value to write, if there is one.
    fn value(&self) -> Option<&dyn WriteField>;
    /// From the JSON value, if the member is there.
    fn from_json(found: Option<&Json<'_>>) -> Result<Self, Fault>;
}

/// The writing half of [`Field`], without the size of the type.
pub(crate) trait WriteField {
    /// To CBOR.
    fn write_cbor(&self, writer: &mut Writer);
    /// To JSON.
    fn write_json(&self) -> Json<'_>;
}

impl<T: Field> WriteField for T {
    fn write_cbor(&self, writer: &mut Writer) {
        self.write(writer);
    }

    fn write_json(&self) -> Json<'_> {
        self.to_json()
    }
}

impl<T: Field> Member for T {
    fn read(found: Option<&mut Reader<'_>>) -> Result<Self, Fault> {
        match found {
            Some(reader) => T::read(reader),
            None => Err(What::Missing.into()),
        }
    }

    fn value(&self) -> Option<&dyn WriteField> {
        Some(self)
    }

    fn from_json(found: Option<&Json<'_>>) -> Result<Self, Fault> {
        match found {
            Some(json) => T::from_json(json),
            None => Err(What::Missing.into()),
        }
    }
}

impl<T: Field> Member for Option<T> {
    fn read(found: Option<&mut Reader<'_>>) -> Result<Self, Fault> {
        found.map(T::read).transpose()
    }

    fn value(&self) -> Option<&dyn WriteField> {
        match self {
            Some(value) => Some(value),
            None => None,
        }
    }

    fn from_json(found: Option<&Json<'_>>) -> Result<Self, Fault> {
        found.map(T::from_json).transpose()
    }
}

/// A value or null. Where the format says "or null" the member is always there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nullable<T>(pub Option<T>);

impl<T: Field> Field for Nullable<T> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        if reader.null()? { Ok(Self(None)) } else { T::read(reader).map(|value| Self(Some(value))) }
    }

    fn write(&self, writer: &mut Writer) {
        match &self.0 {
            Some(value) => value.write(writer),
            None => writer.null(),
        }
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        match json {
            Json::Null => Ok(Self(None)),
            json => T::from_json(json).map(|value| Self(Some(value))),
        }
    }

    fn to_json(&self) -> Json<'_> {
        self.0.as_ref().map_or(Json::Null, T::to_json)
    }
}

/// Reads scanned CBOR.
pub(crate) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    /// Starts at the first byte of a scanned item.
    pub(crate) fn new(scanned: &'b [u8]) -> Self {
        Self(Decoder::new(scanned))
    }

    pub(crate) fn integer(&mut self) -> Result<i64, Fault> {
        let found = self.any_integer()?;
        i64::try_from(found).map_err(|_| What::Range { found, min: i64::MIN, max: i64::MAX }.into())
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, Fault> {
        let found = self.any_integer()?;
        u64::try_from(found).map_err(|_| What::Range { found, min: 0, max: i64::MAX }.into())
    }

    /// CBOR integers reach from -2^64 to 2^64-1.
    pub(crate) fn any_integer(&mut self) -> Result<i128, Fault> {
        let start = self.0.position();
        match self.0.int() {
            Ok(found) => Ok(found.into()),
            Err(_) => {
                self.0.set_position(start);
                Err(self.wrong("an integer"))
            }
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Fault> {
        self.0.str().map_err(|_| self.wrong("a text"))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Fault> {
        self.0.bytes().map_err(|_| self.wrong("a byte string"))
    }

    /// Bytes of one exact length.
    pub(crate) fn array_of_bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let bytes = self.bytes()?;
        <[u8; N]>::try_from(bytes)
            .map_err(|_| crate::fault::length(crate::fault::Unit::Bytes, bytes.len(), N, N))
    }

    pub(crate) fn boolean(&mut self) -> Result<bool, Fault> {
        self.0.bool().map_err(|_| self.wrong("true or false"))
    }

    /// Takes a null if one stands here.
    pub(crate) fn null(&mut self) -> Result<bool, Fault> {
        if self.0.datatype().is_ok_and(|kind| kind == Type::Null) {
            self.0.null().map_err(|_| self.broken())?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Enters an array.
    pub(crate) fn array(&mut self) -> Result<usize, Fault> {
        match self.0.array() {
            Ok(Some(entries)) => usize::try_from(entries).map_err(|_| self.broken()),
            _ => Err(self.wrong("an array")),
        }
    }

    /// Enters an array of one exact length.
    pub(crate) fn tuple(&mut self, entries: usize) -> Result<(), Fault> {
        match self.array()? {
            found if found == entries => Ok(()),
            found => Err(crate::fault::length(crate::fault::Unit::Entries, found, entries, entries)),
        }
    }

    /// Enters a map.
    pub(crate) fn map(&mut self) -> Result<usize, Fault> {
        match self.0.map() {
            Ok(Some(entries)) => usize::try_from(entries).map_err(|_| self.broken()),
            _ => Err(self.wrong("a map")),
        }
    }

    /// Enters a map of one exact length.
    pub(crate) fn map_of(&mut self, entries: usize) -> Result<(), Fault> {
        match self.map()? {
            found if found == entries => Ok(()),
            found => Err(crate::fault::length(crate::fault::Unit::Entries, found, entries, entries)),
        }
    }

    /// Takes the one text key that may stand here.
    pub(crate) fn text_key(&mut self, wanted: &'static str) -> Result<(), Fault> {
        match self.text()? {
            found if found == wanted => Ok(()),
            found => Err(What::Unknown { key: crate::fault::printable_key(found) }.into()),
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        self.0.datatype().is_ok_and(|kind| kind == Type::String)
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.0.datatype().is_ok_and(is_integer)
    }

    fn wrong(&self, wanted: &'static str) -> Fault {
        let found = match self.0.datatype() {
            Ok(kind) if is_integer(kind) => "an integer",
            Ok(Type::String) => "a text",
            Ok(Type::Bytes) => "a byte string",
            Ok(Type::Array) => "an array",
            Ok(Type::Map) => "a map",
            Ok(Type::Bool) => "true or false",
            Ok(Type::Null) => "null",
            _ => "something else",
        };
        What::WrongType { wanted, found }.into()
    }

    /// The scan has passed the bytes, so this says no more than that they end here.
    fn broken(&self) -> Fault {
        What::Truncated { position: self.0.position() }.into()
    }
}

fn is_integer(kind: Type) -> bool {
    matches!(
        kind,
        Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int
    )
}

/// A map while it is read.
pub(crate) struct MapReader<'r, 'b> {
    reader: &'r mut Reader<'b>,
    left: usize,
    /// The key whose value is next.
    next: Option<i64>,
}

impl<'r, 'b> MapReader<'r, 'b> {
    /// Enters a map with integer keys.
    pub(crate) fn open(reader: &'r mut Reader<'b>) -> Result<Self, Fault> {
        let left = reader.map()?;
        let mut map = Self { reader, left, next: None };
        map.advance()?;
        Ok(map)
    }

    /// The value of the next key of the table. Must be asked for in encoded order.
    pub(crate) fn member<T: Member>(&mut self, key: i64, name: &'static str) -> Result<T, Fault> {
        self.refuse_before(key)?;
        let found = self.next == Some(key);
        let value = T::read(found.then_some(&mut *self.reader)).map_err(|fault| fault.within(name))?;
        if found {
            self.advance()?;
        }
        Ok(value)
    }

    /// The value of a key that must be there, read by the caller.
    pub(crate) fn required<T>(
        &mut self,
        key: i64,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'b>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.refuse_before(key)?;
        if self.next != Some(key) {
            return Err(Fault::new(What::Missing).within(name));
        }
        let value = read(self.reader)?;
        self.advance()?;
        Ok(value)
    }

    /// Ends the map: a key that nobody asked for is still there, or none.
    pub(crate) fn finish(self) -> Result<(), Fault> {
        match self.next {
            Some(key) => Err(What::Unknown { key: alloc::format!("{key}") }.into()),
            None => Ok(()),
        }
    }

    /// A key that sorts before the one asked for is one that the table lacks; saying that the member asked for is
    /// missing would name the wrong fault.
    fn refuse_before(&self, key: i64) -> Result<(), Fault> {
        // Bytewise order of encoded integers: those from 0 up, then the negative ones, each by magnitude.
        let order = |key: i64| (key < 0, key.unsigned_abs());
        match self.next {
            Some(next) if order(next) < order(key) => {
                Err(What::Unknown { key: alloc::format!("{next}") }.into())
            }
            _ => Ok(()),
        }
    }

    fn advance(&mut self) -> Result<(), Fault> {
        self.next = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                if self.reader.is_text() {
                    return Err(
                        What::Unknown { key: crate::fault::printable_key(self.reader.text()?) }.into()
                    );
                }
                Some(self.reader.integer()?)
            }
            None => None,
        };
        Ok(())
    }
}

/// Writes deterministic CBOR: minicbor always chooses the shortest form of a number or length.
pub(crate) struct Writer(Encoder<Vec<u8>>);

impl Writer {
    pub(crate) fn new() -> Self {
        /// Most documents have 250 to 450 bytes; one allocation serves them.
        const CAPACITY: usize = 512;
        Self(Encoder::new(Vec::with_capacity(CAPACITY)))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_writer()
    }

    // Writing to a Vec cannot fail; the encoder's error type is uninhabited there.

    pub(crate) fn integer(&mut self, value: i64) {
        let _ = self.0.i64(value);
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        let _ = self.0.u64(value);
    }

    pub(crate) fn text(&mut self, text: &str) {
        let _ = self.0.str(text);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.bytes(bytes);
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        let _ = self.0.bool(value);
    }

    pub(crate) fn null(&mut self) {
        let _ = self.0.null();
    }

    pub(crate) fn array(&mut self, entries: usize) {
        let _ = self.0.array(u64::try_from(entries).unwrap_or(u64::MAX));
    }

    pub(crate) fn map(&mut self, entries: usize) {
        let _ = self.0.map(u64::try_from(entries).unwrap_or(u64::MAX));
    }

    pub(crate) fn tag(&mut self, tag: u64) {
        let _ = self.0.tag(minicbor::data::Tag::new(tag));
    }
}

/// The members of a map while it is written: collected first, since CBOR counts them before the first.
pub(crate) struct MapWriter<'v>(Vec<(i64, &'v dyn WriteField)>);

impl<'v> MapWriter<'v> {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(16))
    }

    /// Adds a member if it is there. Must be called in encoded order.
    pub(crate) fn member<T: Member>(&mut self, key: i64, member: &'v T) {
        if let Some(value) = member.value() {
            self.0.push((key, value));
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.map(self.0.len());
        self.write_entries(writer);
    }

    /// Writes the map with one last member, which borrows from elsewhere.
    pub(crate) fn write_with(&self, key: i64, last: &dyn WriteField, writer: &mut Writer) {
        writer.map(self.0.len().saturating_add(1));
        self.write_entries(writer);
        writer.integer(key);
        last.write_cbor(writer);
    }

    fn write_entries(&self, writer: &mut Writer) {
        for (key, value) in &self.0 {
            writer.integer(*key);
            value.write_cbor(writer);
        }
    }
}

/// Adds a member to a JSON object if it is there.
pub(crate) fn json_member<'v, T: Member>(
    object: &mut Vec<(alloc::borrow::Cow<'v, str>, Json<'v>)>,
    name: &'static str,
    member: &'v T,
) {
    if let Some(value) = member.value() {
        object.push((name.into(), value.write_json()));
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value & 0xF)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The bytes of exactly 2 N lower-case hexadecimal digits.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a').and_then(|value| value.checked_add(10)),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (value(*high)? << 4) | value(*low)?;
    }
    Some(bytes)
}
