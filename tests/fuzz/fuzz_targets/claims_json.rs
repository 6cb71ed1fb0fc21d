//! Claims as JSON. What is accepted is written and read again as the same claims, in both forms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{CLAIMS_LIMITS, Claims, Json, OWN_BYTES_MAX, Receipt, Sealed};
use sanad_fuzz::envelope;

fuzz_target!(|text: &str| {
    let Ok(json) = Json::parse(text, CLAIMS_LIMITS) else { return };
    if let Ok(claims) = Claims::from_json(&json) {
        assert_eq!(Claims::from_json(&claims.to_json()).unwrap(), claims);
        let typ = if claims.holder_key.is_some() { 293 } else { 65_100 };
        let document = envelope(typ, &claims.to_cbor());
        if document.len() <= OWN_BYTES_MAX {
            let sealed = Sealed::parse(&document).unwrap();
            assert_eq!(*sealed.unverified_entitlement().unwrap().look(), claims);
            assert_eq!(Claims::from_json_text(&claims.to_json().to_string()).unwrap(), claims);
        }
    }
    if let Ok(receipt) = Receipt::from_json(&json) {
        assert_eq!(Receipt::from_json(&receipt.to_json()).unwrap(), receipt);
        let document = envelope(65_101, &receipt.to_cbor());
        if document.len() <= OWN_BYTES_MAX {
            let sealed = Sealed::parse(&document).unwrap();
            assert_eq!(*sealed.unverified_receipt().unwrap().look(), receipt);
        }
    }
});
