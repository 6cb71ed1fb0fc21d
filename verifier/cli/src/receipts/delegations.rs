//! What lets a facility's key sign: its delegations, as bytes to hand on and as claims that an issuer signed.
//!
//! They come with the pack, lie in the state directory (`delegations/<id>.cwt`, put there by `key accept`), or are given
//! as files. Several may belong to one key: a renewed one does not cover the days of the one before. A delegation counts
//! when its issuer's key is active and neither record nor grant forbids it; one that was taken back, is past its end or
//! allows less than a receipt needs is found out receipt by receipt.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sanad_credential::{
    Claims, Date, Delegation, DelegationId, Fault, KeyId, OWN_BYTES_MAX, PublicKey, Receipt, Scope, Sealed,
    Status, UnixTime,
};
use sanad_trust::judge::{Clock, Standing};
use sanad_trust::pack::Pack;
use sanad_trust::{DelegateRejection, IssuerRecord, Rejection, delegate_of, open_encounter};

use crate::state::State;
use crate::trust_state::{read_bounded, write_whole};

/// Name of the directory in that of the state.
const DIRECTORY: &str = "delegations";

/// Most delegations that are kept or read: a device with a new one each month for five years.
pub const DELEGATIONS_MAX: usize = 64;

/// A delegation of a facility, signed by an issuer that the pack knows.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The COSE_Sign1.
    pub document: Vec<u8>,
    /// What it says.
    pub claims: Claims,
    /// What became of it.
    pub standing: Standing,
}

/// Why a delegation was not kept or used.
#[derive(Debug, thiserror::Error)]
pub enum DelegationFault {
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not read, or nobody who may signed it.
    #[error("{place}: {rejection}")]
    Rejected {
        /// Where it comes from.
        place: String,
        /// Why.
        rejection: Rejection,
    },
    /// It is signed, and its issuer may not delegate so.
    #[error("{place}: its issuer may not sign such a delegation")]
    Excess {
        /// Where it comes from.
        place: String,
    },
    /// It is no delegation, or one across a border.
    #[error("{place}: {rejection}")]
    NoDelegation {
        /// Where it comes from.
        place: String,
        /// Why.
        rejection: DelegateRejection,
    },
    /// It is for another facility or another key.
    #[error(
        "{place}: it is for {found} with the key {}, this device is {wanted} with the key {}",
        found_key,
        wanted_key
    )]
    OtherKey {
        /// Where it comes from.
        place: String,
        /// Whom it names.
        found: String,
        /// The key it names.
        found_key: KeyId,
        /// Who this device is.
        wanted: String,
        /// Its key.
        wanted_key: KeyId,
    },
    /// It does not let the device sign receipts.
    #[error("{place}: it does not let the device sign receipts (scope verify)")]
    NoVerify {
        /// Where it comes from.
        place: String,
    },
    /// The issuer took it back.
    #[error("{place}: its issuer has taken it back")]
    Revoked {
        /// Where it comes from.
        place: String,
    },
    /// Too many files.
    #[error("{}: more than {DELEGATIONS_MAX} delegations", path.display())]
    TooMany {
        /// The directory.
        path: PathBuf,
    },
}

impl Opened {
    /// What the facility may do.
    pub fn delegate(&self) -> Option<&Delegation> {
        delegate_of(&self.claims).ok()
    }

    /// Whether its issuer took it back or suspended it.
    pub fn is_taken_back(&self) -> bool {
        matches!(self.standing, Standing::Listed { status: Status::Revoked | Status::Suspended, .. })
    }

    fn covers(&self, iat: UnixTime) -> bool {
        let day = iat.date();
        self.delegate().is_some_and(|delegate| (delegate.from..=delegate.to).contains(&day))
    }
}

