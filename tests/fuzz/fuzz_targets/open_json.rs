//! JSON of the open standards: what is read within the limits of a document is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_openvc::{DOCUMENT, JWT, STATUS_LIST, parse};

fuzz_target!(|data: &[u8]| {
    for limits in [DOCUMENT, STATUS_LIST, JWT] {
        let Ok(value) = parse(data, limits) else { continue };
        assert!(data.len() <= limits.bytes_max);
        assert_eq!(parse(value.to_string().as_bytes(), limits).unwrap(), value);
    }
});
