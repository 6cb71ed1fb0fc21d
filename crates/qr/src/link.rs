//! Links as QR symbols: byte mode, for what other people's wallets read from a screen.
//!
//! Level M: a screen has no stains, and a link of some hundred characters shall stay small enough for a cheap camera. Refused:
//! an empty text, whatever is no printable ASCII (a link is percent-encoded), and what does not fit version 40.

use qrcode::QrCode;
use qrcode::bits::Bits;

use crate::symbol::{Level, Module, Symbol, Version};
use crate::{DrawFault, Encoder};

/// Draws a link at the smallest version that holds it.
///
/// # Errors
/// [`DrawFault`].
pub fn draw_link(link: &str) -> Result<Symbol, DrawFault> {
    if link.is_empty() {
        return Err(DrawFault::Empty);
    }
    if let Some((position, character)) =
        link.chars().enumerate().find(|(_, character)| !character.is_ascii_graphic())
    {
        return Err(DrawFault::NotALink { position, character });
    }
    let level = Level::Medium;
    let fitting = Version::all().find_map(|version| Some((version, bits(link, version, level)?)));
    let (version, bits) = fitting.ok_or(DrawFault::TooLong { characters: link.len(), level })?;
    let modules = QrCode::with_bits(bits, level.to_qrcode()).ok().map(|code| {
        let module = |colour| match colour {
            qrcode::Color::Dark => Module::Dark,
            qrcode::Color::Light => Module::Light,
        };
        code.into_colors().into_iter().map(module).collect()
    });
    modules.and_then(|modules| Symbol::new(version, level, modules)).ok_or(DrawFault::EncoderDisagrees {
        encoder: Encoder::Reference,
        version,
        level,
    })
}

/// The bits of the one segment, where the version has room for them.
fn bits(link: &str, version: Version, level: Level) -> Option<Bits> {
    let mut bits = Bits::new(version.to_qrcode());
    bits.push_byte_data(link.as_bytes()).ok()?;
    bits.push_terminator(level.to_qrcode()).ok()?;
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_back;

    #[test]
    fn a_link_reads_back_to_the_letter_at_every_length() {
        for length in [1, 20, 100, 400, 700, 1_000, 2_300] {
            let link: String = "openid-credential-offer://?x=%7Ba~_-.".chars().cycle().take(length).collect();
            assert_eq!(read_back(&draw_link(&link).unwrap()).unwrap(), link, "{length}");
        }
    }

    #[test]
    fn what_is_no_link_or_too_long_is_refused() {
        assert_eq!(draw_link(""), Err(DrawFault::Empty));
        for wrong in ["a b", "a\n", "\u{e9}"] {
            assert!(matches!(draw_link(wrong), Err(DrawFault::NotALink { .. })), "{wrong:?}");
        }
        assert!(matches!(draw_link(&"x".repeat(2_332)), Err(DrawFault::TooLong { .. })));
        assert!(draw_link(&"x".repeat(2_331)).is_ok(), "ISO/IEC 18004 table 7");
    }
}
