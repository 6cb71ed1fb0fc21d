//! From an officer's offer to the credential in a wallet, in every form; and those who guess codes, replay them, prove what
//! they do not have, or come too late.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{HolderKey, Sealed, Typ};
use sanad_issuer::config::Config;
use sanad_issuer::store::PaperKind;
use sanad_openvc::{Binding, did_key};
use sanad_openvc::{
    KeyBinding, Times, Verifying, VerifyingSdJwt, present_sd_jwt, verify_credential, verify_sd_jwt,
};
use sanad_trust::Opened;
use serde_json::{Value, json};

use crate::forms::{now, strangers};
use crate::office::{Office, StoreKind, person};
use crate::wallet::{
    IDENTIFIER, Offer, ask, credentials, key, nonce, office, parts, post_form, proof, public, redeemed,
    refused, signed, token, wanted,
};

pub(crate) const SD_JWT: &str = "coverage-sd-jwt";
const LDP_VC: &str = "coverage-ldp-vc";
const CWT: &str = "coverage-cwt";

pub(crate) fn issue(office: &Office, number: &str) -> String {
    office.issue("registrar", &person(number, "Zawadi Kanari", "KE-30"))
}

pub(crate) fn status_of(office: &Office, cti: &str) -> String {
    office.get("registrar", &format!("/v1/credentials/{cti}")).is(200).member("status")
}

