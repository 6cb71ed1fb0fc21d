//! Requests for presentations: each is asked once, answered once, and forgotten.
//!
//! A request has a place in the path that nobody guesses, a state that comes back with the answer, and a nonce that the
//! holder signs; all are drawn anew. The first answer under the right state closes it, whatever it holds: an answer that
//! does not verify cannot be tried again, and one that does cannot be replayed. Beyond its window a request is closed, and
//! after another window it is gone with its answer. Nothing of it is on the disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::question::DeskQuestion;

/// Bytes of randomness of each id, state and nonce; the standards want 16.
const RANDOM_BYTES: usize = 24;

/// How a request stands.
#[derive(Clone, Debug)]
enum Stage {
    /// Nobody has answered.
    Open,
    /// An answer is being judged.
    Judged,
    /// Decided.
    Answered(Value),
    /// What came does not count.
    Refused(String),
    /// The holder said no.
    Declined,
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
    asked: Asked,
    began: Instant,
    stage: Stage,
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
}

/// Why no request was begun.
#[derive(Debug)]
pub enum NotBegun {
    /// As many are open or kept as may be.
    Full,
    /// The system gives no randomness.
    Randomness(getrandom::Error),
}

/// The requests of one service.
pub struct Requests {
    window: Duration,
    most: usize,
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
    /// None yet.
    pub fn new(window: Duration, most: usize) -> Self {
        Self { window, most, entries: Mutex::new(HashMap::new()) }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one; its id.
    ///
    /// # Errors
    /// [`NotBegun`].
    pub fn begin(&self, question: DeskQuestion) -> Result<String, NotBegun> {
        let draw = || random().map_err(NotBegun::Randomness);
        let (id, asked) = (draw()?, Asked { question, state: draw()?, nonce: draw()? });
        let mut entries = self.entries();
        let kept = self.window.saturating_mul(2);
        entries.retain(|_, entry| entry.began.elapsed() < kept);
        if entries.len() >= self.most {
            return Err(NotBegun::Full);
        }
        entries.insert(id.clone(), Entry { asked, began: Instant::now(), stage: Stage::Open });
        Ok(id)
    }

    /// What is asked, while it is open; a phone may fetch it again.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn asked(&self, id: &str) -> Result<Asked, Closed> {
        let entries = self.entries();
        let entry = self.open(entries.get(id))?;
        Ok(entry.asked.clone())
    }

    fn open<'e>(&self, entry: Option<&'e Entry>) -> Result<&'e Entry, Closed> {
        let entry = entry.ok_or(Closed::Unknown)?;
        match entry.stage {
            Stage::Open if entry.began.elapsed() < self.window => Ok(entry),
            Stage::Open => Err(Closed::Expired),
            _ => Err(Closed::Answered),
        }
    }

    /// Takes the one answer: from now on the request takes no other.
    ///
    /// # Errors
    /// [`Closed`]. A wrong state leaves it open: whoever does not know the state is nobody who was asked.
    pub fn take(&self, id: &str, state: &str) -> Result<Asked, Closed> {
        let mut entries = self.entries();
        let asked = self.open(entries.get(id))?.asked.clone();
        if !bool::from(state.as_bytes().ct_eq(asked.state.as_bytes())) {
            return Err(Closed::OtherState);
        }
        if let Some(entry) = entries.get_mut(id) {
            entry.stage = Stage::Judged;
        }
        Ok(asked)
    }

    /// Keeps what became of it.
    pub fn finish(&self, id: &str, outcome: Outcome) {
        if let Some(entry) = self.entries().get_mut(id) {
            entry.stage = match outcome {
                Outcome::Answered(answer) => Stage::Answered(answer),
                Outcome::Refused(fault) => Stage::Refused(fault),
                Outcome::Declined => Stage::Declined,
            };
        }
    }

    /// How it stands, for the desk.
    pub fn view(&self, id: &str) -> Option<Value> {
        let entries = self.entries();
        let entry = entries.get(id).filter(|entry| entry.began.elapsed() < self.window.saturating_mul(2))?;
        Some(match &entry.stage {
            Stage::Open if entry.began.elapsed() >= self.window => json!({ "id": id, "state": "expired" }),
            Stage::Open => json!({ "id": id, "state": "open" }),
            Stage::Judged => json!({ "id": id, "state": "judged" }),
            Stage::Answered(answer) => json!({ "id": id, "state": "answered", "answer": answer }),
            Stage::Refused(fault) => json!({ "id": id, "state": "refused", "fault": fault }),
            Stage::Declined => json!({ "id": id, "state": "declined" }),
        })
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> DeskQuestion {
        DeskQuestion::parse(r#"{"place":"UG","benefit":"OPD"}"#).unwrap()
    }

    fn begun(requests: &Requests) -> (String, Asked) {
        let id = requests.begin(question()).unwrap();
        let asked = requests.asked(&id).unwrap();
        (id, asked)
    }

    #[test]
    fn an_answer_is_taken_once_and_a_wrong_state_takes_nothing() {
        let requests = Requests::new(Duration::from_secs(60), 10);
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
        let requests = Requests::new(Duration::from_millis(40), 10);
        let (id, asked) = begun(&requests);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(requests.take(&id, &asked.state).unwrap_err(), Closed::Expired);
        assert_eq!(requests.view(&id).unwrap()["state"], "expired");
        std::thread::sleep(Duration::from_millis(40));
        assert!(requests.view(&id).is_none());
    }

    #[test]
    fn there_are_no_more_than_there_may_be_and_no_two_alike() {
        let requests = Requests::new(Duration::from_secs(60), 2);
        let (one, two) = (begun(&requests), begun(&requests));
        assert!(one.0 != two.0 && one.1.nonce != two.1.nonce && one.1.state != two.1.state);
        assert!(matches!(requests.begin(question()), Err(NotBegun::Full)));
    }
}
