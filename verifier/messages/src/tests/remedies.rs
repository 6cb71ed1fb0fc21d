//! What patients are told: with and without each value, and never an accusation.

use sanad_credential::{BenefitGroup, Reason};

use super::catalogues;
use crate::catalogue::Catalogue;
use crate::inserted::without_isolates;
use crate::language::Language;
use crate::remedy::{CoveredHere, RemedyValues};

/// What is read aloud in one breath or two: without values, and all of them short.
const REMEDY_CHARACTERS_MAX: usize = 260;

const DAY: &str = "2026-07-01";
const AMOUNT: &str = "500 KES";
const PAY: &str = "M-PESA 200222";

/// Reason, and which of day, amount, pay and covered_here its remedy names.
const NAMED: [(Reason, &str); 10] = [
    (Reason::NotStarted, "day"),
    (Reason::Waiting, "day covered"),
    (Reason::InGrace, "day amount pay"),
    (Reason::Lapsed, "amount pay"),
    (Reason::Suspended, "pay"),
    (Reason::SuspendedStale, "pay"),
    (Reason::SuspendedButProtected, "pay"),
    (Reason::NoAgreement, "covered"),
    (Reason::NotInAgreement, "covered"),
    (Reason::FacilityNotInNetwork, "covered"),
];

fn names(reason: Reason, value: &str) -> bool {
    let covered_only = reason == Reason::NotInPackage && value == "covered";
    covered_only
        || NAMED.iter().any(|(named, values)| *named == reason && values.split(' ').any(|v| v == value))
}

/// All sixteen choices of values that are known.
fn combinations() -> Vec<RemedyValues<'static>> {
    let groups = CoveredHere::Groups(&[BenefitGroup::Emergency, BenefitGroup::Delivery]);
    let mut all = Vec::new();
    for day in [None, Some(DAY)] {
        for amount in [None, Some(AMOUNT)] {
            for pay in [None, Some(PAY)] {
                for covered_here in [None, Some(groups)] {
                    all.push(RemedyValues { day, pay, covered_here, amount });
                }
            }
        }
    }
    all
}

#[test]
fn a_remedy_reads_well_with_and_without_each_value() {
    for catalogue in catalogues() {
        let delivery = catalogue.benefit_group(BenefitGroup::Delivery);
        for reason in Reason::ALL {
            for values in combinations() {
                let told = without_isolates(&catalogue.remedy(*reason, &values));
                let place = format!("{} {}: {told}", catalogue.language().tag(), reason.word());
                assert_eq!(told.contains(DAY), values.day.is_some() && names(*reason, "day"), "{place}");
                assert_eq!(
                    told.contains(AMOUNT),
                    values.amount.is_some() && names(*reason, "amount"),
                    "{place}"
                );
                assert_eq!(told.contains(PAY), values.pay.is_some() && names(*reason, "pay"), "{place}");
                assert_eq!(
                    told.contains(&delivery),
                    values.covered_here.is_some() && names(*reason, "covered"),
                    "{place}"
                );
                for untidy in ["  ", "()", "{", "null", "None", " .", " ።", " ।", "..", ": .", "\n"] {
                    assert!(!told.contains(untidy), "{untidy:?} in {place}");
                }
                assert_eq!(told.trim(), told, "{place}");
                assert!(told.ends_with(['.', '।', '።']), "{place}");
                assert!(told.chars().count() <= REMEDY_CHARACTERS_MAX, "{} {place}", told.chars().count());
            }
        }
    }
}

#[test]
fn an_empty_value_is_as_if_it_were_not_known() {
    for catalogue in catalogues() {
        for reason in Reason::ALL {
            let nothing = catalogue.remedy(*reason, &RemedyValues::NONE);
            for covered_here in [CoveredHere::Groups(&[]), CoveredHere::Text(" "), CoveredHere::Text(".")] {
                let values = RemedyValues {
                    day: Some(""),
                    pay: Some(" . "),
                    covered_here: Some(covered_here),
                    amount: Some(" "),
                };
                assert_eq!(catalogue.remedy(*reason, &values), nothing);
            }
        }
    }
}

