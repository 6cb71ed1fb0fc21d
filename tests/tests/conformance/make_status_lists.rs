//! Status list tokens and the attacks on them.

use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};
use serde_json::{Value, json};

use crate::cbor::{Item, list, map, steps};
use crate::maker::{
    self, Asked, Document, ENTITLEMENT, ENVELOPE, Files, KE, KE_STATUS, OPEN, STATUS_LIST, add, header,
    midnight, pretty,
};
use crate::people::coverage_minimal;

const BYTES: usize = 262_144;
const URI: &str = "https://sl.example/k/0";
const AS_LIST: Asked<'_> = Asked { open: "status_list", key: KE_STATUS.0 };

pub(crate) fn make(files: &mut Files) {
    accepted(files);
    streams(files);
    validity(files);
    claims(files);
    envelopes(files);
}

/// A list with these first bytes; all else valid.
fn entries(first: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; BYTES];
    bytes[..first.len()].copy_from_slice(first);
    bytes
}

fn token(stream: Vec<u8>) -> Item {
    map! {
        2 => URI,
        4 => midnight(2027, 3, 1),
        6 => midnight(2026, 1, 15),
        65_533 => map! { "lst" => stream, "bits" => 2 },
        65_534 => 43_200,
    }
}

fn list_json(entries: &Value) -> Value {
    json!({
        "sub": URI, "iat": "2026-01-15T00:00:00Z", "exp": "2027-03-01T00:00:00Z", "ttl": 43_200, "entries": entries,
    })
}

fn accept(files: &mut Files, name: &str, rule: &str, document: &[u8], says: &Value) {
    let case = format!("status-list/accept-{name}");
    maker::accept(files, &case, rule, (document, AS_LIST));
    add(files, &format!("{case}/list.json"), pretty(says));
}

fn refuse(files: &mut Files, name: &str, rule: &str, document: &[u8], expect: (&str, &str, &str)) {
    maker::refuse(files, &format!("status-list/{name}"), rule, (document, AS_LIST), expect);
}

fn sealed(claims: &Item) -> Vec<u8> {
    Document::new(STATUS_LIST, claims, KE_STATUS).bytes()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(bytes, 9)
}

fn accepted(files: &mut Files) {
    let rule = "section 4: the CWT form, bits 2, ZLIB, 2^20 entries";
    accept(files, "all-valid", rule, &sealed(&token(zlib(&entries(&[])))), &list_json(&json!({})));

    // 00 11 10 01, read from the lowest bits: 1, 2, 3, 0.
    let mut some = entries(&[0b0011_1001]);
    some[BYTES - 1] = 0b1100_0000;
    some[65_536] = 0b0000_1000;
    let says = json!({"0": "revoked", "1": "suspended", "2": "superseded", "262145": "suspended",
                      "1048575": "superseded"});
    accept(files, "each-status-and-the-last-index", rule, &sealed(&token(zlib(&some))), &list_json(&says));

    let trap = entries(&[0xC9, 0x44, 0xF9, 0xB9, 0xA3]);
    let says = json!({
        "0": "revoked", "1": "suspended", "3": "superseded",
        "5": "revoked", "7": "revoked",
        "8": "revoked", "9": "suspended", "10": "superseded", "11": "superseded",
        "12": "revoked", "13": "suspended", "14": "superseded", "15": "suspended",
        "16": "superseded", "18": "suspended", "19": "suspended",
    });
    let rule =
        "section 4: least significant bits first: the specification's 2-bit example c944f9, then its b9a3";
    accept(files, "bit-order", rule, &sealed(&token(zlib(&trap))), &list_json(&says));

    let mut unsorted = token(zlib(&entries(&[1])));
    let by_age = |(key, _): &(Item, Item)| match key {
        Item::Int(6) => 1,
        Item::Int(4) => 2,
        Item::Int(65_534) => 3,
        Item::Int(65_533) => 4,
        _ => 0,
    };
    unsorted.entries().sort_by_key(by_age);
    unsorted.at(&steps![65_533]).entries().swap(0, 1);
    let first = list_json(&json!({"0": "revoked"}));
    let rule = "section 2: status list tokens may have unsorted maps, as the official vectors have";
    accept(files, "unsorted-like-the-official-vectors", rule, &sealed(&unsorted), &first);

    let mut long = token(zlib(&entries(&[1])));
    long.set(&steps![65_534], Item::Raw(vec![0x1A, 0, 0, 0xA8, 0xC0]));
    let rule = "section 2: of foreign types only definite lengths and unique keys are asked";
    accept(files, "integer-not-in-shortest-form", rule, &sealed(&long), &first);

    let mut header = header(STATUS_LIST, KE_STATUS);
    header.set(&steps![1], -8);
    let older = Document::with_header(&token(zlib(&entries(&[1]))), KE_STATUS, &header).bytes();
    let rule = "section 2: -8 is accepted on a status list token when the pinned key is Ed25519";
    accept(files, "alg-eddsa-minus-8", rule, &older, &first);

    let rule = "section 4: any ZLIB stream, also one that mixes stored and compressed blocks";
    accept(files, "stored-block-first", rule, &sealed(&token(partly_stored(&entries(&[1])))), &first);
}

