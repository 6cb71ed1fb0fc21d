//! The link of a credential offer, or, behind a zero byte, an offer that a link refers to. Whatever it says, only https is asked,
//! or this machine; a reference that is read is written again as the same link, and the code is in no log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_wallet::offer::{LINK_BYTES_MAX, LINK_START, Offer, OfferLink};
use sanad_wallet::web::Address;

fuzz_target!(|data: &[u8]| {
    let (bytes, refers) = match data {
        [0, offer @ ..] => (offer, true),
        link => (link, false),
    };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if refers {
        if let Ok(offer) = Offer::parse(text) {
            holds(&offer);
        }
        return;
    }
    match OfferLink::parse(text) {
        Ok(OfferLink::Value(offer)) => holds(&offer),
        Ok(OfferLink::Reference(address)) => {
            asked(&address);
            let encoded: String = address.as_str().bytes().map(|byte| format!("%{byte:02X}")).collect();
            let link = format!("{LINK_START}?credential_offer_uri={encoded}");
            if link.len() <= LINK_BYTES_MAX {
                assert_eq!(OfferLink::parse(&link).unwrap(), OfferLink::Reference(address));
            }
        }
        Err(fault) => assert!(fault.to_string().len() < 10_000),
    }
});

fn holds(offer: &Offer) {
    asked(&offer.issuer);
    assert_eq!(Address::parse(offer.issuer.as_str()).unwrap(), offer.issuer);
    assert!(!offer.configurations.is_empty());
    assert_eq!(format!("{offer:?}"), format!("Offer {{ issuer: Address({:?}), .. }}", offer.issuer.as_str()));
}

fn asked(address: &Address) {
    let text = address.as_str();
    let here = ["http://127.", "http://["].iter().any(|start| text.starts_with(start));
    assert!(text.starts_with("https://") || here, "{text}");
    assert!(text.is_ascii() && !text.contains(['@', '#', ' ']));
}
