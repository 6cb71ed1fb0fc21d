//! From an offer to the document: what the issuer says of itself, a token for the code, a nonce, and a document for a key
//! that is proved (OpenID for Verifiable Credential Issuance 1.0, sections 6 to 8 and appendix F.1).
//!
//! Everything that can be refused without spending the code is refused before the token is asked for. The token and the key's
//! proof go to the server of the offer and nowhere else: endpoints elsewhere, and an authorization server beside the issuer, are
//! refused, which the standard would allow. What comes back is bytes; whether they are a document of the issuer for this key is
//! for [`crate::holding`] and its pinned records to say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Fault, Json, Sign as _, SigningKey, UnixTime, printable};
use sanad_keyfile::tx_code::TxCode;
use sanad_trust::members::{Written, entries, member, optional, text_of};
use ureq::http::StatusCode;
use zeroize::Zeroizing;

use super::web::{Address, AddressFault, Answer, Ask, WebFault, ask};
use super::{GRANT, LINK_BYTES_MAX, LinkFault, Offer, OfferLink, TxCodeWanted};

/// The phone card, typ 293. No format of the standard is in CBOR, so it has a name of its own (docs/open-standards.md).
pub const FORMAT: &str = "vnd.sanad.entitlement+cwt";

/// Longest token and nonce.
const SECRET_BYTES_MAX: usize = 4_096;

/// An offer whose issuer has said how it is redeemed.
#[derive(Debug)]
pub struct Redeemable {
    offer: Offer,
    configuration: String,
    token: Address,
    nonce: Option<Address>,
    credential: Address,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum OfferFault {
    /// The link.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// The network.
    #[error(transparent)]
    Web(#[from] WebFault),
    /// What stands at the address is no offer.
    #[error("{address}: {fault}")]
    Referred {
        /// Where.
        address: String,
        /// Why.
        fault: LinkFault,
    },
    /// Somebody else's metadata.
    #[error("{address} holds the metadata of another issuer, \"{found}\"; the offer is of \"{wanted}\"")]
    OtherIssuer {
        /// Where.
        address: String,
        /// Of whom it is.
        found: String,
        /// Of whom it should be.
        wanted: String,
    },
    /// An address in metadata that is not asked.
    #[error("{name} in the metadata of {issuer}: {fault}")]
    Address {
        /// Which.
        name: &'static str,
        /// Whose metadata.
        issuer: String,
        /// Why.
        fault: AddressFault,
    },
    /// An endpoint on another server.
    #[error("{name} of {issuer} is on another server, {found}, which this wallet gives no code and no proof")]
    Elsewhere {
        /// Which.
        name: &'static str,
        /// Whose.
        issuer: String,
        /// Where.
        found: String,
    },
    /// Another server gives tokens.
    #[error("{issuer} leaves its tokens to other authorization servers; this wallet asks the issuer only")]
    OtherServer {
        /// Whose.
        issuer: String,
    },
    /// Nothing for this wallet is offered.
    #[error(
        "the offer has no document in the form of this wallet ({FORMAT}); it has: {offered}. Ask the issuer for a phone \
         credential, or take the offer with a wallet that knows these forms"
    )]
    OtherFormats {
        /// The formats offered.
        offered: String,
    },
    /// More than one, and no way to tell which is meant.
    #[error(
        "the offer has {found} documents in the form of this wallet; ask the issuer for an offer of each"
    )]
    Several {
        /// How many.
        found: usize,
    },
    /// A code is given that nobody asked for.
    #[error("this offer takes no transaction code; nothing was asked of the issuer")]
    TxCodeUnexpected,
    /// A code of another length; no attempt was spent.
    #[error(
        "the transaction code of this offer has {wanted} characters, this one has {found}; the issuer was not asked"
    )]
    TxCodeLength {
        /// As the offer says.
        wanted: usize,
        /// As it is.
        found: usize,
    },
    /// The code was not taken.
    #[error(
        "the issuer does not take this offer: {}it was used before, or ran out (\"{said}\"). Ask for a new offer{}",
        if *.has_tx_code { "the transaction code is wrong, or " } else { "" },
        if *.has_tx_code { " if another transaction code does not help; an issuer allows few attempts" } else { "" }
    )]
    NotGranted {
        /// Whether a transaction code was sent.
        has_tx_code: bool,
        /// What the issuer says.
        said: String,
    },
    /// The token is of another kind.
    #[error("the issuer gave a token of the type \"{found}\", this wallet knows Bearer")]
    TokenType {
        /// Which.
        found: String,
    },
    /// A token or nonce that cannot be one.
    #[error("the issuer's {name} has {bytes} bytes or characters that none has")]
    Secret {
        /// Which.
        name: &'static str,
        /// How many.
        bytes: usize,
    },
    /// Later.
    #[error(
        "the issuer makes this document later, as it does while the credential is suspended; ask for a new offer when it is in \
         force again"
    )]
    Later,
    /// None or several.
    #[error("the issuer answered with {found} documents to one key")]
    NotOne {
        /// How many.
        found: usize,
    },
    /// Not bytes.
    #[error("the issuer's document is no base64url text")]
    NoBytes,
}

