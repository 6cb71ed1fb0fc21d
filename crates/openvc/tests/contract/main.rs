//! What the crate promises to those who verify what we issue and issue what we verify: the official vectors, every
//! value that the data model excludes, and attacks. All people in the documents are invented.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub,
    reason = "a test that meets what it does not expect must fail loudly at that place"
)]

mod bad_input;
mod credentials;
mod pinned;
mod presentations;
mod sd_jwt;
mod status;
mod support;
mod vectors;
