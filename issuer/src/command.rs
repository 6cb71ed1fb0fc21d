//! The `sanad-issuer` program: words, progress and exit codes around the library.
//!
//! Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 bad input data. Secrets come from a prompt,
//! `--passphrase-file` or `SANAD_PASSPHRASE`, never from an argument. Results go to standard output, everything else
//! to standard error.

mod delegate;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sanad_credential::{Area, IssuerId, Json, LanguageTag, UnixTime};
use sanad_keyfile::KeyFault;
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};
use sanad_qr::ModulePixels;
use sanad_trust::StatusLists;

use crate::config::{self, Config, ConfigFault, NewIssuer};
use crate::issue::{IssueFault, Issuer};
use crate::keys::{self, SecretsFault};
use crate::register::{RegisterFault, RowFault};
use crate::run::{self, BadRecords, Outcome, Plan, RunFault, Survey};
use crate::store::Store;

/// Name of the store in the issuer's directory.
const STORE: &str = "store";

/// Signs what workers are entitled to.
#[derive(Parser)]
#[command(name = "sanad-issuer", version, max_term_width = 110)]
struct Command {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    act: Act,
}

#[derive(Args)]
struct Shared {
    /// Answer with JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    /// Language of messages; only "en" so far.
    #[arg(long, global = true, value_parser = ["en"], default_value = "en")]
    lang: String,
    /// Sign with this time instead of the clock's: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, global = true, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    /// Read the passphrase from the first line of a file.
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Act {
    /// Make a new issuer: keys, store, configuration.
    Init(Init),
    /// Sign the people of a register; running it again goes on where it was stopped.
    Issue(Issue),
    /// Write this issuer's record for the trust list: its public keys and what they may sign.
    Record(Record),
    /// Delegations for clinics and co-operatives, and the receipts that they sign.
    Delegate(Box<delegate::DelegateCommand>),
    /// Print the columns of a CSV register.
    Columns,
}

#[derive(Args)]
struct Init {
    /// Directory of the new issuer.
    dir: PathBuf,
    /// Id in the trust list: two country letters, "-", then A-Z, 0-9 and "-".
    #[arg(long, value_name = "KE-SHA", value_parser = |text: &str| IssuerId::new(text))]
    issuer: IssuerId,
    /// Country, ISO 3166-1 alpha-2, with which the id starts.
    #[arg(long, value_name = "KE", value_parser = |text: &str| Area::new(text))]
    country: Area,
    /// Name of the issuer.
    #[arg(long)]
    name: String,
    /// Language of the name.
    #[arg(long, default_value = "en", value_parser = |text: &str| LanguageTag::new(text))]
    name_lang: LanguageTag,
    /// https address under which status lists will be published; ends in "/". It stands on every document.
    #[arg(long, value_name = "URL", value_parser = |text: &str| StatusLists::check_prefix(text).map(|()| text.to_owned()))]
    status_prefix: Option<String>,
}

#[derive(Args)]
struct Issue {
    /// Directory of the issuer.
    dir: PathBuf,
    /// Register: people.csv or people.ndjson.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Directory for the documents: <id>.txt, .png and .svg, and index.csv.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Sign the good records of a register that has bad ones; these go to rejected.csv or rejected.ndjson.
    #[arg(long)]
    keep_going: bool,
    /// Pixels of a module in the PNG files.
    #[arg(long, value_name = "PIXELS", default_value = "8",
          value_parser = |text: &str| text.parse().map_err(|_| "must be a number from 2 to 40".to_owned())
              .and_then(|pixels| ModulePixels::new(pixels).map_err(|fault| fault.to_string())))]
    module_pixels: ModulePixels,
}

#[derive(Args)]
struct Record {
    /// Directory of the issuer.
    dir: PathBuf,
    /// File to write; standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What a command ends with: a code of the list above, and what to say.
struct Failure {
    code: u8,
    message: String,
}

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
    let shared = &command.shared;
    let done = match &command.act {
        Act::Init(init) => init.run(shared),
        Act::Issue(issue) => issue.run(shared),
        Act::Record(record) => record.run(),
        Act::Delegate(delegate) => delegate.run(shared),
        Act::Columns => columns(),
    };
    match done {
        Ok(code) => code,
        Err(Failure { code, message }) => {
            eprintln!("sanad-issuer: {message}");
            ExitCode::from(code)
        }
    }
}

