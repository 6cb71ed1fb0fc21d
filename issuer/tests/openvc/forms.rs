//! One registration in every form, and its status seen in each, as a foreign verifier sees it: with keys from the
//! well-known addresses and lists from the site, and nothing of ours but the verifying library.

use sanad_credential::UnixTime;
use sanad_openvc::{
    Controllers, DidDocument, KeyBinding, Profile, Times, TokenStatus, Verifying, VerifyingSdJwt, What,
    check as check_limits, open_status_list, parse_object, read_jwt_vc_issuer, verify_credential,
    verify_sd_jwt,
};
use serde_json::{Value, json};

use crate::DID;
use crate::office::{Office, StoreKind, person, until};

const DOCUMENT: sanad_openvc::Limits = sanad_openvc::DOCUMENT;

fn office() -> Office {
    Office::known_as(StoreKind::Embedded, &[], Some(DID))
}

pub(crate) fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixTime::new(since.as_secs()).unwrap()
}

/// Keys as a stranger finds them.
pub(crate) fn strangers(office: &Office) -> Controllers {
    let mut controllers = Controllers::new(Profile::Production);
    let did = office.get("", "/.well-known/did.json").is(200);
    assert_eq!(did.header("access-control-allow-origin"), Some("*"));
    controllers.add(DidDocument::parse(&did.body, DID).unwrap());
    let keys = office.get("", "/.well-known/jwt-vc-issuer").is(200);
    controllers.add(read_jwt_vc_issuer(&keys.body, "https://issuer.example").unwrap());
    controllers
}

/// The file of the site behind the address of a list.
fn list(office: &Office, address: &str) -> Vec<u8> {
    office.get("", &format!("/site/status/{}", address.rsplit('/').next().unwrap())).is(200).body
}

/// What a stranger learns of the status of a W3C credential.
fn bitstring_status(office: &Office, credential: &Value) -> Option<&'static str> {
    let controllers = strangers(office);
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let verified = verify_credential(credential.as_object().unwrap(), &verifying).unwrap();
    let lists: Vec<(String, Vec<u8>)> = verified
        .statuses()
        .iter()
        .map(|entry| {
            let list_of = credential["credentialStatus"].as_array().unwrap().iter();
            let mut addresses = list_of.map(|status| status["statusListCredential"].as_str().unwrap());
            let wanted = format!(".{}.json", entry.purpose.word());
            let address = addresses.find(|address| address.ends_with(&wanted)).unwrap();
            (address.to_owned(), list(office, address))
        })
        .collect();
    assert_eq!(lists.len(), 2, "revocation and suspension");
    let find = |address: &str| lists.iter().find(|(known, _)| known == address).map(|(_, bytes)| &bytes[..]);
    match verified.check_status(&verifying, &find) {
        Ok(()) => None,
        Err(fault) => match fault.what() {
            What::Status { status } => Some(status),
            other => panic!("{other}"),
        },
    }
}

/// The same of an SD-JWT VC.
fn token_status(office: &Office, sd_jwt: &str) -> TokenStatus {
    let controllers = strangers(office);
    let verifying = VerifyingSdJwt {
        controllers: &controllers,
        now: now(),
        times: Times::Refuse,
        key_binding: KeyBinding::None,
    };
    let verified = verify_sd_jwt(sd_jwt, &verifying).unwrap();
    let (index, address) = verified.status().unwrap().expect("a status");
    let token = String::from_utf8(list(office, address)).unwrap();
    open_status_list(&token, address, "https://issuer.example", &controllers, now())
        .unwrap()
        .status(index)
        .unwrap()
}

