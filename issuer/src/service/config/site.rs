//! Section `[site]`: what is published, and where.

use std::path::PathBuf;
use std::time::Duration;

use sanad_listener::settings::{Bounds, SettingFault};

use super::Reader;

const SITE_PATH: &str = "/site";
const PUBLISH_INTERVAL_MS: Bounds = Bounds { min: 100, default: 500, max: 60_000 };
const LATE_SECONDS: Bounds = Bounds { min: 5, default: 60, max: 86_400 };

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Directory with `status/<N>`, `status/<N>.jwt`, `record.json`.
    pub dir: PathBuf,
    /// Where the service serves it.
    pub path: String,
    /// How often the store is asked for changes.
    pub publish_interval: Duration,
    /// Age of the last look at which the service is not ready any more.
    pub late: Duration,
}

impl Reader<'_, '_> {
    pub(super) fn site(&mut self) -> Result<Site, SettingFault> {
        let section = "site";
        let path = match self.settings.text(section, "path")? {
            None => SITE_PATH.to_owned(),
            Some(found) => {
                let segments = found.value.strip_prefix('/').map(|rest| rest.split('/'));
                let plain = |segment: &str| {
                    let bytes = segment.bytes();
                    !segment.is_empty()
                        && segment != "v1"
                        && bytes.into_iter().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                if !segments.is_some_and(|mut segments| segments.all(plain)) {
                    let problem =
                        "must be \"/\" and a name of letters, digits and \"-\", or several such; not /v1";
                    return Err(found.place.fault(problem));
                }
                found.value
            }
        };
        Ok(Site {
            dir: self.path(section, "dir")?.unwrap_or_else(|| self.base.join("site")),
            path,
            publish_interval: self.settings.millis(section, "publish_interval_ms", PUBLISH_INTERVAL_MS)?,
            late: self.settings.seconds(section, "late_seconds", LATE_SECONDS)?,
        })
    }
}
