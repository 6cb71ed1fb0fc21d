//! A period that may have no end yet.
//!
//! Both days are inclusive. Refuses a last day before the first: nothing would ever lie in it, and whoever wrote it
//! meant something else.

use sanad_credential::{Date, Fault, Json, Object, What};

use crate::members::{Written, date, open_date, text_json};

/// First day, and last day unless it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Option<Date>,
}

impl Period {
    /// Checks the order of the days.
    ///
    /// # Errors
    /// [`What::Period`].
    pub fn new(from: Date, to: Option<Date>) -> Result<Self, Fault> {
        match to {
            Some(to) if to < from => Err(What::Period { first: from, last: to }.into()),
            _ => Ok(Self { from, to }),
        }
    }

    /// The first day.
    pub fn first(&self) -> Date {
        self.from
    }

    /// The last day; none while it is open.
    pub fn last(&self) -> Option<Date> {
        self.to
    }

    /// Whether a day lies in it.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// The members `from` and `to`.
    pub(crate) fn from_members(object: &mut Object<'_, '_>) -> Result<Self, Fault> {
        let (from, to) = (date(object, "from")?, open_date(object, "to")?);
        Self::new(from, to).map_err(|fault| fault.within("to"))
    }

    pub(crate) fn write(&self, members: &mut Written<'_>) {
        members.add("from", text_json(&self.from));
        members.add("to", self.to.map_or(Json::Null, |to| text_json(&to)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn both_ends_belong_to_a_period() {
        let period = Period::new(day("2026-01-01"), Some(day("2026-12-31"))).unwrap();
        assert!(period.contains(day("2026-01-01")) && period.contains(day("2026-12-31")));
        assert!(!period.contains(day("2025-12-31")) && !period.contains(day("2027-01-01")));
        let open = Period::new(day("2026-01-01"), None).unwrap();
        assert!(open.contains(day("2199-12-31")) && !open.contains(day("2025-12-31")));
    }

    #[test]
    fn a_last_day_before_the_first_is_refused() {
        assert!(Period::new(day("2026-01-02"), Some(day("2026-01-01"))).is_err());
        assert!(Period::new(day("2026-01-01"), Some(day("2026-01-01"))).is_ok());
    }
}
