//! `sanad-verify check --place … --benefit …`: the decision, and the receipt of it.
//!
//! Order: the arguments, what was laid on the counter, the pack, the device's key and log, the decision, the receipt on the
//! disk, and only then the answer on the screen. A fault on the way is no verdict; in an emergency it says so.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{
    Area, Cause, Clock, Count, Currency, Decision, DelegationId, Emergency, Json, Label, Level, MemberLine,
    Money, PREFIX, PersonResult, QrText, UnixTime,
};
use sanad_keyfile::DelegateKey;
use sanad_keyfile::passphrase::Purpose;
use sanad_messages::{Heading, Language, Notice};
use sanad_trust::pack::Pack;
use sanad_trust::pack_file::PACK_BYTES_MAX;
use sanad_trust::{Country, judge};
use sanad_verifier::{
    Answer, Answers, Asked, AtFacility, Context, Documents, Journal, Referral, SeenToday, Words as _,
};

use super::check::Check;
use super::presented::{self, Presented};
use super::{Form, pack, say, tell};
use crate::receipts::delegations::{self, Trusted};
use crate::receipts::earlier::{Earlier, ShownLine};
use crate::receipts::ledger::Ledger;
use crate::receipts::log::Log;
use crate::receipts::slip::Paper;
use crate::receipts::{Answered, Signed, sign, slip_words};
use crate::state::State;
use crate::trust_state::{StateDir, read_bounded};
use crate::words::{CatalogueWords, language};
use crate::{answer_text, counter, key, pack_archive};

/// What is asked, where, and what the staff saw.
#[derive(Args)]
#[command(next_help_heading = "The question")]
pub(super) struct AskedArguments {
    /// Country or subdivision of the service: UG, IN-GJ.
    #[arg(long, value_name = "AREA", requires = "benefit", value_parser = |text: &str| Area::new(text))]
    pub(super) place: Option<Area>,
    /// What is asked for: EMER OPD CHILD ANC DEL PNC MEDS LAB IMG INP SURG SPEC CHRON DENT REHAB TRANSPORT OSHV, or PAYOUT
    /// for a transfer or voucher.
    #[arg(long, value_name = "GROUP", requires = "place", value_parser = |text: &str| Asked::from_word(text))]
    pub(super) benefit: Option<Asked>,
    /// Id of the facility, UG-F01. Its entry in the pack's list wins over --level.
    #[arg(long, value_name = "ID", requires = "benefit", value_parser = |text: &str| DelegationId::new(text))]
    pub(super) facility: Option<DelegationId>,
    /// Level of the facility, 1 the health post to 5 the national hospital.
    #[arg(long, value_name = "1-5", requires = "benefit", value_parser = level)]
    pub(super) level: Option<Level>,
    /// Price in ordinary units: 15000, 150.50.
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    pub(super) amount: Option<String>,
    /// Its currency, ISO 4217.
    #[arg(long, value_name = "CODE", requires = "amount", value_parser = |text: &str| Currency::new(text))]
    pub(super) currency: Option<Currency>,
    /// It is an emergency: the person is treated whatever the answer is.
    #[arg(long, requires = "benefit")]
    pub(super) emergency: bool,
    /// Why the service is needed.
    #[arg(long, value_name = "illness|work_injury", default_value = "illness", value_parser = |text: &str| Cause::from_word(text))]
    pub(super) cause: Cause,
    /// Household line to serve; the holder is line 1.
    #[arg(long, value_name = "LINE", default_value = "1", value_parser = member)]
    pub(super) member: MemberLine,
    /// Comparison of the person: match, unchecked, mismatch (confirmed by a second member of staff), absent, newborn (to 90
    /// days, under the mother's card), age_diff (within 12 years).
    #[arg(long, value_name = "RESULT", default_value = "unchecked", value_parser = |text: &str| PersonResult::from_word(text))]
    pub(super) person: PersonResult,
    /// Another facility referred the person, with a reference where there is one.
    #[arg(long, value_name = "REF", num_args = 0..=1)]
    pub(super) referral: Option<Option<String>>,
    /// Authorisation that the payer gave beforehand.
    #[arg(long, value_name = "REF", value_parser = |text: &str| Label::new(text))]
    pub(super) preauth: Option<Label>,
    /// Serial of a voucher to redeem.
    #[arg(long, value_name = "N", value_parser = serial)]
    pub(super) serial: Option<Count>,
    /// Serials that this outlet has redeemed elsewhere; what this device redeemed with receipts is known without.
    #[arg(long, value_name = "FILE", requires = "benefit")]
    pub(super) ledger: Option<PathBuf>,
    /// What the device knows of the time; found out when left out.
    #[arg(long, value_name = "ok|operator|unknown", value_parser = |text: &str| Clock::from_word(text))]
    pub(super) clock: Option<Clock>,
    /// The same card was shown here today: for the same person, or for another one.
    #[arg(long, value_name = "no|same_person|other_person", value_parser = |text: &str| SeenToday::from_word(text))]
    pub(super) seen_today: Option<SeenToday>,
}

