//! The `sanad-issuer` program: words, progress and exit codes around the library.
//!
//! Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 bad input data. Secrets come from a prompt,
//! `--passphrase-file` or `SANAD_PASSPHRASE` (the PIN of a hardware module: `--pin-file` or `SANAD_HSM_PIN`), never from
//! an argument. Results go to standard output, everything else
//! to standard error.

mod audit;
mod backup;
mod delegate;
mod derive;
mod issue;
pub(crate) mod issuer_keys;
mod key_agreement;
mod revoke;
mod serve;
mod status;
mod token;
mod transfer;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sanad_credential::{Area, IssuerId, Json, LanguageTag, UnixTime, printable};
use sanad_keyfile::KeyFault;
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};
use sanad_qr::ModulePixels;
use sanad_trust::{IssuerRecord, StatusLists};

use crate::authority;
use crate::config::{self, Config, ConfigFault, NewIssuer};
use crate::csv_register;
use crate::durable::StoreFault;
use crate::issue::IssueFault;
use crate::keys::{self, SecretsFault};
use crate::register::RegisterFault;
use crate::run::RunFault;
use crate::service;
use crate::service::store_choice;
use crate::store::embedded::EmbeddedStore;
use crate::store::opening::{self, StoreChoice};
use crate::store::{RecordsFault, Store};
use crate::transfer::refuse_half_filled;
use crate::whole_file;

/// Name of the store in the issuer's directory.
pub(crate) const STORE: &str = "store";

/// What it is called while it is made by an import or a restore.
pub(crate) const NEW_STORE: &str = "store.new";

/// Longest name of an issuer, in characters, as in its record.
const NAME_CHARACTERS_MAX: usize = 400;

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
pub(crate) struct Shared {
    /// Answer with JSON, one object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of messages; only "en" so far.
    #[arg(long, global = true, value_parser = ["en"], default_value = "en")]
    lang: String,
    /// Sign with this time instead of the clock's: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, global = true, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    /// Read the passphrase from the first line of a file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read the PIN of the hardware module from the first line of a file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Act {
    /// Make a new issuer: keys, store, configuration.
    Init(Init),
    /// Sign the people of a register; running it again goes on where it was stopped.
    Issue(issue::Issue),
    /// Suspend, resume, revoke or supersede documents; publish their status.
    Status(status::StatusCommand),
    /// Write this issuer's record for the trust list: its public keys and what they may sign.
    Record(Record),
    /// Delegations for clinics and co-operatives, and the receipts that they sign.
    Delegate(Box<delegate::DelegateCommand>),
    /// Derive a cross-border right from verified foreign evidence, where an agreement lets a host do so.
    Derive(Box<derive::DeriveCommand>),
    /// API tokens of the service: make, list, withdraw.
    Token(token::TokenCommand),
    /// Run the issuer as a service, until it is stopped by a signal.
    Serve(serve::Serve),
    /// The keys that sign: list them, exchange them, mark them as retired or compromised.
    Keys(issuer_keys::KeysCommand),
    /// Print the columns of a CSV register.
    Columns(Columns),
    /// The log of who did what when: verify it, copy it, sign where it stands.
    Audit(audit::AuditCommand),
    /// Write everything that the store holds to one file, to be imported into another store.
    Export(transfer::Export),
    /// Fill an empty store with an export, verified before and after.
    Import(transfer::Import),
    /// Seal everything that cannot be made again in one file: configuration, keys, store.
    Backup(backup::Backup),
    /// Make the directory of an issuer out of its backup, and go on behind every number given since.
    Restore(backup::Restore),
    /// Bring the store to the layout of this program.
    Migrate(transfer::Migrate),
    /// Trust of a region: keys, drafts that their holders sign apart from each other, publication.
    #[command(subcommand)]
    Authority(authority::command::Authority),
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
    #[arg(long, value_parser = parse_name)]
    name: String,
    /// Language of the name.
    #[arg(long, default_value = "en", value_parser = |text: &str| LanguageTag::new(text))]
    name_lang: LanguageTag,
    /// https address under which status lists will be published; ends in "/". It stands on every document.
    #[arg(long, value_name = "URL", value_parser = |text: &str| StatusLists::check_prefix(text).map(|()| text.to_owned()))]
    status_prefix: Option<String>,
}

