//! Months on the calendar, always in the person's favour.
//!
//! "A month after 31 January" is no day of its own. Where a wait ends, the earlier reading is taken (28 February); where
//! cover ends, the later one (the day before 1 March). Refuses days beyond those of the format.

use sanad_credential::{Date, Fault};

/// What stands for a day that the month lacks.
#[derive(Clone, Copy)]
enum Missing {
    LastOfMonth,
    FirstOfNext,
}

/// The day on which a wait of so many months is over: the same day of a later month, or its last.
pub(super) fn months_later(day: Date, months: u32) -> Result<Date, Fault> {
    same_day(day, months, Missing::LastOfMonth)
}

/// Last day of so many months that begin with a day.
pub(super) fn last_day(first: Date, months: u32) -> Result<Date, Fault> {
    same_day(first, months, Missing::FirstOfNext)?.plus_days(-1)
}

/// First day of the month number `index`, from 0, of a stretch that begins with a day.
pub(super) fn first_day(first: Date, index: u32) -> Result<Date, Fault> {
    same_day(first, index, Missing::FirstOfNext)
}

/// Which month of a stretch a day lies in, from 0; 0 before it.
pub(super) fn month_index(first: Date, day: Date) -> Result<u32, Fault> {
    let (year, month, _) = first.civil();
    let (other_year, other_month, _) = day.civil();
    let months = |year: u16, month: u8| u32::from(year).saturating_mul(12).saturating_add(u32::from(month));
    let mut index = months(other_year, other_month).saturating_sub(months(year, month));
    while index > 0 && first_day(first, index)? > day {
        index = index.saturating_sub(1);
    }
    Ok(index)
}

fn same_day(day: Date, months: u32, missing: Missing) -> Result<Date, Fault> {
    let (year, month, of_month) = day.civil();
    let all = u32::from(year).saturating_mul(12).saturating_add(u32::from(month)).saturating_sub(1);
    let all = all.saturating_add(months);
    let civil = |all: u32| {
        let year = u16::try_from(all / 12).unwrap_or(u16::MAX);
        (year, u8::try_from(all % 12).unwrap_or(0).saturating_add(1))
    };
    let (year, month) = civil(all);
    match (Date::from_civil(year, month, of_month), missing) {
        (Ok(day), _) => Ok(day),
        // The days 29 to 31 are those that a month can lack; a year beyond the format stays a fault.
        (Err(_), Missing::LastOfMonth) if of_month > 28 => (28..of_month)
            .rev()
            .find_map(|of_month| Date::from_civil(year, month, of_month).ok())
            .map_or_else(|| Date::from_civil(year, month, 28), Ok),
        (Err(_), Missing::FirstOfNext) if of_month > 28 => {
            let (year, month) = civil(all.saturating_add(1));
            Date::from_civil(year, month, 1)
        }
        (Err(fault), _) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn shown(date: Result<Date, Fault>) -> String {
        date.unwrap().to_string()
    }

    #[test]
    fn waits_end_early_and_cover_ends_late_where_a_month_is_short() {
        assert_eq!(shown(months_later(day("2026-01-31"), 1)), "2026-02-28");
        assert_eq!(shown(months_later(day("2028-01-31"), 1)), "2028-02-29");
        assert_eq!(shown(last_day(day("2026-01-31"), 1)), "2026-02-28");
        assert_eq!(shown(last_day(day("2028-02-29"), 12)), "2029-02-28");
        assert_eq!(shown(last_day(day("2026-07-01"), 12)), "2027-06-30");
        assert_eq!(shown(last_day(day("2026-01-15"), 12)), "2027-01-14");
        assert_eq!(shown(months_later(day("2026-07-15"), 6)), "2027-01-15");
        assert_eq!(shown(last_day(day("2026-12-31"), 2)), "2027-02-28");
    }

    #[test]
    fn every_day_of_a_stretch_lies_in_one_month_of_it() {
        for first in ["2026-01-01", "2026-01-15", "2026-01-31", "2028-02-29"] {
            let first = day(first);
            let mut before = 0;
            for offset in 0..800 {
                let at = first.plus_days(offset).unwrap();
                let index = month_index(first, at).unwrap();
                assert!(index == before || index == before + 1, "{first} {at}");
                assert!(
                    first_day(first, index).unwrap() <= at && at <= last_day(first, index + 1).unwrap(),
                    "{first} {at}"
                );
                before = index;
            }
            assert_eq!(month_index(first, first.plus_days(-40).unwrap()).unwrap(), 0);
        }
    }

    #[test]
    fn a_day_beyond_the_format_is_refused() {
        assert!(months_later(day("2199-12-01"), 1).is_err());
        assert!(last_day(day("2199-12-31"), 12).is_err());
    }
}
