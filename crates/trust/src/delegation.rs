//! Documents that a delegate signed, and what its delegation lets it sign (SPEC.md section 3, type 6).
//!
//! Order of checks: the delegation itself, the key, the signature, who is named as issuer and delegate, then what the
//! delegation allows (day of issue, type, lines, areas, money), then what the issuer itself may sign: a delegate never
//! has more than the issuer that delegated. The delegation must have been opened with the issuer's record
//! ([`crate::open()`]); its status and its own `exp` need a pack and a clock and are the caller's.

use std::fmt;

use sanad_credential::{
    Area, Claims, Currency, Date, Delegation, DelegationId, Fault, IssuerId, KeyId, LineQuality, Money,
    Receipt, Right, RightType, Scope, Sealed, UnixTime, VerifyingKey, What,
};

use crate::open::{ScopeExcess, judge_scope};
use crate::record::IssuerRecord;

/// Why a delegate's document was not opened. Closed on purpose: a new reason must be dealt with wherever it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DelegateRejection {
    /// The document's form is wrong, or it is of a type that delegates do not sign.
    Malformed(Fault),
    /// What was given as the delegation is a document of another type.
    NotADelegation {
        /// Its type.
        found: RightType,
    },
    /// The delegation's id starts with another country than its issuer's: nobody there has a say.
    OtherCountry {
        /// The id.
        id: DelegationId,
        /// The issuer that delegated.
        iss: IssuerId,
    },
    /// Signed with another key than the delegate's.
    KeyUnknown {
        /// The key the document names.
        kid: KeyId,
    },
    /// The signature does not hold, or the document names another issuer or another delegate than the key's.
    SignatureInvalid {
        /// The key.
        kid: KeyId,
    },
    /// Signed by the delegate, beyond what its delegation allows.
    Beyond(DelegateExcess),
    /// Within the delegation, beyond what the issuer itself may sign.
    OutOfScope(ScopeExcess),
}

/// What lies beyond a delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DelegateExcess {
    /// Issued on a day outside the delegation's.
    Day {
        /// Day of issue.
        iat: Date,
        /// First day of the delegation.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// A type that none of the delegation's scopes allows.
    Type(RightType),
    /// An encounter receipt without the scope verify.
    EncounterReceipt,
    /// A contribution line that is said to be in the books already, which only the scheme can say.
    PostedLine {
        /// Position of the line, from 0.
        line: usize,
    },
    /// An area.
    Area(Area),
    /// More money than a document may bear.
    Money {
        /// Money on the document, in the currency's smallest unit.
        minor: u64,
        /// Most allowed.
        max: Money,
    },
    /// Money in another currency than the limit's.
    Currency {
        /// On the document.
        found: Currency,
        /// Of the limit.
        wanted: Currency,
    },
}

/// Opens an entitlement that a delegate signed.
///
/// `delegation` was opened with `record`, the record of the issuer that delegated.
///
/// # Errors
/// A [`DelegateRejection`]; nothing of the document's content is returned with it but what the rejection names.
pub fn open_delegated(
    sealed: &Sealed<'_>,
    delegation: &Claims,
    record: &IssuerRecord,
) -> Result<Claims, DelegateRejection> {
    let delegate = delegate_of(delegation)?;
    let claims = verify_delegate(sealed, delegate)?;
    let names_both = claims.iss == delegation.iss && claims.common.delegation.as_ref() == Some(&delegate.id);
    if !names_both || claims.iss != *record.iss() {
        return Err(DelegateRejection::SignatureInvalid { kid: sealed.kid() });
    }
    judge_delegate_scope(&claims, delegate).map_err(DelegateRejection::Beyond)?;
    judge_scope(&claims, record).map_err(DelegateRejection::OutOfScope)?;
    Ok(claims)
}

