//! The alphanumeric mode of QR symbols (ISO/IEC 18004, 7.3.4 and 7.4.4).
//!
//! A Sanad QR text is written in these 45 characters only, two in eleven bits. A text with any other
//! character is refused here: a drawing library would switch to byte mode without a word, and the symbol
//! would grow by half.

use crate::{DrawFault, Level, Version};
use qrcode::EcLevel;
use qrcode::bits::Bits;

/// A text proven to be drawable in alphanumeric mode.
#[derive(Clone, Copy)]
pub(crate) struct Alphanumeric<'text>(&'text str);

impl<'text> Alphanumeric<'text> {
    pub(crate) fn parse(text: &'text str) -> Result<Self, DrawFault> {
        if text.is_empty() {
            return Err(DrawFault::Empty);
        }
        match text.chars().enumerate().find(|(_, character)| !is_alphanumeric(*character)) {
            Some((position, character)) => Err(DrawFault::NotAlphanumeric { position, character }),
            None => Ok(Self(text)),
        }
    }

    pub(crate) fn bytes(self) -> &'text [u8] {
        self.0.as_bytes()
    }

    /// Every character is one byte (ASCII), so this is both.
    pub(crate) fn characters(self) -> usize {
        self.0.len()
    }

    /// The smallest version that holds this text at `level`, or nothing where not even version 40 does.
    ///
    /// Computed once for both encoders, so that they cannot come to different versions.
    pub(crate) fn smallest_version(self, level: Level) -> Option<Version> {
        Version::all().find(|version| {
            Bits::new(version.to_qrcode())
                .max_len(level.to_qrcode())
                .is_ok_and(|capacity| self.bits(*version) <= capacity)
        })
    }

    /// Bits of the one segment: mode indicator, character count (ISO/IEC 18004 table 3), characters.
    fn bits(self, version: Version) -> usize {
        let count_bits = match version.number() {
            ..=9 => 9,
            10..=26 => 11,
            _ => 13,
        };
        let pairs = (self.characters() / 2).saturating_mul(BITS_OF_A_PAIR);
        let last = (self.characters() % 2).saturating_mul(BITS_OF_A_SINGLE);
        MODE_BITS.saturating_add(count_bits).saturating_add(pairs).saturating_add(last)
    }
}

fn is_alphanumeric(character: char) -> bool {
    matches!(character, '0'..='9' | 'A'..='Z' | ' ' | '$' | '%' | '*' | '+' | '-' | '.' | '/' | ':')
}

impl Level {
    pub(crate) fn to_qrcode(self) -> EcLevel {
        match self {
            Self::Low => EcLevel::L,
            Self::Medium => EcLevel::M,
            Self::Quartile => EcLevel::Q,
            Self::High => EcLevel::H,
        }
    }
}

impl Version {
    pub(crate) fn to_qrcode(self) -> qrcode::Version {
        qrcode::Version::Normal(i16::from(self.number()))
    }
}

/// ISO/IEC 18004 table 2.
const MODE_BITS: usize = 4;
/// ISO/IEC 18004, 7.4.4.
const BITS_OF_A_PAIR: usize = 11;
const BITS_OF_A_SINGLE: usize = 6;

#[cfg(test)]
mod tests {
    use super::Alphanumeric;
    use crate::Level;

    /// ISO/IEC 18004 table 7, column "alphanumeric".
    #[test]
    fn capacities_are_those_of_the_standard() {
        for (level, version, capacity) in [
            (Level::Medium, 1, 20),
            (Level::Quartile, 1, 16),
            (Level::High, 1, 10),
            (Level::Quartile, 9, 189),
            (Level::Quartile, 10, 221),
            (Level::Quartile, 20, 702),
            (Level::Quartile, 26, 1094),
            (Level::Quartile, 27, 1172),
            (Level::Quartile, 40, 2420),
            (Level::Medium, 40, 3391),
            (Level::High, 40, 1852),
        ] {
            let full = "A".repeat(capacity);
            let more = "A".repeat(capacity + 1);
            let smallest = |text| Alphanumeric::parse(text).unwrap().smallest_version(level);
            assert_eq!(smallest(&full).unwrap().number(), version);
            assert_ne!(smallest(&more).map(|found| found.number()), Some(version));
        }
    }
}
