//! The contract for issuing and status, row by row, over HTTP: what must be accepted and what must be refused, with the
//! form of the refusal. The strict profile of the issuer, and apart from it the profile for public test suites.

use sanad_openvc::{
    Controllers, DidDocument, Profile, StatusPurpose, Times, Verifying, parse_object, verify_credential,
};
use serde_json::{Value, json};

use crate::DID;
use crate::forms::{now, strangers};
use crate::http::Answer;
use crate::office::{Office, StoreKind, person, year};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const V1: &str = "https://www.w3.org/2018/credentials/v1";
const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
/// Of the published file of [`V2`].
const V2_DIGEST: &str = "sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ=";
const SUITES: [&str; 2] = ["eddsa-rdfc-2022", "eddsa-jcs-2022"];

fn office(variables: &[(&str, &str)]) -> Office {
    Office::known_as(StoreKind::Embedded, variables, Some(DID))
}

pub(crate) fn tested() -> Office {
    office(&[("OPENVC_TEST_PROFILE", "true"), ("LISTEN_PUBLIC_URL", "https://localhost:8420")])
}

/// What the contract says of every refusal.
#[track_caller]
pub(crate) fn is_refused(answer: &Answer, why: &str) -> Value {
    assert_eq!(answer.status, 400, "{why}: {}", answer.text());
    assert!(answer.header("content-type").unwrap().contains("json"), "{why}");
    let body = answer.json();
    assert_eq!(body["verified"], false, "{why}");
    let error = &body["errors"].as_array().unwrap()[0];
    for of in [&body, error] {
        assert!(of["type"].as_str().is_some_and(|kind| kind.contains(':')), "{why}: {body}");
        assert_eq!(of["status"], 400, "{why}");
        assert!(of["title"].is_string() && of["detail"].is_string(), "{why}");
    }
    body
}

pub(crate) fn test_credential(issuer: &str) -> Value {
    json!({
        "@context": [V2, EXAMPLES],
        "type": ["VerifiableCredential", "ExampleAlumniCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "Invented University"},
    })
}

pub(crate) fn with(mut of: Value, name: &str, value: Value) -> Value {
    of[name] = value;
    of
}

fn without(mut of: Value, name: &str) -> Value {
    of.as_object_mut().unwrap().remove(name);
    of
}

fn ask(office: &Office, instance: &str, credential: &Value) -> Answer {
    let target = format!("/test/{instance}/credentials/issue");
    office.call("", "POST", &target).json(&json!({"credential": credential, "options": {}})).send()
}

fn verifies(credential: &Value, did: &str) {
    let mut controllers = Controllers::new(Profile::LoopbackTest);
    controllers.add(DidDocument::of_key_did(did).unwrap());
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::LeaveToDecision };
    verify_credential(credential.as_object().unwrap(), &verifying).unwrap();
}

/// Values that no JSON member of the kind may have.
fn wrong_values(with_text: bool) -> Vec<Value> {
    let mut values = vec![Value::Null, json!(true), json!(4), json!([])];
    if with_text {
        values.push(json!("not a url"));
    }
    values
}

