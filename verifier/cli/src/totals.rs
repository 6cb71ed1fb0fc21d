//! `sanad-verify totals`: which records of a person count under a pack, and what they come to, for people and machines.
//!
//! A record counts when its signature holds, its issuer may sign it, and it is not known to be revoked, suspended or
//! superseded; what a delegate signed also needs a delegation that is not. Everything else is named with its reason and
//! not counted. That the status of a record is not known is said, and is no refusal. An expired document counts with
//! a note: the periods stay true. The answer is verified periods and shares, never a pension figure.

mod form;

use sanad_credential::{Claims, CredentialId, DocumentHash, IssuerId, Right, Sealed, Status};
use sanad_trust::judge::{Authentic, Clock, Signer, Standing};
use sanad_trust::pack::Pack;
use sanad_trust::{Rulebook, client};
use sanad_verifier::totals::{
    ContributionRecord, PersonLink, SchemeRules, Terms, Totals, TotalsFault, total,
};

pub use form::{not_counted_in_words, not_counted_json};

/// A record whose signature holds.
pub struct Opened {
    /// Where it was found.
    pub place: String,
    /// What it says.
    pub claims: Box<Claims>,
    /// SHA-256 of the document.
    pub document: DocumentHash,
    /// What its issuer's rulebook says.
    pub rules: SchemeRules,
    standing: Standing,
}

/// A document that does not count.
pub struct NotCounted {
    /// Where it was found; none where the fault says it.
    pub place: Option<String>,
    /// Whose it is, where the signature holds.
    pub id: Option<(IssuerId, CredentialId)>,
    /// Why.
    pub fault: String,
}

/// Opens a document with a pack and says whether it counts.
///
/// # Errors
/// [`NotCounted`].
pub fn open(document: &[u8], place: &str, pack: &Pack, clock: Clock) -> Result<Opened, NotCounted> {
    let refuse = |id, fault: String| NotCounted { place: Some(place.to_owned()), id, fault };
    let sealed = Sealed::parse(document).map_err(|fault| refuse(None, fault.to_string()))?;
    let authentic = pack.open(&sealed, clock).map_err(|rejection| refuse(None, rejection.to_string()))?;
    match judge(&authentic) {
        Err(fault) => Err(refuse(Some((authentic.claims.iss.clone(), authentic.claims.cti)), fault)),
        Ok(()) => Ok(Opened {
            place: place.to_owned(),
            document: client::sha256(document),
            rules: rules_of(&authentic.claims, pack),
            standing: authentic.standing,
            claims: authentic.claims,
        }),
    }
}

fn judge(authentic: &Authentic<'_>) -> Result<(), String> {
    if !matches!(authentic.claims.right, Right::Contribution(..)) {
        let found = authentic.claims.right.right_type().word();
        return Err(format!("it is of the type {found}, not a contribution record"));
    }
    if let Some(excess) = &authentic.excess {
        return Err(excess.to_string());
    }
    if let Signer::Delegate { standing, .. } = authentic.signer {
        let taken_back = match status(standing) {
            Some(Status::Revoked) => Some("revoked"),
            Some(Status::Suspended) => Some("suspended"),
            Some(Status::Valid | Status::Superseded) | None => None,
        };
        if let Some(word) = taken_back {
            return Err(format!("the delegation of whoever signed it is {word}"));
        }
    }
    match status(authentic.standing) {
        Some(Status::Revoked) => Err("its issuer has revoked it".to_owned()),
        Some(Status::Suspended) => Err("its issuer has suspended it".to_owned()),
        // Whether the newer record was shown too is known when all are open.
        Some(Status::Superseded | Status::Valid) | None => Ok(()),
    }
}

fn status(standing: Standing) -> Option<Status> {
    match standing {
        Standing::Listed { status, .. } => Some(status),
        Standing::ShortLived | Standing::NoList => None,
    }
}

