//! What the tests share: the laboratory that damages prints, arbitrary valid documents, and where the programs are.

pub mod damage;
pub mod generate;
pub mod programs;
