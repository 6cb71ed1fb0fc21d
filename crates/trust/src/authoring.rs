//! Authoring a repository: drafts that holders of keys sign on machines of their own, and their publication.
//!
//! A [`Draft`] is the next version of one role: its content, the files it lists, the version before it and the
//! signatures so far, in one file that travels on a USB stick. A ceremony: [`Draft::next`] from the [`Published`]
//! state and [`Draft::change`]; every holder reads the [`Summary`] and adds a signature; [`Draft::merge`]; then
//! [`publish()`] writes what any TUF client follows.
//!
//! Refused is whatever the client would refuse or pass over, and whatever would say more than is known: a file that
//! its role may not list or whose content is not what its path says, a delegation that is not a country's own, too
//! few keys, a key twice, a key of small order, the online key in an offline role, a version that does not rise, a
//! date before the day of the list that first names it, a change after the first signature. No clock, no files, no
//! randomness: times and bytes come in.

mod change;
mod draft;
mod fault;
mod listing;
mod publish;
mod published;
mod rules;
mod signers;
mod summary;

use sanad_credential::{Fault, UnixTime};

pub use change::{Change, CountryKeys, KeyChange, KeyGroup, NewRegion};
pub use draft::{Draft, RoleContent};
pub use fault::AuthoringFault;
pub use listing::{path_of, role_of};
pub use publish::{Publication, publish, renew_timestamp};
pub use published::Published;
pub use signers::{PublicRoleKey, Signer, SignerGroup, Signers};
pub use summary::{DiffLine, KeyLine, Previous, RoleChange, Sign, Signature, Summary, TargetChange};

/// Days for which a root is valid: its holders meet in person, often across borders, and a year that is missed must
/// not make the region's data old.
pub const ROOT_DAYS: u32 = 730;

/// Days for which the region's and a country's lists are valid: the holders look at them once a year at least, so
/// that a key nobody can reach any more is noticed.
pub const TARGETS_DAYS: u32 = 365;

/// Days for which a snapshot is valid. It is renewed with the timestamp before it would expire first.
pub const SNAPSHOT_DAYS: u32 = 60;

/// Days for which a timestamp is valid. It is signed daily; a month outlasts a broken machine and the holidays, and
/// is what clients that refuse old data would otherwise lose.
pub const TIMESTAMP_DAYS: u32 = 30;

/// Fewest signatures of root and regional metadata: one stolen key must not be the region.
pub const REGION_THRESHOLD_MIN: usize = 2;

/// When metadata is signed and until when it is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Time of signing.
    pub issued: UnixTime,
    /// Time after which it is old.
    pub expires: UnixTime,
}

impl Dates {
    /// From now for so many days.
    ///
    /// # Errors
    /// The year 2199 is exceeded.
    pub fn lasting(issued: UnixTime, days: u32) -> Result<Self, Fault> {
        let expires = issued.plus_seconds(u64::from(days).saturating_mul(86_400))?;
        Ok(Self { issued, expires })
    }
}

#[cfg(test)]
mod tests;
