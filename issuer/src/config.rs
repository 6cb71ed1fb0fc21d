//! The issuer's configuration, `issuer.toml`: who it is, what it signs, its public keys.
//!
//! One documented file, written by `init` and read by every command. Refuses unknown keys, so that a typing mistake
//! is not a silent default. Secrets stand in `keys.age` and nowhere else.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sanad_credential::{
    Area, Date, Fault, IssuerId, LanguageTag, PublicKey, RightType, Set, StatusUri, UnixTime,
};
use sanad_trust::{IssuerRecord, KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use serde::Deserialize;

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "issuer.toml";

/// Validity of a document whose register states none: three years, as printed cards last.
const DOCUMENT_DAYS: u32 = 1_095;

/// Status lists of a new issuer: four lists serve 4.2 million documents before the record must change.
pub(crate) const LISTS: u32 = 4;

/// Largest file: what [`sanad_trust::RECORD_LIMITS`] allows.
const FILE_BYTES_MAX: u64 = 65_536;

/// The configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer's record: its id, names, keys, types, areas, lists and contact.
    pub record: IssuerRecord,
    /// Days for which a document is valid when its register does not say.
    pub document_days: u32,
}

/// Why a configuration was not read or made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no such TOML.
    #[error("{}: {problem}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What the parser said: place and fault.
        problem: String,
    },
    /// A value is wrong.
    #[error("{}: {fault}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
}

/// No key of the configuration counts on a day.
#[derive(Clone, Debug, thiserror::Error)]
#[error("no active {} key of issuer.toml counts on {day}{}", key_use.word(), first_day(*first))]
pub struct NoKey {
    /// What the key would be for.
    pub key_use: KeyUse,
    /// The day.
    pub day: Date,
    /// First day of the oldest active key.
    pub first: Option<Date>,
}

fn first_day(first: Option<Date>) -> String {
    first.map(|first| format!(", the first is of {first}")).unwrap_or_default()
}

/// What `init` is told.
pub struct NewIssuer<'a> {
    /// The issuer's id.
    pub iss: &'a IssuerId,
    /// Its country.
    pub country: &'a Area,
    /// Its name, in the given language.
    pub name: &'a str,
    /// Language of the name.
    pub language: &'a LanguageTag,
    /// Directory of the status lists.
    pub status_prefix: &'a str,
    /// First day of the keys.
    pub today: Date,
    /// Key for entitlements.
    pub credential: PublicKey,
    /// Key for status lists.
    pub status: PublicKey,
    /// Key for delegations.
    pub delegation: PublicKey,
}

/// The text of a new `issuer.toml`.
pub fn template(new: &NewIssuer<'_>) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "# Configuration of a Sanad issuer. Secret keys stand in keys.age, encrypted with the passphrase.\n\
         \n\
         # Id in the trust list; starts with the country. It never changes.\n\
         issuer = {iss}\n\
         country = {country}\n\
         \n\
         # Types of document this issuer may sign.\n\
         types = [\"membership\", \"coverage\", \"contribution\", \"benefit\", \"cross_border\", \"delegation\"]\n\
         \n\
         # Areas for which it may sign: every territory on a document must lie in one of them.\n\
         areas = [{country}]\n\
         \n\
         # Days for which a document is valid when its register does not say.\n\
         document_days = {DOCUMENT_DAYS}\n\
         \n\
         # Names by language.\n\
         [names]\n\
         {language} = {name}\n\
         \n\
         # How a person reaches the issuer, by language; told to whoever is refused.\n\
         [contact]\n\
         \n\
         # Status lists: published at <prefix>0, <prefix>1 and so on, 1,048,576 documents each. The prefix is on\n\
         # every document, so it must stay; at most 21 characters keep QR codes small. To serve more documents,\n\
         # raise lists and publish the record again.\n\
         [status]\n\
         prefix = {prefix}\n\
         lists = {LISTS}\n",
        iss = quoted(new.iss.as_str()),
        country = quoted(new.country.as_str()),
        language = quoted(new.language.as_str()),
        name = quoted(new.name),
        prefix = quoted(new.status_prefix),
    );
    let keys = [("credential", new.credential), ("status", new.status), ("delegation", new.delegation)];
    for (key_use, key) in keys {
        let _ = write!(
            text,
            "\n[[keys]]\nuse = \"{key_use}\"\nx = \"{key}\"\nfrom = \"{}\"\nstate = \"active\"\n",
            new.today
        );
    }
    text
}

/// The text of an `issuer.toml` with another number of status lists and everything else as it stands, comments too. None
/// where the number does not stand on a line of its own.
pub(crate) fn with_lists(text: &str, lists: u32) -> Option<String> {
    let (mut changed, mut table, mut places) = (String::new(), String::new(), 0_usize);
    for line in text.split_inclusive('\n') {
        let plain = line.trim();
        if plain.starts_with('[') {
            plain.clone_into(&mut table);
        }
        let number = plain.strip_prefix("lists").and_then(|rest| rest.trim_start().strip_prefix('='));
        match number {
            Some(number) if table == "[status]" && number.trim().parse::<u32>().is_ok() => {
                places = places.saturating_add(1);
                changed.push_str(&format!("lists = {lists}\n"));
            }
            _ => changed.push_str(line),
        }
    }
    (places == 1).then_some(changed)
}

