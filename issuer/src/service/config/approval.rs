//! Section `[approval]`: what takes four eyes.

use sanad_listener::settings::{Bounds, SettingFault};

use super::Reader;

const REVOCATIONS: Bounds = Bounds { min: 1, default: 100, max: 1_000_000 };

/// What takes four eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Revoking more documents than this in one job.
    pub bulk_revocation_over: u64,
    /// Changing keys.
    pub key_changes: KeyChanges,
}

/// Whether a change of keys takes a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChanges {
    /// Two people.
    FourEyes,
    /// One administrator.
    Alone,
}

impl Reader<'_, '_> {
    pub(super) fn approval(&mut self) -> Result<Approval, SettingFault> {
        let section = "approval";
        let four_eyes = self.settings.switch(section, "key_changes", true)?;
        Ok(Approval {
            bulk_revocation_over: self.settings.number(section, "bulk_revocation_over", REVOCATIONS)?,
            key_changes: if four_eyes { KeyChanges::FourEyes } else { KeyChanges::Alone },
        })
    }
}
