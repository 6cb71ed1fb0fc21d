//! Claims on months laid on one calendar: each month counts once, for the claim that ranks first.
//!
//! The calendar is cut where a claim begins or ends. Between two cuts the claims do not change, so that the work depends
//! on the number of claims and not on the length of a life. The order of the claims plays no part: the first is the
//! least by (rank, time of issue, issuer, document, line), and no two claims have all of these alike.

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{CredentialId, IssuerId, UnixTime};

use super::month::{CalendarMonth, MonthSpan};

/// Why a month counts: of several claims on one month the first of these holds (Reg. (EC) 987/2009 art. 12 for
/// compulsory before voluntary, and insurance before what is treated as such).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Employed or self-employed, by law.
    Compulsory,
    /// By choice.
    Voluntary,
    /// Credited without a contribution, or paid by the public.
    Credited,
    /// Lived in the country.
    Residence,
}

impl Rank {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Rank::Compulsory => "compulsory",
            Rank::Voluntary => "voluntary",
            Rank::Credited => "credited",
            Rank::Residence => "residence",
        }
    }
}

/// Who claims a month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claimant {
    /// The issuer.
    pub issuer: IssuerId,
    /// The record.
    pub cti: CredentialId,
    /// Why.
    pub rank: Rank,
}

/// Months that several lines claim, each counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The months.
    pub span: MonthSpan,
    /// For whom they count.
    pub kept: Claimant,
    /// For whom they do not.
    pub set_aside: Vec<Claimant>,
}

/// A line on its way into a ledger. The order of the members is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim<'r> {
    pub(super) rank: Rank,
    pub(super) iat: UnixTime,
    pub(super) issuer: &'r IssuerId,
    pub(super) cti: CredentialId,
    pub(super) line: usize,
    pub(super) span: MonthSpan,
}

impl Claim<'_> {
    fn claimant(&self) -> Claimant {
        Claimant { issuer: self.issuer.clone(), cti: self.cti, rank: self.rank }
    }
}

/// What the claims come to.
#[derive(Debug)]
pub(super) struct Ledger<'r> {
    /// Months by whom they count for, rising.
    pub(super) counted: Vec<(MonthSpan, &'r IssuerId)>,
    pub(super) overlaps: Vec<Overlap>,
    /// Months between the first and the last that nobody claims.
    pub(super) gaps: Vec<MonthSpan>,
    /// Months that each issuer claims, whoever they count for.
    pub(super) claimed: BTreeMap<&'r IssuerId, u64>,
}

impl<'r> Ledger<'r> {
    pub(super) fn of(mut claims: Vec<Claim<'r>>) -> Self {
        claims.sort_unstable();
        let cuts: BTreeSet<CalendarMonth> =
            claims.iter().flat_map(|claim| [claim.span.first(), claim.span.last().next()]).collect();
        let cuts: Vec<CalendarMonth> = cuts.into_iter().collect();
        let mut ledger =
            Self { counted: Vec::new(), overlaps: Vec::new(), gaps: Vec::new(), claimed: BTreeMap::new() };
        for [begin, end] in cuts.array_windows() {
            let Some(span) = MonthSpan::new(*begin, end.previous()) else { continue };
            // Sorted above: the first one found ranks first.
            let mut active = claims.iter().filter(|claim| claim.span.contains(*begin));
            match active.next() {
                None => ledger.gaps.push(span),
                Some(first) => ledger.count(span, first, active),
            }
        }
        ledger
    }

    fn count<'c>(
        &mut self,
        span: MonthSpan,
        first: &'c Claim<'r>,
        others: impl Iterator<Item = &'c Claim<'r>>,
    ) where
        'r: 'c,
    {
        self.counted.push((span, first.issuer));
        let (mut claimants, mut issuers) = (BTreeSet::new(), BTreeSet::from([first.issuer]));
        for other in others {
            claimants.insert(other.claimant());
            issuers.insert(other.issuer);
        }
        for issuer in issuers {
            let months = self.claimed.entry(issuer).or_default();
            *months = months.saturating_add(span.months());
        }
        if !claimants.is_empty() {
            let set_aside = claimants.into_iter().collect();
            self.overlaps.push(Overlap { span, kept: first.claimant(), set_aside });
        }
    }

    /// All months that count.
    pub(super) fn total(&self) -> u64 {
        self.counted.iter().fold(0, |sum, (span, _)| sum.saturating_add(span.months()))
    }

    /// Months that count, by issuer; an issuer that claims months of which none counts has 0.
    pub(super) fn own(&self) -> BTreeMap<&'r IssuerId, u64> {
        let mut own: BTreeMap<&IssuerId, u64> = self.claimed.keys().map(|issuer| (*issuer, 0)).collect();
        for (span, issuer) in &self.counted {
            let months = own.entry(issuer).or_default();
            *months = months.saturating_add(span.months());
        }
        own
    }

    /// From the first to the last month that counts.
    pub(super) fn covered(&self) -> Option<MonthSpan> {
        let ((first, _), (last, _)) = (self.counted.first()?, self.counted.last()?);
        MonthSpan::new(first.first(), last.last())
    }

    /// How many months of a span count here.
    pub(super) fn months_within(&self, span: MonthSpan) -> u64 {
        self.counted.iter().fold(0, |sum, (counted, _)| {
            let (first, last) = (span.first().max(counted.first()), span.last().min(counted.last()));
            sum.saturating_add(MonthSpan::new(first, last).map_or(0, MonthSpan::months))
        })
    }
}