impl Config {
    /// Reads the configuration of a directory.
    ///
    /// # Errors
    /// [`ConfigFault`].
    pub fn load(dir: &Path) -> Result<Self, ConfigFault> {
        let path = dir.join(FILE_NAME);
        let file = |source| ConfigFault::File { path: path.clone(), source };
        let bytes = std::fs::metadata(&path).map_err(file)?.len();
        if bytes > FILE_BYTES_MAX {
            let problem = format!("{bytes} bytes, at most {FILE_BYTES_MAX} are read");
            return Err(ConfigFault::Toml { path, problem });
        }
        let text = std::fs::read_to_string(&path).map_err(file)?;
        let parsed: File = toml::from_str(&text)
            .map_err(|error| ConfigFault::Toml { path: path.clone(), problem: error.to_string() })?;
        parsed.check().map_err(|fault| ConfigFault::Value { path, fault })
    }

    /// End of validity of a document issued now.
    ///
    /// # Errors
    /// The year 2199 is exceeded.
    pub fn default_exp(&self, iat: UnixTime) -> Result<UnixTime, Fault> {
        iat.plus_seconds(u64::from(self.document_days).saturating_mul(86_400))
    }

    /// Whether a key counts for documents issued on a day.
    ///
    /// # Errors
    /// [`NoKey`].
    pub fn key_on(&self, key_use: KeyUse, day: Date) -> Result<(), NoKey> {
        let keys = || self.record.members().keys.iter().filter(move |key| key.key_use == key_use);
        let counts = |key: &RecordKey| {
            key.state == KeyState::Active && key.from <= day && key.to.is_none_or(|to| day <= to)
        };
        if keys().any(counts) {
            return Ok(());
        }
        let first = keys().filter(|key| key.state == KeyState::Active).map(|key| key.from).min();
        Err(NoKey { key_use, day, first })
    }

    /// Address of a status list.
    ///
    /// # Errors
    /// The address is longer than a document may hold.
    pub fn status_uri(&self, list: u32) -> Result<StatusUri, Fault> {
        self.record.members().status.uri(list)
    }
}

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    issuer: String,
    country: String,
    did: Option<String>,
    types: Vec<String>,
    areas: Vec<String>,
    document_days: u32,
    names: BTreeMap<String, String>,
    contact: BTreeMap<String, String>,
    status: Status,
    keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    prefix: String,
    lists: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    #[serde(rename = "use")]
    key_use: String,
    x: String,
    from: String,
    to: Option<String>,
    state: String,
}

impl File {
    fn check(self) -> Result<Config, Fault> {
        let at = |name: &'static str| move |fault: Fault| fault.within(name);
        let types = self.types.iter().map(|word| RightType::from_word(word)).collect::<Result<_, _>>();
        let areas = self.areas.iter().map(|area| Area::new(area)).collect::<Result<_, _>>();
        let keys = self.keys.iter().enumerate();
        let keys = keys.map(|(entry, key)| key.check().map_err(|fault| fault.at_entry(entry)));
        let draft = RecordDraft {
            iss: IssuerId::new(&self.issuer).map_err(at("issuer"))?,
            country: Area::new(&self.country).map_err(at("country"))?,
            names: texts(self.names).map_err(at("names"))?,
            did: self.did,
            keys: keys.collect::<Result<_, _>>().map_err(at("keys"))?,
            types: types.and_then(Set::new).map_err(at("types"))?,
            areas: areas.and_then(Set::new).map_err(at("areas"))?,
            status: StatusLists { prefix: self.status.prefix, lists: self.status.lists },
            contact: texts(self.contact).map_err(at("contact"))?,
        };
        Ok(Config { record: draft.check()?, document_days: self.document_days })
    }
}

impl Key {
    fn check(&self) -> Result<RecordKey, Fault> {
        let at = |name: &'static str| move |fault: Fault| fault.within(name);
        Ok(RecordKey {
            x: PublicKey::from_hex(&self.x).map_err(at("x"))?,
            key_use: KeyUse::from_word(&self.key_use).map_err(at("use"))?,
            from: Date::parse(&self.from).map_err(at("from"))?,
            to: self.to.as_deref().map(Date::parse).transpose().map_err(at("to"))?,
            state: KeyState::from_word(&self.state).map_err(at("state"))?,
        })
    }
}

fn texts(map: BTreeMap<String, String>) -> Result<LanguageTexts, Fault> {
    let texts = map.into_iter().map(|(tag, text)| LanguageTag::new(&tag).map(|tag| (tag, text)));
    texts.collect::<Result<_, _>>().map(LanguageTexts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# lists = 4\n[names]\nlists = \"4\"\n[status]\nprefix = \"https://s.example/\"\n  lists  =  4\n[[keys]]\n";

    #[test]
    fn the_number_of_lists_is_raised_and_nothing_else() {
        let changed = with_lists(TEXT, 9).unwrap();
        assert_eq!(changed, TEXT.replace("  lists  =  4\n", "lists = 9\n"));
    }

    #[test]
    fn a_number_that_is_not_found_or_found_twice_is_left_to_a_person() {
        for text in ["", "status = { prefix = \"\", lists = 4 }\n", "[other]\nlists = 4\n", "lists = 4\n"] {
            assert_eq!(with_lists(text, 9), None, "{text}");
        }
        assert_eq!(with_lists(&format!("{TEXT}[status]\nlists = 5\n"), 9), None);
    }
}
