//! Putting a pack together: a repository, the status lists its records name, delegations.
//!
//! Everything is checked by [`Pack::load`] before it is kept, twice: once to learn which lists the records name, once
//! with all of it. A list that does not hold is left out and named, so that one issuer cannot keep the others' news
//! from a clinic; a list that the pack before had and this one lacks, or has older, is kept. What was asked for is
//! what the pack has: nothing else that lies in a directory gets in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sanad_credential::{OWN_BYTES_MAX, STATUS_LIST_BYTES_MAX, Sealed, StatusUri, Typ, UnixTime};
use sanad_trust::client::{Anchor, Problem, Refused, Source, SourceFault, versioned_name};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::{METADATA_BYTES_MAX, RoleName};
use sanad_trust::pack::{Held, Pack, list_name};
use sanad_trust::pack_file::{PackFileFault, PackFiles};

use crate::fetch::Server;
use crate::trust_state::read_bounded;

/// Where a repository is taken from.
pub enum Origin {
    /// A pack that came on a stick.
    Pack(Vec<u8>),
    /// A directory.
    Directory(PathBuf),
    /// A server.
    Server(Box<Server>),
}

/// What a pack is put together from.
pub struct Parts<'a> {
    /// The repository.
    pub origin: Origin,
    /// Directories with published status lists; each file says which list it is.
    pub list_directories: &'a [PathBuf],
    /// Directories with delegations.
    pub delegation_directories: &'a [PathBuf],
    /// The files of the pack in use.
    pub before: PackFiles,
    /// The pinned root.
    pub anchor: &'a Anchor,
    /// What never goes backward.
    pub floors: &'a Floors,
    /// The device's clock.
    pub clock: Option<UnixTime>,
}

/// A pack that was put together and checked.
pub struct Assembled {
    /// The checked pack.
    pub pack: Pack,
    /// Its container.
    pub bytes: Vec<u8>,
    /// What was left out or kept, in words.
    pub notes: Vec<String>,
}

/// Why no pack was put together; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AssembleFault {
    /// A file was refused.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The container.
    #[error("{0}")]
    Container(#[from] PackFileFault),
    /// A directory cannot be read.
    #[error("{}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Puts a pack together and checks it.
///
/// # Errors
/// [`AssembleFault`].
pub fn assemble(parts: Parts<'_>) -> Result<Assembled, AssembleFault> {
    let held = Held { anchor: parts.anchor, floors: parts.floors, clock: parts.clock };
    let mut notes = Vec::new();
    let mut gathered = Gathered { origin: parts.origin, files: BTreeMap::new(), beside: BTreeMap::new() };
    if let Origin::Pack(bytes) = &gathered.origin {
        gathered.beside = PackFiles::read(bytes)?.0;
    }
    let lists = lists_in(parts.list_directories)?;
    gathered.beside.extend(lists);
    gathered.beside.extend(delegations_in(parts.delegation_directories)?);
    let mut pack = load(&mut gathered, &held, &mut notes)?;
    let mut again = BTreeSet::new();
    if matches!(gathered.origin, Origin::Server(_)) {
        let named: Vec<StatusUri> = pack.lists().keys().chain(pack.missing_lists()).cloned().collect();
        for uri in named {
            let Origin::Server(server) = &mut gathered.origin else { break };
            match server.get_changed(uri.as_str(), STATUS_LIST_BYTES_MAX) {
                Ok(Some(list)) => {
                    gathered.beside.insert(list_name(&uri), list);
                    again.insert(uri);
                }
                Ok(None) => notes.push(format!("{uri}: the server does not have this list")),
                Err(fault) => notes.push(format!("{uri}: {fault}")),
            }
        }
    }
    if !again.is_empty() {
        pack = load(&mut gathered, &held, &mut notes)?;
    }
    // A list that the pack before had, and that is missing or older here, is kept.
    let mut kept = 0_usize;
    for uri in pack.missing_lists().to_vec() {
        if let Some(list) = parts.before.0.get(&list_name(&uri)) {
            gathered.beside.insert(list_name(&uri), list.clone());
            notes.push(format!("{uri}: kept from the pack before"));
            kept = kept.saturating_add(1);
        }
    }
    if kept > 0 {
        pack = load(&mut gathered, &held, &mut notes)?;
    }
    gather_roots(&mut gathered, &pack)?;
    let bytes = PackFiles(gathered.files).write()?;
    Ok(Assembled { pack, bytes, notes })
}

/// A clinic may have pinned any earlier root, so a pack carries the whole chain. Whoever is at a later one asks for
/// nothing before it; what is not to be had any more is missing for those alone who pinned it.
fn gather_roots(gathered: &mut Gathered, pack: &Pack) -> Result<(), Refused> {
    for version in 1..pack.metadata().root.header.version {
        let name = format!("metadata/{}", versioned_name(&RoleName::Root, version));
        let found = gathered.get(&name, METADATA_BYTES_MAX);
        found.map_err(|fault| Refused { file: name, problem: Problem::Source(fault) })?;
    }
    Ok(())
}

/// Loads; a list or delegation that does not hold is left out and named, and the rest is loaded again.
fn load(gathered: &mut Gathered, held: &Held<'_>, notes: &mut Vec<String>) -> Result<Pack, Refused> {
    loop {
        gathered.files.clear();
        match Pack::load(gathered, held) {
            Ok(pack) => return Ok(pack),
            Err(refused) if gathered.leave_out(&refused.file) => {
                notes.push(format!("{refused}; it was left out"));
            }
            Err(refused) => return Err(refused),
        }
    }
}

/// Files as they are asked for, remembered.
struct Gathered {
    origin: Origin,
    /// What was asked for and found: the content of the pack.
    files: BTreeMap<String, Vec<u8>>,
    /// Files that do not come from the repository itself, and those of a container.
    beside: BTreeMap<String, Vec<u8>>,
}

impl Gathered {
    /// Whether a file beside the repository was left out; those of the repository never are.
    fn leave_out(&mut self, name: &str) -> bool {
        let beside = name.starts_with("status/") || name.starts_with("delegations/");
        if beside && self.beside.remove(name).is_some() {
            if let Some(name) = name.strip_prefix("delegations/") {
                let names = self.beside.keys().filter_map(|other| other.strip_prefix("delegations/"));
                let names: Vec<String> = names
                    .filter(|other| *other != "index.json" && *other != name)
                    .map(str::to_owned)
                    .collect();
                self.beside.insert("delegations/index.json".into(), index(&names));
            }
            return true;
        }
        false
    }

    fn find(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        if let Some(file) = self.beside.get(name) {
            return if file.len() > bytes_max {
                Err(SourceFault::TooLong { bytes_max })
            } else {
                Ok(Some(file.clone()))
            };
        }
        match &mut self.origin {
            Origin::Pack(_) => Ok(None),
            Origin::Directory(directory) => read_in(directory, name, bytes_max),
            Origin::Server(server) => server.get(name, bytes_max),
        }
    }
}

impl Source for Gathered {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        let found = self.find(name, bytes_max)?;
        if let Some(file) = &found {
            self.files.insert(name.to_owned(), file.clone());
        }
        Ok(found)
    }
}

