//! API tokens over the service: listed, made, withdrawn.
//!
//! A token is shown in one answer, the one that makes it, and never again. Who makes one gives it no more than they have.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use std::sync::Arc;

use axum::Json as JsonAnswer;
use axum::extract::State;
use axum::http::StatusCode;
use sanad_credential::{Area, DelegationId, Set, UnixTime};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Reach};
use super::extract::{JsonText, Segment};
use super::problem::{Problem, ProblemKind};
use super::requests::{Parameters, blocking};
use super::state::Service;
use crate::role::{Permission, Role, Roles};
use crate::token::{self, DAYS, Label, Maker, Order, Token, TokenFault, TokenId};

/// Entries of a page, when the caller does not say.
const PAGE: usize = 50;

/// Most entries of a page.
const PAGE_ANSWER_MAX: usize = 200;

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenAnswer {
    /// Its id, 8 hexadecimal digits: the first part of the token itself.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// registrar, approver, revoker, auditor, administrator.
    pub roles: Vec<&'static str>,
    /// Where it may act; wherever the issuer may when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub areas: Option<Vec<String>>,
    /// The delegation under which it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegation: Option<String>,
    /// good, withdrawn or expired.
    pub standing: &'static str,
    /// When it was made.
    pub created: String,
    /// When it ends.
    pub expires: String,
    /// Who made it.
    pub maker: String,
}

