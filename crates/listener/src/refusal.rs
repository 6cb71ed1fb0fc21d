//! What the listener itself refuses, as RFC 9457 problems: the part of the table that every service has.
//!
//! A service has a closed table of its own, in which these rows stand with the same name, status and title; it turns a
//! [`Refusal`] into its own problem where it adds something. Nothing here repeats a value that was sent.

use std::borrow::Cow;
use std::fmt::Display;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sanad_credential::{Json, printable};

/// Media type of a problem (RFC 9457 section 6.1).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What stands before the slug in a `type`.
pub const TYPE_PREFIX: &str = "urn:sanad:problem:";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request cannot be read.
    MalformedRequest,
    /// The body is no JSON text.
    MalformedJson,
    /// No such resource.
    NotFound,
    /// The resource does not know the method.
    MethodNotAllowed,
    /// The request came too slowly.
    RequestTimeout,
    /// The body is too long.
    BodyTooLarge,
    /// The address is too long.
    UriTooLong,
    /// The body has another form.
    UnsupportedMediaType,
    /// The headers are too long.
    HeaderTooLarge,
    /// The service failed.
    Internal,
    /// All connections are taken.
    TooManyConnections,
    /// More to do than it can take on.
    Busy,
}

impl RefusalKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::MalformedRequest,
        Self::MalformedJson,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::BodyTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::HeaderTooLarge,
        Self::Internal,
        Self::TooManyConnections,
        Self::Busy,
    ];

    /// Name in `type` and in logs.
    pub const fn slug(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.row().1
    }

    /// What all of its occurrences are called.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    const fn row(self) -> (&'static str, StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::MalformedRequest => ("malformed-request", S::BAD_REQUEST, "The request cannot be read"),
            Self::MalformedJson => {
                ("malformed-json", S::BAD_REQUEST, "The body is not the JSON that is read here")
            }
            Self::NotFound => ("not-found", S::NOT_FOUND, "There is no such resource"),
            Self::MethodNotAllowed => {
                ("method-not-allowed", S::METHOD_NOT_ALLOWED, "The resource does not know this method")
            }
            Self::RequestTimeout => ("request-timeout", S::REQUEST_TIMEOUT, "The request came too slowly"),
            Self::BodyTooLarge => {
                ("body-too-large", S::PAYLOAD_TOO_LARGE, "The body is longer than is read here")
            }
            Self::UriTooLong => ("uri-too-long", S::URI_TOO_LONG, "The address is longer than is read here"),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                "The body has a form that is not read here",
            ),
            Self::HeaderTooLarge => (
                "header-too-large",
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The headers are longer than is read here",
            ),
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, "The service failed; its log says why"),
            Self::TooManyConnections => {
                ("too-many-connections", S::SERVICE_UNAVAILABLE, "All connections are taken")
            }
            Self::Busy => ("busy", S::SERVICE_UNAVAILABLE, "The service has more to do than it can take on"),
        }
    }
}

/// One occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What happened.
    pub kind: RefusalKind,
    /// What a person can do about it.
    pub detail: Cow<'static, str>,
}

/// Name of the problem in an answer, as an extension of it: log and counters need not read the body again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemName(pub &'static str);

impl Refusal {
    /// An occurrence.
    pub fn new(kind: RefusalKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A fault of the service. The cause goes into the log; the client learns that there is one.
    pub fn internal(cause: &dyn Display) -> Self {
        tracing::error!(cause = %cause, "a request failed");
        Self::new(RefusalKind::Internal, "Nothing was acknowledged. Ask the operator, with the request's id.")
    }

    /// Seconds after which the same request may go through.
    pub fn retry_seconds(&self) -> Option<u32> {
        matches!(self.kind, RefusalKind::TooManyConnections | RefusalKind::Busy).then_some(1)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Json<'static> {
        let mut members = vec![
            ("type".into(), Json::Text(format!("{TYPE_PREFIX}{}", self.kind.slug()).into())),
            ("title".into(), Json::Text(self.kind.title().into())),
            ("status".into(), Json::Integer(i64::from(self.kind.status().as_u16()))),
            ("detail".into(), Json::Text(printable(&self.detail).into())),
        ];
        members.extend(
            self.retry_seconds().map(|seconds| ("retry_after".into(), Json::Integer(seconds.into()))),
        );
        Json::Object(members)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.kind.status(), self.to_json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(ProblemName(self.kind.slug()));
        response
    }
}

/// For an address that no route has.
pub async fn not_found() -> Refusal {
    Refusal::new(RefusalKind::NotFound, "The routes are listed in /openapi.json.")
}

/// For a route that has other methods; the header `Allow` names them.
pub async fn method_not_allowed() -> Refusal {
    Refusal::new(RefusalKind::MethodNotAllowed, "The header Allow names the methods of this resource.")
}
