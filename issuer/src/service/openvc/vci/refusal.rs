//! Refusals of OpenID4VCI and OAuth 2.0: `error` is a name of the standard, `error_description` says what to do. They never
//! repeat a value that was sent, and are kept by no cache.

use axum::Json as JsonAnswer;
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::service::problem::{Problem, ProblemKind};
use crate::store::RecordsFault;
use crate::wallets::WalletFault;

/// Why a wallet did not get what it asked for.
#[derive(Debug)]
pub enum Refusal {
    /// A name of the standard.
    Named(&'static str, String),
    /// No token that counts (RFC 6750 section 3).
    Token,
    /// A problem of the service's own: overload, a store that is away, the rate.
    Problem(Problem),
}

impl Refusal {
    /// A refusal with its name and what to do.
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self::Named(error, description.into())
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        match problem.kind {
            ProblemKind::BodyTooLarge
            | ProblemKind::MalformedJson
            | ProblemKind::InvalidRecord
            | ProblemKind::UnsupportedMediaType => Self::new("invalid_request", problem.detail),
            _ => Self::Problem(problem),
        }
    }
}

impl From<RecordsFault> for Refusal {
    fn from(fault: RecordsFault) -> Self {
        Self::Problem(fault.into())
    }
}

impl From<WalletFault> for Refusal {
    fn from(fault: WalletFault) -> Self {
        let text = format!("{fault}.");
        match fault {
            WalletFault::UnknownCode | WalletFault::TxCodeWrong => Self::new("invalid_grant", text),
            WalletFault::TxCodeMissing | WalletFault::TxCodeUnexpected => Self::new("invalid_request", text),
            WalletFault::Records(fault) => fault.into(),
            WalletFault::Randomness(_) => Self::Problem(Problem::internal(&fault)),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::Named(error, description) => (StatusCode::BAD_REQUEST, error, description),
            Self::Token => {
                let description = "The access token is unknown or over. Redeem an offer.".to_owned();
                (StatusCode::UNAUTHORIZED, "invalid_token", description)
            }
            Self::Problem(problem) => return problem.into_response(),
        };
        let mut response = private(status, &json!({"error": error, "error_description": description}));
        if status == StatusCode::UNAUTHORIZED {
            let value = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// An answer that no cache keeps.
pub(super) fn private(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, JsonAnswer(body)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
