//! The VC-API of the issuer: `/credentials/issue` and `/credentials/status`, for software that speaks it.
//!
//! What is issued here is an entitlement like any other: it goes through the same rules, gets a number in the same status
//! lists, stands in the same store, has a paper form. So a credential must be one that the mapping table holds without
//! loss (docs/openvc.md); what the issuer sets (`id`, `validFrom`, `credentialStatus`, the subject's key) is left out.
//! Refused is everything else, as a whole: nothing is dropped and nothing is signed in part.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json as JsonAnswer;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sanad_credential::{CLAIMS_LIMITS, CredentialId, Json, UnixTime};
use sanad_openvc::{Profile, STATUS_PURPOSES, Suite, from_credential, to_credential, validate_credential};
use serde_json::{Map, Value, json};

use super::answer::{Refused, finish, read, take_object};
use super::forms::{form_problem, suite};
use crate::audit::{Act, Note};
use crate::copies;
use crate::issue::check_record;
use crate::register::Record;
use crate::role::Permission;
use crate::service::caller::Caller;
use crate::service::credentials::{Outcome, Wish, fill, read_for, read_record};
use crate::service::problem::{About, Problem, ProblemKind};
use crate::service::requests::{blocking, idempotency_key, no_credential, parse_cti};
use crate::service::state::Service;
use crate::service::status_changes::{ChangeBody, Reason};
use crate::status::act_of;
use crate::store::{Request as Keyed, StatusChange, Transition};
use crate::transition::{Change, Step};

/// What the issuer sets, and a client leaves out.
const SET_BY_ISSUER: [&str; 4] = ["id", "validFrom", "credentialStatus", "proof"];

/// Members of claims that the issuer sets.
const CLAIMS_SET_BY_ISSUER: [&str; 5] = ["iss", "cti", "iat", "status", "cnf"];

