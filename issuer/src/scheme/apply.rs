//! From the facts of a registration to cover, or to what is missing for it.
//!
//! The order is fixed: facts that the scheme forbids; class; what is due; the period; how far the payments reach; what
//! the card is for; who waits for what. Ages are looked at on the day on which the period begins for this person, which
//! no payment moves. Payments count in the order of their days; two on one day are one.
//!
//! What always holds, and is tested: more money never makes cover shorter or later; the order of payments does not
//! matter; a payment in parts on one day is the payment; no wait runs before the registration under which it is served;
//! who is exempt owes nothing.

use sanad_credential::{BenefitGroup, Contributor, CopayClass, Date, Function};

use super::calendar::{first_day, last_day, month_index, months_later};
use super::criterion::ConditionName;
use super::due::{Owed, class_of, first_met, owed};
use super::explain::Note;
use super::facts::{Facts, FactsFault, Payment};
use super::file::{
    Anchor, CoverRule, Each, Period, Qualifying, Scheme, ServedElsewhere, Step, WaitLength, WaitOrigin,
};

/// What the rules make of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The class.
    pub class: ConditionName,
    /// What the member owes for the period, in the smallest unit.
    pub due: u64,
    /// What was paid for it.
    pub paid: u64,
    /// Least payment that would give cover, or more of it; nothing where all is paid.
    pub missing: u64,
    /// Cover, if there is any.
    pub cover: Option<Cover>,
    /// Who paid what for this cover.
    pub contributed: Vec<Contributed>,
    /// Every rule that counted, in order.
    pub notes: Vec<Note>,
}

/// Cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// First day.
    pub start: Date,
    /// Last day of the period.
    pub end: Date,
    /// Last day that is paid for, where it is not the last of the period.
    pub paid_through: Option<Date>,
    /// First covered day of groups that wait.
    pub waits: Vec<(BenefitGroup, Date)>,
    /// What the card is for.
    pub functions: Vec<Function>,
    /// Class in the rulebook's co-pay table.
    pub copay_class: CopayClass,
}

/// Who paid how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contributed {
    /// Who.
    pub payer: Contributor,
    /// How much, in the smallest unit.
    pub minor: u64,
}

/// A stretch that is paid for.
#[derive(Clone, Copy)]
struct Stretch {
    start: Date,
    end: Date,
    through: Date,
    /// Months that were paid, where cover is by month.
    months_paid: u32,
}

/// Applies a scheme to the facts of one registration on a day.
///
/// # Errors
/// [`FactsFault`]: facts that the scheme or the day forbids. No cover is an [`Outcome`], not an error.
pub fn apply(scheme: &Scheme, facts: &Facts, as_of: Date) -> Result<Outcome, FactsFault> {
    facts.check(scheme, as_of)?;
    let mut notes = Vec::new();
    let period = Frame::of(scheme, facts, as_of)?;
    let day = period.begins(facts);
    let class = class_of(scheme, facts, day, &mut notes)?;
    let owed = owed(scheme, class, facts, day, &mut notes)?;
    let payments = Payments::of(facts, owed.payer);
    let mut missing = 0;
    let case = Case { scheme, facts, frame: &period, owed, payments: &payments, free_from: day, as_of };
    let reached = match &scheme.cover {
        CoverRule::Steps(steps) => case.by_steps(class.due.each, steps, &mut missing, &mut notes)?,
        CoverRule::Month => case.by_month(&mut missing, &mut notes)?,
    };
    let cover = match reached.stretch {
        Some(stretch) => case.cover(stretch, class.copay_class, as_of, &mut notes)?,
        None => None,
    };
    let subsidy = owed.payer.map(|payer| (payer, if cover.is_some() { reached.subsidy } else { 0 }));
    let contributed = contributed(facts, subsidy);
    let due = reached.due;
    let class = class.name.clone();
    Ok(Outcome { class, due, paid: payments.total, missing, cover, contributed, notes })
}

/// The period as far as it is known before the payments are looked at.
enum Frame {
    /// First and last day.
    Fixed(Date, Date),
    /// So many months from the day on which enough is paid.
    FromPayment(u32),
}

