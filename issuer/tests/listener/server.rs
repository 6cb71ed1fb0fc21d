//! A listener over a few routes that do nothing but show its limits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use sanad_issuer::service::config::ServiceConfig;
use sanad_issuer::service::extract::{JsonText, Segment, Upload};
use sanad_issuer::service::http::tls::Tls;
use sanad_issuer::service::http::{Ended, Listener};
use sanad_issuer::service::problem::Problem;
use sanad_listener::limits::Limits;
use sanad_listener::routes::finish;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Upload that `/upload` takes.
pub(crate) const UPLOAD_BYTES: u64 = 1 << 20;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Requests that reached a handler.
    pub(crate) handled: Arc<AtomicU64>,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    run: JoinHandle<Ended>,
}

/// Short limits, so that tests are short too.
pub(crate) fn limits() -> Limits {
    let config = ServiceConfig::parse("", std::path::Path::new(""), []).unwrap();
    Limits {
        header_time: Duration::from_millis(400),
        body_time: Duration::from_millis(400),
        body_bytes_per_second: 1_024,
        answer_time: Duration::from_secs(2),
        write_time: Duration::from_millis(500),
        idle_time: Duration::from_millis(1_500),
        connections: 64,
        ..config.limits.listener
    }
}

impl Server {
    pub(crate) fn start(limits: &Limits) -> Self {
        Self::start_with(limits, None, Duration::from_secs(5))
    }

    pub(crate) fn start_with(limits: &Limits, tls: Option<Arc<Tls>>, grace: Duration) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let handled = Arc::new(AtomicU64::new(0));
        let routes = routes(handled.clone());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = runtime.block_on(Listener::bind(address, tls, limits, routes)).unwrap();
        let (stop, stopped) = watch::channel(false);
        let address = listener.address();
        let run = runtime.spawn(listener.run(stopped, grace));
        Self { address, handled, runtime, stop, run }
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::SeqCst)
    }

    /// Asks it to stop.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// How it ended.
    pub(crate) fn ended(self) -> Ended {
        self.runtime.block_on(self.run).unwrap()
    }
}

fn routes(handled: Arc<AtomicU64>) -> Router {
    let router = Router::new()
        .route("/echo", post(echo))
        .route("/upload", post(upload))
        .route("/slow/{milliseconds}", get(slow))
        .route("/big", get(big))
        .route("/names/{name}", get(name))
        .route("/panic", get(panics));
    finish(router).with_state(handled)
}

async fn echo(State(handled): State<Arc<AtomicU64>>, JsonText(text): JsonText) -> String {
    handled.fetch_add(1, Ordering::SeqCst);
    format!("{} bytes\n", text.len())
}

async fn upload(State(handled): State<Arc<AtomicU64>>, upload: Upload) -> Response {
    handled.fetch_add(1, Ordering::SeqCst);
    let read = async {
        let mut pieces = upload.pieces(UPLOAD_BYTES)?;
        while pieces.next().await?.is_some() {}
        Ok::<_, Problem>(format!("{} bytes\n", pieces.read()))
    };
    read.await.into_response()
}

async fn slow(State(handled): State<Arc<AtomicU64>>, Segment(milliseconds): Segment) -> String {
    handled.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(milliseconds.parse().unwrap())).await;
    "finished\n".to_owned()
}

/// More than the buffers of a connection hold.
async fn big() -> Response {
    Body::from(vec![b'.'; 64 << 20]).into_response()
}

async fn panics() -> Response {
    panic!("a fault of the program");
}

async fn name(Segment(name): Segment) -> String {
    format!("{} characters\n", name.chars().count())
}
