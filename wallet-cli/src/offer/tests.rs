//! Links of offers, and what is wrong with them.

use super::{LINK_BYTES_MAX, LinkFault, Offer, OfferLink, TxCodeWanted};
use crate::web::{Address, AddressFault};

const OFFER: &str = r#"{"credential_issuer":"https://issuer.example","credential_configuration_ids":["coverage-cwt"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"a+b c","tx_code":{"input_mode":"numeric","length":6,"description":"said \u0007 aloud"}}}}"#;

fn link(offer: &str) -> String {
    let encoded: String = offer.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("openid-credential-offer://?credential_offer={encoded}")
}

fn refusal(text: &str) -> String {
    OfferLink::parse(text).unwrap_err().to_string()
}

#[test]
fn a_link_by_value_and_one_by_reference_read() {
    let OfferLink::Value(offer) = OfferLink::parse(&link(OFFER)).unwrap() else { panic!("a reference") };
    assert_eq!(offer.code(), "a+b c");
    let description = Some("said \\u{7} aloud".to_owned());
    assert_eq!(offer.tx_code, TxCodeWanted::Yes { length: Some(6), description });
    assert!(!format!("{offer:?}").contains("a+b"), "the code stays out of logs");
    let referred =
        "openid-credential-offer:///?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo%3Fid%3D1";
    let OfferLink::Reference(address) = OfferLink::parse(referred).unwrap() else { panic!("an offer") };
    assert_eq!(address.as_str(), "https://issuer.example/o?id=1");
}

#[test]
fn exactly_one_of_offer_and_reference_counts() {
    let reference = "credential_offer_uri=https%3A%2F%2Fissuer.example";
    assert!(refusal(&format!("{}&{reference}", link(OFFER))).contains("2 of credential_offer"));
    assert!(refusal(&format!("openid-credential-offer://?{reference}&{reference}")).contains("2 of"));
    for none in ["", "?", "?credential_offer", "host?credential_offer=x", "?x=1"] {
        assert!(OfferLink::parse(&format!("openid-credential-offer://{none}")).is_err(), "{none}");
    }
    assert!(
        refusal(&format!("openid-credential-offer://?{reference}&a=1")).contains("unknown parameter, \"a\"")
    );
    assert!(matches!(OfferLink::parse("https://issuer.example"), Err(LinkFault::Form)));
    let long = link(&" ".repeat(LINK_BYTES_MAX));
    assert!(matches!(OfferLink::parse(&long), Err(LinkFault::TooLong { .. })));
    for encoding in ["%", "%1", "%zz", "%ff", "%+1"] {
        assert!(
            refusal(&format!("openid-credential-offer://?credential_offer={encoding}")).contains("percent")
        );
    }
}

#[test]
fn an_offer_says_where_its_fault_is() {
    for (from, to, word) in [
        ("\"grants\"", "\"credential_issuer\":\"https://a.example\",\"grants\"", "credential_issuer"),
        ("\"grants\"", "\"note\":1,\"grants\"", "unknown member \"note\""),
        ("[\"coverage-cwt\"]", "[]", "at least one"),
        ("[\"coverage-cwt\"]", "\"coverage-cwt\"", "credential_configuration_ids"),
        ("\"a+b c\"", "\"\"", "1 to 2,048"),
        ("\"a+b c\"", "7", "pre-authorized_code"),
        ("\"length\":6", "\"length\":6.5", "a fraction"),
        ("pre-authorized_code\":{", "other\":{", "no browser"),
        ("\"tx_code\"", "\"authorization_server\":\"https://b.example\",\"tx_code\"", "authorization server"),
        ("https://issuer.example", "http://issuer.example", "is http"),
    ] {
        let changed = OFFER.replacen(from, to, 1);
        assert_ne!(changed, OFFER);
        let said = Offer::parse(&changed).unwrap_err().to_string();
        assert!(said.contains(word), "{word}: {said}");
        assert!(!said.contains("a+b"), "{said}");
    }
}

#[test]
fn only_https_is_asked_and_http_on_this_machine() {
    for fine in [
        "https://issuer.example",
        "https://issuer.example:8443/a/b",
        "http://127.0.0.1:8080",
        "http://[::1]:1/x",
    ] {
        assert_eq!(Address::parse(fine).unwrap().as_str(), fine);
    }
    for open in
        ["http://issuer.example", "http://localhost:80", "http://10.0.0.1", "http://127.1", "http://[::2]"]
    {
        assert!(matches!(Address::parse(open), Err(AddressFault::Open(_))), "{open}");
    }
    for wrong in [
        "https://a@issuer.example",
        "https://issuer.example?a",
        "https://issuer.example/#a",
        "https://issuer.example/../x",
        "https://issuer.example/a b",
        "https://",
        "HTTPS:issuer.example",
        "file:///etc/passwd",
        "http://127.0.0.1@issuer.example",
        "http://127.0.0.1\\@issuer.example",
        "",
    ] {
        assert!(matches!(Address::parse(wrong), Err(AddressFault::Form(_))), "{wrong}");
    }
    let of = |text: &str| Address::parse(text).unwrap();
    assert!(!of("https://issuer.example").is_beside(&of("https://issuer.example:8443")));
    assert!(!of("http://127.0.0.1:1").is_beside(&of("http://127.0.0.2:1")));
    assert_eq!(
        of("https://issuer.example/a/b").well_known("x").as_str(),
        "https://issuer.example/.well-known/x/a/b"
    );
}
