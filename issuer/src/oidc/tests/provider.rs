//! An invented identity provider on this machine: keys made for the test, tokens signed with them, and a server that
//! publishes what it is told to.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm as Signing, EncodingKey};
use rsa::pkcs1::EncodeRsaPrivateKey as _;

/// A key pair.
pub(super) struct Pair {
    pub(super) kid: String,
    pub(super) algorithm: Signing,
    pub(super) private: EncodingKey,
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

impl Pair {
    /// Ed25519, in the DER of RFC 8410.
    pub(super) fn ed(kid: &str) -> Self {
        let der = [&b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"[..], &random::<32>()]
            .concat();
        Self { kid: kid.to_owned(), algorithm: Signing::EdDSA, private: EncodingKey::from_ed_der(&der) }
    }

    /// P-256, in the DER of RFC 5958 and RFC 5915 without the public half.
    pub(super) fn ec(kid: &str) -> Self {
        let start = b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\
                      \x04\x27\x30\x25\x02\x01\x01\x04\x20";
        let der = [&start[..], &random::<32>()].concat();
        Self { kid: kid.to_owned(), algorithm: Signing::ES256, private: EncodingKey::from_ec_der(&der) }
    }

    /// RSA with 2,048 bits.
    pub(super) fn rsa(kid: &str) -> Self {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2_048).unwrap();
        let der = key.to_pkcs1_der().unwrap();
        let private = EncodingKey::from_rsa_der(der.as_bytes());
        Self { kid: kid.to_owned(), algorithm: Signing::RS256, private }
    }

    /// The public half, as it is published.
    pub(super) fn public(&self) -> serde_json::Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.private, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = self.kid.clone().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token with this header and payload, signed with this key.
    pub(super) fn sign(&self, header: &str, payload: &str) -> String {
        self.sign_as(self.algorithm, header, payload)
    }

    pub(super) fn sign_as(&self, algorithm: Signing, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// The header that a token of this key has.
    pub(super) fn header(&self) -> String {
        serde_json::json!({"typ": "JWT", "alg": self.algorithm, "kid": self.kid}).to_string()
    }
}

/// A set of keys, as it is published.
pub(super) fn key_set(pairs: &[&Pair]) -> String {
    let keys: Vec<_> = pairs.iter().map(|pair| pair.public()).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

/// A server that answers every request with the same text.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(key_set: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (asked, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let server = Self {
            address: listener.local_addr().unwrap(),
            answer: Arc::default(),
            asked: asked.clone(),
            stop: stop.clone(),
        };
        server.publish(key_set);
        let answer = Arc::clone(&server.answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                asked.fetch_add(1, Ordering::SeqCst);
                let text = answer.lock().unwrap().clone();
                let _ = answer_one(&mut stream, &text);
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/certs", self.address)
    }

    /// From now on it answers with this set of keys.
    pub(super) fn publish(&self, key_set: &str) {
        let length = key_set.len();
        self.answer_with(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{key_set}"
        ));
    }

    pub(super) fn answer_with(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    /// How many requests came.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until so many came.
    pub(super) fn wait_for(&self, requests: u64) {
        let began = Instant::now();
        while self.asked() < requests {
            assert!(began.elapsed() < Duration::from_secs(120), "{} of {requests} requests", self.asked());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it has to end.
        let _ = TcpStream::connect(self.address);
    }
}

fn answer_one(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let (mut request, mut piece) = (Vec::new(), [0; 1_024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            break;
        }
        request.extend_from_slice(&piece[..read]);
    }
    stream.write_all(text.as_bytes())
}
