//! A run of `issue`: two readings of the register, then documents batch by batch.
//!
//! The first reading checks every record, so that a register with a mistake in its last line signs nothing. The
//! second signs. A run that was killed is run again with the same arguments: documents that the store keeps are not
//! signed again, those that the output lists are not drawn again.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sanad_credential::UnixTime;
use sanad_qr::{Correction, ModulePixels};

use crate::config::Config;
use crate::issue::{BATCH, Finished, IssueFault, Issuer, check_record};
use crate::output::{Output, OutputFault};
use crate::register::{Form, Record, Register, RegisterFault, RowFault};
use crate::store::Issued;

/// Faults that are kept for showing. A register with more has one mistake in every line.
pub const FAULTS_SHOWN_MAX: usize = 1_000;

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
    /// Documents drawn with less error correction than they should have, since they are long.
    pub reduced: u64,
}

/// What a run is told.
pub struct Plan<'a> {
    /// The register.
    pub input: &'a Path,
    /// Where documents are handed out.
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
    /// The file of rejected records.
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
    progress: &mut dyn FnMut(u64),
) -> Result<Survey, RunFault> {
    let mut survey = Survey::default();
    each_record(config, input, now, |record| {
        match record {
            Ok(_) => survey.good = survey.good.saturating_add(1),
            Err(fault) => {
                survey.bad = survey.bad.saturating_add(1);
                if survey.faults.len() < FAULTS_SHOWN_MAX {
                    survey.faults.push(RowFault { raw: Vec::new(), ..fault });
                }
            }
        }
        progress(survey.good.saturating_add(survey.bad));
        Ok(())
    })?;
    Ok(survey)
}

/// Signs and hands out the good records; `progress` is told the number of documents that are complete.
///
/// # Errors
/// [`RunFault`]. What was handed out before is complete and listed; running again goes on from there.
pub fn run(issuer: &Issuer, plan: &Plan<'_>, progress: &mut dyn FnMut(u64)) -> Result<Outcome, RunFault> {
    let mut output = Output::open(plan.out)?;
    let header = Register::open(plan.input, issuer.config.record.iss().clone())?.header();
    let mut rejected = Rejected::new(plan, header)?;
    let mut batch = Batch { new: Vec::new(), kept: Vec::new() };
    let mut outcome = Outcome::default();
    each_record(&issuer.config, plan.input, plan.now, |record| {
        match record {
            Err(fault) => rejected.set_aside(&fault)?,
            Ok(record) => match issuer.issued_before(&record)? {
                Some(issued) if output.lists(issued.cti) => {
                    outcome.earlier = outcome.earlier.saturating_add(1);
                }
                Some(issued) => batch.kept.push(issued),
                None => batch.new.push(record),
            },
        }
        if batch.new.len() >= BATCH || batch.kept.len() >= BATCH {
            batch.complete(issuer, plan, &mut output, &mut outcome)?;
        }
        progress(outcome.issued.saturating_add(outcome.finished).saturating_add(outcome.earlier));
        Ok(())
    })?;
    batch.complete(issuer, plan, &mut output, &mut outcome)?;
    outcome.rejected = rejected.finish()?;
    progress(outcome.issued.saturating_add(outcome.finished).saturating_add(outcome.earlier));
    Ok(outcome)
}

fn each_record(
    config: &Config,
    input: &Path,
    now: UnixTime,
    mut act: impl FnMut(Result<Record, RowFault>) -> Result<(), RunFault>,
) -> Result<(), RunFault> {
    let mut register = Register::open(input, config.record.iss().clone())?;
    let reading = |source| RunFault::Reading { path: input.to_owned(), source };
    while let Some(record) = register.next_record().map_err(reading)? {
        act(record.and_then(|(record, raw)| match check_record(config, &record, now) {
            Ok(()) => Ok(record),
            Err(problem) => Err(problem.at_line(record.line, raw)),
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
    fn complete(
        &mut self,
        issuer: &Issuer,
        plan: &Plan<'_>,
        output: &mut Output,
        outcome: &mut Outcome,
    ) -> Result<(), RunFault> {
        if !self.kept.is_empty() {
            let documents = issuer.finish_again(&self.kept, plan.module)?;
            output.hand_out(&documents)?;
            outcome.finished = outcome.finished.saturating_add(count(documents.len()));
            outcome.note_reduced(&documents);
        }
        if !self.new.is_empty() {
            let documents = issuer.issue(&self.new, plan.now, plan.module)?;
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
    fn note_reduced(&mut self, documents: &[Finished]) {
        let reduced = documents.iter().filter(|document| document.correction != Correction::Quartile);
        self.reduced = self.reduced.saturating_add(count(reduced.count()));
    }
}

/// Writes bad records to `rejected.csv` or `rejected.ndjson`, which can be corrected and fed again, and what is wrong
/// with them to `rejected.errors.csv`. Files of an earlier run are replaced; without bad records there are none.
struct Rejected {
    records: PathBuf,
    errors: PathBuf,
    header: Option<Vec<u8>>,
    open: Option<(BufWriter<File>, csv::Writer<File>)>,
    count: u64,
}

impl Rejected {
    fn new(plan: &Plan<'_>, header: Option<Vec<u8>>) -> Result<Self, RunFault> {
        let form = Form::of(plan.input)?;
        let ending = match form {
            Form::Csv => "csv",
            Form::Ndjson => "ndjson",
        };
        let records = plan.out.join(format!("rejected.{ending}"));
        let errors = plan.out.join("rejected.errors.csv");
        // The register that is read may be the rejected file of the run before, corrected in place.
        if same_file(plan.input, &records) {
            let problem = "move the corrected file away first: this run writes a new one in its place";
            let source = io::Error::new(io::ErrorKind::AlreadyExists, problem);
            return Err(RunFault::Rejected { path: records, source });
        }
        for path in [&records, &errors] {
            match fs::remove_file(path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(RunFault::Rejected { path: path.clone(), source });
                }
                _ => {}
            }
        }
        Ok(Self { records, errors, header, open: None, count: 0 })
    }

    fn set_aside(&mut self, fault: &RowFault) -> Result<(), RunFault> {
        let path = self.records.clone();
        self.write(fault).map_err(|source| RunFault::Rejected { path, source })
    }

    fn write(&mut self, fault: &RowFault) -> io::Result<()> {
        let (records, errors) = match &mut self.open {
            Some(files) => files,
            closed => {
                let mut records = BufWriter::new(File::create(&self.records)?);
                if let Some(header) = &self.header {
                    records.write_all(header)?;
                    records.write_all(b"\n")?;
                }
                let mut errors = csv::Writer::from_writer(File::create(&self.errors)?);
                errors.write_record(["line_here", "line_in_register", "field", "problem"])?;
                closed.insert((records, errors))
            }
        };
        records.write_all(&fault.raw)?;
        records.write_all(b"\n")?;
        self.count = self.count.saturating_add(1);
        let line_here = self.count.saturating_add(u64::from(self.header.is_some()));
        errors.write_record([
            &line_here.to_string(),
            &fault.line.to_string(),
            &fault.field,
            &fault.problem,
        ])?;
        Ok(())
    }

    fn finish(mut self) -> Result<u64, RunFault> {
        if let Some((records, mut errors)) = self.open.take() {
            let done = errors.flush().and_then(|()| records.into_inner()?.sync_all());
            done.map_err(|source| RunFault::Rejected { path: self.records, source })?;
        }
        Ok(self.count)
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
