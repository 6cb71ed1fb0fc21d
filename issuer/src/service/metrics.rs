//! What the service measures, as Prometheus text at `/metrics`. Labels have few values: templates of routes, names of
//! methods, statuses; never an id.
//!
//! The recorder belongs to the process, so that every module counts with the macros of `metrics`; the functions here
//! name what there is. `docs/service.md` explains each.

use std::sync::OnceLock;
use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::log::Exchange;

const REQUESTS: &str = "sanad_requests_total";
const REQUEST_SECONDS: &str = "sanad_request_seconds";
const CONNECTIONS: &str = "sanad_connections";
const CONNECTIONS_REFUSED: &str = "sanad_connections_refused_total";
const HANDSHAKES_FAILED: &str = "sanad_tls_handshakes_failed_total";
const BATCH_DOCUMENTS: &str = "sanad_issue_batch_documents";
const STORE_SECONDS: &str = "sanad_store_seconds";
const JOB_RECORDS: &str = "sanad_job_records_total";
const JOBS_RUNNING: &str = "sanad_jobs_running";
const PUBLICATION_AGE: &str = "sanad_publication_age_seconds";
const PUBLICATION_SECONDS: &str = "sanad_publication_seconds";
const LISTS_SIGNED: &str = "sanad_status_lists_signed_total";
const PUBLICATION_FAULTS: &str = "sanad_publication_faults_total";
const LEADER: &str = "sanad_leader";

/// Upper bounds of times, in seconds: from an answer out of memory to one that is given up.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Upper bounds of the documents of a batch.
const DOCUMENTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 48.0, 64.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Why nothing is measured.
#[derive(Debug, thiserror::Error)]
pub enum MetricsFault {
    /// Another recorder was installed in this process.
    #[error("the metrics of this process go somewhere else: {0}")]
    Recorder(#[from] BuildError),
}

/// Installs the recorder of the process, once.
///
/// # Errors
/// [`MetricsFault`].
pub fn install() -> Result<(), MetricsFault> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Full(BATCH_DOCUMENTS.to_owned()), DOCUMENTS)?;
    match builder.install_recorder() {
        Ok(handle) => {
            let _ = RECORDER.set(handle);
            describe();
            Ok(())
        }
        // Another thread was faster.
        Err(_) if RECORDER.get().is_some() => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

fn describe() {
    describe_counter!(REQUESTS, "Requests by route, method and status");
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "From the head of a request to the head of its answer"
    );
    describe_gauge!(CONNECTIONS, "Open connections");
    describe_counter!(CONNECTIONS_REFUSED, "Connections beyond limits.connections");
    describe_counter!(HANDSHAKES_FAILED, "Connections that ended before TLS was set up");
    describe_histogram!(BATCH_DOCUMENTS, "Documents that were signed and kept together");
    describe_histogram!(STORE_SECONDS, Unit::Seconds, "Acts of the store");
    describe_counter!(JOB_RECORDS, "Records of bulk jobs by outcome");
    describe_gauge!(JOBS_RUNNING, "Bulk jobs that run here");
    describe_gauge!(
        PUBLICATION_AGE,
        Unit::Seconds,
        "Since the publication last looked into the store with success"
    );
    describe_histogram!(PUBLICATION_SECONDS, Unit::Seconds, "Publications of changed lists");
    describe_counter!(LISTS_SIGNED, "Status lists signed");
    describe_counter!(PUBLICATION_FAULTS, "Publications that failed");
    describe_gauge!(LEADER, "1 where this process publishes");
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

pub(super) fn count_exchange(exchange: &Exchange<'_>) {
    let (route, status) = (exchange.template().to_owned(), exchange.status.as_u16().to_string());
    counter!(REQUESTS, "route" => route.clone(), "method" => exchange.method, "status" => status)
        .increment(1);
    histogram!(REQUEST_SECONDS, "route" => route).record(exchange.time.as_secs_f64());
}

pub(super) fn count_refused_connection() {
    counter!(CONNECTIONS_REFUSED).increment(1);
}

pub(super) fn count_failed_handshake() {
    counter!(HANDSHAKES_FAILED).increment(1);
}

/// An open connection, counted as long as this lives.
pub(super) struct OpenConnection(());

impl OpenConnection {
    pub(super) fn count() -> Self {
        gauge!(CONNECTIONS).increment(1.0);
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}

/// Documents that were signed and kept together.
pub fn record_batch(documents: u16) {
    histogram!(BATCH_DOCUMENTS).record(f64::from(documents));
}

/// An act of the store: the name of the trait's function, and how long it took.
pub fn record_store(act: &'static str, time: Duration) {
    histogram!(STORE_SECONDS, "act" => act).record(time.as_secs_f64());
}

/// Records of bulk jobs that came to an end.
pub fn count_job_records(outcome: &'static str, records: u64) {
    counter!(JOB_RECORDS, "outcome" => outcome).increment(records);
}

/// Bulk jobs that run here now.
pub fn set_jobs_running(jobs: u32) {
    gauge!(JOBS_RUNNING).set(f64::from(jobs));
}

pub(super) fn set_publication_age(age: Duration) {
    gauge!(PUBLICATION_AGE).set(age.as_secs_f64());
}

pub(super) fn record_publication(lists: u64, time: Duration) {
    counter!(LISTS_SIGNED).increment(lists);
    histogram!(PUBLICATION_SECONDS).record(time.as_secs_f64());
}

pub(super) fn count_publication_fault() {
    counter!(PUBLICATION_FAULTS).increment(1);
}

pub(super) fn set_leader(leads: bool) {
    gauge!(LEADER).set(if leads { 1.0 } else { 0.0 });
}
