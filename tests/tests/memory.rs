//! What an input may cost: no text or document of up to 4 KiB makes a decoder allocate more than 64 KiB, whatever it
//! declares, nests or repeats. A reader at a clinic is an old phone, and a poster can hold any QR code.
//!
//! A status list is the one exception, by its definition: a token of a few hundred bytes stands for a list of
//! 262,144 bytes, which are allocated once, and never more of them than that.

use allocation_counter::{AllocationInfo, measure};
use sanad_credential::{
    CLAIMS_LIMITS, Claims, Function, Json, LIST_BYTES, OWN_BYTES_MAX, QrText, Receipt, RightType, Sealed,
    seal_entitlement, seal_status_list,
};
use sanad_tests::generate::{
    claims_of, receipt_document, samples, signing_key, status_list_token, verifying_key,
};
use std::hint::black_box;

/// Longest input that a QR code, a scanner or a form hands over.
const INPUT_BYTES_MAX: usize = 4_096;
/// Most memory in use at a time.
const PEAK_BYTES_MAX: u64 = 65_536;

#[test]
fn no_document_of_4_kib_takes_more_than_64_kib() {
    let mut worst = Worst::default();
    for (name, payload) in cbor_bombs() {
        for typ in ["19fe4c", "19fe4d", "190125"] {
            worst.bytes(name, &envelope(&payload, typ));
        }
        worst.bytes(name, &payload);
    }
    for document in valid_documents() {
        worst.bytes("a valid document", &document);
        for cut in (0..document.len()).step_by(7) {
            worst.bytes("a valid document, cut", &document[..cut]);
        }
    }
    let mut random = Random(1);
    for length in (0..2_000).map(|_| random.below(INPUT_BYTES_MAX)).collect::<Vec<_>>() {
        let noise: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        worst.bytes("random bytes", &noise);
        worst.bytes("random claims", &envelope(&noise, "19fe4c"));
    }
    worst.report("documents");
}

#[test]
fn no_qr_text_of_4_kib_takes_more_than_64_kib() {
    let mut worst = Worst::default();
    let mut random = Random(2);
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    for length in (0..2_000).map(|_| random.below(INPUT_BYTES_MAX - 5)).collect::<Vec<_>>() {
        let symbols: String = (0..length).map(|_| char::from(alphabet[random.below(45)])).collect();
        worst.text("random symbols", &format!("SND1:{symbols}"));
    }
    worst.text("zeros", &format!("SND1:{}", "0".repeat(INPUT_BYTES_MAX - 5)));
    worst.text("longest legal", &format!("SND1:{}", "0".repeat(3_072)));
    worst.text("white space around", &format!("{:>4000}", "SND1:00"));
    worst.text("other white space", &"\u{3000}".repeat(1_365));
    worst.text("no symbols", &format!("SND1:{}", "\u{1F33E}".repeat(1_022)));
    for document in valid_documents().filter(|document| document.len() <= 2_048) {
        worst.text("a valid text", QrText::from_document(&document).unwrap().as_str());
    }
    worst.report("QR texts");
}

#[test]
fn no_json_of_4_kib_takes_more_than_64_kib() {
    let mut worst = Worst::default();
    for (name, text) in json_bombs() {
        assert!(text.len() <= INPUT_BYTES_MAX, "{name}");
        worst.json(name, &text);
    }
    for right in RightType::ALL {
        for claims in samples(&claims_of(*right), 200) {
            let mut text = claims.to_json().to_string();
            text.truncate(text.floor_char_boundary(INPUT_BYTES_MAX));
            worst.json("valid claims, cut", &text);
        }
    }
    worst.report("claims as JSON");
}

/// A text of claims may have 16 KiB, and 1,024 values: what these cost at most.
#[test]
fn no_json_of_claims_takes_more_than_128_kib() {
    let mut worst = Worst { peak_max: 2 * PEAK_BYTES_MAX, ..Worst::default() };
    for (name, text) in json_bombs() {
        for times in [2, 4] {
            let inner = text.trim_start_matches('[').trim_end_matches(']');
            let text = format!("[{}]", vec![format!("[{inner}]"); times].join(","));
            worst.json(name, &text[..text.floor_char_boundary(CLAIMS_LIMITS.bytes_max)]);
        }
    }
    let largest = largest_contribution();
    let text = largest.to_json().to_string();
    worst.json("the largest contribution record", &text);
    worst.report("claims as JSON of up to 16 KiB");
}

