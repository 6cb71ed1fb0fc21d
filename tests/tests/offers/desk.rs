//! The desk of an invented clinic: `sanad-verify serve` with a pack that lists the office's record, keys and status lists.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use sanad_credential::{StatusUri, UnixTime};
use sanad_tests::programs::program;
use sanad_tests::region::Region;
use sanad_trust::pack::list_name;
use serde_json::{Value, json};

use crate::office::{Office, agent};

const RULEBOOK: &str = r#"{"issuer":"KE-SHA","product":"SHIF","kind":"compulsory","versions":[{"version":1,"from":"2026-01-01",
    "package":["EMER","OPD","CHILD","ANC","DEL","MEDS"],"preauth":[],"copay":[],"grace_days":30,"network_only":false,
    "week_days":6,"legal_ref":"invented","appeal":{"en":"call 147"},"pay":{"en":"Dial *147#"}}]}"#;

pub(crate) struct Desk {
    dir: tempfile::TempDir,
    child: Child,
    pub(crate) url: String,
    token: String,
    region: Region,
}

/// `sanad-verify serve` with the `verify.toml` of a directory, and its address.
pub(crate) fn serving(dir: &Path) -> (Child, String) {
    let mut child = Command::new(program("sanad-verify"))
        .args(["--json", "serve", "--config", "verify.toml"])
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{fault}: {line}"));
    let url = said["url"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, url)
}

impl Desk {
    /// By the clock of this machine, as the office and the wallet.
    pub(crate) fn open(office: &Office) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let mut region = Region::new("2026-01-01");
        region.add_country("KE", "KE trust");
        let record = fs::read_to_string(office.dir.path().join("record.json")).unwrap();
        region.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &record);
        region.add_target(Some("KE"), "rulebooks/KE/KE-SHA/SHIF.json", RULEBOOK);
        let host = r#"{"country":"KE","always_free":{"KE":["CHILD"]},"appeal":{"en":"District office"}}"#;
        region.add_target(Some("KE"), "host-rules/KE.json", host);
        let facilities = r#"{"country":"KE","facilities":[{"id":"KE-F01","name":"Busia, invented","level":2,"area":"KE","networks":["KE-SHA"]}]}"#;
        region.add_target(Some("KE"), "facilities/KE.json", facilities);
        let token = "t".repeat(40);
        for (name, content) in [("desk.token", token.as_str()), ("passphrase", "correct horse battery")] {
            fs::write(path(name), format!("{content}\n")).unwrap();
            fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(path("root.json"), region.first_root()).unwrap();
        let config = "state_dir = \"state\"\n[listen]\naddress = \"127.0.0.1:0\"\n[desk]\ntoken_file = \"desk.token\"\n\
                      receipts = true\npassphrase_file = \"passphrase\"\n";
        fs::write(path("verify.toml"), config).unwrap();
        run(&dir, &["pack", "init", "--root", "root.json"]);
        let (out, passphrase) = (["--out", "request.json"], ["--passphrase-file", "passphrase"]);
        publish(&dir, &mut region, office);
        run(&dir, &[&["key", "init", "--facility", "KE-F01"], &out[..], &passphrase[..]].concat());
        let (child, url) = serving(dir.path());
        Self { dir, child, url, token, region }
    }

    /// Where a file of the desk is.
    pub(crate) fn file(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// Takes over a pack with what the office publishes now.
    pub(crate) fn update(&mut self, office: &Office) {
        publish(&self.dir, &mut self.region, office);
        // The service looks once a second.
        std::thread::sleep(std::time::Duration::from_millis(1_200));
    }

    /// Asks for a person at the counter: the request's id, and its link.
    pub(crate) fn begin(&self) -> (String, String) {
        let question = json!({"place": "KE", "benefit": "OPD", "person": "match"});
        let mut response = agent()
            .post(format!("{}/v1/requests", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(question.to_string())
            .unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        assert_eq!(response.status(), 201, "{text}");
        let begun: Value = serde_json::from_str(&text).unwrap();
        (begun["id"].as_str().unwrap().to_owned(), begun["link"].as_str().unwrap().to_owned())
    }

    /// Asks over VC-API whether a credential holds: the status, and the body.
    pub(crate) fn verify(&self, credential: &Value) -> (u16, Value) {
        ask_to_verify(&self.url, &self.token, credential)
    }

    /// What became of a request.
    pub(crate) fn view(&self, id: &str) -> Value {
        let mut response = agent()
            .get(format!("{}/v1/requests/{id}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .call()
            .unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `POST /credentials/verify`, as any client of VC-API sends it.
pub(crate) fn ask_to_verify(url: &str, token: &str, credential: &Value) -> (u16, Value) {
    let mut response = agent()
        .post(format!("{url}/credentials/verify"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(json!({"verifiableCredential": credential, "options": {}}).to_string())
        .unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{fault}: {text}"));
    (response.status().as_u16(), body)
}

/// A pack of now, with the office's lists of now, taken over.
fn publish(dir: &tempfile::TempDir, region: &mut Region, office: &Office) {
    let record: Value =
        serde_json::from_slice(&fs::read(office.dir.path().join("record.json")).unwrap()).unwrap();
    let (prefix, lists) =
        (record["status"]["prefix"].as_str().unwrap(), record["status"]["lists"].as_u64().unwrap());
    let mut published = 0;
    for number in 0..lists {
        let uri = StatusUri::new(&format!("{prefix}{number}")).unwrap();
        // A list in which nobody stands is not published.
        if let Some(list) = office.published(&format!("status/{number}")) {
            region.files.insert(list_name(&uri), list);
            published += 1;
        }
    }
    assert!(published > 0, "no list is published");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    region.publish(&UnixTime::new(since.as_secs()).unwrap().to_string());
    fs::write(dir.path().join("p.sanadpack"), region.current_pack().write().unwrap()).unwrap();
    run(dir, &["pack", "update", "p.sanadpack"]);
}

fn run(dir: &tempfile::TempDir, arguments: &[&str]) {
    let mut command = Command::new(program("sanad-verify"));
    command.args(arguments).args(["--state", "state"]).current_dir(dir.path());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "SANAD_PASSPHRASE"] {
        command.env_remove(name);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
