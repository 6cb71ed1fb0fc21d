//! Tests of the store, each named for the fault it provokes.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use tempfile::TempDir;

use super::engine::{BLOB_DIRECTORY, Disk, LOG_FILE, io_fault};
use super::*;

const PEOPLE: TreeName = TreeName("people");
const INDEX: TreeName = TreeName("index");
const TREES: &[TreeName] = &[PEOPLE, INDEX];

struct Place {
    root: TempDir,
    store: PathBuf,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("store");
    Place { root, store }
}

fn create_new(place: &Place) -> Durable {
    Durable::open(&place.store, Opening::CreateNew, TREES).unwrap()
}

fn open_existing(place: &Place) -> Result<Durable, StoreFault> {
    Durable::open(&place.store, Opening::OpenExisting, TREES)
}

fn put(store: &Durable, key: &[u8], value: &[u8]) -> Result<(), Stop<&'static str>> {
    store.commit(|transaction| {
        transaction.put(PEOPLE, key, value)?;
        Ok(transaction.put(INDEX, value, key)?)
    })
}

fn everything(store: &Durable, tree: TreeName) -> Vec<Entry> {
    store.scan(tree, (Bound::Unbounded, Bound::Unbounded), MAX_SCAN_ENTRIES).unwrap()
}

/// Watches the steps of a real disk, and makes them fail or wait on demand.
struct WatchedDisk {
    disk: Box<dyn Disk>,
    steps: Arc<Mutex<Vec<&'static str>>>,
    fail_flush: Arc<AtomicBool>,
    fail_sync: Arc<AtomicBool>,
    gate: Option<Mutex<Receiver<()>>>,
}

impl Disk for WatchedDisk {
    fn flush(&self) -> Result<(), StoreFault> {
        self.steps.lock().unwrap().push("flush");
        if self.fail_flush.swap(false, Ordering::SeqCst) {
            return Err(io_fault("flush", Path::new("db"))(io::Error::other("injected")));
        }
        self.disk.flush()
    }

    fn sync(&self) -> Result<(), StoreFault> {
        if let Some(gate) = &self.gate {
            gate.lock().unwrap().recv().unwrap();
        }
        self.steps.lock().unwrap().push("sync");
        if self.fail_sync.swap(false, Ordering::SeqCst) {
            return Err(io_fault("sync", Path::new("db"))(io::Error::other("injected")));
        }
        self.disk.sync()
    }
}

struct Watched {
    store: Durable,
    steps: Arc<Mutex<Vec<&'static str>>>,
    fail_flush: Arc<AtomicBool>,
    fail_sync: Arc<AtomicBool>,
}

impl Watched {
    fn steps(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.steps.lock().unwrap())
    }
}

/// A store whose disk is watched; with a gate, each sync waits for a message.
fn watched(place: &Place, gate: Option<Receiver<()>>) -> Watched {
    drop(create_new(place));
    let steps = Arc::new(Mutex::new(Vec::new()));
    let fail_flush = Arc::new(AtomicBool::new(false));
    let fail_sync = Arc::new(AtomicBool::new(false));
    let mut engine = Engine::open_existing(&place.store, TREES).unwrap();
    engine.disk = Box::new(WatchedDisk {
        disk: engine.disk,
        steps: Arc::clone(&steps),
        fail_flush: Arc::clone(&fail_flush),
        fail_sync: Arc::clone(&fail_sync),
        gate: gate.map(Mutex::new),
    });
    Watched { store: Durable::around(engine), steps, fail_flush, fail_sync }
}

#[test]
fn commits_survive_closing() {
    let place = place();
    let store = create_new(&place);
    put(&store, b"amina", b"7").unwrap();
    drop(store);
    let store = open_existing(&place).unwrap();
    assert_eq!(store.read(PEOPLE, b"amina").unwrap().unwrap(), b"7");
    assert_eq!(store.read(INDEX, b"7").unwrap().unwrap(), b"amina");
    assert_eq!(store.read(INDEX, b"8").unwrap(), None);
}

#[test]
fn commit_is_flushed_then_synced_before_it_is_answered() {
    let place = place();
    let watched = watched(&place, None);
    for number in 0..20_u8 {
        put(&watched.store, &[number], b"x").unwrap();
        assert_eq!(watched.steps(), ["flush", "sync"], "commit {number}");
    }
    watched.store.read(PEOPLE, &[1]).unwrap();
    assert_eq!(watched.steps(), [""; 0], "what is on the disk is read without syncing");
}

