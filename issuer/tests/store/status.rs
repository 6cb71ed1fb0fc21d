//! The status of documents: the rules are applied inside the commit, and every change reaches its own entry only.

use std::collections::BTreeSet;

use sanad_credential::{Status, StatusList, UnixTime};
use sanad_issuer::permutation::Shard;
use sanad_issuer::store::document::Row;
use sanad_issuer::store::publication_time::date_publication;
use sanad_issuer::store::{self, CHANGES_MAX, Kept, RecordsFault, StatusChange, Transition};
use sanad_issuer::transition::{Change, Outcome, Step};

use crate::invented::{
    change, cti, entry, keep, lines, one_change, place, reserve_to, skip_to, status, status_in, try_keep,
};
use crate::scratch::Scratch;

const SECOND_LIST: u64 = 1 << 20;

pub(crate) fn a_revoked_document_never_becomes_valid_again_also_after_reopening(scratch: &Scratch) {
    let mut store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(5)]);
    change(store.as_ref(), Change::Revoke, [5]);
    for _ in 0..2 {
        for wanted in Change::ALL {
            let steps = change(store.as_ref(), wanted, [5]);
            assert!(!matches!(steps[..], [Step::To(_)]), "{wanted:?}");
            assert_eq!(status(store.as_ref(), 5), Status::Revoked);
        }
        drop(store);
        store = scratch.open();
    }
}

pub(crate) fn every_change_lands_on_its_own_entry_and_on_no_other(scratch: &Scratch) {
    let store = scratch.create();
    let numbers: Vec<u64> = (0..600).chain(SECOND_LIST..SECOND_LIST + 10).collect();
    skip_to(store.as_ref(), SECOND_LIST + 10);
    keep(store.as_ref(), &numbers.iter().copied().map(entry).collect::<Vec<_>>());
    let parts: Vec<&[u64]> = numbers.chunks(200).collect();
    let changes = [Change::Suspend, Change::Revoke, Change::Supersede, Change::Suspend];
    for (part, wanted) in parts.iter().zip(changes) {
        let steps = change(store.as_ref(), wanted, part.iter().copied());
        assert!(steps.iter().all(|step| matches!(step, Step::To(_))));
    }
    let lists = [0, 1].map(|shard| store.status_list(Shard::numbered(shard)).unwrap());
    let wanted = [Status::Suspended, Status::Revoked, Status::Superseded, Status::Suspended];
    for (part, wanted) in parts.iter().zip(wanted) {
        for number in *part {
            assert_eq!(status(store.as_ref(), *number), wanted);
            let list = &lists[usize::try_from(place(*number).shard.number()).unwrap()];
            assert_eq!(status_in(list, *number), wanted);
        }
    }
    let others = lists.map(|list| list.iter().filter(|status| *status != Status::Valid).count());
    assert_eq!(others, [600, 10]);
}

pub(crate) fn outcomes_come_in_the_order_asked_and_a_repeat_is_seen(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(9), entry(1), entry(4)]);
    change(store.as_ref(), Change::Revoke, [4]);
    let steps = change(store.as_ref(), Change::Suspend, [9, 1, 9, 4, 1]);
    let to = Step::To(Status::Suspended);
    assert_eq!(steps, [to, to, Step::Already, Step::Refuse, Step::Already]);
    // Different changes of one document at once follow each other.
    let changes = [Change::Resume, Change::Suspend, Change::Revoke, Change::Resume];
    let done = store.change_status(&changes.map(|change| one_change(change, 9))).unwrap();
    let steps = [Step::To(Status::Valid), to, Step::To(Status::Revoked), Step::Refuse];
    let from = [Status::Suspended, Status::Valid, Status::Suspended, Status::Revoked];
    let wanted: Vec<Transition> =
        from.into_iter().zip(steps).map(|(from, step)| Transition::Judged(Outcome { from, step })).collect();
    assert_eq!(done, wanted);
    assert_eq!(status(store.as_ref(), 9), Status::Revoked);
}

