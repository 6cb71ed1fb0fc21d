//! Receipts exported for a claim, as the payer sees them: altered, removed, mixed, forged.

use std::fs;

use sanad_credential::{Claims, Status, seal_entitlement};
use sanad_tests::region::key;
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::{Value, json};

use crate::{DELEGATION, Desk, fresh};

#[test]
fn a_claim_is_verified_by_the_payer_with_nothing_but_its_own_pack() {
    let desk = Desk::enrolled(&fresh());
    let ids = desk.five();
    let (report, code) = desk.verify(&[]);
    assert_eq!((code, &report["receipts"], &report["devices"]), (0, &json!(5), &json!(1)), "{report}");
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(listed.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(listed[0]["decision"], "COVERED");
    assert_eq!((&listed[0]["charged"], &listed[0]["copay"]), (&json!("15000"), &json!("3000")));
    assert_eq!(listed[2]["decision"], "NOT_COVERED");
    assert_eq!((&listed[3]["issuer"], &listed[3]["reasons"]), (&Value::Null, &json!("NO_CREDENTIAL")));
    let all = serde_json::to_string(&listed).unwrap();
    assert!(!all.contains("Nekesa") && !all.contains("CR7734120"), "no person in a list");

    let payer = Desk::with(&fresh());
    for (name, form) in [("claim.csv", "csv"), ("claim.jsonl", "json")] {
        let export = desk.export(name, &["--format", form]);
        let (report, code) = payer.verify(&[&export]);
        assert_eq!(code, 0, "{report}");
        // 15,000 and 15,000 and 40,000 are covered, with 3,000, 0 and 5,000 (the cap) of co-pay.
        let totals = json!([{"currency": "UGX", "payer": null, "receipts": 5, "charged": 100_000, "copay": 8_000, "claimed": 62_000}]);
        assert_eq!(report["totals"], totals, "{form}");
        let home = desk.export(&format!("home-{name}"), &["--format", form, "--home", "KE-SHA"]);
        let (report, code) = payer.verify(&[&home, "--home", "KE-SHA"]);
        assert_eq!((code, &report["receipts"], &report["gaps"]), (0, &json!(4), &json!(1)), "{report}");
    }
    let first_day = desk.export("1.jsonl", &["--format", "json", "--to", "2026-06-01"]);
    let second_day = desk.export("2.jsonl", &["--format", "json", "--from", "2026-06-02"]);
    assert_eq!(payer.verify(&[&first_day, &second_day]).1, 0, "a chain goes on from one export to the next");
    assert_eq!(payer.verify(&[&second_day]).1, 0, "the beginning may lie in an earlier export");
    payer.named(&[&second_day, &first_day], 2, "out of order");
    payer.named(&[&first_day, &first_day], 2, "again");
    // A receipt may be handed over as a code, too.
    let row: Value = serde_json::from_str(desk.read("claim.jsonl").lines().nth(1).unwrap()).unwrap();
    let code = payer.write("one.bin", "");
    fs::write(&code, base64(row["receipt"].as_str().unwrap())).unwrap();
    let (report, exit) = payer.verify(&[&code, "--delegation", &desk.text("delegation.txt")]);
    assert_eq!((exit, &report["receipts"]), (0, &json!(1)), "{report}");
    payer.named(&[&code], 1, "no delegation is at hand");
}

#[test]
fn every_altered_field_of_an_export_is_found_and_named() {
    let desk = Desk::enrolled(&fresh());
    desk.five();
    let payer = Desk::with(&fresh());
    desk.export("claim.jsonl", &["--format", "json"]);
    let lines: Vec<String> = desk.read("claim.jsonl").lines().map(str::to_owned).collect();
    let row: Value = serde_json::from_str(&lines[2]).unwrap();
    for (column, value) in row.as_object().unwrap() {
        let mut altered = row.clone();
        altered[column] = match value {
            Value::Null => json!("x"),
            Value::Bool(flag) => json!(!flag),
            Value::Number(number) => json!(number.as_u64().unwrap() + 1),
            Value::String(text) if column == "receipt" => json!(text.replacen(['Q', 'W'], "R", 9)),
            _ => json!("00"),
        };
        let mut lines = lines.clone();
        lines[2] = altered.to_string();
        let file = payer.write("altered.jsonl", &(lines.join("\n") + "\n"));
        payer.named(&[&file], 3, if column == "receipt" { "" } else { column });
        let mut without = row.clone();
        without.as_object_mut().unwrap().remove(column);
        lines[2] = without.to_string();
        let file = payer.write("altered.jsonl", &(lines.join("\n") + "\n"));
        // A value that is not there and one that is null are not the same row.
        payer.named(&[&file], 3, "");
    }
    let mut more = row.clone();
    more["surcharge"] = json!(500);
    let file = payer.write("altered.jsonl", &desk.read("claim.jsonl").replace(&lines[2], &more.to_string()));
    payer.named(&[&file], 3, "a member that no row has");

    desk.export("claim.csv", &[]);
    let csv = desk.read("claim.csv");
    assert!(csv.contains(",'=HYPERLINK(1),"), "a spreadsheet must not take it for a formula");
    let mut rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect();
    let good = rows[2].clone();
    for column in 0..good.len() - 1 {
        let fields = good.iter().enumerate().map(|(number, field)| match number == column {
            true if field.is_empty() => "1".to_owned(),
            true => field.chars().rev().collect::<String>() + "9",
            false => field.to_owned(),
        });
        rows[2] = fields.collect();
        let mut out = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| out.write_record(row).unwrap());
        let file = payer.path("altered.csv");
        fs::write(&file, out.into_inner().unwrap()).unwrap();
        let name = rows[0][column].to_owned();
        payer.named(&[file.to_str().unwrap()], 3, if name == "receipt" { "" } else { &name });
    }
}