/// The id of the copy in an SD-JWT.
pub(crate) fn cti_of(sd_jwt: &Value) -> String {
    let payload = sd_jwt.as_str().unwrap().split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    payload["jti"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

fn the_whole_flow(kind: StoreKind) {
    let office = office(kind);
    office.wait_until_ready();
    let original = issue(&office, "1");
    let metadata = office.get("", "/.well-known/openid-credential-issuer").is(200).json();
    assert_eq!(metadata["credential_issuer"], IDENTIFIER);
    let server = office.get("", "/.well-known/oauth-authorization-server").is(200).json();
    assert_eq!(server["issuer"], IDENTIFIER);
    let offer = Offer::of(&office, &original, "digits");
    assert_eq!(offer.json["credential_configuration_ids"], json!([SD_JWT, LDP_VC, CWT]));
    for configuration in offer.json["credential_configuration_ids"].as_array().unwrap() {
        let supported = &metadata["credential_configurations_supported"];
        assert!(supported[configuration.as_str().unwrap()]["format"].is_string());
    }
    assert_eq!(offer.tx_code.as_ref().unwrap().len(), 6);
    let token = redeemed(&office, &offer);
    let holder = key(0x21);
    // A batch: three keys, three credentials, three status indices.
    let nonce_of_batch = nonce(&office);
    let keys = [key(0x21), key(0x22), key(0x23)];
    let proofs: Vec<String> = keys.iter().map(|key| proof(key, &nonce_of_batch)).collect();
    let answer = ask(&office, &token, "credential", &wanted(SD_JWT, &proofs)).is(200);
    let sd_jwts = credentials(&answer);
    let ids: std::collections::BTreeSet<String> = sd_jwts.iter().map(cti_of).collect();
    assert!(ids.len() == 3 && !ids.contains(&original), "{ids:?}");
    // Each is bound to its key and verifies as a stranger sees it.
    let controllers = strangers(&office);
    for (sd_jwt, key) in sd_jwts.iter().zip(&keys) {
        let binding = Binding { audience: "https://verifier.example", nonce: "n", iat: now() };
        let shown = present_sd_jwt(sd_jwt.as_str().unwrap(), &["name"], Some((&binding, key))).unwrap();
        let verifying = VerifyingSdJwt {
            controllers: &controllers,
            now: now(),
            times: Times::Refuse,
            key_binding: KeyBinding::Require {
                audience: "https://verifier.example",
                nonce: "n",
                age_seconds_max: 60,
            },
        };
        let verified = verify_sd_jwt(&shown, &verifying).unwrap();
        assert_eq!(verified.holder(), Some(&public(key)));
        assert_eq!(verified.claims()["name"], "Zawadi Kanari");
    }
    // The same key in another form is the same copy.
    let ldp = credentials(
        &ask(&office, &token, "credential", &wanted(LDP_VC, &[proof(&holder, &nonce(&office))])).is(200),
    );
    let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
    let verified = verify_credential(ldp[0].as_object().unwrap(), &verifying).unwrap();
    assert_eq!(verified.subjects(), [did_key(&public(&holder))]);
    assert_eq!(ldp[0]["id"].as_str().unwrap().rsplit(':').next(), Some(cti_of(&sd_jwts[0]).as_str()));
    let cwt = credentials(
        &ask(&office, &token, "credential", &wanted(CWT, &[proof(&holder, &nonce(&office))])).is(200),
    );
    let document = URL_SAFE_NO_PAD.decode(cwt[0].as_str().unwrap()).unwrap();
    let sealed = Sealed::parse(&document).unwrap();
    assert_eq!(sealed.typ(), Typ::PhoneEntitlement);
    let record = Config::load(&office.issuer()).unwrap().record;
    let Opened::Entitlement(claims) = sanad_trust::open(&sealed, &record).unwrap() else { panic!("a list") };
    assert_eq!(claims.holder_key, Some(HolderKey(holder.public_key())));
    assert_eq!(claims.cti.to_string(), cti_of(&sd_jwts[0]));
    // What became of it is told, and told again.
    let told = json!({"notification_id": answer.member("notification_id"), "event": "credential_accepted"});
    for _ in 0..2 {
        ask(&office, &token, "notification", &told).is(204);
    }
    // The document's fate is that of its copies.
    let change = |act: &str, body: Value| {
        office.post("revoker", &format!("/v1/credentials/{original}/{act}"), &body).is(200);
    };
    let all_are = |status: &str| ids.iter().all(|cti| status_of(&office, cti) == status);
    change("suspend", json!({"reason": "lost"}));
    assert!(all_are("suspended"));
    change("resume", json!({"reason": "found"}));
    assert!(all_are("valid"));
    change("revoke", json!({"reason": "fraud", "legal_basis": "SHI Act 2023, s. 27"}));
    assert!(all_are("revoked"));
    refused(
        &ask(&office, &token, "credential", &wanted(SD_JWT, &[proof(&key(0x29), &nonce(&office))])),
        "credential_request_denied",
    );
    office.close();
}

#[test]
fn a_wallet_fetches_every_form_and_the_copies_share_the_fate_of_their_document() {
    the_whole_flow(StoreKind::Embedded);
}

#[test]
fn a_wallet_fetches_every_form_from_postgresql() {
    the_whole_flow(StoreKind::Postgres);
}

#[test]
fn a_code_counts_once_and_its_replay_takes_the_token_away() {
    let mut office = office(StoreKind::Embedded);
    let original = issue(&office, "2");
    let offer = Offer::of(&office, &original, "none");
    assert_eq!(offer.tx_code, None);
    let first = redeemed(&office, &offer);
    refused(&token(&office, &offer.code(), None), "invalid_grant");
    refused(
        &ask(&office, &first, "credential", &wanted(SD_JWT, &[proof(&key(1), &nonce(&office))])),
        "invalid_token",
    );
    // Also across a restart: what counts is on the disk, and in no readable form.
    let (used, kept) = (Offer::of(&office, &original, "none"), Offer::of(&office, &original, "digits"));
    let token_kept = redeemed(&office, &used);
    office.stop();
    let secrets = [used.code(), kept.code(), token_kept.clone(), kept.tx_code.clone().unwrap()];
    assert!(office.papers(PaperKind::Wallet) >= 3);
    for file in files(&office.issuer()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in secrets.iter().filter(|secret| secret.len() > 6) {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "a secret in {}", file.display());
        }
    }
    office.start();
    ask(&office, &token_kept, "credential", &wanted(SD_JWT, &[proof(&key(1), &nonce(&office))])).is(200);
    redeemed(&office, &kept);
    office.close();
}

fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files
}

