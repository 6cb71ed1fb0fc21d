//! The header `Authorization`: one, of the scheme Bearer (RFC 6750 section 2.1), with an API token or a signed token of
//! the identity provider.
//!
//! The name of the scheme counts in capital and small letters (RFC 9110 section 11.1); after it stands one space. Refused:
//! no header, two headers (two readers would take two callers from them), another scheme, more or other spaces, whatever
//! is no `token68` (RFC 9110 section 11.2), and more than [`BEARER_BYTES_MAX`]. A token in a query or a form is never
//! looked for: addresses end up in logs.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::token::PresentedToken;
use crate::token::secret::PREFIX;

/// Longest token: what identity providers make has some hundred bytes to a few thousand.
pub const BEARER_BYTES_MAX: usize = 8_192;

const SCHEME: &str = "Bearer ";

/// What a request bears.
#[derive(Debug)]
pub enum Bearer<'h> {
    /// An API token, in its form.
    Token(PresentedToken),
    /// Something of three parts with points between them, which may be signed.
    Signed(SignedToken<'h>),
}

/// A token of an identity provider, unread.
#[derive(Clone, Copy)]
pub struct SignedToken<'h> {
    /// The three parts, as they stand: base64url.
    pub(crate) header: &'h str,
    pub(crate) payload: &'h str,
    pub(crate) signature: &'h str,
    /// The first two with the point between them: what is signed.
    pub(crate) message: &'h str,
}

/// Why nothing was taken from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBearer {
    /// No header.
    #[error("Send the header Authorization: Bearer and a token.")]
    Absent,
    /// More than one header.
    #[error("Send one header Authorization.")]
    Several,
    /// Another scheme, other spaces, other characters.
    #[error("Send the header Authorization: Bearer, one space, and a token.")]
    Malformed,
    /// Nothing of this form is a token here.
    #[error("The token is not accepted.")]
    NoToken,
    /// Too long.
    #[error("A token has at most {BEARER_BYTES_MAX} bytes.")]
    TooLong,
}

impl<'h> Bearer<'h> {
    /// What the headers of a request bear.
    ///
    /// # Errors
    /// [`NoBearer`].
    pub fn of(headers: &'h HeaderMap) -> Result<Self, NoBearer> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(NoBearer::Absent)?;
        if values.next().is_some() {
            return Err(NoBearer::Several);
        }
        Self::of_value(value.as_bytes())
    }

    /// What the value of one header bears.
    ///
    /// # Errors
    /// [`NoBearer`].
    pub fn of_value(value: &'h [u8]) -> Result<Self, NoBearer> {
        let text = std::str::from_utf8(value).map_err(|_| NoBearer::Malformed)?;
        if text.len() > BEARER_BYTES_MAX {
            return Err(NoBearer::TooLong);
        }
        let (scheme, token) = text.split_at_checked(SCHEME.len()).ok_or(NoBearer::Malformed)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) || !is_token68(token) {
            return Err(NoBearer::Malformed);
        }
        Self::parse(token)
    }

    fn parse(token: &'h str) -> Result<Self, NoBearer> {
        if token.starts_with(PREFIX) {
            return PresentedToken::parse(token).map(Bearer::Token).map_err(|_| NoBearer::NoToken);
        }
        SignedToken::parse(token).map(Bearer::Signed).ok_or(NoBearer::NoToken)
    }
}

impl<'h> SignedToken<'h> {
    /// Takes the three parts of a JWS in compact form apart (RFC 7515 section 7.1).
    pub(crate) fn parse(token: &'h str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let parts = [header, payload, signature];
        let fits = |part: &&str| !part.is_empty() && part.bytes().all(is_base64url);
        parts.iter().all(fits).then_some(Self { header, payload, signature, message })
    }
}

