//! A module that misbehaves: false signatures, answers of a token that was pulled out, a slow one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use sanad_credential::{PublicKey, Sign as _, Verify as _, VerifyingKey};
use sanad_issuer::hsm::{Hsm, HsmFault, HsmKey, HsmObject};

use crate::office::{FIRST_DAY, text};
use crate::softhsm::{Token, module, pin, with_token};

pub(crate) const MODE: &str = "mode";

/// Compiles the module into the token's directory.
pub(crate) fn faulty_module(token: &Token) -> PathBuf {
    let (source, built) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/faulty_module.c"), token.at("faulty.so"));
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&built).arg(source).arg("-ldl").output();
    let made = made.unwrap_or_else(|error| panic!("cc, which Rust links with too: {error}"));
    assert!(made.status.success(), "{}", text(&made.stderr));
    built
}

struct Tried {
    hsm: Arc<Hsm>,
    key: HsmKey,
    x: PublicKey,
    mode: PathBuf,
}

impl Tried {
    fn new(token: &Token, sessions: u32, wait: Duration) -> Self {
        let module = faulty_module(token);
        let hsm = Hsm::open(Token::settings(&module, sessions, wait), &pin()).unwrap();
        let object = HsmObject::new(Some("k".into()), None).unwrap();
        let x = hsm.generate(&object).unwrap();
        let key = HsmKey::open(&hsm, x, object).unwrap();
        Self { hsm, key, x, mode: token.at(MODE) }
    }

    fn misbehave(&self, mode: &str) {
        fs::write(&self.mode, mode).unwrap();
    }

    fn sign(&self) -> Result<(), HsmFault> {
        let signature = self.key.sign(b"document")?;
        VerifyingKey::new(&self.x).unwrap().verify(b"document", &signature).unwrap();
        Ok(())
    }
}

/// In a child whose module is the one that misbehaves.
pub(crate) fn with_faulty(test: &str, body: impl FnOnce(&Token)) {
    with_token(test, &[("SANAD_TEST_MODE", Path::new(MODE)), ("SANAD_TEST_MODULE", module())], body);
}

#[test]
fn a_false_signature_is_noticed_and_not_used() {
    with_faulty("faults::a_false_signature_is_noticed_and_not_used", |token| {
        let tried = Tried::new(token, 2, Duration::from_secs(10));
        tried.sign().unwrap();
        tried.misbehave("f");
        assert!(matches!(tried.sign(), Err(HsmFault::BadSignature { key }) if key == tried.x.id()));
        // A key that cannot prove itself is not opened either.
        let object = HsmObject::new(Some("k".into()), None).unwrap();
        let fresh = Hsm::open(tried.hsm.settings().clone(), &pin()).unwrap();
        assert!(matches!(HsmKey::open(&fresh, tried.x, object), Err(HsmFault::OtherKey { .. })));
        tried.misbehave("-");
        tried.sign().unwrap();
    });
}

#[test]
fn no_document_leaves_the_program_when_the_module_signs_falsely() {
    with_faulty("faults::no_document_leaves_the_program_when_the_module_signs_falsely", |token| {
        let module = faulty_module(token);
        let office = token.office_with(&module);
        office.rotate(FIRST_DAY, "credential", &["--hsm", "--from", FIRST_DAY]);
        office.issue("2027-01-05", 1);
        let input = office.read("2027-01-05.csv").replace("M-2027-01-05-0", "M-other");
        office.write("other.csv", &input);
        let issue = ["issue", "issuer", "--input", "other.csv", "--out", "out"];
        // The key proves itself, and then signs documents falsely; or not even that.
        for (mode, code, words) in [("x", 1, "a signature that does not hold"), ("f", 3, "is not the key")] {
            fs::write(token.at(MODE), mode).unwrap();
            let told = office.run("2027-01-05", &issue);
            assert_eq!(told.status.code(), Some(code), "{}", text(&told.stderr));
            assert!(text(&told.stderr).contains(words), "{}", text(&told.stderr));
            assert!(office.documents("out").is_empty());
        }
        fs::write(token.at(MODE), "-").unwrap();
        office.done("2027-01-05", &issue);
        assert_eq!(office.documents("out").len(), 1);
    });
}

#[test]
fn a_session_that_was_closed_is_replaced_without_anybody_noticing() {
    with_faulty("faults::a_session_that_was_closed_is_replaced_without_anybody_noticing", |token| {
        let tried = Tried::new(token, 3, Duration::from_secs(10));
        for once in ["D", "S", "D"] {
            tried.misbehave(once);
            tried.sign().unwrap();
            assert_eq!(fs::read_to_string(&tried.mode).unwrap(), "-", "the fault came about");
        }
    });
}

#[test]
fn a_removed_device_is_a_fault_that_says_what_to_do_and_ends_when_it_is_back() {
    with_faulty(
        "faults::a_removed_device_is_a_fault_that_says_what_to_do_and_ends_when_it_is_back",
        |token| {
            let tried = Tried::new(token, 3, Duration::from_secs(10));
            for mode in ["d", "s"] {
                tried.misbehave(mode);
                std::thread::scope(|scope| {
                    for _ in 0..6 {
                        scope.spawn(|| {
                            let fault = tried.sign().unwrap_err().to_string();
                            assert!(fault.contains("see that it is connected"), "{fault}");
                        });
                    }
                });
                tried.misbehave("-");
                tried.sign().unwrap();
            }
        },
    );
}

#[test]
fn a_thread_that_finds_no_session_waits_so_long_and_no_longer() {
    with_faulty("faults::a_thread_that_finds_no_session_waits_so_long_and_no_longer", |token| {
        let tried = Tried::new(token, 1, Duration::from_millis(100));
        tried.misbehave("w");
        // One has the session until the two others have given up, however late they come.
        let (refused, signed) = std::thread::scope(|scope| {
            let (end, ends) = channel();
            for _ in 0..3 {
                let (end, tried) = (end.clone(), &tried);
                scope.spawn(move || end.send(tried.sign()).unwrap());
            }
            let next = || ends.recv_timeout(Duration::from_secs(120));
            let refused = [next(), next()];
            tried.misbehave("-");
            (refused, next())
        });
        let busy = |ended: &Result<_, _>| matches!(ended, Ok(Err(HsmFault::Busy { sessions: 1, .. })));
        assert!(refused.iter().all(busy), "{refused:?}");
        assert!(matches!(signed, Ok(Ok(()))), "{signed:?}");
        tried.sign().unwrap();
    });
}
