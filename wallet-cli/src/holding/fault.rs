//! Why a wallet did not do what it was asked for. No document was changed.

use std::io;
use std::path::PathBuf;

use sanad_credential::{Fault, IssuerId, KeyId, Typ, UnixTime};
use sanad_durable::StoreFault;
use sanad_trust::Rejection;

use crate::entry::HolderName;
use crate::vault::VaultFault;

/// Why a wallet did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum WalletFault {
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no wallet.
    #[error("there is no wallet in {}: make one with `sanad-wallet init`, or say where it is with --wallet", dir.display())]
    Missing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A wallet of plain files, as the first version of this program wrote.
    #[error(
        "{} holds documents as plain files, which this version does not keep any more: make a wallet elsewhere with \
         `sanad-wallet init --wallet NEW`, put them in with `sanad-wallet add --wallet NEW {}/*.snd`, then remove these files",
        dir.display(), dir.display()
    )]
    PlainFiles {
        /// Where they are.
        dir: PathBuf,
    },
    /// There is something where a wallet should be made.
    #[error("{} is there already and is not empty; nothing was changed", dir.display())]
    Exists {
        /// Where.
        dir: PathBuf,
    },
    /// Another process has it open.
    #[error("{}: another program has this wallet open; try again when it has ended", dir.display())]
    InUse {
        /// The wallet.
        dir: PathBuf,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// It does not open.
    #[error("{}: {fault}", place.display())]
    Vault {
        /// The wallet or file.
        place: PathBuf,
        /// Why.
        fault: VaultFault,
    },
    /// An entry that opens and does not read.
    #[error("{}: an entry of a form that this program does not know: use a newer sanad-wallet", dir.display())]
    Entry {
        /// The wallet.
        dir: PathBuf,
    },
    /// An entry of a person who is not in the wallet.
    #[error("an entry belongs to nobody of this wallet")]
    NoHolder,
    /// A person of this name is there.
    #[error("\"{name}\" is in this wallet already")]
    HolderExists {
        /// The name.
        name: HolderName,
    },
    /// A text or document.
    #[error("{0}")]
    Document(Fault),
    /// Somebody's answer to a verifier.
    #[error(
        "this is a presentation, made by a phone for one verifier and one moment: it is no document to keep; ask the issuer \
         for the credential itself"
    )]
    Presentation,
    /// A receipt, a list.
    #[error("this is {typ}, not an entitlement")]
    OtherKind {
        /// What it is.
        typ: Typ,
    },
    /// It is held already.
    #[error("it is in this wallet already, as {id}, for \"{holder}\"")]
    HeldAlready {
        /// As which.
        id: String,
        /// For whom.
        holder: HolderName,
    },
    /// Its validity is over.
    #[error(
        "this document ran out on {}; ask the issuer for a new one, or keep it with --even-if-expired: an old paper is not a \
         lost right", exp.date()
    )]
    RunOut {
        /// Its end.
        exp: UnixTime,
    },
    /// A phone credential for another key.
    #[error(
        "this credential is bound to the key of another phone, \"{holder}\" has none for it here; ask the issuer with \
         `sanad-wallet request`"
    )]
    OtherKey {
        /// For whom it was to be added.
        holder: HolderName,
    },
    /// A document that is bound to no key.
    #[error("{id} is a document for paper, bound to no phone: it is shown with `show`, not presented")]
    ForPaper {
        /// Which.
        id: String,
    },
    /// The issuer's record does not open it.
    #[error("{0}; it was not added")]
    Rejected(Rejection),
    /// A record that is none.
    #[error("{}: {fault}", path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
    /// A record that lacks a key of the pinned one, or has as good one that the pinned one marks as compromised.
    #[error(
        "another record of {iss} is pinned, and its key {kid} is not so in this one: nothing was changed. If the issuer itself \
         confirms the new record, add it with --replace-record"
    )]
    OtherKeys {
        /// The issuer.
        iss: IssuerId,
        /// The key.
        kid: KeyId,
    },
    /// The state of trust does not read.
    #[error("the pinned root and floors of this wallet do not read: {0}")]
    Trust(Fault),
    /// No document, or more than one, has an id that starts so.
    #[error("{found} documents have an id that starts with \"{wanted}\"")]
    NotOne {
        /// What was asked for.
        wanted: String,
        /// How many there are.
        found: usize,
    },
    /// Something is longer than an entry may be.
    #[error("what the issuer wants kept has {bytes} bytes, over the limit of {max}; it was not kept")]
    TooLong {
        /// How long.
        bytes: usize,
        /// Most.
        max: usize,
    },
    /// Too many requests wait.
    #[error("{max} documents wait in this wallet already: finish them with `sanad-wallet add --resume`")]
    TooManyWaiting {
        /// Most.
        max: usize,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}
