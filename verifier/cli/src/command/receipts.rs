//! `sanad-verify receipts`: arguments, words and exit codes around [`crate::receipts`].
//!
//! Exit codes: 0 done and everything holds, 1 internal fault, 2 wrong usage, 3 bad input data, or a receipt that does not
//! hold. Nothing here needs the network; only `resolve` signs.

mod export;
mod resolve;
pub(super) mod slip;
mod verify;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{Date, FixedBytes, Json, UnixTime};
use sanad_messages::Language;
use sanad_trust::pack_file::PackFiles;

use super::{BAD_INPUT, Form, pack, say, tell};
use crate::receipts::log::{self, LogFault, look};
use crate::receipts::row::{Cell, Row};
use crate::receipts::stats::{By, Stats};
use crate::state::State;
use crate::trust_state::StateDir;

/// The receipts that this device signed: list, verify, export, count, settle, print.
#[derive(Args)]
pub(super) struct ReceiptsCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// What was answered. No names: a receipt has none.
    List(List),
    Verify(verify::Verify),
    Export(export::Export),
    /// Count what was answered, without small cells.
    Stats(StatsArguments),
    Resolve(resolve::Resolve),
    Slip(slip::PrintSlip),
}

#[derive(Args)]
struct Place {
    /// Directory of this device's state; $XDG_STATE_HOME/sanad or ~/.local/state/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Args)]
struct Days {
    /// First day.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    from: Option<Date>,
    /// Last day.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    to: Option<Date>,
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct StatsArguments {
    /// Tables: decision, reason, group, host, home, week, stale (decisions that a newer pack makes), overturned (refusals
    /// that late evidence turned around); all when left out. Days are those of the service.
    #[arg(long, value_name = "TABLE", num_args = 1.., value_delimiter = ',', value_parser = by)]
    by: Vec<By>,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    place: Place,
}

/// An exit code, and what to say.
type Failure = (u8, String);

impl ReceiptsCommand {
    pub(super) fn run(&self, form: Form, told: Option<Language>) -> io::Result<ExitCode> {
        let done = match &self.act {
            Act::List(list) => list.run(form),
            Act::Verify(verify) => verify.run(form),
            Act::Export(export) => export.run(form),
            Act::Stats(stats) => stats.run(form),
            Act::Resolve(resolve) => resolve.run(form),
            Act::Slip(slip) => slip.run(form, told),
        };
        match done {
            Ok(said) => said,
            Err((BAD_INPUT, message)) => tell(&message, form),
            Err((code, message)) => {
                eprintln!("sanad-verify: {message}");
                if form == Form::Json {
                    say(&super::failure(&message, code))?;
                }
                Ok(ExitCode::from(code))
            }
        }
    }
}

impl List {
    fn run(&self, form: Form) -> Result<io::Result<ExitCode>, Failure> {
        let state = self.place.state()?;
        let mut listed = 0_usize;
        let mut said = Ok(());
        let read = log::read(&state, |entry| {
            let receipt = look(&entry)?;
            if !self.days.has(receipt.iat.date()) || said.is_err() {
                return Ok(());
            }
            let sealed = sanad_credential::Sealed::parse(entry.document)
                .map_err(|fault| LogFault::Content { number: entry.number, fault })?;
            let row = Row::new(&sealed, &receipt, entry.resolves);
            listed = listed.saturating_add(1);
            said = match form {
                Form::Json => {
                    let members = row.cells().map(|(column, cell)| (column.into(), cell.to_json()));
                    say(&Json::Object(members.collect()).to_string())
                }
                Form::Text => say(&line(&row)),
            };
            Ok::<(), LogFault>(())
        });
        read.map_err(log_failure)?;
        if form == Form::Text {
            eprintln!("{listed} receipts");
        }
        Ok(said.map(|()| ExitCode::SUCCESS))
    }
}

/// One receipt on one line.
fn line(row: &Row) -> String {
    let field = |wanted: &str| {
        let found = row.cells().find(|(column, _)| *column == wanted);
        found.map_or_else(String::new, |(_, cell)| match cell {
            Cell::Absent => "-".to_owned(),
            cell => sanad_credential::printable(&cell.to_field()),
        })
    };
    let charged = match field("charged_currency").as_str() {
        "-" => String::new(),
        currency => format!(", charged {} {currency}, co-pay {}", field("charged"), field("copay")),
    };
    let settles = match field("resolves").as_str() {
        "-" => String::new(),
        id => format!(", settles {id}"),
    };
    let reasons = field("reasons");
    let reasons = if reasons.is_empty() { String::new() } else { format!(" [{reasons}]") };
    format!(
        "{} {} {} {} {} {}{reasons}{charged}{settles}",
        field("id"),
        field("signed_at"),
        field("issuer"),
        field("benefit"),
        field("decision"),
        field("assurance"),
    )
}

impl StatsArguments {
    fn run(&self, form: Form) -> Result<io::Result<ExitCode>, Failure> {
        let state = self.place.state()?;
        let mut stats = Stats::none();
        let read = log::read(&state, |entry| {
            let receipt = look(&entry)?;
            if entry.resolves.is_some() || self.days.has(receipt.encounter.service_date) {
                stats.add(&receipt, entry.resolves);
            }
            Ok::<(), LogFault>(())
        });
        read.map_err(log_failure)?;
        let asked: &[By] = if self.by.is_empty() { &By::ALL } else { &self.by };
        for table in stats.tables(asked) {
            let said = match form {
                Form::Json => say(&table.to_json().to_string()),
                Form::Text => say(&table.to_text()),
            };
            if said.is_err() {
                return Ok(said.map(|()| ExitCode::SUCCESS));
            }
        }
        Ok(Ok(ExitCode::SUCCESS))
    }
}

impl Days {
    fn has(&self, day: Date) -> bool {
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }
}

impl Place {
    fn state(&self) -> Result<State, Failure> {
        State::locate(self.state.as_deref()).map_err(|fault| (2, fault.to_string()))
    }

