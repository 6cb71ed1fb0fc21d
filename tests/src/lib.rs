//! What the tests share: the laboratory that damages prints, arbitrary valid documents, invented regions of any size, how
//! to measure, where the programs are, and the parts of the specification that a program writes.

pub mod damage;
pub mod generate;
pub mod large_region;
pub mod measure;
pub mod programs;
pub mod question;
pub mod region;
pub mod specification;
pub mod two_countries;
