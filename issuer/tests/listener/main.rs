//! The service's listener from outside, on loopback: attacks by name, shutdown, TLS, log, publication.
//!
//! All people are invented; the key in `tls` was made for these tests and is worth nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod bodies;
mod client;
mod heads;
mod process;
mod publication;
mod server;
mod shutdown;
mod smuggling;
mod tls;
