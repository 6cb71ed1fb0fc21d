//! An invented issuer for the tests of this crate, in a directory that goes away with it.

use std::sync::Arc;

use sanad_credential::{Area, CredentialId, Date, FixedBytes, IssuerId, LanguageTag, SigningKey, UnixTime};

use crate::config::{self, Config, NewIssuer};
use crate::issue::Issuer;
use crate::keys::IssuerKeys;
use crate::permutation::PermutationKey;
use crate::register::Digest;
use crate::store::embedded::EmbeddedStore;
use crate::store::{Batch, Entry, Finding, Issued, Kept, Partly};
use sanad_trust::KeyUse;

/// The time of the tests.
pub(crate) fn clock() -> Option<UnixTime> {
    UnixTime::parse("2026-03-02T08:00:00Z").ok()
}

pub(crate) fn now() -> UnixTime {
    clock().unwrap()
}

/// The issuer KE-SHA of the country KE.
pub(crate) struct Invented {
    _dir: tempfile::TempDir,
    pub(crate) issuer: Arc<Issuer>,
}

impl Invented {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (iss, key) = (IssuerId::new("KE-SHA").unwrap(), |number| SigningKey::from_secret(&[number; 32]));
        let uses = [KeyUse::Credential, KeyUse::Status, KeyUse::Delegation];
        let keys = IssuerKeys::of(
            [(uses[0], key(1)), (uses[1], key(2)), (uses[2], key(3))],
            PermutationKey::from_bytes(&[4; 32]),
        );
        let text = config::template(&NewIssuer {
            iss: &iss,
            country: &Area::new("KE").unwrap(),
            name: "Invented",
            language: &LanguageTag::new("en").unwrap(),
            status_prefix: "https://s.example/",
            today: Date::parse("2026-01-01").unwrap(),
            credential: key(1).public_key(),
            status: key(2).public_key(),
            delegation: key(3).public_key(),
        });
        std::fs::write(dir.path().join(config::FILE_NAME), text).unwrap();
        let store = EmbeddedStore::create(&dir.path().join("store"), &iss).unwrap();
        let config = Config::load(dir.path()).unwrap();
        Self { issuer: Arc::new(Issuer::new(config, keys, Box::new(store))), _dir: dir }
    }

    /// Keeps documents that nobody can read: only their numbers and their status matter.
    pub(crate) fn keep(&self, count: u32) -> Vec<CredentialId> {
        let store = self.issuer.store();
        let numbers: Vec<u64> = store.reserve(count).unwrap().collect();
        let entry = |number: &u64| {
            let sequence = crate::permutation::Sequence(*number);
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            let issued = Issued {
                cti: FixedBytes(number.to_be_bytes()),
                sequence,
                place: self.issuer.place_of_number(sequence).unwrap(),
                digest: Digest(digest),
                document: vec![0; 8],
            };
            let finding = Finding { number: None, name: None, delegation: None };
            Entry { issued, finding, supersedes: None, request: None, note: None }
        };
        for numbers in numbers.chunks(64) {
            let entries: Vec<Entry> = numbers.iter().map(entry).collect();
            let kept = store
                .keep(&Batch { partly: Partly::Allowed, entries: &entries, papers: &[], notes: &[] })
                .unwrap();
            assert!(kept.iter().all(|kept| *kept == Kept::Kept));
        }
        numbers.iter().map(|number| FixedBytes(number.to_be_bytes())).collect()
    }
}
