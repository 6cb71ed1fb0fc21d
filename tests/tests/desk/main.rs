//! `sanad-verify serve` at a desk: phones present the entitlement in the open standards and are decided like paper; each
//! way to present something else is refused by name. A desk that is killed and started again takes no answer twice. VC-API
//! with the keys and lists of a pack.
//!
//! The region, its schemes and the people are invented; the phones' keys are numbers.

mod browser;
mod foreign;
mod replayed;
mod restarts;
mod service;
mod unknown;
mod wallet;

use std::net::TcpListener;

use sanad_credential::{SigningKey, Status, UnixTime};
use sanad_openvc::{ListCredential, Profile, StatusPurpose, Suite, issue, list_credential, present_sd_jwt};
use sanad_tests::region::key;
use serde_json::{Value, json};

use crate::service::{DID, Desk, NOW};
use crate::wallet::{Asked, credential, phone, presentation, sd_jwt, shown, vp_token};

/// What the desk asks.
pub(crate) const OPD: &str = r#"{"place":"UG","benefit":"OPD","facility":"UG-F01","person":"match"}"#;

#[test]
fn both_forms_are_decided_like_the_paper() {
    let desk = Desk::start(&[]);
    for benefit in ["OPD", "ANC", "DENT", "SURG"] {
        let paper = desk.check_paper(benefit);
        let question = OPD.replace("OPD", benefit);
        for suite in [None, Some(Suite::Rdfc), Some(Suite::Jcs)] {
            let (id, link) = desk.begin(&question);
            let asked = Asked::fetch(&desk, &link);
            let token = match suite {
                None => vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked))),
                Some(suite) => {
                    vp_token("entitlement_ldp_vc", presentation(&credential(suite), &asked, suite))
                }
            };
            asked.post(&desk, &token).is(200);
            let view = desk.view(&id);
            assert_eq!(view["state"], "answered", "{view}");
            for member in ["decision", "assurance", "action", "reasons", "remedy", "payer"] {
                assert_eq!(view["answer"][member], paper[member], "{benefit} {suite:?} {member}");
            }
            assert_eq!(view["answer"]["claims"]["subject"]["number"], "CR7734120-9");
        }
    }
}

#[test]
fn revoked_suspended_and_superseded_are_decided_by_the_packs_list() {
    for (status, reason) in
        [(Status::Revoked, "REVOKED"), (Status::Suspended, "SUSPENDED"), (Status::Superseded, "SUPERSEDED")]
    {
        let desk = Desk::start(&[(7, status)]);
        let (id, link) = desk.begin(OPD);
        let asked = Asked::fetch(&desk, &link);
        asked.post(&desk, &vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)))).is(200);
        let reasons = desk.view(&id)["answer"]["reasons"].clone();
        assert!(reasons.as_array().unwrap().contains(&json!(reason)), "{reasons}");
    }
}

#[test]
fn a_replay_is_refused_and_changes_nothing() {
    let desk = Desk::start(&[]);
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(&desk, &link);
    let token = vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)));
    asked.post(&desk, &token).is(200);
    let before = desk.view(&id);
    asked.post(&desk, &token).is(409);
    assert_eq!(desk.view(&id), before);
    desk.get(&asked.request_path).is(409);
    // What was overheard does not answer the next request.
    let (id, link) = desk.begin(OPD);
    let next = Asked::fetch(&desk, &link);
    next.post(&desk, &token).is(400);
    assert_eq!(desk.view(&id)["state"], "refused");
}

#[test]
fn a_state_of_another_request_is_refused_and_leaves_it_open() {
    let desk = Desk::start(&[]);
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(&desk, &link);
    let token = vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)));
    let other = Asked { state: "x".repeat(32), ..asked.clone() };
    other.post(&desk, &token).is(404);
    assert_eq!(desk.view(&id)["state"], "open");
    asked.post(&desk, &token).is(200);
    desk.get("/openid4vp/request/unknown").is(404);
}

/// What a presentation says that does not count, and what the refusal must name.
fn refused(desk: &Desk, token: impl FnOnce(&Asked) -> Value, names: &str) {
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(desk, &link);
    let answer = asked.post(desk, &token(&asked));
    answer.is(400);
    assert_eq!(answer.json()["error"], "invalid_request");
    let view = desk.view(&id);
    assert_eq!(view["state"], "refused", "{names}: {view}");
    let fault = view["fault"].as_str().unwrap();
    assert!(fault.contains(names), "{names}: {fault}");
    assert!(!fault.contains("Nekesa") && !fault.contains("CR7734120"), "{fault}");
    // Once: also a good one does not count any more.
    asked.post(desk, &vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)))).is(409);
}

