//! Contribution periods of one person, put together from records of several issuers.
//!
//! What institutions need before they may decide on a pension: verified periods, gaps, overlaps, totals and shares. Never
//! a pension figure. A pure function of the records, so that each institution gets the same answer; neither the order of
//! the records nor a record that is given twice changes it.
//!
//! 1. A record that another one `replaces` is left out and named. A delegate's record replaces its own records only.
//! 2. Each line becomes calendar months ([`month`] states the rule). Days and weeks of an issuer whose week is not known
//!    are named and not counted.
//! 3. Provisional lines, and all lines that a delegate signed, go into a ledger of their own.
//! 4. For each function, a month counts once: for the claim with the better [`Rank`], then the earlier time of issue,
//!    then the lower issuer id, document id, line. The others are recorded. The rank is the worse of what the line says
//!    (employed, self-employed: compulsory) and what the scheme is (assistance: credited); a scheme of which nothing is
//!    known leaves it to the line.
//! 5. Own months of an issuer are those that count for it; they add up to the total. It qualifies with the total, and
//!    alone with its own months. Its share is own months by total, exact. Fewer than twelve own months are marked: they
//!    count, and the institution may owe nothing for them (Reg. (EC) 883/2004 art. 57).
//! 6. A maximum caps the total for the shares, and the own months of each issuer too (art. 56 (1) (a)): each institution
//!    asks by its own maximum, so that capped shares may add up to more than one.
//!
//! Refused as a whole: records of several members that nobody has confirmed to be one person, two different documents of
//! one issuer under one id, more records than anybody has.

mod form;
mod ledger;
pub mod month;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{
    Claims, Contribution, CredentialId, DocumentHash, Function, IssuerId, LineQuality, MemberNumber,
    PeriodKind, PeriodUnit, Right, RightType, Subject, WeekDays,
};
use sanad_trust::SchemeKind;

use ledger::{Claim, Ledger};
pub use ledger::{Claimant, Overlap, Rank};
use month::{MonthSpan, months_of, overstates};

/// Records of one person. As many as a cross-border right can name as evidence; a working life of annual statements.
pub const RECORDS_MAX: usize = 64;

/// Own months below which an institution may owe nothing.
const SHORT_BELOW: u64 = 12;

/// A contribution record whose signature, status and scope the caller has checked.
#[derive(Clone, Copy, Debug)]
pub struct ContributionRecord<'c> {
    claims: &'c Claims,
    subject: &'c Subject,
    contribution: &'c Contribution,
    document: DocumentHash,
    rules: SchemeRules,
}

/// What the issuer's rulebook says of the scheme that keeps the periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemeRules {
    /// Days of its week; without them days and weeks cannot be converted.
    pub week_days: Option<WeekDays>,
    /// Why people belong to it.
    pub kind: Option<SchemeKind>,
}

/// A document of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is of the type {}, not a contribution record", found.word())]
pub struct NotAContribution {
    /// Its type.
    pub found: RightType,
}

impl<'c> ContributionRecord<'c> {
    /// The claims of a contribution record, and the SHA-256 of the document that they came from.
    ///
    /// # Errors
    /// [`NotAContribution`].
    pub fn new(
        claims: &'c Claims,
        document: DocumentHash,
        rules: SchemeRules,
    ) -> Result<Self, NotAContribution> {
        match &claims.right {
            Right::Contribution(subject, contribution) => {
                Ok(Self { claims, subject, contribution, document, rules })
            }
            right => Err(NotAContribution { found: right.right_type() }),
        }
    }

    fn id(&self) -> (&'c IssuerId, CredentialId) {
        (&self.claims.iss, self.claims.cti)
    }

    /// Whether it stands in the place of another one. An issuer replaces what it or its delegates signed, a delegate only
    /// what it signed itself: a receipt must not make years that the scheme has booked disappear.
    pub fn replaces(&self, other: &Self) -> bool {
        let signer = &self.claims.common.delegation;
        self.claims.common.replaces == Some(other.claims.cti)
            && self.claims.iss == other.claims.iss
            && self.claims.cti != other.claims.cti
            && (signer.is_none() || *signer == other.claims.common.delegation)
    }
}

