//! The audit log as the stores keep it; what a chain finds stands in `issuer/src/audit.rs`.

use sanad_issuer::audit::{Act, Actor, Head, Note};
use sanad_issuer::store::{Batch, Entry, PAGE_MAX, Partly};
use sanad_issuer::transition::Change;

use crate::invented::{entry, keep, lines, note, one_change, reserve_to};
use crate::scratch::Scratch;

pub(crate) fn an_empty_log_has_the_empty_head(scratch: &Scratch) {
    let store = scratch.create();
    assert_eq!(store.audit(0, 10).unwrap(), (vec![], Head::EMPTY));
    reserve_to(store.as_ref(), 9);
    keep(store.as_ref(), &[entry(0)]);
    assert_eq!(store.audit(0, 10).unwrap(), (vec![], Head::EMPTY), "an entry without a note writes no line");
}

pub(crate) fn lines_stand_in_the_order_of_their_acts_and_hang_together(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    let noted = |number| Entry { note: Some(note(Act::Issue, &format!("on-{number}"))), ..entry(number) };
    let batch = Batch {
        partly: Partly::Allowed,
        entries: &[noted(1), entry(2), noted(0)],
        papers: &[],
        notes: &[note(Act::IssueMany, "on-batch"), note(Act::FinishJob, "on-end")],
    };
    store.keep(&batch).unwrap();
    store.change_status(&[one_change(Change::Revoke, 1)]).unwrap();
    drop(store);
    let store = scratch.open();
    store.write_papers(&[], &[note(Act::Approve, "on-paper")]).unwrap();
    let lines = lines(store.as_ref());
    let wanted = ["on-1", "on-0", "on-batch", "on-end", "\"revoke\"", "on-paper"];
    assert_eq!(lines.len(), wanted.len());
    for (line, wanted) in lines.iter().zip(wanted) {
        assert!(line.contains(wanted), "{wanted} is not in {line}");
    }
}

pub(crate) fn the_log_is_read_in_pages(scratch: &Scratch) {
    let store = scratch.create();
    for n in 0..52 {
        let notes: Vec<Note> = (0..20).map(|m| note(Act::Checkpoint, &format!("{n}-{m}"))).collect();
        store.write_papers(&[], &notes).unwrap();
    }
    let (page, head) = store.audit(0, usize::MAX).unwrap();
    assert_eq!((page.len(), head.lines), (PAGE_MAX, 1_040));
    let (rest, same) = store.audit(1_000, 100).unwrap();
    assert_eq!((rest.len(), same), (40, head));
    let followed = page.iter().chain(&rest).try_fold(Head::EMPTY, |head, line| head.follow(line)).unwrap();
    assert_eq!(followed, head);
    for (from, limit) in [(0, 0), (1_040, 10), (u64::MAX, 10)] {
        assert_eq!(store.audit(from, limit).unwrap(), (vec![], head), "{from} {limit}");
    }
    assert_eq!(store.audit(7, 2).unwrap().0, page[7..9]);
}

pub(crate) fn odd_letters_stay_what_they_are(scratch: &Scratch) {
    let store = scratch.create();
    let texts = ["'\"\\", "a\0b\nc\td", "\u{202e}\u{12a2}\u{1f4a9}", &"\u{12a2}".repeat(400), "{\"n\":0}"];
    let notes: Vec<Note> = texts
        .into_iter()
        .map(|text| Note { detail: text.to_owned(), who: Actor::service(), ..note(Act::Migrate, text) })
        .collect();
    store.write_papers(&[], &notes).unwrap();
    let mut head = Head::EMPTY;
    let wanted: Vec<String> = notes
        .iter()
        .map(|note| {
            let (line, next) = head.append(note);
            head = next;
            line
        })
        .collect();
    assert_eq!(store.audit(0, 10).unwrap(), (wanted, head));
}
