//! What is asked with the token of an offer: a document in each form, with a fresh nonce and proof each time, and what the
//! issuer makes later (OpenID for Verifiable Credential Issuance 1.0, sections 7 to 9 and appendix F.1).
//!
//! The token goes to the server of the offer and nowhere else. What waits is kept as a text that only the vault may hold, since
//! the token stands in it; its addresses are read as strictly when it is taken up again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Fault, IssuerId, Json, Limits, Sign as _, SigningKey, UnixTime};
use sanad_trust::members::{Written, entries, member, optional, text_of};
use ureq::http::StatusCode;
use zeroize::Zeroizing;

use super::redeem::{OfferFault, endpoint, secret, text};
use crate::web::{Address, Answer, Ask, WebFault, ask};

/// Seconds between two questions, where the issuer does not say.
const INTERVAL_SECONDS: u64 = 5;

/// Longest interval that is followed; an issuer that says more is asked by hand.
const INTERVAL_SECONDS_MAX: u64 = 86_400;

/// What is kept of something that waits: a token and four addresses.
const WAITING_LIMITS: Limits = Limits { bytes_max: 16_384, depth_max: 2, entries_max: 16, values_max: 16 };

/// A token, and where it counts.
pub struct Session {
    pub(super) issuer: Address,
    pub(super) nonce: Option<Address>,
    pub(super) credential: Address,
    pub(super) deferred: Option<Address>,
    pub(super) token: Zeroizing<String>,
}

/// What an issuer answers.
#[derive(Debug)]
pub enum Answered {
    /// A document, as it stands in the answer.
    Document(Zeroizing<String>),
    /// Not yet.
    Later(Later),
}

/// A document that the issuer makes later.
#[derive(Clone, PartialEq, Eq)]
pub struct Later {
    /// By which the issuer knows the request.
    pub(super) transaction: Zeroizing<String>,
    /// Seconds after which it may be asked again.
    pub interval: u64,
}

