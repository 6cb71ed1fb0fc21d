//! `POST /credentials/verify`: each value that must be refused, and each that must hold.

use sanad_openvc::Suite;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::by_hand::{V2, jcs, proof, proof_quads, sealed, sealed_by_jcs, sha256, tiny, tiny_quads};
use crate::server::Server;
use crate::signing::{
    SUITES, did, holder, issuer, method, options, signed, signed_blindly, signed_by, small,
};

fn with(mut document: Value, path: &[&str], value: Value) -> Value {
    let mut place = &mut document;
    for member in path {
        place = &mut place[*member];
    }
    *place = value;
    document
}

fn without(mut document: Value, name: &str) -> Value {
    document.as_object_mut().unwrap().remove(name);
    document
}

#[test]
fn what_was_signed_holds_in_both_suites_and_options_may_be_absent() {
    let server = Server::start();
    for suite in SUITES {
        let good = signed(&small(), suite);
        server.credential(&good).is_verified("good");
        for body in [
            json!({ "verifiableCredential": good }),
            json!({ "verifiableCredential": good, "options": {} }),
            json!({ "verifiableCredential": good, "options": { "unknown": 1 } }),
        ] {
            server.post("/credentials/verify", body.to_string().as_bytes()).is_verified("options");
        }
    }
}

#[test]
fn the_data_model_1_1_is_accepted_here() {
    let server = Server::start();
    let old = json!({
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "issuer": did(&issuer()),
        "issuanceDate": "2024-01-01T00:00:00Z",
        "credentialSubject": { "id": "did:example:subject" },
    });
    for suite in SUITES {
        server.credential(&signed(&old, suite)).is_verified("1.1");
    }
}

#[test]
fn every_malformed_proof_is_refused() {
    let server = Server::start();
    for suite in SUITES {
        let good = signed(&small(), suite);
        for (what, body) in [
            ("text", json!({ "verifiableCredential": good.to_string() })),
            ("null", json!({ "verifiableCredential": null })),
            ("absent", json!({})),
            ("options of another type", json!({ "verifiableCredential": good, "options": [] })),
        ] {
            server.post("/credentials/verify", body.to_string().as_bytes()).is_refused(what);
        }
        for (what, document) in [
            ("no proof", without(good.clone(), "proof")),
            ("proof null", with(good.clone(), &["proof"], json!(null))),
            ("proof text", with(good.clone(), &["proof"], json!("x"))),
            ("proof []", with(good.clone(), &["proof"], json!([]))),
            ("proof type", with(good.clone(), &["proof", "type"], json!("UnknownProofType"))),
            ("cryptosuite", with(good.clone(), &["proof", "cryptosuite"], json!("unknown-2022"))),
            ("purpose", with(good.clone(), &["proof", "proofPurpose"], json!("invalidPurpose"))),
            ("purpose swapped", with(good.clone(), &["proof", "proofPurpose"], json!("authentication"))),
            ("value null", with(good.clone(), &["proof", "proofValue"], json!(null))),
            ("value no multibase", with(good.clone(), &["proof", "proofValue"], json!("3abc"))),
            ("value short", with(good.clone(), &["proof", "proofValue"], json!("z3abc"))),
            (
                "another signer",
                with(good.clone(), &["proof", "verificationMethod"], json!(method(&holder()))),
            ),
            ("created", with(good.clone(), &["proof", "created"], json!("2025-01-01T00:00:00Z"))),
            ("NonconformingDocument", json!({ "type": ["NonconformingDocument"] })),
        ] {
            server.credential(&document).is_refused(what);
        }
        for name in ["type", "verificationMethod", "proofPurpose", "proofValue", "cryptosuite"] {
            let proof = without(good["proof"].clone(), name);
            server.credential(&with(good.clone(), &["proof"], proof)).is_refused(name);
        }
        // The signature of one suite under the name of the other.
        let other = if suite == Suite::Rdfc { "eddsa-jcs-2022" } else { "eddsa-rdfc-2022" };
        server.credential(&with(good, &["proof", "cryptosuite"], json!(other))).is_refused("other suite");
    }
}

