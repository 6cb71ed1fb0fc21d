//! A grey picture and the few operations that make a symbol in it easier to find.
//!
//! Grey only, eight bits a pixel, because a QR symbol carries nothing in colour (ISO/IEC 18004, 5.1). A picture
//! whose pixels do not match its stated size, or that exceeds the limits of image files, cannot be made. The
//! operations are in whole numbers: the same picture gives the same answer on every machine.

use crate::ReadFault;
use crate::image_file::{PIXELS_MAX, SIDE_PIXELS_MAX};
use core::iter::{repeat, repeat_n};
use core::num::Saturating;

/// A grey picture: 0 is black, 255 is white.
#[derive(Clone, PartialEq, Eq)]
pub struct Luma {
    width: u32,
    height: u32,
    /// Row by row from the top left.
    pixels: Vec<u8>,
}

/// A picture of a symbol is the symbol, so its pixels are not shown.
impl core::fmt::Debug for Luma {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut shown = formatter.debug_struct("Luma");
        shown.field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

impl Luma {
    /// Refuses pixels that are not `width` by `height`, an empty picture, and one above the limits.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, ReadFault> {
        let area = u64::from(width).saturating_mul(u64::from(height));
        if width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX || area > PIXELS_MAX {
            let (max_side, max_pixels) = (SIDE_PIXELS_MAX, PIXELS_MAX);
            return Err(ReadFault::TooManyPixels { width, height, max_side, max_pixels });
        }
        if area == 0 || u64::try_from(pixels.len()) != Ok(area) {
            return Err(ReadFault::NotThatSize { pixels: pixels.len(), width, height });
        }
        Ok(Self { width, height, pixels })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Row by row from the top left.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub(crate) fn area(&self) -> u64 {
        u64::from(self.width).saturating_mul(u64::from(self.height))
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(usize_of(self.width).max(1))
    }

    /// A quarter of the pixels, each the mean of four: removes noise, and the fine texture of paper and screens.
    pub(crate) fn halved(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(self.pixels.len() / 4);
        let mut rows = self.rows();
        while let (Some(upper), Some(lower)) = (rows.next(), rows.next()) {
            for (upper, lower) in upper.chunks_exact(2).zip(lower.chunks_exact(2)) {
                let sum: Saturating<u16> =
                    upper.iter().chain(lower).map(|pixel| Saturating(u16::from(*pixel))).sum();
                pixels.push(byte(sum.0 / 4));
            }
        }
        Self::new(width, height, pixels).ok()
    }

    /// Four times the pixels, the new ones halfway between their neighbours: a module of one to two pixels becomes
    /// wide enough for the detector.
    pub(crate) fn doubled(&self) -> Option<Self> {
        let widen = |row: &[u8]| -> Vec<u8> {
            let next = row.iter().skip(1).chain(row.last());
            row.iter().zip(next).flat_map(|(left, right)| [*left, left.midpoint(*right)]).collect()
        };
        let wide: Vec<Vec<u8>> = self.rows().map(widen).collect();
        let next = wide.iter().skip(1).chain(wide.last());
        let mut pixels = Vec::with_capacity(self.pixels.len().saturating_mul(4));
        for (upper, lower) in wide.iter().zip(next) {
            pixels.extend_from_slice(upper);
            pixels.extend(upper.iter().zip(lower).map(|(upper, lower)| upper.midpoint(*lower)));
        }
        Self::new(self.width.saturating_mul(2), self.height.saturating_mul(2), pixels).ok()
    }

    /// Unsharp masking: each pixel is pushed away from the mean around it by so many times their difference.
    pub(crate) fn sharpened(&self, radius: u32, times: i16) -> Self {
        let around = self.box_mean(radius);
        let push = |(pixel, mean): (&u8, &u8)| {
            let pixel = Saturating(i16::from(*pixel));
            let pushed = pixel + (pixel - Saturating(i16::from(*mean))) * Saturating(times);
            byte(pushed.0.max(0).unsigned_abs())
        };
        self.with_pixels(self.pixels.iter().zip(&around.pixels).map(push).collect())
    }

    /// The mean of the square of `2 * radius + 1` pixels around each pixel, cut off at the borders.
    pub(crate) fn box_mean(&self, radius: u32) -> Self {
        let radius = usize_of(radius);
        let mut across = Vec::with_capacity(self.pixels.len());
        for row in self.rows() {
            running_mean(row, radius, &mut across);
        }
        let width = usize_of(self.width).max(1);
        let rows: Vec<&[u8]> = across.chunks_exact(width).collect();
        let mut sums = vec![Saturating(0_u32); width];
        let mut count = Saturating(0_u32);
        let mut entering = rows.iter();
        for row in entering.by_ref().take(radius) {
            add_row(&mut sums, row);
            count += 1;
        }
        let mut leaving = repeat_n(None, radius.saturating_add(1)).chain(rows.iter().map(Some));
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for _ in &rows {
            if let Some(row) = entering.next() {
                add_row(&mut sums, row);
                count += 1;
            }
            if let Some(Some(row)) = leaving.next() {
                for (sum, pixel) in sums.iter_mut().zip(row.iter()) {
                    *sum -= u32::from(*pixel);
                }
                count -= 1;
            }
            pixels.extend(sums.iter().map(|sum| byte(sum.0.checked_div(count.0).unwrap_or(0))));
        }
        self.with_pixels(pixels)
    }

