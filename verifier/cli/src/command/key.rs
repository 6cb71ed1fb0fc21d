//! `sanad-verify key`: arguments, words and exit codes around [`crate::key`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{DelegationId, Json, Scope, Set, UnixTime};
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};
use sanad_keyfile::{DelegateKeyFault, Existing, KeyFault};
use sanad_trust::DelegationRequest;

use super::{BAD_INPUT, Form, say};
use crate::check::load_record;
use crate::counter;
use crate::key::{self, DeviceKeyFault, NewKey};
use crate::receipts::delegations::{self, DelegationFault, Opened, Trusted};
use crate::state::{State, StateFault};
use crate::trust_state::StateDir;

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
    /// Keep the delegation that an issuer answered the request with; exports of receipts carry it.
    Accept(Accept),
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
struct Accept {
    /// The delegation: QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(value_name = "FILE")]
    delegation: String,
    /// Check it with this issuer's record alone, which you got in a way you trust; with the pack in use when left out.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    /// Directory of this device's state; $XDG_STATE_HOME/sanad or ~/.local/state/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Read the passphrase from the first line of a file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
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
    pub(super) fn run(&self, form: Form) -> std::io::Result<ExitCode> {
        let made = match &self.act {
            Act::Init(init) => init.run().map(|request| (request, init.shared.out.as_deref())),
            Act::Show(show) => show.run().map(|request| (request, show.shared.out.as_deref())),
            Act::Accept(accept) => return accept.run(form),
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
pub(super) type Failure = (u8, String);

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

impl Accept {
    fn run(&self, form: Form) -> std::io::Result<ExitCode> {
        match self.accept() {
            Ok(opened) => {
                let (id, from, to) = match opened.delegate() {
                    Some(own) => (own.id.to_string(), own.from.to_string(), own.to.to_string()),
                    None => Default::default(),
                };
                match form {
                    Form::Text => say(&format!("The delegation of {id} is kept; it is for {from} to {to}."))?,
                    Form::Json => {
                        let text = |text: String| Json::Text(text.into());
                        let cti = opened.claims.cti.to_string();
                        let members = [("id", id), ("cti", cti), ("from", from), ("to", to)];
                        let members = members.map(|(name, value)| (name.into(), text(value)));
                        say(&Json::Object(members.into()).to_string())?;
                    }
                }
                Ok(ExitCode::SUCCESS)
            }
            Err((BAD_INPUT, message)) => super::tell(&message, form),
            Err((code, message)) => {
                eprintln!("sanad-verify: {message}");
                Ok(ExitCode::from(code))
            }
        }
    }

    fn accept(&self) -> Result<Opened, Failure> {
        let bad = |message: String| (BAD_INPUT, message);
        let state = State::locate(self.state.as_deref()).map_err(|fault| failure(fault.into()))?;
        key::must_exist(&state).map_err(failure)?;
        let found = counter::documents(&self.delegation);
        let Some(document) = found.documents.first() else {
            let fault = found.faults.first();
            return Err(bad(fault.map_or_else(|| "there is no document".to_owned(), ToString::to_string)));
        };
        let document = (document.place.as_str(), document.bytes.as_slice());
        let own = obtain(self.passphrase_file.as_deref(), Purpose::Open)
            .and_then(|passphrase| key::load(&state, &passphrase).map_err(failure))?;
        let public = own.key.public_key();
        let own = (&own.id, &public);
        let accepted = match &self.record {
            Some(path) => {
                let record = load_record(path).map_err(|fault| bad(fault.to_string()))?;
                delegations::accept(&state, own, Trusted::Record(&record), document)
            }
            None => {
                let directory =
                    StateDir::resolve(self.state.as_deref()).map_err(|fault| bad(fault.to_string()))?;
                let device = super::pack::device_clock(self.now);
                let (pack, _) =
                    super::pack::load(None, &directory, device).map_err(|fault| bad(fault.to_string()))?;
                delegations::accept(&state, own, Trusted::Pack(&pack, pack.clock(device)), document)
            }
        };
        accepted.map_err(|fault| match fault {
            DelegationFault::File { .. } => (1, fault.to_string()),
            fault => bad(fault.to_string()),
        })
    }
}

impl Shared {
    fn obtain(&self, purpose: Purpose) -> Result<Passphrase, Failure> {
        obtain(self.passphrase_file.as_deref(), purpose)
    }
}

/// The passphrase of this device's key, by the ways that every program has.
pub(super) fn obtain(file: Option<&Path>, purpose: Purpose) -> Result<Passphrase, Failure> {
    passphrase::obtain(file, purpose, "Passphrase of this device's key")
        .map_err(|fault| (BAD_INPUT, fault.to_string()))
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

pub(super) fn failure(fault: DeviceKeyFault) -> Failure {
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
