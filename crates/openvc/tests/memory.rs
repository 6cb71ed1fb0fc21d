//! What a hostile input may take: memory in use at a time while it is refused, measured by a counting allocator. The
//! figures of the run are printed with `--no-capture`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]

use std::hint::black_box;
use std::io::Write as _;

use allocation_counter::measure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use sanad_credential::{Sign as _, SigningKey, UnixTime};
use sanad_openvc::{
    Controllers, DOCUMENT, DidDocument, KeyBinding, Profile, PublicKey, STATUS_LIST, Times, Verifying,
    VerifyingPresentation, VerifyingSdJwt, did_key, open_status_list, parse_object, sole_method, verify_any,
    verify_presentation, verify_sd_jwt,
};
use serde_json::{Value, json};

/// Most memory in use at a time, whatever comes in; a document itself may have 256 KiB.
const PEAK_BYTES_MAX: u64 = 48 << 20;

/// Most for what is refused before it is understood: text that is too large, too deep, or no JSON.
const UNREAD_BYTES_MAX: u64 = 2 << 20;

fn peak(what: &str, most: u64, act: impl FnOnce()) {
    let measured = measure(act);
    println!("{:>9} KiB  {what}", measured.bytes_max >> 10);
    assert!(measured.bytes_max <= most, "{what}: {} bytes", measured.bytes_max);
}

fn now() -> UnixTime {
    UnixTime::parse("2026-11-27T12:00:00Z").unwrap()
}

fn issuer() -> SigningKey {
    SigningKey::from_secret(&[0x5A; 32])
}

fn did() -> String {
    did_key(&PublicKey::Ed25519(issuer().public_key()))
}

/// A proof of the right form, whose signature holds for nothing: it is looked at after everything was canonicalized.
fn secured(mut document: Value, suite: &str) -> Vec<u8> {
    document["proof"] = json!({
        "type": "DataIntegrityProof", "cryptosuite": suite, "proofPurpose": "assertionMethod",
        "verificationMethod": sole_method(&did()).unwrap(), "proofValue": format!("z{}", "1".repeat(64)),
    });
    document.to_string().into_bytes()
}

fn credential(subject: Value) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential"], "issuer": did(), "credentialSubject": subject,
    })
}

/// All readers of a document, one after the other.
fn read_document(bytes: &[u8]) {
    let controllers = Controllers::new(Profile::LoopbackTest);
    let credentials = Verifying { controllers: &controllers, now: now(), times: Times::LeaveToDecision };
    let presentations = VerifyingPresentation { credentials, challenge: None, domain: None };
    for limits in [DOCUMENT, STATUS_LIST] {
        if let Ok(document) = parse_object(bytes, limits) {
            assert!(verify_presentation(&document, &presentations).is_err());
            let document = Value::Object(document);
            assert!(verify_any(&document, &credentials).is_err());
        }
    }
    let _ = black_box(DidDocument::parse(bytes, &did()));
}

fn read_text(text: &str) {
    let controllers = Controllers::new(Profile::LoopbackTest);
    let verifying = VerifyingSdJwt {
        controllers: &controllers,
        now: now(),
        times: Times::LeaveToDecision,
        key_binding: KeyBinding::None,
    };
    assert!(verify_sd_jwt(text, &verifying).is_err());
    assert!(open_status_list(text, "https://s.example/0", &did(), &controllers, now()).is_err());
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_before_it_takes_memory() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000));
    peak("10 MB of text", UNREAD_BYTES_MAX, || read_document(large.as_bytes()));
    peak("10 MB of SD-JWT", UNREAD_BYTES_MAX, || read_text(&large));
    let tildes = "~".repeat(10_000_000);
    peak("10 MB of disclosures", UNREAD_BYTES_MAX, || read_text(&tildes));
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"a\":{}1{}}}", open.repeat(20_000), close.repeat(20_000));
        peak("20,000 levels", UNREAD_BYTES_MAX, || read_document(deep.as_bytes()));
    }
    let many = format!("{{\"a\":[{}1]}}", "1,".repeat(120_000));
    peak("120,000 numbers", UNREAD_BYTES_MAX, || read_document(many.as_bytes()));
    let names: String = (0..30_000).map(|name| format!("\"{name}\":0,")).collect();
    let names = format!("{{{names}\"x\":0}}");
    peak("30,000 members", UNREAD_BYTES_MAX, || read_document(names.as_bytes()));
}

