//! The TUF client: from a pinned root to metadata that is current, whole and not rolled back.
//!
//! TUF specification 1.0.33, section 5, over any [`Source`] of files. Order: the chain of roots, timestamp, snapshot,
//! regional targets, the countries' targets. Each file is checked for signatures, version, length and hash before the
//! next is asked for, with a limit on its size; the first fault ends it, naming file and fault, and what was
//! trusted before stays as it was. There is one departure: expiry is not a fault. A clinic without network keeps
//! working, and every verdict says how old its data is; roll-back and freezing are what the floors are against.

use std::collections::BTreeMap;
use std::fmt;

use sanad_credential::{Date, Fault, FixedBytes, StatusUri, UnixTime};
use sha2::{Digest as _, Sha256};

use crate::metadata::{
    Content, DelegatedRole, FileFault, FileVersion, Header, Keys, METADATA_BYTES_MAX, RoleKeys, RoleName,
    Root, Sha256Hash, SignedFile, Snapshot, TIMESTAMP_BYTES_MAX, Targets, Timestamp,
};

/// Roots in one chain: a root a week for twenty years. It bounds the time that a false repository can take.
pub const ROOTS_MAX: u64 = 1_024;

/// Countries: more than ISO 3166 has.
pub const COUNTRIES_MAX: usize = 300;

/// Where files come from: a pack, a directory, a server. Names are those of a TUF repository with consistent
/// snapshots, with `metadata/` and `targets/` below one place.
pub trait Source {
    /// The file, or nothing when there is none of this name.
    ///
    /// # Errors
    /// [`SourceFault`]; a source stops reading at `bytes_max`.
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault>;
}

/// Why a source gave no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceFault {
    /// There is more of it than there may be.
    TooLong {
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// It cannot be had now.
    Unavailable {
        /// What the system said.
        reason: String,
    },
}

/// The root that an operator pinned. It never comes out of what is judged with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The file itself, or a later one that was reached from it.
    File(Vec<u8>),
    /// SHA-256 of the file, read out over a telephone for instance.
    Sha256(Sha256Hash),
}

/// What never goes backward: the versions of the last state that was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFloors {
    /// Version of the timestamp.
    pub timestamp: u64,
    /// Version of the snapshot.
    pub snapshot: u64,
    /// Versions in the snapshot, by file name.
    pub files: BTreeMap<String, u64>,
    /// The time of signing of the newest timestamp that was trusted: no clock may be behind it.
    pub issued: Option<UnixTime>,
}

/// Metadata that passed every check.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The newest root and its file, which becomes the next anchor.
    pub root: Root,
    /// The file of that root.
    pub root_file: Vec<u8>,
    /// Which snapshot is current, signed when.
    pub timestamp: Timestamp,
    /// Versions of all targets files.
    pub snapshot: Snapshot,
    /// The regional role.
    pub regional: Targets,
    /// The countries' roles that the region delegates to, by their code.
    pub countries: BTreeMap<String, Targets>,
    /// Delegations that are none of this format; they were passed over.
    pub ignored: Vec<Ignored>,
    /// Floors for the next time.
    pub floors: VersionFloors,
}

/// Something that was listed and is not used, because who listed it may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Name of the role or path of the target.
    pub name: String,
    /// Why.
    pub reason: IgnoredReason,
}

/// Why something is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IgnoredReason {
    /// A delegation to a name that is no country, or that is delegated to twice.
    NotACountry,
    /// A delegation of paths that are not the country's own, or that does not end the search.
    BeyondTheCountry,
    /// A country's role that delegates further.
    DelegatesFurther,
    /// A path that whoever lists it may not list.
    NotTheirs,
    /// A path that names no kind of file.
    UnknownPath,
    /// The file does not read as what its path says.
    Content(Fault),
    /// A status list dated further ahead than any clock here.
    FromTheFuture {
        /// Its time of signing.
        iat: UnixTime,
    },
    /// A status list older than one that was accepted under the same key.
    ListRolledBack {
        /// Its time of signing.
        iat: UnixTime,
        /// That of the one before.
        floor: UnixTime,
    },
}

