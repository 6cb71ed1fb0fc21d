//! Presentations: one token, one encoding; nothing of it can be changed, cut off or put around another credential.

use proptest::prelude::any;
use proptest::{prop_assert, prop_assert_eq, proptest};
use sanad_credential::{
    Binding, Carried, Challenge, HolderRequest, OWN_BYTES_MAX, PHONE_BYTES_MAX, PRESENTATION_BYTES_ADDED,
    Presentation, Sealed, Typ, seal_presentation,
};
use sanad_tests::generate::{cases, challenge, holder_key, presentation, verifying_key};

use crate::rubbish::one_line;

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_presentation_goes_through_bytes_and_back((claims, credential, binding, token) in presentation()) {
        let read = Presentation::parse(&token).unwrap();
        prop_assert_eq!(read.credential().as_bytes(), credential.as_slice());
        prop_assert_eq!(read.credential().typ(), Typ::PhoneEntitlement);
        let opened = read.credential().open_entitlement(&verifying_key()).unwrap();
        prop_assert_eq!(&opened, &claims);
        prop_assert_eq!(&read.open(&opened).unwrap(), &binding);
        prop_assert_eq!(seal_presentation(&credential, &binding, &holder_key()).unwrap(), token);
    }

    #[test]
    fn what_a_token_adds_is_what_is_left_for_it((_, credential, _, token) in presentation()) {
        let added = token.len() - credential.len();
        prop_assert!(added <= PRESENTATION_BYTES_ADDED, "{added}");
        prop_assert!(token.len() <= OWN_BYTES_MAX && credential.len() <= PHONE_BYTES_MAX);
    }

    #[test]
    fn a_challenge_goes_through_its_text_and_back(challenge in challenge()) {
        let text = challenge.to_string();
        prop_assert_eq!(&Challenge::parse(&text).unwrap(), &challenge);
        prop_assert!(!text.contains(' '));
    }

    /// No text at all makes the readers of requests and challenges panic, and what is read is written again.
    #[test]
    fn texts_never_panic(
        text in "(SNDK:|SNDC:|snd)?(1:)?[A-Z0-9:-]{0,40}(:[0-9A-Fa-f]{0,130}){0,3}", other in ".{0,60}",
    ) {
        for text in [text, other] {
            if let Ok(read) = HolderRequest::parse(&text).inspect_err(one_line) {
                prop_assert_eq!(read.to_string(), text.trim());
            }
            if let Ok(read) = Challenge::parse(&text).inspect_err(one_line) {
                prop_assert_eq!(read.to_string(), text.trim());
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    /// A byte of the credential inside, of the header around it, of audience, time, nonce or signature.
    #[test]
    fn any_changed_byte_of_a_presentation_is_refused((_, _, _, token) in presentation(), bit in 0_u8..8) {
        for position in 0..token.len() {
            let mut changed = token.clone();
            changed[position] ^= 1 << bit;
            prop_assert!(accepted(&changed).is_none(), "{position}");
        }
    }

    #[test]
    fn any_byte_left_out_put_in_or_cut_off_is_refused((_, _, _, token) in presentation(), byte in any::<u8>()) {
        for position in 0..=token.len() {
            let (before, behind) = token.split_at(position);
            prop_assert!(accepted(&[before, &[byte], behind].concat()).is_none());
            prop_assert!(behind.is_empty() || accepted(before).is_none());
            if let [_, behind @ ..] = behind {
                prop_assert!(accepted(&[before, behind].concat()).is_none());
            }
        }
    }

    /// Somebody who saw two presentations of one holder makes no third of their parts.
    #[test]
    fn the_signature_of_another_presentation_does_not_carry_over(
        (_, _, _, one) in presentation(), (_, _, _, other) in presentation(),
    ) {
        let moved = [&one[..one.len() - 64], &other[other.len() - 64..]].concat();
        prop_assert!(moved == one || accepted(&moved).is_none());
    }
}

fn accepted(token: &[u8]) -> Option<Binding> {
    let Carried::Presentation(presentation) = Carried::parse(token).ok()? else { return None };
    let claims = presentation.credential().open_entitlement(&verifying_key()).ok()?;
    presentation.open(&claims).ok()
}

/// The credential inside is a document of its own: the stripped token is a copy, and reads as one.
#[test]
fn a_stripped_token_is_the_credential_and_no_presentation() {
    for (_, credential, _, _) in sanad_tests::generate::samples(&presentation(), 16) {
        assert!(matches!(Carried::parse(&credential).unwrap(), Carried::Document(_)));
        assert!(Presentation::parse(&credential).is_err());
        assert!(Sealed::parse(&credential).unwrap().open_entitlement(&verifying_key()).is_ok());
    }
}
