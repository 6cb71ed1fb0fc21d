//! What the services of issuer and verifier share: HTTP with limits for everything that comes from outside.
//!
//! Neither service depends on the other, so what both need stands here and knows nothing of documents. [`http`] accepts
//! connections and answers requests within [`limits`]; [`body`] and [`extract`] take requests apart; what is refused on
//! the way is a [`refusal`], which each service turns into a problem of its own table. [`settings`] reads a
//! configuration key by key; [`log`], [`metrics`] and [`readiness`] tell the operator what happens, and nobody about
//! persons; [`document`] finishes the description of the routes; [`signals`] ends a service.

pub mod body;
pub mod document;
pub mod extract;
pub mod http;
pub mod limits;
pub mod log;
pub mod metrics;
pub mod readiness;
pub mod refusal;
pub mod settings;
pub mod signals;
