//! The issuer as a service: `sanad-issuer serve`.
//!
//! Who calls and what they may do is [`caller`].

pub mod caller;
