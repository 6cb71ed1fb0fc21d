//! What requests bring: JSON bodies, parameters, ids. Each is read with its limits, and refused as a problem.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use sanad_credential::{CLAIMS_LIMITS, CredentialId, FixedBytes, Json};
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemKind};
use crate::store::IdempotencyKey;

/// A body of JSON text, not parsed yet.
#[derive(Debug)]
pub struct JsonText(String);

impl JsonText {
    /// Parses it, with the limits of claims.
    ///
    /// # Errors
    /// [`ProblemKind::MalformedJson`], [`ProblemKind::InvalidRecord`].
    pub fn parse(&self) -> Result<Json<'_>, Problem> {
        Ok(Json::parse(&self.0, CLAIMS_LIMITS)?)
    }

    /// Reads it as the members of a type, unknown ones refused by that type.
    ///
    /// # Errors
    /// [`ProblemKind::MalformedJson`], [`ProblemKind::InvalidRecord`].
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // The strict reader first: it knows limits, depth and repeated members.
        self.parse()?;
        serde_json::from_str(&self.0).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            // What serde says can repeat a value of the body; the place does not.
            let detail = format!(
                "A member is missing, unknown, or of another type, before line {line}, column {column}."
            );
            Problem::new(ProblemKind::InvalidRecord, detail)
        })
    }

    /// The bytes, by which two requests are compared.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_media_type(request.headers(), &["application/json"])?;
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| body_problem(&rejection))?;
        let text = String::from_utf8(bytes.to_vec());
        text.map(Self).map_err(|_| Problem::new(ProblemKind::MalformedJson, "The body is not UTF-8."))
    }
}

/// Refuses other media types than these; parameters such as a charset are passed over. Which it is comes back.
///
/// # Errors
/// [`ProblemKind::UnsupportedMediaType`].
pub fn require_media_type(headers: &HeaderMap, known: &[&'static str]) -> Result<&'static str, Problem> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    known.iter().copied().find(|known| *known == essence).ok_or_else(|| {
        let detail = format!("Content-Type must be {}.", known.join(" or "));
        Problem::new(ProblemKind::UnsupportedMediaType, detail)
    })
}

fn body_problem(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(ProblemKind::BodyTooLarge, "One record with its household has less than 16 kB.");
    }
    Problem::new(ProblemKind::MalformedRequest, "The body ended before its length, or cannot be read.")
}

/// Parameters of the query, unknown ones refused by their type.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(_) => {
                let detail = "The parameters of each operation are listed in /openapi.json.";
                Err(Problem::new(ProblemKind::InvalidParameter, detail))
            }
        }
    }
}

/// The id of a credential in a path.
#[derive(Clone, Copy, Debug)]
pub struct Cti(pub CredentialId);

impl<S: Send + Sync> FromRequestParts<S> for Cti {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => text,
            Err(_) => return Err(no_credential()),
        };
        parse_cti(&text).map(Self).ok_or_else(no_credential)
    }
}

/// An id of 16 hexadecimal digits.
pub fn parse_cti(text: &str) -> Option<CredentialId> {
    FixedBytes::from_hex(&text.to_ascii_lowercase()).ok()
}

/// What is said of an id that nobody has, and of one that the caller may not know of.
pub fn no_credential() -> Problem {
    Problem::new(ProblemKind::NotFound, "No credential of this issuer that you may see has this id.")
}

/// The key in the header of a request that must not be carried out twice.
///
/// # Errors
/// [`ProblemKind::IdempotencyKeyMissing`], [`ProblemKind::IdempotencyKeyInvalid`].
pub fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    let mut found = headers.get_all("idempotency-key").iter();
    let Some(value) = found.next() else {
        let detail = "Choose a key for this act, a UUID for instance, and send it again with the same body until \
                      you have an answer.";
        return Err(Problem::new(ProblemKind::IdempotencyKeyMissing, detail));
    };
    let invalid = |detail: String| Problem::new(ProblemKind::IdempotencyKeyInvalid, detail);
    if found.next().is_some() {
        return Err(invalid("The header stands twice.".to_owned()));
    }
    let text = value.to_str().map_err(|_| invalid("It has other characters than ASCII.".to_owned()))?;
    IdempotencyKey::new(text).map_err(|fault| invalid(format!("{fault}.")))
}

/// Runs what blocks on a thread of its own.
///
/// # Errors
/// [`ProblemKind::Internal`] where the thread ended without an answer, and what `act` says.
pub async fn blocking<A: Send + 'static>(
    act: impl FnOnce() -> Result<A, Problem> + Send + 'static,
) -> Result<A, Problem> {
    match tokio::task::spawn_blocking(act).await {
        Ok(answer) => answer,
        Err(fault) => Err(Problem::internal(&fault)),
    }
}
