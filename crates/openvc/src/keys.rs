//! Public keys as the open standards write them: Multikey and JWK, Ed25519 and P-256.
//!
//! Refuses every other curve, keys of the wrong length, points of small order, and a JWK with private members: a
//! private key that arrives in a header or a document is an accident or an attack, and is not processed further.
//! Ed25519 verification is strict, through [`sanad_credential::VerifyingKey`]; ECDSA signatures are the raw 64 bytes.

use sanad_credential::Verify as _;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::document::text_member;
use crate::fault::{Fault, Problem, What};
use crate::multibase::{self, from_base58, from_base64url, to_base58, to_base64url};

/// A public key with its algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RFC 8032 Ed25519.
    Ed25519(sanad_credential::PublicKey),
    /// ECDSA over P-256, the compressed point.
    P256([u8; 33]),
}

/// Signature algorithm of a JWT. The key decides; a header may only agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `EdDSA`, or `Ed25519` of RFC 9864.
    EdDsa,
    /// `ES256`.
    Es256,
}

impl Algorithm {
    /// The algorithm that a header names.
    pub(crate) fn from_header(name: &str) -> Result<Self, Fault> {
        match name {
            "EdDSA" | "Ed25519" => Ok(Self::EdDsa),
            "ES256" => Ok(Self::Es256),
            other => Err(Fault::unknown(Problem::Cryptographic, "algorithm", other).within("alg")),
        }
    }
}

/// Private members of a JWK, RFC 7518 section 6 and RFC 8037.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl PublicKey {
    /// From a Multikey text: `z6Mk…` (Ed25519) or `zDn…` (P-256).
    ///
    /// # Errors
    /// [`Problem::Cryptographic`]: an unknown key type, a wrong length, no usable point.
    pub fn from_multikey(text: &str) -> Result<Self, Fault> {
        let bytes = from_base58(text)?;
        let (prefix, key) = bytes.split_at_checked(2).ok_or_else(|| length(bytes.len()))?;
        let key = if prefix == multibase::ED25519 {
            Self::Ed25519(sanad_credential::PublicKey(key.try_into().map_err(|_| length(key.len()))?))
        } else if prefix == multibase::P256 {
            Self::P256(key.try_into().map_err(|_| length(key.len()))?)
        } else {
            let what = What::Wanted { wanted: "an Ed25519 or P-256 key" };
            return Err(Fault::new(Problem::Unsupported, what));
        };
        key.usable()
    }

    /// As a Multikey text.
    pub fn to_multikey(&self) -> String {
        let mut bytes = Vec::with_capacity(35);
        match self {
            Self::Ed25519(key) => {
                bytes.extend_from_slice(&multibase::ED25519);
                bytes.extend_from_slice(&key.0);
            }
            Self::P256(point) => {
                bytes.extend_from_slice(&multibase::P256);
                bytes.extend_from_slice(point);
            }
        }
        to_base58(&bytes)
    }

    /// From a JWK, which may hold further public members.
    ///
    /// # Errors
    /// [`What::PrivateKey`]; an unknown key type; no usable point.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Fault> {
        refuse_private(jwk)?;
        let coordinate = |name: &'static str| -> Result<[u8; 32], Fault> {
            let bytes = from_base64url(text_member(jwk, name)?).map_err(|fault| fault.within(name))?;
            bytes.try_into().map_err(|_| Fault::wanted("32 bytes").within(name))
        };
        let key = match (text_member(jwk, "kty")?, text_member(jwk, "crv")?) {
            ("OKP", "Ed25519") => Self::Ed25519(sanad_credential::PublicKey(coordinate("x")?)),
            ("EC", "P-256") => {
                let mut point = [0_u8; 65];
                let parts = [4_u8].into_iter().chain(coordinate("x")?).chain(coordinate("y")?);
                for (byte, part) in point.iter_mut().zip(parts) {
                    *byte = part;
                }
                let key = p256::PublicKey::from_sec1_bytes(&point).map_err(|_| weak())?;
                Self::from_p256(&key)
            }
            (_, curve) => return Err(Fault::unknown(Problem::Cryptographic, "curve", curve).within("crv")),
        };
        if let Some(name) = jwk.get("alg") {
            let name = crate::document::text(name).map_err(|fault| fault.within("alg"))?;
            if Algorithm::from_header(name)? != key.algorithm() {
                return Err(
                    Fault::differs(Problem::Cryptographic, "the key's type and \"alg\"").within("alg")
                );
            }
        }
        key.usable()
    }

    /// As a JWK.
    pub fn to_jwk(&self) -> Map<String, Value> {
        let jwk = match self {
            Self::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": to_base64url(&key.0)}),
            Self::P256(compressed) => {
                use p256::elliptic_curve::sec1::ToEncodedPoint as _;
                let point =
                    p256::PublicKey::from_sec1_bytes(compressed).map(|key| key.to_encoded_point(false));
                let coordinate = |bytes: Option<&[u8]>| bytes.map(to_base64url).unwrap_or_default();
                let (x, y) = match &point {
                    Ok(point) => (
                        coordinate(point.x().map(|x| x.as_slice())),
                        coordinate(point.y().map(|y| y.as_slice())),
                    ),
                    // Every key was a point when it was made.
                    Err(_) => (String::new(), String::new()),
                };
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
            }
        };
        match jwk {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// RFC 7638 thumbprint, base64url.
    pub fn thumbprint(&self) -> String {
        // Members in lexicographic order, as a map writes them; all are ASCII without escapes.
        to_base64url(&Sha256::digest(Value::Object(self.to_jwk()).to_string()))
    }

    /// The algorithm that signs with this key.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::P256(_) => Algorithm::Es256,
        }
    }

    /// Strict verification.
    ///
    /// # Errors
    /// [`What::Signature`] or [`What::WeakKey`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Fault> {
        let refused = || Fault::new(Problem::Cryptographic, What::Signature);
        match self {
            Self::Ed25519(key) => {
                let key = sanad_credential::VerifyingKey::new(key).map_err(|_| weak())?;
                key.verify(message, signature).map_err(|_| refused())
            }
            Self::P256(point) => {
                use p256::ecdsa::signature::Verifier as _;
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| weak())?;
                let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| refused())?;
                key.verify(message, &signature).map_err(|_| refused())
            }
        }
    }

    fn from_p256(key: &p256::PublicKey) -> Self {
        use p256::elliptic_curve::sec1::ToEncodedPoint as _;
        let mut point = [0; 33];
        for (byte, part) in point.iter_mut().zip(key.to_encoded_point(true).as_bytes()) {
            *byte = *part;
        }
        Self::P256(point)
    }

    fn usable(self) -> Result<Self, Fault> {
        match &self {
            Self::Ed25519(key) => sanad_credential::VerifyingKey::new(key).map(|_| ()).map_err(|_| weak())?,
            Self::P256(point) => {
                p256::PublicKey::from_sec1_bytes(point).map(|_| ()).map_err(|_| weak())?;
            }
        }
        Ok(self)
    }
}

