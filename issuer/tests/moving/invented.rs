//! An invented issuer in a directory, with documents of invented people that it really signed, papers, requests and a log.

use std::fs;
use std::path::{Path, PathBuf};

use sanad_credential::{
    Area, Date, Draft, FixedBytes, IssuerId, LanguageTag, StatusIndex, StatusReference, UnixTime,
    seal_entitlement,
};
use sanad_issuer::audit::{Act, Actor, Note};
use sanad_issuer::config::{self, Config, NewIssuer};
use sanad_issuer::keys::{self, IssuerKeys, Signer};
use sanad_issuer::permutation::{Permutation, Sequence};
use sanad_issuer::register::Register;
use sanad_issuer::store::document::Row;
use sanad_issuer::store::embedded::EmbeddedStore;
use sanad_issuer::store::{
    Batch, Entry, Expect, Finding, IdempotencyKey, Issued, Kept, PAGE_MAX, PaperId, PaperKey, PaperKind,
    PaperWrite, Papers as _, Partly, Place, Request, StatusChange, Store, Transition,
};
use sanad_issuer::transfer::form::Header;
use sanad_issuer::transfer::{self, Checks, Export, Source, TransferFault, Verified};
use sanad_issuer::transition::Change;
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_trust::KeyUse;
use tempfile::TempDir;

/// First day of its keys.
const FIRST_DAY: &str = "2027-01-01";

/// What opens `keys.age`.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// An issuer and a place for other things beside it.
pub(crate) struct Invented {
    pub(crate) root: TempDir,
    pub(crate) dir: PathBuf,
    pub(crate) config: Config,
    pub(crate) keys: IssuerKeys,
    pub(crate) permutation: Permutation,
}

impl Invented {
    /// Without documents.
    pub(crate) fn new(iss: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("issuer");
        fs::create_dir(&dir).unwrap();
        let keys = keys::create(&dir, &passphrase()).unwrap();
        let iss = IssuerId::new(iss).unwrap();
        let text = config::template(&NewIssuer {
            iss: &iss,
            country: &Area::new(iss.country()).unwrap(),
            name: "Invented",
            language: &LanguageTag::new("en").unwrap(),
            status_prefix: "https://s.example/k/",
            today: Date::parse(FIRST_DAY).unwrap(),
            credential: keys.credential,
            status: keys.status,
            delegation: keys.delegation,
        });
        fs::write(dir.join(config::FILE_NAME), text).unwrap();
        EmbeddedStore::create(&dir.join("store"), &iss).unwrap();
        let config = Config::load(&dir).unwrap();
        let keys = keys::load(&dir, &passphrase(), config.record.members()).unwrap();
        let permutation = Permutation::new(&keys.permutation);
        Self { root, dir, config, keys, permutation }
    }

    /// With documents: every third answers a request, every fifth is revoked; and papers up to their limit.
    pub(crate) fn with_documents(documents: u32) -> Self {
        let invented = Self::new("KE-SHA");
        invented.sign("one", documents);
        let store = invented.store();
        let write = |kind, id: &str, content: Vec<u8>| PaperWrite {
            key: PaperKey { kind, id: PaperId::new(id).unwrap() },
            expect: Expect::Whatever,
            content: Some(content),
        };
        let papers = [
            write(PaperKind::Token, "0011223344556677", b"{\"v\":1}".to_vec()),
            write(PaperKind::Published, "0000000000", b"1800000000".to_vec()),
            write(PaperKind::JobInput, "job/000", (0..4_000_u32).map(|byte| (byte % 256) as u8).collect()),
            write(PaperKind::JobInput, "job/001", vec![255; 4_000]),
            write(PaperKind::Job, "job", Vec::new()),
        ];
        store.write_papers(&papers, &[]).unwrap();
        invented
    }

    /// Signs so many more, in names of their own.
    pub(crate) fn sign(&self, word: &str, documents: u32) {
        let store = self.store();
        let ids = self.sign_into(&store, word, documents);
        for ids in ids.iter().step_by(5).collect::<Vec<_>>().chunks(20) {
            let change = |cti: &&sanad_credential::CredentialId| StatusChange {
                cti: **cti,
                change: Change::Revoke,
                note: note(Act::Revoke, &cti.to_string()),
            };
            let changes: Vec<_> = ids.iter().map(change).collect();
            let done = store.change_status(&changes).unwrap();
            assert!(done.iter().all(|done| matches!(done, Transition::Judged(_))));
        }
    }

    /// Signs into a store; the ids.
    pub(crate) fn sign_into(
        &self,
        store: &dyn Store,
        word: &str,
        documents: u32,
    ) -> Vec<sanad_credential::CredentialId> {
        let numbers = store.reserve(documents).unwrap();
        let records = self.records(word, documents);
        let mut ids = Vec::new();
        let mut entries = Vec::new();
        for (number, record) in numbers.zip(records) {
            let entry = self.entry(number, record);
            ids.push(entry.issued.cti);
            entries.push(entry);
        }
        for entries in entries.chunks(16) {
            let kept =
                store.keep(&Batch { partly: Partly::Allowed, entries, papers: &[], notes: &[] }).unwrap();
            assert!(kept.iter().all(|kept| *kept == Kept::Kept), "{kept:?}");
        }
        ids
    }