#[test]
fn what_was_not_made_for_this_request_by_this_holder_is_refused_by_name() {
    let desk = Desk::start(&[]);
    let sd = |text: String| vp_token("entitlement_sd_jwt", json!(text));
    let with = |asked: &Asked, nonce: &str, audience: &str| {
        shown(&sd_jwt(), &Asked { nonce: nonce.to_owned(), client_id: audience.to_owned(), ..asked.clone() })
    };
    refused(&desk, |asked| sd(with(asked, "another nonce", &asked.client_id)), "key binding.nonce");
    refused(
        &desk,
        |asked| sd(with(asked, &asked.nonce, "decentralized_identifier:did:key:z6Mk")),
        "key binding.aud",
    );
    // The client id without its prefix is another audience.
    let bare = |asked: &Asked| asked.client_id.strip_prefix("decentralized_identifier:").unwrap().to_owned();
    refused(&desk, |asked| sd(with(asked, &asked.nonce, &bare(asked))), "key binding.aud");
    refused(
        &desk,
        |_| sd(present_sd_jwt::<SigningKey>(&sd_jwt(), &["number", "name"], None).unwrap()),
        "key binding",
    );
    refused(
        &desk,
        |asked| sd(wallet::shown_by(&sd_jwt(), asked, &phone(8), &["number", "name"], NOW)),
        "key binding",
    );
    refused(
        &desk,
        |asked| {
            sd(wallet::shown_by(&sd_jwt(), asked, &phone(7), &["number", "name"], "2026-05-31T08:00:00Z"))
        },
        "key binding.iat",
    );
    refused(&desk, |asked| sd(wallet::shown_by(&sd_jwt(), asked, &phone(7), &["number"], NOW)), "name");
    // A disclosure more than the holder signed for.
    let extra = |asked: &Asked| {
        let less = wallet::shown_by(&sd_jwt(), asked, &phone(7), &["number"], NOW);
        let more = wallet::shown_by(&sd_jwt(), asked, &phone(7), &["number", "name"], NOW);
        let (_, binding) = less.rsplit_once('~').unwrap();
        let (disclosed, _) = more.rsplit_once('~').unwrap();
        format!("{disclosed}~{binding}")
    };
    refused(&desk, |asked| sd(extra(asked)), "sd_hash");
}

#[test]
fn forgeries_changed_credentials_and_other_answers_are_refused_by_name() {
    let desk = Desk::start(&[]);
    let sd = |text: String| vp_token("entitlement_sd_jwt", json!(text));
    // Under a key of the pack a wrong signature is wrong.
    let forged = |asked: &Asked| {
        let (header, rest) = sd_jwt().split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let other = wallet::sd_jwt_by(&phone(9), &wallet::issuer_address());
        let signature = other.split('~').next().unwrap().rsplit_once('.').unwrap().1.to_owned();
        let (payload, rest) = rest.split_once('.').unwrap();
        let (_, disclosures) = rest.split_once('~').unwrap();
        shown(&format!("{header}.{payload}.{signature}~{disclosures}"), asked)
    };
    refused(&desk, |asked| sd(forged(asked)), "does not verify");
    // A key of the same issuer that signs delegations and nothing else.
    let delegations = wallet::sd_jwt_by(&key("KE-SHA delegation"), &wallet::issuer_address());
    refused(&desk, |asked| sd(shown(&delegations, asked)), "key");
    let ldp = |document: Value| vp_token("entitlement_ldp_vc", document);
    for suite in [Suite::Rdfc, Suite::Jcs] {
        let good = credential(suite);
        let mut changed = good.clone();
        changed["credentialSubject"]["name"] = json!("Somebody Else");
        refused(&desk, |asked| ldp(presentation(&changed, asked, suite)), "verifiableCredential[0]");
        refused(
            &desk,
            |asked| ldp(presentation(&good, &Asked { nonce: "x".into(), ..asked.clone() }, suite)),
            "proof",
        );
        refused(
            &desk,
            |asked| ldp(presentation(&good, &Asked { client_id: "x".into(), ..asked.clone() }, suite)),
            "proof",
        );
        refused(&desk, |asked| ldp(wallet::presentation_by(&good, asked, suite, &phone(8))), "holder");
        refused(&desk, |_| ldp(good.clone()), "");
    }
    refused(&desk, |asked| vp_token("other", json!(shown(&sd_jwt(), asked))), "only what was asked for");
    refused(&desk, |asked| json!({ "entitlement_sd_jwt": shown(&sd_jwt(), asked) }), "array of one");
    refused(
        &desk,
        |asked| json!({ "entitlement_sd_jwt": [shown(&sd_jwt(), asked), shown(&sd_jwt(), asked)] }),
        "one presentation",
    );
    refused(
        &desk,
        |asked| json!({ "entitlement_sd_jwt": [shown(&sd_jwt(), asked)], "entitlement_ldp_vc": [] }),
        "one query",
    );
    refused(&desk, |_| json!("text"), "");
    refused(&desk, |_| json!({}), "one query");
}

