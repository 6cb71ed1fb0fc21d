//! Entitlements that are accepted: every type with the fewest and with all members, and every limit at its edge.

use crate::cbor::{Item, list, map, steps};
use crate::maker::{
    self, Asked, BD, Document, ENTITLEMENT, ET, Files, IN, KE, KE_DELEGATION, LB, LB_DELEGATE, PHONE, SN,
    TestKey, add, base45, day,
};
use crate::people::{
    BENEFIT_FULL, BENEFIT_MINIMAL, CONTRIBUTION_FULL, CONTRIBUTION_MINIMAL, COVERAGE_FULL, COVERAGE_MINIMAL,
    CROSS_BORDER_FULL, CROSS_BORDER_MINIMAL, MEMBERSHIP_FULL, MEMBERSHIP_MINIMAL, RIGHT, benefit_full,
    benefit_minimal, contribution_full, contribution_minimal, coverage_full, coverage_minimal,
    cross_border_full, cross_border_minimal, delegation_full, delegation_full_json, delegation_minimal,
    delegation_minimal_json, membership_full, membership_minimal, phone, phone_json,
};

pub(crate) fn make(files: &mut Files) {
    types(files);
    limits(files);
    births(files);
}

fn entitlement(files: &mut Files, name: &str, rule: &str, (claims, key): (&Item, TestKey), json: &str) {
    let phone =
        matches!(claims, Item::Map(entries) if entries.iter().any(|(found, _)| *found == Item::Int(8)));
    let typ = if phone { PHONE } else { ENTITLEMENT };
    let document = Document::new(typ, claims, key).bytes();
    let case = format!("entitlement/accept-{name}");
    maker::accept(files, &case, rule, (&document, Asked { open: "entitlement", key: key.0 }));
    add(files, &format!("{case}/qr.txt"), format!("SND1:{}\n", base45(&document)));
    let claims_json: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{name}: {e}"));
    add(files, &format!("{case}/claims.json"), maker::pretty(&claims_json));
}

fn types(files: &mut Files) {
    let fewest = "section 3: a document with the members that its type must have, and no other";
    let every = "section 3: a document with every member that its type may have";
    entitlement(files, "coverage-minimal", fewest, (&coverage_minimal(), KE), COVERAGE_MINIMAL);
    entitlement(files, "coverage-full", every, (&coverage_full(), ET), COVERAGE_FULL);
    entitlement(files, "membership-minimal", fewest, (&membership_minimal(), BD), MEMBERSHIP_MINIMAL);
    entitlement(files, "membership-full", every, (&membership_full(), LB_DELEGATE), MEMBERSHIP_FULL);
    entitlement(files, "contribution-minimal", fewest, (&contribution_minimal(), SN), CONTRIBUTION_MINIMAL);
    entitlement(files, "contribution-full", every, (&contribution_full(), SN), CONTRIBUTION_FULL);
    entitlement(files, "benefit-minimal", fewest, (&benefit_minimal(), ET), BENEFIT_MINIMAL);
    entitlement(files, "benefit-full", every, (&benefit_full(), ET), BENEFIT_FULL);
    entitlement(files, "cross-border-minimal", fewest, (&cross_border_minimal(), KE), CROSS_BORDER_MINIMAL);
    entitlement(files, "cross-border-full", every, (&cross_border_full(), KE), CROSS_BORDER_FULL);
    entitlement(
        files,
        "delegation-minimal",
        fewest,
        (&delegation_minimal(), KE_DELEGATION),
        &delegation_minimal_json(),
    );
    entitlement(files, "delegation-full", every, (&delegation_full(), LB), &delegation_full_json());
    let on_phone = "section 5: the claims of section 3 with 8 (cnf) and 2 (\"h\"), typ 293";
    entitlement(files, "phone-coverage", on_phone, (&phone(), IN), &phone_json());
}

