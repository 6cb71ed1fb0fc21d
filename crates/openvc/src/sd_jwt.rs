//! SD-JWT (RFC 9901) and SD-JWT VC (`dc+sd-jwt`, draft-ietf-oauth-sd-jwt-vc-19), with key binding.
//!
//! Refuses digests that stand twice, disclosures that belong nowhere, a disclosure of what must always be visible
//! (`iss`, `nbf`, `exp`, `cnf`, `vct`, `status`), a name that is there already, an unknown hash, and more of
//! everything than the limits say. Whether the holder must prove a key is the verifier's policy, never the token's.

use std::collections::BTreeMap;

use sanad_credential::{Claims, Sign, UnixTime, Unverified};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::did::{Controllers, Purpose, VerificationMethod};
use crate::document::{Limits, check, member, object, parse, text, text_member};
use crate::enveloped::jwt_times;
use crate::fault::{Fault, Problem, What};
use crate::jwt::{self, Jwt};
use crate::keys::PublicKey;
use crate::mapping::{SdJwtClaims, confirmation, from_sd_jwt};
use crate::multibase::{from_base64url, to_base64url};
use crate::pinned::Stated;
use crate::verification::Times;

/// Longest SD-JWT with its disclosures.
pub const CHARACTERS_MAX: usize = 131_072;
/// Most disclosures; ours have nine.
const DISCLOSURES_MAX: usize = 128;
/// Most digests, decoys among them.
const DIGESTS_MAX: usize = 512;
/// Limits of one disclosure.
const DISCLOSURE: Limits = Limits { bytes_max: 16_384, depth_max: 12, entries_max: 64, values_max: 1_024 };
/// Limits of the claims when all disclosures are in their places.
const REVEALED: Limits = Limits { bytes_max: 0, depth_max: 24, entries_max: 512, values_max: 8_192 };
/// How deep disclosures may lie in one another.
const DEPTH_MAX: usize = 16;
/// How far the holder's clock may be from the verifier's, as for the proofs of W3C presentations. Freshness is the nonce's.
const SKEW_SECONDS: u64 = 300;

/// The media type without `application/`.
pub const TYP: &str = "dc+sd-jwt";
/// Type of the key binding JWT.
pub const KEY_BINDING_TYP: &str = "kb+jwt";

/// Claims that are always visible: SD-JWT VC section 2.2.2.2, and those that the format itself uses.
const ALWAYS_VISIBLE: [&str; 9] =
    ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd_alg", "jti"];

/// Signs an SD-JWT VC: every claim of the person becomes a disclosure with a salt of its own. `salt` is asked once for
/// each and must come from a CSPRNG.
///
/// # Errors
/// The signer's.
pub fn issue_sd_jwt<S: Sign>(
    claims: &SdJwtClaims,
    kid: &str,
    salt: &mut dyn FnMut() -> [u8; 16],
    signer: &S,
) -> Result<String, Fault> {
    let mut payload = claims.clear.clone();
    let mut disclosures = Vec::new();
    let mut digests = Vec::new();
    for (name, value) in &claims.disclosable {
        let disclosure = to_base64url(json!([to_base64url(&salt()), name, value]).to_string().as_bytes());
        digests.push(digest(&disclosure));
        disclosures.push(disclosure);
    }
    if !digests.is_empty() {
        // In the order of the digests, which says nothing about the claims.
        digests.sort_unstable();
        payload.insert("_sd".into(), digests.into());
        payload.insert("_sd_alg".into(), "sha-256".into());
    }
    let mut text = jwt::sign(TYP, Some(kid), &payload, signer)?;
    text.push('~');
    for disclosure in disclosures {
        text.push_str(&disclosure);
        text.push('~');
    }
    Ok(text)
}

fn digest(disclosure: &str) -> String {
    to_base64url(&Sha256::digest(disclosure))
}

