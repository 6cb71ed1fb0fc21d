//! One look at one picture: black and white, finder patterns, grid, codewords (ISO/IEC 18004, clause 12).
//!
//! The steps are those of `rxing`'s port of ZXing-C++, called one by one, because its own reader stops at the first
//! symbol and follows every set of finder patterns that noise makes, thousands of them; here their number is
//! bounded. `rxing` checks its indices by panicking; on a hostile picture that must not end the service, so each
//! look is isolated (see [`look`]).

use crate::finder::finder_patterns;
use crate::{Attempt, Binarisation, Luma, Polarity};
use rxing::common::{BitMatrix, DetectorRXingResult, GlobalHistogramBinarizer, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{DetectPureQR, GenerateFinderPatternSets, SampleQR};
use rxing::{Binarizer, Luma8Source};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The texts of the symbols that one look reads.
///
/// A panic inside `rxing` is caught and counts as nothing found; nothing that it touched is used afterwards. The
/// panic hook, which belongs to the application, still prints the panic's place on standard error, never the text.
/// With `panic = "abort"` the isolation would be lost; the workspace does not use it.
pub(crate) fn look(picture: &Luma, attempt: Attempt) -> Vec<String> {
    isolated(|| black_and_white(picture, attempt).map(|matrix| find(&matrix)).unwrap_or_default())
}

/// The text of a print without damage: upright, no photograph. Much faster than a look.
pub(crate) fn look_at_print(picture: &Luma) -> Option<String> {
    let read = || {
        let source = Luma8Source::new_with_slice(picture.pixels(), picture.width(), picture.height()).ok()?;
        let binarizer = GlobalHistogramBinarizer::new(source);
        let detected = DetectPureQR(binarizer.get_black_matrix().ok()?).ok()?;
        decode(detected.getBits())
    };
    isolated(|| read().into_iter().collect()).pop()
}

fn find(matrix: &BitMatrix) -> Vec<String> {
    let mut patterns = finder_patterns(matrix);
    let mut used = Vec::new();
    let mut texts = Vec::new();
    for set in GenerateFinderPatternSets(&mut patterns).into_iter().take(FINDER_SETS_MAX) {
        if [set.bl, set.tl, set.tr].iter().any(|pattern| used.contains(pattern)) {
            continue;
        }
        let Ok(sampled) = SampleQR(matrix, &set) else { continue };
        if let Some(text) = decode(sampled.getBits()) {
            used.extend([set.bl, set.tl, set.tr]);
            texts.push(text);
        }
    }
    texts
}

/// The text of a grid, as the symbol spells it. A part of a split message (ISO/IEC 18004, clause 8) is not a text.
fn decode(grid: &BitMatrix) -> Option<String> {
    let decoded = Decode(grid).ok()?;
    let whole = decoded.isValid() && decoded.structuredAppend().count <= 0;
    whole.then(|| decoded.text()).filter(|text| !text.is_empty())
}

fn black_and_white(picture: &Luma, attempt: Attempt) -> Option<BitMatrix> {
    let source = || Luma8Source::new_with_slice(picture.pixels(), picture.width(), picture.height()).ok();
    let mut matrix = match attempt.binarisation {
        Binarisation::Hybrid => HybridBinarizer::new(source()?).get_black_matrix().ok()?.clone(),
        Binarisation::Global => GlobalHistogramBinarizer::new(source()?).get_black_matrix().ok()?.clone(),
        Binarisation::Local => local_threshold(picture, attempt.polarity)?,
    };
    // The local threshold has already looked for the other colour.
    if attempt.polarity == Polarity::LightOnDark && attempt.binarisation != Binarisation::Local {
        matrix.flip_self();
    }
    Some(matrix)
}

/// A pixel is dark where it is darker than the mean around it by a margin (Bradley and Roth, 2007).
fn local_threshold(picture: &Luma, polarity: Polarity) -> Option<BitMatrix> {
    let radius = picture.width().min(picture.height()) / LOCAL_RADIUS_PART;
    let mean = picture.box_mean(radius.max(LOCAL_RADIUS_MIN));
    let mut matrix = BitMatrix::new(picture.width(), picture.height()).ok()?;
    let is_ink = |pixel: u8, mean: u8| match polarity {
        Polarity::DarkOnLight => {
            u16::from(pixel).saturating_mul(100) < u16::from(mean).saturating_mul(LOCAL_PERCENT)
        }
        Polarity::LightOnDark => {
            u16::from(mean).saturating_mul(100) < u16::from(pixel).saturating_mul(LOCAL_PERCENT)
        }
    };
    for ((row, means), y) in picture.rows().zip(mean.rows()).zip(0_u32..) {
        for ((pixel, mean), x) in row.iter().zip(means).zip(0_u32..) {
            if is_ink(*pixel, *mean) {
                matrix.set(x, y);
            }
        }
    }
    Some(matrix)
}

fn isolated(look: impl FnOnce() -> Vec<String>) -> Vec<String> {
    catch_unwind(AssertUnwindSafe(look)).unwrap_or_default()
}

/// Sets of three followed in one look. The most plausible come first; a symbol that is readable is among the
/// first few.
const FINDER_SETS_MAX: usize = 64;
/// The neighbourhood of the local threshold: a 24th of the shorter side to each side, so about 7 modules of a symbol
/// that fills the picture, as wide as its largest dark area, the finder pattern.
const LOCAL_RADIUS_PART: u32 = 24;
/// Below this the neighbourhood is smaller than a module.
const LOCAL_RADIUS_MIN: u32 = 7;
/// Ink is below this share of the mean around it.
const LOCAL_PERCENT: u16 = 92;
