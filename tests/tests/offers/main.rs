//! A wallet follows an issuer's credential offer, with the two programs and the network of this machine: the whole flow, and
//! every fault of a link, an issuer and a server that pretends to be one. Each fault leaves the wallet as it was.
//!
//! The issuers, the servers and the people are invented.

mod flow;
mod office;
mod pretenders;
mod wallet;
