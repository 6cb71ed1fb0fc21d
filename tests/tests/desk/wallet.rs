//! The wallet of an invented household: what it holds, what it is asked, and what it shows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Claims, HolderKey, SigningKey, UnixTime};
use sanad_openvc::{
    Binding, DidDocument, Profile, ProofOptions, PublicKey, Purpose, Suite, did_key, https_issuer, issue,
    issue_sd_jwt, key_fragment, present, present_sd_jwt, sole_method, to_credential, to_sd_jwt,
};
use sanad_tests::region::key;
use sanad_tests::two_countries::HOUSEHOLD;
use serde_json::{Value, json};

use crate::service::{Answer, DID, Desk, NOW};

pub(crate) fn phone(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

pub(crate) fn did(key: &SigningKey) -> String {
    did_key(&PublicKey::Ed25519(key.public_key()))
}

pub(crate) fn method(key: &SigningKey) -> String {
    sole_method(&did(key)).unwrap()
}

pub(crate) fn issuer_address() -> String {
    https_issuer(DID).unwrap()
}

/// How proofs name a key of the issuer.
pub(crate) fn issuer_method(name: &str) -> String {
    format!("{DID}#{}", key_fragment(&key(name).public_key()))
}

/// The household's entitlement, bound to phone 7.
fn claims() -> Claims {
    claims_of(HOUSEHOLD)
}

/// These claims, bound to phone 7.
pub(crate) fn claims_of(text: &str) -> Claims {
    let mut draft = Claims::from_json_text(text).unwrap().into_draft();
    draft.holder_key = Some(HolderKey(phone(7).public_key()));
    draft.check().unwrap()
}

pub(crate) fn sd_jwt() -> String {
    sd_jwt_by(&key("KE-SHA credential"), &issuer_address())
}

pub(crate) fn sd_jwt_by(signer: &SigningKey, issuer: &str) -> String {
    sd_jwt_of(&claims(), signer, issuer)
}

pub(crate) fn sd_jwt_of(claims: &Claims, signer: &SigningKey, issuer: &str) -> String {
    let mut next = 0_u8;
    let mut salt = || {
        next += 1;
        [next; 16]
    };
    let kid = key_fragment(&signer.public_key());
    issue_sd_jwt(&to_sd_jwt(claims, issuer), &kid, &mut salt, signer).unwrap()
}

pub(crate) fn options(suite: Suite, method: &str) -> ProofOptions<'_> {
    ProofOptions {
        suite,
        verification_method: method,
        purpose: Purpose::AssertionMethod,
        created: Some(UnixTime::parse("2026-05-02").unwrap()),
        challenge: None,
        domain: None,
        id: None,
        previous: &[],
    }
}

pub(crate) fn credential(suite: Suite) -> Value {
    credential_by(suite, &key("KE-SHA credential"), DID, &issuer_method("KE-SHA credential"))
}

pub(crate) fn credential_by(suite: Suite, signer: &SigningKey, did: &str, method: &str) -> Value {
    let credential = to_credential(&claims(), did);
    Value::Object(issue(&credential, &options(suite, method), Profile::Production, signer).unwrap())
}

/// What a request object asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) request_path: String,
    pub(crate) response_path: String,
    pub(crate) client_id: String,
    pub(crate) nonce: String,
    pub(crate) state: String,
}

fn unescaped(text: &str) -> String {
    text.replace("%3A", ":").replace("%2F", "/")
}

