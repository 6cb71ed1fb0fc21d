//! The key with which this desk signs what it asks phones. Its did:key is the desk's name: a wallet that has seen it knows
//! the facility again.
//!
//! It stands in a file of its own, in the clear, since the service starts without anybody at hand; it proves who asks and
//! signs no receipt. Where the configuration names no file, one is made in the state directory at the first start, on the
//! disk before the first request goes out. Refused, and never replaced: a file that others than its owner may read, one
//! that is damaged (the name stands beside the secret and must be its own), and a configured one that is missing: a desk
//! that quietly took another name would be a stranger to every wallet.

use std::path::{Path, PathBuf};

use sanad_credential::SigningKey;
use sanad_keyfile::{Existing, KeyFault, secret};
use sanad_openvc::{PublicKey, did_key};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::state::{State, StateFault};

/// Name of the file in the state directory.
pub const FILE_NAME: &str = "request.key";

/// The key, and the name that follows from it.
pub struct RequestKey {
    /// What signs requests.
    pub key: SigningKey,
    /// The did:key.
    pub did: String,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum RequestKeyFault {
    /// The state directory.
    #[error(transparent)]
    State(#[from] StateFault),
    /// The file.
    #[error(transparent)]
    File(#[from] KeyFault),
    /// The configured file is missing.
    #[error(
        "{}: there is no request key (desk.request_key_file). Leave the setting out to have one made in the state \
         directory, as {FILE_NAME}; it can be moved here then",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What stands in it is no key.
    #[error(
        "{}: {problem}. Restore it from a copy; or move it away, and the desk takes a new name that wallets do not know",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong; never what stands there.
        problem: &'static str,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// The file; the secret is wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    did: String,
    secret: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl RequestKey {
    /// The key of this desk: that of the configured file, else that of the state directory, which is made where there is
    /// none yet.
    ///
    /// # Errors
    /// [`RequestKeyFault`]; no file was changed.
    pub fn obtain(configured: Option<&Path>, state: &State) -> Result<Self, RequestKeyFault> {
        if let Some(path) = configured {
            return match Self::load(path) {
                Err(RequestKeyFault::File(KeyFault::Missing { path })) => {
                    Err(RequestKeyFault::Missing { path })
                }
                other => other,
            };
        }
        let path = state.dir().join(FILE_NAME);
        match Self::load(&path) {
            Err(RequestKeyFault::File(KeyFault::Missing { .. })) => {}
            other => return other,
        }
        state.make()?;
        match Self::make(&path) {
            // Another program was quicker: its key counts.
            Err(RequestKeyFault::File(KeyFault::AlreadyExists { .. })) => Self::load(&path),
            other => other,
        }
    }

    fn make(path: &Path) -> Result<Self, RequestKeyFault> {
        let secret = secret::draw().map_err(RequestKeyFault::Randomness)?;
        let made = Self::of(SigningKey::from_secret(&secret));
        let stored = Stored { did: made.did.clone(), secret: secret::to_hex(&secret) };
        // The capacity keeps the buffer from moving, which would leave copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(512));
        if serde_json::to_writer(&mut *text, &stored).is_err() {
            return Err(damaged(path, "a new key cannot be written"));
        }
        text.push(b'\n');
        sanad_keyfile::write_in_the_clear(path, &text, Existing::Refuse)?;
        tracing::info!(did = made.did, "a request key was made; the desk's name is new");
        Ok(made)
    }

    fn load(path: &Path) -> Result<Self, RequestKeyFault> {
        let text = sanad_keyfile::read_in_the_clear(path)?;
        // The fault of a parser may quote what stands there.
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|_| damaged(path, "it is no request key, or damaged"))?;
        let secret = secret::from_hex(&stored.secret)
            .ok_or_else(|| damaged(path, "its secret does not have 64 hexadecimal digits"))?;
        let read = Self::of(SigningKey::from_secret(&secret));
        if read.did == stored.did {
            Ok(read)
        } else {
            Err(damaged(path, "the name in it is not that of its secret: one of them is damaged"))
        }
    }

    fn of(key: SigningKey) -> Self {
        let did = did_key(&PublicKey::Ed25519(key.public_key()));
        Self { key, did }
    }
}

impl std::fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RequestKey({}, secret)", self.did)
    }
}

fn damaged(path: &Path, problem: &'static str) -> RequestKeyFault {
    RequestKeyFault::Damaged { path: path.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn state() -> (tempfile::TempDir, State, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let state = State::locate(Some(&dir.path().join("deep").join("state"))).unwrap();
        let path = state.dir().join(FILE_NAME);
        (dir, state, path)
    }

    #[test]
    fn the_name_is_the_same_at_every_start_and_the_file_is_its_owners_alone() {
        let (_dir, state, path) = state();
        let first = RequestKey::obtain(None, &state).unwrap();
        assert!(first.did.starts_with("did:key:z6Mk"), "{}", first.did);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(RequestKey::obtain(None, &state).unwrap().did, first.did);
        assert_eq!(RequestKey::obtain(Some(&path), &state).unwrap().did, first.did);
        let secret = fs::read_to_string(&path).unwrap();
        let secret = secret.split('"').find(|part| part.len() == 64).unwrap();
        assert!(!format!("{first:?}").contains(secret));
    }

    #[test]
    fn a_damaged_file_is_refused_and_not_replaced() {
        let (_dir, state, path) = state();
        RequestKey::obtain(None, &state).unwrap();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() - 1 {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            for content in [&altered[..], &whole[..at]] {
                fs::write(&path, content).unwrap();
                let fault = RequestKey::obtain(None, &state).unwrap_err();
                assert!(matches!(fault, RequestKeyFault::Damaged { .. }), "byte {at}: {fault:?}");
                assert!(fault.to_string().contains(FILE_NAME), "{fault}");
                assert_eq!(fs::read(&path).unwrap(), content, "byte {at}");
            }
        }
    }

    #[test]
    fn a_file_that_others_may_read_and_a_configured_one_that_is_missing_are_refused() {
        let (dir, state, path) = state();
        RequestKey::obtain(None, &state).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let fault = RequestKey::obtain(None, &state).unwrap_err();
        assert!(matches!(fault, RequestKeyFault::File(KeyFault::OpenToOthers { .. })), "{fault:?}");
        let elsewhere = dir.path().join("other.key");
        let fault = RequestKey::obtain(Some(&elsewhere), &state).unwrap_err();
        assert!(matches!(fault, RequestKeyFault::Missing { .. }), "{fault:?}");
        assert!(!elsewhere.exists());
    }
}
