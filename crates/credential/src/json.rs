//! JSON, strict: the tree that claims, records and registers are read from and written to.
//!
//! Refuses duplicate members, floats, integers beyond 64 bits, trailing text, and more than the stated limits
//! (RFC 8259 leaves all of these to the reader; two readers that choose differently see two documents). Numbers
//! in the format never exceed 2^53-1, so that JavaScript reads them exactly.
//!
//! [`Object`] takes members out by name and refuses what is left: a member that nobody asked for is an error.

use alloc::borrow::Cow;
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserializer, Serialize, Serializer};

use crate::fault::{Fault, Unit, What, length, printable_key};

/// A JSON value. Objects keep the order of their members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction or exponent.
    Integer(i64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object; no name stands twice.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// How much of a JSON text is read. Every reader states its own.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole text.
    pub bytes_max: usize,
    /// Nested objects and arrays.
    pub depth_max: usize,
    /// Entries of one object or array.
    pub entries_max: usize,
    /// Values in the whole text (member names not counted), which bounds the memory of the tree.
    pub values_max: usize,
}

/// Limits of one document's claims: 2,048 bytes of CBOR never need more.
pub const CLAIMS_LIMITS: Limits =
    Limits { bytes_max: 16_384, depth_max: 8, entries_max: 64, values_max: 1_024 };

/// Above so many members, names are sorted to find one that stands twice: comparing each with each would let a file of
/// 16,000 members take half a second.
const COMPARED_ONE_BY_ONE: usize = 64;

impl<'a> Json<'a> {
    /// Reads one value; the text must end with it.
    ///
    /// # Errors
    /// [`What::Json`] with line and column, [`What::Repeated`], [`What::Length`].
    pub fn parse(text: &'a str, limits: Limits) -> Result<Self, Fault> {
        if text.len() > limits.bytes_max {
            return Err(length(Unit::Bytes, text.len(), 0, limits.bytes_max));
        }
        let refused = Cell::new(None);
        let values = Cell::new(0);
        let reader = Reader { limits, depth: 0, values: &values, refused: &refused };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let parsed = reader.deserialize(&mut deserializer).and_then(|value| {
            deserializer.end()?;
            Ok(value)
        });
        parsed.map_err(|error| match refused.take() {
            Some(fault) => fault,
            None => What::Json { line: error.line(), column: error.column() }.into(),
        })
    }

    /// The members of an object.
    ///
    /// # Errors
    /// [`What::WrongType`].
    pub fn object(&self) -> Result<Object<'_, 'a>, Fault> {
        Ok(Object { members: self.members()?, taken: Vec::new() })
    }

    /// The members of an object whose names are data, as languages and areas are.
    ///
    /// # Errors
    /// [`What::WrongType`].
    pub fn members(&self) -> Result<&[(Cow<'a, str>, Json<'a>)], Fault> {
        match self {
            Json::Object(members) => Ok(members),
            other => Err(other.is_not("an object")),
        }
    }

    /// The entries of an array.
    ///
    /// # Errors
    /// [`What::WrongType`].
    pub fn array(&self) -> Result<&[Json<'a>], Fault> {
        match self {
            Json::Array(entries) => Ok(entries),
            other => Err(other.is_not("an array")),
        }
    }

    /// A string.
    ///
    /// # Errors
    /// [`What::WrongType`].
    pub fn text(&self) -> Result<&str, Fault> {
        match self {
            Json::Text(text) => Ok(text),
            other => Err(other.is_not("a text")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`What::WrongType`].
    pub fn integer(&self) -> Result<i64, Fault> {
        match self {
            Json::Integer(value) => Ok(*value),
            other => Err(other.is_not("a whole number")),
        }
    }

    /// True or false.
    ///
    /// # Errors
    /// [`What::WrongType`].
    pub fn boolean(&self) -> Result<bool, Fault> {
        match self {
            Json::Bool(value) => Ok(*value),
            other => Err(other.is_not("true or false")),
        }
    }

    /// A value that nobody wants here.
    pub(crate) fn is_not(&self, wanted: &'static str) -> Fault {
        let found = match self {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Integer(_) => "a number",
            Json::Text(_) => "a text",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        };
        What::WrongType { wanted, found }.into()
    }

    /// The tree as lines for people: the place of each value, and the value. Lists of plain values stand on one line;
    /// control and direction characters are escaped, so that a value cannot rewrite the screen.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        self.add_lines(&mut String::new(), &mut lines);
        lines
    }

    fn add_lines(&self, place: &mut String, lines: &mut Vec<(String, String)>) {
        let length = place.len();
        match self {
            Json::Object(members) => {
                for (name, value) in members {
                    if !place.is_empty() {
                        place.push('.');
                    }
                    place.push_str(name);
                    value.add_lines(place, lines);
                    place.truncate(length);
                }
            }
            Json::Array(entries)
                if entries.iter().any(|entry| matches!(entry, Json::Array(_) | Json::Object(_))) =>
            {
                for (number, entry) in entries.iter().enumerate() {
                    place.push_str(&alloc::format!("[{number}]"));
                    entry.add_lines(place, lines);
                    place.truncate(length);
                }
            }
            value => lines.push((place.clone(), value.plain())),
        }
    }

    /// One value, or a list of plain values, for people.
    fn plain(&self) -> String {
        match self {
            Json::Null => "not known".to_owned(),
            Json::Text(text) => printable(text),
            Json::Array(entries) => entries.iter().map(Json::plain).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        }
    }

    /// A copied text.
    pub fn owned_text(text: &str) -> Json<'static> {
        Json::Text(Cow::Owned(text.to_owned()))
    }
}

