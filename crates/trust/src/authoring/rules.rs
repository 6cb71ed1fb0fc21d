//! What a draft must hold before anybody signs it.

use sanad_credential::{Date, Fault, Json, PublicKey, VerifyingKey, What};

use super::draft::{Draft, PreviousVersion, RoleContent};
use super::listing::{owner, target_file, tree};
use super::{AuthoringFault, REGION_THRESHOLD_MIN, Signers};
use crate::client::{COUNTRIES_MAX, country_paths, is_country};
use crate::metadata::{RoleName, Root, Search, Targets};
use crate::record::{IssuerRecord, KeyState};

/// Checks all of a draft but its signatures.
pub(super) fn check(draft: &Draft) -> Result<(), AuthoringFault> {
    let day = check_header(draft)?;
    check_signers(&draft.role.to_string(), &draft.signers, least(&draft.role))?;
    match &draft.content {
        RoleContent::Root(root) => check_root(root),
        RoleContent::Targets(targets) => {
            match &draft.role {
                RoleName::Targets => check_delegations(targets)?,
                role if !targets.delegations.is_empty() => {
                    return Err(AuthoringFault::DelegatesFurther { role: role.to_string() });
                }
                _ => {}
            }
            check_files(draft, targets, day)
        }
    }
}

/// A key listed once, under whatever names, and none of small order.
pub(super) fn distinct(signers: &Signers) -> Result<(), AuthoringFault> {
    let mut seen: Vec<PublicKey> = Vec::new();
    for signer in &signers.keys {
        if seen.contains(&signer.key) {
            return Err(AuthoringFault::KeyTwice { key: signer.key.id() });
        }
        VerifyingKey::new(&signer.key).map_err(|_| AuthoringFault::WeakKey { key: signer.key.id() })?;
        seen.push(signer.key);
    }
    Ok(())
}

/// Fewest signatures of a role.
fn least(role: &RoleName) -> usize {
    if matches!(role, RoleName::Delegated(_)) { 1 } else { REGION_THRESHOLD_MIN }
}

fn check_header(draft: &Draft) -> Result<Date, AuthoringFault> {
    let (role, header) = (draft.role.to_string(), draft.content.header());
    let Some(issued) = header.issued else { return Err(AuthoringFault::NoIssued { role }) };
    if header.expires <= issued {
        return Err(AuthoringFault::Expired { role, issued, expires: header.expires });
    }
    let before = draft.previous.as_ref().map(|previous| previous.content.header());
    let wanted = before.map_or(1, |before| before.version.saturating_add(1));
    if header.version != wanted {
        return Err(AuthoringFault::RoleVersion { role, found: header.version, wanted });
    }
    if let Some(earlier) = before.and_then(|before| before.issued).filter(|earlier| *earlier > issued) {
        return Err(AuthoringFault::Backdated { role, issued, earlier });
    }
    Ok(issued.date())
}

fn check_signers(role: &str, signers: &Signers, least: usize) -> Result<(), AuthoringFault> {
    distinct(signers)?;
    if signers.threshold < least {
        let (role, found) = (role.to_owned(), signers.threshold);
        return Err(AuthoringFault::Threshold { role, found, least });
    }
    if signers.keys.len() < signers.threshold {
        let (role, keys, threshold) = (role.to_owned(), signers.keys.len(), signers.threshold);
        return Err(AuthoringFault::TooFewKeys { role, keys, threshold });
    }
    Ok(())
}

fn check_root(root: &Root) -> Result<(), AuthoringFault> {
    let signers = |role| Signers::of(&root.keys, &root.holders, role);
    let (offline, targets) = (signers(&root.root), signers(&root.targets));
    check_signers("root", &offline, REGION_THRESHOLD_MIN)?;
    check_signers("targets", &targets, REGION_THRESHOLD_MIN)?;
    for (role, keys) in [("snapshot", &root.snapshot), ("timestamp", &root.timestamp)] {
        let online = signers(keys);
        check_signers(role, &online, 1)?;
        // Whoever breaks into the machine on the network must not get a signature that counts elsewhere.
        let both =
            online.keys.iter().find(|signer| {
                offline.keys.iter().chain(&targets.keys).any(|other| other.key == signer.key)
            });
        if let Some(signer) = both {
            return Err(AuthoringFault::OnlineKeyOffline { key: signer.key.id() });
        }
    }
    Ok(())
}

