//! Credentials: what is issued and verified, what is refused on either side, and what an entitlement survives.

use sanad_openvc::{
    Controllers, DOCUMENT, Problem, Profile, Suite, Times, Verifying, from_credential, issue, parse_object,
    to_credential, verify_credential,
};
use serde_json::{Map, Value, json};

use crate::support::{SUITES, claims, did, holder, issuer, method, now, options, signed, small, verified};

/// The document with a member put, or taken away by null.
fn with(mut document: Value, path: &[&str], value: Value) -> Value {
    let mut place = &mut document;
    for name in &path[..path.len() - 1] {
        place = match name.parse::<usize>() {
            Ok(entry) => &mut place[entry],
            Err(_) => &mut place[*name],
        };
    }
    let name = path[path.len() - 1];
    match (name.parse::<usize>(), place) {
        (Ok(entry), Value::Array(entries)) => entries[entry] = value,
        (_, Value::Object(members)) => {
            members.insert(name.to_owned(), value);
        }
        _ => panic!("no place {path:?}"),
    }
    document
}

fn without(mut document: Value, name: &str) -> Value {
    document.as_object_mut().unwrap().remove(name).unwrap();
    document
}

#[test]
fn an_entitlement_is_issued_verified_and_read_back_in_both_suites() {
    let credential = to_credential(&claims(), &did(&issuer()));
    for suite in SUITES {
        let method = method(&issuer());
        let signed = issue(&credential, &options(suite, &method), Profile::Production, &issuer()).unwrap();
        let read = parse_object(Value::Object(signed).to_string().as_bytes(), DOCUMENT).unwrap();
        let verified = verified(&read).unwrap();
        assert_eq!(verified.issuer(), did(&issuer()));
        assert_eq!(verified.subjects(), [did(&holder())]);
        assert_eq!(verified.statuses().len(), 2);
        assert_eq!(from_credential(verified.document()).unwrap(), claims());
    }
}

#[test]
fn a_name_in_arabic_is_signed_with_its_direction() {
    let credential = Value::Object(to_credential(&claims(), &did(&issuer())));
    let name = &credential["credentialSubject"]["native_names"][0];
    assert_eq!(*name, json!({"@value": "فاطمة علي", "@language": "ar", "@direction": "rtl"}));
    for suite in SUITES {
        let signed = Value::Object(signed(&credential, suite).unwrap());
        let turned = with(signed, &["credentialSubject", "native_names", "0", "@direction"], "ltr".into());
        assert!(verified(turned.as_object().unwrap()).is_err(), "{suite:?}");
    }
}

#[test]
fn the_order_of_languages_is_signed() {
    let credential = Value::Object(to_credential(&claims(), &did(&issuer())));
    for suite in SUITES {
        let signed = Value::Object(signed(&credential, suite).unwrap());
        let place = ["credentialSubject", "entitlement", "languages"];
        assert!(
            verified(with(signed, &place, json!(["en", "sw"])).as_object().unwrap()).is_err(),
            "{suite:?}"
        );
    }
}

#[test]
fn every_changed_member_of_an_entitlement_is_refused() {
    fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    path.push(name.clone());
                    leaves(value, path, found);
                    path.pop();
                }
            }
            Value::Array(entries) => {
                for (entry, value) in entries.iter().enumerate() {
                    path.push(entry.to_string());
                    leaves(value, path, found);
                    path.pop();
                }
            }
            _ => found.push(path.clone()),
        }
    }
    let credential = Value::Object(to_credential(&claims(), &did(&issuer())));
    for suite in SUITES {
        let signed = Value::Object(signed(&credential, suite).unwrap());
        let mut found = Vec::new();
        leaves(&signed, &mut Vec::new(), &mut found);
        assert!(found.len() > 60);
        for path in found {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let mut place = &signed;
            for name in &path {
                place = name.parse::<usize>().map_or_else(|_| &place[*name], |entry| &place[entry]);
            }
            let changed = match place {
                Value::String(text) => json!(format!("{text}x")),
                Value::Number(number) => json!(number.as_u64().unwrap() + 1),
                Value::Bool(value) => json!(!value),
                other => panic!("{other}"),
            };
            let changed = with(signed.clone(), &path, changed);
            assert!(verified(changed.as_object().unwrap()).is_err(), "{suite:?} {path:?}");
        }
    }
}

