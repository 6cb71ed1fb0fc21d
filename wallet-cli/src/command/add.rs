//! `sanad-wallet add`: documents into the wallet, from texts, pictures, files, and issuers' offers.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use sanad_credential::{FIRST_BYTE, PREFIX, QrText, UnixTime};
use sanad_qr::source::{self, Wanted};

use super::list::describe;
use super::offer::{Again, Followed, Offers, Underway, is_link, links_in};
use super::{Failure, Shared, bad_input, say, tell, worse};
use crate::entry::Holder;
use crate::holding::{Held, OtherKeys, Pinning, Proposed, RunOut, Wallet, WalletFault};

/// What a Sanad code looks like from outside.
const WANTED: Wanted<'_> = Wanted { prefix: PREFIX, first_byte: FIRST_BYTE };

/// Put documents into the wallet.
#[derive(Args)]
pub(super) struct Add {
    /// QR text, PNG or JPEG image, file of the document, "-" for standard input, or an issuer's offer: the link
    /// openid-credential-offer://…, or a picture or file of it.
    #[arg(required_unless_present = "resume", value_name = "QR")]
    codes: Vec<String>,
    /// The issuer's record, got in a way you trust: its documents are checked with it from now on.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Take the record although the pinned one has keys that it lacks: the issuer itself confirmed it.
    #[arg(long, requires = "record")]
    replace_record: bool,
    /// Keep documents that ran out too: an old paper is not a lost right.
    #[arg(long)]
    even_if_expired: bool,
    /// The person of --holder is new in this wallet.
    #[arg(long, requires = "holder")]
    new_holder: bool,
    #[command(flatten)]
    offers: Offers,
}

impl Add {
    /// Goes through all arguments and tells each failure; a document that stands in several is added once.
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let wallet = shared.open()?;
        let now = shared.now()?;
        let other_keys = if self.replace_record { OtherKeys::Replace } else { OtherKeys::Refuse };
        let proposed = self.record.as_deref().map(|path| wallet.propose(path, other_keys)).transpose()?;
        if self.offers.resume && self.codes.is_empty() {
            return self.resume(shared, wallet, proposed, now);
        }
        let holder = for_whom(shared, &wallet, self.new_holder)?;
        let run_out = if self.even_if_expired { RunOut::Keep } else { RunOut::Refuse };
        let mut adding = Adding { shared, wallet, holder, proposed, now, run_out, answer: 0 };
        if self.offers.resume {
            adding.resume(&self.offers)?;
        }
        let mut seen = HashSet::new();
        for argument in &self.codes {
            if is_link(argument) {
                adding.follow(argument, &self.offers)?;
                continue;
            }
            let found = source::documents(argument, WANTED, QrText::decode);
            let links = if found.documents.is_empty() { links_in(argument) } else { Vec::new() };
            for link in &links {
                adding.follow(link, &self.offers)?;
            }
            for fault in found.faults.iter().filter(|_| links.is_empty()) {
                adding.fails(bad_input(fault.to_string()));
            }
            for document in found.documents {
                if seen.insert(document.bytes.clone()) {
                    adding.add(&document, None)?;
                }
            }
        }
        adding.ends()
    }

    /// What waits, of everybody or of the person who is named.
    fn resume(
        &self,
        shared: &Shared,
        wallet: Wallet,
        proposed: Option<Proposed>,
        now: UnixTime,
    ) -> Result<u8, Failure> {
        let run_out = if self.even_if_expired { RunOut::Keep } else { RunOut::Refuse };
        let named = shared.named(&wallet)?;
        let holders = named.map_or_else(|| wallet.holders(), |named| Ok(vec![named]))?;
        let Some(first) = holders.first().cloned() else {
            eprintln!("Nothing waits in this wallet.");
            return Ok(0);
        };
        let mut adding = Adding { shared, wallet, holder: first, proposed, now, run_out, answer: 0 };
        let mut count = 0_usize;
        for holder in holders {
            adding.holder = holder;
            count = count.saturating_add(adding.resume(&self.offers)?);
        }
        if count == 0 {
            eprintln!("Nothing waits in this wallet.");
            return Ok(adding.answer);
        }
        adding.ends()
    }
}

/// The person of a command that may be new.
pub(super) fn for_whom(shared: &Shared, wallet: &Wallet, is_new: bool) -> Result<Holder, Failure> {
    match &shared.holder {
        Some(name) if is_new => Ok(wallet.add_holder(name.clone())?),
        _ => shared.for_whom(wallet),
    }
}

struct Adding<'a> {
    shared: &'a Shared,
    wallet: Wallet,
    holder: Holder,
    proposed: Option<Proposed>,
    now: UnixTime,
    run_out: RunOut,
    answer: u8,
}

