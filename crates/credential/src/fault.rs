//! What can be wrong with a document, and where.
//!
//! A [`Fault`] names the place in the words of the JSON form (`subject.birth`, `lines[3].to`) and the fault with
//! the values that were compared. It never carries the value that a person wrote in a field: a fault may end up in
//! a log, and nothing logs a person. The name of a member that the format lacks is shown, cut and escaped. Every refusal of this crate is one of these; none is a verdict on cover.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::date::{Date, UnixTime};
use crate::envelope::Typ;
use crate::key::KeyId;

/// One refusal: the place and the fault.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    /// From the innermost place outwards: the order in which a fault travels up.
    place: Vec<Step>,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Member(&'static str),
    Entry(usize),
}

/// The fault, with the values compared. A new kind of malformed input may add a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Neither `SND1:` nor anything else that this format knows stands at the start of the text.
    Prefix,
    /// A character that is no Base45 symbol (RFC 9285 table 1), or that may not stand in such a text.
    Character {
        /// Counted in characters from 0.
        position: usize,
        /// The character's code point; it is a symbol of a machine text, never of a name.
        code_point: u32,
    },
    /// A Base45 group whose value does not fit into the bytes it stands for (RFC 9285 section 6).
    Base45Group {
        /// Of the group's first character.
        position: usize,
        /// The value of the group.
        value: u32,
        /// 65535 for three characters, 255 for two.
        max: u32,
    },
    /// A single character is left over at the end; no byte encodes to it.
    Base45Tail {
        /// Number of characters after the prefix.
        characters: usize,
    },
    /// Too few or too many of something.
    Length {
        /// What was counted.
        unit: Unit,
        /// The count found; for a declared length the declared one.
        found: u64,
        /// Fewest allowed.
        min: u64,
        /// Most allowed.
        max: u64,
    },
    /// The CBOR item ends before it is complete.
    Truncated {
        /// Byte position.
        position: usize,
    },
    /// Bytes follow the item.
    Trailing {
        /// Number of bytes that follow.
        bytes: usize,
    },
    /// A CBOR form that RFC 8949 section 4.2.1 or this profile excludes.
    NotDeterministic {
        /// Byte position of the item's head.
        position: usize,
        /// Which form.
        form: Form,
    },
    /// Another CBOR or JSON type stands here.
    WrongType {
        /// The type the format asks for.
        wanted: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// A number outside its range.
    Range {
        /// The number found.
        found: i128,
        /// Lowest allowed.
        min: i64,
        /// Highest allowed.
        max: i64,
    },
    /// A code that its list does not have.
    Code {
        /// Name of the list.
        list: &'static str,
        /// The code found.
        found: i128,
    },
    /// A word that its list does not have.
    Word {
        /// Name of the list.
        list: &'static str,
    },
    /// A key or member that the format does not have. A new field is a new version of the format.
    Unknown {
        /// The key as found, escaped and cut to 40 characters.
        key: String,
    },
    /// The same key or member twice.
    Repeated {
        /// The key as found, escaped and cut to 40 characters.
        key: String,
    },
    /// A member that must be there is not.
    Missing,
    /// An array that is a set has an entry twice, or (in CBOR) out of ascending order.
    SetOrder {
        /// Position of the entry, from 0.
        entry: usize,
    },
    /// Household lines rise, the first is 2 or more (the holder is line 1).
    LineOrder {
        /// The line found.
        found: u64,
        /// The lowest that may stand here.
        min: u64,
    },
    /// A control or bidirectional formatting character in a name.
    NameCharacter {
        /// Counted in characters from 0.
        position: usize,
        /// The character's code point.
        code_point: u32,
    },
    /// A text that does not have the form its place asks for.
    Pattern {
        /// The form in words.
        wanted: &'static str,
    },
    /// A last day before the first day.
    Period {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
    },
    /// A last serial before the first.
    Serials {
        /// First serial.
        first: u64,
        /// Last serial.
        last: u64,
    },
    /// `paid_through` must lie at or after `start` and before `end`; where it equals `end` it is left out.
    PaidThrough {
        /// First day of cover.
        start: Date,
        /// Last day that is paid for.
        paid_through: Date,
        /// Last day of cover.
        end: Date,
    },
    /// `exp` is not after `iat`.
    Validity {
        /// Time of issue.
        iat: UnixTime,
        /// End of the document's validity.
        exp: UnixTime,
    },
    /// A status list is valid for at least 400 days.
    ListValidity {
        /// `exp - iat`, 0 where `exp` is not later.
        seconds: u64,
        /// 400 days.
        min: u64,
    },
    /// A document that lives longer than 31 days needs a status reference.
    StatusMissing {
        /// `exp - iat`.
        seconds: u64,
        /// 31 days.
        max: u64,
    },
    /// More decimals than the currency has.
    Decimals {
        /// Decimals found.
        found: usize,
        /// Decimals of the currency, ISO 4217.
        max: usize,
    },
    /// The document is of another type.
    WrongTyp {
        /// The type found.
        found: Typ,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The header names an algorithm that the key does not have.
    Algorithm {
        /// COSE algorithm found.
        found: i128,
        /// COSE algorithm of Ed25519 keys, RFC 9864.
        wanted: i64,
    },
    /// The document names another key. It was not tried.
    OtherKey {
        /// `kid` of the document.
        found: KeyId,
        /// `kid` of the key.
        wanted: KeyId,
    },
    /// A point of small order or one that does not decode: no signature under it means anything.
    WeakKey,
    /// The signature does not hold under the key.
    Signature,
    /// The ZLIB stream is damaged, cut, of another format, or its Adler-32 does not match.
    Zlib,
    /// JSON syntax.
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

/// What a [`What::Length`] counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Unicode scalar values.
    Characters,
    /// Entries of a map or array.
    Entries,
    /// Nested maps and arrays.
    Levels,
    /// Values in a JSON text.
    Values,
}

/// A CBOR form that is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An integer or length in more bytes than it needs.
    NotShortest,
    /// Indefinite length.
    Indefinite,
    /// Map keys that do not ascend.
    KeyOrder,
    /// The same map key twice.
    DuplicateKey,
    /// A tag.
    Tag,
    /// A float.
    Float,
    /// A simple value other than false, true and null.
    Simple,
    /// Additional information 28 to 30, or a lone break.
    Reserved,
    /// A text that is not UTF-8.
    Utf8,
}

