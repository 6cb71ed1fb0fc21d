//! What holds for every route of every service: an address or method that is none is refused in the form of all refusals,
//! and log and metrics get the template of the route, never the address.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;

use crate::http::exchange::Template;
use crate::refusal::{method_not_allowed, not_found};

/// Finishes the routes of a listener.
pub fn finish<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    // The layer comes last, so that it lies around what the others answer too.
    router.fallback(not_found).method_not_allowed_fallback(method_not_allowed).layer(from_fn(name_route))
}

/// Tells the listener which route answered.
async fn name_route(template: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(template) = template {
        response.extensions_mut().insert(Template(template));
    }
    response
}
