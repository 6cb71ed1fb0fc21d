//! A credential offer: the link, and what it offers (OpenID for Verifiable Credential Issuance 1.0, section 4.1).
//!
//! The link holds the offer itself or the address where it stands, exactly one of both. Anybody can draw such a link, so
//! nothing in it is believed: what comes of it counts only if the issuer's record opens it ([`crate::holding`]). It decides
//! alone which server is asked, and [`crate::web`] limits that.
//!
//! Refused: another member or parameter, one that stands twice, an offer without a pre-authorized code (the wallet has no
//! browser for the other grant), addresses that [`Address`] refuses, more than 8 kB.

pub mod redeem;
pub mod session;

use sanad_credential::{Fault, Json, Limits, printable};
use sanad_trust::client::sha256;
use sanad_trust::members::{entries, member, optional, text_of};
use sanad_trust::metadata::Sha256Hash;
use zeroize::Zeroizing;

use crate::form::decoded;
use crate::web::{Address, AddressFault};

/// Start of every link.
pub const LINK_START: &str = "openid-credential-offer://";

/// The one grant.
pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// Longest link: the picture of one has 2,953 bytes at most (ISO/IEC 18004), and a link can be sent otherwise.
pub const LINK_BYTES_MAX: usize = 8_192;

/// Longest code, and longest name of a configuration.
const CODE_BYTES_MAX: usize = 2_048;

const LIMITS: Limits = Limits { bytes_max: LINK_BYTES_MAX, depth_max: 6, entries_max: 64, values_max: 256 };

/// What a link holds.
#[derive(Debug, PartialEq, Eq)]
pub enum OfferLink {
    /// The offer.
    Value(Offer),
    /// Where the offer stands.
    Reference(Address),
}

/// An offer of the pre-authorized code grant.
#[derive(PartialEq, Eq)]
pub struct Offer {
    /// The issuer's identifier.
    pub issuer: Address,
    /// Ids of what is offered, for the issuer's metadata to explain.
    pub configurations: Vec<String>,
    /// Whether the holder has to enter something.
    pub tx_code: TxCodeWanted,
    code: Zeroizing<String>,
}

/// Whether an offer takes a transaction code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxCodeWanted {
    /// It does not.
    No,
    /// It does.
    Yes {
        /// Of how many characters.
        length: Option<usize>,
        /// What the issuer says about it.
        description: Option<String>,
    },
}

/// Why a link is none.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// Too long.
    #[error("the link has {bytes} bytes, over the limit of {LINK_BYTES_MAX}")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Something else stands where the parameters should.
    #[error("the link must be {LINK_START}? and one parameter, credential_offer or credential_offer_uri")]
    Form,
    /// A parameter that the standard does not have.
    #[error("the link has an unknown parameter, \"{name}\"")]
    Parameter {
        /// Which.
        name: String,
    },
    /// Both, or one twice.
    #[error("the link has {found} of credential_offer and credential_offer_uri; exactly one counts")]
    NotOne {
        /// How many.
        found: usize,
    },
    /// A percent sign without two digits, or bytes that are no UTF-8.
    #[error("{name} of the link is not percent-encoded text")]
    Encoding {
        /// The parameter.
        name: &'static str,
    },
    /// The offer does not read.
    #[error("the offer does not read: {0}")]
    Offer(Fault),
    /// An address that is not asked.
    #[error("{name} of the offer: {fault}")]
    Address {
        /// The member.
        name: &'static str,
        /// Why.
        fault: AddressFault,
    },
    /// Another grant.
    #[error(
        "the offer has no pre-authorized code; this wallet has no browser to sign in with, so ask the issuer for one"
    )]
    OtherGrant,
    /// Another server gives the token.
    #[error("the offer names an authorization server of its own; this wallet asks the issuer only")]
    OtherServer,
    /// A value out of range.
    #[error("the offer: {what}")]
    Value {
        /// What.
        what: &'static str,
    },
}

