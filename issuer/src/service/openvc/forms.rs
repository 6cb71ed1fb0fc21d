//! One credential in the forms of the open standards: the same registration, the same status index.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use sanad_credential::Claims;
use sanad_openvc::Suite;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::open_forms::{FormFault, is_of_the_signer};
use crate::role::Permission;
use crate::service::caller::Caller;
use crate::service::credentials::read_for;
use crate::service::problem::{About, Problem, ProblemKind};
use crate::service::requests::{Cti, Parameters, blocking};
use crate::service::state::Service;
use crate::store::{Held, is_in_force};

/// How a W3C credential is signed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Signing {
    /// `eddsa-rdfc-2022`, which every verifier of `ldp_vc` knows, when left out; or `eddsa-jcs-2022`.
    cryptosuite: Option<String>,
}

/// The suite of a name.
pub(super) fn suite(name: Option<&str>) -> Option<Suite> {
    match name {
        None => Some(Suite::Rdfc),
        Some(name) => [Suite::Rdfc, Suite::Jcs].into_iter().find(|suite| suite.name() == name),
    }
}

/// A credential as W3C Verifiable Credential 2.0.
#[utoipa::path(
    get, path = "/v1/credentials/{cti}/vc", tag = "open standards",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits"), Signing),
    responses((status = 200, description = "The credential, verified before it is answered", body = Object,
            content_type = "application/vc"),
        (status = 404, description = "No such credential", content_type = "application/problem+json"),
        (status = 409, description = "Revoked, or not to be had in this form", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn credential(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    Parameters(signing): Parameters<Signing>,
) -> Result<Response, Problem> {
    caller.require(Permission::Read)?;
    let suite = suite(signing.cryptosuite.as_deref()).ok_or_else(|| {
        let problem = "must be eddsa-rdfc-2022 or eddsa-jcs-2022";
        Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at("cryptosuite", problem)
    })?;
    let now = service.now()?;
    blocking(move || {
        let (held, claims) = read_for(&service, &caller, cti)?;
        in_force(&held, &claims)?;
        let form = service.issuer.as_credential(&claims, suite, now);
        let form = form.map_err(|fault| form_problem(&claims, &fault))?;
        Ok(private("application/vc", Value::Object(form).to_string()))
    })
    .await
}

/// A credential as SD-JWT VC.
#[utoipa::path(
    get, path = "/v1/credentials/{cti}/sd-jwt", tag = "open standards",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits")),
    responses((status = 200, description = "The SD-JWT with all disclosures", body = String,
            content_type = "application/dc+sd-jwt"),
        (status = 404, description = "No such credential", content_type = "application/problem+json"),
        (status = 409, description = "Revoked, or not to be had in this form", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn sd_jwt(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
) -> Result<Response, Problem> {
    caller.require(Permission::Read)?;
    let now = service.now()?;
    blocking(move || {
        let (held, claims) = read_for(&service, &caller, cti)?;
        in_force(&held, &claims)?;
        let form = service.issuer.as_sd_jwt(&claims, now).map_err(|fault| form_problem(&claims, &fault))?;
        Ok(private("application/dc+sd-jwt", form))
    })
    .await
}

/// What is revoked gets no new signature. A suspended one does: its status says what it is.
pub(super) fn in_force(held: &Held, claims: &Claims) -> Result<(), Problem> {
    if is_in_force(held.status) {
        return Ok(());
    }
    let detail = format!("The credential is {}.", held.status.word());
    Err(Problem::new(ProblemKind::StatusConflict, detail).about(About::Credential(claims.cti)))
}

/// A form that was not made, as a problem.
pub(super) fn form_problem(claims: &Claims, fault: &FormFault) -> Problem {
    let problem = match fault {
        FormFault::NoDid => Problem::new(ProblemKind::FormUnavailable, format!("{fault}.")),
        FormFault::Sign(crate::keys::SignFault::NoKey(_) | crate::keys::SignFault::NotHere { .. }) => {
            let detail =
                "The key that signs documents of its day signs no more. Renew or re-issue the credential.";
            Problem::new(ProblemKind::FormUnavailable, detail)
        }
        fault if is_of_the_signer(fault) => {
            tracing::error!(cause = %fault, "no key signed");
            Problem::new(ProblemKind::NotReady, "No key can sign now. The operator's log says why.")
        }
        other => Problem::internal(other),
    };
    problem.about(About::Credential(claims.cti))
}

fn private(media_type: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
