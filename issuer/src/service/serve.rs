//! Running the service: from an open issuer to the last answer.
//!
//! In order: metrics, TLS, publication, listeners; then requests, until SIGTERM or SIGINT; then no new ones, those taken
//! are finished, and what they changed is published. A second signal ends it at once. SIGHUP reads the certificate again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sanad_listener::signals::{Asked, Signals, UPKEEP, reload};
use tokio::sync::watch;
use tokio::time::{interval, timeout};

use super::config::ServiceConfig;
use super::http::tls::{Tls, TlsFault};
use super::http::{Ended, Listener};
use super::metrics::{self, MetricsFault};
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
    /// An address cannot be listened to.
    #[error("cannot listen to {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The identity provider.
    #[error(transparent)]
    Provider(#[from] ProviderFault),
    /// The metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsFault),
    /// The system gives no thread or signal.
    #[error("{0}")]
    System(#[from] io::Error),
    /// The documentation of the routes.
    #[error("the description of the routes cannot be written: {0}")]
    Document(#[from] serde_json::Error),
    /// The time for finishing was up.
    #[error("{0} connections were cut after listen.grace_seconds")]
    Cut(usize),
}

/// Where the service listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Requests.
    pub main: SocketAddr,
    /// Metrics, where they have a listener of their own.
    pub metrics: Option<SocketAddr>,
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
    metrics::install()?;
    let tls = config.listen.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
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
    match ended? {
        Ended::Finished => Ok(()),
        Ended::Cut(connections) => Err(ServeFault::Cut(connections)),
    }
}

async fn run(
    service: Arc<Service>,
    tls: Option<Arc<Tls>>,
    ready: impl FnOnce(Addresses),
) -> Result<Ended, ServeFault> {
    let (listen, limits) = (&service.config.listen, &service.config.limits);
    // Before the address is told to anybody, so that no signal is missed.
    let mut signals = Signals::new()?;
    let bind = async |address, tls, router| {
        let bound = Listener::bind(address, tls, &limits.listener, router).await;
        bound.map_err(|source| ServeFault::Listen { address, source })
    };
    let main = bind(listen.address, tls.clone(), router(service.clone())?).await?;
    let metrics = match service.config.metrics_address {
        None => None,
        Some(address) => Some(bind(address, None, metrics_router(service.clone())).await?),
    };
    let addresses = Addresses { main: main.address(), metrics: metrics.as_ref().map(Listener::address) };
    let (stop, stopped) = watch::channel(false);
    let grace = listen.grace;
    // Its end follows that of the main listener, so that the last minutes are measured too.
    let (stop_metrics, metrics_stopped) = watch::channel(false);
    let metrics = metrics.map(|listener| tokio::spawn(listener.run(metrics_stopped, Duration::from_secs(1))));
    let upkeep = tokio::spawn(async {
        let mut due = interval(UPKEEP);
        loop {
            due.tick().await;
            metrics::run_upkeep();
        }
    });
    let mut serving = tokio::spawn(main.run(stopped, grace));
    ready(addresses);
    tracing::info!(address = %addresses.main, "the service answers");
    let ended = loop {
        match signals.next().await {
            Asked::Reload => reload(tls.as_deref()),
            Asked::Stop => {
                tracing::info!("no more requests are taken; those taken are finished");
                service.readiness.stop();
                // Nobody listens any more if the listener ended by itself.
                let _ = stop.send(true);
                break tokio::select! {
                    ended = &mut serving => ended.map_err(io::Error::other)?,
                    () = signals.stopped() => {
                        tracing::warn!("a second signal; what was taken is cut");
                        serving.abort();
                        Ended::Finished
                    }
                };
            }
        }
    };
    let _ = stop_metrics.send(true);
    if let Some(metrics) = metrics {
        let _ = timeout(Duration::from_secs(2), metrics).await;
    }
    upkeep.abort();
    Ok(ended)
}
