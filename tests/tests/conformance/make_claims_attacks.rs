//! Entitlements whose signature holds and whose claims are wrong. One fault a case.

use crate::cbor::{Item, list, map};
use crate::make_entitlements::{
    RIGHT, benefit_full, benefit_minimal, contribution_full, contribution_minimal, coverage_full,
    coverage_minimal, cross_border_full, cross_border_minimal, delegation_full, delegation_minimal,
    membership_full, membership_minimal, phone,
};
use crate::maker::{
    self, Asked, Document, ENTITLEMENT, Files, KE, LB, OPEN, PHONE, cose_key_of, day, midnight,
};

pub(crate) fn make(files: &mut Files) {
    encoding(files);
    claims(files);
    missing(files);
    unknown(files);
    subject(files);
    rights(files);
    periods(files);
    sets(files);
    phones(files);
    keys(files);
}

fn refuse(files: &mut Files, name: &str, rule: &str, claims: &Item, (fault, place): (&str, &str)) {
    refuse_payload(files, name, rule, claims.encode(), (fault, place));
}

fn refuse_payload(files: &mut Files, name: &str, rule: &str, payload: Vec<u8>, (fault, place): (&str, &str)) {
    let document = Document { payload, ..Document::new(ENTITLEMENT, &Item::Null, KE) }.bytes();
    let asked = Asked { open: "entitlement", key: KE.0 };
    maker::refuse(files, &format!("entitlement/{name}"), rule, (&document, asked), (OPEN, fault, place));
}

fn with(mut claims: Item, path: &[Item], value: impl Into<Item>) -> Item {
    claims.set(path, value);
    claims
}

fn raw(bytes: &[u8]) -> Item {
    Item::Raw(bytes.to_vec())
}

