//! Every rule that counted, as a value, and in words. English.
//!
//! A note never names the person; it has amounts, days and the scheme's own words for conditions. What would change an
//! answer is a note too.

use sanad_credential::{BasisPoints, BenefitGroup, Contributor, Count, Currency, Date, Function, Money};

use super::criterion::{ConditionName, Criterion};
use super::due::share;
use crate::authority::findings::percent;

/// One rule that counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The class, and why where the registration did not name it.
    Class {
        /// The class.
        class: ConditionName,
        /// What made the person one of it.
        because: Option<Criterion>,
    },
    /// Nothing is due from this person.
    Exempt {
        /// Why.
        because: Criterion,
    },
    /// Everybody of the household is exempt by age.
    AllFree {
        /// How many.
        persons: u32,
    },
    /// Persons of a household for whom something is due, and for whom nothing is.
    Persons {
        /// Who pays.
        paying: u32,
        /// Who is exempt.
        free: u32,
    },
    /// No income is stated, so the least contribution is due.
    NoIncome {
        /// The least.
        minimum: u64,
    },
    /// A contribution on an income.
    OfIncome {
        /// Base of a month, rounded for showing.
        base: u64,
        /// Share of it.
        rate: BasisPoints,
        /// What that gives.
        due: u64,
        /// The least that is due.
        minimum: u64,
    },
    /// Months for which nothing is due.
    FreeMonths {
        /// How many of this period.
        months: u32,
        /// Counted from.
        since: Date,
    },
    /// Somebody else pays a part.
    Subsidy {
        /// Who.
        payer: Contributor,
        /// How much.
        subsidy: u64,
        /// Of how much.
        total: u64,
    },
    /// The member pays nothing.
    NothingDue,
    /// A share was paid that gives cover.
    Paid {
        /// How much.
        paid: u64,
        /// Of how much.
        due: u64,
        /// Covered to.
        through: Date,
    },
    /// Months were paid.
    PaidMonths {
        /// How much.
        paid: u64,
        /// Months that are covered.
        months: u32,
        /// Covered to.
        through: Date,
    },
    /// Too little for any cover.
    NotEnough {
        /// What was paid.
        paid: u64,
        /// What is due, for the period or the first month.
        due: u64,
        /// The least that is missing.
        missing: u64,
    },
    /// What more would give.
    More {
        /// How much more.
        missing: u64,
        /// Covered to then.
        through: Date,
    },
    /// The step was reached when its time was over.
    PaidLate {
        /// When.
        on: Date,
        /// Its last day.
        through: Date,
    },
    /// What was paid is for months before the day of payment.
    Arrears {
        /// Last paid day.
        through: Date,
        /// What is missing for cover now.
        missing: u64,
    },
    /// Renewed in time: cover goes on.
    Continues {
        /// Last day before.
        previous: Date,
        /// First day of this cover.
        from: Date,
    },
    /// The gap is short enough.
    NoNewWait {
        /// Days without cover.
        days: i32,
        /// Most that are allowed.
        limit: i32,
    },
    /// The gap is too long.
    WaitsAgain {
        /// Days without cover.
        days: i32,
        /// Most that are allowed.
        limit: i32,
    },
    /// The wait ran under an earlier registration.
    ServedElsewhere {
        /// Since.
        since: Date,
    },
    /// Groups that wait.
    Waits {
        /// They.
        groups: Vec<BenefitGroup>,
        /// First covered day.
        first: Date,
    },
    /// Groups that do not wait.
    WaitSpared {
        /// Why.
        because: Criterion,
        /// They.
        groups: Vec<BenefitGroup>,
    },
    /// Functions that come on a day.
    FunctionLater {
        /// They.
        functions: Vec<Function>,
        /// The day.
        day: Date,
    },
    /// Functions for which months are missing.
    FunctionUnpaid {
        /// They.
        functions: Vec<Function>,
        /// Months that count so far.
        paid: u32,
        /// Months that are needed.
        needed: u32,
    },
    /// The card starts with the first function.
    StartsLater {
        /// The day.
        start: Date,
    },
    /// The first function comes after what is paid for.
    FunctionAfter {
        /// The day.
        day: Date,
        /// Last paid day.
        through: Date,
    },
    /// No function yet.
    NoFunction,
}