#[test]
fn an_answer_to_another_verifier_does_not_count_here() {
    let (here, there) = (Desk::start(&[]), Desk::start(&[]));
    let (_, link) = there.begin(OPD);
    let theirs = Asked::fetch(&there, &link);
    refused(&here, |_| vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &theirs))), "key binding");
}

#[test]
fn a_holder_may_decline_and_the_desk_reads_it() {
    let desk = Desk::start(&[]);
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(&desk, &link);
    desk.form(&asked.response_path, &format!("error=access_denied&state={}", asked.state)).is(200);
    assert_eq!(desk.view(&id)["state"], "declined");
}

#[test]
fn the_desks_routes_want_the_token_and_a_question_that_can_be_asked() {
    let desk = Desk::start(&[]);
    desk.send("POST", "/v1/requests", "application/json", OPD, None).is(401);
    desk.send("POST", "/v1/requests", "application/json", OPD, Some(&"x".repeat(40))).is(401);
    desk.send("GET", "/v1/requests/x", "", "", None).is(401);
    desk.send("POST", "/credentials/verify", "application/json", "{}", None).is(401);
    for wrong in ["{}", r#"{"place":"UG"}"#, r#"{"place":"UG","benefit":"OPD","odd":1}"#, "[", ""] {
        desk.post("/v1/requests", wrong).is(400);
    }
    desk.get("/v1/requests/unknown").is(404);
    desk.get("/readyz").is(200);
}

#[test]
fn the_log_has_no_person_no_nonce_and_no_token() {
    let desk = Desk::start(&[]);
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(&desk, &link);
    asked.post(&desk, &vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)))).is(200);
    assert_eq!(desk.view(&id)["state"], "answered");
    let token = desk.token.clone();
    let log = desk.stop();
    assert!(log.contains("/openid4vp/response/{id}"), "{log}");
    for secret in ["Nekesa", "CR7734120", "e7f65ad7dc705578", &asked.nonce, &asked.state, &token, &id] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn vc_api_believes_the_pack_and_nobody_else() {
    let desk = Desk::start(&[]);
    let ask = |credential: &Value| {
        let body = json!({ "verifiableCredential": credential }).to_string();
        desk.post("/credentials/verify", &body)
    };
    for suite in [Suite::Rdfc, Suite::Jcs] {
        ask(&credential(suite)).is(200);
        // A did:key names himself an issuer.
        let own =
            wallet::credential_by(suite, &phone(9), &wallet::did(&phone(9)), &wallet::method(&phone(9)));
        ask(&own).is(400);
        let mut changed = credential(suite);
        changed["credentialSubject"]["number"] = json!("X");
        ask(&changed).is(400);
    }
    let old = json!({ "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential"],
        "issuer": DID, "issuanceDate": "2026-01-01T00:00:00Z", "credentialSubject": { "id": "did:example:x" } });
    ask(&old).is(400);
    // A list of the issuer holds; it states no right.
    let head = ListCredential {
        address: "https://s.example/KE-SHA/0.revocation.json",
        issuer: DID,
        purpose: StatusPurpose::Revocation,
        valid_from: UnixTime::parse("2026-05-30T00:00:00Z").unwrap(),
        valid_until: UnixTime::parse("2026-07-30T00:00:00Z").unwrap(),
        ttl_seconds: 600,
    };
    let method = wallet::issuer_method("KE-SHA status");
    let list = issue(
        &list_credential(head, &[0; 131_072]),
        &wallet::options(Suite::Jcs, &method),
        Profile::Production,
        &key("KE-SHA status"),
    );
    ask(&Value::Object(list.unwrap())).is(200);
    // Without a challenge an overheard presentation would pass again.
    let asked = Asked { nonce: "n".into(), client_id: "clinic.example".into(), ..Asked::default() };
    let shown = presentation(&credential(Suite::Jcs), &asked, Suite::Jcs);
    let ask = |options: Value| {
        let body = json!({ "verifiablePresentation": shown, "options": options }).to_string();
        desk.post("/presentations/verify", &body)
    };
    ask(json!({ "challenge": "n", "domain": "clinic.example" })).is(200);
    ask(json!({ "challenge": "m", "domain": "clinic.example" })).is(400);
    ask(json!({ "challenge": "n", "domain": "other.example" })).is(400);
    ask(json!({})).is(400);
    for without in [json!({ "challenge": "n" }), json!({ "domain": "clinic.example" })] {
        ask(without).is(400);
    }
    // Whoever has a copy of the credential signs with a did:key of his own.
    for suite in [Suite::Rdfc, Suite::Jcs] {
        let stolen = wallet::presentation_by(&credential(suite), &asked, suite, &phone(8));
        let options = json!({ "challenge": "n", "domain": "clinic.example" });
        let body = json!({ "verifiablePresentation": stolen, "options": options }).to_string();
        let answer = desk.post("/presentations/verify", &body);
        answer.is(400);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("verifiablePresentation.holder: "), "{detail}");
    }
    let found = desk.get(&format!("/identifiers/{DID}"));
    found.is(200);
    assert_eq!(found.json()["didDocument"]["id"], DID);
    desk.get("/identifiers/did:web:other.example").is(400);
}

