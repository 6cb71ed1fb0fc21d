//! The ceremonies of the region and of countries: `sanad-issuer authority`.
//!
//! The rules stand in [`sanad_trust::authoring`]; here are the keys of people ([`role_key`]), the repository as a
//! directory that any web server can hand out ([`directory`]), the words for what a draft changes ([`words`]) and for what
//! a file contradicts or leaves out ([`findings`]), and the commands (`command`).

mod acts;
pub(crate) mod command;
pub mod directory;
mod drafting;
pub mod findings;
pub mod role_key;
mod validate;
pub mod words;
