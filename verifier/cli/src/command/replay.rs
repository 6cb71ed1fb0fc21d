//! `sanad-verify replay CASES`: worked cases and old encounters, decided again.
//!
//! One answer a line on standard output, a summary by reason on standard error. Exit codes: 0 done, 2 wrong usage, 3 a case
//! that cannot be read or whose answer is another than it expects.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Read, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use sanad_credential::Date;
use sanad_messages::Language;
use sanad_trust::Rulebook;

use super::replay_receipt::ReplayReceipt;
use super::{BAD_INPUT, Form, tell};
use crate::replay::{Summary, Trial, cases, replay};
use crate::trust_state::read_bounded;
use crate::words::{CatalogueWords, language};

/// Longest file of a rulebook: that of the trust repository.
const RULEBOOK_BYTES_MAX: usize = 262_144;

/// Decide worked cases or old encounters again, also under a rulebook that is not yet published. What the cases state of
/// signatures is believed: only check judges them.
#[derive(Args)]
pub(super) struct Replay {
    /// Files of cases, each a JSON array or one case a line; "-" for standard input.
    #[arg(required_unless_present = "receipts", value_name = "CASES")]
    files: Vec<String>,
    /// Decide with this rulebook in the place of the cases' own for the same issuer and product, and count what changes;
    /// may stand several times.
    #[arg(long = "rulebook", value_name = "FILE")]
    rulebooks: Vec<PathBuf>,
    /// Day on which these rulebooks would have been published; the day of each service when left out.
    #[arg(long, value_name = "DAY", requires = "rulebooks", value_parser = |text: &str| Date::parse(text))]
    issued: Option<Date>,
    #[command(flatten)]
    receipt: ReplayReceipt,
}

impl Replay {
    pub(super) fn run(&self, form: Form, told: Option<Language>) -> io::Result<ExitCode> {
        let trial = match self.trial() {
            Ok(trial) => trial,
            Err(fault) => return tell(&fault, form),
        };
        if !self.receipt.receipts.is_empty() {
            return self.receipt.run(&self.files, trial.as_ref(), form);
        }
        let words = CatalogueWords::new(language(told));
        let mut summary = Summary::new(trial.as_ref());
        let mut code = ExitCode::SUCCESS;
        let mut out = io::BufWriter::new(io::stdout().lock());
        let bar = progress();
        for file in &self.files {
            let source: Box<dyn Read> = match file.as_str() {
                "-" => Box::new(io::stdin().lock()),
                path => match File::open(path) {
                    Ok(opened) => Box::new(opened),
                    Err(fault) => {
                        out.flush()?;
                        return tell(&format!("{path}: {fault}"), form);
                    }
                },
            };
            let done = cases(BufReader::with_capacity(1 << 16, source), |place, case| {
                match case.and_then(|text| replay(text, trial.as_ref(), &words)) {
                    Ok(replayed) => {
                        writeln!(out, "{}", replayed.answer)?;
                        summary.add(&replayed);
                        bar.inc(1);
                    }
                    Err(fault) => {
                        code = ExitCode::from(BAD_INPUT);
                        bar.suspend(|| eprintln!("sanad-verify: {file}: {place}: {fault}"));
                    }
                }
                Ok(())
            });
            if let Err(fault) = done {
                code = ExitCode::from(BAD_INPUT);
                eprintln!("sanad-verify: {file}: {fault}");
            }
        }
        out.flush()?;
        bar.finish_and_clear();
        eprint!("{summary}");
        if !summary.differing.is_empty() {
            code = ExitCode::from(BAD_INPUT);
            eprintln!("sanad-verify: another answer than expected: {}", summary.differing.join(", "));
        }
        Ok(code)
    }

    fn trial(&self) -> Result<Option<Trial>, String> {
        if self.rulebooks.is_empty() {
            return Ok(None);
        }
        let read = |path: &PathBuf| {
            let name = path.display();
            let bytes = read_bounded(path, RULEBOOK_BYTES_MAX).map_err(|fault| format!("{name}: {fault}"))?;
            let text = String::from_utf8(bytes).map_err(|_| format!("{name}: no UTF-8 text"))?;
            Rulebook::parse(&text).map_err(|fault| format!("{name}: {fault}"))
        };
        let rulebooks = self.rulebooks.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Some(Trial { rulebooks, issued: self.issued }))
    }
}

fn progress() -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.set_style(indicatif::ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
