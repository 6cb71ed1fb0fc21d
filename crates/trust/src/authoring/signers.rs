//! The keys of roles and their holders.

use sanad_credential::{Fault, Json, Limits, Name, Object, PublicKey, VerifyingKey, What};

use super::AuthoringFault;
use crate::metadata::{Holders, KeyName, Keys, RoleKeys, key_name};

/// Limits of a public key file: one line.
const LIMITS: Limits = Limits { bytes_max: 4_096, depth_max: 1, entries_max: 8, values_max: 8 };

/// The algorithm of every key.
const ALGORITHM: &str = "Ed25519";

/// The public part of a role's key, as its holder hands it over. Who takes it compares its id with the holder, on
/// paper or over the telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicRoleKey {
    /// Who holds it.
    pub holder: Name,
    /// The key.
    pub key: PublicKey,
}

impl PublicRoleKey {
    /// Reads a file `NAME.pub.json`.
    ///
    /// # Errors
    /// The first fault at its place; a key of small order.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, LIMITS)?;
        let mut object = json.object()?;
        let holder = text_of(&mut object, "holder", Name::new)?;
        text_of(&mut object, "alg", |found| match found {
            ALGORITHM => Ok(()),
            _ => Err(What::Pattern { wanted: "\"Ed25519\"" }.into()),
        })?;
        let key = text_of(&mut object, "x", PublicKey::from_hex)?;
        object.finish()?;
        VerifyingKey::new(&key).map_err(|fault| fault.within("x"))?;
        Ok(Self { holder, key })
    }

    /// The line of the file.
    pub fn to_json(&self) -> Json<'static> {
        Json::Object(vec![
            ("holder".into(), Json::Text(self.holder.to_string().into())),
            ("alg".into(), Json::Text(ALGORITHM.into())),
            ("x".into(), Json::Text(self.key.to_string().into())),
        ])
    }
}

/// One of the keys that may sign for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key's name in the metadata.
    pub name: KeyName,
    /// The key.
    pub key: PublicKey,
    /// Who holds it; empty when the metadata does not say.
    pub holder: String,
}

/// All keys that may sign for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signers {
    /// The keys.
    pub keys: Vec<Signer>,
    /// How many of them must sign.
    pub threshold: usize,
}

/// Whose signatures are asked for: a root is signed by the keys of the root before it and by its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerGroup {
    /// The role's keys.
    Role,
    /// The keys of the root before.
    OldRoot,
    /// The keys that the new root names.
    NewRoot,
}

impl Signers {
    /// The keys of a role out of metadata; keys of another kind than Ed25519 cannot sign here.
    pub fn of(keys: &Keys, holders: &Holders, role: &RoleKeys) -> Self {
        let signer = |name: &KeyName| {
            let key = (*keys.get(name)?)?;
            Some(Signer { name: name.clone(), key, holder: holders.get(name).cloned().unwrap_or_default() })
        };
        Self { keys: role.names.iter().filter_map(signer).collect(), threshold: role.threshold }
    }

    /// New keys.
    pub fn new(keys: &[PublicRoleKey], threshold: usize) -> Self {
        let signer = |key: &PublicRoleKey| Signer {
            name: key_name(&key.key),
            key: key.key,
            holder: key.holder.to_string(),
        };
        Self { keys: keys.iter().map(signer).collect(), threshold }
    }

    /// The key meant by its id or, where only one key has it, by its holder.
    ///
    /// # Errors
    /// [`AuthoringFault::NoSuchKey`].
    pub fn find(&self, text: &str) -> Result<&Signer, AuthoringFault> {
        let mut found = self.keys.iter().filter(|signer| {
            signer.key.id().to_string() == text || signer.name == text || signer.holder == text
        });
        match (found.next(), found.next()) {
            (Some(signer), None) => Ok(signer),
            _ => Err(AuthoringFault::NoSuchKey { name: sanad_credential::printable(text) }),
        }
    }

    /// As metadata names them.
    pub(super) fn role_keys(&self) -> RoleKeys {
        let mut names: Vec<KeyName> = self.keys.iter().map(|signer| signer.name.clone()).collect();
        names.sort();
        RoleKeys { names, threshold: self.threshold }
    }

    /// As metadata lists them.
    pub(super) fn keys(&self) -> Keys {
        self.keys.iter().map(|signer| (signer.name.clone(), Some(signer.key))).collect()
    }

    /// Adds them to a list of keys and holders.
    pub(super) fn enter(&self, keys: &mut Keys, holders: &mut Holders) {
        for signer in &self.keys {
            keys.insert(signer.name.clone(), Some(signer.key));
            if !signer.holder.is_empty() {
                holders.insert(signer.name.clone(), signer.holder.clone());
            }
        }
    }

    pub(super) fn to_json(&self) -> Json<'static> {
        let text = |text: String| Json::Text(text.into());
        let key = |signer: &Signer| {
            Json::Object(vec![
                ("name".into(), text(signer.name.clone())),
                ("holder".into(), text(signer.holder.clone())),
                ("x".into(), text(signer.key.to_string())),
            ])
        };
        let threshold = i64::try_from(self.threshold).unwrap_or(i64::MAX);
        Json::Object(vec![
            ("threshold".into(), Json::Integer(threshold)),
            ("keys".into(), Json::Array(self.keys.iter().map(key).collect())),
        ])
    }

    pub(super) fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let found = object.required("threshold")?.integer().map_err(|fault| fault.within("threshold"))?;
        let threshold = usize::try_from(found).map_err(|_| {
            Fault::new(What::Range { found: i128::from(found), min: 1, max: i64::MAX }).within("threshold")
        })?;
        let mut keys = Vec::new();
        for (entry, json) in object.required("keys")?.array()?.iter().enumerate() {
            let within = |fault: Fault| fault.at_entry(entry).within("keys");
            let mut object = json.object().map_err(within)?;
            let signer = Signer {
                name: text_of(&mut object, "name", |text| Ok(text.to_owned())).map_err(within)?,
                holder: text_of(&mut object, "holder", |text| Ok(text.to_owned())).map_err(within)?,
                key: text_of(&mut object, "x", PublicKey::from_hex).map_err(within)?,
            };
            object.finish().map_err(within)?;
            VerifyingKey::new(&signer.key).map_err(|fault| within(fault.within("x")))?;
            keys.push(signer);
        }
        object.finish()?;
        Ok(Self { keys, threshold })
    }
}

pub(super) fn text_of<T>(
    object: &mut Object<'_, '_>,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, Fault> {
    object.required(name)?.text().and_then(read).map_err(|fault| fault.within(name))
}