#[test]
fn graphs_that_explode_stay_within_bounds() {
    fn tree(depth: usize, width: usize) -> Value {
        match depth {
            0 => json!({"knows": "x"}),
            _ => json!({ "knows": (0..width).map(|_| tree(depth - 1, width)).collect::<Vec<_>>() }),
        }
    }
    for suite in ["eddsa-rdfc-2022", "eddsa-jcs-2022"] {
        for (depth, width) in [(1, 12), (2, 9), (3, 7), (4, 5), (9, 2), (1, 600), (20, 1)] {
            let document = secured(credential(tree(depth, width)), suite);
            let what = format!("{suite}, blank nodes {depth} deep and {width} wide");
            peak(&what, PEAK_BYTES_MAX, || read_document(&document));
        }
        let entries: Vec<Value> =
            (0..1_000).map(|entry| json!({"a": entry, "b": format!("{entry}"), "c": [entry]})).collect();
        let document = secured(credential(json!({ "alumniOf": entries })), suite);
        peak(&format!("{suite}, as many values as there may be"), PEAK_BYTES_MAX, || {
            read_document(&document)
        });
        let text = "x".repeat(200_000);
        let document = secured(credential(json!({ "alumniOf": text })), suite);
        peak(&format!("{suite}, one long text"), PEAK_BYTES_MAX, || read_document(&document));
        let terms: serde_json::Map<String, Value> =
            (0..240).map(|term| (format!("t{term}"), json!(format!("urn:x:{term}")))).collect();
        let mut document = credential(json!({"t1": [{"t2": 1}, {"t3": 2}]}));
        document["@context"] = json!(["https://www.w3.org/ns/credentials/v2", terms, terms, terms]);
        let document = secured(document, suite);
        peak(&format!("{suite}, large contexts"), PEAK_BYTES_MAX, || read_document(&document));
    }
}

/// A signed token: what is behind the signature is the attack.
fn token(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(issuer().sign(signed.as_bytes()).unwrap()))
}

#[test]
fn a_list_of_a_gigabyte_in_few_bytes_is_inflated_no_further_than_a_list_goes() {
    let zeros = vec![0_u8; 1 << 20];
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // 16 MiB: a list may have 1 MiB.
    for _ in 0..16 {
        zlib.write_all(&zeros).unwrap();
        gzip.write_all(&zeros).unwrap();
    }
    let method = sole_method(&did()).unwrap();
    let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt", "kid": method});
    let claims = json!({
        "sub": "https://s.example/0", "iat": now().seconds(), "exp": now().seconds() + 3_600,
        "status_list": {"bits": 1, "lst": URL_SAFE_NO_PAD.encode(zlib.finish().unwrap())},
    });
    let bomb = token(&header, &claims);
    peak("a JWT status list that is a bomb", 8 << 20, || read_text(&bomb));
    let list = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "id": "https://s.example/0",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"], "issuer": did(),
        "credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation",
            "encodedList": format!("u{}", URL_SAFE_NO_PAD.encode(gzip.finish().unwrap()))},
    });
    let list = secured(list, "eddsa-jcs-2022");
    peak("a list credential that is a bomb", PEAK_BYTES_MAX, || read_document(&list));
}

#[test]
fn disclosures_within_each_other_stay_within_bounds() {
    let disclosures: Vec<String> = (0..128)
        .map(|number| URL_SAFE_NO_PAD.encode(format!("[\"salt\",\"n{number}\",{{\"_sd\":[]}}]")))
        .collect();
    let digests: Vec<String> = (0..512).map(|number| format!("{number:043}")).collect();
    let header = json!({"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": "k1"});
    let claims = json!({"iss": "https://x.example", "vct": "urn:x", "_sd": digests, "_sd_alg": "sha-256"});
    let text = format!("{}~{}~", token(&header, &claims), disclosures.join("~"));
    peak("as many disclosures as there may be", 8 << 20, || read_text(&text));
}
