//! A run of `issue`: two readings of the register, then documents batch by batch.
//!
//! The first reading checks every record, so that a register with a mistake in its last line signs nothing. The
//! second signs. A run that was killed is run again with the same arguments: documents that the store keeps are not
//! signed again, those that the output lists are not drawn again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sanad_credential::{CredentialId, UnixTime};
use sanad_qr::{Correction, ModulePixels};

use crate::config::Config;
use crate::issue::{BATCH, Finished, IssueFault, Issuer, check_record};
use crate::output::{Output, OutputFault, create_private};
use crate::register::{Entry, Record, Register, RegisterFault, RowFault, Rules};
use crate::rejected::{Rejected, RejectedFault};
use crate::scheme::{self, Explanation};
use crate::store::Issued;

/// Faults that are kept for showing. A register with more has one mistake in every line.
pub const FAULTS_SHOWN_MAX: usize = 1_000;

/// Name of the file in which every registration of the last run is explained.
pub const EXPLAINED: &str = "explained.csv";

/// What happens to the good records of a register that has bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRecords {
    /// Nothing is signed.
    StopAll,
    /// Good records are signed, bad ones written to a file.
    SetAside,
}

/// What the first reading found.
#[derive(Debug, Default)]
pub struct Survey {
    /// Records that can be signed.
    pub good: u64,
    /// Records that cannot.
    pub bad: u64,
    /// Registrations that give no cover. They are no faults.
    pub uncovered: u64,
    /// The first [`FAULTS_SHOWN_MAX`] of them.
    pub faults: Vec<RowFault>,
}

/// What a run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Documents signed now.
    pub issued: u64,
    /// Documents signed by an earlier run and handed out now.
    pub finished: u64,
    /// Documents that an earlier run had handed out.
    pub earlier: u64,
    /// Records set aside.
    pub rejected: u64,
    /// The file that holds them.
    pub rejected_file: Option<PathBuf>,
    /// Records that have a document already, which has expired. It is not handed out, and no new one is signed: the
    /// record would have to say something else, or a person could be given cards without end.
    pub expired: u64,
    /// The first [`FAULTS_SHOWN_MAX`] of them.
    pub expired_records: Vec<ExpiredRecord>,
    /// Registrations that give no cover.
    pub uncovered: u64,
    /// Where every registration is explained.
    pub explained_file: Option<PathBuf>,
    /// Documents drawn with less error correction than they should have, since they are long.
    pub reduced: u64,
}

/// A record that is unchanged since a document that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiredRecord {
    /// Line of the register.
    pub line: u64,
    /// The document.
    pub cti: CredentialId,
    /// When it expired.
    pub exp: UnixTime,
}

/// What a run is told.
pub struct Plan<'a> {
    /// The register.
    pub input: &'a Path,
    /// What becomes of its documents.
    pub hand_out: HandOut<'a>,
    /// The rules of a scheme, where the register has registrations.
    pub rules: Option<&'a Rules>,
}

