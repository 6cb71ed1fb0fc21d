//! Every route of the service.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use sanad_listener::cors::{open, preflight};
use sanad_listener::readiness::CHECKS_TIME;
use sanad_listener::routes::finish;
use sanad_listener::{document, metrics};
use serde_json::json;

use super::openapi;
use super::presenting;
use super::problem::{Problem, ProblemKind, json_answer};
use super::state::Service;
use super::vc_api;

/// The routes of the main listener.
pub fn router(service: Arc<Service>) -> Router {
    let description = openapi::description(service.config.listen.public_url.as_deref()).to_string();
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/openapi.json", get(move || async move { document::answer(description) }))
        .route("/credentials/verify", post(vc_api::credentials))
        .route("/presentations/verify", post(vc_api::presentations))
        .route("/identifiers/{*did}", get(vc_api::identifiers))
        .route("/v1/client", get(presenting::client))
        .route("/v1/requests", post(presenting::begin))
        .route("/v1/requests/{id}", get(presenting::view))
        .merge(of_wallets());
    finish(router).with_state(service)
}

/// What wallets call, also those that run in a browser.
fn of_wallets() -> Router<Arc<Service>> {
    let asking = get(presenting::request_object).options(async || preflight("GET, HEAD", "Content-Type"));
    let answering = post(presenting::response).options(async || preflight("POST", "Content-Type"));
    Router::new()
        .route("/openid4vp/request/{id}", asking)
        .route("/openid4vp/response/{id}", answering)
        .layer(from_fn(open))
}

/// The routes of the listener for metrics.
pub fn metrics_router(service: Arc<Service>) -> Router {
    finish(Router::new().route("/metrics", get(|| async { metrics::render() }))).with_state(service)
}

/// The process lives.
async fn healthz() -> Response {
    json_answer(StatusCode::OK, &json!({ "alive": true }))
}

/// The service should get requests: it has a pack.
async fn readyz(State(service): State<Arc<Service>>) -> Response {
    let asked = tokio::task::spawn_blocking(move || service.readiness.lacking());
    match tokio::time::timeout(CHECKS_TIME, asked).await {
        Ok(Ok(lacking)) if lacking.is_empty() => json_answer(StatusCode::OK, &json!({ "ready": true })),
        Ok(Ok(lacking)) => {
            let name = lacking.first().copied().unwrap_or_default();
            Problem::new(ProblemKind::NotReady, "The log says why.").at(name).into_response()
        }
        Ok(Err(_)) | Err(_) => {
            Problem::new(ProblemKind::NotReady, "The log says why.").at("pack").into_response()
        }
    }
}
