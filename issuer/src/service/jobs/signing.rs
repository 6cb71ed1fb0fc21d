//! Working through a job: every line is checked, then every good line is signed.
//!
//! Both run on all cores ([`pipeline`]). What is signed is kept in the order of the lines, as many as a commit takes with
//! their part of the result and the last line that is done.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sanad_credential::UnixTime;

use super::input::Pieces;
use super::pipeline::{self, InOrder, Read, line_of};
use super::result::{ResultLine, SIGNED_LINE_BYTES, pieces, weight};
use super::worker::{Bell, Terms};
use super::{BadLines, Job, JobState, Known, piece_key, remove_pieces};
use crate::audit::{Act, Actor, Note};
use crate::issue::{IssueFault, Prepared, check_record};
use crate::permutation::Sequence;
use crate::register::{Entry as RegisterEntry, Reading, Record, Register, RegisterFault, RowFault};
use crate::service::caller::Caller;
use crate::store::{
    BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, Batch, Entry, Expect, Finding, Kept, PaperKind, PaperWrite, Partly,
    RecordsFault,
};

/// What the result of one commit may weigh: two pieces, so that it keeps room for documents.
const RESULT_BYTES_MAX: usize = 7_000;

/// How often a check of lines says how far it is.
const REPORT: Duration = Duration::from_secs(1);

