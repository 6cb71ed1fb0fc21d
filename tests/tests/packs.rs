//! `sanad-verify pack` as a clinic uses it: from a stick and from a server, over bad lines, cut off, killed, attacked.
//!
//! `SANAD_KILLS=n`: kills during an update (25 without it). Servers are on loopback; all people are invented.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sanad_credential::{Claims, QrText, Status, StatusIndex, StatusList, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key};
use sanad_trust::client::sha256;
use sanad_trust::pack_file::PackFiles;
use serde_json::Value;

/// Document 7 of KE-SHA's list.
const CLAIMS: &str = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-02-15","exp":"2029-01-14",
    "status":{"idx":7,"uri":"https://s.example/KE-SHA/0"},"subject":{"number":"1","name":"Nekesa Barasa"},
    "product":"SHIF","rulebook":1,"functions":["medical_care"],"start":"2026-01-15","end":"2027-01-14","copay_class":1,
    "territory":["KE"]}"#;

const NOW: &str = "2026-06-01";

struct Clinic {
    dir: tempfile::TempDir,
}

impl Clinic {
    /// Pinned the region's first root.
    fn of(region: &Region) -> Self {
        let clinic = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(clinic.path("root.json"), region.first_root()).unwrap();
        let claims = Claims::from_json_text(CLAIMS).unwrap();
        let document = seal_entitlement(&claims, &key("KE-SHA credential")).unwrap();
        fs::write(clinic.path("card.txt"), QrText::from_document(&document).unwrap().as_str()).unwrap();
        clinic.done(&["pack", "init", "--root", &clinic.text("root.json")]);
        clinic
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("sanad-verify"));
        command.args(arguments).arg("--json").arg("--state").arg(self.path("state"));
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {words}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Asserts that a command is refused with these words, and that the pack in use stays.
    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &str) {
        let before = self.versions();
        let output = self.run(arguments);
        let found = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {found}");
        assert!(found.contains(words), "{arguments:?}: {found}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["code"], 3);
        assert_eq!(self.versions(), before);
    }

    fn take(&self, files: &PackFiles) -> Value {
        fs::write(self.path("new.sanadpack"), files.write().unwrap()).unwrap();
        self.done(&["pack", "update", &self.text("new.sanadpack"), "--now", NOW])
    }

    /// Versions of the roles of the pack in use.
    fn versions(&self) -> Value {
        let output = self.run(&["pack", "info", "--now", NOW]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["roles"].clone()
    }

    /// What the pack in use says of the card.
    fn status(&self) -> (Value, Option<i32>) {
        let output = self.run(&["check", &self.text("card.txt"), "--now", NOW]);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        (answer["status"]["state"].clone(), output.status.code())
    }
}

fn region() -> Region {
    let mut region = Region::new("2026-04-01");
    region.add_country("KE", "KE trust");
    region.add_issuer("KE-SHA");
    region.publish("2026-05-01");
    region
}

fn suspended(region: &mut Region, iat: &str) {
    let mut list = StatusList::all_valid();
    list.set(StatusIndex::new(7).unwrap(), Status::Suspended);
    region.add_list("KE-SHA", 0, iat, &list);
}

#[test]
fn a_card_is_checked_before_and_after_its_suspension_and_a_rolled_back_pack_is_refused() {
    let mut region = region();
    let clinic = Clinic::of(&region);
    let first = region.pack();
    clinic.take(&first);
    assert_eq!(clinic.status(), ("valid".into(), Some(0)));
    suspended(&mut region, "2026-05-20");
    region.publish("2026-05-20");
    clinic.take(&region.pack());
    assert_eq!(clinic.status(), ("suspended".into(), Some(3)));
    fs::write(clinic.path("old.sanadpack"), first.write().unwrap()).unwrap();
    clinic.refused(&["pack", "update", &clinic.text("old.sanadpack"), "--now", NOW], "is older than version");
    clinic.refused(
        &["check", &clinic.text("card.txt"), "--pack", &clinic.text("old.sanadpack"), "--now", NOW],
        "is older than version",
    );
    assert_eq!(clinic.status(), ("suspended".into(), Some(3)));
}

#[test]
fn a_pack_that_is_only_looked_at_raises_the_floors_too() {
    let mut region = region();
    let clinic = Clinic::of(&region);
    let first = region.pack();
    region.publish("2026-05-20");
    for (name, files) in [("first", &first), ("second", &region.pack())] {
        fs::write(clinic.path(name), files.write().unwrap()).unwrap();
    }
    let check = |pack: &str| {
        let card = clinic.text("card.txt");
        clinic.run(&["check", &card, "--pack", &clinic.text(pack), "--now", NOW]).status.code()
    };
    assert_eq!(check("first"), Some(0));
    assert_eq!(check("second"), Some(0));
    assert_eq!(check("first"), Some(3), "rolled back");
}

#[test]
fn an_older_list_in_a_newer_pack_is_not_taken_and_the_one_before_is_kept() {
    let mut region = region();
    suspended(&mut region, "2026-05-20");
    let clinic = Clinic::of(&region);
    clinic.take(&region.pack());
    region.add_list("KE-SHA", 0, "2026-05-02", &StatusList::all_valid());
    region.publish("2026-05-25");
    clinic.take(&region.pack());
    assert_eq!(clinic.status(), ("suspended".into(), Some(3)));
    let without =
        PackFiles(region.pack().0.into_iter().filter(|(name, _)| !name.starts_with("status/")).collect());
    clinic.take(&without);
    assert_eq!(clinic.status(), ("suspended".into(), Some(3)), "a lost list is kept too");
}

#[test]
fn a_clock_behind_the_newest_signed_time_is_unknown_time() {
    let region = region();
    let clinic = Clinic::of(&region);
    clinic.take(&region.pack());
    for (now, clock) in [("2026-05-01", "known"), ("2026-04-30T23:59:59Z", "unknown")] {
        let answer = clinic.done(&["check", &clinic.text("card.txt"), "--now", now]);
        assert_eq!(answer["trust"]["clock"], clock, "{now}");
        assert_eq!(answer["status"]["age_days"].is_null(), clock == "unknown");
    }
}

#[test]
fn rubbish_in_the_place_of_a_pack_is_refused() {
    let region = region();
    let clinic = Clinic::of(&region);
    clinic.take(&region.pack());
    let good = region.pack().write().unwrap();
    let half = good[..good.len() / 2].to_vec();
    for (rubbish, words) in [
        (Vec::new(), "no pack, or damaged"),
        (b"PK\x03\x04".to_vec(), "no pack, or damaged"),
        (half, "no pack, or damaged"),
        (vec![0; 33 << 20], "at most"),
    ] {
        fs::write(clinic.path("bad.sanadpack"), rubbish).unwrap();
        clinic.refused(&["pack", "update", &clinic.text("bad.sanadpack"), "--now", NOW], words);
    }
    clinic.refused(&["pack", "update", "no-such-file.sanadpack"], "no-such-file.sanadpack");
}

#[test]
fn nothing_is_checked_or_taken_over_before_a_root_is_pinned() {
    let region = region();
    let clinic = Clinic::of(&region);
    fs::remove_dir_all(clinic.path("state")).unwrap();
    fs::write(clinic.path("new.sanadpack"), region.pack().write().unwrap()).unwrap();
    for arguments in
        [vec!["pack", "update", "new.sanadpack"], vec!["check", "card.txt", "--pack", "new.sanadpack"]]
    {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|part| if part.contains('.') { clinic.text(part) } else { (*part).to_owned() })
            .collect();
        let output = clinic.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&output.stderr).contains("pack init"));
    }
    let hash = sha256(&region.first_root()).to_string();
    clinic.done(&["pack", "init", "--root-sha256", &hash]);
    clinic.take(&region.pack());
    let again = clinic.run(&["pack", "init", "--root-sha256", &hash]);
    assert_eq!(again.status.code(), Some(3), "a second root only with --replace");
}