#[test]
fn whatever_is_changed_or_added_after_signing_is_refused() {
    let server = Server::start();
    let strict = with(small(), &["@context"], json!(["https://www.w3.org/ns/credentials/v2"]));
    let strict = with(strict, &["type"], json!(["VerifiableCredential"]));
    let strict = with(strict, &["credentialSubject"], json!({ "id": "did:example:subject" }));
    for suite in SUITES {
        let good = signed(&strict, suite);
        server.credential(&good).is_verified("strict");
        for (what, document) in [
            ("unmapped term", with(good.clone(), &["odd"], json!("x"))),
            ("unmapped term inside", with(good.clone(), &["credentialSubject", "odd"], json!("x"))),
            ("unmapped type", with(good.clone(), &["type"], json!(["VerifiableCredential", "Odd"]))),
            ("subject", with(good.clone(), &["credentialSubject", "id"], json!("did:example:other"))),
            ("issuer", with(good.clone(), &["issuer"], json!(did(&holder())))),
            ("validUntil", with(good.clone(), &["validUntil"], json!("2030-01-01T00:00:00Z"))),
        ] {
            server.credential(&document).is_refused(what);
        }
        // JCS signs the list of contexts. RDFC signs what they make of the document, which this one leaves alone.
        if suite == Suite::Jcs {
            let mut changed = good.clone();
            let contexts = changed["@context"].as_array_mut().unwrap();
            contexts.push(json!("https://www.w3.org/ns/credentials/examples/v2"));
            server.credential(&changed).is_refused("a context more");
        }
        for name in ["@context", "type", "issuer", "credentialSubject"] {
            server.credential(&without(good.clone(), name)).is_refused(name);
            for odd in [json!(4), json!(null), json!(true), json!([])] {
                server.credential(&with(good.clone(), &[name], odd)).is_refused(name);
            }
        }
    }
}

#[test]
fn a_term_that_only_the_signer_knew_is_refused() {
    let server = Server::start();
    let method = method(&issuer());
    // The signer's context mapped the term; what arrives does not.
    let known = with(small(), &["@context"], json!([V2, { "odd": "urn:x:odd" }]));
    let known = with(with(known, &["type"], json!(["VerifiableCredential"])), &["odd"], json!("x"));
    let known = with(known, &["credentialSubject"], json!({ "id": "did:example:subject" }));
    for suite in SUITES {
        let mut document = signed_blindly(&known, &options(suite, &method), &issuer());
        document["@context"] = json!([V2]);
        server.credential(&document).is_refused("unknown to the real context");
    }
}

#[test]
fn what_a_base_would_complete_is_refused_in_both_suites_though_its_signature_is_right() {
    let server = Server::start();
    let key = issuer();
    let based = with(tiny(), &["@context"], json!([V2, { "@base": "https://x.example/" }]));
    let relative = with(based.clone(), &["credentialSubject", "id"], json!("subject"));
    let as_signer_sees_it = [
        (tiny(), "did:example:subject", ""),
        // The base changes nothing here: the quads are those of the first.
        (based, "did:example:subject", "@context[1]: unknown member of a context \"@base\""),
        (relative, "https://x.example/subject", "credentialSubject.id: a URL is wanted"),
    ];
    for (document, subject, fault) in &as_signer_sees_it {
        let rdfc = [sha256(&proof_quads("eddsa-rdfc-2022")), sha256(&tiny_quads(subject))].concat();
        let rdfc = sealed(document, &proof("eddsa-rdfc-2022", document), &rdfc, &key);
        let jcs = sealed_by_jcs(document, &proof("eddsa-jcs-2022", document), &key);
        for signed in [rdfc, jcs] {
            let answer = server.credential(&signed);
            if fault.is_empty() {
                answer.is_verified("without a base");
            } else {
                let body = answer.is_refused("base");
                let detail = body["detail"].as_str().unwrap();
                assert!(detail.ends_with(fault), "{detail}");
            }
        }
    }
}

#[test]
fn a_signature_over_another_hash_or_another_transformation_is_refused() {
    let server = Server::start();
    let (key, document) = (issuer(), tiny());
    let sha384 = |bytes: &str| Sha384::digest(bytes).to_vec();
    let sha512 = |bytes: &str| Sha512::digest(bytes).to_vec();
    let half_of_sha512 = |bytes: &str| Sha512::digest(bytes)[..32].to_vec();
    for suite in ["eddsa-rdfc-2022", "eddsa-jcs-2022"] {
        let proof = proof(suite, &document);
        let quads = (proof_quads(suite), tiny_quads("did:example:subject"));
        let members = (jcs(&proof), jcs(&document));
        let (own, other) = if suite == "eddsa-rdfc-2022" { (quads, members) } else { (members, quads) };
        let verdict = |signed: &[u8]| server.credential(&sealed(&document, &proof, signed, &key));
        let (options, body) = &own;
        verdict(&[sha256(options), sha256(body)].concat()).is_verified("made by hand");
        for (what, signed) in [
            ("SHA-512", [sha512(options), sha512(body)].concat()),
            ("SHA-384", [sha384(options), sha384(body)].concat()),
            ("half of SHA-512", [half_of_sha512(options), half_of_sha512(body)].concat()),
            ("SHA-512 over the document alone", [sha256(options), sha512(body)].concat()),
            ("SHA-512 over the options alone", [sha512(options), sha256(body)].concat()),
            ("the other transformation", [sha256(&other.0), sha256(&other.1)].concat()),
            ("the other one of the document", [sha256(options), sha256(&other.1)].concat()),
            ("the other one of the options", [sha256(&other.0), sha256(body)].concat()),
            ("document before options", [sha256(body), sha256(options)].concat()),
            ("no options", sha256(body)),
            ("one hash over both", sha256(&format!("{options}{body}"))),
            ("a hash of the hashes", sha256_of(&[sha256(options), sha256(body)].concat())),
            ("no hash", format!("{options}{body}").into_bytes()),
            ("hexadecimal hashes", hexadecimal(&[sha256(options), sha256(body)].concat()).into_bytes()),
            ("JSON with a space", [sha256(&jcs(&proof)), sha256(&format!("{document} "))].concat()),
            ("quads out of order", [sha256(options), sha256(&backwards(body))].concat()),
        ] {
            let body = verdict(&signed).is_refused(&format!("{suite} {what}"));
            assert_eq!(body["type"], "https://w3id.org/security#PROOF_VERIFICATION_ERROR", "{what}: {body}");
        }
    }
}