impl Adding<'_> {
    fn follow(&mut self, link: &str, offers: &Offers) -> Result<(), Failure> {
        let proposed = self.proposed.as_ref();
        let followed = offers.follow(link, &self.wallet, &self.holder, proposed, self.now);
        self.take(followed)
    }

    /// Asks again for what waits for the person; how much that was.
    fn resume(&mut self, offers: &Offers) -> Result<usize, Failure> {
        let waiting = self.wallet.waiting(Some(self.holder.id))?;
        let count = waiting.len();
        for (_, waiting) in waiting {
            let followed =
                offers.resume(&self.wallet, &self.holder, waiting, self.proposed.as_ref(), self.now);
            self.take(followed)?;
        }
        Ok(count)
    }

    fn take(&mut self, followed: Result<Followed, Failure>) -> Result<(), Failure> {
        match followed {
            Ok(Followed::Card(bytes, underway)) => {
                let place = "the offered document".to_owned();
                self.add(&source::Document { place, bytes }, Some(*underway))
            }
            Ok(Followed::Waits(from)) => {
                self.fails(bad_input(format!(
                    "{from} makes this document later, as an issuer does while the credential is suspended. What is needed to \
                     fetch it is kept in the wallet: `sanad-wallet add --resume` asks again, for as long as the issuer keeps it, \
                     which is a day or so"
                )));
                Ok(())
            }
            Err(failure) => {
                self.fails(failure);
                Ok(())
            }
        }
    }

    fn add(&mut self, document: &source::Document, underway: Option<Underway>) -> Result<(), Failure> {
        let added =
            self.wallet.add(&document.bytes, &self.holder, self.proposed.as_mut(), self.now, self.run_out);
        let held = match (added, &underway) {
            (Err(WalletFault::HeldAlready { id, holder }), Some(underway)) => {
                let held = self.wallet.find(&id, Some(self.holder.id)).ok();
                let held = held.filter(|held| underway.goes_on_with(held));
                held.ok_or(WalletFault::HeldAlready { id, holder })
            }
            (added, _) => added,
        };
        let held = match held {
            Ok(held) => held,
            Err(fault) => {
                let is_here = matches!(fault, WalletFault::HeldAlready { .. });
                let Failure { code, message } = Failure::from(fault);
                self.fails(Failure { code, message: format!("{}: {message}", document.place) });
                return match underway {
                    Some(underway) if is_here => Ok(underway.is_done(&self.wallet)?),
                    Some(underway) => Ok(underway.was_not_added(&self.wallet, self.now)?),
                    None => Ok(()),
                };
            }
        };
        let missing =
            underway.as_ref().and_then(|underway| underway.fetch(&self.wallet, &held, self.now).err());
        let again = missing.as_ref().map(|missing| missing.again);
        if let Some(missing) = missing {
            self.fails(missing.failure);
        }
        let held = self.wallet.find(&held.id, Some(self.holder.id))?;
        say(&describe(&held, self.now.date(), self.shared.form))?;
        self.warn_of_others(&held)?;
        match underway {
            Some(underway) if again != Some(Again::Helps) => Ok(underway.is_done(&self.wallet)?),
            Some(_) | None => Ok(()),
        }
    }

    /// One issuer gives one person one number: another one may be a child's, or a neighbour's in the wrong drawer.
    fn warn_of_others(&self, held: &Held) -> Result<(), Failure> {
        let number =
            |held: &Held| held.claims.right.subject().map(|subject| subject.number.as_str().to_owned());
        let others = self.wallet.list(Some(self.holder.id))?;
        let differs =
            others.iter().any(|other| other.claims.iss == held.claims.iss && number(other) != number(held));
        if differs {
            eprintln!(
                "Note: \"{}\" now holds documents of {} with different member numbers. If this one is another person's, remove \
                 it and add it with --holder.",
                self.holder.name, held.claims.iss
            );
        }
        Ok(())
    }

    /// What became of the record that was to be pinned, and the exit code.
    fn ends(mut self) -> Result<u8, Failure> {
        if let Some(failure) = self.proposed.as_ref().and_then(tell_pinning) {
            self.fails(failure);
        }
        Ok(self.answer)
    }

    fn fails(&mut self, failure: Failure) {
        tell(&failure, self.shared.form);
        self.answer = worse(self.answer, failure.code);
    }
}

/// What became of the record that was to be pinned.
fn tell_pinning(proposed: &Proposed) -> Option<Failure> {
    let iss = proposed.iss();
    match proposed.pinning() {
        Pinning::Before => None,
        Pinning::Not => Some(bad_input(format!(
            "the record of {iss} was not pinned: none of these documents opens with it"
        ))),
        Pinning::Now => {
            for key in proposed.new_keys() {
                eprintln!("Note: the pinned record of {iss} was replaced; the key {key} is new.");
            }
            None
        }
    }
}
