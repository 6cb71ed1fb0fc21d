//! Why something was not drafted, signed, merged or published.

use std::fmt;

use sanad_credential::{Date, Fault, KeyId, UnixTime};

use crate::client::{Ignored, Refused};
use crate::metadata::FileFault;

/// Why something was not drafted, signed, merged or published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthoringFault {
    /// A draft, key file or listed file does not read.
    Form(Fault),
    /// A listed file is not what its path says.
    Target {
        /// Its path.
        path: String,
        /// Place and fault.
        fault: Fault,
    },
    /// A file is of none of the kinds that are listed.
    UnknownFile,
    /// A path that no role may list.
    UnknownPath {
        /// The path.
        path: String,
    },
    /// A path that another role lists.
    OtherRole {
        /// The path.
        path: String,
        /// The role that may list it.
        role: String,
    },
    /// A file that is not listed.
    NotListed {
        /// Its path.
        path: String,
    },
    /// A file that is listed and that the draft does not carry.
    NotCarried {
        /// Its path.
        path: String,
    },
    /// The draft carries another file than it lists.
    OtherFile {
        /// Its path.
        path: String,
    },
    /// A key that would be good for days before the list that first names it.
    KeyBackdated {
        /// Path of the record.
        path: String,
        /// The key.
        key: KeyId,
        /// Its first day.
        from: Date,
        /// The day of the list.
        day: Date,
    },
    /// A version of a rulebook that would hold on days before the list that first names it.
    VersionBackdated {
        /// Path of the rulebook.
        path: String,
        /// The version.
        version: u64,
        /// Its first day.
        from: Date,
        /// The day of the list.
        day: Date,
    },
    /// A version of a rulebook that is in force and would say something else.
    VersionRewritten {
        /// Path of the rulebook.
        path: String,
        /// The version.
        version: u64,
    },
    /// A compromised key that would be forgotten or good again.
    CompromiseUndone {
        /// Path of the record.
        path: String,
        /// The key.
        key: KeyId,
    },
    /// A changed file whose version did not rise.
    NotRisen {
        /// Its path.
        path: String,
        /// Its version.
        found: u64,
        /// The version before.
        earlier: u64,
    },
    /// A role's version that does not follow the one before.
    RoleVersion {
        /// The role.
        role: String,
        /// Its version.
        found: u64,
        /// The one that must follow.
        wanted: u64,
    },
    /// Metadata that does not say when it was signed.
    NoIssued {
        /// The role.
        role: String,
    },
    /// Metadata that is old from the start.
    Expired {
        /// The role.
        role: String,
        /// Time of signing.
        issued: UnixTime,
        /// Time after which it is old.
        expires: UnixTime,
    },
    /// Metadata signed before the version that it follows.
    Backdated {
        /// The role.
        role: String,
        /// Time of signing.
        issued: UnixTime,
        /// Time of signing of the version before.
        earlier: UnixTime,
    },
    /// A threshold below the least.
    Threshold {
        /// The role.
        role: String,
        /// The threshold.
        found: usize,
        /// The least.
        least: usize,
    },
    /// Fewer keys than must sign.
    TooFewKeys {
        /// The role.
        role: String,
        /// How many there are.
        keys: usize,
        /// How many must sign.
        threshold: usize,
    },
    /// A key that one role has twice: a threshold would count it once.
    KeyTwice {
        /// The key.
        key: KeyId,
    },
    /// A key under which no signature means anything.
    WeakKey {
        /// The key.
        key: KeyId,
    },
    /// The key of the machine on the network in a role that is signed offline.
    OnlineKeyOffline {
        /// The key.
        key: KeyId,
    },
    /// A role for which there are no drafts.
    NoDraft {
        /// The role.
        role: String,
    },
    /// A change that belongs into the draft of another role.
    WrongDraft {
        /// The draft's role.
        role: String,
        /// The role that the change is for.
        wanted: &'static str,
    },
    /// A delegation to what is no country.
    NotACountry {
        /// Its name.
        name: String,
    },
    /// A country that has its delegation already.
    CountryKnown {
        /// Two letters.
        country: String,
    },
    /// A country that has no delegation.
    CountryUnknown {
        /// Two letters.
        country: String,
    },
    /// A delegation of other paths than the country's own, or one that does not end the search.
    BeyondTheCountry {
        /// Two letters.
        country: String,
    },
    /// More countries than there are.
    TooManyCountries,
    /// A country's role that delegates.
    DelegatesFurther {
        /// The role.
        role: String,
    },
    /// No key, or more than one, has this id or holder.
    NoSuchKey {
        /// As asked for.
        name: String,
    },
    /// A draft that somebody has signed is not changed any more.
    Signed {
        /// Its role.
        role: String,
    },
    /// The key is none of those that sign this draft.
    NotASigner {
        /// The key.
        key: KeyId,
    },
    /// A signature by a key that the draft does not name.
    UnknownSigner {
        /// The key's name.
        name: String,
    },
    /// A signature that does not hold: the draft was changed after it was given.
    Altered {
        /// The key.
        key: KeyId,
        /// Its holder.
        holder: String,
    },
    /// Two copies of a draft that differ in more than signatures.
    OtherDraft {
        /// The role.
        role: String,
    },
    /// Two drafts of one role.
    TwoDrafts {
        /// The role.
        role: String,
    },
    /// A draft that does not follow what is published.
    OtherBase {
        /// The role.
        role: String,
        /// The version it was drafted on.
        drafted_on: Option<u64>,
        /// The version that is published.
        published: Option<u64>,
    },
    /// A first publication without one of its parts.
    NothingBefore {
        /// The role that is missing.
        missing: &'static str,
    },
    /// Too few have signed.
    NotSigned {
        /// The role.
        role: String,
        /// How many.
        fault: FileFault,
    },
    /// The key is not the one that the root names for snapshots and timestamps.
    NotTheOnlineKey {
        /// The key.
        key: KeyId,
    },
    /// The client would refuse it.
    Refused(Refused),
    /// The client would pass over it.
    Ignored(Ignored),
}

