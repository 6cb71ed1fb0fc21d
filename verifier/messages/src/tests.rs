//! What holds for every text of every language.
//!
//! Texts are taken straight from the language's own file, without the fall-back to English.

mod files;
mod remedies;
mod texts;

use sanad_credential::{
    Action, Assurance, BenefitGroup, Cause, Clock, Decision, Payer, PersonResult, Reason, Status, Tariff,
};

use crate::catalogue::Catalogue;
use crate::inserted::Values;
use crate::key::{Key, Phrase};
use crate::language::Language;
use crate::screen::{Heading, Notice};

/// Every message that the crate can ask for.
fn all_keys() -> Vec<Key> {
    fn of<C: Copy>(codes: &[C], key: fn(C) -> Key) -> Vec<Key> {
        codes.iter().map(|code| key(*code)).collect()
    }
    [
        of(Decision::ALL, Key::Decision),
        of(Assurance::ALL, Key::Assurance),
        of(Action::ALL, Key::Action),
        of(Reason::ALL, Key::Reason),
        of(Reason::ALL, Key::Remedy),
        of(BenefitGroup::ALL, Key::BenefitGroup),
        of(Payer::ALL, Key::Payer),
        of(Tariff::ALL, Key::Tariff),
        of(PersonResult::ALL, Key::PersonResult),
        of(Clock::ALL, Key::Clock),
        of(Status::ALL, Key::Status),
        of(Cause::ALL, Key::Cause),
        of(Heading::ALL, Key::Heading),
        of(Notice::ALL, Key::Notice),
        of(Phrase::ALL, Key::Phrase),
    ]
    .concat()
}

/// A value for everything that any message may name.
fn every_value(language: Language) -> Values {
    Values::new(language)
        .optional("day", "day-known", Some("2026-07-01"))
        .optional("amount", "amount-known", Some("150.50 KES"))
        .optional("pay", "pay-known", Some("12345"))
        .optional("covered", "covered-known", Some("67890"))
        .optional("cap", "cap-known", Some("500 KES"))
        .text("percent", "12.5")
        .text("version", "4")
        .text("id", "7")
        .days(5)
        .number("line", 3)
}

/// The text in the language alone.
fn own(catalogue: &Catalogue, key: Key) -> Option<String> {
    catalogue.own(&key.name(), every_value(catalogue.language()).arguments())
}

fn catalogues() -> Vec<Catalogue> {
    Language::ALL.iter().map(|language| Catalogue::new(*language)).collect()
}