#[test]
fn everything_that_the_contract_accepts_is_issued_and_verifies_in_both_suites() {
    let office = tested();
    let did = office.get("", "/test/issuer").is(200).member("id");
    let base = test_credential(&did);
    let direction = json!({"@value": "\u{0646}\u{0635}", "@language": "ar", "@direction": "rtl"});
    let accepted = [
        base.clone(),
        with(base.clone(), "id", json!("urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff5")),
        with(base.clone(), "issuer", json!({"id": did, "name": "Invented", "description": direction})),
        with(base.clone(), "name", json!("plain")),
        with(base.clone(), "name", json!([{"@value": "n", "@language": "en"}, direction])),
        with(base.clone(), "description", direction.clone()),
        with(
            base.clone(),
            "credentialSubject",
            json!([{"alumniOf": "A"}, {"id": "did:example:b", "alumniOf": "B"}]),
        ),
        with(base.clone(), "type", json!(["ExampleAlumniCredential", "VerifiableCredential"])),
        with(base.clone(), "type", json!(["VerifiableCredential", "https://type.example/Kind"])),
        with(base.clone(), "validUntil", json!("2001-01-01T00:00:00Z")),
        with(base.clone(), "validFrom", json!("2020-01-01T00:00:00.123-06:00")),
        with(base.clone(), "credentialStatus", json!({"type": "ExampleStatus"})),
        with(base.clone(), "evidence", json!([{"type": "ExampleEvidence"}, {"type": "ExampleEvidence"}])),
        with(base.clone(), "termsOfUse", json!([{"type": "ExamplePolicy"}])),
        with(base.clone(), "refreshService", json!([{"type": "ExampleRefresh"}])),
        with(
            base.clone(),
            "credentialSchema",
            json!([{"id": "https://s.example/1", "type": "ExampleSchema"}]),
        ),
        with(base.clone(), "relatedResource", json!({"id": V2, "digestSRI": V2_DIGEST})),
        with(
            base.clone(),
            "relatedResource",
            json!([{"id": V2, "digestSRI": V2_DIGEST, "mediaType": "application/ld+json"}]),
        ),
        with(
            with(
                base.clone(),
                "@context",
                json!([V2, {"MyCredential": "https://type.example/My", "alumniOf": "https://type.example/a"}]),
            ),
            "type",
            json!(["VerifiableCredential", "MyCredential"]),
        ),
        json!({
            "@context": [V1, {"alumniOf": "https://type.example/a"}],
            "type": ["VerifiableCredential"], "issuer": did,
            "issuanceDate": "2020-01-01T00:00:00Z",
            "credentialSubject": {"id": "did:example:subject", "alumniOf": "A"},
        }),
    ];
    for credential in &accepted {
        for suite in SUITES {
            let issued = ask(&office, suite, credential);
            assert_eq!(issued.status, 201, "{credential}: {}", issued.text());
            let signed = &issued.json()["verifiableCredential"];
            assert_eq!(signed["credentialSubject"], credential["credentialSubject"], "{suite}");
            let contexts = credential["@context"].as_array().unwrap();
            assert_eq!(&signed["@context"].as_array().unwrap()[..contexts.len()], &contexts[..], "in order");
            let proof = &signed["proof"];
            assert_eq!(
                (&proof["type"], &proof["cryptosuite"], &proof["proofPurpose"]),
                (&json!("DataIntegrityProof"), &json!(suite), &json!("assertionMethod"))
            );
            assert_eq!(proof["verificationMethod"].as_str().unwrap().split('#').next(), Some(did.as_str()));
            assert!(proof["proofValue"].as_str().unwrap().starts_with('z'));
            assert_eq!(proof.get("@context").is_some(), suite == "eddsa-jcs-2022");
            verifies(signed, &did);
        }
    }
    // Without options too, and with a charset.
    let bare = office.call("", "POST", "/test/eddsa-rdfc-2022/credentials/issue");
    let body = json!({"credential": base}).to_string();
    bare.body("application/json; charset=utf-8", body).send().is(201);
    let enveloped = ask(&office, "enveloped", &base).is(201).json()["verifiableCredential"].clone();
    assert_eq!(enveloped["type"], "EnvelopedVerifiableCredential");
    assert!(enveloped["id"].as_str().unwrap().starts_with("data:application/vc+jwt,"));
    office.close();
}

