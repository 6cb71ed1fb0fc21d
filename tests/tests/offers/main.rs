//! A wallet follows an issuer's credential offer, and answers a verifier's request, with the programs and the network of this
//! machine: the whole flow, and every fault of a link, an issuer, a verifier, and a server that pretends to be one. Each fault
//! leaves the wallet as it was, and shows nothing. And what the issuer's VC-API signs, the verifier's reads, with the status
//! that stands at the issuer.
//!
//! The issuers, the servers and the people are invented.

mod beside;
mod desk;
mod flow;
mod front;
mod interrupted;
mod kills;
mod office;
mod presenting;
mod pretenders;
mod vc_api;
mod verifiers;
mod wallet;
