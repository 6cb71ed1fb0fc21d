//! The issuer as a service: `sanad-issuer serve`.
//!
//! [`config`] is what it is told, read by [`settings`]. Who calls and what they may do is [`caller`]. What fails is told by
//! [`problem`].

pub mod body;
pub mod caller;
pub mod config;
pub mod credentials;
pub mod delegations;
pub mod desk;
pub mod job_routes;
pub mod jobs;
pub mod problem;
pub mod receipts;
pub mod settings;
pub mod state;
pub mod statistics;
pub mod status_changes;
pub mod store_choice;
pub mod stream;
pub mod successors;