/// Whether the delegate's key signed a document, whoever it names.
pub(crate) fn verify_delegate(
    sealed: &Sealed<'_>,
    delegate: &Delegation,
) -> Result<Claims, DelegateRejection> {
    verify(sealed, delegate, |key| sealed.open_entitlement(key))
}

/// Opens an encounter receipt with the delegation of the facility that signed it.
///
/// # Errors
/// As [`open_delegated`].
pub fn open_encounter(sealed: &Sealed<'_>, delegation: &Claims) -> Result<Receipt, DelegateRejection> {
    let delegate = delegate_of(delegation)?;
    let receipt = verify(sealed, delegate, |key| sealed.open_receipt(key))?;
    if receipt.iss != delegate.id {
        return Err(DelegateRejection::SignatureInvalid { kid: sealed.kid() });
    }
    judge_encounter(&receipt, delegate).map_err(DelegateRejection::Beyond)?;
    Ok(receipt)
}

/// The delegation that claims hold, if its issuer may give it.
///
/// # Errors
/// [`DelegateRejection::NotADelegation`], [`DelegateRejection::OtherCountry`].
pub fn delegate_of(delegation: &Claims) -> Result<&Delegation, DelegateRejection> {
    let Right::Delegation(delegate) = &delegation.right else {
        return Err(DelegateRejection::NotADelegation { found: delegation.right.right_type() });
    };
    if delegate.id.country() != delegation.iss.country() {
        let (id, iss) = (delegate.id.clone(), delegation.iss.clone());
        return Err(DelegateRejection::OtherCountry { id, iss });
    }
    Ok(delegate)
}

/// Whether a delegation lets its delegate sign these claims: day, type, lines, areas, money.
///
/// # Errors
/// The first [`DelegateExcess`]. Delegates ask before they sign, so that nobody pays for a receipt that a clinic must
/// refuse.
pub fn judge_delegate_scope(claims: &Claims, delegate: &Delegation) -> Result<(), DelegateExcess> {
    judge_day(claims.iat, delegate)?;
    judge_content(claims, delegate)
}

/// As [`judge_delegate_scope`] without the day.
pub(crate) fn judge_content(claims: &Claims, delegate: &Delegation) -> Result<(), DelegateExcess> {
    let right_type = claims.right.right_type();
    let needed = match right_type {
        RightType::Membership => Some(Scope::Register),
        RightType::Coverage => Some(Scope::Cover),
        RightType::Contribution => Some(Scope::Receipt),
        RightType::Benefit | RightType::CrossBorder | RightType::Delegation => None,
    };
    if !needed.is_some_and(|scope| delegate.scopes.contains(&scope)) {
        return Err(DelegateExcess::Type(right_type));
    }
    match &claims.right {
        Right::Coverage(_, coverage) => judge_areas(&coverage.territory, delegate),
        Right::Contribution(_, contribution) => {
            let posted = contribution.lines.iter().position(|line| line.quality != LineQuality::Provisional);
            if let Some(line) = posted {
                return Err(DelegateExcess::PostedLine { line });
            }
            judge_money(contribution.lines.iter().filter_map(|line| line.base.0.as_ref()), delegate)
        }
        Right::Membership(..) | Right::Benefit(..) | Right::CrossBorder(..) | Right::Delegation(_) => Ok(()),
    }
}

fn judge_encounter(receipt: &Receipt, delegate: &Delegation) -> Result<(), DelegateExcess> {
    judge_day(receipt.iat, delegate)?;
    if !delegate.scopes.contains(&Scope::Verify) {
        return Err(DelegateExcess::EncounterReceipt);
    }
    judge_areas(std::slice::from_ref(&receipt.encounter.place), delegate)?;
    // The co-pay is a part of what was charged, not money on top of it.
    judge_money(receipt.encounter.charged.iter(), delegate)?;
    judge_money(receipt.encounter.copay.iter(), delegate)
}

