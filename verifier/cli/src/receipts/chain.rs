//! The chain of each device, over receipts as they are listed: what was removed, put in twice or moved shows.
//!
//! Each receipt names the SHA-256 of the one before it under the same key. Told are a receipt that is missing between two,
//! one that stands twice, one in another place than its chain says, two that follow the same one (a device whose log was
//! put back from a copy), and a second beginning. Not to be seen: receipts removed at the end of a chain, and, where a list
//! starts in the middle, those before it.

use std::collections::HashMap;

use sanad_credential::{CredentialId, DocumentHash, KeyId};

/// A receipt as a link.
#[derive(Clone, Debug)]
pub struct Link {
    /// The key that it names.
    pub kid: KeyId,
    /// Its own hash.
    pub hash: DocumentHash,
    /// The one that it follows.
    pub previous: Option<DocumentHash>,
    /// Its id.
    pub id: CredentialId,
    /// Where it stands: which of the sources, and the line or number there.
    pub place: (usize, u64),
    /// Whether its signature held: only then is its place in the chain proved.
    pub proof: Proof,
}

/// Whether a receipt is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is.
    Holds,
    /// It is not, which is told elsewhere.
    Fails,
}

/// Whether receipts may be missing from a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// From the first one of each key.
    All,
    /// A part of the chain: earlier ones may be missing, none in between.
    Part,
    /// Those for one payer: others may lie in between.
    OnePayer,
}

/// What is wrong with a chain, at the position of a receipt in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// It stands in the list already.
    Twice {
        /// Position of the first.
        first: usize,
    },
    /// A receipt that it follows is not in the list.
    Missing {
        /// Position of the one before it in the list, of the same key.
        after: Option<usize>,
        /// What it follows.
        wanted: DocumentHash,
    },
    /// It follows another one than the one before it.
    Moved {
        /// Position of the one that it follows.
        follows: usize,
    },
    /// Another one follows the same receipt.
    Fork {
        /// Position of the other one.
        other: usize,
    },
    /// It follows nothing, though its key has signed before.
    SecondBeginning,
}

/// What a chain shows.
#[derive(Debug)]
pub struct Shown {
    /// Faults, by the position of the receipt.
    pub faults: Vec<(usize, ChainFault)>,
    /// Places where receipts for others lie in between, or are missing.
    pub gaps: usize,
    /// How many keys.
    pub keys: usize,
}

/// Goes through the chains of all keys.
pub fn check(links: &[Link], wanted: Wanted) -> Shown {
    let mut positions: HashMap<DocumentHash, usize> = HashMap::with_capacity(links.len());
    let mut followers: HashMap<(KeyId, DocumentHash), usize> = HashMap::with_capacity(links.len());
    let mut shown = Shown { faults: Vec::new(), gaps: 0, keys: 0 };
    for (position, link) in links.iter().enumerate() {
        if let Some(first) = positions.get(&link.hash) {
            shown.faults.push((position, ChainFault::Twice { first: *first }));
        } else {
            positions.insert(link.hash, position);
        }
    }
    let mut last: HashMap<KeyId, usize> = HashMap::new();
    let mut last_proved: HashMap<KeyId, DocumentHash> = HashMap::new();
    for (position, link) in links.iter().enumerate() {
        if positions.get(&link.hash) != Some(&position) {
            continue;
        }
        let before = last.insert(link.kid, position);
        if link.proof == Proof::Fails {
            continue;
        }
        // One that was put in between and proves nothing moves nobody out of order.
        let proved_before = last_proved.insert(link.kid, link.hash);
        let before_link = before.and_then(|before| links.get(before));
        if let Some(previous) = link.previous
            && let Some(other) = followers.insert((link.kid, previous), position)
        {
            shown.faults.push((position, ChainFault::Fork { other }));
            continue;
        }
        match (link.previous, before_link) {
            (None, _) if proved_before.is_none() => {}
            (None, _) => shown.faults.push((position, ChainFault::SecondBeginning)),
            (Some(previous), _) if proved_before == Some(previous) => {}
            (Some(previous), Some(before)) if previous == before.hash => {}
            (Some(wanted_hash), before_link) => match positions.get(&wanted_hash) {
                Some(follows) => shown.faults.push((position, ChainFault::Moved { follows: *follows })),
                // What was altered has another hash, and is told already.
                None if before_link.is_some_and(|before| before.proof == Proof::Fails) => {}
                None if wanted == Wanted::OnePayer => shown.gaps = shown.gaps.saturating_add(1),
                None if before.is_none() && wanted == Wanted::Part => {}
                None => {
                    shown.faults.push((position, ChainFault::Missing { after: before, wanted: wanted_hash }));
                }
            },
        }
    }
    shown.keys = last.len();
    shown.faults.sort_by_key(|(position, _)| *position);
    shown
}

impl ChainFault {
    /// In words; `place` names the receipt at a position.
    pub fn words(&self, place: &dyn Fn(usize) -> String) -> String {
        match self {
            ChainFault::Twice { first } => format!("it is {} again", place(*first)),
            ChainFault::Missing { after: Some(after), .. } => {
                format!("at least one receipt is missing between {} and this one", place(*after))
            }
            ChainFault::Missing { after: None, wanted } => {
                format!("the beginning of the chain is missing: it follows {wanted}")
            }
            ChainFault::Moved { follows } => {
                format!("it is out of order: it follows {} and not the one before it", place(*follows))
            }
            ChainFault::Fork { other } => format!(
                "it follows the same receipt as {}: the device went on from an old copy of its log",
                place(*other)
            ),
            ChainFault::SecondBeginning => {
                "a second chain begins here under the same key: the device lost its log, or receipts were left out"
                    .to_owned()
            }
        }
    }
}
