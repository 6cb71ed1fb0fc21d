//! The encoding of forms and of links (`application/x-www-form-urlencoded`): what is written, and what is read strictly.

use zeroize::Zeroizing;

/// The encoding of forms: a percent sign and two digits for a byte, a plus sign for a space.
pub(crate) fn decoded(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                bytes.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok().map(Zeroizing::new)
}

/// Everything but the unreserved characters of RFC 3986.
pub(crate) fn encoded(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 0x0F].into_iter().filter_map(|nibble| {
                char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase())
            }));
        }
    }
    encoded
}