/// The minimal coverage with one change in both forms.
fn changed(
    files: &mut Files,
    name: &str,
    rule: &str,
    change: impl FnOnce(&mut Item),
    change_json: impl FnOnce(&mut serde_json::Value),
) {
    let mut claims = coverage_minimal();
    change(&mut claims);
    let mut json: serde_json::Value = serde_json::from_str(COVERAGE_MINIMAL).unwrap();
    change_json(&mut json);
    entitlement(files, name, rule, (&claims, KE), &json.to_string());
}

fn limits(files: &mut Files) {
    changed(
        files,
        "first-and-last-times",
        "section 3: iat and exp are 1577836800..7258118399",
        |claims| {
            claims.set(&steps![6], 1_577_836_800);
            claims.set(&steps![4], 7_258_118_399_i64);
        },
        |json| {
            json["iat"] = "2020-01-01T00:00:00Z".into();
            json["exp"] = "2199-12-31T23:59:59Z".into();
        },
    );
    changed(
        files,
        "first-and-last-days",
        "section 3: a date is -25567..84005; paid_through may be the first day",
        |claims| {
            claims.set(&steps![RIGHT, 13], -25_567);
            claims.set(&steps![RIGHT, 14], 84_005);
            claims.set(&steps![RIGHT, 15], -25_567);
        },
        |json| {
            json["start"] = "1900-01-01".into();
            json["end"] = "2199-12-31".into();
            json["paid_through"] = "1900-01-01".into();
        },
    );
    changed(
        files,
        "last-index-longest-uri",
        "sections 3 and 4: idx to 1048575, uri to 96 ASCII characters",
        |claims| {
            let uri = format!("https://{}", "u".repeat(88));
            claims.set(&steps![65_535], map! { "status_list" => map! { "idx" => 1_048_575, "uri" => uri } });
        },
        |json| {
            json["status"] =
                serde_json::json!({"idx": 1_048_575, "uri": format!("https://{}", "u".repeat(88))});
        },
    );
    changed(
        files,
        "shortest-uri",
        "section 3: uri from 12 ASCII characters",
        |claims| claims.set(&steps![65_535, "status_list", "uri"], "https://a.b/"),
        |json| json["status"]["uri"] = "https://a.b/".into(),
    );
    // Adlam letters: Pular written in its own script, 4 bytes each. 64 of them are 256 bytes.
    let adlam = "𞤀𞤁𞤂𞤃".repeat(16);
    changed(
        files,
        "longest-texts",
        "section 3: lengths count Unicode scalar values: a name of 64 is 256 bytes, number 24, ids 24, tag 64",
        |claims| {
            let subject = claims.at(&steps![RIGHT, 1]);
            subject.set(&steps![1], "1234567890".repeat(3)[..24].to_owned());
            subject.set(&steps![2], adlam.as_str());
            subject.set(&steps![3], list![Item::Array(list!["ff-Adlm", adlam.as_str()])]);
            subject.set(&steps![6], adlam.as_str());
            claims.set(&steps![1], "KE-456789012345678901234");
            claims.set(&steps![RIGHT, 2], "KE-DELEGATION-1234567890");
            claims.set(&steps![RIGHT, 4], list![format!("x{}", "-abcdefg".repeat(8))[..64].to_owned()]);
            claims.set(&steps![RIGHT, 10], "PRODUCT-8901234567890123");
        },
        |json| {
            json["subject"] = serde_json::json!({
                "number": "1234567890".repeat(3)[..24], "name": adlam, "native_names": [["ff-Adlm", adlam]],
                "household": adlam
            });
            json["iss"] = "KE-456789012345678901234".into();
            json["delegation"] = "KE-DELEGATION-1234567890".into();
            json["languages"] = serde_json::json!([format!("x{}", "-abcdefg".repeat(8))[..64]]);
            json["product"] = "PRODUCT-8901234567890123".into();
        },
    );
    changed(
        files,
        "shortest-texts",
        "sections 3 and 7: number, name and product of one character, an issuer id of four",
        |claims| {
            claims.set(&steps![1], "KE-1");
            claims.set(&steps![RIGHT, 1], map! { 1 => "1", 2 => "N" });
            claims.set(&steps![RIGHT, 10], "P");
        },
        |json| {
            json["iss"] = "KE-1".into();
            json["subject"] = serde_json::json!({"number": "1", "name": "N"});
            json["product"] = "P".into();
        },
    );
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    changed(
        files,
        "twelve-household-lines",
        "section 3: 1 to 12 lines that rise from 2, with gaps",
        |claims| {
            let line = |(n, name): (usize, &&str)| {
                Item::Array(list![2 + 3 * n as i128, *name, 2000 + n as i128, 0, 4])
            };
            claims.set(&steps![RIGHT, 1, 8], names.iter().enumerate().map(line).collect::<Vec<_>>());
        },
        |json| {
            let line =
                |(n, name): (usize, &&str)| serde_json::json!([2 + 3 * n, name, 2000 + n, "U", "other"]);
            json["subject"]["members"] = names.iter().enumerate().map(line).collect();
        },
    );
    let areas: Vec<String> = (b'A'..=b'P').map(|letter| format!("KE-{}", char::from(letter))).collect();
    changed(
        files,
        "sixteen-areas",
        "section 3: 1 to 16 areas of ISO 3166-1 alpha-2 or ISO 3166-2",
        |claims| {
            let territory: Vec<Item> = areas.iter().map(|area| Item::from(area.as_str())).collect();
            claims.set(&steps![RIGHT, 19], territory);
        },
        |json| json["territory"] = serde_json::json!(areas),
    );
    changed(
        files,
        "text-sets-ascend-by-content",
        "section 3: sets ascend: ET before ET-AM before KE, although ET-AM is longer than KE",
        |claims| claims.set(&steps![RIGHT, 19], list!["ET", "ET-AM", "KE"]),
        |json| json["territory"] = serde_json::json!(["ET", "ET-AM", "KE"]),
    );
    changed(
        files,
        "one-day-of-cover",
        "section 3: the last day of a period may be its first",
        |claims| claims.set(&steps![RIGHT, 14], day(2026, 1, 15)),
        |json| json["end"] = "2026-01-15".into(),
    );
    changed(
        files,
        "all-functions-and-groups",
        "section 3: functions 1..18, groups 1..17",
        |claims| {
            claims.set(&steps![RIGHT, 12], (1..=18).map(Item::from).collect::<Vec<_>>());
            claims.set(&steps![RIGHT, 23], (1..=17).map(Item::from).collect::<Vec<_>>());
        },
        |json| {
            json["functions"] = serde_json::json!([
                "medical_care",
                "sickness",
                "unemployment",
                "old_age",
                "employment_injury",
                "family",
                "maternity",
                "invalidity",
                "survivors",
                "assistance",
                "osh",
                "housing",
                "food",
                "education",
                "social_work",
                "funeral",
                "public_works",
                "water_sanitation"
            ]);
            json["survives_suspension"] = serde_json::json!([
                "EMER",
                "OPD",
                "CHILD",
                "ANC",
                "DEL",
                "PNC",
                "MEDS",
                "LAB",
                "IMG",
                "INP",
                "SURG",
                "SPEC",
                "CHRON",
                "DENT",
                "REHAB",
                "TRANSPORT",
                "OSHV"
            ]);
        },
    );
    changed(
        files,
        "format-characters-that-scripts-need",
        "section 3: only controls and U+202A..202E, U+2066..2069 are refused; joiners and marks belong to names",
        |claims| claims.set(&steps![RIGHT, 1, 2], "Al\u{200C}i O\u{2019}Neill\u{200F} \u{200D}e\u{301}"),
        |json| json["subject"]["name"] = "Al\u{200C}i O\u{2019}Neill\u{200F} \u{200D}e\u{301}".into(),
    );
    largest(files);
    largest_money(files);
    many_lines(files);
}

