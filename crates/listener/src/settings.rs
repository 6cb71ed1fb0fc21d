//! Reading the configuration of a service key by key, each from the environment if it is set there.
//!
//! Whoever reads asks for section and key and says what may stand there; what was never asked for is refused at the
//! end, with its line, so that a typing mistake is no silent default. The same holds for variables that start with
//! the prefix of the service. No fault repeats a value that is a text: it may be a password in the wrong place.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::http::tls::TlsFiles;

/// Longest text of a setting: an address with a long path.
const TEXT_BYTES_MAX: usize = 2_048;

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct SettingFault {
    /// Where.
    pub place: Place,
    /// The rule it breaks.
    pub problem: String,
}

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    Line {
        /// Counted from 1.
        line: usize,
        /// Section and key, where it is one.
        key: Option<String>,
    },
    /// In the environment.
    Variable(String),
    /// Nowhere, but it should.
    Missing(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, key: Some(key) } => write!(f, "line {line}, {key}"),
            Self::Line { line, key: None } => write!(f, "line {line}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Missing(key) => f.write_str(key),
        }
    }
}

impl Place {
    /// A fault of the setting here.
    pub fn fault(&self, problem: impl Into<String>) -> SettingFault {
        SettingFault { place: self.clone(), problem: problem.into() }
    }
}

/// A setting that was found.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// What stands there.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// What a number may be. The unit is in the name of its key.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Least.
    pub min: u64,
    /// Where nothing is set.
    pub default: u64,
    /// Most.
    pub max: u64,
}

/// The file and the environment, while they are read.
pub struct Settings<'a> {
    /// What the variables start with.
    prefix: &'static str,
    /// Section and key; the section of keys before the first header is empty.
    keys: BTreeMap<(String, String), Entry<'a>>,
    sections: BTreeMap<String, usize>,
    variables: BTreeMap<String, String>,
    asked: BTreeSet<(&'static str, &'static str)>,
}

struct Entry<'a> {
    line: usize,
    value: DeValue<'a>,
}

impl<'a> Settings<'a> {
    /// Reads both; variables of this service start with `prefix`.
    ///
    /// # Errors
    /// No TOML, a variable that is no text.
    pub fn read(
        text: &'a str,
        prefix: &'static str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingFault> {
        let at = |line| Place::Line { line, key: None };
        let table = DeTable::parse(text).map_err(|error| {
            // The message of a parser names tokens, never the text of a value; its Display would show the line.
            let message = sanad_credential::printable(error.message());
            at(line_of(text, error.span())).fault(format!("no TOML: {message}"))
        })?;
        let (mut keys, mut sections) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in table.into_inner() {
            let (line, name) = (line_of(text, Some(name.span())), name.into_inner().into_owned());
            match value.into_inner() {
                DeValue::Table(section) => {
                    for (key, value) in section {
                        let line = line_of(text, Some(key.span()));
                        let entry = Entry { line, value: value.into_inner() };
                        keys.insert((name.clone(), key.into_inner().into_owned()), entry);
                    }
                    sections.insert(name, line);
                }
                value => {
                    keys.insert((String::new(), name), Entry { line, value });
                }
            }
        }
        let variables = variables(prefix, environment)?;
        Ok(Self { prefix, keys, sections, variables, asked: BTreeSet::new() })
    }