/// Something that waits, with everything that is needed to ask for it again.
pub struct Waiting {
    /// The token.
    pub session: Session,
    /// The request.
    pub later: Later,
    /// Whose document it is.
    pub iss: IssuerId,
    /// Id of the configuration that was asked for; none in what an older wallet kept.
    pub card: Option<String>,
    /// Id of the configuration that comes after it: the SD-JWT VC.
    pub sd_jwt: Option<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Later {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Later").field("interval", &self.interval).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Session {
    /// The issuer's address.
    pub fn issuer(&self) -> &Address {
        &self.issuer
    }

    /// Asks for a document of a configuration, bound to the key.
    ///
    /// # Errors
    /// [`OfferFault`].
    pub fn ask(&self, configuration: &str, key: &SigningKey, now: UnixTime) -> Result<Answered, OfferFault> {
        let nonce = match &self.nonce {
            Some(address) => {
                let read = |json: &Json<'_>| text(json, "c_nonce").map(Zeroizing::new);
                Some(secret("c_nonce", ask(address, &Ask::Nothing)?.read(read)?)?)
            }
            None => None,
        };
        let proof = proof(key, self.issuer.as_str(), nonce.as_ref().map(|nonce| nonce.as_str()), now);
        let mut body = Written::default();
        body.add("credential_configuration_id", Json::owned_text(configuration));
        let proofs = Json::Array(vec![Json::owned_text(&proof)]);
        body.add("proofs", Json::Object(vec![("jwt".into(), proofs)]));
        let body = body.object().to_string();
        answered(&ask(&self.credential, &Ask::Json { token: &self.token, body: &body })?)
    }

    /// Asks again for what the issuer makes later.
    ///
    /// # Errors
    /// [`OfferFault::NotWaiting`] where the issuer does not know the request any more, [`OfferFault::NoMoreWaiting`] where it
    /// says no; [`OfferFault::Later`] where it has no address for this.
    pub fn again(&self, later: &Later) -> Result<Answered, OfferFault> {
        let address = self.deferred.as_ref().ok_or(OfferFault::Later)?;
        let mut body = Written::default();
        body.add("transaction_id", Json::owned_text(&later.transaction));
        let body = Zeroizing::new(body.object().to_string());
        let answer = ask(address, &Ask::Json { token: &self.token, body: &body });
        answered(&answer.map_err(|fault| match fault {
            WebFault::Refused { error, text, .. } if error == "invalid_transaction_id" => {
                OfferFault::NotWaiting { said: if text.is_empty() { error } else { text } }
            }
            fault => ended(fault),
        })?)
    }

    /// Asks once more for a document that the issuer has given away and that did not arrive: the same key gets the same
    /// document.
    ///
    /// # Errors
    /// [`OfferFault::NoMoreWaiting`] where the issuer says no.
    pub fn once_more(
        &self,
        configuration: &str,
        key: &SigningKey,
        now: UnixTime,
    ) -> Result<Answered, OfferFault> {
        self.ask(configuration, key, now).map_err(|fault| match fault {
            OfferFault::Web(fault) => ended(fault),
            fault => fault,
        })
    }

    /// Whether the issuer can be asked again for what it makes later.
    pub fn can_wait(&self) -> bool {
        self.deferred.is_some()
    }
}

/// Refusals after which asking again is in vain.
fn ended(fault: WebFault) -> OfferFault {
    match fault {
        WebFault::Refused { error, text, .. }
            if matches!(error.as_str(), "credential_request_denied" | "invalid_token") =>
        {
            OfferFault::NoMoreWaiting { said: if text.is_empty() { error } else { text } }
        }
        fault => fault.into(),
    }
}

fn answered(answer: &Answer) -> Result<Answered, OfferFault> {
    if answer.status == StatusCode::ACCEPTED {
        let (transaction, interval) = answer.read(|json| {
            let mut object = json.object()?;
            let interval = optional(&mut object, "interval", Json::integer)?;
            Ok((Zeroizing::new(text(json, "transaction_id")?), interval))
        })?;
        let interval = interval.and_then(|seconds| u64::try_from(seconds).ok());
        let interval = interval.unwrap_or(INTERVAL_SECONDS).clamp(1, INTERVAL_SECONDS_MAX);
        return Ok(Answered::Later(Later { transaction: secret("transaction_id", transaction)?, interval }));
    }
    let mut documents = answer.read(|json| {
        let mut object = json.object()?;
        member(&mut object, "credentials", |json| {
            entries(json, |json| text(json, "credential").map(Zeroizing::new))
        })
    })?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok(Answered::Document(document)),
        (last, _) => {
            Err(OfferFault::NotOne { found: documents.len().saturating_add(usize::from(last.is_some())) })
        }
    }
}

/// The bytes of a document in the private format.
///
/// # Errors
/// [`OfferFault::NoBytes`].
pub fn document_bytes(text: &str) -> Result<Vec<u8>, OfferFault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| OfferFault::NoBytes)
}

