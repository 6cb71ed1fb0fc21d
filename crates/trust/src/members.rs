//! Members of the files of the trust repository and of scheme files, read and written by name.
//!
//! Every reader of this crate goes through these, so that a fault always carries the place where it was found.
//! A value of another type, a number out of range and an entry that stands twice are refused here; a member that
//! nobody asked for is refused by [`Object::finish`], which each reader calls last.

use std::borrow::Cow;
use std::fmt::Display;

use sanad_credential::{Count, Date, Fault, Json, Object, Set};

/// The member, read.
pub fn member<'j, 'a, T>(
    object: &mut Object<'j, 'a>,
    name: &'static str,
    read: impl FnOnce(&'j Json<'a>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    read(object.required(name)?).map_err(|fault| fault.within(name))
}

/// The member, read if it is there. `null` is a value like any other and nearly always of the wrong type.
pub fn optional<'j, 'a, T>(
    object: &mut Object<'j, 'a>,
    name: &'static str,
    read: impl FnOnce(&'j Json<'a>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    object.optional(name).map(read).transpose().map_err(|fault| fault.within(name))
}

/// A member that is a text.
pub fn text_of<T>(
    object: &mut Object<'_, '_>,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, Fault> {
    member(object, name, |json| read(json.text()?))
}

/// A member that is a day.
pub fn date(object: &mut Object<'_, '_>, name: &'static str) -> Result<Date, Fault> {
    text_of(object, name, Date::parse)
}

/// A member that is a day, or null for an open end. It must stand there: leaving it out by mistake must not open
/// what was meant to end.
pub fn open_date(object: &mut Object<'_, '_>, name: &'static str) -> Result<Option<Date>, Fault> {
    member(object, name, |json| match json {
        Json::Null => Ok(None),
        json => Date::parse(json.text()?).map(Some),
    })
}

/// A number without a range of its own.
pub fn count(object: &mut Object<'_, '_>, name: &'static str) -> Result<Count, Fault> {
    member(object, name, |json| number(json, Count::from_integer))
}

/// A number; its type knows the range.
pub fn number<T>(json: &Json<'_>, read: impl FnOnce(i128) -> Result<T, Fault>) -> Result<T, Fault> {
    read(i128::from(json.integer()?))
}

/// An array whose order has a meaning.
pub fn entries<T>(json: &Json<'_>, read: impl Fn(&Json<'_>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let entries = json.array()?.iter().enumerate();
    entries.map(|(entry, json)| read(json).map_err(|fault| fault.at_entry(entry))).collect()
}

/// An array of texts that is a set: in any order, none twice.
pub fn set<T: Ord>(json: &Json<'_>, read: impl Fn(&str) -> Result<T, Fault>) -> Result<Set<T>, Fault> {
    Set::new(entries(json, |json| read(json.text()?))?)
}

/// An object while it is written, in the order of SPEC.md section 7.
#[derive(Default)]
pub struct Written<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Written<'a> {
    /// A member.
    pub fn add(&mut self, name: &'static str, value: Json<'a>) {
        self.0.push((name.into(), value));
    }

    /// A member, where there is a value.
    pub fn add_if(&mut self, name: &'static str, value: Option<Json<'a>>) {
        self.0.extend(value.map(|value| (name.into(), value)));
    }

    /// The object.
    pub fn object(self) -> Json<'a> {
        Json::Object(self.0)
    }
}

/// Whatever is a text in JSON.
pub fn text_json(value: &dyn Display) -> Json<'static> {
    Json::Text(value.to_string().into())
}

/// An array of texts.
pub fn texts_json<T: Display>(values: &[T]) -> Json<'static> {
    Json::Array(values.iter().map(|value| text_json(value)).collect())
}

/// An array of words of a code list.
pub fn words_json<T: Copy>(values: &[T], word: fn(T) -> &'static str) -> Json<'static> {
    Json::Array(values.iter().map(|value| Json::Text(word(*value).into())).collect())
}

/// A number without a range of its own.
pub fn count_json(value: Count) -> Json<'static> {
    // At most 2^53-1, so it is always found.
    Json::Integer(i64::try_from(value.value()).unwrap_or(i64::MAX))
}