/// What is made of the answer.
#[derive(Args)]
#[command(next_help_heading = "Receipt")]
pub(super) struct PaperArguments {
    /// Sign a receipt of the answer with this device's key and keep it; the facility is that of the key.
    #[arg(long, requires = "benefit")]
    pub(super) receipt: bool,
    /// Delegation of the key, where neither the pack nor `key accept` brought it; may stand several times.
    #[arg(long = "delegation", value_name = "FILE", requires = "receipt")]
    pub(super) delegations: Vec<PathBuf>,
    /// Read the passphrase of the key from the first line of a file.
    #[arg(long, value_name = "FILE", requires = "receipt")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Write a slip for the patient, without name and diagnosis: .svg, or .txt for plain text of 32 columns. With --receipt
    /// the signed receipt is on it.
    #[arg(long, value_name = "FILE", requires = "benefit")]
    pub(super) slip: Option<PathBuf>,
    /// Paper of the slip: A6, or a roll of 58 mm.
    #[arg(long, value_name = "a6|58mm", default_value = "a6", requires = "slip", value_parser = super::receipts::slip::paper)]
    pub(super) slip_size: Paper,
}

impl Check {
    /// The decision.
    pub(super) fn decide(
        &self,
        place: &Area,
        asked: Asked,
        form: Form,
        told: Option<Language>,
    ) -> io::Result<ExitCode> {
        let words = CatalogueWords::new(language(told));
        match self.answer(place, asked, form, &words) {
            Ok(done) => done,
            Err(fault) => {
                if self.asked.emergency {
                    eprintln!("{}", words.0.notice(Notice::EmergencyAlwaysTreated));
                }
                tell(&fault, form)
            }
        }
    }

