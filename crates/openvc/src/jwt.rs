//! Compact JWTs (RFC 7515, 7519), read strictly.
//!
//! The type is compared before a claim is read, so that no kind of token passes for another. The algorithm follows
//! from the key; the header may only agree. Refuses `none` and symmetric algorithms, `crit`, keys and addresses of
//! keys in the header (nothing is fetched, and a token does not choose whom to believe), and private key material.

use sanad_credential::Sign;
use serde_json::{Map, Value};

use crate::document::{JWT, parse_object, text, text_member};
use crate::fault::{Fault, Problem, What};
use crate::keys::{Algorithm, PublicKey, refuse_private};
use crate::multibase::{from_base64url, to_base64url};

/// Longest JWT: a presentation of several credentials.
pub(crate) const CHARACTERS_MAX: usize = 131_072;

/// Header parameters that choose a key, load one, or change how the token is read.
const REFUSED: [&str; 7] = ["b64", "crit", "jku", "jwk", "x5u", "zip", "enc"];

/// A JWT whose signature was not looked at yet.
#[derive(Debug)]
pub(crate) struct Jwt<'t> {
    pub(crate) header: Map<String, Value>,
    signed: &'t str,
    payload: &'t str,
    signature: [u8; 64],
    algorithm: Algorithm,
}

impl<'t> Jwt<'t> {
    /// Reads header and signature; `typ` is what the header must say.
    pub(crate) fn parse(token: &'t str, typ: &[&'static str]) -> Result<Self, Fault> {
        let form = || Fault::wanted("a compact JWT: three parts of base64url").with_problem(Problem::Parsing);
        if token.len() > CHARACTERS_MAX {
            let what = What::TooMany { unit: "characters of a JWT", found: token.len(), max: CHARACTERS_MAX };
            return Err(Fault::new(Problem::Parsing, what));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(form)?;
        let (header, payload) = signed.split_once('.').ok_or_else(form)?;
        let header = parse_object(&from_base64url(header).map_err(|_| form())?, JWT)?;
        let checked = check_header(&header, typ).map_err(|fault| fault.within("header"));
        let algorithm = checked?;
        let signature = from_base64url(signature).map_err(|_| form())?;
        let signature = signature
            .try_into()
            .map_err(|_| Fault::wanted("a signature of 64 bytes").with_problem(Problem::Cryptographic))?;
        Ok(Self { header, signed, payload, signature, algorithm })
    }

    /// `kid` of the header.
    pub(crate) fn kid(&self) -> Result<&str, Fault> {
        text_member(&self.header, "kid").map_err(|fault| fault.within("header"))
    }

    /// Verifies the signature; only then the claims are to be had.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<Map<String, Value>, Fault> {
        if key.algorithm() != self.algorithm {
            return Err(
                Fault::differs(Problem::Cryptographic, "the key's algorithm and \"alg\"").within("header")
            );
        }
        key.verify(self.signed.as_bytes(), &self.signature)?;
        self.unverified()
    }

    /// The claims before verification: for finding the key by its issuer, and for nothing else.
    pub(crate) fn unverified(&self) -> Result<Map<String, Value>, Fault> {
        let bytes = from_base64url(self.payload).map_err(|fault| fault.with_problem(Problem::Parsing))?;
        parse_object(&bytes, JWT)
    }
}

fn check_header(header: &Map<String, Value>, typ: &[&'static str]) -> Result<Algorithm, Fault> {
    refuse_private(header)?;
    if let Some(Value::Object(jwk)) = header.get("jwk") {
        refuse_private(jwk).map_err(|fault| fault.within("jwk"))?;
    }
    if let Some(name) = REFUSED.iter().find(|name| header.contains_key(**name)) {
        return Err(Fault::unknown(Problem::Cryptographic, "header parameter", name));
    }
    let found =
        header.get("typ").map(text).transpose().map_err(|fault| fault.within("typ"))?.unwrap_or_default();
    if !typ.contains(&found) {
        return Err(Fault::unknown(Problem::MalformedValue, "type of JWT", found).within("typ"));
    }
    Algorithm::from_header(text_member(header, "alg")?)
}

/// Signs a JWT with Ed25519.
///
/// # Errors
/// [`What::Signer`].
pub fn sign<S: Sign>(
    typ: &str,
    kid: Option<&str>,
    claims: &Map<String, Value>,
    signer: &S,
) -> Result<String, Fault> {
    let mut header = Map::new();
    header.insert("alg".into(), "EdDSA".into());
    header.insert("typ".into(), typ.into());
    if let Some(kid) = kid {
        header.insert("kid".into(), kid.into());
    }
    let part = |members: &Map<String, Value>| {
        let text =
            serde_json::to_vec(members).map_err(|_| Fault::new(Problem::ProofGeneration, What::Number));
        text.map(|text| to_base64url(&text))
    };
    let mut token = format!("{}.{}", part(&header)?, part(claims)?);
    let signature =
        signer.sign(token.as_bytes()).map_err(|_| Fault::new(Problem::ProofGeneration, What::Signer))?;
    token.push('.');
    token.push_str(&to_base64url(&signature));
    Ok(token)
}
