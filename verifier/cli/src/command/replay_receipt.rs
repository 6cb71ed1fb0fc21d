//! `sanad-verify replay --receipt`: receipts decided again, with the packs that were in use and the documents.
//!
//! One line for each receipt. Exit codes: 0 all the same, 2 wrong usage, 3 another answer, or one that cannot be replayed.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{CredentialId, FixedBytes, Json, Receipt};
use sanad_trust::members::Written;
use sanad_verifier::case::Expected;

use super::{BAD_INPUT, Form, say, tell};
use crate::pack_archive::{self, Source};
use crate::receipts::delegations::kept;
use crate::receipts::log::{self, LogFault, look};
use crate::receipts::replay::{Origin, Outcome, Replayed, replay};
use crate::receipts::shown_again::ShownAgain;
use crate::replay::{Summary, Trial};
use crate::state::State;
use crate::trust_state::StateDir;
use crate::{counter, trust_state};

/// Receipts to be decided again.
#[derive(Args)]
#[command(next_help_heading = "Receipts")]
pub(super) struct ReplayReceipt {
    /// Decide this receipt again: its number in the log of this device, "all" of them, or a receipt as QR text, image or
    /// file. May stand several times; the documents shown then follow in the place of CASES: codes, or the file of what a
    /// phone presented (an SD-JWT or a W3C credential). With --rulebook under that one, with a summary of what changes.
    #[arg(long = "receipt", value_name = "ID|all|FILE")]
    pub(super) receipts: Vec<String>,
    /// Directory with packs of that time, beside the archive of this device; may stand several times.
    #[arg(long, value_name = "DIR", requires = "receipts")]
    packs: Vec<PathBuf>,
    /// The facility's delegation, where the pack does not have it; may stand several times.
    #[arg(long = "delegation", value_name = "FILE", requires = "receipts")]
    delegations: Vec<String>,
    /// Directory of this device's state; $XDG_STATE_HOME/sanad or ~/.local/state/sanad when left out.
    #[arg(long, value_name = "DIR", requires = "receipts")]
    state: Option<PathBuf>,
}

