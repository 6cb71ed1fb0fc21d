//! Tokens that the store confirmed a moment ago.
//!
//! Only tokens that counted are kept, so that no guess fills this. What is presented is compared here as it is when the
//! store is asked, also where nothing is kept: a guess at a token that is in use and one at a token that is not cost the
//! same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use subtle::Choice;

use crate::service::caller::Delegate;
use crate::token::{SecretHash, Token, TokenId};

/// Tokens that are kept at a time: more than an agency has desks and systems. One that finds no place is asked for at each
/// request.
const KEPT_MAX: usize = 4_096;

/// A token with what it is bound to.
pub(super) struct Bound {
    pub(super) token: Token,
    pub(super) delegate: Option<Delegate>,
}

/// What to do with a token that is presented.
pub(super) enum Look {
    /// It is this one, confirmed a moment ago.
    Use(Arc<Bound>),
    /// It was this one when the store was asked last; it has to be asked again.
    AskAgain(Since),
    /// Nothing is known of it.
    Ask(Since),
}

/// When the store was asked: an answer is as old as its question.
#[derive(Clone, Copy)]
pub(super) struct Since {
    at: Instant,
    withdrawals: u64,
}

/// Tokens that counted.
pub(super) struct KeptTokens {
    kept: Mutex<Kept>,
    fresh: Duration,
    stale: Duration,
}

struct Kept {
    entries: HashMap<TokenId, Entry>,
    /// How many tokens this process withdrew. What was asked before one of them says nothing any more.
    withdrawals: u64,
}

struct Entry {
    bound: Arc<Bound>,
    confirmed: Instant,
    asking: Asking,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    Nobody,
    Somebody,
}

impl KeptTokens {
    /// Until `fresh` an entry is used; from then on one request asks again; from `stale` on all do.
    pub(super) fn new(fresh: Duration, stale: Duration) -> Self {
        Self { kept: Mutex::new(Kept { entries: HashMap::new(), withdrawals: 0 }), fresh, stale }
    }

    pub(super) fn look(&self, id: TokenId, presented: &SecretHash) -> Look {
        let mut kept = self.kept();
        let since = Since { at: Instant::now(), withdrawals: kept.withdrawals };
        let entry = kept.entries.get_mut(&id);
        let (hash, is_there) =
            entry.as_ref().map_or((SecretHash::NOBODYS, 0), |entry| (entry.bound.token.hash, 1));
        let holds = hash.holds(presented) & Choice::from(is_there);
        match entry {
            Some(entry) if bool::from(holds) => {
                let age = since.at.saturating_duration_since(entry.confirmed);
                if age < self.fresh || (age < self.stale && entry.asking == Asking::Somebody) {
                    return Look::Use(Arc::clone(&entry.bound));
                }
                entry.asking = Asking::Somebody;
                Look::AskAgain(since)
            }
            _ => Look::Ask(since),
        }
    }

    /// Keeps what the store said, unless something was withdrawn meanwhile.
    pub(super) fn keep(&self, id: TokenId, bound: Bound, since: Since) {
        let mut kept = self.kept();
        if kept.withdrawals != since.withdrawals {
            return;
        }
        if kept.entries.len() >= KEPT_MAX && !kept.entries.contains_key(&id) {
            let stale = self.stale;
            kept.entries.retain(|_, entry| entry.confirmed.elapsed() < stale);
            if kept.entries.len() >= KEPT_MAX {
                return;
            }
        }
        let entry = Entry { bound: Arc::new(bound), confirmed: since.at, asking: Asking::Nobody };
        kept.entries.insert(id, entry);
    }

    /// The store has it no more, or it is over.
    pub(super) fn remove(&self, id: TokenId) {
        self.kept().entries.remove(&id);
    }

    /// This process withdrew it.
    pub(super) fn withdraw(&self, id: TokenId) {
        let mut kept = self.kept();
        kept.withdrawals = kept.withdrawals.wrapping_add(1);
        kept.entries.remove(&id);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
