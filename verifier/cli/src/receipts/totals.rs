//! What receipts add up to, for each currency and payer.
//!
//! Claimed is what was charged without the co-pay, over receipts COVERED that no later receipt settles. Amounts that do
//! not fit are not wrapped around: the total is then not stated.

use std::collections::BTreeMap;

use sanad_credential::{Count, Currency, Decision, Json, Money, Receipt};
use sanad_trust::members::{Written, count_json};

use super::row::payer;

/// Totals by currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    receipts: u64,
    by_currency: BTreeMap<(Currency, Option<&'static str>), Sums>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sums {
    receipts: u64,
    charged: Option<u64>,
    copay: Option<u64>,
    claimed: Option<u64>,
}

/// What a receipt adds to the totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    charged: Option<Money>,
    copay: Option<Money>,
    decision: Decision,
    payer: Option<&'static str>,
}

impl Amounts {
    /// Of a receipt.
    pub fn of(receipt: &Receipt) -> Self {
        let encounter = &receipt.encounter;
        let (charged, copay) = (encounter.charged.clone(), encounter.copay.clone());
        let payer = payer(receipt).map(sanad_credential::Payer::word);
        Self { charged, copay, decision: encounter.decision, payer }
    }
}

impl Totals {
    /// Of no receipts.
    pub fn none() -> Self {
        Self { receipts: 0, by_currency: BTreeMap::new() }
    }

    /// Adds a receipt. One without an amount is counted only.
    pub fn add(&mut self, amounts: &Amounts) {
        self.receipts = self.receipts.saturating_add(1);
        let Some(charged) = &amounts.charged else { return };
        let sums = self.by_currency.entry((charged.currency.clone(), amounts.payer)).or_insert(Sums {
            receipts: 0,
            charged: Some(0),
            copay: Some(0),
            claimed: Some(0),
        });
        sums.receipts = sums.receipts.saturating_add(1);
        let add = |sum: Option<u64>, more: u64| sum.and_then(|sum| sum.checked_add(more));
        sums.charged = add(sums.charged, charged.minor.value());
        if amounts.decision != Decision::Covered {
            return;
        }
        // A fixed co-pay may be in another currency than the price; then nobody can take one from the other.
        let copay = match &amounts.copay {
            Some(copay) if copay.currency != charged.currency => None,
            Some(copay) => Some(copay.minor.value()),
            None => Some(0),
        };
        sums.copay = copay.and_then(|copay| add(sums.copay, copay));
        let claimed = copay.map(|copay| charged.minor.value().saturating_sub(copay));
        sums.claimed = claimed.and_then(|claimed| add(sums.claimed, claimed));
    }

    /// How many receipts.
    pub fn receipts(&self) -> u64 {
        self.receipts
    }

    /// A line for each currency and payer.
    pub fn lines(&self) -> Vec<String> {
        let sum = |currency: &Currency, sum: Option<u64>| {
            money(currency, sum).map_or_else(|| "not stated".to_owned(), |money| money.in_ordinary_units())
        };
        let line = |((currency, payer), sums): (&(Currency, Option<&'static str>), &Sums)| {
            format!(
                "{} receipts with amounts in {currency}, payer {}: charged {}, co-paid {}, claimed {}",
                sums.receipts,
                payer.unwrap_or("not stated"),
                sum(currency, sums.charged),
                sum(currency, sums.copay),
                sum(currency, sums.claimed)
            )
        };
        self.by_currency.iter().map(line).collect()
    }

    /// `[{"currency", "payer", "receipts", "charged", "copay", "claimed"}]`, amounts in the smallest unit. The payer is null
    /// where a receipt alone does not tell it: under an agreement, and where nothing is covered.
    pub fn to_json(&self) -> Json<'static> {
        let line = |((currency, payer), sums): (&(Currency, Option<&'static str>), &Sums)| {
            let sum =
                |sum: Option<u64>| money(currency, sum).map_or(Json::Null, |money| count_json(money.minor));
            let mut line = Written::default();
            line.add("currency", Json::Text(currency.to_string().into()));
            line.add("payer", payer.map_or(Json::Null, |payer| Json::Text(payer.into())));
            line.add("receipts", Json::Integer(i64::try_from(sums.receipts).unwrap_or(i64::MAX)));
            line.add("charged", sum(sums.charged));
            line.add("copay", sum(sums.copay));
            line.add("claimed", sum(sums.claimed));
            line.object()
        };
        Json::Array(self.by_currency.iter().map(line).collect())
    }
}

fn money(currency: &Currency, minor: Option<u64>) -> Option<Money> {
    let minor = Count::new(minor?).ok()?;
    Some(Money { minor, currency: currency.clone() })
}
