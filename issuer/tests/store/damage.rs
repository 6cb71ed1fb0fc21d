//! Bytes that the store did not write: named, and never taken for something.

use sanad_credential::IssuerId;
use sanad_issuer::audit::Act;
use sanad_issuer::store::{self, NameForm, PaperKind, Query, RecordsFault};
use sanad_issuer::transition::Change;

use crate::invented::{change, cti, entry, keep, named, note, one_change, place, reserve_to};
use crate::scratch::Scratch;

fn damaged<A: std::fmt::Debug>(answer: Result<A, RecordsFault>) {
    assert!(matches!(answer, Err(RecordsFault::Damaged { .. })), "{answer:?}");
}

/// The bits of a list in which the status of a document stands, without the rule that they are checked by.
const NO_CHECKS: &str = "DO $$ DECLARE c record; BEGIN \
    FOR c IN SELECT conrelid::regclass AS place, conname FROM pg_constraint \
        WHERE contype = 'c' AND connamespace = 'sanad'::regnamespace \
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.place, c.conname); END LOOP; END $$;";

pub(crate) fn a_damaged_block_is_named_and_not_read_as_valid(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[named(0, "Njoki")]);
    change(store.as_ref(), Change::Suspend, [0]);
    drop(store);
    let block = u16::try_from(place(0).index.number() / 4_096).unwrap();
    let key = [&0_u32.to_be_bytes()[..], &block.to_be_bytes()].concat();
    for bytes in [0, 1_023, 1_025] {
        let sql = format!(
            "{NO_CHECKS} UPDATE sanad.status_blocks SET bytes = decode(repeat('00', {bytes}), 'hex')"
        );
        scratch.tamper("status", &key, &vec![0; bytes], &sql);
        let store = scratch.open();
        damaged(store::held(store.as_ref(), cti(0)));
        damaged(store.find(&Query::All, None, 9));
        damaged(store.find(&Query::Name(NameForm::of("njoki")), None, 9));
        damaged(store.status_list(place(0).shard));
        damaged(store.change_status(&[one_change(Change::Revoke, 0)]));
        let superseding = crate::invented::superseding(1, 0);
        damaged(store.keep(&store::Batch {
            partly: store::document::Partly::Allowed,
            entries: &[superseding],
            papers: &[],
            notes: &[],
        }));
        assert_eq!(store::held(store.as_ref(), cti(1)).unwrap(), None);
    }
}

pub(crate) fn a_damaged_document_is_named(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0), entry(1)]);
    drop(store);
    let number = 0_u64.to_be_bytes();
    // An entry that no list has; a row that is too short for what it must have.
    let beyond = [&(1_u32 << 20).to_be_bytes()[..], &[0; 60]].concat();
    let values: [(&[u8], &str); 2] = [
        (&beyond, "UPDATE sanad.documents SET entry = 1048576 WHERE number = 0"),
        (&[0; 20], "UPDATE sanad.documents SET digest = '\\x00', entry = 0 WHERE number = 0"),
    ];
    for (value, sql) in values {
        scratch.tamper("numbered", &number, value, &format!("{NO_CHECKS} {sql}"));
        let store = scratch.open();
        damaged(store::held(store.as_ref(), cti(0)));
        damaged(store.find(&Query::All, None, 9));
        damaged(store.dump(None, 9));
        assert!(store::held(store.as_ref(), cti(1)).unwrap().is_some(), "the others are what they were");
    }
}

pub(crate) fn a_damaged_number_gives_no_number(scratch: &Scratch) {
    drop(scratch.create());
    let sql = format!("{NO_CHECKS} UPDATE sanad.issuer SET next = -1");
    scratch.tamper("meta", b"next", &[0; 7], &sql);
    let store = scratch.open();
    damaged(store.reserve(1));
    damaged(store.dump(None, 9));
    damaged(store.keep(&store::Batch {
        partly: store::document::Partly::Allowed,
        entries: &[entry(0)],
        papers: &[],
        notes: &[],
    }));
    let sql = format!("{NO_CHECKS} UPDATE sanad.issuer SET next = 9223372036854775807");
    drop(store);
    scratch.tamper("meta", b"next", &[0xff; 8], &sql);
    damaged(scratch.open().reserve(1));
}

pub(crate) fn a_damaged_paper_is_named(scratch: &Scratch) {
    drop(scratch.create());
    let sql = "INSERT INTO sanad.papers (kind, id, version, content) VALUES ('job', 'with space', 1, 'x')";
    scratch.tamper("papers", b"job\0with space", &[0; 9], sql);
    let store = scratch.open();
    damaged(store.papers(PaperKind::Job, "", None, 9));
    damaged(store.dump(None, 9));
    assert_eq!(store.papers(PaperKind::Token, "", None, 9).unwrap(), []);
    drop(store);
    let sql = format!(
        "{NO_CHECKS} DELETE FROM sanad.papers; \
         INSERT INTO sanad.papers (kind, id, version, content) VALUES ('token', 'a', -1, 'x')"
    );
    scratch.tamper("papers", b"token\0a", &[0; 7], &sql);
    damaged(scratch.open().papers(PaperKind::Token, "", None, 9));
}

pub(crate) fn a_damaged_head_of_the_log_takes_no_line(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0)]);
    drop(store);
    let sql = format!("{NO_CHECKS} UPDATE sanad.log_head SET hash = '\\x0000'");
    scratch.tamper("meta", b"log", &[0; 39], &sql);
    let store = scratch.open();
    damaged(store.audit(0, 9));
    damaged(store.write_papers(&[], &[note(Act::Checkpoint, "x")]));
    damaged(store.change_status(&[one_change(Change::Revoke, 0)]));
    assert_eq!(
        crate::invented::status(store.as_ref(), 0),
        sanad_credential::Status::Valid,
        "no change without its line"
    );
    keep(store.as_ref(), &[entry(1)]);
}

pub(crate) fn a_store_of_another_issuer_is_refused(scratch: &Scratch) {
    drop(scratch.create());
    let other = scratch.try_open(&IssuerId::new("UG-NHIS").unwrap()).map(|_| ());
    assert!(matches!(other, Err(RecordsFault::OtherIssuer { .. })), "{other:?}");
}
