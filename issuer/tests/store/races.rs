//! Threads that meet: what they bring behaves as if one had come after the other.

use std::sync::Barrier;

use sanad_credential::Status;
use sanad_issuer::audit::Act;
use sanad_issuer::store::{
    self, Batch, Entry, Expect, Issued, Kept, PaperId, PaperKey, PaperKind, PaperWrite, Partly, RecordsFault,
};
use sanad_issuer::transition::{Change, Step};

use crate::invented::{
    asked, change, cti, entry, issued, keep, lines, note, one_change, request, reserve_to, status,
    superseding, try_keep,
};
use crate::scratch::Scratch;

/// Runs a piece of work on threads that start at the same moment; the answers are in their order.
fn at_once<A: Send>(threads: u64, work: impl Fn(u64) -> A + Sync) -> Vec<A> {
    let start = Barrier::new(usize::try_from(threads).unwrap());
    let (start, work) = (&start, &work);
    std::thread::scope(|scope| {
        let run = |thread| {
            scope.spawn(move || {
                start.wait();
                work(thread)
            })
        };
        let threads: Vec<_> = (0..threads).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// One of the answers is that it was kept, the others that it was there.
fn one_kept(kept: &[Vec<Kept>], is_there: impl Fn(&Kept) -> bool) {
    let all: Vec<&Kept> = kept.iter().flatten().collect();
    let won = all.iter().filter(|kept| ***kept == Kept::Kept).count();
    let lost = all.iter().filter(|kept| is_there(kept)).count();
    assert_eq!((won, lost), (1, all.len() - 1), "{kept:?}");
}

pub(crate) fn two_threads_with_one_request_keep_one_document(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 200);
    for round in 0..25_u64 {
        let key = request("token:a", &format!("key-{round}"), "x");
        let kept = at_once(3, |thread| try_keep(store.as_ref(), &[asked(round * 3 + thread, key.clone())]));
        one_kept(&kept, |kept| matches!(kept, Kept::SameRequest { .. }));
        let numbers = round * 3..round * 3 + 3;
        let there: Vec<u64> =
            numbers.filter(|number| store::held(store.as_ref(), cti(*number)).unwrap().is_some()).collect();
        assert_eq!(there.len(), 1);
        let named = kept.iter().flatten().filter(|kept| **kept == Kept::SameRequest { cti: cti(there[0]) });
        assert_eq!(named.count(), 2);
    }
}

pub(crate) fn two_threads_with_one_record_keep_one_document(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 200);
    for round in 0..25_u64 {
        let same = |number| Entry {
            issued: Issued { digest: issued(1_000 + round).digest, ..issued(number) },
            ..entry(number)
        };
        let kept = at_once(3, |thread| try_keep(store.as_ref(), &[same(round * 3 + thread)]));
        one_kept(&kept, |kept| matches!(kept, Kept::SameRecord { .. }));
    }
}

pub(crate) fn two_threads_that_supersede_one_document_do_it_once(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 200);
    for round in 0..15_u64 {
        let old = round * 4;
        keep(store.as_ref(), &[entry(old)]);
        let kept = at_once(3, |thread| try_keep(store.as_ref(), &[superseding(old + 1 + thread, old)]));
        one_kept(&kept, |kept| *kept == Kept::CannotSupersede { from: Status::Superseded });
        assert_eq!(status(store.as_ref(), old), Status::Superseded);
    }
}

pub(crate) fn batches_that_meet_crosswise_keep_each_record_once(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 400);
    for round in 0..10_u64 {
        // Four threads bring the same ten records, half of them from the last to the first.
        let kept = at_once(4, |thread| {
            let mut entries: Vec<Entry> = (0..10)
                .map(|n| {
                    let number = round * 40 + thread * 10 + n;
                    let digest = issued(10_000 + round * 10 + n).digest;
                    let request = request("token:a", &format!("key-{round}-{n}"), "x");
                    Entry { issued: Issued { digest, ..issued(number) }, ..asked(number, request) }
                })
                .collect();
            if thread % 2 == 1 {
                entries.reverse();
            }
            try_keep(store.as_ref(), &entries)
        });
        assert_eq!(kept.iter().flatten().filter(|kept| **kept == Kept::Kept).count(), 10, "{kept:?}");
    }
}

pub(crate) fn changes_of_neighbours_at_once_lose_none(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 400);
    keep(store.as_ref(), &(0..320).map(entry).collect::<Vec<_>>());
    // Each block has documents of all threads; the first change of each block makes it.
    let done = at_once(4, |thread| {
        let mine = (0..80).map(|n| n * 4 + thread);
        change(store.as_ref(), Change::Suspend, mine)
    });
    assert!(done.iter().flatten().all(|step| *step == Step::To(Status::Suspended)));
    assert!((0..320).all(|number| status(store.as_ref(), number) == Status::Suspended));
    assert_eq!(lines(store.as_ref()).len(), 320);
}

pub(crate) fn a_paper_counts_every_thread(scratch: &Scratch) {
    let store = scratch.create();
    let key = PaperKey { kind: PaperKind::Job, id: PaperId::new("count").unwrap() };
    at_once(4, |_| {
        let mut counted = 0;
        while counted < 15 {
            let found = store.paper(&key).unwrap();
            let (expect, value) = match &found {
                None => (Expect::Absent, 0),
                Some(paper) => (
                    Expect::Version(paper.version),
                    str::from_utf8(&paper.content).unwrap().parse::<u32>().unwrap(),
                ),
            };
            let content = Some((value + 1).to_string().into_bytes());
            match store.write_papers(&[PaperWrite { key: key.clone(), expect, content }], &[]) {
                Ok(()) => counted += 1,
                Err(RecordsFault::Overtaken { .. }) => {}
                Err(fault) => panic!("{fault}"),
            }
        }
    });
    let paper = store.paper(&key).unwrap().unwrap();
    assert_eq!((paper.version, paper.content.as_slice()), (60, b"60".as_slice()));
}

pub(crate) fn the_log_holds_whatever_threads_do(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 400);
    keep(store.as_ref(), &(0..40).map(entry).collect::<Vec<_>>());
    at_once(8, |thread| {
        for n in 0..10_u64 {
            match thread % 3 {
                0 => {
                    let number = 100 + thread * 10 + n;
                    let noted = Entry { note: Some(note(Act::Issue, &number.to_string())), ..entry(number) };
                    let batch = Batch {
                        partly: Partly::Allowed,
                        entries: &[noted],
                        papers: &[],
                        notes: &[note(Act::IssueMany, "job")],
                    };
                    assert_eq!(store.keep(&batch).unwrap(), [Kept::Kept]);
                }
                1 => {
                    let changes = [one_change(Change::Suspend, thread * 5 + n % 5)];
                    store.change_status(&changes).unwrap();
                }
                _ => store.write_papers(&[], &[note(Act::CreateToken, "token:x")]).unwrap(),
            }
        }
    });
    // Threads 0, 3, 6 write two lines each time, 1, 4, 7 suspend five documents, 2 and 5 write one.
    assert_eq!(lines(store.as_ref()).len(), 3 * 20 + 3 * 5 + 2 * 10);
}
