//! The service's configuration, `service.toml`: where it listens, where it keeps and publishes, and its limits.
//!
//! Every key has a default or may be left out; `issuer/service.sample.toml` documents all of them, is what `init`
//! writes, and a test holds it equal to the defaults. A variable `SANAD_ISSUER_<SECTION>_<KEY>` stands before the file.
//! Unknown keys and variables are refused ([`super::settings`]). No secret stands here: passwords and tokens have files
//! of their own, and an address with a password in it is refused.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use sanad_listener::http::tls::TlsFiles;
use sanad_listener::log::LEVELS;
pub use sanad_listener::log::Level;

use super::settings::{Bounds, Found, SettingFault, Settings};
use crate::oidc::{self, Algorithm, Claim, KeysAt};
use crate::role::Role;

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "service.toml";

/// The documented file of a new issuer.
pub const SAMPLE: &str = include_str!("../../service.sample.toml");

/// What the variables start with.
pub const VARIABLE_PREFIX: &str = "SANAD_ISSUER_";

/// Largest file: the sample has a tenth of it.
pub const FILE_BYTES_MAX: u64 = 65_536;

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

/// Where documents are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// In the issuer's directory, by this process alone.
    Embedded,
    /// In PostgreSQL, by several replicas.
    Postgres(PostgresChoice),
}

/// How PostgreSQL is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresChoice {
    /// `postgresql://user@host:port/database`, without a password.
    pub url: String,
    /// File with the password in its first line.
    pub password_file: Option<PathBuf>,
    /// Connections.
    pub pool: usize,
    /// Longest time of one statement.
    pub statement_timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
}

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

/// Why a configuration was not read.
#[derive(Debug, thiserror::Error)]
pub enum ServiceConfigFault {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is too long or no text.
    #[error("{}: {problem}", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
        /// What it is.
        problem: String,
    },
    /// A setting is wrong.
    #[error("{}, {fault}", path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: SettingFault,
    },
}

