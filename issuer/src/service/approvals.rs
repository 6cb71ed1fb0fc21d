//! Requests that wait for a second person, over the service: listed, read, approved, declined; and the request for a change
//! of keys. Bulk revocations are asked for in [`super::revocations`].

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use std::sync::Arc;

use axum::Json as JsonAnswer;
use axum::extract::State;
use axum::http::StatusCode;
use sanad_credential::UnixTime;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::extract::{JsonText, Segment};
use super::problem::{About, Problem, ProblemKind};
use super::rates::DailyQuota;
use super::requests::{Parameters, blocking};
use super::state::{Service, now};
use crate::approval::runner::{Runner, Terms};
use crate::approval::{self, Approval, ApprovalFault, Asked, Decision, KeyChange, State as Standing};
use crate::issue::Issuer;
use crate::role::Permission;
use crate::store::PaperId;

/// Entries of a page, when the caller does not say.
const PAGE: usize = 50;

/// Most entries of a page.
const PAGE_ANSWER_MAX: usize = 200;

/// What the service has for four eyes.
pub struct Approvals {
    runner: Runner,
    /// Most documents that one person revokes alone, at once and in a day.
    pub alone_max: u64,
    alone: DailyQuota,
}

impl Approvals {
    /// Starts to carry out what is approved.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(issuer: Arc<Issuer>, replica: String, alone_max: u64) -> std::io::Result<Self> {
        let alone = DailyQuota::new(u32::try_from(alone_max).unwrap_or(u32::MAX));
        Ok(Self { runner: Runner::start(Terms { issuer, name: replica, now })?, alone_max, alone })
    }

    /// Something was approved.
    pub fn wake(&self) {
        self.runner.wake();
    }

    /// Stops after the step that is being done.
    pub fn close(self) {
        self.runner.close();
    }

    /// Counts documents that a caller revokes alone; whether it may. One by one, nobody revokes in a day more than at once.
    pub fn count_alone(&self, caller: &Caller, documents: u64) -> Alone {
        let documents = u32::try_from(documents).unwrap_or(u32::MAX);
        if self.alone.take(&caller.origin, documents) { Alone::May } else { Alone::NeedsSecond }
    }
}

/// Whether a caller may do something alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// It may.
    May,
    /// It needs a second person.
    NeedsSecond,
}

/// A request for approval.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalAnswer {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: Standing,
    /// revoke or change-keys.
    pub act: &'static str,
    /// Why documents are revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The law, rule or decision it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// How many documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many of them are revoked now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// The change of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Who asks.
    pub asked_by: String,
    /// Since when.
    pub asked_at: String,
    /// Until when somebody can decide.
    pub expires: String,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalPage {
    /// The requests, the oldest first.
    pub approvals: Vec<ApprovalAnswer>,
    /// Where the next page starts; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Documents of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalDocuments {
    /// Their ids.
    pub credentials: Vec<String>,
    /// `from` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageOfApprovals {
    /// `next` of the page before.
    pub after: Option<String>,
    /// Entries, 1 to 200; 50 when left out.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromDocument {
    /// `next` of the page before; 0 when left out.
    pub from: Option<u64>,
}

/// A change of keys.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChangeBody {
    /// In the words of `sanad-issuer keys`: `rotate credential`.
    pub change: String,
}

pub(super) fn shown(approval: &Approval) -> ApprovalAnswer {
    let (act, reason, legal_basis, count, change) = match &approval.asked {
        Asked::Revoke { why, count, .. } => {
            ("revoke", Some(why.reason.clone()), Some(why.legal_basis.clone()), Some(*count), None)
        }
        Asked::ChangeKeys { change } => ("change-keys", None, None, None, Some(change.to_string())),
    };
    let time = |time: Option<UnixTime>| time.map(|time| time.to_string());
    ApprovalAnswer {
        id: approval.id.to_string(),
        state: approval.state,
        act,
        reason,
        legal_basis,
        count,
        done: count.map(|_| approval.done),
        change,
        asked_by: approval.asked_by.to_string(),
        asked_at: approval.asked_at.to_string(),
        expires: approval.expires.to_string(),
        decided_by: approval.decided_by.as_ref().map(ToString::to_string),
        decided_at: time(approval.decided),
        finished_at: time(approval.finished),
        fault: approval.fault.clone(),
    }
}

impl From<ApprovalFault> for Problem {
    fn from(fault: ApprovalFault) -> Self {
        match fault {
            ApprovalFault::Unknown => no_approval(),
            ApprovalFault::Own => Self::new(ProblemKind::ApprovalOwn, format!("{fault}.")),
            ApprovalFault::Closed(_) | ApprovalFault::OtherAct { .. } => {
                Self::new(ProblemKind::ApprovalClosed, format!("{fault}."))
            }
            ApprovalFault::Count { .. } => {
                Self::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
                    .at("credentials", fault.to_string())
            }
            ApprovalFault::Denied(denied) => denied.into(),
            ApprovalFault::Time(fault) => Self::internal(&fault),
            ApprovalFault::Records(fault) => fault.into(),
            ApprovalFault::Randomness(fault) => Self::internal(&fault),
        }
    }
}

fn no_approval() -> Problem {
    Problem::new(ProblemKind::NotFound, "No approval that you may see has this id.")
}

fn parse_id(text: &str) -> Result<PaperId, Problem> {
    PaperId::new(text).map_err(|_| no_approval())
}

