//! The JWT form of a Token Status List (`statuslist+jwt`), which an SD-JWT VC refers to.
//!
//! Read for verifying what others issue and, beside the CWT, what our issuers publish. Refuses a list at another
//! address than its own, one that has expired, another type of token, keys that are not the issuer's, a ZLIB stream
//! that is damaged or inflates beyond a list's size, and an index past the end.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use sanad_credential::UnixTime;
use serde_json::Value;

use crate::did::{Controllers, Purpose};
use crate::document::{member, object, text_member};
use crate::fault::{Fault, Problem, What};
use crate::jwt::Jwt;
use crate::multibase::from_base64url;

/// Type of the token.
const TYP: &str = "statuslist+jwt";

/// Most bytes that are inflated: 2^20 entries of eight bits.
const BYTES_MAX: usize = 1_048_576;

/// A value of a list (draft-ietf-oauth-status-list-21 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// 0.
    Valid,
    /// 1: final.
    Invalid,
    /// 2.
    Suspended,
    /// 3 and above; what it means is the application's. 3 is "superseded" in lists of ours.
    Other(u8),
}

/// A list that verified.
#[derive(Clone, Debug)]
pub struct TokenStatusList {
    /// When it was made; a verifier keeps the highest and refuses older ones.
    pub iat: u64,
    /// How often to fetch it, in seconds.
    pub ttl: Option<u64>,
    bits: u8,
    entries: Vec<u8>,
}

/// Opens a list that was fetched from `uri`, signed by a key of `issuer`, the `iss` of the credential.
///
/// # Errors
/// [`Problem::StatusVerification`] or [`Problem::StatusListLength`], with the fault at its place.
pub fn open_status_list(
    token: &str,
    uri: &str,
    issuer: &str,
    controllers: &Controllers,
    now: UnixTime,
) -> Result<TokenStatusList, Fault> {
    let read = || -> Result<TokenStatusList, Fault> {
        let jwt = Jwt::parse(token.trim_ascii_end(), &[TYP])?;
        let kid = jwt.kid()?;
        let id = match kid.split_once('#') {
            Some((address, _)) if address == issuer => kid.to_owned(),
            Some(("", fragment)) => format!("{issuer}#{fragment}"),
            Some((address, _)) => {
                return Err(Fault::unknown(Problem::StatusVerification, "signer", address).within("kid"));
            }
            None => format!("{issuer}#{kid}"),
        };
        let method =
            controllers.method(&id, Purpose::AssertionMethod).map_err(|fault| fault.within("kid"))?;
        let claims = jwt.verify(&method.key)?;
        if text_member(&claims, "sub")? != uri {
            return Err(Fault::differs(
                Problem::StatusVerification,
                "the list's own address and the one asked",
            )
            .within("sub"));
        }
        let seconds = |name: &'static str| match claims.get(name) {
            Some(value) => {
                value.as_u64().map(Some).ok_or_else(|| Fault::wanted("whole seconds").within(name))
            }
            None => Ok(None),
        };
        let iat = seconds("iat")?.ok_or_else(|| Fault::missing().within("iat"))?;
        if let Some(exp) = seconds("exp")?
            && exp <= now.seconds()
        {
            return Err(Fault::time("the list has expired", &exp.to_string(), now).within("exp"));
        }
        let ttl = seconds("ttl")?;
        let list = object(member(&claims, "status_list")?).map_err(|fault| fault.within("status_list"))?;
        let bits = match list.get("bits").and_then(Value::as_u64) {
            Some(1) => 1,
            Some(2) => 2,
            Some(4) => 4,
            Some(8) => 8,
            _ => return Err(Fault::wanted("1, 2, 4 or 8").within("bits")),
        };
        let entries =
            inflate(&from_base64url(text_member(list, "lst")?)?).map_err(|fault| fault.within("lst"))?;
        Ok(TokenStatusList { iat, ttl, bits, entries })
    };
    read().map_err(|fault| match fault.problem() {
        Problem::StatusListLength => fault,
        _ => fault.with_problem(Problem::StatusVerification),
    })
}

fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut entries = Vec::new();
    let mut decoder = ZlibDecoder::new(compressed);
    let max = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    decoder.by_ref().take(max).read_to_end(&mut entries).map_err(|_| Fault::wanted("ZLIB data"))?;
    if entries.len() > BYTES_MAX {
        let what = What::TooMany { unit: "bytes of a status list", found: entries.len(), max: BYTES_MAX };
        return Err(Fault::new(Problem::StatusListLength, what));
    }
    if decoder.total_in() != u64::try_from(compressed.len()).unwrap_or(u64::MAX) {
        return Err(Fault::wanted("ZLIB data and nothing after it"));
    }
    Ok(entries)
}

impl TokenStatusList {
    /// The value of an entry; the least significant bits of a byte come first.
    ///
    /// # Errors
    /// [`Problem::Range`] past the end.
    pub fn status(&self, index: u64) -> Result<TokenStatus, Fault> {
        let per_byte = u64::from(8_u8.checked_div(self.bits).unwrap_or(1));
        let byte = usize::try_from(index.checked_div(per_byte).unwrap_or(u64::MAX)).ok();
        let byte = byte.and_then(|byte| self.entries.get(byte)).ok_or_else(|| {
            let found = usize::try_from(index).unwrap_or(usize::MAX);
            let max =
                self.entries.len().saturating_mul(usize::try_from(per_byte).unwrap_or(1)).saturating_sub(1);
            Fault::new(Problem::Range, What::TooMany { unit: "as index of a status list", found, max })
        })?;
        let shift = u32::try_from(index.checked_rem(per_byte).unwrap_or(0))
            .unwrap_or(0)
            .saturating_mul(u32::from(self.bits));
        let mask = 0xff_u8.checked_shr(8_u32.saturating_sub(u32::from(self.bits))).unwrap_or(0xff);
        Ok(match byte.checked_shr(shift).unwrap_or(0) & mask {
            0 => TokenStatus::Valid,
            1 => TokenStatus::Invalid,
            2 => TokenStatus::Suspended,
            other => TokenStatus::Other(other),
        })
    }
}
