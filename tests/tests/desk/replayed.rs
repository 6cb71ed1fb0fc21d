//! Receipts of phones' answers, decided again from the document that was presented.

use std::fs;

use sanad_credential::Status;
use sanad_openvc::Suite;
use serde_json::{Value, json};

use crate::OPD;
use crate::service::{Desk, NOW};
use crate::wallet::{self, Asked, credential, presentation, sd_jwt, shown, vp_token};

const SIGNED: &str = "receipts = true\npassphrase_file = \"passphrase\"\n";

/// Answers a request; the number of its receipt and what was presented.
fn answered(desk: &Desk, suite: Option<Suite>, benefit: &str) -> (String, Value) {
    let question = OPD.replace(r#""facility":"UG-F01","#, "").replace("OPD", benefit);
    let (id, link) = desk.begin(&question);
    let asked = Asked::fetch(desk, &link);
    let token = match suite {
        None => vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked))),
        Some(suite) => vp_token("entitlement_ldp_vc", presentation(&credential(suite), &asked, suite)),
    };
    asked.post(desk, &token).is(200);
    let view = desk.view(&id);
    let receipt = view["answer"]["receipt"].as_str().unwrap_or_else(|| panic!("{view}")).to_owned();
    (receipt, view["answer"]["presented"].clone())
}

fn replayed(desk: &Desk, receipt: &str, documents: &[&str]) -> (Option<i32>, String) {
    let done = desk.run(&[&["--json", "replay", "--receipt", receipt], documents].concat());
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn a_phones_receipt_is_replayed_from_what_was_presented() {
    let desk = Desk::start_with(&[], SIGNED);
    for (number, suite) in [None, Some(Suite::Rdfc), Some(Suite::Jcs)].into_iter().enumerate() {
        for benefit in ["OPD", "DENT"] {
            let (receipt, presented) = answered(&desk, suite, benefit);
            let file = desk.path(&format!("presented-{number}-{benefit}"));
            let text = presented.as_str().map_or_else(|| presented.to_string(), str::to_owned);
            // The holder's proof of that day is nobody else's business.
            assert!(suite.is_some() || text.ends_with('~'), "{text}");
            fs::write(&file, format!("{text}\n")).unwrap();
            let (code, said) = replayed(&desk, &receipt, &[file.to_str().unwrap()]);
            assert_eq!(code, Some(0), "{suite:?} {benefit}: {said}");
            assert!(said.contains(r#""same":true"#), "{said}");
        }
    }
}

#[test]
fn the_same_rdf_in_other_json_is_the_same_document() {
    let desk = Desk::start_with(&[], SIGNED);
    let (receipt, mut presented) = answered(&desk, Some(Suite::Rdfc), "OPD");
    let issuer = presented["issuer"].clone();
    presented["issuer"] = json!({ "id": issuer });
    let file = desk.path("rewritten");
    fs::write(&file, presented.to_string()).unwrap();
    let (code, said) = replayed(&desk, &receipt, &[file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(r#""same":true"#), "{said}");
}

#[test]
fn a_receipt_about_an_unknown_key_is_replayed_too() {
    let desk = Desk::start_with(&[], SIGNED);
    let (id, link) = desk.begin(&OPD.replace(r#""facility":"UG-F01","#, ""));
    let asked = Asked::fetch(&desk, &link);
    let other = wallet::sd_jwt_by(&wallet::phone(9), &wallet::issuer_address());
    asked.post(&desk, &vp_token("entitlement_sd_jwt", json!(shown(&other, &asked)))).is(200);
    let answer = desk.view(&id)["answer"].clone();
    let file = desk.path("unknown");
    fs::write(&file, answer["presented"].as_str().unwrap()).unwrap();
    let receipt = answer["receipt"].as_str().unwrap();
    let (code, said) = replayed(&desk, receipt, &[file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(r#""same":true"#), "{said}");
}

#[test]
fn the_holder_may_bring_the_whole_document_and_its_proof_is_left_out() {
    let desk = Desk::start_with(&[], SIGNED);
    let (receipt, _) = answered(&desk, None, "OPD");
    let file = desk.path("whole");
    for text in [sd_jwt(), shown(&sd_jwt(), &Asked::default())] {
        fs::write(&file, text).unwrap();
        let (code, said) = replayed(&desk, &receipt, &[file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn a_phones_refusal_is_settled_by_a_newer_list_and_the_same_document() {
    let desk = Desk::start_with(&[(7, Status::Suspended)], SIGNED);
    let (receipt, presented) = answered(&desk, None, "OPD");
    let (file, pack, passphrase) =
        (desk.path("presented"), desk.path("lifted.sanadpack"), desk.path("passphrase"));
    fs::write(&file, presented.as_str().unwrap()).unwrap();
    let (file, pack, passphrase) =
        (file.to_str().unwrap(), pack.to_str().unwrap(), passphrase.to_str().unwrap());
    let resolve = |first: &str| {
        let arguments = ["--json", "receipts", "resolve", first, file, "--pack", pack, "--now", NOW];
        let done = desk.run(&[&arguments[..], &["--passphrase-file", passphrase]].concat());
        (done.status.code(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
    };
    let (code, said) = resolve("--all");
    assert_eq!(code, Some(0), "{said}");
    let settled: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(settled["receipt"], receipt.as_str(), "{said}");
    assert!(settled["before"]["reasons"].as_array().unwrap().contains(&json!("SUSPENDED")), "{said}");
    assert_eq!(settled["after"]["decision"], "COVERED", "{said}");
    assert!(settled["resolution"].is_string(), "{said}");
    let (code, said) = resolve(&receipt);
    assert!(code == Some(0) && said.contains(r#""resolution":null"#), "once: {said}");
}

#[test]
fn another_document_an_altered_one_and_none_replay_nothing() {
    let desk = Desk::start_with(&[], SIGNED);
    let (receipt, presented) = answered(&desk, None, "OPD");
    let presented = presented.as_str().unwrap();
    let file = desk.path("shown");
    let (jwt, disclosures) = presented.split_once('~').unwrap();
    let other = wallet::sd_jwt_by(&wallet::phone(9), &wallet::issuer_address());
    let fewer = format!("{jwt}~");
    let twice = format!("{jwt}~{disclosures}{disclosures}");
    let altered = format!("{}~{disclosures}", jwt.replacen('.', ".e", 1));
    for (text, names) in [
        // Of a key that the pack lacks: another document.
        (other.as_str(), "none of the documents shown"),
        (&altered, "does not verify"),
        (&fewer, "does not verify"),
        (&twice, "does not verify"),
        ("ey~", "does not verify"),
        (
            &credential(Suite::Jcs).to_string(),
            "none of the documents shown is the one that the receipt is about\"",
        ),
        (r#"{"a":1,"a":2}"#, "shown"),
        ("{", "shown"),
    ] {
        fs::write(&file, text).unwrap();
        let (code, said) = replayed(&desk, &receipt, &[file.to_str().unwrap()]);
        assert_eq!(code, Some(3), "{names}: {said}");
        assert!(said.contains(names) && !said.contains("Nekesa"), "{names}: {said}");
    }
    let (code, said) = replayed(&desk, &receipt, &[]);
    assert!(code == Some(3) && said.contains("none of the documents shown"), "{said}");
}