impl Note {
    /// The sentence.
    pub fn words(&self, currency: &Currency) -> String {
        let money = |minor: u64| {
            let minor = Count::new(minor).unwrap_or(Count::MAX);
            Money { minor, currency: currency.clone() }.in_ordinary_units()
        };
        match self {
            Note::Class { class, because: None } => format!("class {}", class.as_str()),
            Note::Class { class, because: Some(because) } => format!("class {} ({because})", class.as_str()),
            Note::Exempt { because } => format!("exempt from paying ({because})"),
            Note::AllFree { persons } => {
                format!("exempt from paying by age ({})", counted(*persons, "person"))
            }
            Note::Persons { paying, free: 0 } => {
                format!("{} for whom a contribution is due", counted(*paying, "person"))
            }
            Note::Persons { paying, free } => {
                format!("{} for whom a contribution is due, {free} exempt by age", counted(*paying, "person"))
            }
            Note::NoIncome { minimum } => {
                format!("no income stated: the least contribution of {} a month is due", money(*minimum))
            }
            Note::OfIncome { base, rate, due, minimum } => {
                let least =
                    if due < minimum { format!(", at least {}", money(*minimum)) } else { String::new() };
                let rate = percent(i128::from(rate.value()));
                format!("{rate} of a monthly base of {} are {}{least}", money(*base), money(*due))
            }
            Note::FreeMonths { months, since } => {
                format!("nothing due for {} of the period (registered {since})", counted(*months, "month"))
            }
            Note::Subsidy { payer, subsidy, total } => {
                format!("{} pays {} of {}", payer.word(), money(*subsidy), money(*total))
            }
            Note::NothingDue => "nothing to pay".to_owned(),
            Note::Paid { due: 0, through, .. } => format!("covered to {through}"),
            Note::Paid { paid, due, through } => {
                let part = share(10_000, u128::from(*paid), u128::from(*due));
                let part = percent(i128::from(part));
                format!("paid {} of {} = {part}: covered to {through}", money(*paid), money(*due))
            }
            Note::PaidMonths { paid, months, through } => {
                let paid = if *paid == 0 { String::new() } else { format!("paid {}: ", money(*paid)) };
                format!("{paid}{} covered, to {through}", counted(*months, "month"))
            }
            Note::NotEnough { paid, due, missing } => format!(
                "paid {} of {}: not enough, no cover; {} missing for cover now",
                money(*paid),
                money(*due),
                money(*missing)
            ),
            Note::More { missing, through } => format!("{} more cover to {through}", money(*missing)),
            Note::PaidLate { on, through } => {
                format!("enough for cover to {through} was there on {on} only: no cover")
            }
            Note::Arrears { through, missing } => format!(
                "what was paid is for the time to {through}: no cover now; {} missing for cover now",
                money(*missing)
            ),
            Note::Continues { previous, from } => {
                format!("renewed in time, cover to {previous} goes on from {from}")
            }
            Note::NoNewWait { days, limit } => {
                format!("{days} days without cover, at most {limit}: no new waiting time")
            }
            Note::WaitsAgain { days, limit } => {
                format!("{days} days without cover, more than {limit}: waiting time starts again")
            }
            Note::ServedElsewhere { since } => format!("waiting time counted since {since}, served before"),
            Note::Waits { groups, first } => {
                format!("{} wait until {first}", words(groups, BenefitGroup::word))
            }
            Note::WaitSpared { because, groups } => {
                format!("{} without waiting ({because})", words(groups, BenefitGroup::word))
            }
            Note::FunctionLater { functions, day } => {
                format!("{} from {day} on, with a card of that day", words(functions, Function::word))
            }
            Note::FunctionUnpaid { functions, paid, needed } => {
                format!(
                    "{} after {}, {paid} so far",
                    words(functions, Function::word),
                    counted(*needed, "paid month")
                )
            }
            Note::StartsLater { start } => format!("qualified from {start} on: the card starts then"),
            Note::FunctionAfter { day, through } => {
                format!("qualified from {day} on, paid to {through} only: no cover yet")
            }
            Note::NoFunction => "qualified for nothing yet: no cover".to_owned(),
        }
    }
}

fn words<T: Copy>(entries: &[T], word: fn(T) -> &'static str) -> String {
    entries.iter().map(|entry| word(*entry)).collect::<Vec<_>>().join(" ")
}

fn counted(number: u32, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