/// Exactly 2,048 bytes: the longest document, whose QR text has the 3,077 characters that are allowed.
fn largest(files: &mut Files) {
    let (claims, json) = benefit_of_bytes(2_048);
    let rule = "sections 1 and 2: a document of 2,048 bytes, a text of 3,077 characters";
    entitlement(files, "exactly-2048-bytes", rule, (&claims, ET), &json);
}

/// A benefit whose outlets are as long as it takes.
pub(crate) fn benefit_of_bytes(bytes: usize) -> (Item, String) {
    for (full, last) in (20..31).flat_map(|full| (1..=64).map(move |last| (full, last))) {
        let mut outlets: Vec<String> = (0..full).map(|n| format!("{n:02}{}", "o".repeat(62))).collect();
        outlets.push("l".repeat(last));
        let mut claims = benefit_minimal();
        let entries: Vec<Item> = outlets.iter().map(|outlet| Item::from(outlet.as_str())).collect();
        claims.set(&steps![RIGHT, 19], entries);
        if Document::new(ENTITLEMENT, &claims, ET).bytes().len() == bytes {
            let mut json: serde_json::Value = serde_json::from_str(BENEFIT_MINIMAL).unwrap();
            json["outlets"] = serde_json::json!(outlets);
            return (claims, json.to_string());
        }
    }
    panic!("no outlets make {bytes} bytes");
}

