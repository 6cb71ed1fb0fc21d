//! The forms of the open standards with all keys of the issuer in a token: documents and status lists, as a stranger
//! verifies them.

use std::time::{Duration, Instant};

use sanad_credential::UnixTime;
use sanad_openvc::{
    Controllers, DidDocument, KeyBinding, Profile, Times, Verifying, VerifyingSdJwt, open_status_list,
    read_jwt_vc_issuer, verify_credential, verify_sd_jwt,
};
use serde_json::Value;

use crate::service::{get, issue, serve, today};
use crate::softhsm::{Token, module};

const DID: &str = "did:web:issuer.example";

fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixTime::new(since.as_secs()).unwrap()
}

#[test]
fn a_token_signs_the_forms_of_the_open_standards_and_their_lists() {
    let token = Token::new();
    let today = today();
    let office = token.office_of(&today, module());
    office.change("issuer/issuer.toml", &format!("# did = \"{DID}\""), &format!("did = \"{DID}\""));
    for key_use in ["credential", "status"] {
        let kid = office.rotate(&today, key_use, &["--hsm", "--from", &today]);
        let other = office.keys(&today);
        let other = other.iter().find(|key| key["use"] == key_use && key["kid"] != kid.to_string()).unwrap();
        // The software key that `init` made signs no more: what verifies below was signed in the token.
        let retired = other["kid"].as_str().unwrap();
        office.done(&today, &["keys", "issuer", "retire", "--key", retired]);
    }
    let arguments = ["token", "issuer", "create", "--show", "--role", "registrar", "--label", "desk"];
    let bearer = office.done(&today, &arguments).trim().to_owned();
    let service = serve(&office);
    let (status, issued) = issue(&service, &bearer, 1);
    assert_eq!(status, 201, "{issued}");
    let mut strangers = Controllers::new(Profile::Production);
    let file = |path: &str| match get(&service, &bearer, path) {
        (200, text) => text,
        (status, text) => panic!("{path}: {status} {text}"),
    };
    strangers.add(DidDocument::parse(file("/.well-known/did.json").as_bytes(), DID).unwrap());
    let keys = file("/.well-known/jwt-vc-issuer");
    strangers.add(read_jwt_vc_issuer(keys.as_bytes(), "https://issuer.example").unwrap());
    let verifying = Verifying { controllers: &strangers, now: now(), times: Times::Refuse };
    let cti = issued["cti"].as_str().unwrap();
    let began = Instant::now();
    while get(&service, &bearer, "/site/status/0.suspension.json").0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(120), "the lists are not published");
        std::thread::sleep(Duration::from_millis(50));
    }
    for form in ["vc", "vc?cryptosuite=eddsa-jcs-2022"] {
        let credential: Value =
            serde_json::from_str(&file(&format!("/v1/credentials/{cti}/{form}"))).unwrap();
        let verified = verify_credential(credential.as_object().unwrap(), &verifying).unwrap();
        let lists = ["revocation", "suspension"].map(|purpose| {
            let bytes = file(&format!("/site/status/0.{purpose}.json")).into_bytes();
            (format!(".{purpose}.json"), bytes)
        });
        let find = |address: &str| {
            lists.iter().find(|(end, _)| address.ends_with(end.as_str())).map(|(_, bytes)| &bytes[..])
        };
        verified.check_status(&verifying, &find).unwrap();
    }
    let verifying = VerifyingSdJwt {
        controllers: &strangers,
        now: now(),
        times: Times::Refuse,
        key_binding: KeyBinding::None,
    };
    let sd_jwt = file(&format!("/v1/credentials/{cti}/sd-jwt"));
    let verified = verify_sd_jwt(&sd_jwt, &verifying).unwrap();
    let (index, address) = verified.status().unwrap().expect("a status");
    let list = file("/site/status/0.jwt");
    let list = open_status_list(&list, address, "https://issuer.example", &strangers, now()).unwrap();
    assert_eq!(list.status(index).unwrap(), sanad_openvc::TokenStatus::Valid);
}
