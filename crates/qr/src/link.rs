//! Drawing a link for a phone's camera (ISO/IEC 18004, 7.4.5): byte mode, level M.
//!
//! No Sanad document is drawn so: links are shown on a screen, which nobody folds.

use qrcode::{EcLevel, QrCode};

use crate::{DrawFault, Level, Module, Symbol, Version};

/// Draws a link.
///
/// # Errors
/// [`DrawFault::Empty`], [`DrawFault::TooLong`].
pub fn draw_link(link: &str) -> Result<Symbol, DrawFault> {
    if link.is_empty() {
        return Err(DrawFault::Empty);
    }
    let level = Level::Medium;
    let too_long = || DrawFault::TooLong { characters: link.len(), level };
    let code = QrCode::with_error_correction_level(link, EcLevel::M).map_err(|_| too_long())?;
    let version = match code.version() {
        qrcode::Version::Normal(number) => u8::try_from(number).ok().and_then(Version::new),
        qrcode::Version::Micro(_) => None,
    };
    let module = |colour| match colour {
        qrcode::Color::Dark => Module::Dark,
        qrcode::Color::Light => Module::Light,
    };
    let modules = code.into_colors().into_iter().map(module).collect();
    version.and_then(|version| Symbol::new(version, level, modules)).ok_or_else(too_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_small_letters_reads_back() {
        let link =
            "openid4vp://?client_id=decentralized_identifier%3Adid%3Akey%3Az6Mk&request_uri=https%3A%2F%2Fd";
        let symbol = draw_link(link).unwrap();
        let svg = crate::svg(&symbol, crate::PrintedSide::OfTheReader);
        assert!(svg.starts_with("<svg") && !svg.contains("client_id"));
        let pixels = crate::ModulePixels::new(4).unwrap();
        let image = crate::png(&symbol, pixels).unwrap();
        let found = crate::read(&image).unwrap();
        assert!(found.iter().any(|reading| reading.text() == link));
        assert_eq!(draw_link("").unwrap_err(), DrawFault::Empty);
        assert!(matches!(draw_link(&"x".repeat(5_000)).unwrap_err(), DrawFault::TooLong { .. }));
    }
}
