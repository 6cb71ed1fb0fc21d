//! The issuer record (SPEC.md section 7): an issuer's keys, and what it may sign.
//!
//! UTF-8 JSON. Refuses unknown members, duplicate members and keys, a `kid` that is not the thumbprint of its key,
//! keys of small order, an id that does not start with its country, and a status prefix that is not a plain
//! https directory: each of these could let somebody sign what the record does not say.

use sanad_credential::{
    Area, Date, Fault, IssuerId, Json, KeyId, Limits, PublicKey, RightType, Set, StatusUri, VerifyingKey,
    What,
};

use crate::members::{
    Written, date, entries, member, open_date, optional, set, text_json, text_of, texts_json, words_json,
};
use crate::texts::LanguageTexts;

/// Limits of a record. A record of 64 keys with all its texts has about 20 kB.
pub const RECORD_LIMITS: Limits =
    Limits { bytes_max: 65_536, depth_max: 6, entries_max: 64, values_max: 2_048 };

/// The algorithm of every key.
const ALGORITHM: &str = "Ed25519";

/// A record that has passed every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRecord(RecordDraft);

/// A record as it is put together; [`RecordDraft::check`] makes an [`IssuerRecord`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDraft {
    /// The issuer.
    pub iss: IssuerId,
    /// Its country, or XA to XZ for regional and international bodies.
    pub country: Area,
    /// Its names by language.
    pub names: LanguageTexts,
    /// Its decentralised identifier, for the open standards.
    pub did: Option<String>,
    /// Its keys.
    pub keys: Vec<RecordKey>,
    /// Types of entitlement it may sign.
    pub types: Set<RightType>,
    /// Areas for which it may sign.
    pub areas: Set<Area>,
    /// Where its status lists stand.
    pub status: StatusLists,
    /// How to reach it.
    pub contact: Contact,
}

/// How to reach an issuer, by language: what a person who was refused is told.
pub type Contact = LanguageTexts;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordKey {
    /// The public key.
    pub x: PublicKey,
    /// What it may sign.
    pub key_use: KeyUse,
    /// First day of documents that it may have signed.
    pub from: Date,
    /// Last such day; open when absent.
    pub to: Option<Date>,
    /// Its state.
    pub state: KeyState,
}

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Entitlements of every type but 6.
    Credential,
    /// Status lists.
    Status,
    /// Entitlements of type 6 only.
    Delegation,
}

/// State of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// In use.
    Active,
    /// Past its last day; what it signed before stands.
    Retired,
    /// Counts for nothing.
    Compromised,
}

impl KeyUse {
    /// The word in a record.
    pub const fn word(self) -> &'static str {
        match self {
            KeyUse::Credential => "credential",
            KeyUse::Status => "status",
            KeyUse::Delegation => "delegation",
        }
    }

    /// The use with this word.
    ///
    /// # Errors
    /// [`What::Word`].
    pub fn from_word(word: &str) -> Result<Self, Fault> {
        let uses = [KeyUse::Credential, KeyUse::Status, KeyUse::Delegation];
        uses.into_iter().find(|key_use| key_use.word() == word).ok_or(What::Word { list: "key use" }.into())
    }
}

impl KeyState {
    /// The word in a record.
    pub const fn word(self) -> &'static str {
        match self {
            KeyState::Active => "active",
            KeyState::Retired => "retired",
            KeyState::Compromised => "compromised",
        }
    }

    /// The state with this word.
    ///
    /// # Errors
    /// [`What::Word`].
    pub fn from_word(word: &str) -> Result<Self, Fault> {
        let states = [KeyState::Active, KeyState::Retired, KeyState::Compromised];
        states.into_iter().find(|state| state.word() == word).ok_or(What::Word { list: "key state" }.into())
    }
}

/// Where an issuer's status lists stand: `<prefix>0` to `<prefix>N-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusLists {
    /// An https address that ends in "/".
    pub prefix: String,
    /// How many lists there are.
    pub lists: u32,
}

impl StatusLists {
    /// The address of a list.
    ///
    /// # Errors
    /// [`What::Length`] when it is longer than a document may hold.
    pub fn uri(&self, list: u32) -> Result<StatusUri, Fault> {
        StatusUri::new(&format!("{}{list}", self.prefix))
    }

    /// Whether an address is that of one of these lists.
    pub fn contains(&self, uri: &StatusUri) -> bool {
        let number = uri.as_str().strip_prefix(self.prefix.as_str());
        // "+1" and "01" are other addresses, though they parse to the same number.
        number.is_some_and(|text| {
            text.parse::<u32>().is_ok_and(|list| list < self.lists && list.to_string() == text)
        })
    }

