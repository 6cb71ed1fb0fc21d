//! `receipts stats`: counts for monitoring, without a person and without a cell that speaks of few people.
//!
//! Tables by decision, benefit group, place, issuer and ISO week add up to the number of encounters and are published as
//! [`sanad_cells`] says. Two more split one cell of the first: decisions that could not be made, by whether a newer pack
//! would have made them, and refusals, by whether a later receipt overturned them; such a table is hidden with its cell.
//! A reason implies a decision and a kind of document, and an encounter has several: where any cell of decision, group or
//! issuer is hidden, the table of reasons is withheld as a whole, since its counts would bound the hidden ones. Which tables
//! are asked for changes nothing in any of them.
//!
//! What no single output can prevent: two outputs over days that overlap, subtracted from each other. Publish periods that
//! do not overlap. Receipts that settle an earlier one are no encounters.

use std::collections::{BTreeMap, HashMap};

use sanad_cells::{self as small, Published, alone};
use sanad_credential::{CredentialId, Date, Decision, Json, Reason, Receipt};
use sanad_trust::members::Written;

/// Most receipts that wait to be matched with the one that settles them.
const REFUSALS_MAX: usize = 5_000_000;

/// Reasons of a decision that could not be made which a newer pack settles: what is on the device is old or missing, or
/// the issuer or key may be newer than its trust list.
const STALE: [Reason; 6] = [
    Reason::StatusTooOld,
    Reason::SuspendedStale,
    Reason::RulebookStale,
    Reason::TrustListOld,
    Reason::IssuerUnknown,
    Reason::KeyUnknown,
];

/// By what encounters are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The decision.
    Decision,
    /// The reasons.
    Reason,
    /// The benefit group.
    Group,
    /// The country or area of the service.
    Host,
    /// The issuer of the document.
    Home,
    /// The ISO 8601 week of the service.
    Week,
    /// Decisions that could not be made, by whether a newer pack would have made them.
    Stale,
    /// Refusals, by whether a later receipt overturned them.
    Overturned,
}

impl By {
    /// All of them, in the order of the output.
    pub const ALL: [Self; 8] =
        [By::Decision, By::Reason, By::Group, By::Host, By::Home, By::Week, By::Stale, By::Overturned];

    /// The word in commands and output.
    pub fn word(self) -> &'static str {
        match self {
            By::Decision => "decision",
            By::Reason => "reason",
            By::Group => "group",
            By::Host => "host",
            By::Home => "home",
            By::Week => "week",
            By::Stale => "stale",
            By::Overturned => "overturned",
        }
    }

    /// What a word asks for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.word() == word)
    }
}

/// Counts while receipts are read.
#[derive(Debug)]
pub struct Stats {
    cells: BTreeMap<By, BTreeMap<String, u64>>,
    refused: HashMap<CredentialId, bool>,
    /// What was settled first, by the receipts that settled it since.
    origins: HashMap<CredentialId, CredentialId>,
}

/// A table as it may be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// By what.
    pub by: By,
    /// The cells.
    pub cells: Vec<(String, Published)>,
    /// What they add up to; reasons do not.
    pub total: Option<Published>,
    /// Whether it is withheld as a whole.
    pub withheld: Withheld,
}

/// Whether a table is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// It is, since it would tell or bound cells of few, its own or another table's.
    Yes,
    /// It is not.
    No,
}

impl Stats {
    /// Of no receipts.
    pub fn none() -> Self {
        Self { cells: BTreeMap::new(), refused: HashMap::new(), origins: HashMap::new() }
    }

    /// Counts a receipt; one that settles an earlier one is no encounter. Receipts come in the order of signing.
    pub fn add(&mut self, receipt: &Receipt, resolves: Option<CredentialId>) {
        let encounter = &receipt.encounter;
        if let Some(of) = resolves {
            let of = self.origins.get(&of).copied().unwrap_or(of);
            if self.origins.len() < REFUSALS_MAX {
                self.origins.insert(receipt.cti, of);
            }
            if let Some(is_overturned) = self.refused.get_mut(&of) {
                *is_overturned = encounter.decision == Decision::Covered;
            }
            return;
        }
        self.count(By::Decision, encounter.decision.word());
        for reason in encounter.reasons.iter() {
            self.count(By::Reason, reason.word());
        }
        self.count(By::Group, encounter.benefits.first().map_or("PAYOUT", |group| group.word()));
        self.count(By::Host, encounter.place.as_str());
        let home = encounter.credential.0.as_ref().map(|document| document.issuer.to_string());
        self.count(By::Home, home.as_deref().unwrap_or("none"));
        self.count(By::Week, &iso_week(encounter.service_date));
        match encounter.decision {
            Decision::Covered => {}
            Decision::CannotDecide => {
                let is_stale = encounter.reasons.iter().any(|reason| STALE.contains(reason));
                self.count(By::Stale, if is_stale { "newer_pack_decides" } else { "other" });
            }
            Decision::NotCovered if self.refused.len() < REFUSALS_MAX => {
                self.refused.insert(receipt.cti, false);
            }
            Decision::NotCovered => {}
        }
    }

    fn count(&mut self, by: By, cell: &str) {
        let cells = self.cells.entry(by).or_default();
        match cells.get_mut(cell) {
            Some(count) => *count = count.saturating_add(1),
            None => {
                cells.insert(cell.to_owned(), 1);
            }
        }
    }

