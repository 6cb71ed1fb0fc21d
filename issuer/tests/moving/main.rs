//! Stores that move, backups that come back, logs that were tampered with: what is read is believed in nothing, what is
//! written is whole or says that it is not, and no number is given twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::string_slice,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod audit;
mod backups;
mod failing;
mod invented;
mod kills;
mod migration;
mod program;
mod transfers;
mod untrue;
