//! `sanad-wallet add openid-credential-offer://…`: a document over the network, for a key of this wallet.
//!
//! Whose offer it is must be known before: the document is checked with that issuer's record, and the key is the one that the
//! wallet has for that issuer. The record is the one of `--record`, or a pinned one: of `--issuer`, or whose did:web is on the
//! host of the offer. The key is on the disk before the issuer hears of it, so that no document is bound to a lost one.

use std::path::PathBuf;

use clap::Args;
use sanad_credential::{HolderKey, IssuerId, Sealed, Typ, UnixTime};
use sanad_keyfile::tx_code::{self, TxCode};
use sanad_qr::source::{self, Found, Wanted};

use super::{Failure, bad_input};
use crate::entry::Holder;
use crate::holding::{Proposed, Wallet};
use crate::offer::redeem::{OfferFault, Redeemable, offer};
use crate::offer::web::Address;
use crate::offer::{LINK_START, OfferLink, TxCodeWanted};

/// What the links of offers need.
#[derive(Args)]
pub(super) struct Offers {
    /// For the link of an offer: read its transaction code from the first line of a file, instead of a prompt.
    #[arg(long, value_name = "FILE")]
    tx_code_file: Option<PathBuf>,
    /// For the link of an offer: whose it is, KE-SHA, where neither --record nor a pinned record with its host says so.
    #[arg(long, value_name = "ID", value_parser = |text: &str| IssuerId::new(text))]
    issuer: Option<IssuerId>,
}

/// Whether an argument is a link.
pub(super) fn is_link(argument: &str) -> bool {
    argument.trim_start().starts_with(LINK_START)
}

/// Links in the file or picture of an argument that holds no document.
pub(super) fn links_in(argument: &str) -> Vec<String> {
    // No link is a document: the first byte is one that none has.
    let wanted = Wanted { prefix: LINK_START, first_byte: 0 };
    // Standard input was read to its end when documents were looked for.
    let found = if argument == "-" { Vec::new() } else { source::find(argument, wanted).unwrap_or_default() };
    let texts = found.into_iter().filter_map(|found| match found {
        Found::Text(text) => Some(text),
        Found::Document(_) => None,
    });
    texts.filter(|text| is_link(text)).collect()
}

impl Offers {
    /// Follows a link to its document.
    pub(super) fn follow(
        &self,
        link: &str,
        wallet: &Wallet,
        holder: &Holder,
        proposed: Option<&Proposed>,
        now: UnixTime,
    ) -> Result<Vec<u8>, Failure> {
        let offer = offer(OfferLink::parse(link).map_err(OfferFault::from)?)?;
        let issuer = self.whose(&offer.issuer, wallet, proposed)?;
        let from = offer.issuer.to_string();
        let redeemable = Redeemable::of(offer)?;
        let tx_code = self.tx_code(redeemable.tx_code_wanted(), &from)?;
        let key = wallet.key_for(holder, &issuer)?.signing();
        let document = redeemable.redeem(tx_code.as_ref(), &key, now)?;
        must_be_for(&document, &issuer, &HolderKey(key.public_key()), &from)?;
        Ok(document)
    }

    fn whose(
        &self,
        server: &Address,
        wallet: &Wallet,
        proposed: Option<&Proposed>,
    ) -> Result<IssuerId, Failure> {
        if let Some(proposed) = proposed {
            return match &self.issuer {
                Some(issuer) if issuer != proposed.iss() => Err(bad_input(format!(
                    "the record is of {}, --issuer is {issuer}; nothing was asked of {server}",
                    proposed.iss()
                ))),
                _ => Ok(proposed.iss().clone()),
            };
        }
        let missing = |what: String| {
            bad_input(format!(
                "{what}, so what {server} gives could not be checked: get the issuer's record in a way you trust and give it \
                 with --record; nothing was asked of its issuer"
            ))
        };
        if let Some(issuer) = &self.issuer {
            return match wallet.record_of(issuer)? {
                Some(_) => Ok(issuer.clone()),
                None => Err(missing(format!("no record of {issuer} is pinned"))),
            };
        }
        let mut issuers = wallet.issuers_at(server.host())?;
        match (issuers.pop(), issuers.is_empty()) {
            (Some(issuer), true) => Ok(issuer),
            (Some(_), false) => Err(bad_input(format!(
                "several pinned records name {}; say whose offer this is with --issuer",
                server.host()
            ))),
            (None, _) => Err(missing(format!(
                "no pinned record has a did:web of {} (--issuer ID names one that has another)",
                server.host()
            ))),
        }
    }

    fn tx_code(&self, wanted: &TxCodeWanted, from: &str) -> Result<Option<TxCode>, Failure> {
        match (wanted, &self.tx_code_file) {
            (TxCodeWanted::No, None) => Ok(None),
            (TxCodeWanted::No, Some(_)) => Err(OfferFault::TxCodeUnexpected.into()),
            (TxCodeWanted::Yes { description, .. }, file) => {
                if let (Some(description), None) = (description, file) {
                    eprintln!("{from} says: \"{description}\"");
                }
                let prompt = format!("Transaction code for {from}");
                let code = tx_code::obtain(file.as_deref(), &prompt);
                code.map(Some).map_err(|fault| bad_input(fault.to_string()))
            }
        }
    }
}

/// Before it is added like any other: it is of the issuer that was asked, and for the key that was proved.
fn must_be_for(document: &[u8], issuer: &IssuerId, key: &HolderKey, from: &str) -> Result<(), Failure> {
    let no_document =
        |fault| bad_input(format!("{from} gave no document of this format: {fault}; nothing was added"));
    let sealed = Sealed::parse(document).map_err(no_document)?;
    if sealed.typ() != Typ::PhoneEntitlement {
        return Err(bad_input(format!(
            "{from} gave {} where a phone credential was asked for; nothing was added",
            sealed.typ()
        )));
    }
    let claims = sealed.unverified_entitlement().map_err(no_document)?;
    let claims = claims.look();
    if claims.iss != *issuer {
        return Err(bad_input(format!(
            "{from} gave a document of {}, not of {issuer}; nothing was added",
            claims.iss
        )));
    }
    if claims.holder_key.as_ref() != Some(key) {
        return Err(bad_input(format!(
            "{from} bound the document to another key than this wallet's; nothing was added"
        )));
    }
    Ok(())
}

impl From<OfferFault> for Failure {
    fn from(fault: OfferFault) -> Self {
        bad_input(fault.to_string())
    }
}
