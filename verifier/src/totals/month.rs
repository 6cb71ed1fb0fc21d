//! Calendar months, and how the quantity of a contribution line becomes some of them.
//!
//! The rule, in full, for one line (Reg. (EC) 987/2009 art. 13: the conversion table of paragraph 1 (b), fractions up
//! by 1 (e), at most twelve months a year by 2, each communicated period in one operation by 3):
//!
//! 1. The quantity becomes whole months: months stay; days are divided by the days of a month in the week regime of the
//!    issuer's rulebook (5-day week 22, 6-day week 26, 7-day week 30, so that 264, 312 and 360 days are a year); weeks
//!    are first multiplied by the days of that week. A remainder counts as one month more. Everything is an integer.
//! 2. The months are laid on the calendar months of `from`..`to`, in order from the first. A month that the period only
//!    touches is one of them. There are never more months than these.
//!
//! A line is the unit that its issuer communicated, so each line is converted by itself. Converting the sum of several
//! lines would let a new record move the months of an old one, and a total could fall when a period is added.
//!
//! Refused: days and weeks without a week regime. They are no months until somebody says how long a week is.

use std::fmt;

use sanad_credential::{ContributionLine, Date, PeriodUnit, WeekDays};

/// A month of a year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarMonth(i64);

impl CalendarMonth {
    /// The month in which a day lies.
    pub fn of(day: Date) -> Self {
        let (year, month, _) = day.civil();
        Self(i64::from(year).saturating_mul(12).saturating_add(i64::from(month)).saturating_sub(1))
    }

    /// The month after.
    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The month before.
    pub(super) fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    fn months_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    fn plus(self, months: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(months).unwrap_or(i64::MAX)))
    }
}

/// `YYYY-MM`.
impl fmt::Display for CalendarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12).saturating_add(1));
        write!(f, "{year:04}-{month:02}")
    }
}

impl fmt::Debug for CalendarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Months without a break; there is at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthSpan {
    first: CalendarMonth,
    last: CalendarMonth,
}

impl MonthSpan {
    /// From one month to another; none when the last is before the first.
    pub(super) fn new(first: CalendarMonth, last: CalendarMonth) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The first month.
    pub fn first(self) -> CalendarMonth {
        self.first
    }

    /// The last month, which belongs to it.
    pub fn last(self) -> CalendarMonth {
        self.last
    }

    /// How many months.
    pub fn months(self) -> u64 {
        self.last.months_since(self.first).saturating_add(1)
    }

    pub(super) fn contains(self, month: CalendarMonth) -> bool {
        self.first <= month && month <= self.last
    }

    /// Its first months, as many as wanted and there; none of none.
    fn first_months(self, wanted: u64) -> Option<Self> {
        let more = wanted.min(self.months()).checked_sub(1)?;
        Some(Self { first: self.first, last: self.first.plus(more) })
    }
}

/// Days or weeks of an issuer whose week regime is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoWeekRegime;

/// The months of a line, by the rule above; none for the quantity 0.
pub(super) fn months_of(
    line: &ContributionLine,
    week: Option<WeekDays>,
) -> Result<Option<MonthSpan>, NoWeekRegime> {
    let quantity = line.quantity.value();
    let stated = match (line.unit, week) {
        (PeriodUnit::Month, _) => quantity,
        (PeriodUnit::Day, Some(week)) => quantity.div_ceil(days_of_month(week)),
        (PeriodUnit::Week, Some(week)) => {
            quantity.saturating_mul(u64::from(week.value())).div_ceil(days_of_month(week))
        }
        (PeriodUnit::Day | PeriodUnit::Week, None) => return Err(NoWeekRegime),
    };
    let period = MonthSpan::new(CalendarMonth::of(line.from), CalendarMonth::of(line.to));
    Ok(period.and_then(|period| period.first_months(stated)))
}

/// Whether a line states more than its period can hold: more days than the calendar has, a week more, a month more.
pub(super) fn overstates(line: &ContributionLine) -> bool {
    let days = u64::try_from(line.to.days_since(line.from).saturating_add(1)).unwrap_or(0);
    let quantity = line.quantity.value();
    match line.unit {
        PeriodUnit::Day => quantity > days,
        PeriodUnit::Week => quantity > days.div_ceil(7),
        PeriodUnit::Month => {
            quantity > CalendarMonth::of(line.to).months_since(CalendarMonth::of(line.from)).saturating_add(1)
        }
    }
}

