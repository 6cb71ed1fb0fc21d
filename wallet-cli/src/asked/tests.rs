//! Links, request objects and queries, and what is wrong with them. Verifiers and people are invented.

use sanad_credential::{
    Area, Claims, Date, HolderKey, IssuerId, LanguageTag, RightType, Set, SigningKey, UnixTime,
};
use sanad_openvc::{
    PublicKey, REQUEST_OBJECT_TYP, did_key, https_issuer, issue_sd_jwt, key_fragment, sign_jwt, sole_method,
    to_sd_jwt,
};
use sanad_trust::{IssuerRecord, KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use serde_json::{Value, json};

use super::choice::{Candidate, NoAnswer, choose};
use super::query::Query;
use super::{AskedFault, LINK_START, Link, Request};
use crate::open_form::{OpenForm, OpenFormFault};

const VCT: &str = "urn:sanad:vct:coverage:v1";
const DID: &str = "did:web:sha.example";

fn now() -> UnixTime {
    UnixTime::parse("2026-06-01T09:00:00Z").unwrap()
}

fn verifier() -> SigningKey {
    SigningKey::from_secret(&[0x61; 32])
}

fn did(key: &SigningKey) -> String {
    did_key(&PublicKey::Ed25519(key.public_key()))
}

fn client(key: &SigningKey) -> String {
    format!("decentralized_identifier:{}", did(key))
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn link_to(address: &str) -> String {
    format!("{LINK_START}?client_id={}&request_uri={}", escaped(&client(&verifier())), escaped(address))
}

fn link() -> Link {
    Link::parse(&link_to("https://desk.example/request/1")).unwrap()
}

fn query() -> Value {
    json!({"credentials": [
        {"id": "sd", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": [{"path": ["number"]}, {"path": ["name"]}]},
        {"id": "ldp", "format": "ldp_vc", "meta": {}}],
        "credential_sets": [{"options": [["sd"], ["ldp"]]}]})
}

fn claims() -> Value {
    json!({
        "aud": "https://self-issued.me/v2", "iat": now().seconds(), "exp": now().plus_seconds(300).unwrap().seconds(),
        "client_id": client(&verifier()), "response_type": "vp_token", "response_mode": "direct_post",
        "response_uri": "https://desk.example/response/1", "nonce": "n".repeat(32), "state": "s".repeat(32),
        "dcql_query": query(), "client_metadata": {"unknown": 1},
    })
}

fn signed_by(key: &SigningKey, typ: &str, claims: &Value) -> String {
    let kid = sole_method(&did(&verifier())).unwrap();
    sign_jwt(typ, Some(&kid), claims.as_object().unwrap(), key).unwrap()
}

fn opened(claims: &Value) -> Result<Request, AskedFault> {
    link().open(&signed_by(&verifier(), REQUEST_OBJECT_TYP, claims), now())
}

#[test]
fn a_link_names_a_client_and_an_address_each_once() {
    assert_eq!((link().client_id, link().server()), (client(&verifier()), "https://desk.example".to_owned()));
    assert_eq!(
        Link::parse(&format!("{}&request_uri_method=post", link_to("https://a.example/r"))).unwrap().server(),
        "https://a.example"
    );
    let client_id = format!("client_id={}", escaped(&client(&verifier())));
    let good = link_to("https://desk.example/r");
    for (text, word) in [
        (String::new(), "the link must be openid4vp://?"),
        ("openid4vp://".to_owned(), "the link must be"),
        (format!("{LINK_START}?{client_id}"), "the link must be"),
        (format!("{good}&{client_id}"), "the link must be"),
        (format!("{good}&request=eyJ"), "the parameter \"request\""),
        (format!("{good}&response_uri=https%3A%2F%2Fx.example"), "the parameter \"response_uri\""),
        (format!("{LINK_START}?{client_id}&request_uri=%zz"), "is not percent-encoded"),
        (
            format!("{LINK_START}?client_id=x509_san_dns%3Ax.example&request_uri=https%3A%2F%2Fx.example"),
            "cannot check",
        ),
        (
            format!("{LINK_START}?client_id=decentralized_identifier%3Adid%3Aweb%3Ax.example&request_uri=x"),
            "cannot check",
        ),
        (link_to("http://desk.example/r"), "is http"),
        (link_to("file:///etc/passwd"), "no https address"),
        (link_to("https://user@desk.example/r"), "no https address"),
        (format!("{good}{}", "x".repeat(4_096)), "over the limit of 4096"),
    ] {
        let fault = Link::parse(&text).unwrap_err().to_string();
        assert!(fault.contains(word), "{text}: {fault}");
    }
}

#[test]
fn a_request_that_the_client_signed_opens() {
    let request = opened(&claims()).unwrap();
    assert_eq!((request.client_id, request.nonce), (client(&verifier()), "n".repeat(32)));
    assert_eq!(request.query.credentials.len(), 2);
}

#[test]
fn a_request_of_another_key_type_or_client_is_refused() {
    let open = |token: &str| link().open(token, now()).unwrap_err().to_string();
    let stranger = SigningKey::from_secret(&[0x62; 32]);
    let forged = open(&signed_by(&stranger, REQUEST_OBJECT_TYP, &claims()));
    assert!(
        forged.contains("the signature does not verify") && forged.contains("nothing was answered"),
        "{forged}"
    );
    assert!(open(&signed_by(&verifier(), "JWT", &claims())).contains("header.typ"));
    let mut other = claims();
    other["client_id"] = json!(client(&stranger));
    assert!(open(&signed_by(&verifier(), REQUEST_OBJECT_TYP, &other)).contains("client_id"));
    for token in ["", "{}", "a.b.c", "..", &"x".repeat(200_000)] {
        assert!(open(token).contains("nothing was answered"), "{token:.20}");
    }
}

#[test]
fn every_member_that_would_change_the_answer_is_refused_by_name() {
    for (name, value, word) in [
        ("aud", json!("https://other.example"), "aud is \"https://other.example\""),
        ("aud", Value::Null, "aud is null"),
        ("response_type", json!("code"), "response_type is \"code\", vp_token is wanted"),
        ("response_mode", json!("direct_post.jwt"), "response_mode"),
        ("response_mode", json!("fragment"), "response_mode"),
        ("redirect_uri", json!("https://desk.example"), "redirect_uri"),
        ("transaction_data", json!(["e30"]), "no transaction to authorize"),
        ("scope", json!("x"), "dcql_query is wanted"),
        (
            "response_uri",
            json!("https://attacker.example/response"),
            "another server, https://attacker.example",
        ),
        ("response_uri", json!("https://desk.example:8443/response"), "another server"),
        ("response_uri", json!("http://desk.example/response"), "is http"),
        ("response_uri", Value::Null, "response_uri is null"),
        ("nonce", json!("short"), "16 to 1,024"),
        ("nonce", json!("n".repeat(1_025)), "16 to 1,024"),
        ("nonce", json!("with a space in it, long"), "16 to 1,024"),
        ("nonce", json!(1), "nonce is 1"),
        ("state", json!(""), "state is \"\""),
        ("state", json!("s".repeat(1_025)), "1 to 1,024"),
        ("exp", json!(now().seconds() - 301), "is over"),
        ("iat", json!(now().seconds() + 301), "is of the future"),
        ("nbf", json!("soon"), "a time in whole seconds"),
        ("dcql_query", Value::Null, "dcql_query: an object is wanted"),
    ] {
        let mut changed = claims();
        changed[name] = value.clone();
        let fault = opened(&changed).unwrap_err().to_string();
        assert!(fault.contains(word), "{name} {value}: {fault}");
    }
    let mut changed = claims();
    changed.as_object_mut().unwrap().remove("dcql_query");
    assert!(opened(&changed).unwrap_err().to_string().contains("dcql_query is missing"));
    changed["dcql_query"] = query();
    changed.as_object_mut().unwrap().remove("state");
    assert!(opened(&changed).is_ok(), "a state is not wanted");
}

#[test]
fn json_that_is_too_deep_or_says_a_member_twice_is_refused() {
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let mut changed = claims();
    changed["client_metadata"] = deep;
    assert!(opened(&changed).unwrap_err().to_string().contains("levels"));
    let text = claims().to_string().replacen('{', "{\"aud\":\"x\",", 1);
    let good = signed_by(&verifier(), REQUEST_OBJECT_TYP, &claims());
    let head = good.split('.').next().unwrap();
    use base64::Engine as _;
    use sanad_credential::Sign as _;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{head}.{}", encode(text.as_bytes()));
    let Ok(signature) = verifier().sign(signed.as_bytes());
    let fault = link().open(&format!("{signed}.{}", encode(&signature)), now()).unwrap_err().to_string();
    assert!(fault.contains("stands twice"), "{fault}");
}

#[test]
fn a_query_that_is_no_query_is_refused_at_its_place() {
    let credential = |change: &[(&str, Value)]| {
        let mut credential = query()["credentials"][0].clone();
        for (name, value) in change {
            credential[*name] = value.clone();
        }
        json!({"credentials": [credential]})
    };
    let many: Vec<Value> = (0..65).map(|number| json!({"path": [format!("c{number}")]})).collect();
    for (query, place) in [
        (json!([]), ""),
        (json!({}), "credentials"),
        (json!({"credentials": []}), "credentials"),
        (json!({"credentials": [1]}), "credentials[0]"),
        (json!({"credentials": vec![credential(&[])["credentials"][0].clone(); 2]}), "credentials[1]"),
        (json!({"credentials": vec![json!(1); 17]}), "credentials"),
        (credential(&[("id", json!("a b"))]), "credentials[0].id"),
        (credential(&[("format", Value::Null)]), "credentials[0].format"),
        (credential(&[("meta", json!({}))]), "credentials[0].meta.vct_values"),
        (credential(&[("claims", json!([]))]), "credentials[0].claims"),
        (credential(&[("claims", json!(many))]), "credentials[0].claims"),
        (credential(&[("claims", json!([{"path": []}]))]), "credentials[0].claims[0].path"),
        (credential(&[("claims", json!([{"path": [0]}]))]), "credentials[0].claims[0].path"),
        (credential(&[("claims", json!([{"path": ["a", -1]}]))]), "credentials[0].claims[0].path[1]"),
        (
            credential(&[("claims", json!([{"path": ["a"], "values": [{}]}]))]),
            "credentials[0].claims[0].values[0]",
        ),
        (credential(&[("claim_sets", json!([["x"]]))]), "credentials[0].claim_sets"),
        (
            json!({"credentials": query()["credentials"], "credential_sets": [{"options": [["x"]]}]}),
            "credential_sets[0]",
        ),
        (
            json!({"credentials": query()["credentials"], "credential_sets": [{"options": [["sd"]], "required": 1}]}),
            "credential_sets[0].required",
        ),
    ] {
        assert_eq!(Query::read(&query).unwrap_err().place(), place, "{query}");
    }
}

/// An issuer's record, and a household's card for phone 7 with its SD-JWT VC.
fn household() -> (IssuerRecord, Claims, String) {
    let issuer = SigningKey::from_secret(&[0x71; 32]);
    let texts = |text: &str| LanguageTexts(vec![(LanguageTag::new("en").unwrap(), text.to_owned())]);
    let draft = RecordDraft {
        iss: IssuerId::new("KE-SHA").unwrap(),
        country: Area::new("KE").unwrap(),
        names: texts("Invented"),
        did: Some(DID.to_owned()),
        keys: vec![RecordKey {
            x: issuer.public_key(),
            key_use: KeyUse::Credential,
            from: Date::parse("2026-01-01").unwrap(),
            to: None,
            state: KeyState::Active,
        }],
        types: Set::new(vec![RightType::Coverage]).unwrap(),
        areas: Set::new(vec![Area::new("KE").unwrap()]).unwrap(),
        status: StatusLists { prefix: "https://s.example/".to_owned(), lists: 1 },
        contact: texts("1190"),
    };
    let text = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-05-02","exp":"2029-01-14",
        "status":{"idx":7,"uri":"https://s.example/0"},"subject":{"number":"CR7734120-9","name":"Nekesa Invented","birth":"1991~",
        "members":[[2,"Wafula",1988,"M","spouse"]],"role":"self"},"product":"SHIF","rulebook":1,"functions":["medical_care"],
        "start":"2026-05-02","end":"2026-05-20","copay_class":1,"territory":["KE"]}"#;
    let mut card = Claims::from_json_text(text).unwrap().into_draft();
    card.holder_key = Some(HolderKey(SigningKey::from_secret(&[7; 32]).public_key()));
    let card = card.check().unwrap();
    let address = https_issuer(DID).unwrap();
    let mut next = 0_u8;
    let mut salt = || {
        next = next.saturating_add(1);
        [next; 16]
    };
    let kid = key_fragment(&issuer.public_key());
    let sd_jwt = issue_sd_jwt(&to_sd_jwt(&card, &address), &kid, &mut salt, &issuer).unwrap();
    (draft.check().unwrap(), card, sd_jwt)
}

fn held() -> Vec<Candidate> {
    let (record, card, sd_jwt) = household();
    vec![Candidate { id: "3f2a".to_owned(), form: OpenForm::open(&sd_jwt, &record, &card, now()).unwrap() }]
}

fn chosen(query: &Value, candidates: &[Candidate]) -> Result<Vec<(String, Vec<String>)>, NoAnswer> {
    let answers = choose(&Query::read(query).unwrap(), candidates, now())?;
    Ok(answers.into_iter().map(|answer| (answer.query, answer.disclosed)).collect())
}

fn asking(claims: Value) -> Value {
    json!({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": claims}]})
}

#[test]
fn only_what_is_asked_is_disclosed() {
    let disclosed = |claims: Value| chosen(&asking(claims), &held()).unwrap()[0].1.clone();
    assert_eq!(
        chosen(&query(), &held()).unwrap(),
        [("sd".to_owned(), vec!["number".to_owned(), "name".to_owned()])]
    );
    assert_eq!(disclosed(json!([{"path": ["name"]}])), ["name"]);
    // Into a disclosure, and into what is always visible.
    assert_eq!(disclosed(json!([{"path": ["members", null, "name"]}])), ["members"]);
    assert_eq!(disclosed(json!([{"path": ["members", 0, "name"], "values": ["Wafula"]}])), ["members"]);
    assert!(disclosed(json!([{"path": ["entitlement", "product"], "values": ["SHIF"]}])).is_empty());
    let without = json!({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}}]});
    assert_eq!(chosen(&without, &held()).unwrap(), [("a".to_owned(), vec![])]);
    // The first set that is met, and not all claims.
    let mut sets = asking(
        json!([{"id": "x", "path": ["photo"]}, {"id": "n", "path": ["name"]}, {"id": "b", "path": ["birth"]}]),
    );
    sets["credentials"][0]["claim_sets"] = json!([["x"], ["n"], ["b"]]);
    assert_eq!(chosen(&sets, &held()).unwrap()[0].1, ["name"]);
}

#[test]
fn what_is_not_held_is_said_and_what_is_not_needed_is_not_shown() {
    for query in [
        asking(json!([{"path": ["photo"]}])),
        asking(json!([{"path": ["name"], "values": ["Somebody Else"]}])),
        json!({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:other"]}}]}),
        json!({"credentials": [{"id": "a", "format": "mso_mdoc", "meta": {"doctype_value": "x"}}]}),
        json!({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]},
            "trusted_authorities": [{"type": "aki", "values": ["x"]}]}]}),
        // Both are wanted.
        json!({"credentials": [query()["credentials"][0], query()["credentials"][1]]}),
        // Nothing is needed.
        json!({"credentials": [query()["credentials"][0]], "credential_sets": [{"options": [["sd"]], "required": false}]}),
    ] {
        let fault = chosen(&query, &held()).unwrap_err();
        let said = fault.to_string();
        assert!(matches!(fault, NoAnswer::NotHeld { .. }) && said.contains(VCT), "{query}: {said}");
        assert!(!said.contains("Nekesa") && !said.contains("CR77"), "{said}");
    }
    let nothing = chosen(&query(), &[]).unwrap_err().to_string();
    assert!(nothing.contains("number, name") && nothing.contains("it holds no SD-JWT VC"), "{nothing}");
}

