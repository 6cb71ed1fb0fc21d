//! A presentation as it arrives, and the texts around it. What opens is written back byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{Carried, Challenge, HolderRequest, SigningKey, VerifyingKey, seal_presentation};
use std::sync::LazyLock;

/// The keys that signed the seeds.
static ISSUER: LazyLock<VerifyingKey> =
    LazyLock::new(|| VerifyingKey::new(&SigningKey::from_secret(&[0x5A; 32]).public_key()).unwrap());
static HOLDER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_secret(&[0x48; 32]));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(request) = HolderRequest::parse(text) {
            assert_eq!(request.to_string(), text.trim());
        }
        if let Ok(challenge) = Challenge::parse(text) {
            assert_eq!(challenge.to_string(), text.trim());
        }
    }
    let Ok(Carried::Presentation(token)) = Carried::parse(bytes) else { return };
    if let Ok(stated) = token.credential().unverified_entitlement() {
        let _ = token.open(stated.look());
    }
    let Ok(claims) = token.credential().open_entitlement(&*ISSUER) else { return };
    if let Ok(binding) = token.open(&claims) {
        let again = seal_presentation(token.credential().as_bytes(), &binding, &*HOLDER).unwrap();
        assert_eq!(again, bytes);
    }
});
