//! The service's configuration, `service.toml`: where it listens, where it keeps and publishes, and its limits.
//!
//! Every key has a default or may be left out; `issuer/service.sample.toml` documents all of them, is what `init`
//! writes, and a test holds it equal to the defaults. A variable `SANAD_ISSUER_<SECTION>_<KEY>` stands before the file.
//! Unknown keys and variables are refused ([`super::settings`]). No secret stands here: passwords and tokens have files
//! of their own, and an address with a password in it is refused.

mod approval;
mod limits;
mod provider;
mod site;
mod store;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use sanad_listener::config_file;
pub use sanad_listener::config_file::ConfigFault;
pub use sanad_listener::http::tls::TlsFiles;
pub use sanad_listener::listen::Listen;
use sanad_listener::log::LEVELS;
pub use sanad_listener::log::Level;

pub use self::approval::{Approval, KeyChanges};
pub use self::limits::Limits;
pub use self::site::Site;
pub use self::store::{PostgresChoice, StoreChoice};
use super::settings::{SettingFault, Settings};
use crate::oidc;

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "service.toml";

/// The documented file of a new issuer.
pub const SAMPLE: &str = include_str!("../../service.sample.toml");

/// What the variables start with.
pub const VARIABLE_PREFIX: &str = "SANAD_ISSUER_";

/// What the service is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConfig {
    /// Directory of the issuer: its keys, its configuration, the embedded store.
    pub issuer_dir: PathBuf,
    /// Where it listens.
    pub listen: Listen,
    /// Where documents are kept.
    pub store: StoreChoice,
    /// What is published.
    pub site: Site,
    /// What nobody gets past.
    pub limits: Limits,
    /// The identity provider, where there is one.
    pub oidc: Option<oidc::Settings>,
    /// What is told in the log.
    pub log_level: Level,
    /// Where `/metrics` is served: here only, or on the main listener.
    pub metrics_address: Option<SocketAddr>,
    /// What takes four eyes.
    pub approval: Approval,
    /// Whether credentials are issued for public test suites.
    pub test_profile: TestProfile,
}

/// Whether the service issues credentials for public test suites, beside the issuer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestProfile {
    /// It does not.
    Off,
    /// It does, to whoever reaches it on this machine, with a key that nobody believes.
    Loopback,
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
        let config = Reader { settings: &mut settings, base }.config()?;
        settings.finish()?;
        Ok(config)
    }
}

struct Reader<'s, 'a> {
    settings: &'s mut Settings<'a>,
    base: &'s Path,
}

impl Reader<'_, '_> {
    fn config(&mut self) -> Result<ServiceConfig, SettingFault> {
        // `base` may be empty, for a file in the working directory.
        let issuer_dir = self.path("", "issuer_dir")?.unwrap_or_else(|| self.base.join("."));
        let listen = Listen::read(self.settings, self.base, ADDRESS)?;
        Ok(ServiceConfig {
            issuer_dir,
            test_profile: self.test_profile(listen.address)?,
            listen,
            store: self.store()?,
            site: self.site()?,
            limits: self.limits()?,
            oidc: self.oidc()?,
            log_level: self.settings.word("log", "level", LEVELS, Level::Info)?,
            metrics_address: self.settings.address("metrics", "address")?,
            approval: self.approval()?,
        })
    }

    /// Only where nobody else can reach it: whoever does gets signatures without being asked who they are.
    fn test_profile(&mut self, address: SocketAddr) -> Result<TestProfile, SettingFault> {
        let section = "openvc";
        if !self.settings.switch(section, "test_profile", false)? {
            return Ok(TestProfile::Off);
        }
        if address.ip().is_loopback() {
            Ok(TestProfile::Loopback)
        } else {
            let problem = "only for a listen.address of this machine alone, such as 127.0.0.1:8420";
            Err(Settings::missing(section, "test_profile").fault(problem))
        }
    }

    fn path(&mut self, section: &'static str, key: &'static str) -> Result<Option<PathBuf>, SettingFault> {
        self.settings.path(section, key, self.base)
    }
}

