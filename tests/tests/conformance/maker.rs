//! Makes the vectors of this project, deterministically.
//!
//! `SANAD_REGENERATE=1 cargo test -p sanad-tests --test conformance` writes them; without it the test only checks that
//! the committed files are these. Documents, signatures and expectations are written here by hand and with
//! nothing of the crate that is tested with them.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cbor::{Item, head, list, map};
use crate::files::to_hex;

/// Path below `tests/vectors` to content.
pub(crate) type Files = BTreeMap<String, String>;

/// Every file that is made.
pub(crate) fn all() -> Files {
    let mut files = Files::new();
    files.insert("keys.json".into(), pretty(&keys()));
    crate::make_entitlements::make(&mut files);
    crate::make_envelope_attacks::make(&mut files);
    crate::make_claims_attacks::make(&mut files);
    crate::make_right_attacks::make(&mut files);
    crate::make_claims_json::make(&mut files);
    crate::make_qr_texts::make(&mut files);
    crate::make_status_lists::make(&mut files);
    crate::make_receipts::make(&mut files);
    crate::make_presentations::make(&mut files);
    files
}

/// A key of `keys.json`. The seed is SHA-256 of a stated text: nobody can take these keys for secret ones.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct TestKey(pub(crate) &'static str);

pub(crate) const KE: TestKey = TestKey("KE-SHA credential");
pub(crate) const KE_STATUS: TestKey = TestKey("KE-SHA status");
pub(crate) const KE_DELEGATION: TestKey = TestKey("KE-SHA delegation");
pub(crate) const LB: TestKey = TestKey("LB-AGRIMUT credential");
pub(crate) const LB_DELEGATE: TestKey = TestKey("LB-COOP-BEKAA delegate");
pub(crate) const BD: TestKey = TestKey("BD-WEWB credential");
pub(crate) const ET: TestKey = TestKey("ET-CBHI credential");
pub(crate) const SN: TestKey = TestKey("SN-MUT credential");
pub(crate) const IN: TestKey = TestKey("IN-PMJAY-BR credential");
pub(crate) const FACILITY: TestKey = TestKey("UG-F01 facility");
pub(crate) const HOLDER: TestKey = TestKey("phone of a holder");

const KEYS: [TestKey; 11] = [KE, KE_STATUS, KE_DELEGATION, LB, LB_DELEGATE, BD, ET, SN, IN, FACILITY, HOLDER];

/// Points that no signature under them proves anything: names and encodings.
pub(crate) const WEAK_KEYS: [(&str, &str); 3] = [
    ("identity point", "0100000000000000000000000000000000000000000000000000000000000000"),
    ("point of order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
    ("no point", "0200000000000000000000000000000000000000000000000000000000000000"),
];

impl TestKey {
    pub(crate) fn seed(self) -> [u8; 32] {
        Sha256::digest(format!("Sanad published test key: {}", self.0)).into()
    }

    pub(crate) fn public(self) -> Vec<u8> {
        SigningKey::from_bytes(&self.seed()).verifying_key().to_bytes().to_vec()
    }

    pub(crate) fn kid(self) -> Vec<u8> {
        kid_of(&self.public())
    }

    pub(crate) fn sign(self, message: &[u8]) -> Vec<u8> {
        SigningKey::from_bytes(&self.seed()).sign(message).to_bytes().to_vec()
    }

    /// `{1: 1, -1: 6, -2: x}`
    pub(crate) fn cose_key(self) -> Item {
        cose_key_of(&self.public())
    }
}

pub(crate) fn cose_key_of(x: &[u8]) -> Item {
    map! { 1 => 1, -1 => 6, -2 => x.to_vec() }
}

/// First 8 bytes of the COSE Key Thumbprint (RFC 9679).
pub(crate) fn kid_of(x: &[u8]) -> Vec<u8> {
    Sha256::digest(cose_key_of(x).encode())[..8].to_vec()
}

fn keys() -> Value {
    let keys: serde_json::Map<String, Value> = KEYS
        .iter()
        .map(|key| {
            let facts =
                json!({"seed": to_hex(&key.seed()), "x": to_hex(&key.public()), "kid": to_hex(&key.kid())});
            (key.0.into(), facts)
        })
        .collect();
    let weak: serde_json::Map<String, Value> = WEAK_KEYS
        .iter()
        .map(|(name, x)| {
            let kid = kid_of(&crate::files::from_hex(x));
            ((*name).into(), json!({"x": x, "kid": to_hex(&kid)}))
        })
        .collect();
    json!({
        "warning": "Published test keys: everybody can sign with them. Never put one into a trust list.",
        "derivation": "seed = SHA-256(\"Sanad published test key: \" + name)",
        "keys": keys,
        "weak": weak,
    })
}

/// A document while it is put together.
#[derive(Clone)]
pub(crate) struct Document {
    /// The protected header, as the bytes inside its byte string.
    pub(crate) protected: Vec<u8>,
    pub(crate) unprotected: Item,
    pub(crate) payload: Vec<u8>,
    pub(crate) key: TestKey,
}

pub(crate) const ENTITLEMENT: i128 = 65_100;
pub(crate) const RECEIPT: i128 = 65_101;
pub(crate) const PHONE: i128 = 293;
pub(crate) const STATUS_LIST: &str = "application/statuslist+cwt";

impl Document {
    /// As the format wants it.
    pub(crate) fn new(typ: impl Into<Item>, payload: &Item, key: TestKey) -> Self {
        let protected = header(typ, key).encode();
        Self { protected, unprotected: map! {}, payload: payload.encode(), key }
    }

    /// With another protected header.
    pub(crate) fn with_header(payload: &Item, key: TestKey, header: &Item) -> Self {
        Self { protected: header.encode(), unprotected: map! {}, payload: payload.encode(), key }
    }

    /// `["Signature1", protected, h'', payload]`
    pub(crate) fn signature_input(&self) -> Vec<u8> {
        let entries: Vec<Item> =
            list!["Signature1", self.protected.clone(), Vec::<u8>::new(), self.payload.clone()];
        Item::Array(entries).encode()
    }

    pub(crate) fn signature(&self) -> Vec<u8> {
        self.key.sign(&self.signature_input())
    }

    /// The four entries of the COSE_Sign1.
    pub(crate) fn entries(&self) -> Vec<Item> {
        list![self.protected.clone(), self.unprotected.clone(), self.payload.clone(), self.signature()]
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        tagged(&Item::Array(self.entries()))
    }

    pub(crate) fn with_signature(&self, signature: Vec<u8>) -> Vec<u8> {
        let mut entries = self.entries();
        entries[3] = Item::Bytes(signature);
        tagged(&Item::Array(entries))
    }
}

/// `{1: -19, 4: kid, 16: typ}`
pub(crate) fn header(typ: impl Into<Item>, key: TestKey) -> Item {
    map! { 1 => -19, 4 => key.kid(), 16 => typ.into() }
}

/// With tag 18.
pub(crate) fn tagged(array: &Item) -> Vec<u8> {
    let mut bytes = vec![0xD2];
    bytes.extend(array.encode());
    bytes
}

/// Where an implementation must notice.
pub(crate) const ENVELOPE: &str = "envelope";
pub(crate) const KEY: &str = "key";
pub(crate) const OPEN: &str = "open";

/// What a document is opened as, and with which key.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) open: &'a str,
    pub(crate) key: &'a str,
}

