//! A verifier's request: the link; behind a zero byte the claims of a request object, whose signature held; behind a one the request
//! object itself. Whatever it says, only https is asked, or this machine; the answer goes to the server that was asked, and what
//! bounds the holder's signature has its length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::UnixTime;
use sanad_wallet::asked::query::Wanted;
use sanad_wallet::asked::{LINK_BYTES_MAX, LINK_START, Link, Request};
use sanad_wallet::web::Address;

const LINK: &str = "openid4vp://?client_id=decentralized_identifier%3Adid%3Akey%3Az6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2&request_uri=https%3A%2F%2Fdesk.example%2Frequest";

fuzz_target!(|data: &[u8]| {
    let now = UnixTime::new(1_800_000_000).unwrap();
    match data {
        [0, claims @ ..] => {
            let Ok(serde_json::Value::Object(claims)) = serde_json::from_slice(claims) else { return };
            match Link::parse(LINK).unwrap().read(&claims, now) {
                Ok(request) => holds(&request),
                Err(fault) => assert!(fault.to_string().len() < 10_000),
            }
        }
        [1, token @ ..] => {
            let Ok(token) = std::str::from_utf8(token) else { return };
            if let Ok(request) = Link::parse(LINK).unwrap().open(token, now) {
                holds(&request);
            }
        }
        link => {
            let Ok(text) = std::str::from_utf8(link) else { return };
            match Link::parse(text) {
                Ok(link) => {
                    asked(&link.request);
                    let encoded =
                        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
                    let (client, address) = (encoded(&link.client_id), encoded(link.request.as_str()));
                    let again = format!("{LINK_START}?client_id={client}&request_uri={address}");
                    if again.len() <= LINK_BYTES_MAX {
                        assert_eq!(Link::parse(&again).unwrap(), link);
                    }
                }
                Err(fault) => assert!(fault.to_string().len() < 10_000),
            }
        }
    }
});

fn holds(request: &Request) {
    assert!((16..=1_024).contains(&request.nonce.len()));
    assert!((1..=16).contains(&request.query.credentials.len()));
    for credential in &request.query.credentials {
        if let Wanted::SdJwt(wanted) = &credential.wanted {
            assert!(!wanted.vcts.is_empty() && wanted.claims.len() <= 64);
        }
    }
}

fn asked(address: &Address) {
    let text = address.as_str();
    let here = ["http://127.", "http://["].iter().any(|start| text.starts_with(start));
    assert!(text.starts_with("https://") || here, "{text}");
    assert!(text.is_ascii() && !text.contains(['@', '#', ' ']));
}