impl Fault {
    /// A fault at the place where it was found.
    pub fn new(what: What) -> Self {
        Self(Box::new(Inner { place: Vec::new(), what }))
    }

    /// The same fault, seen from the map that has the member.
    #[must_use]
    pub fn within(mut self, member: &'static str) -> Self {
        self.0.place.push(Step::Member(member));
        self
    }

    /// The same fault, seen from the array that has the entry.
    #[must_use]
    pub fn at_entry(mut self, entry: usize) -> Self {
        self.0.place.push(Step::Entry(entry));
        self
    }

    /// What is wrong.
    pub fn what(&self) -> &What {
        &self.0.what
    }

    /// The place in the words of the JSON form (`subject.members[0].sex`); empty for the whole document.
    pub fn place(&self) -> String {
        let mut text = String::new();
        for step in self.0.place.iter().rev() {
            match step {
                Step::Member(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
                Step::Entry(entry) => {
                    // Writing to a String cannot fail.
                    let _ = fmt::Write::write_fmt(&mut text, format_args!("[{entry}]"));
                }
            }
        }
        text
    }
}

impl From<What> for Fault {
    fn from(what: What) -> Self {
        Self::new(what)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        if !place.is_empty() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.0.what)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

impl core::error::Error for Fault {}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Prefix => write!(f, "this is no Sanad text: it does not start with \"SND1:\""),
            What::Character { position, code_point } => {
                write!(f, "U+{code_point:04X} at character {position} is no Base45 symbol")
            }
            What::Base45Group { position, value, max } => {
                write!(f, "the Base45 group at character {position} has the value {value}, more than {max}")
            }
            What::Base45Tail { characters } => {
                write!(f, "{characters} Base45 characters leave a single one at the end")
            }
            What::Length { unit, found, min, max } => {
                write!(f, "{found} {unit}, allowed are {min} to {max}")
            }
            What::Truncated { position } => write!(f, "cut off at byte {position}"),
            What::Trailing { bytes } => write!(f, "{bytes} bytes follow the end"),
            What::NotDeterministic { position, form } => write!(f, "{form} at byte {position}"),
            What::WrongType { wanted, found } => write!(f, "{found} where {wanted} must stand"),
            What::Range { found, min, max } => write!(f, "{found} is not in {min}..{max}"),
            What::Code { list, found } => write!(f, "{found} is no {list} code"),
            What::Word { list } => write!(f, "no word of the list of {list} codes"),
            What::Unknown { key } => write!(f, "unknown member {key}"),
            What::Repeated { key } => write!(f, "{key} stands twice"),
            What::Missing => write!(f, "is missing"),
            What::SetOrder { entry } => {
                write!(f, "entry {entry} repeats an entry or is not in ascending order")
            }
            What::LineOrder { found, min } => {
                write!(f, "household line {found}, must be {min} or more: lines rise from 2")
            }
            What::NameCharacter { position, code_point } => {
                write!(f, "control or direction character U+{code_point:04X} at character {position}")
            }
            What::Pattern { wanted } => write!(f, "must be {wanted}"),
            What::Period { first, last } => write!(f, "the last day {last} is before the first day {first}"),
            What::Serials { first, last } => write!(f, "the last serial {last} is before the first, {first}"),
            What::PaidThrough { start, paid_through, end } => write!(
                f,
                "paid through {paid_through}, must be {start} or later and before {end} (leave it out when all is paid)"
            ),
            What::Validity { iat, exp } => write!(f, "exp {exp} is not after iat {iat}"),
            What::ListValidity { seconds, min } => {
                write!(f, "the list is valid for {seconds} seconds, {min} are the least")
            }
            What::StatusMissing { seconds, max } => {
                write!(f, "valid for {seconds} seconds without a status reference, at most {max} are allowed")
            }
            What::Decimals { found, max } => write!(f, "{found} decimals, the currency has {max}"),
            What::WrongTyp { found, wanted } => write!(f, "the document is {found}, not {wanted}"),
            What::Algorithm { found, wanted } => write!(f, "algorithm {found}, the key's is {wanted}"),
            What::OtherKey { found, wanted } => write!(f, "signed with key {found}, not with {wanted}"),
            What::WeakKey => write!(f, "no usable Ed25519 key: small order or not on the curve"),
            What::Signature => write!(f, "the signature does not hold"),
            What::Zlib => write!(f, "no intact ZLIB stream"),
            What::Json { line, column } => write!(f, "JSON syntax at line {line}, column {column}"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Bytes => "bytes",
            Unit::Characters => "characters",
            Unit::Entries => "entries",
            Unit::Levels => "levels of nesting",
            Unit::Values => "values",
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::NotShortest => "number or length not in its shortest form",
            Form::Indefinite => "indefinite length",
            Form::KeyOrder => "map key out of order",
            Form::DuplicateKey => "duplicate map key",
            Form::Tag => "tag",
            Form::Float => "floating-point number",
            Form::Simple => "simple value",
            Form::Reserved => "reserved CBOR byte",
            Form::Utf8 => "text that is not UTF-8",
        })
    }
}

/// A key from outside, made safe to print: escaped, quoted and cut.
pub(crate) fn printable_key(key: &str) -> String {
    /// Longer keys are no typing mistakes; what identifies them is their beginning.
    const CHARACTERS_SHOWN: usize = 40;
    let mut text = String::from("\"");
    text.extend(key.chars().take(CHARACTERS_SHOWN).flat_map(char::escape_debug));
    text.push('"');
    text
}

/// `Length` faults take counts as u64 so that a declared CBOR length of 2^64-1 can be shown.
pub(crate) fn length(unit: Unit, found: usize, min: usize, max: usize) -> Fault {
    let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    What::Length { unit, found: wide(found), min: wide(min), max: wide(max) }.into()
}
