//! The issuer as a service: `sanad-issuer serve`.
//!
//! [`config`] is what it is told, read by [`settings`]; [`serve`] runs it. [`http`] of `sanad-listener` listens, with limits for
//! everything that comes from outside; [`router`] has the routes; [`body`] and [`extract`] take requests apart for the handlers,
//! which share [`state`]. [`publisher`] keeps the published site current, and [`site`] serves it. What fails is told by
//! [`problem`]; [`openvc`] speaks the open standards; [`log`], [`metrics`] and [`health`] tell the operator what happens, and nobody about persons; [`openapi`]
//! describes the routes. Who calls is found by [`access`]; what they may do is [`caller`].

pub use sanad_listener::{http, settings};

pub mod access;
pub mod approvals;
pub mod bearer;
pub mod body;
pub mod caller;
pub mod config;
pub mod credentials;
pub mod delegations;
pub mod desk;
pub mod extract;
pub mod health;
pub mod job_routes;
pub mod jobs;
pub mod log;
pub mod metrics;
pub mod openapi;
pub mod openvc;
pub mod problem;
pub mod publisher;
pub mod rates;
pub mod receipts;
pub mod requests;
pub mod revocations;
pub mod router;
pub mod serve;
pub mod site;
pub mod state;
pub mod statistics;
pub mod status_changes;
pub mod store_choice;
pub mod stream;
pub mod successors;
pub mod tokens;
pub mod wallet_keeper;
