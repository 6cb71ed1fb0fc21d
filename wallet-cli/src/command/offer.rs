//! `sanad-wallet add openid-credential-offer://…`: a document over the network, for a key of this wallet.
//!
//! Whose offer it is must be known before: the document is checked with that issuer's record, and the key is the one that the
//! wallet has for that issuer. The record is the one of `--record`, or a pinned one: of `--issuer`, or whose did:web is on the
//! host of the offer. The key is on the disk before the issuer hears of it, so that no document is bound to a lost one.
//!
//! The token is on the disk before anything is asked for with it, and stays there until all has arrived or the issuer says no: what a
//! kill or a fault of the network cut off is asked for once more by `add --resume`, or by the same link, whose code is not sent
//! again, since that would take the token away. The card comes first and is kept before its SD-JWT VC is asked for. What the
//! issuer makes later is waited for a little.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use sanad_credential::{HolderKey, IssuerId, Sealed, SigningKey, Typ, UnixTime};
use sanad_keyfile::tx_code::{self, TxCode};
use sanad_qr::source::{self, Found, Wanted};
use sanad_trust::metadata::Sha256Hash;

use super::{Failure, bad_input};
use crate::entry::Holder;
use crate::holding::{Forms, Held, Proposed, Wallet, WalletFault};
use crate::offer::redeem::{OfferFault, Redeemable, offer};
use crate::offer::session::{Answered, Next, Waiting, document_bytes};
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
    /// Ask again for documents of offers that their issuer makes later, or that an interruption cut off.
    #[arg(long)]
    pub(super) resume: bool,
}

/// What comes of an offer.
pub(super) enum Followed {
    /// The card, checked, and what may come beside it.
    Card(Vec<u8>, Box<Underway>),
    /// It is made later, and kept for then: whose it will be.
    Waits(String),
}

/// An offer with a token, whose documents have not all arrived.
pub(super) struct Underway {
    waiting: Waiting,
    key: SigningKey,
    kept: Kept,
    begun: Begun,
}

/// Where the token is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// In the wallet.
    OnTheDisk,
    /// In this process: an entry of the wallet does not hold it.
    InMemory,
}

/// Since when something is underway.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// This command has its token.
    Now,
    /// Another one had it.
    Before,
}

/// Why an SD-JWT VC is not here.
pub(super) struct NotReceived {
    pub(super) failure: Failure,
    pub(super) again: Again,
}

/// Whether asking again with the same token helps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It may.
    Helps,
    /// It does not.
    InVain,
}

