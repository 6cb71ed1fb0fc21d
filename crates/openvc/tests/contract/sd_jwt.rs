//! SD-JWT VC: the official vector, what a holder shows, and what is refused.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Sign as _, SigningKey, UnixTime};
use sanad_openvc::{
    Binding, Controllers, DidDocument, Fault, KeyBinding, Problem, Profile, PublicKey, Times, TokenStatus,
    VerificationMethod, VerifiedSdJwt, VerifyingSdJwt, What, from_sd_jwt, issue_sd_jwt, open_status_list,
    present_sd_jwt, to_sd_jwt, verify_sd_jwt,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{claims, holder, issuer, now};

const ISSUER: &str = "https://sha.example";
const VERIFIER: &str = "x509_hash:clinic";

fn controllers() -> Controllers {
    let mut controllers = Controllers::new(Profile::Production);
    let key = PublicKey::Ed25519(issuer().public_key());
    let method = VerificationMethod { id: format!("{ISSUER}#k1"), controller: ISSUER.into(), key };
    controllers.add(DidDocument::of_methods(ISSUER, vec![method]));
    controllers
}

fn issued() -> String {
    let mut number = 0_u8;
    let mut salt = || {
        number += 1;
        [number; 16]
    };
    issue_sd_jwt(&to_sd_jwt(&claims(), ISSUER), "k1", &mut salt, &issuer()).unwrap()
}

fn binding() -> Binding<'static> {
    Binding { audience: VERIFIER, nonce: "nonce", iat: now() }
}

const REQUIRE: KeyBinding<'static> =
    KeyBinding::Require { audience: VERIFIER, nonce: "nonce", age_seconds_max: 300 };

fn verified(text: &str, key_binding: KeyBinding<'_>) -> Result<VerifiedSdJwt, Fault> {
    let controllers = controllers();
    let verifying =
        VerifyingSdJwt { controllers: &controllers, now: now(), times: Times::Refuse, key_binding };
    verify_sd_jwt(text, &verifying)
}

fn shown(disclosed: &[&str]) -> String {
    present_sd_jwt(&issued(), disclosed, Some((&binding(), &holder()))).unwrap()
}

const PERSON: [&str; 9] =
    ["number", "name", "native_names", "birth", "sex", "household", "role", "members", "check"];

#[test]
fn an_entitlement_with_all_disclosures_is_read_back() {
    let verified = verified(&shown(&PERSON), REQUIRE).unwrap();
    assert_eq!(from_sd_jwt(verified.claims()).unwrap(), claims());
    assert_eq!(verified.holder(), Some(&PublicKey::Ed25519(holder().public_key())));
    assert_eq!(verified.status().unwrap(), Some((77_777, "https://s.example/k/0.jwt")));
    assert_eq!(verified.disclosed().len(), 9);
}

#[test]
fn what_is_not_disclosed_is_not_shown_and_nothing_of_the_person_is_in_the_clear() {
    let few = shown(&["number", "name"]);
    let verified_few = verified(&few, REQUIRE).unwrap();
    assert!(verified_few.claims().contains_key("name"));
    assert!(!verified_few.claims().contains_key("birth"));
    let read = from_sd_jwt(verified_few.claims()).unwrap();
    assert_eq!(read.right.subject().unwrap().birth, None);
    let none = shown(&[]);
    let payload = none.split('.').nth(1).unwrap();
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    for text in ["Fatuma", "KE-1", "فاطمة", "199X", "Amina", "H-9"] {
        assert!(!payload.contains(text), "{text}");
    }
    let fault = from_sd_jwt(verified(&none, REQUIRE).unwrap().claims()).unwrap_err();
    assert_eq!((fault.place(), fault.what()), ("number", &What::Missing));
}

