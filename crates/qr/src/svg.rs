//! SVG: one path of horizontal runs, one unit a module, quiet zone included.
//!
//! There is no text in the file, neither the document's text nor a title: a picture of a credential must not be
//! findable by its content. Edges are crisp, because smoothing between neighbouring runs draws hair lines.

use crate::{Module, QUIET_ZONE, Symbol};
use core::fmt::Write;
use core::num::NonZeroU16;

/// A whole SVG file of a symbol, black on white.
pub fn svg(symbol: &Symbol, side: PrintedSide) -> String {
    let modules = symbol.side_with_quiet_zone();
    let size = match side {
        PrintedSide::OfTheReader => String::new(),
        PrintedSide::Millimetres(side) => format!(r#" width="{side}mm" height="{side}mm""#),
    };
    format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg"{size} viewBox="0 0 {modules} {modules}" "#,
            r##"shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{modules}v{modules}H0z"/>"##,
            r##"<path fill="#000" d="{path}"/></svg>"##,
            "\n"
        ),
        size = size,
        modules = modules,
        path = svg_path(symbol)
    )
}

/// The path data of the dark modules alone, for a larger drawing: one unit a module, the quiet zone included
/// in the coordinates. The background must be light for 4 units around it.
pub fn svg_path(symbol: &Symbol) -> String {
    let mut path = String::new();
    for (row, modules) in (QUIET_ZONE..).zip(symbol.rows()) {
        let mut column = QUIET_ZONE;
        for run in modules.chunk_by(|left, right| left == right) {
            // A run is at most 177 modules long.
            let length = u16::try_from(run.len()).unwrap_or(u16::MAX);
            if run.first() == Some(&Module::Dark) {
                // Writing to a `String` cannot fail.
                let _ = write!(path, "M{column} {row}h{length}v1h-{length}z");
            }
            column = column.saturating_add(length);
        }
    }
    path
}

/// The printed size of the whole picture, quiet zone included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintedSide {
    /// Not stated: whoever embeds the picture decides.
    OfTheReader,
    /// Stated in millimetres. A card needs at least 0.35 mm a module: 35 mm for version 16.
    Millimetres(NonZeroU16),
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::string_slice, reason = "a test may fail loudly")]
mod tests {
    use super::{PrintedSide, svg};
    use crate::{Encoder, Luma, draw, read_luma};
    use core::num::NonZeroU16;

    /// Draws the file's own path at four pixels a unit.
    fn rasterise(file: &str) -> Luma {
        let between = |from: &str, start: &str| -> String {
            let rest = &from[from.find(start).unwrap() + start.len()..];
            rest[..rest.find('"').unwrap()].to_owned()
        };
        let side: usize = between(file, "viewBox=\"0 0 ").split(' ').next().unwrap().parse().unwrap();
        let path = between(file, "<path fill=\"#000\" d=\"");
        let mut pixels = vec![255; side * 4 * side * 4];
        for run in path.split('z').filter(|run| !run.is_empty()) {
            let (place, length) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (column, row) = place.split_once(' ').unwrap();
            let (column, row): (usize, usize) = (column.parse().unwrap(), row.parse().unwrap());
            let length: usize = length.split('v').next().unwrap().parse().unwrap();
            assert_eq!(run, format!("M{column} {row}h{length}v1h-{length}"));
            for y in row * 4..row * 4 + 4 {
                pixels[y * side * 4 + column * 4..][..length * 4].fill(0);
            }
        }
        let side = u32::try_from(side * 4).unwrap();
        Luma::new(side, side, pixels).unwrap()
    }

    #[test]
    fn two_spaces_in_a_row_survive_svg() {
        let text = "SND1:A  B   C    :::%%";
        let file = svg(&draw(text, Encoder::Bulk).unwrap().symbol, PrintedSide::OfTheReader);
        assert_eq!(read_luma(&rasterise(&file)).unwrap()[0].text(), text);
    }

    #[test]
    fn the_file_states_its_size_and_holds_no_text() {
        let symbol = draw("SND1:SECRET", Encoder::Bulk).unwrap().symbol;
        let file = svg(&symbol, PrintedSide::Millimetres(NonZeroU16::new(35).unwrap()));
        assert!(file.contains(r#"width="35mm" height="35mm" viewBox="0 0 29 29""#));
        assert!(!file.contains("SND1") && !file.contains("<text") && !file.contains("<title"));
    }
}