#[test]
fn failed_sync_is_not_repaired_by_a_later_one() {
    let place = place();
    let watched = watched(&place, None);
    put(&watched.store, b"before", b"1").unwrap();
    watched.fail_sync.store(true, Ordering::SeqCst);
    let fault = put(&watched.store, b"lost", b"2").unwrap_err();
    assert!(matches!(fault, Stop::Fault(StoreFault::Io { action: "sync", .. })), "{fault:?}");
    watched.steps();
    // The disk would now say yes to everything, as Linux does.
    let fault = put(&watched.store, b"after", b"3").unwrap_err();
    assert!(matches!(fault, Stop::Fault(StoreFault::Poisoned { .. })), "{fault:?}");
    assert!(matches!(watched.store.read(PEOPLE, b"lost"), Err(StoreFault::Poisoned { .. })));
    let all = (Bound::Unbounded, Bound::Unbounded);
    assert!(matches!(watched.store.scan(PEOPLE, all, 1), Err(StoreFault::Poisoned { .. })));
    assert_eq!(watched.steps(), [""; 0], "no second attempt");
}

#[test]
fn failed_flush_shuts_the_store() {
    let place = place();
    let watched = watched(&place, None);
    watched.fail_flush.store(true, Ordering::SeqCst);
    put(&watched.store, b"lost", b"1").unwrap_err();
    assert_eq!(watched.steps(), ["flush"], "nothing is synced after a failed flush");
    let fault = put(&watched.store, b"after", b"2").unwrap_err();
    assert!(fault.to_string().contains("injected"), "the first cause is named: {fault}");
}

#[test]
fn store_that_failed_stays_locked_in_this_process() {
    let place = place();
    let watched = watched(&place, None);
    watched.fail_sync.store(true, Ordering::SeqCst);
    put(&watched.store, b"lost", b"1").unwrap_err();
    drop(watched);
    assert!(matches!(open_existing(&place), Err(StoreFault::InUse { .. })));
}

#[test]
fn panic_inside_an_act_shuts_the_store() {
    let place = place();
    let store = create_new(&place);
    let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
        store.commit(|transaction| -> Result<(), Stop<&str>> {
            transaction.put(PEOPLE, b"half", b"1")?;
            panic!("in the middle")
        })
    }));
    assert!(panicked.is_err());
    let fault = put(&store, b"after", b"2").unwrap_err();
    assert!(matches!(fault, Stop::Fault(StoreFault::Poisoned { .. })), "{fault:?}");
    drop(store);
    assert_eq!(everything(&open_existing(&place).unwrap(), PEOPLE), []);
}

/// One thread commits and waits at the gate before the sync; the other sees that commit and must wait with
/// it.
fn waits_for_a_commit_on_its_way(other: fn(&Durable)) {
    let place = place();
    let (open_gate, gate) = mpsc::channel();
    let Watched { store, steps, .. } = watched(&place, Some(gate));
    let store = &store;
    std::thread::scope(|scope| {
        scope.spawn(move || put(store, b"amina", b"7").unwrap());
        while steps.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        let (answer, answered): (Sender<()>, Receiver<()>) = mpsc::channel();
        scope.spawn(move || {
            other(store);
            answer.send(()).unwrap();
        });
        let early = answered.recv_timeout(Duration::from_millis(100));
        // Opened before the assertion, so that a failure does not leave the first thread waiting for ever.
        open_gate.send(()).unwrap();
        assert!(early.is_err(), "answered from a commit that was not on the disk");
        answered.recv().unwrap();
    });
}

#[test]
fn reading_waits_for_a_commit_on_its_way() {
    waits_for_a_commit_on_its_way(|store| {
        assert_eq!(store.read(PEOPLE, b"amina").unwrap().unwrap(), b"7");
    });
}

#[test]
fn refusal_waits_for_the_commit_it_rests_on() {
    waits_for_a_commit_on_its_way(|store| {
        let refused = store.commit(|transaction| match transaction.get(PEOPLE, b"amina")? {
            Some(_) => Err(Stop::Refuse("issued already")),
            None => Ok(()),
        });
        assert!(matches!(refused, Err(Stop::Refuse("issued already"))), "{refused:?}");
    });
}

