//! Who publishes: one of all that have the store open, and another when that one is gone.

use std::time::{Duration, Instant};

use sanad_issuer::store::opening;
use sanad_issuer::store::{Leading, RecordsFault, Store};

use crate::scratch::{Scratch, iss};

/// PostgreSQL notices within moments that a session is over.
fn until_leader(store: &dyn Store) {
    let start = Instant::now();
    while store.lead().unwrap() != Leading::Leader {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody leads");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_embedded_store_belongs_to_one_process_which_leads() {
    let scratch = Scratch::embedded();
    let store = scratch.create();
    assert_eq!(store.lead().unwrap(), Leading::Leader);
    assert!(opening::open(&scratch.choice(), &iss()).is_err(), "in use");
    assert_eq!(store.lead().unwrap(), Leading::Leader);
}

#[test]
fn of_two_replicas_one_leads_until_it_is_gone() {
    let scratch = Scratch::postgres();
    let (first, second) = (scratch.create(), scratch.open());
    for _ in 0..5 {
        assert_eq!(first.lead().unwrap(), Leading::Leader);
        assert_eq!(second.lead().unwrap(), Leading::Follower);
    }
    drop(first);
    until_leader(second.as_ref());
    let third = scratch.open();
    assert_eq!(third.lead().unwrap(), Leading::Follower);
    assert_eq!(second.lead().unwrap(), Leading::Leader);
}

#[test]
fn a_leader_that_lost_its_session_does_not_lead_beside_another() {
    let scratch = Scratch::postgres();
    let Scratch::Postgres(database) = &scratch else { panic!("PostgreSQL") };
    let (first, second) = (scratch.create(), scratch.open());
    assert_eq!(first.lead().unwrap(), Leading::Leader);
    assert_eq!(second.lead().unwrap(), Leading::Follower);
    database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    until_leader(second.as_ref());
    assert_eq!(first.lead().unwrap(), Leading::Follower);
    assert_eq!(second.lead().unwrap(), Leading::Leader);
}

#[test]
fn issuers_in_databases_of_their_own_lead_both() {
    let scratches = [Scratch::postgres(), Scratch::postgres()];
    let stores = [scratches[0].create(), scratches[1].create()];
    assert!(stores.iter().all(|store| store.lead().unwrap() == Leading::Leader));
}

#[test]
fn whoever_asks_at_once_from_many_threads_is_one_candidate() {
    let scratch = Scratch::postgres();
    let store = scratch.create();
    let answers: Vec<Result<Leading, RecordsFault>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| store.lead())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Leading::Leader))), "{answers:?}");
}
