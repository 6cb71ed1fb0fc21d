//! What all handlers share.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sanad_credential::UnixTime;

use super::config::ServiceConfig;
use super::desk::Desk;
use super::jobs::worker::Worker;
use super::problem::{Problem, ProblemKind};
use super::statistics::Cache;
use crate::issue::Issuer;

/// The service.
pub struct Service {
    /// The issuer: configuration, keys, store.
    pub issuer: Arc<Issuer>,
    /// What the service is told.
    pub config: ServiceConfig,
    /// Where single documents are signed.
    pub desk: Desk,
    /// Who works on bulk jobs.
    pub worker: Worker,
    /// The last counts.
    pub statistics: Cache,
    /// Name of this process among the replicas.
    pub replica: String,
}

impl Service {
    /// The time.
    ///
    /// # Errors
    /// [`ProblemKind::NotReady`] where the clock is wrong beyond doubt: nothing may be signed then.
    pub fn now(&self) -> Result<UnixTime, Problem> {
        now().ok_or_else(|| {
            Problem::new(ProblemKind::NotReady, "The clock of the service is wrong. Ask the operator.")
        })
    }
}

/// The clock; none where it shows a time that no document can bear.
pub fn now() -> Option<UnixTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    UnixTime::new(seconds).ok()
}
