//! OpenID for Verifiable Presentations 1.0: what a phone is asked, and its one answer.
//!
//! A signed request object (RFC 9101) is fetched by the phone from the link in the QR; its DCQL query asks for an
//! entitlement as SD-JWT VC or as W3C credential. The answer comes by `direct_post`, once, within its window. The client id
//! is the did:key of the desk's own key ([`super::request_key`]), so that every phone can check the request, a wallet knows
//! a facility again, and an answer to another verifier has another audience.
//!
//! Refused: every answer without the holder's proof over this nonce and this audience, more or other presentations than
//! were asked for, signatures that do not hold, disclosures that hold back what the decision needs. An issuer or a key that
//! the pack does not have is unknown and not wrong: it is decided as on paper, without a look at the holder's proof, whose key
//! nobody vouches for. A key that others may have is decided too.
//!
//! Where this machine does not know the time, the request says none and the age of an answer is not judged: the nonce is the
//! desk's own, counts once, and its window runs on a clock that nobody sets. Whether an entitlement is in time, revoked or
//! beyond its issuer's scope is for the decision, as with a paper QR.

use sanad_credential::{SigningKey, UnixTime};
use sanad_openvc::{
    CREDENTIAL_TYPE_IRI, Fault, KeyBinding, Times, Verifying, VerifyingPresentation, VerifyingSdJwt,
    sign_jwt, sole_method, vct, verify_presentation, verify_sd_jwt,
};
use serde_json::{Map, Value, json};

use super::decision::Presented;
use super::question::DeskQuestion;
use super::request_key::RequestKey;
use super::requests::Asked;
use super::trust::Loaded;
use crate::open_form;

/// Type of a request object (RFC 9101 section 10.8).
const REQUEST_TYP: &str = "oauth-authz-req+jwt";

/// Media type of a request object.
pub const REQUEST_MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";

/// Audience of a request to whatever wallet reads the QR (OpenID4VP section 5.8).
const ANY_WALLET: &str = "https://self-issued.me/v2";

/// Names of the two queries.
const SD_JWT: &str = "entitlement_sd_jwt";
const LDP_VC: &str = "entitlement_ldp_vc";

/// What is told beside an answer about an issuer or a key that the pack does not have.
const NOT_VERIFIED: &str =
    "the issuer's signature was not verified: this pack does not have its issuer or its key";

/// What of the person the decision and the comparison at the desk need.
const DISCLOSED: [&str; 2] = ["number", "name"];

/// Who asks.
pub struct Client {
    key: SigningKey,
    /// The did:key: the name under which wallets know this desk.
    pub did: String,
    method: String,
    /// The client id with its prefix: the audience of every answer.
    pub id: String,
}

impl Client {
    /// With the desk's key.
    ///
    /// # Errors
    /// In words; no did:key of an Ed25519 key is without its verification method.
    pub fn new(RequestKey { key, did }: RequestKey) -> Result<Self, String> {
        let method = sole_method(&did).ok_or("the request key has no verification method")?;
        let id = format!("decentralized_identifier:{did}");
        Ok(Self { key, did, method, id })
    }

    /// The link that opens a wallet.
    pub fn link(&self, base: &str, id: &str) -> String {
        let request = format!("{base}/openid4vp/request/{id}");
        format!("openid4vp://?client_id={}&request_uri={}", escaped(&self.id), escaped(&request))
    }

    /// The signed request object.
    ///
    /// # Errors
    /// The signer's.
    pub fn request_object(
        &self,
        base: &str,
        id: &str,
        asked: &Asked,
        now: Option<UnixTime>,
        seconds: u64,
    ) -> Result<String, Fault> {
        let claims = json!({
            "iss": self.did,
            "aud": ANY_WALLET,
            "client_id": self.id,
            "response_type": "vp_token",
            "response_mode": "direct_post",
            "response_uri": format!("{base}/openid4vp/response/{id}"),
            "nonce": asked.nonce,
            "state": asked.state,
            "dcql_query": query(&asked.question),
            "client_metadata": { "vp_formats_supported": formats() },
        });
        let mut claims = claims.as_object().cloned().unwrap_or_default();
        if let Some(now) = now {
            claims.insert("iat".into(), now.seconds().into());
            claims.insert("exp".into(), now.seconds().saturating_add(seconds).into());
        }
        sign_jwt(REQUEST_TYP, Some(&self.method), &claims, &self.key)
    }
}

fn formats() -> Value {
    json!({
        "dc+sd-jwt": { "sd-jwt_alg_values": ["EdDSA"], "kb-jwt_alg_values": ["EdDSA"] },
        "ldp_vc": {
            "proof_type_values": ["DataIntegrityProof"],
            "cryptosuite_values": ["eddsa-rdfc-2022", "eddsa-jcs-2022"],
        },
    })
}

