//! A page of a slip as SVG, for any printer that a browser or an office program reaches.
//!
//! The decision has a shape beside its words, so that neither colour nor letters are needed: a circle with a tick, a square
//! with a bar, a triangle with a mark. Lines of right-to-left languages start at the right edge; letters are shaped by
//! whoever draws the file. Fonts are named by their families, none is inside.

use std::fmt::Write as _;

use sanad_credential::Decision;
use sanad_messages::Direction;
use sanad_qr::svg_path;

use super::slip::{Paper, Slip, SlipFault};
use super::slip_page::{Laid, Line, Page, Square, Weight, lay_out};

const FONTS: &str = "DejaVu Sans, Noto Sans, Noto Sans Arabic, Noto Naskh Arabic, Noto Sans Ethiopic, Noto Sans Devanagari, \
                     Noto Sans Bengali, sans-serif";

/// The pages of a slip, each a whole SVG file.
///
/// # Errors
/// [`SlipFault`].
pub fn svg(slip: &Slip, paper: Paper) -> Result<(Vec<String>, Laid), SlipFault> {
    let laid = lay_out(slip, paper)?;
    let pages = laid.pages.iter().map(|page| draw_page(slip, &laid, page)).collect();
    Ok((pages, laid))
}

fn draw_page(slip: &Slip, laid: &Laid, page: &Page) -> String {
    let (width, height) = (millimetres(page.width), millimetres(page.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} \
         {height}\" font-family=\"{FONTS}\">\n<path fill=\"#fff\" d=\"M0 0h{width}v{height}H0z\"/>\n"
    );
    // Writing to a text cannot fail.
    for rule in &page.rules {
        let (left, right) = (page.margin, page.width.saturating_sub(page.margin));
        let (left, top, right) = (millimetres(left), millimetres(*rule), millimetres(right));
        let _ = writeln!(out, "<path stroke=\"#000\" stroke-width=\"0.2\" d=\"M{left} {top}H{right}\"/>");
    }
    if let Some(square) = page.shape {
        let _ = writeln!(out, "{}", shape(slip, page, square));
    }
    for line in &page.lines {
        let _ = writeln!(out, "{}", text(slip.direction, page, line));
    }
    if let (Some(square), Some(symbol)) = (page.symbol, &laid.symbol) {
        let modules = usize::from(symbol.side_with_quiet_zone());
        // Beside text that runs from the right the code stands at the left.
        let left = match slip.direction {
            Direction::LeftToRight => square.left,
            Direction::RightToLeft => page.width.saturating_sub(square.left).saturating_sub(square.side),
        };
        let module = square.side.checked_div(modules).unwrap_or(0);
        let _ = writeln!(
            out,
            "<path shape-rendering=\"crispEdges\" transform=\"translate({} {}) scale({})\" d=\"{}\"/>",
            millimetres(left),
            millimetres(square.top),
            millimetres(module),
            svg_path(symbol)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn text(direction: Direction, page: &Page, line: &Line) -> String {
    let start = page.margin.saturating_add(line.indent);
    let (x, of_direction) = match direction {
        Direction::LeftToRight => (start, ""),
        // The start of a right-to-left line is its right end.
        Direction::RightToLeft => (page.width.saturating_sub(start), " direction=\"rtl\""),
    };
    let weight = match line.weight {
        Weight::Normal => "",
        Weight::Bold => " font-weight=\"bold\"",
    };
    // The letters stand on a line a little above the lower edge of their size.
    let baseline = line.top.saturating_add(line.size);
    format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight}{of_direction}>{}</text>",
        millimetres(x),
        millimetres(baseline),
        millimetres(line.size),
        escaped(&line.text)
    )
}

fn shape(slip: &Slip, page: &Page, square: Square) -> String {
    let left = match slip.direction {
        Direction::LeftToRight => square.left,
        Direction::RightToLeft => page.width.saturating_sub(square.left).saturating_sub(square.side),
    };
    let drawn = match slip.decision {
        Decision::Covered => "<circle cx=\"10\" cy=\"10\" r=\"8.5\"/><path d=\"M5.5 10.5l3 3.5l6-8\"/>",
        Decision::NotCovered => "<path d=\"M2 2h16v16H2z\"/><path d=\"M6 10h8\"/>",
        Decision::CannotDecide => "<path d=\"M10 2l9 16H1z\"/><path d=\"M10 8v5M10 14.6v1.2\"/>",
    };
    format!(
        "<g transform=\"translate({} {}) scale({:.5})\" fill=\"none\" stroke=\"#000\" stroke-width=\"1.6\">{drawn}</g>",
        millimetres(left),
        millimetres(square.top),
        // Twenty units wide.
        f64::from(u32::try_from(square.side).unwrap_or(0)) / 2_000.0
    )
}

/// Hundredths of a millimetre as millimetres.
fn millimetres(hundredths: usize) -> String {
    let (whole, rest) = (hundredths.div_euclid(100), hundredths.rem_euclid(100));
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
