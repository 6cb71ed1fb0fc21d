//! The configuration of the service, a TOML file: where it listens, who may use it, and its limits.
//!
//! Every key has a default or may be left out; `verify.sample.toml` documents all of them, and a test holds it equal to
//! the defaults. A variable `SANAD_VERIFY_<SECTION>_<KEY>` stands before the file. Unknown keys and variables are refused.
//! No secret stands here: token and passphrase have files of their own.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sanad_listener::config_file::{self, ConfigFault};
use sanad_listener::limits::Limits;
use sanad_listener::listen::Listen;
use sanad_listener::log::{LEVELS, Level};
use sanad_listener::settings::{Bounds, SettingFault, Settings};
use sanad_openvc::Profile;

/// The documented file.
pub const SAMPLE: &str = include_str!("../../verify.sample.toml");

/// What the variables start with.
pub const VARIABLE_PREFIX: &str = "SANAD_VERIFY_";

/// What the service is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConfig {
    /// Directory of the verifier's state; the usual one when left out.
    pub state_dir: Option<PathBuf>,
    /// Where it listens.
    pub listen: Listen,
    /// The desk's own API.
    pub desk: DeskSettings,
    /// What is accepted of the open standards.
    pub profile: Profile,
    /// What nobody gets past.
    pub limits: Limits,
    /// What is told in the log.
    pub log_level: Level,
    /// Where `/metrics` is served.
    pub metrics_address: Option<SocketAddr>,
}

/// The desk's own API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskSettings {
    /// The token, or its hash.
    pub token_file: Option<PathBuf>,
    /// Where the passphrase of the device's key stands, if receipts are signed.
    pub receipts: Option<PathBuf>,
    /// The key that signs requests; one in the state directory when left out.
    pub request_key_file: Option<PathBuf>,
    /// For how long a phone may answer.
    pub window: Duration,
    /// Requests at once.
    pub requests_max: usize,
}

impl ServiceConfig {
    /// Reads the configuration from a file and the environment.
    ///
    /// # Errors
    /// [`ConfigFault`].
    pub fn load(
        path: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigFault> {
        config_file::read(path, |text, base| Self::parse(text, base, environment))
    }

    /// Reads a text; relative paths in it start at `base`.
    ///
    /// # Errors
    /// The first fault with its place.
    pub fn parse(
        text: &str,
        base: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingFault> {
        let mut settings = Settings::read(text, VARIABLE_PREFIX, environment)?;
        let config = read(&mut settings, base)?;
        settings.finish()?;
        if config.profile == Profile::LoopbackTest && !config.listen.address.ip().is_loopback() {
            let place = Settings::missing("open_standards", "profile");
            let problem = format!(
                "loopback-test accepts any issuer, and {} is no loopback address",
                config.listen.address.ip()
            );
            return Err(place.fault(problem));
        }
        if !config.listen.is_private() {
            let place = Settings::missing("listen", "public_url");
            let problem = format!(
                "missing, and {} is no loopback address: phones would send what they hold in the clear. Set \
                 tls_certificate and tls_key, or the https:// address of the proxy that does TLS",
                config.listen.address.ip()
            );
            return Err(place.fault(problem));
        }
        Ok(config)
    }

    /// How phones reach a service that listens here.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        let scheme = if self.listen.tls.is_some() { "https" } else { "http" };
        self.listen.public_url.clone().unwrap_or_else(|| format!("{scheme}://{bound}"))
    }
}

fn read(settings: &mut Settings<'_>, base: &Path) -> Result<ServiceConfig, SettingFault> {
    let receipts = settings.switch("desk", "receipts", false)?;
    let passphrase_file = settings.path("desk", "passphrase_file", base)?;
    let receipts = match (receipts, passphrase_file) {
        (false, _) => None,
        (true, Some(file)) => Some(file),
        (true, None) => {
            let place = Settings::missing("desk", "passphrase_file");
            return Err(place.fault("missing; receipts = true signs with the device's key"));
        }
    };
    let requests_max = settings.number("desk", "requests_max", REQUESTS_MAX)?;
    Ok(ServiceConfig {
        state_dir: settings.path("", "state_dir", base)?,
        listen: Listen::read(settings, base, ADDRESS)?,
        desk: DeskSettings {
            token_file: settings.path("desk", "token_file", base)?,
            receipts,
            request_key_file: settings.path("desk", "request_key_file", base)?,
            window: settings.seconds("desk", "window_seconds", WINDOW_SECONDS)?,
            requests_max: usize::try_from(requests_max).unwrap_or(usize::MAX),
        },
        profile: settings.word("open_standards", "profile", PROFILES, Profile::Production)?,
        limits: Limits::read(settings, BODY_BYTES)?,
        log_level: settings.word("log", "level", LEVELS, Level::Info)?,
        metrics_address: settings.address("metrics", "address")?,
    })
}

const PROFILES: &[(&str, Profile)] =
    &[("production", Profile::Production), ("loopback-test", Profile::LoopbackTest)];

/// On this machine only: who opens it to a network has thought about TLS.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8430);

const WINDOW_SECONDS: Bounds = Bounds { min: 30, default: 300, max: 900 };
const REQUESTS_MAX: Bounds = Bounds { min: 1, default: 500, max: 10_000 };
const BODY_BYTES: Bounds = Bounds { min: 4_096, default: 327_680, max: 1_048_576 };

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ServiceConfig, SettingFault> {
        ServiceConfig::parse(text, Path::new("/desk"), [])
    }

