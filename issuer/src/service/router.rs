//! Every route of the service.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sanad_listener::routes::finish;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Access, authenticate};
use super::extract::Segment;
use super::health;
use super::openapi::{self, Api, page};
use super::problem::Problem;
use super::publisher::SiteState;
use super::site::{behind, preflight};
use super::state::Service;
use super::{
    approvals, credentials, delegations, job_routes, openvc, receipts, revocations, statistics,
    status_changes, successors, tokens,
};

/// The routes that anybody may call, with their documentation.
fn open_routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .merge(openvc::well_known::routes())
        .merge(openvc::vci::routes())
}

/// The routes of the API, with their documentation: each asks who calls.
fn api(access: Arc<Access>) -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(credentials::issue, credentials::list))
        .routes(routes!(credentials::get))
        .routes(routes!(credentials::qr))
        .routes(routes!(openvc::forms::credential))
        .routes(routes!(openvc::forms::sd_jwt))
        .routes(routes!(openvc::vci::offer::offer))
        .routes(routes!(openvc::vc_api::issue))
        .routes(routes!(openvc::vc_api::status))
        .routes(routes!(successors::renew))
        .routes(routes!(successors::reissue))
        .routes(routes!(status_changes::suspend))
        .routes(routes!(status_changes::resume))
        .routes(routes!(status_changes::revoke))
        .routes(routes!(job_routes::submit, job_routes::list))
        .routes(routes!(job_routes::get))
        .routes(routes!(job_routes::cancel))
        .routes(routes!(job_routes::result))
        .routes(routes!(receipts::sign_receipt))
        .routes(routes!(delegations::answer))
        .routes(routes!(delegations::get))
        .routes(routes!(delegations::revoke))
        .routes(routes!(revocations::revoke))
        .routes(routes!(approvals::list))
        .routes(routes!(approvals::get))
        .routes(routes!(approvals::documents))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::decline))
        .routes(routes!(approvals::ask_key_change))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::withdraw))
        .routes(routes!(statistics::statistics))
        .layer(from_fn_with_state(access, authenticate))
}

/// The routes of the main listener.
///
/// # Errors
/// The documentation cannot be written.
pub fn router(service: Arc<Service>) -> Result<Router, serde_json::Error> {
    let (router, document) = open_routes().merge(api(service.access.clone())).split_for_parts();
    let document = openapi::text(document, service.config.listen.public_url.as_deref())?;
    let site = format!("{}/{{*path}}", service.config.site.path);
    let mut router = router
        .route("/openapi.json", get(move || async move { openapi::answer(document) }))
        .route("/docs", get(page))
        .route(&site, get(site_file).options(preflight));
    if let Some(rehearsal) = &service.rehearsal {
        router = router.merge(openvc::test_profile::routes(rehearsal.clone()));
    }
    if service.config.metrics_address.is_none() {
        let asks = from_fn_with_state(service.access.clone(), authenticate);
        router = router.route("/metrics", get(health::metrics_for).layer(asks));
    }
    Ok(finish(router).with_state(service))
}

/// The routes of the listener for metrics.
pub fn metrics_router(service: Arc<Service>) -> Router {
    finish(Router::new().route("/metrics", get(health::metrics))).with_state(service)
}

async fn site_file(
    State(service): State<Arc<Service>>,
    Segment(path): Segment,
    headers: HeaderMap,
) -> Response {
    if service.publications.site() == SiteState::Behind {
        return behind();
    }
    let answer = tokio::task::spawn_blocking(move || service.site.answer(&path, &headers));
    answer.await.unwrap_or_else(|error| Problem::internal(&error).into_response())
}