impl ServiceConfig {
    /// Reads the configuration from a file and the environment.
    ///
    /// # Errors
    /// [`ServiceConfigFault`].
    pub fn load(
        path: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ServiceConfigFault> {
        let unreadable = |source| ServiceConfigFault::File { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(FILE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        let no_text = |problem: String| ServiceConfigFault::NoText { path: path.to_owned(), problem };
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
            return Err(no_text(format!("longer than {FILE_BYTES_MAX} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| no_text("is no UTF-8".to_owned()))?;
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, base, environment)
            .map_err(|fault| ServiceConfigFault::Setting { path: path.to_owned(), fault })
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
        let listen = self.listen()?;
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

    fn listen(&mut self) -> Result<Listen, SettingFault> {
        let section = "listen";
        let tls = self.settings.tls(section, self.base)?;
        Ok(Listen {
            address: self.settings.address(section, "address")?.unwrap_or(ADDRESS),
            tls,
            public_url: self
                .settings
                .url(section, "public_url", &["https://", "http://"])?
                .map(|found| found.value),
            grace: self.settings.seconds(section, "grace_seconds", GRACE_SECONDS)?,
        })
    }

    fn store(&mut self) -> Result<StoreChoice, SettingFault> {
        let section = "store";
        let kinds = [("embedded", Kind::Embedded), ("postgres", Kind::Postgres)];
        let kind = self.settings.word(section, "kind", &kinds, Kind::Embedded)?;
        let url = self.settings.url(section, "url", &["postgresql://", "postgres://"])?;
        let password_file = self.path(section, "password_file")?;
        let pool = usize::try_from(self.settings.number(section, "pool", POOL)?).unwrap_or(usize::MAX);
        let statement_timeout =
            self.settings.millis(section, "statement_timeout_ms", STATEMENT_TIMEOUT_MS)?;
        let connect_timeout = self.settings.millis(section, "connect_timeout_ms", CONNECT_TIMEOUT_MS)?;
        match (kind, url) {
            (Kind::Embedded, None) => Ok(StoreChoice::Embedded),
            (Kind::Embedded, Some(url)) => Err(url.place.fault("only for kind = \"postgres\"")),
            (Kind::Postgres, None) => {
                Err(Settings::missing(section, "url").fault("missing; kind is \"postgres\""))
            }
            (Kind::Postgres, Some(url)) => Ok(StoreChoice::Postgres(PostgresChoice {
                url: url.value,
                password_file,
                pool,
                statement_timeout,
                connect_timeout,
            })),
        }
    }

    fn site(&mut self) -> Result<Site, SettingFault> {
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

    fn limits(&mut self) -> Result<Limits, SettingFault> {
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

    fn oidc(&mut self) -> Result<Option<oidc::Settings>, SettingFault> {
        let section = "oidc";
        let wanted = self.settings.has_section(section);
        let issuer = self.settings.url(section, "issuer", &["https://", "http://"])?;
        let audience = self.settings.text(section, "audience")?;
        let url = self.settings.url(section, "jwks_url", &["https://", "http://"])?;
        let file = self.path(section, "jwks_file")?;
        let algorithms = self.settings.text(section, "algorithms")?;
        let role_claim = self.settings.text(section, "role_claim")?;
        let role_words = self.settings.text(section, "role_words")?;
        let areas_claim = self.settings.text(section, "areas_claim")?;
        if !wanted {
            return Ok(None);
        }
        let missing = |key| Settings::missing(section, key).fault("missing; leave out [oidc] for none");
        let keys = match (url, file) {
            (Some(url), None) => KeysAt::Url(url.value),
            (None, Some(file)) => KeysAt::File(file),
            (Some(url), Some(_)) => return Err(url.place.fault("jwks_url or jwks_file, not both")),
            (None, None) => return Err(missing("jwks_url")),
        };
        Ok(Some(oidc::Settings {
            issuer: issuer.ok_or_else(|| missing("issuer"))?.value,
            audience: audience.ok_or_else(|| missing("audience"))?.value,
            keys,
            algorithms: algorithms.map_or(Ok(Algorithm::ALL.to_vec()), |found| read_algorithms(&found))?,
            role_claim: Claim(role_claim.map_or_else(|| ROLE_CLAIM.to_owned(), |found| found.value)),
            role_words: role_words.map_or(Ok(Vec::new()), |found| read_role_words(&found))?,
            areas_claim: areas_claim.map(|found| Claim(found.value)),
        }))
    }

    fn approval(&mut self) -> Result<Approval, SettingFault> {
        let section = "approval";
        let four_eyes = self.settings.switch(section, "key_changes", true)?;
        Ok(Approval {
            bulk_revocation_over: self.settings.number(section, "bulk_revocation_over", REVOCATIONS)?,
            key_changes: if four_eyes { KeyChanges::FourEyes } else { KeyChanges::Alone },
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

/// Algorithms with spaces between them; at least one, since a text has at least one word or is refused here.
fn read_algorithms(found: &Found<String>) -> Result<Vec<Algorithm>, SettingFault> {
    let words = found.value.split(' ').map(|word| {
        let problem = "must be some of RS256, ES256, EdDSA, with one space between them";
        Algorithm::from_word(word).ok_or_else(|| found.place.fault(problem))
    });
    words.collect()
}

/// What a provider calls the roles: `officers=registrar managers=approver`.
fn read_role_words(found: &Found<String>) -> Result<Vec<(String, Role)>, SettingFault> {
    let words = found.value.split(' ').map(|pair| {
        let problem = "must be pairs word=role with one space between them; a role is registrar, approver, revoker, \
                       auditor or administrator";
        let (word, role) = pair.rsplit_once('=').ok_or_else(|| found.place.fault(problem))?;
        let role = Role::from_word(role).map_err(|_| found.place.fault(problem))?;
        Ok((word.to_owned(), role))
    });
    words.collect()
}

#[derive(Clone, Copy)]
enum Kind {
    Embedded,
    Postgres,
}

/// On this machine only: who opens it to a network has thought about TLS.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8420);
const SITE_PATH: &str = "/site";
const ROLE_CLAIM: &str = "roles";

const GRACE_SECONDS: Bounds = Bounds { min: 1, default: 30, max: 600 };
const POOL: Bounds = Bounds { min: 2, default: 8, max: 256 };
const STATEMENT_TIMEOUT_MS: Bounds = Bounds { min: 100, default: 10_000, max: 600_000 };
const CONNECT_TIMEOUT_MS: Bounds = Bounds { min: 100, default: 5_000, max: 60_000 };
const PUBLISH_INTERVAL_MS: Bounds = Bounds { min: 100, default: 500, max: 60_000 };
const LATE_SECONDS: Bounds = Bounds { min: 5, default: 60, max: 86_400 };
const BODY_BYTES: Bounds = Bounds { min: 4_096, default: 65_536, max: 1_048_576 };
const REQUESTS_PER_SECOND: Bounds = Bounds { min: 1, default: 5_000, max: 1_000_000 };
const BURST: Bounds = Bounds { min: 1, default: 10_000, max: 1_000_000 };
const JOB_BYTES: Bounds = Bounds { min: 1_048_576, default: 536_870_912, max: 17_179_869_184 };
const JOB_RECORDS: Bounds = Bounds { min: 1, default: 1_000_000, max: 10_000_000 };
const REVOCATIONS: Bounds = Bounds { min: 1, default: 100, max: 1_000_000 };

#[cfg(test)]
mod tests {
    use super::*;

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
