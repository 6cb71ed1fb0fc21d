//! `sanad-verify check --record`: signature and content against one pinned issuer record.
//!
//! It says who signed a document and that nothing was changed since. It is never a decision: whether the document was
//! revoked and what it covers needs a pack, and an answer without one would be a guess.

use std::path::{Path, PathBuf};

use sanad_credential::{Carried, Fault, Json, KeyId, Typ, printable};
use sanad_trust::{IssuerRecord, Opened, RECORD_LIMITS, Rejection};

use crate::inspect::{table, typ_json};

/// Why there is no record to check with.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no record.
    #[error("{}: {fault}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Place and fault.
        fault: Fault,
    },
}

/// Reads the pinned record.
///
/// # Errors
/// [`RecordFault`].
pub fn load_record(path: &Path) -> Result<IssuerRecord, RecordFault> {
    use std::io::Read as _;
    let file = |source| RecordFault::File { path: path.to_owned(), source };
    let mut text = String::new();
    // One byte more than a record may have, so that the parser sees that it is too long.
    let limit = u64::try_from(RECORD_LIMITS.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path).map_err(file)?.take(limit).read_to_string(&mut text).map_err(file)?;
    IssuerRecord::parse(&text).map_err(|fault| RecordFault::Content { path: path.to_owned(), fault })
}

/// What a check found.
pub enum Checked {
    /// The issuer signed it, and it is as it was signed.
    Holds {
        /// Type of the document.
        typ: Typ,
        /// The key that signed it.
        kid: KeyId,
        /// The content, as JSON.
        claims: String,
        /// The content, as lines.
        lines: Vec<(String, String)>,
        /// The issuer's name.
        issuer: String,
    },
    /// It does not hold.
    Fails {
        /// Type and key, where the envelope could be read.
        header: Option<(Typ, KeyId)>,
        /// What is wrong.
        fault: String,
    },
}

/// Checks a document with a record.
pub fn check(document: &[u8], record: &IssuerRecord) -> Checked {
    // Whether a presentation counts is a question of a decision: here it is the document inside.
    let carried = match Carried::parse(document) {
        Ok(carried) => carried,
        Err(fault) => return Checked::Fails { header: None, fault: fault.to_string() },
    };
    let sealed = carried.sealed();
    let (typ, kid) = (sealed.typ(), sealed.kid());
    let name = record.members().names.in_language("en").unwrap_or_default();
    let issuer = format!("{} {name}", record.iss()).trim_end().to_owned();
    match sanad_trust::open(sealed, record) {
        Ok(Opened::Entitlement(claims)) => {
            let json = claims.to_json();
            Checked::Holds { typ, kid, claims: json.to_string(), lines: json.lines(), issuer }
        }
        Ok(Opened::StatusList(token)) => {
            let json = token.to_json();
            Checked::Holds { typ, kid, claims: json.to_string(), lines: json.lines(), issuer }
        }
        Err(rejection) => Checked::Fails { header: Some((typ, kid)), fault: in_words(&rejection) },
    }
}

/// What happened, and what to do next.
fn in_words(rejection: &Rejection) -> String {
    let next = match rejection {
        Rejection::SignatureInvalid { .. } => {
            "It was altered, or somebody else made it. This paper could not be confirmed: ask the issuer for a new one."
        }
        Rejection::IssuerUnknown { .. } => "Check it with that issuer's record.",
        Rejection::KeyUnknown { .. } => "The record may be old: get a new one from the issuer.",
        Rejection::KeyCompromised { .. }
        | Rejection::KeyOutOfDate { .. }
        | Rejection::OutOfScope(_)
        | Rejection::BeyondDelegation(_) => "Ask the issuer for a new document.",
        Rejection::NeedsDelegation { .. } => "Checking it needs a pack.",
        Rejection::Malformed(_) => "",
    };
    format!("{rejection}. {next}").trim_end().trim_end_matches(". ").to_owned()
}

impl Checked {
    /// Whether signature and content hold.
    pub fn holds(&self) -> Verified {
        match self {
            Checked::Holds { .. } => Verified::Yes,
            Checked::Fails { .. } => Verified::No,
        }
    }

    /// The same with the file in front of a fault.
    #[must_use]
    pub fn found_in(self, place: &str) -> Self {
        match self {
            Checked::Fails { header, fault } => Checked::Fails { header, fault: format!("{place}: {fault}") },
            holds @ Checked::Holds { .. } => holds,
        }
    }

    /// `{"verified","fault","typ","kid","claims"}`.
    pub fn to_json(&self) -> String {
        let (verified, fault, header, claims) = match self {
            Checked::Holds { typ, kid, claims, .. } => (true, None, Some((*typ, *kid)), claims.as_str()),
            Checked::Fails { header, fault } => (false, Some(fault.as_str()), *header, "null"),
        };
        let head = Json::Object(vec![
            ("verified".into(), Json::Bool(verified)),
            ("fault".into(), fault.map_or(Json::Null, |fault| Json::Text(fault.into()))),
            ("typ".into(), header.map_or(Json::Null, |(typ, _)| typ_json(typ))),
            ("kid".into(), header.map_or(Json::Null, |(_, kid)| Json::Text(kid.to_string().into()))),
        ])
        .to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        format!("{open},\"claims\":{claims}}}")
    }

    /// For people.
    pub fn to_text(&self) -> String {
        match self {
            Checked::Holds { typ, kid, lines, issuer, .. } => {
                let issuer = printable(issuer);
                let content = table(lines, "");
                format!(
                    "VERIFIED: {typ}, signed by {issuer} with key {kid}, unchanged since.\n\
                     This is no decision: whether it was revoked and what it covers here needs a pack.\n\n{content}"
                )
            }
            Checked::Fails { fault, .. } => format!("NOT VERIFIED: {fault}\n"),
        }
    }
}

/// Whether signature and content hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// They do.
    Yes,
    /// They do not.
    No,
}
