//! Watches the published lists: from when a revocation was acknowledged to when the file on the disk says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use sanad_credential::{Sealed, Status, StatusIndex, StatusListToken};
use sanad_trust::{IssuerRecord, Opened};

/// What is promised while the service runs (docs/faults.md).
const PROMISED: Duration = Duration::from_secs(1);

/// What is allowed: the promise, and a margin for a machine that does other work. With twenty builds beside it on two
/// cores, publications were seen to take 10 s, and one wait for the disk may take seconds more. A revocation that is never
/// published, or only when the service starts again, is still late; how late the others were, the campaign tells, and
/// `SANAD_FAULT_MARGIN_SECONDS` says another margin.
pub(crate) fn bound() -> Duration {
    let margin = std::env::var("SANAD_FAULT_MARGIN_SECONDS").ok();
    let margin = margin.map(|text| text.parse().expect("SANAD_FAULT_MARGIN_SECONDS is a number"));
    PROMISED + Duration::from_secs(margin.unwrap_or(60))
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(25);

#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<State>>);

struct State {
    site: PathBuf,
    due: Vec<Due>,
    /// Since when the service runs without a break; none while it is broken.
    running_since: Option<Instant>,
    /// Delays of revocations that were acknowledged since then.
    running: Vec<Duration>,
    /// Delays from the end of the break, of those acknowledged before.
    after_break: Vec<Duration>,
    lists: BTreeMap<String, (SystemTime, StatusListToken)>,
    late: Vec<String>,
}

struct Due {
    list: String,
    index: StatusIndex,
    acknowledged: Instant,
}

impl Watch {
    pub(crate) fn new(site: PathBuf) -> Self {
        let (due, running, after_break, late) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let lists = BTreeMap::new();
        let running_since = None;
        Self(Arc::new(Mutex::new(State { site, due, running_since, running, after_break, lists, late })))
    }

    pub(crate) fn expect_revoked(&self, list: String, index: StatusIndex) {
        let acknowledged = Instant::now();
        self.0.lock().unwrap().due.push(Due { list, index, acknowledged });
    }

    /// Something is about to break.
    pub(crate) fn breaks(&self) {
        let mut state = self.0.lock().unwrap();
        state.look();
        state.running_since = None;
    }

    /// It answers again.
    pub(crate) fn mended(&self) {
        self.0.lock().unwrap().running_since.get_or_insert_with(Instant::now);
    }

    /// Looks until `stop` says so and nothing is due, or can be.
    pub(crate) fn run(&self, stop: impl Fn() -> bool) {
        loop {
            let is_over = stop();
            let is_done = {
                let mut state = self.0.lock().unwrap();
                state.look();
                state.due.is_empty() || state.running_since.is_none()
            };
            if is_over && is_done {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What was late.
    pub(crate) fn late(&self) -> Vec<String> {
        self.0.lock().unwrap().late.clone()
    }

    /// Delays: while it ran, and after breaks.
    pub(crate) fn delays(&self) -> (Vec<Duration>, Vec<Duration>) {
        let state = self.0.lock().unwrap();
        (state.running.clone(), state.after_break.clone())
    }
}

impl State {
    fn look(&mut self) {
        if self.due.is_empty() {
            return;
        }
        let names: std::collections::BTreeSet<String> = self.due.iter().map(|due| due.list.clone()).collect();
        for name in names {
            self.read(&name);
        }
        let now = Instant::now();
        for due in std::mem::take(&mut self.due) {
            let list = self.lists.get(&due.list);
            let is_visible = list.is_some_and(|(_, token)| token.list.status(due.index) == Status::Revoked);
            let Some(since) = self.running_since else {
                if !is_visible {
                    self.due.push(due);
                }
                continue;
            };
            let delay = now.saturating_duration_since(since.max(due.acknowledged));
            if is_visible {
                let delays = if due.acknowledged > since { &mut self.running } else { &mut self.after_break };
                delays.push(delay);
            } else if delay > bound() {
                self.late.push(format!("entry {:?} of list {}: {delay:?}", due.index, due.list));
            } else {
                self.due.push(due);
            }
        }
    }

    /// Opens a list that has changed, with the record that lies beside it. Whatever was killed and whenever, what lies
    /// there opens.
    fn read(&mut self, name: &str) {
        let path = self.site.join("status").join(name);
        // Not there before the first publication, and not while its disk is away.
        let Ok(modified) = fs::metadata(&path).and_then(|found| found.modified()) else { return };
        if self.lists.get(name).is_some_and(|(known, _)| *known == modified) {
            return;
        }
        let (Ok(bytes), Ok(record)) = (fs::read(&path), fs::read_to_string(self.site.join("record.json")))
        else {
            return;
        };
        let record = IssuerRecord::parse(&record).expect("the published record");
        let sealed = Sealed::parse(&bytes).expect("the published list");
        match sanad_trust::open(&sealed, &record).expect("the published list opens") {
            Opened::StatusList(token) => self.lists.insert(name.to_owned(), (modified, *token)),
            Opened::Entitlement(_) => panic!("no status list"),
        };
    }
}