fn read_in(directory: &Path, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
    let path = directory.join(name);
    match read_bounded(&path, bytes_max) {
        Ok(bytes) if bytes.len() > bytes_max => Err(SourceFault::TooLong { bytes_max }),
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SourceFault::Unavailable { reason: error.to_string() }),
    }
}

/// The status lists in these directories, by the names they have in a pack. What a file says it is, is checked when the
/// pack is loaded; other files are passed over, since a publication has them too.
fn lists_in(directories: &[PathBuf]) -> Result<BTreeMap<String, Vec<u8>>, AssembleFault> {
    let mut lists: BTreeMap<String, (UnixTime, Vec<u8>)> = BTreeMap::new();
    for path in files_in(directories)? {
        let Ok(bytes) = read_bounded(&path, STATUS_LIST_BYTES_MAX) else { continue };
        let Ok(sealed) = Sealed::parse(&bytes) else { continue };
        if sealed.typ() != Typ::StatusList {
            continue;
        }
        let Ok(token) = sealed.unverified_status_list() else { continue };
        let (name, iat) = (list_name(&token.look().sub), token.look().iat);
        if lists.get(&name).is_none_or(|(other, _)| *other < iat) {
            lists.insert(name, (iat, bytes));
        }
    }
    Ok(lists.into_iter().map(|(name, (_, bytes))| (name, bytes)).collect())
}

/// The delegations in these directories, and their index.
fn delegations_in(directories: &[PathBuf]) -> Result<BTreeMap<String, Vec<u8>>, AssembleFault> {
    let mut files = BTreeMap::new();
    let mut names = Vec::new();
    for path in files_in(directories)? {
        let Ok(bytes) = read_bounded(&path, OWN_BYTES_MAX) else { continue };
        let Ok(sealed) = Sealed::parse(&bytes) else { continue };
        let Ok(claims) = sealed.unverified_entitlement() else { continue };
        let name = format!("{}.cwt", claims.look().cti);
        if files.insert(format!("delegations/{name}"), bytes.clone()).is_none() {
            names.push(name);
        }
    }
    if !names.is_empty() {
        names.sort();
        files.insert("delegations/index.json".into(), index(&names));
    }
    Ok(files)
}

fn index(names: &[String]) -> Vec<u8> {
    use sanad_credential::Json;
    let names = names.iter().map(|name| Json::Text(name.as_str().into())).collect();
    Json::Array(names).to_string().into_bytes()
}

fn files_in(directories: &[PathBuf]) -> Result<Vec<PathBuf>, AssembleFault> {
    let mut files = Vec::new();
    for directory in directories {
        let fault = |source| AssembleFault::Directory { path: directory.clone(), source };
        for entry in fs::read_dir(directory).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
