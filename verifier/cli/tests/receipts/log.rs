//! The log of a device survives kills and torn writes, refuses damage and a second process, and keeps the chain.
//!
//! `SANAD_KILLS=n`: kills while appending (25 without it). The child is this test binary itself, told by a variable to
//! run the one test that is its side.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sanad_credential::{Date, FixedBytes, IssuerId, MemberLine, Sealed, Sign as _};
use sanad_trust::client::sha256;
use sanad_verifier::{Asked, SeenToday};
use sanad_verify::receipts::earlier::Earlier;
use sanad_verify::receipts::ledger::Ledger;
use sanad_verify::receipts::log::{Log, LogFault};

use crate::made::{Chain, device, logged, state};

const CHILD: &str = "SANAD_RECEIPT_CHILD";

#[test]
fn receipts_come_back_in_their_order_and_each_key_has_its_chain() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    let (mut one, mut other) = (Chain::new("UG-F01", "one"), Chain::new("UG-F01", "other"));
    let documents: Vec<_> =
        (0..6).map(|turn| if turn % 2 == 0 { one.sign(|_| ()) } else { other.sign(|_| ()) }).collect();
    let mut log = Log::open(&state).unwrap();
    assert_eq!(log.last(one.key.key_id()).unwrap(), None);
    documents.iter().for_each(|document| log.append(document).unwrap());
    drop(log);
    assert_eq!(logged(&state).unwrap(), documents);
    let mut log = Log::open(&state).unwrap();
    let last = |document: &Vec<u8>| Some(FixedBytes(sha256(document).0));
    assert_eq!(log.last(one.key.key_id()).unwrap(), last(&documents[4]));
    assert_eq!(log.last(other.key.key_id()).unwrap(), last(&documents[5]));
}

#[test]
fn receipt_that_does_not_follow_the_last_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    let mut chain = Chain::new("UG-F01", "one");
    let (first, second) = (chain.sign(|_| ()), chain.sign(|_| ()));
    let mut log = Log::open(&state).unwrap();
    assert!(matches!(log.append(&second), Err(LogFault::ChainBroken { last: None, .. })));
    log.append(&first).unwrap();
    assert!(matches!(log.append(&first), Err(LogFault::ChainBroken { found: None, .. })), "the same again");
    log.append(&second).unwrap();
    assert!(matches!(log.append(b"rubbish"), Err(LogFault::Content { .. })));
    drop(log);
    assert_eq!(logged(&state).unwrap(), [first, second], "nothing of what was refused");
}

/// Every length at which the power can go while the second frame is written.
#[test]
fn torn_tail_is_cut_and_kept_aside_at_every_length() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new("UG-F01", "one");
    let (first, second) = (chain.sign(|_| ()), chain.sign(|_| ()));
    let (whole, start) = {
        let state = state(&dir.path().join("whole"));
        let mut log = Log::open(&state).unwrap();
        log.append(&first).unwrap();
        let start = file(&dir.path().join("whole")).len();
        log.append(&second).unwrap();
        (file(&dir.path().join("whole")), start)
    };
    for length in start..whole.len() {
        let place = dir.path().join(length.to_string());
        fs::create_dir_all(place.join("receipts")).unwrap();
        fs::write(place.join("receipts/00000001.log"), &whole[..length]).unwrap();
        let state = state(&place);
        assert_eq!(logged(&state).unwrap(), std::slice::from_ref(&first), "a reader passes over it");
        let mut log = Log::open(&state).unwrap();
        let cut = log.cut().cloned();
        assert_eq!(cut.as_ref().map(|cut| cut.bytes), Some(length - start).filter(|bytes| *bytes > 0));
        if let Some(cut) = cut {
            assert_eq!(fs::read(cut.kept).unwrap(), whole[start..length]);
        }
        log.append(&second).unwrap();
        assert_eq!(file(&place), whole);
    }
}

/// A file system may make a file longer before the bytes are there: the missing sector reads as zeros.
#[test]
fn sector_that_never_reached_the_disk_is_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    let mut chain = Chain::new("UG-F01", "one");
    let mut log = Log::open(&state).unwrap();
    let mut starts = vec![file(dir.path()).len()];
    let documents: Vec<_> = (0..8).map(|_| chain.sign(|_| ())).collect();
    for document in &documents {
        log.append(document).unwrap();
        starts.push(file(dir.path()).len());
    }
    drop(log);
    let (whole, last) = (file(dir.path()), starts[7]);
    for sector in (last / 512)..=(whole.len() / 512) {
        let mut torn = whole.clone();
        let (from, to) = ((sector * 512).max(last), ((sector + 1) * 512).min(whole.len()));
        if to <= from || to - from < 16 {
            continue;
        }
        torn[from..to].fill(0);
        fs::write(path(dir.path()), &torn).unwrap();
        assert_eq!(Log::open(&state).unwrap().cut().unwrap().bytes, whole.len() - last);
        assert_eq!(logged(&state).unwrap(), documents[..7]);
    }
}

