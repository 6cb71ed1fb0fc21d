//! The receipts of a device: the log, what it proves, and what others can do to it. All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod chain;
mod log;
mod made;
mod slip;
mod stats;