fn check_delegations(regional: &Targets) -> Result<(), AuthoringFault> {
    if regional.delegations.len() > COUNTRIES_MAX {
        return Err(AuthoringFault::TooManyCountries);
    }
    for (position, role) in regional.delegations.iter().enumerate() {
        let name = || sanad_credential::printable(&role.name);
        if !is_country(&role.name) {
            return Err(AuthoringFault::NotACountry { name: name() });
        }
        if regional.delegations.iter().take(position).any(|other| other.name == role.name) {
            return Err(AuthoringFault::CountryKnown { country: name() });
        }
        if role.search != Search::Ends || role.paths != country_paths(&role.name) {
            return Err(AuthoringFault::BeyondTheCountry { country: name() });
        }
        check_signers(&role.name, &Signers::of(&regional.keys, &regional.holders, &role.keys), 1)?;
    }
    Ok(())
}

fn check_files(draft: &Draft, targets: &Targets, day: Date) -> Result<(), AuthoringFault> {
    let listed_before = draft.previous.as_ref().and_then(|previous| previous.content.targets());
    for (path, file) in &targets.targets {
        let shown = || sanad_credential::printable(path);
        let text = draft.files.get(path).ok_or_else(|| AuthoringFault::NotCarried { path: shown() })?;
        if target_file(text) != *file {
            return Err(AuthoringFault::OtherFile { path: shown() });
        }
        match owner(path) {
            Some(owner) if owner.role() == draft.role => {}
            Some(owner) => {
                return Err(AuthoringFault::OtherRole { path: shown(), role: owner.role().to_string() });
            }
            None => return Err(AuthoringFault::UnknownPath { path: shown() }),
        }
        let before = listed_before.and_then(|listed| listed.get(path));
        if before == Some(file) {
            // It was judged when it was first listed.
            continue;
        }
        let at = |fault| AuthoringFault::Target { path: path.clone(), fault };
        agree(path, text).map_err(at)?;
        let before = match before {
            Some(_) => Some(earlier(draft.previous.as_ref(), path)?),
            None => None,
        };
        check_dates(path, text, before, day)?;
    }
    match draft.files.keys().find(|path| !targets.targets.contains_key(*path)) {
        Some(path) => Err(AuthoringFault::NotListed { path: sanad_credential::printable(path) }),
        None => check_earlier(draft, targets),
    }
}

/// The text of a file of the version before.
fn earlier<'d>(previous: Option<&'d PreviousVersion>, path: &str) -> Result<&'d str, AuthoringFault> {
    let text = previous.and_then(|previous| previous.files.get(path));
    text.map(String::as_str).ok_or_else(|| AuthoringFault::NotCarried { path: path.to_owned() })
}

/// What the draft says of the version before must be what that version listed: it is what a signer is shown.
fn check_earlier(draft: &Draft, targets: &Targets) -> Result<(), AuthoringFault> {
    let Some(previous) = &draft.previous else { return Ok(()) };
    let Some(listed) = previous.content.targets() else { return Ok(()) };
    for (path, file) in listed {
        if targets.targets.get(path) != Some(file) {
            earlier(Some(previous), path)?;
        }
    }
    for (path, text) in &previous.files {
        if listed.get(path) != Some(&target_file(text)) {
            return Err(AuthoringFault::OtherFile { path: sanad_credential::printable(path) });
        }
    }
    Ok(())
}

/// Whether a file says what its path says.
fn agree(path: &str, text: &str) -> Result<(), Fault> {
    if path.starts_with("issuers/") {
        let record = IssuerRecord::parse(text)?;
        if path != format!("issuers/{}/{}.json", record.iss().country(), record.iss()) {
            return Err(Fault::new(What::Pattern { wanted: "the id of its path" }).within("iss"));
        }
    }
    Ok(())
}

