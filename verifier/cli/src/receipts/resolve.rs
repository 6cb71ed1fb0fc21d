//! Late evidence that settles a provisional or refused receipt.
//!
//! A resolution is a receipt like any other: signed today, in the chain, about the same document and the same day of
//! service, with the late documents named as evidence and with the versions of the newer pack. The log notes which receipt
//! it settles. The question is the one that was asked then; what is new are the pack, and contribution records and
//! delegations that are shown now.
//!
//! Another decision, another assurance, or good faith where there was none settles a receipt; other reasons alone do not,
//! and nothing is written.
//!
//! Refused: a receipt of another facility, one that is COVERED and FIRM already, one that names no document, and documents
//! of which none has the hash that it names. A receipt in good faith is never made worse: what was covered by a list that
//! was fresh enough stays so (SPEC.md section 6). A serial that was redeemed in the meantime stays redeemed.

use std::collections::{BTreeSet, HashMap, HashSet};

use sanad_credential::{
    Action, Assurance, Count, CredentialId, Decision, FixedBytes, GoodFaith, IssuerId, Money, Reason,
    Receipt, RightType, Sealed, Sign as _, UnixTime, VerifyingKey,
};
use sanad_keyfile::DelegateKey;
use sanad_trust::Rejection;
use sanad_trust::client::sha256;
use sanad_trust::pack::Pack;
use sanad_verifier::{CallFault, Documents, Replay, Tokens, good_faith};

use super::delegations::{Opened, Unproved, open_receipt};
use super::earlier::redeemed;
use super::log::{self, Log, LogFault, look};
use super::shown_again::ShownAgain;
use super::sign::{Answered, SignFault, Signed, sign_resolution};
use crate::state::State;

/// What a receipt said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The decision.
    pub decision: Decision,
    /// How firm it was.
    pub assurance: Assurance,
    /// The reasons.
    pub reasons: Vec<Reason>,
}

/// What became of a receipt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The receipt.
    pub of: CredentialId,
    /// What it said, or what settled it before.
    pub before: Said,
    /// What comes out now.
    pub after: Said,
    /// Whether a refusal was wrong.
    pub overturned: Overturned,
    /// What the patient gets back: what an uninsured resident paid, without the co-pay.
    pub refundable: Option<Money>,
    /// The new receipt; none where nothing changed.
    pub written: Option<Signed>,
}

/// Whether a refusal was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overturned {
    /// It was.
    Yes,
    /// It was not, or there was no refusal.
    No,
}

/// Why a receipt was not settled. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ResolveFault {
    /// There is none with this id.
    #[error("no receipt {id} is in the log of this device")]
    NoSuchReceipt {
        /// The id.
        id: CredentialId,
    },
    /// It is of another facility.
    #[error("the receipt is of {found}, this device's key is of {wanted}")]
    OtherFacility {
        /// Of the receipt.
        found: sanad_credential::DelegationId,
        /// Of the key.
        wanted: sanad_credential::DelegationId,
    },
    /// Its signature is not this device's, and no delegation proves it.
    #[error("the receipt in the log is not proved: {0}")]
    Unproved(Unproved),
    /// There is nothing to settle.
    #[error("the receipt is COVERED and FIRM: there is nothing to settle")]
    Firm,
    /// It names no document.
    #[error("the receipt names no document, so that nothing shown now can be known to belong to it")]
    NoDocument,
    /// No document has the hash that it names.
    #[error("none of the documents shown is the one that the receipt is about")]
    OtherDocument,
    /// None that verifies has it, and one of the open standards does not verify with this pack.
    #[error("none of the documents shown is the one that the receipt is about, and one does not verify: {0}")]
    OpenForm(sanad_openvc::Fault),
    /// Its key does not count for its issuer in this pack.
    #[error("the key that signed the document does not count for this issuer: {0}")]
    KeyUnusable(Rejection),
    /// A receipt in good faith stays.
    #[error("the receipt was given in good faith and stands; the new data would say {}", decision.word())]
    GoodFaithStands {
        /// What the new data would say.
        decision: Decision,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The question cannot be asked.
    #[error("{0}")]
    Call(CallFault),
    /// A receipt does not read.
    #[error("{0}")]
    Content(sanad_credential::Fault),
    /// It cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignFault),
}

/// What is needed to settle receipts.
pub struct Settling<'s> {
    /// The newer pack.
    pub pack: &'s Pack,
    /// The key of this device.
    pub key: &'s DelegateKey,
    /// The time of signing.
    pub iat: UnixTime,
    /// The facility's delegations.
    pub delegations: &'s [Opened],
    /// What is shown now.
    pub shown: &'s ShownAgain,
}

