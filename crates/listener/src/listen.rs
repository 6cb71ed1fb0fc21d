//! Where a service listens: the section `[listen]`, the same in every configuration.
//!
//! Refused: a `public_url` with http beyond this machine. What is sent there is about persons, and everybody on the way
//! could read and change it.

use std::net::{IpAddr, SocketAddr};
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
        if let Some(found) = &url
            && !found.value.starts_with("https://")
            && !found.value.strip_prefix("http://").is_some_and(is_loopback)
        {
            let problem =
                "must start with https://; http:// is only for this machine, such as http://127.0.0.1:8420";
            return Err(found.place.fault(problem));
        }
        Ok(Self {
            address: settings.address(SECTION, "address")?.unwrap_or(default),
            tls,
            public_url: url.map(|found| found.value),
            grace: settings.seconds(SECTION, "grace_seconds", GRACE_SECONDS)?,
        })
    }
}

impl Listen {
    /// Whether whoever reaches the service can do so without being overheard: here, by its own TLS, or through a proxy that
    /// does TLS, which `public_url` names.
    pub fn is_private(&self) -> bool {
        let by_proxy = self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        self.address.ip().is_loopback() || self.tls.is_some() || by_proxy
    }
}

/// Whether the host of an address without its scheme is a loopback address in digits. A name such as `localhost` is
/// what the resolver makes of it.
fn is_loopback(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next(),
        None => host.split(':').next(),
    };
    host.and_then(|host| host.parse::<IpAddr>().ok()).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(url: &str) -> Result<Listen, SettingFault> {
        let text = format!("[listen]\npublic_url = \"{url}\"\n");
        let mut settings = Settings::read(&text, "SANAD_TEST_", [])?;
        Listen::read(&mut settings, Path::new(""), SocketAddr::from(([127, 0, 0, 1], 1)))
    }

    #[test]
    fn a_public_url_in_the_clear_is_for_this_machine_alone() {
        for good in [
            "https://desk.example",
            "https://192.0.2.1:8430/path",
            "http://127.0.0.1:8430",
            "http://127.9.9.9",
            "http://[::1]:8430/desk",
        ] {
            assert_eq!(read(good).unwrap().public_url.as_deref(), Some(good));
        }
        for wrong in [
            "http://desk.example",
            "http://192.0.2.1:8430",
            "http://[2001:db8::1]:8430",
            "http://localhost:8430",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example/",
            "http://",
        ] {
            let fault = read(wrong).unwrap_err().to_string();
            assert!(
                fault.starts_with("line 2, listen.public_url: must start with https://"),
                "{wrong}: {fault}"
            );
        }
    }

    #[test]
    fn beyond_this_machine_a_service_has_tls_or_a_proxy_that_does_it() {
        let at = |address: &str, url: Option<&str>| Listen {
            address: address.parse().unwrap(),
            tls: None,
            public_url: url.map(str::to_owned),
            grace: Duration::from_secs(1),
        };
        assert!(at("127.0.0.1:1", None).is_private() && at("[::1]:1", None).is_private());
        assert!(at("192.0.2.1:1", Some("https://desk.example")).is_private());
        assert!(!at("0.0.0.0:1", None).is_private());
        assert!(!at("192.0.2.1:1", Some("http://127.0.0.1:1")).is_private());
    }
}
