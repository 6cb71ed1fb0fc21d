//! Keys in SoftHSM: issuing with several threads, and everything that can be wrong with a token.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use sanad_credential::{Sign as _, Verify as _, VerifyingKey};
use sanad_issuer::hsm::{Hsm, HsmFault, HsmKey, HsmObject};

use crate::office::{FIRST_DAY, Office, opened, text};
use crate::softhsm::{LABEL, PIN, Token, module, pin, with_token};

const WAIT: Duration = Duration::from_secs(10);

/// An office whose credential key is in the token.
fn office(token: &Token) -> Office {
    let office = token.office();
    office.rotate(FIRST_DAY, "credential", &["--hsm", "--from", FIRST_DAY, "--overlap-days", "1"]);
    office
}

fn object(label: &str) -> HsmObject {
    HsmObject::new(Some(label.into()), None).unwrap()
}

fn issue(office: &Office) -> String {
    office.refused("2027-01-05", &["issue", "issuer", "--input", "2027-01-05.csv", "--out", "out"])
}

/// A second program beside ours, for what ours cannot do to a token.
fn session() -> Session {
    let context = Pkcs11::new(module()).unwrap();
    // Ours has done it already, where there is one.
    let _ = context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = context.get_slots_with_token().unwrap();
    let is_ours =
        |slot: &&cryptoki::slot::Slot| context.get_token_info(**slot).unwrap().label().trim_end() == LABEL;
    let session = context.open_rw_session(*slots.iter().find(is_ours).unwrap()).unwrap();
    let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
    session
}

#[test]
fn documents_lists_and_delegations_are_signed_in_the_token_on_all_cores() {
    let token = Token::new();
    let office = token.office();
    let uses = ["credential", "status", "delegation"];
    let more = ["--hsm", "--from", FIRST_DAY, "--overlap-days", "1"];
    let [credential, status, delegation] = uses.map(|key_use| office.rotate(FIRST_DAY, key_use, &more));
    let record = office.record();
    let documents = office.issue("2027-01-05", 100);
    assert_eq!(documents.len(), 100);
    for document in &documents {
        assert_eq!(opened(document, &record), Ok(credential));
    }
    office.done("2027-01-05", &["status", "issuer", "publish", "--out", "lists"]);
    let list = std::fs::read(office.at("lists/0")).unwrap();
    assert_eq!(opened(&list, &record), Ok(status));
    let request =
        office.done("2027-01-05", &["delegate", "coop", "request", "--id", "KE-COOP1", "--scope", "receipt"]);
    office.write("request.json", &request);
    let answer = ["delegate", "issuer", "answer", "request.json", "--out", "delegation.cwt"];
    office.done("2027-01-05", &answer);
    let signed = std::fs::read(office.at("delegation.cwt")).unwrap();
    assert_eq!(opened(&signed, &record), Ok(delegation));
    // The same lists again are the same bytes, so nothing is fetched twice.
    let again = ["status", "issuer", "publish", "--out", "lists", "--changed-only", "--json"];
    assert!(office.done("2027-01-05", &again).contains("\"left\":4"));
    // Revoking needs no signature, and no PIN is asked for.
    let revoke = ["status", "issuer", "revoke", &sanad_cti(&documents[0])];
    let mut command = office.command("2027-01-05", &revoke);
    assert!(command.env_remove("SANAD_HSM_PIN").output().unwrap().status.success());
}

fn sanad_cti(document: &[u8]) -> String {
    let sealed = sanad_credential::Sealed::parse(document).unwrap();
    sealed.unverified_entitlement().unwrap().look().cti.to_string()
}

