//! What an issuer costs as it grows: documents signed, proved and kept up to 10 million, and at each power of ten how fast
//! the last ones were, what publishing and opening take, memory and disk. `cargo bench -p sanad-issuer --bench growth`;
//! the table in `docs/store.md` is its output. `SANAD_GROWTH_MAX` stops it earlier (10,000,000 take about half an hour and
//! 15 GB of disk), `SANAD_GROWTH_DIR` says where there is room. `SANAD_GROWTH_STORE=postgresql`, below `cargo xtask
//! postgres --`, does the same with PostgreSQL: memory is that of the service alone then, and disk that of the database.
//!
//! All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a measurement, which is shipped to nobody and must fail loudly"
)]

#[path = "../tests/status/invented.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod invented;
#[path = "../tests/store/scratch.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod scratch;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use sanad_issuer::audit::{Act, Actor, Note};
use sanad_issuer::config::Config;
use sanad_issuer::issue::Issuer;
use sanad_issuer::permutation::Sequence;
use sanad_issuer::publish::{Publication, Unchanged};
use sanad_issuer::register::{Record, Register};
use sanad_issuer::store::{Batch, Entry, Finding, Partly, Query, StatusChange};
use sanad_issuer::transition::Change;
use scratch::Scratch;

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// Documents of one commit, and of one register that is read into memory.
const STEP: usize = 48;
const REGISTER: u64 = 9_600;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let max = env::var("SANAD_GROWTH_MAX").map_or(u64::MAX, |text| text.parse().unwrap());
    let root = match env::var_os("SANAD_GROWTH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir).unwrap(),
        None => tempfile::tempdir().unwrap(),
    };
    let dir = root.path().join("issuer");
    invented::make(&dir);
    let text = fs::read_to_string(dir.join("issuer.toml")).unwrap();
    fs::write(dir.join("issuer.toml"), text.replace("lists = 4", "lists = 12")).unwrap();
    println!(
        "| documents | issued a second | publish, one list changed, s | publish, all lists, s | open, s | find one, ms | \
         memory, MB | disk, MB | a document, bytes |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let database = env::var("SANAD_GROWTH_STORE").is_ok_and(|store| store == "postgresql").then(|| {
        let database = Scratch::postgres();
        drop(database.create());
        database
    });
    let open = || match &database {
        None => invented::open(&dir),
        Some(database) => Issuer::new(Config::load(&dir).unwrap(), invented::keys(), database.open()),
    };
    let (mut issuer, mut documents) = (open(), 0);
    for size in SIZES.into_iter().filter(|size| *size <= max) {
        let mut last = (0, 0.0);
        while documents < size {
            let count = REGISTER.min(size - documents);
            let begun = Instant::now();
            fill(&issuer, root.path(), documents, count);
            documents += count;
            // Of the last tenth.
            if size - documents < size / 10 {
                last = (last.0 + count, last.1 + begun.elapsed().as_secs_f64());
            }
            eprint!("\r{documents} ");
        }
        let memory = resident_megabytes();
        let out = dir.join("out");
        publish(&issuer, &out, Unchanged::SignAgain);
        let all = publish(&issuer, &out, Unchanged::SignAgain);
        suspend(&issuer, documents / 3);
        let one = publish(&issuer, &out, Unchanged::Leave);
        drop(issuer);
        let begun = Instant::now();
        issuer = open();
        let opened = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        for pick in 0..100 {
            let number = format!("INV-{:08}", pick * 7_919_977 % documents);
            assert_eq!(issuer.store().find(&Query::Number(number), None, 1).unwrap().len(), 1);
        }
        let find = begun.elapsed().as_secs_f64() * 10.0;
        let disk = match &database {
            Some(Scratch::Postgres(database)) => {
                database.number("SELECT pg_database_size(current_database())").unsigned_abs()
            }
            _ => bytes_below(&dir.join("store")),
        };
        println!(
            "| {size} | {:.0} | {one:.2} | {all:.2} | {opened:.2} | {find:.2} | {memory:.0} | {:.0} | {} |",
            last.0 as f64 / last.1,
            disk as f64 / 1e6,
            disk / size,
        );
    }
}

/// Two threads sign and prove, this one keeps, as a bulk job does.
fn fill(issuer: &Issuer, dir: &Path, first: u64, count: u64) {
    let records = records(dir, first, count);
    let numbers = issuer.store().reserve(u32::try_from(count).unwrap()).unwrap();
    let tasks: Vec<_> = records.iter().zip(numbers.map(Sequence)).collect();
    let (send, receive) = sync_channel::<Vec<Entry>>(4);
    let now = invented::noon();
    thread::scope(|scope| {
        for half in tasks.chunks(tasks.len().div_ceil(2)) {
            let send = send.clone();
            scope.spawn(move || {
                for step in half.chunks(STEP) {
                    let prepared =
                        issuer.prepare_all(step.iter().map(|(record, number)| (*record, *number, now)));
                    let entries = prepared.into_iter().map(|prepared| {
                        let prepared = prepared.unwrap();
                        let finding = Finding::of(&prepared.claims);
                        Entry {
                            issued: prepared.issued,
                            finding,
                            supersedes: None,
                            request: None,
                            note: None,
                        }
                    });
                    send.send(entries.collect()).unwrap();
                }
            });
        }
        drop(send);
        for entries in receive {
            let batch = Batch { partly: Partly::Refused, entries: &entries, papers: &[], notes: &[] };
            issuer.store().keep(&batch).unwrap();
        }
    });
}

fn suspend(issuer: &Issuer, number: u64) {
    let found = issuer.store().find(&Query::Number(format!("INV-{number:08}")), None, 1).unwrap();
    let (cti, who) = (found[0].issued.cti, Actor::service());
    let note =
        Note { at: invented::noon(), who, act: Act::Suspend, on: cti.to_string(), detail: String::new() };
    issuer.store().change_status(&[StatusChange { cti, change: Change::Suspend, note }]).unwrap();
}

fn records(dir: &Path, first: u64, count: u64) -> Vec<Record> {
    let mut text =
        "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n".to_owned();
    for number in first..first + count {
        let year = 1950 + number % 50;
        let _ = writeln!(
            text,
            "INV-{number:08},Person Invented {number},{year},SHIF,1,medical_care;maternity,2027-01-01,2027-12-31,0,KE"
        );
    }
    let path = dir.join("people.csv");
    fs::write(&path, text).unwrap();
    let mut register = Register::open(&path, invented::iss()).unwrap();
    let mut records = Vec::new();
    while let Some(row) = register.next_record().unwrap() {
        records.push(row.unwrap().0);
    }
    records
}

fn publish(issuer: &Issuer, out: &Path, unchanged: Unchanged) -> f64 {
    let begun = Instant::now();
    issuer.publish(&Publication { out, now: invented::noon(), unchanged }, &|_| ()).unwrap();
    begun.elapsed().as_secs_f64()
}

fn resident_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<f64>().unwrap() * 1_024.0 / 1e6
}

fn bytes_below(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.metadata().unwrap() {
            folder if folder.is_dir() => bytes_below(&entry.path()),
            // What the file system keeps for it: sled leaves holes.
            file => std::os::unix::fs::MetadataExt::blocks(&file) * 512,
        })
        .sum()
}
