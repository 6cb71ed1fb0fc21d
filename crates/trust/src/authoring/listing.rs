//! Which file stands at which path, and which role may list it.
//!
//! The path of a file follows from what it says, so that nobody types one: a record of KE-SHA can only become
//! `issuers/KE/KE-SHA.json`.

use sanad_credential::{Fault, Json, Limits, What};

use super::AuthoringFault;
use crate::client::is_country;
use crate::metadata::{RoleName, TargetFile};

/// Largest file that is listed: the facilities of a large country have about 2 MB.
const LIMITS: Limits =
    Limits { bytes_max: 4 << 20, depth_max: 10, entries_max: 20_000, values_max: 400_000 };

/// Who may list a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The regional role.
    Region,
    /// The role of a country.
    Country(String),
}

impl Owner {
    /// The role's name.
    pub fn role(&self) -> RoleName {
        match self {
            Owner::Region => RoleName::Targets,
            Owner::Country(country) => RoleName::Delegated(country.clone()),
        }
    }
}

/// Who may list this path; nothing when no role may.
pub fn owner(path: &str) -> Option<Owner> {
    let parts: Vec<&str> = path.strip_suffix(".json")?.split('/').collect();
    let country = |name: &str| is_country(name).then(|| Owner::Country(name.to_owned()));
    match parts.as_slice() {
        ["grants", name] if is_country(name) => Some(Owner::Region),
        ["agreements", name] if !name.is_empty() => Some(Owner::Region),
        ["issuers", name, issuer] if !issuer.is_empty() => country(name),
        ["rulebooks", name, issuer, product] if !issuer.is_empty() && !product.is_empty() => country(name),
        ["facilities" | "host-rules", name] => country(name),
        _ => None,
    }
}

/// The path of a file by what it says. Nothing but the members that decide is looked at.
///
/// # Errors
/// [`AuthoringFault::UnknownFile`]: it is of none of the kinds that a repository lists.
pub fn path_of(text: &str) -> Result<String, AuthoringFault> {
    let json = Json::parse(text, LIMITS).map_err(AuthoringFault::Form)?;
    let Json::Object(members) = &json else { return Err(AuthoringFault::UnknownFile) };
    let has = |name: &str| members.iter().any(|(found, _)| found == name);
    let value = |name: &'static str| -> Result<&str, AuthoringFault> {
        let found = members.iter().find(|(found, _)| found == name).map(|(_, value)| value);
        let text = found.ok_or_else(|| Fault::new(What::Missing)).and_then(|json| json.text());
        text.map_err(|fault| AuthoringFault::Form(fault.within(name)))
    };
    let country_of = |id: &str| id.get(..2).unwrap_or(id).to_owned();
    if has("iss") {
        let iss = value("iss")?;
        Ok(format!("issuers/{}/{iss}.json", country_of(iss)))
    } else if has("issuer") && has("product") {
        let (issuer, product) = (value("issuer")?, value("product")?);
        Ok(format!("rulebooks/{}/{issuer}/{product}.json", country_of(issuer)))
    } else if has("rows") {
        Ok(format!("agreements/{}.json", value("id")?))
    } else if has("facilities") {
        Ok(format!("facilities/{}.json", value("country")?))
    } else if has("always_free") {
        Ok(format!("host-rules/{}.json", value("country")?))
    } else if has("types") && has("areas") {
        Ok(format!("grants/{}.json", value("country")?))
    } else {
        Err(AuthoringFault::UnknownFile)
    }
}

/// The tree of a listed file.
pub(super) fn tree(text: &str) -> Result<Json<'_>, Fault> {
    Json::parse(text, LIMITS)
}

/// What metadata says of a file.
pub(super) fn target_file(text: &str) -> TargetFile {
    TargetFile {
        length: u64::try_from(text.len()).unwrap_or(u64::MAX),
        hash: crate::client::sha256(text.as_bytes()),
    }
}

/// Where a listed file stands in a repository with consistent snapshots: its hash is part of its name, so that no
/// file is ever replaced.
pub(super) fn place(path: &str, file: &TargetFile) -> String {
    match path.rsplit_once('/') {
        Some((directory, name)) => format!("targets/{directory}/{}.{name}", file.hash),
        None => format!("targets/{}.{path}", file.hash),
    }
}
