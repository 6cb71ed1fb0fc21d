//! What the desk cannot know is no refusal: an issuer, a key or a time. Phones come to the decision that the paper with the
//! same content comes to.

use sanad_credential::SigningKey;
use sanad_openvc::Suite;
use sanad_tests::region::{key, record};
use sanad_tests::two_countries::HOUSEHOLD;
use serde_json::{Value, json};

use crate::OPD;
use crate::service::{DID, Desk, NOW, published, published_with};
use crate::wallet::{
    self, Asked, claims_of, credential, credential_by, issuer_address, phone, presentation, sd_jwt,
    sd_jwt_by, sd_jwt_of, shown, vp_token,
};

/// What the desk asks in an emergency.
const EMERGENCY: &str =
    r#"{"place":"UG","benefit":"OPD","facility":"UG-F01","person":"match","emergency":true}"#;

/// Answers a request; what the desk reads, which must be decided.
fn answered(desk: &Desk, question: &str, token: impl FnOnce(&Asked) -> Value) -> Value {
    let (id, link) = desk.begin(question);
    let asked = Asked::fetch(desk, &link);
    asked.post(desk, &token(&asked)).is(200);
    let view = desk.view(&id);
    assert_eq!(view["state"], "answered", "{view}");
    view["answer"].clone()
}

#[track_caller]
fn is_as_on_paper(phone: &Value, paper: &Value, reason: &str) {
    for member in ["decision", "assurance", "action", "reasons", "remedy", "payer", "claims"] {
        let same = phone[member] == paper[member] || member == "claims" && paper[member].is_object();
        assert!(same, "{member}: {} on paper {}", phone[member], paper[member]);
    }
    assert!(phone["reasons"].as_array().unwrap().contains(&json!(reason)), "{phone}");
}

/// In both forms, in an emergency and without one.
fn comes_to(
    desk: &Desk,
    claims: &str,
    signer: &SigningKey,
    tokens: &[&dyn Fn(&Asked) -> Value],
    reason: &str,
) {
    for (question, more) in
        [(OPD, &["--benefit", "OPD"][..]), (EMERGENCY, &["--benefit", "OPD", "--emergency"])]
    {
        let paper = desk.check_paper_of(claims, signer, more);
        for token in tokens {
            is_as_on_paper(&answered(desk, question, token), &paper, reason);
        }
    }
}

#[test]
fn a_key_that_the_pack_lacks_is_unknown_as_on_paper() {
    let desk = Desk::start(&[]);
    for signer in [phone(9), key("KE-SHA status")] {
        let method = format!("{DID}#{}", sanad_openvc::key_fragment(&signer.public_key()));
        let sd = |asked: &Asked| {
            vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt_by(&signer, &issuer_address()), asked)))
        };
        let ldp = |suite| {
            let (signer, method) = (&signer, &method);
            move |asked: &Asked| {
                let document = credential_by(suite, signer, DID, method);
                vp_token("entitlement_ldp_vc", presentation(&document, asked, suite))
            }
        };
        let (rdfc, jcs) = (ldp(Suite::Rdfc), ldp(Suite::Jcs));
        comes_to(&desk, HOUSEHOLD, &signer, &[&sd, &rdfc, &jcs], "KEY_UNKNOWN");
        let answer = answered(&desk, OPD, sd);
        assert!(answer["fault"].as_str().unwrap().contains("not verified"), "{answer}");
        assert!(answer["claims"].is_null(), "nobody vouches for them: {answer}");
    }
}

#[test]
fn an_issuer_that_the_pack_lacks_is_unknown_as_on_paper() {
    let desk = Desk::start(&[]);
    let claims = HOUSEHOLD.replace("KE-SHA", "KE-NEW");
    let own = sd_jwt_of(&claims_of(&claims), &phone(9), "https://new.example");
    let sd = |asked: &Asked| vp_token("entitlement_sd_jwt", json!(shown(&own, asked)));
    comes_to(&desk, &claims, &phone(9), &[&sd], "ISSUER_UNKNOWN");
    // Under the name of one that is known, from an address that is not its own.
    let other = sd_jwt_by(&phone(9), "https://other.example");
    let sd = |asked: &Asked| vp_token("entitlement_sd_jwt", json!(shown(&other, asked)));
    comes_to(&desk, HOUSEHOLD, &phone(9), &[&sd], "KEY_UNKNOWN");
}

#[test]
fn a_key_that_others_may_have_is_decided_as_on_paper_and_verifies_nothing_for_vc_api() {
    let signer = key("KE-SHA credential");
    let (before, after) = (
        r#""use":"credential","from":"2026-01-01","to":null,"state":"active""#,
        r#""use":"credential","from":"2026-01-01","to":null,"state":"compromised""#,
    );
    let lost = record("KE-SHA").replacen(before, after, 1);
    assert!(lost.contains("compromised"));
    let desk = Desk::start_over(&published_with(&[], &lost), NOW);
    let sd = |asked: &Asked| vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), asked)));
    let ldp = |asked: &Asked| {
        vp_token("entitlement_ldp_vc", presentation(&credential(Suite::Jcs), asked, Suite::Jcs))
    };
    comes_to(&desk, HOUSEHOLD, &signer, &[&sd, &ldp], "KEY_COMPROMISED");
    let body = json!({ "verifiableCredential": credential(Suite::Jcs) }).to_string();
    desk.post("/credentials/verify", &body).is(400);
}

#[test]
fn with_a_clock_behind_the_pack_phones_are_decided_and_vc_api_verifies_nothing() {
    let desk = Desk::start_over(&published(&[]), "2026-05-10T09:00:00Z");
    let (_, link) = desk.begin(OPD);
    let claims = Asked::claims(&desk, &link);
    assert!(claims.get("iat").is_none() && claims.get("exp").is_none(), "{claims}");
    // The phones know the time.
    let sd = |asked: &Asked| vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), asked)));
    let ldp = |asked: &Asked| {
        vp_token("entitlement_ldp_vc", presentation(&credential(Suite::Rdfc), asked, Suite::Rdfc))
    };
    let paper = desk.check_paper("OPD");
    for phone in [answered(&desk, OPD, sd), answered(&desk, OPD, ldp)] {
        for member in ["decision", "assurance", "action", "reasons", "remedy", "payer"] {
            assert_eq!(phone[member], paper[member], "{member}");
        }
    }
    let body = json!({ "verifiableCredential": credential(Suite::Jcs) }).to_string();
    let answer = desk.post("/credentials/verify", &body);
    answer.is(400);
    assert!(answer.body.contains("behind its pack"), "{}", answer.body);
    // The nonce is still the desk's own.
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(&desk, &link);
    let other = Asked { nonce: "x".into(), ..asked.clone() };
    asked.post(&desk, &vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &other)))).is(400);
    assert_eq!(desk.view(&id)["state"], "refused");
}

#[test]
fn a_phone_whose_clock_is_five_minutes_off_is_heard() {
    let desk = Desk::start(&[]);
    for at in ["2026-06-01T08:51:00Z", "2026-06-01T09:05:00Z"] {
        let token = |asked: &Asked| {
            let text = wallet::shown_by(&sd_jwt(), asked, &phone(7), &["number", "name"], at);
            vp_token("entitlement_sd_jwt", json!(text))
        };
        answered(&desk, OPD, token);
    }
}
