//! Image files: PNG (ISO/IEC 15948) and JPEG (ISO/IEC 10918-1), told apart by their first bytes, never by name.
//!
//! A file comes from a stranger. Its size is compared before anything else, its announced dimensions before a pixel
//! is decoded, so that a small file that announces a large picture costs nothing. Other formats are refused: each
//! decoder more is a door more.

use crate::{Luma, ReadFault};
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, ImageResult, Limits};
use std::io::Cursor;

/// The grey picture in a file. Transparent pixels are white, as on paper.
pub(crate) fn decode(file: &[u8]) -> Result<Luma, ReadFault> {
    if file.len() > FILE_BYTES_MAX {
        return Err(ReadFault::TooLarge { bytes: file.len(), max: FILE_BYTES_MAX });
    }
    if file.starts_with(&PNG_SIGNATURE) {
        refuse_png_by_header(file)?;
        decode_with(PngDecoder::with_limits(Cursor::new(file), limits()))
    } else if file.starts_with(&JPEG_START) {
        decode_with(JpegDecoder::new(Cursor::new(file)))
    } else {
        Err(ReadFault::NotAnImage)
    }
}

fn decode_with(decoder: ImageResult<impl ImageDecoder>) -> Result<Luma, ReadFault> {
    let mut decoder = decoder.map_err(|_| ReadFault::Damaged)?;
    let (width, height) = decoder.dimensions();
    refuse_dimensions(width, height)?;
    let bytes = decoder.total_bytes();
    if bytes > DECODED_BYTES_MAX {
        return Err(ReadFault::TooDeep { bytes, max: DECODED_BYTES_MAX });
    }
    decoder.set_limits(limits()).map_err(|_| ReadFault::Damaged)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| ReadFault::Damaged)?;
    let pixels = if picture.color().has_alpha() {
        let on_white = |pixel: &image::LumaA<u8>| {
            let [grey, opacity] = pixel.0.map(u16::from);
            let ink = 255_u16.saturating_sub(grey).saturating_mul(opacity) / 255;
            u8::try_from(255_u16.saturating_sub(ink)).unwrap_or(u8::MAX)
        };
        picture.into_luma_alpha8().pixels().map(on_white).collect()
    } else {
        picture.into_luma8().into_raw()
    };
    Luma::new(width, height, pixels)
}

/// Whether a file starts like one of the two formats.
pub(crate) fn is_image(file: &[u8]) -> bool {
    file.starts_with(&PNG_SIGNATURE) || file.starts_with(&JPEG_START)
}

/// The PNG decoder refuses large dimensions by itself, as damaged; this says why. IHDR is the first chunk, its
/// width and height at bytes 16 to 23 (ISO/IEC 15948, 11.2.2).
fn refuse_png_by_header(file: &[u8]) -> Result<(), ReadFault> {
    let number = |at: usize| file.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    match (number(16), number(20)) {
        (Some(width), Some(height)) => refuse_dimensions(width, height),
        _ => Err(ReadFault::Damaged),
    }
}

fn refuse_dimensions(width: u32, height: u32) -> Result<(), ReadFault> {
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX || pixels > PIXELS_MAX {
        let (max_side, max_pixels) = (SIDE_PIXELS_MAX, PIXELS_MAX);
        return Err(ReadFault::TooManyPixels { width, height, max_side, max_pixels });
    }
    Ok(())
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_PIXELS_MAX);
    limits.max_image_height = Some(SIDE_PIXELS_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits
}

/// The largest file: the JPEG of a 50-megapixel camera at its best quality has about 25 MB.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The longest side: a 50-megapixel camera gives 8,192; panoramas beyond this hold no card worth reading.
pub const SIDE_PIXELS_MAX: u32 = 12_000;
/// The most pixels: the largest common phone cameras. Larger ones must be scaled down by whoever sends them.
pub const PIXELS_MAX: u64 = 50_500_000;
/// The most bytes of decoded pixels: four for each of [`PIXELS_MAX`]. Refuses 16-bit colour at full size.
pub const DECODED_BYTES_MAX: u64 = 202_000_000;

const PNG_SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
/// The start of image marker and the first byte of the next marker (ISO/IEC 10918-1, B.1.1.3).
const JPEG_START: [u8; 3] = [0xff, 0xd8, 0xff];