    /// The same size with other pixels; the caller maps pixel by pixel.
    fn with_pixels(&self, pixels: Vec<u8>) -> Self {
        debug_assert_eq!(pixels.len(), self.pixels.len());
        Self { width: self.width, height: self.height, pixels }
    }
}

/// Appends the mean of each pixel's neighbourhood in one row.
fn running_mean(row: &[u8], radius: usize, means: &mut Vec<u8>) {
    let mut sums = Vec::with_capacity(row.len().saturating_add(1));
    let mut sum = Saturating(0_u32);
    sums.push((sum, Saturating(0_u32)));
    for (pixel, count) in row.iter().zip(1_u32..) {
        sum += u32::from(*pixel);
        sums.push((sum, Saturating(count)));
    }
    let last = sums.last().copied().unwrap_or_default();
    let first = sums.first().copied().unwrap_or_default();
    let upto = sums.iter().copied().skip(radius.saturating_add(1)).chain(repeat(last));
    let before = repeat_n(first, radius).chain(sums.iter().copied());
    let mean = |((upto, upto_count), (before, before_count)): (SumAndCount, SumAndCount)| {
        byte((upto - before).0.checked_div((upto_count - before_count).0).unwrap_or(0))
    };
    means.extend(upto.zip(before).map(mean).take(row.len()));
}

/// The sum of the first pixels of a row, and how many they are.
type SumAndCount = (Saturating<u32>, Saturating<u32>);

fn add_row(sums: &mut [Saturating<u32>], row: &[u8]) {
    for (sum, pixel) in sums.iter_mut().zip(row) {
        *sum += u32::from(*pixel);
    }
}

/// The value as a byte; above 255 it is 255.
fn byte(value: impl TryInto<u8>) -> u8 {
    value.try_into().unwrap_or(u8::MAX)
}

/// On every supported machine `usize` has at least 32 bits.
pub(crate) fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use super::Luma;
    use crate::ReadFault;

    fn picture(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> Luma {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Luma::new(width, height, pixels.map(|(x, y)| pixel(x, y)).collect()).unwrap()
    }

    #[test]
    fn pixels_that_do_not_match_the_size_are_refused() {
        for (width, height, pixels) in [(0, 0, 0), (0, 5, 0), (5, 0, 0), (2, 2, 3), (2, 2, 5), (1, 1, 0)] {
            let refused = Luma::new(width, height, vec![0; pixels]);
            assert_eq!(refused, Err(ReadFault::NotThatSize { pixels, width, height }));
        }
        assert!(matches!(Luma::new(u32::MAX, u32::MAX, vec![0]), Err(ReadFault::TooManyPixels { .. })));
    }

    #[test]
    fn the_box_mean_is_the_mean_of_what_lies_inside_the_picture() {
        let shade = |x: u32, y: u32| u8::try_from((x * 37 + y * 91 + x * y) % 256).unwrap();
        for (width, height, radius) in [(1, 1, 3), (7, 5, 1), (9, 4, 2), (6, 11, 30), (8, 8, 0)] {
            let source = picture(width, height, shade);
            let mean = source.box_mean(radius);
            for y in 0..height {
                for x in 0..width {
                    let across = |y: u32| {
                        let columns = x.saturating_sub(radius)..=(x + radius).min(width - 1);
                        let count = u32::try_from(columns.clone().count()).unwrap();
                        columns.map(|x| u32::from(shade(x, y))).sum::<u32>() / count
                    };
                    let rows = y.saturating_sub(radius)..=(y + radius).min(height - 1);
                    let count = u32::try_from(rows.clone().count()).unwrap();
                    let expected = rows.map(across).sum::<u32>() / count;
                    let place = usize::try_from(y * width + x).unwrap();
                    assert_eq!(
                        u32::from(mean.pixels()[place]),
                        expected,
                        "{x} {y} {width} {height} {radius}"
                    );
                }
            }
        }
    }

    #[test]
    fn halving_and_doubling_keep_a_flat_picture_flat() {
        let flat = picture(6, 4, |_, _| 77);
        assert_eq!(flat.halved().unwrap(), picture(3, 2, |_, _| 77));
        assert_eq!(flat.doubled().unwrap(), picture(12, 8, |_, _| 77));
        assert_eq!(flat.sharpened(1, 2), flat);
        assert_eq!(picture(1, 1, |_, _| 0).halved(), None);
    }
}