impl std::fmt::Debug for SignedToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedToken(secret)")
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// RFC 9110 section 11.2.
fn is_token68(text: &str) -> bool {
    let start = text.trim_end_matches('=');
    let of_token = |byte: u8| is_base64url(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/');
    !start.is_empty() && start.bytes().all(of_token)
}

#[cfg(test)]
#[allow(clippy::string_slice, clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn token() -> String {
        format!("sanad_0a1b2c3d_{}", "A".repeat(43))
    }

    fn check(value: &str) -> Result<(), NoBearer> {
        Bearer::of(&headers(&[value.as_bytes()])).map(|_| ())
    }

    #[test]
    fn an_api_token_and_a_signed_token_are_told_apart() {
        let (api, signed) = (format!("Bearer {}", token()), "Bearer aa.bb.cc");
        assert!(matches!(Bearer::of(&headers(&[api.as_bytes()])), Ok(Bearer::Token(_))));
        let headers = headers(&[signed.as_bytes()]);
        let Ok(Bearer::Signed(parts)) = Bearer::of(&headers) else { panic!() };
        assert_eq!((parts.header, parts.payload, parts.signature), ("aa", "bb", "cc"));
        assert_eq!(parts.message, "aa.bb");
    }

    #[test]
    fn two_headers_are_not_one_caller() {
        let (one, other) = (format!("Bearer {}", token()), "Bearer aa.bb.cc");
        for pair in
            [[one.as_bytes(), one.as_bytes()], [one.as_bytes(), other.as_bytes()], [b"", one.as_bytes()]]
        {
            assert_eq!(Bearer::of(&headers(&pair)).unwrap_err(), NoBearer::Several);
        }
        assert_eq!(check(&format!("Bearer {0}, Bearer {0}", token())), Err(NoBearer::Malformed));
    }

    #[test]
    fn the_scheme_counts_in_small_letters_too_and_nothing_else_is_bent() {
        assert_eq!(check(&format!("bearer {}", token())), Ok(()));
        assert_eq!(check(&format!("BEARER {}", token())), Ok(()));
        for wrong in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            token(),
            format!("Bearer{}", token()),
            format!("Bearer  {}", token()),
            format!("Bearer\t{}", token()),
            format!(" Bearer {}", token()),
            format!("Bearer {} ", token()),
            format!("Bearer {},", token()),
            format!("Bearer \"{}\"", token()),
            format!("Basic {}", token()),
            format!("Bearer token={}", token()),
        ] {
            assert_eq!(check(&wrong), Err(NoBearer::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_ascii_is_no_token() {
        let mut value = format!("Bearer {}", token()).into_bytes();
        for byte in [0x80, 0xa0, 0xc3, 0xff] {
            *value.last_mut().unwrap() = byte;
            assert_eq!(Bearer::of(&headers(&[&value])).unwrap_err(), NoBearer::Malformed, "{byte:#x}");
        }
        // The Kelvin sign is a k in small letters, but not here.
        assert_eq!(check("Bearer \u{212a}.aa.bb"), Err(NoBearer::Malformed));
    }

    #[test]
    fn a_huge_token_is_not_read() {
        assert_eq!(check(&format!("Bearer aa.{}.cc", "b".repeat(10_000))), Err(NoBearer::TooLong));
        assert_eq!(check(&format!("Bearer sanad_{}", "b".repeat(10_000))), Err(NoBearer::TooLong));
    }

    #[test]
    fn what_has_not_three_parts_is_no_signed_token() {
        for wrong in [
            "aa",
            "aa.bb",
            "aa.bb.cc.dd",
            "aa.bb.cc.dd.ee",
            ".bb.cc",
            "aa..cc",
            "aa.bb.",
            "aa.b+b.cc",
            "aa.bb.cc=",
        ] {
            assert_eq!(check(&format!("Bearer {wrong}")), Err(NoBearer::NoToken), "{wrong}");
        }
    }

    #[test]
    fn no_token_is_in_a_message_or_in_debug_output() {
        let value = format!("Bearer {}", token());
        let held = headers(&[value.as_bytes()]);
        assert!(!format!("{:?}", Bearer::of(&held).unwrap()).contains("AAAA"));
        let nearly = headers(&[&value.as_bytes()[..value.len() - 1]]);
        assert!(!format!("{:?}", Bearer::of(&nearly).unwrap_err()).contains("AAAA"));
        let signed = headers(&[b"Bearer aaaa.bbbb.cccc"]);
        assert!(!format!("{:?}", Bearer::of(&signed).unwrap()).contains("cccc"));
    }
}