/// A text of these bytes, which need not be UTF-8.
fn raw_text(bytes: &[u8]) -> Item {
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
    let long = with(good(), &list![RIGHT, 10], raw(b"\x78\x04SHIF"));
    refuse(files, "text-length-in-two-bytes", rule, &long, ("form/not_shortest", ""));
    let rule = "section 2: no indefinite lengths";
    let indefinite = with(good(), &list![RIGHT, 10], raw(b"\x7F\x64SHIF\xFF"));
    refuse(files, "indefinite-text", rule, &indefinite, ("form/indefinite", ""));
    let indefinite = with(good(), &list![RIGHT, 12], raw(&[0x9F, 0x01, 0xFF]));
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
    claims.at(&list![RIGHT]).entries().swap(0, 1);
    refuse(files, "entitlement-unsorted", rule, &claims, ("form/key_order", ""));
    let mut claims = good();
    claims.at(&list![65_535, "status_list"]).entries().swap(0, 1);
    refuse(files, "status-unsorted", rule, &claims, ("form/key_order", ""));
    let rule = "section 2: no duplicate keys";
    let mut claims = good();
    let iss = claims.entries()[0].clone();
    claims.entries().insert(1, iss);
    refuse(files, "claims-duplicate-key", rule, &claims, ("form/duplicate_key", ""));
    let mut claims = good();
    claims.at(&list![RIGHT]).entries().push((19.into(), list!["UG"].into()));
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
    refuse(files, "exp-with-tag-1", rule, &with(good(), &list![4], time), ("form/tag", ""));
    let big = raw(&[0xC2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    refuse(files, "exp-as-bignum", rule, &with(good(), &list![4], big), ("form/tag", ""));
    let described = [vec![0xD9, 0xD9, 0xF7], good().encode()].concat();
    refuse_payload(files, "self-described-cbor", rule, described, ("form/tag", ""));

    let nested = |levels: usize| Item::Raw([vec![0x81; levels], vec![0x00]].concat());
    let rule = "section 2: depth at most 8, counted from the claims map";
    // claims, entitlement and seven more are nine; six more are eight and only an unknown key.
    let deep = with(good(), &list![RIGHT, 9], nested(7));
    refuse(files, "depth-9", rule, &deep, ("length/levels", ""));
    let eight = with(good(), &list![RIGHT, 9], nested(6));
    refuse(files, "depth-8-under-an-unknown-key", rule, &eight, ("unknown/9", ""));
    refuse_payload(files, "depth-64", rule, nested(64).encode(), ("length/levels", ""));
    let rule = "section 2: at most 64 entries an array or map";
    let many: Vec<Item> = (0..65).map(|n| Item::from(format!("o{n:02}"))).collect();
    refuse(
        files,
        "array-of-65-entries",
        rule,
        &with(benefit_full(), &list![RIGHT, 19], many),
        ("length/entries", ""),
    );
    let many = Item::Map((0..65).map(|n| (Item::Int(n), Item::Int(0))).collect());
    refuse(files, "map-of-65-entries", rule, &with(good(), &list![RIGHT, 17], many), ("length/entries", ""));
    let huge = raw(&[0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    refuse(
        files,
        "array-length-2-to-64",
        rule,
        &with(good(), &list![RIGHT, 12], huge),
        ("length/entries", ""),
    );
    let rule = "section 2: at most 256 bytes a text";
    let long = with(good(), &list![RIGHT, 5], "a".repeat(257));
    refuse(files, "text-of-257-bytes", rule, &long, ("length/bytes", ""));
    let huge = raw(&[0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    let rule = "section 2: a length beyond the end";
    refuse(files, "bytes-length-2-to-64", rule, &with(good(), &list![7], huge), ("truncated", ""));

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
        refuse(files, name, rule, &with(good(), &list![key], value), ("range", place));
    }
    let largest = with(good(), &list![4], i128::from(u64::MAX));
    refuse(files, "exp-2-to-64-minus-1", rule, &largest, ("range", "exp"));
    refuse(files, "exp-as-text", rule, &with(good(), &list![4], "2027-01-15"), ("wrong_type", "exp"));
    refuse(files, "iat-null", rule, &with(good(), &list![6], Item::Null), ("wrong_type", "iat"));
    let rule = "section 3: exp > iat";
    let iat = midnight(2026, 1, 15) + 7 * 3600 + 30 * 60;
    refuse(files, "exp-equals-iat", rule, &with(good(), &list![4], iat), ("validity", "exp"));
    refuse(files, "exp-before-iat", rule, &with(good(), &list![4], iat - 1), ("validity", "exp"));
    let rule = "section 3: status absent only if exp - iat <= 31 days";
    let mut claims = membership_minimal();
    claims.set(&list![4], midnight(2026, 4, 2) + 1);
    refuse(files, "no-status-31-days-and-a-second", rule, &claims, ("status_missing", "status"));
    let rule = "section 3: cti is 8 bytes";
    refuse(files, "cti-of-7-bytes", rule, &with(good(), &list![7], vec![0; 7]), ("length/bytes", "cti"));
    refuse(files, "cti-of-16-bytes", rule, &with(good(), &list![7], vec![0; 16]), ("length/bytes", "cti"));
    refuse(files, "cti-as-text", rule, &with(good(), &list![7], "6b1f00a2"), ("wrong_type", "cti"));
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
        refuse(files, name, rule, &with(good(), &list![1], iss), (fault, "iss"));
    }
    refuse(files, "iss-as-number", rule, &with(good(), &list![1], 254), ("wrong_type", "iss"));
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
    refuse(files, "status-null", rule, &with(good(), &list![65_535], Item::Null), ("wrong_type", "status"));
    let other =
        with(good(), &list![65_535], map! { "status_lise" => map! { "idx" => 1, "uri" => "https://a.b/" } });
    refuse(files, "status-of-another-kind", rule, &other, ("unknown/\"status_lise\"", "status"));
    let rule = "section 3: type is 1..6";
    refuse(files, "type-0", rule, &with(good(), &list![RIGHT, 0], 0), ("code", "type"));
    refuse(files, "type-7", rule, &with(good(), &list![RIGHT, 0], 7), ("code", "type"));
    refuse(files, "type-as-text", rule, &with(good(), &list![RIGHT, 0], "coverage"), ("wrong_type", "type"));
    let rule = "section 3: the entitlement is a map";
    refuse(files, "entitlement-null", rule, &with(good(), &list![RIGHT], Item::Null), ("wrong_type", ""));
    let rule = "section 7: delegation ids are like issuer ids";
    refuse(
        files,
        "delegation-id-lower-case",
        rule,
        &with(good(), &list![RIGHT, 2], "ke-coop"),
        ("pattern", "delegation"),
    );
    refuse(
        files,
        "delegation-id-empty",
        rule,
        &with(good(), &list![RIGHT, 2], ""),
        ("length/characters", "delegation"),
    );
    let rule = "section 3: replaces is 8 bytes";
    refuse(
        files,
        "replaces-of-9-bytes",
        rule,
        &with(good(), &list![RIGHT, 3], vec![0; 9]),
        ("length/bytes", "replaces"),
    );
    let rule = "section 3: 1 to 2 languages, BCP 47";
    refuse(
        files,
        "languages-none",
        rule,
        &with(good(), &list![RIGHT, 4], Vec::<Item>::new()),
        ("length/entries", "languages"),
    );
    refuse(
        files,
        "languages-three",
        rule,
        &with(good(), &list![RIGHT, 4], list!["sw", "en", "lg"]),
        ("length/entries", "languages"),
    );
    refuse(
        files,
        "language-tag-with-underscore",
        rule,
        &with(good(), &list![RIGHT, 4], list!["sw_KE"]),
        ("pattern", "languages[0]"),
    );
    refuse(
        files,
        "language-tag-empty",
        rule,
        &with(good(), &list![RIGHT, 4], list!["sw", ""]),
        ("length/characters", "languages[1]"),
    );
    let rule = "section 3: optional members are left out, never null";
    refuse(files, "source-null", rule, &with(good(), &list![RIGHT, 5], Item::Null), ("wrong_type", "source"));
    let rule = "section 3: other texts 1..64";
    refuse(files, "source-empty", rule, &with(good(), &list![RIGHT, 5], ""), ("length/characters", "source"));
    refuse(
        files,
        "source-of-65",
        rule,
        &with(good(), &list![RIGHT, 5], "s".repeat(65)),
        ("length/characters", "source"),
    );
}

/// Every member that must be there, once left out.
fn missing(files: &mut Files) {
    let claims: [(i128, &str); 5] = [(1, "iss"), (4, "exp"), (6, "iat"), (7, "cti"), (RIGHT, "entitlement")];
    for (key, place) in claims {
        let mut claims = coverage_minimal();
        claims.remove(&list![key]);
        let rule = "section 3: a claim that is not marked optional is there";
        refuse(files, &format!("missing-{place}"), rule, &claims, ("missing", place));
    }
    let mut claims = coverage_minimal();
    claims.remove(&list![RIGHT, 0]);
    refuse(files, "missing-type", "section 3: a type", &claims, ("missing", "type"));
    for (key, name) in [(1, "number"), (2, "name")] {
        let mut claims = coverage_minimal();
        claims.remove(&list![RIGHT, 1, key]);
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
            claims.remove(&list![RIGHT, key]);
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
    case("claim-nbf-5", good(), &list![5], ("unknown/5", ""));
    case("claim-aud-3", good(), &list![3], ("unknown/3", ""));
    case("claim-private", good(), &list![-65_538], ("unknown/-65538", ""));
    case("claim-text-key", good(), &list!["vct"], ("unknown/\"vct\"", ""));
    case("key-in-status", good(), &list![65_535, "a"], ("length/entries", "status"));
    case("key-in-status-list", good(), &list![65_535, "status_list", "x"], ("length/entries", "status"));
    case("key-6-in-entitlement", good(), &list![RIGHT, 6], ("unknown/6", ""));
    case("key-24-in-entitlement", good(), &list![RIGHT, 24], ("unknown/24", ""));
    case("key-negative-in-entitlement", good(), &list![RIGHT, -1], ("unknown/-1", ""));
    case("text-key-in-entitlement", good(), &list![RIGHT, "nationality"], ("unknown/\"nationality\"", ""));
    case("key-20-in-coverage", good(), &list![RIGHT, 20], ("unknown/20", ""));
    case("key-0-in-subject", good(), &list![RIGHT, 1, 0], ("unknown/0", "subject"));
    case("key-10-in-subject", good(), &list![RIGHT, 1, 10], ("unknown/10", "subject"));
    case("key-14-in-membership", membership_full(), &list![RIGHT, 14], ("unknown/14", ""));
    case("key-11-in-contribution", contribution_full(), &list![RIGHT, 11], ("unknown/11", ""));
    case("key-20-in-benefit", benefit_full(), &list![RIGHT, 20], ("unknown/20", ""));
    case("key-23-in-cross-border", cross_border_full(), &list![RIGHT, 23], ("unknown/23", ""));
    case("key-18-in-delegation", delegation_full(), &list![RIGHT, 18], ("unknown/18", ""));
    case("key-in-cose-key", delegation_full(), &list![RIGHT, 11, 3], ("unknown/3", "key"));
    case("group-in-waits", good(), &list![RIGHT, 17, 18], ("code", "waits"));
    let mut person = delegation_minimal();
    person.set(&list![RIGHT, 1], map! { 1 => "KE-4471902", 2 => "Nekesa Wafula Barasa" });
    let rule = "section 3: a delegation has no subject";
    refuse(files, "subject-on-delegation", rule, &person, ("unknown/1", ""));
    let mut key = coverage_minimal();
    key.at(&list![RIGHT, 1]).entries().push((Item::Bytes(vec![1]), Item::Int(0)));
    let rule = "section 3: keys are integers";
    refuse(files, "key-of-bytes-in-subject", rule, &key, ("wrong_type", "subject"));
}

fn subject(files: &mut Files) {
    let good = coverage_full;
    let mut case = |name: &str, rule: &str, key: i128, value: Item, fault: &str, place: &str| {
        refuse(
            files,
            name,
            rule,
            &with(good(), &list![RIGHT, 1, key], value),
            (fault, &format!("subject.{place}")),
        );
    };
    let rule = "section 3: a member number has 1..24 characters";
    case("number-empty", rule, 1, "".into(), "length/characters", "number");
    case("number-of-25", rule, 1, "n".repeat(25).into(), "length/characters", "number");
    case("number-as-integer", rule, 1, 4_471_902.into(), "wrong_type", "number");
    let rule = "section 3: a name has 1..64 characters";
    case("name-empty", rule, 2, "".into(), "length/characters", "name");
    case("name-of-65", rule, 2, "N".repeat(65).into(), "length/characters", "name");
    case("name-as-bytes", rule, 2, b"Nekesa".to_vec().into(), "wrong_type", "name");
    let rule = "section 3: no control character in a name";
    for (name, character) in [
        ("name-with-newline", '\n'),
        ("name-with-nul", '\0'),
        ("name-with-escape", '\u{1B}'),
        ("name-with-delete", '\u{7F}'),
        ("name-with-c1-control", '\u{9B}'),
    ] {
        case(name, rule, 2, format!("Neke{character}sa").into(), "name_character/4", "name");
    }
    let rule = "section 3: no bidi control U+202A..202E, U+2066..2069 in a name";
    for code_point in (0x202A..=0x202E).chain(0x2066..=0x2069) {
        let character = char::from_u32(code_point).unwrap();
        let name = format!("name-with-bidi-{code_point:04x}");
        case(&name, rule, 2, format!("Nekesa{character}").into(), "name_character/6", "name");
    }
    let native = |tag: &str, name: &str| Item::from(list![Item::Array(list![tag, name])]);
    case(
        "native-name-with-bidi",
        rule,
        3,
        native("ar", "أمينة\u{202E}"),
        "name_character/5",
        "native_names[0].name",
    );
    case(
        "household-name-with-bidi",
        rule,
        8,
        list![Item::Array(list![2, "\u{2067}ሰላም", 2015, 2, 2])].into(),
        "name_character/0",
        "members[0].name",
    );
    let rule = "section 3: 1 to 2 names in other scripts, each [tag, name]";
    case("native-names-none", rule, 3, Vec::<Item>::new().into(), "length/entries", "native_names");
    let three: Vec<Item> = (0..3).map(|_| Item::Array(list!["am", "ሰላም"])).collect();
    case("native-names-three", rule, 3, three.into(), "length/entries", "native_names");
    case("native-name-without-tag", rule, 3, list!["ሰላም"].into(), "wrong_type", "native_names[0]");
    let alone = Item::from(list![Item::Array(list!["ሰላም"])]);
    case("native-name-of-one-entry", rule, 3, alone, "length/entries", "native_names[0]");
    case("native-name-tag-not-bcp47", rule, 3, native("1x", "ሰላም"), "pattern", "native_names[0].language");
    let rule = "section 3: a full day of birth is always the integer";
    case("birth-full-day-as-text", rule, 4, "1991-04-30".into(), "pattern", "birth");
    let rule = "section 3: seven EDTF forms, no other";
    for (name, text) in [
        ("birth-uncertain", "1991?"),
        ("birth-century", "19XX"),
        ("birth-month-13", "1991-13"),
        ("birth-month-00", "1991-00-XX"),
        ("birth-lower-case-x", "199x"),
        ("birth-unknown-month-and-day", "1991-XX-XX"),
        ("birth-approximate-before", "~1991"),
        ("birth-empty", ""),
    ] {
        case(name, rule, 4, text.into(), "pattern", "birth");
    }
    let rule = "section 3: a date is -25567..84005";
    case("birth-before-1900", rule, 4, (-25_568).into(), "range", "birth");
    case("birth-after-2199", rule, 4, 84_006.into(), "range", "birth");
    let rule = "section 3: ISO 5218 has 0, 1, 2 and 9";
    case("sex-3", rule, 5, 3.into(), "code", "sex");
    case("sex-as-text", rule, 5, "F".into(), "wrong_type", "sex");
    case("household-empty", "section 3: other texts 1..64", 6, "".into(), "length/characters", "household");
    case("role-5", "section 3: role is 0..4", 7, 5.into(), "code", "role");
    for check in [1, 2, 5] {
        let rule = "section 3: check is 0, 3 or 4";
        case(&format!("check-{check}"), rule, 9, check.into(), "code", "check");
    }
    household(files);
}

fn household(files: &mut Files) {
    let mut case = |name: &str, rule: &str, members: Vec<Item>, fault: &str, place: &str| {
        let claims = with(coverage_full(), &list![RIGHT, 1, 8], members);
        refuse(files, name, rule, &claims, (fault, &format!("subject.members{place}")));
    };
    let line = |number: i128| Item::Array(list![number, "ሰላም", 2015, 2, 2]);
    let rule = "section 3: lines rise from 2; the holder is line 1";
    case("line-1-is-the-holder", rule, vec![line(1)], "line_order", "[0].line");
    case("line-0", rule, vec![line(0)], "line_order", "[0].line");
    case("line-repeated", rule, vec![line(2), line(2)], "line_order", "[1].line");
    case("lines-falling", rule, vec![line(3), line(2)], "line_order", "[1].line");
    case("line-negative", rule, vec![line(-2)], "range", "[0].line");
    let rule = "section 3: 1 to 12 household lines";
    case("household-lines-none", rule, vec![], "length/entries", "");
    case("household-lines-13", rule, (2..15).map(line).collect(), "length/entries", "");
    let rule = "section 3: [line, name, birth year / null, ISO 5218, role]";
    case("line-of-four-entries", rule, vec![Item::Array(list![2, "ሰላም", 2015, 2])], "length/entries", "[0]");
    let six = Item::Array(list![2, "ሰላም", 2015, 2, 2, 0]);
    case("line-of-six-entries", rule, vec![six], "length/entries", "[0]");
    let year = Item::Array(list![2, "ሰላም", "2015", 2, 2]);
    case("line-year-as-text", rule, vec![year], "wrong_type", "[0].birth_year");
    let sex = Item::Array(list![2, "ሰላም", 2015, Item::Null, 2]);
    case("line-sex-null", rule, vec![sex], "wrong_type", "[0].sex");
    let role = Item::Array(list![2, "ሰላም", 2015, 2, 5]);
    case("line-role-5", rule, vec![role], "code", "[0].role");
}

fn rights(files: &mut Files) {
    let mut case =
        |name: &str, rule: &str, (claims, key): (Item, i128), value: Item, fault: &str, place: &str| {
            refuse(files, name, rule, &with(claims, &list![RIGHT, key], value), (fault, place));
        };
    let coverage = || coverage_full();
    let ids = "section 7: product and agreement ids are [A-Z0-9-], 1 to 24";
    case("product-lower-case", ids, (coverage(), 10), "shif".into(), "pattern", "product");
    case("product-of-25", ids, (coverage(), 10), "P".repeat(25).into(), "length/characters", "product");
    let uint = "section 3: a number that is no uint";
    case("rulebook-negative", uint, (coverage(), 11), (-1).into(), "range", "rulebook");
    case("rulebook-as-text", uint, (coverage(), 11), "1".into(), "wrong_type", "rulebook");
    case("grace-days-negative", uint, (coverage(), 16), (-30).into(), "range", "grace_days");
    let dates = "section 3: a date is -25567..84005";
    case("start-as-text", dates, (coverage(), 13), "2026-01-15".into(), "wrong_type", "start");
    case("end-after-2199", dates, (coverage(), 14), 84_006.into(), "range", "end");
    case("start-2-to-64-minus-1", dates, (coverage(), 13), i128::from(u64::MAX).into(), "range", "start");
    case("wait-not-a-date", dates, (coverage(), 17), map! { 2 => "soon" }, "wrong_type", "waits.OPD");
    let codes = "section 3: a code that its list does not have";
    case("function-0", codes, (coverage(), 12), list![0, 1].into(), "code", "functions[0]");
    case("function-19", codes, (coverage(), 12), list![1, 19].into(), "code", "functions[1]");
    case("group-0", codes, (coverage(), 23), list![0].into(), "code", "survives_suspension[0]");
    case("group-18", codes, (coverage(), 23), list![18].into(), "code", "survives_suspension[0]");
    case("category-9", codes, (membership_full(), 11), 9.into(), "code", "category");
    case("benefit-type-0", codes, (benefit_full(), 11), 0.into(), "code", "benefit_type");
    case("benefit-type-7", codes, (benefit_full(), 11), 7.into(), "code", "benefit_type");
    case("payee-2", codes, (benefit_full(), 18), 2.into(), "code", "payee");
    case("cross-border-kind-7", codes, (cross_border_full(), 10), 7.into(), "code", "kind");
    case("payer-3", codes, (cross_border_full(), 17), 3.into(), "code", "payer");
    case("tariff-3", codes, (cross_border_full(), 18), 3.into(), "code", "tariff");
    case("derived-by-2", codes, (cross_border_full(), 22), 2.into(), "code", "derived_by");
    case("scope-6", codes, (delegation_full(), 12), list![6].into(), "code", "scopes[0]");
    case("relation-5", codes, (delegation_full(), 20), 5.into(), "code", "relation");
    let ranges = "section 3: co-pay class 0..9, level 1..5";
    case("copay-class-10", ranges, (coverage(), 18), 10.into(), "range", "copay_class");
    case("max-level-0", ranges, (coverage(), 21), 0.into(), "range", "max_level");
    case("max-level-6", ranges, (coverage(), 21), 6.into(), "range", "max_level");
    let pooled = "section 3: pooled is true or left out";
    case("pooled-false", pooled, (coverage(), 22), false.into(), "wrong_type", "pooled");
    case("pooled-1", pooled, (coverage(), 22), 1.into(), "wrong_type", "pooled");
    let areas = "section 3: an area is ISO 3166-1 alpha-2 or ISO 3166-2";
    for (name, area, fault) in [
        ("area-lower-case", "ke", "pattern"),
        ("area-alpha-3", "KEN", "pattern"),
        ("area-without-subdivision", "KE-", "pattern"),
        ("area-subdivision-of-4", "KE-ABCD", "length/characters"),
        ("area-empty", "", "length/characters"),
    ] {
        case(name, areas, (coverage(), 19), list![area].into(), fault, "territory[0]");
    }
    let sixteen = "section 3: 1 to 16 areas";
    case(
        "territory-empty",
        sixteen,
        (coverage(), 19),
        Vec::<Item>::new().into(),
        "length/entries",
        "territory",
    );
    let many: Vec<Item> = (b'A'..=b'Q').map(|c| Item::from(format!("KE-{}", char::from(c)))).collect();
    case("territory-of-17", sixteen, (coverage(), 19), many.clone().into(), "length/entries", "territory");
    case("benefit-areas-of-17", sixteen, (benefit_full(), 21), many.into(), "length/entries", "areas");
    case(
        "benefit-areas-empty",
        sixteen,
        (benefit_full(), 21),
        Vec::<Item>::new().into(),
        "length/entries",
        "areas",
    );
    let money = "section 3: money is [0..2^53-1, three letters of ISO 4217]";
    let amount = |minor: i128, currency: &str| Item::from(list![minor, currency]);
    case("money-2-to-53", money, (benefit_full(), 15), amount(1 << 53, "ETB"), "range", "money.minor");
    case("money-negative", money, (benefit_full(), 15), amount(-1, "ETB"), "range", "money.minor");
    case(
        "currency-of-2",
        money,
        (benefit_full(), 15),
        amount(1, "ET"),
        "length/characters",
        "money.currency",
    );
    case(
        "currency-of-4",
        money,
        (benefit_full(), 15),
        amount(1, "ETBB"),
        "length/characters",
        "money.currency",
    );
    case("money-as-number", money, (benefit_full(), 15), 5.into(), "wrong_type", "money");
    case("money-null", money, (benefit_full(), 15), Item::Null, "wrong_type", "money");
    case("money-of-three", money, (benefit_full(), 15), list![1, "ETB", 0].into(), "length/entries", "money");
    let hash = "section 3: the hash has 32 bytes";
    case(
        "statement-hash-of-31",
        hash,
        (contribution_full(), 16),
        vec![0; 31].into(),
        "length/bytes",
        "statement_hash",
    );
    let ids = "sections 3 and 7: the home issuer, evidence and delegation are ids";
    case("home-not-an-id", ids, (cross_border_full(), 15), "Kenya SHA".into(), "pattern", "home");
    let evidence = |entry: Vec<Item>| Item::from(list![Item::Array(entry)]);
    let short = evidence(list![2, "KE-SHA", vec![0; 7]]);
    case("evidence-cti-of-7", ids, (cross_border_full(), 21), short, "length/bytes", "evidence[0].cti");
    let type_7 = evidence(list![7, "KE-SHA", vec![0; 8]]);
    case("evidence-of-type-7", ids, (cross_border_full(), 21), type_7, "code", "evidence[0].type");
    case("delegation-id-of-3", ids, (delegation_full(), 10), "KE-".into(), "length/characters", "id");
    case("agreement-empty", ids, (cross_border_full(), 11), "".into(), "length/characters", "agreement");
    contribution_lines(files);
}

fn contribution_lines(files: &mut Files) {
    let mut case = |name: &str, rule: &str, entry: i128, value: Item, fault: &str, place: &str| {
        let claims = with(contribution_full(), &list![RIGHT, 12, 0, entry], value);
        refuse(files, name, rule, &claims, (fault, &format!("lines[0].{place}")));
    };
    let rule = "section 3: [from, to, quantity, unit, kind, functions, payer, money / null, quality]";
    case("line-quantity-negative", rule, 2, (-1).into(), "range", "quantity");
    case("line-unit-3", rule, 3, 3.into(), "code", "unit");
    case("line-kind-5", rule, 4, 5.into(), "code", "kind");
    case("line-functions-unsorted", rule, 5, list![5, 1].into(), "set_order", "functions");
    case("line-payer-5", rule, 6, 5.into(), "code", "payer");
    case("line-money-as-text", rule, 7, "64223 XOF".into(), "wrong_type", "base");
    case("line-quality-2", rule, 8, 2.into(), "code", "quality");
    case("line-quality-null", rule, 8, Item::Null, "wrong_type", "quality");
    let rule = "section 3: 1 to 24 lines of nine entries";
    let mut claims = contribution_minimal();
    let line = claims.at(&list![RIGHT, 12, 0]).clone();
    claims.set(&list![RIGHT, 12], vec![line.clone(); 25]);
    refuse(files, "contribution-lines-25", rule, &claims, ("length/entries", "lines"));
    let none = with(contribution_minimal(), &list![RIGHT, 12], Vec::<Item>::new());
    refuse(files, "contribution-lines-none", rule, &none, ("length/entries", "lines"));
    let Item::Array(mut entries) = line else { panic!("a line is an array") };
    entries.pop();
    let short = with(contribution_minimal(), &list![RIGHT, 12, 0], entries);
    refuse(files, "contribution-line-of-8", rule, &short, ("length/entries", "lines[0]"));
}

fn periods(files: &mut Files) {
    let rule = "section 3: the last day of a period is not before its first";
    let before = day(2026, 1, 14);
    let end = with(coverage_minimal(), &list![RIGHT, 14], before);
    refuse(files, "coverage-ends-before-it-starts", rule, &end, ("period", "end"));
    let end = with(benefit_minimal(), &list![RIGHT, 14], day(2026, 8, 31));
    refuse(files, "benefit-ends-before-it-starts", rule, &end, ("period", "to"));
    let end = with(cross_border_minimal(), &list![RIGHT, 14], before);
    refuse(files, "cross-border-ends-before-it-starts", rule, &end, ("period", "to"));
    let end = with(delegation_minimal(), &list![RIGHT, 14], before);
    refuse(files, "delegation-ends-before-it-starts", rule, &end, ("period", "to"));
    let end = with(contribution_full(), &list![RIGHT, 12, 4, 1], day(2024, 6, 30));
    refuse(files, "line-ends-before-it-starts", rule, &end, ("period", "lines[4].to"));
    let serials = with(benefit_full(), &list![RIGHT, 17], list![2, 1]);
    let rule = "section 3: the last serial is not before the first";
    refuse(files, "serials-fall", rule, &serials, ("serials", "serials"));
    let rule = "section 3: start <= paid_through < end";
    let paid = |day: i128| with(coverage_full(), &list![RIGHT, 15], day);
    refuse(files, "paid-through-equals-end", rule, &paid(day(2027, 7, 7)), ("paid_through", "paid_through"));
    refuse(files, "paid-through-after-end", rule, &paid(day(2027, 7, 8)), ("paid_through", "paid_through"));
    refuse(
        files,
        "paid-through-before-start",
        rule,
        &paid(day(2026, 7, 7)),
        ("paid_through", "paid_through"),
    );
}

fn sets(files: &mut Files) {
    let rule = "section 3: arrays that are sets ascend without repeats";
    let sets: [(&str, Item, i128, Vec<Item>, &str); 9] = [
        ("functions", coverage_full(), 12, list![7, 1], "functions"),
        ("territory", coverage_full(), 19, list!["ET-BE", "ET-AM"], "territory"),
        ("survives-suspension", coverage_full(), 23, list![3, 1], "survives_suspension"),
        ("benefit-functions", benefit_full(), 12, list![13, 10], "functions"),
        ("benefit-areas", benefit_full(), 21, list!["ET-BE", "ET-AM"], "areas"),
        ("groups", cross_border_full(), 16, list![2, 1], "groups"),
        ("hosts", cross_border_full(), 19, list!["UG", "TZ"], "hosts"),
        ("scopes", delegation_full(), 12, list![1, 0], "scopes"),
        ("delegation-areas", delegation_full(), 17, list!["LB-BI", "LB-BA"], "areas"),
    ];
    for (name, claims, key, mut entries, place) in sets {
        let unsorted = with(claims.clone(), &list![RIGHT, key], entries.clone());
        refuse(files, &format!("{name}-unsorted"), rule, &unsorted, ("set_order", place));
        entries[1] = entries[0].clone();
        let repeated = with(claims, &list![RIGHT, key], entries);
        refuse(files, &format!("{name}-repeated"), rule, &repeated, ("set_order", place));
    }
    let by_length = with(coverage_minimal(), &list![RIGHT, 19], list!["ET", "KE", "ET-AM"]);
    let rule = "section 3: sets ascend by content, not by length first";
    refuse(files, "territory-by-length", rule, &by_length, ("set_order", "territory"));
    let mut waits = coverage_full();
    waits.at(&list![RIGHT, 17]).entries().swap(0, 1);
    let rule = "section 2: map keys in bytewise order";
    refuse(files, "waits-unsorted", rule, &waits, ("form/key_order", ""));
}

fn phones(files: &mut Files) {
    let mut case = |name: &str, rule: &str, typ: i128, claims: &Item, (fault, place): (&str, &str)| {
        let document = Document::new(typ, claims, KE).bytes();
        let asked = Asked { open: "entitlement", key: KE.0 };
        maker::refuse(files, &format!("entitlement/{name}"), rule, (&document, asked), (OPEN, fault, place));
    };
    let without = |key: i128| {
        let mut claims = phone();
        claims.remove(&list![key]);
        claims
    };
    let rule = "sections 2, 3 and 5: sub and cnf stand on typ 293 only";
    case("paper-with-cnf", rule, ENTITLEMENT, &without(2), ("unknown/8", ""));
    case("paper-with-sub", rule, ENTITLEMENT, &without(8), ("unknown/2", ""));
    let rule = "section 5: typ 293 has sub and cnf";
    case("phone-without-cnf", rule, PHONE, &without(8), ("missing", "cnf"));
    case("phone-without-sub", rule, PHONE, &without(2), ("missing", "sub"));
    let other = with(phone(), &list![2], "holder");
    case("phone-with-another-sub", "section 5: sub is \"h\"", PHONE, &other, ("pattern", "sub"));
    let rule = "section 5: cnf is {1: COSE_Key} (Ed25519)";
    let kid = with(phone(), &list![8], map! { 3 => vec![0; 8] });
    case("cnf-by-kid", rule, PHONE, &kid, ("missing", "cnf.key"));
    let both = with(phone(), &list![8, 3], vec![0; 8]);
    case("cnf-with-key-and-kid", rule, PHONE, &both, ("unknown/3", "cnf"));
    let alg = with(phone(), &list![8, 1, 3], -19);
    case("cnf-key-with-alg", rule, PHONE, &alg, ("unknown/3", "cnf"));
    let short = with(phone(), &list![8, 1, -2], vec![0; 31]);
    case("cnf-key-of-31-bytes", rule, PHONE, &short, ("length/bytes", "cnf.x"));
}

fn keys(files: &mut Files) {
    let good = delegation_minimal;
    let mut case = |name: &str, rule: &str, claims: &Item, expect: (&str, &str)| {
        refuse(files, name, rule, claims, expect);
    };
    let rule = "section 3: a COSE_Key is {1: 1, -1: 6, -2: x} and never has its private part";
    let private = with(good(), &list![RIGHT, 11, -4], vec![7; 32]);
    case("cose-key-with-private-part", rule, &private, ("unknown/-4", "key"));
    let ec2 = with(good(), &list![RIGHT, 11, 1], 2);
    case("cose-key-kty-ec2", rule, &ec2, ("range", "key.kty"));
    let ed448 = with(good(), &list![RIGHT, 11, -1], 7);
    case("cose-key-crv-ed448", rule, &ed448, ("range", "key.crv"));
    let x25519 = with(good(), &list![RIGHT, 11, -1], 4);
    case("cose-key-crv-x25519", rule, &x25519, ("range", "key.crv"));
    let long = with(good(), &list![RIGHT, 11], cose_key_of(&[1; 33]));
    case("cose-key-of-33-bytes", rule, &long, ("length/bytes", "key.x"));
    let kid = with(good(), &list![RIGHT, 11, 2], LB.kid());
    case("cose-key-with-kid", rule, &kid, ("unknown/2", "key"));
    for (key, name) in [(1, "kty"), (-1, "crv"), (-2, "x")] {
        let mut claims = good();
        claims.remove(&list![RIGHT, 11, key]);
        case(&format!("cose-key-without-{name}"), rule, &claims, ("missing", &format!("key.{name}")));
    }
    let bytes = with(good(), &list![RIGHT, 11], vec![1; 32]);
    case("cose-key-as-bytes", rule, &bytes, ("wrong_type", "key"));
}