/// What the holder shows: the SD-JWT with those disclosures whose claims are named, and a key binding JWT.
///
/// # Errors
/// [`What::Unknown`] for a claim that has no disclosure; the fault of the SD-JWT; the signer's.
pub fn present_sd_jwt<S: Sign>(
    sd_jwt: &str,
    disclosed: &[&str],
    binding: Option<(&Binding<'_>, &S)>,
) -> Result<String, Fault> {
    let parts = Parts::split(sd_jwt)?;
    if parts.key_binding.is_some() {
        return Err(Fault::wanted("an SD-JWT without key binding"));
    }
    let mut shown = format!("{}~", parts.jwt);
    let mut found = Vec::new();
    for part in &parts.disclosures {
        let disclosure = Disclosure::parse(part)?;
        if let Some(name) = &disclosure.name
            && disclosed.contains(&name.as_str())
        {
            shown.push_str(part);
            shown.push('~');
            found.push(name.clone());
        }
    }
    if let Some(name) = disclosed.iter().find(|name| !found.iter().any(|found| found == *name)) {
        return Err(Fault::unknown(Problem::MalformedValue, "claim", name));
    }
    if let Some((binding, holder)) = binding {
        let claims = json!({
            "iat": binding.iat.seconds(),
            "aud": binding.audience,
            "nonce": binding.nonce,
            "sd_hash": digest(&shown),
        });
        let Value::Object(claims) = claims else { return Ok(shown) };
        shown.push_str(&jwt::sign(KEY_BINDING_TYP, None, &claims, holder)?);
    }
    Ok(shown)
}

/// What a holder binds a presentation to.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'b> {
    /// The verifier's full client id.
    pub audience: &'b str,
    /// The verifier's nonce.
    pub nonce: &'b str,
    /// Time of presenting.
    pub iat: UnixTime,
}

/// Whether the holder must prove the key of `cnf`.
#[derive(Clone, Copy, Debug)]
pub enum KeyBinding<'k> {
    /// A key binding JWT for this verifier and this nonce, not older than so many seconds.
    Require {
        /// The verifier's full client id.
        audience: &'k str,
        /// The nonce that it gave.
        nonce: &'k str,
        /// How old it may be; not asked with [`Times::NoClock`].
        age_seconds_max: u64,
    },
    /// None: as issued, or from a document that has no key. A key binding JWT that nobody checks is refused.
    None,
}

/// How an SD-JWT VC is verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifyingSdJwt<'v> {
    /// Whose keys are believed.
    pub controllers: &'v Controllers,
    /// The time.
    pub now: UnixTime,
    /// Who looks at the times.
    pub times: Times,
    /// Whether the holder must prove a key.
    pub key_binding: KeyBinding<'v>,
}

/// An SD-JWT VC that verified, with the disclosed claims in their places.
#[derive(Clone, Debug)]
pub struct VerifiedSdJwt {
    claims: Map<String, Value>,
    disclosed: Vec<String>,
    issuer: String,
    method: VerificationMethod,
    holder: Option<PublicKey>,
}

impl VerifiedSdJwt {
    /// The claims, disclosed ones in their places.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Names of the claims that were disclosed one by one; of array entries none.
    pub fn disclosed(&self) -> &[String] {
        &self.disclosed
    }

    /// The issuer, `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The type, `vct`.
    pub fn vct(&self) -> &str {
        self.claims.get("vct").and_then(Value::as_str).unwrap_or_default()
    }

    /// The key that the issuer signed with.
    pub fn method(&self) -> &VerificationMethod {
        &self.method
    }

    /// The key that the holder proved, where it was required.
    pub fn holder(&self) -> Option<&PublicKey> {
        self.holder.as_ref()
    }

    /// Where its status stands: index and address.
    ///
    /// # Errors
    /// The fault of the claim at its place.
    pub fn status(&self) -> Result<Option<(u64, &str)>, Fault> {
        let Some(status) = self.claims.get("status") else { return Ok(None) };
        let read = || -> Result<(u64, &str), Fault> {
            let list = object(member(object(status)?, "status_list")?)?;
            let index =
                member(list, "idx")?.as_u64().ok_or_else(|| Fault::wanted("a whole number").within("idx"))?;
            Ok((index, text_member(list, "uri")?))
        };
        read().map(Some).map_err(|fault| fault.within("status"))
    }

    /// The claims of an entitlement, on which the coverage decision works.
    ///
    /// # Errors
    /// As [`crate::VerifiedCredential::entitlement`]; [`What::Missing`] for a claim that was not disclosed and that every
    /// entitlement has.
    pub fn entitlement(&self, controllers: &Controllers) -> Result<Claims, Fault> {
        let claims = from_sd_jwt(&self.claims)?;
        controllers.speaks_for(&self.issuer, &claims, &[self.method.id.as_str()])?;
        Ok(claims)
    }
}