#[test]
fn whoever_guesses_a_transaction_code_has_three_guesses_and_no_more() {
    let office = office(StoreKind::Embedded);
    let original = issue(&office, "3");
    let offer = Offer::of(&office, &original, "digits");
    let right = offer.tx_code.clone().unwrap();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    refused(&token(&office, &offer.code(), None), "invalid_request");
    for _ in 0..3 {
        refused(&token(&office, &offer.code(), Some(wrong)), "invalid_grant");
    }
    refused(&token(&office, &offer.code(), Some(&right)), "invalid_grant");
    // Side by side they have no more: of those that come at the same moment one is compared, and is counted first.
    let offer = Offer::of(&office, &original, "digits");
    let right = offer.tx_code.clone().unwrap();
    let guesses: Vec<String> = (0..6).map(|n| format!("{n:06}")).filter(|guess| *guess != right).collect();
    std::thread::scope(|scope| {
        for guess in &guesses {
            let (office, offer) = (&office, &offer);
            scope.spawn(move || assert_ne!(token(office, &offer.code(), Some(guess)).status, 200));
        }
    });
    let wrong = if right == "999999" { "999998" } else { "999999" };
    for _ in 0..2 {
        assert_ne!(token(&office, &offer.code(), Some(wrong)).status, 200);
    }
    assert_ne!(token(&office, &offer.code(), Some(&right)).status, 200);
    let without = Offer::of(&office, &original, "none");
    refused(&token(&office, &without.code(), Some("123456")), "invalid_request");
    office.close();
}

#[test]
fn whoever_guesses_codes_is_soon_refused_unheard() {
    let office = office(StoreKind::Embedded);
    let guess = |n: u32| token(&office, &format!("{n:043}"), None).status;
    let answers: Vec<u16> = (0..40).map(guess).collect();
    assert!(answers.iter().all(|status| [400, 429].contains(status)), "{answers:?}");
    assert!(answers.iter().filter(|status| **status == 429).count() >= 10, "{answers:?}");
    let waits = token(&office, "x", None);
    assert!(waits.header("retry-after").is_some());
    office.close();
}

#[test]
fn what_is_no_token_request_is_refused_by_its_name() {
    let office = office(StoreKind::Embedded);
    for (form, error) in [
        ("", "invalid_request"),
        ("grant_type=authorization_code&code=x", "unsupported_grant_type"),
        ("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code", "invalid_request"),
        ("grant_type=a&grant_type=b", "invalid_request"),
        ("grant_type=%ff", "unsupported_grant_type"),
        ("\u{7f}\u{0}", "invalid_request"),
    ] {
        refused(&post_form(&office, form), error);
    }
    let json = office.call("", "POST", "/openid4vci/token").json(&json!({"grant_type": "x"})).send();
    refused(&json, "invalid_request");
    refused(&post_form(&office, &"a".repeat(100_000)), "invalid_request");
    office.close();
}

#[test]
fn a_proof_that_proves_nothing_gets_no_credential() {
    let office = office(StoreKind::Embedded);
    let original = issue(&office, "4");
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    let holder = key(0x31);
    let with = |mut of: Value, name: &str, value: Value| {
        of[name] = value;
        of
    };
    let ask_with = |proofs: &[String]| ask(&office, &token, "credential", &wanted(SD_JWT, proofs));
    let mut private = public(&holder).to_jwk();
    private.insert("d".into(), URL_SAFE_NO_PAD.encode([0x31; 32]).into());
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("typ", json!("JWT")),
        ("jwk", Value::Object(private)),
        ("jwk", Value::Object(public(&key(0x32)).to_jwk())),
        ("x5c", json!(["AA"])),
        ("crit", json!(["b64"])),
    ] {
        let (header, claims) = parts(&holder, &nonce(&office));
        let proof = signed(&holder, &with(header, name, value), &claims);
        refused(&ask_with(&[proof]), "invalid_proof");
    }
    for (name, value) in [
        ("aud", json!("https://other.example")),
        ("iss", json!("a wallet")),
        ("iat", json!(now().seconds() - 3_600)),
        ("iat", json!(now().seconds() + 3_600)),
    ] {
        let (header, claims) = parts(&holder, &nonce(&office));
        refused(&ask_with(&[signed(&holder, &header, &with(claims, name, value))]), "invalid_proof");
    }
    let unsigned = {
        let (header, claims) = parts(&holder, &nonce(&office));
        let whole = signed(&holder, &with(header, "alg", json!("none")), &claims);
        format!("{}.", whole.rsplit_once('.').unwrap().0)
    };
    refused(&ask_with(&[unsigned]), "invalid_proof");
    let twice = nonce(&office);
    refused(&ask_with(&[proof(&holder, &twice), proof(&holder, &twice)]), "invalid_proof");
    refused(&ask_with(&[]), "invalid_proof");
    let many: Vec<String> = (0..9).map(|n| proof(&key(0x40 + n), &twice)).collect();
    refused(&ask_with(&many), "invalid_proof");
    // Nonces: none of ours, of two requests, used before.
    for wrong in ["", "n", &"A".repeat(54), &"x".repeat(1_000)] {
        refused(&ask_with(&[proof(&holder, wrong)]), "invalid_nonce");
    }
    let (one, other) = (nonce(&office), nonce(&office));
    refused(&ask_with(&[proof(&holder, &one), proof(&key(0x33), &other)]), "invalid_nonce");
    ask_with(&[proof(&holder, &one)]).is(200);
    refused(&ask_with(&[proof(&holder, &one)]), "invalid_nonce");
    refused(&ask_with(&[proof(&key(0x34), &one)]), "invalid_nonce");
    office.close();
}

