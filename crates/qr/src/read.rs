//! Reading the symbols in an image file, in a camera frame, or in a print just made.
//!
//! Order: the file's size, its kind, its announced dimensions, its pixels, then the attempts until one reads
//! something. Texts come out as the symbols spell them: runs of spaces stay, nothing is trimmed or normalised.
//! Whether a text is a Sanad document is not decided here.

use crate::scan::{look, look_at_print};
use crate::{ATTEMPTS, Attempt, Luma, ModulePixels, ReadFault, Symbol, image_file, png};

/// Reads a PNG or JPEG file: every symbol of the first attempt that reads one.
pub fn read(file: &[u8]) -> Result<Vec<Reading>, ReadFault> {
    read_luma(&image_file::decode(file)?)
}

/// Reads a grey picture, as cameras give it.
pub fn read_luma(picture: &Luma) -> Result<Vec<Reading>, ReadFault> {
    let reduced = reduced_to_working_size(picture);
    let picture = reduced.as_ref().unwrap_or(picture);
    let mut work = 0_u64;
    let mut attempts = 0_usize;
    for attempt in ATTEMPTS {
        let Some(prepared) = attempt.preparation.apply(picture) else { continue };
        work = work.saturating_add(prepared.area());
        if work > WORK_PIXELS_MAX {
            break;
        }
        attempts = attempts.saturating_add(1);
        let texts = look(&prepared, attempt);
        if !texts.is_empty() {
            return Ok(texts.into_iter().map(|text| Reading { text, attempt }).collect());
        }
    }
    Err(ReadFault::NoSymbol { attempts })
}

/// Reads the PNG of a print just made, with no help from the attempts: what does not read clean must not be
/// handed out.
pub fn read_print(file: &[u8]) -> Result<String, ReadFault> {
    look_at_print(&image_file::decode(file)?).ok_or(ReadFault::NoSymbol { attempts: 1 })
}

/// Renders a symbol as PNG and reads those bytes: the check of an issuer before release.
pub fn read_back(symbol: &Symbol) -> Result<String, ReadFault> {
    let pixels = ModulePixels::new(READ_BACK_PIXELS).map_err(ReadFault::NotRendered)?;
    read_print(&png(symbol, pixels).map_err(ReadFault::NotRendered)?)
}

/// One symbol read from a picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    text: String,
    attempt: Attempt,
}

impl Reading {
    /// The text, exactly as the symbol spells it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, owned.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The attempt that read it.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }
}

/// A QR text is never written to a log.
impl core::fmt::Debug for Reading {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Reading").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// `None` where the picture already has a working size.
fn reduced_to_working_size(picture: &Luma) -> Option<Luma> {
    if picture.area() <= WORKING_PIXELS_MAX {
        return None;
    }
    let halved = picture.halved()?;
    reduced_to_working_size(&halved).or(Some(halved))
}

/// Pixels a module of the print that [`read_back`] renders and reads. Two would do for the reader; three shows
/// an error of one pixel in the renderer.
pub const READ_BACK_PIXELS: u8 = 3;

/// The largest picture the attempts are made on: a fourth of the largest picture accepted, and what most phone
/// cameras give. A symbol of version 20 that fills a tenth of its width still has four pixels a module.
const WORKING_PIXELS_MAX: u64 = 12_700_000;
/// Pixels looked at in all attempts together, so that the largest picture has a known worst case. Small pictures
/// never come near.
const WORK_PIXELS_MAX: u64 = 100_000_000;
