//! Multibase texts (base58btc `z`, base64url `u`), base64url of JWTs, and the multicodec prefixes of public keys.
//!
//! Refuses other alphabets, padding, bits left over, and texts that are longer than what they stand for: base58 takes
//! quadratic time, so its length is limited before it is decoded.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::fault::{Fault, Problem, What};

/// Alphabet of Bitcoin's base58.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Longest base58 text that is decoded: 64 bytes of a signature have 88 digits, a did:key of P-256 has 48.
const BASE58_MAX: usize = 128;

/// Multicodec prefix of an Ed25519 public key, as varint.
pub(crate) const ED25519: [u8; 2] = [0xed, 0x01];
/// Multicodec prefix of a compressed P-256 public key, as varint.
pub(crate) const P256: [u8; 2] = [0x80, 0x24];

/// `z` and base58btc.
pub(crate) fn to_base58(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry = carry.saturating_add(u32::from(*digit).saturating_mul(256));
            *digit = u8::try_from(carry % 58).unwrap_or(0);
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).unwrap_or(0));
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| 0_u8);
    let digits = zeros.chain(digits.into_iter().rev());
    let letters =
        digits.filter_map(|digit| ALPHABET.get(usize::from(digit)).map(|letter| char::from(*letter)));
    std::iter::once('z').chain(letters).collect()
}

/// What stands behind `z`.
pub(crate) fn from_base58(text: &str) -> Result<Vec<u8>, Fault> {
    let form = || Fault::wanted("a multibase text: \"z\" and base58btc");
    let digits = text.strip_prefix('z').ok_or_else(form)?;
    if digits.len() > BASE58_MAX {
        let what = What::TooMany { unit: "base58 digits", found: digits.len(), max: BASE58_MAX };
        return Err(Fault::new(Problem::MalformedValue, what));
    }
    let mut bytes: Vec<u8> = Vec::new();
    for letter in digits.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == letter).ok_or_else(form)?;
        let mut carry = u32::try_from(digit).unwrap_or(0);
        for byte in &mut bytes {
            carry = carry.saturating_add(u32::from(*byte).saturating_mul(58));
            *byte = u8::try_from(carry % 256).unwrap_or(0);
            carry /= 256;
        }
        while carry > 0 {
            bytes.push(u8::try_from(carry % 256).unwrap_or(0));
            carry /= 256;
        }
    }
    let zeros = digits.bytes().take_while(|letter| *letter == b'1').map(|_| 0_u8);
    Ok(zeros.chain(bytes.into_iter().rev()).collect())
}

/// Base64url without padding, as in JWTs.
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Base64url without padding and without bits left over.
pub(crate) fn from_base64url(text: &str) -> Result<Vec<u8>, Fault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Fault::wanted("base64url without padding"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base58_keeps_leading_zeros_and_every_byte() {
        for bytes in [vec![], vec![0], vec![0, 0, 1], vec![255; 34], (0..=63).collect::<Vec<u8>>()] {
            assert_eq!(from_base58(&to_base58(&bytes)).unwrap(), bytes);
        }
        assert_eq!(to_base58(b"Hello World!"), "z2NEpo7TZRRrLZSi2U");
    }

    #[test]
    fn foreign_alphabets_and_long_texts_are_refused() {
        for text in ["2NEpo7TZRRrLZSi2U", "z2NEp0", "zl", "uAAAA", "z z"] {
            assert!(from_base58(text).is_err(), "{text}");
        }
        assert!(from_base58(&format!("z{}", "2".repeat(129))).is_err());
        assert!(from_base64url("AA==").is_err());
        assert!(from_base64url("AB").is_err());
        assert!(from_base64url("A+").is_err());
    }
}
