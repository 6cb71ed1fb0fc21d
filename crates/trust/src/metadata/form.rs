//! The JSON forms of the four roles, TUF section 4.2 to 4.6.

use std::collections::BTreeMap;
use std::fmt;

use sanad_credential::{Fault, FixedBytes, Json, Object, PublicKey, UnixTime, VerifyingKey, What};

use super::{
    Content, DelegatedRole, FileVersion, Header, Holders, KeyName, Keys, RoleKeys, Root, SPEC_VERSION,
    Search, Sha256Hash, Snapshot, TargetFile, Targets, Timestamp,
};

impl Content for Root {
    const TYPE: &'static str = "root";

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        match object.required("consistent_snapshot")? {
            Json::Bool(true) => {}
            _ => return Err(Fault::new(What::Pattern { wanted: "true" }).within("consistent_snapshot")),
        }
        let keys = keys_from_json(object.required("keys")?)?;
        let holders = holders_from_json(&mut object)?;
        let roles = object.required("roles")?;
        let within = |fault: Fault| fault.within("roles");
        let mut roles = roles.object().map_err(within)?;
        let mut role = |name: &'static str| -> Result<RoleKeys, Fault> {
            let found = roles.required(name).map_err(within)?;
            role_keys_from_json(found).map_err(|fault| fault.within(name).within("roles"))
        };
        let (root, timestamp, snapshot, targets) =
            (role("root")?, role("timestamp")?, role("snapshot")?, role("targets")?);
        let header = Header::from_json(&mut object)?;
        Ok(Self { header, keys, holders, root, timestamp, snapshot, targets })
    }

    fn to_json(&self) -> Json<'static> {
        let roles = [
            ("root", &self.root),
            ("snapshot", &self.snapshot),
            ("targets", &self.targets),
            ("timestamp", &self.timestamp),
        ];
        let roles = roles.map(|(name, keys)| (name.into(), Json::Object(role_keys_to_json(keys))));
        let mut members = vec![
            ("consistent_snapshot".into(), Json::Bool(true)),
            ("keys".into(), keys_to_json(&self.keys)),
            ("roles".into(), Json::Object(roles.to_vec())),
        ];
        members.extend(holders_to_json(&self.holders));
        self.header.with(Self::TYPE, members)
    }
}

impl Content for Timestamp {
    const TYPE: &'static str = "timestamp";

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let mut files = object.required("meta")?.object().map_err(|fault| fault.within("meta"))?;
        let snapshot = files
            .required("snapshot.json")
            .and_then(|json| FileVersion::from_json(json).map_err(|fault| fault.within("snapshot.json")))
            .map_err(|fault| fault.within("meta"))?;
        Ok(Self { header: Header::from_json(&mut object)?, snapshot })
    }

    fn to_json(&self) -> Json<'static> {
        let files = Json::Object(vec![("snapshot.json".into(), self.snapshot.to_json())]);
        self.header.with(Self::TYPE, vec![("meta".into(), files)])
    }
}

impl Content for Snapshot {
    const TYPE: &'static str = "snapshot";

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let files = by_name(object.required("meta")?, FileVersion::from_json);
        let files = files.map_err(|fault| fault.within("meta"))?;
        Ok(Self { header: Header::from_json(&mut object)?, files })
    }

    fn to_json(&self) -> Json<'static> {
        let files = self.files.iter().map(|(name, file)| (name.clone().into(), file.to_json()));
        self.header.with(Self::TYPE, vec![("meta".into(), Json::Object(files.collect()))])
    }
}

impl Content for Targets {
    const TYPE: &'static str = "targets";

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let targets = by_name(object.required("targets")?, TargetFile::from_json);
        let targets = targets.map_err(|fault| fault.within("targets"))?;
        let (mut keys, mut delegations) = (Keys::new(), Vec::new());
        if let Some(json) = object.optional("delegations") {
            let within = |fault: Fault| fault.within("delegations");
            let mut object = json.object().map_err(within)?;
            keys = keys_from_json(object.required("keys").map_err(within)?).map_err(within)?;
            let roles = object.required("roles").and_then(|json| json.array()).map_err(within)?;
            for (entry, role) in roles.iter().enumerate() {
                let role = DelegatedRole::from_json(role);
                delegations.push(role.map_err(|fault| within(fault.at_entry(entry).within("roles")))?);
            }
        }
        let holders = holders_from_json(&mut object)?;
        Ok(Self { header: Header::from_json(&mut object)?, targets, keys, holders, delegations })
    }

    fn to_json(&self) -> Json<'static> {
        let targets = self.targets.iter().map(|(path, file)| (path.clone().into(), file.to_json()));
        let mut members = vec![("targets".into(), Json::Object(targets.collect()))];
        if !self.delegations.is_empty() {
            let roles = self.delegations.iter().map(DelegatedRole::to_json).collect();
            let delegations =
                vec![("keys".into(), keys_to_json(&self.keys)), ("roles".into(), Json::Array(roles))];
            members.push(("delegations".into(), Json::Object(delegations)));
        }
        members.extend(holders_to_json(&self.holders));
        self.header.with(Self::TYPE, members)
    }
}