#[test]
fn a_pack_that_is_built_carries_the_whole_chain_of_roots() {
    let mut region = region();
    let builder = Clinic::of(&region);
    builder.take(&region.pack());
    for _ in 0..3 {
        region.publish_root();
    }
    region.publish("2026-05-20");
    builder.take(&region.pack());
    let repository = builder.path("repo");
    write_all(&repository, &region.files);
    let out = builder.text("built.sanadpack");
    builder.done(&["pack", "build", "--from", repository.to_str().unwrap(), "--out", &out, "--now", NOW]);
    let clinic = Clinic::of(&region);
    let taken = clinic.done(&["pack", "update", &out, "--now", NOW]);
    assert_eq!(taken["issuers"], 1);
    assert_eq!(clinic.versions()["root"]["version"], 4);
}

#[test]
fn an_update_over_http_fetches_only_what_changed() {
    let mut region = region();
    let clinic = Clinic::of(&region);
    let server = Server::start(region.files.clone());
    clinic.done(&["pack", "update", "--from", &server.base(), "--now", NOW]);
    region.publish("2026-05-20");
    server.serve(region.files.clone());
    server.asked();
    clinic.done(&["pack", "update", "--from", &server.base(), "--now", NOW]);
    let asked = server.asked();
    assert!(asked.iter().any(|name| name == "metadata/timestamp.json"), "{asked:?}");
    assert!(!asked.iter().any(|name| name.starts_with("targets/")), "no target changed: {asked:?}");
}

