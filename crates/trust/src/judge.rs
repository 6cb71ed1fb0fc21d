//! The trust part of an answer: who signed a document, whether it may, and what became of the document since.
//!
//! Order: form, signature under a pinned key, owner and use of that key, its state and dates, what its record and its
//! country's grant allow, the entry in the status list. Claims leave this module only when the signature holds under
//! a key of the issuer they name. Everything else is reported beside them, each for the decision to weigh: a list that
//! is missing or old is never "valid" and never a refusal either.

use std::cmp::Reverse;
use std::fmt;

use sanad_credential::{
    Claims, Date, Delegation, Fault, IssuerId, KeyId, PublicKey, RightType, Sealed, Status, Typ, UnixTime,
    What,
};

use crate::country::Country;
use crate::delegation::{
    DelegateExcess, DelegateRejection, delegate_of, judge_content, judge_day, verify_delegate,
};
use crate::open::{CANDIDATES_MAX, Rejection, ScopeExcess, judge_scope};
use crate::pack::{Pack, PinnedKey};
use crate::record::{KeyState, KeyUse};

/// A document whose signature holds under a key of its issuer.
#[derive(Debug)]
pub struct Authentic<'p> {
    /// What it says.
    pub claims: Box<Claims>,
    /// The key that signed it.
    pub kid: KeyId,
    /// Whose key that is.
    pub signer: Signer<'p>,
    /// State of the key.
    pub key: KeyState,
    /// The day of issue, where it lies outside the delegation's days.
    pub outside: Option<DelegateExcess>,
    /// What lies beyond the delegation, the issuer's record or its country's grant.
    pub excess: Option<Excess>,
    /// What its status list says.
    pub standing: Standing,
}

/// Who signed a document.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'p> {
    /// The issuer itself.
    Issuer(&'p PinnedKey),
    /// A delegate of the issuer.
    Delegate {
        /// What the issuer let it sign.
        delegation: &'p Claims,
        /// What became of the delegation since.
        standing: Standing,
    },
}

/// What an issuer may not sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Its own record does not allow it.
    Record(ScopeExcess),
    /// Its country's grant does not allow it.
    Grant(ScopeExcess),
    /// Its country has no grant: no grant, no right.
    NoGrant,
    /// The delegation does not allow it.
    Delegation(DelegateExcess),
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Excess::Record(excess) => write!(f, "{excess}, by its own record"),
            Excess::Grant(excess) => write!(f, "{excess}, by its country's grant"),
            Excess::NoGrant => f.write_str("its country has no grant"),
            Excess::Delegation(excess) => write!(f, "{excess}"),
        }
    }
}

/// Why a document was not opened. Closed on purpose: a new reason must be dealt with wherever it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// Its form is wrong.
    Malformed(Fault),
    /// A receipt or list: no entitlement.
    NeedsDelegation {
        /// Type of the document.
        typ: Typ,
    },
    /// It names an issuer that the pack does not have.
    IssuerUnknown {
        /// The issuer it names; nobody has checked that it signed.
        found: IssuerId,
    },
    /// Its issuer is known, its key is not.
    KeyUnknown {
        /// The key it names.
        kid: KeyId,
    },
    /// The key's dates exclude the document's: it counts as unknown.
    KeyOutOfDate {
        /// The key.
        kid: KeyId,
        /// Day of issue.
        iat: Date,
        /// First day of the key.
        from: Date,
        /// Last day of the key.
        to: Option<Date>,
    },
    /// The signature does not hold, or the key that made it may not speak for this issuer or in this use.
    SignatureInvalid {
        /// The key.
        kid: KeyId,
    },
}

impl From<Unopened> for Rejection {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Malformed(fault) => Rejection::Malformed(fault),
            Unopened::NeedsDelegation { typ } => Rejection::NeedsDelegation { typ },
            Unopened::IssuerUnknown { found } => Rejection::IssuerUnknown { found },
            Unopened::KeyUnknown { kid } => Rejection::KeyUnknown { kid },
            Unopened::KeyOutOfDate { kid, iat, from, to } => Rejection::KeyOutOfDate { kid, iat, from, to },
            Unopened::SignatureInvalid { kid } => Rejection::SignatureInvalid { kid },
        }
    }
}

/// What stands against a delegation as the one under which a document was signed.
struct Burden<'p> {
    delegation: &'p Claims,
    outside: Option<DelegateExcess>,
    excess: Option<DelegateExcess>,
    standing: Standing,
}

