//! The region whose packs this issuer reads: its root, pinned once, and what never goes backward.
//!
//! A file of the issuer's directory, `region.json`, replaced in one step; one process at a time changes it. A pack that
//! is only looked at raises the floors too, before anything is derived from it. Refused: packs without a pinned root,
//! another root than the one pinned, packs older than one seen before, a file that does not read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sanad_credential::{Fault, FixedBytes, Json, Limits, UnixTime};
use sanad_trust::client::{Anchor, Refused, check_root, sha256};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::{METADATA_BYTES_MAX, Sha256Hash};
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::{PACK_BYTES_MAX, PackFileFault, PackFiles};
use sanad_trust::trust_state::{STATE_BYTES_MAX, TrustState};

use crate::whole_file;

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "region.json";

/// Held while the file is read, changed and written.
const LOCK: &str = "region.lock";

/// One level more than the state itself.
const LIMITS: Limits =
    Limits { bytes_max: STATE_BYTES_MAX, depth_max: 9, entries_max: 16_384, values_max: 200_000 };

/// How the root was told.
#[derive(Clone, Debug)]
pub enum RootTold {
    /// The file.
    File(PathBuf),
    /// SHA-256 of the file, read out over a telephone for instance.
    Sha256(Sha256Hash),
}

/// Why no pack was opened.
#[derive(Debug, thiserror::Error)]
pub enum RegionFault {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody has said whose packs are read.
    #[error(
        "no root of a region is pinned in {}: get it in a way you trust, then give --root FILE, or --root-sha256 with what \
         was read out to you", dir.display()
    )]
    NoRoot {
        /// The issuer's directory.
        dir: PathBuf,
    },
    /// Another region's.
    #[error(
        "{}: the root {pinned} is pinned, {told} was given; if the region really began anew, remove this file, with which \
         its floors go", path.display()
    )]
    OtherRoot {
        /// The file.
        path: PathBuf,
        /// SHA-256 of the root pinned first.
        pinned: Sha256Hash,
        /// SHA-256 of the root given now.
        told: Sha256Hash,
    },
    /// The file does not read.
    #[error("{}: {fault}; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
    /// Another process derives.
    #[error("{}: another program is using it", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// The container of the pack.
    #[error("{}: {fault}", path.display())]
    Container {
        /// The pack.
        path: PathBuf,
        /// What is wrong with it.
        fault: PackFileFault,
    },
    /// The pack or the root.
    #[error("{}: {refused}", path.display())]
    Refused {
        /// The pack or the root.
        path: PathBuf,
        /// Which file of it, and why.
        refused: Refused,
    },
}

struct Pinned {
    /// SHA-256 of the root that was pinned first: later runs may name it again.
    root: Sha256Hash,
    state: TrustState,
}

/// Opens a pack, and keeps what it proves to be current.
///
/// # Errors
/// [`RegionFault`]; the floors stay as they were.
pub fn open_pack(
    dir: &Path,
    told: Option<&RootTold>,
    pack: &Path,
    now: UnixTime,
) -> Result<Pack, RegionFault> {
    let _lock = lock(dir)?;
    let path = dir.join(FILE_NAME);
    let pinned = pinned(dir, &path, told)?;
    let bytes = read_bounded(pack, PACK_BYTES_MAX)?;
    let container = |fault| RegionFault::Container { path: pack.to_owned(), fault };
    let mut files = PackFiles::read(&bytes).map_err(container)?;
    let held = Held { anchor: &pinned.state.anchor, floors: &pinned.state.floors, clock: Some(now) };
    let refused = |refused| RegionFault::Refused { path: pack.to_owned(), refused };
    let pack = Pack::load(&mut files, &held).map_err(refused)?;
    let state = TrustState { anchor: pack.anchor(), floors: pack.floors().clone(), pack: None };
    let raised = Pinned { root: pinned.root, state };
    whole_file::write(&path, raised.to_json().to_string().as_bytes())
        .map_err(|source| RegionFault::File { path, source })?;
    Ok(pack)
}

fn lock(dir: &Path) -> Result<File, RegionFault> {
    let path = dir.join(LOCK);
    let file = |source| RegionFault::File { path: path.clone(), source };
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(file)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(RegionFault::Busy { path }),
        Err(fs::TryLockError::Error(source)) => Err(file(source)),
    }
}

fn pinned(dir: &Path, path: &Path, told: Option<&RootTold>) -> Result<Pinned, RegionFault> {
    let told = told.map(read_root).transpose()?;
    if !path.exists() {
        let (anchor, root) = told.ok_or_else(|| RegionFault::NoRoot { dir: dir.to_owned() })?;
        return Ok(Pinned { root, state: TrustState { anchor, floors: Floors::none(), pack: None } });
    }
    let text = read_bounded(path, STATE_BYTES_MAX)?;
    let damaged = |fault| RegionFault::Damaged { path: path.to_owned(), fault };
    let pinned = Pinned::parse(&String::from_utf8_lossy(&text)).map_err(damaged)?;
    match told {
        Some((_, told)) if told != pinned.root => {
            Err(RegionFault::OtherRoot { path: path.to_owned(), pinned: pinned.root, told })
        }
        _ => Ok(pinned),
    }
}

fn read_root(told: &RootTold) -> Result<(Anchor, Sha256Hash), RegionFault> {
    match told {
        RootTold::Sha256(hash) => Ok((Anchor::Sha256(*hash), *hash)),
        RootTold::File(path) => {
            let file = read_bounded(path, METADATA_BYTES_MAX)?;
            let refused = |refused| RegionFault::Refused { path: path.clone(), refused };
            check_root(&file).map_err(refused)?;
            let hash = sha256(&file);
            Ok((Anchor::File(file), hash))
        }
    }
}

impl Pinned {
    fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, LIMITS)?;
        let mut object = json.object()?;
        let root = FixedBytes::<32>::from_hex(object.required("pinned")?.text()?)
            .map_err(|fault| fault.within("pinned"))?;
        let state =
            TrustState::from_json(object.required("state")?).map_err(|fault| fault.within("state"))?;
        object.finish()?;
        Ok(Self { root, state })
    }

    fn to_json(&self) -> Json<'_> {
        let root = Json::Text(self.root.to_string().into());
        Json::Object(vec![("pinned".into(), root), ("state".into(), self.state.to_json())])
    }
}

/// One byte more than the limit, so that whoever parses it sees that it is too long.
fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, RegionFault> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|source| RegionFault::File { path: path.to_owned(), source })?;
    Ok(bytes)
}
