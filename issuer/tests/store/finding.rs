//! Finding documents: all that belong to what was asked for, in their order, over pages, and no other.

use sanad_credential::{DelegationId, Status};
use sanad_issuer::permutation::Sequence;
use sanad_issuer::store::{self, Cursor, Held, NameForm, PAGE_MAX, Query, Store};
use sanad_issuer::transition::Change;

use crate::invented::{change, cti, delegated, entry, issued, keep, named, numbered, reserve_to};
use crate::scratch::Scratch;

/// Reads all pages.
fn all(store: &dyn Store, query: &Query, page: usize) -> Vec<Held> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let more = store.find(query, after.as_ref(), page).unwrap();
        assert!(more.len() <= page);
        let Some(last) = more.last() else { return found };
        after = Some(last.cursor.clone());
        found.extend(more);
        assert!(found.len() < 10_000, "the pages have no end");
    }
}

fn numbers(found: &[Held]) -> Vec<u64> {
    found.iter().map(|held| held.issued.sequence.0).collect()
}

pub(crate) fn every_device_of_an_id_is_found_and_no_other(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    let ids = ["KE-F1", "KE-F10", "KE-F1", "KE-F", "KE-F1"];
    let entries: Vec<_> = (0..).zip(ids).map(|(number, id)| delegated(number, id)).collect();
    keep(store.as_ref(), &entries);
    keep(store.as_ref(), &[entry(5)]);
    drop(store);
    let store = scratch.open();
    let of = |id| store::delegations_of(store.as_ref(), &DelegationId::new(id).unwrap()).unwrap();
    assert_eq!(of("KE-F1"), [issued(0), issued(2), issued(4)]);
    assert_eq!(of("KE-F10"), [issued(1)]);
    assert_eq!(of("KE-F2"), []);
    let by_twos = all(store.as_ref(), &Query::Delegation(DelegationId::new("KE-F1").unwrap()), 2);
    assert_eq!(numbers(&by_twos), [0, 2, 4]);
}

pub(crate) fn a_member_number_is_found_over_pages_and_no_other_is(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    let member = |number: u64| ["M-1", "M-10", "m-1", "M-1 ", "M-"][usize::try_from(number % 5).unwrap()];
    keep(store.as_ref(), &(0..60).map(|number| numbered(number, member(number))).collect::<Vec<_>>());
    keep(store.as_ref(), &[entry(60), named(61, "M-1")]);
    for page in [1, 5, 7, 100] {
        for (place, text) in ["M-1", "M-10", "m-1", "M-1 ", "M-"].iter().enumerate() {
            let found = all(store.as_ref(), &Query::Number((*text).to_owned()), page);
            let wanted: Vec<u64> = (0..60).filter(|number| number % 5 == place as u64).collect();
            assert_eq!(numbers(&found), wanted, "{text:?} by {page}");
        }
    }
    assert_eq!(store.find(&Query::Number("M-100".to_owned()), None, 9).unwrap(), []);
    assert_eq!(store.find(&Query::Number(String::new()), None, 9).unwrap(), []);
}

pub(crate) fn a_name_is_found_by_its_start_over_pages(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 199);
    let names =
        ["Njoki Wambúi", "NJOKI  WAMBUI", "Njoki", "Njokia", "Otieno", "Ññoki", "አበበ", "z\u{10ffff}z"];
    let entries: Vec<_> = (0..80).map(|n| named(n, names[usize::try_from(n % 8).unwrap()])).collect();
    keep(store.as_ref(), &entries);
    keep(store.as_ref(), &[entry(80), numbered(81, "njoki")]);
    let ask = |start: &str, page| all(store.as_ref(), &Query::Name(NameForm::of(start)), page);
    for page in [1, 3, 10, 100] {
        let found = ask("njoki", page);
        let of = |kind: u64| (0..80).filter(move |number| number % 8 == kind);
        // In the order of names, those alike in the order of numbers.
        let alike: Vec<u64> = (0..80).filter(|number| number % 8 < 2).collect();
        let wanted: Vec<u64> = of(2).chain(alike).chain(of(3)).collect();
        assert_eq!(numbers(&found), wanted, "by {page}");
        assert_eq!(numbers(&ask("NJOKI WAMBUI", page)).len(), 20);
        assert_eq!(numbers(&ask("አ", page)), of(6).collect::<Vec<_>>());
        assert_eq!(numbers(&ask("z\u{10ffff}", page)), of(7).collect::<Vec<_>>());
        assert_eq!(numbers(&ask("", page)).len(), 80, "every name starts with nothing");
        assert_eq!(ask("wambui", page), []);
    }
}

pub(crate) fn names_are_in_the_order_of_their_bytes(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    // Whatever the database sorts by: an English reader would put these in another order.
    let names = ["ab", "a b", "a-b", "a'b", "æb", "zb", "a\u{12a2}", "a0", "a"];
    keep(store.as_ref(), &(0..).zip(names).map(|(number, name)| named(number, name)).collect::<Vec<_>>());
    let found = all(store.as_ref(), &Query::Name(NameForm::of("")), 2);
    let shown: Vec<&str> = found.iter().map(|held| held.cursor.name.as_ref().unwrap().as_str()).collect();
    let mut sorted: Vec<String> = names.iter().map(|name| NameForm::of(name).as_str().to_owned()).collect();
    sorted.sort_unstable();
    assert_eq!(shown, sorted);
    assert_eq!(all(store.as_ref(), &Query::Name(NameForm::of("a")), 2).len(), 7);
}

