//! What becomes of receipts later: late evidence, newer packs, replays, slips.

use std::fs;

use sanad_credential::Status;
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::{Value, json};

use crate::claims::base64;
use crate::{Desk, PAYMENT, fresh};

#[test]
fn a_wrong_refusal_is_overturned_by_a_late_payment_and_the_patient_gets_money_back() {
    let desk = Desk::enrolled(&fresh());
    let (card, day) = (desk.household(), "2026-06-25T08:00:00Z");
    let in_grace = desk.ask(&[&card], "MEDS", "2026-06-01T08:00:00Z", &[]);
    let refused = desk.ask(&[&card], "MEDS", day, &[]);
    let no_card = desk.ask(&[], "OPD", day, &[]);
    let payment = desk.card(PAYMENT, "KE-SHA credential");
    let others = desk.card(&HOUSEHOLD.replace("e7f65ad7dc705578", "e7f65ad7dc705579"), "KE-SHA credential");
    let resolve = |what: &[&str]| {
        desk.json(&[&["receipts", "resolve", "--now", "2026-07-01T08:00:00Z"], what].concat())
    };
    let refuses = |what: &[&str], words: &str| {
        let before = fs::read(desk.path("state/receipts/00000001.log")).unwrap();
        let (_, code, said) = resolve(what);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(fs::read(desk.path("state/receipts/00000001.log")).unwrap(), before, "nothing is written");
    };
    refuses(&[&refused, &others, &payment], "none of the documents shown is the one");
    refuses(&[&refused], "none of the documents shown is the one");
    refuses(&["0123456789abcdef", &card], "no receipt 0123456789abcdef");
    refuses(&[&no_card, &card], "names no document");
    // A payment of somebody else changes nothing, and nothing is written.
    let stranger = desk.card(&PAYMENT.replace("CR7734120-9", "CR0000000-1"), "KE-SHA credential");
    let (lines, code, _) = resolve(&[&refused, &card, &stranger]);
    assert_eq!((code, &lines[0]["resolution"], &lines[0]["overturned"]), (0, &Value::Null, &json!(false)));
    // Another card beside it does not answer in its place.
    let better =
        HOUSEHOLD.replace("e7f65ad7dc705578", "e7f65ad7dc705579").replace("2026-05-20", "2027-05-01");
    let better = desk.card(&better, "KE-SHA credential");
    let (lines, _, _) = resolve(&[&refused, &card, &better]);
    assert_eq!(lines[0]["after"]["decision"], "NOT_COVERED", "{lines:?}");
    let (mut lines, code, said) = resolve(&["--all", &card, &payment]);
    assert_eq!((code, lines.len()), (0, 2), "{said}{lines:?}");
    // Covered in grace and covered by a payment are both provisional: nothing is settled.
    let first = lines.remove(0);
    assert_eq!((&first["receipt"], &first["resolution"]), (&json!(in_grace), &Value::Null), "{first}");
    assert_eq!(lines[0]["receipt"], refused);
    assert_eq!(
        lines[0]["before"],
        json!({"decision": "NOT_COVERED", "assurance": "FIRM", "reasons": ["LAPSED"]})
    );
    assert_eq!(
        lines[0]["after"],
        json!({"decision": "COVERED", "assurance": "PROVISIONAL", "reasons": ["RECEIPT_PENDING"]})
    );
    assert_eq!(lines[0]["overturned"], true);
    assert_eq!(
        lines[0]["refundable"],
        json!({"minor": 12_000, "currency": "UGX"}),
        "15,000 without 20 percent"
    );
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(listed[3]["resolves"], refused);
    assert_eq!(
        (&listed[3]["service_date"], &listed[3]["evidence"]),
        (&json!("2026-06-25"), &json!("KE-SHA/5a5a5a5a5a5a5a5a"))
    );
    // For the payer: one claim, and the refusal no longer counts beside it.
    let payer = Desk::with(&fresh());
    for (name, form) in [("claim.csv", "csv"), ("claim.jsonl", "json")] {
        let export = desk.export(name, &["--format", form]);
        let (report, code) = payer.verify(&[&export]);
        assert_eq!((code, &report["settled"]), (0, &json!(1)), "{report}");
        assert_eq!(
            (&report["totals"][0]["receipts"], &report["totals"][0]["claimed"]),
            (&json!(3), &json!(24_000))
        );
    }
    // The one thing that no signature covers: a row that is said to settle something else.
    let elsewhere = desk
        .read("claim.jsonl")
        .replace(&format!(r#""resolves":"{refused}""#), &format!(r#""resolves":"{no_card}""#));
    let file = payer.write("altered.jsonl", &elsewhere);
    payer.named(&[&file], 5, "which is about something else");
    let stats = desk.done(&["receipts", "stats", "--by", "decision,overturned"]);
    assert_eq!(stats[0]["total"], Value::Null, "three encounters are too few to be told");
    // The settlement itself can be replayed.
    let settled = listed[3]["id"].as_str().unwrap();
    let replayed = desk.done(&["replay", "--receipt", settled, &card, &payment]);
    assert_eq!(replayed[0]["same"], true, "{replayed:?}");
}

#[test]
fn a_stale_answer_becomes_firm_with_a_newer_pack_and_one_in_good_faith_stands() {
    let long = HOUSEHOLD.replace(r#""end":"2026-05-20""#, r#""end":"2027-05-01""#);
    let old = region("2026-05-02", &[]);
    let desk = Desk::enrolled(&old);
    let card = desk.card(&long, "KE-SHA credential");
    let firm = desk.ask(&[&card], "OPD", "2026-05-20T08:00:00Z", &[]);
    let stale = desk.ask(&[&card], "OPD", "2026-08-20T08:00:00Z", &[]);
    let warned = desk.ask(&[&card], "OPD", "2026-06-20T08:00:00Z", &[]);
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(
        (&listed[1]["reasons"], &listed[1]["good_faith"]),
        (&json!("STATUS_TOO_OLD TRUST_LIST_OLD"), &json!(false))
    );
    assert_eq!((&listed[2]["reasons"], &listed[2]["good_faith"]), (&json!("STATUS_OLD"), &json!(true)));
    let resolve = |id: &str| desk.json(&["receipts", "resolve", id, &card, "--now", "2026-09-01"]);
    let (_, code, said) = resolve(&firm);
    assert_eq!(code, 3);
    assert!(said.contains("nothing to settle"), "{said}");
    let mut revoked = region("2026-05-02", &[]);
    let mut list = sanad_credential::StatusList::all_valid();
    list.set(sanad_credential::StatusIndex::new(7).unwrap(), Status::Revoked);
    revoked.add_list("KE-SHA", 0, "2026-08-25", &list);
    revoked.publish("2026-08-25");
    fs::write(desk.path("revoked.sanadpack"), revoked.current_pack().write().unwrap()).unwrap();
    let with_revoked = ["--pack", &desk.text("revoked.sanadpack")].map(str::to_owned);
    let good_faith =
        ["receipts", "resolve", &warned, &card, "--now", "2026-09-01", &with_revoked[0], &with_revoked[1]];
    let (_, code, said) = desk.json(&good_faith);
    assert_eq!(code, 3);
    assert!(said.contains("in good faith and stands"), "{said}");
    let mut newer = region("2026-05-02", &[]);
    newer.add_list("KE-SHA", 0, "2026-08-25", &sanad_credential::StatusList::all_valid());
    newer.publish("2026-08-25");
    desk.take(&newer);
    let (lines, code, said) = resolve(&stale);
    assert_eq!(code, 0, "{said}");
    assert_eq!(lines[0]["after"], json!({"decision": "COVERED", "assurance": "FIRM", "reasons": []}));
    assert_eq!((&lines[0]["overturned"], &lines[0]["refundable"]), (&json!(false), &Value::Null));
    let (_, code, said) = resolve(&stale);
    assert_eq!(code, 3);
    assert!(said.contains("nothing to settle"), "not twice: {said}");
    assert_eq!(desk.json(&["receipts", "verify", "--now", "2026-09-02"]).1, 0);
}

#[test]
fn a_receipt_is_replayed_after_updates_and_an_invented_one_is_found_out() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    let ids = desk.five();
    let mut later = fresh();
    later.add_list("KE-SHA", 0, "2026-06-10", &sanad_credential::StatusList::all_valid());
    later.publish("2026-06-10");
    desk.take(&later);
    let after = desk.ask(&[&card], "MEDS", "2026-06-12T08:00:00Z", &[]);
    for id in [&ids[0], &ids[1], &ids[2], &ids[4], &after] {
        let replayed = desk.done(&["replay", "--receipt", id, &card]);
        assert_eq!(
            (&replayed[0]["receipt"], &replayed[0]["same"]),
            (&json!(id), &json!(true)),
            "{replayed:?}"
        );
    }
    assert_eq!(desk.done(&["replay", "--receipt", &ids[3]])[0]["same"], true, "no document was shown");
    let fails = |desk: &Desk, what: &[&str], words: &str| {
        let (_, code, said) = desk.json(&[&["replay"], what].concat());
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(words), "{said}");
    };
    let other = desk.card(&HOUSEHOLD.replace("e7f65ad7dc705578", "e7f65ad7dc705579"), "KE-SHA credential");
    fails(&desk, &["--receipt", &ids[0], &other], "none of the documents");
    fails(&desk, &["--receipt", "0000000000000000", &card], "no receipt 0000000000000000");
    // A pack that was used and never taken over is kept too.
    let mut newest = fresh();
    newest.add_list("KE-SHA", 0, "2026-06-14", &sanad_credential::StatusList::all_valid());
    newest.publish("2026-06-10");
    newest.publish("2026-06-14");
    let brought = desk.text("brought.sanadpack");
    fs::write(&brought, newest.current_pack().write().unwrap()).unwrap();
    let with_it = desk.ask(&[&card], "MEDS", "2026-06-15T08:00:00Z", &["--pack", &brought]);
    fs::remove_file(&brought).unwrap();
    assert_eq!(desk.done(&["replay", "--receipt", &with_it, &card])[0]["same"], true);
    // An agency with nothing but the packs of that time.
    let agency = Desk::with(&later);
    desk.export("claim.jsonl", &["--format", "json"]);
    let row: Value = serde_json::from_str(desk.read("claim.jsonl").lines().nth(1).unwrap()).unwrap();
    let receipt = agency.text("receipt.bin");
    fs::write(&receipt, base64(row["receipt"].as_str().unwrap())).unwrap();
    let (delegation, packs) = (desk.text("delegation.txt"), agency.text("packs"));
    fs::create_dir(&packs).unwrap();
    let asked = ["--receipt", &receipt, &card, "--packs", &packs, "--delegation", &delegation];
    fails(&agency, &asked, "no pack with version");
    fs::write(agency.path("packs/june.sanadpack"), fresh().current_pack().write().unwrap()).unwrap();
    assert_eq!(agency.done(&[&["replay"], &asked[..]].concat())[0]["same"], true);
    fails(&agency, &asked[..5], "not proved");
    // A device that signs what its data did not say.
    let lie = desk.run(&[
        "check",
        &card,
        "--place",
        "UG",
        "--benefit",
        "MEDS",
        "--receipt",
        "--person",
        "match",
        "--now",
        "2026-06-12T09:00:00Z",
        "--clock",
        "ok",
        "--amount",
        "15000",
        "--currency",
        "UGX",
        "--pack",
        &agency.text("packs/june.sanadpack"),
    ]);
    assert_eq!(
        lie.status.code(),
        Some(3),
        "an older pack is not taken for the answer: {}",
        String::from_utf8_lossy(&lie.stderr)
    );
}

#[test]
fn a_voucher_that_was_redeemed_meanwhile_is_not_paid_twice_by_settling_the_first_refusal() {
    let voucher = r#"{"type":"benefit","iss":"KE-SHA","cti":"b0b0b0b0b0b0b0b0","iat":"2026-05-02","exp":"2027-05-01",
        "status":{"idx":9,"uri":"https://s.example/KE-SHA/0"},"subject":{"number":"7","name":"Wanjiru"},"programme":"HSNP",
        "benefit_type":"voucher","functions":["assistance"],"from":"2026-05-02","to":"2026-12-31","serials":[1,20],
        "areas":["UG"],"money":{"minor":100000,"currency":"UGX"}}"#;
    let mut old = region("2026-05-02", &[]);
    // The scheme may sign for Uganda in this test.
    let areas = |text: &str| text.replace(r#""areas":["KE"]"#, r#""areas":["KE","UG"]"#);
    old.add_target(None, "grants/KE.json", &areas(r#"{"country":"KE","types":["membership","coverage","contribution","benefit","cross_border","delegation"],"areas":["KE"]}"#));
    old.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &areas(&sanad_tests::region::record("KE-SHA")));
    old.publish("2026-05-02");
    let desk = Desk::enrolled(&old);
    let card = desk.card(voucher, "KE-SHA credential");
    let held = desk.ask(&[&card], "PAYOUT", "2026-05-10T08:00:00Z", &["--serial", "3"]);
    assert_eq!(desk.done(&["receipts", "list"])[0]["decision"], "CANNOT_DECIDE", "the list is 8 days old");
    old.add_list("KE-SHA", 0, "2026-05-11", &sanad_credential::StatusList::all_valid());
    old.publish("2026-05-11");
    desk.take(&old);
    desk.ask(&[&card], "PAYOUT", "2026-05-11T08:00:00Z", &["--serial", "3"]);
    desk.ask(&[&card], "PAYOUT", "2026-05-11T09:00:00Z", &["--serial", "3"]);
    let listed = desk.done(&["receipts", "list"]);
    assert_eq!(listed[1]["decision"], "COVERED", "{listed:?}");
    assert_eq!(listed[2]["reasons"], "ALREADY_REDEEMED");
    let (lines, code, said) =
        desk.json(&["receipts", "resolve", &held, &card, "--now", "2026-05-12T08:00:00Z"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(lines[0]["after"]["reasons"], json!(["ALREADY_REDEEMED"]), "{lines:?}");
    let refused = listed[2]["id"].as_str().unwrap();
    assert_eq!(
        desk.done(&["replay", "--receipt", refused, &card])[0]["same"],
        true,
        "as the device remembered it"
    );
}

#[test]
fn slips_are_written_in_every_language_and_size() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    let id = desk.ask(&[&card], "DENT", "2026-06-01T08:00:00Z", &[]);
    for (language, letters) in
        [("en", "Receipt"), ("ar", "direction=\"rtl\""), ("am", "<text"), ("hi", "<text"), ("bn", "<text")]
    {
        for size in ["a6", "58mm"] {
            let out = desk.text(&format!("{language}-{size}.svg"));
            let written =
                desk.done(&["receipts", "slip", &id, "--size", size, "--out", &out, "--lang", language]);
            let files = written[0]["files"].as_array().unwrap();
            let svg: String =
                files.iter().map(|file| fs::read_to_string(file.as_str().unwrap()).unwrap()).collect();
            assert!(svg.contains(letters) && svg.contains("crispEdges"), "{language}: {svg}");
            assert!(!svg.contains("Nekesa") && !svg.contains("CR7734120"));
        }
    }
    // At the counter it says what only the answer knows, with a receipt and without.
    let question = [
        "check",
        &card,
        "--place",
        "UG",
        "--benefit",
        "MEDS",
        "--facility",
        "UG-F01",
        "--person",
        "match",
        "--now",
        "2026-06-25",
        "--clock",
        "ok",
    ];
    let (_, code, said) = desk.json(&question);
    assert_eq!(code, 10);
    assert!(said.contains("--slip"), "a slip is offered: {said}");
    let out = desk.text("counter.txt");
    let (_, code, said) = desk.json(&[&question[..], &["--slip", &out]].concat());
    assert_eq!(code, 10, "{said}");
    let text = fs::read_to_string(&out).unwrap().replace('\n', " ");
    assert!(text.contains("SHA complaints desk, call 147") && text.contains("*147#"), "{text}");
    assert!(text.contains("Not signed.") && !text.contains("Receipt number"), "{text}");
    let (_, _, said) = desk.json(&[&question[..], &["--slip", &out, "--receipt"]].concat());
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.contains("Receipt number"), "{said}{text}");
    let out = desk.text("slip.txt");
    desk.done(&["receipts", "slip", &id, "--size", "58mm", "--out", &out]);
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 32), "{text}");
    let grouped: Vec<&str> = (0..4).map(|group| &id[group * 4..group * 4 + 4]).collect();
    assert!(text.contains(&grouped.join(" ")), "{text}");
}

