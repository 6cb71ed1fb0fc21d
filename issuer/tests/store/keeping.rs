//! Keeping documents: what becomes of an entry, and that a batch is all or nothing.

use sanad_credential::{DelegationId, Status};
use sanad_issuer::audit::{Act, Note};
use sanad_issuer::register::Digest;
use sanad_issuer::store::paper::CONTENT_BYTES_MAX;
use sanad_issuer::store::{
    self, BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, Batch, Entry, Expect, Issued, Kept, PAPERS_MAX, PaperId,
    PaperKey, PaperKind, PaperWrite, Partly, Query, RecordsFault, Store,
};
use sanad_issuer::transition::Change;

use crate::invented::{
    asked, change, cti, delegated, entry, issued, keep, lines, named, note, request, reserve_to, rows,
    status, superseding, try_keep,
};
use crate::scratch::Scratch;

fn by_record(store: &dyn Store, digest: Digest) -> Option<Issued> {
    store.find(&Query::Record(digest), None, 5).unwrap().into_iter().next().map(|held| held.issued)
}

fn write(id: &str, expect: Expect, content: &str) -> PaperWrite {
    let key = PaperKey { kind: PaperKind::Job, id: PaperId::new(id).unwrap() };
    PaperWrite { key, expect, content: Some(content.as_bytes().to_vec()) }
}

pub(crate) fn documents_come_back_by_their_record_after_reopening(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 39);
    keep(store.as_ref(), &(0..40).map(entry).collect::<Vec<_>>());
    drop(store);
    let store = scratch.open();
    for number in 0..40 {
        assert_eq!(by_record(store.as_ref(), issued(number).digest), Some(issued(number)));
        let held = store::held(store.as_ref(), cti(number)).unwrap().unwrap();
        assert_eq!((held.issued, held.status), (issued(number), Status::Valid));
    }
}

pub(crate) fn an_unknown_id_or_record_is_not_found(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0), entry(1)]);
    assert_eq!(store::held(store.as_ref(), cti(2)).unwrap(), None);
    assert_eq!(by_record(store.as_ref(), issued(2).digest), None);
    // The other half of the digest counts too.
    let mut half = issued(1).digest;
    half.0[31] ^= 1;
    assert_eq!(by_record(store.as_ref(), half), None);
}

pub(crate) fn a_number_that_was_not_reserved_stops_the_whole_batch(scratch: &Scratch) {
    let store = scratch.create();
    assert_eq!(store.reserve(2).unwrap(), 0..2);
    let refused = store.keep(&Batch {
        partly: Partly::Allowed,
        entries: &[entry(0), entry(2)],
        papers: &[],
        notes: &[],
    });
    assert!(matches!(refused, Err(RecordsFault::NotReserved { number: 2, next: 2 })), "{refused:?}");
    assert_eq!(store::held(store.as_ref(), cti(0)).unwrap(), None);
    keep(store.as_ref(), &[entry(1), entry(0)]);
}

pub(crate) fn a_number_that_was_given_twice_stops_the_whole_batch(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 5);
    keep(store.as_ref(), &[entry(3)]);
    let twice = Entry { issued: Issued { sequence: issued(3).sequence, ..issued(4) }, ..entry(4) };
    let refused =
        store.keep(&Batch { partly: Partly::Allowed, entries: &[entry(5), twice], papers: &[], notes: &[] });
    assert!(matches!(refused, Err(RecordsFault::Damaged { .. })), "{refused:?}");
    assert_eq!(store::held(store.as_ref(), cti(5)).unwrap(), None);
    assert_eq!(store::held(store.as_ref(), cti(3)).unwrap().unwrap().issued, issued(3));
}

pub(crate) fn a_record_is_never_kept_twice(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0)]);
    let again =
        |number| Entry { issued: Issued { digest: issued(0).digest, ..issued(number) }, ..entry(number) };
    assert_eq!(try_keep(store.as_ref(), &[again(1)]), [Kept::SameRecord { cti: cti(0) }]);
    let here = Entry { issued: Issued { digest: issued(2).digest, ..issued(3) }, ..entry(3) };
    let kept = try_keep(store.as_ref(), &[entry(2), here, again(4), entry(5)]);
    let same = |number| Kept::SameRecord { cti: cti(number) };
    assert_eq!(kept, [Kept::Kept, same(2), same(0), Kept::Kept]);
    for gone in [1, 3, 4] {
        assert_eq!(store::held(store.as_ref(), cti(gone)).unwrap(), None);
    }
}