/// The text without added spaces, members in their order.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// A text that cannot rewrite the screen it is shown on: control and direction characters are escaped.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let rewrites =
            character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if rewrites { shown.extend(character.escape_unicode()) } else { shown.push(character) }
    }
    shown
}

/// An object while it is read.
pub struct Object<'j, 'a> {
    members: &'j [(Cow<'a, str>, Json<'a>)],
    taken: Vec<&'static str>,
}

impl<'j, 'a> Object<'j, 'a> {
    /// The member, if it is there.
    pub fn optional(&mut self, name: &'static str) -> Option<&'j Json<'a>> {
        self.taken.push(name);
        self.members.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The member.
    ///
    /// # Errors
    /// [`What::Missing`] at the member's place.
    pub fn required(&mut self, name: &'static str) -> Result<&'j Json<'a>, Fault> {
        self.optional(name).ok_or_else(|| Fault::new(What::Missing).within(name))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`What::Unknown`] names the first member that nobody asked for.
    pub fn finish(self) -> Result<(), Fault> {
        match self.members.iter().find(|(name, _)| !self.taken.iter().any(|taken| taken == name)) {
            Some((name, _)) => Err(What::Unknown { key: printable_key(name) }.into()),
            None => Ok(()),
        }
    }
}

/// Carries the limits through the recursion and the first refusal out of serde's error type.
#[derive(Clone, Copy)]
struct Reader<'c> {
    limits: Limits,
    depth: usize,
    values: &'c Cell<usize>,
    refused: &'c Cell<Option<Fault>>,
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(&self, fault: Fault) -> E {
        self.refused.set(Some(fault));
        E::custom("refused")
    }

    fn enter<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.limits.depth_max {
            return Err(self.refuse(length(
                Unit::Levels,
                self.depth.saturating_add(1),
                0,
                self.limits.depth_max,
            )));
        }
        Ok(Self { depth: self.depth.saturating_add(1), ..self })
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let values = self.values.get().saturating_add(1);
        self.values.set(values);
        if values > self.limits.values_max {
            return Err(self.refuse(length(Unit::Values, values, 0, self.limits.values_max)));
        }
        Ok(())
    }

    fn entry<E: serde::de::Error>(&self, held: usize, max: usize) -> Result<(), E> {
        if held >= max {
            return Err(self.refuse(length(Unit::Entries, held.saturating_add(1), 0, max)));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without fractions")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Json<'de>, E> {
        match i64::try_from(value) {
            Ok(value) => Ok(Json::Integer(value)),
            Err(_) => {
                Err(self
                    .refuse(What::Range { found: i128::from(value), min: i64::MIN, max: i64::MAX }.into()))
            }
        }
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Json<'de>, E> {
        let found = "a number with a fraction or exponent";
        Err(self.refuse(What::WrongType { wanted: "a whole number", found }.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let inner = self.enter()?;
        let mut entries = Vec::new();
        while let Some(entry) = access.next_element_seed(inner)? {
            self.entry(entries.len(), self.limits.entries_max)?;
            entries.push(entry);
        }
        // A vector grows to four entries at once: a text of many short arrays would take twice the memory.
        entries.shrink_to_fit();
        Ok(Json::Array(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let inner = self.enter()?;
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        while let Some(name) = access.next_key_seed(Name)? {
            self.entry(members.len(), self.limits.entries_max)?;
            if members.len() < COMPARED_ONE_BY_ONE && members.iter().any(|(held, _)| *held == name) {
                return Err(self.refuse(What::Repeated { key: printable_key(&name) }.into()));
            }
            members.push((name, access.next_value_seed(inner)?));
        }
        if members.len() > COMPARED_ONE_BY_ONE {
            let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
            names.sort_unstable();
            if let Some([name, ..]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
                return Err(self.refuse(What::Repeated { key: printable_key(name) }.into()));
            }
        }
        members.shrink_to_fit();
        Ok(Json::Object(members))
    }
}

/// Reads a member name; borrowed where the text has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Integer(value) => serializer.serialize_i64(*value),
            Json::Text(text) => serializer.serialize_str(text),
            Json::Array(entries) => {
                let mut sequence = serializer.serialize_seq(Some(entries.len()))?;
                for entry in entries {
                    sequence.serialize_element(entry)?;
                }
                sequence.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}
