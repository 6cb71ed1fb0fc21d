//! What the targets share.

use sanad_credential::{KeyId, Sealed, Sign};
use std::convert::Infallible;

/// "Signs" by repeating the key id and the signature of a document, so that what was read from a document can be
/// written again without its key, and compared byte for byte.
pub struct Echo {
    kid: KeyId,
    signature: [u8; 64],
}

impl Echo {
    /// The signature is the last item of every document.
    pub fn of(sealed: &Sealed<'_>) -> Self {
        Self { kid: sealed.kid(), signature: *sealed.as_bytes().last_chunk().unwrap() }
    }
}

impl Sign for Echo {
    type Fault = Infallible;

    fn key_id(&self) -> KeyId {
        self.kid
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], Infallible> {
        Ok(self.signature)
    }
}

/// A document around any payload of at most 65,535 bytes, in the one form that envelopes have; its signature does
/// not hold.
pub fn envelope(typ: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = typ.to_be_bytes();
    let mut document = vec![0xD2, 0x84, 0x51, 0xA3, 0x01, 0x32, 0x04, 0x48, 1, 2, 3, 4, 5, 6, 7, 8];
    document.extend([0x10, 0x19, high, low, 0xA0]);
    match u16::try_from(payload.len()).unwrap() {
        length @ 0..24 => document.push(0x40 | length as u8),
        length @ 24..256 => document.extend([0x58, length as u8]),
        length => document.extend([[0x59].as_slice(), &length.to_be_bytes()].concat()),
    }
    document.extend(payload);
    document.extend([0x58, 0x40]);
    document.extend([0x5A; 64]);
    document
}
