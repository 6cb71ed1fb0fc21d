//! Running the service: from a configuration to the last answer.
//!
//! In order: token, metrics, TLS, listeners; then requests, until SIGTERM or SIGINT; then no new ones, and those taken are
//! finished. A second signal ends it at once. SIGHUP reads the certificate again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sanad_listener::http::tls::{Tls, TlsFault};
use sanad_listener::http::{Ended, Listener};
use sanad_listener::metrics::{self, MetricsFault};
use sanad_listener::signals::{Asked, Signals, UPKEEP, reload};
use tokio::sync::watch;
use tokio::time::{interval, timeout};

use super::router::{metrics_router, router};
use super::state::Service;

/// How long threads that block may go on after the last answer.
const BLOCKING_GRACE: Duration = Duration::from_secs(10);

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
    /// The metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsFault),
    /// The system gives no thread or signal.
    #[error("{0}")]
    System(#[from] io::Error),
    /// The time for finishing was up.
    #[error("{0} connections were cut after listen.grace_seconds")]
    Cut(usize),
}

/// Runs the service until a signal ends it. `ready` is called with the address when clients can connect.
///
/// # Errors
/// [`ServeFault`].
pub fn serve(service: Service, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeFault> {
    metrics::install(&[], || {})?;
    let tls = service.config.listen.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(run(service, tls, ready));
    runtime.shutdown_timeout(BLOCKING_GRACE);
    tracing::info!("the service has ended");
    match ended? {
        Ended::Finished => Ok(()),
        Ended::Cut(connections) => Err(ServeFault::Cut(connections)),
    }
}

async fn run(
    service: Service,
    tls: Option<Arc<Tls>>,
    ready: impl FnOnce(SocketAddr),
) -> Result<Ended, ServeFault> {
    // Before the address is told to anybody, so that no signal is missed.
    let mut signals = Signals::new()?;
    let service = Arc::new(service);
    let (listen, limits) = (&service.config.listen, &service.config.limits);
    let bind = async |address, tls, router| {
        let bound = Listener::bind(address, tls, limits, router).await;
        bound.map_err(|source| ServeFault::Listen { address, source })
    };
    let main = bind(listen.address, tls.clone(), router(service.clone())).await?;
    service.bound_to(main.address());
    let metrics = match service.config.metrics_address {
        None => None,
        Some(address) => Some(bind(address, None, metrics_router(service.clone())).await?),
    };
    let address = main.address();
    let (stop, stopped) = watch::channel(false);
    let (stop_metrics, metrics_stopped) = watch::channel(false);
    let metrics = metrics.map(|listener| tokio::spawn(listener.run(metrics_stopped, Duration::from_secs(1))));
    let upkeep = tokio::spawn(async {
        let mut due = interval(UPKEEP);
        loop {
            due.tick().await;
            metrics::run_upkeep();
        }
    });
    let mut serving = tokio::spawn(main.run(stopped, listen.grace));
    ready(address);
    tracing::info!(%address, "the service answers");
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