/// The receipts of this device that can be settled, and what has settled them so far.
#[derive(Debug)]
pub struct Register {
    latest: HashMap<CredentialId, Entry>,
    order: Vec<CredentialId>,
    firm: HashSet<CredentialId>,
    redeemed: BTreeSet<(IssuerId, CredentialId, Count)>,
}

#[derive(Debug)]
struct Entry {
    /// The receipt itself, as signed.
    document: Vec<u8>,
    /// The last one that settled it.
    settled_by: Option<Receipt>,
}

impl Register {
    /// Reads the log.
    ///
    /// # Errors
    /// [`LogFault`].
    pub fn read(state: &State) -> Result<Self, LogFault> {
        let mut register = Self {
            latest: HashMap::new(),
            order: Vec::new(),
            firm: HashSet::new(),
            redeemed: BTreeSet::new(),
        };
        let mut root: HashMap<CredentialId, CredentialId> = HashMap::new();
        log::read(state, |entry| {
            let receipt = look(&entry)?;
            register.redeemed.extend(redeemed(&receipt));
            match entry.resolves.map(|of| root.get(&of).copied().unwrap_or(of)) {
                Some(of) => {
                    root.insert(receipt.cti, of);
                    if let Some(settled) = register.latest.get_mut(&of) {
                        settled.settled_by = Some(receipt);
                    }
                }
                None if needs_settling(&receipt) => {
                    register.order.push(receipt.cti);
                    let entry = Entry { document: entry.document.to_vec(), settled_by: None };
                    register.latest.insert(receipt.cti, entry);
                }
                None => {
                    register.firm.insert(receipt.cti);
                }
            }
            Ok::<(), LogFault>(())
        })?;
        Ok(register)
    }

    /// Receipts that nothing has settled, which one of these documents may settle, in their order.
    pub fn open_for(&self, settling: &Settling<'_>) -> Vec<CredentialId> {
        let shown = settling.shown;
        let of_codes = shown.documents.iter().map(|document| FixedBytes(sha256(document).0));
        let (forms, _) = shown.forms(settling.pack, settling.iat);
        let hashes: Vec<_> = of_codes.chain(forms.into_iter().map(|form| form.hash)).collect();
        let is_open = |id: &&CredentialId| {
            let Some(entry) = self.latest.get(*id) else { return false };
            // Unverified: only to find it; it is proved before it is settled.
            let stated = Sealed::parse(&entry.document).and_then(|sealed| sealed.unverified_receipt());
            let hash = stated.ok().and_then(|stated| stated.look().encounter.credential_hash.0);
            let is_settled = entry.settled_by.as_ref().is_some_and(|last| !needs_settling(last));
            !is_settled && hash.is_some_and(|hash| hashes.contains(&hash))
        };
        self.order.iter().filter(is_open).copied().collect()
    }

    /// Settles a receipt.
    ///
    /// # Errors
    /// [`ResolveFault`]; then nothing was written.
    pub fn settle(
        &mut self,
        id: CredentialId,
        log: &mut Log,
        settling: &Settling<'_>,
    ) -> Result<Outcome, ResolveFault> {
        let missing =
            || if self.firm.contains(&id) { ResolveFault::Firm } else { ResolveFault::NoSuchReceipt { id } };
        let entry = self.latest.get(&id).ok_or_else(missing)?;
        let original = prove(&entry.document, settling)?;
        let last = entry.settled_by.clone().unwrap_or_else(|| original.clone());
        if !needs_settling(&last) {
            return Err(ResolveFault::Firm);
        }
        let (opened, again) = ask_again(&original, settling)?;
        let mut journal = again.journal(&opened);
        let own = redeemed(&original).into_iter().chain(redeemed(&last)).collect::<Vec<_>>();
        journal.redeemed.extend(self.redeemed.iter().filter(|serial| !own.contains(serial)).cloned());
        let question = opened.question(&again.context, &journal);
        let answers = question.decide().map_err(ResolveFault::Call)?;
        let answer = &answers.chosen;
        let before = said(&last);
        let after =
            Said { decision: answer.decision, assurance: answer.assurance, reasons: answer.reasons.clone() };
        if last.encounter.good_faith == GoodFaith::Yes && after.decision != Decision::Covered {
            return Err(ResolveFault::GoodFaithStands { decision: after.decision });
        }
        let settles = (before.decision, before.assurance) != (after.decision, after.assurance)
            || last.encounter.good_faith != good_faith(answer);
        let written = if !settles {
            None
        } else {
            let answered =
                Answered { context: &again.context, documents: &opened, question: &question, answer };
            let of = entry.settled_by.as_ref().map_or(id, |last| last.cti);
            Some(sign_resolution(log, settling.key, &answered, settling.iat, settling.delegations, of)?)
        };
        let is_overturned = before.decision == Decision::NotCovered && after.decision == Decision::Covered;
        let copay = written.as_ref().and_then(|signed| signed.receipt.encounter.copay.clone());
        let refundable = refundable(&original, copay.as_ref()).filter(|_| is_overturned);
        let overturned = if is_overturned { Overturned::Yes } else { Overturned::No };
        if let Some(signed) = &written {
            self.redeemed.extend(redeemed(&signed.receipt));
            if let Some(entry) = self.latest.get_mut(&id) {
                entry.settled_by = Some(signed.receipt.clone());
            }
        }
        Ok(Outcome { of: id, before, after, overturned, refundable, written })
    }
}

