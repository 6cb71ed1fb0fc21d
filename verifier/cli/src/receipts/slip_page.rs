//! A slip laid out on paper: lines and the symbol with their places in hundredths of a millimetre.
//!
//! There is no font here, so widths are counted with letters as wide as those of wide fonts (DejaVu Sans for Latin, Noto
//! for the others): a line that fits by this count fits in print. On A6 the largest of five sizes is taken at which all is
//! on one page; at the smallest, 6.7 points, the text goes on over as many pages as it needs. The symbol has modules of
//! 0.4 mm on A6 and 0.375 mm (three dots of 203 dpi) on a roll; one that is too wide for the paper is left out, and the
//! layout says so.

use sanad_qr::Symbol;

use super::slip::{Paper, Part, Slip, SlipFault, grouped, isolated, shown, wrap};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
    /// Distance of text from the edges.
    pub margin: usize,
    /// The lines.
    pub lines: Vec<Line>,
    /// Where the shape of the decision stands.
    pub shape: Option<Square>,
    /// Where the symbol stands, with its quiet zone.
    pub symbol: Option<Square>,
    /// Rules between parts, by their height.
    pub rules: Vec<usize>,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Upper edge.
    pub top: usize,
    /// Size of the letters.
    pub size: usize,
    /// Room that is left for something at the start of the line.
    pub indent: usize,
    /// Whether it is a heading.
    pub weight: Weight,
}

/// How thick letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Text.
    Normal,
    /// Headings and the decision.
    Bold,
}

/// A square area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Square {
    /// Left edge.
    pub left: usize,
    /// Upper edge.
    pub top: usize,
    /// Side.
    pub side: usize,
}

/// A slip on its pages.
#[derive(Clone, Debug)]
pub struct Laid {
    /// The pages, at least one.
    pub pages: Vec<Page>,
    /// The symbol, where it has a place.
    pub symbol: Option<Symbol>,
    /// Whether the symbol of the receipt was too wide for the paper.
    pub left_out: LeftOut,
}

/// Whether the symbol had no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The symbol is there, or the slip has no receipt.
    Nothing,
    /// It is too wide: the number of the receipt has to do.
    Symbol,
}

/// Sizes that are tried on A6, in percent.
const SCALES: [usize; 5] = [100, 92, 85, 78, 72];

/// Size of ordinary text at 100 percent: 9.4 points.
const TEXT_SIZE: usize = 330;

/// Narrowest column of text beside the code.
const WIDTH_BESIDE_MIN: usize = 4_500;

struct Measures {
    width: usize,
    height: Option<usize>,
    margin: usize,
    module: usize,
}

const fn measures(paper: Paper) -> Measures {
    match paper {
        Paper::A6 => Measures { width: 10_500, height: Some(14_800), margin: 600, module: 40 },
        // Three dots of a print head are 0.375 mm; counted in hundredths.
        Paper::Roll58 => Measures { width: 5_800, height: None, margin: 500, module: 37 },
    }
}

/// Lays a slip out.
///
/// # Errors
/// [`SlipFault`].
pub fn lay_out(slip: &Slip, paper: Paper) -> Result<Laid, SlipFault> {
    let measures = measures(paper);
    let symbol = slip.symbol()?;
    let side = symbol
        .as_ref()
        .map(|symbol| usize::from(symbol.side_with_quiet_zone()).saturating_mul(measures.module));
    // The quiet zone may lie on the margin, which nothing is printed on either.
    let fits = side.filter(|side| *side <= measures.width.saturating_sub(400));
    let left_out = if side.is_some() && fits.is_none() { LeftOut::Symbol } else { LeftOut::Nothing };
    let scales: &[usize] = if measures.height.is_some() { &SCALES } else { &[88] };
    let mut pages = Vec::new();
    for scale in scales {
        pages = Flow::new(&measures, *scale).slip(slip, fits);
        if pages.len() == 1 {
            break;
        }
    }
    Ok(Laid { pages, symbol: symbol.filter(|_| fits.is_some()), left_out })
}

/// The pages while they fill.
struct Flow<'m> {
    measures: &'m Measures,
    scale: usize,
    pages: Vec<Page>,
    page: Page,
    top: usize,
}

impl<'m> Flow<'m> {
    fn new(measures: &'m Measures, scale: usize) -> Self {
        let page = empty(measures);
        Self { measures, scale, pages: Vec::new(), page, top: measures.margin }
    }

