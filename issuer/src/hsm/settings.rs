//! What `issuer.toml` says of the hardware module: the section `[hsm]`, and `hsm` of a key.
//!
//! Refuses unknown keys, a module that is not named by an absolute path, both or neither of `token` and `slot`, and a key
//! object without label and id.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use sanad_credential::{Fault, What};
use serde::Deserialize;

/// Sessions at once when the file does not say: enough for four cores, and less than any token allows.
const SESSIONS: u32 = 4;

/// Most sessions; more than that and the module is the bottleneck.
const SESSIONS_RANGE: RangeInclusive<u32> = 1..=256;

/// How long a thread waits for a session when the file does not say.
const WAIT_SECONDS: u32 = 10;

/// Longest wait: a client of the service has gone by then.
const WAIT_RANGE: RangeInclusive<u32> = 1..=600;

/// Longest label of a token: CK_TOKEN_INFO has 32 bytes for it.
const TOKEN_LABEL_BYTES_MAX: usize = 32;

/// Longest label of a key, and longest id in bytes. Ours have 40 and 8.
const OBJECT_BYTES_MAX: usize = 255;

/// The section `[hsm]` as it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmFile {
    module: String,
    token: Option<String>,
    slot: Option<u64>,
    sessions: Option<u32>,
    wait_seconds: Option<u32>,
}

/// `hsm` of a key as it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmKeyFile {
    label: Option<String>,
    id: Option<String>,
}

/// A module and its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsmSettings {
    /// The shared library, by its absolute path.
    pub module: PathBuf,
    /// Which of its tokens.
    pub token: TokenChoice,
    /// Most sessions at once.
    pub sessions: u32,
    /// How long a thread waits for one.
    pub wait: Duration,
}

/// Which token of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenChoice {
    /// The one with this label.
    Label(String),
    /// The one in this slot; some modules number their slots anew with each start.
    Slot(u64),
}

/// How a token calls a key: its label, its id, or both. It finds the key; that it is the right one is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsmObject {
    label: Option<String>,
    id: Option<Vec<u8>>,
}

impl HsmFile {
    /// Applies every rule.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn check(self) -> Result<HsmSettings, Fault> {
        let module = PathBuf::from(&self.module);
        if !module.is_absolute() {
            let wanted = "the absolute path of a PKCS #11 module";
            return Err(Fault::new(What::Pattern { wanted }).within("module"));
        }
        let token = match (self.token, self.slot) {
            (Some(label), None) => {
                if label.trim_end().is_empty() || label.len() > TOKEN_LABEL_BYTES_MAX {
                    let wanted = "the label of a token, 1 to 32 bytes";
                    return Err(Fault::new(What::Pattern { wanted }).within("token"));
                }
                // The standard pads labels with blanks.
                TokenChoice::Label(label.trim_end().to_owned())
            }
            (None, Some(slot)) => TokenChoice::Slot(slot),
            (None, None) => return Err(Fault::new(What::Missing).within("token")),
            (Some(_), Some(_)) => {
                let wanted = "absent where token is there: one of the two";
                return Err(Fault::new(What::Pattern { wanted }).within("slot"));
            }
        };
        let sessions =
            within(self.sessions, SESSIONS, SESSIONS_RANGE).map_err(|fault| fault.within("sessions"))?;
        let wait = within(self.wait_seconds, WAIT_SECONDS, WAIT_RANGE)
            .map_err(|fault| fault.within("wait_seconds"))?;
        Ok(HsmSettings { module, token, sessions, wait: Duration::from_secs(u64::from(wait)) })
    }
}

fn within(found: Option<u32>, default: u32, range: RangeInclusive<u32>) -> Result<u32, Fault> {
    let found = found.unwrap_or(default);
    if range.contains(&found) {
        return Ok(found);
    }
    let (min, max) = (i64::from(*range.start()), i64::from(*range.end()));
    Err(What::Range { found: i128::from(found), min, max }.into())
}

impl HsmKeyFile {
    /// Applies every rule.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn check(&self) -> Result<HsmObject, Fault> {
        let id = self.id.as_deref().map(bytes_of).transpose().map_err(|fault| fault.within("id"))?;
        HsmObject::new(self.label.clone(), id)
    }
}

fn bytes_of(text: &str) -> Result<Vec<u8>, Fault> {
    let wanted = "1 to 255 bytes as pairs of lower-case hexadecimal digits";
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| match digit {
        b'0'..=b'9' | b'a'..=b'f' => {
            char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
        }
        _ => None,
    };
    let bytes = pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?));
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.filter(|_| rest.is_empty()).ok_or(What::Pattern { wanted }.into())
}

