//! The `sanad-verify` program: arguments, words and exit codes around the library.
//!
//! Exit codes: 0 done and verified, 1 internal fault, 2 wrong usage, 3 bad input data or not verified; a decision adds
//! 10 and 11. Only `pack`
//! uses the network, and only when it is given an address; only the state directory is written to.

mod challenge;
mod check;
mod decision;
mod key;
pub(crate) mod pack;
mod presented;
mod receipts;
mod replay;
mod replay_receipt;
mod serve;
mod totals;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sanad_credential::Json;
use sanad_messages::Language;

use crate::counter;
use crate::inspect::inspect;

/// Reads and checks Sanad documents; no network is needed for that.
#[derive(Parser)]
#[command(name = "sanad-verify", version, max_term_width = 110)]
struct Command {
    /// Answer with JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    /// Language of answers: en fr ar sw am hi bn pt; that of the locale when left out. Other messages are English.
    #[arg(long, global = true, value_parser = language)]
    lang: Option<Language>,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Show what QR codes say, every line marked as not verified.
    Inspect(Inspect),
    Check(Box<check::Check>),
    Challenge(challenge::ChallengeCommand),
    /// Keep and look at packs: who may sign what, and what became of documents.
    #[command(subcommand)]
    Pack(pack::PackAct),
    Replay(replay::Replay),
    Receipts(receipts::ReceiptsCommand),
    /// The key of this device, with which a facility signs its receipts.
    Key(key::KeyCommand),
    /// Put contribution records of one person together: months, gaps, overlaps, shares. Never a pension figure.
    Totals(totals::TotalsCommand),
    Serve(serve::Serve),
}

#[derive(Args)]
struct Inspect {
    /// QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(required = true, value_name = "QR")]
    codes: Vec<String>,
}

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
        Act::Check(check) => check.run(form, command.lang),
        Act::Challenge(challenge) => challenge.run(form),
        Act::Pack(act) => act.run(form),
        Act::Replay(replay) => replay.run(form, command.lang),
        Act::Receipts(receipts) => receipts.run(form, command.lang),
        Act::Key(key) => key.run(form),
        Act::Totals(totals) => totals.run(form),
        Act::Serve(serve) => serve.run(form),
    };
    done.unwrap_or_else(|error| {
        eprintln!("sanad-verify: standard output: {error}");
        ExitCode::from(1)
    })
}

fn language(tag: &str) -> Result<Language, String> {
    let known = || Language::ALL.iter().map(|language| language.tag()).collect::<Vec<_>>().join(" ");
    Language::from_tag(tag).ok_or_else(|| format!("no such language here; there are {}", known()))
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
            let found = counter::documents(argument);
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