/// List what waits for a second person, and what became of it.
#[utoipa::path(
    get, path = "/v1/approvals", tag = "approvals", params(PageOfApprovals),
    responses((status = 200, description = "A page of requests", body = ApprovalPage)),
    security(("bearer" = []))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Parameters(page): Parameters<PageOfApprovals>,
) -> Result<JsonAnswer<ApprovalPage>, Problem> {
    caller.require(Permission::ReadApprovals)?;
    let invalid = |field: &'static str, problem: &'static str| {
        Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at(field, problem)
    };
    let after = page.after.as_deref().map(PaperId::new).transpose();
    let after = after.map_err(|_| invalid("after", "must be next of the page before"))?;
    let limit = page.limit.unwrap_or(PAGE);
    if !(1..=PAGE_ANSWER_MAX).contains(&limit) {
        return Err(invalid("limit", "must be 1 to 200"));
    }
    let now = service.now()?;
    blocking(move || {
        let found = approval::list(service.issuer.store(), &caller, after.as_ref(), limit, now)?;
        let next = found.last().filter(|_| found.len() == limit).map(|last| last.id.to_string());
        Ok(JsonAnswer(ApprovalPage { approvals: found.iter().map(shown).collect(), next }))
    })
    .await
}

/// Read a request.
#[utoipa::path(
    get, path = "/v1/approvals/{id}", tag = "approvals", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The request", body = ApprovalAnswer),
        (status = 404, description = "No such request", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn get(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<JsonAnswer<ApprovalAnswer>, Problem> {
    caller.require(Permission::ReadApprovals)?;
    let (id, now) = (parse_id(&id)?, service.now()?);
    blocking(move || {
        let found = approval::read(service.issuer.store(), &caller, &id, now)?;
        Ok(JsonAnswer(shown(&found)))
    })
    .await
}

/// List the documents that a request is about, while it is not over.
#[utoipa::path(
    get, path = "/v1/approvals/{id}/credentials", tag = "approvals",
    params(("id" = String, Path, description = "Its id"), FromDocument),
    responses((status = 200, description = "A page of ids", body = ApprovalDocuments),
        (status = 404, description = "No such request", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn documents(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
    Parameters(page): Parameters<FromDocument>,
) -> Result<JsonAnswer<ApprovalDocuments>, Problem> {
    caller.require(Permission::ReadApprovals)?;
    let (id, from) = (parse_id(&id)?, page.from.unwrap_or(0));
    blocking(move || {
        let found = approval::documents(service.issuer.store(), &caller, &id, from)?;
        let end = from.saturating_add(u64::try_from(found.credentials.len()).unwrap_or(u64::MAX));
        let next = (!found.credentials.is_empty() && end < found.count).then_some(end);
        let found = found.credentials;
        Ok(JsonAnswer(ApprovalDocuments {
            credentials: found.iter().map(ToString::to_string).collect(),
            next,
        }))
    })
    .await
}

/// Agree to a request. It is carried out next, once.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/approve", tag = "approvals",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Approved, and on the disk", body = ApprovalAnswer),
        (status = 403, description = "Not an approver, or who asked", content_type = "application/problem+json"),
        (status = 404, description = "No such request", content_type = "application/problem+json"),
        (status = 409, description = "It is decided or past its time", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn approve(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<JsonAnswer<ApprovalAnswer>, Problem> {
    decide(service, caller, &id, Decision::Approve).await
}

/// Decline a request.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/decline", tag = "approvals",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Declined, and on the disk", body = ApprovalAnswer),
        (status = 403, description = "Not an approver, or who asked", content_type = "application/problem+json"),
        (status = 404, description = "No such request", content_type = "application/problem+json"),
        (status = 409, description = "It is decided or past its time", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn decline(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<JsonAnswer<ApprovalAnswer>, Problem> {
    decide(service, caller, &id, Decision::Decline).await
}

async fn decide(
    service: Arc<Service>,
    caller: Caller,
    id: &str,
    decision: Decision,
) -> Result<JsonAnswer<ApprovalAnswer>, Problem> {
    caller.require(Permission::Approve)?;
    let (id, now) = (parse_id(id)?, service.now()?);
    blocking(move || {
        let decided = approval::decide(service.issuer.store(), &caller, &id, decision, now);
        let decided = decided.map_err(|fault| Problem::from(fault).about(About::Approval(id)))?;
        service.approvals.wake();
        Ok(JsonAnswer(shown(&decided)))
    })
    .await
}

/// Ask for a change of keys. When somebody has agreed to it, `sanad-issuer keys` makes it, at the machine.
#[utoipa::path(
    post, path = "/v1/key-changes", tag = "approvals",
    request_body(content = KeyChangeBody, example = json!({"change": "rotate credential"})),
    responses((status = 202, description = "Asked for, and on the disk", body = ApprovalAnswer),
        (status = 403, description = "Not an administrator", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn ask_key_change(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonText,
) -> Result<(StatusCode, JsonAnswer<ApprovalAnswer>), Problem> {
    caller.require(Permission::ManageKeys)?;
    let change = KeyChange::new(&body.read::<KeyChangeBody>()?.change).map_err(|fault| {
        Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
            .at("change", fault.to_string())
    })?;
    let now = service.now()?;
    blocking(move || {
        let asked = approval::ask_key_change(service.issuer.store(), &caller, change, now)?;
        Ok((StatusCode::ACCEPTED, JsonAnswer(shown(&asked))))
    })
    .await
}
