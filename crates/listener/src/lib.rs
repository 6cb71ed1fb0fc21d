//! What the services of issuer and verifier share: HTTP with limits for everything that comes from outside.
//!
//! Neither service depends on the other, so what both need stands here and knows nothing of documents. [`http`] accepts
//! connections and answers requests within [`limits`]; [`body`] and [`extract`] take requests apart; what is refused on
//! the way is a [`refusal`], which each service turns into a problem of its own table. [`config_file`] reads a
//! configuration, key by key ([`settings`]; [`listen`] and [`limits`] are sections of every service); [`log`], [`metrics`]
//! and [`readiness`] tell the operator what happens, and nobody about persons; [`routes`] finishes the routes and
//! [`document`] their description; [`cors`] opens some of them to pages of other sites; [`serve`] runs it all until
//! [`signals`] end it.

pub mod body;
pub mod config_file;
pub mod cors;
pub mod document;
pub mod extract;
pub mod http;
pub mod limits;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod readiness;
pub mod refusal;
pub mod routes;
pub mod serve;
pub mod settings;
pub mod signals;
