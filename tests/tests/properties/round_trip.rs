//! One document, one encoding: what is read is written back byte for byte, through claims and through JSON.

use proptest::prelude::any;
use proptest::{prop_assert, prop_assert_eq, proptest};
use sanad_credential::{
    CLAIMS_LIMITS, Claims, Json, Limits, OWN_BYTES_MAX, QrText, Receipt, RightType, SealFault, Sealed,
    StatusList, Typ, What, seal_entitlement, seal_receipt, seal_status_list,
};
use sanad_tests::generate::{
    cases, claims, claims_of, document, receipt_document, samples, signing_key, status_list_token,
    verifying_key,
};

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn an_entitlement_goes_through_bytes_and_back((claims, document) in document()) {
        let sealed = Sealed::parse(&document).unwrap();
        let opened = sealed.open_entitlement(&verifying_key()).unwrap();
        prop_assert_eq!(sealed.typ() == Typ::PhoneEntitlement, claims.holder_key.is_some());
        prop_assert_eq!(&opened, &claims);
        prop_assert_eq!(opened.to_cbor(), claims.to_cbor());
        prop_assert_eq!(seal_entitlement(&opened, &signing_key()).unwrap(), document);
    }

    #[test]
    fn an_entitlement_goes_through_json_and_back((claims, _) in document()) {
        let text = claims.to_json().to_string();
        let read = Claims::from_json_text(&text).unwrap();
        prop_assert_eq!(read.to_cbor(), claims.to_cbor());
        prop_assert_eq!(read.to_json().to_string(), text);
    }

    /// A member moved to another place in the object, as an editor or a database may do, says the same.
    #[test]
    fn the_order_of_json_members_has_no_meaning((claims, _) in document(), turn in any::<usize>()) {
        let Json::Object(mut members) = claims.to_json() else { panic!("claims are an object") };
        let turn = turn % members.len();
        members.rotate_left(turn);
        let read = Claims::from_json_text(&Json::Object(members).to_string()).unwrap();
        prop_assert_eq!(read.to_cbor(), claims.to_cbor());
    }

    #[test]
    fn a_receipt_goes_through_bytes_and_json_and_back((receipt, document) in receipt_document()) {
        let opened = Sealed::parse(&document).unwrap().open_receipt(&verifying_key()).unwrap();
        prop_assert_eq!(&opened, &receipt);
        prop_assert_eq!(seal_receipt(&opened, &signing_key()).unwrap(), document);
        let text = receipt.to_json().to_string();
        let json = Json::parse(&text, CLAIMS_LIMITS).unwrap();
        prop_assert_eq!(Receipt::from_json(&json).unwrap().to_cbor(), receipt.to_cbor());
    }

    #[test]
    fn a_document_goes_through_its_qr_text_and_back((_, document) in document()) {
        let text = QrText::from_document(&document).unwrap();
        prop_assert_eq!(QrText::decode(text.as_str()).unwrap(), document);
        prop_assert!(!text.as_str().starts_with(' ') && !text.as_str().ends_with(' '));
    }

    /// The length limit is the only reason why checked claims are not sealed.
    #[test]
    fn claims_are_sealed_unless_they_are_too_long(claims in claims()) {
        match seal_entitlement(&claims, &signing_key()) {
            Ok(document) => prop_assert!(document.len() <= OWN_BYTES_MAX),
            Err(SealFault::Document(fault)) => {
                let too_long = matches!(fault.what(), What::Length { max: 2_048, .. });
                prop_assert!(too_long && claims.to_cbor().len() > 1_900);
            }
            Err(SealFault::Signer(never)) => match never {},
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_status_list_goes_through_its_token_and_back(token in status_list_token()) {
        let document = seal_status_list(&token, &signing_key()).unwrap();
        let opened = Sealed::parse(&document).unwrap().open_status_list(&verifying_key()).unwrap();
        prop_assert_eq!(&opened, &token);
        prop_assert_eq!(seal_status_list(&opened, &signing_key()).unwrap(), document);
        prop_assert_eq!(StatusList::inflate(&token.list.deflate()).unwrap(), token.list);
    }
}

/// The JSON limits must never refuse what fits into a document: the most JSON that 2,048 bytes can stand for are
/// contribution lines with all functions, a full household, and texts of nothing but escapes.
#[test]
fn the_largest_documents_fit_the_limits_of_claims_json() {
    let mut most_bytes = 0;
    let mut most_values = 0;
    for right in RightType::ALL {
        for claims in samples(&claims_of(*right), 2_000) {
            if seal_entitlement(&claims, &signing_key()).is_err() {
                continue;
            }
            let text = claims.to_json().to_string();
            most_bytes = most_bytes.max(text.len());
            most_values = most_values.max(values(&claims.to_json()));
            assert!(Claims::from_json_text(&text).is_ok(), "{} bytes of JSON", text.len());
        }
    }
    println!("largest of 12,000 documents: {most_bytes} bytes and {most_values} values of JSON");
    let Limits { bytes_max, values_max, .. } = CLAIMS_LIMITS;
    assert!(most_bytes <= bytes_max && most_values <= values_max);
}

fn values(json: &Json<'_>) -> usize {
    1 + match json {
        Json::Array(entries) => entries.iter().map(values).sum::<usize>(),
        Json::Object(members) => members.iter().map(|(_, value)| values(value)).sum(),
        _ => 0,
    }
}
