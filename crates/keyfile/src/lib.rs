//! Keys at rest, the same for every program.
//!
//! This crate exists so that the issuer, the verifier and the wallet can keep keys at rest without seeing each other:
//! an issuer must not depend on a verifier nor a verifier on an issuer, and two ways of encrypting one key would be
//! one too many. It knows files, streams and passphrases, and the one kind of key that two programs have: a delegate's own
//! ([`DelegateKey`]), which a facility's device makes with `sanad-verify` and a co-operative with `sanad-issuer`.

mod delegate_key;
mod file;
pub mod passphrase;
pub mod pin;
pub mod secret;
pub mod stream;
pub mod tx_code;

pub use delegate_key::{DelegateKey, DelegateKeyFault};
pub use file::{
    Existing, KeyFault, MAX_SECRET_BYTES, MAX_WORK_FACTOR, WORK_FACTOR, read, read_in_the_clear, write,
    write_in_the_clear,
};