/// A page of tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenPage {
    /// The tokens, in the order of their ids.
    pub tokens: Vec<TokenAnswer>,
    /// Where the next page starts; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub struct MadeAnswer {
    /// What it may do.
    #[serde(flatten)]
    pub made: TokenAnswer,
    /// The token. This is the only answer that has it.
    pub token: String,
}

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    /// What it is for: a device, an office, a system; not a person. 1 to 64 characters.
    pub label: String,
    /// registrar, approver, revoker, auditor, administrator; none that the caller does not have.
    #[schema(min_items = 1)]
    pub roles: Vec<String>,
    /// Where it may act: none that is not the caller's. Left out, wherever the issuer may, which is for callers without
    /// areas.
    pub areas: Option<Vec<String>>,
    /// The delegation under which it acts; the role is registrar then, and nothing else.
    pub delegation: Option<String>,
    /// For how many days.
    #[schema(minimum = 1, maximum = 400, default = 90)]
    pub days: Option<u32>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageOfTokens {
    /// `next` of the page before.
    pub after: Option<String>,
    /// Entries, 1 to 200; 50 when left out.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

fn shown(token: &Token, now: UnixTime) -> TokenAnswer {
    TokenAnswer {
        id: token.id.to_string(),
        label: token.label.to_string(),
        roles: token.roles.iter().map(Role::word).collect(),
        areas: match &token.reach {
            Reach::Everywhere => None,
            Reach::Within(areas) => Some(areas.iter().map(ToString::to_string).collect()),
        },
        delegation: token.delegation.as_ref().map(ToString::to_string),
        standing: token.standing(now).word(),
        created: token.created.to_string(),
        expires: token.expires.to_string(),
        maker: token.maker.to_string(),
    }
}

fn wrong(field: &'static str, problem: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
        .at(field, problem)
}

impl TokenBody {
    fn order(&self) -> Result<Order, Problem> {
        let roles = self.roles.iter().map(|word| Role::from_word(word)).collect::<Result<Vec<_>, _>>();
        let reach = match &self.areas {
            None => Reach::Everywhere,
            Some(areas) => {
                let areas = areas.iter().map(|area| Area::new(area)).collect::<Result<Vec<_>, _>>();
                let areas =
                    areas.and_then(Set::new).map_err(|fault| wrong("areas", fault.what().to_string()));
                Reach::Within(areas?)
            }
        };
        let delegation = self.delegation.as_deref().map(DelegationId::new).transpose();
        Ok(Order {
            label: Label::new(&self.label).map_err(|fault| wrong("label", fault.to_string()))?,
            roles: Roles::new(roles.map_err(|fault| wrong("roles", fault.to_string()))?),
            reach,
            delegation: delegation.map_err(|fault| wrong("delegation", fault.what().to_string()))?,
            days: self.days.unwrap_or(DAYS),
        })
    }
}

/// The place of a fault is told apart from its text, which begins with it.
impl From<TokenFault> for Problem {
    fn from(fault: TokenFault) -> Self {
        let text = fault.to_string();
        let (field, rule) = text.split_once(": ").unwrap_or(("", text.as_str()));
        let kind = match fault {
            TokenFault::NoRole
            | TokenFault::Days { .. }
            | TokenFault::Time(_)
            | TokenFault::DelegateRole(_)
            | TokenFault::NoDelegation(_) => ProblemKind::InvalidRecord,
            TokenFault::MoreRoles(_) => ProblemKind::Forbidden,
            TokenFault::MoreReach(_) => ProblemKind::OutsideAreas,
            TokenFault::Unknown(_) => return no_token(),
            TokenFault::Contended(_) => {
                return Self::new(ProblemKind::Overtaken, "Read the resource again, then decide again.");
            }
            TokenFault::Records(fault) => return fault.into(),
            TokenFault::Randomness(fault) => return Self::internal(&fault),
        };
        Self::new(kind, "Correct the field and send the request again.").at(field, rule)
    }
}

fn no_token() -> Problem {
    Problem::new(ProblemKind::NotFound, "No token that you may see has this id.")
}

/// List the API tokens: what they may do, without secrets.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "tokens", params(PageOfTokens),
    responses((status = 200, description = "A page of tokens", body = TokenPage),
        (status = 403, description = "Not an administrator", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Parameters(page): Parameters<PageOfTokens>,
) -> Result<JsonAnswer<TokenPage>, Problem> {
    caller.require(Permission::ManageTokens)?;
    let invalid = |field: &'static str, problem: &'static str| {
        Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at(field, problem)
    };
    let after = page.after.as_deref().map(TokenId::from_hex).transpose();
    let after = after.map_err(|_| invalid("after", "must be next of the page before"))?;
    let limit = page.limit.unwrap_or(PAGE);
    if !(1..=PAGE_ANSWER_MAX).contains(&limit) {
        return Err(invalid("limit", "must be 1 to 200"));
    }
    let now = service.now()?;
    blocking(move || {
        let found = token::list(service.issuer.store(), Maker::Caller(&caller), after, limit)?;
        let next = found.last().filter(|_| found.len() == limit).map(|last| last.id.to_string());
        Ok(JsonAnswer(TokenPage { tokens: found.iter().map(|token| shown(token, now)).collect(), next }))
    })
    .await
}

/// Make an API token. The answer shows it, once.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "tokens",
    request_body(content = TokenBody, example = json!({"label": "county office, desk 2", "roles": ["registrar"], "areas": ["KE-30"], "days": 90})),
    responses((status = 201, description = "Made, and on the disk", body = MadeAnswer),
        (status = 403, description = "More roles or areas than the caller has", content_type = "application/problem+json"),
        (status = 422, description = "What is asked for breaks a rule", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn create(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonText,
) -> Result<(StatusCode, JsonAnswer<MadeAnswer>), Problem> {
    caller.require(Permission::ManageTokens)?;
    let order = body.read::<TokenBody>()?.order()?;
    let now = service.now()?;
    blocking(move || {
        let made = token::create(service.issuer.store(), &order, Maker::Caller(&caller), now)?;
        let answer = MadeAnswer { made: shown(&made.token, now), token: made.expose().to_string() };
        Ok((StatusCode::CREATED, JsonAnswer(answer)))
    })
    .await
}

/// Withdraw an API token. Here it stops at once, in other replicas within a second.
#[utoipa::path(
    post, path = "/v1/tokens/{id}/withdraw", tag = "tokens",
    params(("id" = String, Path, description = "8 hexadecimal digits")),
    responses((status = 200, description = "It does not count any more", body = TokenAnswer),
        (status = 404, description = "No such token", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn withdraw(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<JsonAnswer<TokenAnswer>, Problem> {
    caller.require(Permission::ManageTokens)?;
    let id = TokenId::from_hex(&id).map_err(|_| no_token())?;
    let now = service.now()?;
    blocking(move || {
        token::withdraw(service.issuer.store(), id, Maker::Caller(&caller), now)?;
        service.access.forget(id);
        let token = token::stored(service.issuer.store(), id)?.ok_or_else(no_token)?;
        Ok(JsonAnswer(shown(&token, now)))
    })
    .await
}