pub(crate) fn an_id_is_never_given_twice(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0)]);
    let same_id = |number, id| Entry { issued: Issued { cti: cti(id), ..issued(number) }, ..entry(number) };
    let kept = try_keep(store.as_ref(), &[same_id(1, 0), entry(2), same_id(3, 2)]);
    assert_eq!(kept, [Kept::IdTaken, Kept::Kept, Kept::IdTaken]);
    assert_eq!(store::held(store.as_ref(), cti(0)).unwrap().unwrap().issued, issued(0));
    assert_eq!(by_record(store.as_ref(), issued(1).digest), None);
}

pub(crate) fn a_request_is_answered_once(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    let first = request("token:a", "key-1", "give Njoki a card");
    keep(store.as_ref(), &[asked(0, first.clone())]);
    let other = request("token:a", "key-1", "give Otieno a card");
    let kept = try_keep(store.as_ref(), &[asked(1, first.clone()), asked(2, other.clone())]);
    assert_eq!(kept, [Kept::SameRequest { cti: cti(0) }, Kept::OtherRequest { cti: cti(0) }]);
    // In one batch too.
    let second = request("token:a", "key-2", "x");
    let kept = try_keep(store.as_ref(), &[asked(3, second.clone()), asked(4, second)]);
    assert_eq!(kept, [Kept::Kept, Kept::SameRequest { cti: cti(3) }]);
    drop(store);
    let store = scratch.open();
    assert_eq!(try_keep(store.as_ref(), &[asked(5, other)]), [Kept::OtherRequest { cti: cti(0) }]);
    // What a request led to is found by its client and key.
    let led_to = |client: &str, key: &str| {
        let asked = request(client, key, "");
        let found = store.find(&Query::Request(asked.client, asked.key), None, 5).unwrap();
        found.iter().map(|held| held.issued.cti).collect::<Vec<_>>()
    };
    assert_eq!((led_to("token:a", "key-1"), led_to("token:a", "key-2")), (vec![cti(0)], vec![cti(3)]));
    assert!(led_to("token:b", "key-1").is_empty() && led_to("token:a", "key").is_empty());
    for gone in [1, 2, 4, 5] {
        assert_eq!(store::held(store.as_ref(), cti(gone)).unwrap(), None);
    }
}

pub(crate) fn keys_of_different_clients_have_nothing_to_do_with_each_other(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    // Put together, each pair has the same letters.
    let pairs = [("token:a", "bc"), ("token:ab", "c"), ("token:a", "bC"), ("token:A", "bc")];
    let entries: Vec<Entry> =
        (0..).zip(pairs).map(|(number, (client, key))| asked(number, request(client, key, "x"))).collect();
    keep(store.as_ref(), &entries);
}

pub(crate) fn a_request_is_looked_at_first_then_the_record_then_the_id_then_what_is_superseded(
    scratch: &Scratch,
) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 19);
    let known = request("token:a", "key-1", "x");
    keep(store.as_ref(), &[asked(0, known.clone()), entry(1), entry(2), entry(3)]);
    change(store.as_ref(), Change::Revoke, [3]);
    let wrong_in_all = Entry {
        issued: Issued { cti: cti(2), digest: issued(1).digest, ..issued(4) },
        request: Some(known),
        supersedes: Some(cti(3)),
        ..entry(4)
    };
    let but_the_request = Entry { request: Some(request("token:a", "new", "x")), ..wrong_in_all.clone() };
    let but_the_record = Entry {
        issued: Issued { digest: issued(4).digest, ..but_the_request.issued.clone() },
        ..but_the_request.clone()
    };
    let but_the_id = Entry { issued: issued(4), ..but_the_record.clone() };
    for (entry, outcome) in [
        (wrong_in_all, Kept::SameRequest { cti: cti(0) }),
        (but_the_request, Kept::SameRecord { cti: cti(1) }),
        (but_the_record, Kept::IdTaken),
        (but_the_id.clone(), Kept::CannotSupersede { from: Status::Revoked }),
        (Entry { supersedes: Some(cti(18)), ..but_the_id.clone() }, Kept::NothingToSupersede),
        (Entry { supersedes: None, ..but_the_id }, Kept::Kept),
    ] {
        assert_eq!(try_keep(store.as_ref(), &[entry]), [outcome]);
    }
}

