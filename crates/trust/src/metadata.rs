//! The metadata of a TUF 1.0 repository: root, timestamp, snapshot and targets, read, written and signed.
//!
//! TUF specification 1.0.33, section 4, in the JSON form that other TUF software reads. A file is read in two steps:
//! [`SignedFile::parse`] gives its bytes as signed and its signatures; the typed roles come out of
//! [`SignedFile::verified`] only, which asks for a threshold of distinct keys. Unknown members are passed over, as TUF
//! asks (they are signed with the rest and grant nothing); a wrong type, another specification version, a repository
//! without consistent snapshots, a key that stands twice in a role and a key id that signs twice are refused.

mod form;

use std::collections::BTreeMap;
use std::fmt;

use sanad_credential::{
    Fault, FixedBytes, Json, Limits, PublicKey, UnixTime, Verify as _, VerifyingKey, What,
};

use crate::canonical::canonical;
use form::{key_to_json, read_signature, sorted, text, utf8};

/// Largest root, snapshot or targets file. A country with 10,000 targets has about 2 MB.
pub const METADATA_BYTES_MAX: usize = 4 << 20;

/// Largest timestamp file, which is fetched most often and names one file.
pub const TIMESTAMP_BYTES_MAX: usize = 16 << 10;

/// A snapshot names every country's role, a targets file every rulebook and issuer of its country.
const LIMITS: Limits =
    Limits { bytes_max: METADATA_BYTES_MAX, depth_max: 10, entries_max: 16_384, values_max: 200_000 };

/// Version of the specification; another major version is another format.
const SPEC_VERSION: &str = "1.0.33";

/// SHA-256 of a file.
pub type Sha256Hash = FixedBytes<32>;

/// The id of a key within one metadata file. TUF lets it be any text; ours are SHA-256 of the key.
pub type KeyName = String;

/// Name of a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleName {
    /// The keys of all top-level roles.
    Root,
    /// Which snapshot is current.
    Timestamp,
    /// The versions of all targets files.
    Snapshot,
    /// The regional role.
    Targets,
    /// A delegated role; here a country's code.
    Delegated(String),
}

/// A file as it stands: whose it is, what was signed, and who says so.
pub struct SignedFile<'a> {
    role: RoleName,
    content: Json<'a>,
    signatures: Vec<(KeyName, Option<[u8; 64]>)>,
}

/// Members that every role has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Rises with every change.
    pub version: u64,
    /// After this time the content is old, which a verdict says; it is not thrown away.
    pub expires: UnixTime,
    /// When it was signed: our own member, which other clients pass over.
    pub issued: Option<UnixTime>,
}

/// The keys of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleKeys {
    /// Names of the keys.
    pub names: Vec<KeyName>,
    /// How many must sign.
    pub threshold: usize,
}

/// Keys by name. A key of another kind than Ed25519 has no point here: it cannot count.
pub type Keys = BTreeMap<KeyName, Option<PublicKey>>;

/// Who holds which key, in words, by the key's name: our own member, signed with the rest, which other clients pass
/// over. It decides nothing; ceremonies show it beside the key.
pub type Holders = BTreeMap<KeyName, String>;

/// Root metadata, TUF section 4.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Version and dates.
    pub header: Header,
    /// All keys.
    pub keys: Keys,
    /// Who holds them.
    pub holders: Holders,
    /// Who signs root files.
    pub root: RoleKeys,
    /// Who signs the timestamp.
    pub timestamp: RoleKeys,
    /// Who signs the snapshot.
    pub snapshot: RoleKeys,
    /// Who signs for the region.
    pub targets: RoleKeys,
}

/// What one metadata file says of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Its version.
    pub version: u64,
    /// Its length in bytes, where stated.
    pub length: Option<u64>,
    /// SHA-256, where stated.
    pub hash: Option<Sha256Hash>,
}

/// Timestamp metadata, TUF section 4.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Version and dates.
    pub header: Header,
    /// The current snapshot.
    pub snapshot: FileVersion,
}

/// Snapshot metadata, TUF section 4.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Version and dates.
    pub header: Header,
    /// By file name: `targets.json`, `KE.json`.
    pub files: BTreeMap<String, FileVersion>,
}

/// One target file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    /// Bytes.
    pub length: u64,
    /// SHA-256.
    pub hash: Sha256Hash,
}

/// Targets metadata, TUF section 4.5: the region's or a country's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    /// Version and dates.
    pub header: Header,
    /// By path.
    pub targets: BTreeMap<String, TargetFile>,
    /// Keys of the delegated roles.
    pub keys: Keys,
    /// Who holds them.
    pub holders: Holders,
    /// Delegated roles in the order in which they are asked.
    pub delegations: Vec<DelegatedRole>,
}

/// A role to which others are delegated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedRole {
    /// Its name.
    pub name: String,
    /// Who signs for it.
    pub keys: RoleKeys,
    /// Patterns of the paths for which it is asked.
    pub paths: Vec<String>,
    /// Whether the search ends with it.
    pub search: Search,
}

/// What follows a delegated role that matches a path and does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Nothing.
    Ends,
    /// The next role.
    GoesOn,
}

/// A role's content as it is read and written.
pub trait Content: Sized {
    /// `_type` of the file.
    const TYPE: &'static str;

    /// From the signed object.
    ///
    /// # Errors
    /// The first fault at its place.
    fn from_json(json: &Json<'_>) -> Result<Self, Fault>;

    /// The signed object.
    fn to_json(&self) -> Json<'static>;
}

/// Signatures that were asked for and did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BelowThreshold {
    /// Distinct keys of the role whose signatures hold.
    pub found: usize,
    /// How many there must be.
    pub threshold: usize,
}