    /// Checks the form of a prefix.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn check_prefix(prefix: &str) -> Result<(), Fault> {
        let path = prefix.strip_prefix("https://").and_then(|rest| rest.strip_suffix('/'));
        let plain = |part: &str| {
            let character =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_' | b'~');
            !matches!(part, "" | "." | "..") && part.bytes().all(character)
        };
        match path {
            // 12 to 96 characters of the uri, less one to ten digits of a list number.
            Some(path) if (11..=86).contains(&prefix.len()) && path.split('/').all(plain) => Ok(()),
            _ => Err(What::Pattern {
                wanted: "an https address without query that ends in \"/\", 11 to 86 characters",
            }
            .into()),
        }
    }
}

impl RecordDraft {
    /// Applies every rule that compares members.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn check(self) -> Result<IssuerRecord, Fault> {
        if self.country.as_str() != self.iss.country() {
            let wanted = "the two letters with which iss starts";
            return Err(Fault::new(What::Pattern { wanted }).within("country"));
        }
        for (entry, key) in self.keys.iter().enumerate() {
            check_key(key, self.keys.get(..entry).unwrap_or(&[]))
                .map_err(|fault| fault.at_entry(entry).within("keys"))?;
        }
        self.names.check().map_err(|fault| fault.within("names"))?;
        self.contact.check().map_err(|fault| fault.within("contact"))?;
        self.did
            .iter()
            .try_for_each(|did| crate::texts::check_text(did))
            .map_err(|fault| fault.within("did"))?;
        StatusLists::check_prefix(&self.status.prefix)
            .map_err(|fault| fault.within("prefix").within("status"))?;
        Ok(IssuerRecord(self))
    }
}

fn check_key(key: &RecordKey, before: &[RecordKey]) -> Result<(), Fault> {
    VerifyingKey::new(&key.x).map_err(|fault| fault.within("x"))?;
    if before.iter().any(|other| other.x == key.x) {
        return Err(Fault::new(What::Repeated { key: key.x.id().to_string() }).within("x"));
    }
    if key.state == KeyState::Retired && key.to.is_none() {
        return Err(Fault::new(What::Missing).within("to"));
    }
    match key.to {
        Some(to) if to < key.from => Err(Fault::new(What::Period { first: key.from, last: to }).within("to")),
        _ => Ok(()),
    }
}

impl IssuerRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, RECORD_LIMITS)?;
        let mut object = json.object()?;
        let draft = RecordDraft {
            iss: text_of(&mut object, "iss", IssuerId::new)?,
            country: text_of(&mut object, "country", Area::new)?,
            names: member(&mut object, "names", LanguageTexts::from_json)?,
            did: optional(&mut object, "did", |json| json.text().map(str::to_owned))?,
            keys: member(&mut object, "keys", |json| entries(json, key_from_json))?,
            types: member(&mut object, "types", |json| set(json, RightType::from_word))?,
            areas: member(&mut object, "areas", |json| set(json, Area::new))?,
            status: member(&mut object, "status", status_from_json)?,
            contact: member(&mut object, "contact", LanguageTexts::from_json)?,
        };
        object.finish()?;
        draft.check()
    }

    /// The issuer.
    pub fn iss(&self) -> &IssuerId {
        &self.0.iss
    }

    /// The record's members.
    pub fn members(&self) -> &RecordDraft {
        &self.0
    }

    /// The JSON form, members in the order of SPEC.md section 7.
    pub fn to_json(&self) -> Json<'_> {
        let record = &self.0;
        let mut members = Written::default();
        members.add("iss", text_json(&record.iss));
        members.add("country", text_json(&record.country));
        members.add("names", record.names.to_json());
        members.add_if("did", record.did.as_ref().map(|did| text_json(did)));
        members.add("keys", Json::Array(record.keys.iter().map(key_to_json).collect()));
        members.add("types", words_json(&record.types, RightType::word));
        members.add("areas", texts_json(&record.areas));
        members.add("status", status_to_json(&record.status));
        members.add("contact", record.contact.to_json());
        members.object()
    }
}