#[test]
fn a_presentation_for_another_or_without_its_key_binding_is_refused() {
    let good = shown(&PERSON);
    let (without, _) = good.rsplit_once('~').unwrap();
    let stripped = format!("{without}~");
    assert_eq!(verified(&stripped, REQUIRE).unwrap_err().what(), &What::Missing);
    assert!(verified(&good, KeyBinding::None).is_err());
    let by = |binding: Binding<'_>, key: &SigningKey| {
        verified(&present_sd_jwt(&issued(), &PERSON, Some((&binding, key))).unwrap(), REQUIRE).unwrap_err()
    };
    assert_eq!(by(binding(), &issuer()).what(), &What::Signature);
    assert_eq!(
        by(Binding { audience: "x509_hash:other", ..binding() }, &holder()).problem(),
        Problem::InvalidDomain
    );
    assert_eq!(by(Binding { nonce: "other", ..binding() }, &holder()).problem(), Problem::InvalidChallenge);
    let old = UnixTime::parse("2026-11-27T11:49:59Z").unwrap();
    assert_eq!(by(Binding { iat: old, ..binding() }, &holder()).problem(), Problem::Range);
    let early = UnixTime::parse("2026-11-27T12:05:01Z").unwrap();
    assert_eq!(by(Binding { iat: early, ..binding() }, &holder()).problem(), Problem::Range);
    // The key binding of one presentation on another.
    let (_, token) = good.rsplit_once('~').unwrap();
    let fewer = present_sd_jwt(&issued(), &["name"], None::<(&Binding<'_>, &SigningKey)>).unwrap();
    assert_eq!(verified(&format!("{fewer}{token}"), REQUIRE).unwrap_err().place(), "key binding.sd_hash");
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(header: &Value, payload: &Value) -> String {
    let text = format!("{}.{}", part(header), part(payload));
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(issuer().sign(text.as_bytes()).unwrap()))
}

fn digest(disclosure: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(disclosure))
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": "k1"})
}

fn payload(extra: Value) -> Value {
    let mut payload = json!({"iss": ISSUER, "vct": "urn:x:y"});
    payload.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    payload
}

#[test]
fn headers_that_choose_an_algorithm_a_type_or_a_key_are_refused() {
    let good = signed(&header(), &payload(json!({})));
    assert!(verified(&format!("{good}~"), KeyBinding::None).is_ok());
    assert!(verified(&good, KeyBinding::None).is_err(), "the last tilde is missing");
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("RS256")),
        ("alg", json!(null)),
        ("typ", json!("kb+jwt")),
        ("typ", json!("statuslist+jwt")),
        ("typ", json!("vc+jwt")),
        ("typ", json!("JWT")),
        ("kid", json!("k2")),
        ("kid", json!("https://other.example#k1")),
        ("kid", json!(4)),
        ("crit", json!(["exp"])),
        ("jku", json!("https://other.example/keys")),
        ("x5u", json!("https://other.example/keys")),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"})),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"})),
        ("d", json!("AA")),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let mut odd = header();
        odd[name] = value.clone();
        let text = format!("{}~", signed(&odd, &payload(json!({}))));
        assert!(verified(&text, KeyBinding::None).is_err(), "{name} {value}");
    }
    let mut with_private = header();
    with_private["jwk"] = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"});
    let fault =
        verified(&format!("{}~", signed(&with_private, &payload(json!({})))), KeyBinding::None).unwrap_err();
    assert_eq!((fault.place(), fault.what()), ("header.jwk.d", &What::PrivateKey));
}