/// Refuses a JWK, or a header, that holds private members.
pub(crate) fn refuse_private(members: &Map<String, Value>) -> Result<(), Fault> {
    match PRIVATE.iter().find(|name| members.contains_key(**name)) {
        Some(name) => Err(Fault::new(Problem::Cryptographic, What::PrivateKey).within(name)),
        None => Ok(()),
    }
}

fn weak() -> Fault {
    Fault::new(Problem::Cryptographic, What::WeakKey)
}

fn length(found: usize) -> Fault {
    let what = What::TooMany { unit: "bytes of a public key, or too few", found, max: 33 };
    Fault::new(Problem::Cryptographic, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the specification's own vectors.
    const KEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    #[test]
    fn a_key_is_the_same_in_both_forms() {
        for text in [KEY, "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"] {
            let Ok(key) = PublicKey::from_multikey(text) else { continue };
            assert_eq!(key.to_multikey(), text);
            assert_eq!(PublicKey::from_jwk(&key.to_jwk()).unwrap(), key);
        }
        assert!(PublicKey::from_multikey(KEY).is_ok());
        assert!(PublicKey::from_multikey("zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169").is_ok());
    }

    #[test]
    fn private_members_small_orders_and_other_curves_are_refused() {
        let jwk = |value: Value| PublicKey::from_jwk(value.as_object().unwrap()).unwrap_err();
        let x = PublicKey::from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2");
        let _ = x;
        let private = jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}));
        assert_eq!((private.place(), private.what()), ("d", &What::PrivateKey));
        let small = jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": to_base64url(&[0; 32])}));
        assert_eq!(small.what(), &What::WeakKey);
        assert!(matches!(
            jwk(json!({"kty": "OKP", "crv": "X25519", "x": "AA"})).what(),
            What::Unknown { .. }
        ));
        assert!(PublicKey::from_multikey("z6Mk").is_err());
    }
}