impl Waiting {
    /// As a text, for the vault and nothing else.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let address = |address: &Address| Json::owned_text(address.as_str());
        let mut written = Written::default();
        written.add("issuer", address(&self.session.issuer));
        written.add_if("nonce", self.session.nonce.as_ref().map(address));
        written.add("credential", address(&self.session.credential));
        written.add_if("deferred", self.session.deferred.as_ref().map(address));
        written.add("token", Json::owned_text(&self.session.token));
        written.add("transaction", Json::owned_text(&self.later.transaction));
        written.add("iss", Json::owned_text(self.iss.as_str()));
        written.add_if("card", self.card.as_deref().map(Json::owned_text));
        written.add_if("sd_jwt", self.sd_jwt.as_deref().map(Json::owned_text));
        Zeroizing::new(written.object().to_string())
    }

    /// From such a text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let json = Json::parse(text, WAITING_LIMITS).ok()?;
        let read = || -> Result<_, Fault> {
            let mut object = json.object()?;
            let issuer = text_of(&mut object, "issuer", |text| Ok(text.to_owned()))?;
            let nonce = optional(&mut object, "nonce", |json| json.text().map(str::to_owned))?;
            let credential = text_of(&mut object, "credential", |text| Ok(text.to_owned()))?;
            let deferred = optional(&mut object, "deferred", |json| json.text().map(str::to_owned))?;
            let token = text_of(&mut object, "token", |text| Ok(Zeroizing::new(text.to_owned())))?;
            let transaction =
                text_of(&mut object, "transaction", |text| Ok(Zeroizing::new(text.to_owned())))?;
            let iss = text_of(&mut object, "iss", IssuerId::new)?;
            let card = optional(&mut object, "card", |json| json.text().map(str::to_owned))?;
            let sd_jwt = optional(&mut object, "sd_jwt", |json| json.text().map(str::to_owned))?;
            object.finish()?;
            Ok((issuer, [nonce, Some(credential), deferred], token, transaction, iss, [card, sd_jwt]))
        };
        let (issuer, [nonce, credential, deferred], token, transaction, iss, [card, sd_jwt]) = read().ok()?;
        let issuer = Address::parse(&issuer).ok()?;
        let beside =
            |found: Option<String>| found.map(|found| endpoint("address", &found, &issuer)).transpose();
        let (nonce, deferred) = (beside(nonce).ok()?, beside(deferred).ok()?);
        let credential = beside(credential).ok()??;
        Some(Self {
            session: Session { nonce, credential, deferred, token, issuer },
            later: Later { transaction, interval: INTERVAL_SECONDS },
            iss,
            card,
            sd_jwt,
        })
    }
}

impl Later {
    /// By which it is known in the wallet.
    pub(crate) fn id(&self) -> &str {
        &self.transaction
    }

    /// Whether both are the same request.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        self.transaction == other.transaction
    }
}

/// A proof of possession, for one issuer and one request.
fn proof(key: &SigningKey, issuer: &str, nonce: Option<&str>, now: UnixTime) -> String {
    let part = |json: Json<'_>| URL_SAFE_NO_PAD.encode(json.to_string());
    let mut jwk = Written::default();
    jwk.add("kty", Json::Text("OKP".into()));
    jwk.add("crv", Json::Text("Ed25519".into()));
    jwk.add("x", Json::owned_text(&URL_SAFE_NO_PAD.encode(key.public_key().0)));
    let mut header = Written::default();
    header.add("alg", Json::Text("EdDSA".into()));
    header.add("typ", Json::Text("openid4vci-proof+jwt".into()));
    header.add("jwk", jwk.object());
    let mut claims = Written::default();
    claims.add("aud", Json::Text(issuer.into()));
    claims.add("iat", Json::Integer(i64::try_from(now.seconds()).unwrap_or(i64::MAX)));
    claims.add_if("nonce", nonce.map(Json::owned_text));
    let signed = format!("{}.{}", part(header.object()), part(claims.object()));
    let Ok(signature) = key.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(credential: &str) -> Option<Waiting> {
        Waiting::read(&format!(
            r#"{{"issuer":"https://a.example","credential":"{credential}","deferred":"https://a.example/d","token":"t","transaction":"x","iss":"KE-SHA","sd_jwt":"coverage-sd-jwt"}}"#
        ))
    }

    #[test]
    fn what_waits_reads_back_and_no_address_elsewhere_is_asked() {
        let kept = waiting("https://a.example/c").unwrap();
        let again = Waiting::read(&kept.to_text()).unwrap();
        assert_eq!(again.session.token, kept.session.token);
        assert_eq!((again.later.id(), again.sd_jwt.as_deref()), ("x", Some("coverage-sd-jwt")));
        assert!(again.session.can_wait() && again.session.nonce.is_none());
        for wrong in ["https://b.example/c", "http://a.example/c", ""] {
            assert!(waiting(wrong).is_none(), "{wrong}");
        }
        let shown = format!("{kept:?} {:?}", kept.later);
        assert!(!shown.contains("\"t\"") && !shown.contains("\"x\""), "{shown}");
    }
}