#[derive(Args)]
struct Record {
    /// Directory of the issuer.
    dir: PathBuf,
    /// File to write; standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct Columns {
    /// Those of registrations, of which the rules of a scheme make documents.
    #[arg(long)]
    scheme: bool,
}

/// What a command ends with: a code of the list above, and what to say.
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            // Help and version are no failures.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            if code != 0 && std::env::args_os().any(|argument| argument == "--json") {
                say_failure(&usage(error.to_string().trim_end().to_owned()));
            }
            return ExitCode::from(code);
        }
    };
    let shared = &command.shared;
    let done = match &command.act {
        Act::Init(init) => init.run(shared),
        Act::Issue(issue) => issue.run(shared),
        Act::Status(status) => status.run(shared),
        Act::Record(record) => record.run(shared),
        Act::Serve(serve) => serve.run(shared),
        Act::Keys(keys) => keys.run(shared),
        Act::Columns(columns) => columns.run(shared),
        Act::Audit(audit) => audit.run(shared),
        Act::Export(export) => export.run(shared),
        Act::Import(import) => import.run(shared),
        Act::Backup(backup) => backup.run(shared),
        Act::Restore(restore) => restore.run(shared),
        Act::Migrate(migrate) => migrate.run(shared),
        Act::Authority(authority) => authority.run(shared),
        Act::Delegate(delegate) => delegate.run(shared),
        Act::Derive(derive) => derive.run(shared),
        Act::Token(token) => token.run(shared),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("sanad-issuer: {}", failure.message);
            if shared.json {
                say_failure(&failure);
            }
            ExitCode::from(failure.code)
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
        let left = [keys::FILE_NAME, STORE, token::ADMIN_TOKEN].map(|name| self.dir.join(name));
        let left: Vec<_> =
            left.iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
        if !left.is_empty() {
            let (left, config) = (left.join(" and "), config_path.display());
            return Err(usage(format!(
                "there is {left} and no {config}. If this issuer has signed anything, get {config} back from a backup. If \
                 an earlier init was interrupted, nobody has seen its keys: remove {left}, nothing else, and start \
                 again"
            )));
        }
        let prefix = match &self.status_prefix {
            Some(prefix) => prefix.clone(),
            None => format!("https://{}.example/", self.issuer.as_str().to_ascii_lowercase()),
        };
        let passphrase = obtain(shared, Purpose::Create)?;
        fs::create_dir_all(&self.dir).map_err(|error| internal(&self.dir, error))?;
        let keys = keys::create(&self.dir, &passphrase)?;
        let store = opening::create(&store_choice(&self.dir)?, &self.issuer)?;
        token::create_first(&self.dir, store.as_ref(), now)?;
        let text = config::template(&NewIssuer {
            iss: &self.issuer,
            country: &self.country,
            name: &self.name,
            language: &self.name_lang,
            status_prefix: &prefix,
            today: now.date(),
            credential: keys.credential,
            status: keys.status,
            delegation: keys.delegation,
        });
        let service_path = self.dir.join(service::config::FILE_NAME);
        if !service_path.exists() {
            whole_file::write(&service_path, service::config::SAMPLE.as_bytes())
                .map_err(|error| internal(&service_path, error))?;
        }
        // Last of all: with the configuration the issuer is complete.
        whole_file::write(&config_path, text.as_bytes()).map_err(|error| internal(&config_path, error))?;
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
                ("token".into(), text(&self.dir.join(token::ADMIN_TOKEN).display())),
            ]))
        } else {
            let dir = self.dir.display();
            say(&format_args!(
                "Issuer {} is ready in {dir}. Keep {dir}/keys.age and its passphrase safe, and {dir}/{} with which \
                 the service is used.",
                self.issuer,
                token::ADMIN_TOKEN
            ))
        }
    }
}

