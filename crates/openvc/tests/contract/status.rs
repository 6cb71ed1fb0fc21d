//! Bitstring status lists: each answer, and each reason to give none.

use std::collections::BTreeMap;

use sanad_credential::{SigningKey, UnixTime};
use sanad_openvc::{
    Controllers, Fault, ListCredential, Problem, Profile, StatusPurpose, Suite, Times, Verifying, What,
    issue, list_credential, project, to_credential, verify_credential,
};
use serde_json::Value;

use crate::support::{claims, did, holder, issuer, loopback, method, now, options, signed};

const REVOCATION: &str = "https://s.example/k/0.revocation.json";
const SUSPENSION: &str = "https://s.example/k/0.suspension.json";

/// The database, with one status at the index of the entitlement.
fn database(status: u8) -> Vec<u8> {
    let mut database = vec![0_u8; 262_144];
    // The second of the four entries of its byte.
    database[77_777 / 4] |= status << 2;
    database
}

fn list(signer: &SigningKey, address: &str, purpose: StatusPurpose, bits: &[u8]) -> Vec<u8> {
    let head = ListCredential {
        address,
        issuer: &did(signer),
        purpose,
        valid_from: UnixTime::parse("2026-11-27T00:00:00Z").unwrap(),
        valid_until: UnixTime::parse("2026-12-31T00:00:00Z").unwrap(),
        ttl_seconds: 43_200,
    };
    let method = method(signer);
    let signed =
        issue(&list_credential(head, bits), &options(Suite::Jcs, &method), Profile::Production, signer);
    Value::Object(signed.unwrap()).to_string().into_bytes()
}

fn lists(status: u8) -> BTreeMap<&'static str, Vec<u8>> {
    let of = |address, purpose| list(&issuer(), address, purpose, &project(&database(status), purpose));
    [
        (REVOCATION, of(REVOCATION, StatusPurpose::Revocation)),
        (SUSPENSION, of(SUSPENSION, StatusPurpose::Suspension)),
    ]
    .into()
}

fn asked(lists: &BTreeMap<&'static str, Vec<u8>>, at: UnixTime) -> Result<(), Fault> {
    let credential = signed(&Value::Object(to_credential(&claims(), &did(&issuer()))), Suite::Jcs).unwrap();
    let controllers: Controllers = loopback();
    let verifying = Verifying { controllers: &controllers, now: at, times: Times::Refuse };
    let verified = verify_credential(&credential, &verifying).unwrap();
    verified.check_status(&verifying, &|address| lists.get(address).map(Vec::as_slice))
}

#[test]
fn each_status_of_the_one_database_is_answered() {
    assert!(asked(&lists(0), now()).is_ok());
    for (status, word) in [(1, "revoked"), (2, "suspended"), (3, "revoked")] {
        assert_eq!(asked(&lists(status), now()).unwrap_err().what(), &What::Status { status: word });
    }
}

#[test]
fn a_list_of_another_signer_purpose_address_or_time_is_none() {
    let bits = project(&database(0), StatusPurpose::Revocation);
    let refused = |bytes: Vec<u8>| {
        let mut changed = lists(0);
        changed.insert(REVOCATION, bytes);
        asked(&changed, now()).unwrap_err().problem()
    };
    assert_eq!(
        refused(list(&holder(), REVOCATION, StatusPurpose::Revocation, &bits)),
        Problem::StatusVerification
    );
    assert_eq!(
        refused(list(&issuer(), REVOCATION, StatusPurpose::Suspension, &bits)),
        Problem::StatusVerification
    );
    assert_eq!(
        refused(list(&issuer(), "https://s.example/k/1.revocation.json", StatusPurpose::Revocation, &bits)),
        Problem::StatusVerification
    );
    assert_eq!(
        refused(list(&issuer(), REVOCATION, StatusPurpose::Revocation, &bits[..100])),
        Problem::StatusListLength
    );
    let mut tampered = list(&issuer(), REVOCATION, StatusPurpose::Revocation, &bits);
    let at = tampered.windows(12).position(|window| window == b"\"revocation\"").unwrap();
    tampered[at + 1] = b'R';
    assert_eq!(refused(tampered), Problem::StatusVerification);
    assert_eq!(refused(b"{}".to_vec()), Problem::StatusVerification);
    assert_eq!(refused(vec![b' '; 10_000_000]), Problem::StatusVerification);
    let late = UnixTime::parse("2026-12-31T12:00:00Z").unwrap();
    assert_eq!(asked(&lists(0), late).unwrap_err().problem(), Problem::StatusVerification);
    assert_eq!(asked(&BTreeMap::new(), now()).unwrap_err().problem(), Problem::StatusRetrieval);
}

#[test]
fn an_index_past_the_end_is_a_refusal() {
    let credential = {
        let mut credential = Value::Object(to_credential(&claims(), &did(&issuer())));
        for entry in [0, 1] {
            credential["credentialStatus"][entry]["statusListIndex"] = "1048576".into();
        }
        signed(&credential, Suite::Jcs).unwrap()
    };
    let controllers = loopback();
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let verified = verify_credential(&credential, &verifying).unwrap();
    let lists = lists(0);
    let fault =
        verified.check_status(&verifying, &|address| lists.get(address).map(Vec::as_slice)).unwrap_err();
    assert_eq!(fault.problem(), Problem::Range);
}

#[test]
fn malformed_entries_are_not_issued() {
    for (name, value) in [
        ("statusListIndex", serde_json::json!(5)),
        ("statusListIndex", "-1".into()),
        ("statusListIndex", "5.0".into()),
        ("statusPurpose", "odd".into()),
        ("statusListCredential", "no url".into()),
        ("statusListCredential", "http://s.example/0".into()),
        ("statusSize", serde_json::json!(2)),
        ("statusEntry", "odd".into()),
    ] {
        let mut credential = Value::Object(to_credential(&claims(), &did(&issuer())));
        credential["credentialStatus"][0][name] = value.clone();
        assert!(signed(&credential, Suite::Jcs).is_err(), "{name} {value}");
        assert!(signed(&credential, Suite::Rdfc).is_err(), "{name} {value}");
    }
}
