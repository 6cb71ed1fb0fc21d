//! The receipts that a facility signs, from the counter to the claim.
//!
//! [`log`] keeps them, [`sign()`] makes them, [`earlier`] says what the device must not forget, and [`ledger`] reads what
//! an outlet has redeemed elsewhere. [`delegations`] keeps what lets the device's key sign. Nothing here decides on cover
//! and nothing shows a name: a receipt has none.

pub mod delegations;
pub mod earlier;
pub mod ledger;
pub mod log;
mod sign;

pub use sign::{Answered, Notice, SignFault, Signed, sign, sign_resolution};
