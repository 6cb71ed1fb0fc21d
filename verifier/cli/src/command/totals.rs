//! `sanad-verify totals`: arguments, words and exit codes around [`crate::totals`].

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{Function, IssuerId, Json, UnixTime};
use sanad_trust::pack::Pack;
use sanad_verifier::totals::{PersonLink, Terms};

use super::{BAD_INPUT, Form, pack, say};
use crate::totals::{self, Complete, NotCounted};
use crate::trust_state::{StateDir, TrustState};

/// The whole calendar of the format, 1900 to 2199. A larger number is a typing mistake.
const MONTHS_MAX: u64 = 3_600;

#[derive(Args)]
pub(super) struct TotalsCommand {
    /// Contribution records: QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(required = true, value_name = "QR")]
    codes: Vec<String>,
    /// Check with this pack; with the one in use when left out.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: Option<PathBuf>,
    /// Directory of the verifier's state; $XDG_STATE_HOME/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Months that an institution asks: for all, or for one as SN-IPRES=180; may stand several times.
    #[arg(long, value_name = "MONTHS|ISS=MONTHS", value_parser = parse_minimum)]
    minimum: Vec<Minimum>,
    /// Months that give a full pension; the shares are of at most so many.
    #[arg(long, value_name = "MONTHS", value_parser = parse_months)]
    maximum: Option<u64>,
    /// Only this function: old_age, survivors, invalidity and so on.
    #[arg(long, value_parser = |text: &str| Function::from_word(text))]
    function: Option<Function>,
    /// "confirmed": you have confirmed with the person and the papers that all records are of one person.
    #[arg(long, value_name = "confirmed", value_parser = ["confirmed"])]
    same_person: Option<String>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
}

#[derive(Clone, Debug)]
enum Minimum {
    ForAll(u64),
    Of(IssuerId, u64),
}

fn parse_months(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let months = text.parse().ok().filter(|months| digits && (1..=MONTHS_MAX).contains(months));
    months.ok_or_else(|| format!("must be a whole number from 1 to {MONTHS_MAX}"))
}

fn parse_minimum(text: &str) -> Result<Minimum, String> {
    match text.split_once('=') {
        None => parse_months(text).map(Minimum::ForAll),
        Some((issuer, months)) => {
            let issuer = IssuerId::new(issuer).map_err(|fault| fault.to_string())?;
            Ok(Minimum::Of(issuer, parse_months(months)?))
        }
    }
}

impl TotalsCommand {
    pub(super) fn run(&self, form: Form) -> io::Result<ExitCode> {
        let terms = match self.terms() {
            Ok(terms) => terms,
            Err(message) => {
                eprintln!("sanad-verify: {message}");
                if form == Form::Json {
                    say(&super::failure(&message, 2))?;
                }
                return Ok(ExitCode::from(2));
            }
        };
        let device = pack::device_clock(self.now);
        let loaded =
            StateDir::resolve(self.state.as_deref()).map_err(pack::PackFault::from).and_then(|directory| {
                let (pack, state) = pack::load(self.pack.as_ref(), &directory, device)?;
                raise_floors(&directory, &pack, &state);
                Ok(pack)
            });
        let pack = match loaded {
            Ok(pack) => pack,
            Err(fault) => return pack::report(&fault, form),
        };
        let clock = pack.clock(device);
        let person = if self.same_person.is_some() {
            PersonLink::ConfirmedByOfficer
        } else {
            PersonLink::NotConfirmed
        };
        let mut shown = Vec::new();
        for argument in &self.codes {
            let found = crate::counter::documents(argument);
            let documents = found.documents.iter();
            shown.extend(documents.map(|found| totals::open(&found.bytes, &found.place, &pack, clock)));
            let faults = found.faults.into_iter();
            // They name the place, and do not repeat a text that was typed: it holds a name.
            let faults = faults.map(|fault| NotCounted { place: None, id: None, fault: fault.to_string() });
            shown.extend(faults.map(Err));
        }
        let report = match totals::report(shown, person, &terms, &pack, clock) {
            Ok(report) => report,
            Err((fault, not_counted)) => {
                let hint = match fault {
                    sanad_verifier::totals::TotalsFault::PersonNotConfirmed { .. } => {
                        "; compare the person with the papers, then say --same-person confirmed"
                    }
                    _ => "",
                };
                eprint!("{}", totals::not_counted_in_words(&not_counted).trim_start());
                return refuse(&format!("{fault}{hint}"), &not_counted, form);
            }
        };
        match form {
            Form::Json => say(&report.to_json().to_string())?,
            Form::Text => say(report.to_text().trim_end())?,
        }
        Ok(match report.complete() {
            Complete::Yes => ExitCode::SUCCESS,
            Complete::No => ExitCode::from(BAD_INPUT),
        })
    }

    fn terms(&self) -> Result<Terms, String> {
        let (mut minimum, mut minimum_of) = (None, BTreeMap::new());
        for given in &self.minimum {
            let before = match given {
                Minimum::ForAll(months) => minimum.replace(*months),
                Minimum::Of(issuer, months) => minimum_of.insert(issuer.clone(), *months),
            };
            if before.is_some() {
                return Err("--minimum stands twice for the same institution".to_owned());
            }
        }
        Ok(Terms { minimum, minimum_of, maximum: self.maximum, function: self.function })
    }
}

fn refuse(message: &str, not_counted: &[NotCounted], form: Form) -> io::Result<ExitCode> {
    eprintln!("sanad-verify: {message}");
    if form == Form::Json {
        let members = vec![
            ("error".into(), Json::owned_text(message)),
            ("code".into(), Json::Integer(i64::from(BAD_INPUT))),
            ("not_counted".into(), totals::not_counted_json(not_counted)),
        ];
        say(&Json::Object(members).to_string())?;
    }
    Ok(ExitCode::from(BAD_INPUT))
}

/// What a pack proves to be current is held against every later one, also when it is not taken over.
fn raise_floors(directory: &StateDir, pack: &Pack, state: &TrustState) {
    if *pack.floors() == state.floors {
        return;
    }
    let raised = TrustState { anchor: pack.anchor(), floors: pack.floors().clone(), pack: state.pack };
    // Another program that holds the lock is taking over a pack, and raises them itself.
    if let Ok(lock) = directory.lock()
        && let Err(fault) = directory.save(&raised, &lock)
    {
        eprintln!("sanad-verify: {fault}");
    }
}
