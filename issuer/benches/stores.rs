//! What the acts of the store cost in either: full batches and single documents, from one thread and from four, changes of status,
//! reservations, finding. `cargo xtask postgres -- cargo bench -p sanad-issuer --bench stores` prints a table.
//! Everything is on the disk when it is counted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a measurement, which is shipped to nobody and must fail loudly"
)]

#[path = "../tests/store/invented.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod invented;
#[path = "../tests/store/scratch.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod scratch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sanad_issuer::audit::Act;
use sanad_issuer::store::{
    BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, Batch, CHANGES_MAX, Entry, Finding, Kept, NameForm, Partly, Query,
};
use sanad_issuer::transition::Change;

use scratch::Scratch;

/// How long each line of the table is measured.
const LONG: Duration = Duration::from_secs(4);

/// As long as an ordinary document.
const DOCUMENT_BYTES: usize = 380;

/// Full batches that are in the store before the others are measured.
const FILLED: u64 = 800;

fn main() {
    println!("| store | act | threads | acts a second | each, ms (best, median, p99) | documents a second |");
    println!("|---|---|---|---|---|---|");
    for (name, scratch) in [("embedded", Scratch::embedded()), ("PostgreSQL", Scratch::postgres())] {
        let store = scratch.create();
        let store = store.as_ref();
        let next = AtomicU64::new(0);
        let one = |size: usize| {
            let from = store.reserve(u32::try_from(size).unwrap()).unwrap().start;
            next.fetch_max(from + size as u64, Ordering::Relaxed);
            let entries: Vec<Entry> = (from..from + size as u64).map(document).collect();
            let began = Instant::now();
            let batch = Batch { partly: Partly::Allowed, entries: &entries, papers: &[], notes: &[] };
            let kept = store.keep(&batch).unwrap();
            assert!(kept.iter().all(|kept| *kept == Kept::Kept));
            began.elapsed()
        };
        // Each with its line of the log.
        let full = (BATCH_BYTES_MAX / document(1_000_000).weight()).min(BATCH_ENTRIES_MAX);
        for _ in 0..FILLED {
            one(full);
        }
        for (size, threads) in [(full, 1), (full, 4), (1, 1), (1, 4)] {
            line(name, &format!("keep {size}"), threads, size as u64, || one(size));
        }
        let turn = AtomicU64::new(0);
        let change = || {
            let turn = turn.fetch_add(1, Ordering::Relaxed);
            let kept = next.load(Ordering::Relaxed);
            let numbers = (0..CHANGES_MAX as u64).map(|n| (turn * CHANGES_MAX as u64 + n) * 7_919 % kept);
            let changes: Vec<_> =
                numbers.map(|number| invented::one_change(Change::Suspend, number)).collect();
            let began = Instant::now();
            store.change_status(&changes).unwrap();
            began.elapsed()
        };
        line(name, "change 24", 1, 0, change);
        line(name, "reserve", 1, 0, || {
            timed(|| {
                std::hint::black_box(store.reserve(64).unwrap());
            })
        });
        let found = |query: &Query, least: usize| {
            timed(|| assert!(store.find(query, None, 20).unwrap().len() >= least))
        };
        let pick = || turn.fetch_add(1, Ordering::Relaxed) * 7_919 % next.load(Ordering::Relaxed);
        line(name, "find an id", 1, 0, || found(&Query::Id(invented::cti(pick())), 0));
        line(name, "find a name", 1, 0, || found(&Query::Name(NameForm::of("njoki wambui 7")), 20));
        line(name, "status list", 1, 0, || {
            timed(|| drop(store.status_list(invented::place(0).shard).unwrap()))
        });
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn line(store: &str, act: &str, threads: usize, documents: u64, work: impl Fn() -> Duration + Sync) {
    let began = Instant::now();
    let work = &work;
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let run = || {
            scope.spawn(move || {
                let mut times = Vec::new();
                while began.elapsed() < LONG {
                    times.push(work());
                }
                times
            })
        };
        let threads: Vec<_> = (0..threads).map(|_| run()).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let acts = times.len() as f64 / seconds;
    let rate = if documents == 0 { String::new() } else { format!("{:.0}", acts * documents as f64) };
    let (best, median, worst) = (at(0), at(50), at(99));
    println!("| {store} | {act} | {threads} | {acts:.0} | {best:.2}, {median:.2}, {worst:.2} | {rate} |");
}

/// One that is found by number and name, with its line of the log.
fn document(number: u64) -> Entry {
    let finding = Finding {
        number: Some(format!("M-{number}")),
        name: Some(NameForm::of(&format!("Njoki Wambui {number}"))),
        delegation: None,
    };
    let mut entry = invented::entry(number);
    entry.issued.document.resize(DOCUMENT_BYTES, 7);
    let note = Some(invented::note(Act::Issue, &entry.issued.cti.to_string()));
    Entry { finding, note, ..entry }
}