#[test]
fn altered_byte_anywhere_in_an_acknowledged_receipt_is_damage_and_never_cut() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    let mut chain = Chain::new("UG-F01", "one");
    let mut log = Log::open(&state).unwrap();
    let mut starts = Vec::new();
    for _ in 0..3 {
        starts.push(file(dir.path()).len());
        log.append(&chain.sign(|_| ())).unwrap();
    }
    drop(log);
    let whole = file(dir.path());
    for at in (0..whole.len()).step_by(3) {
        // A changed length of the last frame can not be told from a frame that is cut short.
        if at == starts[2] || at == starts[2] + 1 {
            continue;
        }
        let mut altered = whole.clone();
        altered[at] ^= 1;
        fs::write(path(dir.path()), &altered).unwrap();
        assert!(matches!(Log::open(&state), Err(LogFault::Damaged { .. })), "byte {at}");
        assert!(matches!(logged(&state), Err(LogFault::Damaged { .. })), "byte {at}");
        assert_eq!(file(dir.path()), altered, "nothing was changed");
    }
}

#[test]
fn missing_file_of_the_log_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    drop(Log::open(&state).unwrap());
    fs::rename(path(dir.path()), dir.path().join("receipts/00000002.log")).unwrap();
    assert!(matches!(Log::open(&state), Err(LogFault::Gap { .. })));
    assert!(matches!(logged(&state), Err(LogFault::Gap { .. })));
}

#[test]
fn file_that_is_full_is_followed_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    let mut chain = Chain::new("UG-F01", "one");
    let mut log = Log::open(&state).unwrap();
    let first = chain.sign(|_| ());
    log.append(&first).unwrap();
    drop(log);
    // The same frame over and over: the log does not judge what stands in it when it is opened.
    let frame = file(dir.path())[16..].to_vec();
    let copies = ((8 << 20) - 16) / frame.len();
    let full = [b"SANAD RECEIPTS 1".to_vec(), frame.repeat(copies)].concat();
    fs::write(path(dir.path()), full).unwrap();
    let mut log = Log::open(&state).unwrap();
    let second = chain.sign(|_| ());
    log.append(&second).unwrap();
    drop(log);
    let found = logged(&state).unwrap();
    assert_eq!(found.len(), copies + 1);
    assert_eq!(found.last(), Some(&second));
    let mut log = Log::open(&state).unwrap();
    assert_eq!(log.last(chain.key.key_id()).unwrap(), Some(FixedBytes(sha256(&second).0)));
    log.append(&chain.sign(|_| ())).unwrap();
    let tail = fs::read(dir.path().join("receipts/00000002.log")).unwrap();
    assert!(tail.len() > 500, "goes on in the second file");
}