    /// The tables that are asked for.
    pub fn tables(mut self, asked: &[By]) -> Vec<Table> {
        for is_overturned in std::mem::take(&mut self.refused).into_values() {
            self.count(By::Overturned, if is_overturned { "overturned" } else { "stands" });
        }
        let decisions = self.additive(By::Decision);
        let published = |word: &str| {
            let cell = decisions.cells.iter().find(|(name, _)| name == word);
            match (cell, decisions.withheld) {
                (Some((_, cell)), _) => *cell,
                (None, Withheld::Yes) => Published::Hidden,
                (None, Withheld::No) => Published::Count(0),
            }
        };
        let undecided = published(Decision::CannotDecide.word());
        let refused = published(Decision::NotCovered.word());
        let hides = [By::Group, By::Home].iter().map(|by| self.additive(*by)).chain([decisions.clone()]);
        let any_hidden = hides.into_iter().any(|table| table.hides_something());
        let asked = By::ALL.into_iter().filter(|by| asked.contains(by));
        let tables = asked.map(|by| match by {
            By::Decision => decisions.clone(),
            By::Reason => self.reasons(if any_hidden { Withheld::Yes } else { Withheld::No }),
            By::Group | By::Host | By::Home | By::Week => self.additive(by),
            By::Stale => self.part_of(by, undecided),
            By::Overturned => self.part_of(by, refused),
        });
        tables.collect()
    }

    fn counts(&self, by: By) -> (Vec<String>, Vec<u64>) {
        self.cells.get(&by).into_iter().flatten().map(|(name, count)| (name.clone(), *count)).unzip()
    }

    fn additive(&self, by: By) -> Table {
        let (names, counts) = self.counts(by);
        match small::table(&counts) {
            small::Table::Told { cells, total } => {
                let cells = names.into_iter().zip(cells).collect();
                Table { by, cells, total: Some(Published::Count(total)), withheld: Withheld::No }
            }
            // Not even the names: ten cells of a total that another table tells would be one each.
            small::Table::Withheld => {
                Table { by, cells: Vec::new(), total: Some(Published::Hidden), withheld: Withheld::Yes }
            }
        }
    }

    /// A table whose total is a cell of another one: hidden with it.
    fn part_of(&self, by: By, whole: Published) -> Table {
        let mut split = self.additive(by);
        if whole == Published::Hidden {
            split.cells.iter_mut().for_each(|(_, cell)| *cell = Published::Hidden);
            split.total = Some(Published::Hidden);
        }
        split
    }

    fn reasons(&self, withheld: Withheld) -> Table {
        let (names, counts) = self.counts(By::Reason);
        let cells = match withheld {
            Withheld::Yes => Vec::new(),
            Withheld::No => names.into_iter().zip(counts.into_iter().map(alone)).collect(),
        };
        Table { by: By::Reason, cells, total: None, withheld }
    }
}

impl Table {
    fn hides_something(&self) -> bool {
        self.withheld == Withheld::Yes || self.cells.iter().any(|(_, cell)| *cell == Published::Hidden)
    }

    /// `{"by", "cells": {name: count|null}, "total", "withheld"}`; null is a hidden count.
    pub fn to_json(&self) -> Json<'_> {
        let number = |published: Published| match published {
            Published::Count(count) => Json::Integer(i64::try_from(count).unwrap_or(i64::MAX)),
            Published::Hidden => Json::Null,
        };
        let mut object = Written::default();
        object.add("by", Json::Text(self.by.word().into()));
        let cells = self.cells.iter().map(|(name, cell)| (name.as_str().into(), number(*cell)));
        object.add("cells", Json::Object(cells.collect()));
        object.add_if("total", self.total.map(number));
        object.add("withheld", Json::Bool(self.withheld == Withheld::Yes));
        object.object()
    }

    /// Lines for people.
    pub fn to_text(&self) -> String {
        let shown = |published: Published| match published {
            Published::Count(count) => count.to_string(),
            Published::Hidden => "hidden".to_owned(),
        };
        let mut lines = vec![format!("by {}", self.by.word())];
        if self.withheld == Withheld::Yes {
            lines.push("  withheld: it would give away counts below ten; take a longer period".to_owned());
        }
        lines.extend(self.cells.iter().map(|(name, cell)| format!("  {name:<24}{:>10}", shown(*cell))));
        lines.extend(self.total.map(|total| format!("  {:<24}{:>10}", "total", shown(total))));
        lines.join("\n")
    }
}

/// The ISO 8601 week, `2026-W23`: that of the Thursday of the same week.
pub fn iso_week(day: Date) -> String {
    // 1970-01-01 was a Thursday; Monday is 0.
    let weekday = i64::from(day.day_number()).saturating_add(3).rem_euclid(7);
    let thursday = i64::from(day.day_number()).saturating_add(3_i64.saturating_sub(weekday));
    let Ok(thursday) = Date::from_day_number(thursday) else { return day.to_string() };
    let (year, _, _) = thursday.civil();
    let first = Date::from_civil(year, 1, 1).map_or(0, |first| thursday.days_since(first));
    let week = first.checked_div(7).unwrap_or(0).saturating_add(1);
    format!("{year:04}-W{week:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dates and weeks of ISO 8601-1:2019 and of the calendar.
    #[test]
    fn weeks_at_the_turn_of_the_year_belong_to_the_year_of_their_thursday() {
        for (day, week) in [
            ("2008-12-29", "2009-W01"),
            ("2010-01-03", "2009-W53"),
            ("2026-01-01", "2026-W01"),
            ("2026-06-01", "2026-W23"),
            ("2027-01-03", "2026-W53"),
            ("2027-01-04", "2027-W01"),
            ("1969-12-31", "1970-W01"),
        ] {
            assert_eq!(iso_week(Date::parse(day).unwrap()), week, "{day}");
        }
    }
}