/// Whether the records are of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonLink {
    /// An officer has confirmed it with the person and the papers; a name alone is no proof.
    ConfirmedByOfficer,
    /// Nobody has: the records must be of one member of one issuer.
    NotConfirmed,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Months that an issuer asks for which none is named.
    pub minimum: Option<u64>,
    /// Months that named issuers ask.
    pub minimum_of: BTreeMap<IssuerId, u64>,
    /// Months that give a full pension.
    pub maximum: Option<u64>,
    /// For which function; all that the records speak of when absent.
    pub function: Option<Function>,
}

impl Terms {
    fn minimum_for(&self, issuer: &IssuerId) -> Option<u64> {
        self.minimum_of.get(issuer).copied().or(self.minimum)
    }
}

/// Why there is no total.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TotalsFault {
    /// Nobody has said that these are one person.
    #[error(
        "the records are of {members} member numbers, and nobody has confirmed that these are one person"
    )]
    PersonNotConfirmed {
        /// Pairs of issuer and member number.
        members: usize,
    },
    /// One id, two contents: one of them is not what its issuer keeps.
    #[error("{issuer} has signed two different documents with the id {cti}; ask it which one holds")]
    SameIdOtherContent {
        /// The issuer.
        issuer: IssuerId,
        /// The id.
        cti: CredentialId,
    },
    /// More records than anybody has.
    #[error("{found} records, at most {RECORDS_MAX} are put together")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// A full pension for less than the least that is asked, or for nothing.
    #[error("the maximum of {maximum} months is less than the minimum of {minimum}")]
    MaximumBelowMinimum {
        /// Months that give a full pension.
        maximum: u64,
        /// Months that are asked; at least one.
        minimum: u64,
    },
}

/// Periods of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Under which numbers the issuers know the person.
    pub members: Vec<(IssuerId, MemberNumber)>,
    /// The records that were put together, by issuer and id, with the SHA-256 of each document.
    pub records: Vec<(IssuerId, CredentialId, DocumentHash)>,
    /// Records left out for a newer one.
    pub replaced: Vec<Replaced>,
    /// Lines that are no months until the issuer's week is known.
    pub not_convertible: Vec<NamedLine>,
    /// Lines that state more than their period can hold; what it holds was counted.
    pub overstated: Vec<NamedLine>,
    /// Months that give a full pension, as asked.
    pub maximum: Option<u64>,
    /// Each function that the lines speak of.
    pub functions: Vec<FunctionTotals>,
}

/// A record left out for a newer one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replaced {
    /// Whose.
    pub issuer: IssuerId,
    /// The older record.
    pub cti: CredentialId,
    /// The newer one.
    pub by: CredentialId,
}

/// A line of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLine {
    /// Whose.
    pub issuer: IssuerId,
    /// The record.
    pub cti: CredentialId,
    /// Position in it, from 0.
    pub line: usize,
    /// How many units it states.
    pub quantity: u64,
    /// Which.
    pub unit: PeriodUnit,
}

/// Periods for one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTotals {
    /// The function.
    pub function: Function,
    /// From the first to the last month that counts.
    pub covered: Option<MonthSpan>,
    /// Months that count, before the maximum.
    pub total: u64,
    /// The same, at most the maximum.
    pub capped: u64,
    /// Each issuer that claims months.
    pub issuers: Vec<IssuerTotals>,
    /// Months that several lines claim.
    pub overlaps: Vec<Overlap>,
    /// Months between the first and the last that nobody claims.
    pub gaps: Vec<MonthSpan>,
    /// What is not in the books yet, apart from all of the above.
    pub provisional: Vec<ProvisionalTotals>,
}

/// Periods of one issuer for one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerTotals {
    /// The issuer.
    pub issuer: IssuerId,
    /// Months that its records claim, those included that count for another issuer.
    pub claimed: u64,
    /// Months that count for it.
    pub own: u64,
    /// Months that it asks, where that was said.
    pub minimum: Option<u64>,
    /// Whether the total reaches its minimum.
    pub qualifies: Reached,
    /// Whether its own months do.
    pub alone: Reached,
    /// Its part of the whole; none where no month counts.
    pub share: Option<Share>,
    /// Whether it may owe nothing since the period is short.
    pub length: Length,
}

/// Whether a minimum is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// No minimum was named.
    NotAsked,
}

/// Whether own months are a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Fewer than twelve.
    Short,
    /// Twelve or more.
    Year,
}

