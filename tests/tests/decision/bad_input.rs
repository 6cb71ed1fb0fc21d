//! Cases that are refused, each with the place and the fault named: what an agency typed wrongly must not be decided as if
//! it stood otherwise.

use sanad_verifier::case::{CASE_LIMITS, Case};
use serde_json::{Value, json};

use crate::asked::case;

/// The fault of a case, as it is shown.
fn fault(text: &str) -> String {
    match Case::parse(text) {
        Ok(_) => "accepted".into(),
        Err(fault) => fault.to_string(),
    }
}

/// A visit with a household, a wait, an agreement and a status value, in which every part can be wrong.
fn good() -> Value {
    let mut good = case("s05_person", "s05/household_line_2");
    good["pack"]["status"]["values"] = json!({"a100000000000001": "valid"});
    good["pack"]["host_rules"] = json!({"KE": {"always_free": ["DENT"]}});
    good["credentials"][0]["claims"]["waits"] = json!({"INP": "2026-03-01"});
    good["credentials"][0]["authenticity"]["scope"] = json!("ok");
    good["context"]["amount"] = json!({"minor": 100, "currency": "KES"});
    good
}

/// The good case with one value set.
fn with(pointer: &str, value: Value) -> String {
    let mut case = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = case.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match parent {
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        parent => parent[name] = value,
    }
    case.to_string()
}

/// The good case with one member left out.
fn without(pointer: &str) -> String {
    let mut case = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = case.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
    assert!(parent.remove(name).is_some(), "{pointer}");
    case.to_string()
}

#[test]
fn the_case_that_is_made_wrong_is_right() {
    assert!(Case::parse(&good().to_string()).is_ok());
}

/// Sets each value in the good case, and compares the fault.
fn refused(cases: &[(&str, Value, &str)]) {
    for (place, value, expected) in cases {
        assert_eq!(fault(&with(place, value.clone())), *expected, "{place} set to {value}");
    }
}

#[test]
fn a_member_that_nobody_knows_is_named_with_its_place() {
    let places = [
        ("", "/new"),
        ("context: ", "/context/new"),
        ("context.facility: ", "/context/facility/new"),
        ("context.amount: ", "/context/amount/new"),
        ("credentials[0]: ", "/credentials/0/new"),
        ("credentials[0].claims: ", "/credentials/0/claims/new"),
        ("credentials[0].claims.subject: ", "/credentials/0/claims/subject/new"),
        ("credentials[0].claims.waits: ", "/credentials/0/claims/waits/new"),
        ("credentials[0].authenticity: ", "/credentials/0/authenticity/new"),
        ("pack: ", "/pack/new"),
        ("pack.trust_list: ", "/pack/trust_list/new"),
        ("pack.status: ", "/pack/status/new"),
        ("pack.rulebooks[0]: ", "/pack/rulebooks/0/new"),
        ("pack.rulebooks[0].copay[1]: ", "/pack/rulebooks/0/copay/1/new"),
        ("pack.host_rules[0]: ", "/pack/host_rules/KE/new"),
        ("pack.agreements: ", "/pack/agreements/new"),
        ("pack.agreements.rows[0]: ", "/pack/agreements/rows/0/new"),
        ("pack.agreements.rows[0].copay[0]: ", "/pack/agreements/rows/0/copay/0/new"),
        ("expect: ", "/expect/new"),
    ];
    for (place, pointer) in places {
        assert_eq!(fault(&with(pointer, json!(1))), format!("{place}unknown member \"new\""));
    }
}

#[test]
fn a_member_that_is_missing_is_named_with_its_place() {
    let places = [
        "/id",
        "/context",
        "/credentials",
        "/pack",
        "/context/date",
        "/context/clock",
        "/context/place",
        "/context/benefit",
        "/context/amount",
        "/context/emergency",
        "/context/person",
        "/context/referral",
        "/context/preauth",
        "/context/serial",
        "/context/ledger",
        "/context/facility",
        "/context/facility/id",
        "/context/facility/level",
        "/context/facility/accredited",
        "/context/amount/minor",
        "/context/amount/currency",
        "/pack/trust_list",
        "/pack/trust_list/issued",
        "/pack/status",
        "/pack/status/issued",
        "/pack/status/values",
        "/pack/rulebooks",
        "/pack/host_rules",
        "/pack/host_rules/KE/always_free",
        "/pack/agreements",
        "/pack/agreements/issued",
        "/pack/agreements/rows",
        "/expect/decision",
        "/expect/assurance",
        "/expect/action",
        "/expect/reasons",
        "/expect/copay_basis_points",
    ];
    for pointer in places {
        let place = pointer[1..].replace('/', ".").replace("host_rules.KE", "host_rules[0]");
        assert_eq!(fault(&without(pointer)), format!("{place}: is missing"));
    }
    for member in ["signature", "issuer", "key", "delegation"] {
        let expected = format!("credentials[0].authenticity.{member}: is missing");
        assert_eq!(fault(&without(&format!("/credentials/0/authenticity/{member}"))), expected);
    }
    for member in [
        "issuer",
        "product",
        "version",
        "issued",
        "package",
        "preauth",
        "copay",
        "grace_days",
        "network_only",
    ] {
        let expected = format!("pack.rulebooks[0].{member}: is missing");
        assert_eq!(fault(&without(&format!("/pack/rulebooks/0/{member}"))), expected);
    }
    for member in
        ["id", "version", "from", "to", "home", "hosts", "groups", "preauth", "payer", "tariff", "copay"]
    {
        let expected = format!("pack.agreements.rows[0].{member}: is missing");
        assert_eq!(fault(&without(&format!("/pack/agreements/rows/0/{member}"))), expected);
    }
}