/// Adds a case whose document is refused.
pub(crate) fn refuse(
    files: &mut Files,
    case: &str,
    rule: &str,
    (document, asked): (&[u8], Asked<'_>),
    (step, fault, place): (&str, &str, &str),
) {
    let facts = json!({
        "rule": rule,
        "open": asked.open,
        "key": asked.key,
        "expect": {"refuse": {"step": step, "fault": fault, "place": place}},
    });
    add(files, &format!("{case}/case.json"), pretty(&facts));
    add(files, &format!("{case}/document.hex"), hex_lines(document));
}

/// Adds a case whose document is accepted; the caller adds what it says.
pub(crate) fn accept(files: &mut Files, case: &str, rule: &str, (document, asked): (&[u8], Asked<'_>)) {
    let facts = json!({"rule": rule, "open": asked.open, "key": asked.key, "expect": {"accept": {}}});
    add(files, &format!("{case}/case.json"), pretty(&facts));
    add(files, &format!("{case}/document.hex"), hex_lines(document));
}

/// A second file of the same name would hide the first case.
pub(crate) fn add(files: &mut Files, path: &str, content: String) {
    assert!(files.insert(path.into(), content).is_none(), "{path} is made twice");
}

pub(crate) fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap())
}

pub(crate) fn hex_lines(bytes: &[u8]) -> String {
    let digits = to_hex(bytes);
    digits.as_bytes().chunks(96).map(|line| format!("{}\n", str::from_utf8(line).unwrap())).collect()
}

/// Base45, for QR texts that do not come from the crate.
pub(crate) fn base45(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut text = String::new();
    for pair in bytes.chunks(2) {
        let (mut value, symbols) = match *pair {
            [a, b] => (usize::from(a) * 256 + usize::from(b), 3),
            [a] => (usize::from(a), 2),
            _ => (0, 0),
        };
        for _ in 0..symbols {
            text.push(char::from(SYMBOLS[value % 45]));
            value /= 45;
        }
    }
    text
}

/// Day number of a civil day, counted month by month.
pub(crate) fn day(year: i128, month: usize, day: i128) -> i128 {
    let leap = |year: i128| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let years: i128 = if year >= 1970 {
        (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum()
    } else {
        -(year..1970).map(|year| if leap(year) { 366 } else { 365 }).sum::<i128>()
    };
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    years + months[..month - 1].iter().sum::<i128>() + day - 1
}

/// Seconds of the first second of a civil day.
pub(crate) fn midnight(year: i128, month: usize, of_month: i128) -> i128 {
    day(year, month, of_month) * 86_400
}

/// Bytes whose encoding as a byte string has a length in two bytes although one is enough, and the like.
pub(crate) fn long_head(major: u8, argument: u64, bytes: u8) -> Vec<u8> {
    let mut shortest = Vec::new();
    head(&mut shortest, major, argument);
    let info = match bytes {
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    let mut long = vec![major << 5 | info];
    long.extend(&argument.to_be_bytes()[8 - usize::from(bytes)..]);
    assert!(long.len() > shortest.len(), "longer than the shortest form");
    long
}
