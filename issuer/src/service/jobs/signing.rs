//! Working through a job: every line is checked, then every good line is signed.
//!
//! Signing runs in three steps beside each other: one thread reads lines, one for each core signs and opens again, and
//! this one keeps, in the order of the lines, each step in one commit with its part of the result and the last line that
//! is done. Between them wait at most a few steps, so that memory does not grow with the register.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sanad_credential::UnixTime;

use super::input::Pieces;
use super::result::{ResultLine, pieces, weight};
use super::worker::{Bell, Terms};
use super::{BadLines, Job, JobState, Known, piece_key, remove_pieces};
use crate::audit::{Act, Actor, Note};
use crate::issue::{IssueFault, Prepared, check_record};
use crate::permutation::Sequence;
use crate::register::{Entry as RegisterEntry, Reading, Record, Register, RegisterFault, RowFault};
use crate::service::caller::Caller;
use crate::store::{
    BATCH_BYTES_MAX, Batch, Entry, Expect, Finding, Kept, PaperKind, PaperWrite, Partly, RecordsFault,
};

/// Lines of one step.
const STEP_LINES: usize = 64;

/// What the result of one step may weigh: two pieces, so that the commit keeps room for documents.
const STEP_RESULT_BYTES: usize = 7_000;

/// Steps that wait between two threads.
const STEPS_WAITING: usize = 4;

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
    let (mut good, mut bad) = (0_u64, 0_u64);
    let mut told: Vec<ResultLine> = Vec::new();
    let mut told_weight = 0_usize;
    known.job = Job { lines: 0, results: 0, ..known.job.clone() };
    let mut register = match open(terms, known) {
        Ok(register) => register,
        Err(RegisterFault::File { source, .. }) => return Err(JobFault::Input(source)),
        Err(fault) => return refuse(known, fault.to_string()),
    };
    let fence = known.job.caller(&terms.issuer, now)?;
    let mut reported = Instant::now();
    while let Some(entry) = register.next_entry().map_err(JobFault::Input)? {
        known.job.lines = known.job.lines.saturating_add(1);
        if known.job.lines > terms.lines_max {
            return refuse(known, format!("more than {} lines; cut the register in two", terms.lines_max));
        }
        match judge(terms, &fence, entry, now) {
            Ok(_) => good = good.saturating_add(1),
            Err(fault) => {
                bad = bad.saturating_add(1);
                if known.job.bad_lines == BadLines::StopAll {
                    let line = ResultLine::bad(&fault);
                    told_weight = told_weight.saturating_add(weight(&line));
                    told.push(line);
                }
            }
        }
        if reported.elapsed() > REPORT || told_weight > STEP_RESULT_BYTES {
            if bell.is_closing() {
                return Ok(Next::Stop);
            }
            tell(terms, known, &std::mem::take(&mut told))?;
            told_weight = 0;
            reported = Instant::now();
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

/// Whether a line can be signed.
fn judge(
    terms: &Terms,
    fence: &Caller,
    entry: Result<RegisterEntry, RowFault>,
    now: UnixTime,
) -> Result<Record, RowFault> {
    let fault = |line, field: &str, problem: String| RowFault {
        line,
        field: field.to_owned(),
        problem,
        raw: Vec::new(),
    };
    match entry? {
        RegisterEntry::NotCovered(explanation) => Err(fault(explanation.line, "", "has no cover".to_owned())),
        RegisterEntry::Record { record, .. } => {
            let config = &terms.issuer.config;
            let claims = check_record(config, &record, now);
            let claims = claims.map_err(|problem| problem.at_line(&record, Vec::new()))?;
            fence
                .require_issue_in_bulk(&claims, &config.record)
                .map_err(|denied| fault(record.line, "", denied.to_string()))?;
            Ok(*record)
        }
    }
}

/// Lines that are done together.
struct Step<L> {
    number: u64,
    lines: Vec<(u64, L)>,
}

type Read = Step<Result<Record, ResultLine>>;
type Signed = Step<Result<Entry, ResultLine>>;

/// Signs every good line that is not done yet.
fn sign(terms: &Terms, bell: &Bell, known: &mut Known) -> Result<Next, JobFault> {
    let register = match open(terms, known) {
        Ok(register) => register,
        Err(RegisterFault::File { source, .. }) => return Err(JobFault::Input(source)),
        Err(fault) => return refuse(known, fault.to_string()),
    };
    let signers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (to_signers, from_reader) = sync_channel::<Read>(STEPS_WAITING);
    let (to_keeper, from_signers) = sync_channel::<Result<Signed, JobFault>>(STEPS_WAITING);
    let from_reader = Arc::new(Mutex::new(from_reader));
    let (done, job) = (known.job.line, known.job.clone());
    thread::scope(|scope| {
        let faults = to_keeper.clone();
        scope.spawn(move || {
            if let Err(fault) = read(terms, &job, register, done, &to_signers) {
                let _ = faults.send(Err(fault));
            }
        });
        for _ in 0..signers {
            let (to_keeper, from_reader) = (to_keeper.clone(), Arc::clone(&from_reader));
            scope.spawn(move || sign_steps(terms, &from_reader, &to_keeper));
        }
        // Each end of a channel belongs to those who use it, and to nobody else. When the keeper ends early, the signers
        // find nobody to send to and end, and then the reader does: one that waited for ever would keep the job, and all
        // that come after it, until the process is killed.
        drop((to_keeper, from_reader));
        keep_steps(terms, bell, known, from_signers)
    })
}

fn read(
    terms: &Terms,
    job: &Job,
    mut register: Register,
    done: u64,
    to_signers: &SyncSender<Read>,
) -> Result<(), JobFault> {
    let mut step = Step { number: 0, lines: Vec::with_capacity(STEP_LINES) };
    let mut told = 0_usize;
    let mut now = (terms.now)().ok_or(JobFault::Clock)?;
    let mut fence = job.caller(&terms.issuer, now)?;
    while let Some(entry) = register.next_entry().map_err(JobFault::Input)? {
        let line = match &entry {
            Ok(RegisterEntry::Record { record, .. }) => record.line,
            Ok(RegisterEntry::NotCovered(explanation)) => explanation.line,
            Err(fault) => fault.line,
        };
        if line <= done {
            continue;
        }
        let judged = judge(terms, &fence, entry, now).map_err(|fault| {
            let line = ResultLine::bad(&fault);
            told = told.saturating_add(weight(&line));
            line
        });
        step.lines.push((line, judged));
        if step.lines.len() >= STEP_LINES || told > STEP_RESULT_BYTES {
            let next = Step { number: step.number.saturating_add(1), lines: Vec::with_capacity(STEP_LINES) };
            if to_signers.send(std::mem::replace(&mut step, next)).is_err() {
                return Ok(());
            }
            (told, now) = (0, (terms.now)().ok_or(JobFault::Clock)?);
            // A delegation that was taken back meanwhile signs nothing more.
            if fence.delegate.is_some() {
                fence = job.caller(&terms.issuer, now)?;
            }
        }
    }
    if !step.lines.is_empty() {
        let _ = to_signers.send(step);
    }
    Ok(())
}

fn sign_steps(
    terms: &Terms,
    from_reader: &Mutex<Receiver<Read>>,
    to_keeper: &SyncSender<Result<Signed, JobFault>>,
) {
    loop {
        let step = from_reader.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(step) = step else { return };
        if to_keeper.send(sign_step(terms, step)).is_err() {
            return;
        }
    }
}

fn sign_step(terms: &Terms, step: Read) -> Result<Signed, JobFault> {
    let wanted = step.lines.iter().filter(|(_, line)| line.is_ok()).count();
    let mut numbers = terms.numbers.take(&terms.issuer, u32::try_from(wanted).unwrap_or(u32::MAX))?;
    let now = (terms.now)().ok_or(JobFault::Clock)?;
    let good = step.lines.iter().filter_map(|(_, line)| line.as_ref().ok());
    let tasks: Vec<_> =
        good.zip(numbers.by_ref()).map(|(record, number)| (record, Sequence(number), now)).collect();
    let mut prepared = terms.issuer.prepare_all(tasks).into_iter();
    let lines = step.lines.into_iter().map(|(line, judged)| {
        let record = match judged {
            Ok(record) => record,
            Err(bad) => return Ok((line, Err(bad))),
        };
        match prepared.next().ok_or(JobFault::Thread)? {
            Ok(Prepared { issued, claims }) => {
                let finding = Finding::of(&claims);
                Ok((line, Ok(Entry { issued, finding, supersedes: None, request: None, note: None })))
            }
            Err(IssueFault::Changed { problem, .. }) => {
                Ok((line, Err(ResultLine::bad(&problem.at_line(&record, Vec::new())))))
            }
            Err(fault) => Err(JobFault::Issue(fault)),
        }
    });
    Ok(Step { number: step.number, lines: lines.collect::<Result<_, _>>()? })
}

/// Keeps steps in the order of their lines.
fn keep_steps(
    terms: &Terms,
    bell: &Bell,
    known: &mut Known,
    from_signers: Receiver<Result<Signed, JobFault>>,
) -> Result<Next, JobFault> {
    let mut early: BTreeMap<u64, Signed> = BTreeMap::new();
    let mut next = 0_u64;
    for signed in from_signers {
        let signed = signed?;
        early.insert(signed.number, signed);
        while let Some(step) = early.remove(&next) {
            keep_step(terms, known, step)?;
            next = next.saturating_add(1);
            if bell.is_closing() {
                return Ok(Next::Stop);
            }
        }
    }
    Ok(Next::GoOn)
}

fn keep_step(terms: &Terms, known: &mut Known, step: Signed) -> Result<(), JobFault> {
    let mut lines = step.lines.into_iter().peekable();
    while lines.peek().is_some() {
        // As many lines as one commit takes; one always fits.
        let (mut part, mut part_weight) = (Vec::new(), 0_usize);
        while let Some((_, line)) = lines.peek() {
            let entry_weight = line.as_ref().map_or(0, Entry::weight);
            if !part.is_empty() && part_weight.saturating_add(entry_weight) > BATCH_BYTES_MAX {
                break;
            }
            part_weight = part_weight.saturating_add(entry_weight);
            part.extend(lines.next());
        }
        keep_part(terms, known, part)?;
    }
    Ok(())
}

/// Keeps lines in one commit with their result. Where a line has a document already, or its id is taken, that is written
/// instead, and the commit is tried again.
fn keep_part(
    terms: &Terms,
    known: &mut Known,
    mut part: Vec<(u64, Result<Entry, ResultLine>)>,
) -> Result<(), JobFault> {
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
fn note(
    known: &Known,
    part: &[(u64, Result<Entry, ResultLine>)],
    entries: &[Entry],
    at: UnixTime,
) -> Vec<Note> {
    let (Some((first, _)), Some((last, _))) = (part.first(), part.last()) else { return Vec::new() };
    let (Some(first_entry), Some(last_entry)) = (entries.first(), entries.last()) else { return Vec::new() };
    let who = Actor::new(&known.job.by).unwrap_or_else(|_| Actor::service());
    let (from, to) = (first_entry.issued.sequence.0, last_entry.issued.sequence.0);
    let detail = format!("lines={first}-{last} documents={} numbers={from}-{to}", entries.len());
    vec![Note { at, who, act: Act::IssueMany, on: format!("job:{}", known.id), detail }]
}
