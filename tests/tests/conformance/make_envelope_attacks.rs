//! Documents whose envelope or signature is wrong. One fault a case.

use curve25519_dalek::Scalar;
use sha2::{Digest, Sha512};

use crate::cbor::{Item, list, map, steps};
use crate::files::from_hex;
use crate::make_entitlements::benefit_of_bytes;
use crate::maker::{
    self, Asked, Document, ENTITLEMENT, ENVELOPE, ET, Files, KE, KEY, LB, OPEN, PHONE, RECEIPT, STATUS_LIST,
    TestKey, WEAK_KEYS, header, kid_of, long_head, tagged,
};
use crate::people::{RIGHT, coverage_minimal};

const AS_ENTITLEMENT: Asked<'_> = Asked { open: "entitlement", key: KE.0 };

/// Order of the base point, little-endian.
pub(crate) const ORDER: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(crate) fn make(files: &mut Files) {
    outer_form(files);
    four_entries(files);
    unprotected(files);
    protected(files);
    types(files);
    signatures(files);
    weak_keys(files);
}

fn good() -> Document {
    Document::new(ENTITLEMENT, &coverage_minimal(), KE)
}

fn refuse(files: &mut Files, name: &str, rule: &str, document: &[u8], expect: (&str, &str, &str)) {
    maker::refuse(files, &format!("entitlement/{name}"), rule, (document, AS_ENTITLEMENT), expect);
}

fn outer_form(files: &mut Files) {
    let bytes = good().bytes();
    let behind = |head: &[u8], tail: &[u8]| [head, tail].concat();
    let rule = "section 2: COSE_Sign1 with tag 18";
    refuse(files, "empty", rule, &[], (ENVELOPE, "truncated", ""));
    refuse(files, "tag-18-missing", rule, &bytes[1..], (ENVELOPE, "wrong_type", ""));
    refuse(
        files,
        "tag-18-in-two-bytes",
        rule,
        &behind(&[0xD8, 0x12], &bytes[1..]),
        (ENVELOPE, "wrong_type", ""),
    );
    refuse(files, "tag-18-twice", rule, &behind(&[0xD2], &bytes), (ENVELOPE, "form/tag", ""));
    refuse(files, "tag-17-cose-mac0", rule, &behind(&[0xD1], &bytes[1..]), (ENVELOPE, "wrong_type", ""));
    let rule = "section 2: no CWT tag 61";
    refuse(files, "tag-61-outside", rule, &behind(&[0xD8, 0x3D], &bytes), (ENVELOPE, "wrong_type", ""));
    refuse(
        files,
        "tag-61-inside",
        rule,
        &behind(&[0xD2, 0xD8, 0x3D], &bytes[1..]),
        (ENVELOPE, "form/tag", ""),
    );
    refuse(
        files,
        "trailing-byte",
        "section 2: no trailing bytes",
        &behind(&bytes, &[0]),
        (ENVELOPE, "trailing", ""),
    );
    refuse(
        files,
        "cut-by-one-byte",
        "section 2: a whole document",
        &bytes[..bytes.len() - 1],
        (ENVELOPE, "truncated", ""),
    );
    let array = &bytes[2..];
    let rule = "section 2: no indefinite lengths";
    refuse(
        files,
        "indefinite-array",
        rule,
        &behind(&behind(&[0xD2, 0x9F], array), &[0xFF]),
        (ENVELOPE, "form/indefinite", ""),
    );
    let mut entries = good().entries();
    let payload = good().payload;
    let chunked = [&[0x5F][..], &Item::Bytes(payload.clone()).encode(), &[0xFF]].concat();
    entries[2] = Item::Raw(chunked);
    refuse(
        files,
        "indefinite-payload",
        rule,
        &tagged(&Item::Array(entries)),
        (ENVELOPE, "form/indefinite", ""),
    );
    let rule =
        "section 2: lengths in their shortest form; outside the signature, so a second document would verify";
    refuse(
        files,
        "array-length-in-two-bytes",
        rule,
        &behind(&[0xD2, 0x98, 0x04], array),
        (ENVELOPE, "form/not_shortest", ""),
    );
    let mut entries = good().entries();
    entries[2] = Item::Raw([long_head(2, payload.len() as u64, 2), payload].concat());
    refuse(
        files,
        "payload-length-in-three-bytes",
        rule,
        &tagged(&Item::Array(entries)),
        (ENVELOPE, "form/not_shortest", ""),
    );
    let (claims, _) = benefit_of_bytes(2_049);
    let long = Document::new(ENTITLEMENT, &claims, ET).bytes();
    let asked = Asked { open: "entitlement", key: ET.0 };
    let rule = "section 2: at most 2,048 bytes";
    maker::refuse(files, "entitlement/2049-bytes", rule, (&long, asked), (ENVELOPE, "length/bytes", ""));
}

