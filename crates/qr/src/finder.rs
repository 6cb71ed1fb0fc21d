//! Finder patterns in a black and white picture (ISO/IEC 18004, 6.3.3 and 12): runs of 1:1:3:1:1 modules in a row
//! that are concentric squares.
//!
//! The reading library has this search, but without a bound, and its time grows with the square of what it finds: a
//! picture tiled with finder patterns holds it for minutes. Here the row scan is ours and stops; whether a place is
//! a pattern is still the library's to say.

use rxing::common::BitMatrix;
use rxing::common::cpp_essentials::{
    ConcentricPattern, GetPatternRowTP, LocateConcentricPattern, PatternRow,
};
use rxing::{Point, point};
use std::cmp::Reverse;

/// The finder patterns, the largest first, since noise is small.
pub(crate) fn finder_patterns(matrix: &BitMatrix) -> Vec<ConcentricPattern> {
    let mut patterns = Vec::new();
    let mut row = PatternRow::default();
    for y in (FIRST_ROW..matrix.height()).step_by(ROW_STEP) {
        GetPatternRowTP(matrix, y, &mut row, false);
        scan_row(matrix, y, row.into_pattern_view().data(), &mut patterns);
        if patterns.len() >= PATTERNS_SEEN_MAX {
            break;
        }
    }
    patterns.sort_by_key(|pattern| Reverse(pattern.size));
    patterns.truncate(PATTERNS_FOLLOWED_MAX);
    patterns
}

/// `runs` are the widths of light and dark in turns; the first is light, and 0 where the row begins dark.
fn scan_row(matrix: &BitMatrix, y: u32, runs: &[u16], patterns: &mut Vec<ConcentricPattern>) {
    let Ok(middle) = u16::try_from(y) else { return };
    let mut left = 0.0_f32;
    for window in runs.windows(6).step_by(2) {
        let &[before, dark, light, core, light_after, dark_after] = window else { return };
        let widths = [dark, light, core, light_after, dark_after].map(f32::from);
        if has_ratio(widths) {
            let ring = f32::from(before) + f32::from(dark) + f32::from(light);
            let centre = point(left + ring + f32::from(core) / 2.0, f32::from(middle) + 0.5);
            let inside = |old: &ConcentricPattern| {
                f64::from(Point::distance(centre, old.p)) * 2.0 < f64::from(old.size)
            };
            if !patterns.iter().any(inside) {
                let width = [dark, light, core, light_after, dark_after].map(i32::from).iter().sum::<i32>();
                // Three times the width, for patterns seen from far to the side.
                let range = width.saturating_mul(3);
                patterns.extend(LocateConcentricPattern::<true, 5, 7>(matrix, &RATIO, centre, range));
            }
        }
        left += f32::from(before) + f32::from(dark);
    }
}

/// Whether five runs may be 1:1:3:1:1. Ink spreads or fades, so dark and light have modules of their own size, and
/// dark ones may be off by three quarters of theirs.
fn has_ratio([dark, light, core, light_after, dark_after]: [f32; 5]) -> bool {
    let dark_module = (dark + core + dark_after) / 5.0;
    let light_module = (light + light_after) / 2.0;
    let near = |width: f32, expected: f32, tolerance: f32| (width - expected).abs() <= tolerance;
    let dark_tolerance = dark_module * 0.75 + 0.5;
    let light_tolerance = light_module / 3.0 + 0.5;
    core >= 3.0
        && core >= 2.0 * dark.max(dark_after)
        && core >= light.max(light_after)
        && dark_module.max(light_module) <= 4.0 * dark_module.min(light_module)
        && near(dark, dark_module, dark_tolerance)
        && near(core, 3.0 * dark_module, dark_tolerance)
        && near(dark_after, dark_module, dark_tolerance)
        && near(light, light_module, light_tolerance)
        && near(light_after, light_module, light_tolerance)
}

const RATIO: [u16; 5] = [1, 1, 3, 1, 1];
/// The core of a finder pattern is three modules high: at one pixel a module, every third row meets it.
const ROW_STEP: usize = 3;
const FIRST_ROW: u32 = 2;
/// A sheet of a hundred cards has 300. Beyond, the picture is noise or an attack, and each pattern more is
/// compared with all before it.
const PATTERNS_SEEN_MAX: usize = 1_000;
/// The search for sets of three grows faster than their number.
const PATTERNS_FOLLOWED_MAX: usize = 256;