#[test]
fn a_wrong_pin_is_tried_once_never_shown_and_signs_nothing() {
    let token = Token::new();
    let office = office(&token);
    office.issue("2027-01-05", 1);
    let wrong = "0815-invented";
    let mut command =
        office.command("2027-01-05", &["issue", "issuer", "--input", "2027-01-05.csv", "--out", "out"]);
    let told = command.env("SANAD_HSM_PIN", wrong).output().unwrap();
    let words = text(&told.stderr);
    assert_eq!(told.status.code(), Some(3), "{words}");
    assert!(words.contains("refuses the PIN") && words.contains("It is not tried again"), "{words}");
    assert!(!words.contains(wrong) && !words.contains(PIN), "{words}");
    assert!(!office.at("out").exists());
    let pin_file = office.at("pin");
    std::fs::write(&pin_file, PIN).unwrap();
    let list = ["keys", "issuer", "list", "--check", "--pin-file", "pin"];
    std::fs::set_permissions(&pin_file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(office.refused("2027-01-05", &list).contains("others can read the PIN file"));
    std::fs::set_permissions(&pin_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(office.done("2027-01-05", &list).contains(", opened"));
    assert_eq!(office.run("2027-01-05", &["keys", "issuer", "list", "--pin", PIN]).status.code(), Some(2));
}

#[test]
fn a_pin_that_was_refused_is_not_tried_again_by_any_thread() {
    with_token("hsm::a_pin_that_was_refused_is_not_tried_again_by_any_thread", &[], |_| {
        let hsm = Hsm::open(Token::settings(module(), 4, WAIT), &pin()).unwrap();
        let x = hsm.generate(&object("k")).unwrap();
        let key = HsmKey::open(&hsm, x, object("k")).unwrap();
        // Somebody changes the PIN and logs everybody out: the next session must log in anew.
        let other = session();
        other.set_pin(&AuthPin::new(PIN.into()), &AuthPin::new("another-pin".into())).unwrap();
        other.logout().unwrap();
        let faults: Vec<HsmFault> = std::thread::scope(|scope| {
            let signers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| key.sign(b"document").unwrap_err())).collect();
            signers.into_iter().map(|signer| signer.join().unwrap()).collect()
        });
        assert!(faults.iter().all(|fault| matches!(fault, HsmFault::Pin { .. })), "{faults:?}");
        other.login(UserType::User, Some(&AuthPin::new("another-pin".into()))).unwrap();
        other.set_pin(&AuthPin::new("another-pin".into()), &AuthPin::new(PIN.into())).unwrap();
        assert!(matches!(key.sign(b"document"), Err(HsmFault::Pin { .. })), "it was tried again");
    });
}

#[test]
fn eight_threads_share_three_sessions_and_every_signature_holds() {
    with_token("hsm::eight_threads_share_three_sessions_and_every_signature_holds", &[], |_| {
        let hsm = Hsm::open(Token::settings(module(), 3, WAIT), &pin()).unwrap();
        let x = hsm.generate(&object("k")).unwrap();
        let key = HsmKey::open(&hsm, x, object("k")).unwrap();
        let point = VerifyingKey::new(&x).unwrap();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let (key, point) = (&key, &point);
                scope.spawn(move || {
                    for number in 0..100_u8 {
                        let message = [thread, number];
                        point.verify(&message, &key.sign(&message).unwrap()).unwrap();
                    }
                });
            }
        });
        let sessions = session().get_session_info().is_ok();
        assert!(sessions);
        eprintln!("hsm: 800 signatures by 8 threads over 3 sessions in {:?}", begun.elapsed());
    });
}

#[test]
fn a_key_that_is_not_in_the_token_is_named() {
    let token = Token::new();
    let office = office(&token);
    office.issue("2027-01-05", 1);
    office.change("issuer/issuer.toml", "label = \"sanad KE-SHA credential", "label = \"sanad XX credential");
    let refusal = issue(&office);
    assert!(refusal.contains("has no private key \"sanad XX credential 2027-01-01\" (id "), "{refusal}");
}

#[test]
fn a_token_that_is_not_there_is_named_beside_those_that_are() {
    let token = Token::new();
    let office = office(&token);
    office.issue("2027-01-05", 1);
    office.change("issuer/issuer.toml", "token = \"sanad-test\"", "token = \"another\"");
    let refusal = issue(&office);
    assert!(refusal.contains("no token \"another\"; it has \"sanad-test\""), "{refusal}");
    // Two with one label: neither is guessed.
    token.add("another");
    token.add("another");
    let refusal = issue(&office);
    assert!(refusal.contains("2 tokens have the label \"another\""), "{refusal}");
    office.change("issuer/issuer.toml", "token = \"another\"", "slot = 4294967295");
    assert!(issue(&office).contains("no token in slot 4294967295"));
}

