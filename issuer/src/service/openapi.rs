//! What the service offers, as OpenAPI 3.1 at `/openapi.json`, and a page to try it at `/docs`.
//!
//! The page is one file of this program: it loads nothing from anywhere, keeps the token in memory only, and its content
//! security policy names the hashes of its own script and style, so that nothing else can run in it.

use std::sync::OnceLock;

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, PathItem, Ref, RefOr, Response as Described, Server};
use utoipa::{Modify, OpenApi, ToSchema};

use super::problem::{MEDIA_TYPE, ProblemKind};

const PAGE: &str = include_str!("page.html");

/// What stands in the document beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sanad issuer",
        description = "Issues entitlements that are signed once, carried on paper and decided offline. Errors are problems of RFC \
                       9457; docs/problems.md has all of them. Acts that change something take the header Idempotency-Key: \
                       the same key and body are answered the same way, however often they are sent.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody, FieldProblemBody)),
    tags(
        (name = "operation", description = "Whether the service lives and works"),
    ),
    modifiers(&Bearer)
)]
pub struct Api;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let mut scheme = HttpBuilder::new();
        scheme = scheme.scheme(HttpAuthScheme::Bearer);
        scheme = scheme.description(Some("A token of this service, or of its OpenID Connect provider."));
        if let Some(components) = &mut document.components {
            components.add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
        }
    }
}

/// The form of a problem, for the documentation; [`super::problem::Problem`] writes it.
#[derive(ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:sanad:problem:` and a name of docs/problems.md.
    #[schema(rename = "type", example = "urn:sanad:problem:invalid-record")]
    pub kind: String,
    /// What all problems of this type are called.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// Where in the request, in the words of the JSON form.
    #[schema(required = false)]
    pub field: Option<String>,
    /// The rule that it breaks; never the value.
    #[schema(required = false)]
    pub problem: Option<String>,
    /// The same for several faults.
    #[schema(required = false)]
    pub errors: Option<Vec<FieldProblemBody>>,
    /// The credential it is about.
    #[schema(required = false)]
    pub cti: Option<String>,
    /// The job it is about.
    #[schema(required = false)]
    pub job: Option<String>,
    /// The approval it is about.
    #[schema(required = false)]
    pub approval: Option<String>,
    /// Seconds after which the same request may go through.
    #[schema(required = false)]
    pub retry_after: Option<u32>,
}

/// One fault of several.
#[derive(ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldProblemBody {
    /// Line of an upload, from 1.
    #[schema(required = false)]
    pub line: Option<u64>,
    /// Where.
    pub field: String,
    /// The rule that it breaks.
    pub problem: String,
}

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

/// The page to try the service.
pub async fn page() -> Response {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    let policy = POLICY.get_or_init(|| {
        HeaderValue::from_str(&policy()).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy.clone()),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::OK, headers, PAGE).into_response()
}

fn policy() -> String {
    let hash = |element: &str| {
        let start = format!("<{element}>");
        let content = PAGE.split_once(&start).and_then(|(_, rest)| rest.split_once(&format!("</{element}>")));
        let content = content.map_or("", |(content, _)| content);
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)))
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data: blob:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash("script"),
        hash("style")
    )
}

/// Names of all problems, for the text of a response.
pub fn problems(kinds: &[ProblemKind]) -> String {
    kinds.iter().map(|kind| kind.slug()).collect::<Vec<_>>().join(", ")
}