impl Frame {
    fn of(scheme: &Scheme, facts: &Facts, as_of: Date) -> Result<Self, FactsFault> {
        let asked = facts.period.unwrap_or(as_of);
        let frame = match &scheme.period {
            Period::Calendar(starts) => {
                let (year, ..) = asked.civil();
                let days =
                    [year.saturating_sub(1), year, year.saturating_add(1)].into_iter().flat_map(|year| {
                        starts
                            .iter()
                            .filter_map(move |start| Date::from_civil(year, start.month, start.day).ok())
                    });
                let days: Vec<Date> = days.collect();
                let first = days.iter().rev().find(|day| **day <= asked).copied();
                let next = days.iter().find(|day| **day > asked).copied();
                let (Some(first), Some(next)) = (first, next) else {
                    let problem = format!("{asked} lies in no period that this format can hold");
                    return Err(FactsFault { field: "period".to_owned(), problem });
                };
                Frame::Fixed(first, next.plus_days(-1)?)
            }
            Period::Months(months, Anchor::Registration) => {
                let asked = asked.max(facts.registered);
                let since = month_index(facts.registered, asked)?;
                let index = since.checked_div(*months).unwrap_or(0).saturating_mul(*months);
                let first = first_day(facts.registered, index)?;
                Frame::Fixed(first, last_day(facts.registered, index.saturating_add(*months))?)
            }
            Period::Months(months, Anchor::Payment) => Frame::FromPayment(*months),
        };
        if let Frame::Fixed(first, last) = frame {
            if first < scheme.from {
                let from = scheme.from;
                let problem =
                    format!("the period from {first} is older than these rules, which hold from {from}");
                return Err(FactsFault { field: "period".to_owned(), problem });
            }
            if facts.registered > last {
                let problem = format!("{} is after the period, which ends on {last}", facts.registered);
                return Err(FactsFault { field: "registered".to_owned(), problem });
            }
        }
        Ok(frame)
    }

    /// The day on which the period begins for this person, if nothing has to be paid first.
    fn begins(&self, facts: &Facts) -> Date {
        match self {
            Frame::Fixed(first, _) => (*first).max(facts.renewed.unwrap_or(facts.registered)),
            Frame::FromPayment(_) => {
                let after = facts.previous_end.and_then(|end| end.plus_days(1).ok());
                facts.renewed.or(after).unwrap_or(facts.registered).max(facts.registered)
            }
        }
    }
}

/// Payments by day, and how much had come in on each.
struct Payments {
    by_day: Vec<(Date, u64)>,
    total: u64,
}

impl Payments {
    /// What whoever subsidises has paid is that part, and not the member's.
    fn of(facts: &Facts, subsidised_by: Option<Contributor>) -> Self {
        let own = facts.payments.iter().filter(|payment| Some(payment.payer) != subsidised_by);
        let mut by_day: Vec<(Date, u64)> = own.map(|payment| (payment.day, payment.minor.value())).collect();
        by_day.sort_unstable();
        let mut total = 0_u64;
        for (_, amount) in &mut by_day {
            total = total.saturating_add(*amount);
            *amount = total;
        }
        Self { by_day, total }
    }

    /// First day on which so much had been paid; `free` where nothing is needed.
    fn reached(&self, needed: u64, free: Date) -> Option<Date> {
        if needed == 0 {
            return Some(free);
        }
        self.by_day.iter().find(|(_, sum)| *sum >= needed).map(|(day, _)| *day)
    }
}

/// One registration with its rules.
struct Case<'c> {
    scheme: &'c Scheme,
    facts: &'c Facts,
    frame: &'c Frame,
    owed: Owed,
    payments: &'c Payments,
    free_from: Date,
    as_of: Date,
}

/// How far the payments reach.
struct Reached {
    stretch: Option<Stretch>,
    /// What the member owes for the period.
    due: u64,
    /// What somebody else pays of what is covered.
    subsidy: u64,
}

