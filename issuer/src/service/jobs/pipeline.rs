//! Lines of a register, worked on by all cores and taken in their order.
//!
//! One thread reads lines, one for each core works on them, and the caller takes what comes of it, step by step. Between
//! them wait at most a few steps, so that memory does not grow with the register.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::signing::JobFault;
use crate::register::{Entry, Register, RowFault};

/// Lines of one step.
const STEP_LINES: usize = 64;

/// Steps that wait between two threads.
const STEPS_WAITING: usize = 4;

/// A line as it was read.
pub(super) type Read = Result<Entry, RowFault>;

/// Lines that are done together.
struct Step<L> {
    number: u64,
    lines: Vec<L>,
}

type Done<L> = Result<Step<L>, JobFault>;

/// Reads the lines behind number `done`, works on them by 64 and takes what comes of it, in the order of the lines.
///
/// Where `take` ends early, so do the others, after the steps that they have begun.
///
/// # Errors
/// Those of `work` and `take`; [`JobFault::Input`], [`JobFault::Thread`].
pub(super) fn run<L: Send, A>(
    register: Register,
    done: u64,
    work: impl Fn(Vec<Read>) -> Result<Vec<L>, JobFault> + Sync,
    take: impl FnOnce(InOrder<L>) -> Result<A, JobFault>,
) -> Result<A, JobFault> {
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (to_workers, from_reader) = sync_channel::<Step<Read>>(STEPS_WAITING);
    let (to_taker, from_workers) = sync_channel::<Done<L>>(STEPS_WAITING);
    let from_reader = Arc::new(Mutex::new(from_reader));
    let work = &work;
    thread::scope(|scope| {
        let faults = to_taker.clone();
        scope.spawn(move || {
            if let Err(fault) = read(register, done, &to_workers) {
                let _ = faults.send(Err(fault));
            }
        });
        for _ in 0..workers {
            let (to_taker, from_reader) = (to_taker.clone(), Arc::clone(&from_reader));
            scope.spawn(move || work_on(&from_reader, work, &to_taker));
        }
        // Each end of a channel belongs to those who use it, and to nobody else. When the taker ends early, the workers
        // find nobody to send to and end, and then the reader does: one that waited for ever would keep the job, and all
        // that come after it, until the process is killed.
        drop((to_taker, from_reader));
        take(InOrder { steps: from_workers, early: BTreeMap::new(), next: 0 })
    })
}

fn read(mut register: Register, done: u64, to_workers: &SyncSender<Step<Read>>) -> Result<(), JobFault> {
    let mut step = Step { number: 0, lines: Vec::with_capacity(STEP_LINES) };
    while let Some(entry) = register.next_entry().map_err(JobFault::Input)? {
        if line_of(&entry) <= done {
            continue;
        }
        step.lines.push(entry);
        if step.lines.len() >= STEP_LINES {
            let next = Step { number: step.number.saturating_add(1), lines: Vec::with_capacity(STEP_LINES) };
            if to_workers.send(std::mem::replace(&mut step, next)).is_err() {
                return Ok(());
            }
        }
    }
    if !step.lines.is_empty() {
        let _ = to_workers.send(step);
    }
    Ok(())
}

/// The number of a line.
pub(super) fn line_of(entry: &Read) -> u64 {
    match entry {
        Ok(Entry::Record { record, .. }) => record.line,
        Ok(Entry::NotCovered(explanation)) => explanation.line,
        Err(fault) => fault.line,
    }
}

fn work_on<L>(
    from_reader: &Mutex<Receiver<Step<Read>>>,
    work: impl Fn(Vec<Read>) -> Result<Vec<L>, JobFault>,
    to_taker: &SyncSender<Done<L>>,
) {
    loop {
        let step = from_reader.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Step { number, lines }) = step else { return };
        if to_taker.send(work(lines).map(|lines| Step { number, lines })).is_err() {
            return;
        }
    }
}

/// What comes of the lines, step by step in their order.
pub(super) struct InOrder<L> {
    steps: Receiver<Done<L>>,
    /// Those that others must come before.
    early: BTreeMap<u64, Vec<L>>,
    next: u64,
}

impl<L> Iterator for InOrder<L> {
    type Item = Result<Vec<L>, JobFault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(lines) = self.early.remove(&self.next) {
                self.next = self.next.saturating_add(1);
                return Some(Ok(lines));
            }
            match self.steps.recv() {
                Ok(Ok(step)) => drop(self.early.insert(step.number, step.lines)),
                Ok(Err(fault)) => return Some(Err(fault)),
                // A step that never came is no end.
                Err(_) => return (!self.early.is_empty()).then_some(Err(JobFault::Thread)),
            }
        }
    }
}
