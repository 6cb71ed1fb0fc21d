//! Why a text was not drawn and why an image was not read, with the values compared.
//!
//! No fault carries the text of a symbol: faults are logged, QR texts are not.

use crate::{Encoder, Level, Version};

/// Why a text was not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawFault {
    /// There is no text.
    #[error("the text is empty")]
    Empty,
    /// A character that the alphanumeric mode does not have (ISO/IEC 18004 table 5).
    #[error("character {character:?} at position {position} is not in the QR alphanumeric set")]
    NotAlphanumeric {
        /// Characters before it.
        position: usize,
        /// The character.
        character: char,
    },
    /// A character that no link has: links are printable ASCII.
    #[error(
        "character {character:?} at position {position} is not printable ASCII, as the characters of a link are"
    )]
    NotALink {
        /// Characters before it.
        position: usize,
        /// The character.
        character: char,
    },
    /// More than version 40 holds (ISO/IEC 18004 table 7).
    #[error("{characters} characters do not fit the largest symbol at level {level}")]
    TooLong {
        /// Characters of the text.
        characters: usize,
        /// The level it should have been drawn at.
        level: Level,
    },
    /// The encoder did not give the symbol that the capacity table promises. It means a fault in the encoder.
    #[error("the {encoder:?} encoder did not give a symbol of version {version} at level {level}")]
    EncoderDisagrees {
        /// The encoder.
        encoder: Encoder,
        /// The version asked for.
        version: Version,
        /// The level asked for.
        level: Level,
    },
    /// A module size that no renderer offers.
    #[error("{pixels} pixels a module is outside {min} to {max}")]
    ModulePixels {
        /// Pixels asked for.
        pixels: u8,
        /// The fewest.
        min: u8,
        /// The most.
        max: u8,
    },
    /// The PNG writer failed. It writes to memory, so this means a fault in it.
    #[error("the PNG could not be written")]
    PngNotWritten,
}

/// Why an image was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadFault {
    /// Neither PNG nor JPEG by its first bytes.
    #[error("the file is not a PNG or JPEG image")]
    NotAnImage,
    /// The file is larger than any photograph of a card needs to be.
    #[error("the file has {bytes} bytes, the limit is {max}")]
    TooLarge {
        /// Bytes of the file.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The header announces more pixels than are decoded.
    #[error(
        "the image is {width} by {height} pixels, the limit is {max_side} a side and {max_pixels} in all"
    )]
    TooManyPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The limit for each.
        max_side: u32,
        /// The limit for their product.
        max_pixels: u64,
    },
    /// The header announces more bytes for its pixels than are decoded.
    #[error("the image needs {bytes} bytes of memory, the limit is {max}")]
    TooDeep {
        /// Bytes for the decoded pixels.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// It begins as an image but cannot be decoded: cut short, or corrupted.
    #[error("the image is damaged and cannot be decoded")]
    Damaged,
    /// The number of pixels is not that of the stated width and height, or one of them is 0.
    #[error("{pixels} pixels do not make an image of {width} by {height}")]
    NotThatSize {
        /// Pixels given.
        pixels: usize,
        /// Width stated.
        width: u32,
        /// Height stated.
        height: u32,
    },
    /// No readable QR symbol after every attempt.
    #[error("no readable QR symbol after {attempts} attempts")]
    NoSymbol {
        /// Attempts made.
        attempts: usize,
    },
    /// A print that should hold one symbol holds several.
    #[error("{symbols} QR symbols where one was expected")]
    NotOneSymbol {
        /// Symbols read.
        symbols: usize,
    },
    /// The symbol could not be rendered for reading back.
    #[error("the symbol could not be rendered: {0}")]
    NotRendered(DrawFault),
}
