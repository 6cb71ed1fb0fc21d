//! The desk as a service: `sanad-verify serve`.
//!
//! [`config`] is what it is told; [`serve`] runs it over the listener that issuer and verifier share; [`router`] has the
//! routes, and [`openapi`] describes them. [`vc_api`] verifies W3C credentials and presentations for others' software, by
//! the keys and lists that [`trust`] has from the pack. What fails is told by [`problem`]. [`token`] says who may use the
//! desk's own API; [`state`] is what handlers share.
//!
//! Nothing here goes to the network, but for the loopback test profile ([`loopback`]), and nothing logs a person.

pub mod config;
pub mod loopback;
pub mod openapi;
pub mod problem;
pub mod router;
pub mod serve;
pub mod state;
pub mod token;
pub mod trust;
pub mod vc_api;
