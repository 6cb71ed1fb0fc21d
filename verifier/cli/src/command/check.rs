//! `sanad-verify check`: three questions about documents that are shown.
//!
//! With `--place` and `--benefit` the decision: covered or not, for this, here, today. With a pack alone who signed, whether
//! it may, and what became of the document; with `--record` signature and content against one pinned record. The last two
//! are never decisions. Exit codes of the decision: 0 COVERED, 10 NOT_COVERED, 11 CANNOT_DECIDE; of the others: 0 it holds,
//! 3 it does not. 2 is wrong usage, 3 bad input data.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sanad_credential::UnixTime;
use sanad_messages::Language;
use sanad_trust::pack::Pack;

use super::decision::{AskedArguments, PaperArguments};
use super::{BAD_INPUT, Form, pack, say, tell};
use crate::check::{Checked, Verified, check, load_record};
use crate::check_pack::{self, PackChecked};
use crate::counter;
use crate::trust_state::StateDir;

/// Check documents, or decide: with --place and --benefit, is this covered for this person, here, today?
#[derive(Args)]
pub(super) struct Check {
    /// QR text, PNG or JPEG image, file of the document, or "-" for standard input. Several are decided together; with
    /// --place and --benefit none is needed.
    #[arg(value_name = "QR", required_unless_present = "benefit")]
    pub(super) codes: Vec<String>,
    /// Check with this issuer's record alone, which you got in a way you trust: no status, no grant, no decision.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pack", "benefit"])]
    pub(super) record: Option<PathBuf>,
    /// Use this pack; the one in use when neither is given.
    #[arg(long, value_name = "FILE.sanadpack")]
    pub(super) pack: Option<PathBuf>,
    /// Directory of the verifier's state; $XDG_STATE_HOME/sanad when left out.
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day. The clock then counts as set by the operator.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    pub(super) now: Option<UnixTime>,
    #[command(flatten)]
    pub(super) asked: AskedArguments,
    #[command(flatten)]
    pub(super) paper: PaperArguments,
}

impl Check {
    pub(super) fn run(&self, form: Form, told: Option<Language>) -> io::Result<ExitCode> {
        match (&self.record, &self.asked.place, self.asked.benefit) {
            (Some(record), ..) => self.with_record(record, form),
            (None, Some(place), Some(asked)) => self.decide(place, asked, form, told),
            (None, ..) => self.with_pack(form),
        }
    }

    /// The pack, and the directory of the state. What this pack proves to be current is held against every later one, also
    /// when it is not taken over.
    pub(super) fn load(&self) -> Result<(Pack, StateDir), String> {
        pack::load_raising(self.pack.as_ref(), self.state.as_deref(), pack::device_clock(self.now))
    }

    /// Who signed, whether it may, and what became of the document: no decision.
    fn with_pack(&self, form: Form) -> io::Result<ExitCode> {
        let pack = match self.load() {
            Ok((pack, _)) => pack,
            Err(fault) => return tell(&fault, form),
        };
        let clock = pack.clock(pack::device_clock(self.now));
        let mut code = ExitCode::SUCCESS;
        for argument in &self.codes {
            let found = counter::documents(argument);
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
            let found = counter::documents(argument);
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
