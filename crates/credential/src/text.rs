//! Texts and identifiers, each a type of its own.
//!
//! Lengths count Unicode scalar values. A name refuses control and bidirectional formatting characters, since it
//! is shown to people beside other texts and could otherwise rewrite them; NFC is the issuer's duty and not tested
//! here (SPEC.md section 3). Identifiers of section 7 refuse everything but upper-case letters, digits and "-".

use alloc::string::String;
use core::fmt;

use crate::cbor::{Field, Reader, Writer};
use crate::fault::{Fault, Unit, What, length};
use crate::json::Json;

/// Declares a text type by its longest length and the check of its form.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal, $check:path, $shown:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Longest, in characters.
            pub const CHARACTERS_MAX: usize = $max;

            /// Checks length and form.
            ///
            /// # Errors
            /// [`What::Length`], and [`What::Pattern`] or [`What::NameCharacter`] where the type has a form.
            pub fn new(text: &str) -> Result<Self, Fault> {
                let characters = text.chars().count();
                if !($min..=$max).contains(&characters) {
                    return Err(length(Unit::Characters, characters, $min, $max));
                }
                $check(text)?;
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                debug::$shown(stringify!($name), &self.0, f)
            }
        }

        impl Field for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                Self::new(reader.text()?)
            }

            fn write(&self, writer: &mut Writer) {
                writer.text(&self.0);
            }

            fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
                Self::new(json.text()?)
            }

            fn to_json(&self) -> Json<'_> {
                Json::Text(self.0.as_str().into())
            }
        }
    )+};
}

texts! {
    /// A member number, the scheme's own.
    MemberNumber, 1..=24, any, hidden;
    /// A person's name in one script, one field: many names have no given and family part.
    Name, 1..=64, name, hidden;
    /// A text without a form of its own.
    Label, 1..=64, any, shown;
    /// A BCP 47 language tag.
    LanguageTag, 1..=64, language, shown;
    /// An issuer's id in the trust list, which starts with its country: `KE-SHA`.
    IssuerId, 4..=24, signing_id, shown;
    /// A delegation's id; of a facility's key it is the facility id: `UG-F01`.
    DelegationId, 4..=24, signing_id, shown;
    /// A product of an issuer.
    ProductId, 1..=24, plain_id, shown;
    /// An agreement between schemes.
    AgreementId, 1..=24, plain_id, shown;
    /// A country (ISO 3166-1 alpha-2) or its subdivision (ISO 3166-2): `KE`, `ET-AM`.
    Area, 2..=6, area, shown;
    /// The address of a status list.
    StatusUri, 12..=96, uri, shown;
    /// A currency, ISO 4217.
    Currency, 3..=3, currency, shown;
}

/// What `Debug` shows: nothing of a person, since debug output ends up in logs.
mod debug {
    use core::fmt;

    pub(super) fn shown(_: &str, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(text, f)
    }

    pub(super) fn hidden(name: &str, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{name}({} characters)", text.chars().count())
    }
}

fn any(_: &str) -> Result<(), Fault> {
    Ok(())
}

fn pattern(holds: bool, wanted: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(What::Pattern { wanted }.into()) }
}

fn name(text: &str) -> Result<(), Fault> {
    let excluded = |character: &char| {
        character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    match text.chars().enumerate().find(|(_, character)| excluded(character)) {
        Some((position, character)) => {
            Err(What::NameCharacter { position, code_point: u32::from(character) }.into())
        }
        None => Ok(()),
    }
}

/// RFC 5646 section 2.1, by its outer form: subtags of 1 to 8 letters and digits, the first of letters.
fn language(text: &str) -> Result<(), Fault> {
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let first_is_letters =
        text.split('-').next().is_some_and(|part| part.bytes().all(|b| b.is_ascii_alphabetic()));
    pattern(first_is_letters && text.split('-').all(subtag), "a language tag such as \"sw\" or \"ff-Adlm\"")
}

fn id_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-'
}

fn plain_id(text: &str) -> Result<(), Fault> {
    pattern(text.bytes().all(id_byte), "of A-Z, 0-9 and \"-\" only")
}

fn signing_id(text: &str) -> Result<(), Fault> {
    let country =
        matches!(text.as_bytes(), [a, b, b'-', ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase());
    pattern(country && text.bytes().all(id_byte), "two country letters, \"-\", then A-Z, 0-9 and \"-\" only")
}

fn area(text: &str) -> Result<(), Fault> {
    let upper = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_uppercase);
    let part = |bytes: &[u8]| {
        (1..=3).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let holds = match text.as_bytes() {
        [a, b] => upper(&[*a, *b]),
        [a, b, b'-', rest @ ..] => upper(&[*a, *b]) && part(rest),
        _ => false,
    };
    pattern(holds, "a country or subdivision of ISO 3166 such as \"KE\" or \"ET-AM\"")
}

fn uri(text: &str) -> Result<(), Fault> {
    pattern(text.bytes().all(|byte| byte.is_ascii_graphic()), "printable ASCII without spaces")
}

fn currency(text: &str) -> Result<(), Fault> {
    pattern(text.bytes().all(|byte| byte.is_ascii_uppercase()), "three capital letters of ISO 4217")
}

impl Area {
    /// The country that it is, or is a part of.
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or(&self.0)
    }

    /// Whether `other` is this area or lies in it: a country contains its subdivisions.
    pub fn contains(&self, other: &Area) -> bool {
        self == other || (self.0.len() == 2 && self.0 == other.country())
    }
}

/// Identifiers that start with the two letters of the signing country.
macro_rules! country_of_id {
    ($($name:ident)+) => {$(
        impl $name {
            /// The two letters it starts with.
            pub fn country(&self) -> &str {
                self.0.get(..2).unwrap_or(&self.0)
            }
        }
    )+};
}
country_of_id! { IssuerId DelegationId }
