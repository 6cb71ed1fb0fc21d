//! The coverage decision: worked cases, the properties I1 to I8, and the borders of every rule.
//!
//! The people and schemes in the cases are invented.

mod asked;
mod bad_input;
mod cases;
mod changed;
mod listed;
mod money;
mod properties;
mod receipts;
mod shares;
mod weaker;
