//! The desk as a service: `sanad-verify serve`.
//!
//! [`config`] is what it is told; [`serve`] runs it over the listener that issuer and verifier share; [`router`] has the
//! routes, and [`openapi`] describes them. [`vc_api`] verifies W3C credentials and presentations for others' software, by
//! the keys and lists that [`trust`] has from the pack. [`presenting`] asks phones for an entitlement ([`openid4vp`], with
//! the [`question`] of the desk kept by [`requests`] and [`request_files`], under the name of its [`request_key`]) and comes to the [`decision`] of
//! a paper QR. What fails is told by [`problem`]. [`token`] says who may use the desk's own API; [`state`] is what handlers
//! share.
//!
//! Nothing here goes to the network, but for the loopback test profile ([`loopback`]), and nothing logs a person.

pub mod config;
pub mod decision;
pub mod loopback;
pub mod openapi;
pub mod openid4vp;
pub mod presenting;
pub mod problem;
pub mod question;
pub mod request_files;
pub mod request_key;
pub mod requests;
pub mod router;
pub mod serve;
pub mod state;
pub mod token;
pub mod trust;
pub mod vc_api;
