//! JSON from outside, read strictly and within bounds.
//!
//! Refuses what two readers may understand differently or what costs more than it is worth: members that stand
//! twice, numbers beyond 2^53-1, text after the value, and more bytes, levels, entries or values than the limits
//! say. RFC 8785 canonicalization and JSON-LD both rest on this: what passed here has one meaning.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

pub use sanad_credential::Limits;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::fault::{Fault, Problem, What, shown};

/// A credential or presentation. A credential of ours has 2 to 8 kB; conformance suites send up to 20; a
/// presentation holds several.
pub const DOCUMENT: Limits =
    Limits { bytes_max: 262_144, depth_max: 32, entries_max: 1_024, values_max: 8_192 };

/// A status list credential: 2^20 bits that do not compress are 131,072 bytes, 174,763 characters of base64url.
pub const STATUS_LIST: Limits =
    Limits { bytes_max: 393_216, depth_max: 16, entries_max: 256, values_max: 1_024 };

/// Header or claims of a JWT.
pub const JWT: Limits = Limits { bytes_max: 65_536, depth_max: 16, entries_max: 256, values_max: 4_096 };

/// 2^53-1: the largest whole number that every reader holds exactly.
const NUMBER_MAX: u64 = 9_007_199_254_740_991;

/// Reads one value; the text must end with it.
///
/// # Errors
/// [`Problem::Parsing`] with [`What::Json`], [`What::Repeated`], [`What::Number`] or [`What::TooMany`].
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Value, Fault> {
    if bytes.len() > limits.bytes_max {
        return Err(too_many("bytes", bytes.len(), limits.bytes_max));
    }
    let refused = RefCell::new(None);
    let values = Cell::new(0);
    let reader = Reader { limits, depth: 0, values: &values, refused: &refused };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = reader.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    parsed.map_err(|error| match refused.take() {
        Some(what) => Fault::new(Problem::Parsing, what),
        None => Fault::new(Problem::Parsing, What::Json { line: error.line(), column: error.column() }),
    })
}

/// Reads one object.
///
/// # Errors
/// As [`parse`]; [`What::WrongType`] for another value.
pub fn parse_object(bytes: &[u8], limits: Limits) -> Result<Map<String, Value>, Fault> {
    match parse(bytes, limits)? {
        Value::Object(members) => Ok(members),
        other => Err(is_not(&other, "an object").with_problem(Problem::Parsing)),
    }
}

/// Holds a tree that was read elsewhere against the same limits and numbers; duplicates are gone by then, so a text
/// from outside goes through [`parse`].
///
/// # Errors
/// As [`parse`].
pub fn check(value: &Value, limits: Limits) -> Result<(), Fault> {
    let mut values = 0_usize;
    let mut open = vec![(value, 0_usize)];
    while let Some((value, depth)) = open.pop() {
        values = values.saturating_add(1);
        if values > limits.values_max {
            return Err(too_many("values", values, limits.values_max));
        }
        let (entries, inner): (usize, Vec<&Value>) = match value {
            Value::Object(members) => (members.len(), members.values().collect()),
            Value::Array(entries) => (entries.len(), entries.iter().collect()),
            Value::Number(number) => {
                if !is_exact(number) {
                    return Err(Fault::new(Problem::Parsing, What::Number));
                }
                continue;
            }
            _ => continue,
        };
        let depth = depth.saturating_add(1);
        if depth > limits.depth_max {
            return Err(too_many("levels", depth, limits.depth_max));
        }
        if entries > limits.entries_max {
            return Err(too_many("entries", entries, limits.entries_max));
        }
        open.extend(inner.into_iter().map(|value| (value, depth)));
    }
    Ok(())
}

fn too_many(unit: &'static str, found: usize, max: usize) -> Fault {
    Fault::new(Problem::Parsing, What::TooMany { unit, found, max })
}

fn is_exact(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(whole), _, _) => whole <= NUMBER_MAX,
        (None, Some(whole), _) => whole.unsigned_abs() <= NUMBER_MAX,
        (None, None, Some(float)) => float.is_finite() && float.abs() <= 9_007_199_254_740_991.0,
        _ => false,
    }
}

/// A value that nobody wants here.
pub(crate) fn is_not(value: &Value, wanted: &'static str) -> Fault {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Fault::new(Problem::MalformedValue, What::WrongType { wanted, found })
}

/// The members of an object.
pub(crate) fn object(value: &Value) -> Result<&Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| is_not(value, "an object"))
}

/// A text.
pub(crate) fn text(value: &Value) -> Result<&str, Fault> {
    value.as_str().ok_or_else(|| is_not(value, "a text"))
}