impl Burden<'_> {
    /// A delegation for other days says least about the document: one that was revoked, or that allows less, must not be
    /// got round by an older one that has ended.
    fn weight(&self) -> (bool, bool, bool, bool, Reverse<UnixTime>) {
        let is = |wanted| matches!(self.standing, Standing::Listed { status, .. } if status == wanted);
        let (revoked, suspended) = (is(Status::Revoked), is(Status::Suspended));
        (self.outside.is_some(), self.excess.is_some(), revoked, suspended, Reverse(self.delegation.exp))
    }
}

/// Why an issuer's own key does not open a document.
enum Foreign {
    /// The signature holds under a key that other issuers list.
    OtherOwner,
    /// Everything else.
    Unopened(Unopened),
}

impl From<Unopened> for Foreign {
    fn from(unopened: Unopened) -> Self {
        Foreign::Unopened(unopened)
    }
}

/// What became of a document since it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A document of at most 31 days without a status reference.
    ShortLived,
    /// The list says this.
    Listed {
        /// The entry.
        status: Status,
        /// When the list was signed.
        iat: UnixTime,
    },
    /// The list is not in the pack, or may not be used any more.
    NoList,
}

/// Whether the device's clock can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It is at or after every time that was signed.
    Known(UnixTime),
    /// There is none, or it is behind the newest signed time: what time it is nobody knows, but at least this.
    Unknown {
        /// The newest signed time.
        at_least: Option<UnixTime>,
    },
}

impl Pack {
    /// Judges the device's clock with the newest signed time.
    pub fn clock(&self, device: Option<UnixTime>) -> Clock {
        match (device, self.floors().time()) {
            (Some(device), Some(floor)) if device < floor => Clock::Unknown { at_least: Some(floor) },
            (Some(device), _) => Clock::Known(device),
            (None, at_least) => Clock::Unknown { at_least },
        }
    }

