//! Moving everything from one store to the other.

use sanad_issuer::audit::Act;
use sanad_issuer::permutation::{Sequence, Shard};
use sanad_issuer::store::document::Row;
use sanad_issuer::store::{
    self, Expect, Finding, NameForm, Paper, PaperId, PaperKey, PaperKind, PaperWrite, Query, RecordsFault,
    Store,
};
use sanad_issuer::transition::Change;

use crate::invented::{self, entry, issued, keep, lines, note, request, rows, signed};
use crate::scratch::Scratch;

/// Rows in pieces that one commit takes.
fn load(store: &dyn Store, rows: &[Row]) {
    for rows in rows.chunks(8) {
        store.load(rows).unwrap();
    }
}

/// A store with something of everything; the documents are real.
fn fill(scratch: &Scratch) {
    signed(scratch.create(), 24);
    let store = scratch.open();
    let all = store.find(&Query::All, None, 99).unwrap();
    for (change, held) in Change::ALL.iter().cycle().zip(&all) {
        let cti = held.issued.cti;
        let change = store::StatusChange { cti, change: *change, note: note(Act::Revoke, &cti.to_string()) };
        store.change_status(&[change]).unwrap();
    }
    for kind in PaperKind::ALL {
        for id in ["1", "10", "2", "a'b"] {
            let key = PaperKey { kind, id: PaperId::new(id).unwrap() };
            for content in [vec![0, 255, 39], vec![7; 4_000]] {
                let content = Some(content);
                store
                    .write_papers(&[PaperWrite { key: key.clone(), expect: Expect::Whatever, content }], &[])
                    .unwrap();
            }
        }
    }
    // Requests, and a reserved number that nobody used. Their documents cannot be real ones of this issuer, since
    // nobody but it signs: they are rows beside them.
    let requests = [("token:a", "1"), ("token:a", "10"), ("token:ab", "1"), ("oidc:a", "z~")];
    let of = |(client, key)| Row::Request(request(client, key, "x"), all[0].issued.cti);
    store.load(&requests.map(of)).unwrap();
    store.reserve(3).unwrap();
}

pub(crate) fn everything_comes_over_and_comes_back(scratch: &Scratch) {
    fill(scratch);
    let first = rows(scratch.open().as_ref(), 50);
    let kinds = first.iter().map(std::mem::discriminant).collect::<std::collections::HashSet<_>>();
    assert_eq!(kinds.len(), 6, "something of everything");
    let (other, back) = (scratch.other(), scratch.other().other());
    load(other.create().as_ref(), &first);
    let second = rows(other.open().as_ref(), 7);
    assert_eq!(second, first);
    load(back.create().as_ref(), &second);
    let third = back.open();
    assert_eq!(rows(third.as_ref(), 50), first);
    // And it is the same to whoever asks.
    let (old, new) = (scratch.open(), other.open());
    for query in [
        Query::All,
        Query::Name(NameForm::of("njoki")),
        Query::Name(NameForm::of("s")),
        Query::Number("M-7".to_owned()),
        Query::Newest,
    ] {
        let found = old.find(&query, None, 99).unwrap();
        assert!(!found.is_empty(), "{query:?}");
        assert_eq!(new.find(&query, None, 99).unwrap(), found);
        assert_eq!(third.find(&query, None, 99).unwrap(), found);
    }
    let shard = Shard::numbered(0);
    assert_eq!(new.status_list(shard).unwrap(), old.status_list(shard).unwrap());
    assert_eq!(new.status_versions().unwrap().len(), 1);
    assert_eq!(lines(new.as_ref()), lines(old.as_ref()));
}

pub(crate) fn pages_of_any_size_have_the_same_rows(scratch: &Scratch) {
    fill(scratch);
    let store = scratch.open();
    let all = rows(store.as_ref(), 1_000);
    assert!(all.iter().map(Row::key).is_sorted(), "in the order of their keys");
    for page in [1, 2, 3, 11, usize::MAX] {
        assert_eq!(rows(store.as_ref(), page), all, "by {page}");
    }
    assert_eq!(store.dump(None, 0).unwrap(), []);
}

