//! A client that sends what it likes, byte by byte, and waits for what comes, not for a time: a machine that has other things
//! to do answers late, and is no fault of the service.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longer than any limit that the tests wait for; who waits so long waits for ever.
pub(crate) const FOREVER: Duration = Duration::from_secs(100);

pub(crate) struct Client(TcpStream);

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
        let mut bytes = Vec::new();
        self.read(&mut bytes, u64::MAX);
        text(&bytes)
    }

    /// The next answer to its last byte, and nothing of what is behind it; less where the connection ends within it. Panics
    /// if neither comes. It does not know of an answer to HEAD that it has no body.
    pub(crate) fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            if self.read(&mut bytes, 1) == 0 {
                return text(&bytes);
            }
        }
        let head = text(&bytes);
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        // RFC 9112 section 6.3: without a length until the end of the connection, save where there is no body.
        let is_bare = matches!(statuses(&head)[..], [100..=199 | 204 | 304]);
        self.read(&mut bytes, length.unwrap_or(if is_bare { 0 } else { u64::MAX }));
        text(&bytes)
    }

    /// Reads so many bytes, or those until the connection ends; how many.
    fn read(&mut self, bytes: &mut Vec<u8>, count: u64) -> usize {
        let before = bytes.len();
        match (&mut self.0).take(count).read_to_end(bytes) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("neither more nor the end comes after {:?}", text(bytes));
            }
            // Reset: closed without ceremony.
            Ok(_) | Err(_) => bytes.len() - before,
        }
    }

    /// One request on a connection of its own.
    pub(crate) fn once(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
        let mut client = Self::new(address);
        client.send(request);
        client.answer()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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

/// How long it takes until something holds; panics if it never does.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < FOREVER, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}
