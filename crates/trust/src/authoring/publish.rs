//! From drafts that are signed to the files of a repository.
//!
//! Every draft must follow what is published and be signed by the threshold of the keys that count: of a root, those
//! before it and its own; of a list, those that the new root or the new regional list names. The online key signs the
//! snapshot and the timestamp. Before anything leaves this module the client itself follows the result, once from
//! the root before and its floors, as every verifier in the field will, and once from the first root, as a new one
//! will; whatever it refuses or passes over is refused here.

use std::collections::BTreeMap;

use sanad_credential::{Sign as _, SigningKey, UnixTime};

use super::draft::{Draft, RoleContent, delegated_signers, header};
use super::published::{FIRST_ROOT, Overlay, TIMESTAMP};
use super::{AuthoringFault, Dates, Published, SNAPSHOT_DAYS, Signers, TIMESTAMP_DAYS};
use crate::client::{self, Anchor, Ignored, Metadata, Source, VersionFloors, sha256, versioned_name};
use crate::floors::Floors;
use crate::metadata::{
    Content, FileVersion, METADATA_BYTES_MAX, RoleKeys, RoleName, Root, SignedFile, Snapshot, Targets,
    Timestamp, file, message,
};
use crate::pack::{Held, Pack, target_name};

/// Files to write, in this order: what nobody names yet first, then the root, then the timestamp, which names all.
/// A publication that is cut short leaves what was published before, and can be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Name and content; the timestamp is the last.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Puts signed drafts on top of what is published.
///
/// # Errors
/// [`AuthoringFault`].
pub fn publish(
    published: Option<&mut Published<'_>>,
    drafts: &[Draft],
    online: &SigningKey,
    now: UnixTime,
) -> Result<Publication, AuthoringFault> {
    // A root is followed from the moment it stands there; a publication that was cut short goes on after it.
    let standing =
        |draft: &&Draft| published.as_deref().is_some_and(|published| is_current_root(draft, published));
    let drafts: Vec<&Draft> = drafts.iter().filter(|draft| !standing(draft)).collect();
    let mut by_role = BTreeMap::new();
    for draft in &drafts {
        if by_role.insert(draft.role.clone(), *draft).is_some() {
            return Err(AuthoringFault::TwoDrafts { role: draft.role.to_string() });
        }
    }
    let mut current = published;
    for draft in &drafts {
        follows(draft, current.as_deref_mut())?;
    }
    let before = current.as_deref().map(Published::metadata);
    let root = match (by_role.get(&RoleName::Root).map(|draft| &draft.content), before) {
        (Some(RoleContent::Root(root)), _) => root.clone(),
        (_, Some(metadata)) => metadata.root.clone(),
        _ => return Err(AuthoringFault::NothingBefore { missing: "root" }),
    };
    let regional = match (by_role.get(&RoleName::Targets).map(|draft| &draft.content), before) {
        (Some(RoleContent::Targets(regional)), _) => regional.clone(),
        (_, Some(metadata)) => metadata.regional.clone(),
        _ => return Err(AuthoringFault::NothingBefore { missing: "targets" }),
    };
    for draft in &drafts {
        check_threshold(draft, before, &root, &regional)?;
    }
    let mut files = Vec::new();
    for draft in &drafts {
        if let Some(targets) = draft.content.targets() {
            for (path, target) in targets {
                let text = draft.files.get(path).map(|text| text.as_bytes().to_vec());
                files.push((target_name(path, target), text.unwrap_or_default()));
            }
        }
    }
    // The roots of all verifiers follow the chain at once, so the root comes after what it needs.
    let (roots, lists): (Vec<&Draft>, Vec<&Draft>) =
        drafts.into_iter().partition(|draft| draft.role == RoleName::Root);
    let mut versions = before.map(|metadata| metadata.snapshot.files.clone()).unwrap_or_default();
    for draft in lists {
        let (file, version) = (draft.file(), draft.content.header().version);
        let entry = FileVersion { version, length: Some(length(&file)), hash: Some(sha256(&file)) };
        versions.insert(draft.role.file_name(), entry);
        files.push((named(&draft.role, version), file));
    }
    let snapshot = snapshot(&root, before, versions, online, now)?;
    let timestamp = timestamp(&root, before, &snapshot, online, now)?;
    files.push((named(&RoleName::Snapshot, snapshot.content.header.version), snapshot.file));
    files
        .extend(roots.iter().map(|draft| (named(&draft.role, draft.content.header().version), draft.file())));
    files.push((TIMESTAMP.to_owned(), timestamp));
    let publication = Publication { files };
    accepted(current, &publication)?;
    Ok(publication)
}

