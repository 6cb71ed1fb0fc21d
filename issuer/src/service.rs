//! The issuer as a service.

pub mod desk;
