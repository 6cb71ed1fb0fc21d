//! Entitlements whose signature holds and whose claims are wrong. One fault a case.

use crate::cbor::{Item, list, map, steps};
use crate::maker::{self, Asked, Document, ENTITLEMENT, Files, KE, LB, OPEN, PHONE, cose_key_of, midnight};
use crate::people::{
    RIGHT, benefit_full, benefit_minimal, contribution_full, contribution_minimal, coverage_full,
    coverage_minimal, cross_border_full, cross_border_minimal, delegation_full, delegation_minimal,
    membership_full, membership_minimal, phone,
};

pub(crate) fn make(files: &mut Files) {
    encoding(files);
    claims(files);
    missing(files);
    unknown(files);
    phones(files);
    keys(files);
}

pub(crate) fn refuse(files: &mut Files, name: &str, rule: &str, claims: &Item, (fault, place): (&str, &str)) {
    refuse_payload(files, name, rule, claims.encode(), (fault, place));
}

pub(crate) fn refuse_payload(
    files: &mut Files,
    name: &str,
    rule: &str,
    payload: Vec<u8>,
    (fault, place): (&str, &str),
) {
    let document = Document { payload, ..Document::new(ENTITLEMENT, &Item::Null, KE) }.bytes();
    let asked = Asked { open: "entitlement", key: KE.0 };
    maker::refuse(files, &format!("entitlement/{name}"), rule, (&document, asked), (OPEN, fault, place));
}

pub(crate) fn with(mut claims: Item, path: &[Item], value: impl Into<Item>) -> Item {
    claims.set(path, value);
    claims
}

pub(crate) fn raw(bytes: &[u8]) -> Item {
    Item::Raw(bytes.to_vec())
}

/// A text of these bytes, which need not be UTF-8.
pub(crate) fn raw_text(bytes: &[u8]) -> Item {
    Item::Raw([&[0x60 | bytes.len() as u8], bytes].concat())
}

