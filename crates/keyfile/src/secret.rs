//! The 32 bytes of a secret: drawn from the operating system, written as hexadecimal digits inside encrypted files,
//! and wiped wherever they stood.

use zeroize::Zeroizing;

/// A secret in memory, wiped when dropped.
pub type Secret = Zeroizing<[u8; 32]>;

/// A new secret.
///
/// # Errors
/// The operating system gives no randomness.
pub fn draw() -> Result<Secret, getrandom::Error> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut())?;
    Ok(secret)
}

/// As 64 lower-case hexadecimal digits. Whoever holds the text wipes it.
pub fn to_hex(secret: &[u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    for byte in secret {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xF));
    }
    text
}

/// From 64 hexadecimal digits; nothing else is a secret.
pub fn from_hex(text: &str) -> Option<Secret> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut secret = Zeroizing::new([0; 32]);
    for (byte, [high, low]) in secret.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(secret)
}
