//! Images from strangers: what is refused, at what cost, and that nothing panics on the way out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs,
    reason = "a test that meets what it does not expect must fail loudly at that place"
)]

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageFormat, Luma as Grey, LumaA, Rgba};
use sanad_qr::{
    DECODED_BYTES_MAX, Encoder, FILE_BYTES_MAX, Luma, ModulePixels, PIXELS_MAX, ReadFault, SIDE_PIXELS_MAX,
    draw, png, read, read_luma, read_print,
};
use std::io::Cursor;
use std::time::{Duration, Instant};

const TEXT: &str = "SND1:A  B   C    %%::$*+-./0123456789";

fn print() -> Vec<u8> {
    png(&draw(TEXT, Encoder::Bulk).unwrap().symbol, ModulePixels::new(4).unwrap()).unwrap()
}

fn picture() -> GrayImage {
    image::load_from_memory(&print()).unwrap().into_luma8()
}

fn as_png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.into().write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

fn as_jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(picture, picture.width(), picture.height(), ExtendedColorType::L8)
        .unwrap();
    file
}

fn reads(picture: GrayImage) -> bool {
    read(&as_png(picture)).is_ok_and(|found| found.len() == 1 && found[0].text() == TEXT)
}

fn no_symbol(file: &[u8]) -> bool {
    matches!(read(file), Err(ReadFault::NoSymbol { .. }))
}

/// A PNG that ends after its header chunk: nothing is there to decode, so what is refused is the header.
fn png_header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([depth, colour, 0, 0, 0]);
    let mut remainder = u32::MAX;
    for byte in &chunk {
        remainder ^= u32::from(*byte);
        for _ in 0..8 {
            remainder = (remainder >> 1) ^ (0xedb8_8320 * (remainder & 1));
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend(chunk);
    file.extend((!remainder).to_be_bytes());
    file
}

#[test]
fn png_bomb_is_refused_before_decoding() {
    for (width, height) in [
        (SIDE_PIXELS_MAX + 1, 1),
        (1, SIDE_PIXELS_MAX + 1),
        (u32::MAX, u32::MAX),
        (12_000, 12_000),
        (8_000, 6_400),
    ] {
        let refused = read(&png_header(width, height, 8, 0));
        let (max_side, max_pixels) = (SIDE_PIXELS_MAX, PIXELS_MAX);
        assert_eq!(refused, Err(ReadFault::TooManyPixels { width, height, max_side, max_pixels }));
    }
    let mut deep = png_header(8_000, 6_000, 16, 6);
    deep.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    assert_eq!(read(&deep), Err(ReadFault::TooDeep { bytes: 8_000 * 6_000 * 8, max: DECODED_BYTES_MAX }));
}

#[test]
fn jpeg_bomb_is_refused_before_decoding() {
    let mut file = as_jpeg(&picture(), 80);
    let frame = file.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(read(&file), Err(ReadFault::TooManyPixels { width: 65_535, height: 65_535, .. })));
}

#[test]
fn a_file_of_50_megabytes_is_refused_by_size_before_anything_of_it_is_read() {
    // A symbol that would be found, a header that would be refused and what is no image at all.
    for mut file in [print(), png_header(SIDE_PIXELS_MAX + 1, 1, 8, 0), Vec::new()] {
        file.resize(50_000_000, 0);
        let fault = read(&file).unwrap_err();
        assert_eq!(fault, ReadFault::TooLarge { bytes: 50_000_000, max: FILE_BYTES_MAX });
        assert_eq!(fault.to_string(), "the file has 50000000 bytes, the limit is 33554432");
    }
}

#[test]
fn what_is_not_png_or_jpeg_is_refused_by_its_first_bytes() {
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;".as_slice();
    for file in [b"".as_slice(), TEXT.as_bytes(), gif, b"\xff\xd8", b"\x89PNG", b"<svg/>", b"%PDF-1.7"] {
        assert_eq!(read(file), Err(ReadFault::NotAnImage));
        assert_eq!(read_print(file), Err(ReadFault::NotAnImage));
    }
}

#[test]
fn a_truncated_image_is_damaged_or_without_a_symbol() {
    for file in [print(), as_jpeg(&picture(), 70)] {
        for length in (8..file.len() - 12).step_by(5) {
            // A JPEG cut in its last rows may still show the symbol; then it must be the right one.
            match read(&file[..length]) {
                Err(ReadFault::Damaged | ReadFault::NoSymbol { .. }) => {}
                Ok(found) => assert_eq!(found[0].text(), TEXT),
                Err(fault) => panic!("{length}: {fault}"),
            }
        }
    }
}

#[test]
fn empty_and_flat_pictures_hold_no_symbol() {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (2, 2), (7, 7), (39, 41), (300, 300)] {
        for shade in [0, 127, 255] {
            assert!(
                no_symbol(&as_png(GrayImage::from_pixel(width, height, Grey([shade])))),
                "{width} {height}"
            );
        }
    }
}

#[test]
fn the_largest_pictures_accepted_are_read_in_bounded_time() {
    let mut photo =
        GrayImage::from_fn(8_192, 6_144, |x, y| Grey([200 + (x / 64 * 7 + y / 64 * 13) as u8 % 40]));
    assert!(no_symbol(&as_png(photo.clone())));
    let symbol = image::imageops::resize(&picture(), 1_200, 1_200, image::imageops::FilterType::Nearest);
    image::imageops::replace(&mut photo, &symbol, 3_000, 2_000);
    assert!(reads(photo));
}

