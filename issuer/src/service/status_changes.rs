//! Suspend, resume, revoke: one credential at a time.
//!
//! Each change names its reason from a closed list; a revocation also names its legal basis, since it takes something from
//! a person who may ask why. Both stand in the audit log.

use std::sync::Arc;

use axum::Json as JsonAnswer;
use axum::extract::State;
use sanad_credential::{CredentialId, printable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::approvals::Alone;
use super::caller::Caller;
use super::credentials::read_for;
use super::extract::JsonText;
use super::problem::{About, Problem, ProblemKind};
use super::requests::{Cti, blocking, no_credential};
use super::state::Service;
use crate::audit::Note;
use crate::copies;
use crate::role::Permission;
use crate::status::act_of;
use crate::store::{StatusChange, Transition};
use crate::transition::{Change, Outcome, Step};

/// Longest legal basis, in characters.
const LEGAL_BASIS_MAX: usize = 200;

/// Why the status of a credential changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The card is lost.
    Lost,
    /// The card was stolen.
    Stolen,
    /// It was issued by mistake.
    Error,
    /// It was obtained by deceit.
    Fraud,
    /// The person has died.
    Death,
    /// The person has left the scheme.
    LeftScheme,
    /// The person asked for it.
    HolderRequest,
    /// A court or authority ordered it.
    Order,
    /// It is being looked into.
    Investigation,
    /// What it was looked into for did not hold.
    Cleared,
    /// The card was found again.
    Found,
}

impl Reason {
    /// The word in requests and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Error => "error",
            Self::Fraud => "fraud",
            Self::Death => "death",
            Self::LeftScheme => "left-scheme",
            Self::HolderRequest => "holder-request",
            Self::Order => "order",
            Self::Investigation => "investigation",
            Self::Cleared => "cleared",
            Self::Found => "found",
        }
    }
}

/// A change of status.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// Why.
    pub reason: Reason,
    /// The law, rule or decision it rests on; required for a revocation. It names no person.
    pub legal_basis: Option<String>,
}

impl ChangeBody {
    /// What the log says.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidRecord`], where a revocation has no legal basis or one is too long.
    pub fn detail(&self, change: Change) -> Result<String, Problem> {
        let wrong = |problem: &'static str| {
            Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
                .at("legal_basis", problem)
        };
        let reason = self.reason.word();
        match self.legal_basis.as_deref().map(str::trim) {
            None | Some("") if change == Change::Revoke => {
                Err(wrong("a revocation names the law, rule or decision it rests on"))
            }
            None | Some("") => Ok(format!("reason={reason}")),
            Some(basis) if basis.chars().count() > LEGAL_BASIS_MAX => {
                Err(wrong("must have at most 200 characters"))
            }
            Some(basis) => Ok(format!("reason={reason} basis={}", printable(basis))),
        }
    }
}

/// What became of a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeAnswer {
    /// The credential.
    pub cti: String,
    /// Its status before.
    pub from: &'static str,
    /// Its status now.
    pub status: &'static str,
}

/// Suspend a credential until it is resumed.
#[utoipa::path(
    post, path = "/v1/credentials/{cti}/suspend", tag = "status",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits")),
    request_body(content = ChangeBody, example = json!({"reason": "lost"})),
    responses((status = 200, description = "Suspended, and on the disk", body = ChangeAnswer),
        (status = 409, description = "Its status does not allow it", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn suspend(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    body: JsonText,
) -> Result<JsonAnswer<ChangeAnswer>, Problem> {
    caller.require(Permission::Suspend)?;
    change(service, caller, cti, Change::Suspend, body).await
}

/// Resume a suspended credential.
#[utoipa::path(
    post, path = "/v1/credentials/{cti}/resume", tag = "status",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits")),
    request_body(content = ChangeBody, example = json!({"reason": "found"})),
    responses((status = 200, description = "Valid again, and on the disk", body = ChangeAnswer),
        (status = 409, description = "Its status does not allow it", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn resume(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    body: JsonText,
) -> Result<JsonAnswer<ChangeAnswer>, Problem> {
    caller.require(Permission::Resume)?;
    change(service, caller, cti, Change::Resume, body).await
}

/// Revoke a credential; this cannot be undone.
#[utoipa::path(
    post, path = "/v1/credentials/{cti}/revoke", tag = "status",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits")),
    request_body(content = ChangeBody, example = json!({"reason": "error", "legal_basis": "SHI Act 2023, s. 27"})),
    responses((status = 200, description = "Revoked, and on the disk", body = ChangeAnswer),
        (status = 422, description = "The legal basis is missing", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn revoke(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    body: JsonText,
) -> Result<JsonAnswer<ChangeAnswer>, Problem> {
    caller.require(Permission::Revoke)?;
    alone(&service, &caller)?;
    change(service, caller, cti, Change::Revoke, body).await
}

/// Counts a revocation that needs no second person.
///
/// # Errors
/// [`ProblemKind::Forbidden`], where it needs one.
pub(super) fn alone(service: &Service, caller: &Caller) -> Result<(), Problem> {
    if service.approvals.count_alone(caller, 1) == Alone::NeedsSecond {
        let detail = "This caller revoked as many today as one person may alone. POST /v1/revocations asks for a second.";
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    Ok(())
}

async fn change(
    service: Arc<Service>,
    caller: Caller,
    cti: CredentialId,
    change: Change,
    body: JsonText,
) -> Result<JsonAnswer<ChangeAnswer>, Problem> {
    let detail = body.read::<ChangeBody>()?.detail(change)?;
    let now = service.now()?;
    blocking(move || {
        let (_, claims) = read_for(&service, &caller, cti)?;
        caller.require_area(&claims.right, &service.issuer.config.record)?;
        let note =
            Note { at: now, who: caller.actor.clone(), act: act_of(change), on: cti.to_string(), detail };
        let transitions =
            copies::change_status(service.issuer.store(), &[StatusChange { cti, change, note }])?;
        match transitions.first() {
            Some(Transition::Judged(Outcome { from, step: Step::To(to) })) => {
                metrics::counter!("sanad_status_changes_total", "change" => change.word()).increment(1);
                Ok(JsonAnswer(ChangeAnswer { cti: cti.to_string(), from: from.word(), status: to.word() }))
            }
            Some(Transition::Judged(Outcome { from, step: Step::Already })) => {
                Ok(JsonAnswer(ChangeAnswer { cti: cti.to_string(), from: from.word(), status: from.word() }))
            }
            Some(Transition::Judged(Outcome { from, step: Step::Refuse })) => {
                let detail = format!("The credential is {}; it cannot be {}.", from.word(), past(change));
                Err(Problem::new(ProblemKind::StatusConflict, detail).about(About::Credential(cti)))
            }
            Some(Transition::Unknown) | None => Err(no_credential()),
        }
    })
    .await
}

fn past(change: Change) -> &'static str {
    match change {
        Change::Suspend => "suspended",
        Change::Resume => "resumed",
        Change::Revoke => "revoked",
        Change::Supersede => "superseded",
    }
}
