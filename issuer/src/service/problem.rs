//! What the service says when it does not do what was asked: RFC 9457 problems, all from one closed table.
//!
//! `type` tells programs what happened and never changes; `title` is the same for each type; `detail` tells a person
//! what to do about this occurrence. Members beyond these: `field` and `problem` (what is wrong in the request, in the
//! words of the JSON form), `errors` (the same for several), `cti`, `job`, `approval` (which resource), `retry_after`
//! (seconds, as in the header).
//!
//! Nothing here repeats a value that was sent: a fault carries a place and the rule, so no answer and no log gets a
//! person's data by way of an error. A 5xx says what the client can do and not what broke; the log has the rest.

use std::borrow::Cow;
use std::fmt::Display;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sanad_credential::{CredentialId, Fault, Json, What, printable};
pub use sanad_listener::refusal::MEDIA_TYPE;
use sanad_listener::refusal::{ProblemName, Refusal, RefusalKind, TYPE_PREFIX};

use crate::store::fault::Again;
use crate::store::{PaperId, RecordsFault};

/// Seconds after which a client may try again when the store is away: a restart of PostgreSQL or a promotion of its
/// standby takes about as long.
const RETRY_SECONDS: u32 = 5;

/// Entries of `errors` that are told; a request with more faults is the wrong file.
pub const ERRORS_MAX: usize = 100;

macro_rules! problems {
    ($($kind:ident, $status:ident, $slug:literal, $title:literal;)*) => {
        /// What happened. `docs/problems.md` has the same table, with what to do; a test holds them equal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemKind {
            $(#[doc = $title] $kind,)*
        }

        impl ProblemKind {
            /// The whole table.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name in `type`, in logs and in the documentation.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            /// What all of its occurrences are called.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// Its HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }
        }
    };
}

problems! {
    MalformedRequest, BAD_REQUEST, "malformed-request", "The request cannot be read";
    MalformedJson, BAD_REQUEST, "malformed-json", "The body is not the JSON that is read here";
    InvalidParameter, BAD_REQUEST, "invalid-parameter", "A parameter is unknown, repeated or out of range";
    IdempotencyKeyMissing, BAD_REQUEST, "idempotency-key-missing", "The header Idempotency-Key is missing";
    IdempotencyKeyInvalid, BAD_REQUEST, "idempotency-key-invalid", "The header Idempotency-Key is not one that can be kept";
    Unauthenticated, UNAUTHORIZED, "unauthenticated", "There is no token, or none that counts here";
    TokenExpired, UNAUTHORIZED, "token-expired", "The token is past its time or was withdrawn";
    Forbidden, FORBIDDEN, "forbidden", "The caller's role does not allow this";
    OutsideAreas, FORBIDDEN, "outside-areas", "The caller may not act for this area";
    OutsideDelegation, FORBIDDEN, "outside-delegation", "This lies beyond the caller's delegation";
    ApprovalOwn, FORBIDDEN, "approval-own", "Nobody approves what they asked for themselves";
    NotFound, NOT_FOUND, "not-found", "There is no such resource";
    MethodNotAllowed, METHOD_NOT_ALLOWED, "method-not-allowed", "The resource does not know this method";
    NotAcceptable, NOT_ACCEPTABLE, "not-acceptable", "The resource has none of the accepted forms";
    RequestTimeout, REQUEST_TIMEOUT, "request-timeout", "The request came too slowly";
    IdempotencyKeyReused, CONFLICT, "idempotency-key-reused", "The Idempotency-Key was used for another request";
    RecordExists, CONFLICT, "record-exists", "A credential was issued from this record before";
    StatusConflict, CONFLICT, "status-conflict", "The credential's status does not allow this change";
    ApprovalClosed, CONFLICT, "approval-closed", "The approval is decided, carried out or past its time";
    FormUnavailable, CONFLICT, "form-unavailable", "The credential cannot be given in this form";
    JobConflict, CONFLICT, "job-conflict", "The job is not in a state that allows this";
    Overtaken, CONFLICT, "overtaken", "Somebody else changed it meanwhile";
    BodyTooLarge, PAYLOAD_TOO_LARGE, "body-too-large", "The body is longer than is read here";
    UriTooLong, URI_TOO_LONG, "uri-too-long", "The address is longer than is read here";
    UnsupportedMediaType, UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body has a form that is not read here";
    InvalidRecord, UNPROCESSABLE_ENTITY, "invalid-record", "The record breaks a rule of the format or of the issuer";
    TooManyRequests, TOO_MANY_REQUESTS, "too-many-requests", "The caller sent more than its rate allows";
    HeaderTooLarge, REQUEST_HEADER_FIELDS_TOO_LARGE, "header-too-large", "The headers are longer than is read here";
    Internal, INTERNAL_SERVER_ERROR, "internal", "The service failed; its log says why";
    TooManyConnections, SERVICE_UNAVAILABLE, "too-many-connections", "All connections are taken";
    Busy, SERVICE_UNAVAILABLE, "busy", "The service has more to do than it can take on";
    StoreUnavailable, SERVICE_UNAVAILABLE, "store-unavailable", "The store does not answer";
    NotReady, SERVICE_UNAVAILABLE, "not-ready", "The service is starting, stopping, or lacks something";
    ListsFull, INSUFFICIENT_STORAGE, "lists-full", "All status lists are full";
}

