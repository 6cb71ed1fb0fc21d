//! The language in which answers are said: `--lang`, else the locale of the environment, else English.
//!
//! Answers come from one catalogue in eight languages; help texts and faults of the call are English.

use sanad_credential::{Date, Reason};
use sanad_messages::{Catalogue, CoveredHere, Language, Notice, RemedyValues};
use sanad_verifier::{Remedy, Words};

/// The catalogue of a language, as the words of answers.
pub struct CatalogueWords(pub Catalogue);

impl CatalogueWords {
    /// In a language.
    pub fn new(language: Language) -> Self {
        Self(Catalogue::new(language))
    }
}

/// The language that was told, else the first of the environment that the catalogue has (POSIX locale variables).
pub fn language(told: Option<Language>) -> Language {
    told.unwrap_or_else(|| {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
        // The first that is set decides: a locale that the catalogue lacks is not English by accident of a later one.
        let first = set.iter().find(|value| !value.is_empty());
        first.and_then(|locale| sanad_messages::choose(&[locale])).unwrap_or(Language::English)
    })
}

impl Words for CatalogueWords {
    fn remedy(&self, reason: Reason, values: &Remedy<'_>) -> String {
        let day = match reason {
            Reason::InGrace => values.grace_through,
            _ => values.covered_from,
        };
        let day = day.map(|day: Date| day.to_string());
        // Arrears end a cover; a suspension has other reasons, and paying does not lift it.
        let pays = matches!(reason, Reason::InGrace | Reason::Lapsed);
        let pay = values.pay.filter(|_| pays).and_then(|texts| texts.in_language(self.language()));
        let covered_here = Some(CoveredHere::Groups(&values.covered_here));
        self.0.remedy(reason, &RemedyValues { day: day.as_deref(), pay, covered_here, amount: None })
    }

    fn language(&self) -> &str {
        self.0.language().tag()
    }

    fn appeal_here(&self) -> String {
        self.0.notice(Notice::AppealHere)
    }
}
