//! Requests for presentations: each is asked once, answered once, and forgotten.
//!
//! A request has a place in the path that nobody guesses, a state that comes back with the answer, and a nonce that the
//! holder signs; all are drawn anew. The first answer under the right state closes it, whatever it holds: an answer that
//! does not verify cannot be tried again, and one that does cannot be replayed. Beyond its window a request is closed, and
//! after another window it is gone with its answer.
//!
//! Each step is on the disk before it counts ([`super::request_files`]): the request before a phone is told of it, that it
//! was answered before the answer is judged, and what came out before the desk can read it. So a kill at any moment leaves
//! no request that takes a second answer. One that was being judged then is refused after the restart, also where its
//! receipt was signed already: the log of receipts has it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::question::DeskQuestion;
use super::request_files::{Kept, KeptStage, RequestFiles, now_ms, without_claims};

/// Bytes of randomness of each id, state and nonce; the standards want 16.
const RANDOM_BYTES: usize = 24;

/// What is told of an answer that was being judged when the service ended.
const INTERRUPTED: &str = "the service ended while the answer was judged; begin again (a receipt that was signed by then \
                           stands in `sanad-verify receipts list`)";

/// How a request stands.
#[derive(Clone, Debug)]
enum Stage {
    /// Nobody has answered.
    Open(Box<Asked>),
    /// An answer is being judged.
    Judged,
    /// Decided.
    Answered(Value, Claims),
    /// What came does not count.
    Refused(String),
    /// The holder said no.
    Declined,
}

/// Whether an answer still has what the phone disclosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claims {
    There,
    /// It was kept over a restart, which they are not.
    Gone,
}

/// What a phone is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the desk wants to know.
    pub question: DeskQuestion,
    /// Comes back with the answer.
    pub state: String,
    /// What the holder signs.
    pub nonce: String,
}

struct Entry {
    began_ms: u64,
    /// Its age when this service learned of it, by the device's clock; from then on a clock counts that nobody sets.
    aged: Duration,
    since: Instant,
    stage: Stage,
}

impl Entry {
    fn age(&self) -> Duration {
        self.aged.saturating_add(self.since.elapsed())
    }
}

/// Why a request takes no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// There is none under this id, or it is forgotten.
    Unknown,
    /// Its window is over.
    Expired,
    /// It was answered.
    Answered,
    /// The answer belongs to another request.
    OtherState,
    /// That it is answered could not be written down, so it does not count.
    NotKept,
}

/// Why no request was begun.
#[derive(Debug)]
pub enum NotBegun {
    /// As many are open or kept as may be.
    Full,
    /// The system gives no randomness.
    Randomness(getrandom::Error),
    /// It could not be written down.
    NotKept(std::io::Error),
}

/// The requests of one service.
pub struct Requests {
    window: Duration,
    most: usize,
    files: RequestFiles,
    entries: Mutex<HashMap<String, Entry>>,
}

/// What becomes of a request whose answer was judged.
#[derive(Debug)]
pub enum Outcome {
    /// Decided.
    Answered(Value),
    /// What came does not count, and why.
    Refused(String),
    /// The holder said no.
    Declined,
}

