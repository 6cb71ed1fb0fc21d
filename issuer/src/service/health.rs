//! Whether the process lives (`/healthz`), and whether it should get requests (`/readyz`).
//!
//! A load balancer asks often and anybody may ask, so the answer is kept for a second: the store is not asked for each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use sanad_credential::Json;

use super::caller::Caller;
use super::metrics;
use super::openapi::ProblemBody;
use super::problem::{Problem, ProblemKind};
use super::state::Service;
use crate::role::Permission;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(1);

/// How long the checks may take; a store that hangs does not answer.
const CHECKS_TIME: Duration = Duration::from_secs(5);

/// A check: does it stand? It may block.
pub type Check = Box<dyn Fn() -> bool + Send + Sync>;

/// The checks, by name.
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
    kept: Mutex<Option<(Instant, Vec<&'static str>)>>,
    stopping: AtomicBool,
}

impl Readiness {
    /// Of checks.
    pub fn new(checks: Vec<(&'static str, Check)>) -> Self {
        Self { checks, kept: Mutex::new(None), stopping: AtomicBool::new(false) }
    }

    /// From now on the service is not ready any more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Names of the checks that do not stand. It blocks.
    pub fn lacking(&self) -> Vec<&'static str> {
        if self.stopping.load(Ordering::Relaxed) {
            return vec!["shutdown"];
        }
        // Held while asking: whoever comes meanwhile gets the same answer instead of asking again.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lacking)) = kept.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
            return lacking.clone();
        }
        let lacking: Vec<_> =
            self.checks.iter().filter(|(_, stands)| !stands()).map(|(name, _)| *name).collect();
        *kept = Some((Instant::now(), lacking.clone()));
        lacking
    }
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, description = "The process lives", content_type = "application/json", body = inline(Health))))]
pub async fn healthz() -> Response {
    json(&Json::Object(vec![("alive".into(), Json::Bool(true))]))
}

/// The service should get requests: the store answers and the publication is current.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "Send requests", content_type = "application/json", body = inline(Ready)),
        (status = 503, description = "not-ready: send none; `errors` or `field` name the checks that fail",
            content_type = "application/problem+json", body = ProblemBody)))]
pub async fn readyz(State(service): State<Arc<Service>>) -> Response {
    let asked = tokio::task::spawn_blocking(move || service.readiness.lacking());
    let lacking = match tokio::time::timeout(CHECKS_TIME, asked).await {
        Ok(Ok(lacking)) => lacking,
        Ok(Err(_)) | Err(_) => vec!["store"],
    };
    if lacking.is_empty() {
        return json(&Json::Object(vec![("ready".into(), Json::Bool(true))]));
    }
    let problem = Problem::new(ProblemKind::NotReady, "The log says why.");
    lacking.into_iter().fold(problem, |problem, name| problem.at(name, "does not stand")).into_response()
}

/// What the service measured, as Prometheus text, for callers who may read it: on the address of the API.
pub async fn metrics_for(State(service): State<Arc<Service>>, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::ReadMetrics)?;
    Ok(metrics(State(service)).await)
}

/// The same for everybody: on an address of its own.
pub async fn metrics(State(service): State<Arc<Service>>) -> Response {
    metrics::set_publication_age(service.publications.age());
    metrics::render()
}

fn json(json: &Json<'_>) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}

/// The form of the first answer, for the documentation.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the answer is written by hand; this describes it")]
struct Health {
    /// Always true.
    alive: bool,
}

/// The form of the second answer, for the documentation.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the answer is written by hand; this describes it")]
struct Ready {
    /// Always true.
    ready: bool,
}