#[test]
fn a_day_is_replayed_under_a_rulebook_with_one_group_less() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    for benefit in ["OPD", "ANC", "OPD"] {
        desk.ask(&[&card], benefit, "2026-06-01", &[]);
    }
    let rulebook = desk.text("less.json");
    let less = sanad_tests::two_countries::RULEBOOK.replace(r#""EMER","OPD","#, r#""EMER","#);
    assert_ne!(less, sanad_tests::two_countries::RULEBOOK);
    fs::write(&rulebook, less).unwrap();
    let replay = |more: &[&str]| desk.run(&[&["replay", "--receipt", "all", &card], more].concat());
    let same = replay(&[]);
    let said = String::from_utf8(same.stdout).unwrap();
    assert_eq!((same.status.code(), said.matches(": the same").count()), (Some(0), 3), "{said}");
    let trial = replay(&["--rulebook", &rulebook]);
    let (said, counted) =
        (String::from_utf8(trial.stdout).unwrap(), String::from_utf8(trial.stderr).unwrap());
    assert_eq!((trial.status.code(), said.matches("DIFFERENT").count()), (Some(0), 2), "{said}");
    assert!(counted.contains("2 decided differently under the new rulebooks"), "{counted}");
    let not_in_package = counted.lines().find(|line| line.contains("NOT_IN_PACKAGE")).unwrap();
    assert_eq!(not_in_package.split_whitespace().collect::<Vec<_>>(), ["NOT_IN_PACKAGE", "0", "2"]);
}

