//! What a credential must be, whoever signs it: one function for issuing and verifying (VC Data Model 2.0 section 4).
//!
//! Refuses what the data model excludes, at its place. That JSON-LD maps every term is asked by
//! [`crate::jsonld::dataset`]; what a proof must be by [`crate::proof`].

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use ssi_json_ld::json_ld::Iri;

use crate::bitstring;
use crate::contexts::{CREDENTIALS_V1, CREDENTIALS_V2};
use crate::document::{is_not, member, object, one_or_many, text, text_member};
use crate::fault::{Fault, Problem};
use crate::profile::Profile;
use crate::related;
use crate::time::Stamp;

/// Version of the data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// VC Data Model 1.1; accepted in [`Profile::LoopbackTest`] only.
    V1,
    /// VC Data Model 2.0.
    V2,
}

/// Holds a credential against the data model; its proofs are not looked at.
///
/// # Errors
/// The first fault at its place.
pub fn validate_credential(credential: &Map<String, Value>, profile: Profile) -> Result<Version, Fault> {
    let version = base_context(credential, profile)?;
    typed(credential, "VerifiableCredential")?;
    optional_url(credential, "id")?;
    issuer(credential)?;
    let issuer = credential.get("issuer").and_then(Value::as_object);
    for (holder, place) in [(Some(credential), ""), (issuer, "issuer")] {
        for name in ["name", "description"] {
            if let Some(value) = holder.and_then(|holder| holder.get(name)) {
                let fault = |fault: Fault| fault.within(name);
                language_texts(value).map_err(|found| {
                    if place.is_empty() { fault(found) } else { fault(found).within(place) }
                })?;
            }
        }
    }
    subjects(member(credential, "credentialSubject")?).map_err(|fault| fault.within("credentialSubject"))?;
    validity(credential, version)?;
    for name in ["credentialStatus", "termsOfUse", "evidence", "refreshService", "credentialSchema"] {
        if let Some(value) = credential.get(name) {
            typed_objects(name, value).map_err(|fault| fault.within(name))?;
        }
    }
    if let Some(value) = credential.get("credentialStatus") {
        for entry in one_or_many(value).iter().filter(|entry| bitstring::is_entry(entry)) {
            bitstring::StatusEntry::read(entry).map_err(|fault| fault.within("credentialStatus"))?;
        }
    }
    if let Some(value) = credential.get("relatedResource") {
        related::check(value).map_err(|fault| fault.within("relatedResource"))?;
    }
    Ok(version)
}

/// The base context, which must come first.
pub(crate) fn base_context(document: &Map<String, Value>, profile: Profile) -> Result<Version, Fault> {
    let contexts = member(document, "@context")?;
    let contexts = contexts.as_array().ok_or_else(|| is_not(contexts, "an array").within("@context"))?;
    match contexts.first().and_then(Value::as_str) {
        Some(CREDENTIALS_V2) => Ok(Version::V2),
        Some(CREDENTIALS_V1) if profile == Profile::LoopbackTest => Ok(Version::V1),
        _ => Err(Fault::wanted("the base context of the data model").at_entry(0).within("@context")),
    }
}

/// One type or several, with one that must be among them.
pub(crate) fn typed(document: &Map<String, Value>, wanted: &'static str) -> Result<(), Fault> {
    let types = type_names(member(document, "type")?).map_err(|fault| fault.within("type"))?;
    if types.contains(&wanted) {
        Ok(())
    } else {
        Err(Fault::unknown(Problem::MalformedValue, "list of types without", wanted).within("type"))
    }
}

/// Types: a text or an array of texts, at least one.
pub(crate) fn type_names(value: &Value) -> Result<Vec<&str>, Fault> {
    let names: Vec<&str> = one_or_many(value).iter().map(text).collect::<Result<_, _>>()?;
    if names.is_empty() { Err(Fault::wanted("at least one type")) } else { Ok(names) }
}

/// An absolute URL (RFC 3987).
pub(crate) fn url(value: &Value) -> Result<&str, Fault> {
    let url = text(value)?;
    if Iri::new(url).is_ok() { Ok(url) } else { Err(Fault::wanted("a URL")) }
}

