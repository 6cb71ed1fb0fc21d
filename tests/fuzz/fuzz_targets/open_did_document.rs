//! A DID document: its keys are the same, written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_openvc::DidDocument;

fuzz_target!(|data: &[u8]| {
    let Ok(document) = DidDocument::parse(data, "did:web:sha.example") else { return };
    let again = DidDocument::parse(document.to_json().to_string().as_bytes(), "did:web:sha.example").unwrap();
    assert_eq!(again.methods(), document.methods());
});
