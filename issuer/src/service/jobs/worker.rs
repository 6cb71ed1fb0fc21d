//! Who works on jobs: one thread of each replica, one job at a time.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sanad_credential::UnixTime;

use super::{JobState, Known, remove_pieces, signing};
use crate::issue::Issuer;
use crate::service::desk::Numbers;
use crate::store::{PAGE_MAX, PaperId, PaperKind, RecordsFault};

/// A job whose paper has not changed for so long has lost its worker. Each step of a living one takes milliseconds, and
/// a check of lines reports every second.
pub const SILENCE_MAX: Duration = Duration::from_secs(15);

/// How often the worker looks for jobs that other replicas were handed.
const LOOK: Duration = Duration::from_millis(500);

/// How long a fault of the store is waited for.
const PAUSE: Duration = Duration::from_secs(1);

/// What a worker is told.
#[derive(Clone)]
pub struct Terms {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// Numbers that were reserved, shared with nobody.
    pub numbers: Arc<Numbers>,
    /// Its name among the replicas. A store of one process has one worker, which finds its own jobs again.
    pub name: String,
    /// Most lines of a job.
    pub lines_max: u64,
    /// The clock.
    pub now: fn() -> Option<UnixTime>,
}

/// A worker.
pub struct Worker {
    bell: Arc<Bell>,
    thread: JoinHandle<()>,
}

/// Wakes and stops the thread.
#[derive(Default)]
pub(super) struct Bell {
    rung: Mutex<bool>,
    wake: Condvar,
    stop: AtomicBool,
}

impl Bell {
    pub(super) fn is_closing(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    fn wait(&self, time: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.wake.wait_timeout_while(rung, time, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

impl Worker {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(terms: Terms) -> std::io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let work = Work { terms, bell: Arc::clone(&bell), seen: HashMap::new(), cleared: HashSet::new() };
        let thread = thread::Builder::new().name("jobs".to_owned()).spawn(move || work.run())?;
        Ok(Self { bell, thread })
    }

    /// There is a new job.
    pub fn wake(&self) {
        self.bell.ring();
    }

    /// Stops after the step that is being done; the job goes on at the next start, or elsewhere.
    pub fn close(self) {
        self.bell.stop.store(true, Ordering::Release);
        self.bell.ring();
        let _ = self.thread.join();
    }
}

struct Work {
    terms: Terms,
    bell: Arc<Bell>,
    /// When each job of another worker was last seen to change.
    seen: HashMap<PaperId, (u64, Instant)>,
    /// Jobs that are over and have no input any more.
    cleared: HashSet<PaperId>,
}

impl Work {
    fn run(mut self) {
        while !self.bell.is_closing() {
            match self.next() {
                Ok(Some(job)) => self.do_job(job),
                Ok(None) => self.bell.wait(LOOK),
                Err(fault) => {
                    tracing::error!(fault = %fault, "cannot look for jobs");
                    self.bell.wait(PAUSE);
                }
            }
        }
    }

    fn do_job(&self, job: Known) {
        let id = job.id.clone();
        match signing::work(&self.terms, &self.bell, job) {
            Ok(()) => {}
            // Somebody else has it, or wants it to stop: the next look tells.
            Err(signing::JobFault::Store(RecordsFault::Overtaken { .. })) => {}
            Err(fault) => {
                tracing::error!(job = %id, fault = %fault, "a job stopped and will be tried again");
                self.bell.wait(PAUSE);
            }
        }
    }

    /// The first job that this worker may take.
    fn next(&mut self) -> Result<Option<Known>, RecordsFault> {
        let issuer = Arc::clone(&self.terms.issuer);
        let store = issuer.store.as_ref();
        let mut after = None;
        loop {
            let page = store.papers(PaperKind::Job, "", after.as_ref(), PAGE_MAX)?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.key.id.clone());
            for paper in &page {
                let mut known = Known::of(paper)?;
                if known.job.state.is_over() {
                    self.seen.remove(&known.id);
                    if self.cleared.insert(known.id.clone()) {
                        // There is some where its worker was killed between the end of the job and this.
                        remove_pieces(store, PaperKind::JobInput, &known.id)?;
                    }
                    continue;
                }
                if !self.may_take(&known) {
                    continue;
                }
                if known.job.state == JobState::Receiving {
                    // Whoever sent it is gone; nobody was told that it was taken.
                    match known.forget(store) {
                        Ok(()) | Err(RecordsFault::Overtaken { .. }) => continue,
                        Err(fault) => return Err(fault),
                    }
                }
                known.job.owner = Some(self.terms.name.clone());
                match known.save(store, &[]) {
                    Ok(()) => return Ok(Some(known)),
                    Err(RecordsFault::Overtaken { .. }) => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
    }

    fn may_take(&mut self, known: &Known) -> bool {
        let is_free = known.job.owner.is_none();
        let is_mine = known.job.owner.as_ref() == Some(&self.terms.name);
        if known.job.state != JobState::Receiving && (is_free || is_mine) {
            return true;
        }
        let now = Instant::now();
        let seen = self.seen.entry(known.id.clone()).or_insert((known.version, now));
        if seen.0 != known.version {
            *seen = (known.version, now);
        }
        now.duration_since(seen.1) > SILENCE_MAX
    }
}