pub(crate) fn what_is_not_kept_leaves_no_trace(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 19);
    keep(store.as_ref(), &[entry(0), entry(1)]);
    let full = |number, old| Entry {
        supersedes: Some(cti(old)),
        request: Some(request("token:a", &format!("key-{number}"), "x")),
        note: Some(note(Act::Issue, "not kept")),
        ..named(number, "Njoki Wambui")
    };
    let before = lines(store.as_ref()).len();
    let same_record = Entry { issued: Issued { digest: issued(0).digest, ..issued(2) }, ..full(2, 1) };
    let same_id = Entry { issued: Issued { cti: cti(0), ..issued(3) }, ..full(3, 1) };
    let kept = try_keep(store.as_ref(), &[same_record, same_id, full(4, 17)]);
    assert_eq!(kept, [Kept::SameRecord { cti: cti(0) }, Kept::IdTaken, Kept::NothingToSupersede]);
    assert_eq!(lines(store.as_ref()).len(), before);
    assert_eq!(status(store.as_ref(), 1), Status::Valid);
    let found = store.find(&Query::Name(store::NameForm::of("njoki")), None, 9).unwrap();
    assert!(found.is_empty());
    // Their numbers and requests are as free as before.
    let again = [(2, "key-2"), (3, "key-3"), (4, "key-4")];
    keep(store.as_ref(), &again.map(|(number, key)| asked(number, request("token:a", key, "another"))));
}

pub(crate) fn what_is_superseded_is_so_in_the_commit_of_the_newer_one(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0), entry(1), entry(2)]);
    change(store.as_ref(), Change::Suspend, [1]);
    let shard = crate::invented::place(0).shard;
    let versions = store.status_versions().unwrap();
    keep(store.as_ref(), &[superseding(3, 0), superseding(4, 1)]);
    let list = store.status_list(shard).unwrap();
    for (number, wanted) in [
        (0, Status::Superseded),
        (1, Status::Superseded),
        (2, Status::Valid),
        (3, Status::Valid),
        (4, Status::Valid),
    ] {
        assert_eq!(status(store.as_ref(), number), wanted, "{number}");
        assert_eq!(crate::invented::status_in(&list, number), wanted, "{number}");
    }
    assert!(store.status_versions().unwrap()[0].1 > versions[0].1);
    drop(store);
    assert_eq!(status(scratch.open().as_ref(), 0), Status::Superseded);
}

pub(crate) fn what_is_not_in_force_cannot_be_superseded(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0), entry(1)]);
    change(store.as_ref(), Change::Revoke, [0]);
    keep(store.as_ref(), &[superseding(2, 1)]);
    let kept = try_keep(store.as_ref(), &[superseding(3, 0), superseding(4, 1), superseding(5, 8)]);
    let cannot = |from| Kept::CannotSupersede { from };
    assert_eq!(kept, [cannot(Status::Revoked), cannot(Status::Superseded), Kept::NothingToSupersede]);
    assert_eq!(status(store.as_ref(), 0), Status::Revoked);
}

pub(crate) fn an_entry_sees_those_before_it_in_its_batch(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    let kept = try_keep(store.as_ref(), &[superseding(1, 0), entry(0), superseding(2, 0), superseding(3, 0)]);
    let cannot = Kept::CannotSupersede { from: Status::Superseded };
    assert_eq!(kept, [Kept::NothingToSupersede, Kept::Kept, Kept::Kept, cannot]);
    assert_eq!(status(store.as_ref(), 0), Status::Superseded);
    assert_eq!(status(store.as_ref(), 2), Status::Valid);
}