#[test]
fn an_amount_has_a_currency_and_whole_minor_units() {
    let range = "is not in 0..9007199254740991";
    refused(&[
        ("/context/amount", json!(100), "context.amount: a number where an object must stand"),
        (
            "/context/amount/currency",
            json!("KE"),
            "context.amount.currency: 2 characters, allowed are 3 to 3",
        ),
        ("/context/amount/minor", json!(-1), &format!("context.amount.minor: -1 {range}")),
        (
            "/context/amount/minor",
            json!(9_007_199_254_740_992_u64),
            &format!("context.amount.minor: 9007199254740992 {range}"),
        ),
        (
            "/context/amount/minor",
            json!("100"),
            "context.amount.minor: a text where a whole number must stand",
        ),
        (
            "/pack/rulebooks/0/offline_limit",
            json!({"minor": 1}),
            "pack.rulebooks[0].offline_limit.currency: is missing",
        ),
        (
            "/pack/rulebooks/0/copay/0/basis_points",
            json!(10_001),
            "pack.rulebooks[0].copay[0].basis_points: 10001 is not in 0..10000",
        ),
    ]);
}

#[test]
fn a_group_that_the_format_lacks_is_refused_wherever_it_stands() {
    let word = "no word of the list of benefit group codes";
    refused(&[
        ("/context/benefit", json!("DENTAL"), &format!("context.benefit: {word}")),
        ("/context/benefit", json!("opd"), &format!("context.benefit: {word}")),
        ("/context/benefit", json!("PAYOUT "), &format!("context.benefit: {word}")),
        ("/context/benefit", json!(2), "context.benefit: a number where a text must stand"),
        (
            "/credentials/0/claims/waits",
            json!({"DENTAL": "2026-03-01"}),
            "credentials[0].claims.waits: unknown member \"DENTAL\"",
        ),
        ("/pack/rulebooks/0/package/1", json!("DENTAL"), &format!("pack.rulebooks[0].package[1]: {word}")),
        (
            "/pack/rulebooks/0/copay/1/group",
            json!("PAYOUT"),
            &format!("pack.rulebooks[0].copay[1].group: {word}"),
        ),
        (
            "/pack/host_rules/KE/always_free/0",
            json!("DENTAL"),
            &format!("pack.host_rules[0].always_free[0]: {word}"),
        ),
        (
            "/pack/agreements/rows/0/groups/2",
            json!("DENTAL"),
            &format!("pack.agreements.rows[0].groups[2]: {word}"),
        ),
        (
            "/pack/rulebooks/0/package/1",
            json!("ANC"),
            "pack.rulebooks[0].package: entry 3 repeats an entry or is not in ascending order",
        ),
    ]);
}

