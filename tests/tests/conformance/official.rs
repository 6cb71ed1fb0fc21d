//! Official vectors, copied to `tests/vectors/official` with their sources.
//!
//! Our profile is narrower than the standards, so most of these documents must be refused; `refusals.json` says why
//! for each, and one that is not listed there or that passes fails the test.

use std::fs;

use sanad_credential::{
    KeyId, PublicKey, QrText, Sealed, StatusIndex, StatusList, Verify, VerifyingKey, What,
};
use serde_json::Value;

use crate::cbor::{Item, list, map};
use crate::fault_name::{describe, name};
use crate::files::{from_hex, json, vectors};
use crate::maker::{Document, ENTITLEMENT, KE, KE_STATUS, STATUS_LIST, TestKey, midnight};

fn official(path: &str) -> Value {
    json(&vectors().join("official").join(path))
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}"))
}

/// COSE documents are refused for the reason that `refusals.json` states.
fn check_refusal(name: &str, document: &[u8]) {
    let refusals = official("refusals.json");
    let expected = refusals.get(name).unwrap_or_else(|| panic!("{name} has no entry in refusals.json"));
    let found = Sealed::parse(document).map(|sealed| format!("accepted {sealed:?}"));
    let found = found.unwrap_or_else(|fault| describe(&fault));
    let expected = format!("{} at \"{}\"", text(expected, "/fault"), text(expected, "/place"));
    assert_eq!(found, expected, "{name}");
}

#[test]
fn cose_and_cwt_examples_are_refused_for_stated_reasons() {
    let directory = vectors().join("official/cose");
    let mut files: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let example = official(&format!("cose/{file}"));
        check_refusal(&format!("cose/{file}"), &from_hex(text(&example, "/output/cbor")));
    }
    let lists = official("token-status-list/tsl_vectors.json");
    for token in ["status_list_token_cwt_hex", "referenced_token_cwt_hex"] {
        check_refusal(&format!("token-status-list/{token}"), &from_hex(text(&lists, &format!("/{token}"))));
    }
}

/// The form of our documents made from the example's parts: only the algorithm is left to refuse.
#[test]
fn es256_status_list_token_is_refused_by_its_algorithm() {
    let lists = official("token-status-list/tsl_vectors.json");
    let token = from_hex(text(&lists, "/status_list_token_cwt_hex"));
    let claims = token.windows(2).position(|head| head == [0x58, 0x50]).expect("an 80-byte payload") + 2;
    let payload = Item::Raw(token[claims..claims + 80].to_vec());
    let header = map! { 1 => -7, 4 => KE_STATUS.kid(), 16 => STATUS_LIST };
    let document = Document::with_header(&payload, KE_STATUS, &header).bytes();
    let fault = Sealed::parse(&document).unwrap_err();
    assert_eq!(describe(&fault), "algorithm at \"protected.alg\"");

    let header = map! { 1 => -19, 4 => KE_STATUS.kid(), 16 => STATUS_LIST };
    let document = Document::with_header(&payload, KE_STATUS, &header).bytes();
    let fault = Sealed::parse(&document).unwrap().open_status_list(&verifying(KE_STATUS)).unwrap_err();
    assert_eq!(describe(&fault), "range at \"status_list.bits\"", "its claims have one bit an entry");
}

#[test]
fn eddsa_sig_01_has_our_sig_structure_and_verifies_strictly() {
    let example = official("cose/eddsa-examples_eddsa-sig-01.json");
    let protected = from_hex("a201270300");
    let payload = text(&example, "/input/plaintext").as_bytes().to_vec();
    let structure = Item::Array(list!["Signature1", protected, Vec::<u8>::new(), payload]).encode();
    let expected = text(&example, "/intermediates/ToBeSign_hex").to_lowercase();
    assert_eq!(crate::files::to_hex(&structure), expected);
    let document = from_hex(text(&example, "/output/cbor"));
    let signature: [u8; 64] = document[document.len() - 64..].try_into().unwrap();
    let key = public(text(&example, "/input/sign0/key/x_hex"));
    VerifyingKey::new(&key).unwrap().verify(&structure, &signature).unwrap();
    let mut other = structure;
    *other.last_mut().unwrap() ^= 1;
    assert!(VerifyingKey::new(&key).unwrap().verify(&other, &signature).is_err());
}

