//! What is due, who pays it, and which class a person is in.
//!
//! Every amount is exact until it is due: an income-based contribution is rounded once, half up, as the last step.

use sanad_credential::{Contributor, Count, Date};

use super::criterion::{Criterion, Person};
use super::explain::Note;
use super::facts::{Facts, FactsFault};
use super::file::{Class, DueAmount, Income, Scheme, SubsidyShare, Unit};

/// What is due for the period or for a month of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    /// All of it.
    pub(super) total: u64,
    /// What the member pays.
    pub(super) own: u64,
    /// Who pays the rest.
    pub(super) payer: Option<Contributor>,
}

impl Owed {
    /// What somebody else pays.
    pub(super) fn subsidy(&self) -> u64 {
        self.total.saturating_sub(self.own)
    }
}

/// The class of a registration: the one that it names, else the first that fits.
pub(super) fn class_of<'s>(
    scheme: &'s Scheme,
    facts: &Facts,
    day: Date,
    notes: &mut Vec<Note>,
) -> Result<&'s Class, FactsFault> {
    if let Some(name) = &facts.class {
        let named = scheme.classes.iter().find(|class| class.name == *name);
        // `Facts::check` has refused any other name.
        if let Some(class) = named {
            notes.push(Note::Class { class: name.clone(), because: None });
            return Ok(class);
        }
    }
    for class in &scheme.classes {
        let met = class.when.as_ref().and_then(|when| first_met(when, facts.holder(), day));
        if class.when.is_none() || met.is_some() {
            notes.push(Note::Class { class: class.name.clone(), because: met.cloned() });
            return Ok(class);
        }
    }
    let names: Vec<&str> = scheme.classes.iter().map(|class| class.name.as_str()).collect();
    let problem =
        format!("no class fits by itself, the registration must name it: one of {}", names.join(", "));
    Err(FactsFault { field: "class".to_owned(), problem })
}

/// What a class owes.
pub(super) fn owed(
    scheme: &Scheme,
    class: &Class,
    facts: &Facts,
    day: Date,
    notes: &mut Vec<Note>,
) -> Result<Owed, FactsFault> {
    let nothing = Owed { total: 0, own: 0, payer: None };
    let is_exempt = |person: Person<'_>| first_met(&scheme.exempt, person, day);
    let (total, amounts) = match &class.due.amount {
        DueAmount::PerPerson { adult, child } => {
            // A condition is the household's; an age is each person's own.
            let persons: Vec<Person<'_>> = match scheme.unit {
                Unit::Person => vec![facts.holder()],
                Unit::Household => facts.household().collect(),
            };
            let (mut total, mut paying, mut free) = (0_u64, 0_u32, 0_u32);
            for person in persons {
                if let Some(criterion) = is_exempt(person) {
                    if let Criterion::Condition(_) = criterion {
                        notes.push(Note::Exempt { because: criterion.clone() });
                        return Ok(nothing);
                    }
                    free = free.saturating_add(1);
                    continue;
                }
                let is_child = |age| Criterion::AgeAtMost(age).is_met(person, day);
                let amount =
                    child.filter(|child| is_child(child.age_at_most)).map_or(*adult, |child| child.minor);
                total = total.saturating_add(amount.value());
                paying = paying.saturating_add(1);
            }
            if paying == 0 {
                notes.push(Note::AllFree { persons: free });
                return Ok(nothing);
            }
            if scheme.unit == Unit::Household {
                notes.push(Note::Persons { paying, free });
            }
            (total, u64::from(paying))
        }
        DueAmount::Flat(_) | DueAmount::Income(_) if let Some(criterion) = is_exempt(facts.holder()) => {
            notes.push(Note::Exempt { because: criterion.clone() });
            return Ok(nothing);
        }
        DueAmount::Flat(amount) => (amount.value(), 1),
        DueAmount::Income(income) => (of_income(income, facts.income, notes)?, 1),
    };
    let Some(subsidy) = class.subsidy else { return Ok(Owed { total, own: total, payer: None }) };
    let paid = match subsidy.share {
        SubsidyShare::Share(points) => share(total, u128::from(points.value()), 10_000),
        SubsidyShare::Amount(amount) => amount.value().saturating_mul(amounts),
    };
    let own = total.saturating_sub(paid);
    Ok(Owed { total, own, payer: Some(subsidy.payer).filter(|_| own < total) })
}

