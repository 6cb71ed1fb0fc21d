//! An invented issuer that serves on this machine, and its officer.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sanad_credential::UnixTime;
use sanad_tests::programs::program;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::TlsConfig;

use crate::front::Front;

/// A directory with an issuer, and its running service.
pub(crate) struct Office {
    pub(crate) dir: tempfile::TempDir,
    /// The credential issuer's identifier.
    pub(crate) url: String,
    token: String,
    child: Child,
}

/// An officer's offer.
pub(crate) struct Offered {
    pub(crate) link: String,
    pub(crate) picture: Vec<u8>,
    pub(crate) tx_code: Option<String>,
}

impl Offered {
    /// The offer in the link.
    pub(crate) fn json(&self) -> Value {
        let encoded = self.link.split_once("credential_offer=").unwrap().1;
        let mut bytes = Vec::new();
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        serde_json::from_slice(&bytes).unwrap()
    }
}

/// A link with this offer.
pub(crate) fn link(offer: &Value) -> String {
    let encoded: String = offer.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("openid-credential-offer://?credential_offer={encoded}")
}

impl Office {
    pub(crate) fn open() -> Self {
        let port = free_port();
        Self::open_at(port, format!("http://127.0.0.1:{port}"), &[])
    }

    /// Wallets know it by the address of the server in front of it.
    pub(crate) fn open_behind(front: &Front) -> Self {
        Self::open_at(front.port, front.url.clone(), &[])
    }

    /// Over https with a certificate that nobody vouches for, and with the profile for public test suites.
    pub(crate) fn rehearsing() -> Self {
        let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../issuer/tests/listener/tls");
        let file = |name: &str| tls.join(name).canonicalize().unwrap().to_str().unwrap().to_owned();
        let port = free_port();
        Self::open_at(
            port,
            format!("https://127.0.0.1:{port}"),
            &[
                ("SANAD_ISSUER_LISTEN_TLS_CERTIFICATE", &file("certificate.pem")),
                ("SANAD_ISSUER_LISTEN_TLS_KEY", &file("key.pem")),
                ("SANAD_ISSUER_OPENVC_TEST_PROFILE", "true"),
            ],
        )
    }

    fn open_at(port: u16, url: String, variables: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| {
            let output = command().args(arguments).current_dir(dir.path()).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        run(&["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"]);
        let config = dir.path().join("issuer/issuer.toml");
        let text = fs::read_to_string(&config).unwrap();
        let did = format!("did = \"did:web:127.0.0.1%3A{port}\"");
        let named = text.replace("# did = \"did:web:issuer.example\"", &did);
        assert_ne!(text, named, "init says where the DID stands");
        fs::write(&config, named).unwrap();
        run(&["record", "issuer", "--out", "record.json"]);
        let token = run(&["token", "issuer", "create", "--show", "--role", "registrar,revoker"]);
        let mut serve = command();
        serve.args(["serve", "--json", "--config", "issuer/service.toml"]).current_dir(dir.path());
        serve.env("SANAD_ISSUER_LISTEN_ADDRESS", format!("127.0.0.1:{port}"));
        serve.env("SANAD_ISSUER_LISTEN_PUBLIC_URL", &url).envs(variables.iter().copied());
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains(&format!("127.0.0.1:{port}")), "{line}");
        let office = Self { dir, url, token, child };
        office.wait();
        office
    }

    fn wait(&self) {
        let began = Instant::now();
        while !agent().get(format!("{}/readyz", self.url)).call().is_ok_and(|answer| answer.status() == 200) {
            assert!(began.elapsed() < NEVER, "the service is never ready");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Issues cover for an invented person, on paper; its id.
    #[track_caller]
    pub(crate) fn issue(&self, number: u32) -> String {
        let record = json!({
            "type": "coverage", "subject": {"number": format!("INV-{number}"), "name": "Wanjiru Invented", "birth": "1987"},
            "product": "SHIF", "rulebook": 1, "functions": ["medical_care"],
            "start": format!("{}-01-01", year()), "end": format!("{}-12-31", year() + 1), "copay_class": 1, "territory": ["KE"],
        });
        self.post("/v1/credentials", &record, &format!("issue-{number}"))["cti"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn offer(&self, cti: &str, tx_code: &str) -> Offered {
        use base64::Engine as _;
        let made = self.post(&format!("/v1/credentials/{cti}/offer"), &json!({"tx_code": tx_code}), "");
        let picture = made["qr_png"].as_str().unwrap();
        Offered {
            link: made["offer"].as_str().unwrap().to_owned(),
            picture: base64::engine::general_purpose::STANDARD.decode(picture).unwrap(),
            tx_code: made["tx_code"].as_str().map(str::to_owned),
        }
    }

    /// What stands on the published site.
    pub(crate) fn published(&self, name: &str) -> Option<Vec<u8>> {
        let mut response = agent().get(format!("{}/site/{name}", self.url)).call().unwrap();
        (response.status() == 200).then(|| response.body_mut().read_to_vec().unwrap())
    }

    /// What an officer is shown.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let request = agent().get(format!("{}{path}", self.url));
        let mut response = request.header("authorization", format!("Bearer {}", self.token)).call().unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        assert!(response.status().is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value, key: &str) -> Value {
        let mut request = agent().post(format!("{}{path}", self.url));
        request = request.header("authorization", format!("Bearer {}", self.token));
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let mut response = request.header("content-type", "application/json").send(body.to_string()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        assert!(response.status().is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// The year, by the clock of this machine.
fn year() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UnixTime::new(since.as_secs()).unwrap().to_string()[..4].parse().unwrap()
}

/// A port that nobody has: the address is in the metadata, so it is chosen before the service has it. It is none of those that
/// the system gives to who asks for any, from 32,768 on by default, so that nobody gets it meanwhile; and processes, as
/// tests of one process, begin to look at different ones.
pub(crate) fn free_port() -> u16 {
    static CHOSEN: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(7);
    (0..1_000)
        .map(|_| start.wrapping_add(CHOSEN.fetch_add(1, Ordering::Relaxed)) % 20_000 + 10_000)
        .map(|port| u16::try_from(port).unwrap())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("of a thousand ports one is free")
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who waits so long waits for ever.
pub(crate) const NEVER: Duration = Duration::from_secs(120);

fn command() -> Command {
    let mut command = Command::new(program("sanad-issuer"));
    command.env("SANAD_PASSPHRASE", "correct horse battery");
    command
}

/// A client of these services, whose certificates nobody vouches for.
pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(NEVER));
    let tls = TlsConfig::builder().disable_verification(true).build();
    config.proxy(None).tls_config(tls).build().into()
}