#[test]
fn commits_that_wait_together_share_a_sync() {
    let place = place();
    let (open_gate, gate) = mpsc::channel();
    let Watched { store, steps, .. } = watched(&place, Some(gate));
    let store = &store;
    std::thread::scope(|scope| {
        scope.spawn(move || put(store, b"first", b"0").unwrap());
        while steps.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        for number in 1..=20_u8 {
            scope.spawn(move || put(store, &[number], &[number]).unwrap());
        }
        while store.last_applied() < 21 {
            std::thread::yield_now();
        }
        // Two messages are all there are: a third sync would wait for ever, then panic.
        open_gate.send(()).unwrap();
        open_gate.send(()).unwrap();
        drop(open_gate);
    });
    assert_eq!(*steps.lock().unwrap(), ["flush", "sync", "flush", "sync"]);
    assert_eq!(everything(store, PEOPLE).len(), 21);
}

#[test]
fn unsynced_bytes_stay_below_the_limit() {
    let place = place();
    let watched = watched(&place, None);
    let apply = |first: u8| {
        let applied = watched.store.apply(|transaction| -> Result<(), Stop<&str>> {
            for number in first..first + 10 {
                transaction.put(PEOPLE, &[number], &[0; MAX_VALUE_BYTES])?;
            }
            Ok(())
        });
        applied.unwrap().answer.unwrap();
    };
    apply(0);
    assert_eq!(watched.steps(), [""; 0]);
    apply(10);
    assert_eq!(watched.steps(), ["flush", "sync"], "the first 10 are synced before the next are applied");
    assert!(watched.store.unsynced.load(Ordering::SeqCst) <= MAX_UNSYNCED_BYTES);
}

#[test]
fn refused_act_applies_nothing() {
    let place = place();
    let store = create_new(&place);
    let refused: Result<(), _> = store.commit(|transaction| {
        transaction.put(PEOPLE, b"amina", b"7")?;
        assert_eq!(transaction.get(PEOPLE, b"amina")?.unwrap(), b"7");
        Err(Stop::Refuse("no"))
    });
    assert!(matches!(refused, Err(Stop::Refuse("no"))));
    assert_eq!(store.read(PEOPLE, b"amina").unwrap(), None);
}

#[test]
fn too_large_is_refused_and_changes_nothing() {
    let place = place();
    let store = create_new(&place);
    let check = |key: &[u8], value: &[u8], count: usize, expected: Measured| {
        let stop = store.commit(|transaction| -> Result<(), Stop<&str>> {
            for _ in 0..count {
                transaction.put(PEOPLE, key, value)?;
            }
            Ok(())
        });
        let Err(Stop::Fault(StoreFault::TooLarge { measured, bytes, limit })) = stop else {
            panic!("{stop:?}");
        };
        assert_eq!(measured, expected);
        assert!(bytes > limit);
    };
    check(&[1; MAX_KEY_BYTES + 1], b"", 1, Measured::Key);
    check(b"key", &[1; MAX_VALUE_BYTES + 1], 1, Measured::Value);
    check(b"key", &[1; MAX_VALUE_BYTES], MAX_COMMIT_BYTES / MAX_VALUE_BYTES, Measured::Commit);
    assert_eq!(everything(&store, PEOPLE), []);
    put(&store, b"still", b"open").unwrap();
}

/// sled never syncs `blobs/`. Growing and shrinking moves entries between leaves, which makes the largest
/// ones.
#[test]
fn largest_entries_never_leave_the_log() {
    let place = place();
    let store = create_new(&place);
    let mut state = 1_u64;
    for _ in 0..150 {
        store
            .commit(|transaction| -> Result<(), Stop<&str>> {
                let mut random = state;
                for _ in 0..14 {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let [high, low, ..] = random.to_be_bytes();
                    let key = [high & 0x7f; MAX_KEY_BYTES];
                    if low & 3 == 0 {
                        transaction.remove(PEOPLE, &key)?;
                    } else {
                        transaction.put(PEOPLE, &key, &[low; MAX_VALUE_BYTES])?;
                    }
                }
                Ok(())
            })
            .unwrap();
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(77);
        let blobs = fs::read_dir(place.store.join(BLOB_DIRECTORY)).unwrap().count();
        assert_eq!(blobs, 0);
    }
    assert!(everything(&store, PEOPLE).len() > 60);
}

#[test]
fn scan_is_bounded_ordered_and_resumable() {
    let place = place();
    let store = create_new(&place);
    for number in 0..10_u8 {
        put(&store, &[number], &[number]).unwrap();
    }
    let first = store.scan(PEOPLE, (Bound::Included(&[2]), Bound::Unbounded), 3).unwrap();
    let keys = |entries: &[Entry]| entries.iter().map(|(key, _)| key[0]).collect::<Vec<_>>();
    assert_eq!(keys(&first), [2, 3, 4]);
    let last = first.last().unwrap().0.as_slice();
    let rest = store.scan(PEOPLE, (Bound::Excluded(last), Bound::Excluded(&[8])), 100).unwrap();
    assert_eq!(keys(&rest), [5, 6, 7]);
}

