//! What ends a service: SIGTERM and SIGINT finish what was taken, a second one cuts it, SIGHUP reads the certificate again.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::http::tls::Tls;

/// How often metrics are sorted.
pub const UPKEEP: Duration = Duration::from_secs(5);

/// Reads the certificate again, where there is one.
pub fn reload(tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        None => tracing::warn!("SIGHUP reads the certificate again; there is none"),
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(fault)) => {
            tracing::error!(cause = %fault, "the certificate was not read again; the former stays")
        }
    }
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// SIGTERM, SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

/// The signals that a service hears.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Hears them from now on.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }

    /// Until one asks to stop.
    pub async fn stopped(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
