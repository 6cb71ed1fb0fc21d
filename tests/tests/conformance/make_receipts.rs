//! Encounter receipts and the attacks on them.

use serde_json::Value;

use crate::cbor::{Item, list, map, steps};
use crate::maker::{
    self, Asked, Document, ENTITLEMENT, ENVELOPE, FACILITY, Files, OPEN, RECEIPT, add, day, midnight, pretty,
};
use crate::people::coverage_minimal;

const ENCOUNTER: i128 = -65_538;
const AS_RECEIPT: Asked<'_> = Asked { open: "receipt", key: FACILITY.0 };

pub(crate) fn make(files: &mut Files) {
    accepted(files);
    members(files);
    values(files);
    envelopes(files);
}

fn accept(files: &mut Files, name: &str, rule: &str, claims: &Item, says: &str) {
    let document = Document::new(RECEIPT, claims, FACILITY).bytes();
    let case = format!("receipt/accept-{name}");
    maker::accept(files, &case, rule, (&document, AS_RECEIPT));
    let says: Value = serde_json::from_str(says).unwrap();
    add(files, &format!("{case}/receipt.json"), pretty(&says));
}

fn refuse(files: &mut Files, name: &str, rule: &str, claims: &Item, (fault, place): (&str, &str)) {
    let document = Document::new(RECEIPT, claims, FACILITY).bytes();
    maker::refuse(files, &format!("receipt/{name}"), rule, (&document, AS_RECEIPT), (OPEN, fault, place));
}

/// Nekesa Wafula Barasa at a health centre in Uganda, without any optional member.
fn minimal() -> Item {
    map! {
        1 => "UG-F01",
        6 => midnight(2026, 3, 4) + 9 * 3600,
        7 => vec![0x11; 8],
        ENCOUNTER => map! {
            1 => 2,
            2 => 0,
            3 => 3,
            4 => list![1],
            5 => Item::Null,
            6 => Item::Null,
            7 => Vec::<Item>::new(),
            8 => day(2026, 3, 4),
            11 => 1,
            12 => false,
            13 => 2,
            14 => map! { 1 => 1, 2 => day(2026, 3, 1), 3 => Item::Null, 4 => Item::Null, 5 => Item::Null },
            17 => false,
            18 => Item::Null,
            20 => "UG",
        },
    }
}

fn full() -> Item {
    let coverage = vec![0x6B, 0x1F, 0x00, 0xA2, 0x77, 0x3C, 0xD4, 0x09];
    map! {
        1 => "UG-F01",
        6 => midnight(2026, 3, 4) + 9 * 3600 + 1,
        7 => vec![0x12; 8],
        ENCOUNTER => map! {
            1 => 1,
            2 => 2,
            3 => 2,
            4 => list![21, 29, 35],
            5 => list!["KE-SHA", coverage.clone()],
            6 => vec![0xAA; 32],
            7 => list![4],
            8 => day(2026, 3, 4),
            9 => list![1_500_000, "UGX"],
            10 => list![150_000, "UGX"],
            11 => 0,
            12 => true,
            13 => 1,
            14 => map! {
                1 => 212, 2 => day(2026, 3, 1), 3 => midnight(2026, 2, 20), 4 => 7, 5 => "EAC-CUT",
            },
            15 => "REF-88",
            16 => "PA-2026-11",
            17 => true,
            18 => vec![0xBB; 32],
            19 => 2,
            20 => "UG-214",
            21 => 3,
            22 => 12,
            23 => 1,
            24 => list![list!["KE-SHA", coverage], list!["SN-CSS", vec![2; 8]]],
        },
    }
}

