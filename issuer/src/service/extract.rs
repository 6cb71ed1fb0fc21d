//! What handlers take out of a request: a JSON text, a parameter of the path, those of the query. Whatever cannot be
//! taken is a problem, so no answer of the framework's own gets out.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::body::{Pieces, whole};
use super::problem::{Problem, ProblemKind};

/// Bytes of a body that are read, an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub u64);

/// Where no limit was set: in tests of single handlers.
const BODY_BYTES_DEFAULT: u64 = 65_536;

/// Parameters of a query. More is no question that this service answers.
const PARAMETERS_MAX: usize = 32;

impl BodyLimit {
    fn of(extensions: &Extensions) -> u64 {
        extensions.get::<Self>().map_or(BODY_BYTES_DEFAULT, |limit| limit.0)
    }
}

/// A body of `application/json`, to be read with [`sanad_credential::Json`].
#[derive(Debug)]
pub struct JsonText(pub String);

impl<S: Sync> FromRequest<S> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        media_type(request.headers(), &["application/json"])?;
        let limit = BodyLimit::of(request.extensions());
        let bytes = whole(request.into_body(), limit).await?;
        let text = String::from_utf8(bytes)
            .map_err(|error| malformed(format!("no UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
        Ok(Self(text))
    }
}

fn malformed(detail: String) -> Problem {
    Problem::new(ProblemKind::MalformedJson, detail)
}

/// The media type of a body, which must be one of those given. A charset, if any, must be UTF-8.
///
/// # Errors
/// `unsupported-media-type`.
pub fn media_type(headers: &HeaderMap, types: &[&'static str]) -> Result<&'static str, Problem> {
    let unsupported = |detail: String| Problem::new(ProblemKind::UnsupportedMediaType, detail);
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(unsupported("Send the body without Content-Encoding.".to_owned()));
    }
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = found.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let known = types.iter().find(|name| essence.eq_ignore_ascii_case(name)).filter(|_| utf8);
    known.copied().ok_or_else(|| unsupported(format!("Send Content-Type: {}", types.join(" or "))))
}

/// An upload that is read piece by piece. The handler says how long it may be.
#[derive(Debug)]
pub struct Upload {
    /// Headers of the request.
    pub headers: HeaderMap,
    body: Body,
}

impl<S: Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Ok(Self { headers: parts.headers, body })
    }
}

impl Upload {
    /// The pieces.
    ///
    /// # Errors
    /// `body-too-large`.
    pub fn pieces(self, limit: u64) -> Result<Pieces, Problem> {
        Pieces::new(self.body, limit)
    }
}

/// The one parameter of a path. What cannot be one is not found.
#[derive(Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        segment.map(|Path(text)| Self(text)).map_err(|_| not_found())
    }
}

fn not_found() -> Problem {
    Problem::new(ProblemKind::NotFound, "The last part of the address names nothing here.")
}

/// The parameters of a query, taken out by name; what is left at the end is refused.
pub struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let refused = |detail: &'static str| Problem::new(ProblemKind::InvalidParameter, detail);
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(parameters) = query.map_err(|_| refused("The query is no list of name=value."))?;
        if parameters.len() > PARAMETERS_MAX {
            return Err(refused("The query has more than 32 parameters."));
        }
        Ok(Self(parameters))
    }
}

impl Parameters {
    /// A parameter, read if it is there. The problem that `read` states is told, the value is not.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn take<T, P: ToString>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, P>,
    ) -> Result<Option<T>, Problem> {
        let invalid = |problem: String| {
            Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at(name, problem)
        };
        let Some(position) = self.0.iter().position(|(found, _)| found == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(position);
        if self.0.iter().any(|(found, _)| found == name) {
            return Err(invalid("stands twice".to_owned()));
        }
        read(&value).map(Some).map_err(|problem| invalid(problem.to_string()))
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn finish(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                // The name is a word of the client's program; a value in its place would be long.
                let shown: String = sanad_credential::printable(name).chars().take(32).collect();
                let detail = "The route has no such parameter; /openapi.json lists those it has.";
                Err(Problem::new(ProblemKind::InvalidParameter, detail).at(shown, "unknown"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn parameters(query: &str) -> Result<Parameters, Problem> {
        let request = Request::builder().uri(format!("/v1/x?{query}")).body(()).unwrap();
        Parameters::from_request_parts(&mut request.into_parts().0, &()).await
    }

    fn number(text: &str) -> Result<u32, &'static str> {
        text.parse().map_err(|_| "must be a number")
    }

    #[tokio::test]
    async fn a_parameter_that_stands_twice_is_refused() {
        let mut found = parameters("limit=1&limit=2").await.unwrap();
        let problem = found.take("limit", number).unwrap_err();
        assert_eq!(problem.fields[0].problem, "stands twice");
    }

    #[tokio::test]
    async fn a_fault_of_a_parameter_does_not_repeat_its_value() {
        let mut found = parameters("limit=Wanjiru%20Invented").await.unwrap();
        let problem = found.take("limit", number).unwrap_err();
        assert_eq!(
            (problem.fields[0].field.as_str(), problem.kind),
            ("limit", ProblemKind::InvalidParameter)
        );
        assert!(!problem.to_json().to_string().contains("Wanjiru"));
    }

    #[tokio::test]
    async fn an_unknown_parameter_is_refused_at_the_end() {
        let mut found = parameters("limit=1&limt=2").await.unwrap();
        assert_eq!(found.take("limit", number).unwrap(), Some(1));
        assert_eq!(found.finish().unwrap_err().fields[0].field, "limt");
        assert!(parameters(&"a=1&".repeat(40)).await.is_err());
    }

    #[test]
    fn a_body_in_another_form_is_refused() {
        let check = |name: &str, coding: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, name.parse().unwrap());
            if let Some(coding) = coding {
                headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
            }
            media_type(&headers, &["application/json"]).is_ok()
        };
        assert!(check("application/json", None));
        assert!(check("Application/JSON; charset=UTF-8", Some("identity")));
        assert!(!check("application/json; charset=utf-16", None));
        assert!(!check("application/jsonp", None));
        assert!(!check("text/plain", None));
        assert!(!check("application/json", Some("gzip")));
    }

    #[tokio::test]
    async fn what_announces_too_much_is_refused_unread() {
        let limit = 4;
        assert_eq!(whole(Body::from("12345"), limit).await.unwrap_err().kind, ProblemKind::BodyTooLarge);
        assert_eq!(whole(Body::from("1234"), limit).await.unwrap(), b"1234");
    }
}
