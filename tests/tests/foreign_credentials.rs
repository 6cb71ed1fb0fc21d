//! Software that we did not write verifies what we issue in the open standards, and we verify what it issues:
//! `@digitalbazaar/vc` and `@sd-jwt` on Node, PyLD with rfc8785 and cryptography on Python. Entitlements of every type;
//! the people in them are made up.
//!
//! Ed25519 and both canonical forms are deterministic, so where the options are the same the signatures are too.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{
    Claims, Count, HolderKey, RightType, SigningKey, Status, StatusList, StatusListToken, UnixTime,
    VALIDITY_SECONDS_MIN,
};
use sanad_issuer::status_jwt::status_list_jwt;
use sanad_openvc::{
    BUILT_IN, Binding, Controllers, DidDocument, KeyBinding, Profile, ProofOptions, PublicKey, Purpose,
    SCHEMA, Suite, Times, VerificationMethod, Verifying, VerifyingPresentation, VerifyingSdJwt, did_key,
    from_credential, from_sd_jwt, issue, issue_sd_jwt, present, present_sd_jwt, sole_method, to_credential,
    to_sd_jwt, verify_credential, verify_presentation, verify_sd_jwt,
};
use sanad_tests::generate::{claims_of, samples};
use serde_json::{Map, Value, json};

/// Published here: no trust list may hold them.
const ISSUER: [u8; 32] = [0x5A; 32];
const HOLDER: [u8; 32] = [0x17; 32];

/// Of each type of entitlement.
const DOCUMENTS: usize = 4;

const SUITES: [Suite; 2] = [Suite::Rdfc, Suite::Jcs];

const HTTPS_ISSUER: &str = "https://sha.example";

fn key(secret: [u8; 32]) -> SigningKey {
    SigningKey::from_secret(&secret)
}

fn did(secret: [u8; 32]) -> String {
    did_key(&PublicKey::Ed25519(key(secret).public_key()))
}

fn method(secret: [u8; 32]) -> String {
    sole_method(&did(secret)).unwrap()
}

fn now() -> UnixTime {
    UnixTime::parse("2026-11-27T12:00:00Z").unwrap()
}

/// Entitlements of every type, for phones and for paper, that hold now.
fn entitlements() -> Vec<Claims> {
    let mut entitlements = Vec::new();
    for right in RightType::ALL {
        for claims in samples(&claims_of(*right), DOCUMENTS) {
            let mut draft = claims.into_draft();
            draft.iat = UnixTime::parse("2026-11-01T00:00:00Z").unwrap();
            draft.exp = UnixTime::parse("2026-11-30T00:00:00Z").unwrap();
            draft.holder_key = draft.holder_key.map(|_| HolderKey(key(HOLDER).public_key()));
            entitlements.push(draft.check().unwrap());
        }
    }
    entitlements
}

fn options(suite: Suite, method: &str) -> ProofOptions<'_> {
    ProofOptions {
        suite,
        verification_method: method,
        purpose: Purpose::AssertionMethod,
        created: Some(now()),
        challenge: None,
        domain: None,
        id: None,
        previous: &[],
    }
}

fn issued(claims: &Claims, suite: Suite) -> Value {
    let credential = to_credential(claims, &did(ISSUER));
    let signed = issue(&credential, &options(suite, &method(ISSUER)), Profile::Production, &key(ISSUER));
    Value::Object(signed.unwrap())
}

fn read(document: &Value) -> Claims {
    let controllers = Controllers::new(Profile::LoopbackTest);
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    from_credential(verify_credential(document.as_object().unwrap(), &verifying).unwrap().document()).unwrap()
}

/// The private key in the form that `@digitalbazaar/ed25519-multikey` reads.
fn multikey(secret: [u8; 32]) -> Value {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits = vec![0_u8];
    for byte in [0x80, 0x26].iter().chain(&secret) {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let private: String =
        digits.iter().rev().map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect();
    json!({
        "@context": "https://w3id.org/security/multikey/v1",
        "type": "Multikey",
        "id": method(secret),
        "controller": did(secret),
        "publicKeyMultibase": did(secret).strip_prefix("did:key:").unwrap(),
        "secretKeyMultibase": format!("z{private}"),
    })
}

fn jwk(secret: [u8; 32]) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key(secret).public_key().0);
    json!({"d": URL_SAFE_NO_PAD.encode(secret), "x": x})
}

/// Every member of a document whose value can be changed a little.
fn tampered(document: &Value) -> Vec<Value> {
    let mut changed = Vec::new();
    for pointer in ["/validUntil", "/credentialSubject/entitlement/type", "/id", "/proof/created"] {
        let mut other = document.clone();
        let Some(Value::String(text)) = other.pointer_mut(pointer) else { panic!("{pointer}") };
        // The last digit or letter of each: another value of the same form.
        let last = text.pop().unwrap();
        let before = text.pop().unwrap();
        text.push(if before == '0' { '1' } else { '0' });
        text.push(last);
        changed.push(other);
    }
    changed
}

