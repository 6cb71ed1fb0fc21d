//! What the VC-API answers where it refuses: the body of the contract, with every fault as a problem of RFC 9457 under the
//! type that the standards name. Whatever is wrong with what was sent is a 400, whatever the form: public clients tell
//! "refused" by nothing else.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sanad_openvc::{DOCUMENT, Fault, parse_object};
use serde_json::{Map, Value, json};

use crate::service::body::whole;
use crate::service::extract::{BodyLimit, media_type};
use crate::service::problem::{MEDIA_TYPE, Problem, ProblemKind};

/// Where the standards name a fault of the data model.
const MALFORMED: &str = "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR";
const PARSING: &str = "https://www.w3.org/TR/vc-data-model#PARSING_ERROR";

/// One refusal.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    kind: String,
    title: String,
    detail: String,
    place: String,
    /// Of the service's own problem, for the log, the header `Retry-After` and the like.
    problem: Option<Problem>,
}

impl Refused {
    /// Something that is wrong with a member of the request.
    pub fn member(place: &str, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: MALFORMED.to_owned(),
            title: "Malformed value".to_owned(),
            detail: detail.into(),
            place: place.to_owned(),
            problem: None,
        }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: fault.problem().uri().to_owned(),
            title: fault.problem().title().to_owned(),
            detail: fault.what().to_string(),
            place: fault.place().to_owned(),
            problem: None,
        }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        use ProblemKind as K;
        let (status, kind) = match problem.kind {
            K::MalformedJson | K::BodyTooLarge | K::UnsupportedMediaType => {
                (StatusCode::BAD_REQUEST, PARSING.to_owned())
            }
            K::InvalidRecord => (StatusCode::BAD_REQUEST, MALFORMED.to_owned()),
            other => (other.status(), other.type_uri()),
        };
        let (place, detail) = match problem.fields.as_slice() {
            [first, ..] => (first.field.clone(), first.problem.clone()),
            [] => (String::new(), problem.detail.clone().into_owned()),
        };
        Self { status, kind, title: problem.kind.title().to_owned(), detail, place, problem: Some(problem) }
    }
}

impl From<crate::service::caller::Denied> for Refused {
    fn from(denied: crate::service::caller::Denied) -> Self {
        Problem::from(denied).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status.as_u16();
        let mut error = json!({
            "type": self.kind, "title": self.title, "status": status, "detail": self.detail,
        });
        if !self.place.is_empty()
            && let Value::Object(members) = &mut error
        {
            members.insert("field".into(), self.place.clone().into());
        }
        let body = json!({
            "verified": false, "errors": [error],
            "type": self.kind, "title": self.title, "status": status, "detail": self.detail,
        });
        // Headers and extensions are those of the service's own problem, where it is one.
        let mut response =
            self.problem.map_or_else(|| StatusCode::BAD_REQUEST.into_response(), IntoResponse::into_response);
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body.to_string());
        response
    }
}

/// The JSON object of a body, within the limits of a document.
///
/// # Errors
/// [`Refused`].
pub async fn read(request: Request) -> Result<Map<String, Value>, Refused> {
    media_type(request.headers(), &["application/json", "application/ld+json"])?;
    let limit = request.extensions().get().map_or(65_536, |BodyLimit(bytes)| *bytes);
    let bytes = whole(request.into_body(), limit).await?;
    Ok(parse_object(&bytes, DOCUMENT)?)
}

/// Takes a member that must be an object.
///
/// # Errors
/// [`Refused`].
pub fn take_object(body: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refused> {
    match body.remove(name) {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(Refused::member(name, "must be an object")),
        None => Err(Refused::member(name, "is missing")),
    }
}

/// Refuses members that nobody reads.
///
/// # Errors
/// [`Refused`].
pub fn finish(body: &Map<String, Value>) -> Result<(), Refused> {
    match body.keys().next() {
        None => Ok(()),
        Some(name) => {
            let name: String = name.chars().take(80).collect();
            Err(Refused::member(&name, "is no member of this request"))
        }
    }
}
