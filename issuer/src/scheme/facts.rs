//! The facts of one registration, as the register of a scheme states them.
//!
//! Whoever keeps the register writes what happened: who registered, when, in which conditions, and what was paid on
//! which day. Nobody writes a day of cover; the rules do. Refuses conditions and classes that the scheme does not know,
//! and what had not happened yet on the day of issue.

use std::borrow::Cow;

use sanad_credential::{Birth, Contributor, Count, Date, Fault, Json, Limits, Money, What};
use sanad_trust::members::{date, entries, member, number, optional, set};

use super::criterion::{ConditionName, Person};
use super::file::Scheme;
use crate::code_words::words_of;
use crate::register::LINE_BYTES_MAX;

/// A payment a day for a year, with room; a row is limited as every line of a register is.
pub(crate) const REGISTRATION_LIMITS: Limits =
    Limits { bytes_max: LINE_BYTES_MAX, depth_max: 5, entries_max: 400, values_max: 2_048 };

/// Longest working life in months.
const MONTHS_PAID_MAX: i64 = 1_200;

/// What is known of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Birth of the holder, as far as it is known.
    pub birth: Option<Birth>,
    /// Births of the others of the household.
    pub others: Vec<Option<Birth>>,
    /// First registration.
    pub registered: Date,
    /// Registration for this period, where it was renewed on a day of its own.
    pub renewed: Option<Date>,
    /// A day of the period in question; the day of issue when absent.
    pub period: Option<Date>,
    /// Class, where the registration names one.
    pub class: Option<ConditionName>,
    /// Conditions that hold.
    pub conditions: Vec<ConditionName>,
    /// Stated income.
    pub income: Option<Count>,
    /// Payments for this period, in any order.
    pub payments: Vec<Payment>,
    /// Last day of the cover before.
    pub previous_end: Option<Date>,
    /// First day of a registration elsewhere under which the wait ran already.
    pub wait_served_since: Option<Date>,
    /// Months that were paid before this period.
    pub months_paid_before: u32,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// When.
    pub day: Date,
    /// How much.
    pub minor: Count,
    /// Who paid it.
    pub payer: Contributor,
}

/// Why facts are refused: the member or column, and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsFault {
    /// Place in the row.
    pub field: String,
    /// What is wrong, without the person's data.
    pub problem: String,
}

impl From<Fault> for FactsFault {
    fn from(fault: Fault) -> Self {
        let problem = match fault.what() {
            What::Word { list } => {
                let words = words_of(list).collect::<Vec<_>>().join(", ");
                if words.is_empty() { fault.what().to_string() } else { format!("must be one of {words}") }
            }
            what => what.to_string(),
        };
        Self { field: fault.place(), problem }
    }
}

/// Members of a row that are the card's and pass through.
pub(super) const PASSED_ON: [&str; 7] =
    ["subject", "exp", "replaces", "languages", "source", "delegation", "holder_request"];

impl Facts {
    /// Reads a row. What is wrong inside `subject` is said when the card is made.
    ///
    /// # Errors
    /// The first fault, at its member.
    pub fn from_json(json: &Json<'_>, scheme: &Scheme) -> Result<Self, FactsFault> {
        let mut object = json.object()?;
        for name in PASSED_ON {
            object.optional(name);
        }
        let subject = json.members()?.iter().find(|(name, _)| name == "subject").map(|(_, subject)| subject);
        let (birth, others) = subject.map(births).unwrap_or_default();
        let conditions = optional(&mut object, "conditions", |json| set(json, ConditionName::new))?
            .map(|set| set.to_vec());
        let amount =
            |json: &Json<'_>| Money::parse(json.text()?, scheme.currency.clone()).map(|money| money.minor);
        let day = |json: &Json<'_>| Date::parse(json.text()?);
        let facts = Self {
            birth,
            others,
            registered: date(&mut object, "registered")?,
            renewed: optional(&mut object, "renewed", day)?,
            period: optional(&mut object, "period", day)?,
            class: optional(&mut object, "class", |json| ConditionName::new(json.text()?))?,
            conditions: conditions.unwrap_or_default(),
            income: optional(&mut object, "income", amount)?,
            payments: optional(&mut object, "payments", |json| {
                entries(json, |json| {
                    let mut object = json.object()?;
                    let payment = Payment {
                        day: date(&mut object, "day")?,
                        minor: member(&mut object, "amount", amount)?,
                        payer: optional(&mut object, "payer", |json| Contributor::from_word(json.text()?))?
                            .unwrap_or(Contributor::Holder),
                    };
                    object.finish()?;
                    Ok(payment)
                })
            })?
            .unwrap_or_default(),
            previous_end: optional(&mut object, "previous_end", day)?,
            wait_served_since: optional(&mut object, "wait_served_since", day)?,
            months_paid_before: optional(&mut object, "months_paid_before", |json| {
                number(json, |found| {
                    let months = u32::try_from(found).ok().filter(|_| found <= i128::from(MONTHS_PAID_MAX));
                    months.ok_or_else(|| What::Range { found, min: 0, max: MONTHS_PAID_MAX }.into())
                })
            })?
            .unwrap_or(0),
        };
        object.finish()?;
        Ok(facts)
    }