impl Asked {
    /// What the request object says.
    pub(crate) fn claims(desk: &Desk, link: &str) -> Value {
        let path = link.split_once("request_uri=").map(|(_, uri)| unescaped(uri)).unwrap();
        let fetched = desk.get(path.strip_prefix(&desk.base()).unwrap());
        let payload = fetched.body.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    /// Follows the link of the QR and checks the request object as a wallet must.
    pub(crate) fn fetch(desk: &Desk, link: &str) -> Self {
        let query = link.strip_prefix("openid4vp://?").unwrap();
        let parameter = |wanted: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{wanted}="))).unwrap();
            unescaped(value)
        };
        let (client_id, uri) = (parameter("client_id"), parameter("request_uri"));
        let request_path = uri.strip_prefix(&desk.base()).unwrap().to_owned();
        let fetched = desk.get(&request_path);
        fetched.is(200);
        let (signed, signature) = fetched.body.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let header: Value = serde_json::from_slice(&decode(header)).unwrap();
        let claims: Value = serde_json::from_slice(&decode(payload)).unwrap();
        assert_eq!(header["typ"], "oauth-authz-req+jwt");
        let signer = client_id.strip_prefix("decentralized_identifier:").unwrap();
        let document = DidDocument::of_key_did(signer).unwrap();
        let method = &document.methods()[0];
        assert_eq!(header["kid"], method.id);
        method.key.verify(signed.as_bytes(), &decode(signature).try_into().unwrap()).unwrap();
        assert_eq!(claims["client_id"], client_id);
        assert_eq!(claims["aud"], "https://self-issued.me/v2");
        assert_eq!(
            (&claims["response_type"], &claims["response_mode"]),
            (&json!("vp_token"), &json!("direct_post"))
        );
        let queries = claims["dcql_query"]["credentials"].as_array().unwrap();
        assert_eq!(queries.len(), 2);
        assert_eq!(queries[0]["meta"]["vct_values"][0], "urn:sanad:vct:coverage:v1");
        let text = |name: &str| claims[name].as_str().unwrap().to_owned();
        assert!(text("nonce").len() >= 22 && text("state").len() >= 22);
        let response_path = text("response_uri").strip_prefix(&desk.base()).unwrap().to_owned();
        Self { request_path, response_path, client_id, nonce: text("nonce"), state: text("state") }
    }

    /// Posts a `vp_token`.
    pub(crate) fn post(&self, desk: &Desk, token: &Value) -> Answer {
        let escaped: String = token.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        desk.form(&self.response_path, &format!("vp_token={escaped}&state={}", self.state))
    }
}

/// One presentation to one query.
pub(crate) fn vp_token(query: &str, presentation: Value) -> Value {
    json!({ query: [presentation] })
}

/// Number and name, and nothing else of the person, by the phone of the household.
pub(crate) fn shown(sd_jwt: &str, asked: &Asked) -> String {
    shown_by(sd_jwt, asked, &phone(7), &["number", "name"], NOW)
}

pub(crate) fn shown_by(
    sd_jwt: &str,
    asked: &Asked,
    holder: &SigningKey,
    disclosed: &[&str],
    at: &str,
) -> String {
    let iat = UnixTime::parse(at).unwrap();
    let binding = Binding { audience: &asked.client_id, nonce: &asked.nonce, iat };
    present_sd_jwt(sd_jwt, disclosed, Some((&binding, holder))).unwrap()
}

pub(crate) fn presentation(credential: &Value, asked: &Asked, suite: Suite) -> Value {
    presentation_by(credential, asked, suite, &phone(7))
}

pub(crate) fn presentation_by(credential: &Value, asked: &Asked, suite: Suite, holder: &SigningKey) -> Value {
    presentation_as(credential, asked, suite, holder, &json!(did(holder)))
}

/// Signed for `n` and `clinic.example`, with this `holder` in it.
pub(crate) fn presentation_naming(
    credential: &Value,
    named: &Value,
    suite: Suite,
    holder: &SigningKey,
) -> Value {
    let asked = Asked { nonce: "n".into(), client_id: "clinic.example".into(), ..Asked::default() };
    presentation_as(credential, &asked, suite, holder, named)
}

fn presentation_as(
    credential: &Value,
    asked: &Asked,
    suite: Suite,
    holder: &SigningKey,
    named: &Value,
) -> Value {
    let unsigned = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": named,
        "verifiableCredential": [credential],
    });
    let method = method(holder);
    let options = ProofOptions {
        purpose: Purpose::Authentication,
        created: Some(UnixTime::parse(NOW).unwrap()),
        challenge: Some(&asked.nonce),
        domain: Some(&asked.client_id),
        ..options(suite, &method)
    };
    let signed = present(unsigned.as_object().unwrap(), &options, Profile::Production, holder);
    Value::Object(signed.unwrap())
}
