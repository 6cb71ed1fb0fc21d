//! The texts of one language.
//!
//! Never fails: a text that were missing would be said in English, and one that English lacks by its name. Tests
//! hold that neither happens.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use sanad_credential::{
    Action, Assurance, BenefitGroup, Cause, Clock, Decision, Payer, PersonResult, Reason, Status, Tariff,
};
use unic_langid::LanguageIdentifier;

use crate::inserted::Values;
use crate::key::{Key, Phrase};
use crate::language::Language;
use crate::remedy::{CoveredHere, RemedyValues};
use crate::screen::{Heading, Notice};

/// The texts of one language. Can be shared between threads.
pub struct Catalogue {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Catalogue {
    /// Reads the language's file.
    pub fn new(language: Language) -> Self {
        Self::read(language, language.messages())
    }

    /// What does not parse is left out, and then said in English.
    pub(crate) fn read(language: Language, messages: &str) -> Self {
        let locale: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // Isolating is done value by value, in `inserted.rs`.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(messages.to_owned()).unwrap_or_else(|(readable, _)| readable);
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// Its language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The answer, for staff.
    pub fn decision(&self, decision: Decision) -> String {
        self.say(Key::Decision(decision))
    }

    /// How firm the answer is, for staff.
    pub fn assurance(&self, assurance: Assurance) -> String {
        self.say(Key::Assurance(assurance))
    }

    /// What to do now for the patient, for staff.
    pub fn action(&self, action: Action) -> String {
        self.say(Key::Action(action))
    }

    /// What was found, for staff.
    pub fn reason(&self, reason: Reason) -> String {
        self.say(Key::Reason(reason))
    }

    /// What the patient is told: a remedy, never an accusation.
    pub fn remedy(&self, reason: Reason, values: &RemedyValues<'_>) -> String {
        let inserted = self
            .values()
            .optional("day", "day-known", values.day)
            .optional("amount", "amount-known", values.amount)
            .optional("pay", "pay-known", values.pay);
        let inserted = match values.covered_here {
            Some(CoveredHere::Groups(groups)) if !groups.is_empty() => {
                inserted.said("covered", "covered-known", self.benefit_groups(groups))
            }
            Some(CoveredHere::Text(text)) => inserted.optional("covered", "covered-known", Some(text)),
            Some(CoveredHere::Groups(_)) | None => inserted.optional("covered", "covered-known", None),
        };
        self.say_with(Key::Remedy(reason), &inserted)
    }

    /// A benefit group.
    pub fn benefit_group(&self, group: BenefitGroup) -> String {
        self.say(Key::BenefitGroup(group))
    }

    /// Several benefit groups, as one list.
    pub fn benefit_groups(&self, groups: &[BenefitGroup]) -> String {
        let names: Vec<String> = groups.iter().map(|group| self.benefit_group(*group)).collect();
        names.join(&self.say(Key::Phrase(Phrase::ListSeparator)))
    }

    /// Who pays the facility.
    pub fn payer(&self, payer: Payer) -> String {
        self.say(Key::Payer(payer))
    }

    /// Whose prices hold.
    pub fn tariff(&self, tariff: Tariff) -> String {
        self.say(Key::Tariff(tariff))
    }

    /// Result of looking at the person.
    pub fn person_result(&self, result: PersonResult) -> String {
        self.say(Key::PersonResult(result))
    }

    /// What the device knows of the time.
    pub fn clock(&self, clock: Clock) -> String {
        self.say(Key::Clock(clock))
    }

    /// The status of a document.
    pub fn status(&self, status: Status) -> String {
        self.say(Key::Status(status))
    }

    /// Why care is needed.
    pub fn cause(&self, cause: Cause) -> String {
        self.say(Key::Cause(cause))
    }

    /// What stands over or before something on the screen or slip.
    pub fn heading(&self, heading: Heading) -> String {
        self.say(Key::Heading(heading))
    }

    /// A sentence that needs no value.
    pub fn notice(&self, notice: Notice) -> String {
        self.say(Key::Notice(notice))
    }

    pub(crate) fn values(&self) -> Values {
        Values::new(self.language)
    }

    pub(crate) fn say(&self, key: Key) -> String {
        self.say_with(key, &self.values())
    }

    pub(crate) fn say_with(&self, key: Key, values: &Values) -> String {
        let name = key.name();
        self.own(&name, values.arguments()).unwrap_or_else(|| {
            // Read anew each time: with the shipped files nobody comes here.
            let english = Self::new(Language::English);
            english.own(&name, values.arguments()).unwrap_or(name)
        })
    }

    /// The text in this language alone, whole or not at all.
    pub(crate) fn own(&self, name: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(name)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(arguments), &mut errors);
        errors.is_empty().then(|| text.into_owned())
    }
}
