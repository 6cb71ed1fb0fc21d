//! Invented documents. Most are bytes that nobody can read, since only what lies around them matters; those of
//! [`signed`] are real.

use sanad_credential::{
    Area, CredentialId, Date, DelegationId, FixedBytes, LanguageTag, SigningKey, Status, StatusList, UnixTime,
};
use sanad_issuer::audit::{Act, Actor, Note};
use sanad_issuer::config::{self, Config, NewIssuer};
use sanad_issuer::issue::Issuer;
use sanad_issuer::keys::IssuerKeys;
use sanad_issuer::permutation::{Permutation, PermutationKey, Sequence};
use sanad_issuer::register::{Digest, Record, Register};
use sanad_issuer::store::document::Row;
use sanad_issuer::store::{
    self, Batch, Entry, Finding, IdempotencyKey, Issued, Kept, NameForm, Partly, Place, Request,
    StatusChange, Store, Transition,
};
use sanad_issuer::transition::{Change, Step};
use sanad_qr::ModulePixels;
use sanad_trust::KeyUse;

use crate::scratch::iss;

/// A document with a number; id and record follow from it.
pub(crate) fn issued(number: u64) -> Issued {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    // The embedded store looks at the first half, and compares the second.
    digest[24..].copy_from_slice(&number.to_be_bytes());
    Issued {
        cti: cti(number),
        sequence: Sequence(number),
        place: place(number),
        digest: Digest(digest),
        document: format!("invented document {number}").into_bytes(),
    }
}

/// An entry that has nothing but its document.
pub(crate) fn entry(number: u64) -> Entry {
    Entry {
        issued: issued(number),
        finding: Finding { number: None, name: None, delegation: None },
        supersedes: None,
        request: None,
        note: None,
    }
}

pub(crate) fn named(number: u64, name: &str) -> Entry {
    let finding = Finding { number: None, name: Some(NameForm::of(name)), delegation: None };
    Entry { finding, ..entry(number) }
}

pub(crate) fn numbered(number: u64, member: &str) -> Entry {
    let finding = Finding { number: Some(member.to_owned()), name: None, delegation: None };
    Entry { finding, ..entry(number) }
}

pub(crate) fn delegated(number: u64, id: &str) -> Entry {
    let delegation = Some(DelegationId::new(id).unwrap());
    Entry { finding: Finding { number: None, name: None, delegation }, ..entry(number) }
}

pub(crate) fn asked(number: u64, request: Request) -> Entry {
    Entry { request: Some(request), ..entry(number) }
}

pub(crate) fn superseding(number: u64, old: u64) -> Entry {
    Entry { supersedes: Some(cti(old)), ..entry(number) }
}

pub(crate) fn request(client: &str, key: &str, body: &str) -> Request {
    Request::new(Actor::new(client).unwrap(), IdempotencyKey::new(key).unwrap(), body.as_bytes())
}

pub(crate) fn cti(number: u64) -> CredentialId {
    // Not in the order of the numbers.
    FixedBytes((u64::MAX - number).to_be_bytes())
}

pub(crate) fn place(number: u64) -> Place {
    let permutation = Permutation::new(&keys().permutation);
    let (shard, index) = permutation.place(Sequence(number)).unwrap();
    Place { shard, index }
}

pub(crate) fn note(act: Act, on: &str) -> Note {
    Note { at: noon(), who: Actor::command_line(), act, on: on.to_owned(), detail: String::new() }
}

/// A Friday noon after the first day of the keys.
pub(crate) fn noon() -> UnixTime {
    UnixTime::parse("2027-01-15T12:00:00Z").unwrap()
}

/// Keeps entries that nothing stands in the way of.
pub(crate) fn keep(store: &dyn Store, entries: &[Entry]) {
    for entries in entries.chunks(32) {
        let kept = try_keep(store, entries);
        assert!(kept.iter().all(|kept| *kept == Kept::Kept), "{kept:?}");
    }
}

pub(crate) fn try_keep(store: &dyn Store, entries: &[Entry]) -> Vec<Kept> {
    store.keep(&Batch { partly: Partly::Allowed, entries, papers: &[], notes: &[] }).unwrap()
}

/// Reserves numbers up to this one.
pub(crate) fn reserve_to(store: &dyn Store, last: u64) {
    while !store.reserve(64).unwrap().contains(&last) {}
}

