//! Credentials: issued, read, listed and searched, drawn.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

mod refusal;

use std::sync::Arc;

use axum::Json as JsonAnswer;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Claims, CredentialId, DelegationId, QrText, RightType, Sealed, Status, UnixTime};
use sanad_qr::ModulePixels;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::refusal::{desk_problem, not_kept, unsignable};
use super::caller::{Caller, Sight};
use super::desk::{Filled, Order, Signed};
use super::extract::JsonText;
use super::problem::{Problem, ProblemKind};
use super::requests::{Cti, Parameters, blocking, idempotency_key, no_credential, parse_cti};
use super::state::Service;
use crate::audit::Act;
use crate::copies::owed::{self, Owed};
use crate::day_total::{self, DayFault, Reserved};
use crate::issue::check_record;
use crate::permutation::Sequence;
use crate::register::{Record, parse_record};
use crate::role::Permission;
use crate::scheme::FactsFault;
use crate::store::{self, Cursor, Held, Issued, Kept, NameForm, PAGE_MAX, Query, Request};

/// Entries of a page, when the caller does not say.
const PAGE: usize = 50;

/// Most entries of a page.
const PAGE_ANSWER_MAX: usize = 200;

/// Pixels of a module, when the caller does not say: what `sanad-issuer issue` draws.
const MODULE_PIXELS: u8 = 8;

/// Documents that are looked at for one page, where filters or areas hide most of them.
const LOOKED_AT_MAX: usize = 4_000;

/// A credential as it was issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedAnswer {
    /// Its id, 16 hexadecimal digits.
    pub cti: String,
    /// Its type.
    #[serde(rename = "type")]
    pub right_type: &'static str,
    /// valid, suspended, revoked or superseded.
    pub status: &'static str,
    /// When it was signed.
    pub issued_at: String,
    /// When it expires.
    pub expires_at: String,
    /// The text of its QR code.
    pub qr: String,
}

/// A credential with what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialAnswer {
    /// What it is.
    #[serde(flatten)]
    pub issued: IssuedAnswer,
    /// What it says, in the JSON form of claims.
    #[schema(value_type = Object)]
    pub claims: serde_json::Value,
}

/// A page of credentials.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialPage {
    /// The credentials, in the order in which they were signed, or of names where a name was asked for.
    pub credentials: Vec<CredentialAnswer>,
    /// Where the next page starts; absent at the end. A page may be short, or empty, and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Issue one credential.
