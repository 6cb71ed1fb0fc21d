//! The scheme file: its members as types. `read` reads them, `check` compares them, `write` writes them.
//!
//! Amounts are whole numbers of the currency's smallest unit. Where a member can be left out, the comment says what
//! that means.

use sanad_credential::{
    Area, BasisPoints, BenefitGroup, Contributor, CopayClass, Count, Currency, Date, Function, IssuerId,
    Level, ProductId, Set,
};
use sanad_trust::{LanguageTexts, LegalReference};

use super::criterion::{ConditionName, Criterion};

/// A scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// Whose scheme it is.
    pub issuer: IssuerId,
    /// The product that is issued.
    pub product: ProductId,
    /// Lowest version of the product's rulebook.
    pub rulebook: Count,
    /// Version of this file.
    pub version: Count,
    /// First day on which a period that it speaks of may begin.
    pub from: Date,
    /// What it rests on.
    pub legal_ref: LegalReference,
    /// Currency of every amount.
    pub currency: Currency,
    /// Where cover holds.
    pub territory: Set<Area, 1, 16>,
    /// Highest level of facility without referral; the rulebook's when absent.
    pub max_level: Option<Level>,
    /// Whether a ceiling is shared.
    pub pooled: Pooling,
    /// Groups that a suspension leaves alone; the rulebook's when absent.
    pub survives_suspension: Option<Set<BenefitGroup>>,
    /// Days of grace; the rulebook's when absent.
    pub grace_days: Option<Count>,
    /// Who is one member.
    pub unit: Unit,
    /// Conditions that a registration may state, with their meaning.
    pub conditions: Vec<(ConditionName, LanguageTexts)>,
    /// Functions of the card.
    pub functions: Vec<FunctionRule>,
    /// Which stretch of time is paid for at once.
    pub period: Period,
    /// How far a payment reaches.
    pub cover: CoverRule,
    /// Classes; the first that fits, where the registration names none.
    pub classes: Vec<Class>,
    /// Who pays nothing.
    pub exempt: Vec<Criterion>,
    /// Months after registration for which nothing is due.
    pub free_months: u32,
    /// Waits.
    pub waits: Vec<Wait>,
    /// Days without cover after which waits start again; never when absent.
    pub lapse_days: Option<u32>,
    /// Whether a wait that was served under an earlier registration counts.
    pub served_elsewhere: ServedElsewhere,
}

/// Whether a ceiling is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// `"pooled": true`.
    Shared,
    /// No such member.
    Own,
}

/// Who is one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A person.
    Person,
    /// A household; its conditions are those of all its members.
    Household,
}

/// Functions that are on the card together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionRule {
    /// The functions.
    pub functions: Set<Function>,
    /// What a person must have before.
    pub qualifying: Option<Qualifying>,
    /// Who need not have it.
    pub unless: Vec<Criterion>,
}

/// What a person must have before a function is on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifying {
    /// So many months since registration.
    Registered(u32),
    /// So many months that were paid.
    Paid(u32),
}

/// Which stretch of time is paid for at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// From one of these days of the year to the day before the next.
    Calendar(Vec<MonthDay>),
    /// So many months from a day of the person's own.
    Months(u32, Anchor),
}

/// Day of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 28: a day that every month has.
    pub day: u8,
}

/// From which day months are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The day on which enough was paid, or the day after the previous cover.
    Payment,
    /// The day of registration; the periods follow each other from there.
    Registration,
}

/// How far a payment reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoverRule {
    /// By the share of the period's contribution; the last step is the whole.
    Steps(Vec<Step>),
    /// A month for each month's contribution, from the first that is owed.
    Month,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Least share that is paid.
    pub paid: BasisPoints,
    /// Months of the period that it covers; all when absent.
    pub months: Option<u32>,
}

/// A class of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name in the register.
    pub name: ConditionName,
    /// Who belongs to it where the registration names no class: everybody when absent, nobody when empty.
    pub when: Option<Vec<Criterion>>,
    /// Class in the rulebook's co-pay table.
    pub copay_class: CopayClass,
    /// What is due.
    pub due: Due,
    /// What somebody else pays of it.
    pub subsidy: Option<Subsidy>,
}

/// A contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// For which time.
    pub each: Each,
    /// How much.
    pub amount: DueAmount,
}

/// For which time a contribution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// The period.
    Period,
    /// A month of it.
    Month,
}

/// How much is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueAmount {
    /// So much for the member, a household as a whole.
    Flat(Count),
    /// So much for each person of the household.
    PerPerson {
        /// For a person who is no child.
        adult: Count,
        /// For a child, where it differs.
        child: Option<Child>,
    },
    /// A share of an income that the registration states.
    Income(Income),
}

/// What is due for a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    /// The amount.
    pub minor: Count,
    /// Completed years of a child at most.
    pub age_at_most: u8,
}

/// A share of an income.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Income {
    /// Months of which the income is stated.
    pub months: u32,
    /// Share of the income that counts.
    pub base: BasisPoints,
    /// Share of what counts that is due.
    pub rate: BasisPoints,
    /// Lowest base of a month.
    pub base_minimum: Option<Count>,
    /// Highest base of a month.
    pub base_maximum: Option<Count>,
    /// Lowest contribution of a month; also what is due where no income is stated.
    pub minimum: Option<Count>,
}

/// What somebody else pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subsidy {
    /// Who.
    pub payer: Contributor,
    /// How much.
    pub share: SubsidyShare,
}

/// How much of a contribution somebody else pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubsidyShare {
    /// A share of it.
    Share(BasisPoints),
    /// An amount for each amount that is due: of a household's persons, for each of them.
    Amount(Count),
}

/// A wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Groups that wait; all when absent.
    pub groups: Option<Set<BenefitGroup, 1>>,
    /// How long.
    pub length: WaitLength,
    /// From when on.
    pub origin: WaitOrigin,
    /// Who does not wait, and for what.
    pub unless: Vec<WaitExemption>,
}

/// How long a wait is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitLength {
    /// Days; a wait of 30 from the 1st ends with the 30th.
    Days(u32),
    /// Months of the calendar.
    Months(u32),
}

/// From when a wait runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOrigin {
    /// Registration.
    Registration,
    /// First day of cover.
    Cover,
}

/// Who does not wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitExemption {
    /// Who.
    pub when: Criterion,
    /// For what; for everything when absent.
    pub groups: Option<Set<BenefitGroup, 1>>,
}

/// Whether a wait that was served under an earlier registration counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServedElsewhere {
    /// `"served_elsewhere": true`: the wait runs from `wait_served_since`.
    Counts,
    /// `"served_elsewhere": false`.
    StartsAgain,
}

impl std::fmt::Display for MonthDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}
