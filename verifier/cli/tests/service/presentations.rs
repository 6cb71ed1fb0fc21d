//! `POST /presentations/verify`: challenge, domain, what is inside, and what is no presentation.

use sanad_openvc::{Profile, Suite, envelop, sign_jwt};
use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::signing::{
    SUITES, did, holder, issuer, method, presentation, shown, shown_blindly, signed, small,
};

fn ask(server: &Server, presentation: &Value, challenge: &str, domain: &str) -> Answer {
    let body = json!({
        "verifiablePresentation": presentation,
        "options": { "challenge": challenge, "domain": domain },
    });
    server.post("/presentations/verify", body.to_string().as_bytes())
}

#[test]
fn no_one_and_two_credentials_hold_and_a_holder_may_be_absent() {
    let server = Server::start();
    for suite in SUITES {
        for count in 0..=2 {
            let inner = vec![signed(&small(), suite); count];
            let good = Value::Object(shown(&presentation(&inner), suite));
            ask(&server, &good, "challenge", "clinic.example").is_verified("good");
        }
        let mut without = presentation(&[]);
        without.as_object_mut().unwrap().remove("holder");
        let good = Value::Object(shown(&without, suite));
        ask(&server, &good, "challenge", "clinic.example").is_verified("no holder");
    }
}

#[test]
fn a_holder_may_be_an_object_with_the_id_of_who_signs() {
    let server = Server::start();
    for suite in SUITES {
        let with = |holder: Value| {
            let mut document = presentation(&[signed(&small(), suite)]);
            document["holder"] = holder;
            document
        };
        let named = json!({ "id": did(&holder()) });
        let good = Value::Object(shown(&with(named.clone()), suite));
        assert_eq!(good["holder"], named);
        ask(&server, &good, "challenge", "clinic.example").is_verified("an object");
        // Each of these is what the holder signed, so that only the holder is wrong.
        for odd in [
            json!({ "id": "no url" }),
            json!({ "id": null }),
            json!({ "id": [did(&holder())] }),
            json!({}),
            json!([{ "id": did(&holder()) }]),
            json!("no url"),
        ] {
            let document = Value::Object(shown_blindly(&with(odd.clone()), suite));
            let what = odd.to_string();
            let body = ask(&server, &document, "challenge", "clinic.example").is_refused(&what);
            let detail = body["detail"].as_str().unwrap();
            assert!(detail.starts_with("verifiablePresentation.holder"), "{odd}: {detail}");
            assert_eq!(body["type"], "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR", "{odd}");
        }
    }
}

#[test]
fn another_challenge_and_another_domain_have_their_own_types() {
    let server = Server::start();
    for suite in SUITES {
        let good = Value::Object(shown(&presentation(&[]), suite));
        let body = ask(&server, &good, "other", "clinic.example").is_refused("challenge");
        assert_eq!(body["type"], "https://w3id.org/security#INVALID_CHALLENGE_ERROR");
        let body = ask(&server, &good, "challenge", "other.example").is_refused("domain");
        assert_eq!(body["type"], "https://w3id.org/security#INVALID_DOMAIN_ERROR");
    }
}

#[test]
fn one_bad_credential_of_two_spoils_it() {
    let server = Server::start();
    for suite in SUITES {
        let mut bad = signed(&small(), suite);
        bad["credentialSubject"]["alumniOf"] = json!("Another School");
        let document = Value::Object(shown(&presentation(&[signed(&small(), suite), bad]), suite));
        let body = ask(&server, &document, "challenge", "clinic.example").is_refused("inside");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with("verifiablePresentation.verifiableCredential[1]"), "{detail}");
    }
}

