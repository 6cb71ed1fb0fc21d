//! The `sanad-verify` program as a library: what a QR code says ([`inspect`]), whether one pinned issuer signed it
//! ([`check`]), and what a pack says of it ([`check_pack`]).
//!
//! None is a decision on cover yet. What a device keeps between two runs is in its [`state`]: its [`key`], and its
//! [`trust_state`]. What phones present in the open standards is an [`open_form`].

pub mod answer_text;
pub mod check;
pub mod check_pack;
pub mod command;
pub mod counter;
pub mod fetch;
pub mod inspect;
pub mod key;
pub mod open_form;
pub mod pack_archive;
pub mod pack_files;
pub mod pack_info;
pub mod presentations;
pub mod receipts;
pub mod replay;
pub mod service;
pub mod state;
pub mod totals;
pub mod trust_state;
pub mod words;