impl Record {
    fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let json = config.record.to_json();
        let mut text = serde_json::to_string_pretty(&json)
            .map_err(|error| internal(&self.dir, io::Error::other(error)))?;
        text.push('\n');
        // What is published must be read by those who pin it.
        IssuerRecord::parse(&text).map_err(|fault| {
            let config = self.dir.join(config::FILE_NAME);
            input(format!("{}: nobody could read this record: {fault}", config.display()))
        })?;
        let Some(path) = &self.out else {
            return if shared.json { say(&json) } else { say(&text.trim_end()) };
        };
        let own = [keys::FILE_NAME, config::FILE_NAME, service::config::FILE_NAME, token::ADMIN_TOKEN, STORE];
        if own.iter().any(|name| lies_in(path, &self.dir.join(name))) {
            return Err(usage(format!("--out {} is the issuer's own; choose another file", path.display())));
        }
        whole_file::write(path, text.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::IsADirectory => usage(format!("--out {} is a directory", path.display())),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied => {
                input(format!("{}: {error}", path.display()))
            }
            _ => internal(path, error),
        })?;
        if shared.json {
            return say(&Json::Object(vec![("out".into(), Json::Text(path.display().to_string().into()))]));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a file, which need not be there, is another or lies in it.
fn lies_in(path: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        fs::canonicalize(path).ok().or_else(|| {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Some(fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?.join(path.file_name()?))
        })
    };
    matches!((place(path), place(other)), (Some(path), Some(other)) if path.starts_with(&other))
}

