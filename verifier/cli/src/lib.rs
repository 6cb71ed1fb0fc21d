//! The `sanad-verify` program as a library: what a QR code says ([`inspect`]), and whether one pinned issuer signed
//! it ([`check`]).
//!
//! Neither is a decision on cover: status, agreements and rulebooks come with packs.

pub mod check;
pub mod check_pack;
pub mod command;
pub mod fetch;
pub mod inspect;
pub mod pack_files;
pub mod pack_info;
pub mod trust_state;
