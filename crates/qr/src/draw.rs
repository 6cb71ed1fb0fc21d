//! Drawing one text as one QR symbol (ISO/IEC 18004, clause 7).
//!
//! Error correction level Q; where that would need more than version 20 the symbol is drawn at level M and the
//! result says so, because such a card folds worse. Refused: an empty text, a character outside the
//! alphanumeric mode, and what does not fit version 40 at level M. A text is never split over symbols.

use crate::alphanumeric::Alphanumeric;
use crate::{DrawFault, Level, Module, Symbol, Version};
use qrcode::QrCode;
use qrcode::bits::Bits;

/// Draws a text by the rule of Sanad documents: level Q up to version 20, else level M and a warning.
///
/// Both encoders give the same version and level; they may choose different masks, both of which read back to
/// the same text.
pub fn draw(text: &str, encoder: Encoder) -> Result<Drawing, DrawFault> {
    let characters = Alphanumeric::parse(text)?;
    let at_quartile = characters.smallest_version(Level::Quartile);
    match at_quartile {
        Some(version) if version.number() <= LARGEST_QUARTILE_VERSION => Ok(Drawing {
            symbol: encode(characters, version, Level::Quartile, encoder)?,
            correction: Correction::Quartile,
        }),
        _ => Ok(Drawing {
            symbol: draw_characters(characters, Level::Medium, encoder)?,
            correction: Correction::ReducedToMedium { quartile_version: at_quartile },
        }),
    }
}

/// Draws a text at a stated level, at the smallest version that holds it.
pub fn draw_at_level(text: &str, level: Level, encoder: Encoder) -> Result<Symbol, DrawFault> {
    draw_characters(Alphanumeric::parse(text)?, level, encoder)
}

/// A symbol and what the issuer must know about it before printing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Drawing {
    /// The symbol.
    pub symbol: Symbol,
    /// Whether it has the error correction that a Sanad document should have.
    pub correction: Correction,
}

/// Whether a symbol has the error correction that a Sanad document should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Level Q, as specified.
    Quartile,
    /// A warning: level M, because level Q would need a symbol too fine for a card.
    ReducedToMedium {
        /// The version that level Q would need; `None` where no version holds the text at level Q.
        quartile_version: Option<Version>,
    },
}

/// Which library places the modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoder {
    /// The `qrcode` crate: the one the others are held against.
    Reference,
    /// The `fast_qr` crate: several times faster, for issuing in bulk.
    Bulk,
}

fn draw_characters(
    characters: Alphanumeric<'_>,
    level: Level,
    encoder: Encoder,
) -> Result<Symbol, DrawFault> {
    let version = characters
        .smallest_version(level)
        .ok_or(DrawFault::TooLong { characters: characters.characters(), level })?;
    encode(characters, version, level, encoder)
}

fn encode(
    characters: Alphanumeric<'_>,
    version: Version,
    level: Level,
    encoder: Encoder,
) -> Result<Symbol, DrawFault> {
    let modules = match encoder {
        Encoder::Reference => encode_reference(characters, version, level),
        Encoder::Bulk => encode_bulk(characters, version, level),
    };
    modules.and_then(|modules| Symbol::new(version, level, modules)).ok_or(DrawFault::EncoderDisagrees {
        encoder,
        version,
        level,
    })
}

fn encode_reference(characters: Alphanumeric<'_>, version: Version, level: Level) -> Option<Vec<Module>> {
    let mut bits = Bits::new(version.to_qrcode());
    // One segment: the crate's own optimiser would cut runs of digits out into numeric mode.
    bits.push_alphanumeric_data(characters.bytes()).ok()?;
    bits.push_terminator(level.to_qrcode()).ok()?;
    let code = QrCode::with_bits(bits, level.to_qrcode()).ok()?;
    let module = |colour| match colour {
        qrcode::Color::Dark => Module::Dark,
        qrcode::Color::Light => Module::Light,
    };
    Some(code.into_colors().into_iter().map(module).collect())
}

fn encode_bulk(characters: Alphanumeric<'_>, version: Version, level: Level) -> Option<Vec<Module>> {
    let code = fast_qr::QRBuilder::new(characters.bytes())
        .mode(fast_qr::Mode::Alphanumeric)
        .version(bulk_version(version)?)
        .ecl(match level {
            Level::Low => fast_qr::ECL::L,
            Level::Medium => fast_qr::ECL::M,
            Level::Quartile => fast_qr::ECL::Q,
            Level::High => fast_qr::ECL::H,
        })
        .build()
        .ok()?;
    let side = code.size;
    let modules = code.data.get(..side.checked_mul(side)?)?;
    Some(modules.iter().map(|module| if module.value() { Module::Dark } else { Module::Light }).collect())
}

fn bulk_version(version: Version) -> Option<fast_qr::Version> {
    BULK_VERSIONS.get(usize::from(version.number().checked_sub(1)?)).copied()
}

/// The largest symbol drawn at level Q. At 97 modules and the quiet zone, a card with a 40 mm symbol has
/// modules of 0.38 mm, about the least that office printers and phone cameras keep apart.
pub const LARGEST_QUARTILE_VERSION: u8 = 20;

