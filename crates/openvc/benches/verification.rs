//! What verifying costs in each open form, beside a bare Ed25519 verification and beside foreign software in the same run:
//! `@digitalbazaar/vc` and `@sd-jwt` on Node (`cargo xtask peers` installs them).
//!
//! `cargo bench -p sanad-openvc`. The person is invented. Sides take turns within one run and the median counts, since
//! absolute figures drift on shared machines; the program ends with an error when eddsa-jcs-2022 costs more than 2.5
//! bare verifications.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a benchmark"
)]

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use sanad_credential::{Claims, SigningKey, UnixTime};
use sanad_openvc::{
    BUILT_IN, Binding, Controllers, DOCUMENT, DidDocument, KeyBinding, Profile, ProofOptions, PublicKey,
    Purpose, Suite, Times, VerificationMethod, Verifying, VerifyingSdJwt, did_key, from_credential, issue,
    issue_sd_jwt, parse_object, present_sd_jwt, sole_method, to_credential, to_sd_jwt, validate_credential,
    verify_credential, verify_sd_jwt,
};
use serde_json::{Map, Value, json};

/// Published here: no trust list may hold them.
const ISSUER: [u8; 32] = [0x5A; 32];
const HOLDER: [u8; 32] = [0x17; 32];
const HTTPS_ISSUER: &str = "https://sha.example";

/// Most that eddsa-jcs-2022 may cost, in bare verifications.
const JCS_MOST: f64 = 2.5;

/// A call of each side in each: short enough that few of them are interrupted by other programs.
const TURNS: usize = 1_501;
const WARM_UP_TURNS: usize = 50;
const NODE_RUNS: usize = 300;

