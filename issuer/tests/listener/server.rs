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
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::client::until;

/// Upload that `/upload` takes.
pub(crate) const UPLOAD_BYTES: u64 = 1 << 20;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    told: Arc<Told>,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    run: JoinHandle<Ended>,
}

/// What the handlers tell, and are told.
struct Told {
    /// Requests that reached a handler.
    handled: AtomicU64,
    /// Closed when `/held` may answer.
    held: Semaphore,
}

/// What a test sets a limit to that is meant to be reached.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

/// Limits in time that no test reaches, however busy the machine: who tests one sets that one.
pub(crate) fn limits() -> Limits {
    let config = ServiceConfig::parse("", std::path::Path::new(""), []).unwrap();
    Limits {
        header_time: NEVER,
        body_time: NEVER,
        body_bytes_per_second: 1_024,
        answer_time: NEVER,
        write_time: NEVER,
        idle_time: NEVER,
        connections: 64,
        ..config.limits.listener
    }
}

/// Longer than a test runs.
pub(crate) const NEVER: Duration = Duration::from_secs(600);

impl Server {
    pub(crate) fn start(limits: &Limits) -> Self {
        Self::start_with(limits, None, NEVER)
    }

    pub(crate) fn start_with(limits: &Limits, tls: Option<Arc<Tls>>, grace: Duration) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let told = Arc::new(Told { handled: AtomicU64::new(0), held: Semaphore::new(0) });
        let routes = routes(told.clone());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = runtime.block_on(Listener::bind(address, tls, limits, routes)).unwrap();
        let (stop, stopped) = watch::channel(false);
        let address = listener.address();
        let run = runtime.spawn(listener.run(stopped, grace));
        Self { address, told, runtime, stop, run }
    }

    /// Requests that reached a handler.
    pub(crate) fn handled(&self) -> u64 {
        self.told.handled.load(Ordering::SeqCst)
    }

    /// Waits until so many have.
    pub(crate) fn until_handled(&self, count: u64) {
        until("handled", || self.handled() >= count);
    }

    /// Lets `/held` answer.
    pub(crate) fn release(&self) {
        self.told.held.close();
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

fn routes(told: Arc<Told>) -> Router {
    let router = Router::new()
        .route("/echo", post(echo))
        .route("/upload", post(upload))
        .route("/held", get(held))
        .route("/big", get(big))
        .route("/names/{name}", get(name))
        .route("/panic", get(panics));
    finish(router).with_state(told)
}

async fn echo(State(told): State<Arc<Told>>, JsonText(text): JsonText) -> String {
    told.handled.fetch_add(1, Ordering::SeqCst);
    format!("{} bytes\n", text.len())
}

async fn upload(State(told): State<Arc<Told>>, upload: Upload) -> Response {
    told.handled.fetch_add(1, Ordering::SeqCst);
    let read = async {
        let mut pieces = upload.pieces(UPLOAD_BYTES)?;
        while pieces.next().await?.is_some() {}
        Ok::<_, Problem>(format!("{} bytes\n", pieces.read()))
    };
    read.await.into_response()
}

/// Answers when the test says so.
async fn held(State(told): State<Arc<Told>>) -> &'static str {
    told.handled.fetch_add(1, Ordering::SeqCst);
    let _ = told.held.acquire().await;
    // The connection sees first that it shall stop, where that was asked for first.
    tokio::task::yield_now().await;
    "finished\n"
}

/// More than the buffers of a connection hold.
async fn big() -> Response {
    Body::from(vec![b'.'; 64 << 20]).into_response()
}

async fn panics() -> Response {
    panic!("a fault of the program");
}

async fn name(State(told): State<Arc<Told>>, Segment(name): Segment) -> String {
    told.handled.fetch_add(1, Ordering::SeqCst);
    format!("{} characters\n", name.chars().count())
}
