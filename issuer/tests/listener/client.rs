//! A client that sends what it likes, byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longer than any limit that the tests set; who waits so long waits for ever.
const FOREVER: Duration = Duration::from_secs(20);

pub(crate) struct Client(pub(crate) TcpStream);

/// What came back until the connection ended or went quiet.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) closed: bool,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(FOREVER)).unwrap();
        stream.set_write_timeout(Some(FOREVER)).unwrap();
        Self(stream)
    }

    /// Sends as much as the other side takes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Everything until the connection is closed; panics if it never is.
    pub(crate) fn until_closed(&mut self) -> String {
        let heard = self.listen(FOREVER);
        assert!(heard.closed, "not closed: {}", heard.text);
        heard.text
    }

    /// Everything until the connection is closed or nothing came for so long.
    pub(crate) fn listen(&mut self, quiet: Duration) -> Heard {
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 65_536]);
        self.0.set_read_timeout(Some(quiet)).unwrap();
        let closed = loop {
            match self.0.read(&mut buffer) {
                Ok(0) => break true,
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    break false;
                }
                // Reset: closed without ceremony.
                Err(_) => break true,
            }
        };
        Heard { text: String::from_utf8_lossy(&bytes).into_owned(), closed }
    }

    /// One request on a connection of its own.
    pub(crate) fn once(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
        let mut client = Self::new(address);
        client.send(request);
        let heard = client.listen(Duration::from_millis(400));
        let _ = client.0.shutdown(Shutdown::Both);
        heard.text
    }
}

/// Status codes of all answers in a text.
pub(crate) fn statuses(text: &str) -> Vec<u16> {
    text.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}

/// The slug of the only problem in a text.
pub(crate) fn problem(text: &str) -> &str {
    let (_, rest) = text.split_once("urn:sanad:problem:").unwrap_or_else(|| panic!("no problem: {text:?}"));
    rest.split('"').next().unwrap()
}

/// How long something takes.
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (act(), began.elapsed())
}