fn sha256_of(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The last line first.
fn backwards(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().rev().collect();
    lines.push("");
    lines.join("\n")
}

#[test]
fn expired_and_not_yet_valid_are_refused_with_their_type() {
    let server = Server::start();
    for suite in SUITES {
        let late = with(small(), &["validUntil"], json!("2026-01-01T00:00:00Z"));
        let early = with(small(), &["validFrom"], json!("2027-01-01T00:00:00Z"));
        for document in [late, early] {
            let body = server.credential(&signed(&document, suite)).is_refused("time");
            assert_eq!(body["type"], "https://www.w3.org/TR/vc-data-model#RANGE_ERROR");
        }
    }
}

#[test]
fn a_key_that_is_not_the_issuers_is_refused() {
    let server = Server::start();
    let method = method(&holder());
    for suite in SUITES {
        let forged = signed_by(&small(), suite, &method, &holder());
        server.credential(&forged).is_refused("another controller");
    }
}

#[test]
fn in_a_set_every_proof_counts_and_a_chain_needs_its_links() {
    let server = Server::start();
    let (of_issuer, of_holder) = (method(&issuer()), method(&holder()));
    for suite in SUITES {
        let one = signed(&small(), suite);
        let other = signed_blindly(&small(), &options(suite, &of_holder), &holder());
        let mut two = one.clone();
        two["proof"] = json!([one["proof"], other["proof"]]);
        server.credential(&two).is_verified("set");
        let mut bad = two.clone();
        bad["proof"][1]["proofValue"] = two["proof"][0]["proofValue"].clone();
        server.credential(&bad).is_refused("one bad proof of two");
        let mut foreign = two.clone();
        foreign["proof"].as_array_mut().unwrap().remove(0);
        server.credential(&foreign).is_refused("no proof of the issuer");
        let first = sanad_openvc::ProofOptions { id: Some("urn:uuid:1"), ..options(suite, &of_issuer) };
        let first = signed_blindly(&small(), &first, &issuer());
        let previous = ["urn:uuid:1"];
        let second = sanad_openvc::ProofOptions { previous: &previous, ..options(suite, &of_holder) };
        let chain = signed_blindly(&first, &second, &holder());
        server.credential(&chain).is_verified("chain");
        let mut broken = chain.clone();
        broken["proof"][1]["previousProof"] = json!("urn:uuid:2");
        server.credential(&broken).is_refused("a link that is not there");
        let mut cut = chain;
        cut["proof"][1].as_object_mut().unwrap().remove("previousProof");
        server.credential(&cut).is_refused("a link cut off");
    }
}

#[test]
fn answers_are_json_with_a_method_a_route_and_a_type_that_are_not_served() {
    let server = Server::start();
    for (answer, status) in [
        (server.get("/credentials/verify"), 405),
        (server.post("/credentials/issue", b"{}"), 404),
        (server.send("POST /credentials/verify HTTP/1.1\r\nContent-Type: text/plain", b"{}"), 400),
        (server.send("POST /credentials/verify HTTP/1.1", b"{}"), 400),
    ] {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.head.contains("application/problem+json"), "{}", answer.head);
        assert!(answer.json()["type"].is_string());
    }
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/readyz").status, 200);
    let described = server.get("/openapi.json").json();
    for path in ["/credentials/verify", "/presentations/verify", "/identifiers/{did}", "/readyz"] {
        assert!(described["paths"][path].is_object(), "{path}");
    }
}