/// Signs the timestamp again, and the snapshot where it would be old before the timestamp.
///
/// # Errors
/// [`AuthoringFault`].
pub fn renew_timestamp(
    published: &mut Published<'_>,
    online: &SigningKey,
    now: UnixTime,
) -> Result<Publication, AuthoringFault> {
    let metadata = published.metadata();
    let timestamp_dates = Dates::lasting(now, TIMESTAMP_DAYS).map_err(AuthoringFault::Form)?;
    if metadata.snapshot.header.expires < timestamp_dates.expires {
        return publish(Some(published), &[], online, now);
    }
    let current = metadata.timestamp.snapshot.clone();
    let content = next_timestamp(&metadata.root, Some(metadata), current, online, now)?;
    let publication = Publication { files: vec![(TIMESTAMP.to_owned(), content)] };
    accepted(Some(published), &publication)?;
    Ok(publication)
}

fn is_current_root(draft: &Draft, published: &Published<'_>) -> bool {
    let current = SignedFile::parse(RoleName::Root, &published.metadata().root_file);
    draft.role == RoleName::Root && current.is_ok_and(|file| file.message() == draft.content.message())
}

/// A draft follows exactly what is published: drawn up on anything else, its signers saw other changes.
fn follows(draft: &Draft, published: Option<&mut Published<'_>>) -> Result<(), AuthoringFault> {
    let role = draft.role.to_string();
    let current = match published {
        Some(published) => published.role_file(&draft.role)?,
        None => None,
    };
    let message = |file: &[u8]| SignedFile::parse(draft.role.clone(), file).map(|file| file.message());
    match (&draft.previous, current) {
        (None, None) => Ok(()),
        (Some(previous), Some(current)) if message(&previous.file) == message(&current) => Ok(()),
        (previous, current) => {
            let version = |file: &[u8]| {
                let signed = SignedFile::parse(draft.role.clone(), file).ok()?;
                if draft.role == RoleName::Root {
                    signed.unverified::<Root>().ok().map(|root| root.header.version)
                } else {
                    signed.unverified::<Targets>().ok().map(|targets| targets.header.version)
                }
            };
            Err(AuthoringFault::OtherBase {
                role,
                drafted_on: previous.as_ref().map(|previous| previous.content.header().version),
                published: current.as_deref().and_then(version),
            })
        }
    }
}

fn check_threshold(
    draft: &Draft,
    before: Option<&Metadata>,
    root: &Root,
    regional: &Targets,
) -> Result<(), AuthoringFault> {
    let root_signers = |root: &Root| Signers::of(&root.keys, &root.holders, &root.root);
    match &draft.role {
        RoleName::Root => {
            if let Some(before) = before {
                signed_by(draft, &root_signers(&before.root))?;
            }
            signed_by(draft, &root_signers(root))
        }
        RoleName::Targets => signed_by(draft, &Signers::of(&root.keys, &root.holders, &root.targets)),
        RoleName::Delegated(country) => signed_by(draft, &delegated_signers(regional, country)?),
        role => Err(AuthoringFault::NoDraft { role: role.to_string() }),
    }
}

fn signed_by(draft: &Draft, signers: &Signers) -> Result<(), AuthoringFault> {
    let (keys, role): (_, RoleKeys) = (signers.keys(), signers.role_keys());
    let file = draft.file();
    let signed = SignedFile::parse(draft.role.clone(), &file).map_err(AuthoringFault::Form)?;
    let checked = match &draft.content {
        RoleContent::Root(_) => signed.verified::<Root>(&keys, &role).map(|_| ()),
        RoleContent::Targets(_) => signed.verified::<Targets>(&keys, &role).map(|_| ()),
    };
    checked.map_err(|fault| AuthoringFault::NotSigned { role: draft.role.to_string(), fault })
}

struct SignedSnapshot {
    content: Snapshot,
    file: Vec<u8>,
}