#[test]
fn base45_examples_decode_to_their_bytes_and_nothing_else_does() {
    let examples = official("base45/base45.json");
    let accepted = examples["ok"].as_array().unwrap();
    assert!(!accepted.is_empty());
    for example in accepted {
        let symbols = text(example, "/base45");
        let bytes = match example["bytes_utf8"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => from_hex(text(example, "/bytes_hex")),
        };
        assert_eq!(QrText::decode(&format!("SND1:{symbols}")).unwrap(), bytes, "{symbols}");
        assert_eq!(QrText::from_document(&bytes).unwrap().as_str(), format!("SND1:{symbols}"));
    }
    let refused = examples["reject"].as_array().unwrap();
    assert!(!refused.is_empty());
    for example in refused {
        let symbols = text(example, "/base45");
        assert!(QrText::decode(&format!("SND1:{symbols}")).is_err(), "{symbols}: {}", text(example, "/why"));
    }
}

/// Case 3 has a key of mixed order: the cofactorless equation holds and neither key nor R is of small order, so
/// strict verification accepts it. The trust list is what keeps such keys out.
#[test]
fn ed25519_speccheck_cases_have_the_verdicts_of_strict_verification() {
    const VERDICTS: [&str; 10] = [
        "weak_key",
        "weak_key",
        "signature",
        "accept",
        "signature",
        "signature",
        "signature",
        "signature",
        "signature",
        "signature",
    ];
    let cases = official("ed25519/speccheck_cases.json");
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), VERDICTS.len());
    for (number, (case, expected)) in cases.iter().zip(VERDICTS).enumerate() {
        let signature: [u8; 64] = from_hex(text(case, "/signature")).try_into().unwrap();
        let message = from_hex(text(case, "/message"));
        let found = VerifyingKey::new(&public(text(case, "/pub_key")))
            .and_then(|key| key.verify(&message, &signature))
            .map_or_else(|fault| name(fault.what()), |()| "accept".into());
        assert_eq!(found, expected, "case {number}");
    }
}

/// The scan has no door of its own: each item stands as the claims of a document whose signature holds. What the scan
/// passes fails later, as claims; what it refuses fails as CBOR.
#[test]
fn cbor_items_pass_or_fail_the_scan_as_listed() {
    let cases = official("cbor/strict_decoder_cases.json");
    let fault_of = |hex: &str| {
        let payload = Item::Raw(from_hex(hex));
        let document = Document::new(ENTITLEMENT, &payload, KE).bytes();
        Sealed::parse(&document).unwrap().open_entitlement(&verifying(KE)).unwrap_err()
    };
    let is_cbor = |what: &What| {
        matches!(
            what,
            What::NotDeterministic { .. }
                | What::Truncated { .. }
                | What::Trailing { .. }
                | What::Length { .. }
        )
    };
    let accepted = cases["accept_deterministic"].as_array().unwrap();
    assert!(!accepted.is_empty());
    for item in accepted {
        let fault = fault_of(item.as_str().unwrap());
        assert!(!is_cbor(fault.what()), "{item} is deterministic: {fault}");
    }
    let refused = cases["reject_strict"].as_array().unwrap();
    assert!(!refused.is_empty());
    for item in refused {
        let fault = fault_of(text(item, "/hex"));
        assert!(is_cbor(fault.what()), "{}: {fault}", text(item, "/why"));
        assert_eq!(fault.place(), "", "{}: found by the scan, before any member is read", text(item, "/why"));
    }
}