fn largest_money(files: &mut Files) {
    let mut claims = benefit_minimal();
    claims.set(&steps![RIGHT, 15], list![9_007_199_254_740_991_i64, "UGX"]);
    claims.set(&steps![RIGHT, 17], list![9_007_199_254_740_991_i64, 9_007_199_254_740_991_i64]);
    let mut json: serde_json::Value = serde_json::from_str(BENEFIT_MINIMAL).unwrap();
    json["money"] = serde_json::json!({"minor": 9_007_199_254_740_991_i64, "currency": "UGX"});
    json["serials"] = serde_json::json!([9_007_199_254_740_991_i64, 9_007_199_254_740_991_i64]);
    let rule = "section 3: minor units to 2^53-1; the last serial may be the first";
    entitlement(files, "largest-money", rule, (&claims, ET), &json.to_string());
}

fn many_lines(files: &mut Files) {
    let mut claims = contribution_minimal();
    let mut json: serde_json::Value = serde_json::from_str(CONTRIBUTION_MINIMAL).unwrap();
    let line = claims.at(&steps![RIGHT, 12, 0]).clone();
    let line_json = json["lines"][0].clone();
    claims.set(&steps![RIGHT, 12], vec![line; 24]);
    json["lines"] = vec![line_json; 24].into();
    let rule = "section 3: 1 to 24 lines; lines may be alike";
    entitlement(files, "twenty-four-lines", rule, (&claims, SN), &json.to_string());
}

fn births(files: &mut Files) {
    for (name, text) in [
        ("year", "1991"),
        ("about-a-year", "1991~"),
        ("decade", "199X"),
        ("month", "1991-04"),
        ("about-a-month", "1991-04~"),
        ("unknown-month", "1991-XX"),
        ("unknown-day", "1991-04-XX"),
    ] {
        changed(
            files,
            &format!("birth-{name}"),
            "section 3: births known in part are EDTF texts",
            |claims| claims.set(&steps![RIGHT, 1, 4], text),
            |json| json["subject"]["birth"] = text.into(),
        );
    }
    changed(
        files,
        "birth-day",
        "section 3: a full day of birth is an integer in CBOR",
        |claims| claims.set(&steps![RIGHT, 1, 4], day(1991, 4, 30)),
        |json| json["subject"]["birth"] = "1991-04-30".into(),
    );
}
