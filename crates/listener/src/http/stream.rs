//! A connection that does not wait for ever: not for the head of a request, not for the next request, not for a client
//! that stops reading its answer.
//!
//! hyper's own limit for heads also cuts connections that are merely kept alive, so both limits stand here, and know
//! from [`Turn`] which of them counts. hyper reads while a request is answered, to hear of a client that goes away, and is
//! not asked again when the answer is written: that read is woken then, or its connection would be kept for ever. Bodies have their own pace ([`crate::body`]).

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::server::TlsStream;

/// How long a connection waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) head: Duration,
    pub(super) idle: Duration,
    pub(super) write: Duration,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The client's, which has sent nothing since the last answer.
    Idle(Instant),
    /// The client's, in the middle of a head.
    Head(Instant),
    /// The service's.
    Ours,
}

/// The phase of a connection, shared by its stream and its requests.
#[derive(Debug)]
pub(crate) struct Turn {
    state: Mutex<State>,
    /// Whether a body was left unread: then the connection ends, and the client may still be sending.
    unread: AtomicBool,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Of a read that waits.
    reader: Option<Waker>,
}

impl Turn {
    /// Of a new connection: its first head is due.
    pub(super) fn first() -> Arc<Self> {
        let state = Mutex::new(State { phase: Phase::Head(Instant::now()), reader: None });
        Arc::new(Self { state, unread: AtomicBool::new(false) })
    }

    /// A head is complete.
    pub(super) fn ours(&self) {
        self.set(Phase::Ours);
    }

    /// An answer is written.
    pub(super) fn theirs(&self) {
        let reader = {
            let mut state = self.state();
            state.phase = Phase::Idle(Instant::now());
            state.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// A body was not read to its end.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(super) fn left_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    fn set(&self, phase: Phase) {
        self.state().phase = phase;
    }

    fn get(&self) -> Phase {
        self.state().phase
    }

    /// The phase in which a read begins to wait.
    fn waits(&self, reader: &Waker) -> Phase {
        let mut state = self.state();
        if !state.reader.as_ref().is_some_and(|known| known.will_wake(reader)) {
            state.reader = Some(reader.clone());
        }
        state.phase
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of a head have come.
    fn heard(&self) {
        if let Phase::Idle(_) = self.get() {
            self.set(Phase::Head(Instant::now()));
        }
    }
}

/// With TLS or without.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The connection.
pub(super) struct PatientStream {
    transport: Transport,
    turn: Arc<Turn>,
    patience: Patience,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    pub(super) fn new(transport: Transport, turn: Arc<Turn>, patience: Patience) -> Self {
        Self { transport, turn, patience, reading: None, writing: None }
    }

    /// Until when the client may take its time; none when it is the service's turn.
    fn read_deadline(&self, phase: Phase) -> Option<Instant> {
        match phase {
            Phase::Ours => None,
            Phase::Idle(since) => since.checked_add(self.patience.idle),
            Phase::Head(since) => since.checked_add(self.patience.head),
        }
    }

    /// What a read that gives nothing yet comes to.
    fn poll_read_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let phase = self.turn.waits(context.waker());
        let Some(deadline) = self.read_deadline(phase) else { return Poll::Pending };
        let timer = self.reading.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// What a write that makes no headway comes to.
    fn poll_write_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let Some(deadline) = Instant::now().checked_add(self.patience.write) else { return Poll::Pending };
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        timer.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// The outcome of a write, flush or shutdown.
    fn with_patience<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_pending() {
            return self.poll_write_patience(context).map(Err);
        }
        self.writing = None;
        outcome
    }
}

impl Transport {
    fn read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = self.transport.read(context, buffer);
        if outcome.is_pending() {
            return self.poll_read_patience(context).map(Err);
        }
        if buffer.filled().len() > before {
            self.turn.heard();
        }
        // A head that comes byte by byte is never pending for long, but late all the same.
        if self.read_deadline(self.turn.get()).is_some_and(|deadline| deadline <= Instant::now()) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        };
        self.with_patience(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(context, slices),
        };
        self.with_patience(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(context),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        };
        self.with_patience(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        };
        self.with_patience(context, outcome)
    }
}