#[test]
fn a_damaged_log_stops_cash_and_no_care() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    desk.ask(&[&card], "OPD", "2026-06-01", &[]);
    let log = desk.path("state").join("receipts/00000001.log");
    let mut damaged = fs::read(&log).unwrap();
    damaged[40] ^= 1;
    fs::write(&log, damaged).unwrap();
    let ask = |benefit: &str| {
        let question = [
            "--place",
            "UG",
            "--benefit",
            benefit,
            "--person",
            "match",
            "--now",
            "2026-06-01",
            "--clock",
            "ok",
        ];
        desk.json(&[&["check", &card], &question[..]].concat())
    };
    let (care, code, words) = ask("OPD");
    assert_eq!((care[0]["decision"].as_str(), code), (Some("COVERED"), 0), "{words}");
    assert!(words.contains("whether this card was shown today is not known"), "{words}");
    let (cash, code, _) = ask("PAYOUT");
    assert_eq!((cash[0]["code"].as_u64(), code), (Some(3), 3), "{cash:?}");
}

#[test]
fn an_answer_that_was_signed_is_shown_also_when_its_slip_cannot_be_written() {
    let desk = Desk::enrolled(&fresh());
    let card = desk.household();
    let nowhere = desk.text("no/such/directory/slip.svg");
    let question =
        ["--place", "UG", "--benefit", "DENT", "--person", "match", "--now", "2026-06-01", "--clock", "ok"];
    let (lines, code, words) =
        desk.json(&[&["check", &card], &question[..], &["--receipt", "--slip", &nowhere]].concat());
    assert_eq!((lines[0]["decision"].as_str(), code), (Some("NOT_COVERED"), 3), "{words}{lines:?}");
    assert!(lines[1]["receipt"].is_string() && lines[2]["error"].is_string(), "{lines:?}");
}
