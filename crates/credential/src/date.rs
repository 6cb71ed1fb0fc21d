//! Civil dates and times of signing.
//!
//! A [`Date`] is a day of the proleptic Gregorian calendar between 1900-01-01 and 2199-12-31, counted from
//! 1970-01-01; both ends of every period are inclusive. A [`UnixTime`] is a second between 2020-01-01 and
//! 2199-12-31. Refuses everything outside, and every text that is not exactly `YYYY-MM-DD` or an RFC 3339 time in
//! UTC: a time without a zone means something else in each country.

use alloc::string::ToString;
use core::fmt;

use crate::cbor::{Field, Reader, Writer};
use crate::fault::{Fault, What};
use crate::json::Json;

/// First and last day number. SPEC.md section 3.
const DAYS: core::ops::RangeInclusive<i32> = -25_567..=84_005;

/// First and last second. SPEC.md section 3.
const SECONDS: core::ops::RangeInclusive<u64> = 1_577_836_800..=7_258_118_399;

/// Seconds of a civil day; leap seconds have no Unix time of their own.
const SECONDS_PER_DAY: u64 = 86_400;

const DATE_FORM: &str = "a day as YYYY-MM-DD";
const TIME_FORM: &str = "a time in UTC as YYYY-MM-DDTHH:MM:SSZ, or a day as YYYY-MM-DD";

/// A civil date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// A day by its number, 0 is 1970-01-01.
    ///
    /// # Errors
    /// [`What::Range`].
    pub fn from_day_number(days: i64) -> Result<Self, Fault> {
        match i32::try_from(days) {
            Ok(days) if DAYS.contains(&days) => Ok(Self(days)),
            _ => Err(What::Range {
                found: i128::from(days),
                min: i64::from(*DAYS.start()),
                max: i64::from(*DAYS.end()),
            }
            .into()),
        }
    }

    /// A day by year, month (1 to 12) and day of the month.
    ///
    /// # Errors
    /// [`What::Pattern`] when the calendar has no such day, [`What::Range`] when this format has not.
    pub fn from_civil(year: u16, month: u8, day: u8) -> Result<Self, Fault> {
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return Err(What::Pattern { wanted: "a day that the calendar has" }.into());
        }
        Self::from_day_number(i64::from(days_from_civil(year, month, day)))
    }

    /// `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`What::Pattern`], [`What::Range`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let form = || Fault::new(What::Pattern { wanted: DATE_FORM });
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
            return Err(form());
        };
        let year = digits(&[y1, y2, y3, y4]).ok_or_else(form)?;
        let month = digits(&[m1, m2]).and_then(|month| u8::try_from(month).ok()).ok_or_else(form)?;
        let day = digits(&[d1, d2]).and_then(|day| u8::try_from(day).ok()).ok_or_else(form)?;
        Self::from_civil(year, month, day)
    }

    /// Days since 1970-01-01.
    pub fn day_number(self) -> i32 {
        self.0
    }

    /// Year, month and day of the month.
    pub fn civil(self) -> (u16, u8, u8) {
        civil_from_days(self.0)
    }

    /// Whole days from `earlier` to this day; negative when it is later.
    pub fn days_since(self, earlier: Date) -> i32 {
        // Both lie within 110,000 days of each other.
        self.0.wrapping_sub(earlier.0)
    }

    /// The day so many days later, if this format has it.
    ///
    /// # Errors
    /// [`What::Range`].
    pub fn plus_days(self, days: i32) -> Result<Self, Fault> {
        Self::from_day_number(i64::from(self.0).saturating_add(i64::from(days)))
    }

    /// The first second of the day, UTC.
    ///
    /// # Errors
    /// [`What::Range`].
    pub fn midnight(self) -> Result<UnixTime, Fault> {
        let day_seconds = i64::try_from(SECONDS_PER_DAY).unwrap_or(0);
        let seconds = i64::from(self.0).saturating_mul(day_seconds);
        u64::try_from(seconds).map_err(|_| UnixTime::outside(i128::from(seconds))).and_then(UnixTime::new)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Field for Date {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::from_day_number(reader.integer()?)
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(i64::from(self.0));
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::parse(json.text()?)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Text(self.to_string().into())
    }
}

