//! Which file stands at which path, and which role may list it.
//!
//! The path of a file follows from what it says, so that nobody types one: a record of KE-SHA can only become
//! `issuers/KE/KE-SHA.json`. The kind is known by the members that no other kind has.

use sanad_credential::{Fault, Json, Limits, What};

use super::AuthoringFault;
use crate::metadata::{RoleName, TargetFile};
use crate::target::TargetPath;

/// Bounds of reading a file of which only the kind is wanted: those of the largest kind, the facilities.
const LIMITS: Limits =
    Limits { bytes_max: 4 << 20, depth_max: 8, entries_max: 65_536, values_max: 2_000_000 };

/// The role that may list a path.
pub fn role_of(path: &TargetPath) -> RoleName {
    match path.country_role() {
        Some(country) => RoleName::Delegated(country.to_string()),
        None => RoleName::Targets,
    }
}

/// The path of a file by what it says. Nothing but the members that decide is looked at.
///
/// # Errors
/// [`AuthoringFault::UnknownFile`]: it is of none of the kinds that a repository lists.
/// [`AuthoringFault::UnknownPath`]: its ids are none.
pub fn path_of(text: &str) -> Result<TargetPath, AuthoringFault> {
    let json = tree(text)?;
    let Json::Object(members) = &json else { return Err(AuthoringFault::UnknownFile) };
    let has = |name: &str| members.iter().any(|(found, _)| found == name);
    let value = |name: &'static str| -> Result<&str, Fault> {
        let found = members.iter().find(|(found, _)| found == name).map(|(_, value)| value);
        found.ok_or_else(|| Fault::new(What::Missing))?.text().map_err(|fault| fault.within(name))
    };
    let country_of = |id: &str| id.get(..2).unwrap_or(id).to_owned();
    let path = if has("iss") {
        let iss = value("iss")?;
        format!("issuers/{}/{iss}.json", country_of(iss))
    } else if has("issuer") && has("product") {
        let (issuer, product) = (value("issuer")?, value("product")?);
        format!("rulebooks/{}/{issuer}/{product}.json", country_of(issuer))
    } else if has("rows") {
        format!("agreements/{}.json", value("id")?)
    } else if has("facilities") {
        format!("facilities/{}.json", value("country")?)
    } else if has("always_free") {
        format!("host-rules/{}.json", value("country")?)
    } else if has("types") && has("areas") {
        format!("grants/{}.json", value("country")?)
    } else {
        return Err(AuthoringFault::UnknownFile);
    };
    TargetPath::parse(&path)
        .ok_or_else(|| AuthoringFault::UnknownPath { path: sanad_credential::printable(&path) })
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
