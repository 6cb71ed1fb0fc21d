//! What this device must not forget when it decides: serials that were redeemed here, and cards that were shown today
//! (rule S10).
//!
//! Taken from the log. Redeemed is what a receipt COVERED for a payout names by its serial. How often a card was shown
//! today is said to the staff; whether it was another person then only they can tell, so the log never gives
//! CLONE_SUSPECT by itself.

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{Count, CredentialId, Date, Decision, IssuerId, MemberLine, Receipt};
use sanad_verifier::{Asked, Journal, SeenToday};

use super::ledger::Ledger;
use super::log::{self, LogFault};
use crate::state::State;

/// A document and the household line that was served.
pub type ShownLine = (IssuerId, CredentialId, MemberLine);

/// What the log says of earlier encounters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    redeemed: BTreeSet<(IssuerId, CredentialId, Count)>,
    shown: BTreeMap<ShownLine, u32>,
}

impl Earlier {
    /// A device that remembers nothing.
    pub const fn nothing() -> Self {
        Self { redeemed: BTreeSet::new(), shown: BTreeMap::new() }
    }

    /// Reads the log. Serials are gathered for a payout only: nothing else looks at them. Hold the open log while you
    /// decide and sign, or another process redeems the same serial in between.
    ///
    /// # Errors
    /// [`LogFault`].
    pub fn read(state: &State, day: Date, asked: Asked) -> Result<Self, LogFault> {
        let mut earlier = Self::nothing();
        log::read(state, |entry| {
            let receipt = log::look(&entry)?;
            if asked == Asked::Payout {
                earlier.redeemed.extend(redeemed(&receipt));
            }
            let encounter = &receipt.encounter;
            if let Some(document) = encounter.credential.0.as_ref()
                && entry.resolves.is_none()
                && encounter.service_date == day
            {
                let line = encounter.member.map_or_else(|| MemberLine::new(1), Ok);
                let line = line.map_err(|fault| LogFault::Content { number: entry.number, fault })?;
                let times = earlier.shown.entry((document.issuer.clone(), document.cti, line)).or_insert(0);
                *times = times.saturating_add(1);
            }
            Ok::<(), LogFault>(())
        })?;
        Ok(earlier)
    }

    /// Adds what the outlet has redeemed elsewhere.
    pub fn add(&mut self, ledger: Ledger) {
        self.redeemed.extend(ledger.0);
    }

    /// How often a document was shown here on this day for a line.
    pub fn times_shown(&self, line: &ShownLine) -> u32 {
        self.shown.get(line).copied().unwrap_or(0)
    }

    /// For the decision. `seen` is what the staff say of a card that was shown earlier today.
    pub fn journal(&self, seen: SeenToday) -> Journal {
        Journal {
            redeemed: self.redeemed.clone(),
            seen_today: self.shown.keys().map(|line| (line.clone(), seen)).collect(),
        }
    }
}

/// The serial that a receipt redeemed.
pub(crate) fn redeemed(receipt: &Receipt) -> Option<(IssuerId, CredentialId, Count)> {
    let encounter = &receipt.encounter;
    let document = encounter.credential.0.as_ref()?;
    let was_paid = encounter.decision == Decision::Covered && encounter.benefits.is_empty();
    let serial = encounter.serial.filter(|_| was_paid)?;
    Some((document.issuer.clone(), document.cti, serial))
}
