//! Issuing entitlements: registers go in, signed and drawn documents come out, and nothing that was handed out is
//! ever forgotten.
//!
//! The order of a run: read and check the whole register ([`register`], [`csv_register`]); sign, open again, draw and
//! read back each document ([`issue`]); keep it on the disk ([`store`] over [`durable`]); hand it out ([`output`]).
//! [`run`] puts these together. What becomes of a document afterwards is its status: [`transition`] has the rules,
//! [`status`] changes it, [`publish`] tells the verifiers. [`open_forms`] says the same in the open standards. [`command`] is the `sanad-issuer` program.
//!
//! A delegate signs with a key of its own: [`delegation`] is the issuer's side of it, [`receipt`] the delegate's, whose
//! totals of each day stand in its [`ledger`].
//!
//! A host agency may derive a right of its own from verified foreign evidence ([`mod@derive`]); the root of the region and
//! the floors of its packs stand in [`pinned_region`].

pub mod approval;
pub mod audit;
pub mod authority;
pub mod backup;
mod code_words;
pub mod command;
pub mod config;
pub mod copies;
pub mod csv_register;
pub mod day_total;
pub mod delegation;
pub mod derive;
pub mod hsm;
#[cfg(test)]
mod invented;
pub mod issue;
pub mod keys;
pub mod ledger;
mod lines;
pub mod oidc;
pub mod open_forms;
pub mod output;
pub mod permutation;
pub mod pinned_region;
pub mod publish;
pub mod receipt;
pub mod register;
mod rejected;
pub mod role;
mod rows;
pub mod run;
pub mod scheme;
mod self_check;
pub mod service;
pub mod status;
mod status_bits;
pub mod status_jwt;
pub mod store;
mod strict_lines;
pub mod token;
pub mod transfer;
pub mod transition;
pub mod wallets;
mod whole_file;

pub use sanad_durable as durable;