/// Why work on a job stopped before its end. It is taken up again.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobFault {
    #[error(transparent)]
    Store(#[from] RecordsFault),
    #[error(transparent)]
    Issue(#[from] IssueFault),
    #[error("the input cannot be read: {0}")]
    Input(io::Error),
    #[error("the clock of this computer is wrong")]
    Clock,
    #[error("a thread ended without an answer")]
    Thread,
}

/// Brings a job to its end, or as far as the service runs.
pub(super) fn work(terms: &Terms, bell: &Bell, mut known: Known) -> Result<(), JobFault> {
    let store = terms.issuer.store.as_ref();
    let now = || (terms.now)().ok_or(JobFault::Clock);
    if matches!(known.job.state, JobState::Waiting | JobState::Checking) {
        known.job.state = JobState::Checking;
        if check(terms, bell, &mut known, now()?)? == Next::Stop {
            return Ok(());
        }
    }
    if known.job.state == JobState::Signing && sign(terms, bell, &mut known)? == Next::Stop {
        return Ok(());
    }
    let state = match known.job.state {
        JobState::Cancelling => JobState::Cancelled,
        JobState::Signing => JobState::Done,
        other => other,
    };
    // In this order: a job that is killed in between has its end, where the other way round it would look for its input
    // for ever. What is left of the input then, the worker takes away when it first sees that the job is over.
    known.finish(store, state, now()?)?;
    // Names stand in the input; it is not kept longer than it is needed.
    Ok(remove_pieces(store, PaperKind::JobInput, &known.id)?)
}

#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

fn open(terms: &Terms, known: &Known) -> Result<Register, RegisterFault> {
    let reader = Box::new(Pieces::new(Arc::clone(&terms.issuer), known));
    let reading = Reading { iss: terms.issuer.config.record.iss().clone(), rules: None };
    Register::read(reader, known.job.form.register_form(), Path::new("input"), reading)
}

/// Reads and checks every line.
fn check(terms: &Terms, bell: &Bell, known: &mut Known, now: UnixTime) -> Result<Next, JobFault> {
    let store = terms.issuer.store.as_ref();
    remove_pieces(store, PaperKind::JobResult, &known.id)?;
    known.job = Job { lines: 0, results: 0, ..known.job.clone() };
    let register = match open(terms, known) {
        Ok(register) => register,
        Err(RegisterFault::File { source, .. }) => return Err(JobFault::Input(source)),
        Err(fault) => return refuse(known, fault.to_string()),
    };
    let fence = known.job.caller(&terms.issuer, now)?;
    let judge_all = |lines: Vec<Read>| {
        let judged = lines.into_iter().map(|line| judge(terms, &fence, line, now));
        Ok(judged.map(|record| record.map(drop).map_err(|fault| ResultLine::bad(&fault))).collect())
    };
    pipeline::run(register, 0, judge_all, |judged| count(terms, bell, known, judged))
}

/// Counts good and bad lines, and tells the bad ones where they stop everything.
fn count(
    terms: &Terms,
    bell: &Bell,
    known: &mut Known,
    judged: InOrder<Result<(), ResultLine>>,
) -> Result<Next, JobFault> {
    let (mut good, mut bad) = (0_u64, 0_u64);
    let mut told: Vec<ResultLine> = Vec::new();
    let mut told_weight = 0_usize;
    let mut reported = Instant::now();
    for lines in judged {
        for line in lines? {
            known.job.lines = known.job.lines.saturating_add(1);
            if known.job.lines > terms.lines_max {
                return refuse(
                    known,
                    format!("more than {} lines; cut the register in two", terms.lines_max),
                );
            }
            match line {
                Ok(()) => good = good.saturating_add(1),
                Err(line) => {
                    bad = bad.saturating_add(1);
                    if known.job.bad_lines == BadLines::StopAll {
                        told_weight = told_weight.saturating_add(weight(&line));
                        told.push(line);
                    }
                }
            }
            if reported.elapsed() > REPORT || told_weight > RESULT_BYTES_MAX {
                if bell.is_closing() {
                    return Ok(Next::Stop);
                }
                tell(terms, known, &std::mem::take(&mut told))?;
                told_weight = 0;
                reported = Instant::now();
            }
        }
    }
    (known.job.good, known.job.bad) = (Some(good), Some(bad));
    known.job.lines = 0;
    if bad > 0 && known.job.bad_lines == BadLines::StopAll {
        known.job.rejected = bad;
        tell(terms, known, &told)?;
        // Kept by whoever finishes the job, with its line of the log: a job that is killed here is checked again.
        known.job.state = JobState::Refused;
    } else {
        known.job.state = JobState::Signing;
        tell(terms, known, &told)?;
    }
    Ok(Next::GoOn)
}

fn refuse(known: &mut Known, fault: String) -> Result<Next, JobFault> {
    known.job.state = JobState::Refused;
    known.job.fault = Some(fault);
    Ok(Next::GoOn)
}

/// Saves the job, and lines of its result.
fn tell(terms: &Terms, known: &mut Known, lines: &[ResultLine]) -> Result<(), RecordsFault> {
    let results = result_writes(known, lines)?;
    let writes: Vec<PaperWrite> = std::iter::once(known.write()).chain(results).collect();
    terms.issuer.store.write_papers(&writes, &[])?;
    known.version = known.version.saturating_add(1);
    Ok(())
}

fn result_writes(known: &mut Known, lines: &[ResultLine]) -> Result<Vec<PaperWrite>, RecordsFault> {
    let mut writes = Vec::new();
    for content in pieces(lines) {
        let key = piece_key(PaperKind::JobResult, &known.id, known.job.results);
        let key = key.ok_or(RecordsFault::Damaged { what: "the id of a job" })?;
        writes.push(PaperWrite { key, expect: Expect::Whatever, content: Some(content) });
        known.job.results = known.job.results.saturating_add(1);
    }
    Ok(writes)
}

fn fault_at(line: u64, problem: String) -> RowFault {
    RowFault { line, field: String::new(), problem, raw: Vec::new() }
}

/// The record of a line that can be signed.
fn judge(terms: &Terms, fence: &Caller, line: Read, now: UnixTime) -> Result<Box<Record>, RowFault> {
    let record = match line? {
        RegisterEntry::NotCovered(explanation) => {
            return Err(fault_at(explanation.line, "has no cover".to_owned()));
        }
        RegisterEntry::Record { record, .. } => record,
    };
    let config = &terms.issuer.config;
    let claims = check_record(config, &record, now);
    let claims = claims.map_err(|problem| problem.at_line(&record, Vec::new()))?;
    let within = fence.require_issue_in_bulk(&claims, &config.record);
    within.map_err(|denied| fault_at(record.line, denied.to_string()))?;
    Ok(record)
}

/// A line and what became of it.
type Line = (u64, Result<Entry, ResultLine>);

/// Signs every good line that is not done yet.
fn sign(terms: &Terms, bell: &Bell, known: &mut Known) -> Result<Next, JobFault> {
    let register = match open(terms, known) {
        Ok(register) => register,
        Err(RegisterFault::File { source, .. }) => return Err(JobFault::Input(source)),
        Err(fault) => return refuse(known, fault.to_string()),
    };
    let job = known.job.clone();
    let now = (terms.now)().ok_or(JobFault::Clock)?;
    let fence = job.caller(&terms.issuer, now)?;
    let sign_lines = |lines: Vec<Read>| {
        let now = (terms.now)().ok_or(JobFault::Clock)?;
        // A delegation that was taken back meanwhile signs nothing more.
        let fresh = fence.delegate.is_some().then(|| job.caller(&terms.issuer, now)).transpose()?;
        sign_step(terms, fresh.as_ref().unwrap_or(&fence), lines, now)
    };
    pipeline::run(register, job.line, sign_lines, |signed| keep_steps(terms, bell, known, signed))
}

/// Signs the lines that can be. The others take no number: each that is lost is an entry of a status list.
fn sign_step(terms: &Terms, fence: &Caller, lines: Vec<Read>, now: UnixTime) -> Result<Vec<Line>, JobFault> {
    let judged = lines.into_iter().map(|line| (line_of(&line), judge(terms, fence, line, now)));
    let lines: Vec<(u64, Result<Box<Record>, RowFault>)> = judged.collect();
    let wanted = lines.iter().filter(|(_, line)| line.is_ok()).count();
    let mut numbers = terms.numbers.take(&terms.issuer, u32::try_from(wanted).unwrap_or(u32::MAX))?;
    let good = lines.iter().filter_map(|(_, line)| line.as_deref().ok());
    let tasks: Vec<_> =
        good.zip(numbers.by_ref()).map(|(record, number)| (record, Sequence(number), now)).collect();
    let mut prepared = terms.issuer.prepare_all(tasks).into_iter();
    let signed = lines.iter().map(|(line, record)| {
        let record = match record {
            Ok(record) => record,
            Err(fault) => return Ok((*line, Err(ResultLine::bad(fault)))),
        };
        match prepared.next().ok_or(JobFault::Thread)? {
            Ok(Prepared { issued, claims }) => {
                let finding = Finding::of(&claims);
                Ok((*line, Ok(Entry { issued, finding, supersedes: None, request: None, note: None })))
            }
            Err(IssueFault::Changed { problem, .. }) => {
                Ok((*line, Err(ResultLine::bad(&problem.at_line(record, Vec::new())))))
            }
            Err(fault) => Err(JobFault::Issue(fault)),
        }
    });
    signed.collect()
}

/// Keeps lines in their order, as many in a commit as it takes.
fn keep_steps(
    terms: &Terms,
    bell: &Bell,
    known: &mut Known,
    signed: InOrder<Line>,
) -> Result<Next, JobFault> {
    let mut part = Part::default();
    for lines in signed {
        for line in lines? {
            if !part.takes(&line) {
                keep_part(terms, known, std::mem::take(&mut part).lines)?;
                if bell.is_closing() {
                    return Ok(Next::Stop);
                }
            }
            part.add(line);
        }
    }
    if !part.lines.is_empty() {
        keep_part(terms, known, part.lines)?;
    }
    Ok(Next::GoOn)
}

/// Lines of one commit. One always fits.
#[derive(Default)]
struct Part {
    lines: Vec<Line>,
    entries: usize,
    weight: usize,
    told: usize,
}

impl Part {
    fn takes(&self, (_, line): &Line) -> bool {
        let more = line.as_ref().map_or(0, Entry::weight);
        self.lines.is_empty()
            || (self.entries < BATCH_ENTRIES_MAX
                && self.weight.saturating_add(more) <= BATCH_BYTES_MAX
                && self.told.saturating_add(told(line)) <= RESULT_BYTES_MAX)
    }

    fn add(&mut self, line: Line) {
        if let Ok(entry) = &line.1 {
            self.entries = self.entries.saturating_add(1);
            self.weight = self.weight.saturating_add(entry.weight());
        }
        self.told = self.told.saturating_add(told(&line.1));
        self.lines.push(line);
    }
}

/// What a line adds to the result.
fn told(line: &Result<Entry, ResultLine>) -> usize {
    match line {
        Ok(_) => SIGNED_LINE_BYTES,
        Err(told) => weight(told),
    }
}

/// Keeps lines in one commit with their result. Where a line has a document already, or its id is taken, that is written
/// instead, and the commit is tried again.
fn keep_part(terms: &Terms, known: &mut Known, mut part: Vec<Line>) -> Result<(), JobFault> {
    let store = terms.issuer.store.as_ref();
    loop {
        let mut next = known.clone();
        let entries: Vec<Entry> = part.iter().filter_map(|(_, line)| line.as_ref().ok().cloned()).collect();
        let results = part.iter().map(|(line, outcome)| match outcome {
            Ok(entry) => ResultLine::signed(*line, entry.issued.cti),
            Err(told) => told.clone(),
        });
        let results: Vec<ResultLine> = results.collect();
        let count = |wanted: fn(&ResultLine) -> bool| {
            u64::try_from(results.iter().filter(|line| wanted(line)).count()).unwrap_or(u64::MAX)
        };
        let job = &mut next.job;
        job.signed = job.signed.saturating_add(count(|line| line.cti.is_some() && !line.same));
        job.same = job.same.saturating_add(count(|line| line.same));
        job.rejected = job.rejected.saturating_add(count(|line| line.cti.is_none()));
        job.lines = job.lines.saturating_add(u64::try_from(results.len()).unwrap_or(u64::MAX));
        job.line = part.last().map_or(job.line, |(line, _)| *line);
        let results = result_writes(&mut next, &results)?;
        let papers: Vec<PaperWrite> = std::iter::once(next.write()).chain(results).collect();
        let notes = note(&next, &part, &entries, (terms.now)().ok_or(JobFault::Clock)?);
        let batch = Batch { partly: Partly::Refused, entries: &entries, papers: &papers, notes: &notes };
        match store.keep(&batch) {
            Ok(_) => {
                metrics::counter!("sanad_documents_signed_total", "by" => "job")
                    .increment(u64::try_from(entries.len()).unwrap_or(0));
                next.version = next.version.saturating_add(1);
                *known = next;
                return Ok(());
            }
            Err(RecordsFault::NotKept { kept }) => {
                let signed = part.iter_mut().filter(|(_, line)| line.is_ok());
                for ((line, outcome), kept) in signed.zip(kept) {
                    amend(*line, outcome, kept)?;
                }
            }
            Err(fault) => return Err(fault.into()),
        }
    }
}

/// What a line says instead of the document that could not be kept.
fn amend(line: u64, outcome: &mut Result<Entry, ResultLine>, kept: Kept) -> Result<(), JobFault> {
    match kept {
        Kept::Kept => {}
        Kept::SameRecord { cti } => *outcome = Err(ResultLine::same(line, cti)),
        // The id is signed; two of a billion documents draw one about once in forty issuers. The step is done again.
        Kept::IdTaken => {
            let cti = outcome.as_ref().map(|entry| entry.issued.cti);
            return Err(match cti {
                Ok(cti) => JobFault::Issue(IssueFault::Repeated { cti }),
                Err(_) => JobFault::Thread,
            });
        }
        // Lines of a job answer no request and supersede nothing.
        Kept::SameRequest { .. }
        | Kept::OtherRequest { .. }
        | Kept::NothingToSupersede
        | Kept::CannotSupersede { .. } => return Err(JobFault::Thread),
    }
    Ok(())
}

/// One line of the log for the documents of a commit.
fn note(known: &Known, part: &[Line], entries: &[Entry], at: UnixTime) -> Vec<Note> {
    let (Some((first, _)), Some((last, _))) = (part.first(), part.last()) else { return Vec::new() };
    let (Some(first_entry), Some(last_entry)) = (entries.first(), entries.last()) else { return Vec::new() };
    let who = Actor::new(&known.job.by).unwrap_or_else(|_| Actor::service());
    let (from, to) = (first_entry.issued.sequence.0, last_entry.issued.sequence.0);
    let detail = format!("lines={first}-{last} documents={} numbers={from}-{to}", entries.len());
    vec![Note { at, who, act: Act::IssueMany, on: format!("job:{}", known.id), detail }]
}
