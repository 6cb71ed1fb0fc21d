//! An invented issuer in a directory, with documents that nobody can read: only their numbers matter here.

use std::fs;
use std::path::Path;

use sanad_credential::{Area, CredentialId, Date, FixedBytes, IssuerId, LanguageTag, SigningKey, UnixTime};
use sanad_issuer::config::{self, Config, NewIssuer};
use sanad_issuer::durable::{Durable, Opening, Stop, StoreFault, TreeName};
use sanad_issuer::issue::Issuer;
use sanad_issuer::keys::IssuerKeys;
use sanad_issuer::permutation::{Permutation, PermutationKey, Sequence};
use sanad_issuer::register::Digest;
use sanad_issuer::store::embedded::EmbeddedStore;
use sanad_issuer::store::{Batch, Entry, Finding, Issued, Kept, Partly, Place, Store};
use sanad_trust::KeyUse;

/// First day of its keys.
pub(crate) const FIRST_DAY: &str = "2027-01-01";

/// Makes it.
pub(crate) fn make(dir: &Path) {
    let [credential, status, delegation] = [1, 2, 3].map(|byte| secret_key(byte).public_key());
    let text = config::template(&NewIssuer {
        iss: &iss(),
        country: &Area::new("KE").unwrap(),
        name: "Invented",
        language: &LanguageTag::new("en").unwrap(),
        status_prefix: "https://s.example/k/",
        today: Date::parse(FIRST_DAY).unwrap(),
        credential,
        status,
        delegation,
    });
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join(config::FILE_NAME), text).unwrap();
    EmbeddedStore::create(&dir.join("store"), &iss()).unwrap();
}

/// Opens it.
pub(crate) fn open(dir: &Path) -> Issuer {
    let store = Box::new(open_store(dir));
    Issuer::new(Config::load(dir).unwrap(), keys(), store)
}

/// Keeps documents, and the last of them in a list of its own if `from` says so.
pub(crate) fn keep(dir: &Path, from: u64, count: u64) {
    skip_to(dir, from);
    let store = open_store(dir);
    let numbers = store.reserve(u32::try_from(count).unwrap()).unwrap();
    let permutation = Permutation::new(&keys().permutation);
    let entry = |number: u64| {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        let (shard, index) = permutation.place(Sequence(number)).unwrap();
        let issued = Issued {
            cti: cti(number),
            sequence: Sequence(number),
            place: Place { shard, index },
            digest: Digest(digest),
            document: vec![0; 8],
        };
        let finding = Finding { number: None, name: None, delegation: None };
        Entry { issued, finding, supersedes: None, request: None, note: None }
    };
    for entries in numbers.map(entry).collect::<Vec<_>>().chunks(32) {
        let kept = store.keep(&Batch { partly: Partly::Allowed, entries, papers: &[], notes: &[] }).unwrap();
        assert!(kept.iter().all(|kept| *kept == Kept::Kept));
    }
}

/// Makes the store believe that so many documents were issued.
pub(crate) fn skip_to(dir: &Path, next: u64) {
    let meta = TreeName("meta");
    let raw = patiently(|| Durable::open(&dir.join("store"), Opening::OpenExisting, &[meta]));
    let put = raw
        .commit(|act| -> Result<(), Stop<StoreFault>> { Ok(act.put(meta, b"next", &next.to_be_bytes())?) });
    put.unwrap();
}

pub(crate) fn open_store(dir: &Path) -> EmbeddedStore {
    patiently(|| EmbeddedStore::open(&dir.join("store"), &iss()))
}

/// Tries again for half a minute: a child that another test is just starting holds a copy of every open file for a moment,
/// locks included, and a slow machine makes it a long one.
pub(crate) fn patiently<T, F: std::fmt::Debug>(open: impl Fn() -> Result<T, F>) -> T {
    let mut attempts_left = 3_000;
    loop {
        match open() {
            Err(fault) if attempts_left > 0 && format!("{fault:?}").contains("InUse") => {
                attempts_left -= 1;
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            opened => return opened.unwrap(),
        }
    }
}

pub(crate) fn cti(number: u64) -> CredentialId {
    FixedBytes(number.to_be_bytes())
}

pub(crate) fn iss() -> IssuerId {
    IssuerId::new("KE-SHA").unwrap()
}

pub(crate) fn keys() -> IssuerKeys {
    let keys = [
        (KeyUse::Credential, secret_key(1)),
        (KeyUse::Status, secret_key(2)),
        (KeyUse::Delegation, secret_key(3)),
    ];
    IssuerKeys::of(keys, PermutationKey::from_bytes(&[4; 32]))
}

pub(crate) fn secret_key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&[byte; 32])
}

/// A Friday noon after the first day of the keys.
pub(crate) fn noon() -> UnixTime {
    UnixTime::parse("2027-01-15T12:00:00Z").unwrap()
}