#[test]
fn serials_redeemed_and_cards_shown_today_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path());
    let mut chain = Chain::new("ET-OUT1", "outlet");
    let card = serde_json::json!(["ET-PSNP", "0011223344556677"]);
    let voucher = |json: &mut serde_json::Value, serial: u64| {
        json["benefits"] = serde_json::json!([]);
        json["serial"] = serial.into();
        json["credential"] = card.clone();
    };
    let mut log = Log::open(&state).unwrap();
    log.append(&chain.sign(|json| voucher(json, 1))).unwrap();
    log.append(&chain.sign(|json| {
        voucher(json, 2);
        json["decision"] = "NOT_COVERED".into();
        json["reasons"] = serde_json::json!(["SUSPENDED"]);
    }))
    .unwrap();
    log.append(&chain.sign(|json| {
        json["credential"] = card.clone();
        json["service_date"] = "2026-05-31".into();
    }))
    .unwrap();
    log.append_resolution(&chain.sign(|json| voucher(json, 3)), FixedBytes([1; 8])).unwrap();
    drop(log);
    let day = Date::parse("2026-06-01").unwrap();
    let line = (
        IssuerId::new("ET-PSNP").unwrap(),
        FixedBytes([0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]),
        MemberLine::new(1).unwrap(),
    );
    let mut earlier = Earlier::read(&state, day, Asked::Payout).unwrap();
    earlier.add(Ledger::parse(r#"[{"issuer":"ET-PSNP","cti":"0011223344556677","serial":9}]"#).unwrap());
    let journal = earlier.journal(SeenToday::SamePerson);
    let serials: Vec<u64> = journal.redeemed.iter().map(|(_, _, serial)| serial.value()).collect();
    assert_eq!(serials, [1, 3, 9], "the refused one is not redeemed, the settled one is");
    assert_eq!(earlier.times_shown(&line), 2, "neither the day before nor what settled an earlier one");
    assert_eq!(journal.seen_today.get(&line), Some(&SeenToday::SamePerson));
    let group = Asked::from_word("OPD").unwrap();
    assert!(Earlier::read(&state, day, group).unwrap().journal(SeenToday::No).redeemed.is_empty());
}

#[test]
fn ledger_with_rubbish_is_refused_with_the_place() {
    let entry = r#"{"issuer":"ET-PSNP","cti":"0011223344556677","serial":9}"#;
    for (text, place) in [
        (r#"{}"#.to_owned(), "an array"),
        (format!("[{entry},{entry}]"), "[1]"),
        (format!("[{}]", entry.replace("serial", "serials")), "serial"),
        (format!("[{}]", entry.replace("9}", "9,\"name\":\"x\"}")), "name"),
        (format!("[{}]", entry.replace(":9", ":-9")), "[0].serial"),
        (format!("[{}]", entry.replace(":9", ":9.5")), "fraction"),
        (format!("[{}]", entry.replace("0011", "001G")), "[0].cti"),
        (format!("[{}]", entry.replace("ET-PSNP", "psnp")), "[0].issuer"),
        (format!("[{entry}] x"), ""),
    ] {
        let fault = Ledger::parse(&text).unwrap_err().to_string();
        assert!(fault.contains(place), "{text}: {fault}");
    }
}

#[test]
fn kills_while_appending_lose_no_acknowledged_receipt() {
    let root = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    let kills = std::env::var("SANAD_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(25_u32);
    for _ in 0..kills {
        let mut child = start(root.path(), "append");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (heard, first) = sync_channel(1);
        let reader = std::thread::spawn(move || {
            let (mut hashes, mut line) = (Vec::new(), String::new());
            while output.read_line(&mut line).unwrap() > 0 {
                // A line that was cut short acknowledges nothing.
                if let Some((_, hash)) = line.strip_suffix('\n').and_then(|line| line.split_once("ack ")) {
                    hashes.push(hash.to_owned());
                    let _ = heard.try_send(());
                }
                line.clear();
            }
            hashes
        });
        // Counted from its first receipt: a slow machine takes longer to start it than it is let live.
        first.recv_timeout(Duration::from_secs(120)).expect("the child signs something");
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        std::thread::sleep(Duration::from_millis(u64::from(nanoseconds / 1_000 % 100)));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(reader.join().unwrap());
        check(root.path(), &acknowledged);
    }
    eprintln!("kills while appending: {kills}, {} receipts acknowledged, 0 lost", acknowledged.len());
    assert!(acknowledged.len() >= kills as usize, "the children hardly wrote");
}

/// Everything acknowledged is there, and what is there is one chain.
fn check(root: &Path, acknowledged: &[String]) {
    drop(Log::open(&state(root)).unwrap());
    let documents = logged(&state(root)).unwrap();
    let mut last = None;
    let mut hashes = Vec::new();
    for document in &documents {
        let receipt = Sealed::parse(document).unwrap().unverified_receipt().unwrap();
        assert_eq!(receipt.look().encounter.previous.0, last);
        last = Some(FixedBytes(sha256(document).0));
        hashes.push(sha256(document).to_string());
    }
    let mut rest = hashes.iter();
    for wanted in acknowledged {
        assert!(rest.any(|found| found == wanted), "an acknowledged receipt is lost");
    }
}

#[test]
fn second_process_waits_and_a_reader_needs_no_lock() {
    let root = tempfile::tempdir().unwrap();
    let state = state(root.path());
    let mut child = start(root.path(), "hold");
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ack ") {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    assert_eq!(logged(&state).unwrap().len(), 1);
    let opening = std::thread::spawn({
        let state = state.clone();
        move || Log::open(&state).map(|_| ())
    });
    std::thread::sleep(Duration::from_millis(200));
    assert!(!opening.is_finished(), "waits while the other one signs");
    child.kill().unwrap();
    child.wait().unwrap();
    opening.join().unwrap().unwrap();
}

/// Not a test: the child's side.
#[test]
fn child_appends_until_it_is_killed() {
    let Ok(what) = std::env::var(CHILD) else { return };
    let (what, dir) = what.split_once(' ').unwrap();
    let state = state(Path::new(dir));
    let mut log = Log::open(&state).unwrap();
    let mut chain = Chain::new("UG-F01", "killed");
    chain.last = log.last(device("killed").key_id()).unwrap().map(|hash| hash.to_string());
    loop {
        let document = chain.sign(|_| ());
        log.append(&document).unwrap();
        let line = format!("ack {}\n", sha256(&document));
        if std::io::stdout().write_all(line.as_bytes()).is_err() {
            return;
        }
        if what == "hold" {
            std::thread::sleep(Duration::from_secs(60));
        }
    }
}

fn start(dir: &Path, what: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "log::child_appends_until_it_is_killed", "--nocapture"])
        .env(CHILD, format!("{what} {}", dir.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn path(dir: &Path) -> std::path::PathBuf {
    dir.join("receipts/00000001.log")
}

fn file(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    OpenOptions::new().read(true).open(path(dir)).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}
