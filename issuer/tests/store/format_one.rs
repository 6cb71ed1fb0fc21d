//! Stores that were written in format 1, before documents were found by persons and before there was a log.

use std::fs;

use sanad_credential::{Status, StatusList, UnixTime};
use sanad_issuer::audit::Act;
use sanad_issuer::durable::{Durable, Opening, Stop, StoreFault, TreeName};
use sanad_issuer::permutation::Shard;
use sanad_issuer::store::document::Row;
use sanad_issuer::store::opening::{self, Direction, Migration};
use sanad_issuer::store::publication_time::date_publication;
use sanad_issuer::store::{self, Held, NameForm, PaperId, PaperKey, PaperKind, Query, RecordsFault, Store};
use sanad_issuer::transition::Change;

use crate::invented::{entry, keep, lines, noon, note, rows, signed};
use crate::scratch::{Scratch, iss};

const META: TreeName = TreeName("meta");
const DOCUMENTS: TreeName = TreeName("documents");
const RECORDS: TreeName = TreeName("records");
const STATUS: TreeName = TreeName("status");
const PUBLISHED: TreeName = TreeName("published");
const DELEGATIONS: TreeName = TreeName("delegations");

/// Real documents, some of them not valid any more, out of a store of today.
fn documents() -> (Vec<Held>, StatusList, Vec<Row>) {
    let scratch = Scratch::embedded();
    signed(scratch.create(), 21);
    let store = scratch.open();
    for (change, held) in Change::ALL.iter().cycle().zip(store.find(&Query::All, None, 99).unwrap()) {
        let change =
            store::StatusChange { cti: held.issued.cti, change: *change, note: note(Act::Revoke, "x") };
        store.change_status(&[change]).unwrap();
    }
    let blocks = rows(store.as_ref(), 99).into_iter().filter(|row| matches!(row, Row::Block { .. }));
    let list = store.status_list(Shard::numbered(0)).unwrap();
    (store.find(&Query::All, None, 99).unwrap(), list, blocks.collect())
}

/// Lays them out as the program of format 1 did.
fn lay_out(scratch: &Scratch, held: &[Held], blocks: &[Row], next: u64) {
    let trees = [META, DOCUMENTS, RECORDS, STATUS, PUBLISHED, DELEGATIONS];
    let old = Durable::open(&scratch.directory(), Opening::CreateNew, &trees).unwrap();
    let done = |act: Result<(), Stop<()>>| act.unwrap();
    done(old.commit(|act| {
        act.put(META, b"format", b"1")?;
        act.put(META, b"issuer", b"KE-SHA")?;
        act.put(META, b"next", &next.to_be_bytes())?;
        act.put(PUBLISHED, &0_u32.to_be_bytes(), &noon().seconds().to_be_bytes())?;
        Ok(())
    }));
    for Held { issued, .. } in held {
        done(old.commit(|act| {
            let value = [&issued.sequence.0.to_be_bytes()[..], &issued.digest.0, &issued.document].concat();
            act.put(DOCUMENTS, &issued.cti.0, &value)?;
            Ok(act.put(RECORDS, &issued.digest.0, &issued.cti.0)?)
        }));
    }
    for row in blocks {
        let Row::Block { shard, block, bytes, .. } = row else { continue };
        let key = [&shard.number().to_be_bytes()[..], &block.to_be_bytes()].concat();
        done(old.commit(|act| Ok(act.put(STATUS, &key, bytes)?)));
    }
}

fn migrate(scratch: &Scratch) -> Result<Migration, opening::MigrationFault> {
    let mut told = 0;
    let done = opening::migrate(&scratch.choice(), &iss(), Direction::Up, noon(), &mut |count| told = count);
    if let Ok(Migration::Embedded { documents, .. }) = &done
        && told > 0
    {
        assert_eq!(told, *documents);
    }
    done
}

/// Everything that was known is known, and what is new since then works.
fn check(store: &dyn Store, held: &[Held], list: &StatusList, next: u64) {
    assert_eq!(store.find(&Query::All, None, 99).unwrap(), held);
    assert_eq!(store.status_list(Shard::numbered(0)).unwrap(), *list);
    for held in held {
        let found = store.find(&Query::Record(held.issued.digest), None, 9).unwrap();
        assert_eq!(found[0].issued, held.issued);
    }
    let named = store.find(&Query::Name(NameForm::of("njoki wambui")), None, 99).unwrap();
    assert_eq!(named.len(), held.len().div_ceil(3));
    assert_eq!(store.find(&Query::Number("M-20".to_owned()), None, 9).unwrap().len(), 1);
    let published = PaperKey { kind: PaperKind::Published, id: PaperId::new("0000000000").unwrap() };
    assert_eq!(store.paper(&published).unwrap().unwrap().content, noon().seconds().to_string().into_bytes());
    let time = date_publication(store, Shard::numbered(0), noon(), None).unwrap();
    assert_eq!(time, UnixTime::new(noon().seconds() + 1).unwrap(), "not the time that was published");
    assert_eq!(store.status_versions().unwrap().len(), 1);
    let log = lines(store);
    assert!(log.len() == 1 && log[0].contains("migrate"), "{log:?}");
    assert_eq!(store.reserve(1).unwrap().start, next);
    keep(store, &[entry(next)]);
}

