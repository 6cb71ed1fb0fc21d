//! Running listeners: from bound addresses to the last answer, the same for every service.
//!
//! Both addresses are bound before anybody is told; then requests, until SIGTERM or SIGINT; then no new ones, and those taken
//! are finished. A second signal ends it at once. SIGHUP reads the certificate again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::watch;
use tokio::time::{interval, timeout};

use crate::http::tls::{Tls, TlsFault};
use crate::http::{Ended, Listener};
use crate::limits::Limits;
use crate::listen::Listen;
use crate::metrics::{self, MetricsFault};
use crate::readiness::Readiness;
use crate::signals::{Asked, Signals, UPKEEP, reload};

/// Why the listeners did not start or ended early.
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

/// Where a service listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Requests.
    pub main: SocketAddr,
    /// Metrics, where they have a listener of their own.
    pub metrics: Option<SocketAddr>,
}

/// What is answered, and within which limits.
pub struct Serving<'s> {
    /// Where requests come in.
    pub listen: &'s Listen,
    /// What nobody gets past.
    pub limits: &'s Limits,
    /// The certificate, where there is one.
    pub tls: Option<Arc<Tls>>,
    /// The routes.
    pub router: Router,
    /// Address and routes of the metrics, where they have a listener of their own.
    pub metrics: Option<(SocketAddr, Router)>,
    /// Told that no more requests should come.
    pub readiness: &'s Readiness,
}

/// Answers until a signal ends it. `ready` is called when clients can connect, before the first of them is answered.
///
/// # Errors
/// [`ServeFault`].
pub async fn serve(serving: Serving<'_>, ready: impl FnOnce(Addresses)) -> Result<(), ServeFault> {
    let Serving { listen, limits, tls, router, metrics, readiness } = serving;
    // Before the address is told to anybody, so that no signal is missed.
    let mut signals = Signals::new()?;
    let bind = async |address, tls, router| {
        let bound = Listener::bind(address, tls, limits, router).await;
        bound.map_err(|source| ServeFault::Listen { address, source })
    };
    let main = bind(listen.address, tls.clone(), router).await?;
    let metrics = match metrics {
        None => None,
        Some((address, router)) => Some(bind(address, None, router).await?),
    };
    let addresses = Addresses { main: main.address(), metrics: metrics.as_ref().map(Listener::address) };
    ready(addresses);
    let (stop, stopped) = watch::channel(false);
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
    let mut running = tokio::spawn(main.run(stopped, listen.grace));
    tracing::info!(address = %addresses.main, "the service answers");
    let ended = loop {
        match signals.next().await {
            Asked::Reload => reload(tls.as_deref()),
            Asked::Stop => {
                tracing::info!("no more requests are taken; those taken are finished");
                readiness.stop();
                // Nobody listens any more if the listener ended by itself.
                let _ = stop.send(true);
                break tokio::select! {
                    ended = &mut running => ended.map_err(io::Error::other)?,
                    () = signals.stopped() => {
                        tracing::warn!("a second signal; what was taken is cut");
                        running.abort();
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
    match ended {
        Ended::Finished => Ok(()),
        Ended::Cut(connections) => Err(ServeFault::Cut(connections)),
    }
}