fn four_entries(files: &mut Files) {
    let with = |position: usize, entry: Item| {
        let mut entries = good().entries();
        entries[position] = entry;
        tagged(&Item::Array(entries))
    };
    let rule = "section 2: [protected, unprotected, payload, signature]";
    let three = tagged(&Item::Array(good().entries()[..3].to_vec()));
    refuse(files, "three-entries", rule, &three, (ENVELOPE, "length/entries", ""));
    let mut five = good().entries();
    five.push(Item::Null);
    refuse(files, "five-entries", rule, &tagged(&Item::Array(five)), (ENVELOPE, "length/entries", ""));
    let map = tagged(&map! { 1 => 2 });
    refuse(files, "map-instead-of-array", rule, &map, (ENVELOPE, "wrong_type", ""));
    let detached = with(2, Item::Null);
    refuse(files, "detached-payload", rule, &detached, (ENVELOPE, "wrong_type", "payload"));
    let embedded = with(2, coverage_minimal());
    refuse(files, "payload-as-map", rule, &embedded, (ENVELOPE, "wrong_type", "payload"));
    let header = with(0, header(ENTITLEMENT, KE));
    refuse(files, "protected-as-map", rule, &header, (ENVELOPE, "wrong_type", "protected"));
    let empty = with(0, Item::Bytes(Vec::new()));
    refuse(files, "protected-empty", rule, &empty, (ENVELOPE, "truncated", "protected"));
    let unprotected = with(1, Item::Array(Vec::new()));
    refuse(files, "unprotected-as-array", rule, &unprotected, (ENVELOPE, "wrong_type", "unprotected"));
    let mut longer = good().signature();
    longer.push(0);
    let rule = "section 2: an Ed25519 signature has 64 bytes";
    let short = with(3, good().signature()[..63].to_vec().into());
    refuse(files, "signature-of-63-bytes", rule, &short, (ENVELOPE, "length/bytes", "signature"));
    refuse(
        files,
        "signature-of-65-bytes",
        rule,
        &with(3, longer.into()),
        (ENVELOPE, "length/bytes", "signature"),
    );
    refuse(files, "signature-null", rule, &with(3, Item::Null), (ENVELOPE, "wrong_type", "signature"));
}

fn unprotected(files: &mut Files) {
    let rule = "section 2: the unprotected header is empty: nobody has signed it";
    let entries: [(&str, Item); 5] = [
        ("kid", map! { 4 => KE.kid() }),
        ("alg", map! { 1 => -19 }),
        ("crit", map! { 2 => list![4] }),
        ("typ", map! { 16 => ENTITLEMENT }),
        ("x5u", map! { 35 => "https://attacker.example/key" }),
    ];
    for (name, unprotected) in entries {
        let document = Document { unprotected, ..good() }.bytes();
        refuse(
            files,
            &format!("unprotected-{name}"),
            rule,
            &document,
            (ENVELOPE, "length/entries", "unprotected"),
        );
    }
    let only_unprotected = Document {
        unprotected: map! { 1 => -19 },
        ..Document::with_header(&coverage_minimal(), KE, &map! { 4 => KE.kid(), 16 => ENTITLEMENT })
    };
    refuse(
        files,
        "alg-in-unprotected-only",
        "section 2; the COSE example sign-pass-01: an algorithm that is not signed",
        &only_unprotected.bytes(),
        (ENVELOPE, "length/entries", "unprotected"),
    );
}

