//! What is asked with the token of an offer: a document in each form, with a fresh nonce and proof each time, and what the
//! issuer makes later (OpenID for Verifiable Credential Issuance 1.0, sections 7 to 9 and appendix F.1).
//!
//! The token goes to the server of the offer and nowhere else. What has not arrived is kept as a text that only the vault may
//! hold, since the token stands in it; its addresses are read as strictly when it is taken up again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Fault, FixedBytes, IssuerId, Json, Limits, Sign as _, SigningKey, UnixTime};
use sanad_trust::members::{Written, entries, member, optional, text_of};
use sanad_trust::metadata::Sha256Hash;
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
    /// Until when the token counts, where nothing is made later; none in what an older wallet kept.
    pub(super) until: Option<UnixTime>,
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

/// Something that has not arrived, with everything that is needed to ask for it again.
pub struct Waiting {
    /// The token.
    pub session: Session,
    /// What is asked for next.
    pub next: Next,
    /// Whose document it is.
    pub iss: IssuerId,
    /// Id of the configuration that comes after it: the SD-JWT VC.
    pub sd_jwt: Option<String>,
    /// Of which offer it is, so that its code is not sent twice; none in what an older wallet kept.
    pub offer: Option<Sha256Hash>,
}

/// What is asked for next.
pub enum Next {
    /// The card, by the id of its configuration.
    Card(String),
    /// What the issuer makes later, and then once more the card; without its id in what an older wallet kept.
    Later(Later, Option<String>),
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