#[test]
fn a_store_of_format_1_is_refused_with_advice_and_migrated_with_everything() {
    let scratch = Scratch::embedded();
    let (held, list, blocks) = documents();
    lay_out(&scratch, &held, &blocks, 30);
    let refused = scratch.try_open(&iss()).map(|_| ()).unwrap_err();
    assert!(matches!(&refused, RecordsFault::OtherFormat { found, .. } if found == "1"), "{refused:?}");
    assert!(refused.to_string().contains("sanad-issuer migrate"), "{refused}");
    let done = migrate(&scratch).unwrap();
    let Migration::Embedded { documents: 21, old } = done else { panic!("{done:?}") };
    check(scratch.open().as_ref(), &held, &list, 30);
    assert_eq!(old, scratch.directory().with_file_name("store.format-1"));
    assert!(Durable::open(&old, Opening::OpenExisting, &[META, DOCUMENTS]).is_ok(), "the old one is kept");
    assert_eq!(migrate(&scratch).unwrap(), Migration::Nothing);
}

#[test]
fn a_migration_that_was_killed_is_taken_up_again() {
    let (held, list, blocks) = documents();
    let beside =
        |scratch: &Scratch, ending: &str| scratch.directory().with_file_name(format!("store{ending}"));
    // While it was building: what is half done is thrown away.
    let scratch = Scratch::embedded();
    lay_out(&scratch, &held, &blocks, 30);
    fs::create_dir(beside(&scratch, ".migrating")).unwrap();
    fs::write(beside(&scratch, ".migrating").join("db"), b"half").unwrap();
    migrate(&scratch).unwrap();
    check(scratch.open().as_ref(), &held, &list, 30);
    // Between the two renames: the new one is complete and only takes its place.
    let scratch = Scratch::embedded();
    lay_out(&scratch, &held, &blocks, 30);
    migrate(&scratch).unwrap();
    fs::rename(scratch.directory(), beside(&scratch, ".migrating")).unwrap();
    let done = migrate(&scratch).unwrap();
    assert!(matches!(done, Migration::Embedded { documents: 21, .. }), "{done:?}");
    check(scratch.open().as_ref(), &held, &list, 30);
}

#[test]
fn a_document_that_cannot_be_read_stops_the_migration_and_the_old_store_stays() {
    let scratch = Scratch::embedded();
    let (mut held, _, blocks) = documents();
    held[7].issued.document.truncate(60);
    lay_out(&scratch, &held, &blocks, 30);
    let refused = migrate(&scratch);
    let known =
        matches!(refused, Err(opening::MigrationFault::Store(RecordsFault::Damaged { what: "a document" })));
    assert!(known, "{refused:?}");
    let old = Durable::open(&scratch.directory(), Opening::OpenExisting, &[META]).unwrap();
    assert_eq!(old.read(META, b"format").unwrap().unwrap(), b"1");
}

#[test]
fn a_store_of_the_time_before_status_lists_has_all_documents_valid() {
    let scratch = Scratch::embedded();
    let (held, _, _) = documents();
    let old = Durable::open(&scratch.directory(), Opening::CreateNew, &[META, DOCUMENTS, RECORDS]).unwrap();
    let put = old.commit(|act| -> Result<(), Stop<StoreFault>> {
        act.put(META, b"format", b"1")?;
        act.put(META, b"issuer", b"KE-SHA")?;
        act.put(META, b"next", &21_u64.to_be_bytes())?;
        for Held { issued, .. } in &held[..9] {
            let value = [&issued.sequence.0.to_be_bytes()[..], &issued.digest.0, &issued.document].concat();
            act.put(DOCUMENTS, &issued.cti.0, &value)?;
        }
        Ok(())
    });
    put.unwrap();
    drop(old);
    migrate(&scratch).unwrap();
    let store = scratch.open();
    let found = store.find(&Query::All, None, 99).unwrap();
    assert_eq!(found.len(), 9);
    assert!(found.iter().all(|held| held.status == Status::Valid));
    assert_eq!(store.status_list(Shard::numbered(0)).unwrap(), StatusList::all_valid());
    assert_eq!(store::lists_in_use(store.as_ref()).unwrap(), 1);
}

#[test]
fn the_store_of_another_issuer_is_not_migrated() {
    let scratch = Scratch::embedded();
    lay_out(&scratch, &[], &[], 0);
    let other = sanad_credential::IssuerId::new("UG-NHIS").unwrap();
    let refused = opening::migrate(&scratch.choice(), &other, Direction::Up, noon(), &mut |_| ());
    let known = matches!(refused, Err(opening::MigrationFault::Store(RecordsFault::OtherIssuer { .. })));
    assert!(known, "{refused:?}");
    assert!(scratch.directory().exists());
}