/// A file that was refused; what was trusted before stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Name of the file.
    pub file: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a file. Closed on purpose: a new problem must be dealt with wherever it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not there.
    Missing,
    /// It cannot be had.
    Source(SourceFault),
    /// It does not read, or too few signed it.
    File(FileFault),
    /// It is not the root that was pinned.
    OtherRegion,
    /// It has another version than the file that names it.
    Version {
        /// Its version.
        found: u64,
        /// As named.
        wanted: u64,
    },
    /// It is older than what was trusted before.
    RolledBack {
        /// Its version.
        found: u64,
        /// The version that was trusted.
        floor: u64,
    },
    /// A file that an earlier snapshot named is not named any more.
    Vanished {
        /// The file.
        name: String,
    },
    /// It has another length than the file that names it says.
    Length {
        /// Bytes found.
        found: u64,
        /// As named.
        wanted: u64,
    },
    /// It is another file than the one that is named.
    Hash {
        /// SHA-256 found.
        found: Sha256Hash,
        /// As named.
        wanted: Sha256Hash,
    },
    /// A signature that does not hold, or of a key that may not sign this.
    Signature,
    /// A status list that is another one.
    OtherList {
        /// Its address.
        found: StatusUri,
    },
    /// More roots than a chain may have.
    TooManyRoots,
    /// More countries than there are.
    TooManyCountries,
}

/// Follows the metadata from the anchor to the countries.
///
/// # Errors
/// The first file that is [`Refused`].
pub fn refresh(
    source: &mut dyn Source,
    anchor: &Anchor,
    floors: &VersionFloors,
) -> Result<Metadata, Refused> {
    let trusted = trusted_root(source, anchor)?;
    let (root, root_file) = follow_roots(source, &trusted)?;
    // TUF 5.3.11: whoever could only sign with keys that are replaced cannot have set a floor too high for good.
    let rotated = keys_of(&root, &root.timestamp) != keys_of(&trusted.root, &trusted.root.timestamp)
        || keys_of(&root, &root.snapshot) != keys_of(&trusted.root, &trusted.root.snapshot);
    let no_floors = VersionFloors::none();
    let floors = if rotated { &no_floors } else { floors };

    let name = "metadata/timestamp.json";
    let (timestamp, _) = fetch::<Timestamp>(
        source,
        name,
        RoleName::Timestamp,
        (&root.keys, &root.timestamp),
        TIMESTAMP_BYTES_MAX,
    )?;
    not_below(name, timestamp.header.version, floors.timestamp)?;
    not_below(name, timestamp.snapshot.version, floors.snapshot)?;

    let snapshot: Snapshot =
        fetch_named(source, RoleName::Snapshot, &timestamp.snapshot, (&root.keys, &root.snapshot))?;
    let name = versioned(&RoleName::Snapshot, timestamp.snapshot.version);
    for (file, floor) in &floors.files {
        match snapshot.files.get(file) {
            Some(found) => not_below(&format!("{name}: {file}"), found.version, *floor)?,
            None => return Err(Refused { file: name, problem: Problem::Vanished { name: file.clone() } }),
        }
    }
    let named = |role: &RoleName| {
        let missing = || Refused { file: format!("{name}: {}", role.file_name()), problem: Problem::Missing };
        snapshot.files.get(&role.file_name()).ok_or_else(missing)
    };
    let regional: Targets =
        fetch_named(source, RoleName::Targets, named(&RoleName::Targets)?, (&root.keys, &root.targets))?;
    let (delegations, mut ignored) = countries_of(&regional)?;
    let mut countries = BTreeMap::new();
    for delegation in delegations {
        let role = RoleName::Delegated(delegation.name.clone());
        let country: Targets =
            fetch_named(source, role.clone(), named(&role)?, (&regional.keys, &delegation.keys))?;
        for further in &country.delegations {
            let name = format!("{role}: {}", sanad_credential::printable(&further.name));
            ignored.push(Ignored { name, reason: IgnoredReason::DelegatesFurther });
        }
        countries.insert(delegation.name.clone(), country);
    }
    let floors = VersionFloors {
        timestamp: timestamp.header.version,
        snapshot: timestamp.snapshot.version,
        files: snapshot.files.iter().map(|(name, file)| (name.clone(), file.version)).collect(),
        issued: timestamp.header.issued.max(floors.issued),
    };
    Ok(Metadata { root, root_file, timestamp, snapshot, regional, countries, ignored, floors })
}

