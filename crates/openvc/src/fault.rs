//! What is wrong with a document of the open standards, and where.
//!
//! A [`Fault`] carries the place (`credentialSubject.entitlement.start`), the fault with the values compared, and the
//! problem type under which the standards want it reported. It never carries a value that a person wrote, except
//! addresses, names of members and algorithms, cut to [`SHOWN_MAX`] characters and escaped.

use std::fmt;

use sanad_credential::{UnixTime, printable};

/// Longest part of a foreign text that an error repeats.
pub const SHOWN_MAX: usize = 80;

/// One refusal.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    problem: Problem,
    place: String,
    what: What,
}

/// Problem types that the standards name. VCDM 2.0 section 8, Data Integrity 1.0 section 4.7, Bitstring Status List
/// section 3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The bytes are no JSON of this profile.
    Parsing,
    /// A signature or key does not hold.
    Cryptographic,
    /// A member has a value that the standard excludes.
    MalformedValue,
    /// A value lies outside what is allowed.
    Range,
    /// A proof cannot be made.
    ProofGeneration,
    /// A proof does not verify.
    ProofVerification,
    /// The document cannot be transformed into what is signed.
    ProofTransformation,
    /// Another domain was signed than expected.
    InvalidDomain,
    /// Another challenge was signed than expected.
    InvalidChallenge,
    /// JSON-LD would drop a part of the document without a word.
    DataLoss,
    /// No status list was handed in.
    StatusRetrieval,
    /// A status list does not hold.
    StatusVerification,
    /// A status list is too short or too long.
    StatusListLength,
    /// A media type or form that is not served.
    Unsupported,
}

impl Problem {
    /// The URL of the problem type.
    pub const fn uri(self) -> &'static str {
        match self {
            Problem::Parsing => "https://www.w3.org/TR/vc-data-model#PARSING_ERROR",
            Problem::Cryptographic => "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR",
            Problem::MalformedValue => "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR",
            Problem::Range => "https://www.w3.org/TR/vc-data-model#RANGE_ERROR",
            Problem::ProofGeneration => "https://w3id.org/security#PROOF_GENERATION_ERROR",
            Problem::ProofVerification => "https://w3id.org/security#PROOF_VERIFICATION_ERROR",
            Problem::ProofTransformation => "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR",
            Problem::InvalidDomain => "https://w3id.org/security#INVALID_DOMAIN_ERROR",
            Problem::InvalidChallenge => "https://w3id.org/security#INVALID_CHALLENGE_ERROR",
            Problem::DataLoss => "https://w3id.org/security#DATA_LOSS_DETECTION_ERROR",
            Problem::StatusRetrieval => {
                "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
            }
            Problem::StatusVerification => {
                "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"
            }
            Problem::StatusListLength => {
                "https://www.w3.org/ns/credentials/status-list#STATUS_LIST_LENGTH_ERROR"
            }
            Problem::Unsupported => "about:blank",
        }
    }

    /// A short title, which does not vary.
    pub const fn title(self) -> &'static str {
        match self {
            Problem::Parsing => "Document cannot be read",
            Problem::Cryptographic => "Signature or key does not hold",
            Problem::MalformedValue => "Malformed value",
            Problem::Range => "Value out of range",
            Problem::ProofGeneration => "Proof cannot be made",
            Problem::ProofVerification => "Proof does not verify",
            Problem::ProofTransformation => "Document cannot be transformed",
            Problem::InvalidDomain => "Domain differs",
            Problem::InvalidChallenge => "Challenge differs",
            Problem::DataLoss => "JSON-LD would drop data",
            Problem::StatusRetrieval => "Status list is missing",
            Problem::StatusVerification => "Status list does not hold",
            Problem::StatusListLength => "Status list has a wrong length",
            Problem::Unsupported => "Not supported",
        }
    }
}

/// The fault, with the values compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Not JSON.
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Too many of something.
    TooMany {
        /// What was counted.
        unit: &'static str,
        /// The count found; counting stops one past the limit.
        found: usize,
        /// Most allowed.
        max: usize,
    },
    /// The same member twice.
    Repeated {
        /// Its name, cut and escaped.
        name: String,
    },
    /// A number beyond 2^53-1, which readers round differently.
    Number,
    /// A member that must be there is not.
    Missing,
    /// A value of another type.
    WrongType {
        /// The type wanted.
        wanted: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// A value of another form.
    Wanted {
        /// What may stand here.
        wanted: &'static str,
    },
    /// A value that the profile does not know.
    Unknown {
        /// Of what kind it is.
        kind: &'static str,
        /// What was found, cut and escaped.
        found: String,
    },
    /// Two values that must be equal differ.
    Differs {
        /// What must be equal.
        what: &'static str,
    },
    /// A time lies on the wrong side of another.
    Time {
        /// What is compared.
        what: &'static str,
        /// The time in the document, as text.
        found: String,
        /// The time it is held against, as text.
        against: String,
    },
    /// The signature does not verify with the key.
    Signature,
    /// A point of small order, or none at all.
    WeakKey,
    /// Private key material where only public keys may stand.
    PrivateKey,
    /// The status says that the credential no longer holds.
    Status {
        /// Revoked, suspended or superseded.
        status: &'static str,
    },
    /// A JSON-LD processor's complaint: its own code.
    JsonLd {
        /// The code or text of the processor, cut and escaped.
        code: String,
    },
    /// A fault of the entitlement's own format.
    Entitlement(sanad_credential::Fault),
    /// The signer did not sign.
    Signer,
}