/// Every row of the table of what must be refused.
fn refused(base: &Value) -> Vec<(&'static str, Value)> {
    let mut rows = Vec::new();
    let mut row = |why, name: &str, values: Vec<Value>| {
        rows.extend(values.into_iter().map(|value| (why, with(base.clone(), name, value))));
    };
    row(
        "@context",
        "@context",
        vec![json!(4), json!({}), json!(false), Value::Null, json!([]), json!([EXAMPLES, V2])],
    );
    row(
        "@context",
        "@context",
        vec![
            json!([V2, "https ://no.example"]),
            json!([V2, 4]),
            json!([V2, "https://unresolvable.example/c"]),
        ],
    );
    row(
        "protected",
        "@context",
        vec![json!([V2, EXAMPLES, {"VerifiableCredential": "https://type.example/V"}])],
    );
    row(
        "own protected",
        "@context",
        vec![
            json!([V2, EXAMPLES, {"@protected": true, "mine": "https://a.example/1"}, {"mine": "https://a.example/2"}]),
        ],
    );
    row(
        "type",
        "type",
        vec![Value::Null, json!(true), json!(4), json!([]), json!(["ExampleAlumniCredential"])],
    );
    row("id", "id", vec![Value::Null, json!(["urn:a"]), json!("no url")]);
    row("issuer", "issuer", wrong_values(true));
    row("issuer id", "issuer", vec![json!({"id": null}), json!({"id": "no url"}), json!({"name": "n"})]);
    row("credentialSubject", "credentialSubject", wrong_values(true));
    row(
        "credentialSubject",
        "credentialSubject",
        vec![json!({}), json!([{}]), json!([{"alumniOf": "A"}, {}])],
    );
    row(
        "subject id",
        "credentialSubject",
        vec![json!({"id": null}), json!({"id": ["urn:a"]}), json!({"id": "no url"})],
    );
    for name in ["validFrom", "validUntil"] {
        row(
            "time",
            name,
            vec![
                json!("Tue, 15 Nov 1994 08:12:31 GMT"),
                json!("2020-01-01"),
                json!(4),
                json!("2020-13-01T00:00:00Z"),
            ],
        );
    }
    for name in ["name", "description"] {
        row(
            "value object",
            name,
            vec![
                json!({"@value": "n", "@type": "x"}),
                json!(4),
                json!([{"@value": "n", "url": "did:example:a"}]),
            ],
        );
    }
    // With the issuer's own id, so that only the text is wrong.
    let issuer = &base["issuer"];
    for name in ["name", "description"] {
        row(
            "issuer's value object",
            "issuer",
            vec![
                json!({"id": issuer, name: {"@value": "n", "more": "x"}}),
                json!({"id": issuer, name: {"@value": "n", "@type": "x"}}),
                json!({"id": issuer, name: {"@value": 4}}),
                json!({"id": issuer, name: {"@language": "en"}}),
                json!({"id": issuer, name: {"@value": "n", "@direction": "up"}}),
                json!({"id": issuer, name: [{"@value": "n"}, {"@value": "n", "url": "did:example:a"}]}),
                json!({"id": issuer, name: {}}),
                json!({"id": issuer, name: []}),
                json!({"id": issuer, name: 4}),
                json!({"id": issuer, name: null}),
            ],
        );
    }
    for name in ["credentialStatus", "termsOfUse", "evidence", "refreshService", "credentialSchema"] {
        row(
            "without type",
            name,
            vec![
                json!({}),
                json!({"id": "https://a.example/1"}),
                json!({"type": 4, "id": "https://a.example/1"}),
            ],
        );
    }
    row(
        "schema id",
        "credentialSchema",
        vec![json!({"type": "ExampleSchema"}), json!({"type": "ExampleSchema", "id": "no url"})],
    );
    row(
        "status id",
        "credentialStatus",
        vec![json!({"type": "ExampleStatus", "id": null}), json!({"type": "ExampleStatus", "id": "no url"})],
    );
    row(
        "status entry",
        "credentialStatus",
        vec![
            json!({"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": 4, "statusListCredential": "https://a.example/1"}),
            json!({"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "-1", "statusListCredential": "https://a.example/1"}),
            json!({"type": "BitstringStatusListEntry", "statusListIndex": "1", "statusListCredential": "https://a.example/1"}),
        ],
    );
    row(
        "relatedResource",
        "relatedResource",
        vec![
            json!(["https://a.example/1"]),
            json!({"digestSRI": "sha384-AA"}),
            json!({"id": V2}),
            json!({"digestSRI": V2_DIGEST}),
            json!([{"id": V2, "digestSRI": V2_DIGEST}, {"id": V2, "digestSRI": V2_DIGEST}]),
            json!({"id": V2, "digestSRI": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}),
        ],
    );
    row("type not mapped", "type", vec![json!(["VerifiableCredential", "Unmapped Type"])]);
    for name in ["@context", "type", "issuer", "credentialSubject"] {
        rows.push(("missing", without(base.clone(), name)));
    }
    let backwards = with(base.clone(), "validFrom", json!("2020-02-01T00:00:00Z"));
    rows.push(("backwards", with(backwards, "validUntil", json!("2020-01-01T00:00:00Z"))));
    let only_base = with(base.clone(), "@context", json!([V2]));
    let plain = with(
        with(only_base, "type", json!(["VerifiableCredential"])),
        "credentialSubject",
        json!({"id": "did:example:a"}),
    );
    rows.push(("undefined term", with(plain.clone(), "undefinedTerm", json!("x"))));
    rows.push(("undefined term", with(plain.clone(), "statusEntry", json!({"id": "urn:a"}))));
    rows.push(("undefined type", with(plain, "type", json!(["VerifiableCredential", "UndefinedType"]))));
    let mapped = json!([V2, {"Wrong": "not a url"}]);
    rows.push((
        "type mapped to no URL",
        with(with(base.clone(), "@context", mapped), "type", json!(["VerifiableCredential", "Wrong"])),
    ));
    rows
}

#[test]
fn everything_that_the_contract_refuses_is_refused_with_its_problem_in_both_suites_and_by_the_issuer() {
    let office = tested();
    let did = office.get("", "/test/issuer").is(200).member("id");
    let base = test_credential(&did);
    let rows = refused(&base);
    assert!(rows.len() >= 53, "{}", rows.len());
    for suite in SUITES {
        ask(&office, suite, &base).is(201);
    }
    for (why, credential) in &rows {
        for suite in SUITES {
            is_refused(&ask(&office, suite, credential), &format!("{why} {credential}"));
        }
    }
    // The strict profile signs entitlements alone: each row is a fault in one that it issues without it.
    office.wait_until_ready();
    let strict = |credential: &Value| {
        let call = office.call("registrar", "POST", "/credentials/issue");
        call.json(&json!({"credential": credential})).send()
    };
    let sent = as_sent(&office, "90");
    for (why, credential) in &refused(&sent) {
        is_refused(&strict(credential), &format!("{why} {credential}"));
    }
    strict(&sent).is(201);
    for target in [
        "/test/eddsa-rdfc-2022/credentials/issue",
        "/test/eddsa-jcs-2022/credentials/issue",
        "/credentials/issue",
    ] {
        let call = || office.call("registrar", "POST", target);
        for body in [
            "{}",
            "[]",
            "null",
            "{",
            "",
            "{\"credential\": []}",
            "{\"credential\": \"x\"}",
            "{\"credential\": null}",
        ] {
            is_refused(&call().body("application/json", body).send(), body);
        }
        let twice = "{\"credential\": {\"type\": [], \"type\": []}}";
        is_refused(&call().body("application/json", twice).send(), "a repeated member");
        is_refused(&call().body("application/json", "[".repeat(20_000)).send(), "depth");
        is_refused(
            &call().body("application/json", format!("{{\"credential\": {{\"a\": {}}}}}", u64::MAX)).send(),
            "2^53",
        );
        is_refused(&call().body("application/json", " ".repeat(10_000_000)).send(), "10 MB");
        is_refused(&call().body("text/plain", "{}").send(), "another media type");
        is_refused(&call().json(&json!({"credential": base, "options": []})).send(), "options");
    }
    office.close();
}

/// What the issuer's own form wants.
fn entitlement(number: &str) -> Value {
    let record = person(number, "Zawadi Kanari", "KE-30");
    let subject = &record["subject"];
    json!({
        "@context": [V2, "urn:sanad:context:v1"],
        "type": ["VerifiableCredential", "EntitlementCredential"],
        "issuer": DID,
        "credentialSubject": {
            "number": subject["number"], "name": subject["name"], "birth": subject["birth"], "sex": "female",
            "entitlement": {
                "type": "Coverage", "product": "SHIF", "rulebook": 1, "functions": ["medical_care", "maternity"],
                "start": format!("{}-01-01", year()), "end": format!("{}-12-31", year() + 1),
                "copay_class": 1, "territory": ["KE-30"],
            },
        },
    })
}

/// The credential of a stored entitlement without what the issuer sets: what a client may send.
pub(crate) fn as_sent(office: &Office, number: &str) -> Value {
    let cti = office.issue("registrar", &person(number, "Zawadi Kanari", "KE-30"));
    let mut credential = office.get("registrar", &format!("/v1/credentials/{cti}/vc")).is(200).json();
    for name in ["id", "validFrom", "validUntil", "credentialStatus", "proof"] {
        credential = without(credential, name);
    }
    let sent = json!(format!("KANARI-{number}-sent"));
    credential["credentialSubject"]["number"] = sent;
    credential
}

#[test]
fn the_strict_profile_issues_entitlements_and_nothing_else() {
    let office = office(&[]);
    office.wait_until_ready();
    let credential = as_sent(&office, "1");
    let issue = |who: &str, credential: &Value| {
        office.call(who, "POST", "/credentials/issue").json(&json!({"credential": credential})).send()
    };
    assert_eq!(issue("", &credential).status, 401);
    assert_eq!(issue("revoker", &credential).status, 403);
    let answer = issue("registrar", &credential).is(201);
    let signed = answer.json()["verifiableCredential"].clone();
    for member in ["@context", "type", "issuer", "credentialSubject"] {
        assert_eq!(signed[member], credential[member], "{member}");
    }
    let controllers = strangers(&office);
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    verify_credential(signed.as_object().unwrap(), &verifying).unwrap();
    // It is an entitlement like any other.
    let id = signed["id"].as_str().unwrap();
    let cti = id.rsplit(':').next().unwrap();
    assert!(
        office.get("registrar", &format!("/v1/credentials/{cti}")).is(200).member("qr").starts_with("SND1:")
    );
    let mut theirs = credential.clone();
    theirs["credentialSubject"]["number"] = json!("KANARI-8");
    assert_eq!(issue("KE-47", &theirs).status, 403, "another county's");
    assert_eq!(issue("registrar", &credential).status, 409, "one record, one credential");
    let mut other = credential.clone();
    other["credentialSubject"]["number"] = json!("KANARI-9");
    let jcs = json!({"credential": other, "options": {"cryptosuite": "eddsa-jcs-2022"}});
    let keyed = office.call("registrar", "POST", "/credentials/issue").key("kanari-vc").json(&jcs);
    let first = keyed.send().is(201).json()["verifiableCredential"].clone();
    assert_eq!(first["proof"]["cryptosuite"], "eddsa-jcs-2022");
    assert_eq!(keyed.send().is(201).json()["verifiableCredential"]["id"], first["id"], "the same request");
    // Whatever the table does not hold, or the issuer sets.
    let wrong = |place: &[&str], value: Value| {
        let mut credential = credential.clone();
        let mut at = &mut credential;
        for step in place {
            at = &mut at[*step];
        }
        *at = value;
        is_refused(&issue("registrar", &credential), &place.join("."));
    };
    wrong(&["id"], json!("urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff5"));
    wrong(&["validFrom"], json!("2026-01-01T00:00:00Z"));
    wrong(&["validUntil"], json!("2001-01-01T00:00:00Z"));
    wrong(&["issuer"], json!("did:web:other.example"));
    wrong(&["issuer"], json!({"id": DID}));
    wrong(&["proof"], json!({}));
    wrong(&["credentialStatus"], json!({"type": "BitstringStatusListEntry"}));
    wrong(&["evidence"], json!([{"type": "ExampleEvidence"}]));
    wrong(&["@context"], json!([V2, EXAMPLES, "urn:sanad:context:v1"]));
    wrong(&["@context"], json!([V1, "urn:sanad:context:v1"]));
    wrong(&["credentialSubject", "id"], json!("did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"));
    wrong(&["credentialSubject", "nickname"], json!("Z"));
    wrong(&["credentialSubject", "birth"], json!("yesterday"));
    wrong(&["credentialSubject", "sex"], json!("Q"));
    wrong(&["credentialSubject", "entitlement", "territory"], json!(["TZ-01"]));
    wrong(&["credentialSubject", "entitlement", "replaces"], json!("0123456789abcdef"));
    let options = json!({"credential": credential, "options": {"cryptosuite": "bbs-2023"}});
    is_refused(&office.call("registrar", "POST", "/credentials/issue").json(&options).send(), "suite");
    assert_eq!(entitlement("1")["type"], credential["type"]);
    // The profile for test suites is not there.
    office.get("", "/test/issuer").refused(404, "not-found");
    office
        .call("", "POST", "/test/eddsa-rdfc-2022/credentials/issue")
        .json(&options)
        .send()
        .refused(404, "not-found");
    office.close();
}

#[test]
fn a_status_is_changed_by_the_credentials_id_and_purpose() {
    let office = office(&[]);
    office.wait_until_ready();
    let cti = office.issue("registrar", &person("5", "Zawadi Kanari", "KE-30"));
    let id = format!("urn:sanad:credential:KE-SHA:{cti}");
    let body = |purpose: &str, is_set: bool| {
        json!({
            "credentialId": id, "status": is_set, "reason": "investigation", "legal_basis": "invented",
            "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": purpose},
        })
    };
    let send = |who: &str, body: &Value| office.call(who, "POST", "/credentials/status").json(body).send();
    assert_eq!(send("", &body("suspension", true)).status, 401);
    assert_eq!(send("registrar", &body("suspension", true)).status, 403);
    assert_eq!(send("KE-47", &body("suspension", true)).status, 404);
    let done = send("revoker", &body("suspension", true)).is(200);
    assert_eq!(done.json(), json!({"credentialId": id, "status": "suspended"}));
    assert_eq!(send("revoker", &body("suspension", false)).is(200).member("status"), "valid");
    for (name, value) in [
        ("credentialId", json!("urn:sanad:credential:UG-NHIS:0123456789abcdef")),
        ("credentialId", json!(cti)),
        ("credentialId", Value::Null),
        ("status", json!("1")),
        ("status", Value::Null),
        ("reason", json!("because")),
        ("credentialStatus", json!({"type": "BitstringStatusListEntry", "statusPurpose": "message"})),
        ("credentialStatus", json!({"type": "StatusList2021Entry", "statusPurpose": "revocation"})),
        ("credentialStatus", Value::Null),
        ("more", json!(1)),
    ] {
        is_refused(&send("revoker", &with(body("revocation", true), name, value)), name);
    }
    is_refused(&send("revoker", &body("revocation", false)), "what is revoked stays revoked");
    is_refused(&send("revoker", &without(body("revocation", true), "legal_basis")), "legal basis");
    assert_eq!(send("revoker", &body("revocation", true)).is(200).member("status"), "revoked");
    assert_eq!(send("revoker", &body("suspension", false)).status, 409);
    office.close();
}

#[test]
fn the_test_issuer_adds_a_status_that_is_found_and_changes() {
    let office = tested();
    let did = office.get("", "/test/issuer").is(200).member("id");
    let credential =
        with(test_credential(&did), "id", json!("urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff5"));
    let signed = ask(&office, "status", &credential).is(201).json()["verifiableCredential"].clone();
    verifies(&signed, &did);
    let entry = &signed["credentialStatus"];
    assert_eq!(
        (&entry["type"], &entry["statusPurpose"]),
        (&json!("BitstringStatusListEntry"), &json!("revocation"))
    );
    assert!(entry["statusListIndex"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    let address = entry["statusListCredential"].as_str().unwrap().to_owned();
    assert!(address.starts_with("https://"));
    assert_eq!(signed["credentialSubject"], credential["credentialSubject"]);
    let list = || office.get("", address.strip_prefix("https://localhost:8420").unwrap()).is(200);
    let mut controllers = Controllers::new(Profile::LoopbackTest);
    controllers.add(DidDocument::of_key_did(&did).unwrap());
    let status = || {
        let list = list().body;
        let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
        let verified = verify_credential(signed.as_object().unwrap(), &verifying).unwrap();
        assert_eq!(verified.statuses()[0].purpose, StatusPurpose::Revocation);
        verified.check_status(&verifying, &|asked| (asked == address).then_some(&list[..])).is_ok()
    };
    let document = parse_object(&list().body, sanad_openvc::STATUS_LIST).unwrap();
    assert!(list().header("content-type").unwrap().contains("json"));
    assert_eq!(document["@context"], json!([V2]), "an array, with the base context first");
    assert_eq!(document["type"], json!(["VerifiableCredential", "BitstringStatusListCredential"]));
    assert_eq!(document["id"], json!(address));
    assert_eq!(document["issuer"], json!(did), "a text");
    assert!(document["proof"].is_object());
    assert_eq!(document["credentialSubject"]["type"], "BitstringStatusList");
    assert!(document["credentialSubject"]["encodedList"].as_str().unwrap().starts_with('u'));
    assert!(status());
    let change = json!({
        "credentialId": credential["id"], "status": true,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    });
    let send = |body: &Value| office.call("", "POST", "/test/status/credentials/status").json(body).send();
    send(&change).is(200);
    assert!(!status(), "revoked");
    send(&with(change.clone(), "status", json!(false))).is(200);
    assert!(status());
    is_refused(&send(&with(change, "credentialId", json!("urn:uuid:0"))), "unknown");
    let plain = json!({
        "@context": [V2], "type": ["VerifiableCredential"], "issuer": did, "credentialSubject": {"id": "did:example:a"},
        "statusEntry": {"id": "urn:a"},
    });
    is_refused(&ask(&office, "status", &plain), "unknown property");
    office.close();
}
