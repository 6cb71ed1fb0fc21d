//! Presentations: challenge, domain, holder, what is inside, and envelopes.

use sanad_credential::Sign as _;
use sanad_openvc::{
    Fault, Problem, Profile, ProofOptions, PublicKey, Purpose, Suite, Times, VerifiedPresentation, Verifying,
    VerifyingPresentation, did_key, envelop, present, sole_method, to_credential, verify_any,
    verify_presentation,
};
use serde_json::{Map, Value, json};

use crate::support::{SUITES, claims, did, holder, issuer, loopback, method, now, signed, small};

fn presentation(credentials: &[Value]) -> Map<String, Value> {
    let presentation = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": did(&holder()),
        "verifiableCredential": credentials,
    });
    presentation.as_object().unwrap().clone()
}

fn shown(presentation: &Map<String, Value>, suite: Suite) -> Result<Map<String, Value>, Fault> {
    let method = method(&holder());
    let options = ProofOptions {
        suite,
        verification_method: &method,
        purpose: Purpose::Authentication,
        created: Some(now()),
        challenge: Some("challenge"),
        domain: Some("clinic.example"),
        id: None,
        previous: &[],
    };
    present(presentation, &options, Profile::LoopbackTest, &holder())
}

fn verified(
    presentation: &Map<String, Value>,
    challenge: &str,
    domain: &str,
) -> Result<VerifiedPresentation, Fault> {
    let controllers = loopback();
    let credentials = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let verifying = VerifyingPresentation { credentials, challenge: Some(challenge), domain: Some(domain) };
    verify_presentation(presentation, &verifying)
}

fn entitlement(suite: Suite) -> Value {
    Value::Object(signed(&Value::Object(to_credential(&claims(), &did(&issuer()))), suite).unwrap())
}

#[test]
fn the_holder_and_what_is_held_come_back() {
    for suite in SUITES {
        for inner in SUITES {
            let shown = shown(&presentation(&[entitlement(inner), entitlement(inner)]), suite).unwrap();
            let verified = verified(&shown, "challenge", "clinic.example").unwrap();
            assert_eq!(verified.holder, did(&holder()));
            assert_eq!(verified.credentials.len(), 2);
            assert!(verified.is_held(&verified.credentials[0]));
        }
        let other = shown(&presentation(&[Value::Object(signed(&small(), suite).unwrap())]), suite).unwrap();
        let other = verified(&other, "challenge", "clinic.example").unwrap();
        assert!(!other.is_held(&other.credentials[0]));
        assert!(verified(&shown(&presentation(&[]), suite).unwrap(), "challenge", "clinic.example").is_ok());
    }
}

#[test]
fn another_challenge_or_domain_is_refused() {
    let shown = shown(&presentation(&[]), Suite::Jcs).unwrap();
    assert_eq!(verified(&shown, "other", "clinic.example").unwrap_err().problem(), Problem::InvalidChallenge);
    assert_eq!(verified(&shown, "challenge", "other.example").unwrap_err().problem(), Problem::InvalidDomain);
}

#[test]
fn one_bad_credential_spoils_the_presentation() {
    let mut bad = entitlement(Suite::Jcs);
    bad["credentialSubject"]["name"] = "Somebody Else".into();
    for suite in SUITES {
        let shown = shown(&presentation(&[entitlement(Suite::Jcs), bad.clone()]), suite).unwrap();
        let fault = verified(&shown, "challenge", "clinic.example").unwrap_err();
        assert!(fault.place().starts_with("verifiableCredential[1]"), "{fault}");
    }
}

#[test]
fn what_is_no_presentation_is_refused() {
    for (name, value) in [
        ("@context", json!([])),
        ("@context", json!(4)),
        ("@context", json!(["https://www.w3.org/ns/credentials/examples/v2"])),
        ("@context", json!(["https://www.w3.org/ns/credentials/v2", "https://example.com"])),
        ("@context", json!(["https://www.w3.org/ns/credentials/v2", 4])),
        ("type", json!("VerifiableCredential")),
        ("type", json!([])),
        ("holder", json!(4)),
        ("holder", json!("no url")),
        ("holder", json!({})),
    ] {
        let mut odd = presentation(&[]);
        odd.insert(name.into(), value.clone());
        assert!(shown(&odd, Suite::Rdfc).is_err(), "{name} {value}");
        let mut good = shown(&presentation(&[]), Suite::Rdfc).unwrap();
        good.insert(name.into(), value.clone());
        assert!(verified(&good, "challenge", "clinic.example").is_err(), "{name} {value}");
    }
    let good = shown(&presentation(&[]), Suite::Rdfc).unwrap();
    for name in ["@context", "type", "proof"] {
        let mut without = good.clone();
        without.remove(name);
        assert!(verified(&without, "challenge", "clinic.example").is_err(), "{name}");
    }
    let credential = entitlement(Suite::Rdfc);
    assert!(verified(credential.as_object().unwrap(), "challenge", "clinic.example").is_err());
}

