//! JSON Canonicalization Scheme (RFC 8785): what eddsa-jcs-2022 signs.
//!
//! Numbers with a fraction are written by `serde_json_canonicalizer`, which does everything else too, but through several
//! copies: it took as long as a signature. A property holds that both write the same. Refuses nothing: numbers beyond
//! 2^53 do not come this far ([`crate::parse`]).

use serde_json::{Map, Value};

use crate::fault::{Fault, Problem, What};

/// Room for most entitlements.
const USUAL_BYTES: usize = 2_048;

/// The canonical form of an object.
pub(crate) fn canonical(members: &Map<String, Value>) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    write_object(members, &mut text)?;
    Ok(text)
}

fn write(value: &Value, to: &mut Vec<u8>) -> Result<(), Fault> {
    match value {
        Value::Object(members) => write_object(members, to),
        Value::Array(entries) => {
            to.push(b'[');
            for (position, entry) in entries.iter().enumerate() {
                if position > 0 {
                    to.push(b',');
                }
                write(entry, to)?;
            }
            to.push(b']');
            Ok(())
        }
        Value::String(text) => write_text(text, to),
        Value::Number(number) if number.is_f64() => {
            let text = serde_json_canonicalizer::to_vec(number).map_err(|_| fault())?;
            to.extend(text);
            Ok(())
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => {
            serde_json::to_writer(to, value).map_err(|_| fault())
        }
    }
}

fn write_object(members: &Map<String, Value>, to: &mut Vec<u8>) -> Result<(), Fault> {
    to.push(b'{');
    // A map is in the order of UTF-8. That of UTF-16 is another one only for characters beyond U+FFFF.
    if members.keys().all(|name| name.is_ascii()) {
        write_members(members.iter(), to)?;
    } else {
        let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        write_members(sorted.into_iter(), to)?;
    }
    to.push(b'}');
    Ok(())
}

fn write_members<'m>(
    members: impl Iterator<Item = (&'m String, &'m Value)>,
    to: &mut Vec<u8>,
) -> Result<(), Fault> {
    for (position, (name, value)) in members.enumerate() {
        if position > 0 {
            to.push(b',');
        }
        write_text(name, to)?;
        to.push(b':');
        write(value, to)?;
    }
    Ok(())
}

/// The escapes of `serde_json` are those of the standard: the short ones, and lower-case digits.
fn write_text(text: &str, to: &mut Vec<u8>) -> Result<(), Fault> {
    serde_json::to_writer(to, text).map_err(|_| fault())
}

fn fault() -> Fault {
    Fault::new(Problem::ProofTransformation, What::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Strategy, any, prop_oneof, proptest};
    use proptest::{collection, option};

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            option::of(any::<bool>()).prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            (0_u64..1 << 53).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
            "[\\x00-\\x1f\"\\\\\u{7f}\u{e000}\u{10000}]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                collection::btree_map("[a\u{e9}\u{ffff}\u{e000}\u{10000}\"\n]{0,3}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn both_writers_write_the_same(value in values()) {
            let members = Map::from_iter([("v".to_owned(), value)]);
            let theirs = serde_json_canonicalizer::to_vec(&members).unwrap();
            assert_eq!(String::from_utf8(canonical(&members).unwrap()), String::from_utf8(theirs));
        }
    }

    #[test]
    fn names_are_in_the_order_of_utf_16() {
        let members = Map::from_iter([
            ("\u{e000}".to_owned(), Value::from(1)),
            ("\u{10000}".to_owned(), Value::from(2)),
        ]);
        assert_eq!(canonical(&members).unwrap(), "{\"\u{10000}\":2,\"\u{e000}\":1}".as_bytes());
    }
}
