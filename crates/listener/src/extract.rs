//! What handlers take out of a request: a text, an upload, a parameter of the path. Whatever cannot be taken is a
//! refusal, so no answer of the framework's own gets out.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use crate::body::{Pieces, whole};
use crate::refusal::{Refusal, RefusalKind};

/// Bytes of a body that are read, an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub u64);

/// Where no limit was set: in tests of single handlers.
const BODY_BYTES_DEFAULT: u64 = 65_536;

impl BodyLimit {
    /// That of a request.
    pub fn of(extensions: &Extensions) -> u64 {
        extensions.get::<Self>().map_or(BODY_BYTES_DEFAULT, |limit| limit.0)
    }
}

/// The whole body of a request, which has one of these media types and is UTF-8.
///
/// # Errors
/// `unsupported-media-type`, `malformed-json`, and those of [`whole`].
pub async fn text_body(request: Request, types: &[&'static str]) -> Result<String, Refusal> {
    media_type(request.headers(), types)?;
    let limit = BodyLimit::of(request.extensions());
    let bytes = whole(request.into_body(), limit).await?;
    String::from_utf8(bytes).map_err(|error| {
        let detail = format!("no UTF-8 at byte {}", error.utf8_error().valid_up_to());
        Refusal::new(RefusalKind::MalformedJson, detail)
    })
}

/// The media type of a body, which must be one of those given. A charset, if any, must be UTF-8.
///
/// # Errors
/// `unsupported-media-type`.
pub fn media_type(headers: &HeaderMap, types: &[&'static str]) -> Result<&'static str, Refusal> {
    let unsupported = |detail: String| Refusal::new(RefusalKind::UnsupportedMediaType, detail);
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
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        Ok(Self { headers: parts.headers, body })
    }
}

impl Upload {
    /// The pieces.
    ///
    /// # Errors
    /// `body-too-large`.
    pub fn pieces(self, limit: u64) -> Result<Pieces, Refusal> {
        Pieces::new(self.body, limit)
    }
}

/// The one parameter of a path. What cannot be one is not found.
#[derive(Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        segment.map(|Path(text)| Self(text)).map_err(|_| not_found())
    }
}

fn not_found() -> Refusal {
    Refusal::new(RefusalKind::NotFound, "The last part of the address names nothing here.")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(whole(Body::from("12345"), limit).await.unwrap_err().kind, RefusalKind::BodyTooLarge);
        assert_eq!(whole(Body::from("1234"), limit).await.unwrap(), b"1234");
    }
}
