//! `sanad-wallet add openid-credential-offer://…`: a document over the network, for a key of this wallet.
//!
//! Whose offer it is must be known before: the document is checked with that issuer's record, and the key is the one that the
//! wallet has for that issuer. The record is the one of `--record`, or a pinned one: of `--issuer`, or whose did:web is on the
//! host of the offer. The key is on the disk before the issuer hears of it, so that no document is bound to a lost one.
//!
//! The card comes first and is kept before its SD-JWT VC is asked for, so that a fault of the second loses nothing. What the issuer
//! makes later is waited for a little, and kept for `add --resume` until all of it has arrived: where a kill cut off what the
//! issuer gave away, it is asked for once more.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use sanad_credential::{HolderKey, IssuerId, Sealed, SigningKey, Typ, UnixTime};
use sanad_keyfile::tx_code::{self, TxCode};
use sanad_qr::source::{self, Found, Wanted};
use zeroize::Zeroizing;

use super::{Failure, bad_input};
use crate::entry::Holder;
use crate::holding::{Held, Proposed, Wallet, WalletFault};
use crate::offer::redeem::{OfferFault, Redeemable, offer};
use crate::offer::session::{Answered, Session, Waiting, document_bytes};
use crate::offer::{LINK_START, OfferLink, TxCodeWanted};
use crate::open_form::OpenForm;
use crate::web::Address;

/// What the links of offers need.
#[derive(Args)]
pub(super) struct Offers {
    /// For the link of an offer: read its transaction code from the first line of a file, instead of a prompt.
    #[arg(long, value_name = "FILE")]
    tx_code_file: Option<PathBuf>,
    /// For the link of an offer: whose it is, KE-SHA, where neither --record nor a pinned record with its host says so.
    #[arg(long, value_name = "ID", value_parser = |text: &str| IssuerId::new(text))]
    issuer: Option<IssuerId>,
    /// For the link of an offer: wait at most so long for what the issuer makes later; it is kept for --resume then.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=3_600))]
    wait: u64,
    /// Ask again for documents of offers that their issuer makes later.
    #[arg(long)]
    pub(super) resume: bool,
}

/// What comes of an offer.
pub(super) enum Followed {
    /// The card, checked, and what may come beside it.
    Card(Vec<u8>, Box<Beside>),
    /// It is made later, and kept for then: whose it will be.
    Waits(String),
}

/// What is needed to ask for the SD-JWT VC of a card.
pub(super) struct Beside {
    session: Session,
    iss: IssuerId,
    key: SigningKey,
    configuration: Option<String>,
    /// By which the wallet knows it as waiting; none where it came at once.
    waited: Option<Zeroizing<String>>,
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
    /// Follows a link to its card.
    pub(super) fn follow(
        &self,
        link: &str,
        wallet: &Wallet,
        holder: &Holder,
        proposed: Option<&Proposed>,
        now: UnixTime,
    ) -> Result<Followed, Failure> {
        let offer = offer(OfferLink::parse(link).map_err(OfferFault::from)?)?;
        let iss = self.whose(&offer.issuer, wallet, proposed)?;
        let from = offer.issuer.to_string();
        let redeemable = Redeemable::of(offer)?;
        let tx_code = self.tx_code(redeemable.tx_code_wanted(), &from)?;
        let key = wallet.key_for(holder, &iss)?.signing();
        let session = redeemable.redeem(tx_code.as_ref())?;
        let sd_jwt = redeemable.sd_jwt().map(str::to_owned);
        match session.ask(redeemable.card(), &key, now)? {
            Answered::Document(text) => {
                card(&text, Beside { session, iss, key, configuration: sd_jwt, waited: None })
            }
            Answered::Later(_) if !session.can_wait() => Err(OfferFault::Later.into()),
            Answered::Later(later) => {
                let waiting =
                    Waiting { session, later, iss, card: Some(redeemable.card().to_owned()), sd_jwt };
                // On the disk first: whoever stops waiting goes on with --resume.
                wallet.keep_waiting(holder.id, &waiting)?;
                let pause = Duration::from_secs(waiting.later.interval);
                self.wait_for(wallet, holder, waiting, key, now, pause)
            }
        }
    }