    /// Opens an entitlement that an issuer signed, or a delegate of it whose delegation is in the pack.
    ///
    /// # Errors
    /// A [`Rejection`], with nothing of the document's content but what the rejection names.
    pub fn open(&self, sealed: &Sealed<'_>, clock: Clock) -> Result<Authentic<'_>, Rejection> {
        let authentic = self.weigh(sealed, clock, &[])?;
        if authentic.key == KeyState::Compromised {
            return Err(Rejection::KeyCompromised { kid: authentic.kid });
        }
        if let Some(day) = authentic.outside {
            return Err(Rejection::BeyondDelegation(day));
        }
        match (authentic.excess, authentic.signer) {
            (Some(Excess::Delegation(excess)), _) => Err(Rejection::BeyondDelegation(excess)),
            (Some(Excess::Record(excess)), Signer::Delegate { .. }) => Err(Rejection::OutOfScope(excess)),
            (excess, _) => Ok(Authentic { excess, outside: None, ..authentic }),
        }
    }

    /// As [`Pack::open`], where a compromised key, a day outside the delegation and content beyond it are reported beside
    /// the claims, each for the decision to weigh. `shown` are delegations that were shown beside the document and opened
    /// with this pack.
    ///
    /// # Errors
    /// [`Unopened`], with nothing of the document's content but what it names.
    pub fn weigh<'p>(
        &'p self,
        sealed: &Sealed<'_>,
        clock: Clock,
        shown: &'p [Claims],
    ) -> Result<Authentic<'p>, Unopened> {
        match sealed.typ() {
            Typ::Entitlement | Typ::PhoneEntitlement => {}
            typ => return Err(Unopened::NeedsDelegation { typ }),
        }
        match self.weigh_own(sealed, clock) {
            None => self.weigh_delegated(sealed, clock, shown),
            // Somebody may have listed the public key of another issuer's delegate as its own.
            Some(Err(Foreign::OtherOwner)) => match self.weigh_delegated(sealed, clock, shown) {
                // A delegation that is not here may be the one under which it was signed.
                Err(Unopened::KeyUnknown { kid }) if states_delegation(sealed) => {
                    Err(Unopened::KeyUnknown { kid })
                }
                Err(Unopened::IssuerUnknown { .. } | Unopened::KeyUnknown { .. }) => {
                    Err(Unopened::SignatureInvalid { kid: sealed.kid() })
                }
                weighed => weighed,
            },
            Some(Err(Foreign::Unopened(unopened))) => Err(unopened),
            Some(Ok(authentic)) => Ok(authentic),
        }
    }

    /// Holds a document against the issuers' own keys; nothing where none of them has its key id. One public key may stand
    /// in several records, since nobody proves there that it is theirs: only that of the issuer named counts.
    fn weigh_own(&self, sealed: &Sealed<'_>, clock: Clock) -> Option<Result<Authentic<'_>, Foreign>> {
        let kid = sealed.kid();
        let fitting: Vec<&PinnedKey> =
            self.keys(kid).iter().filter(|key| key.listed.key_use != KeyUse::Status).collect();
        if fitting.is_empty() {
            return None;
        }
        let (signed, claims) = match first_that_verifies(&fitting, sealed, kid) {
            Ok(verified) => verified,
            Err(unopened) => return Some(Err(Foreign::Unopened(unopened))),
        };
        let own = fitting.iter().find(|key| key.listed.x == signed.listed.x && key.owner == claims.iss);
        let Some(key) = own else { return Some(Err(Foreign::OtherOwner)) };
        Some(self.weigh_under(key, claims, clock).map_err(Foreign::from))
    }

    /// As [`Pack::weigh`], for claims whose signature was verified in another form than ours, under this key.
    ///
    /// # Errors
    /// [`Unopened`], where the key is not one of the issuer that the claims name, or not for this.
    pub fn weigh_claims(
        &self,
        claims: Claims,
        key: &PublicKey,
        clock: Clock,
    ) -> Result<Authentic<'_>, Unopened> {
        let kid = key.id();
        let mut known = self.keys(kid).iter().filter(|known| known.listed.key_use != KeyUse::Status);
        let own = known.find(|known| known.listed.x == *key && known.owner == claims.iss);
        let own = own.ok_or(Unopened::KeyUnknown { kid })?;
        self.weigh_under(own, claims, clock)
    }

    /// What stands against claims that verify under a key of their issuer.
    fn weigh_under<'p>(
        &'p self,
        key: &'p PinnedKey,
        claims: Claims,
        clock: Clock,
    ) -> Result<Authentic<'p>, Unopened> {
        let kid = key.listed.x.id();
        let is_delegation = claims.right.right_type() == RightType::Delegation;
        let use_fits = is_delegation == (key.listed.key_use == KeyUse::Delegation);
        if !use_fits || claims.common.delegation.is_some() {
            return Err(Unopened::SignatureInvalid { kid });
        }
        let iat = claims.iat.date();
        let counts = iat >= key.listed.from && key.listed.to.is_none_or(|to| iat <= to);
        if key.listed.state != KeyState::Compromised && !counts {
            let (from, to) = (key.listed.from, key.listed.to);
            return Err(Unopened::KeyOutOfDate { kid, iat, from, to });
        }
        let (excess, standing) = (self.excess(&claims), self.standing(&claims, clock));
        let (key, signer) = (key.listed.state, Signer::Issuer(key));
        Ok(Authentic { claims: Box::new(claims), kid, signer, key, outside: None, excess, standing })
    }

    /// A device that was replaced has several delegations under one id, a delegation that was renewed is there twice, and a
    /// key may sign for several issuers: of those that the document names the one that bears it best counts. One that the
    /// pack lacks may be the right one: the other delegations of the key prove nothing then.
    fn weigh_delegated<'p>(
        &'p self,
        sealed: &Sealed<'_>,
        clock: Clock,
        shown: &'p [Claims],
    ) -> Result<Authentic<'p>, Unopened> {
        let kid = sealed.kid();
        let known = || {
            let known = self.delegations().iter().chain(shown);
            let known = known.filter_map(|delegation| Some((delegation, delegate_of(delegation).ok()?)));
            known.filter(|(delegation, _)| self.issuers().contains_key(&delegation.iss))
        };
        let of_this_key: Vec<_> = known().filter(|(_, delegate)| delegate.key.id() == kid).collect();
        let Some((key, claims)) = first_delegate_that_verifies(&of_this_key, sealed)? else {
            return Err(self.unknown(sealed, kid));
        };
        let named = |(delegation, delegate): &(&Claims, &Delegation)| {
            delegation.iss == claims.iss && claims.common.delegation.as_ref() == Some(&delegate.id)
        };
        let burdens = of_this_key.iter().filter(|pair| pair.1.key == *key && named(pair));
        let burdens = burdens.map(|(delegation, delegate)| Burden {
            delegation,
            outside: judge_day(claims.iat, delegate).err(),
            excess: judge_content(&claims, delegate).err(),
            standing: self.standing(delegation, clock),
        });
        let Some(least) = burdens.min_by_key(Burden::weight) else {
            let is_here = known().any(|pair| named(&pair));
            let could_be = claims.common.delegation.is_some() && self.issuers().contains_key(&claims.iss);
            return Err(if could_be && !is_here {
                Unopened::KeyUnknown { kid }
            } else {
                Unopened::SignatureInvalid { kid }
            });
        };
        let standing = self.standing(&claims, clock);
        let excess = least.excess.map(Excess::Delegation).or_else(|| self.excess(&claims));
        let signer = Signer::Delegate { delegation: least.delegation, standing: least.standing };
        let (claims, key, outside) = (Box::new(claims), KeyState::Active, least.outside);
        Ok(Authentic { claims, kid, signer, key, outside, excess, standing })
    }

    /// Read unverified for this purpose only: to tell an unknown issuer from an unknown key.
    fn unknown(&self, sealed: &Sealed<'_>, kid: KeyId) -> Unopened {
        match sealed.unverified_origin() {
            Err(fault) => Unopened::Malformed(fault),
            Ok(origin) if self.issuers().contains_key(&origin.look().iss) => Unopened::KeyUnknown { kid },
            Ok(origin) => Unopened::IssuerUnknown { found: origin.look().iss.clone() },
        }
    }

    /// An issuer may do what both its record and its country's grant allow.
    pub fn excess(&self, claims: &Claims) -> Option<Excess> {
        let record = self.issuers().get(&claims.iss)?;
        if let Err(excess) = judge_scope(claims, record) {
            return Some(Excess::Record(excess));
        }
        let Some(grant) = self.grant(&Country::from(&claims.iss)) else { return Some(Excess::NoGrant) };
        let right_type = claims.right.right_type();
        if !grant.types.contains(&right_type) {
            return Some(Excess::Grant(ScopeExcess::Type(right_type)));
        }
        let areas = crate::open::signed_areas(&claims.right, record);
        let beyond = areas.iter().find(|area| !grant.areas.iter().any(|granted| granted.contains(area)));
        beyond.map(|area| Excess::Grant(ScopeExcess::Area(area.clone())))
    }

    /// What the status list says of a document.
    pub fn standing(&self, claims: &Claims, clock: Clock) -> Standing {
        let Some(reference) = &claims.status else { return Standing::ShortLived };
        // Another issuer's list says nothing of it.
        let record = self.issuers().get(&claims.iss);
        let is_own = record.is_some_and(|record| record.members().status.contains(&reference.uri));
        match self.lists().get(&reference.uri).filter(|_| is_own) {
            // An expired list may not be used at all; without a clock nobody can say that it is.
            Some(token) if matches!(clock, Clock::Known(now) if now > token.exp) => Standing::NoList,
            Some(token) => Standing::Listed { status: token.list.status(reference.index), iat: token.iat },
            None => Standing::NoList,
        }
    }
}

