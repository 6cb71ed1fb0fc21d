//! PNG (ISO/IEC 15948): grey, one bit a pixel, a whole number of pixels a module, quiet zone included.
//!
//! A module of a broken number of pixels has modules of unequal size, which costs the reader its margin; so the
//! size is stated in pixels a module and not in pixels a side.

use crate::{DrawFault, Module, QUIET_ZONE, Symbol};

/// The bytes of a PNG file of a symbol, black on white.
pub fn png(symbol: &Symbol, module: ModulePixels) -> Result<Vec<u8>, DrawFault> {
    let side = u32::from(symbol.side_with_quiet_zone()).saturating_mul(u32::from(module.pixels()));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    // Each row of pixels repeats the one above; the fast compressor finds that.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header().map_err(|_| DrawFault::PngNotWritten)?;
    writer.write_image_data(&packed_pixels(symbol, module)).map_err(|_| DrawFault::PngNotWritten)?;
    writer.finish().map_err(|_| DrawFault::PngNotWritten)?;
    Ok(file)
}

/// Pixels a side of one module, 2 to 40.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModulePixels(u8);

impl ModulePixels {
    /// Refuses what is outside 2 to 40.
    pub const fn new(pixels: u8) -> Result<Self, DrawFault> {
        match pixels {
            MODULE_PIXELS_MIN..=MODULE_PIXELS_MAX => Ok(Self(pixels)),
            _ => Err(DrawFault::ModulePixels { pixels, min: MODULE_PIXELS_MIN, max: MODULE_PIXELS_MAX }),
        }
    }

    /// The number of pixels.
    pub const fn pixels(self) -> u8 {
        self.0
    }
}

/// Rows from the top, eight pixels a byte, the leftmost in the highest bit, rows padded to whole bytes.
fn packed_pixels(symbol: &Symbol, module: ModulePixels) -> Vec<u8> {
    let times = usize::from(module.pixels());
    let quiet = usize::from(QUIET_ZONE).saturating_mul(times);
    let quiet_columns = || core::iter::repeat_n(LIGHT, quiet);
    let pack = |bits: Vec<u8>| -> Vec<u8> {
        let pack_byte = |eight: &[u8]| {
            let filled = eight.iter().copied().chain(core::iter::repeat(LIGHT)).take(8);
            filled.fold(0_u8, |byte, bit| (byte << 1) | bit)
        };
        bits.chunks(8).map(pack_byte).collect()
    };
    let width = usize::from(symbol.side_with_quiet_zone()).saturating_mul(times);
    let quiet_row = pack(vec![LIGHT; width]);
    let mut pixels = quiet_row.repeat(quiet);
    for modules in symbol.rows() {
        let columns = modules.iter().flat_map(|module| {
            core::iter::repeat_n(if *module == Module::Dark { DARK } else { LIGHT }, times)
        });
        let row = pack(quiet_columns().chain(columns).chain(quiet_columns()).collect());
        pixels.extend(row.repeat(times));
    }
    pixels.extend(quiet_row.repeat(quiet));
    pixels
}

const DARK: u8 = 0;
const LIGHT: u8 = 1;
/// One pixel a module leaves a reader nothing to threshold.
const MODULE_PIXELS_MIN: u8 = 2;
/// The largest symbol is then 7,400 pixels a side, within what this crate reads.
const MODULE_PIXELS_MAX: u8 = 40;

#[cfg(test)]
mod tests {
    use super::{ModulePixels, png};
    use crate::{Encoder, draw, read, read_print};

    #[test]
    fn two_spaces_in_a_row_survive_png_at_every_module_size() {
        let text = "SND1:A  B   C    :::%%";
        let symbol = draw(text, Encoder::Bulk).unwrap().symbol;
        for pixels in 2..=40 {
            let file = png(&symbol, ModulePixels::new(pixels).unwrap()).unwrap();
            assert_eq!(read_print(&file).unwrap(), text);
            assert_eq!(read(&file).unwrap()[0].text(), text, "{pixels} pixels a module");
        }
    }

    #[test]
    fn a_module_size_outside_the_limits_is_refused() {
        for pixels in [0, 1, 41, 255] {
            assert!(ModulePixels::new(pixels).is_err());
        }
    }

    #[test]
    fn the_same_symbol_gives_the_same_bytes() {
        let symbol = draw("SND1:ABC", Encoder::Bulk).unwrap().symbol;
        let size = ModulePixels::new(4).unwrap();
        assert_eq!(png(&symbol, size).unwrap(), png(&symbol, size).unwrap());
    }
}
