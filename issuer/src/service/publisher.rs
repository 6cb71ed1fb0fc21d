//! Keeps the published site current: what is revoked in the store is in the signed list within a second.
//!
//! One thread looks into the store at each interval, while this process leads: which lists have changed since it last
//! looked (their versions say so, without reading them), and which were signed so long ago that verifiers would take
//! them for old. These are published by the rules of [`crate::publish`]. When it starts, or takes over from another
//! replica, it publishes all lists and the issuer's record. A fault is told in the log and tried again within a second, and
//! never ends the thread.
//!
//! While another replica leads, this one looks whether its directory has what that one publishes, which it has where they
//! share one. A directory that is left behind would show revoked documents as valid, so it is not served ([`SiteState`]).
//!
//! A list bears a time in whole seconds that no other publication of it bore, so publications that follow each other
//! faster use up seconds and run ahead of the clock. That is allowed up to `AHEAD_SECONDS_MAX`, at a pace that makes
//! it last (`Pace`); after that a list is published once a second.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sanad_credential::{Fault, StatusListToken, UnixTime};

use super::config::Site;
use super::metrics;
use crate::issue::Issuer;
use crate::open_forms::published_names;
use crate::permutation::Shard;
use crate::publish::{Publication, PublishFault, TTL_SECONDS, Unchanged};
use crate::store::publication_time::{latest, latest_of_all};
use crate::store::{Leading, RecordsFault};
use crate::whole_file;

/// Directory of the status lists in the site.
pub const STATUS: &str = "status";

/// The issuer's record in the site.
pub const RECORD: &str = "record.json";

/// Age at which an unchanged list is signed again: verifiers fetch at each `ttl`, and half of it leaves them a list that
/// is never older than one and a half.
const SIGN_AGAIN_AFTER: Duration = Duration::from_secs(TTL_SECONDS / 2);

/// Directory of what the open standards look for, in the site.
pub const OPEN: &str = "open";

/// How far the time of a list may run ahead of the clock. Verifiers count the age of a list in days and take one for
/// what it says that is up to 31 days ahead, so ten minutes are nothing to them; to a revocation, a second is.
const AHEAD_SECONDS_MAX: u64 = 600;

/// From here on publications of a list come slower, so that the rest lasts for twenty minutes of changes without a
/// break.
const AHEAD_SECONDS_SLOWER: u64 = 30;

/// With the time for signing and for three files on a busy disk (0.3 s under full load) a change is still visible within
/// a second.
const SLOWER: Duration = Duration::from_millis(700);

/// Pause while a changed list has to wait for its pace.
const WAIT_FOR_PACE: Duration = Duration::from_millis(20);

/// Longest pause after faults. A revocation is acknowledged as soon as the store is back, and is not to wait for the next
/// look longer than any other; a look at a store that is away costs next to nothing.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long a directory may lack what another replica publishes: signing and writing all lists takes less, and a list that
/// was dated and never written is published anew by whoever leads next.
const BEHIND_MAX: Duration = Duration::from_secs(10);

/// What is done after each look that found everything published, for instance signing a checkpoint of the log. It gets
/// the directory of the site and the time.
pub type AfterLook = Box<dyn Fn(&Path, UnixTime) -> Result<(), String> + Send>;

/// How the publication stands, for readiness and metrics.
#[derive(Debug)]
pub struct Publications(Mutex<Standing>);

#[derive(Clone, Copy, Debug)]
struct Standing {
    started: Instant,
    succeeded: Option<Instant>,
    leading: Leading,
    site: SiteState,
}

/// Whether the directory of the site may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteState {
    /// It has what was published.
    Current,
    /// Another replica publishes, and not into this directory.
    Behind,
}

impl Publications {
    fn new() -> Arc<Self> {
        let standing = Standing {
            started: Instant::now(),
            succeeded: None,
            leading: Leading::Follower,
            site: SiteState::Current,
        };
        Arc::new(Self(Mutex::new(standing)))
    }

    /// Since when everything that the store said is published, as far as this process is concerned; before the first
    /// success, since the start.
    pub fn age(&self) -> Duration {
        let standing = self.get();
        standing.succeeded.unwrap_or(standing.started).elapsed()
    }

    /// Whether there was a publication, or a look that found that another replica does it.
    pub fn is_current(&self, late: Duration) -> bool {
        self.get().succeeded.is_some_and(|at| at.elapsed() <= late)
    }

