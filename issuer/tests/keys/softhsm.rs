//! SoftHSM: a token of its own for each test, in a process that is told of it.
//!
//! A module reads its configuration from the environment when it is loaded, so a test that loads one itself runs again
//! as a child with the right variables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sanad_issuer::hsm::{HsmSettings, TokenChoice};
use sanad_keyfile::pin::Pin;

use crate::office::{FIRST_DAY, Office, text};

pub(crate) const LABEL: &str = "sanad-test";
pub(crate) const PIN: &str = "4711-invented";

/// Where distributions put it.
const MODULES: [&str; 6] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// Set in a child; the directory of the token.
const CHILD: &str = "SANAD_TEST_TOKEN";

pub(crate) struct Token {
    dir: PathBuf,
    _owner: Option<tempfile::TempDir>,
}

/// The module.
pub(crate) fn module() -> &'static Path {
    let found = MODULES.into_iter().map(Path::new).find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("SoftHSM is not installed, and keys in modules cannot be tested: run `cargo xtask test`, or install softhsm2")
    })
}

impl Token {
    pub(crate) fn new() -> Self {
        module();
        let owner = tempfile::tempdir().unwrap();
        let token = Self { dir: owner.path().to_owned(), _owner: Some(owner) };
        fs::create_dir(token.tokens()).unwrap();
        let conf =
            format!("directories.tokendir = {}\nobjectstore.backend = file\n", token.tokens().display());
        fs::write(token.conf(), conf).unwrap();
        token.add(LABEL);
        token
    }

    /// Makes a token.
    pub(crate) fn add(&self, label: &str) {
        let arguments = ["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN];
        let made = Command::new("softhsm2-util").args(arguments).env("SOFTHSM2_CONF", self.conf()).output();
        let made = made.unwrap_or_else(|error| panic!("softhsm2-util: {error}; install softhsm2"));
        assert!(made.status.success(), "{}", text(&made.stderr));
    }

    pub(crate) fn conf(&self) -> PathBuf {
        self.dir.join("softhsm2.conf")
    }

    /// Where SoftHSM keeps it; away, it is a token that was pulled out.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.dir.join("tokens")
    }

    pub(crate) fn pull_out(&self) {
        fs::rename(self.tokens(), self.dir.join("pulled")).unwrap();
    }

    pub(crate) fn put_in(&self) {
        fs::rename(self.dir.join("pulled"), self.tokens()).unwrap();
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// An office whose configuration names the token.
    pub(crate) fn office(&self) -> Office {
        self.office_with(module())
    }

    pub(crate) fn office_with(&self, module: &Path) -> Office {
        self.office_of(FIRST_DAY, module)
    }

    /// One whose first keys are of a day.
    pub(crate) fn office_of(&self, day: &str, module: &Path) -> Office {
        let conf = self.conf();
        let office =
            Office::of(day).with(&[("SOFTHSM2_CONF", conf.to_str().unwrap()), ("SANAD_HSM_PIN", PIN)]);
        let section = format!("\n[hsm]\nmodule = \"{}\"\ntoken = \"{LABEL}\"\n", module.display());
        office.write("issuer/issuer.toml", &(office.read("issuer/issuer.toml") + &section));
        office
    }

    pub(crate) fn settings(module: &Path, sessions: u32, wait: std::time::Duration) -> HsmSettings {
        HsmSettings { module: module.to_owned(), token: TokenChoice::Label(LABEL.into()), sessions, wait }
    }
}

pub(crate) fn pin() -> Pin {
    Pin::parse(PIN).unwrap()
}

/// Runs the body of a test in a process that knows the token.
pub(crate) fn with_token(test: &str, more: &[(&str, &Path)], body: impl FnOnce(&Token)) {
    if let Some(dir) = std::env::var_os(CHILD) {
        return body(&Token { dir: dir.into(), _owner: None });
    }
    let token = Token::new();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env("SOFTHSM2_CONF", token.conf()).env(CHILD, &token.dir);
    child.envs(more.iter().map(|(name, file)| (name, token.at(file.to_str().unwrap()))));
    let ended = child.output().unwrap();
    let told = text(&ended.stdout) + &text(&ended.stderr);
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
    eprint!("{}", text(&ended.stderr));
}