/// Reg. (EC) 987/2009 art. 13 (1) (b), the column of the month.
fn days_of_month(week: WeekDays) -> u64 {
    match week.value() {
        5 => 22,
        6 => 26,
        _ => 30,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanad_credential::{Contributor, Count, Function, LineQuality, Nullable, PeriodKind, Set};

    fn line(from: &str, to: &str, quantity: u64, unit: PeriodUnit) -> ContributionLine {
        ContributionLine {
            from: Date::parse(from).unwrap(),
            to: Date::parse(to).unwrap(),
            quantity: Count::new(quantity).unwrap(),
            unit,
            kind: PeriodKind::Employed,
            functions: Set::new(vec![Function::OldAge]).unwrap(),
            payer: Contributor::Employer,
            base: Nullable(None),
            quality: LineQuality::Posted,
        }
    }

    fn months(from: &str, to: &str, quantity: u64, unit: PeriodUnit, week: u8) -> u64 {
        let week = WeekDays::new(week).unwrap();
        months_of(&line(from, to, quantity, unit), Some(week)).unwrap().map_or(0, MonthSpan::months)
    }

    #[test]
    fn the_table_of_the_regulation_holds_for_each_week() {
        for (week, month, year) in [(5, 22, 264), (6, 26, 312), (7, 30, 360)] {
            let in_years = |days| months("2001-01-01", "2010-12-31", days, PeriodUnit::Day, week);
            assert_eq!((in_years(0), in_years(1), in_years(month), in_years(month + 1)), (0, 1, 1, 2));
            assert_eq!((in_years(year), in_years(year + 1), in_years(10 * year)), (12, 13, 120));
        }
    }

    #[test]
    fn weeks_are_days_of_that_week_and_thirteen_are_a_quarter() {
        for (week, thirteen) in [(5, 3), (6, 3), (7, 4)] {
            let found = months("2001-01-01", "2010-12-31", 13, PeriodUnit::Week, week);
            assert_eq!(found, thirteen, "{week}: 65/22, 78/26 and 91/30 months, each up");
        }
        assert_eq!(
            months("2001-01-01", "2001-12-31", 52, PeriodUnit::Week, 7),
            12,
            "never more than the year has"
        );
    }

    #[test]
    fn months_are_laid_on_the_first_of_the_period_and_never_beyond_it() {
        let span = |from, to, quantity| {
            let line = line(from, to, quantity, PeriodUnit::Month);
            months_of(&line, None).unwrap().map(|span| format!("{}..{}", span.first(), span.last()))
        };
        assert_eq!(span("2019-11-15", "2020-02-01", 2).unwrap(), "2019-11..2019-12");
        assert_eq!(span("2019-11-15", "2020-02-01", 4).unwrap(), "2019-11..2020-02");
        assert_eq!(span("2019-11-15", "2020-02-01", 9).unwrap(), "2019-11..2020-02");
        assert_eq!(span("2019-11-15", "2019-11-15", u64::MAX >> 11).unwrap(), "2019-11..2019-11");
        assert_eq!(span("2019-11-15", "2020-02-01", 0), None);
    }

    #[test]
    fn days_and_weeks_without_a_week_are_no_months() {
        for unit in [PeriodUnit::Day, PeriodUnit::Week] {
            assert_eq!(months_of(&line("2019-01-01", "2019-12-31", 9, unit), None), Err(NoWeekRegime));
        }
    }

    #[test]
    fn what_no_calendar_can_hold_is_overstated() {
        let found = |quantity, unit| overstates(&line("2019-01-01", "2019-12-31", quantity, unit));
        assert!(!found(365, PeriodUnit::Day) && found(366, PeriodUnit::Day));
        assert!(!found(53, PeriodUnit::Week) && found(54, PeriodUnit::Week));
        assert!(!found(12, PeriodUnit::Month) && found(13, PeriodUnit::Month));
    }
}
