//! Servers that are no issuers, or that do not do what an issuer does.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::QrText;
use serde_json::{Value, json};

use crate::office::{Office, link};
use crate::wallet::{Wallet, record_of};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// A server on this machine that answers as a test wants.
pub(crate) struct Pretender {
    pub(crate) url: String,
    asked: Arc<AtomicU32>,
}

/// What is written to whoever asks.
pub(crate) enum Said {
    Whole(String),
    /// The start of an answer, and nothing more for as long as anybody waits.
    Start(String),
}

impl Pretender {
    /// Answers to its own address and the path that is asked for.
    pub(crate) fn start(answer: impl Fn(&str, &str) -> Said + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU32::new(0));
        let (own, count) = (url.clone(), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(path) = path_of(&mut stream) else { continue };
                count.fetch_add(1, Ordering::SeqCst);
                match answer(&own, &path) {
                    // Whoever has enough of an answer hangs up.
                    Said::Whole(text) => drop(stream.write_all(text.as_bytes())),
                    Said::Start(text) => {
                        let _ = stream.write_all(text.as_bytes());
                        thread::spawn(move || {
                            thread::sleep(Duration::from_secs(60));
                            drop(stream);
                        });
                    }
                }
            }
        });
        Self { url, asked }
    }

    pub(crate) fn json(value: &Value) -> Said {
        let text = value.to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
        Said::Whole(format!("{head}Content-Length: {}\r\n\r\n{text}", text.len()))
    }

    pub(crate) fn status(status: u16) -> Said {
        Said::Whole(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// An offer of this server.
    fn link(&self) -> String {
        link(&json!({
            "credential_issuer": self.url, "credential_configuration_ids": ["c"],
            "grants": {GRANT: {"pre-authorized_code": "invented"}},
        }))
    }
}

/// The path of a request that was read to its end.
fn path_of(stream: &mut TcpStream) -> Option<String> {
    let request = request_of(stream)?;
    String::from_utf8_lossy(&request).split(' ').nth(1).map(str::to_owned)
}

/// A request, read to its end.
pub(crate) fn request_of(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        text.extend_from_slice(&part[..read]);
        let said = String::from_utf8_lossy(&text).to_lowercase();
        let Some((head, body)) = said.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.map_or(0, |length| length.trim().parse().unwrap());
        if body.len() >= length {
            return Some(text);
        }
    }
}

/// Metadata as an issuer has them, changed.
fn metadata(url: &str, change: &[(&str, Value)]) -> Value {
    let mut metadata = json!({
        "credential_issuer": url,
        "credential_endpoint": format!("{url}/credential"),
        "nonce_endpoint": format!("{url}/nonce"),
        "credential_configurations_supported": {"c": {"format": "vnd.sanad.entitlement+cwt"}},
    });
    for (name, value) in change {
        metadata[*name] = value.clone();
    }
    metadata
}

const METADATA: &str = "/.well-known/openid-credential-issuer";
const SERVER: &str = "/.well-known/oauth-authorization-server";

/// What an issuer answers to each path, with a document.
fn as_an_issuer(url: &str, path: &str, document: &str) -> Said {
    match path {
        METADATA => Pretender::json(&metadata(url, &[])),
        SERVER => Pretender::json(&json!({"issuer": url, "token_endpoint": format!("{url}/token")})),
        "/token" => Pretender::json(&json!({"access_token": "t", "token_type": "Bearer"})),
        "/nonce" => Pretender::json(&json!({"c_nonce": "n"})),
        "/credential" => Pretender::json(&json!({"credentials": [{"credential": document}]})),
        _ => Pretender::status(404),
    }
}

#[test]
fn a_document_for_another_key_of_another_kind_or_none_is_not_added() {
    let office = Office::open();
    let (wallet, victim) = (Wallet::new(), Wallet::new());
    let record = record_of(office.dir.path());
    let cti = office.issue(1);
    victim.does(&["add", &office.offer(&cti, "none").link, "--record", &record]);
    let id = victim.held()[0]["id"].as_str().unwrap().to_owned();
    let shown = victim.does(&["show", &id, "--json"]);
    let shown: Value = serde_json::from_str(shown.lines().next().unwrap()).unwrap();
    let stolen = URL_SAFE_NO_PAD.encode(QrText::decode(shown["text"].as_str().unwrap()).unwrap());
    for (document, word) in [
        (stolen, "bound the document to another key"),
        ("AAAA".to_owned(), "no document of this format"),
        ("=".to_owned(), "no base64url"),
    ] {
        let pretender = Pretender::start(move |url, path| as_an_issuer(url, path, &document));
        wallet.refuses(&["add", &pretender.link(), "--record", &record], word);
        assert_eq!(pretender.asked(), 5);
    }
}