/// Verifies an SD-JWT VC as it was issued or presented.
///
/// # Errors
/// The first fault at its place.
pub fn verify_sd_jwt(text: &str, verifying: &VerifyingSdJwt<'_>) -> Result<VerifiedSdJwt, Fault> {
    let parts = Parts::split(text)?;
    let jwt = Jwt::parse(parts.jwt, &[TYP])?;
    let issuer = text_member(&jwt.unverified()?, "iss")?.to_owned();
    let (method, payload) = open(&jwt, &issuer, verifying.controllers)?;
    let (claims, disclosed) = reveal(payload, &parts.disclosures)?;
    if text_member(&claims, "vct")?.is_empty() {
        return Err(Fault::wanted("a type").within("vct"));
    }
    if verifying.times == Times::Refuse {
        jwt_times(&claims, verifying.now)?;
    }
    let holder = match (verifying.key_binding, parts.key_binding) {
        (KeyBinding::None, None) => None,
        (KeyBinding::None, Some(_)) => {
            return Err(Fault::wanted("no key binding, since none was asked for")
                .with_problem(Problem::Cryptographic));
        }
        (KeyBinding::Require { .. }, None) => {
            return Err(Fault::missing().with_problem(Problem::Cryptographic).within("key binding"));
        }
        (KeyBinding::Require { audience, nonce, age_seconds_max }, Some(token)) => {
            let key = confirmation(member(&claims, "cnf")?).map_err(|fault| fault.within("cnf"))?;
            let now = verifying.times.clock(verifying.now);
            let wanted = Wanted { audience, nonce, age_seconds_max, now, sd_hash: digest(parts.shown) };
            check_binding(token, &key, &wanted).map_err(|fault| fault.within("key binding"))?;
            Some(key)
        }
    };
    Ok(VerifiedSdJwt { claims, disclosed, issuer, method, holder })
}

/// Verifies the issuer's JWT with the key that it names, or with each of the issuer's where it names none.
fn open(
    jwt: &Jwt<'_>,
    issuer: &str,
    controllers: &Controllers,
) -> Result<(VerificationMethod, Map<String, Value>), Fault> {
    if !jwt.header.contains_key("kid") {
        let mut refused = Fault::missing().with_problem(Problem::Cryptographic).within("kid");
        for method in controllers.candidates(issuer, Purpose::AssertionMethod)? {
            match jwt.verify(&method.key) {
                Ok(payload) => return Ok((method, payload)),
                Err(fault) => refused = fault,
            }
        }
        return Err(refused);
    }
    let kid = jwt.kid()?;
    let id = method_id(kid, issuer)?;
    let method = controllers.method(&id, Purpose::AssertionMethod).map_err(|fault| fault.within("kid"))?;
    let payload = jwt.verify(&method.key)?;
    Ok((method, payload))
}

/// The method that a `kid` names: a DID URL of the issuer, or a fragment of it.
fn method_id(kid: &str, issuer: &str) -> Result<String, Fault> {
    match kid.split_once('#') {
        Some(("", fragment)) => Ok(format!("{issuer}#{fragment}")),
        Some((did, _)) if did == issuer => Ok(kid.to_owned()),
        Some(_) => {
            Err(Fault::differs(Problem::Cryptographic, "\"iss\" and the key's controller").within("kid"))
        }
        None => Ok(format!("{issuer}#{kid}")),
    }
}

/// What an SD-JWT VC of an entitlement says of itself, before anybody verified it.
///
/// # Errors
/// The first fault of its form, at its place.
pub fn stated_sd_jwt(text: &str) -> Result<Stated, Fault> {
    let parts = Parts::split(text)?;
    let jwt = Jwt::parse(parts.jwt, &[TYP])?;
    let payload = jwt.unverified()?;
    let issuer = text_member(&payload, "iss")?.to_owned();
    let method = match jwt.header.contains_key("kid") {
        true => Some(method_id(jwt.kid()?, &issuer)?),
        false => None,
    };
    let (claims, _) = reveal(payload, &parts.disclosures)?;
    Ok(Stated { claims: Unverified::new(from_sd_jwt(&claims)?), issuer, method })
}

struct Wanted<'w> {
    audience: &'w str,
    nonce: &'w str,
    age_seconds_max: u64,
    now: Option<UnixTime>,
    sd_hash: String,
}

