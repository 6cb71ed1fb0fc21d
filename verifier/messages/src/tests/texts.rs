//! The texts as people read them.

use sanad_credential::{Action, AgreementId, BasisPoints, BenefitGroup, Count, MemberLine, Reason};

use super::{all_keys, catalogues, own};
use crate::catalogue::Catalogue;
use crate::inserted::without_isolates;
use crate::key::Key;
use crate::language::Language;
use crate::screen::{Age, Heading, Notice, PatientPays};

/// What a small screen or 58 mm paper (32 letters a line) still shows beside the rest of an answer.
const REASON_CHARACTERS_MAX: usize = 110;
const ACTION_CHARACTERS_MAX: usize = 200;
const HEADING_CHARACTERS_MAX: usize = 40;
const VALUE_CHARACTERS_MAX: usize = 64;

const ENDS_OF_SENTENCES: [char; 3] = ['.', '।', '።'];

#[test]
fn every_code_has_a_text_of_its_own_in_every_language() {
    for catalogue in catalogues() {
        for key in all_keys() {
            let text = own(&catalogue, key);
            let tag = catalogue.language().tag();
            assert!(text.is_some_and(|text| !text.trim().is_empty()), "{tag} {}", key.name());
        }
    }
}

#[test]
fn a_text_is_whole_and_tidy() {
    for catalogue in catalogues() {
        for key in all_keys() {
            let text = own(&catalogue, key).unwrap();
            let place = format!("{} {}: {text:?}", catalogue.language().tag(), key.name());
            for untidy in [
                "  ",
                "()",
                "{",
                "}",
                "$",
                "null",
                "None",
                "..",
                "।।",
                "።።",
                "\n",
                "\u{2068}\u{2069}",
                " .",
                " ،",
            ] {
                assert!(!text.contains(untidy), "{untidy:?} in {place}");
            }
            if !key.name().contains("list-separator") && !key.name().contains("colon") {
                assert_eq!(text.trim(), text, "{place}");
            }
        }
    }
}

