//! How old a part of the pack is on the day of the service.
//!
//! Fresh needs three things: the clock is known, the part is in the pack with a date, and its age is within the bound. A
//! part without them is not fresh, and not empty either: no refusal may rest on it.

use sanad_credential::{Clock, Date};

use crate::context::Context;
use crate::findings::Proof;

/// Age in days up to which a trust list can prove that an issuer or key does not exist. Three months without network are
/// the case to be served; a key that is not yet in an older list may well be true.
pub const TRUST_LIST_DAYS_MAX: u32 = 90;

/// Age in days up to which rulebooks and agreements can prove that something is not covered: half a year, since their
/// versions are announced long before they are in force.
pub const RULES_DAYS_MAX: u32 = 180;

/// Age on the day of the service, in days, at least 0.
pub(crate) fn age(context: &Context, issued: Date) -> u32 {
    let days = i64::from(context.date.day_number()).saturating_sub(i64::from(issued.day_number()));
    u32::try_from(days.max(0)).unwrap_or(u32::MAX)
}

/// Whether a part with this date is fresh within so many days.
pub(crate) fn fresh_within(context: &Context, issued: Option<Date>, days: u32) -> Proof {
    let fresh = issued.is_some_and(|issued| age(context, issued) <= days);
    Proof::when(context.clock != Clock::Unknown && fresh)
}
