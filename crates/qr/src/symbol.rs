//! A drawn symbol: its modules, and how it was drawn (ISO/IEC 18004, 5.3 and 6.3).
//!
//! Only [`draw`](crate::draw()) makes one, so a `Symbol` always holds one whole text at a known version and
//! level. It knows nothing of pixels, millimetres or colours: the renderers do.

use core::fmt;

/// One QR symbol, without its quiet zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Symbol {
    version: Version,
    level: Level,
    /// Row by row from the top left, `version.side()` in a row.
    modules: Vec<Module>,
}

impl Symbol {
    /// `None` where the number of modules is not that of the version.
    pub(crate) fn new(version: Version, level: Level, modules: Vec<Module>) -> Option<Self> {
        let side = usize::from(version.side());
        (modules.len() == side.saturating_mul(side)).then_some(Self { version, level, modules })
    }

    /// The version: how large the symbol is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The error correction level: how much of the symbol may be lost.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Modules in a row, without the quiet zone.
    pub fn side(&self) -> u16 {
        self.version.side()
    }

    /// Modules in a row, with the quiet zone of both sides.
    pub fn side_with_quiet_zone(&self) -> u16 {
        self.side().saturating_add(QUIET_ZONE.saturating_mul(2))
    }

    /// The module at a column and a row, both from 0 at the top left. What lies outside is quiet zone: light.
    pub fn module(&self, column: u16, row: u16) -> Module {
        if column >= self.side() {
            return Module::Light;
        }
        let place =
            usize::from(row).saturating_mul(usize::from(self.side())).saturating_add(usize::from(column));
        self.modules.get(place).copied().unwrap_or(Module::Light)
    }

    /// The rows from the top, without the quiet zone.
    pub fn rows(&self) -> impl Iterator<Item = &[Module]> {
        self.modules.chunks_exact(usize::from(self.side()))
    }
}

/// A QR text is never written to a log, and the modules are the text.
impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Symbol")
            .field("version", &self.version)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// One square of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// Printed.
    Dark,
    /// The colour of the paper.
    Light,
}

/// The version of a symbol, 1 to 40: 21 to 177 modules a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u8);

impl Version {
    /// `None` outside 1 to 40.
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=40 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number, 1 to 40.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Modules in a row: 17 and four for each version (ISO/IEC 18004, 5.3.2).
    pub fn side(self) -> u16 {
        u16::from(self.0).saturating_mul(4).saturating_add(17)
    }

    /// All versions, the smallest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=40).map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The error correction level (ISO/IEC 18004, 7.5.1). Level L is not offered: a folded print of it does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// L: about 7 %. For screens that nothing folds or stains, where a larger symbol would not fit; never for paper.
    Low,
    /// M: about 15 % of the codewords may be lost.
    Medium,
    /// Q: about 25 %. The level of a Sanad document.
    Quartile,
    /// H: about 30 %.
    High,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Low => "L",
            Self::Medium => "M",
            Self::Quartile => "Q",
            Self::High => "H",
        })
    }
}

/// Light modules on every side of the symbol (ISO/IEC 18004, 6.3.8). Every renderer draws them: a symbol that
/// touches other print is not found.
pub const QUIET_ZONE: u16 = 4;
