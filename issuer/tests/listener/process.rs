//! The program as an operator runs it: what it refuses to start with, what it says, how it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::client::{Client, statuses, until};

struct Office(tempfile::TempDir);

struct Running {
    child: Child,
    address: SocketAddr,
    /// Of the metrics, where they have one of their own.
    metrics_address: Option<SocketAddr>,
    token: String,
    /// What it has told on standard error so far, and who reads it.
    told: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Office {
    fn new() -> Self {
        let office = Self(tempfile::tempdir().unwrap());
        let init = ["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"];
        let init = office.command(&init).output().unwrap();
        assert!(init.status.success(), "{init:?}");
        office
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("issuer/service.toml")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.current_dir(self.0.path()).env("SANAD_PASSPHRASE", "correct horse battery staple");
        command.args(arguments);
        command
    }

    fn serve(&self) -> Command {
        let mut command = self.command(&["serve", "--config", "issuer/service.toml", "--json"]);
        command.env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0");
        command
    }

    fn start(&self, variables: &[(&str, &str)]) -> Running {
        let mut command = self.serve();
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = said["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        let metrics_address = said["metrics"].as_str().map(|url| {
            let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
            address.parse().unwrap()
        });
        let token = fs::read_to_string(self.0.path().join("issuer/admin.token")).unwrap();
        let (told, stderr) = (Arc::new(Mutex::new(String::new())), child.stderr.take().unwrap());
        let telling = told.clone();
        let reader = thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let mut told = telling.lock().unwrap();
                told.push_str(&line.unwrap());
                told.push('\n');
            }
        });
        Running {
            child,
            address,
            metrics_address,
            token: token.trim().to_owned(),
            told,
            reader: Some(reader),
        }
    }

    fn refused(&self, command: &mut Command) -> (Option<i32>, String) {
        let Output { status, stderr, .. } = command.output().unwrap();
        (status.code(), String::from_utf8_lossy(&stderr).into_owned())
    }
}