/// The table of what must not be issued; the same function refuses it when it is verified.
#[test]
fn values_that_the_data_model_excludes_are_refused() {
    let context = || small()["@context"].clone();
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let mut cases: Vec<(&str, Value)> = vec![
        ("no context", without(small(), "@context")),
        ("no type", without(small(), "type")),
        ("no issuer", without(small(), "issuer")),
        ("no subject", without(small(), "credentialSubject")),
        (
            "type mapped to no URL",
            with(
                with(small(), &["@context"], json!([v2, {"Odd": "no url"}])),
                &["type"],
                json!(["VerifiableCredential", "Odd"]),
            ),
        ),
        (
            "type without a context",
            with(
                with(small(), &["@context"], json!([v2])),
                &["type"],
                json!(["VerifiableCredential", "Unmapped"]),
            ),
        ),
        (
            "protected term",
            with(small(), &["@context"], json!([v2, {"VerifiableCredential": "https://x.example/#V"}])),
        ),
        (
            "own protected term",
            with(
                small(),
                &["@context"],
                json!([v2, {"@protected": true, "t": "https://x.example/#t"}, {"t": "https://x.example/#u"}]),
            ),
        ),
        (
            "vocabulary taken away",
            with(with(small(), &["@context"], json!([v2, {"@vocab": null}])), &["odd"], json!("x")),
        ),
        (
            "base",
            with(
                small(),
                &["@context"],
                json!([v2, "https://www.w3.org/ns/credentials/examples/v2", {"@base": "https://x.example/"}]),
            ),
        ),
        ("import", with(small(), &["@context"], json!([v2, {"@import": "https://x.example/"}]))),
    ];
    for (name, values) in [
        ("@context", vec![json!(4), json!({}), json!(false), json!(null), json!([]), json!(v2)]),
        (
            "type",
            vec![json!(null), json!(true), json!(4), json!([]), json!(["ExampleCredential"]), json!([4])],
        ),
        ("id", vec![json!(null), json!(["urn:x:y"]), json!("not a url"), json!(4)]),
        (
            "issuer",
            vec![
                json!(null),
                json!(true),
                json!(4),
                json!([]),
                json!("not a url"),
                json!({}),
                json!({"id": null}),
                json!({"id": "not a url"}),
            ],
        ),
        (
            "credentialSubject",
            vec![
                json!(null),
                json!(true),
                json!(4),
                json!([]),
                json!("did:example:x"),
                json!({}),
                json!([{"alumniOf": "x"}, {}]),
                json!({"id": null}),
                json!({"id": "no url"}),
                json!({"id": ["urn:x:y"]}),
            ],
        ),
        (
            "validFrom",
            vec![
                json!("Mon, 01 Jan 2024 00:00:00 GMT"),
                json!("2024-01-01"),
                json!("2024-01-01T00:00:00"),
                json!(4),
                json!(null),
            ],
        ),
        ("validUntil", vec![json!("tomorrow"), json!(null)]),
        (
            "name",
            vec![
                json!({"@value": "x", "other": "y"}),
                json!(4),
                json!([]),
                json!({"@language": "en"}),
                json!({"@value": "x", "@direction": "up"}),
            ],
        ),
        ("description", vec![json!({"@value": "x", "url": "y"})]),
        (
            "credentialStatus",
            vec![
                json!({}),
                json!({"id": "urn:x:y"}),
                json!({"type": 4}),
                json!("x"),
                json!({"type": "ExampleStatus", "id": "no url"}),
            ],
        ),
        ("termsOfUse", vec![json!({}), json!([{"type": "T"}, {}])]),
        ("evidence", vec![json!({}), json!({"type": null})]),
        ("refreshService", vec![json!({}), json!({"id": "urn:x:y"})]),
        (
            "credentialSchema",
            vec![
                json!({}),
                json!({"type": "S"}),
                json!({"type": "S", "id": "no url"}),
                json!({"id": "urn:x:y"}),
            ],
        ),
        (
            "relatedResource",
            vec![
                json!("urn:x:y"),
                json!(["urn:x:y"]),
                json!({}),
                json!({"id": v2}),
                json!({"digestSRI": "sha256-AAAA"}),
                json!({"id": v2, "digestSRI": "sha256-AAAA"}),
                json!({"id": "https://unknown.example/", "digestSRI": "sha256-AAAA"}),
            ],
        ),
        ("undefinedTerm", vec![]),
    ] {
        cases.extend(values.into_iter().map(|value| (name, with(small(), &[name], value))));
    }
    for url in ["https ://x.example", "https://x.example/unknown", "x"] {
        let mut contexts = context();
        contexts.as_array_mut().unwrap().push(url.into());
        cases.push(("context", with(small(), &["@context"], contexts)));
    }
    let strict = with(small(), &["@context"], json!([v2]));
    let strict = with(strict, &["type"], json!("VerifiableCredential"));
    cases.push(("dropped term", with(strict.clone(), &["odd"], json!("x"))));
    cases.push(("dropped term inside", with(strict.clone(), &["credentialSubject", "odd"], json!("x"))));
    cases.push(("relative address", with(strict.clone(), &["credentialSubject", "id"], json!("relative"))));
    cases.push(("null", with(small(), &["credentialSubject", "alumniOf"], json!(null))));
    cases.push(("index", with(small(), &["credentialSubject", "@index"], json!("x"))));
    cases.push((
        "from after until",
        with(
            with(small(), &["validFrom"], json!("2026-01-02T00:00:00Z")),
            &["validUntil"],
            json!("2026-01-01T00:00:00Z"),
        ),
    ));
    cases.push((
        "issuer's name",
        with(small(), &["issuer"], json!({"id": did(&issuer()), "name": {"@value": "x", "u": "y"}})),
    ));
    let sri = "sha256-OV3sGQ==";
    cases.push((
        "resource twice",
        with(
            small(),
            &["relatedResource"],
            json!([{"id": v2, "digestSRI": sri}, {"id": v2, "digestSRI": sri}]),
        ),
    ));
    for (what, case) in cases {
        for suite in SUITES {
            let refused = signed(&case, suite);
            assert!(refused.is_err(), "{what} {suite:?}: {case}");
            let mut as_signed = case.as_object().unwrap().clone();
            as_signed.insert("proof".into(), signed(&small(), suite).unwrap()["proof"].clone());
            assert!(verified(&as_signed).is_err(), "{what} {suite:?}");
        }
    }
}

