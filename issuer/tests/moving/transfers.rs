//! A store moves into another and is the same there; an import that was stopped goes on.

use std::fs;

use sanad_issuer::audit::Act;
use sanad_issuer::store::document::Row;
use sanad_issuer::store::{
    Entry, Expect, PaperId, PaperKey, PaperKind, PaperWrite, Papers as _, Query, RecordsFault, Store as _,
};
use sanad_issuer::transfer::{self, Counts, Source, TransferFault};

use crate::failing::Failing;
use crate::invented::{Invented, note, rows};

#[test]
fn everything_is_in_the_other_store_and_nothing_else_but_the_line_of_the_import() {
    let invented = Invented::with_documents(100);
    let file = invented.export("export");
    let target = invented.empty_store("target");
    let verified = invented.import(&file, &target).unwrap();
    let counts =
        Counts { documents: 100, requests: 34, blocks: verified.counts.blocks, papers: 5, lines: 120 };
    assert_eq!(verified.counts, counts);
    let (source, mut moved) = (rows(&invented.store()), rows(&target));
    let Some(Row::Line { text, .. }) = moved.pop() else { panic!("the last row is a line") };
    assert!(text.contains(
        r#""act":"import","on":"export of 2027-01-15T12:00:00Z","detail":"documents=100 lines=120 "#
    ));
    assert!(source == moved, "rows differ");
    // It works: what was signed is found, and the next number was never given.
    let name = sanad_issuer::store::NameForm::of("test person one 43");
    assert_eq!(target.find(&Query::Name(name), None, 9).unwrap().len(), 1);
    assert_eq!(target.reserve(1).unwrap(), 100..101);
    let list = |store: &dyn sanad_issuer::store::Store| {
        store.status_list(sanad_issuer::permutation::Shard::numbered(0)).unwrap().deflate()
    };
    assert_eq!(list(&target), list(&invented.store()));
}

#[test]
fn an_export_is_the_same_each_time_and_comes_back_the_same() {
    let invented = Invented::with_documents(40);
    let one = fs::read_to_string(invented.export("one")).unwrap();
    assert_eq!(one, fs::read_to_string(invented.export("two")).unwrap());
    let target = invented.empty_store("target");
    invented.import(&invented.path("one"), &target).unwrap();
    assert_eq!(one.lines().count(), rows(&target).len() - 1 + 2);
}

#[test]
fn rows_at_their_limits_fit_into_the_commits_of_the_store() {
    let invented = Invented::with_documents(64);
    let store = invented.store();
    for number in 0..40 {
        let key =
            PaperKey { kind: PaperKind::JobResult, id: PaperId::new(&format!("{number:0>96}")).unwrap() };
        let write = PaperWrite { key, expect: Expect::Absent, content: Some(vec![0; 4_000]) };
        let long =
            sanad_issuer::audit::Note { detail: "\"".repeat(600), ..note(Act::SubmitJob, &"\\".repeat(600)) };
        store.write_papers(&[write], &[long.clone(), long]).unwrap();
    }
    drop(store);
    let file = invented.export("export");
    let target = invented.empty_store("target");
    assert_eq!(invented.import(&file, &target).unwrap().counts.papers, 45);
}

#[test]
fn a_store_that_holds_anything_is_not_filled() {
    let invented = Invented::with_documents(10);
    let file = invented.export("export");
    let (one, other) = (invented.empty_store("one"), invented.empty_store("other"));
    one.reserve(1).unwrap();
    let key = PaperKey { kind: PaperKind::Token, id: PaperId::new("0011223344556677").unwrap() };
    other.write_papers(&[PaperWrite { key, expect: Expect::Absent, content: Some(vec![1]) }], &[]).unwrap();
    for target in [&one, &other, &invented.store()] {
        let before = rows(target);
        let fault = invented.import(&file, target).unwrap_err();
        assert!(matches!(fault, TransferFault::Store(RecordsFault::NotEmpty { .. })), "{fault}");
        assert!(rows(target) == before, "it was changed");
    }
}