fn main() -> ExitCode {
    let claims = claims();
    let (issuer, holder) = (SigningKey::from_secret(&ISSUER), SigningKey::from_secret(&HOLDER));
    let did = did_key(&PublicKey::Ed25519(issuer.public_key()));
    let method = sole_method(&did).unwrap();
    let [rdfc, jcs] = [Suite::Rdfc, Suite::Jcs].map(|suite| {
        let options = ProofOptions {
            suite,
            verification_method: &method,
            purpose: Purpose::AssertionMethod,
            created: Some(now()),
            challenge: None,
            domain: None,
            id: None,
            previous: &[],
        };
        issue(&to_credential(&claims, &did), &options, Profile::Production, &issuer).unwrap()
    });
    let mut controllers = Controllers::new(Profile::Production);
    controllers.add(DidDocument::of_key_did(&did).unwrap());
    let key = PublicKey::Ed25519(issuer.public_key());
    let https = VerificationMethod { id: format!("{HTTPS_ISSUER}#k1"), controller: HTTPS_ISSUER.into(), key };
    controllers.add(DidDocument::of_methods(HTTPS_ISSUER, vec![https]));
    let mut number = 0_u8;
    let mut salt = || {
        number += 1;
        [number; 16]
    };
    let open = to_sd_jwt(&claims, HTTPS_ISSUER);
    let issued = issue_sd_jwt(&open, "k1", &mut salt, &issuer).unwrap();
    let all: Vec<&str> = open.disclosable.keys().map(String::as_str).collect();
    let binding = Binding { audience: "x509_hash:clinic", nonce: "nonce", iat: now() };
    let shown = present_sd_jwt(&issued, &all, Some((&binding, &holder))).unwrap();

    let bare_key = ed25519_dalek::SigningKey::from_bytes(&ISSUER);
    let (message, bare) = ([7_u8; 64], bare_key.verifying_key());
    let signature = bare_key.sign(&message);
    let unsigned = to_credential(&claims, &did);
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let sd_jwt = |text: &str, key_binding| {
        let verifying =
            VerifyingSdJwt { controllers: &controllers, now: now(), times: Times::Refuse, key_binding };
        black_box(verify_sd_jwt(black_box(text), &verifying).unwrap());
    };
    let verify = |document: &Map<String, Value>| {
        black_box(verify_credential(black_box(document), &verifying).unwrap());
    };
    let to_claims = |text: &str| {
        let document = parse_object(black_box(text.as_bytes()), DOCUMENT).unwrap();
        black_box(from_credential(verify_credential(&document, &verifying).unwrap().document()).unwrap());
    };
    let texts = [&jcs, &rdfc].map(|document| Value::Object(document.clone()).to_string());
    let require = KeyBinding::Require { audience: "x509_hash:clinic", nonce: "nonce", age_seconds_max: 60 };
    let mut sides: Vec<Side<'_>> = vec![
        (
            "bare verify_strict, key decoded before",
            Box::new(|| bare.verify_strict(black_box(&message), &signature).unwrap()),
        ),
        ("eddsa-jcs-2022", Box::new(|| verify(&jcs))),
        ("eddsa-rdfc-2022", Box::new(|| verify(&rdfc))),
        (
            "of that: the key decoded, the signature verified",
            Box::new(|| key.verify(black_box(&message), &signature.to_bytes()).unwrap()),
        ),
        (
            "of that: held against the data model",
            Box::new(|| {
                black_box(validate_credential(black_box(&jcs), Profile::Production).unwrap());
            }),
        ),
        (
            "of that: read as an entitlement",
            Box::new(|| drop(black_box(from_credential(black_box(&unsigned)).unwrap()))),
        ),
        (
            "beside it: the document in canonical form by serde_json_canonicalizer",
            Box::new(|| drop(black_box(serde_json_canonicalizer::to_string(black_box(&unsigned)).unwrap()))),
        ),
        ("of that: the document copied", Box::new(|| drop(black_box(black_box(&unsigned).clone())))),
        ("SD-JWT VC, all disclosed", Box::new(|| sd_jwt(&issued, KeyBinding::None))),
        ("SD-JWT VC with key binding (2 signatures)", Box::new(|| sd_jwt(&shown, require))),
        ("eddsa-jcs-2022, from text to claims", Box::new(|| to_claims(&texts[0]))),
        ("eddsa-rdfc-2022, from text to claims", Box::new(|| to_claims(&texts[1]))),
    ];
    println!(
        "{} bytes as W3C credential, {} as SD-JWT, {} with key binding",
        texts[0].len(),
        issued.len(),
        shown.len()
    );
    println!(
        "ours, one thread; keys of DIDs as bytes, contexts as text, nothing else kept from call to call:"
    );
    let medians = take_turns(&mut sides);
    for ((name, _), median) in sides.iter().zip(&medians) {
        println!("{median:9.1} us  {:6.2} bare  {name}", median / medians[0]);
    }
    let mut node = Node::start();
    println!("foreign, on Node, after 20 warming runs; each through its own public function:");
    let x = URL_SAFE_NO_PAD.encode(issuer.public_key().0);
    let holder_x = URL_SAFE_NO_PAD.encode(holder.public_key().0);
    let now = now();
    for (name, request) in [
        (
            "@digitalbazaar/vc, eddsa-jcs-2022",
            json!({"bench": "verify", "verify": jcs, "suite": "eddsa-jcs-2022", "now": now.to_string()}),
        ),
        (
            "@digitalbazaar/vc, eddsa-rdfc-2022",
            json!({"bench": "verify", "verify": rdfc, "suite": "eddsa-rdfc-2022", "now": now.to_string()}),
        ),
        (
            "@sd-jwt/sd-jwt-vc, all disclosed",
            json!({"bench": "sd_verify", "sd_verify": issued, "x": x, "now": now.seconds()}),
        ),
        (
            "@sd-jwt/sd-jwt-vc with key binding",
            json!({"bench": "sd_verify", "sd_verify": shown, "x": x, "holder": holder_x, "nonce": "nonce", "now": now.seconds()}),
        ),
        ("bare verification by OpenSSL", json!({"bench": "raw", "x": x})),
    ] {
        let mut request = request;
        request["runs"] = NODE_RUNS.into();
        let median = node.ask(&request)["microseconds"].as_f64().unwrap();
        println!("{median:9.1} us  {:6.2} bare  {name}", median / medians[0]);
    }
    let ratio = medians[1] / medians[0];
    let met = ratio <= JCS_MOST;
    println!(
        "eddsa-jcs-2022 beside a bare verification: {ratio:.2}, at most {JCS_MOST}: {}",
        if met { "met" } else { "MISSED" }
    );
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is measured, and a call of it.
type Side<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The median of each side in microseconds a call.
fn take_turns(sides: &mut [Side<'_>]) -> Vec<f64> {
    let mut times = vec![Vec::new(); sides.len()];
    for turn in 0..WARM_UP_TURNS + TURNS {
        for ((_, side), times) in sides.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            side();
            let taken = begun.elapsed();
            if turn >= WARM_UP_TURNS {
                times.push(taken.as_secs_f64() * 1e6);
            }
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}

fn now() -> UnixTime {
    UnixTime::parse("2026-11-27T12:00:00Z").unwrap()
}

/// Cover of a household of three, on a phone. No status, since foreign software would fetch its list.
fn claims() -> Claims {
    let holder = SigningKey::from_secret(&HOLDER).public_key();
    Claims::from_json_text(&format!(
        r#"{{"type":"coverage","iss":"KE-SHA","cti":"0011223344556677","iat":"2026-11-01T00:00:00Z",
        "exp":"2026-11-30T00:00:00Z","cnf":"{holder}",
        "subject":{{"number":"KE-1","name":"Fatuma Ali","native_names":[["sw","Fatuma Ali"]],"birth":"199X","sex":"F",
        "household":"H-9","role":"self","members":[[2,"Ali Hassan",1988,"M","spouse"],[3,"Amina Ali",null,"F","child"]],
        "check":"holder_key"}},
        "product":"UHC","rulebook":3,"functions":["medical_care","maternity"],"start":"2026-01-01","end":"2026-12-31",
        "paid_through":"2026-11-30","grace_days":30,"waits":{{"DEL":"2026-06-01","ANC":"2026-03-01"}},"copay_class":2,
        "territory":["KE","UG"],"max_level":4}}"#
    ))
    .unwrap()
}

/// The peer of the interop tests.
struct Node {
    child: std::process::Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Node {
    fn start() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let script = target.join("interop-node/peer.mjs");
        assert!(script.exists(), "the Node peers are not installed: run `cargo xtask peers`");
        let mut child =
            Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut node = Self { child, answers };
        for context in BUILT_IN {
            let document: Value = serde_json::from_str(context.text).unwrap();
            node.ask(&json!({"context": context.url, "document": document}));
        }
        node
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer.get("failed").is_none(), "{answer}");
        answer
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}
