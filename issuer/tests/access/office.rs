//! An invented issuer that serves on this machine, and whoever asks it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sanad_credential::UnixTime;
use serde_json::{Value, json};
use ureq::Agent;

/// For what a machine that does much else does late.
const PATIENCE: Duration = Duration::from_secs(120);

/// A directory with an issuer, and its running service.
pub(crate) struct Office {
    pub(crate) root: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
    running: Option<(Child, String)>,
}

/// What was answered.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The last part of the problem's type.
    pub(crate) fn problem(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().trim_start_matches("urn:sanad:problem:")
    }
}

impl Office {
    /// An issuer that does not serve yet.
    pub(crate) fn closed() -> Self {
        let office = Self { root: tempfile::tempdir().unwrap(), settings: Vec::new(), running: None };
        let prefix = "https://s.example/";
        let issuer = office.path("issuer");
        #[rustfmt::skip]
        office.program(&["init", &issuer, "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented",
                         "--status-prefix", prefix]);
        office
    }

    pub(crate) fn open() -> Self {
        let mut office = Self::closed();
        office.serve();
        office
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.push((name, value.into()));
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.root.path().join(name).to_str().unwrap().to_owned()
    }

    fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.args(arguments).env("SANAD_PASSPHRASE", "correct horse battery");
        command
    }

    /// Runs the program to its end; what it printed.
    #[track_caller]
    pub(crate) fn program(&self, arguments: &[&str]) -> String {
        let output = Self::command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a token while the service does not run.
    #[track_caller]
    pub(crate) fn token(&self, arguments: &[&str]) -> String {
        let issuer = self.path("issuer");
        let made = self.program(&[&["token", &issuer, "create", "--show"], arguments].concat());
        made.trim().to_owned()
    }

    /// The token that `init` made.
    pub(crate) fn admin(&self) -> String {
        fs::read_to_string(self.root.path().join("issuer/admin.token")).unwrap().trim().to_owned()
    }

    pub(crate) fn serve(&mut self) {
        let config = self.path("issuer/service.toml");
        let mut command = Self::command(&["serve", "--json", "--config", &config]);
        command.env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0").envs(self.settings.iter().cloned());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        self.running = Some((child, said["url"].as_str().unwrap().to_owned()));
    }

    /// As a power cut would: nothing is finished.
    pub(crate) fn kill(&mut self) {
        let (mut child, _) = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn url(&self) -> &str {
        &self.running.as_ref().unwrap().1
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        let request = agent().get(format!("{}{path}", self.url()));
        answer(request.header("authorization", format!("Bearer {token}")).call())
    }

    pub(crate) fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.post_with(token, path, body, "no-key")
    }

    /// With a key of the client's.
    pub(crate) fn post_with(&self, token: &str, path: &str, body: &Value, key: &str) -> Answer {
        let request = agent().post(format!("{}{path}", self.url()));
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json").header("idempotency-key", key);
        answer(request.send(body.to_string()))
    }

    /// The status of a request whose head is written as it stands here.
    pub(crate) fn raw(&self, path: &str, headers: &[u8]) -> u16 {
        let address = self.url().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        stream.write_all(&[head.as_bytes(), headers, b"\r\n"].concat()).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let line = String::from_utf8_lossy(&text);
        line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
    }

    /// Issues cover for an invented person in an area; its id.
    #[track_caller]
    pub(crate) fn issue(&self, token: &str, number: u32, area: &str) -> String {
        let answer =
            self.post_with(token, "/v1/credentials", &coverage(number, area), &format!("issue-{number}"));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["cti"].as_str().unwrap().to_owned()
    }

    /// Lines of the audit log, when the service does not run.
    pub(crate) fn log(&self) -> Vec<Value> {
        let out = self.path("audit.ndjson");
        let _ = fs::remove_file(&out);
        self.program(&["audit", &self.path("issuer"), "verify"]);
        self.program(&["audit", &self.path("issuer"), "export", "--out", &out]);
        let lines = fs::read_to_string(out).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

/// The year of the clock, with which the service signs.
fn year() -> u16 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let date = UnixTime::new(seconds).unwrap().date().to_string();
    date.split('-').next().unwrap().parse().unwrap()
}

/// Cover for an invented person.
pub(crate) fn coverage(number: u32, area: &str) -> Value {
    json!({"type": "coverage", "subject": {"number": format!("INV-{number:06}"), "name": "Wanjiru Invented"},
           "product": "SHIF", "rulebook": 1, "functions": ["medical_care"], "start": format!("{}-01-01", year()),
           "end": format!("{}-12-31", year() + 1), "copay_class": 0, "territory": [area]})
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    config.proxy(None).build().into()
}

fn answer(answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = answered.unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    Answer { status: response.status().as_u16(), body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}
