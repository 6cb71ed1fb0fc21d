//! The service in the open standards: [`forms`] of a credential, and [`well_known`] addresses under which software of
//! others looks for the issuer's keys.
//!
//! Without a did:web in issuer.toml none of it is there: the well-known addresses are not found, and the forms are refused
//! as `form-unavailable`.

pub mod forms;
pub mod well_known;