impl Metadata {
    /// The date of everything in it: when its timestamp was signed, but not later than the earliest expiry of the roles
    /// that vouch for it. A file is as fresh as the last signature that called it current. Nothing when the
    /// timestamp does not say when it was signed.
    pub fn date(&self, country: Option<&str>) -> Option<Date> {
        let roles = [&self.root.header, &self.snapshot.header, &self.regional.header];
        let country = country.and_then(|country| self.countries.get(country)).map(|role| &role.header);
        let expiries = roles.into_iter().chain(country).map(|header| header.expires);
        let issued = self.timestamp.header.issued?;
        Some(expiries.fold(issued, UnixTime::min).date())
    }

    /// Version of the timestamp role, by which a receipt names the pack.
    pub fn timestamp_version(&self) -> u64 {
        self.timestamp.header.version
    }

    /// Version and dates of each role, for people.
    pub fn headers(&self) -> Vec<(String, Header)> {
        let mut headers = vec![
            (RoleName::Root.to_string(), self.root.header),
            (RoleName::Timestamp.to_string(), self.timestamp.header),
            (RoleName::Snapshot.to_string(), self.snapshot.header),
            (RoleName::Targets.to_string(), self.regional.header),
        ];
        headers.extend(self.countries.iter().map(|(name, role)| (name.clone(), role.header)));
        headers
    }
}

struct TrustedRoot {
    root: Root,
    file: Vec<u8>,
}

/// The anchor, read again and held against its own threshold: what lay on a disk may have been changed there.
fn trusted_root(source: &mut dyn Source, anchor: &Anchor) -> Result<TrustedRoot, Refused> {
    match anchor {
        Anchor::File(file) => {
            let name = "the pinned root";
            let root = self_signed(name, file)?;
            // A repository of the same region has this very file, or none of this version.
            let place = format!("metadata/{}", versioned_name(&RoleName::Root, root.header.version));
            match get(source, &place, METADATA_BYTES_MAX)? {
                Some(other) if other != *file => {
                    let same = SignedFile::parse(RoleName::Root, file).map(|file| file.message())
                        == SignedFile::parse(RoleName::Root, &other).map(|file| file.message());
                    if !same {
                        return Err(Refused { file: place, problem: Problem::OtherRegion });
                    }
                }
                _ => {}
            }
            Ok(TrustedRoot { root, file: file.clone() })
        }
        Anchor::Sha256(wanted) => {
            for version in 1..=ROOTS_MAX {
                let place = format!("metadata/{}", versioned_name(&RoleName::Root, version));
                let Some(file) = get(source, &place, METADATA_BYTES_MAX)? else { break };
                if sha256(&file) == *wanted {
                    return Ok(TrustedRoot { root: self_signed(&place, &file)?, file });
                }
            }
            Err(Refused { file: "metadata/N.root.json".into(), problem: Problem::OtherRegion })
        }
    }
}

/// Whether a file is a root that enough of its own keys signed: before it is pinned.
///
/// # Errors
/// [`Refused`].
pub fn check_root(file: &[u8]) -> Result<Root, Refused> {
    self_signed("the root", file)
}

fn self_signed(name: &str, file: &[u8]) -> Result<Root, Refused> {
    let refused = |fault| Refused { file: name.to_owned(), problem: Problem::File(fault) };
    let signed = SignedFile::parse(RoleName::Root, file).map_err(FileFault::Malformed).map_err(refused)?;
    let root: Root = signed.unverified().map_err(FileFault::Malformed).map_err(refused)?;
    signed.verified(&root.keys, &root.root).map_err(refused)
}

/// TUF 5.3: each root is signed by the threshold of the one before it and by its own.
fn follow_roots(source: &mut dyn Source, trusted: &TrustedRoot) -> Result<(Root, Vec<u8>), Refused> {
    let (mut root, mut newest) = (trusted.root.clone(), trusted.file.clone());
    for _ in 0..ROOTS_MAX {
        let version = root.header.version.saturating_add(1);
        let name = format!("metadata/{}", versioned_name(&RoleName::Root, version));
        let Some(file) = get(source, &name, METADATA_BYTES_MAX)? else { return Ok((root, newest)) };
        let refused = |problem| Refused { file: name.clone(), problem };
        let signed = SignedFile::parse(RoleName::Root, &file)
            .map_err(|fault| refused(Problem::File(FileFault::Malformed(fault))))?;
        let next: Root =
            signed.verified(&root.keys, &root.root).map_err(|fault| refused(Problem::File(fault)))?;
        signed.verified::<Root>(&next.keys, &next.root).map_err(|fault| refused(Problem::File(fault)))?;
        if next.header.version != version {
            return Err(refused(Problem::Version { found: next.header.version, wanted: version }));
        }
        (root, newest) = (next, file);
    }
    Err(Refused { file: "metadata/root.json".into(), problem: Problem::TooManyRoots })
}

