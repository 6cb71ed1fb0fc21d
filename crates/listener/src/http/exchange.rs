//! One request and its answer: what is checked before the router sees it, what every answer bears, and what is told of
//! it in log and metrics.
//!
//! Refused here: a head that is too long, HTTP/1.1 without exactly one `Host`, an answer that takes too long. Of a
//! request the log has its id, the template of its route, method, status, time, problem and caller; never an address,
//! a query, a header or a body.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::MatchedPath;
use axum::http::header::{CACHE_CONTROL, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, sleep_until};
use tower::ServiceExt as _;

use super::Peer;
use super::stream::Turn;
use crate::body::{LastRead, Pace, PacedBody};
use crate::extract::BodyLimit;
use crate::refusal::{ProblemName, Refusal, RefusalKind};
use crate::{log, metrics};

/// The header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every exchange of a listener shares.
pub(super) struct Gate {
    pub(super) router: Router,
    pub(super) header_bytes: u64,
    pub(super) body_bytes: u64,
    pub(super) pace: Pace,
    pub(super) answer_time: Duration,
    /// First half of the ids of requests, drawn when the service starts.
    pub(super) run: u64,
    pub(super) count: AtomicU64,
}

/// The id of a request: of no use to anybody but who searches the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Id of who asked, as an extension of the answer, for the log. Never a person's name.
#[derive(Clone, Debug)]
pub struct CallerName(pub Arc<str>);

/// Which route answered: its template, never the address.
#[derive(Clone, Debug)]
pub struct Template(pub MatchedPath);

impl Gate {
    /// Answers one request.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        turn: Arc<Turn>,
    ) -> Response<Answer> {
        turn.ours();
        let (began, last_read) = (Instant::now(), LastRead::now());
        let id = RequestId(self.next_id().into());
        let (mut parts, body) = request.into_parts();
        let method = log::method(&parts.method);
        let body = PacedBody::new(body, self.pace, last_read.clone(), turn.clone());
        let mut response = match self.check(&parts) {
            Err(problem) => problem.into_response(),
            Ok(()) => {
                parts.extensions.insert(id.clone());
                parts.extensions.insert(peer);
                parts.extensions.insert(BodyLimit(self.body_bytes));
                self.route(Request::from_parts(parts, Body::new(body)), &last_read).await
            }
        };
        let extensions = response.extensions_mut();
        let exchange = log::Exchange {
            id: &id.0,
            method,
            route: extensions.remove::<Template>(),
            status: response.status(),
            time: began.elapsed(),
            problem: response.extensions_mut().remove::<ProblemName>(),
            caller: response.extensions_mut().remove::<CallerName>(),
        };
        exchange.tell();
        metrics::count_exchange(&exchange);
        set_headers(response.headers_mut(), &id);
        response.map(|body| Answer { body, turn })
    }

    /// What no route has to look at.
    fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        let refused = |kind, detail: String| Err(Refusal::new(kind, detail));
        let limit = self.header_bytes;
        let line = parts.uri.path_and_query().map_or(0, |path| path.as_str().len());
        let line = u64::try_from(line).unwrap_or(u64::MAX);
        if line > limit / 2 {
            let half = limit / 2;
            return refused(RefusalKind::UriTooLong, format!("At most {half} bytes are read here."));
        }
        let headers =
            parts.headers.iter().map(|(name, value)| name.as_str().len().saturating_add(value.len()));
        let headers = headers.fold(0_usize, usize::saturating_add);
        if line.saturating_add(u64::try_from(headers).unwrap_or(u64::MAX)) > limit {
            return refused(RefusalKind::HeaderTooLarge, format!("At most {limit} bytes are read here."));
        }
        let hosts = parts.headers.get_all(HOST).iter().count();
        if hosts > 1 || (hosts == 0 && parts.version != Version::HTTP_10) {
            return refused(RefusalKind::MalformedRequest, format!("{hosts} headers Host, must be one."));
        }
        if parts.method == Method::CONNECT {
            return refused(RefusalKind::MethodNotAllowed, "This is no proxy.".to_owned());
        }
        Ok(())
    }

    /// The router's answer, unless it takes too long. What the store was told to do meanwhile is done in full or not at
    /// all; an Idempotency-Key finds out which.
    async fn route(&self, request: Request<Body>, last_read: &LastRead) -> Response {
        let answer = answered(self.router.clone().oneshot(request));
        tokio::pin!(answer);
        loop {
            let Some(deadline) = last_read.at().checked_add(self.answer_time) else {
                return answer.await;
            };
            tokio::select! {
                // An answer that is there at once needs no timer.
                biased;
                answered = &mut answer => return answered,
                () = sleep_until(deadline) => {}
            }
            // Pieces of an upload put it off.
            if last_read.at().checked_add(self.answer_time).is_some_and(|deadline| deadline <= Instant::now())
            {
                let detail = "The answer takes too long. Repeat with the same Idempotency-Key.";
                return Refusal::new(RefusalKind::Busy, detail).into_response();
            }
        }
    }

    fn next_id(&self) -> String {
        format!("{:016x}-{:x}", self.run, self.count.fetch_add(1, Ordering::Relaxed))
    }
}

/// What the router answers, and an answer also where a handler panics: a client that only sees its connection end does
/// not know whether to repeat. What a panic says is on standard error.
async fn answered(asked: impl Future<Output = Result<Response, Infallible>>) -> Response {
    let mut asked = std::pin::pin!(asked);
    poll_fn(|context| {
        // It is not polled again after a panic.
        match catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => Poll::Ready(response),
            Ok(Poll::Ready(Err(never))) => match never {},
            Err(_) => Poll::Ready(Refusal::internal(&"a handler panicked").into_response()),
        }
    })
    .await
}

/// What every answer bears. Only a route that says otherwise may be kept by a cache.
fn set_headers(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, id);
    }
}

/// The body of an answer; when it has been handed over, it is the client's turn.
pub(super) struct Answer {
    body: Body,
    turn: Arc<Turn>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.turn.theirs();
    }
}
