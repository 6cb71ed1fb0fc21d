//! Slips: every text fits and none is cut, nothing overlaps, and the code of the receipt reads back from the picture.

use sanad_credential::{Decision, FixedBytes, QrText, Sealed};
use sanad_messages::{Catalogue, Direction, Language};
use sanad_qr::{Luma, read_luma};
use sanad_verify::receipts::slip::{Paper, Part, Slip, SlipReceipt};
use sanad_verify::receipts::slip_page::{LeftOut, Page, lay_out};
use sanad_verify::receipts::slip_svg::svg;
use sanad_verify::receipts::slip_words::{Extra, SlipAnswer, slip_of};

use crate::made::Chain;

fn receipt() -> Vec<u8> {
    Chain::new("UG-F01", "one").sign(|json| {
        json["decision"] = "NOT_COVERED".into();
        json["assurance"] = "FIRM".into();
        json["action"] = "CHARGE_REFUNDABLE".into();
        json["good_faith"] = false.into();
        json["reasons"] = serde_json::json!(["LAPSED", "NOT_IN_AGREEMENT", "STATUS_OLD"]);
        json.as_object_mut().unwrap().remove("copay");
    })
}

/// As long as the catalogue allows, and longer than any line.
fn longest(letters: &str) -> String {
    letters.chars().cycle().take(200).collect()
}

fn slip(letters: &str, direction: Direction) -> Slip {
    let text = || longest(letters);
    Slip {
        direction,
        title: text(),
        decision: Decision::NotCovered,
        decision_text: text(),
        parts: (0..9).map(|_| Part { heading: text(), texts: vec![text(), text()] }).collect(),
        about: vec![Part { heading: text(), texts: vec![text()] }],
        receipt: Some(SlipReceipt { heading: text(), id: FixedBytes([0x12; 8]), document: receipt() }),
        ends: vec![text(), text(), text()],
    }
}

/// Words of several scripts, a word without an end, and letters that XML would take for its own.
const TEXTS: [(&str, Direction); 6] = [
    ("Please ask the scheme which papers it needs. ", Direction::LeftToRight),
    ("WWWMMM@", Direction::LeftToRight),
    ("<b>&amp;\"quoted\" ", Direction::LeftToRight),
    ("يرجى سؤال النظام عن الأوراق المطلوبة ", Direction::RightToLeft),
    ("እባክዎ የሚያስፈልጉትን ሰነዶች ይጠይቁ። ", Direction::LeftToRight),
    ("कृपया योजना से पूछें कि कौन से काग़ज़ चाहिए। ", Direction::LeftToRight),
];

fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '\u{2066}'..='\u{2069}'))
        .collect()
}

#[test]
fn longest_texts_are_all_there_within_the_paper_and_above_each_other() {
    for (letters, direction) in TEXTS {
        let slip = slip(letters, direction);
        for paper in [Paper::A6, Paper::Roll58] {
            let laid = lay_out(&slip, paper).unwrap();
            assert_eq!(laid.left_out, LeftOut::Nothing);
            let printed: String =
                laid.pages.iter().flat_map(|page| &page.lines).map(|line| squeezed(&line.text)).collect();
            let mut wanted = squeezed(&slip.title) + &squeezed(&slip.decision_text);
            for part in slip.parts.iter().chain(&slip.about) {
                wanted += &squeezed(&part.heading);
                part.texts.iter().for_each(|text| wanted += &squeezed(text));
            }
            wanted += &squeezed(&slip.receipt.as_ref().unwrap().heading);
            wanted += "1212121212121212";
            slip.ends.iter().for_each(|text| wanted += &squeezed(text));
            assert_eq!(printed, wanted, "{paper:?} {letters}");
            laid.pages.iter().for_each(nothing_overlaps);
            assert_eq!(laid.pages.iter().filter(|page| page.symbol.is_some()).count(), 1);
        }
        let text = slip.to_text();
        assert!(text.lines().all(|line| line.chars().filter(|letter| !is_mark(*letter)).count() <= 32));
        let wanted: String = squeezed(&slip.parts[3].texts[1]);
        assert!(squeezed(&text).contains(&wanted), "{letters}");
    }
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{064B}'..='\u{065F}' | '\u{093C}' | '\u{0941}'..='\u{0948}' | '\u{094D}' | '\u{2066}'..='\u{2069}')
}

