//! A symbol in a terminal: two rows of modules in a line of half blocks, quiet zone included.
//!
//! A terminal may be dark or light, and a symbol drawn in its own colours is inverted in one of the two, which
//! many readers refuse. [`TerminalStyle::BlackOnWhite`] therefore states both colours on every line, and resets
//! them before the line ends, so that nothing bleeds into the margin. [`TerminalStyle::Plain`] has no escape
//! sequences, for pipes and files; it draws the *light* modules, so that it is right on a dark ground, where
//! text is light.

use crate::{Module, QUIET_ZONE, Symbol};

/// The lines of a symbol, each ended by a line feed.
pub fn terminal(symbol: &Symbol, style: TerminalStyle) -> String {
    let side = symbol.side_with_quiet_zone();
    let mut drawing = String::new();
    for upper in (0..side).step_by(2) {
        let lower = upper.saturating_add(1);
        let halves = (0..side).map(|column| (module(symbol, column, upper), module(symbol, column, lower)));
        match style {
            TerminalStyle::BlackOnWhite => {
                drawing.push_str(BLACK_ON_WHITE);
                drawing.extend(halves.map(|(upper, lower)| half_block(upper, lower, Module::Dark)));
                drawing.push_str(RESET);
            }
            TerminalStyle::Plain => {
                drawing.extend(halves.map(|(upper, lower)| half_block(upper, lower, Module::Light)));
            }
        }
        drawing.push('\n');
    }
    drawing
}

/// How the two colours reach the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalStyle {
    /// Black on white by ANSI sequences (ECMA-48, 8.3.117): right on every terminal.
    BlackOnWhite,
    /// Half blocks alone: right where text is light on a dark ground.
    Plain,
}

/// The module at a column and a row that count from the quiet zone's corner.
fn module(symbol: &Symbol, column: u16, row: u16) -> Module {
    match (column.checked_sub(QUIET_ZONE), row.checked_sub(QUIET_ZONE)) {
        (Some(column), Some(row)) => symbol.module(column, row),
        _ => Module::Light,
    }
}

fn half_block(upper: Module, lower: Module, drawn: Module) -> char {
    match (upper == drawn, lower == drawn) {
        (true, true) => '\u{2588}',
        (true, false) => '\u{2580}',
        (false, true) => '\u{2584}',
        (false, false) => ' ',
    }
}

/// Black from the 256-colour cube and its brightest white: the 16 named colours are often themed, and named
/// white is often grey.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

#[cfg(test)]
mod tests {
    use super::{BLACK_ON_WHITE, RESET, TerminalStyle, terminal};
    use crate::{Encoder, Luma, draw, read_luma};

    /// What the eye sees: ink for drawn halves and paper for the rest, four pixels a module.
    fn look_at<'line>(lines: impl Iterator<Item = &'line str>, ink: u8, paper: u8) -> Luma {
        let mut rows: Vec<Vec<u8>> = Vec::new();
        for line in lines {
            for halves in ["\u{2588}\u{2580}", "\u{2588}\u{2584}"] {
                let shade = |character| if halves.contains(character) { ink } else { paper };
                let row: Vec<u8> = line.chars().flat_map(|character| [shade(character); 4]).collect();
                rows.extend([row.clone(), row.clone(), row.clone(), row]);
            }
        }
        let (width, height) = (rows[0].len().try_into().unwrap(), rows.len().try_into().unwrap());
        Luma::new(width, height, rows.concat()).unwrap()
    }

    #[test]
    fn two_spaces_in_a_row_survive_the_terminal() {
        let text = "SND1:A  B   C    :::%%";
        let symbol = draw(text, Encoder::Bulk).unwrap().symbol;
        let plain = terminal(&symbol, TerminalStyle::Plain);
        assert_eq!(read_luma(&look_at(plain.lines(), 255, 0)).unwrap()[0].text(), text);
        let colours = terminal(&symbol, TerminalStyle::BlackOnWhite);
        let lines = colours.lines().map(|line| {
            line.strip_prefix(BLACK_ON_WHITE)
                .and_then(|line| line.strip_suffix(RESET))
                .expect("colours on every line")
        });
        assert_eq!(read_luma(&look_at(lines, 0, 255)).unwrap()[0].text(), text);
    }

    #[test]
    fn the_quiet_zone_is_drawn_on_all_four_sides() {
        let symbol = draw("SND1:ABC", Encoder::Bulk).unwrap().symbol;
        let plain = terminal(&symbol, TerminalStyle::Plain);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(lines.len(), 15);
        assert!(lines.iter().all(|line| line.chars().count() == 29));
        for line in [lines[0], lines[1], lines[13]] {
            assert!(line.chars().all(|block| block == '\u{2588}'));
        }
        assert!(lines.iter().take(14).all(|line| line.starts_with("\u{2588}\u{2588}\u{2588}\u{2588}")));
    }
}