#[test]
fn digests_and_disclosures_that_do_not_belong_together_are_refused() {
    let disclosure = |value: Value| part(&value);
    let name = disclosure(json!(["salt", "name", "x"]));
    let entry = disclosure(json!(["salt", "x"]));
    let text = |payload: Value, disclosures: &[&str]| {
        format!(
            "{}~{}",
            signed(&header(), &payload),
            disclosures.iter().map(|part| format!("{part}~")).collect::<String>()
        )
    };
    let good = text(
        payload(json!({"_sd": [digest(&name)], "_sd_alg": "sha-256", "list": [{"...": digest(&entry)}, 1]})),
        &[&name, &entry],
    );
    let read = verified(&good, KeyBinding::None).unwrap();
    assert_eq!(read.claims()["name"], "x");
    assert_eq!(read.claims()["list"], json!(["x", 1]));
    let hidden = text(payload(json!({"_sd": [digest(&name)], "list": [{"...": digest(&entry)}, 1]})), &[]);
    assert_eq!(verified(&hidden, KeyBinding::None).unwrap().claims()["list"], json!([1]));
    let bad: Vec<(&str, Value, Vec<String>)> = vec![
        ("a disclosure that nobody asked for", json!({}), vec![name.clone()]),
        ("the same disclosure twice", json!({"_sd": [digest(&name)]}), vec![name.clone(), name.clone()]),
        ("the same digest twice", json!({"_sd": [digest(&name), digest(&name)]}), vec![]),
        (
            "the same digest in two places",
            json!({"_sd": [digest(&name)], "o": {"_sd": [digest(&name)]}}),
            vec![],
        ),
        ("a name that is there already", json!({"_sd": [digest(&name)], "name": "y"}), vec![name.clone()]),
        ("an entry's disclosure for a claim", json!({"_sd": [digest(&entry)]}), vec![entry.clone()]),
        ("a claim's disclosure for an entry", json!({"l": [{"...": digest(&name)}]}), vec![name.clone()]),
        ("another hash", json!({"_sd": [digest(&name)], "_sd_alg": "sha-512"}), vec![name.clone()]),
        ("digests that are no texts", json!({"_sd": [4]}), vec![]),
        ("digests that are no array", json!({"_sd": "x"}), vec![]),
        ("dots among the claims", json!({"o": {"...": "x", "y": 1}}), vec![]),
        ("a hash name inside", json!({"o": {"_sd_alg": "sha-256"}}), vec![]),
    ];
    for (what, extra, disclosures) in bad {
        let parts: Vec<&str> = disclosures.iter().map(String::as_str).collect();
        assert!(verified(&text(payload(extra), &parts), KeyBinding::None).is_err(), "{what}");
    }
    for claim in ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd", "..."] {
        let part = disclosure(json!(["salt", claim, "x"]));
        let mut claims = payload(json!({"_sd": [digest(&part)]}));
        claims.as_object_mut().unwrap().remove(claim).filter(|_| claim == "vct");
        assert!(verified(&text(claims, &[&part]), KeyBinding::None).is_err(), "{claim}");
    }
    for odd in [
        json!(["salt"]),
        json!(["salt", "n", "v", "w"]),
        json!({"n": 1}),
        json!([1, "n", "v"]),
        json!(["salt", 1, "v"]),
    ] {
        let part = disclosure(odd.clone());
        assert!(
            verified(&text(payload(json!({"_sd": [digest(&part)]})), &[&part]), KeyBinding::None).is_err(),
            "{odd}"
        );
    }
    // A disclosure inside a disclosure, and a chain of them that is too long.
    let mut inner = disclosure(json!(["salt", "name", "x"]));
    let mut all = vec![inner.clone()];
    for _ in 0..30 {
        inner = disclosure(json!(["salt", "name", {"_sd": [digest(&inner)]}]));
        all.push(inner.clone());
    }
    let two: Vec<&str> = all[..2].iter().map(String::as_str).collect();
    assert!(verified(&text(payload(json!({"_sd": [digest(&all[1])]})), &two), KeyBinding::None).is_ok());
    let parts: Vec<&str> = all.iter().map(String::as_str).collect();
    assert!(verified(&text(payload(json!({"_sd": [digest(&inner)]})), &parts), KeyBinding::None).is_err());
}

#[test]
fn times_are_refused_or_left_to_the_decision() {
    for extra in [
        json!({"exp": now().seconds()}),
        json!({"nbf": now().seconds() + 1}),
        json!({"exp": 1.5}),
        json!({"exp": "x"}),
    ] {
        let text = format!("{}~", signed(&header(), &payload(extra.clone())));
        assert!(verified(&text, KeyBinding::None).is_err(), "{extra}");
    }
    let expired = format!("{}~", signed(&header(), &payload(json!({"exp": 1_700_000_000}))));
    let controllers = controllers();
    let verifying = VerifyingSdJwt {
        controllers: &controllers,
        now: now(),
        times: Times::LeaveToDecision,
        key_binding: KeyBinding::None,
    };
    assert!(verify_sd_jwt(&expired, &verifying).is_ok());
}