    fn ask(&self, configuration: &str, key: &SigningKey, now: UnixTime) -> Result<Answered, OfferFault> {
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
    fn again(&self, later: &Later) -> Result<Answered, OfferFault> {
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

    /// Asks for a document that the issuer may have given away before, and that did not arrive: the same key gets the same one.
    ///
    /// # Errors
    /// [`OfferFault::NoMoreWaiting`] and [`OfferFault::TokenOver`] where the issuer says no.
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

/// Refusals of the document and of the token, by their own names.
fn ended(fault: WebFault) -> OfferFault {
    match fault {
        WebFault::Refused { error, text, status, .. } if status == 401 || error == "invalid_token" => {
            OfferFault::TokenOver { said: if text.is_empty() { error } else { text } }
        }
        WebFault::Refused { error, text, .. } if error == "credential_request_denied" => {
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
    /// By which it is known in the wallet.
    pub(crate) fn id(&self) -> &str {
        match &self.next {
            Next::Card(_) => &self.session.token,
            Next::Later(later, _) => &later.transaction,
        }
    }

    /// Asks for the card.
    ///
    /// # Errors
    /// [`OfferFault`]; where it is for good (`is_for_good`), asking again is in vain.
    pub fn ask(&self, key: &SigningKey, now: UnixTime) -> Result<Answered, OfferFault> {
        match &self.next {
            Next::Card(card) => self.session.once_more(card, key, now),
            Next::Later(later, card) => match (self.session.again(later), card) {
                (Err(OfferFault::NotWaiting { .. }), Some(card)) => self.session.once_more(card, key, now),
                (answered, _) => answered,
            },
        }
    }

    /// The same, with what the issuer makes later.
    pub(crate) fn made_later(self, later: Later) -> Self {
        let card = match self.next {
            Next::Card(card) | Next::Later(_, Some(card)) => Some(card),
            Next::Later(_, None) => None,
        };
        Self { next: Next::Later(later, card), ..self }
    }

    /// Whether its token has ended by the clock. What is made later lasts as long as the issuer keeps it, which it says when it
    /// is asked.
    pub(crate) fn is_over(&self, now: UnixTime) -> bool {
        matches!(self.next, Next::Card(_)) && self.session.until.is_some_and(|until| until < now)
    }

    /// As a text, for the vault and nothing else.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let address = |address: &Address| Json::owned_text(address.as_str());
        let (later, card) = match &self.next {
            Next::Card(card) => (None, Some(card)),
            Next::Later(later, card) => (Some(later), card.as_ref()),
        };
        let until = self.session.until.map(|until| Json::owned_text(&until.to_string()));
        let mut written = Written::default();
        written.add("issuer", address(&self.session.issuer));
        written.add_if("nonce", self.session.nonce.as_ref().map(address));
        written.add("credential", address(&self.session.credential));
        written.add_if("deferred", self.session.deferred.as_ref().map(address));
        written.add("token", Json::owned_text(&self.session.token));
        written.add_if("until", until);
        written.add_if("transaction", later.map(|later| Json::owned_text(&later.transaction)));
        written.add("iss", Json::owned_text(self.iss.as_str()));
        written.add_if("card", card.map(|card| Json::owned_text(card)));
        written.add_if("sd_jwt", self.sd_jwt.as_deref().map(Json::owned_text));
        written.add_if("offer", self.offer.map(|offer| Json::owned_text(&offer.to_string())));
        Zeroizing::new(written.object().to_string())
    }

    /// From such a text, or one of an older wallet, which kept only what is made later.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let json = Json::parse(text, WAITING_LIMITS).ok()?;
        let kept = KeptWaiting::read(&json).ok()?;
        let issuer = Address::parse(&kept.issuer).ok()?;
        let beside =
            |found: Option<String>| found.map(|found| endpoint("address", &found, &issuer)).transpose();
        let (nonce, deferred) = (beside(kept.nonce).ok()?, beside(kept.deferred).ok()?);
        let credential = beside(Some(kept.credential)).ok()??;
        let next = match (kept.transaction, kept.card) {
            (Some(transaction), card) => Next::Later(Later { transaction, interval: INTERVAL_SECONDS }, card),
            (None, card) => Next::Card(card?),
        };
        Some(Self {
            session: Session { nonce, credential, deferred, token: kept.token, until: kept.until, issuer },
            next,
            iss: kept.iss,
            sd_jwt: kept.sd_jwt,
            offer: kept.offer,
        })
    }
}

/// The members of such a text.
struct KeptWaiting {
    issuer: String,
    nonce: Option<String>,
    credential: String,
    deferred: Option<String>,
    token: Zeroizing<String>,
    until: Option<UnixTime>,
    transaction: Option<Zeroizing<String>>,
    iss: IssuerId,
    card: Option<String>,
    sd_jwt: Option<String>,
    offer: Option<Sha256Hash>,
}

impl KeptWaiting {
    fn read(json: &Json<'_>) -> Result<Self, Fault> {
        let own = |text: &str| Ok(text.to_owned());
        let text = |json: &Json<'_>| json.text().map(str::to_owned);
        let mut object = json.object()?;
        let kept = Self {
            issuer: text_of(&mut object, "issuer", own)?,
            nonce: optional(&mut object, "nonce", text)?,
            credential: text_of(&mut object, "credential", own)?,
            deferred: optional(&mut object, "deferred", text)?,
            token: text_of(&mut object, "token", own)?.into(),
            until: optional(&mut object, "until", |json| UnixTime::parse(json.text()?))?,
            transaction: optional(&mut object, "transaction", text)?.map(Zeroizing::new),
            iss: text_of(&mut object, "iss", IssuerId::new)?,
            card: optional(&mut object, "card", text)?,
            sd_jwt: optional(&mut object, "sd_jwt", text)?,
            offer: optional(&mut object, "offer", |json| FixedBytes::from_hex(json.text()?))?,
        };
        object.finish()?;
        Ok(kept)
    }
}

impl Later {
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
        // As the first version kept it: without the card's configuration, the offer and an end.
        let kept = waiting("https://a.example/c").unwrap();
        let again = Waiting::read(&kept.to_text()).unwrap();
        assert_eq!(again.session.token, kept.session.token);
        assert_eq!((again.id(), again.sd_jwt.as_deref()), ("x", Some("coverage-sd-jwt")));
        assert!(matches!(&again.next, Next::Later(_, None)));
        assert!(again.session.can_wait() && again.session.nonce.is_none() && again.offer.is_none());
        for wrong in ["https://b.example/c", "http://a.example/c", ""] {
            assert!(waiting(wrong).is_none(), "{wrong}");
        }
        let Next::Later(later, _) = &kept.next else { panic!("{kept:?}") };
        let shown = format!("{kept:?} {later:?}");
        assert!(!shown.contains("\"t\"") && !shown.contains("\"x\""), "{shown}");
    }

    #[test]
    fn a_token_waits_for_its_card_until_its_end_and_longer_once_the_issuer_makes_it_later() {
        let time = |text: &str| UnixTime::parse(text).unwrap();
        let (end, after) = (time("2026-02-10T12:05:00Z"), time("2026-02-10T12:05:01Z"));
        let text = |card: &str| {
            format!(
                r#"{{"issuer":"https://a.example","credential":"https://a.example/c","token":"t","until":"{end}","iss":"KE-SHA"{card},"offer":"{}"}}"#,
                "0a".repeat(32)
            )
        };
        assert!(Waiting::read(&text("")).is_none(), "nothing is asked for");
        let kept = Waiting::read(&text(r#","card":"coverage-cwt""#)).unwrap();
        assert_eq!(kept.id(), "t");
        assert!(!kept.is_over(end) && kept.is_over(after));
        let again = Waiting::read(&kept.to_text()).unwrap();
        assert_eq!(again.offer, Some(FixedBytes([10; 32])));
        let later = again.made_later(Later { transaction: "x".to_owned().into(), interval: 5 });
        let later = Waiting::read(&later.to_text()).unwrap();
        assert!(matches!(&later.next, Next::Later(_, Some(card)) if card == "coverage-cwt"));
        assert!(later.id() == "x" && !later.is_over(after));
    }
}
