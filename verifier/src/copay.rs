//! S12 Co-pay: what the person pays, in whole minor units, rounded once.
//!
//! The table is the row's where its basis is the host's, else the rulebook's; the first line that matches holds. Whoever
//! went past the referral chain pays at least the bypass share. An emergency, what is free here and a payout cost nothing.

use std::cmp::Ordering;

use sanad_credential::{BasisPoints, BenefitGroup, Count, Money, Reason};
use sanad_trust::{CopayBasis, CopayLine, CopayShare};

use crate::findings::Findings;
use crate::matter::Matter;
use crate::place::Placement;

/// Least share of who comes past the referral chain where the rulebook has none: half, as in Ethiopia's community schemes.
const BYPASS_BASIS_POINTS: u16 = 5_000;

/// Basis points of the whole price.
const WHOLE: u128 = 10_000;

/// What the person pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copay {
    /// The share of the price; none where a fixed amount holds.
    pub basis_points: Option<BasisPoints>,
    /// The amount; none where the price is not known, or its currency is another than the cap's.
    pub money: Option<Money>,
    /// The most that is asked, where the table has a cap.
    pub cap: Option<Money>,
    /// The share of the price, in ten-thousandths of the price's minor unit and before any cap, for comparing offers; none
    /// where the price is not known, or a fixed amount is in another currency.
    pub(crate) of_price: Option<u128>,
}

pub(crate) fn judge(matter: &Matter<'_>, placement: &Placement<'_>, findings: &Findings) -> Copay {
    let amount = matter.context.amount.as_ref();
    let Some(group) = matter.context.asked.group() else { return share(0, None, amount) };
    if matter.is_emergency() || matter.is_free_here() {
        return share(0, None, amount);
    }
    let bypass = findings.has_reason(Reason::Bypass).then(|| {
        let published = matter.rulebook().and_then(|rulebook| rulebook.version.bypass);
        published.map_or(BYPASS_BASIS_POINTS, BasisPoints::value)
    });
    let line = table(matter, placement).iter().find(|line| matches(line, group, matter));
    let cap = line.and_then(|line| line.cap.as_ref());
    match line.map(|line| &line.share) {
        None => share(bypass.unwrap_or(0), cap, amount),
        Some(CopayShare::BasisPoints(points)) => share(points.value().max(bypass.unwrap_or(0)), cap, amount),
        Some(CopayShare::Amount(fixed)) => fixed_amount(fixed, bypass, cap, amount),
    }
}

fn table<'a>(matter: &Matter<'a>, placement: &Placement<'a>) -> &'a [CopayLine] {
    match placement.row() {
        Some(row) if row.row.copay_basis == CopayBasis::Host => &row.row.copay,
        _ => matter.rulebook().map_or(&[], |rulebook| &rulebook.version.copay),
    }
}

fn matches(line: &CopayLine, group: BenefitGroup, matter: &Matter<'_>) -> bool {
    line.group == group
        && line.class.is_none_or(|class| matter.copay_class() == Some(class))
        && line.level.is_none_or(|level| matter.level() == Some(level))
}

fn share(points: u16, cap: Option<&Money>, amount: Option<&Money>) -> Copay {
    let of_price = amount.map(|amount| u128::from(points).saturating_mul(u128::from(amount.minor.value())));
    let exact = of_price.zip(amount).and_then(|(exact, amount)| capped(exact, cap, amount));
    let money = exact.zip(amount).and_then(|(exact, amount)| rounded(exact, amount));
    // A share is at most the whole: the types of the table see to it.
    Copay { basis_points: BasisPoints::new(points).ok(), money, cap: cap.cloned(), of_price }
}

fn fixed_amount(fixed: &Money, bypass: Option<u16>, cap: Option<&Money>, amount: Option<&Money>) -> Copay {
    let same_currency = amount.filter(|amount| amount.currency == fixed.currency);
    let of_price = bypass
        .zip(same_currency)
        .map_or(0, |(points, amount)| u128::from(points).saturating_mul(u128::from(amount.minor.value())));
    let exact = u128::from(fixed.minor.value()).saturating_mul(WHOLE).max(of_price);
    let exact = capped(exact, cap, fixed);
    let comparable = exact.filter(|_| same_currency.is_some());
    let money = exact.and_then(|exact| rounded(exact, fixed));
    Copay { basis_points: None, money, cap: cap.cloned(), of_price: comparable }
}

/// Nobody can hold an amount against a cap in another currency.
fn capped(exact: u128, cap: Option<&Money>, currency_of: &Money) -> Option<u128> {
    match cap {
        None => Some(exact),
        Some(cap) if cap.currency == currency_of.currency => {
            Some(exact.min(u128::from(cap.minor.value()).saturating_mul(WHOLE)))
        }
        Some(_) => None,
    }
}

/// Half up, to whole minor units.
fn rounded(exact: u128, currency_of: &Money) -> Option<Money> {
    let half_up = exact.saturating_add(WHOLE / 2) / WHOLE;
    let minor = u64::try_from(half_up).ok().and_then(|minor| Count::new(minor).ok())?;
    Some(Money { minor, currency: currency_of.currency.clone() })
}

/// Which of two offers has the lower share. Both are for the same price: with a known price a fixed amount is a share of
/// it too; an amount that cannot be compared comes last.
pub(crate) fn compare(one: Option<&Copay>, other: Option<&Copay>) -> Ordering {
    key(one).cmp(&key(other))
}

fn key(copay: Option<&Copay>) -> (u8, u128) {
    match copay {
        None => (0, 0),
        Some(Copay { of_price: Some(of_price), .. }) => (0, *of_price),
        Some(Copay { basis_points: Some(points), .. }) => (1, u128::from(points.value())),
        Some(Copay { money: Some(money), .. }) => (2, u128::from(money.minor.value())),
        Some(Copay { basis_points: None, money: None, of_price: None, .. }) => (3, 0),
    }
}
