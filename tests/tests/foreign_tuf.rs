//! TUF software that we did not write follows our repositories, and ours follows theirs: Python's `tuf`, over loopback
//! HTTP where it is the client. Countries, issuers and keys are invented.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use sanad_credential::{Date, IssuerId, UnixTime};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key, record, time};
use sanad_trust::client::{Anchor, Problem};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::FileFault;
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::PackFiles;
use serde_json::{Value, json};
use tempfile::TempDir;

const ISSUER: &str = "issuers/KE/KE-SHA.json";

const GRANT: &str = r#"{"country":"KE","types":["membership","coverage"],"areas":["KE"]}"#;

#[test]
fn python_tuf_follows_our_authority_through_a_root_rotation_and_a_compromised_key() {
    let ceremony = Ceremony::start();
    ceremony.first_region();
    ceremony.first_country();
    let server = Server::start(files_of(&ceremony.path("repo")));
    let mut clinic = ForeignClinic::pin(&fs::read(ceremony.path("repo/metadata/1.root.json")).unwrap());
    let before = clinic.refresh(&server);
    assert_eq!(before["root"], 1, "{before}");
    assert_eq!(content(&before), ceremony.record());

    ceremony.rotate_root();
    ceremony.mark_compromised();
    server.serve(files_of(&ceremony.path("repo")));
    let after = clinic.refresh(&server);
    assert_eq!(after["root"], 2, "{after}");
    let record: Value = serde_json::from_str(&content(&after)).unwrap();
    assert_eq!(record["iss"], "KE-SHA");
    let states: Vec<_> =
        record["keys"].as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["compromised", "active", "active"]);
}

/// Whatever the peer accepts would prove nothing if it accepted everything.
#[test]
fn python_tuf_refuses_our_repository_when_it_is_changed_or_rolled_back() {
    let mut region = Region::new("2026-04-01");
    region.add_country("KE", "KE trust");
    region.add_issuer("KE-SHA");
    region.publish("2026-05-01");
    let old = region.files.clone();
    region.publish("2026-05-20");
    let server = Server::start(region.files.clone());
    let mut clinic = ForeignClinic::pin(&region.first_root());
    assert_eq!(content(&clinic.refresh(&server)), record("KE-SHA"));

    server.serve(old);
    assert_eq!(clinic.refresh(&server)["refused"], "BadVersionNumberError");

    let mut forged = region.files.clone();
    let name = forged.keys().find(|name| name.ends_with("KE-SHA.json")).unwrap().clone();
    let other = String::from_utf8(forged[&name].clone()).unwrap().replace("call", "Call");
    forged.insert(name, other.into_bytes());
    server.serve(forged);
    let mut fresh = ForeignClinic::pin(&region.first_root());
    assert_eq!(fresh.refresh(&server)["refused"], "LengthOrHashMismatchError");
}

#[test]
fn we_accept_the_repository_that_python_tuf_made() {
    let files = Python::start().make();
    let pack = load(&files, &Anchor::File(first_root(&files)), &Floors::none()).unwrap();
    assert_eq!(pack.ignored(), []);
    let record = &pack.issuers()[&IssuerId::new("KE-SHA").unwrap()];
    assert_eq!(record.members().keys.len(), 3);
    assert_eq!(pack.grants().len(), 1);
    let date = Some(Date::parse("2026-05-01").unwrap());
    assert_eq!((pack.date(None), pack.date(Some("KE"))), (date, date), "`issued` is read from their files");
}

#[test]
fn we_follow_python_tuf_through_its_root_rotation() {
    let mut python = Python::start();
    let files = python.make();
    let before = load(&files, &Anchor::File(first_root(&files)), &Floors::none()).unwrap();
    // Of the old keys a and b, of the new ones b, d and e.
    let rotated = python.rotate(&["a", "b", "d", "e"]);
    let after = load(&rotated, &before.anchor(), before.floors()).unwrap();
    assert_eq!(after.metadata().root.header.version, 2);
    assert_eq!(after.date(Some("KE")), Some(Date::parse("2026-05-20").unwrap()));
    assert_eq!(after.issuers().len(), 1);
    // Whoever pinned the new root does not take the repository before it.
    let refused = load(&files, &after.anchor(), after.floors()).unwrap_err();
    assert_eq!(refused.file, "metadata/timestamp.json", "{refused}");
}