    fn answer(
        &self,
        place: &Area,
        asked: Asked,
        form: Form,
        words: &CatalogueWords,
    ) -> Result<io::Result<ExitCode>, String> {
        let (codes, referral) = self.codes_and_referral()?;
        let amount = self.amount()?;
        let shown = counter::shown(&codes)?;
        let (pack, directory) = self.load()?;
        let state = State::locate(Some(directory.path())).map_err(|fault| fault.to_string())?;
        let signer = self.signer(&state)?;
        let (time, clock) = self.time(&pack)?;
        let own = signer.as_ref().map(|signer| signer.key.id.clone());
        let context = Context {
            date: time.date(),
            clock,
            place: place.clone(),
            facility: AtFacility { id: self.asked.facility.clone().or(own), level: self.asked.level },
            asked,
            amount,
            emergency: if self.asked.emergency { Emergency::Yes } else { Emergency::No },
            person: self.asked.person,
            referral,
            preauth: self.asked.preauth.clone(),
            serial: self.asked.serial,
            cause: self.asked.cause,
            member: self.asked.member,
        };
        self.facility_lies_here(&pack, &context)?;
        let bytes: Vec<&[u8]> = shown.documents.iter().map(|document| document.bytes.as_slice()).collect();
        let mut tokens = Presented::begin(&shown, &state, &context, time, pack::device_clock(self.now));
        let mut documents = Documents::open(&pack, &bytes, context.date, clock, tokens.tokens());
        documents.add_unreadable(shown.unreadable.len());
        let earlier = self.earlier(&state, &context)?;
        let journal = self.journal(&documents, &earlier);
        let question = documents.question(&context, &journal);
        let answers = question.decide().map_err(|fault| fault.to_string())?;
        tokens.keep(&documents)?;
        let receipt = match signer {
            None => None,
            Some(mut signer) => {
                must_name_a_serial(&answers.chosen, &context)?;
                let (context, documents, question) = (&context, &documents, &question);
                let answered = Answered { context, documents, question, answer: &answers.chosen };
                let signed = signer.sign(&answered, time, &self.paper.delegations)?;
                self.keep_pack(&pack, &directory);
                Some(signed)
            }
        };
        let slip = self.print_slip(&answers.chosen, receipt.as_ref(), &context, words);
        if answers.chosen.decision == Decision::NotCovered && self.paper.slip.is_none() {
            let how = receipt.as_ref().map_or_else(
                || "ask again with --slip FILE".to_owned(),
                |signed| format!("sanad-verify receipts slip {} --out FILE", signed.receipt.cti),
            );
            eprintln!("sanad-verify: for the patient, where to appeal and what can be done: {how}");
        }
        for fault in &shown.unreadable {
            eprintln!("sanad-verify: {fault}");
        }
        if let Some(times) =
            shown_before(&documents, &earlier, &context).filter(|_| self.asked.seen_today.is_none())
        {
            eprintln!(
                "sanad-verify: this card was shown here {times} times today already; if that was for another person, ask \
                 again with --seen-today other_person"
            );
        }
        let said = self.say(&answers, receipt.as_ref(), &context, &pack, form, words);
        let said = said.and_then(|code| presented::tell(&documents, form).map(|()| code));
        // What was answered, and perhaps signed, is shown whatever became of the paper.
        Ok(match slip {
            Ok(()) => said,
            Err(fault) => said.and_then(|_| tell(&fault, form)),
        })
    }

    fn say(
        &self,
        answers: &Answers<'_>,
        receipt: Option<&Signed>,
        context: &Context,
        pack: &Pack,
        form: Form,
        words: &CatalogueWords,
    ) -> io::Result<ExitCode> {
        let code =
            receipt.map(|signed| (signed.receipt.cti.to_string(), QrText::from_document(&signed.document)));
        match form {
            Form::Json => say(&answers.to_check_json(words))?,
            Form::Text => say(answer_text::text(answers, context, pack, words).trim_end())?,
        }
        if let Some((id, Ok(code))) = code {
            match form {
                Form::Json => {
                    let members = [("receipt", id.as_str()), ("text", code.as_str())];
                    let members = members.map(|(name, value)| (name.into(), Json::Text(value.into())));
                    say(&Json::Object(members.into()).to_string())?;
                }
                Form::Text => {
                    say(&words.0.field(Heading::Receipt, &id))?;
                    say(code.as_str())?;
                }
            }
        }
        if let Some(notice) = receipt.and_then(|signed| signed.notice.as_ref()) {
            eprintln!("sanad-verify: {notice}");
        }
        Ok(exit_code(answers))
    }

    /// The key of this device and its log, which stays open while the question is decided: nobody redeems the same serial
    /// in between.
    fn signer(&self, state: &State) -> Result<Option<Signer>, String> {
        if !self.paper.receipt {
            return Ok(None);
        }
        key::must_exist(state).map_err(|fault| fault.to_string())?;
        let passphrase = super::key::obtain(self.paper.passphrase_file.as_deref(), Purpose::Open);
        let passphrase = passphrase.map_err(|(_, message)| message)?;
        let own = key::load(state, &passphrase).map_err(|fault| fault.to_string())?;
        let log = Log::open(state).map_err(|fault| fault.to_string())?;
        if let Some(cut) = log.cut() {
            eprintln!(
                "sanad-verify: a receipt that was being written when the device stopped was cut off, nobody was given it; its \
                 {} bytes are kept in {}",
                cut.bytes,
                cut.kept.display()
            );
        }
        Ok(Some(Signer { key: own, log, state: state.clone() }))
    }

