//! The `jwt` proofs of OpenID for Verifiable Credential Issuance 1.0 (appendix F.1): that whoever asks for a credential
//! has the key that it will be bound to.
//!
//! The key stands in the header, as `jwk` or as did:key or did:jwk in `kid`: it is the only token of this crate that may
//! bring its own, since nothing is believed for it but that its holder is there. Refuses another type, `none` and
//! symmetric algorithms, private members, more than one key, certificates, `crit` and addresses of keys, another
//! audience, a proof that is old or of the future, and `iss`, which a wallet that nobody registered must leave out.

use sanad_credential::UnixTime;
use serde_json::{Map, Value};

use crate::did::{Controllers, Purpose};
use crate::document::{JWT, member, object, parse_object, text, text_member};
use crate::fault::{Fault, Problem, What};
use crate::keys::{Algorithm, PublicKey, refuse_private};
use crate::multibase::from_base64url;
use crate::profile::Profile;

/// What `typ` says.
const TYP: &str = "openid4vci-proof+jwt";

/// Longest proof. One with a P-256 key and a nonce has about 500 characters.
const CHARACTERS_MAX: usize = 4_096;

/// How far the wallet's clock may be ahead.
const SKEW_SECONDS: u64 = 60;

/// Header parameters that load a key or change how the token is read.
const REFUSED: [&str; 8] = ["b64", "crit", "enc", "jku", "trust_chain", "x5c", "x5u", "zip"];

/// What an issuer expects of a proof.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedHolderProof<'e> {
    /// The credential issuer's identifier.
    pub audience: &'e str,
    /// The time.
    pub now: UnixTime,
    /// How old it may be.
    pub age_seconds_max: u64,
}

/// A proof that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderProof {
    /// The key that it proves.
    pub key: PublicKey,
    /// The nonce that it bears; whether it was given and not used before is the issuer's to ask.
    pub nonce: String,
}

