//! What a clinic would answer: the same verifier, asked by the holder, offline, with a pack.
//!
//! A preview and no promise: the clinic has its own pack, its own clock, and the person in front of it. The person counts as
//! compared and found the same, and a phone credential as presented, since the holder would do both. Nothing is signed and
//! nobody is told. The root of the region is pinned in the wallet, and what its packs prove never goes backward.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sanad_credential::{Date, Fault, Reason};
use sanad_messages::{Catalogue, CoveredHere, Language, Notice, RemedyValues};
use sanad_trust::client::{Anchor, Refused, check_root};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::Sha256Hash;
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::{PACK_BYTES_MAX, PackFiles};
use sanad_trust::trust_state::TrustState;
use sanad_verifier::{Remedy, Words};

use crate::holding::{Wallet, WalletFault};

/// Longest root: that of the client.
const ROOT_BYTES_MAX: usize = 4 << 20;

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewFault {
    /// The wallet.
    #[error(transparent)]
    Wallet(#[from] WalletFault),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No root is pinned.
    #[error(
        "no root is pinned in this wallet: get the root of your region in a way you trust, and give it once with --root FILE \
         or --root-sha256"
    )]
    NoRoot,
    /// Another root is pinned.
    #[error(
        "another root is pinned in this wallet already; give no --root, or make a wallet for the other region"
    )]
    OtherRoot,
    /// The pack or root is refused.
    #[error("{place}: {fault}")]
    Refused {
        /// Of which file.
        place: String,
        /// Why.
        fault: Refused,
    },
    /// The file is no pack.
    #[error("{place}: {fault}")]
    Container {
        /// Which file.
        place: String,
        /// Why.
        fault: String,
    },
}

/// The root that an argument named.
#[derive(Clone, Debug)]
pub enum Root {
    /// The one that is pinned.
    Pinned,
    /// A file.
    File(PathBuf),
    /// What was read out.
    Sha256(Sha256Hash),
}

/// Reads a root's SHA-256.
///
/// # Errors
/// Its form.
pub fn sha256(text: &str) -> Result<Sha256Hash, Fault> {
    sanad_credential::FixedBytes::from_hex(text)
}

/// Loads a pack under the wallet's root, and keeps what it proves.
///
/// # Errors
/// [`PreviewFault`]; the root and floors that were kept stay.
pub fn load(
    wallet: &Wallet,
    path: &Path,
    root: &Root,
    now: sanad_credential::UnixTime,
) -> Result<Pack, PreviewFault> {
    let told = match root {
        Root::Pinned => None,
        Root::Sha256(hash) => Some(Anchor::Sha256(*hash)),
        Root::File(path) => {
            let bytes = bounded(path, ROOT_BYTES_MAX)?;
            let place = path.display().to_string();
            check_root(&bytes).map_err(|fault| PreviewFault::Refused { place, fault })?;
            Some(Anchor::File(bytes))
        }
    };
    let state = match (wallet.trust()?, told) {
        (None, None) => return Err(PreviewFault::NoRoot),
        (None, Some(anchor)) => TrustState { anchor, floors: Floors::none(), pack: None },
        (Some(state), None) => state,
        (Some(state), Some(told)) if is_same(&state.anchor, &told) => state,
        (Some(_), Some(_)) => return Err(PreviewFault::OtherRoot),
    };
    let place = path.display().to_string();
    let bytes = bounded(path, PACK_BYTES_MAX)?;
    let container = |fault: &dyn std::fmt::Display| PreviewFault::Container {
        place: place.clone(),
        fault: fault.to_string(),
    };
    let mut files = PackFiles::read(&bytes).map_err(|fault| container(&fault))?;
    let held = Held { anchor: &state.anchor, floors: &state.floors, clock: Some(now) };
    let pack = Pack::load(&mut files, &held).map_err(|fault| PreviewFault::Refused { place, fault })?;
    wallet.keep_trust(&TrustState { anchor: pack.anchor(), floors: pack.floors().clone(), pack: None })?;
    Ok(pack)
}

/// A hash may name the file that is pinned; a root that was rotated since is not told again.
fn is_same(pinned: &Anchor, told: &Anchor) -> bool {
    let hash = |anchor: &Anchor| match anchor {
        Anchor::File(file) => sanad_trust::client::sha256(file),
        Anchor::Sha256(hash) => *hash,
    };
    hash(pinned) == hash(told)
}

fn bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, PreviewFault> {
    let at = |source| PreviewFault::File { path: path.to_owned(), source };
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path).map_err(at)?.take(limit).read_to_end(&mut bytes).map_err(at)?;
    Ok(bytes)
}

/// The catalogue of a language, as the words of answers.
pub struct CatalogueWords(pub Catalogue);

impl CatalogueWords {
    /// In English, as all that this program says.
    pub fn english() -> Self {
        Self(Catalogue::new(Language::English))
    }
}

impl Words for CatalogueWords {
    fn remedy(&self, reason: Reason, values: &Remedy<'_>) -> String {
        let day = match reason {
            Reason::InGrace => values.grace_through,
            _ => values.covered_from,
        };
        let day = day.map(|day: Date| day.to_string());
        // Arrears end a cover; a suspension has other reasons, and paying does not lift it.
        let pays = matches!(reason, Reason::InGrace | Reason::Lapsed);
        let pay = values.pay.filter(|_| pays).and_then(|texts| texts.in_language(self.language()));
        let covered_here = Some(CoveredHere::Groups(&values.covered_here));
        self.0.remedy(reason, &RemedyValues { day: day.as_deref(), pay, covered_here, amount: None })
    }

    fn language(&self) -> &str {
        self.0.language().tag()
    }

    fn appeal_here(&self) -> String {
        self.0.notice(Notice::AppealHere)
    }
}
