//! Showing a document as a QR code: in the terminal, as PNG, as SVG.
//!
//! Every picture is read back before it is handed out; one that our own reader cannot read is an error, not a hope.

use sanad_credential::QrText;
use sanad_qr::{Correction, DrawFault, Encoder, ModulePixels, PrintedSide, ReadFault, Symbol, TerminalStyle};

/// A symbol that was read back.
pub struct Shown {
    symbol: Symbol,
    correction: Correction,
}

/// Why a document is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowFault {
    /// It cannot be drawn.
    #[error("cannot be drawn: {0}")]
    Draw(DrawFault),
    /// The picture cannot be read.
    #[error("the picture cannot be read back: {0}")]
    Read(ReadFault),
    /// The picture reads as something else.
    #[error("the picture reads as another text")]
    Differs,
}

/// Draws a text and reads it back.
///
/// # Errors
/// [`ShowFault`].
pub fn show(text: &QrText) -> Result<Shown, ShowFault> {
    let drawing = sanad_qr::draw(text.as_str(), Encoder::Bulk).map_err(ShowFault::Draw)?;
    let read = sanad_qr::read_back(&drawing.symbol).map_err(ShowFault::Read)?;
    if read != text.as_str() {
        return Err(ShowFault::Differs);
    }
    Ok(Shown { symbol: drawing.symbol, correction: drawing.correction })
}

impl Shown {
    /// For a terminal.
    pub fn terminal(&self, style: TerminalStyle) -> String {
        sanad_qr::terminal(&self.symbol, style)
    }

    /// As PNG, which is read back at its own size.
    ///
    /// # Errors
    /// [`ShowFault`].
    pub fn png(&self, text: &QrText, module: ModulePixels) -> Result<Vec<u8>, ShowFault> {
        let png = sanad_qr::png(&self.symbol, module).map_err(ShowFault::Draw)?;
        match sanad_qr::read_print(&png).map_err(ShowFault::Read)? {
            read if read == text.as_str() => Ok(png),
            _ => Err(ShowFault::Differs),
        }
    }

    /// As SVG.
    pub fn svg(&self) -> String {
        sanad_qr::svg(&self.symbol, PrintedSide::OfTheReader)
    }

    /// Columns and rows that the terminal needs.
    pub fn terminal_size(&self) -> (u16, u16) {
        let side = self.symbol.side_with_quiet_zone();
        (side, side.div_ceil(2))
    }

    /// Whether the symbol has the error correction it should have.
    pub fn correction(&self) -> Correction {
        self.correction
    }
}