/// The code stays out of logs.
impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offer").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl OfferLink {
    /// Reads a link.
    ///
    /// # Errors
    /// [`LinkFault`].
    pub fn parse(text: &str) -> Result<Self, LinkFault> {
        let text = text.trim();
        if text.len() > LINK_BYTES_MAX {
            return Err(LinkFault::TooLong { bytes: text.len() });
        }
        let rest = text.strip_prefix(LINK_START).ok_or(LinkFault::Form)?;
        // Systems that normalize addresses put the slash of an empty path there.
        let query = rest.strip_prefix('/').unwrap_or(rest).strip_prefix('?').ok_or(LinkFault::Form)?;
        let (mut found, mut count) = (None, 0_usize);
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').ok_or(LinkFault::Form)?;
            let name = match name {
                "credential_offer" => "credential_offer",
                "credential_offer_uri" => "credential_offer_uri",
                other => {
                    let name = printable(&other.chars().take(40).collect::<String>());
                    return Err(LinkFault::Parameter { name });
                }
            };
            count = count.saturating_add(1);
            found = Some((name, value));
        }
        let (name, value) = found.filter(|_| count == 1).ok_or(LinkFault::NotOne { found: count })?;
        let value = decoded(value).ok_or(LinkFault::Encoding { name })?;
        match name {
            "credential_offer" => Offer::parse(&value).map(Self::Value),
            _ => Address::with_query(&value)
                .map(Self::Reference)
                .map_err(|fault| LinkFault::Address { name, fault }),
        }
    }
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`LinkFault`].
    pub fn parse(text: &str) -> Result<Self, LinkFault> {
        let json = Json::parse(text, LIMITS).map_err(LinkFault::Offer)?;
        let read = || {
            let mut object = json.object()?;
            let issuer = text_of(&mut object, "credential_issuer", |text| Ok(text.to_owned()))?;
            let configurations = member(&mut object, "credential_configuration_ids", |json| {
                entries(json, |json| json.text().map(str::to_owned))
            })?;
            let grant = match object.optional("grants") {
                Some(grants) => read_grants(grants).map_err(|fault| fault.within("grants"))?,
                None => None,
            };
            object.finish()?;
            Ok((issuer, configurations, grant))
        };
        let (issuer, configurations, grant) = read().map_err(LinkFault::Offer)?;
        let issuer = Address::parse(&issuer)
            .map_err(|fault| LinkFault::Address { name: "credential_issuer", fault })?;
        if configurations.is_empty() || configurations.iter().any(|id| !is_within(id)) {
            let what = "credential_configuration_ids has names of 1 to 2,048 characters, at least one";
            return Err(LinkFault::Value { what });
        }
        let Grant { code, tx_code, has_server } = grant.ok_or(LinkFault::OtherGrant)?;
        if has_server {
            return Err(LinkFault::OtherServer);
        }
        if !is_within(&code) {
            return Err(LinkFault::Value { what: "pre-authorized_code has 1 to 2,048 characters" });
        }
        Ok(Self { issuer, configurations, tx_code, code })
    }

    /// By which the wallet knows the offer again without keeping its code.
    pub(crate) fn mark(&self) -> Sha256Hash {
        // No address has a space.
        sha256(Zeroizing::new(format!("{} {}", self.issuer, self.code())).as_bytes())
    }

    /// The code, for the token endpoint of the issuer alone.
    fn code(&self) -> &str {
        &self.code
    }
}

struct Grant {
    code: Zeroizing<String>,
    tx_code: TxCodeWanted,
    has_server: bool,
}

fn is_within(text: &str) -> bool {
    (1..=CODE_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The grant that is understood, if it is among them; the others are for other wallets.
fn read_grants(json: &Json<'_>) -> Result<Option<Grant>, Fault> {
    let mut object = json.object()?;
    optional(&mut object, GRANT, |json| {
        let mut object = json.object()?;
        let code = text_of(&mut object, "pre-authorized_code", |text| Ok(Zeroizing::new(text.to_owned())))?;
        let tx_code = optional(&mut object, "tx_code", read_tx_code)?.unwrap_or(TxCodeWanted::No);
        let has_server = object.optional("authorization_server").is_some();
        object.finish()?;
        Ok(Grant { code, tx_code, has_server })
    })
}

/// An empty object is one too: something has to be entered.
fn read_tx_code(json: &Json<'_>) -> Result<TxCodeWanted, Fault> {
    let mut object = json.object()?;
    // Which keyboard a phone would show.
    let _ = optional(&mut object, "input_mode", |json| json.text().map(str::to_owned))?;
    let length = optional(&mut object, "length", Json::integer)?;
    let description = optional(&mut object, "description", |json| json.text().map(str::to_owned))?;
    object.finish()?;
    let length = length.and_then(|length| usize::try_from(length).ok());
    let description = description.map(|text| printable(&text.chars().take(300).collect::<String>()));
    Ok(TxCodeWanted::Yes { length, description })
}

#[cfg(test)]
mod tests;