/// Why a file gave no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// It is no metadata of this kind.
    Malformed(Fault),
    /// Too few of the role's keys signed it.
    BelowThreshold(BelowThreshold),
}

impl<'a> SignedFile<'a> {
    /// Reads a file without believing it.
    ///
    /// # Errors
    /// Place and fault; a key id that signs twice.
    pub fn parse(role: RoleName, bytes: &'a [u8]) -> Result<Self, Fault> {
        let json = Json::parse(utf8(bytes)?, LIMITS)?;
        let mut object = json.object()?;
        let mut signatures: Vec<(KeyName, Option<[u8; 64]>)> = Vec::new();
        let listed = object.required("signatures")?;
        for (entry, signature) in
            listed.array().map_err(|fault| fault.within("signatures"))?.iter().enumerate()
        {
            let (name, bytes) =
                read_signature(signature).map_err(|fault| fault.at_entry(entry).within("signatures"))?;
            if signatures.iter().any(|(other, _)| *other == name) {
                let fault = Fault::new(What::Repeated { key: sanad_credential::printable(&name) });
                return Err(fault.at_entry(entry).within("signatures"));
            }
            signatures.push((name, bytes));
        }
        object.required("signed")?;
        let Json::Object(members) = json else { return Err(What::Missing.into()) };
        let content = members.into_iter().find(|(name, _)| name == "signed").map(|(_, value)| value);
        Ok(Self { role, content: content.unwrap_or(Json::Null), signatures })
    }

    /// Whose file it was taken for.
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// The content, once enough of the role's keys have signed it. A key counts once, under however many names.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn verified<C: Content>(&self, keys: &Keys, signers: &RoleKeys) -> Result<C, FileFault> {
        let message = canonical(&self.content);
        let mut counted: Vec<&PublicKey> = Vec::new();
        for (name, signature) in &self.signatures {
            let (Some(Some(key)), Some(signature)) = (keys.get(name), signature) else { continue };
            if !signers.names.contains(name) || counted.contains(&key) {
                continue;
            }
            let holds = VerifyingKey::new(key).and_then(|point| point.verify(&message, signature));
            if holds.is_ok() {
                counted.push(key);
            }
        }
        if counted.len() < signers.threshold {
            let (found, threshold) = (counted.len(), signers.threshold);
            return Err(FileFault::BelowThreshold(BelowThreshold { found, threshold }));
        }
        self.unverified().map_err(FileFault::Malformed)
    }

    /// The content as the file states it; nobody has checked a signature. For ceremonies, which show a draft before
    /// it is signed, and for a root that is pinned by its hash.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn unverified<C: Content>(&self) -> Result<C, Fault> {
        let within = |fault: Fault| fault.within("signed");
        let mut object = self.content.object().map_err(within)?;
        let found = object.required("_type").and_then(|json| json.text()).map_err(within)?;
        if found != C::TYPE {
            let wanted = "the type of its role";
            return Err(Fault::new(What::Pattern { wanted }).within("_type").within("signed"));
        }
        let version = object.required("spec_version").and_then(|json| json.text()).map_err(within)?;
        if !version.starts_with("1.") {
            let wanted = "a version 1 of the specification";
            return Err(Fault::new(What::Pattern { wanted }).within("spec_version").within("signed"));
        }
        C::from_json(&self.content).map_err(within)
    }

    /// What is signed: the canonical form of the content.
    pub fn message(&self) -> Vec<u8> {
        canonical(&self.content)
    }

    /// Who signed, valid or not.
    pub fn signatures(&self) -> &[(KeyName, Option<[u8; 64]>)] {
        &self.signatures
    }
}

/// The bytes that holders of keys sign for this content.
pub fn message<C: Content>(content: &C) -> Vec<u8> {
    canonical(&content.to_json())
}

/// A metadata file: its members in canonical order, signatures by key name, so that the same content and the same
/// signers always give the same bytes.
pub fn file<C: Content>(content: &C, signatures: &BTreeMap<KeyName, [u8; 64]>) -> Vec<u8> {
    let signatures = signatures.iter().map(|(name, signature)| {
        Json::Object(vec![("keyid".into(), text(name)), ("sig".into(), text(FixedBytes(*signature)))])
    });
    let file = Json::Object(vec![
        ("signatures".into(), Json::Array(signatures.collect())),
        ("signed".into(), sorted(content.to_json())),
    ]);
    let mut bytes = file.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

/// The name under which this project lists a key: SHA-256 of the key object's canonical form, as other TUF software
/// computes it.
pub fn key_name(key: &PublicKey) -> KeyName {
    use sha2::{Digest as _, Sha256};
    FixedBytes::<32>(Sha256::digest(canonical(&key_to_json(key))).into()).to_string()
}

impl RoleName {
    /// File name within `metadata/`, without version.
    pub fn file_name(&self) -> String {
        format!("{self}.json")
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RoleName::Root => "root",
            RoleName::Timestamp => "timestamp",
            RoleName::Snapshot => "snapshot",
            RoleName::Targets => "targets",
            RoleName::Delegated(name) => name,
        })
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileFault::Malformed(fault) => write!(f, "{fault}"),
            FileFault::BelowThreshold(BelowThreshold { found, threshold }) => {
                write!(f, "signed by {found} of the role's keys, {threshold} must sign")
            }
        }
    }
}