/// Versions of roles that are gone stay in it: TUF 5.5.5 takes a file that vanishes for a roll-back.
fn snapshot(
    root: &Root,
    before: Option<&Metadata>,
    files: BTreeMap<String, FileVersion>,
    online: &SigningKey,
    now: UnixTime,
) -> Result<SignedSnapshot, AuthoringFault> {
    let version = before.map_or(0, |metadata| metadata.snapshot.header.version).saturating_add(1);
    let dates = Dates::lasting(now, SNAPSHOT_DAYS).map_err(AuthoringFault::Form)?;
    let content = Snapshot { header: header(version, dates), files };
    let file = sign_online(&content, root, &root.snapshot, online)?;
    Ok(SignedSnapshot { content, file })
}

fn timestamp(
    root: &Root,
    before: Option<&Metadata>,
    snapshot: &SignedSnapshot,
    online: &SigningKey,
    now: UnixTime,
) -> Result<Vec<u8>, AuthoringFault> {
    let named = FileVersion {
        version: snapshot.content.header.version,
        length: Some(length(&snapshot.file)),
        hash: Some(sha256(&snapshot.file)),
    };
    next_timestamp(root, before, named, online, now)
}

fn next_timestamp(
    root: &Root,
    before: Option<&Metadata>,
    snapshot: FileVersion,
    online: &SigningKey,
    now: UnixTime,
) -> Result<Vec<u8>, AuthoringFault> {
    let earlier = before.and_then(|metadata| metadata.timestamp.header.issued);
    if let Some(earlier) = earlier.filter(|earlier| *earlier > now) {
        // Verifiers keep the newest time as the floor of their clocks.
        return Err(AuthoringFault::Backdated { role: "timestamp".into(), issued: now, earlier });
    }
    let version = before.map_or(0, |metadata| metadata.timestamp.header.version).saturating_add(1);
    let dates = Dates::lasting(now, TIMESTAMP_DAYS).map_err(AuthoringFault::Form)?;
    let content = Timestamp { header: header(version, dates), snapshot };
    sign_online(&content, root, &root.timestamp, online)
}

fn sign_online<C: Content>(
    content: &C,
    root: &Root,
    role: &RoleKeys,
    online: &SigningKey,
) -> Result<Vec<u8>, AuthoringFault> {
    let key = online.public_key();
    let signers = Signers::of(&root.keys, &root.holders, role);
    let signer = signers.keys.iter().find(|signer| signer.key == key);
    let Some(signer) = signer.filter(|_| signers.threshold == 1) else {
        return Err(AuthoringFault::NotTheOnlineKey { key: key.id() });
    };
    let Ok(signature) = online.sign(&message(content));
    Ok(file(content, &BTreeMap::from([(signer.name.clone(), signature)])))
}

/// Lets the client judge, down to every listed file.
fn accepted(
    mut published: Option<&mut Published<'_>>,
    publication: &Publication,
) -> Result<(), AuthoringFault> {
    let (nothing, files) = (BTreeMap::new(), publication.files.iter().cloned().collect());
    let mut known = Vec::new();
    let mut before = None;
    if let Some(published) = &mut published {
        let metadata = published.metadata();
        let (root, floors) = (metadata.root_file.clone(), metadata.floors.clone());
        // What was passed over before must not keep a region from signing its timestamp.
        known = passed_over(&mut published.with(&nothing), root.clone(), VersionFloors::none())?;
        before = Some((root, floors));
    }
    let mut source = match published {
        Some(published) => published.with(&files),
        None => Overlay { files: &files, beneath: None },
    };
    let mut found = Vec::new();
    if let Some((root, floors)) = before {
        found = passed_over(&mut source, root, floors)?;
    }
    let first = client::get(&mut source, FIRST_ROOT, METADATA_BYTES_MAX)?.unwrap_or_default();
    found.extend(passed_over(&mut source, first, VersionFloors::none())?);
    match found.into_iter().find(|ignored| !known.contains(ignored)) {
        Some(ignored) => Err(AuthoringFault::Ignored(ignored)),
        None => Ok(()),
    }
}

/// What the client passes over in a repository that it accepts.
fn passed_over(
    source: &mut dyn Source,
    root: Vec<u8>,
    versions: VersionFloors,
) -> Result<Vec<Ignored>, AuthoringFault> {
    let (anchor, floors) = (Anchor::File(root), Floors { versions, lists: BTreeMap::new() });
    let pack = Pack::load(source, &Held { anchor: &anchor, floors: &floors, clock: None })?;
    Ok(pack.ignored().to_vec())
}

fn named(role: &RoleName, version: u64) -> String {
    format!("metadata/{}", versioned_name(role, version))
}

fn length(file: &[u8]) -> u64 {
    u64::try_from(file.len()).unwrap_or(u64::MAX)
}
