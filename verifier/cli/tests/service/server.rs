//! A service on this machine, and a client of it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use sanad_credential::UnixTime;
use sanad_listener::http::Listener;
use sanad_listener::http::tls::{Tls, TlsFiles};
use sanad_listener::limits::Limits;
use sanad_verify::service::config::ServiceConfig;
use sanad_verify::service::router::router;
use sanad_verify::service::state::Service;
use sanad_verify::service::trust::Trust;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// A listener that answers until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    /// The state of a desk.
    _state: Option<TempDir>,
    _runtime: Runtime,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|fault| panic!("{fault}: {}", self.body))
    }

    /// Refused as the contract wants it: 400, JSON, not verified, each error with its type.
    #[track_caller]
    pub(crate) fn is_refused(&self, what: &str) -> Value {
        assert_eq!(self.status, 400, "{what}: {}", self.body);
        assert!(self.head.contains("json"), "{what}: {}", self.head);
        let body = self.json();
        assert_eq!(body["verified"], false, "{what}");
        assert_eq!(body["errors"].as_array().unwrap().len(), 1, "{what}");
        assert!(body["errors"][0]["type"].as_str().unwrap().contains(':'), "{what}: {body}");
        assert_eq!(body["type"], body["errors"][0]["type"], "{what}");
        body
    }

    #[track_caller]
    pub(crate) fn is_verified(&self, what: &str) {
        assert_eq!(self.status, 200, "{what}: {}", self.body);
        assert!(self.head.contains("content-type: application/json"), "{what}: {}", self.head);
        assert_eq!(self.json()["errors"], Value::Array(Vec::new()), "{what}");
    }
}

impl Server {
    pub(crate) fn over(router: Router, tls: Option<Arc<Tls>>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let limits: Limits = config("").limits;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = runtime.block_on(Listener::bind(address, tls, &limits, router)).unwrap();
        let address = listener.address();
        let (stop, stopped) = watch::channel(false);
        runtime.spawn(listener.run(stopped, Duration::from_secs(1)));
        Self { address, stop, _state: None, _runtime: runtime }
    }

    /// The desk in its test profile.
    pub(crate) fn start() -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut config = config("[open_standards]\nprofile = \"loopback-test\"\n");
        config.state_dir = Some(state.path().join("state"));
        let now = UnixTime::parse("2026-11-27T12:00:00Z").unwrap();
        let trust = Arc::new(Trust::new(None, Some(now)));
        let router = router(Arc::new(Service::new(config, trust, None).unwrap()));
        let mut server = Self::over(router, None);
        server._state = Some(state);
        server
    }

    pub(crate) fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head = format!("{head}\r\nHost: desk\r\nConnection: close\r\n");
        let head = match body {
            [] => format!("{head}\r\n"),
            body => format!("{head}Content-Length: {}\r\n\r\n", body.len()),
        };
        stream.write_all(head.as_bytes()).unwrap();
        // Who is refused at once may find the connection closed.
        let _ = stream.write_all(body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send(&format!("POST {path} HTTP/1.1\r\nContent-Type: application/json; charset=utf-8"), body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1"), &[])
    }

    /// Asks whether a credential holds.
    pub(crate) fn credential(&self, credential: &Value) -> Answer {
        let body =
            serde_json::json!({ "verifiableCredential": credential, "options": { "checks": ["proof"] } });
        self.post("/credentials/verify", body.to_string().as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

pub(crate) fn config(text: &str) -> ServiceConfig {
    ServiceConfig::parse(text, Path::new(""), []).unwrap()
}

/// A certificate of an invented server, as the issuer's tests use it.
pub(crate) fn tls(dir: &Path) -> Arc<Tls> {
    let files = TlsFiles { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
    let (certificate, key) = (
        include_bytes!("../../../../issuer/tests/listener/tls/certificate.pem"),
        include_bytes!("../../../../issuer/tests/listener/tls/key.pem"),
    );
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key).unwrap();
    Arc::new(Tls::load(&files).unwrap())
}
