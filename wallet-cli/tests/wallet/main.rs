//! The program as people use it who make mistakes, are robbed, or are deceived: what it says, what it ends with, and what it
//! leaves alone.
//!
//! All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod carrying;
mod desk;
mod disk;
mod holders;
mod kills;
mod phones;
mod refusals;
mod secrecy;
mod using;
