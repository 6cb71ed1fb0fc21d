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

use crate::http::exchange::{CallerName, Template};
use crate::refusal::ProblemName;

/// This crate, whose lines every service has beside its own.
const TARGET: &str = "sanad_listener";

/// What a request without a route is counted under.
pub(crate) const NO_ROUTE: &str = "none";

/// What the log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Faults.
    Error,
    /// And what will become one.
    Warn,
    /// And every request.
    Info,
    /// And how it was done.
    Debug,
}

/// The words for them.
pub const LEVELS: &[(&str, Level)] =
    &[("error", Level::Error), ("warn", Level::Warn), ("info", Level::Info), ("debug", Level::Debug)];

/// A log that is set already.
#[derive(Debug, thiserror::Error)]
#[error("the log of this process is set already")]
pub struct AlreadySet;

/// Sets the log of the process, on standard error: lines of the crate `target` and of this one.
///
/// # Errors
/// [`AlreadySet`].
pub fn install(level: Level, target: &'static str) -> Result<(), AlreadySet> {
    tracing::subscriber::set_global_default(subscriber(level, target, io::stderr)).map_err(|_| AlreadySet)?;
    panic::set_hook(Box::new(|panic| {
        // The message may hold what was being worked on.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
    Ok(())
}

/// Where lines go and which: those of the crate `target` and of this one.
pub fn subscriber<W>(level: Level, target: &'static str, writer: W) -> impl Subscriber + Send + Sync
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
    tracing_subscriber::registry()
        .with(Targets::new().with_target(TARGET, level).with_target(target, level))
        .with(lines)
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
    pub problem: Option<ProblemName>,
    /// Who asked.
    pub caller: Option<CallerName>,
}

impl Exchange<'_> {
    /// The template of the route.
    pub fn template(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, |route| route.0.as_str())
    }

    pub(crate) fn tell(&self) {
        let milliseconds = (self.time.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        tracing::info!(
            request = self.id,
            method = self.method,
            route = self.template(),
            status = self.status.as_u16(),
            ms = milliseconds,
            problem = self.problem.map(|name| name.0),
            caller = self.caller.as_ref().map(|name| &*name.0),
            "request"
        );
    }
}

/// The name of a method that this service knows; a client may send any word as one.
pub(crate) fn method(method: &Method) -> &'static str {
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