#[test]
fn values_that_the_data_model_allows_are_issued_and_verified() {
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let mut cases = vec![
        with(
            small(),
            &["issuer"],
            json!({"id": did(&issuer()), "name": "An agency", "description": {"@value": "x", "@language": "en", "@direction": "ltr"}}),
        ),
        with(
            small(),
            &["name"],
            json!([{"@value": "اسم", "@language": "ar", "@direction": "rtl"}, {"@value": "name", "@language": "en"}]),
        ),
        with(small(), &["credentialSubject"], json!([{"alumniOf": "one"}, {"alumniOf": "two"}])),
        with(small(), &["type"], json!(["ExampleCredential", "VerifiableCredential"])),
        with(small(), &["type"], json!(["VerifiableCredential", "https://types.example/#Type"])),
        with(small(), &["validFrom"], json!("2026-01-01T00:00:00.123-06:00")),
        with(small(), &["credentialStatus"], json!({"type": "ExampleStatus"})),
        with(
            small(),
            &["evidence"],
            json!([{"type": "ExampleEvidence"}, {"type": ["A", "B"], "id": "urn:x:y"}]),
        ),
        with(small(), &["termsOfUse"], json!({"type": "ExampleTerms"})),
        with(small(), &["refreshService"], json!([{"type": "ExampleRefresh", "id": "https://x.example/"}])),
        with(small(), &["credentialSchema"], json!({"type": "JsonSchema", "id": "https://x.example/"})),
        with(
            small(),
            &["@context"],
            json!([v2, {"@context": {"ExampleCredential": "urn:x:E", "alumniOf": "urn:x:a"}}]),
        ),
        with(with(small(), &["@context"], json!([v2, {"@vocab": "urn:x:"}])), &["odd"], json!(1.5)),
        with(
            small(),
            &["relatedResource"],
            json!([{"id": "https://www.w3.org/ns/credentials/examples/v2", "digestSRI": "sha384-zNNbQTWCSUSi0bbz7dbua+RcENv7C6FvlmYJ1Y+I727HsPOHdzwELMYO9Mz68M26", "mediaType": "application/ld+json"}, {"id": v2, "digestMultibase": "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"}]),
        ),
        with(
            small(),
            &["relatedResource"],
            json!({"id": v2, "digestSRI": "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"}),
        ),
    ];
    let first = json!({"@context": ["https://www.w3.org/2018/credentials/v1", {"alumniOf": "urn:x:a"}], "type": ["VerifiableCredential"], "issuer": did(&issuer()), "issuanceDate": "2020-03-10T04:24:12.164Z", "credentialSubject": {"id": "did:example:x", "alumniOf": "y"}});
    cases.push(first);
    for case in cases {
        for suite in SUITES {
            let made = signed(&case, suite).unwrap_or_else(|fault| panic!("{suite:?} {fault:?}: {case}"));
            assert_eq!(made["credentialSubject"], case["credentialSubject"]);
            verified(&made).unwrap_or_else(|fault| panic!("{suite:?} {fault:?}: {case}"));
        }
    }
    // What is past may be issued, and is refused when it is verified.
    let past = with(small(), &["validUntil"], json!("2020-01-01T00:00:00Z"));
    let made = signed(&past, Suite::Jcs).unwrap();
    assert_eq!(verified(&made).unwrap_err().problem(), Problem::Range);
}