pub(super) fn first_met<'c>(
    criteria: &'c [Criterion],
    person: Person<'_>,
    day: Date,
) -> Option<&'c Criterion> {
    criteria.iter().find(|criterion| criterion.is_met(person, day))
}

/// A month's contribution on an income.
fn of_income(rule: &Income, income: Option<Count>, notes: &mut Vec<Note>) -> Result<u64, FactsFault> {
    let minimum = rule.minimum.map_or(0, Count::value);
    let Some(income) = income else {
        if rule.minimum.is_none() {
            let problem = "is missing: the contribution is a share of it".to_owned();
            return Err(FactsFault { field: "income".to_owned(), problem });
        }
        notes.push(Note::NoIncome { minimum });
        return Ok(minimum);
    };
    // The base of a month as a fraction: income x base / (10,000 x months).
    let mut base = u128::from(income.value()).saturating_mul(u128::from(rule.base.value()));
    let mut parts = 10_000_u128.saturating_mul(u128::from(rule.months));
    let whole = |bound: Count, parts: u128| u128::from(bound.value()).saturating_mul(parts);
    if let Some(least) = rule.base_minimum.filter(|least| base < whole(*least, parts)) {
        (base, parts) = (u128::from(least.value()), 1);
    }
    if let Some(most) = rule.base_maximum.filter(|most| base > whole(*most, parts)) {
        (base, parts) = (u128::from(most.value()), 1);
    }
    let rate = u128::from(rule.rate.value());
    let due = divided(base.saturating_mul(rate), parts.saturating_mul(10_000));
    notes.push(Note::OfIncome { base: divided(base, parts), rate: rule.rate, due, minimum });
    Ok(due.max(minimum))
}

/// `amount x numerator / denominator`, half up.
pub(super) fn share(amount: u64, numerator: u128, denominator: u128) -> u64 {
    divided(u128::from(amount).saturating_mul(numerator), denominator)
}

/// Half up.
fn divided(numerator: u128, denominator: u128) -> u64 {
    let doubled = numerator.saturating_mul(2).saturating_add(denominator);
    let quotient = doubled.checked_div(denominator.saturating_mul(2)).unwrap_or(u128::MAX);
    u64::try_from(quotient).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanad_credential::BasisPoints;

    fn portugal(base: u16) -> Income {
        Income {
            months: 3,
            base: BasisPoints::new(base).unwrap(),
            rate: BasisPoints::new(2_140).unwrap(),
            base_minimum: None,
            base_maximum: None,
            minimum: Some(Count::new(2_000).unwrap()),
        }
    }

    fn due(rule: &Income, income: u64) -> u64 {
        of_income(rule, Some(Count::new(income).unwrap()), &mut Vec::new()).unwrap()
    }

    #[test]
    fn a_contribution_is_rounded_once_and_half_up() {
        // 3,000.00 in three months: 70 % are 700.00 a month, 21.4 % of that 149.80.
        assert_eq!(due(&portugal(7_000), 300_000), 14_980);
        assert_eq!(due(&portugal(2_000), 300_000), 4_280);
        // 10.01 in three months give 0.4998, below the least of 20.00.
        assert_eq!(due(&portugal(7_000), 1_001), 2_000);
        // 401.02 in three months: 2002.4 hundredths, and 401.11: 2002.9.
        let bare = Income { minimum: None, ..portugal(7_000) };
        assert_eq!(due(&bare, 40_102), 2_002);
        assert_eq!(due(&bare, 40_111), 2_003);
    }

    #[test]
    fn the_base_is_held_between_its_bounds() {
        let rule = Income {
            months: 1,
            base: BasisPoints::MAX,
            rate: BasisPoints::new(180).unwrap(),
            base_minimum: Some(Count::new(50_000).unwrap()),
            base_maximum: Some(Count::new(1_100_000).unwrap()),
            minimum: None,
        };
        assert_eq!(due(&rule, 20_000), 900);
        assert_eq!(due(&rule, 400_000), 7_200);
        assert_eq!(due(&rule, 2_000_000), 19_800);
        assert_eq!(due(&rule, Count::MAX.value()), 19_800);
        assert!(of_income(&rule, None, &mut Vec::new()).is_err(), "no income and no least contribution");
    }
}