impl Running {
    fn get(&self, path: &str) -> String {
        Client::once(self.address, format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"))
    }

    fn metrics(&self) -> String {
        let token = &self.token;
        let head = format!("GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        Client::once(self.address, head)
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until it tells something.
    fn until_told(&self, what: &str) {
        until(what, || self.told.lock().unwrap().contains(what));
    }

    /// What it told on standard error, and what it ended with.
    fn stop(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let code = self.child.wait().unwrap().code();
        self.reader.take().unwrap().join().unwrap();
        (code, self.told.lock().unwrap().clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn init_and_serve_are_all_it_needs() {
    let office = Office::new();
    let running = office.start(&[]);
    assert!(running.get("/healthz").contains("{\"alive\":true}"));
    until("ready", || running.get("/readyz").contains("{\"ready\":true}"));
    assert!(running.get("/site/record.json").contains("\"iss\":\"KE-SHA\""));
    assert!(running.get("/site/status/0").contains("content-type: application/statuslist+cwt"));
    assert!(running.get("/site/status/0.jwt").contains("content-type: application/statuslist+jwt"));
    for name in [
        "sanad_requests_total",
        "sanad_request_seconds_bucket",
        "sanad_publication_age_seconds",
        // Told after the publication that makes it ready.
        "sanad_leader 1",
    ] {
        until(name, || running.metrics().contains(name));
    }
    let document = running.get("/openapi.json");
    let (_, document) = document.split_once("\r\n\r\n").unwrap();
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/readyz"]["get"]["responses"]["503"].is_object());
    let (code, told) = running.stop();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("the service has ended"));
}

#[test]
fn the_page_runs_nothing_but_its_own_script() {
    let office = Office::new();
    let running = office.start(&[]);
    let page = running.get("/docs");
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    let policy = head.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
    assert!(
        policy.contains("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(
        !body.contains("http://") && !body.contains("https://") && !body.contains("src="),
        "it loads something"
    );
    for handler in
        [" onclick=", " onload=", " style=", "innerHTML", "eval(", "localStorage", "document.write"]
    {
        assert!(!body.contains(handler), "{handler}");
    }
    assert_eq!((body.matches("<script").count(), body.matches("<style").count()), (1, 1));
}

#[test]
fn nothing_of_a_request_gets_into_the_log() {
    let office = Office::new();
    let running = office.start(&[("SANAD_ISSUER_LOG_LEVEL", "debug")]);
    let canaries =
        ["Wanjiru-Canary", "M-4711-Canary", "token-Canary", "body-Canary", "agent-Canary", "brew-Canary"];
    let [name, number, token, body, agent, method] = canaries;
    let json = format!("{{\"name\":\"{body}\",}}");
    for line in [
        format!("GET /v1/{name}?number={number}"),
        format!("GET /site/{name}?number={number}"),
        format!("POST /healthz?number={number}"),
        format!("{method} /{name}"),
        format!("GET /site/../{name}"),
        format!("GET /{name}{}", "a".repeat(9_000)),
    ] {
        let answer = Client::once(
            running.address,
            format!(
                "{line} HTTP/1.1\r\nHost: {agent}\r\nAuthorization: Bearer {token}\r\nUser-Agent: {agent}\r\n\
                 X-Request-Id: {agent}\r\nIdempotency-Key: {number}\r\nContent-Type: application/json\r\nContent-Length: \
                 {}\r\n\r\n{json}",
                json.len()
            ),
        );
        for canary in canaries {
            assert!(!answer.contains(canary), "{canary} in the answer to {line}: {answer}");
        }
    }
    // No HTTP at all, and a request that breaks off.
    Client::once(running.address, format!("{name} {number}\r\n\r\n"));
    Client::once(
        running.address,
        format!("POST /healthz HTTP/1.1\r\nHost: {agent}\r\nContent-Length: 99\r\n\r\n{body}"),
    );
    let metrics = running.metrics();
    let (_, told) = running.stop();
    assert!(told.matches("\"message\":\"request\"").count() >= 7, "{told}");
    for canary in canaries {
        assert!(!told.contains(canary), "{canary} in the log: {told}");
        assert!(!metrics.contains(canary), "{canary} in the metrics");
    }
    for line in told.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["timestamp"].is_string() && line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn a_wrong_configuration_is_refused_with_its_place() {
    let office = Office::new();
    let sample = fs::read_to_string(office.file()).unwrap();
    fs::write(office.file(), sample.replace("connections = 512", "conections = 512")).unwrap();
    let (code, told) = office.refused(&mut office.serve());
    assert_eq!(code, Some(3));
    assert!(told.contains("service.toml, line ") && told.contains("limits.conections: unknown"), "{told}");
    fs::write(office.file(), &sample).unwrap();
    let (code, told) = office.refused(office.serve().env("SANAD_ISSUER_LIMITS_CONECTIONS", "7"));
    assert_eq!(code, Some(3));
    assert!(told.contains("SANAD_ISSUER_LIMITS_CONECTIONS: names no setting"), "{told}");
    let (code, told) = office.refused(&mut office.command(&["serve", "--config", "nowhere.toml"]));
    assert_eq!(code, Some(3));
    assert!(told.contains("nowhere.toml: No such file"), "{told}");
    fs::write(office.file(), "a".repeat(100_000)).unwrap();
    let (code, told) = office.refused(&mut office.serve());
    assert!(code == Some(3) && told.contains("longer than 65536 bytes"), "{told}");
    fs::write(office.file(), &sample).unwrap();
    let (code, told) =
        office.refused(office.serve().env("SANAD_PASSPHRASE", "another passphrase altogether"));
    assert_eq!(code, Some(3), "{told}");
    assert!(!told.contains("another passphrase"));
}

#[test]
fn an_address_in_use_is_said() {
    let office = Office::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, told) = office.refused(office.serve().env("SANAD_ISSUER_LISTEN_ADDRESS", &address));
    assert_eq!(code, Some(3));
    assert!(told.contains(&format!("cannot listen to {address}")), "{told}");
}

#[test]
fn metrics_have_an_address_of_their_own_where_it_is_wanted() {
    let office = Office::new();
    let running = office.start(&[("SANAD_ISSUER_METRICS_ADDRESS", "127.0.0.1:0")]);
    let address = running.metrics_address.unwrap();
    assert_eq!(statuses(&running.get("/metrics")), [404]);
    let text = Client::once(address, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(statuses(&text) == [200] && text.contains("sanad_requests_total"), "{text}");
    assert_eq!(statuses(&Client::once(address, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")), [404]);
    assert_eq!(running.stop().0, Some(0));
}

#[test]
fn a_hangup_is_no_end() {
    let office = Office::new();
    let running = office.start(&[]);
    running.signal("HUP");
    running.until_told("SIGHUP reads the certificate again; there is none");
    assert_eq!(statuses(&running.get("/healthz")), [200]);
    let (code, told) = running.stop();
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn a_site_that_cannot_be_written_makes_the_service_not_ready_and_does_not_end_it() {
    let office = Office::new();
    fs::write(office.0.path().join("issuer/site"), "a file in the way").unwrap();
    let running = office.start(&[("SANAD_ISSUER_SITE_LATE_SECONDS", "5")]);
    running.until_told("the publication failed and will be tried again");
    let text = running.get("/readyz");
    assert!(statuses(&text) == [503] && text.contains("\"field\":\"publication\""), "{text}");
    assert_eq!(statuses(&running.get("/healthz")), [200]);
    fs::remove_file(office.0.path().join("issuer/site")).unwrap();
    until("ready", || statuses(&running.get("/readyz")) == [200]);
    let (code, told) = running.stop();
    assert_eq!(code, Some(0), "{told}");
}
