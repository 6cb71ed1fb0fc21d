//! Phone credentials at a counter: what a presentation proves, and each way to show one that proves nothing.
//!
//! The region, its schemes and the people are invented; the phones' keys are numbers.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_credential::{
    Binding, Challenge, Claims, DelegationId, FixedBytes, HolderKey, Nonce, Presentation, QrText, SigningKey,
    UnixTime, seal_entitlement, seal_presentation,
};
use sanad_tests::programs::program;
use sanad_tests::region::key;
use sanad_tests::two_countries::{HOUSEHOLD, region};
use sanad_trust::client::Anchor;
use sanad_trust::floors::Floors;
use sanad_trust::pack::{Held, Pack};
use sanad_verifier::{Documents, Tokens};
use serde_json::Value;

/// When the questions are asked.
const NOW: &str = "2026-06-01T09:00:00Z";

fn phone(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

/// The household's card, bound to a phone.
fn credential(holder: &SigningKey) -> Vec<u8> {
    let mut draft = Claims::from_json_text(HOUSEHOLD).unwrap().into_draft();
    draft.holder_key = Some(HolderKey(holder.public_key()));
    seal_entitlement(&draft.check().unwrap(), &key("KE-SHA credential")).unwrap()
}

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let region = region("2026-05-31", &[]);
        let desk = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(desk.path("root.json"), region.first_root()).unwrap();
        fs::write(desk.path("p.sanadpack"), region.current_pack().write().unwrap()).unwrap();
        let root = desk.path("root.json").to_str().unwrap().to_owned();
        assert!(desk.run(&["pack", "init", "--root", &root]).status.success());
        let pack = desk.path("p.sanadpack").to_str().unwrap().to_owned();
        assert!(desk.run(&["pack", "update", &pack, "--now", "2026-05-31"]).status.success());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sanad-verify"));
        command.args(arguments).arg("--state").arg(self.path("state"));
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "SANAD_PASSPHRASE"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    fn challenge(&self, at: &str) -> Nonce {
        let shown = self.run(&["challenge", "--facility", "UG-F01", "--json", "--now", at]);
        assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        Challenge::parse(shown["challenge"].as_str().unwrap()).unwrap().nonce
    }

    /// What is decided of a code for a facility, with the person compared and found the same; and what is said of the token.
    fn ask_at(&self, code: &str, facility: &[&str], now: &[&str]) -> Asked {
        let question = [
            "check",
            code,
            "--place",
            "UG",
            "--benefit",
            "OPD",
            "--person",
            "match",
            "--level",
            "3",
            "--json",
        ];
        let output = self.run(&[&question[..], facility, now].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Asked {
            reasons: lines[0]["reasons"].as_array().unwrap_or(&Vec::new()).iter().map(words).collect(),
            decision: words(&lines[0]["decision"]),
            presentation: lines.get(1).map(|line| words(&line["presentation"])),
            fault: lines.get(1).map(|line| words(&line["fault"])).unwrap_or_default(),
        }
    }

    fn ask(&self, code: &str) -> Asked {
        self.ask_at(code, &["--facility", "UG-F01"], &["--now", NOW, "--clock", "ok"])
    }
}

#[derive(Debug)]
struct Asked {
    decision: String,
    reasons: Vec<String>,
    presentation: Option<String>,
    fault: String,
}

impl Asked {
    /// The comparison of the person counts: the phone proved its key.
    #[track_caller]
    fn proves(&self) {
        assert_eq!(self.presentation.as_deref(), Some("accepted"), "{self:?}");
        assert!(!self.reasons.contains(&"PERSON_UNCHECKED".to_owned()), "{self:?}");
        assert_eq!(self.decision, "COVERED", "{self:?}");
    }

    /// A copy: decided like paper, the comparison counts as not made.
    #[track_caller]
    fn is_a_copy(&self, because: &str) {
        assert_eq!(self.presentation.as_deref(), Some("refused"), "{self:?}");
        assert!(self.fault.contains(because), "{self:?}");
        assert!(self.reasons.contains(&"PERSON_UNCHECKED".to_owned()), "{self:?}");
        assert!(!self.reasons.contains(&"SIG_INVALID".to_owned()), "{self:?}");
    }
}

fn text(document: &[u8]) -> String {
    QrText::from_document(document).unwrap().as_str().to_owned()
}

/// A token of the first phone for a facility.
fn token(aud: &str, iat: &str, cnonce: Option<Nonce>) -> Vec<u8> {
    token_of(&credential(&phone(1)), &phone(1), aud, iat, cnonce)
}

fn token_of(credential: &[u8], holder: &SigningKey, aud: &str, iat: &str, cnonce: Option<Nonce>) -> Vec<u8> {
    let aud = DelegationId::new(aud).unwrap();
    let binding = Binding { aud, iat: UnixTime::parse(iat).unwrap(), cnonce };
    seal_presentation(credential, &binding, holder).unwrap()
}

#[test]
fn an_answer_to_the_challenge_counts_once_whatever_the_clock_of_the_phone_says() {
    let desk = Desk::new();
    let nonce = desk.challenge(NOW);
    // A phone whose clock is six years behind.
    let shown = text(&token("UG-F01", "2020-03-01T00:00:00Z", Some(nonce)));
    desk.ask(&shown).proves();
    desk.ask(&shown).is_a_copy("accepted here before");
}

#[test]
fn a_token_without_a_challenge_counts_within_two_minutes_of_a_believed_clock() {
    let desk = Desk::new();
    for (iat, counts) in [
        ("2026-06-01T08:58:00Z", true),
        ("2026-06-01T09:02:00Z", true),
        ("2026-06-01T08:57:59Z", false),
        ("2026-06-01T09:02:01Z", false),
    ] {
        let asked = desk.ask(&text(&token("UG-F01", iat, None)));
        if counts { asked.proves() } else { asked.is_a_copy("at most 120 seconds") }
    }
    let now = text(&token("UG-F01", NOW, None));
    let unknown = desk.ask_at(&now, &["--facility", "UG-F01"], &["--now", NOW, "--clock", "unknown"]);
    unknown.is_a_copy("clock cannot be believed");
    // With a challenge it needs no clock.
    let nonce = desk.challenge(NOW);
    let answer = text(&token("UG-F01", "2020-03-01T00:00:00Z", Some(nonce)));
    let asked = desk.ask_at(&answer, &["--facility", "UG-F01"], &["--now", NOW, "--clock", "unknown"]);
    assert_eq!(asked.presentation.as_deref(), Some("accepted"), "{asked:?}");
}

#[test]
fn a_replayed_token_is_refused_by_the_verifier_that_accepted_it_also_after_a_restart() {
    let desk = Desk::new();
    let shown = text(&token("UG-F01", NOW, None));
    desk.ask(&shown).proves();
    // Each command is a process of its own, so that the memory is on the disk or nowhere.
    for _ in 0..3 {
        desk.ask(&shown).is_a_copy("accepted here before");
    }
    // A second one of the same phone, in the same second, is another one.
    let nonce = desk.challenge(NOW);
    desk.ask(&text(&token("UG-F01", NOW, Some(nonce)))).proves();
}

#[test]
fn a_screenshot_of_an_earlier_presentation_is_refused() {
    let desk = Desk::new();
    let nonce = desk.challenge("2026-05-31T09:00:00Z");
    // Never shown to the verifier, but photographed: its challenge is a day old.
    desk.ask(&text(&token("UG-F01", "2026-05-31T09:00:00Z", Some(nonce))))
        .is_a_copy("within the last 10 minutes");
    desk.ask(&text(&token("UG-F01", "2026-05-31T09:00:00Z", None))).is_a_copy("at most 120 seconds");
}

#[test]
fn a_challenge_counts_for_ten_minutes() {
    let desk = Desk::new();
    for (shown, counts) in [("2026-06-01T08:50:00Z", true), ("2026-06-01T08:49:59Z", false)] {
        let nonce = desk.challenge(shown);
        let asked = desk.ask(&text(&token("UG-F01", NOW, Some(nonce))));
        if counts { asked.proves() } else { asked.is_a_copy("within the last 10 minutes") }
    }
}

#[test]
fn a_token_for_another_verifier_is_refused() {
    let desk = Desk::new();
    let nonce = desk.challenge(NOW);
    desk.ask(&text(&token("UG-F04", NOW, Some(nonce)))).is_a_copy("made for UG-F04, this is UG-F01");
    // Nor does a token for this one count at the other, with its challenge.
    let here = text(&token("UG-F01", NOW, Some(nonce)));
    let there = desk.ask_at(&here, &["--facility", "UG-F04"], &["--now", NOW, "--clock", "ok"]);
    there.is_a_copy("made for UG-F01, this is UG-F04");
    // Nor where nobody says who asks.
    desk.ask_at(&here, &[], &["--now", NOW, "--clock", "ok"]).is_a_copy("give --facility");
    desk.ask(&here).proves();
}

#[test]
fn a_challenge_that_somebody_else_showed_is_refused() {
    let desk = Desk::new();
    desk.challenge(NOW);
    desk.ask(&text(&token("UG-F01", NOW, Some(FixedBytes([7; 16]))))).is_a_copy("not shown here");
    // One that another desk with the same id showed, but not this one.
    let nonce = Desk::new().challenge(NOW);
    desk.ask(&text(&token("UG-F01", NOW, Some(nonce)))).is_a_copy("not shown here");
}

#[test]
fn a_token_from_another_holders_key_is_refused() {
    let desk = Desk::new();
    let nonce = desk.challenge(NOW);
    let copied = credential(&phone(1));
    desk.ask(&text(&token_of(&copied, &phone(2), "UG-F01", NOW, Some(nonce))))
        .is_a_copy("not from the phone");
}

#[test]
fn a_token_moved_around_another_credential_of_the_same_phone_is_refused() {
    let desk = Desk::new();
    let nonce = desk.challenge(NOW);
    let mut other = Claims::from_json_text(HOUSEHOLD).unwrap().into_draft();
    other.holder_key = Some(HolderKey(phone(1).public_key()));
    other.cti = FixedBytes([9; 8]);
    let other = seal_entitlement(&other.check().unwrap(), &key("KE-SHA credential")).unwrap();
    let one = token("UG-F01", NOW, Some(nonce));
    let around = token_of(&other, &phone(1), "UG-F01", NOW, Some(nonce));
    let moved = [&around[..around.len() - 64], &one[one.len() - 64..]].concat();
    desk.ask(&text(&moved)).is_a_copy("not from the phone");
}

#[test]
fn a_stripped_token_is_a_copy() {
    let desk = Desk::new();
    let nonce = desk.challenge(NOW);
    let whole = token("UG-F01", NOW, Some(nonce));
    let stripped = Presentation::parse(&whole).unwrap().credential().as_bytes().to_vec();
    let asked = desk.ask(&text(&stripped));
    assert_eq!(asked.presentation, None);
    assert!(asked.reasons.contains(&"PERSON_UNCHECKED".to_owned()), "{asked:?}");
}

#[test]
fn a_paper_copy_of_a_phone_credential_is_decided_like_paper_with_the_person_unchecked() {
    let desk = Desk::new();
    let asked = desk.ask(&text(&credential(&phone(1))));
    // Care of low risk accepts what is not known of the person; what is costly does not.
    assert_eq!(asked.decision, "COVERED", "{asked:?}");
    assert!(asked.reasons.contains(&"PERSON_UNCHECKED".to_owned()), "{asked:?}");
    let paper = seal_entitlement(&Claims::from_json_text(HOUSEHOLD).unwrap(), &key("KE-SHA credential"));
    let asked = desk.ask(&text(&paper.unwrap()));
    assert!(!asked.reasons.contains(&"PERSON_UNCHECKED".to_owned()), "{asked:?}");
}

#[test]
fn a_token_around_a_forged_credential_shows_nothing_and_proves_nothing() {
    let desk = Desk::new();
    let nonce = desk.challenge(NOW);
    let mut draft = Claims::from_json_text(HOUSEHOLD).unwrap().into_draft();
    draft.holder_key = Some(HolderKey(phone(1).public_key()));
    // The forger signs with a key of his own, and names the issuer's.
    let mut forged = seal_entitlement(&draft.check().unwrap(), &key("KE-SHA credential")).unwrap();
    *forged.last_mut().unwrap() ^= 1;
    let asked = desk.ask(&text(&token_of(&forged, &phone(1), "UG-F01", NOW, Some(nonce))));
    assert_eq!(asked.presentation.as_deref(), Some("not_judged"), "{asked:?}");
    assert_eq!(asked.reasons, ["SIG_INVALID"], "{asked:?}");
}

#[test]
fn a_token_that_was_laid_down_twice_counts_once() {
    let desk = Desk::new();
    let shown = text(&token("UG-F01", NOW, None));
    let question =
        ["check", &shown, &shown, "--place", "UG", "--benefit", "OPD", "--json", "--facility", "UG-F01"];
    let output = desk.run(&[&question[..], &["--now", NOW, "--clock", "ok"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.matches("\"accepted\"").count(), 1, "{said}");
    assert_eq!(said.matches("\"refused\"").count(), 1, "{said}");
}

#[test]
fn two_desks_of_one_device_do_not_both_accept_a_token() {
    let desk = Desk::new();
    let shown = text(&token("UG-F01", NOW, None));
    let accepted: usize = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| desk.ask(&shown))).collect();
        let accepted = asked.into_iter().map(|asked| asked.join().unwrap());
        accepted.filter(|asked| asked.presentation.as_deref() == Some("accepted")).count()
    });
    assert_eq!(accepted, 1);
}

