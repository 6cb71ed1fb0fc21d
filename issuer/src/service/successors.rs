//! Documents that follow others: renewed for the time after, or issued anew where one was lost or is wrong.
//!
//! Re-issue is free of charge and corrects a name, a birth date or a number of the household, nothing else: another right
//! is another credential. The old document is superseded in the commit that keeps the new one, so that at no moment both
//! count or neither does. Renewal leaves the old document alone; it runs out by itself.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sanad_credential::{Claims, CredentialId, Json, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::credentials::{IssuedAnswer, Wish, read_for, read_record, sign};
use super::extract::JsonText;
use super::problem::{About, Problem, ProblemKind};
use super::requests::{Cti, blocking, idempotency_key};
use super::state::Service;
use crate::audit::Act;
use crate::register::Record;
use crate::role::Permission;
use crate::store::{IdempotencyKey, Query, Request, is_in_force};

/// What the issuer sets on every document.
const SET_BY_ISSUER: [&str; 5] = ["iss", "cti", "iat", "status", "cnf"];

/// Why a document is issued anew.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReissueReason {
    /// It is lost.
    Lost,
    /// It was stolen.
    Stolen,
    /// It cannot be read any more.
    Damaged,
    /// It says something wrong about the person.
    Correction,
}

impl ReissueReason {
    fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Damaged => "damaged",
            Self::Correction => "correction",
        }
    }
}

/// Members of `subject` that a re-issue may correct.
const CORRECTED: [&str; 5] = ["name", "native_names", "birth", "sex", "household"];

/// A re-issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; the strict JSON reader reads it")]
pub struct Reissue {
    /// Why.
    reason: ReissueReason,
    /// What is corrected: members of `subject`, among them name, native_names, birth, sex and household.
    #[schema(value_type = Option<Object>)]
    correction: Option<serde_json::Value>,
}