    /// A text, where there is one.
    ///
    /// # Errors
    /// The setting breaks the rule.
    pub fn text(
        &mut self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Found<String>>, SettingFault> {
        let found = match self.take(section, key) {
            None => return Ok(None),
            Some((place, Raw::Variable(value))) => Found { value, place },
            Some((place, Raw::Toml(DeValue::String(value)))) => Found { value: value.into_owned(), place },
            Some((place, Raw::Toml(other))) => {
                return Err(place.fault(format!("is {}, must be a text in quotes", other.type_str())));
            }
        };
        let bytes = found.value.len();
        if bytes == 0 || bytes > TEXT_BYTES_MAX || found.value.chars().any(char::is_control) {
            let problem = format!(
                "{bytes} bytes, must be 1 to {TEXT_BYTES_MAX} without control characters; leave it out if it is not \
                 wanted"
            );
            return Err(found.place.fault(problem));
        }
        Ok(Some(found))
    }

    /// A whole number within its bounds.
    ///
    /// # Errors
    /// The setting breaks the rule.
    pub fn number(
        &mut self,
        section: &'static str,
        key: &'static str,
        bounds: Bounds,
    ) -> Result<u64, SettingFault> {
        let (place, text, radix) = match self.take(section, key) {
            None => return Ok(bounds.default),
            Some((place, Raw::Variable(value))) => (place, value, 10),
            Some((place, Raw::Toml(DeValue::Integer(value)))) => {
                (place, value.as_str().to_owned(), value.radix())
            }
            Some((place, Raw::Toml(other))) => {
                return Err(place.fault(format!("is {}, must be a whole number", other.type_str())));
            }
        };
        let Bounds { min, max, .. } = bounds;
        match u64::from_str_radix(&text, radix) {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            Ok(number) => Err(place.fault(format!("{number} is not from {min} to {max}"))),
            Err(_) => Err(place.fault(format!("must be a whole number from {min} to {max}"))),
        }
    }

    /// One of two words: `true`, `false`.
    ///
    /// # Errors
    /// The setting breaks the rule.
    pub fn switch(
        &mut self,
        section: &'static str,
        key: &'static str,
        default: bool,
    ) -> Result<bool, SettingFault> {
        match self.take(section, key) {
            None => Ok(default),
            Some((_, Raw::Toml(DeValue::Boolean(value)))) => Ok(value),
            Some((place, Raw::Variable(value))) => {
                value.parse().map_err(|_| place.fault("must be true or false"))
            }
            Some((place, Raw::Toml(other))) => {
                Err(place.fault(format!("is {}, must be true or false", other.type_str())))
            }
        }
    }

    /// One of several words; the first is the default.
    ///
    /// # Errors
    /// The setting breaks the rule.
    pub fn word<T: Copy>(
        &mut self,
        section: &'static str,
        key: &'static str,
        words: &[(&str, T)],
        default: T,
    ) -> Result<T, SettingFault> {
        let Some(found) = self.text(section, key)? else { return Ok(default) };
        let word = words.iter().find(|(word, _)| *word == found.value);
        word.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            found.place.fault(format!("must be one of {}", words.join(", ")))
        })
    }

    /// Whether the section is in the file or the environment, with any key.
    pub fn has_section(&self, section: &str) -> bool {
        let variable = format!("{}{}_", self.prefix, section.to_ascii_uppercase());
        self.sections.contains_key(section) || self.variables.keys().any(|name| name.starts_with(&variable))
    }

    /// Refuses what nobody asked for. Returns what was asked for.
    ///
    /// # Errors
    /// The setting breaks the rule.
    pub fn finish(self) -> Result<BTreeSet<(&'static str, &'static str)>, SettingFault> {
        if let Some(((section, key), entry)) = self.keys.first_key_value() {
            let place = Place::Line { line: entry.line, key: Some(dotted(section, key)) };
            return Err(place.fault(format!("unknown; {}", self.known(section))));
        }
        for (section, line) in &self.sections {
            if !self.asked.iter().any(|(known, _)| known == section) {
                let place = Place::Line { line: *line, key: Some(format!("[{section}]")) };
                return Err(place.fault("unknown section"));
            }
        }
        match self.variables.keys().next() {
            Some(name) => Err(Place::Variable(name.clone()).fault("names no setting")),
            None => Ok(self.asked),
        }
    }

    /// The keys of a section, or the sections.
    fn known(&self, section: &str) -> String {
        let keys: Vec<_> =
            self.asked.iter().filter(|(known, _)| *known == section).map(|(_, key)| *key).collect();
        if keys.is_empty() {
            let sections: BTreeSet<_> = self
                .asked
                .iter()
                .map(|(section, _)| *section)
                .filter(|section| !section.is_empty())
                .collect();
            let sections: Vec<_> = sections.into_iter().collect();
            return format!("the sections are {}", sections.join(", "));
        }
        format!("the keys here are {}", keys.join(", "))
    }

    /// Takes a setting out, from the environment first.
    fn take(&mut self, section: &'static str, key: &'static str) -> Option<(Place, Raw<'a>)> {
        self.asked.insert((section, key));
        let in_file = self.keys.remove(&(section.to_owned(), key.to_owned()));
        let name = variable(self.prefix, section, key);
        if let Some(value) = self.variables.remove(&name) {
            return Some((Place::Variable(name), Raw::Variable(value)));
        }
        let Entry { line, value } = in_file?;
        Some((Place::Line { line, key: Some(dotted(section, key)) }, Raw::Toml(value)))
    }

    /// Where a key would stand, for a fault of one that is missing.
    pub fn missing(section: &str, key: &str) -> Place {
        Place::Missing(dotted(section, key))
    }
}

