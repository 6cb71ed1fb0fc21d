//! The service in the open standards: the program, requests over the network as officers, foreign verifiers and wallets
//! send them, and what a foreign verifier makes of the answers. All people and offices are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod browser;
mod copies;
mod foreign_verifier;
mod foreign_wallet;
mod forms;
mod hostile;
#[allow(dead_code, reason = "the tests of the service need more of it")]
#[path = "../service/http.rs"]
mod http;
#[allow(dead_code, reason = "the tests of the service need more of it")]
#[path = "../service/office.rs"]
mod office;
#[allow(dead_code, reason = "the suite of the stores needs more of it")]
#[path = "../store/scratch.rs"]
mod scratch;
mod vc_api;
mod vci;
mod wallet;

/// The office's name in these tests.
const DID: &str = "did:web:issuer.example";
