//! The JSON form of claims: what people write by hand and what may not stand there.

use serde_json::json;

use crate::cbor::{Item, list, map, steps};
use crate::files::to_hex;
use crate::maker::{Files, add, day, pretty};
use crate::people::{RIGHT, coverage_minimal};

const GOOD: &str = r#"{
  "type": "coverage",
  "iss": "KE-SHA",
  "cti": "6b1f00a2773cd409",
  "iat": "2026-01-15T07:30:00Z",
  "exp": "2027-01-15T00:00:00Z",
  "status": {"idx": 412077, "uri": "https://sl.example/k/0"},
  "subject": {"number": "KE-4471902", "name": "Nekesa Wafula Barasa"},
  "product": "SHIF",
  "rulebook": 1,
  "functions": ["medical_care"],
  "start": "2026-01-15",
  "end": "2027-01-14",
  "copay_class": 0,
  "territory": ["KE"]
}
"#;

/// A contribution with one line.
const LINES: &str = r#"{
  "type": "contribution",
  "iss": "SN-MUT",
  "cti": "0101010101010101",
  "iat": "2026-05-12",
  "exp": "2026-06-10",
  "subject": {"number": "SL-3391", "name": "Mamadou Ndiaye"},
  "scheme": "MUT",
  "as_of": "2026-05-12",
  "lines": [{"from": "2026-05-01", "to": "2026-05-31", "quantity": 1, "unit": "month", "kind": "self",
             "functions": ["medical_care"], "payer": "self", "quality": "provisional"}]
}
"#;

pub(crate) fn make(files: &mut Files) {
    accepted(files);
    syntax(files);
    members(files);
    values(files);
}

fn accept(files: &mut Files, name: &str, rule: &str, text: &str, claims: &Item) {
    let case = format!("claims-json/accept-{name}");
    let facts = json!({"rule": rule, "expect": {"accept": {"payload": to_hex(&claims.encode())}}});
    add(files, &format!("{case}/case.json"), pretty(&facts));
    add(files, &format!("{case}/claims.json"), text.into());
}

fn refuse(files: &mut Files, name: &str, rule: &str, text: &str, (fault, place): (&str, &str)) {
    let case = format!("claims-json/{name}");
    let facts = json!({"rule": rule, "expect": {"refuse": {"fault": fault, "place": place}}});
    add(files, &format!("{case}/case.json"), pretty(&facts));
    add(files, &format!("{case}/claims.json"), text.into());
}

/// The text with one part replaced.
fn change(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} stands once");
    text.replace(from, to)
}