/// The offer of a link, fetched where the link refers to it.
///
/// # Errors
/// [`OfferFault`].
pub fn offer(link: OfferLink) -> Result<Offer, OfferFault> {
    let address = match link {
        OfferLink::Value(offer) => return Ok(offer),
        OfferLink::Reference(address) => address,
    };
    let answer = ask(&address, &Ask::Get)?;
    let fault = |fault| OfferFault::Referred { address: address.to_string(), fault };
    if answer.text.len() > LINK_BYTES_MAX {
        return Err(WebFault::TooLarge { address: address.to_string(), limit: LINK_BYTES_MAX }.into());
    }
    Offer::parse(&answer.text).map_err(fault)
}

impl Redeemable {
    /// Asks the issuer how the offer is redeemed, and finds what is for this wallet in it.
    ///
    /// # Errors
    /// [`OfferFault`]; the code was not spent.
    pub fn of(offer: Offer) -> Result<Self, OfferFault> {
        let issuer = &offer.issuer;
        let answer = ask(&issuer.well_known("openid-credential-issuer"), &Ask::Get)?;
        let metadata = answer.read(read_metadata)?;
        must_be_of(issuer, &metadata.issuer, &answer)?;
        if metadata.servers.iter().any(|server| server != issuer.as_str()) {
            return Err(OfferFault::OtherServer { issuer: issuer.to_string() });
        }
        let format = |id: &String| {
            let known = metadata.formats.iter().find(|(known, _)| known == id);
            known.map_or("unknown to the issuer", |(_, format)| format)
        };
        let own: Vec<&String> = offer.configurations.iter().filter(|id| format(id) == FORMAT).collect();
        let configuration = match own.as_slice() {
            [one] => (*one).clone(),
            [] => {
                let mut offered: Vec<&str> = offer.configurations.iter().map(format).take(12).collect();
                offered.dedup();
                return Err(OfferFault::OtherFormats { offered: printable(&offered.join(", ")) });
            }
            several => return Err(OfferFault::Several { found: several.len() }),
        };
        let server = ask(&issuer.well_known("oauth-authorization-server"), &Ask::Get)?;
        let (server_issuer, token) = server.read(read_server)?;
        must_be_of(issuer, &server_issuer, &server)?;
        Ok(Self {
            configuration,
            token: endpoint("token_endpoint", &token, issuer)?,
            nonce: metadata.nonce.map(|found| endpoint("nonce_endpoint", &found, issuer)).transpose()?,
            credential: endpoint("credential_endpoint", &metadata.credential, issuer)?,
            offer,
        })
    }

    /// Redeems the offer for a document bound to the key.
    ///
    /// # Errors
    /// [`OfferFault`]; the code is spent, unless the issuer did not take it.
    pub fn redeem(
        &self,
        tx_code: Option<&TxCode>,
        key: &SigningKey,
        now: UnixTime,
    ) -> Result<Vec<u8>, OfferFault> {
        let token = self.token(tx_code)?;
        let nonce = match &self.nonce {
            Some(address) => {
                let read = |json: &Json<'_>| text(json, "c_nonce").map(Zeroizing::new);
                Some(secret("c_nonce", ask(address, &Ask::Nothing)?.read(read)?)?)
            }
            None => None,
        };
        let proof = proof(key, self.offer.issuer.as_str(), nonce.as_ref().map(|nonce| nonce.as_str()), now);
        let mut body = Written::default();
        body.add("credential_configuration_id", Json::owned_text(&self.configuration));
        let proofs = Json::Array(vec![Json::owned_text(&proof)]);
        body.add("proofs", Json::Object(vec![("jwt".into(), proofs)]));
        let body = body.object().to_string();
        let answer = ask(&self.credential, &Ask::Json { token: &token, body: &body })?;
        if answer.status == StatusCode::ACCEPTED {
            return Err(OfferFault::Later);
        }
        let documents = answer.read(|json| {
            let mut object = json.object()?;
            member(&mut object, "credentials", |json| entries(json, |json| text(json, "credential")))
        })?;
        match documents.as_slice() {
            [document] => URL_SAFE_NO_PAD.decode(document).map_err(|_| OfferFault::NoBytes),
            several => Err(OfferFault::NotOne { found: several.len() }),
        }
    }