impl Init {
    fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        if self.country.as_str() != self.issuer.country() {
            let (country, issuer) = (&self.country, &self.issuer);
            return Err(usage(format!("--country {country} is not how the id {issuer} starts")));
        }
        let now = time(shared)?;
        let config_path = self.dir.join(config::FILE_NAME);
        if config_path.exists() {
            return Err(usage(format!("{} exists; an issuer is made once", config_path.display())));
        }
        if self.dir.join(keys::FILE_NAME).exists() || self.dir.join(STORE).exists() {
            let dir = self.dir.display();
            return Err(usage(format!(
                "an earlier init in {dir} did not finish; remove {dir} and start again (nobody has seen its keys)"
            )));
        }
        let prefix = match &self.status_prefix {
            Some(prefix) => prefix.clone(),
            None => format!("https://{}.example/", self.issuer.as_str().to_ascii_lowercase()),
        };
        let passphrase = obtain(shared, Purpose::Create)?;
        fs::create_dir_all(&self.dir).map_err(|error| internal(&self.dir, error))?;
        let keys = keys::create(&self.dir, &passphrase)?;
        Store::create(&self.dir.join(STORE), &self.issuer).map_err(fault)?;
        let text = config::template(&NewIssuer {
            iss: &self.issuer,
            country: &self.country,
            name: &self.name,
            language: &self.name_lang,
            status_prefix: &prefix,
            today: now.date(),
            credential: keys.credential.public_key(),
            status: keys.status.public_key(),
            delegation: keys.delegation.public_key(),
        });
        // Last of all: with the configuration the issuer is complete.
        write_file(&config_path, text.as_bytes())?;
        Config::load(&self.dir)?;
        if self.status_prefix.is_none() {
            eprintln!(
                "Note: status lists are named {prefix}0 and so on, an address for trials only. Before you issue to \
                 real people, set status.prefix in {} to where you will publish them.",
                config_path.display()
            );
        }
        if shared.json {
            let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
            say(&Json::Object(vec![
                ("issuer".into(), text(&self.issuer)),
                ("dir".into(), text(&self.dir.display())),
            ]))
        } else {
            let dir = self.dir.display();
            say(&format_args!(
                "Issuer {} is ready in {dir}. Keep {dir}/keys.age and its passphrase safe.",
                self.issuer
            ))
        }
    }
}

impl Issue {
    fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let now = time(shared)?;
        let bad_records = if self.keep_going { BadRecords::SetAside } else { BadRecords::StopAll };
        let survey = self.survey(&config, now)?;
        self.report_faults(shared, &survey);
        if survey.bad > 0 && bad_records == BadRecords::StopAll {
            let records = survey.good.saturating_add(survey.bad);
            return Err(input(format!(
                "{}: {} of {records} records cannot be signed, so nothing was. Correct them, or sign the others with \
                 --keep-going.",
                self.input.display(),
                survey.bad
            )));
        }
        let passphrase = obtain(shared, Purpose::Open)?;
        let keys = keys::load(&self.dir, &passphrase, config.record.members())?;
        let store = Store::open(&self.dir.join(STORE), config.record.iss()).map_err(fault)?;
        let issuer = Issuer::new(config, keys, store).map_err(fault)?;
        let bar = progress_bar("Signing", Some(survey.good));
        let plan = Plan { input: &self.input, out: &self.out, module: self.module_pixels, now };
        let outcome = run::run(&issuer, &plan, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        self.report(shared, &outcome?)
    }

    fn survey(&self, config: &Config, now: UnixTime) -> Result<Survey, Failure> {
        let bar = progress_bar("Checking", None);
        let survey = run::survey(config, &self.input, now, &mut |read| bar.set_position(read));
        bar.finish_and_clear();
        Ok(survey?)
    }

    fn report_faults(&self, shared: &Shared, survey: &Survey) {
        let file = self.input.display();
        for RowFault { line, field, problem, .. } in &survey.faults {
            let place = if field.is_empty() { String::new() } else { format!(", {field}") };
            eprintln!("{file}, line {line}{place}: {problem}");
            if shared.json {
                let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
                let line = Json::Integer(i64::try_from(*line).unwrap_or(i64::MAX));
                let _ = say(&Json::Object(vec![
                    ("file".into(), text(&file)),
                    ("line".into(), line),
                    ("field".into(), text(field)),
                    ("problem".into(), text(problem)),
                ]));
            }
        }
        let shown = u64::try_from(survey.faults.len()).unwrap_or(u64::MAX);
        if survey.bad > shown {
            eprintln!("{file}: and {} more", survey.bad.saturating_sub(shown));
        }
    }

