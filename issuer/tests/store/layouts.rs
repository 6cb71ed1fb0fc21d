//! Making, opening and migrating: a store is never made by mistake, and one of another layout is not touched.

use std::sync::Barrier;

use sanad_issuer::durable::StoreFault;
use sanad_issuer::store::RecordsFault;
use sanad_issuer::store::fault::Again;
use sanad_issuer::store::opening::{self, Direction, Migration, MigrationFault, StoreChoice};

use crate::invented::{entry, keep, noon, reserve_to};
use crate::scratch::{Database, Scratch, iss};

fn migrate(choice: &StoreChoice, direction: Direction) -> Result<Migration, MigrationFault> {
    opening::migrate(choice, &iss(), direction, noon(), &mut |_| ())
}

fn database(scratch: &Scratch) -> &Database {
    let Scratch::Postgres(database) = scratch else { panic!("PostgreSQL") };
    database
}

fn tables(scratch: &Scratch) -> i64 {
    database(scratch).number("SELECT count(*) FROM pg_tables WHERE schemaname = 'sanad'")
}

#[test]
fn a_store_is_made_once() {
    for scratch in [Scratch::embedded(), Scratch::postgres()] {
        let store = scratch.create();
        store.reserve(5).unwrap();
        drop(store);
        let again = opening::create(&scratch.choice(), &iss()).map(|_| ());
        match &again {
            Err(RecordsFault::Store(StoreFault::AlreadyExists { .. })) => {}
            Err(RecordsFault::Database { problem, again: Again::Never }) if problem.contains("KE-SHA") => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(scratch.open().reserve(1).unwrap().start, 5);
    }
}

#[test]
fn opening_makes_nothing() {
    for scratch in [Scratch::embedded(), Scratch::postgres()] {
        assert!(scratch.try_open(&iss()).is_err());
        assert!(scratch.try_open(&iss()).is_err(), "still not there");
        scratch.create();
    }
}

#[test]
fn an_empty_database_says_what_to_run() {
    let scratch = Scratch::postgres();
    let fault = scratch.try_open(&iss()).map(|_| ()).unwrap_err();
    assert!(matches!(fault, RecordsFault::OtherFormat { .. }), "{fault:?}");
    assert!(fault.to_string().contains("sanad-issuer import"), "{fault}");
}

#[test]
fn tables_go_up_and_down_and_hold_no_store_of_their_own() {
    let scratch = Scratch::postgres();
    let choice = scratch.choice();
    for _ in 0..2 {
        assert_eq!(migrate(&choice, Direction::Up).unwrap(), Migration::Postgres { from: 0, to: 1 });
        assert_eq!(tables(&scratch), 9);
        assert_eq!(migrate(&choice, Direction::Up).unwrap(), Migration::Nothing);
        let fault = scratch.try_open(&iss()).map(|_| ()).unwrap_err();
        assert!(matches!(&fault, RecordsFault::OtherFormat { found, .. } if found == "0"), "{fault:?}");
        assert_eq!(migrate(&choice, Direction::Down).unwrap(), Migration::Postgres { from: 1, to: 0 });
        assert_eq!(tables(&scratch), 0);
        assert_eq!(migrate(&choice, Direction::Down).unwrap(), Migration::Nothing);
    }
    migrate(&choice, Direction::Up).unwrap();
    scratch.create();
    scratch.open();
}

#[test]
fn a_step_down_takes_no_document_away_and_no_number_back() {
    let scratch = Scratch::postgres();
    let choice = scratch.choice();
    let store = scratch.create();
    store.reserve(1).unwrap();
    assert!(migrate(&choice, Direction::Down).is_err(), "a number that was given");
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(3), entry(4)]);
    let refused = migrate(&choice, Direction::Down);
    let kept = matches!(refused, Err(MigrationFault::Store(RecordsFault::NotEmpty { documents: 2 })));
    assert!(kept, "{refused:?}");
    assert!(sanad_issuer::store::held(store.as_ref(), crate::invented::cti(3)).unwrap().is_some());
}

#[test]
fn a_layout_of_another_program_is_not_touched() {
    let scratch = Scratch::postgres();
    drop(scratch.create());
    for (version, advice) in
        [(2, "the program that wrote it"), (99, "the program that wrote it"), (0, "import")]
    {
        database(&scratch).run(&format!("UPDATE sanad.schema_version SET version = {version}"));
        let fault = scratch.try_open(&iss()).map(|_| ()).unwrap_err();
        assert!(matches!(fault, RecordsFault::OtherFormat { .. }), "{fault:?}");
        assert!(fault.to_string().contains(advice), "{fault}");
        if version != 0 {
            for direction in [Direction::Up, Direction::Down] {
                let refused = migrate(&scratch.choice(), direction);
                let known = matches!(refused, Err(MigrationFault::Store(RecordsFault::OtherFormat { .. })));
                assert!(known, "{refused:?}");
            }
            assert!(opening::create(&scratch.choice(), &iss()).is_err());
        }
    }
    assert_eq!(tables(&scratch), 9);
    database(&scratch).run("UPDATE sanad.schema_version SET version = 1");
    scratch.open();
}

#[test]
fn a_step_that_fails_leaves_what_was_there() {
    let scratch = Scratch::postgres();
    // Something of the same name is in the way of the last table.
    database(&scratch).run("CREATE SCHEMA sanad; CREATE TABLE sanad.log_head (mine text)");
    let refused = migrate(&scratch.choice(), Direction::Up);
    assert!(matches!(refused, Err(MigrationFault::Store(RecordsFault::Database { .. }))), "{refused:?}");
    assert_eq!(tables(&scratch), 1, "only what was there");
}

#[test]
fn of_replicas_that_make_or_migrate_at_once_one_does_it() {
    let scratch = Scratch::postgres();
    let start = Barrier::new(4);
    let made = std::thread::scope(|scope| {
        let make = || {
            scope.spawn(|| {
                start.wait();
                opening::create(&scratch.choice(), &iss()).is_ok()
            })
        };
        let threads: Vec<_> = (0..4).map(|_| make()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|made| *made).count()
    });
    assert_eq!(made, 1);
    scratch.open();
}

#[test]
fn the_embedded_store_has_nothing_to_migrate_and_no_way_down() {
    let scratch = Scratch::embedded();
    let choice = scratch.choice();
    let missing = migrate(&choice, Direction::Up);
    let known =
        matches!(missing, Err(MigrationFault::Store(RecordsFault::Store(StoreFault::Missing { .. }))));
    assert!(known, "{missing:?}");
    scratch.create().reserve(7).unwrap();
    assert_eq!(migrate(&choice, Direction::Up).unwrap(), Migration::Nothing);
    assert!(matches!(migrate(&choice, Direction::Down), Err(MigrationFault::NoWayDown)));
    assert_eq!(scratch.open().reserve(1).unwrap().start, 7);
}