#[test]
fn what_was_not_offered_is_refused_by_its_name() {
    let office = office(StoreKind::Embedded);
    let original = issue(&office, "5");
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    let ask = |token: &str, body: &Value| ask(&office, token, "credential", body);
    let fresh = || proof(&key(0x41), &nonce(&office));
    for configuration in ["membership-sd-jwt", "coverage", "delegation-cwt", ""] {
        refused(&ask(&token, &wanted(configuration, &[fresh()])), "unknown_credential_configuration");
    }
    let with = |name: &str, value: Value| {
        let mut body = wanted(SD_JWT, &[fresh()]);
        body[name] = value;
        body
    };
    refused(&ask(&token, &with("credential_identifier", json!("x"))), "unknown_credential_identifier");
    refused(
        &ask(&token, &with("credential_response_encryption", json!({}))),
        "invalid_encryption_parameters",
    );
    refused(&ask(&token, &with("proof", json!({}))), "invalid_credential_request");
    refused(&ask(&token, &with("credential_configuration_id", json!(1))), "invalid_credential_request");
    refused(&ask(&token, &with("proofs", json!({"di_vp": []}))), "invalid_proof");
    for body in ["", "{", "[]", "{\"a\":1,\"a\":2}", &"[".repeat(10_000)] {
        let call = office.call("", "POST", "/openid4vci/credential");
        let call = call.header("Authorization", &format!("Bearer {token}")).body("application/json", body);
        refused(&call.send(), "invalid_credential_request");
    }
    for wrong in ["x", &"A".repeat(43), office.token("registrar")] {
        refused(&ask(wrong, &wanted(SD_JWT, &[fresh()])), "invalid_token");
    }
    let nobody = office.call("", "POST", "/openid4vci/credential").json(&wanted(SD_JWT, &[fresh()])).send();
    refused(&nobody, "invalid_token");
    // A wallet's token opens nothing of the officers'.
    let call = office.call("", "GET", &format!("/v1/credentials/{original}"));
    assert_eq!(call.header("Authorization", &format!("Bearer {token}")).send().status, 401);
    // Eight copies, and no more of one offer.
    for n in 0..8 {
        ask(&token, &wanted(SD_JWT, &[proof(&key(0x50 + n), &nonce(&office))])).is(200);
    }
    let more = wanted(SD_JWT, &[proof(&key(0x60), &nonce(&office))]);
    refused(&ask(&token, &more), "credential_request_denied");
    office.close();
}