impl Case<'_> {
    /// First day of cover, and of its period, once enough was paid on a day.
    fn placed(&self, paid_on: Date, notes: &mut Vec<Note>) -> Result<(Date, Date, Date), FactsFault> {
        match self.frame {
            Frame::Fixed(first, last) => Ok((*first, *last, paid_on.max(self.free_from))),
            Frame::FromPayment(months) => {
                let mut first = paid_on.max(self.facts.registered);
                if let Some(previous) = self.facts.previous_end {
                    let next = previous.plus_days(1)?;
                    if first <= next {
                        notes.push(Note::Continues { previous, from: next });
                        first = next;
                    }
                }
                if first < self.scheme.from {
                    let from = self.scheme.from;
                    let problem =
                        format!("cover from {first} is older than these rules, which hold from {from}");
                    return Err(FactsFault { field: "payments".to_owned(), problem });
                }
                Ok((first, last_day(first, *months)?, first))
            }
        }
    }

    fn by_steps(
        &self,
        each: Each,
        steps: &[Step],
        missing: &mut u64,
        notes: &mut Vec<Note>,
    ) -> Result<Reached, FactsFault> {
        let months = self.months()?;
        let whole = |amount: u64| match each {
            Each::Period => amount,
            Each::Month => amount.saturating_mul(u64::from(months)),
        };
        let (due, paid) = (whole(self.owed.own), self.payments.total);
        self.note_due(whole(self.owed.total), due, notes);
        // Half a coin less than a share is not the share.
        let needed = |step: &Step| {
            let exact = u128::from(due).saturating_mul(u128::from(step.paid.value()));
            u64::try_from(exact.div_ceil(10_000)).unwrap_or(u64::MAX)
        };
        let free = self.free_from;
        let reached = steps.iter().rposition(|step| self.payments.reached(needed(step), free).is_some());
        let later = steps.get(reached.map_or(0, |reached| reached.saturating_add(1))..).unwrap_or_default();
        // Nobody is told to pay for a part of the period that is over.
        let next = later.iter().find(|step| self.helps_today(step)).or(later.last());
        *missing = next.map_or(0, |step| needed(step).saturating_sub(paid));
        let first_step = steps.first().and_then(|step| self.payments.reached(needed(step), free));
        let (Some(reached), Some(day)) = (reached.and_then(|reached| steps.get(reached)), first_step) else {
            notes.push(Note::NotEnough { paid, due, missing: *missing });
            return Ok(Reached { stretch: None, due, subsidy: 0 });
        };
        let (first, end, start) = self.placed(day, notes)?;
        let through = reached.months.map_or(Ok(end), |months| last_day(first, months))?.min(end);
        if through < start {
            notes.push(Note::PaidLate { on: start, through });
            return Ok(Reached { stretch: None, due, subsidy: 0 });
        }
        notes.push(Note::Paid { paid, due, through });
        if let Some(next) = next {
            let through = next.months.map_or(Ok(end), |months| last_day(first, months))?.min(end);
            notes.push(Note::More { missing: *missing, through });
        }
        let stretch = Some(Stretch { start, end, through, months_paid: 0 });
        Ok(Reached { stretch, due, subsidy: whole(self.owed.subsidy()) })
    }

    fn by_month(&self, missing: &mut u64, notes: &mut Vec<Note>) -> Result<Reached, FactsFault> {
        let (monthly, paid) = (self.owed.own, self.payments.total);
        let all = self.months()?;
        // The first month that is owed: that of registration, where it lies in the period.
        let skipped = match self.frame {
            Frame::Fixed(first, _) => month_index(*first, self.facts.registered)?,
            Frame::FromPayment(_) => 0,
        };
        let owed_months = all.saturating_sub(skipped);
        let free = self.free_months(skipped, owed_months)?;
        let due = monthly.saturating_mul(u64::from(owed_months.saturating_sub(free)));
        let total = self.owed.total.saturating_mul(u64::from(owed_months.saturating_sub(free)));
        if free > 0 && self.owed.total > 0 {
            notes.push(Note::FreeMonths { months: free, since: self.facts.registered });
        }
        self.note_due(total, due, notes);
        let bought =
            paid.checked_div(monthly).map_or(owed_months, |months| u32::try_from(months).unwrap_or(u32::MAX));
        let months = free.saturating_add(bought).min(owed_months);
        let needed = if free > 0 { 0 } else { monthly };
        let next = |months: u32| {
            let paying = u64::from(months.saturating_sub(free));
            monthly.saturating_mul(paying).saturating_sub(paid)
        };
        *missing = if months < owed_months { next(months.saturating_add(1)) } else { 0 };
        let Some(day) = self.payments.reached(needed, self.free_from) else {
            *missing = next(self.reaching(self.as_of, skipped)?.min(owed_months));
            notes.push(Note::NotEnough { paid, due: monthly, missing: *missing });
            return Ok(Reached { stretch: None, due, subsidy: 0 });
        };
        let (first, end, start) = self.placed(day, notes)?;
        let through = last_day(first, skipped.saturating_add(months))?.min(end);
        if through < start {
            *missing = next(self.reaching(start.max(self.as_of), skipped)?.min(owed_months));
            notes.push(Note::Arrears { through, missing: *missing });
            return Ok(Reached { stretch: None, due, subsidy: 0 });
        }
        notes.push(Note::PaidMonths { paid, months, through });
        if months < owed_months {
            let through = last_day(first, skipped.saturating_add(months).saturating_add(1))?.min(end);
            notes.push(Note::More { missing: *missing, through });
        }
        let paying = months.saturating_sub(free);
        let stretch = Some(Stretch { start, end, through, months_paid: paying });
        let subsidy = self.owed.subsidy().saturating_mul(u64::from(paying));
        Ok(Reached { stretch, due, subsidy })
    }

    /// Whether what a step covers is not over today, if it were paid today.
    fn helps_today(&self, step: &Step) -> bool {
        match (self.frame, step.months) {
            (Frame::Fixed(first, _), Some(months)) => {
                last_day(*first, months).is_ok_and(|through| through >= self.as_of)
            }
            _ => true,
        }
    }

    /// Months that must be paid, from the first that is owed, for cover on a day.
    fn reaching(&self, day: Date, skipped: u32) -> Result<u32, FactsFault> {
        match self.frame {
            Frame::Fixed(first, _) => {
                let index = month_index(*first, day.max(self.free_from))?;
                Ok(index.saturating_add(1).saturating_sub(skipped))
            }
            // The period begins with the payment.
            Frame::FromPayment(_) => Ok(1),
        }
    }

    /// Months of the period.
    fn months(&self) -> Result<u32, FactsFault> {
        match self.frame {
            Frame::Fixed(first, last) => Ok(month_index(*first, *last)?.saturating_add(1)),
            Frame::FromPayment(months) => Ok(*months),
        }
    }

    /// How many months, of those that are owed, begin before the free months are over.
    fn free_months(&self, skipped: u32, owed_months: u32) -> Result<u32, FactsFault> {
        if self.scheme.free_months == 0 {
            return Ok(0);
        }
        let over = months_later(self.facts.registered, self.scheme.free_months)?;
        let first = match self.frame {
            Frame::Fixed(first, _) => *first,
            Frame::FromPayment(_) => self.free_from,
        };
        let mut free = 0;
        while free < owed_months && first_day(first, skipped.saturating_add(free))? < over {
            free = free.saturating_add(1);
        }
        Ok(free)
    }

    fn note_due(&self, total: u64, due: u64, notes: &mut Vec<Note>) {
        if let Some(payer) = self.owed.payer {
            notes.push(Note::Subsidy { payer, subsidy: total.saturating_sub(due), total });
        }
        if due == 0 {
            notes.push(Note::NothingDue);
        }
    }

    /// Functions and waits; no cover where no function is there in time.
    fn cover(
        &self,
        stretch: Stretch,
        copay_class: CopayClass,
        as_of: Date,
        notes: &mut Vec<Note>,
    ) -> Result<Option<Cover>, FactsFault> {
        let since = self.since(stretch.start, notes)?;
        let Some((start, functions)) = self.functions(&stretch, &since, as_of, notes)? else {
            return Ok(None);
        };
        let waits = self.waits(start, &since, notes)?;
        let paid_through = (stretch.through < stretch.end).then_some(stretch.through);
        Ok(Some(Cover { start, end: stretch.end, paid_through, waits, functions, copay_class }))
    }

    /// From which day waits run.
    fn since(&self, start: Date, notes: &mut Vec<Note>) -> Result<Since, FactsFault> {
        let facts = self.facts;
        let uncovered = facts.previous_end.map(|end| start.days_since(end).saturating_sub(1).max(0));
        let limit = self.scheme.lapse_days.and_then(|days| i32::try_from(days).ok());
        let has_waits = self.scheme.lapse_days.is_some();
        if let (Some(days), Some(limit)) = (uncovered, limit) {
            if days > limit {
                notes.push(Note::WaitsAgain { days, limit });
                return Ok(Since { registration: start, cover: start });
            }
            if has_waits {
                notes.push(Note::NoNewWait { days, limit });
            }
        }
        if let (Some(since), ServedElsewhere::Counts) =
            (facts.wait_served_since, self.scheme.served_elsewhere)
        {
            notes.push(Note::ServedElsewhere { since });
            return Ok(Since { registration: since, cover: since });
        }
        // A renewal goes on with the wait of the first registration.
        let cover = if uncovered.is_some() { facts.registered } else { start };
        Ok(Since { registration: facts.registered, cover })
    }

    /// The functions of the card, and the day on which the first of them is there.
    fn functions(
        &self,
        stretch: &Stretch,
        since: &Since,
        as_of: Date,
        notes: &mut Vec<Note>,
    ) -> Result<Option<(Date, Vec<Function>)>, FactsFault> {
        let months_paid = self.facts.months_paid_before.saturating_add(stretch.months_paid);
        let mut days = Vec::new();
        for rule in &self.scheme.functions {
            let exempt = first_met(&rule.unless, self.facts.holder(), self.free_from);
            let day = match rule.qualifying {
                None => Some(stretch.start),
                Some(_) if exempt.is_some() => Some(stretch.start),
                Some(Qualifying::Registered(months)) => {
                    Some(months_later(since.registration, months)?.max(stretch.start))
                }
                Some(Qualifying::Paid(needed)) if months_paid >= needed => Some(stretch.start),
                Some(Qualifying::Paid(needed)) => {
                    let functions = rule.functions.to_vec();
                    notes.push(Note::FunctionUnpaid { functions, paid: months_paid, needed });
                    None
                }
            };
            days.push((rule, day));
        }
        // A card speaks of today; a function that comes later is on a later card.
        let today = as_of.max(stretch.start);
        let first = days.iter().filter_map(|(_, day)| *day).min();
        let Some(first) = first else {
            notes.push(Note::NoFunction);
            return Ok(None);
        };
        if first > stretch.through {
            notes.push(Note::FunctionAfter { day: first, through: stretch.through });
            return Ok(None);
        }
        let counted = today.max(first);
        let mut functions = Vec::new();
        for (rule, day) in days {
            match day {
                Some(day) if day <= counted => functions.extend(rule.functions.iter().copied()),
                Some(day) => {
                    notes.push(Note::FunctionLater { functions: rule.functions.to_vec(), day });
                }
                None => {}
            }
        }
        if first > stretch.start {
            notes.push(Note::StartsLater { start: first });
        }
        functions.sort_unstable();
        functions.dedup();
        Ok(Some((first, functions)))
    }

    fn waits(
        &self,
        start: Date,
        since: &Since,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<(BenefitGroup, Date)>, FactsFault> {
        let mut first_days: Vec<(BenefitGroup, Date)> = Vec::new();
        for wait in &self.scheme.waits {
            let from = match wait.origin {
                WaitOrigin::Registration => since.registration,
                WaitOrigin::Cover => since.cover,
            };
            let first = match wait.length {
                WaitLength::Days(days) => from.plus_days(i32::try_from(days).unwrap_or(i32::MAX))?,
                WaitLength::Months(months) => months_later(from, months)?,
            };
            if first <= start {
                continue;
            }
            let all: &[BenefitGroup] = wait.groups.as_ref().map_or(BenefitGroup::ALL, |groups| groups);
            let mut waiting = all.to_vec();
            for exemption in &wait.unless {
                if !exemption.when.is_met(self.facts.holder(), self.free_from) {
                    continue;
                }
                let spared: &[BenefitGroup] = exemption.groups.as_ref().map_or(all, |groups| groups);
                let (free, rest): (Vec<_>, Vec<_>) =
                    waiting.into_iter().partition(|group| spared.contains(group));
                if !free.is_empty() {
                    notes.push(Note::WaitSpared { because: exemption.when.clone(), groups: free });
                }
                waiting = rest;
            }
            if !waiting.is_empty() {
                notes.push(Note::Waits { groups: waiting.clone(), first });
            }
            for group in waiting {
                match first_days.iter_mut().find(|(known, _)| *known == group) {
                    Some((_, known)) => *known = (*known).max(first),
                    None => first_days.push((group, first)),
                }
            }
        }
        first_days.sort_unstable();
        Ok(first_days)
    }
}

/// From which day waits run.
struct Since {
    registration: Date,
    cover: Date,
}

/// Who paid what: the payments as they were made, and the subsidy where there is cover. What whoever subsidises has paid is
/// a part of that.
fn contributed(facts: &Facts, subsidy: Option<(Contributor, u64)>) -> Vec<Contributed> {
    let is_own = |payment: &&Payment| subsidy.is_none_or(|(payer, _)| payer != payment.payer);
    let payments = facts.payments.iter().filter(is_own).map(|payment| (payment.payer, payment.minor.value()));
    let mut lines: Vec<Contributed> = Vec::new();
    for (payer, minor) in payments.chain(subsidy).filter(|(_, minor)| *minor > 0) {
        match lines.iter_mut().find(|line| line.payer == payer) {
            Some(line) => line.minor = line.minor.saturating_add(minor),
            None => lines.push(Contributed { payer, minor }),
        }
    }
    lines.sort_unstable_by_key(|line| line.payer);
    lines
}
