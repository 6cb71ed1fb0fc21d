//! What issuing costs, and how far that is from what cannot be avoided: bare signing and bare keeping beside the bulk job,
//! as ratios in one run. `cargo bench -p sanad-issuer --bench issuing`.
//!
//! All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::string_slice,
    reason = "a measurement, which is shipped to nobody and must fail loudly"
)]

#[path = "../tests/status/invented.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod invented;
mod load;

use std::fmt::Write as _;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sanad_credential::{UnixTime, seal_entitlement};
use sanad_issuer::issue::{Issuer, check_record};
use sanad_issuer::permutation::Sequence;
use sanad_issuer::register::{Record, Register};
use sanad_issuer::service::desk::Numbers;
use sanad_issuer::service::jobs::input::Inbox;
use sanad_issuer::service::jobs::worker::{Terms, Worker};
use sanad_issuer::service::jobs::{self, BadLines, InputForm, Job, JobState, Known};
use sanad_issuer::store::{Batch, Entry, Finding, Partly};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PEOPLE: u64 = 100_000;
const SAMPLE: usize = 20_000;

fn main() {
    let cores = thread::available_parallelism().unwrap().get();
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("issuer");
    invented::make(&dir);
    let issuer = Arc::new(invented::open(&dir));
    let records = records(root.path());
    let now = invented::noon();

    let one = best(|| sign(&issuer, &records, now));
    let all = best(|| on_all(cores, &records, |part| sign(&issuer, part, now)));
    println!("bare signing: {} a second on one core, {} on {cores}", per(one), per(all));
    let prepare = best(|| {
        for (record, number) in records.iter().zip(0..) {
            std::hint::black_box(issuer.prepare(record, Sequence(number), now).unwrap());
        }
    });
    println!(
        "signed and opened again: {} a second on one core, {:.2} of bare signing",
        per(prepare),
        one / prepare
    );
    let place = best(|| {
        for number in 0..SAMPLE as u64 {
            std::hint::black_box(sanad_issuer::permutation::Shard::of(Sequence(number)).unwrap());
            std::hint::black_box(issuer.place_of_number(Sequence(number)).unwrap());
        }
    });
    println!("of it the permutation: {:.1} us", place / SAMPLE as f64 * 1e6);
    let checked = best(|| {
        for record in &records {
            std::hint::black_box(check_record(&issuer.config, record, now).unwrap());
        }
    });
    println!("of it the claims, checked: {:.1} us", checked / SAMPLE as f64 * 1e6);

    let kept = keep(&issuer, &records, now);
    println!("bare keeping, 64 a commit, all indices: {} a second", per(kept));

    served(root.path(), one, kept);

    let begun = Instant::now();
    bulk(&issuer);
    let bulk = begun.elapsed().as_secs_f64();
    let bulk_rate = PEOPLE as f64 / bulk;
    println!(
        "bulk job of {PEOPLE}: {:.0} a second, {:.2} of bare signing on one core, {:.2} of bare signing on {cores}",
        bulk_rate,
        bulk_rate / (SAMPLE as f64 / one),
        bulk_rate / (SAMPLE as f64 / all),
    );
}

/// Issuing over HTTP beside what signing and keeping alone allow on the cores that the service used.
fn served(root: &std::path::Path, sign: f64, keep: f64) {
    let load = load::run(root);
    let bound = load.cores / ((sign + keep) / SAMPLE as f64);
    let at = |share: f64| load.latencies[((load.latencies.len() - 1) as f64 * share) as usize];
    println!(
        "over HTTP, 64 clients, durable: {:.0} a second on {:.2} cores, {:.2} of the {:.0} that bare signing and bare \
         keeping allow there; p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms; peak {:.0} MB, after as many again {:.0} MB",
        load.rate,
        load.cores,
        load.rate / bound,
        bound,
        at(0.5),
        at(0.95),
        at(0.99),
        load.megabytes[0],
        load.megabytes[1],
    );
}

fn per(seconds: f64) -> u64 {
    (SAMPLE as f64 / seconds) as u64
}

fn best(act: impl Fn()) -> f64 {
    let once = || {
        let begun = Instant::now();
        act();
        begun.elapsed().as_secs_f64()
    };
    (0..5).map(|_| once()).fold(f64::MAX, f64::min)
}

