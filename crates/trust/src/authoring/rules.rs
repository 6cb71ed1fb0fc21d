//! What a draft must hold before anybody signs it.

use sanad_credential::{Date, PublicKey, VerifyingKey};

use super::draft::{Draft, PreviousVersion, RoleContent};
use super::listing::{role_of, target_file};
use super::{AuthoringFault, REGION_THRESHOLD_MIN, Signers};
use crate::agreement::Agreement;
use crate::client::{COUNTRIES_MAX, country_paths, is_country};
use crate::metadata::{RoleName, Root, Search, Targets};
use crate::record::{IssuerRecord, KeyState, RecordKey};
use crate::rulebook::Rulebook;
use crate::target::{Target, TargetPath};

/// Checks all of a draft but its signatures.
pub(super) fn check(draft: &Draft) -> Result<(), AuthoringFault> {
    let day = check_header(draft)?;
    if let Some(signers) = &draft.signers {
        check_signers(&draft.role.to_string(), signers, least(&draft.role))?;
    }
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
        let both = online
            .keys
            .iter()
            .find(|signer| offline.keys.iter().chain(&targets.keys).any(|other| other.key == signer.key));
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
        let known = TargetPath::parse(path).ok_or_else(|| AuthoringFault::UnknownPath { path: shown() })?;
        let role = role_of(&known);
        if role != draft.role {
            return Err(AuthoringFault::OtherRole { path: shown(), role: role.to_string() });
        }
        let before = listed_before.and_then(|listed| listed.get(path));
        if before == Some(file) {
            // It was judged when it was first listed.
            continue;
        }
        let read = |text| {
            Target::parse(&known, text).map_err(|fault| AuthoringFault::Target { path: shown(), fault })
        };
        let before = match before {
            // A file that this program would not list any more cannot say what was listed before.
            Some(_) => read(earlier(draft.previous.as_ref(), path)?).ok(),
            None => None,
        };
        check_dates(path, &read(text)?, before.as_ref(), day)?;
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

/// A list speaks about what is older than itself: whatever it lists for the first time starts on its day or later.
/// Otherwise a stolen role key could make last year's forgeries good.
fn check_dates(
    path: &str,
    target: &Target,
    before: Option<&Target>,
    day: Date,
) -> Result<(), AuthoringFault> {
    match (target, before) {
        (Target::Issuer(record), Some(Target::Issuer(before))) => check_keys(path, record, Some(before), day),
        (Target::Issuer(record), _) => check_keys(path, record, None, day),
        (Target::Rulebook(rulebook), Some(Target::Rulebook(before))) => {
            check_versions(path, rulebook, Some(before), day)
        }
        (Target::Rulebook(rulebook), _) => check_versions(path, rulebook, None, day),
        (Target::Agreement(agreement), Some(Target::Agreement(before))) => {
            check_rises(path, agreement, before)
        }
        _ => Ok(()),
    }
}

fn check_keys(
    path: &str,
    record: &IssuerRecord,
    before: Option<&IssuerRecord>,
    day: Date,
) -> Result<(), AuthoringFault> {
    let keys = &record.members().keys;
    let before: &[RecordKey] = before.map_or(&[], |before| before.members().keys.as_slice());
    for key in keys {
        // A key that gets another use is listed for it for the first time.
        let known = before.iter().find(|other| other.x == key.x && other.key_use == key.key_use);
        if key.from < day && known.is_none_or(|known| key.from < known.from) {
            let (path, key, from) = (path.to_owned(), key.x.id(), key.from);
            return Err(AuthoringFault::KeyBackdated { path, key, from, day });
        }
    }
    let undone = |compromised: &&RecordKey| {
        let now = keys.iter().find(|key| key.x == compromised.x);
        compromised.state == KeyState::Compromised && now.is_none_or(|now| now.state != KeyState::Compromised)
    };
    match before.iter().find(undone) {
        Some(key) => Err(AuthoringFault::CompromiseUndone { path: path.to_owned(), key: key.x.id() }),
        None => Ok(()),
    }
}

fn check_versions(
    path: &str,
    rulebook: &Rulebook,
    before: Option<&Rulebook>,
    day: Date,
) -> Result<(), AuthoringFault> {
    let before = before.map_or(&[][..], Rulebook::versions);
    for version in rulebook.versions() {
        let (path, number, from) = (path.to_owned(), version.version.value(), version.from);
        let known = before.iter().find(|other| other.version == version.version);
        if from < day && known.is_none_or(|known| from < known.from) {
            return Err(AuthoringFault::VersionBackdated { path, version: number, from, day });
        }
        // Credentials name the version they rest on.
        if known.is_some_and(|known| known.from <= day && known != version) {
            return Err(AuthoringFault::VersionRewritten { path, version: number });
        }
    }
    Ok(())
}

/// Documents name the version of an agreement they rest on, so another text is another version.
fn check_rises(path: &str, agreement: &Agreement, before: &Agreement) -> Result<(), AuthoringFault> {
    if agreement.version <= before.version {
        let (found, earlier) = (agreement.version.value(), before.version.value());
        return Err(AuthoringFault::NotRisen { path: path.to_owned(), found, earlier });
    }
    Ok(())
}