/// `fast_qr` numbers its versions by name only.
const BULK_VERSIONS: [fast_qr::Version; 40] = {
    use fast_qr::Version as V;
    [
        V::V01,
        V::V02,
        V::V03,
        V::V04,
        V::V05,
        V::V06,
        V::V07,
        V::V08,
        V::V09,
        V::V10,
        V::V11,
        V::V12,
        V::V13,
        V::V14,
        V::V15,
        V::V16,
        V::V17,
        V::V18,
        V::V19,
        V::V20,
        V::V21,
        V::V22,
        V::V23,
        V::V24,
        V::V25,
        V::V26,
        V::V27,
        V::V28,
        V::V29,
        V::V30,
        V::V31,
        V::V32,
        V::V33,
        V::V34,
        V::V35,
        V::V36,
        V::V37,
        V::V38,
        V::V39,
        V::V40,
    ]
};

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use super::{Correction, Encoder, draw, draw_at_level};
    use crate::{DrawFault, Level, read_back};

    fn text_of(characters: usize) -> String {
        let alphabet: Vec<char> = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars().collect();
        (0..characters).map(|place| alphabet[(place * place * 7 + place * 3) % 45]).collect()
    }

    #[test]
    fn both_encoders_give_the_same_version_and_level_and_read_back_to_the_same_text() {
        for characters in [1, 2, 16, 17, 250, 375, 376, 377, 702, 703, 1500, 2420, 2421, 3077, 3391] {
            let text = text_of(characters);
            let reference = draw(&text, Encoder::Reference).unwrap();
            let bulk = draw(&text, Encoder::Bulk).unwrap();
            assert_eq!(reference.symbol.version(), bulk.symbol.version(), "{characters} characters");
            assert_eq!(reference.symbol.level(), bulk.symbol.level());
            assert_eq!(reference.correction, bulk.correction);
            assert_eq!(read_back(&reference.symbol).unwrap(), text);
            assert_eq!(read_back(&bulk.symbol).unwrap(), text);
        }
    }

    #[test]
    fn every_version_reads_back_at_every_level_from_both_encoders() {
        for level in [Level::Low, Level::Medium, Level::Quartile, Level::High] {
            let mut characters = 1;
            let mut last = 0;
            while let Ok(symbol) = draw_at_level(&text_of(characters), level, Encoder::Bulk) {
                if symbol.version().number() > last {
                    last = symbol.version().number();
                    let reference = draw_at_level(&text_of(characters), level, Encoder::Reference).unwrap();
                    assert_eq!(reference.version(), symbol.version());
                    assert_eq!(read_back(&symbol).unwrap(), text_of(characters), "version {last}");
                    assert_eq!(read_back(&reference).unwrap(), text_of(characters), "version {last}");
                }
                characters += 9;
            }
            assert_eq!(last, 40);
        }
    }

    #[test]
    fn a_symbol_above_version_20_steps_down_to_level_m_and_says_so() {
        let fits = draw(&text_of(702), Encoder::Bulk).unwrap();
        assert_eq!((fits.correction, fits.symbol.version().number()), (Correction::Quartile, 20));
        let stepped = draw(&text_of(703), Encoder::Bulk).unwrap();
        assert_eq!(stepped.symbol.level(), Level::Medium);
        assert_eq!(stepped.symbol.version().number(), 17);
        let Correction::ReducedToMedium { quartile_version } = stepped.correction else { panic!() };
        assert_eq!(quartile_version.unwrap().number(), 21);
        let longest = draw(&text_of(3077), Encoder::Bulk).unwrap();
        assert_eq!(longest.correction, Correction::ReducedToMedium { quartile_version: None });
    }

    #[test]
    fn what_does_not_fit_version_40_at_level_m_is_refused() {
        assert_eq!(
            draw(&text_of(3392), Encoder::Bulk),
            Err(DrawFault::TooLong { characters: 3392, level: Level::Medium })
        );
    }

    #[test]
    fn a_character_outside_the_alphanumeric_mode_is_refused_by_position() {
        for (text, position, character) in [
            ("SND1:aB", 5, 'a'),
            ("A\u{a0}B", 1, '\u{a0}'),
            ("ABC\n", 3, '\n'),
            ("_", 0, '_'),
            ("AB,", 2, ','),
        ] {
            for encoder in [Encoder::Reference, Encoder::Bulk] {
                assert_eq!(draw(text, encoder), Err(DrawFault::NotAlphanumeric { position, character }));
            }
        }
        assert_eq!(draw("", Encoder::Bulk), Err(DrawFault::Empty));
    }

    #[test]
    fn a_run_of_digits_stays_in_the_alphanumeric_segment() {
        let digits = "1".repeat(221);
        assert_eq!(draw(&digits, Encoder::Reference).unwrap().symbol.version().number(), 10);
        assert_eq!(draw(&digits, Encoder::Bulk).unwrap().symbol.version().number(), 10);
    }
}
