//! Who tidies up behind wallets, on a thread of its own: at the start and every minute what was offered and has ended is taken
//! away, and copies follow their documents where a kill kept them from it.
//!
//! Of several replicas each does it; to do it twice does no harm.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sanad_credential::UnixTime;

use crate::copies::owed;
use crate::issue::Issuer;
use crate::store::{RecordsFault, Store};
use crate::wallets;

const EVERY: Duration = Duration::from_secs(60);

/// The thread.
pub struct WalletKeeper {
    /// Dropped, it tells the thread to end.
    working_hours: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl WalletKeeper {
    /// Starts it. Where the clock is wrong beyond doubt it waits.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(issuer: Arc<Issuer>, now: fn() -> Option<UnixTime>) -> std::io::Result<Self> {
        let (working_hours, over) = mpsc::channel::<()>();
        let run = move || {
            loop {
                if let Some(now) = now()
                    && let Err(fault) = keep(issuer.store(), now)
                {
                    tracing::warn!(cause = %fault, "what wallets left behind was not tidied; it is tried again");
                }
                match over.recv_timeout(EVERY) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        let thread = thread::Builder::new().name("wallets".to_owned()).spawn(run)?;
        Ok(Self { working_hours, thread })
    }

    /// Ends it after what it is at.
    pub fn close(self) {
        drop(self.working_hours);
        // It ends by itself; one that panicked has said so.
        let _ = self.thread.join();
    }
}

fn keep(store: &dyn Store, now: UnixTime) -> Result<(), RecordsFault> {
    // What must follow first: that is about documents which do not count.
    owed::settle_all(store, now)?;
    wallets::tidy(store, now)
}
