//! What a draft changes, as values for a program to put into words: whoever signs must have seen all of it.
//!
//! Files are compared by what they say and not by their text: a member that moved is no change, a key whose state
//! changed is one line. Nothing is left out or cut.

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{Json, UnixTime, printable};

use super::draft::{Draft, RoleContent};
use super::listing::tree;
use super::{SignerGroup, Signers};
use crate::metadata::{RoleKeys, RoleName};

/// What a draft changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whose version it is.
    pub role: RoleName,
    /// The version.
    pub version: u64,
    /// Time of signing.
    pub issued: Option<UnixTime>,
    /// When it is old.
    pub expires: UnixTime,
    /// What it is compared with.
    pub previous: Previous,
    /// Whose signatures are asked for, and who has signed.
    pub signers: Vec<(SignerGroup, Signers, Vec<KeyLine>)>,
    /// Roles whose keys or threshold change, with all keys.
    pub roles: Vec<RoleChange>,
    /// Files that are added, removed or changed.
    pub targets: Vec<TargetChange>,
    /// Files that stay as they are.
    pub unchanged: usize,
}

/// What a draft is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It is the first version.
    None,
    /// The version before, as the draft carries it.
    Version {
        /// Its version.
        version: u64,
        /// How many of the signers that are listed here signed it: below their threshold, its content may have been
        /// made up, and the comparison with it.
        signed: usize,
    },
}

/// Which side a line stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// It stays.
    Kept,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Whether it comes or goes; of a signer, kept.
    pub sign: Sign,
    /// The key's id, by which its holder knows it.
    pub key: sanad_credential::KeyId,
    /// Who holds it, as the metadata says.
    pub holder: String,
    /// Whether it has signed this draft.
    pub signature: Signature,
}

/// Whether a key has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// It has.
    Given,
    /// It has not.
    Absent,
}

/// The keys of a role that the draft names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// The role.
    pub role: String,
    /// How many had to sign; nothing when the role is new.
    pub threshold_before: Option<usize>,
    /// How many must sign from now on; nothing when the role goes.
    pub threshold: Option<usize>,
    /// Its keys, before and after.
    pub keys: Vec<KeyLine>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetChange {
    /// Its path.
    pub path: String,
    /// Whether it comes, goes or changes (kept under its path).
    pub sign: Sign,
    /// What it says, or no longer says.
    pub lines: Vec<DiffLine>,
}

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// Whether it comes or goes.
    pub sign: Sign,
    /// Where: `keys[3f2a91bc0d44e1f7].state`.
    pub place: String,
    /// What, safe to print.
    pub value: String,
}

impl Summary {
    /// Compares a draft with the version before it.
    pub fn of(draft: &Draft) -> Self {
        let header = draft.content.header();
        let groups = draft.signers();
        let previous = match &draft.previous {
            None => Previous::None,
            Some(previous) => Previous::Version {
                version: previous.content.header().version,
                signed: groups.first().map_or(0, |(_, signers)| previous.signed_by(&draft.role, signers)),
            },
        };
        let signers = groups.into_iter().map(|(group, signers)| {
            let lines = signers.keys.iter().map(|signer| KeyLine {
                sign: Sign::Kept,
                key: signer.key.id(),
                holder: printable(&signer.holder),
                signature: if draft.has_signed(&signer.name) { Signature::Given } else { Signature::Absent },
            });
            let lines = lines.collect();
            (group, signers, lines)
        });
        let (targets, unchanged) = compare_files(draft);
        Self {
            role: draft.role.clone(),
            version: header.version,
            issued: header.issued,
            expires: header.expires,
            previous,
            signers: signers.collect(),
            roles: compare_roles(draft),
            targets,
            unchanged,
        }
    }
}

