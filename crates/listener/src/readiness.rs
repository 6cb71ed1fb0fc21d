//! Whether a process should get requests: named checks, asked at most once a second, since anybody may ask.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(1);

/// How long the checks may take; a store that hangs does not answer.
pub const CHECKS_TIME: Duration = Duration::from_secs(5);

/// A check: does it stand? It may block.
pub type Check = Box<dyn Fn() -> bool + Send + Sync>;

/// The checks, by name.
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
    kept: Mutex<Option<(Instant, Vec<&'static str>)>>,
    stopping: AtomicBool,
}

impl Readiness {
    /// Of checks.
    pub fn new(checks: Vec<(&'static str, Check)>) -> Self {
        Self { checks, kept: Mutex::new(None), stopping: AtomicBool::new(false) }
    }

    /// From now on the service is not ready any more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Names of the checks that do not stand. It blocks.
    pub fn lacking(&self) -> Vec<&'static str> {
        if self.stopping.load(Ordering::Relaxed) {
            return vec!["shutdown"];
        }
        // Held while asking: whoever comes meanwhile gets the same answer instead of asking again.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lacking)) = kept.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
            return lacking.clone();
        }
        let lacking: Vec<_> =
            self.checks.iter().filter(|(_, stands)| !stands()).map(|(name, _)| *name).collect();
        *kept = Some((Instant::now(), lacking.clone()));
        lacking
    }
}