/// The long list of two bits, in both official encodings, and verbatim inside a token of ours.
#[test]
fn token_status_list_of_two_bits_decodes_entry_by_entry() {
    let vectors = official("token-status-list/tsl_vectors.json");
    let lists = vectors["lists"].as_array().unwrap();
    let list = lists.iter().find(|list| list["bits"] == 2 && list["size"] == 1 << 20).expect("the long list");
    let map = from_hex(text(list, "/cbor_hex"));
    let in_token = open_list(&map).unwrap();
    let in_json = StatusList::inflate(&base64url(text(list, "/json/lst"))).unwrap();
    assert_eq!(in_token, in_json);
    let statuses = list["statuses"].as_object().unwrap();
    for index in 0..=StatusIndex::MAX.value() {
        let expected = statuses.get(&index.to_string()).and_then(Value::as_u64).unwrap_or(0);
        let found = in_token.status(StatusIndex::new(index).unwrap());
        assert_eq!(u64::from(found.code()), expected, "entry {index}");
    }
    let ours = in_token.deflate();
    assert_eq!(StatusList::inflate(&ours).unwrap(), in_token, "our own stream says the same");
}

/// Lists of other widths or sizes are of other profiles: refused, never read with the wrong width.
#[test]
fn token_status_lists_of_other_widths_or_sizes_are_refused() {
    let vectors = official("token-status-list/tsl_vectors.json");
    let mut refused = 0;
    for list in vectors["lists"].as_array().unwrap() {
        let bits = list["bits"].as_u64().unwrap();
        let size = list["size"].as_u64().unwrap();
        if (bits, size) == (2, 1 << 20) {
            continue;
        }
        let found = open_list(&from_hex(text(list, "/cbor_hex")));
        let expected =
            if bits == 2 { "length/bytes at \"status_list.lst\"" } else { "range at \"status_list.bits\"" };
        assert_eq!(found.unwrap_err(), expected, "{bits} bits, {size} entries");
        let stream = base64url(text(list, "/json/lst"));
        let fault = StatusList::inflate(&stream).unwrap_err();
        assert_eq!(name(fault.what()), "length/bytes", "{bits} bits, {size} entries");
        refused += 1;
    }
    assert_eq!(refused, 5);
}

/// The twelve entries of the specification's short 2-bit list: least significant bits first.
#[test]
fn token_status_list_bit_order_is_the_specifications() {
    let vectors = official("token-status-list/tsl_vectors.json");
    let lists = vectors["lists"].as_array().unwrap();
    let list = lists.iter().find(|list| list["name"] == "short2").expect("the short list");
    let mut bytes = vec![0; 262_144];
    bytes[..3].copy_from_slice(&[0xC9, 0x44, 0xF9]);
    let ours = StatusList::inflate(&miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 9)).unwrap();
    let short = miniz_oxide::inflate::decompress_to_vec_zlib(&base64url(text(list, "/json/lst"))).unwrap();
    assert_eq!(short, [0xC9, 0x44, 0xF9]);
    for (index, status) in list["statuses"].as_object().unwrap() {
        let index = StatusIndex::new(index.parse().unwrap()).unwrap();
        assert_eq!(u64::from(ours.status(index).code()), status.as_u64().unwrap(), "entry {index}");
    }
}

/// Opens a token of ours that has this `StatusList` map, byte by byte.
fn open_list(map: &[u8]) -> Result<StatusList, String> {
    let claims = map! {
        2 => "https://sl.example/k/0",
        4 => midnight(2027, 3, 1),
        6 => midnight(2026, 1, 15),
        65_533 => Item::Raw(map.to_vec()),
        65_534 => 43_200,
    };
    let document = Document::new(STATUS_LIST, &claims, KE_STATUS).bytes();
    let opened = Sealed::parse(&document).unwrap().open_status_list(&verifying(KE_STATUS));
    opened.map(|token| token.list).map_err(|fault| describe(&fault))
}

fn verifying(key: TestKey) -> VerifyingKey {
    let key = PublicKey(key.public().try_into().unwrap());
    assert_ne!(key.id(), KeyId([0; 8]));
    VerifyingKey::new(&key).unwrap()
}

fn public(hex: &str) -> PublicKey {
    PublicKey::from_hex(hex).unwrap()
}

/// RFC 4648 section 5 without padding.
fn base64url(text: &str) -> Vec<u8> {
    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for symbol in text.bytes() {
        let value = SYMBOLS.iter().position(|found| *found == symbol).expect("a symbol of base64url");
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
