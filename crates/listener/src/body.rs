//! Bodies of requests: no longer, no slower and no later than the limits allow.
//!
//! A body may be waited for as long as `body_seconds` and what its bytes so far earn at `body_bytes_per_second`; only the
//! waiting counts, not the time for which a handler works between two pieces. A length that is announced and too long is
//! refused before a byte of it is read, one that is not announced as soon as it is exceeded; the connection is then
//! closed, so that nobody has to swallow the rest.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::http::stream::Turn;
use crate::refusal::{Refusal, RefusalKind};

/// How slow a body may be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Waiting that is free.
    pub time: Duration,
    /// Bytes a second that earn more.
    pub bytes_per_second: u64,
}

impl Pace {
    /// How long a body may have been waited for when so many bytes have come.
    fn allowance(&self, bytes: u64) -> Duration {
        let earned = bytes.checked_div(self.bytes_per_second).unwrap_or(u64::MAX);
        self.time.saturating_add(Duration::from_secs(earned))
    }
}

/// When the last piece of a request came: from then on the answer is waited for.
#[derive(Debug)]
pub struct LastRead(Mutex<Instant>);

impl LastRead {
    /// Of a request whose head is read now.
    pub fn now() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Instant::now())))
    }

    /// The moment.
    pub fn at(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

/// Why the rest of a body does not come.
#[derive(Debug, thiserror::Error)]
pub enum BodyFault {
    /// Waited for too long.
    #[error("{bytes} bytes in {} seconds of waiting, then none", waited.as_secs())]
    TooSlow {
        /// Bytes that came.
        bytes: u64,
        /// How long they took.
        waited: Duration,
    },
    /// The connection broke or the framing is wrong.
    #[error("the connection broke or the framing is wrong")]
    Broken(#[source] hyper::Error),
}

/// A body as it comes off the connection.
pub struct PacedBody {
    inner: Incoming,
    pace: Pace,
    bytes: u64,
    waited: Duration,
    /// Since when nothing has come.
    waiting: Option<Instant>,
    /// Only for a body that has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
    last_read: Arc<LastRead>,
    ended: bool,
    turn: Arc<Turn>,
}

impl PacedBody {
    /// Wraps a body.
    pub(crate) fn new(inner: Incoming, pace: Pace, last_read: Arc<LastRead>, turn: Arc<Turn>) -> Self {
        let ended = inner.is_end_stream();
        let (waited, waiting, timer) = (Duration::ZERO, None, None);
        Self { inner, pace, bytes: 0, waited, waiting, timer, last_read, ended, turn }
    }

    /// Whether the waiting has to end.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let since = *self.waiting.get_or_insert_with(Instant::now);
        let left = self.pace.allowance(self.bytes).saturating_sub(self.waited);
        // A time that no clock reaches is no limit.
        let Some(deadline) = since.checked_add(left) else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context)
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) else {
            ready!(self.poll_patience(context));
            let waited = self.waiting.map_or(Duration::ZERO, |since| since.elapsed());
            let waited = self.waited.saturating_add(waited);
            return Poll::Ready(Some(Err(BodyFault::TooSlow { bytes: self.bytes, waited })));
        };
        let now = Instant::now();
        self.last_read.touch(now);
        self.ended |= frame.is_none();
        if let Some(since) = self.waiting.take() {
            self.waited = self.waited.saturating_add(now.duration_since(since));
        }
        if let Some(Ok(frame)) = &frame {
            let more = frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
            self.bytes = self.bytes.saturating_add(more);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyFault::Broken)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for PacedBody {
    fn drop(&mut self) {
        if !self.ended {
            self.turn.leave_unread();
        }
    }
}

/// A body read piece by piece, up to a limit.
pub struct Pieces {
    body: Body,
    limit: u64,
    read: u64,
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").field("read", &self.read).field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Pieces {
    /// Refuses a body that announces more than the limit before anything of it is read.
    ///
    /// # Errors
    /// `body-too-large`.
    pub fn new(body: Body, limit: u64) -> Result<Self, Refusal> {
        if body.size_hint().lower() > limit {
            return Err(too_large(limit));
        }
        Ok(Self { body, limit, read: 0 })
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// `body-too-large`, `request-timeout`, `malformed-request`.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            // Trailers say nothing that is used here.
            let Ok(data) = frame.map_err(problem_of)?.into_data() else { continue };
            self.read = self.read.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            if self.read > self.limit {
                return Err(too_large(self.limit));
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    /// Bytes that were read.
    pub fn read(&self) -> u64 {
        self.read
    }
}

/// The whole of a body.
///
/// # Errors
/// `body-too-large`, `request-timeout`, `malformed-request`.
pub async fn whole(body: Body, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut pieces = Pieces::new(body, limit)?;
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn too_large(limit: u64) -> Refusal {
    Refusal::new(RefusalKind::BodyTooLarge, format!("At most {limit} bytes are read here."))
}

fn problem_of(error: axum::Error) -> Refusal {
    match error.into_inner().downcast_ref::<BodyFault>() {
        Some(slow @ BodyFault::TooSlow { .. }) => {
            Refusal::new(RefusalKind::RequestTimeout, format!("The body came too slowly: {slow}."))
        }
        _ => Refusal::new(RefusalKind::MalformedRequest, "The body ended before it was complete."),
    }
}
