//! Prints every text of a language, for whoever reviews it: `cargo run -p sanad-messages --example catalogue -- sw`.
//!
//! Remedies are printed twice where values change them. The values are invented.

use std::process::ExitCode;

use sanad_credential::{
    Action, Assurance, BasisPoints, BenefitGroup, Cause, Clock, Decision, MemberLine, Payer, PersonResult,
    Reason, Status, Tariff,
};
use sanad_messages::{
    Age, Catalogue, CoveredHere, Direction, Heading, Language, Notice, PatientPays, RemedyValues,
};

fn main() -> ExitCode {
    let asked = std::env::args().nth(1).unwrap_or_default();
    let Some(language) = Language::from_tag(&asked) else {
        let known: Vec<&str> = Language::ALL.iter().map(|language| language.tag()).collect();
        eprintln!("usage: catalogue LANGUAGE, one of {}", known.join(" "));
        return ExitCode::from(2);
    };
    let catalogue = Catalogue::new(language);
    let direction = match language.direction() {
        Direction::LeftToRight => "left to right",
        Direction::RightToLeft => "right to left",
    };
    println!("{} ({}, {direction})", language.own_name(), language.tag());
    codes(&catalogue);
    reasons(&catalogue);
    screen(&catalogue);
    ExitCode::SUCCESS
}

/// One family of texts, each with its code's word.
fn family<C: Copy>(title: &str, codes: &[C], word: fn(C) -> &'static str, text: impl Fn(C) -> String) {
    println!("\n# {title}");
    for code in codes {
        println!("{:<26}{}", word(*code), text(*code));
    }
}

fn codes(said: &Catalogue) {
    family("decision", Decision::ALL, Decision::word, |code| said.decision(code));
    family("assurance", Assurance::ALL, Assurance::word, |code| said.assurance(code));
    family("action", Action::ALL, Action::word, |code| said.action(code));
    family("benefit group", BenefitGroup::ALL, BenefitGroup::word, |code| said.benefit_group(code));
    family("payer", Payer::ALL, Payer::word, |code| said.payer(code));
    family("tariff", Tariff::ALL, Tariff::word, |code| said.tariff(code));
    family("person", PersonResult::ALL, PersonResult::word, |code| said.person_result(code));
    family("clock", Clock::ALL, Clock::word, |code| said.clock(code));
    family("status", Status::ALL, Status::word, |code| said.status(code));
    family("cause", Cause::ALL, Cause::word, |code| said.cause(code));
}

fn reasons(said: &Catalogue) {
    let values = RemedyValues {
        day: Some("2026-07-01"),
        pay: Some("M-PESA 200222"),
        covered_here: Some(CoveredHere::Groups(&[BenefitGroup::Emergency, BenefitGroup::Delivery])),
        amount: Some("500.00 KES"),
    };
    println!("\n# reasons: for staff, for the patient, for the patient with values");
    for reason in Reason::ALL {
        let (bare, full) = (said.remedy(*reason, &RemedyValues::NONE), said.remedy(*reason, &values));
        println!("{:<26}{}\n{:<26}{bare}", reason.word(), said.reason(*reason), "");
        if full != bare {
            println!("{:<26}{full}", "");
        }
    }
}

fn screen(said: &Catalogue) {
    println!("\n# headings");
    for heading in Heading::ALL {
        println!("{}", said.heading(*heading));
    }
    println!("\n# sentences");
    for notice in Notice::ALL {
        println!("{}", said.notice(*notice));
    }
    println!("\n# lines with values");
    println!("{}", said.field(Heading::Facility, "UG-F01"));
    println!("{}", said.field(Heading::Date, "2026-05-20"));
    for age in [0, 1, 2, 3, 11, 100].map(Age::Days).into_iter().chain([Age::Unknown, Age::Missing]) {
        println!("{}\n{}", said.pack_age(age), said.status_age(age));
    }
    println!("{}\n{}", said.rulebook(None), said.agreement(None));
    for line in [1, 3].into_iter().filter_map(|line| MemberLine::new(line).ok()) {
        println!("{}", said.household_line(line));
    }
    let mut pays = vec![
        PatientPays::Nothing,
        PatientPays::Amount("150.50 KES"),
        PatientPays::NoMoreThanCovered,
        PatientPays::AsUninsured,
    ];
    if let Ok(share) = BasisPoints::new(1250) {
        pays.push(PatientPays::Share { share, cap: None });
        pays.push(PatientPays::Share { share, cap: Some("500.00 KES") });
        pays.push(PatientPays::ShareOf { share, amount: "150.50 KES" });
    }
    for pays in pays {
        println!("{}", said.line(Heading::PatientPays, &said.patient_pays(&pays)));
    }
}