    /// Asks again for what waits.
    pub(super) fn resume(
        &self,
        wallet: &Wallet,
        holder: &Holder,
        waiting: Waiting,
        proposed: Option<&Proposed>,
        now: UnixTime,
    ) -> Result<Followed, Failure> {
        let iss = &waiting.iss;
        if proposed.is_none_or(|proposed| proposed.iss() != iss) && wallet.record_of(iss)?.is_none() {
            return Err(bad_input(format!(
                "no record of {iss} is pinned, so what it gives could not be checked: give it with --record; nothing was asked"
            )));
        }
        let key = wallet.key_for(holder, iss)?.signing();
        self.wait_for(wallet, holder, waiting, key, now, Duration::ZERO)
    }

    /// Asks until the card comes or patience ends. What will never come is forgotten.
    fn wait_for(
        &self,
        wallet: &Wallet,
        holder: &Holder,
        mut waiting: Waiting,
        key: SigningKey,
        now: UnixTime,
        mut pause: Duration,
    ) -> Result<Followed, Failure> {
        let began = Instant::now();
        loop {
            if began.elapsed().saturating_add(pause) > Duration::from_secs(self.wait) {
                return Ok(Followed::Waits(waiting.session.issuer().to_string()));
            }
            thread::sleep(pause);
            let answered = match (waiting.session.again(&waiting.later), &waiting.card) {
                (Err(OfferFault::NotWaiting { .. }), Some(card)) => {
                    waiting.session.once_more(card, &key, now)
                }
                (answered, _) => answered,
            };
            match answered {
                Ok(Answered::Later(later)) => {
                    pause = Duration::from_secs(later.interval);
                    if !later.is_of(&waiting.later) {
                        let old = std::mem::replace(&mut waiting.later, later);
                        wallet.keep_waiting(holder.id, &waiting)?;
                        wallet.drop_waiting(old.id())?;
                    }
                }
                Ok(Answered::Document(text)) => {
                    let waited = Some(waiting.later.id().to_owned().into());
                    let Waiting { session, iss, sd_jwt, .. } = waiting;
                    return card(&text, Beside { session, iss, key, configuration: sd_jwt, waited });
                }
                Err(fault @ (OfferFault::NoMoreWaiting { .. } | OfferFault::NotWaiting { .. })) => {
                    wallet.drop_waiting(waiting.later.id())?;
                    return Err(fault.into());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
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

impl Beside {
    /// Whether the offer has an SD-JWT VC.
    pub(super) fn is_offered(&self) -> bool {
        self.configuration.is_some()
    }

    /// After all of it has arrived: it does not wait any more.
    pub(super) fn arrived(&self, wallet: &Wallet) -> Result<(), WalletFault> {
        self.waited.as_ref().map_or(Ok(()), |id| wallet.drop_waiting(id))
    }

    /// Asks for the SD-JWT VC of a card that is kept, and keeps it beside the card.
    pub(super) fn fetch(&self, wallet: &Wallet, held: &Held, now: UnixTime) -> Result<(), Failure> {
        let Some(configuration) = &self.configuration else { return Ok(()) };
        let not_received = |fault: String| {
            bad_input(format!(
                "the card {} was received and is kept; its SD-JWT VC, which verifiers ask for over the network, was not: \
                 {fault}. Another offer of the same document brings it",
                held.id
            ))
        };
        let text = match self.session.ask(configuration, &self.key, now) {
            Ok(Answered::Document(text)) => text,
            Ok(Answered::Later(_)) => return Err(not_received("the issuer makes it later".to_owned())),
            Err(fault) => return Err(not_received(fault.to_string())),
        };
        let record = wallet.record_of(&self.iss)?;
        let record = record.ok_or_else(|| not_received(format!("no record of {} is pinned", self.iss)))?;
        let form = OpenForm::open(&text, &record, &held.claims, now);
        let form = form.map_err(|fault| not_received(fault.to_string()))?;
        Ok(wallet.keep_sd_jwt(held, &form)?)
    }
}

/// The card of an answer, checked before it is added like any other.
fn card(text: &str, beside: Beside) -> Result<Followed, Failure> {
    let document = document_bytes(text)?;
    let from = beside.session.issuer().to_string();
    must_be_for(&document, &beside.iss, &HolderKey(beside.key.public_key()), &from)?;
    Ok(Followed::Card(document, Box::new(beside)))
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
