//! `GET /identifiers/{did}`: each error of the did:key method.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::server::{Answer, Server};

const KEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[test]
fn each_row_of_the_contract_is_answered() {
    let server = Server::start();
    let did = format!("did:key:{KEY}");
    for (asked, query, error, metadata) in [
        (format!("notDid:key:{KEY}"), "", "invalidDid", "didResolutionMetadata"),
        (format!("did:key:-4:{KEY}"), "", "invalidDid", "didResolutionMetadata"),
        (did.replace("z6Mk", "6Mk"), "", "invalidDid", "didResolutionMetadata"),
        ("did:key:@".to_owned(), "", "invalidDid", "didResolutionMetadata"),
        (did.replace(":key:", ":experimental:"), "", "methodNotSupported", "didResolutionMetadata"),
        ("did:key:zTjsVPtY".to_owned(), "", "invalidPublicKeyLength", "didResolutionMetadata"),
        (format!("{did}/^bar^/?query=`#{KEY}"), "", "invalidDidUrl", "didDereferencingMetadata"),
        (did.clone(), "?publicKeyFormat=unknown", "unsupportedPublicKeyType", "didResolutionMetadata"),
        (
            format!("{did}#{KEY}"),
            "?publicKeyFormat=Ed25519VerificationKey2018&enableExperimentalPublicKeyTypes=false",
            "invalidPublicKeyType",
            "didDereferencingMetadata",
        ),
    ] {
        let answer = server.get(&format!("/identifiers/{}{query}", escaped(&asked)));
        assert_eq!(answer.status, 400, "{asked}: {}", answer.body);
        let body = answer.json();
        assert_eq!(body[metadata]["error"], error, "{asked}: {body}");
        assert_eq!(body["didDocument"], json!({}), "{asked}");
        is_enclosed(&answer, metadata);
    }
    let answer = server.get(&format!("/identifiers/{}", escaped(&format!("{did}#{KEY}"))));
    assert_eq!(answer.status, 200);
    is_enclosed(&answer, "didDereferencingMetadata");
    assert_eq!(answer.json()["didDocument"]["controller"], Value::String(did.clone()));
    for path in [escaped(&did), did.clone()] {
        let answer = server.get(&format!("/identifiers/{path}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        is_enclosed(&answer, "didResolutionMetadata");
        let document = &answer.json()["didDocument"];
        assert_eq!(document["id"], Value::String(did.clone()));
        // A document has contexts of its own, beside those of the answer around it.
        assert_eq!(document["@context"][0], "https://www.w3.org/ns/did/v1", "{document}");
    }
}

/// What every answer has, whatever was asked: these four members and no more, in JSON.
#[track_caller]
fn is_enclosed(answer: &Answer, metadata: &str) {
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    let body = answer.json();
    let names: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = BTreeSet::from(["@context", metadata, "didDocument", "didDocumentMetadata"]);
    assert_eq!(names, wanted);
    assert_eq!(body["@context"], "https://w3id.org/did-resolution/v1");
    assert_eq!(body["didDocumentMetadata"], json!({}));
}