/// The public keys of a role, apart from their names and order.
fn keys_of<'r>(root: &'r Root, role: &RoleKeys) -> (Vec<Option<&'r sanad_credential::PublicKey>>, usize) {
    let mut keys: Vec<_> =
        role.names.iter().map(|name| root.keys.get(name).and_then(Option::as_ref)).collect();
    keys.sort();
    (keys, role.threshold)
}

/// The delegations that are a country's: two capital letters, its own paths, ending the search.
fn countries_of(regional: &Targets) -> Result<(Vec<&DelegatedRole>, Vec<Ignored>), Refused> {
    if regional.delegations.len() > COUNTRIES_MAX {
        return Err(Refused { file: RoleName::Targets.file_name(), problem: Problem::TooManyCountries });
    }
    let (mut countries, mut ignored): (Vec<&DelegatedRole>, Vec<Ignored>) = (Vec::new(), Vec::new());
    for role in &regional.delegations {
        let own = country_paths(&role.name);
        let known = countries.iter().any(|other| other.name == role.name);
        let reason = if !is_country(&role.name) || known {
            IgnoredReason::NotACountry
        } else if role.search != crate::metadata::Search::Ends
            || role.paths.iter().any(|path| !own.contains(path))
        {
            IgnoredReason::BeyondTheCountry
        } else {
            countries.push(role);
            continue;
        };
        ignored.push(Ignored { name: sanad_credential::printable(&role.name), reason });
    }
    Ok((countries, ignored))
}

