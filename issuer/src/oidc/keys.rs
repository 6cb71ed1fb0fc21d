//! The published keys of an identity provider: a JWK Set (RFC 7517).
//!
//! A key counts for one algorithm, which follows from what kind of key it is: RSA for RS256, P-256 for ES256, Ed25519 for
//! EdDSA. A token can only agree; what it says in `alg` never turns one kind of key into another. Keys of other kinds, for
//! other uses or without an id are passed over, as RFC 7517 section 5 asks for; `oct`, a shared secret, is one of them, so
//! no published key can ever be one. Refused: a set that is no such JSON, two keys with the same id and algorithm, and more
//! than 64 keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use sanad_credential::{Fault, Json, Limits};

use super::KID_BYTES_MAX;

/// Keys of a set: those of one provider before, during and after a rotation, for several uses.
pub(super) const KEYS_MAX: usize = 64;

/// Largest set, in bytes: 64 keys with certificates have less.
pub(super) const KEY_SET_BYTES_MAX: usize = 131_072;

const LIMITS: Limits =
    Limits { bytes_max: KEY_SET_BYTES_MAX, depth_max: 6, entries_max: KEYS_MAX, values_max: 4_096 };

/// Bytes of an RSA modulus: RFC 7518 section 3.3 asks for 2,048 bits at least; above 4,096 a signature takes long to
/// verify, for whoever sends it.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// Bytes of a public exponent: 65537 has three.
const EXPONENT_BYTES_MAX: usize = 4;

/// Algorithms that can be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The word in `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1).
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a word. Capital and small letters are different.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.word() == word)
    }

    const fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// The keys that count.
pub struct KeySet(Vec<Key>);

struct Key {
    kid: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why a text is no set of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetFault {
    /// A rule of the form, with its place.
    #[error("{0}")]
    Form(Fault),
    /// Two keys would verify the same token.
    #[error("two keys have the id and the algorithm of the key number {entry}")]
    Twice {
        /// Position of the second, from 0.
        entry: usize,
    },
}

impl KeySet {
    /// Reads a set.
    ///
    /// # Errors
    /// [`KeySetFault`].
    pub fn parse(text: &str) -> Result<Self, KeySetFault> {
        let json = Json::parse(text, LIMITS).map_err(KeySetFault::Form)?;
        let mut members = json.object().map_err(KeySetFault::Form)?;
        let keys = members.required("keys").and_then(Json::array).map_err(KeySetFault::Form)?;
        let mut set = Self(Vec::new());
        for (entry, json) in keys.iter().enumerate() {
            let Some(key) = Key::read(json) else { continue };
            if set.find(&key.kid, key.algorithm).is_some() {
                return Err(KeySetFault::Twice { entry });
            }
            set.0.push(key);
        }
        Ok(set)
    }

    /// How many keys count.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key is in the set for an algorithm.
    pub(super) fn has(&self, kid: &str, algorithm: Algorithm) -> bool {
        self.find(kid, algorithm).is_some()
    }

    /// Whether a signature is that of a key.
    pub(super) fn verify(&self, kid: &str, algorithm: Algorithm, message: &[u8], signature: &str) -> bool {
        self.find(kid, algorithm).is_some_and(|found| {
            jsonwebtoken::crypto::verify(signature, message, &found.key, algorithm.of_library())
                .unwrap_or(false)
        })
    }

    fn find(&self, kid: &str, algorithm: Algorithm) -> Option<&Key> {
        self.0.iter().find(|key| key.algorithm == algorithm && key.kid == kid)
    }
}

impl Key {
    /// A key that counts; none for one that is passed over.
    fn read(json: &Json<'_>) -> Option<Self> {
        let kid = text(json, "kid").filter(|kid| kid.len() <= KID_BYTES_MAX)?;
        if text(json, "use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let (algorithm, key) = match (text(json, "kty")?, text(json, "crv")) {
            ("RSA", None) => (Algorithm::Rs256, rsa(json)?),
            ("EC", Some("P-256")) => (Algorithm::Es256, ec(json)?),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, ed(json)?),
            _ => return None,
        };
        let agrees = match text(json, "alg") {
            None => true,
            // RFC 9864 names the curve.
            Some("Ed25519") => algorithm == Algorithm::EdDsa,
            Some(word) => word == algorithm.word(),
        };
        agrees.then(|| Self { kid: kid.to_owned(), algorithm, key })
    }
}

fn rsa(json: &Json<'_>) -> Option<DecodingKey> {
    let (modulus, exponent) = (bytes(json, "n")?, bytes(json, "e")?);
    let fits = MODULUS_BYTES.contains(&modulus.len()) && modulus.first() != Some(&0);
    let odd = exponent.last().is_some_and(|last| last & 1 == 1);
    // An exponent of 1 would sign everything.
    let small = exponent.len() <= EXPONENT_BYTES_MAX && exponent.first() != Some(&0) && exponent != [1];
    (fits && odd && small).then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn ec(json: &Json<'_>) -> Option<DecodingKey> {
    let (x, y) = (text(json, "x")?, text(json, "y")?);
    let fits = bytes(json, "x")?.len() == 32 && bytes(json, "y")?.len() == 32;
    DecodingKey::from_ec_components(x, y).ok().filter(|_| fits)
}

fn ed(json: &Json<'_>) -> Option<DecodingKey> {
    let fits = bytes(json, "x")?.len() == 32;
    DecodingKey::from_ed_components(text(json, "x")?).ok().filter(|_| fits)
}

fn text<'j>(json: &'j Json<'_>, name: &str) -> Option<&'j str> {
    let (_, value) = json.members().ok()?.iter().find(|(found, _)| found == name)?;
    value.text().ok()
}

fn bytes(json: &Json<'_>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(json, name)?).ok()
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| (&key.kid, key.algorithm))).finish()
    }
}
