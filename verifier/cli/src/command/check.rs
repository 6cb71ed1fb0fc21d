//! `sanad-verify check`: three questions about documents that are shown.
//!
//! With `--place` and `--benefit` the decision: covered or not, for this, here, today. With a pack alone who signed, whether
//! it may, and what became of the document; with `--record` signature and content against one pinned record. The last two
//! are never decisions. Exit codes of the decision: 0 COVERED, 10 NOT_COVERED, 11 CANNOT_DECIDE; of the others: 0 it holds,
//! 3 it does not. 2 is wrong usage, 3 bad input data.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{
    Area, Cause, Clock, Count, Currency, Date, Decision, DelegationId, Emergency, Label, Level, MemberLine,
    Money, PREFIX, PersonResult, UnixTime,
};
use sanad_messages::Language;
use sanad_trust::judge;
use sanad_trust::pack::Pack;
use sanad_verifier::{Answers, Asked, AtFacility, Context, Documents, Journal, Referral, SeenToday, Tokens};

use super::{BAD_INPUT, Form, pack, say, tell};
use crate::check::{Checked, Verified, check, load_record};
use crate::check_pack::{self, PackChecked};
use crate::trust_state::{StateDir, TrustState};
use crate::words::{CatalogueWords, language};
use crate::{answer_text, counter};

/// Check documents, or decide: with --place and --benefit, is this covered for this person, here, today?
#[derive(Args)]
pub(super) struct Check {
    /// QR text, PNG or JPEG image, file of the document, or "-" for standard input. Several are decided together; with
    /// --place and --benefit none is needed.
    #[arg(value_name = "QR", required_unless_present = "benefit")]
    codes: Vec<String>,
    /// Check with this issuer's record alone, which you got in a way you trust: no status, no grant, no decision.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pack", "benefit"])]
    record: Option<PathBuf>,
    /// Use this pack; the one in use when neither is given.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: Option<PathBuf>,
    /// Directory of the verifier's state; $XDG_STATE_HOME/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day. The clock then counts as set by the operator.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    #[command(flatten)]
    asked: AskedArguments,
}

/// What is asked, where, and what the staff saw.
#[derive(Args)]
#[command(next_help_heading = "The question")]
struct AskedArguments {
    /// Country or subdivision of the service: UG, IN-GJ.
    #[arg(long, value_name = "AREA", requires = "benefit", value_parser = |text: &str| Area::new(text))]
    place: Option<Area>,
    /// What is asked for: EMER OPD CHILD ANC DEL PNC MEDS LAB IMG INP SURG SPEC CHRON DENT REHAB TRANSPORT OSHV, or PAYOUT
    /// for a transfer or voucher.
    #[arg(long, value_name = "GROUP", requires = "place", value_parser = |text: &str| Asked::from_word(text))]
    benefit: Option<Asked>,
    /// Id of the facility, UG-F01. Its entry in the pack's list wins over --level.
    #[arg(long, value_name = "ID", requires = "benefit", value_parser = |text: &str| DelegationId::new(text))]
    facility: Option<DelegationId>,
    /// Level of the facility, 1 the health post to 5 the national hospital.
    #[arg(long, value_name = "1-5", requires = "benefit", value_parser = level)]
    level: Option<Level>,
    /// Price in ordinary units: 15000, 150.50.
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    amount: Option<String>,
    /// Its currency, ISO 4217.
    #[arg(long, value_name = "CODE", requires = "amount", value_parser = |text: &str| Currency::new(text))]
    currency: Option<Currency>,
    /// It is an emergency: the person is treated whatever the answer is.
    #[arg(long, requires = "benefit")]
    emergency: bool,
    /// Why the service is needed.
    #[arg(long, value_name = "illness|work_injury", default_value = "illness", value_parser = |text: &str| Cause::from_word(text))]
    cause: Cause,
    /// Household line to serve; the holder is line 1.
    #[arg(long, value_name = "LINE", default_value = "1", value_parser = member)]
    member: MemberLine,
    /// Comparison of the person: match, unchecked, mismatch (confirmed by a second member of staff), absent, newborn (to 90
    /// days, under the mother's card), age_diff (within 12 years).
    #[arg(long, value_name = "RESULT", default_value = "unchecked", value_parser = |text: &str| PersonResult::from_word(text))]
    person: PersonResult,
    /// Another facility referred the person, with a reference where there is one.
    #[arg(long, value_name = "REF", num_args = 0..=1)]
    referral: Option<Option<String>>,
    /// Authorisation that the payer gave beforehand.
    #[arg(long, value_name = "REF", value_parser = |text: &str| Label::new(text))]
    preauth: Option<Label>,
    /// Serial of a voucher to redeem.
    #[arg(long, value_name = "N", value_parser = serial)]
    serial: Option<Count>,
    /// What the device knows of the time; found out when left out.
    #[arg(long, value_name = "ok|operator|unknown", value_parser = |text: &str| Clock::from_word(text))]
    clock: Option<Clock>,
    /// The same card was shown here today: for the same person, or for another one.
    #[arg(long, value_name = "no|same_person|other_person", value_parser = |text: &str| SeenToday::from_word(text))]
    seen_today: Option<SeenToday>,
}

impl Check {
    pub(super) fn run(&self, form: Form, told: Option<Language>) -> io::Result<ExitCode> {
        match (&self.record, &self.asked.place, self.asked.benefit) {
            (Some(record), ..) => self.with_record(record, form),
            (None, Some(place), Some(asked)) => self.decide(place, asked, form, told),
            (None, ..) => self.with_pack(form),
        }
    }

