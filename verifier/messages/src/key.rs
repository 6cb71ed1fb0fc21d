//! Which message: the one place where codes become names in the files.
//!
//! The names are `family-WORD`, with the code's word in JSON, so that a translator finds a text by the code that a
//! program printed.

use sanad_credential::{
    Action, Assurance, BenefitGroup, Cause, Clock, Decision, Payer, PersonResult, Reason, Status, Tariff,
};

use crate::screen::{Heading, Notice};

/// Declares messages that stand for no code, by their words in the files.
macro_rules! words {
    ($(#[$doc:meta])* $visible:vis enum $name:ident, $(#[$all_doc:meta])* ALL {
        $($(#[$entry_doc:meta])* $entry:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visible enum $name {
            $($(#[$entry_doc])* $entry,)+
        }

        impl $name {
            $(#[$all_doc])*
            $visible const ALL: &'static [Self] = &[$(Self::$entry),+];

            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$entry => $word,)+ }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Texts with values in them, and what stands between texts.
    pub(crate) enum Phrase,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests go through all of them"))] ALL {
        ListSeparator = "list-separator",
        Colon = "colon",
        PaysNothing = "pays-nothing",
        PaysAmount = "pays-amount",
        PaysShare = "pays-share",
        PaysShareOf = "pays-share-of",
        PaysNoMoreThanCovered = "pays-no-more-than-covered",
        PaysAsUninsured = "pays-as-uninsured",
        PackAge = "age-pack",
        PackAgeUnknown = "age-pack-unknown",
        PackMissing = "age-pack-missing",
        StatusAge = "age-status",
        StatusAgeUnknown = "age-status-unknown",
        StatusMissing = "age-status-missing",
        Rulebook = "rulebook-version",
        RulebookMissing = "rulebook-missing",
        Agreement = "agreement-id",
        AgreementNone = "agreement-none",
        HouseholdLine = "household-line",
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Decision(Decision),
    Assurance(Assurance),
    Action(Action),
    Reason(Reason),
    Remedy(Reason),
    BenefitGroup(BenefitGroup),
    Payer(Payer),
    Tariff(Tariff),
    PersonResult(PersonResult),
    Clock(Clock),
    Status(Status),
    Cause(Cause),
    Heading(Heading),
    Notice(Notice),
    Phrase(Phrase),
}

impl Key {
    /// The name in the files.
    pub(crate) fn name(self) -> String {
        let (family, word) = match self {
            Self::Decision(code) => ("decision-", code.word()),
            Self::Assurance(code) => ("assurance-", code.word()),
            Self::Action(code) => ("action-", code.word()),
            Self::Reason(code) => ("reason-", code.word()),
            Self::Remedy(code) => ("remedy-", code.word()),
            Self::BenefitGroup(code) => ("group-", code.word()),
            Self::Payer(code) => ("payer-", code.word()),
            Self::Tariff(code) => ("tariff-", code.word()),
            Self::PersonResult(code) => ("person-", code.word()),
            Self::Clock(code) => ("clock-", code.word()),
            Self::Status(code) => ("status-", code.word()),
            Self::Cause(code) => ("cause-", code.word()),
            Self::Heading(heading) => ("heading-", heading.word()),
            Self::Notice(notice) => ("notice-", notice.word()),
            Self::Phrase(phrase) => ("", phrase.word()),
        };
        format!("{family}{word}")
    }
}