impl ProblemKind {
    /// The URI in `type`.
    pub fn type_uri(self) -> String {
        format!("{TYPE_PREFIX}{}", self.slug())
    }
}

/// One thing that is wrong in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Line of an upload, from 1.
    pub line: Option<u64>,
    /// Place in the words of the JSON form; empty for the whole.
    pub field: String,
    /// The rule it breaks, never the value.
    pub problem: String,
}

/// The resource that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A credential.
    Credential(CredentialId),
    /// A bulk job.
    Job(PaperId),
    /// An approval.
    Approval(PaperId),
}

/// One occurrence of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened.
    pub kind: ProblemKind,
    /// What a person can do about it.
    pub detail: Cow<'static, str>,
    /// What is wrong in the request. One entry is told as `field` and `problem`, several as `errors`.
    pub fields: Vec<FieldProblem>,
    /// Which resource.
    pub about: Option<About>,
    /// Seconds after which the same request may go through.
    pub retry_seconds: Option<u32>,
}

impl Problem {
    /// An occurrence.
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        let retry_seconds = match kind {
            ProblemKind::TooManyConnections | ProblemKind::Busy => Some(1),
            ProblemKind::StoreUnavailable | ProblemKind::NotReady => Some(RETRY_SECONDS),
            _ => None,
        };
        Self { kind, detail: detail.into(), fields: Vec::new(), about: None, retry_seconds }
    }

    /// The same, with the place of the fault in the request.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>, problem: impl Into<String>) -> Self {
        self.fields.push(FieldProblem { line: None, field: field.into(), problem: problem.into() });
        self
    }

    /// The same, about a resource.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = Some(about);
        self
    }

    /// The same, with the time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_seconds = Some(seconds);
        self
    }

    /// A fault of the service. The cause goes into the log; the client learns that there is one.
    pub fn internal(cause: &dyn Display) -> Self {
        tracing::error!(cause = %cause, "a request failed");
        Self::new(ProblemKind::Internal, "Nothing was acknowledged. Ask the operator, with the request's id.")
    }

    /// The JSON form.
    pub fn to_json(&self) -> Json<'static> {
        let text = |text: &str| Json::Text(printable(text).into());
        let mut members = vec![
            ("type".into(), Json::Text(self.kind.type_uri().into())),
            ("title".into(), Json::Text(self.kind.title().into())),
            ("status".into(), Json::Integer(i64::from(self.kind.status().as_u16()))),
            ("detail".into(), text(&self.detail)),
        ];
        match self.fields.as_slice() {
            [] => {}
            [only] if only.line.is_none() => {
                members.push(("field".into(), text(&only.field)));
                members.push(("problem".into(), text(&only.problem)));
            }
            several => {
                let errors = several.iter().take(ERRORS_MAX).map(|error| {
                    let mut members = Vec::with_capacity(3);
                    let line = error.line.and_then(|line| i64::try_from(line).ok());
                    members.extend(line.map(|line| ("line".into(), Json::Integer(line))));
                    members.push(("field".into(), text(&error.field)));
                    members.push(("problem".into(), text(&error.problem)));
                    Json::Object(members)
                });
                members.push(("errors".into(), Json::Array(errors.collect())));
            }
        }
        if let Some(about) = &self.about {
            let (name, id) = match about {
                About::Credential(cti) => ("cti", cti.to_string()),
                About::Job(id) => ("job", id.to_string()),
                About::Approval(id) => ("approval", id.to_string()),
            };
            members.push((name.into(), Json::Text(id.into())));
        }
        if let Some(seconds) = self.retry_seconds {
            members.push(("retry_after".into(), Json::Integer(i64::from(seconds))));
        }
        Json::Object(members)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let mut response = (status, self.to_json().to_string()).into_response();
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: HeaderValue| {
            headers.insert(name, value);
        };
        set(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_seconds {
            set(RETRY_AFTER, HeaderValue::from(seconds));
        }
        // RFC 6750 section 3: without a token no error is named, with a bad one `invalid_token`.
        match self.kind {
            ProblemKind::Unauthenticated => set(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            ProblemKind::TokenExpired => {
                set(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            }
            _ => {}
        }
        // The log and the counters name the problem without reading the body again.
        response.extensions_mut().insert(self.kind);
        response.extensions_mut().insert(ProblemName(self.kind.slug()));
        response
    }
}

/// What the listener refused: the same row of this table.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.kind {
            RefusalKind::MalformedRequest => ProblemKind::MalformedRequest,
            RefusalKind::MalformedJson => ProblemKind::MalformedJson,
            RefusalKind::NotFound => ProblemKind::NotFound,
            RefusalKind::MethodNotAllowed => ProblemKind::MethodNotAllowed,
            RefusalKind::RequestTimeout => ProblemKind::RequestTimeout,
            RefusalKind::BodyTooLarge => ProblemKind::BodyTooLarge,
            RefusalKind::UriTooLong => ProblemKind::UriTooLong,
            RefusalKind::UnsupportedMediaType => ProblemKind::UnsupportedMediaType,
            RefusalKind::HeaderTooLarge => ProblemKind::HeaderTooLarge,
            RefusalKind::Internal => ProblemKind::Internal,
            RefusalKind::TooManyConnections => ProblemKind::TooManyConnections,
            RefusalKind::Busy => ProblemKind::Busy,
        };
        Self::new(kind, refusal.detail)
    }
}