pub(crate) fn a_store_goes_on_where_the_other_stopped(scratch: &Scratch) {
    fill(scratch);
    let all = rows(scratch.open().as_ref(), 100);
    let next = scratch.open().reserve(1).unwrap().start;
    let other = scratch.other();
    load(other.create().as_ref(), &all);
    let store = other.open();
    assert_eq!(store.reserve(1).unwrap().start, next);
    keep(store.as_ref(), &[entry(next)]);
    let before = lines(store.as_ref()).len();
    store.write_papers(&[], &[note(Act::Import, "x")]).unwrap();
    assert_eq!(lines(store.as_ref()).len(), before + 1);
    let known = store.papers(PaperKind::Job, "1", None, 1).unwrap();
    assert_eq!(known[0].version, 2);
    let again = invented::asked(next, request("token:a", "10", "x"));
    let first = all.iter().find_map(|row| if let Row::Request(_, cti) = row { Some(*cti) } else { None });
    let kept = invented::try_keep(store.as_ref(), &[again]);
    assert_eq!(kept, [store::Kept::SameRequest { cti: first.unwrap() }]);
}

pub(crate) fn a_row_that_is_there_is_not_written_over(scratch: &Scratch) {
    fill(scratch);
    let store = scratch.open();
    let all = rows(store.as_ref(), 1_000);
    let fresh =
        Row::Document(Box::new(issued(9_000)), Finding { number: None, name: None, delegation: None });
    for row in &all {
        if matches!(row, Row::Meta { .. }) {
            continue;
        }
        let refused = store.load(&[fresh.clone(), row.clone()]);
        let wanted = if matches!(row, Row::Line { .. }) { "the audit log" } else { "not empty" };
        assert!(
            refused.as_ref().is_err_and(|fault| fault.to_string().contains(wanted)),
            "{row:?} {refused:?}"
        );
    }
    // A record has one document.
    let Row::Document(one, finding) = &all[1] else { panic!("the first document") };
    let copy = store::Issued { digest: one.digest, ..issued(9_001) };
    let refused = store.load(&[Row::Document(Box::new(copy), finding.clone())]);
    assert!(matches!(refused, Err(RecordsFault::NotEmpty { .. })), "{refused:?}");
    assert_eq!(rows(store.as_ref(), 1_000), all);
}

pub(crate) fn lines_that_do_not_follow_are_not_taken(scratch: &Scratch) {
    fill(scratch);
    let all = rows(scratch.open().as_ref(), 1_000);
    let log: Vec<Row> = all.into_iter().filter(|row| matches!(row, Row::Line { .. })).collect();
    let other = scratch.other();
    let store = other.create();
    let Row::Line { text, .. } = log[0].clone() else { panic!("a line") };
    let moved = Row::Line { n: 1, text: text.clone() };
    let altered = Row::Line { n: 0, text: text.replace("issue", "revoke") };
    for wrong in [
        &log[1..2],
        &[log[0].clone(), log[2].clone()],
        &[moved],
        &[altered, log[1].clone()],
        &[log[0].clone(), log[0].clone()],
    ] {
        assert!(matches!(store.load(wrong), Err(RecordsFault::Damaged { .. })), "{wrong:?}");
    }
    assert_eq!(lines(store.as_ref()), [""; 0]);
    load(store.as_ref(), &log);
    assert_eq!(lines(store.as_ref()).len(), log.len());
}

pub(crate) fn rows_that_cannot_be_are_not_taken(scratch: &Scratch) {
    let store = scratch.create();
    let block = |bytes: usize, block| Row::Block {
        shard: Shard::numbered(0),
        block,
        bytes: vec![1; bytes],
        version: 1,
    };
    let paper = |bytes: usize, id: &str| {
        let key = PaperKey { kind: PaperKind::Job, id: PaperId::new(id).unwrap() };
        Row::Paper(Paper { key, version: 1, content: vec![1; bytes] })
    };
    for wrong in [block(1_023, 0), block(1_025, 0), block(1_024, 256), block(0, 0), paper(4_001, "x")] {
        let refused = store.load(&[Row::Meta { next: Sequence(5) }, wrong]);
        let known = matches!(refused, Err(RecordsFault::Damaged { .. } | RecordsFault::TooMuch { .. }));
        assert!(known, "{refused:?}");
    }
    // More than a commit takes.
    let many: Vec<Row> = (0..20).map(|n| paper(4_000, &n.to_string())).collect();
    assert!(store.load(&many).is_err());
    assert_eq!(rows(store.as_ref(), 9), [Row::Meta { next: Sequence(0) }]);
}
