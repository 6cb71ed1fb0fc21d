//! SPEC.md against the code: its code lists and its worked example are those of this build.
//!
//! `SANAD_REGENERATE=1 cargo test -p sanad-tests --test specification` writes them.

use sanad_credential::{
    Action, Assurance, BenefitGroup, BenefitType, Category, Cause, Clock, Contributor, CrossBorderKind,
    Decision, DerivedBy, Function, LineQuality, Payee, Payer, PeriodKind, PeriodUnit, PersonCheck,
    PersonResult, Reason, RightType, Role, Scope, Sex, Status, Tariff,
};
use sanad_tests::specification::assert_stated;
use std::fs;
use std::path::Path;

/// One row of the table: the name of the list, then number and word of each entry.
macro_rules! row {
    ($list:literal, $codes:ident) => {{
        let entries: Vec<String> =
            $codes::ALL.iter().map(|entry| format!("{} `{}`", entry.code(), entry.word())).collect();
        format!("| {} | {} |\n", $list, entries.join(", "))
    }};
}

#[test]
fn the_code_lists_are_those_of_this_code() {
    let rows = [
        row!("entitlement type", RightType),
        row!("function", Function),
        row!("benefit-group", BenefitGroup),
        row!("category", Category),
        row!("sex", Sex),
        row!("role", Role),
        row!("person-check", PersonCheck),
        row!("period-unit", PeriodUnit),
        row!("period-kind", PeriodKind),
        row!("contributor", Contributor),
        row!("line-quality", LineQuality),
        row!("benefit-type", BenefitType),
        row!("payee", Payee),
        row!("cross-border-kind", CrossBorderKind),
        row!("payer", Payer),
        row!("tariff", Tariff),
        row!("deriving-side", DerivedBy),
        row!("delegation-scope", Scope),
        row!("status", Status),
        row!("decision", Decision),
        row!("assurance", Assurance),
        row!("action", Action),
        row!("person-result", PersonResult),
        row!("clock", Clock),
        row!("cause", Cause),
        row!("reason", Reason),
    ];
    assert_stated("codes", &format!("| list | numbers and words |\n|---|---|\n{}", rows.concat()));
}

#[test]
fn the_worked_example_is_a_vector() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/entitlement/accept-coverage-minimal");
    let file = |name| fs::read_to_string(case.join(name)).unwrap();
    let (claims, document, text) = (file("claims.json"), file("document.hex"), file("qr.txt"));
    let fenced = |words: &str, block: &str| format!("{words}\n\n```text\n{}\n```\n\n", block.trim_end());
    let example = [
        fenced("The claims:", &claims),
        fenced("The document, in hexadecimal digits:", &document),
        fenced("The QR text, in one line:", &text),
    ];
    assert_stated("example", &example.concat());
}
