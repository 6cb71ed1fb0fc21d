//! What can be changed in a draft, by name.

use sanad_credential::{IssuerId, KeyId};

use super::draft::{Draft, RoleContent, delegated_signers};
use super::listing::{path_of, role_of, target_file};
use super::{AuthoringFault, Dates, PublicRoleKey, Signers, rules};
use crate::client::country_paths;
use crate::country::Country;
use crate::metadata::{DelegatedRole, RoleKeys, RoleName, Root, Search, Targets};
use crate::record::{IssuerRecord, KeyState};

/// A region before it has any metadata.
#[derive(Clone, Debug)]
pub struct NewRegion {
    /// Who signs roots.
    pub root: Signers,
    /// Who signs the region's list.
    pub targets: Signers,
    /// The key of the machine that signs snapshots and timestamps.
    pub online: PublicRoleKey,
}

/// The keys of a country that joins.
#[derive(Clone, Debug)]
pub struct CountryKeys {
    /// The country.
    pub country: Country,
    /// Who signs the country's list.
    pub signers: Signers,
}

/// Keys that come and go.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// New keys.
    pub add: Vec<PublicRoleKey>,
    /// Keys that go, by id or holder.
    pub remove: Vec<String>,
    /// How many must sign from now on; as before when absent.
    pub threshold: Option<usize>,
}

/// Keys that a root names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyGroup {
    /// Who signs roots.
    Root,
    /// Who signs the region's list.
    Targets,
}

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    /// Lists a file, or replaces it, at the path that follows from what it says.
    List {
        /// The file.
        text: String,
    },
    /// Lists a file no longer.
    Unlist {
        /// Its path.
        path: String,
    },
    /// Marks a key of an issuer as compromised: whatever it signed counts for nothing.
    MarkCompromised {
        /// The issuer.
        issuer: IssuerId,
        /// The key.
        key: KeyId,
    },
    /// Delegates a country's paths to its keys.
    AddCountry(CountryKeys),
    /// Changes the keys of a country.
    RotateCountry {
        /// The country.
        country: Country,
        /// What changes.
        keys: KeyChange,
    },
    /// Ends a delegation, and the grant with it: without a grant nothing of the country has a right, and an old grant
    /// must not wait for whoever gets the name next.
    RemoveCountry {
        /// The country.
        country: Country,
    },
    /// Changes keys that the root names.
    RotateKeys {
        /// Whose.
        group: KeyGroup,
        /// What changes.
        keys: KeyChange,
    },
    /// Replaces the key of snapshots and timestamps.
    ReplaceOnlineKey(PublicRoleKey),
}

impl Draft {
    /// Makes changes, in their order, under new dates; then checks the whole.
    ///
    /// # Errors
    /// [`AuthoringFault`]; [`AuthoringFault::Signed`] when somebody has signed: a signature is for what its holder
    /// saw.
    pub fn change(mut self, changes: Vec<Change>, dates: Dates) -> Result<Self, AuthoringFault> {
        if !self.signatures.is_empty() {
            return Err(AuthoringFault::Signed { role: self.role.to_string() });
        }
        for change in changes {
            self.apply(change)?;
        }
        let header = self.content.header_mut();
        (header.issued, header.expires) = (Some(dates.issued), dates.expires);
        rules::check(&self)?;
        Ok(self)
    }

    fn apply(&mut self, change: Change) -> Result<(), AuthoringFault> {
        match change {
            Change::List { text } => self.list_file(text),
            Change::Unlist { path } => self.unlist_file(&path),
            Change::MarkCompromised { issuer, key } => self.mark_compromised(&issuer, key),
            Change::AddCountry(country) => add_country(self.regional()?, country),
            Change::RotateCountry { country, keys } => {
                rotate_country(self.regional()?, country.as_str(), &keys)
            }
            Change::RemoveCountry { country } => {
                remove_country(self.regional()?, country.as_str())?;
                let grant = format!("grants/{country}.json");
                if self.files.contains_key(&grant) { self.unlist_file(&grant) } else { Ok(()) }
            }
            Change::RotateKeys { group, keys } => rotate_keys(self.root()?, group, &keys),
            Change::ReplaceOnlineKey(key) => {
                let (root, online) = (self.root()?, Signers::new(&[key], 1));
                online.enter(&mut root.keys, &mut root.holders);
                (root.snapshot, root.timestamp) = (online.role_keys(), online.role_keys());
                drop_unused_of_root(root);
                Ok(())
            }
        }
    }

    fn list_file(&mut self, text: String) -> Result<(), AuthoringFault> {
        let path = path_of(&text)?;
        let (role, path) = (role_of(&path), path.to_string());
        if role != self.role {
            return Err(AuthoringFault::OtherRole { path, role: role.to_string() });
        }
        self.keep_earlier(&path);
        self.files.insert(path.clone(), text.clone());
        if let RoleContent::Targets(targets) = &mut self.content {
            targets.targets.insert(path, target_file(&text));
        }
        Ok(())
    }

    fn unlist_file(&mut self, path: &str) -> Result<(), AuthoringFault> {
        self.keep_earlier(path);
        let listed = match &mut self.content {
            RoleContent::Targets(targets) => targets.targets.remove(path),
            RoleContent::Root(_) => None,
        };
        self.files.remove(path);
        match listed {
            Some(_) => Ok(()),
            None => Err(AuthoringFault::NotListed { path: sanad_credential::printable(path) }),
        }
    }

