//! Changing `issuer.toml`: a key added, ended or marked, and every other byte of the file left as it is, comments
//! included.
//!
//! Each change is made in the text, which is then read as any command reads it, and must say what was meant and nothing
//! else. The file is written whole or not at all.
//!
//! Refuses a file that lists its keys in a form that it cannot add to, a file that somebody changed meanwhile, and a
//! record that nobody could read.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use sanad_credential::{Date, Fault, PublicKey};
use sanad_trust::{IssuerRecord, KeyState, RecordDraft, RecordKey};
use serde::Deserialize;
use toml::Spanned;

use crate::config::{Config, ConfigFault, FILE_NAME};
use crate::hsm::HsmObject;
use crate::whole_file;

/// The file, with its changes.
#[derive(Clone, Debug)]
pub struct IssuerToml {
    path: PathBuf,
    read: String,
    text: String,
    config: Config,
}

/// Why the file was not changed. It stands as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditFault {
    /// It does not read.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// It is laid out in a way that cannot be changed here.
    #[error("{}: {wanted}; the file is laid out in another way, so change it by hand", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// What should have been written.
        wanted: String,
    },
    /// With the change nobody could read the record.
    #[error("{}: nobody could read this record: {fault}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: Fault,
    },
    /// Somebody else changed it.
    #[error("{} was changed meanwhile; nothing was written, run again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

/// Where the values of the keys stand.
#[derive(Deserialize)]
struct Places {
    keys: Vec<KeyPlaces>,
}

#[derive(Deserialize)]
struct KeyPlaces {
    x: String,
    from: Spanned<String>,
    to: Option<Spanned<String>>,
    state: Spanned<String>,
}

impl IssuerToml {
    /// Reads the file of a directory.
    ///
    /// # Errors
    /// [`EditFault::Config`], [`EditFault::File`].
    pub fn read(dir: &Path) -> Result<Self, EditFault> {
        // With its limits.
        let config = Config::load(dir)?;
        let path = dir.join(FILE_NAME);
        let text =
            fs::read_to_string(&path).map_err(|source| EditFault::File { path: path.clone(), source })?;
        Ok(Self { path, read: text.clone(), text, config })
    }

    /// What it says, with the changes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it says of its keys, with the changes.
    pub fn record(&self) -> &RecordDraft {
        self.config.record.members()
    }