/// An exact part of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Own months, at most the maximum.
    pub own: u64,
    /// Months of all, at most the maximum.
    pub total: u64,
}

impl Share {
    /// In lowest terms.
    pub fn reduced(self) -> (u64, u64) {
        let (mut one, mut other) = (self.own, self.total);
        while let Some(remainder) = one.checked_rem(other) {
            (one, other) = (other, remainder);
        }
        (self.own.checked_div(one).unwrap_or(0), self.total.checked_div(one).unwrap_or(1))
    }
}

/// Months that are not in the books yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionalTotals {
    /// The issuer.
    pub issuer: IssuerId,
    /// Provisional months.
    pub months: u64,
    /// Those of them that no posted line of anybody covers.
    pub not_posted: u64,
}

/// Puts records of one person together.
///
/// # Errors
/// [`TotalsFault`].
pub fn total(
    records: &[ContributionRecord<'_>],
    person: PersonLink,
    terms: &Terms,
) -> Result<Totals, TotalsFault> {
    judge_terms(terms)?;
    let records = distinct(records)?;
    let members: BTreeSet<_> =
        records.iter().map(|record| (record.claims.iss.clone(), record.subject.number.clone())).collect();
    if person == PersonLink::NotConfirmed && members.len() > 1 {
        return Err(TotalsFault::PersonNotConfirmed { members: members.len() });
    }
    let (records, replaced) = without_replaced(records);
    let lines = Lines::of(&records, terms.function);
    let functions: BTreeSet<Function> =
        lines.posted.keys().chain(lines.provisional.keys()).copied().collect();
    let functions = functions.into_iter().map(|function| lines.total(function, terms)).collect();
    Ok(Totals {
        members: members.into_iter().collect(),
        records: records
            .iter()
            .map(|record| (record.claims.iss.clone(), record.claims.cti, record.document))
            .collect(),
        replaced,
        not_convertible: lines.not_convertible,
        overstated: lines.overstated,
        maximum: terms.maximum,
        functions,
    })
}

fn judge_terms(terms: &Terms) -> Result<(), TotalsFault> {
    let Some(maximum) = terms.maximum else { return Ok(()) };
    let minimum = terms.minimum_of.values().copied().chain(terms.minimum).fold(1, u64::max);
    if maximum < minimum { Err(TotalsFault::MaximumBelowMinimum { maximum, minimum }) } else { Ok(()) }
}

/// Each document once, by issuer and id.
fn distinct<'r, 'c>(
    records: &'r [ContributionRecord<'c>],
) -> Result<Vec<&'r ContributionRecord<'c>>, TotalsFault> {
    let mut records: Vec<_> = records.iter().collect();
    // Where a caller gives one document with two rulebooks, the order must not matter either.
    records.sort_by_key(|record| {
        let SchemeRules { week_days, kind } = record.rules;
        (record.id(), record.document, week_days, kind.map(SchemeKind::word))
    });
    records.dedup_by_key(|record| (record.id(), record.document));
    if let Some([one, _]) = records.array_windows().find(|[one, next]| one.id() == next.id()) {
        let (issuer, cti) = one.id();
        return Err(TotalsFault::SameIdOtherContent { issuer: issuer.clone(), cti });
    }
    if records.len() > RECORDS_MAX { Err(TotalsFault::TooMany { found: records.len() }) } else { Ok(records) }
}

/// The records without those that a newer one replaces.
fn without_replaced<'r, 'c>(
    records: Vec<&'r ContributionRecord<'c>>,
) -> (Vec<&'r ContributionRecord<'c>>, Vec<Replaced>) {
    let newer = |record: &ContributionRecord<'_>| {
        records.iter().find(|newer| newer.replaces(record)).map(|newer| newer.claims.cti)
    };
    let mut replaced = Vec::new();
    let mut kept = Vec::with_capacity(records.len());
    for record in &records {
        match newer(record) {
            Some(by) => {
                replaced.push(Replaced { issuer: record.claims.iss.clone(), cti: record.claims.cti, by });
            }
            None => kept.push(*record),
        }
    }
    (kept, replaced)
}

/// The lines of all records as months, by function.
struct Lines<'r> {
    posted: BTreeMap<Function, Vec<Claim<'r>>>,
    provisional: BTreeMap<Function, Vec<Claim<'r>>>,
    not_convertible: Vec<NamedLine>,
    overstated: Vec<NamedLine>,
}