fn accepted(files: &mut Files) {
    let rule = "JSON form: a set may stand in any order, encoders sort it";
    let mut claims = coverage_minimal();
    claims.set(&steps![RIGHT, 12], list![1, 2, 7]);
    claims.set(&steps![RIGHT, 19], list!["ET", "ET-AM", "KE"]);
    let text = change(GOOD, r#"["medical_care"]"#, r#"["maternity", "sickness", "medical_care"]"#);
    let text = change(&text, r#"["KE"]"#, r#"["KE", "ET-AM", "ET"]"#);
    accept(files, "sets-in-any-order", rule, &text, &claims);

    let mut claims = coverage_minimal();
    claims.set(&steps![RIGHT, 17], map! { 1 => day(2026, 1, 16), 10 => day(2026, 3, 1) });
    let text =
        change(GOOD, "\n}\n", ",\n  \"waits\": {\"INP\": \"2026-03-01\", \"EMER\": \"2026-01-16\"}\n}\n");
    accept(files, "waits-in-any-order", rule, &text, &claims);

    let rule = "JSON form: members may stand in any order";
    let (first, rest) = GOOD.split_once("  \"iss\": \"KE-SHA\",\n").unwrap();
    let rest = rest.replace("[\"KE\"]\n}", "[\"KE\"],\n  \"iss\": \"KE-SHA\"\n}");
    accept(files, "members-in-any-order", rule, &format!("{first}{rest}"), &coverage_minimal());

    let rule = "JSON form: a bare date in iat or exp is its midnight";
    let text = change(GOOD, "\"2027-01-15T00:00:00Z\"", "\"2027-01-15\"");
    accept(files, "exp-as-bare-date", rule, &text, &coverage_minimal());

    let rule = "RFC 8259: escapes are another spelling of the same text";
    let text = change(GOOD, "Nekesa Wafula", "\\u004eekesa\\u0020Wafula");
    accept(files, "escaped-text", rule, &text, &coverage_minimal());

    let mut claims = coverage_minimal();
    claims.set(&steps![RIGHT, 22], true);
    let text = change(GOOD, "\n}\n", ",\n  \"pooled\": true\n}\n");
    accept(files, "pooled-true", "JSON form: booleans only when true", &text, &claims);
}

fn syntax(files: &mut Files) {
    let rule = "JSON form: duplicate members are refused, also in nested objects";
    let twice = change(GOOD, "\n}\n", ",\n  \"iss\": \"UG-UHI\"\n}\n");
    refuse(files, "duplicate-member", rule, &twice, ("repeated/\"iss\"", ""));
    let twice = change(GOOD, "\"number\": \"KE-4471902\"", "\"number\": \"1\", \"number\": \"KE-4471902\"");
    refuse(files, "duplicate-nested-member", rule, &twice, ("repeated/\"number\"", ""));
    let twice = change(GOOD, "\n}\n", ",\n  \"\\u0069ss\": \"UG-UHI\"\n}\n");
    refuse(files, "duplicate-member-escaped", rule, &twice, ("repeated/\"iss\"", ""));
    let rule = "RFC 8259: one value and nothing behind it";
    refuse(files, "trailing-value", rule, &format!("{GOOD}{{}}"), ("json", ""));
    refuse(files, "trailing-comma", rule, &change(GOOD, "[\"KE\"]\n}", "[\"KE\"],\n}"), ("json", ""));
    refuse(files, "comment", rule, &change(GOOD, "{\n  \"type\"", "{ // claims\n  \"type\""), ("json", ""));
    refuse(files, "empty-text", rule, "", ("json", ""));
    refuse(files, "lone-surrogate", rule, &change(GOOD, "Nekesa", "\\ud800"), ("json", ""));
    refuse(files, "array-instead-of-object", rule, "[]\n", ("wrong_type", ""));
    let rule = "JSON form: whole numbers, no fraction, no exponent";
    for (name, number) in [("float", "1.0"), ("exponent", "1e0"), ("minus-zero", "-0")] {
        let text = change(GOOD, "\"rulebook\": 1,", &format!("\"rulebook\": {number},"));
        refuse(files, &format!("number-with-{name}"), rule, &text, ("wrong_type", ""));
    }
    let beyond = change(GOOD, "\"rulebook\": 1,", "\"rulebook\": 9007199254740992,");
    refuse(files, "number-2-to-53", "JSON form: numbers to 2^53-1", &beyond, ("range", "rulebook"));
}

fn members(files: &mut Files) {
    let rule = "JSON form: optional members are left out, not null";
    for member in ["delegation", "paid_through", "pooled", "max_level", "survives_suspension", "cnf"] {
        let text = change(GOOD, "\n}\n", &format!(",\n  \"{member}\": null\n}}\n"));
        let name = format!("{}-null", member.replace('_', "-"));
        refuse(files, &name, rule, &text, ("wrong_type", member));
    }
    let text = change(GOOD, r#"{"idx": 412077, "uri": "https://sl.example/k/0"}"#, "null");
    refuse(files, "status-null", rule, &text, ("wrong_type", "status"));
    let text = change(LINES, "\"quality\"", "\"base\": null, \"quality\"");
    refuse(files, "line-base-null", rule, &text, ("wrong_type", "lines[0].base"));
    let rule = "JSON form: booleans only when true";
    let text = change(GOOD, "\n}\n", ",\n  \"pooled\": false\n}\n");
    refuse(files, "pooled-false", rule, &text, ("wrong_type", "pooled"));
    let rule = "JSON form: unknown members are refused";
    let text = change(GOOD, "\n}\n", ",\n  \"nationality\": \"KE\"\n}\n");
    refuse(files, "unknown-member", rule, &text, ("unknown/\"nationality\"", ""));
    let text =
        change(GOOD, "\"number\": \"KE-4471902\"", "\"number\": \"KE-4471902\", \"national_id\": \"2\"");
    refuse(files, "unknown-subject-member", rule, &text, ("unknown/\"national_id\"", "subject"));
    let text = change(GOOD, "\"idx\": 412077", "\"idx\": 412077, \"bits\": 2");
    refuse(files, "unknown-status-member", rule, &text, ("unknown/\"bits\"", "status"));
    let text = change(LINES, "\"quality\"", "\"note\": \"x\", \"quality\"");
    refuse(files, "unknown-line-member", rule, &text, ("unknown/\"note\"", "lines[0]"));
    let text = change(GOOD, "\n}\n", ",\n  \"waits\": {\"ICU\": \"2026-03-01\"}\n}\n");
    refuse(files, "unknown-group-in-waits", rule, &text, ("unknown/\"ICU\"", "waits"));
    let text = change(GOOD, "\n}\n", ",\n  \"scheme\": \"SHIF\"\n}\n");
    refuse(files, "member-of-another-type", rule, &text, ("unknown/\"scheme\"", ""));
    let rule = "JSON form: members that are not optional are there";
    let text = change(GOOD, "  \"iss\": \"KE-SHA\",\n", "");
    refuse(files, "missing-iss", rule, &text, ("missing", "iss"));
    let text = change(GOOD, "  \"type\": \"coverage\",\n", "");
    refuse(files, "missing-type", rule, &text, ("missing", "type"));
    let text = change(LINES, "\"quantity\": 1, ", "");
    refuse(files, "missing-line-member", rule, &text, ("missing", "lines[0].quantity"));
}

fn values(files: &mut Files) {
    let mut case = |name: &str, rule: &str, from: &str, to: &str, expect: (&str, &str)| {
        refuse(files, name, rule, &change(GOOD, from, to), expect);
    };
    let rule = "JSON form: words, not numbers";
    case("type-unknown", rule, "\"coverage\"", "\"cover\"", ("word", "type"));
    case("type-as-number", rule, "\"coverage\"", "2", ("wrong_type", "type"));
    case("function-in-capitals", rule, "[\"medical_care\"]", "[\"MEDICAL_CARE\"]", ("word", "functions[0]"));
    let rule = "JSON form: a set has no repeats";
    case("set-with-repeats", rule, "[\"KE\"]", "[\"KE\", \"UG\", \"KE\"]", ("set_order", "territory"));
    let rule = "JSON form: cti is 16 lower-case hexadecimal digits";
    case("cti-in-capitals", rule, "6b1f00a2773cd409", "6B1F00A2773CD409", ("pattern", "cti"));
    case("cti-short", rule, "6b1f00a2773cd409", "6b1f00a2773cd4", ("pattern", "cti"));
    let rule = "JSON form: times are RFC 3339 UTC or a bare date";
    let iat = "2026-01-15T07:30:00Z";
    case("iat-without-zone", rule, iat, "2026-01-15T07:30:00", ("pattern", "iat"));
    case("iat-in-another-zone", rule, iat, "2026-01-15T10:30:00+03:00", ("pattern", "iat"));
    case("iat-with-minute-60", rule, iat, "2026-01-15T07:60:00Z", ("pattern", "iat"));
    case("iat-as-number", rule, "\"2026-01-15T07:30:00Z\"", "1768462200", ("wrong_type", "iat"));
    let rule = "JSON form: dates are YYYY-MM-DD";
    case("end-not-in-the-calendar", rule, "\"2027-01-14\"", "\"2027-02-29\"", ("pattern", "end"));
    case("end-with-time", rule, "\"2027-01-14\"", "\"2027-01-14T00:00:00Z\"", ("pattern", "end"));
    case("end-in-another-order", rule, "\"2027-01-14\"", "\"14.01.2027\"", ("pattern", "end"));
    let rule = "JSON form: the rules of section 3 hold in JSON too";
    case("exp-before-iat", rule, "2027-01-15T00:00:00Z", "2026-01-15T07:29:59Z", ("validity", "exp"));
    case("end-before-start", rule, "\"2027-01-14\"", "\"2026-01-14\"", ("period", "end"));
    case("bidi-control-in-name", rule, "Nekesa", "\\u202eNekesa", ("name_character/0", "subject.name"));
}