    #[test]
    fn the_sample_says_what_the_defaults_are() {
        assert_eq!(parse(SAMPLE), parse(""));
    }

    #[test]
    fn the_sample_documents_every_key() {
        let keys: String = SAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .filter(|line| !line.starts_with('#'))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = parse(&keys).unwrap();
        assert_eq!(config.desk.token_file.as_deref(), Some(Path::new("/desk/desk.token")));
        let mut every = Settings::read("", VARIABLE_PREFIX, []).unwrap();
        read(&mut every, Path::new("")).unwrap();
        let asked = every.finish().unwrap();
        for (section, key) in asked {
            let header = if section.is_empty() { String::new() } else { format!("[{section}]") };
            let rest = keys.split_once(&header).unwrap().1;
            let body = rest.split("\n[").next().unwrap();
            assert!(body.lines().any(|line| line.starts_with(&format!("{key} = "))), "{section}.{key}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let fault = parse("[desk]\ntoken = \"hunter2\"\n").unwrap_err().to_string();
        assert!(fault.starts_with("line 2, desk.token: unknown"), "{fault}");
        assert!(!fault.contains("hunter2"));
    }

    #[test]
    fn the_environment_stands_before_the_file() {
        let variables = [("SANAD_VERIFY_LISTEN_ADDRESS", "[::1]:1"), ("SANAD_VERIFY_STATE_DIR", "s")];
        let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let text = "[listen]\naddress = \"127.0.0.1:9\"\n";
        let config = ServiceConfig::parse(text, Path::new("/desk"), variables).unwrap();
        assert_eq!(config.listen.address, "[::1]:1".parse().unwrap());
        assert_eq!(config.state_dir.as_deref(), Some(Path::new("/desk/s")));
        let wrong = [(OsString::from("SANAD_VERIFY_LISTEN_ADRESS"), OsString::from("x"))];
        assert!(ServiceConfig::parse("", Path::new(""), wrong).is_err());
    }

    #[test]
    fn the_test_profile_is_refused_beyond_loopback() {
        let test = "[open_standards]\nprofile = \"loopback-test\"\n";
        assert_eq!(parse(test).unwrap().profile, Profile::LoopbackTest);
        for address in ["0.0.0.0:8430", "192.0.2.1:443", "[::]:8430"] {
            let fault = parse(&format!("{test}[listen]\naddress = \"{address}\"\n")).unwrap_err();
            assert!(fault.to_string().contains("no loopback address"), "{fault}");
        }
    }

    #[test]
    fn beyond_loopback_phones_are_asked_with_tls_or_through_a_proxy_that_does_it() {
        for address in ["0.0.0.0:8430", "192.0.2.1:443", "[::]:8430"] {
            let listen = format!("[listen]\naddress = \"{address}\"\n");
            let fault = parse(&listen).unwrap_err().to_string();
            assert!(fault.starts_with("listen.public_url: missing, and"), "{fault}");
            assert!(parse(&format!("{listen}public_url = \"http://127.0.0.1:1\"\n")).is_err());
            assert!(parse(&format!("{listen}public_url = \"https://desk.example\"\n")).is_ok());
            assert!(parse(&format!("{listen}tls_certificate = \"c\"\ntls_key = \"k\"\n")).is_ok());
        }
        assert!(parse("[listen]\npublic_url = \"http://desk.example\"\n").is_err());
    }

    #[test]
    fn receipts_need_the_passphrase_of_the_key() {
        assert!(parse("[desk]\nreceipts = true\n").unwrap_err().to_string().contains("passphrase_file"));
    }
}