    /// A receipt can be replayed only with the pack it rests on; one that was taken over is kept already.
    fn keep_pack(&self, pack: &Pack, directory: &StateDir) {
        let Some(path) = &self.pack else { return };
        let kept = read_bounded(path, PACK_BYTES_MAX)
            .map_err(|fault| fault.to_string())
            .and_then(|bytes| pack_archive::keep(directory, &bytes, pack).map_err(|fault| fault.to_string()));
        if let Err(fault) = kept {
            eprintln!(
                "sanad-verify: the pack could not be kept, so that this receipt cannot be replayed here: {fault}"
            );
        }
    }

    fn print_slip(
        &self,
        answer: &Answer<'_>,
        receipt: Option<&Signed>,
        context: &Context,
        words: &CatalogueWords,
    ) -> Result<(), String> {
        let Some(out) = &self.paper.slip else { return Ok(()) };
        let benefits: Vec<_> = context.asked.group().into_iter().collect();
        let answered = slip_words::SlipAnswer {
            facility: context.facility.id.as_ref(),
            place: &context.place,
            date: context.date,
            benefits: &benefits,
            decision: answer.decision,
            action: answer.action,
            reasons: &answer.reasons,
            copay: answer.copay.as_ref().and_then(|copay| copay.money.as_ref()),
            payer: answer.payer,
            emergency: context.emergency,
        };
        let remedies = answer.reasons.iter().map(|reason| words.remedy(*reason, &answer.remedy));
        let extra = slip_words::Extra {
            remedies: Some(remedies.collect()),
            patient_pays: Some(answer_text::patient_pays(answer, &words.0)),
            payer: None,
            appeal: answer.appeal_text(words),
        };
        let receipt = receipt.map(|signed| (signed.receipt.cti, signed.document.clone()));
        let slip = slip_words::slip_of(&answered, receipt, &words.0, extra);
        super::receipts::slip::write(&slip, self.paper.slip_size, out).map(|_| ()).map_err(|(_, fault)| fault)
    }

    fn earlier(&self, state: &State, context: &Context) -> Result<Earlier, String> {
        let mut earlier = match Earlier::read(state, context.date, context.asked) {
            Ok(earlier) => earlier,
            // Cash is not paid twice on a log that does not read. Care does not wait for one.
            Err(fault) if context.asked == Asked::Payout => return Err(fault.to_string()),
            Err(fault) => {
                eprintln!("sanad-verify: whether this card was shown today is not known: {fault}");
                Earlier::nothing()
            }
        };
        if let Some(path) = &self.asked.ledger {
            earlier.add(Ledger::load(path).map_err(|fault| fault.to_string())?);
        }
        Ok(earlier)
    }

    /// What this device redeemed, and what the staff say of a card that was shown before.
    fn journal(&self, documents: &Documents<'_>, earlier: &Earlier) -> Journal {
        let seen = self.asked.seen_today.unwrap_or(SeenToday::No);
        let mut journal = earlier.journal(seen);
        for line in shown_lines(documents, self.asked.member) {
            journal.seen_today.insert(line, seen);
        }
        journal
    }

    /// A referral's reference is optional, so that a code or a file of one may stand in its place.
    fn codes_and_referral(&self) -> Result<(Vec<String>, Referral), String> {
        let mut codes = self.codes.clone();
        let referral = match &self.asked.referral {
            None => Referral::None,
            Some(None) => Referral::Given(None),
            Some(Some(code)) if code.starts_with(PREFIX) || code == "-" || Path::new(code).is_file() => {
                codes.push(code.clone());
                Referral::Given(None)
            }
            Some(Some(reference)) => {
                let label = Label::new(reference).map_err(|fault| format!("--referral: {fault}"))?;
                Referral::Given(Some(label))
            }
        };
        Ok((codes, referral))
    }

