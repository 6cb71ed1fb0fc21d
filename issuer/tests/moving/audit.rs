//! The log of a real store, tampered with below the program: every removed, altered, inserted and swapped line is found.

use std::ops::Bound;

use sanad_issuer::audit::checkpoint::{self, Checkpoint};
use sanad_issuer::audit::verify::{self, AuditFault, Whole};
use sanad_issuer::audit::{Act, Actor, Head};
use sanad_issuer::durable::{Durable, Opening, Stop, StoreFault, TreeName};
use sanad_issuer::store::embedded::EmbeddedStore;
use sanad_issuer::store::{Papers as _, Store};
use sanad_trust::KeyUse;

use crate::invented::{Invented, noon, note};

const LOG: TreeName = TreeName("log");
const META: TreeName = TreeName("meta");
const PAPERS: TreeName = TreeName("papers");

/// An issuer whose log has so many lines.
fn with_lines(lines: u32) -> Invented {
    let invented = Invented::new("KE-SHA");
    add_lines(&invented.store(), lines);
    invented
}

fn add_lines(store: &dyn Store, lines: u32) {
    for line in 0..lines {
        store.write_papers(&[], &[note(Act::Issue, &format!("{line:016x}"))]).unwrap();
    }
}

fn verified(invented: &Invented, store: &dyn Store, given: &[Checkpoint]) -> Result<Whole, AuditFault> {
    verify::store(store, &invented.config.record, given, &mut |_| Ok::<(), AuditFault>(()))
}

fn sign(invented: &Invented, head: Head) -> Checkpoint {
    let key = invented.signer(KeyUse::Status);
    Checkpoint::sign(invented.config.record.iss(), head, noon(), key).unwrap()
}

/// As the program makes one.
fn checkpoint(invented: &Invented, store: &dyn Store) -> Checkpoint {
    let whole = verified(invented, store, &[]).unwrap();
    let checkpoint = sign(invented, whole.head);
    checkpoint::keep(store, &checkpoint, Actor::command_line()).unwrap();
    checkpoint
}

/// The log as bytes of the engine.
fn raw_lines(invented: &Invented) -> Vec<(Vec<u8>, Vec<u8>)> {
    let raw = raw(invented);
    raw.scan(LOG, (Bound::Unbounded, Bound::Unbounded), 4_096).unwrap()
}

fn raw(invented: &Invented) -> Durable {
    Durable::open(&invented.dir.join("store"), Opening::OpenExisting, &[LOG, META, PAPERS]).unwrap()
}

/// Puts these lines where the log was.
fn put(invented: &Invented, lines: &[(Vec<u8>, Vec<u8>)]) {
    let raw = raw(invented);
    let there = raw.scan(LOG, (Bound::Unbounded, Bound::Unbounded), 4_096).unwrap();
    let done = raw.commit(|act| -> Result<(), Stop<StoreFault>> {
        for (key, _) in &there {
            act.remove(LOG, key)?;
        }
        for (key, line) in lines {
            act.put(LOG, key, line)?;
        }
        Ok(())
    });
    done.unwrap();
}

fn put_head(invented: &Invented, head: Head) {
    let value = [&head.lines.to_be_bytes()[..], &head.hash.0].concat();
    let done =
        raw(invented).commit(|act| -> Result<(), Stop<StoreFault>> { Ok(act.put(META, b"log", &value)?) });
    done.unwrap();
}

fn key(n: usize) -> Vec<u8> {
    (n as u64).to_be_bytes().to_vec()
}

#[test]
fn a_log_of_several_pages_is_whole_with_its_checkpoints() {
    let invented = with_lines(1_500);
    let store = invented.store();
    let one = checkpoint(&invented, &store);
    add_lines(&store, 700);
    let two = checkpoint(&invented, &store);
    assert_eq!((one.head().lines, two.head().lines), (1_500, 2_201));
    let whole = verified(&invented, &store, &[one, two]).unwrap();
    assert_eq!((whole.head.lines, whole.checkpoints), (2_202, 4));
    let (_, head) = store.audit(0, 0).unwrap();
    assert_eq!(whole.head, head);
}

#[test]
fn every_removed_altered_inserted_and_swapped_line_is_found() {
    let invented = with_lines(12);
    let whole = raw_lines(&invented);
    let tampered = |lines: &[(Vec<u8>, Vec<u8>)], what: &str| {
        put(&invented, lines);
        let found = verified(&invented, &invented.store(), &[]);
        assert!(found.is_err(), "{what}: {found:?}");
    };
    for n in 0..whole.len() {
        let mut removed = whole.clone();
        removed.remove(n);
        tampered(&removed, &format!("line {n} removed"));
        // The lines behind it moved up.
        let moved: Vec<_> = removed.iter().enumerate().map(|(n, (_, line))| (key(n), line.clone())).collect();
        tampered(&moved, &format!("line {n} removed and the others moved up"));
        let mut altered = whole.clone();
        let text = String::from_utf8(altered[n].1.clone()).unwrap();
        altered[n].1 = text.replace("issue", "renew").into_bytes();
        tampered(&altered, &format!("line {n} altered"));
        let mut inserted: Vec<_> = whole.iter().map(|(_, line)| line.clone()).collect();
        inserted.insert(n, whole[n].1.clone());
        let inserted: Vec<_> = inserted.into_iter().enumerate().map(|(n, line)| (key(n), line)).collect();
        tampered(&inserted, &format!("line {n} doubled"));
        if n > 0 {
            let mut swapped = whole.clone();
            let (one, other) = (swapped[n].1.clone(), swapped[n - 1].1.clone());
            (swapped[n].1, swapped[n - 1].1) = (other, one);
            tampered(&swapped, &format!("lines {n} and the one before swapped"));
        }
    }
    put(&invented, &whole);
    assert!(verified(&invented, &invented.store(), &[]).is_ok());
}

