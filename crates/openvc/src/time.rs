//! XSD `dateTimeStamp`: an RFC 3339 time whose zone is stated, as VCDM 2.0 section 4.9 wants it.
//!
//! Fractions of a second are cut, offsets are applied. Refuses days that the calendar has not, a missing zone and
//! any other form of RFC 3339.

use sanad_credential::UnixTime;

use crate::fault::Fault;

/// Seconds since 1970-01-01T00:00:00Z; any year of four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(i64);

impl Stamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let form = || Fault::wanted("an XSD dateTimeStamp: YYYY-MM-DDTHH:MM:SS with a zone");
        let (day, clock) = text.split_at_checked(11).ok_or_else(form)?;
        let day = day.strip_suffix('T').ok_or_else(form)?;
        let (clock, rest) = clock.split_at_checked(8).ok_or_else(form)?;
        let (hours, minutes, seconds) = clock_of(clock).ok_or_else(form)?;
        let rest = match rest.strip_prefix('.') {
            Some(rest) => {
                let zone = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(form)?;
                if zone == 0 || zone > 9 {
                    return Err(form());
                }
                rest.get(zone..).ok_or_else(form)?
            }
            None => rest,
        };
        let offset = match rest {
            "Z" => 0,
            zone => {
                let (sign, zone) = match zone.split_at_checked(1).ok_or_else(form)? {
                    ("+", zone) => (1_i64, zone),
                    ("-", zone) => (-1, zone),
                    _ => return Err(form()),
                };
                let (hours, minutes, _) = clock_of(&format!("{zone}:00")).ok_or_else(form)?;
                if hours > 14 || (hours == 14 && minutes > 0) {
                    return Err(form());
                }
                sign.saturating_mul(hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)))
            }
        };
        let days = days_of(day).ok_or_else(form)?;
        let within =
            hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_add(seconds);
        Ok(Self(days.saturating_mul(86_400).saturating_add(within).saturating_sub(offset)))
    }

    /// A time of this format.
    pub(crate) fn of(time: UnixTime) -> Self {
        Self(i64::try_from(time.seconds()).unwrap_or(i64::MAX))
    }
}

fn clock_of(text: &str) -> Option<(i64, i64, i64)> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text.as_bytes() else { return None };
    let two = |tens: u8, ones: u8, below: i64| {
        let digit = |letter: u8| letter.is_ascii_digit().then(|| i64::from(letter.wrapping_sub(b'0')));
        let number = digit(tens)?.saturating_mul(10).saturating_add(digit(ones)?);
        (number < below).then_some(number)
    };
    Some((two(h1, h2, 24)?, two(m1, m2, 60)?, two(s1, s2, 60)?))
}

/// Days since 1970-01-01 of a civil date of any year of four digits.
fn days_of(text: &str) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i64, |number, letter| {
            let digit = letter.is_ascii_digit().then(|| i64::from(letter.wrapping_sub(b'0')))?;
            Some(number.saturating_mul(10).saturating_add(digit))
        })
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last: days before a month are then (153 m + 2) / 5.
    let (year, month) = if month > 2 {
        (year, month.saturating_sub(3))
    } else {
        (year.saturating_sub(1), month.saturating_add(9))
    };
    let in_year =
        month.saturating_mul(153).saturating_add(2).div_euclid(5).saturating_add(day).saturating_sub(1);
    let days = year
        .saturating_mul(365)
        .saturating_add(year.div_euclid(4))
        .saturating_sub(year.div_euclid(100))
        .saturating_add(year.div_euclid(400))
        .saturating_add(in_year);
    // 0000-03-01 lies 719,468 days before 1970-01-01.
    Some(days.saturating_sub(719_468))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_fractions_are_read() {
        let seconds = |text: &str| Stamp::parse(text).unwrap().0;
        assert_eq!(seconds("1970-01-01T00:00:00Z"), 0);
        assert_eq!(seconds("2023-02-24T23:36:38.123Z"), 1_677_281_798);
        assert_eq!(seconds("2024-01-01T00:00:00-06:00"), seconds("2024-01-01T06:00:00Z"));
        assert_eq!(seconds("2024-01-01T00:00:00+05:30"), seconds("2023-12-31T18:30:00Z"));
        assert_eq!(seconds("0001-01-01T00:00:00Z"), -62_135_596_800);
        assert_eq!(seconds("9999-12-31T23:59:59Z"), 253_402_300_799);
        assert_eq!(seconds("2010-01-01T19:23:24Z"), 1_262_373_804);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-02-30T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01t00:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+15:00",
            "2024-01-01T00:00:00 Z",
            "Mon, 01 Jan 2024 00:00:00 GMT",
            "2024-01-01T00:00:00Z ",
            "٢٠٢٤-01-01T00:00:00Z",
        ] {
            assert!(Stamp::parse(text).is_err(), "{text}");
        }
    }
}