#[test]
fn a_day_that_the_calendar_lacks_is_refused_wherever_it_stands() {
    let calendar = "must be a day that the calendar has";
    refused(&[
        ("/context/date", json!("2026-02-30"), &format!("context.date: {calendar}")),
        ("/context/date", json!("2026-02-29"), &format!("context.date: {calendar}")),
        ("/context/date", json!("2026-13-01"), &format!("context.date: {calendar}")),
        ("/context/date", json!("20-05-2026"), "context.date: must be a day as YYYY-MM-DD"),
        ("/context/date", json!("2026-05-20T10:00:00Z"), "context.date: must be a day as YYYY-MM-DD"),
        ("/context/date", json!(20_260_520), "context.date: a number where a text must stand"),
        ("/context/date", Value::Null, "context.date: null where a text must stand"),
        (
            "/credentials/0/claims/start",
            json!("2026-02-30"),
            &format!("credentials[0].claims.start: {calendar}"),
        ),
        (
            "/credentials/0/claims/iat",
            json!("2026-02-30"),
            "credentials[0].claims.iat: must be a time in UTC as YYYY-MM-DDTHH:MM:SSZ, or a day as YYYY-MM-DD",
        ),
        (
            "/credentials/0/claims/end",
            json!("2026-01-09"),
            "credentials[0].claims.end: the last day 2026-01-09 is before the first day 2026-01-10",
        ),
        ("/pack/trust_list/issued", json!("2026-02-30"), &format!("pack.trust_list.issued: {calendar}")),
        ("/pack/status/issued", json!("2026-02-30"), &format!("pack.status.issued: {calendar}")),
        ("/pack/rulebooks/0/issued", json!("2026-02-30"), &format!("pack.rulebooks[0].issued: {calendar}")),
        ("/pack/agreements/issued", json!("2026-02-30"), &format!("pack.agreements.issued: {calendar}")),
        (
            "/pack/agreements/rows/0/to",
            json!("2025-12-31"),
            "pack.agreements.rows[0]: the last day 2025-12-31 is before the first day 2026-01-01",
        ),
    ]);
}

#[test]
fn levels_lines_and_ids_have_their_ranges() {
    refused(&[
        ("/context/facility/level", json!(9), "context.facility.level: 9 is not in 1..5"),
        ("/context/facility/level", json!(0), "context.facility.level: 0 is not in 1..5"),
        (
            "/context/facility/level",
            json!("2"),
            "context.facility.level: a text where a whole number must stand",
        ),
        ("/pack/rulebooks/0/max_level", json!(6), "pack.rulebooks[0].max_level: 6 is not in 1..5"),
        ("/context/member", json!(0), "context.member: 0 is not in 1..9007199254740991"),
        ("/context/member", json!(-1), "context.member: -1 is not in 1..9007199254740991"),
        ("/context/serial", json!(-1), "context.serial: -1 is not in 0..9007199254740991"),
        ("/context/ledger", json!([1, "2"]), "context.ledger[1]: a text where a whole number must stand"),
        ("/context/preauth", json!(""), "context.preauth: 0 characters, allowed are 1 to 64"),
        (
            "/context/facility/id",
            json!("clinic 7"),
            "context.facility.id: must be two country letters, \"-\", then A-Z, 0-9 and \"-\" only",
        ),
        (
            "/context/place",
            json!("KEN"),
            "context.place: must be a country or subdivision of ISO 3166 such as \"KE\" or \"ET-AM\"",
        ),
        (
            "/pack/host_rules",
            json!({"Kenya": {"always_free": []}}),
            "pack.host_rules[0]: must be a country or subdivision of ISO 3166 such as \"KE\" or \"ET-AM\"",
        ),
        (
            "/credentials/0/claims/cti",
            json!("a1"),
            "credentials[0].claims.cti: must be lower-case hexadecimal digits of the right number",
        ),
        (
            "/pack/status/values",
            json!({"A1": "valid"}),
            "pack.status.values.value: must be lower-case hexadecimal digits of the right number",
        ),
        ("/id", json!(""), "id: 0 characters, allowed are 1 to 64"),
        ("/id", json!("x".repeat(65)), "id: 65 characters, allowed are 1 to 64"),
    ]);
}