#[utoipa::path(
    post, path = "/v1/credentials", tag = "credentials",
    request_body(content = Object, description = "The record: the JSON form of claims without what the issuer sets",
        example = json!({"type": "coverage", "subject": {"number": "INV-000001", "name": "Wanjiru Invented", "birth": "1987"},
            "product": "SHIF", "rulebook": 1, "functions": ["medical_care", "maternity"],
            "start": "2026-01-01", "end": "2026-12-31", "copay_class": 1, "territory": ["KE"]})),
    params(("Idempotency-Key" = String, Header, description = "1 to 64 printable ASCII characters, chosen by the client")),
    responses((status = 201, description = "Issued, and on the disk", body = IssuedAnswer),
        (status = 200, description = "The same request was carried out before; this is its credential", body = IssuedAnswer),
        (status = "4XX", description = "A problem of RFC 9457", content_type = "application/problem+json"),
        (status = "5XX", description = "A problem of RFC 9457", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn issue(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonText,
) -> Result<Response, Problem> {
    caller.require(Permission::Issue)?;
    let key = idempotency_key(&headers)?;
    let json = body.parse()?;
    if json.members()?.iter().any(|(name, _)| name == "replaces") {
        // Beside the areas, this would let an officer say of anybody's credential that it does not count any more.
        let problem = "is set by a re-issue, which supersedes the old credential in the same commit";
        return Err(Problem::new(
            ProblemKind::InvalidRecord,
            "Correct the field and send the request again.",
        )
        .at("replaces", problem));
    }
    let record = read_record(&service, json)?;
    let request = Some(Request::new(caller.actor.clone(), key, body.as_bytes()));
    let wish = Wish { record, supersedes: None, request, act: Act::Issue, detail: String::new() };
    sign(&service, &caller, wish).await
}

/// Reads a record in its JSON form.
///
/// # Errors
/// [`ProblemKind::InvalidRecord`].
pub(super) fn read_record(service: &Service, json: sanad_credential::Json<'_>) -> Result<Record, Problem> {
    parse_record(service.issuer.config.record.iss(), json).map_err(|FactsFault { field, problem }| {
        Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
            .at(field, problem)
    })
}

/// What a handler wants signed.
pub(super) struct Wish {
    pub(super) record: Record,
    pub(super) supersedes: Option<CredentialId>,
    pub(super) request: Option<Request>,
    pub(super) act: Act,
    pub(super) detail: String,
}

/// Has a record signed, within what the caller may.
///
/// # Errors
/// [`Problem`].
pub(super) async fn sign(service: &Arc<Service>, caller: &Caller, wish: Wish) -> Result<Response, Problem> {
    let Outcome { issued, claims, status, known } = fill(service, caller, wish).await?;
    let code = if known { StatusCode::OK } else { StatusCode::CREATED };
    Ok(created(&issued_answer(&issued, &claims, status)?, code))
}

/// What a wish came to.
pub(super) struct Outcome {
    pub(super) issued: Issued,
    pub(super) claims: Claims,
    pub(super) status: Status,
    /// The same request was carried out before.
    pub(super) known: bool,
}

/// Has a record signed, within what the caller may.
///
/// # Errors
/// [`Problem`].
pub(super) async fn fill(service: &Arc<Service>, caller: &Caller, wish: Wish) -> Result<Outcome, Problem> {
    let now = service.now()?;
    let config = &service.issuer.config;
    let claims = check_record(config, &wish.record, now).map_err(|fault| unsignable(&wish.record, &fault))?;
    caller.require_issue(&claims, &config.record)?;
    let reserved = reserve(service, caller, &wish.record, claims).await?;
    let Wish { record, supersedes, request, act, detail } = wish;
    let (about, record_for_faults) = (supersedes, record.clone());
    let order = Order { record, supersedes, request, who: caller.actor.clone(), act, detail, now };
    let owed = owe(service, caller, supersedes, now).await?;
    let filled = service.desk.fill(order).await;
    if let (Some(reserved), Ok(Filled::Not(_)) | Err(_)) = (reserved, &filled) {
        let service = Arc::clone(service);
        blocking(move || Ok(day_total::release(service.issuer.store(), &reserved)?)).await?;
    }
    match filled {
        Ok(Filled::Signed(signed)) => {
            metrics::counter!("sanad_documents_signed_total", "by" => "request").increment(1);
            follow_superseded(service, caller, supersedes, owed, now).await?;
            let Signed { issued, claims } = *signed;
            Ok(Outcome { issued, claims, status: Status::Valid, known: false })
        }
        Ok(Filled::Not(Kept::SameRequest { cti })) => {
            let service = Arc::clone(service);
            follow_superseded(&service, caller, supersedes, owed, now).await?;
            let (held, claims) = blocking(move || read(&service, cti)).await?;
            Ok(Outcome { issued: held.issued, claims, status: held.status, known: true })
        }
        Ok(Filled::Not(kept)) => {
            // Nothing was replaced: nothing is owed any more.
            follow_superseded(service, caller, supersedes, owed, now).await?;
            Err(not_kept(kept, about))
        }
        Err(fault) => Err(desk_problem(&record_for_faults, fault)),
    }
}

/// Reserves the money of a document in its day, where a delegate has it signed.
async fn reserve(
    service: &Arc<Service>,
    caller: &Caller,
    record: &Record,
    claims: Claims,
) -> Result<Option<Reserved>, Problem> {
    let Some(delegate) = caller.delegate.clone() else { return Ok(None) };
    let (service, of_record) = (Arc::clone(service), Query::Record(record.digest));
    blocking(move || {
        // What is signed already is only answered again: it counts once.
        if !service.issuer.store().find(&of_record, None, 1)?.is_empty() {
            return Ok(None);
        }
        day_total::reserve(service.issuer.store(), &delegate, &claims).map_err(|fault| match fault {
            DayFault::Denied(denied) => denied.into(),
            DayFault::Records(fault) => fault.into(),
        })
    })
    .await
}

/// What wallets have copies of is about to be replaced: they must follow, also after a kill in between.
async fn owe(
    service: &Arc<Service>,
    caller: &Caller,
    supersedes: Option<CredentialId>,
    now: UnixTime,
) -> Result<Option<Owed>, Problem> {
    let Some(cti) = supersedes else { return Ok(None) };
    let (service, who) = (Arc::clone(service), caller.actor.clone());
    blocking(move || {
        let store = service.issuer.store();
        let owed = Owed::new(cti, &who, now).map_err(|fault| Problem::internal(&fault))?;
        store.write_papers(&[owed.write()?], &[])?;
        Ok(Some(owed))
    })
    .await
}

/// The copies that wallets have of a document that was replaced go with it.
async fn follow_superseded(
    service: &Arc<Service>,
    caller: &Caller,
    supersedes: Option<CredentialId>,
    owed: Option<Owed>,
    now: UnixTime,
) -> Result<(), Problem> {
    let (Some(cti), Some(owed)) = (supersedes, owed) else { return Ok(()) };
    let (service, who) = (Arc::clone(service), caller.actor.clone());
    blocking(move || {
        owed::follow(service.issuer.store(), cti, &who, now)?;
        Ok(owed.settled(service.issuer.store())?)
    })
    .await
}

fn created(answer: &IssuedAnswer, status: StatusCode) -> Response {
    let location = HeaderValue::from_str(&format!("/v1/credentials/{}", answer.cti));
    let mut response = (status, JsonAnswer(answer)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// What is answered of a credential.
///
/// # Errors
/// [`ProblemKind::Internal`] for a document that fits into no symbol.
pub(super) fn issued_answer(
    issued: &Issued,
    claims: &Claims,
    status: Status,
) -> Result<IssuedAnswer, Problem> {
    let qr = QrText::from_document(&issued.document).map_err(|fault| Problem::internal(&fault))?;
    Ok(IssuedAnswer {
        cti: issued.cti.to_string(),
        right_type: claims.right.right_type().word(),
        status: status.word(),
        issued_at: claims.iat.to_string(),
        expires_at: claims.exp.to_string(),
        qr: qr.as_str().to_owned(),
    })
}

/// A document of the store and what it says. Its signature was tested when it was made, and may be of a key that does not
/// count any more.
///
/// # Errors
/// [`ProblemKind::NotFound`].
pub(super) fn read(service: &Service, cti: CredentialId) -> Result<(Held, Claims), Problem> {
    let held = store::held(service.issuer.store.as_ref(), cti)?.ok_or_else(no_credential)?;
    let claims = claims_of(&held.issued)?;
    Ok((held, claims))
}

/// As [`read`], for those that may see it.
///
/// # Errors
/// [`ProblemKind::NotFound`].
pub(super) fn read_for(
    service: &Service,
    caller: &Caller,
    cti: CredentialId,
) -> Result<(Held, Claims), Problem> {
    let (held, claims) = read(service, cti)?;
    match caller.sees(&claims.right, &service.issuer.config.record) {
        Sight::Seen => Ok((held, claims)),
        Sight::Hidden => Err(no_credential()),
    }
}

pub(super) fn claims_of(issued: &Issued) -> Result<Claims, Problem> {
    let unverified = Sealed::parse(&issued.document).and_then(|sealed| sealed.unverified_entitlement());
    match unverified {
        Ok(unverified) => Ok(unverified.look().clone()),
        Err(fault) => Err(Problem::internal(&fault)),
    }
}

/// What is answered of a credential that is read.
///
/// # Errors
/// [`ProblemKind::Internal`].
pub(super) fn full_answer(held: &Held, claims: &Claims) -> Result<CredentialAnswer, Problem> {
    let issued = issued_answer(&held.issued, claims, held.status)?;
    let claims = serde_json::to_value(claims.to_json()).map_err(|fault| Problem::internal(&fault))?;
    Ok(CredentialAnswer { issued, claims })
}

/// Read one credential.
#[utoipa::path(
    get, path = "/v1/credentials/{cti}", tag = "credentials",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits")),
    responses((status = 200, description = "The credential", body = CredentialAnswer),
        (status = 404, description = "No such credential", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn get(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
) -> Result<JsonAnswer<CredentialAnswer>, Problem> {
    caller.require(Permission::Read)?;
    blocking(move || {
        let (held, claims) = read_for(&service, &caller, cti)?;
        Ok(JsonAnswer(full_answer(&held, &claims)?))
    })
    .await
}

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Member number, whole.
    number: Option<String>,
    /// Start of a name, in any case, with or without accents; at least two characters.
    name: Option<String>,
    /// Delegation id, whole.
    delegation: Option<String>,
    /// membership, coverage, contribution, benefit, cross_border or delegation.
    #[serde(rename = "type")]
    right_type: Option<String>,
    /// valid, suspended, revoked or superseded.
    status: Option<String>,
    /// Entries of the page, 1 to 200; 50 when left out.
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
}

/// List and search credentials.
#[utoipa::path(
    get, path = "/v1/credentials", tag = "credentials", params(Search),
    responses((status = 200, description = "A page", body = CredentialPage),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Parameters(search): Parameters<Search>,
) -> Result<JsonAnswer<CredentialPage>, Problem> {
    caller.require(Permission::Search)?;
    let sought = Sought::of(search)?;
    blocking(move || sought.page(&service, &caller).map(JsonAnswer)).await
}

struct Sought {
    query: Query,
    right_type: Option<RightType>,
    status: Option<Status>,
    limit: usize,
    after: Option<Cursor>,
}

impl Sought {
    fn of(search: Search) -> Result<Self, Problem> {
        let wrong = |name: &'static str, problem: &'static str| {
            Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at(name, problem)
        };
        let query = match (search.number, search.name, search.delegation) {
            (None, None, None) => Query::All,
            (Some(number), None, None) if (1..=96).contains(&number.len()) && !number.contains('\0') => {
                Query::Number(number)
            }
            (Some(_), None, None) => return Err(wrong("number", "must have 1 to 24 characters")),
            (None, Some(name), None) => {
                let form = NameForm::of(&name);
                if form.as_str().chars().count() < 2 {
                    return Err(wrong("name", "must have at least two letters"));
                }
                Query::Name(form)
            }
            (None, None, Some(id)) => Query::Delegation(
                DelegationId::new(&id).map_err(|_| wrong("delegation", "is no id of a delegation"))?,
            ),
            _ => return Err(wrong("number", "only one of number, name and delegation at a time")),
        };
        let right_type = search.right_type.map(|word| RightType::from_word(&word)).transpose();
        let status = search
            .status
            .map(|word| Status::ALL.iter().copied().find(|status| status.word() == word).ok_or(()));
        let limit = search.limit.unwrap_or(PAGE);
        if !(1..=PAGE_ANSWER_MAX).contains(&limit) {
            return Err(wrong("limit", "must be 1 to 200"));
        }
        let after = search.cursor.map(|text| read_cursor(&text, &query)).map(|cursor| {
            cursor.ok_or_else(|| wrong("cursor", "must be `next` of an answer to the same search"))
        });
        Ok(Self {
            query,
            right_type: right_type.map_err(|_| wrong("type", "is no type of credential"))?,
            status: status.transpose().map_err(|()| wrong("status", "is no status"))?,
            limit,
            after: after.transpose()?,
        })
    }

    fn page(&self, service: &Service, caller: &Caller) -> Result<CredentialPage, Problem> {
        let (mut credentials, mut after, mut looked_at) = (Vec::new(), self.after.clone(), 0_usize);
        let per_read = if self.right_type.is_some() || self.status.is_some() { PAGE_MAX } else { self.limit };
        loop {
            let found = service.issuer.store.find(&self.query, after.as_ref(), per_read)?;
            let is_last = found.len() < per_read;
            for held in found {
                looked_at = looked_at.saturating_add(1);
                after = Some(held.cursor.clone());
                let is_wanted = self.status.is_none_or(|status| status == held.status);
                if !is_wanted {
                    continue;
                }
                let claims = claims_of(&held.issued)?;
                let is_wanted = self.right_type.is_none_or(|wanted| wanted == claims.right.right_type());
                let sight = caller.sees(&claims.right, &service.issuer.config.record);
                if is_wanted && sight == Sight::Seen {
                    credentials.push(full_answer(&held, &claims)?);
                }
                if credentials.len() >= self.limit {
                    return Ok(CredentialPage { credentials, next: after.as_ref().map(write_cursor) });
                }
            }
            if is_last {
                return Ok(CredentialPage { credentials, next: None });
            }
            if looked_at >= LOOKED_AT_MAX {
                return Ok(CredentialPage { credentials, next: after.as_ref().map(write_cursor) });
            }
        }
    }
}

/// A place in a list: the number of the document, and the form of the name where names are looked for.
fn write_cursor(cursor: &Cursor) -> String {
    let name = cursor.name.as_ref().map(NameForm::as_str).unwrap_or_default();
    URL_SAFE_NO_PAD.encode([&cursor.sequence.0.to_be_bytes()[..], name.as_bytes()].concat())
}

fn read_cursor(text: &str, query: &Query) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() <= 128)?;
    let (sequence, name) = bytes.split_first_chunk::<8>()?;
    let name = String::from_utf8(name.to_vec()).ok()?;
    let sequence = Sequence(u64::from_be_bytes(*sequence));
    match query {
        Query::Name(sought) => {
            let name = NameForm::of(&name);
            name.as_str().starts_with(sought.as_str()).then_some(Cursor { name: Some(name), sequence })
        }
        _ => name.is_empty().then_some(Cursor { name: None, sequence }),
    }
}

/// How a symbol is drawn.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Drawing {
    /// Pixels of a module in a PNG, 2 to 40; 8 when left out.
    module: Option<u8>,
}

/// Draw the QR code of a credential.
#[utoipa::path(
    get, path = "/v1/credentials/{cti}/{form}", tag = "credentials",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits"),
        ("form" = String, Path, pattern = "^qr[.](txt|svg|png)$", description = "qr.txt, qr.svg or qr.png"), Drawing),
    responses((status = 200, description = "The text or the picture, read back before it is answered",
            content((String = "text/plain"), (String = "image/svg+xml"), (Vec<u8> = "image/png"))),
        (status = 404, description = "No such credential", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn qr(
    State(service): State<Arc<Service>>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    Parameters(drawing): Parameters<Drawing>,
) -> Result<Response, Problem> {
    caller.require(Permission::Read)?;
    let Path((cti, form)) = path.map_err(|_| no_credential())?;
    let cti = parse_cti(&cti).ok_or_else(no_credential)?;
    let form = match form.as_str() {
        "qr.txt" => QrForm::Text,
        "qr.svg" => QrForm::Svg,
        "qr.png" => QrForm::Png,
        _ => return Err(super::problem::not_found().await),
    };
    let module = ModulePixels::new(drawing.module.unwrap_or(MODULE_PIXELS)).map_err(|fault| {
        Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at("module", fault.to_string())
    })?;
    blocking(move || {
        let (held, _) = read_for(&service, &caller, cti)?;
        let finished =
            service.issuer.draw(&held.issued, module).map_err(|fault| Problem::internal(&fault))?;
        let (media_type, content) = match form {
            QrForm::Text => ("text/plain; charset=utf-8", finished.text.as_str().as_bytes().to_vec()),
            QrForm::Svg => ("image/svg+xml", finished.svg.into_bytes()),
            QrForm::Png => ("image/png", finished.png),
        };
        let mut response = content.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    })
    .await
}

#[derive(Clone, Copy)]
enum QrForm {
    Text,
    Svg,
    Png,
}

/// Times in answers.
pub(super) fn time(seconds: u64) -> String {
    UnixTime::new(seconds).map(|time| time.to_string()).unwrap_or_default()
}
