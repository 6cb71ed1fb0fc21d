//! A store of format 1 becomes one of format 2, and the old one is still there.

use std::fs;

use sanad_issuer::durable::{Durable, Opening, Stop, StoreFault, TreeName};
use sanad_issuer::store::document::Row;
use sanad_issuer::store::embedded::migrate;
use sanad_issuer::store::{PaperKind, RecordsFault};

use crate::invented::{Invented, noon, open_store, rows};
use crate::program::command;

const META: TreeName = TreeName("meta");
const DOCUMENTS: TreeName = TreeName("documents");
const STATUS: TreeName = TreeName("status");
const PUBLISHED: TreeName = TreeName("published");

/// Puts a store of format 1 with the same documents and status where the store was.
fn back_to_format_1(invented: &Invented) -> Vec<Row> {
    let there = rows(&invented.store());
    let dir = invented.dir.join("store");
    fs::remove_dir_all(&dir).unwrap();
    let old = Durable::open(&dir, Opening::CreateNew, &[META, DOCUMENTS, STATUS, PUBLISHED]).unwrap();
    let commit = |tree: TreeName, key: &[u8], value: &[u8]| {
        let done = old.commit(|act| -> Result<(), Stop<StoreFault>> { Ok(act.put(tree, key, value)?) });
        done.unwrap();
    };
    commit(META, b"format", b"1");
    commit(META, b"issuer", b"KE-SHA");
    for row in &there {
        match row {
            Row::Meta { next } => commit(META, b"next", &next.0.to_be_bytes()),
            Row::Document(issued, _) => {
                let value =
                    [&issued.sequence.0.to_be_bytes()[..], &issued.digest.0, &issued.document].concat();
                commit(DOCUMENTS, &issued.cti.0, &value);
            }
            Row::Block { shard, block, bytes, .. } => {
                let key = [&shard.number().to_be_bytes()[..], &block.to_be_bytes()].concat();
                commit(STATUS, &key, bytes);
            }
            _ => {}
        }
    }
    commit(PUBLISHED, &0_u32.to_be_bytes(), &1_800_000_000_u64.to_be_bytes());
    there
}

#[test]
fn documents_status_and_times_are_in_the_new_store_and_the_old_one_stays() {
    let invented = Invented::with_documents(50);
    let before = back_to_format_1(&invented);
    let dir = invented.dir.to_str().unwrap();
    let refused = command(&["audit", dir, "verify"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("run: sanad-issuer migrate"), "{said}");
    let done = command(&["migrate", dir]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("Migrated documents: 50"));
    let after = rows(&open_store(&invented.dir, invented.config.record.iss()));
    let kept = |rows: &[Row]| -> Vec<Row> {
        let kept = |row: &&Row| matches!(row, Row::Meta { .. } | Row::Document(..) | Row::Block { .. });
        rows.iter().filter(kept).cloned().collect()
    };
    assert!(kept(&before) == kept(&after), "rows differ");
    let papers = after.iter().filter_map(|row| if let Row::Paper(paper) = row { Some(paper) } else { None });
    let times: Vec<_> = papers.map(|paper| (paper.key.kind, paper.content.clone())).collect();
    assert_eq!(times, [(PaperKind::Published, b"1800000000".to_vec())]);
    let Some(Row::Line { text, .. }) = after.last() else { panic!("a line tells of it") };
    assert!(text.contains(r#""act":"migrate""#), "{text}");
    assert!(invented.dir.join("store.format-1").exists());
    let again = command(&["migrate", dir, "--json"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&again.stdout), "{\"migrated\":false}\n");
}

#[test]
fn a_migration_killed_between_its_two_renames_is_completed() {
    let invented = Invented::with_documents(20);
    back_to_format_1(&invented);
    let store = invented.dir.join("store");
    let iss = invented.config.record.iss();
    migrate::migrate(&store, iss, noon(), &mut |_| ()).unwrap();
    let whole = rows(&open_store(&invented.dir, iss));
    // As the kill leaves it.
    fs::rename(&store, invented.dir.join("store.migrating")).unwrap();
    let completed = migrate::migrate(&store, iss, noon(), &mut |_| ()).unwrap();
    assert_eq!(completed.documents, 20);
    assert!(rows(&open_store(&invented.dir, iss)) == whole);
    assert!(!invented.dir.join("store.migrating").exists());
}

#[test]
fn a_migration_killed_before_its_end_starts_over_from_the_old_store() {
    let invented = Invented::with_documents(20);
    back_to_format_1(&invented);
    let store = invented.dir.join("store");
    // What a kill leaves: a new store that is not complete.
    drop(invented.empty_store("issuer/store.migrating"));
    migrate::migrate(&store, invented.config.record.iss(), noon(), &mut |_| ()).unwrap();
    assert_eq!(
        rows(&open_store(&invented.dir, invented.config.record.iss()))
            .iter()
            .filter(|row| matches!(row, Row::Document(..)))
            .count(),
        20
    );
}

#[test]
fn the_store_of_another_issuer_is_not_migrated() {
    let invented = Invented::with_documents(5);
    back_to_format_1(&invented);
    let other = sanad_credential::IssuerId::new("KE-NHIF").unwrap();
    let fault = migrate::migrate(&invented.dir.join("store"), &other, noon(), &mut |_| ()).unwrap_err();
    assert!(matches!(fault, RecordsFault::OtherIssuer { .. }), "{fault}");
    assert!(!invented.dir.join("store.migrating").exists());
}
