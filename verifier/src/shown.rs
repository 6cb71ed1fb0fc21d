//! A document as the trust step left it, with what the pack knows of its issuer.
//!
//! Content is certain only in [`Authentic`]. What a document states whose signature does not hold, or whose key nobody
//! here knows, serves two purposes and is never shown: to see what kind of document it is, and whether it would be a
//! contribution record for a cover that ran out (rule S7), which turns a refusal into "nobody here can know".

use sanad_credential::{Claims, Count, Date, Status};

use crate::books::Books;
use crate::context::SeenToday;

/// A document that was shown.
#[derive(Debug)]
pub struct Shown<'a> {
    /// What the trust step found.
    pub trust: Trust<'a>,
    /// What the pack says of its issuer, product and status.
    pub books: Books<'a>,
    /// What this device remembers of it.
    pub history: History,
}

/// What the trust step found.
#[derive(Debug)]
pub enum Trust<'a> {
    /// The signature holds under a key of the issuer, or of a delegate of it.
    Authentic(Authentic<'a>),
    /// The signature does not hold under the key that the document names.
    Forged {
        /// What it states, if that can be read at all.
        stated: Option<&'a Claims>,
    },
    /// Nobody here can check the signature.
    Unknown {
        /// What is not known.
        what: UnknownWhat,
        /// What it states.
        stated: &'a Claims,
    },
}

/// What is not known of a document's signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownWhat {
    /// The issuer it names.
    Issuer,
    /// The key it is signed with.
    Key,
    /// The delegation under which it is signed.
    Delegation,
}

/// A document whose signature holds.
#[derive(Clone, Copy, Debug)]
pub struct Authentic<'a> {
    /// What it says.
    pub claims: &'a Claims,
    /// What is known of the key.
    pub key: KeyState,
    /// Whether its issuer or delegate may sign this.
    pub scope: ScopeState,
    /// Whether a delegate signed it, and what is known of the delegation.
    pub delegation: DelegationState,
    /// Whether the holder's phone proved its key.
    pub holder: HolderProof,
}

/// What is known of a key under which a signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It counts.
    Active,
    /// Others may have it: it counts for nothing.
    Compromised,
}

/// Whether an issuer or delegate may sign what it signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeState {
    /// Record, grant and delegation allow it.
    Within,
    /// One of them does not.
    Beyond,
}

/// What is known of the delegation under which a document was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelegationState {
    /// The issuer signed it itself.
    None,
    /// It holds.
    Valid,
    /// The document was signed outside its days, or it is suspended or past its end.
    Outside,
    /// It was revoked.
    Revoked,
}

/// Whether a phone credential was shown with the token of its holder's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderProof {
    /// It is a document for paper.
    NotNeeded,
    /// A token passed.
    Proved,
    /// There was none, or it failed: what was shown is a copy.
    Missing,
}

/// What the status list says of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFact {
    /// The document lives at most 31 days and refers to no list.
    NoReference,
    /// The list is not in the pack, or may not be used.
    NoList,
    /// The list has an entry.
    Listed {
        /// The entry.
        status: Status,
        /// Day of the list; its age is unknown without one.
        issued: Option<Date>,
    },
}

/// What this device remembers of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Serials of it that were redeemed here.
    pub redeemed: Vec<Count>,
    /// Whether it was shown here today, with the line that is served.
    pub seen_today: SeenToday,
}

impl<'a> Trust<'a> {
    /// What the document states, certain or not.
    pub(crate) fn stated(&self) -> Option<&'a Claims> {
        match self {
            Trust::Authentic(authentic) => Some(authentic.claims),
            Trust::Forged { stated } => *stated,
            Trust::Unknown { stated, .. } => Some(stated),
        }
    }
}
