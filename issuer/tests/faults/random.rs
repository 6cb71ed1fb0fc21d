//! Moments of faults and choices of officers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// xorshift64*: enough for moments, and seeded by the clock so that each run tries others.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(by: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self((u64::from(now.subsec_nanos()) ^ by.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    /// From `least` to below `end`.
    pub(crate) fn between(&mut self, least: u64, end: u64) -> u64 {
        least + self.next() % (end - least)
    }

    pub(crate) fn millis(&mut self, least: u64, end: u64) -> Duration {
        Duration::from_millis(self.between(least, end))
    }
}
