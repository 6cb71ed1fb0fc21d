//! What nobody gets past: sizes, times and numbers of the listener, with their bounds and defaults.

use std::time::Duration;

use crate::settings::{Bounds, SettingFault, Settings};

/// Limits of a listener. The documented configurations of the services have the reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body of one request.
    pub body_bytes: u64,
    /// Bytes of the head of a request: line and headers.
    pub header_bytes: u64,
    /// Open connections.
    pub connections: usize,
    /// Time for the head of a request.
    pub header_time: Duration,
    /// Time for a body, beside what its length allows.
    pub body_time: Duration,
    /// Slowest body, on average.
    pub body_bytes_per_second: u64,
    /// Time for the answer, from the last byte of the request.
    pub answer_time: Duration,
    /// Longest wait for a client that does not read.
    pub write_time: Duration,
    /// Time without a request after which a connection is closed.
    pub idle_time: Duration,
}

impl Limits {
    /// Reads section `limits`; what a body may have is the service's own.
    ///
    /// # Errors
    /// A number out of its bounds.
    pub fn read(settings: &mut Settings<'_>, body_bytes: Bounds) -> Result<Self, SettingFault> {
        let section = "limits";
        Ok(Self {
            body_bytes: settings.number(section, "body_bytes", body_bytes)?,
            header_bytes: settings.number(section, "header_bytes", HEADER_BYTES)?,
            connections: usize::try_from(settings.number(section, "connections", CONNECTIONS)?)
                .unwrap_or(usize::MAX),
            header_time: settings.seconds(section, "header_seconds", HEADER_SECONDS)?,
            body_time: settings.seconds(section, "body_seconds", BODY_SECONDS)?,
            body_bytes_per_second: settings.number(section, "body_bytes_per_second", BODY_RATE)?,
            answer_time: settings.seconds(section, "answer_seconds", ANSWER_SECONDS)?,
            write_time: settings.seconds(section, "write_seconds", WRITE_SECONDS)?,
            idle_time: settings.seconds(section, "idle_seconds", IDLE_SECONDS)?,
        })
    }
}

const HEADER_BYTES: Bounds = Bounds { min: 2_048, default: 16_384, max: 65_536 };
const CONNECTIONS: Bounds = Bounds { min: 1, default: 512, max: 65_536 };
const HEADER_SECONDS: Bounds = Bounds { min: 1, default: 10, max: 120 };
const BODY_SECONDS: Bounds = Bounds { min: 1, default: 30, max: 600 };
const BODY_RATE: Bounds = Bounds { min: 1, default: 1_024, max: 1_048_576 };
const ANSWER_SECONDS: Bounds = Bounds { min: 1, default: 60, max: 600 };
const WRITE_SECONDS: Bounds = Bounds { min: 1, default: 30, max: 600 };
const IDLE_SECONDS: Bounds = Bounds { min: 1, default: 75, max: 3_600 };
