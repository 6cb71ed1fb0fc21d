//! The result of a job: for each line of the input its document, or what is wrong with it.
//!
//! One JSON object a line: `{"line":2,"cti":"…"}`, with `"same":true` where the document was there already, or
//! `{"line":3,"field":"birth","problem":"…"}`. The problem never has the person's data. Kept in pieces that end between
//! two lines.

use sanad_credential::{CredentialId, printable};
use serde::{Deserialize, Serialize};

use crate::register::RowFault;
use crate::store::paper::CONTENT_BYTES_MAX;

/// Longest text of a problem, in characters.
const PROBLEM_CHARACTERS_MAX: usize = 300;

/// What a line takes beside its texts, at most.
const LINE_BYTES: usize = 80;

/// What the line of a signed document takes of a piece: the id has 16 digits.
pub(super) const SIGNED_LINE_BYTES: usize = LINE_BYTES + 16;

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResultLine {
    /// Line of the input, from 1.
    pub line: u64,
    /// Its document.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cti: Option<String>,
    /// Whether the document was there already.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub same: bool,
    /// The member or column that is wrong; empty for the whole line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<String>,
}

impl ResultLine {
    /// A line that was signed.
    pub(super) fn signed(line: u64, cti: CredentialId) -> Self {
        Self { line, cti: Some(cti.to_string()), same: false, field: None, problem: None }
    }

    /// A line that has a document already.
    pub(super) fn same(line: u64, cti: CredentialId) -> Self {
        Self { same: true, ..Self::signed(line, cti) }
    }

    /// A line that is bad.
    pub(super) fn bad(fault: &RowFault) -> Self {
        let short = |text: &str| printable(text).chars().take(PROBLEM_CHARACTERS_MAX).collect::<String>();
        let (field, problem) = (Some(short(&fault.field)), Some(short(&fault.problem)));
        Self { line: fault.line, cti: None, same: false, field, problem }
    }

    fn text(&self) -> Vec<u8> {
        // Numbers and texts always have a JSON form.
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

/// Puts lines into pieces.
pub(super) fn pieces(lines: &[ResultLine]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        let text = line.text();
        match pieces.last_mut() {
            Some(piece) if piece.len().saturating_add(text.len()) <= CONTENT_BYTES_MAX => piece.extend(text),
            _ => pieces.push(text),
        }
    }
    pieces
}

/// How much of a piece a line takes, at most.
pub(super) fn weight(line: &ResultLine) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    [text(&line.cti), text(&line.field), text(&line.problem)]
        .into_iter()
        .fold(LINE_BYTES, usize::saturating_add)
}
