//! Issuers from the pack: what their keys may sign, when, and for whom they speak.

use sanad_credential::SigningKey;
use sanad_openvc::{
    Controllers, Fault, KeyBinding, Profile, Suite, Times, Verifying, VerifyingSdJwt, did_document,
    https_issuer, issue, issue_sd_jwt, jwt_vc_issuer, jwt_vc_issuer_address, key_fragment,
    read_jwt_vc_issuer, to_credential, to_sd_jwt, verify_credential, verify_sd_jwt,
};
use sanad_trust::IssuerRecord;

use crate::support::{claims, holder, issuer, now, options};

const DID: &str = "did:web:sha.example";

fn record(iss: &str, key: &SigningKey, key_use: &str, from: &str, to: &str, state: &str) -> IssuerRecord {
    let public = key.public_key();
    IssuerRecord::parse(&format!(
        r#"{{"iss":"{iss}","country":"KE","names":{{"en":"An invented agency"}},"did":"{DID}",
        "keys":[{{"kid":"{}","alg":"Ed25519","x":"{public}","use":"{key_use}","from":"{from}","to":{to},"state":"{state}"}}],
        "types":["coverage"],"areas":["KE","UG"],"status":{{"prefix":"https://s.example/k/","lists":2}},
        "contact":{{"en":"Call 0800 000 000"}}}}"#,
        public.id()
    ))
    .unwrap()
}

/// Both forms, signed with the issuer's key, against what the pack says of its issuers.
fn both(record: &IssuerRecord) -> [Result<(), Fault>; 2] {
    let mut controllers = Controllers::new(Profile::Production);
    controllers.pin(record).unwrap();
    let fragment = key_fragment(&issuer().public_key());
    let method = format!("{DID}#{fragment}");
    let signed =
        issue(&to_credential(&claims(), DID), &options(Suite::Jcs, &method), Profile::Production, &issuer())
            .unwrap();
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::LeaveToDecision };
    let credential = verify_credential(&signed, &verifying)
        .and_then(|verified| verified.entitlement(&controllers))
        .map(|read| assert_eq!(read, claims()));
    let https = https_issuer(DID).unwrap();
    let mut number = 0_u8;
    let mut salt = || {
        number += 1;
        [number; 16]
    };
    let text = issue_sd_jwt(&to_sd_jwt(&claims(), &https), &fragment, &mut salt, &issuer()).unwrap();
    let verifying = VerifyingSdJwt {
        controllers: &controllers,
        now: now(),
        times: Times::LeaveToDecision,
        key_binding: KeyBinding::None,
    };
    let sd_jwt = verify_sd_jwt(&text, &verifying)
        .and_then(|verified| verified.entitlement(&controllers))
        .map(|read| assert_eq!(read, claims()));
    [credential, sd_jwt]
}

#[test]
fn a_pinned_issuer_comes_back_with_its_claims_in_both_forms() {
    for result in both(&record("KE-SHA", &issuer(), "credential", "2026-01-01", "null", "active")) {
        result.unwrap();
    }
    // Past its last day, and signed before it.
    for result in both(&record("KE-SHA", &issuer(), "credential", "2026-01-01", "\"2026-01-01\"", "retired"))
    {
        result.unwrap();
    }
}

#[test]
fn keys_of_another_issuer_use_day_or_state_do_not_speak() {
    for (what, record) in [
        ("another issuer", record("KE-NSSF", &issuer(), "credential", "2026-01-01", "null", "active")),
        ("a key of status lists", record("KE-SHA", &issuer(), "status", "2026-01-01", "null", "active")),
        ("a key of delegations", record("KE-SHA", &issuer(), "delegation", "2026-01-01", "null", "active")),
        ("a later key", record("KE-SHA", &issuer(), "credential", "2026-01-02", "null", "active")),
        (
            "an earlier key",
            record("KE-SHA", &issuer(), "credential", "2025-01-01", "\"2025-12-31\"", "retired"),
        ),
        ("a compromised key", record("KE-SHA", &issuer(), "credential", "2026-01-01", "null", "compromised")),
        ("another key", record("KE-SHA", &holder(), "credential", "2026-01-01", "null", "active")),
    ] {
        for result in both(&record) {
            assert!(result.is_err(), "{what}");
        }
    }
}

#[test]
fn the_issuers_metadata_is_read_back_and_names_no_key_of_others() {
    let record = record("KE-SHA", &issuer(), "credential", "2026-01-01", "null", "active");
    let metadata = jwt_vc_issuer(&record).unwrap();
    let address = jwt_vc_issuer_address("https://sha.example").unwrap();
    assert_eq!(address, "https://sha.example/.well-known/jwt-vc-issuer");
    assert_eq!(
        jwt_vc_issuer_address("https://sha.example/ke/").unwrap(),
        "https://sha.example/.well-known/jwt-vc-issuer/ke"
    );
    for odd in
        ["http://sha.example", "https://", "https://u@sha.example", "https://sha.example/../x", "https://h?q"]
    {
        assert!(jwt_vc_issuer_address(odd).is_err(), "{odd}");
    }
    let text = metadata.to_string();
    let document = read_jwt_vc_issuer(text.as_bytes(), "https://sha.example").unwrap();
    assert_eq!(document.methods().len(), 1);
    assert!(read_jwt_vc_issuer(text.as_bytes(), "https://other.example").is_err());
    let private = text.replace("\"kty\"", "\"d\":\"AA\",\"kty\"");
    assert!(read_jwt_vc_issuer(private.as_bytes(), "https://sha.example").is_err());
    let compromised =
        jwt_vc_issuer(&self::record("KE-SHA", &issuer(), "credential", "2026-01-01", "null", "compromised"));
    assert_eq!(compromised.unwrap()["jwks"]["keys"].as_array().unwrap().len(), 0);
    assert_eq!(did_document(&record).unwrap().id(), DID);
}