impl Columns {
    fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let of =
            if self.scheme { csv_register::Columns::Registrations } else { csv_register::Columns::Records };
        for (name, meaning, words) in csv_register::columns(of) {
            if shared.json {
                let words = words.into_iter().map(|word| Json::Text(word.into())).collect();
                say(&Json::Object(vec![
                    ("column".into(), Json::Text(name.into())),
                    ("meaning".into(), Json::Text(meaning.into())),
                    ("words".into(), Json::Array(words)),
                ]))?;
            } else if words.is_empty() {
                say(&format_args!("{name:<20} {meaning}"))?;
            } else {
                say(&format_args!("{name:<20} {meaning} [{}]", words.join(", ")))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The store of an issuer's directory.
fn open_store(dir: &Path, config: &Config) -> Result<Box<dyn Store>, Failure> {
    let store = opening::open(&store_choice(dir)?, config.record.iss())?;
    refuse_half_filled(store.as_ref())?;
    Ok(store)
}

/// Which store an issuer's directory says it has: the embedded one, unless its service.toml says otherwise.
fn store_choice(dir: &Path) -> Result<StoreChoice, RecordsFault> {
    store_choice::of_directory(dir, std::env::vars_os())
        .map_err(|fault| RecordsFault::Choice { problem: fault.to_string() })
}

/// The store of an issuer's directory, to be filled; it may be half filled. None where it has to be made first.
fn store_to_fill(dir: &Path, config: &Config) -> Result<Option<Box<dyn Store>>, RecordsFault> {
    match opening::open(&store_choice(dir)?, config.record.iss()) {
        Ok(store) => Ok(Some(store)),
        Err(RecordsFault::Store(StoreFault::Missing { .. })) => Ok(None),
        // A database without tables.
        Err(RecordsFault::OtherFormat { found, .. }) if found == "0" => Ok(None),
        Err(other) => Err(other),
    }
}

/// Makes the store of an issuer's directory, which has none. It has its name when it is complete, so that a kill leaves
/// none or one that is empty.
fn new_store(dir: &Path, config: &Config) -> Result<Box<dyn Store>, RecordsFault> {
    let place = match store_choice(dir)? {
        StoreChoice::Embedded { dir } => dir,
        choice @ StoreChoice::Postgres(_) => return opening::create(&choice, config.record.iss()),
    };
    let building = dir.join(NEW_STORE);
    let io = |action, source| StoreFault::Io { action, path: place.clone(), source };
    if building.exists() {
        fs::remove_dir_all(&building).map_err(|error| io("make room for", error))?;
    }
    drop(EmbeddedStore::create(&building, config.record.iss())?);
    whole_file::rename_to_free_place(&building, &place).map_err(|error| io("create", error))?;
    whole_file::sync_name(&place).map_err(|error| io("sync", error))?;
    Ok(Box::new(EmbeddedStore::open(&place, config.record.iss())?))
}

fn parse_pixels(text: &str) -> Result<ModulePixels, String> {
    let pixels = text.parse().map_err(|_| "must be a number from 2 to 40".to_owned())?;
    ModulePixels::new(pixels).map_err(|fault| fault.to_string())
}

/// A name that a record may have.
fn parse_name(text: &str) -> Result<String, String> {
    let characters = text.chars().count();
    if text.trim().is_empty() || characters > NAME_CHARACTERS_MAX {
        return Err(format!(
            "{characters} characters, must be 1 to {NAME_CHARACTERS_MAX} and not only spaces"
        ));
    }
    if printable(text) == text {
        Ok(text.to_owned())
    } else {
        Err("must have no control or direction characters".to_owned())
    }
}

pub(crate) fn time(shared: &Shared) -> Result<UnixTime, Failure> {
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

/// The passphrase protects the keys, and who can copy the file can guess at it for years.
fn warn_of_readable_keys(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join(keys::FILE_NAME);
    if fs::metadata(&path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
        let path = path.display();
        eprintln!("Warning: others can read {path}; run: chmod 600 {path}");
    }
}

pub(crate) fn say(line: &dyn std::fmt::Display) -> Result<ExitCode, Failure> {
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(internal(Path::new("standard output"), error)),
    }
}

/// A fault of a register for machines.
fn fault_json(file: &dyn std::fmt::Display, line: u64, field: &str, problem: &str) -> Json<'static> {
    Json::Object(vec![
        ("file".into(), Json::Text(file.to_string().into())),
        ("line".into(), Json::Integer(i64::try_from(line).unwrap_or(i64::MAX))),
        ("field".into(), Json::owned_text(field)),
        ("problem".into(), Json::owned_text(problem)),
    ])
}

/// A failure for machines, beside the message for people.
fn say_failure(failure: &Failure) {
    let _ = say(&Json::Object(vec![
        ("error".into(), Json::owned_text(&failure.message)),
        ("code".into(), Json::Integer(i64::from(failure.code))),
    ]));
}

pub(crate) fn usage(message: String) -> Failure {
    Failure { code: 2, message }
}

pub(crate) fn input(message: String) -> Failure {
    Failure { code: 3, message }
}

pub(crate) fn internal(path: &Path, error: io::Error) -> Failure {
    Failure { code: 1, message: format!("{}: {error}", path.display()) }
}

/// Faults of the machine or of this program.
pub(crate) fn fault(fault: impl std::fmt::Display) -> Failure {
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
            RunFault::Issue(IssueFault::Sign(sign)) => sign.into(),
            RunFault::Register(_)
            | RunFault::Reading { .. }
            | RunFault::Issue(IssueFault::Changed { .. } | IssueFault::ListsFull { .. }) => {
                input(run.to_string())
            }
            // Another program's file, or a place where this person may not write.
            RunFault::Output(output)
                if matches!(
                    output.kind(),
                    io::ErrorKind::InvalidData
                        | io::ErrorKind::NotADirectory
                        | io::ErrorKind::PermissionDenied
                ) =>
            {
                input(output.to_string())
            }
            other => fault(other),
        }
    }
}