#[test]
fn a_holder_is_who_signs_also_where_it_is_an_object() {
    let desk = Desk::start(&[]);
    let options = json!({ "challenge": "n", "domain": "clinic.example" });
    let named = |id: &str| [json!(id), json!({ "id": id }), json!({ "id": id, "name": "somebody" })];
    for suite in [Suite::Rdfc, Suite::Jcs] {
        let ask = |holder: &Value| {
            let shown = wallet::presentation_naming(&credential(suite), holder, suite, &phone(7));
            let body = json!({ "verifiablePresentation": shown, "options": options }).to_string();
            desk.post("/presentations/verify", &body)
        };
        for holder in named(&wallet::did(&phone(7))) {
            ask(&holder).is(200);
        }
        for holder in named(&wallet::did(&phone(8))) {
            let answer = ask(&holder);
            answer.is(400);
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with("verifiablePresentation.holder: "), "{detail}");
        }
    }
}

#[test]
fn nothing_is_fetched_for_vc_api_whatever_a_credential_names() {
    let desk = Desk::start(&[]);
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let port = trap.local_addr().unwrap().port();
    let ask = |credential: &Value| {
        desk.post("/credentials/verify", &json!({ "verifiableCredential": credential }).to_string()).is(400);
    };
    let web = format!("did:web:127.0.0.1%3A{port}");
    for suite in [Suite::Rdfc, Suite::Jcs] {
        let good = credential(suite);
        for host in ["https://127.0.0.1", "http://127.0.0.1", "https://localhost"] {
            let address = format!("{host}:{port}/1");
            for place in [
                "/@context/1",
                "/issuer",
                "/proof/verificationMethod",
                "/credentialStatus/0/statusListCredential",
            ] {
                let mut odd = good.clone();
                *odd.pointer_mut(place).unwrap_or_else(|| panic!("{place} in {good}")) = json!(address);
                ask(&odd);
            }
        }
        // Another issuer, of this machine, with a list of this machine.
        let mut own = wallet::credential_by(suite, &phone(9), &web, &format!("{web}#k"));
        ask(&own);
        own["credentialStatus"][0]["statusListCredential"] = json!(format!("https://127.0.0.1:{port}/1"));
        ask(&own);
    }
    desk.get(&format!("/identifiers/did:web:127.0.0.1%253A{port}")).is(400);
    // The system keeps callers until they are taken, so none is missed.
    assert!(trap.accept().is_err(), "something was fetched");
}

#[test]
fn vc_api_says_what_the_packs_list_says() {
    for (status, word) in
        [(Status::Revoked, "revoked"), (Status::Suspended, "suspended"), (Status::Superseded, "superseded")]
    {
        let desk = Desk::start(&[(7, status)]);
        let body = json!({ "verifiableCredential": credential(Suite::Jcs) }).to_string();
        let answer = desk.post("/credentials/verify", &body);
        answer.is(400);
        assert!(answer.json()["detail"].as_str().unwrap().contains(word), "{}", answer.body);
    }
}

#[test]
fn an_answer_becomes_a_signed_receipt() {
    let desk = Desk::start_with(&[], "receipts = true\npassphrase_file = \"passphrase\"\n");
    let (id, link) = desk.begin(&OPD.replace(r#""facility":"UG-F01","#, ""));
    let asked = Asked::fetch(&desk, &link);
    asked.post(&desk, &vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)))).is(200);
    let view = desk.view(&id);
    let receipt = view["answer"]["receipt"].as_str().unwrap_or_else(|| panic!("{view}")).to_owned();
    assert!(view["answer"]["receipt_text"].as_str().unwrap().starts_with("SND"), "{view}");
    let listed = desk.run(&["receipts", "list", "--json"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(text.contains(&receipt), "{text} {}", String::from_utf8_lossy(&listed.stderr));
}
