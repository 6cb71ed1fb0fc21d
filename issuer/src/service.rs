//! The issuer as a service: `sanad-issuer serve`.
//!
//! [`config`] is what it is told, read by [`settings`]. What fails is told by [`problem`].

pub mod config;
pub mod problem;
pub mod settings;
