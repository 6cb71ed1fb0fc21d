//! Covered or not, for this, here, today, who pays and what to do now: the coverage decision and what follows from it.
//!
//! A checked pack, the documents shown and a context come in; a decision and a receipt go out. No network, no files, no
//! clock, no randomness: the same inputs give the same bytes. The library returns codes and values; programs say them
//! in the person's language.

pub mod totals;