/// Twenty-four lines with all eighteen functions and a base, a household of twelve, everything else filled in.
#[test]
fn the_largest_contribution_record_is_read_from_json() {
    let claims = largest_contribution();
    let text = claims.to_json().to_string();
    assert_eq!(Claims::from_json_text(&text).unwrap(), claims);
    let document = seal_entitlement(&claims, &signing_key()).unwrap();
    println!("largest contribution record: {} bytes, {} bytes of JSON", document.len(), text.len());
    assert!(document.len() > OWN_BYTES_MAX - 40, "there is room for more: {} bytes", document.len());
}

#[test]
fn a_status_list_takes_its_list_and_no_more() {
    let mut most = 0;
    for token in samples(&status_list_token(), 5) {
        let document = seal_status_list(&token, &signing_key()).unwrap();
        let (key, list) = (verifying_key(), LIST_BYTES as u64);
        let info = measure(|| {
            black_box(Sealed::parse(&document).unwrap().open_status_list(&key)).unwrap();
        });
        // The list, the state of the inflater, and the signed bytes.
        assert!((list..list + PEAK_BYTES_MAX).contains(&info.bytes_max), "{info:?}");
        most = most.max(info.bytes_max);
    }
    // A bomb: a thousand times as many zeros as a list has.
    let mut worst = Worst { peak_max: LIST_BYTES as u64 + PEAK_BYTES_MAX, ..Worst::default() };
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 64 << 20], 10);
    for stream in [&bomb[..bomb.len().min(200_000)], &[0x78, 0x9C], b"no stream at all"] {
        let payload = status_claims(stream);
        worst.bytes(
            "a ZLIB bomb",
            &envelope(&payload, "781a6170706c69636174696f6e2f7374617475736c6973742b637774"),
        );
    }
    println!("status lists: peak {most} bytes, of which the list has {LIST_BYTES}");
    worst.report("status list bombs");
}