#[test]
fn a_picture_tiled_with_finder_patterns_is_given_up_in_bounded_time() {
    let tile = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"];
    let tiles = GrayImage::from_fn(3_500, 3_500, |x, y| {
        let (column, row) = (x as usize % 9, y as usize % 9);
        let dark = row < 7 && column < 7 && tile[row].as_bytes()[column] == b'1';
        Grey([if dark { 0 } else { 255 }])
    });
    let begun = Instant::now();
    assert!(no_symbol(&as_png(tiles)));
    // Seconds on one core; hours where the search for patterns is not bounded.
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn turned_inverted_and_mirrored_prints_read() {
    let upright = picture();
    assert!(reads(image::imageops::rotate90(&upright)));
    assert!(reads(image::imageops::rotate180(&upright)));
    assert!(reads(image::imageops::rotate270(&upright)));
    assert!(
        reads(image::imageops::flip_horizontal(&upright)),
        "ISO/IEC 18004, 6.2: a mirror image is a symbol"
    );
    let mut negative = upright.clone();
    image::imageops::invert(&mut negative);
    assert!(reads(negative));
}

#[test]
fn transparent_pixels_are_paper() {
    let stencil = |grey: &Grey<u8>| if grey.0[0] == 0 { 255 } else { 0 };
    let upright = picture();
    let grey = image::ImageBuffer::from_fn(upright.width(), upright.height(), |x, y| {
        LumaA([0_u8, stencil(upright.get_pixel(x, y))])
    });
    let colour = image::ImageBuffer::from_fn(upright.width(), upright.height(), |x, y| {
        Rgba([0_u8, 0, 0, stencil(upright.get_pixel(x, y))])
    });
    assert_eq!(read(&as_png(grey)).unwrap()[0].text(), TEXT);
    assert_eq!(read(&as_png(colour)).unwrap()[0].text(), TEXT);
}

#[test]
fn two_symbols_in_one_picture_are_both_read() {
    let other =
        png(&draw("SND1:OTHER", Encoder::Bulk).unwrap().symbol, ModulePixels::new(4).unwrap()).unwrap();
    let other = image::load_from_memory(&other).unwrap().into_luma8();
    let mut sheet = GrayImage::from_pixel(500, 300, Grey([255]));
    image::imageops::replace(&mut sheet, &picture(), 0, 20);
    image::imageops::replace(&mut sheet, &other, 280, 60);
    let found = read(&as_png(sheet)).unwrap();
    let mut texts: Vec<&str> = found.iter().map(|reading| reading.text()).collect();
    texts.sort_unstable();
    assert_eq!(texts, [TEXT, "SND1:OTHER"]);
}

#[test]
fn two_spaces_in_a_row_survive_jpeg() {
    assert_eq!(read(&as_jpeg(&picture(), 60)).unwrap()[0].text(), TEXT);
}

#[test]
fn a_damaged_print_is_not_released() {
    let mut spoiled = picture();
    for (x, y) in (0..40).flat_map(|y| (0..40).map(move |x| (x, y))) {
        spoiled.put_pixel(16 + x, 16 + y, Grey([0]));
    }
    assert_eq!(read_print(&as_png(spoiled)), Err(ReadFault::NoSymbol { attempts: 1 }));
}

#[test]
fn faults_and_readings_do_not_show_the_text() {
    let found = read(&print()).unwrap();
    assert!(!format!("{found:?}").contains("SND1"));
    assert!(!format!("{:?}", draw(TEXT, Encoder::Bulk).unwrap()).contains("SND1"));
}

#[test]
fn mutated_files_never_panic() {
    let mut random = 0x5a4d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for file in [print(), as_jpeg(&picture(), 50)] {
        for _ in 0..300 {
            let mut mutated = file.clone();
            for _ in 0..=next() % 6 {
                let at = next() as usize % mutated.len();
                mutated[at] = next() as u8;
            }
            if let Ok(found) = read(&mutated) {
                assert_eq!(found[0].text(), TEXT);
            }
        }
    }
}

#[test]
fn random_pictures_never_panic_and_hold_no_symbol() {
    let mut random = 0x2545_f491_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let symbol = picture();
    for round in 0..120_u64 {
        let (width, height) = (1 + next() as u32 % 260, 1 + next() as u32 % 260);
        let coarse = 1 + round as u32 % 7;
        let mut noise = vec![0_u8; (width * height) as usize];
        for (place, pixel) in noise.iter_mut().enumerate() {
            let (x, y) = (place as u32 % width / coarse, place as u32 / width / coarse);
            let cell = u64::from(x).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(y) << 17 ^ round;
            *pixel = (cell.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 56) as u8;
            // Parts of a real symbol under the noise send the reader further in.
            if round % 2 == 0 && place as u32 % width < symbol.width() && y * coarse < symbol.height() {
                let grey =
                    symbol.get_pixel(place as u32 % width, place as u32 / width % symbol.height()).0[0];
                *pixel = (grey / 2).saturating_add(*pixel / 2);
            }
        }
        match read_luma(&Luma::new(width, height, noise).unwrap()) {
            Err(ReadFault::NoSymbol { .. }) => {}
            Ok(found) => assert_eq!(found[0].text(), TEXT),
            Err(fault) => panic!("{fault}"),
        }
    }
}
