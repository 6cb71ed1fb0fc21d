//! At the counter: a card of Kenya's invented scheme in a clinic in Uganda, with a pack and no network.

use std::fs;
use std::path::Path;
use std::process::Command;

use sanad_credential::{Claims, QrText, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::key;
use sanad_tests::two_countries::{HOUSEHOLD, region};
use serde_json::Value;

use crate::{path, print_again};

/// What is asked, with which card, on which day, and the exit code that must come out.
const QUESTIONS: [(&str, Card, &[&str], i32); 7] = [
    (
        "out-patient care, paid through last month",
        Card::Shown,
        &["--benefit", "OPD", "--now", "2026-06-01"],
        0,
    ),
    (
        "the same for the daughter, line 3",
        Card::Shown,
        &["--benefit", "OPD", "--now", "2026-06-01", "--member", "3"],
        0,
    ),
    ("the same a day after grace", Card::Shown, &["--benefit", "OPD", "--now", "2026-06-20"], 10),
    ("surgery without approval", Card::Shown, &["--benefit", "SURG", "--now", "2026-06-01"], 11),
    ("a child, free here for everybody", Card::Shown, &["--benefit", "CHILD", "--now", "2026-06-01"], 10),
    (
        "medicines, and nobody knows the day",
        Card::Shown,
        &["--benefit", "MEDS", "--now", "2026-06-15", "--clock", "unknown"],
        0,
    ),
    (
        "a delivery, an emergency, no card",
        Card::None,
        &["--benefit", "DEL", "--now", "2026-06-01", "--emergency"],
        11,
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Card {
    Shown,
    None,
}

/// Asks the questions and prints the answers; returns how many came out otherwise than they should.
pub(crate) fn scene(dir: &Path) -> usize {
    let (state, pack) = (dir.join("clinic"), dir.join("clinic.sanadpack"));
    let region = region("2026-05-31", &[]);
    fs::write(dir.join("root.json"), region.first_root()).expect("the root");
    fs::write(&pack, region.current_pack().write().expect("a pack")).expect("the pack");
    verify(&state, &["pack", "init", "--root", path(&dir.join("root.json"))]);
    verify(&state, &["pack", "update", path(&pack), "--now", "2026-06-01"]);
    let claims = Claims::from_json_text(HOUSEHOLD).expect("claims");
    let document = seal_entitlement(&claims, &key("KE-SHA credential")).expect("a document");
    let text = QrText::from_document(&document).expect("a text");
    let card = print_again(dir, "household", text.as_str());
    let place = ["--place", "UG", "--facility", "UG-F01", "--person", "match"];

    println!(
        "\nThe card of an invented household of Kenya in a clinic in Uganda, with a pack and without a network:\n"
    );
    let mut wrong = 0;
    for (words, shown, question, expected) in QUESTIONS {
        let codes = if shown == Card::Shown { vec![path(&card)] } else { Vec::new() };
        let clock = if question.contains(&"--clock") { &[][..] } else { &["--clock", "ok"] };
        let (answer, code) =
            verify(&state, &[&["check"], &codes[..], &place, question, clock, &["--json"]].concat());
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let reasons: Vec<&str> =
            answer["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let word = |member: &str| answer[member].as_str().unwrap_or("?").to_owned();
        println!("{words:<42} {:<13} {:<18} {}", word("decision"), word("action"), reasons.join(" "));
        if code != Some(expected) {
            wrong += 1;
        }
    }
    println!("\nThe third of them, as the staff read it in Swahili:\n");
    let arguments =
        [&["check", path(&card)], &place[..], QUESTIONS[2].2, &["--clock", "ok", "--lang", "sw"]].concat();
    for line in verify(&state, &arguments).0.lines() {
        println!("    {line}");
    }
    wrong
}

fn verify(state: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(program("sanad-verify"));
    let output = command.args(arguments).arg("--state").arg(state).output().expect("sanad-verify runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.code() != Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    (said, output.status.code())
}
