//! Whatever arrives, each decoder gives an answer: a document or a fault, never a panic.
//!
//! What a fault prints is checked too: it may end up in a terminal or a log and must be one line without control
//! or bidirectional characters, whatever the input was.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::{prop_oneof, proptest};
use sanad_credential::{
    Birth, CLAIMS_LIMITS, Carried, Claims, Currency, Date, Fault, Json, Money, QrText, Receipt, Sealed,
    StatusList, UnixTime, seal_status_list,
};
use sanad_tests::generate::{
    cases, document, presentation, receipt, receipt_document, signing_key, status_list_token, verifying_key,
};

use sanad_verifier::case::Case;

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn bytes_never_panic(bytes in vec(any::<u8>(), 0..4_096)) {
        decode_bytes(&bytes);
    }

    /// In an envelope, so that the readers of claims are reached.
    #[test]
    fn cbor_like_claims_never_panic(parts in vec(cbor_part(), 0..200), typ in select(TYPS)) {
        decode_bytes(&envelope(&parts.concat(), typ));
    }

    #[test]
    fn text_never_panics(
        prefix in select(vec!["", "SND1:", " SND1:", "snd1:", "SND1: "]),
        text in vec(prop_oneof![select(BASE45), any::<char>()], 0..600),
    ) {
        decode_text(&format!("{prefix}{}", String::from_iter(text)));
    }

    #[test]
    fn base45_text_never_panics(text in vec(select(BASE45), 0..3_200)) {
        decode_text(&format!("SND1:{}", String::from_iter(text)));
    }

    #[test]
    fn json_like_text_never_panics(parts in vec(select(JSON_PARTS), 0..400)) {
        decode_text(&parts.concat());
    }

    #[test]
    fn damaged_entitlements_never_panic((_, document) in document(), damage in damage()) {
        decode_bytes(&damaged(document, &damage));
    }

    /// Past the signature: the claims are damaged and sealed again in a whole envelope.
    #[test]
    fn damaged_claims_never_panic((claims, _) in document(), damage in damage(), typ in select(TYPS)) {
        decode_bytes(&envelope(&damaged(claims.to_cbor(), &damage), typ));
    }

    #[test]
    fn damaged_presentations_never_panic((_, _, _, token) in presentation(), damage in damage()) {
        decode_bytes(&damaged(token, &damage));
    }

    #[test]
    fn damaged_receipts_never_panic((_, document) in receipt_document(), damage in damage()) {
        decode_bytes(&damaged(document, &damage));
    }

    #[test]
    fn damaged_receipt_claims_never_panic(receipt in receipt(), damage in damage(), typ in select(TYPS)) {
        decode_bytes(&envelope(&damaged(receipt.to_cbor(), &damage), typ));
    }

    #[test]
    fn damaged_qr_texts_never_panic((_, document) in document(), damage in damage()) {
        let text = QrText::from_document(&document).unwrap();
        decode_text(&String::from_utf8_lossy(&damaged(text.as_str().into(), &damage)));
    }

    #[test]
    fn damaged_json_never_panics((claims, _) in document(), damage in damage()) {
        let text = claims.to_json().to_string();
        decode_text(&String::from_utf8_lossy(&damaged(text.into(), &damage)));
    }

    #[test]
    fn damaged_receipt_json_never_panics(receipt in receipt(), damage in damage()) {
        let text = receipt.to_json().to_string();
        decode_text(&String::from_utf8_lossy(&damaged(text.into(), &damage)));
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn damaged_status_lists_never_panic(token in status_list_token(), damage in damage()) {
        let document = seal_status_list(&token, &signing_key()).unwrap();
        decode_bytes(&damaged(document, &damage));
        let _ = StatusList::inflate(&damaged(token.list.deflate(), &damage)).inspect_err(one_line);
    }
}

pub(crate) fn decode_bytes(bytes: &[u8]) {
    if let Ok(Carried::Presentation(token)) = Carried::parse(bytes).inspect_err(one_line) {
        let stated = token.credential().unverified_entitlement().inspect_err(one_line);
        let _ = stated.map(|claims| token.open(claims.look()).inspect_err(one_line));
    }
    let sealed = match Sealed::parse(bytes) {
        Ok(sealed) => sealed,
        Err(fault) => return one_line(&fault),
    };
    let key = verifying_key();
    let _ = sealed.open_entitlement(&key).inspect_err(one_line);
    let _ = sealed.open_receipt(&key).inspect_err(one_line);
    let _ = sealed.open_status_list(&key).inspect_err(one_line);
    // What reads in spite of the damage is written back as it was: one document has one encoding.
    let _ = sealed.unverified_origin().inspect_err(one_line);
    if let Ok(claims) = sealed.unverified_entitlement().inspect_err(one_line) {
        let written = claims.look().to_cbor();
        assert!(bytes.windows(written.len()).any(|window| window == written));
    }
    if let Ok(receipt) = sealed.unverified_receipt().inspect_err(one_line) {
        let written = receipt.look().to_cbor();
        assert!(bytes.windows(written.len()).any(|window| window == written));
    }
}

