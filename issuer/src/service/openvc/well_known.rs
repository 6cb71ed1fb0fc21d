//! Addresses that the standards fix: `/.well-known/did.json` (did:web) and `/.well-known/jwt-vc-issuer` (SD-JWT VC).
//!
//! The same documents lie in the site under `open/`, for issuers whose did:web has a path and for those who serve the site
//! from elsewhere. Anybody may ask from any page: what is here are public keys.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use sanad_openvc::{did_document, jwt_vc_issuer};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::problem::Problem;
use crate::service::state::Service;

/// A minute, as for the site: a key that is compromised is gone from here soon.
const CACHE_CONTROL_VALUE: &str = "public, max-age=60";

/// The routes, open to everybody, with their documentation.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(did)).routes(routes!(jwt_issuer))
}

/// The issuer's DID document.
#[utoipa::path(
    get, path = "/.well-known/did.json", tag = "open standards",
    responses((status = 200, description = "The DID document", body = Object),
        (status = 404, description = "The issuer has no did:web", content_type = "application/problem+json"))
)]
pub async fn did(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let document = did_document(&service.issuer.config.record).map(|document| document.to_json());
    Ok(answer(&document.ok_or_else(absent)?))
}

/// The issuer's keys for verifiers of SD-JWT VCs.
#[utoipa::path(
    get, path = "/.well-known/jwt-vc-issuer", tag = "open standards",
    responses((status = 200, description = "Issuer and keys", body = Object),
        (status = 404, description = "The issuer has no did:web", content_type = "application/problem+json"))
)]
pub async fn jwt_issuer(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let document = jwt_vc_issuer(&service.issuer.config.record).map_err(|_| absent())?;
    Ok(answer(&document))
}

/// A document that is the same for everybody.
pub(super) fn answer(document: &Value) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, CACHE_CONTROL_VALUE),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, document.to_string()).into_response()
}

/// Where there is nothing to tell.
pub(super) fn absent() -> Problem {
    use crate::service::problem::ProblemKind;
    Problem::new(ProblemKind::NotFound, "The issuer has no name in the open standards.")
}
