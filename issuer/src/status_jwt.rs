//! The status list in its second form: a JWT (draft-ietf-oauth-status-list-21, section 5.1), for verifiers that read no
//! CBOR. Compact form of RFC 7515, signed with EdDSA (RFC 8037) by the same status key, published beside the CWT at its
//! address and ".jwt", which is its own `sub`. Written only: our verifiers read the CWT.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Sign, StatusListToken};
use serde::Serialize;

/// What the address of a JWT has behind that of its CWT.
pub const SUFFIX: &str = ".jwt";

/// Header of the JWT.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

#[derive(Serialize)]
struct Payload<'a> {
    sub: &'a str,
    iat: u64,
    exp: u64,
    ttl: u64,
    status_list: List<'a>,
}

#[derive(Serialize)]
struct List<'a> {
    bits: u8,
    lst: &'a str,
}

/// The JWT that says the same as the CWT of a token; none where it cannot be written as JSON, which no token's text
/// brings about.
///
/// # Errors
/// The signer's own. A signer that may be faulty verifies what it returns: nobody opens the JWT again.
pub fn status_list_jwt<S: Sign>(token: &StatusListToken, key: &S) -> Result<Option<String>, S::Fault> {
    let Some(mut jwt) = signed_part(token, key) else { return Ok(None) };
    let signature = key.sign(jwt.as_bytes())?;
    jwt.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
    Ok(Some(jwt))
}

fn signed_part(token: &StatusListToken, key: &impl Sign) -> Option<String> {
    let header = Header { alg: "EdDSA", kid: &key.key_id().to_string(), typ: "statuslist+jwt" };
    let payload = Payload {
        sub: &format!("{}{SUFFIX}", token.sub),
        iat: token.iat.seconds(),
        exp: token.exp.seconds(),
        ttl: token.ttl.value(),
        status_list: List { bits: 2, lst: &URL_SAFE_NO_PAD.encode(token.list.deflate()) },
    };
    let part = |json: serde_json::Result<Vec<u8>>| Some(URL_SAFE_NO_PAD.encode(json.ok()?));
    Some(format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(&payload))?))
}
