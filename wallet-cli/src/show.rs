//! Showing a text as a QR code: in the terminal, as PNG, as SVG, as a page.
//!
//! Every picture is read back before it is handed out, in the form and size in which it is handed out; one that our own
//! reader cannot read is an error, not a hope. On paper the error correction is Q, which bears folds and stains; on a screen
//! it is the highest with which the code fits, since a screen has neither. A code that does not fit is not drawn at all.

use sanad_qr::{
    Correction, DrawFault, Encoder, Level, Luma, ModulePixels, PrintedSide, ReadFault, Symbol, TerminalStyle,
};

/// A symbol that was read back.
pub struct Shown {
    text: String,
    symbol: Symbol,
    correction: Correction,
}

/// Why a text is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowFault {
    /// It cannot be drawn.
    #[error("cannot be drawn: {0}")]
    Draw(DrawFault),
    /// The picture cannot be read.
    #[error("the picture cannot be read back at its size, so it is not handed out: {0}")]
    Read(ReadFault),
    /// The picture reads as something else.
    #[error("the picture reads as another text, so it is not handed out")]
    Differs,
    /// The terminal is too small.
    #[error(
        "this code needs {needed} columns, the terminal has {columns}: make the window wider or its letters smaller, or use \
         --png or --html"
    )]
    Narrow {
        /// Columns it needs at the least.
        needed: u16,
        /// Columns there are.
        columns: u16,
    },
}

/// Draws a text for paper and reads it back.
///
/// # Errors
/// [`ShowFault`].
pub fn show(text: &str) -> Result<Shown, ShowFault> {
    let drawing = sanad_qr::draw(text, Encoder::Bulk).map_err(ShowFault::Draw)?;
    same(sanad_qr::read_back(&drawing.symbol), text)?;
    Ok(Shown { text: text.to_owned(), symbol: drawing.symbol, correction: drawing.correction })
}

/// What fits on a screen: error corrections from the highest.
const SCREEN_LEVELS: [Level; 3] = [Level::Quartile, Level::Medium, Level::Low];

/// Draws a text for a terminal of so many columns, as the eye sees it there, and reads that back.
///
/// # Errors
/// [`ShowFault`].
pub fn terminal(text: &str, columns: Option<u16>, style: TerminalStyle) -> Result<String, ShowFault> {
    let mut needed = 0;
    for level in SCREEN_LEVELS {
        let Ok(symbol) = sanad_qr::draw_at_level(text, level, Encoder::Bulk) else { continue };
        needed = symbol.side_with_quiet_zone();
        if columns.is_none_or(|columns| needed <= columns) {
            let drawing = sanad_qr::terminal(&symbol, style);
            let picture = seen(&drawing, style).ok_or(ShowFault::Differs)?;
            let read = sanad_qr::read_luma(&picture).map_err(ShowFault::Read)?;
            return if read.iter().any(|read| read.text() == text) {
                Ok(drawing)
            } else {
                Err(ShowFault::Differs)
            };
        }
    }
    Err(ShowFault::Narrow { needed, columns: columns.unwrap_or_default() })
}

/// Pixels of half a cell.
const CELL_PIXELS: usize = 4;

/// What the eye sees of a drawing: dark modules dark, whichever of the two the style draws.
fn seen(drawing: &str, style: TerminalStyle) -> Option<Luma> {
    let (ink, paper) = match style {
        TerminalStyle::BlackOnWhite => (0, 255),
        TerminalStyle::Plain => (255, 0),
    };
    let mut pixels = Vec::new();
    let mut width = 0;
    let mut height = 0_usize;
    for line in drawing.lines() {
        let cells: Vec<char> =
            line.chars().filter(|cell| matches!(cell, ' ' | '\u{2580}' | '\u{2584}' | '\u{2588}')).collect();
        width = cells.len().checked_mul(CELL_PIXELS)?;
        for half in ['\u{2580}', '\u{2584}'] {
            let shade = |cell: &char| if *cell == half || *cell == '\u{2588}' { ink } else { paper };
            let row: Vec<u8> = cells.iter().flat_map(|cell| [shade(cell); CELL_PIXELS]).collect();
            for _ in 0..CELL_PIXELS {
                pixels.extend_from_slice(&row);
                height = height.saturating_add(1);
            }
        }
    }
    // The quiet zone of a margin: what lies around the drawing is not ours.
    Luma::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?, pixels).ok()
}

impl Shown {
    /// As PNG, which is read back at its own size.
    ///
    /// # Errors
    /// [`ShowFault`].
    pub fn png(&self, module: ModulePixels) -> Result<Vec<u8>, ShowFault> {
        let png = sanad_qr::png(&self.symbol, module).map_err(ShowFault::Draw)?;
        same(sanad_qr::read_print(&png), &self.text)?;
        Ok(png)
    }

    /// As SVG, which is read back as a printer would draw it.
    ///
    /// # Errors
    /// [`ShowFault`].
    pub fn svg(&self) -> Result<String, ShowFault> {
        let svg = sanad_qr::svg(&self.symbol, PrintedSide::OfTheReader);
        same(sanad_qr::read_svg(&svg), &self.text)?;
        Ok(svg)
    }

    /// Whether the symbol has the error correction it should have.
    pub fn correction(&self) -> Correction {
        self.correction
    }
}

fn same(read: Result<String, ReadFault>, text: &str) -> Result<(), ShowFault> {
    match read {
        Ok(read) if read == text => Ok(()),
        Ok(_) => Err(ShowFault::Differs),
        Err(fault) => Err(ShowFault::Read(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_the_highest_correction_that_fits_and_never_broken() {
        let text = format!("SND1:{}", "A1 B2  C3:".repeat(40));
        let width = |columns| {
            let drawn = terminal(&text, columns, TerminalStyle::Plain);
            drawn.map(|drawn| drawn.lines().next().map_or(0, |line| line.chars().count()))
        };
        let (free, eighty) = (width(None).unwrap(), width(Some(73)).unwrap());
        assert!(eighty <= 73 && free > 73, "{free} {eighty}");
        assert!(matches!(width(Some(40)), Err(ShowFault::Narrow { columns: 40, .. })));
        assert!(terminal(&text, Some(73), TerminalStyle::BlackOnWhite).is_ok());
    }
}
