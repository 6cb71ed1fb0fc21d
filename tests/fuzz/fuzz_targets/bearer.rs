//! The value of a header `Authorization`; behind a first byte of 0, a set of keys instead. A token that is read is written as the
//! same text, its hash is its own, and a key that a header names is found in no set that has not got it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_issuer::oidc::{KeySet, named_key};
use sanad_issuer::service::bearer::{BEARER_BYTES_MAX, Bearer};
use sanad_issuer::token::PresentedToken;

fuzz_target!(|data: &[u8]| {
    if let [0, set @ ..] = data {
        if let Some(keys) = std::str::from_utf8(set).ok().and_then(|text| KeySet::parse(text).ok()) {
            assert!(keys.len() <= 64);
            assert_eq!(keys.is_empty(), keys.len() == 0);
        }
        return;
    }
    match Bearer::of_value(data) {
        Ok(Bearer::Token(token)) => {
            let text = token.expose();
            assert!(data.ends_with(text.as_bytes()));
            let again = PresentedToken::parse(&text).unwrap();
            assert!(again.id == token.id && bool::from(again.hash().holds(&token.hash())));
        }
        Ok(Bearer::Signed(signed)) => {
            assert!(data.len() <= BEARER_BYTES_MAX && data.is_ascii());
            if let Ok((algorithm, kid)) = named_key(signed) {
                assert!(kid.len() <= 256);
                assert!(["RS256", "ES256", "EdDSA"].contains(&algorithm.word()));
            }
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
});