fn key_from_json(json: &Json<'_>) -> Result<RecordKey, Fault> {
    let mut object = json.object()?;
    let kid = text_of(&mut object, "kid", KeyId::from_hex)?;
    text_of(&mut object, "alg", |found| match found {
        ALGORITHM => Ok(()),
        _ => Err(What::Pattern { wanted: "\"Ed25519\"" }.into()),
    })?;
    let key = RecordKey {
        x: text_of(&mut object, "x", PublicKey::from_hex)?,
        key_use: text_of(&mut object, "use", KeyUse::from_word)?,
        from: date(&mut object, "from")?,
        to: open_date(&mut object, "to")?,
        state: text_of(&mut object, "state", KeyState::from_word)?,
    };
    object.finish()?;
    if key.x.id() != kid {
        return Err(Fault::new(What::OtherKey { found: kid, wanted: key.x.id() }).within("kid"));
    }
    Ok(key)
}

fn key_to_json(key: &RecordKey) -> Json<'static> {
    let mut members = Written::default();
    members.add("kid", text_json(&key.x.id()));
    members.add("alg", Json::Text(ALGORITHM.into()));
    members.add("x", text_json(&key.x));
    members.add("use", Json::Text(key.key_use.word().into()));
    members.add("from", text_json(&key.from));
    members.add("to", key.to.map_or(Json::Null, |to| text_json(&to)));
    members.add("state", Json::Text(key.state.word().into()));
    members.object()
}

fn status_from_json(json: &Json<'_>) -> Result<StatusLists, Fault> {
    let mut object = json.object()?;
    let prefix = text_of(&mut object, "prefix", |text| Ok(text.to_owned()))?;
    let lists = member(&mut object, "lists", |json| {
        let found = json.integer()?;
        u32::try_from(found)
            .map_err(|_| What::Range { found: i128::from(found), min: 0, max: i64::from(u32::MAX) }.into())
    })?;
    object.finish()?;
    Ok(StatusLists { prefix, lists })
}

fn status_to_json(status: &StatusLists) -> Json<'static> {
    let mut members = Written::default();
    members.add("prefix", text_json(&status.prefix));
    members.add("lists", Json::Integer(i64::from(status.lists)));
    members.object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{RECORD, changed};

    fn refusal(old: &str, new: &str) -> String {
        IssuerRecord::parse(&changed(RECORD, old, new)).unwrap_err().to_string()
    }

    #[test]
    fn a_record_is_read_and_written_unchanged() {
        let record = IssuerRecord::parse(RECORD).unwrap();
        assert_eq!(IssuerRecord::parse(&record.to_json().to_string()).unwrap(), record);
    }

    #[test]
    fn a_country_that_is_not_the_issuers_is_refused() {
        let fault = "country: must be the two letters with which iss starts";
        assert_eq!(refusal(r#""country": "KE""#, r#""country": "UG""#), fault);
        assert_eq!(refusal(r#""iss": "KE-SHA""#, r#""iss": "UG-SHA""#), fault);
    }

    #[test]
    fn a_key_under_another_keys_id_and_a_key_of_small_order_are_refused() {
        assert!(refusal("3d4017c3e8", "d75a980182").starts_with("keys[1].kid: "));
        let small = format!("01{}", "0".repeat(62));
        let kid = PublicKey::from_hex(&small).unwrap().id().to_string();
        let record = IssuerRecord::parse(RECORD).unwrap();
        let weak = RECORD
            .replace(&record.members().keys[0].x.to_string(), &small)
            .replace(&record.members().keys[0].x.id().to_string(), &kid);
        assert_eq!(IssuerRecord::parse(&weak).unwrap_err().place(), "keys[0].x");
    }

    #[test]
    fn a_key_twice_and_a_last_day_before_the_first_are_refused() {
        let mut twice = IssuerRecord::parse(RECORD).unwrap().members().clone();
        twice.keys.push(twice.keys[0].clone());
        assert_eq!(twice.check().unwrap_err().place(), "keys[2].x");
        assert!(refusal("2027-12-31", "2025-12-31").starts_with("keys[1].to: the last day"));
        assert_eq!(refusal(r#""to": null, "#, ""), "keys[0].to: is missing");
    }

    #[test]
    fn status_addresses_that_are_no_plain_directory_are_refused() {
        for prefix in ["http://sl.example/k/", "https://sl.example/k", "https://sl.example/k?/", "https:///"]
        {
            assert!(refusal("https://sl.example/k/", prefix).starts_with("status.prefix: "), "{prefix}");
        }
    }

    #[test]
    fn unknown_and_missing_members_are_refused() {
        assert_eq!(refusal(r#""did": "#, r#""note": "#), "unknown member \"note\"");
        assert_eq!(refusal(r#""types": ["coverage"], "#, ""), "types: is missing");
    }
}
