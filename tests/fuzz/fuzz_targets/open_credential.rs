//! A W3C credential: where its proofs verify, what it says is what the one signer that seeds have signed; where it reads as
//! an entitlement, signed or not, the same credential is written from it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::open;
use sanad_openvc::{DOCUMENT, from_credential, parse_object, to_credential, verify_any};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(document) = parse_object(data, DOCUMENT) else { return };
    let mut unsigned = document.clone();
    unsigned.remove("proof");
    if let Ok(claims) = from_credential(&unsigned) {
        let issuer = unsigned["issuer"].as_str().unwrap();
        assert_eq!(from_credential(&to_credential(&claims, issuer)).unwrap(), claims);
    }
    let controllers = open::controllers();
    if let Ok(verified) = verify_any(&Value::Object(document), &open::verifying(&controllers)) {
        assert!(verified.proofs().iter().any(|proof| proof.controller == verified.issuer()));
    }
});
