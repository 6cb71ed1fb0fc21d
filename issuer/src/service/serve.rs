//! Running the service: from an open issuer to the last answer.
//!
//! In order: metrics, TLS, publication, then the listeners ([`sanad_listener::serve`]) until a signal; then what was changed
//! last is published.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sanad_listener::http::tls::Tls;
use sanad_listener::serve::{Addresses, ServeFault as ListenerFault, Serving};

use super::config::ServiceConfig;
use super::metrics;
use super::publisher::{AfterLook, Publisher};
use super::router::{metrics_router, router};
use super::state::Service;
use crate::issue::Issuer;
use crate::oidc::{Pace, Provider, ProviderFault};

/// How long threads that block may go on after the last answer: they may be in the middle of a commit.
const BLOCKING_GRACE: Duration = Duration::from_secs(30);

/// Why the service did not start or ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// The listeners, and what they need.
    #[error(transparent)]
    Listener(#[from] ListenerFault),
    /// The identity provider.
    #[error(transparent)]
    Provider(#[from] ProviderFault),
    /// The documentation of the routes.
    #[error("the description of the routes cannot be written: {0}")]
    Document(#[from] serde_json::Error),
}

impl From<io::Error> for ServeFault {
    fn from(fault: io::Error) -> Self {
        Self::Listener(fault.into())
    }
}

/// Runs the service until a signal ends it. `ready` is called when clients can connect.
///
/// # Errors
/// [`ServeFault`].
pub fn serve(
    issuer: Arc<Issuer>,
    config: ServiceConfig,
    after_look: AfterLook,
    ready: impl FnOnce(Addresses),
) -> Result<(), ServeFault> {
    metrics::install().map_err(ListenerFault::from)?;
    let tls =
        config.listen.tls.as_ref().map(Tls::load).transpose().map_err(ListenerFault::from)?.map(Arc::new);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let publisher = Publisher::start(issuer.clone(), &config.site, after_look)?;
    let provider =
        config.oidc.clone().map(|settings| Provider::start(settings, Pace::SERVICE)).transpose()?;
    let service = Arc::new(Service::new(issuer, config, publisher.publications(), provider)?);
    let ended = runtime.block_on(run(service.clone(), tls, ready));
    runtime.shutdown_timeout(BLOCKING_GRACE);
    // Nobody asks any more: who works is told to finish, and the rest of a job waits for the next start.
    match Arc::try_unwrap(service) {
        Ok(service) => service.close(),
        Err(_) => tracing::warn!("a request was cut; what it asked for may have been done"),
    }
    publisher.stop();
    tracing::info!("the service has ended");
    ended
}

async fn run(
    service: Arc<Service>,
    tls: Option<Arc<Tls>>,
    ready: impl FnOnce(Addresses),
) -> Result<(), ServeFault> {
    let metrics = service.config.metrics_address;
    let serving = Serving {
        listen: &service.config.listen,
        limits: &service.config.limits.listener,
        tls,
        router: router(service.clone())?,
        metrics: metrics.map(|address| (address, metrics_router(service.clone()))),
        readiness: &service.readiness,
    };
    Ok(sanad_listener::serve::serve(serving, ready).await?)
}
