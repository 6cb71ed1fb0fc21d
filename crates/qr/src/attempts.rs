//! The fixed list of attempts at a picture, in the order in which they are made.
//!
//! A list, not a search: the same picture always takes the same steps, and the worst case is known. The order is by
//! symbols gained for the time spent, measured on the damage matrix (`DAMAGE.md`).

use crate::Luma;
use std::borrow::Cow;

/// One way to look at a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What is done to the grey picture first.
    pub preparation: Preparation,
    /// How grey becomes black and white.
    pub binarisation: Binarisation,
    /// Which of the two is ink.
    pub polarity: Polarity,
}

/// What is done to the grey picture before it becomes black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Nothing.
    AsIs,
    /// The mean of three by three: against noise.
    Smoothed,
    /// Unsharp masking over half a module: against a lens out of focus.
    Sharpened,
    /// The same, and a little more of it: where a module has fewer than two pixels.
    SharpenedTwice,
    /// Unsharp masking over a module: against blur where stains and shadows are.
    SharpenedWidely,
    /// The mean of three by three, then unsharp masking over more than a module: noise and blur together, as in a
    /// photograph taken in the dark.
    SmoothedAndSharpened,
    /// A quarter of the pixels: for symbols photographed large.
    Halved,
    /// A sixteenth of the pixels.
    Quartered,
    /// Four times the pixels: for symbols photographed small.
    Doubled,
    /// Four times the pixels and the mean of seven by seven: for noise as strong as the print.
    DoubledAndSmoothed,
}

/// How grey becomes black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binarisation {
    /// A threshold for each block of 8 by 8 pixels, smoothed over 5 by 5 blocks.
    Hybrid,
    /// One threshold, between the two peaks of the histogram.
    Global,
    /// Each pixel against the mean around it.
    Local,
}

/// Which of black and white is ink (ISO/IEC 18004, 6.2 allows both).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// As printed.
    DarkOnLight,
    /// A negative: a dark screen, white ink on black plastic.
    LightOnDark,
}

impl Preparation {
    /// `None` where the picture would become too small or too large for it to be of use.
    pub(crate) fn apply(self, picture: &Luma) -> Option<Cow<'_, Luma>> {
        let prepared = match self {
            Self::AsIs => return Some(Cow::Borrowed(picture)),
            Self::Smoothed => picture.box_mean(1),
            Self::Sharpened => picture.sharpened(2, 2),
            Self::SharpenedTwice => picture.sharpened(2, 2).sharpened(2, 1),
            Self::SharpenedWidely => picture.sharpened(4, 3),
            Self::SmoothedAndSharpened => picture.box_mean(1).sharpened(6, 3),
            Self::Halved => picture.halved()?,
            Self::Quartered => picture.halved()?.halved()?,
            Self::Doubled => small(picture)?.doubled()?,
            Self::DoubledAndSmoothed => small(picture)?.doubled()?.box_mean(3),
        };
        Some(Cow::Owned(prepared))
    }
}

fn small(picture: &Luma) -> Option<&Luma> {
    (picture.area() <= DOUBLED_PIXELS_MAX).then_some(picture)
}

/// The attempts, in order.
pub const ATTEMPTS: [Attempt; 14] = {
    use Binarisation as B;
    use Polarity::{DarkOnLight, LightOnDark};
    use Preparation as P;
    const fn attempt(preparation: P, binarisation: B, polarity: Polarity) -> Attempt {
        Attempt { preparation, binarisation, polarity }
    }
    [
        attempt(P::AsIs, B::Hybrid, DarkOnLight),
        attempt(P::SmoothedAndSharpened, B::Hybrid, DarkOnLight),
        attempt(P::Sharpened, B::Hybrid, DarkOnLight),
        attempt(P::Halved, B::Hybrid, DarkOnLight),
        attempt(P::AsIs, B::Local, DarkOnLight),
        attempt(P::Smoothed, B::Local, DarkOnLight),
        attempt(P::Quartered, B::Global, DarkOnLight),
        attempt(P::AsIs, B::Hybrid, LightOnDark),
        attempt(P::Halved, B::Local, LightOnDark),
        attempt(P::SharpenedTwice, B::Global, DarkOnLight),
        attempt(P::SharpenedWidely, B::Local, DarkOnLight),
        attempt(P::Halved, B::Local, DarkOnLight),
        attempt(P::Doubled, B::Hybrid, DarkOnLight),
        attempt(P::DoubledAndSmoothed, B::Local, DarkOnLight),
    ]
};

/// A larger picture has pixels enough in a symbol that is worth reading.
const DOUBLED_PIXELS_MAX: u64 = 1_500_000;
