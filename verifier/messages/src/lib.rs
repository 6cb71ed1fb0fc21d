//! What an answer says to people, in eight languages, from one catalogue.
//!
//! The decision gives codes and values; this crate says them: to clinic staff what was found and what to do, to the
//! patient a remedy and never an accusation. A program asks with the codes' own types, so that no caller spells a
//! key. The texts are Fluent files, `messages/<language>.ftl`, complete in each language; a test holds this, and
//! what were missing all the same would be said in English.
//!
//! No I/O, no clock, no look at the environment: a program reads its preferences and hands them to [`choose`].
//!
//! Numbers have western digits in every language in this version, days are `YYYY-MM-DD`, money comes as text.
//!
//! **Limitation.** The texts await review by people who work for a health insurance in each language
//! (`docs/languages.md`).

mod catalogue;
mod inserted;
mod key;
mod language;
mod remedy;
mod screen;
#[cfg(test)]
mod tests;

pub use catalogue::Catalogue;
pub use language::{Direction, Language, choose};
pub use remedy::{CoveredHere, RemedyValues};
pub use screen::{Age, Heading, Notice, PatientPays};
