//! The program of the wallet, as its owner uses it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_tests::programs::program;
use serde_json::Value;

pub(crate) const PASSPHRASE: &str = "millet and rain";

pub(crate) struct Wallet {
    dir: tempfile::TempDir,
}

impl Wallet {
    pub(crate) fn new() -> Self {
        let wallet = Self { dir: tempfile::tempdir().unwrap() };
        wallet.does(&["init", "--memory", "19"]);
        wallet
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("sanad-wallet"));
        command.args(["--wallet", "wallet"]).args(arguments).current_dir(self.dir.path());
        command.env("SANAD_PASSPHRASE", PASSPHRASE);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it printed.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// It says what is wrong, ends with 3, and holds what it held.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], word: &str) -> String {
        let before = self.does(&["list", "--json"]);
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(word), "\"{word}\" is not in: {said}");
        assert_eq!(self.does(&["list", "--json"]), before, "{said}");
        said
    }

    /// The wallet as it is now, under another name.
    pub(crate) fn copy_to(&self, name: &str) {
        let (from, to) = (self.path("wallet"), self.path(name));
        let output = Command::new("cp").arg("-a").args([from, to]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn held(&self) -> Vec<Value> {
        self.does(&["list", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A file with a transaction code that its owner alone can read.
    pub(crate) fn code_file(&self, code: &str) -> String {
        let path = self.path("code");
        fs::write(&path, format!("{code}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub(crate) fn record_of(dir: &Path) -> String {
    dir.join("record.json").to_str().unwrap().to_owned()
}
