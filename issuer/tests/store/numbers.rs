//! Numbers: never one twice, whatever happens, and none that has no place in a list.

use std::collections::BTreeSet;

use sanad_issuer::store::RecordsFault;

use crate::invented::skip_to;
use crate::scratch::Scratch;

pub(crate) fn numbers_are_never_given_twice_also_after_reopening(scratch: &Scratch) {
    let mut store = scratch.create();
    let mut next = 0;
    for count in [1, 64, 3, 1_000] {
        assert_eq!(store.reserve(count).unwrap(), next..next + u64::from(count));
        next += u64::from(count);
        drop(store);
        store = scratch.open();
    }
}

pub(crate) fn eight_threads_never_get_one_number(scratch: &Scratch) {
    let store = scratch.create();
    let given: Vec<u64> = std::thread::scope(|scope| {
        let reserve = |thread: u32| {
            let store = &store;
            scope.spawn(move || {
                (0..30).flat_map(|n| store.reserve(1 + (n + thread) % 5).unwrap()).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..8).map(reserve).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let different: BTreeSet<u64> = given.iter().copied().collect();
    assert_eq!(different.len(), given.len());
    assert_eq!(store.reserve(1).unwrap().start, u64::try_from(given.len()).unwrap(), "none was skipped");
}

pub(crate) fn at_least_one_number_is_given(scratch: &Scratch) {
    let store = scratch.create();
    assert_eq!(store.reserve(0).unwrap(), 0..1);
    assert_eq!(store.reserve(1).unwrap(), 1..2);
}

pub(crate) fn no_number_beyond_the_last_list_is_given(scratch: &Scratch) {
    let store = scratch.create();
    let last = (1 << 52) - 2;
    skip_to(store.as_ref(), last);
    for count in [2, 64, u32::MAX] {
        assert!(matches!(store.reserve(count), Err(RecordsFault::Damaged { .. })), "{count}");
    }
    assert_eq!(store.reserve(1).unwrap(), last..last + 1);
    assert!(store.reserve(1).is_err());
}
