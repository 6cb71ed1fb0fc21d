//! Who calls, and where what they may do ends.
//!
//! A request is allowed in this order: the role ([`Caller::require`]), the areas ([`Caller::require_area`]), and, where
//! the token is bound to a delegation, the delegation ([`Caller::require_delegation`]). [`Caller::require_issue`] is the
//! last two together and belongs in front of every signature.
//!
//! **Areas.** A caller with areas acts for a document when each area on it lies in one of the caller's. A document that
//! names no area (a membership, a contribution record, a cross-border right of the issuer's own scheme, a delegation
//! without areas) holds wherever its issuer may sign, so it counts as naming all the issuer's areas: an officer of one
//! county does not enrol for the country. That is the narrow reading on purpose; an agency that wants it otherwise gives
//! the officer's token the country.
//!
//! **Documents of others.** What lies outside the caller's areas is answered like what does not exist, so that ids
//! cannot be tried out ([`Caller::sees`]).
//!
//! **Delegations.** They are looked up with the token, and only those count that are valid in the store at that time:
//! not suspended, not revoked, within their days. A bulk job asks again when it runs.

use std::fmt;
use std::sync::Arc;

use sanad_credential::{Area, Claims, Delegation, DelegationId, Money, Right, Sealed, Set};
use sanad_trust::{DelegateExcess, IssuerRecord, judge_delegate_scope, signed_areas};

use super::problem::{Problem, ProblemKind};
use crate::audit::Actor;
use crate::role::{DELEGATE, Permission, Roles};

/// Where a caller may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Wherever the issuer may.
    Everywhere,
    /// In these areas, 1 to 64.
    Within(Set<Area, 1, 64>),
}

impl Reach {
    /// The areas in words, as papers have them; none is everywhere. `None` for words that are no areas.
    pub(crate) fn of_words(words: Option<&[String]>) -> Option<Self> {
        let Some(words) = words else { return Some(Reach::Everywhere) };
        let areas = words.iter().map(|word| Area::new(word)).collect::<Result<Vec<_>, _>>();
        areas.and_then(Set::new).ok().map(Reach::Within)
    }

    /// Whether an area lies within.
    pub fn covers(&self, area: &Area) -> bool {
        match self {
            Reach::Everywhere => true,
            Reach::Within(areas) => areas.iter().any(|own| own.contains(area)),
        }
    }

    /// What of another reach lies outside of this one.
    pub fn lacks(&self, other: &Reach) -> Option<Outside> {
        match (self, other) {
            (Reach::Everywhere, _) => None,
            (Reach::Within(_), Reach::Everywhere) => Some(Outside::Everywhere),
            (Reach::Within(_), Reach::Within(areas)) => {
                areas.iter().find(|area| !self.covers(area)).cloned().map(Outside::Area)
            }
        }
    }
}

/// What lies outside of a reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// An area.
    Area(Area),
    /// Being bound to no area.
    Everywhere,
}

/// The delegate for whom a token acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// Its id; several documents may bear it, one for each device and renewal.
    pub id: DelegationId,
    /// What the documents grant that are valid now; none when all are suspended, revoked or over.
    pub granted: Arc<[Delegation]>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// For the log.
    pub actor: Actor,
    /// Who is behind it, as far as it is known: the account or token with which the token was made, and that of that
    /// one, back to the first. Two callers of one origin are one person where a second person is needed.
    pub origin: Actor,
    /// What it is there for.
    pub roles: Roles,
    /// Where it may act.
    pub reach: Reach,
    /// For whom, if it acts under a delegation.
    pub delegate: Option<Delegate>,
}

/// Whether a caller may know of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It may.
    Seen,
    /// To it, there is no such document.
    Hidden,
}

/// Why something is not allowed. It names roles, areas and limits, and no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No role of the caller allows it, or its delegation leaves no room for it.
    Permission(Permission),
    /// An area that is not the caller's.
    Area(Area),
    /// No document of the delegation is valid any more.
    DelegationOver(DelegationId),
    /// Beyond what the delegation grants.
    Delegation(DelegateExcess),
    /// More money in a day than the delegation allows.
    Day {
        /// What the day would come to, in the currency's smallest unit.
        minor: u64,
        /// Most allowed.
        max: Money,
    },
    /// A job cannot keep the limit of a day.
    MoneyInBulk,
}