/// Whether a document was signed on a day of the delegation.
pub(crate) fn judge_day(iat: UnixTime, delegate: &Delegation) -> Result<(), DelegateExcess> {
    let (iat, from, to) = (iat.date(), delegate.from, delegate.to);
    if iat < from || iat > to { Err(DelegateExcess::Day { iat, from, to }) } else { Ok(()) }
}

fn judge_areas(areas: &[Area], delegate: &Delegation) -> Result<(), DelegateExcess> {
    let Some(granted) = &delegate.areas else { return Ok(()) };
    match areas.iter().find(|area| !granted.iter().any(|granted| granted.contains(area))) {
        Some(area) => Err(DelegateExcess::Area(area.clone())),
        None => Ok(()),
    }
}

fn judge_money<'m>(
    amounts: impl Iterator<Item = &'m Money>,
    delegate: &Delegation,
) -> Result<(), DelegateExcess> {
    let Some(max) = &delegate.per_document else { return Ok(()) };
    let mut minor = 0_u64;
    for amount in amounts {
        if amount.currency != max.currency {
            let (found, wanted) = (amount.currency.clone(), max.currency.clone());
            return Err(DelegateExcess::Currency { found, wanted });
        }
        minor = minor.saturating_add(amount.minor.value());
    }
    if minor > max.minor.value() { Err(DelegateExcess::Money { minor, max: max.clone() }) } else { Ok(()) }
}

fn verify<T>(
    sealed: &Sealed<'_>,
    delegate: &Delegation,
    open: impl Fn(&VerifyingKey) -> Result<T, Fault>,
) -> Result<T, DelegateRejection> {
    let kid = sealed.kid();
    if delegate.key.id() != kid {
        return Err(DelegateRejection::KeyUnknown { kid });
    }
    let key = VerifyingKey::new(&delegate.key).map_err(DelegateRejection::Malformed)?;
    open(&key).map_err(|fault| match fault.what() {
        What::Signature => DelegateRejection::SignatureInvalid { kid },
        _ => DelegateRejection::Malformed(fault),
    })
}

impl fmt::Display for DelegateRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DelegateRejection::Malformed(fault) => write!(f, "{fault}"),
            DelegateRejection::NotADelegation { found } => {
                write!(f, "this is a document of the type {}, not a delegation", found.word())
            }
            DelegateRejection::OtherCountry { id, iss } => {
                write!(f, "{iss} cannot delegate to {id}, which is of another country")
            }
            DelegateRejection::KeyUnknown { kid } => write!(f, "the key {kid} is not that of the delegation"),
            DelegateRejection::SignatureInvalid { kid } => {
                write!(f, "the signature does not hold under the delegate's key {kid}")
            }
            DelegateRejection::Beyond(excess) => write!(f, "{excess}"),
            DelegateRejection::OutOfScope(excess) => write!(f, "{excess}"),
        }
    }
}

impl fmt::Display for DelegateExcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DelegateExcess::Day { iat, from, to } => {
                write!(f, "signed on {iat}, the delegation is for {from} to {to}")
            }
            DelegateExcess::Type(right) => write!(f, "the delegate may not sign the type {}", right.word()),
            DelegateExcess::EncounterReceipt => write!(f, "the delegate may not sign encounter receipts"),
            DelegateExcess::PostedLine { line } => {
                write!(f, "line {line} is said to be posted; a delegate signs provisional lines only")
            }
            DelegateExcess::Area(area) => write!(f, "the delegate may not sign for {area}"),
            DelegateExcess::Money { minor, max } => {
                write!(
                    f,
                    "{minor} in the smallest unit of {}, the delegate may sign {} a document",
                    max.currency,
                    max.in_ordinary_units()
                )
            }
            DelegateExcess::Currency { found, wanted } => {
                write!(f, "money in {found}, the delegate may sign {wanted}")
            }
        }
    }
}

impl std::error::Error for DelegateRejection {}
impl std::error::Error for DelegateExcess {}

#[cfg(test)]
mod tests;