    /// The decision.
    fn decide(&self, place: &Area, asked: Asked, form: Form, told: Option<Language>) -> io::Result<ExitCode> {
        let words = CatalogueWords::new(language(told));
        match self.answer(place, asked, form, &words) {
            Ok(done) => done,
            Err(fault) => {
                if self.asked.emergency {
                    eprintln!("{}", words.0.notice(sanad_messages::Notice::EmergencyAlwaysTreated));
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
        let (pack, _) = self.load()?;
        let (date, clock) = self.day(&pack)?;
        let context = Context {
            date,
            clock,
            place: place.clone(),
            facility: AtFacility { id: self.asked.facility.clone(), level: self.asked.level },
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
        let bytes: Vec<&[u8]> = shown.documents.iter().map(|document| document.bytes.as_slice()).collect();
        let mut documents = Documents::open(&pack, &bytes, date, clock, Tokens::None);
        documents.add_unreadable(shown.unreadable.len());
        let journal = self.journal(&documents);
        let question = documents.question(&context, &journal);
        let answers = question.decide().map_err(|fault| fault.to_string())?;
        for fault in &shown.unreadable {
            eprintln!("sanad-verify: {fault}");
        }
        let said = match form {
            Form::Json => say(&answers.to_check_json(words)),
            Form::Text => say(answer_text::text(&answers, &context, &pack, words).trim_end()),
        };
        Ok(said.map(|()| exit_code(&answers)))
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

    fn amount(&self) -> Result<Option<Money>, String> {
        let Some((amount, currency)) = self.asked.amount.as_ref().zip(self.asked.currency.clone()) else {
            return Ok(None);
        };
        Money::parse(amount, currency).map(Some).map_err(|fault| format!("--amount {amount}: {fault}"))
    }

    /// The day of the service, and what is known of it: the device's, or the time floor's where the device is behind it.
    fn day(&self, pack: &Pack) -> Result<(Date, Clock), String> {
        let device = pack::device_clock(self.now);
        let judged = match pack.clock(device) {
            judge::Clock::Known(_) if self.now.is_some() => Clock::Operator,
            judge::Clock::Known(_) => Clock::Ok,
            judge::Clock::Unknown { .. } => Clock::Unknown,
        };
        let clock = self.asked.clock.unwrap_or(judged);
        let floor = pack.floors().time().filter(|_| clock == Clock::Unknown);
        let time = device.max(floor);
        time.map(|time| (time.date(), clock))
            .ok_or_else(|| "this device has no clock and the pack has no date: give --now".to_owned())
    }

    fn journal(&self, documents: &Documents<'_>) -> Journal {
        let mut journal = Journal::empty();
        if let Some(seen) = self.asked.seen_today {
            for claims in documents.readable().iter().filter_map(|document| document.claims()) {
                let line = (claims.iss.clone(), claims.cti, self.asked.member);
                journal.seen_today.insert(line, seen);
            }
        }
        journal
    }

    /// The pack, and the directory of the state. What this pack proves to be current is held against every later one, also
    /// when it is not taken over.
    fn load(&self) -> Result<(Pack, StateDir), String> {
        let device = pack::device_clock(self.now);
        let loaded =
            StateDir::resolve(self.state.as_deref()).map_err(pack::PackFault::from).and_then(|directory| {
                let (pack, state) = pack::load(self.pack.as_ref(), &directory, device)?;
                Ok((directory, pack, state))
            });
        let (directory, pack, state) = loaded.map_err(|fault| fault.to_string())?;
        if *pack.floors() != state.floors
            && let Ok(lock) = directory.lock()
        {
            let raised =
                TrustState { anchor: pack.anchor(), floors: pack.floors().clone(), pack: state.pack };
            if let Err(fault) = directory.save(&raised, &lock) {
                eprintln!("sanad-verify: {fault}");
            }
        }
        Ok((pack, directory))
    }

    /// Who signed, whether it may, and what became of the document: no decision.
    fn with_pack(&self, form: Form) -> io::Result<ExitCode> {
        let pack = match self.load() {
            Ok((pack, _)) => pack,
            Err(fault) => return tell(&fault, form),
        };
        let clock = pack.clock(pack::device_clock(self.now));
        let mut code = ExitCode::SUCCESS;
        for argument in &self.codes {
            let found = counter::documents(argument);
            let results = found.documents.iter();
            let results = results
                .map(|document| check_pack::check(&document.bytes, &pack, clock).found_in(&document.place));
            let faults = found.faults.iter();
            let faults = faults.map(|fault| PackChecked::Fails { header: None, fault: fault.to_string() });
            for checked in results.chain(faults) {
                if checked.holds() == Verified::No {
                    code = ExitCode::from(BAD_INPUT);
                }
                match form {
                    Form::Json => say(&checked.to_json())?,
                    Form::Text => say(checked.to_text().trim_end())?,
                }
            }
        }
        Ok(code)
    }

    fn with_record(&self, record: &Path, form: Form) -> io::Result<ExitCode> {
        let record = match load_record(record) {
            Ok(record) => record,
            Err(fault) => return tell(&fault.to_string(), form),
        };
        let mut code = ExitCode::SUCCESS;
        for argument in &self.codes {
            let found = counter::documents(argument);
            let results = found.documents.iter();
            let results = results.map(|document| check(&document.bytes, &record).found_in(&document.place));
            let faults = found.faults.iter();
            let faults = faults.map(|fault| Checked::Fails { header: None, fault: fault.to_string() });
            for checked in results.chain(faults) {
                if checked.holds() == Verified::No {
                    code = ExitCode::from(BAD_INPUT);
                }
                match form {
                    Form::Json => say(&checked.to_json())?,
                    Form::Text => say(checked.to_text().trim_end())?,
                }
            }
        }
        Ok(code)
    }
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