impl Requests {
    /// Those that were kept.
    pub fn open(window: Duration, most: usize, files: RequestFiles) -> Self {
        let mut entries = HashMap::new();
        for (kept, aged) in files.load(window.saturating_mul(2)) {
            let stage = match kept.stage {
                KeptStage::Open { question, state, nonce } => {
                    // What a later or earlier version asked and this one cannot ask.
                    let Ok(question) = DeskQuestion::parse(&question.to_string()) else {
                        files.remove(&kept.id);
                        continue;
                    };
                    Stage::Open(Box::new(Asked { question, state, nonce }))
                }
                KeptStage::Judged => Stage::Refused(INTERRUPTED.to_owned()),
                KeptStage::Answered(answer) => Stage::Answered(answer, Claims::Gone),
                KeptStage::Refused(fault) => Stage::Refused(fault),
                KeptStage::Declined => Stage::Declined,
            };
            let entry = Entry { began_ms: kept.began_ms, aged, since: Instant::now(), stage };
            entries.insert(kept.id, entry);
        }
        if !entries.is_empty() {
            tracing::info!(requests = entries.len(), "requests were kept over the restart");
        }
        Self { window, most, files, entries: Mutex::new(entries) }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lifetime(&self) -> Duration {
        self.window.saturating_mul(2)
    }

    /// Forgets what is over, here and on the disk. It blocks.
    pub fn forget(&self) {
        let lifetime = self.lifetime();
        let over: Vec<String> =
            self.entries().extract_if(|_, entry| entry.age() >= lifetime).map(|(id, _)| id).collect();
        over.iter().for_each(|id| self.files.remove(id));
    }

    /// Begins one; its id. It blocks.
    ///
    /// # Errors
    /// [`NotBegun`].
    pub fn begin(&self, question: DeskQuestion) -> Result<String, NotBegun> {
        let draw = || random().map_err(NotBegun::Randomness);
        let (id, asked) = (draw()?, Asked { question, state: draw()?, nonce: draw()? });
        self.forget();
        let began_ms = now_ms();
        let kept = KeptStage::Open {
            question: asked.question.asked_as.clone(),
            state: asked.state.clone(),
            nonce: asked.nonce.clone(),
        };
        {
            let mut entries = self.entries();
            if entries.len() >= self.most {
                return Err(NotBegun::Full);
            }
            let (aged, since) = (Duration::ZERO, Instant::now());
            // Nobody has its id before this returns.
            entries.insert(id.clone(), Entry { began_ms, aged, since, stage: Stage::Open(Box::new(asked)) });
        }
        match self.files.keep(&Kept { id: id.clone(), began_ms, stage: kept }) {
            Ok(()) => Ok(id),
            Err(cause) => {
                self.entries().remove(&id);
                Err(NotBegun::NotKept(cause))
            }
        }
    }

    /// What is asked, while it is open; a phone may fetch it again.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn asked(&self, id: &str) -> Result<Asked, Closed> {
        let entries = self.entries();
        self.open_one(entries.get(id)).cloned()
    }

    /// Seconds for which it still takes an answer.
    pub fn seconds_left(&self, id: &str) -> u64 {
        let entries = self.entries();
        entries.get(id).map_or(0, |entry| self.window.saturating_sub(entry.age()).as_secs())
    }

