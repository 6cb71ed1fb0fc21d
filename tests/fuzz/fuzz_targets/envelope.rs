//! A document as it arrives. What can be read is written back byte for byte, and what opens is what the key signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{Sealed, SigningKey, VerifyingKey, seal_entitlement, seal_receipt};
use sanad_fuzz::Echo;
use std::sync::LazyLock;

/// The key that signed the seeds.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_secret(&[0x5A; 32]));
static PUBLIC: LazyLock<VerifyingKey> = LazyLock::new(|| VerifyingKey::new(&KEY.public_key()).unwrap());

fuzz_target!(|document: &[u8]| {
    let Ok(sealed) = Sealed::parse(document) else { return };
    if let Ok(claims) = sealed.unverified_entitlement() {
        assert_eq!(seal_entitlement(claims.look(), &Echo::of(&sealed)).unwrap(), document);
    }
    if let Ok(receipt) = sealed.unverified_receipt() {
        assert_eq!(seal_receipt(receipt.look(), &Echo::of(&sealed)).unwrap(), document);
    }
    if let Ok(claims) = sealed.open_entitlement(&*PUBLIC) {
        assert_eq!(seal_entitlement(&claims, &*KEY).unwrap(), document);
    }
    if let Ok(receipt) = sealed.open_receipt(&*PUBLIC) {
        assert_eq!(seal_receipt(&receipt, &*KEY).unwrap(), document);
    }
});