/// The rulebook of the product that the record names as its scheme; where it names none, what all rulebooks of the
/// issuer agree on. Of each the version of the day of signing, or the first where there was none yet.
fn rules_of(claims: &Claims, pack: &Pack) -> SchemeRules {
    let Right::Contribution(_, contribution) = &claims.right else {
        return SchemeRules { week_days: None, kind: None };
    };
    let all: Vec<&Rulebook> = pack
        .rulebooks()
        .iter()
        .filter(|((issuer, _), _)| *issuer == claims.iss)
        .map(|(_, book)| book)
        .collect();
    let named: Vec<&Rulebook> =
        all.iter().copied().filter(|book| book.product().as_str() == contribution.scheme.as_str()).collect();
    let books = if named.is_empty() { all } else { named };
    let day = claims.iat.date();
    let weeks = books.iter().map(|book| {
        let version = book.in_force(day).or_else(|| book.versions().first());
        version.map(|version| version.week_days)
    });
    SchemeRules { week_days: agreed(weeks).flatten(), kind: agreed(books.iter().map(|book| book.kind())) }
}

fn agreed<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Periods of a person, and what stands beside them.
pub struct Report<'p> {
    totals: Totals,
    opened: Vec<Opened>,
    not_counted: Vec<NotCounted>,
    pack: &'p Pack,
    clock: Clock,
}

/// Whether everything that was shown is in the totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complete {
    /// It is, or a newer record stands in its place.
    Yes,
    /// A document, or a line of one, is not.
    No,
}

/// Puts together what counts.
///
/// # Errors
/// [`TotalsFault`], with what does not count.
pub fn report<'p>(
    shown: Vec<Result<Opened, NotCounted>>,
    person: PersonLink,
    terms: &Terms,
    pack: &'p Pack,
    clock: Clock,
) -> Result<Report<'p>, (TotalsFault, Vec<NotCounted>)> {
    let (mut opened, mut not_counted) = (Vec::new(), Vec::new());
    for document in shown {
        match document {
            Ok(document) => opened.push(document),
            Err(document) => not_counted.push(document),
        }
    }
    let (opened, left_out) = without_superseded(opened);
    not_counted.extend(left_out);
    match total(&records(&opened), person, terms) {
        Ok(totals) => Ok(Report { totals, opened, not_counted, pack, clock }),
        Err(fault) => Err((fault, not_counted)),
    }
}

fn records(opened: &[Opened]) -> Vec<ContributionRecord<'_>> {
    opened.iter().filter_map(record).collect()
}

/// What is no contribution was not opened, so there always is one.
fn record(opened: &Opened) -> Option<ContributionRecord<'_>> {
    ContributionRecord::new(&opened.claims, opened.document, opened.rules).ok()
}

/// A superseded record whose newer one was shown is left out by its name among the totals; without the newer one nobody
/// knows what it says now.
fn without_superseded(opened: Vec<Opened>) -> (Vec<Opened>, Vec<NotCounted>) {
    let has_newer: Vec<bool> = {
        let records = records(&opened);
        let is_replaced = |older: &Opened| {
            record(older).is_some_and(|older| records.iter().any(|newer| newer.replaces(&older)))
        };
        opened.iter().map(is_replaced).collect()
    };
    let mut left_out = Vec::new();
    let kept = opened.into_iter().zip(has_newer).filter_map(|(opened, has_newer)| {
        if status(opened.standing) != Some(Status::Superseded) || has_newer {
            return Some(opened);
        }
        left_out.push(NotCounted {
            id: Some((opened.claims.iss.clone(), opened.claims.cti)),
            fault: "its issuer has replaced it; ask for the newer record".to_owned(),
            place: Some(opened.place),
        });
        None
    });
    let kept = kept.collect();
    (kept, left_out)
}

impl Report<'_> {
    /// Whether everything that was shown is in the totals.
    pub fn complete(&self) -> Complete {
        let all = self.not_counted.is_empty() && self.totals.not_convertible.is_empty();
        if all { Complete::Yes } else { Complete::No }
    }
}
