//! Opening a sealed document with one pinned issuer record.
//!
//! Order of checks: type of document, candidate keys, signature and form; issuer, use of the key and delegation,
//! which make the signature count at all; state and dates of the key; scope: type, status list, delegation id, areas
//! (SPEC.md section 7). The key and its algorithm come from the record; the document's `kid` only finds
//! candidates. Claims leave this module after all checks, never before.

use std::fmt;

use sanad_credential::{
    Area, Claims, Date, DelegationId, Fault, IssuerId, KeyId, PublicKey, Right, RightType, Sealed,
    StatusListToken, StatusUri, Typ, Verify, VerifyingKey, What,
};

use crate::delegation::DelegateExcess;
use crate::record::{IssuerRecord, KeyState, KeyUse, RecordKey};

/// Keys with one `kid` that are tried: more than four would be an attack on the verifier's time, since 8 bytes of
/// SHA-256 do not collide by chance.
pub(crate) const CANDIDATES_MAX: usize = 4;

/// What a document turned out to be.
#[derive(Debug)]
pub enum Opened {
    /// An entitlement whose issuer, key and scope hold.
    Entitlement(Box<Claims>),
    /// A status list of this issuer.
    StatusList(Box<StatusListToken>),
}

/// Why a document was not opened. Closed on purpose: a new reason must be dealt with wherever it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The document's form is wrong.
    Malformed(Fault),
    /// A receipt is signed by a facility's key, which an issuer record does not hold.
    NeedsDelegation {
        /// Type of the document.
        typ: Typ,
    },
    /// The document names another issuer.
    IssuerUnknown {
        /// The issuer it names; nobody has checked that it signed.
        found: IssuerId,
    },
    /// The issuer's record has no such key that counts for the day of issue.
    KeyUnknown {
        /// The key the document names.
        kid: KeyId,
    },
    /// The key's dates exclude the document's.
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
    /// Whoever holds the key may have signed it.
    KeyCompromised {
        /// The key.
        kid: KeyId,
    },
    /// The signature does not hold, or the key that made it may not speak for this issuer or in this use.
    SignatureInvalid {
        /// The key.
        kid: KeyId,
    },
    /// Signed by the issuer, but beyond what its record lets it sign.
    OutOfScope(ScopeExcess),
    /// Signed by a delegate, beyond what its delegation lets it sign.
    BeyondDelegation(DelegateExcess),
}

/// What lies beyond an issuer's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeExcess {
    /// A type of entitlement.
    Type(RightType),
    /// An area.
    Area(Area),
    /// A status list outside the issuer's.
    StatusList(StatusUri),
    /// A delegation whose id is another country's.
    Delegation(DelegationId),
}

/// Opens a document with an issuer's record.
///
/// # Errors
/// A [`Rejection`]; nothing of the document's content is returned with it but what the rejection names.
pub fn open(sealed: &Sealed<'_>, record: &IssuerRecord) -> Result<Opened, Rejection> {
    open_with(sealed, record, VerifyingKey::new)
}

/// The same, with whatever verifies under a key of the record: one that was decoded before, or one that collects the
/// signatures of an issuer's own documents to verify them together. The verdict is worth what `verifier` is worth.
///
/// # Errors
/// As [`open`].
pub fn open_with<V: Verify>(
    sealed: &Sealed<'_>,
    record: &IssuerRecord,
    verifier: impl Fn(&PublicKey) -> Result<V, Fault>,
) -> Result<Opened, Rejection> {
    match sealed.typ() {
        Typ::Entitlement | Typ::PhoneEntitlement => {
            open_entitlement(sealed, record, verifier).map(|claims| Opened::Entitlement(Box::new(claims)))
        }
        Typ::StatusList => {
            open_status_list(sealed, record, verifier).map(|token| Opened::StatusList(Box::new(token)))
        }
        Typ::EncounterReceipt => Err(Rejection::NeedsDelegation { typ: Typ::EncounterReceipt }),
    }
}

fn open_entitlement<V: Verify>(
    sealed: &Sealed<'_>,
    record: &IssuerRecord,
    verifier: impl Fn(&PublicKey) -> Result<V, Fault>,
) -> Result<Claims, Rejection> {
    let kid = sealed.kid();
    let candidates = candidates(record, kid, |key_use| key_use != KeyUse::Status);
    if candidates.is_empty() {
        // Read unverified for this purpose only: to tell an unknown issuer from an unknown key.
        let origin = sealed.unverified_origin().map_err(Rejection::Malformed)?;
        let found = &origin.look().iss;
        return Err(if found == record.iss() {
            Rejection::KeyUnknown { kid }
        } else {
            Rejection::IssuerUnknown { found: found.clone() }
        });
    }
    let (key, claims) = first_that_verifies(&candidates, kid, verifier, |key| sealed.open_entitlement(key))?;
    let is_delegation = claims.right.right_type() == RightType::Delegation;
    let use_fits = is_delegation == (key.key_use == KeyUse::Delegation);
    // Whoever signs for another issuer, or as a delegate with an issuer's own key, has not signed at all.
    if claims.iss != *record.iss() || !use_fits || claims.common.delegation.is_some() {
        return Err(Rejection::SignatureInvalid { kid });
    }
    judge_key(key, kid, claims.iat.date())?;
    judge_scope(&claims, record).map_err(Rejection::OutOfScope)?;
    Ok(claims)
}