impl Header {
    fn from_json(object: &mut Object<'_, '_>) -> Result<Self, Fault> {
        let time = |json: &Json<'_>| UnixTime::parse(json.text()?);
        let version = positive(object.required("version")?).map_err(|fault| fault.within("version"))?;
        let expires = time(object.required("expires")?).map_err(|fault| fault.within("expires"))?;
        let issued =
            object.optional("issued").map(time).transpose().map_err(|fault| fault.within("issued"))?;
        Ok(Self { version, expires, issued })
    }

    fn with(&self, kind: &'static str, mut members: Vec<Member>) -> Json<'static> {
        members.extend([
            ("_type".into(), Json::Text(kind.into())),
            ("spec_version".into(), Json::Text(SPEC_VERSION.into())),
            ("version".into(), number(self.version)),
            ("expires".into(), text(self.expires)),
        ]);
        members.extend(self.issued.map(|issued| ("issued".into(), text(issued))));
        Json::Object(members)
    }
}

impl FileVersion {
    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let version = positive(object.required("version")?).map_err(|fault| fault.within("version"))?;
        let length = object.optional("length").map(unsigned).transpose();
        let length = length.map_err(|fault| fault.within("length"))?;
        let hash = object.optional("hashes").map(hash_from_json).transpose();
        Ok(Self { version, length, hash: hash.map_err(|fault| fault.within("hashes"))?.flatten() })
    }

    fn to_json(&self) -> Json<'static> {
        let mut members = vec![("version".into(), number(self.version))];
        members.extend(self.length.map(|length| ("length".into(), number(length))));
        members.extend(self.hash.map(|hash| ("hashes".into(), hash_to_json(hash))));
        Json::Object(members)
    }
}

impl TargetFile {
    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let length = unsigned(object.required("length")?).map_err(|fault| fault.within("length"))?;
        let hash = hash_from_json(object.required("hashes")?).map_err(|fault| fault.within("hashes"))?;
        // A target without SHA-256 could be any file.
        let hash = hash.ok_or_else(|| Fault::new(What::Missing).within("sha256").within("hashes"))?;
        Ok(Self { length, hash })
    }

    fn to_json(&self) -> Json<'static> {
        let members =
            vec![("length".into(), number(self.length)), ("hashes".into(), hash_to_json(self.hash))];
        Json::Object(members)
    }
}

impl DelegatedRole {
    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let keys = role_keys_from_json(json)?;
        let mut object = json.object()?;
        let name = object.required("name")?.text().map_err(|fault| fault.within("name"))?.to_owned();
        let search = match object.required("terminating")? {
            Json::Bool(true) => Search::Ends,
            Json::Bool(false) => Search::GoesOn,
            _ => return Err(Fault::new(What::Pattern { wanted: "true or false" }).within("terminating")),
        };
        let paths = object.required("paths")?;
        let paths = texts(paths).map_err(|fault| fault.within("paths"))?;
        Ok(Self { name, keys, paths, search })
    }

    fn to_json(&self) -> Json<'static> {
        let mut members = role_keys_to_json(&self.keys);
        members.extend([
            ("name".into(), text(&self.name)),
            ("paths".into(), Json::Array(self.paths.iter().map(text).collect())),
            ("terminating".into(), Json::Bool(self.search == Search::Ends)),
        ]);
        Json::Object(members)
    }
}

type Member = (std::borrow::Cow<'static, str>, Json<'static>);

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes)
        .map_err(|_| What::WrongType { wanted: "UTF-8 text", found: "other bytes" }.into())
}

pub(super) fn read_signature(json: &Json<'_>) -> Result<(KeyName, Option<[u8; 64]>), Fault> {
    let mut object = json.object()?;
    let name = object.required("keyid")?.text().map_err(|fault| fault.within("keyid"))?.to_owned();
    let signature = object.required("sig")?.text().map_err(|fault| fault.within("sig"))?;
    // Of another length it belongs to a key of another kind, which cannot count here.
    Ok((name, FixedBytes::<64>::from_hex(signature).ok().map(|bytes| bytes.0)))
}

fn keys_from_json(json: &Json<'_>) -> Result<Keys, Fault> {
    by_name(json, key_from_json).map_err(|fault| fault.within("keys"))
}

