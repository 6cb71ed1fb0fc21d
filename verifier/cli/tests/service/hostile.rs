//! Input that is made to cost time or memory: 400 with a problem document, within bounds.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::signing::small;

const PATHS: [(&str, &str); 2] =
    [("/credentials/verify", "verifiableCredential"), ("/presentations/verify", "verifiablePresentation")];

fn within_time(what: &str, act: impl FnOnce() -> Answer) {
    let started = Instant::now();
    act().is_refused(what);
    // What is read without a bound takes far longer, and this much a busy machine may need.
    assert!(started.elapsed() < Duration::from_secs(60), "{what}: {:?}", started.elapsed());
}

#[test]
fn ten_megabytes_depth_doubles_and_huge_numbers_are_refused_in_time() {
    let server = Server::start();
    for (path, member) in PATHS {
        for (what, body) in [
            ("10 MB", format!("{{\"{member}\":\"{}\"}}", "x".repeat(10_000_000))),
            ("300 kB", format!("{{\"{member}\":\"{}\"}}", "x".repeat(300_000))),
            ("deep arrays", format!("{{\"{member}\":{}1{}}}", "[".repeat(60_000), "]".repeat(60_000))),
            ("deep objects", format!("{{\"{member}\":{}1{}}}", "{\"a\":".repeat(30_000), "}".repeat(30_000))),
            ("twice", format!("{{\"{member}\":{{}},\"{member}\":{{}}}}")),
            ("twice inside", format!("{{\"{member}\":{{\"issuer\":\"a:a\",\"issuer\":\"b:b\"}}}}")),
            ("number", format!("{{\"{member}\":{{\"a\":9007199254740993}}}}")),
            ("cut off", format!("{{\"{member}\":{{")),
            ("no JSON", "rubbish".to_owned()),
            ("another value", "[]".to_owned()),
            ("after the end", format!("{{\"{member}\":{{}}}}x")),
        ] {
            within_time(what, || server.post(path, body.as_bytes()));
        }
        within_time("no UTF-8", || server.post(path, b"{\"a\":\"\xff\"}"));
    }
}

#[test]
fn poisoned_graphs_end_at_a_bound() {
    fn tree(depth: usize, width: usize) -> Value {
        match depth {
            0 => json!({ "knows": "x" }),
            _ => json!({ "knows": (0..width).map(|_| tree(depth - 1, width)).collect::<Vec<_>>() }),
        }
    }
    let server = Server::start();
    for (depth, width) in [(2, 9), (3, 7), (4, 5), (1, 600)] {
        let mut document = small();
        document["credentialSubject"] = tree(depth, width);
        // Signed by nobody: the graph is made canonical before a signature can be looked at.
        document["proof"] = json!({
            "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod",
            "verificationMethod": crate::signing::method(&crate::signing::issuer()),
            "proofValue": format!("z{}", "2".repeat(87)),
        });
        within_time("tree", || server.credential(&document));
    }
}

#[test]
fn foreign_contexts_suites_and_private_keys_are_refused_without_a_fetch() {
    let server = Server::start();
    let good = crate::signing::signed(&small(), sanad_openvc::Suite::Jcs);
    for context in ["https://remote.example/context", "http://127.0.0.1:1/context", "file:///etc/hostname"] {
        let mut document = good.clone();
        document["@context"].as_array_mut().unwrap().push(json!(context));
        within_time(context, || server.credential(&document));
    }
    for method in ["did:example:x#k", "did:key:z6Mk#z6Mk", "https://keys.example/1", "did:web:keys.example#k"]
    {
        let mut document = good.clone();
        document["proof"]["verificationMethod"] = json!(method);
        within_time(method, || server.credential(&document));
    }
}

#[test]
fn nothing_that_was_sent_comes_back_in_an_error() {
    let server = Server::start();
    let mut document = crate::signing::signed(&small(), sanad_openvc::Suite::Jcs);
    document["credentialSubject"]["alumniOf"] = json!("Wanjiru Invented");
    let answer = server.credential(&document);
    assert!(!answer.body.contains("Wanjiru"), "{}", answer.body);
}