#[test]
fn of_several_the_holder_says_which() {
    let two: Vec<Candidate> = held().into_iter().chain(held()).collect();
    assert!(matches!(chosen(&query(), &two), Err(NoAnswer::Several { ids }) if ids.len() == 2));
}

#[test]
fn an_sd_jwt_that_says_something_else_than_its_card_is_not_kept() {
    let (record, card, sd_jwt) = household();
    let open = |text: &str, card: &Claims| OpenForm::open(text, &record, card, now());
    let form = open(&sd_jwt, &card).unwrap();
    assert_eq!((form.vct(), form.entitlement()), (VCT, &card));
    assert!(!format!("{form:?}").contains("Nekesa"));
    let mut other = card.clone().into_draft();
    other.holder_key = Some(HolderKey(SigningKey::from_secret(&[8; 32]).public_key()));
    assert!(matches!(open(&sd_jwt, &other.check().unwrap()), Err(OpenFormFault::Differs)));
    // Without one of its disclosures it does not say all that the card says.
    let (start, _) = sd_jwt.trim_end_matches('~').rsplit_once('~').unwrap();
    assert!(open(&format!("{start}~"), &card).is_err());
    let changed = sd_jwt.replacen(".ey", ".eY", 1);
    assert!(matches!(open(&changed, &card), Err(OpenFormFault::Rejected(_))));
    assert!(matches!(open(&"x".repeat(40_000), &card), Err(OpenFormFault::TooLong { .. })));
}
