//! A scanned text. What decodes is written back as it was scanned, but for white space around it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::QrText;

fuzz_target!(|scanned: &str| {
    if let Ok(document) = QrText::decode(scanned) {
        assert_eq!(QrText::from_document(&document).unwrap().as_str(), scanned.trim());
    }
});
