//! Papers: whoever writes one says which version it saw.

use sanad_issuer::audit::Act;
use sanad_issuer::store::paper::CONTENT_BYTES_MAX;
use sanad_issuer::store::{
    Expect, PAPERS_MAX, Paper, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, Store,
};

use crate::invented::{lines, note};
use crate::scratch::Scratch;

fn key(kind: PaperKind, id: &str) -> PaperKey {
    PaperKey { kind, id: PaperId::new(id).unwrap() }
}

fn write(id: &str, expect: Expect, content: &[u8]) -> PaperWrite {
    PaperWrite { key: key(PaperKind::Job, id), expect, content: Some(content.to_vec()) }
}

fn remove(id: &str, expect: Expect) -> PaperWrite {
    PaperWrite { key: key(PaperKind::Job, id), expect, content: None }
}

fn read(store: &dyn Store, id: &str) -> Option<(u64, Vec<u8>)> {
    let paper = store.paper(&key(PaperKind::Job, id)).unwrap();
    paper.map(|paper| (paper.version, paper.content))
}

fn overtaken(done: Result<(), RecordsFault>) -> bool {
    matches!(done, Err(RecordsFault::Overtaken { .. }))
}

pub(crate) fn a_version_is_compared_before_a_paper_is_written(scratch: &Scratch) {
    let store = scratch.create();
    let put = |expect, content: &[u8]| store.write_papers(&[write("a", expect, content)], &[]);
    assert!(overtaken(put(Expect::Version(1), b"x")));
    assert!(overtaken(put(Expect::Version(0), b"x")));
    assert_eq!(read(store.as_ref(), "a"), None);
    put(Expect::Absent, b"1").unwrap();
    assert!(overtaken(put(Expect::Absent, b"x")));
    put(Expect::Version(1), b"2").unwrap();
    assert!(overtaken(put(Expect::Version(1), b"x")));
    assert!(overtaken(put(Expect::Version(u64::MAX), b"x")));
    put(Expect::Whatever, b"3").unwrap();
    assert_eq!(read(store.as_ref(), "a"), Some((3, b"3".to_vec())));
    assert!(overtaken(store.write_papers(&[remove("a", Expect::Version(2))], &[])));
    store.write_papers(&[remove("a", Expect::Version(3)), remove("b", Expect::Whatever)], &[]).unwrap();
    assert_eq!(read(store.as_ref(), "a"), None);
    store.write_papers(&[remove("a", Expect::Absent)], &[]).unwrap();
}

pub(crate) fn one_paper_that_does_not_stand_as_expected_stops_all(scratch: &Scratch) {
    let store = scratch.create();
    store.write_papers(&[write("a", Expect::Absent, b"a")], &[]).unwrap();
    let writes = [
        write("b", Expect::Absent, b"b"),
        write("a", Expect::Version(1), b"changed"),
        write("c", Expect::Version(1), b"c"),
    ];
    let done = store.write_papers(&writes, &[note(Act::SubmitJob, "b")]);
    assert!(matches!(&done, Err(RecordsFault::Overtaken { id }) if id.as_str() == "c"), "{done:?}");
    assert_eq!(read(store.as_ref(), "a"), Some((1, b"a".to_vec())));
    assert_eq!(read(store.as_ref(), "b"), None);
    assert_eq!(lines(store.as_ref()).len(), 0);
    store.write_papers(&writes[..2], &[note(Act::SubmitJob, "b")]).unwrap();
    assert_eq!(lines(store.as_ref()).len(), 1);
}

pub(crate) fn papers_are_listed_by_kind_start_and_cursor(scratch: &Scratch) {
    let store = scratch.create();
    let ids = ["job-1", "job-10", "job-2", "Job-1", "job_1", "joc", "~"];
    for kind in PaperKind::ALL {
        let writes: Vec<PaperWrite> = ids
            .map(|id| PaperWrite {
                key: key(kind, id),
                expect: Expect::Absent,
                content: Some(kind.word().as_bytes().to_vec()),
            })
            .to_vec();
        store.write_papers(&writes, &[]).unwrap();
    }
    let list = |kind, start: &str, after: Option<&str>, limit| -> Vec<String> {
        let after = after.map(|id| PaperId::new(id).unwrap());
        let papers = store.papers(kind, start, after.as_ref(), limit).unwrap();
        assert!(
            papers
                .iter()
                .all(|paper: &Paper| paper.key.kind == kind && paper.content == kind.word().as_bytes())
        );
        papers.into_iter().map(|paper| paper.key.id.as_str().to_owned()).collect()
    };
    for kind in PaperKind::ALL {
        assert_eq!(list(kind, "", None, 99), ["Job-1", "job-1", "job-10", "job-2", "job_1", "joc", "~"]);
        assert_eq!(list(kind, "job-", None, 99), ["job-1", "job-10", "job-2"]);
        assert_eq!(list(kind, "job-1", None, 99), ["job-1", "job-10"]);
        assert_eq!(list(kind, "job-", Some("job-1"), 1), ["job-10"]);
        assert_eq!(list(kind, "job-", Some("Job-1"), 99).len(), 3, "a cursor before the start");
        assert_eq!(list(kind, "job-", Some("joc"), 99).len(), 0, "a cursor behind the end");
        assert_eq!(list(kind, "", Some("joc"), 99), ["~"]);
        assert_eq!(list(kind, "", None, 0).len(), 0);
        for none in ["job-3", "%", "job-1\0", "\u{12a2}", "\u{10ffff}"] {
            assert_eq!(list(kind, none, None, 99).len(), 0, "{none:?}");
        }
    }
    // An id that another starts with is that of another paper.
    assert_eq!(store.paper(&key(PaperKind::Job, "job-")).unwrap(), None);
    assert_eq!(store.paper(&key(PaperKind::Job, "job-1")).unwrap().unwrap().key.id.as_str(), "job-1");
}