    fn report(&self, shared: &Shared, outcome: &Outcome) -> Result<ExitCode, Failure> {
        let out = self.out.display();
        if outcome.reduced > 0 {
            eprintln!(
                "Note: {} long documents were drawn with error correction M instead of Q; print them larger than the \
                 others, they bear less damage.",
                outcome.reduced
            );
        }
        if shared.json {
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            say(&Json::Object(vec![
                ("issued".into(), number(outcome.issued)),
                ("finished".into(), number(outcome.finished)),
                ("earlier".into(), number(outcome.earlier)),
                ("rejected".into(), number(outcome.rejected)),
                ("reduced".into(), number(outcome.reduced)),
                ("out".into(), Json::Text(out.to_string().into())),
            ]))?;
        } else {
            say(&format_args!("{} documents signed, in {out}", outcome.issued))?;
            if outcome.finished > 0 {
                say(&format_args!("{} signed by an earlier run and written now", outcome.finished))?;
            }
            if outcome.earlier > 0 {
                say(&format_args!("{} were there already", outcome.earlier))?;
            }
            if outcome.rejected > 0 {
                say(&format_args!(
                    "{} set aside: correct {out}/rejected.* and feed it again",
                    outcome.rejected
                ))?;
            }
        }
        Ok(if outcome.rejected > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS })
    }
}

impl Record {
    fn run(&self) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let mut text = serde_json::to_string_pretty(&config.record.to_json())
            .map_err(|error| internal(&self.dir, io::Error::other(error)))?;
        text.push('\n');
        match &self.out {
            Some(path) => write_file(path, text.as_bytes())?,
            None => {
                io::stdout().write_all(text.as_bytes()).map_err(|error| internal(Path::new("-"), error))?
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn columns() -> Result<ExitCode, Failure> {
    for (name, meaning) in crate::csv_register::columns() {
        say(&format_args!("{name:<20} {meaning}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn time(shared: &Shared) -> Result<UnixTime, Failure> {
    if let Some(now) = shared.now {
        return Ok(now);
    }
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    UnixTime::new(seconds).map_err(|fault| {
        input(format!("the clock of this computer is wrong ({fault}); set it, or say the time with --now"))
    })
}

fn obtain(shared: &Shared, purpose: Purpose) -> Result<Passphrase, Failure> {
    obtain_for(shared, purpose, "Passphrase of the issuer's keys")
}

fn obtain_for(shared: &Shared, purpose: Purpose, prompt: &str) -> Result<Passphrase, Failure> {
    passphrase::obtain(shared.passphrase_file.as_deref(), purpose, prompt)
        .map_err(|fault| input(fault.to_string()))
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar(word: &'static str, total: Option<u64>) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(total, target);
    let template = match total {
        Some(_) => "{msg} [{wide_bar}] {pos}/{len}, {eta} left",
        None => "{msg} {pos} records",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(word)
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = fs::File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| internal(path, error))
}

fn say(line: &dyn std::fmt::Display) -> Result<ExitCode, Failure> {
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(internal(Path::new("standard output"), error)),
    }
}

fn usage(message: String) -> Failure {
    Failure { code: 2, message }
}

fn input(message: String) -> Failure {
    Failure { code: 3, message }
}

fn internal(path: &Path, error: io::Error) -> Failure {
    Failure { code: 1, message: format!("{}: {error}", path.display()) }
}

/// Faults of the machine or of this program.
fn fault(fault: impl std::fmt::Display) -> Failure {
    Failure { code: 1, message: fault.to_string() }
}

impl From<ConfigFault> for Failure {
    fn from(fault: ConfigFault) -> Self {
        input(fault.to_string())
    }
}

impl From<RegisterFault> for Failure {
    fn from(fault: RegisterFault) -> Self {
        input(fault.to_string())
    }
}

impl From<SecretsFault> for Failure {
    fn from(secrets: SecretsFault) -> Self {
        match secrets {
            SecretsFault::Randomness(_) | SecretsFault::File(KeyFault::Io { .. }) => fault(secrets),
            other => input(other.to_string()),
        }
    }
}

impl From<RunFault> for Failure {
    fn from(run: RunFault) -> Self {
        match run {
            RunFault::Register(_)
            | RunFault::Reading { .. }
            | RunFault::Issue(IssueFault::Changed { .. } | IssueFault::ListsFull { .. }) => {
                input(run.to_string())
            }
            other => fault(other),
        }
    }
}