/// On this machine only: who opens it to a network has thought about TLS.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;

    fn parse(text: &str) -> Result<ServiceConfig, SettingFault> {
        ServiceConfig::parse(text, Path::new("/issuer"), [])
    }

    fn with(variables: &[(&str, &str)]) -> Result<ServiceConfig, SettingFault> {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        ServiceConfig::parse("[limits]\nconnections = 7\n", Path::new("/issuer"), variables)
    }

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_sample_says_what_the_defaults_are() {
        assert_eq!(parse(SAMPLE), parse(""));
    }

    #[test]
    fn the_sample_documents_every_key_and_no_other() {
        // Keys without a default stand in comments.
        let keys: String = SAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .filter(|line| !line.starts_with('#'))
            .fold(String::new(), |text, line| text + line + "\n");
        let mut settings = Settings::read(&keys, VARIABLE_PREFIX, []).unwrap();
        // url and jwks_file are read although they do not go together with the rest.
        let _ = Reader { settings: &mut settings, base: Path::new("") }.config();
        let mut every = Settings::read("", VARIABLE_PREFIX, []).unwrap();
        Reader { settings: &mut every, base: Path::new("") }.config().unwrap();
        for (section, key) in every.finish().unwrap() {
            let table: toml::Table = keys.parse().unwrap();
            let section = if section.is_empty() { &table } else { table[section].as_table().unwrap() };
            assert!(section.contains_key(key), "{key} is not in the sample");
        }
        let mut above = "";
        for line in SAMPLE.lines() {
            if line.contains(" = ") && !line.starts_with("# ") {
                assert!(above.starts_with("# "), "no comment above {line}");
            }
            above = line;
        }
    }

    #[test]
    fn the_test_profile_is_for_this_machine_alone() {
        assert_eq!(parse("").unwrap().test_profile, TestProfile::Off);
        let on = |address: &str| {
            let text = format!("[listen]\naddress = \"{address}\"\n[openvc]\ntest_profile = true\n");
            parse(&text).map(|config| config.test_profile)
        };
        for here in ["127.0.0.1:1", "[::1]:1"] {
            assert_eq!(on(here).unwrap(), TestProfile::Loopback);
        }
        for elsewhere in ["0.0.0.0:1", "[::]:1", "192.0.2.1:443"] {
            assert!(on(elsewhere).unwrap_err().to_string().contains("this machine alone"), "{elsewhere}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let text = refused("[limits]\nconnections = 7\nconection = 8\n");
        assert!(
            text.starts_with("line 3, limits.conection: unknown; the keys here are answer_seconds"),
            "{text}"
        );
        assert!(refused("[lisen]\n").starts_with("line 1, [lisen]: unknown section"));
        assert!(refused("[lisen]\naddress = 1\n").contains("the sections are approval"));
        assert!(
            refused("issuer = \".\"\n").starts_with("line 1, issuer: unknown; the keys here are issuer_dir")
        );
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line_and_without_its_text() {
        let text = refused("[store]\n\npassword = \"hunter2\" x\n");
        assert!(text.starts_with("line 3: no TOML"), "{text}");
        assert!(!text.contains("hunter2"));
        let text = refused("[store]\npassword = \"hunter2\"\n");
        assert!(text.starts_with("line 2, store.password: unknown"), "{text}");
        assert!(!text.contains("hunter2"));
        assert!(!refused("[limits]\nburst = \"hunter2\"\n").contains("hunter2"));
    }

    #[test]
    fn a_number_out_of_its_range_is_refused_with_both() {
        assert_eq!(
            refused("[limits]\nheader_seconds = 121\n"),
            "line 2, limits.header_seconds: 121 is not from 1 to 120"
        );
        assert!(refused("[limits]\nburst = -1\n").contains("must be a whole number from 1"));
        assert!(refused("[limits]\nburst = 1.5\n").contains("is float, must be a whole number"));
        assert_eq!(parse("[limits]\nburst = 0x10\n").unwrap().limits.burst, 16);
        assert_eq!(parse("[limits]\nburst = 1_000\n").unwrap().limits.burst, 1_000);
    }

    #[test]
    fn the_environment_stands_before_the_file() {
        let config = with(&[
            ("SANAD_ISSUER_LIMITS_CONNECTIONS", "9"),
            ("SANAD_ISSUER_LISTEN_ADDRESS", "[::1]:1"),
            ("SANAD_ISSUER_ISSUER_DIR", "other"),
            ("SANAD_ISSUER_APPROVAL_KEY_CHANGES", "false"),
            ("SANAD_PASSPHRASE", "is none of ours"),
            ("PATH", "/bin"),
        ]);
        let config = config.unwrap();
        assert_eq!(config.limits.listener.connections, 9);
        assert_eq!(config.listen.address, "[::1]:1".parse().unwrap());
        assert_eq!(config.issuer_dir, Path::new("/issuer/other"));
        assert_eq!(config.approval.key_changes, KeyChanges::Alone);
    }

    #[test]
    fn a_variable_that_names_no_setting_is_refused() {
        let fault = |name, value| with(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(
            fault("SANAD_ISSUER_LIMITS_CONECTIONS", "hunter2"),
            "environment variable SANAD_ISSUER_LIMITS_CONECTIONS: names no setting"
        );
        let text = fault("SANAD_ISSUER_LIMITS_BURST", "many");
        assert_eq!(
            text,
            "environment variable SANAD_ISSUER_LIMITS_BURST: must be a whole number from 1 to 1000000"
        );
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for url in ["postgresql://sanad:hunter2@db/sanad", "postgresql://db/sanad?password=hunter2"] {
            let text = refused(&format!("[store]\nkind = \"postgres\"\nurl = \"{url}\"\n"));
            assert!(text.contains("has a password in it") && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn what_belongs_together_is_wanted_together() {
        assert_eq!(refused("[listen]\ntls_key = \"k\"\n"), "listen.tls_certificate: missing");
        assert!(refused("[store]\nkind = \"postgres\"\n").starts_with("store.url: missing"));
        assert!(refused("[store]\nurl = \"postgresql://db/x\"\n").contains("only for kind"));
        assert!(refused("[oidc]\n").starts_with("oidc.jwks_url: missing"));
        let both = "[oidc]\njwks_url = \"https://i.example/k\"\njwks_file = \"k\"\n";
        assert!(refused(both).contains("not both"));
        assert!(
            parse("[oidc]\nissuer = \"https://i.example\"\naudience = \"a\"\njwks_file = \"k\"\n").is_ok()
        );
        let provider = |more: &str| {
            let text = "[oidc]\nissuer = \"https://i.example\"\naudience = \"a\"\njwks_file = \"k\"\n";
            parse(&format!("{text}{more}\n"))
        };
        assert!(provider("algorithms = \"RS256 HS256\"").unwrap_err().to_string().contains("some of RS256"));
        assert!(provider("algorithms = \"none\"").is_err());
        assert!(provider("role_words = \"officers=boss\"").unwrap_err().to_string().contains("word=role"));
        let settings = provider("role_words = \"a=b=registrar managers=approver\"").unwrap().oidc.unwrap();
        assert_eq!(settings.role_words[0], ("a=b".to_owned(), Role::Registrar));
        assert_eq!((settings.algorithms.len(), settings.areas_claim), (3, None));
        assert!(refused("[site]\npath = \"/v1\"\n").contains("not /v1"));
    }
}