    /// Adds a key at the end.
    ///
    /// # Errors
    /// [`EditFault::Layout`], [`EditFault::Config`].
    pub fn add(&mut self, key: &RecordKey, object: Option<&HsmObject>) -> Result<(), EditFault> {
        let mut block = String::from("\n[[keys]]\n");
        let mut line = |name: &str, value: &str| {
            block.push_str(&format!("{name} = {value}\n"));
        };
        line("use", &quoted(key.key_use.word()));
        line("x", &quoted(&key.x));
        line("from", &quoted(&key.from));
        if let Some(to) = key.to {
            line("to", &quoted(&to));
        }
        line("state", &quoted(key.state.word()));
        if let Some(object) = object {
            line("hsm", &object.to_toml());
        }
        let mut text = self.text.clone();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&block);
        let mut wanted = self.config.clone();
        let mut draft = self.record().clone();
        draft.keys.push(key.clone());
        if let (Some(object), Some(hsm)) = (object, &mut wanted.hsm) {
            hsm.keys.push((key.x, object.clone()));
        }
        self.take(vec![text], wanted, draft, || format!("a key should be added:\n{block}"))
    }

    /// Gives a key its last day.
    ///
    /// # Errors
    /// [`EditFault::Layout`], [`EditFault::Config`].
    pub fn end(&mut self, x: &PublicKey, to: Date) -> Result<(), EditFault> {
        let places = self.places(x);
        let value = quoted(&to);
        let texts = match places {
            Some(KeyPlaces { to: Some(old), .. }) => vec![self.replaced(old.span(), &value)],
            // A line of its own in a table of its own, else behind the first day.
            Some(KeyPlaces { from, .. }) => {
                let behind = from.span().end..from.span().end;
                let forms = [format!("\nto = {value}"), format!(", to = {value}")];
                forms.iter().map(|form| self.replaced(behind.clone(), form)).collect()
            }
            None => Vec::new(),
        };
        let draft = self.draft_with(x, |key| key.to = Some(to));
        self.take(texts, self.config.clone(), draft, || format!("the key {} should get to = {value}", x.id()))
    }

    /// Marks a key.
    ///
    /// # Errors
    /// [`EditFault::Layout`], [`EditFault::Config`].
    pub fn mark(&mut self, x: &PublicKey, state: KeyState) -> Result<(), EditFault> {
        let value = quoted(state.word());
        let texts = self.places(x).map(|places| self.replaced(places.state.span(), &value));
        let draft = self.draft_with(x, |key| key.state = state);
        self.take(texts.into_iter().collect(), self.config.clone(), draft, || {
            format!("the key {} should get state = {value}", x.id())
        })
    }

    /// Writes the file, and returns when it is on the disk.
    ///
    /// # Errors
    /// [`EditFault`]; then the file stands as it was.
    pub fn write(&self) -> Result<(), EditFault> {
        let json = self.config.record.to_json().to_string();
        IssuerRecord::parse(&json).map_err(|fault| EditFault::Record { path: self.path.clone(), fault })?;
        let file = |source| EditFault::File { path: self.path.clone(), source };
        if fs::read_to_string(&self.path).map_err(file)? != self.read {
            return Err(EditFault::Changed { path: self.path.clone() });
        }
        whole_file::write(&self.path, self.text.as_bytes()).map_err(file)
    }

    /// Takes over the first text that says what is wanted.
    fn take(
        &mut self,
        texts: Vec<String>,
        wanted: Config,
        draft: RecordDraft,
        words: impl Fn() -> String,
    ) -> Result<(), EditFault> {
        // A change that breaks a rule of the record is told as that.
        let value = |fault| ConfigFault::Value { path: self.path.clone(), fault };
        let wanted = Config { record: draft.check().map_err(value)?, ..wanted };
        let says = |text: &String| Config::parse(&self.path, text).is_ok_and(|found| found == wanted);
        match texts.into_iter().find(says) {
            Some(text) => {
                (self.text, self.config) = (text, wanted);
                Ok(())
            }
            None => Err(EditFault::Layout { path: self.path.clone(), wanted: words() }),
        }
    }

    fn places(&self, x: &PublicKey) -> Option<KeyPlaces> {
        let places: Places = toml::from_str(&self.text).ok()?;
        places.keys.into_iter().find(|key| PublicKey::from_hex(&key.x).is_ok_and(|found| found == *x))
    }

    /// The text with another piece in a place.
    fn replaced(&self, place: Range<usize>, piece: &str) -> String {
        let (before, behind) = (self.text.get(..place.start), self.text.get(place.end..));
        [before.unwrap_or_default(), piece, behind.unwrap_or_default()].concat()
    }

    fn draft_with(&self, x: &PublicKey, change: impl Fn(&mut RecordKey)) -> RecordDraft {
        let mut draft = self.record().clone();
        draft.keys.iter_mut().filter(|key| key.x == *x).for_each(change);
        draft
    }
}

fn quoted(value: &(impl std::fmt::Display + ?Sized)) -> String {
    format!("\"{value}\"")
}

#[cfg(test)]
mod tests {
    use sanad_credential::{Area, IssuerId, LanguageTag, SigningKey};
    use sanad_trust::KeyUse;

    use super::*;
    use crate::config::{NewIssuer, template};