#[test]
fn a_key_on_another_curve_signs_no_document() {
    with_token("hsm::a_key_on_another_curve_signs_no_document", &[], |token| {
        let office = office(token);
        office.issue("2027-01-05", 1);
        let curves: [(&str, Mechanism<'_>, &[u8], &str); 2] = [
            (
                "ed448",
                Mechanism::EccEdwardsKeyPairGen,
                b"\x13\x0aedwards448",
                "on another curve (edwards448)",
            ),
            (
                "p256",
                Mechanism::EccKeyPairGen,
                b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
                "a key of type CKK_EC",
            ),
        ];
        let toml = office.read("issuer/issuer.toml");
        let (_, rest) = toml.split_once("hsm = { ").unwrap();
        let (named, _) = rest.split_once(" }").unwrap();
        for (label, mechanism, curve, words) in curves {
            let name = Attribute::Label(label.as_bytes().to_vec());
            let public = [Attribute::Token(true), Attribute::EcParams(curve.to_vec()), name.clone()];
            let private = [Attribute::Token(true), Attribute::Sign(true), name];
            session().generate_key_pair(&mechanism, &public, &private).unwrap();
            office.write("issuer/issuer.toml", &toml.replace(named, &format!("label = \"{label}\"")));
            let refusal = issue(&office);
            assert!(refusal.contains(words) && refusal.contains("not an Ed25519 key"), "{refusal}");
        }
    });
}

#[test]
fn a_key_of_the_token_that_is_not_the_one_of_issuer_toml_is_refused_with_both() {
    let token = Token::new();
    let office = office(&token);
    office.issue("2027-01-05", 1);
    office.rotate(FIRST_DAY, "status", &["--hsm", "--from", FIRST_DAY]);
    let keys = office.keys(FIRST_DAY);
    let x = |key_use: &str| {
        let key = keys.iter().rfind(|key| key["use"] == key_use).unwrap();
        key["x"].as_str().unwrap().to_owned()
    };
    let toml = office.read("issuer/issuer.toml");
    let objects: Vec<&str> = toml.lines().filter(|line| line.starts_with("hsm = {")).collect();
    let swapped =
        toml.replace(objects[0], "FIRST").replace(objects[1], objects[0]).replace("FIRST", objects[1]);
    office.write("issuer/issuer.toml", &swapped);
    let refusal = issue(&office);
    assert!(
        refusal.contains(&format!("is not the key {} of issuer.toml but {}", x("credential"), x("status"))),
        "{refusal}"
    );
}

/// Also where both have the same name: the one that is meant is found among them.
#[test]
fn two_keys_of_one_name_are_told_apart_by_what_they_sign() {
    with_token("hsm::two_keys_of_one_name_are_told_apart_by_what_they_sign", &[], |_| {
        let hsm = Hsm::open(Token::settings(module(), 2, WAIT), &pin()).unwrap();
        let keys = [(); 3].map(|()| hsm.generate(&object("k")).unwrap());
        for x in keys {
            let key = HsmKey::open(&hsm, x, object("k")).unwrap();
            VerifyingKey::new(&x).unwrap().verify(b"m", &key.sign(b"m").unwrap()).unwrap();
        }
        let other = sanad_credential::SigningKey::from_secret(&[1; 32]).public_key();
        let refusal = HsmKey::open(&hsm, other, object("k")).unwrap_err();
        assert!(matches!(refusal, HsmFault::OtherKey { found: Some(_), .. }), "{refusal:?}");
    });
}

#[test]
fn a_token_that_is_pulled_out_fails_and_signs_again_when_it_is_back() {
    with_token("hsm::a_token_that_is_pulled_out_fails_and_signs_again_when_it_is_back", &[], |token| {
        let hsm = Hsm::open(Token::settings(module(), 3, WAIT), &pin()).unwrap();
        let x = hsm.generate(&object("k")).unwrap();
        let key = HsmKey::open(&hsm, x, object("k")).unwrap();
        let point = VerifyingKey::new(&x).unwrap();
        for _ in 0..3 {
            point.verify(b"m", &key.sign(b"m").unwrap()).unwrap();
            token.pull_out();
            match key.sign(b"m") {
                // SoftHSM may still have it in memory; then it is as good as before.
                Ok(signature) => point.verify(b"m", &signature).unwrap(),
                Err(fault) => {
                    eprintln!("pulled out: {fault}");
                    assert!(!matches!(fault, HsmFault::Pin { .. }), "{fault}");
                }
            }
            token.put_in();
            // The module is started anew once a second at most.
            let back = Instant::now();
            let signature = loop {
                match key.sign(b"m") {
                    Ok(signature) => break signature,
                    Err(fault) => assert!(back.elapsed() < Duration::from_secs(120), "{fault}"),
                }
            };
            point.verify(b"m", &signature).unwrap();
        }
    });
}

/// A module that looks for its tokens only when it starts has to be started anew, while all threads go on asking.
#[test]
fn a_token_that_was_away_under_load_is_used_again_by_all_threads() {
    with_token("hsm::a_token_that_was_away_under_load_is_used_again_by_all_threads", &[], |token| {
        let hsm = Hsm::open(Token::settings(module(), 3, WAIT), &pin()).unwrap();
        let x = hsm.generate(&object("k")).unwrap();
        let key = HsmKey::open(&hsm, x, object("k")).unwrap();
        let point = VerifyingKey::new(&x).unwrap();
        token.pull_out();
        // Whoever asks now finds nothing, and the sessions of before are given up.
        Pkcs11::new(module()).unwrap().finalize().unwrap();
        let (back, refused) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut signed = 0;
                    let begun = Instant::now();
                    while signed < 20 {
                        match key.sign(b"m") {
                            Ok(signature) => {
                                assert!(back.load(SeqCst), "signed without a token");
                                point.verify(b"m", &signature).unwrap();
                                signed += 1;
                            }
                            Err(fault) => {
                                assert!(!matches!(fault, HsmFault::Pin { .. }), "{fault}");
                                assert!(begun.elapsed() < Duration::from_secs(120), "{fault}");
                                refused.fetch_add(1, SeqCst);
                            }
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_secs(3));
            back.store(true, SeqCst);
            token.put_in();
        });
        let refused = refused.load(SeqCst);
        assert!(refused > 8, "{refused} refusals: nobody noticed that it was away");
    });
}

