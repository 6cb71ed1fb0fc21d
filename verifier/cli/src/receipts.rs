//! The receipts that a facility signs, from the counter to the claim.
//!
//! [`log`] keeps them, [`sign()`] makes them, [`earlier`] says what the device must not forget, and [`ledger`] reads what
//! an outlet has redeemed elsewhere. [`delegations`] keeps what lets the device's key sign. [`export`] hands receipts to a
//! payer, [`sources`] and [`examine`] verify them, one by one and as [`chain`]s. Nothing here decides on cover and nothing
//! shows a name: a receipt has none.

pub mod chain;
pub mod delegations;
pub mod earlier;
pub mod examine;
pub mod export;
pub mod ledger;
pub mod log;
pub mod replay;
pub mod resolve;
pub mod row;
pub mod shown_again;
mod sign;
pub mod slip;
pub mod slip_page;
pub mod slip_svg;
pub mod slip_words;
pub mod sources;
pub mod stats;
pub mod totals;

pub use sign::{Answered, Notice, SignFault, Signed, sign, sign_resolution};