#[test]
fn proofs_that_are_none_are_refused() {
    for suite in SUITES {
        let good = Value::Object(signed(&small(), suite).unwrap());
        assert!(verified(good.as_object().unwrap()).is_ok());
        let mut cases = vec![without(good.clone(), "proof")];
        for proof in [json!(null), json!("x"), json!([]), json!({}), json!([null])] {
            cases.push(with(good.clone(), &["proof"], proof));
        }
        for name in ["type", "verificationMethod", "proofPurpose", "proofValue", "cryptosuite"] {
            cases.push(with(good.clone(), &["proof"], without(good["proof"].clone(), name)));
            cases.push(with(good.clone(), &["proof", name], json!(null)));
            cases.push(with(good.clone(), &["proof", name], json!(4)));
        }
        let value = good["proof"]["proofValue"].as_str().unwrap();
        for (name, value) in [
            ("type", "UnknownProofType"),
            ("cryptosuite", "eddsa-2022"),
            ("cryptosuite", "ecdsa-rdfc-2019"),
            ("cryptosuite", if suite == Suite::Jcs { "eddsa-rdfc-2022" } else { "eddsa-jcs-2022" }),
            ("proofPurpose", "invalidPurpose"),
            ("proofPurpose", "authentication"),
            ("proofValue", value.strip_prefix('z').unwrap()),
            ("proofValue", value.get(..value.len() - 2).unwrap()),
            ("proofValue", "z"),
            (
                "verificationMethod",
                "did:key:z6MkjTNe26K5DvYE7mzpzJr2JY9zcJVN78gZ7dnFQtqRSePP#z6MkjTNe26K5DvYE7mzpzJr2JY9zcJVN78gZ7dnFQtqRSePP",
            ),
            ("verificationMethod", "https://x.example/#key"),
            ("verificationMethod", "did:web:x.example#key"),
            ("expires", "2020-01-01T00:00:00Z"),
            ("created", "2030-01-01T00:00:00Z"),
            ("created", "yesterday"),
            ("previousProof", "urn:x:nobody"),
            ("odd", "x"),
        ] {
            cases.push(with(good.clone(), &["proof", name], value.into()));
        }
        for case in cases {
            assert!(verified(case.as_object().unwrap()).is_err(), "{suite:?} {case}");
        }
    }
}

