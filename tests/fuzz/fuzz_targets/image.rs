//! A photograph. A text that is read and can be drawn reads back as the same text from a clean print.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_qr::{Encoder, draw, read, read_back};

fuzz_target!(|file: &[u8]| {
    let Ok(readings) = read(file) else { return };
    assert!(!readings.is_empty());
    for reading in readings {
        if let Ok(drawing) = draw(reading.text(), Encoder::Bulk) {
            assert_eq!(read_back(&drawing.symbol).unwrap(), reading.text());
        }
    }
});
