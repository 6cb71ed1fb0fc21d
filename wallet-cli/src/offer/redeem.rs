//! From an offer to a token: what the issuer says of itself, what of the offer is for this wallet, and the code's token (OpenID
//! for Verifiable Credential Issuance 1.0, section 6). Documents are asked for with it in [`super::session`].
//!
//! The card comes first, in the private format; where the offer has the same entitlement as SD-JWT VC, that stands beside it.
//!
//! Everything that can be refused without spending the code is refused before the token is asked for. The token and the key's
//! proof go to the server of the offer and nowhere else: endpoints elsewhere, and an authorization server beside the issuer, are
//! refused, which the standard would allow. What comes back is bytes; whether they are a document of the issuer for this key is
//! for [`crate::holding`] and its pinned records to say.

use sanad_credential::{Fault, Json, UnixTime, printable};
use sanad_keyfile::tx_code::TxCode;
use sanad_trust::members::{entries, member, optional, text_of};
use zeroize::Zeroizing;

use super::session::Session;
use super::{GRANT, LINK_BYTES_MAX, LinkFault, Offer, OfferLink, TxCodeWanted};
use crate::form::encoded;
use crate::web::{Address, AddressFault, Answer, Ask, WebFault, ask};

/// The phone card, typ 293. No format of the standard is in CBOR, so it has a name of its own (docs/open-standards.md).
pub const FORMAT: &str = "vnd.sanad.entitlement+cwt";

/// SD-JWT VC, which verifiers ask for over the network.
pub const SD_JWT_FORMAT: &str = "dc+sd-jwt";

/// Longest token, nonce and transaction id.
const SECRET_BYTES_MAX: usize = 4_096;

/// Longest life of a token that is believed, and that of one whose issuer says none: what an interruption left is forgotten
/// after it.
const TOKEN_SECONDS_MAX: u64 = 86_400;

/// An offer whose issuer has said how it is redeemed.
#[derive(Debug)]
pub struct Redeemable {
    offer: Offer,
    card: String,
    sd_jwt: Option<String>,
    token: Address,
    nonce: Option<Address>,
    credential: Address,
    deferred: Option<Address>,
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
    /// The issuer does not know of anything that waits: it gave it away, or let it lapse.
    #[error("the issuer has nothing that waits (\"{said}\"); ask for a new offer")]
    NotWaiting {
        /// What the issuer says.
        said: String,
    },
    /// The token counts no more.
    #[error(
        "the token of this offer counts no more (\"{said}\"), so nothing can be asked with it; ask for a new offer"
    )]
    TokenOver {
        /// What the issuer says.
        said: String,
    },
    /// What waited does not wait any more.
    #[error("the issuer does not make this document any more (\"{said}\"); ask for a new offer")]
    NoMoreWaiting {
        /// What the issuer says.
        said: String,
    },
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

