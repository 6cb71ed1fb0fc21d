//! `sanad-verify receipts resolve`.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{CredentialId, Json, UnixTime};
use sanad_keyfile::passphrase::Purpose;
use sanad_trust::members::Written;

use super::super::key as key_command;
use super::{
    BAD_INPUT, Failure, Form, Place, bad, given_delegations, now, pack, pack_delegations, receipt_id, say,
};
use crate::key;
use crate::receipts::delegations::{Trusted, gather, kept};
use crate::receipts::log::Log;
use crate::receipts::resolve::{Outcome, Overturned, Register, ResolveFault, Said, Settling};
use crate::receipts::shown_again::ShownAgain;

/// Settle provisional and refused receipts with late evidence: a newer pack, a payment receipt, the same card again. What
/// changed is signed as a new receipt for the same document and day of service.
#[derive(Args)]
pub(super) struct Resolve {
    /// Number of the receipt, then documents, also the file of what a phone presented; with --all documents only.
    #[arg(required = true, value_name = "ID|QR")]
    arguments: Vec<String>,
    /// All receipts that the documents may settle.
    #[arg(long)]
    all: bool,
    /// The newer pack; the one in use when left out.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: Option<PathBuf>,
    /// The facility's delegation, where neither pack nor state directory has it; may stand several times.
    #[arg(long = "delegation", value_name = "FILE")]
    delegations: Vec<String>,
    /// Take this for the time of signing: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
    /// Read the passphrase from the first line of a file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Resolve {
    pub(super) fn run(&self, form: Form) -> Result<io::Result<ExitCode>, Failure> {
        let (id, codes) = match (self.all, self.arguments.split_first()) {
            (false, Some((id, codes))) => (Some(receipt_id(id).map_err(|fault| (2, fault))?), codes),
            (_, _) => (None, self.arguments.as_slice()),
        };
        let shown = ShownAgain::read(codes).map_err(|fault| bad(&fault))?;
        shown.unreadable.iter().for_each(|fault| eprintln!("sanad-verify: {fault}"));
        let state = self.place.state()?;
        key::must_exist(&state).map_err(key_command::failure)?;
        let directory = self.place.directory()?;
        let device = pack::device_clock(self.now);
        let (pack, _) = pack::load(self.pack.as_ref(), &directory, device).map_err(|fault| bad(&fault))?;
        let passphrase = key_command::obtain(self.passphrase_file.as_deref(), Purpose::Open)?;
        let own = key::load(&state, &passphrase).map_err(key_command::failure)?;
        let mut documents = given_delegations(&self.delegations)?;
        documents.extend(kept(&state).map_err(|fault| bad(&fault))?);
        documents.extend(pack_delegations(&directory, self.pack.as_deref())?);
        let (delegations, _) = gather(Trusted::Pack(&pack, pack.clock(device)), &documents);
        let settling = Settling {
            pack: &pack,
            key: &own,
            iat: now(self.now, &pack)?,
            delegations: &delegations,
            shown: &shown,
        };
        let mut log = Log::open(&state).map_err(super::log_failure)?;
        let mut register = Register::read(&state).map_err(super::log_failure)?;
        let ids: Vec<CredentialId> = id.map_or_else(|| register.open_for(&settling), |id| vec![id]);
        let mut code = ExitCode::SUCCESS;
        for id in &ids {
            let said = match register.settle(*id, &mut log, &settling) {
                Ok(outcome) => tell(&outcome, form),
                // One that cannot be settled does not stop the others.
                Err(fault) if self.all && !matches!(fault, ResolveFault::Log(_) | ResolveFault::Sign(_)) => {
                    code = ExitCode::from(BAD_INPUT);
                    super::tell(&format!("{id}: {fault}"), form).map(|_| ())
                }
                Err(ResolveFault::Log(fault)) => return Err(super::log_failure(fault)),
                Err(fault) => return Err(bad(&fault)),
            };
            if said.is_err() {
                return Ok(said.map(|()| code));
            }
        }
        if self.all && form == Form::Text {
            eprintln!("{} receipts could be settled by these documents", ids.len());
        }
        Ok(Ok(code))
    }
}

fn tell(outcome: &Outcome, form: Form) -> io::Result<()> {
    let written = outcome.written.as_ref().map(|signed| signed.receipt.cti);
    if let Some(notice) = outcome.written.as_ref().and_then(|signed| signed.notice.as_ref()) {
        eprintln!("Note: {notice}");
    }
    if form == Form::Json {
        let mut object = Written::default();
        object.add("receipt", Json::Text(outcome.of.to_string().into()));
        object.add("before", said_json(&outcome.before));
        object.add("after", said_json(&outcome.after));
        object.add("overturned", Json::Bool(outcome.overturned == Overturned::Yes));
        object.add(
            "refundable",
            outcome.refundable.as_ref().map_or(Json::Null, sanad_credential::Money::to_json),
        );
        object.add("resolution", written.map_or(Json::Null, |id| Json::Text(id.to_string().into())));
        return say(&object.object().to_string());
    }
    say(&format!("{}: {} -> {}", outcome.of, words(&outcome.before), words(&outcome.after)))?;
    match written {
        Some(id) => say(&format!("  settled by the receipt {id}"))?,
        None => say("  nothing changes, nothing was written")?,
    }
    if outcome.overturned == Overturned::Yes {
        say("  the refusal was wrong")?;
    }
    match &outcome.refundable {
        Some(money) => say(&format!("  to be paid back to the patient: {}", money.in_ordinary_units())),
        None => Ok(()),
    }
}

fn words(said: &Said) -> String {
    let reasons: Vec<&str> = said.reasons.iter().map(|reason| reason.word()).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" [{}]", reasons.join(" ")) };
    format!("{} {}{reasons}", said.decision.word(), said.assurance.word())
}

fn said_json(said: &Said) -> Json<'static> {
    let mut object = Written::default();
    object.add("decision", Json::Text(said.decision.word().into()));
    object.add("assurance", Json::Text(said.assurance.word().into()));
    object.add(
        "reasons",
        Json::Array(said.reasons.iter().map(|reason| Json::Text(reason.word().into())).collect()),
    );
    object.object()
}