/// What becomes of documents.
pub struct HandOut<'a> {
    /// Where they are handed out.
    pub out: &'a Path,
    /// Pixels of a module in the PNG files.
    pub module: ModulePixels,
    /// Time of issue.
    pub now: UnixTime,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunFault {
    /// The register as a whole.
    #[error(transparent)]
    Register(#[from] RegisterFault),
    /// The register cannot be read on.
    #[error("{}: {source}", path.display())]
    Reading {
        /// The register.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Signing and keeping.
    #[error(transparent)]
    Issue(#[from] IssueFault),
    /// Handing out.
    #[error(transparent)]
    Output(#[from] OutputFault),
    /// The file of rejected records, or that of explanations.
    #[error("{}: {source}", path.display())]
    Rejected {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads and checks the whole register; `progress` is told the number of records read.
///
/// # Errors
/// [`RunFault::Register`], [`RunFault::Reading`].
pub fn survey(
    config: &Config,
    input: &Path,
    now: UnixTime,
    rules: Option<&Rules>,
    progress: &mut dyn FnMut(u64),
) -> Result<Survey, RunFault> {
    let mut survey = Survey::default();
    each_entry(config, input, now, rules, |entry| {
        match entry {
            Ok(Entry::Record { .. }) => survey.good = survey.good.saturating_add(1),
            Ok(Entry::NotCovered(_)) => survey.uncovered = survey.uncovered.saturating_add(1),
            Err(fault) => {
                survey.bad = survey.bad.saturating_add(1);
                if survey.faults.len() < FAULTS_SHOWN_MAX {
                    survey.faults.push(RowFault { raw: Vec::new(), ..fault });
                }
            }
        }
        progress(survey.good.saturating_add(survey.bad).saturating_add(survey.uncovered));
        Ok(())
    })?;
    Ok(survey)
}

/// Signs and hands out the good records; `progress` is told the number of documents that are complete.
///
/// # Errors
/// [`RunFault`]. What was handed out before is complete and listed; running again goes on from there.
pub fn run(issuer: &Issuer, plan: &Plan<'_>, progress: &mut dyn FnMut(u64)) -> Result<Outcome, RunFault> {
    let hand_out = &plan.hand_out;
    let mut output = Output::open(hand_out.out)?;
    let iss = issuer.config.record.iss();
    let header = Register::open_under(plan.input, iss.clone(), plan.rules.cloned())?.header();
    let mut rejected = Rejected::new(hand_out.out, plan.input, header);
    let mut batch = Batch { new: Vec::new(), kept: Vec::new() };
    let mut outcome = Outcome::default();
    each_entry(&issuer.config, plan.input, hand_out.now, plan.rules, |entry| {
        match entry {
            Err(fault) => rejected.set_aside(&fault)?,
            Ok(Entry::NotCovered(_)) => outcome.uncovered = outcome.uncovered.saturating_add(1),
            Ok(Entry::Record { record, .. }) => {
                batch.take(*record, issuer, hand_out.now, &output, &mut outcome)?;
            }
        }
        if batch.new.len() >= BATCH || batch.kept.len() >= BATCH {
            batch.complete(issuer, hand_out, &mut output, &mut outcome)?;
        }
        progress(outcome.issued.saturating_add(outcome.finished).saturating_add(outcome.earlier));
        Ok(())
    })?;
    batch.complete(issuer, hand_out, &mut output, &mut outcome)?;
    (outcome.rejected, outcome.rejected_file) = rejected.finish()?;
    if plan.rules.is_some() {
        outcome.explained_file = Some(explained(issuer, plan)?);
    }
    progress(outcome.issued.saturating_add(outcome.finished).saturating_add(outcome.earlier));
    Ok(outcome)
}

/// Signs and hands out one record that comes from no register, in the same way.
///
/// # Errors
/// [`RunFault`].
pub fn run_one(issuer: &Issuer, record: Record, hand_out: &HandOut<'_>) -> Result<Outcome, RunFault> {
    let mut output = Output::open(hand_out.out)?;
    let mut batch = Batch { new: Vec::new(), kept: Vec::new() };
    let mut outcome = Outcome::default();
    batch.take(record, issuer, hand_out.now, &output, &mut outcome)?;
    batch.complete(issuer, hand_out, &mut output, &mut outcome)?;
    Ok(outcome)
}

/// Tells what the rules make of each registration; nothing is signed or kept.
///
/// # Errors
/// [`RunFault::Register`], [`RunFault::Reading`], and what `act` says.
pub fn explain(
    config: &Config,
    input: &Path,
    now: UnixTime,
    rules: &Rules,
    mut act: impl FnMut(Result<&Explanation, RowFault>) -> Result<(), RunFault>,
) -> Result<(), RunFault> {
    each_entry(config, input, now, Some(rules), |entry| match entry {
        Err(fault) => act(Err(fault)),
        Ok(Entry::NotCovered(explanation)) => act(Ok(&explanation)),
        Ok(Entry::Record { explanation, .. }) => {
            explanation.map_or(Ok(()), |explanation| act(Ok(&explanation)))
        }
    })
}

/// Writes `explained.csv`, whole, after everything else: a run that was killed writes it when it is run again.
fn explained(issuer: &Issuer, plan: &Plan<'_>) -> Result<PathBuf, RunFault> {
    let (path, beside) =
        (plan.hand_out.out.join(EXPLAINED), plan.hand_out.out.join(format!(".{EXPLAINED}.new")));
    let at = |source: io::Error| RunFault::Rejected { path: beside.clone(), source };
    let at_row = |error: csv::Error| at(io::Error::other(error));
    let mut rows = csv::Writer::from_writer(create_private(&beside).map_err(at)?);
    rows.write_record(scheme::HEADER).map_err(at_row)?;
    each_entry(&issuer.config, plan.input, plan.hand_out.now, plan.rules, |entry| {
        let row = match entry {
            Err(_) => return Ok(()),
            Ok(Entry::NotCovered(explanation)) => explanation.row(None),
            Ok(Entry::Record { record, explanation, .. }) => {
                let Some(explanation) = explanation else { return Ok(()) };
                explanation.row(issuer.issued_before(&record)?.map(|issued| issued.cti))
            }
        };
        rows.write_record(&row).map_err(at_row)
    })?;
    let file = rows.into_inner().map_err(|error| at(io::Error::other(error.to_string())))?;
    file.sync_all().and_then(|()| fs::rename(&beside, &path)).map_err(at)?;
    Ok(path)
}

fn each_entry(
    config: &Config,
    input: &Path,
    now: UnixTime,
    rules: Option<&Rules>,
    mut act: impl FnMut(Result<Entry, RowFault>) -> Result<(), RunFault>,
) -> Result<(), RunFault> {
    let mut register = Register::open_under(input, config.record.iss().clone(), rules.cloned())?;
    let reading = |source| RunFault::Reading { path: input.to_owned(), source };
    while let Some(entry) = register.next_entry().map_err(reading)? {
        act(entry.and_then(|entry| match &entry {
            Entry::NotCovered(_) => Ok(entry),
            Entry::Record { record, raw, .. } => match check_record(config, record, now) {
                Ok(_) => Ok(entry),
                Err(problem) => Err(problem.at_line(record, raw.clone())),
            },
        }))?;
    }
    Ok(())
}

/// Records on their way to be handed out together.
struct Batch {
    new: Vec<Record>,
    kept: Vec<Issued>,
}

impl Batch {
    /// A record is signed, or its document handed out again, or it is only counted.
    fn take(
        &mut self,
        record: Record,
        issuer: &Issuer,
        now: UnixTime,
        output: &Output,
        outcome: &mut Outcome,
    ) -> Result<(), IssueFault> {
        let Some(issued) = issuer.issued_before(&record)? else {
            self.new.push(record);
            return Ok(());
        };
        match issuer.exp_of(&issued)? {
            exp if exp <= now => {
                outcome.note_expired(ExpiredRecord { line: record.line, cti: issued.cti, exp });
            }
            _ if output.is_complete(issued.cti) => outcome.earlier = outcome.earlier.saturating_add(1),
            _ => self.kept.push(issued),
        }
        Ok(())
    }

    fn complete(
        &mut self,
        issuer: &Issuer,
        hand_out: &HandOut<'_>,
        output: &mut Output,
        outcome: &mut Outcome,
    ) -> Result<(), RunFault> {
        if !self.kept.is_empty() {
            let documents = issuer.finish_again(&self.kept, hand_out.module)?;
            output.hand_out(&documents)?;
            outcome.finished = outcome.finished.saturating_add(count(documents.len()));
            outcome.note_reduced(&documents);
        }
        if !self.new.is_empty() {
            let documents = issuer.issue(&self.new, hand_out.now, hand_out.module)?;
            output.hand_out(&documents)?;
            outcome.issued = outcome.issued.saturating_add(count(documents.len()));
            outcome.note_reduced(&documents);
        }
        self.kept.clear();
        self.new.clear();
        Ok(())
    }
}

impl Outcome {
    fn note_expired(&mut self, record: ExpiredRecord) {
        self.expired = self.expired.saturating_add(1);
        if self.expired_records.len() < FAULTS_SHOWN_MAX {
            self.expired_records.push(record);
        }
    }

    fn note_reduced(&mut self, documents: &[Finished]) {
        let reduced = documents.iter().filter(|document| document.correction != Correction::Quartile);
        self.reduced = self.reduced.saturating_add(count(reduced.count()));
    }
}

impl From<RejectedFault> for RunFault {
    fn from(fault: RejectedFault) -> Self {
        let RejectedFault { path, source } = fault;
        Self::Rejected { path, source }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