impl Fault {
    /// A fault at the top.
    pub fn new(problem: Problem, what: What) -> Self {
        Self(Box::new(Inner { problem, place: String::new(), what }))
    }

    /// A member has a value that the standard excludes.
    pub(crate) fn wanted(wanted: &'static str) -> Self {
        Self::new(Problem::MalformedValue, What::Wanted { wanted })
    }

    /// A member is missing.
    pub(crate) fn missing() -> Self {
        Self::new(Problem::MalformedValue, What::Missing)
    }

    /// A value that the profile does not know.
    pub(crate) fn unknown(problem: Problem, kind: &'static str, found: &str) -> Self {
        Self::new(problem, What::Unknown { kind, found: shown(found) })
    }

    /// Two values differ.
    pub(crate) fn differs(problem: Problem, what: &'static str) -> Self {
        Self::new(problem, What::Differs { what })
    }

    /// A time lies on the wrong side.
    pub(crate) fn time(what: &'static str, found: &str, against: UnixTime) -> Self {
        Self::new(Problem::Range, What::Time { what, found: shown(found), against: against.to_string() })
    }

    /// The same fault under another problem type.
    #[must_use]
    pub(crate) fn with_problem(mut self, problem: Problem) -> Self {
        self.0.problem = problem;
        self
    }

    /// The same fault, one member further out.
    #[must_use]
    pub fn within(mut self, member: &str) -> Self {
        let member = shown(member);
        let inner = std::mem::take(&mut self.0.place);
        self.0.place = match inner {
            inner if inner.is_empty() => member,
            inner if inner.starts_with('[') => format!("{member}{inner}"),
            inner => format!("{member}.{inner}"),
        };
        self
    }

    /// The same fault, one array further out.
    #[must_use]
    pub(crate) fn at_entry(mut self, entry: usize) -> Self {
        let inner = std::mem::take(&mut self.0.place);
        self.0.place = match inner {
            inner if inner.is_empty() || inner.starts_with('[') => format!("[{entry}]{inner}"),
            inner => format!("[{entry}].{inner}"),
        };
        self
    }

    /// The problem type.
    pub fn problem(&self) -> Problem {
        self.0.problem
    }

    /// Where, in the words of the document; empty for the whole.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// The fault.
    pub fn what(&self) -> &What {
        &self.0.what
    }
}

impl From<sanad_credential::Fault> for Fault {
    fn from(fault: sanad_credential::Fault) -> Self {
        Self::new(Problem::MalformedValue, What::Entitlement(fault))
    }
}

/// A part of a foreign text that may stand in an error.
pub(crate) fn shown(text: &str) -> String {
    printable(&text.chars().take(SHOWN_MAX).collect::<String>())
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Json { line, column } => write!(f, "not JSON at line {line}, column {column}"),
            What::TooMany { unit, found, max } => write!(f, "{found} {unit}, at most {max} are read"),
            What::Repeated { name } => write!(f, "the member \"{name}\" stands twice"),
            What::Number => f.write_str("a number beyond 2^53-1"),
            What::Missing => f.write_str("is missing"),
            What::WrongType { wanted, found } => write!(f, "{wanted} is wanted, {found} stands here"),
            What::Wanted { wanted } => write!(f, "{wanted} is wanted"),
            What::Unknown { kind, found } => write!(f, "unknown {kind} \"{found}\""),
            What::Differs { what } => write!(f, "{what} differ"),
            What::Time { what, found, against } => write!(f, "{what}: {found} against {against}"),
            What::Signature => f.write_str("the signature does not verify"),
            What::WeakKey => f.write_str("not a usable public key"),
            What::PrivateKey => f.write_str("private key material"),
            What::Status { status } => f.write_str(status),
            What::JsonLd { code } => write!(f, "JSON-LD: {code}"),
            What::Entitlement(fault) => fmt::Display::fmt(fault, f),
            What::Signer => f.write_str("the signer did not sign"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.place.is_empty() {
            fmt::Display::fmt(&self.0.what, f)
        } else {
            write!(f, "{}: {}", self.0.place, self.0.what)
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.0.problem)
    }
}

impl std::error::Error for Fault {}
