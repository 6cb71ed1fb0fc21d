//! An invented issuer in a directory of its own, and the program that works on it on any day.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_credential::{KeyId, QrText, Sealed};
use sanad_trust::{IssuerRecord, Opened, Rejection};

/// First day of the first keys.
pub(crate) const FIRST_DAY: &str = "2027-01-01";

const HEADER: &str = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory";

pub(crate) struct Office {
    root: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Office {
    pub(crate) fn new() -> Self {
        Self::of(FIRST_DAY)
    }

    /// One whose first keys are of a day.
    pub(crate) fn of(day: &str) -> Self {
        // Most of the tests are about what one person does; `agreement` is about two.
        let alone = ("SANAD_ISSUER_APPROVAL_KEY_CHANGES".to_owned(), "false".to_owned());
        let office = Self { root: tempfile::tempdir().unwrap(), environment: vec![alone] };
        office.done(
            day,
            &[
                "init",
                "issuer",
                "--issuer",
                "KE-SHA",
                "--country",
                "KE",
                "--name",
                "Invented",
                "--status-prefix",
                "https://s.example/k/",
            ],
        );
        office
    }

    /// The same with variables for the program.
    pub(crate) fn with(mut self, environment: &[(&str, &str)]) -> Self {
        self.environment.extend(environment.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        self
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.at(name), content).unwrap();
    }

    /// Writes another text in the place of one in a file, which must have it.
    pub(crate) fn change(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} has no {old}:\n{text}");
        self.write(name, &text.replace(old, new));
    }

    pub(crate) fn command(&self, day: &str, arguments: &[&str]) -> Command {
        let mut command = self.command_now(arguments);
        command.args(["--now", &format!("{day}T12:00:00Z")]);
        command
    }

    /// With the clock of the machine.
    pub(crate) fn command_now(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.current_dir(self.root.path()).args(arguments);
        command.env("SANAD_PASSPHRASE", "correct horse battery staple");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, day: &str, arguments: &[&str]) -> Output {
        self.command(day, arguments).output().unwrap()
    }

    /// Runs what must succeed; its standard output.
    pub(crate) fn done(&self, day: &str, arguments: &[&str]) -> String {
        let output = self.run(day, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs what must be refused as bad input; its complaint.
    pub(crate) fn refused(&self, day: &str, arguments: &[&str]) -> String {
        let output = self.run(day, arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr)
    }

    pub(crate) fn rotate(&self, day: &str, key_use: &str, more: &[&str]) -> KeyId {
        let arguments = [&["keys", "issuer", "rotate", "--use", key_use, "--json"], more].concat();
        let told: serde_json::Value = serde_json::from_str(&self.done(day, &arguments)).unwrap();
        KeyId::from_hex(told["kid"].as_str().unwrap()).unwrap()
    }

    /// What `keys list` says, line by line.
    pub(crate) fn keys(&self, day: &str) -> Vec<serde_json::Value> {
        let told = self.done(day, &["keys", "issuer", "list", "--json"]);
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The id of the first key of a use that has this word for today.
    pub(crate) fn key(&self, day: &str, key_use: &str, today: &str) -> KeyId {
        let keys = self.keys(day);
        let key = keys.iter().find(|key| key["use"] == key_use && key["today"] == today);
        KeyId::from_hex(key.unwrap_or_else(|| panic!("{keys:?}"))["kid"].as_str().unwrap()).unwrap()
    }

    /// Issues to so many invented people, whom no earlier call had.
    pub(crate) fn issue(&self, day: &str, people: u32) -> Vec<Vec<u8>> {
        let (input, out) = (format!("{day}.csv"), format!("out-{day}"));
        let row = |person| {
            format!("M-{day}-{person},Test Person,1991~,SHIF,1,medical_care,2027-01-01,2028-01-01,1,KE\n")
        };
        self.write(&input, &format!("{HEADER}\n{}", (0..people).map(row).collect::<String>()));
        self.done(day, &["issue", "issuer", "--input", &input, "--out", &out]);
        self.documents(&out)
    }

    pub(crate) fn documents(&self, out: &str) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(self.at(out)).unwrap().map(|entry| entry.unwrap().path());
        let texts = entries.filter(|path| path.extension().is_some_and(|end| end == "txt"));
        let decode =
            |path: PathBuf| QrText::decode(fs::read_to_string(path).unwrap().trim()).unwrap().to_vec();
        texts.map(decode).collect()
    }

    pub(crate) fn record(&self) -> IssuerRecord {
        let text = self.done(FIRST_DAY, &["record", "issuer"]);
        IssuerRecord::parse(&text).unwrap()
    }
}

/// Who signed a document, where a record opens it.
pub(crate) fn opened(document: &[u8], record: &IssuerRecord) -> Result<KeyId, Rejection> {
    let sealed = Sealed::parse(document).unwrap();
    match sanad_trust::open(&sealed, record)? {
        Opened::Entitlement(_) | Opened::StatusList(_) => Ok(sealed.kid()),
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A copy of a directory, to look at it later.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