/// Said where it is so.
const IS_KEPT: &str = "What is needed to ask again is kept in the wallet: `sanad-wallet add --resume` asks, soon, since a token ends";

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
        let mark = offer.mark();
        if let Some(waiting) = Self::begun_before(mark, wallet, holder)? {
            eprintln!("Note: this offer was followed before; what has not arrived is asked for.");
            return self.resume(wallet, holder, Waiting { iss, ..waiting }, proposed, now);
        }
        let redeemable = Redeemable::of(offer)?;
        let tx_code = self.tx_code(redeemable.tx_code_wanted(), &from)?;
        let key = wallet.key_for(holder, &iss)?.signing();
        wallet.must_have_room_to_wait()?;
        let session = redeemable.redeem(tx_code.as_ref(), now)?;
        let waiting = Waiting {
            session,
            next: Next::Card(redeemable.card().to_owned()),
            iss,
            sd_jwt: redeemable.sd_jwt().map(str::to_owned),
            offer: Some(mark),
        };
        // On the disk first: the code is spent, and whoever is interrupted goes on with --resume.
        let kept = match wallet.keep_waiting(holder.id, &waiting, None) {
            Ok(()) => Kept::OnTheDisk,
            Err(WalletFault::TooLong { .. }) => {
                eprintln!(
                    "Note: the token of {from} is too long to be kept: if this is interrupted, another offer is needed."
                );
                Kept::InMemory
            }
            Err(fault) => return Err(fault.into()),
        };
        self.wait_for(wallet, holder, Underway { waiting, key, kept, begun: Begun::Now }, now)
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
            if waiting.is_over(now) {
                wallet.drop_waiting(waiting.id())?;
                let said = "it ended before it was asked with again".to_owned();
                return Err(OfferFault::TokenOver { said }.into());
            }
            return Err(bad_input(format!(
                "no record of {iss} is pinned, so what it gives could not be checked: give it with --record; nothing was asked"
            )));
        }
        let key = wallet.key_for(holder, iss)?.signing();
        let underway = Underway { waiting, key, kept: Kept::OnTheDisk, begun: Begun::Before };
        self.wait_for(wallet, holder, underway, now)
    }

    /// Asks until the card comes or patience ends. What will never come is forgotten.
    fn wait_for(
        &self,
        wallet: &Wallet,
        holder: &Holder,
        mut underway: Underway,
        now: UnixTime,
    ) -> Result<Followed, Failure> {
        let began = Instant::now();
        loop {
            let later = match underway.waiting.ask(&underway.key, now) {
                Ok(Answered::Document(text)) => return underway.with_card(wallet, &text),
                Ok(Answered::Later(later)) => later,
                Err(fault) => return Err(underway.fails(wallet, fault, now)),
            };
            if !underway.waiting.session.can_wait() {
                return Err(underway.fails(wallet, OfferFault::Later, now));
            }
            let pause = Duration::from_secs(later.interval);
            if !matches!(&underway.waiting.next, Next::Later(before, _) if later.is_of(before)) {
                let old = underway.waiting.id().to_owned();
                underway.waiting = underway.waiting.made_later(later);
                wallet.keep_waiting(holder.id, &underway.waiting, Some(&old))?;
                underway.kept = Kept::OnTheDisk;
            }
            if began.elapsed().saturating_add(pause) > Duration::from_secs(self.wait) {
                return Ok(Followed::Waits(underway.from()));
            }
            thread::sleep(pause);
        }
    }

    /// What was begun with this very offer before: its code was sent, and is not sent again.
    fn begun_before(offer: Sha256Hash, wallet: &Wallet, holder: &Holder) -> Result<Option<Waiting>, Failure> {
        let begun = wallet.waiting(None)?.into_iter().find(|(_, waiting)| waiting.offer == Some(offer));
        match begun {
            Some((of, waiting)) if of == holder.id => Ok(Some(waiting)),
            Some(_) => Err(bad_input(
                "this offer was followed before for another person of this wallet: `sanad-wallet add --resume` asks for its \
                 document, or the issuer makes another offer; nothing was asked"
                    .to_owned(),
            )),
            None => Ok(None),
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

impl Underway {
    /// Whether what is held lacks nothing of a card that came again: the SD-JWT VC was missing, or an interruption came after
    /// all had arrived.
    pub(super) fn goes_on_with(&self, held: &Held) -> bool {
        self.begun == Begun::Before || self.lacks_sd_jwt(held)
    }

    fn lacks_sd_jwt(&self, held: &Held) -> bool {
        self.waiting.sd_jwt.is_some() && held.forms == Forms::Card
    }

    /// After all of it has arrived, or nothing more will: it does not wait any more.
    pub(super) fn is_done(&self, wallet: &Wallet) -> Result<(), WalletFault> {
        wallet.drop_waiting(self.waiting.id())
    }

    /// After the card was refused by the wallet: with another record or option it may be taken.
    pub(super) fn was_not_added(&self, wallet: &Wallet, now: UnixTime) -> Result<(), WalletFault> {
        if self.waiting.is_over(now) {
            return self.is_done(wallet);
        }
        if self.kept == Kept::OnTheDisk {
            eprintln!("Note: {IS_KEPT}.");
        }
        Ok(())
    }

    /// Asks for the SD-JWT VC of a card that is kept, and keeps it beside the card.
    pub(super) fn fetch(&self, wallet: &Wallet, held: &Held, now: UnixTime) -> Result<(), NotReceived> {
        let Some(configuration) = self.waiting.sd_jwt.as_deref().filter(|_| self.lacks_sd_jwt(held)) else {
            return Ok(());
        };
        let not_received = |fault: String, again: Again| {
            let again = if self.kept == Kept::InMemory { Again::InVain } else { again };
            let what_helps = match again {
                Again::Helps => IS_KEPT,
                Again::InVain => "Another offer of the same document brings it",
            };
            let failure = bad_input(format!(
                "the card {} was received and is kept; its SD-JWT VC, which verifiers ask for over the network, was not: \
                 {fault}. {what_helps}",
                held.id
            ));
            NotReceived { failure, again }
        };
        let text = match self.waiting.session.once_more(configuration, &self.key, now) {
            Ok(Answered::Document(text)) => text,
            Ok(Answered::Later(_)) => {
                return Err(not_received("the issuer makes it later".to_owned(), Again::Helps));
            }
            Err(fault) => {
                let is_over = fault.is_for_good() || self.waiting.is_over(now);
                let again = if is_over { Again::InVain } else { Again::Helps };
                return Err(not_received(fault.to_string(), again));
            }
        };
        let of_the_wallet = |fault: WalletFault| NotReceived { failure: fault.into(), again: Again::Helps };
        let iss = &self.waiting.iss;
        let record = wallet.record_of(iss).map_err(of_the_wallet)?;
        let in_vain = |fault: String| not_received(fault, Again::InVain);
        let record = record.ok_or_else(|| in_vain(format!("no record of {iss} is pinned")))?;
        let form = OpenForm::open(&text, &record, &held.claims, now);
        let form = form.map_err(|fault| in_vain(fault.to_string()))?;
        wallet.keep_sd_jwt(held, &form).map_err(of_the_wallet)
    }

    /// The card of an answer, checked before it is added like any other; another one is the issuer's last.
    fn with_card(self, wallet: &Wallet, text: &str) -> Result<Followed, Failure> {
        let checked = || {
            let document = document_bytes(text)?;
            let key = HolderKey(self.key.public_key());
            must_be_for(&document, &self.waiting.iss, &key, &self.from())?;
            Ok(document)
        };
        match checked() {
            Ok(document) => Ok(Followed::Card(document, Box::new(self))),
            Err(failure) => {
                self.is_done(wallet)?;
                Err(failure)
            }
        }
    }

    /// What is said of a fault, and forgotten where asking again is in vain.
    fn fails(&self, wallet: &Wallet, fault: OfferFault, now: UnixTime) -> Failure {
        if fault.is_for_good() || self.waiting.is_over(now) {
            return self.is_done(wallet).map_or_else(Failure::from, |()| fault.into());
        }
        match self.kept {
            Kept::OnTheDisk => bad_input(format!("{fault}. {IS_KEPT}")),
            Kept::InMemory => fault.into(),
        }
    }

    fn from(&self) -> String {
        self.waiting.session.issuer().to_string()
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