/// Re-issue a lost or wrong credential, free of charge.
#[utoipa::path(
    post, path = "/v1/credentials/{cti}/reissue", tag = "credentials",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "The credential that is replaced"),
        ("Idempotency-Key" = String, Header, description = "1 to 64 printable ASCII characters")),
    request_body(content = Reissue, example = json!({"reason": "correction", "correction": {"birth": "1987"}})),
    responses((status = 201, description = "Issued; the old one is superseded", body = IssuedAnswer),
        (status = 200, description = "The same request was carried out before", body = IssuedAnswer),
        (status = 409, description = "The old one cannot be replaced", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn reissue(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    headers: HeaderMap,
    body: JsonText,
) -> Result<Response, Problem> {
    caller.require(Permission::Reissue)?;
    let key = idempotency_key(&headers)?;
    let old = old_document(&service, &caller, cti, Judged::InTheCommit).await?;
    let json = body.parse()?;
    let mut object = json.object()?;
    let reason = object.required("reason")?.text()?;
    let reason: ReissueReason = serde_json::from_value(serde_json::Value::String(reason.to_owned()))
        .map_err(|_| wrong("reason", "must be lost, stolen, damaged or correction"))?;
    let correction = object.optional("correction").map(Json::members).transpose()?.unwrap_or_default();
    object.finish()?;
    if let Some((name, _)) = correction.iter().find(|(name, _)| !CORRECTED.contains(&name.as_ref())) {
        let name = sanad_credential::printable(name);
        let field = format!("correction.{name}");
        return Err(wrong(field, "a re-issue corrects the person only; another right is another credential"));
    }
    let mut members = record_members(&old.to_json());
    for (name, value) in &mut members {
        if name == "subject"
            && let Json::Object(subject) = value
        {
            merge(subject, correction);
        }
    }
    members.retain(|(name, _)| name != "replaces");
    members.push(("replaces".into(), Json::Text(cti.to_string().into())));
    let record = read_record(&service, Json::Object(members))?;
    // A phone that was lost or stolen holds the key: what replaces it is for paper, until a new phone asks.
    let record = match reason {
        ReissueReason::Correction => keep_phone(&service, record, &old)?,
        ReissueReason::Lost | ReissueReason::Stolen | ReissueReason::Damaged => record,
    };
    let request = Some(Request::new(caller.actor.clone(), key, &keyed(cti, "reissue", &body)));
    let detail = format!("reason={} replaces={cti}", reason.word());
    sign(&service, &caller, Wish { record, supersedes: Some(cti), request, act: Act::Reissue, detail }).await
}

/// Renew a credential for the time after it.
#[utoipa::path(
    post, path = "/v1/credentials/{cti}/renew", tag = "credentials",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "The credential that is renewed; it runs out by itself"),
        ("Idempotency-Key" = String, Header, description = "1 to 64 printable ASCII characters")),
    request_body(content = Object, description = "Members of the record that are new: start, end, paid_through, exp and so on",
        example = json!({"start": "2027-01-01", "end": "2027-12-31"})),
    responses((status = 201, description = "Issued", body = IssuedAnswer),
        (status = 200, description = "The same request was carried out before", body = IssuedAnswer),
        (status = 409, description = "The old one is revoked or superseded", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn renew(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    headers: HeaderMap,
    body: JsonText,
) -> Result<Response, Problem> {
    caller.require(Permission::Renew)?;
    let key = idempotency_key(&headers)?;
    let old = old_document(&service, &caller, cti, Judged::Unless(&key)).await?;
    let json = body.parse()?;
    let changes = json.members()?;
    if let Some((name, _)) = changes.iter().find(|(name, _)| name == "subject" || name == "type") {
        return Err(wrong(name.to_string(), "a renewal is for the same person and right; re-issue corrects"));
    }
    if changes.iter().any(|(name, _)| name == "replaces") {
        return Err(wrong("replaces", "is set by a re-issue; a renewal replaces nothing"));
    }
    let mut members = record_members(&old.to_json());
    // The old validity and the old replacement are not those of the new document.
    members.retain(|(name, _)| name != "exp" && name != "replaces");
    merge(&mut members, changes);
    let record = keep_phone(&service, read_record(&service, Json::Object(members))?, &old)?;
    let request = Some(Request::new(caller.actor.clone(), key, &keyed(cti, "renew", &body)));
    let detail = format!("after={cti}");
    sign(&service, &caller, Wish { record, supersedes: None, request, act: Act::Renew, detail }).await
}

/// Where it is decided whether a document may be followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judged<'a> {
    /// Before anything is signed, unless a request with this key was carried out before: then the store answers as
    /// [`Judged::InTheCommit`] says.
    Unless(&'a IdempotencyKey),
    /// By the store, which first looks whether the request was carried out before: its answer stays the same, whatever
    /// became of the old document since.
    InTheCommit,
}

/// The document that is followed.
async fn old_document(
    service: &Arc<Service>,
    caller: &Caller,
    cti: CredentialId,
    judged: Judged<'_>,
) -> Result<Claims, Problem> {
    let (service, caller) = (Arc::clone(service), caller.clone());
    let unless = match judged {
        Judged::Unless(key) => Some(Query::Request(caller.actor.clone(), key.clone())),
        Judged::InTheCommit => None,
    };
    blocking(move || {
        let (held, claims) = read_for(&service, &caller, cti)?;
        let may_be_followed = is_in_force(held.status) || held.status == Status::Superseded;
        if let Some(carried_out) = unless.filter(|_| !may_be_followed)
            && service.issuer.store().find(&carried_out, None, 1)?.is_empty()
        {
            let detail = format!("The credential is {}.", held.status.word());
            return Err(Problem::new(ProblemKind::StatusConflict, detail).about(About::Credential(cti)));
        }
        Ok(claims)
    })
    .await
}

/// What follows a phone credential is for the same phone, unless another one asks.
fn keep_phone(service: &Service, record: Record, old: &Claims) -> Result<Record, Problem> {
    let holder = record.holder.or(old.holder_key);
    record
        .bound_to(service.issuer.config.record.iss(), holder)
        .map_err(|_| wrong("holder_request", "cannot be bound to this record"))
}

fn keyed(cti: CredentialId, act: &str, body: &JsonText) -> Vec<u8> {
    [act.as_bytes(), &cti.0, body.as_bytes()].concat()
}

type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// The record of a document: its claims without what the issuer sets.
fn record_members<'a>(claims: &Json<'a>) -> Members<'a> {
    let Json::Object(members) = claims else { return Vec::new() };
    members.iter().filter(|(name, _)| !SET_BY_ISSUER.contains(&name.as_ref())).cloned().collect()
}

/// Puts members in the place of those with the same name; null takes one away.
fn merge<'a>(members: &mut Members<'a>, changes: &[(Cow<'a, str>, Json<'a>)]) {
    for (name, value) in changes {
        members.retain(|(known, _)| known != name);
        if *value != Json::Null {
            members.push((name.clone(), value.clone()));
        }
    }
}

fn wrong(field: impl Into<String>, problem: &'static str) -> Problem {
    Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
        .at(field, problem)
}
