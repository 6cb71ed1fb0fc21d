//! What only a server does: it goes away, is slow, gives up a transaction, is set up in a way that cannot be trusted.

use std::time::{Duration, Instant};

use sanad_credential::DelegationId;
use sanad_issuer::audit::Act;
use sanad_issuer::store::document::{Row, RowKey};
use sanad_issuer::store::fault::Again;
use sanad_issuer::store::opening::{self, StoreChoice};
use sanad_issuer::store::postgres::PostgresStore;
use sanad_issuer::store::postgres::config::StatementTimeout;
use sanad_issuer::store::{
    Batch, Entry, Expect, Finding, Kept, NameForm, PaperId, PaperKey, PaperKind, PaperWrite, Partly, Query,
    RecordsFault, Store,
};
use sanad_issuer::transition::Change;

use crate::invented::{
    change, cti, delegated, entry, keep, named, note, numbered, place, request, reserve_to, superseding,
};
use crate::scratch::{Database, POOL, Scratch, iss};

fn open() -> (Database, Box<dyn Store>) {
    let Scratch::Postgres(database) = Scratch::postgres() else { panic!("PostgreSQL") };
    let store = opening::create(&StoreChoice::Postgres(database.config()), &iss()).unwrap();
    (database, store)
}

/// What a fault of the database says.
fn said<A: std::fmt::Debug>(answer: Result<A, RecordsFault>) -> (String, Again) {
    match answer {
        Err(RecordsFault::Database { problem, again }) => (problem, again),
        other => panic!("{other:?}"),
    }
}

/// Ends all sessions of the store, as a restart does.
fn end_sessions(database: &Database) {
    database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'sanad-issuer'",
    );
}

const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                        AND application_name = 'sanad-issuer'";

/// Sessions of the store that wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND application_name = 'sanad-issuer' AND wait_event_type = 'Lock'";

/// Waits until something holds in the server, for as long as a machine that does much else may need.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Asks again for as long as the answer is to do so.
fn once_it_can<A>(act: impl Fn() -> Result<A, RecordsFault>) -> A {
    let start = Instant::now();
    loop {
        match act() {
            Ok(answer) => return answer,
            Err(RecordsFault::Database { again: Again::Later, .. })
                if start.elapsed() < Duration::from_secs(60) => {}
            Err(fault) => panic!("{fault}"),
        }
    }
}

#[test]
fn the_store_goes_on_when_all_its_sessions_were_ended() {
    let (database, store) = open();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let (mut numbers, mut faults) = (Vec::new(), 0);
                    while numbers.len() < 150 {
                        match store.reserve(1) {
                            Ok(range) => numbers.extend(range),
                            Err(RecordsFault::Database { again: Again::Later, .. }) => faults += 1,
                            Err(fault) => panic!("{fault}"),
                        }
                    }
                    (numbers, faults)
                })
            })
            .collect();
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(10));
            end_sessions(&database);
        }
        let mut given: Vec<u64> = Vec::new();
        for thread in threads {
            given.extend(thread.join().unwrap().0);
        }
        let count = given.len();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), count, "a number was given twice");
    });
    // Once all sessions are gone, at most one act for each of the pool fails: whether this process has heard of the end of
    // its connections by then is chance.
    end_sessions(&database);
    until("its sessions are over", || database.number(SESSIONS) == 0);
    let failed = (0_u16..).find(|_| match store.reserve(1) {
        Ok(_) => true,
        Err(RecordsFault::Database { again: Again::Later, .. }) => false,
        Err(fault) => panic!("{fault}"),
    });
    assert!(failed <= Some(POOL), "{failed:?} acts failed");
}