    /// What the scheme or the day of issue forbids.
    pub(super) fn check(&self, scheme: &Scheme, as_of: Date) -> Result<(), FactsFault> {
        let fault = |field: &str, problem: String| Err(FactsFault { field: field.to_owned(), problem });
        for (field, day) in [("registered", Some(self.registered)), ("renewed", self.renewed)] {
            if let Some(day) = day.filter(|day| *day > as_of) {
                return fault(field, format!("{day} is after the day of issue, {as_of}"));
            }
        }
        if let Some(entry) = self.payments.iter().position(|payment| payment.day > as_of) {
            return fault(&format!("payments[{entry}].day"), format!("is after the day of issue, {as_of}"));
        }
        for (field, day) in [("renewed", self.renewed), ("previous_end", self.previous_end)] {
            if let Some(day) = day.filter(|day| *day < self.registered) {
                return fault(field, format!("{day} is before the registration, {}", self.registered));
            }
        }
        if let Some(since) = self.wait_served_since.filter(|since| *since > self.registered) {
            let problem =
                format!("{since} is after the registration, {}: the wait runs from that", self.registered);
            return fault("wait_served_since", problem);
        }
        let known = |name: &ConditionName| scheme.conditions.iter().any(|(known, _)| known == name);
        if let Some(entry) = self.conditions.iter().position(|name| !known(name)) {
            let names: Vec<&str> = scheme.conditions.iter().map(|(name, _)| name.as_str()).collect();
            let problem = if names.is_empty() {
                "the scheme knows no conditions; leave it empty".to_owned()
            } else {
                format!("must be one of {}", names.join(", "))
            };
            return fault(&format!("conditions[{entry}]"), problem);
        }
        if let Some(class) = &self.class
            && !scheme.classes.iter().any(|known| known.name == *class)
        {
            let names: Vec<&str> = scheme.classes.iter().map(|class| class.name.as_str()).collect();
            return fault("class", format!("must be one of {}", names.join(", ")));
        }
        Ok(())
    }

    /// The holder.
    pub(super) fn holder(&self) -> Person<'_> {
        Person { birth: self.birth, conditions: &self.conditions }
    }

    /// All persons of the household, the holder first. Its conditions are those of all of them.
    pub(super) fn household(&self) -> impl Iterator<Item = Person<'_>> {
        let others = self.others.iter().map(|birth| Person { birth: *birth, conditions: &self.conditions });
        std::iter::once(self.holder()).chain(others)
    }
}

/// Births of the holder and of the others, as far as they can be read.
fn births(subject: &Json<'_>) -> (Option<Birth>, Vec<Option<Birth>>) {
    let Ok(members) = subject.members() else { return (None, Vec::new()) };
    let find = |name: &str| {
        members.iter().find(|(found, _): &&(Cow<'_, str>, _)| found == name).map(|(_, value)| value)
    };
    let birth = find("birth").and_then(|birth| Birth::parse(birth.text().ok()?).ok());
    let lines = find("members").and_then(|members| members.array().ok()).unwrap_or_default();
    let year = |line: &Json<'_>| {
        let year = line.array().ok()?.get(2)?.integer().ok()?;
        Birth::parse(&format!("{year:04}")).ok()
    };
    (birth, lines.iter().map(year).collect())
}
