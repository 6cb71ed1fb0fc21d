//! What a verifier remembers of presentations: challenges that it shows, and tokens that it accepted.
//!
//! `presentations.json` in the state directory, replaced in one step, changed by one process at a time: two desks of one
//! device cannot accept the same token. A token is on the disk as accepted before anything is answered; a kill in between
//! costs the holder a new token, and never lets one count twice. Refused: a file that does not read, since a verifier that
//! forgot what it accepted would accept it again.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use sanad_credential::{
    Challenge, Clock, DelegationId, DocumentHash, Fault, FixedBytes, Json, Limits, Nonce, UnixTime,
};
use sanad_verifier::{CHALLENGE_SECONDS, Desk};

use crate::state::{State, StateFault};
use crate::trust_state::{read_bounded, write_whole};

const FILE: &str = "presentations.json";
const LOCK: &str = "presentations.lock";

/// Accepted tokens are kept for a day, many times longer than any could pass: a clock that is set back by an hour brings
/// none of them back.
const KEPT_SECONDS: u64 = 86_400;

/// More than any desk accepts in a day; beyond, the oldest go.
const ACCEPTED_MAX: usize = 4_096;

/// Challenges that are open at once: one a desk, some not answered. Beyond, the oldest go.
const CHALLENGES_MAX: usize = 256;

const LIMITS: Limits =
    Limits { bytes_max: 1_048_576, depth_max: 4, entries_max: ACCEPTED_MAX + 16, values_max: 20_000 };

/// The memory, open for one process.
#[derive(Debug)]
pub struct Presentations {
    path: PathBuf,
    challenges: Vec<(UnixTime, Challenge)>,
    accepted: Vec<(UnixTime, DocumentHash)>,
    _lock: File,
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PresentationsFault {
    /// There is no directory for it.
    #[error(transparent)]
    Place(#[from] StateFault),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is damaged.
    #[error("{}: {fault}; after 10 minutes without presentations it may be removed", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl Presentations {
    /// Opens the memory, and waits for another process that has it open.
    ///
    /// # Errors
    /// [`PresentationsFault`].
    pub fn open(state: &State) -> Result<Self, PresentationsFault> {
        state.make()?;
        let (path, lock_path) = (state.dir().join(FILE), state.dir().join(LOCK));
        let at = |path: &PathBuf| {
            let path = path.clone();
            move |source| PresentationsFault::File { path, source }
        };
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(at(&lock_path))?;
        lock.lock().map_err(at(&lock_path))?;
        let (challenges, accepted) = match read_bounded(&path, LIMITS.bytes_max) {
            Ok(bytes) => parse(&String::from_utf8_lossy(&bytes))
                .map_err(|fault| PresentationsFault::Damaged { path: path.clone(), fault })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), Vec::new()),
            Err(source) => return Err(at(&path)(source)),
        };
        Ok(Self { path, challenges, accepted, _lock: lock })
    }

    /// Draws a challenge and keeps it; on return it is on the disk.
    ///
    /// # Errors
    /// [`PresentationsFault`].
    pub fn challenge(
        &mut self,
        facility: DelegationId,
        now: UnixTime,
    ) -> Result<Challenge, PresentationsFault> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(PresentationsFault::Randomness)?;
        let challenge = Challenge { facility, nonce: FixedBytes(nonce) };
        self.challenges.push((now, challenge.clone()));
        self.save(now)?;
        Ok(challenge)
    }

    /// What this verifier knows, to judge tokens with. `device` is its clock, by which it measures how long ago it showed a
    /// challenge; `now` and `clock` are the time of the service.
    pub fn desk(
        &self,
        facility: Option<&DelegationId>,
        device: Option<UnixTime>,
        now: UnixTime,
        clock: Clock,
    ) -> Desk {
        let shown: BTreeSet<Nonce> = self
            .challenges
            .iter()
            .filter(|(shown, challenge)| {
                device.is_some_and(|device| is_open(*shown, device)) && facility == Some(&challenge.facility)
            })
            .map(|(_, challenge)| challenge.nonce)
            .collect();
        let accepted = self.accepted.iter().map(|(_, hash)| *hash).collect();
        Desk { facility: facility.cloned(), now, clock, shown, accepted }
    }

    /// Keeps what was accepted; on return it is on the disk.
    ///
    /// # Errors
    /// [`PresentationsFault`]; then it must not count.
    pub fn accept(
        &mut self,
        tokens: impl IntoIterator<Item = DocumentHash>,
        now: UnixTime,
    ) -> Result<(), PresentationsFault> {
        let before = self.accepted.len();
        self.accepted.extend(tokens.into_iter().map(|hash| (now, hash)));
        if self.accepted.len() == before { Ok(()) } else { self.save(now) }
    }

    fn save(&mut self, now: UnixTime) -> Result<(), PresentationsFault> {
        self.challenges.retain(|(shown, _)| is_open(*shown, now));
        self.accepted.retain(|(at, _)| at.seconds_since(now).max(now.seconds_since(*at)) <= KEPT_SECONDS);
        let surplus = self.challenges.len().saturating_sub(CHALLENGES_MAX);
        self.challenges.drain(..surplus);
        let surplus = self.accepted.len().saturating_sub(ACCEPTED_MAX);
        self.accepted.drain(..surplus);
        let text = |value: String| Json::Text(value.into());
        let pair = |time: &UnixTime, value: String| Json::Array(vec![text(time.to_string()), text(value)]);
        let challenges = self.challenges.iter().map(|(time, challenge)| pair(time, challenge.to_string()));
        let accepted = self.accepted.iter().map(|(time, hash)| pair(time, hash.to_string()));
        let json = Json::Object(vec![
            ("version".into(), Json::Integer(1)),
            ("challenges".into(), Json::Array(challenges.collect())),
            ("accepted".into(), Json::Array(accepted.collect())),
        ]);
        write_whole(&self.path, json.to_string().as_bytes())
            .map_err(|source| PresentationsFault::File { path: self.path.clone(), source })
    }
}

/// A device whose clock was set back shows its challenge again rather than believing an old one.
fn is_open(shown: UnixTime, now: UnixTime) -> bool {
    shown <= now && now.seconds_since(shown) <= CHALLENGE_SECONDS
}

type Remembered = (Vec<(UnixTime, Challenge)>, Vec<(UnixTime, DocumentHash)>);

fn parse(text: &str) -> Result<Remembered, Fault> {
    let json = Json::parse(text, LIMITS)?;
    let mut object = json.object()?;
    match object.required("version")?.integer()? {
        1 => {}
        found => return Err(sanad_credential::What::Code { list: "version", found: found.into() }.into()),
    }
    let challenges = entries(object.required("challenges")?, Challenge::parse)
        .map_err(|fault| fault.within("challenges"))?;
    let accepted = entries(object.required("accepted")?, FixedBytes::from_hex)
        .map_err(|fault| fault.within("accepted"))?;
    object.finish()?;
    Ok((challenges, accepted))
}

fn entries<T>(json: &Json<'_>, read: impl Fn(&str) -> Result<T, Fault>) -> Result<Vec<(UnixTime, T)>, Fault> {
    let entry = |(number, json): (usize, &Json<'_>)| {
        let pair = || match json.array()? {
            [time, value] => Ok((UnixTime::parse(time.text()?)?, read(value.text()?)?)),
            _ => Err(sanad_credential::What::Pattern { wanted: "a time and a value" }.into()),
        };
        pair().map_err(|fault: Fault| fault.at_entry(number))
    };
    json.array()?.iter().enumerate().map(entry).collect()
}
