//! What whoever has offers and tokens may try: more copies than there may be, tokens without end, vouchers paid for each
//! copy; and what a kill may leave behind.

use std::time::{Duration, Instant};

use sanad_credential::{CredentialId, FixedBytes};
use sanad_issuer::audit::{Act, Actor, Note};
use sanad_issuer::store::{Expect, PaperId, PaperKey, PaperKind, PaperWrite, StatusChange};
use sanad_issuer::transition::Change;
use serde_json::json;

use crate::forms::now;
use crate::office::{Office, StoreKind, fresh_key, person, until, year};
use crate::vci::{SD_JWT, cti_of, issue, status_of};
use crate::wallet::{Offer, ask, credentials, key, nonce, office, proof, redeemed, refused, wanted};

/// Most copies of a document.
const COPIES_MAX: usize = 20;

#[test]
fn offers_side_by_side_make_no_more_copies_than_follow_their_document() {
    let office = office(StoreKind::Embedded);
    for round in 0..3_u8 {
        let original = issue(&office, &format!("side-{round}"));
        // Four offers of eight: more than may be made.
        let tokens: Vec<String> =
            (0..4).map(|_| redeemed(&office, &Offer::of(&office, &original, "none"))).collect();
        let copies: Vec<String> = std::thread::scope(|scope| {
            let wallets: Vec<_> = tokens
                .iter()
                .zip(0_u8..)
                .map(|(token, wallet)| {
                    let office = &office;
                    scope.spawn(move || {
                        let mut copies = Vec::new();
                        for pair in 0..4 {
                            let keys = [0, 1].map(|number| key(1 + wallet * 8 + pair * 2 + number));
                            for _ in 0..20 {
                                let nonce = nonce(office);
                                let proofs = keys.each_ref().map(|key| proof(key, &nonce));
                                let answer = ask(office, token, "credential", &wanted(SD_JWT, &proofs));
                                match answer.status {
                                    200 => copies.extend(credentials(&answer).iter().map(cti_of)),
                                    // Others were quicker.
                                    409 => continue,
                                    _ => refused(&answer, "credential_request_denied"),
                                }
                                break;
                            }
                        }
                        copies
                    })
                })
                .collect();
            wallets.into_iter().flat_map(|wallet| wallet.join().unwrap()).collect()
        });
        assert!((1..=COPIES_MAX).contains(&copies.len()), "{}", copies.len());
        let why = json!({"reason": "fraud", "legal_basis": "invented"});
        office.post("revoker", &format!("/v1/credentials/{original}/revoke"), &why).is(200);
        for copy in &copies {
            assert_eq!(status_of(&office, copy), "revoked");
        }
    }
    office.close();
}

#[test]
fn a_voucher_is_not_offered_since_each_copy_would_be_paid() {
    let office = office(StoreKind::Embedded);
    let voucher = json!({
        "type": "benefit", "subject": {"number": "INV-9", "name": "Zawadi Kanari", "birth": "1990"},
        "programme": "INVENTED", "benefit_type": "voucher", "functions": ["family"],
        "from": format!("{}-01-01", year()), "to": format!("{}-12-31", year() + 1),
        "money": {"minor": 50000, "currency": "KES"}, "serials": [1, 3], "areas": ["KE-30"],
    });
    let cti = office.issue("registrar", &voucher);
    let offer =
        office.post("registrar", &format!("/v1/credentials/{cti}/offer"), &json!({"tx_code": "none"}));
    assert!(offer.refused(409, "form-unavailable").member("detail").contains("paid out once"));
    office.close();
}

#[test]
fn a_token_that_asks_on_and_on_is_refused() {
    let office = office(StoreKind::Embedded);
    let original = issue(&office, "on-and-on");
    let change = |act: &str| {
        office
            .post("revoker", &format!("/v1/credentials/{original}/{act}"), &json!({"reason": "lost"}))
            .is(200);
    };
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    let asked = |office: &Office| {
        let proofs = [proof(&key(0x31), &nonce(office))];
        ask(office, &token, "credential", &wanted(SD_JWT, &proofs))
    };
    change("suspend");
    for _ in 0..8 {
        asked(&office).is(202);
    }
    change("resume");
    for _ in 0..8 {
        asked(&office).is(200);
    }
    refused(&asked(&office), "credential_request_denied");
    office.close();
}

/// The paper of copies that must follow, as a re-issue writes it before it supersedes the document.
fn owed(cti: &str) -> PaperWrite {
    let id = PaperId::new(&format!("follow-{cti}-0000000000000001")).unwrap();
    let content = json!({"since": now().seconds(), "by": "token:1234abcd"}).to_string().into_bytes();
    PaperWrite {
        key: PaperKey { kind: PaperKind::Wallet, id },
        expect: Expect::Absent,
        content: Some(content),
    }
}

#[test]
fn copies_follow_at_the_next_start_where_a_kill_came_between() {
    let mut office = office(StoreKind::Embedded);
    let original = issue(&office, "killed");
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    let proofs = [proof(&key(0x32), &nonce(&office))];
    let answer = ask(&office, &token, "credential", &wanted(SD_JWT, &proofs)).is(200);
    let copy = cti_of(&credentials(&answer)[0]);
    office.stop();
    let store = office.store();
    store.write_papers(&[owed(&original)], &[]).unwrap();
    // What the commit of the re-issue did, and then came the kill.
    let cti: CredentialId = FixedBytes::from_hex(&original).unwrap();
    let who = Actor::new("token:1234abcd").unwrap();
    let note = Note { at: now(), who, act: Act::Supersede, on: original.clone(), detail: String::new() };
    store.change_status(&[StatusChange { cti, change: Change::Supersede, note }]).unwrap();
    drop(store);
    office.start();
    office.wait_until_ready();
    until("the copy follows", || status_of(&office, &copy) == "superseded");
    office.close();
}

#[test]
fn a_reissue_takes_the_copies_along_and_leaves_nothing_owed() {
    let mut office = office(StoreKind::Embedded);
    let original = office.issue("registrar", &person("taken-along", "Zawadi Kanari", "KE-30"));
    let token = redeemed(&office, &Offer::of(&office, &original, "none"));
    let proofs = [proof(&key(0x33), &nonce(&office))];
    let answer = ask(&office, &token, "credential", &wanted(SD_JWT, &proofs)).is(200);
    let copy = cti_of(&credentials(&answer)[0]);
    let began = Instant::now();
    let reissue = office.call("registrar", "POST", &format!("/v1/credentials/{original}/reissue"));
    reissue.key(&fresh_key()).json(&json!({"reason": "lost"})).send().is(201);
    assert_eq!(status_of(&office, &copy), "superseded");
    assert!(began.elapsed() < Duration::from_secs(30), "it waited for the keeper");
    office.stop();
    let papers = office.store().papers(PaperKind::Wallet, "follow-", None, 10).unwrap();
    assert_eq!(papers.len(), 0, "nothing is owed");
    office.close();
}