pub(crate) fn decode_text(text: &str) {
    match QrText::decode(text) {
        Ok(document) => {
            assert_eq!(QrText::from_document(&document).unwrap().as_str(), text.trim());
            decode_bytes(&document);
        }
        Err(fault) => one_line(&fault),
    }
    if let Ok(claims) = Claims::from_json_text(text).inspect_err(one_line) {
        assert_eq!(Claims::from_json_text(&claims.to_json().to_string()).unwrap(), claims);
    }
    if let Ok(json) = Json::parse(text, CLAIMS_LIMITS).inspect_err(one_line) {
        assert_eq!(Json::parse(&json.to_string(), CLAIMS_LIMITS).unwrap(), json);
        let _ = Receipt::from_json(&json).inspect_err(one_line);
    }
    if let Ok(case) = Case::parse(text).inspect_err(one_line) {
        let _ = case.question().decide();
    }
    let _ = Date::parse(text).inspect_err(one_line);
    let _ = UnixTime::parse(text).inspect_err(one_line);
    let _ = Birth::parse(text).inspect_err(one_line);
    let _ = Money::parse(text, Currency::new("KES").unwrap()).inspect_err(one_line);
}

pub(crate) fn one_line(fault: &Fault) {
    let text = format!("{fault} {fault:?}");
    let moves_others = |character: char| {
        character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(moves_others), "{text:?}");
    assert!(text.len() < 1_000, "{text}");
}

/// A document of the type around any payload, with a signature that does not hold.
fn envelope(payload: &[u8], typ: u16) -> Vec<u8> {
    let [high, low] = typ.to_be_bytes();
    let mut document = vec![0xD2, 0x84, 0x51, 0xA3, 0x01, 0x32, 0x04, 0x48];
    document.extend([0x5A; 8]);
    document.extend([0x10, 0x19, high, low, 0xA0]);
    let length = payload.len() as u16;
    match length {
        0..=23 => document.push(0x40 | length as u8),
        24..=255 => document.extend([0x58, length as u8]),
        _ => document.extend([[0x59].as_slice(), &length.to_be_bytes()].concat()),
    }
    document.extend(payload);
    document.extend([0x58, 0x40]);
    document.extend([0x5A; 64]);
    document
}

/// Pieces that claims are made of, and pieces that they must not have.
fn cbor_part() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        &[0xA0],
        &[0xA1],
        &[0xA7],
        &[0xA8],
        &[0x80],
        &[0x81],
        &[0x89],
        &[0xF6],
        &[0xF5],
        &[0xF4],
        &[0x9F],
        &[0xBF],
        &[0xFF],
        &[0xC0],
        &[0xFB],
        &[0xBB],
        &[0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x3B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x01, 0x66, b'K', b'E', b'-', b'S', b'H', b'A'],
        &[0x04, 0x1A, 0x69, 0x00, 0x00, 0x00],
        &[0x06, 0x1A, 0x68, 0x00, 0x00, 0x00],
        &[0x07, 0x48, 1, 2, 3, 4, 5, 6, 7, 8],
        &[0x19, 0xFF, 0xFF],
        &[0x3A, 0x00, 0x01, 0x00, 0x00],
        &[0x3A, 0x00, 0x01, 0x00, 0x01],
        &[0x67, b'1', b'9', b'5', b'5', b'-', b'X', b'X'],
        &[0x62, 0xC3, 0x28],
    ];
    let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    prop_oneof![3 => select(pieces), 2 => (0..24_u8).prop_map(|small| vec![small]), 1 => vec(any::<u8>(), 1..6)]
}

/// One thing that happens to bytes: at a place, so many are replaced by others.
#[derive(Clone, Debug)]
struct Damage {
    place: usize,
    removed: usize,
    put_in: Vec<u8>,
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let one = (any::<usize>(), prop_oneof![Just(0), Just(1), 0..40_usize], vec(any::<u8>(), 0..4));
    vec(one.prop_map(|(place, removed, put_in)| Damage { place, removed, put_in }), 1..6)
}

fn damaged(mut bytes: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for Damage { place, removed, put_in } in damage {
        let start = place % (bytes.len() + 1);
        let end = (start + removed).min(bytes.len());
        bytes.splice(start..end, put_in.iter().copied());
    }
    bytes
}

const TYPS: &[u16] = &[65_100, 65_101, 293];

const BASE45: &[char] = &[
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K',
    'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', ' ', '$', '%', '*', '+', '-',
    '.', '/', ':',
];

const JSON_PARTS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "0",
    "-",
    "1e9",
    "1.5",
    "9007199254740993",
    "null",
    "true",
    "false",
    " ",
    "\n",
    "\u{feff}",
    "\"type\"",
    "\"coverage\"",
    "\"subject\"",
    "\"lines\"",
    "\"waits\"",
    "{\"a\":",
    "[[",
    "]]",
    "\"\\ud800\"",
    "\"\\u0000\"",
];
