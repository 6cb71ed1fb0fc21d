//! The listener: HTTP/1.1 with limits for everything that comes from outside, TLS where no proxy does it, and a shutdown
//! that finishes what was taken.
//!
//! axum's own server waits for ever for slow clients, so connections are accepted here. A connection may take so long
//! for a head, for its next request and for reading an answer (`stream`), and a request has limits of its own
//! ([`exchange`], [`crate::body`]). When all connections are taken, the next one is told so and closed. What is no
//! HTTP/1.1 is answered by hyper with a bare 400, 414 or 431; where both `Content-Length` and `Transfer-Encoding` stand,
//! the second counts and the connection is closed after the answer (RFC 9112 section 6.3), so that nothing can be
//! smuggled behind it.

pub mod exchange;
pub(crate) mod stream;
pub mod tls;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::exchange::Gate;
use self::stream::{Patience, PatientStream, Transport, Turn};
use self::tls::Tls;
use crate::body::Pace;
use crate::limits::Limits;
use crate::metrics;
use crate::refusal::{Refusal, RefusalKind};

/// Refusals that are written at the same time; beyond them connections are closed without a word.
const REFUSALS_MAX: usize = 64;

/// How long a refused client, or one that sends more than was read, may take to read its answer.
const LINGER: Duration = Duration::from_secs(2);

/// Bytes that are read and thrown away meanwhile: a client that sends them first reads its answer only after them, and a
/// connection closed before that loses the answer too.
const LINGER_BYTES_MAX: u64 = 1 << 20;

/// Pause after the system gave no connection: it has no file descriptors left, and asking at once does not help.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Smallest buffer of a connection; it must hold the longest head that is answered with a problem.
const BUFFER_BYTES_MIN: usize = 65_536;

/// Headers of a request; hyper's own number, above which it answers 431.
const HEADERS_MAX: usize = 100;

/// The address that connects: an extension of each request, set where connections are accepted.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// A listener that is bound.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    gate: Arc<Gate>,
}

/// How a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything that was taken was answered.
    Finished,
    /// So many connections were cut when the time was up.
    Cut(usize),
}

impl Listener {
    /// Takes the address. From now on clients connect, and are answered when [`Listener::run`] runs.
    ///
    /// # Errors
    /// The system's.
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<Tls>>,
        limits: &Limits,
        router: Router,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let mut run = [0; 8];
        getrandom::fill(&mut run)?;
        let gate = Arc::new(Gate {
            router,
            header_bytes: limits.header_bytes,
            body_bytes: limits.body_bytes,
            pace: Pace { time: limits.body_time, bytes_per_second: limits.body_bytes_per_second },
            answer_time: limits.answer_time,
            run: u64::from_be_bytes(run),
            count: AtomicU64::new(0),
        });
        Ok(Self { address: socket.local_addr()?, socket, tls, limits: limits.clone(), gate })
    }

    /// Where it listens: the port may have been chosen by the system.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` says so, then finishes what was taken, for `grace` at the longest.
    pub async fn run(self, mut stop: watch::Receiver<bool>, grace: Duration) -> Ended {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = self.socket.accept() => accepted,
                // So that what has ended does not pile up.
                Some(_) = connections.join_next() => continue,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(cause = %error, "no connection could be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            match places.clone().try_acquire_owned() {
                Ok(place) => {
                    let connection = self.connection(stream, Peer(address.ip()), stop.clone());
                    connections.spawn(async move { hold(place, connection).await });
                }
                Err(_) => {
                    metrics::count_refused_connection();
                    if let (None, Ok(place)) = (&self.tls, refusals.clone().try_acquire_owned()) {
                        connections.spawn(hold(place, refuse(stream)));
                    }
                }
            }
        }
        drop(self.socket);
        let finish = async { while connections.join_next().await.is_some() {} };
        if timeout(grace, finish).await.is_ok() { Ended::Finished } else { Ended::Cut(connections.len()) }
    }

    /// One connection, from its first byte to its last.
    fn connection(
        &self,
        stream: TcpStream,
        peer: Peer,
        mut stop: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (gate, tls) = (self.gate.clone(), self.tls.clone());
        let patience = Patience {
            head: self.limits.header_time,
            idle: self.limits.idle_time,
            write: self.limits.write_time,
        };
        let buffer = usize::try_from(self.limits.header_bytes.saturating_mul(2)).unwrap_or(usize::MAX);
        async move {
            let _counted = metrics::OpenConnection::count();
            // Answers are written in one piece; waiting for more would delay each.
            let _ = stream.set_nodelay(true);
            let transport = match tls {
                None => Transport::Plain(stream),
                Some(tls) => match timeout(patience.head, tls.acceptor().accept(stream)).await {
                    Ok(Ok(stream)) => Transport::Tls(Box::new(stream)),
                    // Somebody without TLS, or too slow: not worth a line of the log for each.
                    Ok(Err(_)) | Err(_) => return metrics::count_failed_handshake(),
                },
            };
            let turn = Turn::first();
            let answering = turn.clone();
            let io = TokioIo::new(PatientStream::new(transport, turn.clone(), patience));
            let exchange = service_fn(move |request: Request<Incoming>| {
                let (gate, turn) = (gate.clone(), answering.clone());
                Box::pin(async move { Ok::<_, Infallible>(gate.answer(request, peer, turn).await) })
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new())
                .header_read_timeout(None)
                .max_headers(HEADERS_MAX)
                .max_buf_size(buffer.max(BUFFER_BYTES_MIN));
            let mut connection = http.serve_connection(io, exchange);
            let mut stopping = false;
            let ended = loop {
                tokio::select! {
                    ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
                    _ = stop.wait_for(|stop| *stop), if !stopping => {
                        stopping = true;
                        Pin::new(&mut connection).graceful_shutdown();
                    }
                }
            };
            // An error is a client that went away, was too slow or broke the rules: nobody is there to be told.
            if ended.is_ok() {
                let mut stream = connection.into_parts().io.into_inner();
                let end = async {
                    if turn.left_unread() { linger(&mut stream).await } else { stream.shutdown().await }
                };
                let _ = timeout(LINGER, end).await;
            }
        }
    }
}

/// Holds a place while something is done.
async fn hold(place: OwnedSemaphorePermit, done: impl Future<Output = ()>) {
    done.await;
    drop(place);
}

/// Tells a client that there is no place for it.
async fn refuse(mut stream: TcpStream) {
    let problem =
        Refusal::new(RefusalKind::TooManyConnections, "Share connections, or try again in a second.");
    let body = problem.to_json().to_string();
    let mut text = format!("HTTP/1.1 {}\r\n", problem.kind.status());
    for (name, value) in problem.into_response().headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    text.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()));
    let _ = timeout(LINGER, async {
        stream.write_all(text.as_bytes()).await?;
        linger(&mut stream).await
    })
    .await;
}

/// Ends the writing, then throws away what still comes.
async fn linger<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut sink = tokio::io::sink();
    tokio::io::copy(&mut stream.take(LINGER_BYTES_MAX), &mut sink).await?;
    Ok(())
}
