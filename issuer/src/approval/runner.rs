//! Who carries out what was approved: one thread of each replica, one request at a time.
//!
//! A revocation is done piece by piece, and after each the paper says how far it is, in the name of who does it. Whoever
//! finds such a paper unchanged for [`SILENCE_MAX`] goes on with it; the one that was only slow finds its next step refused.
//! A piece that was cut off is done again: what is revoked already stays as it is and is not logged twice. Requests that
//! nobody decided on are closed here, and drafts of which nobody was told are taken away.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sanad_credential::{CredentialId, UnixTime};

use super::Revocation;
use super::paper::{Asked, Known, PREFIX, State, before, hash, next_with_pieces, read_piece, remove_pieces};
use crate::audit::{Act, Note};
use crate::copies;
use crate::issue::Issuer;
use crate::store::{
    CHANGES_MAX, PAGE_MAX, PaperId, PaperKind, RecordsFault, StatusChange, Store, Transition,
};
use crate::transition::{Change, Step};

/// A paper that is being carried out and has not changed for so long has lost who did it: a piece takes less than a second.
pub const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Age up to which requests are looked at again and again.
const LOOKED_AT_SECONDS: u64 = 7 * 86_400;

/// How often it is looked for what other replicas approved, and for what expired.
const LOOK: Duration = Duration::from_secs(1);

/// What a runner is told.
#[derive(Clone)]
pub struct Terms {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// Its name among the replicas. A store of one process has one runner, which finds again what it began.
    pub name: String,
    /// The clock.
    pub now: fn() -> Option<UnixTime>,
}

/// A runner.
pub struct Runner {
    wake: SyncSender<Asking>,
    thread: JoinHandle<()>,
}

enum Asking {
    Look,
    Stop,
}

impl Runner {
    /// Starts it; what an earlier process began is gone on with at once.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(terms: Terms) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(4);
        let mut work = Work::new(terms);
        let thread = thread::Builder::new().name("approvals".to_owned()).spawn(move || work.run(&woken))?;
        Ok(Self { wake, thread })
    }

    /// Something was approved.
    pub fn wake(&self) {
        // Where the channel is full, it looks soon.
        let _ = self.wake.try_send(Asking::Look);
    }

    /// Stops after the piece that is being done; the rest is done at the next start, or elsewhere.
    pub fn close(self) {
        let _ = self.wake.send(Asking::Stop);
        let _ = self.thread.join();
    }
}

/// The work, apart from its thread.
pub(super) struct Work {
    terms: Terms,
    /// When each request of another replica was last seen to change.
    seen: HashMap<PaperId, (u64, Instant)>,
    silence: Duration,
    first: First,
}

/// Whether nothing was looked at yet: what an earlier process left may be of any age.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Yes,
    No,
}

/// Whether somebody wants it to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    GoOn,
    Stop,
}

