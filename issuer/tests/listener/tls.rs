//! TLS: 1.2 and 1.3, nothing before it, and a certificate that can be renewed.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use sanad_issuer::service::config::TlsFiles;
use sanad_issuer::service::http::tls::Tls;
use sanad_listener::limits::Limits;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::client::{Client, statuses};
use crate::server::{NEVER, SHORT, Server, limits};

const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");

fn files(dir: &Path) -> TlsFiles {
    let files = TlsFiles { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
    fs::write(&files.certificate, CERTIFICATE).unwrap();
    fs::write(&files.key, KEY).unwrap();
    files
}

fn server(files: &TlsFiles, limits: &Limits) -> Server {
    Server::start_with(limits, Some(Arc::new(Tls::load(files).unwrap())), NEVER)
}

fn get(server: &Server, version: &'static SupportedProtocolVersion) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("issuer.example").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(server.address)?);
    stream.write_all(b"GET /names/abc HTTP/1.1\r\nHost: issuer.example\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn both_versions_are_spoken() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(&files(dir.path()), &limits());
    for version in [&TLS12, &TLS13] {
        let text = get(&server, version).unwrap();
        assert!(statuses(&text) == [200] && text.contains("3 characters"), "{text}");
    }
}

#[test]
fn who_speaks_no_tls_gets_no_answer_and_who_waits_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(&files(dir.path()), &Limits { header_time: SHORT, ..limits() });
    let mut plain = Client::new(server.address);
    plain.send("GET /names/abc HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!plain.until_closed().contains("HTTP"));
    let mut silent = Client::new(server.address);
    silent.send(b"\x16\x03\x01");
    assert_eq!(silent.until_closed(), "");
}

#[test]
fn a_renewal_that_is_refused_leaves_what_was_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path());
    let tls = Tls::load(&files).unwrap();
    fs::write(&files.certificate, "rubbish").unwrap();
    assert!(
        tls.reload().unwrap_err().to_string().contains("certificate.pem: holds no certificate in PEM form")
    );
    fs::write(&files.certificate, CERTIFICATE).unwrap();
    tls.reload().unwrap();
    let server = Server::start_with(&limits(), Some(Arc::new(tls)), NEVER);
    assert!(get(&server, &TLS13).is_ok());
}

#[test]
fn a_fault_of_a_key_file_shows_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path());
    let load = |text: &[u8]| {
        fs::write(&files.key, text).unwrap();
        Tls::load(&files).err().unwrap().to_string()
    };
    let secret = String::from_utf8_lossy(KEY).lines().nth(1).unwrap().to_owned();
    let broken = String::from_utf8_lossy(KEY).replace("-----END PRIVATE KEY-----", "-----END");
    for text in [broken.as_bytes(), secret.as_bytes(), CERTIFICATE, &vec![b'a'; 200_000]] {
        let fault = load(text);
        assert!(fault.contains("key.pem") && !fault.contains(&secret), "{fault}");
    }
    fs::remove_file(&files.key).unwrap();
    assert!(Tls::load(&files).err().unwrap().to_string().contains("No such file"));
}
