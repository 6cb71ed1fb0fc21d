//! The log: JSON lines on standard error, one for each request and each thing an operator must know.
//!
//! Nothing logs a person. A line of a request has its id, method, the template of its route, status, milliseconds,
//! problem and the caller's id; values of paths, queries, headers and bodies never get near it. Lines of other crates
//! are left out altogether, since nobody here has read what they may say. A panic is told with its place and without
//! its message.

use std::io;
use std::panic;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::config::Level;
use super::http::exchange::Template;
use super::problem::ProblemKind;
use crate::audit::Actor;

/// Lines of this crate only.
const TARGET: &str = "sanad_issuer";

/// What a request without a route is counted under.
pub(super) const NO_ROUTE: &str = "none";

/// A log that is set already.
#[derive(Debug, thiserror::Error)]
#[error("the log of this process is set already")]
pub struct AlreadySet;

/// Sets the log of the process, on standard error.
///
/// # Errors
/// [`AlreadySet`].
pub fn install(level: Level) -> Result<(), AlreadySet> {
    tracing::subscriber::set_global_default(subscriber(level, io::stderr)).map_err(|_| AlreadySet)?;
    panic::set_hook(Box::new(|panic| {
        // The message may hold what was being worked on.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
    Ok(())
}

/// Where lines go and which.
pub fn subscriber<W>(level: Level, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(Targets::new().with_target(TARGET, level)).with(lines)
}

/// What is told of a request.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// Its id, which the client has too.
    pub id: &'a str,
    /// One of the known methods.
    pub method: &'static str,
    /// The route that answered.
    pub route: Option<Template>,
    /// Status of the answer.
    pub status: StatusCode,
    /// From the head of the request to the head of the answer.
    pub time: Duration,
    /// What went wrong.
    pub problem: Option<ProblemKind>,
    /// Who asked.
    pub caller: Option<Actor>,
}

impl Exchange<'_> {
    /// The template of the route.
    pub fn template(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, |route| route.0.as_str())
    }

    pub(super) fn tell(&self) {
        let milliseconds = (self.time.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        tracing::info!(
            request = self.id,
            method = self.method,
            route = self.template(),
            status = self.status.as_u16(),
            ms = milliseconds,
            problem = self.problem.map(ProblemKind::slug),
            caller = self.caller.as_ref().map(Actor::as_str),
            "request"
        );
    }
}

/// The name of a method that this service knows; a client may send any word as one.
pub(super) fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