pub(crate) fn optional_url(object: &Map<String, Value>, name: &'static str) -> Result<(), Fault> {
    match object.get(name) {
        Some(value) => url(value).map(|_| ()).map_err(|fault| fault.within(name)),
        None => Ok(()),
    }
}

/// The issuer's address: the text itself, or the `id` of the object.
pub(crate) fn issuer(credential: &Map<String, Value>) -> Result<&str, Fault> {
    let issuer = member(credential, "issuer")?;
    let found = match issuer {
        Value::Object(members) => member(members, "id").and_then(url).map_err(|fault| match fault.place() {
            "id" => fault,
            _ => fault.within("id"),
        }),
        other => url(other),
    };
    found.map_err(|fault| fault.within("issuer"))
}

/// A text, a text with language and direction, or several of them.
fn language_texts(value: &Value) -> Result<(), Fault> {
    let entries = one_or_many(value);
    if entries.is_empty() {
        return Err(Fault::wanted("a text"));
    }
    for entry in entries {
        match entry {
            Value::String(_) => {}
            Value::Object(members) => {
                let known = ["@value", "@language", "@direction"];
                if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
                    return Err(Fault::unknown(Problem::MalformedValue, "member of a text", name));
                }
                text_member(members, "@value")?;
                if let Some(language) = members.get("@language") {
                    text(language).map_err(|fault| fault.within("@language"))?;
                }
                match members.get("@direction").map(Value::as_str) {
                    None | Some(Some("ltr" | "rtl")) => {}
                    Some(_) => return Err(Fault::wanted("\"ltr\" or \"rtl\"").within("@direction")),
                }
            }
            other => return Err(is_not(other, "a text")),
        }
    }
    Ok(())
}

fn subjects(value: &Value) -> Result<(), Fault> {
    let entries = one_or_many(value);
    if entries.is_empty() {
        return Err(Fault::wanted("at least one subject"));
    }
    for entry in entries {
        let subject = object(entry)?;
        if subject.is_empty() {
            return Err(Fault::wanted("a subject with at least one member"));
        }
        optional_url(subject, "id")?;
    }
    Ok(())
}

/// A time and its text.
pub(crate) type Moment<'v> = Option<(Stamp, &'v str)>;

/// The times between which a credential holds, by the names of its version.
pub(crate) fn times(
    credential: &Map<String, Value>,
    version: Version,
) -> Result<(Moment<'_>, Moment<'_>), Fault> {
    let (from, until) = match version {
        Version::V1 => ("issuanceDate", "expirationDate"),
        Version::V2 => ("validFrom", "validUntil"),
    };
    let time = |name: &'static str| {
        let read = |value| text(value).and_then(|text| Ok((Stamp::parse(text)?, text)));
        credential.get(name).map(read).transpose().map_err(|fault| fault.within(name))
    };
    Ok((time(from)?, time(until)?))
}

fn validity(credential: &Map<String, Value>, version: Version) -> Result<(), Fault> {
    let (from, until) = times(credential, version)?;
    if version == Version::V1 && from.is_none() {
        return Err(Fault::missing().within("issuanceDate"));
    }
    match (from, until) {
        (Some((from, _)), Some((until, _))) if from > until => {
            Err(Fault::wanted("a time that is not before the beginning").within("validUntil"))
        }
        _ => Ok(()),
    }
}

/// Objects with a type; a schema has an address too.
fn typed_objects(name: &str, value: &Value) -> Result<(), Fault> {
    for entry in one_or_many(value) {
        let entry = object(entry)?;
        type_names(member(entry, "type")?).map_err(|fault| fault.within("type"))?;
        optional_url(entry, "id")?;
        if name == "credentialSchema" && !entry.contains_key("id") {
            return Err(Fault::missing().within("id"));
        }
    }
    Ok(())
}

/// No two entries with the same text.
pub(crate) fn distinct<'v>(ids: impl Iterator<Item = &'v str>) -> Result<(), Fault> {
    let mut known = BTreeSet::new();
    for id in ids {
        if !known.insert(id) {
            return Err(Fault::wanted("each address once").within("id"));
        }
    }
    Ok(())
}