#[test]
fn a_suspension_and_a_revocation_are_seen_in_each_form() {
    let office = office();
    office.wait_until_ready();
    let cti = office.issue("registrar", &person("1", "Zawadi Kanari", "KE-30"));
    let form = |form: &str| office.get("registrar", &format!("/v1/credentials/{cti}/{form}")).is(200);
    let rdfc = form("vc");
    assert_eq!(
        (rdfc.header("content-type"), rdfc.header("cache-control")),
        (Some("application/vc"), Some("no-store"))
    );
    let (rdfc, jcs) = (rdfc.json(), form("vc?cryptosuite=eddsa-jcs-2022").json());
    let sd_jwt = form("sd-jwt");
    assert_eq!(sd_jwt.header("content-type"), Some("application/dc+sd-jwt"));
    let sd_jwt = sd_jwt.text();
    assert_eq!(rdfc["proof"]["cryptosuite"], "eddsa-rdfc-2022");
    assert_eq!(jcs["proof"]["cryptosuite"], "eddsa-jcs-2022");
    assert_eq!(rdfc["id"], format!("urn:sanad:credential:KE-SHA:{cti}"));
    assert_eq!(rdfc["credentialStatus"], jcs["credentialStatus"], "one status index");
    assert!(check_limits(&rdfc, DOCUMENT).is_ok());
    let said = |office: &Office| {
        (bitstring_status(office, &rdfc), bitstring_status(office, &jcs), token_status(office, &sd_jwt))
    };
    assert_eq!(said(&office), (None, None, TokenStatus::Valid));
    let change = |act: &str, body: Value| {
        office.post("revoker", &format!("/v1/credentials/{cti}/{act}"), &body).is(200);
    };
    change("suspend", json!({"reason": "lost"}));
    let suspended = (Some("suspended"), Some("suspended"), TokenStatus::Suspended);
    until("suspended in each form", || said(&office) == suspended);
    change("resume", json!({"reason": "found"}));
    until("valid in each form", || said(&office) == (None, None, TokenStatus::Valid));
    change("revoke", json!({"reason": "fraud", "legal_basis": "SHI Act 2023, s. 27"}));
    let revoked = (Some("revoked"), Some("revoked"), TokenStatus::Invalid);
    until("revoked in each form", || said(&office) == revoked);
    for gone in ["vc", "vc?cryptosuite=eddsa-jcs-2022", "sd-jwt"] {
        let target = format!("/v1/credentials/{cti}/{gone}");
        office.get("registrar", &target).refused(409, "status-conflict");
    }
    office.close();
}

#[test]
fn what_is_asked_wrongly_or_by_nobody_is_refused() {
    let office = office();
    let cti = office.issue("registrar", &person("2", "Zawadi Kanari", "KE-30"));
    let target = |form: &str| format!("/v1/credentials/{cti}/{form}");
    for form in ["vc", "sd-jwt"] {
        office.get("", &target(form)).refused(401, "unauthenticated");
        office.get("administrator", &target(form)).refused(403, "forbidden");
        office.get("KE-47", &target(form)).refused(404, "not-found");
        office.get("KE-30", &target(form)).is(200);
    }
    for wrong in ["vc?cryptosuite=ecdsa-rdfc-2019", "vc?cryptosuite=", "vc?suite=eddsa-jcs-2022"] {
        office.get("registrar", &target(wrong)).refused(400, "invalid-parameter");
    }
    office.close();
}

#[test]
fn an_issuer_without_a_did_has_no_open_forms_and_says_why() {
    let office = Office::new(StoreKind::Embedded);
    office.wait_until_ready();
    let cti = office.issue("registrar", &person("3", "Zawadi Kanari", "KE-30"));
    for form in ["vc", "sd-jwt"] {
        let refused = office.get("registrar", &format!("/v1/credentials/{cti}/{form}"));
        assert!(refused.refused(409, "form-unavailable").member("detail").contains("did:web"));
    }
    for address in ["/.well-known/did.json", "/.well-known/jwt-vc-issuer", "/site/status/0.revocation.json"] {
        office.get("", address).refused(404, "not-found");
    }
    office.close();
}

#[test]
fn the_vocabulary_is_published_as_it_is_pinned() {
    let office = office();
    office.wait_until_ready();
    let file = |name: &str| office.get("", &format!("/site/open/{name}")).is(200);
    let context = file("context-v1.jsonld");
    assert_eq!(
        (context.header("content-type"), context.text().as_str()),
        (Some("application/ld+json"), sanad_openvc::CONTEXT)
    );
    assert_eq!(file("schema-v1.json").text(), sanad_openvc::SCHEMA);
    assert_eq!(file("did.json").json(), office.get("", "/.well-known/did.json").json());
    assert_eq!(file("jwt-vc-issuer.json").json(), office.get("", "/.well-known/jwt-vc-issuer").json());
    assert_eq!(file("vct-coverage-v1.json").json()["vct"], "urn:sanad:vct:coverage:v1");
    let lists = office.get("", "/site/status/0.revocation.json").is(200);
    let list = parse_object(&lists.body, sanad_openvc::STATUS_LIST).unwrap();
    assert_eq!(list["issuer"], DID, "a text");
    assert_eq!(list["type"], json!(["VerifiableCredential", "BitstringStatusListCredential"]));
    office.close();
}
