//! A directory with documents and records of an invented issuer, whose keys are numbers, and a wallet in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_credential::{
    Area, Common, Date, Draft, FixedBytes, HolderKey, IssuerId, Label, LanguageTag, MemberNumber, Membership,
    Name, PublicKey, QrText, Right, RightType, Set, SigningKey, Subject, UnixTime, seal_entitlement,
};
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_trust::{KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use sanad_wallet::holding::Wallet;
use serde_json::Value;

/// When the wallet is used: its cards are of the ninth.
pub(crate) const NOW: &str = "2026-02-10T12:00:00Z";

pub(crate) const PASSPHRASE: &str = "millet and rain";

pub(crate) const GOOD: KeyState = KeyState::Active;

pub(crate) struct Desk(tempfile::TempDir);

impl Desk {
    /// Without a wallet.
    pub(crate) fn bare() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a wallet of one person.
    pub(crate) fn new() -> Self {
        let desk = Self::bare();
        desk.does(&["init", "--memory", "19"]);
        desk
    }

    /// With a wallet of a clerk, in which nobody is yet.
    pub(crate) fn of_a_clerk() -> Self {
        let desk = Self::bare();
        desk.does(&["init", "--clerk", "--memory", "19"]);
        desk
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-wallet"));
        command.current_dir(self.0.path()).env("SANAD_PASSPHRASE", PASSPHRASE);
        command.args(["--wallet", "wallet"]).args(arguments);
        if !arguments.contains(&"--now") {
            command.args(["--now", NOW]);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn code(&self, arguments: &[&str]) -> Option<i32> {
        self.run(arguments).status.code()
    }

    /// What must work.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        output
    }

    /// What must be refused: bad input, these words, and nothing in the wallet changed.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], words: &str) {
        let before = self.listed();
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{words:?}: {}", text(&output.stderr));
        assert_eq!(self.listed(), before, "{arguments:?}");
    }

    /// Writes the card of a person, signed with a key.
    pub(crate) fn card(&self, file: &str, name: &str, key: u8) {
        fs::write(self.at(file), card(name, key, None)).unwrap();
    }

    /// Asks for a phone credential of this wallet, as its holder would, and writes it.
    pub(crate) fn phone_card(&self, file: &str, name: &str, key: u8, holder: &[&str]) {
        let asked = self.does(&[&["request", "--issuer", "KE-SHA", "--json"], holder].concat());
        let asked = json(&asked).remove(0);
        let bound = PublicKey::from_hex(asked["key"].as_str().unwrap()).unwrap();
        fs::write(self.at(file), card(name, key, Some(HolderKey(bound)))).unwrap();
    }

    pub(crate) fn record(&self, file: &str, keys: &[(u8, KeyState)]) {
        fs::write(self.at(file), record(keys)).unwrap();
    }

    pub(crate) fn listed(&self) -> Vec<Value> {
        if !self.at("wallet/store").exists() {
            return Vec::new();
        }
        json(&self.does(&["list", "--json"]))
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.listed().iter().map(|held| held["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The wallet, through the library.
    pub(crate) fn open(&self) -> Wallet {
        Wallet::open(&self.at("wallet"), &passphrase()).unwrap()
    }
}

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::parse(PASSPHRASE, Purpose::Open).unwrap()
}

pub(crate) fn record(keys: &[(u8, KeyState)]) -> String {
    let key = |(key, state): &(u8, KeyState)| RecordKey {
        x: SigningKey::from_secret(&[*key; 32]).public_key(),
        key_use: KeyUse::Credential,
        from: Date::parse("2026-01-01").unwrap(),
        to: None,
        state: *state,
    };
    let texts = |text: &str| LanguageTexts(vec![(LanguageTag::new("en").unwrap(), text.to_owned())]);
    let record = RecordDraft {
        iss: IssuerId::new("KE-SHA").unwrap(),
        country: Area::new("KE").unwrap(),
        names: texts("Invented"),
        did: None,
        keys: keys.iter().map(key).collect(),
        types: Set::new(vec![RightType::Membership]).unwrap(),
        areas: Set::new(vec![Area::new("KE").unwrap()]).unwrap(),
        status: StatusLists { prefix: "https://s.example/".to_owned(), lists: 1 },
        contact: texts("1190"),
    };
    record.check().unwrap().to_json().to_string()
}

/// A card that is valid for 30 days, so that it needs no status list. Its id follows from the name.
pub(crate) fn card(name: &str, key: u8, holder_key: Option<HolderKey>) -> String {
    text_of(&document(name, "M-1", key, holder_key))
}

pub(crate) fn text_of(document: &[u8]) -> String {
    QrText::from_document(document).unwrap().to_string()
}

pub(crate) fn document(name: &str, number: &str, key: u8, holder_key: Option<HolderKey>) -> Vec<u8> {
    let iat = UnixTime::parse("2026-02-09").unwrap();
    let subject = Subject {
        number: MemberNumber::new(number).unwrap(),
        name: Name::new(name).unwrap(),
        native_names: None,
        birth: None,
        sex: None,
        household: None,
        role: None,
        members: None,
        check: None,
    };
    let membership = Membership {
        scheme: Label::new("S").unwrap(),
        category: None,
        isco: None,
        since: Date::parse("2026-01-01").unwrap(),
        isic: None,
        guardian: None,
    };
    let draft = Draft {
        iss: IssuerId::new("KE-SHA").unwrap(),
        exp: iat.plus_seconds(30 * 86_400).unwrap(),
        iat,
        cti: FixedBytes([key; 8]),
        status: None,
        holder_key,
        common: Common { delegation: None, replaces: None, languages: None, source: None },
        right: Right::Membership(subject, membership),
    };
    seal_entitlement(&draft.check().unwrap(), &SigningKey::from_secret(&[key; 32])).unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each line of what a program prints with `--json`.
pub(crate) fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
