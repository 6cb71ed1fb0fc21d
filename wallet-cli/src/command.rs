//! The `sanad-wallet` program: arguments, words and exit codes around the library.
//!
//! Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 bad input data; `check` adds 10 NOT_COVERED and 11 CANNOT_DECIDE.
//! What was not checked with an issuer's record says so on its line. The passphrase comes from a prompt,
//! `--passphrase-file` or `SANAD_PASSPHRASE`, never from an argument.

mod add;
mod answer;
mod carry;
mod check;
mod init;
mod list;
mod offer;
mod show;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use sanad_credential::{Json, UnixTime};
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};

use crate::backup::BackupFault;
use crate::entry::{Holder, HolderName};
use crate::holding::{Wallet, WalletFault};
use crate::preview::PreviewFault;
use crate::sheet::SheetFault;
use crate::show::ShowFault;
use crate::whole_file::{self, Readers};

/// Holds and shows what workers are entitled to.
#[derive(Parser)]
#[command(name = "sanad-wallet", version, max_term_width = 110)]
struct Command {
    /// Directory of the wallet.
    #[arg(long, global = true, value_name = "DIR", default_value = "sanad-wallet")]
    wallet: PathBuf,
    /// Whose documents: a name of this wallet. Not needed where it holds one person's only.
    #[arg(long, global = true, value_name = "NAME", value_parser = HolderName::new)]
    holder: Option<HolderName>,
    /// Answer with JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    /// Language of messages; only "en" so far.
    #[arg(long, global = true, value_parser = ["en"], default_value = "en")]
    lang: String,
    /// Read the passphrase from the first line of a file.
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, global = true, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Init(init::Init),
    Request(show::Request),
    Add(add::Add),
    List(list::List),
    Show(show::Show),
    Present(show::Present),
    Check(Box<check::Check>),
    Export(carry::Export),
    Backup(carry::Backup),
    Restore(carry::Restore),
    Remove(carry::Remove),
}

#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

/// What every command is told.
struct Shared {
    dir: PathBuf,
    holder: Option<HolderName>,
    form: Form,
    passphrase_file: Option<PathBuf>,
    now: Option<UnixTime>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Text,
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
                say_failure(&Failure { code, message: error.to_string().trim_end().to_owned() });
            }
            return ExitCode::from(code);
        }
    };
    let shared = Shared {
        dir: command.wallet,
        holder: command.holder,
        form: if command.json { Form::Json } else { Form::Text },
        passphrase_file: command.passphrase_file,
        now: command.now,
    };
    let done = match &command.act {
        Act::Init(init) => init.run(&shared),
        Act::Request(request) => request.run(&shared),
        Act::Add(add) => add.run(&shared),
        Act::List(list) => list.run(&shared),
        Act::Show(show) => show.run(&shared),
        Act::Present(present) => present.run(&shared),
        Act::Check(check) => check.run(&shared),
        Act::Export(export) => export.run(&shared),
        Act::Backup(backup) => backup.run(&shared),
        Act::Restore(restore) => restore.run(&shared),
        Act::Remove(remove) => remove.run(&shared),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            tell(&failure, shared.form);
            ExitCode::from(failure.code)
        }
    }
}

impl Shared {
    /// The time that was told, or the machine's.
    fn now(&self) -> Result<UnixTime, Failure> {
        let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
        let time = self.now.or_else(|| seconds().and_then(|seconds| UnixTime::new(seconds).ok()));
        time.ok_or_else(|| bad_input("this machine has no clock that can be believed: give --now".to_owned()))
    }

    fn passphrase(&self, purpose: Purpose) -> Result<Passphrase, Failure> {
        passphrase::obtain(self.passphrase_file.as_deref(), purpose, "Passphrase of the wallet")
            .map_err(|fault| bad_input(fault.to_string()))
    }

    fn open(&self) -> Result<Wallet, Failure> {
        // What is not there needs no passphrase.
        if !self.dir.join("store").is_dir() {
            return Err(crate::holding::making::nothing_in(&self.dir).into());
        }
        Ok(Wallet::open(&self.dir, &self.passphrase(Purpose::Open)?)?)
    }

    /// The person that was named, to whom what is asked is confined; without a name it is asked of all.
    fn named(&self, wallet: &Wallet) -> Result<Option<Holder>, Failure> {
        let Some(name) = &self.holder else { return Ok(None) };
        let holders = wallet.holders()?;
        match holders.iter().find(|holder| holder.name == *name) {
            Some(holder) => Ok(Some(holder.clone())),
            None => Err(nobody(name, &holders)),
        }
    }

