//! The rules of a scheme as data: how registration and payments become cover.
//!
//! A scheme file ([`Scheme`], `docs/schemes.md`) says what is due, who pays nothing, how far a payment reaches, who waits
//! for what, and in which co-pay class a person is. [`apply`] holds the facts of one registration ([`Facts`]) against it
//! and gives an [`Outcome`]: cover with its days, or none with what would change it, and every rule that counted as a
//! value ([`Note`]) with its words. Pure: no clock, no files, whole numbers only. The same facts give the same answer on
//! the same day, in whatever order the payments stand.
//!
//! Nothing here is a discretion: a scheme file has no free text that decides, and no member for a nationality, a religion
//! or an origin. Conditions such as an indigent's are facts of the register and never reach a card; a card has a co-pay
//! class.

mod apply;
mod calendar;
mod card;
mod check;
mod criterion;
mod due;
mod explain;
mod facts;
mod file;
mod read;
mod report;
mod review;
mod write;

pub use apply::{Contributed, Cover, Outcome, apply};
pub(crate) use card::passed_on;
pub use criterion::{ConditionName, Criterion, Person};
pub use explain::Note;
pub(crate) use facts::REGISTRATION_LIMITS;
pub use facts::{Facts, FactsFault, Payment};
pub use file::{
    Anchor, Child, Class, CoverRule, Due, DueAmount, Each, FunctionRule, Income, MonthDay, Period, Pooling,
    Qualifying, Scheme, ServedElsewhere, Step, Subsidy, SubsidyShare, Unit, Wait, WaitExemption, WaitLength,
    WaitOrigin,
};
pub use read::SCHEME_LIMITS;
pub use report::{Explanation, HEADER};
pub(crate) use review::review_scheme;
