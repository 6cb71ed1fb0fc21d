//! The issuer as a service: `sanad-issuer serve`.
//!
//! [`config`] is what it is told, read by [`settings`]. Who calls and what they may do is [`caller`]. What fails is told by
//! [`problem`].

pub mod caller;
pub mod config;
pub mod desk;
pub mod jobs;
pub mod problem;
pub mod settings;
