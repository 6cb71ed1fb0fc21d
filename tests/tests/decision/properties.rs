//! What must hold for every question: I1 to I8, and that neither evidence nor a second document harms anybody.

use proptest::prelude::any;
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq, proptest};
use sanad_credential::{Action, Assurance, Decision, Reason};
use sanad_tests::generate::cases;
use sanad_tests::question::{DAY, question};
use sanad_verifier::{Appeal, CallFault};
use serde_json::{Value, json};

use crate::asked::{Found, answer, ask};
use crate::changed::{protected_attributes, shuffled, without_other_lines};
use crate::weaker::{losses, several};

proptest! {
    #![proptest_config(cases(3_000))]

    /// I1 The same content at a greater age, or with any part missing, never turns another answer into NOT_COVERED.
    #[test]
    fn less_to_go_by_never_refuses(question in question()) {
        let Ok(found) = answer(&question) else { return Ok(()) };
        if found.decision() == Decision::NotCovered {
            return Ok(());
        }
        for loss in losses(&question) {
            not_refused(&found, &loss.what, &loss.of(&question))?;
        }
    }
}

proptest! {
    #![proptest_config(cases(6_000))]

    /// I1 again, with several losses at once.
    #[test]
    fn much_less_to_go_by_never_refuses(question in question(), choices in [any::<u64>(), any::<u64>(), any::<u64>()]) {
        let Ok(found) = answer(&question) else { return Ok(()) };
        if found.decision() == Decision::NotCovered {
            return Ok(());
        }
        for choice in choices {
            let (what, weaker) = several(&question, choice);
            not_refused(&found, &what, &weaker)?;
        }
    }

    /// I2 An emergency is always TREAT_NOW, with no card at all too.
    #[test]
    fn an_emergency_is_always_treated(question in question()) {
        let mut question = question;
        question["context"]["emergency"] = json!(true);
        if let Ok(found) = answer(&question) {
            prop_assert_eq!(found.expected.action, Action::TreatNow);
        }
        question["credentials"] = json!([]);
        prop_assert_eq!(answer(&question).unwrap().expected.action, Action::TreatNow);
    }

    /// I3 No protected attribute is an input.
    #[test]
    fn protected_attributes_change_nothing(question in question(), choice in any::<u64>()) {
        let other = protected_attributes(&question, choice);
        prop_assert_eq!(answer(&question), answer(&other));
    }

    /// I4 Nothing is asked of anybody whose cover is in doubt or refused, and of the others never more than the price;
    /// nothing at all in an emergency, for what is free here, and of a payout.
    #[test]
    fn no_copay_above_the_covered_one(question in question()) {
        let Ok(found) = answer(&question) else { return Ok(()) };
        let is_covered = found.decision() == Decision::Covered;
        prop_assert_eq!(found.copay.is_some(), is_covered);
        prop_assert_eq!(found.payer.is_some(), is_covered);
        prop_assert_eq!(found.tariff.is_some(), is_covered);
        prop_assert!(is_covered || found.expected.copay_basis_points.is_none());
        let Some(copay) = &found.copay else { return Ok(()) };
        let amount = &question["context"]["amount"];
        let points = found.expected.copay_basis_points.map(|points| u128::from(points.value()));
        if let (Some(points), Some(money), Some(price)) = (points, copay, amount["minor"].as_u64()) {
            let half_up = (points * u128::from(price) + 5_000) / 10_000;
            prop_assert!(u128::from(money.minor.value()) <= half_up, "more than the share");
            prop_assert_eq!(&money.currency.to_string(), amount["currency"].as_str().unwrap());
        }
        let free = found.expected.action == Action::TreatFree || found.expected.action == Action::TreatNow;
        if free || question["context"]["benefit"] == "PAYOUT" {
            prop_assert_eq!(points, Some(0));
            prop_assert!(copay.as_ref().is_none_or(|money| money.minor.value() == 0));
        }
    }

    /// I5 Same inputs, same answer; a set has no order, nor have the members of an object, and the documents may lie on the
    /// counter in any.
    #[test]
    fn order_has_no_meaning(question in question(), choice in any::<u64>()) {
        let found = answer(&question);
        prop_assert_eq!(&answer(&question), &found);
        prop_assert_eq!(&answer(&shuffled(&question, choice)), &found);
    }

    /// I6 Every NOT_COVERED has a reason, what the person needs to do about it, and where to appeal.
    #[test]
    fn every_refusal_has_reason_remedy_and_appeal(question in question()) {
        let checked = ask(&question, |chosen, others| -> Result<(), TestCaseError> {
            for answer in [chosen].into_iter().chain(others) {
                if answer.decision == Decision::NotCovered {
                    refusal(&question, answer)?;
                }
            }
            Ok(())
        });
        if let Ok(checked) = checked {
            checked?;
        }
    }

    /// I7 A household line serves that line only: a card without it does not answer, and the other lines say nothing.
    #[test]
    fn a_household_line_serves_that_line_only(question in question(), line in 1..=6_u64) {
        let mut question = question;
        question["context"]["member"] = json!(line);
        let found = answer(&question);
        match &found {
            Err(CallFault::NoSuchLine { asked, found }) => {
                prop_assert_eq!(asked.value(), line);
                prop_assert!(!found.contains(&line));
            }
            Ok(found) => {
                prop_assert_eq!(found.member.value(), line);
                if let Some((_, cti)) = &found.claims {
                    let documents = question["credentials"].as_array().unwrap();
                    let chosen = documents.iter().find(|document| document["claims"]["cti"] == cti.as_str()).unwrap();
                    prop_assert!(has_line(chosen, line));
                }
            }
        }
        let alone = answer(&without_other_lines(&question, line));
        prop_assert_eq!(alone.as_ref().ok(), found.as_ref().ok());
    }

    /// I8 Nothing of a document's content is said before its signature is checked, and nothing that failed it as a fact.
    #[test]
    fn claims_are_said_only_of_what_holds(question in question(), other in question()) {
        let checked = ask(&question, |chosen, others| -> Result<(), TestCaseError> {
            for answer in [chosen].into_iter().chain(others) {
                let holds = answer.position.is_some_and(|position| holds(&question["credentials"][position]));
                prop_assert_eq!(answer.claims.is_some(), holds);
                if !holds {
                    prop_assert!(answer.copay.is_none() && answer.payer.is_none() && answer.tariff.is_none());
                    prop_assert!(answer.remedy.covered_from.is_none() && answer.remedy.paid_through.is_none());
                    prop_assert!(answer.remedy.pay.is_none());
                    prop_assert!(answer.rests_on.status.is_none() && answer.rests_on.rulebook.is_none());
                    prop_assert!(answer.rests_on.agreement.is_none() && answer.rests_on.legal_ref.is_none());
                }
            }
            Ok(())
        });
        if let Ok(checked) = checked {
            checked?;
        }
        let replaced = replace_what_does_not_hold(&question, &other);
        prop_assert_eq!(answer(&replaced), answer(&question));
    }

    /// Evidence shown beside a cover never makes the answer worse, nor dearer.
    #[test]
    fn evidence_never_harms(question in question()) {
        let mut without = question.clone();
        without["credentials"].as_array_mut().unwrap().retain(|document| document["claims"]["type"] != "contribution");
        let (Ok(with), Ok(without)) = (answer(&question), answer(&without)) else { return Ok(()) };
        prop_assert!(worth(&with) <= worth(&without), "{with:?} with evidence, {without:?} without");
        if worth(&with) == worth(&without) && with.decision() == Decision::Covered {
            prop_assert!(
                with.expected.copay_basis_points.is_none()
                    || without.expected.copay_basis_points.is_none()
                    || with.copay.clone().flatten().is_some()
                    || with.expected.copay_basis_points <= without.expected.copay_basis_points
            );
        }
    }

    /// Several documents together are worth what the best of them is alone.
    #[test]
    fn several_documents_are_worth_the_best(question in question()) {
        let documents = question["credentials"].as_array().unwrap();
        let is_evidence = |document: &Value| document["claims"]["type"] == "contribution";
        let (evidence, others): (Vec<&Value>, Vec<&Value>) = documents.iter().partition(|document| is_evidence(document));
        let alone = others.iter().filter_map(|document| {
            let mut alone = question.clone();
            let shown = [*document].into_iter().chain(evidence.iter().copied()).cloned();
            alone["credentials"] = Value::Array(shown.collect());
            answer(&alone).ok().filter(|found| !found.has(Reason::NoCredential))
        });
        let best = alone.min_by_key(worth);
        if let (Ok(together), Some(best)) = (answer(&question), best) {
            prop_assert_eq!(worth(&together), worth(&best));
        }
    }
}