/// Why a receipt is not proved to be its facility's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// It does not read, or it is no receipt.
    Malformed(Fault),
    /// No delegation is for the key that it names.
    NoDelegation {
        /// The key.
        kid: KeyId,
    },
    /// The delegation does not allow it, or the signature does not hold.
    Rejected(DelegateRejection),
    /// Its issuer took the delegation back or suspended it.
    TakenBack {
        /// The facility.
        facility: DelegationId,
    },
    /// It was signed after the end of the delegation's document.
    Expired {
        /// Day of the receipt.
        iat: Date,
        /// Last day of the delegation's document.
        exp: Date,
    },
}

/// Candidates for one key that are tried: of delegations that follow each other one covers the day.
const CANDIDATES_MAX: usize = 4;

/// Opens a receipt with the delegation of its facility.
///
/// # Errors
/// [`Unproved`]; of several delegations, the fault of the one that covers the day.
pub fn open_receipt(sealed: &Sealed<'_>, delegations: &[Opened]) -> Result<Receipt, Unproved> {
    let kid = sealed.kid();
    // Unverified: the time only says which delegation is tried first.
    let iat = sealed.unverified_receipt().map_err(Unproved::Malformed)?.look().iat;
    let of_key =
        || delegations.iter().filter(|opened| opened.delegate().is_some_and(|own| own.key.id() == kid));
    let covering = of_key().filter(|opened| opened.covers(iat));
    let others = of_key().filter(|opened| !opened.covers(iat));
    let mut first_fault = None;
    for opened in covering.chain(others).take(CANDIDATES_MAX) {
        match prove(sealed, opened) {
            Ok(receipt) => return Ok(receipt),
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
    }
    Err(first_fault.unwrap_or(Unproved::NoDelegation { kid }))
}

fn prove(sealed: &Sealed<'_>, opened: &Opened) -> Result<Receipt, Unproved> {
    let receipt = open_encounter(sealed, &opened.claims).map_err(|rejection| match rejection {
        DelegateRejection::Malformed(fault) => Unproved::Malformed(fault),
        rejection => Unproved::Rejected(rejection),
    })?;
    if opened.is_taken_back() {
        return Err(Unproved::TakenBack { facility: receipt.iss });
    }
    let (iat, exp) = (receipt.iat.date(), opened.claims.exp.date());
    if iat > exp { Err(Unproved::Expired { iat, exp }) } else { Ok(receipt) }
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unproved::Malformed(fault) => write!(f, "{fault}"),
            Unproved::NoDelegation { kid } => {
                write!(f, "no delegation is at hand for the key {kid} that it names")
            }
            Unproved::Rejected(rejection) => write!(f, "{rejection}"),
            Unproved::TakenBack { facility } => write!(f, "the delegation of {facility} was taken back"),
            Unproved::Expired { iat, exp } => {
                write!(f, "signed on {iat}, the document of the delegation ended on {exp}")
            }
        }
    }
}

