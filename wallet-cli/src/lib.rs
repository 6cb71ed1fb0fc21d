//! The `sanad-wallet` program as a library: entitlements that a worker holds, or a clerk for people without a phone.
//!
//! [`holding`] keeps them on the disk, encrypted as [`vault`] says; [`entry`] is what is kept. [`show`] draws codes, [`page`]
//! a page of one, [`lapse`] says until when something is of use. [`backup`] and [`sheet`] carry a wallet elsewhere.
//! [`offer`] fetches what an issuer offers over the network, [`asked`] answers what a verifier asks there with an [`open_form`]; both
//! through [`web`]. [`preview`] asks the verifier what a clinic would answer. [`command`] is the program.

pub mod asked;
pub mod backup;
pub mod command;
pub mod entry;
mod form;
pub mod holding;
pub mod lapse;
pub mod offer;
pub mod open_form;
pub mod page;
pub mod preview;
pub mod sheet;
pub mod show;
pub mod vault;
pub mod web;
mod whole_file;
