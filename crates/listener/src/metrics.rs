//! What every service measures, as Prometheus text. Labels have few values: templates of routes, names of methods,
//! statuses; never an id.
//!
//! The recorder belongs to the process, so that every module counts with the macros of `metrics`.

use std::sync::OnceLock;

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::log::Exchange;

const REQUESTS: &str = "sanad_requests_total";
const REQUEST_SECONDS: &str = "sanad_request_seconds";
const CONNECTIONS: &str = "sanad_connections";
const CONNECTIONS_REFUSED: &str = "sanad_connections_refused_total";
const HANDSHAKES_FAILED: &str = "sanad_tls_handshakes_failed_total";

/// Upper bounds of times, in seconds: from an answer out of memory to one that is given up.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Why nothing is measured.
#[derive(Debug, thiserror::Error)]
pub enum MetricsFault {
    /// Another recorder was installed in this process.
    #[error("the metrics of this process go somewhere else: {0}")]
    Recorder(#[from] BuildError),
}

/// Installs the recorder of the process, once. `buckets` are upper bounds of the service's own histograms, by name;
/// `describe` says what it measures itself.
///
/// # Errors
/// [`MetricsFault`].
pub fn install(buckets: &[(&str, &[f64])], describe: fn()) -> Result<(), MetricsFault> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let mut builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?;
    for (name, bounds) in buckets {
        builder = builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), bounds)?;
    }
    match builder.install_recorder() {
        Ok(handle) => {
            let _ = RECORDER.set(handle);
            describe_own();
            describe();
            Ok(())
        }
        // Another thread was faster.
        Err(_) if RECORDER.get().is_some() => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

fn describe_own() {
    describe_counter!(REQUESTS, "Requests by route, method and status");
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "From the head of a request to the head of its answer"
    );
    describe_gauge!(CONNECTIONS, "Open connections");
    describe_counter!(CONNECTIONS_REFUSED, "Connections beyond limits.connections");
    describe_counter!(HANDSHAKES_FAILED, "Connections that ended before TLS was set up");
}

/// What was measured so far, as Prometheus text; nothing before [`install`].
pub fn render() -> Response {
    let text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Sorts what was measured into its buckets; called every few seconds, so that it does not pile up unread.
pub fn run_upkeep() {
    if let Some(recorder) = RECORDER.get() {
        recorder.run_upkeep();
    }
}

pub(crate) fn count_exchange(exchange: &Exchange<'_>) {
    let (route, status) = (exchange.template().to_owned(), exchange.status.as_u16().to_string());
    counter!(REQUESTS, "route" => route.clone(), "method" => exchange.method, "status" => status)
        .increment(1);
    histogram!(REQUEST_SECONDS, "route" => route).record(exchange.time.as_secs_f64());
}

pub(crate) fn count_refused_connection() {
    counter!(CONNECTIONS_REFUSED).increment(1);
}

pub(crate) fn count_failed_handshake() {
    counter!(HANDSHAKES_FAILED).increment(1);
}

/// An open connection, counted as long as this lives.
pub(crate) struct OpenConnection(());

impl OpenConnection {
    pub(crate) fn count() -> Self {
        gauge!(CONNECTIONS).increment(1.0);
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}
