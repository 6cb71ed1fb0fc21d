//! Bulk jobs: a register is handed in whole, and signed while nobody waits.
//!
//! A job is a paper; its input and its result are papers too, cut into pieces. So a job is as durable as the documents it
//! makes, every replica can see it, and one that was killed goes on elsewhere. How far it is stands in the commit of the
//! documents themselves: a line is done exactly when its document is kept. Who works on a job changes its paper with
//! every step; whoever finds it unchanged for [`worker::SILENCE_MAX`] takes it over, and the one that was only slow finds
//! its next step refused. No clocks are compared.
//!
//! States: `receiving` -> `waiting` -> `checking` -> `signing` -> `done`; `refused` where a line is bad and nothing was to
//! be signed then; `cancelling` -> `cancelled`, which leaves what is signed; `failed` with a reason, which can be resumed.

pub mod input;
mod pipeline;
pub mod result;
mod signing;
pub mod worker;

use sanad_credential::{DelegationId, UnixTime};
use serde::{Deserialize, Serialize};

use crate::audit::{Act, Actor, Note};
use crate::issue::Issuer;
use crate::register::Form;
use crate::role::Roles;
use crate::service::access;
use crate::service::caller::{Caller, Reach};
use crate::store::{Expect, Paper, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, Store};

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Its input is coming in.
    Receiving,
    /// Nobody works on it yet.
    Waiting,
    /// Every line is read and checked.
    Checking,
    /// Documents are signed.
    Signing,
    /// Somebody wants it to stop.
    Cancelling,
    /// All good lines have a document.
    Done,
    /// A line is bad, and nothing was to be signed then.
    Refused,
    /// It was stopped; what was signed is signed.
    Cancelled,
    /// It cannot go on; the reason stands beside it.
    Failed,
}

impl JobState {
    /// Whether nobody will work on it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Refused | Self::Cancelled | Self::Failed)
    }
}

/// What happens to the good lines of a register that has bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BadLines {
    /// Nothing is signed.
    StopAll,
    /// Good lines are signed, bad ones are told in the result.
    SetAside,
}

/// The form of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InputForm {
    /// RFC 4180, with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl InputForm {
    pub(crate) fn register_form(self) -> Form {
        match self {
            Self::Csv => Form::Csv,
            Self::Ndjson => Form::Ndjson,
        }
    }
}

/// A job, as its paper has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Where it is.
    pub state: JobState,
    /// The form of its input.
    pub form: InputForm,
    /// What happens where lines are bad.
    pub bad_lines: BadLines,
    /// Who handed it in.
    pub by: String,
    /// The areas that its documents must lie in; all of the issuer's where there are none.
    pub areas: Option<Vec<String>>,
    /// The delegation for which it was handed in.
    pub delegation: Option<String>,
    /// When it was handed in, in seconds since 1970.
    pub submitted: u64,
    /// When it was over.
    pub finished: Option<u64>,
    /// Pieces of the input.
    pub pieces: u64,
    /// Bytes of the input.
    pub bytes: u64,
    /// SHA-256 of the input.
    pub sha256: Option<String>,
    /// Good lines, known when all were checked.
    pub good: Option<u64>,
    /// Bad lines, known when all were checked.
    pub bad: Option<u64>,
    /// Lines read in this phase.
    pub lines: u64,
    /// The last line that is done.
    pub line: u64,
    /// Documents signed.
    pub signed: u64,
    /// Lines that have a document already.
    pub same: u64,
    /// Lines without a document, since they are bad.
    pub rejected: u64,
    /// Pieces of the result.
    pub results: u64,
    /// Who works on it.
    pub owner: Option<String>,
    /// Why it failed.
    pub fault: Option<String>,
}

impl Job {
    /// Who handed it in, as far as it matters for what may be signed: its areas, and its delegation as it stands now.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub(crate) fn caller(&self, issuer: &Issuer, now: UnixTime) -> Result<Caller, RecordsFault> {
        let damaged = || RecordsFault::Damaged { what: "who handed in a job" };
        let reach = Reach::of_words(self.areas.as_deref());
        let delegate = match &self.delegation {
            None => None,
            Some(id) => Some(access::delegate(issuer, &DelegationId::new(id).map_err(|_| damaged())?, now)?),
        };
        let actor = Actor::new(&self.by).map_err(|_| damaged())?;
        let (reach, roles) = (reach.ok_or_else(damaged)?, Roles::new([]));
        Ok(Caller { actor: actor.clone(), origin: actor, roles, reach, delegate })
    }
}

/// A job and the version of its paper.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id.
    pub id: PaperId,
    /// The version that was read.
    pub version: u64,
    /// The job.
    pub job: Job,
}