#[test]
fn a_verifier_that_cannot_remember_accepts_no_token_and_still_answers() {
    let desk = Desk::new();
    fs::create_dir(desk.path("state/presentations.json")).unwrap();
    let asked = desk.ask(&text(&token("UG-F01", NOW, None)));
    assert_eq!(asked.presentation.as_deref(), Some("not_judged"), "{asked:?}");
    assert!(asked.reasons.contains(&"PERSON_UNCHECKED".to_owned()), "{asked:?}");
    fs::remove_dir(desk.path("state/presentations.json")).unwrap();
    fs::write(desk.path("state/presentations.json"), "{}").unwrap();
    let asked = desk.ask(&text(&token("UG-F01", NOW, None)));
    assert_eq!(asked.presentation.as_deref(), Some("not_judged"), "{asked:?}");
}

#[test]
fn the_receipt_of_a_presentation_names_the_credential_inside() {
    // The same hash as that of the copy: what is presented and what is archived are one document.
    let one = token("UG-F01", NOW, None);
    let inside = Presentation::parse(&one).unwrap().credential().as_bytes().to_vec();
    let region = region("2026-05-31", &[]);
    let anchor = Anchor::File(region.first_root());
    let held = Held { anchor: &anchor, floors: &Floors::none(), clock: None };
    let pack = Pack::load(&mut region.current_pack(), &held).unwrap();
    let date = UnixTime::parse(NOW).unwrap().date();
    let shown: [&[u8]; 2] = [&one, &inside];
    let clock = sanad_credential::Clock::Ok;
    let opened = Documents::open(&pack, &shown, date, clock, Tokens::AsJudged);
    assert_eq!(opened.readable()[0].hash, opened.readable()[1].hash);
}
