//! `relatedResource`: digests of files that a credential refers to (VC Data Model 2.0 section 5.3).
//!
//! Nothing is fetched, so only what is built in can be compared: the contexts. A digest of anything else cannot be
//! checked and is refused, since its presence says that it was to be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::contexts::{BuiltIn, built_in};
use crate::credential::{distinct, url};
use crate::document::{member, object, one_or_many, text};
use crate::fault::{Fault, Problem};
use crate::multibase::{from_base58, from_base64url};
use crate::profile::Profile;

/// Multihash prefix of SHA-256: its code and its length.
const SHA256_MULTIHASH: [u8; 2] = [0x12, 0x20];

pub(crate) fn check(value: &Value) -> Result<(), Fault> {
    let entries = one_or_many(value);
    let mut ids = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        ids.push(resource(entry).map_err(|fault| fault.at_entry(position))?);
    }
    distinct(ids.into_iter())
}

fn resource(entry: &Value) -> Result<&str, Fault> {
    let entry = object(entry)?;
    let id = url(member(entry, "id")?).map_err(|fault| fault.within("id"))?;
    let context = built_in(id, Profile::LoopbackTest);
    let known =
        || context.ok_or_else(|| Fault::unknown(Problem::MalformedValue, "resource", id).within("id"));
    let (sri, multibase) = (entry.get("digestSRI"), entry.get("digestMultibase"));
    if sri.is_none() && multibase.is_none() {
        return Err(Fault::missing().within("digestSRI"));
    }
    if let Some(sri) = sri {
        by_sri(known()?, text(sri)?).map_err(|fault| fault.within("digestSRI"))?;
    }
    if let Some(multibase) = multibase {
        by_multibase(known()?, text(multibase)?).map_err(|fault| fault.within("digestMultibase"))?;
    }
    Ok(id)
}

fn by_sri(context: &BuiltIn, digest: &str) -> Result<(), Fault> {
    let form = || Fault::wanted("sha256-, sha384- or sha512- and base64");
    let (algorithm, digest) = digest.split_once('-').ok_or_else(form)?;
    let digest = STANDARD.decode(digest).map_err(|_| form())?;
    let same = match algorithm {
        "sha256" => hex(&digest) == context.sha256,
        "sha384" => Sha384::digest(context.text).as_slice() == digest,
        "sha512" => Sha512::digest(context.text).as_slice() == digest,
        _ => return Err(form()),
    };
    if same { Ok(()) } else { Err(Fault::differs(Problem::MalformedValue, "the digests")) }
}

fn by_multibase(context: &BuiltIn, digest: &str) -> Result<(), Fault> {
    let bytes = match digest.strip_prefix('u') {
        Some(rest) => from_base64url(rest)?,
        None => from_base58(digest)?,
    };
    let digest = match bytes.strip_prefix(&SHA256_MULTIHASH) {
        Some(digest) if digest.len() == 32 => digest,
        _ => &bytes,
    };
    if digest.len() != Sha256::output_size() {
        return Err(Fault::wanted("a SHA-256, plain or as multihash"));
    }
    if hex(digest) == context.sha256 {
        Ok(())
    } else {
        Err(Fault::differs(Problem::MalformedValue, "the digests"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
