//! What was laid on the counter: codes as texts, pictures and files, become the bytes of documents.
//!
//! A file that cannot be opened is a fault of the call. One that opens and holds no Sanad document is a card that cannot be
//! read, which is an answer of its own.

use sanad_credential::{FIRST_BYTE, PREFIX, QrText};
use sanad_qr::source::{self, DocumentFault, SourceFault, Wanted};

/// What a Sanad code looks like from outside.
pub const WANTED: Wanted<'_> = Wanted { prefix: PREFIX, first_byte: FIRST_BYTE };

/// Nobody lays more on a counter; each takes a signature's time, and a picture much more.
const CODES_MAX: usize = 64;

/// Codes that were shown.
#[derive(Debug)]
pub struct Shown {
    /// The documents that were found.
    pub documents: Vec<source::Document>,
    /// What could not be read, in words.
    pub unreadable: Vec<String>,
}

/// Reads what was shown.
///
/// # Errors
/// The first file that cannot be opened, in words.
pub fn shown(codes: &[String]) -> Result<Shown, String> {
    let mut shown = Shown { documents: Vec::new(), unreadable: Vec::new() };
    if codes.len() > CODES_MAX {
        return Err(format!("{} codes were given, at most {CODES_MAX} are read", codes.len()));
    }
    for code in codes {
        let found = documents(code);
        shown.documents.extend(found.documents);
        for fault in found.faults {
            match &fault {
                DocumentFault::Source(
                    SourceFault::File { .. } | SourceFault::Nothing { .. } | SourceFault::TooLarge { .. },
                ) => return Err(fault.to_string()),
                DocumentFault::Source(
                    SourceFault::Empty { .. } | SourceFault::Image { .. } | SourceFault::Unknown { .. },
                )
                | DocumentFault::Foreign { .. }
                | DocumentFault::Text { .. } => shown.unreadable.push(fault.to_string()),
            }
        }
    }
    Ok(shown)
}

/// What one argument holds.
pub fn documents(code: &str) -> source::Documents<sanad_credential::Fault> {
    source::documents(code, WANTED, QrText::decode)
}