/// The lower the better.
fn worth(found: &Found) -> u8 {
    match (found.decision(), found.expected.assurance) {
        (Decision::Covered, Assurance::Firm) => 0,
        (Decision::Covered, _) => 1,
        (Decision::CannotDecide, _) => 2,
        (Decision::NotCovered, _) => 3,
    }
}

fn not_refused(found: &Found, what: &str, weaker: &Value) -> Result<(), TestCaseError> {
    let Ok(less) = answer(weaker) else { return Ok(()) };
    let (before, after) = (&found.expected, &less.expected);
    prop_assert!(
        after.decision != Decision::NotCovered,
        "{before:?} became {after:?} without {what}: {weaker}"
    );
    Ok(())
}

/// What the person is told is values, and each reason that speaks of one has it.
fn refusal(question: &Value, answer: &sanad_verifier::Answer<'_>) -> Result<(), TestCaseError> {
    prop_assert!(!answer.reasons.is_empty());
    prop_assert!(answer.copay.is_none());
    let today = sanad_credential::Date::parse(DAY).unwrap();
    let has = |reason: Reason| answer.reasons.contains(&reason);
    if has(Reason::Lapsed) {
        prop_assert!(answer.remedy.paid_through.is_some_and(|day| day < today));
    }
    if has(Reason::Waiting) || has(Reason::NotStarted) {
        prop_assert!(answer.remedy.covered_from.is_some_and(|day| day > today));
    }
    let Some(claims) = answer.claims else { return Ok(()) };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let books = question["pack"]["rulebooks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let document = &question["credentials"][answer.position.unwrap()]["claims"];
    let own = books.iter().filter(|book| {
        text(&book["issuer"]) == Some(claims.iss.to_string())
            && book["product"] == document["product"]
            && book.get("from").and_then(Value::as_str).is_none_or(|from| from <= DAY)
    });
    let has_book = own.count() > 0;
    prop_assert_eq!(answer.rests_on.rulebook.is_some(), has_book);
    prop_assert_eq!(answer.remedy.pay.is_some(), has_book);
    // Cases name no contact of the issuer and none of the host.
    prop_assert_eq!(matches!(answer.appeal, Appeal::At(_)), has_book);
    Ok(())
}

fn has_line(document: &Value, line: u64) -> bool {
    let members = document["claims"]["subject"]["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    line == 1 || members.iter().any(|member| member[0] == line)
}

/// Whether the signature of a document held.
fn holds(document: &Value) -> bool {
    let state = &document["authenticity"];
    state["signature"] == "good"
        && state["issuer"] == "known"
        && state["key"] != "unknown"
        && state["delegation"] != "unknown"
}

/// The documents that hold stay; of the others only the kind, the signer and the identity stay, and everything else is that
/// of a document of another question.
fn replace_what_does_not_hold(question: &Value, other: &Value) -> Value {
    let mut replaced = question.clone();
    let others = other["credentials"].as_array().unwrap();
    for document in replaced["credentials"].as_array_mut().unwrap() {
        let kind =
            |document: &Value| (document["claims"]["type"].clone(), document["claims"]["kind"].clone());
        let same_kind = others.iter().find(|other| kind(other) == kind(document));
        // A record that may be a true one is evidence: its number, issuer and days count.
        if holds(document) || document["claims"]["type"] == "contribution" {
            continue;
        }
        if let Some(same_kind) = same_kind {
            let mut claims = same_kind["claims"].clone();
            for member in ["iss", "cti", "iat", "exp", "delegation", "kind"] {
                claims.as_object_mut().unwrap().remove(member);
                if let Some(own) = document["claims"].get(member) {
                    claims[member] = own.clone();
                }
            }
            document["claims"] = claims;
        }
    }
    replaced
}