impl<'r> Lines<'r> {
    fn of(records: &[&'r ContributionRecord<'_>], wanted: Option<Function>) -> Self {
        let mut lines = Self {
            posted: BTreeMap::new(),
            provisional: BTreeMap::new(),
            not_convertible: Vec::new(),
            overstated: Vec::new(),
        };
        for record in records {
            lines.add(record, wanted);
        }
        lines
    }

    fn add(&mut self, record: &'r ContributionRecord<'_>, wanted: Option<Function>) {
        let claims = record.claims;
        for (position, line) in record.contribution.lines.iter().enumerate() {
            let functions = line.functions.iter().filter(|function| wanted.is_none_or(|it| it == **function));
            let functions: Vec<Function> = functions.copied().collect();
            if functions.is_empty() {
                continue;
            }
            let named = || NamedLine {
                issuer: claims.iss.clone(),
                cti: claims.cti,
                line: position,
                quantity: line.quantity.value(),
                unit: line.unit,
            };
            let Ok(months) = months_of(line, record.rules.week_days) else {
                self.not_convertible.push(named());
                continue;
            };
            if overstates(line) {
                self.overstated.push(named());
            }
            let Some(span) = months else { continue };
            let is_posted = line.quality == LineQuality::Posted && claims.common.delegation.is_none();
            let ledger = if is_posted { &mut self.posted } else { &mut self.provisional };
            for function in functions {
                ledger.entry(function).or_default().push(Claim {
                    rank: rank(line.kind, record.rules.kind),
                    iat: claims.iat,
                    issuer: &claims.iss,
                    cti: claims.cti,
                    line: position,
                    span,
                });
            }
        }
    }

    fn total(&self, function: Function, terms: &Terms) -> FunctionTotals {
        let ledger = |lines: &BTreeMap<Function, Vec<Claim<'r>>>| {
            Ledger::of(lines.get(&function).cloned().unwrap_or_default())
        };
        let (posted, pending) = (ledger(&self.posted), ledger(&self.provisional));
        let total = posted.total();
        let cap = |months: u64| terms.maximum.map_or(months, |maximum| months.min(maximum));
        let issuers = posted.own().into_iter().map(|(issuer, own)| {
            let minimum = terms.minimum_for(issuer);
            let reached = |months: u64| match minimum {
                None => Reached::NotAsked,
                Some(minimum) if months >= minimum => Reached::Yes,
                Some(_) => Reached::No,
            };
            IssuerTotals {
                issuer: issuer.clone(),
                claimed: posted.claimed.get(issuer).copied().unwrap_or(0),
                own,
                minimum,
                qualifies: reached(total),
                alone: reached(own),
                share: (total > 0).then(|| Share { own: cap(own), total: cap(total) }),
                length: if own < SHORT_BELOW { Length::Short } else { Length::Year },
            }
        });
        let provisional = pending.own().into_iter().map(|(issuer, months)| {
            let spans = pending.counted.iter().filter(|(_, owner)| *owner == issuer);
            let in_books =
                spans.fold(0, |sum: u64, (span, _)| sum.saturating_add(posted.months_within(*span)));
            let not_posted = months.saturating_sub(in_books);
            ProvisionalTotals { issuer: issuer.clone(), months, not_posted }
        });
        FunctionTotals {
            function,
            covered: posted.covered(),
            total,
            capped: cap(total),
            issuers: issuers.collect(),
            provisional: provisional.collect(),
            overlaps: posted.overlaps,
            gaps: posted.gaps,
        }
    }
}

/// The worse of what the line says and what the scheme is.
fn rank(line: PeriodKind, scheme: Option<SchemeKind>) -> Rank {
    let by_line = match line {
        PeriodKind::Employed | PeriodKind::SelfEmployed => Rank::Compulsory,
        PeriodKind::Voluntary => Rank::Voluntary,
        PeriodKind::Credited => Rank::Credited,
        PeriodKind::Residence => Rank::Residence,
    };
    let by_scheme = match scheme {
        Some(SchemeKind::Compulsory) | None => Rank::Compulsory,
        Some(SchemeKind::Voluntary) => Rank::Voluntary,
        Some(SchemeKind::Assistance) => Rank::Credited,
    };
    by_line.max(by_scheme)
}
