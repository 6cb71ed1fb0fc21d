//! The forger's smallest step: any change to a sealed document is refused, and nothing of it comes out.

use proptest::prelude::any;
use proptest::{prop_assert, proptest};
use sanad_credential::{QrText, Sealed, VerifyingKey, seal_status_list};
use sanad_tests::generate::{
    cases, document, receipt_document, samples, signing_key, status_list_token, verifying_key,
};
use std::sync::LazyLock;

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_changed_byte_of_an_entitlement_is_refused((_, document) in document(), few in any::<[usize; 4]>()) {
        every_byte_changed(&document, &few);
    }

    #[test]
    fn any_changed_byte_of_a_receipt_is_refused((_, document) in receipt_document(), few in any::<[usize; 4]>()) {
        every_byte_changed(&document, &few);
    }

    #[test]
    fn any_byte_left_out_put_in_or_cut_off_is_refused((_, document) in document(), byte in any::<u8>()) {
        for position in 0..=document.len() {
            let (before, behind) = document.split_at(position);
            prop_assert!(!opens(&[before, &[byte], behind].concat()), "{byte} put in at {position}");
            prop_assert!(behind.is_empty() || !opens(before), "cut at {position}");
            prop_assert!(before.is_empty() || !opens(behind), "begun at {position}");
            if let [_, behind @ ..] = behind {
                prop_assert!(!opens(&[before, behind].concat()), "left out at {position}");
            }
        }
    }

    #[test]
    fn any_two_bytes_swapped_are_refused((_, document) in document(), pairs in any::<[[usize; 2]; 32]>()) {
        for [one, other] in pairs {
            let mut changed = document.clone();
            changed.swap(one % document.len(), other % document.len());
            prop_assert!(changed == document || !opens(&changed));
        }
    }

    /// Parts of two documents under one key make no third.
    #[test]
    fn a_signature_moved_to_another_document_is_refused((_, one) in document(), (_, other) in document()) {
        let signature = one.len() - 64;
        let moved = [&one[..signature], &other[other.len() - 64..]].concat();
        prop_assert!(moved == one || !opens(&moved));
    }

    #[test]
    fn any_changed_character_of_a_qr_text_is_refused((_, document) in document(), few in any::<[usize; 4]>()) {
        let text = QrText::from_document(&document).unwrap();
        let text = text.as_str();
        for position in 0..text.len() {
            let (before, behind) = text.split_at(position);
            let rest = &behind[1..];
            let all = few.iter().any(|few| few % text.len() == position);
            for other in if all { '\0'..'\u{200}' } else { '0'..'2' } {
                text_changed(text, &format!("{before}{other}{rest}"));
                text_changed(text, &format!("{before}{other}{behind}"));
            }
            text_changed(text, &format!("{before} {behind}"));
            text_changed(text, &format!("{before}{rest}"));
            text_changed(text, before);
            text_changed(text, behind);
        }
    }
}

/// A status list may be encoded in foreign ways around its claims, and so could be written in other bytes; but no
/// changed byte of one token leaves it another valid one.
#[test]
fn any_changed_byte_of_a_status_list_is_refused() {
    for token in samples(&status_list_token(), 3) {
        let document = seal_status_list(&token, &signing_key()).unwrap();
        for position in 0..document.len() {
            for change in [0x01, 0x20, 0xFF] {
                let mut changed = document.clone();
                changed[position] ^= change;
                assert!(!opens(&changed), "byte {position} changed by {change:#x}");
            }
            assert!(!opens(&document[..position]), "cut at {position}");
        }
    }
}

/// Every other value at a few positions, and one other at each of the rest.
fn every_byte_changed(document: &[u8], few: &[usize]) {
    for position in 0..document.len() {
        let all = few.iter().any(|few| few % document.len() == position);
        let one = (position % 255) as u8 + 1;
        for change in if all { 1..=255 } else { one..=one } {
            let mut changed = document.to_vec();
            changed[position] ^= change;
            assert!(!opens(&changed), "byte {position} changed by {change:#x}");
        }
    }
}

/// White space around a text is trimmed, since scanners add it; anything else is a change.
fn text_changed(text: &str, changed: &str) {
    if changed.trim() != text {
        let document = QrText::decode(changed);
        assert!(!document.is_ok_and(|document| opens(&document)), "{changed:?}");
    }
}

/// Whether anything comes out under the key that signed it. What can be looked at unverified must not panic.
fn opens(document: &[u8]) -> bool {
    let Ok(sealed) = Sealed::parse(document) else { return false };
    let _ = sealed.unverified_entitlement();
    let _ = sealed.unverified_origin();
    let _ = sealed.unverified_receipt();
    static KEY: LazyLock<VerifyingKey> = LazyLock::new(verifying_key);
    let key = &*KEY;
    sealed.open_entitlement(key).is_ok()
        || sealed.open_receipt(key).is_ok()
        || sealed.open_status_list(key).is_ok()
}