    /// What the holder has to enter.
    pub fn tx_code_wanted(&self) -> &TxCodeWanted {
        &self.offer.tx_code
    }

    fn token(&self, tx_code: Option<&TxCode>) -> Result<Zeroizing<String>, OfferFault> {
        let grant = encoded(GRANT).to_string();
        let mut form = Zeroizing::new(format!(
            "grant_type={grant}&pre-authorized_code={}",
            encoded(self.offer.code()).as_str()
        ));
        match (&self.offer.tx_code, tx_code) {
            (TxCodeWanted::No, None) => {}
            (TxCodeWanted::No, Some(_)) => return Err(OfferFault::TxCodeUnexpected),
            (TxCodeWanted::Yes { length, .. }, given) => {
                let code = given.map_or("", TxCode::expose);
                let found = code.chars().count();
                let wanted = length.unwrap_or_else(|| found.max(1));
                if found != wanted {
                    return Err(OfferFault::TxCodeLength { wanted, found });
                }
                form.push_str("&tx_code=");
                form.push_str(&encoded(code));
            }
        }
        let answer = ask(&self.token, &Ask::Form(&form)).map_err(|fault| match fault {
            WebFault::Refused { error, text, .. } if error == "invalid_grant" => {
                OfferFault::NotGranted { has_tx_code: tx_code.is_some(), said: text }
            }
            fault => fault.into(),
        })?;
        let (token, kind) = answer.read(|json| {
            let token = Zeroizing::new(text(json, "access_token")?);
            Ok((token, text(json, "token_type")?))
        })?;
        if !kind.eq_ignore_ascii_case("bearer") {
            let found = printable(&kind.chars().take(40).collect::<String>());
            return Err(OfferFault::TokenType { found });
        }
        secret("access_token", token)
    }
}

struct Metadata {
    issuer: String,
    servers: Vec<String>,
    nonce: Option<String>,
    credential: String,
    /// Id and format of each configuration.
    formats: Vec<(String, String)>,
}

/// Metadata have members for everybody's needs; those that decide something here are read, strictly.
fn read_metadata(json: &Json<'_>) -> Result<Metadata, Fault> {
    let mut object = json.object()?;
    let servers = optional(&mut object, "authorization_servers", |json| {
        entries(json, |json| json.text().map(str::to_owned))
    })?;
    let formats = member(&mut object, "credential_configurations_supported", |json| {
        let configurations = json.members()?.iter();
        configurations.map(|(id, json)| Ok((id.to_string(), text(json, "format")?))).collect()
    })?;
    Ok(Metadata {
        issuer: text(json, "credential_issuer")?,
        servers: servers.unwrap_or_default(),
        nonce: optional(&mut object, "nonce_endpoint", |json| json.text().map(str::to_owned))?,
        credential: text(json, "credential_endpoint")?,
        formats,
    })
}

fn read_server(json: &Json<'_>) -> Result<(String, String), Fault> {
    Ok((text(json, "issuer")?, text(json, "token_endpoint")?))
}

fn text(json: &Json<'_>, name: &'static str) -> Result<String, Fault> {
    text_of(&mut json.object()?, name, |text| Ok(text.to_owned()))
}

fn must_be_of(issuer: &Address, found: &str, answer: &Answer) -> Result<(), OfferFault> {
    if found == issuer.as_str() {
        return Ok(());
    }
    Err(OfferFault::OtherIssuer {
        address: answer.address.clone(),
        found: printable(&found.chars().take(200).collect::<String>()),
        wanted: issuer.to_string(),
    })
}

fn endpoint(name: &'static str, found: &str, issuer: &Address) -> Result<Address, OfferFault> {
    let address = Address::parse(found).map_err(|fault| OfferFault::Address {
        name,
        issuer: issuer.to_string(),
        fault,
    })?;
    if address.is_beside(issuer) {
        return Ok(address);
    }
    Err(OfferFault::Elsewhere { name, issuer: issuer.to_string(), found: address.to_string() })
}

/// What goes into a header or a proof as it came.
fn secret(name: &'static str, text: Zeroizing<String>) -> Result<Zeroizing<String>, OfferFault> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (1..=SECRET_BYTES_MAX).contains(&text.len()) {
        return Ok(text);
    }
    Err(OfferFault::Secret { name, bytes: text.len() })
}

/// Everything but the unreserved characters of RFC 3986.
fn encoded(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 0x0F].into_iter().filter_map(|nibble| {
                char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase())
            }));
        }
    }
    encoded
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
