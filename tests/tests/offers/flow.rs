//! Offers of the real service.

use std::fs;

use serde_json::json;

use crate::office::{Office, link};
use crate::pretenders::Pretender;
use crate::wallet::{Wallet, record_of};

#[test]
fn a_wallet_follows_offers_by_value_by_reference_and_from_a_picture() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let one = office.issue(1);
    // The first time with the record, and the code that the officer said.
    let offered = office.offer(&one, "digits");
    let code = wallet.code_file(offered.tx_code.as_ref().unwrap());
    wallet.does(&["add", &offered.link, "--record", &record, "--tx-code-file", &code]);
    let held = wallet.held();
    assert_eq!(
        (held.len(), &held[0]["phone"], &held[0]["standing"]),
        (1, &json!(true), &json!("verified")),
        "{held:?}"
    );
    // It is a credential that this wallet can present.
    let id = held[0]["id"].as_str().unwrap();
    wallet.does(&["present", id, "--to", "KE-F01", "--png", "p.png"]);
    // From now on the pinned record knows the host.
    let offered = office.offer(&office.issue(2), "none");
    fs::write(wallet.path("offer.png"), &offered.picture).unwrap();
    wallet.does(&["add", "offer.png"]);
    // The offer stands at an address.
    let offered = office.offer(&office.issue(3), "none");
    let host = Pretender::start(move |_, path| match path {
        "/offers?id=7" => Pretender::json(&offered.json()),
        _ => Pretender::status(404),
    });
    let at = format!("{}%2Foffers%3Fid%3D7", host.url.replace(':', "%3A").replace('/', "%2F"));
    wallet.does(&["add", &format!("openid-credential-offer://?credential_offer_uri={at}")]);
    let held = wallet.held();
    assert!(held.len() == 3 && held.iter().all(|held| held["standing"] == "verified"), "{held:?}");
    // What was restored elsewhere still has the key.
    wallet.does(&["backup", "--out", "b.sndb"]);
    wallet.does(&["restore", "b.sndb", "--wallet", "again"]);
}

#[test]
fn a_wrong_or_missing_transaction_code_adds_nothing_and_the_right_one_still_counts() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let offered = office.offer(&office.issue(1), "digits");
    let right = offered.tx_code.clone().unwrap();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let add = |code: &str| {
        let file = wallet.code_file(code);
        ["add", &offered.link, "--record", &record, "--tx-code-file", &file].map(str::to_owned)
    };
    let refused = |code: &str, word: &str| {
        let arguments = add(code);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = wallet.refuses(&arguments, word);
        assert!(!said.contains(code), "the code is not repeated: {said}");
    };
    refused("12345", "has 6 characters, this one has 5");
    refused(wrong, "the transaction code is wrong");
    fs::write(wallet.path("open"), &right).unwrap();
    let open = ["add", &offered.link, "--record", &record, "--tx-code-file", "open"];
    wallet.refuses(&open, "chmod 600");
    let right = add(&right);
    wallet.does(&right.iter().map(String::as_str).collect::<Vec<_>>());
    // An offer without a code is given none.
    let without = office.offer(&office.issue(2), "none");
    let file = wallet.code_file("493017");
    wallet.refuses(&["add", &without.link, "--tx-code-file", &file], "takes no transaction code");
    wallet.does(&["add", &without.link]);
}

#[test]
fn a_used_code_and_an_unknown_or_expired_one_are_refused() {
    let office = Office::open();
    let (wallet, other) = (Wallet::new(), Wallet::new());
    let record = record_of(office.dir.path());
    let offered = office.offer(&office.issue(1), "none");
    wallet.does(&["add", &offered.link, "--record", &record]);
    wallet.refuses(&["add", &offered.link], "it was used before, or ran out");
    other.refuses(&["add", &offered.link, "--record", &record], "Ask for a new offer");
    // The issuer forgets a code that ran out: it answers as to one that never was.
    let mut unknown = office.offer(&office.issue(2), "none").json();
    let grants = unknown["grants"].as_object_mut().unwrap();
    grants.values_mut().next().unwrap()["pre-authorized_code"] = json!("A".repeat(43));
    wallet.refuses(&["add", &link(&unknown)], "it was used before, or ran out");
}

#[test]
fn an_offer_without_a_form_of_this_wallet_spends_no_code() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let offered = office.offer(&office.issue(1), "none");
    let mut others = offered.json();
    others["credential_configuration_ids"] = json!(["coverage-sd-jwt", "coverage-ldp-vc", "coverage-mdoc"]);
    let said = wallet.refuses(&["add", &link(&others), "--record", &record], "vnd.sanad.entitlement+cwt");
    assert!(said.contains("dc+sd-jwt, ldp_vc, unknown to the issuer"), "{said}");
    wallet.does(&["add", &offered.link, "--record", &record]);
}

#[test]
fn an_offer_of_an_issuer_whose_record_is_not_here_is_not_followed() {
    let (office, other) = (Office::open(), Office::open());
    let wallet = Wallet::new();
    let offered = office.offer(&office.issue(1), "none");
    wallet.refuses(&["add", &offered.link], "give it with --record");
    wallet.refuses(&["add", &offered.link, "--issuer", "KE-SHA"], "no record of KE-SHA is pinned");
    let record = record_of(office.dir.path());
    wallet.refuses(&["add", &offered.link, "--record", &record, "--issuer", "UG-X"], "--issuer is UG-X");
    // Another issuer's record under the same name: what comes does not open with it, and it is not pinned.
    let foreign = record_of(other.dir.path());
    let said = wallet.refuses(&["add", &offered.link, "--record", &foreign], "it was not added");
    assert!(said.contains("was not pinned"), "{said}");
    let again = office.offer(&office.issue(2), "none");
    wallet.does(&["add", &again.link, "--record", &record]);
}

#[test]
fn the_issuer_must_call_itself_as_the_offer_does() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let offered = office.offer(&office.issue(1), "none");
    let mut renamed = offered.json();
    renamed["credential_issuer"] = json!(format!("{}/", office.url));
    wallet.refuses(&["add", &link(&renamed), "--record", &record], "the metadata of another issuer");
}