pub(crate) fn all_are_found_in_the_order_of_their_numbers(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    // Kept in another order, with numbers that were lost.
    let kept: Vec<u64> = (0..90).filter(|number| number % 7 != 3).collect();
    keep(store.as_ref(), &kept.iter().rev().copied().map(entry).collect::<Vec<_>>());
    for page in [1, 8, 1_000] {
        assert_eq!(numbers(&all(store.as_ref(), &Query::All, page)), kept);
    }
}

pub(crate) fn the_newest_is_the_one_with_the_highest_number(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    assert_eq!(store.find(&Query::Newest, None, 5).unwrap(), []);
    keep(store.as_ref(), &[entry(7), entry(2)]);
    assert_eq!(numbers(&store.find(&Query::Newest, None, 5).unwrap()), [7]);
}

pub(crate) fn a_page_has_no_more_than_asked_for_and_no_more_than_a_page(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 1_100);
    let entries: Vec<_> = (0..1_050).map(|number| numbered(number, "M-1")).collect();
    for entries in entries.chunks(64) {
        keep(store.as_ref(), entries);
    }
    let member = Query::Number("M-1".to_owned());
    for query in [&Query::All, &member] {
        assert_eq!(store.find(query, None, usize::MAX).unwrap().len(), PAGE_MAX);
        assert_eq!(all(store.as_ref(), query, PAGE_MAX).len(), 1_050);
    }
    let one = [Query::Id(cti(3)), Query::Record(issued(3).digest), Query::Newest];
    for query in one.iter().chain([&Query::All, &member]) {
        assert_eq!(store.find(query, None, 0).unwrap(), [], "{query:?}");
    }
    for query in &one {
        assert_eq!(all(store.as_ref(), query, 10).len(), 1, "nothing lies behind the only one");
    }
}

pub(crate) fn a_cursor_of_another_search_does_not_lead_out_of_this_one(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 9);
    keep(
        store.as_ref(),
        &[named(0, "aaa"), named(1, "bbb"), named(2, "bbc"), named(3, "ccc"), numbered(4, "M-1")],
    );
    let start = Query::Name(NameForm::of("bb"));
    let cursor =
        |name: Option<&str>, number| Cursor { name: name.map(NameForm::of), sequence: Sequence(number) };
    for (after, wanted) in [
        (cursor(Some("aaa"), 0), vec![1, 2]),
        (cursor(Some("bbb"), 1), vec![2]),
        (cursor(Some("ccc"), 3), vec![]),
        (cursor(Some("\u{10ffff}"), u64::MAX), vec![]),
    ] {
        assert_eq!(numbers(&store.find(&start, Some(&after), 9).unwrap()), wanted, "{after:?}");
    }
    let far = cursor(Some("aaa"), u64::MAX);
    for query in [Query::All, Query::Number("M-1".to_owned())] {
        assert_eq!(store.find(&query, Some(&far), 9).unwrap(), []);
    }
    let near = cursor(Some("zzz"), 2);
    assert_eq!(numbers(&store.find(&Query::All, Some(&near), 9).unwrap()), [3, 4]);
    assert_eq!(numbers(&store.find(&Query::Number("M-1".to_owned()), Some(&near), 9).unwrap()), [4]);
}

pub(crate) fn signs_of_query_languages_are_letters_like_others(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    let odd = ["%", "_", "'; DROP TABLE sanad.documents; --", "\\", "\"", "$1", "{1,2}", "NULL", "\u{202e}x"];
    keep(store.as_ref(), &(0..).zip(odd).map(|(number, text)| numbered(number, text)).collect::<Vec<_>>());
    keep(store.as_ref(), &(20..).zip(odd).map(|(number, text)| named(number, text)).collect::<Vec<_>>());
    for (number, text) in (0_u64..).zip(odd) {
        assert_eq!(numbers(&all(store.as_ref(), &Query::Number(text.to_owned()), 9)), [number], "{text}");
        assert_eq!(
            numbers(&all(store.as_ref(), &Query::Name(NameForm::of(text)), 9)),
            [number + 20],
            "{text}"
        );
    }
    // No text of the store has it, and a part of one is not found by it.
    for text in ["\0", "%\0", "\0%", "%\0\0\0\0\0\0\0\0"] {
        assert_eq!(store.find(&Query::Number(text.to_owned()), None, 9).unwrap(), [], "{text:?}");
    }
}

pub(crate) fn what_is_found_shows_its_status(scratch: &Scratch) {
    let store = scratch.create();
    reserve_to(store.as_ref(), 99);
    keep(store.as_ref(), &(0..8).map(|number| numbered(number, "M-1")).collect::<Vec<_>>());
    for (wanted, number) in [(Change::Suspend, 1), (Change::Revoke, 3), (Change::Supersede, 6)] {
        change(store.as_ref(), wanted, [number]);
    }
    use Status::{Revoked, Superseded, Suspended, Valid};
    let wanted = [Valid, Suspended, Valid, Revoked, Valid, Valid, Superseded, Valid];
    for query in [Query::All, Query::Number("M-1".to_owned())] {
        let found = all(store.as_ref(), &query, 3);
        assert_eq!(found.iter().map(|held| held.status).collect::<Vec<_>>(), wanted);
    }
    for (number, wanted) in (0..).zip(wanted) {
        assert_eq!(store::held(store.as_ref(), cti(number)).unwrap().unwrap().status, wanted);
    }
}