#[test]
fn an_import_that_is_stopped_after_any_commit_is_seen_and_goes_on() {
    let invented = Invented::with_documents(150);
    let file = invented.export("export");
    let whole = invented.empty_store("whole");
    invented.import(&file, &whole).unwrap();
    let wanted = rows(&whole);
    let mut commits = 0;
    loop {
        let target = invented.empty_store(&format!("target-{commits}"));
        let stopped = invented.import(&file, &Failing::after(commits, &target));
        if stopped.is_ok() {
            break;
        }
        let half_filled = transfer::refuse_half_filled(&target);
        if commits > 0 {
            assert!(matches!(half_filled, Err(RecordsFault::HalfFilled { .. })), "after {commits} commits");
            // Whoever passed over that could still give no number of the file.
            assert!(commits == 1 || target.reserve(1).unwrap().start == 150, "after {commits} commits");
        } else {
            assert!(half_filled.is_ok());
        }
        // Stopped once more, then to its end.
        assert!(invented.import(&file, &Failing::after(1, &target)).is_err());
        invented.import(&file, &target).unwrap();
        assert!(rows(&target) == wanted, "after {commits} commits");
        assert!(transfer::refuse_half_filled(&target).is_ok());
        commits += 1;
    }
    assert!(commits > 5, "{commits} commits");
}

#[test]
fn a_half_filled_store_is_neither_exported_nor_filled_from_another_file() {
    let invented = Invented::with_documents(60);
    let file = invented.export("export");
    invented.sign("two", 3);
    let newer = invented.export("newer");
    let target = invented.empty_store("target");
    assert!(invented.import(&file, &Failing::after(4, &target)).is_err());
    let fault = invented.import(&newer, &target).unwrap_err();
    assert!(matches!(fault, TransferFault::OtherFile { .. }), "{fault}");
    let header =
        transfer::form::Header { iss: invented.config.record.iss().clone(), time: crate::invented::noon() };
    let what = transfer::Export { store: &target, header: &header, path: &invented.path("half") };
    let fault = transfer::export_file(&what, &mut |_| ()).unwrap_err();
    assert!(matches!(fault, TransferFault::Store(RecordsFault::HalfFilled { .. })), "{fault}");
    assert!(!invented.path("half").exists());
}

#[test]
fn a_store_that_was_changed_behind_its_mark_is_not_completed() {
    let invented = Invented::with_documents(60);
    let file = invented.export("export");
    let target = invented.empty_store("target");
    assert!(invented.import(&file, &Failing::after(4, &target)).is_err());
    let key = PaperKey { kind: PaperKind::Token, id: PaperId::new("ffffffffffffffff").unwrap() };
    target.write_papers(&[PaperWrite { key, expect: Expect::Absent, content: Some(vec![1]) }], &[]).unwrap();
    let fault = invented.import(&file, &target).unwrap_err();
    assert!(matches!(fault, TransferFault::Differs { .. }), "{fault}");
    assert!(transfer::refuse_half_filled(&target).is_err(), "it stays marked");
}

#[test]
fn a_file_that_changes_between_two_readings_is_not_taken() {
    let invented = Invented::with_documents(60);
    let file = invented.export("export");
    let target = invented.empty_store("target");
    let source = Source::file(&file).unwrap();
    let verified = transfer::verify(&source, invented.checks(), &mut |_, _| ()).unwrap();
    // Another whole export in the same file.
    invented.sign("two", 3);
    fs::copy(invented.export("newer"), &file).unwrap();
    let fault = transfer::import(&target, (&source, &verified), crate::invented::noon(), &mut |_, _| ());
    assert!(matches!(fault, Err(TransferFault::Changed { .. })), "{fault:?}");
    assert!(transfer::refuse_half_filled(&target).is_err(), "it is marked");
}

#[test]
fn a_store_that_moves_while_it_is_exported_is_not_exported() {
    let invented = Invented::with_documents(30);
    let (store, mut calls) = (invented.store(), 0);
    let header =
        transfer::form::Header { iss: invented.config.record.iss().clone(), time: crate::invented::noon() };
    for act in ["reserve", "sign"] {
        let path = invented.path(act);
        let what = transfer::Export { store: &store, header: &header, path: &path };
        let fault = transfer::export_file(&what, &mut |_| match act {
            "reserve" => drop(store.reserve(1).unwrap()),
            _ => {
                calls += 1;
                invented.sign_into(&store, &format!("more-{calls}"), 2);
            }
        });
        assert!(matches!(fault, Err(TransferFault::InMotion)), "{act}: {fault:?}");
        assert!(!path.exists(), "half an export");
    }
}

#[test]
fn the_weight_of_a_document_is_that_of_its_entry() {
    // What `fill` counts on, said by the store itself: sixteen of the longest fit into one commit.
    let longest = 2_048 + 480 + 200;
    assert!(16 * longest <= sanad_issuer::store::BATCH_BYTES_MAX);
    let invented = Invented::with_documents(1);
    let Some(Row::Document(issued, finding)) = rows(&invented.store()).into_iter().nth(1) else { panic!() };
    let entry = Entry { issued: *issued, finding, supersedes: None, request: None, note: None };
    assert!(entry.weight() < longest);
}
