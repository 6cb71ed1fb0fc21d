//! Every route of the service.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use sanad_listener::http::exchange::Template;
use sanad_listener::readiness::CHECKS_TIME;
use sanad_listener::refusal::{method_not_allowed, not_found};
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
        .route("/v1/requests", post(presenting::begin))
        .route("/v1/requests/{id}", get(presenting::view))
        .route("/openid4vp/request/{id}", get(presenting::request_object))
        .route("/openid4vp/response/{id}", post(presenting::response));
    finish(router).with_state(service)
}

/// The routes of the listener for metrics.
pub fn metrics_router(service: Arc<Service>) -> Router {
    finish(Router::new().route("/metrics", get(|| async { metrics::render() }))).with_state(service)
}

/// What holds for every route.
fn finish(router: Router<Arc<Service>>) -> Router<Arc<Service>> {
    // The layer comes last, so that it lies around what the others answer too.
    router.fallback(not_found).method_not_allowed_fallback(method_not_allowed).layer(from_fn(name_route))
}

/// Tells the listener which route answered: the template, for log and metrics.
async fn name_route(template: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(template) = template {
        response.extensions_mut().insert(Template(template));
    }
    response
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
