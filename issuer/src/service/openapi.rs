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
pub use sanad_listener::document::{answer, text};
use sha2::{Digest as _, Sha256};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::problem::ProblemKind;

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