    /// Who publishes, as of the last look.
    pub fn leading(&self) -> Leading {
        self.get().leading
    }

    /// Whether the site may be shown, as of the last look.
    pub fn site(&self) -> SiteState {
        self.get().site
    }

    fn get(&self) -> Standing {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn succeed(&self, leading: Leading, site: SiteState) {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        standing.succeeded = Some(Instant::now());
        standing.leading = leading;
        standing.site = site;
    }
}

/// Why a look did not end well. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum LookFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
    /// The lists.
    #[error(transparent)]
    Publish(#[from] PublishFault),
    /// The record.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The clock.
    #[error("the clock of this computer is wrong: {0}")]
    Clock(Fault),
    /// What is done after a look.
    #[error("{0}")]
    After(String),
    /// The issuer's DID.
    #[error("issuer.toml: {0}")]
    Did(sanad_openvc::Fault),
}

/// The thread.
pub struct Publisher {
    thread: JoinHandle<()>,
    stop: Arc<Stop>,
    publications: Arc<Publications>,
}

#[derive(Debug, Default)]
struct Stop {
    asked: Mutex<bool>,
    changed: Condvar,
}

impl Publisher {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(issuer: Arc<Issuer>, site: &Site, after: AfterLook) -> io::Result<Self> {
        let (stop, publications) = (Arc::new(Stop::default()), Publications::new());
        let mut looker = Looker {
            issuer,
            dir: site.dir.clone(),
            interval: site.publish_interval,
            after,
            lists: None,
            followed: BTreeMap::new(),
            lacking: BTreeMap::new(),
            publications: publications.clone(),
        };
        let asked = stop.clone();
        let run = move || looker.run(&asked);
        let thread = thread::Builder::new().name("publisher".to_owned()).spawn(run)?;
        Ok(Self { thread, stop, publications })
    }

    /// How it stands.
    pub fn publications(&self) -> Arc<Publications> {
        self.publications.clone()
    }