fn on_all(cores: usize, records: &[Record], act: impl Fn(&[Record]) + Sync) {
    thread::scope(|scope| {
        for part in records.chunks(records.len().div_ceil(cores)) {
            let act = &act;
            scope.spawn(move || act(part));
        }
    });
}

fn sign(issuer: &Issuer, records: &[Record], now: UnixTime) {
    let claims = check_record(&issuer.config, &records[0], now).unwrap();
    let key = invented::secret_key(1);
    for _ in records {
        std::hint::black_box(seal_entitlement(&claims, &key).unwrap());
    }
}

fn keep(issuer: &Issuer, records: &[Record], now: UnixTime) -> f64 {
    let numbers = issuer.store().reserve(SAMPLE as u32).unwrap();
    let entries: Vec<Entry> = records
        .iter()
        .zip(numbers)
        .map(|(record, number)| {
            let prepared = issuer.prepare(record, Sequence(number), now).unwrap();
            let finding = Finding::of(&prepared.claims);
            Entry { issued: prepared.issued, finding, supersedes: None, request: None, note: None }
        })
        .collect();
    let begun = Instant::now();
    for entries in entries.chunks(48) {
        issuer.store().keep(&Batch { partly: Partly::Refused, entries, papers: &[], notes: &[] }).unwrap();
    }
    begun.elapsed().as_secs_f64()
}

fn bulk(issuer: &Arc<Issuer>) {
    let store = issuer.store();
    let id = jobs::new_id(invented::noon()).unwrap();
    let job = Job {
        state: JobState::Receiving,
        form: InputForm::Csv,
        bad_lines: BadLines::StopAll,
        by: "command-line".to_owned(),
        areas: None,
        delegation: None,
        submitted: 0,
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
        owner: Some("bench".to_owned()),
        fault: None,
    };
    let mut known = Known { id: id.clone(), version: 0, job };
    known.save(store, &[]).unwrap();
    let mut inbox = Inbox::new(id.clone(), 1 << 30);
    let text = csv(1_000_000, PEOPLE);
    for part in text.as_bytes().chunks(65_536) {
        inbox.take(store, &mut known, part).unwrap();
    }
    inbox.finish(store, &mut known).unwrap();
    known.job.state = JobState::Waiting;
    known.save(store, &[]).unwrap();
    let worker = Worker::start(Terms {
        issuer: Arc::clone(issuer),
        numbers: Arc::new(Numbers::default()),
        name: "bench".to_owned(),
        lines_max: 10_000_000,
        now: || Some(invented::noon()),
    })
    .unwrap();
    let begun = Instant::now();
    let mut checked = None;
    loop {
        thread::sleep(Duration::from_millis(20));
        let known = Known::read(store, &id).unwrap().unwrap();
        if known.job.state == JobState::Signing {
            checked.get_or_insert_with(|| begun.elapsed());
        }
        if known.job.state.is_over() {
            assert_eq!((known.job.state, known.job.signed), (JobState::Done, PEOPLE), "{known:?}");
            let checked = checked.unwrap_or_default();
            println!(
                "of the bulk job: {:.2} s to check all lines, {:.2} s to sign and keep them",
                checked.as_secs_f64(),
                (begun.elapsed() - checked).as_secs_f64()
            );
            break;
        }
    }
    worker.close();
}

fn csv(first: u64, count: u64) -> String {
    let mut text =
        "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n".to_owned();
    for number in first..first + count {
        let year = 1950 + number % 50;
        let _ = writeln!(
            text,
            "INV-{number:07},Person Invented {number},{year},SHIF,1,medical_care;maternity,2027-01-01,2027-12-31,0,KE"
        );
    }
    text
}

fn records(dir: &std::path::Path) -> Vec<Record> {
    let path = dir.join("people.csv");
    std::fs::write(&path, csv(0, SAMPLE as u64)).unwrap();
    let mut register = Register::open(&path, invented::iss()).unwrap();
    let mut records = Vec::new();
    while let Some(row) = register.next_record().unwrap() {
        records.push(row.unwrap().0);
    }
    records
}