#[test]
fn what_is_no_presentation_is_refused() {
    let server = Server::start();
    let v2 = "https://www.w3.org/ns/credentials/v2";
    for suite in SUITES {
        let good = Value::Object(shown(&presentation(&[]), suite));
        for (name, value) in [
            ("@context", json!(4)),
            ("@context", json!([])),
            ("@context", json!(["https://www.w3.org/ns/credentials/examples/v2"])),
            ("@context", json!([v2, "https://example.com"])),
            ("@context", json!([v2, "no url"])),
            ("@context", json!([v2, 4])),
            ("type", json!([])),
            ("type", json!("VerifiableCredential")),
            ("proof", json!(null)),
            ("holder", json!(4)),
        ] {
            let mut odd = good.clone();
            odd[name] = value.clone();
            ask(&server, &odd, "challenge", "clinic.example").is_refused(&format!("{name} {value}"));
        }
        for name in ["@context", "type", "proof"] {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(name);
            ask(&server, &without, "challenge", "clinic.example").is_refused(name);
        }
        let mut short = good.clone();
        short["proof"]["proofValue"] = json!("z3abc");
        ask(&server, &short, "challenge", "clinic.example").is_refused("short");
        ask(&server, &signed(&small(), suite), "challenge", "clinic.example").is_refused("a credential");
        ask(&server, &json!("text"), "challenge", "clinic.example").is_refused("a text");
    }
}

#[test]
fn an_envelope_that_is_none_is_refused_though_what_it_holds_is_right() {
    let server = Server::start();
    let enveloped =
        envelop(small().as_object().unwrap(), &method(&issuer()), Profile::LoopbackTest, &issuer());
    let good = Value::Object(enveloped.unwrap());
    server.credential(&good).is_verified("the envelope");
    let within = |envelope: &Value, suite| {
        let document = Value::Object(shown_blindly(&presentation(std::slice::from_ref(envelope)), suite));
        ask(&server, &document, "challenge", "clinic.example")
    };
    for suite in SUITES {
        within(&good, suite).is_verified("the envelope in a presentation");
    }
    let token = good["id"].as_str().unwrap().split_once(',').unwrap().1;
    let mut wrong: Vec<(String, Value)> = Vec::new();
    for (name, value) in [
        ("@context", json!([])),
        ("@context", json!(["https://www.w3.org/ns/credentials/examples/v2"])),
        ("@context", json!({})),
        ("@context", json!(null)),
        ("type", json!("VerifiableCredential")),
        ("type", json!([])),
        ("type", json!(4)),
        ("type", json!(null)),
        ("type", json!("EnvelopedVerifiablePresentation")),
        ("id", json!(format!("https://x.example/{token}"))),
        ("id", json!(token)),
        ("id", json!(format!("data:application/vc+jwt;base64,{token}"))),
        ("id", json!(format!("data:application/vp+jwt,{token}"))),
        ("id", json!(format!("data:,{token}"))),
        ("id", json!("data:application/vc+jwt,a.b.c")),
        ("id", json!([good["id"]])),
        ("id", json!(null)),
    ] {
        let mut odd = good.clone();
        odd[name] = value.clone();
        wrong.push((format!("{name} {value}"), odd));
    }
    for name in ["@context", "type", "id"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(name);
        wrong.push((format!("without {name}"), without));
    }
    for (what, odd) in &wrong {
        server.credential(odd).is_refused(what);
        within(odd, Suite::Jcs).is_refused(what);
    }
}

#[test]
fn an_enveloped_presentation_without_its_type_is_refused() {
    let server = Server::start();
    let mut claims = presentation(&[]);
    claims["nonce"] = json!("challenge");
    claims["aud"] = json!("clinic.example");
    let claims = claims.as_object().unwrap();
    let token = sign_jwt("vp+jwt", Some(&method(&holder())), claims, &holder()).unwrap();
    let good = json!({
        "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiablePresentation",
        "id": format!("data:application/vp+jwt,{token}"),
    });
    ask(&server, &good, "challenge", "clinic.example").is_verified("the envelope");
    for name in ["@context", "type", "id"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(name);
        ask(&server, &without, "challenge", "clinic.example").is_refused(name);
    }
    let mut other = good;
    other["type"] = json!("VerifiablePresentation");
    ask(&server, &other, "challenge", "clinic.example").is_refused("another type");
}
