//! The issuer's configuration, `issuer.toml`: who it is, what it signs, its public keys.
//!
//! One documented file, written by `init`, read by every command, changed by `keys`. Refuses unknown keys, so that a typing mistake
//! is not a silent default. Secrets stand in `keys.age` or in a
//! hardware module, and nowhere else.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sanad_credential::{
    Area, Date, Fault, IssuerId, LanguageTag, PublicKey, RightType, Set, StatusUri, UnixTime, What,
};
use sanad_trust::{IssuerRecord, KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use serde::Deserialize;

use crate::hsm::{HsmFile, HsmKeyFile, HsmObject, HsmSettings};

/// Name of the file in the issuer's directory.
pub const FILE_NAME: &str = "issuer.toml";

/// Validity of a document whose register states none: three years, as printed cards last.
const DOCUMENT_DAYS: u32 = 1_095;

/// Status lists of a new issuer: four lists serve 4.2 million documents before the record must change.
pub(crate) const LISTS: u32 = 4;

/// Largest file: what [`sanad_trust::RECORD_LIMITS`] allows.
const FILE_BYTES_MAX: u64 = 65_536;

/// The configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The issuer's record: its id, names, keys, types, areas, lists and contact.
    pub record: IssuerRecord,
    /// Days for which a document is valid when its register does not say.
    pub document_days: u32,
    /// The hardware module and the keys in it, where there is one.
    pub hsm: Option<HsmConfig>,
}

/// The hardware module of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsmConfig {
    /// The module and its token.
    pub settings: HsmSettings,
    /// Keys of the record that are in it, and how it calls them. The others are in `keys.age`.
    pub keys: Vec<(PublicKey, HsmObject)>,
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
         # Its name in the open standards, a did:web of an address that it keeps: docs/open-standards.md says how.\n\
         # did = \"did:web:issuer.example\"\n\
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
         lists = {LISTS}\n\
         \n\
         # Keys can be kept in a hardware module instead of keys.age; docs/keys.md says how. Its PIN never stands here.\n\
         # [hsm]\n\
         # module = \"/usr/lib/softhsm/libsofthsm2.so\"\n\
         # token = \"sanad\"\n\
         # sessions = 4\n\
         # wait_seconds = 10\n\
         \n\
         # Keys. `sanad-issuer keys` adds new ones, and ends and marks old ones. None is ever removed: what an old key\n\
         # signed is opened with it.\n",
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
        Self::parse(&path, &text)
    }

    /// Reads a configuration that is, or will be, the file.
    ///
    /// # Errors
    /// [`ConfigFault`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigFault> {
        let parsed: File = toml::from_str(text)
            .map_err(|error| ConfigFault::Toml { path: path.to_owned(), problem: error.to_string() })?;
        parsed.check().map_err(|fault| ConfigFault::Value { path: path.to_owned(), fault })
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
        newest_first(self.record.members(), key_use, day).map(|_| ())
    }

    /// Address of a status list.
    ///
    /// # Errors
    /// The address is longer than a document may hold.
    pub fn status_uri(&self, list: u32) -> Result<StatusUri, Fault> {
        self.record.members().status.uri(list)
    }
}

/// The keys that sign on a day, the newest first: those of one day in the order of the file, the last first.
///
/// # Errors
/// [`NoKey`], where there is none.
pub fn newest_first(record: &RecordDraft, key_use: KeyUse, day: Date) -> Result<Vec<&RecordKey>, NoKey> {
    let active = || record.keys.iter().filter(|key| key.key_use == key_use && key.state == KeyState::Active);
    let counts = |key: &&RecordKey| key.from <= day && key.to.is_none_or(|to| day <= to);
    let mut keys: Vec<&RecordKey> = active().filter(counts).collect();
    keys.reverse();
    // Stable: what was listed later stays before what began on the same day.
    keys.sort_by_key(|key| Reverse(key.from));
    if keys.is_empty() {
        return Err(NoKey { key_use, day, first: active().map(|key| key.from).min() });
    }
    Ok(keys)
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
    hsm: Option<HsmFile>,
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
    hsm: Option<HsmKeyFile>,
}

impl File {
    fn check(self) -> Result<Config, Fault> {
        let at = |name: &'static str| move |fault: Fault| fault.within(name);
        let types = self.types.iter().map(|word| RightType::from_word(word)).collect::<Result<_, _>>();
        let areas = self.areas.iter().map(|area| Area::new(area)).collect::<Result<_, _>>();
        let hsm = hsm_config(self.hsm, &self.keys)?;
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
        Ok(Config { record: draft.check()?, document_days: self.document_days, hsm })
    }
}

fn hsm_config(file: Option<HsmFile>, keys: &[Key]) -> Result<Option<HsmConfig>, Fault> {
    let settings = file.map(|file| file.check().map_err(|fault| fault.within("hsm"))).transpose()?;
    let mut objects = Vec::new();
    for (entry, key) in keys.iter().enumerate() {
        let Some(object) = &key.hsm else { continue };
        let at = |fault: Fault| fault.within("hsm").at_entry(entry).within("keys");
        let object = object.check().map_err(at)?;
        if settings.is_none() {
            let wanted = "absent without a section [hsm], which names the module and the token";
            return Err(at(What::Pattern { wanted }.into()));
        }
        let x =
            PublicKey::from_hex(&key.x).map_err(|fault| fault.within("x").at_entry(entry).within("keys"))?;
        objects.push((x, object));
    }
    Ok(settings.map(|settings| HsmConfig { settings, keys: objects }))
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
