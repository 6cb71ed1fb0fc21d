//! What handlers take out of a request: a JSON text, a parameter of the path, those of the query. Whatever cannot be
//! taken is a problem, so no answer of the framework's own gets out.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use sanad_credential::{CLAIMS_LIMITS, Json};
use sanad_listener::extract::text_body;
pub use sanad_listener::extract::{BodyLimit, Segment, Upload};
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemKind};

/// The media type of a body, which must be one of those given. A charset, if any, must be UTF-8.
///
/// # Errors
/// `unsupported-media-type`.
pub fn media_type(headers: &HeaderMap, types: &[&'static str]) -> Result<&'static str, Problem> {
    Ok(sanad_listener::extract::media_type(headers, types)?)
}

/// A body of `application/json`, to be read with [`sanad_credential::Json`].
#[derive(Debug)]
pub struct JsonText(pub String);

impl<S: Sync> FromRequest<S> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        Ok(Self(text_body(request, &["application/json"]).await?))
    }
}

impl JsonText {
    /// Parses it, with the limits of claims.
    ///
    /// # Errors
    /// `malformed-json`, `invalid-record`.
    pub fn parse(&self) -> Result<Json<'_>, Problem> {
        Ok(Json::parse(&self.0, CLAIMS_LIMITS)?)
    }

    /// Reads it as the members of a type, unknown ones refused by that type.
    ///
    /// # Errors
    /// `malformed-json`, `invalid-record`.
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