fn query(question: &DeskQuestion) -> Value {
    use sanad_credential::RightType as R;
    let types = [R::Coverage, R::Benefit, R::CrossBorder].map(vct);
    // Others of the household are disclosed only where one of them is served.
    let others = ["members"].into_iter().filter(|_| question.member.value() != 1);
    let claims: Vec<Value> =
        DISCLOSED.into_iter().chain(others).map(|name| json!({ "path": [name] })).collect();
    json!({
        "credentials": [
            {
                "id": SD_JWT,
                "format": "dc+sd-jwt",
                "meta": { "vct_values": types },
                "claims": claims,
                "require_cryptographic_holder_binding": true,
            },
            {
                "id": LDP_VC,
                "format": "ldp_vc",
                "meta": { "type_values": [["https://www.w3.org/2018/credentials#VerifiableCredential", CREDENTIAL_TYPE_IRI]] },
                "require_cryptographic_holder_binding": true,
            },
        ],
        "credential_sets": [{ "options": [[SD_JWT], [LDP_VC]] }],
    })
}

/// What is verified of an answer.
pub struct Expected<'e> {
    /// Whose keys are believed.
    pub loaded: &'e Loaded,
    /// What was asked.
    pub asked: &'e Asked,
    /// The time.
    pub now: UnixTime,
    /// Who looks at the times.
    pub times: Times,
    /// For how long an answer may be signed before it comes.
    pub age_seconds_max: u64,
}

impl Client {
    /// Verifies a `vp_token`: the one presentation that was asked for.
    ///
    /// # Errors
    /// In words, without a value of the presentation.
    pub fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Presented, String> {
        let in_words = |fault: Fault| fault.to_string();
        let token = sanad_openvc::parse_object(token.as_bytes(), sanad_openvc::DOCUMENT).map_err(in_words)?;
        let (name, presented) = one_entry(&token)?;
        match (name, presented) {
            (SD_JWT, Value::String(text)) => self.verify_sd_jwt(text, expected).map_err(in_words),
            (LDP_VC, Value::Object(document)) => self.verify_ldp(document, expected),
            (SD_JWT | LDP_VC, _) => Err(format!("{name}: a presentation of this format is wanted")),
            _ => Err("vp_token: only what was asked for is taken".to_owned()),
        }
    }

    fn verify_sd_jwt(&self, text: &str, expected: &Expected<'_>) -> Result<Presented, Fault> {
        let controllers = &expected.loaded.deciding;
        let shown = text.rfind('~').and_then(|last| text.get(..=last)).unwrap_or(text);
        if let Some(form) = open_form::unknown_sd_jwt(text, &expected.loaded.pack, controllers) {
            return Ok(Presented { form, shown: shown.into(), fault: Some(NOT_VERIFIED) });
        }
        let verified = verify_sd_jwt(
            text,
            &VerifyingSdJwt {
                controllers,
                now: expected.now,
                times: expected.times,
                key_binding: KeyBinding::Require {
                    audience: &self.id,
                    nonce: &expected.asked.nonce,
                    age_seconds_max: expected.age_seconds_max,
                },
            },
        )?;
        let form = open_form::of_sd_jwt(text, &verified, controllers)?;
        Ok(Presented { form, shown: shown.into(), fault: None })
    }

    fn verify_ldp(
        &self,
        document: &Map<String, Value>,
        expected: &Expected<'_>,
    ) -> Result<Presented, String> {
        let controllers = &expected.loaded.deciding;
        let shown = match document.get("verifiableCredential") {
            Some(Value::Array(entries)) if entries.len() == 1 => entries.first(),
            Some(Value::Array(_)) | None => None,
            one => one,
        };
        let unknown = |shown| open_form::unknown_credential(shown, &expected.loaded.pack, controllers);
        if let Some((form, shown)) = shown.and_then(|shown| Some((unknown(shown)?, shown.clone()))) {
            return Ok(Presented { form, shown, fault: Some(NOT_VERIFIED) });
        }
        let verifying = VerifyingPresentation {
            credentials: Verifying { controllers, now: expected.now, times: expected.times },
            challenge: Some(&expected.asked.nonce),
            domain: Some(&self.id),
        };
        let in_words = |fault: Fault| fault.to_string();
        let verified = verify_presentation(document, &verifying).map_err(in_words)?;
        let [credential] = verified.credentials.as_slice() else {
            return Err("verifiableCredential: one entitlement is wanted".to_owned());
        };
        if !verified.is_held(credential) {
            return Err("holder: the entitlement was issued to another key".to_owned());
        }
        let form = open_form::of_credential(credential, controllers).map_err(in_words)?;
        // One that came in an envelope of its own has none outside of it.
        let shown = shown.cloned().unwrap_or_else(|| Value::Object(credential.document().clone()));
        Ok(Presented { form, shown, fault: None })
    }
}

/// Exactly one query is answered, with exactly one presentation.
fn one_entry(token: &Map<String, Value>) -> Result<(&str, &Value), String> {
    let mut entries = token.iter();
    let (Some((name, Value::Array(presentations))), None) = (entries.next(), entries.next()) else {
        return Err("vp_token: one query with an array of one presentation is wanted".to_owned());
    };
    match presentations.as_slice() {
        [one] => Ok((name, one)),
        _ => Err("vp_token: one presentation is wanted".to_owned()),
    }
}

/// RFC 3986: everything but unreserved characters as `%` and two digits.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