pub(crate) fn a_paper_that_was_overtaken_stops_the_whole_batch(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    store.write_papers(&[write("job", Expect::Absent, "old")], &[]).unwrap();
    let papers = [write("new", Expect::Absent, "new"), write("job", Expect::Version(7), "lost")];
    let noted = Entry { note: Some(note(Act::Issue, "x")), ..entry(0) };
    let batch = Batch {
        partly: Partly::Allowed,
        entries: &[noted],
        papers: &papers,
        notes: &[note(Act::IssueMany, "job")],
    };
    let overtaken = store.keep(&batch);
    assert!(
        matches!(&overtaken, Err(RecordsFault::Overtaken { id }) if id.as_str() == "job"),
        "{overtaken:?}"
    );
    assert_eq!(store::held(store.as_ref(), cti(0)).unwrap(), None);
    assert_eq!(lines(store.as_ref()), [""; 0]);
    let all = store.papers(PaperKind::Job, "", None, 9).unwrap();
    assert_eq!((all.len(), all[0].content.as_slice()), (1, b"old".as_slice()));
    // A number that was not reserved stops the papers in turn.
    let batch = Batch {
        partly: Partly::Allowed,
        entries: &[entry(900)],
        papers: &[write("new", Expect::Absent, "new")],
        notes: &[],
    };
    assert!(matches!(store.keep(&batch), Err(RecordsFault::NotReserved { .. })));
    assert_eq!(store.papers(PaperKind::Job, "new", None, 9).unwrap(), []);
}

