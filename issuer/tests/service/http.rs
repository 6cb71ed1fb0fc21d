//! A small HTTP client of the tests' own: one connection for each request, every byte as the test wrote it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longer than any answer of the service takes, on a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// An answer, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        assert!(found.next().is_none(), "{name} stands twice");
        Some(value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    /// A member of the body, which must be a text.
    pub(crate) fn member(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
    }

    /// Status and slug of a problem; every refusal must be one, whole and with its media type.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{} {text}", self.status);
        let json = self.json();
        assert_eq!(json["status"].as_u64(), Some(u64::from(self.status)), "{json}");
        assert!(json["title"].is_string() && json["detail"].is_string(), "{json}");
        let kind = json["type"].as_str().and_then(|kind| kind.strip_prefix("urn:sanad:problem:"));
        (self.status, kind.unwrap_or_else(|| panic!("no type in {json}")).to_owned())
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {:?}", String::from_utf8_lossy(&self.body), self.headers);
        self
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, slug: &str) -> Self {
        assert_eq!(self.problem(), (status, slug.to_owned()), "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Sends bytes and reads one answer.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // A request that is refused early is not taken to its end.
    let _ = stream.write_all(request);
    let is_head = request.starts_with(b"HEAD ");
    read_answer(&mut stream, is_head).expect("an answer")
}

/// Reads one answer; none where the connection ends without one.
pub(crate) fn read_answer(stream: &mut TcpStream, is_head: bool) -> Option<Answer> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        if let Some(answer) = parse(&bytes, is_head, false) {
            return Some(answer);
        }
        match stream.read(&mut buffer) {
            Ok(0) => return parse(&bytes, is_head, true),
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return parse(&bytes, is_head, true),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
}

fn parse(bytes: &[u8], is_head: bool, is_over: bool) -> Option<Answer> {
    let end = bytes.windows(4).position(|found| found == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head of text");
    let rest = &bytes[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ").expect("HTTP/1.1").get(..3)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let body = if is_head || status == 304 || status == 204 {
        Some(Vec::new())
    } else if value("transfer-encoding") == Some("chunked") {
        chunks(rest)
    } else if let Some(length) = value("content-length") {
        rest.get(..length.parse().unwrap()).map(<[u8]>::to_vec)
    } else {
        is_over.then(|| rest.to_vec())
    };
    body.map(|body| Answer { status, headers: headers.clone(), body })
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|found| found == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        let start = line + 2;
        let chunk = rest.get(start..start + length + 2)?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
        rest = &rest[start + length + 2..];
    }
}
