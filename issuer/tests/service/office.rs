//! An invented agency: `init`, tokens for its offices, `serve`, and a look at what it logged.
//!
//! Every person, number and key of these tests has a word of [`CANARIES`] in it. When an office is closed, none of
//! them, no secret of a token and no text of a QR code may stand in what the program wrote to standard error.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sanad_credential::UnixTime;
use sanad_issuer::config::Config;
use sanad_issuer::service::{config, store_choice};
use sanad_issuer::store::opening;
use sanad_issuer::store::{PAGE_MAX, PaperKind, Store};
use serde_json::{Value, json};

use crate::http::{Answer, exchange};
use crate::scratch::{self, Database};

/// Words of what must never be logged: names, member numbers, keys, and how the text of every QR code starts.
const CANARIES: [&str; 6] = ["Zawadi", "zawadi", "KANARI", "kanari", "SND1:", "Kanari"];

/// Tokens that every office has: name, and what `token create` is told.
const TOKENS: [(&str, &[&str]); 7] = [
    ("registrar", &["--role", "registrar"]),
    ("approver", &["--role", "approver"]),
    ("revoker", &["--role", "revoker"]),
    ("auditor", &["--role", "auditor"]),
    ("administrator", &["--role", "administrator"]),
    ("KE-30", &["--role", "registrar,revoker", "--area", "KE-30"]),
    ("KE-47", &["--role", "registrar,revoker", "--area", "KE-47"]),
];

/// Which store the issuer has.
#[derive(Clone, Copy)]
pub(crate) enum StoreKind {
    Embedded,
    Postgres,
}

pub(crate) struct Office {
    child: Option<Child>,
    log: Option<JoinHandle<String>>,
    pub(crate) address: SocketAddr,
    tokens: BTreeMap<&'static str, String>,
    variables: Vec<(String, String)>,
    told: String,
    dir: tempfile::TempDir,
    /// Dropped last: the program holds connections to it.
    _database: Option<Database>,
}

impl Office {
    pub(crate) fn new(kind: StoreKind) -> Self {
        Self::with(kind, &[])
    }

    /// With settings from the environment: names without `SANAD_ISSUER_`.
    pub(crate) fn with(kind: StoreKind, variables: &[(&str, &str)]) -> Self {
        Self::known_as(kind, variables, None)
    }

    /// The same, with a DID in issuer.toml.
    pub(crate) fn known_as(kind: StoreKind, variables: &[(&str, &str)], did: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = match kind {
            StoreKind::Embedded => None,
            StoreKind::Postgres => Some(Database::new()),
        };
        if let Some(database) = &database {
            let issuer = dir.path().join("issuer");
            fs::create_dir(&issuer).unwrap();
            fs::write(issuer.join("postgres.password"), format!("{}\n", scratch::PASSWORD)).unwrap();
            let url = database.url(scratch::USER);
            let store =
                format!("kind = \"postgres\"\nurl = \"{url}\"\npassword_file = \"postgres.password\"");
            let file = config::SAMPLE.replace("kind = \"embedded\"", &store);
            fs::write(issuer.join(config::FILE_NAME), file).unwrap();
        }
        let variables = variables.iter().map(|(name, value)| {
            let name = format!("SANAD_ISSUER_{name}");
            (name, (*value).to_owned())
        });
        let mut office = Self {
            child: None,
            log: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            tokens: BTreeMap::new(),
            variables: variables.collect(),
            told: String::new(),
            dir,
            _database: database,
        };
        office.run(&["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"]);
        if let Some(did) = did {
            let path = office.issuer().join("issuer.toml");
            let text = fs::read_to_string(&path).unwrap();
            let named = text.replace("# did = \"did:web:issuer.example\"", &format!("did = \"{did}\""));
            assert_ne!(text, named, "init says where the DID stands");
            fs::write(&path, named).unwrap();
        }
        for (name, arguments) in TOKENS {
            office.make_token(name, arguments);
        }
        office.read_token("init", "issuer/admin.token");
        office.start();
        office
    }

    /// At the machine, while the service does not run.
    pub(crate) fn make_token(&mut self, name: &'static str, arguments: &[&str]) {
        let file = format!("{name}.token");
        self.run(&[&["token", "issuer", "create", "--out", &file][..], arguments].concat());
        self.read_token(name, &file);
    }

    fn read_token(&mut self, name: &'static str, file: &str) {
        let text = fs::read_to_string(self.dir.path().join(file)).unwrap();
        self.tokens.insert(name, text.trim_end().to_owned());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.current_dir(self.dir.path()).env("SANAD_PASSPHRASE", "correct horse battery staple");
        command.args(arguments);
        command
    }

