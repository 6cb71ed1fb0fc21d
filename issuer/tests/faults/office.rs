//! An invented issuer: its directory, and the program that runs with it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sanad_credential::IssuerId;
use sanad_issuer::service::config::SAMPLE;
use sanad_issuer::service::store_choice;
use sanad_issuer::store::{Store, opening};

/// Of keys that are made for one test.
const PASSPHRASE: &str = "only for tests of faults";

/// How long a service may take to stop when it is asked to.
const STOP_MAX: Duration = Duration::from_secs(60);

/// The directory of an issuer.
pub(crate) struct Office {
    pub(crate) dir: PathBuf,
    pub(crate) token: String,
    log: PathBuf,
}

/// A running service.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Office {
    /// `sanad-issuer init`. What the service says goes to `log`, which lies elsewhere: the disk of the issuer may fail.
    pub(crate) fn make(dir: &Path, database: Option<&str>, log: &Path) -> Self {
        if let Some(url) = database {
            fs::create_dir_all(dir).unwrap();
            let kind = "kind = \"embedded\"";
            assert!(SAMPLE.contains(kind));
            let store = format!("kind = \"postgres\"\nurl = \"{url}\"");
            fs::write(dir.join("service.toml"), SAMPLE.replace(kind, &store)).unwrap();
        }
        let office = Self { dir: dir.to_owned(), token: String::new(), log: log.to_owned() };
        let init = ["init", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"];
        let output = office.program(&init).arg(dir).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let token = fs::read_to_string(dir.join("admin.token")).unwrap().trim().to_owned();
        Self { token, ..office }
    }

    pub(crate) fn site(&self) -> PathBuf {
        self.dir.join("site")
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.args(arguments).env("SANAD_PASSPHRASE", PASSPHRASE).stdin(Stdio::null());
        command
    }

    fn log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(&self.log).unwrap()
    }

    /// The last that the service said.
    pub(crate) fn told(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&text[text.len().saturating_sub(3_000)..]).into_owned()
    }

    /// Starts it and lets it be: it may be killed before it answers.
    pub(crate) fn launch(&self) -> Child {
        let mut command = self.program(&["serve", "--json", "--config"]);
        command.arg(self.dir.join("service.toml"));
        command.env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0").env("SANAD_ISSUER_LOG_LEVEL", "warn");
        // The officers revoke more in a round than one person may alone in a day.
        command.env("SANAD_ISSUER_APPROVAL_BULK_REVOCATION_OVER", "1000000");
        command.stdout(Stdio::piped()).stderr(self.log()).spawn().unwrap()
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// It ended instead.
    pub(crate) fn try_start(&self) -> Result<Service, String> {
        let mut child = self.launch();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Option<serde_json::Value> = serde_json::from_str(&line).ok();
        let url = said.as_ref().and_then(|said| said["url"].as_str()?.strip_prefix("http://"));
        match url {
            Some(address) => Ok(Service { child, address: address.parse().unwrap() }),
            None => {
                // Its last word is read before it has ended: to kill it here would hide how it ends.
                let ended = ended(&mut child);
                Err(format!("the service did not start, {ended}: {}", self.told()))
            }
        }
    }

    pub(crate) fn start(&self) -> Service {
        self.try_start().unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// The store, of which the embedded one must not be in use.
    pub(crate) fn store(&self) -> Box<dyn Store> {
        let choice = store_choice::of_directory(&self.dir, []).unwrap();
        opening::open(&choice, &IssuerId::new("KE-SHA").unwrap()).unwrap()
    }

    /// `sanad-issuer audit DIR verify`.
    pub(crate) fn verify_log(&self) {
        let output = self.program(&["audit"]).arg(&self.dir).args(["verify", "--json"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["verified"], true, "{said}");
    }
}

impl Service {
    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGTERM; it ends well.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended = ended(&mut self.child);
        assert!(ended.success(), "{ended}");
    }
}

/// How it ends, which it does by itself.
fn ended(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return ended;
        }
        if began.elapsed() >= STOP_MAX {
            let _ = child.kill();
            panic!("it does not stop");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