    fn open_one<'e>(&self, entry: Option<&'e Entry>) -> Result<&'e Asked, Closed> {
        let entry = entry.ok_or(Closed::Unknown)?;
        match &entry.stage {
            Stage::Open(asked) if entry.age() < self.window => Ok(asked),
            Stage::Open(_) => Err(Closed::Expired),
            _ => Err(Closed::Answered),
        }
    }

    /// Takes the one answer: from now on the request takes no other, also after a restart. It blocks.
    ///
    /// # Errors
    /// [`Closed`]. A wrong state leaves it open: whoever does not know the state is nobody who was asked.
    pub fn take(&self, id: &str, state: &str) -> Result<Asked, Closed> {
        let (asked, began_ms) = {
            let mut entries = self.entries();
            let asked = self.open_one(entries.get(id))?.clone();
            if !bool::from(state.as_bytes().ct_eq(asked.state.as_bytes())) {
                return Err(Closed::OtherState);
            }
            let entry = entries.get_mut(id).ok_or(Closed::Unknown)?;
            entry.stage = Stage::Judged;
            (asked, entry.began_ms)
        };
        match self.files.keep(&Kept { id: id.to_owned(), began_ms, stage: KeptStage::Judged }) {
            Ok(()) => Ok(asked),
            Err(cause) => {
                tracing::error!(%cause, "that a request was answered could not be written down");
                let told = "that it was answered could not be written down; begin again";
                self.put(id, Stage::Refused(told.to_owned()));
                Err(Closed::NotKept)
            }
        }
    }

    /// Keeps what became of it. It blocks.
    pub fn finish(&self, id: &str, outcome: Outcome) {
        let (kept, stage) = match outcome {
            Outcome::Answered(answer) => {
                (KeptStage::Answered(without_claims(&answer)), Stage::Answered(answer, Claims::There))
            }
            Outcome::Refused(fault) => (KeptStage::Refused(fault.clone()), Stage::Refused(fault)),
            Outcome::Declined => (KeptStage::Declined, Stage::Declined),
        };
        let Some(began_ms) = self.entries().get(id).map(|entry| entry.began_ms) else { return };
        // It stays closed on the disk; the desk still reads what came out while this service runs.
        if let Err(cause) = self.files.keep(&Kept { id: id.to_owned(), began_ms, stage: kept }) {
            tracing::error!(%cause, "what became of a request could not be written down");
        }
        self.put(id, stage);
    }

    /// Where it was forgotten meanwhile, what was just written goes too: nobody else would remove it.
    fn put(&self, id: &str, stage: Stage) {
        let is_there = match self.entries().get_mut(id) {
            Some(entry) => {
                entry.stage = stage;
                true
            }
            None => false,
        };
        if !is_there {
            self.files.remove(id);
        }
    }

    /// How it stands, for the desk. Once it has read what came out, that is on the disk no more. It blocks.
    pub fn view(&self, id: &str) -> Option<Value> {
        let view = {
            let entries = self.entries();
            let entry = entries.get(id).filter(|entry| entry.age() < self.lifetime())?;
            match &entry.stage {
                Stage::Open(_) if entry.age() >= self.window => json!({ "id": id, "state": "expired" }),
                Stage::Open(_) => return Some(json!({ "id": id, "state": "open" })),
                Stage::Judged => return Some(json!({ "id": id, "state": "judged" })),
                Stage::Answered(answer, Claims::There) => {
                    json!({ "id": id, "state": "answered", "answer": answer })
                }
                Stage::Answered(answer, Claims::Gone) => {
                    json!({ "id": id, "state": "answered", "answer": answer, "restarted": true })
                }
                Stage::Refused(fault) => json!({ "id": id, "state": "refused", "fault": fault }),
                Stage::Declined => json!({ "id": id, "state": "declined" }),
            }
        };
        self.files.remove(id);
        Some(view)
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::service::request_files::{DIRECTORY, RequestFilesFault};
    use crate::state::State;

    /// The state of a desk that is started again and again.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn files(&self) -> Result<RequestFiles, RequestFilesFault> {
            RequestFiles::open(&State::locate(Some(self.0.path())).unwrap())
        }

        fn requests(&self, window: Duration) -> Requests {
            Requests::open(window, 10, self.files().unwrap())
        }

        fn path(&self, id: &str) -> PathBuf {
            self.0.path().join(DIRECTORY).join(format!("{id}.json"))
        }

        /// Changes the file of a request.
        fn change(&self, id: &str, change: &dyn Fn(String) -> String) {
            let text = fs::read_to_string(self.path(id)).unwrap();
            fs::write(self.path(id), change(text)).unwrap();
        }

        /// Requests on the disk: all files but the lock.
        fn requests_kept(&self) -> usize {
            fs::read_dir(self.0.path().join(DIRECTORY)).unwrap().skip(1).count()
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn question() -> DeskQuestion {
        DeskQuestion::parse(r#"{"place":"UG","benefit":"OPD","referral":"R-1"}"#).unwrap()
    }

    /// When the request of a file began.
    fn began(text: &str) -> u64 {
        serde_json::from_str::<Value>(text).unwrap()["began_ms"].as_u64().unwrap()
    }

    /// The file of a request that began at another time.
    fn moved(text: &str, to: u64) -> String {
        text.replace(&began(text).to_string(), &to.to_string())
    }

    fn begun(requests: &Requests) -> (String, Asked) {
        let id = requests.begin(question()).unwrap();
        let asked = requests.asked(&id).unwrap();
        (id, asked)
    }

    #[test]
    fn an_answer_is_taken_once_and_a_wrong_state_takes_nothing() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let (id, asked) = begun(&requests);
        assert_eq!(requests.take(&id, "x").unwrap_err(), Closed::OtherState);
        assert_eq!(requests.take(&id, "").unwrap_err(), Closed::OtherState);
        assert_eq!(requests.take("x", &asked.state).unwrap_err(), Closed::Unknown);
        assert_eq!(requests.take(&id, &asked.state).unwrap().nonce, asked.nonce);
        assert_eq!(requests.take(&id, &asked.state).unwrap_err(), Closed::Answered);
        assert_eq!(requests.asked(&id).unwrap_err(), Closed::Answered);
        requests.finish(&id, Outcome::Declined);
        assert_eq!(requests.take(&id, &asked.state).unwrap_err(), Closed::Answered);
        assert_eq!(requests.view(&id).unwrap()["state"], "declined");
    }

    #[test]
    fn an_expired_request_takes_nothing_and_is_forgotten() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let aged = |id: &str, by: Duration| requests.entries().get_mut(id).unwrap().aged = by;
        let (id, asked) = begun(&requests);
        aged(&id, MINUTE);
        assert_eq!(requests.take(&id, &asked.state).unwrap_err(), Closed::Expired);
        assert_eq!(requests.view(&id).unwrap()["state"], "expired");
        aged(&id, 2 * MINUTE);
        assert!(requests.view(&id).is_none());
        let (second, _) = begun(&requests);
        assert!(!requests.entries().contains_key(&id));
        assert!(!place.path(&id).exists() && place.path(&second).exists());
        // Not before its time.
        requests.forget();
        assert_eq!(place.requests_kept(), 1);
        aged(&second, 2 * MINUTE);
        requests.forget();
        assert_eq!(place.requests_kept(), 0);
    }

    #[test]
    fn a_request_that_is_forgotten_while_it_is_judged_leaves_no_file() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let (id, asked) = begun(&requests);
        requests.take(&id, &asked.state).unwrap();
        assert!(place.path(&id).exists());
        // Forgotten after `finish` looked for it: what it writes then must not stay.
        requests.entries().clear();
        let kept = Kept { id: id.clone(), began_ms: now_ms(), stage: KeptStage::Declined };
        requests.files.keep(&kept).unwrap();
        requests.put(&id, Stage::Declined);
        assert_eq!(place.requests_kept(), 0);
        requests.finish(&id, Outcome::Declined);
        assert_eq!(place.requests_kept(), 0);
    }

    #[test]
    fn there_are_no_more_than_there_may_be_and_no_two_alike() {
        let place = Place::new();
        let requests = Requests::open(MINUTE, 2, place.files().unwrap());
        let (one, two) = (begun(&requests), begun(&requests));
        assert!(one.0 != two.0 && one.1.nonce != two.1.nonce && one.1.state != two.1.state);
        assert!(matches!(requests.begin(question()), Err(NotBegun::Full)));
        drop(requests);
        let again = Requests::open(MINUTE, 2, place.files().unwrap());
        assert!(matches!(again.begin(question()), Err(NotBegun::Full)), "also after a restart");
    }

    #[test]
    fn after_a_restart_an_open_request_is_open_and_an_answered_one_closed() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let ((open, asked), (judged, second), (answered, third)) =
            (begun(&requests), begun(&requests), begun(&requests));
        requests.take(&judged, &second.state).unwrap();
        requests.take(&answered, &third.state).unwrap();
        let answer = json!({ "decision": "COVERED", "claims": { "name": "Akello" },
            "others": [{ "decision": "COVERED", "claims": { "name": "Akello" } }] });
        requests.finish(&answered, Outcome::Answered(answer));
        drop(requests);
        for id in [&judged, &answered] {
            let text = fs::read_to_string(place.path(id)).unwrap();
            for gone in ["Akello", &second.state, &second.nonce, &third.state, &third.nonce] {
                assert!(!text.contains(gone), "{gone}: {text}");
            }
        }
        let requests = place.requests(MINUTE);
        assert_eq!(requests.take(&judged, &second.state).unwrap_err(), Closed::Answered);
        assert_eq!(requests.take(&answered, &third.state).unwrap_err(), Closed::Answered);
        let view = requests.view(&judged).unwrap();
        assert!(view["state"] == "refused" && view["fault"] == INTERRUPTED, "{view}");
        let view = requests.view(&answered).unwrap();
        let kept = json!({ "decision": "COVERED", "others": [{ "decision": "COVERED" }] });
        assert_eq!((&view["answer"], &view["restarted"]), (&kept, &json!(true)));
        assert_eq!(place.requests_kept(), 1, "what was read lies there no more");
        let again = requests.take(&open, &asked.state).unwrap();
        assert_eq!((again.nonce, again.question.asked_as), (asked.nonce, asked.question.asked_as));
        drop(requests);
        let requests = place.requests(MINUTE);
        assert!(requests.view(&answered).is_none(), "it was read");
        assert_eq!(requests.take(&answered, &third.state).unwrap_err(), Closed::Unknown);
    }

    #[test]
    fn a_second_service_over_the_same_requests_is_refused() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        assert!(matches!(place.files(), Err(RequestFilesFault::Busy { .. })));
        drop(requests);
        assert!(place.files().is_ok());
    }

    #[test]
    fn files_that_are_damaged_old_or_of_another_clock_are_dropped() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let ids: Vec<_> = (0..6).map(|_| begun(&requests).0).collect();
        drop(requests);
        place.change(&ids[0], &|text| text.split_at(text.len() / 2).0.to_owned());
        place.change(&ids[1], &|text| text.replace("nonce", "once"));
        place.change(&ids[2], &|text| text.replace("OPD", "ODP"));
        place.change(&ids[3], &|text| moved(&text, began(&text) - 121_000));
        place.change(&ids[4], &|text| moved(&text, began(&text) + 3_600_000));
        fs::write(place.path("../requests/.x.json.7.new"), "{").unwrap();
        fs::write(place.path("long"), " ".repeat(300_000)).unwrap();
        fs::copy(place.path(&ids[5]), place.path("other")).unwrap();
        let requests = place.requests(MINUTE);
        assert_eq!(place.requests_kept(), 1);
        assert!(ids[..5].iter().all(|id| requests.view(id).is_none()));
        assert_eq!(requests.view(&ids[5]).unwrap()["state"], "open");
    }

    #[test]
    fn the_window_goes_on_over_a_restart() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let (id, asked) = begun(&requests);
        drop(requests);
        place.change(&id, &|text| moved(&text, began(&text) - 61_000));
        let requests = place.requests(MINUTE);
        assert_eq!(requests.take(&id, &asked.state).unwrap_err(), Closed::Expired);
        assert_eq!(requests.seconds_left(&id), 0);
    }

    #[test]
    fn what_cannot_be_written_down_does_not_count() {
        let place = Place::new();
        let requests = place.requests(MINUTE);
        let (id, asked) = begun(&requests);
        fs::remove_dir_all(place.0.path().join(DIRECTORY)).unwrap();
        assert_eq!(requests.take(&id, &asked.state).unwrap_err(), Closed::NotKept);
        assert_eq!(requests.view(&id).unwrap()["state"], "refused");
        assert!(matches!(requests.begin(question()), Err(NotBegun::NotKept(_))));
        assert_eq!(requests.entries().len(), 1);
    }
}
