//! Prints the damage table of the QR crate as Markdown: `cargo run --release -p sanad-tests --bin damage-table`.
//!
//! With `pictures DIRECTORY` it writes one picture of each kind and severity instead, to be looked at.

use image::{GenericImage, GrayImage};
use sanad_qr::{Level, Luma};
use sanad_tests::damage::{DAMAGES, SEVERITIES, photograph, symbols, table};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => print!("{}", table(SEEDS)),
        [command, directory] if command == "pictures" => write_pictures(directory),
        _ => panic!("usage: damage-table [pictures DIRECTORY]"),
    }
}

/// One sheet for each kind, the severities from left to right.
fn write_pictures(directory: &str) {
    let (symbol, _) = &symbols(Level::Quartile)[0];
    for damage in DAMAGES {
        let pictures = SEVERITIES.map(|severity| photograph(symbol, damage, severity, 1));
        let width = pictures.iter().map(Luma::width).sum();
        let height = pictures.iter().map(Luma::height).max().unwrap();
        let mut sheet = GrayImage::new(width, height);
        let mut left = 0;
        for picture in pictures {
            let (width, height) = (picture.width(), picture.height());
            let photo = GrayImage::from_raw(width, height, picture.pixels().to_vec()).unwrap();
            sheet.copy_from(&photo, left, 0).unwrap();
            left += width;
        }
        sheet.save(format!("{directory}/{damage:?}.png")).unwrap();
    }
}

/// Pictures of each symbol in each cell: 36 in a cell.
const SEEDS: u64 = 12;
