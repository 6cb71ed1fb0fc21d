//! Bulk jobs, worked through in this process: what is signed, what is told of each line, and that a job which is stopped
//! anywhere goes on without signing a line twice. All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly"
)]

#[path = "../status/invented.rs"]
#[expect(dead_code, reason = "the tests of status use more of it")]
mod invented;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sanad_issuer::issue::Issuer;
use sanad_issuer::service::desk::Numbers;
use sanad_issuer::service::jobs::input::{Inbox, InboxFault};
use sanad_issuer::service::jobs::result::ResultLine;
use sanad_issuer::service::jobs::worker::{Terms, Worker};
use sanad_issuer::service::jobs::{self, BadLines, InputForm, Job, JobState, Known};
use sanad_issuer::store::{PAGE_MAX, PaperId, PaperKind, Query};

const HEADER: &str = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n";

fn row(number: u64) -> String {
    format!(
        "INV-{number:07},Person Invented {number},1980,SHIF,1,medical_care,2027-01-01,2027-12-31,0,KE-30\n"
    )
}

fn register(numbers: impl IntoIterator<Item = u64>) -> String {
    numbers.into_iter().fold(HEADER.to_owned(), |mut text, number| {
        let _ = write!(text, "{}", row(number));
        text
    })
}

struct Place {
    _root: tempfile::TempDir,
    issuer: Arc<Issuer>,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("issuer");
    invented::make(&dir);
    let issuer = Arc::new(invented::open(&dir));
    Place { _root: root, issuer }
}

fn job(bad_lines: BadLines) -> Job {
    Job {
        state: JobState::Receiving,
        form: InputForm::Csv,
        bad_lines,
        by: "token:0badcafe".to_owned(),
        areas: None,
        delegation: None,
        submitted: 1_800_000_000,
        finished: None,
        pieces: 0,
        bytes: 0,
        sha256: None,
        good: None,
        bad: None,
        lines: 0,
        line: 0,
        signed: 0,
        same: 0,
        rejected: 0,
        results: 0,
        owner: Some("one".to_owned()),
        fault: None,
    }
}

impl Place {
    fn submit(&self, job: Job, text: &str) -> PaperId {
        let store = self.issuer.store();
        let id = jobs::new_id(invented::noon()).unwrap();
        let mut known = Known { id: id.clone(), version: 0, job };
        known.save(store, &[]).unwrap();
        let mut inbox = Inbox::new(id.clone(), 1 << 30);
        // Parts of any length, as they come from a network.
        for part in text.as_bytes().chunks(7_001) {
            inbox.take(store, &mut known, part).unwrap();
        }
        inbox.finish(store, &mut known).unwrap();
        known.job.state = JobState::Waiting;
        known.job.owner = None;
        known.save(store, &[]).unwrap();
        id
    }

    fn terms(&self, name: &str, lines_max: u64) -> Terms {
        Terms {
            issuer: Arc::clone(&self.issuer),
            numbers: Arc::new(Numbers::default()),
            name: name.to_owned(),
            lines_max,
            now: || Some(invented::noon()),
        }
    }

    fn work(&self, id: &PaperId) -> Job {
        let worker = Worker::start(self.terms("one", 1_000_000)).unwrap();
        let job = self.wait(id, |job| job.state.is_over());
        worker.close();
        job
    }

