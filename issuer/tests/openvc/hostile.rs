//! Documents that are made to cost time or memory, or to mean two things, sent to every address that issues: 400 with a
//! problem, within bounds, and the office serves on. Each is a credential that is issued as it stands but for the one thing
//! that is wrong with it, so that it is refused for that.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::Answer;
use crate::office::Office;
use crate::vc_api::{as_sent, is_refused, test_credential, tested, with};

/// What is read without a bound takes far longer, and this much a busy machine may need.
const BOUND: Duration = Duration::from_secs(60);

/// Stands where something hostile is put.
const PLACE: &str = "\"the place\"";

/// Addresses that sign what they are sent. The last signs entitlements alone.
const TARGETS: [&str; 5] = [
    "/test/eddsa-rdfc-2022/credentials/issue",
    "/test/eddsa-jcs-2022/credentials/issue",
    "/test/enveloped/credentials/issue",
    "/test/status/credentials/issue",
    "/credentials/issue",
];

/// The address that issues entitlements.
const STRICT: &str = TARGETS[4];

fn ask(office: &Office, target: &str, body: Vec<u8>) -> Answer {
    let started = Instant::now();
    let answer = office.call("registrar", "POST", target).body("application/json", body).send();
    assert!(started.elapsed() < BOUND, "{target}: {:?}", started.elapsed());
    answer
}

/// What each address issues, with a place in it.
fn with_a_place(office: &Office, target: &str, did: &str) -> String {
    let credential = if target == STRICT {
        let sent = as_sent(office, "91");
        let mut subject = sent["credentialSubject"].clone();
        subject["name"] = json!("the place");
        with(sent, "credentialSubject", subject)
    } else {
        let subject = json!({"id": "did:example:subject", "alumniOf": "the place"});
        with(test_credential(did), "credentialSubject", subject)
    };
    let body = json!({"credential": credential, "options": {}}).to_string();
    assert_eq!(body.matches(PLACE).count(), 1, "{body}");
    body
}

#[test]
fn depth_doubles_huge_numbers_and_ten_megabytes_are_refused_in_time_by_every_address_that_issues() {
    let office = tested();
    office.wait_until_ready();
    let did = office.get("", "/test/issuer").is(200).member("id");
    for target in TARGETS {
        let body = with_a_place(&office, target, &did);
        let put = |value: &str| ask(&office, target, body.replace(PLACE, value).into_bytes());
        for (what, value) in [
            ("deep arrays", format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000))),
            ("deep objects", format!("{}1{}", "{\"alumniOf\":".repeat(4_000), "}".repeat(4_000))),
            ("deep and cut off", "[".repeat(50_000)),
            ("arrays of 65", format!("{}1{}", "[".repeat(65), "]".repeat(65))),
            ("a double", "{\"alumniOf\":\"a\",\"alumniOf\":\"b\"}".to_owned()),
            ("a double with an escape", "{\"alumniOf\":\"a\",\"alumni\\u004ff\":\"b\"}".to_owned()),
            ("a double beside", "\"a\",\"name\":\"b\",\"name\":\"c\",\"alumniOf\":\"d\"".to_owned()),
            ("2^53 + 1", "9007199254740993".to_owned()),
            ("-2^53 - 1", "-9007199254740993".to_owned()),
            ("2^64", "18446744073709551616".to_owned()),
            ("1e400", "1e400".to_owned()),
            ("10 MB", format!("\"{}\"", "x".repeat(10_000_000))),
            ("10 MB of values", format!("[{}1]", "1,".repeat(5_000_000))),
            ("300 kB", format!("\"{}\"", "x".repeat(300_000))),
            ("half a surrogate", "\"\\ud800\"".to_owned()),
            ("a control character", "\"\u{1}\"".to_owned()),
            ("NaN", "NaN".to_owned()),
        ] {
            let body = is_refused(&put(&value), &format!("{target} {what}"));
            // Before anything was asked of what it says.
            assert_eq!(body["type"], "https://www.w3.org/TR/vc-data-model#PARSING_ERROR", "{what}: {body}");
        }
        let mut bytes = body.replace(PLACE, "\"x").into_bytes();
        bytes.extend(b"\xff\"}}");
        is_refused(&ask(&office, target, bytes), "no UTF-8");
        let twice = body.replacen("{\"credential\":", "{\"credential\":{},\"credential\":", 1);
        is_refused(&ask(&office, target, twice.into_bytes()), "credential twice");
        is_refused(&ask(&office, target, format!("{body}x").into_bytes()), "something after the end");
        if target != STRICT {
            put("9007199254740991").is(201);
        }
        // It was what stood in the place: without it the same body is issued, by an office that still serves.
        let good = put("\"Zawadi Kanari\"").is(201);
        assert!(good.json()["verifiableCredential"].is_object(), "{target}");
    }
    office.close();
}

