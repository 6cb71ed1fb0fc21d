//! A wallet of the tests' own: it does what the standard says, and what attackers would have it do.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sanad_credential::{Sign as _, SigningKey};
use sanad_openvc::PublicKey;
use serde_json::{Value, json};

use crate::DID;
use crate::forms::now;
use crate::http::Answer;
use crate::office::{Office, StoreKind};

/// The credential issuer's identifier.
pub(crate) const IDENTIFIER: &str = "https://issuer.example";

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

pub(crate) fn office(kind: StoreKind) -> Office {
    Office::known_as(kind, &[("LISTEN_PUBLIC_URL", IDENTIFIER)], Some(DID))
}

/// What a link says, and what the officer says beside it.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) json: Value,
    pub(crate) tx_code: Option<String>,
}

impl Offer {
    /// An officer's offer, read from its picture.
    pub(crate) fn of(office: &Office, cti: &str, tx_code: &str) -> Self {
        let body = json!({"tx_code": tx_code});
        let answer = office.post("registrar", &format!("/v1/credentials/{cti}/offer"), &body).is(201);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let answer = answer.json();
        let picture = STANDARD.decode(answer["qr_png"].as_str().unwrap()).unwrap();
        let link = sanad_qr::read(&picture).unwrap()[0].text().to_owned();
        assert_eq!(link, answer["offer"].as_str().unwrap());
        let offer = link.strip_prefix("openid-credential-offer://?credential_offer=").unwrap();
        let json: Value = serde_json::from_str(&decoded(offer)).unwrap();
        assert_eq!(json["credential_issuer"], IDENTIFIER);
        Self { json, tx_code: answer["tx_code"].as_str().map(str::to_owned) }
    }

    pub(crate) fn code(&self) -> String {
        self.json["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned()
    }
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Asks for a token.
pub(crate) fn token(office: &Office, code: &str, tx_code: Option<&str>) -> Answer {
    let mut form = format!("grant_type={}&pre-authorized_code={code}", GRANT.replace(':', "%3A"));
    if let Some(digits) = tx_code {
        form.push_str(&format!("&tx_code={digits}"));
    }
    post_form(office, &form)
}

pub(crate) fn post_form(office: &Office, form: &str) -> Answer {
    let call = office.call("", "POST", "/openid4vci/token");
    call.body("application/x-www-form-urlencoded", form).send()
}

/// A token of an offer.
pub(crate) fn redeemed(office: &Office, offer: &Offer) -> String {
    let answer = token(office, &offer.code(), offer.tx_code.as_deref()).is(200);
    assert_eq!(
        (answer.header("cache-control"), answer.member("token_type").as_str()),
        (Some("no-store"), "Bearer")
    );
    answer.member("access_token")
}

pub(crate) fn nonce(office: &Office) -> String {
    let answer = office.call("", "POST", "/openid4vci/nonce").send().is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.member("c_nonce")
}

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

pub(crate) fn public(key: &SigningKey) -> PublicKey {
    PublicKey::Ed25519(key.public_key())
}

/// Header and claims of a proof, to be bent by tests.
pub(crate) fn parts(key: &SigningKey, nonce: &str) -> (Value, Value) {
    (
        json!({"alg": "EdDSA", "typ": "openid4vci-proof+jwt", "jwk": public(key).to_jwk()}),
        json!({"aud": IDENTIFIER, "iat": now().seconds(), "nonce": nonce}),
    )
}

pub(crate) fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let Ok(signature) = key.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn proof(key: &SigningKey, nonce: &str) -> String {
    let (header, claims) = parts(key, nonce);
    signed(key, &header, &claims)
}

/// Asks an endpoint as the bearer of a token.
pub(crate) fn ask(office: &Office, token: &str, endpoint: &str, body: &Value) -> Answer {
    let call = office.call("", "POST", &format!("/openid4vci/{endpoint}"));
    call.header("Authorization", &format!("Bearer {token}")).json(body).send()
}

pub(crate) fn wanted(configuration: &str, proofs: &[String]) -> Value {
    json!({"credential_configuration_id": configuration, "proofs": {"jwt": proofs}})
}

/// Credentials of an answer.
pub(crate) fn credentials(answer: &Answer) -> Vec<Value> {
    let json = answer.json();
    let list = json["credentials"].as_array().unwrap_or_else(|| panic!("{json}")).clone();
    list.into_iter().map(|entry| entry["credential"].clone()).collect()
}

#[track_caller]
pub(crate) fn refused(answer: &Answer, error: &str) {
    let status = if error == "invalid_token" { 401 } else { 400 };
    assert_eq!((answer.status, answer.member("error").as_str()), (status, error), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!answer.text().contains("Zawadi"));
}
