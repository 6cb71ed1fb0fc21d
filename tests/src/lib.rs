//! What the tests share: the laboratory that damages prints, arbitrary valid documents, and where the programs are, and
//! the parts of the specification that a program writes.

pub mod damage;
pub mod generate;
pub mod programs;
pub mod region;
pub mod specification;