/// Two capital letters: ISO 3166-1, and XA to XZ for bodies of several countries.
pub fn is_country(name: &str) -> bool {
    matches!(name.as_bytes(), [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase())
}

/// What a country's role may list, as TUF path patterns.
pub fn country_paths(country: &str) -> [String; 4] {
    [
        format!("issuers/{country}/*"),
        format!("rulebooks/{country}/*/*"),
        format!("facilities/{country}.json"),
        format!("host-rules/{country}.json"),
    ]
}

fn fetch<C: Content>(
    source: &mut dyn Source,
    name: &str,
    role: RoleName,
    (keys, signers): (&Keys, &RoleKeys),
    bytes_max: usize,
) -> Result<(C, Vec<u8>), Refused> {
    let refused = |problem| Refused { file: name.to_owned(), problem };
    let file = get(source, name, bytes_max)?.ok_or_else(|| refused(Problem::Missing))?;
    let signed = SignedFile::parse(role, &file)
        .map_err(|fault| refused(Problem::File(FileFault::Malformed(fault))))?;
    let content = signed.verified(keys, signers).map_err(|fault| refused(Problem::File(fault)))?;
    Ok((content, file))
}

/// A file that another one names: its version, and its length and hash where they are stated.
fn fetch_named<C: Content + Versioned>(
    source: &mut dyn Source,
    role: RoleName,
    named: &FileVersion,
    keys: (&Keys, &RoleKeys),
) -> Result<C, Refused> {
    let name = versioned(&role, named.version);
    let bytes_max = named.length.map_or(METADATA_BYTES_MAX, |length| {
        usize::try_from(length).unwrap_or(usize::MAX).min(METADATA_BYTES_MAX)
    });
    let (content, file): (C, Vec<u8>) = fetch(source, &name, role, keys, bytes_max)?;
    compare(&name, &file, named.length, named.hash)?;
    let found = content.version();
    if found != named.version {
        return Err(Refused { file: name, problem: Problem::Version { found, wanted: named.version } });
    }
    Ok(content)
}

/// Holds a file against what is said of it.
pub(crate) fn compare(
    name: &str,
    file: &[u8],
    length: Option<u64>,
    hash: Option<Sha256Hash>,
) -> Result<(), Refused> {
    let found = u64::try_from(file.len()).unwrap_or(u64::MAX);
    if let Some(wanted) = length.filter(|wanted| *wanted != found) {
        return Err(Refused { file: name.to_owned(), problem: Problem::Length { found, wanted } });
    }
    match hash.map(|wanted| (sha256(file), wanted)) {
        Some((found, wanted)) if found != wanted => {
            Err(Refused { file: name.to_owned(), problem: Problem::Hash { found, wanted } })
        }
        _ => Ok(()),
    }
}

fn not_below(name: &str, found: u64, floor: u64) -> Result<(), Refused> {
    if found < floor {
        return Err(Refused { file: name.to_owned(), problem: Problem::RolledBack { found, floor } });
    }
    Ok(())
}

pub(crate) fn get(source: &mut dyn Source, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Refused> {
    source
        .get(name, bytes_max)
        .map_err(|fault| Refused { file: name.to_owned(), problem: Problem::Source(fault) })
}

/// SHA-256 of a file.
pub fn sha256(file: &[u8]) -> Sha256Hash {
    FixedBytes(Sha256::digest(file).into())
}

fn versioned(role: &RoleName, version: u64) -> String {
    format!("metadata/{}", versioned_name(role, version))
}

/// File name of a version: `3.root.json`.
pub fn versioned_name(role: &RoleName, version: u64) -> String {
    format!("{version}.{}", role.file_name())
}

/// Content with a version of its own.
trait Versioned {
    fn version(&self) -> u64;
}

impl Versioned for Snapshot {
    fn version(&self) -> u64 {
        self.header.version
    }
}

impl Versioned for Targets {
    fn version(&self) -> u64 {
        self.header.version
    }
}

impl VersionFloors {
    /// Of a verifier that has trusted nothing yet.
    pub const fn none() -> Self {
        Self { timestamp: 0, snapshot: 0, files: BTreeMap::new(), issued: None }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.problem)
    }
}

impl std::error::Error for Refused {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Missing => f.write_str("it is not there"),
            Problem::Source(fault) => write!(f, "{fault}"),
            Problem::File(fault) => write!(f, "{fault}"),
            Problem::OtherRegion => {
                f.write_str("it does not start from the root that was pinned: another region's")
            }
            Problem::Version { found, wanted } => write!(f, "it has version {found}, {wanted} is named"),
            Problem::RolledBack { found, floor } => {
                write!(f, "version {found} is older than version {floor}, which was trusted before")
            }
            Problem::Vanished { name } => write!(f, "{name} was named before and is not named any more"),
            Problem::Length { found, wanted } => write!(f, "it has {found} bytes, {wanted} are named"),
            Problem::Hash { found, wanted } => write!(f, "its SHA-256 is {found}, {wanted} is named"),
            Problem::Signature => f.write_str("its signature does not hold under a key that may sign it"),
            Problem::OtherList { found } => write!(f, "it is the list {found}"),
            Problem::TooManyRoots => write!(f, "the chain has more than {ROOTS_MAX} roots"),
            Problem::TooManyCountries => write!(f, "it delegates to more than {COUNTRIES_MAX} roles"),
        }
    }
}

impl fmt::Display for SourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceFault::TooLong { bytes_max } => write!(f, "it has more than {bytes_max} bytes"),
            SourceFault::Unavailable { reason } => f.write_str(reason),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.reason {
            IgnoredReason::NotACountry => f.write_str("no country, or delegated to twice"),
            IgnoredReason::BeyondTheCountry => f.write_str("delegated paths that are not the country's own"),
            IgnoredReason::DelegatesFurther => f.write_str("a country's role delegates no further"),
            IgnoredReason::NotTheirs => f.write_str("listed by a role that may not list it"),
            IgnoredReason::UnknownPath => f.write_str("a path that names no kind of file"),
            IgnoredReason::Content(fault) => write!(f, "{fault}"),
            IgnoredReason::ListRolledBack { iat, floor } => {
                write!(f, "signed at {iat}, which is older than {floor}, which was accepted before")
            }
            IgnoredReason::FromTheFuture { iat } => {
                write!(f, "dated {iat}, which is ahead of every clock here")
            }
        }
    }
}