#[test]
fn a_root_of_python_tuf_that_too_few_of_the_old_keys_signed_is_refused() {
    let mut python = Python::start();
    let files = python.make();
    let before = load(&files, &Anchor::File(first_root(&files)), &Floors::none()).unwrap();
    let rotated = python.rotate(&["b", "d", "e"]);
    let refused = load(&rotated, &before.anchor(), before.floors()).unwrap_err();
    assert_eq!(refused.file, "metadata/2.root.json");
    assert!(matches!(refused.problem, Problem::File(FileFault::BelowThreshold(_))), "{refused}");
}

type Files = BTreeMap<String, Vec<u8>>;

fn load(files: &Files, anchor: &Anchor, floors: &Floors) -> Result<Pack, sanad_trust::client::Refused> {
    let held = Held { anchor, floors, clock: Some(time("2026-06-01")) };
    Pack::load(&mut PackFiles(files.clone()), &held)
}

fn first_root(files: &Files) -> Vec<u8> {
    files["metadata/1.root.json"].clone()
}

/// All files below a directory, by their names in a repository.
fn files_of(dir: &Path) -> Files {
    let (mut files, mut left) = (Files::new(), vec![dir.to_owned()]);
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A region that `sanad-issuer authority` makes, as its holders would.
struct Ceremony {
    dir: TempDir,
    now: UnixTime,
}

impl Ceremony {
    /// Python's client looks at the real clock and refuses what has expired, so the region is of today.
    fn start() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let ceremony = Self { dir: TempDir::new().unwrap(), now: UnixTime::new(now).unwrap() };
        for holder in ["a", "b", "c", "d", "online", "online2", "KE"] {
            ceremony.authority(&["key", holder, "--label", holder]);
        }
        ceremony
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn authority(&self, arguments: &[&str]) {
        let output = Command::new(program("sanad-issuer"))
            .args(["authority", "--now", &self.now.to_string()])
            .args(arguments)
            .env("SANAD_PASSPHRASE", "correct horse battery staple")
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn sign(&self, drafts: &[&str], holders: &[&str]) {
        for holder in holders {
            self.authority(&[&["sign", "--yes", "--key", *holder], drafts].concat());
        }
    }

    fn publish(&self, online: &str, drafts: &[&str]) {
        self.authority(&[&["publish", "repo", "--online-key", online], drafts].concat());
    }

    fn first_region(&self) {
        let keys = ["a/a.pub.json", "b/b.pub.json", "c/c.pub.json"];
        let online = ["--online", "online/online.pub.json"];
        self.authority(&[&["region", "--keys"], &keys[..], &online[..]].concat());
        let drafts = ["root.1.draft.json", "targets.1.draft.json"];
        self.sign(&drafts, &["a", "b"]);
        self.publish("online", &drafts);
    }

    fn record(&self) -> String {
        // A key is not older than the list that first names it.
        record("KE-SHA").replace("2026-01-01", &self.now.date().to_string())
    }

    fn first_country(&self) {
        fs::write(self.path("grant.json"), GRANT).unwrap();
        fs::write(self.path("record.json"), self.record()).unwrap();
        let keys = ["--keys", "KE/KE.pub.json", "--threshold", "1"];
        self.authority(&[&["add-country", "repo", "--country", "KE"], &keys[..]].concat());
        self.authority(&["add", "targets.2.draft.json", "grant.json"]);
        self.authority(&["add", "KE.1.draft.json", "record.json"]);
        self.sign(&["targets.2.draft.json"], &["a", "b"]);
        self.sign(&["KE.1.draft.json"], &["KE"]);
        self.publish("online", &["targets.2.draft.json", "KE.1.draft.json"]);
    }

    /// One holder goes, one comes, and the machine on the network gets another key.
    fn rotate_root(&self) {
        let online = ["--online", "online2/online2.pub.json"];
        let change = ["rotate-root", "repo", "--add", "d/d.pub.json", "--remove", "c"];
        self.authority(&[&change[..], &online[..]].concat());
        self.sign(&["root.2.draft.json"], &["a", "b"]);
        self.publish("online2", &["root.2.draft.json"]);
    }

    fn mark_compromised(&self) {
        let kid = key("KE-SHA credential").public_key().id().to_string();
        self.authority(&["mark-compromised", "repo", "--issuer", "KE-SHA", "--kid", &kid]);
        self.sign(&["KE.2.draft.json"], &["KE"]);
        self.publish("online2", &["KE.2.draft.json"]);
    }
}

/// Any static web server: files by their names, on this machine only.
struct Server {
    address: SocketAddr,
    files: Arc<Mutex<Files>>,
}

impl Server {
    fn start(files: Files) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let files = Arc::new(Mutex::new(files));
        let served = Arc::clone(&files);
        // It ends with the test's process: nobody waits for it.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away early is its own affair.
                let _ = answer(stream.unwrap(), &served);
            }
        });
        Self { address, files }
    }

    fn serve(&self, files: Files) {
        *self.files.lock().unwrap() = files;
    }
}