#[test]
fn enveloped_credentials_hold_and_wrong_envelopes_do_not() {
    let controllers = loopback();
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let credential = to_credential(&claims(), &did(&issuer()));
    let envelope = envelop(&credential, &method(&issuer()), Profile::Production, &issuer()).unwrap();
    let good = verify_any(&Value::Object(envelope.clone()), &verifying).unwrap();
    assert_eq!(good.document(), &credential);
    let shown = shown(&presentation(&[Value::Object(envelope.clone())]), Suite::Rdfc).unwrap();
    assert_eq!(verified(&shown, "challenge", "clinic.example").unwrap().credentials.len(), 1);
    let id = envelope["id"].as_str().unwrap();
    let token = id.split_once(',').unwrap().1;
    for (name, value) in [
        ("@context", json!([])),
        ("@context", json!(["https://www.w3.org/ns/credentials/examples/v2"])),
        ("type", json!("VerifiableCredential")),
        ("type", json!(null)),
        ("id", json!(token)),
        ("id", json!(format!("data:application/vc+sd-jwt,{token}"))),
        ("id", json!(format!("data:text/plain,{token}"))),
        ("id", json!(format!("data:application/jwt,{token}"))),
        ("id", json!(format!("{id}x"))),
        ("id", json!("data:application/vc+jwt,")),
        ("id", json!("https://x.example/")),
    ] {
        let mut odd = envelope.clone();
        odd.insert(name.into(), value.clone());
        assert!(verify_any(&Value::Object(odd), &verifying).is_err(), "{name} {value}");
    }
}

/// A JWT of any header and claims, signed by the holder.
fn token(header: &Value, claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = holder().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn enveloped_presentations_hold_in_both_forms_and_the_older_not_in_production() {
    let credential = to_credential(&claims(), &did(&issuer()));
    let envelope = envelop(&credential, &method(&issuer()), Profile::Production, &issuer()).unwrap();
    let mut inner = presentation(&[Value::Object(envelope)]);
    inner.insert("nonce".into(), "challenge".into());
    inner.insert("aud".into(), "clinic.example".into());
    let enveloped = |media_type: &str, token: String| {
        let envelope = json!({
            "@context": "https://www.w3.org/ns/credentials/v2",
            "type": "EnvelopedVerifiablePresentation",
            "id": format!("data:{media_type},{token}"),
        });
        envelope.as_object().unwrap().clone()
    };
    let header = json!({"alg": "EdDSA", "typ": "vp+jwt", "kid": method(&holder())});
    let jose = enveloped("application/vp+jwt", token(&header, &Value::Object(inner.clone())));
    assert_eq!(verified(&jose, "challenge", "clinic.example").unwrap().credentials.len(), 1);
    assert!(verified(&jose, "other", "clinic.example").is_err());
    let old_credential = json!({"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential"], "credentialSubject": {"id": did(&holder())}});
    let own = token(
        &json!({"alg": "EdDSA", "typ": "JWT", "kid": method(&holder())}),
        &json!({"iss": did(&holder()), "nbf": 1_700_000_000, "vc": old_credential}),
    );
    let claims = json!({"iss": did(&holder()), "nonce": "challenge", "aud": "clinic.example", "vp": {"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"], "verifiableCredential": [own]}});
    let older = enveloped(
        "application/jwt",
        token(&json!({"alg": "EdDSA", "typ": "JWT", "kid": method(&holder())}), &claims),
    );
    assert_eq!(verified(&older, "challenge", "clinic.example").unwrap().credentials.len(), 1);
    let controllers = sanad_openvc::Controllers::new(Profile::Production);
    let credentials = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let verifying =
        VerifyingPresentation { credentials, challenge: Some("challenge"), domain: Some("clinic.example") };
    assert!(verify_presentation(&older, &verifying).is_err());
}

/// As the contract of the enveloping suites has it: `application/jwt` by an Ed25519 holder, around a credential in the
/// same form by an ES256 issuer (w3c-contract, presentations).
#[test]
fn an_older_enveloped_presentation_holds_around_a_credential_of_an_es256_issuer() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use p256::ecdsa::signature::Signer as _;
    let key = p256::ecdsa::SigningKey::from_slice(&[0x21; 32]).unwrap();
    let point = key.verifying_key().to_encoded_point(true);
    let es256 = did_key(&PublicKey::P256(point.as_bytes().try_into().unwrap()));
    assert!(es256.starts_with("did:key:zDn"), "{es256}");
    let by_es256 = |header: &Value, claims: &Value| {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature: p256::ecdsa::Signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    };
    let credential = json!({
        "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential"], "issuer": es256,
        "issuanceDate": "2026-01-01T00:00:00Z", "credentialSubject": {"id": did(&holder())},
    });
    let kid = sole_method(&es256).unwrap();
    let inner = |alg: &str, iss: &str| {
        by_es256(
            &json!({"alg": alg, "typ": "JWT", "kid": kid}),
            &json!({"iss": iss, "nbf": 1_767_225_600, "vc": credential}),
        )
    };
    let outer = |inner: &str| {
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": method(&holder())});
        let vp = json!({
            "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"],
            "verifiableCredential": [inner],
        });
        let claims = json!({"iss": did(&holder()), "nonce": "123456789", "aud": "clinic.example", "vp": vp});
        let envelope = json!({
            "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiablePresentation",
            "id": format!("data:application/jwt,{}", token(&header, &claims)),
        });
        envelope.as_object().unwrap().clone()
    };
    let good = inner("ES256", &es256);
    let shown = verified(&outer(&good), "123456789", "clinic.example").unwrap();
    assert_eq!(shown.holder, did(&holder()));
    assert_eq!(shown.credentials[0].issuer(), es256);
    assert_eq!(shown.credentials[0].document(), credential.as_object().unwrap());
    assert_eq!(
        verified(&outer(&good), "987654321", "clinic.example").unwrap_err().problem(),
        Problem::InvalidChallenge
    );
    // The algorithm is the key's; the issuer is the key's controller; a changed signature holds for nothing.
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    for wrong in [
        inner("EdDSA", &es256),
        inner("none", &es256),
        inner("ES256", &did(&issuer())),
        format!("{head}.{other}{}", signature.get(1..).unwrap()),
    ] {
        assert!(verified(&outer(&wrong), "123456789", "clinic.example").is_err());
    }
}