pub(crate) fn a_paper_that_is_written_twice_at_once_counts_both(scratch: &Scratch) {
    let store = scratch.create();
    let writes = [write("a", Expect::Absent, b"1"), write("a", Expect::Version(1), b"2")];
    store.write_papers(&writes, &[]).unwrap();
    assert_eq!(read(store.as_ref(), "a"), Some((2, b"2".to_vec())));
    assert!(overtaken(
        store.write_papers(&[write("b", Expect::Absent, b""), write("b", Expect::Absent, b"")], &[])
    ));
    let anew = [remove("a", Expect::Version(2)), write("a", Expect::Absent, b"new")];
    store.write_papers(&anew, &[]).unwrap();
    assert_eq!(read(store.as_ref(), "a"), Some((1, b"new".to_vec())));
    store.write_papers(&[write("c", Expect::Absent, b""), remove("c", Expect::Version(1))], &[]).unwrap();
    assert_eq!((read(store.as_ref(), "b"), read(store.as_ref(), "c")), (None, None));
}

pub(crate) fn any_bytes_are_a_content_up_to_the_limit(scratch: &Scratch) {
    let store = scratch.create();
    let longest = vec![0xff; CONTENT_BYTES_MAX];
    let contents: [&[u8]; 4] = [b"", b"\0\xff'\\", "\u{12a2}".as_bytes(), &longest];
    for content in contents {
        store.write_papers(&[write("a", Expect::Whatever, content)], &[]).unwrap();
        assert_eq!(read(store.as_ref(), "a").unwrap().1, content);
    }
    let long = vec![0; CONTENT_BYTES_MAX + 1];
    let refused =
        store.write_papers(&[write("b", Expect::Absent, b""), write("a", Expect::Whatever, &long)], &[]);
    assert!(matches!(refused, Err(RecordsFault::TooMuch { .. })), "{refused:?}");
    assert_eq!((read(store.as_ref(), "a").unwrap().0, read(store.as_ref(), "b")), (4, None));
}

pub(crate) fn more_papers_than_a_commit_takes_are_refused(scratch: &Scratch) {
    let store = scratch.create();
    let many: Vec<PaperWrite> =
        (0..=PAPERS_MAX).map(|n| write(&format!("p-{n}"), Expect::Absent, &[7; 4_000])).collect();
    assert!(matches!(store.write_papers(&many, &[]), Err(RecordsFault::TooMuch { .. })));
    store.write_papers(&many[1..], &[]).unwrap();
    assert_eq!(store.papers(PaperKind::Job, "p-", None, 99).unwrap().len(), PAPERS_MAX);
    store.write_papers(&[], &[]).unwrap();
}

pub(crate) fn a_removed_paper_begins_anew(scratch: &Scratch) {
    let store = scratch.create();
    for _ in 0..2 {
        store.write_papers(&[write("a", Expect::Absent, b"1")], &[]).unwrap();
        store.write_papers(&[write("a", Expect::Version(1), b"2")], &[]).unwrap();
        store.write_papers(&[remove("a", Expect::Whatever)], &[]).unwrap();
    }
    assert_eq!(read(store.as_ref(), "a"), None);
}

pub(crate) fn papers_outlive_the_process(scratch: &Scratch) {
    let store = scratch.create();
    store.write_papers(&[write("a", Expect::Absent, b"1"), write("b", Expect::Absent, b"2")], &[]).unwrap();
    drop(store);
    let store = scratch.open();
    assert_eq!(read(store.as_ref(), "b"), Some((1, b"2".to_vec())));
    store.write_papers(&[write("a", Expect::Version(1), b"3")], &[]).unwrap();
}