impl Known {
    /// Reads a paper.
    ///
    /// # Errors
    /// [`RecordsFault::Damaged`].
    pub fn of(paper: &Paper) -> Result<Self, RecordsFault> {
        let job = serde_json::from_slice(&paper.content);
        let job = job.map_err(|_| RecordsFault::Damaged { what: "a job" })?;
        Ok(Self { id: paper.key.id.clone(), version: paper.version, job })
    }

    /// The job with an id.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn read(store: &dyn Store, id: &PaperId) -> Result<Option<Self>, RecordsFault> {
        store.paper(&key(id))?.as_ref().map(Self::of).transpose()
    }

    /// The write that makes this the next version.
    pub(crate) fn write(&self) -> PaperWrite {
        let expect = if self.version == 0 { Expect::Absent } else { Expect::Version(self.version) };
        PaperWrite { key: key(&self.id), expect, content: Some(content(&self.job)) }
    }

    /// Writes it; what was read must still stand.
    ///
    /// # Errors
    /// [`RecordsFault::Overtaken`] where somebody else changed it.
    pub fn save(&mut self, store: &dyn Store, notes: &[Note]) -> Result<(), RecordsFault> {
        store.write_papers(&[self.write()], notes)?;
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    /// Removes a job whose input did not come in whole. Its paper is written once more first, after which no piece of it
    /// can be written, and is removed last, so that a removal that was cut is done again.
    ///
    /// # Errors
    /// [`RecordsFault::Overtaken`] where the input still comes.
    pub(crate) fn forget(mut self, store: &dyn Store) -> Result<(), RecordsFault> {
        self.save(store, &[])?;
        remove_pieces(store, PaperKind::JobInput, &self.id)?;
        store.write_papers(&[PaperWrite { content: None, ..self.write() }], &[])
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub(crate) fn finish(
        &mut self,
        store: &dyn Store,
        state: JobState,
        now: UnixTime,
    ) -> Result<(), RecordsFault> {
        self.job.state = state;
        self.job.finished = Some(now.seconds());
        self.job.owner = None;
        let Job { signed, same, rejected, .. } = self.job;
        let note = Note {
            at: now,
            who: Actor::service(),
            act: Act::FinishJob,
            on: format!("job:{}", self.id),
            detail: format!("{} signed={signed} same={same} rejected={rejected}", word(state)),
        };
        self.save(store, &[note])
    }
}

/// The key of a job's paper.
pub fn key(id: &PaperId) -> PaperKey {
    PaperKey { kind: PaperKind::Job, id: id.clone() }
}

/// The word of a state.
pub fn word(state: JobState) -> &'static str {
    match state {
        JobState::Receiving => "receiving",
        JobState::Waiting => "waiting",
        JobState::Checking => "checking",
        JobState::Signing => "signing",
        JobState::Cancelling => "cancelling",
        JobState::Done => "done",
        JobState::Refused => "refused",
        JobState::Cancelled => "cancelled",
        JobState::Failed => "failed",
    }
}

fn content(job: &Job) -> Vec<u8> {
    // Numbers and texts always have a JSON form.
    serde_json::to_vec(job).unwrap_or_default()
}

/// A new id: the time first, so that jobs stand in the order in which they came.
///
/// # Errors
/// The system gives no randomness.
pub fn new_id(now: UnixTime) -> Result<PaperId, getrandom::Error> {
    let mut random = [0; 4];
    getrandom::fill(&mut random)?;
    let text = format!("{:010x}{:08x}", now.seconds(), u32::from_be_bytes(random));
    // Hexadecimal digits are an id.
    PaperId::new(&text).map_err(|_| getrandom::Error::UNEXPECTED)
}

/// The key of a piece of a job's input or result.
pub(crate) fn piece_key(kind: PaperKind, job: &PaperId, piece: u64) -> Option<PaperKey> {
    Some(PaperKey { kind, id: PaperId::new(&format!("{job}/{piece:010}")).ok()? })
}

/// Takes away all pieces of a kind.
///
/// # Errors
/// [`RecordsFault`].
pub(crate) fn remove_pieces(store: &dyn Store, kind: PaperKind, job: &PaperId) -> Result<(), RecordsFault> {
    let prefix = format!("{job}/");
    loop {
        let pieces = store.papers(kind, &prefix, None, crate::store::PAPERS_MAX)?;
        if pieces.is_empty() {
            return Ok(());
        }
        let writes = pieces.into_iter().map(|paper| PaperWrite {
            key: paper.key,
            expect: Expect::Whatever,
            content: None,
        });
        store.write_papers(&writes.collect::<Vec<_>>(), &[])?;
    }
}