    /// A command of the program that must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn issuer(&self) -> PathBuf {
        self.dir.path().join("issuer")
    }

    pub(crate) fn start(&mut self) {
        let mut command = self.command(&["serve", "--config", "issuer/service.toml", "--json"]);
        command.env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0").env("SANAD_ISSUER_LOG_LEVEL", "debug");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        self.log = Some(std::thread::spawn(move || {
            let mut told = String::new();
            stderr.read_to_string(&mut told).unwrap();
            told
        }));
        self.address = address_of(&mut child);
        self.child = Some(child);
    }

    /// One more replica, on the same database and directory, but for settings from the environment.
    pub(crate) fn replica(&self, variables: &[(&str, &str)]) -> Replica {
        let mut command = self.command(&["serve", "--config", "issuer/service.toml", "--json"]);
        command.env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0");
        command.envs(variables.iter().map(|(name, value)| (format!("SANAD_ISSUER_{name}"), value)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let address = address_of(&mut child);
        Replica { child, address }
    }

    /// Ends the program as an operator does, and adds to what it told.
    pub(crate) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let code = child.wait().unwrap().code();
        self.told.push_str(&self.log.take().unwrap().join().unwrap());
        assert_eq!(code, Some(0), "{}", self.told);
    }

    /// The end of a test: nothing that is anybody's stands in the log, and nothing of the service failed.
    pub(crate) fn close(mut self) {
        self.stop();
        let secrets = self.tokens.values().map(|token| &token[15..]);
        for canary in CANARIES.into_iter().chain(secrets) {
            let line = self.told.lines().find(|line| line.contains(canary));
            assert_eq!(line, None, "{canary} is in the log");
        }
        for line in self.told.lines() {
            let line: Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("no line of a log: {line}"));
            assert_ne!(line["level"], "ERROR", "{line}");
            assert_ne!(line["problem"], "internal", "{line}");
        }
    }

    /// The store of an office that was stopped.
    pub(crate) fn store(&self) -> Box<dyn Store> {
        let record = Config::load(&self.issuer()).unwrap().record;
        let choice = store_choice::of_directory(&self.issuer(), []).unwrap();
        opening::open(&choice, record.iss()).unwrap()
    }

    /// Papers of a kind in the store of an office that was stopped.
    pub(crate) fn papers(&self, kind: PaperKind) -> usize {
        self.store().papers(kind, "", None, PAGE_MAX).unwrap().len()
    }

    pub(crate) fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }

    /// A request of somebody; of nobody where `who` is empty.
    pub(crate) fn call(&self, who: &str, method: &str, target: &str) -> Call {
        let call = Call {
            address: self.address,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
        };
        if who.is_empty() {
            call
        } else {
            call.header("Authorization", &format!("Bearer {}", self.token(who)))
        }
    }

    pub(crate) fn get(&self, who: &str, target: &str) -> Answer {
        self.call(who, "GET", target).send()
    }

    /// Sends JSON with a fresh key.
    pub(crate) fn post(&self, who: &str, target: &str, body: &Value) -> Answer {
        self.call(who, "POST", target).key(&fresh_key()).json(body).send()
    }

    /// Waits until the service says that it is ready: with a site that is published, for instance.
    pub(crate) fn wait_until_ready(&self) {
        let began = Instant::now();
        while self.get("", "/readyz").status != 200 {
            assert!(began.elapsed() < Duration::from_secs(120), "never ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Issues to an invented person.
    pub(crate) fn issue(&self, who: &str, record: &Value) -> String {
        self.post(who, "/v1/credentials", record).is(201).member("cti")
    }

    /// Waits until a job is over, and returns it.
    pub(crate) fn wait_for_job(&self, who: &str, id: &str) -> Value {
        let began = Instant::now();
        loop {
            let job = self.get(who, &format!("/v1/jobs/{id}")).is(200).json();
            if !["waiting", "checking", "signing", "cancelling"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(began.elapsed() < Duration::from_secs(120), "never over: {job}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "never {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Where a program says that it listens.
fn address_of(child: &mut Child) -> SocketAddr {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).expect("the line that says where it listens");
    said["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}

/// Another replica of an office.
pub(crate) struct Replica {
    child: Child,
    address: SocketAddr,
}

impl Replica {
    pub(crate) fn get(&self, target: &str) -> Answer {
        let request = format!("GET {target} HTTP/1.1\r\nHost: office\r\nConnection: close\r\n\r\n");
        exchange(self.address, request.as_bytes())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request that is put together.
#[derive(Clone)]
pub(crate) struct Call {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn body(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self.header("Content-Type", media_type) }
    }

    /// The bytes of the request.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text =
            format!("{} {} HTTP/1.1\r\nHost: office\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    pub(crate) fn send(&self) -> Answer {
        exchange(self.address, &self.bytes())
    }
}

/// A key that no other request of this process has.
pub(crate) fn fresh_key() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("kanari-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// This year, so that rights are in force whenever the tests run.
pub(crate) fn year() -> u32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    UnixTime::new(seconds).unwrap().to_string()[..4].parse().unwrap()
}

/// The record of an invented person in a county.
pub(crate) fn person(number: &str, name: &str, county: &str) -> Value {
    json!({
        "type": "coverage",
        "subject": {"number": format!("KANARI-{number}"), "name": name, "birth": "1987", "sex": "F"},
        "product": "SHIF", "rulebook": 1, "functions": ["medical_care", "maternity"],
        "start": format!("{}-01-01", year()), "end": format!("{}-12-31", year() + 1),
        "copay_class": 1, "territory": [county],
    })
}

/// A register of invented people as CSV: `count` in a county, numbered from a start.
pub(crate) fn register(start: usize, count: usize, county: &str) -> String {
    let mut text =
        "number,name,birth,sex,product,rulebook,functions,start,end,copay_class,territory\n".to_owned();
    for number in start..start + count {
        text.push_str(&format!(
            "KANARI-{number},Zawadi Kanari {number},1990,F,SHIF,1,medical_care,{0}-01-01,{1}-12-31,1,{county}\n",
            year(),
            year() + 1
        ));
    }
    text
}
