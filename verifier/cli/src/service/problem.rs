//! What the service says when it does not do what was asked: RFC 9457 problems, from one closed table; the rows of the
//! listener ([`sanad_listener::refusal`]) stand beside it.
//!
//! What is wrong with a document of the open standards has the types that the standards name ([`refused`]). Nothing here
//! repeats a value that was sent: a fault carries a place and the rule.

use std::borrow::Cow;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sanad_listener::refusal::{MEDIA_TYPE, ProblemName, Refusal, RefusalKind, TYPE_PREFIX};
use sanad_openvc::Fault;
use serde_json::{Map, Value, json};

/// What happened. `docs/desk.md` has the same table; a test holds them equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The question of the desk cannot be asked.
    InvalidQuestion,
    /// No token, or not this one.
    Unauthenticated,
    /// No such request, or its time is over.
    NoRequest,
    /// It was answered, or fetched under another state.
    RequestClosed,
    /// No pack that may be used.
    NotReady,
    /// As many requests as there may be.
    TooManyRequests,
}

impl ProblemKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InvalidQuestion,
        Self::Unauthenticated,
        Self::NoRequest,
        Self::RequestClosed,
        Self::NotReady,
        Self::TooManyRequests,
    ];

    /// Name in `type`, status, title.
    pub const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::InvalidQuestion => {
                ("invalid-question", StatusCode::BAD_REQUEST, "The question cannot be asked")
            }
            Self::Unauthenticated => {
                ("unauthenticated", StatusCode::UNAUTHORIZED, "There is no token, or none that counts here")
            }
            Self::NoRequest => ("no-request", StatusCode::NOT_FOUND, "There is no such request, or no more"),
            Self::RequestClosed => {
                ("request-closed", StatusCode::CONFLICT, "The request was answered before")
            }
            Self::NotReady => {
                ("not-ready", StatusCode::SERVICE_UNAVAILABLE, "The service has no pack that it may use")
            }
            Self::TooManyRequests => {
                ("too-many-requests", StatusCode::SERVICE_UNAVAILABLE, "As many requests are open as may be")
            }
        }
    }
}

/// One occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened.
    pub kind: ProblemKind,
    /// What a person can do about it.
    pub detail: Cow<'static, str>,
    /// Where in the request.
    pub field: Option<String>,
}

impl Problem {
    /// An occurrence.
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), field: None }
    }

    /// At a member of the request.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (slug, status, title) = self.kind.row();
        let mut body = json!({
            "type": format!("{TYPE_PREFIX}{slug}"),
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail,
        });
        if let (Value::Object(members), Some(field)) = (&mut body, self.field) {
            members.insert("field".into(), sanad_credential::printable(&field).into());
        }
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(5_u32));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(ProblemName(slug));
        response
    }
}

/// What is wrong with a document of the open standards: 400, in the form that verifiers of VC-API answer with.
pub fn refused(fault: &Fault) -> Response {
    let problem = fault.problem();
    let mut detail = Map::new();
    detail.insert("type".into(), problem.uri().into());
    detail.insert("title".into(), problem.title().into());
    detail.insert("status".into(), StatusCode::BAD_REQUEST.as_u16().into());
    detail.insert("detail".into(), fault.to_string().into());
    not_verified(detail, "not-verified")
}

/// What the listener refuses of a document of the open standards. Whatever is wrong with the input is 400 there: a
/// conformance suite takes no other status for an answer.
pub fn refused_input(refusal: Refusal) -> Response {
    let of_input = matches!(
        refusal.kind,
        RefusalKind::MalformedRequest
            | RefusalKind::MalformedJson
            | RefusalKind::BodyTooLarge
            | RefusalKind::UnsupportedMediaType
    );
    if !of_input {
        return refusal.into_response();
    }
    let parsing = sanad_openvc::Problem::Parsing;
    let mut detail = Map::new();
    detail.insert("type".into(), parsing.uri().into());
    detail.insert("title".into(), parsing.title().into());
    detail.insert("status".into(), StatusCode::BAD_REQUEST.as_u16().into());
    detail.insert("detail".into(), refusal.detail.into_owned().into());
    not_verified(detail, refusal.kind.slug())
}

fn not_verified(detail: Map<String, Value>, name: &'static str) -> Response {
    let mut body = detail.clone();
    body.insert("verified".into(), false.into());
    body.insert("errors".into(), json!([detail]));
    let mut response = (StatusCode::BAD_REQUEST, Value::Object(body).to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response.extensions_mut().insert(ProblemName(name));
    response
}

/// An answer of JSON.
pub fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_its_page_are_equal() {
        let page = include_str!("../../../../docs/desk.md");
        for kind in ProblemKind::ALL {
            let (slug, status, title) = kind.row();
            let row = format!("| `{slug}` | {} | {title} |", status.as_u16());
            assert!(page.contains(&row), "{row}");
        }
        for kind in RefusalKind::ALL {
            assert!(page.contains(&format!("`{}`", kind.slug())), "{}", kind.slug());
        }
    }
}
