//! Reading back an SVG file of our own, as a printer would draw it.
//!
//! Only the one form that [`crate::svg()`] writes is understood: a square ground and one path of horizontal runs. Anything
//! else is refused, since it could look otherwise than it reads here.

use crate::luma::Luma;
use crate::scan::look_at_print;
use crate::{Module, ReadFault};

/// Pixels a module is drawn with.
const PIXELS: usize = 3;

/// Most modules of a side: version 40 and its quiet zone.
const SIDE_MAX: usize = 185;

/// Draws the file's own path and reads it, with no help from the attempts.
///
/// # Errors
/// [`ReadFault::NoSymbol`], also for a file of another form.
pub fn read_svg(file: &str) -> Result<String, ReadFault> {
    let picture = drawn(file).ok_or(ReadFault::NoSymbol { attempts: 0 })?;
    look_at_print(&picture).ok_or(ReadFault::NoSymbol { attempts: 1 })
}

fn drawn(file: &str) -> Option<Luma> {
    let (_, rest) = file.split_once("viewBox=\"0 0 ")?;
    let (side, _) = rest.split_once(' ')?;
    let side: usize = side.parse().ok().filter(|side| *side <= SIDE_MAX)?;
    let ground = format!("<path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>");
    let (_, rest) = file.split_once(&ground)?;
    let path = rest.strip_prefix("<path fill=\"#000\" d=\"")?.strip_suffix("\"/></svg>\n")?;
    let mut modules = vec![Module::Light; side.checked_mul(side)?];
    for run in path.split_terminator('z') {
        let (place, lengths) = run.strip_prefix('M')?.split_once('h')?;
        let (column, row) = place.split_once(' ')?;
        let (length, back) = lengths.split_once("v1h-")?;
        if length != back {
            return None;
        }
        let [column, row, length] = [column, row, length].map(|number| number.parse::<usize>().ok());
        let start = row?.checked_mul(side)?.checked_add(column?)?;
        let dark = modules.get_mut(start..start.checked_add(length?)?)?;
        dark.fill(Module::Dark);
    }
    let shade = |module: &Module| [if *module == Module::Dark { 0 } else { 255 }; PIXELS];
    let rows = modules.chunks(side.max(1)).map(|row| row.iter().flat_map(shade).collect::<Vec<u8>>());
    let pixels = rows.flat_map(|row| [row.as_slice(); PIXELS].concat()).collect();
    let pixels_of_a_side = u32::try_from(side.checked_mul(PIXELS)?).ok()?;
    Luma::new(pixels_of_a_side, pixels_of_a_side, pixels).ok()
}

#[cfg(test)]
mod tests {
    use super::read_svg;
    use crate::{Encoder, PrintedSide, draw, svg};

    const TEXT: &str = "SND1:A  B   C    :::%%";

    #[test]
    fn what_was_written_is_read_back() {
        let file = svg(&draw(TEXT, Encoder::Bulk).unwrap().symbol, PrintedSide::OfTheReader);
        assert_eq!(read_svg(&file).unwrap(), TEXT);
    }

    #[test]
    fn a_file_that_lost_a_part_or_has_another_form_is_refused() {
        let file = svg(&draw(TEXT, Encoder::Bulk).unwrap().symbol, PrintedSide::OfTheReader);
        for bad in [
            file.replacen("h7v1h-7z", "h7v2h-7z", 1),
            file.replace("#000", "#fff"),
            file.replace("</svg>", "<rect width=\"9\" height=\"9\"/></svg>"),
            file.chars().take(200).collect(),
            String::new(),
        ] {
            assert!(read_svg(&bad).is_err());
        }
    }
}