#[test]
fn unknown_tree_is_refused() {
    let place = place();
    let store = create_new(&place);
    let other = TreeName("other");
    assert!(matches!(store.read(other, b"key"), Err(StoreFault::UnknownTree { name: "other" })));
    let stop =
        store.commit(|transaction| -> Result<(), Stop<&str>> { Ok(transaction.put(other, b"k", b"")?) });
    assert!(matches!(stop, Err(Stop::Fault(StoreFault::UnknownTree { name: "other" }))));
}

#[test]
fn second_opening_is_refused() {
    let place = place();
    let store = create_new(&place);
    let fault = open_existing(&place).unwrap_err();
    assert!(matches!(fault, StoreFault::InUse { .. }));
    assert!(fault.to_string().ends_with("is in use by another process"), "{fault}");
    put(&store, b"still", b"open").unwrap();
}

#[test]
fn closed_store_opens_again_at_once() {
    let place = place();
    drop(create_new(&place));
    for number in 0..100_u8 {
        let store = open_existing(&place).unwrap();
        put(&store, &[number], b"x").unwrap();
    }
    assert_eq!(everything(&open_existing(&place).unwrap(), PEOPLE).len(), 100);
}

#[test]
fn missing_store_is_never_created_by_opening() {
    let place = place();
    assert!(matches!(open_existing(&place), Err(StoreFault::Missing { .. })));
    assert!(!place.store.exists());
    fs::create_dir(&place.store).unwrap();
    assert!(matches!(open_existing(&place), Err(StoreFault::Missing { .. })));
    assert_eq!(fs::read_dir(&place.store).unwrap().count(), 0);
}

#[test]
fn store_without_its_log_does_not_start_again_from_nothing() {
    let place = place();
    drop(create_new(&place));
    fs::remove_file(place.store.join(LOG_FILE)).unwrap();
    assert!(matches!(open_existing(&place), Err(StoreFault::Missing { .. })));
    assert!(!place.store.join(LOG_FILE).exists());
}

#[test]
fn existing_store_is_never_created_over() {
    let place = place();
    let store = create_new(&place);
    put(&store, b"amina", b"7").unwrap();
    drop(store);
    let again = Durable::open(&place.store, Opening::CreateNew, TREES);
    assert!(matches!(again, Err(StoreFault::AlreadyExists { .. })), "{again:?}");
    assert_eq!(fs::read_dir(place.root.path()).unwrap().count(), 1, "the attempt is tidied up");
    assert_eq!(everything(&open_existing(&place).unwrap(), PEOPLE).len(), 1);
}

#[test]
fn only_the_owner_may_look_inside() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let _store = create_new(&place);
    assert_eq!(fs::metadata(&place.store).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn snapshot_left_by_a_kill_while_opening_is_removed() {
    let place = place();
    let store = create_new(&place);
    put(&store, b"amina", b"7").unwrap();
    drop(store);
    let leftover = place.store.join("snap.7FFFFFFFFFFFFFFF.generating");
    fs::write(&leftover, b"half").unwrap();
    // The reason for the rule: sled alone refuses, shown on a copy.
    let copy = place.root.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in ["conf", LOG_FILE, "snap.7FFFFFFFFFFFFFFF.generating"] {
        fs::copy(place.store.join(name), copy.join(name)).unwrap();
    }
    let refused = sled::Config::new().path(&copy).open();
    assert!(matches!(refused, Err(sled::Error::Corruption { .. })), "{:?}", refused.err());
    let store = open_existing(&place).unwrap();
    assert!(!leftover.exists());
    assert_eq!(store.read(PEOPLE, b"amina").unwrap().unwrap(), b"7");
}

#[test]
fn damaged_store_is_a_fault_and_not_a_panic() {
    let place = place();
    let store = create_new(&place);
    put(&store, b"amina", b"7").unwrap();
    drop(store);
    drop(open_existing(&place).unwrap());
    let is_snapshot = |path: &PathBuf| path.to_string_lossy().contains("/snap.");
    let mut files = fs::read_dir(&place.store).unwrap().map(|entry| entry.unwrap().path());
    let snapshot = files.find(is_snapshot).unwrap();
    let mut bytes = fs::read(&snapshot).unwrap();
    bytes[0] ^= 1;
    fs::write(&snapshot, bytes).unwrap();
    let fault = open_existing(&place).unwrap_err();
    assert!(matches!(fault, StoreFault::Damaged { .. }), "{fault:?}");
}
