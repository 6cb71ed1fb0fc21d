//! Addresses that the standards fix: `/.well-known/did.json` (did:web) and `/.well-known/jwt-vc-issuer` (SD-JWT VC).
//!
//! The same documents lie in the site under `open/`, for issuers whose did:web has a path and for those who serve the site
//! from elsewhere. Anybody may ask from any page: what is here are public keys.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sanad_openvc::{did_document, jwt_vc_issuer};
use serde_json::Value;

use crate::service::problem::Problem;
use crate::service::state::Service;

/// A minute, as for the site: a key that is compromised is gone from here soon.
const CACHE_CONTROL_VALUE: &str = "public, max-age=60";

/// The routes, open to everybody.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/.well-known/did.json", get(did))
        .route("/.well-known/jwt-vc-issuer", get(jwt_issuer))
}

async fn did(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let document = did_document(&service.issuer.config.record).map(|document| document.to_json());
    Ok(answer(&document.ok_or_else(absent)?))
}

async fn jwt_issuer(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
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
