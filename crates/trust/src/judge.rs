//! The trust part of an answer: who signed a document, whether it may, and what became of the document since.
//!
//! Order: form, signature under a pinned key, owner and use of that key, its state and dates, what its record and its
//! country's grant allow, the entry in the status list. Claims leave this module only when the signature holds under
//! a key of the issuer they name. Everything else is reported beside them, each for the decision to weigh: a list that
//! is missing or old is never "valid" and never a refusal either.

use sanad_credential::{Claims, KeyId, RightType, Sealed, Status, Typ, UnixTime, What};

use crate::country::Country;
use crate::delegation::{DelegateRejection, delegate_of, open_delegated};
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
    /// What lies beyond the issuer's record or its country's grant.
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
        match sealed.typ() {
            Typ::Entitlement | Typ::PhoneEntitlement => {}
            typ => return Err(Rejection::NeedsDelegation { typ }),
        }
        let kid = sealed.kid();
        let fitting: Vec<&PinnedKey> =
            self.keys(kid).iter().filter(|key| key.listed.key_use != KeyUse::Status).collect();
        if fitting.is_empty() {
            return self.open_delegated(sealed, clock);
        }
        let (key, claims) = first_that_verifies(&fitting, sealed, kid)?;
        let is_delegation = claims.right.right_type() == RightType::Delegation;
        let use_fits = is_delegation == (key.listed.key_use == KeyUse::Delegation);
        if claims.iss != key.owner || !use_fits || claims.common.delegation.is_some() {
            return Err(Rejection::SignatureInvalid { kid });
        }
        if key.listed.state == KeyState::Compromised {
            return Err(Rejection::KeyCompromised { kid });
        }
        let iat = claims.iat.date();
        if iat < key.listed.from || key.listed.to.is_some_and(|to| iat > to) {
            let (from, to) = (key.listed.from, key.listed.to);
            return Err(Rejection::KeyOutOfDate { kid, iat, from, to });
        }
        let (excess, standing) = (self.excess(&claims), self.standing(&claims, clock));
        Ok(Authentic { claims: Box::new(claims), kid, signer: Signer::Issuer(key), excess, standing })
    }

    fn open_delegated(&self, sealed: &Sealed<'_>, clock: Clock) -> Result<Authentic<'_>, Rejection> {
        let kid = sealed.kid();
        let mut rejection = self.unknown(sealed, kid);
        let delegates = self
            .delegations()
            .iter()
            .filter(|claims| delegate_of(claims).is_ok_and(|delegate| delegate.key.id() == kid));
        for delegation in delegates.take(CANDIDATES_MAX) {
            let Some(record) = self.issuers().get(&delegation.iss) else { continue };
            match open_delegated(sealed, delegation, record) {
                Ok(claims) => {
                    let (excess, standing) = (self.excess(&claims), self.standing(&claims, clock));
                    let signer = Signer::Delegate { delegation, standing: self.standing(delegation, clock) };
                    return Ok(Authentic { claims: Box::new(claims), kid, signer, excess, standing });
                }
                // A device that was replaced has several delegations under one id; another may fit.
                Err(DelegateRejection::Beyond(excess)) => rejection = Rejection::BeyondDelegation(excess),
                Err(DelegateRejection::OutOfScope(excess)) => rejection = Rejection::OutOfScope(excess),
                Err(DelegateRejection::Malformed(fault)) => rejection = Rejection::Malformed(fault),
                Err(
                    DelegateRejection::SignatureInvalid { .. }
                    | DelegateRejection::KeyUnknown { .. }
                    | DelegateRejection::NotADelegation { .. }
                    | DelegateRejection::OtherCountry { .. },
                ) => rejection = Rejection::SignatureInvalid { kid },
            }
        }
        Err(rejection)
    }

    /// Read unverified for this purpose only: to tell an unknown issuer from an unknown key.
    fn unknown(&self, sealed: &Sealed<'_>, kid: KeyId) -> Rejection {
        match sealed.unverified_origin() {
            Err(fault) => Rejection::Malformed(fault),
            Ok(origin) if self.issuers().contains_key(&origin.look().iss) => Rejection::KeyUnknown { kid },
            Ok(origin) => Rejection::IssuerUnknown { found: origin.look().iss.clone() },
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
        let areas = crate::open::signed_areas(claims, record);
        let beyond = areas.iter().find(|area| !grant.areas.iter().any(|granted| granted.contains(area)));
        beyond.map(|area| Excess::Grant(ScopeExcess::Area(area.clone())))
    }

    /// What the status list says of a document.
    pub fn standing(&self, claims: &Claims, clock: Clock) -> Standing {
        let Some(reference) = &claims.status else { return Standing::ShortLived };
        match self.lists().get(&reference.uri) {
            // An expired list may not be used at all; without a clock nobody can say that it is.
            Some(token) if matches!(clock, Clock::Known(now) if now > token.exp) => Standing::NoList,
            Some(token) => Standing::Listed { status: token.list.status(reference.index), iat: token.iat },
            None => Standing::NoList,
        }
    }
}

fn first_that_verifies<'p>(
    keys: &[&'p PinnedKey],
    sealed: &Sealed<'_>,
    kid: KeyId,
) -> Result<(&'p PinnedKey, Claims), Rejection> {
    for key in keys {
        match sealed.open_entitlement(&key.point) {
            Ok(claims) => return Ok((key, claims)),
            Err(fault) if *fault.what() == What::Signature => {}
            Err(fault) => return Err(Rejection::Malformed(fault)),
        }
    }
    Err(Rejection::SignatureInvalid { kid })
}