    fn directory(&self) -> Result<StateDir, Failure> {
        StateDir::resolve(self.state.as_deref()).map_err(|fault| (2, fault.to_string()))
    }
}

fn log_failure(fault: LogFault) -> Failure {
    let code = match &fault {
        LogFault::File { .. } | LogFault::Unknown => 1,
        LogFault::Busy { .. }
        | LogFault::Damaged { .. }
        | LogFault::Gap { .. }
        | LogFault::Full { .. }
        | LogFault::NoReceipt { .. }
        | LogFault::Content { .. }
        | LogFault::ChainBroken { .. } => BAD_INPUT,
    };
    (code, fault.to_string())
}

fn bad(fault: &dyn ToString) -> Failure {
    (BAD_INPUT, fault.to_string())
}

fn by(word: &str) -> Result<By, String> {
    let known = || By::ALL.map(By::word).join(", ");
    By::from_word(word).ok_or_else(|| format!("must be one of {}", known()))
}

fn receipt_id(text: &str) -> Result<sanad_credential::CredentialId, String> {
    // People read it in groups of four.
    let digits: String = text.chars().filter(|character| *character != ' ').collect();
    FixedBytes::from_hex(&digits).map_err(|_| "the number of a receipt has 16 digits 0-9 a-f".to_owned())
}

/// The delegations of a pack as documents, to be handed on.
fn pack_delegations(directory: &StateDir, file: Option<&Path>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let bytes = match file {
        Some(path) => crate::trust_state::read_bounded(path, sanad_trust::pack_file::PACK_BYTES_MAX)
            .map_err(|fault| (BAD_INPUT, format!("{}: {fault}", path.display())))?,
        None => {
            let state = directory.load().map_err(|fault| bad(&fault))?;
            match directory.pack(&state).map_err(|fault| bad(&fault))? {
                Some(bytes) => bytes,
                None => return Ok(Vec::new()),
            }
        }
    };
    let files = PackFiles::read(&bytes).map_err(|fault| bad(&fault))?;
    let is_delegation = |name: &str| name.starts_with("delegations/") && name.ends_with(".cwt");
    Ok(files.0.into_iter().filter(|(name, _)| is_delegation(name)).collect())
}

/// Delegations that are given as arguments.
fn given_delegations(arguments: &[String]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut given = Vec::new();
    for argument in arguments {
        let found = crate::counter::documents(argument);
        if let Some(fault) = found.faults.first() {
            return Err(bad(fault));
        }
        given.extend(found.documents.into_iter().map(|document| (document.place, document.bytes)));
    }
    Ok(given)
}

/// The time of signing: the device's clock, but not earlier than what was signed.
fn now(told: Option<UnixTime>, pack: &sanad_trust::pack::Pack) -> Result<UnixTime, Failure> {
    let time = pack::device_clock(told).max(pack.floors().time());
    time.ok_or_else(|| (BAD_INPUT, "this device has no clock: give --now".to_owned()))
}