    /// Publishes what has changed since the last look, then ends.
    pub fn stop(self) {
        *self.stop.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.changed.notify_all();
        if self.thread.join().is_err() {
            tracing::error!("the publication had ended before");
        }
    }
}

impl Stop {
    /// Whether to stop, after so long at the latest.
    fn wait(&self, pause: Duration) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(asked, pause, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What was published of a list, by this process since it leads.
#[derive(Clone, Copy, Debug)]
struct Held {
    version: u64,
    at: Instant,
}

/// A list that another replica has published and that the directory lacks.
#[derive(Clone, Copy, Debug)]
struct Lack {
    /// Its time. A list that is published all the time is always a moment late: it is this one that must come.
    wanted: UnixTime,
    since: Instant,
    /// Up to which publication what is there was compared with the store.
    compared: Option<UnixTime>,
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Everything that the store says is published.
    Current(Leading),
    /// A list has to wait for its pace.
    Waiting,
}

struct Looker {
    issuer: Arc<Issuer>,
    dir: PathBuf,
    interval: Duration,
    after: AfterLook,
    /// Nothing before everything was published once.
    lists: Option<BTreeMap<Shard, Held>>,
    /// Times of another replica's lists that the directory has.
    followed: BTreeMap<Shard, UnixTime>,
    /// Lists that it lacks.
    lacking: BTreeMap<Shard, Lack>,
    publications: Arc<Publications>,
}

impl Lack {
    fn of(wanted: UnixTime) -> Self {
        Self { wanted, since: Instant::now(), compared: None }
    }

    fn is_late(&self) -> bool {
        self.since.elapsed() > BEHIND_MAX
    }
}

impl Looker {
    fn run(&mut self, stop: &Stop) {
        let mut faults = 0_u32;
        loop {
            let began = Instant::now();
            let pause = match self.look(Pacing::Kept) {
                Ok(Look::Waiting) => WAIT_FOR_PACE.min(self.interval),
                Ok(Look::Current(leading)) => {
                    let site = self.site();
                    if site == SiteState::Behind && self.publications.site() == SiteState::Current {
                        tracing::warn!(
                            "another replica publishes and this site lacks it: it is not shown any more"
                        );
                    }
                    self.publications.succeed(leading, site);
                    metrics::set_leader(leading == Leading::Leader);
                    metrics::set_site(site);
                    faults = 0;
                    // Looks begin an interval apart, however long they take.
                    self.interval.saturating_sub(began.elapsed()).max(WAIT_FOR_PACE)
                }
                Err(fault) => {
                    tracing::error!(cause = %fault, "the publication failed and will be tried again");
                    metrics::count_publication_fault();
                    faults = faults.saturating_add(1);
                    let doubled = 2_u32.saturating_pow(faults.min(16));
                    self.interval.saturating_mul(doubled).min(PAUSE_MAX.max(self.interval))
                }
            };
            if stop.wait(pause) {
                self.finish();
                return;
            }
        }
    }

    /// What was acknowledged before the end is published before the end.
    fn finish(&mut self) {
        match self.look(Pacing::None) {
            Ok(_) => {}
            Err(fault) => tracing::error!(cause = %fault, "the last publication failed"),
        }
    }

    fn look(&mut self, pacing: Pacing) -> Result<Look, LookFault> {
        if self.issuer.store.lead()? == Leading::Follower {
            self.lists = None;
            self.follow()?;
            return Ok(Look::Current(Leading::Follower));
        }
        (self.lacking, self.followed) = (BTreeMap::new(), BTreeMap::new());
        let now = clock()?;
        // Read before the lists are: what changes in between is published again, never missed.
        let versions: BTreeMap<_, _> = self.issuer.store.status_versions()?.into_iter().collect();
        let mut waiting = false;
        let due = match &self.lists {
            None => {
                let record = format!("{}\n", self.issuer.config.record.to_json());
                self.write(Path::new(RECORD), &record)?;
                for (name, text) in published_names(&self.issuer.config.record).map_err(LookFault::Did)? {
                    self.write(&Path::new(OPEN).join(name), &text)?;
                }
                self.every_list()
            }
            Some(held) => {
                let mut due = Vec::new();
                for (shard, held) in held {
                    let changed = versions.get(shard).is_some_and(|version| *version != held.version);
                    if !changed && held.at.elapsed() < SIGN_AGAIN_AFTER {
                        continue;
                    }
                    if pacing == Pacing::None || self.pace(*shard, held, now)? == Pace::Now {
                        due.push(*shard);
                    } else {
                        waiting = true;
                    }
                }
                due
            }
        };
        if !due.is_empty() {
            self.publish(&due, &versions, now)?;
        }
        if waiting {
            return Ok(Look::Waiting);
        }
        (self.after)(&self.dir, now).map_err(LookFault::After)?;
        Ok(Look::Current(Leading::Leader))
    }

    /// Looks whether what another replica publishes is in this directory too.
    fn follow(&mut self) -> Result<(), RecordsFault> {
        let out = self.dir.join(STATUS);
        for (shard, time) in latest_of_all(self.issuer.store.as_ref())? {
            if self.followed.get(&shard).is_some_and(|followed| *followed >= time) {
                continue;
            }
            // Something else under the name of a list is no list: the site lacks it.
            let found = self.issuer.published(&out, shard).ok().flatten();
            let lack = self.lacking.entry(shard).or_insert(Lack::of(time));
            let has_come = found.as_ref().is_some_and(|found| found.iat >= lack.wanted);
            let is_new = lack.is_late() && lack.compared.replace(time) != Some(time);
            if has_come || (is_new && self.says_the_same(shard, found.as_ref(), time)?) {
                let followed = found.filter(|_| has_come).map_or(time, |found| found.iat);
                self.followed.insert(shard, followed);
                self.lacking.remove(&shard);
            }
        }
        Ok(())
    }

    /// Whether a list of before the latest has nothing to hide: it was published elsewhere, by a command for instance.
    fn says_the_same(
        &self,
        shard: Shard,
        found: Option<&StatusListToken>,
        time: UnixTime,
    ) -> Result<bool, RecordsFault> {
        let young = found.filter(|found| time.seconds_since(found.iat) < TTL_SECONDS);
        young.map_or(Ok(false), |found| Ok(found.list == self.issuer.store.status_list(shard)?))
    }

    fn site(&self) -> SiteState {
        if self.lacking.values().any(Lack::is_late) { SiteState::Behind } else { SiteState::Current }
    }

    fn every_list(&self) -> Vec<Shard> {
        (0..self.issuer.config.record.members().status.lists).map(Shard::numbered).collect()
    }

    /// Whether a list that has changed may be published now.
    fn pace(&self, shard: Shard, held: &Held, now: UnixTime) -> Result<Pace, RecordsFault> {
        let ahead = latest(self.issuer.store.as_ref(), shard)?;
        // Its next time is the second after the latest.
        let ahead =
            ahead.map_or(0, |latest| latest.seconds().saturating_add(1).saturating_sub(now.seconds()));
        Ok(Pace::of(ahead, held.at.elapsed(), self.interval))
    }

    fn publish(
        &mut self,
        due: &[Shard],
        versions: &BTreeMap<Shard, u64>,
        now: UnixTime,
    ) -> Result<(), PublishFault> {
        let began = Instant::now();
        let publication = Publication { out: &self.dir.join(STATUS), now, unchanged: Unchanged::SignAgain };
        let published = self.issuer.publish_lists(due, &publication, &|_| ())?;
        let lists = self.lists.get_or_insert_default();
        for shard in due {
            let version = versions.get(shard).copied().unwrap_or(0);
            lists.insert(*shard, Held { version, at: began });
        }
        metrics::record_publication(published.signed, began.elapsed());
        tracing::debug!(lists = published.signed, bytes = published.bytes, "published");
        if let Some(seconds) = published.seconds_ahead.filter(|seconds| *seconds > AHEAD_SECONDS_MAX) {
            tracing::warn!(seconds, "status lists bear times ahead of the clock; check it");
        }
        Ok(())
    }

    /// Writes a file of the site, where it does not say so already.
    fn write(&self, name: &Path, text: &str) -> Result<(), LookFault> {
        let path = self.dir.join(name);
        let file = |source| LookFault::File { path: path.clone(), source };
        std::fs::create_dir_all(path.parent().unwrap_or(&self.dir)).map_err(file)?;
        if std::fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        whole_file::write(&path, text.as_bytes()).map_err(file)
    }
}

/// Whether lists wait for their pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pacing {
    Kept,
    None,
}

/// When a changed list is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Now,
    Later,
}

impl Pace {
    /// For a list whose next time runs so many seconds ahead of the clock.
    fn of(ahead: u64, since_last: Duration, interval: Duration) -> Self {
        let gap = match ahead {
            0..AHEAD_SECONDS_SLOWER => interval,
            AHEAD_SECONDS_SLOWER..AHEAD_SECONDS_MAX => interval.max(SLOWER),
            _ => return Self::Later,
        };
        // The looks themselves are an interval apart, give or take the time for waking up.
        if since_last.saturating_add(WAIT_FOR_PACE) < gap { Self::Later } else { Self::Now }
    }
}

fn clock() -> Result<UnixTime, LookFault> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    UnixTime::new(seconds).map_err(LookFault::Clock)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(500);

