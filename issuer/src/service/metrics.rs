//! What the service measures, as Prometheus text at `/metrics`. Labels have few values: templates of routes, names of
//! methods, statuses; never an id.
//!
//! The recorder belongs to the process, so that every module counts with the macros of `metrics`; the functions here
//! name what there is. `docs/service.md` explains each.

use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
pub use sanad_listener::metrics::{MetricsFault, render};

use super::publisher::SiteState;

const BATCH_DOCUMENTS: &str = "sanad_issue_batch_documents";
const STORE_SECONDS: &str = "sanad_store_seconds";
const JOB_RECORDS: &str = "sanad_job_records_total";
const JOBS_RUNNING: &str = "sanad_jobs_running";
const PUBLICATION_AGE: &str = "sanad_publication_age_seconds";
const PUBLICATION_SECONDS: &str = "sanad_publication_seconds";
const LISTS_SIGNED: &str = "sanad_status_lists_signed_total";
const PUBLICATION_FAULTS: &str = "sanad_publication_faults_total";
const LEADER: &str = "sanad_leader";
const SITE_BEHIND: &str = "sanad_site_behind";

/// Upper bounds of the documents of a batch.
const DOCUMENTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 48.0, 64.0];

/// Installs the recorder of the process, once.
///
/// # Errors
/// [`MetricsFault`].
pub fn install() -> Result<(), MetricsFault> {
    sanad_listener::metrics::install(&[(BATCH_DOCUMENTS, DOCUMENTS)], describe)
}

fn describe() {
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
    describe_gauge!(SITE_BEHIND, "1 where another process publishes and the site here lacks it");
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

pub(super) fn set_site(site: SiteState) {
    gauge!(SITE_BEHIND).set(if site == SiteState::Behind { 1.0 } else { 0.0 });
}
