//! Delegations: a delegate's request is answered, its documents are listed, and all of them are revoked at once when it
//! loses its computer or its trust.

use std::sync::Arc;

use axum::Json as JsonAnswer;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sanad_credential::{Area, Currency, Date, DelegationId, Money, Set};
use sanad_trust::DelegationRequest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::credentials::{CredentialAnswer, IssuedAnswer, Wish, claims_of, full_answer, sign};
use super::extract::{JsonText, Segment};
use super::problem::{Problem, ProblemKind};
use super::requests::{blocking, idempotency_key};
use super::state::Service;
use super::status_changes::ChangeBody;
use crate::audit::{Act, Note};
use crate::delegation::{GrantFault, Terms, grant};
use crate::role::Permission;
use crate::store::{self, CHANGES_MAX, Request, StatusChange, Transition};
use crate::transition::{Change, Outcome, Step};

/// What is granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    /// The request, as `sanad-issuer delegate request` or `sanad-verify key init` printed it.
    request: String,
    /// First day.
    from: String,
    /// Last day.
    to: String,
    /// Most money on one document, in ordinary units.
    per_document: Option<String>,
    /// Most money in a day, in ordinary units.
    per_day: Option<String>,
    /// Currency of both, ISO 4217.
    currency: Option<String>,
    /// Where; the issuer's own areas when left out.
    areas: Option<Vec<String>>,
}

fn wrong(field: &'static str, problem: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
        .at(field, problem)
}

impl GrantBody {
    fn terms(&self) -> Result<Terms, Problem> {
        let day =
            |field, text: &str| Date::parse(text).map_err(|fault| wrong(field, fault.what().to_string()));
        let currency = self.currency.as_deref().map(Currency::new).transpose();
        let currency = currency.map_err(|fault| wrong("currency", fault.what().to_string()))?;
        let money = |field, text: Option<&str>| match (text, &currency) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(wrong("currency", "is missing")),
            (Some(text), Some(currency)) => Money::parse(text, currency.clone())
                .map(Some)
                .map_err(|fault| wrong(field, fault.what().to_string())),
        };
        let areas = self.areas.as_ref().map(|areas| {
            let areas = areas.iter().map(|area| Area::new(area)).collect::<Result<Vec<_>, _>>();
            areas.and_then(Set::new)
        });
        Ok(Terms {
            from: day("from", &self.from)?,
            to: day("to", &self.to)?,
            per_document: money("per_document", self.per_document.as_deref())?,
            per_day: money("per_day", self.per_day.as_deref())?,
            areas: areas.transpose().map_err(|fault| wrong("areas", fault.what().to_string()))?,
        })
    }
}

/// Answer a delegate's request.
#[utoipa::path(
    post, path = "/v1/delegations", tag = "delegations",
    params(("Idempotency-Key" = String, Header, description = "1 to 64 printable ASCII characters")),
    request_body(content = GrantBody),
    responses((status = 201, description = "Granted, and on the disk", body = IssuedAnswer),
        (status = 200, description = "The same request was carried out before", body = IssuedAnswer),
        (status = 422, description = "The request or its terms are wrong", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn answer(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonText,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageDelegations)?;
    let key = idempotency_key(&headers)?;
    let grant_body: GrantBody = body.read()?;
    let request = DelegationRequest::parse(grant_body.request.trim())
        .map_err(|fault| wrong("request", fault.to_string()))?;
    let record = grant(&service.issuer.config, &request, grant_body.terms()?, service.now()?);
    let record = record.map_err(|fault| match &fault {
        GrantFault::OtherCountry { .. } => wrong("request", fault.to_string()),
        GrantFault::Over { .. } => wrong("to", fault.to_string()),
        GrantFault::Unsignable(_) => wrong("", fault.to_string()),
    })?;
    let request = Some(Request::new(caller.actor.clone(), key, &[b"delegation", body.as_bytes()].concat()));
    let wish = Wish { record, supersedes: None, request, act: Act::Issue, detail: "delegation".to_owned() };
    sign(&service, &caller, wish).await
}

/// The documents of a delegation.
#[derive(Debug, Serialize, ToSchema)]
pub struct DelegationAnswer {
    /// Its id.
    pub id: String,
    /// Its documents, in the order in which they were signed.
    pub credentials: Vec<CredentialAnswer>,
}

/// List the documents of a delegation.
#[utoipa::path(
    get, path = "/v1/delegations/{id}", tag = "delegations",
    params(("id" = String, Path, description = "The delegate's id")),
    responses((status = 200, description = "Its documents", body = DelegationAnswer),
        (status = 404, description = "There is none", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn get(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<JsonAnswer<DelegationAnswer>, Problem> {
    caller.require(Permission::ManageDelegations)?;
    let id = DelegationId::new(&id).map_err(|_| none())?;
    blocking(move || {
        let store = service.issuer.store.as_ref();
        let mut credentials = Vec::new();
        for issued in store::delegations_of(store, &id)? {
            let Some(held) = store::held(store, issued.cti)? else { continue };
            let claims = claims_of(&held.issued)?;
            if caller.require_area(&claims.right, &service.issuer.config.record).is_ok() {
                credentials.push(full_answer(&held, &claims)?);
            }
        }
        if credentials.is_empty() {
            return Err(none());
        }
        Ok(JsonAnswer(DelegationAnswer { id: id.to_string(), credentials }))
    })
    .await
}

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevokedDelegation {
    /// The delegation.
    pub id: String,
    /// Documents that are revoked now and were not before.
    pub revoked: u64,
}

/// Revoke all documents of a delegation.
#[utoipa::path(
    post, path = "/v1/delegations/{id}/revoke", tag = "delegations",
    params(("id" = String, Path, description = "The delegate's id")),
    request_body(content = ChangeBody, example = json!({"reason": "stolen", "legal_basis": "Delegation agreement, s. 4"})),
    responses((status = 200, description = "Revoked, and on the disk", body = RevokedDelegation),
        (status = 404, description = "There is none", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn revoke(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
    body: JsonText,
) -> Result<JsonAnswer<RevokedDelegation>, Problem> {
    caller.require(Permission::ManageDelegations)?;
    let id = DelegationId::new(&id).map_err(|_| none())?;
    let detail = body.read::<ChangeBody>()?.detail(Change::Revoke)?;
    let now = service.now()?;
    blocking(move || {
        let store = service.issuer.store.as_ref();
        let documents = store::delegations_of(store, &id)?;
        for issued in &documents {
            caller
                .require_area(&claims_of(issued)?.right, &service.issuer.config.record)
                .map_err(|_| none())?;
        }
        if documents.is_empty() {
            return Err(none());
        }
        let mut revoked = 0_u64;
        for part in documents.chunks(CHANGES_MAX) {
            let changes = part.iter().map(|issued| StatusChange {
                cti: issued.cti,
                change: Change::Revoke,
                note: Note {
                    at: now,
                    who: caller.actor.clone(),
                    act: Act::Revoke,
                    on: issued.cti.to_string(),
                    detail: format!("delegation={id} {detail}"),
                },
            });
            for transition in store.change_status(&changes.collect::<Vec<_>>())? {
                if matches!(transition, Transition::Judged(Outcome { step: Step::To(_), .. })) {
                    revoked = revoked.saturating_add(1);
                }
            }
        }
        Ok(JsonAnswer(RevokedDelegation { id: id.to_string(), revoked }))
    })
    .await
}

fn none() -> Problem {
    Problem::new(ProblemKind::NotFound, "No delegation that you may see has this id.")
}
