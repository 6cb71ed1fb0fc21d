//! From a presented entitlement to the decision and its receipt: the same rules, pack, memory and log as at the counter.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sanad_credential::{Clock, QrText, UnixTime};
use sanad_keyfile::DelegateKey;
use sanad_keyfile::passphrase::{self, Purpose};
use sanad_trust::{Country, judge};
use sanad_verifier::{Asked, AtFacility, Context, Documents, OpenForm, Tokens};
use serde_json::Value;

use super::question::DeskQuestion;
use super::trust::Loaded;
use crate::answer_text;
use crate::key;
use crate::receipts::delegations::{self, Trusted};
use crate::receipts::earlier::Earlier;
use crate::receipts::log::Log;
use crate::receipts::{Answered, sign};
use crate::state::State;
use crate::words::CatalogueWords;

/// An entitlement whose proofs and holder were verified.
pub struct Presented {
    /// As the rules take it.
    pub form: OpenForm,
    /// As it was shown, without the holder's proof: an SD-JWT with the disclosures, or a W3C credential.
    pub shown: Value,
    /// Why its issuer's signature could not be verified, where that is so.
    pub fault: Option<&'static str>,
}

/// What signs receipts: the device's key, one answer at a time.
pub struct Signer(Mutex<DelegateKey>);

impl Signer {
    /// Opens the device's key.
    ///
    /// # Errors
    /// In words.
    pub fn open(state_dir: Option<&Path>, passphrase_file: &Path) -> Result<Self, String> {
        let state = State::locate(state_dir).map_err(|fault| fault.to_string())?;
        key::must_exist(&state).map_err(|fault| fault.to_string())?;
        let passphrase = passphrase::obtain(Some(passphrase_file), Purpose::Open, "");
        let passphrase = passphrase.map_err(|fault| fault.to_string())?;
        let own = key::load(&state, &passphrase).map_err(|fault| fault.to_string())?;
        Ok(Self(Mutex::new(own)))
    }
}

/// The time of the service, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// The device's clock.
    pub device: Option<UnixTime>,
    /// Whether the operator told it.
    pub is_told: bool,
}

/// Decides; the answer as `sanad-verify check --json` gives it, with what was presented, and the receipt where one is signed.
/// It blocks.
///
/// # Errors
/// In words for the desk: what of the question cannot be asked, what cannot be read or written.
pub fn decide(
    loaded: &Loaded,
    question: &DeskQuestion,
    presented: Presented,
    time: Time,
    signer: Option<&Signer>,
) -> Result<Value, String> {
    let pack = &loaded.pack;
    let own = signer.map(|signer| signer.0.lock().unwrap_or_else(PoisonError::into_inner));
    let state = State::locate(Some(loaded.directory.path())).map_err(|fault| fault.to_string())?;
    // Open while the question is decided: nobody redeems the same serial in between.
    let mut log = match &own {
        Some(_) => Some(Log::open(&state).map_err(|fault| fault.to_string())?),
        None => None,
    };
    let clock = match pack.clock(time.device) {
        judge::Clock::Known(_) if time.is_told => Clock::Operator,
        judge::Clock::Known(_) => Clock::Ok,
        judge::Clock::Unknown { .. } => Clock::Unknown,
    };
    let floor = pack.floors().time().filter(|_| clock == Clock::Unknown);
    let now = time.device.max(floor).ok_or("this device has no clock and the pack has no date")?;
    let facility = question.facility.clone().or_else(|| own.as_ref().map(|own| own.id.clone()));
    let context = Context {
        date: now.date(),
        clock,
        place: question.place.clone(),
        facility: AtFacility { id: facility, level: question.level },
        asked: question.asked,
        amount: question.amount.clone(),
        emergency: question.emergency,
        person: question.person,
        referral: question.referral.clone(),
        preauth: question.preauth.clone(),
        serial: question.serial,
        cause: question.cause,
        member: question.member,
    };
    facility_lies_here(loaded, &context)?;
    let mut documents = Documents::open(pack, &[], context.date, clock, Tokens::None);
    documents.add_open_form(presented.form, context.date, clock).map_err(|unopened| {
        // Its issuer's signature held; what is left is what the key may do.
        format!(
            "the key that signed it does not count for this issuer: {}",
            sanad_trust::Rejection::from(unopened)
        )
    })?;
    let earlier = match Earlier::read(&state, context.date, context.asked) {
        Ok(earlier) => earlier,
        // Cash is not paid twice on a log that does not read. Care does not wait for one.
        Err(fault) if context.asked == Asked::Payout => return Err(fault.to_string()),
        Err(_) => Earlier::nothing(),
    };
    let journal = earlier.journal(question.seen_today);
    let asked = documents.question(&context, &journal);
    let answers = asked.decide().map_err(|fault| fault.to_string())?;
    let words = CatalogueWords::new(question.language);
    let mut answer: Value =
        serde_json::from_str(&answers.to_check_json(&words)).map_err(|fault| fault.to_string())?;
    if let Value::Object(members) = &mut answer {
        members.insert("presented".into(), presented.shown);
        if let Some(fault) = presented.fault {
            members.insert("fault".into(), fault.into());
        }
    }
    if let (Some(own), Some(log)) = (own, log.as_mut()) {
        let serials = answer_text::payable(&answers.chosen).and_then(|benefit| benefit.serials.as_ref());
        if serials.is_some() && context.serial.is_none() {
            return Err("this voucher has serials: say which one is redeemed with serial".to_owned());
        }
        let kept = delegations::kept(&state).map_err(|fault| fault.to_string())?;
        let trusted = Trusted::Pack(pack, pack.clock(Some(now)));
        // A faulty delegation costs the receipt nothing: whether one allows it is told beside it.
        let (opened, _) = delegations::gather(trusted, &kept);
        let answered =
            Answered { context: &context, documents: &documents, question: &asked, answer: &answers.chosen };
        let signed = sign(log, &own, &answered, now, &opened).map_err(|fault| fault.to_string())?;
        if let Value::Object(members) = &mut answer {
            members.insert("receipt".into(), signed.receipt.cti.to_string().into());
            if let Ok(text) = QrText::from_document(&signed.document) {
                members.insert("receipt_text".into(), text.as_str().into());
            }
            if let Some(notice) = &signed.notice {
                members.insert("receipt_notice".into(), notice.to_string().into());
            }
        }
    }
    Ok(answer)
}

/// A facility of the list lies where the list says: a mistyped place would make it one of no network.
fn facility_lies_here(loaded: &Loaded, context: &Context) -> Result<(), String> {
    let Some(id) = &context.facility.id else { return Ok(()) };
    let listed = loaded.pack.facilities().get(&Country::from(id)).and_then(|facilities| facilities.find(id));
    match listed.map(|facility| &facility.area) {
        Some(area) if !area.contains(&context.place) && !context.place.contains(area) => {
            Err(format!("{id} lies in {area}, not in {}: check place and facility", context.place))
        }
        Some(_) | None => Ok(()),
    }
}