#[test]
fn a_fault_names_the_line() {
    let invented = with_lines(12);
    let whole = raw_lines(&invented);
    let mut removed = whole.clone();
    removed.remove(7);
    put(&invented, &removed);
    let fault = verified(&invented, &invented.store(), &[]).unwrap_err().to_string();
    assert!(fault.contains("line 7 is missing"), "{fault}");
    let mut altered = whole.clone();
    altered[7].1 = b"{\"n\":7}".to_vec();
    put(&invented, &altered);
    let fault = verified(&invented, &invented.store(), &[]).unwrap_err().to_string();
    assert!(fault.contains("line 7 is no line"), "{fault}");
    put(&invented, &whole[..9]);
    let fault = verified(&invented, &invented.store(), &[]).unwrap_err();
    assert!(matches!(fault, AuditFault::OtherHead { lines: 9, wanted: 12, .. }), "{fault}");
}

#[test]
fn a_log_cut_with_its_head_is_found_by_the_checkpoint_in_the_store_and_by_one_elsewhere() {
    let invented = with_lines(10);
    let elsewhere = checkpoint(&invented, &invented.store());
    let whole = raw_lines(&invented);
    put(&invented, &whole[..6]);
    let mut head = Head::EMPTY;
    for (_, line) in &whole[..6] {
        head = head.follow(std::str::from_utf8(line).unwrap()).unwrap();
    }
    put_head(&invented, head);
    let fault = verified(&invented, &invented.store(), &[]).unwrap_err();
    assert!(matches!(fault, AuditFault::Short { lines: 6, wanted: 10, .. }), "{fault}");
    // The forger takes the checkpoint out of the store too: only the one elsewhere is left.
    let done = raw(&invented).commit(|act| -> Result<(), Stop<StoreFault>> {
        Ok(act.remove(PAPERS, b"checkpoint\x0000000000000000000010")?)
    });
    done.unwrap();
    assert!(verified(&invented, &invented.store(), &[]).is_ok());
    let fault = verified(&invented, &invented.store(), &[elsewhere]).unwrap_err();
    assert!(matches!(fault, AuditFault::Short { lines: 6, wanted: 10, .. }), "{fault}");
}

#[test]
fn a_log_written_anew_is_found_by_a_checkpoint_elsewhere_which_names_the_lines() {
    let invented = with_lines(4);
    let first = checkpoint(&invented, &invented.store());
    add_lines(&invented.store(), 6);
    let second = checkpoint(&invented, &invented.store());
    // A store that a forger filled with acts of his own from line 7 on.
    let store = EmbeddedStore::create(&invented.path("forged"), invented.config.record.iss()).unwrap();
    for (_, line) in raw_lines(&invented).into_iter().take(7) {
        let text = String::from_utf8(line).unwrap();
        let (n, _) = store.audit(0, 0).map(|(_, head)| (head.lines, ())).unwrap();
        let row = sanad_issuer::store::document::Row::Line { n, text };
        sanad_issuer::store::Transfer::load(&store, &[row]).unwrap();
    }
    add_lines(&store, 6);
    assert!(verified(&invented, &store, &[]).is_ok());
    assert_eq!(verified(&invented, &store, std::slice::from_ref(&first)).unwrap().checkpoints, 1);
    let fault = verified(&invented, &store, &[second, first]).unwrap_err();
    assert!(matches!(fault, AuditFault::Rewritten { from: 4, wanted: 11, .. }), "{fault}");
}

#[test]
fn a_checkpoint_in_the_store_that_the_issuer_did_not_sign_is_found() {
    let invented = with_lines(4);
    let other = Invented::new("KE-SHA");
    let store = invented.store();
    let forged = sign(&other, store.audit(0, 0).unwrap().1);
    checkpoint::keep(&store, &forged, Actor::service()).unwrap();
    let fault = verified(&invented, &store, &[]).unwrap_err();
    assert!(matches!(fault, AuditFault::Checkpoint { .. }), "{fault}");
}

#[test]
fn two_checkpoints_over_the_same_lines_are_one() {
    let invented = with_lines(4);
    let store = invented.store();
    let head = store.audit(0, 0).unwrap().1;
    let checkpoint = sign(&invented, head);
    checkpoint::keep(&store, &checkpoint, Actor::command_line()).unwrap();
    assert!(checkpoint::keep(&store, &checkpoint, Actor::command_line()).is_err(), "somebody was faster");
    let kept = store.papers(sanad_issuer::store::PaperKind::Checkpoint, "", None, 9).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(store.audit(0, 0).unwrap().1.lines, 5, "one line tells of it");
}