#[test]
fn sentences_end_and_headings_do_not() {
    for catalogue in catalogues() {
        for key in all_keys() {
            let text = own(&catalogue, key).unwrap();
            let ends = text.ends_with(ENDS_OF_SENTENCES);
            let place = format!("{} {}: {text}", catalogue.language().tag(), key.name());
            match key {
                Key::Assurance(_) | Key::Action(_) | Key::Reason(_) | Key::Remedy(_) | Key::Notice(_) => {
                    assert!(ends, "{place}");
                }
                Key::Heading(_) | Key::BenefitGroup(_) | Key::Decision(_) => {
                    assert!(!ends && !text.ends_with(':') && !text.ends_with('፦'), "{place}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn texts_fit_a_small_screen() {
    for catalogue in catalogues() {
        for key in all_keys() {
            let max = match key {
                Key::Reason(_) | Key::Assurance(_) | Key::Notice(_) => REASON_CHARACTERS_MAX,
                Key::Action(_) => ACTION_CHARACTERS_MAX,
                Key::Heading(_) => HEADING_CHARACTERS_MAX,
                Key::Decision(_) | Key::BenefitGroup(_) | Key::Payer(_) | Key::Tariff(_) | Key::Status(_) => {
                    VALUE_CHARACTERS_MAX
                }
                _ => 200,
            };
            let text = own(&catalogue, key).unwrap();
            let characters = text.chars().count();
            let remedy = matches!(key, Key::Remedy(_));
            assert!(
                remedy || characters <= max,
                "{} {} {characters}",
                catalogue.language().tag(),
                key.name()
            );
        }
    }
}

#[test]
fn no_two_reasons_and_no_two_actions_read_alike() {
    for catalogue in catalogues() {
        let mut reasons: Vec<String> = Reason::ALL.iter().map(|reason| catalogue.reason(*reason)).collect();
        reasons.sort();
        reasons.dedup();
        assert_eq!(reasons.len(), Reason::ALL.len(), "{}", catalogue.language().tag());
        let mut actions: Vec<String> = Action::ALL.iter().map(|action| catalogue.action(*action)).collect();
        actions.sort();
        actions.dedup();
        assert_eq!(actions.len(), Action::ALL.len(), "{}", catalogue.language().tag());
    }
}

#[test]
fn the_action_points_at_the_heading_as_it_is_printed() {
    for catalogue in catalogues() {
        let heading = catalogue.heading(Heading::PatientPays);
        assert!(catalogue.action(Action::TreatCopay).contains(&heading));
    }
}

#[test]
fn arabic_has_its_six_plural_forms() {
    let arabic = Catalogue::new(Language::Arabic);
    for (days, expect) in [
        (0, "بيانات الجهاز: من اليوم"),
        (1, "بيانات الجهاز: عمرها يوم واحد"),
        (2, "بيانات الجهاز: عمرها يومان"),
        (3, "بيانات الجهاز: عمرها 3 أيام"),
        (10, "بيانات الجهاز: عمرها 10 أيام"),
        (11, "بيانات الجهاز: عمرها 11 يومًا"),
        (99, "بيانات الجهاز: عمرها 99 يومًا"),
        (100, "بيانات الجهاز: عمرها 100 يوم"),
        (101, "بيانات الجهاز: عمرها 101 يوم"),
        (102, "بيانات الجهاز: عمرها 102 يوم"),
        (103, "بيانات الجهاز: عمرها 103 أيام"),
        (111, "بيانات الجهاز: عمرها 111 يومًا"),
        (200, "بيانات الجهاز: عمرها 200 يوم"),
        (1003, "بيانات الجهاز: عمرها 1003 أيام"),
    ] {
        assert_eq!(arabic.pack_age(Age::Days(days)), expect);
    }
}

#[test]
fn one_day_is_not_said_as_several() {
    for (language, one, two) in [
        (Language::English, "Status list: 1 day old", "Status list: 2 days old"),
        (
            Language::French,
            "Liste des statuts\u{a0}: date de 1 jour",
            "Liste des statuts\u{a0}: date de 2 jours",
        ),
        (Language::Portuguese, "Lista de estados: tem 1 dia", "Lista de estados: tem 2 dias"),
        (Language::Amharic, "የሰነዶች ሁኔታ ዝርዝር፦ የ1 ቀን", "የሰነዶች ሁኔታ ዝርዝር፦ የ2 ቀናት"),
    ] {
        let catalogue = Catalogue::new(language);
        assert_eq!(catalogue.status_age(Age::Days(1)), one);
        assert_eq!(catalogue.status_age(Age::Days(2)), two);
    }
}

#[test]
fn what_is_missing_or_of_unknown_age_is_said_as_such() {
    for catalogue in catalogues() {
        for (unknown, missing, old) in [
            (
                catalogue.pack_age(Age::Unknown),
                catalogue.pack_age(Age::Missing),
                catalogue.pack_age(Age::Days(7)),
            ),
            (
                catalogue.status_age(Age::Unknown),
                catalogue.status_age(Age::Missing),
                catalogue.status_age(Age::Days(7)),
            ),
        ] {
            assert_ne!(unknown, missing);
            assert!(old.contains('7') && !unknown.contains('7'));
        }
        let version = catalogue.rulebook(Some(Count::new(4).unwrap()));
        assert!(version.contains('4') && version != catalogue.rulebook(None));
        let agreement = catalogue.agreement(Some(&AgreementId::new("RA-01").unwrap()));
        assert!(agreement.contains("RA-01") && agreement != catalogue.agreement(None));
    }
}

#[test]
fn the_holder_is_not_called_line_1() {
    for catalogue in catalogues() {
        assert!(!catalogue.household_line(MemberLine::new(1).unwrap()).contains('1'));
        assert!(catalogue.household_line(MemberLine::new(4).unwrap()).contains('4'));
    }
}

#[test]
fn what_the_patient_pays_names_share_amount_and_cap() {
    let share = BasisPoints::new(1250).unwrap();
    for catalogue in catalogues() {
        let capped =
            without_isolates(&catalogue.patient_pays(&PatientPays::Share { share, cap: Some("500 KES") }));
        assert!(capped.contains("12.5") && capped.contains("500 KES"), "{capped}");
        let open = without_isolates(&catalogue.patient_pays(&PatientPays::Share { share, cap: None }));
        assert!(open.contains("12.5") && open.len() < capped.len(), "{open}");
        let amount = catalogue.patient_pays(&PatientPays::ShareOf { share, amount: "30 KES" });
        assert!(without_isolates(&amount).contains("30 KES") && amount.contains("12.5"), "{amount}");
        assert_eq!(without_isolates(&catalogue.patient_pays(&PatientPays::Amount("7 UGX"))), "7 UGX");
        for said in [PatientPays::Nothing, PatientPays::NoMoreThanCovered, PatientPays::AsUninsured] {
            assert!(!catalogue.patient_pays(&said).is_empty());
        }
    }
    let english = Catalogue::new(Language::English);
    assert_eq!(
        english.patient_pays(&PatientPays::Share { share, cap: Some("500 KES") }),
        "12.5% of the price, at most 500 KES"
    );
}

#[test]
fn groups_are_listed_with_the_language_s_own_comma() {
    let groups = [BenefitGroup::Emergency, BenefitGroup::Delivery];
    assert_eq!(Catalogue::new(Language::English).benefit_groups(&groups), "Emergency care, Childbirth");
    assert_eq!(Catalogue::new(Language::Arabic).benefit_groups(&groups), "الرعاية الطارئة، الولادة");
    assert_eq!(Catalogue::new(Language::Amharic).benefit_groups(&groups), "ድንገተኛ ሕክምና፣ የወሊድ አገልግሎት");
}

#[test]
fn a_field_shows_a_foreign_value_without_letting_it_move_the_heading() {
    let english = Catalogue::new(Language::English);
    assert_eq!(english.field(Heading::Facility, "UG-F01"), "Facility: UG-F01");
    assert_eq!(english.field(Heading::Issuer, "صندوق\u{202e}"), "Issuer: \u{2068}صندوق\\u{202e}\u{2069}");
    let arabic = Catalogue::new(Language::Arabic);
    assert_eq!(arabic.field(Heading::Date, "2026-05-20"), "التاريخ: \u{2068}2026-05-20\u{2069}");
    assert_eq!(Catalogue::new(Language::French).field(Heading::Time, "14:05"), "Heure\u{a0}: 14:05");
}

#[test]
fn a_text_that_were_missing_is_said_in_english_and_nothing_panics() {
    let english = Catalogue::new(Language::English);
    for broken in ["", "reason-LAPSED = {", "reason-LAPSED = { $no-such-value }", "\0", "{{{{", "= =\n-"] {
        let catalogue = Catalogue::read(Language::Swahili, broken);
        assert_eq!(catalogue.reason(Reason::Lapsed), english.reason(Reason::Lapsed), "{broken:?}");
        assert_eq!(catalogue.notice(Notice::KeepSlip), english.notice(Notice::KeepSlip));
    }
}

#[test]
fn one_catalogue_serves_many_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Catalogue::new(Language::Hindi));
}
