//! Section `[limits]`: those of the listener, and those of callers and jobs.

use sanad_listener::settings::{Bounds, SettingFault};

use super::Reader;

const BODY_BYTES: Bounds = Bounds { min: 4_096, default: 65_536, max: 1_048_576 };
const REQUESTS_PER_SECOND: Bounds = Bounds { min: 1, default: 5_000, max: 1_000_000 };
const BURST: Bounds = Bounds { min: 1, default: 10_000, max: 1_000_000 };
const JOB_BYTES: Bounds = Bounds { min: 1_048_576, default: 536_870_912, max: 17_179_869_184 };
const JOB_RECORDS: Bounds = Bounds { min: 1, default: 1_000_000, max: 10_000_000 };

/// What nobody gets past. `service.sample.toml` has the reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Those of the listener.
    pub listener: sanad_listener::limits::Limits,
    /// Requests a second of one caller.
    pub requests_per_second: u32,
    /// Requests that one caller may send at once.
    pub burst: u32,
    /// Bytes of the upload of a job.
    pub job_bytes: u64,
    /// Records of a job.
    pub job_records: u64,
}

impl Reader<'_, '_> {
    pub(super) fn limits(&mut self) -> Result<Limits, SettingFault> {
        let section = "limits";
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Limits {
            listener: sanad_listener::limits::Limits::read(self.settings, BODY_BYTES)?,
            requests_per_second: small(self.settings.number(
                section,
                "requests_per_second",
                REQUESTS_PER_SECOND,
            )?),
            burst: small(self.settings.number(section, "burst", BURST)?),
            job_bytes: self.settings.number(section, "job_bytes", JOB_BYTES)?,
            job_records: self.settings.number(section, "job_records", JOB_RECORDS)?,
        })
    }
}
