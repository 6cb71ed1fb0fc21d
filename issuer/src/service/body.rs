//! Bodies of requests, read within the listener's limits; what it refuses is a problem of this service.

use axum::body::Body;
pub use sanad_listener::body::Pieces;

use super::problem::Problem;

/// The whole of a body.
///
/// # Errors
/// `body-too-large`, `request-timeout`, `malformed-request`.
pub async fn whole(body: Body, limit: u64) -> Result<Vec<u8>, Problem> {
    Ok(sanad_listener::body::whole(body, limit).await?)
}