/// What delegations are held against.
#[derive(Clone, Copy, Debug)]
pub enum Trusted<'t> {
    /// A pack that was checked, and the time.
    Pack(&'t Pack, Clock),
    /// One record that was pinned by hand: no grant and no status.
    Record(&'t IssuerRecord),
}

/// Opens a delegation.
///
/// # Errors
/// [`DelegationFault`], with nothing of the content.
pub fn open(trusted: Trusted<'_>, place: &str, document: &[u8]) -> Result<Opened, DelegationFault> {
    let rejected = |rejection| DelegationFault::Rejected { place: place.to_owned(), rejection };
    let sealed = Sealed::parse(document).map_err(|fault| rejected(Rejection::Malformed(fault)))?;
    let (claims, standing) = match trusted {
        Trusted::Pack(pack, clock) => {
            let authentic = pack.open(&sealed, clock).map_err(rejected)?;
            if authentic.excess.is_some() {
                return Err(DelegationFault::Excess { place: place.to_owned() });
            }
            (*authentic.claims, authentic.standing)
        }
        Trusted::Record(record) => match sanad_trust::open(&sealed, record).map_err(rejected)? {
            sanad_trust::Opened::Entitlement(claims) => (*claims, Standing::NoList),
            sanad_trust::Opened::StatusList(_) => {
                return Err(rejected(Rejection::NeedsDelegation { typ: sealed.typ() }));
            }
        },
    };
    if let Err(rejection) = delegate_of(&claims) {
        return Err(DelegationFault::NoDelegation { place: place.to_owned(), rejection });
    }
    Ok(Opened { document: document.to_vec(), claims, standing })
}

/// Opens a delegation for this device and keeps it.
///
/// # Errors
/// [`DelegationFault`]; then nothing is kept.
pub fn accept(
    state: &State,
    own: (&DelegationId, &PublicKey),
    trusted: Trusted<'_>,
    (place, document): (&str, &[u8]),
) -> Result<Opened, DelegationFault> {
    let opened = open(trusted, place, document)?;
    let place = || place.to_owned();
    let delegate = delegate_of(&opened.claims)
        .map_err(|rejection| DelegationFault::NoDelegation { place: place(), rejection })?;
    if (&delegate.id, &delegate.key) != own {
        return Err(DelegationFault::OtherKey {
            place: place(),
            found: delegate.id.to_string(),
            found_key: delegate.key.id(),
            wanted: own.0.to_string(),
            wanted_key: own.1.id(),
        });
    }
    if !delegate.scopes.contains(&Scope::Verify) {
        return Err(DelegationFault::NoVerify { place: place() });
    }
    if matches!(opened.standing, Standing::Listed { status: Status::Revoked, .. }) {
        return Err(DelegationFault::Revoked { place: place() });
    }
    keep(state, &opened)?;
    Ok(opened)
}

fn keep(state: &State, opened: &Opened) -> Result<(), DelegationFault> {
    let dir = state.dir().join(DIRECTORY);
    let file = |path: &Path, source| DelegationFault::File { path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(|source| file(&dir, source))?;
    let path = dir.join(format!("{}.cwt", opened.claims.cti));
    if !path.exists() && kept(state)?.len() >= DELEGATIONS_MAX {
        return Err(DelegationFault::TooMany { path: dir });
    }
    write_whole(&path, &opened.document).map_err(|source| file(&path, source))
}

/// The delegations in the state directory, by name of the file.
///
/// # Errors
/// [`DelegationFault::File`], [`DelegationFault::TooMany`].
pub fn kept(state: &State) -> Result<Vec<(String, Vec<u8>)>, DelegationFault> {
    let dir = state.dir().join(DIRECTORY);
    let file = |path: &Path, source| DelegationFault::File { path: path.to_owned(), source };
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(file(&dir, source)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| file(&dir, source))?.path();
        if path.extension().is_none_or(|extension| extension != "cwt") {
            continue;
        }
        if found.len() >= DELEGATIONS_MAX {
            return Err(DelegationFault::TooMany { path: dir });
        }
        let bytes = read_bounded(&path, OWN_BYTES_MAX).map_err(|source| file(&path, source))?;
        found.push((path.display().to_string(), bytes));
    }
    found.sort();
    Ok(found)
}

/// All delegations of facilities: those of the pack, those in the state directory, and those given. One that does not
/// open is told and passed over: it may belong to another region, and without it a receipt does not verify.
pub fn gather(trusted: Trusted<'_>, documents: &[(String, Vec<u8>)]) -> (Vec<Opened>, Vec<DelegationFault>) {
    let mut opened: Vec<Opened> = Vec::new();
    let mut faults = Vec::new();
    if let Trusted::Pack(pack, clock) = trusted {
        for claims in pack.delegations() {
            if delegate_of(claims).is_ok() && pack.excess(claims).is_none() {
                let standing = pack.standing(claims, clock);
                opened.push(Opened { document: Vec::new(), claims: claims.clone(), standing });
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (place, document) in documents {
        if !seen.insert(document) {
            continue;
        }
        match open(trusted, place, document) {
            Ok(found) => {
                // The same from the pack: the one with its bytes stays, to be handed on.
                opened.retain(|other| other.claims != found.claims);
                opened.push(found);
            }
            Err(fault) => faults.push(fault),
        }
    }
    (opened, faults)
}
