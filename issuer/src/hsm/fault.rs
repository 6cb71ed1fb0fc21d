//! Why a key in a hardware module did not sign. Each says what to do; none holds a PIN.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cryptoki::error::{Error, RvError};
use sanad_credential::{KeyId, PublicKey};

use super::TokenChoice;

/// Why a key in a hardware module did not sign.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HsmFault {
    /// The module cannot be loaded or started.
    #[error("{}: {problem}; hsm.module of issuer.toml must name a PKCS #11 module that this user may read", path.display())]
    Module {
        /// The module.
        path: PathBuf,
        /// What the system or the module said.
        problem: String,
    },
    /// The token is not there.
    #[error(
        "the module has no token {token}; it has {}. Connect it, or correct [hsm] of issuer.toml",
        listed(present)
    )]
    NoToken {
        /// The token of the configuration.
        token: TokenChoice,
        /// Labels of those that are there.
        present: Vec<String>,
    },
    /// Two tokens have the label.
    #[error("{count} tokens have the label {token}; name the slot instead: hsm.slot of issuer.toml")]
    TwoTokens {
        /// The token of the configuration.
        token: TokenChoice,
        /// How many.
        count: usize,
    },
    /// The token refuses the PIN. It was tried once.
    #[error(
        "the token {token} refuses the PIN ({problem}). It is not tried again: tokens lock themselves after a few. \
         Give the right one by --pin-file or SANAD_HSM_PIN, and start again"
    )]
    Pin {
        /// The token.
        token: TokenChoice,
        /// What it said.
        problem: String,
    },
    /// The token has no such key.
    #[error(
        "the token {token} has no private key {object}; restore it from the token's backup, or correct `hsm` of the key \
         in issuer.toml"
    )]
    NoKey {
        /// The token.
        token: TokenChoice,
        /// How it is called in the configuration.
        object: String,
    },
    /// The key is no Ed25519 key.
    #[error(
        "the private key {object} of the token is {found}, and not an Ed25519 key; documents are signed with those alone"
    )]
    OtherCurve {
        /// How it is called.
        object: String,
        /// What it is.
        found: String,
    },
    /// The key is another than that of the configuration.
    #[error("the private key {object} of the token is not the key {wanted} of issuer.toml{}", found_key(found.as_ref()))]
    OtherKey {
        /// How it is called.
        object: String,
        /// Its public half, where the token shows one.
        found: Option<PublicKey>,
        /// The key of the configuration.
        wanted: PublicKey,
    },
    /// The token cannot do what is needed.
    #[error(
        "the token {token} has no Ed25519 ({problem}); take one that has CKM_EDDSA, or keep this key in keys.age"
    )]
    NoMechanism {
        /// The token.
        token: TokenChoice,
        /// What it said.
        problem: String,
    },
    /// All sessions were in use for too long.
    #[error("all {sessions} sessions of the token were busy for {} seconds; raise hsm.sessions, or sign less at once", waited.as_secs())]
    Busy {
        /// Sessions there are.
        sessions: u32,
        /// How long was waited.
        waited: Duration,
    },
    /// A signature that does not verify.
    #[error(
        "the token returned a signature that does not hold under the key {key}, and nothing was signed with it: the module \
         is faulty, or the token was exchanged"
    )]
    BadSignature {
        /// The key.
        key: KeyId,
    },
    /// Anything else that the module refused.
    #[error(
        "the token {token} failed ({problem}); see that it is connected and its service runs. It is tried again with the next document"
    )]
    Failed {
        /// The token.
        token: TokenChoice,
        /// What it said.
        problem: String,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl HsmFault {
    /// Whether the configuration or the PIN is to be corrected, rather than the machine.
    pub fn is_input(&self) -> bool {
        !matches!(
            self,
            Self::Busy { .. } | Self::BadSignature { .. } | Self::Failed { .. } | Self::Randomness(_)
        )
    }
}

/// What a call of the module ended with, as a fault of ours.
pub(super) fn of_call(error: &Error, token: &TokenChoice) -> HsmFault {
    let (token, problem) = (token.clone(), shown(error));
    match error {
        Error::Pkcs11(
            RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinLocked
            | RvError::PinExpired
            | RvError::UserPinNotInitialized,
            _,
        ) => HsmFault::Pin { token, problem },
        Error::Pkcs11(
            RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
            | RvError::CurveNotSupported
            | RvError::DomainParamsInvalid,
            _,
        ) => HsmFault::NoMechanism { token, problem },
        _ => HsmFault::Failed { token, problem },
    }
}

/// The name of an answer, without the standard's paragraph on it.
pub(super) fn shown(error: &Error) -> String {
    match error {
        Error::Pkcs11(answer, function) => format!("C_{function:?}: {answer:?}"),
        other => other.to_string(),
    }
}

fn listed(labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| format!("\"{}\"", label.escape_debug())).collect();
    if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
}

fn found_key(found: Option<&PublicKey>) -> impl fmt::Display + use<> {
    found.map_or_else(String::new, |found| format!(" but {found}"))
}