/// What was sent is not what the format allows.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let (place, what) = (fault.place(), fault.what().to_string());
        if matches!(fault.what(), What::Json { .. }) {
            return Self::new(ProblemKind::MalformedJson, what);
        }
        Self::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.").at(place, what)
    }
}

/// The store's faults, told apart by whether trying again helps.
impl From<RecordsFault> for Problem {
    fn from(fault: RecordsFault) -> Self {
        match &fault {
            RecordsFault::Overtaken { .. } => {
                Self::new(ProblemKind::Overtaken, "Read the resource again, then decide again.")
            }
            RecordsFault::Store(_) | RecordsFault::Database { again: Again::Later, .. } => {
                tracing::error!(cause = %fault, "the store failed");
                let detail =
                    "Nothing was acknowledged. Send the same request again, with the same Idempotency-Key.";
                Self::new(ProblemKind::StoreUnavailable, detail)
            }
            RecordsFault::Database { again: Again::Never, .. }
            | RecordsFault::OtherIssuer { .. }
            | RecordsFault::OtherFormat { .. }
            | RecordsFault::Damaged { .. }
            | RecordsFault::NotReserved { .. }
            | RecordsFault::NotKept { .. }
            | RecordsFault::HalfFilled { .. }
            | RecordsFault::Choice { .. }
            | RecordsFault::TooMuch { .. }
            | RecordsFault::NotEmpty { .. }
            | RecordsFault::Time { .. } => Self::internal(&fault),
        }
    }
}