/// Verifies a proof.
///
/// # Errors
/// The first fault at its place.
pub fn verify_holder_proof(token: &str, expected: &ExpectedHolderProof<'_>) -> Result<HolderProof, Fault> {
    let form = || Fault::wanted("a compact JWT: three parts of base64url").with_problem(Problem::Parsing);
    if token.len() > CHARACTERS_MAX {
        let what = What::TooMany { unit: "characters of a proof", found: token.len(), max: CHARACTERS_MAX };
        return Err(Fault::new(Problem::Parsing, what));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(form)?;
    let (header, payload) = signed.split_once('.').ok_or_else(form)?;
    let header = parse_object(&from_base64url(header).map_err(|_| form())?, JWT)?;
    let key = key_of(&header).map_err(|fault| fault.within("header"))?;
    let signature: [u8; 64] = from_base64url(signature)
        .map_err(|_| form())?
        .try_into()
        .map_err(|_| Fault::wanted("a signature of 64 bytes").with_problem(Problem::Cryptographic))?;
    key.verify(signed.as_bytes(), &signature)?;
    let claims = parse_object(&from_base64url(payload).map_err(|_| form())?, JWT)?;
    if text_member(&claims, "aud")? != expected.audience {
        return Err(Fault::differs(Problem::InvalidDomain, "the audience and the issuer").within("aud"));
    }
    if claims.contains_key("iss") {
        return Err(Fault::wanted("no \"iss\": the wallet is not registered here").within("iss"));
    }
    times(&claims, expected)?;
    let nonce = text_member(&claims, "nonce")?.to_owned();
    Ok(HolderProof { key, nonce })
}

/// The key of the header, where it is exactly one and fits the algorithm.
fn key_of(header: &Map<String, Value>) -> Result<PublicKey, Fault> {
    refuse_private(header)?;
    if let Some(name) = REFUSED.iter().find(|name| header.contains_key(**name)) {
        return Err(Fault::unknown(Problem::Cryptographic, "header parameter", name));
    }
    let typ = text_member(header, "typ")?;
    if typ != TYP {
        return Err(Fault::unknown(Problem::MalformedValue, "type of JWT", typ).within("typ"));
    }
    let algorithm = Algorithm::from_header(text_member(header, "alg")?)?;
    let key = match (header.get("jwk"), header.get("kid")) {
        (Some(jwk), None) => {
            object(jwk).and_then(PublicKey::from_jwk).map_err(|fault| fault.within("jwk"))?
        }
        (None, Some(kid)) => {
            let kid = text(kid).map_err(|fault| fault.within("kid"))?;
            let method = Controllers::new(Profile::Production).method(kid, Purpose::Authentication);
            method.map_err(|fault| fault.within("kid"))?.key
        }
        _ => return Err(Fault::wanted("either \"jwk\" or \"kid\"").with_problem(Problem::Cryptographic)),
    };
    if key.algorithm() == algorithm {
        Ok(key)
    } else {
        Err(Fault::differs(Problem::Cryptographic, "the key's algorithm and \"alg\"").within("alg"))
    }
}

fn times(claims: &Map<String, Value>, expected: &ExpectedHolderProof<'_>) -> Result<(), Fault> {
    let seconds = |name: &str| {
        let value = member(claims, name)?;
        value.as_u64().ok_or_else(|| Fault::wanted("a time in whole seconds").within(name))
    };
    let (iat, now) = (seconds("iat")?, expected.now.seconds());
    let is_recent = iat <= now.saturating_add(SKEW_SECONDS)
        && iat >= now.saturating_sub(expected.age_seconds_max.saturating_add(SKEW_SECONDS));
    if !is_recent {
        return Err(
            Fault::time("signed too long ago, or later", &iat.to_string(), expected.now).within("iat")
        );
    }
    if claims.contains_key("exp") && seconds("exp")? <= now {
        return Err(Fault::time("over", &seconds("exp")?.to_string(), expected.now).within("exp"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sanad_credential::{Sign as _, SigningKey};
    use serde_json::json;

    use super::*;
    use crate::multibase::to_base64url;
    use crate::{did_jwk, did_key, sole_method};

    const AUDIENCE: &str = "https://issuer.example";

    fn holder() -> SigningKey {
        SigningKey::from_secret(&[0x17; 32])
    }

    fn public() -> PublicKey {
        PublicKey::Ed25519(holder().public_key())
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| to_base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let Ok(signature) = holder().sign(signed.as_bytes());
        format!("{signed}.{}", to_base64url(&signature))
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "typ": TYP, "jwk": public().to_jwk()})
    }

    fn claims() -> Value {
        json!({"aud": AUDIENCE, "iat": 1_800_000_000, "nonce": "n"})
    }

    fn check(token: &str) -> Result<HolderProof, Fault> {
        let now = UnixTime::new(1_800_000_100).unwrap();
        verify_holder_proof(token, &ExpectedHolderProof { audience: AUDIENCE, now, age_seconds_max: 300 })
    }

    fn with(mut of: Value, name: &str, value: Value) -> Value {
        of[name] = value;
        of
    }

    #[test]
    fn a_key_stands_as_jwk_or_as_did() {
        let wanted = HolderProof { key: public(), nonce: "n".to_owned() };
        assert_eq!(check(&token(&header(), &claims())).unwrap(), wanted);
        for did in [did_key(&public()), did_jwk(&public())] {
            let header = json!({"alg": "EdDSA", "typ": TYP, "kid": sole_method(&did).unwrap()});
            assert_eq!(check(&token(&header, &claims())).unwrap(), wanted, "{did}");
        }
    }

    #[test]
    fn every_header_that_chooses_what_it_must_not_is_refused() {
        let mut private = public().to_jwk();
        private.insert("d".into(), "AA".into());
        let kid = sole_method(&did_key(&public())).unwrap();
        for (name, value) in [
            ("alg", json!("none")),
            ("alg", json!("HS256")),
            ("alg", json!("ES256")),
            ("alg", Value::Null),
            ("typ", json!("JWT")),
            ("typ", json!("kb+jwt")),
            ("typ", Value::Null),
            ("kid", json!(kid)),
            ("x5c", json!(["AA"])),
            ("jku", json!("https://attacker.example")),
            ("x5u", json!("https://attacker.example")),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
            ("d", json!("AA")),
            ("jwk", Value::Object(private)),
            ("jwk", json!({"kty": "oct", "k": "AA"})),
            ("jwk", Value::Null),
        ] {
            assert!(
                check(&token(&with(header(), name, value.clone()), &claims())).is_err(),
                "{name} {value}"
            );
        }
        let unsigned = token(&with(header(), "alg", json!("none")), &claims());
        let (signed, _) = unsigned.rsplit_once('.').unwrap();
        assert!(check(&format!("{signed}.")).is_err());
    }

    #[test]
    fn another_audience_time_or_issuer_is_refused_at_its_place() {
        for (name, value) in [
            ("aud", json!("https://other.example")),
            ("aud", json!([AUDIENCE])),
            ("aud", Value::Null),
            ("iss", json!("wallet")),
            ("iat", json!(1_799_999_000)),
            ("iat", json!(1_800_000_161)),
            ("iat", json!("1800000000")),
            ("exp", json!(1_800_000_100)),
            ("nonce", json!(1)),
            ("nonce", Value::Null),
        ] {
            let fault = check(&token(&header(), &with(claims(), name, value.clone()))).unwrap_err();
            assert_eq!(fault.place(), name, "{value}");
        }
    }

    #[test]
    fn a_signature_of_another_key_is_refused() {
        let other = PublicKey::Ed25519(SigningKey::from_secret(&[0x18; 32]).public_key());
        let stolen = with(header(), "jwk", Value::Object(other.to_jwk()));
        assert_eq!(check(&token(&stolen, &claims())).unwrap_err().what(), &What::Signature);
        assert!(check(&"x".repeat(CHARACTERS_MAX + 1)).is_err());
        assert!(check("").is_err() && check("a.b").is_err() && check("..").is_err());
    }
}