/// One request a connection, GET only.
fn answer(mut stream: TcpStream, files: &Mutex<Files>) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    let name = first.strip_prefix("GET /").and_then(|rest| rest.split(' ').next());
    let found = name.and_then(|name| files.lock().unwrap().get(name).cloned());
    let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
    let body = found.unwrap_or_default();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

/// A verifier that runs python-tuf: what it pinned, and where it keeps what it trusts.
struct ForeignClinic {
    python: Python,
    state: TempDir,
    root: Vec<u8>,
}

impl ForeignClinic {
    fn pin(root: &[u8]) -> Self {
        Self { python: Python::start(), state: TempDir::new().unwrap(), root: root.to_vec() }
    }

    fn refresh(&mut self, server: &Server) -> Value {
        self.python.ask(&json!({
            "refresh": format!("http://{}", server.address),
            "state": self.state.path().to_str().unwrap(),
            "root": hex(&self.root),
            "target": ISSUER,
        }))
    }
}

fn content(answer: &Value) -> String {
    let content = answer["content"].as_str().unwrap_or_else(|| panic!("{answer}"));
    String::from_utf8(bytes(content)).unwrap()
}

/// The Python peer, which `cargo xtask test` installs; `SANAD_INTEROP_PYTHON` names another Python that has it.
struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let python = std::env::var_os("SANAD_INTEROP_PYTHON")
            .map_or_else(|| target.join("interop-venv/bin/python"), PathBuf::from);
        assert!(python.exists(), "the Python peer is not installed: run `cargo xtask test`");
        let mut child = Command::new(python)
            .arg(root.join("tests/interop/tuf_peer.py"))
            // A proxy of the machine is not asked for what is on the machine.
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("an answer of the Python peer")
    }

    /// A region with Kenya, its grant and one issuer.
    fn make(&mut self) -> Files {
        let lists = json!({"targets": {"grants/KE.json": GRANT}, "KE": {ISSUER: record("KE-SHA")}});
        files_in(&self.ask(&json!({"make": lists, "issued": "2026-05-01T00:00:00Z"})))
    }

    /// Other keys for roots and for the machine on the network; these sign the new root.
    fn rotate(&mut self, signers: &[&str]) -> Files {
        files_in(&self.ask(&json!({"rotate": signers, "issued": "2026-05-20T00:00:00Z"})))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It also ends by itself when its input does; there is nobody to tell if it already has.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn files_in(answer: &Value) -> Files {
    let files = answer["files"].as_object().unwrap();
    files.iter().map(|(name, file)| (name.clone(), bytes(file.as_str().unwrap()))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(digits).collect()
}
