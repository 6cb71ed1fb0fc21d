//! What members of a scheme file say of each other.
//!
//! Refuses what could not be applied: a condition that no list explains, steps that do not rise to the whole, months
//! of a period that is not made of whole months, a wait that nothing says when to start again.

use sanad_credential::{BasisPoints, Fault, What};

use super::criterion::Criterion;
use super::file::{CoverRule, DueAmount, Each, FunctionRule, Period, Qualifying, Scheme, Unit};

impl Scheme {
    /// Rules that compare members.
    pub(super) fn check(self) -> Result<Self, Fault> {
        self.check_conditions()?;
        for (entry, class) in self.classes.iter().enumerate() {
            let at = |fault: Fault| fault.at_entry(entry).within("classes");
            if self.classes.iter().take(entry).any(|other| other.name == class.name) {
                return Err(at(
                    Fault::new(What::Repeated { key: class.name.as_str().to_owned() }).within("class")
                ));
            }
            if self.cover == CoverRule::Month && class.due.each == Each::Period {
                let wanted = "\"month\", since a month of cover is paid at a time";
                return Err(at(Fault::new(What::Pattern { wanted }).within("each").within("due")));
            }
            if self.unit == Unit::Person
                && matches!(class.due.amount, DueAmount::PerPerson { child: None, .. })
            {
                let wanted = "amount: one person needs no amount for each";
                return Err(at(Fault::new(What::Pattern { wanted }).within("adult").within("due")));
            }
        }
        if self.cover != CoverRule::Month {
            let paid = |rule: &FunctionRule| matches!(rule.qualifying, Some(Qualifying::Paid(_)));
            if let Some(entry) = self.functions.iter().position(paid) {
                let wanted = "\"registration\": months are paid one by one only under cover by month";
                let fault = Fault::new(What::Pattern { wanted }).within("of").within("qualifying");
                return Err(fault.at_entry(entry).within("functions"));
            }
            if self.free_months > 0 {
                let wanted = "left out: months are due one by one only under cover by month";
                return Err(Fault::new(What::Pattern { wanted }).within("free_months"));
            }
        }
        if let (Period::Calendar(starts), CoverRule::Month) = (&self.period, &self.cover)
            && let [first, rest @ ..] = starts.as_slice()
            && let Some(entry) = rest.iter().position(|start| start.day != first.day)
        {
            let wanted = "the same day of the month as the first: cover is by month";
            let fault = Fault::new(What::Pattern { wanted }).at_entry(entry.saturating_add(1));
            return Err(fault.within("starts").within("period"));
        }
        self.check_steps()?;
        let restarts =
            self.functions.iter().any(|rule| matches!(rule.qualifying, Some(Qualifying::Registered(_))));
        if self.lapse_days.is_none() && (restarts || !self.waits.is_empty()) {
            return Err(Fault::new(What::Missing).within("lapse_days"));
        }
        Ok(self)
    }

    fn check_steps(&self) -> Result<(), Fault> {
        let CoverRule::Steps(steps) = &self.cover else { return Ok(()) };
        let length = match &self.period {
            Period::Months(months, _) => *months,
            Period::Calendar(starts) => 12_u32.div_ceil(u32::try_from(starts.len()).unwrap_or(12)),
        };
        let at = |entry: usize, member: &'static str, what: What| {
            Err(Fault::new(what).within(member).at_entry(entry).within("steps").within("cover"))
        };
        for (entry, step) in steps.iter().enumerate() {
            let is_last = entry.saturating_add(1) == steps.len();
            let before = entry.checked_sub(1).and_then(|before| steps.get(before));
            let rises = before.is_none_or(|before| {
                before.paid < step.paid && before.months < step.months.or(Some(u32::MAX))
            });
            if !rises || step.paid.value() == 0 {
                return at(entry, "paid_basis_points", What::SetOrder { entry });
            }
            match step.months {
                Some(_) if is_last => {
                    return at(
                        entry,
                        "months",
                        What::Pattern { wanted: "left out: the last step covers all" },
                    );
                }
                None if !is_last => return at(entry, "months", What::Missing),
                Some(months) if months >= length => {
                    let max = i64::from(length.saturating_sub(1));
                    return at(entry, "months", What::Range { found: months.into(), min: 1, max });
                }
                _ => {}
            }
            if is_last && step.paid != BasisPoints::MAX {
                let found = i128::from(step.paid.value());
                return at(entry, "paid_basis_points", What::Range { found, min: 10_000, max: 10_000 });
            }
        }
        Ok(())
    }

    /// Every condition that a rule asks for must have its meaning in the list.
    fn check_conditions(&self) -> Result<(), Fault> {
        let unknown = |criterion: &Criterion| match criterion {
            Criterion::Condition(name) => !self.conditions.iter().any(|(known, _)| known == name),
            _ => false,
        };
        let fault = || Fault::new(What::Word { list: "condition" }).within("condition");
        if let Some(entry) = self.exempt.iter().position(unknown) {
            return Err(fault().at_entry(entry).within("exempt"));
        }
        for (entry, class) in self.classes.iter().enumerate() {
            if let Some(inner) = class.when.iter().flatten().position(unknown) {
                return Err(fault().at_entry(inner).within("when").at_entry(entry).within("classes"));
            }
        }
        for (entry, rule) in self.functions.iter().enumerate() {
            if let Some(inner) = rule.unless.iter().position(unknown) {
                return Err(fault().at_entry(inner).within("unless").at_entry(entry).within("functions"));
            }
        }
        for (entry, wait) in self.waits.iter().enumerate() {
            if let Some(inner) = wait.unless.iter().position(|exempt| unknown(&exempt.when)) {
                let fault = fault().within("when").at_entry(inner).within("unless");
                return Err(fault.at_entry(entry).within("waits"));
            }
        }
        Ok(())
    }
}