fn nothing_overlaps(page: &Page) {
    let mut bands: Vec<(usize, usize)> =
        page.lines.iter().map(|line| (line.top, line.top + line.size * 12 / 10)).collect();
    bands.sort_unstable();
    for pair in bands.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{pair:?}");
    }
    if let Some(symbol) = page.symbol {
        for line in page.lines.iter().filter(|line| line.top + line.size > symbol.top) {
            // Not narrower than the letters are: the estimate of the layout is looked at in pictures.
            let width: usize =
                line.text.chars().map(|letter| if letter == ' ' { 32 } else { 60 }).sum::<usize>();
            let beside = line.top < symbol.top + symbol.side;
            assert!(!beside || page.margin + width * line.size / 150 < symbol.left, "{line:?}");
        }
        bands.push((symbol.top, symbol.top + symbol.side));
        bands.sort_by_key(|(_, bottom)| *bottom);
    }
    assert!(bands.first().unwrap().0 >= page.margin && bands.last().unwrap().1 <= page.height);
    for rule in &page.rules {
        assert!(bands.iter().all(|(top, bottom)| rule <= top || rule >= bottom), "a rule through a line");
    }
    if let Some(symbol) = page.symbol {
        assert!(symbol.left + symbol.side <= page.width);
    }
}

#[test]
fn code_of_the_receipt_reads_back_from_the_picture_of_either_paper() {
    let document = receipt();
    let sealed = Sealed::parse(&document).unwrap();
    let stated = sealed.unverified_receipt().unwrap();
    for language in Language::ALL {
        let catalogue = Catalogue::new(*language);
        let slip = slip_of(
            &SlipAnswer::of_receipt(stated.look()),
            Some((stated.look().cti, document.clone())),
            &catalogue,
            Extra::none(),
        );
        for (paper, dots) in [(Paper::A6, 12.0), (Paper::Roll58, 8.0)] {
            let (pages, laid) = svg(&slip, paper).unwrap();
            assert_eq!(laid.pages.len(), 1, "an ordinary slip is one page: {language:?} {paper:?}");
            let picture = rasterised(&pages[0], &laid.pages[0], dots);
            let readings = read_luma(&picture).unwrap();
            let text = QrText::from_document(&document).unwrap();
            assert_eq!(readings[0].text(), text.as_str(), "{language:?} {paper:?}");
        }
    }
}

/// The symbol as any program draws it: runs of modules, moved and scaled; and lines of text as bars where their letters
/// stand.
fn rasterised(svg: &str, page: &Page, dots: f64) -> Luma {
    let pixels = |hundredths: usize| (hundredths as f64 / 100.0 * dots) as usize;
    let (width, height) = (pixels(page.width), pixels(page.height));
    let mut picture = vec![255_u8; width * height];
    let mut fill = |left: f64, top: f64, right: f64, bottom: f64| {
        for row in top.round() as usize..(bottom.round() as usize).min(height) {
            for column in left.round() as usize..(right.round() as usize).min(width) {
                picture[row * width + column] = 0;
            }
        }
    };
    for line in &page.lines {
        let (top, left) = (pixels(line.top + line.size / 3) as f64, pixels(page.margin + line.indent) as f64);
        fill(left, top, left + line.text.chars().count() as f64, top + 2.0);
    }
    // The reader must find the code whichever side it stands on.
    let path = svg.lines().find(|line| line.contains("crispEdges")).unwrap();
    let attribute =
        |name: &str| path.split(name).nth(1).unwrap().split(['"', ')']).next().unwrap().to_owned();
    let translate: Vec<f64> =
        attribute("translate(").split(' ').map(|number| number.parse().unwrap()).collect();
    let scale: f64 = attribute("scale(").parse().unwrap();
    for run in attribute(" d=\"").split('M').skip(1) {
        let (place, length) = run.split_once('h').unwrap();
        let (column, row) = place.split_once(' ').unwrap();
        let length: f64 = length.split('v').next().unwrap().parse().unwrap();
        let (column, row): (f64, f64) = (column.parse().unwrap(), row.parse().unwrap());
        let x = |modules: f64| (translate[0] + modules * scale) * dots;
        let y = |modules: f64| (translate[1] + modules * scale) * dots;
        fill(x(column), y(row), x(column + length), y(row + 1.0));
    }
    Luma::new(width as u32, height as u32, picture).unwrap()
}

#[test]
fn symbol_that_is_too_wide_for_the_roll_is_left_out_and_said_so() {
    let mut slip = slip("text ", Direction::LeftToRight);
    // A document of 1,900 bytes needs version 40.
    slip.receipt.as_mut().unwrap().document = vec![0xA5; 1_900];
    let laid = lay_out(&slip, Paper::Roll58).unwrap();
    assert_eq!((laid.left_out, laid.symbol), (LeftOut::Symbol, None));
    assert!(laid.pages.iter().all(|page| page.symbol.is_none()));
}
