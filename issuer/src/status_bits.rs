//! A status list cut into blocks, as stores keep it: 1,024 bytes each, which is the status of 4,096 documents with the
//! entries where the list has them (SPEC.md section 4: two bits an entry, the first in the least significant bits).

use sanad_credential::{LIST_BYTES, Status};

use crate::permutation::Index;

/// Bytes of a block. A larger one makes single changes write more, a smaller one makes lists slower to read.
pub(crate) const BLOCK_BYTES: usize = 1_024;

/// Blocks of a list.
pub(crate) const BLOCKS: usize = LIST_BYTES / BLOCK_BYTES;

const ENTRIES_PER_BYTE: u32 = 4;
const BITS: u32 = 2;

/// The status of 4,096 documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block([u8; BLOCK_BYTES]);

impl Block {
    /// All are valid.
    pub(crate) fn all_valid() -> Self {
        Self([0; BLOCK_BYTES])
    }

    /// A block that was kept; none where the bytes are no block.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The status of the entry; the block must be the one of [`block_number`].
    pub(crate) fn status(&self, index: Index) -> Status {
        let (byte, _) = bits_of(index);
        status_in(self.0.get(byte % BLOCK_BYTES).copied().unwrap_or(0), index)
    }

    /// Sets the status of the entry.
    pub(crate) fn set(&mut self, index: Index, status: Status) {
        let (byte, shift) = bits_of(index);
        if let Some(byte) = self.0.get_mut(byte % BLOCK_BYTES) {
            *byte = (*byte & !0b11_u8.wrapping_shl(shift)) | status.code().wrapping_shl(shift);
        }
    }
}

/// The status of an entry in the byte of its list.
pub(crate) fn status_in(byte: u8, index: Index) -> Status {
    let (_, shift) = bits_of(index);
    // Two bits have four values, and each has a status.
    Status::from_code(byte.wrapping_shr(shift) & 0b11).unwrap_or(Status::Revoked)
}

/// The block in which an entry stands.
pub(crate) fn block_number(index: Index) -> u16 {
    let (byte, _) = bits_of(index);
    u16::try_from(byte / BLOCK_BYTES).unwrap_or(u16::MAX)
}

/// Byte within the list, and how far its bits lie from the least significant.
fn bits_of(index: Index) -> (usize, u32) {
    let number = index.number();
    let shift = (number % ENTRIES_PER_BYTE).saturating_mul(BITS);
    (usize::try_from(number / ENTRIES_PER_BYTE).unwrap_or(usize::MAX), shift)
}