#[test]
fn receipts_removed_moved_doubled_or_cut_off_are_named() {
    let desk = Desk::enrolled(&fresh());
    desk.five();
    let payer = Desk::with(&fresh());
    desk.export("claim.jsonl", &["--format", "json"]);
    let lines: Vec<String> = desk.read("claim.jsonl").lines().map(str::to_owned).collect();
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        payer.write("claim.jsonl", &(lines.join("\n") + "\n"))
    };
    let removed = with(&|lines| drop(lines.remove(3)));
    payer.named(&[&removed], 4, "at least one receipt is missing between");
    payer.named(&[&removed], 6, "4 receipts stand in this export, it states 5");
    let moved = with(&|lines| lines.swap(2, 4));
    payer.named(&[&moved], 3, "out of order");
    let doubled = with(&|lines| lines.insert(4, lines[2].clone()));
    payer.named(&[&doubled], 5, "it is number 3");
    let last_removed = with(&|lines| drop(lines.remove(5)));
    payer.named(&[&last_removed], 6, "4 receipts stand in this export");
    let totals = with(&|lines| lines[6] = lines[6].replace("62000", "63000"));
    payer.named(&[&totals], 7, "the totals were altered");
    let home = with(&|lines| lines[0] = lines[0].replace(r#""home":null"#, r#""home":"KE-SHA""#));
    payer.named(&[&home], 5, "it is not for KE-SHA");
    let written = |content: &str| payer.write("claim.csv", content);
    for (file, words) in [
        (&(|| with(&|lines| drop(lines.pop()))) as &dyn Fn() -> String, "cut off"),
        (&|| with(&|lines| lines.push(lines[1].clone())), "goes on after its last line"),
        (&|| with(&|lines| lines[0] = "{}".to_owned()), "line 1: no export of receipts"),
        (&|| with(&|lines| lines[2] = "x".repeat(20_000)), "line 3: longer than"),
        (&|| written("id,amount\n1,2\n"), "line 1: the columns must be"),
        (&|| written("hello"), "claim.csv"),
    ] {
        let file = file();
        let (lines, code, said) = payer.json(&["receipts", "verify", &file, "--now", "2026-06-05"]);
        assert_eq!((code, lines.len()), (3, 1), "{said}");
        assert!(said.contains(words), "{words}: {said}");
    }
    // Rubbish in a row costs that row only.
    let rubbish = with(&|lines| lines[2] = "rubbish".to_owned());
    payer.named(&[&rubbish], 3, "");
    // In the device's own log the first receipt must be there.
    let log = desk.path("state/receipts/00000001.log");
    let bytes = fs::read(&log).unwrap();
    let first = 10 + usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    fs::write(&log, [&bytes[..16], &bytes[16 + first..]].concat()).unwrap();
    desk.named(&[], 1, "the beginning of the chain is missing");
}

#[test]
fn two_devices_of_a_facility_have_a_chain_each_also_when_their_rows_are_mixed() {
    let region = fresh();
    let (one, other) = (Desk::enrolled(&region), Desk::with(&region));
    other.init();
    let second = DELEGATION.replace("KEY", &other.key()).replace("d0d0d0d0d0d0d0d0", "d1d1d1d1d1d1d1d1");
    other.write("delegation.txt", &other.card(&second, "UG-NHIS delegation"));
    let wrong = other.run(&["key", "accept", &one.text("delegation.txt"), "--now", "2026-06-01"]);
    assert_eq!(wrong.status.code(), Some(3), "the delegation of another device");
    other.done(&["key", "accept", &other.text("delegation.txt"), "--now", "2026-06-01"]);
    one.five();
    other.five();
    let payer = Desk::with(&region);
    let (first, second) =
        (one.export("a.jsonl", &["--format", "json"]), other.export("b.jsonl", &["--format", "json"]));
    let (report, code) = payer.verify(&[&first, &second]);
    assert_eq!((code, &report["devices"]), (0, &json!(2)), "{report}");
    let delegations = ["--delegation", &other.text("delegation.txt")].map(str::to_owned);
    let (a, b) = (one.read("a.jsonl"), other.read("b.jsonl"));
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let rows = (1..6).flat_map(|row| [a[row], b[row]]);
    let mixed: Vec<&str> = [a[0]].into_iter().chain(rows).chain([r#"{"receipts":10,"totals":[]}"#]).collect();
    let file = payer.write("mixed.jsonl", &mixed.join("\n"));
    let (report, _) = payer.verify(&[&file, &delegations[0], &delegations[1]]);
    let faults = report["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{report}");
    assert!(faults[0]["fault"].as_str().unwrap().contains("totals"), "the chains hold: {report}");
    payer.named(&[&file], 3, "no delegation is at hand");
}

#[test]
fn forged_facilities_and_delegations_that_do_not_allow_it_are_named() {
    let region = region("2026-05-31", &[]);
    let desk = Desk::enrolled(&region);
    let card = desk.household();
    desk.ask(&[&card], "OPD", "2026-06-01T08:00:00Z", &[]);
    let export = desk.export("claim.csv", &[]);
    let payer = Desk::with(&region);
    assert_eq!(payer.verify(&[&export]).1, 0);
    let good = desk.read("claim.csv");
    let own = good.lines().nth(1).unwrap().rsplit_once(',').unwrap().1.to_owned();
    let delegation = |claims: &str, signer: &str| {
        let claims = Claims::from_json_text(&claims.replace("KEY", &desk.key())).unwrap();
        to_base64(&seal_entitlement(&claims, &key(signer)).unwrap())
    };
    for (claims, signer, words) in [
        (
            DELEGATION.replace(r#"["verify"]"#, r#"["collect"]"#),
            "UG-NHIS delegation",
            "may not sign encounter receipts",
        ),
        (DELEGATION.replace("UG-F01", "UG-F09"), "UG-NHIS delegation", "signature does not hold"),
        (DELEGATION.replace("2027-12-31", "2026-05-31"), "UG-NHIS delegation", "signed on 2026-06-01"),
        (DELEGATION.replace(r#"["UG"]"#, r#"["UG-214"]"#), "UG-NHIS delegation", "may not sign for UG"),
        (
            DELEGATION.replace("UG-NHIS", "KE-SHA"),
            "KE-SHA delegation",
            "its issuer may not sign such a delegation",
        ),
        (DELEGATION.to_owned(), "UG-NHIS credential", "the signature"),
        (DELEGATION.to_owned(), "a forger", "key"),
        (
            DELEGATION.replace("2028-05-01", "2026-05-20"),
            "UG-NHIS delegation",
            "the document of the delegation ended on 2026-05-20",
        ),
    ] {
        let forged = good.replace(&own, &delegation(&claims, signer));
        let file = payer.write("forged.csv", &forged);
        payer.named(&[&file], 2, words);
    }
    // Taken back by its issuer.
    let mut later = sanad_tests::two_countries::region("2026-05-31", &[]);
    let mut list = sanad_credential::StatusList::all_valid();
    list.set(sanad_credential::StatusIndex::new(1).unwrap(), Status::Revoked);
    later.add_list("UG-NHIS", 0, "2026-06-03", &list);
    later.publish("2026-06-03");
    payer.take(&later);
    payer.named(&[&export], 2, "was taken back");
}

#[test]
fn a_receipt_without_a_delegation_is_signed_and_says_that_no_payer_can_check_it() {
    let desk = Desk::with(&fresh());
    let missing =
        desk.run(&["check", "--place", "UG", "--benefit", "OPD", "--receipt", "--now", "2026-06-01"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("key init"));
    desk.init();
    let card = desk.household();
    let question = ["check", &card, "--place", "UG", "--benefit", "OPD", "--receipt", "--now", "2026-06-01"];
    let (_, code, words) = desk.json(&question);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("no delegation of UG-F01") && words.contains("key accept"), "{words}");
    desk.named(&[], 1, "no delegation is at hand");
    let other = [&question[..], &["--facility", "UG-F04"]].concat();
    let (_, code, words) = desk.json(&other);
    assert_eq!(code, 3);
    assert!(words.contains("UG-F01") && words.contains("UG-F04"), "{words}");
    let claims = DELEGATION.replace("KEY", &desk.key());
    for (claims, words) in [
        (claims.replace("UG-F01", "UG-F02"), "it is for UG-F02"),
        (claims.replace(r#"["verify"]"#, r#"["cover"]"#), "scope verify"),
        (HOUSEHOLD.to_owned(), ""),
    ] {
        let signer = if claims == HOUSEHOLD { "KE-SHA credential" } else { "UG-NHIS delegation" };
        let file = desk.write("wrong.txt", &desk.card(&claims, signer));
        let (_, code, said) = desk.json(&["key", "accept", &file, "--now", "2026-06-01"]);
        assert_eq!(code, 3);
        assert!(said.contains(words), "{said}");
        assert!(!desk.path("state/delegations").exists(), "nothing is kept");
    }
    let file = desk.write("delegation.txt", &desk.card(&claims, "UG-NHIS delegation"));
    let kept = desk.done(&["key", "accept", &file, "--now", "2026-06-01"]);
    assert_eq!(kept[0]["id"], "UG-F01");
    assert_eq!(desk.verify(&[]).1, 0, "the same receipt is proved now");
}

/// Base64url without padding.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = text.chars().flat_map(|letter| {
        let value = alphabet.find(letter).unwrap() as u8;
        (0..6).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<u8> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

fn to_base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let letter = |six: &[u8]| {
        let value = (0..6).fold(0, |sum, bit| sum << 1 | six.get(bit).unwrap_or(&0));
        char::from(alphabet[usize::from(value)])
    };
    bits.chunks(6).map(letter).collect()
}
