//! A presentation: what verifies has a holder, and credentials that verified each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::open;
use sanad_openvc::{DOCUMENT, VerifyingPresentation, parse_object, verify_presentation};

fuzz_target!(|data: &[u8]| {
    let Ok(document) = parse_object(data, DOCUMENT) else { return };
    let controllers = open::controllers();
    let credentials = open::verifying(&controllers);
    let verifying = VerifyingPresentation { credentials, challenge: Some("challenge"), domain: None };
    let Ok(verified) = verify_presentation(&document, &verifying) else { return };
    assert!(verified.holder.starts_with("did:"));
    for credential in &verified.credentials {
        assert!(!verified.is_held(credential) || credential.subjects().contains(&verified.holder.as_str()));
    }
});