fn tree(depth: usize, width: usize) -> Value {
    match depth {
        0 => json!({"knows": "x"}),
        _ => json!({"knows": (0..width).map(|_| tree(depth - 1, width)).collect::<Vec<_>>()}),
    }
}

/// Each of them knows all, and none has a name: what tells none from another.
fn clique(count: usize) -> Value {
    let all: Vec<Value> = (0..count).map(|one| json!({"id": format!("_:b{one}")})).collect();
    let knowing = |one: usize| json!({"id": format!("_:b{one}"), "knows": all});
    json!({"knows": (0..count).map(knowing).collect::<Vec<_>>()})
}

#[test]
fn poisoned_graphs_end_at_a_bound_at_every_address_that_issues() {
    let office = tested();
    office.wait_until_ready();
    let did = office.get("", "/test/issuer").is(200).member("id");
    let sent = as_sent(&office, "92");
    let trees = [(2, 9), (3, 7), (4, 5)].map(|(depth, width)| tree(depth, width));
    // Many that look alike, but nothing behind them.
    let flat = tree(1, 600);
    let cliques = [6, 10, 20].map(clique);
    for target in TARGETS {
        // Only what RDFC makes canonical can be poisoned. A tree that is signed as it is written costs its length.
        let makes_canonical = target.contains("rdfc") || target.contains("status") || target == STRICT;
        let base = if target == STRICT { sent.clone() } else { test_credential(&did) };
        let send = |subject: &Value| {
            let credential = with(base.clone(), "credentialSubject", subject.clone());
            let body = json!({"credential": credential}).to_string();
            ask(&office, target, body.into_bytes())
        };
        for tree in &trees {
            let answer = send(tree);
            if makes_canonical {
                let body = is_refused(&answer, &format!("{target} {tree}"));
                let bound = body["type"] == "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR";
                assert!(bound || target == STRICT, "{target}: {body}");
            } else {
                answer.is(201);
            }
        }
        assert_eq!(send(&flat).status, if target == STRICT { 400 } else { 201 }, "{target}");
        for clique in &cliques {
            is_refused(&send(clique), &format!("{target} {clique}"));
        }
        send(&base["credentialSubject"]).is(201);
    }
    office.close();
}

#[test]
fn contexts_of_this_machine_and_elsewhere_are_refused_without_a_fetch() {
    let office = tested();
    office.wait_until_ready();
    let did = office.get("", "/test/issuer").is(200).member("id");
    let sent = as_sent(&office, "93");
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let port = trap.local_addr().unwrap().port();
    for target in TARGETS {
        let base = if target == STRICT { sent.clone() } else { test_credential(&did) };
        let send = |credential: Value| {
            let body = json!({"credential": credential}).to_string();
            ask(&office, target, body.into_bytes())
        };
        for host in ["http://127.0.0.1", "https://127.0.0.1", "http://localhost"] {
            let address = format!("{host}:{port}/context");
            for context in [json!(address), json!({"@import": address}), json!({"@context": address})] {
                let mut contexts = base["@context"].as_array().unwrap().clone();
                contexts.push(context);
                is_refused(&send(with(base.clone(), "@context", json!(contexts))), &address);
            }
            let mut scoped = base.clone();
            scoped["credentialSubject"]["@context"] = json!(address);
            is_refused(&send(scoped), &address);
            let resource = json!({"id": address, "digestSRI": format!("sha256-{}=", "A".repeat(43))});
            is_refused(&send(with(base.clone(), "relatedResource", resource)), &address);
        }
        send(base).is(201);
    }
    // The system keeps callers until they are taken, so none is missed.
    assert!(trap.accept().is_err(), "something was fetched");
    office.close();
}
