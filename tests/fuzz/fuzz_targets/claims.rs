//! Claims and receipts behind the signature. The first byte chooses the type of document, the rest is its payload.
//! What is read is written back byte for byte, from JSON too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{CLAIMS_LIMITS, Claims, Json, Receipt, Sealed};
use sanad_fuzz::envelope;

fuzz_target!(|input: &[u8]| {
    let [choice, payload @ ..] = input else { return };
    if payload.len() > 2_048 {
        return;
    }
    let typ = [65_100, 293, 65_101][usize::from(choice % 3)];
    let document = envelope(typ, payload);
    let Ok(sealed) = Sealed::parse(&document) else { return };
    if let Ok(claims) = sealed.unverified_entitlement() {
        assert_eq!(claims.look().to_cbor(), payload);
        let json = claims.look().to_json().to_string();
        assert_eq!(Claims::from_json_text(&json).unwrap().to_cbor(), payload);
    }
    if let Ok(receipt) = sealed.unverified_receipt() {
        assert_eq!(receipt.look().to_cbor(), payload);
        let json = receipt.look().to_json().to_string();
        let json = Json::parse(&json, CLAIMS_LIMITS).unwrap();
        assert_eq!(Receipt::from_json(&json).unwrap().to_cbor(), payload);
    }
});