/// Makes a store that is still empty believe that so many numbers were reserved.
pub(crate) fn skip_to(store: &dyn Store, next: u64) {
    store.load(&[Row::Meta { next: Sequence(next) }]).unwrap();
}

pub(crate) fn change(store: &dyn Store, change: Change, numbers: impl IntoIterator<Item = u64>) -> Vec<Step> {
    let changes: Vec<StatusChange> = numbers.into_iter().map(|number| one_change(change, number)).collect();
    let mut steps = Vec::new();
    for changes in changes.chunks(store::CHANGES_MAX) {
        steps.extend(store.change_status(changes).unwrap().into_iter().map(|transition| match transition {
            Transition::Judged(outcome) => outcome.step,
            Transition::Unknown => panic!("unknown"),
        }));
    }
    steps
}

pub(crate) fn one_change(change: Change, number: u64) -> StatusChange {
    let act = match change {
        Change::Suspend => Act::Suspend,
        Change::Resume => Act::Resume,
        Change::Revoke => Act::Revoke,
        Change::Supersede => Act::Supersede,
    };
    StatusChange { cti: cti(number), change, note: note(act, &cti(number).to_string()) }
}

pub(crate) fn status(store: &dyn Store, number: u64) -> Status {
    store::held(store, cti(number)).unwrap().unwrap().status
}

pub(crate) fn status_in(list: &StatusList, number: u64) -> Status {
    list.status(sanad_credential::StatusIndex::new(place(number).index.number()).unwrap())
}

/// All lines of the log, after it was followed from the first to the last.
pub(crate) fn lines(store: &dyn Store) -> Vec<String> {
    let (mut lines, mut head) = (Vec::new(), sanad_issuer::audit::Head::EMPTY);
    loop {
        let (page, stands) = store.audit(head.lines, 100).unwrap();
        for line in &page {
            head = head.follow(line).unwrap();
        }
        if page.is_empty() {
            assert_eq!(head, stands);
            return lines;
        }
        lines.extend(page);
    }
}

/// All rows, read in pages.
pub(crate) fn rows(store: &dyn Store, page: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let more = store.dump(rows.last().map(Row::key).as_ref(), page).unwrap();
        assert!(more.len() <= page);
        if more.is_empty() {
            return rows;
        }
        rows.extend(more);
    }
}

pub(crate) fn keys() -> IssuerKeys {
    IssuerKeys::of(
        [
            (KeyUse::Credential, secret_key(1)),
            (KeyUse::Status, secret_key(2)),
            (KeyUse::Delegation, secret_key(3)),
        ],
        PermutationKey::from_bytes(&[4; 32]),
    )
}

/// Signs documents of invented people into a store.
pub(crate) fn signed(store: Box<dyn Store>, people: u32) {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys();
    let text = config::template(&NewIssuer {
        iss: &iss(),
        country: &Area::new("KE").unwrap(),
        name: "Invented",
        language: &LanguageTag::new("en").unwrap(),
        status_prefix: "https://s.example/k/",
        today: Date::parse("2027-01-01").unwrap(),
        credential: secret_key(1).public_key(),
        status: secret_key(2).public_key(),
        delegation: secret_key(3).public_key(),
    });
    std::fs::write(dir.path().join(config::FILE_NAME), text).unwrap();
    let issuer = Issuer::new(Config::load(dir.path()).unwrap(), keys, store);
    let mut csv = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n".to_owned();
    for person in 0..people {
        let name = ["Njoki Wambúi", "Otieno Odhiambo", "Šárka Ñandú"][person as usize % 3];
        csv.push_str(&format!("M-{person},{name},1991~,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE\n"));
    }
    let path = dir.path().join("people.csv");
    std::fs::write(&path, csv).unwrap();
    let mut register = Register::open(&path, iss()).unwrap();
    let mut records: Vec<Record> = Vec::new();
    while let Some(row) = register.next_record().unwrap() {
        records.push(row.unwrap().0);
    }
    assert_eq!(records.len(), people as usize);
    for records in records.chunks(sanad_issuer::issue::BATCH) {
        issuer.issue(records, noon(), ModulePixels::new(4).unwrap()).unwrap();
    }
}

fn secret_key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&[byte; 32])
}
