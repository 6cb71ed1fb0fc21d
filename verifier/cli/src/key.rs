//! `sanad-verify key`: the key of this device, with which a facility signs its receipts.
//!
//! The key is drawn here and never leaves: what goes out is a request with a proof of possession, which an issuer of
//! the facility's country answers with a delegation whose id is the facility's. Refuses to replace a key unless told
//! to: receipts that the old one signed form a chain, and its delegation stays good until the issuer takes it back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sanad_credential::{DelegationId, Fault, Scope, Set};
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::{DelegateKey, DelegateKeyFault, Existing, KeyFault};
use sanad_trust::DelegationRequest;

use crate::state::{State, StateFault};

/// Whose key is made, and for what.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The facility.
    pub facility: DelegationId,
    /// What the device is to do.
    pub scopes: Set<Scope>,
    /// What happens to a key that is there.
    pub existing: Existing,
}

/// Why there is no key or request.
#[derive(Debug, thiserror::Error)]
pub enum DeviceKeyFault {
    /// The state directory.
    #[error(transparent)]
    State(#[from] StateFault),
    /// This device has a key.
    #[error(
        "this device has a key already, {}; `sanad-verify key show` prints its request again. With --replace it is \
         lost for good, and the issuer should take its delegation back",
        path.display()
    )]
    HasKey {
        /// The key file.
        path: PathBuf,
    },
    /// This device has no key.
    #[error("this device has no key yet, {} is missing; make one with `sanad-verify key init`", path.display())]
    NoKey {
        /// The key file.
        path: PathBuf,
    },
    /// The key file.
    #[error(transparent)]
    Key(DelegateKeyFault),
    /// The request.
    #[error("{0}")]
    Request(Fault),
    /// The file of the request.
    #[error("{}: {source}", path.display())]
    Out {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Refuses where there is a key, before a passphrase is asked for.
///
/// # Errors
/// [`DeviceKeyFault::HasKey`].
pub fn may_init(state: &State, existing: Existing) -> Result<(), DeviceKeyFault> {
    let path = state.key_file();
    match existing {
        Existing::Refuse if path.exists() => Err(DeviceKeyFault::HasKey { path }),
        _ => Ok(()),
    }
}

/// Draws the key of this device, and asks for its delegation.
///
/// # Errors
/// [`DeviceKeyFault`].
pub fn init(
    state: &State,
    new: &NewKey,
    passphrase: &Passphrase,
) -> Result<DelegationRequest, DeviceKeyFault> {
    state.make()?;
    let (path, existing) = (state.key_file(), new.existing);
    let made = DelegateKey::create(new.facility.clone(), new.scopes.clone(), &path, passphrase, existing);
    request(made.map_err(|fault| at(path, fault))?)
}

/// Refuses where there is no key, before a passphrase is asked for.
///
/// # Errors
/// [`DeviceKeyFault::NoKey`].
pub fn must_exist(state: &State) -> Result<(), DeviceKeyFault> {
    let path = state.key_file();
    if path.exists() { Ok(()) } else { Err(DeviceKeyFault::NoKey { path }) }
}

/// The key of this device, to sign with.
///
/// # Errors
/// [`DeviceKeyFault`].
pub fn load(state: &State, passphrase: &Passphrase) -> Result<DelegateKey, DeviceKeyFault> {
    let path = state.key_file();
    DelegateKey::load(&path, passphrase).map_err(|fault| at(path, fault))
}

/// The request of this device's key again.
///
/// # Errors
/// [`DeviceKeyFault`].
pub fn show(state: &State, passphrase: &Passphrase) -> Result<DelegationRequest, DeviceKeyFault> {
    request(load(state, passphrase)?)
}

/// Writes a request to a file. It is public and can be printed again, so an existing file is replaced.
///
/// # Errors
/// [`DeviceKeyFault::Out`].
pub fn write(request: &DelegationRequest, out: &Path) -> Result<(), DeviceKeyFault> {
    let written = fs::write(out, format!("{}\n", request.to_json()));
    written.map_err(|source| DeviceKeyFault::Out { path: out.to_owned(), source })
}

fn request(own: DelegateKey) -> Result<DelegationRequest, DeviceKeyFault> {
    DelegationRequest::make(own.id, own.scopes, &own.key).map_err(DeviceKeyFault::Request)
}

fn at(path: PathBuf, fault: DelegateKeyFault) -> DeviceKeyFault {
    match fault {
        DelegateKeyFault::File(KeyFault::AlreadyExists { .. }) => DeviceKeyFault::HasKey { path },
        DelegateKeyFault::File(KeyFault::Missing { .. }) => DeviceKeyFault::NoKey { path },
        other => DeviceKeyFault::Key(other),
    }
}

#[cfg(test)]
mod tests {
    use sanad_keyfile::passphrase::Purpose;

    use super::*;

    fn passphrase() -> Passphrase {
        Passphrase::parse("correct horse", Purpose::Create).unwrap()
    }

    fn new_key(existing: Existing) -> NewKey {
        NewKey {
            facility: DelegationId::new("UG-F01").unwrap(),
            scopes: Set::new(vec![Scope::Verify]).unwrap(),
            existing,
        }
    }

    #[test]
    fn a_key_is_replaced_only_when_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::locate(Some(&dir.path().join("deep").join("state"))).unwrap();
        assert!(matches!(show(&state, &passphrase()), Err(DeviceKeyFault::NoKey { .. })));
        let first = init(&state, &new_key(Existing::Refuse), &passphrase()).unwrap();
        assert!(may_init(&state, Existing::Refuse).is_err());
        let fault = init(&state, &new_key(Existing::Refuse), &passphrase()).unwrap_err();
        assert!(matches!(fault, DeviceKeyFault::HasKey { .. }), "{fault:?}");
        assert_eq!(show(&state, &passphrase()).unwrap(), first, "the same request again");
        let second = init(&state, &new_key(Existing::Replace), &passphrase()).unwrap();
        assert_ne!(second.key(), first.key());
        let out = dir.path().join("request.json");
        write(&second, &out).unwrap();
        assert_eq!(DelegationRequest::parse(&fs::read_to_string(out).unwrap()).unwrap(), second);
    }
}