    /// A list that changes all the time, for so many seconds: the longest gap between two publications, and how far it ran
    /// ahead.
    fn simulate(seconds: u64) -> (Duration, u64) {
        let (mut latest, mut last, mut now) =
            (1_000_u64, Duration::from_secs(1_000), Duration::from_secs(1_000));
        let (mut gap, mut ahead_max) = (Duration::ZERO, 0);
        while now < Duration::from_secs(1_000 + seconds) {
            let ahead = (latest + 1).saturating_sub(now.as_secs());
            if Pace::of(ahead, now - last, INTERVAL) == Pace::Now {
                gap = gap.max(now - last);
                latest = (latest + 1).max(now.as_secs());
                ahead_max = ahead_max.max(latest - now.as_secs());
                last = now;
            }
            now += WAIT_FOR_PACE;
        }
        (gap, ahead_max)
    }

    #[test]
    fn a_list_that_changes_without_a_break_leaves_time_for_signing_for_twenty_minutes() {
        let (gap, ahead) = simulate(20 * 60);
        assert!(gap <= SLOWER + WAIT_FOR_PACE, "{gap:?}");
        assert!(ahead <= AHEAD_SECONDS_MAX, "{ahead}");
    }

    #[test]
    fn a_list_that_changes_all_day_never_runs_further_ahead() {
        let (gap, ahead) = simulate(24 * 60 * 60);
        assert!(gap <= Duration::from_secs(1) + WAIT_FOR_PACE, "{gap:?}");
        assert!(ahead <= AHEAD_SECONDS_MAX, "{ahead}");
    }
}