fn check_binding(token: &str, key: &PublicKey, wanted: &Wanted<'_>) -> Result<(), Fault> {
    let claims = Jwt::parse(token, &[KEY_BINDING_TYP])?.verify(key)?;
    if text_member(&claims, "aud")? != wanted.audience {
        return Err(Fault::differs(Problem::InvalidDomain, "the audiences").within("aud"));
    }
    if text_member(&claims, "nonce")? != wanted.nonce {
        return Err(Fault::differs(Problem::InvalidChallenge, "the nonces").within("nonce"));
    }
    if text_member(&claims, "sd_hash")? != wanted.sd_hash {
        return Err(Fault::differs(Problem::Cryptographic, "the hashes of what is shown").within("sd_hash"));
    }
    let iat = member(&claims, "iat")?
        .as_u64()
        .ok_or_else(|| Fault::wanted("a time in whole seconds").within("iat"))?;
    let Some(now) = wanted.now else { return Ok(()) };
    let latest = now.seconds().saturating_add(SKEW_SECONDS);
    let earliest = now.seconds().saturating_sub(wanted.age_seconds_max.saturating_add(SKEW_SECONDS));
    if (earliest..=latest).contains(&iat) {
        Ok(())
    } else {
        Err(Fault::time("signed too long ago, or later", &iat.to_string(), now).within("iat"))
    }
}

/// The parts of an SD-JWT between its tildes.
struct Parts<'t> {
    jwt: &'t str,
    disclosures: Vec<&'t str>,
    /// Everything up to the last tilde: what the holder's hash covers.
    shown: &'t str,
    key_binding: Option<&'t str>,
}

impl<'t> Parts<'t> {
    fn split(text: &'t str) -> Result<Self, Fault> {
        if text.len() > CHARACTERS_MAX {
            let what =
                What::TooMany { unit: "characters of an SD-JWT", found: text.len(), max: CHARACTERS_MAX };
            return Err(Fault::new(Problem::Parsing, what));
        }
        let form = || Fault::wanted("an SD-JWT: JWT~disclosure~…~").with_problem(Problem::Parsing);
        let (before, last) = text.rsplit_once('~').ok_or_else(form)?;
        let shown = text.get(..before.len().saturating_add(1)).ok_or_else(form)?;
        let mut parts = before.split('~');
        let jwt = parts.next().ok_or_else(form)?;
        let disclosures: Vec<&str> = parts.take(DISCLOSURES_MAX.saturating_add(1)).collect();
        if disclosures.len() > DISCLOSURES_MAX {
            let what = What::TooMany { unit: "disclosures", found: disclosures.len(), max: DISCLOSURES_MAX };
            return Err(Fault::new(Problem::Parsing, what));
        }
        Ok(Self { jwt, disclosures, shown, key_binding: (!last.is_empty()).then_some(last) })
    }
}

/// One disclosure: a claim, or an entry of an array.
struct Disclosure {
    name: Option<String>,
    value: Value,
}

impl Disclosure {
    fn parse(part: &str) -> Result<Self, Fault> {
        let form = || Fault::wanted("a disclosure: [salt, name, value] or [salt, value]");
        let value = parse(&from_base64url(part)?, DISCLOSURE)?;
        let Value::Array(parts) = value else { return Err(form()) };
        if !parts.first().is_some_and(Value::is_string) {
            return Err(form());
        }
        match <[Value; 3]>::try_from(parts) {
            Ok([_, Value::String(name), value]) => match name.as_str() {
                "_sd" | "..." => Err(Fault::unknown(Problem::MalformedValue, "name of a claim", &name)),
                _ => Ok(Self { name: Some(name), value }),
            },
            Ok(_) => Err(form()),
            Err(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([_, value]) => Ok(Self { name: None, value }),
                Err(_) => Err(form()),
            },
        }
    }
}

