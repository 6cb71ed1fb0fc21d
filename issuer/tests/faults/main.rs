//! The real program under load, and what befalls it: killed, the power cut, the disk full, its database away.
//!
//! Every case is a campaign of rounds. In each round officers work over HTTP (issue, ask again with the same key, re-issue,
//! suspend, resume, revoke, read) and a bulk job runs; in the middle something is broken; the officers go on asking for
//! what was not answered, as a client with idempotency keys does. Then everything that was acknowledged is looked for:
//! over HTTP, in the published list, and in the store, where each document, number and index must be there once and
//! nothing else. What these tests prove, and what not, stands in docs/faults.md.
//!
//! - `SANAD_FAULT_ROUNDS=n`: rounds of each case (2 without it).
//! - `SANAD_FAULT_MARGIN_SECONDS=n`: how much later than promised a revocation may be published (60 without it).
//! - The cases with PostgreSQL start clusters of their own from the installed server; `cargo xtask test` installs one.
//! - Power cut and full disk need a loop device and a mount, which take root. Elsewhere they say that they did not run.
//!
//! All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly"
)]

mod bulk;
mod campaign;
mod client;
mod cluster;
mod database_faults;
mod disk;
mod disk_faults;
mod kills;
mod office;
mod officer;
mod random;
mod watch;

/// Rounds of each case.
fn rounds() -> u64 {
    match std::env::var("SANAD_FAULT_ROUNDS") {
        Ok(text) => text.parse().expect("SANAD_FAULT_ROUNDS is a number"),
        Err(_) => 2,
    }
}