fn protected(files: &mut Files) {
    let mut headers: Vec<(String, &str, Item, &str, &str)> = Vec::new();
    let mut add = |name: &str, rule: &'static str, header: Item, fault: &'static str, place: &'static str| {
        headers.push((name.into(), rule, header, fault, place));
    };
    let without = |label: i128| {
        let mut header = header(ENTITLEMENT, KE);
        header.remove(&steps![label]);
        header
    };
    let with = |label: Item, value: Item| {
        let mut header = header(ENTITLEMENT, KE);
        header.set(&[label], value);
        header
    };
    let rule =
        "section 2: alg is -19 on our own types and comes from the pinned key; the header may only agree";
    add("alg-missing", rule, without(1), "missing", "protected.alg");
    for (name, alg) in [
        ("alg-eddsa-minus-8", -8),
        ("alg-es256", -7),
        ("alg-hs256", 5),
        ("alg-reserved-0", 0),
        ("alg-unknown-minus-999", -999),
        ("alg-ed448-minus-53", -53),
    ] {
        add(name, rule, with(1.into(), alg.into()), "algorithm", "protected.alg");
    }
    add("alg-as-text", rule, with(1.into(), "EdDSA".into()), "wrong_type", "protected.alg");
    add("alg-null", rule, with(1.into(), Item::Null), "wrong_type", "protected.alg");
    let rule = "section 2: kid is the first 8 bytes of the COSE Key Thumbprint";
    add("kid-missing", rule, without(4), "missing", "protected.kid");
    add(
        "kid-of-7-bytes",
        rule,
        with(4.into(), KE.kid()[..7].to_vec().into()),
        "length/bytes",
        "protected.kid",
    );
    add("kid-of-32-bytes", rule, with(4.into(), vec![0; 32].into()), "length/bytes", "protected.kid");
    add("kid-as-text", rule, with(4.into(), "KE-SHA-1".into()), "wrong_type", "protected.kid");
    let rule = "section 2: typ is there and is one of the types";
    add("typ-missing", rule, without(16), "missing", "protected.typ");
    add("typ-unknown", rule, with(16.into(), 65_102.into()), "code", "protected.typ");
    add("typ-61-cwt-media-type", rule, with(16.into(), 61.into()), "code", "protected.typ");
    add("typ-number-as-text", rule, with(16.into(), "65100".into()), "word", "protected.typ");
    add(
        "typ-media-type-of-another-list",
        rule,
        with(16.into(), "application/statuslist+jwt".into()),
        "word",
        "protected.typ",
    );
    add("typ-as-bytes", rule, with(16.into(), vec![1].into()), "wrong_type", "protected.typ");
    let rule = "section 2: no crit, no header 15, no further header parameter";
    add("crit", rule, with(2.into(), list![16].into()), "unknown/2", "protected");
    add("crit-empty", rule, with(2.into(), Item::Array(Vec::new())), "unknown/2", "protected");
    add("content-type", rule, with(3.into(), 0.into()), "unknown/3", "protected");
    add("cwt-claims-header-15", rule, with(15.into(), map! { 1 => "KE-SHA" }), "unknown/15", "protected");
    add("kcwt-header-13", rule, with(13.into(), vec![0].into()), "unknown/13", "protected");
    add("x5chain", rule, with(33.into(), vec![0].into()), "unknown/33", "protected");
    add("private-label", rule, with((-65_537).into(), 0.into()), "unknown/-65537", "protected");
    for (name, rule, header, fault, place) in headers {
        let document = Document::with_header(&coverage_minimal(), KE, &header);
        refuse(files, &name, rule, &document.bytes(), (ENVELOPE, fault, place));
    }
    protected_form(files);
}