fn needs_settling(receipt: &Receipt) -> bool {
    let encounter = &receipt.encounter;
    encounter.decision != Decision::Covered || encounter.assurance == Assurance::Provisional
}

fn said(receipt: &Receipt) -> Said {
    let encounter = &receipt.encounter;
    Said { decision: encounter.decision, assurance: encounter.assurance, reasons: encounter.reasons.to_vec() }
}

/// This device signed it, or another one of the facility with a delegation.
fn prove(document: &[u8], settling: &Settling<'_>) -> Result<Receipt, ResolveFault> {
    let sealed = Sealed::parse(document).map_err(ResolveFault::Content)?;
    let own = &settling.key.key;
    let receipt = if sealed.kid() == own.key_id() {
        let point = VerifyingKey::new(&own.public_key()).map_err(ResolveFault::Content)?;
        sealed.open_receipt(&point).map_err(|fault| ResolveFault::Unproved(Unproved::Malformed(fault)))?
    } else {
        open_receipt(&sealed, settling.delegations).map_err(ResolveFault::Unproved)?
    };
    if receipt.iss != settling.key.id {
        let (found, wanted) = (receipt.iss, settling.key.id.clone());
        return Err(ResolveFault::OtherFacility { found, wanted });
    }
    Ok(receipt)
}

/// The question as it was asked, with the document that it was about and the evidence that is shown now. Another card is
/// left out: the answer must be about the same one.
fn ask_again<'p>(
    original: &Receipt,
    settling: &Settling<'p>,
) -> Result<(Documents<'p>, Replay), ResolveFault> {
    let wanted = original.encounter.credential_hash.0.ok_or(ResolveFault::NoDocument)?;
    let again = Replay::of(original).map_err(ResolveFault::Content)?;
    let (date, clock) = (again.context.date, again.context.clock);
    let all: Vec<&[u8]> = settling.shown.documents.iter().map(Vec::as_slice).collect();
    let opened = Documents::open(settling.pack, &all, date, clock, Tokens::AsJudged);
    let mut kept: Vec<&[u8]> = Vec::new();
    let (form, fault) = settling.shown.form(Some(wanted), settling.pack, settling.iat);
    let mut has_document = form.is_some();
    for document in opened.readable() {
        let is_it = document.hash == wanted;
        has_document |= is_it;
        let right_type = document.claims().map(|claims| claims.right.right_type());
        let is_evidence = matches!(right_type, Some(RightType::Contribution | RightType::Delegation));
        if let Some(bytes) = all.get(document.place).filter(|_| is_it || is_evidence)
            && !kept.contains(bytes)
        {
            kept.push(bytes);
        }
    }
    if !has_document {
        return Err(fault.map_or(ResolveFault::OtherDocument, ResolveFault::OpenForm));
    }
    let mut documents = Documents::open(settling.pack, &kept, date, clock, Tokens::AsJudged);
    if let Some(form) = form {
        let added = documents.add_open_form(form, date, clock);
        added.map_err(|unopened| ResolveFault::KeyUnusable(unopened.into()))?;
    }
    Ok((documents, again))
}

/// Only who was told to charge what an uninsured resident pays has taken it.
fn refundable(original: &Receipt, copay: Option<&Money>) -> Option<Money> {
    let charged = original.encounter.charged.as_ref()?;
    if original.encounter.action != Action::ChargeRefundable {
        return None;
    }
    let copay = match copay {
        Some(copay) if copay.currency != charged.currency => return None,
        Some(copay) => copay.minor.value(),
        None => 0,
    };
    let minor = Count::new(charged.minor.value().checked_sub(copay)?).ok()?;
    Some(Money { minor, currency: charged.currency.clone() })
}
