//! Canonical JSON (OLPC), over which TUF metadata is signed.
//!
//! Members sorted by the code points of their names, no white space, and in strings only `"` and `\` escaped. So one
//! tree has one encoding, whatever the file looked like. The encoding of a string with control characters is no
//! JSON any more; it is signed bytes, never a file.

use sanad_credential::Json;

/// The bytes that are signed for this tree.
pub(crate) fn canonical(json: &Json<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(json, &mut bytes);
    bytes
}

fn write(json: &Json<'_>, bytes: &mut Vec<u8>) {
    match json {
        Json::Null => bytes.extend_from_slice(b"null"),
        Json::Bool(true) => bytes.extend_from_slice(b"true"),
        Json::Bool(false) => bytes.extend_from_slice(b"false"),
        Json::Integer(value) => bytes.extend_from_slice(value.to_string().as_bytes()),
        Json::Text(text) => write_text(text, bytes),
        Json::Array(entries) => {
            bytes.push(b'[');
            for (position, entry) in entries.iter().enumerate() {
                if position > 0 {
                    bytes.push(b',');
                }
                write(entry, bytes);
            }
            bytes.push(b']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // Bytewise order of UTF-8 is the order of code points.
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            bytes.push(b'{');
            for (position, (name, value)) in members.into_iter().enumerate() {
                if position > 0 {
                    bytes.push(b',');
                }
                write_text(name, bytes);
                bytes.push(b':');
                write(value, bytes);
            }
            bytes.push(b'}');
        }
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            bytes.push(b'\\');
        }
        bytes.push(byte);
    }
    bytes.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanad_credential::Limits;

    const LIMITS: Limits = Limits { bytes_max: 1_000, depth_max: 8, entries_max: 64, values_max: 64 };

    fn check(text: &str, expected: &str) {
        let json = Json::parse(text, LIMITS).unwrap();
        assert_eq!(String::from_utf8(canonical(&json)).unwrap(), expected);
    }

    #[test]
    fn members_are_sorted_and_white_space_is_gone() {
        check(
            r#"{ "b" : [ 1 , -2, true, false, null ], "a": {} , "B":"" }"#,
            r#"{"B":"","a":{},"b":[1,-2,true,false,null]}"#,
        );
    }

    #[test]
    fn only_quotes_and_backslashes_are_escaped() {
        check(
            r#"{"n":"a\nb","q":"\"\\\/","u":"\u00e9ሀ"}"#,
            "{\"n\":\"a\nb\",\"q\":\"\\\"\\\\/\",\"u\":\"éሀ\"}",
        );
    }

    #[test]
    fn names_are_sorted_by_code_point_not_by_utf_16_unit() {
        check("{\"\u{1F600}\":1,\"\u{FFFD}\":2}", "{\"\u{FFFD}\":2,\"\u{1F600}\":1}");
    }
}
