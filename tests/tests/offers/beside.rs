//! The SD-JWT VC beside a card: received with it, carried with it, removed with it, and lost without it; and documents that an
//! issuer makes later.

use serde_json::{Value, json};

use crate::office::{Offered, Office, link};
use crate::wallet::{Wallet, record_of};

#[test]
fn the_sd_jwt_comes_with_its_card_and_goes_where_the_card_goes() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let cti = office.issue(1);
    wallet.does(&["add", &office.offer(&cti, "none").link, "--record", &record]);
    let held = wallet.held();
    assert_eq!(
        (held.len(), &held[0]["phone"], &held[0]["sd_jwt"]),
        (1, &json!(true), &json!(true)),
        "{held:?}"
    );
    assert!(wallet.does(&["list"]).contains("(phone, SD-JWT VC)"));
    // It is in a backup.
    wallet.does(&["backup", "--out", "b.sndb"]);
    wallet.does(&["restore", "b.sndb", "--wallet", "again"]);
    let again = wallet.does(&["list", "--json", "--wallet", "again"]);
    assert!(again.contains("\"sd_jwt\":true"), "{again}");
    // What is held with it is no news.
    wallet.refuses(&["add", &office.offer(&cti, "none").link], "it is in this wallet already");
    // Removed and added again, as paper alone, it is gone.
    let id = held[0]["id"].as_str().unwrap().to_owned();
    wallet.does(&["export", &id, "--out", "out"]);
    wallet.does(&["remove", &id, "--yes"]);
    wallet.does(&["add", &format!("out/{id}.txt")]);
    assert_eq!(wallet.held()[0]["sd_jwt"], false);
    // Another offer of the same document brings what is missing.
    wallet.does(&["add", &office.offer(&cti, "none").link]);
    assert_eq!((wallet.held().len(), &wallet.held()[0]["sd_jwt"]), (1, &json!(true)));
}

#[test]
fn a_card_is_kept_when_its_sd_jwt_does_not_come() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let cti = office.issue(1);
    // The issuer knows this form, and did not offer it.
    let mut other = office.offer(&cti, "none").json();
    other["credential_configuration_ids"] = json!(["membership-sd-jwt", "coverage-cwt"]);
    let output = wallet.run(&["add", &link(&other), "--record", &record]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    for word in ["was received and is kept", "was not: ", "unknown_credential_configuration", "Another offer"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    let held = wallet.held();
    assert_eq!(
        (held.len(), &held[0]["standing"], &held[0]["sd_jwt"]),
        (1, &json!("verified"), &json!(false))
    );
    wallet.does(&["add", &office.offer(&cti, "none").link]);
    assert_eq!(wallet.held()[0]["sd_jwt"], true);
}

/// A credential that was offered and is suspended since: its wallet has to wait.
struct Suspended {
    office: Office,
    wallet: Wallet,
    record: String,
    cti: String,
    offered: Offered,
}

impl Suspended {
    fn new() -> Self {
        let office = Office::open();
        let record = record_of(office.dir.path());
        let cti = office.issue(1);
        let offered = office.offer(&cti, "none");
        office.post(&format!("/v1/credentials/{cti}/suspend"), &json!({"reason": "lost"}), "");
        Self { office, wallet: Wallet::new(), record, cti, offered }
    }
}

#[test]
fn what_the_issuer_makes_later_is_kept_and_finished() {
    let Suspended { office, wallet, record, cti, offered } = Suspended::new();
    let change = |act: &str, body| office.post(&format!("/v1/credentials/{cti}/{act}"), &body, "");
    let said = wallet
        .refuses(&["add", &offered.link, "--record", &record, "--wait", "0"], "makes this document later");
    assert!(said.contains("add --resume"), "{said}");
    wallet.refuses(&["add", "--resume", "--wait", "0"], "no record of KE-SHA is pinned");
    wallet.refuses(&["add", "--resume", "--wait", "0", "--record", &record], "makes this document later");
    change("resume", json!({"reason": "found"}));
    wallet.does(&["add", "--resume", "--record", &record]);
    let held = wallet.held();
    assert_eq!((held.len(), &held[0]["standing"], &held[0]["sd_jwt"]), (1, &json!("verified"), &json!(true)));
    let nothing = wallet.run(&["add", "--resume"]);
    assert!(nothing.status.success() && String::from_utf8(nothing.stderr).unwrap().contains("Nothing waits"));
}

#[test]
fn what_a_kill_cut_off_after_the_issuer_gave_it_away_is_asked_for_once_more() {
    let Suspended { office, wallet, record, cti, offered } = Suspended::new();
    wallet.refuses(&["add", &offered.link, "--record", &record, "--wait", "0"], "later");
    // Nothing was pinned, so the record is given again; the wallet as it was before the answer is the one that a kill leaves.
    wallet.copy_to("before");
    office.post(&format!("/v1/credentials/{cti}/resume"), &json!({"reason": "found"}), "");
    wallet.does(&["add", "--resume", "--record", &record]);
    let first = wallet.held();
    wallet.does(&["add", "--resume", "--record", &record, "--wallet", "before"]);
    let again: Vec<Value> = wallet
        .does(&["list", "--json", "--wallet", "before"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (again.len(), &again[0]["id"], &again[0]["standing"], &again[0]["sd_jwt"]),
        (1, &first[0]["id"], &json!("verified"), &json!(true))
    );
    let nothing = wallet.run(&["add", "--resume", "--wallet", "before"]);
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("Nothing waits"));
}

#[test]
fn what_will_never_be_made_is_said_and_forgotten() {
    let Suspended { office, wallet, record, cti, offered } = Suspended::new();
    let change = |act: &str, body| office.post(&format!("/v1/credentials/{cti}/{act}"), &body, "");
    wallet.refuses(&["add", &offered.link, "--record", &record, "--wait", "0"], "later");
    change("revoke", json!({"reason": "fraud", "legal_basis": "SHI Act 2023, s. 27"}));
    wallet.refuses(&["add", "--resume", "--record", &record], "does not make this document any more");
    let nothing = wallet.run(&["add", "--resume"]);
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("Nothing waits"));
}