#[test]
fn a_value_that_looks_like_a_message_stays_a_value() {
    let attacks = [
        "{ remedy-LAPSED }",
        "{ $amount }",
        "{\"\\u0041\"}",
        "x\nremedy-LAPSED = y",
        "*[other] x",
        "-known",
        "yes",
        "no",
        "[yes]",
    ];
    for catalogue in catalogues() {
        for attack in attacks {
            let values = RemedyValues { pay: Some(attack), ..RemedyValues::NONE };
            let told = without_isolates(&catalogue.remedy(Reason::Lapsed, &values));
            let clean = RemedyValues { pay: Some("@"), ..RemedyValues::NONE };
            let expect = without_isolates(&catalogue.remedy(Reason::Lapsed, &clean))
                .replace('@', &attack.replace('\n', "\\u{a}"));
            assert_eq!(told, expect);
        }
    }
}

#[test]
fn a_rulebook_s_text_keeps_its_direction_in_either_kind_of_line() {
    let arabic_text = "الدفع في البريد.";
    let values = RemedyValues { pay: Some(arabic_text), ..RemedyValues::NONE };
    let told = Catalogue::new(Language::French).remedy(Reason::Suspended, &values);
    assert!(told.ends_with(" Comment payer\u{a0}: \u{2068}الدفع في البريد\u{2069}."), "{told}");
    let values = RemedyValues { day: Some(DAY), amount: Some(AMOUNT), ..RemedyValues::NONE };
    let told = Catalogue::new(Language::Arabic).remedy(Reason::InGrace, &values);
    assert!(told.contains("حتى \u{2068}2026-07-01\u{2069}"), "{told}");
    assert!(told.ends_with("المبلغ: \u{2068}500 KES\u{2069}."), "{told}");
}

/// Words by which a person is accused, by the beginning of a word or, in scripts without capital letters, anywhere.
const ACCUSATIONS: [(Language, &[&str]); 8] = [
    (
        Language::English,
        &["fraud", "fake", "forge", "false", "cheat", "steal", "stole", "lie ", "illegal", "invalid"],
    ),
    (Language::French, &["fraud", "faux", "falsif", "menti", "trich", "vol ", "volé", "illégal"]),
    (Language::Arabic, &["احتيال", "مزوّر", "مزور", "تزوير", "كذب", "سرق", "غش"]),
    (Language::Swahili, &["ulaghai", "bandia", "ghushi", "uongo", "wizi", "udanganyifu", "haramu"]),
    (Language::Amharic, &["ማጭበርበር", "ሐሰተኛ", "ሀሰተኛ", "የተጭበረበረ", "ሌብነት", "ውሸት"]),
    (Language::Hindi, &["धोखा", "जाली", "नक़ली", "नकली", "झूठ", "चोरी", "फ़र्ज़ी"]),
    (Language::Bengali, &["জালিয়াত", "জাল ", "নকল", "মিথ্যা", "চুরি", "প্রতারণা", "ভুয়া"]),
    (Language::Portuguese, &["fraud", "falso", "falsific", "mentir", "roub", "ilegal", "inválid"]),
];

#[test]
fn nobody_is_accused() {
    for (language, words) in ACCUSATIONS {
        let catalogue = Catalogue::new(language);
        for reason in Reason::ALL {
            for text in [catalogue.reason(*reason), catalogue.remedy(*reason, &RemedyValues::NONE)] {
                let text = text.to_lowercase();
                for word in words {
                    assert!(!text.contains(word), "{word:?} in {text:?}");
                }
            }
        }
    }
}

#[test]
fn the_remedies_that_the_specification_names() {
    let english = Catalogue::new(Language::English);
    assert_eq!(
        english.remedy(Reason::SigInvalid, &RemedyValues::NONE),
        "This paper could not be confirmed. Please ask the issuer for a new one."
    );
    let lapsed = RemedyValues { amount: Some(AMOUNT), pay: Some(PAY), ..RemedyValues::NONE };
    assert!(english.remedy(Reason::Lapsed, &lapsed).ends_with("Amount: 500 KES. How to pay: M-PESA 200222."));
    let waiting = RemedyValues { day: Some(DAY), ..RemedyValues::NONE };
    assert!(
        english
            .remedy(Reason::Waiting, &waiting)
            .starts_with("This service is covered for you from 2026-07-01.")
    );
    let here = CoveredHere::Groups(&[BenefitGroup::Emergency]);
    let elsewhere = RemedyValues { covered_here: Some(here), ..RemedyValues::NONE };
    assert!(english.remedy(Reason::NoAgreement, &elsewhere).ends_with("You can get here: Emergency care."));
}
