//! Where a service listens: the section `[listen]`, the same in every configuration.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::http::tls::TlsFiles;
use crate::settings::{Bounds, SettingFault, Settings};

const SECTION: &str = "listen";
const GRACE_SECONDS: Bounds = Bounds { min: 1, default: 30, max: 600 };

/// Where the service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Address and port.
    pub address: SocketAddr,
    /// TLS, where no proxy does it.
    pub tls: Option<TlsFiles>,
    /// How clients reach the service, without a slash at the end.
    pub public_url: Option<String>,
    /// How long a shutdown waits for what was taken.
    pub grace: Duration,
}

impl Listen {
    /// Reads the section; a service that is told nothing listens at `default`. Relative paths start at `base`.
    ///
    /// # Errors
    /// The setting that breaks the rule.
    pub fn read(settings: &mut Settings<'_>, base: &Path, default: SocketAddr) -> Result<Self, SettingFault> {
        let tls = settings.tls(SECTION, base)?;
        let url = settings.url(SECTION, "public_url", &["https://", "http://"])?;
        Ok(Self {
            address: settings.address(SECTION, "address")?.unwrap_or(default),
            tls,
            public_url: url.map(|found| found.value),
            grace: settings.seconds(SECTION, "grace_seconds", GRACE_SECONDS)?,
        })
    }
}