fn key_from_json(json: &Json<'_>) -> Result<Option<PublicKey>, Fault> {
    let mut object = json.object()?;
    let kind = object.required("keytype")?.text().map_err(|fault| fault.within("keytype"))?;
    let scheme = object.required("scheme")?.text().map_err(|fault| fault.within("scheme"))?;
    let value = object.required("keyval")?;
    if kind != "ed25519" || scheme != "ed25519" {
        return Ok(None);
    }
    let mut value = value.object().map_err(|fault| fault.within("keyval"))?;
    let public = value.required("public").and_then(|json| PublicKey::from_hex(json.text()?));
    let public = public.map_err(|fault| fault.within("public").within("keyval"))?;
    // A key of small order would sign everything for everybody.
    VerifyingKey::new(&public).map_err(|fault| fault.within("public").within("keyval"))?;
    Ok(Some(public))
}

fn keys_to_json(keys: &Keys) -> Json<'static> {
    let known =
        keys.iter().filter_map(|(name, key)| key.as_ref().map(|key| (name.clone().into(), key_to_json(key))));
    Json::Object(known.collect())
}

fn holders_from_json(object: &mut Object<'_, '_>) -> Result<Holders, Fault> {
    let Some(json) = object.optional("holders") else { return Ok(Holders::new()) };
    by_name(json, |json| json.text().map(str::to_owned)).map_err(|fault| fault.within("holders"))
}

fn holders_to_json(holders: &Holders) -> Option<Member> {
    let holder = |(name, holder): (&KeyName, &String)| (name.clone().into(), text(holder));
    let json = || Json::Object(holders.iter().map(holder).collect());
    (!holders.is_empty()).then(|| ("holders".into(), json()))
}

pub(super) fn key_to_json(key: &PublicKey) -> Json<'static> {
    Json::Object(vec![
        ("keytype".into(), Json::Text("ed25519".into())),
        ("scheme".into(), Json::Text("ed25519".into())),
        ("keyval".into(), Json::Object(vec![("public".into(), text(key))])),
    ])
}

fn role_keys_from_json(json: &Json<'_>) -> Result<RoleKeys, Fault> {
    let mut object = json.object()?;
    let names = texts(object.required("keyids")?).map_err(|fault| fault.within("keyids"))?;
    let repeated =
        names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| other == *name));
    if let Some((entry, _)) = repeated {
        return Err(Fault::new(What::SetOrder { entry }).at_entry(entry).within("keyids"));
    }
    let threshold = positive(object.required("threshold")?).map_err(|fault| fault.within("threshold"))?;
    Ok(RoleKeys { names, threshold: usize::try_from(threshold).unwrap_or(usize::MAX) })
}

fn role_keys_to_json(keys: &RoleKeys) -> Vec<Member> {
    let threshold = u64::try_from(keys.threshold).unwrap_or(u64::MAX);
    vec![
        ("keyids".into(), Json::Array(keys.names.iter().map(text).collect())),
        ("threshold".into(), number(threshold)),
    ]
}

fn hash_from_json(json: &Json<'_>) -> Result<Option<Sha256Hash>, Fault> {
    let mut object = json.object()?;
    let hash = object.optional("sha256").map(|json| FixedBytes::from_hex(json.text()?)).transpose();
    hash.map_err(|fault| fault.within("sha256"))
}

fn hash_to_json(hash: Sha256Hash) -> Json<'static> {
    Json::Object(vec![("sha256".into(), text(hash))])
}

fn by_name<T>(
    json: &Json<'_>,
    read: impl Fn(&Json<'_>) -> Result<T, Fault>,
) -> Result<BTreeMap<String, T>, Fault> {
    let Json::Object(members) = json else {
        return Err(json.object().err().unwrap_or_else(|| What::Missing.into()));
    };
    let mut found = BTreeMap::new();
    for (entry, (name, value)) in members.iter().enumerate() {
        // Names come from outside and may be long, so the place is their position.
        found.insert(name.to_string(), read(value).map_err(|fault| fault.at_entry(entry))?);
    }
    Ok(found)
}

fn texts(json: &Json<'_>) -> Result<Vec<String>, Fault> {
    let entries = json.array()?.iter().enumerate();
    entries.map(|(entry, json)| Ok(json.text().map_err(|fault| fault.at_entry(entry))?.to_owned())).collect()
}

fn unsigned(json: &Json<'_>) -> Result<u64, Fault> {
    let found = json.integer()?;
    u64::try_from(found).map_err(|_| What::Range { found: found.into(), min: 0, max: i64::MAX }.into())
}

fn positive(json: &Json<'_>) -> Result<u64, Fault> {
    match unsigned(json)? {
        0 => Err(What::Range { found: 0, min: 1, max: i64::MAX }.into()),
        value => Ok(value),
    }
}

fn number(value: u64) -> Json<'static> {
    Json::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(super) fn text(value: impl fmt::Display) -> Json<'static> {
    Json::Text(value.to_string().into())
}

/// Members in canonical order, all the way down: files are compared by people and by tools.
pub(super) fn sorted(json: Json<'static>) -> Json<'static> {
    match json {
        Json::Object(mut members) => {
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(members.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Json::Array(entries) => Json::Array(entries.into_iter().map(sorted).collect()),
        plain => plain,
    }
}