    /// The key of a use.
    pub(crate) fn signer(&self, key_use: KeyUse) -> &Signer {
        self.keys.signer(self.config.record.members(), key_use, noon().date()).unwrap()
    }

    fn entry(&self, number: u64, record: sanad_issuer::register::Record) -> Entry {
        let (shard, index) = self.permutation.place(Sequence(number)).unwrap();
        let cti = FixedBytes((number ^ 0x5a5a_0000_0000_0000).to_be_bytes());
        let status = StatusReference {
            index: StatusIndex::new(index.number()).unwrap(),
            uri: self.config.status_uri(shard.number()).unwrap(),
        };
        let draft = Draft {
            iss: self.config.record.iss().clone(),
            iat: noon(),
            exp: noon().plus_seconds(86_400 * 1_095).unwrap(),
            cti,
            status: Some(status),
            holder_key: None,
            common: record.common,
            right: record.right,
        };
        let claims = draft.check().unwrap();
        let document = seal_entitlement(&claims, self.signer(KeyUse::Credential)).unwrap();
        let finding = Finding::of(&claims);
        let issued = Issued {
            cti,
            sequence: Sequence(number),
            place: Place { shard, index },
            digest: record.digest,
            document,
        };
        let request = number.is_multiple_of(3).then(|| {
            let key = IdempotencyKey::new(&format!("key-{number}")).unwrap();
            Request::new(Actor::new("token:0011223344556677").unwrap(), key, &number.to_be_bytes())
        });
        let note = Some(note(Act::Issue, &cti.to_string()));
        Entry { issued, finding, supersedes: None, request, note }
    }

    fn records(&self, word: &str, documents: u32) -> Vec<sanad_issuer::register::Record> {
        let mut register =
            "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n".to_owned();
        for person in 0..documents {
            // Some of the names are as long as a card takes.
            let name = if person % 7 == 0 {
                "Test Person With A Very Long Name Of Many Words"
            } else {
                "Test Person"
            };
            register.push_str(&format!(
                "{word}-{person},{name} {word} {person},1991,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE\n"
            ));
        }
        let path = self.root.path().join(format!("{word}.csv"));
        fs::write(&path, register).unwrap();
        let mut register = Register::open(&path, self.config.record.iss().clone()).unwrap();
        let mut records = Vec::new();
        while let Some(record) = register.next_record().unwrap() {
            records.push(record.unwrap().0);
        }
        records
    }

    pub(crate) fn store(&self) -> EmbeddedStore {
        open_store(&self.dir, self.config.record.iss())
    }

    pub(crate) fn checks(&self) -> Checks<'_> {
        Checks { record: &self.config.record, permutation: &self.permutation }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// An export of the store.
    pub(crate) fn export(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let header = Header { iss: self.config.record.iss().clone(), time: noon() };
        let store = self.store();
        let what = Export { store: &store, header: &header, path: &path };
        transfer::export_file(&what, &mut |_| ()).unwrap();
        path
    }

    /// An empty store beside it.
    pub(crate) fn empty_store(&self, name: &str) -> EmbeddedStore {
        EmbeddedStore::create(&self.path(name), self.config.record.iss()).unwrap()
    }

    pub(crate) fn import(&self, file: &Path, store: &dyn Store) -> Result<Verified, TransferFault> {
        let source = Source::file(file)?;
        let verified = transfer::verify(&source, self.checks(), &mut |_, _| ())?;
        transfer::import(store, (&source, &verified), noon(), &mut |_, _| ())?;
        Ok(verified)
    }
}

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::parse(PASSPHRASE, Purpose::Open).unwrap()
}

/// Everything that a store holds.
pub(crate) fn rows(store: &dyn Store) -> Vec<Row> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.dump(after.as_ref(), PAGE_MAX).unwrap();
        let Some(last) = page.last() else { return rows };
        after = Some(last.key());
        rows.extend(page);
    }
}

/// A Friday noon after the first day of the keys.
pub(crate) fn noon() -> UnixTime {
    UnixTime::parse("2027-01-15T12:00:00Z").unwrap()
}

pub(crate) fn note(act: Act, on: &str) -> Note {
    Note { at: noon(), who: Actor::command_line(), act, on: on.to_owned(), detail: String::new() }
}

/// Tries again for half a minute: a child that another test is just starting holds a copy of every open file for a moment,
/// locks included, and a slow machine makes it a long one.
pub(crate) fn open_store(dir: &Path, iss: &IssuerId) -> EmbeddedStore {
    let mut attempts_left = 3_000;
    loop {
        match EmbeddedStore::open(&dir.join("store"), iss) {
            Err(fault) if attempts_left > 0 && format!("{fault:?}").contains("InUse") => {
                attempts_left -= 1;
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            opened => return opened.unwrap(),
        }
    }
}
