//! Attacks on the trust repository, each named for what is tried, each leaving the state before it in use.
//!
//! The names follow the TUF conformance cases where these apply. Countries, issuers and keys are invented.

mod delegates;
mod lists;
mod metadata;
mod opening;
mod targets;

use sanad_credential::UnixTime;
use sanad_tests::region::{Region, time};
use sanad_trust::client::{Anchor, Problem, Refused};
use sanad_trust::floors::Floors;
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::PackFiles;

/// A clinic's state: what it pinned, its floors, and the pack in use.
pub(crate) struct Clinic {
    pub(crate) anchor: Anchor,
    pub(crate) floors: Floors,
    pub(crate) clock: Option<UnixTime>,
    in_use: Option<Pack>,
}

impl Clinic {
    /// Pinned the first root and took over the first pack.
    pub(crate) fn of(region: &Region) -> Self {
        let mut clinic = Self {
            anchor: Anchor::File(region.first_root()),
            floors: Floors::none(),
            clock: Some(time("2026-06-01")),
            in_use: None,
        };
        clinic.take(region.pack()).expect("the first pack");
        clinic
    }

    /// Takes over a pack, if it may.
    pub(crate) fn take(&mut self, mut files: PackFiles) -> Result<(), Refused> {
        let pack =
            Pack::load(&mut files, &Held { anchor: &self.anchor, floors: &self.floors, clock: self.clock })?;
        self.anchor = pack.anchor();
        self.floors = pack.floors().clone();
        self.in_use = Some(pack);
        Ok(())
    }

    pub(crate) fn pack(&self) -> &Pack {
        self.in_use.as_ref().unwrap()
    }

    /// Asserts that a pack is refused for this, and that everything stays as it was.
    #[track_caller]
    pub(crate) fn refuses(&mut self, files: PackFiles, file: &str, expected: impl Fn(&Problem) -> bool) {
        let (anchor, floors, date) = (self.anchor.clone(), self.floors.clone(), self.pack().date(None));
        let refused = self.take(files).unwrap_err();
        assert!(refused.file.contains(file) && expected(&refused.problem), "{refused}");
        assert_eq!((&self.anchor, &self.floors, self.pack().date(None)), (&anchor, &floors, date));
    }
}

/// Two countries with one issuer each.
pub(crate) fn region() -> Region {
    let mut region = Region::new("2026-04-01");
    region.add_country("KE", "KE trust");
    region.add_country("UG", "UG trust");
    region.add_issuer("KE-SHA");
    region.add_issuer("UG-NHIS");
    region.publish("2026-05-01");
    region
}
