//! `sanad-verify receipts verify`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Args;
use indicatif::ProgressBar;
use sanad_credential::{IssuerId, Json, UnixTime};
use sanad_trust::members::Written;

use super::{BAD_INPUT, Failure, Form, Place, bad, given_delegations, pack, pack_delegations, say};
use crate::check::load_record;
use crate::receipts::chain::Wanted;
use crate::receipts::delegations::{Trusted, gather, kept};
use crate::receipts::examine::{Declared, Examination, Report};
use crate::receipts::sources::{Feed, SourceFault};

/// Verify receipts: signatures, the facility's delegation, the chain of each device, and every field of an export.
#[derive(Args)]
pub(super) struct Verify {
    /// Exports (CSV or JSON), or receipts as QR text, image or file; the log of this device when left out. Several exports of
    /// one facility are checked as one chain.
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Check with this issuer's record alone, which you got in a way you trust.
    #[arg(long, value_name = "FILE", conflicts_with = "pack")]
    record: Option<PathBuf>,
    /// Check with this pack; with the one in use when neither is given.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: Option<PathBuf>,
    /// A facility's delegation that neither pack nor export has; may stand several times.
    #[arg(long = "delegation", value_name = "FILE")]
    delegations: Vec<String>,
    /// The exports are for this issuer: receipts for others may be missing in between.
    #[arg(long, value_name = "ISSUER", value_parser = |text: &str| IssuerId::new(text))]
    home: Option<IssuerId>,
    /// Use so many processors; all when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    #[command(flatten)]
    place: Place,
}

impl Verify {
    pub(super) fn run(&self, form: Form) -> Result<io::Result<ExitCode>, Failure> {
        let (record, loaded);
        let mut documents = given_delegations(&self.delegations)?;
        let state = self.place.state()?;
        documents.extend(kept(&state).map_err(|fault| bad(&fault))?);
        let trusted = match &self.record {
            Some(path) => {
                record = load_record(path).map_err(|fault| bad(&fault))?;
                Trusted::Record(&record)
            }
            None => {
                let directory = self.place.directory()?;
                let device = pack::device_clock(self.now);
                loaded = pack::load(self.pack.as_ref(), &directory, device).map_err(|fault| bad(&fault))?.0;
                documents.extend(pack_delegations(&directory, self.pack.as_deref())?);
                Trusted::Pack(&loaded, loaded.clock(device))
            }
        };
        let (delegations, faults) = gather(trusted, &documents);
        for fault in faults {
            eprintln!("Note: passed over {fault}");
        }
        let mut examination = Examination::new(trusted, delegations);
        let wanted = self.feed(&mut examination, &state)?;
        let report = examination.finish(wanted);
        let said = match form {
            Form::Json => say(&self.to_json(&report).to_string()),
            Form::Text => self.tell(&report),
        };
        let holds = report.faults.is_empty();
        Ok(said.map(|()| if holds { ExitCode::SUCCESS } else { ExitCode::from(BAD_INPUT) }))
    }

    fn feed(
        &self,
        examination: &mut Examination<'_>,
        state: &crate::state::State,
    ) -> Result<Wanted, Failure> {
        let all = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.threads.map_or(all, usize::from);
        let bar = if io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
        let progress = |receipts: u64| bar.inc(receipts);
        let declared = Declared { home: self.home.clone(), ..Declared::nothing() };
        let mut feed = Feed { examination, threads, progress: &progress, declared };
        let failure = |fault: SourceFault| match fault {
            SourceFault::Log(fault) => super::log_failure(fault),
            fault => bad(&fault),
        };
        let mut wanted = Wanted::All;
        if self.files.is_empty() {
            feed.log(state, 0).map_err(failure)?;
        } else {
            wanted = Wanted::Part;
        }
        for (source, file) in self.files.iter().enumerate() {
            if feed.file(file, source).map_err(failure)?.is_some() {
                wanted = Wanted::OnePayer;
            }
        }
        bar.finish_and_clear();
        Ok(wanted)
    }

    fn place(&self, (source, number): (usize, u64)) -> String {
        match self.files.get(source) {
            Some(file) => format!("{}: number {number}", sanad_credential::printable(file)),
            None => format!("the log: number {number}"),
        }
    }

    fn tell(&self, report: &Report) -> io::Result<()> {
        for fault in &report.faults {
            let id = fault.id.map_or_else(String::new, |id| format!(" ({id})"));
            say(&format!("{}{id}: {}", self.place(fault.place), fault.words))?;
        }
        if report.more_faults > 0 {
            say(&format!("and {} more faults", report.more_faults))?;
        }
        let faults = report.faults.len().saturating_add(report.more_faults);
        let verdict = if faults == 0 { "all hold".to_owned() } else { format!("{faults} FAULTS") };
        say(&format!("{} receipts of {} devices: {verdict}", report.receipts, report.keys))?;
        if report.gaps > 0 {
            say(&format!("{} gaps: receipts for other payers lie in between, or are missing", report.gaps))?;
        }
        if report.settled > 0 {
            say(&format!("{} of them settle an earlier one", report.settled))?;
        }
        report.totals.lines().iter().try_for_each(|line| say(line))
    }

    fn to_json(&self, report: &Report) -> Json<'static> {
        let number = |count: usize| Json::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let faults = report.faults.iter().map(|fault| {
            let mut object = Written::default();
            let file = self.files.get(fault.place.0).map_or("log", String::as_str);
            object.add("source", Json::owned_text(file));
            object.add("number", Json::Integer(i64::try_from(fault.place.1).unwrap_or(i64::MAX)));
            object.add("id", fault.id.map_or(Json::Null, |id| Json::Text(id.to_string().into())));
            object.add("fault", Json::owned_text(&fault.words));
            object.object()
        });
        let mut object = Written::default();
        object.add("receipts", number(report.receipts));
        object.add("devices", number(report.keys));
        object.add("faults", Json::Array(faults.collect()));
        object.add("more_faults", number(report.more_faults));
        object.add("gaps", number(report.gaps));
        object.add("settled", number(report.settled));
        object.add("totals", report.totals.to_json());
        object.object()
    }
}