#[test]
fn digital_bazaar_verifies_what_we_issue_and_refuses_what_was_changed() {
    let mut node = Peer::node();
    for claims in entitlements() {
        for suite in SUITES {
            let document = issued(&claims, suite);
            let answer =
                node.ask(&json!({"verify": document, "suite": suite.name(), "now": now().to_string()}));
            assert_eq!(answer["verified"], true, "{answer} {document}");
            for changed in tampered(&document) {
                let answer =
                    node.ask(&json!({"verify": changed, "suite": suite.name(), "now": now().to_string()}));
                assert_eq!(answer["verified"], false, "{changed}");
            }
        }
    }
}

#[test]
fn we_verify_what_digital_bazaar_issues_and_its_signatures_are_ours() {
    let mut node = Peer::node();
    for claims in entitlements() {
        for suite in SUITES {
            let unsigned = to_credential(&claims, &did(ISSUER));
            let request = json!({"sign": unsigned, "suite": suite.name(), "key": multikey(ISSUER), "date": now().to_string()});
            let theirs = node.ask(&request)["document"].clone();
            assert_eq!(read(&theirs), claims);
            assert_eq!(theirs["proof"]["proofValue"], issued(&claims, suite)["proof"]["proofValue"]);
        }
    }
}

#[test]
fn presentations_pass_both_ways_and_another_challenge_does_not() {
    let mut node = Peer::node();
    let claims = entitlements().into_iter().find(|claims| claims.holder_key.is_some()).unwrap();
    for suite in SUITES {
        let unsigned = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": did(HOLDER),
            "verifiableCredential": [issued(&claims, Suite::Rdfc), issued(&claims, Suite::Jcs)],
        });
        let method = method(HOLDER);
        let ours = ProofOptions {
            purpose: Purpose::Authentication,
            challenge: Some("challenge"),
            domain: Some("clinic.example"),
            ..options(suite, &method)
        };
        let ours = present(unsigned.as_object().unwrap(), &ours, Profile::Production, &key(HOLDER)).unwrap();
        let ask = |node: &mut Peer, challenge: &str| {
            node.ask(&json!({
                "verify_presentation": ours, "suite": suite.name(), "challenge": challenge, "domain": "clinic.example",
                "now": now().to_string(),
            }))
        };
        let answer = ask(&mut node, "challenge");
        assert_eq!(answer["verified"], true, "{suite:?} {answer}");
        assert_eq!(ask(&mut node, "other")["verified"], false);
        let theirs = node.ask(&json!({
            "sign_presentation": unsigned, "suite": suite.name(), "key": multikey(HOLDER), "date": now().to_string(),
            "challenge": "challenge", "domain": "clinic.example",
        }));
        let theirs: Map<String, Value> = theirs["document"].as_object().unwrap().clone();
        let controllers = Controllers::new(Profile::LoopbackTest);
        let credentials = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
        let verifying =
            |challenge| VerifyingPresentation { credentials, challenge, domain: Some("clinic.example") };
        let verified = verify_presentation(&theirs, &verifying(Some("challenge"))).unwrap();
        assert_eq!(verified.credentials.len(), 2);
        assert!(verified.is_held(&verified.credentials[0]));
        assert!(verify_presentation(&theirs, &verifying(Some("other"))).is_err());
    }
}

#[test]
fn pyld_agrees_in_both_directions() {
    let mut python = Peer::python();
    let mut met = 0;
    for claims in entitlements() {
        for suite in SUITES {
            let document = issued(&claims, suite);
            // PyLD's N-Quads are those of 2015, which leave other control characters as they are.
            let is_odd = |character: char| character.is_ascii_control() && !"\t\n\r".contains(character);
            if suite == Suite::Rdfc && has_text(&document, &is_odd) {
                continue;
            }
            met += 1;
            let answer = python.ask(&json!({ "verify": document }));
            assert_eq!(answer["verified"], true, "{answer} {document}");
            for changed in tampered(&document) {
                assert_ne!(python.ask(&json!({ "verify": changed }))["verified"], true, "{changed}");
            }
            let mut proof = document["proof"].clone();
            for name in ["proofValue", "@context"] {
                proof.as_object_mut().unwrap().remove(name);
            }
            let unsigned = to_credential(&claims, &did(ISSUER));
            let request = json!({"sign": unsigned, "proof": proof, "seed": "5a".repeat(32)});
            let theirs = python.ask(&request)["document"].clone();
            assert_eq!(read(&theirs), claims);
            assert_eq!(theirs["proof"], document["proof"]);
        }
    }
    assert!(met > 8 * DOCUMENTS, "{met}");
}