impl Work {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, seen: HashMap::new(), silence: SILENCE_MAX, first: First::Yes }
    }

    fn run(&mut self, woken: &Receiver<Asking>) {
        let mut wait = Duration::ZERO;
        loop {
            match woken.recv_timeout(wait) {
                Ok(Asking::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Asking::Look) | Err(RecvTimeoutError::Timeout) => {}
            }
            let mut stop = Turn::GoOn;
            let done = self.look(&mut || {
                if matches!(woken.try_recv(), Ok(Asking::Stop)) {
                    stop = Turn::Stop;
                }
                stop
            });
            if stop == Turn::Stop {
                return;
            }
            if let Err(fault) = done {
                tracing::error!(cause = %fault, "what was approved could not be carried out; it will be tried again");
            }
            wait = LOOK;
        }
    }

    /// Does all that can be done now.
    pub(super) fn look(&mut self, turn: &mut dyn FnMut() -> Turn) -> Result<(), RecordsFault> {
        // Without a clock nothing expires and nothing is signed; the next look may have one.
        let Some(now) = (self.terms.now)() else { return Ok(()) };
        let issuer = Arc::clone(&self.terms.issuer);
        let store = issuer.store.as_ref();
        if self.first == First::Yes {
            tidy(store)?;
        }
        let mut after = match self.first {
            First::Yes => None,
            // Requests are over after three days, or are being done.
            First::No => before(now.seconds().saturating_sub(LOOKED_AT_SECONDS)),
        };
        self.first = First::No;
        loop {
            let page = store.papers(PaperKind::Approval, PREFIX, after.as_ref(), PAGE_MAX)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.id.clone());
            for paper in &page {
                let known = Known::of(paper)?;
                match self.advance(store, known, now, turn) {
                    // Somebody else was faster: the next look tells.
                    Ok(()) | Err(RecordsFault::Overtaken { .. }) => {}
                    Err(fault) => return Err(fault),
                }
                if turn() == Turn::Stop {
                    return Ok(());
                }
            }
        }
    }

    fn advance(
        &mut self,
        store: &dyn Store,
        mut known: Known,
        now: UnixTime,
        turn: &mut dyn FnMut() -> Turn,
    ) -> Result<(), RecordsFault> {
        let is_revocation = matches!(known.approval.asked, Asked::Revoke { .. });
        match known.approval.state {
            State::Drafting if self.is_silent(&known) => {
                remove_pieces(store, &known.id)?;
                store.write_papers(&[known.write(None)], &[])
            }
            State::Open | State::Approved if known.approval.at(now).state == State::Expired => {
                known.approval.state = State::Expired;
                known.approval.finished = Some(now);
                known.save(store, &[])?;
                remove_pieces(store, &known.id)
            }
            State::Approved if is_revocation => self.execute(store, known, now, turn),
            State::Executing if is_revocation && (self.is_mine(&known) || self.is_silent(&known)) => {
                self.execute(store, known, now, turn)
            }
            _ if known.approval.state.is_over() => {
                self.seen.remove(&known.id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn execute(
        &self,
        store: &dyn Store,
        mut known: Known,
        now: UnixTime,
        turn: &mut dyn FnMut() -> Turn,
    ) -> Result<(), RecordsFault> {
        let Asked::Revoke { why, sha256, .. } = known.approval.asked.clone() else { return Ok(()) };
        // From here on it is ours, or somebody else was faster.
        known.approval.state = State::Executing;
        known.approval.executor = Some(self.terms.name.clone());
        known.save(store, &[])?;
        let pieces = known.approval.asked.pieces();
        if let Err(fault) = check_list(store, &known, sha256)? {
            return end(store, known, State::Failed, Some(fault), now);
        }
        while known.approval.pieces_done < pieces {
            if turn() == Turn::Stop {
                return Ok(());
            }
            let ids = read_piece(store, &known.id, known.approval.pieces_done)?.unwrap_or_default();
            let revoked = revoke(store, &known, &why, &ids, now)?;
            known.approval.done = known.approval.done.saturating_add(revoked);
            known.approval.pieces_done = known.approval.pieces_done.saturating_add(1);
            known.save(store, &[])?;
        }
        end(store, known, State::Done, None, now)
    }

    fn is_mine(&self, known: &Known) -> bool {
        known.approval.executor.as_ref() == Some(&self.terms.name)
    }

    /// Whether a paper has not changed for long, as seen from here: no clocks are compared.
    fn is_silent(&mut self, known: &Known) -> bool {
        let now = Instant::now();
        let seen = self.seen.entry(known.id.clone()).or_insert((known.version, now));
        if seen.0 != known.version {
            *seen = (known.version, now);
        }
        now.duration_since(seen.1) > self.silence
    }

    #[cfg(test)]
    pub(super) fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }
}

/// Takes away lists that a process left which was killed at the end of its work.
fn tidy(store: &dyn Store) -> Result<(), RecordsFault> {
    let mut after = None;
    while let Some(id) = next_with_pieces(store, after.as_ref())? {
        let known = Known::read(store, &id)?;
        if known.is_none_or(|known| known.approval.state.is_over()) {
            remove_pieces(store, &id)?;
        }
        after = Some(id);
    }
    Ok(())
}

/// Whether the list is still the one that was approved. What was approved of a list that somebody changed is nothing.
fn check_list(
    store: &dyn Store,
    known: &Known,
    sha256: [u8; 32],
) -> Result<Result<(), String>, RecordsFault> {
    let mut ids = Vec::new();
    for piece in 0..known.approval.asked.pieces() {
        ids.extend(read_piece(store, &known.id, piece)?.unwrap_or_default());
    }
    let same = hash(&ids) == sha256;
    Ok(if same { Ok(()) } else { Err("the list of documents is not the one that was approved".to_owned()) })
}

/// Revokes documents; how many are revoked afterwards.
fn revoke(
    store: &dyn Store,
    known: &Known,
    why: &Revocation,
    ids: &[CredentialId],
    now: UnixTime,
) -> Result<u64, RecordsFault> {
    let approval = &known.approval;
    let approved_by = approval.decided_by.as_ref().map(ToString::to_string).unwrap_or_default();
    let detail = format!(
        "reason={} basis={} approval={} approved-by={approved_by}",
        why.reason, why.legal_basis, known.id
    );
    let mut revoked = 0_u64;
    for ids in ids.chunks(CHANGES_MAX) {
        let change = |cti: &CredentialId| StatusChange {
            cti: *cti,
            change: Change::Revoke,
            note: Note {
                at: now,
                who: approval.asked_by.clone(),
                act: Act::Revoke,
                on: cti.to_string(),
                detail: detail.clone(),
            },
        };
        let transitions = copies::change_status(store, &ids.iter().map(change).collect::<Vec<_>>())?;
        let is_revoked = |transition: &&Transition| matches!(transition, Transition::Judged(outcome) if outcome.step != Step::Refuse);
        let count = u64::try_from(transitions.iter().filter(is_revoked).count()).unwrap_or(u64::MAX);
        revoked = revoked.saturating_add(count);
    }
    Ok(revoked)
}

fn end(
    store: &dyn Store,
    mut known: Known,
    state: State,
    fault: Option<String>,
    now: UnixTime,
) -> Result<(), RecordsFault> {
    known.approval.state = state;
    known.approval.fault = fault;
    known.approval.finished = Some(now);
    known.save(store, &[])?;
    remove_pieces(store, &known.id)
}