fn protected_form(files: &mut Files) {
    let raw = |protected: Vec<u8>| Document { protected, ..good() }.bytes();
    let good_header = header(ENTITLEMENT, KE);
    let rule = "section 2: the protected header is deterministic CBOR as well";
    let mut unsorted = good_header.clone();
    unsorted.entries().swap(0, 1);
    refuse(
        files,
        "protected-unsorted",
        rule,
        &raw(unsorted.encode()),
        (ENVELOPE, "form/key_order", "protected"),
    );
    let mut twice = good_header.clone();
    let first = twice.entries()[0].clone();
    twice.entries().insert(1, first);
    refuse(
        files,
        "protected-duplicate-key",
        rule,
        &raw(twice.encode()),
        (ENVELOPE, "repeated/1", "protected"),
    );
    let mut twin = good_header.clone();
    twin.entries().insert(1, (Item::Raw(vec![0x18, 0x01]), Item::Int(-7)));
    refuse(
        files,
        "protected-key-twin-1801",
        rule,
        &raw(twin.encode()),
        (ENVELOPE, "repeated/1", "protected"),
    );
    let mut long = good_header.clone();
    // The shortest form of -19 is 0x32.
    long.set(&steps![1], Item::Raw(vec![0x38, 0x12]));
    let long = long.encode();
    refuse(
        files,
        "protected-alg-in-two-bytes",
        rule,
        &raw(long),
        (ENVELOPE, "form/not_shortest", "protected"),
    );
    let mut trailing = good_header.encode();
    trailing.push(0);
    refuse(files, "protected-trailing-byte", rule, &raw(trailing), (ENVELOPE, "trailing", "protected"));
    let mut text_key = good_header.clone();
    text_key.entries().push((Item::from("alg"), Item::Int(-19)));
    let text_key = raw(text_key.encode());
    refuse(files, "protected-text-label", rule, &text_key, (ENVELOPE, "unknown/of text", "protected"));
    let indefinite = {
        let mut bytes = good_header.encode();
        bytes[0] = 0xBF;
        bytes.push(0xFF);
        bytes
    };
    refuse(files, "protected-indefinite", rule, &raw(indefinite), (ENVELOPE, "form/indefinite", "protected"));
}

fn types(files: &mut Files) {
    let rule = "section 2: typ is checked before any claim is read: one type is never taken for another";
    let typed = |typ: Item| Document::new(typ, &coverage_minimal(), KE).bytes();
    let mut case = |name: &str, document: &[u8], open: &str| {
        let name = format!("entitlement/{name}");
        maker::refuse(files, &name, rule, (document, Asked { open, key: KE.0 }), (OPEN, "wrong_typ", ""));
    };
    case("status-list-typ-as-entitlement", &typed(STATUS_LIST.into()), "entitlement");
    case("receipt-typ-as-entitlement", &typed(RECEIPT.into()), "entitlement");
    case("entitlement-as-receipt", &typed(ENTITLEMENT.into()), "receipt");
    case("entitlement-as-status-list", &typed(ENTITLEMENT.into()), "status_list");
    case("phone-entitlement-as-receipt", &typed(PHONE.into()), "receipt");
    let presentation = typed(294.into());
    refuse(
        files,
        "key-binding-token-as-entitlement",
        "section 2: typ 294 has no kid and is no credential",
        &presentation,
        (ENVELOPE, "code", "protected.typ"),
    );
    // The signature of a paper document does not carry over to a phone document with the same claims.
    let paper = good();
    let retyped = Document { protected: header(PHONE, KE).encode(), ..good() };
    refuse(
        files,
        "typ-changed-under-the-signature",
        "section 2: typ is signed",
        &retyped.with_signature(paper.signature()),
        (OPEN, "signature", ""),
    );
}

