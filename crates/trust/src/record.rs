//! The issuer record (SPEC.md section 7): an issuer's keys, and what it may sign.
//!
//! UTF-8 JSON. Refuses unknown members, duplicate members and keys, a `kid` that is not the thumbprint of its key,
//! keys of small order, an id that does not start with its country, and a status prefix that is not a plain
//! https directory: each of these could let somebody sign what the record does not say.

use std::fmt;

use sanad_credential::{
    Area, Date, Fault, IssuerId, Json, KeyId, LanguageTag, Limits, Object, PublicKey, RightType, Set,
    StatusUri, VerifyingKey, What,
};

/// Limits of a record. A record of 64 keys with all its texts has about 20 kB.
pub const RECORD_LIMITS: Limits =
    Limits { bytes_max: 65_536, depth_max: 6, entries_max: 64, values_max: 2_048 };

/// The algorithm of every key.
const ALGORITHM: &str = "Ed25519";

/// Longest text of a name or contact, in characters.
const TEXT_CHARACTERS_MAX: usize = 400;

/// A record that has passed every rule.
#[derive(Clone, Debug)]
pub struct IssuerRecord(RecordDraft);

/// A record as it is put together; [`RecordDraft::check`] makes an [`IssuerRecord`] of it.
#[derive(Clone, Debug)]
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

/// Texts by language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageTexts(pub Vec<(LanguageTag, String)>);

/// How to reach an issuer, by language: what a person who was refused is told.
pub type Contact = LanguageTexts;

/// One key.
#[derive(Clone, Debug)]
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
        check_texts(&self.names).map_err(|fault| fault.within("names"))?;
        check_texts(&self.contact).map_err(|fault| fault.within("contact"))?;
        self.did.iter().try_for_each(|did| check_text(did)).map_err(|fault| fault.within("did"))?;
        StatusLists::check_prefix(&self.status.prefix)
            .map_err(|fault| fault.within("prefix").within("status"))?;
        Ok(IssuerRecord(self))
    }
}

/// Texts of a record are shown beside verdicts, so they must not rewrite the line they stand on.
fn check_text(text: &str) -> Result<(), Fault> {
    let characters = text.chars().count();
    if (1..=TEXT_CHARACTERS_MAX).contains(&characters) && sanad_credential::printable(text) == text {
        return Ok(());
    }
    Err(What::Pattern { wanted: "1 to 400 characters, none a control or direction character" }.into())
}

fn check_texts(texts: &LanguageTexts) -> Result<(), Fault> {
    texts.0.iter().try_for_each(|(_, text)| check_text(text))
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
            types: member(&mut object, "types", |json| {
                Set::new(entries(json, |json| RightType::from_word(json.text()?))?)
            })?,
            areas: member(&mut object, "areas", |json| {
                Set::new(entries(json, |json| Area::new(json.text()?))?)
            })?,
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
        let text = |text: &dyn fmt::Display| Json::Text(text.to_string().into());
        let mut members = vec![
            ("iss".into(), text(&record.iss)),
            ("country".into(), text(&record.country)),
            ("names".into(), record.names.to_json()),
        ];
        if let Some(did) = &record.did {
            members.push(("did".into(), text(did)));
        }
        members.extend([
            ("keys".into(), Json::Array(record.keys.iter().map(key_to_json).collect())),
            ("types".into(), Json::Array(record.types.iter().map(|right| text(&right.word())).collect())),
            ("areas".into(), Json::Array(record.areas.iter().map(|area| text(area)).collect())),
            (
                "status".into(),
                Json::Object(vec![
                    ("prefix".into(), text(&record.status.prefix)),
                    ("lists".into(), Json::Integer(i64::from(record.status.lists))),
                ]),
            ),
            ("contact".into(), record.contact.to_json()),
        ]);
        Json::Object(members)
    }
}

impl LanguageTexts {
    /// The text in a language, else in English, else the first.
    pub fn in_language(&self, language: &str) -> Option<&str> {
        let find = |wanted: &str| self.0.iter().find(|(tag, _)| tag.as_str() == wanted);
        find(language).or_else(|| find("en")).or_else(|| self.0.first()).map(|(_, text)| text.as_str())
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let Json::Object(members) = json else {
            return Err(json.object().err().unwrap_or_else(|| What::Missing.into()));
        };
        let texts = members.iter().map(|(tag, text)| {
            let text = text.text()?;
            Ok((LanguageTag::new(tag)?, text.to_owned()))
        });
        texts.collect::<Result<_, Fault>>().map(Self)
    }

    fn to_json(&self) -> Json<'_> {
        let member = |(tag, text): &(LanguageTag, String)| (tag.to_string().into(), Json::owned_text(text));
        Json::Object(self.0.iter().map(member).collect())
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
        from: text_of(&mut object, "from", Date::parse)?,
        to: member(&mut object, "to", |json| match json {
            Json::Null => Ok(None),
            json => Date::parse(json.text()?).map(Some),
        })?,
        state: text_of(&mut object, "state", KeyState::from_word)?,
    };
    object.finish()?;
    if key.x.id() != kid {
        return Err(Fault::new(What::OtherKey { found: kid, wanted: key.x.id() }).within("kid"));
    }
    Ok(key)
}

fn key_to_json(key: &RecordKey) -> Json<'static> {
    let text = |text: String| Json::Text(text.into());
    Json::Object(vec![
        ("kid".into(), text(key.x.id().to_string())),
        ("alg".into(), Json::Text(ALGORITHM.into())),
        ("x".into(), text(key.x.to_string())),
        ("use".into(), Json::Text(key.key_use.word().into())),
        ("from".into(), text(key.from.to_string())),
        ("to".into(), key.to.map_or(Json::Null, |to| text(to.to_string()))),
        ("state".into(), Json::Text(key.state.word().into())),
    ])
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

fn member<'j, 'a, T>(
    object: &mut Object<'j, 'a>,
    name: &'static str,
    read: impl FnOnce(&'j Json<'a>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    read(object.required(name)?).map_err(|fault| fault.within(name))
}

fn optional<'j, 'a, T>(
    object: &mut Object<'j, 'a>,
    name: &'static str,
    read: impl FnOnce(&'j Json<'a>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    object.optional(name).map(read).transpose().map_err(|fault| fault.within(name))
}

fn text_of<T>(
    object: &mut Object<'_, '_>,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, Fault> {
    member(object, name, |json| read(json.text()?))
}

fn entries<T>(json: &Json<'_>, read: impl Fn(&Json<'_>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let entries = json.array()?.iter().enumerate();
    entries.map(|(entry, json)| read(json).map_err(|fault| fault.at_entry(entry))).collect()
}