/// A member that must be there.
pub(crate) fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Result<&'v Value, Fault> {
    object.get(name).ok_or_else(|| Fault::missing().within(name))
}

/// A member that must be there and is a text.
pub(crate) fn text_member<'v>(object: &'v Map<String, Value>, name: &str) -> Result<&'v str, Fault> {
    text(member(object, name)?).map_err(|fault| fault.within(name))
}

/// One value, or each of an array.
pub(crate) fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(entries) => entries,
        one => std::slice::from_ref(one),
    }
}

#[derive(Clone, Copy)]
struct Reader<'c> {
    limits: Limits,
    depth: usize,
    values: &'c Cell<usize>,
    refused: &'c RefCell<Option<What>>,
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(&self, what: What) -> E {
        *self.refused.borrow_mut() = Some(what);
        E::custom("refused")
    }

    fn limit<E: serde::de::Error>(&self, unit: &'static str, found: usize, max: usize) -> Result<(), E> {
        if found > max { Err(self.refuse(What::TooMany { unit, found, max })) } else { Ok(()) }
    }

    fn enter<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        self.limit("levels", depth, self.limits.depth_max)?;
        Ok(Self { depth, ..self })
    }

    fn number<E: serde::de::Error>(self, number: Number) -> Result<Value, E> {
        if is_exact(&number) { Ok(Value::Number(number)) } else { Err(self.refuse(What::Number)) }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get().saturating_add(1));
        self.limit("values", self.values.get(), self.limits.values_max)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        match Number::from_f64(value) {
            Some(number) => self.number(number),
            None => Err(self.refuse(What::Number)),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.enter()?;
        let mut entries = Vec::new();
        while let Some(entry) = access.next_element_seed(inner)? {
            entries.push(entry);
            self.limit("entries", entries.len(), self.limits.entries_max)?;
        }
        Ok(Value::Array(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.enter()?;
        let mut members = Map::new();
        let mut names = BTreeSet::new();
        while let Some(name) = access.next_key::<String>()? {
            self.limit("entries", members.len().saturating_add(1), self.limits.entries_max)?;
            if !names.insert(name.clone()) {
                return Err(self.refuse(What::Repeated { name: shown(&name) }));
            }
            members.insert(name, access.next_value_seed(inner)?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { bytes_max: 200, depth_max: 3, entries_max: 4, values_max: 10 };

    fn fault(text: &str) -> What {
        parse(text.as_bytes(), SMALL).unwrap_err().what().clone()
    }

    #[test]
    fn members_that_stand_twice_are_refused_at_any_depth_and_however_written() {
        assert_eq!(fault(r#"{"a":1,"a":1}"#), What::Repeated { name: "a".into() });
        assert_eq!(fault(r#"[{"a":{"b":1,"\u0062":2}}]"#), What::Repeated { name: "b".into() });
    }

    #[test]
    fn numbers_that_readers_round_differently_are_refused() {
        for text in ["9007199254740992", "-9007199254740992", "1e400", "1e16", "18446744073709551616"] {
            assert!(matches!(fault(text), What::Number | What::Json { .. }), "{text}");
        }
        for text in ["9007199254740991", "-9007199254740991", "0.1", "1e3", "-0.5"] {
            assert!(parse(text.as_bytes(), SMALL).is_ok(), "{text}");
        }
    }

    #[test]
    fn depth_entries_values_and_bytes_end_at_their_limits() {
        assert!(parse(b"[[[1]]]", SMALL).is_ok());
        assert!(matches!(fault("[[[[1]]]]"), What::TooMany { unit: "levels", .. }));
        assert!(matches!(fault("[1,2,3,4,5]"), What::TooMany { unit: "entries", .. }));
        assert!(matches!(fault("[[1,2,3],[1,2,3],[1,2,3]]"), What::TooMany { unit: "values", .. }));
        assert!(matches!(fault(&" ".repeat(201)), What::TooMany { unit: "bytes", .. }));
    }

    #[test]
    fn the_same_limits_hold_for_a_tree() {
        for text in ["[[[[1]]]]", "[1,2,3,4,5]", "[[1,2,3],[1,2,3],[1,2,3]]", "9007199254740992"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(check(&value, SMALL).is_err(), "{text}");
        }
        assert!(check(&serde_json::json!([[[1]]]), SMALL).is_ok());
    }

    #[test]
    fn a_text_that_goes_on_is_refused() {
        assert!(matches!(fault("{} {}"), What::Json { .. }));
        assert!(matches!(fault(r#""\ud800""#), What::Json { .. }));
    }
}