fn accepted(files: &mut Files) {
    let rule = "section 6: a receipt with the members that it must have, and no other";
    let says = r#"{
        "iss": "UG-F01", "iat": "2026-03-04T09:00:00Z", "cti": "1111111111111111",
        "decision": "CANNOT_DECIDE", "assurance": "NONE", "action": "TREAT_CLAIM_LATER", "reasons": ["NO_CREDENTIAL"],
        "credential": null, "credential_hash": null, "benefits": [], "service_date": "2026-03-04",
        "person": "unchecked", "emergency": false, "clock": "unknown",
        "rests_on": {"timestamp": 1, "pack": "2026-03-01", "status": null, "rulebook": null, "agreement": null},
        "good_faith": false, "previous": null, "place": "UG"
    }"#;
    accept(files, "minimal", rule, &minimal(), says);
    let rule = "section 6: a receipt with every member";
    let says = format!(
        r#"{{
        "iss": "UG-F01", "iat": "2026-03-04T09:00:01Z", "cti": "1212121212121212",
        "decision": "COVERED", "assurance": "PROVISIONAL", "action": "TREAT_COPAY",
        "reasons": ["STATUS_OLD", "RECEIPT_PENDING", "BYPASS"],
        "credential": ["KE-SHA", "6b1f00a2773cd409"], "credential_hash": "{}", "benefits": ["ANC"],
        "service_date": "2026-03-04", "charged": {{"minor": 1500000, "currency": "UGX"}},
        "copay": {{"minor": 150000, "currency": "UGX"}}, "person": "match", "emergency": true, "clock": "operator",
        "rests_on": {{"timestamp": 212, "pack": "2026-03-01", "status": "2026-02-20T00:00:00Z", "rulebook": 7,
                      "agreement": "EAC-CUT"}},
        "referral": "REF-88", "preauth": "PA-2026-11", "good_faith": true, "previous": "{}", "member": 2,
        "place": "UG-214", "level": 3, "serial": 12, "cause": "work_injury",
        "evidence": [["KE-SHA", "6b1f00a2773cd409"], ["SN-CSS", "0202020202020202"]]
    }}"#,
        "aa".repeat(32),
        "bb".repeat(32)
    );
    accept(files, "full", rule, &full(), &says);
}

fn members(files: &mut Files) {
    let rule = "section 6: a member that is not marked optional is there";
    for (key, name) in [(1, "iss"), (6, "iat"), (7, "cti"), (ENCOUNTER, "encounter")] {
        let mut claims = full();
        claims.remove(&steps![key]);
        refuse(files, &format!("missing-{name}"), rule, &claims, ("missing", name));
    }
    for (key, name) in [
        (1, "decision"),
        (2, "assurance"),
        (3, "action"),
        (4, "reasons"),
        (5, "credential"),
        (6, "credential_hash"),
        (7, "benefits"),
        (8, "service_date"),
        (11, "person"),
        (12, "emergency"),
        (13, "clock"),
        (14, "rests_on"),
        (17, "good_faith"),
        (18, "previous"),
        (20, "place"),
    ] {
        let mut claims = full();
        claims.remove(&steps![ENCOUNTER, key]);
        let case = format!("missing-{}", name.replace('_', "-"));
        refuse(files, &case, rule, &claims, ("missing", name));
    }
    for (key, name) in [(1, "timestamp"), (2, "pack"), (3, "status"), (4, "rulebook"), (5, "agreement")] {
        let mut claims = full();
        claims.remove(&steps![ENCOUNTER, 14, key]);
        let place = format!("rests_on.{name}");
        refuse(files, &format!("missing-rests-on-{name}"), rule, &claims, ("missing", &place));
    }
    let mut case = |name: &str, path: &[Item], expect: (&str, &str)| {
        let mut claims = full();
        claims.set(path, 0);
        let rule = "section 6: an unknown key is refused";
        refuse(files, &format!("unknown-{name}"), rule, &claims, expect);
    };
    case("claim-exp", &steps![4], ("unknown/4", ""));
    case("claim-status", &steps![65_535], ("unknown/65535", ""));
    case("claim-of-an-entitlement", &steps![-65_537], ("unknown/-65537", ""));
    case("key-0", &steps![ENCOUNTER, 0], ("unknown/0", ""));
    case("key-25", &steps![ENCOUNTER, 25], ("unknown/25", ""));
    case("key-in-rests-on", &steps![ENCOUNTER, 14, 6], ("unknown/6", "rests_on"));
}

