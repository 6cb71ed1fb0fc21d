//! An SD-JWT VC: what is disclosed stands among the claims, and an entitlement is written again as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::open;
use sanad_openvc::{KeyBinding, Times, VerifyingSdJwt, from_sd_jwt, to_sd_jwt, verify_sd_jwt};

fuzz_target!(|text: &str| {
    let controllers = open::controllers();
    for key_binding in [
        KeyBinding::None,
        KeyBinding::Require { audience: "x509_hash:clinic", nonce: "nonce", age_seconds_max: 60 },
    ] {
        let verifying = VerifyingSdJwt {
            controllers: &controllers,
            now: open::now(),
            times: Times::LeaveToDecision,
            key_binding,
        };
        let Ok(verified) = verify_sd_jwt(text, &verifying) else { continue };
        assert!(verified.claims().contains_key("vct") && !verified.claims().contains_key("_sd"));
        if let Ok(claims) = from_sd_jwt(verified.claims()) {
            let again = to_sd_jwt(&claims, verified.issuer());
            let mut members = again.clear;
            members.extend(again.disclosable);
            assert_eq!(from_sd_jwt(&members).unwrap(), claims);
        }
    }
});