#[test]
fn what_is_added_after_signing_is_refused() {
    for suite in SUITES {
        let good = Value::Object(signed(&small(), suite).unwrap());
        for (path, value) in [
            (vec!["odd"], json!("x")),
            (vec!["credentialSubject", "odd"], json!("x")),
            (vec!["type", "1"], json!("Other")),
        ] {
            assert!(
                verified(with(good.clone(), &path, value).as_object().unwrap()).is_err(),
                "{suite:?} {path:?}"
            );
        }
    }
    let strict = json!({"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": did(&issuer()), "credentialSubject": {"id": "did:example:x"}});
    let good = Value::Object(signed(&strict, Suite::Jcs).unwrap());
    let appended = with(
        good,
        &["@context"],
        json!(["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]),
    );
    assert_eq!(verified(appended.as_object().unwrap()).unwrap_err().place(), "proof.@context");
}

#[test]
fn production_knows_neither_old_nor_written_out_contexts() {
    let method = method(&issuer());
    for case in [
        small(),
        with(small(), &["@context"], json!(["https://www.w3.org/2018/credentials/v1"])),
        with(small(), &["@context"], json!(["https://www.w3.org/ns/credentials/v2", {"@vocab": "urn:x:"}])),
    ] {
        let refused =
            issue(case.as_object().unwrap(), &options(Suite::Rdfc, &method), Profile::Production, &issuer());
        assert_eq!(refused.unwrap_err().problem(), Problem::MalformedValue);
    }
    let entitlement = to_credential(&claims(), &did(&issuer()));
    let signed = issue(&entitlement, &options(Suite::Jcs, &method), Profile::Production, &issuer()).unwrap();
    let controllers = Controllers::new(Profile::Production);
    let fault = verify_credential(
        &signed,
        &Verifying { controllers: &controllers, now: now(), times: Times::Refuse },
    );
    assert_eq!(fault.unwrap_err().problem(), Problem::Cryptographic);
}

#[test]
fn the_proofs_of_a_set_do_not_vouch_for_each_other() {
    let (first, second) = (issuer(), holder());
    let (first_method, second_method) = (method(&first), method(&second));
    for suite in SUITES {
        let signed = signed(&small(), suite).unwrap();
        let options = options(suite, &second_method);
        let both = issue(&signed, &options, Profile::LoopbackTest, &second).unwrap();
        assert_eq!(verified(&both).unwrap().proofs().len(), 2);
        // Each stands without the other, in either order.
        let mut proofs = both["proof"].as_array().unwrap().clone();
        proofs.reverse();
        let with = |proof: Value| {
            let mut document = both.clone();
            document.insert("proof".into(), proof);
            verified(&document)
        };
        assert_eq!(with(proofs.clone().into()).unwrap().proofs().len(), 2);
        assert_eq!(with(proofs[1].clone()).unwrap().proofs()[0].verification_method, first_method);
        assert_eq!(with(proofs[0].clone()).unwrap_err().place(), "issuer");
    }
    // Nobody vouches for what is not there.
    let options =
        sanad_openvc::ProofOptions { previous: &["urn:x:gone"], ..options(Suite::Jcs, &second_method) };
    let signed = signed(&small(), Suite::Jcs).unwrap();
    let fault = issue(&signed, &options, Profile::LoopbackTest, &second).unwrap_err();
    assert_eq!(fault.place(), "previousProof");
}

#[test]
fn sets_and_chains_hold_only_as_a_whole() {
    let (first, second) = (issuer(), holder());
    let (first_method, second_method) = (method(&first), method(&second));
    for suite in SUITES {
        let one = sanad_openvc::ProofOptions { id: Some("urn:x:one"), ..options(suite, &first_method) };
        let credential = small().as_object().unwrap().clone();
        let signed = issue(&credential, &one, Profile::LoopbackTest, &first).unwrap();
        let chained = sanad_openvc::ProofOptions {
            id: Some("urn:x:two"),
            previous: &["urn:x:one"],
            ..options(suite, &second_method)
        };
        let both = issue(&signed, &chained, Profile::LoopbackTest, &second).unwrap();
        assert_eq!(verified(&both).unwrap().proofs().len(), 2);
        let proofs = both["proof"].as_array().unwrap().clone();
        let broken = |proofs: Vec<Value>| {
            let mut document = both.clone();
            document.insert("proof".into(), proofs.into());
            verified(&document)
        };
        assert!(broken(vec![proofs[1].clone()]).is_err(), "the proof it vouches for is gone");
        assert!(broken(vec![proofs[0].clone()]).is_ok());
        let mut other = proofs[0].clone();
        other["proofValue"] = proofs[1]["proofValue"].clone();
        assert!(broken(vec![other, proofs[1].clone()]).is_err(), "one bad proof");
        assert!(
            broken(vec![proofs[0].clone(), proofs[0].clone(), proofs[1].clone()]).is_err(),
            "the same id twice"
        );
    }
    // A set that lacks the issuer's own proof.
    let signed = issue(
        &small().as_object().unwrap().clone(),
        &options(Suite::Jcs, &second_method),
        Profile::LoopbackTest,
        &second,
    )
    .unwrap();
    assert_eq!(verified(&signed).unwrap_err().place(), "issuer");
}

#[test]
fn an_entitlement_with_more_than_the_table_has_is_no_entitlement() {
    let credential = Value::Object(to_credential(&claims(), &did(&issuer())));
    let read = |value: Value| from_credential(&value.as_object().cloned().unwrap_or_else(Map::new));
    assert!(read(credential.clone()).is_ok());
    for (path, value) in [
        (vec!["credentialSubject", "entitlement", "odd"], json!("x")),
        (vec!["credentialSubject", "odd"], json!("x")),
        (vec!["evidence"], json!({"type": "x"})),
        (vec!["type"], json!(["EntitlementCredential", "VerifiableCredential"])),
        (vec!["credentialStatus", "0", "statusListIndex"], json!("5")),
        (
            vec!["credentialStatus", "0", "statusListCredential"],
            json!("https://s.example/k/1.revocation.json"),
        ),
        (vec!["validUntil"], json!("2027-01-01T00:00:00.000Z")),
        (vec!["credentialSubject", "id"], json!("did:example:x")),
        (vec!["id"], json!("urn:sanad:credential:KE-SHA")),
    ] {
        assert!(read(with(credential.clone(), &path, value)).is_err(), "{path:?}");
    }
}
