//! Answering a delegate's request: what the issuer grants becomes a record, which is signed as every other.
//!
//! A delegation is a document of type 6. It is valid for as long after its last day as an ordinary document is, since
//! what the delegate signs on that day must not outlive it. Refuses an id of another country, and days that are over.

use sanad_credential::{
    Area, Claims, Common, CredentialId, Date, Delegation, DelegationId, Fault, IssuerId, Money, Right,
    Sealed, Set, Status, UnixTime,
};
use sanad_qr::ModulePixels;
use sanad_trust::{DelegationRequest, IssuerRecord, Opened};

use crate::config::Config;
use crate::issue::{Finished, IssueFault, Issuer, Unsignable, check_record};
use crate::register::{Digest, Record};
use crate::store::{Issued, PAGE_MAX, Query, RecordsFault, Store};

/// What an issuer grants.
#[derive(Clone, Debug)]
pub struct Terms {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Most money on one document.
    pub per_document: Option<Money>,
    /// Most money in a day.
    pub per_day: Option<Money>,
    /// Where; the issuer's own areas when absent.
    pub areas: Option<Set<Area>>,
}

/// Why a request is not granted. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum GrantFault {
    /// Each country signs for its own facilities and delegates.
    #[error("{id} is of another country than {iss}; an issuer of its own country answers this request")]
    OtherCountry {
        /// Who asks.
        id: DelegationId,
        /// Who was asked.
        iss: IssuerId,
    },
    /// The last day is over.
    #[error("the last day {to} is before today, {today}")]
    Over {
        /// Last day asked for.
        to: Date,
        /// Day of signing.
        today: Date,
    },
    /// A rule of the format, or beyond what the issuer may sign.
    #[error("{0}")]
    Unsignable(Unsignable),
}

/// The record of a delegation, checked against every rule before a passphrase is asked for.
///
/// # Errors
/// [`GrantFault`].
pub fn grant(
    config: &Config,
    request: &DelegationRequest,
    terms: Terms,
    now: UnixTime,
) -> Result<Record, GrantFault> {
    let iss = config.record.iss();
    if request.id().country() != iss.country() {
        return Err(GrantFault::OtherCountry { id: request.id().clone(), iss: iss.clone() });
    }
    if terms.to < now.date() {
        return Err(GrantFault::Over { to: terms.to, today: now.date() });
    }
    let record =
        record(config, request, terms).map_err(|fault| GrantFault::Unsignable(Unsignable::Format(fault)))?;
    check_record(config, &record, now).map_err(GrantFault::Unsignable)?;
    Ok(record)
}

fn record(config: &Config, request: &DelegationRequest, terms: Terms) -> Result<Record, Fault> {
    let exp = config.default_exp(terms.to.plus_days(1)?.midnight()?)?;
    let right = Right::Delegation(Delegation {
        id: request.id().clone(),
        key: request.key(),
        scopes: request.scopes().clone(),
        from: terms.from,
        to: terms.to,
        per_document: terms.per_document,
        per_day: terms.per_day,
        areas: terms.areas,
        principal: None,
        relation: None,
    });
    let common = Common { delegation: None, replaces: None, languages: None, source: None };
    let digest = Digest::of(config.record.iss(), &right, &common, Some(exp), None)?;
    Ok(Record { line: 0, digest, right, common, exp: Some(exp), holder: None })
}

/// Whether a delegation was signed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It was.
    Now,
    /// An earlier run signed the same and perhaps did not hand it out.
    Earlier,
}

/// Signs what was granted, by the way of every document: numbered, signed, opened again, kept, and only then returned.
///
/// # Errors
/// [`IssueFault`].
pub fn sign(
    issuer: &Issuer,
    record: Record,
    now: UnixTime,
    module: ModulePixels,
) -> Result<(Finished, Signed), IssueFault> {
    let (documents, signed) = match issuer.issued_before(&record)? {
        Some(issued) => (issuer.finish_again(&[issued], module)?, Signed::Earlier),
        None => (issuer.issue(&[record], now, module)?, Signed::Now),
    };
    let document = documents.into_iter().next().ok_or(IssueFault::Worker)?;
    Ok((document, signed))
}

/// What the documents of a delegation id grant that are valid at a time: in the store neither suspended nor revoked nor
/// superseded, opened by the issuer's record, within their days and their own validity. None where nothing is left.
///
/// # Errors
/// [`RecordsFault`].
pub fn valid(
    store: &dyn Store,
    record: &IssuerRecord,
    id: &DelegationId,
    now: UnixTime,
) -> Result<Vec<Delegation>, RecordsFault> {
    let (query, mut after, mut granted) = (Query::Delegation(id.clone()), None, Vec::new());
    loop {
        let page = store.find(&query, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(granted) };
        after = Some(last.cursor.clone());
        let standing = page.iter().filter(|held| held.status == Status::Valid);
        granted.extend(standing.filter_map(|held| granted_at(&held.issued, record, now)));
    }
}

fn granted_at(issued: &Issued, record: &IssuerRecord, now: UnixTime) -> Option<Delegation> {
    let claims = opened(issued, record).filter(|claims| now < claims.exp)?;
    match claims.into_draft().right {
        Right::Delegation(delegation) if (delegation.from..=delegation.to).contains(&now.date()) => {
            Some(delegation)
        }
        _ => None,
    }
}

fn opened(issued: &Issued, record: &IssuerRecord) -> Option<Claims> {
    match sanad_trust::open(&Sealed::parse(&issued.document).ok()?, record).ok()? {
        Opened::Entitlement(claims) => Some(*claims),
        Opened::StatusList(_) => None,
    }
}

/// A delegation in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The document.
    pub cti: CredentialId,
    /// What it says, if the issuer's record still opens it: that of a compromised key it does not.
    pub delegation: Option<Delegation>,
}

impl Granted {
    /// Reads a document of the store.
    pub fn of(issued: &Issued, record: &IssuerRecord) -> Self {
        let delegation = opened(issued, record).and_then(|claims| match claims.into_draft().right {
            Right::Delegation(delegation) => Some(delegation),
            _ => None,
        });
        Self { cti: issued.cti, delegation }
    }
}
