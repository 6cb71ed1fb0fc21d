//! `sanad-verify key`: arguments, words and exit codes around [`crate::key`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{DelegationId, Scope, Set};
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};
use sanad_keyfile::{DelegateKeyFault, Existing, KeyFault};
use sanad_trust::DelegationRequest;

use super::{BAD_INPUT, say};
use crate::key::{self, DeviceKeyFault, NewKey};
use crate::state::{State, StateFault};

#[derive(Args)]
pub(super) struct KeyCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Draw the key of this device and print the request that an issuer of the country answers.
    Init(Init),
    /// Print the request of this device's key again.
    Show(Show),
}

#[derive(Args)]
struct Init {
    /// Id of the facility: two country letters, "-", then A-Z, 0-9 and "-".
    #[arg(long, value_name = "UG-F01", value_parser = |text: &str| DelegationId::new(text))]
    facility: DelegationId,
    /// What the device is to do.
    #[arg(long = "scope", value_name = "SCOPE", num_args = 1.., value_delimiter = ',', default_value = "verify",
          value_parser = parse_scope)]
    scopes: Vec<Scope>,
    /// Draw a new key although there is one; the old one is lost.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Args)]
struct Show {
    #[command(flatten)]
    shared: Shared,
}

#[derive(Args)]
struct Shared {
    /// Directory of this device's state; $XDG_STATE_HOME/sanad or ~/.local/state/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// File for the request; standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read the passphrase from the first line of a file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl KeyCommand {
    pub(super) fn run(&self) -> std::io::Result<ExitCode> {
        let made = match &self.act {
            Act::Init(init) => init.run().map(|request| (request, init.shared.out.as_deref())),
            Act::Show(show) => show.run().map(|request| (request, show.shared.out.as_deref())),
        };
        let (request, out) = match made {
            Ok(made) => made,
            Err((code, message)) => {
                eprintln!("sanad-verify: {message}");
                return Ok(ExitCode::from(code));
            }
        };
        hand_out(&request, out)
    }
}

/// An exit code, and what to say.
type Failure = (u8, String);

impl Init {
    fn run(&self) -> Result<DelegationRequest, Failure> {
        let state = State::locate(self.shared.state.as_deref()).map_err(|fault| failure(fault.into()))?;
        let existing = if self.replace { Existing::Replace } else { Existing::Refuse };
        let scopes = Set::new(self.scopes.clone()).map_err(|_| (2, "a scope stands twice".to_owned()))?;
        key::may_init(&state, existing).map_err(failure)?;
        let passphrase = self.shared.obtain(Purpose::Create)?;
        let new = NewKey { facility: self.facility.clone(), scopes, existing };
        key::init(&state, &new, &passphrase).map_err(failure)
    }
}

impl Show {
    fn run(&self) -> Result<DelegationRequest, Failure> {
        let state = State::locate(self.shared.state.as_deref()).map_err(|fault| failure(fault.into()))?;
        key::show(&state, &self.shared.obtain(Purpose::Open)?).map_err(failure)
    }
}

impl Shared {
    fn obtain(&self, purpose: Purpose) -> Result<Passphrase, Failure> {
        passphrase::obtain(self.passphrase_file.as_deref(), purpose, "Passphrase of this device's key")
            .map_err(|fault| (BAD_INPUT, fault.to_string()))
    }
}

fn hand_out(request: &DelegationRequest, out: Option<&Path>) -> std::io::Result<ExitCode> {
    match out {
        None => say(&request.to_json().to_string())?,
        Some(out) => {
            if let Err(fault) = key::write(request, out) {
                let (code, message) = failure(fault);
                eprintln!(
                    "sanad-verify: {message}; the key is made, `sanad-verify key show` prints its request"
                );
                return Ok(ExitCode::from(code));
            }
        }
    }
    eprintln!(
        "This device is {} with the key {}. Give the request to an issuer of the country, who answers it with: \
         sanad-issuer delegate DIR answer REQUEST",
        request.id(),
        request.key().id()
    );
    Ok(ExitCode::SUCCESS)
}

fn failure(fault: DeviceKeyFault) -> Failure {
    let code = match &fault {
        DeviceKeyFault::State(StateFault::Directory { .. })
        | DeviceKeyFault::Out { .. }
        | DeviceKeyFault::Key(
            DelegateKeyFault::Randomness(_) | DelegateKeyFault::File(KeyFault::Io { .. }),
        ) => 1,
        DeviceKeyFault::State(StateFault::NoPlace) | DeviceKeyFault::HasKey { .. } => 2,
        DeviceKeyFault::NoKey { .. } | DeviceKeyFault::Key(_) | DeviceKeyFault::Request(_) => BAD_INPUT,
    };
    (code, fault.to_string())
}

fn parse_scope(word: &str) -> Result<Scope, String> {
    let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    Scope::from_word(word).map_err(|_| format!("must be one of {}", words.join(", ")))
}
