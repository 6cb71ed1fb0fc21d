//! The text of a QR code: `"SND1:" Base45(COSE_Sign1)`.
//!
//! One symbol, QR alphanumeric mode, no compression (SPEC.md section 1). Refuses lower case, any other prefix,
//! more than 3,077 characters, and every white space or control character but U+0020, which is a Base45 symbol.
//! White space around the text, which scanners add, is trimmed; nothing else is repaired.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::base45;
use crate::envelope::OWN_BYTES_MAX;
use crate::fault::{Fault, Unit, What, length};

/// Stands before the Base45 text; all its characters are in the QR alphanumeric alphabet.
pub const PREFIX: &str = "SND1:";

/// Longest text: the prefix and the Base45 form of 2,048 bytes.
pub const CHARACTERS_MAX: usize = 3_077;

/// A QR text. Its characters are those of the QR alphanumeric alphabet.
///
/// Nearly every text has a space in it and one in fifteen has two in a row, so nothing that shows, stores or
/// transports one may collapse white space.
#[derive(Clone, PartialEq, Eq)]
pub struct QrText(String);

impl QrText {
    /// The text of a document.
    ///
    /// # Errors
    /// [`What::Length`] when the document has more than 2,048 bytes.
    pub fn from_document(document: &[u8]) -> Result<Self, Fault> {
        if document.is_empty() || document.len() > OWN_BYTES_MAX {
            return Err(length(Unit::Bytes, document.len(), 1, OWN_BYTES_MAX));
        }
        let mut text =
            String::with_capacity(PREFIX.len().saturating_add(base45::encoded_length(document.len())));
        text.push_str(PREFIX);
        base45::encode_into(document, &mut text);
        Ok(Self(text))
    }

    /// The document in a scanned text; white space around it is trimmed.
    ///
    /// # Errors
    /// [`What::Prefix`], [`What::Length`], and the faults of the Base45 decoder with the position in the text.
    pub fn decode(scanned: &str) -> Result<Vec<u8>, Fault> {
        let text = scanned.trim();
        let Some(symbols) = text.strip_prefix(PREFIX) else {
            return Err(What::Prefix.into());
        };
        let characters = text.chars().count();
        if characters > CHARACTERS_MAX || symbols.is_empty() {
            let min = PREFIX.len().saturating_add(2);
            return Err(length(Unit::Characters, characters, min, CHARACTERS_MAX));
        }
        base45::decode(symbols, PREFIX.len())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A QR text holds a person's name, so its `Debug` shows the length only.
impl fmt::Debug for QrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrText({} characters)", self.0.len())
    }
}
