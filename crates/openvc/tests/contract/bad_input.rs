//! Input that is made to cost time or memory: refused, and within bounds.

use std::time::{Duration, Instant};

use sanad_openvc::{DOCUMENT, Fault, Problem, Suite, What, parse, parse_object};
use serde_json::{Value, json};

use crate::support::{did, issuer, signed, small, verified};

/// What is bounded takes a second at most in an unoptimised crate, and a machine that is busy with others may take many
/// times as long. Without a bound, nodes that look alike are tried in every order, which takes far longer than this.
const LONG: Duration = Duration::from_secs(60);

fn within_time<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = act();
    assert!(started.elapsed() < LONG, "{what}: {:?}", started.elapsed());
    done
}

fn refused(what: &str, document: &Value) -> Fault {
    within_time(what, || signed(document, Suite::Rdfc).map(|_| ()).unwrap_err())
}

#[test]
fn ten_megabytes_and_deep_nesting_are_refused_before_they_are_read() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000));
    assert!(matches!(
        within_time("10 MB", || parse(large.as_bytes(), DOCUMENT).unwrap_err()).what(),
        What::TooMany { unit: "bytes", .. }
    ));
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        assert!(matches!(
            within_time("depth", || parse(deep.as_bytes(), DOCUMENT).unwrap_err()).what(),
            What::TooMany { unit: "levels", .. }
        ));
    }
    let many = format!("[{}1]", "1,".repeat(100_000));
    assert!(within_time("entries", || parse(many.as_bytes(), DOCUMENT)).is_err());
}

#[test]
fn duplicate_members_and_numbers_beyond_2_53_are_refused() {
    let fault = parse_object(br#"{"issuer":"did:x:a","issuer":"did:x:b"}"#, DOCUMENT).unwrap_err();
    assert_eq!(fault.problem(), Problem::Parsing);
    assert!(parse_object(br#"{"n":9007199254740993}"#, DOCUMENT).is_err());
}

/// The subject knows many others that know each other and cannot be told apart.
fn clique(nodes: usize) -> Value {
    let node = |number: usize| {
        let knows: Vec<Value> = (0..nodes)
            .filter(|other| *other != number)
            .map(|other| json!({"id": format!("_:b{other}")}))
            .collect();
        json!({"id": format!("_:b{number}"), "knows": knows})
    };
    let mut document = small();
    document["credentialSubject"] = json!({"knows": (0..nodes).map(node).collect::<Vec<_>>()});
    document
}

#[test]
fn blank_nodes_that_a_document_names_are_refused() {
    assert_eq!(refused("clique", &clique(12)).problem(), Problem::DataLoss);
}

#[test]
fn blank_nodes_that_look_alike_end_at_a_bound() {
    // A tree in which each node has several children of the same look.
    fn tree(depth: usize, width: usize) -> Value {
        match depth {
            0 => json!({"knows": "x"}),
            _ => json!({ "knows": (0..width).map(|_| tree(depth - 1, width)).collect::<Vec<_>>() }),
        }
    }
    for (depth, width) in [(1, 12), (2, 9), (3, 7), (4, 5), (9, 2), (1, 600)] {
        let mut document = small();
        document["credentialSubject"] = tree(depth, width);
        let what = format!("depth {depth}, width {width}");
        let made = within_time(&what, || signed(&document, Suite::Rdfc));
        if let Err(fault) = made {
            assert!(matches!(fault.what(), What::TooMany { .. }), "{what}: {fault}");
        }
    }
    let mut document = small();
    document["credentialSubject"] = tree(3, 7);
    assert!(matches!(refused("poisoned", &document).what(), What::TooMany { .. }));
}

#[test]
fn contexts_are_bounded_in_number_and_size() {
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let mut document = small();
    document["@context"] = json!(vec![v2; 1_000]);
    assert!(matches!(refused("many", &document).what(), What::TooMany { unit: "contexts", .. }));
    let terms: serde_json::Map<String, Value> =
        (0..600).map(|number| (format!("t{number}"), json!(format!("urn:x:{number}")))).collect();
    document["@context"] = json!([v2, terms]);
    assert!(matches!(refused("large", &document).what(), What::TooMany { .. }));
    // Each node brings a context of its own.
    let node = json!({"@context": {"a": "urn:x:a"}, "a": "b"});
    document["@context"] = small()["@context"].clone();
    document["credentialSubject"] = Value::Array(vec![node; 500]);
    assert!(matches!(refused("each", &document).what(), What::TooMany { unit: "contexts", .. }));
    // Scoped contexts that lead to themselves.
    document["@context"] = json!([v2, {"@vocab": "urn:x:", "a": {"@id": "urn:x:a", "@context": {"a": {"@id": "urn:x:a", "@context": {"b": "urn:x:b"}}}}}]);
    document["credentialSubject"] = json!({"a": {"a": {"a": {"b": "x"}}}});
    let _ = within_time("scoped", || signed(&document, Suite::Rdfc));
    for inner in [json!("https://remote.example/"), json!({"@import": "https://remote.example/"})] {
        let mut document = small();
        document["@context"] = json!([v2, {"a": {"@id": "urn:x:a", "@context": inner}}]);
        assert_eq!(refused("remote", &document).problem(), Problem::MalformedValue);
    }
    let cyclic = json!([v2, {"a": "b:x", "b": "a:x"}]);
    let mut document = small();
    document["@context"] = cyclic;
    assert!(within_time("cyclic", || signed(&document, Suite::Rdfc)).is_err());
}

#[test]
fn the_largest_document_is_read_within_bounds() {
    // As many values as a document may have, all of them different.
    let mut document = small();
    let entries: Vec<Value> =
        (0..1_000).map(|entry| json!({"a": entry, "b": format!("{entry}"), "c": [entry]})).collect();
    document["credentialSubject"] = json!({"alumniOf": entries});
    let text = document.to_string();
    let read = within_time("read", || parse(text.as_bytes(), DOCUMENT)).unwrap();
    within_time("signed and verified", || verified(&signed(&read, Suite::Rdfc).unwrap()).unwrap());
}

#[test]
fn rubbish_never_panics() {
    let good = Value::Object(signed(&small(), Suite::Jcs).unwrap()).to_string();
    let _ = did(&issuer());
    for length in 0..good.len() {
        if let Some(cut) = good.get(..length) {
            assert!(parse_object(cut.as_bytes(), DOCUMENT).is_err());
        }
    }
    let bytes = good.as_bytes();
    for position in 0..bytes.len() {
        for byte in [0_u8, b'"', b'{', b'}', b'[', b'0', 0xff] {
            let mut changed = bytes.to_vec();
            changed[position] = byte;
            if let Ok(read) = parse_object(&changed, DOCUMENT) {
                // White space inside texts may change the document; it may not verify then.
                let is_same =
                    serde_json::from_slice::<Value>(bytes).ok() == Some(Value::Object(read.clone()));
                assert!(is_same || verified(&read).is_err());
            }
        }
    }
}