impl HsmObject {
    /// A key with this label, this id, or both.
    ///
    /// # Errors
    /// Neither, or one that is empty or too long.
    pub fn new(label: Option<String>, id: Option<Vec<u8>>) -> Result<Self, Fault> {
        if label.is_none() && id.is_none() {
            return Err(Fault::new(What::Missing).within("label"));
        }
        let fits = |bytes: usize| (1..=OBJECT_BYTES_MAX).contains(&bytes);
        let label_fits = label
            .as_ref()
            .is_none_or(|label| fits(label.len()) && label.chars().all(|character| !character.is_control()));
        if !label_fits {
            let wanted = "the label of a key, 1 to 255 bytes without control characters";
            return Err(Fault::new(What::Pattern { wanted }).within("label"));
        }
        if !id.as_ref().is_none_or(|id| fits(id.len())) {
            let wanted = "1 to 255 bytes as pairs of lower-case hexadecimal digits";
            return Err(Fault::new(What::Pattern { wanted }).within("id"));
        }
        Ok(Self { label, id })
    }

    /// Its label.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Its id.
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// As it stands in `issuer.toml`.
    pub fn to_toml(&self) -> String {
        let label = self.label().map(|label| format!("label = {}", toml::Value::from(label)));
        let id = self.id().map(|id| format!("id = \"{}\"", hex(id)));
        let members: Vec<String> = label.into_iter().chain(id).collect();
        format!("{{ {} }}", members.join(", "))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for HsmObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.label(), self.id()) {
            (Some(label), Some(id)) => write!(f, "\"{label}\" (id {})", hex(id)),
            (Some(label), None) => write!(f, "\"{label}\""),
            (None, Some(id)) => write!(f, "id {}", hex(id)),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for TokenChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenChoice::Label(label) => write!(f, "\"{label}\""),
            TokenChoice::Slot(slot) => write!(f, "in slot {slot}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Result<HsmSettings, String> {
        let file: HsmFile = toml::from_str(text).map_err(|error| error.to_string())?;
        file.check().map_err(|fault| fault.to_string())
    }

    fn key(text: &str) -> Result<HsmObject, String> {
        let file: HsmKeyFile = toml::from_str(text).map_err(|error| error.to_string())?;
        file.check().map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_section_is_read_with_its_defaults() {
        let read = section("module = \"/usr/lib/m.so\"\ntoken = \"sanad   \"").unwrap();
        let token = TokenChoice::Label("sanad".into());
        let wait = Duration::from_secs(10);
        assert_eq!(read, HsmSettings { module: "/usr/lib/m.so".into(), token, sessions: 4, wait });
    }

    #[test]
    fn what_leaves_open_which_module_or_token_is_meant_is_refused() {
        let refusal = |text: &str| section(text).unwrap_err();
        assert!(refusal("module = \"m.so\"\ntoken = \"t\"").starts_with("module: must be the absolute path"));
        assert_eq!(refusal("module = \"/m.so\""), "token: is missing");
        assert!(refusal("module = \"/m.so\"\ntoken = \"t\"\nslot = 1").starts_with("slot: must be absent"));
        assert!(refusal("module = \"/m.so\"\ntoken = \" \"").starts_with("token: "));
        assert!(refusal("module = \"/m.so\"\nslot = 1\nsessions = 0").starts_with("sessions: "));
        assert!(refusal("module = \"/m.so\"\nslot = 1\nwait_seconds = 601").starts_with("wait_seconds: "));
        assert!(refusal("module = \"/m.so\"\nslot = 1\npin = \"1234\"").contains("unknown field `pin`"));
    }

    #[test]
    fn a_key_is_named_by_label_id_or_both_and_written_as_it_is_read() {
        for text in ["label = \"a \\\"b\\\"\"", "id = \"00ff\"", "label = \"k\"\nid = \"01\""] {
            let object = key(text).unwrap();
            let written = object.to_toml();
            let members = written.strip_prefix("{ ").unwrap().strip_suffix(" }").unwrap();
            assert_eq!(key(&members.replace(", id", "\nid")).unwrap(), object, "{written}");
        }
        assert_eq!(key("").unwrap_err(), "label: is missing");
        for text in ["label = \"\"", "id = \"\"", "id = \"0\"", "id = \"FF\"", "label = \"a\\nb\""] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}
