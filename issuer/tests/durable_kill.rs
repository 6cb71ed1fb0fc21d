//! Acknowledged records survive kills and power cuts.
//!
//! A child process commits and acknowledges over a pipe; the parent ends it at a random moment, opens the
//! store, and looks for every record that was acknowledged. The child is this test binary itself, told by a
//! variable to run the one test that is its helper mode.
//!
//! - `SANAD_KILLS=n`: kills of each kind (25 without it).
//! - `SANAD_POWER_CUTS=n`: power cuts. ext4 on a loop device is shut down without writing its journal
//!   (EXT4_IOC_SHUTDOWN), mounted again, and looked through. Without the variable there are 3 where a loop device can
//!   be mounted, which takes root; elsewhere the test says that it did nothing. With it they must be possible.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sanad_issuer::durable::{Durable, MAX_SCAN_ENTRIES, Opening, Stop, StoreFault, TreeName};

const RECORDS: TreeName = TreeName("records");
const BY_VALUE: TreeName = TreeName("by_value");
const COUNTERS: TreeName = TreeName("counters");
const TREES: &[TreeName] = &[RECORDS, BY_VALUE, COUNTERS];

const CHILD_DIRECTORY: &str = "SANAD_KILL_CHILD_DIRECTORY";
const CHILD_BATCH: &str = "SANAD_KILL_CHILD_BATCH";
const WRITERS: usize = 3;

/// For what a slow machine does late.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn kills_while_writing_lose_nothing_that_was_acknowledged() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("store");
    drop(Durable::open(&store, Opening::CreateNew, TREES).unwrap());
    let mut acknowledged = BTreeSet::new();
    let mut random = Random::seeded();
    for kill in 0..kills() {
        let batch = if kill % 2 == 0 { 1 } else { 16 };
        let mut child = start(&store, batch);
        let acks = collect(&mut child);
        // Counted from its first acknowledgement: a slow machine takes longer to start it than it is let live.
        acks.first.recv_timeout(PATIENCE).expect("the child acknowledges something");
        std::thread::sleep(Duration::from_millis(random.between(0, 220)));
        end(child);
        acknowledged.extend(acks.all());
        check(&store, &acknowledged);
    }
    report("kills while writing", kills(), &acknowledged);
    assert!(acknowledged.len() > usize::try_from(kills()).unwrap(), "the children hardly wrote");
}

#[test]
fn kills_while_opening_leave_a_store_that_opens() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("store");
    drop(Durable::open(&store, Opening::CreateNew, TREES).unwrap());
    let mut acknowledged = BTreeSet::new();
    let mut random = Random::seeded();
    for _ in 0..kills() {
        // Writes, so that the next opening has a log to read; killed once it has acknowledged something.
        let mut child = start(&store, 16);
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        for _ in 0..40 {
            line.clear();
            reader.read_line(&mut line).unwrap();
            acknowledged.extend(number_of(&line));
        }
        child.kill().unwrap();
        reader.lines().for_each(|line| acknowledged.extend(number_of(&line.unwrap())));
        child.wait().unwrap();
        // Two openings in a row that are killed: the second reads what the first left half done.
        for _ in 0..2 {
            let mut child = start(&store, 1);
            let acks = collect(&mut child);
            std::thread::sleep(Duration::from_micros(random.between(2_000, 40_000)));
            end(child);
            acknowledged.extend(acks.all());
        }
        check(&store, &acknowledged);
    }
    report("kills while opening", 2 * kills(), &acknowledged);
}

#[test]
fn kills_while_creating_leave_nothing_or_a_whole_store() {
    let root = tempfile::tempdir().unwrap();
    let mut random = Random::seeded();
    let (mut nothing, mut whole) = (0, 0);
    for kill in 0..kills() {
        let store = root.path().join(format!("store{kill}"));
        let mut child = start(&store, 1);
        let acks = collect(&mut child);
        std::thread::sleep(Duration::from_micros(random.between(2_000, 40_000)));
        end(child);
        let acknowledged: BTreeSet<u64> = acks.all().into_iter().collect();
        if store.exists() {
            whole += 1;
            check(&store, &acknowledged);
        } else {
            nothing += 1;
            assert_eq!(acknowledged.len(), 0);
            drop(Durable::open(&store, Opening::CreateNew, TREES).unwrap());
        }
    }
    eprintln!("kills while creating: {nothing} left nothing, {whole} a whole store");
}

