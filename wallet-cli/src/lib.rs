//! The `sanad-wallet` program as a library: entitlements that a worker holds, or a clerk for people without a phone.
//!
//! [`holding`] keeps them on the disk, [`show`] draws them, [`command`] is the program.

pub mod command;
pub mod holding;
pub mod show;
mod whole_file;