impl From<Fault> for AuthoringFault {
    fn from(fault: Fault) -> Self {
        AuthoringFault::Form(fault)
    }
}

impl From<Refused> for AuthoringFault {
    fn from(refused: Refused) -> Self {
        AuthoringFault::Refused(refused)
    }
}

impl std::error::Error for AuthoringFault {}

impl fmt::Display for AuthoringFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AuthoringFault as A;
        let version = |version: &Option<u64>| {
            version.map_or("no version".to_owned(), |version| format!("version {version}"))
        };
        match self {
            A::Form(fault) => write!(f, "{fault}"),
            A::Target { path, fault } => write!(f, "{path}: {fault}"),
            A::UnknownFile => f.write_str(
                "it is no issuer record, rulebook, agreement, grant, list of facilities or host rules",
            ),
            A::UnknownPath { path } => write!(f, "{path}: no role may list this path"),
            A::OtherRole { path, role } => write!(f, "{path}: only the role {role} may list it"),
            A::NotListed { path } => write!(f, "{path} is not listed"),
            A::NotCarried { path } => write!(f, "{path} is listed, but the draft does not carry its text"),
            A::OtherFile { path } => write!(f, "{path}: the text is not the one that is listed"),
            A::KeyBackdated { path, key, from, day } => write!(
                f,
                "{path}: key {key} would be good from {from}, before the day of the list that first names it, {day}"
            ),
            A::VersionBackdated { path, version, from, day } => write!(
                f,
                "{path}: version {version} would hold from {from}, before the day of the list that first names it, {day}"
            ),
            A::VersionRewritten { path, version } => {
                write!(f, "{path}: version {version} is in force and changed; a change is a new version")
            }
            A::CompromiseUndone { path, key } => {
                write!(f, "{path}: key {key} was compromised and must stay listed as that")
            }
            A::NotRisen { path, found, earlier } => {
                write!(
                    f,
                    "{path}: its text changed, its version went from {earlier} to {found}; it must rise"
                )
            }
            A::RoleVersion { role, found, wanted } => {
                write!(f, "{role}: version {found}, the next one is {wanted}")
            }
            A::NoIssued { role } => write!(f, "{role}: it does not say when it was issued"),
            A::Expired { role, issued, expires } => {
                write!(f, "{role}: it expires on {expires}, not after it is issued on {issued}")
            }
            A::Backdated { role, issued, earlier } => {
                write!(
                    f,
                    "{role}: issued {issued}, before the version that it follows, {earlier}; check the clock"
                )
            }
            A::Threshold { role, found, least } => {
                write!(f, "{role}: a threshold of {found}, at least {least} must sign")
            }
            A::TooFewKeys { role, keys, threshold } => {
                write!(f, "{role}: {keys} keys cannot give {threshold} signatures")
            }
            A::KeyTwice { key } => write!(f, "key {key} stands twice in one role"),
            A::WeakKey { key } => write!(f, "key {key} is no usable Ed25519 key"),
            A::OnlineKeyOffline { key } => {
                write!(f, "key {key} is the online key; it may not sign roots or the region's list")
            }
            A::NoDraft { role } => write!(f, "{role}: there are no drafts of this role"),
            A::WrongDraft { role, wanted } => {
                write!(f, "this changes the role {wanted}, the draft is of {role}")
            }
            A::NotACountry { name } => write!(f, "{name} is no country code of two capital letters"),
            A::CountryKnown { country } => write!(f, "{country} has its delegation already"),
            A::CountryUnknown { country } => write!(f, "{country} has no delegation"),
            A::BeyondTheCountry { country } => write!(f, "{country}: delegated paths that are not its own"),
            A::TooManyCountries => f.write_str("more countries than there are"),
            A::DelegatesFurther { role } => write!(f, "{role}: a country's role delegates no further"),
            A::NoSuchKey { name } => write!(f, "no single key has the id or holder {name}"),
            A::Signed { role } => write!(
                f,
                "{role}: this draft has signatures, and they are for what their holders saw; make a new draft"
            ),
            A::NotASigner { key } => write!(f, "key {key} is none of those that sign this draft"),
            A::UnknownSigner { name } => {
                write!(f, "a signature by {name}, which is none of the draft's keys")
            }
            A::Altered { key, holder } => {
                write!(f, "the draft was changed after key {key} ({holder}) signed it, or by a faulty copy")
            }
            A::OtherDraft { role } => {
                write!(f, "{role}: the two drafts differ in more than signatures; one of them was changed")
            }
            A::TwoDrafts { role } => write!(f, "{role}: two drafts of one role"),
            A::OtherBase { role, drafted_on, published } => write!(
                f,
                "{role}: drafted on {}, but {} is published; make the draft again",
                version(drafted_on),
                version(published)
            ),
            A::NothingBefore { missing } => {
                write!(f, "nothing is published here yet, and there is no draft of {missing}")
            }
            A::NotSigned { role, fault } => write!(f, "{role}: {fault}"),
            A::NotTheOnlineKey { key } => {
                write!(f, "key {key} is not the one that the root names for snapshots and timestamps")
            }
            A::Refused(refused) => write!(f, "verifiers would refuse it: {refused}"),
            A::Ignored(ignored) => write!(f, "verifiers would pass over it: {ignored}"),
        }
    }
}