#[test]
fn a_module_that_started_anew_is_used_again() {
    with_token("hsm::a_module_that_started_anew_is_used_again", &[], |_| {
        let hsm = Hsm::open(Token::settings(module(), 3, WAIT), &pin()).unwrap();
        let x = hsm.generate(&object("k")).unwrap();
        let key = HsmKey::open(&hsm, x, object("k")).unwrap();
        let point = VerifyingKey::new(&x).unwrap();
        let sign =
            || point.verify(b"m", &key.sign(b"m")?).map_err(|_| HsmFault::BadSignature { key: x.id() });
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..20).for_each(|_| sign().unwrap()));
            }
        });
        let again = Pkcs11::new(module()).unwrap();
        again.clone().finalize().unwrap();
        again.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| (0..50).for_each(|_| sign().unwrap()));
            }
        });
        // Ended by somebody and not started again: we do, after a second.
        again.finalize().unwrap();
        std::thread::sleep(Duration::from_millis(1_100));
        sign().unwrap();
    });
}

#[test]
fn a_key_that_was_deleted_from_the_token_is_missed() {
    with_token("hsm::a_key_that_was_deleted_from_the_token_is_missed", &[], |_| {
        let hsm = Hsm::open(Token::settings(module(), 1, WAIT), &pin()).unwrap();
        let x = hsm.generate(&object("k")).unwrap();
        let key = HsmKey::open(&hsm, x, object("k")).unwrap();
        key.sign(b"m").unwrap();
        let other = session();
        for handle in other.find_objects(&[Attribute::Label(b"k".to_vec())]).unwrap() {
            other.destroy_object(handle).unwrap();
        }
        let fault = key.sign(b"m").unwrap_err();
        assert!(matches!(fault, HsmFault::NoKey { .. }), "{fault:?}");
    });
}

#[test]
fn what_is_no_module_is_refused() {
    let token = Token::new();
    let office = office(&token);
    office.issue("2027-01-05", 1);
    let toml = office.read("issuer/issuer.toml");
    let module = module().display().to_string();
    for (path, words) in [("/nonexistent/m.so", "cannot open"), ("/etc/passwd", "invalid ELF header")] {
        office.write("issuer/issuer.toml", &toml.replace(&module, path));
        let refusal = issue(&office);
        assert!(refusal.contains(words) && refusal.contains("must name a PKCS #11 module"), "{refusal}");
    }
    office.write("issuer/issuer.toml", &toml.replace(&module, "libsofthsm2.so"));
    assert!(issue(&office).contains("hsm.module: must be the absolute path"));
}