impl ReplayReceipt {
    /// Replays the receipts with these documents.
    pub(super) fn run(&self, codes: &[String], trial: Option<&Trial>, form: Form) -> io::Result<ExitCode> {
        let prepared = self.prepare(codes);
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(fault) => return tell(&fault, form),
        };
        let mut code = ExitCode::SUCCESS;
        let mut summary = Summary::new(trial);
        let rulebooks = trial.map_or(&[][..], |trial| &trial.rulebooks);
        for (place, document, origin) in &prepared.receipts {
            let replayed = Replayed { document, origin: *origin };
            let Prepared { shown, delegations, sources, anchor, .. } = &prepared;
            match replay(&replayed, shown, delegations, sources, anchor, rulebooks) {
                Ok(outcome) => {
                    summary.add(&in_short(&outcome));
                    // Under another rulebook another answer is what was asked for.
                    if !outcome.differs.is_empty() && trial.is_none() {
                        code = ExitCode::from(BAD_INPUT);
                    }
                    say(&words(&outcome, form))?;
                }
                Err(fault) => code = tell(&format!("{place}: {fault}"), form)?,
            }
        }
        if trial.is_some() {
            eprint!("{summary}");
        }
        Ok(code)
    }

    fn prepare(&self, codes: &[String]) -> Result<Prepared, String> {
        let shown = ShownAgain::read(codes)?;
        shown.unreadable.iter().for_each(|fault| eprintln!("sanad-verify: {fault}"));
        let state = State::locate(self.state.as_deref()).map_err(|fault| fault.to_string())?;
        let directory = StateDir::resolve(self.state.as_deref()).map_err(|fault| fault.to_string())?;
        let trust = directory.load().map_err(|fault: trust_state::StateFault| fault.to_string())?;
        let own = Source::Own(pack_archive::directory(&directory));
        let brought = self.packs.iter().cloned().map(Source::Brought);
        let mut delegations = kept(&state).map_err(|fault| fault.to_string())?;
        for argument in &self.delegations {
            let found = counter::documents(argument);
            if let Some(fault) = found.faults.first() {
                return Err(fault.to_string());
            }
            delegations.extend(found.documents.into_iter().map(|document| (document.place, document.bytes)));
        }
        Ok(Prepared {
            receipts: self.receipts(&state)?,
            shown,
            delegations,
            sources: std::iter::once(own).chain(brought).collect(),
            anchor: trust.anchor,
        })
    }

    fn receipts(&self, state: &State) -> Result<Vec<(String, Vec<u8>, Origin)>, String> {
        let mut receipts = Vec::new();
        let mut wanted: Vec<CredentialId> = Vec::new();
        let all = self.receipts.iter().any(|argument| argument == "all");
        for argument in self.receipts.iter().filter(|argument| *argument != "all") {
            if let Ok(id) = FixedBytes::from_hex(argument) {
                wanted.push(id);
                continue;
            }
            let found = counter::documents(argument);
            if let Some(fault) = found.faults.first() {
                return Err(fault.to_string());
            }
            let found = found.documents.into_iter();
            receipts.extend(found.map(|document| (document.place, document.bytes, Origin::Brought)));
        }
        if all || !wanted.is_empty() {
            log::read(state, |entry| {
                let id = look(&entry)?.cti;
                let position = wanted.iter().position(|wanted| *wanted == id);
                if let Some(position) = position {
                    wanted.remove(position);
                }
                // What settled a receipt later is no encounter of its own.
                if position.is_some() || (all && entry.resolves.is_none()) {
                    receipts.push((id.to_string(), entry.document.to_vec(), Origin::OwnLog));
                }
                Ok::<(), LogFault>(())
            })
            .map_err(|fault| fault.to_string())?;
        }
        match wanted.first() {
            Some(id) => Err(format!("no receipt {id} is in the log of this device")),
            None => Ok(receipts),
        }
    }
}

struct Prepared {
    receipts: Vec<(String, Vec<u8>, Origin)>,
    shown: ShownAgain,
    delegations: Vec<(String, Vec<u8>)>,
    sources: Vec<Source>,
    anchor: sanad_trust::client::Anchor,
}

/// Both answers, to be counted.
fn in_short(outcome: &Outcome) -> crate::replay::Replayed {
    let expected = |receipt: &Receipt| Expected {
        decision: receipt.encounter.decision,
        assurance: receipt.encounter.assurance,
        action: receipt.encounter.action,
        reasons: receipt.encounter.reasons.to_vec(),
        copay_basis_points: None,
    };
    crate::replay::Replayed {
        id: outcome.receipt.cti.to_string(),
        answer: String::new(),
        found: expected(&outcome.now),
        before: Some(expected(&outcome.receipt)),
        expected: None,
    }
}

fn words(outcome: &Outcome, form: Form) -> String {
    let id = outcome.receipt.cti;
    if form == Form::Json {
        let differs = outcome.differs.iter().map(|difference| {
            let mut object = Written::default();
            object.add("member", Json::owned_text(&difference.member));
            object.add("receipt", Json::owned_text(&difference.then));
            object.add("now", Json::owned_text(&difference.now));
            object.object()
        });
        let mut object = Written::default();
        object.add("receipt", Json::Text(id.to_string().into()));
        object.add("same", Json::Bool(outcome.differs.is_empty()));
        object.add("pack", Json::owned_text(&outcome.pack));
        object.add("differs", Json::Array(differs.collect()));
        return object.object().to_string();
    }
    if outcome.differs.is_empty() {
        return format!("{id}: the same, with {}", outcome.pack);
    }
    let differs = outcome.differs.iter();
    let lines = differs.map(|difference| {
        format!("\n  {}: the receipt says {}, now {}", difference.member, difference.then, difference.now)
    });
    format!("{id}: DIFFERENT, with {}{}", outcome.pack, lines.collect::<String>())
}
