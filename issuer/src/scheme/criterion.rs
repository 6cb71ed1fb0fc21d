//! What a rule asks of a person: a condition that the registration states, or an age.
//!
//! Many people know the year of their birth, some a decade. An age is looked at so that the person is favoured: a child
//! is as young as it may be, an old person as old as may be. A person whose birth is not known at all meets no age.

use sanad_credential::{Birth, Date, Fault, Json, What};
use sanad_trust::members::{Written, number, optional};

/// Longest name of a condition, in characters.
const NAME_MAX: usize = 32;

/// Highest age that a rule names.
const AGE_MAX: i128 = 130;

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criterion {
    /// The registration states it.
    Condition(ConditionName),
    /// So many completed years at most.
    AgeAtMost(u8),
    /// So many completed years at least.
    AgeAtLeast(u8),
}

/// Name of a condition that a scheme knows: `indigent`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionName(String);

impl ConditionName {
    /// Checks the form.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn new(text: &str) -> Result<Self, Fault> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(What::Pattern { wanted: "1 to 32 of a-z, 0-9 and \"_\"" }.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who is looked at.
#[derive(Clone, Copy)]
pub struct Person<'f> {
    /// Their birth, as far as it is known.
    pub birth: Option<Birth>,
    /// What the registration states.
    pub conditions: &'f [ConditionName],
}

impl Criterion {
    /// Whether a person meets it on a day.
    pub fn is_met(&self, person: Person<'_>, day: Date) -> bool {
        match self {
            Criterion::Condition(name) => person.conditions.contains(name),
            Criterion::AgeAtMost(age) => person
                .birth
                .is_some_and(|birth| completed_years(*birth.day_range().end(), day) <= i32::from(*age)),
            Criterion::AgeAtLeast(age) => person
                .birth
                .is_some_and(|birth| completed_years(*birth.day_range().start(), day) >= i32::from(*age)),
        }
    }

    pub(super) fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let condition = optional(&mut object, "condition", |json| ConditionName::new(json.text()?))?;
        let most = optional(&mut object, "age_at_most", age)?;
        let least = optional(&mut object, "age_at_least", age)?;
        object.finish()?;
        match (condition, most, least) {
            (Some(name), None, None) => Ok(Criterion::Condition(name)),
            (None, Some(age), None) => Ok(Criterion::AgeAtMost(age)),
            (None, None, Some(age)) => Ok(Criterion::AgeAtLeast(age)),
            _ => {
                Err(What::Pattern { wanted: "exactly one of condition, age_at_most and age_at_least" }.into())
            }
        }
    }

    pub(super) fn to_json(&self) -> Json<'static> {
        let mut members = Written::default();
        match self {
            Criterion::Condition(name) => members.add("condition", Json::owned_text(name.as_str())),
            Criterion::AgeAtMost(age) => members.add("age_at_most", Json::Integer((*age).into())),
            Criterion::AgeAtLeast(age) => members.add("age_at_least", Json::Integer((*age).into())),
        }
        members.object()
    }
}

impl std::fmt::Display for Criterion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Criterion::Condition(name) => f.write_str(name.as_str()),
            Criterion::AgeAtMost(age) => write!(f, "age at most {age}"),
            Criterion::AgeAtLeast(age) => write!(f, "age at least {age}"),
        }
    }
}

/// An age of a rule.
pub(super) fn age(json: &Json<'_>) -> Result<u8, Fault> {
    number(json, |found| {
        let age = u8::try_from(found).ok().filter(|_| found <= AGE_MAX);
        age.ok_or_else(|| What::Range { found, min: 0, max: 130 }.into())
    })
}

/// Completed years on a day of somebody born on a day number; below 0 before the birth.
fn completed_years(born: i32, day: Date) -> i32 {
    // Births before 1900 are older than every rule.
    let Ok(born) = Date::from_day_number(i64::from(born)) else { return i32::from(u8::MAX) };
    let ((year, month, of_month), (now, now_month, now_of_month)) = (born.civil(), day.civil());
    let years = i32::from(now).saturating_sub(i32::from(year));
    years.saturating_sub(i32::from((now_month, now_of_month) < (month, of_month)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(criterion: &Criterion, birth: &str, day: &str) -> bool {
        let person = Person { birth: Some(Birth::parse(birth).unwrap()), conditions: &[] };
        criterion.is_met(person, Date::parse(day).unwrap())
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let (child, old) = (Criterion::AgeAtMost(5), Criterion::AgeAtLeast(70));
        assert!(met(&child, "2020-05-10", "2026-05-09") && !met(&child, "2020-05-10", "2026-05-10"));
        assert!(!met(&old, "1956-05-10", "2026-05-09") && met(&old, "1956-05-10", "2026-05-10"));
        assert!(met(&Criterion::AgeAtMost(0), "2026-05-10", "2026-05-10"));
    }

    #[test]
    fn a_birth_that_is_known_in_part_favours_the_person() {
        // The same year of birth: a child as long as it may be one, old as soon as may be.
        assert!(met(&Criterion::AgeAtMost(5), "2020", "2026-12-30"));
        assert!(!met(&Criterion::AgeAtMost(5), "2020", "2026-12-31"));
        assert!(met(&Criterion::AgeAtLeast(70), "1956~", "2026-01-01"));
        assert!(!met(&Criterion::AgeAtLeast(70), "1957", "2026-12-31"));
        assert!(met(&Criterion::AgeAtLeast(70), "195X", "2020-01-01"));
        assert!(
            met(&Criterion::AgeAtLeast(70), "1899", "2020-01-01"),
            "born before the first day of the format"
        );
        assert!(met(&Criterion::AgeAtMost(5), "2020-05-XX", "2026-05-30"));
    }

    #[test]
    fn an_unknown_birth_meets_no_age_and_a_day_before_it_is_no_childhood_of_old_people() {
        let nobody = Person { birth: None, conditions: &[] };
        let day = Date::parse("2026-01-01").unwrap();
        assert!(
            !Criterion::AgeAtMost(130).is_met(nobody, day) && !Criterion::AgeAtLeast(0).is_met(nobody, day)
        );
        assert!(!met(&Criterion::AgeAtLeast(0), "2027-01-01", "2026-01-01"));
    }
}
