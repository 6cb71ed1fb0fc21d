//! What never goes backward, as the host application keeps it between runs.
//!
//! Versions of the last trusted metadata, the newest signed time, and the newest date of each status list under each
//! key (`wire-format` rules: a list is never replaced by an older one; a floor falls when its key is no longer
//! active). The application stores the text and hands it in again; this module only reads and writes it.

use std::collections::BTreeMap;
use std::fmt;

use sanad_credential::{Fault, Json, Limits, PublicKey, StatusUri, UnixTime, What};

use crate::client::VersionFloors;

/// A floor for each of 10,000 status lists and 300 countries has about 1.5 MB.
const LIMITS: Limits = Limits { bytes_max: 2 << 20, depth_max: 6, entries_max: 16_384, values_max: 100_000 };

/// Everything that never goes backward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floors {
    /// Of the metadata.
    pub versions: VersionFloors,
    /// Of the status lists: the newest `iat` that was accepted, by address and signing key.
    pub lists: BTreeMap<(String, PublicKey), UnixTime>,
}

impl Floors {
    /// Of a verifier that has trusted nothing yet.
    pub const fn none() -> Self {
        Self { versions: VersionFloors::none(), lists: BTreeMap::new() }
    }

    /// The newest time that was signed by a timestamp role: no clock of this device may be behind it.
    pub fn time(&self) -> Option<UnixTime> {
        self.versions.issued
    }

    /// Reads what [`Floors::to_json`] wrote.
    ///
    /// # Errors
    /// The first fault at its place. A file that does not read is a damaged state, not one without floors.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::from_json(&Json::parse(text, LIMITS)?)
    }

    /// Reads what [`Floors::to_json`] gave.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let version = |json: &Json<'_>| -> Result<u64, Fault> {
            let found = json.integer()?;
            u64::try_from(found)
                .map_err(|_| What::Range { found: found.into(), min: 0, max: i64::MAX }.into())
        };
        let timestamp = version(object.required("timestamp")?).map_err(|fault| fault.within("timestamp"))?;
        let snapshot = version(object.required("snapshot")?).map_err(|fault| fault.within("snapshot"))?;
        let issued = object.optional("issued").map(|json| UnixTime::parse(json.text()?)).transpose();
        let issued = issued.map_err(|fault| fault.within("issued"))?;
        let mut files = BTreeMap::new();
        match object.required("files")? {
            Json::Object(members) => {
                for (name, value) in members {
                    files.insert(name.to_string(), version(value).map_err(|fault| fault.within("files"))?);
                }
            }
            other => {
                return Err(other.object().err().unwrap_or_else(|| What::Missing.into()).within("files"));
            }
        }
        let mut lists = BTreeMap::new();
        for (entry, list) in object.required("lists")?.array()?.iter().enumerate() {
            let within = |fault: Fault| fault.at_entry(entry).within("lists");
            let (key, value) = list_from_json(list).map_err(within)?;
            lists.insert(key, value);
        }
        object.finish()?;
        Ok(Self { versions: VersionFloors { timestamp, snapshot, files, issued }, lists })
    }

    /// For the application to keep.
    pub fn to_json(&self) -> Json<'static> {
        let versions = &self.versions;
        let mut members = vec![
            ("timestamp".into(), number(versions.timestamp)),
            ("snapshot".into(), number(versions.snapshot)),
        ];
        members.extend(versions.issued.map(|issued| ("issued".into(), text(issued))));
        let files = versions.files.iter().map(|(name, version)| (name.clone().into(), number(*version)));
        members.push(("files".into(), Json::Object(files.collect())));
        let lists = self.lists.iter().map(|((uri, key), iat)| {
            Json::Object(vec![
                ("uri".into(), text(uri)),
                ("key".into(), text(key)),
                ("iat".into(), text(iat)),
            ])
        });
        members.push(("lists".into(), Json::Array(lists.collect())));
        Json::Object(members)
    }
}

fn list_from_json(json: &Json<'_>) -> Result<((String, PublicKey), UnixTime), Fault> {
    let mut object = json.object()?;
    let uri = object.required("uri").and_then(|json| StatusUri::new(json.text()?));
    let uri = uri.map_err(|fault| fault.within("uri"))?;
    let key = object.required("key").and_then(|json| PublicKey::from_hex(json.text()?));
    let key = key.map_err(|fault| fault.within("key"))?;
    let iat = object.required("iat").and_then(|json| UnixTime::parse(json.text()?));
    let iat = iat.map_err(|fault| fault.within("iat"))?;
    object.finish()?;
    Ok(((uri.to_string(), key), iat))
}

fn number(value: u64) -> Json<'static> {
    Json::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn text(value: impl fmt::Display) -> Json<'static> {
    Json::Text(value.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_come_back_as_they_were() {
        let time = |text| UnixTime::parse(text).unwrap();
        let key = PublicKey([7; 32]);
        let floors = Floors {
            versions: VersionFloors {
                timestamp: 7,
                snapshot: 6,
                files: [("targets.json".to_owned(), 3), ("KE.json".to_owned(), 9)].into(),
                issued: Some(time("2026-05-01T08:00:00Z")),
            },
            lists: [(("https://s.example/k/0".to_owned(), key), time("2026-05-02"))].into(),
        };
        assert_eq!(Floors::parse(&floors.to_json().to_string()).unwrap(), floors);
        assert_eq!(Floors::parse(&Floors::none().to_json().to_string()).unwrap(), Floors::none());
    }

    #[test]
    fn a_damaged_file_is_not_a_verifier_without_floors() {
        for text in ["", "{}", "[]", r#"{"timestamp":1,"snapshot":1,"files":{},"lists":[],"more":1}"#] {
            assert!(Floors::parse(text).is_err(), "{text}");
        }
    }
}