    fn x(byte: u8) -> PublicKey {
        SigningKey::from_secret(&[byte; 32]).public_key()
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn sample() -> String {
        let (iss, country) = (IssuerId::new("KE-SHA").unwrap(), Area::new("KE").unwrap());
        template(&NewIssuer {
            iss: &iss,
            country: &country,
            name: "Invented",
            language: &LanguageTag::new("en").unwrap(),
            status_prefix: "https://s.example/k/",
            today: day("2027-01-01"),
            credential: x(1),
            status: x(2),
            delegation: x(3),
        })
    }

    fn written(text: &str) -> (tempfile::TempDir, IssuerToml) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), text).unwrap();
        let read = IssuerToml::read(dir.path()).unwrap();
        (dir, read)
    }

    fn new_key() -> RecordKey {
        RecordKey {
            x: x(4),
            key_use: KeyUse::Credential,
            from: day("2027-06-01"),
            to: None,
            state: KeyState::Active,
        }
    }

    #[test]
    fn a_key_is_added_and_another_ended_and_nothing_else_is_touched() {
        let before =
            sample().replace("state = \"active\"\n\n[[keys]]", "state = \"active\" # ours\n\n[[keys]]");
        let (dir, mut file) = written(&before);
        file.add(&new_key(), None).unwrap();
        file.end(&x(1), day("2027-06-14")).unwrap();
        file.write().unwrap();
        let after = fs::read_to_string(dir.path().join(FILE_NAME)).unwrap();
        let block = format!(
            "\n[[keys]]\nuse = \"credential\"\nx = \"{}\"\nfrom = \"2027-06-01\"\nstate = \"active\"\n",
            x(4)
        );
        let ended = "from = \"2027-01-01\"\nto = \"2027-06-14\"\nstate = \"active\" # ours";
        let wanted = before.replacen("from = \"2027-01-01\"\nstate = \"active\" # ours", ended, 1) + &block;
        assert_eq!(after, wanted);
        assert_eq!(Config::load(dir.path()).unwrap(), *file.config());
    }

    #[test]
    fn a_last_day_is_replaced_and_a_state_too() {
        let (_dir, mut file) = written(&sample());
        file.end(&x(2), day("2027-06-14")).unwrap();
        file.end(&x(2), day("2027-03-01")).unwrap();
        file.mark(&x(2), KeyState::Retired).unwrap();
        let key = &file.record().keys[1];
        assert_eq!((key.to, key.state), (Some(day("2027-03-01")), KeyState::Retired));
        assert!(!file.text.contains("2027-06-14"));
    }

    #[test]
    fn a_key_of_a_module_needs_the_section_that_names_it() {
        let object = HsmObject::new(Some("k".into()), Some(vec![1])).unwrap();
        let (_dir, mut file) = written(&sample());
        assert!(matches!(file.add(&new_key(), Some(&object)), Err(EditFault::Layout { .. })));
        let section = "\n[hsm]\nmodule = \"/usr/lib/m.so\"\ntoken = \"t\"\n";
        let (_dir, mut file) = written(&(sample() + section));
        file.add(&new_key(), Some(&object)).unwrap();
        assert_eq!(file.config().hsm.as_ref().unwrap().keys, [(x(4), object)]);
        assert!(file.text.ends_with("state = \"active\"\nhsm = { label = \"k\", id = \"01\" }\n"));
    }

    #[test]
    fn the_commented_section_of_a_new_file_reads_when_it_is_uncommented() {
        let text = sample();
        let lines = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.starts_with("[hsm]")
                    || ["module", "token", "sessions", "wait_seconds"]
                        .iter()
                        .any(|name| rest.starts_with(&format!("{name} = "))) =>
            {
                rest
            }
            _ => line,
        });
        let (_dir, file) = written(&lines.collect::<Vec<_>>().join("\n"));
        let settings = &file.config().hsm.as_ref().unwrap().settings;
        assert_eq!((settings.sessions, settings.wait.as_secs()), (4, 10));
    }

    #[test]
    fn keys_in_inline_tables_are_ended_and_marked_and_not_added_to() {
        let key = |name: &str, x: PublicKey| {
            format!("{{ use = \"{name}\", x = \"{x}\", from = \"2027-01-01\", state = \"active\" }}")
        };
        let keys = [key("credential", x(1)), key("status", x(2)), key("delegation", x(3))].join(", ");
        let text = sample();
        let (head, _) = text.split_once("\n[[keys]]").unwrap();
        let text = format!("keys = [{keys}]\n{head}");
        let (dir, mut file) = written(&text);
        file.end(&x(3), day("2027-06-14")).unwrap();
        file.mark(&x(1), KeyState::Compromised).unwrap();
        let fault = file.add(&new_key(), None).unwrap_err().to_string();
        assert!(fault.contains("change it by hand") && fault.contains("2027-06-01"), "{fault}");
        assert_eq!(fs::read_to_string(dir.path().join(FILE_NAME)).unwrap(), text);
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_stays_as_it_is() {
        let (dir, mut file) = written(&sample());
        file.mark(&x(1), KeyState::Compromised).unwrap();
        let path = dir.path().join(FILE_NAME);
        fs::write(&path, sample() + "# by hand\n").unwrap();
        assert!(matches!(file.write(), Err(EditFault::Changed { .. })));
        assert!(fs::read_to_string(&path).unwrap().ends_with("# by hand\n"));
    }

    #[test]
    fn a_record_with_more_keys_than_anybody_reads_is_not_written() {
        let (dir, mut file) = written(&sample());
        for byte in 4..=65 {
            file.add(&RecordKey { x: x(byte), ..new_key() }, None).unwrap();
        }
        assert!(matches!(file.write(), Err(EditFault::Record { .. })));
        assert_eq!(fs::read_to_string(dir.path().join(FILE_NAME)).unwrap(), sample());
    }

    #[test]
    fn lines_that_end_as_in_windows_stay_so() {
        let (_dir, mut file) = written(&sample().replace('\n', "\r\n"));
        file.end(&x(1), day("2027-06-14")).unwrap();
        file.add(&new_key(), None).unwrap();
        assert_eq!(file.record().keys.len(), 4);
    }
}
