//! The `sanad-verify` program: arguments, words and exit codes around the library.
//!
//! Exit codes: 0 done and verified, 1 internal fault, 2 wrong usage, 3 bad input data or not verified. Only `pack`
//! uses the network, and only when it is given an address; only the state directory is written to.

mod key;
mod pack;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sanad_credential::{FIRST_BYTE, Json, PREFIX, QrText, UnixTime};
use sanad_qr::source::{self, Wanted};

use crate::check::{Checked, Verified, check, load_record};
use crate::check_pack::{self, PackChecked};
use crate::inspect::inspect;
use crate::trust_state::{StateDir, TrustState};

/// Reads and checks Sanad documents; no network is needed for that.
#[derive(Parser)]
#[command(name = "sanad-verify", version, max_term_width = 110)]
struct Command {
    /// Answer with JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    /// Language of messages; only "en" so far.
    #[arg(long, global = true, value_parser = ["en"], default_value = "en")]
    lang: String,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Show what QR codes say, every line marked as not verified.
    Inspect(Inspect),
    /// Check signature, content and status with a pack, or with one pinned issuer record. Never a decision on cover.
    Check(Check),
    /// Keep and look at packs: who may sign what, and what became of documents.
    #[command(subcommand)]
    Pack(pack::PackAct),
    /// The key of this device, with which a facility signs its receipts.
    Key(key::KeyCommand),
}

#[derive(Args)]
struct Inspect {
    /// QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(required = true, value_name = "QR")]
    codes: Vec<String>,
}

#[derive(Args)]
struct Check {
    /// QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(required = true, value_name = "QR")]
    codes: Vec<String>,
    /// Check with this issuer's record alone, which you got in a way you trust: no status, no grant.
    #[arg(long, value_name = "FILE", conflicts_with = "pack")]
    record: Option<PathBuf>,
    /// Check with this pack; with the one in use when neither is given.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: Option<PathBuf>,
    /// Directory of the verifier's state; $XDG_STATE_HOME/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
}

/// What a Sanad code looks like from outside.
const WANTED: Wanted<'_> = Wanted { prefix: PREFIX, first_byte: FIRST_BYTE };

/// Code for bad input data.
const BAD_INPUT: u8 = 3;

/// Runs the program.
pub fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            // Help and version are no failures.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            if code != 0 && std::env::args_os().any(|argument| argument == "--json") {
                let _ = say(&failure(error.to_string().trim_end(), code));
            }
            return ExitCode::from(code);
        }
    };
    let form = if command.json { Form::Json } else { Form::Text };
    let done = match &command.act {
        Act::Inspect(inspect) => inspect.run(form),
        Act::Check(check) => check.run(form),
        Act::Pack(act) => act.run(form),
        Act::Key(key) => key.run(form),
    };
    done.unwrap_or_else(|error| {
        eprintln!("sanad-verify: standard output: {error}");
        ExitCode::from(1)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Text,
}

impl Inspect {
    fn run(&self, form: Form) -> io::Result<ExitCode> {
        let mut code = ExitCode::SUCCESS;
        for argument in &self.codes {
            let found = source::documents(argument, WANTED, QrText::decode);
            for document in &found.documents {
                match inspect(&document.bytes) {
                    Ok(inspection) if form == Form::Json => say(&inspection.to_json())?,
                    Ok(inspection) => say(inspection.to_text().trim_end())?,
                    Err(fault) => {
                        let place = &document.place;
                        code = tell(&format!("{place}: this is no Sanad document: {fault}"), form)?;
                    }
                }
            }
            for fault in &found.faults {
                code = tell(&fault.to_string(), form)?;
            }
        }
        Ok(code)
    }
}

impl Check {
    fn run(&self, form: Form) -> io::Result<ExitCode> {
        match &self.record {
            Some(record) => self.with_record(record, form),
            None => self.with_pack(form),
        }
    }

    fn with_pack(&self, form: Form) -> io::Result<ExitCode> {
        let device = pack::device_clock(self.now);
        let loaded =
            StateDir::resolve(self.state.as_deref()).map_err(pack::PackFault::from).and_then(|directory| {
                let (pack, state) = pack::load(self.pack.as_ref(), &directory, device)?;
                Ok((directory, pack, state))
            });
        let (directory, pack, state) = match loaded {
            Ok(loaded) => loaded,
            Err(fault) => return pack::report(&fault, form),
        };
        // What this pack proves to be current is held against every later one, also when it is not taken over.
        if *pack.floors() != state.floors
            && let Ok(lock) = directory.lock()
        {
            let raised =
                TrustState { anchor: pack.anchor(), floors: pack.floors().clone(), pack: state.pack };
            if let Err(fault) = directory.save(&raised, &lock) {
                eprintln!("sanad-verify: {fault}");
            }
        }
        let clock = pack.clock(device);
        let mut code = ExitCode::SUCCESS;
        for argument in &self.codes {
            let found = source::documents(argument, WANTED, QrText::decode);
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
            let found = source::documents(argument, WANTED, QrText::decode);
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

/// Tells what is wrong with the input to people, and to machines where they listen.
fn tell(message: &str, form: Form) -> io::Result<ExitCode> {
    eprintln!("sanad-verify: {message}");
    if form == Form::Json {
        say(&failure(message, BAD_INPUT))?;
    }
    Ok(ExitCode::from(BAD_INPUT))
}

fn failure(message: &str, code: u8) -> String {
    let members =
        vec![("error".into(), Json::owned_text(message)), ("code".into(), Json::Integer(i64::from(code)))];
    Json::Object(members).to_string()
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
