//! The desk's service in its loopback test profile: the verifier's rows of the HTTP contract for W3C credentials, and what
//! public suites do not ask. All people, issuers and keys are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod by_hand;
mod credentials;
mod envelopes;
mod hostile;
mod identifiers;
mod presentations;
mod server;
mod signing;
mod status;