#[test]
fn second_process_is_refused_while_the_first_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("store");
    let mut child = start(&store, 1);
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    while {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        number_of(&line).is_none()
    } {}
    let fault = Durable::open(&store, Opening::OpenExisting, TREES).unwrap_err();
    assert!(matches!(fault, StoreFault::InUse { .. }), "{fault:?}");
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(number_of(&line).is_some(), "the first process still commits");
    // The pipe is open until here, so that the child does not stop by itself.
    end(child);
    drop(reader);
}

#[test]
fn power_cuts_lose_nothing_that_was_acknowledged() {
    let asked_for = number_from("SANAD_POWER_CUTS");
    let disk = match (LoopDisk::new(), asked_for) {
        (Ok(disk), _) => disk,
        (Err(problem), None) => {
            eprintln!("NOT RUN: no power was cut, because {problem}");
            return;
        }
        (Err(problem), Some(_)) => panic!("{problem}"),
    };
    let cuts = asked_for.unwrap_or(3);
    let mut random = Random::seeded();
    let store = disk.mount_point.join("store");
    let mut acknowledged = BTreeSet::new();
    for cut in 0..cuts {
        let batch = if cut % 2 == 0 { 1 } else { 16 };
        let mut child = start(&store, batch);
        let acks = collect(&mut child);
        // The first cut may come while the store is made, the others come while it is written to.
        if cut > 0 {
            acks.first.recv_timeout(PATIENCE).expect("the child acknowledges something");
        }
        std::thread::sleep(Duration::from_millis(random.between(50, 700)));
        disk.cut_power();
        // It may have ended by itself already: its next fdatasync fails.
        child.kill().unwrap();
        child.wait().unwrap();
        // All of them count, also those that arrived during the cut: each was sent after an fdatasync that
        // succeeded.
        acknowledged.extend(acks.all());
        disk.remount();
        if !acknowledged.is_empty() || store.exists() {
            check(&store, &acknowledged);
        }
    }
    report("power cuts", cuts, &acknowledged);
}

/// Not a test: the child's side. Commits until it is killed, and writes the number of each durable record to
/// the pipe.
#[test]
fn child_commits_until_it_is_killed() {
    let Ok(directory) = std::env::var(CHILD_DIRECTORY) else { return };
    let directory = PathBuf::from(directory);
    let batch = number_from(CHILD_BATCH).unwrap();
    let opening = if directory.exists() { Opening::OpenExisting } else { Opening::CreateNew };
    let Ok(store) = Durable::open(&directory, opening, TREES) else { std::process::exit(3) };
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                loop {
                    let Ok(numbers) = commit_batch(&store, batch) else { std::process::exit(3) };
                    let lines: String = numbers.map(|number| format!("ack {number}\n")).collect();
                    if std::io::stdout().write_all(lines.as_bytes()).is_err() {
                        std::process::exit(0);
                    }
                }
            });
        }
    });
}

/// Takes the next numbers, and writes each record, its reverse, and an overwritten key, all in one commit.
fn commit_batch(store: &Durable, batch: u64) -> Result<std::ops::Range<u64>, Stop<&'static str>> {
    store.commit(|transaction| {
        let next = transaction.get(COUNTERS, b"next")?.map_or(0, |bytes| number(&bytes));
        for number in next..next + batch {
            let value = value_of(number);
            transaction.put(RECORDS, &number.to_be_bytes(), &value)?;
            transaction.put(BY_VALUE, &value[..32], &number.to_be_bytes())?;
            transaction.put(COUNTERS, format!("seat {}", number % 50).as_bytes(), &value)?;
        }
        transaction.put(COUNTERS, b"next", &(next + batch).to_be_bytes())?;
        Ok(next..next + batch)
    })
}

/// Every acknowledged record is there, and what is there is whole: no gap, no half commit, both trees agree.
fn check(store: &Path, acknowledged: &BTreeSet<u64>) {
    let store = Durable::open(store, Opening::OpenExisting, TREES).unwrap();
    let next = store.read(COUNTERS, b"next").unwrap().map_or(0, |bytes| number(&bytes));
    let records = everything(&store, RECORDS);
    assert_eq!(u64::try_from(records.len()).unwrap(), next, "as many records as numbers were taken");
    assert_eq!(everything(&store, BY_VALUE).len(), records.len());
    for (expected, (key, value)) in (0..next).zip(&records) {
        assert_eq!(number(key), expected, "a number is missing");
        assert_eq!(*value, value_of(expected));
    }
    // One in ten through the other tree; the counts above cover the rest.
    for (key, value) in records.iter().step_by(10) {
        assert_eq!(store.read(BY_VALUE, &value[..32]).unwrap().as_ref(), Some(key));
    }
    assert!(acknowledged.last().is_none_or(|last| *last < next), "acknowledged {acknowledged:?} of {next}");
}