fn has_text(value: &Value, wanted: &dyn Fn(char) -> bool) -> bool {
    match value {
        Value::String(text) => text.chars().any(wanted),
        Value::Array(entries) => entries.iter().any(|entry| has_text(entry, wanted)),
        Value::Object(members) => members.values().any(|member| has_text(member, wanted)),
        _ => false,
    }
}

fn sd_jwt_controllers() -> Controllers {
    let mut controllers = Controllers::new(Profile::Production);
    let key = PublicKey::Ed25519(key(ISSUER).public_key());
    let method =
        VerificationMethod { id: format!("{HTTPS_ISSUER}#k1"), controller: HTTPS_ISSUER.into(), key };
    controllers.add(DidDocument::of_methods(HTTPS_ISSUER, vec![method]));
    controllers
}

fn phones() -> Vec<Claims> {
    entitlements().into_iter().filter(|claims| claims.holder_key.is_some()).collect()
}

fn our_sd_jwt(claims: &Claims) -> String {
    let mut number = 0_u8;
    let mut salt = || {
        number += 1;
        [number; 16]
    };
    issue_sd_jwt(&to_sd_jwt(claims, HTTPS_ISSUER), "k1", &mut salt, &key(ISSUER)).unwrap()
}

/// The status list of an entitlement in its JWT form, as our issuer publishes it; `@sd-jwt` asks for it. Where there is
/// none, nothing is asked.
fn status_list(claims: &Claims, status: Status) -> String {
    let Some(reference) = &claims.status else { return String::new() };
    let mut list = StatusList::all_valid();
    list.set(reference.index, status);
    let exp = now().plus_seconds(VALIDITY_SECONDS_MIN).unwrap();
    let token = StatusListToken {
        sub: reference.uri.clone(),
        iat: now(),
        exp,
        ttl: Count::new(43_200).unwrap(),
        list,
    };
    status_list_jwt(&token, &key(ISSUER)).unwrap().unwrap()
}

#[test]
fn sd_jwt_js_verifies_what_we_issue_and_what_our_holder_shows() {
    let mut node = Peer::node();
    let x = jwk(ISSUER)["x"].clone();
    let holder = jwk(HOLDER)["x"].clone();
    let mut met = 0;
    for claims in phones() {
        met += 1;
        let issued = our_sd_jwt(&claims);
        let valid = status_list(&claims, Status::Valid);
        let answer =
            node.ask(&json!({"sd_verify": issued, "x": x, "now": now().seconds(), "status_list": valid}));
        assert_eq!(answer["verified"], true, "{answer}");
        let mut payload = answer["payload"].as_object().unwrap().clone();
        payload.remove("_sd_alg");
        assert_eq!(from_sd_jwt(&payload).unwrap(), claims);
        let all: Vec<String> = to_sd_jwt(&claims, HTTPS_ISSUER).disclosable.keys().cloned().collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let binding = Binding { audience: "x509_hash:clinic", nonce: "nonce", iat: now() };
        let shown = present_sd_jwt(&issued, &all, Some((&binding, &key(HOLDER)))).unwrap();
        let request = |nonce: &str| json!({"sd_verify": shown, "x": x, "holder": holder, "nonce": nonce, "now": now().seconds(), "status_list": valid});
        let answer = node.ask(&request("nonce"));
        assert_eq!(answer["verified"], true, "{answer}");
        assert_eq!(answer["kb"]["aud"], "x509_hash:clinic");
        assert_eq!(node.ask(&request("other"))["verified"], false);
        let changed = shown.replacen('A', "B", 1);
        assert_eq!(
            node.ask(&json!({"sd_verify": changed, "x": x, "now": now().seconds()}))["verified"],
            false
        );
    }
    assert!(met > DOCUMENTS);
}