    /// The one person whom something is for.
    fn for_whom(&self, wallet: &Wallet) -> Result<Holder, Failure> {
        if let Some(named) = self.named(wallet)? {
            return Ok(named);
        }
        match wallet.holders()?.as_slice() {
            [only] => Ok(only.clone()),
            holders => Err(usage(format!(
                "this wallet holds the documents of {} people: say for whom with --holder NAME ({})",
                holders.len(),
                names(holders)
            ))),
        }
    }
}

fn nobody(name: &HolderName, holders: &[Holder]) -> Failure {
    bad_input(format!(
        "nobody is called \"{name}\" in this wallet; there are: {}. A new person is added with `add --new-holder` or \
         `request --new-holder`",
        names(holders)
    ))
}

fn names(holders: &[Holder]) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<String> =
        holders.iter().take(SHOWN).map(|holder| format!("\"{}\"", holder.name)).collect();
    if holders.len() > SHOWN {
        names.push("and others".to_owned());
    }
    names.join(", ")
}

/// A fault of the machine says more than one of the input, and both more than success.
fn worse(one: u8, other: u8) -> u8 {
    match (one, other) {
        (1, _) | (_, 1) => 1,
        (one, other) => one.max(other),
    }
}

fn bad_input(message: String) -> Failure {
    Failure { code: 3, message }
}

fn usage(message: String) -> Failure {
    Failure { code: 2, message }
}

fn write_file(path: &Path, content: &[u8], readers: Readers) -> Result<(), Failure> {
    whole_file::write(path, content, readers).map_err(|error| Failure {
        code: match error.kind() {
            io::ErrorKind::IsADirectory => 2,
            kind => code_of(kind),
        },
        message: format!("{}: {error}", path.display()),
    })
}

/// A path that the user gave is input; what else the system refuses is a fault of the machine.
fn code_of(kind: io::ErrorKind) -> u8 {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NotFound
        | Kind::AlreadyExists
        | Kind::NotADirectory
        | Kind::IsADirectory
        | Kind::PermissionDenied
        | Kind::InvalidData => 3,
        _ => 1,
    }
}

/// Tells a failure to people, and to machines where they listen.
fn tell(failure: &Failure, form: Form) {
    eprintln!("sanad-wallet: {}", failure.message);
    if form == Form::Json {
        say_failure(failure);
    }
}

fn say_failure(failure: &Failure) {
    let _ = say(&Json::Object(vec![
        ("error".into(), Json::owned_text(&failure.message)),
        ("code".into(), Json::Integer(i64::from(failure.code))),
    ])
    .to_string());
}

fn say(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}")
        .map_err(|error| Failure { code: 1, message: format!("standard output: {error}") })
}

fn say_members(members: &[(&'static str, String)]) -> Result<(), Failure> {
    let members = members.iter().map(|(name, value)| ((*name).into(), Json::owned_text(value)));
    say(&Json::Object(members.collect()).to_string())
}

/// Whether somebody looks at what is printed.
fn is_looked_at() -> bool {
    io::stdout().is_terminal()
}

impl From<WalletFault> for Failure {
    fn from(fault: WalletFault) -> Self {
        let code = match &fault {
            WalletFault::File { source, .. } => code_of(source.kind()),
            WalletFault::Store(_) | WalletFault::Randomness(_) | WalletFault::NoHolder => 1,
            _ => 3,
        };
        Self { code, message: fault.to_string() }
    }
}

impl From<ShowFault> for Failure {
    fn from(fault: ShowFault) -> Self {
        let code = if matches!(fault, ShowFault::Narrow { .. }) { 3 } else { 1 };
        Self { code, message: fault.to_string() }
    }
}

impl From<BackupFault> for Failure {
    fn from(fault: BackupFault) -> Self {
        bad_input(fault.to_string())
    }
}

impl From<SheetFault> for Failure {
    fn from(fault: SheetFault) -> Self {
        bad_input(fault.to_string())
    }
}

impl From<PreviewFault> for Failure {
    fn from(fault: PreviewFault) -> Self {
        match fault {
            PreviewFault::Wallet(fault) => fault.into(),
            fault => bad_input(fault.to_string()),
        }
    }
}