/// A ZLIB stream whose first 16 bytes stand in a stored block.
fn partly_stored(bytes: &[u8]) -> Vec<u8> {
    let (first, rest) = bytes.split_at(16);
    let mut stream = vec![0x78, 0x01, 0x00, 16, 0, !16, 0xFF];
    stream.extend(first);
    stream.extend(compress_to_vec(rest, 9));
    stream.extend(adler32(bytes).to_be_bytes());
    stream
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    b << 16 | a
}

/// A list that expires soon turns a clinic without network away from its data.
fn validity(files: &mut Files) {
    let rule = "section 4: exp is at least 400 days after iat";
    let of = |exp: i128| {
        let mut token = token(zlib(&entries(&[1])));
        let Item::Int(iat) = *token.at(&steps![6]) else { panic!("iat is a number") };
        token.set(&steps![4], iat + exp);
        sealed(&token)
    };
    let least = 400 * 86_400;
    for (name, exp) in [("exp-before-iat", -1), ("exp-at-iat", 0), ("exp-a-second-short", least - 1)] {
        refuse(files, name, rule, &of(exp), (OPEN, "list_validity", "exp"));
    }
}

fn streams(files: &mut Files) {
    const PLACE: &str = "status_list.lst";
    let good = zlib(&entries(&[0x39]));
    let mut case = |name: &str, rule: &str, stream: Vec<u8>, fault: &str| {
        refuse(files, name, rule, &sealed(&token(stream)), (OPEN, fault, PLACE));
    };
    let rule = "section 4: ZLIB, nothing else";
    let deflate = compress_to_vec(&entries(&[0x39]), 9);
    case("raw-deflate", rule, deflate.clone(), "zlib");
    let mut gzip = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    gzip.extend(&deflate);
    gzip.extend(crc32(&entries(&[0x39])).to_le_bytes());
    gzip.extend((BYTES as u32).to_le_bytes());
    case("gzip", rule, gzip, "zlib");
    case("not-compressed", rule, vec![0; 1_000], "zlib");
    case("empty-stream", rule, Vec::new(), "zlib");
    let mut method = good.clone();
    method[0] = 0x79;
    method[1] = 31 - (0x7900_u32 % 31) as u8;
    case("zlib-with-method-9", rule, method, "zlib");
    let mut dictionary = vec![0x78, 0xBB];
    dictionary.extend([0, 0, 0, 1]);
    dictionary.extend(&good[2..]);
    assert_eq!(u16::from_be_bytes([dictionary[0], dictionary[1]]) % 31, 0, "the header check holds");
    case("zlib-with-preset-dictionary", rule, dictionary, "zlib");
    let mut check = good.clone();
    check[1] ^= 1;
    case("zlib-header-check-wrong", rule, check, "zlib");
    let rule = "section 4: a whole stream with its Adler-32";
    let mut adler = good.clone();
    *adler.last_mut().unwrap() ^= 1;
    case("adler-32-wrong", rule, adler, "zlib");
    case("adler-32-missing", rule, good[..good.len() - 4].to_vec(), "zlib");
    case("stream-cut-in-the-middle", rule, good[..good.len() / 2].to_vec(), "zlib");
    let mut behind = good.clone();
    behind.push(0);
    case("bytes-behind-the-stream", rule, behind, "trailing");
    case("two-streams", rule, [good.clone(), good].concat(), "trailing");
    let rule = "section 4: the inflated size is 262,144 bytes";
    case("list-one-byte-short", rule, zlib(&vec![0; BYTES - 1]), "length/bytes");
    case("list-one-byte-long", rule, zlib(&vec![0; BYTES + 1]), "length/bytes");
    case("list-of-no-entries", rule, zlib(&[]), "length/bytes");
    case("list-of-131072-bytes-as-with-bits-1", rule, zlib(&vec![0; BYTES / 2]), "length/bytes");
    let rule = "section 4: inflating stops at 262,144 bytes, however much follows";
    case("bomb-of-16-mib", rule, zlib(&vec![0; 16 << 20]), "length/bytes");
}