#[test]
fn an_act_that_was_cut_off_happened_in_full_or_not_at_all() {
    let (database, store) = open();
    reserve_to(store.as_ref(), 2_000);
    for round in 0..20_u64 {
        let numbers = round * 16..round * 16 + 16;
        let entries: Vec<Entry> = numbers
            .clone()
            .map(|number| Entry {
                note: Some(note(Act::Issue, &number.to_string())),
                ..named(number, "Njoki")
            })
            .collect();
        let batch = Batch { partly: Partly::Allowed, entries: &entries, papers: &[], notes: &[] };
        let first = std::thread::scope(|scope| {
            let act = scope.spawn(|| store.keep(&batch));
            std::thread::sleep(Duration::from_micros(150 * round));
            end_sessions(&database);
            act.join().unwrap()
        });
        // Asked again for the same: all are there, or none is.
        let again = loop {
            match store.keep(&batch) {
                Ok(kept) => break kept,
                Err(RecordsFault::Database { again: Again::Later, .. }) => {}
                Err(fault) => panic!("{fault}"),
            }
        };
        let kept = again.iter().filter(|kept| **kept == Kept::Kept).count();
        assert!(kept == 0 || kept == 16, "{again:?}");
        assert!(first.is_err() || kept == 0, "what was acknowledged is there");
    }
    assert_eq!(crate::invented::lines(store.as_ref()).len(), 20 * 16);
}

#[test]
fn a_transaction_that_the_server_gave_up_is_run_again() {
    let (database, store) = open();
    reserve_to(store.as_ref(), 99);
    // It gives up three times, then not: a sequence is not rolled back.
    database.run(
        "CREATE SEQUENCE public.tries; GRANT ALL ON SEQUENCE public.tries TO PUBLIC; \
         CREATE FUNCTION public.give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            IF nextval('public.tries') % 4 <> 0 THEN RAISE EXCEPTION 'not now' USING ERRCODE = TG_ARGV[0]; END IF; \
            RETURN NEW; END $$;",
    );
    for code in ["40001", "40P01"] {
        database.run(&format!(
            "CREATE TRIGGER t BEFORE INSERT ON sanad.documents FOR EACH STATEMENT EXECUTE FUNCTION public.give_up('{code}')"
        ));
        let number = if code == "40001" { 0 } else { 1 };
        keep(store.as_ref(), &[entry(number)]);
        database.run("DROP TRIGGER t ON sanad.documents");
    }
    assert_eq!(database.number("SELECT last_value FROM public.tries"), 8);
    // For ever is not for ever.
    database.run(
        "CREATE FUNCTION public.never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END $$; \
         CREATE TRIGGER t BEFORE UPDATE ON sanad.issuer FOR EACH STATEMENT EXECUTE FUNCTION public.never()",
    );
    let (problem, again) = said(store.reserve(1));
    assert_eq!((problem.as_str(), again), ("40001 not now", Again::Later));
}

#[test]
fn a_server_that_takes_no_writes_any_more_is_left() {
    let (database, store) = open();
    // What a primary says that has become a standby.
    database.run(
        "CREATE FUNCTION public.standby() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            RAISE EXCEPTION 'read only' USING ERRCODE = '25006'; END $$; \
         CREATE TRIGGER t BEFORE UPDATE ON sanad.issuer FOR EACH STATEMENT EXECUTE FUNCTION public.standby()",
    );
    assert_eq!(said(store.reserve(1)).1, Again::Later);
    until("its connection is left", || database.number(SESSIONS) == 0);
    database.run("DROP TRIGGER t ON sanad.issuer");
    store.reserve(1).unwrap();
    // And one that takes none from the start is not connected to.
    let name = database.name();
    database.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let other = PostgresStore::connect(&database.config(), &iss());
    assert_eq!(said(other).1, Again::Later);
}