#[test]
fn a_word_that_a_list_lacks_is_refused_with_the_list() {
    let word = |place: &str, list: &str| format!("{place}: no word of the list of {list} codes");
    let places = [
        ("/context/clock", "good", word("context.clock", "clock")),
        ("/context/person", "yes", word("context.person", "person result")),
        ("/context/cause", "accident", word("context.cause", "cause")),
        ("/context/seen_today", "yes", word("context.seen_today", "seen today")),
        ("/credentials/0/claims/type", "insurance", word("credentials[0].claims.type", "entitlement type")),
        (
            "/credentials/0/claims/functions/0",
            "health",
            word("credentials[0].claims.functions[0]", "function"),
        ),
        (
            "/credentials/0/authenticity/signature",
            "ok",
            word("credentials[0].authenticity.signature", "authenticity"),
        ),
        (
            "/credentials/0/authenticity/issuer",
            "yes",
            word("credentials[0].authenticity.issuer", "authenticity"),
        ),
        (
            "/credentials/0/authenticity/key",
            "retired",
            word("credentials[0].authenticity.key", "authenticity"),
        ),
        (
            "/credentials/0/authenticity/delegation",
            "on",
            word("credentials[0].authenticity.delegation", "authenticity"),
        ),
        (
            "/credentials/0/authenticity/scope",
            "in",
            word("credentials[0].authenticity.scope", "authenticity"),
        ),
        (
            "/credentials/0/authenticity/holder",
            "here",
            word("credentials[0].authenticity.holder", "authenticity"),
        ),
        ("/pack/status/values/a100000000000001", "ok", word("pack.status.values.value", "status")),
        ("/pack/rulebooks/0/kind", "private", word("pack.rulebooks[0].kind", "scheme kind")),
        ("/pack/agreements/rows/0/payer", "both", word("pack.agreements.rows[0].payer", "payer")),
        (
            "/pack/agreements/rows/0/copay_basis",
            "both",
            word("pack.agreements.rows[0].copay_basis", "co-pay basis"),
        ),
        ("/expect/decision", "YES", word("expect.decision", "decision")),
        ("/expect/assurance", "SURE", word("expect.assurance", "assurance")),
        ("/expect/action", "TREAT", word("expect.action", "action")),
    ];
    for (place, value, expected) in places {
        assert_eq!(fault(&with(place, json!(value))), expected);
    }
    refused(&[
        ("/expect/reasons", json!(["EXPIRED"]), "expect.reasons[0]: no word of the list of reason codes"),
        ("/context/emergency", json!("yes"), "context.emergency: a text where true or false must stand"),
        ("/context/emergency", json!(1), "context.emergency: a number where true or false must stand"),
        ("/context/referral", Value::Null, "context.referral: null where true or false must stand"),
        (
            "/context/facility/accredited",
            json!("yes"),
            "context.facility.accredited: a text where true or false must stand",
        ),
        (
            "/pack/rulebooks/0/network_only",
            json!("true"),
            "pack.rulebooks[0].network_only: a text where true or false must stand",
        ),
    ]);
}

/// What another reader would silently take the last of, or round. These faults are found before anybody knows where in the
/// case they stand, so that they name the member or the line, and a fraction only itself.
#[test]
fn json_that_two_readers_could_take_differently_is_refused() {
    let fraction = "a number with a fraction or exponent where a whole number must stand";
    let text = good().to_string();
    let changes = [
        (r#""benefit":"OPD""#, r#""benefit":"OPD","benefit":"INP""#, r#""benefit" stands twice"#),
        (r#""id":"s05"#, r#""id":"twice","id":"s05"#, r#""id" stands twice"#),
        (r#""minor":100"#, r#""minor":100,"minor":100"#, r#""minor" stands twice"#),
        (
            r#""a100000000000001":"valid""#,
            r#""a100000000000001":"valid","a100000000000001":"revoked""#,
            r#""a100000000000001" stands twice"#,
        ),
        (r#""minor":100"#, r#""minor":100.5"#, fraction),
        (r#""minor":100"#, r#""minor":1e2"#, fraction),
        (r#""level":2"#, r#""level":2.0"#, fraction),
        (r#""minor":100"#, r#""minor":0100"#, "JSON syntax at line 1, column 49"),
        (r#""minor":100"#, r#""minor":+100"#, "JSON syntax at line 1, column 48"),
        (r#""emergency":false"#, r#""emergency":NaN"#, "JSON syntax at line 1, column 114"),
    ];
    for (from, to, expected) in changes {
        assert!(text.contains(from), "{from}");
        assert_eq!(fault(&text.replacen(from, to, 1)), expected, "{to}");
    }
}

#[test]
fn what_is_no_case_is_refused() {
    let text = good().to_string();
    assert_eq!(fault(""), "JSON syntax at line 1, column 0");
    assert_eq!(fault("[]"), "an array where an object must stand");
    assert!(Case::parse(&format!("  {text}\n")).is_ok(), "white space around a case says nothing");
    assert!(fault(&format!("{text}{text}")).starts_with("JSON syntax at line 1, column "));
    assert!(fault(&text[..text.len() - 1]).starts_with("JSON syntax at line 1, column "));
    for end in 0..text.len() {
        assert!(Case::parse(&text[..end]).is_err(), "cut after {end} bytes");
    }
}

#[test]
fn a_case_has_limits() {
    let deep = format!("{{\"id\":{}{}}}", "[".repeat(40), "]".repeat(40));
    assert_eq!(fault(&deep), "11 levels of nesting, allowed are 0 to 10");
    let long = format!("{}{}", good(), " ".repeat(CASE_LIMITS.bytes_max));
    assert_eq!(fault(&long), format!("{} bytes, allowed are 0 to {}", long.len(), CASE_LIMITS.bytes_max));
    assert_eq!(fault(&with("/context/ledger", json!(vec![1; 3_000]))), "2049 entries, allowed are 0 to 2048");
    let document = good()["credentials"][0].clone();
    assert_eq!(fault(&with("/credentials", json!(vec![document.clone(); 64]))), "accepted");
    assert_eq!(
        fault(&with("/credentials", json!(vec![document; 65]))),
        "credentials: must be at most 64 documents"
    );
}