/// A list speaks about what is older than itself: whatever it lists for the first time starts on its day or later.
/// Otherwise a stolen role key could make last year's forgeries good.
fn check_dates(path: &str, text: &str, before: Option<&str>, day: Date) -> Result<(), AuthoringFault> {
    if path.starts_with("issuers/") {
        check_keys(path, text, before, day)
    } else if path.starts_with("rulebooks/") {
        check_versions(path, text, before, day)
    } else if path.starts_with("agreements/") {
        check_rises(path, text, before)
    } else {
        Ok(())
    }
}

fn check_keys(path: &str, text: &str, before: Option<&str>, day: Date) -> Result<(), AuthoringFault> {
    let keys = |text: &str| {
        let at = |fault| AuthoringFault::Target { path: path.to_owned(), fault };
        IssuerRecord::parse(text).map(|record| record.members().keys.clone()).map_err(at)
    };
    let (keys, before) = (keys(text)?, before.map(keys).transpose()?.unwrap_or_default());
    for key in &keys {
        // A key that gets another use is listed for it for the first time.
        let known = before.iter().find(|other| other.x == key.x && other.key_use == key.key_use);
        if key.from < day && known.is_none_or(|known| key.from < known.from) {
            let (path, key, from) = (path.to_owned(), key.x.id(), key.from);
            return Err(AuthoringFault::KeyBackdated { path, key, from, day });
        }
    }
    let gone = |compromised: &&crate::record::RecordKey| {
        let now = keys.iter().find(|key| key.x == compromised.x);
        compromised.state == KeyState::Compromised
            && now.is_none_or(|now| now.state != KeyState::Compromised)
    };
    match before.iter().find(gone) {
        Some(key) => {
            Err(AuthoringFault::CompromiseUndone { path: path.to_owned(), key: key.x.id() })
        }
        None => Ok(()),
    }
}

fn check_versions(path: &str, text: &str, before: Option<&str>, day: Date) -> Result<(), AuthoringFault> {
    let at = |fault| AuthoringFault::Target { path: path.to_owned(), fault };
    let (versions, before) = (
        versions(text).map_err(at)?,
        before.map(versions).transpose().map_err(at)?.unwrap_or_default(),
    );
    for (version, from) in &versions {
        let known = before.iter().find(|(other, _)| other == version);
        if *from < day && known.is_none_or(|(_, known)| from < known) {
            let (path, version, from) = (path.to_owned(), *version, *from);
            return Err(AuthoringFault::VersionBackdated { path, version, from, day });
        }
    }
    Ok(())
}

/// Number and first day of each version of a rulebook.
fn versions(text: &str) -> Result<Vec<(i64, Date)>, Fault> {
    let json = tree(text)?;
    let versions = json.object()?.required("versions")?.array().map_err(|fault| fault.within("versions"))?;
    let read = |(entry, json): (usize, &Json<'_>)| {
        let read = || {
            let mut object = json.object()?;
            let version = object.required("version")?.integer().map_err(|fault| fault.within("version"))?;
            let from = object.required("from")?.text().and_then(Date::parse);
            Ok((version, from.map_err(|fault| fault.within("from"))?))
        };
        read().map_err(|fault: Fault| fault.at_entry(entry).within("versions"))
    };
    versions.iter().enumerate().map(read).collect()
}

/// Documents name the version of an agreement they rest on, so another text is another version.
fn check_rises(path: &str, text: &str, before: Option<&str>) -> Result<(), AuthoringFault> {
    let version = |text: &str| {
        let version = tree(text).and_then(|json| json.object()?.required("version")?.integer());
        version.map_err(|fault| AuthoringFault::Target { path: path.to_owned(), fault: fault.within("version") })
    };
    let (found, before) = (version(text)?, before.map(version).transpose()?);
    match before {
        Some(earlier) if found <= earlier => {
            Err(AuthoringFault::NotRisen { path: path.to_owned(), found, earlier })
        }
        _ => Ok(()),
    }
}
