//! The keys of an issuer: rotation as a person does it, kills in the middle of one, and keys in a hardware module.
//!
//! All people are invented. The modules are SoftHSM, and one that misbehaves around it; every test has a token of its own.
//! Without SoftHSM the tests fail and say what to install: keys that nobody tried are worse than a red test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod agreement;
mod faults;
mod forms;
mod hsm;
mod kills;
mod office;
mod rotation;
mod service;
mod softhsm;