/// Keys with one id are few; what is tried is each of them once, whoever lists it.
fn first_that_verifies<'p>(
    keys: &[&'p PinnedKey],
    sealed: &Sealed<'_>,
    kid: KeyId,
) -> Result<(&'p PinnedKey, Claims), Unopened> {
    let mut tried: Vec<&PublicKey> = Vec::new();
    for key in keys {
        if tried.contains(&&key.listed.x) || tried.len() == CANDIDATES_MAX {
            continue;
        }
        tried.push(&key.listed.x);
        match sealed.open_entitlement(&key.point) {
            Ok(claims) => return Ok((key, claims)),
            Err(fault) if *fault.what() == What::Signature => {}
            Err(fault) => return Err(Unopened::Malformed(fault)),
        }
    }
    Err(Unopened::SignatureInvalid { kid })
}

/// Read unverified for this purpose only: whether a delegation that is not here could make the signature good.
fn states_delegation(sealed: &Sealed<'_>) -> bool {
    sealed.unverified_origin().is_ok_and(|origin| origin.look().delegation.is_some())
}

/// As [`first_that_verifies`], for the keys of delegates; nothing where there are none.
fn first_delegate_that_verifies<'p>(
    delegates: &[(&'p Claims, &'p Delegation)],
    sealed: &Sealed<'_>,
) -> Result<Option<(&'p PublicKey, Claims)>, Unopened> {
    let mut tried: Vec<&PublicKey> = Vec::new();
    for (_, delegate) in delegates {
        if tried.contains(&&delegate.key) || tried.len() == CANDIDATES_MAX {
            continue;
        }
        tried.push(&delegate.key);
        match verify_delegate(sealed, delegate) {
            Ok(claims) => return Ok(Some((&delegate.key, claims))),
            Err(DelegateRejection::Malformed(fault)) => return Err(Unopened::Malformed(fault)),
            Err(_) => {}
        }
    }
    if tried.is_empty() { Ok(None) } else { Err(Unopened::SignatureInvalid { kid: sealed.kid() }) }
}