    /// What a signer must see is the file that was published, not a text of this draft in between.
    fn keep_earlier(&mut self, path: &str) {
        let Some(previous) = &mut self.previous else { return };
        let listed = previous.content.targets().and_then(|targets| targets.get(path));
        if let (Some(file), Some(text)) = (listed, self.files.get(path))
            && target_file(text) == *file
        {
            previous.files.insert(path.to_owned(), text.clone());
        }
    }

    fn mark_compromised(&mut self, issuer: &IssuerId, key: KeyId) -> Result<(), AuthoringFault> {
        let path = format!("issuers/{}/{issuer}.json", issuer.country());
        let text = self.files.get(&path).ok_or_else(|| AuthoringFault::NotListed { path: path.clone() })?;
        let at = |fault| AuthoringFault::Target { path: path.clone(), fault };
        let mut record = IssuerRecord::parse(text).map_err(at)?.members().clone();
        let mut found = record.keys.iter_mut().filter(|listed| listed.x.id() == key);
        match (found.next(), found.next()) {
            (Some(listed), None) => listed.state = KeyState::Compromised,
            _ => return Err(AuthoringFault::NoSuchKey { name: key.to_string() }),
        }
        let text = format!("{}\n", record.check().map_err(at)?.to_json());
        self.list_file(text)
    }

    fn regional(&mut self) -> Result<&mut Targets, AuthoringFault> {
        match (&self.role, &mut self.content) {
            (RoleName::Targets, RoleContent::Targets(targets)) => Ok(targets),
            _ => Err(AuthoringFault::WrongDraft { role: self.role.to_string(), wanted: "targets" }),
        }
    }

    fn root(&mut self) -> Result<&mut Root, AuthoringFault> {
        match &mut self.content {
            RoleContent::Root(root) => Ok(root),
            RoleContent::Targets(_) => {
                Err(AuthoringFault::WrongDraft { role: self.role.to_string(), wanted: "root" })
            }
        }
    }
}

fn add_country(regional: &mut Targets, new: CountryKeys) -> Result<(), AuthoringFault> {
    let CountryKeys { country, signers } = new;
    if regional.delegations.iter().any(|role| role.name == country.as_str()) {
        return Err(AuthoringFault::CountryKnown { country: country.to_string() });
    }
    signers.enter(&mut regional.keys, &mut regional.holders);
    regional.delegations.push(DelegatedRole {
        keys: signers.role_keys(),
        paths: country_paths(country.as_str()).to_vec(),
        name: country.to_string(),
        search: Search::Ends,
    });
    regional.delegations.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(())
}

fn rotate_country(regional: &mut Targets, country: &str, keys: &KeyChange) -> Result<(), AuthoringFault> {
    let signers = changed(delegated_signers(regional, country)?, keys)?;
    signers.enter(&mut regional.keys, &mut regional.holders);
    if let Some(role) = regional.delegations.iter_mut().find(|role| role.name == country) {
        role.keys = signers.role_keys();
    }
    drop_unused_of_region(regional);
    Ok(())
}

fn remove_country(regional: &mut Targets, country: &str) -> Result<(), AuthoringFault> {
    delegated_signers(regional, country)?;
    regional.delegations.retain(|role| role.name != country);
    drop_unused_of_region(regional);
    Ok(())
}

fn rotate_keys(root: &mut Root, group: KeyGroup, keys: &KeyChange) -> Result<(), AuthoringFault> {
    let role = match group {
        KeyGroup::Root => &root.root,
        KeyGroup::Targets => &root.targets,
    };
    let signers = changed(Signers::of(&root.keys, &root.holders, role), keys)?;
    signers.enter(&mut root.keys, &mut root.holders);
    match group {
        KeyGroup::Root => root.root = signers.role_keys(),
        KeyGroup::Targets => root.targets = signers.role_keys(),
    }
    drop_unused_of_root(root);
    Ok(())
}

fn changed(mut signers: Signers, change: &KeyChange) -> Result<Signers, AuthoringFault> {
    for name in &change.remove {
        let gone = signers.find(name)?.name.clone();
        signers.keys.retain(|signer| signer.name != gone);
    }
    signers.keys.extend(Signers::new(&change.add, 1).keys);
    signers.threshold = change.threshold.unwrap_or(signers.threshold);
    // Named twice they would stand once in the metadata, and a threshold would count on a key that is not there.
    rules::distinct(&signers)?;
    Ok(signers)
}

fn drop_unused_of_root(root: &mut Root) {
    let roles: [&RoleKeys; 4] = [&root.root, &root.targets, &root.snapshot, &root.timestamp];
    let used = |name: &String| roles.iter().any(|role| role.names.contains(name));
    root.keys.retain(|name, _| used(name));
    root.holders.retain(|name, _| used(name));
}

fn drop_unused_of_region(regional: &mut Targets) {
    let used = |name: &String| regional.delegations.iter().any(|role| role.keys.names.contains(name));
    regional.keys.retain(|name, _| used(name));
    regional.holders.retain(|name, _| used(name));
}