/// A second since 1970-01-01T00:00:00Z, between 2020 and 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// A time by its number of seconds.
    ///
    /// # Errors
    /// [`What::Range`].
    pub fn new(seconds: u64) -> Result<Self, Fault> {
        if SECONDS.contains(&seconds) { Ok(Self(seconds)) } else { Err(Self::outside(i128::from(seconds))) }
    }

    fn outside(found: i128) -> Fault {
        let bound = |seconds: &u64| i64::try_from(*seconds).unwrap_or(i64::MAX);
        What::Range { found, min: bound(SECONDS.start()), max: bound(SECONDS.end()) }.into()
    }

    /// `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339, UTC, whole seconds); a bare date is its midnight.
    ///
    /// # Errors
    /// [`What::Pattern`], [`What::Range`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let form = || Fault::new(What::Pattern { wanted: TIME_FORM });
        let Some((day, clock)) = text.split_once('T') else {
            return Date::parse(text).map_err(|_| form())?.midnight();
        };
        let &[h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = clock.as_bytes() else {
            return Err(form());
        };
        let midnight = Date::parse(day)?.midnight()?;
        let part = |tens, ones, below| digits(&[tens, ones]).filter(|value| *value < below).ok_or_else(form);
        let (hours, minutes, seconds) = (part(h1, h2, 24)?, part(m1, m2, 60)?, part(s1, s2, 60)?);
        let clock_seconds = u64::from(hours)
            .saturating_mul(3600)
            .saturating_add(u64::from(minutes).saturating_mul(60))
            .saturating_add(u64::from(seconds));
        Self::new(midnight.0.saturating_add(clock_seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The UTC day.
    pub fn date(self) -> Date {
        // At most 84,005: the bounds of the two types agree.
        Date(i32::try_from(self.0 / SECONDS_PER_DAY).unwrap_or(*DAYS.end()))
    }

    /// Seconds from `earlier` to this time; 0 when it is not later.
    pub fn seconds_since(self, earlier: UnixTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time so many seconds later.
    ///
    /// # Errors
    /// [`What::Range`].
    pub fn plus_seconds(self, seconds: u64) -> Result<Self, Fault> {
        Self::new(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = self.0 % SECONDS_PER_DAY;
        write!(f, "{}T{:02}:{:02}:{:02}Z", self.date(), clock / 3600, clock / 60 % 60, clock % 60)
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Field for UnixTime {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::new(reader.unsigned()?)
    }

    fn write(&self, writer: &mut Writer) {
        writer.unsigned(self.0);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::parse(json.text()?)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Text(self.to_string().into())
    }
}

/// The number that ASCII digits write, at most four of them.
pub(crate) fn digits(text: &[u8]) -> Option<u16> {
    let mut value: u16 = 0;
    for byte in text {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        value = value.checked_mul(10)?.checked_add(u16::from(digit))?;
    }
    Some(value)
}

/// Days of a month, 0 for a month that there is not.
pub(crate) fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// Day number of a day of the proleptic Gregorian calendar.
///
/// The year is taken to begin in March, so that the leap day is its last day; 400 years have 146,097 days.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "years up to 9999 give numbers below 4 million: no 32-bit operation overflows, no divisor is 0"
)]
pub(crate) fn days_from_civil(year: u16, month: u8, day: u8) -> i32 {
    let (year, month, day) = (i32::from(year), i32::from(month), i32::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`] for the days that a [`Date`] can be.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a Date lies within 110,000 days of 1970: no 32-bit operation overflows, no divisor is 0"
)]
fn civil_from_days(days: i32) -> (u16, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (u16::try_from(year).unwrap_or(0), u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_format_goes_through_the_calendar_and_back() {
        for number in DAYS {
            let date = Date::from_day_number(i64::from(number)).unwrap();
            let (year, month, day) = date.civil();
            assert_eq!(Date::from_civil(year, month, day).unwrap(), date);
            assert_eq!(Date::parse(&date.to_string()).unwrap(), date);
        }
        assert_eq!(Date(*DAYS.start()).to_string(), "1900-01-01");
        assert_eq!(Date(*DAYS.end()).to_string(), "2199-12-31");
        assert_eq!(Date(0).to_string(), "1970-01-01");
    }

    #[test]
    fn days_the_calendar_lacks_are_refused() {
        for text in
            ["2025-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2100-02-29", "2026-1-01", "26-01-01"]
        {
            assert!(Date::parse(text).is_err(), "{text}");
        }
        assert!(Date::parse("2024-02-29").is_ok());
    }

    #[test]
    fn times_without_zone_or_outside_the_range_are_refused() {
        for text in [
            "2026-01-15T00:00:00",
            "2026-01-15T00:00:00+03:00",
            "2026-01-15 00:00:00Z",
            "2026-01-15T24:00:00Z",
            "2026-01-15T00:60:00Z",
            "2019-12-31",
            "2026-01-15T00:00:00.5Z",
        ] {
            assert!(UnixTime::parse(text).is_err(), "{text}");
        }
        let time = UnixTime::parse("2199-12-31T23:59:59Z").unwrap();
        assert_eq!(time.seconds(), *SECONDS.end());
        assert_eq!(time.to_string(), "2199-12-31T23:59:59Z");
        assert_eq!(UnixTime::parse("2020-01-01").unwrap().seconds(), *SECONDS.start());
    }
}