/// Puts the disclosures in their places.
fn reveal(payload: Map<String, Value>, parts: &[&str]) -> Result<(Map<String, Value>, Vec<String>), Fault> {
    match payload.get("_sd_alg").map(text).transpose()? {
        None | Some("sha-256") => {}
        Some(other) => return Err(Fault::unknown(Problem::MalformedValue, "hash", other).within("_sd_alg")),
    }
    let mut known = BTreeMap::new();
    for part in parts {
        let disclosure = Disclosure::parse(part).map_err(|fault| fault.within("disclosure"))?;
        if known.insert(digest(part), disclosure).is_some() {
            return Err(Fault::wanted("each disclosure once").within("disclosure"));
        }
    }
    let mut revealing = Revealing { known, met: BTreeMap::new(), disclosed: Vec::new() };
    let mut payload = payload;
    payload.remove("_sd_alg");
    let claims = revealing.object(payload, 0)?;
    if !revealing.known.is_empty() {
        return Err(Fault::wanted("only disclosures that a digest asks for").within("disclosure"));
    }
    let claims = Value::Object(claims);
    check(&claims, REVEALED)?;
    match claims {
        Value::Object(claims) => Ok((claims, revealing.disclosed)),
        _ => Ok((Map::new(), Vec::new())),
    }
}

struct Revealing {
    known: BTreeMap<String, Disclosure>,
    met: BTreeMap<String, ()>,
    disclosed: Vec<String>,
}

impl Revealing {
    fn meet(&mut self, digest: &Value) -> Result<Option<Disclosure>, Fault> {
        let digest = text(digest)?;
        if self.met.insert(digest.to_owned(), ()).is_some() {
            return Err(Fault::wanted("each digest once"));
        }
        if self.met.len() > DIGESTS_MAX {
            let what = What::TooMany { unit: "digests", found: self.met.len(), max: DIGESTS_MAX };
            return Err(Fault::new(Problem::Parsing, what));
        }
        Ok(self.known.remove(digest))
    }

    fn object(&mut self, mut members: Map<String, Value>, depth: usize) -> Result<Map<String, Value>, Fault> {
        if depth > DEPTH_MAX {
            let what = What::TooMany { unit: "levels of disclosures", found: depth, max: DEPTH_MAX };
            return Err(Fault::new(Problem::Parsing, what));
        }
        let digests = match members.remove("_sd") {
            Some(Value::Array(digests)) => digests,
            Some(other) => return Err(crate::document::is_not(&other, "an array").within("_sd")),
            None => Vec::new(),
        };
        if members.contains_key("...") || members.contains_key("_sd_alg") {
            return Err(Fault::wanted("no \"...\" and no \"_sd_alg\" among claims"));
        }
        let mut revealed = Map::new();
        for (name, value) in members {
            let value = self.value(value, depth).map_err(|fault| fault.within(&name))?;
            revealed.insert(name, value);
        }
        for digest in digests {
            let Some(disclosure) = self.meet(&digest).map_err(|fault| fault.within("_sd"))? else { continue };
            let name =
                disclosure.name.ok_or_else(|| Fault::wanted("a disclosure with a name").within("_sd"))?;
            if revealed.contains_key(&name) {
                return Err(Fault::new(Problem::MalformedValue, What::Repeated { name }).within("_sd"));
            }
            if depth == 0 && ALWAYS_VISIBLE.contains(&name.as_str()) {
                return Err(
                    Fault::unknown(Problem::MalformedValue, "claim to be disclosed", &name).within("_sd")
                );
            }
            let value = self.value(disclosure.value, depth).map_err(|fault| fault.within(&name))?;
            self.disclosed.push(name.clone());
            revealed.insert(name, value);
        }
        Ok(revealed)
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<Value, Fault> {
        let depth = depth.saturating_add(1);
        match value {
            Value::Object(members) => self.object(members, depth).map(Value::Object),
            Value::Array(entries) => {
                let mut revealed = Vec::new();
                for entry in entries {
                    match hidden(&entry) {
                        Some(digest) => {
                            if let Some(disclosure) = self.meet(digest)? {
                                if disclosure.name.is_some() {
                                    return Err(Fault::wanted("a disclosure without a name"));
                                }
                                if depth > DEPTH_MAX {
                                    let what = What::TooMany {
                                        unit: "levels of disclosures",
                                        found: depth,
                                        max: DEPTH_MAX,
                                    };
                                    return Err(Fault::new(Problem::Parsing, what));
                                }
                                revealed.push(self.value(disclosure.value, depth)?);
                            }
                        }
                        None => revealed.push(self.value(entry, depth)?),
                    }
                }
                Ok(Value::Array(revealed))
            }
            other => Ok(other),
        }
    }
}

/// The digest of an array entry that may be disclosed: `{"...": digest}`.
fn hidden(entry: &Value) -> Option<&Value> {
    let members = entry.as_object()?;
    if members.len() == 1 { members.get("...") } else { None }
}