#[test]
fn every_one_byte_change_is_refused() {
    let good = shown(&["number", "name"]);
    let controllers = controllers();
    let verifying =
        VerifyingSdJwt { controllers: &controllers, now: now(), times: Times::Refuse, key_binding: REQUIRE };
    for position in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).unwrap();
        assert!(verify_sd_jwt(&text, &verifying).is_err(), "{position}");
    }
}

/// OpenID4VP 1.0, examples/sd_jwt_vcld: signed with ES256, without `kid`.
#[test]
fn the_official_presentation_is_verified_with_its_key_binding() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sd-jwt-vc").join(name);
        fs::read_to_string(path).unwrap().split_whitespace().collect::<String>()
    };
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"});
    let jwk: Map<String, Value> = jwk.as_object().unwrap().clone();
    let issuer = "https://issuer.example.com";
    let mut controllers = Controllers::new(Profile::Production);
    let key = PublicKey::from_jwk(&jwk).unwrap();
    controllers.add(DidDocument::of_methods(
        issuer,
        vec![VerificationMethod { id: format!("{issuer}#1"), controller: issuer.into(), key }],
    ));
    let at = UnixTime::new(1_744_743_400).unwrap();
    let key_binding = KeyBinding::Require {
        audience: "https://verifier.example.org",
        nonce: "1234567890",
        age_seconds_max: 60,
    };
    let verifying = VerifyingSdJwt { controllers: &controllers, now: at, times: Times::Refuse, key_binding };
    let verified = verify_sd_jwt(&read("vcld_sd_jwt_presentation.txt"), &verifying).unwrap();
    let expected: Value = {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sd-jwt-vc/vcld_verified_contents.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    };
    assert_eq!(Value::Object(verified.claims().clone()), expected);
    let wrong =
        KeyBinding::Require { audience: "https://verifier.example.org", nonce: "other", age_seconds_max: 60 };
    let verifying = VerifyingSdJwt { key_binding: wrong, ..verifying };
    assert!(verify_sd_jwt(&read("vcld_sd_jwt_presentation.txt"), &verifying).is_err());
}

#[test]
fn a_status_list_is_read_only_from_its_issuer_at_its_address_and_in_time() {
    use std::io::Write as _;
    let compressed = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let uri = "https://s.example/k/0.jwt";
    // Token Status List section 4.1: two bits an entry, c9 44 f9.
    let claims = |bytes: &[u8]| json!({"sub": uri, "iat": now().seconds(), "exp": now().seconds() + 10, "ttl": 5, "status_list": {"bits": 2, "lst": URL_SAFE_NO_PAD.encode(compressed(bytes))}});
    let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt", "kid": "k1"});
    let open = |header: &Value, claims: &Value| {
        open_status_list(&signed(header, claims), uri, ISSUER, &controllers(), now())
    };
    let list = open(&header, &claims(&[0xc9, 0x44, 0xf9])).unwrap();
    let statuses: Vec<TokenStatus> = (0..12).map(|index| list.status(index).unwrap()).collect();
    let named = |number: u8| match number {
        0 => TokenStatus::Valid,
        1 => TokenStatus::Invalid,
        2 => TokenStatus::Suspended,
        other => TokenStatus::Other(other),
    };
    assert_eq!(statuses, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].map(named));
    assert_eq!(list.status(12).unwrap_err().problem(), Problem::Range);
    assert_eq!(list.status(u64::MAX).unwrap_err().problem(), Problem::Range);
    let good = claims(&[0; 10]);
    for (name, value) in [
        ("sub", json!("https://s.example/k/1.jwt")),
        ("exp", json!(now().seconds())),
        ("iat", json!(null)),
        ("status_list", json!({"bits": 3, "lst": ""})),
        ("status_list", json!({"bits": 2, "lst": "AAAA"})),
    ] {
        let mut odd = good.clone();
        odd[name] = value;
        assert!(open(&header, &odd).is_err(), "{name}");
    }
    assert!(open(&json!({"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": "k1"}), &good).is_err());
    assert!(open(&json!({"alg": "EdDSA", "typ": "statuslist+jwt", "kid": "k2"}), &good).is_err());
    let bomb = open(&header, &claims(&vec![0; 30_000_000])).unwrap_err();
    assert_eq!(bomb.problem(), Problem::StatusListLength);
}