/// CRC-32 of ISO 3309, for the GZIP trailer.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn claims(files: &mut Files) {
    let good = || token(zlib(&entries(&[0x39])));
    let rule = "section 4: claims 2, 4, 6, 65533 and 65534";
    for (key, name) in [(2, "sub"), (4, "exp"), (6, "iat"), (65_533, "status_list"), (65_534, "ttl")] {
        let mut claims = good();
        claims.remove(&steps![key]);
        let case = format!("missing-{}", name.replace('_', "-"));
        refuse(files, &case, rule, &sealed(&claims), (OPEN, "missing", name));
    }
    for (key, name) in [("bits", "bits"), ("lst", "lst")] {
        let mut claims = good();
        claims.remove(&steps![65_533, key]);
        let place = format!("status_list.{name}");
        refuse(files, &format!("missing-{name}"), rule, &sealed(&claims), (OPEN, "missing", &place));
    }
    let mut case = |name: &str, rule: &str, path: &[Item], value: Item, fault: &str, place: &str| {
        let mut claims = good();
        claims.set(path, value);
        refuse(files, name, rule, &sealed(&claims), (OPEN, fault, place));
    };
    let rule = "section 4: bits is 2";
    let bits = list![65_533, "bits"];
    for value in [0, 1, 3, 4, 8] {
        case(&format!("bits-{value}"), rule, &bits, value.into(), "range", "status_list.bits");
    }
    case("bits-as-text", rule, &bits, "2".into(), "wrong_type", "status_list.bits");
    let rule = "section 4: lst is a byte string, sub the uri, times are uint";
    let encoded: Item = "eNrb2TpvnWIAIPYGkQ".into();
    case("lst-as-base64-text", rule, &steps![65_533, "lst"], encoded, "wrong_type", "status_list.lst");
    case("sub-not-ascii", rule, &steps![2], "https://sl.example/é".into(), "pattern", "sub");
    case("sub-as-bytes", rule, &steps![2], URI.as_bytes().to_vec().into(), "wrong_type", "sub");
    case("iat-as-text", rule, &steps![6], "2026-01-15".into(), "wrong_type", "iat");
    case("exp-negative", rule, &steps![4], (-1).into(), "range", "exp");
    case("ttl-negative", rule, &steps![65_534], (-1).into(), "range", "ttl");
    let float = Item::Raw(vec![0xFB, 0x40, 0xE5, 0x18, 0, 0, 0, 0, 0]);
    case("ttl-as-float", rule, &steps![65_534], float, "form/float", "");
    let rule = "section 2: no duplicate keys";
    let mut twice = good();
    twice.entries().push((6.into(), midnight(2026, 11, 1).into()));
    refuse(files, "iat-twice", rule, &sealed(&twice), (OPEN, "repeated/6", ""));
    let mut twin = good();
    twin.entries().push((Item::Raw(vec![0x18, 0x06]), midnight(2026, 11, 1).into()));
    refuse(files, "iat-twice-in-two-encodings", rule, &sealed(&twin), (OPEN, "repeated/6", ""));
    let mut twice = good();
    twice.at(&steps![65_533]).entries().push(("bits".into(), 1.into()));
    refuse(files, "bits-twice", rule, &sealed(&twice), (OPEN, "repeated/\"bits\"", ""));
    let rule = "section 2: definite lengths";
    let mut bytes = good().encode();
    bytes[0] = 0xBF;
    bytes.push(0xFF);
    let indefinite = Document { payload: bytes, ..Document::new(STATUS_LIST, &Item::Null, KE_STATUS) };
    refuse(files, "indefinite-claims", rule, &indefinite.bytes(), (OPEN, "form/indefinite", ""));
    let mut trailing = good().encode();
    trailing.push(0);
    let trailing = Document { payload: trailing, ..Document::new(STATUS_LIST, &Item::Null, KE_STATUS) };
    let rule = "section 2: one item";
    refuse(files, "payload-trailing-byte", rule, &trailing.bytes(), (OPEN, "trailing", ""));
}

