//! The service in the open standards: [`forms`] of a credential, [`well_known`] addresses under which software of others
//! looks for the issuer's keys, the VC-API ([`vc_api`]), which refuses by [`answer`], and OpenID4VCI for wallets ([`vci`]). What public test suites want, and
//! an issuer of entitlements must not do, is apart from it in [`test_profile`].
//!
//! Without a did:web in issuer.toml none of it is there: the well-known addresses are not found, and the forms are refused
//! as `form-unavailable`.

pub mod answer;
pub mod forms;
pub mod test_profile;
pub mod vc_api;
pub mod vci;
pub mod well_known;
