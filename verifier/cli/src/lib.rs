//! The `sanad-verify` program as a library: what a QR code says ([`inspect`]), and whether one pinned issuer signed
//! it ([`check`]).
//!
//! Neither is a decision on cover: status, agreements and rulebooks come with packs. What a device keeps between two
//! runs is its [`state`], so far its [`key`].

pub mod check;
pub mod check_pack;
pub mod command;
pub mod fetch;
pub mod inspect;
pub mod key;
pub mod pack_files;
pub mod pack_info;
pub mod state;
pub mod trust_state;