    fn wait(&self, id: &PaperId, until: impl Fn(&Job) -> bool) -> Job {
        let begun = Instant::now();
        loop {
            let known = Known::read(self.issuer.store(), id).unwrap().unwrap();
            if until(&known.job) {
                return known.job;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{known:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn results(&self, id: &PaperId) -> Vec<ResultLine> {
        let pieces =
            self.issuer.store().papers(PaperKind::JobResult, &format!("{id}/"), None, PAGE_MAX).unwrap();
        let text: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.content).collect();
        let lines = std::str::from_utf8(&text).unwrap().lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Every document of the store, each id, number and index once.
    fn documents(&self) -> BTreeMap<String, u64> {
        let (mut found, mut after) = (BTreeMap::new(), None);
        let mut places = BTreeSet::new();
        loop {
            let page = self.issuer.store().find(&Query::All, after.as_ref(), PAGE_MAX).unwrap();
            let Some(last) = page.last() else { return found };
            after = Some(last.cursor.clone());
            for held in page {
                let place = (held.issued.place.shard, held.issued.place.index);
                assert!(places.insert(place), "an index twice");
                let known = found.insert(held.issued.cti.to_string(), held.issued.sequence.0);
                assert!(known.is_none(), "an id twice");
            }
        }
    }
}

#[test]
fn every_good_line_has_one_document_and_the_result_names_it() {
    let place = place();
    let id = place.submit(job(BadLines::StopAll), &register(0..1_000));
    let done = place.work(&id);
    assert_eq!((done.state, done.signed, done.good, done.bad), (JobState::Done, 1_000, Some(1_000), Some(0)));
    let results = place.results(&id);
    assert_eq!(results.iter().map(|line| line.line).collect::<Vec<_>>(), (2..1_002).collect::<Vec<_>>());
    let documents = place.documents();
    assert_eq!(documents.len(), 1_000);
    assert!(results.iter().all(|line| documents.contains_key(line.cti.as_ref().unwrap())));
    // Names stand in the input; it is gone.
    let left = place.issuer.store().papers(PaperKind::JobInput, "", None, 1).unwrap();
    assert_eq!(left.len(), 0);
}

#[test]
fn a_bad_line_stops_all_unless_it_is_to_be_set_aside_and_is_named() {
    let place = place();
    let mut text = register(0..10);
    text.push_str("INV-BAD,Person Invented,19801,SHIF,1,medical_care,2027-01-01,2027-12-31,0,KE-30\n");
    text.push_str(&row(11));
    let refused = place.submit(job(BadLines::StopAll), &text);
    let done = place.work(&refused);
    assert_eq!((done.state, done.signed, done.rejected), (JobState::Refused, 0, 1));
    let told = place.results(&refused);
    assert_eq!((told[0].line, told[0].field.as_deref()), (12, Some("birth")), "{told:?}");
    assert!(!format!("{told:?}").contains("19801"), "the value is the person's");
    assert_eq!(place.documents().len(), 0);
    let set_aside = place.submit(job(BadLines::SetAside), &text);
    let done = place.work(&set_aside);
    assert_eq!((done.state, done.signed, done.rejected), (JobState::Done, 11, 1));
    assert_eq!(place.results(&set_aside).len(), 12);
}

#[test]
fn the_same_register_twice_signs_nobody_twice() {
    let place = place();
    let first = place.submit(job(BadLines::StopAll), &register(0..200));
    place.work(&first);
    let again = place.submit(job(BadLines::StopAll), &register(100..300));
    let done = place.work(&again);
    assert_eq!((done.state, done.signed, done.same), (JobState::Done, 100, 100));
    assert_eq!(place.documents().len(), 300);
    let known: BTreeSet<_> = place.results(&first).into_iter().filter_map(|line| line.cti).collect();
    let same = place.results(&again).into_iter().filter(|line| line.same);
    assert_eq!(same.filter(|line| known.contains(line.cti.as_ref().unwrap())).count(), 100);
}

#[test]
fn a_job_that_is_stopped_again_and_again_signs_every_line_once() {
    // Where the machine lets the worker run and not this thread, there are few stops: then another job.
    let often = (0..20).any(|_| stops_of_a_job_that_signs_every_line_once() > 2);
    assert!(often, "no job was stopped more than once before its end");
}

fn stops_of_a_job_that_signs_every_line_once() -> u32 {
    let place = place();
    let id = place.submit(job(BadLines::StopAll), &register(0..3_000));
    let mut stops = 0;
    while !Known::read(place.issuer.store(), &id).unwrap().unwrap().job.state.is_over() {
        let worker = Worker::start(place.terms("one", 1_000_000)).unwrap();
        thread::sleep(Duration::from_millis(15));
        worker.close();
        stops += 1;
    }
    let results = place.results(&id);
    assert_eq!(results.iter().map(|line| line.line).collect::<Vec<_>>(), (2..3_002).collect::<Vec<_>>());
    assert_eq!(place.documents().len(), 3_000);
    stops
}

#[test]
fn a_cancelled_job_stops_and_what_is_signed_stays() {
    // One that is fast may be at its end before this thread can cancel it: then another job.
    let stopped = (0..10).any(|_| signed_by_a_job_that_is_cancelled().is_some_and(|signed| signed < 20_000));
    assert!(stopped, "no job was stopped before its end");
}

/// None where it is done before it is cancelled.
fn signed_by_a_job_that_is_cancelled() -> Option<u64> {
    let place = place();
    let id = place.submit(job(BadLines::StopAll), &register(0..20_000));
    let worker = Worker::start(place.terms("one", 1_000_000)).unwrap();
    place.wait(&id, |job| job.signed > 0);
    loop {
        let mut known = Known::read(place.issuer.store(), &id).unwrap().unwrap();
        if known.job.state.is_over() {
            worker.close();
            return None;
        }
        known.job.state = JobState::Cancelling;
        if known.save(place.issuer.store(), &[]).is_ok() {
            break;
        }
    }
    let done = place.wait(&id, |job| job.state.is_over());
    worker.close();
    assert_eq!(done.state, JobState::Cancelled);
    assert_eq!(place.documents().len(), usize::try_from(done.signed).unwrap());
    assert_eq!(place.results(&id).len(), place.documents().len());
    Some(done.signed)
}

#[test]
fn another_worker_takes_no_job_that_is_being_worked_on() {
    let place = place();
    let mut held = job(BadLines::StopAll);
    held.owner = Some("other".to_owned());
    let id = place.submit(held, &register(0..10));
    let mut known = Known::read(place.issuer.store(), &id).unwrap().unwrap();
    known.job.owner = Some("other".to_owned());
    known.save(place.issuer.store(), &[]).unwrap();
    let worker = Worker::start(place.terms("one", 1_000_000)).unwrap();
    thread::sleep(Duration::from_millis(1_200));
    worker.close();
    assert_eq!(Known::read(place.issuer.store(), &id).unwrap().unwrap().job.state, JobState::Waiting);
}

#[test]
fn a_register_without_header_and_one_with_too_many_lines_are_refused_with_the_reason() {
    let place = place();
    let id = place.submit(job(BadLines::SetAside), "this,is,no,register\n1,2,3,4\n");
    let done = place.work(&id);
    assert_eq!(done.state, JobState::Refused);
    assert!(done.fault.unwrap().contains("line 1"));
    let id = place.submit(job(BadLines::SetAside), &register(0..100));
    let worker = Worker::start(place.terms("one", 50)).unwrap();
    let done = place.wait(&id, |job| job.state.is_over());
    worker.close();
    assert_eq!((done.state, done.signed), (JobState::Refused, 0));
    assert!(done.fault.unwrap().contains("50"));
}

#[test]
fn an_officer_of_one_county_signs_nobody_of_another_in_bulk() {
    let place = place();
    let mut text = register(0..5);
    text.push_str(&row(6).replace("KE-30", "KE-47"));
    let bound = Job { areas: Some(vec!["KE-30".to_owned()]), ..job(BadLines::SetAside) };
    let id = place.submit(bound, &text);
    let done = place.work(&id);
    assert_eq!((done.state, done.signed, done.rejected), (JobState::Done, 5, 1));
    let told = place.results(&id);
    assert!(told[5].problem.as_ref().unwrap().contains("KE-47"), "{told:?}");
}

#[test]
fn an_input_over_the_limit_is_refused_while_it_comes_in() {
    let place = place();
    let id = jobs::new_id(invented::noon()).unwrap();
    let mut known = Known { id: id.clone(), version: 0, job: job(BadLines::StopAll) };
    known.save(place.issuer.store(), &[]).unwrap();
    let mut inbox = Inbox::new(id, 10_000);
    inbox.take(place.issuer.store(), &mut known, &[b'x'; 10_000]).unwrap();
    let fault = inbox.take(place.issuer.store(), &mut known, b"x");
    assert!(matches!(fault, Err(InboxFault::TooLong { max: 10_000 })));
}