pub(crate) fn papers_are_written_with_the_documents(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    let again = Entry { issued: Issued { digest: issued(0).digest, ..issued(1) }, ..entry(1) };
    let papers = [write("job", Expect::Absent, "row 2"), write("result-1", Expect::Whatever, "x")];
    let batch = Batch {
        partly: Partly::Allowed,
        entries: &[entry(0), again],
        papers: &papers,
        notes: &[note(Act::IssueMany, "job")],
    };
    let kept = store.keep(&batch).unwrap();
    assert_eq!(kept, [Kept::Kept, Kept::SameRecord { cti: cti(0) }]);
    drop(store);
    let store = scratch.open();
    let papers = store.papers(PaperKind::Job, "", None, 9).unwrap();
    assert_eq!(papers.iter().map(|paper| paper.version).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(lines(store.as_ref()).len(), 1);
    // A batch may have papers only.
    let batch = Batch {
        partly: Partly::Allowed,
        entries: &[],
        papers: &[write("job", Expect::Version(1), "done")],
        notes: &[],
    };
    assert_eq!(store.keep(&batch).unwrap(), []);
    assert_eq!(store.papers(PaperKind::Job, "job", None, 1).unwrap()[0].version, 2);
}

pub(crate) fn a_batch_that_must_be_whole_is_kept_in_whole_or_not_at_all(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0), entry(1)]);
    let again = Entry { issued: Issued { digest: issued(0).digest, ..issued(3) }, ..entry(3) };
    let noted = Entry { note: Some(note(Act::Issue, "x")), ..superseding(2, 1) };
    let papers = [write("job", Expect::Absent, "row 2")];
    let notes = [note(Act::IssueMany, "job")];
    let entries = [noted.clone(), again, superseding(4, 8)];
    let batch = Batch { partly: Partly::Refused, entries: &entries, papers: &papers, notes: &notes };
    match store.keep(&batch) {
        Err(RecordsFault::NotKept { kept }) => {
            assert_eq!(kept, [Kept::Kept, Kept::SameRecord { cti: cti(0) }, Kept::NothingToSupersede]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store::held(store.as_ref(), cti(2)).unwrap(), None);
    assert_eq!(status(store.as_ref(), 1), Status::Valid);
    assert_eq!(store.papers(PaperKind::Job, "", None, 9).unwrap(), []);
    assert_eq!(lines(store.as_ref()), [""; 0]);
    let batch = Batch { partly: Partly::Refused, entries: &[noted], papers: &papers, notes: &notes };
    assert_eq!(store.keep(&batch).unwrap(), [Kept::Kept]);
    assert_eq!((status(store.as_ref(), 1), lines(store.as_ref()).len()), (Status::Superseded, 2));
}

pub(crate) fn sixteen_of_the_longest_documents_fit_into_one_commit(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    keep(store.as_ref(), &(0..16).map(entry).collect::<Vec<_>>());
    let longest = |number| Entry {
        issued: Issued { document: vec![1; sanad_credential::OWN_BYTES_MAX], ..issued(number) },
        ..delegated(number, "KE-DELEGATE-WITH-LONG-ID")
    };
    let documents: Vec<Entry> = (16..32).map(longest).collect();
    let weight: usize = documents.iter().map(Entry::weight).sum();
    assert!(weight <= BATCH_BYTES_MAX, "{weight}");
    assert_eq!(try_keep(store.as_ref(), &documents), vec![Kept::Kept; 16]);
    assert_eq!(store::held(store.as_ref(), cti(31)).unwrap().unwrap().issued, longest(31).issued);
}

/// What an entry weighs is a bound of what it takes: as many as a batch may have, with everything that belongs to them, fit
/// beside the papers of a job.
pub(crate) fn the_fullest_batches_fit_into_one_commit_beside_the_papers_of_a_job(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 499);
    let found = |number: u64| {
        let member = format!("INVENTED-{number:055}");
        let delegation = DelegationId::new("KE-DELEGATE-WITH-LONG-ID").unwrap();
        let mut entry = named(number, "Twenty-four letters of a name");
        (entry.finding.number, entry.finding.delegation) = (Some(member), Some(delegation));
        entry
    };
    let paper_only = |number: u64| Entry { request: None, note: None, ..found(number) };
    let with_all = |number: u64| Entry {
        request: Some(request("token:0123456789abcdef", &format!("{number:064}"), "what was asked")),
        note: Some(Note { detail: "d".repeat(80), ..note(Act::Issue, &cti(number).to_string()) }),
        supersedes: number.checked_sub(200).map(cti),
        ..found(number)
    };
    let mut next = 0;
    for (job, make) in [("a", &paper_only as &dyn Fn(u64) -> Entry), ("b", &with_all), ("c", &with_all)] {
        let mut entries: Vec<Entry> = Vec::new();
        while entries.len() < BATCH_ENTRIES_MAX
            && entries.iter().map(Entry::weight).sum::<usize>() + make(next).weight() <= BATCH_BYTES_MAX
        {
            entries.push(make(next));
            next += 1;
        }
        next = next.next_multiple_of(200);
        let text = "p".repeat(CONTENT_BYTES_MAX);
        let papers = [0, 1, 2].map(|piece| write(&format!("{job}-{piece}"), Expect::Absent, &text));
        let notes = [note(Act::IssueMany, job)];
        let batch = Batch { partly: Partly::Refused, entries: &entries, papers: &papers, notes: &notes };
        let kept = store.keep(&batch).unwrap();
        assert!(kept.len() > 8 && kept.iter().all(|kept| *kept == Kept::Kept), "{kept:?}");
    }
}

pub(crate) fn more_than_a_batch_takes_is_refused(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    let too_much = |entries: &[Entry], papers: &[PaperWrite]| {
        matches!(
            store.keep(&Batch { partly: Partly::Allowed, entries, papers, notes: &[] }),
            Err(RecordsFault::TooMuch { .. })
        )
    };
    let many: Vec<Entry> = (0..=BATCH_ENTRIES_MAX as u64).map(entry).collect();
    assert!(too_much(&many, &[]));
    let long =
        |number| Entry { issued: Issued { document: vec![1; 2_048], ..issued(number) }, ..entry(number) };
    assert!(too_much(&(0..20).map(long).collect::<Vec<_>>(), &[]));
    let papers: Vec<PaperWrite> =
        (0..=PAPERS_MAX).map(|n| write(&format!("p{n}"), Expect::Absent, "")).collect();
    assert!(too_much(&[entry(0)], &papers));
    assert_eq!(rows(store.as_ref(), 100).len(), 1, "only the number is there");
    keep(store.as_ref(), &many[..BATCH_ENTRIES_MAX]);
}