fn everything(store: &Durable, tree: TreeName) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    loop {
        let after = entries.last().map(|(key, _)| key.clone());
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let page = store.scan(tree, (from, Bound::Unbounded), MAX_SCAN_ENTRIES).unwrap();
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}

/// 300 bytes that look random, so that keys of the reverse tree land everywhere.
fn value_of(number: u64) -> Vec<u8> {
    let mut random = Random(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..38).flat_map(|_| random.next().to_be_bytes()).take(300).collect()
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap())
}

fn number_of(line: &str) -> Option<u64> {
    // The first line shares its start with what the test harness prints.
    let (_, number) = line.trim_end().split_once("ack ")?;
    number.parse().ok()
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn kills() -> u64 {
    number_from("SANAD_KILLS").unwrap_or(25)
}

fn report(what: &str, count: u64, acknowledged: &BTreeSet<u64>) {
    eprintln!("{what}: {count}, {} records acknowledged, 0 lost", acknowledged.len());
}

fn start(store: &Path, batch: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_commits_until_it_is_killed", "--nocapture"])
        .env(CHILD_DIRECTORY, store)
        .env(CHILD_BATCH, batch.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// `kill` sends SIGKILL. A child that ended by itself could not open its store, or commit.
fn end(mut child: Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_ne!(status.code(), Some(3), "the child met a fault");
}

/// What a child acknowledges.
struct Acknowledgements {
    /// Hears of the first one.
    first: Receiver<()>,
    reader: JoinHandle<Vec<u64>>,
}

impl Acknowledgements {
    /// All of them, when the child is gone.
    fn all(self) -> Vec<u64> {
        self.reader.join().unwrap()
    }
}

/// Reads acknowledgements until the child is gone. A line that was cut short acknowledges nothing.
fn collect(child: &mut Child) -> Acknowledgements {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (heard, first) = sync_channel(1);
    let reader = std::thread::spawn(move || {
        let (mut numbers, mut line) = (Vec::new(), String::new());
        while output.read_line(&mut line).unwrap() > 0 {
            if let Some(number) = number_of(&line).filter(|_| line.ends_with('\n')) {
                numbers.push(number);
                // The first one is enough, and not everybody waits for it.
                let _ = heard.try_send(());
            }
            line.clear();
        }
        numbers
    });
    Acknowledgements { first, reader }
}

/// An ext4 file system on a loop device, taken away when dropped.
struct LoopDisk {
    root: tempfile::TempDir,
    mount_point: PathBuf,
}

impl LoopDisk {
    /// # Errors
    /// What this machine lacks.
    fn new() -> Result<Self, String> {
        let root = tempfile::tempdir().unwrap();
        let mount_point = root.path().join("disk");
        std::fs::create_dir(&mount_point).unwrap();
        let image = std::fs::File::create(root.path().join("image")).unwrap();
        image.set_len(512 * 1024 * 1024).unwrap();
        let disk = Self { root, mount_point };
        run(Command::new("mkfs.ext4").arg("-q").arg(disk.image()))?;
        disk.mount()?;
        Ok(disk)
    }

    fn image(&self) -> PathBuf {
        self.root.path().join("image")
    }

    fn mount(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(&self.mount_point))
    }

    /// From here on nothing reaches the image, the journal's memory included (EXT4_GOING_FLAGS_NOLOGFLUSH).
    fn cut_power(&self) {
        let script = "import fcntl, os, struct, sys\n\
                      fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
        run(Command::new("python3").args(["-c", script]).arg(&self.mount_point)).unwrap();
    }

    fn remount(&self) {
        // The killed child may hold the mount for a moment.
        let started = Instant::now();
        while !Command::new("umount").arg(&self.mount_point).stderr(Stdio::null()).status().unwrap().success()
        {
            assert!(started.elapsed() < PATIENCE, "cannot unmount");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.mount().unwrap();
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.mount_point).stderr(Stdio::null()).status();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

/// xorshift64*: enough for moments and contents, and seeded by the clock so that each run tries others.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self(u64::from(now.subsec_nanos()) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least)
    }
}