impl OfferFault {
    /// Whether asking again with the same token is in vain: the issuer said no, or what it gave is no answer to this wallet.
    /// What a network or a server does for a while is not, nor a nonce that was over and a proof of a clock that is wrong.
    pub(crate) fn is_for_good(&self) -> bool {
        match self {
            Self::Later
            | Self::NotWaiting { .. }
            | Self::NoMoreWaiting { .. }
            | Self::TokenOver { .. }
            | Self::NotOne { .. }
            | Self::NoBytes
            | Self::Secret { .. } => true,
            Self::Web(WebFault::Refused { status: 400 | 403, error, .. }) => {
                !matches!(error.as_str(), "invalid_nonce" | "invalid_proof")
            }
            _ => false,
        }
    }
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
        let of = |wanted: &str| -> Vec<&String> {
            offer.configurations.iter().filter(|id| format(id) == wanted).collect()
        };
        let card = match of(FORMAT).as_slice() {
            [one] => (*one).clone(),
            [] => {
                let mut offered: Vec<&str> = offer.configurations.iter().map(format).take(12).collect();
                offered.dedup();
                return Err(OfferFault::OtherFormats { offered: printable(&offered.join(", ")) });
            }
            several => return Err(OfferFault::Several { found: several.len() }),
        };
        // Of several nobody knows which is the card's.
        let sd_jwt = match of(SD_JWT_FORMAT).as_slice() {
            [one] => Some((*one).clone()),
            _ => None,
        };
        let server = ask(&issuer.well_known("oauth-authorization-server"), &Ask::Get)?;
        let (server_issuer, token) = server.read(read_server)?;
        must_be_of(issuer, &server_issuer, &server)?;
        Ok(Self {
            card,
            sd_jwt,
            token: endpoint("token_endpoint", &token, issuer)?,
            nonce: metadata.nonce.map(|found| endpoint("nonce_endpoint", &found, issuer)).transpose()?,
            credential: endpoint("credential_endpoint", &metadata.credential, issuer)?,
            deferred: metadata
                .deferred
                .map(|found| endpoint("deferred_credential_endpoint", &found, issuer))
                .transpose()?,
            offer,
        })
    }

    /// Redeems the offer's code for a token.
    ///
    /// # Errors
    /// [`OfferFault`]; the code is spent, unless the issuer did not take it.
    pub fn redeem(&self, tx_code: Option<&TxCode>, now: UnixTime) -> Result<Session, OfferFault> {
        let (token, seconds) = self.token(tx_code)?;
        Ok(Session {
            token,
            until: now.plus_seconds(seconds).ok(),
            issuer: self.offer.issuer.clone(),
            nonce: self.nonce.clone(),
            credential: self.credential.clone(),
            deferred: self.deferred.clone(),
        })
    }

    /// Id of the configuration in the private format.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// Id of the configuration of the SD-JWT VC, where the offer has one.
    pub fn sd_jwt(&self) -> Option<&str> {
        self.sd_jwt.as_deref()
    }

    /// What the holder has to enter.
    pub fn tx_code_wanted(&self) -> &TxCodeWanted {
        &self.offer.tx_code
    }

    /// A token, and for how many seconds it counts.
    fn token(&self, tx_code: Option<&TxCode>) -> Result<(Zeroizing<String>, u64), OfferFault> {
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
        let (token, kind, seconds) = answer.read(|json| {
            let token = Zeroizing::new(text(json, "access_token")?);
            // A member that decides little: one that cannot be read costs no token.
            let seconds = json.object()?.optional("expires_in").and_then(|json| json.integer().ok());
            Ok((token, text(json, "token_type")?, seconds))
        })?;
        if !kind.eq_ignore_ascii_case("bearer") {
            let found = printable(&kind.chars().take(40).collect::<String>());
            return Err(OfferFault::TokenType { found });
        }
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let seconds = seconds.unwrap_or(TOKEN_SECONDS_MAX).min(TOKEN_SECONDS_MAX);
        Ok((secret("access_token", token)?, seconds))
    }
}

struct Metadata {
    issuer: String,
    servers: Vec<String>,
    nonce: Option<String>,
    credential: String,
    deferred: Option<String>,
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
        deferred: optional(&mut object, "deferred_credential_endpoint", |json| {
            json.text().map(str::to_owned)
        })?,
        formats,
    })
}

fn read_server(json: &Json<'_>) -> Result<(String, String), Fault> {
    Ok((text(json, "issuer")?, text(json, "token_endpoint")?))
}

pub(super) fn text(json: &Json<'_>, name: &'static str) -> Result<String, Fault> {
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

pub(super) fn endpoint(name: &'static str, found: &str, issuer: &Address) -> Result<Address, OfferFault> {
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
pub(super) fn secret(name: &'static str, text: Zeroizing<String>) -> Result<Zeroizing<String>, OfferFault> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (1..=SECRET_BYTES_MAX).contains(&text.len()) {
        return Ok(text);
    }
    Err(OfferFault::Secret { name, bytes: text.len() })
}