fn envelopes(files: &mut Files) {
    let claims = token(zlib(&entries(&[0x39])));
    let good = Document::new(STATUS_LIST, &claims, KE_STATUS);
    let bytes = good.bytes();
    let rule = "section 4: tag 18, no tag 61";
    let tag_61 = [&[0xD8, 0x3D][..], &bytes].concat();
    refuse(files, "tag-61", rule, &tag_61, (ENVELOPE, "wrong_type", ""));
    refuse(files, "tag-18-missing", rule, &bytes[1..], (ENVELOPE, "wrong_type", ""));
    let rule = "section 2: the algorithm comes from the pinned key";
    for (name, alg) in [("alg-es256", -7), ("alg-ed448", -53)] {
        let mut header = header(STATUS_LIST, KE_STATUS);
        header.set(&steps![1], alg);
        let document = Document::with_header(&claims, KE_STATUS, &header).bytes();
        refuse(files, name, rule, &document, (ENVELOPE, "algorithm", "protected.alg"));
    }
    let unprotected = Document { unprotected: map! { 4 => KE_STATUS.kid() }, ..good.clone() };
    let rule = "section 2: the unprotected header is empty";
    refuse(files, "kid-unprotected", rule, &unprotected.bytes(), (ENVELOPE, "length/entries", "unprotected"));
    let mut media_type = header(STATUS_LIST, KE_STATUS);
    media_type.set(&steps![16], "application/statuslist+jwt");
    let document = Document::with_header(&claims, KE_STATUS, &media_type).bytes();
    let rule = "section 2: typ is the full media type";
    refuse(files, "typ-of-the-jwt-form", rule, &document, (ENVELOPE, "word", "protected.typ"));
    let mut flipped = good.signature();
    flipped[63] ^= 0x01;
    let rule = "section 2: strict Ed25519";
    refuse(files, "bit-flipped-in-signature", rule, &good.with_signature(flipped), (OPEN, "signature", ""));
    let other = Document::new(STATUS_LIST, &claims, KE).bytes();
    let rule = "section 2: only keys with this kid are tried";
    refuse(files, "signed-by-the-credential-key", rule, &other, (OPEN, "other_key", ""));
    let entitlement = Document::new(ENTITLEMENT, &coverage_minimal(), KE_STATUS).bytes();
    let rule = "section 2: typ is checked before any claim is read";
    refuse(files, "entitlement-as-status-list", rule, &entitlement, (OPEN, "wrong_typ", ""));
    let retyped = Document::new(ENTITLEMENT, &claims, KE_STATUS).bytes();
    refuse(files, "status-list-under-entitlement-typ", rule, &retyped, (OPEN, "wrong_typ", ""));
}