fn open_status_list<V: Verify>(
    sealed: &Sealed<'_>,
    record: &IssuerRecord,
    verifier: impl Fn(&PublicKey) -> Result<V, Fault>,
) -> Result<StatusListToken, Rejection> {
    let kid = sealed.kid();
    let candidates = candidates(record, kid, |key_use| key_use == KeyUse::Status);
    if candidates.is_empty() {
        return Err(Rejection::KeyUnknown { kid });
    }
    let (key, token) = first_that_verifies(&candidates, kid, verifier, |key| sealed.open_status_list(key))?;
    if !record.members().status.contains(&token.sub) {
        return Err(Rejection::SignatureInvalid { kid });
    }
    judge_key(key, kid, token.iat.date())?;
    Ok(token)
}

fn candidates(record: &IssuerRecord, kid: KeyId, fits: impl Fn(KeyUse) -> bool) -> Vec<&RecordKey> {
    let keys = record.members().keys.iter();
    keys.filter(|key| fits(key.key_use) && key.x.id() == kid).take(CANDIDATES_MAX).collect()
}

fn first_that_verifies<'k, T, V>(
    candidates: &[&'k RecordKey],
    kid: KeyId,
    verifier: impl Fn(&PublicKey) -> Result<V, Fault>,
    open: impl Fn(&V) -> Result<T, Fault>,
) -> Result<(&'k RecordKey, T), Rejection> {
    for key in candidates {
        let verifying = verifier(&key.x).map_err(Rejection::Malformed)?;
        match open(&verifying) {
            Ok(content) => return Ok((key, content)),
            Err(fault) if *fault.what() == What::Signature => {}
            Err(fault) => return Err(Rejection::Malformed(fault)),
        }
    }
    Err(Rejection::SignatureInvalid { kid })
}

fn judge_key(key: &RecordKey, kid: KeyId, iat: Date) -> Result<(), Rejection> {
    if key.state == KeyState::Compromised {
        return Err(Rejection::KeyCompromised { kid });
    }
    if iat < key.from || key.to.is_some_and(|to| iat > to) {
        return Err(Rejection::KeyOutOfDate { kid, iat, from: key.from, to: key.to });
    }
    Ok(())
}

/// Whether an issuer's record lets it sign these claims: type, status list, areas.
///
/// # Errors
/// The first [`ScopeExcess`]. Issuers ask before they sign, so that no card is printed that a clinic must refuse.
pub fn judge_scope(claims: &Claims, record: &IssuerRecord) -> Result<(), ScopeExcess> {
    let members = record.members();
    let right_type = claims.right.right_type();
    if !members.types.contains(&right_type) {
        return Err(ScopeExcess::Type(right_type));
    }
    if let Some(status) = claims.status.as_ref().filter(|status| !members.status.contains(&status.uri)) {
        return Err(ScopeExcess::StatusList(status.uri.clone()));
    }
    if let Right::Delegation(delegation) = &claims.right
        && delegation.id.country() != claims.iss.country()
    {
        return Err(ScopeExcess::Delegation(delegation.id.clone()));
    }
    let areas = signed_areas(&claims.right, record);
    let beyond = |area: &&Area| !members.areas.iter().any(|granted| granted.contains(area));
    match areas.iter().find(beyond) {
        Some(area) => Err(ScopeExcess::Area(area.clone())),
        None => Ok(()),
    }
}

/// The areas that a right of the record's issuer speaks of, each of which the issuer must be allowed. None where the
/// right names none.
pub fn signed_areas(right: &Right, record: &IssuerRecord) -> Vec<Area> {
    match right {
        Right::Coverage(_, coverage) => coverage.territory.to_vec(),
        // Without areas it holds in the issuer's whole country (SPEC.md section 3).
        Right::Benefit(_, benefit) => benefit
            .areas
            .as_ref()
            .map_or_else(|| vec![record.members().country.clone()], |areas| areas.to_vec()),
        Right::Delegation(delegation) => {
            delegation.areas.as_ref().map_or_else(Vec::new, |areas| areas.to_vec())
        }
        // Whoever derives another scheme's right does so as a host: within its own areas. The home scheme's hosts are
        // bound by the agreement.
        Right::CrossBorder(_, right) if right.home != *record.iss() => right.hosts.to_vec(),
        // The other types name no area.
        Right::Membership(..) | Right::Contribution(..) | Right::CrossBorder(..) => Vec::new(),
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::Malformed(fault) => write!(f, "{fault}"),
            Rejection::NeedsDelegation { typ } => {
                write!(f, "{typ} is signed by a facility's key, which an issuer record does not hold")
            }
            Rejection::IssuerUnknown { found } => {
                write!(f, "it names the issuer {found}, which is not listed here")
            }
            Rejection::KeyUnknown { kid } => write!(f, "the record has no key {kid} for this"),
            Rejection::KeyOutOfDate { kid, iat, from, to } => match to {
                Some(to) => write!(f, "issued on {iat}, the key {kid} counts from {from} to {to}"),
                None => write!(f, "issued on {iat}, the key {kid} counts from {from}"),
            },
            Rejection::KeyCompromised { kid } => {
                write!(f, "the issuer has marked the key {kid} as compromised")
            }
            Rejection::SignatureInvalid { kid } => {
                write!(f, "the signature does not hold under the issuer's key {kid}")
            }
            Rejection::OutOfScope(excess) => write!(f, "{excess}"),
            Rejection::BeyondDelegation(excess) => write!(f, "{excess}"),
        }
    }
}

impl fmt::Display for ScopeExcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScopeExcess::Type(right) => write!(f, "the issuer may not sign the type {}", right.word()),
            ScopeExcess::Area(area) => write!(f, "the issuer may not sign for {area}"),
            ScopeExcess::Delegation(id) => write!(f, "the delegation {id} has the id of another country"),
            ScopeExcess::StatusList(uri) => write!(f, "{uri} is none of the issuer's status lists"),
        }
    }
}

impl std::error::Error for Rejection {}
