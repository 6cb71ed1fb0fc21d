//! A client of the service: one connection that is kept, made anew when it breaks, to whichever replica answers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than the service takes for any answer while its database is away (`answer_seconds`, 60).
const ANSWER_MAX: Duration = Duration::from_secs(70);

/// Where the service answers now; replicas and restarts change it.
#[derive(Clone, Default)]
pub(crate) struct Front(Arc<Mutex<Vec<Option<SocketAddr>>>>);

impl Front {
    pub(crate) fn set(&self, replica: usize, address: Option<SocketAddr>) {
        let mut all = self.0.lock().unwrap();
        if all.len() <= replica {
            all.resize(replica + 1, None);
        }
        all[replica] = address;
    }

    /// The wished replica, or another that is there.
    fn pick(&self, wish: usize) -> Option<SocketAddr> {
        let there: Vec<SocketAddr> = self.0.lock().unwrap().iter().flatten().copied().collect();
        if there.is_empty() { None } else { Some(there[wish % there.len()]) }
    }
}

/// An answer that came whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is asked.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) media_type: &'a str,
    pub(crate) body: &'a [u8],
}

impl<'a> Ask<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: "GET", path, key: None, media_type: "application/json", body: b"" }
    }
}

pub(crate) struct Client {
    front: Front,
    token: String,
    wish: usize,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn new(front: &Front, token: &str, wish: usize) -> Self {
        Self { front: front.clone(), token: token.to_owned(), wish, connection: None }
    }

    /// Asks once. A fault says nothing about whether it was done.
    pub(crate) fn ask(&mut self, ask: &Ask<'_>) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        match exchange(&mut connection, &self.token, ask) {
            Ok((answer, stays)) => {
                self.connection = stays.then_some(connection);
                Ok(answer)
            }
            Err(error) => {
                self.wish = self.wish.wrapping_add(1);
                Err(error)
            }
        }
    }

    fn connect(&mut self) -> io::Result<BufReader<TcpStream>> {
        let address = self.front.pick(self.wish).ok_or(io::ErrorKind::NotConnected)?;
        let stream = TcpStream::connect(address).inspect_err(|_| self.wish = self.wish.wrapping_add(1))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_write_timeout(Some(ANSWER_MAX))?;
        Ok(BufReader::new(stream))
    }
}

fn exchange(connection: &mut BufReader<TcpStream>, token: &str, ask: &Ask<'_>) -> io::Result<(Answer, bool)> {
    let Ask { method, path, key, media_type, body } = ask;
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: loopback\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    if let Some(key) = key {
        request.push_str(&format!("Idempotency-Key: {key}\r\n"));
    }
    request.push_str("\r\n");
    let request = [request.as_bytes(), body].concat();
    connection.get_mut().write_all(&request)?;
    read_answer(connection)
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<(Answer, bool)> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let line = |connection: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        if line.ends_with("\r\n") { Ok(line.trim_end().to_owned()) } else { Err(cut()) }
    };
    let first = line(connection)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(cut)?;
    let (mut length, mut chunked, mut stays) = (0_usize, false, true);
    loop {
        let header = line(connection)?.to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().map_err(|_| cut())?,
            Some(("transfer-encoding", "chunked")) => chunked = true,
            Some(("connection", "close")) => stays = false,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    while chunked {
        let length = usize::from_str_radix(&line(connection)?, 16).map_err(|_| cut())?;
        let mut chunk = vec![0; length + 2];
        connection.read_exact(&mut chunk)?;
        chunk.truncate(length);
        body.append(&mut chunk);
        chunked = length > 0;
    }
    Ok((Answer { status, body }, stays))
}
