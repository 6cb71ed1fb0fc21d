//! What requests bring beside their bodies: parameters, ids, keys. Each is read with its limits, and refused as a problem.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use sanad_credential::{CredentialId, FixedBytes};
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemKind};
use crate::store::IdempotencyKey;

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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Limit {
        limit: Option<u32>,
    }

    async fn parameters(query: &str) -> Result<Limit, Problem> {
        let request = Request::builder().uri(format!("/v1/x?{query}")).body(()).unwrap();
        let parameters = Parameters::from_request_parts(&mut request.into_parts().0, &()).await;
        parameters.map(|Parameters(limit)| limit)
    }

    #[tokio::test]
    async fn a_parameter_that_stands_twice_or_is_unknown_is_refused_and_no_value_is_repeated() {
        assert_eq!(parameters("limit=1").await.unwrap(), Limit { limit: Some(1) });
        for wrong in ["limit=1&limit=2", "limt=2", "limit=Wanjiru%20Invented"] {
            let problem = parameters(wrong).await.unwrap_err();
            assert_eq!(problem.kind, ProblemKind::InvalidParameter, "{wrong}");
            assert!(!problem.to_json().to_string().contains("Wanjiru"));
        }
    }

    #[test]
    fn an_idempotency_key_that_stands_twice_is_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(idempotency_key(&headers).unwrap_err().kind, ProblemKind::IdempotencyKeyMissing);
        headers.append("idempotency-key", "one".parse().unwrap());
        assert_eq!(idempotency_key(&headers).unwrap().as_str(), "one");
        headers.append("idempotency-key", "two".parse().unwrap());
        assert_eq!(idempotency_key(&headers).unwrap_err().kind, ProblemKind::IdempotencyKeyInvalid);
    }
}
