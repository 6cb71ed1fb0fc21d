//! What the service believes: the pack in use, as `sanad-verify check` has it, and its issuers as controllers of the open
//! standards.
//!
//! Read when the service starts and again when another program took over a pack: `trust.json` is looked at once a second
//! at most. What a pack proves to be current is held against every later one. A pack that does not read any more leaves
//! nothing in use: no answer rests on what the disk no longer says.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use sanad_credential::UnixTime;
use sanad_openvc::{CompromisedKeys, Controllers, Times};
use sanad_trust::judge::Clock;
use sanad_trust::pack::Pack;

use super::problem::{Problem, ProblemKind};
use crate::command::pack;
use crate::open_form;
use crate::trust_state::StateDir;

/// How long a look at the disk counts.
const LOOK: Duration = Duration::from_secs(1);

/// What is told where there is no pack.
const NO_PACK: &str = "Run `sanad-verify pack info` on this machine; the log says what is wrong.";

/// A pack, and its issuers in the open standards.
pub struct Loaded {
    /// The pack.
    pub pack: Pack,
    /// Where it came from.
    pub directory: StateDir,
    /// Its issuers.
    pub controllers: Controllers,
    /// Its issuers, where a decision is made: keys that others may have verify, and the decision says so.
    pub deciding: Controllers,
}

/// The pack in use.
pub struct Trust {
    state_dir: Option<PathBuf>,
    /// The time that was told, for exercises.
    told: Option<UnixTime>,
    kept: Mutex<Kept>,
}

struct Kept {
    looked: Option<Instant>,
    stamp: Option<(SystemTime, u64)>,
    loaded: Option<Arc<Loaded>>,
}

impl Trust {
    /// Of a state directory; nothing is read yet.
    pub fn new(state_dir: Option<PathBuf>, told: Option<UnixTime>) -> Self {
        Self { state_dir, told, kept: Mutex::new(Kept { looked: None, stamp: None, loaded: None }) }
    }

    /// The device's clock, or the time that was told.
    pub fn device(&self) -> Option<UnixTime> {
        pack::device_clock(self.told)
    }

    /// Whether the time was told by the operator.
    pub fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// The pack in use. It blocks.
    ///
    /// # Errors
    /// `not-ready`; the log says why.
    pub fn current(&self) -> Result<Arc<Loaded>, Problem> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            let stamp = self.stamp();
            if kept.loaded.is_none() || stamp.is_none() || stamp != kept.stamp {
                kept.loaded = self.load();
                // Raised floors are written too.
                kept.stamp = self.stamp();
            }
            kept.looked = Some(Instant::now());
        }
        kept.loaded.clone().ok_or_else(|| Problem::new(ProblemKind::NotReady, NO_PACK))
    }

    fn stamp(&self) -> Option<(SystemTime, u64)> {
        let directory = StateDir::resolve(self.state_dir.as_deref()).ok()?;
        let metadata = fs::metadata(directory.path().join("trust.json")).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    fn load(&self) -> Option<Arc<Loaded>> {
        let (pack, directory) = pack::load_raising(None, self.state_dir.as_deref(), self.device())
            .inspect_err(|fault| tracing::error!(cause = %fault, "there is no pack that may be used"))
            .ok()?;
        let controllers = open_form::controllers(&pack, CompromisedKeys::Refuse);
        let deciding = open_form::controllers(&pack, CompromisedKeys::LeaveToDecision);
        tracing::info!(issuers = pack.issuers().len(), "a pack is in use");
        Some(Arc::new(Loaded { pack, directory, controllers, deciding }))
    }
}

impl Loaded {
    /// The time by which documents are verified: the clock's, or the newest signed time where the clock is behind it.
    pub fn now(&self, device: Option<UnixTime>) -> Option<UnixTime> {
        match self.pack.clock(device) {
            Clock::Known(now) => Some(now),
            Clock::Unknown { at_least } => at_least,
        }
    }

    /// Who looks at the times of what a phone presents: without a clock nobody looks at those of its proofs.
    pub fn times(&self, device: Option<UnixTime>) -> Times {
        match self.pack.clock(device) {
            Clock::Known(_) => Times::LeaveToDecision,
            Clock::Unknown { .. } => Times::NoClock,
        }
    }
}