fn signatures(files: &mut Files) {
    let document = good();
    let signature = document.signature();
    let rule = "section 2: strict Ed25519 over protected and payload as received";
    let mut flipped = signature.clone();
    flipped[5] ^= 0x10;
    let bytes = document.with_signature(flipped);
    refuse(files, "bit-flipped-in-r", rule, &bytes, (OPEN, "signature", ""));
    let mut flipped = signature.clone();
    flipped[40] ^= 0x01;
    let bytes = document.with_signature(flipped);
    refuse(files, "bit-flipped-in-s", rule, &bytes, (OPEN, "signature", ""));
    let zero = document.with_signature(vec![0; 64]);
    refuse(files, "signature-of-zeros", rule, &zero, (OPEN, "signature", ""));

    let mut payload = document.payload.clone();
    let name = payload.windows(6).position(|part| part == b"Nekesa").expect("the name is in the payload");
    payload[name] ^= 0x02;
    let other = Document { payload, ..document.clone() };
    let bytes = other.with_signature(signature.clone());
    refuse(files, "bit-flipped-in-payload", rule, &bytes, (OPEN, "signature", ""));

    let mut claims = coverage_minimal();
    claims.set(&steps![RIGHT, 14], 30_000);
    let longer = Document::new(ENTITLEMENT, &claims, KE).with_signature(signature.clone());
    refuse(files, "end-of-cover-changed", rule, &longer, (OPEN, "signature", ""));

    let mut protected = document.protected.clone();
    let kid = protected.windows(8).position(|part| part == KE.kid()).expect("the kid is in the header");
    protected[kid] ^= 0x80;
    let other = Document { protected, ..document.clone() };
    refuse(
        files,
        "bit-flipped-in-kid",
        "section 2: only keys with this kid are tried",
        &other.with_signature(signature.clone()),
        (OPEN, "other_key", ""),
    );
    let foreign = document.with_signature(LB.sign(&document.signature_input()));
    refuse(
        files,
        "signed-with-another-key-under-this-kid",
        "section 2: kid is a hint, the signature decides",
        &foreign,
        (OPEN, "signature", ""),
    );
    let honest = Document::new(ENTITLEMENT, &coverage_minimal(), LB).bytes();
    refuse(
        files,
        "opened-with-another-key",
        "section 2: only keys with this kid are tried",
        &honest,
        (OPEN, "other_key", ""),
    );
    let with_context = |context: &str, aad: &[u8]| {
        let entries: Vec<Item> =
            list![context, document.protected.clone(), aad.to_vec(), document.payload.clone()];
        document.with_signature(KE.sign(&Item::Array(entries).encode()))
    };
    let rule = "section 2: Sig_structure is [\"Signature1\", protected, h'', payload]";
    let bytes = with_context("Signature", &[]);
    refuse(files, "sig-structure-of-cose-sign", rule, &bytes, (OPEN, "signature", ""));
    let bytes = with_context("Signature1", b"aad");
    refuse(files, "sig-structure-with-external-aad", rule, &bytes, (OPEN, "signature", ""));
    let plain = document.with_signature(KE.sign(&document.payload));
    refuse(files, "signature-over-the-payload-alone", rule, &plain, (OPEN, "signature", ""));

    let rule = "section 2: canonical S";
    let malleated = document.with_signature([&signature[..32], &plus_order(&signature[32..])].concat());
    refuse(files, "s-plus-order", rule, &malleated, (OPEN, "signature", ""));
    let rule = "section 2: small-order R refused; plain verification accepts this signature";
    let small_r = document.with_signature(small_order_r(KE, &document.signature_input()));
    refuse(files, "small-order-r", rule, &small_r, (OPEN, "signature", ""));
}

/// S + L: the same point, a second signature to verifiers that do not look at the range.
fn plus_order(s: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let sum: Vec<u8> = s
        .iter()
        .zip(ORDER)
        .map(|(a, b)| {
            let sum = u16::from(*a) + u16::from(b) + carry;
            carry = sum >> 8;
            sum as u8
        })
        .collect();
    assert_eq!(carry, 0);
    sum
}

/// R is the identity and S = k a, which fulfils the equation of RFC 8032 without a nonce.
fn small_order_r(key: TestKey, message: &[u8]) -> Vec<u8> {
    let mut r = [0; 32];
    r[0] = 1;
    let k = challenge(&r, &key.public(), message);
    let s = k * secret_scalar(key);
    [r, s.to_bytes()].concat()
}

/// SHA-512(R || A || M) modulo the order.
pub(crate) fn challenge(r: &[u8], a: &[u8], message: &[u8]) -> Scalar {
    let digest = Sha512::new().chain_update(r).chain_update(a).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

/// The private scalar of RFC 8032 section 5.1.5.
pub(crate) fn secret_scalar(key: TestKey) -> Scalar {
    let digest: [u8; 64] = Sha512::digest(key.seed()).into();
    let mut low: [u8; 32] = digest[..32].try_into().unwrap();
    low[0] &= 0xF8;
    low[31] &= 0x7F;
    low[31] |= 0x40;
    Scalar::from_bytes_mod_order(low)
}

fn weak_keys(files: &mut Files) {
    for (name, x) in WEAK_KEYS {
        let kid = kid_of(&from_hex(x));
        let mut header = header(ENTITLEMENT, KE);
        header.set(&steps![4], kid);
        // R = identity, S = 0: holds for every message when A is the identity.
        let mut signature = vec![0; 64];
        signature[0] = 1;
        let document = Document::with_header(&coverage_minimal(), KE, &header).with_signature(signature);
        let case = format!("entitlement/key-is-{}", name.replace(' ', "-"));
        let rule = "section 2: small-order keys are refused before a signature is looked at";
        maker::refuse(
            files,
            &case,
            rule,
            (&document, Asked { open: "entitlement", key: name }),
            (KEY, "weak_key", ""),
        );
    }
}
