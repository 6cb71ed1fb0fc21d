//! The running service of an invented clinic, and a client of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use sanad_credential::{Claims, QrText, SigningKey, Status, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::{Region, key, record};
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::Value;

/// When everything happens.
pub(crate) const NOW: &str = "2026-06-01T09:00:00Z";

/// The issuer's DID.
pub(crate) const DID: &str = "did:web:sha.example";

/// How a foreign wallet reaches the desk; its requests go to this machine.
pub(crate) const PUBLIC_URL: &str = "https://desk.example";

const LISTEN: &str = "[listen]\naddress = \"127.0.0.1:0\"\n";

pub(crate) struct Desk {
    dir: tempfile::TempDir,
    child: Child,
    now: Vec<String>,
    address: String,
    pub(crate) token: String,
    /// What it said at its start.
    pub(crate) said: Value,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its head in small letters.
    head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        if status >= 400 {
            assert!(self.json().is_object(), "{}", self.body);
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|fault| panic!("{fault}: {}", self.body))
    }
}

impl Desk {
    pub(crate) fn start(lists: &[(u32, Status)]) -> Self {
        Self::start_with(lists, "")
    }

    /// With an https address and the time of this machine: the pack is old then, and the card's cover over.
    pub(crate) fn start_by_the_clock() -> Self {
        Self::start_at(
            &published(&[]),
            &format!("[listen]\naddress = \"127.0.0.1:0\"\npublic_url = \"{PUBLIC_URL}\"\n"),
            "",
            &[],
        )
    }

    /// With more settings in section `desk`.
    pub(crate) fn start_with(lists: &[(u32, Status)], more: &str) -> Self {
        Self::start_at(&published(lists), LISTEN, more, &["--now", NOW])
    }

    /// With this region, at another time.
    pub(crate) fn start_over(region: &Region, now: &str) -> Self {
        Self::start_at(region, LISTEN, "", &["--now", now])
    }

    fn start_at(region: &Region, listen: &str, more: &str, now: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("root.json"), region.first_root()).unwrap();
        fs::write(path("p.sanadpack"), region.current_pack().write().unwrap()).unwrap();
        fs::write(path("lifted.sanadpack"), published(&[]).current_pack().write().unwrap()).unwrap();
        let token = "t".repeat(40);
        for (name, content) in [("desk.token", token.as_str()), ("passphrase", "correct horse battery")] {
            fs::write(path(name), format!("{content}\n")).unwrap();
            fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let text = |name: &str| path(name).to_str().unwrap().to_owned();
        for arguments in [
            vec!["pack", "init", "--root", &text("root.json")],
            vec!["pack", "update", &text("p.sanadpack"), "--now", "2026-05-31"],
            vec![
                "key",
                "init",
                "--facility",
                "UG-F01",
                "--out",
                &text("request.json"),
                "--passphrase-file",
                &text("passphrase"),
            ],
        ] {
            let done = run_in(&path("state"), &arguments);
            assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        let config = format!("state_dir = \"state\"\n{listen}[desk]\ntoken_file = \"desk.token\"\n{more}");
        fs::write(path("verify.toml"), config).unwrap();
        let now: Vec<String> = now.iter().map(|argument| (*argument).to_owned()).collect();
        let child = serve(&path("verify.toml"), &now);
        let mut desk = Self { dir, child, now, address: String::new(), token, said: Value::Null };
        desk.hear();
        desk
    }

    /// Waits until it says where it listens.
    fn hear(&mut self) {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        self.said = serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{fault}: {line}"));
        let url = self.said["url"].as_str().unwrap_or_else(|| panic!("{line}"));
        self.address = url.strip_prefix("http://").unwrap().to_owned();
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again over the same state.
    pub(crate) fn start_again(&mut self) {
        self.child = serve(&self.path("verify.toml"), &self.now);
        self.hear();
    }

    /// Starts it where it must not start.
    pub(crate) fn start_in_vain(&self) -> Output {
        serve(&self.path("verify.toml"), &self.now).wait_with_output().unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs `sanad-verify` over the state of this desk.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run_in(&self.path("state"), arguments)
    }

    /// What the paper card of the same household comes to.
    pub(crate) fn check_paper(&self, benefit: &str) -> Value {
        self.check_paper_of(HOUSEHOLD, &key("KE-SHA credential"), &["--benefit", benefit])
    }

    /// What a paper card with these claims and of this signer comes to, at the time of this desk.
    pub(crate) fn check_paper_of(&self, claims: &str, signer: &SigningKey, more: &[&str]) -> Value {
        let claims = Claims::from_json_text(claims).unwrap();
        let document = seal_entitlement(&claims, signer).unwrap();
        let code = QrText::from_document(&document).unwrap();
        let now = self.now.last().unwrap().as_str();
        let question = ["--place", "UG", "--facility", "UG-F01", "--person", "match", "--now", now, "--json"];
        let answer = self.run(&[&["check", code.as_str()], more, &question[..]].concat());
        serde_json::from_slice(&answer.stdout)
            .unwrap_or_else(|fault| panic!("{fault}: {}", String::from_utf8_lossy(&answer.stderr)))
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: &str,
        token: Option<&str>,
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Type: {media_type}\r\n{token}\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, "application/json", body, Some(&self.token))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "text/plain", "", Some(&self.token))
    }

    /// What a phone posts: it has no token.
    pub(crate) fn form(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, "application/x-www-form-urlencoded", body, None)
    }

    /// Begins a request: its id and its link.
    pub(crate) fn begin(&self, question: &str) -> (String, String) {
        let begun = self.post("/v1/requests", question);
        begun.is(201);
        let body = begun.json();
        assert!(body["qr_svg"].as_str().unwrap().starts_with("<svg"), "{body}");
        (body["id"].as_str().unwrap().to_owned(), body["link"].as_str().unwrap().to_owned())
    }

    pub(crate) fn view(&self, id: &str) -> Value {
        let view = self.get(&format!("/v1/requests/{id}"));
        view.is(200);
        view.json()
    }

    /// Where the service listens.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it as an operator does; its log.
    pub(crate) fn stop(mut self) -> String {
        let ended = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(ended.success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The region with the issuer's name in the open standards.
pub(crate) fn published(lists: &[(u32, Status)]) -> Region {
    published_with(lists, &record("KE-SHA"))
}

/// With this record of the issuer.
pub(crate) fn published_with(lists: &[(u32, Status)], record: &str) -> Region {
    let mut region = region("2026-05-30", lists);
    let with_did = record.replacen('{', &format!(r#"{{"did":"{DID}","#), 1);
    region.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &with_did);
    region.publish("2026-05-31");
    region
}

fn serve(config: &Path, now: &[String]) -> Child {
    Command::new(program("sanad-verify"))
        .args(["--json", "serve", "--config", config.to_str().unwrap()])
        .args(now)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run_in(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program("sanad-verify"));
    command.args(arguments).arg("--state").arg(state);
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "SANAD_PASSPHRASE"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}