#[test]
fn an_update_cut_off_at_many_bytes_leaves_the_pack_in_use_and_then_goes_on() {
    let mut region = region();
    let clinic = Clinic::of(&region);
    clinic.take(&region.pack());
    region.publish("2026-05-20");
    let server = Server::start(region.files.clone());
    let before = clinic.versions();
    for limit in [0, 1, 17, 40, 90, 200, 400] {
        server.cut_after(Some(limit));
        let output = clinic.run(&["pack", "update", "--from", &server.base(), "--now", NOW]);
        assert_eq!(output.status.code(), Some(3), "cut after {limit} bytes of a connection");
        assert_eq!(clinic.versions(), before);
    }
    server.cut_after(None);
    clinic.done(&["pack", "update", "--from", &server.base(), "--now", NOW]);
    assert_ne!(clinic.versions(), before);
}

#[test]
fn a_page_of_a_captive_portal_is_not_kept_in_the_place_of_a_file() {
    let mut region = region();
    let clinic = Clinic::of(&region);
    clinic.take(&region.pack());
    region.publish("2026-05-20");
    let server =
        Server::start(region.files.keys().map(|name| (name.clone(), b"<html>Log in".to_vec())).collect());
    clinic.refused(&["pack", "update", "--from", &server.base(), "--now", NOW], "timestamp.json");
    let mut files = region.files.clone();
    files.insert("metadata/2.KE.json".into(), b"<html>Log in".to_vec());
    server.serve(files);
    clinic.refused(&["pack", "update", "--from", &server.base(), "--now", NOW], "2.KE.json");
    server.serve(region.files.clone());
    clinic.done(&["pack", "update", "--from", &server.base(), "--now", NOW]);
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let mut region = region();
    let clinic = Clinic::of(&region);
    clinic.take(&region.pack());
    region.publish("2026-05-20");
    let mut files = region.files.clone();
    files.insert("metadata/timestamp.json".into(), vec![b' '; 64 << 20]);
    let server = Server::start(files);
    clinic.refused(&["pack", "update", "--from", &server.base(), "--now", NOW], "more than");
}

#[test]
fn kills_during_updates_leave_a_state_that_works_and_never_goes_back() {
    let kills = std::env::var("SANAD_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(25_u32);
    let mut region = region();
    let clinic = Clinic::of(&region);
    let begun = Instant::now();
    clinic.take(&region.pack());
    let mut took = begun.elapsed();
    let mut floor = 0;
    let mut killed = 0;
    for round in 0..kills {
        region.publish("2026-05-20");
        fs::write(clinic.path("new.sanadpack"), region.pack().write().unwrap()).unwrap();
        let new = clinic.text("new.sanadpack");
        let mut command = clinic.command(&["pack", "update", &new, "--now", NOW]);
        let started = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the whole run by the golden ratio, which leaves no gap.
        let end = took.mul_f64((f64::from(round) * 0.618_034).fract());
        while child.try_wait().unwrap().is_none() && started.elapsed() < end {
            std::thread::sleep(end.saturating_sub(started.elapsed()).min(Duration::from_millis(1)));
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
        } else {
            // Where the machine stood still while the time of a run was taken, it is far too long, and no kill would hit.
            // A quarter more than it takes, so that the end of a slower run is reached too.
            took = took.min(started.elapsed() * 5 / 4);
        }
        let version = clinic.versions()["timestamp"]["version"].as_u64().expect("a pack in use that loads");
        assert!(version >= floor, "{version} after {floor}");
        floor = version;
        assert_eq!(clinic.status(), ("valid".into(), Some(0)));
    }
    clinic.take(&region.pack());
    assert_eq!(clinic.versions()["timestamp"]["version"], region.timestamp.header.version);
    println!("kills within an update: {killed} of {kills}");
    assert!(killed > kills / 4, "{killed} of {kills} came while it ran");
}

fn write_all(directory: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A static web server on this machine, which can cut its answers off.
struct Server {
    address: SocketAddr,
    shared: Arc<Mutex<Served>>,
}

struct Served {
    files: BTreeMap<String, Vec<u8>>,
    asked: Vec<String>,
    cut_after: Option<usize>,
}

impl Server {
    fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Served { files, asked: Vec::new(), cut_after: None }));
        let served = Arc::clone(&shared);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away early is its own affair.
                let _ = answer(stream.unwrap(), &served);
            }
        });
        Self { address, shared }
    }

    fn base(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn serve(&self, files: BTreeMap<String, Vec<u8>>) {
        self.shared.lock().unwrap().files = files;
    }

    fn cut_after(&self, bytes: Option<usize>) {
        self.shared.lock().unwrap().cut_after = bytes;
    }

    /// What was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().unwrap().asked)
    }
}

/// One request a connection, GET only.
fn answer(mut stream: TcpStream, served: &Mutex<Served>) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    let name = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let (file, cut_after) = {
        let mut served = served.lock().unwrap();
        let file = served.files.get(&name).cloned();
        served.asked.push(name);
        (file, served.cut_after)
    };
    let mut bytes = match &file {
        Some(content) => {
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", content.len())
                .into_bytes()
        }
        None => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
    };
    bytes.extend(file.unwrap_or_default());
    bytes.truncate(cut_after.unwrap_or(usize::MAX));
    stream.write_all(&bytes)
}
