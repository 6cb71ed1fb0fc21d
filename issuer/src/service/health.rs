//! Whether the process lives (`/healthz`), and whether it should get requests (`/readyz`).
//!
//! A load balancer asks often and anybody may ask, so the answer is kept for a second: the store is not asked for each.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use sanad_credential::Json;
pub use sanad_listener::readiness::{CHECKS_TIME, Check, Readiness};

use super::caller::Caller;
use super::metrics;
use super::openapi::ProblemBody;
use super::problem::{Problem, ProblemKind};
use super::state::Service;
use crate::role::Permission;

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
