//! The description of the routes, OpenAPI 3.1: finished and answered the same way by every service.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi as Document, PathItem, Ref, RefOr, Response as Described, Server};

use crate::refusal::MEDIA_TYPE;

/// The document of the routes, as it is served.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn text(mut document: Document, public_url: Option<&str>) -> Result<String, serde_json::Error> {
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.servers = public_url.map(|url| vec![Server::new(url)]);
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, put, patch, delete, .. } = item;
        [get, post, put, patch, delete].into_iter().flatten().for_each(state_problems);
    }
    serde_json::to_string(&document)
}

/// Every operation may answer with a problem, and all problems have one form: stated here once, so that no operation can
/// forget it.
fn state_problems(operation: &mut Operation) {
    let schema = || Content::new(Some(Ref::from_schema_name("Problem")));
    let responses = &mut operation.responses.responses;
    for status in ["4XX", "5XX"] {
        let any = || RefOr::T(Described::new("A problem of RFC 9457; docs/problems.md has all of them"));
        responses.entry(status.to_owned()).or_insert_with(any);
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && (status.starts_with('4') || status.starts_with('5'))
        {
            response.content.insert(MEDIA_TYPE.to_owned(), RefOr::T(schema()));
        }
    }
}

/// Answers with the document.
pub fn answer(text: String) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], text).into_response()
}
