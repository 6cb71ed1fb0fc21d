//! The slip that a patient takes home: what was decided, what it costs, what to do, where to appeal, and the receipt.
//!
//! No name and no diagnosis; who shows it has the receipt. The texts come in the patient's language; this module orders
//! them and makes plain text of 32 columns for a thermal printer. [`super::slip_page`] lays them out,
//! [`super::slip_svg`] draws them. No text is ever cut: it wraps, and where a page is full the next one begins.

use sanad_credential::{CredentialId, Decision, Fault, QrText, printable};
use sanad_messages::Direction;
use sanad_qr::{DrawFault, Encoder, Symbol, draw};

/// Columns of a 58 mm thermal printer in its ordinary font.
const COLUMNS: usize = 32;

/// What a slip says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// How its lines run.
    pub direction: Direction,
    /// What it is.
    pub title: String,
    /// For the shape beside the decision.
    pub decision: Decision,
    /// The decision in words.
    pub decision_text: String,
    /// What follows, in order.
    pub parts: Vec<Part>,
    /// Where and when: short texts, beside the code of the receipt where the paper is wide enough.
    pub about: Vec<Part>,
    /// The receipt.
    pub receipt: Option<SlipReceipt>,
    /// Sentences at the end, in small letters.
    pub ends: Vec<String>,
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The heading.
    pub heading: String,
    /// One text or several, each a paragraph.
    pub texts: Vec<String>,
}

/// The receipt on a slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipReceipt {
    /// What stands before its number.
    pub heading: String,
    /// Its number.
    pub id: CredentialId,
    /// The COSE_Sign1.
    pub document: Vec<u8>,
}

/// The size of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 105 x 148 mm.
    A6,
    /// A roll of 58 mm, 48 mm of which are printed.
    Roll58,
}

impl Paper {
    /// The word in commands.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "a6" => Some(Paper::A6),
            "58mm" => Some(Paper::Roll58),
            _ => None,
        }
    }
}

/// Why there is no slip.
#[derive(Debug, thiserror::Error)]
pub enum SlipFault {
    /// The receipt makes no QR text.
    #[error("the receipt: {0}")]
    Receipt(Fault),
    /// The symbol.
    #[error("the symbol of the receipt: {0}")]
    Symbol(DrawFault),
}

impl Slip {
    /// The symbol of its receipt.
    pub(crate) fn symbol(&self) -> Result<Option<Symbol>, SlipFault> {
        let Some(receipt) = &self.receipt else { return Ok(None) };
        let text = QrText::from_document(&receipt.document).map_err(SlipFault::Receipt)?;
        let drawing = draw(text.as_str(), Encoder::Reference).map_err(SlipFault::Symbol)?;
        Ok(Some(drawing.symbol))
    }

    /// Plain text of 32 columns. What is right to left is so in the text; the printer lays it out.
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        let mut add = |text: &str| lines.extend(wrap(&shown(text), COLUMNS, |_| 1));
        add(&self.title);
        add(&"=".repeat(COLUMNS));
        add(&self.decision_text);
        for part in self.parts.iter().chain(&self.about) {
            add(&"-".repeat(COLUMNS));
            add(&part.heading);
            part.texts.iter().for_each(|text| add(text));
        }
        if let Some(receipt) = &self.receipt {
            add(&"-".repeat(COLUMNS));
            add(&receipt.heading);
            add(&grouped(receipt.id));
        }
        if !self.ends.is_empty() {
            add(&"-".repeat(COLUMNS));
        }
        self.ends.iter().for_each(|text| add(text));
        lines.join("\n") + "\n"
    }
}

/// A number in groups of four, as people read it to each other.
pub fn grouped(id: CredentialId) -> String {
    let digits: Vec<char> = id.to_string().chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A value of Latin letters and digits, whose order a right-to-left line would turn around.
pub(crate) fn isolated(value: &str, direction: Direction) -> String {
    match direction {
        Direction::LeftToRight => value.to_owned(),
        // U+2066 left-to-right isolate, U+2069 its end (UAX 9).
        Direction::RightToLeft => format!("\u{2066}{value}\u{2069}"),
    }
}

/// Nothing that rewrites the paper, but the isolates that the catalogue sets around values.
pub(crate) fn shown(text: &str) -> String {
    let is_isolate = |character: &char| matches!(character, '\u{2066}'..='\u{2069}');
    let parts: Vec<String> = text
        .chars()
        .map(|character| {
            if is_isolate(&character) {
                character.to_string()
            } else {
                printable(character.encode_utf8(&mut [0; 4]))
            }
        })
        .collect();
    parts.concat()
}

/// Lines of at most this width. Breaks at spaces, and within a word that is wider than a line; nothing is left out but
/// the spaces at which it breaks.
pub(crate) fn wrap(text: &str, width: usize, of: impl Fn(char) -> usize) -> Vec<String> {
    let measure = |text: &str| text.chars().map(|character| character_width(character, &of)).sum::<usize>();
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let space = if line.is_empty() { 0 } else { of(' ') };
        if measure(&line).saturating_add(space).saturating_add(measure(word)) <= width {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            let wide = character_width(character, &of);
            // A mark stays with its letter.
            if wide > 0 && !line.is_empty() && measure(&line).saturating_add(wide) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Marks and direction characters take no room of their own.
fn character_width(character: char, of: &impl Fn(char) -> usize) -> usize {
    match character {
        '\u{0300}'..='\u{036F}'
        | '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{093C}'
        | '\u{0941}'..='\u{0948}'
        | '\u{094D}'
        | '\u{09BC}'
        | '\u{09C1}'..='\u{09C4}'
        | '\u{09CD}'
        | '\u{135D}'..='\u{135F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' => 0,
        character => of(character),
    }
}