/// The kinds of values that services share.
impl Settings<'_> {
    /// A path; a relative one starts at `base`.
    ///
    /// # Errors
    /// It is no text.
    pub fn path(
        &mut self,
        section: &'static str,
        key: &'static str,
        base: &Path,
    ) -> Result<Option<PathBuf>, SettingFault> {
        Ok(self.text(section, key)?.map(|found| base.join(found.value)))
    }

    /// A numeric address with a port.
    ///
    /// # Errors
    /// It is none.
    pub fn address(
        &mut self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<SocketAddr>, SettingFault> {
        let Some(found) = self.text(section, key)? else { return Ok(None) };
        let address = found.value.parse();
        let problem = "must be a numeric address and a port: 127.0.0.1:8420, 0.0.0.0:443, [::1]:8420";
        address.map(Some).map_err(|_| found.place.fault(problem))
    }

    /// An address that starts as it may, ends without a slash and has no password in it.
    ///
    /// # Errors
    /// It breaks one of these.
    pub fn url(
        &mut self,
        section: &'static str,
        key: &'static str,
        schemes: &[&str],
    ) -> Result<Option<Found<String>>, SettingFault> {
        let Some(mut found) = self.text(section, key)? else { return Ok(None) };
        let Some(rest) = schemes.iter().find_map(|scheme| found.value.strip_prefix(scheme)) else {
            return Err(found.place.fault(format!("must start with {}", schemes.join(" or "))));
        };
        no_password(rest, &found.place)?;
        found.value.truncate(found.value.trim_end_matches('/').len());
        Ok(Some(found))
    }

    /// Seconds.
    ///
    /// # Errors
    /// Out of bounds.
    pub fn seconds(
        &mut self,
        section: &'static str,
        key: &'static str,
        bounds: Bounds,
    ) -> Result<Duration, SettingFault> {
        Ok(Duration::from_secs(self.number(section, key, bounds)?))
    }

    /// Thousandths of seconds.
    ///
    /// # Errors
    /// Out of bounds.
    pub fn millis(
        &mut self,
        section: &'static str,
        key: &'static str,
        bounds: Bounds,
    ) -> Result<Duration, SettingFault> {
        Ok(Duration::from_millis(self.number(section, key, bounds)?))
    }

    /// The two PEM files of TLS, both or neither.
    ///
    /// # Errors
    /// One without the other.
    pub fn tls(&mut self, section: &'static str, base: &Path) -> Result<Option<TlsFiles>, SettingFault> {
        let certificate = self.path(section, "tls_certificate", base)?;
        match (certificate, self.path(section, "tls_key", base)?) {
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Self::missing(section, "tls_key").fault("missing")),
            (None, Some(_)) => Err(Self::missing(section, "tls_certificate").fault("missing")),
        }
    }
}

/// Refuses a password before the `@` and one among the parameters.
fn no_password(rest: &str, place: &Place) -> Result<(), SettingFault> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let parameters = rest.split_once('?').map_or("", |(_, parameters)| parameters).to_ascii_lowercase();
    if user.is_some_and(|user| user.contains(':')) || parameters.contains("password") {
        return Err(place.fault("has a password in it; passwords stand in files"));
    }
    Ok(())
}

enum Raw<'a> {
    Toml(DeValue<'a>),
    Variable(String),
}

/// The variable that stands for a key.
fn variable(prefix: &str, section: &str, key: &str) -> String {
    let joined = if section.is_empty() { key.to_owned() } else { format!("{section}_{key}") };
    format!("{prefix}{}", joined.to_ascii_uppercase())
}

fn dotted(section: &str, key: &str) -> String {
    let shown = sanad_credential::printable(key);
    if section.is_empty() { shown } else { format!("{}.{shown}", sanad_credential::printable(section)) }
}

fn variables(
    prefix: &str,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<String, String>, SettingFault> {
    let ours = environment.into_iter().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(prefix).then_some((name, value))
    });
    ours.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(Place::Variable(name).fault("is no UTF-8")),
    })
    .collect()
}

/// Line of a place in the text, from 1.
fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start);
    text.bytes().take(start).filter(|byte| *byte == b'\n').count().saturating_add(1)
}