/// Issue an entitlement that comes as a W3C credential.
#[utoipa::path(
    post, path = "/credentials/issue", tag = "open standards",
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeats have one credential")),
    request_body(content = Object, description = "`credential`, and `options` with `cryptosuite`"),
    responses((status = 201, description = "`verifiableCredential`: what was sent, with id, status and proof", body = Object),
        (status = 400, description = "Not a credential of this issuer's form", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn issue(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refused> {
    caller.require(Permission::Issue)?;
    let key = headers.contains_key("idempotency-key").then(|| idempotency_key(&headers)).transpose()?;
    let mut body = read(request).await?;
    let digest = Value::Object(body.clone()).to_string();
    let credential = take_object(&mut body, "credential")?;
    let suite = read_options(&mut body)?;
    finish(&body)?;
    let now = service.now()?;
    let record = record_of(&service, credential, now)?;
    let request = key.map(|key| Keyed::new(caller.actor.clone(), key, digest.as_bytes()));
    let wish = Wish { record, supersedes: None, request, act: Act::Issue, detail: String::new() };
    let Outcome { claims, .. } = fill(&service, &caller, wish).await?;
    let signed = blocking(move || {
        let signed = service.issuer.as_credential(&claims, suite, now);
        signed.map_err(|fault| form_problem(&claims, &fault))
    });
    let answer = json!({"verifiableCredential": signed.await?});
    Ok((StatusCode::CREATED, JsonAnswer(answer)).into_response())
}

/// The suite that `options` ask for.
fn read_options(body: &mut Map<String, Value>) -> Result<Suite, Refused> {
    let mut options = match body.remove("options") {
        None => Map::new(),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(Refused::member("options", "must be an object")),
    };
    let unknown = || Refused::member("options.cryptosuite", "must be eddsa-rdfc-2022 or eddsa-jcs-2022");
    let name = match options.remove("cryptosuite") {
        None => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err(unknown()),
    };
    finish(&options)?;
    suite(name.as_deref()).ok_or_else(unknown)
}

/// The record of a credential, if it says nothing that a record cannot hold.
fn record_of(
    service: &Service,
    mut credential: Map<String, Value>,
    now: UnixTime,
) -> Result<Record, Refused> {
    let config = &service.issuer.config;
    let identity = service
        .issuer
        .identity()
        .map_err(|fault| Problem::new(ProblemKind::FormUnavailable, format!("{fault}.")))?;
    validate_credential(&credential, Profile::Production)?;
    if credential.get("issuer").and_then(Value::as_str) != Some(identity.did.as_str()) {
        return Err(Refused::member("issuer", "must be the DID of this issuer, as a text"));
    }
    if let Some(name) = SET_BY_ISSUER.iter().find(|name| credential.contains_key(**name)) {
        return Err(Refused::member(name, "is set by the issuer; leave it out"));
    }
    let subject = credential.get("credentialSubject").cloned().unwrap_or_default();
    if subject.get("id").is_some() {
        let detail = "is set by the issuer; a holder's key is bound with its proof, over OpenID4VCI";
        return Err(Refused::member("credentialSubject.id", detail));
    }
    let has_end = credential.contains_key("validUntil");
    // What the issuer will set, with stand-ins: the table wants a whole credential.
    credential
        .insert("id".into(), format!("urn:sanad:credential:{}:0000000000000000", config.record.iss()).into());
    credential.insert("validFrom".into(), now.to_string().into());
    if !has_end {
        let end = config.default_exp(now).map_err(|fault| Refused::from(sanad_openvc::Fault::from(fault)))?;
        credential.insert("validUntil".into(), end.to_string().into());
    }
    credential.insert("credentialStatus".into(), stand_in_status(service)?);
    let claims = from_credential(&credential)?;
    let text = claims.to_json().to_string();
    let json = Json::parse(&text, CLAIMS_LIMITS).map_err(Problem::from)?;
    let Json::Object(members) = json else { return Err(Refused::member("credential", "must be an object")) };
    let left_out = |name: &str| CLAIMS_SET_BY_ISSUER.contains(&name) || (name == "exp" && !has_end);
    let members: Vec<(Cow<'_, str>, Json<'_>)> =
        members.into_iter().filter(|(name, _)| !left_out(name)).collect();
    if members.iter().any(|(name, _)| name == "replaces") {
        return Err(Refused::member("credentialSubject.entitlement.replaces", "is set by a re-issue"));
    }
    let record = read_record(service, Json::Object(members))?;
    let signed = check_record(config, &record, now).map_err(|fault| {
        let row = fault.at_line(&record, Vec::new());
        Refused::member(&row.field, row.problem)
    })?;
    if to_credential(&signed, &identity.did).get("credentialSubject") != Some(&subject) {
        return Err(Refused::member("credentialSubject", "has another form than the one that is signed"));
    }
    Ok(record)
}

/// A place in the lists that the document will not have.
fn stand_in_status(service: &Service) -> Result<Value, Problem> {
    let uri = service.issuer.config.status_uri(0)?;
    let entry = |(purpose, suffix): (&str, &str)| {
        json!({
            "type": "BitstringStatusListEntry", "statusPurpose": purpose, "statusListIndex": "0",
            "statusListCredential": format!("{uri}{suffix}"),
        })
    };
    Ok(STATUS_PURPOSES.map(entry).to_vec().into())
}

/// Change the status of a credential.
#[utoipa::path(
    post, path = "/credentials/status", tag = "open standards",
    request_body(content = Object, description = "`credentialId`, `credentialStatus` with `type` BitstringStatusListEntry and \
        `statusPurpose` revocation or suspension, `status` true or false; and why, as everywhere here: `reason`, and \
        `legal_basis` for a revocation"),
    responses((status = 200, description = "Changed, and on the disk", body = Object),
        (status = 400, description = "Not such a change", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn status(
    State(service): State<Arc<Service>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refused> {
    let mut body = read(request).await?;
    let id = take_text(&mut body, "credentialId")?;
    let (purpose, is_set) = read_status(&mut body)?;
    let change = match (purpose, is_set) {
        (Purpose::Suspension, true) => Change::Suspend,
        (Purpose::Suspension, false) => Change::Resume,
        (Purpose::Revocation, true) => Change::Revoke,
        (Purpose::Revocation, false) => {
            return Err(Refused::member("status", "what is revoked stays revoked"));
        }
    };
    let permission = match change {
        Change::Suspend => Permission::Suspend,
        Change::Resume => Permission::Resume,
        Change::Revoke | Change::Supersede => Permission::Revoke,
    };
    caller.require(permission)?;
    let detail = read_reason(&mut body)?.detail(change)?;
    finish(&body)?;
    let prefix = format!("urn:sanad:credential:{}:", service.issuer.config.record.iss());
    let cti = id.strip_prefix(&prefix).and_then(parse_cti);
    let cti = cti.ok_or_else(|| Refused::member("credentialId", "names no credential of this issuer"))?;
    if change == Change::Revoke {
        super::super::status_changes::alone(&service, &caller)?;
    }
    let now = service.now()?;
    let answer = blocking(move || carry_out(&service, &caller, cti, change, detail, now)).await?;
    Ok(JsonAnswer(answer).into_response())
}

fn carry_out(
    service: &Service,
    caller: &Caller,
    cti: CredentialId,
    change: Change,
    detail: String,
    now: UnixTime,
) -> Result<Value, Problem> {
    let (_, claims) = read_for(service, caller, cti)?;
    caller.require_area(&claims.right, &service.issuer.config.record)?;
    let note = Note { at: now, who: caller.actor.clone(), act: act_of(change), on: cti.to_string(), detail };
    let changed = copies::change_status(service.issuer.store(), &[StatusChange { cti, change, note }])?;
    let status = match changed.first() {
        Some(Transition::Judged(outcome)) => match outcome.step {
            Step::To(to) => to,
            Step::Already => outcome.from,
            Step::Refuse => {
                let detail = format!("The credential is {}.", outcome.from.word());
                return Err(Problem::new(ProblemKind::StatusConflict, detail).about(About::Credential(cti)));
            }
        },
        Some(Transition::Unknown) | None => return Err(no_credential()),
    };
    Ok(json!({"credentialId": format!("urn:sanad:credential:{}:{cti}", claims.iss), "status": status.word()}))
}

/// What a bit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Revocation,
    Suspension,
}

/// `credentialStatus` and `status`.
pub(super) fn read_status(body: &mut Map<String, Value>) -> Result<(Purpose, bool), Refused> {
    let place = |name: &str| format!("credentialStatus.{name}");
    let mut entry = take_object(body, "credentialStatus")?;
    let text = |entry: &mut Map<String, Value>, name: &str| match entry.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Refused::member(&place(name), "must be a text")),
    };
    if text(&mut entry, "type")? != "BitstringStatusListEntry" {
        return Err(Refused::member(&place("type"), "must be BitstringStatusListEntry"));
    }
    let purpose = match text(&mut entry, "statusPurpose")?.as_str() {
        "revocation" => Purpose::Revocation,
        "suspension" => Purpose::Suspension,
        _ => return Err(Refused::member(&place("statusPurpose"), "must be revocation or suspension")),
    };
    // Clients may send the whole entry; which one it is says the credential.
    for name in ["id", "statusListIndex", "statusListCredential"] {
        entry.remove(name);
    }
    finish(&entry)?;
    match body.remove("status") {
        Some(Value::Bool(is_set)) => Ok((purpose, is_set)),
        _ => Err(Refused::member("status", "must be true or false")),
    }
}

pub(super) fn take_text(body: &mut Map<String, Value>, name: &str) -> Result<String, Refused> {
    match body.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Refused::member(name, "must be a text")),
        None => Err(Refused::member(name, "is missing")),
    }
}

fn read_reason(body: &mut Map<String, Value>) -> Result<ChangeBody, Refused> {
    let reason = take_text(body, "reason")?;
    let reason: Reason = serde_json::from_value(Value::String(reason))
        .map_err(|_| Refused::member("reason", "is none of the reasons that /openapi.json lists"))?;
    let legal_basis = body.remove("legal_basis").map(|basis| match basis {
        Value::String(basis) => Ok(basis),
        _ => Err(Refused::member("legal_basis", "must be a text")),
    });
    Ok(ChangeBody { reason, legal_basis: legal_basis.transpose()? })
}
