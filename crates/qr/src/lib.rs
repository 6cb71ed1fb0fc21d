#![doc = include_str!("../README.md")]
#![doc = include_str!("../DAMAGE.md")]

// Drawing, then reading, each from its entry to its parts.
mod alphanumeric;
mod attempts;
mod draw;
mod fault;
mod finder;
mod image_file;
mod link;
mod luma;
mod png_file;
mod read;
mod scan;
pub mod source;
mod svg;
mod svg_read;
mod symbol;
mod terminal;

pub use attempts::{ATTEMPTS, Attempt, Binarisation, Polarity, Preparation};
pub use draw::{Correction, Drawing, Encoder, LARGEST_QUARTILE_VERSION, draw, draw_at_level};
pub use fault::{DrawFault, ReadFault};
pub use image_file::{DECODED_BYTES_MAX, FILE_BYTES_MAX, PIXELS_MAX, SIDE_PIXELS_MAX};
pub use link::draw_link;
pub use luma::Luma;
pub use png_file::{ModulePixels, png};
pub use read::{READ_BACK_PIXELS, Reading, read, read_back, read_luma, read_print};
pub use svg::{PrintedSide, svg, svg_path};
pub use svg_read::read_svg;
pub use symbol::{Level, Module, QUIET_ZONE, Symbol, Version};
pub use terminal::{TerminalStyle, terminal};