#[test]
fn we_verify_what_sd_jwt_js_issues_and_what_its_holder_shows() {
    let mut node = Peer::node();
    let controllers = sd_jwt_controllers();
    for claims in phones() {
        let open = to_sd_jwt(&claims, HTTPS_ISSUER);
        let mut payload = open.clear.clone();
        payload.extend(open.disclosable.clone());
        let names: Vec<&String> = open.disclosable.keys().collect();
        let request = json!({"sd_sign": payload, "frame": {"_sd": names, "_sd_decoy": 2}, "key": jwk(ISSUER), "kid": "k1"});
        let issued = node.ask(&request)["document"].as_str().unwrap().to_owned();
        let verifying = VerifyingSdJwt {
            controllers: &controllers,
            now: now(),
            times: Times::Refuse,
            key_binding: KeyBinding::None,
        };
        let verified = verify_sd_jwt(&issued, &verifying).unwrap();
        assert_eq!(from_sd_jwt(verified.claims()).unwrap(), claims);
        let frame: Map<String, Value> = names.iter().map(|name| ((*name).clone(), true.into())).collect();
        let shown = node.ask(&json!({
            "sd_present": issued, "frame": frame, "key": jwk(HOLDER), "audience": "x509_hash:clinic", "nonce": "nonce",
            "iat": now().seconds(),
        }));
        let shown = shown["document"].as_str().unwrap().to_owned();
        let require =
            |nonce| KeyBinding::Require { audience: "x509_hash:clinic", nonce, age_seconds_max: 60 };
        let verified =
            verify_sd_jwt(&shown, &VerifyingSdJwt { key_binding: require("nonce"), ..verifying }).unwrap();
        assert_eq!(from_sd_jwt(verified.claims()).unwrap(), claims);
        assert!(
            verify_sd_jwt(&shown, &VerifyingSdJwt { key_binding: require("other"), ..verifying }).is_err()
        );
    }
}

/// The published JSON Schema, read by Python's jsonschema: it accepts every entitlement that is issued, and none with a
/// member more, a member of another type, or without one that must be there.
#[test]
fn the_published_schema_accepts_what_we_issue_and_nothing_beside_it() {
    let mut python = Peer::schema();
    let file = std::env::temp_dir().join(format!("sanad-schema-{}.json", std::process::id()));
    std::fs::write(&file, SCHEMA).unwrap();
    let mut errors = |document: &Value| {
        let answer = python.ask(&json!({"schema": file, "text": document.to_string()}));
        answer["errors"].as_array().unwrap().clone()
    };
    let (mut accepted, mut refused) = (0, 0);
    for claims in entitlements() {
        let document = issued(&claims, Suite::Jcs);
        assert!(errors(&document).is_empty(), "{document:#}\n{:?}", errors(&document));
        accepted += 1;
        let type_of = "/credentialSubject/entitlement/type";
        for (pointer, value) in [
            ("/validUntil", json!("2026-11-30")),
            ("/issuer", json!("KE-SHA")),
            ("/id", json!("urn:sanad:credential:KE-SHA:1")),
            ("/type", json!(["VerifiableCredential"])),
            ("/credentialSubject", json!([])),
            (type_of, json!("Other")),
            (type_of, json!(4)),
        ] {
            let mut changed = document.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert!(!errors(&changed).is_empty(), "{pointer}");
            refused += 1;
        }
        for pointer in ["", "/credentialSubject", "/credentialSubject/entitlement"] {
            let mut more = document.clone();
            more.pointer_mut(pointer).unwrap()["diagnosis"] = "none of ours".into();
            assert!(!errors(&more).is_empty(), "{pointer}");
            refused += 1;
        }
        for name in ["@context", "id", "issuer", "type", "validFrom", "validUntil", "credentialSubject"] {
            let mut less = document.clone();
            less.as_object_mut().unwrap().remove(name);
            assert!(!errors(&less).is_empty(), "{name}");
            refused += 1;
        }
    }
    std::fs::remove_file(file).unwrap();
    assert!(accepted >= 6 * DOCUMENTS && refused == 17 * accepted, "{accepted} {refused}");
}

/// A peer in a process of its own, which `cargo xtask test` installs.
struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn target() -> PathBuf {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
    }

    /// Copied beside its packages, since Node looks for them from where the script lies.
    fn node() -> Self {
        let directory = Self::target().join("interop-node");
        assert!(
            directory.join("node_modules").exists(),
            "the Node peers are not installed: run `cargo xtask test`"
        );
        let mut command = Command::new("node");
        command.arg(directory.join("peer.mjs"));
        let mut peer = Self::start(command);
        peer.teach();
        peer
    }

    fn python() -> Self {
        let mut peer = Self::start(Self::python_command("openvc_peer.py"));
        peer.teach();
        peer
    }

    fn schema() -> Self {
        Self::start(Self::python_command("schema_peer.py"))
    }

    fn python_command(script: &str) -> Command {
        let python = std::env::var_os("SANAD_INTEROP_PYTHON")
            .map_or_else(|| Self::target().join("interop-venv/bin/python"), PathBuf::from);
        assert!(python.exists(), "the Python peers are not installed: run `cargo xtask test`");
        let mut command = Command::new(python);
        command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop").join(script));
        command
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers }
    }

    /// Hands over the contexts: nobody fetches.
    fn teach(&mut self) {
        for context in BUILT_IN {
            let document: Value = serde_json::from_str(context.text).unwrap();
            self.ask(&json!({"context": context.url, "document": document}));
        }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).expect("an answer of the peer");
        assert!(answer.get("failed").is_none(), "{answer} to {request}");
        answer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It also ends by itself when its input does; there is nobody to tell if it already has.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