impl Caller {
    /// Whether a role of the caller allows something.
    ///
    /// # Errors
    /// [`Denied::Permission`].
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        let left = self.delegate.is_none() || DELEGATE.contains(&permission);
        if left && self.roles.allow(permission) { Ok(()) } else { Err(Denied::Permission(permission)) }
    }

    /// Whether the areas of a right that is to be signed, or of a document that is to be changed, are the caller's.
    /// `record` is the issuer's.
    ///
    /// # Errors
    /// [`Denied::Area`] with the first that is not.
    pub fn require_area(&self, right: &Right, record: &IssuerRecord) -> Result<(), Denied> {
        if self.reach == Reach::Everywhere {
            return Ok(());
        }
        let named = signed_areas(right, record);
        let areas = if named.is_empty() { &record.members().areas[..] } else { named.as_slice() };
        match areas.iter().find(|area| !self.reach.covers(area)) {
            Some(area) => Err(Denied::Area(area.clone())),
            None => Ok(()),
        }
    }

    /// Whether the caller's delegation allows these claims; a caller without one is not bound by any.
    ///
    /// # Errors
    /// [`Denied::DelegationOver`], [`Denied::Delegation`].
    pub fn require_delegation(&self, claims: &Claims) -> Result<(), Denied> {
        let Some(delegate) = &self.delegate else { return Ok(()) };
        let mut excess = None;
        for granted in delegate.granted.iter() {
            match judge_delegate_scope(claims, granted) {
                Ok(()) => return Ok(()),
                Err(beyond) => excess = Some(beyond),
            }
        }
        Err(excess.map_or_else(|| Denied::DelegationOver(delegate.id.clone()), Denied::Delegation))
    }

    /// Whether the caller may have these claims signed, as far as areas and delegation go.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn require_issue(&self, claims: &Claims, record: &IssuerRecord) -> Result<(), Denied> {
        self.require_area(&claims.right, record)?;
        self.require_delegation(claims)
    }

    /// As [`Caller::require_issue`], in a job, which does not count what a delegate takes in a day.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn require_issue_in_bulk(&self, claims: &Claims, record: &IssuerRecord) -> Result<(), Denied> {
        self.require_issue(claims, record)?;
        let has_money = matches!(claims.right, Right::Contribution(..));
        let limited = |delegate: &Delegate| delegate.granted.iter().any(|granted| granted.per_day.is_some());
        if has_money && self.delegate.as_ref().is_some_and(limited) {
            Err(Denied::MoneyInBulk)
        } else {
            Ok(())
        }
    }

    /// Whether the caller may know of a document of the store.
    pub fn sees(&self, right: &Right, record: &IssuerRecord) -> Sight {
        if self.require_area(right, record).is_ok() { Sight::Seen } else { Sight::Hidden }
    }

    /// As [`Caller::sees`], for a document as it is kept. Its signature is not tested: the store has what this issuer
    /// signed. What cannot be read is seen only by those whose areas do not matter.
    pub fn sees_document(&self, document: &[u8], record: &IssuerRecord) -> Sight {
        if self.reach == Reach::Everywhere {
            return Sight::Seen;
        }
        match Sealed::parse(document).and_then(|sealed| sealed.unverified_entitlement()) {
            Ok(claims) => self.sees(&claims.look().right, record),
            Err(_) => Sight::Hidden,
        }
    }

    /// Whether the caller may know of a job: its own, and, where neither areas nor a delegation bind it, everybody's. A
    /// job has people of any area in it.
    pub fn sees_job_of(&self, owner: &Actor) -> Sight {
        let unbound = self.reach == Reach::Everywhere && self.delegate.is_none();
        if unbound || self.actor == *owner { Sight::Seen } else { Sight::Hidden }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Denied::Permission(permission) => {
                write!(f, "no role of the caller has the permission {permission}")
            }
            Denied::Area(area) => write!(f, "{area} is none of the caller's areas"),
            Denied::DelegationOver(id) => write!(f, "no delegation of {id} is valid now"),
            Denied::Delegation(excess) => write!(f, "{excess}"),
            Denied::Day { minor, max } => write!(
                f,
                "the day would come to {minor} in the smallest unit of {}, the delegate may sign {} a day",
                max.currency,
                max.in_ordinary_units()
            ),
            Denied::MoneyInBulk => {
                write!(f, "a delegate with a limit for the day has receipts signed one by one")
            }
        }
    }
}

impl std::error::Error for Denied {}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let kind = match denied {
            Denied::Permission(_) => ProblemKind::Forbidden,
            Denied::Area(_) => ProblemKind::OutsideAreas,
            Denied::DelegationOver(_) | Denied::Delegation(_) | Denied::Day { .. } | Denied::MoneyInBulk => {
                ProblemKind::OutsideDelegation
            }
        };
        Self::new(kind, format!("{denied}."))
    }
}

#[cfg(test)]
mod tests;
