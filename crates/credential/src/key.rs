//! Ed25519 keys as the format carries them.
//!
//! A [`PublicKey`] is 32 bytes; whether they are a usable point is judged when a verifier is made from them
//! ([`crate::ed25519`]). A [`KeyId`] is the first 8 bytes of the RFC 9679 COSE Key Thumbprint. It is a hint to find
//! candidates, never an identity: 8 bytes can be made to collide, and the EU list held one value under two
//! countries.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::cbor::{Field, MapReader, Reader, Writer, from_hex, to_hex};
use crate::fault::{Fault, What};
use crate::json::Json;

/// COSE key type OKP, RFC 9053 section 7.1.
const KEY_TYPE_OKP: i64 = 1;
/// COSE elliptic curve Ed25519, RFC 9053 table 18.
const CURVE_ED25519: i64 = 6;

/// An Ed25519 public key, RFC 8032 section 5.1.5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// From exactly 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn from_hex(text: &str) -> Result<Self, Fault> {
        from_hex(text).map(Self).ok_or(What::Pattern { wanted: "64 lower-case hexadecimal digits" }.into())
    }

    /// The hint by which documents name this key.
    pub fn id(&self) -> KeyId {
        let mut writer = Writer::new();
        self.write(&mut writer);
        let mut id = [0; 8];
        for (byte, digest) in id.iter_mut().zip(Sha256::digest(writer.into_bytes())) {
            *byte = digest;
        }
        KeyId(id)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As COSE_Key `{1: 1, -1: 6, -2: x}` (RFC 9052 section 7, RFC 9053 section 7.2); any other member, a private
/// part `d` above all, is refused. In JSON the hexadecimal digits of x.
impl Field for PublicKey {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut map = MapReader::open(reader)?;
        map.required(1, "kty", |reader| exactly(reader, KEY_TYPE_OKP).map_err(|fault| fault.within("kty")))?;
        map.required(-1, "crv", |reader| {
            exactly(reader, CURVE_ED25519).map_err(|fault| fault.within("crv"))
        })?;
        let x = map.required(-2, "x", |reader| reader.array_of_bytes().map_err(|fault| fault.within("x")))?;
        map.finish()?;
        Ok(Self(x))
    }

    fn write(&self, writer: &mut Writer) {
        writer.map(3);
        writer.integer(1);
        writer.integer(KEY_TYPE_OKP);
        writer.integer(-1);
        writer.integer(CURVE_ED25519);
        writer.integer(-2);
        writer.bytes(&self.0);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::from_hex(json.text()?)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Text(to_hex(&self.0).into())
    }
}

fn exactly(reader: &mut Reader<'_>, wanted: i64) -> Result<(), Fault> {
    match reader.any_integer()? {
        found if found == i128::from(wanted) => Ok(()),
        found => Err(What::Range { found, min: wanted, max: wanted }.into()),
    }
}

/// First 8 bytes of the COSE Key Thumbprint, RFC 9679.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl KeyId {
    /// From exactly 16 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn from_hex(text: &str) -> Result<Self, Fault> {
        from_hex(text).map(Self).ok_or(What::Pattern { wanted: "16 lower-case hexadecimal digits" }.into())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `cnf` of RFC 8747 with the one confirmation method that works offline: `{1: COSE_Key}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderKey(pub PublicKey);

impl Field for HolderKey {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut map = MapReader::open(reader)?;
        let key = map.required(1, "key", PublicKey::read)?;
        map.finish()?;
        Ok(Self(key))
    }

    fn write(&self, writer: &mut Writer) {
        writer.map(1);
        writer.unsigned(1);
        self.0.write(writer);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        PublicKey::from_json(json).map(Self)
    }

    fn to_json(&self) -> Json<'_> {
        self.0.to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 section 7.1, test 1. The thumbprint was computed by hand from RFC 9679 section 3:
    /// SHA-256(a3 01 01 20 06 21 58 20 x).
    #[test]
    fn the_thumbprint_is_over_the_deterministic_key() {
        let key =
            PublicKey::from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        let mut by_hand = alloc::vec![0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];
        by_hand.extend_from_slice(&key.0);
        assert_eq!(key.id().0, Sha256::digest(&by_hand)[..8]);
    }

    #[test]
    fn a_key_with_its_private_part_is_refused() {
        let mut bytes = alloc::vec![0xa4, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];
        bytes.extend_from_slice(&[7; 32]);
        bytes.extend_from_slice(&[0x23, 0x58, 0x20]);
        bytes.extend_from_slice(&[9; 32]);
        let fault = PublicKey::read(&mut Reader::new(&bytes)).unwrap_err();
        assert_eq!(fault.what(), &What::Unknown { key: "-4".into() });
    }
}
