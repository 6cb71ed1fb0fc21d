//! Running the service: from a configuration to the last answer.
//!
//! In order: metrics, TLS, then the listeners ([`sanad_listener::serve`]) until a signal. Meanwhile what phones were asked is
//! forgotten when its time is over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sanad_listener::http::tls::Tls;
use sanad_listener::metrics;
use sanad_listener::serve::{ServeFault, Serving};
use tokio::time::interval;

use super::router::{metrics_router, router};
use super::state::Service;

/// How long threads that block may go on after the last answer.
const BLOCKING_GRACE: Duration = Duration::from_secs(10);

/// How often it is looked which requests are over.
const FORGET_EVERY: Duration = Duration::from_secs(5);

/// Runs the service until a signal ends it. `ready` is called with the address when clients can connect.
///
/// # Errors
/// [`ServeFault`].
pub fn serve(service: Service, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeFault> {
    metrics::install(&[], || {})?;
    let tls = service.config.listen.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let service = Arc::new(service);
    let forgetting = runtime.spawn(forget(service.clone()));
    let serving = Serving {
        listen: &service.config.listen,
        limits: &service.config.limits,
        tls,
        router: router(service.clone()),
        metrics: service.config.metrics_address.map(|address| (address, metrics_router(service.clone()))),
        readiness: &service.readiness,
    };
    let ended = runtime.block_on(sanad_listener::serve::serve(serving, |addresses| {
        service.bound_to(addresses.main);
        ready(addresses.main);
    }));
    forgetting.abort();
    runtime.shutdown_timeout(BLOCKING_GRACE);
    tracing::info!("the service has ended");
    ended
}

async fn forget(service: Arc<Service>) {
    let mut due = interval(FORGET_EVERY);
    loop {
        due.tick().await;
        let asked = service.clone();
        // A panic there is in the log already.
        let _ = tokio::task::spawn_blocking(move || asked.requests.forget()).await;
    }
}