/// The dearest inputs so far.
struct Worst {
    peak_max: u64,
    peak: (u64, &'static str),
    total: (u64, &'static str),
    inputs: usize,
}

impl Default for Worst {
    fn default() -> Self {
        Self { peak_max: PEAK_BYTES_MAX, peak: (0, ""), total: (0, ""), inputs: 0 }
    }
}

impl Worst {
    fn bytes(&mut self, name: &'static str, bytes: &[u8]) {
        let key = verifying_key();
        self.take(name, || {
            let Ok(sealed) = Sealed::parse(bytes) else { return };
            // All that a caller may hold at one time.
            let origin = sealed.unverified_origin();
            let claims = sealed.unverified_entitlement();
            let receipt = sealed.unverified_receipt();
            let list = sealed.unverified_status_list();
            let opened = sealed.open_entitlement(&key);
            drop(black_box((origin, claims, receipt, list, opened)));
        });
    }

    fn text(&mut self, name: &'static str, text: &str) {
        let key = verifying_key();
        self.take(name, || {
            if let Ok(document) = QrText::decode(text)
                && let Ok(sealed) = Sealed::parse(&document)
            {
                black_box(sealed.open_entitlement(&key).ok());
            }
        });
    }

    fn json(&mut self, name: &'static str, text: &str) {
        self.take(name, || {
            black_box(Claims::from_json_text(text).ok());
        });
        self.take(name, || {
            let json = Json::parse(text, CLAIMS_LIMITS);
            black_box(json.and_then(|json| Receipt::from_json(&json)).ok());
        });
    }

    fn take(&mut self, name: &'static str, decode: impl FnOnce()) {
        let AllocationInfo { bytes_max, bytes_total, bytes_current, .. } = measure(decode);
        assert_eq!(bytes_current, 0, "{name} leaks");
        assert!(bytes_max <= self.peak_max, "{name} takes {bytes_max} bytes");
        self.peak = self.peak.max((bytes_max, name));
        self.total = self.total.max((bytes_total, name));
        self.inputs += 1;
    }

    fn report(&self, what: &str) {
        let Self { peak, total, inputs, .. } = self;
        println!(
            "{what}: {inputs} inputs, peak {} bytes ({}), in all {} bytes ({})",
            peak.0, peak.1, total.0, total.1
        );
    }
}

fn valid_documents() -> impl Iterator<Item = Vec<u8>> {
    let entitlements = RightType::ALL.iter().flat_map(|right| samples(&claims_of(*right), 50));
    let entitlements = entitlements.filter_map(|claims| seal_entitlement(&claims, &signing_key()).ok());
    entitlements.chain(samples(&receipt_document(), 50).into_iter().map(|(_, document)| document))
}

/// Claims that ask for more than they are: each within the bytes of one document.
fn cbor_bombs() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |head: &[u8], part: &[u8]| {
        let mut bytes = head.to_vec();
        while bytes.len() + part.len() <= 1_900 {
            bytes.extend(part);
        }
        bytes
    };
    let maps_of_64: Vec<u8> =
        [0xB8, 0x40].into_iter().chain((0..64).flat_map(|key| [0x18, key + 24, 0xA0])).collect();
    vec![
        ("nested arrays", repeated(&[], &[0x81])),
        ("nested maps", repeated(&[], &[0xA1, 0x00])),
        ("nested wide arrays", repeated(&[], &[0x98, 0x40])),
        ("nested wide maps", repeated(&[], &[0xB8, 0x40, 0x00])),
        ("empty arrays", repeated(&[0x98, 0x40], &[0x80])),
        ("arrays of empty arrays", repeated(&[0x98, 0x40], &[[0x98, 0x40].as_slice(), &[0x80; 64]].concat())),
        ("maps of maps", repeated(&[0x98, 0x20], &maps_of_64)),
        ("a declared array of 2^64-1", vec![0x9B, 255, 255, 255, 255, 255, 255, 255, 255]),
        ("a declared map of 2^63", vec![0xBB, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ("declared bytes of 2^64-1", vec![0x5B, 255, 255, 255, 255, 255, 255, 255, 255]),
        ("a declared text of 2^32-1", vec![0x7A, 255, 255, 255, 255]),
        ("64 declared arrays of 64", repeated(&[0x98, 0x40], &[0x98, 0x40])),
        ("a text of control characters as key", repeated(&[0xA1, 0x78, 0xF0], &[0x01])),
        ("indefinite arrays", repeated(&[], &[0x9F])),
        ("tags", repeated(&[], &[0xC1])),
    ]
}

/// Of 4,096 bytes each, as full as they go.
fn json_bombs() -> Vec<(&'static str, String)> {
    // As many groups of 64 as fit, since no array or object may have more entries.
    let filled = |group_open: &str, entry: &dyn Fn(usize) -> String, group_close: &str| {
        let mut groups: Vec<String> = Vec::new();
        let length = |groups: &[String]| groups.iter().map(|group| group.len() + 1).sum::<usize>() + 1;
        while groups.len() < 64 {
            let mut entries: Vec<String> = Vec::new();
            while entries.len() < 64 {
                entries.push(entry(entries.len()));
                let group = format!("{group_open}{}{group_close}", entries.join(","));
                if length(&groups) + group.len() + 1 > INPUT_BYTES_MAX {
                    entries.pop();
                    break;
                }
            }
            if entries.is_empty() {
                break;
            }
            groups.push(format!("{group_open}{}{group_close}", entries.join(",")));
        }
        format!("[{}]", groups.join(","))
    };
    let letter =
        |entry: usize| char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[entry]);
    vec![
        ("nested arrays", "[".repeat(4_096)),
        ("nested objects", "{\"a\":".repeat(800)),
        ("nested singles to the depth allowed", filled("[", &|_| "[[[[[0]]]]]".into(), "]")),
        ("nested objects to the depth allowed", filled("[", &|_| r#"{"":{"":{"":{"":0}}}}"#.into(), "]")),
        ("empty arrays", filled("[", &|_| "[]".into(), "]")),
        ("arrays of one", filled("[", &|_| "[0]".into(), "]")),
        ("arrays of five", filled("[", &|_| "[0,0,0,0,0]".into(), "]")),
        ("objects of one", filled("[", &|_| r#"{"":0}"#.into(), "]")),
        ("objects of one with escaped names", filled("[", &|_| r#"{"\n":0}"#.into(), "]")),
        ("objects of five", filled("[", &|_| r#"{"a":0,"b":0,"c":0,"d":0,"e":0}"#.into(), "]")),
        ("wide objects", filled("{", &|entry| format!("\"{}\":0", letter(entry)), "}")),
        ("wide objects with escaped names", filled("{", &|entry| format!("\"{}\\n\":0", letter(entry)), "}")),
        ("wide arrays", filled("[", &|_| "0".into(), "]")),
        ("short escaped texts", filled("[", &|_| r#""\n""#.into(), "]")),
        ("one long text", format!("\"{}\"", "x".repeat(4_094))),
        ("one long escaped text", format!("\"{}\"", "\\n".repeat(2_047))),
        ("one long text of code points", format!("\"{}\"", "\\ud83c\\udf3e".repeat(341))),
        ("one long member name", format!("{{\"{}\\n\":0}}", "x".repeat(4_080))),
        ("a long number", "9".repeat(4_096)),
        ("a text that never ends", format!("\"{}", "\\n".repeat(2_047))),
        ("white space", " ".repeat(4_096)),
    ]
}

/// The document with the most JSON for its bytes: codes that are long words, and texts of nothing but escapes.
fn largest_contribution() -> Claims {
    let words = Function::ALL.iter().map(|function| format!("\"{}\"", function.word()));
    let line = format!(
        r#"{{"from":"2026-01-01","to":"2026-01-31","quantity":9007199254740991,"unit":"month","kind":"residence",
        "functions":[{}],"payer":"cooperative","base":{{"minor":9007199254740991,"currency":"KES"}},"quality":"provisional"}}"#,
        words.collect::<Vec<_>>().join(",")
    );
    let member = |line: usize| format!(r#"[{line},"{}",1991,"F","parent"]"#, "\\\"".repeat(9));
    let label = "\\u0001".repeat(64);
    let text = format!(
        r#"{{"type":"contribution","iss":"KE-NSSF","cti":"0123456789abcdef","iat":"2026-02-01","exp":"2027-02-01T00:00:00Z",
        "status":{{"idx":1048575,"uri":"https://st.example/k/00"}},
        "subject":{{"number":"{}","name":"{}","native_names":[["am","{}"]],"birth":"1955-XX","sex":"F","household":"{label}",
        "role":"parent","members":[{}],"check":"holder_key"}},
        "scheme":"{label}","as_of":"2026-02-01","lines":[{}],"languages":["am","sw"],"source":"{label}"}}"#,
        "\\u0001".repeat(24),
        "\\\"".repeat(64),
        "\\\\".repeat(40),
        (2..14).map(member).collect::<Vec<_>>().join(","),
        vec![line; 24].join(","),
    );
    // The limit is on what is written by the format itself; the line breaks above are not.
    let text: String = text.lines().map(str::trim_start).collect();
    Claims::from_json_text(&text).unwrap()
}

fn status_claims(stream: &[u8]) -> Vec<u8> {
    let mut payload = vec![0xA5, 0x02, 0x77];
    payload.extend(b"https://st.example/k/00");
    payload.extend([0x04, 0x1A, 0x7A, 0, 0, 0, 0x06, 0x1A, 0x69, 0, 0, 0, 0x19, 0xFF, 0xFD, 0xA2, 0x63]);
    payload.extend(b"lst");
    payload.push(0x5A);
    payload.extend((stream.len() as u32).to_be_bytes());
    payload.extend(stream);
    payload.extend(b"\x64bits\x02\x19\xFF\xFE\x19\x0E\x10");
    payload
}

/// An envelope around any payload; its signature does not hold.
fn envelope(payload: &[u8], typ_hex: &str) -> Vec<u8> {
    let typ = (0..typ_hex.len()).step_by(2).map(|at| u8::from_str_radix(&typ_hex[at..at + 2], 16).unwrap());
    let mut protected = vec![0xA3, 0x01, 0x32, 0x04, 0x48];
    protected.extend(signing_key_id());
    protected.push(0x10);
    protected.extend(typ);
    let mut document = vec![0xD2, 0x84];
    push_bytes(&mut document, &protected);
    document.push(0xA0);
    push_bytes(&mut document, payload);
    push_bytes(&mut document, &[0x5A; 64]);
    document
}

fn signing_key_id() -> [u8; 8] {
    signing_key().public_key().id().0
}

/// A byte string with its shortest head.
fn push_bytes(document: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        length @ 0..24 => document.push(0x40 | length as u8),
        length @ 24..256 => document.extend([0x58, length as u8]),
        length @ 256..65_536 => document.extend([[0x59].as_slice(), &(length as u16).to_be_bytes()].concat()),
        length => document.extend([[0x5A].as_slice(), &(length as u32).to_be_bytes()].concat()),
    }
    document.extend(bytes);
}

/// SplitMix64: the same inputs in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