    fn slip(mut self, slip: &Slip, symbol: Option<usize>) -> Vec<Page> {
        self.text(&slip.title, self.scaled(380), Weight::Bold, 0, 0);
        self.rule();
        let side = self.scaled(900);
        self.room(side);
        self.page.shape = Some(Square { left: self.measures.margin, top: self.top, side });
        let shape_end = self.top.saturating_add(side);
        let first_page = self.pages.len();
        let indent = side.saturating_add(self.scaled(200));
        self.text(&slip.decision_text, self.scaled(480), Weight::Bold, indent, 0);
        if self.pages.len() == first_page {
            self.top = self.top.max(shape_end);
        }
        slip.parts.iter().for_each(|part| {
            self.rule();
            self.part(part, 0);
        });
        self.rule();
        match symbol {
            Some(side) if self.goes_beside(slip, side) => {
                let left = self.measures.width.saturating_sub(self.measures.margin).saturating_sub(side);
                let square = Square { left, top: self.top, side };
                self.page.symbol = Some(square);
                self.tail(slip, side);
                self.top = self.top.max(square.top.saturating_add(side));
            }
            Some(side) => {
                self.tail(slip, 0);
                self.room(side);
                let left = self.measures.width.saturating_sub(side).checked_div(2).unwrap_or(0);
                self.page.symbol = Some(Square { left, top: self.top, side });
                self.skip(side);
            }
            None => self.tail(slip, 0),
        }
        let height = self.top.saturating_add(self.measures.margin);
        if self.measures.height.is_none() {
            self.page.height = height;
        }
        self.pages.push(self.page);
        self.pages
    }

    fn part(&mut self, part: &Part, taken: usize) {
        self.text(&part.heading, self.scaled(270), Weight::Bold, 0, taken);
        let size = self.scaled(TEXT_SIZE);
        part.texts.iter().for_each(|paragraph| self.text(paragraph, size, Weight::Normal, 0, taken));
    }

    /// Where and when, the number of the receipt, and the sentences at the end.
    fn tail(&mut self, slip: &Slip, taken: usize) {
        let number = slip.receipt.as_ref().map(|receipt| Part {
            heading: receipt.heading.clone(),
            texts: vec![isolated(&grouped(receipt.id), slip.direction)],
        });
        for part in slip.about.iter().chain(&number) {
            self.part(part, taken);
            self.skip(self.scaled(90));
        }
        slip.ends.iter().for_each(|end| self.text(end, self.scaled(270), Weight::Normal, 0, taken));
    }

    /// Whether the code can stand beside the tail: the paper is wide enough, and both end on this page.
    fn goes_beside(&self, slip: &Slip, side: usize) -> bool {
        let Some(height) = self.measures.height else { return false };
        let margins = self.measures.margin.saturating_mul(2);
        if self.measures.width < side.saturating_add(margins).saturating_add(WIDTH_BESIDE_MIN) {
            return false;
        }
        let mut trial = Flow::new(self.measures, self.scale);
        trial.top = self.top;
        trial.tail(slip, side);
        let bottom = height.saturating_sub(self.measures.margin);
        trial.pages.is_empty() && self.top.saturating_add(side).max(trial.top) <= bottom
    }

    fn scaled(&self, size: usize) -> usize {
        size.saturating_mul(self.scale).checked_div(100).unwrap_or(size)
    }

    fn skip(&mut self, height: usize) {
        self.top = self.top.saturating_add(height);
    }

    /// Begins a new page where so much has no room any more.
    fn room(&mut self, height: usize) {
        let Some(page) = self.measures.height else { return };
        let bottom = page.saturating_sub(self.measures.margin);
        let is_new = self.top == self.measures.margin;
        if self.top.saturating_add(height) > bottom && !is_new {
            let full = std::mem::replace(&mut self.page, empty(self.measures));
            self.pages.push(full);
            self.top = self.measures.margin;
        }
    }

    fn rule(&mut self) {
        self.skip(self.scaled(110));
        // A rule alone at the end of a page separates nothing.
        self.room(self.scaled(900));
        if self.top > self.measures.margin {
            self.page.rules.push(self.top);
        }
        self.skip(self.scaled(110));
    }

    /// A text in lines. `taken` is what something else takes at the right edge.
    fn text(&mut self, text: &str, size: usize, weight: Weight, indent: usize, taken: usize) {
        let height = size.saturating_mul(135).checked_div(100).unwrap_or(size);
        let margins = self.measures.margin.saturating_mul(2).saturating_add(indent).saturating_add(taken);
        let width = self.measures.width.saturating_sub(margins);
        let of = |character: char| {
            let thousandths =
                letter(character).saturating_mul(if weight == Weight::Bold { 112 } else { 100 });
            thousandths.saturating_mul(size).div_ceil(100_000)
        };
        for line in wrap(&shown(text), width, of) {
            self.room(height);
            self.page.lines.push(Line { text: line, top: self.top, size, indent, weight });
            self.skip(height);
        }
    }
}

fn empty(measures: &Measures) -> Page {
    Page {
        width: measures.width,
        height: measures.height.unwrap_or(0),
        margin: measures.margin,
        lines: Vec::new(),
        shape: None,
        symbol: None,
        rules: Vec::new(),
    }
}

/// Width of a letter in thousandths of its size, not less than in common wide fonts.
fn letter(character: char) -> usize {
    match character {
        ' ' | '.' | ',' | ':' | ';' | '!' | '|' | 'i' | 'l' | 'j' | '\'' | 'I' => 360,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' => 1_010,
        '0'..='9' | 'a'..='z' => 645,
        'A'..='Z' => 800,
        '\u{0000}'..='\u{007F}' => 840,
        '\u{0080}'..='\u{024F}' => 800,
        '\u{0600}'..='\u{08FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => 720,
        '\u{0900}'..='\u{0D7F}' => 740,
        '\u{1200}'..='\u{139F}' => 880,
        _ => 1_150,
    }
}
