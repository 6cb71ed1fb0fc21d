//! What pages of other sites may call (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>): wallets that run in a
//! browser.
//!
//! For routes that anybody may call anyway, and only those: a service lays [`open`] around them and answers their
//! [`preflight`]. Every site may, since who may is said by what a request bears (a code, a token, an id that nobody
//! guesses) and never by where its page came from. Credentials that a browser adds by itself, such as cookies, are never
//! asked for: `Access-Control-Allow-Credentials` is not sent.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Headers of an answer that a page may read beside those that it always may.
const EXPOSED: &str = "Retry-After, WWW-Authenticate";

/// For how long a browser need not ask again: a day. Browsers take less where they want to.
const MAX_AGE_SECONDS: &str = "86400";

/// The answer of a route, refusals among them, that pages of every site may read; a layer.
pub async fn open(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response
}

/// What a browser asks before a page of another site may send a request: its methods, and the headers that need asking.
pub fn preflight(methods: &'static str, headers: &'static str) -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, headers),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(method: &str, path: &str) -> Response {
        let opened = Router::new()
            .route("/open", get(|| async { "yes" }).options(async || preflight("GET", "Authorization")))
            .route("/refused", get(|| async { StatusCode::BAD_REQUEST }))
            .layer(from_fn(open));
        let router = opened.route("/own", get(|| async { "yes" }));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Origin", "https://wallet.example")
            .body(Body::empty())
            .unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_page_may_read_answers_and_refusals_of_open_routes_and_of_no_other() {
        for path in ["/open", "/refused"] {
            let answer = ask("GET", path).await;
            assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{path}");
            assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        }
        assert!(!ask("GET", "/own").await.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        let asked = ask("OPTIONS", "/open").await;
        assert_eq!(asked.status(), StatusCode::NO_CONTENT);
        assert_eq!(asked.headers()[ACCESS_CONTROL_ALLOW_METHODS], "GET");
        assert_eq!(asked.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "Authorization");
        assert!(!asked.headers().contains_key("access-control-allow-credentials"));
    }
}