pub(crate) fn an_id_that_was_never_given_is_unknown(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(1)]);
    // Number 2 was reserved and never used.
    let asked = [2, 1, 8_000].map(|number| one_change(Change::Revoke, number));
    let done = store.change_status(&asked).unwrap();
    let revoked = Transition::Judged(Outcome { from: Status::Valid, step: Step::To(Status::Revoked) });
    assert_eq!(done, [Transition::Unknown, revoked, Transition::Unknown]);
    assert_eq!(store.change_status(&[]).unwrap(), []);
    let list = store.status_list(place(1).shard).unwrap();
    assert_eq!(list.iter().filter(|status| *status != Status::Valid).count(), 1);
}

pub(crate) fn every_change_follows_the_table(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    keep(store.as_ref(), &(0..16).map(entry).collect::<Vec<_>>());
    let ways = [None, Some(Change::Revoke), Some(Change::Suspend), Some(Change::Supersede)];
    let mut number = 0;
    for (from, way) in Status::ALL.iter().zip(ways) {
        for wanted in Change::ALL {
            if let Some(way) = way {
                change(store.as_ref(), way, [number]);
            }
            let outcome = wanted.from(*from);
            assert_eq!(change(store.as_ref(), wanted, [number]), [outcome.step], "{wanted:?} from {from:?}");
            let after = if let Step::To(status) = outcome.step { status } else { *from };
            assert_eq!(status(store.as_ref(), number), after);
            number += 1;
        }
    }
}

pub(crate) fn a_line_of_the_log_stands_for_each_change_and_for_nothing_else(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(1), entry(2)]);
    let asked: Vec<StatusChange> =
        [1, 1, 7, 2].into_iter().map(|number| one_change(Change::Suspend, number)).collect();
    store.change_status(&asked).unwrap();
    let lines = lines(store.as_ref());
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(&cti(1).to_string()) && lines[1].contains(&cti(2).to_string()), "{lines:?}");
}

pub(crate) fn a_version_rises_with_each_change_and_with_nothing_else(scratch: &Scratch) {
    let store = scratch.create();
    skip_to(store.as_ref(), SECOND_LIST + 9);
    keep(store.as_ref(), &[entry(1), entry(2), entry(SECOND_LIST)]);
    assert_eq!(store.status_versions().unwrap(), []);
    change(store.as_ref(), Change::Suspend, [1, 2]);
    let first = store.status_versions().unwrap();
    assert_eq!(first.iter().map(|(shard, _)| shard.number()).collect::<Vec<_>>(), [0]);
    change(store.as_ref(), Change::Suspend, [1, 2]);
    assert_eq!(store.status_versions().unwrap(), first, "nothing was changed");
    change(store.as_ref(), Change::Suspend, [SECOND_LIST]);
    let second = store.status_versions().unwrap();
    assert_eq!((second[0], second.len()), (first[0], 2));
    // What was published once and taken back is a change too.
    change(store.as_ref(), Change::Resume, [1]);
    let third = store.status_versions().unwrap();
    assert!(third[0].1 > second[0].1 && third[1] == second[1]);
    keep(store.as_ref(), &[entry(3)]);
    assert_eq!(store.status_versions().unwrap(), third, "a new document is valid: the lists are as before");
}

pub(crate) fn a_change_that_is_refused_writes_nothing(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(1)]);
    change(store.as_ref(), Change::Resume, [1]);
    store.change_status(&[one_change(Change::Revoke, 8)]).unwrap();
    let kept = try_keep(store.as_ref(), &[crate::invented::superseding(2, 8)]);
    assert_eq!(kept, [Kept::NothingToSupersede]);
    assert!(!blocks_or_lines(store.as_ref()));
    change(store.as_ref(), Change::Suspend, [1]);
    assert!(blocks_or_lines(store.as_ref()));
}

/// Whether there are rows that only a change writes. The invented documents cannot be dumped: nobody can read them.
fn blocks_or_lines(store: &dyn store::Store) -> bool {
    let after = store::document::RowKey::Request("\u{7f}".to_owned(), String::new());
    store.dump(Some(&after), 9).unwrap().iter().any(|row| matches!(row, Row::Block { .. } | Row::Line { .. }))
}