    /// A facility of the list lies where the list says: a mistyped place would make it one of no network.
    fn facility_lies_here(&self, pack: &Pack, context: &Context) -> Result<(), String> {
        let Some(id) = &context.facility.id else { return Ok(()) };
        let listed = pack.facilities().get(&Country::from(id)).and_then(|facilities| facilities.find(id));
        match listed.map(|facility| &facility.area) {
            Some(area) if !area.contains(&context.place) && !context.place.contains(area) => {
                Err(format!("{id} lies in {area}, not in {}: check --place and --facility", context.place))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn amount(&self) -> Result<Option<Money>, String> {
        let Some((amount, currency)) = self.asked.amount.as_ref().zip(self.asked.currency.clone()) else {
            return Ok(None);
        };
        Money::parse(amount, currency).map(Some).map_err(|fault| format!("--amount {amount}: {fault}"))
    }

    /// The time of the service, and what is known of it: the device's, or the time floor's where the device is behind it.
    fn time(&self, pack: &Pack) -> Result<(UnixTime, Clock), String> {
        let device = pack::device_clock(self.now);
        let judged = match pack.clock(device) {
            judge::Clock::Known(_) if self.now.is_some() => Clock::Operator,
            judge::Clock::Known(_) => Clock::Ok,
            judge::Clock::Unknown { .. } => Clock::Unknown,
        };
        let clock = self.asked.clock.unwrap_or(judged);
        let floor = pack.floors().time().filter(|_| clock == Clock::Unknown);
        let time = device.max(floor);
        time.map(|time| (time, clock))
            .ok_or_else(|| "this device has no clock and the pack has no date: give --now".to_owned())
    }
}

/// A receipt without the serial would let the same one be redeemed again.
fn must_name_a_serial(answer: &Answer<'_>, context: &Context) -> Result<(), String> {
    let serials = answer_text::payable(answer).and_then(|benefit| benefit.serials.as_ref());
    match serials.filter(|_| context.serial.is_none()) {
        Some(serials) => Err(format!(
            "this voucher has the serials {} to {}: say which one is redeemed with --serial",
            serials.first, serials.last
        )),
        None => Ok(()),
    }
}

/// What signs receipts.
struct Signer {
    key: DelegateKey,
    log: Log,
    state: State,
}

impl Signer {
    fn sign(&mut self, answered: &Answered<'_>, iat: UnixTime, given: &[PathBuf]) -> Result<Signed, String> {
        let mut kept = delegations::kept(&self.state).map_err(|fault| fault.to_string())?;
        for path in given {
            let found = counter::documents(&path.display().to_string());
            if let Some(fault) = found.faults.first() {
                return Err(fault.to_string());
            }
            kept.extend(found.documents.into_iter().map(|document| (document.place, document.bytes)));
        }
        let pack = answered.documents.pack();
        let trusted = Trusted::Pack(pack, pack.clock(Some(iat)));
        // A faulty delegation costs the receipt nothing: whether one allows it is told beside it.
        let (opened, _) = delegations::gather(trusted, &kept);
        sign(&mut self.log, &self.key, answered, iat, &opened).map_err(|fault| fault.to_string())
    }
}

fn shown_lines(documents: &Documents<'_>, member: MemberLine) -> Vec<ShownLine> {
    let claims = documents.readable().iter().filter_map(|document| document.claims());
    claims.map(|claims| (claims.iss.clone(), claims.cti, member)).collect()
}

/// How often one of the cards was shown here on this day.
fn shown_before(documents: &Documents<'_>, earlier: &Earlier, context: &Context) -> Option<u32> {
    let lines = shown_lines(documents, context.member);
    lines.iter().map(|line| earlier.times_shown(line)).max().filter(|times| *times > 0)
}

/// Scripts at the counter go by the exit code.
fn exit_code(answers: &Answers<'_>) -> ExitCode {
    ExitCode::from(match answers.chosen.decision {
        Decision::Covered => 0,
        Decision::NotCovered => 10,
        Decision::CannotDecide => 11,
    })
}

fn level(text: &str) -> Result<Level, String> {
    whole(text).and_then(|number| Level::from_integer(number).map_err(|fault| fault.to_string()))
}

fn member(text: &str) -> Result<MemberLine, String> {
    whole(text).and_then(|number| MemberLine::from_integer(number).map_err(|fault| fault.to_string()))
}

fn serial(text: &str) -> Result<Count, String> {
    whole(text).and_then(|number| Count::from_integer(number).map_err(|fault| fault.to_string()))
}

fn whole(text: &str) -> Result<i128, String> {
    text.parse().map_err(|_| "a whole number must stand here".to_owned())
}