fn values(files: &mut Files) {
    let mut case = |name: &str, rule: &str, key: i128, value: Item, fault: &str, place: &str| {
        let mut claims = full();
        claims.set(&steps![ENCOUNTER, key], value);
        refuse(files, name, rule, &claims, (fault, place));
    };
    let codes = "section 6: a code that its list does not have";
    case("decision-3", codes, 1, 3.into(), "code", "decision");
    case("assurance-3", codes, 2, 3.into(), "code", "assurance");
    case("action-9", codes, 3, 9.into(), "code", "action");
    case("reason-0", codes, 4, list![0].into(), "code", "reasons[0]");
    case("reason-44", codes, 4, list![21, 44].into(), "code", "reasons[1]");
    case("group-18", codes, 7, list![18].into(), "code", "benefits[0]");
    let sets = "section 3: groups ascend without repeats";
    case("groups-twice", sets, 7, list![2, 2].into(), "set_order", "benefits");
    case("groups-descending", sets, 7, list![8, 2].into(), "set_order", "benefits");
    let rule = "section 6: reasons in the order of the rules, each once";
    case("reason-twice", rule, 4, list![30, 21, 30].into(), "repeated/LAPSED", "reasons[2]");
    case("line-0", "section 6: the holder is line 1", 19, 0.into(), "range", "member");
    case("person-6", codes, 11, 6.into(), "code", "person");
    case("clock-3", codes, 13, 3.into(), "code", "clock");
    case("cause-2", codes, 23, 2.into(), "code", "cause");
    case("level-6", "section 6: level 1..5", 21, 6.into(), "range", "level");
    let types = "section 6: the type of the member";
    case("emergency-1", types, 12, 1.into(), "wrong_type", "emergency");
    case("emergency-null", types, 12, Item::Null, "wrong_type", "emergency");
    case("good-faith-as-text", types, 17, "yes".into(), "wrong_type", "good_faith");
    case("service-date-as-text", types, 8, "2026-03-04".into(), "wrong_type", "service_date");
    case("decision-null", types, 1, Item::Null, "wrong_type", "decision");
    case("place-not-an-area", types, 20, "Busia".into(), "pattern", "place");
    let optional = "section 3: optional members are left out, never null";
    case("charged-null", optional, 9, Item::Null, "wrong_type", "charged");
    case("cause-null", optional, 23, Item::Null, "wrong_type", "cause");
    let hashes = "section 6: SHA-256 has 32 bytes";
    case("credential-hash-of-31", hashes, 6, vec![0; 31].into(), "length/bytes", "credential_hash");
    case("previous-of-8", hashes, 18, vec![0; 8].into(), "length/bytes", "previous");
    let rule = "section 6: a reference is [issuer, cti]";
    case("credential-of-one", rule, 5, list!["KE-SHA"].into(), "length/entries", "credential");
    let three = list!["KE-SHA", vec![0; 8], "Nekesa"].into();
    case("credential-with-a-name", rule, 5, three, "length/entries", "credential");
    let rule = "section 6: 1 to 8 documents as evidence";
    let reference = || Item::Array(list!["KE-SHA", vec![0; 8]]);
    case("evidence-none", rule, 24, Vec::<Item>::new().into(), "length/entries", "evidence");
    case("evidence-9", rule, 24, vec![reference(); 9].into(), "length/entries", "evidence");
}

fn envelopes(files: &mut Files) {
    let rule = "section 2: iss is the id of a delegation";
    let mut lower = full();
    lower.set(&steps![1], "ug-f01");
    refuse(files, "iss-lower-case", rule, &lower, ("pattern", "iss"));
    let mut unsorted = full();
    unsorted.at(&steps![ENCOUNTER]).entries().swap(3, 4);
    refuse(
        files,
        "encounter-unsorted",
        "section 2: deterministic encoding",
        &unsorted,
        ("form/key_order", ""),
    );
    let entitlement = Document::new(ENTITLEMENT, &coverage_minimal(), FACILITY).bytes();
    let rule = "section 2: typ is checked before any claim is read";
    maker::refuse(
        files,
        "receipt/entitlement-as-receipt",
        rule,
        (&entitlement, AS_RECEIPT),
        (OPEN, "wrong_typ", ""),
    );
    let claims_of_another = Document::new(RECEIPT, &coverage_minimal(), FACILITY).bytes();
    maker::refuse(
        files,
        "receipt/claims-of-an-entitlement",
        "section 6: the claims of a receipt",
        (&claims_of_another, AS_RECEIPT),
        (OPEN, "unknown/4", ""),
    );
    let good = Document::new(RECEIPT, &full(), FACILITY);
    let mut signature = good.signature();
    signature[0] ^= 1;
    maker::refuse(
        files,
        "receipt/bit-flipped-in-signature",
        "section 2: strict Ed25519",
        (&good.with_signature(signature), AS_RECEIPT),
        (OPEN, "signature", ""),
    );
    let mut header = maker::header(RECEIPT, FACILITY);
    header.set(&steps![1], -8);
    let older = Document::with_header(&full(), FACILITY, &header).bytes();
    maker::refuse(
        files,
        "receipt/alg-eddsa-minus-8",
        "section 2: -8 on status lists only",
        (&older, AS_RECEIPT),
        (ENVELOPE, "algorithm", "protected.alg"),
    );
}