pub(crate) fn more_changes_than_a_commit_takes_are_refused(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    keep(store.as_ref(), &(0..64).map(entry).collect::<Vec<_>>());
    let asked: Vec<StatusChange> =
        (0..=CHANGES_MAX as u64).map(|number| one_change(Change::Revoke, number)).collect();
    assert!(matches!(store.change_status(&asked), Err(RecordsFault::TooMuch { .. })));
    assert_eq!(status(store.as_ref(), 0), Status::Valid);
    assert_eq!(store.change_status(&asked[1..]).unwrap().len(), CHANGES_MAX);
}

pub(crate) fn a_list_without_changes_is_all_valid(scratch: &Scratch) {
    let store = scratch.create();
    for shard in [0, 7, u32::MAX] {
        assert_eq!(store.status_list(Shard::numbered(shard)).unwrap(), StatusList::all_valid());
    }
}

pub(crate) fn lists_in_use_are_counted_from_the_documents(scratch: &Scratch) {
    let store = scratch.create();
    assert_eq!(store::lists_in_use(store.as_ref()).unwrap(), 1);
    skip_to(store.as_ref(), SECOND_LIST + 9);
    keep(store.as_ref(), &[entry(SECOND_LIST - 1)]);
    assert_eq!(store::lists_in_use(store.as_ref()).unwrap(), 1);
    keep(store.as_ref(), &[entry(SECOND_LIST)]);
    assert_eq!(store::lists_in_use(store.as_ref()).unwrap(), 2);
}

pub(crate) fn a_list_never_bears_a_time_twice_whatever_the_clock_says(scratch: &Scratch) {
    let store = scratch.create();
    let time = |seconds| UnixTime::new(seconds).unwrap();
    let shard = Shard::numbered(0);
    let now = time(1_800_000_000);
    let date = |store: &dyn store::Store, now, shown| date_publication(store, shard, now, shown).unwrap();
    assert_eq!(date(store.as_ref(), now, None), now);
    assert_eq!(date(store.as_ref(), now, None), time(1_800_000_001));
    let set_back = time(1_700_000_000);
    assert_eq!(date(store.as_ref(), set_back, None), time(1_800_000_002));
    drop(store);
    let store = scratch.open();
    assert_eq!(date(store.as_ref(), set_back, None), time(1_800_000_003));
    let shown = Some(time(1_900_000_000));
    assert_eq!(date(store.as_ref(), set_back, shown), time(1_900_000_001));
    let other = date_publication(store.as_ref(), Shard::numbered(1), set_back, None).unwrap();
    assert_eq!(other, set_back);
    let last = UnixTime::parse("2199-12-31T23:59:59Z").unwrap();
    let beyond = date_publication(store.as_ref(), shard, last, None);
    assert!(matches!(beyond, Err(RecordsFault::Time { .. })));
    assert_eq!(date(store.as_ref(), set_back, None), time(1_900_000_002), "a refused time is not kept");
}

pub(crate) fn threads_never_date_a_publication_alike(scratch: &Scratch) {
    let store = scratch.create();
    let now = UnixTime::new(1_800_000_000).unwrap();
    let times: Vec<u64> = std::thread::scope(|scope| {
        let date = |_| {
            let store = store.as_ref();
            let one = move || loop {
                match date_publication(store, Shard::numbered(0), now, None) {
                    Ok(time) => return time.seconds(),
                    // It gives up after so many that were faster.
                    Err(RecordsFault::Overtaken { .. }) => {}
                    Err(fault) => panic!("{fault}"),
                }
            };
            scope.spawn(move || (0..10).map(|_| one()).collect::<Vec<_>>())
        };
        let threads: Vec<_> = (0..3).map(date).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(times.iter().collect::<BTreeSet<_>>().len(), 30);
    assert_eq!(times.iter().max(), Some(&1_800_000_029), "and none is skipped");
}
