//! The keys of an identity provider as they were last seen, followed by a thread of its own.
//!
//! They are read at the start, then every five minutes, and, when a token names a key that is not there, once a minute at
//! most: whoever makes up ids of keys makes no more requests at the provider than that. What the provider does not list any
//! more does not count from the next reading on; where it cannot be read, the last keys count for an hour, the usual life
//! of its tokens. Redirects are not followed, and addresses are https, or http on this machine.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use ureq::Agent;
use ureq::http::{StatusCode, Uri};

use super::is_loopback;
use super::keys::{Algorithm, KEY_SET_BYTES_MAX, KeySet, KeySetFault};

/// How often keys are read, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Without a reason.
    pub every: Duration,
    /// Because a token names a key that is not there.
    pub at_most_every: Duration,
    /// Time after which keys do not count that could not be read again.
    pub stale: Duration,
    /// For one reading, from the name of the host to the last byte.
    pub timeout: Duration,
}

impl Pace {
    /// That of the service.
    pub const SERVICE: Self = Self {
        every: Duration::from_secs(300),
        at_most_every: Duration::from_secs(60),
        stale: Duration::from_secs(3_600),
        timeout: Duration::from_secs(5),
    };

    /// How long a request waits for a reading.
    fn wait(&self) -> Duration {
        self.timeout.saturating_add(Duration::from_secs(1))
    }
}

/// Bytes of the headers of an answer.
const HEADER_BYTES_MAX: usize = 16_384;

/// Where keys are read.
pub(super) enum Source {
    Url { agent: Box<Agent>, url: String },
    File(PathBuf),
}

/// Why they were not.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Http(Box<ureq::Error>),
    #[error("the identity provider answered {0}")]
    Status(StatusCode),
    #[error("the answer ended early: {0}")]
    Body(io::Error),
    #[error("more than {KEY_SET_BYTES_MAX} bytes, or no UTF-8")]
    NoText,
    #[error("no set of keys: {0}")]
    Keys(KeySetFault),
}

impl Source {
    /// An address, and the time for one reading of it; none for one that may not be read from.
    pub(super) fn url(url: &str, timeout: Duration) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let host = uri.host()?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback(host) => false,
            _ => return None,
        };
        let mut config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .https_only(secure)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(HEADER_BYTES_MAX)
            .user_agent("sanad-issuer");
        if !secure {
            config = config.proxy(None);
        }
        Some(Self::Url { agent: Box::new(config.build().into()), url: url.to_owned() })
    }

    fn read(&self) -> Result<KeySet, Unread> {
        let limit = u64::try_from(KEY_SET_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        match self {
            Self::File(path) => {
                let unread = |source| Unread::File { path: path.clone(), source };
                let file = File::open(path).map_err(unread)?;
                file.take(limit).read_to_end(&mut bytes).map_err(unread)?;
            }
            Self::Url { agent, url } => {
                let mut response = agent.get(url).call().map_err(|error| Unread::Http(Box::new(error)))?;
                if response.status() != StatusCode::OK {
                    return Err(Unread::Status(response.status()));
                }
                let reader = response.body_mut().as_reader();
                reader.take(limit).read_to_end(&mut bytes).map_err(Unread::Body)?;
            }
        }
        let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= KEY_SET_BYTES_MAX);
        KeySet::parse(&text.ok_or(Unread::NoText)?).map_err(Unread::Keys)
    }
}

/// Keeps the keys.
pub(super) struct KeyKeeper {
    held: Arc<RwLock<Held>>,
    pace: Pace,
    /// Asks the thread to read; when it goes away, so does the thread.
    ask: SyncSender<()>,
    /// Number of the turn that the thread has begun.
    begun: Arc<AtomicU64>,
    /// Number of the turn that it has ended.
    ended: watch::Receiver<u64>,
}

#[derive(Default)]
struct Held {
    keys: Option<(Arc<KeySet>, Instant)>,
    tried: Option<Instant>,
}

/// Why a key is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// No keys were seen, or not for too long.
    NotSeen,
    /// The provider does not list it.
    Unknown,
}

impl KeyKeeper {
    pub(super) fn start(source: Source, pace: Pace) -> io::Result<Self> {
        let held = Arc::new(RwLock::new(Held::default()));
        // One wish that waits is enough: it is for all.
        let (ask, asked) = sync_channel(1);
        let (turned, ended) = watch::channel(0);
        let begun = Arc::new(AtomicU64::new(0));
        let thread =
            Thread { source, pace, held: Arc::clone(&held), asked, begun: Arc::clone(&begun), turned };
        std::thread::Builder::new().name("identity-keys".to_owned()).spawn(move || thread.run())?;
        Ok(Self { held, pace, ask, begun, ended })
    }

    /// The keys, if this one is among them, after a new reading if it was not.
    pub(super) async fn with(&self, kid: &str, algorithm: Algorithm) -> Result<Arc<KeySet>, NoKey> {
        match self.look(kid, algorithm) {
            Ok(keys) => return Ok(keys),
            Err(why) if self.tried_lately() => return Err(why),
            Err(_) => {}
        }
        // A turn that began before may have read what was published before: the next one is waited for.
        let begun = self.begun.load(Ordering::Acquire);
        let _ = self.ask.try_send(());
        let mut ended = self.ended.clone();
        let _ = tokio::time::timeout(self.pace.wait(), ended.wait_for(|ended| *ended > begun)).await;
        self.look(kid, algorithm)
    }

    /// Whether these are the keys that count.
    pub(super) fn are(&self, keys: &Arc<KeySet>) -> bool {
        self.counting().is_some_and(|counting| Arc::ptr_eq(&counting, keys))
    }

    fn look(&self, kid: &str, algorithm: Algorithm) -> Result<Arc<KeySet>, NoKey> {
        let keys = self.counting().ok_or(NoKey::NotSeen)?;
        if keys.has(kid, algorithm) { Ok(keys) } else { Err(NoKey::Unknown) }
    }

    fn counting(&self) -> Option<Arc<KeySet>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.keys
            .as_ref()
            .filter(|(_, seen)| seen.elapsed() < self.pace.stale)
            .map(|(keys, _)| Arc::clone(keys))
    }

    fn tried_lately(&self) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.tried.is_some_and(|tried| tried.elapsed() < self.pace.at_most_every)
    }
}

struct Thread {
    source: Source,
    pace: Pace,
    held: Arc<RwLock<Held>>,
    asked: Receiver<()>,
    begun: Arc<AtomicU64>,
    turned: watch::Sender<u64>,
}

impl Thread {
    fn run(self) {
        let mut tried = None::<Instant>;
        loop {
            let turn = self.begun.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
            if tried.is_none_or(|tried| tried.elapsed() >= self.pace.at_most_every) {
                tried = Some(Instant::now());
                self.read();
            }
            // Also when nothing was read: somebody waits.
            self.turned.send_replace(turn);
            if self.asked.recv_timeout(self.pace.every) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    fn read(&self) {
        let began = Instant::now();
        let read = self.source.read();
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(keys) => {
                if keys.is_empty() {
                    tracing::warn!("the identity provider lists no key that can be used");
                }
                held.keys = Some((Arc::new(keys), began));
            }
            Err(why) => tracing::warn!(cause = %why, "the keys of the identity provider could not be read"),
        }
        // From the end: a provider that is slow is not asked the more often for it.
        held.tried = Some(Instant::now());
    }
}