#[test]
fn a_suspended_document_makes_a_wallet_wait() {
    let office = office(StoreKind::Embedded);
    let original = issue(&office, "6");
    let change = |act: &str, body: Value| {
        office.post("revoker", &format!("/v1/credentials/{original}/{act}"), &body).is(200);
    };
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    change("suspend", json!({"reason": "investigation"}));
    let proofs = [proof(&key(0x71), &nonce(&office))];
    let waits = ask(&office, &token, "credential", &wanted(SD_JWT, &proofs)).is(202);
    let transaction = json!({"transaction_id": waits.member("transaction_id")});
    assert!(waits.json()["interval"].is_u64());
    assert_eq!(
        ask(&office, &token, "deferred", &transaction).is(202).json()["transaction_id"],
        transaction["transaction_id"]
    );
    refused(&ask(&office, &token, "deferred", &json!({"transaction_id": "x"})), "invalid_transaction_id");
    refused(&ask(&office, &token, "deferred", &json!({})), "invalid_transaction_id");
    let other = redeemed(&office, &{
        let cti = issue(&office, "7");
        Offer::of(&office, &cti, "none")
    });
    refused(&ask(&office, &other, "deferred", &transaction), "invalid_transaction_id");
    change("resume", json!({"reason": "cleared"}));
    let answer = ask(&office, &token, "deferred", &transaction).is(200);
    assert_eq!(credentials(&answer).len(), 1);
    refused(&ask(&office, &token, "deferred", &transaction), "invalid_transaction_id");
    // Notifications of another's, or of nothing.
    let event = json!({"notification_id": answer.member("notification_id"), "event": "credential_deleted"});
    refused(&ask(&office, &other, "notification", &event), "invalid_notification_id");
    refused(
        &ask(
            &office,
            &token,
            "notification",
            &json!({"notification_id": "x", "event": "credential_deleted"}),
        ),
        "invalid_notification_id",
    );
    refused(
        &ask(&office, &token, "notification", &json!({"notification_id": "x", "event": "eaten"})),
        "invalid_notification_request",
    );
    refused(
        &ask(&office, &token, "notification", &json!({"event": "credential_deleted"})),
        "invalid_notification_request",
    );
    ask(&office, &token, "notification", &event).is(204);
    office.close();
}

#[test]
fn an_offer_is_an_officers_act_for_what_they_may_reissue() {
    let office = office(StoreKind::Embedded);
    let original = issue(&office, "8");
    let target = format!("/v1/credentials/{original}/offer");
    let body = json!({"tx_code": "digits"});
    office.post("", &target, &body).refused(401, "unauthenticated");
    office.post("auditor", &target, &body).refused(403, "forbidden");
    office.post("KE-47", &target, &body).refused(404, "not-found");
    office.post("registrar", &target, &json!({})).refused(422, "invalid-record");
    office.post("registrar", &target, &json!({"tx_code": "maybe"})).refused(422, "invalid-record");
    office.post("KE-30", &target, &body).is(201);
    // A re-issued card takes its copies with it.
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    let answer =
        ask(&office, &token, "credential", &wanted(SD_JWT, &[proof(&key(0x81), &nonce(&office))])).is(200);
    let copy = cti_of(&credentials(&answer)[0]);
    office
        .post("registrar", &format!("/v1/credentials/{original}/reissue"), &json!({"reason": "lost"}))
        .is(201);
    assert_eq!(status_of(&office, &copy), "superseded");
    office.post("registrar", &target, &body).refused(409, "status-conflict");
    office.post("registrar", &format!("/v1/credentials/{copy}/offer"), &body).refused(409, "status-conflict");
    office.close();
    // Without an address for wallets there is nothing to offer.
    let office = Office::known_as(StoreKind::Embedded, &[], Some(crate::DID));
    let cti = issue(&office, "9");
    office.post("registrar", &format!("/v1/credentials/{cti}/offer"), &body).refused(409, "form-unavailable");
    for address in ["/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server"] {
        office.get("", address).refused(404, "not-found");
    }
    office.close();
}

#[test]
fn a_revocation_that_races_with_a_wallet_leaves_no_valid_copy() {
    let office = office(StoreKind::Embedded);
    for round in 0..6_u8 {
        let original = issue(&office, &format!("race-{round}"));
        let token = redeemed(&office, &Offer::of(&office, &original, "none"));
        let body = wanted(SD_JWT, &[proof(&key(0x90 + round), &nonce(&office))]);
        let (answer, _) = std::thread::scope(|scope| {
            let asking = scope.spawn(|| ask(&office, &token, "credential", &body));
            let revoking = scope.spawn(|| {
                let why = json!({"reason": "fraud", "legal_basis": "invented"});
                office.post("revoker", &format!("/v1/credentials/{original}/revoke"), &why).is(200)
            });
            (asking.join().unwrap(), revoking.join().unwrap())
        });
        match answer.status {
            200 => {
                let copy = cti_of(&credentials(&answer)[0]);
                let began = Instant::now();
                while status_of(&office, &copy) != "revoked" {
                    assert!(began.elapsed() < Duration::from_secs(60), "a copy outlived its document");
                }
            }
            400 => refused(&answer, "credential_request_denied"),
            other => panic!("{other}: {}", answer.text()),
        }
    }
    office.close();
}
