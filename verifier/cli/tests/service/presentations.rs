//! `POST /presentations/verify`: challenge, domain, what is inside, and what is no presentation.

use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::signing::{SUITES, presentation, shown, signed, small};

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
fn an_envelope_that_is_none_is_refused() {
    let server = Server::start();
    for (context, name, id) in [
        (json!([]), "EnvelopedVerifiableCredential", "data:application/vc+jwt,a.b.c"),
        (
            json!(["https://www.w3.org/ns/credentials/examples/v2"]),
            "EnvelopedVerifiableCredential",
            "data:application/vc+jwt,a.b.c",
        ),
        (
            json!("https://www.w3.org/ns/credentials/v2"),
            "VerifiableCredential",
            "data:application/vc+jwt,a.b.c",
        ),
        (
            json!("https://www.w3.org/ns/credentials/v2"),
            "EnvelopedVerifiableCredential",
            "https://x.example/",
        ),
        (
            json!("https://www.w3.org/ns/credentials/v2"),
            "EnvelopedVerifiableCredential",
            "data:application/vc+jwt,a.b.c",
        ),
    ] {
        let envelope = json!({ "@context": context, "type": name, "id": id });
        server.credential(&envelope).is_refused(id);
    }
}
