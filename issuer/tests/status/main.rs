//! The status of documents, from the change to the published file: what is revoked stays revoked, what is published says
//! what the store says, and neither a clock, a backup, another file nor a kill makes a list go backward.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod invented;
mod kills;
mod program;
mod published;
mod publishing;
