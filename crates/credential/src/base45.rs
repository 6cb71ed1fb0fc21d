//! Base45 (RFC 9285), strict.
//!
//! Two bytes become three symbols of the QR alphanumeric alphabet, a last single byte becomes two. The decoder
//! refuses what RFC 9285 section 6 calls non-decodable: symbols outside the alphabet (lower case is not folded),
//! a triplet above 65535, a pair above 255, and a single symbol at the end. So each byte string has exactly one
//! text; public crates were found to accept `::`, which would make two texts of one document.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::fault::{Fault, What};

/// RFC 9285 table 1. U+0020 is a symbol: a text may hold several in a row.
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Marks a byte that is no symbol.
const NO_SYMBOL: u8 = 0xFF;

/// Set in [`NO_SYMBOL`] and in no value of a symbol, which are 0 to 44.
const NO_SYMBOL_BIT: u32 = 0x40;

/// Value of each byte.
const VALUES: [u8; 256] = {
    let mut values = [NO_SYMBOL; 256];
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
    let (triplets, rest) = symbols.as_chunks::<3>();
    let whole = triplets.len().saturating_mul(2);
    let mut bytes = vec![0_u8; whole.saturating_add(usize::from(rest.len() == 2))];
    let (pairs, last) = bytes.as_chunks_mut::<2>();
    let mut position = 0_usize;
    for ([a, b, c], pair) in triplets.iter().zip(pairs) {
        let (a, b, c) = (value_of(*a), value_of(*b), value_of(*c));
        // Written so that a symbol costs no branch of its own: no value of a symbol reaches NO_SYMBOL's bits.
        if a | b | c >= NO_SYMBOL_BIT {
            return Err(bad_symbol(text, offset));
        }
        // At most 44 + 44 * 45 + 44 * 2025 = 91,124.
        let value = a.wrapping_add(b.wrapping_mul(45)).wrapping_add(c.wrapping_mul(2025));
        let Ok(value) = u16::try_from(value) else {
            return Err(group(offset, position, value, u32::from(u16::MAX)));
        };
        *pair = value.to_be_bytes();
        position = position.saturating_add(3);
    }
    let rest_values = rest.iter().fold(0, |values, symbol| values | value_of(*symbol));
    if rest_values >= NO_SYMBOL_BIT {
        return Err(bad_symbol(text, offset));
    }
    match (rest, last) {
        ([], _) => Ok(bytes),
        ([a, b], [last]) => {
            let value = value_of(*a).wrapping_add(value_of(*b).wrapping_mul(45));
            *last = u8::try_from(value).map_err(|_| group(offset, position, value, u32::from(u8::MAX)))?;
            Ok(bytes)
        }
        _ => Err(What::Base45Tail { characters: symbols.len() }.into()),
    }
}

/// Of a byte that is no symbol: a number with [`NO_SYMBOL_BIT`].
fn value_of(symbol: u8) -> u32 {
    VALUES.get(usize::from(symbol)).copied().unwrap_or(NO_SYMBOL).into()
}

fn group(offset: usize, position: usize, value: u32, max: u32) -> Fault {
    What::Base45Group { position: offset.saturating_add(position), value, max }.into()
}

/// Names the first character that is no symbol; only reached when there is one.
fn bad_symbol(text: &str, offset: usize) -> Fault {
    let found = text
        .chars()
        .enumerate()
        .find(|(_, character)| u8::try_from(*character).map_or(true, |byte| value_of(byte) >= NO_SYMBOL_BIT));
    let (position, character) = found.unwrap_or((0, char::REPLACEMENT_CHARACTER));
    What::Character { position: offset.saturating_add(position), code_point: u32::from(character) }.into()
}