#[test]
fn a_lock_that_is_not_given_ends_the_act_and_not_the_store() {
    let (database, store) = open();
    reserve_to(store.as_ref(), 9);
    let mut config = database.config();
    // Half of it for a lock. Shorter, and a slow machine would need it for other things.
    config.statement_timeout = StatementTimeout::from_millis(3_000).unwrap();
    let hasty = once_it_can(|| PostgresStore::connect(&config, &iss()));
    // It is held until the refusal was seen: who waited on would wait for ever.
    let holder = database.holding("SELECT * FROM sanad.issuer FOR UPDATE");
    let (problem, again) = said(hasty.reserve(1));
    assert!(problem.starts_with("55P03"), "{problem}");
    assert_eq!(again, Again::Later);
    holder.let_go();
    once_it_can(|| hasty.reserve(1));
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    let (database, store) = open();
    drop(store);
    let mut config = database.config();
    config.statement_timeout = StatementTimeout::from_millis(2_000).unwrap();
    let hasty = once_it_can(|| PostgresStore::connect(&config, &iss()));
    database.run(
        "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            PERFORM pg_sleep(300); RETURN NEW; END $$; \
         CREATE TRIGGER t BEFORE UPDATE ON sanad.issuer FOR EACH STATEMENT EXECUTE FUNCTION public.slow()",
    );
    let start = Instant::now();
    let (problem, again) = said(hasty.reserve(1));
    assert!(problem.starts_with("57014") && again == Again::Later, "{problem}");
    assert!(start.elapsed() < Duration::from_secs(60), "it was not stopped, or far too late");
    database.run("DROP TRIGGER t ON sanad.issuer");
    // By a store that waits longer: an act of the hasty one might be stopped for being slow.
    let patient = PostgresStore::connect(&database.config(), &iss()).unwrap();
    assert_eq!(patient.reserve(1).unwrap(), 0..1, "what was stopped gave no number");
}

#[test]
fn what_the_server_says_never_has_what_was_sent() {
    let (database, store) = open();
    reserve_to(store.as_ref(), 9);
    database.run(
        "ALTER TABLE sanad.documents ADD CONSTRAINT no_njoki CHECK (name IS NULL OR name <> 'njoki wambui')",
    );
    let finding = Finding {
        number: Some("M-4711".to_owned()),
        name: Some(NameForm::of("Njoki Wambui")),
        delegation: None,
    };
    let person = Entry { finding, ..entry(0) };
    let refused = store.keep(&Batch { partly: Partly::Allowed, entries: &[person], papers: &[], notes: &[] });
    let shown = format!("{refused:?} {}", refused.as_ref().unwrap_err());
    assert!(shown.contains("no_njoki") && shown.contains("23514"), "{shown}");
    for secret in ["wambui", "M-4711", "invented document", &hex(&entry(0).issued.document)] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert_eq!(said(refused).1, Again::Never);
    keep(store.as_ref(), &[entry(0)]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn commits_wait_for_the_disk_whatever_the_user_is_set_to() {
    let (database, store) = open();
    drop(store);
    database.run(
        "CREATE TABLE public.seen (setting text); GRANT ALL ON public.seen TO PUBLIC; \
         CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$; \
         CREATE TRIGGER t BEFORE UPDATE ON sanad.issuer FOR EACH STATEMENT EXECUTE FUNCTION public.look()",
    );
    let name = database.name();
    for (set, wanted) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("on", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        database.run(&format!("ALTER DATABASE {name} SET synchronous_commit = {set}; TRUNCATE public.seen"));
        let store = PostgresStore::connect(&database.config(), &iss()).unwrap();
        store.reserve(1).unwrap();
        assert_eq!(database.text("SELECT setting FROM public.seen"), wanted, "set to {set}");
    }
}

#[test]
fn a_database_that_is_not_there_or_not_fit_is_refused() {
    let (database, store) = open();
    drop(store);
    // Nobody listens: it may come up.
    let closed = database.config_of("postgresql://sanad_test@127.0.0.1:1/sanad");
    let (problem, again) = said(PostgresStore::connect(&closed, &iss()));
    assert!(problem.contains("refused") && again == Again::Later, "{problem}");
    let missing = database.url("sanad_test").replace(database.name(), "no_such_database");
    let (problem, again) = said(PostgresStore::connect(&database.config_of(&missing), &iss()));
    assert!(problem.starts_with("3D000") && again == Again::Never, "{problem}");
    // An encoding in which no Ethiopian has a name.
    let latin = format!("{}_latin", database.name());
    let drop_it = format!("DROP DATABASE IF EXISTS {latin}");
    database.run(&format!(
        "CREATE DATABASE {latin} OWNER sanad_test TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
    ));
    let url = database.url("sanad_test").replace(database.name(), &latin);
    let made = PostgresStore::create(&database.config_of(&url), &iss());
    database.run(&drop_it);
    let (problem, again) = said(made);
    assert!(problem.contains("UTF8") && again == Again::Never, "{problem}");
}

#[test]
fn calls_from_blocking_threads_of_another_runtime_work_and_a_store_may_be_dropped_in_it() {
    let (database, store) = open();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let store = std::sync::Arc::new(store);
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let store = std::sync::Arc::clone(&store);
                tokio::task::spawn_blocking(move || (store.reserve(1).unwrap(), store.lead().unwrap()))
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        drop(store);
    });
    assert_eq!(database.number("SELECT next FROM sanad.issuer"), 8);
}