/// For an address that no route has.
pub async fn not_found() -> Problem {
    Problem::new(ProblemKind::NotFound, "The routes are listed in /openapi.json.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slug, status and title of each row of the page, which has a fourth column for people.
    fn rows_of_the_page() -> Vec<(String, String, String)> {
        let page = include_str!("../../../docs/problems.md");
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        rows.map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [slug, status, title, advice] = cells[..] else { panic!("not four cells: {line}") };
            assert!(advice.len() > 10, "no advice: {line}");
            (slug.trim_matches('`').to_owned(), status.to_owned(), title.to_owned())
        })
        .collect()
    }

    #[test]
    fn the_table_and_its_page_are_equal() {
        let kinds = ProblemKind::ALL.iter().map(|kind| {
            (kind.slug().to_owned(), kind.status().as_u16().to_string(), kind.title().to_owned())
        });
        assert_eq!(kinds.collect::<Vec<_>>(), rows_of_the_page());
    }

    #[test]
    fn what_the_listener_refuses_is_the_same_problem_here() {
        for kind in RefusalKind::ALL {
            let refusal = Refusal::new(kind, "text");
            let problem = Problem::from(refusal.clone());
            assert_eq!(problem.to_json().to_string(), refusal.to_json().to_string());
            assert_eq!(problem.kind.status(), kind.status());
        }
    }

    #[test]
    fn no_two_problems_share_a_type() {
        let mut slugs: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        assert!(slugs.iter().all(|slug| slug.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())));
    }

    #[test]
    fn every_problem_is_an_error_with_its_media_type() {
        for kind in ProblemKind::ALL {
            let response = Problem::new(*kind, "text").into_response();
            assert!(response.status().is_client_error() || response.status().is_server_error(), "{kind:?}");
            assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_TYPE);
            assert_eq!(response.extensions().get(), Some(kind));
            let unauthorized = response.status() == StatusCode::UNAUTHORIZED;
            assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), unauthorized, "{kind:?}");
        }
    }

    #[test]
    fn a_fault_tells_its_place_and_not_the_value() {
        let text = r#"{"name": "Wanjiru Invented", "name": 1}"#;
        let fault = Json::parse(text, sanad_credential::CLAIMS_LIMITS).unwrap_err();
        let json = Problem::from(fault).to_json().to_string();
        assert!(!json.contains("Wanjiru"), "{json}");
        let broken = Json::parse("{\"name\": \"Wanjiru", sanad_credential::CLAIMS_LIMITS).unwrap_err();
        let problem = Problem::from(broken);
        assert_eq!(problem.kind, ProblemKind::MalformedJson);
        assert!(problem.detail.contains("line 1"), "{}", problem.detail);
    }

    #[test]
    fn one_fault_is_a_field_and_several_are_errors() {
        let one = Problem::new(ProblemKind::InvalidRecord, "d").at("subject.birth", "must be a day");
        assert_eq!(
            one.to_json().to_string(),
            "{\"type\":\"urn:sanad:problem:invalid-record\",\"title\":\"The record breaks a rule of the format or of \
             the issuer\",\"status\":422,\"detail\":\"d\",\"field\":\"subject.birth\",\"problem\":\"must be a day\"}"
        );
        let two = one.at("subject.sex", "must be M, F, U or N");
        assert!(two.to_json().to_string().contains("\"errors\":[{\"field\":\"subject.birth\""));
    }

    #[test]
    fn a_store_that_is_away_says_when_to_come_back_and_nothing_of_itself() {
        let fault = RecordsFault::Database { problem: "57P01 at db-7.internal".into(), again: Again::Later };
        let response = Problem::from(fault);
        assert_eq!(
            (response.kind, response.retry_seconds),
            (ProblemKind::StoreUnavailable, Some(RETRY_SECONDS))
        );
        assert!(!response.to_json().to_string().contains("db-7"));
    }
}