fn compare_roles(draft: &Draft) -> Vec<RoleChange> {
    let before = draft.previous.as_ref().map(|previous| roles_of(&previous.content)).unwrap_or_default();
    let after = roles_of(&draft.content);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |name: &&String| {
        let (old, new) = (before.get(*name), after.get(*name));
        let changes = match (old, new) {
            (Some(old), Some(new)) => old.threshold != new.threshold || !same_keys(old, new),
            _ => true,
        };
        changes.then(|| RoleChange {
            role: printable(name),
            threshold_before: old.map(|signers| signers.threshold),
            threshold: new.map(|signers| signers.threshold),
            keys: key_lines(old, new),
        })
    };
    names.iter().filter_map(change).collect()
}

fn same_keys(old: &Signers, new: &Signers) -> bool {
    let keys = |signers: &Signers| -> BTreeSet<_> {
        signers.keys.iter().map(|signer| (signer.key, signer.holder.clone())).collect()
    };
    keys(old) == keys(new)
}

fn key_lines(old: Option<&Signers>, new: Option<&Signers>) -> Vec<KeyLine> {
    let (old, new) = (keys(old), keys(new));
    let line = |sign, signer: &super::Signer| KeyLine {
        sign,
        key: signer.key.id(),
        holder: printable(&signer.holder),
        signature: Signature::Absent,
    };
    let is_in = |signers: &[super::Signer], signer: &super::Signer| {
        signers.iter().any(|other| other.key == signer.key && other.holder == signer.holder)
    };
    let gone = old.iter().filter(|signer| !is_in(new, signer)).map(|signer| line(Sign::Removed, signer));
    let here =
        new.iter().map(|signer| line(if is_in(old, signer) { Sign::Kept } else { Sign::Added }, signer));
    gone.chain(here).collect()
}

fn keys(signers: Option<&Signers>) -> &[super::Signer] {
    signers.map_or(&[], |signers| signers.keys.as_slice())
}

/// The roles whose keys this content names.
fn roles_of(content: &RoleContent) -> BTreeMap<String, Signers> {
    match content {
        RoleContent::Root(root) => {
            let signers = |role: &RoleKeys| Signers::of(&root.keys, &root.holders, role);
            let roles = [
                (RoleName::Root, &root.root),
                (RoleName::Targets, &root.targets),
                (RoleName::Snapshot, &root.snapshot),
                (RoleName::Timestamp, &root.timestamp),
            ];
            roles.into_iter().map(|(name, keys)| (name.to_string(), signers(keys))).collect()
        }
        RoleContent::Targets(targets) => {
            let signers = |keys: &RoleKeys| Signers::of(&targets.keys, &targets.holders, keys);
            targets.delegations.iter().map(|role| (role.name.clone(), signers(&role.keys))).collect()
        }
    }
}

fn compare_files(draft: &Draft) -> (Vec<TargetChange>, usize) {
    let empty = BTreeMap::new();
    let after = draft.content.targets().unwrap_or(&empty);
    let previous = draft.previous.as_ref();
    let before = previous.and_then(|previous| previous.content.targets()).unwrap_or(&empty);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let (mut changes, mut unchanged) = (Vec::new(), 0_usize);
    for path in paths {
        let old = previous.and_then(|previous| previous.files.get(path)).map(String::as_str);
        let new = draft.files.get(path).map(String::as_str);
        let (sign, lines) = match (before.get(path), after.get(path)) {
            (Some(old), Some(new)) if old == new => {
                unchanged = unchanged.saturating_add(1);
                continue;
            }
            (Some(_), Some(_)) => (Sign::Kept, compare_texts(old, new)),
            (None, _) => (Sign::Added, compare_texts(None, new)),
            (_, None) => (Sign::Removed, compare_texts(old, None)),
        };
        changes.push(TargetChange { path: printable(path), sign, lines });
    }
    (changes, unchanged)
}

/// Statements of a file by place: of an entry or object, its plain members.
type Statements = BTreeMap<String, Vec<(String, String)>>;

fn compare_texts(old: Option<&str>, new: Option<&str>) -> Vec<DiffLine> {
    let (old, new) = (statements(old), statements(new));
    let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut lines = Vec::new();
    for place in places {
        match (old.get(place), new.get(place)) {
            (Some(before), Some(after)) => compare_members(place, before, after, &mut lines),
            (Some(before), None) => lines.push(whole(Sign::Removed, place, before)),
            (None, Some(after)) => lines.push(whole(Sign::Added, place, after)),
            (None, None) => {}
        }
    }
    lines
}