#[test]
fn the_head_of_the_log_is_no_bottleneck_for_what_comes_before_it() {
    let (database, store) = open();
    reserve_to(store.as_ref(), 99);
    keep(store.as_ref(), &[entry(0)]);
    // While somebody else holds the head, acts without lines go on: one that wanted it would end without it.
    let holder = database.holding("SELECT * FROM sanad.log_head FOR UPDATE");
    store.reserve(1).unwrap();
    keep(store.as_ref(), &[entry(1)]);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| change(store.as_ref(), Change::Suspend, [0]));
        until("this one has a line, and waits", || database.number(WAITING) == 1);
        holder.let_go();
        waits.join().unwrap();
    });
}

#[test]
fn no_statement_reads_a_table_from_end_to_end() {
    let Scratch::Postgres(database) = Scratch::postgres() else { panic!("PostgreSQL") };
    let choice = StoreChoice::Postgres(database.config());
    // Whole scans of what grows; PostgreSQL counts them when a session ends.
    let scans = || {
        end_sessions(&database);
        until("its sessions are over", || database.number(SESSIONS) == 0);
        database.number(
            "SELECT sum(seq_scan)::bigint FROM pg_stat_user_tables WHERE schemaname = 'sanad' \
             AND relname IN ('documents', 'requests', 'status_blocks', 'papers', 'log')",
        )
    };
    drop(opening::create(&choice, &iss()).unwrap());
    let before = scans();
    let store = opening::open(&choice, &iss()).unwrap();
    let store = store.as_ref();
    reserve_to(store, 199);
    // More often than a plan is made anew for its values.
    for round in 0..10_u64 {
        let person = Entry {
            request: Some(request("token:a", &round.to_string(), "x")),
            note: Some(note(Act::Issue, "x")),
            ..named(round * 3, "Njoki")
        };
        let entries = [person, numbered(round * 3 + 1, "M-1"), delegated(round * 3 + 2, "KE-F1")];
        let key = PaperKey { kind: PaperKind::Job, id: PaperId::new(&round.to_string()).unwrap() };
        let papers = [PaperWrite { key, expect: Expect::Absent, content: Some(vec![1]) }];
        let batch = Batch { partly: Partly::Allowed, entries: &entries, papers: &papers, notes: &[] };
        assert_eq!(store.keep(&batch).unwrap(), [Kept::Kept, Kept::Kept, Kept::Kept]);
        keep(store, &[superseding(100 + round, round * 3)]);
        change(store, Change::Suspend, [round * 3 + 1]);
        let after = store.find(&Query::All, None, 2).unwrap().pop().map(|held| held.cursor);
        for query in [
            Query::Id(cti(0)),
            Query::Record(entry(1).issued.digest),
            Query::Delegation(DelegationId::new("KE-F1").unwrap()),
            Query::Number("M-1".to_owned()),
            Query::Name(NameForm::of("nj")),
            Query::All,
            Query::Newest,
        ] {
            assert!(!store.find(&query, None, 3).unwrap().is_empty(), "{query:?}");
            store.find(&query, after.as_ref(), 3).unwrap();
        }
        assert!(!store.papers(PaperKind::Job, "", None, 3).unwrap().is_empty());
        assert!(!store.audit(round, 3).unwrap().0.is_empty());
        store.status_list(place(0).shard).unwrap();
        store.status_versions().unwrap();
        let row = RowKey::Request(String::new(), String::new());
        assert!(!store.dump(Some(&row), 90).unwrap().is_empty());
        let line = Row::Request(request("token:b", &round.to_string(), "x"), cti(0));
        store.load(&[line]).unwrap();
    }
    assert_eq!(scans() - before, 0);
}
