//! Revoking several credentials in one request.
//!
//! Up to a configured number one person revokes alone; more take a second one, and so does whoever has revoked that many
//! within a day. All are looked up first: where one is not there, or not the caller's, nothing happens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use sanad_credential::{CredentialId, Json, Limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::approvals::{Alone, ApprovalAnswer, shown};
use super::caller::Caller;
use super::credentials::read_for;
use super::extract::JsonText;
use super::problem::{Problem, ProblemKind};
use super::requests::{blocking, parse_cti};
use super::state::Service;
use super::status_changes::{ChangeBody, Reason};
use crate::approval::{self, IDS_MAX, Revocation};
use crate::audit::{Act, Note};
use crate::copies;
use crate::role::Permission;
use crate::store::{CHANGES_MAX, StatusChange, Transition};
use crate::transition::{Change, Outcome, Step};

/// Faults that are told of one list.
const FAULTS_MAX: usize = 100;

/// How much of a body is read; its bytes are limited as those of every body.
const LIMITS: Limits = Limits { bytes_max: 4 << 20, depth_max: 3, entries_max: IDS_MAX, values_max: 200_000 };

/// Credentials to be revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationBody {
    /// Why.
    pub reason: Reason,
    /// The law, rule or decision it rests on. It names no person.
    pub legal_basis: String,
    /// Their ids; one that stands twice counts once.
    #[schema(min_items = 1, max_items = 100_000)]
    pub credentials: Vec<String>,
}

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevokedAnswer {
    /// Credentials that are revoked now and were not before.
    pub revoked: u64,
    /// Credentials that had been revoked before.
    pub already: u64,
}

/// Revoke several credentials; this cannot be undone.
#[utoipa::path(
    post, path = "/v1/revocations", tag = "status",
    request_body(content = RevocationBody, example = json!({"reason": "fraud", "legal_basis": "SHI Act 2023, s. 27",
        "credentials": ["0102030405060708", "1112131415161718"]})),
    responses((status = 200, description = "Revoked, and on the disk", body = RevokedAnswer),
        (status = 202, description = "A second person has to agree", body = ApprovalAnswer),
        (status = 422, description = "A credential is not there, or the legal basis is missing",
            content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn revoke(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonText,
) -> Result<Response, Problem> {
    caller.require(Permission::Revoke)?;
    // The strict reader first: it knows limits, depth and repeated members.
    Json::parse(&body.0, LIMITS)?;
    let body: RevocationBody = serde_json::from_str(&body.0).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail =
            format!("A member is missing, unknown, or of another type, before line {line}, column {column}.");
        Problem::new(ProblemKind::InvalidRecord, detail)
    })?;
    let change = ChangeBody { reason: body.reason, legal_basis: Some(body.legal_basis) };
    let detail = change.detail(Change::Revoke)?;
    let why = Revocation {
        reason: change.reason.word().to_owned(),
        legal_basis: change.legal_basis.unwrap_or_default().trim().to_owned(),
    };
    let now = service.now()?;
    blocking(move || {
        let ids = read_ids(&service, &caller, &body.credentials)?;
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let many = count > service.approvals.alone_max;
        if many || service.approvals.count_alone(&caller, count) == Alone::NeedsSecond {
            let asked = approval::ask_revocation(service.issuer.store(), &caller, why, &ids, now)?;
            let place = [(LOCATION, format!("/v1/approvals/{}", asked.id))];
            return Ok((StatusCode::ACCEPTED, place, axum::Json(shown(&asked))).into_response());
        }
        let mut answer = RevokedAnswer { revoked: 0, already: 0 };
        for ids in ids.chunks(CHANGES_MAX) {
            let change = |cti: &CredentialId| StatusChange {
                cti: *cti,
                change: Change::Revoke,
                note: Note {
                    at: now,
                    who: caller.actor.clone(),
                    act: Act::Revoke,
                    on: cti.to_string(),
                    detail: detail.clone(),
                },
            };
            let changes: Vec<_> = ids.iter().map(change).collect();
            for transition in copies::change_status(service.issuer.store(), &changes)? {
                match transition {
                    Transition::Judged(Outcome { step: Step::To(_), .. }) => {
                        answer.revoked = answer.revoked.saturating_add(1);
                    }
                    // Everything can be revoked, and all were there.
                    Transition::Judged(_) | Transition::Unknown => {
                        answer.already = answer.already.saturating_add(1);
                    }
                }
            }
        }
        metrics::counter!("sanad_status_changes_total", "change" => Change::Revoke.word())
            .increment(answer.revoked);
        Ok(axum::Json(answer).into_response())
    })
    .await
}

/// The ids of credentials that the caller may revoke, each once.
fn read_ids(service: &Service, caller: &Caller, texts: &[String]) -> Result<Vec<CredentialId>, Problem> {
    let mut problem =
        Problem::new(ProblemKind::InvalidRecord, "Nothing was revoked. Correct the list and send it again.");
    if texts.is_empty() || texts.len() > IDS_MAX {
        return Err(problem.at("credentials", format!("{} entries, must be 1 to {IDS_MAX}", texts.len())));
    }
    let mut ids = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let found = parse_cti(text).map(|cti| read_for(service, caller, cti).map(|_| cti));
        let fault = match found {
            Some(Ok(cti)) => {
                ids.push(cti);
                continue;
            }
            Some(Err(other)) if other.kind != ProblemKind::NotFound => return Err(other),
            Some(Err(_)) => "no credential of this issuer that you may see has this id",
            None => "must be 16 hexadecimal digits",
        };
        problem = problem.at(format!("credentials.{place}"), fault);
        if problem.fields.len() >= FAULTS_MAX {
            break;
        }
    }
    if !problem.fields.is_empty() {
        return Err(problem);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
