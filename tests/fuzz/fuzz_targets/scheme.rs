//! A scheme file. What is accepted is written and read again as the same scheme, within its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_issuer::scheme::{SCHEME_LIMITS, Scheme};

fuzz_target!(|text: &str| {
    let Ok(scheme) = Scheme::parse(text) else { return };
    let written = scheme.to_json().to_string();
    assert!(written.len() <= SCHEME_LIMITS.bytes_max);
    let again = Scheme::parse(&written).unwrap();
    assert_eq!(again, scheme);
    assert_eq!(again.to_json().to_string(), written);
});