/// RFC 8949 section 4.2.1 and the limits of section 2.
fn encoding(files: &mut Files) {
    let good = coverage_minimal;
    let rulebook = list![RIGHT, 11];
    for (name, bytes) in [
        ("integer-1-in-two-bytes", &[0x18, 0x01][..]),
        ("integer-1-in-three-bytes", &[0x19, 0x00, 0x01]),
        ("integer-1-in-five-bytes", &[0x1A, 0, 0, 0, 1]),
        ("integer-1-in-nine-bytes", &[0x1B, 0, 0, 0, 0, 0, 0, 0, 1]),
    ] {
        let rule = "section 2: numbers in their shortest form";
        refuse(files, name, rule, &with(good(), &rulebook, raw(bytes)), ("form/not_shortest", ""));
    }
    let rule = "section 2: lengths in their shortest form";
    let long = with(good(), &steps![RIGHT, 10], raw(b"\x78\x04SHIF"));
    refuse(files, "text-length-in-two-bytes", rule, &long, ("form/not_shortest", ""));
    let rule = "section 2: no indefinite lengths";
    let indefinite = with(good(), &steps![RIGHT, 10], raw(b"\x7F\x64SHIF\xFF"));
    refuse(files, "indefinite-text", rule, &indefinite, ("form/indefinite", ""));
    let indefinite = with(good(), &steps![RIGHT, 12], raw(&[0x9F, 0x01, 0xFF]));
    refuse(files, "indefinite-set", rule, &indefinite, ("form/indefinite", ""));
    let mut bytes = good().encode();
    bytes[0] = 0xBF;
    bytes.push(0xFF);
    refuse_payload(files, "indefinite-claims", rule, bytes, ("form/indefinite", ""));

    let rule = "section 2: map keys in bytewise order";
    let mut claims = good();
    claims.entries().swap(1, 2);
    refuse(files, "claims-unsorted", rule, &claims, ("form/key_order", ""));
    let mut claims = good();
    claims.entries().swap(4, 5);
    refuse(files, "private-claim-before-status", rule, &claims, ("form/key_order", ""));
    let mut claims = good();
    claims.at(&steps![RIGHT]).entries().swap(0, 1);
    refuse(files, "entitlement-unsorted", rule, &claims, ("form/key_order", ""));
    let mut claims = good();
    claims.at(&steps![65_535, "status_list"]).entries().swap(0, 1);
    refuse(files, "status-unsorted", rule, &claims, ("form/key_order", ""));
    let rule = "section 2: no duplicate keys";
    let mut claims = good();
    let iss = claims.entries()[0].clone();
    claims.entries().insert(1, iss);
    refuse(files, "claims-duplicate-key", rule, &claims, ("form/duplicate_key", ""));
    let mut claims = good();
    claims.at(&steps![RIGHT]).entries().push((19.into(), list!["UG"].into()));
    refuse(files, "territory-twice", rule, &claims, ("form/duplicate_key", ""));
    let mut claims = good();
    claims.entries().insert(1, (raw(&[0x18, 0x01]), "UG-UHI".into()));
    refuse(
        files,
        "claims-key-twin-1801",
        "section 2: keys in their shortest form",
        &claims,
        ("form/not_shortest", ""),
    );

    let rule = "section 2: no trailing bytes";
    let trailing = [good().encode(), vec![0xF6]].concat();
    refuse_payload(files, "payload-trailing-byte", rule, trailing, ("trailing", ""));
    let mut cut = good().encode();
    cut.pop();
    refuse_payload(files, "payload-cut", "section 2: a whole item", cut, ("truncated", ""));
    refuse_payload(files, "payload-empty", "section 2: a whole item", Vec::new(), ("truncated", ""));

    let rule = "section 2: no floats";
    for (name, bytes) in [
        ("float-16", &[0xF9, 0x3C, 0x00][..]),
        ("float-32", &[0xFA, 0x3F, 0x80, 0, 0]),
        ("float-64", &[0xFB, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]),
        ("float-nan", &[0xF9, 0x7E, 0x00]),
        ("float-infinity", &[0xF9, 0x7C, 0x00]),
    ] {
        refuse(files, name, rule, &with(good(), &rulebook, raw(bytes)), ("form/float", ""));
    }
    let rule = "section 2: no simple values but false, true and null";
    for (name, bytes) in [
        ("undefined", &[0xF7][..]),
        ("simple-59", &[0xF8, 0x3B]),
        ("simple-0", &[0xE0]),
        ("false-in-two-bytes", &[0xF8, 0x14]),
    ] {
        refuse(files, name, rule, &with(good(), &rulebook, raw(bytes)), ("form/simple", ""));
    }
    let rule = "section 2: no reserved CBOR bytes";
    for (name, bytes) in [("reserved-28", &[0x1C][..]), ("reserved-30", &[0x5E]), ("break-alone", &[0xFF])] {
        refuse(files, name, rule, &with(good(), &rulebook, raw(bytes)), ("form/reserved", ""));
    }
    let rule = "section 2: no tags but 18 of the document";
    let time = Item::Raw([vec![0xC1], Item::Int(midnight(2027, 1, 15)).encode()].concat());
    refuse(files, "exp-with-tag-1", rule, &with(good(), &steps![4], time), ("form/tag", ""));
    let big = raw(&[0xC2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    refuse(files, "exp-as-bignum", rule, &with(good(), &steps![4], big), ("form/tag", ""));
    let described = [vec![0xD9, 0xD9, 0xF7], good().encode()].concat();
    refuse_payload(files, "self-described-cbor", rule, described, ("form/tag", ""));

    let nested = |levels: usize| Item::Raw([vec![0x81; levels], vec![0x00]].concat());
    let rule = "section 2: depth at most 8, counted from the claims map";
    // claims, entitlement and seven more are nine; six more are eight and only an unknown key.
    let deep = with(good(), &steps![RIGHT, 9], nested(7));
    refuse(files, "depth-9", rule, &deep, ("length/levels", ""));
    let eight = with(good(), &steps![RIGHT, 9], nested(6));
    refuse(files, "depth-8-under-an-unknown-key", rule, &eight, ("unknown/9", ""));
    refuse_payload(files, "depth-64", rule, nested(64).encode(), ("length/levels", ""));
    let rule = "section 2: at most 64 entries an array or map";
    let many: Vec<Item> = (0..65).map(|n| Item::from(format!("o{n:02}"))).collect();
    refuse(
        files,
        "array-of-65-entries",
        rule,
        &with(benefit_full(), &steps![RIGHT, 19], many),
        ("length/entries", ""),
    );
    let many = Item::Map((0..65).map(|n| (Item::Int(n), Item::Int(0))).collect());
    refuse(files, "map-of-65-entries", rule, &with(good(), &steps![RIGHT, 17], many), ("length/entries", ""));
    let huge = raw(&[0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    refuse(
        files,
        "array-length-2-to-64",
        rule,
        &with(good(), &steps![RIGHT, 12], huge),
        ("length/entries", ""),
    );
    let rule = "section 2: at most 256 bytes a text";
    let long = with(good(), &steps![RIGHT, 5], "a".repeat(257));
    refuse(files, "text-of-257-bytes", rule, &long, ("length/bytes", ""));
    let huge = raw(&[0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    let rule = "section 2: a length beyond the end";
    refuse(files, "bytes-length-2-to-64", rule, &with(good(), &steps![7], huge), ("truncated", ""));

    let rule = "section 2 and RFC 8949 section 3.1: texts are UTF-8";
    let name = list![RIGHT, 1, 2];
    for (case, bytes) in [
        ("utf8-lone-byte", &b"Ne\xFFesa"[..]),
        ("utf8-overlong", b"Ne\xC0\xAFesa"),
        ("utf8-surrogate", b"Ne\xED\xA0\x80"),
        ("utf8-cut", b"Nekes\xC3"),
        ("utf8-beyond-unicode", b"N\xF4\x90\x80\x80"),
    ] {
        refuse(files, case, rule, &with(good(), &name, raw_text(bytes)), ("form/utf8", ""));
    }
}

fn claims(files: &mut Files) {
    let good = coverage_minimal;
    let idx = list![65_535, "status_list", "idx"];
    let uri = list![65_535, "status_list", "uri"];
    refuse_payload(files, "claims-as-array", "section 3: claims are a map", vec![0x80], ("wrong_type", ""));
    let rule = "section 3: exp and iat are uint 1577836800..7258118399";
    for (name, key, value) in [
        ("iat-before-2020", 6, 1_577_836_799_i64),
        ("exp-after-2199", 4, 7_258_118_400),
        ("exp-negative", 4, -1),
        ("iat-2-to-63", 6, i64::MAX),
    ] {
        let place = if key == 4 { "exp" } else { "iat" };
        refuse(files, name, rule, &with(good(), &steps![key], value), ("range", place));
    }
    let largest = with(good(), &steps![4], i128::from(u64::MAX));
    refuse(files, "exp-2-to-64-minus-1", rule, &largest, ("range", "exp"));
    refuse(files, "exp-as-text", rule, &with(good(), &steps![4], "2027-01-15"), ("wrong_type", "exp"));
    refuse(files, "iat-null", rule, &with(good(), &steps![6], Item::Null), ("wrong_type", "iat"));
    let rule = "section 3: exp > iat";
    let iat = midnight(2026, 1, 15) + 7 * 3600 + 30 * 60;
    refuse(files, "exp-equals-iat", rule, &with(good(), &steps![4], iat), ("validity", "exp"));
    refuse(files, "exp-before-iat", rule, &with(good(), &steps![4], iat - 1), ("validity", "exp"));
    let rule = "section 3: status absent only if exp - iat <= 31 days";
    let mut claims = membership_minimal();
    claims.set(&steps![4], midnight(2026, 4, 2) + 1);
    refuse(files, "no-status-31-days-and-a-second", rule, &claims, ("status_missing", "status"));
    let rule = "section 3: cti is 8 bytes";
    refuse(files, "cti-of-7-bytes", rule, &with(good(), &steps![7], vec![0; 7]), ("length/bytes", "cti"));
    refuse(files, "cti-of-16-bytes", rule, &with(good(), &steps![7], vec![0; 16]), ("length/bytes", "cti"));
    refuse(files, "cti-as-text", rule, &with(good(), &steps![7], "6b1f00a2"), ("wrong_type", "cti"));
    let rule =
        "sections 3 and 7: an issuer id is [A-Z0-9-], 4 to 24, a country's two letters and \"-\" first";
    for (name, iss, fault) in [
        ("iss-lower-case", "ke-sha", "pattern"),
        ("iss-without-country", "KESHA", "pattern"),
        ("iss-country-of-digits", "12-SHA", "pattern"),
        ("iss-with-space", "KE-SHA ", "pattern"),
        ("iss-cyrillic-lookalike", "КE-SHA", "pattern"),
        ("iss-of-3", "KE-", "length/characters"),
        ("iss-of-25", "KE-4567890123456789012345", "length/characters"),
    ] {
        refuse(files, name, rule, &with(good(), &steps![1], iss), (fault, "iss"));
    }
    refuse(files, "iss-as-number", rule, &with(good(), &steps![1], 254), ("wrong_type", "iss"));
    let rule = "section 3: idx is 0..1048575";
    refuse(files, "idx-one-past-the-list", rule, &with(good(), &idx, 1_048_576), ("range", "status.idx"));
    refuse(files, "idx-negative", rule, &with(good(), &idx, -1), ("range", "status.idx"));
    refuse(
        files,
        "idx-2-to-53-plus-1",
        rule,
        &with(good(), &idx, (1_i64 << 53) + 1),
        ("range", "status.idx"),
    );
    refuse(files, "idx-as-text", rule, &with(good(), &idx, "412077"), ("wrong_type", "status.idx"));
    let rule = "section 3: uri is 12..96 ASCII characters";
    refuse(files, "uri-of-11", rule, &with(good(), &uri, "https://a.b"), ("length/characters", "status.uri"));
    let long = format!("https://{}", "u".repeat(89));
    refuse(files, "uri-of-97", rule, &with(good(), &uri, long), ("length/characters", "status.uri"));
    let international = with(good(), &uri, "https://كينيا.example/0");
    refuse(files, "uri-not-ascii", rule, &international, ("pattern", "status.uri"));
    let rule = "section 3: status is {\"status_list\": {\"idx\", \"uri\"}}";
    refuse(files, "status-null", rule, &with(good(), &steps![65_535], Item::Null), ("wrong_type", "status"));
    let other =
        with(good(), &steps![65_535], map! { "status_lise" => map! { "idx" => 1, "uri" => "https://a.b/" } });
    refuse(files, "status-of-another-kind", rule, &other, ("unknown/\"status_lise\"", "status"));
    let rule = "section 3: type is 1..6";
    refuse(files, "type-0", rule, &with(good(), &steps![RIGHT, 0], 0), ("code", "type"));
    refuse(files, "type-7", rule, &with(good(), &steps![RIGHT, 0], 7), ("code", "type"));
    refuse(files, "type-as-text", rule, &with(good(), &steps![RIGHT, 0], "coverage"), ("wrong_type", "type"));
    let rule = "section 3: the entitlement is a map";
    refuse(files, "entitlement-null", rule, &with(good(), &steps![RIGHT], Item::Null), ("wrong_type", ""));
    let rule = "section 7: delegation ids are like issuer ids";
    refuse(
        files,
        "delegation-id-lower-case",
        rule,
        &with(good(), &steps![RIGHT, 2], "ke-coop"),
        ("pattern", "delegation"),
    );
    refuse(
        files,
        "delegation-id-empty",
        rule,
        &with(good(), &steps![RIGHT, 2], ""),
        ("length/characters", "delegation"),
    );
    let rule = "section 3: replaces is 8 bytes";
    refuse(
        files,
        "replaces-of-9-bytes",
        rule,
        &with(good(), &steps![RIGHT, 3], vec![0; 9]),
        ("length/bytes", "replaces"),
    );
    let rule = "section 3: 1 to 2 languages, BCP 47";
    refuse(
        files,
        "languages-none",
        rule,
        &with(good(), &steps![RIGHT, 4], Vec::<Item>::new()),
        ("length/entries", "languages"),
    );
    refuse(
        files,
        "languages-three",
        rule,
        &with(good(), &steps![RIGHT, 4], list!["sw", "en", "lg"]),
        ("length/entries", "languages"),
    );
    refuse(
        files,
        "language-tag-with-underscore",
        rule,
        &with(good(), &steps![RIGHT, 4], list!["sw_KE"]),
        ("pattern", "languages[0]"),
    );
    refuse(
        files,
        "language-tag-empty",
        rule,
        &with(good(), &steps![RIGHT, 4], list!["sw", ""]),
        ("length/characters", "languages[1]"),
    );
    let rule = "section 3: optional members are left out, never null";
    refuse(
        files,
        "source-null",
        rule,
        &with(good(), &steps![RIGHT, 5], Item::Null),
        ("wrong_type", "source"),
    );
    let rule = "section 3: other texts 1..64";
    refuse(
        files,
        "source-empty",
        rule,
        &with(good(), &steps![RIGHT, 5], ""),
        ("length/characters", "source"),
    );
    refuse(
        files,
        "source-of-65",
        rule,
        &with(good(), &steps![RIGHT, 5], "s".repeat(65)),
        ("length/characters", "source"),
    );
}

/// Every member that must be there, once left out.
fn missing(files: &mut Files) {
    let claims: [(i128, &str); 5] = [(1, "iss"), (4, "exp"), (6, "iat"), (7, "cti"), (RIGHT, "entitlement")];
    for (key, place) in claims {
        let mut claims = coverage_minimal();
        claims.remove(&steps![key]);
        let rule = "section 3: a claim that is not marked optional is there";
        refuse(files, &format!("missing-{place}"), rule, &claims, ("missing", place));
    }
    let mut claims = coverage_minimal();
    claims.remove(&steps![RIGHT, 0]);
    refuse(files, "missing-type", "section 3: a type", &claims, ("missing", "type"));
    for (key, name) in [(1, "number"), (2, "name")] {
        let mut claims = coverage_minimal();
        claims.remove(&steps![RIGHT, 1, key]);
        let rule = "section 3: a subject has number and name";
        let place = format!("subject.{name}");
        refuse(files, &format!("missing-subject-{name}"), rule, &claims, ("missing", &place));
    }
    type Members = &'static [(i128, &'static str)];
    let types: [(&str, Item, Members); 6] = [
        ("membership", membership_minimal(), &[(1, "subject"), (10, "scheme"), (13, "since")]),
        (
            "coverage",
            coverage_minimal(),
            &[
                (1, "subject"),
                (10, "product"),
                (11, "rulebook"),
                (12, "functions"),
                (13, "start"),
                (14, "end"),
                (18, "copay_class"),
                (19, "territory"),
            ],
        ),
        (
            "contribution",
            contribution_minimal(),
            &[(1, "subject"), (10, "scheme"), (12, "lines"), (13, "as_of")],
        ),
        (
            "benefit",
            benefit_minimal(),
            &[
                (1, "subject"),
                (10, "programme"),
                (11, "benefit_type"),
                (12, "functions"),
                (13, "from"),
                (14, "to"),
            ],
        ),
        (
            "cross-border",
            cross_border_minimal(),
            &[
                (1, "subject"),
                (10, "kind"),
                (11, "agreement"),
                (12, "functions"),
                (13, "from"),
                (14, "to"),
                (15, "home"),
                (16, "groups"),
                (17, "payer"),
                (18, "tariff"),
                (19, "hosts"),
            ],
        ),
        (
            "delegation",
            delegation_minimal(),
            &[(10, "id"), (11, "key"), (12, "scopes"), (13, "from"), (14, "to")],
        ),
    ];
    for (kind, claims, members) in types {
        for &(key, name) in members {
            let mut claims = claims.clone();
            claims.remove(&steps![RIGHT, key]);
            let rule = format!("section 3: a {kind} has {name}");
            let case = format!("missing-{kind}-{}", name.replace('_', "-"));
            refuse(files, &case, &rule, &claims, ("missing", name));
        }
    }
}

/// An unknown key in every map: a new field is a new version of the format.
fn unknown(files: &mut Files) {
    let rule = "section 3: an unknown key in any of these maps is refused";
    let good = coverage_full;
    let mut case = |name: &str, claims: Item, path: &[Item], expect: (&str, &str)| {
        refuse(files, &format!("unknown-{name}"), rule, &with(claims, path, 0), expect);
    };
    case("claim-nbf-5", good(), &steps![5], ("unknown/5", ""));
    case("claim-aud-3", good(), &steps![3], ("unknown/3", ""));
    case("claim-private", good(), &steps![-65_538], ("unknown/-65538", ""));
    case("claim-text-key", good(), &steps!["vct"], ("unknown/\"vct\"", ""));
    case("key-in-status", good(), &steps![65_535, "a"], ("length/entries", "status"));
    case("key-in-status-list", good(), &steps![65_535, "status_list", "x"], ("length/entries", "status"));
    case("key-6-in-entitlement", good(), &steps![RIGHT, 6], ("unknown/6", ""));
    case("key-24-in-entitlement", good(), &steps![RIGHT, 24], ("unknown/24", ""));
    case("key-negative-in-entitlement", good(), &steps![RIGHT, -1], ("unknown/-1", ""));
    case("text-key-in-entitlement", good(), &steps![RIGHT, "nationality"], ("unknown/\"nationality\"", ""));
    case("key-20-in-coverage", good(), &steps![RIGHT, 20], ("unknown/20", ""));
    case("key-0-in-subject", good(), &steps![RIGHT, 1, 0], ("unknown/0", "subject"));
    case("key-10-in-subject", good(), &steps![RIGHT, 1, 10], ("unknown/10", "subject"));
    case("key-14-in-membership", membership_full(), &steps![RIGHT, 14], ("unknown/14", ""));
    case("key-11-in-contribution", contribution_full(), &steps![RIGHT, 11], ("unknown/11", ""));
    case("key-20-in-benefit", benefit_full(), &steps![RIGHT, 20], ("unknown/20", ""));
    case("key-23-in-cross-border", cross_border_full(), &steps![RIGHT, 23], ("unknown/23", ""));
    case("key-18-in-delegation", delegation_full(), &steps![RIGHT, 18], ("unknown/18", ""));
    case("key-in-cose-key", delegation_full(), &steps![RIGHT, 11, 3], ("unknown/3", "key"));
    case("group-in-waits", good(), &steps![RIGHT, 17, 18], ("code", "waits"));
    let mut person = delegation_minimal();
    person.set(&steps![RIGHT, 1], map! { 1 => "KE-4471902", 2 => "Nekesa Wafula Barasa" });
    let rule = "section 3: a delegation has no subject";
    refuse(files, "subject-on-delegation", rule, &person, ("unknown/1", ""));
    let mut key = coverage_minimal();
    key.at(&steps![RIGHT, 1]).entries().push((Item::Bytes(vec![1]), Item::Int(0)));
    let rule = "section 3: keys are integers";
    refuse(files, "key-of-bytes-in-subject", rule, &key, ("wrong_type", "subject"));
}

fn phones(files: &mut Files) {
    let mut case = |name: &str, rule: &str, typ: i128, claims: &Item, (fault, place): (&str, &str)| {
        let document = Document::new(typ, claims, KE).bytes();
        let asked = Asked { open: "entitlement", key: KE.0 };
        maker::refuse(files, &format!("entitlement/{name}"), rule, (&document, asked), (OPEN, fault, place));
    };
    let without = |key: i128| {
        let mut claims = phone();
        claims.remove(&steps![key]);
        claims
    };
    let rule = "sections 2, 3 and 5: sub and cnf stand on typ 293 only";
    case("paper-with-cnf", rule, ENTITLEMENT, &without(2), ("unknown/8", ""));
    case("paper-with-sub", rule, ENTITLEMENT, &without(8), ("unknown/2", ""));
    let rule = "section 5: typ 293 has sub and cnf";
    case("phone-without-cnf", rule, PHONE, &without(8), ("missing", "cnf"));
    case("phone-without-sub", rule, PHONE, &without(2), ("missing", "sub"));
    let other = with(phone(), &steps![2], "holder");
    case("phone-with-another-sub", "section 5: sub is \"h\"", PHONE, &other, ("pattern", "sub"));
    let rule = "section 5: cnf is {1: COSE_Key} (Ed25519)";
    let kid = with(phone(), &steps![8], map! { 3 => vec![0; 8] });
    case("cnf-by-kid", rule, PHONE, &kid, ("missing", "cnf.key"));
    let both = with(phone(), &steps![8, 3], vec![0; 8]);
    case("cnf-with-key-and-kid", rule, PHONE, &both, ("unknown/3", "cnf"));
    let alg = with(phone(), &steps![8, 1, 3], -19);
    case("cnf-key-with-alg", rule, PHONE, &alg, ("unknown/3", "cnf"));
    let short = with(phone(), &steps![8, 1, -2], vec![0; 31]);
    case("cnf-key-of-31-bytes", rule, PHONE, &short, ("length/bytes", "cnf.x"));
}

fn keys(files: &mut Files) {
    let good = delegation_minimal;
    let mut case = |name: &str, rule: &str, claims: &Item, expect: (&str, &str)| {
        refuse(files, name, rule, claims, expect);
    };
    let rule = "section 3: a COSE_Key is {1: 1, -1: 6, -2: x} and never has its private part";
    let private = with(good(), &steps![RIGHT, 11, -4], vec![7; 32]);
    case("cose-key-with-private-part", rule, &private, ("unknown/-4", "key"));
    let ec2 = with(good(), &steps![RIGHT, 11, 1], 2);
    case("cose-key-kty-ec2", rule, &ec2, ("range", "key.kty"));
    let ed448 = with(good(), &steps![RIGHT, 11, -1], 7);
    case("cose-key-crv-ed448", rule, &ed448, ("range", "key.crv"));
    let x25519 = with(good(), &steps![RIGHT, 11, -1], 4);
    case("cose-key-crv-x25519", rule, &x25519, ("range", "key.crv"));
    let long = with(good(), &steps![RIGHT, 11], cose_key_of(&[1; 33]));
    case("cose-key-of-33-bytes", rule, &long, ("length/bytes", "key.x"));
    let kid = with(good(), &steps![RIGHT, 11, 2], LB.kid());
    case("cose-key-with-kid", rule, &kid, ("unknown/2", "key"));
    for (key, name) in [(1, "kty"), (-1, "crv"), (-2, "x")] {
        let mut claims = good();
        claims.remove(&steps![RIGHT, 11, key]);
        case(&format!("cose-key-without-{name}"), rule, &claims, ("missing", &format!("key.{name}")));
    }
    let bytes = with(good(), &steps![RIGHT, 11], vec![1; 32]);
    case("cose-key-as-bytes", rule, &bytes, ("wrong_type", "key"));
}
