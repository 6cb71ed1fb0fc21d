//! The whole way of an entitlement: an offer of the issuer's service, the wallet, a request of the desk's service, and the answer
//! that the desk reads.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use sanad_tests::programs::program;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::office::{NEVER, Office};
use crate::wallet::{Wallet, record_of};

/// An office with one person's cover, and the wallet that has it.
pub(crate) fn covered() -> (Office, String, Wallet) {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let cti = office.issue(1);
    wallet.does(&["add", &office.offer(&cti, "none").link, "--record", &record]);
    (office, cti, wallet)
}

#[test]
fn from_an_offer_to_a_decision_with_a_receipt_once() {
    let (office, cti, wallet) = covered();
    let mut desk = Desk::open(&office);
    let (id, link) = desk.begin();
    let said: Value = serde_json::from_str(&wallet.does(&["present", &link, "--yes", "--json"])).unwrap();
    assert_eq!(
        (&said["state"], &said["verifier"], &said["redirect_uri"]),
        (&json!("presented"), &json!(desk.url), &Value::Null),
        "{said}"
    );
    assert_eq!(said["documents"][0]["disclosed"], json!({"number": "INV-1", "name": "Wanjiru Invented"}));
    let view = desk.view(&id);
    assert_eq!(view["state"], "answered", "{view}");
    let answer = &view["answer"];
    assert_eq!(answer["decision"], "COVERED", "{answer}");
    assert!(
        answer["receipt"].is_string() && answer["receipt_text"].as_str().unwrap().starts_with("SND"),
        "{answer}"
    );
    let subject = &answer["claims"]["subject"];
    assert_eq!((&subject["name"], &subject["birth"]), (&json!("Wanjiru Invented"), &Value::Null));
    // Once: the request is closed, and another is another.
    wallet.refuses(&["present", &link, "--yes"], "refused (409)");
    // From a picture, after a backup was restored elsewhere.
    let (id, link) = desk.begin();
    let module = sanad_qr::ModulePixels::new(6).unwrap();
    fs::write(wallet.path("desk.png"), sanad_qr::png(&sanad_qr::draw_link(&link).unwrap(), module).unwrap())
        .unwrap();
    wallet.does(&["backup", "--out", "b.sndb"]);
    wallet.does(&["restore", "b.sndb", "--wallet", "again"]);
    let said = wallet.does(&["present", "desk.png", "--yes", "--wallet", "again"]);
    assert!(said.contains("took the answer"), "{said}");
    assert_eq!(desk.view(&id)["answer"]["decision"], "COVERED");
    // Suspended, the desk says so from the list in its next pack.
    office.post(&format!("/v1/credentials/{cti}/suspend"), &json!({"reason": "lost"}), "");
    let began = Instant::now();
    loop {
        desk.update(&office);
        let (id, link) = desk.begin();
        wallet.does(&["present", &link, "--yes"]);
        let view = desk.view(&id);
        if view["answer"]["reasons"].as_array().unwrap().contains(&json!("SUSPENDED")) {
            assert_ne!(view["answer"]["decision"], "COVERED", "{view}");
            break;
        }
        // Nothing but what was published before.
        assert_eq!(view["answer"]["decision"], "COVERED", "{view}");
        assert!(began.elapsed() < NEVER, "{view}");
    }
}

#[test]
fn nothing_is_shown_without_consent_and_no_is_told_where_the_holder_wants_it() {
    let (office, _, wallet) = covered();
    let desk = Desk::open(&office);
    let (id, link) = desk.begin();
    // Nobody can be asked.
    let output = wallet.run(&["present", &link]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    // Somebody is asked, and sees what would be shown.
    let (code, said) = typed(&wallet, &link, "never mind\n");
    assert_eq!(code, Some(3), "{said}");
    for word in [
        desk.url.as_str(),
        "number: INV-1",
        "name: Wanjiru Invented",
        "nothing was shown and nothing was told",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("1987"), "the birth was not asked for: {said}");
    assert_eq!(desk.view(&id)["state"], "open");
    let (code, said) = typed(&wallet, &link, "no\n");
    assert!(code == Some(0) && said.contains("you decline; nothing was shown"), "{said}");
    assert_eq!(desk.view(&id)["state"], "declined");
    let (id, link) = desk.begin();
    let (code, said) = typed(&wallet, &link, "yes\n");
    assert!(code == Some(0) && said.contains("took the answer"), "{said}");
    assert_eq!(desk.view(&id)["state"], "answered");
    // In a script; nobody needs a wallet for it.
    let (id, link) = desk.begin();
    let said = wallet.does(&["present", &link, "--decline", "--json", "--wallet", "nowhere"]);
    assert!(said.contains("\"state\":\"declined\""), "{said}");
    assert_eq!(desk.view(&id)["state"], "declined");
}

/// The program at a terminal, where somebody types.
fn typed(wallet: &Wallet, link: &str, text: &str) -> (Option<i32>, String) {
    let command = format!("'{}' --wallet wallet present '{link}'", program("sanad-wallet").display());
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(wallet.path(""))
        .env("SANAD_PASSPHRASE", "millet and rain")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(input);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn of_two_rights_the_holder_says_which_and_of_none_what_is_missing() {
    let (office, _, wallet) = covered();
    let desk = Desk::open(&office);
    wallet.does(&["add", &office.offer(&office.issue(2), "none").link]);
    let held = wallet.held();
    let id_of = |number: &str| {
        let found = held.iter().find(|held| held["claims"]["subject"]["number"] == number).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let (id, link) = desk.begin();
    wallet
        .refuses(&["present", &link, "--yes"], "2 documents meet the request: say which with --document ID");
    wallet.refuses(&["present", &link, "--yes", "--document", "zz"], "0 documents have an id");
    assert_eq!(desk.view(&id)["state"], "open");
    wallet.does(&["present", &link, "--yes", "--document", &id_of("INV-2")]);
    assert_eq!(desk.view(&id)["answer"]["claims"]["subject"]["number"], "INV-2");
    // A wallet without any.
    let empty = Wallet::new();
    let (id, link) = desk.begin();
    let said = empty.refuses(&["present", &link, "--yes"], "it holds no SD-JWT VC");
    assert!(said.contains("urn:sanad:vct:coverage:v1") && said.contains("--decline"), "{said}");
    assert_eq!(desk.view(&id)["state"], "open");
}