#[test]
fn metadata_of_another_issuer_and_endpoints_elsewhere_get_no_code() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let elsewhere = Pretender::start(|url, path| as_an_issuer(url, path, ""));
    for (name, value, word) in [
        ("credential_issuer", json!(office.url), "the metadata of another issuer"),
        ("credential_endpoint", json!(format!("{}/credential", elsewhere.url)), "is on another server"),
        (
            "nonce_endpoint",
            json!("http://issuer.example/nonce"),
            "is http, which is asked on this machine only",
        ),
        ("authorization_servers", json!([elsewhere.url]), "other authorization servers"),
        ("credential_configurations_supported", json!({"c": {"format": "mso_mdoc"}}), "it has: mso_mdoc"),
        ("credential_configurations_supported", json!([]), "does not read"),
    ] {
        let pretender = Pretender::start(move |url, path| match path {
            METADATA => Pretender::json(&metadata(url, &[(name, value.clone())])),
            path => as_an_issuer(url, path, ""),
        });
        wallet.refuses(&["add", &pretender.link(), "--record", &record], word);
        assert!(pretender.asked() <= 2, "the code was not sent");
    }
    let other = elsewhere.url.clone();
    let pretender = Pretender::start(move |url, path| match path {
        SERVER => Pretender::json(&json!({"issuer": url, "token_endpoint": format!("{other}/token")})),
        path => as_an_issuer(url, path, ""),
    });
    wallet.refuses(&["add", &pretender.link(), "--record", &record], "token_endpoint of");
    assert_eq!(elsewhere.asked(), 0);
}

#[test]
fn redirects_are_not_followed() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let inside = Pretender::start(|url, path| as_an_issuer(url, path, ""));
    for from in [METADATA, SERVER, "/token", "/nonce", "/credential"] {
        let to = inside.url.clone();
        let pretender = Pretender::start(move |url, path| {
            if path == from {
                let head = format!("HTTP/1.1 307 Elsewhere\r\nLocation: {to}{path}\r\n");
                return Said::Whole(format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n"));
            }
            as_an_issuer(url, path, "")
        });
        wallet.refuses(
            &["add", &pretender.link(), "--record", &record],
            "redirects (307), which is not followed",
        );
    }
    assert_eq!(inside.asked(), 0);
}

#[test]
fn an_answer_that_is_too_large_is_cut_off() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    for large in [METADATA, "/token"] {
        let pretender = Pretender::start(move |url, path| {
            if path == large {
                // No length is stated: 16 MB come until the wallet hangs up.
                return Said::Whole(format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
                    " ".repeat(16 << 20)
                ));
            }
            as_an_issuer(url, path, "")
        });
        wallet.refuses(&["add", &pretender.link(), "--record", &record], "has more than 524288 bytes");
    }
    let long = Pretender::start(|_, _| Pretender::json(&json!("x".repeat(10_000))));
    let at = format!("{}%2Foffer", long.url.replace(':', "%3A").replace('/', "%2F"));
    wallet.refuses(
        &["add", &format!("openid-credential-offer://?credential_offer_uri={at}"), "--record", &record],
        "has more than 8192 bytes",
    );
}

#[test]
fn an_answer_that_is_too_slow_is_not_waited_for() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    for start in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let pretender = Pretender::start(move |_, _| Said::Start(start.to_owned()));
        let began = Instant::now();
        wallet.refuses(&["add", &pretender.link(), "--record", &record], "did not answer within 15 seconds");
        assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    }
}

#[test]
fn http_to_a_foreign_host_is_never_asked() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let mut offer = office.offer(&office.issue(1), "none").json();
    for foreign in
        ["http://issuer.example", "http://localhost:1", "http://192.0.2.1", "http://169.254.169.254"]
    {
        offer["credential_issuer"] = json!(foreign);
        wallet.refuses(
            &["add", &link(&offer), "--record", &record],
            "is http, which is asked on this machine only",
        );
        let at = foreign.replace(':', "%3A").replace('/', "%2F");
        wallet.refuses(
            &["add", &format!("openid-credential-offer://?credential_offer_uri={at}"), "--record", &record],
            "is http",
        );
    }
}
