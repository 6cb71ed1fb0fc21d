//! Birth dates that are known in part: a subset of EDTF (ISO 8601-2).
//!
//! Many workers know a year, some a decade. A full day is always the day number, so that one birth has one form;
//! the text forms are `YYYY`, `YYYY~`, `YYYX`, `YYYY-MM`, `YYYY-MM~`, `YYYY-XX` and `YYYY-MM-XX`. Refuses every
//! other form, and a full day as text.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::cbor::{Field, Reader, Writer};
use crate::date::{Date, days_from_civil, days_in_month, digits};
use crate::fault::{Fault, What};
use crate::json::Json;

const FORM: &str = "a birth date as YYYY-MM-DD, YYYY, YYYY~, YYYX, YYYY-MM, YYYY-MM~, YYYY-XX or YYYY-MM-XX";

/// A birth date as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Birth {
    /// `YYYY-MM-DD`
    Day(Date),
    /// `YYYY`, or with "~" where it is approximate
    Year(Year, Precision),
    /// `YYYX`: some year of a decade, which is given by its first year
    Decade(Year),
    /// `YYYY-MM`, or with "~"
    Month(Year, Month, Precision),
    /// `YYYY-XX`: the year is known, the month is not
    UnknownMonth(Year),
    /// `YYYY-MM-XX`: the month is known, the day is not
    UnknownDay(Year, Month),
}

/// Year of four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year(u16);

/// Month 1 to 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month(u8);

/// Whether EDTF's "~" stands behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As known.
    Exact,
    /// "~": about then.
    Approximate,
}

impl Birth {
    /// Reads any of the forms.
    ///
    /// # Errors
    /// [`What::Pattern`], which does not repeat what was found.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() == 10 && !text.ends_with("XX") {
            return Date::parse(text).map(Birth::Day).map_err(|_| day());
        }
        Self::parse_partial(text)
    }

    fn parse_partial(text: &str) -> Result<Self, Fault> {
        let form = || Fault::new(What::Pattern { wanted: FORM });
        let year = |a: u8, b: u8, c: u8, d: u8| digits(&[a, b, c, d]).map(Year).ok_or_else(form);
        let month = |a: u8, b: u8| {
            let month = digits(&[a, b]).and_then(|month| u8::try_from(month).ok());
            month.filter(|month| (1..=12).contains(month)).map(Month).ok_or_else(form)
        };
        match *text.as_bytes() {
            [a, b, c, b'X'] => year(a, b, c, b'0').map(Birth::Decade),
            [a, b, c, d] => Ok(Birth::Year(year(a, b, c, d)?, Precision::Exact)),
            [a, b, c, d, b'~'] => Ok(Birth::Year(year(a, b, c, d)?, Precision::Approximate)),
            [a, b, c, d, b'-', b'X', b'X'] => Ok(Birth::UnknownMonth(year(a, b, c, d)?)),
            [a, b, c, d, b'-', m, n] => Ok(Birth::Month(year(a, b, c, d)?, month(m, n)?, Precision::Exact)),
            [a, b, c, d, b'-', m, n, b'~'] => {
                Ok(Birth::Month(year(a, b, c, d)?, month(m, n)?, Precision::Approximate))
            }
            [a, b, c, d, b'-', m, n, b'-', b'X', b'X'] => {
                Ok(Birth::UnknownDay(year(a, b, c, d)?, month(m, n)?))
            }
            _ => Err(form()),
        }
    }

    /// First and last day (days since 1970-01-01) on which the person may have been born, without widening an
    /// approximate date: rules on age use the end that favours the person.
    pub fn day_range(self) -> core::ops::RangeInclusive<i32> {
        match self {
            Birth::Day(date) => date.day_number()..=date.day_number(),
            Birth::Year(Year(year), _) | Birth::UnknownMonth(Year(year)) => {
                days_from_civil(year, 1, 1)..=days_from_civil(year, 12, 31)
            }
            Birth::Decade(Year(year)) => {
                days_from_civil(year, 1, 1)..=days_from_civil(year.saturating_add(9), 12, 31)
            }
            Birth::Month(Year(year), Month(month), _) | Birth::UnknownDay(Year(year), Month(month)) => {
                days_from_civil(year, month, 1)..=days_from_civil(year, month, days_in_month(year, month))
            }
        }
    }
}

/// Without the number found: it is a person's birthday.
fn day() -> Fault {
    What::Pattern { wanted: "a day of birth from 1900-01-01 to 2199-12-31" }.into()
}

impl fmt::Display for Birth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |precision: Precision| match precision {
            Precision::Exact => "",
            Precision::Approximate => "~",
        };
        let text: String = match *self {
            Birth::Day(date) => date.to_string(),
            Birth::Year(Year(year), precision) => format!("{year:04}{}", mark(precision)),
            Birth::Decade(Year(year)) => format!("{:03}X", year / 10),
            Birth::Month(Year(year), Month(month), precision) => {
                format!("{year:04}-{month:02}{}", mark(precision))
            }
            Birth::UnknownMonth(Year(year)) => format!("{year:04}-XX"),
            Birth::UnknownDay(Year(year), Month(month)) => format!("{year:04}-{month:02}-XX"),
        };
        f.write_str(&text)
    }
}

impl Field for Birth {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        if reader.is_integer() {
            Date::read(reader).map(Birth::Day).map_err(|_| day())
        } else {
            Self::parse_partial(reader.text()?)
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Birth::Day(date) => date.write(writer),
            partial => writer.text(&partial.to_string()),
        }
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::parse(json.text()?)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Text(self.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_edtf_form_is_read_and_written_alike() {
        for text in
            ["1991-04-30", "1991", "1991~", "199X", "1991-04", "1991-04~", "1991-XX", "1991-04-XX", "0000"]
        {
            assert_eq!(Birth::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "91",
            "1991?",
            "19XX",
            "1991-13",
            "1991-00~",
            "1991-4",
            "1991-X4",
            "1991-04-3X",
            "1991-XX-XX",
            "~1991",
            "1991-02-30",
            "1991-04-30~",
            "X991",
            "1991 ",
        ] {
            assert!(Birth::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_full_day_as_cbor_text_is_refused() {
        let mut writer = Writer::new();
        writer.text("1991-04-30");
        let bytes = writer.into_bytes();
        assert!(Birth::read(&mut Reader::new(&bytes)).is_err());
    }

    #[test]
    fn the_range_covers_every_day_the_form_allows() {
        let range = |text: &str| Birth::parse(text).unwrap().day_range();
        let day = |text: &str| Date::parse(text).unwrap().day_number();
        assert_eq!(range("1992-02"), day("1992-02-01")..=day("1992-02-29"));
        assert_eq!(range("199X"), day("1990-01-01")..=day("1999-12-31"));
        assert_eq!(range("1990-XX"), day("1990-01-01")..=day("1990-12-31"));
    }
}
