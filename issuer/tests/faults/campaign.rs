//! Rounds: work, break, work on, and look for everything that was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use sanad_issuer::audit::Head;
use sanad_issuer::store::{PAGE_MAX, Query, Store};

use crate::bulk;
use crate::client::{Ask, Client, Front};
use crate::office::{Office, Service};
use crate::officer::{Counts, Officer};
use crate::random::Random;
use crate::watch::{Watch, bound};

/// Officers who work at the same time.
const OFFICERS: usize = 4;

/// Lines of the job of a round.
const JOB_LINES: u64 = 1_200;

/// Answers to officers before a fault.
const ANSWERS_MIN: u64 = 12;

/// How long a service may take to come back once what it needs is there.
const BACK_MAX: Duration = Duration::from_secs(90);

/// What faults are done to.
pub(crate) struct Parts {
    pub(crate) office: Office,
    pub(crate) services: Vec<Option<Service>>,
    pub(crate) watch: Watch,
    pub(crate) random: Random,
    pub(crate) front: Front,
    probe: Client,
    job: Arc<Mutex<Option<String>>>,
    back_after: Vec<Duration>,
    /// Answers to officers in this round.
    answers: Arc<AtomicU64>,
}

impl Parts {
    /// Waits for a random moment under load: some answers were given, then so many milliseconds pass.
    pub(crate) fn a_while_under_load(&mut self, millis: u64) {
        let began = Instant::now();
        while self.answers.load(Ordering::Relaxed) < ANSWERS_MIN {
            assert!(began.elapsed() < BACK_MAX, "nobody is answered: {}", self.office.told());
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(self.random.millis(0, millis));
    }

    /// Starts what does not run.
    pub(crate) fn start(&mut self) {
        for (replica, service) in self.services.iter_mut().enumerate() {
            if service.is_none() {
                let started = self.office.start();
                self.front.set(replica, Some(started.address));
                *service = Some(started);
            }
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self, replica: usize) {
        self.front.set(replica, None);
        self.services[replica].take().unwrap().kill();
    }

    /// SIGTERM to all.
    pub(crate) fn stop(&mut self) {
        for (replica, service) in self.services.iter_mut().enumerate() {
            self.front.set(replica, None);
            if let Some(service) = service.take() {
                service.stop();
            }
        }
    }

    /// What the service says of itself.
    pub(crate) fn is_ready(&mut self) -> bool {
        self.probe.ask(&Ask::get("/readyz")).is_ok_and(|answer| answer.status == 200)
    }

    /// Waits until the service is ready again, nobody having touched it.
    pub(crate) fn back(&mut self, since: Instant) {
        while !self.is_ready() {
            assert!(since.elapsed() < BACK_MAX, "the service does not come back: {}", self.office.told());
            thread::sleep(Duration::from_millis(20));
        }
        self.back_after.push(since.elapsed());
        for service in self.services.iter_mut().flatten() {
            assert!(service.lives(), "the service ended: {}", self.office.told());
        }
        self.watch.mended();
    }

    /// Waits until the job of this round signs, for a while.
    pub(crate) fn until_the_job_signs(&mut self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            let id = self.job.lock().unwrap().clone();
            if let Some(id) = id
                && let Some(job) = bulk::state(&mut self.probe, &id)
                && (job["state"] == "done" || job["signed"].as_u64() > Some(0))
            {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// An issuer, its services, who works with them, and what was acknowledged.
pub(crate) struct Scene {
    pub(crate) parts: Parts,
    officers: Vec<Officer>,
    clerk: Client,
    /// Credentials of jobs.
    by_job: BTreeSet<String>,
    next_line: u64,
    rounds: u64,
    looked_at: usize,
    jobs_took: Vec<Duration>,
}

/// Tells the others to stop, also where this thread panics.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// An officer at work; one that fails leaves too, so that the watch ends and the test with it.
struct AtWork<'a>(&'a AtomicUsize);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Scene {
    pub(crate) fn new(office: Office, replicas: usize) -> Self {
        let (front, watch) = (Front::default(), Watch::new(office.site()));
        let client = |wish| Client::new(&front, &office.token, wish);
        let officer = |number: usize| {
            let name = format!("O{number}");
            Officer::new(&name, client(number), &watch, u64::try_from(number).unwrap() + 7)
        };
        let officers = (0..OFFICERS).map(officer).collect();
        let (clerk, probe) = (client(0), client(0));
        let parts = Parts {
            services: (0..replicas).map(|_| None).collect(),
            random: Random::seeded(u64::from(std::process::id())),
            watch,
            front,
            probe,
            job: Arc::default(),
            back_after: Vec::new(),
            answers: Arc::default(),
            office,
        };
        let (by_job, next_line, rounds, looked_at) = (BTreeSet::new(), 0, 0, 0);
        Self { parts, officers, clerk, by_job, next_line, rounds, looked_at, jobs_took: Vec::new() }
    }

    /// One round. The fault returns when the service answers again.
    pub(crate) fn round(&mut self, fault: impl FnOnce(&mut Parts)) {
        self.parts.start();
        self.parts.watch.mended();
        let (stop, first) = (AtomicBool::new(false), self.next_line);
        self.next_line += JOB_LINES;
        self.rounds += 1;
        let Self { parts, officers, clerk, .. } = self;
        *parts.job.lock().unwrap() = None;
        parts.answers.store(0, Ordering::Relaxed);
        let answers = parts.answers.clone();
        let answers = answers.as_ref();
        let at_work = &AtomicUsize::new(officers.len());
        let (stop, watch, job) = (&stop, parts.watch.clone(), parts.job.clone());
        thread::scope(|scope| {
            let _guard = StopAtEnd(stop);
            let is_over = || stop.load(Ordering::Acquire);
            // To the last revocation that an officer was still asking for.
            scope.spawn(move || watch.run(|| is_over() && at_work.load(Ordering::Acquire) == 0));
            scope.spawn(move || {
                // Its job may wait for the service to come back, as any client does.
                let id = bulk::submit(clerk, first, JOB_LINES);
                *job.lock().unwrap() = Some(id);
            });
            for officer in officers {
                scope.spawn(move || {
                    let _at_work = AtWork(at_work);
                    while !is_over() {
                        let before = officer.counts.acknowledged;
                        officer.step();
                        answers.fetch_add(officer.counts.acknowledged - before, Ordering::Relaxed);
                    }
                    officer.finish();
                });
            }
            fault(parts);
            // What is acknowledged now was asked for after the fault.
            thread::sleep(Duration::from_millis(150));
        });
        let id = self.parts.job.lock().unwrap().clone().expect("the job was taken");
        let began = Instant::now();
        let ids = bulk::finished(&mut self.clerk, &id, JOB_LINES);
        self.jobs_took.push(began.elapsed());
        let known = self.by_job.len();
        self.by_job.extend(ids);
        assert_eq!(
            self.by_job.len() - known,
            usize::try_from(JOB_LINES).unwrap(),
            "a credential of two jobs"
        );
        for officer in &mut self.officers {
            self.looked_at += officer.check();
        }
        assert_eq!(self.parts.watch.late(), Vec::<String>::new(), "later than {:?}", bound());
    }

    /// The store holds what was acknowledged and nothing else, each once; the log is whole and tells of each once.
    pub(crate) fn whole(&self) {
        self.parts.office.verify_log();
        let store = self.parts.office.store();
        let (mut found, mut numbers, mut places) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut after = None;
        loop {
            let page = store.find(&Query::All, after.as_ref(), PAGE_MAX).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor.clone());
            for held in page {
                let issued = held.issued;
                assert!(numbers.insert(issued.sequence.0), "the number {} twice", issued.sequence.0);
                let place = (issued.place.shard, issued.place.index);
                assert!(places.insert(place), "the status index {place:?} twice");
                let id = issued.cti.to_string();
                let twice = found.insert(id, held.status.word());
                assert!(twice.is_none(), "the credential {} twice", issued.cti);
            }
        }
        let log = log(store.as_ref());
        let lines = |act: &str, id: &str| log.get(&(act.to_owned(), id.to_owned())).copied().unwrap_or(0);
        for credential in self.officers.iter().flat_map(|officer| &officer.book) {
            let id = credential.cti.as_str();
            assert_eq!(found.remove(id), Some(credential.status), "{credential:?}");
            assert_eq!(lines("issue", id) + lines("reissue", id), 1, "{credential:?} in the log");
            let revoked = u32::from(credential.status == "revoked");
            assert_eq!(lines("revoke", id), revoked, "{credential:?} in the log");
        }
        for id in &self.by_job {
            assert_eq!(found.remove(id), Some("valid"), "{id} of a job");
        }
        assert_eq!(found, BTreeMap::new(), "what nobody was told of");
    }

    /// What the campaign came to.
    pub(crate) fn tell(&self, what: &str) {
        let mut all = Counts::default();
        for counts in self.officers.iter().map(|officer| officer.counts) {
            all.acknowledged += counts.acknowledged;
            all.unanswered += counts.unanswered;
            all.unavailable += counts.unavailable;
            all.found_again += counts.found_again;
        }
        let Counts { acknowledged, unanswered, unavailable, found_again } = all;
        let books: usize = self.officers.iter().map(|officer| officer.book.len()).sum();
        let (running, after_break) = self.parts.watch.delays();
        eprintln!(
            "FAULTS {what}: rounds {}; acts acknowledged {acknowledged}, unanswered {unanswered}, 503 {unavailable}, done \
             without an answer and found again {found_again}; credentials {books} and {} of jobs, looked at again {}; \
             back after {}; jobs done after {}; revocation to list {}, after a break {}",
            self.rounds,
            self.by_job.len(),
            self.looked_at,
            spread(&self.parts.back_after),
            spread(&self.jobs_took),
            spread(&running),
            spread(&after_break),
        );
    }
}

/// How often the log tells of each act; that it hangs together is looked at again on the way.
fn log(store: &dyn Store) -> BTreeMap<(String, String), u32> {
    let (mut counts, mut head) = (BTreeMap::new(), Head::EMPTY);
    loop {
        let (lines, end) = store.audit(head.lines, PAGE_MAX).unwrap();
        if lines.is_empty() {
            assert_eq!(head, end, "the end of the log");
            return counts;
        }
        for line in lines {
            head = head.follow(&line).unwrap();
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            *counts.entry((text("act"), text("on"))).or_insert(0) += 1;
        }
    }
}

/// Median and greatest.
fn spread(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    match (times.get(times.len() / 2), times.last()) {
        (Some(median), Some(most)) => {
            format!("{} ms (median of {}), {} ms at most", median.as_millis(), times.len(), most.as_millis())
        }
        _ => "(none)".to_owned(),
    }
}