fn compare_members(
    place: &str,
    before: &[(String, String)],
    after: &[(String, String)],
    lines: &mut Vec<DiffLine>,
) {
    let line = |sign, (name, value): &(String, String)| {
        let place = match (place, name.as_str()) {
            ("", name) => name.to_owned(),
            (place, "") => place.to_owned(),
            (place, name) => format!("{place}.{name}"),
        };
        DiffLine { sign, place, value: value.clone() }
    };
    let gone = before.iter().filter(|member| !after.contains(member));
    let here = after.iter().filter(|member| !before.contains(member));
    let both =
        gone.map(|member| line(Sign::Removed, member)).chain(here.map(|member| line(Sign::Added, member)));
    let mut both: Vec<DiffLine> = both.collect();
    // A member before and after stand together, the old value first.
    both.sort_by(|one, other| one.place.cmp(&other.place));
    lines.extend(both);
}

fn whole(sign: Sign, place: &str, members: &[(String, String)]) -> DiffLine {
    let word = |(name, value): &(String, String)| match name.as_str() {
        "" => value.clone(),
        name => format!("{name}: {value}"),
    };
    let words: Vec<String> = members.iter().map(word).collect();
    DiffLine { sign, place: place.to_owned(), value: words.join("; ") }
}

fn statements(text: Option<&str>) -> Statements {
    let mut found = Statements::new();
    let Some(text) = text else { return found };
    match tree(text) {
        Ok(json) => state(&json, "", &mut found),
        // Files are read before they are listed; what does not read is still shown.
        Err(_) => {
            found.insert(String::new(), vec![("text".to_owned(), printable(text))]);
        }
    }
    found
}

fn state(json: &Json<'_>, place: &str, found: &mut Statements) {
    match json {
        Json::Object(members) => {
            let plain = members.iter().filter(|(_, value)| is_plain(value));
            let plain: Vec<_> = plain.map(|(name, value)| (printable(name), plain_text(value))).collect();
            if !plain.is_empty() {
                found.insert(place.to_owned(), plain);
            }
            for (name, value) in members.iter().filter(|(_, value)| !is_plain(value)) {
                let name = printable(name);
                let inner = if place.is_empty() { name } else { format!("{place}.{name}") };
                state(value, &inner, found);
            }
        }
        Json::Array(entries) => {
            let firsts: Vec<Option<String>> = entries.iter().map(first_member).collect();
            let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
            for first in firsts.iter().flatten() {
                counts.entry(first).and_modify(|count| *count = count.saturating_add(1)).or_insert(1);
            }
            for (number, (entry, first)) in entries.iter().zip(&firsts).enumerate() {
                // Where its first member tells an entry from the others it is known by it: one that moves is no change.
                let name = first.as_ref().filter(|first| counts.get(first) == Some(&1)).cloned();
                let name = name.unwrap_or_else(|| number.to_string());
                state(entry, &format!("{place}[{name}]"), found);
            }
        }
        plain => {
            found.insert(place.to_owned(), vec![(String::new(), plain_text(plain))]);
        }
    }
}

fn first_member(entry: &Json<'_>) -> Option<String> {
    let Json::Object(members) = entry else { return None };
    members.first().map(|(_, value)| value).filter(|value| is_plain(value)).map(plain_text)
}

fn is_plain(json: &Json<'_>) -> bool {
    match json {
        Json::Object(_) => false,
        Json::Array(entries) => {
            entries.iter().all(|entry| !matches!(entry, Json::Object(_) | Json::Array(_)))
        }
        _ => true,
    }
}

fn plain_text(json: &Json<'_>) -> String {
    match json {
        Json::Null => "none".to_owned(),
        Json::Text(text) => printable(text),
        Json::Array(entries) if entries.is_empty() => "(empty)".to_owned(),
        Json::Array(entries) => entries.iter().map(plain_text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
