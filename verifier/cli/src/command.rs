//! The `sanad-verify` program: arguments, words and exit codes around the library.
//!
//! Exit codes: 0 done and verified, 1 internal fault, 2 wrong usage, 3 bad input data or not verified. Only `key` writes
//! a file, and no network is used.

mod key;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sanad_credential::{FIRST_BYTE, PREFIX, QrText};
use sanad_qr::source::{self, Wanted};

use crate::check::{Checked, Verified, check, load_record};
use crate::inspect::inspect;

/// Reads and checks Sanad documents without a network.
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
    /// Check signature and content with one pinned issuer record. Never a decision on cover.
    Check(Check),
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
    /// The issuer's record, which you got in a way you trust.
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
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
            return ExitCode::from(code);
        }
    };
    let form = if command.json { Form::Json } else { Form::Text };
    let done = match &command.act {
        Act::Inspect(inspect) => inspect.run(form),
        Act::Check(check) => check.run(form),
        Act::Key(key) => key.run(),
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
            let documents = match source::documents(argument, WANTED, QrText::decode) {
                Ok(documents) => documents,
                Err(fault) => {
                    eprintln!("sanad-verify: {fault}");
                    code = ExitCode::from(BAD_INPUT);
                    continue;
                }
            };
            for document in &documents {
                match inspect(document) {
                    Ok(inspection) if form == Form::Json => say(&inspection.to_json())?,
                    Ok(inspection) => say(inspection.to_text().trim_end())?,
                    Err(fault) => {
                        eprintln!("sanad-verify: this is no Sanad document: {fault}");
                        code = ExitCode::from(BAD_INPUT);
                    }
                }
            }
        }
        Ok(code)
    }
}

impl Check {
    fn run(&self, form: Form) -> io::Result<ExitCode> {
        let record = match load_record(&self.record) {
            Ok(record) => record,
            Err(fault) => {
                eprintln!("sanad-verify: {fault}");
                return Ok(ExitCode::from(BAD_INPUT));
            }
        };
        let mut code = ExitCode::SUCCESS;
        for argument in &self.codes {
            let results = match source::documents(argument, WANTED, QrText::decode) {
                Ok(documents) => documents.iter().map(|document| check(document, &record)).collect(),
                Err(fault) => vec![Checked::Fails { header: None, fault: fault.to_string() }],
            };
            for checked in results {
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

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
