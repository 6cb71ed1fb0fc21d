//! Base45 (RFC 9285), strict.
//!
//! Two bytes become three symbols of the QR alphanumeric alphabet, a last single byte becomes two. The decoder
//! refuses what RFC 9285 section 6 calls non-decodable: symbols outside the alphabet (lower case is not folded),
//! a triplet above 65535, a pair above 255, and a single symbol at the end. So each byte string has exactly one
//! text; public crates were found to accept `::`, which would make two texts of one document.

use alloc::string::String;
use alloc::vec::Vec;

use crate::fault::{Fault, What};

/// RFC 9285 table 1. U+0020 is a symbol: a text may hold several in a row.
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Marks a byte that is no symbol.
const NO_SYMBOL: u8 = 0xFF;

/// Value of each ASCII byte.
const VALUES: [u8; 128] = {
    let mut values = [NO_SYMBOL; 128];
    let mut value: u8 = 0;
    #[expect(
        clippy::as_conversions,
        clippy::indexing_slicing,
        reason = "evaluated by the compiler; the bounds are the constants above"
    )]
    while value < 45 {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Number of symbols for a number of bytes.
pub(crate) fn encoded_length(bytes: usize) -> usize {
    let pairs = bytes / 2;
    pairs.saturating_mul(3).saturating_add(if bytes % 2 == 1 { 2 } else { 0 })
}

/// Appends the symbols of `bytes` to `text`.
pub(crate) fn encode_into(bytes: &[u8], text: &mut String) {
    let symbol = |value: u32| {
        let place = usize::try_from(value % 45).unwrap_or(0);
        char::from(ALPHABET.get(place).copied().unwrap_or(b'0'))
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    for pair in pairs {
        let value = u32::from(u16::from_be_bytes(*pair));
        text.push(symbol(value));
        text.push(symbol(value / 45));
        text.push(symbol(value / 2025));
    }
    if let [last] = rest {
        let value = u32::from(*last);
        text.push(symbol(value));
        text.push(symbol(value / 45));
    }
}

/// The bytes of a text. Positions in faults count from `offset`, the length of what stood before the text.
///
/// # Errors
/// [`What::Character`], [`What::Base45Group`], [`What::Base45Tail`].
pub(crate) fn decode(text: &str, offset: usize) -> Result<Vec<u8>, Fault> {
    let symbols = text.as_bytes();
    let mut bytes = Vec::with_capacity((symbols.len() / 3).saturating_mul(2).saturating_add(1));
    let (triplets, rest) = symbols.as_chunks::<3>();
    let mut position = 0_usize;
    for &[a, b, c] in triplets {
        match (value_of(a), value_of(b), value_of(c)) {
            (Some(a), Some(b), Some(c)) => {
                // At most 44 + 44 * 45 + 44 * 2025 = 91,124.
                let value = a.wrapping_add(b.wrapping_mul(45)).wrapping_add(c.wrapping_mul(2025));
                let pair =
                    u16::try_from(value).map_err(|_| group(offset, position, value, u32::from(u16::MAX)))?;
                bytes.extend_from_slice(&pair.to_be_bytes());
            }
            _ => return Err(bad_symbol(text, offset)),
        }
        position = position.saturating_add(3);
    }
    match *rest {
        [] => Ok(bytes),
        [a, b] => match (value_of(a), value_of(b)) {
            (Some(a), Some(b)) => {
                let value = a.wrapping_add(b.wrapping_mul(45));
                let byte =
                    u8::try_from(value).map_err(|_| group(offset, position, value, u32::from(u8::MAX)))?;
                bytes.push(byte);
                Ok(bytes)
            }
            _ => Err(bad_symbol(text, offset)),
        },
        _ if symbols.iter().any(|&symbol| value_of(symbol).is_none()) => Err(bad_symbol(text, offset)),
        _ => Err(What::Base45Tail { characters: symbols.len() }.into()),
    }
}

fn value_of(symbol: u8) -> Option<u32> {
    match VALUES.get(usize::from(symbol)) {
        Some(&NO_SYMBOL) | None => None,
        Some(&value) => Some(u32::from(value)),
    }
}

fn group(offset: usize, position: usize, value: u32, max: u32) -> Fault {
    What::Base45Group { position: offset.saturating_add(position), value, max }.into()
}

/// Names the first character that is no symbol; only reached when there is one.
fn bad_symbol(text: &str, offset: usize) -> Fault {
    let found = text
        .chars()
        .enumerate()
        .find(|(_, character)| u8::try_from(*character).map_or(true, |byte| value_of(byte).is_none()));
    let (position, character) = found.unwrap_or((0, char::REPLACEMENT_CHARACTER));
    What::Character { position: offset.saturating_add(position), code_point: u32::from(character) }.into()
}
